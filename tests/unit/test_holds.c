/* SPDX-License-Identifier: Apache-2.0 */
/* Who may hold a system, and what a request gets for an answer. */
#include "tests/unit/holds_bench.h"

/* --- the rules --- */
static void
a_stop_lasts_until_somebody_starts_it(void **state)
{
	(void)state;
	struct bench b;
	begin(&b);
	assert_true(ask(&b, STOP_3));
	assert_string_equal(word(&b, "system"), "cs03");
	assert_string_equal(word(&b, "mode"), "stopped");
	assert_string_equal(word(&b, "said"), "cs03 stopped by uid 1000 (operator): smoke");
	assert_int_equal(b.n_lines, 1);
	assert_int_equal(b.line_of[0], 3);
	assert_int_equal(b.lines[0].code, CONTROL_EVENT_AUTHORITY);
	assert_int_equal((int)b.lines[0].value, CTL_STOPPED);
	assert_string_equal(b.lines[0].text, "cs03 stopped by uid 1000 (operator): smoke");
	holds_step(b.holds, 3, INT64_MAX);
	assert_int_equal(kind(&b, 3), HOLD_STOP);
	assert_int_equal(kind(&b, 0), HOLD_NONE);
	b.uid = 0;
	b.access = ACCESS_ENGINEER;
	assert_false(ask(&b, START_3)); /* it is another's */
	assert_error(&b, "(--take takes it over)");
	assert_true(ask(&b, TAKE_START_3));
	assert_string_equal(word(&b, "mode"), "track");
	assert_int_equal(kind(&b, 3), HOLD_NONE);
	assert_string_equal(b.lines[0].text, "cs03 started by uid 0 (engineer), taken from uid "
					     "1000 (operator) since 2026-11-26T14:33:38Z: no "
					     "smoke");
	assert_int_equal((int)b.lines[0].value, CTL_TRACK);
	end(&b);
}

static void
maintenance_ends_by_itself(void **state)
{
	(void)state;
	struct bench b;
	begin(&b);
	assert_true(ask(&b, MAINTAIN_3));
	assert_string_equal(word(&b, "mode"), "maintenance");
	assert_string_equal(word(&b, "until"), "2026-11-26T16:33:38Z");
	assert_string_equal(b.lines[0].text,
			    "cs03 in maintenance until 2026-11-26T16:33:38Z by uid "
			    "1000 (operator): new filter");
	assert_int_equal((int)b.lines[0].value, CTL_MAINTENANCE);
	holds_step(b.holds, 3, b.now_ns + 7200 * NS_PER_S - 1);
	take_lines(&b);
	assert_int_equal(b.n_lines, 0);
	assert_int_equal(kind(&b, 3), HOLD_MAINTENANCE);
	assert_false(holds_unkept(b.holds));
	holds_step(b.holds, 3, b.now_ns + 7200 * NS_PER_S);
	take_lines(&b);
	assert_int_equal(kind(&b, 3), HOLD_NONE);
	assert_int_equal(b.n_lines, 1);
	assert_int_equal((int)b.lines[0].value, CTL_TRACK);
	assert_string_equal(b.lines[0].text, "cs03 maintenance of uid 1000 (operator) is over, its "
					     "time has passed: new filter");
	assert_true(holds_unkept(b.holds)); /* to be written when there is time */
	end(&b);
}

static void
maintenance_can_be_ended(void **state)
{
	(void)state;
	struct bench b;
	begin(&b);
	assert_true(ask(&b, MAINTAIN_3));
	assert_true(ask(&b, END_3));
	assert_int_equal(kind(&b, 3), HOLD_NONE);
	assert_string_equal(b.lines[0].text,
			    "cs03 maintenance ended by uid 1000 (operator): filter is in");
	end(&b);
}

