/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers of an explanation: where it is hot, and what a throttle costs. */
#include "controllers/account.h"

#include <math.h>

#define ZONE_STANDS_OUT_DK 1.5
#define TOKENS_TAU_S 5.0
#define DUTY_LEAST 0.05 /* below it, what full duty would bring can't be told from what is */

/* The column whose mean stands out from the mean of the others, or -1. */
static int
hot_zone(const struct sensors *f)
{
	double sum_c[ZONES] = {0}, all_c = 0.0;
	int hot = 0;
	for (int i = 0; i < RETICLES; i++) {
		sum_c[i % ZONES] += f->temp_c[i] / ROWS;
		all_c += f->temp_c[i] / ROWS;
	}
	for (int x = 1; x < ZONES; x++)
		if (sum_c[x] > sum_c[hot])
			hot = x;
	double others_c = (all_c - sum_c[hot]) / (ZONES - 1);
	return sum_c[hot] - others_c > ZONE_STANDS_OUT_DK ? hot : -1;
}

void
account_face(struct account *a, const struct sensors *f)
{
	double sum_c = 0.0;
	uint32_t n = 0;
	a->hottest = a->coldest = 0;
	a->tmax_c = -INFINITY;
	a->tmin_c = INFINITY;
	for (uint32_t i = 0; i < RETICLES; i++) {
		if (!f->measured[i])
			continue;
		sum_c += f->temp_c[i];
		n++;
		if (f->temp_c[i] > a->tmax_c) {
			a->tmax_c = f->temp_c[i];
			a->hottest = i;
		}
		if (f->temp_c[i] < a->tmin_c) {
			a->tmin_c = f->temp_c[i];
			a->coldest = i;
		}
	}
	a->tmean_c = n ? sum_c / n : (double)NAN;
	if (!n)
		a->tmax_c = a->tmin_c = (double)NAN;
	a->spread_k = a->tmax_c - a->tmin_c;
	a->zone = hot_zone(f);
	if (a->zone >= 0 && (int)(a->hottest % ZONES) != a->zone)
		a->zone = -1;
}

/* Duty in force of a reticle, or what is asked where that is not known. */
static double
duty_of(const struct demands *d, const struct view *v, int i)
{
	double u = isfinite(v->duty_frac[i]) ? v->duty_frac[i] : d->duty_frac[i];
	return isfinite(u) ? u : 1.0;
}

static double
work_frac(const struct supervisor *s, const struct view *v)
{
	double least = 1.0, sum = 0.0;
	if (s->verdict.trip)
		return 0.0;
	for (int i = 0; i < RETICLES; i++) {
		double u = duty_of(&s->demands, v, i);
		least = fmin(least, u);
		sum += u;
	}
	return s->in.independent ? sum / RETICLES : least;
}

void
account_cost(struct account *a, const struct control_params *p, const struct supervisor *s,
	     const struct view *v, double *tokens_full)
{
	double work = work_frac(s, v);
	if (work > DUTY_LEAST && isfinite(v->tokens_per_s))
		*tokens_full = law_low_pass(*tokens_full, v->tokens_per_s / work, TOKENS_TAU_S);
	a->tokens_full = *tokens_full;
	a->cost_tokens = a->cost_w = 0.0;
	if (a->reason == REASON_NONE)
		return;
	a->cost_tokens = *tokens_full * (1.0 - work);
	for (int i = 0; i < RETICLES; i++) {
		double u = duty_of(&s->demands, v, i),
		       dynamic_w = v->power_w[i] - p->reticle_static_w;
		if (u > DUTY_LEAST && u < 1.0 && isfinite(dynamic_w) && dynamic_w > 0.0)
			a->cost_w += dynamic_w * (1.0 - u) / u;
	}
}
