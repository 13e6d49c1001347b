/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <math.h>

#include "core/errtext.h"
#include "core/sample.h"

#define MAX_AGE_NS 300

static struct sample
sample_of(enum quality q, double value, int64_t time_ns)
{
	return sample_at(value, time_ns, q, 0);
}

static void
zeroed_memory_holds_no_value(void **state)
{
	struct sample s = {0};

	(void)state;
	assert_int_equal(s.quality, QUALITY_NEVER);
	assert_false(sample_usable(&s));
}

static void
a_stamp_is_time_quality_and_flags(void **state)
{
	static const int64_t times_ns[] = {0, 1, -1, INT64_C(144115188075855871)};

	(void)state;
	for (size_t i = 0; i < sizeof(times_ns) / sizeof(times_ns[0]); i++)
		for (unsigned q = 0; q < QUALITIES; q++)
			for (uint32_t flags = 0; flags <= SAMPLE_FLAGS; flags++) {
				struct sample s =
					sample_at(1.5, times_ns[i], (enum quality)q, flags);

				assert_true(s.time_ns == times_ns[i]);
				assert_int_equal(s.quality, q);
				assert_int_equal(s.flags, flags);
				assert_int_equal(sample_stamp(&s) & SAMPLE_STAMP_QUALITY, q);
				assert_int_equal(sample_stamp(&s) & SAMPLE_STAMP_WORTH,
						 q | flags << 3);
				assert_true(sample_stamp(&s) >> 6 ==
					    ((uint64_t)times_ns[i] & UINT64_MAX >> 6));
				sample_date(&s, 7);
				assert_true(s.time_ns == 7);
				assert_int_equal(sample_stamp(&s) & SAMPLE_STAMP_WORTH,
						 q | flags << 3);
			}
}

static void
the_worse_verdict_wins_whatever_the_order(void **state)
{
	static const enum quality by_badness[] = {QUALITY_GOOD, QUALITY_UNCERTAIN, QUALITY_STALE,
						  QUALITY_COMM, QUALITY_RANGE,     QUALITY_BAD,
						  QUALITY_NEVER};

	(void)state;
	for (int a = 0; a < QUALITIES; a++)
		for (int b = 0; b < QUALITIES; b++)
			assert_int_equal(quality_worse(by_badness[a], by_badness[b]),
					 by_badness[a > b ? a : b]);
}

static void
each_quality_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int a = 0; a < QUALITIES; a++) {
		assert_string_not_equal(quality_name((enum quality)a), "?");
		for (int b = 0; b < a; b++)
			assert_string_not_equal(quality_name((enum quality)a),
						quality_name((enum quality)b));
	}
	assert_string_equal(quality_name(QUALITIES), "?");
}

static void
only_good_and_uncertain_turn_stale_and_only_when_too_old(void **state)
{
	(void)state;
	for (int i = 0; i < QUALITIES; i++) {
		enum quality q = (enum quality)i;
		bool ages = q == QUALITY_GOOD || q == QUALITY_UNCERTAIN;
		struct sample s = sample_of(q, 1.5, 1000);

		assert_int_equal(sample_judge(s, 1000 + MAX_AGE_NS, MAX_AGE_NS).quality, q);
		s = sample_judge(s, 1001 + MAX_AGE_NS, MAX_AGE_NS);
		assert_int_equal(s.quality, ages ? QUALITY_STALE : q);
		assert_int_equal(s.time_ns, 1000);
		assert_true(s.value >= 1.5 && s.value <= 1.5);
	}
}

static void
a_stamp_from_the_future_is_stale(void **state)
{
	struct sample s = sample_of(QUALITY_GOOD, 1.0, 5000);

	(void)state;
	assert_int_equal(sample_judge(s, 5000 - MAX_AGE_NS, MAX_AGE_NS).quality, QUALITY_GOOD);
	assert_int_equal(sample_judge(s, 4999 - MAX_AGE_NS, MAX_AGE_NS).quality, QUALITY_STALE);
}

static void
a_time_that_is_too_long_is_stale_and_never_good(void **state)
{
	const int64_t end_ns = INT64_C(1) << (SAMPLE_TIME_BITS - 1);

	(void)state;
	for (int64_t now_ns = end_ns - 1; now_ns <= end_ns + 1; now_ns++)
		assert_int_equal(
			sample_judge(sample_of(QUALITY_GOOD, 1.0, now_ns), now_ns, MAX_AGE_NS)
				.quality,
			now_ns < end_ns ? QUALITY_GOOD : QUALITY_STALE);
}

static void
only_finite_good_or_uncertain_values_are_usable(void **state)
{
	(void)state;
	for (int i = 0; i < QUALITIES; i++) {
		enum quality q = (enum quality)i;
		struct sample s = sample_of(q, -0.0, 0);

		assert_int_equal(sample_usable(&s), q == QUALITY_GOOD || q == QUALITY_UNCERTAIN);
		s.value = (double)NAN;
		assert_false(sample_usable(&s));
		s.value = (double)INFINITY;
		assert_false(sample_usable(&s));
		s.value = -(double)INFINITY;
		assert_false(sample_usable(&s));
	}
}

static void
an_error_text_is_filled_cut_off_and_optional(void **state)
{
	struct errtext err;
	char longer[400];

	(void)state;
	assert_int_equal(errtext_set(&err, -5, "%s: %d", "x", 7), -5);
	assert_string_equal(err.text, "x: 7");
	memset(longer, 'y', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(errtext_set(&err, -6, "%s", longer), -6);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_int_equal(errtext_set(NULL, -7, "nobody reads %d", 1), -7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zeroed_memory_holds_no_value),
		cmocka_unit_test(a_stamp_is_time_quality_and_flags),
		cmocka_unit_test(the_worse_verdict_wins_whatever_the_order),
		cmocka_unit_test(each_quality_has_a_name_of_its_own),
		cmocka_unit_test(only_good_and_uncertain_turn_stale_and_only_when_too_old),
		cmocka_unit_test(a_stamp_from_the_future_is_stale),
		cmocka_unit_test(a_time_that_is_too_long_is_stale_and_never_good),
		cmocka_unit_test(only_finite_good_or_uncertain_values_are_usable),
		cmocka_unit_test(an_error_text_is_filled_cut_off_and_optional),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
