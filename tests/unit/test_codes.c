/* SPDX-License-Identifier: Apache-2.0 */
/* Words read in one go say what decode_value says of each alone. */
#include "tests/unit/support.h"

#include "collectors/decode.h"
#include "collectors/codes.h"

static const struct point PLAIN = {
	.fc = 4, .count = 1, .type = REG_U16, .scale = 0.01, .lo = 0, .hi = 1e6};

static void
is_as_alone(const struct codes *w, const struct point *p, unsigned code)
{
	const uint8_t data[2] = {(uint8_t)(code >> 8), (uint8_t)code};
	double alone = NAN, together = NAN;
	bool good = decode_value(p, code, &alone) == QUALITY_GOOD;

	assert_int_equal(codes_read(w, 1, 1, data, &together), good);
	if (good)
		assert_memory_equal(&alone, &together, sizeof alone);
}

static void
every_code_is_good_if_it_is_alone_and_the_same_number(void **state)
{
	const struct point row[] = {
		PLAIN,
		{.fc = 3,
		 .type = REG_I16,
		 .scale = 0.125,
		 .lo = -20,
		 .hi = 130,
		 .has_no_value = true,
		 .no_value = 0x8000},
		{.fc = 4,
		 .type = REG_U16,
		 .scale = 0.1,
		 .lo = 0.3,
		 .hi = 0.7}, /* not on the grid */
		{.fc = 4, .type = REG_U16, .scale = -0.1, .offset = 7, .lo = -5, .hi = 5},
		{.fc = 4, .type = REG_I16, .scale = 1, .lo = -40000, .hi = 40000},
		{.fc = 4, .type = REG_U16, .scale = 1, .lo = 0, .hi = 65535},
		{.fc = 4,
		 .type = REG_U16,
		 .scale = 1,
		 .lo = 0,
		 .hi = 65535,
		 .has_no_value = true,
		 .no_value = 0xFFFF},
		{.fc = 4, .type = REG_U16, .scale = 1, .lo = 0, .hi = 9, .has_no_value = true},
		{.fc = 4, .type = REG_I16, .scale = 1e-300, .offset = -1, .lo = -1, .hi = -1},
	};
	struct codes w;

	(void)state;
	assert_int_equal(codes_init(&w, 2), 0);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		assert_true(codes_set(&w, 1, &row[i]));
		for (unsigned code = 0; code <= 0xFFFF; code++)
			is_as_alone(&w, &row[i], code);
	}
	codes_fini(&w);
}

static void
what_is_no_plain_word_is_not_read_like_one(void **state)
{
	struct point p[6];
	struct codes w;

	(void)state;
	for (size_t i = 0; i < sizeof p / sizeof *p; i++)
		p[i] = PLAIN;
	p[0].type = REG_F32;
	p[1].order = ORDER_BADC;
	p[2].fc = 2;
	p[3].has_no_value = true; /* in the middle of what is good */
	p[3].no_value = 7;
	p[4].lo = 1e7; /* nothing is */
	p[4].hi = 2e7;
	p[5].type = REG_BIT;
	assert_int_equal(codes_init(&w, 2), 0);
	for (size_t i = 0; i < sizeof p / sizeof *p; i++)
		assert_false(codes_set(&w, 0, &p[i]));
	codes_fini(&w);
}

static void
one_that_is_not_good_is_found_among_any_number(void **state)
{
	uint8_t data[2 * CODES_MAX] = {0};
	double value[CODES_MAX];
	struct point p = PLAIN;
	struct codes w;

	(void)state;
	p.lo = 0.0;
	p.hi = 0.5;
	assert_int_equal(codes_init(&w, CODES_MAX), 0);
	for (uint32_t i = 0; i < CODES_MAX; i++) {
		p.scale = 0.001 * (i + 1); /* each has its own */
		assert_true(codes_set(&w, i, &p));
		data[2 * i + 1] = (uint8_t)(i % 2);
	}
	for (uint32_t n = 1; n <= CODES_MAX; n++) {
		assert_true(codes_read(&w, 0, n, data, value));
		for (uint32_t i = 0; i < n; i++)
			assert_true(fabs(value[i] - (i % 2) * 0.001 * (i + 1)) < 1e-12);
		for (uint32_t i = 0; i < n; i++) {
			data[2 * i] = 0x80;
			assert_false(codes_read(&w, 0, n, data, value));
			data[2 * i] = 0;
		}
	}
	codes_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_is_good_if_it_is_alone_and_the_same_number),
		cmocka_unit_test(what_is_no_plain_word_is_not_read_like_one),
		cmocka_unit_test(one_that_is_not_good_is_found_among_any_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
