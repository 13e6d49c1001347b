/* SPDX-License-Identifier: Apache-2.0 */
/* The alarms as a list, and one of them with what it means and what to do about it. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "tui/view.h"

#define TEXT_X 19 /* of a row */
#define VALUE_W 11
#define LIMIT_W 12
#define WIDE_TEXT_W 48
#define LABEL_W 13
#define FACTS 2
#define WHOLE 1000 /* lines: as many as it takes */

/* --- the list --- */

static bool
is_wide(int w)
{
	return w >= 2 * WIDE_TEXT_W + VALUE_W + LIMIT_W;
}

static void
state_word(const struct view *v, struct pen *p, uint32_t alarm)
{
	const struct model_alarm *a = &v->m->alarms.all[alarm];
	bool live = a->live && model_alarms_live(v->m);
	pen_look_text(p, live ? view_alarm_look(v->m, alarm) : LOOK_STALE, " %s%s",
		      model_alarm_word(a->state), live ? "" : "?");
}

/* The input as it is now, and its mark: width + 1 columns. */
static void
input_value(const struct view *v, struct pen *p, uint32_t alarm, int width)
{
	const struct sample *s = &v->m->alarms.all[alarm].input;
	char value[40];
	model_alarm_value(v->m, alarm, s, value, sizeof(value));
	pen_look_text(p, view_look(s, LOOK_TEXT), "%*s%c", width, value, view_mark(v->m, s));
}

/* `!1 UNACK   00:42 pump 1 of cs03 failed`, in what there is of it. */
void
view_alarm_row(struct view *v, struct pen *p, uint32_t alarm, int text_w)
{
	char text[96], age[16];
	int x = p->x;
	view_alarm_mark(v, p, alarm);
	state_word(v, p, alarm);
	pen_at(p, x + 11, p->y);
	pen_text(p, "%6s ", model_alarm_age(v->m, alarm, age, sizeof(age)));
	pen_look_text(p, alarm == ui_alarm(v->ui, v->m) ? LOOK_SELECTED : LOOK_TEXT, "%.*s", text_w,
		      alarm_text(v->m->alarms.plant, alarm, text, sizeof(text)));
}

/* Where the columns stand in a row `w` wide; how wide the text is. */
static int
text_width(int w)
{
	return is_wide(w) ? WIDE_TEXT_W : w - TEXT_X - 1 - VALUE_W - 2 - LIMIT_W;
}

static void
list_row(struct view *v, struct pen *p, uint32_t alarm)
{
	char limit[40];
	bool selected = alarm == ui_alarm(v->ui, v->m);
	int text_w = text_width(p->r.w);
	pen_look_text(p, LOOK_BOLD, "%c", selected ? '>' : ' ');
	if (selected) {
		v->g->cursor_x = p->r.x;
		v->g->cursor_y = p->r.y + p->y;
	}
	view_alarm_row(v, p, alarm, text_w);
	pen_at(p, TEXT_X + text_w + 1, p->y);
	input_value(v, p, alarm, VALUE_W);
	pen_text(p, " %-*.*s", LIMIT_W, LIMIT_W,
		 model_alarm_limit(v->m, alarm, limit, sizeof(limit)));
	if (is_wide(p->r.w))
		pen_look_text(p, LOOK_DIM, " %s", model_alarm_record(v->m, alarm)->action);
}

static const char *
nothing(const struct view *v)
{
	if (!v->m->writer[REGION_ALM].there)
		return model_alarms_expected(v->m) ? "the alarms' room has published nothing yet"
						   : "nothing looks for alarms in this run";
	return v->ui->aside ? "nothing is put aside" : "no alarm stands";
}

