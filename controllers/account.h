/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOTHERM_CONTROLLERS_ACCOUNT_H
#define ISOTHERM_CONTROLLERS_ACCOUNT_H

#include "controllers/explain.h"

/* Hottest, coldest, spread, mean of the measured reticles that have work. */
void account_face(struct account *a, const struct sensors *face, const struct job_groups *jobs);
/* The column that stands out and has the hottest, 0-based; -1 none. */
int account_zone(const struct account *a, const struct sensors *face);
/* Tokens and power lost to the reason in `a`; what full work would bring, of the wafer and of each
 * slot, are estimates kept by the caller. */
void account_cost(struct account *a, const struct control_params *p, const struct supervisor *s,
		  const struct view *v, double *tokens_full, double job_full[JOBS_MAX]);

#endif
