/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/column.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine_sim/column_state.h"
#include "engine_sim/lanes.h"

#define ALIGN 64u
#define SHUT_W_K 1e-5 /* capacity rate of a zone that counts as shut */

static void
lateral_set(struct column_model *m, const struct plate_lumps *lumps,
	    const struct column_multipliers *mul, double dx, double dy)
{
	memset(m->kx_w_k, 0, sizeof(m->kx_w_k));
	memset(m->ky_w_k, 0, sizeof(m->ky_w_k));
	for (int n = 0; n < PLATE_NODES; n++) {
		for (int x = 1; x < m->nx; x++)
			m->kx_w_k[n][x] = lumps->sheet_x_w_k[n] * dy / dx *
					  (x % m->fold ? mul->x_inside[n] : mul->x_rim[n]);
		for (int y = 1; y < m->ny; y++)
			m->ky_w_k[n][y] = lumps->sheet_y_w_k[n] * dx / dy *
					  (y % m->fold ? mul->y_inside[n] : mul->y_rim[n]);
	}
}

/* The fastest rate of a column by itself, by power iteration. */
static double
chain_rate(const struct column_model *m, double back_w_k)
{
	double t[PLATE_NODES] = {1.0, -1.0, 1.0}, rate = 0.0;

	for (int round = 0; round < 100; round++) {
		double down = m->g_w_k[0] * (t[0] - t[1]), back = m->g_w_k[1] * (t[1] - t[2]);

		t[0] = down / m->c_j_k[0];
		t[1] = (back - down) / m->c_j_k[1];
		t[2] = (back_w_k * t[2] - back) / m->c_j_k[2];
		rate = most(fabs(t[0]), most(fabs(t[1]), fabs(t[2])));
		for (int n = 0; n < PLATE_NODES; n++)
			t[n] /= rate;
	}
	return rate;
}

/* Of what flows sideways the fastest rate by Gershgorin's circles, which is on the safe side. */
static void
rates_set(struct column_model *m, double back_w_k)
{
	m->lateral_rate_per_s = 0.0;
	for (int n = 0; n < PLATE_NODES; n++) {
		double kx = 0.0, ky = 0.0;

		for (int x = 0; x < m->nx; x++)
			kx = most(kx, m->kx_w_k[n][x] + m->kx_w_k[n][x + 1]);
		for (int y = 0; y < m->ny; y++)
			ky = most(ky, m->ky_w_k[n][y] + m->ky_w_k[n][y + 1]);
		m->lateral_rate_per_s = most(m->lateral_rate_per_s, 2.0 * (kx + ky) / m->c_j_k[n]);
	}
	m->column_rate_per_s = chain_rate(m, back_w_k);
}

static void
sides_set(struct column_model *m)
{
	for (int n = 0; n < PLATE_NODES; n++) {
		double per = 0.5 * m->step_s / m->c_j_k[n];

		for (int x = 0; x <= m->nx; x++)
			m->side_x[n][x] = m->kx_w_k[n][x] * per;
		for (int y = 0; y <= m->ny; y++)
			m->side_y[n][y] = m->ky_w_k[n][y] * per;
	}
}

int
column_model_set(struct column_model *out, const struct plate *p, const struct plate_lumps *lumps,
		 const struct column_multipliers *m, int fold, double step_s, bool storing)
{
	double dx = p->width_m / (ZONES * fold), dy = p->length_m / (ROWS * fold);
	double cell_m2 = dx * dy, need;

	*out = (struct column_model){.fold = fold, .nx = ZONES * fold, .ny = ROWS * fold};
	out->cells = out->nx * out->ny;
	for (int n = 0; n < PLATE_NODES; n++)
		out->c_j_k[n] = lumps->c_j_m2k[n] * cell_m2;
	for (int n = 0; n < 2; n++)
		out->g_w_k[n] = cell_m2 / lumps->r_m2k_w[n];
	out->face_k_w = lumps->r_face_m2k_w / cell_m2;
	out->coolant_j_k = storing ? lumps->coolant_j_m2k * cell_m2 : 0.0;
	out->back_r_k_w = lumps->r_back_m2k_w / cell_m2;
	lateral_set(out, lumps, m, dx, dy);
	rates_set(out, lumps->back_w_m2k * cell_m2);
	need = ceil(step_s * out->lateral_rate_per_s / COLUMN_LATERAL_MAX);
	if (!(need <= COLUMN_SUBSTEPS_MAX))
		return -ERANGE;
	out->substeps = need > 1.0 ? (int)need : 1;
	out->step_s = step_s / out->substeps;
	sides_set(out);
	return 0;
}

