/* SPDX-License-Identifier: Apache-2.0 */
/* The client's side: one request, one result, one deadline for the whole of it. What has no result by
 * then is withdrawn, so that no request is carried out after it was said to have failed. */
#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/command.h"
#include "core/command_socket.h"

/* Blocking, but not beyond the time-out: for a Unix socket SO_SNDTIMEO bounds connect() as well. */
static int
reach(const struct sockaddr_un *at, int timeout_ms)
{
	struct timeval limit = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ||
	    connect(fd, (const struct sockaddr *)at, sizeof(*at))) {
		int rc = errno == EAGAIN ? -ETIMEDOUT : -errno;
		close(fd);
		return rc;
	}
	return fd;
}

int
command_connect(const char *run_dir, const char *name, struct errtext *err)
{
	struct sockaddr_un at;
	int rc = command_address(&at, run_dir, name, err);
	if (rc)
		return rc;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* connecting to a Unix socket is done at once, or refused: EAGAIN where its queue is full */
	if (fd < 0 || connect(fd, (const struct sockaddr *)&at, sizeof(at))) {
		rc = -errno;
		if (fd >= 0)
			close(fd);
		return errtext_set(err, rc, "%s: nobody answers there: %s", at.sun_path,
				   strerror(-rc));
	}
	return fd;
}

bool
command_withdraw(int fd)
{
	int unread = 0;

	/* in this order: the room reads, then looks whether the line stands */
	return shutdown(fd, SHUT_WR) == 0 && ioctl(fd, SIOCOUTQ, &unread) == 0 && unread > 0;
}

/* A result that is there counts, however late we are to look. */
static int
await(int fd, int64_t deadline_ns)
{
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int64_t left_ns = deadline_ns - clock_mono_ns();
		int n = poll(&p, 1, left_ns > 0 ? (int)((left_ns + NS_PER_MS - 1) / NS_PER_MS) : 0);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0 && left_ns <= 0)
			return -ETIMEDOUT;
	}
}

/* 0: it is there. -EINPROGRESS: it was read, and nobody answers any more. */
static int
receive(int fd, char *result)
{
	ssize_t n = recv(fd, result, COMMAND_MAX, MSG_TRUNC | MSG_DONTWAIT);
	bool unread = n < 0 && errno == ECONNRESET;

	if (unread) /* the room closed without reading: its reason may be there all the same */
		n = recv(fd, result, COMMAND_MAX, MSG_TRUNC | MSG_DONTWAIT);
	if (n <= 0)
		return unread ? -ECONNRESET : -EINPROGRESS;
	if (n > COMMAND_MAX)
		return -EMSGSIZE;
	result[n] = '\0';
	return 0;
}

static int
exchange(int fd, const char *json, int64_t deadline_ns, char *result)
{
	bool sent = send(fd, json, strlen(json), MSG_NOSIGNAL) >= 0;

	/* EPIPE: the room has refused us already; its reason may be there to be read */
	if (!sent && errno != EPIPE)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	int rc = await(fd, deadline_ns);
	if (rc && command_withdraw(fd))
		return -ETIMEDOUT;
	rc = receive(fd, result);
	return rc == -EINPROGRESS && !sent ? -ECONNRESET : rc;
}

static int
explain(struct errtext *err, const char *path, int rc, int timeout_ms)
{
	if (rc == -ETIMEDOUT)
		return errtext_set(err, rc, "%s: no answer in %g s: not carried out", path,
				   timeout_ms / 1000.0);
	if (rc == -ECONNRESET)
		return errtext_set(err, rc, "%s: hung up before it was read: not carried out",
				   path);
	if (rc == -EINPROGRESS)
		return errtext_set(err, rc,
				   "%s: it was read, but no answer came: it may have been carried "
				   "out, look before you ask again",
				   path);
	return errtext_set(err, rc, "%s: no result: %s", path, strerror(-rc));
}

int
command_call(const char *run_dir, const char *name, const char *json, int timeout_ms, char *result,
	     struct errtext *err)
{
	int64_t deadline_ns = clock_mono_ns() + timeout_ms * NS_PER_MS;
	struct sockaddr_un at;
	int rc = command_address(&at, run_dir, name, err);
	if (rc)
		return rc;
	int fd = reach(&at, timeout_ms);
	if (fd < 0)
		return fd == -ETIMEDOUT ? explain(err, at.sun_path, fd, timeout_ms)
					: errtext_set(err, fd, "%s: nobody answers there: %s",
						      at.sun_path, strerror(-fd));
	rc = exchange(fd, json, deadline_ns, result);
	close(fd);
	return rc ? explain(err, at.sun_path, rc, timeout_ms) : 0;
}
