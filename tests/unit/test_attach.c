/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tui/attach.h"

#define NOBODY 65534u

static char dir[64];

static int
setup(void **state)
{
	(void)state;
	folder_make(dir);
	setenv("ISOTHERM_RUN", dir, 1);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	assert_int_equal(chmod(dir, 0700), 0);
	folder_remove(dir);
	return 0;
}

/* In a process of its own, since root may look everywhere. 0: as it should. */
static int
somebody_is_told(int rc, const char *part)
{
	struct attach a;
	struct errtext err = {""};

	if (geteuid() == 0 && setuid(NOBODY) != 0)
		return 1;
	if (attach_open(&a, &err) != rc)
		return 2;
	return strstr(err.text, part) && strstr(err.text, dir) ? 0 : 3;
}

static void
assert_told(int rc, const char *part)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(somebody_is_told(rc, part));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
who_may_not_look_is_not_told_that_nothing_runs(void **state)
{
	char path[96];
	FILE *f;

	(void)state;
	assert_int_equal(chmod(dir, 0755), 0);
	assert_told(-ENOENT, "is not running");
	assert_int_equal(chmod(dir, geteuid() == 0 ? 0700 : 0), 0);
	assert_told(-EACCES, "permission denied");
	assert_int_equal(chmod(dir, 0755), 0);
	snprintf(path, sizeof(path), "%s/plant.yaml", dir);
	f = fopen(path, "we");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(chmod(path, geteuid() == 0 ? 0600 : 0), 0);
	assert_told(-EACCES, "plant.yaml");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(who_may_not_look_is_not_told_that_nothing_runs,
						setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
