/* SPDX-License-Identifier: Apache-2.0 */
/* The alarms of a snapshot: what their image says, in which order people should read it, in words. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "tui/model.h"

#define WALL_MAX_S 9e9 /* the year 2255: more would not fit ns */
#define RECENT_NS (600 * NS_PER_S)
#define FLOOD_BEGINS 11 /* alarms in ten minutes; EEMUA 191: more than 10, until less than 5 */
#define FLOOD_ENDS 5
#define DECIMALS_MAX 4

struct model_rank { /* smaller comes first */
	int64_t first, second;
	uint32_t alarm;
};

int
model_alarms_init(struct model_alarms *a, uint32_t n)
{
	*a = (struct model_alarms){.n = n, .banner = n};
	a->all = calloc(n + 1u, sizeof(*a->all));
	a->rank = calloc(n + 1u, sizeof(*a->rank));
	a->standing = calloc(n + 1u, sizeof(*a->standing));
	a->aside = calloc(n + 1u, sizeof(*a->aside));
	return a->all && a->rank && a->standing && a->aside ? 0 : -ENOMEM;
}

void
model_alarms_fini(struct model_alarms *a)
{
	free(a->all);
	free(a->rank);
	free(a->standing);
	free(a->aside);
	*a = (struct model_alarms){0};
}

/* An alarm whose state was never published is as it was: normal, and not live. */
static void
take_alarm(struct model_alarm *to, const struct model_input *input, uint32_t i)
{
	const struct plant *p = input->plant;
	const struct alarm *a = &p->alarms[i];
	const struct sample *from = &input->samples[REGION_ALM][(size_t)i * ALARM_FIELDS];
	const struct sample *state = &from[ALARM_FIELD_STATE], *raised = &from[ALARM_FIELD_RAISED],
			    *episode = &from[ALARM_FIELD_EPISODE];
	to->live = sample_usable(state) && state->value >= 0 && state->value < ALARM_STATES;
	if (state->quality != QUALITY_NEVER && state->value >= 0 && state->value < ALARM_STATES)
		to->state = (enum alarm_state)(int)state->value;
	to->raised_wall_ns = raised->value > 0 && raised->value < WALL_MAX_S
				     ? (int64_t)(raised->value * 1e9)
				     : 0;
	to->episode = episode->value > 0 && episode->value < 1e15 ? (uint64_t)episode->value : 0;
	to->at_change = from[ALARM_FIELD_VALUE];
	to->input = *model_sample(input, a->point);
	to->limit = p->alarm_records[a->record].limit;
	if (a->limit_point != NO_POINT) {
		const struct sample *base = model_sample(input, a->limit_point);
		to->limit = sample_usable(base) ? to->limit + base->value : (double)NAN;
	}
}

void
model_alarms_take(struct model *m, const struct model_input *input)
{
	m->alarms.now_ns = input->now_ns;
	m->alarms.wall_ns = input->wall_ns;
	for (uint32_t i = 0; i < m->alarms.n && input->samples[REGION_ALM]; i++)
		take_alarm(&m->alarms.all[i], input, i);
}

static int
compare(const void *a, const void *b)
{
	const struct model_rank *x = a, *y = b;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (x->second != y->second)
		return x->second < y->second ? -1 : 1;
	return x->alarm < y->alarm ? -1 : x->alarm > y->alarm;
}

static bool
is_recent(const struct model_alarms *a, uint32_t i)
{
	return a->all[i].raised_wall_ns > 0 && a->wall_ns - a->all[i].raised_wall_ns < RECENT_NS;
}

static struct model_rank
rank_of(const struct model *m, uint32_t i)
{
	const struct model_alarms *a = &m->alarms;
	if (a->flood && is_recent(a, i))
		return (struct model_rank){0, a->all[i].raised_wall_ns, i};
	return (struct model_rank){model_alarm_record(m, i)->priority, -a->all[i].raised_wall_ns,
				   i};
}

static bool
is_standing(enum alarm_state state)
{
	return state == ALARM_UNACKED || state == ALARM_ACKED || state == ALARM_RETURNED;
}

