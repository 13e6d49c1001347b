/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers of an explanation: where it is hot, and what a throttle costs. */
#include "controllers/account.h"

#include <math.h>
#include <string.h>

#include "core/wide.h"

#define ZONE_STANDS_OUT_DK 1.5
#define TOKENS_TAU_S 5.0
#define DUTY_LEAST 0.05 /* below it, what full duty would bring can't be told from what is */

/* The column whose mean stands out from the mean of the others, or -1. */
static int
hot_zone(const struct sensors *f)
{
	double sum_c[ZONES] = {0}, all_c = 0.0;
	int hot = 0;
	for (int y = 0; y < ROWS; y++)
		for (int x = 0; x < ZONES; x++)
			sum_c[x] += f->temp_c[ZONES * y + x];
	for (int x = 0; x < ZONES; x++) {
		sum_c[x] /= ROWS;
		all_c += sum_c[x];
	}
	for (int x = 1; x < ZONES; x++)
		if (sum_c[x] > sum_c[hot])
			hot = x;
	double others_c = (all_c - sum_c[hot]) / (ZONES - 1);
	return sum_c[hot] - others_c > ZONE_STANDS_OUT_DK ? hot : -1;
}

/* Do all count? What has no work is cold, and nobody's fault. */
static bool
all_count(const struct sensors *f, const struct job_groups *jobs)
{
	return f->lost == 0 && jobs->all;
}

/* Those that count into some_c[], NAN for the others; how many. */
static uint32_t
counted(const struct sensors *f, const struct job_groups *jobs, double some_c[RETICLES])
{
	uint32_t n = 0;
	for (int i = 0; i < RETICLES; i++) {
		bool counts = f->measured[i] && groups_counts(jobs, i);
		some_c[i] = counts ? f->temp_c[i] : (double)NAN;
		n += counts;
	}
	return n;
}

void
account_face(struct account *a, const struct sensors *f, const struct job_groups *jobs)
{
	UNCLEARED double some_c[RETICLES];
	const double *temp_c = f->temp_c;
	double sum_c = 0.0;
	uint32_t n = RETICLES, hottest = 0, coldest = 0;
	if (!all_count(f, jobs)) {
		n = counted(f, jobs, some_c);
		temp_c = some_c;
	}
	a->tmax_c = law_most_of(temp_c);
	a->tmin_c = law_least_of(temp_c);
	a->spread_k = a->tmax_c - a->tmin_c;
	for (int i = 0; i < RETICLES; i++)
		sum_c += n == RETICLES || !isnan(temp_c[i]) ? temp_c[i] : 0.0;
	a->tmean_c = n ? sum_c / n : (double)NAN;
	while (isfinite(a->tmax_c) && !(temp_c[hottest] >= a->tmax_c))
		hottest++;
	while (isfinite(a->tmin_c) && !(temp_c[coldest] <= a->tmin_c))
		coldest++;
	a->hottest = hottest;
	a->coldest = coldest;
}

int
account_zone(const struct account *a, const struct sensors *f)
{
	int zone = hot_zone(f);
	return zone >= 0 && (int)(a->hottest % ZONES) == zone ? zone : -1;
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
	return s->in.jobs.alone[0] ? sum / RETICLES : least;
}

/* Tokens of the whole wafer, from the duty in force: where no slot says what its job does. */
static void
cost_of_one(struct account *a, const struct supervisor *s, const struct view *v, double *full)
{
	double work = work_frac(s, v);
	if (work > DUTY_LEAST && isfinite(v->tokens_per_s))
		*full = law_low_pass(*full, v->tokens_per_s / work, TOKENS_TAU_S);
	a->tokens_full = *full;
	a->cost_tokens = a->reason == REASON_NONE ? 0.0 : *full * (1.0 - work);
}

/* Of each slot, from the rate that it says: what a throttle takes is what it does not reach. */
static void
cost_of_slots(struct account *a, const struct supervisor *s, const struct view *v, double *full,
	      double job_full[JOBS_MAX])
{
	double sum_full = 0.0;
	a->cost_tokens = 0.0;
	for (int k = 0; k < JOBS_MAX; k++) {
		double rate = law_clamp(v->slot_rate_frac[k], 0.0, 1.0);
		double tokens = v->slot_tokens_per_s[k];
		if (!(isfinite(v->slot_id[k]) && v->slot_id[k] > 0.5)) {
			job_full[k] = (double)NAN;
			continue;
		}
		if (rate > DUTY_LEAST && isfinite(tokens))
			job_full[k] =
				isfinite(job_full[k])
					? law_low_pass(job_full[k], tokens / rate, TOKENS_TAU_S)
					: tokens / rate;
		a->job_full[k] = job_full[k];
		if (!isfinite(job_full[k]))
			continue;
		sum_full += job_full[k];
		if (a->reason == REASON_NONE || a->reason == REASON_PACE)
			continue;
		/* what it waits for slower systems is not its own throttle's */
		double wait = v->slot_wait_frac[k];
		if (isfinite(wait) && wait > 0.0 && wait < 1.0)
			rate = fmin(rate / (1.0 - wait), 1.0);
		if (s->verdict.trip)
			rate = 0.0;
		a->job_cost[k] = isfinite(rate) ? job_full[k] * (1.0 - rate) : 0.0;
		a->cost_tokens += a->job_cost[k];
	}
	a->tokens_full = *full = sum_full;
}

void
account_cost(struct account *a, const struct control_params *p, const struct supervisor *s,
	     const struct view *v, double *tokens_full, double job_full[JOBS_MAX])
{
	for (int k = 0; k < JOBS_MAX; k++) {
		a->job_full[k] = (double)NAN;
		a->job_cost[k] = 0.0;
	}
	if (s->in.jobs.any)
		cost_of_slots(a, s, v, tokens_full, job_full);
	else
		cost_of_one(a, s, v, tokens_full);
	a->cost_w = 0.0;
	if (a->reason == REASON_NONE || a->reason == REASON_PACE)
		return;
	for (int i = 0; i < RETICLES; i++) {
		double u = duty_of(&s->demands, v, i),
		       dynamic_w = v->power_w[i] - p->reticle_static_w - inputs_ballast_w(v, i);
		if (u > DUTY_LEAST && u < 1.0 && isfinite(dynamic_w) && dynamic_w > 0.0)
			a->cost_w += dynamic_w * (1.0 - u) / u;
	}
}
