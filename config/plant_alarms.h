/* SPDX-License-Identifier: Apache-2.0 */
/* Private to config/. From the records to the alarms of a plant whose points are indexed. */
#ifndef ISOTHERM_CONFIG_PLANT_ALARMS_H
#define ISOTHERM_CONFIG_PLANT_ALARMS_H

#include "config/plant.h"

/* 0 or -ENOMEM. */
int plant_alarms_make(struct plant *p);

#endif
