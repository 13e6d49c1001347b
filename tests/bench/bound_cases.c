/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bound_cases.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_STEP_S 1.0
#define STREAM_STEP_S 0.5
#define PERIODS 4
#define COUNTED 2              /* the last ones */
#define ALL_OF_IT (1.0 - 1e-9) /* no other speed could do better */

static const double speeds[] = {0.6, 0.7, 0.8, 0.9, 1.0};
#define N_SPEEDS (sizeof(speeds) / sizeof(speeds[0]))

void
bound_case_defaults(struct bound_case *c)
{
	*c = (struct bound_case){.kind = BOUND_STEADY,
				 .mode = JOB_MODE_SYNC,
				 .n_jobs = 1,
				 .density = {1.0},
				 .s_lim_k = 6.0,
				 .t_lim_c = 50.0,
				 .ua_mul = 1.0,
				 .facility_c = 20.0,
				 .start_facility_c = 20.0,
				 .cap_frac = 0.8,
				 .before_cap_s = 60.0,
				 .scored_s = 270.0,
				 .facility_at_s = 30.0,
				 .facility_over_s = 5.0,
				 .window_s = 90.0,
				 .period_s = 12.0,
				 .stream_frac = 0.4,
				 .stream_activity = 0.335};
	for (int x = 0; x < ZONES; x++)
		c->zone_g[x] = 1.0;
}

int
bound_case_named(struct bound_case *c, const char *name)
{
	static const char *const names[] = {"s1", "s2", "s2r", "s3", "s4", "s5", "s6", "s6h"};
	size_t n = 0;

	while (n < 8 && strcmp(name, names[n]) != 0)
		n++;
	switch (n) {
	case 1:
	case 2:
		c->n_jobs = 3;
		memcpy(c->density, (const double[]){1.25, 0.9, 0.6}, 3 * sizeof(double));
		for (int i = 0; i < RETICLES; i++)
			c->job_of[i] = (uint8_t)(n == 1 ? i % ZONES / 4 : i / 28);
		return 0;
	case 3:
		c->zone_g[5] = 0.379;
		return 0;
	case 4:
		c->kind = BOUND_PUMP_LOSS;
		c->facility_c = 26.0;
		return 0;
	case 5:
		c->kind = BOUND_CAP;
		return 0;
	case 6:
		c->kind = BOUND_STREAM;
		return 0;
	case 7:
		c->kind = BOUND_STREAM;
		c->facility_c = 28.0;
		return 0;
	default:
		return n == 0 ? 0 : -EINVAL;
	}
}

struct work {
	const struct bound_case *c;
	struct process *p;
	struct bound_flow flow;
	struct bound_problem problem;
};

static void
begin(struct work *w)
{
	const struct bound_case *c = w->c;
	struct bound_problem *b = &w->problem;

	*b = (struct bound_problem){.md = &w->p->md,
				    .variation = &w->p->variation,
				    .mode = c->mode,
				    .wait_heats = c->wait_heats,
				    .n_jobs = c->n_jobs,
				    .s_lim_k = c->s_lim_k,
				    .t_lim_c = c->t_lim_c};
	memcpy(b->density, c->density, sizeof(b->density));
	memcpy(b->job_of, c->job_of, sizeof(b->job_of));
}

static int
flow_at(struct work *w, double first, double second)
{
	return bound_flow_make(&w->flow, w->p, (const double[PUMPS]){first, second});
}

static struct bound_stage
stage_of(const struct work *w, double dt_s, double facility_c)
{
	return (struct bound_stage){.flow = &w->flow,
				    .dt_s = dt_s,
				    .facility_c = facility_c,
				    .compute_frac = 1.0,
				    .cap_w = (double)INFINITY};
}

/* The steady optimum with that flow. */
static int
steady_at(struct work *w, double facility_c, double cap_w)
{
	int rc;

	begin(w);
	w->problem.at_rest = true;
	w->problem.n_stages = 1;
	w->problem.stages[0] = stage_of(w, 1.0, facility_c);
	w->problem.stages[0].cap_w = cap_w;
	rc = bound_solve(&w->problem);
	return rc;
}

static void
answer_of(struct bound_answer *out, const struct bound_stage *s, double rate, double speed)
{
	*out = (struct bound_answer){.throughput_pct = 100.0 * rate,
				     .tmax_c = s->tmax_c,
				     .spread_k = s->spread_k,
				     .tc_c = s->cold_c,
				     .pump_speed = speed,
				     .excess_k = s->excess_k};
}

static int
steady(struct work *w, double cap_w, struct bound_answer *out)
{
	double most = -(double)INFINITY;
	bool any = false;

	for (size_t k = N_SPEEDS; k-- > (w->c->one_pump ? N_SPEEDS - 1 : 0) && most < ALL_OF_IT;) {
		const struct bound_stage *s = &w->problem.stages[0];
		int rc = flow_at(w, w->c->one_pump ? 0.0 : speeds[k], speeds[k]);
		double worth;

		if (rc == 0)
			rc = steady_at(w, w->c->facility_c, cap_w);
		if (rc < 0)
			return rc;
		worth = s->rate - BOUND_EXCESS_COST * s->excess_k;
		if (!any || worth > most) {
			any = true;
			most = worth;
			answer_of(out, s, s->rate, speeds[k]);
		}
	}
	return 0;
}

int
bound_nominal_w(struct process *p, double *input_w)
{
	int rc = bound_rest(p, 1.0, 0.8, 24.0);

	*input_w = p->power.input_w;
	return rc;
}

