/* SPDX-License-Identifier: Apache-2.0 */
/* The wafer's face: 7 x 12 reticles as digits on a ramp, and the means of its 12 zones. */
#include <math.h>
#include <stdio.h>

#include "tui/view.h"

#define BINS 7
#define DEVIATION_MILD_K 0.5
#define DEVIATION_STRONG_K 2.0
#define DUTY_FULL_FRAC 0.995
#define DUTY_LOW_FRAC 0.7

static const char *const mode_words[MAP_MODES] = {"C", "dev", "W", "duty", "job"};

/* The ramp's ends in whole steps, so that colours don't flow with each tenth of a degree. */
struct ramp {
	bool known;
	double lo, hi;
};

static const struct sample *
cell_sample(const struct model_system *s, enum map_mode mode, uint32_t i)
{
	switch (mode) {
	case MAP_POWER:
		return &s->power_w[i];
	case MAP_DUTY:
		return &s->duty_frac[i];
	case MAP_JOB:
		return &s->job_of[i];
	case MAP_ABSOLUTE:
	case MAP_DEVIATION:
	case MAP_MODES:
		break;
	}
	return &s->temp_c[i];
}

static struct ramp
ramp_of(const struct model_system *s, enum map_mode mode)
{
	double lo = INFINITY, hi = -INFINITY, step = mode == MAP_POWER ? 10 : 1;
	for (uint32_t i = 0; i < RETICLES; i++) {
		const struct sample *c = cell_sample(s, mode, i);
		if (!sample_usable(c))
			continue;
		lo = fmin(lo, c->value);
		hi = fmax(hi, c->value);
	}
	if (!isfinite(lo))
		return (struct ramp){false, 0, BINS * step};
	lo = floor(lo / step) * step;
	hi = ceil(hi / step) * step;
	return (struct ramp){true, lo, fmax(hi, lo + BINS * step)};
}

static enum look
ramp_look(const struct ramp *r, double value)
{
	int bin = (int)((value - r->lo) / (r->hi - r->lo) * BINS);
	bin = bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin;
	return (enum look)((int)LOOK_HEAT0 + bin);
}

static enum look
deviation_look(double dk)
{
	if (fabs(dk) < DEVIATION_MILD_K)
		return LOOK_TEXT;
	if (dk < 0)
		return dk < -DEVIATION_STRONG_K ? LOOK_COLD2 : LOOK_COLD1;
	return dk > DEVIATION_STRONG_K ? LOOK_HOT2 : LOOK_HOT1;
}

static enum look
cell_look(const struct model_system *s, enum map_mode mode, const struct ramp *r, uint32_t i)
{
	const struct sample *c = cell_sample(s, mode, i);
	if (!sample_usable(c))
		return view_look(c, LOOK_TEXT);
	if (sample_usable(&s->temp_c[i]) && s->temp_c[i].value > s->temp_limit_c)
		return LOOK_WARN;
	if (mode == MAP_JOB) /* a colour a slot: only where one ends and another begins matters */
		return c->value < 0.5 ? LOOK_DIM
				      : (enum look)((int)LOOK_HEAT0 + (lrint(c->value) - 1) % BINS);
	if (mode == MAP_DEVIATION)
		return model_live(&s->tmean_c) ? deviation_look(c->value - s->tmean_c.value)
					       : LOOK_TEXT;
	if (mode == MAP_DUTY) /* full duty is normal and has no colour */
		return c->value >= DUTY_FULL_FRAC  ? LOOK_TEXT
		       : c->value >= DUTY_LOW_FRAC ? LOOK_COLD1
						   : LOOK_COLD2;
	return ramp_look(r, c->value);
}

/* Behind the digits: how far it can be trusted, else over the limit, hottest, coldest. */
static char
cell_mark(const struct model *m, const struct model_system *s, enum map_mode mode, uint32_t i)
{
	char mark = view_mark(m, cell_sample(s, mode, i));
	if (mark != ' ' && mark != 'S')
		return mark;
	if (sample_usable(&s->temp_c[i]) && s->temp_c[i].value > s->temp_limit_c)
		return '!';
	return i == s->hottest ? '^' : i == s->coldest ? '_' : mark;
}

