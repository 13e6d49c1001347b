/* SPDX-License-Identifier: Apache-2.0 */
/* Power caps: who may set them, how they come down, how they are shared, and that they outlive us. */
#include "tests/unit/caps_bench.h"

#include <jansson.h>

static void
a_cap_comes_down_by_a_ramp_before_its_deadline_and_goes_when_its_time_is_over(void **state)
{
	const struct control_params *p = &plant->control;
	struct image_event e;
	int32_t system;
	(void)state;
	steps(1);
	assert_true(isnan(allowed(2)));
	assert_true(ask("{\"cmd\":\"cap\",\"system\":\"cs02\",\"watts\":16000,\"at_s\":60,"
			"\"for_s\":100,\"why\":\"heat wave\"}"));
	assert_true(caps_line(caps, &e, &system));
	assert_int_equal(system, 2);
	assert_non_null(strstr(e.text, "cs02 capped at 16.0 kW from "));
	steps(50); /* ten seconds before the deadline */
	assert_near(allowed(2), 16000.0 + p->cap_ramp_w_per_s * (10.0 - p->cap_lead_s), 1.0);
	assert_false(caps_allowance(caps, 2)->due);
	assert_true(isnan(caps_due_w(caps, 2, now_ns)));
	assert_true(isnan(allowed(1)));
	steps(10);
	assert_near(allowed(2), 16000.0, 1e-9);
	assert_true(caps_allowance(caps, 2)->due);
	assert_near(caps_due_w(caps, 2, now_ns), 16000.0, 1e-9);
	steps(99);
	assert_near(allowed(2), 16000.0, 1e-9);
	while (caps_line(caps, &e, &system))
		;
	steps(1);
	assert_true(caps_line(caps, &e, &system));
	assert_non_null(strstr(e.text, "its time has passed"));
	assert_true(caps_unkept(caps));
	/* and back up by the same ramp, which nothing is judged by and no device is told of */
	assert_near(allowed(2), 16000.0 + 0.1 * p->cap_ramp_w_per_s, 1.0);
	assert_true(caps_allowance(caps, 2)->lifting && !caps_allowance(caps, 2)->due);
	assert_true(isnan(caps_due_w(caps, 2, now_ns)));
	steps(3);
	assert_true(isnan(allowed(2)));
}

static void
what_is_wrong_with_a_request_is_said_and_nothing_changes(void **state)
{
	static const struct {
		const char *json, *says;
	} WRONG[] = {
		{"{\"cmd\":\"cap\",\"for_s\":60,\"why\":\"x\"}", "one of them"},
		{"{\"cmd\":\"cap\",\"watts\":1,\"frac\":0.5,\"for_s\":60,\"why\":\"x\"}",
		 "one of them"},
		{"{\"cmd\":\"cap\",\"watts\":100,\"for_s\":60,\"why\":\"x\"}", "12000..120000 W"},
		{"{\"cmd\":\"cap\",\"watts\":1e9,\"for_s\":60,\"why\":\"x\"}", "12000..120000 W"},
		{"{\"cmd\":\"cap\",\"watts\":\"50000\",\"for_s\":60,\"why\":\"x\"}", "W"},
		{"{\"cmd\":\"cap\",\"frac\":1.5,\"for_s\":60,\"why\":\"x\"}", "frac"},
		{"{\"cmd\":\"cap\",\"watts\":50000,\"why\":\"x\"}", "for_s"},
		{"{\"cmd\":\"cap\",\"watts\":50000,\"for_s\":60}", "why"},
		{"{\"cmd\":\"cap\",\"watts\":50000,\"for_s\":60,\"at_s\":-1,\"why\":\"x\"}",
		 "at_s"},
		{"{\"cmd\":\"cap\",\"watts\":50000,\"for_s\":60,\"until\":1,\"why\":\"x\"}",
		 "nothing else"},
		{"{\"cmd\":\"cap\",\"system\":\"cs09\",\"watts\":9000,\"for_s\":60,\"why\":\"x\"}",
		 "no system"},
		{"{\"cmd\":\"uncap\",\"why\":\"x\"}", "no power cap"},
	};
	(void)state;
	for (size_t k = 0; k < sizeof WRONG / sizeof WRONG[0]; k++) {
		assert_false(ask(WRONG[k].json));
		if (!strstr(result, WRONG[k].says))
			fail_msg("%s: %s", WRONG[k].json, result);
	}
	access_level = ACCESS_VIEW;
	assert_false(ask("{\"cmd\":\"cap\",\"watts\":50000,\"for_s\":60,\"why\":\"x\"}"));
	assert_non_null(strstr(result, "not allowed"));
	assert_true(ask("{\"cmd\":\"caps\"}"));
	assert_non_null(strstr(result, "\"caps\":[]"));
	steps(1);
	assert_true(isnan(allowed(0)));
	struct hold_request other = {.uid = 1,
				     .access = access_level,
				     .json = "{\"cmd\":\"holds\"}",
				     .len = 15,
				     .now_ns = now_ns,
				     .wall_ns = WALL_NS};
	assert_false(caps_ask(caps, &other, draw, NULL, result));
}

