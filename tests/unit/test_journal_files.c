/* SPDX-License-Identifier: Apache-2.0 */
/* What people see of the journal after restarts, and files that are none of ours. */
#include "tests/unit/journal_rig.h"

#include <errno.h>

#include "controllers/control.h"

/* The alarms know the controllers' events by number: neither room includes the other. */
_Static_assert(CONTROL_EVENT_AUTHORITY == 5, "alarms/engine_keep.c hears another number");

static void
acks_shelves_comments_and_episodes_outlive_the_process(void **state)
{
	(void)state;
	start();
	rig_set(ROLE_PUMP_STATUS, 0, 3.0);
	rig_set(ROLE_LOOP_LEAK, 0, 1.0);
	rig_steps(1);
	assert_true(rig_ask("{\"cmd\":\"ack\",\"alarm\":\"" PUMP0 "\",\"comment\":\"coming\"}"));
	assert_non_null(strstr(rig.reply, "\"journalled\":true"));
	assert_true(rig_ask("{\"cmd\":\"shelve\",\"alarm\":\"" LEAK0
			    "\",\"for_s\":60,\"why\":\"drying\"}"));
	restart(); /* 20 s later */
	assert_int_equal(rig_state(PUMP0), ALARM_ACKED);
	assert_int_equal(rig_state(LEAK0), ALARM_SHELVED);
	assert_true(rig_ask("{\"cmd\":\"show\",\"alarm\":\"" PUMP0 "\"}"));
	assert_non_null(strstr(rig.reply, "\"user\":\"jane\""));
	assert_non_null(strstr(rig.reply, "\"text\":\"coming\""));
	rig_steps(380);
	assert_int_equal(rig_state(LEAK0), ALARM_SHELVED);
	rig_steps(30); /* the rest of its minute */
	assert_int_equal(rig_state(LEAK0), ALARM_UNACKED);
	assert_int_equal(rig_field(LEAK0, ALARM_FIELD_EPISODE).value, 1);
	rig_set(ROLE_PUMP_STATUS, 0, 1.0);
	rig_steps(20);
	rig_set(ROLE_PUMP_STATUS, 0, 3.0);
	restart();
	assert_int_equal(rig_state(PUMP0), ALARM_UNACKED);
	assert_int_equal(rig_field(PUMP0, ALARM_FIELD_EPISODE).value, 2);
}

static void
undelivered_and_delivered_pages_are_counted_over_restarts(void **state)
{
	(void)state;
	start();
	rig_set(ROLE_PUMP_STATUS, 0, 3.0);
	rig_set(ROLE_LOOP_LEAK, 0, 1.0);
	rig_steps(1);
	assert_int_equal(rig_point(ROLE_ALARM_PAGES_PENDING), 2);
	assert_int_equal(rig_point(ROLE_ALARM_PAGES_FAILED), 0);
	struct page_intent page = rig_page();
	rig_page_ends(&page, false); /* it waits for its next try: nobody has it at hand */
	rig_steps(1);
	assert_int_equal(rig_point(ROLE_ALARM_PAGES_PENDING), 2);
	assert_int_equal(rig_point(ROLE_ALARM_PAGES_FAILED), 1);
	page = rig_page();
	rig_page_ends(&page, true);
	rig_steps(1);
	assert_int_equal(rig_point(ROLE_ALARM_PAGES_PENDING), 1);
	assert_int_equal(rig_point(ROLE_ALARM_PAGES_DELIVERED), 1);
	restart();
	assert_int_equal(rig_point(ROLE_ALARM_PAGES_PENDING), 1);
	assert_int_equal(rig_point(ROLE_ALARM_PAGES_DELIVERED), 1);
	page = rig_page();
	rig_page_ends(&page, true);
	rig_steps(1);
	assert_int_equal(rig_point(ROLE_ALARM_PAGES_PENDING), 0);
	assert_int_equal(rig_point(ROLE_ALARM_PAGES_FAILED), 0);
	assert_int_equal(rig_point(ROLE_ALARM_PAGES_DELIVERED), 2);
}

static void
a_shelf_that_ends_while_nobody_runs_ends_at_the_start(void **state)
{
	(void)state;
	start();
	rig_set(ROLE_PUMP_STATUS, 0, 3.0);
	rig_steps(1);
	assert_true(
		rig_ask("{\"cmd\":\"shelve\",\"alarm\":\"" PUMP0 "\",\"for_s\":9,\"why\":\"x\"}"));
	restart();
	assert_int_equal(rig_state(PUMP0), ALARM_UNACKED);
}

