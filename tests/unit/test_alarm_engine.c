/* SPDX-License-Identifier: Apache-2.0 */
/* From samples to states, events and pages, and what people may ask for. */
#include "tests/unit/alarm_rig.h"

#include "core/keyed.h"

static int
setup(void **state)
{
	(void)state;
	rig_open();
	rig_engine();
	rig_steps(1);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	rig_close();
	return 0;
}

static void
a_calm_plant_has_no_alarm_and_no_page(void **state)
{
	(void)state;
	rig_steps(100);
	for (uint32_t i = 0; i < rig.plant->n_alarms; i++)
		assert_int_equal(rig_state(rig.plant->alarms[i].key), ALARM_NORMAL);
	assert_false(rig_told(""));
	rig_no_page();
	assert_int_equal(rig_point(ROLE_ALARM_ACTIVE), 0);
	assert_int_equal(rig_point(ROLE_ALARM_JOURNAL_OK), 1);
}

static void
a_failed_pump_is_shown_told_and_paged_at_once(void **state)
{
	(void)state;
	rig_set(ROLE_PUMP_STATUS, 0, 3.0);
	rig_steps(1);
	assert_int_equal(rig_state(PUMP0), ALARM_UNACKED);
	assert_int_equal(rig_state("cs00.pump_failed[1]"), ALARM_NORMAL);
	assert_int_equal(rig_state("cs01.pump_failed[0]"), ALARM_NORMAL);
	assert_true(rig_field(PUMP0, ALARM_FIELD_VALUE).value > 2.9);
	assert_int_equal(rig_field(PUMP0, ALARM_FIELD_EPISODE).value, 1);
	assert_true(fabs(rig_field(PUMP0, ALARM_FIELD_RAISED).value - (double)rig.wall_ns / 1e9) <
		    0.001);
	assert_true(rig_told(PUMP0 " unacked: cs00: pump 1 failed"));
	assert_int_equal(rig_point(ROLE_ALARM_ACTIVE), 1);
	assert_int_equal(rig_point(ROLE_ALARM_UNACKED), 1);
	struct page_intent page = rig_page();
	assert_string_equal(page.key, "test/" PUMP0 "/1");
	assert_string_equal(page.text, "cs00: pump 1 failed");
	assert_string_equal(page.operator_action, "Change it.");
	assert_string_equal(page.system, "cs00");
	assert_int_equal(page.priority, ALARM_HIGH);
	assert_int_equal(page.attempt, 1);
	assert_true(page.value > 2.9 && isnan(page.limit));
	rig_no_page();
}

static void
an_episode_is_one_key_from_trigger_to_resolve(void **state)
{
	(void)state;
	rig_set(ROLE_PUMP_STATUS, 0, 3.0);
	rig_steps(5);
	rig_delivers(PAGE_TRIGGER, "test/" PUMP0 "/1");
	assert_true(rig_ask("{\"cmd\":\"ack\",\"alarm\":\"" PUMP0 "\",\"comment\":\"on my way\"}"));
	assert_int_equal(rig_state(PUMP0), ALARM_ACKED); /* shown when the answer comes */
	rig_delivers(PAGE_ACKNOWLEDGE, "test/" PUMP0 "/1");
	rig_set(ROLE_PUMP_STATUS, 0, 1.0);
	rig_steps(10);
	assert_int_equal(rig_state(PUMP0), ALARM_ACKED); /* the off-delay */
	rig_steps(2);
	assert_int_equal(rig_state(PUMP0), ALARM_NORMAL);
	rig_delivers(PAGE_RESOLVE, "test/" PUMP0 "/1");
	rig_set(ROLE_PUMP_STATUS, 0, 2.0);
	rig_steps(1);
	rig_delivers(PAGE_TRIGGER, "test/" PUMP0 "/2");
	rig_no_page();
}

