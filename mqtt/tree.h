/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own tree of JSON, for scripts and dashboards, on a connection of its own (a Sparkplug session
 * may publish nothing before its NBIRTH):
 *
 *	isotherm/SITE/status          how the site is; the will says that it is offline
 *	isotherm/SITE/alarms/KEY      an alarm that is not normal; taken away when it is
 *	isotherm/SITE/systems/NAME    a system in a line
 *
 * All retained, QoS 1, once a second at most and only when something in it has changed. What the
 * broker still holds of alarms and systems that are no more is looked for after each connect and
 * taken away. Pure, as session.h is.
 */
#ifndef ISOTHERM_MQTT_TREE_H
#define ISOTHERM_MQTT_TREE_H

#include "core/clock.h"
#include "core/errtext.h"
#include "mqtt/action.h"
#include "mqtt/snapshot.h"

#define TREE_STATUS_NS (10 * NS_PER_S) /* the status is told again, changed or not */
#define TREE_LOOK_NS (10 * NS_PER_S)   /* after a connect we listen for what the broker holds */
#define TREE_GHOSTS 64                 /* to be taken away, at a time */

struct tree;

int tree_open(struct tree **out, const struct plant *plant, const char *version,
	      struct errtext *err);
void tree_close(struct tree *t);

void tree_start(struct tree *t, int64_t now_ns);
void tree_stop(struct tree *t);
bool tree_stopped(const struct tree *t);

void tree_connack(struct tree *t, int64_t now_ns);
void tree_suback(struct tree *t, int64_t now_ns);
void tree_broken(struct tree *t, int64_t now_ns);
/* What the broker holds, as it is delivered after a subscription. */
void tree_message(struct tree *t, const char *topic, size_t len, bool retained);

void tree_samples(struct tree *t);
bool tree_next(struct tree *t, const struct snapshot *snap, struct moment at, bool room,
	       struct action *out);
int64_t tree_wake_ns(const struct tree *t);
uint64_t tree_messages(const struct tree *t);

#endif
