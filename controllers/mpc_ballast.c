/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ballast: where a hot reticle slows a whole job for the sake of the spread, the cold ones may be warmed instead. Once a
 * second the program is solved as if the spread might be wider by some kelvins; the coldest reticles are raised by
 * as much dummy work as brings it back to its limit; and the program with that says what it is worth:
 *
 *   work, of the wafer's full work, less ballast_price_per_kw for each kilowatt
 *
 * How much wider is found by golden section, for what is gained grows ever slower. Temperatures are R's, as the
 * program's own are. What a cap does not leave is no candidate.
 */
#include "controllers/mpc_state.h"

#include <math.h>
#include <string.h>

#define GROUPS_MOST 8  /* jobs that keep pace; reticles by themselves lose less than this costs */
#define ITERATIONS 120 /* of the program, where it is not exact */
#define SWEEPS 16
#define TRIES_ONE 14 /* one variable: a solution is cheap */
#define TRIES_MANY 8
#define GOLDEN 0.61803398874989485
#define HELD_FRAC 0.003 /* less than that of full work is not worth a change */
#define STILL_W 1e-6
/* Of one that does not what it is asked: more than a mismatch, so that its end is seen. */
#define PROBE_W 6.0
/* Where nothing else pays and nothing unforeseen happens. */
#define REST_STEPS (4u * LAW_STEPS_PER_S)

void
mpc_ballast_init(struct mpc *m, const struct law_in *in)
{
	struct mpc_ballast *b = &m->ballast;
	b->sum_w = 0.0;
	b->spare_w = (double)INFINITY;
	for (int i = 0; i < RETICLES; i++) {
		b->seen_w[i] = in->ballast_w[i] > 0.0 ? in->ballast_w[i] : 0.0;
		b->goal_w[i] = b->w[i] = b->seen_w[i];
		b->moved_steps[i] = 0;
		b->sum_w += b->w[i];
	}
}

void
mpc_ballast_see(struct mpc *m, const struct law_in *in)
{
	struct mpc_ballast *b = &m->ballast;
	for (int i = 0; i < RETICLES; i++) {
		double now_w = isfinite(in->ballast_w[i]) ? in->ballast_w[i] : b->w[i];
		if (fabs(now_w - b->seen_w[i]) > STILL_W)
			b->moved_steps[i] = MPC_BACK;
		else if (b->moved_steps[i] > 0)
			b->moved_steps[i]--;
		b->seen_w[i] = now_w;
	}
}

static void
drop(struct mpc_ballast *b)
{
	memset(b->goal_w, 0, sizeof b->goal_w);
	memset(b->w, 0, sizeof b->w);
	b->sum_w = 0.0;
}

void
mpc_ballast_wait(struct mpc *m, const struct law_in *in)
{
	if (m->known_steps == 0 || in->ballast_barred)
		drop(&m->ballast);
}

/* Are there only jobs that keep pace, and whose work has to stay where it is? To move it costs nothing. */
static bool
may_pay(const struct mpc *m, const struct law_in *in)
{
	if (m->program.n < 1 || m->program.n > GROUPS_MOST || in->ballast_barred)
		return false;
	for (int i = 0; i < RETICLES; i++)
		if (m->group[i] < RETICLES && (m->jobs.alone[i] || in->may_move[mpc_slot(m, i)]))
			return false;
	return true;
}

/* Of one that nobody sees: as little as any neighbour that is seen. With none it would soon be the coldest by far, while
 * the others are kept warm; it can't be warmed more than they are. */
static double
least_around(const struct mpc_ballast *b, const struct law_in *in, int i)
{
	const int x = i % ZONES, y = i / ZONES;
	const int at[4] = {x > 0 ? i - 1 : -1, x < ZONES - 1 ? i + 1 : -1, y > 0 ? i - ZONES : -1,
			   y < ROWS - 1 ? i + ZONES : -1};
	double least_w = (double)INFINITY;
	for (int k = 0; k < 4; k++)
		if (at[k] >= 0 && in->measured[at[k]])
			least_w = fmin(least_w, b->w[at[k]]);
	return isfinite(least_w) ? least_w : 0.0;
}

void
mpc_ballast_move(struct mpc *m, const struct control_params *p, const struct law_in *in)
{
	struct mpc_ballast *b = &m->ballast;
	double step_w = p->ballast_w_per_s * LAW_DT_S;
	if (in->ballast_barred) {
		drop(b);
		return;
	}
	b->rest_steps -= b->rest_steps > 0;
	double probe_w = may_pay(m, in) ? PROBE_W : 0.0;
	for (int i = 0; i < RETICLES; i++) {
		if (in->ballast_stuck[i])
			b->goal_w[i] = fmax(b->goal_w[i], probe_w);
		b->w[i] += law_clamp(b->goal_w[i] - b->w[i], -step_w, step_w);
		if (!groups_counts(&m->jobs, i))
			b->goal_w[i] = b->w[i] = 0.0;
	}
	b->sum_w = 0.0;
	for (int i = 0; i < RETICLES; i++) {
		if (!in->measured[i] && groups_counts(&m->jobs, i))
			b->goal_w[i] = b->w[i] = least_around(b, in, i);
		b->sum_w += b->w[i];
	}
}

