/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one pull loop: epoll, a timerfd, a signalfd and pidfds behind one call. A room's main.c is
 * `for (;;) switch (loop_wait(loop, deadline, &ev))`: nothing calls back into a control loop.
 */
#ifndef ISOTHERM_CORE_LOOP_H
#define ISOTHERM_CORE_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum loop_kind {
	LOOP_DUE, /* the deadline has come */
	LOOP_FD,
	LOOP_CHILD, /* a watched child ended */
	LOOP_SIGNAL
};

struct loop_event {
	enum loop_kind kind;
	int64_t now_ns; /* monotonic, when the event was taken: the room's `now` */
	int fd;         /* LOOP_FD */
	bool readable, writable, hangup;
	void *data; /* LOOP_FD, LOOP_CHILD: as given to the watch */
	pid_t pid;  /* LOOP_CHILD */
	int status; /* LOOP_CHILD: as from waitpid; LOOP_SIGNAL: the signal number */
};

#define LOOP_NEVER INT64_MAX

struct loop;

/* `signals` (0-terminated, NULL for none) are blocked and arrive as LOOP_SIGNAL. SIGPIPE is
 * ignored. 0 or -errno. */
int loop_open(struct loop **out, const int *signals);
void loop_close(struct loop *loop);

/* Add a watch, or change the one that is there. With neither read nor write only hangup is told. */
int loop_watch(struct loop *loop, int fd, bool read, bool write, void *data);
/* Before closing the fd. */
void loop_unwatch(struct loop *loop, int fd);
/* Once: the event reaps the child and ends the watch. */
int loop_watch_child(struct loop *loop, pid_t pid, void *data);

/*
 * Wait for the next thing. Deadlines are absolute monotonic ns and win over descriptors when both
 * are there, so a flood of traffic can't starve a control period; but in overload, when each wait
 * begins behind its deadline, one other event goes between two deadlines, so that a signal to stop
 * gets through. Returns ev->kind, or -errno.
 */
int loop_wait(struct loop *loop, int64_t deadline_ns, struct loop_event *ev);

/* In a child between fork and exec: signal mask and SIGPIPE as they were before loop_open. */
void loop_child_signals(const struct loop *loop);

#endif