static void
the_whole_reason_is_in_the_answer(void **state)
{
	char json[512], why[PEOPLE_WHY_CHARACTERS + 1];
	(void)state;
	memset(why, 'w', PEOPLE_WHY_CHARACTERS);
	why[PEOPLE_WHY_CHARACTERS] = '\0';
	snprintf(json, sizeof json, "{\"cmd\":\"cap\",\"watts\":50000,\"for_s\":60,\"why\":\"%s\"}",
		 why);
	assert_true(ask(json));
	json_t *root = json_loads(result, 0, NULL);
	const char *said = json_string_value(json_object_get(root, "said"));
	assert_non_null(said);
	assert_non_null(strstr(said, why));
	json_decref(root);
}

static void
an_old_message_does_not_replace_a_newer_one(void **state)
{
	(void)state;
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":50000,\"for_s\":60,\"seq\":7,\"why\":\"x\"}"));
	assert_false(ask("{\"cmd\":\"cap\",\"watts\":90000,\"for_s\":60,\"seq\":6,\"why\":\"x\"}"));
	assert_non_null(strstr(result, "not after 7"));
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":60000,\"for_s\":60,\"why\":\"x\"}"));
	assert_int_equal(caps_of(caps, SITE)->seq, 8);
}

static void
all_together_come_down_and_go_up_no_faster_than_the_cluster_may(void **state)
{
	double was;
	(void)state;
	steps(1);
	assert_true(ask("{\"cmd\":\"cap\",\"frac\":0.6,\"at_s\":20,\"for_s\":20,\"why\":\"x\"}"));
	for (int k = 0; k < 4; k++) /* as they do what they may */
		draw[k] = draws(20000.0, 20000.0, true, true);
	for (was = 80000.0; now_ns < 120 * NS_PER_S; was = fmin(sum_allowed(), was)) {
		steps(1);
		assert_true(!(sum_allowed() < was - 8000.0 - 1.0)); /* 10 % of 80 kW, 4 x 2 kW */
	}
	assert_near(sum_allowed(), 48000.0, 0.1);
	steps(20);
	for (was = 48000.0; isfinite(allowed(0)); was = fmax(was, sum_allowed())) {
		assert_true(sum_allowed() <= was + 801.0);
		now_ns += 100 * NS_PER_MS;
		caps_step(caps, draw, now_ns);
	}
	assert_near(was, 84000.0, 1700.0);
}

static void
the_budget_of_the_site_stands_whatever_is_asked_for(void **state)
{
	(void)state;
	plant->control.site_budget_w = 70000.0;
	plant->control.cap_default_w = 50000.0;
	steps(1);
	assert_near(sum_allowed(), 50000.0, 0.1);
	assert_near(caps_due_w(caps, SITE, now_ns), 50000.0, 1e-9);
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":90000,\"for_s\":60,\"why\":\"x\"}"));
	steps(5);
	assert_near(sum_allowed(), 70000.0, 0.1);
	assert_near(caps_due_w(caps, SITE, now_ns), 70000.0, 1e-9);
	assert_true(caps_allowance(caps, 0)->due);
	steps(56); /* over: the default again */
	assert_near(sum_allowed(), 50000.0, 0.1);
}

static void
the_lesser_of_its_own_cap_and_its_share_counts(void **state)
{
	(void)state;
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":72000,\"for_s\":1000,\"why\":\"x\"}"));
	assert_true(ask("{\"cmd\":\"cap\",\"system\":\"cs01\",\"watts\":15000,\"for_s\":1000,"
			"\"why\":\"x\"}"));
	steps(1);
	assert_near(allowed(1), 15000.0, 1e-9);
	/* and what it may not use of its share the others get */
	assert_near(allowed(2), 19000.0, 1.0);
	assert_near(sum_allowed(), 72000.0, 1.0);
}

