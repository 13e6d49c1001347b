/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moving work between the reticles of a job that keeps pace: each gets a share x_i of it, mean 1,
 * in proportion to what it may carry, so that none holds the others up. New shares cost: the device
 * takes them at most every 20 s, and the job runs at half rate for 2 s. So they are asked for only
 * where they pay.
 */
#ifndef ISOTHERM_CONTROLLERS_RESHARE_H
#define ISOTHERM_CONTROLLERS_RESHARE_H

#include "controllers/law.h"
#include "controllers/program.h"

#define RESHARE_LO 0.3001 /* what the device accepts is .3 to 1.15; a step of its register inside */
#define RESHARE_HI 1.1499

/* What `may_frac` (duty a reticle may have) makes of the shares of the members, NAN elsewhere.
 * Returns the job's rate with them: min may / x. */
double reshare_shares(const double may_frac[RETICLES], const bool member[RETICLES],
		      double share[RETICLES]);
/* The rate with shares as they are. */
double reshare_rate(const double may_frac[RETICLES], const bool member[RETICLES],
		    const double share[RETICLES]);
/* Do they pay? Rates now and then, of full; payback_s: what is lost must be back by then. */
bool reshare_pays(double rate_now, double rate_then, double payback_s);

#endif
