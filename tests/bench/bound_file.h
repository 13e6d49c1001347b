/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bound of a scenario file: what its events make of the plant, cut where that changes. Each part
 * is the steady optimum of the plant as it is then; a pump's loss begins a window in time, and a job
 * of two phases is solved over its periods. What has no bound says why.
 */
#ifndef ISOTHERM_TESTS_BENCH_BOUND_FILE_H
#define ISOTHERM_TESTS_BENCH_BOUND_FILE_H

#include "engine_sim/sim.h"
#include "runner/scenario_file.h"
#include "tests/bench/bound_cases.h"

struct bound_of_file {
	double bound_pct; /* NAN: none, and why */
	double s_lim_k;
	char why[160];
};

/* sim: opened on sc's plant and grid; it is at another state afterwards. s_lim_k: NAN, the file's or
 * the wafer's own. 0 or -errno of the solution. */
int bound_file_solve(const struct scenario *sc, struct sim *sim, uint32_t system, double s_lim_k,
		     bool wait_heats, struct bound_of_file *out);

#endif