static void
one_authority_a_system_and_the_second_is_told_of_the_first(void **state)
{
	(void)state;
	struct bench b;
	begin(&b);
	assert_true(ask(&b, MAINTAIN_3));
	b.uid = 1001;
	b.now_ns += 10 * NS_PER_S;
	assert_false(ask(&b, MAINTAIN_3));
	assert_error(&b, "cs03 is in maintenance since 2026-11-26T14:33:38Z until "
			 "2026-11-26T16:33:38Z by uid 1000 (operator): new filter");
	json_t *held = json_object_get(b.answer, "held");
	assert_int_equal(json_integer_value(json_object_get(held, "uid")), 1000);
	assert_int_equal(json_integer_value(json_object_get(held, "left_s")), 7190);
	assert_string_equal(json_string_value(json_object_get(held, "why")), "new filter");
	assert_int_equal(b.n_lines, 1); /* in the journal, too */
	assert_non_null(strstr(b.lines[0].text, "cs03 refused maintenance to uid 1001 (operator)"));
	assert_true(isnan(b.lines[0].value));
	assert_false(ask(&b, START_3));
	assert_error(&b, "cs03 is in maintenance since");
	end(&b);
}

static void
a_stop_wins_over_maintenance_and_nothing_over_a_stop(void **state)
{
	(void)state;
	struct bench b;
	begin(&b);
	assert_true(ask(&b, MAINTAIN_3));
	b.uid = 1001;
	assert_true(ask(&b, STOP_3));
	assert_int_equal(kind(&b, 3), HOLD_STOP);
	assert_string_equal(b.lines[0].text, "cs03 stopped by uid 1001 (operator), over the "
					     "maintenance of uid 1000 (operator) since");
	b.uid = 1000;
	static const char *const OTHERS[] = {STOP_3, MAINTAIN_3, END_3};
	for (int k = 0; k < 3; k++) {
		assert_false(ask(&b, OTHERS[k]));
		assert_error(&b, "cs03 is stopped since 2026-11-26T14:33:38Z by uid 1001 "
				 "(operator): smoke");
		assert_int_equal(kind(&b, 3), HOLD_STOP);
	}
	end(&b);
}

static void
what_is_not_held_can_neither_be_started_nor_ended(void **state)
{
	(void)state;
	struct bench b;
	begin(&b);
	assert_false(ask(&b, START_3));
	assert_error(&b, "cs03 is not stopped");
	assert_null(json_object_get(b.answer, "held"));
	assert_false(ask(&b, END_3));
	assert_error(&b, "cs03 is not in maintenance");
	end(&b);
}

static void
what_is_not_sent_can_not_stop_a_system(void **state)
{
	(void)state;
	struct bench b;
	begin(&b);
	assert_false(ask(&b, "{\"cmd\":\"stop\",\"system\":\"cs01\",\"why\":\"smoke\"}"));
	assert_error(&b, "cs01.engine is in shadow, nothing is sent to it");
	assert_true(ask(&b, "{\"cmd\":\"stop\",\"system\":\"cs02\",\"why\":\"smoke\"}"));
	assert_string_equal(word(&b, "note"),
			    "cs02.cooling is in shadow: its pumps and valve are left alone");
	assert_true(ask(&b, "{\"cmd\":\"maintenance\",\"system\":\"cs01\",\"for_s\":60,"
			    "\"why\":\"its alarms are out of service\"}"));
	end(&b);
}

static void
viewers_look_and_operators_act(void **state)
{
	(void)state;
	static const char *const ACTS[] = {STOP_3, START_3, MAINTAIN_3, END_3};
	struct bench b;
	begin(&b);
	b.access = ACCESS_VIEW;
	for (int k = 0; k < 4; k++) {
		assert_false(ask(&b, ACTS[k]));
		assert_error(&b, "not allowed: ");
		assert_error(&b, "needs an operator (group isotherm-operate), uid 1000 is viewer");
		assert_int_equal(b.n_lines, 1);
	}
	assert_int_equal(kind(&b, 3), HOLD_NONE);
	assert_int_equal(b.times_kept, 0);
	assert_true(ask(&b, "{\"cmd\":\"holds\"}"));
	b.access = ACCESS_NONE;
	assert_false(ask(&b, "{\"cmd\":\"holds\"}"));
	assert_error(&b, "not allowed");
	end(&b);
}

