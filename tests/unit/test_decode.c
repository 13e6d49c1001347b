/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "collectors/decode.h"
#include "core/keyed.h"

static struct point
point_of(enum reg_type type, enum word_order order)
{
	struct point p = {.fc = type == REG_BIT ? 1 : 4,
			  .type = type,
			  .order = order,
			  .scale = 1,
			  .lo = -INFINITY,
			  .hi = INFINITY};
	p.count = (uint16_t)decode_registers(type);
	return p;
}

static void
same(double expected, double got)
{
	if (memcmp(&expected, &got, sizeof got) != 0)
		fail_msg("expected %.17g, got %.17g", expected, got);
}

struct vector {
	enum reg_type type;
	enum word_order order;
	uint8_t wire[8];
	double value;
};
/* Bytes as they stand in the frame. The float rows are one number in the four orders that devices
 * use; 80 6B 42 12 is a flow meter manual's own example. */
static const struct vector VECTORS[] = {
	{REG_U16, ORDER_ABCD, {0x12, 0x34}, 4660},
	{REG_U16, ORDER_CDAB, {0x12, 0x34}, 4660},
	{REG_U16, ORDER_BADC, {0x34, 0x12}, 4660},
	{REG_U16, ORDER_DCBA, {0x34, 0x12}, 4660},
	{REG_U16, ORDER_ABCD, {0xFF, 0xFF}, 65535},
	{REG_I16, ORDER_ABCD, {0xFF, 0xFF}, -1},
	{REG_I16, ORDER_ABCD, {0x80, 0x00}, -32768},
	{REG_I16, ORDER_ABCD, {0x7F, 0xFF}, 32767},
	{REG_U32, ORDER_ABCD, {0x01, 0x02, 0x03, 0x04}, 16909060},
	{REG_U32, ORDER_CDAB, {0x03, 0x04, 0x01, 0x02}, 16909060},
	{REG_U32, ORDER_BADC, {0x02, 0x01, 0x04, 0x03}, 16909060},
	{REG_U32, ORDER_DCBA, {0x04, 0x03, 0x02, 0x01}, 16909060},
	{REG_U32, ORDER_ABCD, {0xFF, 0xFF, 0xFF, 0xFF}, 4294967295.0},
	{REG_I32, ORDER_ABCD, {0xFF, 0xFF, 0xFF, 0xFE}, -2},
	{REG_I32, ORDER_CDAB, {0x00, 0x00, 0x80, 0x00}, -2147483648.0},
	{REG_U64, ORDER_ABCD, {0, 0, 0, 1, 0, 0, 0, 2}, 4294967298.0},
	{REG_U64, ORDER_CDAB, {0, 2, 0, 0, 0, 1, 0, 0}, 4294967298.0},
	{REG_U64, ORDER_BADC, {0, 0, 1, 0, 0, 0, 2, 0}, 4294967298.0},
	{REG_U64, ORDER_DCBA, {2, 0, 0, 0, 1, 0, 0, 0}, 4294967298.0},
	{REG_U64, ORDER_ABCD, {255, 255, 255, 255, 255, 255, 255, 255}, 0x1p64},
	{REG_I64, ORDER_ABCD, {255, 255, 255, 255, 255, 255, 255, 253}, -3},
	{REG_I64, ORDER_ABCD, {0x80, 0, 0, 0, 0, 0, 0, 0}, -0x1p63},
	{REG_F32, ORDER_CDAB, {0x80, 0x6B, 0x42, 0x12}, 36.62540817260742},
	{REG_F32, ORDER_ABCD, {0x42, 0x12, 0x80, 0x6B}, 36.62540817260742},
	{REG_F32, ORDER_BADC, {0x12, 0x42, 0x6B, 0x80}, 36.62540817260742},
	{REG_F32, ORDER_DCBA, {0x6B, 0x80, 0x12, 0x42}, 36.62540817260742},
	{REG_F32, ORDER_ABCD, {0x80, 0, 0, 0}, 0.0}, /* -0 plus an offset of 0 */
	{REG_F32, ORDER_ABCD, {0, 0, 0, 1}, 0x1p-149},
	{REG_F64, ORDER_ABCD, {0x40, 0x09, 0x21, 0xFB, 0x54, 0x44, 0x2D, 0x18}, 3.141592653589793},
	{REG_F64, ORDER_DCBA, {0x18, 0x2D, 0x44, 0x54, 0xFB, 0x21, 0x09, 0x40}, 3.141592653589793},
	{REG_F64, ORDER_CDAB, {0x2D, 0x18, 0x54, 0x44, 0x21, 0xFB, 0x40, 0x09}, 3.141592653589793},
};

