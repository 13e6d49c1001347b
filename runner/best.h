/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a clairvoyant could reach in a scenario, asked of isotherm-bound (docs/bound.md), a program of its own beside
 * this one: it needs a solver that nothing else needs, and may not be there.
 */
#ifndef ISOTHERM_RUNNER_BEST_H
#define ISOTHERM_RUNNER_BEST_H

#include "core/errtext.h"
#include "runner/scenario_file.h"

/* Would it answer? 0; -ENOENT: it is not there; -ENOTSUP: it knows nothing of this mode, with `err` filled. */
int best_check(const struct scenario *s, struct errtext *err);

/*
 * Best throughput of a system in % of unthrottled, NAN where none is known, with the spread limit that stands in the
 * plant: after world_open. The other program reads the scenario's file; where that names a case, what it changes of
 * zones, facility, heat exchanger, cap and period goes with the question.
 * 0 or -errno with `err` filled. Blocks while the other program computes.
 */
int best_throughput(const struct scenario *s, uint32_t system, double *pct, struct errtext *err);

#endif