static void
who_is_refused_again_and_again_does_not_fill_the_journal(void **state)
{
	(void)state;
	struct bench b;
	begin(&b);
	int told = 0;
	for (int k = 0; k < 1000; k++) {
		assert_false(ask(&b, START_3));
		told += b.n_lines;
	}
	assert_int_equal(told, 5);
	b.now_ns += 5 * NS_PER_S;
	ask(&b, START_3);
	assert_int_equal(b.n_lines, 1);
	assert_true(ask(&b, STOP_3)); /* what is done is told in any case */
	assert_int_equal(b.n_lines, 1);
	end(&b);
}

/* --- bad requests --- */
static void
a_bad_request_is_told_what_is_allowed(void **state)
{
	(void)state;
	static const struct {
		const char *json, *error;
	} BAD[] = {
		{"", "no JSON"},
		{"stop cs03", "no JSON"},
		{"{\"cmd\":\"stop\"", "no JSON"},
		{"[\"stop\"]", "a request is one JSON object"},
		{"\"stop\"", "no JSON"},
		{"{}", "\"cmd\" must be one of stop, start, maintenance, end, set, auto, holds"},
		{"{\"cmd\":7}", "\"cmd\" must be one of"},
		{"{\"cmd\":\"halt\",\"system\":\"cs03\",\"why\":\"x\"}", "\"cmd\" must be one of"},
		{"{\"cmd\":\"stop\",\"cmd\":\"start\",\"system\":\"cs03\",\"why\":\"x\"}",
		 "no JSON"},
		{"{\"cmd\":\"stop\",\"why\":\"x\"}",
		 "\"system\" must name a system of this plant (it has 4: cs00 .. cs03)"},
		{"{\"cmd\":\"stop\",\"system\":3,\"why\":\"x\"}", "\"system\" must name a system"},
		{"{\"cmd\":\"stop\",\"system\":\"cs04\",\"why\":\"x\"}",
		 "no system \"cs04\" in this plant (it has 4: cs00 .. cs03)"},
		{"{\"cmd\":\"stop\",\"system\":\"\\u0007\",\"why\":\"x\"}", "\"system\" must"},
		{"{\"cmd\":\"stop\",\"system\":\"cs03\"}",
		 "\"why\" must say why: 1..200 printable characters"},
		{"{\"cmd\":\"stop\",\"system\":\"cs03\",\"why\":\"\"}", "\"why\" must"},
		{"{\"cmd\":\"stop\",\"system\":\"cs03\",\"why\":\"   \"}", "\"why\" must"},
		{"{\"cmd\":\"stop\",\"system\":\"cs03\",\"why\":false}", "\"why\" must"},
		{"{\"cmd\":\"stop\",\"system\":\"cs03\",\"why\":\"a\\nb\"}", "\"why\" must"},
		{"{\"cmd\":\"stop\",\"system\":\"cs03\",\"why\":\"a\\u202eb\"}", "\"why\" must"},
		{"{\"cmd\":\"stop\",\"system\":\"cs03\",\"for_s\":60,\"why\":\"x\"}",
		 "\"stop\" takes no \"for_s\": it has no end of its own"},
		{"{\"cmd\":\"stop\",\"system\":\"cs03\",\"why\":\"x\",\"force\":true}",
		 "\"stop\" takes \"system\", \"why\" and nothing else"},
		{"{\"cmd\":\"maintenance\",\"system\":\"cs03\",\"why\":\"x\",\"for\":60}",
		 "\"maintenance\" takes \"system\", \"for_s\", \"why\", \"take\" and nothing else"},
		{"{\"cmd\":\"maintenance\",\"system\":\"cs03\",\"why\":\"x\"}",
		 "\"for_s\" must be a whole number, 60..604800"},
		{"{\"cmd\":\"maintenance\",\"system\":\"cs03\",\"for_s\":59,\"why\":\"x\"}",
		 "60..604800"},
		{"{\"cmd\":\"maintenance\",\"system\":\"cs03\",\"for_s\":604801,\"why\":\"x\"}",
		 "60..604800"},
		{"{\"cmd\":\"maintenance\",\"system\":\"cs03\",\"for_s\":\"60\",\"why\":\"x\"}",
		 "60..604800"},
		{"{\"cmd\":\"maintenance\",\"system\":\"cs03\",\"for_s\":60.5,\"why\":\"x\"}",
		 "60..604800"},
		{"{\"cmd\":\"maintenance\",\"system\":\"cs03\",\"for_s\":1e99,\"why\":\"x\"}",
		 "60..604800"},
		{"{\"cmd\":\"holds\",\"from\":-1}", "\"from\" must be a whole number"},
		{"{\"cmd\":\"holds\",\"why\":\"x\"}", "nothing else"},
		{"{\"cmd\":\"holds\",\"system\":\"cs9\"}", "no system \"cs9\""},
		{"{\"cmd\":\"stop\",\"system\":\"cs03\",\"why\":\"\xff\"}", "no JSON"},
	};
	struct bench b;
	begin(&b);
	for (size_t k = 0; k < sizeof BAD / sizeof BAD[0]; k++) {
		assert_false(ask(&b, BAD[k].json));
		assert_error(&b, BAD[k].error);
	}
	for (uint32_t s = 0; s < 4; s++)
		assert_int_equal(kind(&b, s), HOLD_NONE);
	assert_false(ask_bytes(&b, STOP_3 "\0x", sizeof STOP_3 + 1));
	assert_error(&b, "no JSON");
	assert_int_equal(b.times_kept, 0);
	end(&b);
}

