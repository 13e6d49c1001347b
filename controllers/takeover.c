/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/takeover.h"

#include <math.h>
#include <string.h>

#define DUTY_BAND_FRAC 0.005
#define COOLING_BAND_FRAC 0.01
#define FULL_FROM 0.995 /* duty that counts as unthrottled */
#define SETTLED 4.0     /* time constants */

void
demands_clear(struct demands *d)
{
	d->active = d->release = d->quiet = false;
	d->engine_seq = d->cooling_seq = 0;
	d->pump_frac = d->valve_frac = (double)NAN;
	d->pump_turn_frac = 0.0;
	for (int k = 0; k < HAND_PUMPS; k++)
		d->pump_each_frac[k] = (double)NAN;
	for (int k = 0; k < HANDS; k++)
		d->by_hand[k] = false;
	d->ceiling_w = d->ceiling_for_s = (double)NAN;
	for (int i = 0; i < RETICLES; i++)
		d->duty_frac[i] = (double)NAN;
	for (int i = 0; i < RETICLES; i++)
		d->share_frac[i] = d->ballast_w[i] = (double)NAN;
	for (int k = 0; k < JOBS_MAX; k++)
		d->batch_frac[k] = (double)NAN;
}

static double
follow(double demand, double applied, double band)
{
	if (!isfinite(applied))
		return demand;
	applied = law_clamp(applied, 0.0, 1.0);
	return isfinite(demand) && fabs(demand - applied) <= band ? demand : applied;
}

void
takeover_track(struct demands *d, const struct law_in *in, bool ceiling)
{
	for (int i = 0; i < RETICLES; i++)
		if (!(ceiling && in->applied_frac[i] < d->duty_frac[i]))
			d->duty_frac[i] =
				follow(d->duty_frac[i], in->applied_frac[i], DUTY_BAND_FRAC);
	d->pump_frac = follow(d->pump_frac, in->pump_frac, COOLING_BAND_FRAC);
	d->valve_frac = follow(d->valve_frac, in->valve_frac, COOLING_BAND_FRAC);
}

void
takeover_track_shares(struct demands *d, const struct law_in *in)
{
	for (int i = 0; i < RETICLES; i++)
		if (isfinite(in->share_frac[i]))
			d->share_frac[i] = in->share_frac[i];
}

static double
bump(double wanted, double demand)
{
	return isfinite(demand) ? fabs(wanted - demand) : 0.0;
}

void
takeover_begin(struct supervisor *s, const struct control_params *p)
{
	struct demands *d = &s->wants;
	const uint8_t *lead = s->in.jobs.lead;
	double least = 1.0, worst = 0.0, of_group[RETICLES], share[RETICLES];
	takeover_track(d, &s->in, s->device_ceiling);
	takeover_track_shares(&s->demands, &s->in);
	for (int i = 0; i < RETICLES; i++) {
		share[i] = law_share(&s->in, i);
		of_group[i] = d->duty_frac[i] / share[i];
		if (groups_counts(&s->in.jobs, i))
			least = fmin(least, of_group[i]); /* fmin passes NAN over */
		of_group[lead[i]] = fmin(of_group[lead[i]], of_group[i]);
	}
	for (int i = 0; i < RETICLES; i++) {
		/* a synchronous job has one rate, and runs at the least of them already */
		if (isfinite(d->duty_frac[i]))
			d->duty_frac[i] = law_clamp(of_group[lead[i]] * share[i], 0.0, 1.0);
		worst = fmax(worst, bump(s->out.duty_frac[i], d->duty_frac[i]));
	}
	s->ramping = worst >= p->takeover_bump_frac;
	worst = fmax(bump(s->out.pump_frac, d->pump_frac), bump(s->out.valve_frac, d->valve_frac));
	s->cooling_ramps = worst >= p->takeover_bump_frac;
	s->coming_back = least < 1.0 - p->takeover_bump_frac;
	s->taking_over = false;
	/* in the middle of trouble the law's next move may be as large as the bump was not to be */
	s->stalled = true;
	s->stalled_s = 0.0;
}

