/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOTHERM_RUNNER_RUN_OPTIONS_H
#define ISOTHERM_RUNNER_RUN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct run_options {
	const char *plant;
	int64_t for_ns; /* 0: until somebody stops it */
	bool headless;
};

/* 0: go on; else the program ends with *exit_code. */
int run_options_parse(struct run_options *o, int argc, char **argv, int *exit_code);

#endif