static void
what_returns_unseen_waits_for_somebody_and_does_not_call_twice(void **state)
{
	(void)state;
	rig_set(ROLE_PUMP_STATUS, 0, 3.0);
	rig_steps(1);
	rig_delivers(PAGE_TRIGGER, "test/" PUMP0 "/1");
	for (int i = 0; i < 5; i++) {
		rig_set(ROLE_PUMP_STATUS, 0, 1.0);
		rig_steps(15);
		assert_int_equal(rig_state(PUMP0), ALARM_RETURNED);
		rig_set(ROLE_PUMP_STATUS, 0, 3.0);
		rig_steps(1);
		assert_int_equal(rig_state(PUMP0), ALARM_UNACKED);
		rig_no_page();
	}
	rig_set(ROLE_PUMP_STATUS, 0, 1.0);
	rig_steps(6001); /* ten minutes */
	rig_set(ROLE_PUMP_STATUS, 0, 3.0);
	rig_steps(1);
	struct page_intent page = rig_page();
	assert_string_equal(page.key, "test/" PUMP0 "/1");
	assert_int_equal(page.attempt, 2);
}

static void
a_latched_alarm_needs_an_acknowledgement_and_a_reset(void **state)
{
	(void)state;
	rig_set(ROLE_LOOP_LEAK, 0, 1.0);
	rig_steps(1);
	rig_delivers(PAGE_TRIGGER, "test/" LEAK0 "/1");
	assert_false(rig_ask("{\"cmd\":\"reset\",\"alarm\":\"" LEAK0 "\"}"));
	assert_non_null(strstr(rig.reply, "still active"));
	rig_set(ROLE_LOOP_LEAK, 0, 0.0);
	rig_steps(1);
	assert_int_equal(rig_state(LEAK0), ALARM_RETURNED);
	assert_false(rig_ask("{\"cmd\":\"reset\",\"alarm\":\"" LEAK0 "\"}"));
	assert_true(rig_ask("{\"cmd\":\"ack\",\"alarm\":\"" LEAK0 "\"}"));
	assert_int_equal(rig_state(LEAK0), ALARM_ACKED);
	assert_int_equal(rig_point(ROLE_ALARM_ACTIVE), 1);
	assert_true(rig_ask("{\"cmd\":\"reset\",\"alarm\":\"" LEAK0 "\"}"));
	assert_int_equal(rig_state(LEAK0), ALARM_NORMAL);
	rig_delivers(PAGE_ACKNOWLEDGE, "test/" LEAK0 "/1");
	rig_delivers(PAGE_RESOLVE, "test/" LEAK0 "/1");
	assert_false(rig_ask("{\"cmd\":\"reset\",\"alarm\":\"" PUMP0 "\"}"));
	assert_non_null(strstr(rig.reply, "not latched"));
}

static void
a_lost_input_keeps_the_last_real_state_beside_its_own_alarm(void **state)
{
	(void)state;
	rig_set(ROLE_LOOP_FLOW, 0, 30.0);
	rig_steps(12);
	assert_int_equal(rig_state(FLOW0), ALARM_UNACKED);
	rig_sample(ROLE_LOOP_FLOW, 0)->quality = QUALITY_COMM;
	rig_sample(ROLE_LOOP_FLOW, 0)->value = 60.0;
	rig_steps(12);
	assert_int_equal(rig_state(FLOW0), ALARM_UNACKED);
	assert_int_equal(rig_field(FLOW0, ALARM_FIELD_STATE).quality, QUALITY_UNCERTAIN);
	assert_true(rig_field(FLOW0, ALARM_FIELD_VALUE).value < 31.0);
	assert_int_equal(rig_state("cs00.flow_lost"), ALARM_UNACKED);
	/* Seen by a person: the one that is lost, not the one it hides. */
	assert_true(rig_ask("{\"cmd\":\"ack\",\"alarm\":\"cs00.flow_lost\"}"));
	assert_int_equal(rig_state(FLOW0), ALARM_UNACKED);
	rig_set(ROLE_LOOP_FLOW, 0, 60.0);
	rig_steps(12);
	assert_int_equal(rig_state(FLOW0), ALARM_RETURNED);
	assert_int_equal(rig_state("cs00.flow_lost"), ALARM_NORMAL);
	assert_int_equal(rig_field(FLOW0, ALARM_FIELD_STATE).quality, QUALITY_GOOD);
}

