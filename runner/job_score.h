/* SPDX-License-Identifier: Apache-2.0 */
/* What became of the jobs and tenants of a scenario. */
#ifndef ISOTHERM_RUNNER_JOB_SCORE_H
#define ISOTHERM_RUNNER_JOB_SCORE_H

#include <stdint.h>

#include "engine_sim/sim.h"

enum job_score_id {
#define JOB_SCORE(name, unit, decimals, text) JOB_SCORE_##name,
#include "runner/job_scores.def"
#undef JOB_SCORE
	JOB_SCORES
};

struct job_score_info {
	const char *name, *unit, *text;
	int decimals;
};
extern const struct job_score_info job_score_table[JOB_SCORES];
int job_score_by_name(const char *name); /* enum job_score_id or -1 */

/* NAN where there is none. */
double job_score(const struct sim_job_truth *truth, enum job_score_id id);

const char *job_state_name(enum sim_job_state state);

#endif
