/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/supervise.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "runner/cpu.h"
#include "runner/ready.h"
#include "runner/supervise_parts.h"

/* How long a room that nobody needs can keep the next one from starting. */
#define POLITE_NS (2 * NS_PER_S)

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

/* --- opening --- */

static int
find_program(enum room_id id, const char *own_dir, char out[PATH_MAX])
{
	const struct room_kind *kind = &room_kinds[id];
	int rc;

	if (id == ROOM_BROKER) {
		rc = broker_find(getenv("PATH"), out);
		if (rc != 0)
			log_warning("mosquitto is not installed: going on without a broker");
		return rc;
	}
	rc = supervisor_find(own_dir, kind->program, out);
	if (rc == 0)
		return 0;
	if (kind->needed)
		log_error("%s is neither in %s nor in sbin: is the build complete?", kind->program,
			  own_dir);
	else
		log_warning("%s is neither in %s nor in sbin: going on without %s", kind->program,
			    own_dir, kind->name);
	return rc;
}

/* Only a room that is needed can fail. */
static int
add_room(struct supervisor *s, enum room_id id, const char *own_dir)
{
	struct room *r = &s->rooms[s->n_rooms];
	char dir[PATH_MAX];
	struct errtext err;
	int rc;

	*r = (struct room){.id = id, .kind = &room_kinds[id], .err_fd = -1};
	r->log.fd = -1;
	rc = find_program(id, own_dir, r->path);
	if (rc != 0)
		return r->kind->needed ? rc : 0;
	if (snprintf(dir, sizeof dir, "%s/log", s->state_dir) >= (int)sizeof dir)
		return -ENAMETOOLONG;
	if (id == ROOM_BROKER && broker_open(&s->broker, s->folder, &err) != 0) {
		log_warning("%s: going on without a broker", err.text);
		return 0;
	}
	if (!s->no_logs && roomlog_open(&r->log, dir, r->kind->name, &err) != 0)
		log_warning("no log of %s is kept: %s", r->kind->name, err.text);
	s->n_rooms++;
	return 0;
}

static int
add_rooms(struct supervisor *s, const char *own_dir)
{
	bool wants_broker = s->plant->broker.host[0] == '\0';
	int rc = 0;

	for (uint32_t d = 0; d < s->plant->n_devices; d++)
		s->has_sim |= s->plant->devices[d].simulated;
	for (int id = 0; id < ROOM_IDS && rc == 0; id++)
		if ((id != ROOM_SIMULATOR || s->has_sim) && (id != ROOM_BROKER || wants_broker))
			rc = add_room(s, (enum room_id)id, own_dir);
	if (s->broker.port != 0) { /* from here on it is as if the plant named it */
		(void)snprintf(s->plant->broker.host, sizeof s->plant->broker.host, "%s",
			       BROKER_HOST);
		s->plant->broker.port = s->broker.port;
	}
	return rc;
}

int
supervisor_open(struct supervisor *s, const char *own_dir)
{
	struct errtext err;
	int rc;

	s->n_rooms = 0;
	s->notify_fd = -1;
	s->broker = (struct broker){.hold_fd = -1};
	s->next_start_ns = LOOP_NEVER;
	rc = add_rooms(s, own_dir);
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
	broker_close(&s->broker);
	if (s->notify_fd >= 0) {
		loop_unwatch(s->loop, s->notify_fd);
		close(s->notify_fd);
		s->notify_fd = -1;
	}
}

/* --- what happens --- */

static void
take_notifications(struct supervisor *s, int64_t now_ns)
{
	struct ready_message m;

	while (ready_take(s->notify_fd, &m) == 1)
		for (uint32_t i = 0; m.ready && i < s->n_rooms; i++)
			if (s->rooms[i].pid == m.pid && m.pid > 0)
				room_ready(s, &s->rooms[i], m.status, now_ns);
}

/* Each child is reaped by one event, so what was added since the event before is that child's. */
static int64_t
cpu_of_reaped(struct supervisor *s)
{
	int64_t before_ns = s->reaped_cpu_ns;

	s->reaped_cpu_ns = cpu_of_ended_children_ns();
	return s->reaped_cpu_ns - before_ns;
}

