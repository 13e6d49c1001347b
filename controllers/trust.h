/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of a wafer's readings are believed. Silicon and copper conduct: a reticle that stands away
 * from all its neighbours, or jumps when none of them does, is a lying sensor, and so is one whose
 * last digit has not moved for a minute while the power has. What stands away lawfully has somebody
 * like it beside it: a clogged zone is a column, a job's reticles lie together; and a reticle of
 * another power is judged by what is left of its temperature without that power.
 *
 *   rest_i = T_i - trust_k_per_w P_i        (P_i as last read; left out where one is missing)
 *   off_i  = distance of T_i, and of rest_i, from the range of the neighbours': the smaller one
 *   doubted: |off| > trust_off_k for 300 ms, or at once where there was no reading before, until it is below two thirds of that for 5 s
 *            a change within 100 ms further than 20 K/s outside the range of the neighbours' changes
 *            the same reading for trust_still_s while the power moved by 5 %
 * Frozen: at least half of the readings, to the last bit, for trust_frozen_s, while another device's
 * kept moving: the measurement of the device stands, and the wafer isn't seen.
 */
#ifndef ISOTHERM_CONTROLLERS_TRUST_H
#define ISOTHERM_CONTROLLERS_TRUST_H

#include <stdbool.h>
#include <stdint.h>

#include "controllers/inputs.h"

enum trust_why { TRUST_ALL, TRUST_OFF, TRUST_JUMP, TRUST_STILL };

struct trust_one {
	double last_c, duty_frac;      /* last reading; low-passed duty */
	double still_lo_w, still_hi_w; /* power since the reading last moved */
	double off_k;
	uint32_t off_steps, well_steps, still_steps;
	enum trust_why why; /* not believed, and why */
};

struct trust {
	struct trust_one one[RETICLES];
	double other; /* of another device, to see that the plant lives */
	uint32_t other_moves, still_steps;
	uint32_t doubted; /* of them */
	bool frozen;
};

void trust_reset(struct trust *t);
/* The view's temperatures into out_c, NAN where there is none to be believed. */
void trust_step(struct trust *t, const struct control_params *p, const struct view *v,
		double out_c[RETICLES]);

#endif
