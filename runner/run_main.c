/* SPDX-License-Identifier: Apache-2.0 */
/* isotherm-run: the rooms of one plant as processes, from the first to the last. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/plant.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/notify.h"
#include "core/rundir.h"
#include "runner/figures.h"
#include "runner/folder.h"
#include "runner/run_options.h"
#include "runner/screen.h"
#include "runner/spawn.h"
#include "runner/supervise.h"
#include "runner/verdict.h"

#define LINE_PERIOD_NS NS_PER_S
#define LINE_WITHIN_NS (3 * NS_PER_S)
#define JUDGE_WITHIN_NS (5 * NS_PER_S)
#define SCREEN_STOP_NS NS_PER_S
#define PATIENCE_NS (NS_PER_S / 2)
#define JUDGE_TEXT_MAX (1024 * 1024)

enum phase { STARTING, UP, JUDGING, STOPPING };

static struct run {
	struct run_options opt;
	struct plant *plant;
	struct folder folder;
	struct loop *loop;
	struct supervisor sup;
	struct screen screen;
	char own_dir[PATH_MAX], plant_path[PATH_MAX], run_dir[PATH_MAX], state_dir[PATH_MAX];
	char isotherm[PATH_MAX]; /* the program */
	enum phase phase;
	bool with_screen, for_reached, screen_asked, no_state;
	pid_t line, judge;
	int64_t up_ns, next_line_ns, line_until_ns, judge_until_ns, screen_until_ns;
	int judge_fd, judge_status; /* status: as from waitpid, -1: it did not answer */
	size_t judge_len;
	char judge_text[JUDGE_TEXT_MAX];
	int64_t judged_wall_ns;
	struct polls polls;
	struct figures figures;
	int64_t next_look_ns;
	int stop_signal;
	int64_t signal_ns;
} run = {.judge_fd = -1, .judge_status = -1};

/* --- what asks for the state of the plant --- */

static pid_t
start_status(const char *how, int out_fd)
{
	struct spawn spawn = {.path = run.isotherm,
			      .args = {"isotherm", "status", how, NULL},
			      .in_fd = -1,
			      .out_fd = out_fd,
			      .err_fd = -1,
			      .terminal_fd = -1,
			      .run_dir = run.folder.dir,
			      .state_dir = run.state_dir};
	pid_t pid = spawn_child(&spawn, run.loop);

	if (pid > 0 && loop_watch_child(run.loop, pid, &run) != 0) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		return -ENOMEM;
	}
	return pid;
}

static void
print_line(int64_t now_ns)
{
	pid_t pid;

	run.next_line_ns = now_ns + LINE_PERIOD_NS;
	if (run.line > 0)
		return; /* the last one still works on it */
	pid = start_status("--line", -1);
	if (pid > 0) {
		run.line = pid;
		run.line_until_ns = now_ns + LINE_WITHIN_NS;
	}
}

static void
begin_stop(int64_t now_ns)
{
	if (run.phase == STOPPING)
		return;
	figures_take(&run.figures, &run.sup, &run.polls, run.up_ns > 0 ? now_ns - run.up_ns : 0);
	run.phase = STOPPING;
	run.screen_until_ns = now_ns + SCREEN_STOP_NS;
	notify_stopping();
}

static void
begin_judge(int64_t now_ns)
{
	int fd[2];

	if (run.phase != UP || spawn_pipe(fd) != 0) {
		begin_stop(now_ns);
		return;
	}
	/* The child's end has to block: a status of many systems is longer than a pipe holds. */
	(void)fcntl(fd[1], F_SETFL, 0);
	run.judge = start_status("--json", fd[1]);
	close(fd[1]);
	run.judge_fd = fd[0];
	run.phase = JUDGING;
	run.judge_until_ns = now_ns + JUDGE_WITHIN_NS;
	if (run.judge < 0) {
		run.judge = 0;
		begin_stop(now_ns);
		return;
	}
	(void)loop_watch(run.loop, run.judge_fd, true, false, &run);
}

