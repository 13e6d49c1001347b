/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every control law of one system has in common: it sees a low-passed wafer and what is
 * applied now, and says what to apply next. Laws are pure; they are called each LAW_DT_S, know no
 * quality, device or mode, and never see NAN where this header does not allow it.
 */
#ifndef ISOTHERM_CONTROLLERS_LAW_H
#define ISOTHERM_CONTROLLERS_LAW_H

#include <math.h>
#include <stdbool.h>

#include "config/plant.h"
#include "controllers/control.h"
#include "controllers/estimate.h"
#include "controllers/jobs.h"

#define LAW_DT_S 0.1
#define LAW_STEPS_PER_S 10
#define LAW_SHARE_LEAST 0.05 /* no device gives less */

struct law_in {
	/* [RETICLES] each, as of this step: borrowed, nothing is copied */
	const double *temp_c;       /* low-passed; a substitute where no sensor can be used */
	const bool *measured;       /* false: a substitute, which says nothing of the coldest */
	const double *applied_frac; /* duty in force; NAN unknown */
	/* what the law may go on from where that is more: a little of what is left out for others' sake */
	const double *unpaced_frac;
	const double *power_w;    /* NAN unknown */
	const double *share_frac; /* of its job's work, in force; NAN unknown */
	/* what its own demand of work begins with, NAN 1; NULL: as in force */
	const double *first_share_frac;
	double supply_c;              /* NAN unknown */
	double pump_frac, valve_frac; /* in force (the faster pump); NAN unknown */
	double pump_each_frac[2];     /* likewise, each */
	bool pump_alarm;              /* a pump failed: the other one must carry the flow */
	bool whole;                   /* all are measured and their work counts, as it mostly is */
	double temp_limit_c, spread_limit_k;
	double supply_lo_c;    /* the set-point stays above: dew point */
	bool setpoint_by_hand; /* a person has set it, to: */
	double hand_setpoint_c;
	bool setpoint_kept; /* at the start: one by hand was in force, and the law's own was: */
	double kept_setpoint_c;
	bool valve_by_hand;    /* … and the valve: the law follows what is applied */
	double input_w, cap_w; /* power into the system and its cap; NAN unknown, none */
	bool second;           /* the once-a-second part is due in this step */
	/* for laws with a model of the wafer */
	const struct estimate *estimate;  /* NULL: none */
	const struct system_model *model; /* NULL: none */
	bool staged;                      /* one of stage_frac is less than 1 */
	bool even;                        /* law_share of each is 1, as it mostly is */
	double density[JOBS_MAX + 1];     /* of the job in a slot, as its plant says; NAN unknown */
	bool may_move[JOBS_MAX +
		      1];       /* the work of the job in a slot may move between its reticles */
	double flow_kg_s;       /* NAN unknown */
	bool ballast_barred;    /* there may be no dummy work now */
	struct job_groups jobs; /* which reticles share a duty */
	/* duty that its stage of a pipeline needs, of the dearest stage's; 1 elsewhere; 0: not known, as 1 */
	double stage_frac[RETICLES];
	uint8_t stage[RETICLES];    /* of its pipeline; 0 elsewhere */
	bool stuck[RETICLES];       /* its duty does not do what it is asked … */
	double most_frac[RETICLES]; /* … and gives no more than this; 1 elsewhere */
	/* dummy work, where control_params.ballast_max_w is above 0 */
	double ballast_w[RETICLES];   /* in force; NAN unknown */
	bool ballast_stuck[RETICLES]; /* it is not what it is asked to be */
};

struct law_out {
	double duty_frac[RETICLES];
	double pump_frac; /* of both pumps */
	double valve_frac;
	double setpoint_c;     /* of the coolant supply, in force */
	double own_setpoint_c; /* … and without a person's */
	double margin_k;       /* room to the nearest limit less its margin; negative: over it */
	enum ctl_reason limit; /* what bounds the duty where it is below 1 */
	bool unheld;           /* it is broken without any work, too */
	double share_frac[RETICLES]; /* of its job's work; NAN: as it is */
	double ballast_w[RETICLES];  /* dummy work; 0 where a law knows none */
};