double
mpc_ballast_shed(struct mpc *m, double over_w)
{
	struct mpc_ballast *b = &m->ballast;
	if (!(over_w > 0.0 && b->sum_w > 0.0))
		return 0.0;
	double shed_w = fmin(over_w, b->sum_w), keep = 1.0 - shed_w / b->sum_w;
	for (int i = 0; i < RETICLES; i++) {
		b->w[i] *= keep;
		b->goal_w[i] = fmin(b->goal_w[i], b->w[i]);
	}
	b->sum_w -= shed_w;
	return shed_w;
}

/* --- what would pay --- */

struct lift {
	double base_c[RETICLES]; /* without any of it */
	bool may[RETICLES];
	double k_per_w[RETICLES][RETICLES]; /* [j][i]: of reticle i, for a watt in j */
	double most_w, least_w, price_per_w;
	double margin_w; /* that a new plan keeps from what there is of power, and an old one may lack */
};

struct attempt {
	double w[RETICLES], worth; /* of full work; less than 0: it can't be */
};

static void
warm(const struct lift *l, int j, double watts, double temp_c[RETICLES])
{
	for (int i = 0; i < RETICLES; i++)
		temp_c[i] += l->k_per_w[j][i] * watts;
}

/* No more than it takes to have each within the spread of the hottest, which gets warmer by it: by Gauss and Seidel. */
static void
raise_coldest(const struct mpc *m, const struct lift *l, double temp_c[RETICLES],
	      double w[RETICLES])
{
	for (int k = 0; k < SWEEPS; k++) {
		double lo_c = law_most_of(temp_c) - m->program_case.spread_limit_k, moved_w = 0.0;
		for (int j = 0; j < RETICLES; j++) {
			if (!l->may[j] || !(temp_c[j] < lo_c || w[j] > 0.0))
				continue;
			double now_w = law_clamp(w[j] + (lo_c - temp_c[j]) / l->k_per_w[j][j], 0.0,
						 l->most_w);
			double by_w = now_w - w[j];
			w[j] = now_w;
			moved_w = fmax(moved_w, fabs(by_w));
			if (fabs(by_w) > STILL_W)
				warm(l, j, by_w, temp_c);
		}
		if (moved_w < l->least_w / 4.0)
			break;
	}
	for (int j = 0; j < RETICLES; j++)
		if (w[j] < l->least_w)
			w[j] = 0.0;
}

/* The program with that much of it. */
static void
judge(struct mpc *m, const struct law_in *in, const struct lift *l, double spare_w,
      struct attempt *a)
{
	struct program *q = &m->apart;
	struct program_case *c = &m->apart_case;
	double work = 0.0, sum_w = 0.0, more_w = -m->ballast.sum_w;
	memcpy(c->base_c, l->base_c, sizeof c->base_c);
	c->spread_limit_k = m->program_case.spread_limit_k;
	for (int j = 0; j < RETICLES; j++) {
		sum_w += a->w[j];
		if (a->w[j] > 0.0)
			warm(l, j, a->w[j], c->base_c);
	}
	(void)program_solve(q, c, ITERATIONS);
	for (int g = 0; g < q->n; g++) {
		work += c->weight[g] * q->v[g];
		more_w += in->model->dynamic_w * q->size[g] * (q->v[g] - m->program.v[g]);
	}
	a->worth = work / RETICLES - l->price_per_w * sum_w;
	if (!(more_w + sum_w <= spare_w) && sum_w > 0.0)
		a->worth = -1.0;
	if (!isfinite(a->worth))
		a->worth = -1.0;
}

/* As much as lets the spread be wider by so much without it. */
static void
attempt(struct mpc *m, const struct law_in *in, const struct lift *l, double wider_k,
	struct attempt *out)
{
	double temp_c[RETICLES];
	memset(out, 0, sizeof *out);
	if (wider_k > 0.0) {
		memcpy(m->apart_case.base_c, l->base_c, sizeof m->apart_case.base_c);
		m->apart_case.spread_limit_k = m->program_case.spread_limit_k + wider_k;
		(void)program_solve(&m->apart, &m->apart_case, ITERATIONS);
		program_temperatures(&m->apart, &m->apart_case, m->apart.v, temp_c);
		raise_coldest(m, l, temp_c, out->w);
	}
	judge(m, in, l, m->ballast.spare_w - l->margin_w, out);
}

