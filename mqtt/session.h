/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Sparkplug B session of the edge node: what is published, in which order, and when. Pure: it is
 * told what the connection does and what the plant's samples are, and says one action at a time.
 *
 *	NBIRTH, then a DBIRTH for each device that is there, then data: once a second and device what
 *	has changed. DDEATH when a device is gone for SESSION_DEVICE_LOST_NS, DBIRTH when it is back.
 *	NDEATH as the will of the connection, and before it is left on purpose.
 *
 * seq counts all messages of a session from the NBIRTH's 0; bdSeq ties an NBIRTH to the NDEATH of
 * its connection. Nothing but a rebirth can be commanded.
 */
#ifndef ISOTHERM_MQTT_SESSION_H
#define ISOTHERM_MQTT_SESSION_H

#include "core/clock.h"
#include "core/errtext.h"
#include "mqtt/action.h"
#include "mqtt/snapshot.h"

#define SESSION_DEVICE_LOST_NS (3 * NS_PER_S)
#define SESSION_REBIRTH_NS (1 * NS_PER_S) /* from birth to birth, however often one is asked for */

struct session;

struct session_counts {
	uint64_t messages; /* handed out to be published */
	uint64_t births;   /* of the node */
	uint64_t commands; /* that came in */
	uint64_t refused;
	uint64_t connects; /* that the broker took */
};

/* bdseq: of the first CONNECT. The plant outlives the session. 0, -EINVAL, -ENOMEM. */
int session_open(struct session **out, const struct plant *plant, const char *version,
		 uint8_t bdseq, int64_t now_ns, struct errtext *err);
void session_close(struct session *s);

/* It may connect from now on. */
void session_start(struct session *s, int64_t now_ns);
/* It is to end: NDEATH and DISCONNECT, if there is a connection. */
void session_stop(struct session *s);
bool session_stopped(const struct session *s);

/* What the connection does. */
uint8_t session_bdseq(const struct session *s); /* of the CONNECT that was asked for last */
void session_connect_sent(struct session *s);   /* it is on its way: that bdSeq is used up */
void session_connack(struct session *s, int64_t now_ns);
void session_suback(struct session *s, int64_t now_ns);
void session_broken(struct session *s, int64_t now_ns);
/* 0, or -EPERM: refused, with the reason. */
int session_message(struct session *s, const char *topic, const void *payload, size_t len,
		    bool retained, struct errtext *why);

/* Samples are new (once a second): a round of data begins. */
void session_samples(struct session *s, const struct snapshot *snap, int64_t now_ns);
/*
 * What is to be done next: false if nothing is. `room`: the connection takes a message now; without
 * it no message is offered.
 */
bool session_next(struct session *s, const struct snapshot *snap, struct moment at, bool room,
		  struct action *out);
/* When to ask again although nothing came. */
int64_t session_wake_ns(const struct session *s);

bool session_up(const struct session *s);
struct session_counts session_counts(const struct session *s);

#endif
