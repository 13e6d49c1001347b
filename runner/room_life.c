/* SPDX-License-Identifier: Apache-2.0 */
/* The life of one room: started, ready, ended, started again. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "runner/ports.h"
#include "runner/spawn.h"
#include "runner/supervise_parts.h"

#define PROBE_EVERY_NS (50 * NS_PER_MS)
#define LAST_WORDS_NS (3 * NS_PER_S) /* what a room said before has nothing to do with its end */

int
supervisor_resolve(struct supervisor *s)
{
	char path[PATH_MAX], tmp[PATH_MAX];
	struct errtext err;
	int rc = 0;

	if (s->has_sim) {
		rc = folder_path(s->folder, "sim.ports", path);
		if (rc == 0)
			rc = ports_read(s->plant, path, &err);
		if (rc != 0) {
			log_error("%s", err.text);
			return rc;
		}
	}
	if (folder_path(s->folder, "plant.yaml", path) != 0 ||
	    folder_path(s->folder, "plant.yaml.tmp", tmp) != 0)
		return -ENAMETOOLONG;
	rc = plant_write_resolved(s->plant, tmp);
	if (rc == 0 && rename(tmp, path) != 0)
		rc = -errno;
	if (rc != 0) {
		log_error("%s: %s", path, strerror(-rc));
		return rc;
	}
	memcpy(s->resolved_path, path, sizeof path);
	return 0;
}

static void
pause_room(struct supervisor *s, struct room *r, int exit_code, int64_t now_ns)
{
	int64_t up_ns = r->was_ready && r->ready_ns > 0 ? now_ns - r->ready_ns : 0;
	/* Without its ports the simulator's devices can't be reached: nothing else can start. */
	bool needed = r == &s->rooms[0] && s->resolved_path[0] == '\0';

	switch (backoff_ended(&r->backoff, exit_code, up_ns, now_ns, &r->due_ns)) {
	case BACKOFF_RETRY:
		r->state = ROOM_PAUSED;
		return;
	case BACKOFF_HOLD_OFF:
		r->state = ROOM_PAUSED;
		if (!needed)
			log_error("%s ended %d times within 10 s (last: %s): next try in 30 s",
				  r->kind->name, BACKOFF_TRIES, r->why);
		break;
	case BACKOFF_GIVE_UP:
		r->state = ROOM_GIVEN_UP;
		if (!needed)
			log_error(
				"%s is not started again: %s, its command line or configuration is "
				"wrong",
				r->kind->name, r->why);
		break;
	}
	if (!needed)
		return;
	log_error("%s does not start: %s; without it nothing else can", r->kind->name, r->why);
	s->failed = exit_code == EX_CONFIG ? EX_CONFIG : EX_UNAVAILABLE;
}

static pid_t
spawn_room(struct supervisor *s, struct room *r, int out_fd)
{
	const char *config = s->resolved_path[0] != '\0' ? s->resolved_path : s->plant_path;
	struct spawn spawn = {.path = r->path,
			      .in_fd = -1,
			      .out_fd = out_fd, /* a room has nothing to say to standard output */
			      .err_fd = out_fd,
			      .terminal_fd = -1,
			      .run_dir = s->folder->dir,
			      .state_dir = s->state_dir,
			      .notify = s->notify_path};
	pid_t pid;

	if (r->id == ROOM_BROKER) { /* what it says proves less than a connection */
		config = s->broker.config_path;
		spawn.notify = NULL;
	}
	spawn.args[0] = r->kind->program;
	spawn.args[1] = "-c";
	spawn.args[2] = config;
	pid = spawn_child(&spawn, s->loop);
	if (pid > 0 && loop_watch_child(s->loop, pid, r) != 0) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		pid = -ENOMEM;
	}
	return pid;
}

void
room_start(struct supervisor *s, struct room *r, int64_t now_ns)
{
	int fd[2] = {-1, -1};
	pid_t pid = spawn_pipe(fd);

	roomlog_mark(&r->log);
	if (pid == 0) {
		pid = spawn_room(s, r, fd[1]);
		close(fd[1]);
	}
	if (pid < 0) {
		if (fd[0] >= 0)
			close(fd[0]);
		(void)snprintf(r->why, sizeof r->why, "can't be started: %s", strerror(-pid));
		log_error("%s %s", r->kind->name, r->why);
		pause_room(s, r, EX_OSERR, now_ns);
		return;
	}
	(void)loop_watch(s->loop, fd[0], true, false, r);
	r->err_fd = fd[0];
	r->pid = pid;
	r->too_late = false;
	r->ready_ns = 0;
	r->state = ROOM_STARTING;
	r->due_ns = now_ns + r->kind->ready_within_ns;
	r->probe_ns = r->id == ROOM_BROKER ? now_ns : LOOP_NEVER;
	if (r->started_ns != 0) {
		r->restarts++;
		r->last_restart_ns = now_ns;
	}
	r->started_ns = now_ns;
	supervisor_write_state(s);
}

