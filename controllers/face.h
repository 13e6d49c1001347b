/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Silicon and cold plate at one node a reticle, standing still: what a temperature and a power say of the water of a
 * zone, and the other way round. i = 12 y + x, the water of zone x flows along y.
 *
 *   heat into the copper   P_i + L_si,i            = g_si_cu_w_k (Tsi_i - Tcu_i)
 *   heat into the water    q_i = P_i + L_si,i + L_cu,i
 *   copper over water      Tcu_i = th_i + q_i / (m_x cp f_i),   f_i = 1 - exp(-hA_x r_y / (m_x cp))
 *   water                  th_(y+1) = th_y + q_i / (m_x cp),    th_0 = supply
 *   film                   hA_x = ha_w_k (m_x / (m_nom_kg_s / 12))^ha_exponent
 *   entrance               r_y, the film is thinner where the grooves begin; mean 1
 *
 * L: heat from the neighbours. Effectiveness of a wall at one temperature along a channel: Kays and London, Compact Heat
 * Exchangers, chapter 2. Copper follows within .35 s: whoever feeds it filters both sides alike. The numbers are those of
 * the type (`model:`); every reticle is the nominal one.
 */
#ifndef ISOTHERM_CONTROLLERS_FACE_H
#define ISOTHERM_CONTROLLERS_FACE_H

#include <stdbool.h>

#include "config/plant.h"

struct zone_face {
	double g_w_k, si_x_w_k, si_y_w_k, cu_x_w_k, cu_y_w_k;
	double ha_w_k, exponent, zone_kg_s, cp_j_kg_k; /* zone_kg_s: of one zone at nominal flow */
};

/*
 * Heat across and along the zones is x_mul and y_mul times what the type's one node a reticle lets expect: between two
 * unlike reticles, or zones, the copper bends over less than a reticle, so that its nodes stand too far apart.
 */
void face_init(struct zone_face *p, const struct system_model *type, double x_mul, double y_mul);

/* What part of the difference to its copper the water takes on, in each row, and by the logarithm of the zone's flow.
 * kg_s: of the zone, > 0. */
void face_effect(const struct zone_face *p, double kg_s, double out[ROWS], double slope[ROWS]);

/* Temperatures and powers as the plate sees them: copper, and the heat that its water takes. */
void face_split(const struct zone_face *p, const double si_c[RETICLES],
		const double power_w[RETICLES], double cu_c[RETICLES], double heat_w[RETICLES]);
/* Copper of zone x over the rows, for a flow of it; and how it moves with the logarithm of that flow, in which hA_x goes by
 * its exponent and 1 - f_i = exp(-hA_x r_y / (m_x cp)). */
void face_march(const struct zone_face *p, int x, double kg_s, double supply_c,
		const double heat_w[RETICLES], double out_c[ROWS], double slope_k[ROWS]);

/* The median of those that count, 0 of none; *n: how many they are. counts: NULL, all do. */
double face_median(const double x[ZONES], const bool counts[ZONES], int *n);

#endif