/* As a restart after which somebody has set the wall clock. */
static void
restart_with_wall_step(int64_t step_ns)
{
	stop();
	rig.now_ns += 20 * NS_PER_S;
	rig.wall_ns += 20 * NS_PER_S + step_ns;
	start();
}

static void
a_wall_clock_that_is_set_back_over_a_restart_makes_no_shelf_longer(void **state)
{
	(void)state;
	start();
	rig_set(ROLE_PUMP_STATUS, 0, 3.0);
	rig_steps(1);
	assert_true(
		rig_ask("{\"cmd\":\"shelve\",\"alarm\":\"" PUMP0 "\",\"for_s\":60,\"why\":\"x\"}"));
	restart_with_wall_step(-7200 * NS_PER_S);
	assert_int_equal(rig_state(PUMP0), ALARM_SHELVED);
	rig_steps(599); /* no more than the whole of its minute */
	assert_int_equal(rig_state(PUMP0), ALARM_UNACKED);
}

static void
a_wall_clock_that_is_years_off_at_a_restart_ends_a_shelf_in_a_day(void **state)
{
	char none[16];

	(void)state;
	start();
	rig_set(ROLE_PUMP_STATUS, 0, 3.0);
	rig_steps(1);
	/* shelved, and once more: the state is older than the shelf */
	assert_true(
		rig_ask("{\"cmd\":\"shelve\",\"alarm\":\"" PUMP0 "\",\"for_s\":60,\"why\":\"x\"}"));
	stop();
	query("UPDATE transition SET since_ns = 1", none, sizeof(none));
	rig.wall_ns -= INT64_C(10) * 365 * 86400 * NS_PER_S;
	start();
	assert_int_equal(rig_state(PUMP0), ALARM_SHELVED);
	rig.now_ns += 86400 * NS_PER_S;
	rig_steps(1);
	assert_int_equal(rig_state(PUMP0), ALARM_UNACKED);
}

static void
a_wall_clock_that_is_set_back_over_a_restart_keeps_no_alarm_from_calling(void **state)
{
	(void)state;
	start();
	rig_set(ROLE_PUMP_STATUS, 0, 3.0);
	rig_steps(1);
	rig_delivers(PAGE_TRIGGER, "test/" PUMP0 "/1");
	rig_set(ROLE_PUMP_STATUS, 0, 1.0);
	rig_steps(12);
	restart_with_wall_step(-86400 * NS_PER_S);
	assert_int_equal(rig_state(PUMP0), ALARM_RETURNED);
	rig_steps(6001); /* ten minutes: it may call again */
	rig_set(ROLE_PUMP_STATUS, 0, 3.0);
	rig_steps(1);
	rig_delivers(PAGE_TRIGGER, "test/" PUMP0 "/1");
}

static void
what_was_called_for_before_a_restart_is_not_called_for_again_after_it(void **state)
{
	(void)state;
	start();
	rig_set(ROLE_PUMP_STATUS, 0, 3.0);
	rig_steps(1);
	rig_delivers(PAGE_TRIGGER, "test/" PUMP0 "/1");
	rig_set(ROLE_PUMP_STATUS, 0, 1.0);
	rig_steps(12);
	restart();
	assert_int_equal(rig_state(PUMP0), ALARM_RETURNED);
	rig_set(ROLE_PUMP_STATUS, 0, 3.0);
	rig_steps(1);
	assert_int_equal(rig_state(PUMP0), ALARM_UNACKED);
	rig_no_page();
}

static void
a_row_that_nobody_can_have_written_is_mended(void **state)
{
	char none[16];

	(void)state;
	start();
	rig_set(ROLE_PUMP_STATUS, 0, 3.0);
	rig_steps(1);
	stop();
	query("UPDATE transition SET active = 0, held = 0, open = 0", none, sizeof(none));
	rig_set(ROLE_PUMP_STATUS, 0, 1.0);
	start();
	assert_int_equal(rig_state(PUMP0), ALARM_RETURNED);
	assert_true(rig_ask("{\"cmd\":\"ack\",\"alarm\":\"" PUMP0 "\"}"));
	assert_int_equal(rig_state(PUMP0), ALARM_NORMAL);
	stop();
	query("UPDATE transition SET state = 'confused'", none, sizeof(none));
	start();
	assert_int_equal(rig_state(PUMP0), ALARM_NORMAL);
}

