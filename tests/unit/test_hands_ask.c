/* SPDX-License-Identifier: Apache-2.0 */
/* Who may set values by hand, which, for how long, and whose they are. */
#include "tests/unit/holds_bench.h"

static void
assert_near(double is, double wanted, double by)
{
	if (!(fabs(is - wanted) <= by))
		fail_msg("%g is not %g", is, wanted);
}

#define SET(point, value, for_s)                                                                   \
	"{\"cmd\":\"set\",\"point\":\"" point "\",\"value\":" value ",\"for_s\":" for_s            \
	",\"why\":\"trial\"}"
#define TAKE(point, value)                                                                         \
	"{\"cmd\":\"set\",\"point\":\"" point "\",\"value\":" value                                \
	",\"for_s\":60,\"why\":\"mine now\",\"take\":true}"
#define DUTY_3 SET("cs03.wafer.duty_cmd_frac", "0.8", "600")
#define AUTO_3 "{\"cmd\":\"auto\",\"system\":\"cs03\"}"

static double
value(const struct bench *b, uint32_t output)
{
	return holds_hands(b->holds, 3)->value[output];
}

static void
a_value_by_hand_says_whose_it_is_and_ends_by_itself(void **state)
{
	(void)state;
	struct bench b;
	begin(&b);
	assert_true(ask(&b, DUTY_3));
	assert_string_equal(word(&b, "mode"), "manual");
	assert_string_equal(word(&b, "until"), "2026-11-26T14:43:38Z");
	assert_string_equal(b.lines[0].text, "cs03 wafer.duty_cmd_frac = 0.8 until "
					     "2026-11-26T14:43:38Z by uid 1000 (operator): trial");
	assert_int_equal((int)b.lines[0].value, CTL_MANUAL);
	assert_int_equal(b.lines[0].code, CONTROL_EVENT_AUTHORITY);
	assert_int_equal(kind(&b, 3), HOLD_MANUAL);
	for (int i = 0; i < RETICLES; i++)
		assert_near(value(&b, HAND_DUTY + (uint32_t)i), 0.8, 1e-9);
	assert_true(ask(&b, SET("cs03.pump[1].speed_cmd_pct", "75", "60")));
	assert_near(value(&b, HAND_PUMP + 1), 0.75, 1e-9);
	assert_true(isnan(value(&b, HAND_PUMP)));
	assert_true(ask(&b, "{\"cmd\":\"holds\",\"system\":\"cs03\"}"));
	json_t *held = json_array_get(json_object_get(b.answer, "holds"), 0);
	json_t *values = json_object_get(held, "values");
	assert_int_equal(json_array_size(values), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(values, 0), "point")),
			    "wafer.duty_cmd_frac");
	assert_string_equal(json_string_value(json_object_get(json_array_get(values, 1), "point")),
			    "pump[1].speed_cmd_pct");
	assert_int_equal(json_integer_value(json_object_get(held, "n_values")), RETICLES + 1);
	holds_step(b.holds, 3, b.now_ns + 60 * NS_PER_S);
	take_lines(&b);
	assert_true(isnan(value(&b, HAND_PUMP + 1)));
	assert_int_equal(kind(&b, 3), HOLD_MANUAL);
	assert_string_equal(b.lines[0].text,
			    "cs03 pump[1].speed_cmd_pct = 75 of uid 1000 (operator) "
			    "is over, its time has passed: trial");
	holds_step(b.holds, 3, b.now_ns + 600 * NS_PER_S);
	take_lines(&b);
	assert_int_equal(b.n_lines, 1);
	assert_int_equal((int)b.lines[0].value, CTL_TRACK);
	assert_int_equal(kind(&b, 3), HOLD_NONE);
	assert_int_equal(hands_count(holds_hands(b.holds, 3)), 0);
	end(&b);
}

