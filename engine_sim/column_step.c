/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The step of the columns: one pass over the rows along the flow, four cells at a time. What flows
 * sideways is taken from the state before the step; then each column is eliminated from the silicon
 * down, the coolant gives the last node its temperature, and the way back up gives the state in the
 * middle of the step, from which the new one follows.
 */
#include <math.h>
#include <string.h>

#include "engine_sim/column.h"
#include "engine_sim/column_state.h"

#define RING_MAX 2.0 /* dt times rate beyond which Crank-Nicolson changes the sign of a mode */
#define AHEAD_ROWS 2 /* that far ahead memory is asked for */
#define LINE 8       /* doubles of a cache line */

enum back { BACK_FILM, BACK_FLOWING, BACK_STORING };

/* How a pass uses what it finds. */
struct pass {
	/* weights of what flows sideways: 1.5 and .5, in a first step 1 and 0 */
	double now, before;
	double beyond; /* 1: from the middle to the end; 0: the middle is the end (implicit Euler) */
	double part;   /* of the pass in the step's means */
	double inlet_c;
};

/* Sums over the passes of a step. */
struct sums {
	double film_w, moved_k[PLATE_NODES], coolant_k; /* coolant_k: of what stores */
	double outlet_c[COLUMN_NX_MAX];
	double silicon_c[RETICLES]; /* of the last pass */
};

/* Running sums of a pass. */
struct running {
	four film_w, moved0, moved1, moved2, coolant;
};

/* Four cells of one node: right side of its equation, in K. */
INLINED four
sideways(double *t, const double *after, const double *kx, double ky, double *side, four *left,
	 four *along, const struct pass *p)
{
	four here = four_load(t), was = four_load(side);
	four in = column_flow_in(t, after, kx, ky, left, along);

	four_store(side, in);
	return here + (p->now * in - p->before * was);
}

/* New temperatures, from those in the middle of the step; returns the move to the middle. */
INLINED four
move(double *t, four middle, double beyond)
{
	four by = middle - four_load(t);

	four_store(t, middle + beyond * by);
	return by;
}

/* Four columns of reticle i, right sides r0 .. r2. */
INLINED void
chain(double *t, int nx, const struct column_reticles *k, int i, four r0, four r1, four r2,
      four *th, struct running *sum, double beyond, enum back back)
{
	four b0 = r0 + k->power_k[i], b1 = r1 + k->down0[i] * b0, b2 = r2 + k->down1[i] * b1;
	four m0, m1, m2;

	if (back == BACK_STORING) {
		double *coolant = t + 2L * PLATE_NODES * nx;
		four mean = k->pull[i] * four_load(coolant) + k->through[i] * *th;

		m2 = k->own2[i] * b2 + k->back[i] * mean;
		mean += k->touch[i] * m2;
		*th += k->s[i] * (mean - *th);
		sum->coolant += move(coolant, mean, beyond);
	} else {
		m2 = k->own2[i] * b2 + k->back[i] * *th;
		if (back == BACK_FLOWING)
			*th += k->f[i] * (m2 - *th);
		else
			sum->film_w += k->wf_w_k[i] * (m2 - *th);
	}
	m1 = k->own1[i] * b1 + k->up1[i] * m2;
	m0 = b0 + k->up0[i] * (m1 - b0);
	sum->moved0 += move(t, m0, beyond);
	sum->moved1 += move(t + nx, m1, beyond);
	sum->moved2 += move(t + 2L * nx, m2, beyond);
}

/* Means of the silicon of a row of reticles. */
INLINED void
means(double out_c[ZONES], const four *silicon, int fold)
{
	for (int x = 0; x < ZONES; x++) {
		four sum = silicon[x * fold / LANES];

		if (fold == 2 * LANES)
			sum += silicon[2 * x + 1];
		out_c[x] = four_sum(sum) / (fold * fold);
	}
}

INLINED void
pass(struct column *c, const struct pass *p, struct sums *s, const int fold, const enum back back)
{
	const struct column_model *m = c->model;
	const int nx = ZONES * fold, ny = ROWS * fold, vectors = nx / LANES;
	UNCLEARED four along[PLATE_NODES][COLUMN_VECTORS_MAX], th[COLUMN_VECTORS_MAX],
		silicon[COLUMN_VECTORS_MAX];
	struct running sum = {0};

	for (int v = 0; v < vectors; v++) {
		th[v] = four_all(p->inlet_c);
		along[0][v] = along[1][v] = along[2][v] = silicon[v] = four_all(0.0);
	}
	for (int y = 0; y < ny; y++) {
		double *row = c->cell + (long)c->row * y, *side = row + PLATE_NODES * nx;
		const double *after = y < ny - 1 ? row + c->row : row;
		const double *kx0 = m->side_x[0] + 1, *kx1 = m->side_x[1] + 1,
			     *kx2 = m->side_x[2] + 1;
		const double ky0 = m->side_y[0][y + 1], ky1 = m->side_y[1][y + 1],
			     ky2 = m->side_y[2][y + 1];
		four left0 = four_all(0.0), left1 = left0, left2 = left0;

		for (int v = 0; v < vectors; v++) {
			const int x = LANES * v, i = ZONES * (y / fold) + x / fold;
			double *t = row + x;
			const double *ahead = t + (long)AHEAD_ROWS * c->row + 5L * x;
			four r0, r1, r2;

			for (int n = 0; n < 3; n++)
				__builtin_prefetch(ahead + (long)LINE * n, 1);
			r0 = sideways(t, after + x, kx0 + x, ky0, side + x, &left0, &along[0][v],
				      p);
			r1 = sideways(t + nx, after + nx + x, kx1 + x, ky1, side + nx + x, &left1,
				      &along[1][v], p);
			r2 = sideways(t + 2L * nx, after + 2L * nx + x, kx2 + x, ky2,
				      side + 2L * nx + x, &left2, &along[2][v], p);
			chain(t, nx, &c->at, i, r0, r1, r2, &th[v], &sum, p->beyond, back);
			silicon[v] += four_load(t);
		}
		if (y % fold == fold - 1) {
			means(s->silicon_c + ZONES * (y / fold), silicon, fold);
			for (int v = 0; v < vectors; v++)
				silicon[v] = four_all(0.0);
		}
	}
	s->film_w += p->part * four_sum(sum.film_w);
	s->coolant_k += p->part * four_sum(sum.coolant);
	s->moved_k[0] += p->part * four_sum(sum.moved0);
	s->moved_k[1] += p->part * four_sum(sum.moved1);
	s->moved_k[2] += p->part * four_sum(sum.moved2);
	for (int v = 0; v < vectors; v++)
		four_store(s->outlet_c + LANES * v,
			   four_load(s->outlet_c + LANES * v) + p->part * th[v]);
}

