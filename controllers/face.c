/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/face.h"

#include <math.h>

static const double ENTRANCE[ROWS] = {1.10, 1.02, 0.99, 0.98, 0.97, 0.97, 0.97};

void
face_init(struct zone_face *p, const struct system_model *type)
{
	*p = (struct zone_face){.g_w_k = type->g_si_cu_w_k,
				.si_x_w_k = type->k_si_x_w_k,
				.si_y_w_k = type->k_si_y_w_k,
				.cu_x_w_k = type->k_cu_x_w_k,
				.cu_y_w_k = type->k_cu_y_w_k,
				.ha_w_k = type->ha_w_k,
				.exponent = type->ha_exponent,
				.zone_kg_s = type->m_nom_kg_s / ZONES,
				.cp_j_kg_k = type->cp_j_kg_k};
}

void
face_lateral(struct zone_face *p, const struct system_model *type, double mul)
{
	p->si_x_w_k = mul * type->k_si_x_w_k;
	p->cu_x_w_k = mul * type->k_cu_x_w_k;
}

/* Heat from the neighbours into i, and what of it their temperatures do not say: its conductance. */
static double
lateral_w(const double t_c[RETICLES], int i, double x_w_k, double y_w_k, double *w_k)
{
	int x = i % ZONES, y = i / ZONES;
	double w = 0.0, sum = 0.0;
	if (x > 0) {
		w += x_w_k * t_c[i - 1];
		sum += x_w_k;
	}
	if (x < ZONES - 1) {
		w += x_w_k * t_c[i + 1];
		sum += x_w_k;
	}
	if (y > 0) {
		w += y_w_k * t_c[i - ZONES];
		sum += y_w_k;
	}
	if (y < ROWS - 1) {
		w += y_w_k * t_c[i + ZONES];
		sum += y_w_k;
	}
	*w_k = sum;
	return w;
}

/* Of a zone's reticles along its flow. */
static void
effectiveness(const struct zone_face *p, double kg_s, double out[ROWS])
{
	double ha = p->ha_w_k * pow(kg_s / p->zone_kg_s, p->exponent);
	for (int y = 0; y < ROWS; y++)
		out[y] = 1.0 - exp(-ha * ENTRANCE[y] / (kg_s * p->cp_j_kg_k));
}

void
face_relax(const struct zone_face *p, const double power_w[RETICLES], double supply_c,
	   const double kg_s[ZONES], unsigned sweeps, double si_c[RETICLES], double cu_c[RETICLES])
{
	double film_w_k[RETICLES], water_w_k[ZONES], effect[ROWS];
	for (int x = 0; x < ZONES; x++) {
		water_w_k[x] = kg_s[x] * p->cp_j_kg_k;
		effectiveness(p, kg_s[x], effect);
		for (int y = 0; y < ROWS; y++)
			film_w_k[ZONES * y + x] = water_w_k[x] * effect[y];
	}
	while (sweeps-- > 0)
		for (int x = 0; x < ZONES; x++) {
			double water_c = supply_c;
			for (int y = 0; y < ROWS; y++) {
				int i = ZONES * y + x;
				double si_w_k, cu_w_k;
				double si_w = lateral_w(si_c, i, p->si_x_w_k, p->si_y_w_k, &si_w_k);
				double cu_w = lateral_w(cu_c, i, p->cu_x_w_k, p->cu_y_w_k, &cu_w_k);
				/* both nodes of the reticle at once */
				double a = p->g_w_k + si_w_k, b = power_w[i] + si_w;
				cu_c[i] =
					(cu_w + film_w_k[i] * water_c + p->g_w_k * b / a) /
					(p->g_w_k + cu_w_k + film_w_k[i] - p->g_w_k * p->g_w_k / a);
				si_c[i] = (b + p->g_w_k * cu_c[i]) / a;
				water_c += film_w_k[i] * (cu_c[i] - water_c) / water_w_k[x];
			}
		}
}

void
face_split(const struct zone_face *p, const double si_c[RETICLES], const double power_w[RETICLES],
	   double cu_c[RETICLES], double heat_w[RETICLES])
{
	for (int i = 0; i < RETICLES; i++) {
		double w_k;
		double w = lateral_w(si_c, i, p->si_x_w_k, p->si_y_w_k, &w_k);
		heat_w[i] = power_w[i] + w - w_k * si_c[i];
		cu_c[i] = si_c[i] - heat_w[i] / p->g_w_k;
	}
	for (int i = 0; i < RETICLES; i++) {
		double w_k;
		double w = lateral_w(cu_c, i, p->cu_x_w_k, p->cu_y_w_k, &w_k);
		heat_w[i] += w - w_k * cu_c[i];
	}
}

void
face_march(const struct zone_face *p, int x, double kg_s, double supply_c,
	   const double heat_w[RETICLES], double out_c[ROWS])
{
	double water_w_k = kg_s * p->cp_j_kg_k, water_c = supply_c, effect[ROWS];
	effectiveness(p, kg_s, effect);
	for (int y = 0; y < ROWS; y++) {
		double q = heat_w[ZONES * y + x];
		out_c[y] = water_c + q / (water_w_k * effect[y]);
		water_c += q / water_w_k;
	}
}

double
face_median(const double x[ZONES], const bool counts[ZONES], int *n)
{
	double sorted[ZONES] = {0.0};
	*n = 0;
	for (int k = 0; k < ZONES; k++) {
		if (counts && !counts[k])
			continue;
		int b = (*n)++;
		for (; b > 0 && sorted[b - 1] > x[k]; b--)
			sorted[b] = sorted[b - 1];
		sorted[b] = x[k];
	}
	return *n ? 0.5 * (sorted[(*n - 1) / 2] + sorted[*n / 2]) : 0.0;
}
