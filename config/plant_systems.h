/* SPDX-License-Identifier: Apache-2.0 */
/* Private to config/. `systems:` of a plant file: fills p->systems. 0 or -ENOMEM; errors go to the report. */
#ifndef ISOTHERM_CONFIG_PLANT_SYSTEMS_H
#define ISOTHERM_CONFIG_PLANT_SYSTEMS_H

#include "config/load.h"

int load_systems(struct load *l);

#endif
