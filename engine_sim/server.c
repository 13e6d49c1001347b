/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/log.h"
#include "engine_sim/gate.h"

#define BACKLOG 16
#define IN_MAX ((size_t)(2 * GATE_ADU_MAX))
#define OUT_MAX ((size_t)(8 * GATE_ADU_MAX))

/* What the loop gives back with an event: a listener or a connection, told apart by `slot`. */
struct end {
	int fd; /* -1: free */
	uint32_t device;
	int slot; /* -1: listener */
	int64_t heard_ns;
	size_t in, out;
	uint8_t in_bytes[IN_MAX], out_bytes[OUT_MAX];
};

struct port {
	uint16_t number;
	bool trouble; /* listening again failed, and was told */
};

struct server {
	struct loop *loop;
	const struct plant *plant;
	struct sim *sim;
	struct port *ports;     /* [n_devices] */
	struct end *listeners;  /* [n_devices] */
	struct end *connection; /* [n_devices * SERVER_SLOTS] */
};

static bool
has_socket(const struct device *d)
{
	return d->simulated && d->line < 0;
}

static void
drop(struct server *s, struct end *e)
{
	if (e->fd < 0)
		return;
	loop_unwatch(s->loop, e->fd);
	close(e->fd);
	e->fd = -1;
}

/* *port 0: the kernel chooses, *port tells. The descriptor or -errno. */
static int
listen_on(uint16_t *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				 .sin_port = htons(*port)};
	socklen_t len = sizeof(at);
	int one = 1, rc, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, BACKLOG) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) < 0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	*port = ntohs(at.sin_port);
	return fd;
}

static int
start_listening(struct server *s, uint32_t device)
{
	struct end *e = &s->listeners[device];
	int fd = listen_on(&s->ports[device].number);
	int rc;

	if (fd < 0)
		return fd;
	rc = loop_watch(s->loop, fd, true, false, e);
	if (rc < 0) {
		close(fd);
		return rc;
	}
	e->fd = fd;
	return 0;
}

int
server_open(struct server **out, struct loop *loop, const struct plant *plant, struct sim *sim,
	    struct errtext *err)
{
	uint32_t n = plant->n_devices;
	struct server *s = calloc(1, sizeof(*s));
	int rc = 0;

	*out = NULL;
	if (!s)
		return errtext_set(err, -ENOMEM, "no memory for the sockets");
	*s = (struct server){.loop = loop,
			     .plant = plant,
			     .sim = sim,
			     .ports = calloc(n + 1, sizeof(*s->ports)),
			     .listeners = calloc(n + 1, sizeof(*s->listeners)),
			     .connection =
				     calloc((size_t)n * SERVER_SLOTS + 1, sizeof(*s->connection))};
	if (!s->ports || !s->listeners || !s->connection) {
		server_close(s);
		return errtext_set(err, -ENOMEM, "no memory for the sockets");
	}
	for (uint32_t d = 0; d < n; d++) {
		s->listeners[d] = (struct end){.fd = -1, .device = d, .slot = -1};
		for (int k = 0; k < SERVER_SLOTS; k++)
			s->connection[d * SERVER_SLOTS + (uint32_t)k] =
				(struct end){.fd = -1, .device = d, .slot = k};
	}
	for (uint32_t d = 0; d < n && rc == 0; d++) {
		const struct device *dev = &plant->devices[d];

		s->ports[d].number = dev->port;
		if (!has_socket(dev))
			continue;
		rc = start_listening(s, d);
		if (rc < 0)
			errtext_set(err, rc, "%s: can't listen on 127.0.0.1:%u: %s", dev->name,
				    dev->port, strerror(-rc));
	}
	if (rc < 0)
		server_close(s);
	else
		*out = s;
	return rc;
}

void
server_close(struct server *s)
{
	if (!s)
		return;
	for (uint32_t d = 0; s->listeners && s->connection && d < s->plant->n_devices; d++) {
		drop(s, &s->listeners[d]);
		for (uint32_t k = 0; k < SERVER_SLOTS; k++)
			drop(s, &s->connection[d * SERVER_SLOTS + k]);
	}
	free(s->ports);
	free(s->listeners);
	free(s->connection);
	free(s);
}

static struct end *
free_slot(struct server *s, uint32_t device)
{
	struct end *first = &s->connection[device * SERVER_SLOTS], *oldest = first;

	for (int k = 0; k < SERVER_SLOTS; k++) {
		if (first[k].fd < 0)
			return &first[k];
		if (first[k].heard_ns < oldest->heard_ns)
			oldest = &first[k];
	}
	drop(s, oldest);
	return oldest;
}

static void
take_connection(struct server *s, const struct end *listener, int64_t now_ns)
{
	int one = 1, fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct end *e;

	if (fd < 0)
		return;
	e = free_slot(s, listener->device);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (loop_watch(s->loop, fd, true, false, e) < 0) {
		close(fd);
		return;
	}
	e->fd = fd;
	e->heard_ns = now_ns;
	e->in = e->out = 0;
}

