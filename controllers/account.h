/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOTHERM_CONTROLLERS_ACCOUNT_H
#define ISOTHERM_CONTROLLERS_ACCOUNT_H

#include "controllers/explain.h"

/* Hottest, coldest, spread, mean of the measured reticles, and the column that stands out. */
void account_face(struct account *a, const struct sensors *face);
/* Tokens and power lost to the reason in `a`; tokens_full is an estimate kept by the caller. */
void account_cost(struct account *a, const struct control_params *p, const struct supervisor *s,
		  const struct view *v, double *tokens_full);

#endif
