/* SPDX-License-Identifier: Apache-2.0 */
/* Rows a second, over a wall clock that may do anything. */
#include "tests/unit/config_fixture.h"

#include <math.h>

#include "collectors/hist_feed.h"
#include "core/clock.h"

#define T0 INT64_C(1790000000) /* a second of 2026 */
#define HOUR 3600
#define YEAR (365 * 86400)

static struct plant *plant;
static struct hist_plan plan;
static struct hist_feed feed;

static int
setup(void **state)
{
	struct errtext err = {""};

	(void)state;
	plant = plant_of(GOOD_HEAD);
	assert_int_equal(hist_plan_open(&plan, plant, &err), 0);
	assert_int_equal(hist_feed_open(&feed, &plan), 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	hist_feed_close(&feed);
	hist_plan_close(&plan);
	plant_free(plant);
	return 0;
}

static void
open_all(int64_t last_s)
{
	for (uint32_t i = 0; i < plan.n_files; i++)
		hist_feed_file(&feed, i, true, last_s);
}

/* Everything that is due at this moment is written; how much that was. */
static uint32_t
write_due(int64_t wall_ns)
{
	uint32_t file, n = 0;

	while (hist_feed_next(&feed, wall_ns, &file)) {
		hist_feed_written(&feed, file);
		n++;
	}
	return n;
}

/* The clocks run from a moment for some seconds, ten looks a second. Returns rows of file 0. */
static uint32_t
run(int64_t mono_s, int64_t wall_s, int seconds)
{
	uint32_t rows = 0;

	for (int i = 0; i < seconds * 10; i++) {
		int64_t wall_ns = wall_s * NS_PER_S + i * NS_PER_S / 10, was = feed.last_s[0];
		hist_feed_begin(&feed, mono_s * NS_PER_S + i * NS_PER_S / 10, wall_ns);
		write_due(wall_ns);
		if (feed.last_s[0] != was)
			rows++;
		assert_true(feed.last_s[0] >= was);
	}
	return rows;
}

static void
a_second_is_one_row_of_each_file(void **state)
{
	(void)state;
	open_all(T0 - 1);
	assert_int_equal(run(100, T0, 10), 10);
	for (uint32_t i = 0; i < plan.n_files; i++)
		assert_int_equal(feed.last_s[i], T0 + 9);
	assert_int_equal(feed.late, 0);
}

static void
files_are_written_one_after_the_other_over_the_second(void **state)
{
	uint32_t most = 0, all = 0;

	(void)state;
	open_all(T0 - 1);
	for (int i = 0; i < 20; i++) {
		int64_t wall_ns = T0 * NS_PER_S + i * 50 * NS_PER_MS;
		hist_feed_begin(&feed, wall_ns, wall_ns);
		uint32_t n = write_due(wall_ns);
		most = n > most ? n : most;
		all += n;
	}
	assert_int_equal(all, plan.n_files);
	assert_in_range(most, 1, 2);
}

static void
a_second_that_was_missed_is_counted_not_made_up_for(void **state)
{
	(void)state;
	open_all(T0 - 1);
	assert_true(hist_feed_begin(&feed, 0, T0 * NS_PER_S));
	assert_true(hist_feed_begin(&feed, 3 * NS_PER_S, (T0 + 3) * NS_PER_S));
	assert_int_equal(feed.late, plan.n_files);
	assert_int_equal(feed.second, T0 + 3);
}

/* --- the clock --- */

struct jump {
	const char *what;
	int64_t by_s;       /* the wall clock jumps by that */
	int for_s;          /* stays so for that long */
	uint32_t rows;      /* written in that time */
	int64_t back_s;     /* then jumps by that */
	uint32_t rows_then; /* written in the 10 s after it */
};

static void
no_jump_of_the_clock_writes_a_wrong_row(void **state)
{
	static const struct jump table[] = {
		{"a second forward", 1, 20, 20, -1, 9},
		{"a second back", -1, 20, 19, 1, 10},
		{"four seconds forward", 4, 20, 20, -4, 6},
		{"an hour forward, put right at once", HOUR, 5, 0, -HOUR, 10},
		{"an hour forward, and it stands", HOUR, 30, 20, 0, 10},
		{"an hour back, put right", -HOUR, 30, 0, HOUR, 10},
		{"ten years forward, put right", 10LL * YEAR, 300, 0, -10LL * YEAR, 10},
		{"ten years back, put right", -10LL * YEAR, 300, 0, 10LL * YEAR, 10},
		{"a year back, put right", -YEAR, 300, 0, YEAR, 10},
		{"to 1970, put right", -T0, 300, 0, T0, 10},
		{"a minute back, until it has passed", -60, 70, 10, 0, 10},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct jump *j = &table[i];
		setup(state);
		open_all(T0 - 1);
		assert_int_equal(run(100, T0, 10), 10);
		uint32_t rows = run(110, T0 + 10 + j->by_s, j->for_s);
		uint32_t then = run(110 + j->for_s, T0 + 10 + j->by_s + j->for_s + j->back_s, 10);
		if (rows != j->rows || then != j->rows_then)
			fail_msg("%s: %u rows, then %u", j->what, rows, then);
		teardown(state);
	}
	setup(state);
}

static void
a_long_jump_is_believed_after_ten_minutes(void **state)
{
	(void)state;
	open_all(T0 - 1);
	assert_int_equal(run(100, T0, 10), 10);
	assert_int_equal(run(110, T0 + 10LL * YEAR, 599), 0);
	assert_int_equal(feed.clock.state, HIST_CLOCK_JUMPED);
	assert_int_equal(run(709, T0 + 10LL * YEAR + 599, 11), 10);
}

static void
a_forward_jump_must_stand_still_to_be_believed(void **state)
{
	(void)state;
	open_all(T0 - 1);
	assert_int_equal(run(100, T0, 10), 10);
	for (int i = 0; i < 10; i++) /* each 9 s another hour */
		assert_int_equal(run(110 + 9 * i, T0 + 9 * i + (i + 1) * HOUR, 9), 0);
}

static void
at_the_start_a_time_without_a_historian_is_no_jump(void **state)
{
	(void)state;
	open_all(T0 - 90 * 86400);
	assert_int_equal(run(5, T0, 10), 10);
}

static void
at_the_start_a_clock_years_ahead_of_the_files_must_stand_ten_minutes(void **state)
{
	(void)state;
	open_all(T0 - 1);
	assert_int_equal(run(5, T0 + 10LL * YEAR, 300), 0);
	assert_int_equal(run(305, T0 + 300, 10), 10);
}

static void
at_the_start_a_clock_behind_the_files_waits_until_it_has_passed_them(void **state)
{
	(void)state;
	open_all(T0 + 20);
	assert_int_equal(run(5, T0, 20), 0);
	assert_int_equal(feed.clock.state, HIST_CLOCK_BEHIND);
	assert_int_equal(run(25, T0 + 20, 10), 9);
}

static void
a_clock_of_1970_holds_history_until_it_is_set(void **state)
{
	(void)state;
	open_all(T0 - HOUR);
	assert_int_equal(run(5, 0, 100), 0);
	assert_int_equal(feed.clock.state, HIST_CLOCK_UNSET);
	assert_int_equal(run(105, T0, 10), 10);
}

/* --- rows --- */

static void
what_is_not_usable_is_unknown(void **state)
{
	static const struct {
		double value;
		uint32_t quality;
		const char *text;
	} table[] = {{1.5, QUALITY_GOOD, "1.5"},
		     {-2, QUALITY_UNCERTAIN, "-2"},
		     {3, QUALITY_STALE, "U"},
		     {4, QUALITY_COMM, "U"},
		     {5, QUALITY_RANGE, "U"},
		     {6, QUALITY_BAD, "U"},
		     {7, QUALITY_NEVER, "U"},
		     {(double)NAN, QUALITY_GOOD, "U"},
		     {(double)INFINITY, QUALITY_GOOD, "U"},
		     {1e300, QUALITY_GOOD, "1e+300"},
		     {123456789.125, QUALITY_GOOD, "123456789.125"}};
	struct sample *samples = calloc(plant->in.first[plant->in.n_groups], sizeof(*samples));
	char row[HIST_ROW_SIZE(RETICLES)];

	(void)state;
	assert_non_null(samples);
	open_all(T0 - 1);
	const struct hist_file *f = &plan.files[0];
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char want[100];
		samples[plan.columns[f->first].index] =
			sample_at(table[i].value, 0, table[i].quality, 0);
		assert_true(hist_feed_begin(&feed, (int64_t)i * NS_PER_S,
					    (T0 + (int64_t)i) * NS_PER_S));
		hist_feed_take(&feed, REGION_IN, samples);
		hist_feed_row(&feed, 0, row, sizeof(row));
		snprintf(want, sizeof(want), "%lld:%s:U:", (long long)T0 + (long long)i,
			 table[i].text);
		if (strncmp(row, want, strlen(want)) != 0)
			fail_msg("\"%s\" instead of \"%s…\"", row, want);
	}
	free(samples);
}

