/* SPDX-License-Identifier: Apache-2.0 */
/* What the others do while one system of a job is slow: they are slowed to it, or take its work. */
#include <math.h>

#include "controllers/cluster_state.h"
#include "controllers/law.h"
#include "controllers/rebalance.h"
#include "core/clock.h"

#define STANDS_FRAC 0.02   /* a rate below is none */
#define MISSING_TAU_S 5.0  /* a step is measured late, and duty at once: only what lasts counts */
#define MISSING_BELOW 0.97 /* less is how the measuring differs */
#define MISSING_LEAST 0.5
#define FREE_FROM 0.995 /* a rate that nothing holds back */
#define MUCH_FRAC 0.1   /* more than what who was refused would bring: it is about another system */
#define CAPPED_STEPS (10u * LAW_STEPS_PER_S)

bool
cluster_acts(const struct cluster *c, uint32_t job)
{
	const struct job_config *j = &c->plant->jobs[job];
	return job < c->plant->n_jobs && j->together && j->slow != JOB_SLOW_NONE;
}

static struct member *
member_of(const struct cluster *c, uint32_t system, uint32_t slot)
{
	return &c->member[system * JOBS_MAX + slot];
}

static bool
takes_part(const struct cluster_report *r, uint32_t slot)
{
	return r->job[slot] > 0 && r->job[slot] <= PLANT_JOBS_MAX && r->paced[slot];
}

double
cluster_rate(const struct cluster *c, const struct cluster_report *r, uint32_t system,
	     uint32_t slot)
{
	const struct member *m = member_of(c, system, slot);
	double missing = m->missing_frac < MISSING_BELOW ? m->missing_frac : 1.0;
	if (r->still || r->own_frac[slot] < STANDS_FRAC)
		return 0.0;
	return r->own_frac[slot] * missing;
}

static double
batch_of(const struct cluster_report *r, uint32_t slot)
{
	return isfinite(r->batch_frac[slot]) ? fmax(r->batch_frac[slot], 0.0) : 1.0;
}

/*
 * Speed a duty, from how long it waits: its part of the step is 1 - wait - exchange. Only for jobs
 * whose step is one piece: in one of several layers the wait that is read is that of a moment, and a
 * pipeline goes on from its buffers.
 */
static double
speed(const struct cluster *c, const struct cluster_report *r, uint32_t slot)
{
	uint32_t j = r->job[slot] - 1u;
	double wait = r->wait_frac[slot], rate = r->rate_frac[slot], asked = r->asked_frac[slot];
	double batch = batch_of(r, slot);
	if (j >= c->plant->n_jobs || c->plant->jobs[j].n_layers > 1 ||
	    c->plant->jobs[j].mode == JOB_MODE_PIPE || r->still || batch <= 0.0 || !(wait < 0.9) ||
	    !(rate > 0.05) || !(asked > STANDS_FRAC))
		return (double)NAN;
	double reduce_s = c->plant->jobs[j].reduce_s;
	double step_s = batch * (c->pass_s[j] + reduce_s) / rate;
	double busy = 1.0 - wait - (step_s > 0.0 ? reduce_s / step_s : 0.0);
	return busy > 0.05 ? batch / busy / asked : (double)NAN;
}

static void
see(struct cluster *c, const struct cluster_report *r, uint32_t system)
{
	for (uint32_t k = 0; k < JOBS_MAX; k++) {
		struct member *m = member_of(c, system, k);
		if (m->job != r->job[k])
			*m = (struct member){.job = r->job[k], .missing_frac = 1.0};
		m->raw = (double)NAN;
		if (!takes_part(r, k))
			continue;
		struct pacing *p = &c->pacing[r->job[k] - 1];
		double rate = cluster_rate(c, r, system, k), batch = batch_of(r, k);
		if (r->capped)
			p->capped_steps = CAPPED_STEPS;
		m->raw = speed(c, r, k);
		p->raw_max = fmax(p->raw_max, m->raw); /* fmax passes NAN over */
		if (rate > 0.0 && batch > 0.0)
			p->now = fmin(p->now, rate / batch); /* as fmin does */
	}
}