static void
cell_text(char out[16], const struct model_system *s, enum map_mode mode, uint32_t i)
{
	const struct sample *c = cell_sample(s, mode, i);
	double value = c->value;
	if (c->quality == QUALITY_NEVER || c->quality == QUALITY_BAD || !isfinite(value)) {
		snprintf(out, 16, "%4s", "-");
		return;
	}
	switch (mode) {
	case MAP_DEVIATION:
		value -= s->tmean_c.value;
		snprintf(out, 16, fabs(value) < 9.95 ? "%+4.1f" : "%+4.0f",
			 fabs(value) < 0.05 ? 0.0 : value);
		break;
	case MAP_POWER:
		snprintf(out, 16, "%4.0f", value);
		break;
	case MAP_DUTY:
		snprintf(out, 16, "%4.2f", value);
		break;
	case MAP_JOB:
		snprintf(out, 16, "   %c",
			 value >= 0.5 && value <= JOBS_MAX ? (char)('a' + lrint(value) - 1) : '.');
		break;
	case MAP_ABSOLUTE:
	case MAP_MODES:
		snprintf(out, 16, fabs(value) < 99.95 ? "%4.1f" : "%4.0f", value);
		break;
	}
}

static void
big_cell(struct view *v, struct pen *p, uint32_t i, int x, int y)
{
	const struct model_system *s = &v->m->systems[v->system];
	char deviation[16];
	cell_text(deviation, s, v->ui->map == MAP_DEVIATION ? MAP_ABSOLUTE : MAP_DEVIATION, i);
	pen_text(p, "%.4s ", deviation);
	pen_at(p, x, y + 1);
	view_value(p, v->m, &s->power_w[i], 1, 4, 0);
	pen_text(p, "W    ");
	pen_at(p, x, y + 2);
	view_value(p, v->m, &s->duty_frac[i], 1, 4, 2);
	view_value(p, v->m, &s->share_frac[i], 1, 4, 2);
}

static void
cell(struct view *v, struct pen *p, const struct ramp *r, uint32_t i)
{
	const struct model_system *s = &v->m->systems[v->system];
	int x = MAP_LABEL_W + (int)(i % ZONES) * v->l.cell_w;
	int y = 2 + (int)(i / ZONES) * v->l.cell_h;
	bool selected = i == v->ui->reticle && v->ui->screen == SCREEN_SYSTEM;
	char text[16];
	cell_text(text, s, v->ui->map, i);
	p->look = selected ? LOOK_SELECTED : cell_look(s, v->ui->map, r, i);
	pen_at(p, x, y);
	pen_text(p, "%.4s%c", text, cell_mark(v->m, s, v->ui->map, i));
	if (v->l.cell_h > 1)
		big_cell(v, p, i, x, y);
	p->look = LOOK_TEXT;
	if (selected) {
		v->g->cursor_x = p->r.x + x;
		v->g->cursor_y = p->r.y + y;
	}
}

static void
title(struct view *v, struct pen *p)
{
	const struct model *m = v->m;
	const struct model_system *s = &m->systems[v->system];
	pen_look_text(p, LOOK_BOLD, "WAFER");
	pen_text(p, " [m] ");
	for (int k = 0; k < MAP_MODES; k++)
		pen_look_text(p, k == (int)v->ui->map ? LOOK_BOLD : LOOK_DIM, "%s%s ",
			      k == (int)v->ui->map ? ">" : "", mode_words[k]);
	pen_text(p, "|min ");
	view_inline(p, m, &s->tmin_c, 1, 1, "");
	pen_text(p, " mean ");
	view_inline(p, m, &s->tmean_c, 1, 1, "");
	pen_text(p, " max ");
	view_inline(p, m, &s->tmax_c, 1, 1, "C");
}

static void
legend(struct view *v, struct pen *p, const struct ramp *r)
{
	pen_at(p, 0, p->r.h - 1);
	switch (v->ui->map) {
	case MAP_DEVIATION:
		pen_look_text(p, LOOK_DIM, "from mean ");
		pen_look_text(p, LOOK_COLD2, "<-2 ");
		pen_look_text(p, LOOK_COLD1, " -.5 ");
		pen_look_text(p, LOOK_DIM, " +-.5 ");
		pen_look_text(p, LOOK_HOT1, " +.5 ");
		pen_look_text(p, LOOK_HOT2, " >+2");
		break;
	case MAP_DUTY:
		pen_look_text(p, LOOK_DIM, "cap in force, 1 full ");
		pen_look_text(p, LOOK_COLD1, " <1 ");
		pen_look_text(p, LOOK_COLD2, " <.7 ");
		break;
	case MAP_JOB:
		pen_look_text(p, LOOK_DIM, "a letter a job (J), . none");
		break;
	case MAP_ABSOLUTE:
	case MAP_POWER:
	case MAP_MODES:
		if (!r->known) {
			pen_look_text(p, LOOK_DIM, "nothing live to rank");
			break;
		}
		pen_look_text(p, LOOK_DIM, "%.0f ", r->lo);
		for (int b = 0; b < BINS; b++)
			pen_look_text(p, (enum look)((int)LOOK_HEAT0 + b), " %d ", b);
		pen_look_text(p, LOOK_DIM, " %.0f %s", r->hi, mode_words[v->ui->map]);
		break;
	}
	pen_look_text(p, LOOK_DIM, "  ^ hot _ cold ? old x bad");
}

