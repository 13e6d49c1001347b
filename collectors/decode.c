/* SPDX-License-Identifier: Apache-2.0 */
#include "collectors/decode.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <string.h>

/* One row a type. Integers hold lo .. hi; both bounds are exact doubles, and the upper one of the
 * 64-bit types is open: 2^64 - 1 is none. */
struct reg_row {
	uint8_t registers, bits;
	bool is_signed, is_float;
	double lo, below; /* lo <= rounded value < below */
};
static const struct reg_row TYPES[REG_TYPES] = {
	[REG_BIT] = {1, 1, false, false, 0, 2},
	[REG_U16] = {1, 16, false, false, 0, 0x1p16},
	[REG_I16] = {1, 16, true, false, -0x1p15, 0x1p15},
	[REG_U32] = {2, 32, false, false, 0, 0x1p32},
	[REG_I32] = {2, 32, true, false, -0x1p31, 0x1p31},
	[REG_U64] = {4, 64, false, false, 0, 0x1p64},
	[REG_I64] = {4, 64, true, false, -0x1p63, 0x1p63},
	[REG_F32] = {2, 32, false, true, 0, 0},
	[REG_F64] = {4, 64, false, true, 0, 0},
};

static const struct {
	bool words_reversed, bytes_swapped;
} ORDERS[] = {
	[ORDER_ABCD] = {false, false},
	[ORDER_CDAB] = {true, false},
	[ORDER_BADC] = {false, true},
	[ORDER_DCBA] = {true, true},
};

unsigned
decode_registers(enum reg_type type)
{
	return TYPES[type].registers;
}

static uint64_t
mask(unsigned bits)
{
	return bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

static bool
is_coil(const struct point *p)
{
	return p->fc == 1 || p->fc == 2;
}

uint64_t
decode_raw(const struct point *p, const uint8_t *data, uint16_t first)
{
	unsigned at = (unsigned)(p->reg - first), n = TYPES[p->type].registers;
	if (point_is_word(p)) /* most are */
		return decode_word(data, at);
	if (is_coil(p))
		return (unsigned)data[at / 8] >> at % 8 & 1u;
	uint64_t raw = 0;
	for (unsigned k = 0; k < n; k++) {
		unsigned w = at + (ORDERS[p->order].words_reversed ? n - 1 - k : k);
		unsigned hi = data[2 * w], lo = data[2 * w + 1];
		raw = raw << 16 | (ORDERS[p->order].bytes_swapped ? lo << 8 | hi : hi << 8 | lo);
	}
	/* a flag that has a whole register: any bit of it is "on", so that no state hides */
	return p->type == REG_BIT ? raw != 0 : raw;
}

/* The number a raw code means, before scale and offset. */
static double
number(const struct reg_row *t, uint64_t raw)
{
	if (t->is_float && t->bits == 32) {
		uint32_t bits = (uint32_t)raw;
		float f;
		memcpy(&f, &bits, sizeof f);
		return (double)f;
	}
	if (t->is_float) {
		double d;
		memcpy(&d, &raw, sizeof d);
		return d;
	}
	if (!t->is_signed)
		return (double)raw;
	uint64_t sign = UINT64_C(1) << (t->bits - 1);
	return (double)(int64_t)(((raw & mask(t->bits)) ^ sign) - sign);
}

static bool
is_no_value(const struct point *p, uint64_t raw)
{
	return p->has_no_value && raw == (p->no_value & mask(TYPES[p->type].bits));
}

/* lo..hi is closed; 3 steps of 0.1 are 0.30000000000000004 and still 0.3, hence the millionth of a
 * step. */
static bool
in_range(const struct point *p, double value)
{
	if (value >= p->lo && value <= p->hi)
		return true;
	double slack = TYPES[p->type].is_float ? 0 : fabs(p->scale) * 1e-6;
	return value >= p->lo - slack && value <= p->hi + slack;
}

enum quality
decode_value(const struct point *p, uint64_t raw, double *value)
{
	if (is_no_value(p, raw))
		return QUALITY_BAD;
	double v = number(&TYPES[p->type], raw) * p->scale + p->offset;
	if (!isfinite(v))
		return QUALITY_BAD;
	*value = v;
	return in_range(p, v) ? QUALITY_GOOD : QUALITY_RANGE;
}

static bool
same_number(double a, double b)
{
	return memcmp(&a, &b, sizeof a) == 0;
}

bool
decode_same(const struct point *a, const struct point *b)
{
	return b->reg == a->reg && b->writable == a->writable && b->fc == a->fc &&
	       b->type == a->type && b->order == a->order && same_number(b->scale, a->scale) &&
	       same_number(b->offset, a->offset) && same_number(b->lo, a->lo) &&
	       same_number(b->hi, a->hi) && b->has_no_value == a->has_no_value &&
	       b->no_value == a->no_value;
}

static int
encode_number(const struct reg_row *t, double number_, uint64_t *raw)
{
	if (t->is_float && t->bits == 32) {
		if (fabs(number_) > (double)FLT_MAX)
			return -ERANGE;
		float f = (float)number_;
		uint32_t bits;
		memcpy(&bits, &f, sizeof bits);
		*raw = bits;
		return 0;
	}
	if (t->is_float) {
		memcpy(raw, &number_, sizeof *raw);
		return 0;
	}
	double rounded = round(number_);
	if (!(rounded >= t->lo && rounded < t->below))
		return -ERANGE;
	if (rounded < 0)
		*raw = (uint64_t)(int64_t)rounded & mask(t->bits);
	else
		*raw = (uint64_t)rounded;
	return 0;
}

/* The number that the type holds next to n: one count, or one step of the mantissa. */
static double
beside(const struct reg_row *t, double n, int dir)
{
	if (!t->is_float)
		return round(n) + dir;
	if (t->bits == 32)
		return (double)nextafterf((float)n, dir > 0 ? INFINITY : -INFINITY);
	return nextafter(n, dir > 0 ? (double)INFINITY : -(double)INFINITY);
}

/*
 * An end of the range that is not on the register's grid is rounded to the inside: "all the way
 * open" must never be a demand that can't be sent.
 */
static int
encode_inside(const struct point *p, double n, uint64_t *code)
{
	double held;
	for (int dir = -1; dir <= 1; dir += 2)
		if (encode_number(&TYPES[p->type], beside(&TYPES[p->type], n, dir), code) == 0 &&
		    decode_value(p, *code, &held) == QUALITY_GOOD)
			return 0;
	return -ERANGE;
}

int
encode_raw(const struct point *p, double value, uint64_t *raw)
{
	double n = (value - p->offset) / p->scale, held;
	uint64_t code;
	if (!isfinite(value) || !isfinite(n))
		return -EINVAL;
	if (encode_number(&TYPES[p->type], n, &code) != 0)
		return -ERANGE;
	enum quality q = decode_value(p, code, &held);
	if (q != QUALITY_GOOD &&
	    (q != QUALITY_RANGE || !in_range(p, value) || encode_inside(p, n, &code) != 0))
		return -ERANGE;
	*raw = code;
	return 0;
}

void
encode_words(const struct point *p, uint64_t raw, uint16_t words[DECODE_REGISTERS_MAX])
{
	unsigned n = TYPES[p->type].registers;
	for (unsigned k = 0; k < n; k++) {
		unsigned word = (unsigned)(raw >> 16 * (n - 1 - k)) & 0xFFFFu;
		if (ORDERS[p->order].bytes_swapped && !is_coil(p))
			word = (word >> 8 | word << 8) & 0xFFFFu;
		words[ORDERS[p->order].words_reversed ? n - 1 - k : k] = (uint16_t)word;
	}
}
