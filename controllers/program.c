/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/program.h"

#include <math.h>
#include <string.h>

#include "controllers/law.h"
#include "core/wide.h"

/*
 * Weights of the splitting, in the program's own units (a group's full work, kelvins): found by
 * trial on clogged, mixed and hot wafers. They decide how fast it gets there, not where to.
 */
#define RHO_ROW 0.05
#define RHO_BOX 2.0 /* of a reticle of the group */
#define RHO_SUM 0.02
#define SIGMA 1e-4
#define ROUND 0.01 /* curvature that keeps neighbours alike where the program does not care */
/*
 * Full works of a group that a kelvin above a limit costs. A kelvin of spread is worth several of
 * them, and one cold reticle alone may stand for all of it: less would buy an excess.
 */
#define HINGE 30.0
#define OVER 1.6
#define HALVINGS 24
#define NEAR_K 0.02
#define NEAR_FRAC 1e-3

#define LANES 12 /* sums beside each other: 84 is 7 of them */

INLINED double
dot(const double *a, const double *b, int n)
{
	double lane[LANES] = {0.0}, sum = 0.0;
	int k = 0;

	for (; k + LANES <= n; k += LANES)
		for (int l = 0; l < LANES; l++)
			lane[l] += a[k + l] * b[k + l];
	for (int l = 0; l < LANES; l++)
		sum += lane[l];
	for (; k < n; k++)
		sum += a[k] * b[k];
	return sum;
}

INLINED void
add(double *restrict to, const double *restrict from, double by, int n)
{
	for (int k = 0; k < n; k++)
		to[k] += by * from[k];
}

INLINED double
clamp(double value, double lo, double hi)
{
	double at = value > lo ? value : lo; /* no number: lo */
	return hi < at ? hi : at;
}

void
program_reset(struct program *p)
{
	memset(p, 0, sizeof *p);
}

/* Begin anew from zeros; the factor stays. */
static void
forget_iterate(struct program *p)
{
	memset(p->x, 0, sizeof p->x);
	memset(p->box, 0, sizeof p->box);
	memset(p->spread, 0, sizeof p->spread);
	memset(p->hot, 0, sizeof p->hot);
	memset(p->y_box, 0, sizeof p->y_box);
	memset(p->y_spread, 0, sizeof p->y_spread);
	memset(p->y_hot, 0, sizeof p->y_hot);
	p->sum = p->y_sum = 0.0;
}

/* --- the factor: ROUND + SIGMA + rho A'A --- */

WIDE static void
normal_matrix(const struct program *p, double m[PROGRAM_ORDER][PROGRAM_ORDER])
{
	int n = p->n;

	memset(m, 0, sizeof(double) * PROGRAM_ORDER * PROGRAM_ORDER);
	for (int i = 0; i < RETICLES; i++) {
		const double *g = p->gain[i];

		for (int a = 0; a < n; a++) {
			double by = 2.0 * RHO_ROW * g[a];

			add(m[a], g, by, n);
			m[a][n] -= RHO_ROW * g[a];
			m[n][a] -= RHO_ROW * g[a];
		}
	}
	m[n][n] = RHO_ROW * RETICLES + SIGMA;
	for (int a = 0; a < n; a++) {
		for (int b = 0; b < n; b++)
			m[a][b] += RHO_SUM * p->watts[a] * p->watts[b];
		m[a][a] += ROUND + SIGMA + RHO_BOX * p->size[a];
	}
}

/* In place; positive definite: no pivots. */
WIDE static void
invert(double m[PROGRAM_ORDER][PROGRAM_ORDER], int order)
{
	for (int k = 0; k < order; k++) {
		double by = 1.0 / m[k][k];

		m[k][k] = 1.0;
		for (int j = 0; j < order; j++)
			m[k][j] *= by;
		for (int i = 0; i < order; i++) {
			double f = m[i][k];

			if (i == k)
				continue;
			m[i][k] = 0.0;
			add(m[i], m[k], -f, order);
		}
	}
}

void
program_factorise(struct program *p)
{
	if (p->n <= 1)
		return;
	normal_matrix(p, p->inverse);
	invert(p->inverse, p->n + 1);
}

