/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/supervisor.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "controllers/observer.h"
#include "controllers/supervisor_private.h"
#include "controllers/takeover.h"
#include "core/clock.h"
#include "core/wide.h"

#define BACK_STEPS 3u              /* good inputs in a row before they are trusted again */
#define NOT_OURS_NS (3 * NS_PER_S) /* a device takes so long at most to see who is in charge */
/* A device that was in our charge a moment ago is lost 3 s after the last sign of life: less than
 * that, restart and all, is what there is to wait for readings. */
#define PATIENCE_IN_CHARGE_NS NS_PER_S
#define RELEASE_NS (2 * NS_PER_S) /* devices confirm a release by then, or not at all */

enum event {
	EV_NONE,
	EV_INPUTS,
	EV_LOST,
	EV_TAKE,
	EV_SHADOW,
	EV_NOT_OURS,
	EV_RELEASE,
	EV_STOP,     /* a person stops it … */
	EV_MAINTAIN, /* … or hands it to its devices … */
	EV_BACK,     /* … and no longer does */
	EVENTS
};
#define MODES (CTL_MAINTENANCE + 1)

/*
 * 1 + the next mode. An empty cell means "stay", on purpose: a hand-back ends with the program;
 * lost inputs neither start nor stop what a person holds; what is in maintenance is released
 * already, and what a person has stopped is never asked to let go (next_event).
 * Lost inputs in OFF: whoever is in charge of the devices stays it. Maintenance ends in OFF, as if
 * the program had just started: what is applied must be known first.
 */
#define TO(mode) (uint8_t)(1 + (mode))
#define HELD                                                                                       \
	[EV_RELEASE] = TO(CTL_HANDBACK), [EV_STOP] = TO(CTL_STOPPED),                              \
	[EV_MAINTAIN] = TO(CTL_MAINTENANCE)
static const uint8_t NEXT[MODES][EVENTS] = {
	[CTL_OFF] = {[EV_INPUTS] = TO(CTL_TRACK),
		     [EV_TAKE] = TO(CTL_AUTO),
		     [EV_SHADOW] = TO(CTL_SHADOW),
		     HELD},
	[CTL_TRACK] = {[EV_LOST] = TO(CTL_FAILSAFE),
		       [EV_TAKE] = TO(CTL_AUTO),
		       [EV_SHADOW] = TO(CTL_SHADOW),
		       HELD},
	[CTL_AUTO] = {[EV_LOST] = TO(CTL_FAILSAFE), [EV_NOT_OURS] = TO(CTL_TRACK), HELD},
	[CTL_FAILSAFE] = {[EV_INPUTS] = TO(CTL_TRACK), HELD},
	[CTL_HANDBACK] = {0},
	[CTL_SHADOW] = {[EV_LOST] = TO(CTL_FAILSAFE), [EV_NOT_OURS] = TO(CTL_TRACK), HELD},
	[CTL_STOPPED] = {[EV_BACK] = TO(CTL_TRACK),
			 [EV_MAINTAIN] = TO(CTL_MAINTENANCE),
			 [EV_RELEASE] = TO(CTL_HANDBACK)},
	[CTL_MAINTENANCE] = {[EV_BACK] = TO(CTL_OFF), [EV_STOP] = TO(CTL_STOPPED)},
};
#undef HELD

void
supervisor_init(struct supervisor *s, const struct supervisor_setup *setup, int64_t now_ns)
{
	memset(s, 0, sizeof *s);
	s->setup = *setup;
	s->in_charge_at_once = setup->start_in_charge;
	s->since_ns = s->watched_ns = now_ns;
	s->woken_ns = now_ns - NOT_OURS_NS;
	sensors_reset(&s->sensors);
	trust_reset(&s->trust);
	actuators_init(&s->actuators);
	pump_turns_init(&s->turns);
	estimate_init(&s->estimate);
	observer_init(&s->observer, supervisor_type(setup));
	supervisor_cap_init(s);
	supervisor_pace_init(s);
	supervisor_hands_init(s);
	groups_of_one(&s->in.jobs, false);
	for (int i = 0; i < RETICLES; i++) {
		s->in.most_frac[i] = 1.0;
		s->out.share_frac[i] = (double)NAN;
	}
	demands_clear(&s->demands);
	demands_clear(&s->wants);
}

