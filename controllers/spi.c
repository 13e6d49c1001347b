/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/spi.h"

#include <math.h>

#include "core/wide.h"

/*
 * Further than this between asked and applied and the integrator waits. Wider than the lag of a
 * healthy bus (.3 s at the law's fastest, .1/s), narrower than a foldback worth the name.
 */
#define HELD_FRAC 0.05
#define CAP_AHEAD_FRAC 0.03 /* of what is applied: asked for at most, while power may rise */
#define THROTTLED_BELOW 0.999

/* What counts for a group, at its lead alone: the least of its duties (NAN unknown), its worst error. */
struct group_view {
	double applied_frac[RETICLES], error_k[RETICLES];
};

INLINED double
error_of(const struct control_params *p, double reference_c, double temp_c)
{
	return law_clamp(reference_c - temp_c, p->error_lo_k, p->error_hi_k);
}

/* Of each reticle: the rate that its duty allows, and its share by what its stage needs. */
static void
see_shares(const struct law_in *in, double rate_frac[RETICLES], double part[RETICLES])
{
	for (int i = 0; i < RETICLES; i++) {
		double share = law_share(in, i);
		rate_frac[i] = law_unpaced(in, i) / share;
		part[i] = share / law_stage(in, i);
	}
}

/* A group's rate as one duty for all: by the greatest share. */
static void
as_one_duty(struct group_view *g, const struct job_groups *jobs, const double part[RETICLES])
{
	double most[RETICLES] = {0.0};
	for (int i = 0; i < RETICLES; i++)
		most[jobs->lead[i]] = law_most(most[jobs->lead[i]], part[i]);
	for (int i = 0; i < RETICLES; i = groups_end(jobs, i))
		if (jobs->lead[i] == i)
			g->applied_frac[i] *= most[i];
}

static double
most_among(const double *v, int n)
{
	double most = v[0];
	if (n == RETICLES)
		return law_most_of(v);
	for (int i = 1; i < n; i++)
		most = law_most(most, v[i]);
	return most;
}

/* Of a row of reticles that are alone. */
WIDE static void
see_alone(struct group_view *restrict g, const struct control_params *restrict p,
	  const double allowed_frac[], const double temp_c[], double reference_c, int from, int to)
{
	for (int i = from; i < to; i++) {
		g->applied_frac[i] = allowed_frac[i];
		g->error_k[i] = error_of(p, reference_c, temp_c[i]);
	}
}

static void
see_groups(struct group_view *g, const struct control_params *p, const struct law_in *in,
	   const struct law_face *f)
{
	const uint8_t *lead = in->jobs.lead;
	UNCLEARED double rate_frac[RETICLES], part[RETICLES];
	const double *allowed = in->applied_frac;
	bool alike = in->even && !in->staged; /* all shares are 1, and so is what stages need */
	if (!alike || in->unpaced_frac != in->applied_frac) {
		see_shares(in, rate_frac, part);
		allowed = rate_frac;
	}
	for (int i = 0, end; i < RETICLES; i = end) {
		end = groups_end(&in->jobs, i);
		int n = end - i, to = lead[i];
		if (in->jobs.alone[i]) {
			see_alone(g, p, allowed, in->temp_c, f->reference_c, i, end);
			continue;
		}
		double applied = law_least_among(allowed + i, n); /* passes NAN over */
		double error_k = error_of(p, f->reference_c, most_among(in->temp_c + i, n));
		if (to < i) { /* it has had a row before */
			applied = law_least(g->applied_frac[to], applied);
			error_k = law_least(g->error_k[to], error_k);
		}
		g->applied_frac[to] = applied;
		g->error_k[to] = error_k;
	}
	if (!alike)
		as_one_duty(g, &in->jobs, part);
}

/*
 * A fall of cooling (a clog takes 1 s) needs half the duty within a second or two, at a gain that
 * noise would keep busy for ever: so the gain is greater for an error that no noise makes.
 */
struct gains {
	double kp_per_k, ki_per_k_s, hurry_per_k_s, hurry_below_k, integral_lo;
};

INLINED struct gains
gains_of(const struct control_params *p, bool independent)
{
	return (struct gains){
		.kp_per_k = independent ? p->ind_kp_per_k : p->duty_kp_per_k,
		.ki_per_k_s = independent ? p->ind_ki_per_k_s : p->duty_ki_per_k_s,
		.hurry_per_k_s = independent ? p->ind_hurry_per_k_s : p->duty_hurry_per_k_s,
		.hurry_below_k = p->hurry_below_k,
		.integral_lo = p->integral_lo,
	};
}

