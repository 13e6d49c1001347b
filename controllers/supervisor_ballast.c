/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A supervisor's part of ballast, dummy work that keeps cold reticles warmer. The law says where it pays; here is said
 * when there may be none, whatever the law wants: a watt for nothing is the first to go.
 */
#include <math.h>

#include "controllers/law.h"
#include "controllers/supervisor_private.h"

#define NO_FOLD_FROM 0.995
#define CAP_REST_STEPS (10u * LAW_STEPS_PER_S) /* after a meter was above its cap */
/* of the engine block's status */
#define POWERED_BIT 1u
#define FOLDBACK_BIT 8u
#define LOW_FLOW_BIT 16u

/* Does the engine block hold heat down itself? What is not known counts as if. */
static bool
device_holds(const struct view *v)
{
	if (!isfinite(v->engine_status) || !isfinite(v->trip) ||
	    !(v->foldback_frac >= NO_FOLD_FROM))
		return true;
	uint32_t status = (uint32_t)lrint(v->engine_status);
	return lrint(v->trip) != 0 || !(status & POWERED_BIT) ||
	       (status & (FOLDBACK_BIT | LOW_FLOW_BIT));
}

/* Whatever is read of the wafer: too little flow, a cap, a person. */
static bool
is_dear(const struct supervisor *s, const struct control_params *p, const struct view *v)
{
	bool flow = v->flow_lpm < p->low_flow_frac * p->flow_nominal_lpm;
	bool cap = s->cap.shed || s->cap_scale_frac < 1.0 || s->cap_missed || s->ballast_rest > 0;
	bool hand = s->n_by_hand > 0 || s->hands_act;
	return flow || cap || hand || s->fault;
}

/* What is found when readings come back is kept, though they are not all believed yet: no duty moves then, either. */
static bool
is_barred(const struct supervisor *s, const struct control_params *p, const struct view *v)
{
	bool blind = s->mode != CTL_TRACK &&
		     (s->sensors.blind || s->sensors.degraded || s->cooling_lost);
	return blind || is_dear(s, p, v) || device_holds(v);
}

static double
sum_of(const double v[RETICLES])
{
	double sum = 0.0;
	for (int i = 0; i < RETICLES; i++)
		sum += v[i];
	return sum;
}

void
supervisor_ballast_begin(struct supervisor *s, const struct control_params *p, const struct view *v)
{
	struct law_in *in = &s->in;
	if (!(p->ballast_max_w > 0.0))
		return;
	s->ballast_rest -= s->ballast_rest > 0;
	if (s->cap_over > 0) /* once is enough: duties are scaled when it stays so for seconds */
		s->ballast_rest = CAP_REST_STEPS;
	s->ballast_duty = sum_of(s->demands.duty_frac);
	in->ballast_barred = is_barred(s, p, v);
	for (int i = 0; i < RETICLES; i++) {
		in->ballast_w[i] = v->ballast_w[i];
		in->ballast_stuck[i] = s->actuators.ballast[i].fault;
		s->out.ballast_w[i] = 0.0; /* of a law that knows none */
	}
}

/* What a law asks of a reticle, if there may be any. */
static double
wanted(const struct supervisor *s, const struct control_params *p, int i)
{
	double w = s->out.ballast_w[i];
	if (s->in.ballast_barred || !isfinite(w))
		return 0.0;
	return law_clamp(w, 0.0, p->ballast_max_w);
}

/* As it is found, until a law goes on from it. */
static double
found(const struct supervisor *s, const struct control_params *p, int i)
{
	double now = s->in.ballast_w[i], asked = s->demands.ballast_w[i];
	if (s->in.ballast_barred)
		return 0.0;
	if (!isfinite(now)) /* not read: what is there stays, or what was asked last */
		return asked;
	if (isfinite(asked) && fabs(asked - now) <= p->ballast_least_w)
		return asked;
	return law_clamp(now, 0.0, BALLAST_MOST_W);
}

void
supervisor_ballast(struct supervisor *s, const struct control_params *p, const struct view *v,
		   int64_t now_ns)
{
	struct demands *d = &s->demands;
	double sum_w = 0.0;
	bool known = false;
	if (!(p->ballast_max_w > 0.0))
		return;
	/* a stop's ramp: it goes as the duty does, or the wafer would bend meanwhile */
	double part = sum_of(d->duty_frac) / s->ballast_duty;
	bool goes = !s->in.ballast_barred && part > 0.0 && part <= 1.0;
	/* without inputs it stays for a while: the duty is cut to less than it was beside it, and a takeover that finds
	 * the one without the other would bend the wafer for as long as it takes */
	bool cut = is_dear(s, p, v) || now_ns - s->since_ns >= (int64_t)(p->input_hold_s * 1e9);
	for (int i = 0; i < RETICLES; i++) {
		switch (s->mode) {
		case CTL_OFF:
			d->ballast_w[i] = (double)NAN;
			break;
		case CTL_TRACK:
			d->ballast_w[i] = found(s, p, i);
			break;
		case CTL_AUTO:
		case CTL_SHADOW:
			d->ballast_w[i] = wanted(s, p, i);
			break;
		case CTL_FAILSAFE:
			if (cut || !isfinite(d->ballast_w[i]))
				d->ballast_w[i] = 0.0;
			break;
		case CTL_STOPPED:
			d->ballast_w[i] =
				goes && isfinite(d->ballast_w[i]) ? d->ballast_w[i] * part : 0.0;
			break;
		case CTL_HANDBACK:
		case CTL_MAINTENANCE:
		case CTL_MANUAL: /* never a state; what is set by hand bars it */
			d->ballast_w[i] = 0.0;
			break;
		}
		double there = isfinite(v->ballast_w[i]) ? v->ballast_w[i] : d->ballast_w[i];
		known = known || isfinite(there);
		sum_w += isfinite(there) ? there : 0.0;
	}
	s->verdict.ballast_w = known ? sum_w : (double)NAN;
}