static void
any_cut_or_flip_of_a_request_gets_an_answer(void **state)
{
	(void)state;
	char json[] = MAINTAIN_3;
	struct bench b;
	begin(&b);
	for (size_t n = 0; n < sizeof json - 1; n++)
		assert_false(ask_bytes(&b, json, n));
	for (size_t bit = 0; bit < 8 * (sizeof json - 1); bit++) {
		json[bit / 8] = (char)(json[bit / 8] ^ 1 << bit % 8);
		ask(&b, json);
		json[bit / 8] = (char)(json[bit / 8] ^ 1 << bit % 8);
		if (kind(&b, 3) == HOLD_MAINTENANCE)
			assert_true(ask(&b, END_3));
	}
	end(&b);
}

/* --- reasons --- */
static void
two_hundred_characters_are_characters_not_bytes(void **state)
{
	(void)state;
	static const char *const OF[] = {"a", "\xc3\xa4", "\xe6\xb0\xb4", "\xf0\x9f\x94\xa5",
					 "\\\""};
	for (size_t k = 0; k < sizeof OF / sizeof OF[0]; k++) {
		struct bench b;
		begin(&b);
		assert_false(stop_for(&b, OF[k], 201));
		assert_true(stop_for(&b, OF[k], 200));
		/* the answer to somebody else holds it twice */
		assert_false(ask(&b, STOP_3));
		assert_non_null(json_object_get(b.answer, "held"));
		assert_true(ask(&b, "{\"cmd\":\"holds\"}"));
		assert_true(ask(&b, START_3));
		end(&b);
	}
}

static void
a_long_reason_is_told_whole_on_several_lines(void **state)
{
	(void)state;
	struct bench b;
	begin(&b);
	assert_true(ask(&b,
			"{\"cmd\":\"stop\",\"system\":\"cs03\",\"why\":\"a smell of burnt oil near "
			"the third rack, reported by the night shift by telephone and confirmed "
			"on the camera; nobody is there before six, so it has to wait until "
			"then\"}"));
	assert_int_equal(b.n_lines, 3);
	assert_string_equal(b.lines[0].text,
			    "cs03 stopped by uid 1000 (operator): a smell of burnt oil "
			    "near the third rack, reported by the night");
	assert_string_equal(b.lines[1].text,
			    "cs03 ... shift by telephone and confirmed on the camera; "
			    "nobody is there before six, so it has to wait");
	assert_string_equal(b.lines[2].text, "cs03 ... until then");
	assert_non_null(strstr(word(&b, "said"), "(operator): a smell of burnt oil"));
	assert_non_null(strstr(word(&b, "said"), "so it has to wait until then"));
	for (int k = 0; k < 3; k++)
		assert_int_equal((int)b.lines[k].value, CTL_STOPPED);
	assert_true(ask(&b, START_3));
	/* no space to break at, and no character is cut */
	assert_true(stop_for(&b, "\xf0\x9f\x94\xa5", 200));
	assert_in_range(b.n_lines, 8, 16);
	int fires = 0;
	for (int k = 0; k < b.n_lines; k++)
		for (const char *at = b.lines[k].text; (at = strstr(at, "\xf0\x9f\x94\xa5"));
		     at += 4)
			fires++;
	assert_int_equal(fires, 200);
	end(&b);
}

