/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rooms of one plant as child processes: started one after the other as each says it is ready,
 * started again when they end, stopped in the opposite order (controllers hand back while the
 * collectors still carry it, the simulator goes last).
 */
#ifndef ISOTHERM_RUNNER_SUPERVISE_H
#define ISOTHERM_RUNNER_SUPERVISE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "config/plant.h"
#include "core/loop.h"
#include "runner/backoff.h"
#include "runner/folder.h"
#include "runner/roomlog.h"

enum room_state {
	ROOM_IDLE,     /* its turn has not come */
	ROOM_STARTING, /* must be ready by due_ns */
	ROOM_READY,
	ROOM_PAUSED,   /* starts again at due_ns */
	ROOM_GIVEN_UP, /* its command line or configuration is wrong */
	ROOM_STOPPING, /* asked to end; killed at due_ns */
	ROOM_ENDED
};

#define ROOMS_MAX 3

struct room {
	const char *name;    /* "collectors" */
	const char *program; /* "isotherm-collect" */
	int64_t stop_ns;     /* time it gets to end by itself */
	char path[PATH_MAX];
	enum room_state state;
	pid_t pid; /* 0: none */
	int err_fd;
	struct roomlog log;
	struct backoff backoff;
	int64_t due_ns, started_ns, ready_ns, last_restart_ns;
	uint32_t restarts;
	bool was_ready, too_late;
	char why[96]; /* it is down */
};

struct supervisor {
	struct loop *loop;
	struct plant *plant;
	struct folder *folder;
	const char *plant_path, *state_dir;
	char resolved_path[PATH_MAX]; /* "" until it is written */
	char notify_path[PATH_MAX];
	char started_utc[32];
	int notify_fd;
	struct room rooms[ROOMS_MAX]; /* in the order of starting */
	uint32_t n_rooms;
	bool has_sim; /* rooms[0] simulates devices */
	bool stopping;
	int failed; /* exit code: the run can't go on */
};

/* Finds the programs and opens the logs; starts nothing. 0 or -errno, errors are logged. */
int supervisor_open(struct supervisor *s, const char *own_dir);
void supervisor_close(struct supervisor *s);

/* Find a program beside this one, or where `make install` puts it. 0 or -ENOENT. */
int supervisor_find(const char *own_dir, const char *program, char out[PATH_MAX]);

/* One of the loop's events; true: it was the supervisor's. */
bool supervisor_event(struct supervisor *s, const struct loop_event *ev);
/* What is due: starts, restarts, time-outs. */
void supervisor_step(struct supervisor *s, int64_t now_ns);
int64_t supervisor_next_ns(const struct supervisor *s);

/* Every room has been ready once, or never will. */
bool supervisor_is_up(const struct supervisor *s);

void supervisor_stop(struct supervisor *s, int64_t now_ns);
void supervisor_hurry(struct supervisor *s, int64_t now_ns); /* no more patience */
bool supervisor_is_down(const struct supervisor *s);

/* run.json of now. */
void supervisor_write_state(const struct supervisor *s);

#endif