static void
list_title(struct view *v, struct pen *p)
{
	const struct model_alarms *a = &v->m->alarms;
	bool aside = v->ui->aside;
	pen_text(p, "[m] ");
	pen_look_text(p, aside ? LOOK_DIM : LOOK_BOLD, "%sstanding %u ", aside ? "" : ">",
		      a->n_standing);
	pen_text(p, "(unack %u) ", a->states[ALARM_UNACKED] + a->states[ALARM_RETURNED]);
	pen_look_text(p, aside ? LOOK_BOLD : LOOK_DIM, "%saside %u ", aside ? ">" : "", a->n_aside);
	if (!model_alarms_live(v->m) && v->m->writer[REGION_ALM].there) {
		pen_look_text(p, LOOK_WARN, "silent for %.0f s: as they were",
			      (double)v->m->writer[REGION_ALM].age_ns / 1e9);
	} else if (a->flood) {
		pen_look_text(p, LOOK_WARN, "FLOOD %u in 10 min: first out on top", a->recent);
	} else {
		pen_text(p, "(shelved %u suppressed %u out %u) %u/10min", a->states[ALARM_SHELVED],
			 a->states[ALARM_SUPPRESSED], a->states[ALARM_OUT_OF_SERVICE], a->recent);
	}
}

static void
list_head(struct view *v, struct pen *p)
{
	list_title(v, p);
	pen_at(p, 0, 1);
	pen_look_text(p, LOOK_DIM, " PRI STATE     AGE ALARM");
	pen_at(p, TEXT_X + text_width(p->r.w) + 1, 1);
	pen_look_text(p, LOOK_DIM, "%*s  %-*s", VALUE_W, "NOW", LIMIT_W, "LIMIT");
	if (is_wide(p->r.w))
		pen_look_text(p, LOOK_DIM, " WHAT TO DO");
}

static void
list(struct view *v)
{
	struct pen p = view_pen(v, AREA_ALARMS);
	uint32_t n, rows = (uint32_t)(p.r.h > ALARMS_HEAD_H ? p.r.h - ALARMS_HEAD_H : 0);
	const uint32_t *shown = ui_alarms(v->ui, v->m, &n);
	uint32_t top = ui_alarms_top(v->ui, v->m, rows);
	list_head(v, &p);
	for (uint32_t row = 0; row < rows && top + row < n; row++) {
		pen_at(&p, 0, ALARMS_HEAD_H + (int)row);
		list_row(v, &p, shown[top + row]);
	}
	if (n == 0) {
		pen_at(&p, 1, ALARMS_HEAD_H);
		pen_look_text(&p, LOOK_DIM, "%s", nothing(v));
	}
}

/* --- one of them --- */

/* Words of `text` behind a label, on `most` lines at most; what is cut off ends in "...". */
static void
labelled(struct pen *p, const char *label, const char *text, int most)
{
	int w = p->r.w - LABEL_W, y = p->y;
	pen_at(p, 0, y);
	pen_look_text(p, LOOK_DIM, "%s", label);
	for (int line = 0; line < most && (*text || line == 0); line++) {
		int n = (int)strlen(text), skip;
		if (n > w) {
			n = w;
			while (n > 0 && text[n] != ' ')
				n--;
			n = n ? n : w;
		}
		skip = text[n] == ' ' ? n + 1 : n;
		bool cut = line + 1 == most && text[n];
		pen_at(p, LABEL_W, y + line);
		pen_text(p, "%.*s", cut && n > w - 3 ? w - 3 : n, text);
		if (cut)
			pen_text(p, "...");
		text += skip;
		p->y = y + line;
	}
	pen_at(p, 0, p->y + 1);
}

static const char *
local(int64_t wall_ns, char out[32])
{
	if (wall_ns > 0)
		clock_local_text(wall_ns, out, 32);
	else
		snprintf(out, 32, "-");
	return out;
}

static void
duration(char *out, size_t size, double s)
{
	if (s >= 2 * 86400)
		snprintf(out, size, "%.0f d", s / 86400);
	else if (s >= 2 * 3600)
		snprintf(out, size, "%.0f h", s / 3600);
	else if (s >= 120)
		snprintf(out, size, "%.0f min", s / 60);
	else
		snprintf(out, size, "%.0f s", s);
}

