/* SPDX-License-Identifier: Apache-2.0 */
/* Fills struct estimate from what is read. Pure; nothing is allocated. */
#ifndef ISOTHERM_CONTROLLERS_OBSERVER_H
#define ISOTHERM_CONTROLLERS_OBSERVER_H

#include "controllers/estimate.h"
#include "controllers/sensors.h"

/* Each LAW_DT_S, before the law. */
void observer_step(struct estimate *e, const struct sensors *s);

#endif
