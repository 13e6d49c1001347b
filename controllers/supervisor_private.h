/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the supervisor share: the states and what is done in each (supervisor.c), what is
 * seen (supervisor_see.c), what is said (supervisor_say.c). */
#ifndef ISOTHERM_CONTROLLERS_SUPERVISOR_PRIVATE_H
#define ISOTHERM_CONTROLLERS_SUPERVISOR_PRIVATE_H

#include "controllers/supervisor_state.h"

/* --- supervisor_see.c: into the supervisor, each step before anything is decided --- */
void supervisor_watch_authority(struct supervisor *s, const struct view *v, int64_t now_ns);
bool supervisor_device_in_maintenance(const struct view *v);
void supervisor_watch_actuators(struct supervisor *s, const struct control_params *p,
				const struct view *v);
/* What the law gets, from the filtered sensors and the view. */
void supervisor_look(struct supervisor *s, const struct control_params *p, const struct view *v,
		     bool second);

#define ENGINE_CEILING_BIT 32u

/* --- supervisor_pumps.c --- */
void supervisor_see_pumps(struct supervisor *s, const struct control_params *p,
			  const struct view *v);
/* While applied values are followed; and over what the law wants, before a person's. */
void supervisor_track_pumps(struct supervisor *s, const struct control_params *p);
void supervisor_turn_pumps(struct supervisor *s, const struct control_params *p);

/* --- supervisor_cap.c --- */
void supervisor_cap_init(struct supervisor *s);
/* The input power; where its meter is silent, what the wafer's power lets expect. */
double supervisor_input_w(struct supervisor *s, const struct control_params *p,
			  const struct view *v);
/* Each step: is the cap kept after its deadline? Where the law does not, all duties give way. */
void supervisor_judge_cap(struct supervisor *s);
/* The last step of a demand. */
void supervisor_scale(struct supervisor *s);
/* The device's own ceiling, which outlives us. */
void supervisor_see_ceiling(struct supervisor *s, const struct view *v, int64_t now_ns);
void supervisor_ask_ceiling(struct supervisor *s, const struct control_params *p, int64_t now_ns);

/* --- supervisor_pace.c --- */
void supervisor_pace_init(struct supervisor *s);
/* Before anything is decided. */
void supervisor_pace_begin(struct supervisor *s, const struct control_params *p,
			   const struct view *v);
/* After all that is its own: slows it to what its jobs can use. */
void supervisor_pace(struct supervisor *s);
/* The same factors once more. */
void supervisor_pace_hold(struct supervisor *s);
/* What is known of each slot, and the shares that are demanded; after the verdict. */
void supervisor_pace_say(struct supervisor *s, const struct control_params *p,
			 const struct view *v);

/* --- supervisor_hands.c --- */
void supervisor_hands_init(struct supervisor *s);
/* Before the law's step; and after it, over what the law wants, before the cap's and the jobs'. */
void supervisor_hands_begin(struct supervisor *s, const struct control_params *p);
void supervisor_hands_apply(struct supervisor *s, const struct control_params *p);
/* Without inputs: what was in force goes on, and ends when it is given back. */
void supervisor_hands_hold(struct supervisor *s, const struct control_params *p);
/* A law begins: with what it had asked for, where a person's is in force. */
void supervisor_hands_start_law(struct supervisor *s, const struct control_params *p);

/* --- supervisor_ballast.c: dummy work, the first of all to go --- */
/* Before the law's step; and the demand, after everything else. */
void supervisor_ballast_begin(struct supervisor *s, const struct control_params *p,
			      const struct view *v);
void supervisor_ballast(struct supervisor *s, const struct control_params *p, const struct view *v,
			int64_t now_ns);

/* --- supervisor_say.c: the verdict of the step --- */
void supervisor_say(struct supervisor *s, const struct control_params *p, const struct view *v);

#endif
