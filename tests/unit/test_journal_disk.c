/* SPDX-License-Identifier: Apache-2.0 */
/* Disks that will not have a journal: removed, read-only, locked, failing, full. */
#include "tests/unit/journal_rig.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

#define NOBODY 65534

static void
pump_fails_and_is_paged(bool journalled)
{
	rig_set(ROLE_PUMP_STATUS, 0, 3.0);
	rig_steps(1);
	assert_int_equal(rig_state(PUMP0), ALARM_UNACKED);
	struct page_intent page = rig_page();
	assert_int_equal(page.journalled, journalled);
	rig_page_ends(&page, true);
	rig_steps(1);
}

static void
removed_under_our_feet_it_is_written_again_with_all_that_is_known(void **state)
{
	struct blob none = {0};

	(void)state;
	start();
	pump_fails_and_is_paged(true);
	blob_write(state_dir, "", &none);
	blob_write(state_dir, "-wal", &none);
	assert_true(rig_ask("{\"cmd\":\"ack\",\"alarm\":\"" PUMP0 "\"}"));
	rig_steps(1);
	assert_int_equal(rig_point(ROLE_ALARM_JOURNAL_OK), 0);
	assert_true(rig_told(""));
	restart();
	assert_int_equal(rig_state(PUMP0), ALARM_ACKED);
	assert_int_equal(rig_field(PUMP0, ALARM_FIELD_EPISODE).value, 1);
	rig_delivers(PAGE_ACKNOWLEDGE, "test/" PUMP0 "/1");
	rig_no_page();
}

/* As an ordinary user, to whom a folder's mode means something. */
static void
in_a_folder_that_cant_be_written_everything_is_held(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/alarms", state_dir);
	if (geteuid() == 0) {
		assert_int_equal(chown(state_dir, NOBODY, NOBODY), 0);
		assert_int_equal(chown(path, NOBODY, NOBODY), 0);
		assert_int_equal(seteuid(NOBODY), 0);
	}
	assert_int_equal(chmod(path, 0500), 0);
	start();
	assert_true(rig_told(""));
	assert_int_equal(rig_point(ROLE_ALARM_JOURNAL_OK), 0);
	pump_fails_and_is_paged(false);
	assert_true(rig_ask("{\"cmd\":\"ack\",\"alarm\":\"" PUMP0 "\"}"));
	assert_non_null(strstr(rig.reply, "\"journalled\":false"));
	assert_int_equal(rig_state(PUMP0), ALARM_ACKED);
	assert_true(rig_point(ROLE_ALARM_JOURNAL_HELD) > 1.0);
	rig_steps(6000); /* ten minutes of it */
	assert_int_equal(chmod(path, 0700), 0);
	rig_steps(20);
	assert_int_equal(rig_point(ROLE_ALARM_JOURNAL_OK), 1);
	assert_int_equal(rig_point(ROLE_ALARM_JOURNAL_HELD), 0);
	assert_true(rig_page().journalled); /* the acknowledgement, meanwhile */
	uint64_t episode = (uint64_t)rig_field(PUMP0, ALARM_FIELD_EPISODE).value;
	restart();
	assert_int_equal(rig_state(PUMP0), ALARM_ACKED);
	assert_int_equal((uint64_t)rig_field(PUMP0, ALARM_FIELD_EPISODE).value, episode);
	char rows[512];
	stop();
	query("SELECT count(*) FROM transition WHERE alarm = '" PUMP0
	      "' AND event IN ('raise','ack')",
	      rows, sizeof(rows));
	assert_string_equal(rows, "2\n");
	start();
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
}

