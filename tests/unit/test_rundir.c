/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <sys/wait.h>

#include "core/rundir.c"

static char dir[64];
static struct errtext err;

static int
setup(void **state)
{
	(void)state;
	folder_make(dir);
	unsetenv("ISOTHERM_RUN");
	unsetenv("ISOTHERM_STATE");
	unsetenv("XDG_RUNTIME_DIR");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	folder_remove(dir);
	return 0;
}

static const char *
below(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

/* What is found if the system's run folder lies in `parent`. */
static const char *
found(bool server, const char *parent)
{
	static char out[128];

	assert_int_equal(find(server, parent, out, sizeof(out), &err), 0);
	return out;
}

static void
the_environment_decides_first(void **state)
{
	char out[64];

	(void)state;
	setenv("ISOTHERM_RUN", "/somewhere/else", 1);
	setenv("XDG_RUNTIME_DIR", "/run/user/1", 1);
	assert_int_equal(rundir_find(true, out, sizeof(out), &err), 0);
	assert_string_equal(out, "/somewhere/else");
	assert_int_equal(rundir_find(false, out, sizeof(out), &err), 0);
	assert_string_equal(out, "/somewhere/else");
	setenv("ISOTHERM_RUN", "", 1); /* empty counts as unset */
	assert_string_equal(found(false, "/nonexistent"), "/run/user/1/isotherm");
}

static void
a_server_takes_the_systems_folder_where_it_may_write_or_make_it(void **state)
{
	(void)state;
	setenv("XDG_RUNTIME_DIR", "/run/user/1", 1);
	assert_string_equal(found(true, dir), below("isotherm"));
	assert_string_equal(found(true, "/nonexistent"), "/run/user/1/isotherm");
}

static void
a_client_takes_the_systems_folder_where_it_exists(void **state)
{
	(void)state;
	setenv("XDG_RUNTIME_DIR", "/run/user/1", 1);
	assert_string_equal(found(false, dir), "/run/user/1/isotherm");
	assert_int_equal(mkdir(below("isotherm"), 0700), 0);
	assert_string_equal(found(false, dir), below("isotherm"));
	assert_int_equal(rmdir(below("isotherm")), 0);
}

/* Exit code of a process that is not root: bit 0 a server takes the system's folder, bit 1 a client
 * does. */
static int
who_takes_it(void)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		if (geteuid() == 0 && setuid(54321))
			_exit(99);
		_exit((system_dir_fits(true, dir, below("isotherm")) ? 1 : 0) |
		      (system_dir_fits(false, dir, below("isotherm")) ? 2 : 0));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WEXITSTATUS(status);
}

static void
where_it_may_not_write_a_client_looks_and_a_server_goes_elsewhere(void **state)
{
	(void)state;
	assert_int_equal(mkdir(below("isotherm"), 0700), 0);
	assert_int_equal(chmod(below("isotherm"), 0555), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(who_takes_it(), 2);
	assert_int_equal(rmdir(below("isotherm")), 0);
}

static void
without_a_session_there_is_a_folder_of_the_users_own_in_tmp(void **state)
{
	char want[64];

	(void)state;
	snprintf(want, sizeof(want), "/tmp/isotherm-%u", geteuid());
	assert_string_equal(found(true, "/nonexistent"), want);
	assert_string_equal(found(false, "/nonexistent"), want);
}

static void
a_path_that_does_not_fit_is_an_error(void **state)
{
	char out[8];

	(void)state;
	assert_int_equal(rundir_find(true, out, sizeof(out), &err), -ENAMETOOLONG);
	assert_int_equal(statedir_find(out, sizeof(out), &err), -ENAMETOOLONG);
}

static void
the_state_folder_is_the_systems_unless_given(void **state)
{
	char out[64];

	(void)state;
	assert_int_equal(statedir_find(out, sizeof(out), &err), 0);
	assert_string_equal(out, "/var/lib/isotherm");
	setenv("ISOTHERM_STATE", "/data", 1);
	assert_int_equal(statedir_find(out, sizeof(out), &err), 0);
	assert_string_equal(out, "/data");
}

static void
a_folder_is_made_by_root_for_operators_by_others_for_themselves(void **state)
{
	struct stat st;
	bool tmpfs;

	(void)state;
	assert_int_equal(rundir_make(below("run"), &tmpfs, &err), 0);
	assert_int_equal(stat(below("run"), &st), 0);
	assert_int_equal(st.st_mode & 0777, geteuid() == 0 ? 0755 : 0700);
	assert_int_equal(rundir_make(below("run"), NULL, &err), 0);
	assert_int_equal(rmdir(below("run")), 0);
	assert_int_equal(rundir_make(below("missing/run"), NULL, &err), -ENOENT);
	assert_non_null(strstr(err.text, "missing/run"));
}

static void
memory_and_disk_are_told_apart(void **state)
{
	struct statfs fs;
	bool tmpfs = false;
	char shm[] = "/dev/shm/isotherm-test-XXXXXX";

	(void)state;
	if (statfs("/dev/shm", &fs) || fs.f_type != TMPFS_MAGIC || !mkdtemp(shm))
		skip();
	assert_int_equal(rundir_make(shm, &tmpfs, &err), 0);
	assert_true(tmpfs);
	rmdir(shm);
	assert_int_equal(statfs(dir, &fs), 0);
	assert_int_equal(rundir_make(dir, &tmpfs, &err), 0);
	assert_int_equal(tmpfs, fs.f_type == TMPFS_MAGIC);
}

static void
a_folder_that_others_may_write_is_refused(void **state)
{
	(void)state;
	assert_int_equal(chmod(dir, 0770), 0);
	assert_int_equal(rundir_make(dir, NULL, &err), -EPERM);
	assert_int_equal(chmod(dir, 0702), 0);
	assert_int_equal(rundir_make(dir, NULL, &err), -EPERM);
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(rundir_make(dir, NULL, &err), 0);
}

static void
a_folder_of_somebody_else_is_refused(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		assert_int_equal(rundir_make("/", NULL, &err), -EPERM);
		return;
	}
	assert_int_equal(chown(dir, 54321, 54321), 0);
	assert_int_equal(rundir_make(dir, NULL, &err), -EPERM);
	assert_non_null(strstr(err.text, "54321"));
}

static void
what_is_no_folder_is_refused(void **state)
{
	(void)state;
	close(open(below("file"), O_WRONLY | O_CREAT, 0600));
	assert_int_equal(rundir_make(below("file"), NULL, &err), -ENOTDIR);
	assert_int_equal(symlink(dir, below("link")), 0);
	assert_true(rundir_make(below("link"), NULL, &err) < 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_environment_decides_first),
		TEST(a_server_takes_the_systems_folder_where_it_may_write_or_make_it),
		TEST(a_client_takes_the_systems_folder_where_it_exists),
		TEST(where_it_may_not_write_a_client_looks_and_a_server_goes_elsewhere),
		TEST(without_a_session_there_is_a_folder_of_the_users_own_in_tmp),
		TEST(a_path_that_does_not_fit_is_an_error),
		TEST(the_state_folder_is_the_systems_unless_given),
		TEST(a_folder_is_made_by_root_for_operators_by_others_for_themselves),
		TEST(memory_and_disk_are_told_apart),
		TEST(a_folder_that_others_may_write_is_refused),
		TEST(a_folder_of_somebody_else_is_refused),
		TEST(what_is_no_folder_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
