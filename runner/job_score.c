/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/job_score.h"

#include <math.h>
#include <string.h>

#define J_PER_KWH 3.6e6

const struct job_score_info job_score_table[JOB_SCORES] = {
#define JOB_SCORE(name, unit, decimals, text) {#name, unit, text, decimals},
#include "runner/job_scores.def"
#undef JOB_SCORE
};

int
job_score_by_name(const char *name)
{
	for (int i = 0; i < JOB_SCORES; i++)
		if (strcmp(job_score_table[i].name, name) == 0)
			return i;
	return -1;
}

static double
ratio(double a, double b)
{
	return b > 0.0 ? a / b : (double)NAN;
}

double
job_score(const struct sim_job_truth *t, enum job_score_id id)
{
	bool started = isfinite(t->started_s);

	switch (id) {
	case JOB_SCORE_tokens:
		return t->tokens;
	case JOB_SCORE_tokens_per_s:
		return ratio(t->tokens, t->busy_s);
	case JOB_SCORE_scaling_pct:
		return started ? 100.0 * t->scaling_frac : (double)NAN;
	case JOB_SCORE_loss_pct:
		return started ? 100.0 * (1.0 - t->scaling_frac) : (double)NAN;
	case JOB_SCORE_utilisation_pct:
		return started ? 100.0 * t->utilisation : (double)NAN;
	case JOB_SCORE_energy_kwh:
		return t->energy_j / J_PER_KWH;
	case JOB_SCORE_j_per_token:
		return ratio(t->energy_j, t->tokens);
	case JOB_SCORE_started_s:
		return t->started_s;
	case JOB_SCORE_ended_s:
		return t->ended_s;
	case JOB_SCORE_run_s:
		return t->busy_s;
	case JOB_SCORE_waited_s:
		return t->waited_s;
	case JOB_SCORE_starved_s:
		return t->starved_s;
	case JOB_SCORE_stretched_s:
		return t->stretched_s;
	case JOB_SCORE_straggler_s:
		return t->straggler_s;
	case JOB_SCORES:
		break;
	}
	return (double)NAN;
}

const char *
job_state_name(enum sim_job_state state)
{
	switch (state) {
	case SIM_JOB_AHEAD:
		return "ahead";
	case SIM_JOB_WAITING:
		return "waiting";
	case SIM_JOB_RUNNING:
		return "running";
	case SIM_JOB_ENDED:
		return "ended";
	}
	return "";
}