/* --- the state machine --- */

/* Taking over needs to know all that is applied; what does not come in time is done without. */
static bool
applied_is_known(const struct supervisor *s, const struct view *v)
{
	bool engine = isfinite(v->duty_frac[0]) && isfinite(v->engine_seq_cmd);
	bool cooling = isfinite(s->in.supply_c) && isfinite(s->in.pump_frac) &&
		       isfinite(s->in.valve_frac) && isfinite(v->cooling_seq_cmd);
	return s->patience_over || (engine && (cooling || !s->setup.has_cooling));
}

/* A person's hold and what the system does differ. */
static enum event
hold_event(const struct supervisor *s, const struct view *v, int64_t now_ns)
{
	switch (s->hold) {
	case HOLD_STOP:
		/* readings make it smooth, but it does not depend on them */
		if (s->mode == CTL_STOPPED || (s->mode == CTL_OFF && !applied_is_known(s, v) &&
					       now_ns - s->since_ns < PATIENCE_IN_CHARGE_NS))
			return EV_NONE;
		return EV_STOP;
	case HOLD_MAINTENANCE:
		return s->mode == CTL_MAINTENANCE ? EV_NONE : EV_MAINTAIN;
	case HOLD_NONE:
	case HOLD_MANUAL: /* values over what is automatic: supervisor_hands.c */
		break;
	}
	return s->mode == CTL_STOPPED || s->mode == CTL_MAINTENANCE ? EV_BACK : EV_NONE;
}

static enum event
next_event(struct supervisor *s, const struct control_params *p, const struct view *v,
	   int64_t now_ns)
{
	bool lost = s->sensors.blind || s->fault;
	s->good_steps = lost ? 0 : s->good_steps + 1;
	if (s->release_asked && s->hold != HOLD_STOP && s->mode != CTL_HANDBACK)
		return EV_RELEASE;
	enum event held = hold_event(s, v, now_ns);
	if (held != EV_NONE || s->hold == HOLD_STOP || s->hold == HOLD_MAINTENANCE)
		return held;
	if (lost)
		return EV_LOST;
	enum event take = supervisor_in_shadow(s) ? EV_SHADOW : EV_TAKE;
	switch (s->mode) {
	case CTL_OFF:
		if (!applied_is_known(s, v))
			return EV_NONE;
		return s->in_charge_at_once ? take : EV_INPUTS;
	case CTL_FAILSAFE:
		return s->good_steps >= BACK_STEPS ? EV_INPUTS : EV_NONE;
	case CTL_TRACK:
		if (s->not_ours || now_ns - s->since_ns < (int64_t)(p->track_s * 1e9))
			return EV_NONE;
		return take;
	case CTL_AUTO:
	case CTL_SHADOW:
		/* what we asked before we stood still is not what the device does since */
		if (s->not_ours &&
		    (supervisor_device_in_maintenance(v) || now_ns - s->woken_ns < NOT_OURS_NS ||
		     now_ns - s->not_ours_ns > NOT_OURS_NS))
			return EV_NOT_OURS;
		return EV_NONE;
	case CTL_HANDBACK:
	case CTL_STOPPED:
	case CTL_MAINTENANCE:
	case CTL_MANUAL: /* said of AUTO, never a state */
		return EV_NONE;
	}
	return EV_NONE;
}

static uint16_t
first_seq(double commanded, double accepted)
{
	double last = isfinite(commanded) ? commanded : accepted;
	return isfinite(last) ? (uint16_t)lrint(law_clamp(last, 0.0, 65535.0)) : 0;
}

static uint16_t
next_seq(uint16_t seq)
{
	return seq == UINT16_MAX ? 1 : (uint16_t)(seq + 1);
}

/* Work that was moved for our reasons: a device that does not do it by itself keeps them else. */
static void
give_shares_back(struct demands *d)
{
	for (int i = 0; i < RETICLES; i++)
		if (isfinite(d->share_frac[i]))
			d->share_frac[i] = 1.0;
}

