/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a wafer at rest makes of its power: the equations of face.h, solved for all reticles at once, as a matrix. The wafer
 * follows its power within half a second, and the laws act once in one.
 *
 *   silicon  P = G (Ts - Tw) - Ls Ts           G g_si_cu_w_k, Ls its lateral conduction
 *   copper   G (Ts - Tw) + Lw Tw = q
 *   coolant  q = c f (Tw - th),  th += f (Tw - th)
 *
 * Heat that leaves the silicon sideways is a few hundredths of what goes down: terms of its square
 * are left out, which costs less than 1e-3 of R.
 */
#ifndef ISOTHERM_CONTROLLERS_RESPONSE_H
#define ISOTHERM_CONTROLLERS_RESPONSE_H

#include <math.h>
#include <stdbool.h>

#include "config/plant.h"
#include "controllers/face.h"

struct response {
	double k_per_w[RETICLES]
		      [RETICLES]; /* [j][i]: of reticle i above the supply, for a watt in j */
	double flow_kg_s, zone_g[ZONES]; /* made for */
};

/* zone_g: openness of each zone, 1 clean; at least one above 0. flow_kg_s > 0. Takes long: not
 * for each step. */
void response_make(struct response *r, const struct zone_face *f, double flow_kg_s,
		   const double zone_g[ZONES]);
/* Is r still good for these? Within 1 % of the flow, and .02 of each zone's part of it. */
bool response_serves(const struct response *r, double flow_kg_s, const double zone_g[ZONES]);

/* out_k = R power_w: temperatures above the supply. */
void response_rise(const struct response *r, const double power_w[RETICLES],
		   double out_k[RETICLES]);

/* Leakage of a reticle; each kelvin adds leak_per_k of it. */
static inline double
response_leak_w(const struct system_model *md, double temp_c)
{
	return md->leak_w * exp(md->leak_per_k * (temp_c - md->leak_ref_c));
}
/* Of one that does nothing: leakage and idle. */
double response_still_w(const struct system_model *md, double temp_c);
/* Power of a reticle that works at `activity` on kernels of `density`, and waits at a barrier for
 * the rest of its duty. */
double response_power_w(const struct system_model *md, double density, double activity, double duty,
			double temp_c);

/* The loop at rest: supply above the facility's water for each watt of the wafer, at this flow and
 * valve. ua_frac: of the exchanger's clean UA. */
double response_supply_k_per_w(const struct system_model *md, double flow_kg_s, double valve_frac,
			       double ua_frac);

#endif
