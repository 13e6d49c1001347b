/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks that do everything wrong. Each is a script; the loop runs until what is waited for has
 * happened, and nothing may be left when it has. */
#include "tests/unit/support.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "alarms/hooks.c"

#define SHORT_NS (300 * NS_PER_MS) /* time-out of hooks that are to meet it */
#define LONG_NS (60 * NS_PER_S)    /* of those that are not */

static char dir[64];
static struct loop *loop;
static struct hooks *hooks;
static struct errtext err;
static const struct page_intent page = {.key = "site/cs00.leak_wet[0]/1",
					.action = PAGE_TRIGGER,
					.alarm = "cs00.leak_wet[0]",
					.priority = ALARM_CRITICAL};

static int
setup(void **state)
{
	(void)state;
	folder_make(dir);
	assert_int_equal(loop_open(&loop, NULL), 0);
	assert_int_equal(hooks_open(&hooks, loop, 4), 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	hooks_close(hooks);
	loop_close(loop);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left, dead or alive */
	folder_remove(dir);
	return 0;
}

static const char *
path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static const char *
script(const char *name, const char *text)
{
	const char *path = path_of(name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n%s\n", text);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0700), 0);
	return path;
}

static int
begin(const char *program, int64_t timeout_ns)
{
	struct hook_call call = {
		.program = program, .page = &page, .json = "{\"a\":1}", .timeout_ns = timeout_ns};
	struct loop_event ev;

	(void)loop_wait(loop, 1, &ev); /* for its time */
	return hooks_start(hooks, &call, ev.now_ns, &err);
}

/* Serve once: true if a hook has ended. */
static bool
serve(struct hook_end *end)
{
	struct loop_event ev;
	int64_t due_ns = hooks_due_ns(hooks);
	int64_t most_ns = clock_mono_ns() + PATIENCE_MS * NS_PER_MS;

	assert_true(loop_wait(loop, due_ns < most_ns ? due_ns : most_ns, &ev) >= 0);
	assert_true(ev.now_ns < most_ns);
	bool ended = hooks_event(hooks, &ev, end) == 1;
	hooks_step(hooks, ev.now_ns);
	return ended;
}

static struct hook_end
await_end(void)
{
	struct hook_end end;

	while (!serve(&end))
		;
	return end;
}

static void
await_quiet(void)
{
	struct hook_end end;

	while (!hooks_quiet(hooks))
		assert_false(serve(&end));
}

static struct hook_end
run(const char *text, int64_t timeout_ns)
{
	assert_true(begin(script("hook", text), timeout_ns) >= 0);
	return await_end();
}

/* What a script wrote, without its newline; waits for it. */
static const char *
await_file(const char *name)
{
	static char text[256];
	struct hook_end end;

	for (;;) {
		FILE *f = fopen(path_of(name), "r");
		size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
		if (f)
			fclose(f);
		text[n] = '\0';
		if (n > 0 && text[n - 1] == '\n') {
			text[n - 1] = '\0';
			return text;
		}
		struct loop_event ev;
		assert_true(loop_wait(loop, clock_mono_ns() + 5 * NS_PER_MS, &ev) >= 0);
		(void)hooks_event(hooks, &ev, &end);
	}
}

static bool
is_there(pid_t pid)
{
	return kill(pid, 0) == 0;
}

static void
exit_0_is_delivered_and_the_page_comes_on_stdin(void **state)
{
	char text[512];

	(void)state;
	snprintf(text, sizeof(text), "cat >%s/got; echo \"$ISO_KEY $ISO_PRIORITY\" >>%s/got", dir,
		 dir);
	struct hook_end end = run(text, LONG_NS);
	assert_true(end.ok);
	assert_string_equal(end.why, "");
	assert_string_equal(await_file("got"), "{\"a\":1}\nsite/cs00.leak_wet[0]/1 critical");
}

static void
anything_else_is_not_and_the_reason_is_told(void **state)
{
	(void)state;
	struct hook_end end = run("echo starting; echo 'no route to pager' >&2; exit 1", LONG_NS);
	assert_false(end.ok);
	assert_string_equal(end.why, "exit 1: no route to pager");
	end = run("exit 127", LONG_NS);
	assert_string_equal(end.why, "exit 127");
	end = run("kill -9 $$", LONG_NS);
	assert_string_equal(end.why, "killed by signal 9");
	assert_true(begin(script("hook", ""), LONG_NS) >= 0);
	assert_true(await_end().ok);
}

static void
an_interpreter_that_is_missing_is_an_exit_of_127(void **state)
{
	FILE *f = fopen(path_of("hook"), "w");

	(void)state;
	fputs("#!/nowhere/sh\n", f);
	fclose(f);
	chmod(path_of("hook"), 0700);
	assert_true(begin(path_of("hook"), LONG_NS) >= 0);
	struct hook_end end = await_end();
	assert_false(end.ok);
	assert_memory_equal(end.why, "exit 127: No such file", 22);
}

static void
a_hook_that_hangs_is_ended(void **state)
{
	(void)state;
	struct hook_end end = run("sleep 1000", SHORT_NS);
	assert_false(end.ok);
	assert_memory_equal(end.why, "did not end within 0.3 s", 24);
	await_quiet();
}

static void
a_hook_that_ignores_everything_is_killed_with_its_children(void **state)
{
	char text[512];

	(void)state;
	snprintf(text, sizeof(text),
		 "trap '' TERM INT HUP\nsleep 1000 & echo $! >%s/child\nwhile :; do sleep 1000; "
		 "done",
		 dir);
	struct hook_end end = run(text, SHORT_NS);
	assert_false(end.ok);
	pid_t child = atoi(await_file("child"));
	await_quiet();
	assert_false(is_there(child));
}

static void
one_that_ends_in_time_when_asked_says_why(void **state)
{
	(void)state;
	/* a tenth of it is left to speak in: enough on a machine that does other things first */
	struct hook_end end = run(
		"trap 'echo giving up; exit 3' TERM\nwhile :; do sleep 0.01; done", 10 * SHORT_NS);
	assert_false(end.ok);
	assert_string_equal(end.why, "did not end within 3.0 s: giving up");
	await_quiet();
}

static void
a_daemon_that_escapes_is_found_and_killed(void **state)
{
	char text[512];

	(void)state;
	snprintf(text, sizeof(text),
		 "setsid sh -c 'trap \"\" TERM HUP; echo $$ >%s/daemon; while :; do sleep 1000; "
		 "done' &\n"
		 "while [ ! -s %s/daemon ]; do :; done\nexit 0",
		 dir, dir);
	struct hook_end end = run(text, LONG_NS);
	assert_true(end.ok); /* the page is delivered, but nothing stays behind */
	pid_t daemon = atoi(await_file("daemon"));
	await_quiet();
	assert_false(is_there(daemon));
}

static void
a_tree_of_daemons_is_felled(void **state)
{
	char text[512];

	(void)state;
	snprintf(text, sizeof(text),
		 ": >%s/tree; i=0\nwhile [ $i -lt 10 ]; do\n"
		 "setsid sh -c 'setsid sh -c \"sleep 1000 & echo \\$! >>%s/tree; exec sleep 1000\" "
		 "&\n"
		 "exec sleep 1000' &\ni=$((i+1)); done\n"
		 "while [ \"$(wc -l <%s/tree)\" -lt 10 ]; do :; done\nexit 0",
		 dir, dir, dir);
	assert_true(run(text, LONG_NS).ok);
	await_quiet();
	FILE *f = fopen(path_of("tree"), "r");
	int pid, n = 0;
	assert_non_null(f);
	for (; fscanf(f, "%d", &pid) == 1; n++)
		assert_false(is_there(pid));
	fclose(f);
	assert_int_equal(n, 10);
}

/* A descendant that keeps the pipe open must not keep the answer. */
static void
an_open_pipe_delays_no_answer(void **state)
{
	(void)state;
	struct hook_end end = run("sleep 1000 & exit 0", LONG_NS);
	assert_true(end.ok);
	await_quiet();
}

static void
a_flood_is_read_and_dropped(void **state)
{
	struct rusage before, after;

	(void)state;
	assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
	struct hook_end end =
		run("head -c 200000000 /dev/zero; echo >&2 'that was all'; exit 4", LONG_NS);
	assert_false(end.ok);
	assert_memory_equal(end.why, "exit 4: ", 8);
	assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
	assert_true(after.ru_maxrss - before.ru_maxrss < 8192); /* KiB */
}

static void
no_more_run_than_are_allowed(void **state)
{
	const char *path = script("hook", "sleep 1000");

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(begin(path, SHORT_NS), i);
	assert_int_equal(begin(path, SHORT_NS), -EAGAIN);
	assert_int_equal(hooks_running(hooks), 4);
	for (int i = 0; i < 4; i++)
		assert_false(await_end().ok);
	assert_int_equal(hooks_running(hooks), 0);
	assert_true(begin(script("hook", "exit 0"), LONG_NS) >= 0);
	assert_true(await_end().ok);
}

static void
what_runs_in_order_is_not_disturbed_by_the_sweeping(void **state)
{
	char text[512];
	struct hook_end end = {0};

	(void)state;
	/* Its background job is an orphan in its own group: part of the hook as long as that runs. */
	snprintf(text, sizeof(text),
		 "( ( while [ ! -e %s/go ]; do sleep 0.01; done; echo fine >%s/job ) & )\n"
		 "echo up >%s/up\nwhile [ ! -s %s/job ]; do sleep 0.01; done",
		 dir, dir, dir, dir);
	int good = begin(script("good", text), LONG_NS);
	(void)await_file("up");
	assert_true(begin(script("other", "setsid sleep 1000 & exit 0"), LONG_NS) >= 0);
	end = await_end();
	assert_int_not_equal(end.slot, good);
	hooks_step(hooks, clock_mono_ns() + NS_PER_S); /* a sweep */
	fclose(fopen(path_of("go"), "w"));
	end = await_end();
	assert_int_equal(end.slot, good);
	assert_true(end.ok);
	await_quiet();
}

static void
at_the_end_all_are_asked_then_killed(void **state)
{
	struct hook_end end;
	struct loop_event ev;

	(void)state;
	assert_true(begin(script("a", "exec sleep 1000"), LONG_NS) >= 0);
	assert_true(begin(script("b", "trap '' TERM; while :; do sleep 1000; done"), LONG_NS) >= 0);
	(void)loop_wait(loop, 1, &ev);
	hooks_terminate(hooks, ev.now_ns);
	for (int i = 0; i < 2; i++) {
		end = await_end();
		assert_false(end.ok);
	}
	await_quiet();
	/* And without ceremony, by hooks_close in teardown: */
	assert_true(begin(script("c", "trap '' TERM; setsid sleep 1000 & sleep 1000"), LONG_NS) >=
		    0);
}

static void
expect_refusal(const char *program, int rc, const char *hint)
{
	assert_int_equal(hook_file_check(program, &err), rc);
	if (!strstr(err.text, hint))
		fail_msg("\"%s\" does not say \"%s\"", err.text, hint);
	assert_int_equal(begin(program, LONG_NS), rc);
}

static void
a_hook_that_others_may_have_written_is_refused(void **state)
{
	const char *path = script("hook", "exit 0");

	(void)state;
	assert_int_equal(hook_file_check(path, &err), 0);
	expect_refusal("hook", -EINVAL, "absolute");
	expect_refusal("", -EINVAL, "absolute");
	expect_refusal(path_of("nothing"), -ENOENT, "No such file");
	expect_refusal(dir, -EACCES, "no file");
	path = path_of("hook");
	chmod(path, 0600);
	expect_refusal(path, -EACCES, "not executable");
	chmod(path, 0770);
	expect_refusal(path, -EPERM, "written by others");
	chmod(path, 0702);
	expect_refusal(path, -EPERM, "written by others");
	chmod(path, 0700);
	chmod(dir, 0770);
	expect_refusal(path, -EPERM, "written by others");
	chmod(dir, 0700);
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 1234, 1234), 0);
		expect_refusal(path, -EPERM, "user 1234");
	}
	assert_int_equal(hooks_running(hooks), 0);
}

