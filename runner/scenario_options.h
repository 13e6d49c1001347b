/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOTHERM_RUNNER_SCENARIO_OPTIONS_H
#define ISOTHERM_RUNNER_SCENARIO_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/plant.h"
#include "runner/scenario_file.h"

struct scenario_options {
	const char *file, *trace_path, *truth_path, *restore_path, *save_path, *record_path,
		*replay_path; /* NULL: not given */
	double save_at_s;
	bool has_seed, json, bound;
	uint64_t seed;
	enum job_mode mode; /* JOB_MODE_IDLE: not given */
	int shares;         /* 0 fixed, 1 free, -1: not given */
	int grid;           /* enum grid, -1: not given */
	int controller;     /* enum controller_kind or SCENARIO_OFF, -1: not given */
	int threads;        /* 1, 2, 0: not given */
};

/* 0: go on; else the program ends with *exit_code. */
int scenario_options_parse(struct scenario_options *o, int argc, char **argv, int *exit_code);

#endif