static void
maintenance_outlives_the_process_before_the_controllers_speak(void **state)
{
	(void)state;
	start();
	rig_set(ROLE_CTL_MODE, 0, CTL_MAINTENANCE);
	rig_set(ROLE_PUMP_STATUS, 0, 3.0);
	rig_steps(1);
	rig.quiet[REGION_CTL] = true;
	rig_sample(ROLE_CTL_MODE, 0)->quality = QUALITY_NEVER;
	restart();
	rig_steps(50);
	assert_int_equal(rig_state(PUMP0), ALARM_OUT_OF_SERVICE);
	rig.quiet[REGION_CTL] = false;
	rig_set(ROLE_CTL_MODE, 0, CTL_AUTO);
	rig_steps(1);
	assert_int_equal(rig_state(PUMP0), ALARM_UNACKED);
}

static void
an_undelivered_page_goes_after_a_restart_and_a_delivered_one_does_not(void **state)
{
	(void)state;
	start();
	rig_set(ROLE_PUMP_STATUS, 0, 3.0);
	rig_set(ROLE_LOOP_LEAK, 0, 1.0);
	rig_steps(1);
	struct page_intent leak = rig_page(); /* critical: first */
	assert_string_equal(leak.key, "test/" LEAK0 "/1");
	struct page_intent pump = rig_page();
	rig_page_ends(&leak, true);
	rig_page_ends(&pump, false);
	rig_steps(1);
	restart();
	pump = rig_page();
	assert_string_equal(pump.key, "test/" PUMP0 "/1");
	assert_int_equal(pump.attempt, 2);
	assert_true(pump.journalled);
	assert_string_equal(pump.cause, "The drive's breaker.");
	rig_no_page();
	rig_page_ends(&pump, true);
	rig_set(ROLE_PUMP_STATUS, 1, 3.0); /* what comes after a restart is kept, too */
	rig_steps(1);
	restart();
	rig_delivers(PAGE_TRIGGER, "test/cs00.pump_failed[1]/1");
	rig_no_page();
}

/* Deliveries by episode: each in the order trigger, acknowledge, resolve. */
static struct {
	unsigned told[501], all;
} deliveries;

static void
deliver(unsigned most)
{
	struct page_intent page;

	while (most-- > 0 && engine_take_page(rig.engine, rig.now_ns, &page)) {
		assert_true(page.episode <= 500);
		assert_int_equal(page.action, deliveries.told[page.episode]);
		deliveries.told[page.episode]++;
		deliveries.all++;
		rig_page_ends(&page, true);
	}
}

static void
whole_episode(unsigned most)
{
	rig_set(ROLE_PUMP_STATUS, 0, 3.0);
	rig_steps(1);
	deliver(most);
	assert_true(rig_ask("{\"cmd\":\"ack\",\"alarm\":\"" PUMP0 "\"}"));
	deliver(most);
	rig_set(ROLE_PUMP_STATUS, 0, 1.0);
	rig_steps(12);
}

static void
more_pages_than_fit_wait_in_the_journal(void **state)
{
	(void)state;
	memset(&deliveries, 0, sizeof(deliveries));
	start();
	for (unsigned i = 0; i < 400; i++) /* three pages each, and room for 1024 */
		whole_episode(0);
	assert_int_equal(engine_pages_pending(rig.engine), PAGING_MAX);
	restart();
	for (unsigned i = 0; i < 100; i++)
		whole_episode(10);
	for (unsigned i = 0; i < 4000 && deliveries.all < 1500; i++, rig_steps(1))
		deliver(100);
	assert_int_equal(deliveries.all, 1500);
	rig_steps(10);
	rig_no_page();
}

