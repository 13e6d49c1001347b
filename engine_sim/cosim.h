/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plant as a slave of co-simulation: step, get, set and state by value references, close to FMI 3.0 co-simulation,
 * so that a wrapper is a page of renaming.
 *
 *   fmi3GetFloat64, fmi3SetFloat64    cosim_get, cosim_set; a value reference is a point's id (an output: what the bus
 *                                     says of it; an input: a register that can be written)
 *   parameters and faults             sim_get, sim_set, by path
 *   fmi3DoStep                        cosim_step: whole steps of 10 ms
 *   fmi3GetFMUState, SetFMUState      sim_state_get, sim_state_set (sim_state_size bytes, serialised already)
 *   fmi3Instantiate, FreeInstance     sim_open, sim_close
 */
#ifndef ISOTHERM_ENGINE_SIM_COSIM_H
#define ISOTHERM_ENGINE_SIM_COSIM_H

#include "engine_sim/sim.h"

/* The reference of a simulated device's point: its id. 0 or -ENOENT. */
int cosim_reference(const struct sim *sim, const char *name, uint32_t *reference);
/* values[n]; NAN: the device has nothing to say. 0, or -ENOENT for a reference that is none. */
int cosim_get(struct sim *sim, const uint32_t references[], size_t n, double values[]);
/* As a master writes them, one after the other. 0; -ENOENT; -EACCES: it can't be written; -ERANGE:
 * not in its range; those before it are written then. */
int cosim_set(struct sim *sim, const uint32_t references[], size_t n, const double values[]);
/* From now_s, which must be the plant's time, on for step_s. 0, or -EINVAL: another time, or no
 * whole steps of 10 ms. */
int cosim_step(struct sim *sim, double now_s, double step_s);

#endif
