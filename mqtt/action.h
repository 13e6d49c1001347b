/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an MQTT session wants done. The cores (session.c, tree.c) say it one thing at a time, when
 * they are asked; the shell does it (client.c). Nothing is queued between the two: while the
 * connection takes nothing, the core is not asked, and what it says afterwards is the state of then.
 */
#ifndef ISOTHERM_MQTT_ACTION_H
#define ISOTHERM_MQTT_ACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Plant time and the label people read, taken together. */
struct moment {
	int64_t now_ns;  /* monotonic */
	int64_t wall_ns; /* since 1970 */
};

enum action_kind {
	ACTION_CONNECT, /* message: the will */
	ACTION_SUBSCRIBE,
	ACTION_UNSUBSCRIBE,
	ACTION_PUBLISH,
	ACTION_DISCONNECT, /* after what was published before; the will is not sent */
	ACTION_CLOSE       /* at once, as if the cable were cut: the broker sends the will */
};

#define ACTION_FILTERS 2

/* Texts and bytes are the core's, good until it is asked again. */
struct action {
	enum action_kind kind;
	/* CONNECT, PUBLISH */
	const char *topic;
	const void *payload;
	size_t len;
	int qos;
	bool retain;
	/* SUBSCRIBE, UNSUBSCRIBE; by QoS 1 */
	const char *filter[ACTION_FILTERS];
	size_t n_filters;
};

#endif