void
program_temperatures(const struct program *p, const struct program_case *c, const double v[],
		     double out_c[RETICLES])
{
	for (int i = 0; i < RETICLES; i++) {
		double t = c->base_c[i];

		for (int g = 0; g < p->n; g++)
			t += p->gain[i][g] * v[g];
		out_c[i] = t;
	}
}

/* --- one variable --- */

struct excess {
	double spread_k, hot_k; /* above the limits */
};

WIDE double
program_coldest(const struct program_case *c, const double temp_c[RETICLES])
{
	UNCLEARED double counted_c[RETICLES];

	for (int i = 0; i < RETICLES; i++)
		counted_c[i] = c->counts[i] ? temp_c[i] : (double)INFINITY;
	return law_least(INFINITY, law_least_of(counted_c));
}

static struct excess
excess_of(const struct program_case *c, const double temp_c[RETICLES])
{
	double max_c = law_most(-INFINITY, law_most_of(temp_c));

	return (struct excess){.spread_k = max_c - program_coldest(c, temp_c) - c->spread_limit_k,
			       .hot_k = max_c - c->temp_limit_c};
}

static double
excess_at(const double gain[RETICLES], const struct program_case *c, double v, struct excess *out)
{
	UNCLEARED double temp_c[RETICLES];

	for (int i = 0; i < RETICLES; i++)
		temp_c[i] = c->base_c[i] + gain[i] * v;
	*out = excess_of(c, temp_c);
	return law_most(out->spread_k, out->hot_k);
}

/* The greatest v that breaks nothing; where every one does, the one that breaks least. */
static enum program_limit
solve_one(struct program *p, const struct program_case *c)
{
	UNCLEARED double gain[RETICLES];
	double hi = c->hi[0], lo = 0.0;
	double capped = p->watts[0] > 0.0 ? c->cap / p->watts[0] : (double)INFINITY;
	struct excess e;
	enum program_limit by = PROGRAM_FREE;

	for (int i = 0; i < RETICLES; i++)
		gain[i] = p->gain[i][0];
	if (capped < hi) {
		hi = fmax(capped, 0.0);
		by = PROGRAM_BY_CAP;
	}
	p->v[0] = hi;
	if (!(excess_at(gain, c, hi, &e) > 0.0))
		return by;
	by = e.spread_k > e.hot_k ? PROGRAM_BY_SPREAD : PROGRAM_BY_TEMPERATURE;
	if (excess_at(gain, c, lo, &e) > 0.0) {
		double end = hi; /* by thirds to the least excess */

		for (int k = 0; k < HALVINGS; k++) {
			double a = lo + (end - lo) / 3.0, b = end - (end - lo) / 3.0;

			if (excess_at(gain, c, a, &e) < excess_at(gain, c, b, &e))
				end = b;
			else
				lo = a;
		}
	}
	for (int k = 0; k < HALVINGS; k++) {
		double mid = 0.5 * (lo + hi);

		if (excess_at(gain, c, mid, &e) > 0.0)
			hi = mid;
		else
			lo = mid;
	}
	p->v[0] = lo;
	return by;
}

/* --- several --- */

INLINED void
right_side(const struct program *p, const struct program_case *c, double out[PROGRAM_ORDER])
{
	double pull[RETICLES], lo = 0.0;
	int n = p->n;

	for (int i = 0; i < RETICLES; i++) {
		double s = RHO_ROW * p->spread[i] - p->y_spread[i];

		pull[i] = s + RHO_ROW * p->hot[i] - p->y_hot[i];
		lo -= s;
	}
	double sum = RHO_SUM * p->sum - p->y_sum;
	for (int g = 0; g < n; g++)
		out[g] = SIGMA * p->x[g] + c->weight[g] + ROUND * c->hi[g] +
			 RHO_BOX * p->size[g] * p->box[g] - p->y_box[g] + sum * p->watts[g];
	for (int i = 0; i < RETICLES; i++)
		add(out, p->gain[i], pull[i], n);
	out[n] = SIGMA * p->x[n] + lo;
}

/* A row's image goes to its bounds, its multiplier takes what is left. */
INLINED void
project(double *z, double *y, double image, double rho, double lo, double hi, double most)
{
	double relaxed = OVER * image + (1.0 - OVER) * *z, at = relaxed + *y / rho;

	*z = clamp(at, lo, hi);
	*y += rho * (relaxed - *z);
	if (fabs(*y) > most) { /* the hinge: further, but not dearer */
		*y = copysign(most, *y);
		*z = at - *y / rho;
	}
}

