/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/actuators.h"

#include <math.h>
#include <string.h>

#include "controllers/law.h"
#include "core/wide.h"

#define PCT 100.0
#define PUMP_FAILED_BIT 2u
#define SAME_FRAC 1e-4
#define FULL_FROM 0.995    /* a foldback that holds nothing */
#define BALLAST_PER_S 10.0 /* no travel of its own */
/* of the engine block's status */
#define POWERED_BIT 1u
#define FOLDBACK_BIT 8u
#define LOW_FLOW_BIT 16u
#define CEILING_BIT 32u

/* How an actuator moves: slew each way, lag; and whether less than asked is its own device's doing. */
struct travel {
	double up_per_s, down_per_s, lag_s, weight; /* weight: of a low-pass of half the lag */
	bool less_is_right;
};

/* The model of it begins where it stands. */
static void
stand(struct actuator_watch *w, double read_frac)
{
	w->moved_frac = w->late_frac = read_frac;
	w->steps = 0;
}

void
actuators_init(struct actuators *a)
{
	memset(a, 0, sizeof *a);
	a->worst = a->worst_ballast = -1;
	stand(&a->valve, (double)NAN);
	for (int k = 0; k < ACTUATOR_PUMPS; k++)
		stand(&a->pump[k], (double)NAN);
	for (int i = 0; i < RETICLES; i++)
		stand(&a->duty[i], (double)NAN);
	for (int i = 0; i < RETICLES; i++)
		stand(&a->ballast[i], (double)NAN);
}

static void
judge(struct actuator_watch *w, const struct control_params *p, const struct travel *t,
      double asked_frac, double read_frac)
{
	if (!isfinite(asked_frac) || !isfinite(read_frac)) {
		stand(w, read_frac); /* a fault stays: what is not seen is not mended */
		return;
	}
	if (!isfinite(w->late_frac))
		stand(w, read_frac);
	w->asked_frac = asked_frac;
	w->read_frac = read_frac;
	/* most of them, most of the time: it is where it is asked to be */
	if (!w->fault && w->steps == 0 && fabs(asked_frac - w->late_frac) < SAME_FRAC &&
	    fabs(read_frac - asked_frac) <= p->mismatch_frac)
		return;
	w->moved_frac += law_clamp(asked_frac - w->moved_frac, -t->down_per_s * LAW_DT_S,
				   t->up_per_s * LAW_DT_S);
	w->late_frac = law_follow(w->late_frac, w->moved_frac, t->weight);
	double lo = law_least(w->late_frac, asked_frac) - p->mismatch_frac;
	double hi = law_most(w->late_frac, asked_frac) + p->mismatch_frac;
	bool less = read_frac < lo && !t->less_is_right;
	bool off = less || read_frac > hi;
	/* one that is asked for no more than it gives has not shown that it moves */
	if (w->fault && !(fabs(read_frac - w->stood_frac) > p->mismatch_frac))
		off = true;
	if (t->less_is_right && read_frac < lo) /* it comes back from there */
		w->moved_frac = w->late_frac = read_frac;
	w->steps = off != w->fault ? w->steps + 1 : 0;
	if (w->steps <= (uint32_t)lrint(t->lag_s * LAW_STEPS_PER_S))
		return;
	w->fault = off;
	w->low = off && read_frac < asked_frac;
	w->stood_frac = read_frac;
	w->steps = 0;
}

static void
judge_pumps(struct actuators *a, const struct control_params *p, const struct view *v,
	    const struct actuators_asked *asked)
{
	const struct travel t = {p->pump_slew_per_s, p->pump_slew_per_s, p->pump_lag_s,
				 law_weight(p->pump_lag_s / 2.0), false};
	for (int k = 0; k < ACTUATOR_PUMPS; k++) {
		bool says = isfinite(v->pump_status[k]) &&
			    ((uint32_t)lrint(v->pump_status[k]) & PUMP_FAILED_BIT);
		judge(&a->pump[k], p, &t, says ? (double)NAN : asked->pump_frac[k],
		      v->pump_pct[k] / PCT);
	}
}

