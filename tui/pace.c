/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/pace.h"

#include "tui/model.h"

#define REGISTER_FRAC 1e-9 /* it comes as a float */

struct pace
pace_of(const struct model *m)
{
	const struct sample *frac = &m->facility[ROLE_SIM_LATE_FRAC];
	struct pace p = {.known = frac->quality != QUALITY_NEVER,
			 .steps = m->facility[ROLE_SIM_TICKS].value,
			 .late = m->facility[ROLE_SIM_LATE_TICKS].value,
			 .late_frac = frac->value};

	/* late steps never become fewer: the last that was heard still says it */
	p.valid = p.known && p.late_frac <= PACE_LIMIT_FRAC + REGISTER_FRAC;
	return p;
}
