/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A job on several systems, data parallel: t_step = most t_k(b_k) + t_reduce. Pure functions.
 */
#ifndef ISOTHERM_ENGINE_SIM_CLUSTER_H
#define ISOTHERM_ENGINE_SIM_CLUSTER_H

#include <stdint.h>

/*
 * Whole micro-batches: `each` a system at equal shares, n each of them in all, after what is demanded of each (>= 0, not
 * finite counts as 1; only their ratios count), by greatest remainder, the first one of two alike. batch[k] out: of what
 * an equal share would be. All demands 0: equal.
 */
void cluster_split(double batch[], const double demanded[], uint32_t n, uint32_t each);

/* The slowest other one's time for each of the n; and who that slowest is, or -1 where the second is as slow within
 * 1e-3 of it (nobody then holds the others up). Times may be INFINITY; -1 entries are not there. */
int32_t cluster_others(double others_s[], const double need_s[], uint32_t n);

#endif
