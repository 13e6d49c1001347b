/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A supervisor's part of a power cap. The law steers to it; here the meter is believed over the law,
 * and the device is given a ceiling that it holds if we don't.
 */
#include <math.h>
#include <string.h>

#include "controllers/supervisor.h"
#include "controllers/supervisor_private.h"
#include "core/clock.h"
#include "core/wide.h"

#define WAFER_PART_TAU_S 5.0
#define WAFER_PART_ASSUMED 0.83 /* of the input power, where it was never measured */
#define OVER_FRAC 0.01
#define OVER_STEPS (3u * LAW_STEPS_PER_S)
#define SCALE_LEAST_FRAC 0.05
#define SCALE_BACK_FRAC (0.02 * LAW_DT_S)
#define SHED_FRAC (1.0 * LAW_DT_S)       /* as fast as a device takes duty away … */
#define SHED_BACK_FRAC (0.12 * LAW_DT_S) /* … and gives it back: the law begins far below */
#define CEILING_ABOVE_FRAC 0.0025        /* the device's stands out of the law's way */
#define CEILING_LATE_NS (2 * NS_PER_S)   /* that it may outlive its cap: seconds are whole */
#define CEILING_FOR_MAX_S 65535.0
#define MUTE_STEPS LAW_STEPS_PER_S /* of an engine: nobody could change its duty */
#define ASTRAY_FRAC 0.1
#define ASTRAY_STEPS (5u * LAW_STEPS_PER_S)
#define CEILING_AGAIN_NS (600 * NS_PER_S) /* before it runs out, where the cap goes on */

void
supervisor_cap_init(struct supervisor *s)
{
	s->cap = (struct cap_allowance){.watts = (double)NAN, .judged_w = (double)NAN};
	s->wafer_part = (double)NAN;
	s->cap_scale_frac = 1.0;
	s->ceiling.wafer_w = s->ceiling.for_s = (double)NAN;
}

void
supervisor_allow(struct supervisor *s, const struct cap_allowance *cap)
{
	s->cap = *cap;
}

double
supervisor_input_w(struct supervisor *s, const struct control_params *p, const struct view *v)
{
	double moving_w = v->input_w - p->cap_other_w;
	if (isfinite(moving_w) && isfinite(v->wafer_w) && moving_w > v->wafer_w) {
		double part = v->wafer_w / moving_w;
		s->wafer_part = isfinite(s->wafer_part)
					? law_low_pass(s->wafer_part, part, WAFER_PART_TAU_S)
					: part;
	}
	if (isfinite(v->input_w) || !isfinite(v->wafer_w) || !(s->wafer_part > 0.0))
		return v->input_w;
	return p->cap_other_w + v->wafer_w / s->wafer_part;
}

void
supervisor_judge_cap(struct supervisor *s)
{
	double cap_w = s->cap.judged_w, input_w = s->in.input_w, before = s->cap_scale_frac;
	bool over = isfinite(cap_w) && input_w > cap_w * (1.0 + OVER_FRAC);
	s->cap_over = over ? s->cap_over + 1 : 0;
	if (s->cap.shed && s->mode == CTL_AUTO) {
		s->cap_scale_frac = fmax(s->cap_scale_frac - SHED_FRAC, 0.0);
		s->was_shed = true;
	} else if (s->cap_over >= OVER_STEPS) {
		s->cap_over = 0;
		s->cap_missed = true;
		if (s->mode == CTL_AUTO) /* elsewhere the duty is not ours, or is down already */
			s->cap_scale_frac =
				fmax(s->cap_scale_frac * cap_w / input_w, SCALE_LEAST_FRAC);
	} else if (!over && !(input_w > cap_w)) {
		s->cap_missed = false;
		s->cap_scale_frac += fmin(s->was_shed ? SHED_BACK_FRAC : SCALE_BACK_FRAC,
					  1.0 - s->cap_scale_frac);
	}
	if (s->mode == CTL_FAILSAFE)
		s->cap_scale_frac = before; /* what is not seen is not given back */
	else if (s->taking_over || (s->mode != CTL_AUTO && s->mode != CTL_SHADOW))
		s->cap_scale_frac = 1.0; /* what is applied is asked for, and has it in it */
	s->was_shed = s->was_shed && s->cap_scale_frac < 1.0;
}

void
supervisor_scale(struct supervisor *s)
{
	if (!(s->cap_scale_frac < 1.0))
		return;
	for (int i = 0; i < RETICLES; i++)
		s->demands.duty_frac[i] *= s->cap_scale_frac;
}

static bool
is_same(double told, double asked)
{
	return fabs(told - asked) < 0.5; /* whole numbers; never of NAN */
}

/* Does the engine say what it does, and do what it is asked for? */
static void
see_obedience(struct supervisor *s)
{
	double applied = law_sum_of(s->in.applied_frac) / RETICLES;
	double asked = law_sum_of(s->demands.duty_frac) / RETICLES;
	s->mute = isfinite(applied) ? 0 : s->mute + 1;
	s->astray = applied > asked + ASTRAY_FRAC ? s->astray + 1 : 0;
}

/* A ceiling counts once the device has been read to have it; what it then holds it holds until the
 * end, whoever can still be reached. */
