/* SPDX-License-Identifier: Apache-2.0 */
/* The runner's end of the readiness protocol: a datagram socket that knows who sent. */
#ifndef ISOTHERM_RUNNER_READY_H
#define ISOTHERM_RUNNER_READY_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/errtext.h"

struct ready_message {
	pid_t pid;        /* who sent it, as the kernel says */
	bool ready;       /* READY=1 */
	char status[128]; /* STATUS=…, "" none */
};

/* A socket bound to `path` (a stale one is replaced): its descriptor or -errno. */
int ready_open(const char *path, struct errtext *err);
/* 1: `m` filled; 0: nothing there. */
int ready_take(int fd, struct ready_message *m);

#endif
