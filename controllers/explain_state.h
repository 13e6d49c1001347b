/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the explanation share. */
#ifndef ISOTHERM_CONTROLLERS_EXPLAIN_STATE_H
#define ISOTHERM_CONTROLLERS_EXPLAIN_STATE_H

#include "controllers/explain.h"

struct telling {
	struct explain *x;
	struct image_event *events;
	int n;
	int64_t now_ns;
};

/* --- explain_tell.c: a line, if there is one left of the ration; what is too long ends early --- */
__attribute__((format(printf, 4, 5))) void explain_tell(struct telling *t, enum control_event code,
							double value, const char *format, ...);

/* --- explain_pumps.c: pumps, and actuators that do not obey --- */
void explain_pumps(struct telling *t, const struct supervisor *s);

/* --- explain_ballast.c: power that goes into no work --- */
void explain_ballast(struct telling *t, const struct control_params *p, const struct supervisor *s);

#endif
