/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the bound knows of a plant: at each flow the steady response R of the grid, by its own state
 * at rest under a unit of power in each reticle, and the heat exchanger at full valve. T = Tc + R P.
 */
#ifndef ISOTHERM_TESTS_BENCH_BOUND_PLANT_H
#define ISOTHERM_TESTS_BENCH_BOUND_PLANT_H

#include "engine_sim/process.h"

struct bound_flow {
	double m_kg_s, pumps_w;
	double hx_w_k; /* heat into the facility over the difference of the inlets, valve open */
	double r[RETICLES][RETICLES]; /* [i][j]: reticle i for power in reticle j, K/W */
};

/* Grid, wafer, zones and faults are p's, which is left as it was but for its state. 0, or -EDOM: no
 * rest at that speed. */
int bound_flow_make(struct bound_flow *out, struct process *p, const double speed[PUMPS]);
/* Speed of both pumps at which m flows, by affinity. */
double bound_speed_for(const struct process *p, double m_kg_s);

/* All reticles at that duty, both pumps at that speed, and at rest. hold_c: NAN, the valve is open;
 * else the supply is held there. */
int bound_rest(struct process *p, double duty, double speed, double hold_c);

/*
 * The loop over a step, exact for inputs that stand still over it:
 *   M_hot cp dTh/dt = m cp (Tc - Th) + (1 + loss) P,  M_cold dTc/dt = m (Thx - Tc),
 *   Thx = Th - hx/(m cp) (Th - Tf), valve open
 * next = a state + p P + f Tf; state: hot, cold.
 */
struct bound_step {
	double a[2][2], p[2], f[2];
};
void bound_step_make(struct bound_step *out, const struct bound_flow *flow, const struct model *md,
		     double dt_s);
/* Heat into the loop over the wafer's power. */
double bound_heat_frac(const struct model *md);

#endif
