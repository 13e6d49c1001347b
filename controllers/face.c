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

/* Heat to each node from its neighbours, by the conductances in its row and across rows; and from it to them, who are fewer
 * at the edge. */
INLINED void
lateral_w(double *restrict to_w, double *restrict from_w, const struct rimmed *t, double x_w_k,
	  double y_w_k)
{
	for (int y = 0; y < ROWS; y++) {
		const double *at = &t->at[INSIDE(y, 0)];
		double up = y > 0 ? y_w_k : 0.0, down = y < ROWS - 1 ? y_w_k : 0.0;
		for (int x = 0; x < ZONES; x++) {
			double left = x > 0 ? x_w_k : 0.0, right = x < ZONES - 1 ? x_w_k : 0.0;
			to_w[ZONES * y + x] = x_w_k * at[x - 1] + x_w_k * at[x + 1] +
					      y_w_k * at[x - STRIDE] + y_w_k * at[x + STRIDE];
			from_w[ZONES * y + x] = (left + right + up + down) * at[x];
		}
	}
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
	   double cu_c[restrict RETICLES], double heat_w[restrict RETICLES])
{
	UNCLEARED struct rimmed t;
	UNCLEARED double to_w[RETICLES], from_w[RETICLES];
	double g_w_k = p->g_w_k;
	rim(&t, si_c);
	lateral_w(to_w, from_w, &t, p->si_x_w_k, p->si_y_w_k);
	for (int i = 0; i < RETICLES; i++) {
		heat_w[i] = power_w[i] + to_w[i] - from_w[i];
		cu_c[i] = si_c[i] - heat_w[i] / g_w_k;
	}
	rim(&t, cu_c);
	lateral_w(to_w, from_w, &t, p->cu_x_w_k, p->cu_y_w_k);
	for (int i = 0; i < RETICLES; i++)
		heat_w[i] += to_w[i] - from_w[i];
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
