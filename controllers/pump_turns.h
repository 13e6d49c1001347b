/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lead and lag of the two pumps of a system. Both always run (docs/decisions/0030-pump-turns.md); one of them, the lead, a
 * little faster: by pump_lead_frac of full speed, half of it up and half down, so that the flow stays. The one that has
 * done less work leads, until it is pump_turn_h hours of full speed ahead. One that was out for a time catches up so.
 *
 *   hours_k = integral of speed_k dt        speeds: n + b, n - b;  |b| <= pump_lead_frac / 2, and what n leaves to its bounds
 *
 * b moves by ramp_per_s: nobody feels a change. At the greatest and at the least speed, and when a pump has failed, both
 * run alike. Hours are those since the controllers were started; who is found to run faster leads on. Pure.
 */
#ifndef ISOTHERM_CONTROLLERS_PUMP_TURNS_H
#define ISOTHERM_CONTROLLERS_PUMP_TURNS_H

#include "config/plant.h"

#define TURN_PUMPS 2

struct pump_turns {
	double hours[TURN_PUMPS]; /* at full speed */
	double off_frac;          /* b, of the first pump over the mean */
	int lead;                 /* 0 or 1; -1: none yet */
};

void pump_turns_init(struct pump_turns *t);
/* Each LAW_DT_S: speeds as read, NAN unknown. */
void pump_turns_count(struct pump_turns *t, const struct control_params *p,
		      const double speed_frac[TURN_PUMPS]);
/* One step: speeds of each for a mean of n_frac. alike: no difference now. */
void pump_turns_step(struct pump_turns *t, const struct control_params *p, double n_frac,
		     bool alike, double out_frac[TURN_PUMPS]);

#endif