static void
values_that_end_together_are_all_told(void **state)
{
	(void)state;
	struct bench b;
	begin(&b);
	assert_true(ask(&b, DUTY_3));
	assert_true(ask(&b, SET("cs03.pump[1].speed_cmd_pct", "75", "600")));
	holds_step(b.holds, 3, b.now_ns + 600 * NS_PER_S);
	take_lines(&b);
	assert_non_null(strstr(b.lines[0].text,
			       "cs03 wafer.duty_cmd_frac = 0.8, pump[1].speed_cmd_pct = "
			       "75 of uid 1000 (operator) are over"));
	assert_int_equal((int)b.lines[0].value, CTL_TRACK);
	for (uint32_t i = 0; i < RETICLES; i++) { /* more than a sentence is to have */
		char json[160], label[4];
		reticle_label(i, label);
		snprintf(json, sizeof json, SET("cs03.wafer.%s.duty_cmd_frac", "%g", "60"), label,
			 0.5 + 0.001 * i);
		assert_true(ask(&b, json));
	}
	assert_true(ask(&b, SET("cs03.pump[1].speed_cmd_pct", "75", "60")));
	holds_step(b.holds, 3, b.now_ns + 60 * NS_PER_S);
	take_lines(&b);
	assert_true(b.n_lines > 1);
	bool more = false;
	for (int i = 0; i < b.n_lines; i++)
		more = more || strstr(b.lines[i].text, " more of");
	assert_true(more);
	assert_int_equal(kind(&b, 3), HOLD_NONE);
	end(&b);
}

static void
it_is_given_back_by_one_word(void **state)
{
	(void)state;
	struct bench b;
	begin(&b);
	assert_false(ask(&b, AUTO_3));
	assert_error(&b, "cs03 is not in manual control");
	assert_true(ask(&b, DUTY_3));
	assert_true(ask(&b, AUTO_3));
	assert_string_equal(b.lines[0].text,
			    "cs03 given back to automatic control by uid 1000 (operator)");
	assert_int_equal(kind(&b, 3), HOLD_NONE);
	assert_int_equal(hands_count(holds_hands(b.holds, 3)), 0);
	end(&b);
}

static void
a_second_person_is_told_who_holds_it_and_may_take_it_over(void **state)
{
	(void)state;
	struct bench b;
	begin(&b);
	assert_true(ask(&b, DUTY_3));
	b.uid = 1001;
	b.now_ns += 10 * NS_PER_S;
	static const char *const OTHERS[] = {SET("cs03.hx.valve_cmd_pct", "50", "60"), AUTO_3,
					     MAINTAIN_3};
	for (int k = 0; k < 3; k++) {
		assert_false(ask(&b, OTHERS[k]));
		assert_error(&b, "cs03 is in manual control since 2026-11-26T14:33:38Z until "
				 "2026-11-26T14:43:38Z by uid 1000 (operator): trial (--take takes "
				 "it over)");
		assert_int_equal(json_integer_value(
					 json_object_get(json_object_get(b.answer, "held"), "uid")),
				 1000);
	}
	assert_true(ask(&b, TAKE("cs03.hx.valve_cmd_pct", "50")));
	assert_non_null(strstr(b.lines[0].text, "by uid 1001 (operator)"));
	assert_non_null(strstr(b.result, "taken from"));
	assert_int_equal(holds_of(b.holds, 3)->uid, 1001);
	assert_near(value(&b, HAND_DUTY), 0.8, 1e-9); /* what was set stays: no bump */
	b.uid = 1000;
	assert_false(ask(&b, AUTO_3));
	assert_error(&b, "by uid 1001 (operator): mine now");
	assert_false(ask(&b, "{\"cmd\":\"auto\",\"system\":\"cs03\",\"take\":true}"));
	assert_error(&b, "\"why\" must say why");
	assert_true(ask(&b, "{\"cmd\":\"auto\",\"system\":\"cs03\",\"take\":true,\"why\":\"x\"}"));
	end(&b);
}

