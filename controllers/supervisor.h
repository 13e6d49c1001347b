/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervisor of one system: who is in charge, what happens when inputs are lost, and how a law
 * comes to act without a bump. It owns the law's state and the sequence numbers that tell the
 * devices that somebody watches.
 */
#ifndef ISOTHERM_CONTROLLERS_SUPERVISOR_H
#define ISOTHERM_CONTROLLERS_SUPERVISOR_H

#include "controllers/supervisor_state.h"

void supervisor_init(struct supervisor *s, const struct supervisor_setup *setup, int64_t now_ns);
/* `second`: the once-a-second part of this system is due. */
void supervisor_step(struct supervisor *s, const struct control_params *p, const struct view *v,
		     bool second, int64_t now_ns);
/* A person's doing; from the next step on. */
void supervisor_hold(struct supervisor *s, enum hold_kind hold);
/* What a person has set by hand; borrowed for good, read each step. */
void supervisor_hands(struct supervisor *s, const struct hands *hands);
/* Of a program before this one, and over: work may still be where they put it. */
void supervisor_hands_ended(struct supervisor *s);
/* What it may draw, from the next step on. */
void supervisor_allow(struct supervisor *s, const struct cap_allowance *cap);
/* What it is to do for its jobs' sake, from the next step on. */
void supervisor_order(struct supervisor *s, const struct cluster_order *order);
/* What it draws, as the caps want to know it, after a step. */
struct cap_draw supervisor_draw(const struct supervisor *s, const struct control_params *p);
/* What it is like for a job more: see advice.h. But for unfit and cap_w. */
struct advice_system;
void supervisor_foretell(const struct supervisor *s, const struct control_params *p,
			 const struct view *v, struct advice_system *out);
/* Has a job work on that reticle, as far as is known? */
bool supervisor_works(const struct supervisor *s, int reticle);
void supervisor_hand_back(struct supervisor *s); /* from the next step on */
/* Or held by a person in a way that is not to be handed back. */
bool supervisor_handed_back(const struct supervisor *s);
bool supervisor_failed(const struct supervisor *s); /* a law said nonsense: a bug of ours */

#endif
