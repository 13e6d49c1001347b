/* SPDX-License-Identifier: Apache-2.0 */
#include "alarms/paging.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/keyed.h"

#define JITTER 0.2  /* of the delay, either way */
#define GRACE_S 5.0 /* beyond the hook's time, for the way there and back */

struct entry {
	struct page_intent page;
	bool out;
	bool failed;    /* a try has; not known any more after a restart, until the next one */
	int64_t due_ns; /* waiting: not before; out: given up at */
};

struct paging {
	struct paging_params params;
	uint32_t n, n_out;
	uint16_t order[PAGING_MAX]; /* entries in use by age, then the free ones */
	struct entry entry[PAGING_MAX];
};

static struct entry *
at(struct paging *p, uint32_t place)
{
	return &p->entry[p->order[place]];
}

static uint32_t
place_of(const struct paging *p, uint64_t id)
{
	uint32_t i = 0;

	while (i < p->n && p->entry[p->order[i]].page.id != id)
		i++;
	return i;
}

static void
leave(struct paging *p, uint32_t place)
{
	uint16_t freed = p->order[place];

	memmove(&p->order[place], &p->order[place + 1], (--p->n - place) * sizeof(p->order[0]));
	p->order[p->n] = freed;
}

static int64_t
ns_of(double s)
{
	return llround(s * (double)NS_PER_S);
}

static int64_t
delay_ns(const struct paging *p, const struct page_intent *page)
{
	int doublings = page->attempt > 1 ? (int)page->attempt - 1 : 0;
	double s = ldexp(p->params.retry_s, doublings < 30 ? doublings : 30);
	double u = keyed_uniform(p->params.seed, keyed_signal(page->key), page->attempt);

	return ns_of(fmin(s, PAGING_LONGEST_S) * (1.0 + JITTER * (2.0 * u - 1.0)));
}

static void
wait_again(struct paging *p, struct entry *e, int64_t due_ns)
{
	if (e->out)
		p->n_out--;
	e->out = false;
	e->due_ns = due_ns;
}

int
paging_open(struct paging **out, const struct paging_params *params)
{
	struct paging *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->params = *params;
	for (uint32_t i = 0; i < PAGING_MAX; i++)
		p->order[i] = (uint16_t)i;
	*out = p;
	return 0;
}

void
paging_close(struct paging *p)
{
	free(p);
}

int
paging_add(struct paging *p, const struct page_intent *page, int64_t now_ns)
{
	if (p->n == PAGING_MAX)
		return -ENOSPC;
	*at(p, p->n++) = (struct entry){.page = *page, .due_ns = now_ns};
	return 0;
}

/* Something older about the same key is still to be told. */
static bool
has_elder(struct paging *p, uint32_t place)
{
	const char *key = at(p, place)->page.key;

	for (uint32_t i = 0; i < place; i++)
		if (strcmp(at(p, i)->page.key, key) == 0)
			return true;
	return false;
}

bool
paging_take(struct paging *p, int64_t now_ns, struct page_intent *out)
{
	struct entry *best = NULL;

	for (uint32_t i = 0; p->n_out > 0 && i < p->n; i++) {
		struct entry *e = at(p, i);
		if (e->out && now_ns >= e->due_ns) {
			e->failed = true;
			wait_again(p, e, now_ns + delay_ns(p, &e->page));
		}
	}
	if (p->n_out >= (uint32_t)p->params.parallel)
		return false;
	for (uint32_t i = 0; i < p->n; i++) {
		struct entry *e = at(p, i);
		if (e->out || now_ns < e->due_ns ||
		    (best && best->page.priority <= e->page.priority) || has_elder(p, i))
			continue;
		best = e;
	}
	if (!best)
		return false;
	best->out = true;
	best->due_ns = now_ns + ns_of(2.0 * p->params.timeout_s + GRACE_S);
	best->page.attempt++;
	p->n_out++;
	*out = best->page;
	return true;
}

bool
paging_result(struct paging *p, uint64_t id, bool delivered, int64_t now_ns)
{
	uint32_t place = place_of(p, id);

	if (place == p->n)
		return false;
	struct entry *e = at(p, place);
	e->failed |= !delivered;
	if (delivered || e->out)
		wait_again(p, e, now_ns + delay_ns(p, &e->page));
	if (delivered)
		leave(p, place);
	return delivered;
}

void
paging_unsent(struct paging *p, uint64_t id, int64_t now_ns)
{
	uint32_t place = place_of(p, id);

	if (place == p->n || !at(p, place)->out)
		return;
	at(p, place)->page.attempt--;
	wait_again(p, at(p, place), now_ns + ns_of(p->params.retry_s));
}

void
paging_set_journalled(struct paging *p)
{
	for (uint32_t i = 0; i < p->n; i++)
		at(p, i)->page.journalled = true;
}

uint32_t
paging_pending(const struct paging *p)
{
	return p->n;
}

uint32_t
paging_failed(const struct paging *p)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->n; i++)
		n += p->entry[p->order[i]].failed;
	return n;
}

uint32_t
paging_out(const struct paging *p)
{
	return p->n_out;
}

const struct page_intent *
paging_at(const struct paging *p, uint32_t place)
{
	return place < p->n ? &p->entry[p->order[place]].page : NULL;
}

const struct page_intent *
paging_find(const struct paging *p, uint64_t id)
{
	return paging_at(p, place_of(p, id));
}
