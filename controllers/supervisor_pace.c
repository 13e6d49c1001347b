/* SPDX-License-Identifier: Apache-2.0 */
/* A supervisor's part of a job on several systems: the rate that its own rules leave each slot, and
 * slowing it to what the job can use. */
#include <math.h>
#include <string.h>

#include "controllers/law.h"
#include "controllers/supervisor.h"
#include "controllers/supervisor_private.h"
#include "core/wide.h"

#define SHARE_LEAST 0.05 /* a reticle that has less work of its job holds it up no more */
#define PROBE_PER_K 0.03
#define BINDS_FRAC 0.001 /* a pace that is nearer to the own rate slows nothing */

void
supervisor_pace_init(struct supervisor *s)
{
	for (int k = 0; k < JOBS_MAX; k++) {
		s->order.pace_frac[k] = s->pace_factor[k] = 1.0;
		s->order.batch_frac[k] = s->own_frac[k] = s->asked_frac[k] = (double)NAN;
	}
	for (int i = 0; i < RETICLES; i++)
		s->stage_cost[i] = 1.0;
	s->pace_frac = 1.0;
}

void
supervisor_order(struct supervisor *s, const struct cluster_order *order)
{
	s->order = *order;
}

/* The job of a slot if it is a pipeline, by what the engine block says; NULL: it is none. */
static const struct job_config *
pipeline_of(const struct supervisor *s, const struct view *v, int k)
{
	const struct plant *plant = s->setup.plant;
	double id = v->slot_id[k];
	if (!plant || !(id > 0.5 && id < (double)plant->n_jobs + 0.5) ||
	    !isfinite(v->slot_mode[k]) || lrint(v->slot_mode[k]) != JOB_MODE_PIPE)
		return NULL;
	return &plant->jobs[lrint(id) - 1];
}

/* What each reticle's stage costs, of the dearest of its job: its duty makes that much more rate. */
static void
find_stages(struct supervisor *s, const struct view *v)
{
	const struct job_config *job[JOBS_MAX];
	uint32_t stage[JOBS_MAX] = {0}, n[JOBS_MAX] = {0};
	for (int k = 0; k < JOBS_MAX; k++) {
		job[k] = pipeline_of(s, v, k);
		s->piped[k] = job[k] != NULL;
	}
	for (int i = 0; i < RETICLES; i++) {
		uint8_t k = s->in.jobs.slot[i];
		if (k >= JOBS_MAX)
			continue;
		s->stage_cost[i] = 1.0;
		s->in.stage[i] = 0;
		if (!job[k] || !job[k]->n_stages)
			continue;
		while (stage[k] + 1 < job[k]->n_stages &&
		       n[k] == job[k]->stages[stage[k]].reticles) {
			stage[k]++;
			n[k] = 0;
		}
		n[k]++;
		s->stage_cost[i] = job[k]->stages[stage[k]].cost_frac;
		s->in.stage[i] = (uint8_t)stage[k];
	}
}

static bool
is_one(double x)
{
	return x >= 1.0 && x <= 1.0;
}

/* All that follows from what the jobs are, and from the shares: those of most steps are the last one's. */
static void
see_stages(struct supervisor *s, const struct control_params *p, const struct view *v)
{
	find_stages(s, v);
	s->in.staged = s->in.even = false; /* even: to be seen */
	s->plain_rates = true;
	for (int i = 0; i < RETICLES; i++) {
		double share = v->share_frac[i];
		double need = s->stage_cost[i] * (1.0 + p->stage_slack_frac);
		/* rate that a duty of 1 would be */
		s->full_rate[i] = 1.0 / ((share >= SHARE_LEAST ? share : 1.0) * s->stage_cost[i]);
		s->in.stage_frac[i] = need < 1.0 ? need : 1.0;
		s->in.staged |= need < 1.0;
		s->plain_rates = s->plain_rates && is_one(s->full_rate[i]);
	}
	bool even = true;
	for (int i = 0; i < RETICLES; i++)
		even = even && is_one(law_share(&s->in, i));
	s->in.even = even;
}

/*
 * A law waits where less is applied than it asks for, a little further where that is for others'
 * sake: else it never finds out that it could do more. How far goes with its room: a system that is
 * hot at this pace must not be promised for a faster one.
 */
static void
see_unpaced(struct supervisor *s)
{
	double probe = PROBE_PER_K * law_clamp(s->out.margin_k, 0.0, 1.0);
	for (int i = 0; i < RETICLES; i++) {
		double applied = s->in.applied_frac[i];
		uint8_t k = s->in.jobs.slot[i];
		s->unpaced_frac[i] = applied;
		if (k < JOBS_MAX && s->pace_factor[k] < 1.0)
			s->unpaced_frac[i] = fmin(applied / s->pace_factor[k], applied + probe);
	}
	s->in.unpaced_frac = s->unpaced_frac;
}

/* Rate of each slot: least duty of its reticles, for their share of its work and what that costs; NAN:
 * it has none, or nothing is known. */
