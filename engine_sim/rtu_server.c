/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/rtu_server.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/rtu.h"
#include "core/serial.h"

#define RETRY_NS NS_PER_S /* a port that went away is looked for that often */

struct port {
	const struct line_config *config; /* NULL: none of its devices is simulated */
	uint32_t line;
	int fd, slave; /* -1: none */
	bool pty;
	char path[PATH_MAX], own[64]; /* pty: the link, and what it leads to */
	struct rtu_timing timing;
	bool too_long; /* what came since the last silence is no frame */
	size_t in, out;
	int64_t heard_ns;          /* last byte */
	int64_t send_ns, retry_ns; /* INT64_MAX: nothing to send, nothing to look for */
	uint8_t in_bytes[RTU_FRAME_MAX], out_bytes[RTU_FRAME_MAX];
};

struct rtu_server {
	struct loop *loop;
	struct sim *sim;
	uint32_t n;
	struct port port[]; /* one a line of the plant */
};

static bool
is_simulated(const struct plant *p, uint32_t line)
{
	for (uint32_t d = 0; d < p->n_devices; d++)
		if (p->devices[d].line == (int32_t)line && p->devices[d].simulated)
			return true;
	return false;
}

/* --- the link to a pseudo terminal --- */

/* Puts the link in the place of an older one, of nothing else. */
static int
make_link(const struct port *x, struct errtext *err)
{
	char fresh[PATH_MAX + 8];
	struct stat st;

	if (lstat(x->path, &st) == 0 && !S_ISLNK(st.st_mode))
		return errtext_set(err, -EEXIST,
				   "line %s: %s is there, and is no link that the "
				   "simulator could replace",
				   x->config->name, x->path);
	snprintf(fresh, sizeof(fresh), "%s.tmp", x->path);
	(void)unlink(fresh);
	if (symlink(x->own, fresh) != 0 || rename(fresh, x->path) != 0)
		return errtext_set(err, -errno, "line %s: %s: %s", x->config->name, x->path,
				   strerror(errno));
	return 0;
}

static void
remove_link(const struct port *x)
{
	char to[sizeof(x->own)];
	ssize_t n = readlink(x->path, to, sizeof(to));

	if (n > 0 && (size_t)n == strlen(x->own) && memcmp(to, x->own, (size_t)n) == 0)
		(void)unlink(x->path);
}

/* --- open and closed --- */

static void
drop(struct rtu_server *s, struct port *x)
{
	if (x->fd < 0)
		return;
	if (x->pty)
		remove_link(x);
	loop_unwatch(s->loop, x->fd);
	close(x->fd);
	if (x->slave >= 0)
		close(x->slave);
	x->fd = x->slave = -1;
	x->in = x->out = 0;
	x->too_long = false;
	x->send_ns = INT64_MAX;
}

static int
open_port(struct rtu_server *s, struct port *x, struct errtext *err)
{
	const struct line_config *c = x->config;
	const struct serial_settings settings = {.baud = c->baud,
						 .parity = c->parity != PARITY_NONE,
						 .odd = c->parity == PARITY_ODD,
						 .stop_bits = c->stop_bits};
	int rc = 0;

	x->fd = x->pty ? serial_pty(&x->slave, x->own, sizeof(x->own), err)
		       : serial_open(c->serve, &settings, err);
	if (x->fd < 0)
		return x->fd;
	x->retry_ns = INT64_MAX;
	if (x->pty)
		rc = make_link(x, err);
	if (rc == 0) {
		rc = loop_watch(s->loop, x->fd, true, false, x);
		if (rc < 0)
			errtext_set(err, rc, "line %s: %s", c->name, strerror(-rc));
	}
	if (rc < 0)
		drop(s, x);
	return rc;
}

static int
set_path(struct port *x, const char *run_dir, struct errtext *err)
{
	int n = *x->config->path ? snprintf(x->path, sizeof(x->path), "%s", x->config->path)
				 : snprintf(x->path, sizeof(x->path), "%s/line-%s", run_dir,
					    x->config->name);

	/* it has to fit into the plant file again */
	if (n >= (int)sizeof(x->config->path))
		return errtext_set(err, -ENAMETOOLONG, "line %s: %s is too long", x->config->name,
				   x->path);
	return 0;
}

int
rtu_server_open(struct rtu_server **out, struct loop *loop, const struct plant *plant,
		struct sim *sim, const char *run_dir, struct errtext *err)
{
	struct rtu_server *s = calloc(1, sizeof(*s) + plant->n_lines * sizeof(s->port[0]));
	int rc = 0;

