/* SPDX-License-Identifier: Apache-2.0 */
/* A point's history as a person sees it. */
#include "tests/unit/support.h"

#include <errno.h>
#include <math.h>
#include <time.h>

#include "collectors/trend.h"

#define T0 INT64_C(1790000000) /* 2026-09-21 14:13:20 UTC */
#define NONE ((double)NAN)

static void
assert_near(double a, double b)
{
	if (!(fabs(a - b) < 1e-9))
		fail_msg("%.12g instead of %.12g", a, b);
}

static void
spans_are_read_as_written(void **state)
{
	static const struct {
		const char *text;
		int64_t s;
	} table[] = {{"10s", 10},       {"90s", 90},      {"15m", 900},
		     {"6h", 21600},     {"2d", 172800},   {"1w", 604800},
		     {"1y", 31536000},  {"3y", 94608000}, {"9s", -ERANGE},
		     {"0h", -ERANGE},   {"4y", -ERANGE},  {"99999999999999999999h", -ERANGE},
		     {"", -EINVAL},     {"6", -EINVAL},   {"h", -EINVAL},
		     {"6hh", -EINVAL},  {"-6h", -EINVAL}, {"6 h", -EINVAL},
		     {"6.5h", -EINVAL}, {"6x", -EINVAL},  {" 6h", -EINVAL},
		     {"0x6h", -EINVAL}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (trend_span(table[i].text) != table[i].s)
			fail_msg("\"%s\": %lld", table[i].text,
				 (long long)trend_span(table[i].text));
}

static void
the_finest_archive_that_reaches_back_is_taken(void **state)
{
	static const struct trend_archives full = {.archive = {{HIST_AVERAGE, 1, 7200},
							       {HIST_AVERAGE, 10, 17280},
							       {HIST_AVERAGE, 60, 20160},
							       {HIST_MAX, 60, 20160}},
						   .n = 4,
						   .last_s = T0};
	static const struct {
		int64_t span_s, reach_s;
		enum hist_cf cf;
		uint32_t row_s;
	} table[] = {{60, 60, HIST_AVERAGE, 1},
		     {7200, 7200, HIST_AVERAGE, 1},
		     {7300, 7300, HIST_AVERAGE, 10},
		     {172000, 172000, HIST_AVERAGE, 10},
		     {7 * 86400, 7 * 86400, HIST_AVERAGE, 60},
		     {900 * 86400, 14 * 86400, HIST_AVERAGE, 60},
		     {60, 60, HIST_MAX, 60}};
	struct trend_pick pick;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_true(trend_pick(&full, table[i].cf, T0 - table[i].span_s, T0, &pick));
		assert_int_equal(pick.row_s, table[i].row_s);
		assert_in_range(T0 - pick.start_s, table[i].reach_s, table[i].reach_s + 120);
		assert_int_equal(pick.start_s % pick.row_s, 0);
		assert_int_equal(pick.end_s % pick.row_s, 0);
		assert_true(pick.end_s > pick.start_s);
	}
	assert_false(trend_pick(&full, HIST_MIN, T0 - 60, T0, &pick));
}

static void
rows_are_gathered_into_columns_and_gaps_stay_gaps(void **state)
{
	double value[] = {1, 3, NONE, NONE, 5, 5};
	const struct trend_rows rows = {.first_s = T0 + 1, .row_s = 1, .n = 6, .value = value};
	struct trend_column c[3];

	(void)state;
	trend_columns(c, 3, T0, T0 + 6, &rows, NULL, NULL);
	assert_near(c[0].avg, 2);
	assert_near(c[0].lo, 1);
	assert_near(c[0].hi, 3);
	assert_true(isnan(c[1].avg) && isnan(c[1].lo) && isnan(c[1].hi));
	assert_near(c[2].avg, 5);
}

static void
a_row_wider_than_a_column_fills_those_it_stands_for(void **state)
{
	double value[] = {1, NONE, 3};
	const struct trend_rows rows = {.first_s = T0 + 10, .row_s = 10, .n = 3, .value = value};
	struct trend_column c[15];

	(void)state;
	trend_columns(c, 15, T0, T0 + 30, &rows, NULL, NULL);
	for (int i = 0; i < 5; i++) {
		assert_near(c[i].avg, 1);
		assert_true(isnan(c[5 + i].avg));
		assert_near(c[10 + i].avg, 3);
	}
}