static void
a_writer_that_stops_leaves_its_inputs_stale_and_is_silent(void **state)
{
	(void)state;
	rig.quiet[REGION_IN] = rig.quiet[REGION_CTL] = true;
	rig_steps(10);
	assert_int_equal(rig_state("cs00.flow_lost"), ALARM_NORMAL);
	assert_int_equal(rig_point(ROLE_ALARM_SILENT), 1u << REGION_IN | 1u << REGION_CTL);
	rig_steps(20);
	assert_int_equal(rig_state("cs00.flow_lost"), ALARM_UNACKED);
	assert_int_equal(rig_state("cs01.flow_lost"), ALARM_UNACKED);
	assert_int_equal(rig_state(FLOW0), ALARM_NORMAL);
	assert_int_equal(rig_state("site.control_silent"), ALARM_UNACKED);
	rig.quiet[REGION_IN] = rig.quiet[REGION_CTL] = false;
	rig_steps(2);
	assert_int_equal(rig_state("site.control_silent"), ALARM_RETURNED);
	assert_int_equal(rig_point(ROLE_ALARM_SILENT), 0);
}

static void
a_shelf_hides_until_its_end_and_then_calls(void **state)
{
	(void)state;
	assert_false(rig_ask("{\"cmd\":\"shelve\",\"alarm\":\"" PUMP0 "\",\"why\":\"x\"}"));
	assert_false(rig_ask("{\"cmd\":\"shelve\",\"alarm\":\"" PUMP0 "\",\"for_s\":60}"));
	assert_false(rig_ask("{\"cmd\":\"shelve\",\"alarm\":\"" PUMP0
			     "\",\"for_s\":1e9,\"why\":\"x\"}"));
	assert_int_equal(rig_state(PUMP0), ALARM_NORMAL);
	assert_true(rig_ask("{\"cmd\":\"shelve\",\"alarm\":\"" PUMP0
			    "\",\"for_s\":2,\"why\":\"test\"}"));
	assert_int_equal(rig_state(PUMP0), ALARM_SHELVED);
	assert_int_equal(rig_point(ROLE_ALARM_SHELVED), 1);
	rig_set(ROLE_PUMP_STATUS, 0, 3.0);
	rig_steps(19);
	assert_int_equal(rig_state(PUMP0), ALARM_SHELVED);
	rig_no_page();
	rig_steps(1);
	assert_int_equal(rig_state(PUMP0), ALARM_UNACKED);
	rig_delivers(PAGE_TRIGGER, "test/" PUMP0 "/1");
}

static void
a_shelf_taken_off_by_hand_calls_nobody(void **state)
{
	(void)state;
	rig_set(ROLE_PUMP_STATUS, 0, 3.0);
	rig_steps(1);
	rig_delivers(PAGE_TRIGGER, "test/" PUMP0 "/1");
	assert_true(
		rig_ask("{\"cmd\":\"shelve\",\"alarm\":\"" PUMP0 "\",\"for_s\":60,\"why\":\"t\"}"));
	assert_false(rig_ask("{\"cmd\":\"ack\",\"alarm\":\"" PUMP0 "\"}"));
	assert_true(rig_ask("{\"cmd\":\"unshelve\",\"alarm\":\"" PUMP0 "\"}"));
	assert_int_equal(rig_state(PUMP0), ALARM_ACKED);
	rig_no_page();
	rig_set(ROLE_PUMP_STATUS, 0, 1.0);
	rig_steps(12);
	rig_delivers(PAGE_RESOLVE, "test/" PUMP0 "/1");
	assert_false(rig_ask("{\"cmd\":\"unshelve\",\"alarm\":\"" PUMP0 "\"}"));
}

static void
a_jump_of_the_wall_clock_ends_no_shelf(void **state)
{
	(void)state;
	assert_true(
		rig_ask("{\"cmd\":\"shelve\",\"alarm\":\"" PUMP0 "\",\"for_s\":10,\"why\":\"t\"}"));
	rig.wall_ns += 3600 * NS_PER_S;
	rig_steps(99);
	assert_int_equal(rig_state(PUMP0), ALARM_SHELVED);
	rig.wall_ns -= 7200 * NS_PER_S;
	rig_steps(1);
	assert_int_equal(rig_state(PUMP0), ALARM_NORMAL);
}

