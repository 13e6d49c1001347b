/* SPDX-License-Identifier: Apache-2.0 */
#include "alarms/hooks.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alarms/hook_env.h"
#include "core/clock.h"
#include "core/log.h"
#include "shell/hook_file.h"

#define GRACE_NS NS_PER_S            /* between "end" and "kill"; a tenth of a shorter time-out */
#define SWEEP_NS (20 * NS_PER_MS)    /* while something is left over that was killed */
#define PATROL_NS (1000 * NS_PER_MS) /* while hooks run */
#define BURST 16u                    /* reads of one hook's output before others have their turn */

struct slot {
	pid_t pid; /* of the hook, which leads its group; 0 free */
	int out_fd;
	int64_t term_ns, kill_ns, timeout_ns;
	bool late;
	size_t n;
	char output[HOOK_OUTPUT];
};

struct hooks {
	struct loop *loop;
	uint32_t parallel, running;
	int64_t sweep_ns; /* LOOP_NEVER: nobody of ours is about */
	bool swept;       /* the last sweep found nothing */
	char dropped[HOOK_OUTPUT];
	struct slot slot[];
};

/* --- starting --- */

static int
text_file(const char *json)
{
	size_t n = strlen(json);
	int fd = memfd_create("page", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (write(fd, json, n) != (ssize_t)n || write(fd, "\n", 1) != 1 ||
	    lseek(fd, 0, SEEK_SET) != 0) {
		close(fd);
		return -EIO;
	}
	return fd;
}

static void
child(const struct hooks *h, const struct hook_call *call, char *const *env, int in_fd, int out_fd,
      pid_t parent)
{
	char *const args[] = {(char *)(uintptr_t)call->program, NULL};

	(void)setpgid(0, 0);
	/* The parent may have died before the wish to die with it was known. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent ||
	    dup2(in_fd, STDIN_FILENO) < 0 || dup2(out_fd, STDOUT_FILENO) < 0 ||
	    dup2(out_fd, STDERR_FILENO) < 0 || chdir("/") != 0)
		_exit(126);
	loop_child_signals(h->loop);
	execve(call->program, args, env);
	dprintf(STDERR_FILENO, "%s\n", strerror(errno));
	_exit(127);
}

static void
close_output(struct hooks *h, struct slot *s)
{
	if (s->out_fd < 0)
		return;
	loop_unwatch(h->loop, s->out_fd);
	close(s->out_fd);
	s->out_fd = -1;
}

/* At once, and without waiting for the loop's word. */
static void
end_hook(struct hooks *h, struct slot *s)
{
	(void)kill(-s->pid, SIGKILL);
	(void)waitpid(s->pid, NULL, 0);
	close_output(h, s);
	s->pid = 0;
}

static int
fork_hook(struct hooks *h, struct slot *s, const struct hook_call *call, int in_fd)
{
	struct hook_env env;
	pid_t parent = getpid();
	int out[2];

	hook_env_fill(&env, call->page);
	if (pipe2(out, O_CLOEXEC) != 0)
		return -errno;
	s->pid = fork();
	if (s->pid == 0)
		child(h, call, env.list, in_fd, out[1], parent);
	int rc = s->pid < 0 ? -errno : 0;
	close(out[1]);
	s->out_fd = out[0];
	(void)fcntl(s->out_fd, F_SETFL, O_NONBLOCK);
	if (rc != 0) {
		close(s->out_fd);
		s->pid = 0;
		return rc;
	}
	(void)setpgid(s->pid, s->pid); /* here too: whoever of the two comes first */
	rc = loop_watch(h->loop, s->out_fd, true, false, s);
	if (rc == 0)
		rc = loop_watch_child(h->loop, s->pid, s);
	if (rc != 0)
		end_hook(h, s);
	return rc;
}

int
hooks_start(struct hooks *h, const struct hook_call *call, int64_t now_ns, struct errtext *err)
{
	struct slot *s = NULL;
	int rc = hook_file_check(call->program, err);

	if (rc != 0)
		return rc;
	for (uint32_t i = 0; i < h->parallel && !s; i++)
		s = h->slot[i].pid == 0 ? &h->slot[i] : NULL;
	if (!s)
		return errtext_set(err, -EAGAIN, "%u hooks run already", h->running);
	int in_fd = text_file(call->json);
	if (in_fd < 0)
		return errtext_set(err, in_fd, "can't write the page: %s", strerror(-in_fd));
	int64_t grace_ns = call->timeout_ns / 10 < GRACE_NS ? call->timeout_ns / 10 : GRACE_NS;
	s->n = 0;
	s->late = false;
	s->timeout_ns = call->timeout_ns;
	s->kill_ns = now_ns + call->timeout_ns;
	s->term_ns = s->kill_ns - grace_ns;
	rc = fork_hook(h, s, call, in_fd);
	close(in_fd);
	if (rc != 0)
		return errtext_set(err, rc, "can't start it: %s", strerror(-rc));
	h->running++;
	h->sweep_ns = now_ns + PATROL_NS < h->sweep_ns ? now_ns + PATROL_NS : h->sweep_ns;
	return (int)(s - h->slot);
}

/* --- what it says --- */

/* False: there is no more, now or ever. */
static bool
read_output(struct hooks *h, struct slot *s)
{
	size_t room = sizeof(s->output) - s->n;
	ssize_t n = room > 0 ? read(s->out_fd, s->output + s->n, room)
			     : read(s->out_fd, h->dropped, sizeof(h->dropped));

	if (n > 0 && room > 0)
		s->n += (size_t)n;
	return n > 0;
}

/* The last line that says something, made fit for a log. */
static void
last_line(const struct slot *s, char *out, size_t size)
{
	size_t end = s->n, begin, n;

	while (end > 0 && isspace((unsigned char)s->output[end - 1]))
		end--;
	begin = end;
	while (begin > 0 && s->output[begin - 1] != '\n')
		begin--;
	n = end - begin < size - 1 ? end - begin : size - 1;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s->output[begin + i];
		out[i] = c >= 0x20 && c < 0x7f ? (char)c : '?';
	}
	out[n] = '\0';
}

static void
tell_end(const struct slot *s, int status, struct hook_end *out)
{
	char said[72];

	last_line(s, said, sizeof(said));
	out->ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	out->why[0] = '\0';
	if (s->late && !out->ok)
		snprintf(out->why, sizeof(out->why), "did not end within %.1f s%s%s",
			 (double)s->timeout_ns / (double)NS_PER_S, said[0] ? ": " : "", said);
	else if (WIFSIGNALED(status))
		snprintf(out->why, sizeof(out->why), "killed by signal %d%s%s", WTERMSIG(status),
			 said[0] ? ": " : "", said);
	else if (!out->ok)
		snprintf(out->why, sizeof(out->why), "exit %d%s%s", WEXITSTATUS(status),
			 said[0] ? ": " : "", said);
}

/* --- what it leaves --- */

static bool
runs(const struct hooks *h, pid_t pid)
{
	for (uint32_t i = 0; i < h->parallel; i++)
		if (h->slot[i].pid == pid)
			return true;
	return false;
}

/* A child of ours that is no hook: reaped, or killed unless it is in a running hook's group. True:
 * it is still there and should not be. */
static bool
clear_away(const struct hooks *h, pid_t pid)
{
	pid_t group = getpgid(pid);

	if (waitpid(pid, NULL, WNOHANG) == pid || (group > 0 && runs(h, group)))
		return false;
	(void)kill(pid, SIGKILL);
	return waitpid(pid, NULL, WNOHANG) != pid;
}

/* Every child of ours, from the kernel's list: descendants of a hook come to us when their parent
 * ends, whatever session they have made for themselves. How many are still to go. */
static uint32_t
sweep(const struct hooks *h)
{
	char path[64];
	uint32_t left = 0;
	int pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	FILE *f = fopen(path, "re");
	if (!f)
		return 0;
	while (fscanf(f, "%d", &pid) == 1)
		if (!runs(h, pid))
			left += clear_away(h, pid);
	fclose(f);
	return left;
}

/* The list may miss one while others end: what looks clean is looked at twice. */
static void
patrol(struct hooks *h, int64_t now_ns)
{
	bool clean = sweep(h) == 0;

	if (!clean || !h->swept)
		h->sweep_ns = now_ns + SWEEP_NS;
	else
		h->sweep_ns = h->running > 0 ? now_ns + PATROL_NS : LOOP_NEVER;
	h->swept = clean;
}

/* --- the life of the whole --- */

int
hooks_open(struct hooks **out, struct loop *loop, uint32_t parallel)
{
	struct hooks *h;

	if (parallel == 0 || parallel > HOOKS_MAX)
		return -EINVAL;
	h = calloc(1, sizeof(*h) + parallel * sizeof(h->slot[0]));
	if (!h)
		return -ENOMEM;
	h->loop = loop;
	h->parallel = parallel;
	h->sweep_ns = LOOP_NEVER;
	for (uint32_t i = 0; i < parallel; i++)
		h->slot[i].out_fd = -1;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1L) != 0) {
		free(h);
		return -errno;
	}
	*out = h;
	return 0;
}

