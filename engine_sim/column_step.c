/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The step of the columns: one pass over the rows along the flow. What flows sideways is taken
 * from the state before the step; then each column is eliminated from the silicon down, the
 * coolant gives the last node its temperature, and the way back up gives the state in the middle
 * of the step, from which the new one follows. The loops over x have constant lengths and no
 * dependence, so that the compiler makes vectors of them.
 */
#include <math.h>
#include <string.h>

#include "engine_sim/column.h"
#include "engine_sim/column_state.h"
#include "engine_sim/limits.h"

#define RING_MAX 2.0 /* dt times rate beyond which Crank-Nicolson changes the sign of a mode */

/* How a pass uses what it finds. */
struct pass {
	double now,
		before; /* weights of what flows sideways: 1.5 and .5, in a first step 1 and 0 */
	double stride; /* 2: from the middle to the end; 1: the middle is the end (implicit Euler) */
};

/* Sums of a pass by x, so that the additions of a row do not wait for each other. */
struct sums {
	double coolant_w[COLUMN_NX_MAX], stored_w[COLUMN_NX_MAX], silicon_c[ROWS][COLUMN_NX_MAX];
	double outlet_c[COLUMN_NX_MAX];
};

/* rhs = a T + what flows in sideways; fy: what the row before gave. */
INLINED void
sideways(double *restrict rhs, double *restrict was, double *restrict fy, const double *restrict t,
	 const double *restrict kx, double ky, double a, const struct pass *p, int nx, bool last)
{
	const double *after = last ? t : t + nx;
	const double now = p->now, before = p->before;

	for (int x = 0; x < nx; x++) {
		double out = ky * (t[x] - after[x]);
		double in = kx[x + 1] * (t[x + 1] - t[x]) - kx[x] * (t[x] - t[x - 1]) + fy[x] - out;

		fy[x] = out;
		rhs[x] = a * t[x] + (now * in - before * was[x]);
		was[x] = in;
	}
}

/* Rows of one row of cells. */
struct row {
	double *restrict t0, *restrict t1, *restrict t2, *restrict coolant;
	const double *restrict p, *restrict i0, *restrict g0, *restrict i1, *restrict g1;
	const double *restrict i2, *restrict wf, *restrict f;
	const double *restrict ws, *restrict s, *restrict ie, *restrict hie;
};

INLINED void
chain(const struct row *r, const double *restrict r0, const double *restrict r1,
      const double *restrict r2, double *restrict th, double *restrict coolant_w,
      double *restrict stored_w, double *restrict silicon, const double a[PLATE_NODES], double aw,
      double stride, int nx, bool storing)
{
#pragma GCC ivdep
	for (int x = 0; x < nx; x++) {
		double b0 = r0[x] + r->p[x], b1 = r1[x] + r->g0[x] * b0;
		double b2 = r2[x] + r->g1[x] * b1, m0, m1, m2, stored;

		if (storing) {
			double e = r->coolant[x], pull = aw * e + r->ws[x] * th[x], me, rise;

			m2 = (b2 + r->hie[x] * pull) * r->i2[x];
			me = r->ie[x] * pull + r->hie[x] * m2;
			rise = r->s[x] * (me - th[x]);
			stored = aw * (me - e);
			coolant_w[x] += r->ws[x] * (me - th[x]);
			th[x] += rise;
			r->coolant[x] = e + stride * (me - e);
		} else {
			double rise;

			m2 = (b2 + r->wf[x] * th[x]) * r->i2[x];
			rise = m2 - th[x];
			coolant_w[x] += r->wf[x] * rise;
			th[x] += r->f[x] * rise;
			stored = 0.0;
		}
		m1 = b1 * r->i1[x] + r->g1[x] * m2;
		m0 = b0 * r->i0[x] + r->g0[x] * m1;
		m0 -= r->t0[x];
		m1 -= r->t1[x];
		m2 -= r->t2[x];
		stored_w[x] += stored + (a[0] * m0 + a[1] * m1 + a[2] * m2);
		r->t0[x] += stride * m0;
		r->t1[x] += stride * m1;
		r->t2[x] += stride * m2;
		silicon[x] += r->t0[x];
	}
}

INLINED void
pass(struct column *c, const struct pass *p, double inlet_c, struct sums *s, int fold, bool storing)
{
	const struct column_model *m = c->model;
	const struct column_rows *k = &c->row;
	const int nx = ZONES * fold, ny = ROWS * fold;
	const double a[PLATE_NODES] = {c->a[0], c->a[1], c->a[2]}, aw = c->a_coolant;
	UNCLEARED double fy[PLATE_NODES][COLUMN_NX_MAX], rhs[PLATE_NODES][COLUMN_NX_MAX];
	UNCLEARED double th[COLUMN_NX_MAX];

	for (int n = 0; n < PLATE_NODES; n++)
		memset(fy[n], 0, sizeof(double) * (size_t)nx);
	for (int y = 0; y < ROWS; y++)
		memset(s->silicon_c[y], 0, sizeof(double) * (size_t)nx);
	for (int x = 0; x < nx; x++)
		th[x] = inlet_c;
	for (int y = 0; y < ny; y++) {
		const int i = nx * y, j = nx * (y / fold);
		const struct row row = {c->t_c[0] + i,  c->t_c[1] + i,
					c->t_c[2] + i,  storing ? c->coolant_c + i : NULL,
					k->power_w + j, k->i0 + j,
					k->g0 + j,      k->i1 + j,
					k->g1 + j,      k->i2 + j,
					k->wf_w_k + j,  k->f + j,
					k->ws_w_k + j,  k->s + j,
					k->ie + j,      k->hie + j};

		for (int n = 0; n < PLATE_NODES; n++)
			sideways(rhs[n], c->side_w[n] + i, fy[n], c->t_c[n] + i, m->kx_w_k[n],
				 m->ky_w_k[n][y + 1], a[n], p, nx, y == ny - 1);
		chain(&row, rhs[0], rhs[1], rhs[2], th, s->coolant_w, s->stored_w,
		      s->silicon_c[y / fold], a, aw, p->stride, nx, storing);
	}
	for (int x = 0; x < nx; x++)
		s->outlet_c[x] += th[x];
}