static uint32_t
order(struct model *m, bool standing, uint32_t *out)
{
	struct model_alarms *a = &m->alarms;
	uint32_t n = 0;
	for (uint32_t i = 0; i < a->n; i++)
		if (a->all[i].state != ALARM_NORMAL && is_standing(a->all[i].state) == standing)
			a->rank[n++] = rank_of(m, i);
	qsort(a->rank, n, sizeof(a->rank[0]), compare);
	for (uint32_t i = 0; i < n; i++)
		out[i] = a->rank[i].alarm;
	return n;
}

static void
count(struct model *m)
{
	struct model_alarms *a = &m->alarms;
	memset(a->states, 0, sizeof(a->states));
	memset(a->by_priority, 0, sizeof(a->by_priority));
	a->recent = 0;
	for (uint32_t i = 0; i < m->n_systems; i++)
		m->systems[i].alarms = 0;
	for (uint32_t i = 0; i < a->n; i++) {
		enum alarm_state state = a->all[i].state;
		int32_t system = a->plant->alarms[i].system;
		a->states[state]++;
		a->recent += is_recent(a, i);
		if (is_standing(state))
			a->by_priority[model_alarm_record(m, i)->priority]++;
		if ((state == ALARM_UNACKED || state == ALARM_ACKED) && system >= 0 &&
		    system < (int32_t)m->n_systems)
			m->systems[system].alarms++;
	}
	if (a->recent >= FLOOD_BEGINS)
		a->flood = true;
	else if (a->recent < FLOOD_ENDS)
		a->flood = false;
}

/* What is there and nobody has acknowledged; else what was there. */
static uint32_t
first_to_tell(const struct model_alarms *a)
{
	uint32_t returned = a->n;
	for (uint32_t i = 0; i < a->n_standing; i++) {
		uint32_t alarm = a->standing[i];
		if (a->all[alarm].state == ALARM_UNACKED)
			return alarm;
		if (a->all[alarm].state == ALARM_RETURNED && returned == a->n)
			returned = alarm;
	}
	return returned;
}

void
model_alarms_summarise(struct model *m)
{
	struct model_alarms *a = &m->alarms;
	count(m);
	a->n_standing = order(m, true, a->standing);
	a->n_aside = order(m, false, a->aside);
	a->banner = first_to_tell(a);
}

bool
model_alarms_expected(const struct model *m)
{
	for (uint32_t i = 0; i < m->run.n_rooms; i++)
		if (strncmp(m->run.rooms[i].name, "alarm", 5) == 0)
			return true;
	return m->writer[REGION_ALM].there && !m->run.there;
}

bool
model_alarms_live(const struct model *m)
{
	return m->writer[REGION_ALM].there && m->writer[REGION_ALM].status.alive;
}

const struct alarm_record *
model_alarm_record(const struct model *m, uint32_t alarm)
{
	const struct plant *p = m->alarms.plant;
	return &p->alarm_records[p->alarms[alarm].record];
}

/* --- words --- */

const char *
model_alarm_word(enum alarm_state state)
{
	switch (state) {
	case ALARM_NORMAL:
		return "normal";
	case ALARM_UNACKED:
		return "UNACK";
	case ALARM_ACKED:
		return "ACK";
	case ALARM_RETURNED:
		return "RTN";
	case ALARM_SHELVED:
		return "SHELVED";
	case ALARM_SUPPRESSED:
		return "SUPPR";
	case ALARM_OUT_OF_SERVICE:
		return "OUT";
	case ALARM_STATES:
		break;
	}
	return "?";
}

const char *
model_alarm_state_name(enum alarm_state state)
{
	static const char *const names[ALARM_STATES] = {"normal",        "unacked", "acked",
							"returned",      "shelved", "suppressed",
							"out_of_service"};
	return state < ALARM_STATES ? names[state] : "";
}

char
model_alarm_mark(const struct model *m, uint32_t alarm)
{
	static const char marks[] = " !*-.";
	switch (m->alarms.all[alarm].state) {
	case ALARM_UNACKED:
	case ALARM_ACKED:
		return marks[model_alarm_record(m, alarm)->priority];
	case ALARM_RETURNED:
		return '~';
	case ALARM_SHELVED:
	case ALARM_SUPPRESSED:
	case ALARM_OUT_OF_SERVICE:
		return 'o';
	case ALARM_NORMAL:
	case ALARM_STATES:
		break;
	}
	return ' ';
}

