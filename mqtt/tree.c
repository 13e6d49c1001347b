/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt/tree.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/keyed.h"
#include "mqtt/dial.h"
#include "mqtt/tree_json.h"

#define TOPIC_BYTES 160
#define TEXT_BYTES 4096

enum ending { GOING_ON, LAST_WORD_DUE, LEAVE_DUE, ENDED };

/* What the broker holds of an alarm, as far as we know. */
struct alarm_told {
	int state; /* told last, ALARM_NORMAL: nothing */
	int64_t episode;
	bool held; /* the broker held something when we came */
};

struct tree {
	const struct plant *plant;
	const char *version;
	struct dial dial;
	enum ending ending;
	bool subscribe_due;
	int64_t look_until_ns; /* INT64_MAX: not listening */
	uint32_t cursor;       /* next item of the round: the status, alarms, systems */
	bool again;
	uint64_t messages;
	uint64_t status_key; /* of the text told last, 0 none */
	int64_t status_ns;
	struct alarm_told *alarm;
	uint64_t *system_key;
	char ghost[TREE_GHOSTS][TOPIC_BYTES];
	uint32_t n_ghosts;
	char root[64]; /* "isotherm/SITE/" */
	char alarms_filter[80], systems_filter[80];
	char topic[TOPIC_BYTES];
	char text[TEXT_BYTES];
};

int
tree_open(struct tree **out, const struct plant *plant, const char *version, struct errtext *err)
{
	struct tree *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return errtext_set(err, -ENOMEM, "out of memory");
	t->plant = plant;
	t->version = version;
	t->look_until_ns = INT64_MAX;
	dial_init(&t->dial, plant->seed, "mqtt.tree");
	t->alarm = calloc(plant->n_alarms + 1u, sizeof(*t->alarm));
	t->system_key = calloc(plant->n_systems + 1u, sizeof(*t->system_key));
	if (t->alarm == NULL || t->system_key == NULL) {
		tree_close(t);
		return errtext_set(err, -ENOMEM, "out of memory");
	}
	snprintf(t->root, sizeof(t->root), "isotherm/%s/", plant->site);
	snprintf(t->alarms_filter, sizeof(t->alarms_filter), "%salarms/+", t->root);
	snprintf(t->systems_filter, sizeof(t->systems_filter), "%ssystems/+", t->root);
	*out = t;
	return 0;
}

void
tree_close(struct tree *t)
{
	if (t == NULL)
		return;
	free(t->alarm);
	free(t->system_key);
	free(t);
}

/* --- what the connection does --- */

void
tree_start(struct tree *t, int64_t now_ns)
{
	if (t->ending == GOING_ON)
		dial_at(&t->dial, now_ns);
}

void
tree_stop(struct tree *t)
{
	if (t->ending == GOING_ON)
		t->ending = LAST_WORD_DUE;
}

bool
tree_stopped(const struct tree *t)
{
	return t->ending == ENDED;
}

void
tree_connack(struct tree *t, int64_t now_ns)
{
	if (dial_event(&t->dial, DIAL_CONNACK, now_ns) == DIAL_SUBSCRIBE)
		t->subscribe_due = true;
}

/* A broker may have lost everything meanwhile: all is told again. */
void
tree_suback(struct tree *t, int64_t now_ns)
{
	if (dial_event(&t->dial, DIAL_SUBACK, now_ns) != DIAL_BEGIN)
		return;
	t->look_until_ns = now_ns + TREE_LOOK_NS;
	t->status_key = 0;
	t->n_ghosts = 0;
	t->cursor = 0;
	memset(t->alarm, 0, (t->plant->n_alarms + 1u) * sizeof(*t->alarm));
	memset(t->system_key, 0, (t->plant->n_systems + 1u) * sizeof(*t->system_key));
}

void
tree_broken(struct tree *t, int64_t now_ns)
{
	(void)dial_event(&t->dial, DIAL_BROKEN, now_ns);
	t->subscribe_due = false;
	t->look_until_ns = INT64_MAX;
	if (t->ending != GOING_ON)
		t->ending = ENDED;
}

void
tree_message(struct tree *t, const char *topic, size_t len, bool retained)
{
	size_t root = strlen(t->root);

	if (!retained || len == 0 || strncmp(topic, t->root, root) != 0)
		return;
	if (strncmp(topic + root, "alarms/", 7) == 0) {
		int32_t alarm = plant_alarm(t->plant, topic + root + 7);
		if (alarm >= 0) {
			t->alarm[alarm].held = true;
			return;
		}
	} else if (strncmp(topic + root, "systems/", 8) != 0 ||
		   plant_system(t->plant, topic + root + 8) >= 0) {
		return;
	}
	/* one that finds no place is found after the next connect */
	if (t->n_ghosts < TREE_GHOSTS && strlen(topic) < TOPIC_BYTES)
		strcpy(t->ghost[t->n_ghosts++], topic);
}

void
tree_samples(struct tree *t)
{
	uint32_t n = 1 + t->plant->n_alarms + t->plant->n_systems;

	if (t->cursor >= n)
		t->cursor = 0;
	else
		t->again = true;
}

/* --- what is published --- */

static void
offer(struct tree *t, const char *branch, const char *leaf, size_t len, struct action *out)
{
	snprintf(t->topic, sizeof(t->topic), "%s%s%s", t->root, branch, leaf);
	t->messages++;
	*out = (struct action){.kind = ACTION_PUBLISH,
			       .topic = t->topic,
			       .payload = t->text,
			       .len = len,
			       .qos = 1,
			       .retain = true};
}