void
hooks_close(struct hooks *h)
{
	if (!h)
		return;
	for (uint32_t i = 0; i < h->parallel; i++) {
		struct slot *s = &h->slot[i];

		if (s->pid != 0)
			end_hook(h, s);
	}
	h->running = 0;
	/* What was killed dies at once, and hands its own children to us before it can be waited for. */
	for (uint32_t left = sweep(h); left > 0; left = sweep(h))
		(void)waitpid(-1, NULL, 0);
	free(h);
}

int
hooks_event(struct hooks *h, const struct loop_event *ev, struct hook_end *out)
{
	struct slot *s = ev->data;

	if ((ev->kind != LOOP_FD && ev->kind != LOOP_CHILD) || s < h->slot ||
	    s >= h->slot + h->parallel)
		return -ENOENT;
	if (ev->kind == LOOP_FD) {
		bool more = true;

		for (uint32_t i = 0; i < BURST && more; i++)
			more = read_output(h, s);
		if (!more && ev->hangup)
			close_output(h, s);
		return 0;
	}
	while (s->out_fd >= 0 && s->n < sizeof(s->output) && read_output(h, s))
		;
	close_output(h, s);
	out->slot = (uint32_t)(s - h->slot);
	tell_end(s, ev->status, out);
	s->pid = 0;
	h->running--;
	h->swept = false;
	patrol(h, ev->now_ns);
	return 1;
}

