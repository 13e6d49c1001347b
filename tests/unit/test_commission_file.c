/* SPDX-License-Identifier: Apache-2.0 */
/* Files of soaks: whole ones come back under their own number, what is damaged is set aside. */
#include "tests/unit/support.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controllers/commission_file.h"

struct seen {
	uint32_t serial[8], n, lines;
	char line[600];
};

static int
put(void *arg, const struct commissioned *c, struct errtext *err)
{
	struct seen *s = arg;
	if (c->offset_k[0] > 1.0)
		return errtext_set(err, -ERANGE, "sensor A1 is %.1f K off", c->offset_k[0]);
	s->serial[s->n++] = c->serial;
	return 0;
}

static void
say(void *arg, const char *line)
{
	struct seen *s = arg;
	s->lines++;
	snprintf(s->line, sizeof s->line, "%s", line);
}

static struct commissioned
result(uint32_t serial)
{
	struct commissioned c = {.serial = serial, .spread_k = 5.5};
	for (int i = 0; i < RETICLES; i++) {
		c.offset_k[i] = 0.001 * i;
		c.gain[i] = 1.0;
	}
	return c;
}

static void
keep(struct commission_files *f, uint32_t serial)
{
	struct commissioned c = result(serial);
	assert_int_equal(commission_files_keep(f, &c), 0);
	assert_int_equal(waitid(P_PID, (id_t)f->child, &(siginfo_t){0}, WEXITED | WNOWAIT), 0);
	assert_int_equal(commission_files_poll(f), 1);
	assert_int_equal(commission_files_poll(f), 1); /* and that is told again */
}

static void
whole_files_come_back_and_damaged_ones_are_set_aside(void **state)
{
	char dir[] = "/tmp/isotherm-soak-XXXXXX", path[300], other[300];
	struct commission_files f;
	struct errtext err;
	struct seen s = {.n = 0};
	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(commission_files_open(&f, dir, &err), 0);
	keep(&f, 1001);
	keep(&f, 1002);
	keep(&f, 1002); /* again: the new one takes its place */
	commission_files_load(&f, put, say, &s);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.serial[0] + s.serial[1], 2003);
	assert_int_equal(s.lines, 0);

	snprintf(path, sizeof path, "%s/control/block-1001.soak", dir);
	assert_int_equal(truncate(path, 700), 0);
	/* under another's name it is not that one's */
	snprintf(path, sizeof path, "%s/control/block-1002.soak", dir);
	snprintf(other, sizeof other, "%s/control/block-1003.soak", dir);
	assert_int_equal(link(path, other), 0);
	s = (struct seen){.n = 0};
	commission_files_load(&f, put, say, &s);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.serial[0], 1002);
	assert_int_equal(s.lines, 2);
	assert_non_null(strstr(s.line, "set aside as .damaged"));
	s = (struct seen){.n = 0};
	commission_files_load(&f, put, say, &s);
	assert_int_equal(s.lines, 0);
	assert_int_equal(s.n, 1);

	/* what no soak could have found */
	struct commissioned mad = result(1004);
	mad.offset_k[0] = 19.0;
	assert_int_equal(commission_files_keep(&f, &mad), 0);
	assert_int_equal(waitid(P_PID, (id_t)f.child, &(siginfo_t){0}, WEXITED | WNOWAIT), 0);
	assert_int_equal(commission_files_poll(&f), 1);
	s = (struct seen){.n = 0};
	commission_files_load(&f, put, say, &s);
	assert_int_equal(s.n, 1);
	assert_non_null(strstr(s.line, "sensor A1 is 19.0 K off: its block counts as not"));

	static const char *const left[] = {"block-1001.soak.damaged", "block-1002.soak",
					   "block-1003.soak.damaged", "block-1004.soak.damaged"};
	for (int k = 0; k < 4; k++) {
		snprintf(path, sizeof path, "%s/control/%s", dir, left[k]);
		assert_int_equal(unlink(path), 0);
	}
	snprintf(path, sizeof path, "%s/control", dir);
	assert_int_equal(rmdir(path), 0); /* nothing else is left */
	assert_int_equal(rmdir(dir), 0);
}

static void
what_can_not_be_written_is_told(void **state)
{
	char dir[] = "/tmp/isotherm-soak-XXXXXX", path[300];
	struct commission_files f;
	struct commissioned c = result(7);
	struct errtext err;
	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(commission_files_open(&f, dir, &err), 0);
	snprintf(path, sizeof path, "%s/control", dir);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(commission_files_keep(&f, &c), 0);
	assert_int_equal(waitid(P_PID, (id_t)f.child, &(siginfo_t){0}, WEXITED | WNOWAIT), 0);
	assert_int_equal(commission_files_poll(&f), -EIO);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(commission_files_open(&f, dir, &err), -ENOENT);
	assert_int_equal(commission_files_keep(&f, &c), -ENOENT);
}

/* What a parent held at its end must be free for the next program, though the disk holds the child still. */
static void
the_child_holds_nothing_of_its_parent(void **state)
{
	char dir[] = "/tmp/isotherm-soak-XXXXXX", path[300];
	struct commission_files f;
	struct commissioned c = result(9);
	struct errtext err;
	int gone[2];
	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(commission_files_open(&f, dir, &err), 0);
	snprintf(path, sizeof path, "%s/lock", dir);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(pipe(gone), 0);
	snprintf(f.dir, sizeof f.dir, "%s/control", dir);
	/* nobody reads from it: what waits here waits for ever */
	snprintf(path, sizeof path, "%s/control/block-9.soak.tmp", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(commission_files_keep(&f, &c), 0);
	close(gone[1]);
	struct pollfd end = {.fd = gone[0], .events = POLLIN};
	assert_int_equal(poll(&end, 1, 5000), 1); /* the child has closed its end, too */
	assert_int_equal(waitid(P_PID, (id_t)f.child, &(siginfo_t){0}, WEXITED | WNOWAIT), 0);
	assert_int_equal(commission_files_poll(&f), -EIO);
	close(gone[0]);
	close(fd);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof path, "%s/lock", dir);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof path, "%s/control", dir);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_files_come_back_and_damaged_ones_are_set_aside),
		cmocka_unit_test(what_can_not_be_written_is_told),
		cmocka_unit_test(the_child_holds_nothing_of_its_parent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
