/* SPDX-License-Identifier: Apache-2.0 */
/* Level 1: the whole cluster. Nothing can be operated here. */
#include <math.h>
#include <stdio.h>

#include "tui/pace.h"
#include "tui/view.h"

#define KPI_BAR_X 22
#define KPI_BAR_W 14
#define KPI_ENDS 9 /* "0[" and "]1600" */

/* eight columns are left for it */
static const char *const why_words[] = {"",         "spread", "temp", "cap",  "inputs",
					"low flow", "device", "ramp", "pace", "by hand"};
static const char *const metric_words[METRICS] = {"spread", "Tmax", "kW", "flow", "age"};

/* A figure at x: label, value, unit, whose it is, and its bar in the rest of `w`. */
static void
kpi(struct pen *p, struct view *v, int x, int y, const char *label, const struct sample *s,
    double scale, int decimals, const char *unit, const struct bar *bar)
{
	pen_at(p, x, y);
	pen_text(p, "%-7s", label);
	view_value(p, v->m, s, scale, 6, decimals);
	pen_text(p, " %-6.6s", unit);
	pen_at(p, x + KPI_BAR_X, y);
	view_bar(p, s, scale, bar);
}

static void
kpis(struct view *v)
{
	const struct model *m = v->m;
	struct pen p = view_pen(v, AREA_KPI);
	int half = p.r.w / 2 > 46 ? 46 : p.r.w / 2; /* wider screens keep the figures together */
	double n = m->n_systems ? m->n_systems : 1;
	bool has_k = m->spread_system < m->n_systems, has_c = m->tmax_system < m->n_systems;
	const struct model_system *sk = has_k ? &m->systems[m->spread_system] : NULL;
	const struct model_system *sc = has_c ? &m->systems[m->tmax_system] : NULL;
	double lim_k = sk ? sk->spread_limit_k : 8, lim_c = sc ? sc->temp_limit_c : 50;
	double full = model_live(&m->tokens_full_per_s) && m->tokens_full_per_s.value > 0
			      ? m->tokens_full_per_s.value
			      : 1;
	char name_k[24], name_c[24];
	int room = half - KPI_BAR_X - KPI_ENDS, w = room > KPI_BAR_W ? KPI_BAR_W : room;
	/* a plant without facility water is cooled by air */
	const struct sample *facility = &m->facility[ROLE_FACILITY_SUPPLY];
	if (facility->quality == QUALITY_NEVER)
		facility = &m->facility[ROLE_AIR_SUPPLY];
	snprintf(name_k, sizeof(name_k), "K %.4s", sk ? sk->name : "");
	snprintf(name_c, sizeof(name_c), "C %.4s", sc ? sc->name : "");
	/* a system draws 21 kW and 60 l/min at full load, 25 kW and 80 l/min at most */
	kpi(&p, v, 0, 0, "Power", &m->input_w, 1e-3, 1, "kW",
	    &(struct bar){0, 25 * n, 17 * n, 23 * n, NAN, w});
	kpi(&p, v, 0, 1, "Flow", &m->flow_lpm, 1, 0, "l/min",
	    &(struct bar){0, 80 * n, 45 * n, 66 * n, NAN, w});
	kpi(&p, v, 0, 2, "Spread", &m->spread_k, 1, 1, name_k,
	    &(struct bar){0, lim_k * 1.25, 0, lim_k - 1, lim_k, w});
	kpi(&p, v, half, 0, "Tokens", &m->tokens_per_s, 1e-3, 1, "k/s",
	    &(struct bar){0, full * 1.1e-3, full * 0.9e-3, full * 1.02e-3, NAN, w});
	kpi(&p, v, half, 1, "Facil.", facility, 1, 1, "C", &(struct bar){10, 35, 16, 27, NAN, w});
	kpi(&p, v, half, 2, "Tmax", &m->tmax_c, 1, 1, name_c,
	    &(struct bar){20, lim_c + 10, 30, lim_c - 2, lim_c, w});
}

