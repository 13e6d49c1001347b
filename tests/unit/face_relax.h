/* SPDX-License-Identifier: Apache-2.0 */
/* A wafer at rest by another way than the controllers' (controllers/face.h): node by node, from any start. */
#ifndef ISOTHERM_TESTS_UNIT_FACE_RELAX_H
#define ISOTHERM_TESTS_UNIT_FACE_RELAX_H

#include <math.h>

#include "controllers/face.h"

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

/* `sweeps` of Gauss-Seidel from what si_c and cu_c are; eighty from a uniform start leave less than 1 mK. kg_s: of each zone. */
static void
face_relax(const struct zone_face *p, const double power_w[RETICLES], double supply_c,
	   const double kg_s[ZONES], unsigned sweeps, double si_c[RETICLES], double cu_c[RETICLES])
{
	double film_w_k[RETICLES], water_w_k[ZONES], effect[ROWS], unused[ROWS];
	for (int x = 0; x < ZONES; x++) {
		water_w_k[x] = kg_s[x] * p->cp_j_kg_k;
		face_effect(p, kg_s[x], effect, unused);
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

#endif