/* --- who holds what --- */
static void
holds_are_listed_and_the_list_goes_on(void **state)
{
	(void)state;
	struct bench b;
	begin_with(&b, "site: bench\n"
		       "systems:\n"
		       "  - {name: cs%02d, count: 16, type: water}\n");
	assert_true(ask(&b, "{\"cmd\":\"holds\"}"));
	assert_int_equal(json_array_size(json_object_get(b.answer, "holds")), 0);
	char json[1024], reason[201];
	memset(reason, 'r', 200);
	reason[200] = '\0';
	for (int s = 0; s < 16; s++) {
		snprintf(json, sizeof json,
			 "{\"cmd\":\"maintenance\",\"system\":\"cs%02d\",\"for_s\":600,\"why\":\"%"
			 "s\"}",
			 s, reason);
		assert_true(ask(&b, json));
	}
	int64_t from = 0;
	char name[16];
	int seen = 0, answers = 0;
	do {
		snprintf(json, sizeof json, "{\"cmd\":\"holds\",\"from\":%d}", (int)from);
		assert_true(ask(&b, json));
		json_t *list = json_object_get(b.answer, "holds");
		for (size_t k = 0; k < json_array_size(list); k++) {
			json_t *one = json_array_get(list, k);
			snprintf(name, sizeof name, "cs%02d", seen++);
			assert_string_equal(json_string_value(json_object_get(one, "system")),
					    name);
			assert_string_equal(json_string_value(json_object_get(one, "level")),
					    "operator");
		}
		from = json_integer_value(json_object_get(b.answer, "next"));
		answers++;
	} while (from);
	assert_int_equal(seen, 16);
	assert_in_range(answers, 2, 4);
	assert_true(ask(&b, "{\"cmd\":\"holds\",\"system\":\"cs11\"}"));
	assert_int_equal(json_array_size(json_object_get(b.answer, "holds")), 1);
	assert_true(ask(&b, "{\"cmd\":\"holds\",\"from\":4294967295}"));
	assert_int_equal(json_array_size(json_object_get(b.answer, "holds")), 0);
	end(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stop_lasts_until_somebody_starts_it),
		cmocka_unit_test(maintenance_ends_by_itself),
		cmocka_unit_test(maintenance_can_be_ended),
		cmocka_unit_test(one_authority_a_system_and_the_second_is_told_of_the_first),
		cmocka_unit_test(a_stop_wins_over_maintenance_and_nothing_over_a_stop),
		cmocka_unit_test(what_is_not_held_can_neither_be_started_nor_ended),
		cmocka_unit_test(what_is_not_sent_can_not_stop_a_system),
		cmocka_unit_test(viewers_look_and_operators_act),
		cmocka_unit_test(who_is_refused_again_and_again_does_not_fill_the_journal),
		cmocka_unit_test(a_bad_request_is_told_what_is_allowed),
		cmocka_unit_test(any_cut_or_flip_of_a_request_gets_an_answer),
		cmocka_unit_test(two_hundred_characters_are_characters_not_bytes),
		cmocka_unit_test(a_long_reason_is_told_whole_on_several_lines),
		cmocka_unit_test(holds_are_listed_and_the_list_goes_on),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