/* Does the block say that it holds duties down, or is nothing known of that? */
static bool
block_holds(const struct view *v)
{
	if (!isfinite(v->engine_status) || v->foldback_frac < FULL_FROM)
		return true;
	uint32_t status = (uint32_t)lrint(v->engine_status);
	return !(status & POWERED_BIT) || (status & (FOLDBACK_BIT | LOW_FLOW_BIT | CEILING_BIT));
}

/* Most of the time: each is where it is asked to be, as judge() sees it to seven digits. */
WIDE static bool
stay(const float late_frac[RETICLES], const double asked_frac[RETICLES],
     const double read_frac[RETICLES], double mismatch_frac)
{
	int32_t moves = 0; /* each as wide as what is compared */
	int64_t off = 0;
	for (int i = 0; i < RETICLES; i++)
		moves |= fabsf((float)asked_frac[i] - late_frac[i]) < (float)SAME_FRAC ? 0 : 1;
	for (int i = 0; i < RETICLES; i++)
		off |= fabs(read_frac[i] - asked_frac[i]) <= mismatch_frac ? 0 : 1;
	return moves == 0 && off == 0;
}

static void
judge_duties(struct actuators *a, const struct control_params *p, const struct view *v,
	     const struct actuators_asked *asked)
{
	if (a->rest && asked->duty_frac &&
	    stay(a->rest_frac, asked->duty_frac, v->duty_frac, p->mismatch_frac))
		return;
	const struct travel t = {p->duty_up_per_s, p->duty_down_per_s, p->duty_lag_s,
				 law_weight(p->duty_lag_s / 2.0), block_holds(v)};
	double worst = 0.0;
	a->worst = -1;
	a->rest = true;
	for (int i = 0; i < RETICLES; i++) {
		struct actuator_watch *w = &a->duty[i];
		double duty = asked->duty_frac ? asked->duty_frac[i] : (double)NAN;
		judge(w, p, &t, duty, v->duty_frac[i]);
		a->rest_frac[i] = (float)w->late_frac;
		a->rest = a->rest && !w->fault && w->steps == 0;
		double off = fabs(w->asked_frac - w->read_frac);
		if (w->fault && (a->worst < 0 || off > worst)) {
			worst = off;
			a->worst = i;
		}
	}
}

/* At once, but for what it takes to get there and back. */
static void
judge_ballast(struct actuators *a, const struct control_params *p, const struct view *v,
	      const double *asked_w)
{
	const struct travel t = {BALLAST_PER_S, BALLAST_PER_S, p->ballast_lag_s,
				 law_weight(p->ballast_lag_s / 2.0), block_holds(v)};
	double worst = 0.0;
	a->worst_ballast = -1;
	for (int i = 0; i < RETICLES; i++) {
		struct actuator_watch *w = &a->ballast[i];
		judge(w, p, &t, asked_w ? asked_w[i] / BALLAST_MOST_W : (double)NAN,
		      v->ballast_w[i] / BALLAST_MOST_W);
		double off = fabs(w->asked_frac - w->read_frac);
		if (w->fault && (a->worst_ballast < 0 || off > worst)) {
			worst = off;
			a->worst_ballast = i;
		}
	}
}

void
actuators_step(struct actuators *a, const struct control_params *p, const struct view *v,
	       const struct actuators_asked *asked)
{
	const struct travel valve = {p->valve_slew_per_s, p->valve_slew_per_s, p->valve_lag_s,
				     law_weight(p->valve_lag_s / 2.0), false};
	judge_pumps(a, p, v, asked);
	judge(&a->valve, p, &valve, asked->valve_frac, v->valve_pct / PCT);
	judge_duties(a, p, v, asked);
	if (p->ballast_max_w > 0.0)
		judge_ballast(a, p, v, asked->ballast_w);
	a->faults = (a->pump[0].fault ? ACTUATOR_PUMP_1 : 0u) |
		    (a->pump[1].fault ? ACTUATOR_PUMP_2 : 0u) |
		    (a->valve.fault ? ACTUATOR_VALVE : 0u) | (a->worst >= 0 ? ACTUATOR_DUTY : 0u) |
		    (a->worst_ballast >= 0 ? ACTUATOR_BALLAST : 0u);
}

bool
actuators_pump_behind(const struct actuators *a)
{
	for (int k = 0; k < ACTUATOR_PUMPS; k++)
		if (a->pump[k].fault && a->pump[k].low)
			return true;
	return false;
}