/* Returns whether the sequence numbers start here, or start again. */
static bool
transit(struct supervisor *s, enum event ev, const struct view *v, int64_t now_ns)
{
	struct demands *d = &s->demands;
	enum ctl_mode from = s->mode;
	if (!NEXT[from][ev])
		return false;
	s->mode = (enum ctl_mode)(NEXT[from][ev] - 1);
	s->since_ns = now_ns;
	s->taking_over = s->mode == CTL_AUTO || s->mode == CTL_SHADOW || s->mode == CTL_STOPPED;
	s->ramping = s->cooling_ramps = s->coming_back = s->in_charge_at_once = s->released = false;
	s->device_holds = s->stop_ignored = 0;
	s->stalled = false;
	if (s->mode == CTL_OFF) {
		demands_clear(d);
		s->patience_over = false;
		return false;
	}
	d->release = s->mode == CTL_HANDBACK || s->mode == CTL_MAINTENANCE;
	if (d->release) {
		s->release_ns = now_ns;
		give_shares_back(d);
	}
	d->quiet = false;
	if (from != CTL_OFF)
		return from == CTL_MAINTENANCE;
	d->active = true;
	d->quiet = s->mode == CTL_MAINTENANCE; /* nothing was asked that could stand beside it */
	d->engine_seq = first_seq(v->engine_seq_cmd, v->engine_seq);
	d->cooling_seq = first_seq(v->cooling_seq_cmd, v->cooling_seq);
	return true;
}

/* --- what is done --- */
static void
cool_fully(struct demands *d)
{
	d->pump_frac = 1.0;
	d->pump_turn_frac = 0.0;
	d->valve_frac = 1.0;
	for (int k = 0; k < HAND_PUMPS; k++)
		d->pump_each_frac[k] = (double)NAN;
}

static void
cap_by_flow(struct supervisor *s, const struct control_params *p, const struct view *v)
{
	double least_lpm = p->low_flow_frac * p->flow_nominal_lpm;
	s->low_flow_cap_frac = 1.0;
	if (!isfinite(v->flow_lpm) || v->flow_lpm >= least_lpm || least_lpm <= 0.0)
		return;
	s->low_flow_cap_frac = pow(fmax(v->flow_lpm, 0.0) / least_lpm, p->low_flow_exponent);
	for (int i = 0; i < RETICLES; i++)
		s->wants.duty_frac[i] = fmin(s->wants.duty_frac[i], s->low_flow_cap_frac);
}

static bool
out_is_sound(const struct law_out *out)
{
	return isfinite(out->pump_frac) && isfinite(out->valve_frac) && isfinite(out->setpoint_c) &&
	       isfinite(out->margin_k) && law_missing(out->duty_frac) == 0;
}

WIDE static void
demand_shares(double demanded_frac[RETICLES], const double wanted_frac[RETICLES])
{
	for (int i = 0; i < RETICLES; i++) {
		double wanted = wanted_frac[i], as_it_is = demanded_frac[i];
		demanded_frac[i] = fabs(wanted) <= DBL_MAX ? wanted : as_it_is;
	}
}

/* Anew in each step: what others take of it is no part of what the law goes on from. */
static void
demand_wants(struct supervisor *s)
{
	struct demands *d = &s->demands;
	memcpy(d->duty_frac, s->wants.duty_frac, sizeof d->duty_frac);
	if (s->wants_shares)
		demand_shares(d->share_frac, s->wants.share_frac);
	d->pump_frac = s->wants.pump_frac;
	d->valve_frac = s->wants.valve_frac;
}

/* Where no law acts: the next one goes on from what is demanded. Shares may be a person's. */
static void
want_demands(struct supervisor *s)
{
	memcpy(s->wants.duty_frac, s->demands.duty_frac, sizeof s->wants.duty_frac);
	s->wants.pump_frac = s->demands.pump_frac;
	s->wants.valve_frac = s->demands.valve_frac;
}

/* All cooling there is at once; the duty a little later: an answer that got lost, or a host that
 * stood still for a moment, must not cost half a wafer for as long as a takeover takes. */
