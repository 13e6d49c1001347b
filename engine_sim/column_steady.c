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
	double per_contact[RETICLES], per_back[RETICLES]; /* 1 / G0 a, 1 / w f */
};

/* State, residual, shadow residual, direction and half residual; the last two also behind the
 * preconditioner (_PRE) and behind A. */
enum { STATE, LEFT, SHADOW, ALONG, A_ALONG, HALF, A_HALF, ALONG_PRE, HALF_PRE };

/* net_w = power + chain + march + sideways at the state t; power_w may be NULL: none. side_w may be
 * NULL, or gets what flows sideways alone. */
WIDE static void
net_heat(const struct solver *sv, const double *t, const double *power_w, double inlet_c,
	 double *net_w, double *side_w)
{
	const struct column *c = sv->c;
	const struct column_model *m = c->model;
	const int nx = m->nx, cells = m->cells;
	const double part = power_w ? 1.0 / (m->fold * m->fold) : 0.0;
	UNCLEARED four along[PLATE_NODES][COLUMN_VECTORS_MAX], th[COLUMN_VECTORS_MAX];

	for (int v = 0; v < nx / LANES; v++) {
		th[v] = four_all(inlet_c);
		along[0][v] = along[1][v] = along[2][v] = four_all(0.0);
	}
	for (int i = 0; i < cells; i += LANES) {
		const int x = i % nx, y = i / nx, j = column_reticle(m, x, y);
		const int after = y < m->ny - 1 ? nx : 0;
		four t0 = four_load(t + i), t1 = four_load(t + cells + i);
		four t2 = four_load(t + 2 * cells + i), *coolant = &th[x / LANES];
		four down = c->at.contact_w_k[j] * (t0 - t1), back = m->g_w_k[1] * (t1 - t2);
		four rise = t2 - *coolant, net[PLATE_NODES];

		net[0] = (power_w ? power_w[j] * part : 0.0) - down;
		net[1] = down - back;
		net[2] = back - c->at.wf_w_k[j] * rise;
		*coolant += c->at.f[j] * rise;
		for (int n = 0; n < PLATE_NODES; n++) {
			const double *at = t + n * cells + i;
			four left = x > 0 ? m->kx_w_k[n][x] * (four_load(at) - four_load(at - 1))
					  : four_all(0.0);
			four before = {0.0, 0.0, 0.0, left[0]}, in;

			in = column_flow_in(at, at + after, &m->kx_w_k[n][x + 1],
					    m->ky_w_k[n][y + 1], &before, &along[n][x / LANES]);
			four_store(net_w + n * cells + i, net[n] + in);
			if (side_w)
				four_store(side_w + n * cells + i, in);
		}
	}
}

/* z: what chain and march alone would make of the heat r, the inlet at 0. */
WIDE static void
columns_alone(const struct solver *sv, const double *r, double *z)
{
	const struct column *c = sv->c;
	const struct column_model *m = c->model;
	const int nx = m->nx, cells = m->cells;
	const double per_g1 = 1.0 / m->g_w_k[1];
	UNCLEARED four th[COLUMN_VECTORS_MAX];

	for (int v = 0; v < nx / LANES; v++)
		th[v] = four_all(0.0);
	for (int i = 0; i < cells; i += LANES) {
		const int x = i % nx, j = column_reticle(m, x, i / nx);
		four r0 = four_load(r + i), r1 = r0 + four_load(r + cells + i);
		four r2 = r1 + four_load(r + 2 * cells + i), *coolant = &th[x / LANES];
		four t2 = (r2 + c->at.wf_w_k[j] * *coolant) * sv->per_back[j];
		four t1 = t2 + r1 * per_g1;

		*coolant += c->at.f[j] * (t2 - *coolant);
		four_store(z + i, t1 + r0 * sv->per_contact[j]);
		four_store(z + cells + i, t1);
		four_store(z + 2 * cells + i, t2);
	}
}