static void
what_was_asked_and_refused_is_in_the_journal_with_the_user(void **state)
{
	char rows[2048];

	(void)state;
	start();
	rig_set(ROLE_PUMP_STATUS, 0, 3.0);
	rig_steps(1);
	(void)rig_ask_as(ACCESS_VIEW, "{\"cmd\":\"ack\",\"alarm\":\"" PUMP0 "\"}");
	(void)rig_ask("{\"cmd\":\"ack\",\"alarm\":\"" PUMP0 "\",\"comment\":\"c\"}");
	stop();
	query("SELECT seq, alarm, uid, user, command, substr(result, 1, 9) FROM audit", rows,
	      sizeof(rows));
	assert_string_equal(rows, "2|" PUMP0 "|1234|jane|ack|ack needs\n"
				  "5|" PUMP0 "|1234|jane|ack|ok\n");
	query("SELECT seq, alarm, event, from_state, state, episode, uid FROM transition", rows,
	      sizeof(rows));
	assert_string_equal(rows, "1|" PUMP0 "|raise|normal|unacked|1|-1\n"
				  "3|" PUMP0 "|ack|unacked|acked|1|1234\n");
	query("SELECT key, action, delivered FROM page", rows, sizeof(rows));
	assert_string_equal(rows, "test/" PUMP0 "/1|trigger|-\ntest/" PUMP0 "/1|acknowledge|-\n");
	query("SELECT time FROM comment", rows, sizeof(rows));
	assert_memory_equal(rows, "2026-", 5);
}

static void
controllers_say(uint32_t code, const char *text)
{
	struct image_event event = {.time_ns = rig.now_ns, .code = code, .point = NO_POINT};

	strcpy(event.text, text);
	image_emit(rig.image[REGION_CTL], &event);
}

static void
what_people_do_to_systems_is_heard_once_and_kept(void **state)
{
	char rows[1024];

	(void)state;
	controllers_say(CONTROL_EVENT_AUTHORITY, "cs00 stopped by uid 0 (engineer): smoke");
	controllers_say(CONTROL_EVENT_MODE, "cs00 is stopped: no duty");
	start();
	restart();
	controllers_say(CONTROL_EVENT_AUTHORITY, "cs01 in maintenance by uid 7 (operate): WO-770");
	rig_steps(1);
	restart();
	rig_steps(1);
	/* The controllers were started again, too: their events count from 1. */
	struct image_layout layout = images_layout(rig.plant, &rig.plant->ctl);
	image_close(rig.image[REGION_CTL]);
	assert_int_equal(image_create(&rig.image[REGION_CTL], rig.folder, &layout, 77, NULL), 0);
	engine_set_image(rig.engine, REGION_CTL, rig.image[REGION_CTL]);
	controllers_say(CONTROL_EVENT_AUTHORITY, "cs01 started by uid 7 (operate): done");
	for (int i = 0; i < 5; i++)
		controllers_say(CONTROL_EVENT_MODE, "cs01 is in charge");
	rig_steps(1);
	stop();
	query("SELECT alarm, command, text FROM audit", rows, sizeof(rows));
	assert_string_equal(rows, "cs00|control|cs00 stopped by uid 0 (engineer): smoke\n"
				  "cs01|control|cs01 in maintenance by uid 7 (operate): WO-770\n"
				  "cs01|control|cs01 started by uid 7 (operate): done\n");
}

static void
history_is_read_from_both_ends(void **state)
{
	char request[128];
	unsigned rows = 0, pieces = 0;
	const char *more;

	(void)state;
	start();
	for (unsigned i = 0; i < 40; i++)
		assert_true(rig_ask("{\"cmd\":\"comment\",\"alarm\":\"" PUMP0
				    "\",\"comment\":\"note\"}"));
	strcpy(request, "{\"cmd\":\"history\"}");
	do {
		assert_true(rig_ask(request));
		for (const char *at = rig.reply; (at = strstr(at, "\"seq\":")) != NULL; at++)
			rows++;
		more = strstr(rig.reply, "\"before\":");
		if (more)
			snprintf(request, sizeof(request), "{\"cmd\":\"history\",\"before\":%ld}",
				 strtol(more + 9, NULL, 10));
	} while (more && ++pieces < 50);
	assert_int_equal(rows, 80); /* a comment and an audit row each */
	assert_true(rig_ask("{\"cmd\":\"history\",\"from\":79}"));
	assert_non_null(strstr(rig.reply, "{\"seq\":79,"));
	assert_null(strstr(rig.reply, "{\"seq\":78,"));
	assert_null(strstr(rig.reply, "\"from\":"));
	assert_true(rig_ask("{\"cmd\":\"history\",\"alarm\":\"" LEAK0 "\"}"));
	assert_non_null(strstr(rig.reply, "\"rows\":[]"));
}

/* --- files that are not ours --- */

