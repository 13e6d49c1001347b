/* SPDX-License-Identifier: Apache-2.0 */
/* Which jobs have a place: starts, waits, ends. */
#ifndef ISOTHERM_ENGINE_SIM_JOBPLACE_H
#define ISOTHERM_ENGINE_SIM_JOBPLACE_H

#include "engine_sim/joblist.h"

/* The first free slot of that system, and its reticles, which are free. `job` is its index. */
void jobplace_take(struct job_run *run, struct job_member *member, struct sim_system *system,
		   int32_t job, bool resolved);
/* Do its systems take each step together? */
bool jobplace_together(const struct job_run *run);
/* Ends what is to end, starts what can start. Whether any did. */
bool jobplace_step(struct job_list *l, struct sim_system *systems, int64_t step);

#endif