/* How much wider it would be at full work, but not more than all of it could mend. */
static double
widest(const struct mpc *m, const struct lift *l)
{
	const struct program_case *c = &m->program_case;
	double temp_c[RETICLES], min_c = (double)INFINITY, most_k = 0.0;
	program_temperatures(&m->program, &m->apart_case, c->hi, temp_c);
	for (int i = 0; i < RETICLES; i++) {
		double sum_k = 0.0;
		if (!c->counts[i])
			continue;
		min_c = law_least(min_c, temp_c[i]);
		for (int j = 0; j < RETICLES; j++)
			sum_k += l->may[j] ? l->k_per_w[j][i] * l->most_w : 0.0;
		most_k = fmax(most_k, sum_k);
	}
	return fmin(law_most_of(temp_c) - min_c - c->spread_limit_k, most_k);
}

static void
search(struct mpc *m, const struct law_in *in, const struct lift *l, double hi_k,
       struct attempt *best)
{
	struct attempt a;
	double lo_k = 0.0, at[2] = {hi_k - GOLDEN * hi_k, GOLDEN * hi_k}, worth[2];
	for (int k = 0; k < 2; k++) {
		attempt(m, in, l, at[k], &a);
		worth[k] = a.worth;
		if (a.worth > best->worth)
			*best = a;
	}
	int tries = m->program.n > 1 ? TRIES_MANY : TRIES_ONE;
	for (int n = 2; n < tries; n++) {
		int k = worth[0] < worth[1]; /* the one that is looked for anew */
		if (k) {
			lo_k = at[0];
			at[0] = at[1], worth[0] = worth[1];
			at[1] = lo_k + GOLDEN * (hi_k - lo_k);
		} else {
			hi_k = at[1];
			at[1] = at[0], worth[1] = worth[0];
			at[0] = hi_k - GOLDEN * (hi_k - lo_k);
		}
		attempt(m, in, l, at[k], &a);
		worth[k] = a.worth;
		if (a.worth > best->worth)
			*best = a;
	}
}

static double
full_work(const struct mpc *m)
{
	double sum = 0.0;
	for (int g = 0; g < m->program.n; g++)
		sum += m->program_case.weight[g] * m->program_case.hi[g] / RETICLES;
	return sum;
}

static void
begin(struct mpc *m, const struct control_params *p, const struct law_in *in, struct lift *l)
{
	double leak = mpc_leak_gain(in, &m->response);
	l->most_w = p->ballast_max_w;
	l->least_w = p->ballast_least_w;
	l->margin_w = p->cap_margin_w;
	l->price_per_w = p->ballast_price_per_kw / 1000.0;
	for (int i = 0; i < RETICLES; i++)
		for (int j = 0; j < RETICLES; j++)
			l->k_per_w[j][i] =
				(1.0 + m->miss_frac[i]) * leak * m->response.k_per_w[j][i];
	memcpy(l->base_c, m->program_case.base_c, sizeof l->base_c);
	for (int j = 0; j < RETICLES; j++) {
		l->may[j] = m->program_case.counts[j] && !in->ballast_stuck[j];
		if (!in->ballast_stuck[j] && m->ballast.w[j] > 0.0)
			warm(l, j, -m->ballast.w[j], l->base_c);
	}
	memcpy(&m->apart, &m->program, sizeof m->program);
	m->apart_case = m->program_case;
}

void
mpc_ballast_plan(struct mpc *m, const struct control_params *p, const struct law_in *in)
{
	struct mpc_ballast *b = &m->ballast;
	struct attempt none, best, now;
	struct lift l;
	if (!may_pay(m, in)) {
		memset(b->goal_w, 0, sizeof b->goal_w);
		return;
	}
	if (b->rest_steps > 0 && m->settled_steps > 0)
		return;
	begin(m, p, in, &l);
	attempt(m, in, &l, 0.0, &none);
	double hi_k = widest(m, &l);
	best = none;
	if (hi_k > 0.0 && none.worth < full_work(m) - HELD_FRAC)
		search(m, in, &l, hi_k, &best);
	memcpy(now.w, b->goal_w, sizeof now.w);
	for (int j = 0; j < RETICLES; j++)
		now.w[j] = l.may[j] ? law_clamp(now.w[j], 0.0, l.most_w) : 0.0;
	judge(m, in, &l, b->spare_w + l.margin_w, &now);
	b->rest_steps = REST_STEPS;
	if (best.worth > now.worth + HELD_FRAC) {
		b->rest_steps = 0;
		for (int j = 0; j < RETICLES; j++) /* to one that is stuck nothing new is asked */
			b->goal_w[j] = in->ballast_stuck[j] ? b->goal_w[j] : best.w[j];
	} else if (none.worth > now.worth - STILL_W)
		memset(b->goal_w, 0, sizeof b->goal_w);
}