static int
under_cap(struct work *w, struct bound_answer *out)
{
	const struct bound_case *c = w->c;
	double cap_w = 0.0;
	int rc = bound_nominal_w(w->p, &cap_w);

	if (rc == 0)
		rc = steady(w, c->cap_frac * cap_w, out);
	out->throughput_pct =
		(100.0 * c->before_cap_s + out->throughput_pct * (c->scored_s - c->before_cap_s)) /
		c->scored_s;
	return rc;
}

static double
facility_at(const struct bound_case *c, double t_s)
{
	double part = c->facility_over_s > 0.0 ? (t_s - c->facility_at_s) / c->facility_over_s
					       : (t_s >= c->facility_at_s ? 1.0 : 0.0);

	part = fmin(1.0, fmax(0.0, part));
	return c->start_facility_c + part * (c->facility_c - c->start_facility_c);
}

static int
pump_loss(struct work *w, struct bound_answer *out)
{
	const struct bound_case *c = w->c;
	uint32_t n = (uint32_t)lround(c->window_s / WINDOW_STEP_S);
	double window = 0.0, rest;
	struct coolant_state loop;
	int rc;

	w->p->faults.supply_c = c->start_facility_c;
	rc = bound_rest(w->p, 1.0, 1.0, (double)NAN);
	loop = w->p->loop;
	if (rc == 0)
		rc = flow_at(w, 0.0, 1.0);
	if (rc < 0 || n > BOUND_STAGES_MAX)
		return rc < 0 ? rc : -EINVAL;
	begin(w);
	w->problem.hot_c = loop.hot_c;
	w->problem.cold_c = loop.cold_c;
	w->problem.n_stages = n;
	for (uint32_t k = 0; k < n; k++)
		w->problem.stages[k] =
			stage_of(w, WINDOW_STEP_S, facility_at(c, (k + 0.5) * WINDOW_STEP_S));
	rc = bound_solve(&w->problem);
	for (uint32_t k = 0; rc == 0 && k < n; k++)
		window += w->problem.stages[k].rate * WINDOW_STEP_S;
	if (rc == 0)
		rc = steady_at(w, c->facility_c, (double)INFINITY);
	if (rc < 0)
		return rc;
	rest = w->problem.stages[0].rate;
	answer_of(out, &w->problem.stages[0],
		  (window + rest * (c->scored_s - c->window_s)) / c->scored_s, 1.0);
	out->window_pct = 100.0 * window / c->window_s;
	out->rest_pct = 100.0 * rest;
	return 0;
}

static int
stream_at(struct work *w, double speed, double *duty)
{
	const struct bound_case *c = w->c;
	uint32_t each = (uint32_t)lround(c->period_s / STREAM_STEP_S), n = each * PERIODS;
	double compute_s = c->period_s * (1.0 - c->stream_frac), sum = 0.0, time = 0.0;
	double mean = 1.0 - c->stream_frac * (1.0 - c->stream_activity);
	int rc = bound_rest(w->p, mean, speed, (double)NAN);
	struct coolant_state loop = w->p->loop;

	if (rc == 0)
		rc = flow_at(w, speed, speed);
	if (rc < 0 || n > BOUND_STAGES_MAX)
		return rc < 0 ? rc : -EINVAL;
	begin(w);
	w->problem.hot_c = loop.hot_c;
	w->problem.cold_c = loop.cold_c;
	w->problem.n_stages = n;
	for (uint32_t k = 0; k < n; k++) {
		double at_s = k % each * STREAM_STEP_S;
		struct bound_stage *s = &w->problem.stages[k];

		*s = stage_of(w, STREAM_STEP_S, c->facility_c);
		s->compute_frac = fmin(1.0, fmax(0.0, (compute_s - at_s) / STREAM_STEP_S));
		s->stream_activity = c->stream_activity;
	}
	rc = bound_solve(&w->problem);
	for (uint32_t k = (PERIODS - COUNTED) * each; rc == 0 && k < n; k++) {
		const struct bound_stage *s = &w->problem.stages[k];

		sum += s->rate * s->compute_frac;
		time += s->compute_frac;
	}
	*duty = time > 0.0 ? sum / time : 0.0;
	return rc;
}

/* From the fastest pumps down, while that is better: nothing here asks what they take. */
static int
stream(struct work *w, struct bound_answer *out)
{
	double most = -1.0, duty = 0.0;

	w->p->faults.supply_c = w->c->facility_c;
	for (size_t k = N_SPEEDS; k-- > 0 && most < ALL_OF_IT;) {
		int rc = stream_at(w, speeds[k], &duty);

		if (rc < 0)
			return rc;
		if (duty <= most)
			break;
		most = duty;
		answer_of(out, &w->problem.stages[w->problem.n_stages - 1],
			  1.0 / ((1.0 - w->c->stream_frac) / duty + w->c->stream_frac), speeds[k]);
	}
	return 0;
}

int
bound_case_solve(const struct bound_case *c, struct process *p, struct bound_answer *out)
{
	struct work *w = calloc(1, sizeof(*w));
	int rc = -EINVAL;

	if (!w)
		return -ENOMEM;
	*w = (struct work){.c = c, .p = p};
	p->faults.supply_c = c->facility_c;
	p->faults.ua_mul = c->ua_mul;
	memcpy(p->faults.zone_g, c->zone_g, sizeof(c->zone_g));
	p->stale = true;
	switch (c->kind) {
	case BOUND_STEADY:
		rc = steady(w, c->cap_w > 0.0 ? c->cap_w : (double)INFINITY, out);
		break;
	case BOUND_CAP:
		rc = under_cap(w, out);
		break;
	case BOUND_PUMP_LOSS:
		rc = pump_loss(w, out);
		break;
	case BOUND_STREAM:
		rc = stream(w, out);
		break;
	}
	free(w);
	return rc;
}
