/* SPDX-License-Identifier: Apache-2.0 */
/* The judge of a scenario: one system's true states in, its scores out. */
#ifndef ISOTHERM_RUNNER_SCORE_H
#define ISOTHERM_RUNNER_SCORE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine_sim/sim.h"

#define SCORE_CAP_GRACE_FRAC 0.005 /* above a power cap: the meter's noise and more */
#define SCORE_GRACE_K 0.5          /* above a limit that is not counted as seconds above it */

enum score_id {
#define SCORE(name, unit, decimals, text) SCORE_##name,
#include "runner/scores.def"
#undef SCORE
	SCORES
};

struct score_info {
	const char *name, *unit, *text;
	int decimals;
};
extern const struct score_info score_table[SCORES];
int score_by_name(const char *name); /* enum score_id or -1 */

struct score {
	double spread_limit_k, temp_limit_c;
	double cap_w; /* on the input power, of which 0.5 % is not counted; NAN none */
	double scored_s;
	double sum[SCORES]; /* integrals and maxima so far */
	bool any;           /* what follows is of the step before */
	uint32_t trip;
	uint64_t duty_moves;
	double pump[2], duty[RETICLES];
};

void score_init(struct score *s, double spread_limit_k, double temp_limit_c);
/* A step of dt_s after time 0; `scored`: within the interval that counts. Trips count always. */
void score_step(struct score *s, const struct sim_glance *now, double dt_s, bool scored);
/* NAN where nothing was scored. */
double score_value(const struct score *s, enum score_id id);
/* A temperature of the scored time was no number. */
bool score_broken(const struct score *s);

#endif
