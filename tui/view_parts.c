/* SPDX-License-Identifier: Apache-2.0 */
/* What every screen has, and how a value is written. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "tui/view.h"

struct pen
view_pen(struct view *v, enum area area)
{
	return pen_on(v->g, v->l.at[area]);
}

char
view_mark(const struct model *m, const struct sample *s)
{
	switch ((enum quality)s->quality) {
	case QUALITY_BAD:
	case QUALITY_RANGE:
		return 'x';
	case QUALITY_STALE:
	case QUALITY_COMM:
	case QUALITY_NEVER:
	case QUALITIES:
		return '?';
	case QUALITY_GOOD:
	case QUALITY_UNCERTAIN:
		break;
	}
	if (!isfinite(s->value))
		return 'x';
	if (s->flags & SAMPLE_MANUAL)
		return 'M';
	if (s->quality == QUALITY_UNCERTAIN || s->flags & SAMPLE_SUBSTITUTED)
		return 'e';
	return s->flags & SAMPLE_SIMULATED && m->simulated < m->points ? 'S' : ' ';
}

enum look
view_look(const struct sample *s, enum look live)
{
	if (sample_usable(s))
		return live;
	return s->quality == QUALITY_BAD || s->quality == QUALITY_RANGE ? LOOK_BAD : LOOK_STALE;
}

static const enum look priority_looks[] = {LOOK_TEXT, LOOK_P1, LOOK_P2, LOOK_P3, LOOK_P4};

/* Colour is for what stands. */
enum look
view_alarm_look(const struct model *m, uint32_t alarm)
{
	switch (m->alarms.all[alarm].state) {
	case ALARM_UNACKED:
	case ALARM_ACKED:
	case ALARM_RETURNED:
		return priority_looks[model_alarm_record(m, alarm)->priority];
	case ALARM_SHELVED:
	case ALARM_SUPPRESSED:
	case ALARM_OUT_OF_SERVICE:
	case ALARM_NORMAL:
	case ALARM_STATES:
		break;
	}
	return LOOK_DIM;
}

void
view_alarm_mark(const struct view *v, struct pen *p, uint32_t alarm)
{
	const struct model_alarm *a = &v->m->alarms.all[alarm];
	enum look look = view_alarm_look(v->m, alarm);
	bool dark = v->ui->dark && model_alarm_unacked(a);
	pen_look_text(p, dark ? LOOK_TEXT : look, "%c", model_alarm_mark(v->m, alarm));
	pen_look_text(p, look, "%d", (int)model_alarm_record(v->m, alarm)->priority);
}

enum look
view_class_look(enum system_class c)
{
	switch (c) {
	case CLASS_OK:
		return LOOK_TEXT;
	case CLASS_HELD:
		return LOOK_WARN;
	case CLASS_DATA:
		return LOOK_BAD;
	case CLASS_FAILSAFE:
		return LOOK_WARN;
	case CLASS_TRIP:
		return LOOK_TRIP;
	}
	return LOOK_TEXT;
}

char
view_class_mark(enum system_class c)
{
	switch (c) {
	case CLASS_OK:
		return ' ';
	case CLASS_HELD:
		return '*';
	case CLASS_DATA:
		return '?';
	case CLASS_FAILSAFE:
		return 'F';
	case CLASS_TRIP:
		return '!';
	}
	return ' ';
}

/* The number as text, "-" where there is none to show; no "-0.0". */
static void
number(char out[32], const struct sample *s, double scale, int width, int decimals)
{
	double value = s->value * scale;
	if (s->quality == QUALITY_NEVER || s->quality == QUALITY_BAD || !isfinite(value)) {
		snprintf(out, 32, "%*s", width, "-");
		return;
	}
	if (fabs(value) < 0.5 * pow(10, -decimals))
		value = 0;
	if (snprintf(out, 32, "%*.*f", width, decimals, value) > width && width > 0)
		snprintf(out, 32, "%*.0f", width, value);
	if (width > 0 && strlen(out) > (size_t)width) {
		memset(out, '#', (size_t)width);
		out[width] = '\0';
	}
}

void
view_value(struct pen *p, const struct model *m, const struct sample *s, double scale, int width,
	   int decimals)
{
	char text[32];
	number(text, s, scale, width, decimals);
	pen_look_text(p, view_look(s, p->look), "%s%c", text, view_mark(m, s));
}

