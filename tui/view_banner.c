/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The line below the header of every screen: the alarm that is to be told first, else what is held
 * back and at what cost; at its right end how many alarms stand. Where nothing can be trusted, that
 * comes before all.
 */
#include <stdio.h>
#include <string.h>

#include "tui/view.h"

#define NARROW_W 60

/* On a system's own screen its sentence comes first. */
static enum system_class
sentence(struct view *v, char *out, size_t size, uint32_t *more)
{
	const struct model *m = v->m;
	enum system_class all = model_sentence(m, out, size, more);
	if (v->ui->screen != SCREEN_SYSTEM || all == CLASS_OK || !model_trusted(m))
		return all;
	enum system_class own = model_system_sentence(m, v->system, out, size);
	if (own != CLASS_OK)
		return own;
	int n = snprintf(out, size, "elsewhere: ");
	return model_sentence(m, out + n, size - (size_t)n, more);
}

bool
view_banner_alarm(const struct view *v, uint32_t *alarm)
{
	const struct model_alarms *a = &v->m->alarms;
	char text[8];
	uint32_t more;
	*alarm = a->banner;
	if (!model_alarms_live(v->m) || !model_trusted(v->m) || a->n_standing == 0)
		return false;
	if (*alarm < a->n)
		return true;
	/* all of them acknowledged: only where there is nothing else to say */
	*alarm = a->standing[0];
	return model_sentence(v->m, text, sizeof(text), &more) == CLASS_OK;
}

/* "P1:1 P2:0 P3:4 P4:0 aside:3"; on narrow screens "1/0/4/0". */
static void
counts(const struct view *v, char *out, size_t size)
{
	const struct model_alarms *a = &v->m->alarms;
	const uint32_t *n = a->by_priority;
	bool narrow = v->g->w < NARROW_W;
	char aside[24] = "";
	out[0] = '\0';
	if (!model_alarms_live(v->m)) {
		if (model_alarms_expected(v->m))
			snprintf(out, size, " %s", narrow ? "ALARMS?" : "ALARMS NOT WATCHED");
		return;
	}
	if (a->n_aside)
		snprintf(aside, sizeof(aside), narrow ? "+%u" : " aside:%u", a->n_aside);
	snprintf(out, size, narrow ? " %u/%u/%u/%u%s" : " P1:%u P2:%u P3:%u P4:%u%s",
		 n[ALARM_CRITICAL], n[ALARM_HIGH], n[ALARM_MEDIUM], n[ALARM_LOW], aside);
}

/* "56.2 C > 55.0 C"; "" where that says no more than the text. */
static void
measure(const struct view *v, uint32_t alarm, char *out, size_t size)
{
	const struct model_alarm *a = &v->m->alarms.all[alarm];
	char value[40], limit[40];
	model_alarm_value(v->m, alarm, &a->at_change, value, sizeof(value));
	model_alarm_limit(v->m, alarm, limit, sizeof(limit));
	out[0] = '\0';
	if (limit[0] == '<' || limit[0] == '>')
		snprintf(out, size, ": %s%s%s", value, a->state == ALARM_RETURNED ? "" : " ",
			 a->state == ALARM_RETURNED ? "" : limit);
}

/* Shape, number, word and colour; the shape alone flashes, and only until somebody has it. */
static void
alarm_line(struct view *v, struct pen *p, uint32_t alarm)
{
	const struct model_alarm *a = &v->m->alarms.all[alarm];
	char text[96], value[96], age[16];
	int w = p->r.w, room = w - (int)strlen(model_alarm_age(v->m, alarm, age, sizeof(age))) - 1;
	view_alarm_mark(v, p, alarm);
	pen_look_text(p, view_alarm_look(v->m, alarm), " %s", model_alarm_word(a->state));
	pen_text(p, " ");
	p->r.w = room; /* the age is never what is cut off */
	pen_look_text(p, LOOK_BOLD, "%s",
		      alarm_text(v->m->alarms.plant, alarm, text, sizeof(text)));
	measure(v, alarm, value, sizeof(value));
	if (p->x + (int)strlen(value) <= room) /* whole or not at all */
		pen_text(p, "%s", value);
	p->r.w = w;
	if (p->x > room)
		pen_at(p, room, 0);
	pen_text(p, " %s", age);
}

static void
sentence_line(struct view *v, struct pen *p)
{
	char text[256], others[24] = "";
	uint32_t more;
	enum system_class c = sentence(v, text, sizeof(text), &more);
	if (c == CLASS_OK) {
		pen_look_text(p, LOOK_DIM, "%s", "nothing held back, no trip, every point good");
		return;
	}
	if (more)
		snprintf(others, sizeof(others), " +%u more", more);
	p->look = view_class_look(c);
	pen_text(p, "%c %s", view_class_mark(c), text);
	while (p->x < p->r.w)
		pen_code(p, ' ');
	pen_at(p, p->r.w - (int)strlen(others), 0);
	pen_text(p, "%s", others);
}

void
view_banner(struct view *v)
{
	struct pen p = view_pen(v, AREA_BANNER);
	char right[96];
	uint32_t alarm;
	int w = p.r.w;
	counts(v, right, sizeof(right));
	p.r.w = w - (int)strlen(right);
	if (view_banner_alarm(v, &alarm))
		alarm_line(v, &p, alarm);
	else
		sentence_line(v, &p);
	p.r.w = w;
	pen_at(&p, w - (int)strlen(right), 0);
	pen_look_text(&p, model_alarms_live(v->m) ? LOOK_TEXT : LOOK_WARN, "%s", right);
}

void
view_sentence(struct view *v, struct pen *p)
{
	char text[256];
	uint32_t more;
	enum system_class c = model_sentence(v->m, text, sizeof(text), &more);
	pen_look_text(p, view_class_look(c), "%c %s", view_class_mark(c), text);
}
