/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a system is held back, where, and what it costs: numbers for the CTL points and one line of
 * text when something changes. A verdict that flickers is shown as lasting, and lines are rationed.
 */
#ifndef ISOTHERM_CONTROLLERS_EXPLAIN_H
#define ISOTHERM_CONTROLLERS_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "controllers/supervisor.h"
#include "core/image.h"

#define EXPLAIN_EVENTS 4 /* at most in one step */

struct account {
	enum ctl_mode mode;
	enum ctl_reason reason; /* as shown */
	double spread_k, tmax_c, tmin_c, tmean_c;
	uint32_t hottest, coldest; /* reticles */
	double duty_frac;          /* least; NAN none demanded */
	double tokens_full, cost_tokens, cost_w;
	double job_full[JOBS_MAX], job_cost[JOBS_MAX]; /* of the job in a slot, likewise */
	int32_t straggler_job;                         /* index of the job that waits for it; -1 */
	double straggler_cost, straggler_wait_frac;
	double limited_age_s;
	double held_by, held_until_s; /* as the points of that name */
};

/* One reason or none, shown late and taken back later. */
struct explain {
	const char *name; /* borrowed: the system's */
	enum ctl_mode mode;
	enum ctl_reason shown, candidate;
	int64_t candidate_ns, shown_ns, limited_ns;
	int64_t told_ns;  /* when the place and cost of what is shown were told … */
	double told_frac; /* … and the duty then */
	double tokens_full, job_full[JOBS_MAX];
	bool pump_alarm, cooling_lost, degraded, stop_ignored, cap_missed;
	bool clogged[ZONES], fouled, unbalanced; /* as told */
	int pump_lead;                           /* as told; -1 none */
	uint32_t actuator_faults;                /* as told */
	double ballast_w;                        /* as told, 0 none … */
	int64_t ballast_ns, ballast_since_ns;    /* … when, and since when it is otherwise */
	uint32_t sensors_lost, sensors_candidate;
	enum trust_why doubted[RETICLES]; /* as told */
	enum hand_yield hand_yields;      /* as told, and when it was last so */
	int64_t hand_ns;
	bool any_doubted; /* of them */
	bool frozen;
	int64_t sensors_ns;
	double ration; /* lines that may be told now */
	int64_t ration_ns;
	uint32_t untold;
};

void explain_init(struct explain *x, const char *name, double tokens_full, int64_t now_ns);
/* Returns how many events are in `events`; their point is left to the caller. */
int explain_step(struct explain *x, const struct control_params *p, const struct supervisor *s,
		 const struct view *v, int64_t now_ns, struct account *out,
		 struct image_event events[EXPLAIN_EVENTS]);

#endif
