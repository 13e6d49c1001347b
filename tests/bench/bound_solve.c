/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bound_solve.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine_sim/power.h"
#include "tests/bench/bound_lp.h"

#define NEAR_K 1e-6 /* a row that is broken by less is kept */
#define ADD_MAX 8   /* rows of a kind that a stage gets in a round */
#define ROUNDS_MAX 400
#define FIRST_C 42.0 /* leakage is linear around that at first */

enum row_kind { ROW_HOT, ROW_SPREAD, ROW_LOW, ROW_DUTY, ROW_KINDS };

/* A stage in the program: T_i = from_i + by_cold_i Tc + sum_j gain_ij load_j. */
struct stage_lp {
	double gain[RETICLES][RETICLES], by_cold[RETICLES], from[RETICLES];
	double temp_c[RETICLES]; /* leakage is linear around it; the last solution's */
	double sum_from, sum_by_cold, sum_by_load[RETICLES]; /* the same for the power's sum */
	int x[RETICLES], rate[JOBS_MAX], cold, hot, low, e_s, e_t, power;
	int row[ROW_KINDS][RETICLES];   /* the row's index + 1, 0: not in the program … */
	int state[ROW_KINDS][RETICLES]; /* … and where it stood */
};

struct solver {
	struct bound_problem *p;
	struct stage_lp *stage;
	struct lp *lp;
	/* where the last turn's solution stood */
	int *column_state, *row_state;
	int n_columns, n_rows, n_own; /* rows that are none of ROW_KINDS are the first */
};

/* --- the wafer of a stage --- */

static double
leakage(const struct bound_problem *p, int i, double temp_c, double *slope_w_k)
{
	const struct model *md = p->md;
	double w = md->leak_w * p->variation->l_leakage[i] *
		   exp(md->leak_per_k * (temp_c - md->leak_ref_c));

	*slope_w_k = md->leak_per_k * w;
	return w;
}

/* m x = b for the columns of b, by elimination with pivots. */
static void
eliminate(double m[RETICLES][RETICLES], double b[RETICLES][RETICLES])
{
	for (int k = 0; k < RETICLES; k++) {
		int pivot = k;

		for (int i = k + 1; i < RETICLES; i++)
			if (fabs(m[i][k]) > fabs(m[pivot][k]))
				pivot = i;
		for (int j = 0; j < RETICLES && pivot != k; j++) {
			double t = m[k][j];

			m[k][j] = m[pivot][j];
			m[pivot][j] = t;
			t = b[k][j];
			b[k][j] = b[pivot][j];
			b[pivot][j] = t;
		}
		for (int i = 0; i < RETICLES; i++) {
			double by = i == k ? 0.0 : m[i][k] / m[k][k];

			for (int j = k; j < RETICLES && i != k; j++)
				m[i][j] -= by * m[k][j];
			for (int j = 0; j < RETICLES && i != k; j++)
				b[i][j] -= by * b[k][j];
		}
	}
	for (int i = 0; i < RETICLES; i++)
		for (int j = 0; j < RETICLES; j++)
			b[i][j] /= m[i][i];
}

/* Leakage around temp_c: (1 - R g) T = Tc + R (own + load), own the part that stands still. */
static void
linearise(const struct bound_problem *p, const struct bound_flow *flow, struct stage_lp *s)
{
	static double m[RETICLES][RETICLES];
	double own[RETICLES], g[RETICLES];

	for (int i = 0; i < RETICLES; i++) {
		own[i] = p->md->idle_w + leakage(p, i, s->temp_c[i], &g[i]);
		own[i] -= g[i] * s->temp_c[i];
	}
	memcpy(s->gain, flow->r, sizeof(s->gain));
	for (int i = 0; i < RETICLES; i++)
		for (int j = 0; j < RETICLES; j++)
			m[i][j] = (i == j ? 1.0 : 0.0) - flow->r[i][j] * g[j];
	eliminate(m, s->gain);
	s->sum_from = s->sum_by_cold = 0.0;
	for (int j = 0; j < RETICLES; j++)
		s->sum_by_load[j] = 1.0;
	for (int i = 0; i < RETICLES; i++) {
		/* (1 - R g)^-1 1 = 1 + gain g */
		s->from[i] = 0.0;
		s->by_cold[i] = 1.0;
		for (int j = 0; j < RETICLES; j++) {
			s->from[i] += s->gain[i][j] * own[j];
			s->by_cold[i] += s->gain[i][j] * g[j];
			s->sum_by_load[j] += g[i] * s->gain[i][j];
		}
		s->sum_from += own[i] + g[i] * s->from[i];
		s->sum_by_cold += g[i] * s->by_cold[i];
	}
}

