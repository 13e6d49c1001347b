/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of a wafer's readings are believed. Silicon and copper conduct: a reticle that stands away
 * from all its neighbours, or jumps when none of them does, is a lying sensor, and so is one whose
 * last digit has not moved for a minute while the power has. What stands away lawfully has somebody
 * like it beside it: a clogged zone is a column, a job's reticles lie together; and a reticle of
 * another power is judged by what is left of its temperature without that power.
 *
 *   rest_i = T_i - trust_k_per_w P_i        (P_i as last read; left out where one is missing)
 *   off_i  = distance of T_i, and of rest_i, from the range of the neighbours': the smaller one, and
 *            0 where they differ in sign
 *   doubted: |off| > trust_off_k for 300 ms, or at once where there was no reading before, until it
 *            is below two thirds of that for 5 s
 *            a change within 100 ms further than 20 K/s outside the range of the neighbours'
 *            changes, that P_i has not explained 1.2 s later; until then it is not used
 *            the same reading for trust_still_s while the power moved by 5 %, 5 s ago
 *   believed: at once where T_i is above all neighbours' and rest_i is not. What is hot and has the
 *            power for it, is.
 * Frozen: at least half of the readings, to the last bit, for trust_frozen_s, while the power moved
 * by 5 % or the supply by 1 K, 5 s ago: the measurement of the device stands, and the wafer isn't
 * seen. Readings that stand while nothing moves them are those of quiet sensors.
 */
#ifndef ISOTHERM_CONTROLLERS_TRUST_H
#define ISOTHERM_CONTROLLERS_TRUST_H

#include <stdbool.h>
#include <stdint.h>

#include "controllers/inputs.h"

enum trust_why { TRUST_ALL, TRUST_OFF, TRUST_JUMP, TRUST_STILL };

struct trust_range {
	double lo, hi;
	unsigned n;
};

struct trust_one {                  /* at rest in all that is zero */
	double jump_k, jump_from_k; /* a jump that may have its power yet: so far; power_k before */
	double off_k;
	uint32_t off_steps, jump_steps;
	bool no_power;      /* its power is known, and makes no such temperature */
	enum trust_why why; /* not believed, and why */
};

struct trust {
	double steps;  /* so far */
	bool rest;     /* all of them are at rest */
	bool believed; /* `why` of each is TRUST_ALL */
	bool frozen;
	uint32_t doubted;                     /* of them */
	double doubted_max_c;                 /* hottest that is not believed; 0 none */
	struct trust_range power_w, supply_c; /* since the wafer's readings last moved */
	uint32_t all_still_steps, all_moved_steps;
	uint32_t still_most; /* of still_steps */
	uint32_t power_seen; /* of the view, as of power_k */
	/* of each reticle */
	double last_c[RETICLES];   /* last reading … */
	double power_k[RETICLES];  /* … and what its power made of that */
	float duty_frac[RETICLES]; /* low-passed duty */
	/* power since the reading last moved, and steps: without a move, and since that power has moved */
	float still_lo_w[RETICLES], still_hi_w[RETICLES];
	uint32_t still_steps[RETICLES], moved_steps[RETICLES];
	double well_from[RETICLES]; /* the step after which it has been well */
	struct trust_one one[RETICLES];
	double out_c[RETICLES];   /* what is believed, where that is not what is read */
	double maybe_c[RETICLES]; /* what is not believed and may be true; NAN */
};

void trust_reset(struct trust *t);
/* The view's temperatures, NAN where there is none to be believed. Borrowed, until the next step or view. */
const double *trust_step(struct trust *t, const struct control_params *p, const struct view *v);

#endif
