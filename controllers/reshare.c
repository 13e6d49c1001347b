/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/reshare.h"

#include <math.h>

#define TURNS 50
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

/* x_i = clamp(k may_i) with the k that makes the mean 1: by halving, for the mean grows with k. */
double
reshare_shares(const double may_frac[RETICLES], const bool member[RETICLES], double share[RETICLES])
{
	double lo = 0.0, hi = 2.0 / MAY_LEAST, n = 0.0;
	for (int i = 0; i < RETICLES; i++) {
		share[i] = (double)NAN;
		n += member[i] ? 1.0 : 0.0;
	}
	for (int turn = 0; turn < TURNS; turn++) {
		double k = 0.5 * (lo + hi), sum = 0.0;
		for (int i = 0; i < RETICLES; i++) {
			if (!member[i])
				continue;
			double x = k * fmax(may_frac[i], MAY_LEAST);
			share[i] = law_clamp(x, RESHARE_LO, RESHARE_HI);
			sum += share[i];
		}
		if (sum > n)
			hi = k;
		else
			lo = k;
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
