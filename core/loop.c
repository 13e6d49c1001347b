/* SPDX-License-Identifier: Apache-2.0 */
#include "core/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"

#define LOOP_FDS 4096 /* highest descriptor that can be watched, + 1 */

enum watch_kind { WATCH_NONE, WATCH_FD, WATCH_CHILD, WATCH_TIMER, WATCH_SIGNALS };

struct watch {
	enum watch_kind kind;
	pid_t pid; /* WATCH_CHILD */
	void *data;
};

struct loop {
	int epoll_fd, timer_fd, signal_fd;
	int64_t armed_ns;  /* what the timer is set to */
	bool was_due;      /* the last wait returned LOOP_DUE and the next deadline was past, too */
	sigset_t old_mask; /* before loop_open */
	struct watch watch[LOOP_FDS]; /* by descriptor */
};

static int
add(struct loop *l, int fd, uint32_t events, struct watch watch)
{
	if (fd < 0 || fd >= LOOP_FDS)
		return fd < 0 ? -EBADF : -EMFILE;
	struct epoll_event e = {.events = events, .data.fd = fd};
	int op = l->watch[fd].kind == WATCH_NONE ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
	if (epoll_ctl(l->epoll_fd, op, fd, &e))
		return -errno;
	l->watch[fd] = watch;
	return 0;
}

static int
open_timer(struct loop *l)
{
	l->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (l->timer_fd < 0)
		return -errno;
	return add(l, l->timer_fd, EPOLLIN, (struct watch){.kind = WATCH_TIMER});
}

static int
open_signals(struct loop *l, const int *signals)
{
	sigset_t set;

	sigemptyset(&set);
	for (; signals && *signals; signals++)
		if (sigaddset(&set, *signals))
			return -errno;
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	l->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (l->signal_fd < 0)
		return -errno;
	return add(l, l->signal_fd, EPOLLIN, (struct watch){.kind = WATCH_SIGNALS});
}

int
loop_open(struct loop **out, const int *signals)
{
	struct loop *l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->timer_fd = l->signal_fd = -1;
	l->armed_ns = LOOP_NEVER;
	sigprocmask(SIG_BLOCK, NULL, &l->old_mask);
	signal(SIGPIPE, SIG_IGN); /* a peer that went away is an errno, not an end */
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	int rc = l->epoll_fd < 0 ? -errno : 0;
	if (!rc)
		rc = open_timer(l);
	if (!rc)
		rc = open_signals(l, signals);
	if (rc)
		loop_close(l);
	else
		*out = l;
	return rc;
}

void
loop_close(struct loop *l)
{
	if (!l)
		return;
	for (int fd = 0; fd < LOOP_FDS; fd++)
		if (l->watch[fd].kind == WATCH_CHILD)
			close(fd); /* the one kind of descriptor that nobody else knows */
	if (l->signal_fd >= 0)
		close(l->signal_fd);
	if (l->timer_fd >= 0)
		close(l->timer_fd);
	if (l->epoll_fd >= 0)
		close(l->epoll_fd);
	sigprocmask(SIG_SETMASK, &l->old_mask, NULL);
	free(l);
}

int
loop_watch(struct loop *l, int fd, bool read, bool write, void *data)
{
	uint32_t events = (read ? (uint32_t)EPOLLIN : 0) | (write ? (uint32_t)EPOLLOUT : 0);

	return add(l, fd, events, (struct watch){.kind = WATCH_FD, .data = data});
}

void
loop_unwatch(struct loop *l, int fd)
{
	if (fd < 0 || fd >= LOOP_FDS || l->watch[fd].kind == WATCH_NONE)
		return;
	epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	l->watch[fd] = (struct watch){.kind = WATCH_NONE};
}

int
loop_watch_child(struct loop *l, pid_t pid, void *data)
{
	/* by number: glibc has the wrapper only since 2.36 */
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0)
		return -errno;
	int rc = add(l, fd, EPOLLIN, (struct watch){.kind = WATCH_CHILD, .pid = pid, .data = data});
	if (rc)
		close(fd);
	return rc;
}

