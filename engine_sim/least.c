/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/least.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define ROUNDS 25
#define P_MAX 2.5
#define STEP 1e-5   /* of the difference quotients */
#define ENOUGH 1e-6 /* gain of a round, relative, below which it is the last */
#define GIVE_UP 1e6 /* damping beyond which nothing better is near */

struct normal {
	double a[LEAST_FREE_MAX][LEAST_FREE_MAX], b[LEAST_FREE_MAX];
};

static double
squares(const double *v, int n)
{
	double sum = 0.0;

	for (int i = 0; i < n; i++)
		sum += v[i] * v[i];
	return sum;
}

/* Gauss's elimination; the matrix is positive definite. */
static void
eliminate(struct normal *e, int n)
{
	for (int i = 0; i < n; i++)
		for (int k = i + 1; k < n; k++) {
			double f = e->a[k][i] / e->a[i][i];

			for (int j = i; j < n; j++)
				e->a[k][j] -= f * e->a[i][j];
			e->b[k] -= f * e->b[i];
		}
	for (int i = n - 1; i >= 0; i--) {
		for (int j = i + 1; j < n; j++)
			e->b[i] -= e->a[i][j] * e->b[j];
		e->b[i] /= e->a[i][i];
	}
}

static void
normal_equations(struct normal *e, const double *p, const double *at, int n, int m,
		 void (*residual)(void *arg, const double *p, double *out), void *arg)
{
	double slope[LEAST_FREE_MAX][LEAST_TERMS_MAX];

	for (int k = 0; k < n; k++) {
		double moved[LEAST_FREE_MAX];

		memcpy(moved, p, sizeof(double) * (size_t)n);
		moved[k] += STEP;
		residual(arg, moved, slope[k]);
		for (int i = 0; i < m; i++)
			slope[k][i] = (slope[k][i] - at[i]) / STEP;
	}
	for (int k = 0; k < n; k++) {
		e->b[k] = 0.0;
		for (int i = 0; i < m; i++)
			e->b[k] -= slope[k][i] * at[i];
		for (int j = 0; j < n; j++) {
			e->a[k][j] = 0.0;
			for (int i = 0; i < m; i++)
				e->a[k][j] += slope[k][i] * slope[j][i];
		}
	}
}

void
least_squares(double *p, int n, int m, void (*residual)(void *arg, const double *p, double *out),
	      void *arg)
{
	double at[LEAST_TERMS_MAX], there[LEAST_TERMS_MAX], damping = 1e-4, best;
	bool last = false;

	residual(arg, p, at);
	best = squares(at, m);
	for (int round = 0; round < ROUNDS && damping < GIVE_UP && !last; round++) {
		double tried[LEAST_FREE_MAX], found;
		struct normal e;

		normal_equations(&e, p, at, n, m, residual, arg);
		for (int k = 0; k < n; k++)
			e.a[k][k] *= 1.0 + damping;
		eliminate(&e, n);
		for (int k = 0; k < n; k++)
			tried[k] = fmin(P_MAX, fmax(-P_MAX, p[k] + e.b[k]));
		residual(arg, tried, there);
		found = squares(there, m);
		damping *= found < best ? 0.2 : 10.0;
		if (!(found < best))
			continue;
		last = found > best * (1.0 - ENOUGH);
		best = found;
		memcpy(p, tried, sizeof(double) * (size_t)n);
		memcpy(at, there, sizeof(double) * (size_t)m);
	}
}
