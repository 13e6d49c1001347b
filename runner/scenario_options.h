/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOTHERM_RUNNER_SCENARIO_OPTIONS_H
#define ISOTHERM_RUNNER_SCENARIO_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/plant.h"
#include "controllers/control.h"

struct scenario_options {
	const char *file, *trace_path;
	bool has_seed, json;
	uint64_t seed;
	enum job_mode mode; /* JOB_MODE_IDLE: not given */
	enum controller_kind controller;
};

/* 0: go on; else the program ends with *exit_code. */
int scenario_options_parse(struct scenario_options *o, int argc, char **argv, int *exit_code);

#endif
