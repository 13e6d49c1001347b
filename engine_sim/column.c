/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/column.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine_sim/column_state.h"
#include "engine_sim/limits.h"

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
	return 0;
}

static size_t
padded(size_t n)
{
	return (n + 2 * COLUMN_PAD + 7) / 8 * 8;
}

size_t
column_bytes(const struct column_model *m)
{
	size_t layers = 2 * PLATE_NODES + (m->coolant_j_k > 0.0);

	return ALIGN + sizeof(struct column) +
	       sizeof(double) * (layers * padded((size_t)m->cells) +
				 COLUMN_ROWS * padded((size_t)(ROWS * m->nx)));
}

/* The next n doubles of the block, with room before and behind. */
static double *
take(double **at, size_t n)
{
	double *p = *at + COLUMN_PAD;

	*at += padded(n);
	return p;
}

int
column_open(struct column **out, const struct column_model *m, double start_c)
{
	struct column *c = calloc(1, sizeof(*c));
	size_t cells = (size_t)m->cells, row = (size_t)(ROWS * m->nx);
	double *at;

	*out = NULL;
	if (!c)
		return -ENOMEM;
	c->block = aligned_alloc(ALIGN, (column_bytes(m) + ALIGN - 1) / ALIGN * ALIGN);
	if (!c->block) {
		free(c);
		return -ENOMEM;
	}
	memset(c->block, 0, column_bytes(m));
	at = c->block;
	for (int n = 0; n < PLATE_NODES; n++) {
		c->t_c[n] = take(&at, cells);
		c->side_w[n] = take(&at, cells);
	}
	if (m->coolant_j_k > 0.0)
		c->coolant_c = take(&at, cells);
	double **const rows[COLUMN_ROWS] = {
		&c->row.power_w, &c->row.contact_w_k, &c->row.i0,     &c->row.g0,     &c->row.i1,
		&c->row.g1,      &c->row.d2,          &c->row.ha_w_k, &c->row.wf_w_k, &c->row.f,
		&c->row.i2,      &c->row.ws_w_k,      &c->row.s,      &c->row.ie,     &c->row.hie};
	for (int k = 0; k < COLUMN_ROWS; k++)
		*rows[k] = take(&at, row);
	c->model = m;
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
	free(c->block);
	free(c);
}

void
column_reset(struct column *c, double temp_c)
{
	for (int n = 0; n < PLATE_NODES; n++)
		for (int i = 0; i < c->model->cells; i++)
			c->t_c[n][i] = temp_c;
	for (int i = 0; c->coolant_c && i < c->model->cells; i++)
		c->coolant_c[i] = temp_c;
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

/* i2 and what it rests on. */
static void
back_factors(struct column *c)
{
	struct column_rows *r = &c->row;

	for (int i = 0; i < ROWS * c->model->nx; i++) {
		double hie;

		if (!c->coolant_c || !c->flowing) {
			r->i2[i] = 1.0 / (r->d2[i] + r->wf_w_k[i]);
			continue;
		}
		r->ie[i] = 1.0 / (c->a_coolant + r->ha_w_k[i] + r->ws_w_k[i]);
		hie = r->hie[i] = r->ha_w_k[i] * r->ie[i];
		r->i2[i] = 1.0 / (r->d2[i] + r->ha_w_k[i] * (1.0 - hie));
	}
}

void
column_contact(struct column *c, const double factor[RETICLES])
{
	const struct column_model *m = c->model;
	struct column_rows *r = &c->row;
	double g1 = m->g_w_k[1];

	for (int i = 0; i < ROWS * m->nx; i++) {
		int reticle = ZONES * (i / m->nx) + i % m->nx / m->fold;
		double g0 = m->g_w_k[0] * factor[reticle];
		double d0 = c->a[0] + g0, d1 = c->a[1] + g0 + g1 - g0 * g0 / d0;

		r->contact_w_k[i] = g0;
		r->i0[i] = 1.0 / d0;
		r->g0[i] = g0 / d0;
		r->i1[i] = 1.0 / d1;
		r->g1[i] = g1 / d1;
		r->d2[i] = c->a[2] + g1 - g1 * g1 / d1;
	}
	back_factors(c);
}

void
column_back(struct column *c, const double ha_w_k[RETICLES], const double *zone_w_k)
{
	const struct column_model *m = c->model;
	struct column_rows *r = &c->row;

	c->flowing = zone_w_k != NULL;
	for (int x = 0; x < ZONES; x++)
		c->zone_w_k[x] = zone_w_k && zone_w_k[x] > SHUT_W_K ? zone_w_k[x] : 0.0;
	for (int i = 0; i < RETICLES; i++) {
		double ha = ha_w_k[i] / (m->fold * m->fold), w = c->zone_w_k[i % ZONES] / m->fold;
		double f = w > 0.0 ? -expm1(-ha / w) : 0.0,
		       s = f > 0.0 ? f / (1.0 - f * w / ha) : 0.0;
		int first = i / ZONES * m->nx + i % ZONES * m->fold;

		if (w <= 0.0 && c->flowing)
			ha = 0.0;
		for (int k = first; k < first + m->fold; k++) {
			r->ha_w_k[k] = ha;
			r->f[k] = f;
			r->wf_w_k[k] = c->flowing ? w * f : ha;
			r->s[k] = s;
			r->ws_w_k[k] = w * s;
		}
	}
	back_factors(c);
}

static void
reticle_means(const struct column_model *m, const double *t, double out[RETICLES])
{
	double sum[RETICLES] = {0.0};

	for (int y = 0; y < m->ny; y++)
		for (int x = 0; x < m->nx; x++)
			sum[ZONES * (y / m->fold) + x / m->fold] += t[m->nx * y + x];
	for (int i = 0; i < RETICLES; i++)
		out[i] = sum[i] / (m->fold * m->fold);
}

void
column_silicon(const struct column *c, double out_c[RETICLES])
{
	reticle_means(c->model, c->t_c[0], out_c);
}

void
column_face(const struct column *c, const double power_w[RETICLES], double out_c[RETICLES])
{
	int n = c->model->fold * c->model->fold;

	reticle_means(c->model, c->t_c[0], out_c);
	for (int i = 0; i < RETICLES; i++)
		out_c[i] += power_w[i] / n * c->model->face_k_w;
}