static void
each_type_and_order_gives_its_number(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof VECTORS / sizeof *VECTORS; i++) {
		const struct vector *v = &VECTORS[i];
		struct point p = point_of(v->type, v->order);
		uint8_t data[6 + 8];
		memset(data, 0xEE, sizeof data);
		memcpy(data + 6, v->wire, 8);
		p.reg = 103;
		uint64_t raw = decode_raw(&p, data, 100);
		double value = NAN;
		assert_int_equal(QUALITY_GOOD, decode_value(&p, raw, &value));
		same(v->value, value);
		/* and back to the same bytes */
		uint16_t words[DECODE_REGISTERS_MAX];
		encode_words(&p, raw, words);
		for (unsigned k = 0; k < p.count; k++)
			assert_int_equal(v->wire[2 * k] << 8 | v->wire[2 * k + 1], words[k]);
	}
}

static void
the_flow_meter_example_is_36_625_to_its_precision(void **state)
{
	(void)state;
	struct point p = point_of(REG_F32, ORDER_CDAB);
	double value = NAN;
	uint64_t raw = decode_raw(&p, (const uint8_t[]){0x80, 0x6B, 0x42, 0x12}, 0);
	assert_int_equal(QUALITY_GOOD, decode_value(&p, raw, &value));
	assert_true(fabs(value - 36.625) < 0.0005);
}

static void
coils_are_taken_from_their_bit(void **state)
{
	(void)state;
	struct point p = point_of(REG_BIT, ORDER_ABCD);
	const uint8_t data[] = {0x81, 0x02};
	for (unsigned i = 0; i < 16; i++) {
		p.reg = (uint16_t)(40 + i);
		assert_int_equal(i == 0 || i == 7 || i == 9, decode_raw(&p, data, 40));
	}
	/* a flag in a register of its own: any bit is "on" */
	p.fc = 3;
	p.reg = 0;
	assert_int_equal(1, decode_raw(&p, (const uint8_t[]){1, 0}, 0));
	assert_int_equal(0, decode_raw(&p, (const uint8_t[]){0, 0}, 0));
}

static void
scale_and_offset_follow_the_sign(void **state)
{
	(void)state;
	struct point p = point_of(REG_I16, ORDER_ABCD);
	double value = NAN;
	p.scale = 0.125;
	assert_int_equal(QUALITY_GOOD, decode_value(&p, 0xFFF8, &value));
	same(-1, value);
	p.scale = -0.1; /* a device that counts down */
	p.offset = 300;
	assert_int_equal(QUALITY_GOOD, decode_value(&p, 100, &value));
	same(290, value);
}

static void
a_no_value_code_is_never_a_number(void **state)
{
	(void)state;
	static const struct {
		enum reg_type type;
		uint64_t code; /* as a profile may write it */
		uint64_t raw;
	} row[] = {
		{REG_I16, 0x8000, 0x8000},
		{REG_U16, 0xFFFF, 0xFFFF},
		{REG_I16, (uint64_t)INT64_C(-9999), 0xD8F1},
		{REG_I32, 0x7FFFFFFF, 0x7FFFFFFF},
		{REG_U64, UINT64_MAX, UINT64_MAX},
		{REG_F32, 0x7FC00000, 0x7FC00000},
		{REG_F32, 0xC61C3C00, 0xC61C3C00}, /* -9999.0f */
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct point p = point_of(row[i].type, ORDER_ABCD);
		double value = 17;
		p.has_no_value = true;
		p.no_value = row[i].code;
		assert_int_equal(QUALITY_BAD, decode_value(&p, row[i].raw, &value));
		same(17, value);
		p.has_no_value = false;
		if (row[i].raw != 0x7FC00000) /* a NaN with and without a code */
			assert_int_equal(QUALITY_GOOD, decode_value(&p, row[i].raw, &value));
	}
}