static void
a_stop_and_maintenance_end_what_is_set_and_are_not_set_over(void **state)
{
	(void)state;
	struct bench b;
	begin(&b);
	assert_true(ask(&b, DUTY_3));
	assert_true(ask(&b, MAINTAIN_3));
	assert_int_equal(hands_count(holds_hands(b.holds, 3)), 0);
	assert_false(ask(&b, DUTY_3));
	assert_error(&b, "cs03 is in maintenance since");
	assert_false(ask(&b, TAKE("cs03.wafer.duty_cmd_frac", "0.8")));
	assert_true(ask(&b, END_3));
	assert_true(ask(&b, DUTY_3));
	b.uid = 1001;
	assert_true(ask(&b, STOP_3));
	assert_string_equal(b.lines[0].text, "cs03 stopped by uid 1001 (operator), over the manual "
					     "control of uid 1000 (operator) since");
	assert_int_equal(hands_count(holds_hands(b.holds, 3)), 0);
	assert_false(ask(&b, DUTY_3));
	assert_error(&b, "cs03 is stopped since");
	end(&b);
}

static void
what_can_not_be_set_is_refused_with_what_can(void **state)
{
	(void)state;
	static const struct {
		const char *json, *error;
	} BAD[] = {
		{SET("cs03.wafer.C6.temp_c", "40", "60"),
		 "cs03.wafer.C6.temp_c can't be set by hand; what can: cs03.wafer.duty_cmd_frac "
		 "(or "
		 "of one), cs03.pump.speed_cmd_pct (or of one), cs03.hx.valve_cmd_pct, "
		 "cs03.ctl.supply_setpoint_c"},
		{SET("cs03.engine.seq_cmd", "4", "60"), "cs03.engine.seq_cmd can't be set by hand"},
		{SET("cs09.wafer.duty_cmd_frac", "1", "60"),
		 "no system \"cs09\" in this plant (it has 4: cs00 .. cs03)"},
		{SET("cs03.wafer.duty", "1", "60"),
		 "no point \"cs03.wafer.duty\" in this plant; what can be set: cs03.wafer"},
		{SET("smoke", "1", "60"), "no point \"smoke\""},
		{SET("cs03.wafer.duty_cmd_frac", "1.1", "60"), "must be 0..1 frac"},
		{SET("cs03.pump.speed_cmd_pct", "20", "60"),
		 "cs03.pump.speed_cmd_pct must be 60..100 pct"},
		{SET("cs03.ctl.supply_setpoint_c", "30", "60"),
		 "cs03.ctl.supply_setpoint_c must be 20..24 c"},
		{SET("cs03.wafer.duty_cmd_frac", "\"1\"", "60"), "\"value\" must be a number"},
		{SET("cs03.wafer.duty_cmd_frac", "1", "5"),
		 "\"for_s\" must be a whole number, 10..86400"},
		{"{\"cmd\":\"set\",\"point\":\"cs03.wafer.duty_cmd_frac\",\"value\":1,\"why\":"
		 "\"x\"}",
		 "\"for_s\" must be a whole number, 10..86400"},
		{"{\"cmd\":\"set\",\"point\":\"cs03.wafer.duty_cmd_frac\",\"value\":1,\"for_s\":"
		 "60}",
		 "\"why\" must say why"},
		{"{\"cmd\":\"set\",\"value\":1,\"for_s\":60,\"why\":\"x\"}", "no point \"that\""},
		{SET("cs03.wafer.C6.share_cmd_frac", "1", "60"),
		 "cs03.wafer.C6.share_cmd_frac: work stays where it is in this plant (shares: free "
		 "lets it "
		 "move)"},
		{SET("cs01.wafer.duty_cmd_frac", "1", "60"),
		 "cs01.engine is in shadow, nothing is sent to it"},
		{SET("cs02.ctl.supply_setpoint_c", "22", "60"), "cs02.cooling is in shadow"},
	};
	struct bench b;
	begin(&b);
	for (size_t k = 0; k < sizeof BAD / sizeof BAD[0]; k++) {
		assert_false(ask(&b, BAD[k].json));
		assert_error(&b, BAD[k].error);
	}
	b.access = ACCESS_VIEW;
	assert_false(ask(&b, DUTY_3));
	assert_error(&b, "not allowed: \"set\" needs an operator");
	for (uint32_t s = 0; s < 4; s++)
		assert_int_equal(kind(&b, s), HOLD_NONE);
	end(&b);
}

