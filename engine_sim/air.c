/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/air.h"

#include <math.h>
#include <stdbool.h>

#include "engine_sim/limits.h"

#define HALVINGS 52

/* Drop of coil and filter at nominal flow. */
static double
way_kpa(const struct model *md, double filter_mul)
{
	double q = md->facility_kg_s / (FANS * md->fan_flow_kg_s);
	double clean_kpa = md->fan_head_kpa * (1.0 - q * q);

	return most(0.0, clean_kpa + md->air_filter_kpa * (filter_mul - 1.0));
}

/* Flow of all fans against that pressure, x of a fan's head. */
static double
fans_kg_s(const struct model *md, const double speed[FANS], double x)
{
	double kg_s = 0.0;

	for (int k = 0; k < FANS; k++)
		kg_s += md->fan_flow_kg_s * sqrt(most(0.0, speed[k] * speed[k] - x));
	return kg_s;
}

/* Fans of unlike speeds: what they give falls with the pressure, what the way takes grows. */
static double
unlike_kg_s(const struct model *md, const double speed[FANS], double fastest, double way)
{
	double lo = 0.0, hi = fastest * fastest;

	for (int n = 0; n < HALVINGS; n++) {
		double x = 0.5 * (lo + hi);
		double takes = md->facility_kg_s * sqrt(x * md->fan_head_kpa / way);

		if (fans_kg_s(md, speed, x) > takes)
			lo = x;
		else
			hi = x;
	}
	return fans_kg_s(md, speed, 0.5 * (lo + hi));
}

double
air_flow_frac(const struct model *md, const double speed[FANS], double filter_mul)
{
	double way = way_kpa(md, filter_mul), fastest = 0.0, slowest = 2.0;
	int running = 0;

	for (int k = 0; k < FANS; k++) {
		if (!(speed[k] > 0.0))
			continue;
		running++;
		fastest = most(fastest, speed[k]);
		slowest = least(slowest, speed[k]);
	}
	if (running == 0)
		return 0.0;
	if (slowest < fastest && way > 0.0)
		return unlike_kg_s(md, speed, fastest, way) / md->facility_kg_s;
	if (way > 0.0) {
		double q = md->facility_kg_s / (running * md->fan_flow_kg_s);

		return fastest / sqrt(way / md->fan_head_kpa + q * q);
	}
	return fans_kg_s(md, speed, 0.0) / md->facility_kg_s;
}

double
air_filter_dp_kpa(const struct model *md, double flow_frac, double filter_mul)
{
	return md->air_filter_kpa * filter_mul * flow_frac * flow_frac;
}

double
air_fans_w(const struct model *md, const double speed[FANS])
{
	double w = 0.0;

	for (int k = 0; k < FANS; k++)
		w += md->facility_pump_w / FANS * speed[k] * speed[k] * speed[k];
	return w;
}