/* When, which state, how urgent. */
static void
facts(struct view *v, struct pen *p, uint32_t alarm)
{
	const struct model_alarm *a = &v->m->alarms.all[alarm];
	const struct alarm_record *r = model_alarm_record(v->m, alarm);
	char text[40], when[32];
	pen_at(p, 0, 1);
	view_alarm_mark(v, p, alarm);
	state_word(v, p, alarm);
	pen_text(p, "  raised %s", local(a->raised_wall_ns, when));
	duration(text, sizeof(text), r->respond_s);
	pen_text(p, "  respond within %s", text);
	if (r->latched)
		pen_text(p, "  latched: reset by hand");
	pen_at(p, 0, 2);
	pen_text(p, "now ");
	input_value(v, p, alarm, 0);
	pen_text(p, " limit %s", model_alarm_limit(v->m, alarm, text, sizeof(text)));
	if (a->episode)
		pen_text(p, "  at the change %s",
			 model_alarm_value(v->m, alarm, &a->at_change, text, sizeof(text)));
}

static const char *
did_what(enum alarm_state state)
{
	switch (state) {
	case ALARM_ACKED:
		return "acknowledged";
	case ALARM_SHELVED:
		return "shelved";
	case ALARM_OUT_OF_SERVICE:
		return "out of service";
	case ALARM_NORMAL:
	case ALARM_UNACKED:
	case ALARM_RETURNED:
	case ALARM_SUPPRESSED:
	case ALARM_STATES:
		break;
	}
	return "";
}

/* Who did what, what was said; only if it is about this state of this alarm. */
static void
story(struct view *v, struct pen *p, uint32_t alarm)
{
	const struct model_story *s = &v->m->alarms.story;
	const struct model_alarm *a = &v->m->alarms.all[alarm];
	char text[512], when[32], until[32];
	if (!s->there || s->alarm != alarm || s->episode != a->episode || s->state != a->state) {
		if (s->problem[0])
			labelled(p, "who", s->problem, 1);
		return;
	}
	if (did_what(s->state)[0]) {
		snprintf(text, sizeof(text), "%s by %s at %s%s%s%s%s", did_what(s->state),
			 s->user[0] ? s->user : "nobody", local(s->since_wall_ns, when),
			 s->until_wall_ns > 0 ? " until " : "",
			 s->until_wall_ns > 0 ? local(s->until_wall_ns, until) : "",
			 s->why[0] ? ": " : "", s->why);
		labelled(p, "who", text, 1);
	}
	if (s->page[0])
		labelled(p, "page", s->page, 1);
	for (uint32_t i = 0; i < s->n_comments && p->y < p->r.h; i++) {
		const struct model_comment *c = &s->comments[i];
		snprintf(text, sizeof(text), "%s %s: %s", local(c->wall_ns, when), c->user,
			 c->text);
		labelled(p, i ? "" : "comment", text, 1);
	}
}

void
view_alarm(struct view *v, struct rect at, bool whole)
{
	struct pen p = pen_on(v->g, at);
	uint32_t alarm = ui_alarm(v->ui, v->m);
	if (at.h == 0)
		return;
	if (alarm >= v->m->alarms.n) {
		view_rule(&p, "no alarm is selected");
		return;
	}
	const struct alarm_record *r = model_alarm_record(v->m, alarm);
	char title[160], text[96];
	snprintf(title, sizeof(title), "%s: %s", v->m->alarms.plant->alarms[alarm].key,
		 alarm_text(v->m->alarms.plant, alarm, text, sizeof(text)));
	view_rule(&p, title);
	facts(v, &p, alarm);
	pen_at(&p, 0, 1 + FACTS);
	whole = whole || at.h > 12;
	labelled(&p, "cause", r->cause, whole ? WHOLE : 1);
	labelled(&p, "consequence", r->consequence, whole ? WHOLE : 1);
	labelled(&p, "what to do", r->action, whole ? WHOLE : 2);
	story(v, &p, alarm);
}

static void
status(struct view *v)
{
	struct pen p = view_pen(v, AREA_STATUS);
	if (v->ui->message[0])
		pen_look_text(&p, LOOK_BOLD, "%s", v->ui->message);
	else if (v->ui->screen == SCREEN_ALARMS)
		pen_look_text(&p, LOOK_DIM,
			      "Enter: the whole text | isotherm shelve, comment, reset KEY from a "
			      "shell");
}

void
view_alarms(struct view *v)
{
	if (v->ui->screen == SCREEN_ALARMS)
		list(v);
	view_alarm(v, v->l.at[AREA_ALARM], v->ui->screen == SCREEN_ALARM);
	status(v);
}