static void
order(struct cluster *c, const struct cluster_report *r, uint32_t system)
{
	const struct control_params *p = &c->plant->control;
	for (uint32_t k = 0; k < JOBS_MAX; k++) {
		struct member *m = member_of(c, system, k);
		double *pace = &c->order[system].pace_frac[k];
		*pace = 1.0;
		if (!takes_part(r, k))
			continue;
		const struct pacing *j = &c->pacing[r->job[k] - 1];
		/* one that tells nothing is not held to be slow for ever */
		double seen = isfinite(m->raw) && j->raw_max > 0.0 ? m->raw / j->raw_max : 1.0;
		m->missing_frac = law_clamp(law_low_pass(m->missing_frac, seen, MISSING_TAU_S),
					    MISSING_LEAST, 1.0);
		double missing = m->missing_frac < MISSING_BELOW ? m->missing_frac : 1.0;
		double batch = batch_of(r, k);
		if (cluster_acts(c, r->job[k] - 1u) && isfinite(j->rate) && batch > 0.0)
			*pace = fmin(batch * j->rate * (1.0 + p->pace_margin_frac) / missing, 1.0);
	}
}

void
cluster_pace(struct cluster *c, const struct cluster_report *reports)
{
	for (int j = 0; j < PLANT_JOBS_MAX; j++) {
		c->pacing[j].now = (double)NAN;
		c->pacing[j].raw_max = 0.0;
	}
	for (uint32_t s = 0; s < c->plant->n_systems; s++)
		see(c, &reports[s], s);
	for (int j = 0; j < PLANT_JOBS_MAX; j++) {
		struct pacing *p = &c->pacing[j];
		if (p->capped_steps > 0) {
			p->capped_steps--;
			p->now = (double)NAN;
		}
		/* up at once: who is slowed must not become the slowest */
		if (!(p->now < p->rate))
			p->rate = p->now;
		else
			p->rate = law_low_pass(p->rate, p->now, c->plant->control.pace_down_s);
	}
	for (uint32_t s = 0; s < c->plant->n_systems; s++)
		order(c, &reports[s], s);
}

/* --- micro-batches --- */

/* Its systems into who[], those whose share is ours first; how many these are. */
static uint32_t
gather(struct cluster *c, const struct cluster_report *reports, uint32_t job, uint32_t *n)
{
	uint32_t ours = 0;
	*n = 0;
	for (int pass = 0; pass < 2; pass++) {
		for (uint32_t s = 0; s < c->plant->n_systems; s++)
			for (uint32_t k = 0; k < JOBS_MAX; k++)
				if (takes_part(&reports[s], k) && reports[s].job[k] == job + 1 &&
				    reports[s].ours == (pass == 0) && *n < c->plant->n_systems)
					c->who[(*n)++] = s * JOBS_MAX + k;
		if (pass == 0)
			ours = *n;
	}
	return ours;
}

/* As the devices have them, or equal parts where that makes no whole. */
static void
begin_counts(struct cluster *c, const struct cluster_report *reports, uint32_t n, uint32_t each)
{
	uint32_t sum = 0;
	for (uint32_t i = 0; i < n; i++) {
		const struct cluster_report *r = &reports[c->who[i] / JOBS_MAX];
		struct member *m = &c->member[c->who[i]];
		m->count = (uint32_t)lrint(fmin(batch_of(r, c->who[i] % JOBS_MAX), n) * each);
		sum += m->count;
	}
	for (uint32_t i = 0; i < n && sum != n * each; i++)
		c->member[c->who[i]].count = each;
}

/* Do the counts make the whole? Not where a slot was lost for a moment and began anew. */
static bool
whole(const struct cluster *c, uint32_t n, uint32_t each)
{
	uint32_t sum = 0;
	for (uint32_t i = 0; i < n; i++)
		sum += c->member[c->who[i]].count;
	return sum == n * each;
}

static uint32_t
least_of(const uint32_t count[], uint32_t n)
{
	uint32_t least = UINT32_MAX;
	for (uint32_t i = 0; i < n; i++)
		least = count[i] < least ? count[i] : least;
	return least;
}

static int64_t
ns_of(double s)
{
	return (int64_t)(s * (double)NS_PER_S);
}

/*
 * A system that does less is cooler, nothing holds it back, and it looks as fast as any: given more
 * it may be held back again at once. Each time that happens it is tried again later.
 */