/* The wafer as a law judges it. */
struct law_face {
	double max_c, min_c; /* the coldest among those that are measured and have work */
	double reference_c;  /* no reticle should be warmer */
	bool by_spread;      /* the reference comes from the spread, not from the temperature */
};

/* What a first-order low-pass of time constant tau_s takes of a new value in one step of LAW_DT_S. Here, for where tau_s
 * is a constant it is one, too. */
static inline double
law_weight(double tau_s)
{
	return tau_s > 0.0 ? 1.0 - exp(-LAW_DT_S / tau_s) : 1.0;
}

static inline double
law_low_pass(double filtered, double value, double tau_s)
{
	return tau_s > 0.0 ? filtered + law_weight(tau_s) * (value - filtered) : value;
}

/* The same, for those who filter many alike: weight is law_weight(tau_s). */
static inline double
law_follow(double filtered, double value, double weight)
{
	return weight < 1.0 ? filtered + weight * (value - filtered) : value;
}

/* NAN stays NAN. */
static inline double
law_clamp(double value, double lo, double hi)
{
	if (value < lo)
		return lo;
	return value > hi ? hi : value;
}

/* Of all reticles; NAN is passed over, and is the answer when there is nothing else. */
double law_least_of(const double v[RETICLES]);
double law_most_of(const double v[RETICLES]);

double law_sum_of(const double v[RETICLES]);    /* in no order that is told */
uint32_t law_missing(const double v[RETICLES]); /* how many are not finite */

/* fmin and fmax without their call: they pass a NAN over. */
static inline double
law_least(double a, double b)
{
	return b < a || isnan(a) ? b : a;
}

static inline double
law_most(double a, double b)
{
	return b > a || isnan(a) ? b : a;
}

/* The same of the n in a row of one group. */
static inline double
law_least_among(const double *v, int n)
{
	double least = v[0];
	if (n == RETICLES)
		return law_least_of(v);
	for (int i = 1; i < n; i++)
		least = law_least(least, v[i]);
	return least;
}

/* The duty that a law may go on from; NAN unknown. What it learns it learns of applied_frac. */
static inline double
law_unpaced(const struct law_in *in, int i)
{
	return in->unpaced_frac[i] > in->applied_frac[i] ? in->unpaced_frac[i]
							 : in->applied_frac[i];
}

static inline double
law_stage(const struct law_in *in, int i)
{
	bool staged = in->staged && in->stage_frac[i] > 0.0 && !in->jobs.alone[i];
	return staged ? in->stage_frac[i] : 1.0;
}

/* Part of its job's work that a reticle of one that keeps pace has, by what that costs in its stage; 1 where it is not
 * known. */
static inline double
law_share(const struct law_in *in, int i)
{
	if (in->even)
		return 1.0;
	double share = in->share_frac[i];
	return (share >= LAW_SHARE_LEAST && !in->jobs.alone[i] ? share : 1.0) * law_stage(in, i);
}

/* The least duty of those, each by what its stage needs: 1 where nothing is held back. Passes NAN over. */
double law_least_needed(const struct law_in *in, const double duty_frac[RETICLES]);
struct law_face law_face(const struct control_params *p, const struct law_in *in);

/* The supply set-point nearest to `wanted_c` that may be asked for: within the table's bounds, but
 * above the dew point whatever they say. NAN: the highest. */
double law_setpoint(const struct control_params *p, const struct law_in *in, double wanted_c);

/* What a law's own set-point begins with: the supply as it is, unless it is as a person wanted it. */
double law_first_setpoint(const struct control_params *p, const struct law_in *in);
/* The one in force: a person's within the same bounds, or the law's own. */
double law_setpoint_in_force(const struct control_params *p, const struct law_in *in, double own_c);

/* The valve holds the supply at a set-point: a PI, once a second. */
struct law_valve {
	double integral_frac, valve_frac;
};
void law_valve_init(struct law_valve *v, const struct control_params *p, const struct law_in *in,
		    double setpoint_c);
void law_valve_step(struct law_valve *v, const struct control_params *p, const struct law_in *in,
		    double setpoint_c);

#endif