static int
arm(struct loop *l, int64_t deadline_ns)
{
	struct itimerspec t = {.it_value = {0}}; /* disarmed */

	if (deadline_ns == l->armed_ns)
		return 0;
	if (deadline_ns != LOOP_NEVER) {
		t.it_value.tv_sec = (time_t)(deadline_ns / NS_PER_S);
		t.it_value.tv_nsec = (long)(deadline_ns % NS_PER_S);
	}
	if (timerfd_settime(l->timer_fd, TFD_TIMER_ABSTIME, &t, NULL))
		return -errno;
	l->armed_ns = deadline_ns;
	return 0;
}

/* Fill *ev from a ready descriptor: 1, 0 if there is nothing for the caller in it, -errno. */
static int
take(struct loop *l, const struct epoll_event *e, struct loop_event *ev)
{
	int fd = e->data.fd;
	struct watch w = l->watch[fd];
	struct signalfd_siginfo info;
	uint64_t expirations;

	*ev = (struct loop_event){.now_ns = ev->now_ns, .fd = -1, .data = w.data, .pid = w.pid};
	switch (w.kind) {
	case WATCH_FD:
		ev->kind = LOOP_FD;
		ev->fd = fd;
		ev->readable = e->events & EPOLLIN;
		ev->writable = e->events & EPOLLOUT;
		ev->hangup = e->events & (EPOLLHUP | EPOLLERR);
		return 1;
	case WATCH_CHILD:
		ev->kind = LOOP_CHILD;
		loop_unwatch(l, fd);
		close(fd);
		return waitpid(w.pid, &ev->status, WNOHANG) == w.pid ? 1 : -ECHILD;
	case WATCH_SIGNALS:
		if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
			return 0;
		ev->kind = LOOP_SIGNAL;
		ev->status = (int)info.ssi_signo;
		return 1;
	case WATCH_TIMER:
		l->armed_ns = LOOP_NEVER;
		return read(fd, &expirations, sizeof(expirations)) < 0 && errno != EAGAIN ? -errno
											  : 0;
	case WATCH_NONE: /* not in the epoll set */
		break;
	}
	return -EBADF;
}

static int
due(struct loop *l, struct loop_event *ev)
{
	l->was_due = true;
	*ev = (struct loop_event){.kind = LOOP_DUE, .now_ns = ev->now_ns, .fd = -1};
	return LOOP_DUE;
}

int
loop_wait(struct loop *l, int64_t deadline_ns, struct loop_event *ev)
{
	ev->now_ns = clock_mono_ns();
	if (ev->now_ns < deadline_ns)
		l->was_due = false;
	for (;;) {
		struct epoll_event e;
		bool late = ev->now_ns >= deadline_ns;

		/* In overload, when each wait begins late, one other thing goes between two
		 * deadlines: a signal to stop must get through. */
		if (late && !l->was_due)
			return due(l, ev);
		int rc = late ? 0 : arm(l, deadline_ns);
		if (rc)
			return rc;
		int n = epoll_wait(l->epoll_fd, &e, 1, late ? 0 : -1);
		if (n < 0 && errno != EINTR)
			return -errno;
		ev->now_ns = clock_mono_ns();
		if (n == 0)
			return due(l, ev);
		if (n < 0 || (!late && ev->now_ns >= deadline_ns))
			continue; /* what is ready stays ready */
		rc = take(l, &e, ev);
		if (rc < 0)
			return rc;
		if (rc > 0) {
			l->was_due = false;
			return (int)ev->kind;
		}
	}
}

void
loop_child_signals(const struct loop *l)
{
	signal(SIGPIPE, SIG_DFL); /* ignored signals stay ignored over an exec */
	sigprocmask(SIG_SETMASK, &l->old_mask, NULL);
}