WIDE static void
iterate(struct program *p, const struct program_case *c, const double base_k[RETICLES])
{
	UNCLEARED double t[RETICLES];
	double b[PROGRAM_ORDER], x[PROGRAM_ORDER] = {0.0}, free = (double)INFINITY, sum = 0.0;
	int n = p->n;

	right_side(p, c, b);
	for (int a = 0; a <= n; a++)
		x[a] = dot(p->inverse[a], b, n + 1);
	for (int i = 0; i < RETICLES; i++)
		t[i] = dot(p->gain[i], x, n);
	for (int i = 0; i < RETICLES; i++)
		project(&p->spread[i], &p->y_spread[i], t[i] - x[n], RHO_ROW,
			c->counts[i] ? -base_k[i] : -free, c->spread_limit_k - base_k[i], HINGE);
	for (int i = 0; i < RETICLES; i++)
		project(&p->hot[i], &p->y_hot[i], t[i], RHO_ROW, -free,
			c->temp_limit_c - p->shift_c - base_k[i], HINGE);
	for (int g = 0; g < n; g++) {
		project(&p->box[g], &p->y_box[g], x[g], RHO_BOX * p->size[g], 0.0, c->hi[g], free);
		sum += p->watts[g] * x[g];
	}
	project(&p->sum, &p->y_sum, sum, RHO_SUM, -free, c->cap, free);
	for (int a = 0; a <= n; a++)
		p->x[a] = OVER * x[a] + (1.0 - OVER) * p->x[a];
}

static enum program_limit
limit_of(const struct program *p, const struct program_case *c)
{
	double temp_c[RETICLES], sum = 0.0;
	bool held = false;

	for (int g = 0; g < p->n; g++) {
		held = held || p->v[g] < (1.0 - NEAR_FRAC) * c->hi[g];
		sum += p->watts[g] * p->v[g];
	}
	if (!held)
		return PROGRAM_FREE;
	if (sum > (1.0 - NEAR_FRAC) * c->cap)
		return PROGRAM_BY_CAP;
	program_temperatures(p, c, p->v, temp_c);
	struct excess e = excess_of(c, temp_c);
	return e.spread_k > e.hot_k ? PROGRAM_BY_SPREAD : PROGRAM_BY_TEMPERATURE;
}

/* Is full work within all limits? Then there is nothing to solve, and nothing to remember. */
static bool
is_free(struct program *p, const struct program_case *c)
{
	double temp_c[RETICLES], sum = 0.0;

	for (int g = 0; g < p->n; g++)
		sum += p->watts[g] * c->hi[g];
	program_temperatures(p, c, c->hi, temp_c);
	struct excess e = excess_of(c, temp_c);
	if (!(sum <= c->cap && e.spread_k <= -NEAR_K && e.hot_k <= -NEAR_K))
		return false;
	memcpy(p->v, c->hi, sizeof(double) * (size_t)p->n);
	return true;
}

enum program_limit
program_solve(struct program *p, const struct program_case *c, int iterations)
{
	double base_k[RETICLES], mean_c = 0.0;

	if (p->n == 0)
		return PROGRAM_FREE;
	if (p->n == 1)
		return solve_one(p, c);
	if (is_free(p, c))
		return PROGRAM_FREE;
	for (int i = 0; i < RETICLES; i++)
		mean_c += c->base_c[i] / RETICLES;
	/* the coldest moves with the supply: so does what is remembered of it */
	p->shift_c = mean_c;
	for (int i = 0; i < RETICLES; i++)
		base_k[i] = c->base_c[i] - mean_c;
	for (int k = 0; k < iterations; k++)
		iterate(p, c, base_k);
	bool sound = true;
	for (int g = 0; g < p->n; g++) {
		sound = sound && isfinite(p->x[g]);
		p->v[g] = isfinite(p->x[g]) ? clamp(p->x[g], 0.0, c->hi[g]) : (double)NAN;
	}
	if (!sound)
		forget_iterate(p); /* the caller sees NAN, and the next call begins anew */
	return limit_of(p, c);
}
