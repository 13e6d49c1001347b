/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One MQTT connection at a time, by libmosquitto without its thread: the socket is watched by the
 * loop, nothing here waits for anything. Each connection has a handle of its own (the library brings
 * no second session up on one), and the library holds at most one message that the socket has not
 * taken: whoever publishes asks client_room first.
 */
#ifndef ISOTHERM_MQTT_CLIENT_H
#define ISOTHERM_MQTT_CLIENT_H

#include "core/errtext.h"
#include "core/loop.h"
#include "mqtt/action.h"

#define CLIENT_KEEPALIVE_S 10
#define CLIENT_UNACKED 16 /* messages of QoS 1 on their way, at most */

struct client;

/* What a connection does; told from within client_take, client_do and client_tick. */
enum client_event_kind {
	CLIENT_REACHED, /* TCP is up; on return CONNECT goes out */
	CLIENT_CONNACK, /* the broker takes us */
	CLIENT_SUBACK,
	CLIENT_MESSAGE,
	CLIENT_BROKEN /* refused, cut, or never there: why; not after DISCONNECT or CLOSE */
};

struct client_event {
	enum client_event_kind kind;
	const char *why;
	/* MESSAGE, good until the sink returns */
	const char *topic;
	const void *payload;
	size_t len;
	bool retained;
};

struct client_options {
	const char *host; /* numeric: a name would have to be looked up, which waits */
	uint16_t port;
	const char *id;       /* client id */
	const char *user;     /* "" none */
	const char *password; /* NULL none */
	void (*sink)(void *data, const struct client_event *ev);
	void *data;
};

/* The texts and the loop are borrowed. 0, -ENOMEM. */
int client_open(struct client **out, struct loop *loop, const struct client_options *options);
void client_close(struct client *c);

/* Does it take a message now? */
bool client_room(const struct client *c);
/* Is there no connection, nor one in the making or on its way out? */
bool client_idle(const struct client *c);
/* A PUBLISH that the library does not take breaks the connection. */
void client_do(struct client *c, const struct action *a);
/* Is this event ours? Then it is dealt with. */
bool client_take(struct client *c, const struct loop_event *ev);
/* Once a second: keep-alive. */
void client_tick(struct client *c);

#endif
