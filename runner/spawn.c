/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* A background group that sets the foreground group is stopped by SIGTTOU unless it blocks it. */
static void
set_foreground(int terminal_fd, pid_t group)
{
	sigset_t block, before;

	sigemptyset(&block);
	sigaddset(&block, SIGTTOU);
	sigprocmask(SIG_BLOCK, &block, &before);
	(void)tcsetpgrp(terminal_fd, group); /* a terminal that went away is no reason to stop */
	sigprocmask(SIG_SETMASK, &before, NULL);
}

void
spawn_take_terminal(int terminal_fd)
{
	set_foreground(terminal_fd, getpgrp());
}

static int
set_variable(const char *name, const char *value)
{
	return value != NULL ? setenv(name, value, 1) : unsetenv(name);
}

static void
child(const struct spawn *s, const struct loop *loop, pid_t parent)
{
	int in = s->in_fd >= 0 ? s->in_fd : open("/dev/null", O_RDONLY | O_CLOEXEC);

	/* The parent may have died before the wish to die with it was known. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(127);
	(void)setpgid(0, 0);
	if (s->terminal_fd >= 0) {
		set_foreground(s->terminal_fd, getpid());
		/* Nobody could continue a screen that stopped itself: its shell is not ours. */
		(void)signal(SIGTSTP, SIG_IGN);
	}
	/* A terminal that is 0 keeps its place; dup2 of a descriptor onto itself would keep CLOEXEC. */
	if ((in != STDIN_FILENO && dup2(in, STDIN_FILENO) < 0) ||
	    (s->out_fd > STDIN_FILENO && s->out_fd != STDOUT_FILENO &&
	     dup2(s->out_fd, STDOUT_FILENO) < 0) ||
	    (s->err_fd > STDIN_FILENO && s->err_fd != STDERR_FILENO &&
	     dup2(s->err_fd, STDERR_FILENO) < 0) ||
	    set_variable("ISOTHERM_RUN", s->run_dir) != 0 ||
	    set_variable("ISOTHERM_STATE", s->state_dir) != 0 ||
	    set_variable("NOTIFY_SOCKET", s->notify) != 0)
		_exit(127);
	(void)signal(SIGPIPE, SIG_DFL);
	loop_child_signals(loop);
	execv(s->path, (char *const *)(const void *)s->args);
	dprintf(STDERR_FILENO, "%s: %s\n", s->path, strerror(errno));
	_exit(127);
}

pid_t
spawn_child(const struct spawn *s, const struct loop *loop)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		child(s, loop, parent);
	(void)setpgid(pid, pid); /* here too: whoever of the two comes first */
	return pid;
}

int
spawn_pipe(int fd[2])
{
	return pipe2(fd, O_CLOEXEC | O_NONBLOCK) != 0 ? -errno : 0;
}
