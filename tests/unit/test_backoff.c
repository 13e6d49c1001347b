/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <sysexits.h>

#include "core/clock.h"
#include "runner/backoff.h"

#define MS NS_PER_MS
#define S NS_PER_S

static void
the_first_restart_comes_after_a_tenth_of_a_second(void **state)
{
	struct backoff b = {0};
	int64_t retry_ns = 0;

	(void)state;
	assert_int_equal(backoff_ended(&b, -1, 60 * S, 1000 * S, &retry_ns), BACKOFF_RETRY);
	assert_int_equal(retry_ns, 1000 * S + 100 * MS);
}

static void
each_further_delay_is_twice_as_long_up_to_five_seconds(void **state)
{
	static const int64_t delays_ms[] = {100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000};
	struct backoff b = {0};
	int64_t now_ns = 0, retry_ns = 0;

	(void)state;
	for (size_t i = 0; i < sizeof delays_ms / sizeof delays_ms[0]; i++) {
		now_ns = retry_ns + 3 * S; /* it lived for a while: never five within ten seconds */
		assert_int_equal(backoff_ended(&b, 1, 3 * S, now_ns, &retry_ns), BACKOFF_RETRY);
		assert_int_equal(retry_ns - now_ns, delays_ms[i] * MS);
	}
}

static void
five_ends_within_ten_seconds_lead_to_a_pause_of_thirty(void **state)
{
	struct backoff b = {0};
	int64_t now_ns = 5 * S;

	(void)state;
	for (int i = 1; i < BACKOFF_TRIES; i++) /* each ends at once */
		assert_int_equal(backoff_ended(&b, 1, 0, now_ns, &now_ns), BACKOFF_RETRY);
	int64_t end_ns = now_ns;
	assert_int_equal(backoff_ended(&b, 1, 0, end_ns, &now_ns), BACKOFF_HOLD_OFF);
	assert_int_equal(now_ns, end_ns + 30 * S);
}

static void
after_the_pause_counting_starts_afresh(void **state)
{
	struct backoff b = {0};
	int64_t now_ns = 0;

	(void)state;
	for (int i = 0; i < BACKOFF_TRIES; i++)
		(void)backoff_ended(&b, 1, 0, now_ns, &now_ns);
	int64_t end_ns = now_ns;
	assert_int_equal(backoff_ended(&b, 1, 0, end_ns, &now_ns), BACKOFF_RETRY);
	assert_int_equal(now_ns - end_ns, 100 * MS);
}

static void
a_room_that_was_up_for_ten_seconds_has_made_up_for_its_past(void **state)
{
	struct backoff b = {0};
	int64_t now_ns = 0, retry_ns = 0;

	(void)state;
	for (int i = 0; i < 3; i++)
		(void)backoff_ended(&b, 1, 0, now_ns, &now_ns);
	now_ns += 10 * S;
	assert_int_equal(backoff_ended(&b, 1, 10 * S, now_ns, &retry_ns), BACKOFF_RETRY);
	assert_int_equal(retry_ns - now_ns, 100 * MS);
}

static void
wrong_usage_and_wrong_configuration_are_not_tried_again(void **state)
{
	struct backoff b = {0};
	int64_t retry_ns = 17;

	(void)state;
	assert_int_equal(backoff_ended(&b, EX_USAGE, 0, 0, &retry_ns), BACKOFF_GIVE_UP);
	assert_int_equal(backoff_ended(&b, EX_CONFIG, 90 * S, 0, &retry_ns), BACKOFF_GIVE_UP);
	assert_int_equal(retry_ns, 17);
}

static void
an_orderly_end_nobody_asked_for_is_an_end_like_any_other(void **state)
{
	struct backoff b = {0};
	int64_t retry_ns = 0;

	(void)state;
	assert_int_equal(backoff_ended(&b, 0, 60 * S, 0, &retry_ns), BACKOFF_RETRY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_restart_comes_after_a_tenth_of_a_second),
		cmocka_unit_test(each_further_delay_is_twice_as_long_up_to_five_seconds),
		cmocka_unit_test(five_ends_within_ten_seconds_lead_to_a_pause_of_thirty),
		cmocka_unit_test(after_the_pause_counting_starts_afresh),
		cmocka_unit_test(a_room_that_was_up_for_ten_seconds_has_made_up_for_its_past),
		cmocka_unit_test(wrong_usage_and_wrong_configuration_are_not_tried_again),
		cmocka_unit_test(an_orderly_end_nobody_asked_for_is_an_end_like_any_other),
	};

	return cmocka_run_group_tests_name("back-off of the runner", tests, NULL, NULL);
}