WIDE static void
pass_4(struct column *c, const struct pass *p, double inlet_c, struct sums *s)
{
	pass(c, p, inlet_c, s, 4, false);
}

WIDE static void
pass_4_storing(struct column *c, const struct pass *p, double inlet_c, struct sums *s)
{
	pass(c, p, inlet_c, s, 4, true);
}

WIDE static void
pass_8(struct column *c, const struct pass *p, double inlet_c, struct sums *s)
{
	pass(c, p, inlet_c, s, 8, false);
}

WIDE static void
pass_8_storing(struct column *c, const struct pass *p, double inlet_c, struct sums *s)
{
	pass(c, p, inlet_c, s, 8, true);
}

static void
pass_of(struct column *c, const struct pass *p, double inlet_c, struct sums *s)
{
	bool storing = c->coolant_c && c->flowing;

	if (c->model->fold == 4 && storing)
		pass_4_storing(c, p, inlet_c, s);
	else if (c->model->fold == 4)
		pass_4(c, p, inlet_c, s);
	else if (storing)
		pass_8_storing(c, p, inlet_c, s);
	else
		pass_8(c, p, inlet_c, s);
}

static void
flows_of(const struct column *c, const struct sums *s, int passes, double inlet_c,
	 struct column_flows *out)
{
	const struct column_model *m = c->model;
	double mixed = 0.0, rate = 0.0;

	out->coolant_w = out->stored_w = 0.0;
	for (int x = 0; x < m->nx; x++) {
		out->coolant_w += s->coolant_w[x];
		out->stored_w += s->stored_w[x];
		mixed += c->zone_w_k[x / m->fold] * s->outlet_c[x];
		rate += c->zone_w_k[x / m->fold];
	}
	out->coolant_w /= passes;
	out->stored_w /= passes;
	out->outlet_c = rate > 0.0 ? mixed / (rate * passes) : inlet_c;
	for (int i = 0; i < RETICLES; i++) {
		const double *t = s->silicon_c[i / ZONES] + i % ZONES * m->fold;
		double sum = 0.0;

		for (int x = 0; x < m->fold; x++)
			sum += t[x];
		out->silicon_c[i] = sum / (m->fold * m->fold);
	}
}

double
column_power(struct column *c, const double power_w[RETICLES])
{
	const struct column_model *m = c->model;
	const double part = 1.0 / (m->fold * m->fold);
	double sum = 0.0;

	for (int i = 0; i < RETICLES; i++) {
		double *row = c->row.power_w + i / ZONES * m->nx + i % ZONES * m->fold;

		for (int x = 0; x < m->fold; x++)
			row[x] = power_w[i] * part;
		sum += power_w[i];
	}
	return sum;
}

void
column_sideways(struct column *c)
{
	const struct pass p = {.now = 1.0};
	const struct column_model *m = c->model;

	for (int n = 0; n < PLATE_NODES; n++) {
		double fy[COLUMN_NX_MAX] = {0.0}, rhs[COLUMN_NX_MAX];

		for (int y = 0; y < m->ny; y++)
			sideways(rhs, c->side_w[n] + m->nx * y, fy, c->t_c[n] + m->nx * y,
				 m->kx_w_k[n], m->ky_w_k[n][y + 1], 0.0, &p, m->nx, y == m->ny - 1);
	}
}

void
column_step(struct column *c, const double power_w[RETICLES], double inlet_c,
	    struct column_flows *out)
{
	const struct column_model *m = c->model;
	int passes = 0;
	struct pass p = {.stride = 2.0};
	UNCLEARED struct sums s;

	memset(s.coolant_w, 0, sizeof(s.coolant_w));
	memset(s.stored_w, 0, sizeof(s.stored_w));
	memset(s.outlet_c, 0, sizeof(s.outlet_c));
	out->power_w = column_power(c, power_w);
	for (int n = 0; n < m->substeps; n++) {
		p.now = c->first ? 1.0 : 1.5;
		p.before = c->first ? 0.0 : 0.5;
		c->first = false;
		if (n == 0 && c->damped && m->step_s * m->column_rate_per_s > RING_MAX) {
			/* two halves by implicit Euler */
			const struct pass half = {.now = 1.0, .stride = 1.0};

			pass_of(c, &half, inlet_c, &s);
			pass_of(c, &half, inlet_c, &s);
			passes++;
			for (int x = 0; x < m->nx; x++) {
				s.coolant_w[x] *= 0.5;
				s.stored_w[x] *= 0.5;
				s.outlet_c[x] *= 0.5;
			}
			continue;
		}
		pass_of(c, &p, inlet_c, &s);
		passes++;
	}
	c->damped = false;
	flows_of(c, &s, passes, inlet_c, out);
}
