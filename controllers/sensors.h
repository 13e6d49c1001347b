/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wafer as the laws see it: low-passed, and complete. A reticle whose sensor can't be used gets
 * what its neighbours say, and a little more; where its reading is not believed and may be true,
 * that up to 3 K above the hottest neighbour, as the firmware does. Too many of those, or three side
 * by side, and the wafer is kept colder instead of trusted.
 */
#ifndef ISOTHERM_CONTROLLERS_SENSORS_H
#define ISOTHERM_CONTROLLERS_SENSORS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/plant.h"

struct sensors {
	bool started;
	uint32_t lost;
	bool degraded; /* more lost than lost_reticles_max, or three side by side; lasts 5 s more */
	uint32_t degraded_steps; /* left of that */
	bool blind;              /* more than half lost: no substitute is worth anything */
	double temp_c[RETICLES];
	bool measured[RETICLES]; /* false: a substitute */
};

void sensors_reset(struct sensors *s); /* the next step starts the low-pass anew */
void sensors_step(struct sensors *s, const struct control_params *p,
		  const double raw_c[RETICLES],     /* NAN: lost */
		  const double maybe_c[RETICLES],   /* of a lost one: what it may be; NAN */
		  const double offset_k[RETICLES]); /* what each of both reads too much */

#endif