static void
extremes_widen_what_the_average_shows(void **state)
{
	double average[] = {2, 2}, min[] = {1, NONE}, max[] = {4, 9};
	const struct trend_rows a = {T0 + 60, 60, 2, average}, lo = {T0 + 60, 60, 2, min},
				hi = {T0 + 60, 60, 2, max};
	struct trend_column c[2];

	(void)state;
	trend_columns(c, 2, T0, T0 + 120, &a, &lo, &hi);
	assert_near(c[0].lo, 1);
	assert_near(c[0].hi, 4);
	assert_near(c[1].lo, 2);
	assert_near(c[1].hi, 9);
	struct trend_summary s = trend_sum(c, 2, &a);
	assert_near(s.min, 1);
	assert_near(s.max, 9);
	assert_near(s.avg, 2);
	assert_near(s.now, 2);
	assert_int_equal(s.now_s, T0 + 120);
}

static void
what_is_not_of_now_says_how_old_it_is(void **state)
{
	struct trend_summary s = {.now = 41.89, .now_s = T0};
	char out[48];

	(void)state;
	assert_string_equal(trend_newest(&s, T0 + 5, 1, out), "now");
	assert_string_equal(trend_newest(&s, T0 + 6, 1, out), "last, 6 s ago,");
	assert_string_equal(trend_newest(&s, T0 + 120, 60, out), "now");
	assert_string_equal(trend_newest(&s, T0 + 130, 60, out), "last, 130 s ago,");
	s = (struct trend_summary){.now = NONE};
	assert_string_equal(trend_newest(&s, T0 + 130, 60, out), "now"); /* "-" */
}

static void
rows_outside_the_span_touch_nothing(void **state)
{
	double value[] = {1, 1, 1, 1};
	const struct trend_rows before = {T0 - 100, 1, 4, value}, after = {T0 + 100, 1, 4, value};
	struct trend_column c[4];

	(void)state;
	trend_columns(c, 4, T0, T0 + 8, &before, &after, &after);
	for (int i = 0; i < 4; i++)
		assert_true(isnan(c[i].avg) && isnan(c[i].lo) && isnan(c[i].hi));
}

static void
the_scale_holds_every_value_and_limits_that_are_near(void **state)
{
	static const struct {
		double min, max, limit;
		bool shown;
	} table[] = {{40, 46, 50, true},   {40, 41, 50, false}, {7, 7, 8, false},
		     {0, 0, 1, true},      {-5, 5, -8, true},   {1e9, 1.1e9, 0, false},
		     {1e-9, 2e-9, 1, true}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct trend_summary s = {table[i].min, table[i].min, table[i].min,
						table[i].max, 0};
		const struct hist_limit limit = {.value = table[i].limit};
		struct trend_scale k = trend_scale(&s, &limit, 1, 16);
		assert_true(k.lo <= table[i].min && k.hi >= table[i].max && k.lo < k.hi);
		assert_true(k.mark > 0);
		if ((table[i].limit >= k.lo && table[i].limit <= k.hi) != table[i].shown)
			fail_msg("row %zu: %g … %g", i, k.lo, k.hi);
	}
}

/* --- the plot --- */

static char *
plot_of(int width, int height, bool unicode)
{
	static const struct hist_limit limit[] = {{8, "limit"}, {20, "spread_high"}};
	static double value[3600];
	struct trend_rows rows = {.first_s = T0 + 1, .row_s = 1, .n = 3600, .value = value};
	static struct trend_column columns[TREND_WIDTH_MAX];
	char *text = NULL;
	size_t size;

	for (int i = 0; i < 3600; i++) {
		value[i] = 6 + sin(i / 300.0) + 0.3 * sin(i / 3.0);
		if (i > 2400 && i < 2800)
			value[i] += 3;
		if (i > 1000 && i < 1400)
			value[i] = NONE;
	}
	size_t n = (size_t)trend_text_columns(width);
	trend_columns(columns, n, T0, T0 + 3600, &rows, NULL, NULL);
	struct trend_view v = {.point = "cs03.ctl.spread_k",
			       .unit = "k",
			       .what = "hottest minus coldest reticle, filtered",
			       .start_s = T0,
			       .end_s = T0 + 3600,
			       .row_s = 1,
			       .limits = limit,
			       .n_limits = 2,
			       .columns = columns,
			       .summary = trend_sum(columns, n, &rows),
			       .width = width,
			       .height = height,
			       .unicode = unicode};
	FILE *to = open_memstream(&text, &size);
	assert_non_null(to);
	trend_text(to, &v);
	assert_int_equal(fclose(to), 0);
	return text;
}