WIDE static void
pass_4(struct column *c, const struct pass *p, struct sums *s)
{
	pass(c, p, s, 4, BACK_FLOWING);
}

WIDE static void
pass_4_storing(struct column *c, const struct pass *p, struct sums *s)
{
	pass(c, p, s, 4, BACK_STORING);
}

WIDE static void
pass_4_film(struct column *c, const struct pass *p, struct sums *s)
{
	pass(c, p, s, 4, BACK_FILM);
}

WIDE static void
pass_8(struct column *c, const struct pass *p, struct sums *s)
{
	pass(c, p, s, 8, BACK_FLOWING);
}

WIDE static void
pass_8_storing(struct column *c, const struct pass *p, struct sums *s)
{
	pass(c, p, s, 8, BACK_STORING);
}

WIDE static void
pass_8_film(struct column *c, const struct pass *p, struct sums *s)
{
	pass(c, p, s, 8, BACK_FILM);
}

static void
pass_of(struct column *c, const struct pass *p, struct sums *s)
{
	static void (*const table[2][3])(struct column *, const struct pass *,
					 struct sums *) = {{[BACK_FILM] = pass_4_film,
							    [BACK_FLOWING] = pass_4,
							    [BACK_STORING] = pass_4_storing},
							   {[BACK_FILM] = pass_8_film,
							    [BACK_FLOWING] = pass_8,
							    [BACK_STORING] = pass_8_storing}};
	enum back back = !c->flowing ? BACK_FILM : c->storing ? BACK_STORING : BACK_FLOWING;

	table[c->model->fold == 8][back](c, p, s);
}

/* parts: of the passes, together. What the coolant takes is what it warms by, cell after cell. */
static void
flows_of(const struct column *c, const struct sums *s, double parts, double inlet_c,
	 struct column_flows *out)
{
	const struct column_model *m = c->model;
	double warmed = 0.0, mixed = 0.0, rate = 0.0;

	for (int x = 0; x < m->nx; x++) {
		double w = c->zone_w_k[x / m->fold];

		warmed += w * (s->outlet_c[x] - parts * inlet_c);
		mixed += w * s->outlet_c[x];
		rate += w;
	}
	out->coolant_w = (c->flowing ? warmed / m->fold : s->film_w) / parts;
	out->stored_w = c->a_coolant * s->coolant_k;
	for (int n = 0; n < PLATE_NODES; n++)
		out->stored_w += c->a[n] * s->moved_k[n];
	out->stored_w /= parts;
	out->outlet_c = rate > 0.0 ? mixed / (rate * parts) : inlet_c;
	memcpy(out->silicon_c, s->silicon_c, sizeof(out->silicon_c));
}

double
column_power(struct column *c, const double power_w[RETICLES])
{
	const double per_k = 1.0 / (c->model->fold * c->model->fold * c->a[0]);
	double sum = 0.0;

	for (int i = 0; i < RETICLES; i++) {
		c->at.power_k[i] = power_w[i] * per_k;
		sum += power_w[i];
	}
	return sum;
}

void
column_step(struct column *c, const double power_w[RETICLES], double inlet_c,
	    struct column_flows *out)
{
	const struct column_model *m = c->model;
	struct pass p = {.beyond = 1.0, .part = 1.0, .inlet_c = inlet_c};
	UNCLEARED struct sums s;

	memset(&s, 0, sizeof(s));
	out->power_w = column_power(c, power_w);
	for (int n = 0; n < m->substeps; n++) {
		p.now = c->first ? 1.0 : 1.5;
		p.before = c->first ? 0.0 : 0.5;
		c->first = false;
		if (n == 0 && c->damped && m->step_s * m->column_rate_per_s > RING_MAX) {
			/* two halves by implicit Euler */
			const struct pass half = {.now = 1.0, .part = 0.5, .inlet_c = inlet_c};

			pass_of(c, &half, &s);
			pass_of(c, &half, &s);
			continue;
		}
		pass_of(c, &p, &s);
	}
	c->damped = false;
	flows_of(c, &s, m->substeps, inlet_c, out);
}
