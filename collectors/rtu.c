/* SPDX-License-Identifier: Apache-2.0 */
#include "collectors/rtu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/serial.h"

struct port {
	const struct line_config *config;
	uint32_t line;
	int fd; /* -1: none */
};

struct rtu {
	struct loop *loop;
	uint32_t n;
	struct port port[]; /* one a line */
};

int
rtu_open(struct rtu **out, const struct plant *plant, struct loop *loop)
{
	struct rtu *r = calloc(1, sizeof *r + plant->n_lines * sizeof r->port[0]);
	if (r == NULL)
		return -ENOMEM;
	r->loop = loop;
	r->n = plant->n_lines;
	for (uint32_t i = 0; i < r->n; i++)
		r->port[i] = (struct port){&plant->lines[i], i, -1};
	*out = r;
	return 0;
}

static void
drop(struct rtu *r, struct port *x)
{
	if (x->fd < 0)
		return;
	loop_unwatch(r->loop, x->fd);
	close(x->fd);
	x->fd = -1;
}

void
rtu_close(struct rtu *r)
{
	for (uint32_t i = 0; r != NULL && i < r->n; i++)
		drop(r, &r->port[i]);
	free(r);
}

static void
broken(struct rtu *r, struct collect *c, struct port *x, int error, int64_t now_ns)
{
	drop(r, x);
	collect_line_broken(c, x->line, now_ns, error == 0 ? "its line hung up" : strerror(error));
}

static void
open_port(struct rtu *r, struct collect *c, struct port *x, int64_t now_ns)
{
	const struct line_config *k = x->config;
	const struct serial_settings settings = {.baud = k->baud,
						 .parity = k->parity != PARITY_NONE,
						 .odd = k->parity == PARITY_ODD,
						 .stop_bits = k->stop_bits};
	struct errtext err = {""};
	drop(r, x);
	x->fd = serial_open(k->path, &settings, &err);
	if (x->fd < 0) {
		collect_line_broken(c, x->line, now_ns, err.text);
		return;
	}
	int rc = loop_watch(r->loop, x->fd, true, false, x);
	if (rc != 0)
		broken(r, c, x, -rc, now_ns);
	else
		collect_line_opened(c, x->line, now_ns);
}

void
rtu_do(struct rtu *r, struct collect *c, const struct collect_action *a, int64_t now_ns)
{
	struct port *x = &r->port[a->line];
	switch (a->verb) {
	case COLLECT_CONNECT:
		open_port(r, c, x, now_ns);
		break;
	case COLLECT_SEND:
		if (x->fd < 0)
			break;
		ssize_t n = write(x->fd, a->bytes, a->len);
		/* a request always fits into an idle port's buffer */
		if (n < 0 || (size_t)n != a->len)
			broken(r, c, x, n < 0 ? errno : EMSGSIZE, now_ns);
		break;
	case COLLECT_CLOSE:
		drop(r, x);
		break;
	}
}

/* Everything that is there, up to what no line can bring in that time. */
static void
hear(struct rtu *r, struct collect *c, struct port *x, int64_t now_ns)
{
	uint8_t bytes[512]; /* more than a frame: too much is told from just enough */
	ssize_t n = read(x->fd, bytes, sizeof bytes);
	if (n > 0)
		collect_line_bytes(c, x->line, bytes, (size_t)n, now_ns);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		broken(r, c, x, n == 0 ? 0 : errno, now_ns);
}

bool
rtu_take(struct rtu *r, struct collect *c, const struct loop_event *ev)
{
	struct port *x = ev->data;
	if (x < r->port || x >= r->port + r->n)
		return false;
	if (x->fd == ev->fd)
		hear(r, c, x, ev->now_ns);
	return true;
}

void
rtu_drain(struct rtu *r, struct collect *c, int64_t now_ns)
{
	for (uint32_t i = 0; i < r->n; i++)
		if (r->port[i].fd >= 0)
			hear(r, c, &r->port[i], now_ns);
}