static void
a_region_that_is_not_there_is_unknown(void **state)
{
	char row[HIST_ROW_SIZE(RETICLES)];

	(void)state;
	open_all(T0 - 1);
	assert_true(hist_feed_begin(&feed, 0, T0 * NS_PER_S));
	hist_feed_take(&feed, REGION_CTL, NULL);
	for (uint32_t i = 0; i < plan.n_files; i++) {
		hist_feed_row(&feed, i, row, sizeof(row));
		assert_int_equal(strspn(strchr(row, ':'), ":U"), strlen(strchr(row, ':')));
	}
}

static void
the_longest_row_fits(void **state)
{
	char row[HIST_ROW_SIZE(RETICLES)];

	(void)state;
	open_all(T0 - 1);
	assert_true(hist_feed_begin(&feed, 0, T0 * NS_PER_S));
	for (uint32_t i = 0; i < plan.n_columns; i++)
		feed.value[i] = -1.23456789012345678e-300;
	for (uint32_t i = 0; i < plan.n_files; i++)
		assert_in_range(hist_feed_row(&feed, i, row, sizeof(row)), 1,
				HIST_ROW_SIZE(plan.files[i].n) - 1);
}

/* --- files --- */

static void
a_file_never_gets_a_row_that_is_not_later_than_its_last(void **state)
{
	(void)state;
	open_all(T0 - 1);
	hist_feed_file(&feed, 2, true, T0 + 5);
	for (int i = 0; i < 12; i++) {
		int64_t at_ns = (T0 + i) * NS_PER_S;
		uint32_t file;
		assert_true(hist_feed_begin(&feed, at_ns, at_ns));
		while (hist_feed_next(&feed, at_ns + 999 * NS_PER_MS, &file)) {
			assert_true(file != 2 || i > 5);
			hist_feed_written(&feed, file);
		}
	}
}