static void
close_pipe(struct supervisor *s, struct room *r)
{
	if (r->err_fd < 0)
		return;
	loop_unwatch(s->loop, r->err_fd);
	close(r->err_fd);
	r->err_fd = -1;
}

void
room_take_output(struct supervisor *s, struct room *r, int64_t now_ns)
{
	if (roomlog_drain(&r->log, r->err_fd, now_ns) == 0)
		close_pipe(s, r);
}

/* Said when it is news: a room that fails again before it was ready fails for the same reason. */
static void
say_ended(struct room *r, const char *before, int64_t now_ns)
{
	const char *line;

	if (r->ready_ns == 0 && strcmp(r->why, before) == 0)
		return;
	log_warning("%s ended: %s", r->kind->name, r->why);
	for (size_t i = 0; (line = roomlog_line(&r->log, i, now_ns - LAST_WORDS_NS)) != NULL; i++)
		log_warning("%s | %s", r->kind->name, line);
}

void
room_ended(struct supervisor *s, struct room *r, int status, int64_t cpu_ns, int64_t now_ns)
{
	char before[sizeof r->why];
	int exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	if (r->err_fd >= 0)
		(void)roomlog_drain(&r->log, r->err_fd, now_ns);
	close_pipe(s, r);
	r->pid = 0;
	r->ended_cpu_ns += cpu_ns;
	memcpy(before, r->why, sizeof before);
	if (r->too_late)
		(void)snprintf(r->why, sizeof r->why, "not ready within %lld s",
			       (long long)(r->kind->ready_within_ns / NS_PER_S));
	else if (exit_code >= 0)
		(void)snprintf(r->why, sizeof r->why, "exit %d", exit_code);
	else
		(void)snprintf(r->why, sizeof r->why, "killed by signal %d (%s)", WTERMSIG(status),
			       strsignal(WTERMSIG(status)));
	if (s->stopping) {
		bool asked = r->state == ROOM_STOPPING && (exit_code == 0 || WIFSIGNALED(status));

		r->state = ROOM_ENDED;
		if (!asked)
			say_ended(r, before, now_ns);
	} else {
		say_ended(r, before, now_ns);
		pause_room(s, r, exit_code, now_ns);
	}
	supervisor_write_state(s);
}

void
room_ready(struct supervisor *s, struct room *r, const char *status, int64_t now_ns)
{
	if (r->state != ROOM_STARTING)
		return;
	if (r->id == ROOM_SIMULATOR && s->resolved_path[0] == '\0' && supervisor_resolve(s) != 0) {
		s->failed = EX_SOFTWARE;
		return;
	}
	r->state = ROOM_READY;
	r->ready_ns = now_ns;
	r->was_ready = true;
	log_info("%s is %s (pid %d)%s%s", r->kind->name, r->restarts > 0 ? "back" : "ready",
		 (int)r->pid, status[0] != '\0' ? ": " : "", status);
	supervisor_write_state(s);
}

/* A broker has no way to say that it is ready, but to take connections. */
static void
probe_broker(struct supervisor *s, struct room *r, int64_t now_ns)
{
	char address[48];

	r->probe_ns = now_ns + PROBE_EVERY_NS;
	if (!broker_answers(&s->broker))
		return;
	(void)snprintf(address, sizeof address, "%s:%u", BROKER_HOST, s->broker.port);
	room_ready(s, r, address, now_ns);
}

void
room_stop(const struct supervisor *s, struct room *r, int64_t now_ns)
{
	r->state = ROOM_STOPPING;
	r->too_late = false;
	r->due_ns = now_ns + (s->hurried ? 0 : r->kind->stop_within_ns);
	(void)kill(r->pid, SIGTERM);
	(void)kill(r->pid, SIGCONT); /* one that was stopped can end, too */
}

void
room_step(struct supervisor *s, struct room *r, int64_t now_ns)
{
	switch (r->state) {
	case ROOM_STARTING:
		if (now_ns >= r->due_ns && !r->too_late) {
			r->too_late = true;
			(void)kill(r->pid, SIGKILL);
		} else if (now_ns >= r->probe_ns) {
			probe_broker(s, r, now_ns);
		}
		break;
	case ROOM_PAUSED:
		if (now_ns >= r->due_ns && !s->stopping)
			room_start(s, r, now_ns);
		break;
	case ROOM_STOPPING:
		if (now_ns >= r->due_ns && !r->too_late) {
			r->too_late = true;
			log_warning("%s does not end by itself: killed", r->kind->name);
			(void)kill(r->pid, SIGKILL);
		}
		break;
	case ROOM_IDLE:
	case ROOM_READY:
	case ROOM_GIVEN_UP:
	case ROOM_ENDED:
		break;
	}
}

int64_t
room_next_ns(const struct supervisor *s, const struct room *r)
{
	bool waits = (r->state == ROOM_STARTING && !r->too_late) ||
		     (r->state == ROOM_STOPPING && !r->too_late) ||
		     (r->state == ROOM_PAUSED && !s->stopping);

	if (!waits)
		return LOOP_NEVER;
	return r->state == ROOM_STARTING && r->probe_ns < r->due_ns ? r->probe_ns : r->due_ns;
}