/* The key of a text; never 0. */
static uint64_t
key_of(char *text, size_t len)
{
	text[len] = '\0';
	uint64_t key = keyed_signal(text);
	return key != 0 ? key : 1;
}

static bool
offer_status(struct tree *t, const struct snapshot *snap, struct moment at, struct action *out)
{
	size_t len = tree_status_json(snap, t->version, 0, t->text, sizeof(t->text) - 1);
	uint64_t key = key_of(t->text, len);

	if (key == t->status_key && at.now_ns - t->status_ns < TREE_STATUS_NS)
		return false;
	t->status_key = key;
	t->status_ns = at.now_ns;
	len = tree_status_json(snap, t->version, at.wall_ns, t->text, sizeof(t->text));
	offer(t, "status", "", len, out);
	return true;
}

static bool
offer_system(struct tree *t, uint32_t system, const struct snapshot *snap, struct moment at,
	     struct action *out)
{
	size_t len = tree_system_json(snap, system, 0, t->text, sizeof(t->text) - 1);
	uint64_t key = key_of(t->text, len);

	if (key == t->system_key[system])
		return false;
	t->system_key[system] = key;
	len = tree_system_json(snap, system, at.wall_ns, t->text, sizeof(t->text));
	offer(t, "systems/", t->plant->systems[system].name, len, out);
	return true;
}

/* An alarm whose state nobody tells stays as it is. */
static bool
offer_alarm(struct tree *t, uint32_t alarm, const struct snapshot *snap, struct moment at,
	    struct action *out)
{
	struct alarm_told *told = &t->alarm[alarm];
	const struct sample *s = snapshot_alarm(snap, alarm, ALARM_FIELD_STATE);
	const struct sample *e = snapshot_alarm(snap, alarm, ALARM_FIELD_EPISODE);
	size_t len = 0;

	if (!sample_usable(s))
		return false;
	int state = (int)lround(s->value);
	int64_t episode = sample_usable(e) ? llround(e->value) : 0;
	if (state == ALARM_NORMAL ? told->state == ALARM_NORMAL && !told->held
				  : told->state == state && told->episode == episode)
		return false;
	*told = (struct alarm_told){.state = state, .episode = episode};
	if (state != ALARM_NORMAL)
		len = tree_alarm_json(snap, alarm, at.wall_ns, t->text, sizeof(t->text));
	offer(t, "alarms/", t->plant->alarms[alarm].key, len, out);
	return true;
}

static bool
offer_item(struct tree *t, uint32_t item, const struct snapshot *snap, struct moment at,
	   struct action *out)
{
	if (item == 0)
		return offer_status(t, snap, at, out);
	if (item <= t->plant->n_alarms)
		return offer_alarm(t, item - 1, snap, at, out);
	return offer_system(t, item - 1 - t->plant->n_alarms, snap, at, out);
}

static bool
next_message(struct tree *t, const struct snapshot *snap, struct moment at, struct action *out)
{
	uint32_t n = 1 + t->plant->n_alarms + t->plant->n_systems;

	if (t->n_ghosts != 0) {
		offer(t, t->ghost[--t->n_ghosts] + strlen(t->root), "", 0, out);
		return true;
	}
	for (;;) {
		while (t->cursor < n)
			if (offer_item(t, t->cursor++, snap, at, out))
				return true;
		if (!t->again)
			return false;
		t->again = false;
		t->cursor = 0;
	}
}

static bool
next_ending(struct tree *t, bool room, struct action *out)
{
	enum dial_state was = t->dial.state;

	if (t->ending == ENDED)
		return false;
	if (t->ending == LAST_WORD_DUE && (was == DIAL_CONNECTED || was == DIAL_UP)) {
		if (!room)
			return false;
		offer(t, "status", "", tree_offline_json(t->plant, t->text, sizeof(t->text)), out);
		t->ending = LEAVE_DUE;
		return true;
	}
	dial_stop(&t->dial);
	*out = (struct action){.kind = t->ending == LEAVE_DUE ? ACTION_DISCONNECT : ACTION_CLOSE};
	t->ending = ENDED;
	return was != DIAL_OFFLINE;
}

static struct action
filters(const struct tree *t, enum action_kind kind)
{
	return (struct action){
		.kind = kind, .filter = {t->alarms_filter, t->systems_filter}, .n_filters = 2};
}

bool
tree_next(struct tree *t, const struct snapshot *snap, struct moment at, bool room,
	  struct action *out)
{
	if (t->ending != GOING_ON)
		return next_ending(t, room, out);
	enum dial_step step = dial_poll(&t->dial, at.now_ns);
	if (step == DIAL_CONNECT) {
		offer(t, "status", "", tree_offline_json(t->plant, t->text, sizeof(t->text)), out);
		out->kind = ACTION_CONNECT;
		t->messages--;
		return true;
	}
	if (step == DIAL_CLOSE) {
		t->subscribe_due = false;
		*out = (struct action){.kind = ACTION_CLOSE};
		return true;
	}
	if (t->subscribe_due) {
		t->subscribe_due = false;
		*out = filters(t, ACTION_SUBSCRIBE);
		return true;
	}
	if (t->dial.state != DIAL_UP)
		return false;
	if (at.now_ns >= t->look_until_ns) {
		t->look_until_ns = INT64_MAX;
		*out = filters(t, ACTION_UNSUBSCRIBE);
		return true;
	}
	return room && next_message(t, snap, at, out);
}

int64_t
tree_wake_ns(const struct tree *t)
{
	return t->look_until_ns < t->dial.due_ns ? t->look_until_ns : t->dial.due_ns;
}

uint64_t
tree_messages(const struct tree *t)
{
	return t->messages;
}