int64_t
hooks_due_ns(const struct hooks *h)
{
	int64_t due_ns = h->sweep_ns;

	for (uint32_t i = 0; i < h->parallel; i++) {
		const struct slot *s = &h->slot[i];
		int64_t next_ns = s->late ? s->kill_ns : s->term_ns;

		if (s->pid != 0 && next_ns < due_ns)
			due_ns = next_ns;
	}
	return due_ns;
}

void
hooks_step(struct hooks *h, int64_t now_ns)
{
	for (uint32_t i = 0; i < h->parallel; i++) {
		struct slot *s = &h->slot[i];

		if (s->pid == 0 || now_ns < s->term_ns)
			continue;
		if (!s->late)
			(void)kill(-s->pid, SIGTERM);
		s->late = true;
		if (now_ns < s->kill_ns)
			continue;
		(void)kill(-s->pid, SIGKILL);
		s->kill_ns = now_ns + SWEEP_NS; /* until it is gone */
	}
	if (now_ns >= h->sweep_ns)
		patrol(h, now_ns);
}

void
hooks_terminate(struct hooks *h, int64_t now_ns)
{
	for (uint32_t i = 0; i < h->parallel; i++) {
		struct slot *s = &h->slot[i];

		if (s->pid == 0)
			continue;
		s->term_ns = now_ns;
		if (s->kill_ns > now_ns + GRACE_NS)
			s->kill_ns = now_ns + GRACE_NS;
	}
	hooks_step(h, now_ns);
}

uint32_t
hooks_running(const struct hooks *h)
{
	return h->running;
}

bool
hooks_quiet(const struct hooks *h)
{
	return h->sweep_ns == LOOP_NEVER;
}
