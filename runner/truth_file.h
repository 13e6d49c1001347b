/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plant's true state over a scenario as CSV, for pictures and benches: a header, then a line a tick and system with
 * what the scores are made of, and the true temperature of each reticle.
 */
#ifndef ISOTHERM_RUNNER_TRUTH_FILE_H
#define ISOTHERM_RUNNER_TRUTH_FILE_H

#include "core/errtext.h"
#include "engine_sim/sim.h"

struct truth_file;

/* path NULL: nothing is written, *out is NULL, and the rest takes that. 0 or -errno with `err` filled. */
int truth_file_open(struct truth_file **out, const char *path, struct errtext *err);
void truth_file_put(struct truth_file *f, double time_s, const char *system,
		    const struct sim_truth *truth);
/* 0, or -errno: something could not be written; `err` (may be NULL) says where. */
int truth_file_close(struct truth_file *f, struct errtext *err);

#endif
