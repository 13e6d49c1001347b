/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The facility that all systems of a plant share: weather, supply of water and air, the header of
 * the water. Numbers: struct supply_params (config/supply_params.def).
 *
 *   dry bulb    T = mean + swing cos(2 pi (hour - peak) / 24) + hourly noise, never below the dew point
 *   wet bulb    Stull, J. Appl. Meteorol. Climatol. 50 (2011) 2267, eq. 1: within 0.7 K for 5..99 % humidity
 *   supply      follows its set-point with a lag; water is never colder than wet bulb + approach, air
 *               never than the dry bulb
 *   header      D = sum w_k v_k s_k, w_k a system's part of all full flows, v_k its valve,
 *               s_k = (1 + machine_friction V_k^2)^-1/2, V_k the mean valve of its machine;
 *               flow F = D p^1/2, head behind the header p = P - friction F^2, so p = P / (1 + friction D^2);
 *               the pumps hold P = 1 up to their greatest flow, then P falls so that F stays there;
 *               a system gets s_k p^1/2 of what its valve would give
 *   lost supply the pumps run down, and air that is no longer cooled warms the hall
 */
#ifndef ISOTHERM_ENGINE_SIM_FACILITY_H
#define ISOTHERM_ENGINE_SIM_FACILITY_H

#include <stdint.h>

#include "config/plant.h"

struct weather {
	double dry_c, wet_c;
};

double weather_wet_bulb_c(double dry_c, double dew_c);
/* Keyed by seed and time, which counts from the start of the simulation. */
void weather_at(struct weather *out, const struct supply_params *p, uint64_t seed, double time_s);

struct header {
	double pump_frac; /* head of the pumps, of that with which a full valve gets its full flow */
	double frac;      /* head that is left behind the header */
};

/* demand: D as above; speed of the facility's pumps 0..1. */
void header_at(struct header *out, const struct supply_params *p, double demand, double speed);

struct sim;

/* What all systems share. Supplies: as the systems get them, unless one of them was set alone. */
struct facility_state {
	double supply_c[2]; /* by enum facility */
	double flow_frac;   /* set by a path */
	double lost;        /* switch: no supply */
	double pumps;       /* speed of its pumps and air handlers, 0..1 */
	double hall_k;      /* warmth of the hall above its supply */
	double pressure_frac;
	struct weather weather;
};

/* Before the systems are at rest. */
void facility_start(struct sim *sim);
/* 10 ms: supplies and flows of the step to come, by the valves as they are. */
void facility_step(struct sim *sim);

#endif
