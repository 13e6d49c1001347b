/* SPDX-License-Identifier: Apache-2.0 */
/* Private to config/. Points, cut of the images and hash of a plant that is right. */
#ifndef ISOTHERM_CONFIG_PLANT_TABLE_H
#define ISOTHERM_CONFIG_PLANT_TABLE_H

#include "config/load.h"

/* 0, or -errno, reported. */
int plant_points_make(struct load *l);
/* 0 or -ENOMEM, after the index and the alarms. */
int plant_layouts_make(struct plant *p);

#endif