static void
tile_metric(struct pen *p, struct view *v, const struct model_system *s, int width)
{
	struct sample age = sample_at((double)s->age_ns / 1e9, 0, QUALITY_GOOD, 0);
	switch (v->ui->metric) {
	case METRIC_TMAX:
		view_value(p, v->m, &s->tmax_c, 1, width, 1);
		break;
	case METRIC_POWER:
		view_value(p, v->m, &s->input_w, 1e-3, width, 1);
		break;
	case METRIC_FLOW:
		view_value(p, v->m, &s->one[ROLE_LOOP_FLOW], 1, width, 1);
		break;
	case METRIC_AGE:
		if (s->age_ns < 0)
			age.quality = QUALITY_NEVER;
		else if (s->good < s->points)
			age.quality = QUALITY_STALE;
		view_value(p, v->m, &age, 1, width, 1);
		break;
	case METRIC_SPREAD:
	case METRICS:
		view_value(p, v->m, &s->spread_k, 1, width, 1);
		break;
	}
}

static char
mode_letter(const struct model_system *s)
{
	return s->mode_live ? model_mode_word(s->mode)[0] : '?';
}

static void
tile(struct view *v, struct rect r, uint32_t i)
{
	const struct model_system *s = &v->m->systems[i];
	struct pen p = pen_on(v->g, r);
	enum look look = view_class_look(s->severity);
	bool wide = r.w >= 18;
	bool selected = i == v->system;
	pen_look_text(&p, selected ? LOOK_SELECTED : look, "%s", wide ? s->name : s->label);
	if (selected) {
		v->g->cursor_x = r.x;
		v->g->cursor_y = r.y;
	}
	pen_at(&p, wide ? r.w - 13 : r.w - 7, 0);
	tile_metric(&p, v, s, wide ? 5 : 4);
	pen_look_text(&p, look, "%c", view_class_mark(s->severity));
	if (wide)
		pen_look_text(&p, s->mode_live ? LOOK_DIM : LOOK_STALE, "%-5.5s",
			      s->mode_live ? model_mode_short(s->mode) : "mode?");
	else
		pen_look_text(&p, s->mode_live ? LOOK_DIM : LOOK_STALE, "%c", mode_letter(s));
	if (r.h < 2)
		return;
	p.look = LOOK_DIM;
	pen_at(&p, wide ? 1 : 0, 1);
	view_value(&p, v->m, &s->tmax_c, 1, wide ? 5 : 4, 1);
	pen_text(&p, "C");
	if (wide) {
		view_value(&p, v->m, &s->input_w, 1e-3, 5, 1);
		pen_text(&p, "kW");
	}
}

static void
tiles(struct view *v)
{
	const struct layout *l = &v->l;
	struct rect at = l->at[AREA_TILES];
	struct pen p = view_pen(v, AREA_TILES_RULE);
	int selected_row = (int)v->system / l->tile_cols;
	int top = selected_row >= l->tile_rows ? selected_row - l->tile_rows + 1 : 0;
	pen_rule(&p, 1);
	pen_look_text(&p, LOOK_BOLD, "SYSTEMS");
	pen_text(&p, " [m]etric: ");
	for (int k = 0; k < METRICS; k++)
		pen_look_text(&p, k == (int)v->ui->metric ? LOOK_BOLD : LOOK_DIM, "%s%s ",
			      k == (int)v->ui->metric ? ">" : "", metric_words[k]);
	pen_rule(&p, p.r.w - 34);
	pen_look_text(&p, LOOK_DIM, " * held ? data F failsafe ! trip ");
	pen_rule(&p, p.r.w);
	for (int row = 0; row < l->tile_rows; row++)
		for (int col = 0; col < l->tile_cols; col++) {
			uint32_t i = (uint32_t)((top + row) * l->tile_cols + col);
			if (i < v->m->n_systems)
				tile(v,
				     (struct rect){at.x + col * l->tile_w, at.y + row * l->tile_h,
						   l->tile_w - 1, l->tile_h},
				     i);
		}
}

