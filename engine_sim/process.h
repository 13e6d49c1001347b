/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The physics of one system, put together: wafer, loop, power, job, actuators. Its step is fixed,
 * PROCESS_STEP_S of plant time, of second order. The loop goes by the midpoint rule. Between its halves the
 * wafer takes its own step (wafer.h, or column.h of a fine one) with the supply of the middle, and gives the
 * loop its mean outlet. Inputs of a step are constant over it; pump speed and valve enter with their mean.
 *
 * Nothing here knows sensors, registers or who is in charge.
 */
#ifndef ISOTHERM_ENGINE_SIM_PROCESS_H
#define ISOTHERM_ENGINE_SIM_PROCESS_H

#include "engine_sim/process_state.h"

/* At room temperature, full load, pumps at .8, valve open, reference grid. */
void process_init(struct process *p);
/* The same of a system of that type. */
void process_type(struct process *p, const struct system_config *config);
/* Another grid. like: NULL, or a process of that grid whose fit may be the same. 0, -ERANGE: with
 * p->md a step would leave its stable range, or as fine_open says. */
int process_grid(struct process *p, enum grid grid, const struct process *like);
/* Takes a fine wafer over. */
void process_fine(struct process *p, struct fine *f);
void process_close(struct process *p);
/* May that double, if it is one of p->md, have that value? 0; -ERANGE: a step would leave its stable
 * range. */
int process_check(const struct process *p, const double *field, double value);
void process_step(struct process *p, const struct process_demand *d);
/* Flow, march, load and powers of the state as it is, without a step. */
void process_refresh(struct process *p);

/* The facility's side at that position of the valve, or speed of the fans. */
struct facility_water process_facility(const struct process *p, double valve);
/* Fans at rest at the speed p->valve; counts for process_facility from now on. */
void process_fans_rest(struct process *p);

/* Has a feed of this system, or of its machine, no voltage? */
bool process_feed_lost(const struct process *p, int feed);
double process_pumps_w(const struct process *p);
/* Pumps, and this system's share of the facility's pumps or its fans. */
double process_cooling_w(const struct process *p);

#endif
