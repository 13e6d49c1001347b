/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power that several systems may draw together, divided so that little is lost by it. Pure functions
 * of a few arrays.
 *
 * Systems that take a step of a job together are one group, and get one duty: more for one of them
 * would be of no use. A watt of a group is worth what work it makes, over all watts that its duty
 * moves. The groups give duty up in proportion to 1 / worth^sharp, the cheapest most of all:
 *
 *   duty_g = max(least_g, 1 - theta (cheapest worth / worth_g)^sharp)
 *   watts_k = min(want_k, idle_k + duty_g (full_k - idle_k)),   theta such that they fit
 *
 * That is near to the best (the cheapest gives all before the next gives any), but a small difference
 * of worth makes a small difference of duty, and equal ones give alike. Where even the least duties do
 * not fit, whole groups are shed, the lowest first: priority, then worth. The last one is not shed but
 * goes below its least duty. What nobody wants is dealt out in equal parts.
 */
#ifndef ISOTHERM_CONTROLLERS_POWER_SHARE_H
#define ISOTHERM_CONTROLLERS_POWER_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/plant.h"

struct power_claim {     /* of a system */
	bool takes_part; /* false: it gets nothing here */
	double idle_w;   /* what it draws without work: never less */
	double full_w;   /* at full duty; >= idle_w */
	double want_w;   /* what it can use now */
	double own_w;    /* more it may never draw, whatever is shared; 0: no such cap */
	uint32_t group;  /* index of the group's first system; its own where it is alone */
	/* results */
	double watts;
	bool shed; /* in and out: those that are shed come back a little later */
};

struct power_group {       /* at the index of its first system */
	bool works;        /* it has work, though that be worth nothing: shed before all others */
	double worth;      /* weighted work of a second that full duty makes; 0: none */
	double least_frac; /* duty, 0..1 */
	uint32_t priority; /* 9: shed last */
	/* scratch */
	double gap_w, idle_w, least_w, depth;
	bool is, shed;
};

/* n systems, groups[n] at their first systems; order[n] scratch. False: the idle ones alone draw more. */
bool power_share(const struct control_params *p, struct power_claim claims[],
		 struct power_group groups[], uint32_t order[], uint32_t n, double watts);

#endif
