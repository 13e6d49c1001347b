/* SPDX-License-Identifier: Apache-2.0 */
#include "alarms/page_desk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"

#define FORGET_NS (300 * NS_PER_S) /* tries are a minute apart at most, and may wait for a hook */

enum request_state { FREE, WAITING, RUNNING, ENDED };

struct request {
	enum request_state state;
	int connection;
	uint64_t order;
	uint32_t slot; /* RUNNING */
	struct page_intent page;
	char json[PAGE_JSON_MAX + 200];
};

struct failure {
	char key[128]; /* "" free */
	enum page_action action;
	int64_t seen_ns;
};

struct page_desk {
	uint32_t tries;
	uint64_t order;
	struct page_desk_counts counts;
	struct request request[DESK_MAX];
	struct failure failure[DESK_FAILED_MAX];
};

int
page_desk_open(struct page_desk **out, uint32_t tries)
{
	struct page_desk *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->tries = tries;
	*out = d;
	return 0;
}

void
page_desk_close(struct page_desk *d)
{
	free(d);
}

int
page_desk_take(struct page_desk *d, int connection, const char *json, struct errtext *err)
{
	struct request *r = NULL;

	for (uint32_t i = 0; i < DESK_MAX && !r; i++)
		r = d->request[i].state == FREE ? &d->request[i] : NULL;
	if (!r)
		return errtext_set(err, -ENOSPC, "%u pages wait already", DESK_MAX);
	if (strlen(json) >= sizeof(r->json))
		return errtext_set(err, -EINVAL, "a page is %zu bytes at most",
				   sizeof(r->json) - 1);
	int rc = page_from_json(&r->page, json, err);
	if (rc != 0)
		return rc;
	r->state = WAITING;
	r->connection = connection;
	r->order = ++d->order;
	strcpy(r->json, json);
	d->counts.pending++;
	return 0;
}

static bool
same(const struct page_intent *a, const struct page_intent *b)
{
	return a->action == b->action && strcmp(a->key, b->key) == 0;
}

/* Runs already, for somebody else. */
static const struct request *
twin(const struct page_desk *d, const struct request *r)
{
	for (uint32_t i = 0; i < DESK_MAX; i++)
		if (d->request[i].state == RUNNING && same(&d->request[i].page, &r->page))
			return &d->request[i];
	return NULL;
}

static bool
before(const struct request *a, const struct request *b)
{
	if (a->page.priority != b->page.priority)
		return a->page.priority < b->page.priority;
	return a->order < b->order;
}

bool
page_desk_next(struct page_desk *d, uint32_t *ticket, const struct page_intent **page,
	       const char **json)
{
	struct request *best = NULL;

	for (uint32_t i = 0; i < DESK_MAX; i++) {
		struct request *r = &d->request[i];

		if (r->state == WAITING && !twin(d, r) && (!best || before(r, best)))
			best = r;
	}
	if (!best)
		return false;
	*ticket = (uint32_t)(best - d->request);
	*page = &best->page;
	*json = best->json;
	return true;
}

const struct page_intent *
page_desk_page(const struct page_desk *d, uint32_t ticket)
{
	return &d->request[ticket].page;
}

void
page_desk_running(struct page_desk *d, uint32_t ticket, uint32_t slot)
{
	d->request[ticket].state = RUNNING;
	d->request[ticket].slot = slot;
}

uint32_t
page_desk_ticket(const struct page_desk *d, uint32_t slot)
{
	uint32_t i = 0;

	while (i < DESK_MAX - 1 && !(d->request[i].state == RUNNING && d->request[i].slot == slot))
		i++;
	return i;
}

static struct failure *
find_failure(struct page_desk *d, const struct page_intent *page)
{
	for (uint32_t i = 0; i < DESK_FAILED_MAX; i++) {
		struct failure *f = &d->failure[i];

		if (f->key[0] && f->action == page->action && strcmp(f->key, page->key) == 0)
			return f;
	}
	return NULL;
}

static void
forget(struct page_desk *d, struct failure *f)
{
	if (f)
		f->key[0] = '\0';
	d->counts.failed -= f != NULL;
}

static void
remember_failure(struct page_desk *d, const struct page_intent *page, int64_t now_ns)
{
	struct failure *f = find_failure(d, page);

	for (uint32_t i = 0; i < DESK_FAILED_MAX && !f; i++)
		if (!d->failure[i].key[0]) {
			f = &d->failure[i];
			text_copy(f->key, sizeof(f->key), page->key);
			f->action = page->action;
			d->counts.failed++;
		}
	if (f)
		f->seen_ns = now_ns;
}

void
page_desk_end(struct page_desk *d, uint32_t ticket, bool ok, int64_t now_ns)
{
	struct page_intent page = d->request[ticket].page;

	for (uint32_t i = 0; i < DESK_MAX; i++) {
		struct request *r = &d->request[i];

		if ((r->state == WAITING || r->state == RUNNING) && same(&r->page, &page)) {
			r->state = ENDED;
			d->counts.pending--;
		}
	}
	d->counts.delivered += ok;
	if (ok)
		forget(d, find_failure(d, &page));
	else if (page.attempt >= d->tries)
		remember_failure(d, &page, now_ns);
}

bool
page_desk_answer(struct page_desk *d, int *connection, const struct page_intent **page)
{
	for (uint32_t i = 0; i < DESK_MAX; i++) {
		struct request *r = &d->request[i];

		if (r->state != ENDED)
			continue;
		r->state = FREE;
		*connection = r->connection;
		*page = &r->page;
		return true;
	}
	return false;
}

void
page_desk_tidy(struct page_desk *d, int64_t now_ns)
{
	for (uint32_t i = 0; i < DESK_FAILED_MAX; i++)
		if (d->failure[i].key[0] && now_ns - d->failure[i].seen_ns > FORGET_NS)
			forget(d, &d->failure[i]);
}

const struct page_desk_counts *
page_desk_counts(const struct page_desk *d)
{
	return &d->counts;
}