static void
list_row(struct view *v, struct pen *p, uint32_t i)
{
	const struct model *m = v->m;
	const struct model_system *s = &m->systems[i];
	enum look look = view_class_look(s->severity);
	pen_look_text(p, i == v->system ? LOOK_BOLD : LOOK_DIM, "%c", i == v->system ? '>' : ' ');
	pen_look_text(p, look, "%c", view_class_mark(s->severity));
	pen_look_text(p, i == v->system ? LOOK_SELECTED : LOOK_TEXT, "%-7.7s", s->name);
	pen_look_text(p, s->mode_live ? LOOK_TEXT : LOOK_STALE, " %-5.5s%c",
		      model_mode_short(s->mode), s->mode_live ? ' ' : '?');
	view_value(p, m, &s->spread_k, 1, 5, 1);
	pen_look_text(p, LOOK_DIM, "/%-4.1f", s->spread_limit_k);
	view_value(p, m, &s->tmax_c, 1, 5, 1);
	view_value(p, m, &s->tmean_c, 1, 5, 1);
	view_value(p, m, &s->input_w, 1e-3, 5, 1);
	view_value(p, m, &s->one[ROLE_WAFER_CURRENT], 1e-3, 4, 1);
	view_value(p, m, &s->one[ROLE_LOOP_FLOW], 1, 4, 1);
	view_value(p, m, &s->one[ROLE_JOB_TOKENS], 1, 5, 0);
	view_value(p, m, &s->one[ROLE_CTL_COST_TOKENS], 1, 4, 0);
	/* refreshed ten times a second, so tenths would say nothing while it is live */
	if (s->age_ns < 0)
		pen_look_text(p, LOOK_STALE, "   -");
	else
		pen_look_text(p, s->age_ns > 2000000000 ? LOOK_STALE : LOOK_TEXT, "%3.0fs",
			      (double)s->age_ns / 1e9);
	if (s->reason_live && s->reason != REASON_NONE)
		pen_look_text(p, LOOK_TEXT, " %s", why_words[s->reason]);
}

static void
list(struct view *v)
{
	struct pen p = view_pen(v, AREA_LIST);
	int rows = p.r.h - 2;
	uint32_t top = 0, n = v->m->n_systems;
	view_rule(&p, "WORST FIRST");
	pen_at(&p, 0, 1);
	pen_look_text(&p, LOOK_DIM,
		      "  SYS     MODE   SPREAD/lim  Tmax Tmean    kW   kA  l/m tok/s"
		      " -cost AGE WHY");
	/* the worst stay in sight; below them the selected one, if it is not among them */
	for (int row = 0; row < rows && top + (uint32_t)row < n; row++) {
		uint32_t i = v->m->order[row];
		if (row == rows - 1) {
			bool seen = false;
			for (int k = 0; k <= row; k++)
				seen = seen || v->m->order[k] == v->system;
			i = seen ? i : v->system;
		}
		pen_at(&p, 0, row + 2);
		list_row(v, &p, i);
	}
}

static void
status(struct view *v)
{
	const struct model *m = v->m;
	const struct pace pace = pace_of(m);
	struct pen p = view_pen(v, AREA_STATUS);
	if (v->ui->message[0]) {
		pen_look_text(&p, LOOK_BOLD, "%s", v->ui->message);
		return;
	}
	uint32_t alarm;
	char text[8];
	if (view_banner_alarm(v, &alarm) &&
	    model_sentence(m, text, sizeof(text), &alarm) != CLASS_OK) {
		view_sentence(v, &p); /* the alarm has taken its place above */
		return;
	}
	pen_text(&p, "points %u good ", m->good);
	pen_look_text(&p, m->good < m->points ? LOOK_BAD : LOOK_TEXT, "%u not",
		      m->points - m->good);
	pen_text(&p, " | overruns %llu+%llu",
		 (unsigned long long)m->writer[REGION_IN].status.overruns,
		 (unsigned long long)m->writer[REGION_CTL].status.overruns);
	pen_text(&p, " | bus errors %.0f", m->errors);
	if (pace.known)
		pen_look_text(&p, pace.valid ? LOOK_TEXT : LOOK_BAD, " | %s%.0f late (%.2f %%)",
			      pace.valid ? "" : "RUN INVALID: ", pace.late, 100.0 * pace.late_frac);
	if (model_live(&m->cost_per_s) && m->cost_per_s.value >= 0.5)
		pen_text(&p, " | lost %.0f tokens/s", m->cost_per_s.value);
	if (m->n_events && v->l.at[AREA_EVENTS].h == 0 && m->held + m->trips == 0)
		pen_text(&p, " | %s", m->events[0].text);
}

void
view_overview(struct view *v)
{
	kpis(v);
	tiles(v);
	list(v);
	status(v);
	if (v->l.at[AREA_MAP].w)
		view_system(v); /* the selected one beside it */
	else
		view_events(v);
}
