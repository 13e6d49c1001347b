/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/health.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "tui/model.h"

static void add(struct health *h, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
add(struct health *h, const char *format, ...)
{
	h->healthy = false;
	if (h->n == HEALTH_REASONS) {
		h->dropped++;
		return;
	}
	va_list ap;
	va_start(ap, format);
	vsnprintf(h->reason[h->n++], sizeof(h->reason[0]), format, ap);
	va_end(ap);
}

static void
judge_writer(struct health *h, const struct model_writer *w, const char *room)
{
	if (!w->there)
		add(h, "%s: has published nothing yet", room);
	else if (!w->status.alive)
		add(h, "%s: no heartbeat for %.1f s", room, (double)w->age_ns / 1e9);
}

static void
judge_rooms(struct health *h, const struct model *m)
{
	for (uint32_t i = 0; i < m->run.n_rooms; i++) {
		const struct model_room *r = &m->run.rooms[i];
		if (!r->up)
			add(h, "%s: down (%s)", r->name, r->why);
		else if (r->restarts && r->last_restart_ns > 0 &&
			 m->now_ns - r->last_restart_ns < HEALTH_WINDOW_NS)
			add(h, "%s: restarted %.0f s ago", r->name,
			    (double)(m->now_ns - r->last_restart_ns) / 1e9);
	}
}

static void
judge_devices(struct health *h, const struct model *m)
{
	for (uint32_t i = 0; i < m->n_devices; i++) {
		const struct model_device *d = &m->devices[i];
		if (d->good < d->points)
			add(h, "%s: %u of %u points are not good%s%s", d->name, d->points - d->good,
			    d->points, model_live(&d->state) ? ", link " : "",
			    model_live(&d->state) ? model_link_word(&d->state) : "");
		else if (d->not_good_ns > m->now_ns - HEALTH_WINDOW_NS)
			add(h, "%s: had points that were not good %.0f s ago", d->name,
			    (double)(m->now_ns - d->not_good_ns) / 1e9);
	}
}

/* Held back or over a limit, now or within the window. */
static void
judge_limits(struct health *h, const struct model *m, uint32_t i)
{
	const struct model_system *s = &m->systems[i];
	const struct sample *age = &s->one[ROLE_CTL_LIMITED_AGE];
	char text[120];
	if (s->foreign)
		return;
	if (s->severity == CLASS_HELD) {
		model_system_sentence(m, i, text, sizeof(text));
		add(h, "%s", text);
	} else if (s->mode_live &&
		   (s->mode == CTL_OFF || s->mode == CTL_FAILSAFE || s->mode == CTL_HANDBACK)) {
		add(h, "%s: control is in %s", s->name, model_mode_word(s->mode));
	} else if (model_live(age) && age->value * 1e9 < (double)HEALTH_WINDOW_NS) {
		add(h, "%s: was held back or over a limit %.0f s ago", s->name, age->value);
	}
}

static void
judge_system(struct health *h, const struct model *m, uint32_t i)
{
	const struct model_system *s = &m->systems[i];
	char words[80];
	if (s->trip)
		add(h, "%s: tripped (%s)", s->name,
		    model_trip_words(s->trip, words, sizeof(words)));
	/* a room that is silent was named once: it explains what follows for every system */
	if (!m->writer[REGION_IN].status.alive || !m->writer[REGION_CTL].status.alive)
		return;
	if (!s->mode_live)
		add(h, "%s: the controllers say nothing about it", s->name);
	judge_limits(h, m, i);
}

/* An alarm that is put aside, or whose condition is over, is no reason. */
static void
judge_alarms(struct health *h, const struct model *m)
{
	char text[96];
	if (model_alarms_expected(m))
		judge_writer(h, &m->writer[REGION_ALM], "alarms");
	for (uint32_t k = 0; k < m->alarms.n_standing && model_alarms_live(m); k++) {
		uint32_t i = m->alarms.standing[k];
		enum alarm_state state = m->alarms.all[i].state;
		if (state == ALARM_UNACKED || state == ALARM_ACKED)
			add(h, "alarm: %s (P%d, %s)",
			    alarm_text(m->alarms.plant, i, text, sizeof(text)),
			    (int)model_alarm_record(m, i)->priority,
			    state == ALARM_ACKED ? "acknowledged" : "not acknowledged");
	}
}

void
health_judge(const struct model *m, struct health *out)
{
	*out = (struct health){.healthy = true};
	if (m->problem[0])
		add(out, "%s", m->problem);
	judge_writer(out, &m->writer[REGION_IN], "collectors");
	judge_writer(out, &m->writer[REGION_CTL], "controllers");
	judge_rooms(out, m);
	judge_alarms(out, m);
	/* without a collector every point is old: one reason says it */
	if (m->writer[REGION_IN].there && m->writer[REGION_IN].status.alive)
		judge_devices(out, m);
	for (uint32_t i = 0; i < m->n_systems; i++)
		judge_system(out, m, i);
}
