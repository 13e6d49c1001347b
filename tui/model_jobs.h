/* SPDX-License-Identifier: Apache-2.0 */
/* The jobs that run, over all the systems that they run on: part of the snapshot. */
#ifndef ISOTHERM_TUI_MODEL_JOBS_H
#define ISOTHERM_TUI_MODEL_JOBS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/job.h"
#include "core/sample.h"

struct model_job {
	uint32_t number; /* in the plant's list, from 1 */
	char name[JOB_NAME_SIZE], tenant[JOB_NAME_SIZE];
	enum job_mode mode;
	uint32_t n_systems, first_system; /* index */
	uint32_t first_slot;              /* there */
	uint32_t n_reticles;              /* there */
	struct sample rate_frac;          /* of the slowest of its systems */
	struct sample tokens_per_s, cost_per_s;
	struct sample wait_frac; /* the longest that one of its systems waits for others */
	uint32_t straggler;      /* the system that they wait for; n_systems of the model: none */
	struct sample straggler_cost_per_s;
};

struct model_jobs {
	struct model_job job[PLANT_JOBS_MAX]; /* in the order of the plant's list */
	uint32_t n;
	uint32_t n_named,
		n_unknown; /* systems that name their jobs; of them those whose data is old */
};

struct model;
struct model_system;
/* It names its jobs, but what it said is too old to go by. */
bool model_jobs_unknown(const struct model_system *s);
void model_jobs_summarise(struct model *m); /* part of model_summarise */
const char *model_job_mode_word(enum job_mode mode);

#endif
