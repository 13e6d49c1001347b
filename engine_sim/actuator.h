/* SPDX-License-Identifier: Apache-2.0 */
/* How actuators move: dimensionless positions 0..1, rates a second. Exact over dt inside the
 * linear region, so the step's size does not matter. */
#ifndef ISOTHERM_ENGINE_SIM_ACTUATOR_H
#define ISOTHERM_ENGINE_SIM_ACTUATOR_H

#include <math.h>
#include <stdint.h>

#include "engine_sim/limits.h"

#define ACTUATOR_THERE 1e-6 /* nearer than this is there: the lag alone would never arrive */
/* What a drive or positioner resolves, as the registers that command it. */
#define ACTUATOR_STEPS 1e4

/* Part of its way that a lag of tau_s goes in a step; kept, since tau_s seldom is another one. */
struct actuator_part {
	double tau_s, part;
};

/* First order lag whose speed is limited: |dx/dt| <= per_s. dt_s is always the same for a `kept`. */
static inline double
actuator_lag_kept(struct actuator_part *kept, double x, double target, double tau_s, double per_s,
		  double dt_s)
{
	if (fabs(target - x) < ACTUATOR_THERE)
		return target;
	if (!(kept->tau_s >= tau_s && kept->tau_s <= tau_s))
		*kept = (struct actuator_part){tau_s, -expm1(-dt_s / tau_s)};
	return x + clamp((target - x) * kept->part, -per_s * dt_s, per_s * dt_s);
}

static inline double
actuator_lag(double x, double target, double tau_s, double per_s, double dt_s)
{
	struct actuator_part none = {(double)NAN, (double)NAN};

	return actuator_lag_kept(&none, x, target, tau_s, per_s, dt_s);
}

/* Position over a step, for what hangs on it: in the resolution's steps while it moves, exact at rest. */
static inline double
actuator_mean(double before, double after)
{
	double mean = 0.5 * (before + after);

	if (!(before < after || before > after))
		return after;
	return (double)(int32_t)(mean * ACTUATOR_STEPS + 0.5) / ACTUATOR_STEPS;
}

/* Straight towards the target, at most up_per_s and down_per_s. */
static inline double
actuator_slew(double x, double target, double up_per_s, double down_per_s, double dt_s)
{
	return x + clamp(target - x, -down_per_s * dt_s, up_per_s * dt_s);
}

#endif