INLINED double
proportional(const struct gains *k, double error_k)
{
	return k->kp_per_k * law_least(error_k, 0.0);
}

INLINED double
integral_rate(const struct gains *k, double error_k)
{
	return k->ki_per_k_s * error_k +
	       k->hurry_per_k_s * law_least(error_k - k->hurry_below_k, 0.0);
}

/* Integrators such that the duty asked for is `duty_frac`. */
static void
set_integrator(struct spi *s, const struct control_params *p, int lead, double duty_frac,
	       double error_k)
{
	struct gains k = gains_of(p, s->jobs.alone[lead]);
	double want = duty_frac - 1.0 - proportional(&k, error_k);
	s->i_frac[lead] = law_clamp(want, p->integral_lo, 0.0);
	s->asked_frac[lead] = duty_frac;
	s->cap_frac[lead] = 1.0;
}

/*
 * Groups that are not what they were take over from what is applied, so that a job that comes or
 * grows is no bump; reticles that no job has any more give their integrator up. `all`: every group
 * is new.
 */
static void
take_jobs(struct spi *s, const struct control_params *p, const struct law_in *in,
	  const struct group_view *g, bool all)
{
	if (!all && groups_same(&s->jobs, &in->jobs))
		return;
	bool fresh[RETICLES] = {false};
	for (int i = 0; i < RETICLES; i++)
		if (all || s->jobs.lead[i] != in->jobs.lead[i] ||
		    s->jobs.alone[i] != in->jobs.alone[i] || s->jobs.slot[i] != in->jobs.slot[i])
			fresh[in->jobs.lead[i]] = true;
	s->jobs = in->jobs;
	for (int i = 0; i < RETICLES; i++) {
		if (!fresh[i] || in->jobs.lead[i] != i)
			continue;
		double duty = isfinite(g->applied_frac[i]) ? g->applied_frac[i] : 1.0;
		if (!all && !groups_counts(&in->jobs, i))
			duty = 1.0;
		set_integrator(s, p, i, law_clamp(duty, 0.0, 1.0), g->error_k[i]);
	}
}

void
spi_init(struct spi *s, const struct control_params *p, const struct law_in *in)
{
	struct law_face f = law_face(p, in);
	UNCLEARED struct group_view g;
	see_groups(&g, p, in, &f);
	take_jobs(s, p, in, &g, true);
	s->capped = true; /* for all that lead none yet, too */
	double pump = isfinite(in->pump_frac) ? in->pump_frac : p->pump_max_frac;
	s->pump_frac = law_clamp(pump, p->pump_min_frac, p->pump_max_frac);
	/* the set-point that was in force is not on the bus: what the supply is now comes nearest */
	s->setpoint_c = law_first_setpoint(p, in);
	law_valve_init(&s->valve, p, in, law_setpoint_in_force(p, in, s->setpoint_c));
}

/* How far a power cap moves what it leaves; NAN: there is none. */
static double
cap_move(const struct control_params *p, const struct law_in *in)
{
	if (!(isfinite(in->cap_w) && in->cap_w >= 0.0 && isfinite(in->input_w)))
		return (double)NAN;
	double room = (in->cap_w - p->cap_margin_w - in->input_w) / fmax(in->cap_w, 1.0);
	return p->cap_ki_per_s * room * LAW_DT_S;
}

/* What a power cap leaves of full duty: an integrator of its own, which begins where the duty is. */
static void
cap_step(struct spi *s, const struct control_params *p, double step, int lead, double applied_frac)
{
	double asked = fmin(s->cap_frac[lead], s->asked_frac[lead]), most = 1.0;
	if (step < 0.0 && asked - applied_frac < -HELD_FRAC)
		return;
	if (step > 0.0) /* the device's own ceiling may still hold it, which is no fault of its */
		most = fmin(most, fmax(s->cap_frac[lead], applied_frac + CAP_AHEAD_FRAC));
	double from = step < 0.0 ? asked : s->cap_frac[lead];
	s->cap_frac[lead] = fmin(law_clamp(from + step, 1.0 + p->integral_lo, 1.0), most);
}

static void
caps_step(struct spi *s, const struct control_params *p, const struct law_in *in,
	  const struct group_view *g)
{
	double step = cap_move(p, in);
	bool none = isnan(step);
	for (int i = 0; i < RETICLES && (s->capped || !none); i++)
		if (none)
			s->cap_frac[i] = 1.0;
		else if (in->jobs.lead[i] == i)
			cap_step(s, p, step, i, law_clamp(g->applied_frac[i], 0.0, 1.0));
	s->capped = !none;
}