static void
note_least(struct cluster *c, struct pacing *p, uint32_t before, uint32_t least)
{
	const struct control_params *config = &c->plant->control;
	int64_t most_ns = ns_of(config->rebalance_retry_most_s);
	if (least > before) {
		p->raised_ns = c->now_ns;
		return;
	}
	if (least < before && p->raised_ns > 0 && c->now_ns - p->raised_ns < most_ns) {
		if (c->now_ns - p->raise_from_ns >= most_ns)
			p->retry_s = 0.0; /* that was long ago */
		p->retry_s = fmin(fmax(2.0 * p->retry_s, config->rebalance_retry_s),
				  config->rebalance_retry_most_s);
		p->raise_from_ns = c->now_ns + ns_of(p->retry_s);
		p->raised_ns = 0;
	}
}

/* The best split at the rates of now; false: the one in force is as good. */
static bool
better(struct cluster *c, struct pacing *pacing, const struct cluster_report *reports,
       uint32_t ours, uint32_t n, uint32_t each)
{
	const struct control_params *p = &c->plant->control;
	uint32_t all = n * each;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t s = c->who[i] / JOBS_MAX, k = c->who[i] % JOBS_MAX;
		double rate = cluster_rate(c, &reports[s], s, k);
		c->count[i] = c->member[c->who[i]].count;
		c->surely[i] = isfinite(rate) ? rate : 1.0;
		/* who is held back now may be held back more in a moment */
		c->rate[i] = c->surely[i] *
			     (c->surely[i] < FREE_FROM ? 1.0 - p->rebalance_room_frac : 1.0);
		if (i >= ours)
			all -= c->count[i] < all ? c->count[i] : all;
	}
	double now = rebalance_step(c->count, c->surely, n);
	uint32_t before = least_of(c->count, n);
	uint32_t most = (uint32_t)fmax(floor(p->rebalance_most * each), 1.0);
	if (!rebalance_split(c->count, c->rate, ours, all, most))
		return false;
	double then = rebalance_step(c->count, c->surely, n);
	uint32_t least = least_of(c->count, n);
	bool much = then < now * (1.0 - MUCH_FRAC);
	if (least > before && !much && c->now_ns < pacing->raise_from_ns)
		return false;
	/* or as good and more even: who has recovered is asked for more again, bit by bit */
	if (!(then < now * (1.0 - p->rebalance_gain_frac)) && !(then <= now && least > before))
		return false;
	note_least(c, pacing, before, least);
	return true;
}

static void
share_job(struct cluster *c, const struct cluster_report *reports, uint32_t job)
{
	const struct job_config *config = &c->plant->jobs[job];
	struct pacing *p = &c->pacing[job];
	uint32_t n, ours = gather(c, reports, job, &n);
	bool shares = config->slow == JOB_SLOW_REBALANCE && config->together;
	if (n < 2) { /* it has ended, or has nobody to share with: nothing is left to tell */
		p->n = n;
		p->shared = false;
		p->changed_ns = 0;
		return;
	}
	for (uint32_t i = 0; i < n && !shares; i++) /* whatever the devices have from before */
		c->member[c->who[i]].count = config->microbatches;
	if (shares && (p->n != n || !whole(c, n, config->microbatches)))
		begin_counts(c, reports, n, config->microbatches);
	p->n = n;
	if (shares && ours > 0 && p->capped_steps == 0 &&
	    better(c, p, reports, ours, n, config->microbatches))
		for (uint32_t i = 0; i < ours; i++) {
			struct member *m = &c->member[c->who[i]];
			if (m->count != c->count[i])
				p->changed_ns = c->now_ns;
			m->count = c->count[i];
		}
	p->shared = false;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t s = c->who[i] / JOBS_MAX, count = c->member[c->who[i]].count;
		p->shared = p->shared || count != config->microbatches;
		if (i < ours)
			c->order[s].batch_frac[c->who[i] % JOBS_MAX] =
				(double)count / config->microbatches;
	}
}

void
cluster_share(struct cluster *c, const struct cluster_report *reports)
{
	for (uint32_t s = 0; s < c->plant->n_systems; s++)
		for (uint32_t k = 0; k < JOBS_MAX; k++)
			c->order[s].batch_frac[k] = reports[s].ours ? 1.0 : (double)NAN;
	for (uint32_t j = 0; j < c->plant->n_jobs && j < PLANT_JOBS_MAX; j++)
		share_job(c, reports, j);
}