/* --- the load of a reticle: base + by_x x_i + by_rate R_job --- */

/* Is there anything to decide for a reticle alone? */
static bool
has_x(const struct bound_problem *p)
{
	return p->mode == JOB_MODE_IND || p->wait_heats;
}

struct load {
	double base, by_x, by_rate;
};

static struct load
load_of(const struct bound_problem *p, const struct bound_stage *at, int i)
{
	double w = p->md->dynamic_w * p->density[p->job_of[i]], c = at->compute_frac;
	bool sync = p->mode == JOB_MODE_SYNC;
	double wait = p->wait_heats ? p->md->barrier_frac : 0.0;

	return (struct load){.base = w * (1.0 - c) * at->stream_activity,
			     .by_x = w * c * (sync ? wait : 1.0),
			     .by_rate = sync ? w * c : 0.0};
}

/* sum_i factor_i load_i as terms of a row; returns the constant. */
static double
load_terms(const struct bound_problem *p, const struct bound_stage *at, const struct stage_lp *s,
	   const double factor[RETICLES], int *n, int *column, double *value)
{
	double base = 0.0, by_rate[JOBS_MAX] = {0.0};

	for (int i = 0; i < RETICLES; i++) {
		struct load l = load_of(p, at, i);

		base += factor[i] * l.base;
		by_rate[p->job_of[i]] += factor[i] * l.by_rate;
		if (!has_x(p))
			continue;
		column[*n] = s->x[i];
		value[(*n)++] = factor[i] * l.by_x;
	}
	for (uint32_t j = 0; j < p->n_jobs && p->mode == JOB_MODE_SYNC; j++) {
		column[*n] = s->rate[j];
		value[(*n)++] = by_rate[j];
	}
	return base;
}

#define TERMS (RETICLES + JOBS_MAX + 8)

struct row {
	int n, column[TERMS];
	double value[TERMS], constant;
};

static void
term(struct row *r, int column, double value)
{
	r->column[r->n] = column;
	r->value[r->n++] = value;
}

/* T_i of a stage. */
static void
row_temp(struct row *r, const struct bound_problem *p, const struct bound_stage *at,
	 const struct stage_lp *s, int i)
{
	*r = (struct row){.n = 0};
	term(r, s->cold, s->by_cold[i]);
	r->constant = s->from[i] + load_terms(p, at, s, s->gain[i], &r->n, r->column, r->value);
}

static int
put(struct solver *v, const struct row *r, double lower, double upper)
{
	int at = lp_row(v->lp, lower - r->constant, upper - r->constant, r->n, r->column, r->value);

	if (at >= 0)
		v->n_rows = at + 1;
	return at < 0 ? at : 0;
}

static int
put_kind(struct solver *v, uint32_t k, enum row_kind kind, int i)
{
	const struct bound_problem *p = v->p;
	struct stage_lp *s = &v->stage[k];
	double lower = kind == ROW_LOW ? 0.0 : -LP_FREE, upper = LP_FREE;
	struct row r = {.n = 0};
	int rc;

	if (kind == ROW_DUTY) {
		term(&r, s->x[i], 1.0);
		term(&r, s->rate[p->job_of[i]], 1.0);
		upper = 1.0;
	} else {
		row_temp(&r, p, &p->stages[k], s, i);
	}
	if (kind == ROW_SPREAD || kind == ROW_LOW)
		term(&r, s->low, -1.0);
	if (kind == ROW_SPREAD) {
		term(&r, s->e_s, -1.0);
		upper = p->s_lim_k;
	}
	if (kind == ROW_HOT) {
		term(&r, s->e_t, -1.0);
		upper = p->t_lim_c;
	}
	rc = put(v, &r, lower, upper);
	if (rc == 0)
		s->row[kind][i] = v->n_rows;
	return rc;
}