/* As people read it: "l/min" for lpm. */
static const char *
unit_word(const char *unit)
{
	static const char *const words[][2] = {
		{"c", "C"},       {"k", "K"},         {"kpa", "kPa"}, {"lpm", "l/min"},
		{"kg_s", "kg/s"}, {"us_cm", "uS/cm"}, {"w", "W"},     {"a", "A"},
		{"v", "V"},       {"pct", "%"},       {"frac", ""},   {"kwh", "kWh"},
		{"per_s", "/s"}};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(unit, words[i][0]) == 0)
			return words[i][1];
	return unit;
}

/* A number with as many decimals as mean something: the role's dead-band says how fine it is, and
 * the limit it is compared with must be itself. */
static void
number_text(const struct alarm_record *record, double value, char *out, size_t size)
{
	const struct role_info *r = &role_table[record->role];
	const char *state = state_name((enum role_id)record->role, value);
	const char *unit = unit_word(r->unit);
	int decimals = !r->unit[0] || r->deadband >= 1 ? 0 : r->deadband >= 0.02 ? 1 : 2;
	for (double limit = record->limit * pow(10, decimals);
	     decimals < DECIMALS_MAX && fabs(limit - round(limit)) > 1e-6; limit *= 10)
		decimals++;
	if (state[0])
		snprintf(out, size, "%s", state);
	else
		snprintf(out, size, "%.*f%s%s", decimals, value, unit[0] ? " " : "", unit);
}

/* A state or a bit that has no name: the alarm's text says it all, a number says nothing. */
static bool
is_nameless(const struct alarm_record *r)
{
	bool state = r->type == ALARM_EQUALS || r->type == ALARM_NOT;
	double value = r->type == ALARM_BIT ? ldexp(1, (int)r->bit) : r->limit;
	return (state || r->type == ALARM_BIT) && !role_table[r->role].unit[0] &&
	       !state_name((enum role_id)r->role, value)[0];
}

char *
model_alarm_value(const struct model *m, uint32_t alarm, const struct sample *s, char *out,
		  size_t size)
{
	const struct alarm_record *r = model_alarm_record(m, alarm);
	if (r->type == ALARM_STALE && s->quality != QUALITY_NEVER)
		snprintf(out, size, "%s", quality_name((enum quality)s->quality));
	else if (s->quality == QUALITY_NEVER || !isfinite(s->value) || is_nameless(r))
		snprintf(out, size, "-");
	else
		number_text(r, s->value, out, size);
	return out;
}

char *
model_alarm_limit(const struct model *m, uint32_t alarm, char *out, size_t size)
{
	const struct alarm_record *r = model_alarm_record(m, alarm);
	double limit = m->alarms.all[alarm].limit;
	char text[40];
	number_text(r, limit, text, sizeof(text));
	if (r->type == ALARM_STALE || is_nameless(r))
		snprintf(out, size, "-");
	else if (r->type == ALARM_BIT)
		snprintf(out, size, "%s", state_name((enum role_id)r->role, ldexp(1, (int)r->bit)));
	else if (!isfinite(limit))
		snprintf(out, size, "-");
	else
		snprintf(out, size, "%s%s",
			 r->type == ALARM_HI    ? "> "
			 : r->type == ALARM_LO  ? "< "
			 : r->type == ALARM_NOT ? "not "
						: "",
			 text);
	return out;
}

char *
model_alarm_age(const struct model *m, uint32_t alarm, char *out, size_t size)
{
	const struct model_alarm *a = &m->alarms.all[alarm];
	int64_t s = (m->alarms.wall_ns - a->raised_wall_ns) / NS_PER_S;
	int h = (int)(s / 3600 % 24), d = (int)(s / 86400);
	if (a->raised_wall_ns <= 0)
		snprintf(out, size, "-");
	else if (s < 3600) /* the wall clock may have been set back */
		snprintf(out, size, "%02d:%02d", s > 0 ? (int)(s / 60) : 0,
			 s > 0 ? (int)(s % 60) : 0);
	else if (d == 0)
		snprintf(out, size, "%dh%02dm", h, (int)(s / 60 % 60));
	else
		snprintf(out, size, "%dd%02dh", d, h);
	return out;
}
