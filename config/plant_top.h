/* SPDX-License-Identifier: Apache-2.0 */
/* Private to config/. What a plant file says of the whole plant, and its `overrides:` as a list. */
#ifndef ISOTHERM_CONFIG_PLANT_TOP_H
#define ISOTHERM_CONFIG_PLANT_TOP_H

#include "config/load.h"

void load_top(struct load *l);
/* History, paging and broker; after config_dir is known. */
void load_rooms(struct load *l);
/* 0 or -ENOMEM, reported. */
int load_overrides(struct load *l);

#endif
