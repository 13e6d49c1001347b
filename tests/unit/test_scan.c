/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines of the classes, and the heap of who is next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "collectors/due.h"
#include "collectors/scan.h"
#include "core/keyed.h"

#define START 1000

static struct plan_read reads[3];

static struct scan
scan_of(uint32_t fast, uint32_t normal, uint32_t slow)
{
	struct scan s;
	scan_init(&s, START);
	scan_class_init(&s, SCAN_FAST, reads, fast, 100);
	scan_class_init(&s, SCAN_NORMAL, reads, normal, 500);
	scan_class_init(&s, SCAN_SLOW, reads, slow, 6000);
	return s;
}

static void
the_fast_class_goes_first_and_a_round_ends_with_its_last_read(void **state)
{
	(void)state;
	struct scan s = scan_of(2, 1, 1);
	enum scan_class c;
	assert_null(scan_pick(&s, START, &c));
	scan_start(&s, START);
	assert_ptr_equal(&reads[0], scan_pick(&s, START, &c));
	assert_int_equal(SCAN_FAST, c);
	assert_false(scan_done(&s, c));
	assert_ptr_equal(&reads[1], scan_pick(&s, START, &c));
	assert_true(scan_done(&s, c));
	scan_pick(&s, START, &c);
	assert_int_equal(SCAN_NORMAL, c);
	assert_true(scan_done(&s, c));
	scan_pick(&s, START, &c);
	assert_int_equal(SCAN_SLOW, c);
	assert_true(scan_done(&s, c));
	assert_false(scan_active(&s));
	assert_int_equal(START + 100, scan_next_ns(&s));
}

static void
deadlines_are_whole_periods_from_the_start_whenever_it_was_connected(void **state)
{
	(void)state;
	struct scan s = scan_of(1, 1, 0);
	scan_start(&s, START + 333);
	assert_int_equal(START + 400, s.round[SCAN_FAST].next_ns);
	assert_int_equal(START + 500, s.round[SCAN_NORMAL].next_ns);
	assert_int_equal(INT64_MAX, s.round[SCAN_SLOW].next_ns);
	scan_tick(&s, START + 407);
	assert_int_equal(START + 500, s.round[SCAN_FAST].next_ns);
	assert_int_equal(START + 500, scan_fast_ns(&s, START + 401));
	assert_int_equal(START + 500, scan_fast_ns(&s, START + 500));
	assert_int_equal(START, scan_fast_ns(&s, START - 50));
}

static void
a_round_that_is_not_through_swallows_the_next_ones(void **state)
{
	(void)state;
	struct scan s = scan_of(1, 0, 0);
	enum scan_class c;
	scan_start(&s, START);
	scan_tick(&s, START + 100);
	scan_tick(&s, START + 350); /* two deadlines at once */
	assert_int_equal(2, s.round[SCAN_FAST].skipped);
	assert_non_null(scan_pick(&s, START + 350, &c));
	assert_true(scan_done(&s, c));
	assert_null(scan_pick(&s, START + 399, &c)); /* nothing is made up for */
	assert_int_equal(START + 400, scan_next_ns(&s));
}

static void
a_class_that_waits_too_long_gets_every_second_read(void **state)
{
	(void)state;
	struct scan s = scan_of(1, 3, 0);
	enum scan_class c;
	int normal = 0;
	scan_start(&s, START);
	for (int64_t t = START; t < START + 2000; t += 100) { /* the line takes a period a read */
		scan_tick(&s, t);
		assert_non_null(scan_pick(&s, t, &c));
		if (t <= START + 500)
			assert_int_equal(SCAN_FAST, c);
		normal += c == SCAN_NORMAL;
		scan_done(&s, c);
	}
	assert_in_range(normal, 3, 8);
}

static void
a_stopped_scan_asks_nothing(void **state)
{
	(void)state;
	struct scan s = scan_of(1, 1, 1);
	enum scan_class c;
	scan_start(&s, START);
	scan_stop(&s);
	scan_tick(&s, START + 100000);
	assert_null(scan_pick(&s, START + 100000, &c));
	assert_int_equal(INT64_MAX, scan_next_ns(&s));
}

static void
the_heap_always_names_the_earliest(void **state)
{
	(void)state;
	enum { N = 37 };
	struct due d;
	int64_t at[N];
	assert_int_equal(0, due_init(&d, N, 50));
	for (int i = 0; i < N; i++)
		at[i] = 50;
	for (uint64_t k = 0; k < 20000; k++) {
		uint32_t best = 0;
		for (uint32_t i = 1; i < N; i++)
			if (at[i] < at[best])
				best = i;
		assert_int_equal(best, due_first(&d)); /* the first of equals */
		assert_int_equal(at[best], due_ns(&d));
		uint32_t item = (uint32_t)(keyed_u64(1, 2, k) % N);
		at[item] = (int64_t)(keyed_u64(1, 3, k) % 40);
		due_set(&d, item, at[item]);
	}
	due_fini(&d);
	assert_int_equal(0, due_init(&d, 0, 0));
	assert_int_equal(INT64_MAX, due_ns(&d));
	due_fini(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fast_class_goes_first_and_a_round_ends_with_its_last_read),
		cmocka_unit_test(
			deadlines_are_whole_periods_from_the_start_whenever_it_was_connected),
		cmocka_unit_test(a_round_that_is_not_through_swallows_the_next_ones),
		cmocka_unit_test(a_class_that_waits_too_long_gets_every_second_read),
		cmocka_unit_test(a_stopped_scan_asks_nothing),
		cmocka_unit_test(the_heap_always_names_the_earliest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
