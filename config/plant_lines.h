/* SPDX-License-Identifier: Apache-2.0 */
/* Private to config/: `lines:` of a plant file, and what a device on one of them may say. */
#ifndef ISOTHERM_CONFIG_PLANT_LINES_H
#define ISOTHERM_CONFIG_PLANT_LINES_H

#include "config/load.h"

int load_lines(struct load *l); /* before the devices: 0 or -ENOMEM */
/* The line that a device's keys name: its index, -1 for none (also for a wrong one, reported). */
int32_t load_line_of(struct load *l, uint32_t device);
void load_lines_check(struct load *l); /* after the devices: what they say together */

#endif
