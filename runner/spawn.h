/* SPDX-License-Identifier: Apache-2.0 */
/* A child process in a group of its own, that the kernel kills when the runner dies. */
#ifndef ISOTHERM_RUNNER_SPAWN_H
#define ISOTHERM_RUNNER_SPAWN_H

#include <sys/types.h>

#include "core/loop.h"

struct spawn {
	const char *path;          /* of the program */
	const char *args[8];       /* NULL-terminated, [0] included */
	int in_fd, out_fd, err_fd; /* become 0, 1, 2; -1: /dev/null for 0, inherited for 1 and 2 */
	int terminal_fd; /* >= 0: the child's group becomes this terminal's foreground group */
	const char *run_dir, *state_dir, *notify; /* environment; notify NULL: none */
};

/* The child's pid, or -errno. A program that can't be executed ends with 127 after one line. */
pid_t spawn_child(const struct spawn *s, const struct loop *loop);

/* Give the terminal back to this process's own group. */
void spawn_take_terminal(int terminal_fd);

/* Close-on-exec pipe, both ends non-blocking. 0 or -errno. */
int spawn_pipe(int fd[2]);

#endif
