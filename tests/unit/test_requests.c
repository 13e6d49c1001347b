/* SPDX-License-Identifier: Apache-2.0 */
/* What people type about alarms and systems, and the request that becomes of it. */
#include "tests/unit/support.h"

#include <errno.h>
#include <math.h>
#include <sysexits.h>

#include "tests/unit/tui_fixture.h"
#include "tui/cmd_people.c"
#include "tui/story.h"

static void
durations_are_a_number_and_a_unit(void **state)
{
	static const struct {
		const char *text;
		double s;
	} good[] = {{"30s", 30},    {"5m", 300},      {"2h", 7200}, {"1d", 86400},
		    {"1.5h", 5400}, {"30d", 2592000}, {"0.5m", 30}, {"1s", 1}};
	double s;
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(request_duration(good[i].text, &s, NULL), 0);
		assert_true(fabs(s - good[i].s) < 1e-9);
	}
}

static void
any_other_duration_is_refused_with_what_is_allowed(void **state)
{
	static const char *const bad[] = {"",
					  "5",
					  "m",
					  "5x",
					  "5 m",
					  "-5m",
					  "0s",
					  "0.5s",
					  "31d",
					  "1e3s",
					  "0x5m",
					  "5mm",
					  "inf",
					  "nanm",
					  "1.2.3m",
					  "5m ",
					  "99999999999999999999d"};
	struct errtext err;
	double s;
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(request_duration(bad[i], &s, &err), -EINVAL);
		assert_non_null(strstr(err.text, "30s, 5m, 2h, 1d"));
	}
}

static void
a_duration_out_of_range_is_told_the_range_as_it_is_typed(void **state)
{
	struct errtext err;
	double s;
	(void)state;
	assert_int_equal(request_duration_of("--for", "60s", 60, 604800, &s, &err), 0);
	assert_int_equal(request_duration_of("--for", "7d", 60, 604800, &s, &err), 0);
	assert_int_equal(request_duration_of("--for", "5s", 60, 604800, &s, &err), -EINVAL);
	assert_string_equal(err.text, "--for 5s: it must be 1m to 7d");
	assert_int_equal(request_duration_of("--at", "25h", 10, 86400, &s, &err), -EINVAL);
	assert_string_equal(err.text, "--at 25h: it must be 10s to 1d");
	assert_int_equal(request_duration_of("--at", "x", 10, 86400, &s, &err), -EINVAL);
	assert_non_null(strstr(err.text, "is no duration"));
}

static void
what_a_room_refuses_is_told_in_the_words_of_the_command_line(void **state)
{
	static const struct {
		const char *error, *words;
	} all[] = {
		{"\"why\" must say why: 1..200", "--why must say why: 1..200"},
		{"\"for_s\" must be 1..2", "--for must be 1..2"},
		{"\"mode\" must be sync or ind", "--mode must be sync or ind"},
		{"no system \"why\" in this plant", "no system \"why\" in this plant"},
		{"", ""},
	};
	char words[64];
	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		request_in_words(all[i].error, words, sizeof(words));
		assert_string_equal(words, all[i].words);
	}
}

/* The request of a command line, or the exit code that it ends with. */
static int
typed(enum verb_id id, const char *const *words, char **text)
{
	char *argv[12] = {NULL};
	struct order o = {0};
	int argc = 0, rc;
	*text = NULL;
	argv[argc++] = strdup(verbs[id].name);
	for (; *words; words++)
		argv[argc++] = strdup(*words);
	optind = 0; /* getopt begins anew */
	opterr = 0;
	rc = read_order(&verbs[id], argc, argv, &o);
	if (rc < 0) {
		struct request r = request_of(&verbs[id], &o, o.who);
		*text = request_text(&r);
	}
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	return rc;
}