static void
fail_safe(struct supervisor *s, const struct control_params *p, int64_t now_ns)
{
	bool cut = s->fault || now_ns - s->since_ns >= (int64_t)(p->failsafe_after_s * 1e9);
	demand_wants(s);
	supervisor_hands_hold(s, p);
	supervisor_scale(s);
	supervisor_pace_hold(s);
	for (int i = 0; cut && i < RETICLES; i++)
		s->demands.duty_frac[i] = fmin(s->demands.duty_frac[i], p->failsafe_duty_frac);
	cool_fully(&s->demands);
}

static void
decide(struct supervisor *s, const struct control_params *p, const struct view *v,
       bool cooling_back, int64_t now_ns)
{
	/* what the law held of pumps and valve is not what they did meanwhile */
	if (s->taking_over || cooling_back)
		supervisor_hands_start_law(s, p);
	for (int i = 0; i < RETICLES && s->setup.law->moves_work; i++)
		s->out.share_frac[i] = (double)NAN;
	s->setup.law->step(&s->state, p, &s->in, &s->out);
	if (!out_is_sound(&s->out)) {
		s->fault = true;
		fail_safe(s, p, now_ns);
		return;
	}
	s->own_setpoint_c = s->out.own_setpoint_c;
	if (s->taking_over)
		takeover_begin(s, p);
	else if (s->step_s > p->stall_s)
		takeover_after_stall(s, p);
	takeover_move(s, p);
	cap_by_flow(s, p, v);
	demand_wants(s);
	supervisor_turn_pumps(s, p);
	supervisor_hands_apply(s, p);
	supervisor_scale(s);
	supervisor_pace(s);
	if (s->cooling_lost) {
		cool_fully(&s->demands);
		cool_fully(&s->wants);
	}
}

/* Down from what is asked now: the feeds do not like a whole wafer at once. */
static void
ramp_to_nothing(struct supervisor *s, const struct control_params *p)
{
	const struct system_model *type = supervisor_type(&s->setup);
	double full_w = type ? RETICLES * type->dynamic_w : 0.0, step = 1.0;
	if (full_w > 0.0)
		step = p->operator_ramp_w_per_s * LAW_DT_S / full_w;
	for (int i = 0; i < RETICLES; i++) {
		double duty = s->demands.duty_frac[i];
		s->demands.duty_frac[i] = duty > step ? duty - step : 0.0; /* not known: 0 */
	}
}

/* No duty; pumps at full speed, and the valve holds the supply as long as that can be seen. */
static void
stay_stopped(struct supervisor *s, const struct control_params *p)
{
	ramp_to_nothing(s, p);
	cool_fully(&s->demands);
	s->cooled_fully = s->cooling_lost || s->sensors.blind || s->fault;
	if (s->cooled_fully) {
		s->taking_over = true;
		return;
	}
	if (s->taking_over)
		supervisor_hands_start_law(s, p);
	s->taking_over = false;
	s->setup.law->step(&s->state, p, &s->in, &s->out);
	s->fault = s->cooled_fully = !out_is_sound(&s->out);
	if (!s->fault)
		s->demands.valve_frac = s->out.valve_frac;
}

/* The release is the last demand, what was asked before stands beside it until the devices confirm;
 * from then on nothing else is asked: a device that comes back is released, too. */
static void
keep_out(struct supervisor *s, int64_t now_ns)
{
	struct demands *d = &s->demands;
	if (!s->released && now_ns - s->release_ns < RELEASE_NS && !d->quiet)
		return;
	d->quiet = true;
	d->pump_frac = d->valve_frac = (double)NAN;
	for (int i = 0; i < RETICLES; i++)
		d->duty_frac[i] = d->share_frac[i] = (double)NAN;
}

