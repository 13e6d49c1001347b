/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <sys/stat.h>

#include "core/log.h"

static int from_stderr, saved_stderr;

static int
setup(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	saved_stderr = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	from_stderr = ends[0];
	unsetenv("JOURNAL_STREAM");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	close(from_stderr);
	return 0;
}

static const char *
logged(void)
{
	static char got[4096];

	await_readable(from_stderr);
	ssize_t n = read(from_stderr, got, sizeof(got) - 1);
	assert_true(n > 0);
	got[n] = '\0';
	return got;
}

static void
a_line_has_time_program_and_level(void **state)
{
	(void)state;
	log_open("isotherm-test");
	log_error("no answer for %d ms", 250);
	const char *line = logged();
	assert_int_equal(line[strlen("2026-11-26T14:31:58.114")], 'Z');
	assert_string_equal(line + strlen("2026-11-26T14:31:58.114Z"),
			    " isotherm-test: error: no answer for 250 ms\n");
	log_warning("x");
	assert_non_null(strstr(logged(), "isotherm-test: warning: x\n"));
	log_info("x");
	assert_non_null(strstr(logged(), "isotherm-test: x\n"));
}

static void
the_journal_gets_levels_as_numbers_and_no_time(void **state)
{
	struct stat st;
	char stream[64];

	(void)state;
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_open("isotherm-test");
	log_error("x");
	assert_string_equal(logged(), "<3>isotherm-test: x\n");
	log_warning("x");
	assert_string_equal(logged(), "<4>isotherm-test: x\n");
	log_info("x");
	assert_string_equal(logged(), "<6>isotherm-test: x\n");
	/* inherited, but stderr goes elsewhere */
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino + 1);
	setenv("JOURNAL_STREAM", stream, 1);
	log_open("isotherm-test");
	log_info("x");
	assert_int_not_equal(logged()[0], '<');
}

static void
a_text_from_outside_can_neither_end_the_line_nor_command_the_terminal(void **state)
{
	(void)state;
	log_open("isotherm-test");
	log_info("%s", "a\nb\033[2Jc\177 \xc2\xb0"
		       "C");
	assert_non_null(strstr(logged(), ": a?b?[2Jc? \xc2\xb0"
					 "C\n"));
}

static void
a_line_too_long_is_cut_off_and_still_ends(void **state)
{
	char text[3000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_open("isotherm-test");
	log_info("%s", text);
	const char *line = logged();
	size_t len = strlen(line);
	assert_in_range(len, 900, 1024);
	assert_string_equal(line + len - 2, "x\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_has_time_program_and_level),
		TEST(the_journal_gets_levels_as_numbers_and_no_time),
		TEST(a_text_from_outside_can_neither_end_the_line_nor_command_the_terminal),
		TEST(a_line_too_long_is_cut_off_and_still_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
