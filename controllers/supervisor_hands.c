/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person has set by hand, over what the law wants. The law goes on beneath and is what the
 * demands come back to, by the same ramp by which they left. A duty is a greatest one: the limits'
 * and the cap's stay below it. Pumps and valve obey as long as the wafer is below its limit.
 */
#include <math.h>
#include <string.h>

#include "controllers/reshare.h"
#include "controllers/supervisor.h"
#include "controllers/supervisor_private.h"

#define BINDS_FRAC 0.001
#define THERE_FRAC 1e-9
#define SHARES_OFF 1e-3 /* of a job's sum */
#define YIELD_STEPS 2.0 /* how much faster the valve opens than it is set */

void
supervisor_hands_init(struct supervisor *s)
{
	s->hands = NULL;
	for (int k = 0; k < HANDS; k++)
		s->hand_now[k] = (double)NAN;
}

void
supervisor_hands(struct supervisor *s, const struct hands *hands)
{
	s->hands = hands;
}

static double
wanted(const struct supervisor *s, int k)
{
	return s->hands ? s->hands->value[k] : (double)NAN;
}

static double
towards(double from, double to, double step)
{
	return from + law_clamp(to - from, -step, step);
}

/* The set-point goes into the law, which keeps it above the dew point and stays there afterwards. */
static void
begin_setpoint(struct supervisor *s, const struct control_params *p)
{
	double want_c = wanted(s, HAND_SETPOINT), *now_c = &s->hand_now[HAND_SETPOINT];
	if (!isfinite(want_c))
		*now_c = (double)NAN;
	else if (!isfinite(*now_c))
		*now_c = isfinite(s->out.setpoint_c) ? s->out.setpoint_c : want_c;
	else
		*now_c = towards(*now_c, want_c, p->hand_setpoint_per_s * LAW_DT_S);
	s->in.setpoint_by_hand = isfinite(*now_c);
	s->in.hand_setpoint_c = *now_c;
}

void
supervisor_hands_begin(struct supervisor *s, const struct control_params *p)
{
	bool acts = s->mode == CTL_AUTO || s->mode == CTL_SHADOW;
	s->n_by_hand = s->hands ? hands_count(s->hands) : 0;
	s->in.setpoint_by_hand = s->hand_binds = s->hand_leaves = false;
	s->in.valve_by_hand = acts && !s->taking_over && isfinite(s->hand_now[HAND_VALVE]);
	if (acts && !s->taking_over) {
		begin_setpoint(s, p);
		return;
	}
	/* from what is applied, and by the law, until that acts again */
	s->valve_kept = s->shares_kept = s->hand_yields = false;
	for (int k = 0; k < HANDS; k++) {
		s->hand_now[k] = (double)NAN;
		s->demands.by_hand[k] = false;
	}
	for (int k = 0; k < HAND_PUMPS; k++)
		s->demands.pump_each_frac[k] = (double)NAN;
}

void
supervisor_hands_undo(struct supervisor *s)
{
	if (s->valve_kept)
		s->demands.valve_frac = s->whole_valve_frac;
	s->valve_kept = false;
	if (s->shares_kept)
		memcpy(s->demands.share_frac, s->whole_share_frac, sizeof s->whole_share_frac);
	s->shares_kept = false;
}

/* One step of an output; NAN: it is the law's. */
static double
move(struct supervisor *s, int k, double law, double step)
{
	double want = wanted(s, k), *now = &s->hand_now[k];
	bool set = isfinite(want);
	if (!isfinite(*now) && set)
		*now = law;
	if (!isfinite(*now))
		return (double)NAN;
	*now = towards(*now, set ? want : law, step);
	if (!set && fabs(*now - law) < THERE_FRAC)
		*now = (double)NAN; /* that is where it came from */
	s->demands.by_hand[k] = isfinite(*now);
	return *now;
}

