/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <time.h>

#include "core/clock.h"

static void
the_monotonic_clock_never_goes_back(void **state)
{
	int64_t last = clock_mono_ns();

	(void)state;
	assert_true(last > 0);
	for (int i = 0; i < 10000; i++) {
		int64_t now = clock_mono_ns();
		assert_true(now >= last);
		last = now;
	}
}

static void
wall_time_is_in_this_century(void **state)
{
	(void)state;
	assert_in_range(clock_wall_ns() / NS_PER_S, 1600000000, 4102444800);
}

static void
utc_text_is_iso_8601_with_milliseconds(void **state)
{
	char text[32];

	(void)state;
	assert_string_equal(clock_utc_text(0, text, sizeof(text)), "1970-01-01T00:00:00.000Z");
	assert_string_equal(clock_utc_text(INT64_C(1795703518114999999), text, sizeof(text)),
			    "2026-11-26T14:31:58.114Z");
	assert_string_equal(clock_utc_text(-1, text, sizeof(text)), "1969-12-31T23:59:59.999Z");
	assert_string_equal(clock_utc_text(-NS_PER_S, text, sizeof(text)),
			    "1969-12-31T23:59:59.000Z");
	assert_string_equal(clock_utc_text(INT64_MAX, text, sizeof(text)),
			    "2262-04-11T23:47:16.854Z");
}

static void
local_text_names_its_zone(void **state)
{
	char text[32];

	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	assert_string_equal(clock_local_text(INT64_C(1795703518114000000), text, sizeof(text)),
			    "15:31:58 CET");
	assert_string_equal(clock_local_text(INT64_C(1783000000000000000), text, sizeof(text)),
			    "15:46:40 CEST");
}

static void
a_cadence_starts_at_once_and_keeps_its_grid(void **state)
{
	struct cadence c;

	(void)state;
	cadence_start(&c, 100, 1000);
	assert_int_equal(cadence_due(&c, 999), 0);
	assert_int_equal(cadence_due(&c, 1000), 1);
	assert_int_equal(c.next_ns, 1100);
	assert_int_equal(cadence_due(&c, 1099), 0);
	/* late, but within the period: the grid does not drift */
	assert_int_equal(cadence_due(&c, 1199), 1);
	assert_int_equal(c.next_ns, 1200);
	assert_int_equal(c.ticks, 2);
	assert_int_equal(c.overruns, 0);
}

static void
a_cadence_skips_and_counts_what_it_missed(void **state)
{
	struct cadence c;

	(void)state;
	cadence_start(&c, 100, 1000);
	assert_int_equal(cadence_due(&c, 1350), 1);
	assert_int_equal(c.ticks, 1);
	assert_int_equal(c.overruns, 3);
	assert_int_equal(c.next_ns, 1400);
	assert_int_equal(cadence_due(&c, 1350), 0); /* no burst */
	assert_int_equal(cadence_due(&c, 1500), 1);
	assert_int_equal(c.overruns, 4);
	assert_int_equal(c.next_ns, 1600);
	/* every period is either a step or an overrun */
	assert_int_equal(c.ticks + c.overruns, (1600 - 1000) / 100);
}

static void
a_clock_that_stands_still_causes_one_step(void **state)
{
	struct cadence c;
	int steps = 0;

	(void)state;
	cadence_start(&c, NS_PER_S, 0);
	for (int i = 0; i < 5; i++)
		steps += cadence_due(&c, 0);
	assert_int_equal(steps, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_monotonic_clock_never_goes_back),
		cmocka_unit_test(wall_time_is_in_this_century),
		cmocka_unit_test(utc_text_is_iso_8601_with_milliseconds),
		cmocka_unit_test(local_text_names_its_zone),
		cmocka_unit_test(a_cadence_starts_at_once_and_keeps_its_grid),
		cmocka_unit_test(a_cadence_skips_and_counts_what_it_missed),
		cmocka_unit_test(a_clock_that_stands_still_causes_one_step),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
