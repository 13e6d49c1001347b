/* SPDX-License-Identifier: Apache-2.0 */
/* Terminals below 80 x 24: a list, and below 30 x 5 one line. They show less, never wrongly. */
#include <stdio.h>

#include "tui/view.h"

static void
small_row(struct view *v, struct pen *p, uint32_t i)
{
	const struct model_system *s = &v->m->systems[i];
	pen_look_text(p, view_class_look(s->severity), "%c", view_class_mark(s->severity));
	pen_look_text(p, i == v->system ? LOOK_SELECTED : LOOK_TEXT, "%-6.6s", s->name);
	pen_look_text(p, s->mode_live ? LOOK_TEXT : LOOK_STALE, " %-4.4s%c",
		      model_mode_short(s->mode), s->mode_live ? ' ' : '?');
	view_value(p, v->m, &s->spread_k, 1, 4, 1);
	pen_text(p, "K");
	view_value(p, v->m, &s->tmax_c, 1, 5, 1);
	pen_text(p, "C");
	view_value(p, v->m, &s->input_w, 1e-3, 5, 1);
	pen_text(p, "kW");
	view_value(p, v->m, &s->one[ROLE_LOOP_FLOW], 1, 4, 0);
	pen_text(p, "l/m ");
	if (s->reason_live && s->reason != REASON_NONE)
		pen_text(p, "%s", model_reason_word(s->reason));
}

/* The rows around the selected one. */
static void
small_overview(struct view *v)
{
	const struct model *m = v->m;
	struct pen p = view_pen(v, AREA_LIST);
	uint32_t place = 0, rows = (uint32_t)p.r.h;
	while (place + 1 < m->n_systems && m->order[place] != v->system)
		place++;
	uint32_t top = place >= rows ? place - rows + 1 : 0;
	for (uint32_t row = 0; row < rows && top + row < m->n_systems; row++) {
		uint32_t i = m->order[top + row];
		pen_at(&p, 0, (int)row);
		small_row(v, &p, i);
		if (i == v->system) {
			v->g->cursor_x = p.r.x;
			v->g->cursor_y = p.r.y + (int)row;
		}
	}
}

struct small_fact {
	const char *label, *unit;
	const struct sample *sample;
	double scale;
	int decimals;
};

static void
small_system(struct view *v)
{
	const struct model_system *s = &v->m->systems[v->system];
	const struct small_fact facts[] = {
		{"spread", "K", &s->spread_k, 1, 2},
		{"hottest", "C", &s->tmax_c, 1, 1},
		{"mean", "C", &s->tmean_c, 1, 1},
		{"coldest", "C", &s->tmin_c, 1, 1},
		{"input", "kW", &s->input_w, 1e-3, 1},
		{"wafer", "kW", &s->one[ROLE_WAFER_POWER], 1e-3, 1},
		{"current", "kA", &s->one[ROLE_WAFER_CURRENT], 1e-3, 1},
		{"flow", "l/min", &s->one[ROLE_LOOP_FLOW], 1, 1},
		{"supply", "C", &s->one[ROLE_LOOP_SUPPLY], 1, 1},
		{"return", "C", &s->one[ROLE_LOOP_RETURN], 1, 1},
		{"pump 1", "%", &s->pump_speed_pct[0], 1, 0},
		{"pump 2", "%", &s->pump_speed_pct[1], 1, 0},
		{s->facility == FACILITY_AIR ? "fans" : "valve", "%", &s->one[ROLE_VALVE], 1, 0},
		{"tokens", "/s", &s->one[ROLE_JOB_TOKENS], 1, 0},
		{"cost", "tokens/s", &s->one[ROLE_CTL_COST_TOKENS], 1, 0},
	};
	struct pen p = view_pen(v, AREA_LIST);
	int n = (int)(sizeof(facts) / sizeof(facts[0])), columns = p.r.w >= 54 ? 2 : 1;
	for (int i = 0; i < n && i < p.r.h * columns; i++) {
		pen_at(&p, i / p.r.h * (p.r.w / columns), i % p.r.h);
		pen_look_text(&p, LOOK_DIM, "%-8s", facts[i].label);
		view_value(&p, v->m, facts[i].sample, facts[i].scale, 7, facts[i].decimals);
		pen_look_text(&p, LOOK_DIM, " %s", facts[i].unit);
	}
}

static void
small_alarms(struct view *v)
{
	struct pen p = view_pen(v, AREA_LIST);
	uint32_t n, rows = (uint32_t)p.r.h, top = ui_alarms_top(v->ui, v->m, rows);
	const uint32_t *shown = ui_alarms(v->ui, v->m, &n);
	for (uint32_t row = 0; row < rows && top + row < n; row++) {
		pen_at(&p, 0, (int)row);
		view_alarm_row(v, &p, shown[top + row], p.r.w);
	}
	if (n == 0)
		pen_look_text(&p, LOOK_DIM, "%s",
			      model_alarms_live(v->m) ? "no alarm" : "alarms are not watched");
}

void
view_list(struct view *v)
{
	struct pen status = view_pen(v, AREA_STATUS);
	switch (v->ui->screen) {
	case SCREEN_OVERVIEW:
		small_overview(v);
		break;
	case SCREEN_SYSTEM:
		if (v->m->n_systems)
			small_system(v);
		break;
	case SCREEN_ALARMS:
		small_alarms(v);
		break;
	case SCREEN_JOBS:
		view_job_list(v, AREA_LIST);
		break;
	case SCREEN_ALARM:
		view_alarm(v, v->l.at[AREA_LIST], true);
		break;
	case SCREEN_HELP:
	case SCREENS:
		view_help(v);
		break;
	}
	if (v->ui->message[0])
		pen_look_text(&status, LOOK_BOLD, "%s", v->ui->message);
	else
		pen_look_text(&status, LOOK_DIM, "? help  3 alarms  Q quit  %u not good",
			      v->m->points - v->m->good);
}

/* The alarm to be told, else how many are well and the worst of them: "14/16 ok *cs03 8.3K". */
void
view_line(struct view *v)
{
	const struct model *m = v->m;
	struct pen p = view_pen(v, AREA_HEADER);
	bool live = m->writer[REGION_IN].there && m->writer[REGION_IN].status.alive;
	uint32_t ok = 0;
	for (uint32_t i = 0; i < m->n_systems; i++)
		ok += m->systems[i].severity == CLASS_OK;
	if (!live || m->n_systems == 0) {
		pen_look_text(&p, LOOK_WARN, "%s", live ? "no system" : "NO LIVE DATA");
		return;
	}
	uint32_t alarm;
	if (view_banner_alarm(v, &alarm)) {
		char text[96];
		view_alarm_mark(v, &p, alarm);
		pen_text(&p, " %s", alarm_text(m->alarms.plant, alarm, text, sizeof(text)));
		return;
	}
	const struct model_system *s = &m->systems[v->system];
	enum look look = view_class_look(s->severity);
	pen_look_text(&p, ok < m->n_systems ? LOOK_WARN : LOOK_TEXT, "%u/%u ok", ok, m->n_systems);
	pen_text(&p, " ");
	pen_look_text(&p, look, "%c%s", view_class_mark(s->severity), s->name);
	pen_text(&p, " ");
	view_inline(&p, m, &s->spread_k, 1, 1, "K");
}