/* 0, or -errno when the connection is of no use any more. */
static int
flush(struct server *s, struct end *e)
{
	while (e->out > 0) {
		ssize_t n = send(e->fd, e->out_bytes, e->out, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			return -errno;
		e->out -= (size_t)n;
		memmove(e->out_bytes, e->out_bytes + n, e->out);
	}
	/* a client that does not take its answers is not read from */
	return loop_watch(s->loop, e->fd, e->out == 0, e->out > 0, e);
}

/* Answers every whole frame; -EPROTO where the bytes are none. */
static int
answer_frames(struct server *s, struct end *e)
{
	size_t done = 0;

	while (e->out + GATE_ADU_MAX <= OUT_MAX) {
		int len = sim_frame_length(e->in_bytes + done, e->in - done);

		if (len < 0)
			return len;
		if (len == 0 || (size_t)len > e->in - done)
			break;
		e->out += (size_t)sim_answer(s->sim, e->device, e->in_bytes + done, (size_t)len,
					     e->out_bytes + e->out);
		done += (size_t)len;
	}
	e->in -= done;
	memmove(e->in_bytes, e->in_bytes + done, e->in);
	return 0;
}

/* Until the client's turn: its answers are on their way and what is left is no whole frame. */
static int
serve_end(struct server *s, struct end *e)
{
	int rc = 0;
	size_t before;

	do {
		before = e->in;
		rc = answer_frames(s, e);
		if (rc == 0 && e->out > 0)
			rc = flush(s, e);
	} while (rc == 0 && e->out == 0 && e->in < before);
	return rc;
}

static int
hear(struct server *s, struct end *e, int64_t now_ns)
{
	ssize_t n = recv(e->fd, e->in_bytes + e->in, IN_MAX - e->in, 0);

	if (n == 0)
		return -ECONNRESET;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	e->heard_ns = now_ns;
	e->in += (size_t)n;
	return serve_end(s, e);
}

bool
server_event(struct server *s, const struct loop_event *ev)
{
	struct end *e = ev->data;
	uint32_t n = s->plant->n_devices;
	int rc = 0;

	if (e >= s->listeners && e < s->listeners + n) {
		if (e->fd == ev->fd)
			take_connection(s, e, ev->now_ns);
		return true;
	}
	if (e < s->connection || e >= s->connection + (size_t)n * SERVER_SLOTS)
		return false;
	if (e->fd != ev->fd) /* of a connection that has gone since */
		return true;
	if (ev->writable) {
		rc = flush(s, e);
		if (rc == 0 && e->out == 0)
			rc = serve_end(s, e);
	}
	if (rc == 0 && ev->readable)
		rc = hear(s, e, ev->now_ns);
	else if (rc == 0 && ev->hangup)
		rc = -ECONNRESET;
	if (rc < 0)
		drop(s, e);
	return true;
}

void
server_sync(struct server *s)
{
	for (uint32_t d = 0; d < s->plant->n_devices; d++) {
		const struct device *dev = &s->plant->devices[d];
		bool offline = sim_offline(s->sim, d);
		int rc;

		if (!has_socket(dev) || offline == (s->listeners[d].fd < 0))
			continue;
		if (offline) {
			drop(s, &s->listeners[d]);
			for (uint32_t k = 0; k < SERVER_SLOTS; k++)
				drop(s, &s->connection[d * SERVER_SLOTS + k]);
			continue;
		}
		rc = start_listening(s, d);
		if (rc < 0 && !s->ports[d].trouble)
			log_warning("%s: can't listen again on 127.0.0.1:%u: %s; trying on",
				    dev->name, s->ports[d].number, strerror(-rc));
		s->ports[d].trouble = rc < 0;
	}
}

int
server_write_ports(const struct server *s, const struct rtu_server *lines, const char *run_dir,
		   struct errtext *err)
{
	char path[512], fresh[520];
	FILE *f;

	if (snprintf(path, sizeof(path), "%s/sim.ports", run_dir) >= (int)sizeof(path))
		return errtext_set(err, -ENAMETOOLONG, "%s: too long", run_dir);
	snprintf(fresh, sizeof(fresh), "%s.tmp", path);
	f = fopen(fresh, "we");
	if (!f)
		return errtext_set(err, -errno, "%s: %s", fresh, strerror(errno));
	for (uint32_t d = 0; d < s->plant->n_devices; d++)
		if (has_socket(&s->plant->devices[d]))
			fprintf(f, "%s %u\n", s->plant->devices[d].name, s->ports[d].number);
	rtu_server_write_paths(lines, f);
	if (fclose(f) != 0 || rename(fresh, path) < 0)
		return errtext_set(err, -errno, "%s: %s", path, strerror(errno));
	return 0;
}

void
server_remove_ports(const char *run_dir)
{
	char path[512];

	if (snprintf(path, sizeof(path), "%s/sim.ports", run_dir) < (int)sizeof(path))
		unlink(path);
}
