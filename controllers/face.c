/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/face.h"

#include <math.h>
#include <string.h>

#include "core/wide.h"

#define DEVELOPED 4 /* from this row on the entrance is far behind */
static const double ENTRANCE[DEVELOPED + 1] = {1.10, 1.02, 0.99, 0.98, 0.97};

void
face_init(struct zone_face *p, const struct system_model *type, double x_mul, double y_mul)
{
	*p = (struct zone_face){.g_w_k = type->g_si_cu_w_k,
				.si_x_w_k = x_mul * type->k_si_x_w_k,
				.si_y_w_k = y_mul * type->k_si_y_w_k,
				.cu_x_w_k = x_mul * type->k_cu_x_w_k,
				.cu_y_w_k = y_mul * type->k_cu_y_w_k,
				.ha_w_k = type->ha_w_k,
				.exponent = type->ha_exponent,
				.zone_kg_s = type->m_nom_kg_s / ZONES,
				.cp_j_kg_k = type->cp_j_kg_k};
}

/* A reticle has four neighbours, or a rim of zeros in their place. */
#define STRIDE (ZONES + 2)
#define INSIDE(y, x) (STRIDE * ((y) + 1) + (x) + 1)
struct rimmed {
	double at[STRIDE * (ROWS + 2)];
};

/* Conductance to the neighbours of a row's in their own row; above and below it is the same for all of them. */
static void
across_w_k(double x_w_k, double out[ZONES])
{
	for (int x = 0; x < ZONES; x++)
		out[x] = x_w_k + x_w_k;
	out[0] = out[ZONES - 1] = x_w_k;
}

/* Heat from the neighbours of one, and what of it their temperatures do not say: its conductance. */
INLINED double
lateral_w(const double *at, double x_w_k, double y_w_k)
{
	return x_w_k * at[-1] + x_w_k * at[1] + y_w_k * at[-STRIDE] + y_w_k * at[STRIDE];
}

static void
rim(struct rimmed *to, const double from[RETICLES])
{
	memset(to, 0, sizeof *to);
	for (int y = 0; y < ROWS; y++)
		memcpy(&to->at[INSIDE(y, 0)], from + ZONES * y, ZONES * sizeof *from);
}

void
face_effect(const struct zone_face *p, double kg_s, double out[ROWS], double slope[ROWS])
{
	double ha = p->ha_w_k * pow(kg_s / p->zone_kg_s, p->exponent);
	for (int y = 0; y < ROWS; y++) {
		if (y > DEVELOPED) {
			out[y] = out[DEVELOPED];
			slope[y] = slope[DEVELOPED];
			continue;
		}
		double units = ha * ENTRANCE[y] / (kg_s * p->cp_j_kg_k), left = exp(-units);
		out[y] = 1.0 - left;
		slope[y] = left * units * (p->exponent - 1.0);
	}
}

WIDE void
face_split(const struct zone_face *p, const double si_c[RETICLES], const double power_w[RETICLES],
	   double cu_c[RETICLES], double heat_w[RETICLES])
{
	UNCLEARED struct rimmed si, cu;
	UNCLEARED double si_w_k[ZONES], cu_w_k[ZONES];
	across_w_k(p->si_x_w_k, si_w_k);
	across_w_k(p->cu_x_w_k, cu_w_k);
	rim(&si, si_c);
	for (int y = 0; y < ROWS; y++) {
		double up = y > 0 ? p->si_y_w_k : 0.0, down = y < ROWS - 1 ? p->si_y_w_k : 0.0;
		for (int x = 0; x < ZONES; x++) {
			int i = ZONES * y + x;
			double w = lateral_w(&si.at[INSIDE(y, x)], p->si_x_w_k, p->si_y_w_k);
			heat_w[i] = power_w[i] + w - (si_w_k[x] + up + down) * si_c[i];
			cu_c[i] = si_c[i] - heat_w[i] / p->g_w_k;
		}
	}
	rim(&cu, cu_c);
	for (int y = 0; y < ROWS; y++) {
		double up = y > 0 ? p->cu_y_w_k : 0.0, down = y < ROWS - 1 ? p->cu_y_w_k : 0.0;
		for (int x = 0; x < ZONES; x++) {
			int i = ZONES * y + x;
			double w = lateral_w(&cu.at[INSIDE(y, x)], p->cu_x_w_k, p->cu_y_w_k);
			heat_w[i] += w - (cu_w_k[x] + up + down) * cu_c[i];
		}
	}
}

void
face_march(const struct zone_face *p, int x, double kg_s, double supply_c,
	   const double heat_w[RETICLES], double out_c[ROWS], double slope_k[ROWS])
{
	double water_w_k = kg_s * p->cp_j_kg_k, water_c = supply_c, effect[ROWS], by_flow[ROWS];
	face_effect(p, kg_s, effect, by_flow);
	for (int y = 0; y < ROWS; y++) {
		double rise_k = heat_w[ZONES * y + x] / water_w_k, over_k = rise_k / effect[y];
		out_c[y] = water_c + over_k;
		slope_k[y] = supply_c - water_c - over_k * (1.0 + by_flow[y] / effect[y]);
		water_c += rise_k;
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
