/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt/client.h"

#include <errno.h>
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/log.h"

struct client {
	struct loop *loop;
	struct client_options opt;
	struct mosquitto *handle; /* NULL: no connection */
	int fd;                   /* watched; -1 none */
	bool reached;             /* TCP is up */
	bool taken;               /* CONNACK is there */
	bool leaving;             /* DISCONNECT is asked for */
	int unacked;
	bool broken; /* found so within the library: the handle can't be freed there */
	char why[160];
};

/* --- what the library says --- */

static void
tell(struct client *c, enum client_event_kind kind)
{
	struct client_event ev = {.kind = kind, .why = c->why};

	c->opt.sink(c->opt.data, &ev);
}

static void
found_broken(struct client *c, const char *why)
{
	if (!c->broken)
		snprintf(c->why, sizeof(c->why), "%s", why);
	c->broken = true;
}

static void
on_connect(struct mosquitto *handle, void *data, int code)
{
	struct client *c = data;

	(void)handle;
	if (code != 0) {
		found_broken(c, mosquitto_connack_string(code));
		return;
	}
	c->taken = true;
	tell(c, CLIENT_CONNACK);
}

static void
on_subscribe(struct mosquitto *handle, void *data, int id, int n, const int *granted)
{
	(void)handle;
	(void)id;
	for (int i = 0; i < n; i++)
		if (granted[i] >= 0x80)
			log_warning("the broker refuses subscription %d: what is sent there does "
				    "not reach us",
				    i + 1);
	tell(data, CLIENT_SUBACK);
}

static void
on_publish(struct mosquitto *handle, void *data, int id)
{
	struct client *c = data;

	(void)handle;
	(void)id;
	/* it is called for QoS 0 too, within the write; only what was counted is taken off */
	if (c->unacked > 0)
		c->unacked--;
}

static void
on_message(struct mosquitto *handle, void *data, const struct mosquitto_message *m)
{
	struct client *c = data;
	struct client_event ev = {.kind = CLIENT_MESSAGE,
				  .why = "",
				  .topic = m->topic,
				  .payload = m->payload != NULL ? m->payload : "",
				  .len = m->payloadlen > 0 ? (size_t)m->payloadlen : 0,
				  .retained = m->retain};

	(void)handle;
	if (!c->leaving)
		c->opt.sink(c->opt.data, &ev);
}

/* --- open, drop, close --- */

int
client_open(struct client **out, struct loop *loop, const struct client_options *options)
{
	struct client *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return -ENOMEM;
	*c = (struct client){.loop = loop, .opt = *options, .fd = -1};
	if (mosquitto_lib_init() != MOSQ_ERR_SUCCESS) {
		free(c);
		return -ENOMEM;
	}
	*out = c;
	return 0;
}

static void
drop(struct client *c)
{
	if (c->fd >= 0)
		loop_unwatch(c->loop, c->fd);
	if (c->handle != NULL)
		mosquitto_destroy(c->handle);
	c->handle = NULL;
	c->fd = -1;
	c->reached = c->taken = c->leaving = c->broken = false;
	c->unacked = 0;
}

void
client_close(struct client *c)
{
	if (c == NULL)
		return;
	drop(c);
	mosquitto_lib_cleanup();
	free(c);
}

/*
 * After each call into the library: its socket may be gone, and what it holds may wait for the
 * socket. True if there still is a connection.
 */
static bool
settle(struct client *c, int rc)
{
	if (rc == MOSQ_ERR_ERRNO)
		found_broken(c, strerror(errno));
	else if (rc == MOSQ_ERR_KEEPALIVE)
		found_broken(c, "no answer to a ping");
	else if (rc != MOSQ_ERR_SUCCESS)
		found_broken(c, mosquitto_strerror(rc));
	else if (mosquitto_socket(c->handle) < 0)
		found_broken(c, "the connection is closed");
	if (!c->broken) {
		bool write = !c->reached || mosquitto_want_write(c->handle);
		if (loop_watch(c->loop, c->fd, true, write, c) == 0)
			return true;
		found_broken(c, "the loop is full");
	}
	bool expected = c->leaving;
	drop(c);
	if (!expected)
		tell(c, CLIENT_BROKEN);
	return false;
}

/* --- actions --- */

/*
 * "Threaded" for the library means that it never writes by itself but keeps what it has for
 * loop_write: so CONNECT goes out when we say so, and not before TCP is up.
 */