/* --- the program --- */

static int
columns(struct solver *v, uint32_t k)
{
	const struct bound_problem *p = v->p;
	const struct bound_stage *at = &p->stages[k];
	struct stage_lp *s = &v->stage[k];
	double cost = at->dt_s * BOUND_EXCESS_COST, most = at->compute_frac > 0.0 ? 1.0 : 0.0;
	bool sync = p->mode == JOB_MODE_SYNC;
	uint32_t size[JOBS_MAX] = {0};
	int rc = 0;

	for (int i = 0; i < RETICLES; i++)
		size[p->job_of[i]]++;
	for (int i = 0; i < RETICLES && has_x(p); i++)
		s->x[i] = lp_column(v->lp, 0.0, most,
				    sync ? 0.0 : -at->dt_s * at->compute_frac / RETICLES);
	for (uint32_t j = 0; j < p->n_jobs && sync; j++)
		s->rate[j] = lp_column(v->lp, 0.0, most,
				       -at->dt_s * at->compute_frac * size[j] / RETICLES);
	s->cold = lp_column(v->lp, -LP_FREE, LP_FREE, 0.0);
	s->hot = lp_column(v->lp, -LP_FREE, LP_FREE, 0.0);
	s->low = lp_column(v->lp, -100.0, 200.0, 0.0);
	s->e_s = lp_column(v->lp, 0.0, LP_FREE, cost);
	s->e_t = lp_column(v->lp, 0.0, LP_FREE, cost);
	rc = s->power = lp_column(v->lp, 0.0, LP_FREE, 0.0);
	v->n_columns = s->power + 1;
	return rc < 0 ? rc : 0;
}

/* Input power is as good as linear in the wafer's: its tangent there. */
static int
row_cap(struct solver *v, uint32_t k)
{
	const struct bound_stage *at = &v->p->stages[k];
	const struct stage_lp *s = &v->stage[k];
	static const double none[PSUS] = {0.0};
	double wafer_w = at->power_w > 0.0 ? at->power_w : 15000.0;
	struct power_chain a, b;
	struct row r = {.n = 0};
	double slope;

	if (isinf(at->cap_w))
		return 0;
	power_chain(&a, v->p->md, wafer_w - 1.0, at->flow->pumps_w, none);
	power_chain(&b, v->p->md, wafer_w + 1.0, at->flow->pumps_w, none);
	slope = 0.5 * (b.input_w - a.input_w);
	term(&r, s->power, slope);
	r.constant = a.input_w - slope * (wafer_w - 1.0);
	return put(v, &r, -LP_FREE, at->cap_w);
}

/* The power's sum, and what ties the loop's temperatures. */
static int
rows_of(struct solver *v, uint32_t k)
{
	const struct bound_problem *p = v->p;
	const struct bound_stage *at = &p->stages[k];
	const struct bound_flow *flow = at->flow;
	const struct stage_lp *s = &v->stage[k];
	double c = flow->m_kg_s * p->md->cp_j_kg_k, heat = bound_heat_frac(p->md), open_k_w;
	struct row r = {.n = 0};
	int rc;

	term(&r, s->cold, s->sum_by_cold);
	term(&r, s->power, -1.0);
	r.constant = s->sum_from + load_terms(p, at, s, s->sum_by_load, &r.n, r.column, r.value);
	rc = put(v, &r, 0.0, 0.0);
	if (rc == 0)
		rc = row_cap(v, k);
	if (rc < 0 || !p->at_rest)
		return rc;
	open_k_w = heat * (1.0 / flow->hx_w_k - 1.0 / c);
	r = (struct row){.n = 0};
	term(&r, s->cold, 1.0);
	term(&r, s->power, -open_k_w);
	rc = put(v, &r, at->facility_c, LP_FREE);
	/* where even the open valve leaves it warmer than that, it is what it is */
	r = (struct row){.n = 0};
	term(&r, s->cold, 1.0);
	return rc < 0 ? rc
		      : put(v, &r, -LP_FREE,
			    fmax(BOUND_TC_MAX_C, at->facility_c + open_k_w * 18000.0));
}

