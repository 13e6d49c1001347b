/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOTHERM_CONTROLLERS_ACCOUNT_H
#define ISOTHERM_CONTROLLERS_ACCOUNT_H

#include "controllers/explain.h"

/* Hottest, coldest, spread, mean of the measured reticles that have work, and the column that stands out. */
void account_face(struct account *a, const struct sensors *face, const struct job_groups *jobs);
/* Tokens and power lost to the reason in `a`; what full work would bring, of the wafer and of each
 * slot, are estimates kept by the caller. */
void account_cost(struct account *a, const struct control_params *p, const struct supervisor *s,
		  const struct view *v, double *tokens_full, double job_full[JOBS_MAX]);

#endif
