/* SPDX-License-Identifier: Apache-2.0 */
/* One child process of a run, as its supervisor sees it. */
#ifndef ISOTHERM_RUNNER_ROOM_H
#define ISOTHERM_RUNNER_ROOM_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "runner/backoff.h"
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

/* In the order of starting. */
enum room_id {
	ROOM_SIMULATOR,
	ROOM_COLLECTORS,
	ROOM_CONTROLLERS,
	ROOM_BROKER, /* a private one, where the plant names none */
	ROOM_ALARMS,
	ROOM_PAGING,
	ROOM_HISTORY,
	ROOM_MQTT,
	ROOM_IDS
};

struct room_kind {
	const char *name;    /* "collectors" */
	const char *program; /* "isotherm-collect" */
	bool needed;         /* the run is up once all of these have been ready */
	int stop_turn;       /* rooms of turn 0 end first; those of one turn end together */
	int64_t ready_within_ns;
	int64_t stop_within_ns; /* time it gets to end by itself */
};
extern const struct room_kind room_kinds[ROOM_IDS];

struct room {
	enum room_id id;
	const struct room_kind *kind;
	char path[PATH_MAX];
	enum room_state state;
	pid_t pid; /* 0: none */
	int err_fd;
	struct roomlog log;
	struct backoff backoff;
	int64_t due_ns, started_ns, ready_ns, last_restart_ns;
	int64_t probe_ns; /* when the broker is tried next */
	uint32_t restarts;
	bool was_ready, too_late;
	char why[96];         /* it is down */
	int64_t ended_cpu_ns; /* processor time of its lives that are over */
	int64_t up_cpu_ns;    /* … and of all when the run came up */
};

#endif
