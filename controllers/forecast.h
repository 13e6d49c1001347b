/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a wafer will be like with a job more: power, temperatures, and how much of its work the job can
 * do, at rest, by the controllers' own model (response.h) and what is known of this wafer. Pure.
 *
 *   T_i = Tc + gain_i sum_j R_ij (leak(T_j) + idle + other_j + D dynamic_w v_j)
 *   Tc  = the set-point of the supply, from the highest down as the temperature's limit needs it, but
 *         never below what the facility's water can hold with the valve open
 *
 * The work v of a synchronous job is one for all its reticles, the greatest that keeps both limits and
 * the power; of independent ones one a reticle. Pumps go at the least of a few speeds that holds nothing
 * back and leaves the room to the limits at which they no longer slow down, or at the greatest. What others
 * do there stays as it is.
 */
#ifndef ISOTHERM_CONTROLLERS_FORECAST_H
#define ISOTHERM_CONTROLLERS_FORECAST_H

#include "controllers/response.h"

#define FORECAST_SPEEDS 5

enum forecast_limit { FORECAST_FREE, FORECAST_SPREAD, FORECAST_TEMPERATURE, FORECAST_POWER };

/* A system before the job, and the job. */
struct forecast_in {
	const struct system_model *model;
	double x_mul, y_mul;                 /* of heat across and along the zones: face.h */
	double facility_c;                   /* of its water; NAN: the supply is held in any case */
	double setpoint_lo_c, setpoint_hi_c; /* of the supply */
	double speed_frac[FORECAST_SPEEDS];  /* of the pumps, rising … */
	double flow_kg_s[FORECAST_SPEEDS];   /* … and the flow at these */
	double zone_g[ZONES], gain[RETICLES], ua_frac;
	double temp_limit_c, spread_limit_k, margin_k; /* kept from both */
	double pump_room_k;        /* over that: with less pumps do not slow down */
	double other_w[RETICLES];  /* what others' work takes there */
	bool works[RETICLES];      /* somebody's work is there: it counts for the spread */
	double wafer_part, rest_w; /* input power = rest_w + wafer / wafer_part */
	double most_w;             /* input power that it may draw; INFINITY: as it likes */
	/* the job */
	bool on[RETICLES];
	bool alone; /* its reticles wait for nobody */
	double density;
};

struct forecast {
	double rate_frac; /* of its full work: mean over its reticles */
	double input_w, wafer_w, added_w;
	double tmax_c, spread_k, supply_c, pump_frac;
	enum forecast_limit limit; /* what holds it back; FREE: nothing */
};

/* Responses that were made, for systems that are alike. */
struct forecast_cache {
	struct response response[FORECAST_SPEEDS];
	struct system_model model; /* they are of this one … */
	struct zone_face face;     /* … with its numbers */
	bool made[FORECAST_SPEEDS];
	unsigned times; /* made: each takes long */
};

void forecast_make(struct forecast_cache *cache, const struct forecast_in *in,
		   struct forecast *out);
/* At full work and one speed alone: to compare places on a wafer. */
void forecast_full(struct forecast_cache *cache, const struct forecast_in *in, int speed,
		   struct forecast *out);

#endif
