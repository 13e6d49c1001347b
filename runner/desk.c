/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/desk.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alarms/engine.h"
#include "core/clock.h"
#include "runner/request.h"

#define NEVER_NS INT64_MIN
#define LATER_NS INT64_MAX

struct answer { /* of the pager, to a page that is out */
	struct page_result result;
	uint32_t page; /* index in pages; DESK_PAGES: not kept */
	uint32_t alarm;
	bool calls; /* somebody is woken */
	int64_t due_ns;
};

struct desk {
	const struct scenario *sc;
	struct image *alm;
	struct engine *engine;
	uint64_t events_seen;
	struct answer *out; /* [paging.parallel] */
	uint32_t n_out;
	int64_t *ack_ns; /* [n_alarms]: when the one who was called acknowledges it */
	uint32_t n_acks; /* of them, not LATER_NS */
	uint32_t *
		open; /* [n_alarms]: index in alarms of the episode that goes on, DESK_ALARMS none */
	struct desk_alarm *alarms;
	struct desk_page *pages;
	uint32_t n_alarms, n_pages, lost;
	char reply[COMMAND_MAX + 1];
};

/* --- opening --- */

static int
open_image(struct desk *d)
{
	const struct plant *plant = d->sc->plant;
	struct image_layout layout = {.name = plant->alm.name,
				      .n_groups = plant->alm.n_groups,
				      .first = plant->alm.first,
				      .period_ns = plant->alm.period_ns,
				      .table_hash = plant->hash,
				      .beat_ns = plant->control_period_ms * NS_PER_MS};

	int rc = image_memory(&d->alm, &layout);

	if (rc == 0)
		(void)image_here(d->alm); /* this thread's alone */
	return rc;
}

static int
allocate(struct desk *d)
{
	const struct plant *plant = d->sc->plant;

	d->out = calloc((size_t)plant->paging.parallel, sizeof *d->out);
	d->ack_ns = calloc(plant->n_alarms + 1u, sizeof *d->ack_ns);
	d->open = calloc(plant->n_alarms + 1u, sizeof *d->open);
	d->alarms = calloc(DESK_ALARMS, sizeof *d->alarms);
	d->pages = calloc(DESK_PAGES, sizeof *d->pages);
	if (d->out == NULL || d->ack_ns == NULL || d->open == NULL || d->alarms == NULL ||
	    d->pages == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < plant->n_alarms; i++) {
		d->ack_ns[i] = LATER_NS;
		d->open[i] = DESK_ALARMS;
	}
	return 0;
}

int
desk_open(struct desk **out, const struct scenario *sc, struct image *in, struct image *ctl,
	  int64_t now_ns)
{
	struct desk *d = calloc(1, sizeof *d);
	int rc;

	if (d == NULL)
		return -ENOMEM;
	d->sc = sc;
	rc = allocate(d);
	if (rc == 0)
		rc = open_image(d);
	if (rc == 0)
		rc = engine_open(&d->engine, sc->plant, NULL, d->alm, now_ns, now_ns);
	if (rc != 0) {
		desk_close(d);
		return rc;
	}
	/* Of the site's other programs there are none here, and none is missed. */
	engine_set_image(d->engine, REGION_IN, in);
	engine_set_image(d->engine, REGION_CTL, ctl);
	*out = d;
	return 0;
}

void
desk_close(struct desk *d)
{
	if (d == NULL)
		return;
	engine_close(d->engine);
	image_close(d->alm);
	free(d->out);
	free(d->ack_ns);
	free(d->open);
	free(d->alarms);
	free(d->pages);
	free(d);
}

/* --- the pager --- */

static uint32_t
page_record(struct desk *d, const struct page_intent *page, uint32_t alarm, int64_t now_ns)
{
	uint32_t i = d->n_pages;

	while (i > 0 && d->pages[i - 1].id != page->id)
		i--;
	if (i > 0)
		return i - 1;
	if (d->n_pages == DESK_PAGES) {
		d->lost++;
		return DESK_PAGES;
	}
	d->pages[d->n_pages] = (struct desk_page){.id = page->id,
						  .alarm = alarm,
						  .action = page->action,
						  .first_ns = now_ns,
						  .delivered_ns = NEVER_NS};
	(void)snprintf(d->pages[d->n_pages].key, sizeof d->pages[0].key, "%s", page->key);
	return d->n_pages++;
}

/* The pager's script decides at once what it will answer, and when. */
static void
page_goes_out(struct desk *d, const struct page_intent *page, uint32_t alarm, int64_t now_ns)
{
	const struct scenario_pager *script = &d->sc->pager;
	double timeout_s = d->sc->plant->paging.timeout_s;
	bool in_time = script->delay_s < timeout_s;
	struct answer *a = &d->out[d->n_out++];

	*a = (struct answer){.alarm = alarm,
			     .calls = page->action == PAGE_TRIGGER,
			     .due_ns = now_ns + llround((in_time ? script->delay_s : timeout_s) *
							(double)NS_PER_S)};
	a->result.id = page->id;
	a->result.attempt = page->attempt;
	a->result.delivered = in_time && page->attempt > script->fail;
	if (!in_time)
		(void)snprintf(a->result.why, sizeof a->result.why, "no answer within %g s",
			       timeout_s);
	else if (!a->result.delivered)
		(void)snprintf(a->result.why, sizeof a->result.why, "refused by the script");
	a->page = page_record(d, page, a->alarm, now_ns);
	if (a->page < DESK_PAGES)
		d->pages[a->page].tries = page->attempt;
}

