/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rooms of one plant as child processes: started one after the other as each says it is ready,
 * started again when they end, stopped in turns (runner/rooms.c). What can't do without each other
 * is the simulator, collectors and controllers: the run is up when they are, and nobody waits long
 * for any of the others, or ends because one fails.
 */
#ifndef ISOTHERM_RUNNER_SUPERVISE_H
#define ISOTHERM_RUNNER_SUPERVISE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/plant.h"
#include "core/loop.h"
#include "runner/broker.h"
#include "runner/folder.h"
#include "runner/room.h"

struct supervisor {
	struct loop *loop;
	struct plant *plant;
	struct folder *folder;
	const char *plant_path, *state_dir;
	char resolved_path[PATH_MAX]; /* "" until it is written */
	char notify_path[PATH_MAX];
	char started_utc[32];
	int notify_fd;
	struct broker broker;
	struct room rooms[ROOM_IDS]; /* those there are, in the order of starting */
	uint32_t n_rooms;
	bool no_logs; /* the state folder can't be had, and that was said */
	bool has_sim; /* rooms[0] simulates devices */
	int64_t next_start_ns;
	int64_t reaped_cpu_ns; /* processor time of all children that have ended */
	bool stopping, hurried;
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

/* Every room that is needed has been ready once, or never will. */
bool supervisor_is_up(const struct supervisor *s);

void supervisor_stop(struct supervisor *s, int64_t now_ns);
void supervisor_hurry(struct supervisor *s, int64_t now_ns); /* no more patience */
bool supervisor_is_down(const struct supervisor *s);

/* Processor time of a room's lives so far, its own children included. */
int64_t supervisor_cpu_ns(const struct room *r);

/* run.json of now. */
void supervisor_write_state(const struct supervisor *s);

#endif