static void
take_judge_text(void)
{
	ssize_t n = 0;

	while (run.judge_fd >= 0 && run.judge_len < JUDGE_TEXT_MAX - 1 &&
	       (n = read(run.judge_fd, run.judge_text + run.judge_len,
			 JUDGE_TEXT_MAX - 1 - run.judge_len)) > 0)
		run.judge_len += (size_t)n;
	run.judge_text[run.judge_len] = '\0';
	if (run.judge_fd >= 0 && !(n < 0 && errno == EAGAIN)) {
		loop_unwatch(run.loop, run.judge_fd);
		close(run.judge_fd);
		run.judge_fd = -1;
	}
}

/* --- what happens --- */

static void
come_up(int64_t now_ns)
{
	int rc = 0;

	run.phase = UP;
	run.up_ns = now_ns;
	run.next_line_ns = now_ns + LINE_PERIOD_NS;
	run.next_look_ns = now_ns;
	figures_begin(&run.sup);
	notify_ready(run.plant->site);
	if (!run.with_screen)
		return;
	rc = screen_start(&run.screen, run.isotherm, run.folder.dir, run.state_dir, run.loop);
	if (rc == 0)
		rc = loop_watch_child(run.loop, run.screen.pid, &run.screen);
	if (rc != 0)
		log_warning("the screen can't be started: %s; going on without it", strerror(-rc));
	run.with_screen = rc == 0;
}

static void
screen_ended(int status, int64_t now_ns)
{
	bool meant = WIFEXITED(status)
			     ? WEXITSTATUS(status) == 0
			     : WTERMSIG(status) == SIGINT || WTERMSIG(status) == SIGTERM ||
				       WTERMSIG(status) == SIGHUP;

	screen_end(&run.screen);
	if (run.phase != UP)
		return;
	if (meant) {
		begin_judge(now_ns);
		return;
	}
	if (WIFEXITED(status))
		log_warning("the screen ended with exit %d: going on without it",
			    WEXITSTATUS(status));
	else
		log_warning("the screen was killed by signal %d: going on without it",
			    WTERMSIG(status));
	run.with_screen = false;
	run.next_line_ns = now_ns;
}

static void
child_ended(const struct loop_event *ev)
{
	if (ev->pid == run.screen.pid) {
		screen_ended(ev->status, ev->now_ns);
	} else if (ev->pid == run.line) {
		run.line = 0;
	} else if (ev->pid == run.judge) {
		run.judge = 0;
		take_judge_text();
		run.judged_wall_ns = clock_wall_ns();
		run.judge_status = ev->status;
		begin_stop(ev->now_ns);
	}
}

static void
signal_came(const struct loop_event *ev)
{
	if (run.stop_signal != 0) {
		/* Once more: no more patience. But make and terminals send the same signal twice at once. */
		if (ev->now_ns - run.signal_ns >= PATIENCE_NS) {
			begin_stop(ev->now_ns);
			supervisor_hurry(&run.sup, ev->now_ns);
		}
		return;
	}
	run.stop_signal = ev->status;
	run.signal_ns = ev->now_ns;
	log_info("stopping (%s)", strsignal(ev->status));
	begin_judge(ev->now_ns);
}

static void
take_event(const struct loop_event *ev)
{
	if (ev->kind == LOOP_SIGNAL)
		signal_came(ev);
	else if (supervisor_event(&run.sup, ev))
		return;
	else if (ev->kind == LOOP_CHILD)
		child_ended(ev);
	else if (ev->kind == LOOP_FD && ev->fd == run.judge_fd)
		take_judge_text();
}

/* --- what is due --- */

