/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/health.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tui/model.h"

#define NAMES_W 56
#define NOT_IN_A_ROW (-1)

/* Reasons that say the same of several systems or devices are one: an operator counts causes. */
struct group {
	char what[120]; /* what is said, with the ':' or ' ' that follows the names */
	const char *kind, *before, *common;
	double cost_per_s;
	char first[NAME_MAX_LEN], last[NAME_MAX_LEN], names[100];
	uint32_t n, named;
	int32_t last_index;
	bool row; /* each follows the one before */
};

struct judge {
	struct group group[HEALTH_REASONS];
	uint32_t n, dropped;
};

/* Whom a reason is about: their name, what is counted together, and their place among them. */
struct whom {
	const char *name, *kind; /* kind NULL: nobody else is counted with it */
	int32_t index;
	const char *before; /* the name */
	const char
		*common; /* what is said of several, however their figures differ; NULL: the same */
	double cost_per_s;
};

static void add(struct judge *j, struct whom whom, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void
join(struct group *g, struct whom whom)
{
	size_t used = strlen(g->names);
	g->row = whom.index >= 0 && (g->n == 0 || (g->row && whom.index == g->last_index + 1));
	g->last_index = whom.index;
	snprintf(g->last, sizeof(g->last), "%s", whom.name);
	g->n++;
	g->cost_per_s += whom.cost_per_s;
	/* the first always, others while there is room for what is said */
	if (used == 0 || (g->named + 1 == g->n && used + strlen(whom.name) < NAMES_W)) {
		snprintf(g->names + used, sizeof(g->names) - used, "%s%s", used ? ", " : "",
			 whom.name);
		g->named++;
	}
}

static void
add(struct judge *j, struct whom whom, const char *format, ...)
{
	char what[sizeof(j->group[0].what)];
	va_list ap;
	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	for (uint32_t i = 0; i < j->n && whom.kind; i++)
		if (j->group[i].kind && strcmp(j->group[i].kind, whom.kind) == 0 &&
		    (whom.common || strcmp(j->group[i].what, what) == 0)) {
			join(&j->group[i], whom);
			return;
		}
	if (j->n == HEALTH_REASONS) {
		j->dropped++;
		return;
	}
	struct group *g = &j->group[j->n++];
	*g = (struct group){
		.kind = whom.kind, .before = whom.before, .common = whom.common, .row = true};
	memcpy(g->what, what, sizeof(what));
	snprintf(g->first, sizeof(g->first), "%s", whom.name);
	join(g, whom);
}

/* "cs00..cs15 (16): control is in FAILSAFE". */
static void
put(struct health *h, const struct group *g)
{
	char *to = h->reason[h->n++];
	size_t size = sizeof(h->reason[0]);
	char what[sizeof(g->what)];
	if (g->n > 1 && g->common)
		snprintf(what, sizeof(what), " %s, cost %.0f tokens/s", g->common, g->cost_per_s);
	else
		memcpy(what, g->what, sizeof(what));
	if (g->n > 2 && g->row)
		snprintf(to, size, "%.24s..%.24s (%u)%s", g->first, g->last, g->n, what);
	else if (g->n > g->named)
		snprintf(to, size, "%s%s and %u more%s", g->before, g->names, g->n - g->named,
			 what);
	else
		snprintf(to, size, "%s%s%s", g->before, g->names, what);
}

static const struct whom all = {.name = "", .before = ""};

static struct whom
the_system(const struct model *m, uint32_t i)
{
	return (struct whom){
		.name = m->systems[i].name, .kind = "", .index = (int32_t)i, .before = ""};
}

/* Held back by what comes from without it is so with others; by its own wafer, alone. */
static const char *
common_reason(const struct model_system *s)
{
	if (!s->reason_live || s->mode == CTL_STOPPED)
		return NULL;
	switch (s->reason) {
	case REASON_CAP:
		return "held back by power cap";
	case REASON_INPUT_LOST:
		return "held back by lost inputs";
	case REASON_RAMP:
		return "coming back after a takeover";
	case REASON_NONE:
	case REASON_SPREAD:
	case REASON_TEMPERATURE:
	case REASON_LOW_FLOW:
	case REASON_DEVICE:
	case REASON_PACE:
	case REASON_HAND:
		break;
	}
	return NULL;
}

static struct whom
the_held(const struct model *m, uint32_t i)
{
	const struct sample *cost = &m->systems[i].one[ROLE_CTL_COST_TOKENS];
	struct whom w = the_system(m, i);
	w.common = common_reason(&m->systems[i]);
	w.cost_per_s = model_live(cost) ? cost->value : 0;
	if (w.common)
		w.kind = w.common;
	return w;
}

static struct whom
the_device(const struct model_device *d)
{
	return (struct whom){.name = d->name, .kind = d->kind, .index = d->system, .before = ""};
}

static void
judge_writer(struct judge *j, const struct model_writer *w, const char *room)
{
	if (!w->there)
		add(j, all, "%s: has published nothing yet", room);
	else if (!w->status.alive)
		add(j, all, "%s: no heartbeat for %.1f s", room, (double)w->age_ns / 1e9);
}

static void
judge_rooms(struct judge *j, const struct model *m)
{
	for (uint32_t i = 0; i < m->run.n_rooms; i++) {
		const struct model_room *r = &m->run.rooms[i];
		if (!r->up)
			add(j, all, "%s: down (%s)", r->name, r->why);
		else if (r->restarts && r->last_restart_ns > 0 &&
			 m->now_ns - r->last_restart_ns < HEALTH_WINDOW_NS)
			add(j, all, "%s: restarted %.0f s ago", r->name,
			    (double)(m->now_ns - r->last_restart_ns) / 1e9);
	}
}

static void
judge_devices(struct judge *j, const struct model *m)
{
	for (uint32_t i = 0; i < m->n_devices; i++) {
		const struct model_device *d = &m->devices[i];
		if (d->good < d->points)
			add(j, the_device(d), ": %u of %u points are not good%s%s",
			    d->points - d->good, d->points, model_live(&d->state) ? ", link " : "",
			    model_live(&d->state) ? model_link_word(&d->state) : "");
		else if (d->not_good_ns > m->now_ns - HEALTH_WINDOW_NS)
			add(j, the_device(d), ": had points that were not good %.0f s ago",
			    (double)(m->now_ns - d->not_good_ns) / 1e9);
	}
}

/* Held back or over a limit, now or within the window. */
static void
judge_limits(struct judge *j, const struct model *m, uint32_t i)
{
	const struct model_system *s = &m->systems[i];
	const struct sample *age = &s->one[ROLE_CTL_LIMITED_AGE];
	char text[120];
	if (s->foreign)
		return;
	if (s->severity == CLASS_HELD) {
		model_system_sentence(m, i, text, sizeof(text));
		add(j, the_held(m, i), "%s", text + strlen(s->name));
	} else if (s->mode_live &&
		   (s->mode == CTL_OFF || s->mode == CTL_FAILSAFE || s->mode == CTL_HANDBACK)) {
		add(j, the_system(m, i), ": control is in %s", model_mode_word(s->mode));
	} else if (model_live(age) && age->value * 1e9 < (double)HEALTH_WINDOW_NS) {
		add(j, the_system(m, i), ": was held back or over a limit %.0f s ago", age->value);
	}
}

static void
judge_system(struct judge *j, const struct model *m, uint32_t i)
{
	const struct model_system *s = &m->systems[i];
	char words[80];
	if (s->trip)
		add(j, the_system(m, i), ": tripped (%s)",
		    model_trip_words(s->trip, words, sizeof(words)));
	/* a room that is silent was named once: it explains what follows for every system */
	if (!m->writer[REGION_IN].status.alive || !m->writer[REGION_CTL].status.alive)
		return;
	if (!s->mode_live)
		add(j, the_system(m, i), ": the controllers say nothing about it");
	judge_limits(j, m, i);
}

/* An alarm that is put aside, or whose condition is over, is no reason. */
static void
judge_alarms(struct judge *j, const struct model *m)
{
	char text[96];
	if (model_alarms_expected(m))
		judge_writer(j, &m->writer[REGION_ALM], "alarms");
	for (uint32_t k = 0; k < m->alarms.n_standing && model_alarms_live(m); k++) {
		uint32_t i = m->alarms.standing[k];
		enum alarm_state state = m->alarms.all[i].state;
		if (state != ALARM_UNACKED && state != ALARM_ACKED)
			continue;
		alarm_text(m->alarms.plant, i, text, sizeof(text));
		struct whom alarm = {.name = text,
				     .kind = model_alarm_record(m, i)->id,
				     .index = NOT_IN_A_ROW,
				     .before = "alarm: "};
		add(j, alarm, " (P%d, %s)", (int)model_alarm_record(m, i)->priority,
		    state == ALARM_ACKED ? "acknowledged" : "not acknowledged");
	}
}

void
health_judge(const struct model *m, struct health *out)
{
	struct judge j = {.n = 0};
	*out = (struct health){.n = 0};
	if (m->problem[0])
		add(&j, all, "%s", m->problem);
	judge_writer(&j, &m->writer[REGION_IN], "collectors");
	judge_writer(&j, &m->writer[REGION_CTL], "controllers");
	judge_rooms(&j, m);
	judge_alarms(&j, m);
	/* without a collector every point is old: one reason says it */
	if (m->writer[REGION_IN].there && m->writer[REGION_IN].status.alive)
		judge_devices(&j, m);
	for (uint32_t i = 0; i < m->n_systems; i++)
		judge_system(&j, m, i);
	for (uint32_t i = 0; i < j.n; i++)
		put(out, &j.group[i]);
	out->dropped = j.dropped;
	out->healthy = out->n == 0;
}