static void
answer_page(struct desk *d, const struct answer *a, int64_t now_ns)
{
	double ack_after_s = d->sc->pager.ack_after_s;

	engine_page_result(d->engine, &a->result, now_ns, now_ns);
	if (!a->result.delivered)
		return;
	if (a->page < DESK_PAGES)
		d->pages[a->page].delivered_ns = now_ns;
	if (a->calls && isfinite(ack_after_s) && d->ack_ns[a->alarm] == LATER_NS) {
		d->ack_ns[a->alarm] = now_ns + llround(ack_after_s * (double)NS_PER_S);
		d->n_acks++;
	}
}

static void
answer_pages(struct desk *d, int64_t now_ns)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < d->n_out; i++)
		if (d->out[i].due_ns <= now_ns)
			answer_page(d, &d->out[i], now_ns);
		else
			d->out[kept++] = d->out[i];
	d->n_out = kept;
}

static void
send_pages(struct desk *d, int64_t now_ns)
{
	struct page_intent page;

	while (d->n_out < (uint32_t)d->sc->plant->paging.parallel &&
	       engine_take_page(d->engine, now_ns, &page)) {
		page_goes_out(d, &page, (uint32_t)plant_alarm(d->sc->plant, page.alarm), now_ns);
		answer_pages(d, now_ns);
	}
}

/* --- people --- */

/* The answer is in d->reply. */
static void
ask(struct desk *d, const char *user, const char *request, int64_t now_ns)
{
	struct engine_who who = {.access = ACCESS_OPERATE, .user = user};

	engine_command(d->engine, &who, request, d->reply, now_ns, now_ns);
}

void
desk_ask(struct desk *d, const char *request, int64_t now_ns, char *line, size_t size)
{
	ask(d, "scenario", request, now_ns);
	(void)request_done(request, d->reply, line, size);
}

/* Who was called has come to the terminal. */
static void
acknowledge(struct desk *d, int64_t now_ns)
{
	const struct plant *plant = d->sc->plant;
	char request[128];

	for (uint32_t i = 0; i < plant->n_alarms && d->n_acks > 0; i++) {
		if (d->ack_ns[i] > now_ns)
			continue;
		d->ack_ns[i] = LATER_NS;
		d->n_acks--;
		(void)snprintf(request, sizeof request, "{\"cmd\": \"ack\", \"alarm\": \"%s\"}",
			       plant->alarms[i].key);
		/* refused: it is acknowledged, or over, already */
		ask(d, "pager", request, now_ns);
	}
}

void
desk_step(struct desk *d, int64_t now_ns)
{
	answer_pages(d, now_ns);
	acknowledge(d, now_ns);
	engine_step(d->engine, now_ns, now_ns, 0);
	send_pages(d, now_ns);
}

/* --- what the alarms say --- */

/* The key stands first in each text. */
static uint32_t
alarm_of(const struct desk *d, const struct image_event *event)
{
	char key[sizeof d->sc->plant->alarms[0].key];
	size_t n = strcspn(event->text, " ");
	int32_t alarm = -1;

	if (n < sizeof key) {
		memcpy(key, event->text, n);
		key[n] = '\0';
		alarm = plant_alarm(d->sc->plant, key);
	}
	return alarm >= 0 ? (uint32_t)alarm : NO_POINT;
}

static void
begin_episode(struct desk *d, uint32_t alarm, int64_t time_ns)
{
	if (d->n_alarms == DESK_ALARMS) {
		d->lost++;
		return;
	}
	d->open[alarm] = d->n_alarms++;
	d->alarms[d->open[alarm]] = (struct desk_alarm){.alarm = alarm,
							.raised_ns = time_ns,
							.acked_ns = NEVER_NS,
							.returned_ns = NEVER_NS,
							.ended_ns = NEVER_NS};
}

static void
note_state(struct desk *d, uint32_t alarm, enum alarm_state state, int64_t time_ns)
{
	struct desk_alarm *a;

	if (d->open[alarm] == DESK_ALARMS && state == ALARM_UNACKED)
		begin_episode(d, alarm, time_ns);
	if (d->open[alarm] == DESK_ALARMS)
		return;
	a = &d->alarms[d->open[alarm]];
	switch (state) {
	case ALARM_UNACKED:
		a->returned_ns = NEVER_NS;
		break;
	case ALARM_ACKED:
		a->acked_ns = time_ns;
		break;
	case ALARM_RETURNED:
		a->returned_ns = time_ns;
		break;
	case ALARM_NORMAL:
		a->ended_ns = time_ns;
		d->open[alarm] = DESK_ALARMS;
		break;
	case ALARM_SHELVED:
	case ALARM_SUPPRESSED:
	case ALARM_OUT_OF_SERVICE:
	case ALARM_STATES:
		break;
	}
}

bool
desk_event(struct desk *d, struct image_event *out, uint32_t *alarm)
{
	uint64_t lost = 0;

	if (image_events(d->alm, &d->events_seen, out, 1, &lost) != 1)
		return false;
	d->lost += (uint32_t)lost;
	*alarm = alarm_of(d, out);
	if (out->code == ENGINE_EVENT_ALARM && *alarm != NO_POINT)
		note_state(d, *alarm, (enum alarm_state)lrint(out->value), out->time_ns);
	return true;
}

const struct desk_alarm *
desk_alarms(const struct desk *d, uint32_t *n)
{
	*n = d->n_alarms;
	return d->alarms;
}

const struct desk_page *
desk_pages(const struct desk *d, uint32_t *n)
{
	*n = d->n_pages;
	return d->pages;
}

uint32_t
desk_lost(const struct desk *d)
{
	return d->lost;
}
