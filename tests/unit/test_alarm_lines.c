/* SPDX-License-Identifier: Apache-2.0 */
/* The journal as lines for people. */
#include "tests/unit/support.h"

#include <stdio.h>

#include "tui/alarm_history.h"

static char printed[4096];

/* Rows as isotherm-alarm answers them, the newest first. */
static unsigned
print(const char *rows)
{
	json_t *all = json_loads(rows, 0, NULL), *row;
	FILE *to = fmemopen(printed, sizeof printed, "w");
	struct alarm_lines lines = {.to = to};
	unsigned n = 0;
	size_t i;
	assert_non_null(all);
	assert_non_null(to);
	json_array_foreach(all, i, row) n += alarm_lines_take(&lines, row);
	alarm_lines_end(&lines);
	fclose(to);
	json_decref(all);
	return n;
}

static void
nobody_forges_a_row(void **state)
{
	(void)state;
	assert_int_equal(print("[{\"time\":\"T1\",\"kind\":\"comment\",\"what\":\"comment\","
			       "\"alarm\":\"cs02.leak_wet[0]\",\"user\":\"jane\",\"text\":"
			       "\"..\\n2026-11-27T04:00:00.000Z ack \\u001b[31m\\u009b\\u202e\"}]"),
			 1);
	assert_ptr_equal(strchr(printed, '\n'), printed + strlen(printed) - 1);
	assert_non_null(strstr(printed, "  ..?2026-11-27T04:00:00.000Z ack ?[31m??\n"));
}

#define OUT(system, alarm, time, state)                                                            \
	"{\"time\":\"" time "\",\"kind\":\"transition\",\"what\":\"put_back\",\"alarm\":\"" system \
	"." alarm "\",\"state\":\"" state "\"}"

static void
what_one_command_did_to_a_system_is_one_line(void **state)
{
	(void)state;
	assert_int_equal(
		print("[" OUT("cs00", "a", "T9", "normal") "," OUT(
			"cs00", "b", "T9", "normal") "," OUT("cs00", "c", "T9", "normal") "]"),
		1);
	assert_non_null(strstr(printed, "cs00: 3 alarms"));
	assert_non_null(strstr(printed, "normal\n"));
	/* states that differ, another system, another time */
	assert_int_equal(
		print("[" OUT("cs00", "a", "T9", "normal") "," OUT(
			"cs00", "b", "T9", "unacked") "," OUT("cs01", "a", "T9",
							      "normal") "," OUT("cs01", "a", "T8",
										"normal") "]"),
		3);
	assert_non_null(strstr(printed, "cs00: 2 alarms"));
	assert_non_null(strstr(printed, "each as it is\n"));
	assert_non_null(strstr(printed, "cs01.a"));
	assert_null(strstr(printed, "cs01:"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_forges_a_row),
		cmocka_unit_test(what_one_command_did_to_a_system_is_one_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