static void
values_end_with_the_program_and_the_next_one_says_so(void **state)
{
	(void)state;
	struct bench b;
	begin(&b);
	assert_true(ask(&b, DUTY_3));
	struct holds *next;
	assert_int_equal(holds_open(&next, b.plant, b.now_ns), 0);
	assert_int_equal(holds_recall(next, b.kept, b.kept_len, b.now_ns, WALL_NS + b.now_ns, NULL),
			 0);
	holds_close(b.holds);
	b.holds = next;
	holds_tell_held(b.holds, 3, b.now_ns);
	take_lines(&b);
	assert_int_equal(b.n_lines, 1);
	assert_string_equal(b.lines[0].text,
			    "cs03 manual control of uid 1000 (operator) ended with "
			    "the controllers: trial");
	assert_int_equal(kind(&b, 3), HOLD_NONE);
	assert_true(holds_unkept(b.holds));
	end(&b);
}

static void
who_wants_a_value_gets_it_though_nothing_can_be_recorded(void **state)
{
	(void)state;
	struct bench b;
	begin(&b);
	b.keep_rc = -ENOSPC;
	assert_true(ask(&b, DUTY_3));
	assert_true(holds_unkept(b.holds));
	assert_true(ask(&b, AUTO_3));
	assert_false(ask(&b, MAINTAIN_3));
	assert_true(ask(&b, DUTY_3));
	assert_false(ask(&b, MAINTAIN_3)); /* and what is set stays */
	assert_near(value(&b, HAND_DUTY), 0.8, 1e-9);
	assert_int_equal(kind(&b, 3), HOLD_MANUAL);
	end(&b);
}

static void
each_value_has_its_own_reason_and_ends_with_it(void **state)
{
	(void)state;
	struct bench b;
	char json[200];
	begin(&b);
	assert_true(ask(&b, DUTY_3));
	assert_true(ask(&b, "{\"cmd\":\"set\",\"point\":\"cs03.hx.valve_cmd_pct\",\"value\":60,"
			    "\"for_s\":600,\"why\":\"a noise in the pipe\"}"));
	assert_true(ask(&b, "{\"cmd\":\"holds\",\"system\":\"cs03\"}"));
	json_t *held = json_array_get(json_object_get(b.answer, "holds"), 0);
	json_t *values = json_object_get(held, "values");
	assert_string_equal(json_string_value(json_object_get(json_array_get(values, 0), "why")),
			    "trial");
	assert_string_equal(json_string_value(json_object_get(json_array_get(values, 1), "why")),
			    "a noise in the pipe");
	holds_step(b.holds, 3, b.now_ns + 600 * NS_PER_S);
	take_lines(&b);
	assert_non_null(strstr(b.lines[0].text, "wafer.duty_cmd_frac = 0.8 of uid 1000"));
	bool noise = false;
	for (int i = 1; i < b.n_lines; i++)
		noise = noise || strstr(b.lines[i].text, "noise in the pipe");
	assert_true(noise);
	assert_int_equal(kind(&b, 3), HOLD_NONE);
	for (uint32_t i = 0; i <= HAND_REASONS; i++) {
		char label[4];
		snprintf(json, sizeof json,
			 "{\"cmd\":\"set\",\"point\":\"cs03.wafer.%s.duty_cmd_frac\",\"value\":0.5,"
			 "\"for_s\":60,\"why\":\"reason %u\"}",
			 reticle_label(i, label), i);
		assert_true(ask(&b, json) == (i < HAND_REASONS));
	}
	assert_error(&b, "cs03 has values by hand for 12 different reasons");
	/* one of them, or in the place of one: there is room */
	assert_true(ask(&b,
			"{\"cmd\":\"set\",\"point\":\"cs03.wafer.G12.duty_cmd_frac\",\"value\":0.5,"
			"\"for_s\":60,\"why\":\"reason 4\"}"));
	assert_true(ask(&b,
			"{\"cmd\":\"set\",\"point\":\"cs03.wafer.A1.duty_cmd_frac\",\"value\":0.6,"
			"\"for_s\":60,\"why\":\"a thirteenth\"}"));
	end(&b);
}

