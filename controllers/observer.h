/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fills struct estimate from what is read: which zone of the cold plate gets less water than the others, whether the heat
 * exchanger is fouled, and whether heat and power agree. Pure; nothing is allocated. An update goes on only while it
 * says something:
 *
 *   zones     the wafer's power has not run ahead of its copper by observer_quiet_frac for observer_quiet_s, and is observer_least_w a
 *             reticle at least. Each zone by itself: the flow m_x for which copper over its rows (face.h) fits what is
 *             measured best; then z_x = ln m_x less the median over the zones that tell something, low-passed by observer_tau_s. What all
 *             zones have in common is the flow meter's or the supply's, and no clog. A row whose sensor is not believed
 *             says nothing.
 *             A zone that runs hot warms its neighbours: as long as one is clogged, the heat across zones is that
 *             with which its neighbours have the flow of the others.
 *   exchanger UA = heat of the coolant / logarithmic mean of the differences at its ends, against the type's at these
 *             flows; low-passed by exchanger_tau_s; while there is heat, and the differences can be told
 *   balance   m cp (return - supply) over the wafer's power and what of the core stage's loss the coolant takes,
 *             likewise
 *
 * What has not been told of for estimate_old_s keeps its value and is marked as old (zone_old, ua_old, balance_old); nothing
 * is named from it.
 */
#ifndef ISOTHERM_CONTROLLERS_OBSERVER_H
#define ISOTHERM_CONTROLLERS_OBSERVER_H

#include "controllers/estimate.h"
#include "controllers/face.h"
#include "controllers/inputs.h"
#include "controllers/sensors.h"

struct observer_loop { /* low-passed alike */
	bool started;
	double supply_c, return_c, facility_in_c, facility_out_c, flow_kg_s, facility_frac;
	double late_supply_c, late_w; /* as the return shows them */
	double heat_w, taken_w;       /* into the coolant: by the wafer's power; by its own flow */
	double ua_frac, balance_frac; /* NAN not known yet */
	uint32_t steps;               /* since all of it has been read without a gap */
	uint32_t fouled_steps, unbalanced_steps;
	uint32_t ua_age, balance_age; /* steps since they were told of */
};

struct observer {
	const struct system_model *type; /* NULL: nothing is known of it, nothing is estimated */
	struct zone_face face;
	/* low-passed alike */
	bool started;
	double supply_c, flow_kg_s;
	double zone_w[ZONES]; /* as read */
	double late_w[2];     /* the wafer's power as its copper and the sensors' low-pass see it */
	uint32_t quiet_steps;
	double lateral_mul;     /* heat between zones, of what the type lets expect */
	double log_flow[ZONES]; /* of a zone, over an equal part of all */
	double common;          /* of those that are told of */
	bool works[ZONES];      /* has power enough to tell of it */
	uint32_t low_steps[ZONES], good_steps[ZONES];
	uint32_t age[ZONES]; /* steps since it was told of */
	struct observer_loop loop;
	double si_c[RETICLES], power_w[RETICLES]; /* low-passed as supply and flow are */
	double share[RETICLES];                   /* of the wafer's power, likewise */
};

/* type: borrowed; NULL allowed. */
void observer_init(struct observer *o, const struct system_model *type);
/* The block is another: what was found of the wafer goes, what was found of the loop stays. */
void observer_forget(struct observer *o, struct estimate *e);
/* Each LAW_DT_S, before the law. */
void observer_step(struct observer *o, struct estimate *e, const struct control_params *p,
		   const struct view *v, const struct sensors *s);

/* --- observer_loop.c --- */
void observer_loop_step(struct observer *o, struct estimate *e, const struct control_params *p,
			const struct view *v);

#endif
