/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which reads bring the points of a device and class: as few as its rules allow. A point is never
 * cut in two, so a value is never made of two answers. Pure.
 */
#ifndef ISOTHERM_COLLECTORS_PLAN_H
#define ISOTHERM_COLLECTORS_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/plant.h"

/* Registers that no point names, read along where the device allows it. A transaction costs some 20
 * bytes of headers and a turn-round; 16 registers cost 32 bytes and none. */
#define PLAN_GAP_MAX 16u

struct plan_read {
	uint8_t fc;
	uint16_t reg, count; /* registers, or coils */
	uint32_t first, n;   /* points, counted from the first of the class */
	bool writable;       /* some of them are */
};

/*
 * `points` are those of one class, ordered by function code and register. Returns the number of
 * reads, at most n_points; `out` may be NULL to count. -ERANGE: a point wider than one read of this
 * device.
 */
int plan_reads(const struct device *device, const struct point *points, uint32_t n_points,
	       struct plan_read *out);

/* Of its answer, without headers. */
size_t plan_data_bytes(const struct plan_read *read);

#endif
