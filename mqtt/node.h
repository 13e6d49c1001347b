/* SPDX-License-Identifier: Apache-2.0 */
/* The metrics of the edge node itself: who it is, how it is, how many alarms stand. */
#ifndef ISOTHERM_MQTT_NODE_H
#define ISOTHERM_MQTT_NODE_H

#include "mqtt/action.h"
#include "mqtt/payload.h"
#include "mqtt/snapshot.h"

#define NODE_HEARTBEAT_NS (10 * INT64_C(1000000000))

enum node_metric {
	NODE_BDSEQ,
	NODE_REBIRTH,
	NODE_VERSION,
	NODE_CONFIGURATION,
	NODE_SITE,
	NODE_MODE,
	NODE_SYSTEMS,
	NODE_SYSTEMS_AUTO,
	NODE_HEARTBEAT,
	NODE_ALARMS_ACTIVE,
	NODE_ALARMS_UNACKED,
	NODE_ALARMS_SHELVED,
	NODE_ALARMS_HIGHEST,
	NODE_ALARM_STATES,
	NODE_METRICS
};

struct node_row {
	const char *name;
	enum payload_type type;
	bool aliased;
	const char *unit;
};
extern const struct node_row node_table[NODE_METRICS];

struct node_value {
	bool is_null;
	double number;
	char text[128];
	int64_t time_ns; /* when it last changed */
};

struct node {
	struct node_value value[NODE_METRICS];
};

void node_init(struct node *n, const struct plant *plant, const char *version, int64_t now_ns);
/* bdSeq of the session that begins. */
void node_set_bdseq(struct node *n, uint8_t bdseq, int64_t now_ns);
void node_update(struct node *n, const struct snapshot *s, int64_t now_ns);

#endif