void
supervisor_see_ceiling(struct supervisor *s, const struct view *v, int64_t now_ns)
{
	const struct demands *d = &s->demands;
	struct ceiling *c = &s->ceiling;
	bool there = isfinite(v->engine_status) &&
		     ((uint32_t)lrint(v->engine_status) & ENGINE_CEILING_BIT);
	see_obedience(s);
	if (isfinite(v->ceiling_w) && isfinite(v->engine_status)) {
		if (there && !s->setup.engine_shadow && is_same(v->ceiling_w, d->ceiling_w) &&
		    is_same(v->ceiling_for_s, d->ceiling_for_s))
			*c = (struct ceiling){d->ceiling_w, d->ceiling_for_s, s->ceiling_end_ns};
		else if (!there || !is_same(v->ceiling_w, c->wafer_w) ||
			 !is_same(v->ceiling_for_s, c->for_s))
			c->wafer_w = (double)NAN;
	}
	if (now_ns >= c->end_ns)
		c->wafer_w = (double)NAN;
}

/* What it lets the system draw; NAN: nothing is sure to. Of what is asked for and not confirmed the
 * device may have heard, or not: the greater of both is sure. */
static double
kept_w(const struct supervisor *s, const struct control_params *p, double part)
{
	const struct demands *d = &s->demands;
	double wafer_w = s->ceiling.wafer_w;
	if (is_same(d->ceiling_w, 0.0))
		return (double)NAN;
	if (isfinite(d->ceiling_w) && isfinite(wafer_w))
		wafer_w = fmax(wafer_w, d->ceiling_w);
	return p->cap_other_w + wafer_w / part;
}

void
supervisor_ask_ceiling(struct supervisor *s, const struct control_params *p, int64_t now_ns)
{
	struct demands *d = &s->demands;
	if (!isfinite(s->cap.watts) || s->cap.lifting) {
		/* always: one that was lifted while nobody could write still stands in the device */
		if (isfinite(d->ceiling_w) || (d->active && !d->quiet))
			d->ceiling_w = d->ceiling_for_s = 0.0;
		return;
	}
	if (!s->cap.due && !s->cap.down)
		return; /* a device knows no ramp: it would take the power at once */
	double part = s->wafer_part > 0.0 ? s->wafer_part : WAFER_PART_ASSUMED;
	double wafer_w =
		fmax(s->cap.watts - p->cap_other_w, 1.0) * part * (1.0 + CEILING_ABOVE_FRAC);
	bool moved = !(fabs(wafer_w - d->ceiling_w) <= p->ceiling_moved_frac * wafer_w);
	bool short_of_it = s->ceiling_end_ns < s->cap.until_ns &&
			   now_ns > s->ceiling_end_ns - CEILING_AGAIN_NS;
	bool too_long = s->cap.until_ns < s->ceiling_end_ns - CEILING_LATE_NS;
	if (!moved && !short_of_it && !too_long)
		return;
	double left_s = s->cap.until_ns == INT64_MAX
				? CEILING_FOR_MAX_S
				: (double)(s->cap.until_ns - now_ns) / (double)NS_PER_S;
	d->ceiling_w = fmax(floor(wafer_w), 1.0); /* 0 is none */
	left_s = law_clamp(ceil(left_s), 1.0, CEILING_FOR_MAX_S);
	if (left_s > 1.0 && fabs(left_s - d->ceiling_for_s) < 0.5)
		left_s -= 1.0; /* the same again would be no news to who writes what has changed */
	d->ceiling_for_s = left_s;
	s->ceiling_end_ns = now_ns + (int64_t)d->ceiling_for_s * NS_PER_S;
}

/* Duties in force, each by what its stage needs; NAN: not known. Shares of caps are made of it: in their order. */
WIDE static double
applied_mean(const struct law_in *in)
{
	UNCLEARED double part[RETICLES];
	double sum = 0.0;
	for (int i = 0; i < RETICLES; i++)
		part[i] = in->applied_frac[i];
	for (int i = 0; i < RETICLES && in->staged; i++)
		part[i] /= law_stage(in, i);
	for (int i = 0; i < RETICLES; i++)
		part[i] = law_clamp(part[i], 0.0, 1.0) / RETICLES;
	for (int i = 0; i < RETICLES; i++)
		sum += part[i];
	return sum;
}

struct cap_draw
supervisor_draw(const struct supervisor *s, const struct control_params *p)
{
	const struct verdict *d = &s->verdict;
	bool ours = d->mode == CTL_AUTO || d->mode == CTL_MANUAL || d->mode == CTL_FAILSAFE;
	struct cap_draw draw = {.input_w = s->in.input_w,
				.full_w = (double)NAN,
				.held_by_cap = ours && d->reason == REASON_CAP,
				.controllable = ours && !s->setup.engine_shadow &&
						s->mute < MUTE_STEPS && s->astray < ASTRAY_STEPS};
	double sum = applied_mean(&s->in), part = s->wafer_part;
	if (!(part > 0.0))
		part = WAFER_PART_ASSUMED;
	double static_w = p->cap_other_w + RETICLES * p->reticle_static_w / part;
	draw.idle_w = static_w;
	draw.kept_w = kept_w(s, p, part);
	double moving_w = draw.input_w - static_w - d->ballast_w / part; /* which is no work */
	if (sum > SCALE_LEAST_FRAC && moving_w > 0.0)
		draw.full_w = static_w + moving_w / fmin(sum, 1.0);
	return draw;
}
