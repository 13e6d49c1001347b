/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operating point at rest, by the same functions that step the plant: the state moves along
 * the plant's own rates, each node with a virtual time step of its own, until nothing moves.
 */
#ifndef ISOTHERM_ENGINE_SIM_STEADY_H
#define ISOTHERM_ENGINE_SIM_STEADY_H

#include "engine_sim/process.h"

/*
 * Brings `p` to rest with its duty, shares, pumps and faults as they are (overrides of pump speed
 * and valve count at once, failed pumps stand). hold_c: NAN, the loop finds its own temperature at
 * p->valve; else the supply temperature held, and p->valve becomes the position that does it, at
 * its bounds if none does (then the loop finds its own temperature there unless hold_always).
 * 0, or -EDOM when there is no rest (no coolant flow).
 */
int steady_solve(struct process *p, double hold_c, bool hold_always);

/* Spread at full duty, pumps at .8, supply at 24 C of a wafer with that one's model and variation,
 * on a grid. 0, -EDOM, or as process_grid says. */
int steady_nominal_spread(const struct process *like, enum grid grid, double *spread_k);

#endif
