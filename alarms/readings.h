/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine looks at: of each region of the process image, the groups that an alarm needs. */
#ifndef ISOTHERM_ALARMS_READINGS_H
#define ISOTHERM_ALARMS_READINGS_H

#include "config/plant.h"
#include "core/image.h"

struct readings;

/* Nothing is wanted yet. 0 or -ENOMEM. */
int readings_open(struct readings **out, const struct plant *plant);
void readings_close(struct readings *in);

/*
 * Where a point's sample will be from the next readings_read on, until readings_set; zeroed until
 * then. NULL: the point is in no region that others write (alm.img is the engine's own).
 */
const struct sample *readings_want(struct readings *in, uint32_t point);

/* The region may be another one from time to time. NULL: its samples stay as they are and age. True: samples are at
 * other places now. */
bool readings_set(struct readings *in, enum plant_region region, struct image *image);
struct image *readings_image(const struct readings *in, enum plant_region region);

/* Every wanted group, judged at now_ns. */
void readings_read(struct readings *in, int64_t now_ns);
/* What that left: the region's samples, of which those of wanted groups count, and by group whether any may be another than
 * after the time before. Borrowed until readings_set. */
const struct sample *readings_samples(const struct readings *in, enum plant_region region);
const bool *readings_fresh(const struct readings *in, enum plant_region region);

#endif
