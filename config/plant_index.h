/* SPDX-License-Identifier: Apache-2.0 */
/* Private to config/. Look-up by name, by role, and of alarms by key. */
#ifndef ISOTHERM_CONFIG_PLANT_INDEX_H
#define ISOTHERM_CONFIG_PLANT_INDEX_H

#include "config/plant.h"

/* 0 or -ENOMEM: of the points; of the alarms, which are found by it. */
int plant_index_make(struct plant *p);
int plant_index_alarms(struct plant *p);
void plant_index_free(struct plant_index *index);

#endif