static void
reopen(void)
{
	struct errtext err;
	caps_close(caps);
	assert_int_equal(caps_open(&caps, plant), 0);
	assert_int_equal(caps_recall(caps, kept, kept_len, now_ns, WALL_NS + now_ns, &err), 0);
}

static void
a_cap_for_later_leaves_the_one_in_force_until_then(void **state)
{
	(void)state;
	assert_true(ask("{\"cmd\":\"cap\",\"system\":\"cs00\",\"watts\":12000,\"for_s\":36000,"
			"\"why\":\"now\"}"));
	steps(1);
	assert_true(ask("{\"cmd\":\"cap\",\"system\":\"cs00\",\"watts\":13000,\"at_s\":60,"
			"\"for_s\":100,\"why\":\"later\"}"));
	for (int again = 0; again < 2; again++, reopen()) {
		steps(1);
		assert_near(allowed(0), 12000.0, 1e-9);
		assert_true(caps_allowance(caps, 0)->due);
		assert_near(caps_due_w(caps, 0, now_ns), 12000.0, 1e-9);
	}
	steps(59);
	assert_near(allowed(0), 13000.0, 1e-9);
	assert_near(caps_due_w(caps, 0, now_ns), 13000.0, 1e-9);
	steps(100);
	assert_true(allowed(0) < 15500.0);
	steps(4);
	assert_true(isnan(allowed(0)));
	/* lifted: both */
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":50000,\"for_s\":60,\"why\":\"x\"}"));
	assert_true(
		ask("{\"cmd\":\"cap\",\"watts\":60000,\"at_s\":60,\"for_s\":60,\"why\":\"x\"}"));
	steps(1);
	assert_near(sum_allowed(), 50000.0, 1.0);
	assert_true(ask("{\"cmd\":\"uncap\",\"why\":\"x\"}"));
	steps(6);
	assert_true(isnan(allowed(0)));
}

static void
a_cap_for_later_that_is_replaced_does_not_cut_the_one_in_force_short(void **state)
{
	(void)state;
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":50000,\"for_s\":1000,\"why\":\"A\"}"));
	steps(1);
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":48000,\"at_s\":10,\"for_s\":1000,"
			"\"why\":\"B\"}"));
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":48000,\"at_s\":100,\"for_s\":1000,"
			"\"why\":\"C\"}"));
	reopen();
	steps(50);
	assert_near(caps_due_w(caps, SITE, now_ns), 50000.0, 1e-9);
	assert_near(sum_allowed(), 50000.0, 1.0);
	steps(51);
	assert_near(caps_due_w(caps, SITE, now_ns), 48000.0, 1e-9);
	assert_near(sum_allowed(), 48000.0, 1.0);
}

static void
the_lesser_of_two_lasts_as_long_as_it_counts(void **state)
{
	(void)state;
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":72000,\"for_s\":1000,\"why\":\"x\"}"));
	assert_true(ask("{\"cmd\":\"cap\",\"system\":\"cs01\",\"watts\":15000,\"for_s\":100,"
			"\"why\":\"x\"}"));
	int64_t asked_ns = now_ns;
	steps(1);
	assert_near(allowed(1), 15000.0, 1e-9);
	assert_true(caps_allowance(caps, 1)->until_ns == asked_ns + 100 * NS_PER_S);
	assert_true(caps_allowance(caps, 0)->until_ns == asked_ns + 1000 * NS_PER_S);
	plant->control.site_budget_w = 75000.0; /* without an end, but not what holds them */
	steps(1);
	assert_true(caps_allowance(caps, 0)->until_ns == asked_ns + 1000 * NS_PER_S);
	/* one whose deadline has passed is due, whatever the other's is */
	assert_true(ask("{\"cmd\":\"cap\",\"system\":\"cs02\",\"watts\":17000,\"at_s\":12,"
			"\"for_s\":100,\"why\":\"x\"}"));
	steps(11);
	assert_true(allowed(2) < 17500.0);
	assert_true(caps_allowance(caps, 2)->due);
}

static void
the_last_sequence_number_outlives_its_cap_and_the_program(void **state)
{
	(void)state;
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":50000,\"for_s\":60,\"seq\":7,\"why\":\"x\"}"));
	assert_true(ask("{\"cmd\":\"uncap\",\"why\":\"x\"}"));
	reopen();
	assert_false(caps_of(caps, SITE)->stands);
	assert_false(ask("{\"cmd\":\"cap\",\"watts\":50000,\"for_s\":60,\"seq\":7,\"why\":\"x\"}"));
	assert_non_null(strstr(result, "not after 7"));
}