/* Doubles of a row of cells. */
static int
row_of(const struct column_model *m)
{
	return (2 * PLATE_NODES + (m->coolant_j_k > 0.0)) * m->nx;
}

/* Of the cells; a row is read one beyond its end. */
static size_t
block_bytes(const struct column_model *m)
{
	return ((size_t)row_of(m) * (size_t)m->ny + ALIGN) * sizeof(double);
}

size_t
column_bytes(const struct column_model *m)
{
	return sizeof(struct column) + block_bytes(m);
}

int
column_open(struct column **out, const struct column_model *m, double start_c)
{
	struct column *c = calloc(1, sizeof(*c));

	*out = NULL;
	if (!c)
		return -ENOMEM;
	c->cell = aligned_alloc(ALIGN, block_bytes(m));
	if (!c->cell) {
		free(c);
		return -ENOMEM;
	}
	memset(c->cell, 0, block_bytes(m));
	c->model = m;
	c->row = row_of(m);
	c->storing = m->coolant_j_k > 0.0;
	column_reset(c, start_c);
	column_model_changed(c);
	*out = c;
	return 0;
}

void
column_close(struct column *c)
{
	if (!c)
		return;
	free(c->cell);
	free(c);
}

void
column_reset(struct column *c, double temp_c)
{
	const struct column_model *m = c->model;

	for (int y = 0; y < m->ny; y++)
		for (int x = 0; x < m->nx; x++) {
			for (int n = 0; n < PLATE_NODES; n++)
				column_node(c, n, y)[x] = temp_c;
			if (c->storing)
				column_coolant(c, y)[x] = temp_c;
		}
	c->first = c->damped = true;
}

void
column_jump(struct column *c)
{
	c->damped = true;
}

void
column_model_changed(struct column *c)
{
	double factor[RETICLES];

	for (int n = 0; n < PLATE_NODES; n++)
		c->a[n] = c->model->c_j_k[n] / (0.5 * c->model->step_s);
	c->a_coolant = c->model->coolant_j_k / (0.5 * c->model->step_s);
	for (int i = 0; i < RETICLES; i++)
		factor[i] = 1.0;
	column_contact(c, factor);
}

/* The last node against what leaves it. */
WIDE static void
back_factors(struct column *c)
{
	struct column_reticles *k = &c->at;
	double a2 = c->a[2];

	for (int i = 0; i < RETICLES; i++) {
		double per = 1.0 / (k->d2[i] + k->wf_w_k[i]);

		k->own2[i] = a2 * per;
		k->back[i] = k->wf_w_k[i] * per;
	}
}

/* The same where the coolant stores; ws_w_k: w s. */
static void
back_storing(struct column *c, const double ws_w_k[RETICLES])
{
	struct column_reticles *k = &c->at;

	for (int i = 0; i < RETICLES; i++) {
		double h = k->ha_w_k[i], per_e = 1.0 / (c->a_coolant + h + ws_w_k[i]);
		double per = 1.0 / (k->d2[i] + h * (1.0 - h * per_e));

		k->pull[i] = c->a_coolant * per_e;
		k->through[i] = ws_w_k[i] * per_e;
		k->touch[i] = h * per_e;
		k->own2[i] = c->a[2] * per;
		k->back[i] = h * per;
	}
}

static void
back_set(struct column *c)
{
	double ws[RETICLES];

	if (!c->storing || !c->flowing) {
		back_factors(c);
		return;
	}
	for (int i = 0; i < RETICLES; i++)
		ws[i] = c->zone_w_k[i % ZONES] / c->model->fold * c->at.s[i];
	back_storing(c, ws);
}

