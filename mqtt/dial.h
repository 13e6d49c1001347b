/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of one MQTT connection, as a table: offline, connecting (CONNECT asked for, no CONNACK
 * yet), connected (subscriptions asked for), up (the session may publish). Each step has a deadline;
 * a broker that says nothing is one that is not there. Tries back off from 1 to 30 s, with a jitter
 * that is keyed, so that a house full of nodes does not knock at once.
 */
#ifndef ISOTHERM_MQTT_DIAL_H
#define ISOTHERM_MQTT_DIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/clock.h"

#define DIAL_DEADLINE_NS (5 * NS_PER_S) /* of CONNECT to CONNACK, and of SUBSCRIBE to SUBACK */
#define DIAL_BACKOFF_MIN_NS (1 * NS_PER_S)
#define DIAL_BACKOFF_MAX_NS (30 * NS_PER_S)
#define DIAL_STEADY_NS (10 * NS_PER_S) /* up for so long: the next try is a first one again */

enum dial_state { DIAL_OFFLINE, DIAL_CONNECTING, DIAL_CONNECTED, DIAL_UP, DIAL_STATES };
enum dial_event {
	DIAL_DUE,     /* the deadline of the state has come */
	DIAL_CONNACK, /* the broker takes us */
	DIAL_SUBACK,
	DIAL_BROKEN, /* refused, cut, no TCP connection */
	DIAL_EVENTS
};
/* What the step asks for. */
enum dial_step { DIAL_NOTHING, DIAL_CONNECT, DIAL_SUBSCRIBE, DIAL_BEGIN, DIAL_CLOSE };

struct dial {
	enum dial_state state;
	int64_t due_ns; /* deadline of the state; INT64_MAX none */
	uint64_t seed, signal;
	uint64_t tries;   /* CONNECTs asked for */
	uint32_t backoff; /* doublings so far */
	int64_t up_ns;    /* since when it is up */
};

/* `name` keys the jitter. It stays offline until dial_at. */
void dial_init(struct dial *d, uint64_t seed, const char *name);
/* The next try is due then; nothing unless it is offline and none is due. */
void dial_at(struct dial *d, int64_t due_ns);
/* No more tries. */
void dial_stop(struct dial *d);
enum dial_step dial_event(struct dial *d, enum dial_event event, int64_t now_ns);
/* DIAL_DUE if its time has come, else nothing. */
enum dial_step dial_poll(struct dial *d, int64_t now_ns);

#endif
