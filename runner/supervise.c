/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/supervise.h"

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
#include "runner/ready.h"
#include "runner/spawn.h"

#define READY_WITHIN_NS (30 * NS_PER_S)

int
supervisor_find(const char *own_dir, const char *program, char out[PATH_MAX])
{
	static const char *const places[] = {"", "/../sbin", "/../bin"};

	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		int n = snprintf(out, PATH_MAX, "%s%s/%s", own_dir, places[i], program);

		if (n > 0 && n < PATH_MAX && access(out, X_OK) == 0)
			return 0;
	}
	return -ENOENT;
}

static int
add_room(struct supervisor *s, const char *own_dir, const char *name, const char *program,
	 int64_t stop_ns)
{
	struct room *r = &s->rooms[s->n_rooms++];
	char dir[PATH_MAX];
	struct errtext err;

	*r = (struct room){.name = name, .program = program, .stop_ns = stop_ns, .err_fd = -1};
	r->log.fd = -1;
	if (supervisor_find(own_dir, program, r->path) != 0) {
		log_error("%s is neither in %s nor in sbin: is the build complete?", program,
			  own_dir);
		return -ENOENT;
	}
	if (snprintf(dir, sizeof dir, "%s/log", s->state_dir) >= (int)sizeof dir)
		return -ENAMETOOLONG;
	if (roomlog_open(&r->log, dir, name, &err) != 0)
		log_warning("no log of %s is kept: %s", name, err.text);
	return 0;
}

int
supervisor_open(struct supervisor *s, const char *own_dir)
{
	struct errtext err;
	int rc = 0;

	s->n_rooms = 0;
	s->notify_fd = -1;
	for (uint32_t d = 0; d < s->plant->n_devices; d++)
		s->has_sim |= s->plant->devices[d].simulated;
	if (s->has_sim)
		rc = add_room(s, own_dir, "engine_sim", "isotherm-sim", 2 * NS_PER_S);
	if (rc == 0)
		rc = add_room(s, own_dir, "collectors", "isotherm-collect", 2 * NS_PER_S);
	/* hand-back takes up to 2 s */
	if (rc == 0)
		rc = add_room(s, own_dir, "controllers", "isotherm-control", 3 * NS_PER_S);
	if (rc != 0)
		return rc;
	rc = folder_path(s->folder, "notify.sock", s->notify_path);
	if (rc != 0)
		return rc;
	s->notify_fd = ready_open(s->notify_path, &err);
	if (s->notify_fd < 0) {
		log_error("%s", err.text);
		return s->notify_fd;
	}
	rc = loop_watch(s->loop, s->notify_fd, true, false, s);
	if (rc != 0)
		log_error("%s: %s", s->notify_path, strerror(-rc));
	clock_utc_text(clock_wall_ns(), s->started_utc, sizeof s->started_utc);
	return rc;
}

void
supervisor_close(struct supervisor *s)
{
	for (uint32_t i = 0; i < s->n_rooms; i++)
		roomlog_close(&s->rooms[i].log);
	if (s->notify_fd >= 0) {
		loop_unwatch(s->loop, s->notify_fd);
		close(s->notify_fd);
		s->notify_fd = -1;
	}
}

/* --- the plant file that names every port --- */

static int
resolve(struct supervisor *s, bool from_simulator)
{
	char path[PATH_MAX], tmp[PATH_MAX];
	struct errtext err;
	int rc = 0;

	if (from_simulator) {
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

/* --- life of a room --- */

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
				  r->name, BACKOFF_TRIES, r->why);
		break;
	case BACKOFF_GIVE_UP:
		r->state = ROOM_GIVEN_UP;
		if (!needed)
			log_error(
				"%s is not started again: %s, its command line or configuration is "
				"wrong",
				r->name, r->why);
		break;
	}
	if (!needed)
		return;
	log_error("%s does not start: %s; without it nothing else can", r->name, r->why);
	s->failed = exit_code == EX_CONFIG ? EX_CONFIG : EX_UNAVAILABLE;
}

