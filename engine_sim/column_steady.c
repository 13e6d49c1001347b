/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fixed point of the columns' step: power + chain + march + sideways = 0 at every node, by
 * BiCGSTAB (van der Vorst, SIAM J. Sci. Stat. Comput. 13, 1992). Chain and march alone can be
 * solved exactly in one pass along the flow; that is the preconditioner.
 */
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine_sim/column.h"
#include "engine_sim/column_state.h"

#define ROUNDS_MAX 400
#define RESTARTS 6
#define SMALL 1e-14 /* residual over power and exchange at which the state counts as found */
#define VECTORS 9

/* Vectors over all nodes: [PLATE_NODES * cells], and inside them by node. */
struct solver {
	const struct column *c;
	int n;
	double *v[VECTORS];
	double *side_w;  /* scratch */
	double leak_w_k; /* what a shut zone's columns lose in the preconditioner */
};

/* State, residual, shadow residual, direction and half residual; the last two also behind the
 * preconditioner (_PRE) and behind A. */
enum { STATE, LEFT, SHADOW, ALONG, A_ALONG, HALF, A_HALF, ALONG_PRE, HALF_PRE };

/* in_w: what flows into each node from those beside it at the state t. */
static void
sideways(const struct solver *sv, const double *t, double *in_w)
{
	const struct column_model *m = sv->c->model;

	for (int n = 0; n < PLATE_NODES; n++)
		for (int i = 0; i < m->cells; i++) {
			const double *at = t + n * m->cells + i;
			int x = i % m->nx, y = i / m->nx;
			double in = 0.0;

			if (x > 0)
				in += m->kx_w_k[n][x] * (at[-1] - at[0]);
			if (x < m->nx - 1)
				in += m->kx_w_k[n][x + 1] * (at[1] - at[0]);
			if (y > 0)
				in += m->ky_w_k[n][y] * (at[-m->nx] - at[0]);
			if (y < m->ny - 1)
				in += m->ky_w_k[n][y + 1] * (at[m->nx] - at[0]);
			in_w[n * m->cells + i] = in;
		}
}

/* net_w = power + chain + march + sideways at the state t; power_w may be NULL: none. */
static void
net_heat(const struct solver *sv, const double *t, const double *power_w, double inlet_c,
	 double *net_w)
{
	const struct column *c = sv->c;
	const struct column_model *m = c->model;
	double th[COLUMN_NX_MAX];

	for (int x = 0; x < m->nx; x++)
		th[x] = inlet_c;
	for (int i = 0; i < m->cells; i++) {
		int x = i % m->nx, j = column_reticle(m, x, i / m->nx);
		double t0 = t[i], t1 = t[m->cells + i], t2 = t[2 * m->cells + i];
		double down = c->at.contact_w_k[j] * (t0 - t1), back = m->g_w_k[1] * (t1 - t2);
		double rise = t2 - th[x];

		net_w[i] = (power_w ? power_w[j] / (m->fold * m->fold) : 0.0) - down;
		net_w[m->cells + i] = down - back;
		net_w[2 * m->cells + i] = back - c->at.wf_w_k[j] * rise;
		th[x] += c->at.f[j] * rise;
	}
	sideways(sv, t, sv->side_w);
	for (int i = 0; i < sv->n; i++)
		net_w[i] += sv->side_w[i];
}

/* z: what chain and march alone would make of the heat r, the inlet at 0. */
static void
columns_alone(const struct solver *sv, const double *r, double *z)
{
	const struct column *c = sv->c;
	const struct column_model *m = c->model;
	double th[COLUMN_NX_MAX] = {0.0};

	for (int i = 0; i < m->cells; i++) {
		int x = i % m->nx, j = column_reticle(m, x, i / m->nx);
		double r0 = r[i], r1 = r0 + r[m->cells + i], r2 = r1 + r[2 * m->cells + i];
		double wf = c->at.wf_w_k[j];
		double t2 = (r2 + wf * th[x]) / (wf > 0.0 ? wf : sv->leak_w_k);
		double t1 = t2 + r1 / m->g_w_k[1];

		th[x] += c->at.f[j] * (t2 - th[x]);
		z[i] = t1 + r0 / c->at.contact_w_k[j];
		z[m->cells + i] = t1;
		z[2 * m->cells + i] = t2;
	}
}

static double
dot(const struct solver *sv, int a, int b)
{
	double sum = 0.0;

	for (int i = 0; i < sv->n; i++)
		sum += sv->v[a][i] * sv->v[b][i];
	return sum;
}

/* v[to] = A v[from]: what leaves, so that A is positive. */
static void
apply(const struct solver *sv, int from, int to)
{
	net_heat(sv, sv->v[from], NULL, 0.0, sv->v[to]);
	for (int i = 0; i < sv->n; i++)
		sv->v[to][i] = -sv->v[to][i];
}