static void
a_system_in_maintenance_is_out_of_service_until_its_mode_says_otherwise(void **state)
{
	(void)state;
	rig_set(ROLE_CTL_MODE, 0, CTL_MAINTENANCE);
	rig_set(ROLE_PUMP_STATUS, 0, 3.0);
	rig_steps(1);
	assert_int_equal(rig_state(PUMP0), ALARM_OUT_OF_SERVICE);
	assert_int_equal(rig_state("cs01.pump_failed[0]"), ALARM_NORMAL);
	assert_int_equal(rig_state("site.page_failed"), ALARM_NORMAL);
	rig_no_page();
	rig_sample(ROLE_CTL_MODE, 0)->quality =
		QUALITY_STALE; /* controllers gone: nothing is known */
	rig_steps(5);
	assert_int_equal(rig_state(PUMP0), ALARM_OUT_OF_SERVICE);
	assert_false(rig_ask("{\"cmd\":\"put_back\",\"alarm\":\"" PUMP0 "\"}"));
	rig_set(ROLE_CTL_MODE, 0, CTL_TRACK);
	rig_steps(1);
	assert_int_equal(rig_state(PUMP0), ALARM_UNACKED);
	assert_int_equal(rig_state(FLOW0), ALARM_NORMAL);
	rig_delivers(PAGE_TRIGGER, "test/" PUMP0 "/1");
}

static void
a_system_is_taken_out_by_hand_for_a_time(void **state)
{
	(void)state;
	assert_true(rig_ask(
		"{\"cmd\":\"take_out\",\"system\":\"cs00\",\"for_s\":1,\"why\":\"WO-770\"}"));
	assert_int_equal(rig_state(PUMP0), ALARM_OUT_OF_SERVICE);
	assert_int_equal(rig_state(LEAK0), ALARM_OUT_OF_SERVICE);
	rig_set(ROLE_CTL_MODE, 0, CTL_MAINTENANCE);
	rig_steps(15); /* the time is up, but the system is worked on */
	assert_int_equal(rig_state(PUMP0), ALARM_OUT_OF_SERVICE);
	rig_set(ROLE_CTL_MODE, 0, CTL_AUTO);
	rig_steps(1);
	assert_int_equal(rig_state(PUMP0), ALARM_NORMAL);
	assert_true(rig_ask("{\"cmd\":\"take_out\",\"alarm\":\"" PUMP0
			    "\",\"for_s\":1,\"why\":\"WO\"}"));
	assert_false(
		rig_ask("{\"cmd\":\"shelve\",\"alarm\":\"" PUMP0 "\",\"for_s\":99,\"why\":\"x\"}"));
	rig_steps(11); /* what was refused has changed no end */
	assert_int_equal(rig_state(PUMP0), ALARM_NORMAL);
	assert_true(rig_ask("{\"cmd\":\"take_out\",\"alarm\":\"" PUMP0
			    "\",\"for_s\":99,\"why\":\"WO\"}"));
	assert_true(rig_ask("{\"cmd\":\"put_back\",\"alarm\":\"" PUMP0 "\"}"));
	assert_int_equal(rig_state(PUMP0), ALARM_NORMAL);
	assert_false(rig_ask("{\"cmd\":\"put_back\",\"system\":\"cs00\"}"));
	assert_false(
		rig_ask("{\"cmd\":\"take_out\",\"system\":\"cs77\",\"for_s\":9,\"why\":\"W\"}"));
	assert_false(rig_ask("{\"cmd\":\"take_out\",\"for_s\":9,\"why\":\"W\"}"));
}

/* --- pages --- */

static void
a_page_is_tried_until_it_is_delivered_with_the_same_key(void **state)
{
	int64_t last_ns = 0;

	(void)state;
	rig_set(ROLE_LOOP_LEAK, 0, 1.0);
	rig_steps(1);
	for (unsigned attempt = 1; attempt <= 12; attempt++) {
		struct page_intent page;
		while (!engine_take_page(rig.engine, rig.now_ns, &page))
			rig_steps(1);
		assert_string_equal(page.key, "test/" LEAK0 "/1");
		assert_int_equal(page.attempt, attempt);
		if (attempt > 1) {
			double want_s = fmin(ldexp(1.0, (int)attempt - 2), 60.0);
			double gap_s = (double)(rig.now_ns - last_ns) / 1e9;
			assert_true(gap_s > 0.8 * want_s && gap_s < 1.2 * want_s + 0.11);
		}
		last_ns = rig.now_ns;
		rig_page_ends(&page, attempt == 12);
	}
	rig_steps(1000);
	rig_no_page();
}