/* GOLDEN=write writes them anew, to be looked at. */
static void
assert_golden(const char *text, const char *name)
{
	static char want[20000];
	char path[200];
	const char *how = getenv("GOLDEN");
	bool anew = how && strcmp(how, "write") == 0;

	snprintf(path, sizeof(path), "tests/golden/%s.txt", name);
	FILE *f = fopen(path, anew ? "w" : "r");
	assert_non_null(f);
	if (anew)
		fputs(text, f);
	else
		want[fread(want, 1, sizeof(want) - 1, f)] = '\0';
	fclose(f);
	if (!anew && strcmp(want, text) != 0)
		fail_msg("%s is\n%s\ninstead of\n%s", name, text, want);
}

static void
a_plot_is_what_it_was(void **state)
{
	static const struct {
		int width, height;
		bool unicode;
		const char *zone, *name;
	} table[] = {{80, 20, true, "UTC", "trend-80x20"},
		     {80, 20, false, "CET-1CEST,M3.5.0,M10.5.0/3", "trend-ascii-80x20"},
		     {40, 8, false, "UTC", "trend-40x8"},
		     {132, 30, true, "UTC", "trend-132x30"}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		setenv("TZ", table[i].zone, 1);
		tzset();
		char *text = plot_of(table[i].width, table[i].height, table[i].unicode);
		assert_golden(text, table[i].name);
		free(text);
	}
}

static void
a_plot_of_any_size_has_its_lines_and_no_longer_ones(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	for (int width = TREND_WIDTH_MIN; width <= TREND_WIDTH_MAX; width += 45)
		for (int height = TREND_HEIGHT_MIN; height <= TREND_HEIGHT_MAX; height += 14) {
			char *text = plot_of(width, height, false);
			int lines = 0;
			for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
				lines++;
				assert_in_range(strlen(line), 1, width);
			}
			assert_int_equal(lines, height);
			free(text);
		}
}

static void
values_and_durations_are_words(void **state)
{
	char text[32];

	(void)state;
	assert_string_equal(trend_value(12345.678, text), "12346");
	assert_string_equal(trend_value(123.456, text), "123.5");
	assert_string_equal(trend_value(-1.5, text), "-1.50");
	assert_string_equal(trend_value(0.0123, text), "0.012");
	assert_string_equal(trend_value(NONE, text), "-");
	assert_string_equal(trend_duration(21600, text), "6 h");
	assert_string_equal(trend_duration(90, text), "90 s");
	assert_string_equal(trend_unit("c", false), "C");
	assert_string_equal(trend_unit("lpm", true), "l/min");
	assert_string_equal(trend_unit("", true), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_are_read_as_written),
		cmocka_unit_test(the_finest_archive_that_reaches_back_is_taken),
		cmocka_unit_test(rows_are_gathered_into_columns_and_gaps_stay_gaps),
		cmocka_unit_test(a_row_wider_than_a_column_fills_those_it_stands_for),
		cmocka_unit_test(what_is_not_of_now_says_how_old_it_is),
		cmocka_unit_test(extremes_widen_what_the_average_shows),
		cmocka_unit_test(rows_outside_the_span_touch_nothing),
		cmocka_unit_test(the_scale_holds_every_value_and_limits_that_are_near),
		cmocka_unit_test(a_plot_is_what_it_was),
		cmocka_unit_test(a_plot_of_any_size_has_its_lines_and_no_longer_ones),
		cmocka_unit_test(values_and_durations_are_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
