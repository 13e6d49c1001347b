/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/law.h"

#include <float.h>
#include <math.h>

#include "core/wide.h"

/* A valve that stands this far from its command is stuck: integrating on would wind up. */
#define VALVE_STUCK_FRAC 0.25

WIDE double
law_least_of(const double v[RETICLES])
{
	UNCLEARED double least[ZONES];
	double all = INFINITY;
	for (int x = 0; x < ZONES; x++) { /* side by side: none waits for the one before */
		double here = INFINITY;
		for (int y = 0; y < ROWS; y++)
			here = v[ZONES * y + x] < here ? v[ZONES * y + x] : here;
		least[x] = here;
	}
	for (int x = 0; x < ZONES; x++)
		all = least[x] < all ? least[x] : all;
	return isinf(all) ? (double)NAN : all;
}

WIDE double
law_most_of(const double v[RETICLES])
{
	UNCLEARED double most[ZONES];
	double all = -INFINITY;
	for (int x = 0; x < ZONES; x++) {
		double here = -INFINITY;
		for (int y = 0; y < ROWS; y++)
			here = v[ZONES * y + x] > here ? v[ZONES * y + x] : here;
		most[x] = here;
	}
	for (int x = 0; x < ZONES; x++)
		all = most[x] > all ? most[x] : all;
	return isinf(all) ? (double)NAN : all;
}

WIDE uint32_t
law_missing(const double v[RETICLES])
{
	int64_t missing = 0; /* as wide as what is compared */
	for (int i = 0; i < RETICLES; i++)
		missing += fabs(v[i]) <= DBL_MAX ? 0 : 1;
	return (uint32_t)missing;
}

WIDE double
law_sum_of(const double v[RETICLES])
{
	UNCLEARED double sum[ZONES];
	double all = 0.0;
	for (int x = 0; x < ZONES; x++) {
		double here = 0.0;
		for (int y = 0; y < ROWS; y++)
			here += v[ZONES * y + x];
		sum[x] = here;
	}
	for (int x = 0; x < ZONES; x++)
		all += sum[x];
	return all;
}

double
law_least_needed(const struct law_in *in, const double duty_frac[RETICLES])
{
	double least = (double)NAN;
	if (!in->staged)
		return law_least_of(duty_frac);
	for (int i = 0; i < RETICLES; i++)
		least = law_least(least, duty_frac[i] / law_stage(in, i));
	return least;
}

static double
coldest_c(const struct law_in *in)
{
	UNCLEARED double worked_c[RETICLES];
	if (in->whole)
		return law_least_of(in->temp_c);
	for (int i = 0; i < RETICLES; i++) {
		bool counts = in->measured[i] && groups_counts(&in->jobs, i);
		worked_c[i] = counts ? in->temp_c[i] : (double)INFINITY;
	}
	return law_least_of(worked_c);
}

struct law_face
law_face(const struct control_params *p, const struct law_in *in)
{
	struct law_face f = {.max_c = law_most(-INFINITY, law_most_of(in->temp_c)),
			     .min_c = law_least(INFINITY, coldest_c(in))};
	double by_temp_c = in->temp_limit_c - p->margin_k;
	double by_spread_c = f.min_c + in->spread_limit_k - p->margin_k;
	f.by_spread = by_spread_c < by_temp_c;
	f.reference_c = f.by_spread ? by_spread_c : by_temp_c;
	return f;
}

double
law_setpoint(const struct control_params *p, const struct law_in *in, double wanted_c)
{
	double lo_c = fmax(p->supply_lo_c, in->supply_lo_c); /* fmax passes NAN over */
	double hi_c = fmax(p->supply_hi_c, lo_c);
	return isfinite(wanted_c) ? law_clamp(wanted_c, lo_c, hi_c) : hi_c;
}

double
law_first_setpoint(const struct control_params *p, const struct law_in *in)
{
	return law_setpoint(p, in, in->setpoint_kept ? in->kept_setpoint_c : in->supply_c);
}

double
law_setpoint_in_force(const struct control_params *p, const struct law_in *in, double own_c)
{
	return in->setpoint_by_hand ? law_setpoint(p, in, in->hand_setpoint_c) : own_c;
}

void
law_valve_init(struct law_valve *v, const struct control_params *p, const struct law_in *in,
	       double setpoint_c)
{
	double error_k = isfinite(in->supply_c) ? in->supply_c - setpoint_c : 0.0;
	double at = isfinite(in->valve_frac) ? in->valve_frac : 1.0; /* unknown: cool */
	v->valve_frac = law_clamp(at, p->valve_min_frac, 1.0);
	v->integral_frac = v->valve_frac - p->valve_kp_per_k * error_k;
}

void
law_valve_step(struct law_valve *v, const struct control_params *p, const struct law_in *in,
	       double setpoint_c)
{
	if (in->valve_by_hand) {
		law_valve_init(v, p, in, setpoint_c);
		return;
	}
	if (!isfinite(in->supply_c))
		return; /* keep the position: the supervisor opens the valve when it lasts */
	double error_k = in->supply_c - setpoint_c;
	double behind = isfinite(in->valve_frac) ? v->valve_frac - in->valve_frac : 0.0;
	double want = p->valve_kp_per_k * error_k + v->integral_frac;
	bool up_held = want >= 1.0 || behind > VALVE_STUCK_FRAC;
	bool down_held = want <= p->valve_min_frac || behind < -VALVE_STUCK_FRAC;
	if (error_k > 0.0 ? !up_held : !down_held)
		v->integral_frac += p->valve_ki_per_k_s * error_k;
	want = p->valve_kp_per_k * error_k + v->integral_frac;
	v->valve_frac = law_clamp(want, p->valve_min_frac, 1.0);
}
