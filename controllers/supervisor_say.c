/* SPDX-License-Identifier: Apache-2.0 */
/* What a supervisor says of a step: mode, reason, limits in force, and whether its devices obey. */
#include "controllers/supervisor_private.h"

#include <math.h>

#define GROWS_BELOW_K 0.5 /* a limit: nearer it is what holds */
#define DEVICE_HOLDS_FRAC 0.03
#define DEVICE_HOLDS_STEPS LAW_STEPS_PER_S
#define STOP_IGNORED_FRAC 0.01
#define STOP_IGNORED_STEPS (5u * LAW_STEPS_PER_S)

static void
watch_stop(struct supervisor *s, const struct view *v)
{
	double most = law_most_of(v->duty_frac);
	bool down = s->mode == CTL_STOPPED && /* not on the way there */
		    law_most(0.0, law_most_of(s->demands.duty_frac)) <= 0.0;
	bool ignored = down && !(most < STOP_IGNORED_FRAC);
	s->stop_ignored = ignored ? s->stop_ignored + 1 : 0;
	s->verdict.stop_ignored = s->stop_ignored > STOP_IGNORED_STEPS;
	s->verdict.applied_frac = most;
}

/* How far below what is asked for is the reticle that is held most? Shares may be far apart. */
static double
held_frac(const struct supervisor *s, const struct view *v)
{
	double lower = 0.0;
	for (int i = 0; i < RETICLES; i++)
		lower = law_most(lower, s->demands.duty_frac[i] - v->duty_frac[i]);
	return lower;
}

/* Does the device hold the wafer lower than asked, for longer than a demand takes to arrive? */
static bool
held_by_device(struct supervisor *s, const struct view *v)
{
	bool folds = isfinite(v->foldback_frac) && v->foldback_frac < 0.995;
	bool holds = !s->setup.engine_shadow && folds &&
		     (s->mode == CTL_TRACK || held_frac(s, v) > DEVICE_HOLDS_FRAC);
	s->device_holds = holds ? s->device_holds + 1 : 0;
	return s->device_holds > DEVICE_HOLDS_STEPS;
}

/* What grows back after a cap, or into a greater share, is not held by what it is far from. */
static enum ctl_reason
reason_after_cap(struct supervisor *s, enum ctl_reason reason)
{
	bool by_limit = reason == REASON_SPREAD || reason == REASON_TEMPERATURE;
	bool grows = s->after_cap && by_limit && s->out.margin_k > GROWS_BELOW_K;
	s->after_cap = reason == REASON_CAP || grows;
	return grows ? REASON_CAP : reason;
}

static enum ctl_reason
reason_of(struct supervisor *s, const struct view *v)
{
	bool device = held_by_device(s, v);
	bool throttled = s->verdict.least_frac < 0.995;
	if (s->mode == CTL_OFF || s->mode == CTL_HANDBACK || s->mode == CTL_STOPPED ||
	    s->mode == CTL_MAINTENANCE)
		return REASON_NONE; /* the mode tells it */
	if (s->mode == CTL_FAILSAFE)
		return REASON_INPUT_LOST;
	if (s->verdict.trip || device)
		return REASON_DEVICE;
	if (!throttled)
		return REASON_NONE;
	if (s->mode == CTL_TRACK)
		return REASON_RAMP;
	if (s->pace_frac < 1.0)
		return REASON_PACE; /* whatever else holds it: less than that */
	if (s->hand_binds && !(s->cap_scale_frac < 1.0))
		return REASON_HAND;
	if (s->low_flow_cap_frac < law_least_of(s->out.duty_frac))
		return REASON_LOW_FLOW;
	if (s->cap_scale_frac < 1.0)
		return REASON_CAP;
	return s->ramping || s->coming_back || s->hand_leaves ? REASON_RAMP : s->out.limit;
}

/* While applied values are tracked: what a takeover would begin with. */
static double
setpoint_of(const struct supervisor *s, const struct control_params *p)
{
	const struct law_in *in = &s->in;
	bool acts = s->mode == CTL_AUTO || s->mode == CTL_SHADOW ||
		    (s->mode == CTL_STOPPED && !s->cooled_fully);
	if (acts)
		return s->out.setpoint_c;
	return s->mode == CTL_TRACK ? law_setpoint(p, in, in->supply_c) : (double)NAN;
}

void
supervisor_say(struct supervisor *s, const struct control_params *p, const struct view *v)
{
	struct verdict *d = &s->verdict;
	d->mode = s->mode;
	if (s->mode == CTL_TRACK && supervisor_in_shadow(s))
		d->mode = CTL_SHADOW;
	else if (s->mode == CTL_AUTO && s->n_by_hand > 0)
		d->mode = CTL_MANUAL;
	d->least_frac = law_least_needed(&s->in, s->demands.duty_frac);
	d->temp_limit_c = s->in.temp_limit_c;
	d->setpoint_c = setpoint_of(s, p);
	d->asked_c = d->setpoint_c;
	if (s->in.setpoint_by_hand && s->hands && isfinite(s->hands->value[HAND_SETPOINT]))
		d->asked_c = s->hands->value[HAND_SETPOINT];
	d->after_hand = s->hand_leaves;
	d->flow_lpm = v->flow_lpm;
	d->foldback_frac = v->foldback_frac;
	d->trip = isfinite(v->trip) ? (uint32_t)lrint(v->trip) : 0;
	d->sensors_lost = s->sensors.lost;
	d->sensors_degraded = s->sensors.degraded;
	d->inputs_lost = s->sensors.blind;
	d->cooling_lost = s->cooling_lost;
	d->pump_alarm = s->pump_alarm;
	d->cap_w = s->cap.watts;
	d->input_w = s->in.input_w;
	d->cap_missed = s->cap_missed;
	d->shed = s->cap.shed && s->mode == CTL_AUTO;
	watch_stop(s, v);
	d->reason = reason_after_cap(s, reason_of(s, v));
}