/* The integrator of a group, at its lead; or those of a row of reticles that are alone, side by side. */
WIDE static void
integrate(struct spi *s, const struct control_params *p, const struct group_view *restrict g,
	  bool alone, int from, int to)
{
	const struct gains k = gains_of(p, alone);
	for (int i = from; i < to; i++) {
		double error_k = g->error_k[i], was = s->i_frac[i];
		double rate = integral_rate(&k, error_k);
		double behind = s->asked_frac[i] - law_clamp(g->applied_frac[i], 0.0, 1.0);
		double held = rate > 0.0 ? behind : rate < 0.0 ? -behind : 0.0;
		double moved = law_clamp(was + rate * LAW_DT_S, k.integral_lo, 0.0);
		double integral = held > HELD_FRAC ? was : moved;
		double duty = 1.0 + proportional(&k, error_k) + integral;
		s->i_frac[i] = integral;
		s->asked_frac[i] = law_clamp(duty, 0.0, 1.0);
	}
}

static void
second_step(struct spi *s, const struct control_params *p, const struct law_in *in,
	    const struct law_out *out, double hottest_c)
{
	if (in->pump_alarm)
		s->pump_frac = p->pump_max_frac;
	else if (out->margin_k < p->pump_up_below_k ||
		 (out->limit != REASON_NONE && out->limit != REASON_CAP)) /* not for power's sake */
		s->pump_frac += p->pump_step_up_frac;
	else if (out->margin_k > p->pump_down_above_k)
		s->pump_frac -= p->pump_step_down_frac;
	s->pump_frac = law_clamp(s->pump_frac, p->pump_min_frac, p->pump_max_frac);
	double room_k = in->temp_limit_c - p->margin_k - hottest_c;
	if (in->setpoint_by_hand)
		; /* the own one stays: it is what is come back to */
	else if (room_k < p->supply_down_below_k)
		s->setpoint_c -= p->supply_step_down_k;
	else if (room_k > p->supply_up_above_k)
		s->setpoint_c += p->supply_step_up_k;
	s->setpoint_c = law_setpoint(p, in, s->setpoint_c);
	law_valve_step(&s->valve, p, in, law_setpoint_in_force(p, in, s->setpoint_c));
}

static void
duties_step(struct spi *s, const struct control_params *p, const struct law_in *in,
	    const struct law_face *f, const struct group_view *g, struct law_out *out)
{
	const struct job_groups *jobs = &in->jobs;
	bool by_cap = false;
	double least = 1.0;
	out->margin_k = error_of(p, f->reference_c, f->max_c);
	caps_step(s, p, in, g);
	for (int i = 0, end; i < RETICLES; i = end) {
		bool alone = jobs->alone[i];
		end = groups_end(jobs, i);
		int own_end = alone ? end : i + 1;
		if (jobs->lead[i] == i)
			integrate(s, p, g, alone, i, own_end);
		for (int k = i; k < own_end; k++) {
			/* the lesser: what temperatures allowed before a cap is there at once when it ends */
			double asked = s->asked_frac[jobs->lead[k]],
			       cap = s->cap_frac[jobs->lead[k]];
			out->duty_frac[k] = cap < asked ? cap : asked; /* no number stays none */
			if (!groups_counts(jobs, k))
				continue; /* without work it is held back from nothing */
			by_cap = by_cap || cap < asked;
			least = law_least(least, out->duty_frac[k]);
		}
		double duty = out->duty_frac[i];
		for (int k = own_end; k < end; k++)
			out->duty_frac[k] = duty;
	}
	for (int i = 0; i < RETICLES && in->staged; i++) /* a cheaper one would only wait */
		out->duty_frac[i] *= law_stage(in, i);
	if (least >= THROTTLED_BELOW)
		out->limit = REASON_NONE;
	else if (by_cap)
		out->limit = REASON_CAP;
	else
		out->limit = f->by_spread ? REASON_SPREAD : REASON_TEMPERATURE;
}

void
spi_step(struct spi *s, const struct control_params *p, const struct law_in *in,
	 struct law_out *out)
{
	struct law_face f = law_face(p, in);
	UNCLEARED struct group_view g;
	see_groups(&g, p, in, &f);
	take_jobs(s, p, in, &g, false);
	duties_step(s, p, in, &f, &g, out);
	if (in->second)
		second_step(s, p, in, out, f.max_c);
	else if (in->pump_alarm)
		s->pump_frac = p->pump_max_frac; /* not a second later */
	out->pump_frac = s->pump_frac;
	out->valve_frac = s->valve.valve_frac;
	out->own_setpoint_c = s->setpoint_c;
	out->setpoint_c = law_setpoint_in_force(p, in, s->setpoint_c);
}