WIDE static double
dot(const struct solver *sv, int a, int b)
{
	four sum[4] = {{0.0}, {0.0}, {0.0}, {0.0}};

	for (int i = 0; i < sv->n; i += LANES)
		sum[i / LANES % 4] += four_load(sv->v[a] + i) * four_load(sv->v[b] + i);
	return four_sum((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

/* v[to] = v[p] + f v[q] */
WIDE static void
combine(struct solver *sv, int to, int p, double f, int q)
{
	for (int i = 0; i < sv->n; i += LANES)
		four_store(sv->v[to] + i, four_load(sv->v[p] + i) + f * four_load(sv->v[q] + i));
}

/* v[to] = A v[from]: what leaves, so that A is positive. */
WIDE static void
apply(const struct solver *sv, int from, int to)
{
	net_heat(sv, sv->v[from], NULL, 0.0, sv->v[to], NULL);
	for (int i = 0; i < sv->n; i += LANES)
		four_store(sv->v[to] + i, -four_load(sv->v[to] + i));
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
		combine(sv, ALONG, ALONG, -omega, A_ALONG);
		combine(sv, ALONG, LEFT, beta, ALONG);
		columns_alone(sv, v[ALONG], v[ALONG_PRE]);
		apply(sv, ALONG_PRE, A_ALONG);
		alpha = rho / dot(sv, SHADOW, A_ALONG);
		combine(sv, HALF, LEFT, -alpha, A_ALONG);
		columns_alone(sv, v[HALF], v[HALF_PRE]);
		apply(sv, HALF_PRE, A_HALF);
		tt = dot(sv, A_HALF, A_HALF);
		omega = tt > 0.0 ? dot(sv, A_HALF, HALF) / tt : 0.0;
		combine(sv, STATE, STATE, alpha, ALONG_PRE);
		combine(sv, STATE, STATE, omega, HALF_PRE);
		combine(sv, LEFT, HALF, -omega, A_HALF);
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
	net_heat(sv, t, NULL, inlet_c, sv->v[HALF], sv->v[LEFT]);
	for (int i = 0; i < m->cells; i++) {
		int x = i % m->nx, y = i / m->nx, j = column_reticle(m, x, y);
		double t2 = t[2 * m->cells + i], rise = c->at.f[j] * (t2 - th[x]);

		for (int n = 0; n < PLATE_NODES; n++) {
			column_node(c, n, y)[x] = t[n * m->cells + i];
			column_side(c, n, y)[x] = sv->v[LEFT][n * m->cells + i] / c->a[n];
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
	for (int i = 0; i < RETICLES; i++) {
		double wf = c->at.wf_w_k[i];

		sv->per_contact[i] = 1.0 / c->at.contact_w_k[i];
		/* what a shut zone's columns would lose */
		sv->per_back[i] = 1.0 / (wf > 0.0 ? wf : 1e-2 * m->g_w_k[1]);
	}
	largest = 0.0;
	for (int i = 0; i < sv->n; i++)
		largest = fmax(largest, fabs(sv->v[STATE][i]));
	/* a residual of that size moves no node by more than rounding does */
	double enough = SMALL * (fabs(sum_w) + exchange * (largest + fabs(inlet_c) + 1.0));

	if (!(exchange > 0.0))
		return -EDOM;
	for (int k = 0; k < RESTARTS; k++) {
		net_heat(sv, sv->v[STATE], power_w, inlet_c, sv->v[LEFT], NULL);
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
	/* a row is read one beyond its ends */
	double *block = calloc((size_t)sv.n * VECTORS + 2 * LANES, sizeof(double));
	int rc;

	if (!block)
		return -ENOMEM;
	for (int k = 0; k < VECTORS; k++)
		sv.v[k] = block + LANES + (size_t)sv.n * (size_t)k;
	for (int i = 0; i < sv.n; i++)
		sv.v[STATE][i] = column_node(c, i / m->cells, i % m->cells / m->nx)[i % m->nx];
	out->power_w = column_power(c, power_w);
	rc = solve(&sv, power_w, inlet_c, out->power_w);
	if (rc == 0)
		take_over(c, &sv, inlet_c, out);
	free(block);
	return rc;
}
