/* SPDX-License-Identifier: Apache-2.0 */
/* The client's side: one request, one result, one deadline for the whole of it. */
#include <errno.h>
#include <poll.h>
#include <string.h>
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

static int
await(int fd, int64_t deadline_ns)
{
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int64_t left_ns = deadline_ns - clock_mono_ns();
		if (left_ns <= 0)
			return -ETIMEDOUT;
		int n = poll(&p, 1, (int)((left_ns + NS_PER_MS - 1) / NS_PER_MS));
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
}

static int
exchange(int fd, const char *json, int64_t deadline_ns, char *result)
{
	/* EPIPE: the room has refused us already; its reason may be there to be read */
	if (send(fd, json, strlen(json), MSG_NOSIGNAL) < 0 && errno != EPIPE)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	int rc = await(fd, deadline_ns);
	if (rc)
		return rc;
	ssize_t n = recv(fd, result, COMMAND_MAX, MSG_TRUNC);
	if (n <= 0)
		return n < 0 ? -errno : -ECONNRESET;
	if (n > COMMAND_MAX)
		return -EMSGSIZE;
	result[n] = '\0';
	return 0;
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
		return errtext_set(err, fd, "%s: nobody answers there: %s", at.sun_path,
				   strerror(-fd));
	rc = exchange(fd, json, deadline_ns, result);
	close(fd);
	return rc ? errtext_set(err, rc, "%s: no result: %s", at.sun_path, strerror(-rc)) : 0;
}