static void
assert_request(enum verb_id id, const char *const *words, const char *expected)
{
	char *text;
	assert_int_equal(typed(id, words, &text), -1);
	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void
each_command_becomes_its_request(void **state)
{
	(void)state;
	assert_request(VERB_ACK, WORDS("cs03.leak[0]"),
		       "{\"cmd\":\"ack\",\"alarm\":\"cs03.leak[0]\"}");
	assert_request(VERB_ACK, WORDS("k", "--why", "seen"),
		       "{\"cmd\":\"ack\",\"alarm\":\"k\",\"comment\":\"seen\"}");
	assert_request(VERB_COMMENT, WORDS("k", "pump", "is \"out\""),
		       "{\"cmd\":\"comment\",\"alarm\":\"k\",\"comment\":\"pump is \\\"out\\\"\"}");
	assert_request(VERB_SHELVE, WORDS("k", "30m", "--why", "noisy"),
		       "{\"cmd\":\"shelve\",\"alarm\":\"k\",\"why\":\"noisy\",\"for_s\":1800}");
	assert_request(VERB_SHELVE, WORDS("--why", "noisy", "--for", "30m", "k"),
		       "{\"cmd\":\"shelve\",\"alarm\":\"k\",\"why\":\"noisy\",\"for_s\":1800}");
	assert_request(VERB_UNSHELVE, WORDS("k"), "{\"cmd\":\"unshelve\",\"alarm\":\"k\"}");
	assert_request(VERB_RESET, WORDS("k"), "{\"cmd\":\"reset\",\"alarm\":\"k\"}");
	assert_request(VERB_STOP, WORDS("cs03", "--why", "smoke"),
		       "{\"cmd\":\"stop\",\"system\":\"cs03\",\"why\":\"smoke\"}");
	assert_request(VERB_START, WORDS("cs03", "--why", "dry"),
		       "{\"cmd\":\"start\",\"system\":\"cs03\",\"why\":\"dry\"}");
	assert_request(
		VERB_MAINTENANCE, WORDS("cs03", "--for", "2h", "--why", "filter"),
		"{\"cmd\":\"maintenance\",\"system\":\"cs03\",\"why\":\"filter\",\"for_s\":7200}");
	assert_request(VERB_MAINTENANCE, WORDS("cs03", "--end", "--why", "done"),
		       "{\"cmd\":\"end\",\"system\":\"cs03\",\"why\":\"done\"}");
}

static void
a_command_that_lacks_something_is_not_sent(void **state)
{
	const struct {
		enum verb_id id;
		const char *const *words;
	} bad[] = {
		{VERB_ACK, (const char *const[]){NULL}},
		{VERB_ACK, WORDS("")},
		{VERB_ACK, WORDS("k", "and more")},
		{VERB_ACK, WORDS("k", "--for", "2h")},
		{VERB_COMMENT, WORDS("k")},
		{VERB_COMMENT, WORDS("k", "--why", "x")},
		{VERB_SHELVE, WORDS("k", "30m")},
		{VERB_SHELVE, WORDS("k", "--why", "x")},
		{VERB_SHELVE, WORDS("k", "30", "--why", "x")},
		{VERB_SHELVE, WORDS("k", "30m", "40m", "--why", "x")},
		{VERB_RESET, WORDS("k", "--why", "x")},
		{VERB_STOP, WORDS("cs03")},
		{VERB_STOP, WORDS("cs03", "--why", "")},
		{VERB_STOP, WORDS("cs03", "--why", "  ")},
		{VERB_START, WORDS("--why", "x")},
		{VERB_MAINTENANCE, WORDS("cs03", "--why", "x")},
		{VERB_MAINTENANCE, WORDS("cs03", "--for", "2h")},
		{VERB_MAINTENANCE, WORDS("cs03", "--end")},
		{VERB_MAINTENANCE, WORDS("cs03", "--end", "--for", "2h", "--why", "x")},
		{VERB_MAINTENANCE, WORDS("cs03", "--for", "5s", "--why", "x")},
		{VERB_MAINTENANCE, WORDS("cs03", "--for", "8d", "--why", "x")},
		{VERB_SHELVE, WORDS("k", "2d", "--why", "x")},
		{VERB_STOP, WORDS("cs03", "--bad")},
		{VERB_SHELVE, WORDS("k", "2d", "--why", "x")},
		{VERB_SHELVE, WORDS("k", "-1m", "--why", "x")},
		{VERB_MAINTENANCE, WORDS("cs03", "--for", "8d", "--why", "x")},
	};
	char *text;
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(typed(bad[i].id, bad[i].words, &text), EX_USAGE);
		assert_null(text);
	}
}

static void
what_is_no_utf8_makes_no_request(void **state)
{
	struct request r = {.cmd = "comment", .alarm = "k", .comment = "\xff\xfe"};
	(void)state;
	assert_null(request_text(&r));
}

static void
a_key_is_meant_by_its_beginning_or_a_pattern_that_fits_one(void **state)
{
	struct model m;
	struct errtext err;
	uint32_t i;
	(void)state;
	fixture_open(&m, 4);
	fixture_watch(&m);
	assert_int_equal(pick_alarm(&m, "cs02.pump_failed[1]", 0, &i, &err), 0);
	assert_int_equal(i, 2 * FIXTURE_ALARMS + FIXTURE_PUMP2);
	assert_int_equal(pick_alarm(&m, "cs02.t", 0, &i, &err), 0);
	assert_int_equal(i, 2 * FIXTURE_ALARMS + FIXTURE_TMAX);
	assert_int_equal(pick_alarm(&m, "*3.pump*[0]", 0, &i, &err), 0);
	assert_int_equal(i, 3 * FIXTURE_ALARMS + FIXTURE_PUMP1);
	assert_int_equal(pick_alarm(&m, "cs02.pump", 0, &i, &err), -ENOTUNIQ);
	assert_non_null(strstr(err.text, "2 alarms: cs02.pump_failed[0], cs02.pump_failed[1]"));
	assert_int_equal(pick_alarm(&m, "pump", 0, &i, &err), -ENOENT);
	assert_int_equal(pick_alarm(&m, "", 0, &i, &err), -ENOENT);
	assert_int_equal(pick_alarm(&m, "cs", 0, &i, &err), -ENOTUNIQ);
	assert_non_null(strstr(err.text, "20 alarms"));
	model_fini(&m);
}