static void
numbers_that_can_not_be_are_no_cap(void **state)
{
	static const char *const WRONG[] = {
		"isotherm caps 1 bench\ncs00 9000.0 9223372036854775807 1 operate 5 5 6 7 x\nend "
		"1\n",
		"isotherm caps 1 bench\ncs00 9000.0 1 1 operate -9223372036854775807 5 6 7 x\nend "
		"1\n",
		"isotherm caps 1 bench\ncs00 9000.0 1 1 operate 9223372036854775807 5 6 7 x\nend "
		"1\n",
		"isotherm caps 1 bench\ncs00 last 9223372036854775807\nend 0\n",
	};
	struct errtext err;
	(void)state;
	for (size_t k = 0; k < sizeof WRONG / sizeof WRONG[0]; k++) {
		assert_int_equal(caps_recall(caps, WRONG[k], strlen(WRONG[k]), 1, WALL_NS, &err),
				 -EINVAL);
		assert_false(caps_of(caps, 0)->stands);
	}
}

static void
a_cap_outlives_the_program_with_its_deadline_and_its_end(void **state)
{
	struct errtext err;
	(void)state;
	assert_true(ask("{\"cmd\":\"cap\",\"system\":\"cs02\",\"watts\":16000,\"at_s\":60,"
			"\"for_s\":100,\"seq\":5,\"why\":\"heat  wave\"}"));
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":70000,\"for_s\":100,\"why\":\"line two\"}"));
	caps_close(caps);
	assert_int_equal(caps_open(&caps, plant), 0);
	now_ns += 30 * NS_PER_S;
	assert_int_equal(caps_recall(caps, kept, kept_len, now_ns, WALL_NS + now_ns, &err), 0);
	const struct cap *cap = caps_of(caps, 2);
	assert_true(cap->stands);
	assert_int_equal(cap->seq, 5);
	assert_string_equal(cap->why, "heat  wave");
	assert_true(cap->at_ns - now_ns == 30 * NS_PER_S);
	assert_true(cap->until_ns - now_ns == 130 * NS_PER_S);
	assert_near(caps_of(caps, SITE)->watts, 70000.0, 1e-9);
	/* after a boot plant time begins anew: the wall clock says how long ago it was */
	caps_close(caps);
	assert_int_equal(caps_open(&caps, plant), 0);
	assert_int_equal(caps_recall(caps, kept, kept_len, 5, WALL_NS + now_ns, &err), 0);
	assert_true(caps_of(caps, 2)->at_ns - 5 == 30 * NS_PER_S);
	/* half of it: what can be read stands */
	caps_close(caps);
	assert_int_equal(caps_open(&caps, plant), 0);
	assert_int_equal(caps_recall(caps, kept, kept_len - 20, now_ns, WALL_NS, &err), -EINVAL);
	assert_true(caps_of(caps, 2)->stands);
	assert_int_equal(caps_recall(caps, "isotherm caps 1 other\n", 22, now_ns, WALL_NS, &err),
			 -ESTALE);
}

static void
what_can_not_be_recorded_is_held_all_the_same_but_not_lifted(void **state)
{
	(void)state;
	keep_rc = -ENOSPC;
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":70000,\"for_s\":100,\"why\":\"x\"}"));
	assert_non_null(strstr(result, "not recorded yet"));
	assert_true(caps_unkept(caps));
	assert_false(ask("{\"cmd\":\"uncap\",\"why\":\"x\"}"));
	assert_true(caps_of(caps, SITE)->stands);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_cap_comes_down_by_a_ramp_before_its_deadline_and_goes_when_its_time_is_over),
		TEST(what_is_wrong_with_a_request_is_said_and_nothing_changes),
		TEST(the_whole_reason_is_in_the_answer),
		TEST(an_old_message_does_not_replace_a_newer_one),
		TEST(all_together_come_down_and_go_up_no_faster_than_the_cluster_may),
		TEST(the_budget_of_the_site_stands_whatever_is_asked_for),
		TEST(the_lesser_of_its_own_cap_and_its_share_counts),
		TEST(a_cap_for_later_leaves_the_one_in_force_until_then),
		TEST(the_lesser_of_two_lasts_as_long_as_it_counts),
		TEST(a_cap_for_later_that_is_replaced_does_not_cut_the_one_in_force_short),
		TEST(the_last_sequence_number_outlives_its_cap_and_the_program),
		TEST(numbers_that_can_not_be_are_no_cap),
		TEST(a_cap_outlives_the_program_with_its_deadline_and_its_end),
		TEST(what_can_not_be_recorded_is_held_all_the_same_but_not_lifted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