/* The one that ships, in a folder of ours: a clone may be writable by a group. */
static const char *
shipped(void)
{
	static char text[4096];
	FILE *f = fopen("config/hooks/page-to-file", "r");

	assert_non_null(f);
	size_t n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return script("hook", strchr(text, '\n'));
}

static void
the_shipped_hook_appends_to_a_file_in_the_state_folder(void **state)
{
	(void)state;
	setenv("ISOTHERM_STATE", dir, 1);
	unsetenv("ISOTHERM_PAGE_COMMAND");
	const char *path = shipped();
	for (int i = 0; i < 4; i++)
		assert_true(begin(path, LONG_NS) >= 0);
	for (int i = 0; i < 4; i++)
		assert_true(await_end().ok);
	assert_string_equal(await_file("pages.jsonl"),
			    "{\"a\":1}\n{\"a\":1}\n{\"a\":1}\n{\"a\":1}");
	setenv("ISOTHERM_STATE", "/nowhere", 1);
	assert_true(begin(path_of("hook"), LONG_NS) >= 0);
	struct hook_end end = await_end();
	assert_false(end.ok);
	assert_memory_equal(end.why, "exit 74: ", 9);
	unsetenv("ISOTHERM_STATE");
}

static void
the_shipped_hook_hands_on_to_a_command(void **state)
{
	char text[256];

	(void)state;
	snprintf(text, sizeof(text), "cat >%s/got; exit 5", dir);
	setenv("ISOTHERM_PAGE_COMMAND", script("command", text), 1);
	assert_true(begin(shipped(), LONG_NS) >= 0);
	assert_string_equal(await_end().why, "exit 5");
	assert_string_equal(await_file("got"), "{\"a\":1}");
	unsetenv("ISOTHERM_PAGE_COMMAND");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(exit_0_is_delivered_and_the_page_comes_on_stdin),
		T(anything_else_is_not_and_the_reason_is_told),
		T(an_interpreter_that_is_missing_is_an_exit_of_127),
		T(a_hook_that_hangs_is_ended),
		T(a_hook_that_ignores_everything_is_killed_with_its_children),
		T(one_that_ends_in_time_when_asked_says_why),
		T(a_daemon_that_escapes_is_found_and_killed),
		T(a_tree_of_daemons_is_felled),
		T(an_open_pipe_delays_no_answer),
		T(a_flood_is_read_and_dropped),
		T(no_more_run_than_are_allowed),
		T(what_runs_in_order_is_not_disturbed_by_the_sweeping),
		T(at_the_end_all_are_asked_then_killed),
		T(a_hook_that_others_may_have_written_is_refused),
		T(the_shipped_hook_appends_to_a_file_in_the_state_folder),
		T(the_shipped_hook_hands_on_to_a_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
