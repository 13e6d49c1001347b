/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop as a body of water: what it holds, its pressures, and what makes its flow.
 *
 *   way     dp = system (1 + .1 (filter_mul - 1) + manifold ((12 / sum g)^2 - 1)) m^2; the zones lie
 *           side by side, g their openings: as set, times how they were built (trim)
 *   level   r = content / full content, at 24 C; with expansion (1 + beta (T - 24))
 *   return  a cushion of gas: 100 kPa (1 - 5 (1 - r)), not below 0, above the air outside
 *   pumps   lose head where they draw air, level 20 % (all of it) to 8 % (nothing left), and where the
 *           pressure before them above that of the vapour is less than npsh (m / m_nom)^2: their speed
 *           counts as the root of what is left of their head, so affinity holds
 *   leak    takes coolant at its own temperature from both volumes alike, and stops at 5 %; the
 *           volumes store less from then on. Pipes stay full.
 */
#ifndef ISOTHERM_ENGINE_SIM_HYDRAULICS_H
#define ISOTHERM_ENGINE_SIM_HYDRAULICS_H

#include "engine_sim/process_state.h"

/* Openings of the zones in force, and the pressure drop of the loop at 1 kg/s with them. */
void hydraulics_zones(const struct process *p, double g[ZONES]);
double hydraulics_system_kpa(const struct process *p, const double g[ZONES]);
/* Part of the pumps' head that is left, at a flow that they would have with all of it. */
double hydraulics_head_frac(const struct process *p, double flow_kg_s);
void hydraulics_flow(struct pump_flow *out, const struct process *p, const double g[ZONES],
		     const double speed[PUMPS]);

/* How the zones were built, from the wafer's seed. */
void hydraulics_trim(struct process *p, uint64_t wafer_seed);
/* Pipes as long as the model says, and at rest: as warm as the volumes before them. */
void hydraulics_rest(struct process *p);
/* The same where the model's pipes and volumes are not those that are there: as much is missing of
 * the new content as of the old. */
void hydraulics_resize(struct process *p);
/* Takes a step's leak out of the loop; what left with it, W. */
double hydraulics_leak(struct process *p);

/* What the two volumes hold, of full. */
double hydraulics_fill(const struct process *p);
/* And what that is, kg. */
double process_water_full_kg(const struct process *p);
double process_level_pct(const struct process *p);

/* Pressures, kPa. */
double process_return_kpa(const struct process *p);
double process_filter_dp_kpa(const struct process *p);
double process_plate_dp_kpa(const struct process *p);

#endif
