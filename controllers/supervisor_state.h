/* SPDX-License-Identifier: Apache-2.0 */
/* One system as its supervisor sees it: what it is set up for, its state, what it demands and what it found. */
#ifndef ISOTHERM_CONTROLLERS_SUPERVISOR_STATE_H
#define ISOTHERM_CONTROLLERS_SUPERVISOR_STATE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "controllers/actuators.h"
#include "controllers/baselines.h"
#include "controllers/caps.h"
#include "controllers/cluster.h"
#include "controllers/estimate.h"
#include "controllers/hands.h"
#include "controllers/holds.h"
#include "controllers/inputs.h"
#include "controllers/observer.h"
#include "controllers/pump_turns.h"
#include "controllers/sensors.h"
#include "controllers/trust.h"

/* What the devices of a system are to do; NAN: no demand. */
struct demands {
	bool active; /* false: no demand at all */
	bool release;
	bool quiet; /* nothing but the release */
	double pump_frac, valve_frac;
	double pump_turn_frac;             /* first pump over pump_frac, second below it */
	double pump_each_frac[HAND_PUMPS]; /* of one pump, where it is not as the other; NAN */
	double batch_frac[JOBS_MAX];       /* share of the micro-batches of the job in a slot */
	double ceiling_w, ceiling_for_s;   /* of the wafer, which its device holds by itself */
	uint16_t engine_seq, cooling_seq;
	double duty_frac[RETICLES], share_frac[RETICLES];
	double ballast_w[RETICLES];
	bool by_hand[HANDS]; /* a person's, or on its way back from that */
};

/* What a pump is asked for; NAN nothing. */
static inline double
demands_pump(const struct demands *d, int k)
{
	if (isfinite(d->pump_each_frac[k]))
		return d->pump_each_frac[k];
	return d->pump_frac + (k == 0 ? d->pump_turn_frac : -d->pump_turn_frac);
}

/* Pumps and valve by hand obey, or do not: for the wafer, the dew point, a pump that failed. */
enum hand_yield { HAND_OBEYED, HAND_YIELDS_HOT, HAND_YIELDS_DEW, HAND_YIELDS_PUMP };

/* What the supervisor found in this step; explain.h makes text of it. */
struct verdict {
	enum ctl_mode mode; /* as shown */
	enum ctl_reason reason;
	double least_frac; /* least duty demanded, of what its stage of a pipeline needs; NAN none */
	double temp_limit_c;  /* in force */
	double setpoint_c;    /* NAN none in force */
	double asked_c;       /* set-point before the dew point raised it; NAN none */
	double flow_lpm;      /* NAN unknown */
	double foldback_frac; /* NAN unknown */
	uint32_t trip;        /* enum trip_bit */
	uint32_t sensors_lost;
	bool sensors_degraded; /* too many: the limit is lowered */
	bool inputs_lost, cooling_lost, pump_alarm;
	bool stop_ignored; /* stopped, and its engine applies duty all the same, or says nothing */
	double applied_frac; /* greatest duty in force; NAN unknown */
	double cap_w;        /* in force; NAN none */
	double input_w;      /* NAN unknown */
	double pace_frac;    /* least rate that a job here is slowed to; 1 none is */
	double pace_saved_w; /* by that */
	double ballast_w;    /* dummy work on all reticles, in force where that is known */
	bool shed;           /* no work, for the sake of others under a cap of all */
	enum hand_yield hand_yields;
	bool after_hand; /* the ramp is that of a duty which is by hand no longer */
	bool cap_missed; /* its deadline has passed, and the power is above it all the same */
};

struct supervisor_setup {
	const struct law *law;
	bool start_in_charge;
	bool engine_shadow, cooling_shadow; /* demands of it are not sent */
	bool has_cooling;
	double temp_limit_c, spread_limit_k;
	const struct plant *plant; /* its model and jobs; NULL: not known */
	uint32_t system;
	bool shares_free; /* the law may move work between reticles */
};

/* The device's own ceiling, as it was read back. */
struct ceiling {
	double wafer_w, for_s; /* NAN: none is confirmed */
	int64_t end_ns;        /* no later than the device's */
};