static void
do_connect(struct client *c, const struct action *a)
{
	drop(c);
	c->why[0] = '\0';
	c->handle = mosquitto_new(c->opt.id, true, c);
	if (c->handle == NULL) {
		snprintf(c->why, sizeof(c->why), "%s", strerror(errno));
		tell(c, CLIENT_BROKEN);
		return;
	}
	mosquitto_threaded_set(c->handle, true);
	mosquitto_connect_callback_set(c->handle, on_connect);
	mosquitto_subscribe_callback_set(c->handle, on_subscribe);
	mosquitto_publish_callback_set(c->handle, on_publish);
	mosquitto_message_callback_set(c->handle, on_message);
	int rc =
		mosquitto_will_set(c->handle, a->topic, (int)a->len, a->payload, a->qos, a->retain);
	if (rc == MOSQ_ERR_SUCCESS && c->opt.user[0] != '\0')
		rc = mosquitto_username_pw_set(c->handle, c->opt.user, c->opt.password);
	if (rc == MOSQ_ERR_SUCCESS)
		rc = mosquitto_connect_async(c->handle, c->opt.host, c->opt.port,
					     CLIENT_KEEPALIVE_S);
	c->fd = mosquitto_socket(c->handle);
	settle(c, rc);
}

static void
do_subscribe(struct client *c, const struct action *a)
{
	char *filter[ACTION_FILTERS];
	int rc = MOSQ_ERR_SUCCESS;

	for (size_t i = 0; i < a->n_filters; i++) {
		filter[i] = strdup(a->filter[i]); /* the library wants them writable */
		if (filter[i] == NULL)
			rc = MOSQ_ERR_NOMEM;
	}
	int n = (int)a->n_filters;
	if (rc == MOSQ_ERR_SUCCESS)
		rc = a->kind == ACTION_SUBSCRIBE
			     ? mosquitto_subscribe_multiple(c->handle, NULL, n, filter, 1, 0, NULL)
			     : mosquitto_unsubscribe_multiple(c->handle, NULL, n, filter, NULL);
	for (size_t i = 0; i < a->n_filters; i++)
		free(filter[i]);
	if (rc == MOSQ_ERR_SUCCESS)
		rc = mosquitto_loop_write(c->handle, 1);
	settle(c, rc);
}

static void
do_publish(struct client *c, const struct action *a)
{
	int before = c->unacked;
	int rc = mosquitto_publish(c->handle, NULL, a->topic, (int)a->len, a->payload, a->qos,
				   a->retain);

	if (rc == MOSQ_ERR_SUCCESS) {
		rc = mosquitto_loop_write(c->handle, 1);
		c->unacked = before + (a->qos > 0 ? 1 : 0);
	}
	settle(c, rc);
}

void
client_do(struct client *c, const struct action *a)
{
	if (a->kind == ACTION_CONNECT) {
		do_connect(c, a);
		return;
	}
	if (c->handle == NULL)
		return;
	switch (a->kind) {
	case ACTION_SUBSCRIBE:
	case ACTION_UNSUBSCRIBE:
		do_subscribe(c, a);
		break;
	case ACTION_PUBLISH:
		do_publish(c, a);
		break;
	case ACTION_DISCONNECT: {
		c->leaving = true;
		int rc = mosquitto_disconnect(c->handle);
		settle(c, rc == MOSQ_ERR_SUCCESS ? mosquitto_loop_write(c->handle, 1) : rc);
		break;
	}
	case ACTION_CONNECT:
	case ACTION_CLOSE:
		drop(c);
	}
}

bool
client_room(const struct client *c)
{
	return c->handle != NULL && c->taken && !c->leaving && !mosquitto_want_write(c->handle) &&
	       c->unacked < CLIENT_UNACKED;
}

bool
client_idle(const struct client *c)
{
	return c->handle == NULL;
}

/* --- events --- */

/* The socket can be written for the first time, or never will be. */
static bool
reach(struct client *c)
{
	int error = 0;
	socklen_t size = sizeof(error);

	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
		error = errno;
	if (error != 0) {
		found_broken(c, strerror(error));
		return settle(c, MOSQ_ERR_SUCCESS);
	}
	c->reached = true;
	tell(c, CLIENT_REACHED);
	return true;
}

bool
client_take(struct client *c, const struct loop_event *ev)
{
	if (ev->kind != LOOP_FD || ev->data != c)
		return false;
	if (c->handle == NULL || ev->fd != c->fd)
		return true; /* of a connection that is no more */
	if (!c->reached && (ev->writable || ev->hangup) && !reach(c))
		return true;
	if (!c->reached)
		return true;
	if (ev->writable && !settle(c, mosquitto_loop_write(c->handle, 1)))
		return true;
	if (ev->readable || ev->hangup)
		settle(c, mosquitto_loop_read(c->handle, 1));
	return true;
}

void
client_tick(struct client *c)
{
	if (c->handle != NULL && c->reached)
		settle(c, mosquitto_loop_misc(c->handle));
}