static void
who_takes_over_is_told_from_whom(void **state)
{
	(void)state;
	struct bench b;
	begin(&b);
	b.name = "anna";
	assert_true(ask(&b, DUTY_3));
	b.uid = 1001;
	b.name = NULL;
	b.now_ns += 10 * NS_PER_S;
	assert_true(ask(&b, TAKE("cs03.hx.valve_cmd_pct", "50")));
	json_t *from = json_object_get(b.answer, "taken_from");
	assert_string_equal(json_string_value(json_object_get(from, "name")), "anna");
	assert_int_equal(json_integer_value(json_object_get(from, "uid")), 1000);
	assert_string_equal(json_string_value(json_object_get(from, "since")),
			    "2026-11-26T14:33:38Z");
	assert_string_equal(json_string_value(json_object_get(from, "why")), "trial");
	bool told = false;
	for (int i = 0; i < b.n_lines; i++)
		told = told || strstr(b.lines[i].text, " anna,");
	assert_true(told);
	/* and not of oneself */
	assert_true(ask(&b, TAKE("cs03.hx.valve_cmd_pct", "55")));
	assert_null(json_object_get(b.answer, "taken_from"));
	end(&b);
}

static void
what_has_no_effect_now_is_said(void **state)
{
	(void)state;
	struct bench b;
	begin_with(&b, "site: bench\nshares: free\nsystems:\n"
		       "  - {name: cs%02d, count: 4, type: water}\n");
	b.sees = true;
	b.sight.mode = CTL_AUTO;
	assert_true(ask(&b, DUTY_3));
	assert_string_equal(word(&b, "note"), "");
	b.sight.mode = CTL_FAILSAFE;
	assert_true(ask(&b, DUTY_3));
	assert_non_null(
		strstr(word(&b, "note"), "cs03 is in failsafe: the value is in force once"));
	assert_false(ask(&b, SET("cs03.wafer.C6.share_cmd_frac", "0.9", "60")));
	assert_error(&b, "cs03.wafer.C6.share_cmd_frac: no job has work there");
	b.sight.works[2 * ZONES + 5] = true;
	assert_true(ask(&b, SET("cs03.wafer.C6.share_cmd_frac", "0.9", "60")));
	end(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_by_hand_says_whose_it_is_and_ends_by_itself),
		cmocka_unit_test(values_that_end_together_are_all_told),
		cmocka_unit_test(it_is_given_back_by_one_word),
		cmocka_unit_test(a_second_person_is_told_who_holds_it_and_may_take_it_over),
		cmocka_unit_test(a_stop_and_maintenance_end_what_is_set_and_are_not_set_over),
		cmocka_unit_test(what_can_not_be_set_is_refused_with_what_can),
		cmocka_unit_test(values_end_with_the_program_and_the_next_one_says_so),
		cmocka_unit_test(who_wants_a_value_gets_it_though_nothing_can_be_recorded),
		cmocka_unit_test(each_value_has_its_own_reason_and_ends_with_it),
		cmocka_unit_test(who_takes_over_is_told_from_whom),
		cmocka_unit_test(what_has_no_effect_now_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
