/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt/node.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* bdSeq and Node Control/Rebirth have no alias: hosts match a death by the name bdSeq. */
const struct node_row node_table[NODE_METRICS] = {
	[NODE_BDSEQ] = {"bdSeq", PAYLOAD_INT64, false, ""},
	[NODE_REBIRTH] = {"Node Control/Rebirth", PAYLOAD_BOOLEAN, false, ""},
	[NODE_VERSION] = {"Properties/Version", PAYLOAD_STRING, true, ""},
	[NODE_CONFIGURATION] = {"Properties/Configuration", PAYLOAD_STRING, true, ""},
	[NODE_SITE] = {"Properties/Site", PAYLOAD_STRING, true, ""},
	[NODE_MODE] = {"Mode", PAYLOAD_STRING, true, ""},
	[NODE_SYSTEMS] = {"Systems/Count", PAYLOAD_INT64, true, ""},
	[NODE_SYSTEMS_AUTO] = {"Systems/Auto", PAYLOAD_INT64, true, ""},
	[NODE_HEARTBEAT] = {"Heartbeat", PAYLOAD_INT64, true, ""},
	[NODE_ALARMS_ACTIVE] = {"Alarms/Active", PAYLOAD_INT64, true, ""},
	[NODE_ALARMS_UNACKED] = {"Alarms/Unacknowledged", PAYLOAD_INT64, true, ""},
	[NODE_ALARMS_SHELVED] = {"Alarms/Shelved", PAYLOAD_INT64, true, ""},
	[NODE_ALARMS_HIGHEST] = {"Alarms/Highest priority", PAYLOAD_INT64, true, ""},
	[NODE_ALARM_STATES] = {"Alarms/States", PAYLOAD_STRING, true, ""},
};

static void
set_number(struct node *n, enum node_metric m, double number, int64_t now_ns)
{
	struct node_value *v = &n->value[m];
	bool is_null = !isfinite(number);

	if (v->is_null == is_null && (is_null || !(fabs(v->number - number) > 0)))
		return;
	v->is_null = is_null;
	v->number = number;
	v->time_ns = now_ns;
}

/* NULL: no value. */
static void
set_text(struct node *n, enum node_metric m, const char *text, int64_t now_ns)
{
	struct node_value *v = &n->value[m];

	if (v->is_null == (text == NULL) && (text == NULL || strcmp(v->text, text) == 0))
		return;
	v->is_null = text == NULL;
	snprintf(v->text, sizeof(v->text), "%s", text != NULL ? text : "");
	v->time_ns = now_ns;
}

void
node_init(struct node *n, const struct plant *plant, const char *version, int64_t now_ns)
{
	char hash[2 * sizeof(plant->hash) + 1];

	for (size_t i = 0; i < sizeof(plant->hash); i++)
		snprintf(hash + 2 * i, 3, "%02x", plant->hash[i]);
	*n = (struct node){0};
	for (int m = 0; m < NODE_METRICS; m++)
		n->value[m] = (struct node_value){.is_null = true, .time_ns = now_ns};
	set_number(n, NODE_BDSEQ, 0, now_ns);
	set_number(n, NODE_REBIRTH, 0, now_ns);
	set_text(n, NODE_VERSION, version, now_ns);
	set_text(n, NODE_CONFIGURATION, hash, now_ns);
	set_text(n, NODE_SITE, plant->site, now_ns);
	set_number(n, NODE_SYSTEMS, plant->n_systems, now_ns);
	set_number(n, NODE_HEARTBEAT, 0, now_ns);
	/* enum alarm_state, in its order */
	set_text(n, NODE_ALARM_STATES,
		 "0 normal, 1 unacknowledged, 2 acknowledged, 3 returned, 4 shelved, 5 suppressed, "
		 "6 out of service",
		 now_ns);
}

void
node_set_bdseq(struct node *n, uint8_t bdseq, int64_t now_ns)
{
	set_number(n, NODE_BDSEQ, bdseq, now_ns);
}

/* The mode that all systems are in, "mixed", or nothing where that of one is not known. */
static void
update_mode(struct node *n, const struct snapshot *s, int64_t now_ns)
{
	const struct plant *p = s->plant;
	const char *mode = NULL;
	uint32_t automatic = 0, known = 0;

	for (uint32_t i = 0; i < p->n_systems; i++) {
		const struct sample *x =
			snapshot_point(s, plant_role(p, (int32_t)i, ROLE_CTL_MODE, 0));
		if (x == NULL || !sample_usable(x))
			continue;
		const char *name = state_name(ROLE_CTL_MODE, x->value);
		if (lround(x->value) == CTL_AUTO)
			automatic++;
		if (known++ == 0)
			mode = name;
		else if (strcmp(mode, name) != 0)
			mode = "mixed";
	}
	bool all = known == p->n_systems && known != 0;
	set_text(n, NODE_MODE, all ? mode : NULL, now_ns);
	set_number(n, NODE_SYSTEMS_AUTO, known != 0 ? automatic : (double)NAN, now_ns);
}

static void
update_count(struct node *n, const struct snapshot *s, enum node_metric m, enum role_id role,
	     int64_t now_ns)
{
	const struct sample *x = snapshot_point(s, plant_role(s->plant, SITE, role, 0));

	set_number(n, m, x != NULL && sample_usable(x) ? x->value : (double)NAN, now_ns);
}

/* The highest priority of all alarms whose condition holds (1 is the highest), 0 if none does. */
static double
highest_priority(const struct snapshot *s)
{
	const struct plant *p = s->plant;
	int highest = 0;

	if (!snapshot_alarms_known(s))
		return (double)NAN;
	for (uint32_t i = 0; i < p->n_alarms; i++) {
		const struct sample *x = snapshot_alarm(s, i, ALARM_FIELD_STATE);
		int priority = (int)p->alarm_records[p->alarms[i].record].priority;
		if (!sample_usable(x) ||
		    (lround(x->value) != ALARM_UNACKED && lround(x->value) != ALARM_ACKED))
			continue;
		if (highest == 0 || priority < highest)
			highest = priority;
	}
	return highest;
}

void
node_update(struct node *n, const struct snapshot *s, int64_t now_ns)
{
	update_mode(n, s, now_ns);
	set_number(n, NODE_HEARTBEAT, (double)(now_ns / NODE_HEARTBEAT_NS), now_ns);
	update_count(n, s, NODE_ALARMS_ACTIVE, ROLE_ALARM_ACTIVE, now_ns);
	update_count(n, s, NODE_ALARMS_UNACKED, ROLE_ALARM_UNACKED, now_ns);
	update_count(n, s, NODE_ALARMS_SHELVED, ROLE_ALARM_SHELVED, now_ns);
	set_number(n, NODE_ALARMS_HIGHEST, highest_priority(s), now_ns);
}
