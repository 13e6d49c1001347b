/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a simulated plant kept up with the clock. A run in which more than 0.1 % of the plant's
 * steps came late is invalid: what was measured in it proves nothing.
 */
#ifndef ISOTHERM_TUI_PACE_H
#define ISOTHERM_TUI_PACE_H

#include <stdbool.h>

#define PACE_LIMIT_FRAC 0.001

struct model;

struct pace {
	bool known; /* there is a simulator, and it has been heard */
	bool valid;
	double steps, late; /* since it started, or since its saved state did */
	double late_frac;   /* as it is judged: a start is judged by the first 100 s as a whole */
};

struct pace pace_of(const struct model *m);

#endif
