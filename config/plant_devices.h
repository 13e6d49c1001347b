/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to config/. Devices of the systems and of `facility:`, and `arming:`: fills p->devices and p->arming.
 * 0 or -ENOMEM; errors go to the report.
 */
#ifndef ISOTHERM_CONFIG_PLANT_DEVICES_H
#define ISOTHERM_CONFIG_PLANT_DEVICES_H

#include "config/load.h"

int load_devices(struct load *l);

#endif