void
column_contact(struct column *c, const double factor[RETICLES])
{
	const struct column_model *m = c->model;
	struct column_reticles *k = &c->at;
	double g1 = m->g_w_k[1];

	for (int i = 0; i < RETICLES; i++) {
		double g0 = m->g_w_k[0] * factor[i];
		double d0 = c->a[0] + g0, d1 = c->a[1] + g0 + g1 - g0 * g0 / d0;

		k->contact_w_k[i] = g0;
		k->up0[i] = g0 / d0;
		k->down0[i] = k->up0[i] * c->a[0] / c->a[1];
		k->own1[i] = c->a[1] / d1;
		k->up1[i] = g1 / d1;
		k->down1[i] = k->up1[i] * c->a[1] / c->a[2];
		k->d2[i] = c->a[2] + g1 - g1 * g1 / d1;
	}
	back_set(c);
}

/* Beyond this many transfer units f is 1 to the last bit. */
#define NTU_MAX 60.0

/* f and w f of all reticles' cells from h. per_w[ZONES]: 1 / w of a cell's coolant; shut: h is 0. */
WIDE static void
effects(struct column_reticles *k, const double w_w_k[ZONES], const double per_w[ZONES])
{
	struct row w = row_load(w_w_k), per = row_scaled(-1.0, row_load(per_w));

	for (int i = 0; i < RETICLES; i += ZONES) {
		struct row x = row_clamp(row_times(per, row_load(k->ha_w_k + i)), -NTU_MAX, 0.0);
		struct row f = row_scaled(-1.0, row_expm1(x));

		row_store(k->f + i, f);
		row_store(k->wf_w_k + i, row_times(w, f));
	}
}

void
column_back(struct column *c, const double ha_w_k[RETICLES], const double *zone_w_k)
{
	const double part = 1.0 / (c->model->fold * c->model->fold);
	struct column_reticles *k = &c->at;
	double w[ZONES], per_w[ZONES];

	c->flowing = zone_w_k != NULL;
	for (int x = 0; x < ZONES; x++) {
		c->zone_w_k[x] = zone_w_k && zone_w_k[x] > SHUT_W_K ? zone_w_k[x] : 0.0;
		w[x] = c->zone_w_k[x] / c->model->fold;
		per_w[x] = w[x] > 0.0 ? 1.0 / w[x] : 0.0;
	}
	for (int i = 0; i < RETICLES; i++)
		k->ha_w_k[i] = c->flowing && !(w[i % ZONES] > 0.0) ? 0.0 : ha_w_k[i] * part;
	if (c->flowing)
		effects(k, w, per_w);
	for (int i = 0; i < RETICLES && !c->flowing; i++) {
		k->f[i] = 0.0;
		k->wf_w_k[i] = k->ha_w_k[i];
	}
	for (int i = 0; i < RETICLES && c->storing; i++)
		k->s[i] = k->f[i] > 0.0 ? k->f[i] / (1.0 - k->wf_w_k[i] / k->ha_w_k[i]) : 0.0;
	back_set(c);
}

static void
reticle_means(const struct column *c, double out[RETICLES])
{
	const struct column_model *m = c->model;
	double sum[RETICLES] = {0.0};

	for (int y = 0; y < m->ny; y++)
		for (int x = 0; x < m->nx; x++)
			sum[column_reticle(m, x, y)] += column_node(c, 0, y)[x];
	for (int i = 0; i < RETICLES; i++)
		out[i] = sum[i] / (m->fold * m->fold);
}

void
column_silicon(const struct column *c, double out_c[RETICLES])
{
	reticle_means(c, out_c);
}

void
column_face(const struct column *c, const double power_w[RETICLES], double out_c[RETICLES])
{
	int n = c->model->fold * c->model->fold;

	reticle_means(c, out_c);
	for (int i = 0; i < RETICLES; i++)
		out_c[i] += power_w[i] / n * c->model->face_k_w;
}