struct supervisor {
	struct supervisor_setup setup;
	enum ctl_mode mode;
	int64_t since_ns;
	enum hold_kind hold;
	uint32_t good_steps; /* since inputs are back */
	int64_t not_ours_ns; /* since when a device says that another is in charge */
	bool not_ours;
	int64_t watched_ns; /* the last step, and the first one after we had stood still for longer than */
	int64_t woken_ns;       /* a device may take for a death; before there was one: long ago */
	double step_s;          /* since the last step */
	bool stalled;           /* we stood still, and duties go on by a ramp … */
	double stalled_s;       /* … for so long now */
	bool device_ceiling;    /* its own ceiling may hold duties below what we ask for */
	bool in_charge_at_once; /* at the start, as the setup says; never after */
	bool release_asked, released;
	int64_t release_ns;
	bool taking_over, ramping, cooling_ramps, coming_back;
	bool cooling_seen, cooling_lost, pump_alarm, fault;
	bool patience_over; /* at the start: what is not read by now is done without */
	bool cooled_fully;  /* stopped, without readings to hold the supply by */
	uint32_t device_holds, stop_ignored; /* steps */
	double low_flow_cap_frac;
	struct cap_allowance cap;
	double wafer_part; /* of the input power above cap_other_w that is the wafer's; NAN not known */
	double cap_scale_frac; /* of all duties, where the law alone does not keep the cap */
	bool was_shed;         /* … because of others, until all of it is back */
	uint32_t cap_over;     /* steps */
	bool cap_missed;
	double ballast_duty; /* sum of the duties that were asked for before this step; NAN not known */
	uint32_t ballast_rest; /* steps for which there is none, as the meter was above a cap */
	bool after_cap;        /* a cap held it back, and no other limit does since: it grows */
	struct cluster_order order;
	double own_frac[JOBS_MAX], asked_frac[JOBS_MAX]; /* of a slot, as struct cluster_report */
	double pace_factor[JOBS_MAX]; /* of the duties of a slot, in the last step */
	bool piped[JOBS_MAX];         /* the job in a slot is a pipeline */
	double piped_frac[JOBS_MAX];  /* its rate, as read; NAN it is none */
	double pace_frac;             /* the least in force; 1 none */
	int64_t ceiling_end_ns;       /* of the one that is asked for */
	struct ceiling ceiling;       /* the one that is there */
	uint32_t mute, astray; /* steps: its engine says no duty; applies more than is asked for */
	const struct hands *hands; /* set by a person; NULL: nothing ever is */
	unsigned n_by_hand;
	bool hands_act;      /* one was set in the last step, or on its way back to the law */
	bool hand_binds;     /* a duty set by hand is what holds something back … */
	bool hand_leaves;    /* … or what it was, until the ramp is over */
	bool hand_hot;       /* over the limit: cooling does what the law wants */
	bool hand_cold;      /* the supply is below the dew point and its margin */
	bool shares_stray;   /* work is where a person put it, until a law begins … */
	bool setpoint_stray; /* … and so is the supply, until the law's own is reached */
	double own_setpoint_c;
	struct pump_turns turns;
	/* [RETICLES] as read, before offsets are taken off; NAN not believed; borrowed for the step */
	const double *believed_c;
	bool idle;          /* the block says that it has no job */
	uint32_t jobs_seen; /* of the view that in.jobs is read from */
	bool jobs_anew; /* they were in this step, and so is all that follows from them and shares */
	bool any_stuck;    /* one of in.stuck is */
	bool wants_shares; /* a share in `wants` may be a number, as few laws and hands make it */
	struct verdict verdict;
	double unpaced_frac[RETICLES]; /* for the law, where one of pace_factor is less than 1 */
	double stage_cost[RETICLES];   /* of its stage in a pipeline, of the dearest; 1 elsewhere */
	double full_rate
		[RETICLES]; /* of its slot, if its duty were 1 and nothing else the least … */
	bool plain_rates;   /* … which mostly is 1 of each */
	double hand_now
		[HANDS]; /* what is set by hand: in force, on its way there or back; NAN: the law's */
	struct actuators actuators;
	struct trust trust;
	struct sensors sensors;
	struct observer observer;
	struct estimate estimate; /* what the law may build on */
	struct law_in in;
	struct law_out out;
	/*
	 * What law and takeover want (of these: duties, shares, pump and valve). Never a person's,
	 * nor what the cap and other systems take: demands are made of it anew in each step.
	 */
	struct demands wants;
	struct demands demands;
	union law_state state; /* last: of some laws it is hundreds of kilobytes */
};

/* What its type says of it; NULL: not known. */
static inline const struct system_model *
supervisor_type(const struct supervisor_setup *s)
{
	return s->plant ? &s->plant->systems[s->system].model : NULL;
}

static inline bool
supervisor_in_shadow(const struct supervisor *s)
{
	return s->setup.engine_shadow || s->setup.cooling_shadow;
}

#endif
