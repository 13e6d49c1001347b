/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>

#include "runner/figures.h"
#include "runner/verdict.h"

static struct verdict v;
static struct errtext err;

static const char status[] =
	"{\"site\": \"north\", \"healthy\": false, \"reasons\": [\"cs01: tripped\", \"collectors: "
	"down\"], \"points\": 1200, \"stale_points\": 34, \"systems\": ["
	"{\"name\": \"cs00\", \"spread_k\": 5.5, \"tmax_c\": 46.25, \"tokens_per_s\": 2000},"
	"{\"name\": \"cs01\", \"spread_k\": null, \"tmax_c\": null, \"tokens_per_s\": null},"
	"{\"name\": \"cs02\", \"spread_k\": 7.25, \"tmax_c\": 44, \"tokens_per_s\": 1500.5}],"
	"\"alarms\": {\"active\": 2, \"unack\": 1}, \"history\": {\"files\": 12, "
	"\"last_update\": 1795706997}, \"broker\": {\"host\": \"127.0.0.1\", \"port\": 1883, "
	"\"messages\": 321}, "
	"\"devices\": [{\"modbus_transactions\": 10, \"errors\": 1}, {\"modbus_transactions\": 32, "
	"\"errors\": 0}], \"overruns\": {\"simulator\": 3, \"collectors\": 0}}";

static void
print(char *out, size_t size)
{
	FILE *to = fmemopen(out, size, "w");

	assert_non_null(to);
	verdict_print(&v, 1795707000, to);
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
	assert_non_null(strstr(text, "alarms: 2 active, 1 unacknowledged\n"));
	assert_non_null(strstr(text, "history: 12 RRD files, last update 3 s ago\n"));
	assert_non_null(strstr(text, "broker: 127.0.0.1:1883, 321 messages sent\n"));
}

static void
a_run_with_too_many_late_steps_says_that_it_is_invalid(void **state)
{
	char text[2000];

	(void)state;
	assert_int_equal(verdict_read(&v,
				      "{\"valid\": true, \"pace\": {\"steps\": 12000, "
				      "\"late_steps\": 12, \"late_pct\": 0.1}}",
				      &err),
			 0);
	print(text, sizeof text);
	assert_non_null(
		strstr(text, "pace: 12 of 12000 plant steps late (0.100 %): the run is valid\n"));
	assert_int_equal(verdict_read(&v,
				      "{\"valid\": false, \"pace\": {\"steps\": 12000, "
				      "\"late_steps\": 13, \"late_pct\": 0.1083}}",
				      &err),
			 0);
	print(text, sizeof text);
	assert_non_null(
		strstr(text, "pace: 13 of 12000 plant steps late (0.108 %): the run is INVALID"));
	assert_int_equal(verdict_read(&v, "{\"valid\": null, \"pace\": null}", &err), 0);
	print(text, sizeof text);
	assert_null(strstr(text, "pace"));
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
	assert_non_null(strstr(text, "alarms: not known"));
	assert_non_null(strstr(text, "history: not known"));
	assert_non_null(strstr(text, "broker: none"));
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

static void
what_only_the_runner_knows_follows(void **state)
{
	static struct supervisor sup;
	struct polls polls = {.n = 0};
	struct figures f;
	char text[1000];
	FILE *to;

	(void)state;
	sup.n_rooms = 2;
	sup.rooms[0] = (struct room){.kind = &room_kinds[ROOM_SIMULATOR],
				     .ended_cpu_ns = INT64_C(3000000000),
				     .up_cpu_ns = INT64_C(1000000000)};
	sup.rooms[1] = (struct room){.kind = &room_kinds[ROOM_COLLECTORS]};
	figures_take(&f, &sup, &polls, INT64_C(10000000000));
	assert_true(isnan(f.poll_p99_ms));
	for (int i = 0; i < 98; i++)
		polls_count(&polls, 1.0);
	polls_count(&polls, 20.0);
	polls_count(&polls, 500.0);
	figures_take(&f, &sup, &polls, INT64_C(10000000000));
	assert_true(f.poll_p99_ms >= 20.0 && f.poll_p99_ms < 21.1);
	assert_true(f.poll_max_ms >= 500.0 && f.poll_max_ms < 530.0);
	assert_true(polls_quantile_ms(&polls, 0.5) >= 1.0 && polls_quantile_ms(&polls, 0.5) < 1.06);
	to = fmemopen(text, sizeof text, "w");
	assert_non_null(to);
	figures_print(&f, to);
	assert_int_equal(fclose(to), 0);
	assert_non_null(strstr(text, "cpu: engine_sim 3.0 s (20.0 %), collectors 0.0 s (0.0 %)\n"));
	assert_non_null(strstr(text, "of 100 looked at\n"));
}

static void
any_answer_time_can_be_counted(void **state)
{
	const double odd[] = {0.0, -1.0, (double)NAN, (double)INFINITY, 1e-30, 1e30};
	struct polls polls = {.n = 0};

	(void)state;
	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
		polls_count(&polls, odd[i]);
	assert_int_equal(polls.n, 6);
	assert_true(isfinite(polls_quantile_ms(&polls, 1.0)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_verdict_adds_up_what_the_status_says),
		cmocka_unit_test(the_last_lines_say_it_all),
		cmocka_unit_test(a_run_with_too_many_late_steps_says_that_it_is_invalid),
		cmocka_unit_test(a_plant_that_says_nothing_is_not_healthy_and_shows_no_number),
		cmocka_unit_test(more_reasons_than_fit_are_counted),
		cmocka_unit_test(what_is_no_status_is_an_error),
		cmocka_unit_test(what_only_the_runner_knows_follows),
		cmocka_unit_test(any_answer_time_can_be_counted),
	};

	return cmocka_run_group_tests_name("last lines of a run", tests, NULL, NULL);
}
