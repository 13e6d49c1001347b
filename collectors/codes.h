/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plain words that stand side by side in an answer, to numbers in one go: most of what a device tells. How each is coded stands in
 * flat arrays, and whether a value is GOOD is asked of its code, for which it was settled at the start (decode_value). Pure.
 */
#ifndef ISOTHERM_COLLECTORS_CODES_H
#define ISOTHERM_COLLECTORS_CODES_H

#include <stdbool.h>
#include <stdint.h>

#include "config/plant.h"

struct codes { /* [n] points each */
	double *scale, *offset;
	uint16_t *bias;   /* number = (int16_t)(code ^ bias) + bias */
	int16_t *lo, *hi; /* (int16_t)(code ^ bias) from lo to hi, and no other, is GOOD */
};

int codes_init(struct codes *w, uint32_t n); /* 0 or -ENOMEM */
void codes_fini(struct codes *w);

/* How point `i` is coded. False: its words can't be read like this. */
bool codes_set(struct codes *w, uint32_t i, const struct point *p);

/* Points i .. i + n - 1, n <= CODES_MAX, whose words begin at `data`: are all GOOD? Only then is value[n] written. */
#define CODES_MAX 125u
bool codes_read(const struct codes *w, uint32_t i, uint32_t n, const uint8_t *data, double *value);

#endif