/* From the residual v[LEFT] on; returns the residual's norm. */
static double
bicgstab(struct solver *sv, double enough)
{
	double **v = sv->v, rho = 1.0, alpha = 1.0, omega = 1.0, norm = sqrt(dot(sv, LEFT, LEFT));

	memcpy(v[SHADOW], v[LEFT], sizeof(double) * (size_t)sv->n);
	memset(v[ALONG], 0, sizeof(double) * (size_t)sv->n);
	memset(v[A_ALONG], 0, sizeof(double) * (size_t)sv->n);
	for (int round = 0; round < ROUNDS_MAX && norm > enough; round++) {
		double was = rho, beta, tt;

		rho = dot(sv, SHADOW, LEFT);
		if (fabs(rho) < DBL_MIN)
			break;
		beta = rho / was * (alpha / omega);
		for (int i = 0; i < sv->n; i++)
			v[ALONG][i] = v[LEFT][i] + beta * (v[ALONG][i] - omega * v[A_ALONG][i]);
		columns_alone(sv, v[ALONG], v[ALONG_PRE]);
		apply(sv, ALONG_PRE, A_ALONG);
		alpha = rho / dot(sv, SHADOW, A_ALONG);
		for (int i = 0; i < sv->n; i++)
			v[HALF][i] = v[LEFT][i] - alpha * v[A_ALONG][i];
		columns_alone(sv, v[HALF], v[HALF_PRE]);
		apply(sv, HALF_PRE, A_HALF);
		tt = dot(sv, A_HALF, A_HALF);
		omega = tt > 0.0 ? dot(sv, A_HALF, HALF) / tt : 0.0;
		for (int i = 0; i < sv->n; i++) {
			v[STATE][i] += alpha * v[ALONG_PRE][i] + omega * v[HALF_PRE][i];
			v[LEFT][i] = v[HALF][i] - omega * v[A_HALF][i];
		}
		norm = sqrt(dot(sv, LEFT, LEFT));
		if (!isfinite(norm) || fabs(omega) < DBL_MIN)
			break;
	}
	return norm;
}

/* Takes the state over: nodes, what flows sideways, coolant. */
static void
take_over(struct column *c, const struct solver *sv, double inlet_c, struct column_flows *out)
{
	const struct column_model *m = c->model;
	const double *t = sv->v[STATE];
	double th[COLUMN_NX_MAX], mixed = 0.0, rate = 0.0;

	out->coolant_w = out->stored_w = 0.0;
	for (int x = 0; x < m->nx; x++)
		th[x] = inlet_c;
	sideways(sv, t, sv->side_w);
	for (int i = 0; i < m->cells; i++) {
		int x = i % m->nx, y = i / m->nx, j = column_reticle(m, x, y);
		double t2 = t[2 * m->cells + i], rise = c->at.f[j] * (t2 - th[x]);

		for (int n = 0; n < PLATE_NODES; n++) {
			column_node(c, n, y)[x] = t[n * m->cells + i];
			column_side(c, n, y)[x] = sv->side_w[n * m->cells + i] / c->a[n];
		}
		out->coolant_w += c->at.wf_w_k[j] * (t2 - th[x]);
		if (c->storing)
			column_coolant(c, y)[x] = c->at.s[j] > 0.0 ? th[x] + rise / c->at.s[j] : t2;
		th[x] += rise;
	}
	for (int x = 0; x < m->nx; x++) {
		mixed += c->zone_w_k[x / m->fold] * th[x];
		rate += c->zone_w_k[x / m->fold];
	}
	out->outlet_c = rate > 0.0 ? mixed / rate : inlet_c;
	column_silicon(c, out->silicon_c);
	c->first = c->damped = false;
}

static int
solve(struct solver *sv, const double power_w[RETICLES], double inlet_c, double sum_w)
{
	const struct column *c = sv->c;
	const struct column_model *m = c->model;
	double norm = INFINITY, exchange = 0.0, largest, was = INFINITY;

	for (int i = 0; i < RETICLES; i++)
		exchange += c->at.wf_w_k[i] * m->fold * m->fold;
	sv->leak_w_k = 1e-2 * m->g_w_k[1];
	largest = 0.0;
	for (int i = 0; i < sv->n; i++)
		largest = fmax(largest, fabs(sv->v[STATE][i]));
	/* a residual of that size moves no node by more than rounding does */
	double enough = SMALL * (fabs(sum_w) + exchange * (largest + fabs(inlet_c) + 1.0));

	if (!(exchange > 0.0))
		return -EDOM;
	for (int k = 0; k < RESTARTS; k++) {
		net_heat(sv, sv->v[STATE], power_w, inlet_c, sv->v[LEFT]);
		norm = sqrt(dot(sv, LEFT, LEFT));
		if (!isfinite(norm))
			return -EDOM;
		if (norm <= enough || (k > 1 && norm > 0.5 * was))
			break;
		was = norm;
		bicgstab(sv, 0.1 * enough);
	}
	return norm <= 1e4 * enough ? 0 : -EDOM;
}

int
column_steady(struct column *c, const double power_w[RETICLES], double inlet_c,
	      struct column_flows *out)
{
	const struct column_model *m = c->model;
	struct solver sv = {.c = c, .n = PLATE_NODES * m->cells};
	double *block = calloc((size_t)sv.n * (VECTORS + 1), sizeof(double));
	int rc;

	if (!block)
		return -ENOMEM;
	for (int k = 0; k < VECTORS; k++)
		sv.v[k] = block + (size_t)sv.n * (size_t)k;
	sv.side_w = block + (size_t)sv.n * VECTORS;
	for (int i = 0; i < sv.n; i++)
		sv.v[STATE][i] = column_node(c, i / m->cells, i % m->cells / m->nx)[i % m->nx];
	out->power_w = column_power(c, power_w);
	rc = solve(&sv, power_w, inlet_c, out->power_w);
	if (rc == 0)
		take_over(c, &sv, inlet_c, out);
	free(block);
	return rc;
}