	*out = NULL;
	if (!s)
		return errtext_set(err, -ENOMEM, "no memory for the lines");
	s->loop = loop;
	s->sim = sim;
	s->n = plant->n_lines;
	for (uint32_t i = 0; i < s->n; i++)
		s->port[i] = (struct port){.fd = -1,
					   .slave = -1,
					   .line = i,
					   .send_ns = INT64_MAX,
					   .retry_ns = INT64_MAX};
	for (uint32_t i = 0; i < s->n && rc == 0; i++) {
		struct port *x = &s->port[i];
		const struct line_config *c = &plant->lines[i];

		if (!is_simulated(plant, i))
			continue;
		x->config = c;
		x->pty = strcmp(c->serve, "auto") == 0;
		x->timing = rtu_timing(c->baud, c->parity != PARITY_NONE, c->stop_bits);
		if (x->pty)
			rc = set_path(x, run_dir, err);
		if (rc == 0)
			rc = open_port(s, x, err);
	}
	if (rc < 0)
		rtu_server_close(s);
	else
		*out = s;
	return rc;
}

void
rtu_server_close(struct rtu_server *s)
{
	for (uint32_t i = 0; s && i < s->n; i++)
		drop(s, &s->port[i]);
	free(s);
}

void
rtu_server_write_paths(const struct rtu_server *s, FILE *f)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (s->port[i].config && s->port[i].pty)
			fprintf(f, "line:%s %s\n", s->port[i].config->name, s->port[i].path);
}

/* --- bytes --- */

static void
lost(struct rtu_server *s, struct port *x, int error, int64_t now_ns)
{
	log_warning("line %s: %s: %s; looking for it", x->config->name,
		    x->pty ? x->path : x->config->serve, error ? strerror(error) : "hung up");
	drop(s, x);
	x->retry_ns = now_ns + RETRY_NS;
}

/* Takes in what is there: true if something was. */
static bool
hear(struct rtu_server *s, struct port *x, int64_t now_ns)
{
	uint8_t bytes[2 * RTU_FRAME_MAX];
	ssize_t n = read(x->fd, bytes, sizeof(bytes));
	size_t room = sizeof(x->in_bytes) - x->in;

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		lost(s, x, n == 0 ? 0 : errno, now_ns);
		return false;
	}
	if (n < 0)
		return false;
	x->heard_ns = now_ns;
	if ((size_t)n > room)
		x->too_long = true;
	if ((size_t)n < room)
		room = (size_t)n;
	memcpy(x->in_bytes + x->in, bytes, room);
	x->in += room;
	return true;
}

/* The silence has lasted: what came before it is a frame, or nothing. */
static void
answer(struct rtu_server *s, struct port *x, int64_t now_ns)
{
	int n = x->too_long ? 0
			    : sim_line_answer(s->sim, x->line, x->in_bytes, x->in, x->out_bytes);

	if (n > 0) {
		x->out = (size_t)n;
		x->send_ns = now_ns;
		if (x->pty)
			x->send_ns = x->heard_ns + x->timing.gap_ns +
				     (int64_t)(x->in + x->out) * x->timing.char_ns;
	}
	x->in = 0;
	x->too_long = false;
}

static void
send_answer(struct rtu_server *s, struct port *x, int64_t now_ns)
{
	ssize_t n = write(x->fd, x->out_bytes, x->out);

	x->out = 0;
	x->send_ns = INT64_MAX;
	/* a buffer that nobody empties: the answer is lost, as it would be on a wire */
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		lost(s, x, errno, now_ns);
}

static void
find_again(struct rtu_server *s, struct port *x, int64_t now_ns)
{
	struct errtext err = {""};

	if (open_port(s, x, &err) == 0)
		log_info("line %s: there again", x->config->name);
	else
		x->retry_ns = now_ns + RETRY_NS;
}

void
rtu_server_due(struct rtu_server *s, int64_t now_ns)
{
	for (uint32_t i = 0; i < s->n; i++) {
		struct port *x = &s->port[i];

		if (now_ns >= x->retry_ns)
			find_again(s, x, now_ns);
		if (now_ns >= x->send_ns)
			send_answer(s, x, now_ns);
		/* we may have been late: only what is not there yet makes a silence */
		if (x->in > 0 && now_ns >= x->heard_ns + x->timing.gap_ns && !hear(s, x, now_ns) &&
		    x->in > 0)
			answer(s, x, now_ns);
	}
}

int64_t
rtu_server_next_ns(const struct rtu_server *s)
{
	int64_t next_ns = INT64_MAX;

	for (uint32_t i = 0; i < s->n; i++) {
		const struct port *x = &s->port[i];
		int64_t silence_ns = x->in > 0 ? x->heard_ns + x->timing.gap_ns : INT64_MAX;

		if (silence_ns < next_ns)
			next_ns = silence_ns;
		if (x->send_ns < next_ns)
			next_ns = x->send_ns;
		if (x->retry_ns < next_ns)
			next_ns = x->retry_ns;
	}
	return next_ns;
}

bool
rtu_server_event(struct rtu_server *s, const struct loop_event *ev)
{
	struct port *x = ev->data;

	if (x < s->port || x >= s->port + s->n)
		return false;
	if (x->fd != ev->fd) /* of a port that has gone since */
		return true;
	if (ev->readable)
		(void)hear(s, x, ev->now_ns);
	else if (ev->hangup)
		lost(s, x, 0, ev->now_ns);
	return true;
}