static void
start_room(struct supervisor *s, struct room *r, int64_t now_ns)
{
	const char *plant = s->resolved_path[0] != '\0' ? s->resolved_path : s->plant_path;
	struct spawn spawn = {.path = r->path,
			      .args = {r->program, "-c", plant, NULL},
			      .in_fd = -1,
			      .terminal_fd = -1,
			      .run_dir = s->folder->dir,
			      .state_dir = s->state_dir,
			      .notify = s->notify_path};
	int fd[2] = {-1, -1};
	pid_t pid = spawn_pipe(fd);

	roomlog_mark(&r->log);
	if (pid == 0) {
		spawn.out_fd = fd[1]; /* a room has nothing to say to standard output */
		spawn.err_fd = fd[1];
		pid = spawn_child(&spawn, s->loop);
		close(fd[1]);
	}
	if (pid > 0 && loop_watch_child(s->loop, pid, r) != 0) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		pid = -ENOMEM;
	}
	if (pid < 0) {
		if (fd[0] >= 0)
			close(fd[0]);
		(void)snprintf(r->why, sizeof r->why, "can't be started: %s", strerror(-pid));
		log_error("%s %s", r->name, r->why);
		pause_room(s, r, EX_OSERR, now_ns);
		return;
	}
	(void)loop_watch(s->loop, fd[0], true, false, r);
	r->err_fd = fd[0];
	r->pid = pid;
	r->too_late = false;
	r->ready_ns = 0;
	r->state = ROOM_STARTING;
	r->due_ns = now_ns + READY_WITHIN_NS;
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

/* Said when it is news: a room that fails again before it was ready fails for the same reason. */
static void
say_ended(struct room *r, const char *before)
{
	const char *line;

	if (r->ready_ns == 0 && strcmp(r->why, before) == 0)
		return;
	log_warning("%s ended: %s", r->name, r->why);
	for (size_t i = 0; (line = roomlog_line(&r->log, i)) != NULL; i++)
		log_warning("%s | %s", r->name, line);
}

static void
room_ended(struct supervisor *s, struct room *r, int status, int64_t now_ns)
{
	char before[sizeof r->why];
	int exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	if (r->err_fd >= 0)
		(void)roomlog_drain(&r->log, r->err_fd);
	close_pipe(s, r);
	r->pid = 0;
	memcpy(before, r->why, sizeof before);
	if (r->too_late)
		(void)snprintf(r->why, sizeof r->why, "not ready within %lld s",
			       (long long)(READY_WITHIN_NS / NS_PER_S));
	else if (exit_code >= 0)
		(void)snprintf(r->why, sizeof r->why, "exit %d", exit_code);
	else
		(void)snprintf(r->why, sizeof r->why, "killed by signal %d (%s)", WTERMSIG(status),
			       strsignal(WTERMSIG(status)));
	if (s->stopping) {
		bool asked = r->state == ROOM_STOPPING && (exit_code == 0 || WIFSIGNALED(status));

		r->state = ROOM_ENDED;
		if (!asked)
			say_ended(r, before);
	} else {
		say_ended(r, before);
		pause_room(s, r, exit_code, now_ns);
	}
	supervisor_write_state(s);
}

static void
room_ready(struct supervisor *s, struct room *r, const char *status, int64_t now_ns)
{
	if (r->state != ROOM_STARTING)
		return;
	if (s->has_sim && r == &s->rooms[0] && s->resolved_path[0] == '\0' &&
	    resolve(s, true) != 0) {
		s->failed = EX_SOFTWARE;
		return;
	}
	r->state = ROOM_READY;
	r->ready_ns = now_ns;
	r->was_ready = true;
	log_info("%s is %s (pid %d)%s%s", r->name, r->restarts > 0 ? "back" : "ready", (int)r->pid,
		 status[0] != '\0' ? ": " : "", status);
	supervisor_write_state(s);
}

bool
supervisor_event(struct supervisor *s, const struct loop_event *ev)
{
	struct ready_message m;

	if (ev->kind == LOOP_FD && ev->data == s) {
		while (ready_take(s->notify_fd, &m) == 1)
			for (uint32_t i = 0; m.ready && i < s->n_rooms; i++)
				if (s->rooms[i].pid == m.pid && m.pid > 0)
					room_ready(s, &s->rooms[i], m.status, ev->now_ns);
		return true;
	}
	for (uint32_t i = 0; i < s->n_rooms; i++) {
		struct room *r = &s->rooms[i];

		if (ev->data != r || (ev->kind != LOOP_FD && ev->kind != LOOP_CHILD))
			continue;
		if (ev->kind == LOOP_CHILD && ev->pid == r->pid)
			room_ended(s, r, ev->status, ev->now_ns);
		else if (ev->kind == LOOP_FD && ev->fd == r->err_fd &&
			 roomlog_drain(&r->log, r->err_fd) == 0)
			close_pipe(s, r);
		return true;
	}
	return false;
}

