/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/screen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool
screen_possible(const char **why)
{
	const char *term = getenv("TERM");

	*why = NULL;
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return false;
	if (term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0) {
		*why = "TERM names no terminal that can show the screen";
		return false;
	}
	return tcgetpgrp(STDIN_FILENO) ==
	       getpgrp(); /* started in the background: nothing to take */
}

int
screen_start(struct screen *s, const char *program, const char *run_dir, const char *state_dir,
	     const struct loop *loop)
{
	struct spawn spawn = {.path = program,
			      .args = {"isotherm", "top", NULL},
			      .in_fd = STDIN_FILENO,
			      .out_fd = -1,
			      .err_fd = -1,
			      .terminal_fd = STDIN_FILENO,
			      .run_dir = run_dir,
			      .state_dir = state_dir};
	char dir[PATH_MAX];
	pid_t pid;

	*s = (struct screen){.terminal_fd = STDIN_FILENO, .stderr_fd = -1};
	s->log.fd = -1;
	s->has_before = tcgetattr(s->terminal_fd, &s->before) == 0;
	if (isatty(STDERR_FILENO) &&
	    snprintf(dir, sizeof dir, "%s/log", state_dir) < (int)sizeof dir &&
	    roomlog_open(&s->log, dir, "runner", NULL) == 0) {
		s->stderr_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
		s->log_from = (long)s->log.bytes;
		if (s->stderr_fd >= 0)
			(void)dup2(s->log.fd, STDERR_FILENO);
	}
	pid = spawn_child(&spawn, loop);
	if (pid < 0) {
		screen_end(s);
		return (int)pid;
	}
	s->pid = pid;
	return 0;
}

static void
show_messages(const struct screen *s)
{
	FILE *in = fopen(s->log.path, "re");
	char line[1024];

	if (in == NULL)
		return;
	if (fseek(in, s->log_from, SEEK_SET) == 0)
		while (fgets(line, (int)sizeof line, in) != NULL)
			(void)fputs(line, stderr);
	(void)fclose(in);
}

void
screen_end(struct screen *s)
{
	s->pid = 0;
	spawn_take_terminal(s->terminal_fd);
	if (s->has_before)
		(void)tcsetattr(s->terminal_fd, TCSADRAIN, &s->before);
	if (s->stderr_fd >= 0) {
		(void)dup2(s->stderr_fd, STDERR_FILENO);
		close(s->stderr_fd);
		s->stderr_fd = -1;
		show_messages(s);
	}
	roomlog_close(&s->log);
}
