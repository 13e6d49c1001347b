/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operator's screen in front of a run: has the terminal to itself while it lives, so the runner's own
 * messages go to a file meanwhile and are shown when it ends.
 */
#ifndef ISOTHERM_RUNNER_SCREEN_H
#define ISOTHERM_RUNNER_SCREEN_H

#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

#include "runner/roomlog.h"
#include "runner/spawn.h"

struct screen {
	pid_t pid;                  /* 0: there is none */
	int terminal_fd, stderr_fd; /* of before, -1 */
	struct termios before;
	bool has_before;
	struct roomlog log;
	long log_from; /* where this screen's messages begin */
};

/* Is there a terminal that a screen could use, with us in front? If not, *why says so, NULL where nobody
 * would expect one. */
bool screen_possible(const char **why);

/* 0 or -errno. */
int screen_start(struct screen *s, const char *program, const char *run_dir, const char *state_dir,
		 const struct loop *loop);
/* After it ended: the terminal as it was, the messages that came meanwhile. */
void screen_end(struct screen *s);

#endif