static void
zone_line(struct view *v, struct pen *p, const struct bar *bar, uint32_t x)
{
	const struct model_system *s = &v->m->systems[v->system];
	pen_text(p, "%2u", x + 1);
	view_value(p, v->m, &s->zone_c[x], 1, 5, 1);
	if (bar)
		view_bar(p, &s->zone_c[x], 1, bar);
}

/* No meters there: the flow as the controllers estimate it, of the column that gets the least. */
static void
zone_flow(struct view *v, struct pen *p)
{
	const struct model_system *s = &v->m->systems[v->system];
	const struct sample *clogged = &s->one[ROLE_CTL_CLOGGED];
	bool named = model_live(clogged) && clogged->value > 0;
	uint32_t low = 0;
	for (uint32_t x = 1; x < ZONES; x++)
		if (s->zone_flow_frac[x].value < s->zone_flow_frac[low].value)
			low = x;
	if (!model_live(&s->zone_flow_frac[low])) {
		pen_look_text(p, LOOK_DIM, "flow e: none yet");
		return;
	}
	pen_look_text(p, named ? LOOK_WARN : LOOK_DIM,
		      named ? "CLOGGED %u: %.0f %%" : "flow e: %u %.0f %%", low + 1,
		      100 * s->zone_flow_frac[low].value);
}

/* Two columns of six beside the small map; a line with a bar for each where there is room. */
static void
zones(struct view *v)
{
	const struct model_system *s = &v->m->systems[v->system];
	struct pen p = view_pen(v, AREA_ZONES);
	bool over = model_live(&s->spread_k) && s->spread_k.value > s->spread_limit_k;
	bool long_form = p.r.w >= 34 && p.r.h >= ZONES + 3;
	double mean_c = s->tmean_c.value;
	struct bar bar = {floor(mean_c) - 5, floor(mean_c) + 5, mean_c - 2, mean_c + 2, NAN, 14};
	p.look = over ? LOOK_WARN : LOOK_BOLD;
	pen_text(&p, "SPREAD ");
	view_inline(&p, v->m, &s->spread_k, 1, 1, "");
	pen_text(&p, "/%.1f K", s->spread_limit_k);
	p.look = LOOK_TEXT;
	for (int y = 1; y < p.r.h; y++) {
		pen_at(&p, 0, y);
		p.look = LOOK_DIM;
		pen_code(&p, GLYPH_VLINE);
	}
	p.look = LOOK_TEXT;
	pen_at(&p, 2, 1);
	pen_look_text(&p, LOOK_DIM, "ZONES mean C");
	for (uint32_t x = 0; x < ZONES; x++) {
		pen_at(&p, long_form || x < ZONES / 2 ? 1 : 10,
		       2 + (int)(long_form ? x : x % (ZONES / 2)));
		zone_line(v, &p, long_form ? &bar : NULL, x);
	}
	pen_at(&p, 2, 2 + (long_form ? ZONES : ZONES / 2));
	zone_flow(v, &p);
}

void
view_map(struct view *v)
{
	const struct model_system *s = &v->m->systems[v->system];
	struct pen p = view_pen(v, AREA_MAP);
	struct ramp r = ramp_of(s, v->ui->map);
	title(v, &p);
	for (int x = 0; x < ZONES; x++) {
		pen_at(&p, MAP_LABEL_W + x * v->l.cell_w, 1);
		pen_look_text(&p, LOOK_DIM, "%3d", x + 1);
	}
	for (int y = 0; y < ROWS; y++) {
		pen_at(&p, 0, 2 + y * v->l.cell_h);
		pen_look_text(&p, LOOK_DIM, "%c", 'A' + y);
	}
	for (uint32_t i = 0; i < RETICLES; i++)
		cell(v, &p, &r, i);
	legend(v, &p, &r);
	zones(v);
}