/* A wafer over its limit, or a pump that has to carry all, gets what the law would give. */
static void
watch_limit(struct supervisor *s, const struct control_params *p)
{
	double hottest_c = -INFINITY;
	for (int i = 0; i < RETICLES; i++)
		hottest_c = law_most(hottest_c, s->in.temp_c[i]);
	if (hottest_c > s->in.temp_limit_c)
		s->hand_yields = true;
	else if (hottest_c < s->in.temp_limit_c - p->hand_yield_k)
		s->hand_yields = false;
}

static void
apply_cooling(struct supervisor *s, double step)
{
	struct demands *d = &s->demands;
	for (int k = 0; k < HAND_PUMPS; k++) {
		double now = move(s, HAND_PUMP + k, d->pump_frac, step);
		if (isfinite(now) && (s->hand_yields || s->in.pump_alarm))
			now = s->hand_now[HAND_PUMP + k] = law_most(now, d->pump_frac);
		d->pump_each_frac[k] = now;
	}
	double was = s->hand_now[HAND_VALVE];
	double now = move(s, HAND_VALVE, d->valve_frac, step);
	s->valve_kept = isfinite(now);
	if (!s->valve_kept)
		return;
	s->whole_valve_frac = d->valve_frac;
	if (s->hand_yields && isfinite(was)) /* the law's follows what is applied: no help here */
		now = s->hand_now[HAND_VALVE] = law_clamp(was + YIELD_STEPS * step, 0.0, 1.0);
	d->valve_frac = now;
}

/* Those of a job that are set, and equal parts of the rest for its others; where that can't be, nothing:
 * the device would wait for a set whose mean is 1. */
static void
share_job(struct supervisor *s, uint8_t slot)
{
	struct demands *d = &s->demands;
	double rest = 0.0, others = 0.0;
	bool any = false;
	for (int i = 0; i < RETICLES; i++) {
		if (s->in.jobs.slot[i] != slot)
			continue;
		double want = wanted(s, HAND_SHARE + i);
		any = any || isfinite(want);
		rest += isfinite(want) ? 1.0 - want : 1.0;
		others += isfinite(want) ? 0.0 : 1.0;
	}
	double each = others > 0.0 ? rest / others : 1.0;
	bool possible =
		others > 0.0 ? each >= RESHARE_LO && each <= RESHARE_HI : fabs(rest) < SHARES_OFF;
	for (int i = 0; i < RETICLES; i++) {
		if (s->in.jobs.slot[i] != slot)
			continue;
		double want = wanted(s, HAND_SHARE + i);
		d->by_hand[HAND_SHARE + i] = any && possible && isfinite(want);
		if (any && possible)
			d->share_frac[i] = isfinite(want) ? want : each;
	}
}

/* As a whole, and no ramp: the device moves work at once, and not more often than it may. */
static void
apply_shares(struct supervisor *s)
{
	bool any = false;
	for (int i = 0; i < RETICLES; i++) {
		any = any || isfinite(wanted(s, HAND_SHARE + i));
		s->demands.by_hand[HAND_SHARE + i] = false;
	}
	if (!any)
		return;
	for (int i = 0; i < RETICLES; i++) { /* where nobody has asked yet: what is in force */
		double law = s->demands.share_frac[i], now = s->in.share_frac[i];
		s->whole_share_frac[i] = isfinite(law) ? law : isfinite(now) ? now : 1.0;
	}
	s->shares_kept = true;
	for (uint8_t slot = 0; slot <= SLOT_NONE; slot++)
		share_job(s, slot);
}

void
supervisor_hands_apply(struct supervisor *s, const struct control_params *p)
{
	struct demands *d = &s->demands;
	double step = p->ramp_per_s * LAW_DT_S;
	bool kept = false;
	watch_limit(s, p);
	for (int i = 0; i < RETICLES; i++) {
		double law = d->duty_frac[i], now = move(s, HAND_DUTY + i, law, step);
		if (!(now < law))
			continue;
		if (!kept)
			supervisor_keep_whole(s);
		kept = true;
		d->duty_frac[i] = now;
		if (now < law - BINDS_FRAC && isfinite(wanted(s, HAND_DUTY + i)))
			s->hand_binds = true;
		else if (now < law - BINDS_FRAC)
			s->hand_leaves = true;
	}
	apply_cooling(s, step);
	apply_shares(s);
}
