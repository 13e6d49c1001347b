/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>

#include "runner/verdict.h"

static struct verdict v;
static struct errtext err;

static const char status[] =
	"{\"site\": \"north\", \"healthy\": false, \"reasons\": [\"cs01: tripped\", \"collectors: "
	"down\"], \"points\": 1200, \"stale_points\": 34, \"systems\": ["
	"{\"name\": \"cs00\", \"spread_k\": 5.5, \"tmax_c\": 46.25, \"tokens_per_s\": 2000},"
	"{\"name\": \"cs01\", \"spread_k\": null, \"tmax_c\": null, \"tokens_per_s\": null},"
	"{\"name\": \"cs02\", \"spread_k\": 7.25, \"tmax_c\": 44, \"tokens_per_s\": 1500.5}],"
	"\"devices\": [{\"modbus_transactions\": 10, \"errors\": 1}, {\"modbus_transactions\": 32, "
	"\"errors\": 0}], \"overruns\": {\"simulator\": 3, \"collectors\": 0}}";

static void
print(char *out, size_t size)
{
	FILE *to = fmemopen(out, size, "w");

	assert_non_null(to);
	verdict_print(&v, to);
	assert_int_equal(fclose(to), 0);
}

static void
a_verdict_adds_up_what_the_status_says(void **state)
{
	(void)state;
	assert_int_equal(verdict_read(&v, status, &err), 0);
	assert_string_equal(v.site, "north");
	assert_false(v.healthy);
	assert_int_equal(v.systems, 3);
	assert_int_equal(v.points, 1200);
	assert_int_equal(v.stale_points, 34);
	assert_int_equal(v.transactions, 42);
	assert_int_equal(v.errors, 1);
	assert_true(fabs(v.spread_k - 7.25) < 1e-9);
	assert_true(fabs(v.tmax_c - 46.25) < 1e-9);
	assert_true(fabs(v.tokens_per_s - 3500.5) < 1e-9);
	assert_string_equal(v.overruns, "simulator 3, collectors 0");
	assert_int_equal(v.n_reasons, 2);
}

static void
the_last_lines_say_it_all(void **state)
{
	char text[2000];

	(void)state;
	assert_int_equal(verdict_read(&v, status, &err), 0);
	print(text, sizeof text);
	assert_non_null(strstr(text, "3 systems, not healthy"));
	assert_non_null(strstr(text, "cs01: tripped"));
	assert_non_null(strstr(text, "1166 good, 34 stale"));
	assert_non_null(strstr(text, "7.25 K"));
	assert_non_null(strstr(text, "46.25 C"));
	assert_non_null(strstr(text, "42"));
	assert_non_null(strstr(text, "simulator 3"));
}

static void
a_plant_that_says_nothing_is_not_healthy_and_shows_no_number(void **state)
{
	char text[2000];

	(void)state;
	assert_int_equal(verdict_read(&v, "{}", &err), 0);
	assert_false(v.healthy);
	print(text, sizeof text);
	assert_non_null(strstr(text, "spread: not known"));
	assert_null(strstr(text, "nan"));
}

static void
more_reasons_than_fit_are_counted(void **state)
{
	char json[1000] = "{\"reasons\": [\"r\"", text[3000];

	(void)state;
	for (int i = 1; i < VERDICT_REASONS + 5; i++)
		strcat(json, ", \"r\"");
	strcat(json, "]}");
	assert_int_equal(verdict_read(&v, json, &err), 0);
	print(text, sizeof text);
	assert_non_null(strstr(text, "and 5 more reasons"));
}

static void
what_is_no_status_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(verdict_read(&v, "", &err), -EINVAL);
	assert_int_equal(verdict_read(&v, "[1]", &err), -EINVAL);
	assert_int_equal(verdict_read(&v, "{\"site\": ", &err), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_verdict_adds_up_what_the_status_says),
		cmocka_unit_test(the_last_lines_say_it_all),
		cmocka_unit_test(a_plant_that_says_nothing_is_not_healthy_and_shows_no_number),
		cmocka_unit_test(more_reasons_than_fit_are_counted),
		cmocka_unit_test(what_is_no_status_is_an_error),
	};

	return cmocka_run_group_tests_name("last lines of a run", tests, NULL, NULL);
}
