/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a room writes to its standard error: kept in DIR/ROOM.log (1 MiB, one older file beside it),
 * its last lines also in memory, to be shown when the room fails. The room writes to a pipe and
 * never waits for the disk.
 */
#ifndef ISOTHERM_RUNNER_ROOMLOG_H
#define ISOTHERM_RUNNER_ROOMLOG_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "core/errtext.h"

#define ROOMLOG_MAX_BYTES (1024 * 1024)
#define ROOMLOG_TAIL 10
#define ROOMLOG_LINE 240

struct roomlog {
	char path[PATH_MAX];
	int fd; /* -1: the file can't be written; the last lines are still kept */
	size_t bytes;
	char tail[ROOMLOG_TAIL][ROOMLOG_LINE];
	int64_t tail_ns[ROOMLOG_TAIL]; /* when each was complete, monotonic */
	size_t lines;                  /* complete lines seen since roomlog_mark */
	char part[ROOMLOG_LINE];
	size_t part_len;
};

/* Opens for appending. 0 or -errno; the log may be used all the same. */
int roomlog_open(struct roomlog *log, const char *dir, const char *room, struct errtext *err);
void roomlog_close(struct roomlog *log);

void roomlog_write(struct roomlog *log, const char *text, size_t len, int64_t now_ns);
/* Take what is in the pipe now. 1 there may be more later, 0 the other end is closed. */
int roomlog_drain(struct roomlog *log, int pipe_fd, int64_t now_ns);
/* A new life of the room: its last lines start afresh. */
void roomlog_mark(struct roomlog *log);
/* Line i of the last ones since then, oldest first; NULL: there are fewer. */
const char *roomlog_line(const struct roomlog *log, size_t i, int64_t since_ns);

#endif