static void
expect_begun_anew(void)
{
	start();
	assert_int_equal(rig.journal->set_aside, 1);
	assert_int_equal(rig_point(ROLE_ALARM_JOURNAL_OK), 0); /* told for a minute */
	assert_int_equal(rig_state("site.journal_bad"), ALARM_UNACKED);
	rig_set(ROLE_PUMP_STATUS, 0, 3.0);
	rig_steps(1);
	struct page_intent page = rig_page();
	assert_true(page.journalled);
	assert_true(page.episode > 1000000); /* no earlier journal counted so far */
	rig_set(ROLE_PUMP_STATUS, 0, 1.0);
	rig_steps(610);
	assert_int_equal(rig_point(ROLE_ALARM_JOURNAL_OK), 1);
	stop();
	remove_set_aside();
	struct blob none = {0};
	blob_write(state_dir, "", &none);
}

static void
what_is_no_journal_of_ours_is_set_aside(void **state)
{
	struct blob text = {
		.data = (uint8_t *)(uintptr_t) "this is no database, but long enough for one",
		.n = 44,
		.there = true};
	struct blob empty = {.data = text.data, .n = 0, .there = true};
	char path[256], other[256];

	(void)state;
	path_of(state_dir, "", path, sizeof(path));
	path_of(state_dir, ".target", other, sizeof(other));
	blob_write(state_dir, "", &text);
	expect_begun_anew();
	blob_write(state_dir, "", &empty);
	expect_begun_anew();
	assert_int_equal(mkdir(path, 0700), 0);
	expect_begun_anew();
	assert_int_equal(mkfifo(path, 0600), 0);
	expect_begun_anew();
	blob_write(state_dir, ".target", &text);
	assert_int_equal(symlink(other, path), 0);
	expect_begun_anew();
	sqlite3 *db = NULL;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "CREATE TABLE a(b)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	expect_begun_anew();
}

static void
what_can_be_read_of_a_damaged_file_is_carried_over(void **state)
{
	(void)state;
	start();
	rig_set(ROLE_PUMP_STATUS, 0, 3.0);
	rig_set(ROLE_LOOP_LEAK, 0, 1.0);
	rig_steps(1);
	assert_true(rig_ask("{\"cmd\":\"ack\",\"alarm\":\"" PUMP0 "\"}"));
	stop();
	/* A page of an index: the rows are whole, and the check finds that they are not all there. */
	struct blob db = blob_read(state_dir, "");
	char root[32];
	query("SELECT rootpage FROM sqlite_master WHERE name = 'comment_alarm'", root,
	      sizeof(root));
	memset(db.data + (size_t)(atoi(root) - 1) * 4096, 0x55, 4096);
	blob_write(state_dir, "", &db);
	free(db.data);
	for (int i = 0; i < 2; i++) { /* the new file has it, too */
		start();
		assert_int_equal(rig.journal->set_aside, i == 0);
		assert_int_equal(rig_state(PUMP0), ALARM_ACKED);
		assert_int_equal(rig_state(LEAK0), ALARM_UNACKED);
		assert_int_equal(rig_field(PUMP0, ALARM_FIELD_EPISODE).value, 1);
		assert_int_equal(engine_pages_pending(rig.engine), 3 + i);
		rig_set(ROLE_PUMP_STATUS, 1, 3.0); /* another one, of a number of its own */
		rig_steps(1);
		assert_int_equal(engine_pages_pending(rig.engine), 4);
		stop();
		remove_set_aside();
	}
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(acks_shelves_comments_and_episodes_outlive_the_process),
		T(undelivered_and_delivered_pages_are_counted_over_restarts),
		T(a_shelf_that_ends_while_nobody_runs_ends_at_the_start),
		T(a_wall_clock_that_is_set_back_over_a_restart_makes_no_shelf_longer),
		T(a_wall_clock_that_is_years_off_at_a_restart_ends_a_shelf_in_a_day),
		T(a_wall_clock_that_is_set_back_over_a_restart_keeps_no_alarm_from_calling),
		T(what_was_called_for_before_a_restart_is_not_called_for_again_after_it),
		T(a_row_that_nobody_can_have_written_is_mended),
		T(maintenance_outlives_the_process_before_the_controllers_speak),
		T(an_undelivered_page_goes_after_a_restart_and_a_delivered_one_does_not),
		T(more_pages_than_fit_wait_in_the_journal),
		T(what_was_asked_and_refused_is_in_the_journal_with_the_user),
		T(what_people_do_to_systems_is_heard_once_and_kept),
		T(history_is_read_from_both_ends),
		T(what_is_no_journal_of_ours_is_set_aside),
		T(what_can_be_read_of_a_damaged_file_is_carried_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