static void
what_is_not_finite_is_bad(void **state)
{
	(void)state;
	static const uint64_t f32[] = {0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC00000, 0x7F800001};
	struct point p = point_of(REG_F32, ORDER_ABCD);
	double value = 3;
	for (size_t i = 0; i < sizeof f32 / sizeof *f32; i++)
		assert_int_equal(QUALITY_BAD, decode_value(&p, f32[i], &value));
	struct point q = point_of(REG_F64, ORDER_ABCD);
	assert_int_equal(QUALITY_BAD, decode_value(&q, UINT64_C(0x7FF0000000000000), &value));
	assert_int_equal(QUALITY_BAD, decode_value(&q, UINT64_C(0xFFF8000000000000), &value));
	q.scale = 1e300; /* finite on the wire, not after the scale */
	assert_int_equal(QUALITY_BAD, decode_value(&q, UINT64_C(0x7FE0000000000000), &value));
	same(3, value);
}

static void
the_range_is_closed(void **state)
{
	(void)state;
	struct point p = point_of(REG_U16, ORDER_ABCD);
	double value = NAN;
	p.scale = 0.1;
	p.lo = 0.1;
	p.hi = 0.3; /* 3 * 0.1 is a hair above that as a double, and in range all the same */
	assert_int_equal(QUALITY_RANGE, decode_value(&p, 0, &value));
	same(0, value);
	assert_int_equal(QUALITY_GOOD, decode_value(&p, 1, &value));
	assert_int_equal(QUALITY_GOOD, decode_value(&p, 3, &value));
	assert_int_equal(QUALITY_RANGE, decode_value(&p, 4, &value));
	same(0.4, value);
	struct point f = point_of(REG_F32, ORDER_ABCD);
	f.lo = -1;
	f.hi = 1;
	assert_int_equal(QUALITY_GOOD, decode_value(&f, 0x3F800000, &value));
	assert_int_equal(QUALITY_RANGE, decode_value(&f, 0x3F800001, &value));
	assert_int_equal(QUALITY_GOOD, decode_value(&f, 0xBF800000, &value));
}

static void
encoding_rounds_to_the_nearest_code(void **state)
{
	(void)state;
	struct point p = point_of(REG_U16, ORDER_ABCD);
	uint64_t raw = 99;
	p.scale = 0.0001;
	p.lo = 0;
	p.hi = 1;
	assert_int_equal(0, encode_raw(&p, 1.0, &raw));
	assert_int_equal(10000, raw);
	assert_int_equal(0, encode_raw(&p, 0.93244, &raw));
	assert_int_equal(9324, raw);
	assert_int_equal(0, encode_raw(&p, 0.93246, &raw));
	assert_int_equal(9325, raw);
	assert_int_equal(0, encode_raw(&p, 1.0 + 1e-12, &raw)); /* what the device gets is 1 */
	assert_int_equal(10000, raw);
	assert_int_equal(0, encode_raw(&p, -0.0, &raw));
	assert_int_equal(0, raw);
}

static void
an_end_of_the_range_beside_the_grid_is_encoded_to_the_inside(void **state)
{
	(void)state;
	struct point p = point_of(REG_U16, ORDER_ABCD);
	uint64_t raw = 99;
	p.scale = 0.06;
	p.lo = 0.01;
	p.hi = 100;
	assert_int_equal(0, encode_raw(&p, 100, &raw));
	assert_int_equal(1666, raw); /* 1667 would be 100.02 */
	assert_int_equal(0, encode_raw(&p, 0.01, &raw));
	assert_int_equal(1, raw);
	assert_int_equal(-ERANGE, encode_raw(&p, 100.02, &raw));
	p = point_of(REG_F32, ORDER_ABCD);
	p.lo = 0;
	p.hi = 0.1; /* the nearest float is greater */
	assert_int_equal(0, encode_raw(&p, 0.1, &raw));
	assert_int_equal(0x3DCCCCCC, raw);
}