void
view_inline(struct pen *p, const struct model *m, const struct sample *s, double scale,
	    int decimals, const char *unit)
{
	char text[32], mark[2] = {view_mark(m, s), '\0'};
	number(text, s, scale, 0, decimals);
	pen_look_text(p, view_look(s, p->look), "%s%s%s%s", text, mark[0] == ' ' ? "" : mark,
		      unit[0] ? " " : "", unit);
}

static int
place(const struct bar *b, double value)
{
	double f = (value - b->lo) / (b->hi - b->lo) * b->width;
	if (!(f > 0))
		return 0;
	return f < b->width - 1 ? (int)f : b->width - 1;
}

/* 0[....(===v==)..|.]25: ends, normal band, limit, and the value as a pointer. */
void
view_bar(struct pen *p, const struct sample *s, double scale, const struct bar *b)
{
	enum look before = p->look;
	int from = place(b, b->band_lo), to = place(b, b->band_hi);
	int limit = isfinite(b->limit) ? place(b, b->limit) : -1;
	int value = sample_usable(s) ? place(b, s->value * scale) : -1;
	bool over = limit >= 0 && sample_usable(s) && s->value * scale > b->limit;
	pen_look_text(p, LOOK_DIM, "%2.0f[", b->lo);
	for (int x = 0; x < b->width; x++) {
		p->look = LOOK_DIM;
		if (x == value) {
			p->look = over ? LOOK_WARN : LOOK_BOLD;
			pen_code(p, GLYPH_POINTER);
		} else if (x == limit) {
			pen_code(p, '|');
		} else if (x == from) {
			pen_code(p, '(');
		} else if (x == to) {
			pen_code(p, ')');
		} else {
			pen_code(p, x > from && x < to ? GLYPH_BAND : GLYPH_OUT);
		}
	}
	p->look = before;
	pen_look_text(p, LOOK_DIM, "]%.0f", b->hi);
}

void
view_rule(struct pen *p, const char *title)
{
	pen_rule(p, p->x + 1);
	pen_look_text(p, LOOK_BOLD, "%s", title);
	pen_text(p, " ");
	pen_rule(p, p->r.w);
}

static void
header_right(const struct view *v, bool brief, char *out, size_t size)
{
	const struct model *m = v->m;
	char hil[24], age[24], clock[32];
	if (m->simulated == 0)
		snprintf(hil, sizeof(hil), "none");
	else
		snprintf(hil, sizeof(hil), "%s%u", m->simulated == m->points ? "all " : "",
			 m->simulated);
	if (!m->writer[REGION_IN].there)
		snprintf(age, sizeof(age), "NO DATA");
	else
		snprintf(age, sizeof(age), "%s %.1fs",
			 v->ui->frozen                       ? "FROZEN"
			 : m->writer[REGION_IN].status.alive ? "LIVE"
							     : "STALE",
			 (double)(m->writer[REGION_IN].age_ns > 0 ? m->writer[REGION_IN].age_ns
								  : 0) /
				 1e9);
	clock_local_text(m->wall_ns, clock, sizeof(clock));
	if (brief)
		snprintf(out, size, "HIL:%s %s", hil, age);
	else
		snprintf(out, size, "HIL: %s  %s %s", hil, age, clock);
}

static void
header_modes(struct pen *p, const struct model *m)
{
	for (int mode = 0; mode < MODEL_MODES; mode++)
		if (m->modes[mode])
			pen_text(p, " %s %u", model_mode_short((enum ctl_mode)mode),
				 m->modes[mode]);
	if (m->mode_unknown)
		pen_look_text(p, LOOK_STALE, " mode? %u", m->mode_unknown);
}

/* What of the site is shown; "" all of it. */
static void
header_where(const struct view *v, char *out, size_t size)
{
	const struct model_alarms *a = &v->m->alarms;
	uint32_t alarm;
	out[0] = '\0';
	switch (v->ui->screen) {
	case SCREEN_HELP:
		snprintf(out, size, "HELP");
		break;
	case SCREEN_JOBS:
		snprintf(out, size, "JOBS");
		break;
	case SCREEN_ALARMS:
		snprintf(out, size, "ALARMS");
		break;
	case SCREEN_ALARM:
		alarm = ui_alarm(v->ui, v->m);
		snprintf(out, size, "ALARMS%s%s", alarm < a->n ? " > " : "",
			 alarm < a->n ? a->plant->alarms[alarm].key : "");
		break;
	case SCREEN_SYSTEM:
		if (v->m->n_systems)
			snprintf(out, size, "%s", v->m->systems[v->system].name);
		break;
	case SCREEN_OVERVIEW:
	case SCREENS:
		break;
	}
}

