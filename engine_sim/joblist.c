/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "engine_sim/state.h"

uint32_t
sim_job_count(const struct sim *sim)
{
	return sim->plant->n_jobs;
}

void
sim_job(const struct sim *sim, uint32_t job, struct sim_job_truth *out)
{
	const struct job_config *config = &sim->plant->jobs[job];

	*out = (struct sim_job_truth){.name = config->name,
				      .tenant = config->tenant,
				      .n_systems = config->n_systems,
				      .n_reticles = config->n_reticles,
				      .started_s = (double)NAN,
				      .ended_s = (double)NAN,
				      .straggler = -1,
				      .straggler_most = -1};
}