static void
step_room(struct supervisor *s, struct room *r, int64_t now_ns)
{
	switch (r->state) {
	case ROOM_STARTING:
		if (now_ns >= r->due_ns && !r->too_late) {
			r->too_late = true;
			(void)kill(r->pid, SIGKILL);
		}
		break;
	case ROOM_PAUSED:
		if (now_ns >= r->due_ns && !s->stopping)
			start_room(s, r, now_ns);
		break;
	case ROOM_STOPPING:
		if (now_ns >= r->due_ns && !r->too_late) {
			r->too_late = true;
			log_warning("%s does not end by itself: killed", r->name);
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

/* The next room's turn comes when the one before it is ready, or has shown that it will not be
 * soon. */
static void
start_next(struct supervisor *s, int64_t now_ns)
{
	for (uint32_t i = 0; i < s->n_rooms; i++) {
		struct room *r = &s->rooms[i];

		if (r->state == ROOM_IDLE) {
			if (!s->has_sim && s->resolved_path[0] == '\0' && resolve(s, false) != 0)
				s->failed = EX_CANTCREAT;
			else
				start_room(s, r, now_ns);
			return;
		}
		if (!r->was_ready && r->state != ROOM_GIVEN_UP &&
		    !(r->state == ROOM_PAUSED && r->due_ns - now_ns > BACKOFF_MOST_NS))
			return;
	}
}

/* One after the other, the last started first. */
static void
stop_next(struct supervisor *s, int64_t now_ns)
{
	for (uint32_t i = s->n_rooms; i-- > 0;) {
		struct room *r = &s->rooms[i];

		if (r->pid == 0) {
			r->state = ROOM_ENDED;
			continue;
		}
		if (r->state != ROOM_STOPPING) {
			r->state = ROOM_STOPPING;
			r->too_late = false;
			r->due_ns = now_ns + r->stop_ns;
			(void)kill(r->pid, SIGTERM);
			(void)kill(r->pid, SIGCONT); /* one that was stopped can end, too */
		}
		return;
	}
}

void
supervisor_step(struct supervisor *s, int64_t now_ns)
{
	for (uint32_t i = 0; i < s->n_rooms; i++)
		step_room(s, &s->rooms[i], now_ns);
	if (s->stopping)
		stop_next(s, now_ns);
	else if (s->failed == 0)
		start_next(s, now_ns);
}

int64_t
supervisor_next_ns(const struct supervisor *s)
{
	int64_t next = LOOP_NEVER;

	for (uint32_t i = 0; i < s->n_rooms; i++) {
		const struct room *r = &s->rooms[i];
		bool waits = (r->state == ROOM_STARTING && !r->too_late) ||
			     (r->state == ROOM_STOPPING && !r->too_late) ||
			     (r->state == ROOM_PAUSED && !s->stopping);

		if (waits && r->due_ns < next)
			next = r->due_ns;
	}
	return next;
}

bool
supervisor_is_up(const struct supervisor *s)
{
	for (uint32_t i = 0; i < s->n_rooms; i++)
		if (!s->rooms[i].was_ready && s->rooms[i].state != ROOM_GIVEN_UP)
			return false;
	return true;
}

void
supervisor_stop(struct supervisor *s, int64_t now_ns)
{
	s->stopping = true;
	stop_next(s, now_ns);
}

void
supervisor_hurry(struct supervisor *s, int64_t now_ns)
{
	for (uint32_t i = 0; i < s->n_rooms; i++) {
		s->rooms[i].stop_ns = 0;
		if (s->rooms[i].state == ROOM_STOPPING && s->rooms[i].due_ns > now_ns)
			s->rooms[i].due_ns = now_ns;
	}
}

bool
supervisor_is_down(const struct supervisor *s)
{
	for (uint32_t i = 0; i < s->n_rooms; i++)
		if (s->rooms[i].pid != 0)
			return false;
	return true;
}
