/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/score.h"

#include <math.h>
#include <string.h>

const struct score_info score_table[SCORES] = {
#define SCORE(name, unit, decimals, text) {#name, unit, text, decimals},
#include "runner/scores.def"
#undef SCORE
};

int
score_by_name(const char *name)
{
	for (int i = 0; i < SCORES; i++)
		if (strcmp(score_table[i].name, name) == 0)
			return i;
	return -1;
}

void
score_init(struct score *s, double spread_limit_k, double temp_limit_c)
{
	*s = (struct score){.spread_limit_k = spread_limit_k,
			    .temp_limit_c = temp_limit_c,
			    .cap_w = (double)NAN};
	s->sum[SCORE_spread_max_k] = s->sum[SCORE_tmax_c] = -(double)INFINITY;
}

static double
moved(const double *now, const double *before, uint32_t n)
{
	double sum = 0.0;

	for (uint32_t i = 0; i < n; i++)
		sum += fabs(now[i] - before[i]);
	return sum / n;
}

/* A number that is none stays, so that it is seen; fmax would drop it. */
static double
peak(double most, double now)
{
	return isnan(most) || now <= most ? most : now;
}

static void
add_excess(struct score *s, double over_k, double dt_s, enum score_id seconds, enum score_id ks)
{
	if (over_k > SCORE_GRACE_K)
		s->sum[seconds] += dt_s;
	if (over_k > 0.0)
		s->sum[ks] += over_k * dt_s;
}

static void
add_step(struct score *s, const struct sim_glance *t, double dt_s, bool duty_moved)
{
	s->scored_s += dt_s;
	s->sum[SCORE_throughput_pct] += 100.0 * t->rate * dt_s;
	s->sum[SCORE_spread_mean_k] += t->spread_k * dt_s;
	s->sum[SCORE_spread_max_k] = peak(s->sum[SCORE_spread_max_k], t->spread_k);
	s->sum[SCORE_tmax_c] = peak(s->sum[SCORE_tmax_c], t->tmax_c);
	add_excess(s, t->spread_k - s->spread_limit_k, dt_s, SCORE_s_above_s, SCORE_ks_above_s);
	add_excess(s, t->tmax_c - s->temp_limit_c, dt_s, SCORE_s_above_t, SCORE_ks_above_t);
	if (t->input_w > s->cap_w * (1.0 + SCORE_CAP_GRACE_FRAC)) /* false of NAN */
		s->sum[SCORE_s_above_cap] += dt_s;
	if (t->input_w > s->cap_w)
		s->sum[SCORE_kj_above_cap] += (t->input_w - s->cap_w) * dt_s / 1000.0;
	s->sum[SCORE_ballast_kj] += t->ballast_w * dt_s / 1000.0;
	s->sum[SCORE_cooling_kj] += t->cooling_w * dt_s / 1000.0;
	if (s->any && duty_moved)
		s->sum[SCORE_effort_per_min] += moved(t->duty, s->duty, RETICLES);
	if (s->any)
		s->sum[SCORE_pump_travel_per_min] += moved(t->pump_speed, s->pump, 2);
}

void
score_step(struct score *s, const struct sim_glance *now, double dt_s, bool scored)
{
	bool duty_moved = !s->any || now->duty_moves != s->duty_moves; /* in few steps */

	if (scored)
		add_step(s, now, dt_s, duty_moved);
	s->sum[SCORE_trips] += __builtin_popcount(now->trip & ~s->trip);
	s->trip = now->trip;
	if (duty_moved)
		memcpy(s->duty, now->duty, sizeof s->duty);
	s->duty_moves = now->duty_moves;
	memcpy(s->pump, now->pump_speed, sizeof s->pump);
	s->any = true;
}

double
score_value(const struct score *s, enum score_id id)
{
	if (id == SCORE_s_lim_k)
		return s->spread_limit_k;
	if (id == SCORE_trips)
		return s->sum[id];
	if (s->scored_s <= 0.0)
		return (double)NAN;
	if (id == SCORE_throughput_pct || id == SCORE_spread_mean_k)
		return s->sum[id] / s->scored_s;
	if (id == SCORE_effort_per_min || id == SCORE_pump_travel_per_min)
		return s->sum[id] / (s->scored_s / 60.0);
	return s->sum[id];
}

bool
score_broken(const struct score *s)
{
	return s->scored_s > 0.0 &&
	       !(isfinite(s->sum[SCORE_spread_max_k]) && isfinite(s->sum[SCORE_tmax_c]));
}
