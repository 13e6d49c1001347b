/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers keyed by (seed, signal, tick): the same whoever reads them, how often and in what
 * order. */
#ifndef ISOTHERM_CORE_KEYED_H
#define ISOTHERM_CORE_KEYED_H

#include <stddef.h>
#include <stdint.h>

uint64_t keyed_u64(uint64_t seed, uint64_t signal, uint64_t tick);
double keyed_uniform(uint64_t seed, uint64_t signal, uint64_t tick); /* (0, 1) */
/* mean 0, standard deviation 1 */
double keyed_normal(uint64_t seed, uint64_t signal, uint64_t tick);
/* Of any signals, each as keyed_normal's. It goes by fours: both arrays have room, and `signals` some number, up to the
 * next multiple. */
#define KEYED_SPARE 3
void keyed_normals_of(double *out, size_t n, uint64_t seed, const uint64_t *signals, uint64_t tick);
/* Many at a time, two of each of the keys of `signal`, `signal` + 1 …, none beyond 6.8 deviations:
 * out[2 * pairs]. Others than keyed_normal's. */
void keyed_normals(double *out, size_t pairs, uint64_t seed, uint64_t signal, uint64_t tick);
/* a signal's key from its name */
uint64_t keyed_signal(const char *name);

#endif