static void
act(struct supervisor *s, const struct control_params *p, const struct view *v, bool cooling_back,
    int64_t now_ns)
{
	switch (s->mode) {
	case CTL_STOPPED:
		stay_stopped(s, p);
		break;
	case CTL_MAINTENANCE:
		keep_out(s, now_ns);
		break;
	case CTL_OFF:
	case CTL_HANDBACK:
	case CTL_MANUAL:
		break; /* nothing asked; or what was asked last stands beside the release */
	case CTL_TRACK:
		takeover_track(&s->demands, &s->in, s->device_ceiling);
		takeover_track_shares(&s->demands, &s->in);
		supervisor_track_pumps(s, p);
		if (s->cooling_lost)
			cool_fully(&s->demands);
		break;
	case CTL_AUTO:
	case CTL_SHADOW:
		decide(s, p, v, cooling_back, now_ns);
		break;
	case CTL_FAILSAFE:
		fail_safe(s, p, now_ns);
		break;
	}
}

/* A device has let go once it says so, in a reading newer than the release. */
static bool
let_go(double authority, int64_t read_ns, bool shadow, int64_t release_ns)
{
	return shadow || (isfinite(authority) && read_ns > release_ns &&
			  lrint(authority) != AUTHORITY_SUPERVISOR);
}

static void
watch_release(struct supervisor *s, const struct view *v)
{
	if (s->mode != CTL_HANDBACK && s->mode != CTL_MAINTENANCE)
		return;
	s->released =
		s->released ||
		(let_go(v->engine_authority, v->engine_authority_ns, s->setup.engine_shadow,
			s->release_ns) &&
		 (!s->setup.has_cooling || let_go(v->cooling_authority, v->cooling_authority_ns,
						  s->setup.cooling_shadow, s->release_ns)));
}

/* How long readings are waited for at the start. */
static int64_t
patience_ns(const struct control_params *p, const struct view *v)
{
	int64_t ns = (int64_t)(p->input_hold_s * 1e9);
	bool in_charge =
		isfinite(v->engine_authority) && lrint(v->engine_authority) == AUTHORITY_SUPERVISOR;
	return in_charge && ns > PATIENCE_IN_CHARGE_NS ? PATIENCE_IN_CHARGE_NS : ns;
}

void
supervisor_step(struct supervisor *s, const struct control_params *p, const struct view *v,
		bool second, int64_t now_ns)
{
	bool cooling_was_lost = s->cooling_lost;
	if (s->mode != CTL_OFF || now_ns - s->since_ns >= patience_ns(p, v))
		s->patience_over = true;
	s->believed_c = trust_step(&s->trust, p, v);
	sensors_step(&s->sensors, p, s->believed_c, s->trust.maybe_c, s->estimate.offset_k);
	supervisor_watch_authority(s, v, now_ns);
	supervisor_watch_actuators(s, p, v);
	supervisor_look(s, p, v, second);
	supervisor_see_ceiling(s, v, now_ns);
	observer_step(&s->observer, &s->estimate, p, v, &s->sensors);
	bool first = transit(s, next_event(s, p, v, now_ns), v, now_ns);
	supervisor_judge_cap(s);
	supervisor_pace_begin(s, p, v);
	supervisor_hands_begin(s, p);
	supervisor_ballast_begin(s, p, v);
	act(s, p, v, cooling_was_lost && !s->cooling_lost, now_ns);
	if (s->mode != CTL_AUTO && s->mode != CTL_SHADOW && s->mode != CTL_FAILSAFE)
		want_demands(s);
	supervisor_ballast(s, p, v, now_ns);
	supervisor_ask_ceiling(s, p, now_ns);
	watch_release(s, v);
	if (s->mode != CTL_OFF && !s->demands.quiet && (second || first)) {
		s->demands.engine_seq = next_seq(s->demands.engine_seq);
		s->demands.cooling_seq = next_seq(s->demands.cooling_seq);
	}
	supervisor_say(s, p, v);
	supervisor_pace_say(s, p, v);
}

void
supervisor_hold(struct supervisor *s, enum hold_kind hold)
{
	s->hold = hold;
}

bool
supervisor_works(const struct supervisor *s, int reticle)
{
	return s->in.jobs.any ? s->in.jobs.slot[reticle] != SLOT_NONE : !s->idle;
}

void
supervisor_hand_back(struct supervisor *s)
{
	s->release_asked = true;
}

bool
supervisor_handed_back(const struct supervisor *s)
{
	return s->released || s->hold == HOLD_STOP;
}

bool
supervisor_failed(const struct supervisor *s)
{
	return s->fault;
}