/* "cs03" and the mode that follows it. */
static void
header_mode(const struct view *v, char *out, size_t size)
{
	const struct model_system *s = &v->m->systems[v->system];
	out[0] = '\0';
	if (v->ui->screen == SCREEN_SYSTEM && v->m->n_systems)
		snprintf(out, size, "%s%s", model_mode_word(s->mode), s->mode_live ? "" : "?");
}

/*
 * What of the site is shown must be read. What gives way for it in little room: the program's name,
 * the time of day, the site's name.
 */
static void
header_left(const struct view *v, const char *mode, char *left, size_t size, char *right,
	    size_t right_size)
{
	static const struct {
		bool program, site, brief;
	} ways[] = {{true, true, false},
		    {false, true, false},
		    {true, true, true},
		    {false, true, true},
		    {false, false, true}};
	char where[80];
	size_t rest = mode[0] ? strlen(" | ") + strlen(mode) : 0;
	header_where(v, where, sizeof(where));
	for (size_t i = v->g->w < 60 ? 2 : 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		bool site = ways[i].site || !where[0];
		header_right(v, ways[i].brief, right, right_size);
		snprintf(left, size, "%s%s%s%s", ways[i].program ? "isotherm " : "",
			 site ? v->m->site : "", site && where[0] ? " > " : "", where);
		if (strlen(left) + rest + 1 + strlen(right) <= (size_t)v->g->w)
			return;
	}
}

void
view_header(struct view *v)
{
	const struct model *m = v->m;
	struct pen p = view_pen(v, AREA_HEADER);
	char right[96], left[160], mode[24];
	header_mode(v, mode, sizeof(mode));
	header_left(v, mode, left, sizeof(left), right, sizeof(right));
	int w = p.r.w, at = w - (int)strlen(right);
	bool fresh =
		m->writer[REGION_IN].there && m->writer[REGION_IN].status.alive && !v->ui->frozen;
	p.r.w = at > 1 ? at - 1 : 0; /* the left part gives way */
	pen_look_text(&p, LOOK_BOLD, "%s", left);
	if (mode[0]) {
		pen_text(&p, " | ");
		pen_look_text(&p, m->systems[v->system].mode_live ? LOOK_TEXT : LOOK_STALE, "%s",
			      mode);
	} else if (v->ui->screen == SCREEN_OVERVIEW || v->ui->screen == SCREEN_SYSTEM) {
		pen_text(&p, " | %u:", m->n_systems);
		header_modes(&p, m);
	}
	p.r.w = w;
	pen_at(&p, at > 0 ? at : 0, 0);
	pen_look_text(&p, fresh ? LOOK_TEXT : LOOK_WARN, "%s", right);
}

void
view_keys(struct view *v)
{
	struct pen p = view_pen(v, AREA_KEYS);
	for (size_t i = 0; i < COMMANDS - 1; i++) {
		const struct key_row *k = &key_table[i];
		int first = (int)strcspn(k->label, " ");
		if (!k->bar[0] || !(k->screens & 1u << v->ui->screen))
			continue;
		pen_look_text(&p, LOOK_BOLD, "%.*s", first, k->label);
		pen_look_text(&p, LOOK_KEY, "%s", k->bar);
		pen_text(&p, " ");
	}
}

/* On a system's own screen, its own: the controllers begin each text with the system's name. */
static bool
concerns(const struct view *v, const struct image_event *e)
{
	const char *name = v->m->n_systems ? v->m->systems[v->system].name : "";
	size_t n = strlen(name);
	if (v->ui->screen != SCREEN_SYSTEM)
		return true;
	return strncmp(e->text, name, n) == 0 && (e->text[n] == ' ' || e->text[n] == ':');
}

void
view_events(struct view *v)
{
	struct pen p = view_pen(v, AREA_EVENTS);
	int y = 1;
	if (p.r.h == 0)
		return;
	view_rule(&p, "DECISIONS newest first");
	for (uint32_t i = 0; i < v->m->n_events && y < p.r.h; i++) {
		char when[32];
		if (!concerns(v, &v->m->events[i]))
			continue;
		clock_local_text(v->m->event_wall_ns[i], when, sizeof(when));
		pen_at(&p, 0, y++);
		pen_look_text(&p, LOOK_DIM, "%.8s ", when);
		pen_text(&p, "%s", v->m->events[i].text);
	}
	if (y == 1) {
		pen_at(&p, 0, y);
		pen_look_text(&p, LOOK_DIM, "none that is remembered");
	}
}
