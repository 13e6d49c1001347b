/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/reshare.h"

#include <math.h>

#define TURNS 8
#define LOST_S 1.0 /* half rate for two seconds */
#define MAY_LEAST 1e-3
#define STEP 1e-4 /* of a share's register */

double
reshare_rate(const double may_frac[RETICLES], const bool member[RETICLES],
	     const double share[RETICLES])
{
	double rate = 1.0;
	for (int i = 0; i < RETICLES; i++)
		if (member[i])
			rate = fmin(rate, may_frac[i] / fmax(share[i], RESHARE_LO));
	return rate;
}

/* x_i = clamp(k may_i) with the k that makes the mean 1. */
double
reshare_shares(const double may_frac[RETICLES], const bool member[RETICLES], double share[RETICLES])
{
	double n = 0.0, sum_may = 0.0, k;
	for (int i = 0; i < RETICLES; i++) {
		share[i] = (double)NAN;
		if (member[i]) {
			n += 1.0;
			sum_may += fmax(may_frac[i], MAY_LEAST);
		}
	}
	if (n < 1.0)
		return 1.0;
	k = n / sum_may;
	for (int turn = 0; turn < TURNS; turn++) {
		double sum = 0.0, free_may = 0.0;
		for (int i = 0; i < RETICLES; i++) {
			if (!member[i])
				continue;
			double x = k * fmax(may_frac[i], MAY_LEAST);
			share[i] = law_clamp(x, RESHARE_LO, RESHARE_HI);
			sum += share[i];
			if (x > RESHARE_LO && x < RESHARE_HI)
				free_may += fmax(may_frac[i], MAY_LEAST);
		}
		if (!(free_may > 0.0) || fabs(sum - n) < STEP)
			break;
		k += (n - sum) / free_may;
	}
	for (int i = 0; i < RETICLES; i++)
		share[i] = round(share[i] / STEP) * STEP; /* NAN stays */
	return reshare_rate(may_frac, member, share);
}

bool
reshare_pays(double rate_now, double rate_then, double payback_s)
{
	return (rate_then - rate_now) * payback_s > LOST_S * rate_now;
}
