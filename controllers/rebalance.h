/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Micro-batches of a step, shared so that the slowest is done as early as can be: the split that
 * makes the greatest b_k / R_k least. Pure functions of a few arrays.
 */
#ifndef ISOTHERM_CONTROLLERS_REBALANCE_H
#define ISOTHERM_CONTROLLERS_REBALANCE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * `all` whole micro-batches over n systems of rates rate[k] >= 0 (0: gets none), `most` a system at
 * most. Dealt out one by one to whom it makes least late, which is the optimum; the first of two
 * alike. count[n] out. False: they do not fit, and count[] is of no use.
 */
bool rebalance_split(uint32_t count[], const double rate[], uint32_t n, uint32_t all,
		     uint32_t most);

/* How long a step is, in times of a micro-batch at rate 1: INFINITY where one has work and no rate. */
double rebalance_step(const uint32_t count[], const double rate[], uint32_t n);

#endif