void
takeover_after_stall(struct supervisor *s, const struct control_params *p)
{
	/* what is read is no older than a step, and it has risen since */
	double risen = p->duty_up_per_s * LAW_DT_S / 2.0;
	for (int i = 0; i < RETICLES && !s->device_ceiling; i++) {
		double left = s->demands.duty_frac[i] - s->in.applied_frac[i] - risen;
		if (left > 0.0) /* not NAN */
			s->wants.duty_frac[i] = fmax(s->wants.duty_frac[i] - left, 0.0);
	}
	s->stalled = true;
	s->stalled_s = 0.0;
}

/* One step towards `wanted`; what cools (`free_up`, `free_down`) goes at once. */
static double
towards(double demand, double wanted, double step, bool free_up, bool free_down)
{
	if (!isfinite(demand))
		return wanted;
	double move = wanted - demand;
	if (move > step && !free_up)
		move = step;
	if (move < -step && !free_down)
		move = -step;
	return demand + move;
}

/* Not before the readings' low-pass has seen what happened; but a move from 0 to 1 takes no longer
 * than its ramp, and what is not there by then is noise's. */
static void
end_stall(struct supervisor *s, const struct control_params *p, bool there)
{
	s->stalled_s += LAW_DT_S;
	bool seen = s->stalled_s >= SETTLED * p->filter_s;
	s->stalled = !(seen && there) && s->stalled_s < 1.0 / p->stall_per_s;
}

static void
move_work(struct supervisor *s)
{
	const struct law_out *out = &s->out;
	s->wants_shares = true;
	for (int i = 0; i < RETICLES; i++) {
		/* who never moves work leaves none where another put it */
		bool told = isfinite(s->demands.share_frac[i]) || isfinite(s->in.share_frac[i]);
		bool ours = s->setup.shares_free && !s->setup.law->moves_work;
		if (isfinite(out->share_frac[i]) || (ours && told))
			s->wants.share_frac[i] =
				isfinite(out->share_frac[i]) ? out->share_frac[i] : 1.0;
	}
}

void
takeover_move(struct supervisor *s, const struct control_params *p)
{
	struct demands *d = &s->wants;
	const struct law_out *out = &s->out;
	double step_frac = p->ramp_per_s * LAW_DT_S;
	/* a step that is late comes soon before the next one */
	double stall_step = p->stall_per_s * fmin(s->step_s, LAW_DT_S);
	double step = s->ramping ? step_frac : stall_step;
	bool over = out->margin_k < 0.0, there = true;
	/* Over a limit, too: what we find there the device's foldback has held until now, and holds on. A
	   breaker does not wait for a ramp. */
	bool down = out->limit == REASON_CAP || s->in.input_w > s->in.cap_w; /* not NAN */
	for (int i = 0; i < RETICLES && (s->ramping || s->stalled); i++) {
		d->duty_frac[i] = towards(d->duty_frac[i], out->duty_frac[i], step, false, down);
		there = there && fabs(d->duty_frac[i] - out->duty_frac[i]) <= step;
	}
	if (!s->ramping && !s->stalled)
		memcpy(d->duty_frac, out->duty_frac, sizeof d->duty_frac);
	double least = law_least(1.0, law_least_needed(&s->in, d->duty_frac));
	if (s->setup.law->moves_work || s->setup.shares_free)
		move_work(s);
	if (s->stalled && !s->ramping)
		end_stall(s, p, there);
	s->ramping = s->ramping && !there;
	/* each by itself: duty does not wait for a pump that is far from where it is to be */
	step = s->cooling_ramps ? step_frac : (double)INFINITY;
	d->pump_frac = towards(d->pump_frac, out->pump_frac, step, over || s->in.pump_alarm, false);
	d->valve_frac = towards(d->valve_frac, out->valve_frac, step, over, false);
	there = fabs(d->pump_frac - out->pump_frac) <= step &&
		fabs(d->valve_frac - out->valve_frac) <= step;
	s->cooling_ramps = s->cooling_ramps && !there;
	/* back once full, or once a limit is what holds it */
	if (least >= FULL_FROM || out->margin_k < p->pump_up_below_k)
		s->coming_back = false;
}