static void
step_stopping(int64_t now_ns)
{
	if (run.screen.pid > 0) { /* first the terminal, so that what follows can be read */
		if (!run.screen_asked)
			(void)kill(run.screen.pid, SIGTERM);
		else if (now_ns >= run.screen_until_ns)
			(void)kill(run.screen.pid, SIGKILL);
		run.screen_asked = true;
		return;
	}
	if (run.line > 0)
		(void)kill(run.line, SIGKILL);
	if (run.judge > 0)
		(void)kill(run.judge, SIGKILL);
	if (!run.sup.stopping)
		supervisor_stop(&run.sup, now_ns);
}

static void
look_at_polls(int64_t now_ns)
{
	if (now_ns < run.next_look_ns)
		return;
	run.next_look_ns = now_ns + NS_PER_S;
	polls_take(&run.polls, now_ns);
}

static void
step(int64_t now_ns)
{
	supervisor_step(&run.sup, now_ns);
	if (run.line > 0 && now_ns >= run.line_until_ns)
		(void)kill(run.line, SIGKILL);
	if (run.sup.failed != 0)
		begin_stop(now_ns);
	switch (run.phase) {
	case STARTING:
		if (supervisor_is_up(&run.sup))
			come_up(now_ns);
		break;
	case UP:
		look_at_polls(now_ns);
		if (run.opt.for_ns > 0 && now_ns - run.up_ns >= run.opt.for_ns) {
			run.for_reached = true;
			begin_judge(now_ns);
		} else if (!run.with_screen && now_ns >= run.next_line_ns) {
			print_line(now_ns);
		}
		break;
	case JUDGING:
		if (now_ns >= run.judge_until_ns)
			begin_stop(now_ns);
		break;
	case STOPPING:
		break;
	}
	if (run.phase == STOPPING)
		step_stopping(now_ns);
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
next_ns(void)
{
	int64_t next = supervisor_next_ns(&run.sup);

	if (run.line > 0)
		next = earlier(next, run.line_until_ns);
	if (run.phase == UP && run.opt.for_ns > 0)
		next = earlier(next, run.up_ns + run.opt.for_ns);
	if (run.phase == UP)
		next = earlier(next, run.next_look_ns);
	if (run.phase == UP && !run.with_screen)
		next = earlier(next, run.next_line_ns);
	if (run.phase == JUDGING)
		next = earlier(next, run.judge_until_ns);
	if (run.phase == STOPPING && run.screen.pid > 0)
		next = earlier(next, run.screen_until_ns);
	return next;
}

static bool
is_over(void)
{
	return run.phase == STOPPING && run.sup.stopping && supervisor_is_down(&run.sup) &&
	       run.line <= 0 && run.judge <= 0 && run.screen.pid <= 0;
}

static void
watch_over(void)
{
	struct loop_event ev;
	int64_t now_ns = clock_mono_ns();

	step(now_ns);
	while (!is_over()) {
		int kind = loop_wait(run.loop, next_ns(), &ev);

		if (kind < 0) {
			/* Without a loop nobody can be watched over: the kernel ends the rooms with us. */
			log_error("loop: %s", strerror(-kind));
			run.sup.failed = EX_OSERR;
			return;
		}
		if (kind != LOOP_DUE)
			take_event(&ev);
		step(ev.now_ns);
	}
}

/* --- start and end --- */

static int
find_places(void)
{
	struct errtext err = {"the path is too long"};
	char dir[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", run.own_dir, sizeof run.own_dir - 1);

	if (n <= 0) {
		log_error("/proc/self/exe: %s", strerror(errno));
		return EX_OSERR;
	}
	run.own_dir[n] = '\0';
	*strrchr(run.own_dir, '/') = '\0';
	if (supervisor_find(run.own_dir, "isotherm", run.isotherm) != 0) {
		log_error("isotherm is neither in %s nor in bin: is the build complete?",
			  run.own_dir);
		return EX_UNAVAILABLE;
	}
	if (realpath(run.opt.plant, run.plant_path) == NULL) {
		log_error("%s: %s", run.opt.plant, strerror(errno));
		return EX_NOINPUT;
	}
	if (rundir_find(true, run.run_dir, sizeof run.run_dir, &err) != 0 ||
	    statedir_find(run.state_dir, sizeof run.state_dir, &err) != 0) {
		log_error("%s", err.text);
		return EX_CANTCREAT;
	}
	if (snprintf(dir, sizeof dir, "%s/log", run.state_dir) >= (int)sizeof dir ||
	    folder_make_tree(dir, &err) != 0) {
		/* The plant is controlled all the same; alarms say what is missing. */
		log_warning("state folder: %s (ISOTHERM_STATE names another): going on without "
			    "logs of the rooms",
			    err.text);
		run.no_state = true;
	}
	return EX_OK;
}

static int
load_plant(void)
{
	struct config_report report = {0};
	int rc = plant_load(&run.plant, run.opt.plant, &report);

	config_report_print(&report, stderr);
	config_report_free(&report);
	if (rc == 0)
		return EX_OK;
	return rc == -ENOENT || rc == -EACCES ? EX_NOINPUT : EX_CONFIG;
}

static int
take_folder(void)
{
	struct errtext err;
	int rc = folder_take(&run.folder, run.run_dir, &err);

	if (rc != 0) {
		log_error("%s", err.text);
		return EX_CANTCREAT;
	}
	if (run.folder.was_stale)
		log_info("%s: removed what an earlier run had left", run.folder.dir);
	if (!run.folder.on_tmpfs)
		log_warning("%s is not on tmpfs: write-back of its disk can delay control periods",
			    run.folder.dir);
	return EX_OK;
}

static void
print_end(void)
{
	struct verdict v;
	struct errtext err;

	if (run.judge_len == 0 && run.judge_status == -1)
		return;
	if (verdict_read(&v, run.judge_text, &err) == 0)
		verdict_print(&v, run.judged_wall_ns / NS_PER_S, stdout);
	else
		log_error("%s", err.text);
	figures_print(&run.figures, stdout);
}

static int
exit_code(void)
{
	bool healthy = run.judge_status != -1 && WIFEXITED(run.judge_status) &&
		       WEXITSTATUS(run.judge_status) == 0;

	if (run.sup.failed != 0)
		return run.sup.failed;
	if (run.opt.for_ns == 0)
		return EX_OK;
	if (!run.for_reached)
		log_error("stopped before its time was over");
	return run.for_reached && healthy ? EX_OK : 1;
}

int
main(int argc, char **argv)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, 0};
	const char *why_no_screen = NULL;
	int code;

	log_open("isotherm-run");
	if (run_options_parse(&run.opt, argc, argv, &code) != 0)
		return code;
	code = load_plant();
	if (code == EX_OK)
		code = find_places();
	if (code != EX_OK)
		goto out;
	/* From here on a signal is an event: it finds whatever has been made by then, and removes it. */
	if (loop_open(&run.loop, signals) != 0) {
		code = EX_OSERR;
		goto out;
	}
	code = take_folder();
	if (code != EX_OK)
		goto out;
	run.sup = (struct supervisor){.loop = run.loop,
				      .plant = run.plant,
				      .folder = &run.folder,
				      .plant_path = run.plant_path,
				      .state_dir = run.state_dir,
				      .no_logs = run.no_state,
				      .notify_fd = -1};
	run.with_screen = !run.opt.headless && screen_possible(&why_no_screen);
	if (!run.opt.headless && why_no_screen != NULL)
		log_warning("%s: going on without the screen", why_no_screen);
	if (polls_open(&run.polls, run.plant, run.folder.dir) != 0)
		log_warning("no memory to count polls");
	if (supervisor_open(&run.sup, run.own_dir) == 0) {
		supervisor_write_state(&run.sup);
		watch_over();
		code = exit_code();
	} else {
		code = EX_UNAVAILABLE;
	}
	supervisor_close(&run.sup);
	polls_close(&run.polls);
	folder_leave(&run.folder);
	print_end();
out:
	if (run.loop != NULL)
		loop_close(run.loop);
	plant_free(run.plant);
	return code;
}
