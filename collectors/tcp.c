/* SPDX-License-Identifier: Apache-2.0 */
#include "collectors/tcp.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct connection {
	uint32_t device;
	int fd; /* -1: none */
	bool connecting;
	struct sockaddr_storage address;
	socklen_t address_len;
};

struct tcp {
	struct loop *loop;
	uint32_t n;
	struct connection connection[]; /* one a device */
};

static int
set_address(struct connection *x, const struct device *d)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST}, *found;
	char port[8];
	snprintf(port, sizeof port, "%u", (unsigned)d->port);
	if (getaddrinfo(d->host, port, &hints, &found) != 0)
		return -EINVAL;
	memcpy(&x->address, found->ai_addr, found->ai_addrlen);
	x->address_len = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

int
tcp_open(struct tcp **out, const struct plant *plant, struct loop *loop)
{
	struct tcp *t = calloc(1, sizeof *t + plant->n_devices * sizeof t->connection[0]);
	int rc = t != NULL ? 0 : -ENOMEM;
	if (t == NULL)
		return rc;
	t->loop = loop;
	t->n = plant->n_devices;
	for (uint32_t i = 0; i < t->n; i++) {
		t->connection[i].device = i;
		t->connection[i].fd = -1;
		if (rc == 0 && plant->devices[i].line < 0)
			rc = set_address(&t->connection[i], &plant->devices[i]);
	}
	if (rc != 0)
		tcp_close(t);
	else
		*out = t;
	return rc;
}

static void
drop(struct tcp *t, struct connection *x)
{
	if (x->fd < 0)
		return;
	loop_unwatch(t->loop, x->fd);
	close(x->fd);
	x->fd = -1;
}

void
tcp_close(struct tcp *t)
{
	if (t == NULL)
		return;
	for (uint32_t i = 0; i < t->n; i++)
		drop(t, &t->connection[i]);
	free(t);
}

static void
broken(struct tcp *t, struct collect *c, struct connection *x, int error, int64_t now_ns)
{
	drop(t, x);
	collect_broken(c, x->device, now_ns, error == 0 ? "closed by the device" : strerror(error));
}

static void
dial(struct tcp *t, struct collect *c, struct connection *x, int64_t now_ns)
{
	const int on = 1;
	drop(t, x);
	x->fd = socket(x->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (x->fd < 0) {
		broken(t, c, x, errno, now_ns);
		return;
	}
	/* a request is one small segment: it must not wait for an acknowledgement */
	(void)setsockopt(x->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	x->connecting = connect(x->fd, (const struct sockaddr *)(const void *)&x->address,
				x->address_len) != 0;
	int error = x->connecting && errno != EINPROGRESS ? errno : 0;
	if (error == 0)
		error = -loop_watch(t->loop, x->fd, !x->connecting, x->connecting, x);
	if (error != 0)
		broken(t, c, x, error, now_ns);
	else if (!x->connecting)
		collect_connected(c, x->device, now_ns);
}

void
tcp_do(struct tcp *t, struct collect *c, const struct collect_action *a, int64_t now_ns)
{
	/* What is on its way from a connection that went wrong must not be waited for, and must
	 * not keep the device's only slot busy: reset it. */
	const struct linger reset = {.l_onoff = 1, .l_linger = 0};
	struct connection *x = &t->connection[a->device];
	switch (a->verb) {
	case COLLECT_CONNECT:
		dial(t, c, x, now_ns);
		break;
	case COLLECT_SEND:
		if (x->fd < 0)
			break;
		ssize_t n = send(x->fd, a->bytes, a->len, MSG_NOSIGNAL);
		/* one request on an idle connection always fits; if not, it is no connection */
		if (n < 0 || (size_t)n != a->len)
			broken(t, c, x, n < 0 ? errno : EMSGSIZE, now_ns);
		break;
	case COLLECT_CLOSE:
		if (x->fd >= 0)
			(void)setsockopt(x->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
		drop(t, x);
		break;
	}
}

static int
socket_error(int fd)
{
	int error = 0;
	socklen_t len = sizeof error;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 ? errno : error;
}

void
tcp_take(struct tcp *t, struct collect *c, const struct loop_event *ev)
{
	struct connection *x = ev->data;
	uint8_t bytes[512]; /* more than a frame: too much is told from just enough */
	if (x == NULL || x->fd != ev->fd)
		return;
	if (x->connecting) {
		int error = socket_error(x->fd);
		x->connecting = false;
		if (error == 0)
			error = -loop_watch(t->loop, x->fd, true, false, x);
		if (error != 0)
			broken(t, c, x, error, ev->now_ns);
		else
			collect_connected(c, x->device, ev->now_ns);
		return;
	}
	ssize_t n = recv(x->fd, bytes, sizeof bytes, 0);
	if (n > 0)
		collect_bytes(c, x->device, bytes, (size_t)n, ev->now_ns);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		broken(t, c, x, n == 0 ? 0 : errno, ev->now_ns);
}