static void
without_anybody_to_take_them_pages_wait_and_are_shown(void **state)
{
	(void)state;
	rig_set(ROLE_PUMP_STATUS, 0, 3.0);
	rig_steps(1);
	for (int i = 0; i < 20; i++) {
		struct page_intent page;
		if (engine_take_page(rig.engine, rig.now_ns, &page))
			engine_page_unsent(rig.engine, page.id, rig.now_ns);
		rig_steps(10);
	}
	assert_int_equal(engine_pages_pending(rig.engine), 1);
	assert_true(rig_ask_as(ACCESS_VIEW, "{\"cmd\":\"list\"}"));
	assert_non_null(strstr(rig.reply, "\"pages_pending\":1"));
	rig_steps(100);
	assert_int_equal(rig_page().attempt, 1); /* nobody has tried it yet */
}

static void
a_page_that_fails_raises_its_own_alarm(void **state)
{
	(void)state;
	rig_set(ROLE_PAGE_FAILED, 0, 1.0);
	rig_steps(1);
	assert_int_equal(rig_state("site.page_failed"), ALARM_UNACKED);
	rig_no_page(); /* it would go the same way */
}

/* --- people --- */

static void
requests_that_make_no_sense_are_refused_with_a_reason(void **state)
{
	static const struct {
		const char *request, *reason;
	} rows[] = {
		{"", "not JSON"},
		{"{\"cmd\":", "not JSON"},
		{"[1]", "object"},
		{"{\"alarm\":\"x\"}", "\\\"cmd\\\""},
		{"{\"cmd\":\"explode\"}", "no command"},
		{"{\"cmd\":\"ack\"}", "missing"},
		{"{\"cmd\":\"ack\",\"alarm\":7}", "missing"},
		{"{\"cmd\":\"ack\",\"alarm\":\"cs99.pump_failed[0]\"}", "no alarm cs99.pump"},
		{"{\"cmd\":\"ack\",\"alarm\":\"" PUMP0 "\"}", "not active"},
		{"{\"cmd\":\"comment\",\"alarm\":\"" PUMP0 "\"}", "missing"},
		{"{\"cmd\":\"show\",\"alarm\":\"nothing\"}", "no alarm nothing"},
		{"{\"cmd\":\"comment\",\"alarm\":\"" PUMP0
		 "\",\"comment\":\"..\\n2026-11-27 ack jane\"}",
		 "printable"},
		{"{\"cmd\":\"comment\",\"alarm\":\"" PUMP0 "\",\"comment\":\"a\\u202eb\"}",
		 "printable"},
		{"{\"cmd\":\"comment\",\"alarm\":\"" PUMP0 "\",\"comment\":\"a\\u009b31m\"}",
		 "printable"},
		{"{\"cmd\":\"ack\",\"alarm\":\"" PUMP0 "\",\"comment\":\"x\\u001b[31m\"}",
		 "printable"},
		{"{\"cmd\":\"shelve\",\"alarm\":\"" PUMP0 "\",\"for_s\":60,\"why\":\"\\u2028\"}",
		 "printable"},
		{"{\"cmd\":\"ack\",\"alarm\":\"cs00\\u001b[2J\"}", "printable"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_false(rig_ask(rows[i].request));
		assert_non_null(strstr(rig.reply, "\"ok\":false"));
		if (!strstr(rig.reply, rows[i].reason))
			fail_msg("%s: %s", rows[i].request, rig.reply);
	}
}

static void
who_may_only_look_changes_nothing(void **state)
{
	(void)state;
	rig_set(ROLE_PUMP_STATUS, 0, 3.0);
	rig_steps(1);
	assert_false(rig_ask_as(ACCESS_VIEW, "{\"cmd\":\"ack\",\"alarm\":\"" PUMP0 "\"}"));
	assert_non_null(strstr(rig.reply, "isotherm-operate"));
	assert_int_equal(rig_state(PUMP0), ALARM_UNACKED);
	assert_true(rig_ask_as(ACCESS_VIEW, "{\"cmd\":\"show\",\"alarm\":\"" PUMP0 "\"}"));
	assert_non_null(strstr(rig.reply, "Change it."));
	assert_non_null(strstr(rig.reply, "\"page\":\"pending\""));
	assert_false(rig_ask_as(ACCESS_NONE, "{\"cmd\":\"list\"}"));
	assert_true(rig_ask("{\"cmd\":\"ack\",\"alarm\":\"" PUMP0 "\"}"));
	assert_false(rig_ask("{\"cmd\":\"ack\",\"alarm\":\"" PUMP0 "\"}"));
	assert_non_null(strstr(rig.reply, "already, by jane"));
}

static void
a_long_list_comes_in_pieces_and_misses_none(void **state)
{
	char request[64] = "{\"cmd\":\"list\"}";
	unsigned seen = 0, pieces = 0;
	const char *next;

	(void)state;
	assert_true(
		rig_ask("{\"cmd\":\"take_out\",\"system\":\"cs00\",\"for_s\":9,\"why\":\"w\"}"));
	assert_true(
		rig_ask("{\"cmd\":\"take_out\",\"system\":\"cs01\",\"for_s\":9,\"why\":\"w\"}"));
	do {
		assert_true(rig_ask(request));
		assert_true(strlen(rig.reply) <= COMMAND_MAX);
		for (const char *at = rig.reply; (at = strstr(at, "\"alarm\":\"")) != NULL; at++)
			seen++;
		next = strstr(rig.reply, "\"next\":");
		if (next)
			snprintf(request, sizeof(request), "{\"cmd\":\"list\",\"from\":%ld}",
				 strtol(next + 7, NULL, 10));
		pieces++;
	} while (next && pieces < 20);
	unsigned all = 0;
	for (uint32_t i = 0; i < rig.plant->n_alarms; i++)
		all += rig.plant->alarms[i].system >= 0;
	assert_int_equal(seen, all);
	assert_true(pieces > 1);
}

static void
requests_of_any_bytes_get_an_answer(void **state)
{
	static const char *const parts[] = {
		"{",          "}",        "\"cmd\"",     ":",
		"\"ack\"",    ",",        "\"alarm\"",   "\"" PUMP0 "\"",
		"1e999",      "null",     "\"list\"",    "\"from\"",
		"-1",         "\"show\"", "\"history\"", "\"\\u0000\"",
		"\xff",       "[",        "]",           "\"for_s\"",
		"\"shelve\"", "\"why\"",  "\"\""};
	char request[512];

	(void)state;
	for (uint64_t i = 0; i < 20000; i++) {
		request[0] = '\0';
		for (uint64_t k = 0; k < 1 + keyed_u64(3, i, 0) % 16; k++)
			strcat(request,
			       parts[keyed_u64(3, i, k + 1) % (sizeof(parts) / sizeof(parts[0]))]);
		(void)rig_ask(request);
		assert_true(strncmp(rig.reply, "{\"", 2) == 0);
	}
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_calm_plant_has_no_alarm_and_no_page),
		T(a_failed_pump_is_shown_told_and_paged_at_once),
		T(an_episode_is_one_key_from_trigger_to_resolve),
		T(what_returns_unseen_waits_for_somebody_and_does_not_call_twice),
		T(a_latched_alarm_needs_an_acknowledgement_and_a_reset),
		T(a_lost_input_keeps_the_last_real_state_beside_its_own_alarm),
		T(a_writer_that_stops_leaves_its_inputs_stale_and_is_silent),
		T(a_shelf_hides_until_its_end_and_then_calls),
		T(a_shelf_taken_off_by_hand_calls_nobody),
		T(a_jump_of_the_wall_clock_ends_no_shelf),
		T(a_system_in_maintenance_is_out_of_service_until_its_mode_says_otherwise),
		T(a_system_is_taken_out_by_hand_for_a_time),
		T(a_page_is_tried_until_it_is_delivered_with_the_same_key),
		T(without_anybody_to_take_them_pages_wait_and_are_shown),
		T(a_page_that_fails_raises_its_own_alarm),
		T(requests_that_make_no_sense_are_refused_with_a_reason),
		T(who_may_only_look_changes_nothing),
		T(a_long_list_comes_in_pieces_and_misses_none),
		T(requests_of_any_bytes_get_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