static void
what_does_not_fit_is_not_encoded(void **state)
{
	(void)state;
	struct point p = point_of(REG_U16, ORDER_ABCD);
	uint64_t raw = 99;
	assert_int_equal(-ERANGE, encode_raw(&p, -1, &raw));
	assert_int_equal(-ERANGE, encode_raw(&p, 65536, &raw));
	assert_int_equal(-EINVAL, encode_raw(&p, (double)NAN, &raw));
	assert_int_equal(-EINVAL, encode_raw(&p, (double)INFINITY, &raw));
	p.hi = 100;
	assert_int_equal(-ERANGE, encode_raw(&p, 101, &raw));
	p.has_no_value = true;
	p.no_value = 50;
	assert_int_equal(-ERANGE, encode_raw(&p, 50, &raw));
	p = point_of(REG_I16, ORDER_ABCD);
	assert_int_equal(-ERANGE, encode_raw(&p, 32768, &raw));
	assert_int_equal(-ERANGE, encode_raw(&p, -32769, &raw));
	p = point_of(REG_BIT, ORDER_ABCD);
	assert_int_equal(-ERANGE, encode_raw(&p, 2, &raw));
	p = point_of(REG_F32, ORDER_ABCD);
	assert_int_equal(-ERANGE, encode_raw(&p, 1e39, &raw));
	p = point_of(REG_U64, ORDER_ABCD);
	assert_int_equal(-ERANGE, encode_raw(&p, 0x1p64, &raw));
	p = point_of(REG_I64, ORDER_ABCD);
	assert_int_equal(-ERANGE, encode_raw(&p, 0x1p63, &raw));
	assert_int_equal(99, raw);
	assert_int_equal(0, encode_raw(&p, -0x1p63, &raw));
	assert_true(raw == UINT64_C(1) << 63);
}

/* Random codes of every type and order: value and back gives the code again (the 64-bit integers
 * only as far as a double counts). */
static void
codes_survive_a_round_trip(void **state)
{
	(void)state;
	static const unsigned bits[REG_TYPES] = {1, 16, 16, 32, 32, 50, 50, 32, 64};
	for (unsigned t = 0; t < REG_TYPES; t++)
		for (unsigned o = ORDER_ABCD; o <= ORDER_DCBA; o++)
			for (unsigned k = 0; k < 2000; k++) {
				struct point p = point_of((enum reg_type)t, (enum word_order)o);
				uint64_t code = keyed_u64(1, t * 4 + o, k), raw = 0;
				double value = NAN;
				if (bits[t] < 64)
					code &= (UINT64_C(1) << bits[t]) - 1;
				if (decode_value(&p, code, &value) != QUALITY_GOOD)
					continue; /* a NaN among the floats */
				assert_int_equal(0, encode_raw(&p, value, &raw));
				if (fabs(value) > 0) /* -0 becomes 0 */
					assert_true(raw == code);
				uint16_t words[DECODE_REGISTERS_MAX];
				uint8_t data[8] = {0};
				encode_words(&p, raw, words);
				for (unsigned w = 0; w < p.count && t != REG_BIT; w++) {
					data[2 * w] = (uint8_t)(words[w] >> 8);
					data[2 * w + 1] = (uint8_t)words[w];
				}
				if (t == REG_BIT)
					data[0] = (uint8_t)words[0];
				assert_true(decode_raw(&p, data, 0) == raw);
			}
}

static void
points_are_the_same_if_any_answer_means_the_same_to_both(void **state)
{
	struct point a = point_of(REG_U16, ORDER_ABCD), b[7];

	(void)state;
	for (size_t i = 0; i < sizeof b / sizeof *b; i++)
		b[i] = a;
	b[0].device = b[0].system = 7;
	b[0].demand = 17;
	assert_true(decode_same(&a, &b[0]));
	b[0].reg++;
	b[1].scale = -1;
	b[2].offset = 0.5;
	b[3].hi = 1e300;
	b[4].has_no_value = true;
	b[5].order = ORDER_DCBA;
	b[6].writable = true;
	for (size_t i = 0; i < sizeof b / sizeof *b; i++)
		assert_false(decode_same(&a, &b[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_type_and_order_gives_its_number),
		cmocka_unit_test(the_flow_meter_example_is_36_625_to_its_precision),
		cmocka_unit_test(coils_are_taken_from_their_bit),
		cmocka_unit_test(scale_and_offset_follow_the_sign),
		cmocka_unit_test(a_no_value_code_is_never_a_number),
		cmocka_unit_test(what_is_not_finite_is_bad),
		cmocka_unit_test(the_range_is_closed),
		cmocka_unit_test(encoding_rounds_to_the_nearest_code),
		cmocka_unit_test(an_end_of_the_range_beside_the_grid_is_encoded_to_the_inside),
		cmocka_unit_test(what_does_not_fit_is_not_encoded),
		cmocka_unit_test(codes_survive_a_round_trip),
		cmocka_unit_test(points_are_the_same_if_any_answer_means_the_same_to_both),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
