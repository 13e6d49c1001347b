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
#define SHARES_THERE 0.01
#define YIELD_STEPS 2.0 /* how much faster the valve opens than it is set */

void
supervisor_hands_init(struct supervisor *s)
{
	s->hands = NULL;
	for (int k = 0; k < HANDS; k++)
		s->hand_now[k] = (double)NAN;
	s->own_setpoint_c = (double)NAN;
}

void
supervisor_hands_ended(struct supervisor *s)
{
	s->shares_stray = true;
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

/* The set-point goes into the law, which keeps it above the dew point and its own beside it. */
static void
begin_setpoint(struct supervisor *s, const struct control_params *p)
{
	double want_c = wanted(s, HAND_SETPOINT), *now_c = &s->hand_now[HAND_SETPOINT];
	bool set = isfinite(want_c);
	double to_c = set ? want_c : s->own_setpoint_c;
	if (isfinite(*now_c))
		*now_c = towards(*now_c, to_c, p->hand_setpoint_per_s * LAW_DT_S);
	else if (s->setpoint_stray && isfinite(s->in.supply_c)) /* it was interrupted */
		*now_c = s->in.supply_c;
	else if (set)
		*now_c = isfinite(s->out.setpoint_c) ? s->out.setpoint_c : want_c;
	if (!set && !(fabs(*now_c - to_c) > THERE_FRAC))
		*now_c = (double)NAN;
	s->setpoint_stray = s->in.setpoint_by_hand = isfinite(*now_c);
	s->in.hand_setpoint_c = *now_c;
}

/* From what is applied, and by the law, until that acts again. */
static void
let_go(struct supervisor *s, bool blind)
{
	bool down = s->mode == CTL_STOPPED && s->shares_stray;
	for (int k = blind ? HAND_DUTY + RETICLES : 0; k < HANDS; k++)
		s->hand_now[k] = (double)NAN;
	memset(s->demands.by_hand, 0, sizeof s->demands.by_hand);
	for (int k = 0; k < HAND_PUMPS; k++)
		s->demands.pump_each_frac[k] = (double)NAN;
	for (int i = 0; down && i < RETICLES; i++)
		if (isfinite(s->demands.share_frac[i]))
			s->demands.share_frac[i] =
				isfinite(s->wants.share_frac[i]) ? s->wants.share_frac[i] : 1.0;
}

void
supervisor_hands_begin(struct supervisor *s, const struct control_params *p)
{
	bool acts = s->mode == CTL_AUTO || s->mode == CTL_SHADOW;
	s->n_by_hand = s->hands ? hands_count(s->hands) : 0;
	s->in.setpoint_by_hand = s->hand_binds = s->hand_leaves = false;
	s->verdict.hand_yields = HAND_OBEYED;
	s->in.valve_by_hand = acts && !s->taking_over && isfinite(s->hand_now[HAND_VALVE]);
	s->in.first_share_frac = s->shares_stray ? s->wants.share_frac : NULL;
	if (acts && !s->taking_over) {
		begin_setpoint(s, p);
		return;
	}
	s->hand_hot = s->hand_cold = false;
	let_go(s, s->mode == CTL_FAILSAFE);
}

void
supervisor_hands_start_law(struct supervisor *s, const struct control_params *p)
{
	s->in.setpoint_kept = s->setpoint_stray && isfinite(s->own_setpoint_c);
	s->in.kept_setpoint_c = s->own_setpoint_c;
	double *now_c = &s->hand_now[HAND_SETPOINT];
	if (s->in.setpoint_kept && s->mode != CTL_STOPPED && isfinite(s->in.supply_c)) {
		*now_c = isfinite(*now_c) ? *now_c : s->in.supply_c;
		s->in.hand_setpoint_c = *now_c; /* the valve does not jump: it goes on from there */
		s->in.setpoint_by_hand = true;
	}
	s->setup.law->init(&s->state, p, &s->in);
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
	double hottest_c = law_most(-INFINITY, law_most_of(s->in.temp_c));
	if (hottest_c > s->in.temp_limit_c)
		s->hand_hot = true;
	else if (hottest_c < s->in.temp_limit_c - p->hand_yield_k)
		s->hand_hot = false;
	/* condensation would be worse than a slow wafer */
	s->hand_cold = s->in.supply_c < s->in.supply_lo_c;
}

/* The law's valve follows what is applied and is no help here: it opens while the wafer is too hot, closes
 * while the supply is below the dew point and its margin, and opens no further close above that. */
static double
yield_valve(struct supervisor *s, const struct control_params *p, double was, double now,
	    double step)
{
	bool near = s->in.supply_c < s->in.supply_lo_c + p->hand_yield_k;
	enum hand_yield yields = s->verdict.hand_yields;
	if (!isfinite(was))
		was = s->demands.valve_frac;
	if (s->hand_cold)
		now = law_least(now, law_clamp(was - YIELD_STEPS * step, p->valve_min_frac, 1.0));
	else if (s->hand_hot)
		now = law_clamp(was + YIELD_STEPS * step, 0.0, 1.0);
	else if (!(near && now > was))
		return now;
	if (near && now > was)
		now = was;
	s->verdict.hand_yields = near ? HAND_YIELDS_DEW : s->hand_hot ? HAND_YIELDS_HOT : yields;
	return now;
}

static void
apply_cooling(struct supervisor *s, const struct control_params *p, double step)
{
	struct demands *d = &s->demands;
	for (int k = 0; k < HAND_PUMPS; k++) {
		d->pump_each_frac[k] = (double)NAN;
		double law = demands_pump(d, k), now = move(s, HAND_PUMP + k, law, step);
		if ((s->hand_hot || s->in.pump_alarm) && now < law) {
			now = s->hand_now[HAND_PUMP + k] = law;
			s->verdict.hand_yields = s->hand_hot ? HAND_YIELDS_HOT : HAND_YIELDS_PUMP;
		}
		d->pump_each_frac[k] = now;
	}
	double was = s->hand_now[HAND_VALVE];
	double now = move(s, HAND_VALVE, d->valve_frac, step);
	if (!isfinite(now))
		return;
	d->valve_frac = s->hand_now[HAND_VALVE] = yield_valve(s, p, was, now, step);
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

/* Is work where the law wants it again? */
static bool
is_back(const struct supervisor *s)
{
	for (int i = 0; i < RETICLES; i++)
		if (fabs(s->in.share_frac[i] - s->wants.share_frac[i]) > SHARES_THERE)
			return false; /* what is not known says nothing */
	return true;
}

/* As a whole, and no ramp: the device moves work at once, and not more often than it may. */
static void
apply_shares(struct supervisor *s)
{
	struct demands *d = &s->demands;
	bool any = false;
	for (int i = 0; i < RETICLES; i++) {
		any = any || isfinite(wanted(s, HAND_SHARE + i));
		d->by_hand[HAND_SHARE + i] = false;
	}
	s->wants_shares = s->wants_shares || any || s->shares_stray;
	for (int i = 0; i < RETICLES && (any || s->shares_stray); i++) {
		/* where nobody has asked yet: what was in force */
		double law = s->wants.share_frac[i], now = s->in.share_frac[i];
		if (!isfinite(law))
			s->wants.share_frac[i] = !s->shares_stray && now >= RESHARE_LO ? now : 1.0;
		d->share_frac[i] = s->wants.share_frac[i];
	}
	s->shares_stray = any || (s->shares_stray && !is_back(s));
	for (uint8_t slot = 0; any && slot <= SLOT_NONE; slot++)
		share_job(s, slot);
}

/* Duties, and whether one of a person is what sets the pace: of what has work, the least for its share. */
static void
apply_duties(struct supervisor *s, double step)
{
	struct demands *d = &s->demands;
	double least = INFINITY;
	for (int i = 0; i < RETICLES; i++) {
		double law = d->duty_frac[i], now = move(s, HAND_DUTY + i, law, step);
		bool binds = now < law - BINDS_FRAC;
		if (now < law)
			d->duty_frac[i] = now;
		double rate = d->duty_frac[i] / law_share(&s->in, i);
		if (!groups_counts(&s->in.jobs, i) || !(binds ? rate <= least : rate < least))
			continue;
		least = rate;
		s->hand_binds = binds && isfinite(wanted(s, HAND_DUTY + i));
		s->hand_leaves = binds && !s->hand_binds;
	}
}

/* Is one set, or on its way back to the law? */
static bool
any_acts(const struct supervisor *s)
{
	bool any = false;
	for (int k = 0; k < HANDS; k++)
		any |= isfinite(s->hand_now[k]) || isfinite(wanted(s, k));
	return any;
}

void
supervisor_hands_apply(struct supervisor *s, const struct control_params *p)
{
	double step = p->ramp_per_s * LAW_DT_S;
	watch_limit(s, p);
	if (s->n_by_hand == 0 && !s->hands_act && !s->shares_stray) {
		for (int k = 0; k < HAND_PUMPS; k++)
			s->demands.pump_each_frac[k] = (double)NAN;
		return;
	}
	apply_duties(s, step);
	apply_cooling(s, p, step);
	apply_shares(s);
	s->hands_act = any_acts(s);
}

void
supervisor_hands_hold(struct supervisor *s, const struct control_params *p)
{
	struct demands *d = &s->demands;
	for (int i = 0; i < RETICLES; i++) {
		double law = d->duty_frac[i];
		if (isfinite(s->hand_now[HAND_DUTY + i])) /* none begins now */
			d->duty_frac[i] = law_least(
				law, move(s, HAND_DUTY + i, law, p->ramp_per_s * LAW_DT_S));
	}
	apply_shares(s);
	for (int k = 0; k < HANDS; k++)
		d->by_hand[k] = false;
}
