/* SPDX-License-Identifier: Apache-2.0 */
/* Private to config/. Holds the devices against each other. 0 or -ENOMEM; errors go to the report. */
#ifndef ISOTHERM_CONFIG_PLANT_CHECK_H
#define ISOTHERM_CONFIG_PLANT_CHECK_H

#include "config/load.h"

int load_check(struct load *l);

#endif