static void
a_file_far_ahead_of_the_others_is_named_but_not_all_of_them(void **state)
{
	(void)state;
	open_all(T0 - 1);
	assert_true(hist_feed_begin(&feed, 0, T0 * NS_PER_S));
	assert_int_equal(hist_feed_ahead(&feed), -1);
	hist_feed_file(&feed, 3, true, T0 + HOUR);
	assert_int_equal(hist_feed_ahead(&feed), 3);
	open_all(T0 + HOUR);
	assert_int_equal(hist_feed_ahead(&feed), -1);
}

static void
a_file_that_can_not_be_written_is_passed_over(void **state)
{
	(void)state;
	open_all(T0 - 1);
	hist_feed_file(&feed, 0, false, 0);
	assert_true(hist_feed_begin(&feed, 0, T0 * NS_PER_S));
	assert_int_equal(write_due((T0 + 1) * NS_PER_S - 1), plan.n_files - 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_second_is_one_row_of_each_file),
		TEST(files_are_written_one_after_the_other_over_the_second),
		TEST(a_second_that_was_missed_is_counted_not_made_up_for),
		cmocka_unit_test_teardown(no_jump_of_the_clock_writes_a_wrong_row, teardown),
		TEST(a_long_jump_is_believed_after_ten_minutes),
		TEST(a_forward_jump_must_stand_still_to_be_believed),
		TEST(at_the_start_a_time_without_a_historian_is_no_jump),
		TEST(at_the_start_a_clock_years_ahead_of_the_files_must_stand_ten_minutes),
		TEST(at_the_start_a_clock_behind_the_files_waits_until_it_has_passed_them),
		TEST(a_clock_of_1970_holds_history_until_it_is_set),
		TEST(what_is_not_usable_is_unknown),
		TEST(a_region_that_is_not_there_is_unknown),
		TEST(the_longest_row_fits),
		TEST(a_file_never_gets_a_row_that_is_not_later_than_its_last),
		TEST(a_file_far_ahead_of_the_others_is_named_but_not_all_of_them),
		TEST(a_file_that_can_not_be_written_is_passed_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
