/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every scenario starts commissioned: before it, the same plant stands in a house of its own, healthy and with one job on
 * all of it; its wafers are measured at work, stopped, and measured without, as a person would have it done
 * (controllers/commission.h), over the same bus. Nothing of that house outlives it but what its soaks found.
 */
#ifndef ISOTHERM_RUNNER_SOAK_H
#define ISOTHERM_RUNNER_SOAK_H

#include "controllers/commission.h"
#include "runner/scenario_file.h"

/*
 * out: [n_systems]; serial 0 where a soak gave nothing within its time, as of a system whose devices are in shadow, or one
 * without a serial number. `sweep` as in the options of rooms. 0 or -errno.
 */
int soak_scenario(const struct scenario *sc, const struct sweep *sweep, struct commissioned *out,
		  struct errtext *err);

#endif
