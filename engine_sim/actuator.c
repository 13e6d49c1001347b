/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/actuator.h"

#include <math.h>

double
actuator_lag(double x, double target, double tau_s, double per_s, double dt_s)
{
	double move = (target - x) * -expm1(-dt_s / tau_s);

	return x + fmin(per_s * dt_s, fmax(-per_s * dt_s, move));
}

double
actuator_slew(double x, double target, double up_per_s, double down_per_s, double dt_s)
{
	return x + fmin(up_per_s * dt_s, fmax(-down_per_s * dt_s, target - x));
}
