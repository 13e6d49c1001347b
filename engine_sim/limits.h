/* SPDX-License-Identifier: Apache-2.0 */
/* Small arithmetic that the step needs inline: libm's fmin and fmax are calls, and a plain sum
 * waits for each addition. */
#ifndef ISOTHERM_ENGINE_SIM_LIMITS_H
#define ISOTHERM_ENGINE_SIM_LIMITS_H

#include "config/plant.h"
#include "core/wide.h"

static inline double
least(double a, double b)
{
	return a < b ? a : b;
}

static inline double
most(double a, double b)
{
	return a > b ? a : b;
}

/* lo <= hi; a NaN gives hi. */
static inline double
clamp(double x, double lo, double hi)
{
	return most(lo, least(x, hi));
}

/* Zone by zone first, so that the additions of a row do not wait for each other. */
static inline double
reticle_sum(const double v[RETICLES])
{
	double part[ZONES] = {0.0}, sum = 0.0;

	for (int y = 0; y < ROWS; y++)
		for (int x = 0; x < ZONES; x++)
			part[x] += v[ZONES * y + x];
	for (int x = 0; x < ZONES; x++)
		sum += part[x];
	return sum;
}

#endif
