/* SPDX-License-Identifier: Apache-2.0 */
/* The runner's own files: the run folder, the rooms' logs, the simulator's ports, the readiness socket. */
#include "tests/unit/support.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "runner/folder.h"
#include "runner/ports.h"
#include "runner/ready.h"
#include "runner/roomlog.h"

static char base[64], dir[96];
static struct folder taken;
static struct errtext err;

static int
setup(void **state)
{
	(void)state;
	folder_make(base);
	(void)snprintf(dir, sizeof dir, "%s/run", base);
	taken.lock_fd = -1;
	err.text[0] = '\0';
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	folder_leave(&taken);
	folder_remove(base);
	return 0;
}

static void
make_file(const char *in, const char *name)
{
	char path[192];
	int fd;

	(void)snprintf(path, sizeof path, "%s/%s", in, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
}

static int
count_entries(const char *in)
{
	DIR *d = opendir(in);
	int n = 0;

	assert_non_null(d);
	for (struct dirent *e = readdir(d); e != NULL; e = readdir(d))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

/* --- run folder --- */

static void
a_folder_that_is_left_is_gone_with_all_that_rooms_made(void **state)
{
	(void)state;
	assert_int_equal(folder_take(&taken, dir, &err), 0);
	assert_false(taken.was_stale);
	make_file(dir, "in-0.img");
	make_file(dir, "in-0.img.lock");
	make_file(dir, "sim.sock");
	make_file(dir, "control.holds");
	make_file(dir, "control.caps");
	assert_int_equal(folder_write(&taken, "run.json", "{}", &err), 0);
	folder_leave(&taken);
	assert_int_equal(access(dir, F_OK), -1);
}

static void
a_second_runner_is_refused_by_the_name_of_the_first(void **state)
{
	struct folder second;

	(void)state;
	assert_int_equal(folder_take(&taken, dir, &err), 0);
	assert_int_equal(
		folder_write(&taken, "run.json", "{\"site\": \"north\", \"pid\": 4711}", &err), 0);
	assert_int_equal(folder_take(&second, dir, &err), -EBUSY);
	assert_non_null(strstr(err.text, "north"));
	assert_non_null(strstr(err.text, "4711"));
	folder_leave(&second); /* takes nothing from the first */
	assert_int_equal(access(dir, F_OK), 0);
}

static void
what_a_dead_runner_left_is_removed_but_what_people_hold(void **state)
{
	(void)state;
	assert_int_equal(mkdir(dir, 0700), 0);
	make_file(dir, "control.holds");
	make_file(dir, "control.caps");
	make_file(dir, "run.lock");
	make_file(dir, "run.json");
	make_file(dir, "ctl.img");
	make_file(dir, "plant.yaml.tmp");
	assert_int_equal(folder_take(&taken, dir, &err), 0);
	assert_true(taken.was_stale);
	char path[PATH_MAX];
	assert_int_equal(folder_path(&taken, "ctl.img", path), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(folder_path(&taken, "control.holds", path), 0);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(folder_path(&taken, "control.caps", path), 0);
	assert_int_equal(access(path, F_OK), 0);
}

static void
a_folder_that_holds_anything_else_is_left_as_it_was(void **state)
{
	(void)state;
	assert_int_equal(mkdir(dir, 0700), 0);
	make_file(dir, "ctl.img");
	make_file(dir, "thesis.tex");
	assert_int_equal(folder_take(&taken, dir, &err), -ENOTEMPTY);
	assert_non_null(strstr(err.text, "thesis.tex"));
	assert_int_equal(count_entries(dir), 2); /* not even a lock of ours came to them */
	folder_remove(dir);
}

static void
what_only_ends_like_a_file_of_ours_is_somebody_elses(void **state)
{
	static const char *const others[] = {"vm.img",     "vm.img.lock",  "web.sock",
					     "letter.tmp", "in-0.img.bak", "my-in-0.img",
					     "IN-0.IMG",   "run.json.old"};
	char path[PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		assert_int_equal(mkdir(dir, 0700), 0);
		make_file(dir, "ctl.img");
		make_file(dir, others[i]);
		if (folder_take(&taken, dir, &err) != -ENOTEMPTY)
			fail_msg("%s was taken for isotherm's", others[i]);
		assert_non_null(strstr(err.text, others[i]));
		assert_int_equal(count_entries(dir), 2);
		folder_remove(dir);
		/* and one that came while we ran */
		assert_int_equal(folder_take(&taken, dir, &err), 0);
		make_file(dir, others[i]);
		assert_int_equal(folder_path(&taken, others[i], path), 0);
		folder_leave(&taken);
		if (access(path, F_OK) != 0)
			fail_msg("%s was removed", others[i]);
		folder_remove(dir);
	}
}

static void
a_folder_in_which_a_program_still_works_is_refused(void **state)
{
	char path[160];
	int fd;

	(void)state;
	assert_int_equal(mkdir(dir, 0700), 0);
	make_file(dir, "in-0.img.lock");
	(void)snprintf(path, sizeof path, "%s/in-0.img.lock", dir);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(folder_take(&taken, dir, &err), -EBUSY);
	assert_non_null(strstr(err.text, "in-0.img.lock"));
	close(fd);
	assert_int_equal(folder_take(&taken, dir, &err), 0);
}

/* --- logs --- */

static void
the_last_ten_lines_are_kept_oldest_first(void **state)
{
	struct roomlog log;
	char line[32];

	(void)state;
	assert_int_equal(roomlog_open(&log, base, "room", &err), 0);
	for (int i = 1; i <= 25; i++) {
		int n = snprintf(line, sizeof line, "line %d\n", i);

		roomlog_write(&log, line, 3, 0); /* in pieces, as pipes bring them */
		roomlog_write(&log, line + 3, (size_t)n - 3, 0);
	}
	roomlog_write(&log, "unfinished", 10, 0);
	assert_string_equal(roomlog_line(&log, 0, 0), "line 16");
	assert_string_equal(roomlog_line(&log, 9, 0), "line 25");
	assert_null(roomlog_line(&log, 10, 0));
	roomlog_mark(&log);
	assert_null(roomlog_line(&log, 0, 0));
	roomlog_close(&log);
}

static void
old_lines_are_no_last_words(void **state)
{
	struct roomlog log;

	(void)state;
	assert_int_equal(roomlog_open(&log, base, "room", &err), 0);
	for (int i = 0; i < 15; i++)
		roomlog_write(&log, "connected\n", 10, 1000 + i);
	roomlog_write(&log, "half", 4, 2000);
	roomlog_write(&log, " out\nof memory\n", 16, 5000);
	assert_string_equal(roomlog_line(&log, 0, 5000), "half out");
	assert_string_equal(roomlog_line(&log, 1, 5000), "of memory");
	assert_null(roomlog_line(&log, 2, 5000));
	assert_null(roomlog_line(&log, 0, 5001));
	assert_string_equal(roomlog_line(&log, 1, 1014), "half out");
	roomlog_close(&log);
}

static void
a_log_grows_to_a_mebibyte_and_one_older_one_is_kept(void **state)
{
	static char block[4096];
	struct roomlog log;
	struct stat st;
	char older[PATH_MAX + 2];

	(void)state;
	memset(block, 'x', sizeof block);
	block[sizeof block - 1] = '\n';
	assert_int_equal(roomlog_open(&log, base, "room", &err), 0);
	for (int i = 0; i < 3 * 256 + 10; i++)
		roomlog_write(&log, block, sizeof block, 0);
	assert_int_equal(stat(log.path, &st), 0);
	assert_in_range(st.st_size, 1, ROOMLOG_MAX_BYTES);
	(void)snprintf(older, sizeof older, "%s.1", log.path);
	assert_int_equal(stat(older, &st), 0);
	assert_in_range(st.st_size, ROOMLOG_MAX_BYTES - (int)sizeof block, ROOMLOG_MAX_BYTES);
	roomlog_close(&log);
}

static void
a_log_that_can_not_be_written_still_shows_its_last_lines(void **state)
{
	struct roomlog log;

	(void)state;
	assert_int_equal(roomlog_open(&log, "/nowhere", "room", &err), -ENOENT);
	roomlog_write(&log, "help\n", 5, 0);
	assert_string_equal(roomlog_line(&log, 0, 0), "help");
	roomlog_close(&log);
}

/* --- ports --- */

static struct plant *
small_plant(void)
{
	static const char text[] = "site: t\nsystems:\n  - {name: cs%02d, count: 1, type: water}\n";
	struct config_report report = {0};
	struct plant *p = NULL;

	assert_int_equal(plant_parse(&p, text, sizeof text - 1, "t.yaml", "config", &report), 0);
	return p;
}

static void
every_device_gets_the_port_that_the_simulator_bound(void **state)
{
	struct plant *p = small_plant();

	(void)state;
	assert_int_equal(
		ports_apply(p, "cs00.power 40003\ncs00.engine 40001\ncs00.cooling 40002\n", &err),
		0);
	assert_int_equal(p->devices[plant_device(p, "cs00.engine")].port, 40001);
	assert_int_equal(p->devices[plant_device(p, "cs00.power")].port, 40003);
	plant_free(p);
}

static void
a_line_gets_the_path_of_its_pseudo_terminal(void **state)
{
	static const char text[] = "site: t\nsystems:\n  - {name: cs%02d, count: 1, type: water}\n"
				   "lines: [{name: a}, {name: b, path: /dev/ttyS0}]\n"
				   "overrides: {cs00.power: {line: a}}\n";
	static const char ports[] = "cs00.engine 40001\ncs00.cooling 40002\n";
	struct config_report report = {0};
	struct plant *p = NULL;
	char given[400];

	(void)state;
	assert_int_equal(plant_parse(&p, text, sizeof text - 1, "t.yaml", "config", &report), 0);
	assert_int_equal(ports_apply(p, ports, &err), -EINVAL);
	assert_non_null(strstr(err.text, "path of its line for cs00.power"));
	for (size_t i = 0; i < 4; i++) {
		static const char *const wrong[] = {"line:c /x", "line:a", "line:a ", "line: /x"};

		snprintf(given, sizeof given, "%s%s\n", ports, wrong[i]);
		assert_int_equal(ports_apply(p, given, &err), -EINVAL);
		assert_non_null(strstr(err.text, "names no line"));
	}
	snprintf(given, sizeof given, "%sline:a /run/isotherm/line-a\n", ports);
	assert_int_equal(ports_apply(p, given, &err), 0);
	assert_string_equal(p->lines[0].path, "/run/isotherm/line-a");
	assert_string_equal(p->lines[1].path, "/dev/ttyS0");
	plant_free(p);
}

static void
a_missing_or_impossible_port_is_named(void **state)
{
	static const struct {
		const char *text, *names;
	} wrong[] = {{"cs00.engine 40001\ncs00.cooling 40002\n", "cs00.power"},
		     {"cs00.engine 0\n", "cs00.engine"},
		     {"cs00.engine 65536\n", "65536"},
		     {"cs00.engine 12x\n", "12x"},
		     {"cs07.engine 4000\n", "cs07.engine"},
		     {"nonsense\n", "nonsense"}};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct plant *p = small_plant();

		assert_int_equal(ports_apply(p, wrong[i].text, &err), -EINVAL);
		assert_non_null(strstr(err.text, wrong[i].names));
		plant_free(p);
	}
}

/* --- readiness --- */

static void
readiness_says_who_sent_it(void **state)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	static const char text[] = "READY=1\nSTATUS=collecting";
	struct ready_message m;
	int fd, from;

	(void)state;
	(void)snprintf(addr.sun_path, sizeof addr.sun_path, "%s/notify.sock", base);
	fd = ready_open(addr.sun_path, &err);
	assert_true(fd >= 0);
	assert_int_equal(ready_take(fd, &m), 0);
	from = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
		sendto(from, text, sizeof text - 1, 0, (const struct sockaddr *)&addr, sizeof addr),
		sizeof text - 1);
	assert_int_equal(
		sendto(from, "STOPPING=1", 10, 0, (const struct sockaddr *)&addr, sizeof addr), 10);
	assert_int_equal(ready_take(fd, &m), 1);
	assert_true(m.ready);
	assert_int_equal(m.pid, getpid());
	assert_string_equal(m.status, "collecting");
	assert_int_equal(ready_take(fd, &m), 1);
	assert_false(m.ready);
	assert_int_equal(ready_take(fd, &m), 0);
	close(from);
	close(fd);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_folder_that_is_left_is_gone_with_all_that_rooms_made),
		TEST(a_second_runner_is_refused_by_the_name_of_the_first),
		TEST(what_a_dead_runner_left_is_removed_but_what_people_hold),
		TEST(a_folder_that_holds_anything_else_is_left_as_it_was),
		TEST(what_only_ends_like_a_file_of_ours_is_somebody_elses),
		TEST(a_folder_in_which_a_program_still_works_is_refused),
		TEST(the_last_ten_lines_are_kept_oldest_first),
		TEST(old_lines_are_no_last_words),
		TEST(a_log_grows_to_a_mebibyte_and_one_older_one_is_kept),
		TEST(a_log_that_can_not_be_written_still_shows_its_last_lines),
		TEST(every_device_gets_the_port_that_the_simulator_bound),
		TEST(a_line_gets_the_path_of_its_pseudo_terminal),
		TEST(a_missing_or_impossible_port_is_named),
		TEST(readiness_says_who_sent_it),
	};
#undef TEST

	return cmocka_run_group_tests_name("files of the runner", tests, NULL, NULL);
}