static int
rows_between(struct solver *v, uint32_t k)
{
	const struct bound_stage *at = &v->p->stages[k];
	const struct stage_lp *s = &v->stage[k], *next = s + 1;
	struct bound_step by;
	int rc = 0;

	bound_step_make(&by, at->flow, v->p->md, at->dt_s);
	for (int n = 0; rc == 0 && n < 2; n++) {
		struct row r = {.n = 0, .constant = by.f[n] * at->facility_c};

		term(&r, s->hot, by.a[n][0]);
		term(&r, s->cold, by.a[n][1]);
		term(&r, s->power, by.p[n]);
		term(&r, n == 0 ? next->hot : next->cold, -1.0);
		rc = put(v, &r, 0.0, 0.0);
	}
	return rc;
}

static int
rows_begin(struct solver *v)
{
	struct row hot = {.n = 0}, cold = {.n = 0};
	int rc;

	term(&hot, v->stage[0].hot, 1.0);
	term(&cold, v->stage[0].cold, 1.0);
	rc = put(v, &hot, v->p->hot_c, v->p->hot_c);
	return rc < 0 ? rc : put(v, &cold, v->p->cold_c, v->p->cold_c);
}

/* All but the many rows, and of those what the program had before. */
static int
build(struct solver *v)
{
	const struct bound_problem *p = v->p;
	int rc = 0;

	for (uint32_t k = 0; rc == 0 && k < p->n_stages; k++)
		rc = columns(v, k);
	for (uint32_t k = 0; rc == 0 && k < p->n_stages; k++)
		rc = rows_of(v, k);
	for (uint32_t k = 0; rc == 0 && k + 1 < p->n_stages; k++)
		rc = rows_between(v, k);
	if (rc == 0 && !p->at_rest)
		rc = rows_begin(v);
	v->n_own = v->n_rows;
	for (uint32_t k = 0; k < p->n_stages; k++)
		for (int kind = 0; kind < ROW_KINDS; kind++)
			for (int i = 0; rc == 0 && i < RETICLES; i++)
				if (v->stage[k].row[kind][i]) {
					v->row_state[v->n_rows] = v->stage[k].state[kind][i];
					rc = put_kind(v, k, (enum row_kind)kind, i);
				}
	return rc;
}

/* --- a solution --- */

static void
temperatures(const struct solver *v, uint32_t k, double out_c[RETICLES])
{
	const struct stage_lp *s = &v->stage[k];

	for (int i = 0; i < RETICLES; i++) {
		struct row r;

		row_temp(&r, v->p, &v->p->stages[k], s, i);
		out_c[i] = r.constant;
		for (int n = 0; n < r.n; n++)
			out_c[i] += r.value[n] * lp_value(v->lp, r.column[n]);
	}
}

/* By how much the solution breaks a row that the program has not. */
static double
broken_by(const struct solver *v, uint32_t k, enum row_kind kind, int i,
	  const double temp_c[RETICLES])
{
	const struct stage_lp *s = &v->stage[k];
	double low = lp_value(v->lp, s->low);

	switch (kind) {
	case ROW_HOT:
		return temp_c[i] - v->p->t_lim_c - lp_value(v->lp, s->e_t);
	case ROW_SPREAD:
		return temp_c[i] - low - v->p->s_lim_k - lp_value(v->lp, s->e_s);
	case ROW_LOW:
		return low - temp_c[i];
	case ROW_DUTY:
		if (v->p->mode != JOB_MODE_SYNC || !v->p->wait_heats)
			return 0.0;
		return lp_value(v->lp, s->x[i]) + lp_value(v->lp, s->rate[v->p->job_of[i]]) - 1.0;
	case ROW_KINDS:
		break;
	}
	return 0.0;
}

/* The rows that are broken most; their number, or -errno. */
static int
mend(struct solver *v, uint32_t k, enum row_kind kind, const double temp_c[RETICLES])
{
	int n = 0;

	while (n < ADD_MAX || kind == ROW_DUTY) {
		double worst = NEAR_K;
		int at = -1;

		for (int i = 0; i < RETICLES; i++) {
			double by =
				v->stage[k].row[kind][i] ? 0.0 : broken_by(v, k, kind, i, temp_c);

			if (by > worst) {
				worst = by;
				at = i;
			}
		}
		if (at < 0)
			break;
		if (put_kind(v, k, kind, at) < 0)
			return -ENOMEM;
		n++;
	}
	return n;
}