static void
of_several_the_one_that_can_be_meant_is_meant(void **state)
{
	struct model m;
	struct errtext err;
	uint32_t i, pump;
	(void)state;
	fixture_open(&m, 4);
	fixture_watch(&m);
	pump = fixture_raise(&m, 2, FIXTURE_PUMP2, ALARM_UNACKED, 2, 10);
	model_summarise(&m);
	assert_int_equal(pick_alarm(&m, "cs02", verbs[VERB_ACK].states, &i, &err), 0);
	assert_int_equal(i, pump);
	fixture_raise(&m, 2, FIXTURE_TMAX, ALARM_RETURNED, 54, 10);
	assert_int_equal(pick_alarm(&m, "cs02", verbs[VERB_ACK].states, &i, &err), -ENOTUNIQ);
	assert_non_null(strstr(err.text, "2 alarms: cs02.tmax_alarm, cs02.pump_failed[1]"));
	model_fini(&m);
}

static void
times_are_read_as_they_are_written(void **state)
{
	char text[40];
	static const int64_t times_s[] = {
		1,          951782400 /* a 29 February */,       951868799,
		1795703518, 4102444800 /* 2100, no leap year */, 4107542400};
	(void)state;
	for (size_t i = 0; i < sizeof(times_s) / sizeof(times_s[0]); i++) {
		int64_t ns = times_s[i] * 1000000000;
		assert_true(story_time(clock_utc_text(ns, text, sizeof(text))) == ns);
	}
	assert_true(story_time(NULL) == 0);
	assert_true(story_time("") == 0);
	assert_true(story_time("2026-13-26T14:31:58Z") == 0);
	assert_true(story_time("yesterday") == 0);
}

static void
the_story_of_an_alarm_is_read_and_rubbish_is_a_problem(void **state)
{
	static const char json[] =
		"{\"ok\":true,\"alarm\":\"k\",\"state\":\"acked\",\"episode\":7,\"since\":"
		"\"2026-11-26T14:31:58.000Z\",\"user\":\"kim\",\"why\":\"seen\",\"page\":"
		"\"delivered\","
		"\"comments\":[{\"time\":\"2026-11-26T14:31:58.000Z\",\"user\":\"kim\",\"text\":"
		"\"hello\"},{},{},{},{},{},{}]}";
	static const char *const rubbish[] = {"", "[]", "7", "{", "{\"ok\":1}", "\xff"};
	struct model_story s;
	char why[64];
	(void)state;
	story_read(&s, 5, json);
	assert_true(s.there);
	assert_int_equal(s.alarm, 5);
	assert_int_equal(s.state, ALARM_ACKED);
	assert_int_equal(s.episode, 7);
	assert_true(s.since_wall_ns == FIXTURE_WALL_NS);
	assert_string_equal(s.user, "kim");
	assert_string_equal(s.page, "delivered");
	assert_int_equal(s.n_comments, MODEL_COMMENTS);
	assert_string_equal(s.comments[0].text, "hello");
	for (size_t i = 0; i < sizeof(rubbish) / sizeof(rubbish[0]); i++) {
		story_read(&s, 5, rubbish[i]);
		assert_false(s.there);
		assert_string_equal(s.problem, "the answer can't be read");
		assert_false(story_done(rubbish[i], why, sizeof(why)));
		assert_string_equal(why, "the answer can't be read");
	}
	assert_false(story_done("{\"ok\":false,\"error\":\"not you\"}", why, sizeof(why)));
	assert_string_equal(why, "not you");
	assert_true(story_done("{\"ok\":true}", why, sizeof(why)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_are_a_number_and_a_unit),
		cmocka_unit_test(any_other_duration_is_refused_with_what_is_allowed),
		cmocka_unit_test(a_duration_out_of_range_is_told_the_range_as_it_is_typed),
		cmocka_unit_test(what_a_room_refuses_is_told_in_the_words_of_the_command_line),
		cmocka_unit_test(each_command_becomes_its_request),
		cmocka_unit_test(a_command_that_lacks_something_is_not_sent),
		cmocka_unit_test(what_is_no_utf8_makes_no_request),
		cmocka_unit_test(a_key_is_meant_by_its_beginning_or_a_pattern_that_fits_one),
		cmocka_unit_test(of_several_the_one_that_can_be_meant_is_meant),
		cmocka_unit_test(times_are_read_as_they_are_written),
		cmocka_unit_test(the_story_of_an_alarm_is_read_and_rubbish_is_a_problem),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