bool
supervisor_event(struct supervisor *s, const struct loop_event *ev)
{
	int64_t cpu_ns = ev->kind == LOOP_CHILD ? cpu_of_reaped(s) : 0;

	if (ev->kind == LOOP_FD && ev->data == s) {
		take_notifications(s, ev->now_ns);
		return true;
	}
	for (uint32_t i = 0; i < s->n_rooms; i++) {
		struct room *r = &s->rooms[i];

		if (ev->data != r || (ev->kind != LOOP_FD && ev->kind != LOOP_CHILD))
			continue;
		if (ev->kind == LOOP_CHILD && ev->pid == r->pid)
			room_ended(s, r, ev->status, cpu_ns, ev->now_ns);
		else if (ev->kind == LOOP_FD && ev->fd == r->err_fd)
			room_take_output(s, r, ev->now_ns);
		return true;
	}
	return false;
}

/* --- what is due --- */

/* Has it had its chance? The next room's turn comes when the one before it is ready, or has shown
 * that it will not be soon. */
static bool
makes_way(struct supervisor *s, const struct room *r, int64_t now_ns)
{
	if (r->was_ready || r->state == ROOM_GIVEN_UP)
		return true;
	if (r->kind->needed)
		return r->state == ROOM_PAUSED && r->due_ns - now_ns > BACKOFF_MOST_NS;
	if (r->state == ROOM_PAUSED || now_ns - r->started_ns >= POLITE_NS)
		return true;
	s->next_start_ns = r->started_ns + POLITE_NS;
	return false;
}

static void
start_next(struct supervisor *s, int64_t now_ns)
{
	s->next_start_ns = LOOP_NEVER;
	for (uint32_t i = 0; i < s->n_rooms; i++) {
		struct room *r = &s->rooms[i];

		if (r->state == ROOM_IDLE) {
			if (!s->has_sim && s->resolved_path[0] == '\0' &&
			    supervisor_resolve(s) != 0)
				s->failed = EX_CANTCREAT;
			else
				room_start(s, r, now_ns);
			return;
		}
		if (!makes_way(s, r, now_ns))
			return;
	}
}

/* The rooms of the first turn that is not over. */
static void
stop_next(struct supervisor *s, int64_t now_ns)
{
	int turn = INT_MAX;

	for (uint32_t i = 0; i < s->n_rooms; i++) {
		struct room *r = &s->rooms[i];

		if (r->pid == 0)
			r->state = ROOM_ENDED;
		else if (r->kind->stop_turn < turn)
			turn = r->kind->stop_turn;
	}
	for (uint32_t i = 0; i < s->n_rooms; i++) {
		struct room *r = &s->rooms[i];

		if (r->pid != 0 && r->kind->stop_turn == turn && r->state != ROOM_STOPPING)
			room_stop(s, r, now_ns);
	}
}

void
supervisor_step(struct supervisor *s, int64_t now_ns)
{
	for (uint32_t i = 0; i < s->n_rooms; i++)
		room_step(s, &s->rooms[i], now_ns);
	if (s->stopping)
		stop_next(s, now_ns);
	else if (s->failed == 0)
		start_next(s, now_ns);
}

int64_t
supervisor_next_ns(const struct supervisor *s)
{
	int64_t next = s->stopping ? LOOP_NEVER : s->next_start_ns;

	for (uint32_t i = 0; i < s->n_rooms; i++) {
		int64_t room_ns = room_next_ns(s, &s->rooms[i]);

		if (room_ns < next)
			next = room_ns;
	}
	return next;
}

bool
supervisor_is_up(const struct supervisor *s)
{
	for (uint32_t i = 0; i < s->n_rooms; i++) {
		const struct room *r = &s->rooms[i];

		if (r->kind->needed && !r->was_ready && r->state != ROOM_GIVEN_UP)
			return false;
	}
	return true;
}

int64_t
supervisor_cpu_ns(const struct room *r)
{
	return r->ended_cpu_ns + (r->pid > 0 ? cpu_of_process_ns(r->pid) : 0);
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
	s->hurried = true;
	for (uint32_t i = 0; i < s->n_rooms; i++)
		if (s->rooms[i].state == ROOM_STOPPING && s->rooms[i].due_ns > now_ns)
			s->rooms[i].due_ns = now_ns;
}

bool
supervisor_is_down(const struct supervisor *s)
{
	for (uint32_t i = 0; i < s->n_rooms; i++)
		if (s->rooms[i].pid != 0)
			return false;
	return true;
}