static void
rates_of_slots(const struct supervisor *s, const double duty_frac[RETICLES], double out[JOBS_MAX])
{
	const struct job_groups *g = &s->in.jobs;
	UNCLEARED double rate_frac[RETICLES];
	double least[SLOT_NONE + 1];
	if (!s->plain_rates) {
		for (int i = 0; i < RETICLES; i++)
			rate_frac[i] = duty_frac[i] * s->full_rate[i];
		duty_frac = rate_frac;
	}
	for (int k = 0; k <= SLOT_NONE; k++)
		least[k] = (double)NAN;
	for (int i = 0, end; i < RETICLES; i = end) {
		end = groups_slot_end(g, i);
		double here = law_least_among(duty_frac + i, end - i);
		least[g->slot[i]] = law_least(least[g->slot[i]], here);
	}
	memcpy(out, least, JOBS_MAX * sizeof *out);
}

/* A pipeline goes on faster than its slowest stage until the buffers are empty: what it does it can do. A
 * short throttle costs nothing, and nobody is to be slowed for it. */
static void
own_rates(struct supervisor *s)
{
	rates_of_slots(s, s->demands.duty_frac, s->own_frac);
	for (int k = 0; k < JOBS_MAX; k++)
		if (s->piped_frac[k] > s->own_frac[k])
			s->own_frac[k] = fmin(s->piped_frac[k], 1.0);
}

void
supervisor_pace_begin(struct supervisor *s, const struct control_params *p, const struct view *v)
{
	if (s->jobs_anew)
		see_stages(s, p, v);
	/* without inputs the last ones stay: what is not seen is not given back */
	bool acts = s->mode == CTL_AUTO || s->mode == CTL_SHADOW || s->mode == CTL_FAILSAFE;
	bool any = false;
	s->pace_frac = 1.0;
	for (int k = 0; k < JOBS_MAX; k++) {
		s->piped_frac[k] = s->piped[k] ? v->slot_rate_frac[k] : (double)NAN;
		if (!acts || s->taking_over)
			s->pace_factor[k] = 1.0;
		any |= s->pace_factor[k] < 1.0;
	}
	if (any)
		see_unpaced(s);
}

void
supervisor_pace(struct supervisor *s)
{
	double *factor = s->pace_factor;
	bool any = false;
	own_rates(s);
	for (int k = 0; k < JOBS_MAX; k++) {
		factor[k] = 1.0;
		if (!(s->own_frac[k] * (1.0 - BINDS_FRAC) > s->order.pace_frac[k]))
			continue;
		factor[k] = s->order.pace_frac[k] / s->own_frac[k];
		s->pace_frac = fmin(s->pace_frac, s->order.pace_frac[k]);
		any = true;
	}
	if (any)
		supervisor_pace_hold(s);
}

void
supervisor_pace_hold(struct supervisor *s)
{
	const struct job_groups *g = &s->in.jobs;
	for (int i = 0; i < RETICLES; i++)
		if (g->slot[i] < JOBS_MAX)
			s->demands.duty_frac[i] *= s->pace_factor[g->slot[i]];
}

/* Power that waiting would draw: the dynamic power of what it does now, by what more it could do. */
static double
saved_w(const struct supervisor *s, const struct control_params *p, const struct view *v)
{
	double sum_w = 0.0;
	for (int i = 0; i < RETICLES; i++) {
		uint8_t k = s->in.jobs.slot[i];
		double moving_w = v->power_w[i] - p->reticle_static_w - inputs_ballast_w(v, i);
		if (k < JOBS_MAX && moving_w > 0.0 && s->asked_frac[k] > 0.0 &&
		    s->own_frac[k] > s->asked_frac[k])
			sum_w += moving_w * (s->own_frac[k] / s->asked_frac[k] - 1.0);
	}
	return p->pace_wait_frac * sum_w;
}

void
supervisor_pace_say(struct supervisor *s, const struct control_params *p, const struct view *v)
{
	double applied[JOBS_MAX] = {0.0};
	bool acts = s->mode == CTL_AUTO, writes = acts || s->mode == CTL_STOPPED;
	bool device = s->verdict.reason == REASON_DEVICE;
	if (!acts || device)
		rates_of_slots(s, v->duty_frac, applied);
	rates_of_slots(s, s->demands.duty_frac, s->asked_frac);
	for (int k = 0; k < JOBS_MAX; k++) {
		if (!acts)
			s->own_frac[k] = s->asked_frac[k] = applied[k];
		else if (device) /* what it does not let through is not there */
			s->own_frac[k] = s->asked_frac[k] = fmin(applied[k], s->asked_frac[k]);
	}
	s->verdict.pace_frac = acts ? s->pace_frac : 1.0;
	s->verdict.pace_saved_w = acts && s->pace_frac < 1.0 ? saved_w(s, p, v) : 0.0;
	for (int k = 0; k < JOBS_MAX; k++) {
		if (s->mode == CTL_HANDBACK)
			s->demands.batch_frac[k] = 1.0;
		else if (writes)
			s->demands.batch_frac[k] = s->order.batch_frac[k];
	}
}