static void
a_journal_that_could_not_be_read_at_first_is_taken_up_later(void **state)
{
	char path[256];

	(void)state;
	start();
	rig_set(ROLE_LOOP_LEAK, 0, 1.0);
	pump_fails_and_is_paged(true);
	assert_true(rig_ask("{\"cmd\":\"ack\",\"alarm\":\"" LEAK0 "\"}"));
	stop();
	/* Somebody else has it open, and locked. */
	path_of(state_dir, "", path, sizeof(path));
	sqlite3 *other = NULL;
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	rig_set(ROLE_LOOP_LEAK, 0, 0.0); /* dried meanwhile */
	start();
	assert_int_equal(rig_point(ROLE_ALARM_JOURNAL_OK), 0);
	assert_int_equal(rig_state(LEAK0), ALARM_NORMAL); /* nothing is known of it */
	assert_int_equal(rig_state(PUMP0), ALARM_UNACKED);
	assert_true(rig_field(PUMP0, ALARM_FIELD_EPISODE).value > 1e6); /* no key used before */
	sqlite3_close(other);
	rig_steps(20);
	assert_int_equal(rig_point(ROLE_ALARM_JOURNAL_OK), 1);
	assert_int_equal(rig_state(LEAK0), ALARM_ACKED); /* latched, and not reset */
	assert_int_equal(rig_field(LEAK0, ALARM_FIELD_EPISODE).value, 1);
	/* The older episode of the pump is over for its pager. */
	bool resolved = false;
	struct page_intent page;
	for (int i = 0; i < 100; i++, rig_steps(1))
		while (engine_take_page(rig.engine, rig.now_ns, &page)) {
			resolved |= page.action == PAGE_RESOLVE &&
				    strcmp(page.key, "test/" PUMP0 "/1") == 0;
			rig_page_ends(&page, true);
		}
	assert_true(resolved);
	assert_int_equal(rig_state(PUMP0), ALARM_UNACKED);
}

static void
fill_the_disk_and_make_room(void (*fill)(void), void (*make_room)(void))
{
	start();
	pump_fails_and_is_paged(true);
	rig_set(ROLE_LOOP_LEAK, 0, 1.0);
	rig_steps(1);
	fill();
	for (unsigned i = 0; i < 300 && rig.engine->journal_ok; i++)
		(void)rig_ask("{\"cmd\":\"comment\",\"alarm\":\"" PUMP0
			      "\",\"comment\":\"0123456789012345678901234567890123456789\"}");
	assert_false(rig.engine->journal_ok);
	assert_true(rig_ask("{\"cmd\":\"ack\",\"alarm\":\"" PUMP0 "\"}"));
	rig_set(ROLE_LOOP_LEAK, 1, 1.0);
	rig_steps(30);
	assert_int_equal(rig_state("cs00.leak_wet[1]"), ALARM_UNACKED);
	assert_int_equal(rig_point(ROLE_ALARM_JOURNAL_OK), 0);
	rig_delivers(PAGE_TRIGGER, "test/" LEAK0 "/1");
	rig_delivers(PAGE_TRIGGER, "test/cs00.leak_wet[1]/1");
	rig_delivers(PAGE_ACKNOWLEDGE, "test/" PUMP0 "/1");
	make_room();
	rig_steps(20);
	assert_true(rig.engine->journal_ok);
	rig_no_page(); /* delivered is delivered, whenever it was written */
	restart();
	assert_int_equal(rig_state(PUMP0), ALARM_ACKED);
	assert_int_equal(rig_state(LEAK0), ALARM_UNACKED);
	assert_int_equal(rig_field(PUMP0, ALARM_FIELD_EPISODE).value, 1);
	rig_no_page();
}

static void
limit_files(void)
{
	const struct rlimit r = {.rlim_cur = 4096, .rlim_max = RLIM_INFINITY};

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

static void
unlimit_files(void)
{
	const struct rlimit r = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

static void
writes_that_fail_lose_nothing(void **state)
{
	(void)state;
	fill_the_disk_and_make_room(limit_files, unlimit_files);
}

static void
fill_disk(void)
{
	struct blob big = {.data = calloc(1, 1 << 20), .n = 4096, .there = true};
	char path[256];

	path_of(state_dir, ".filler", path, sizeof(path));
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	while (write(fd, big.data, big.n) > 0)
		;
	close(fd);
	free(big.data);
}

static void
empty_disk(void)
{
	char path[256];

	path_of(state_dir, ".filler", path, sizeof(path));
	assert_int_equal(unlink(path), 0);
}

static void
a_full_disk_loses_nothing(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/alarms", state_dir);
	if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("tmpfs", path, "tmpfs", 0, "size=512k") != 0)
		skip(); /* only root may have a small disk */
	fill_the_disk_and_make_room(fill_disk, empty_disk);
	stop();
	assert_int_equal(umount2(path, MNT_DETACH), 0);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(removed_under_our_feet_it_is_written_again_with_all_that_is_known),
		T(in_a_folder_that_cant_be_written_everything_is_held),
		T(a_journal_that_could_not_be_read_at_first_is_taken_up_later),
		T(writes_that_fail_lose_nothing),
		T(a_full_disk_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
