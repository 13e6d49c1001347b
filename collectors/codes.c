/* SPDX-License-Identifier: Apache-2.0 */
#include "collectors/codes.h"

#include <endian.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/decode.h"
#include "core/wide.h"

int
codes_init(struct codes *w, uint32_t n)
{
	size_t room = n != 0 ? n : 1;
	w->scale = calloc(room, sizeof *w->scale);
	w->offset = calloc(room, sizeof *w->offset);
	w->bias = calloc(room, sizeof *w->bias);
	w->lo = calloc(room, sizeof *w->lo);
	w->hi = calloc(room, sizeof *w->hi);
	return w->scale == NULL || w->offset == NULL || w->bias == NULL || w->lo == NULL ||
			       w->hi == NULL
		       ? -ENOMEM
		       : 0;
}

void
codes_fini(struct codes *w)
{
	free(w->scale);
	free(w->offset);
	free(w->bias);
	free(w->lo);
	free(w->hi);
}

static uint16_t
code_of(int32_t biased, uint16_t bias)
{
	return (uint16_t)((uint16_t)biased ^ bias);
}

static bool
is_good(const struct point *p, int32_t biased, uint16_t bias)
{
	double v;
	return decode_value(p, code_of(biased, bias), &v) == QUALITY_GOOD;
}

/* The code nearest to where a limit stands. */
static int32_t
near(const struct point *p, double limit, uint16_t bias)
{
	double n = round((limit - p->offset) / p->scale) - bias;
	return (int32_t)fmax(INT16_MIN, fmin(INT16_MAX, n));
}

/* From both ends the codes are looked at where the limits are; in between they are GOOD, since a number only grows with its code,
 * or only falls (scale below 0), all but the one that means no value. */
bool
codes_set(struct codes *w, uint32_t i, const struct point *p)
{
	uint16_t bias = p->type == REG_U16 ? 0x8000 : 0;
	if (!point_is_word(p))
		return false;
	int32_t a = near(p, p->lo, bias), b = near(p, p->hi, bias);
	int32_t lo = a < b ? a : b, hi = a < b ? b : a; /* a scale may be negative */
	while (lo > INT16_MIN && is_good(p, lo - 1, bias))
		lo--;
	while (lo <= hi && !is_good(p, lo, bias))
		lo++;
	while (hi < INT16_MAX && is_good(p, hi + 1, bias))
		hi++;
	while (hi >= lo && !is_good(p, hi, bias))
		hi--;
	int32_t none = (int16_t)(p->no_value ^ bias);
	if (lo > hi || (p->has_no_value && none >= lo && none <= hi))
		return false;
	w->scale[i] = p->scale;
	w->offset[i] = p->offset;
	w->bias[i] = bias;
	w->lo[i] = (int16_t)lo;
	w->hi[i] = (int16_t)hi;
	return true;
}

WIDE bool
codes_read(const struct codes *w, uint32_t i, uint32_t n, const uint8_t *data, double *value)
{
	UNCLEARED int16_t biased[CODES_MAX];
	const uint16_t *bias = w->bias + i;
	const int16_t *lo = w->lo + i, *hi = w->hi + i;
	const double *restrict scale = w->scale + i, *restrict offset = w->offset + i;
	int16_t bad = 0;
	for (uint32_t k = 0; k < n; k++) {
		uint16_t word;
		memcpy(&word, data + (size_t)2 * k, sizeof word);
		int16_t x = (int16_t)(be16toh(word) ^ bias[k]);
		bad = (int16_t)(bad | (x < lo[k]) | (x > hi[k]));
		biased[k] = x;
	}
	if (bad != 0)
		return false;
	for (uint32_t k = 0; k < n; k++)
		value[k] = (double)(biased[k] + bias[k]) * scale[k] + offset[k];
	return true;
}