static int
solve_rows(struct solver *v)
{
	int rc = build(v), added = 1;

	for (int round = 0; rc == 0 && added > 0; round++) {
		if (round == ROUNDS_MAX)
			return -EDOM;
		rc = lp_solve(v->lp);
		added = 0;
		for (uint32_t k = 0; rc == 0 && k < v->p->n_stages; k++) {
			double temp_c[RETICLES];

			temperatures(v, k, temp_c);
			for (int kind = 0; rc == 0 && kind < ROW_KINDS; kind++) {
				int n = mend(v, k, (enum row_kind)kind, temp_c);

				rc = n < 0 ? n : 0;
				added += n;
			}
		}
	}
	return rc;
}

static void
take(struct solver *v, uint32_t k)
{
	struct bound_problem *p = v->p;
	struct bound_stage *at = &p->stages[k];
	struct stage_lp *s = &v->stage[k];
	struct wafer_extremes ex;

	temperatures(v, k, s->temp_c);
	wafer_extremes(&ex, s->temp_c);
	at->tmax_c = ex.tmax_c;
	at->spread_k = ex.spread_k;
	at->excess_k = lp_value(v->lp, s->e_s) + lp_value(v->lp, s->e_t);
	at->cold_c = lp_value(v->lp, s->cold);
	at->hot_c = lp_value(v->lp, s->hot);
	at->power_w = lp_value(v->lp, s->power);
	at->rate = 0.0;
	for (int i = 0; i < RETICLES; i++)
		at->rate += lp_value(v->lp,
				     p->mode == JOB_MODE_SYNC ? s->rate[p->job_of[i]] : s->x[i]) /
			    RETICLES;
}

/* Where the program stands, for the next turn's. */
static void
keep_state(struct solver *v)
{
	for (int c = 0; c < v->n_columns; c++)
		v->column_state[c] = lp_column_state(v->lp, c);
	for (int r = 0; r < v->n_own; r++)
		v->row_state[r] = lp_row_state(v->lp, r);
	for (uint32_t k = 0; k < v->p->n_stages; k++)
		for (int kind = 0; kind < ROW_KINDS; kind++)
			for (int i = 0; i < RETICLES; i++) {
				int row = v->stage[k].row[kind][i];

				if (row)
					v->stage[k].state[kind][i] = lp_row_state(v->lp, row - 1);
			}
}

static int
turn(struct solver *v, bool first)
{
	struct bound_problem *p = v->p;
	int rc;

	for (uint32_t k = 0; k < p->n_stages; k++)
		linearise(p, p->stages[k].flow, &v->stage[k]);
	rc = lp_open(&v->lp);
	v->n_rows = 0;
	if (rc == 0 && !first)
		lp_start_from(v->lp, v->column_state, v->row_state);
	if (rc == 0)
		rc = solve_rows(v);
	for (uint32_t k = 0; rc == 0 && k < p->n_stages; k++)
		take(v, k);
	if (rc == 0)
		keep_state(v);
	lp_close(v->lp);
	v->lp = NULL;
	return rc;
}

int
bound_solve(struct bound_problem *p)
{
	const size_t a_stage = RETICLES + JOBS_MAX + 8; /* columns; and rows but ROW_KINDS */
	struct solver v = {.p = p};
	int rc = 0;

	v.stage = calloc(p->n_stages, sizeof(*v.stage));
	v.column_state = calloc(p->n_stages * a_stage, sizeof(int));
	v.row_state = calloc(p->n_stages * (a_stage + ROW_KINDS * RETICLES), sizeof(int));
	if (!v.stage || !v.column_state || !v.row_state)
		rc = -ENOMEM;
	for (uint32_t k = 0; rc == 0 && k < p->n_stages; k++)
		for (int i = 0; i < RETICLES; i++)
			v.stage[k].temp_c[i] = FIRST_C;
	for (int n = 0; rc == 0 && n <= BOUND_TURNS; n++)
		rc = turn(&v, n == 0);
	free(v.stage);
	free(v.column_state);
	free(v.row_state);
	return rc;
}
