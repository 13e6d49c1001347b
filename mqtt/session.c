/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt/session.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mqtt/dial.h"
#include "mqtt/metrics.h"
#include "mqtt/order.h"
#include "mqtt/payload.h"

#define NEVER_THERE INT64_MIN
#define TOPIC_BYTES 256

/* What is published while the connection is up. */
enum phase {
	PHASE_NODE_BIRTH,
	PHASE_DEVICE_BIRTHS,
	PHASE_DATA,
};

enum ending { GOING_ON, DEATH_DUE, LEAVE_DUE, ENDED };

struct device_state {
	bool born;
	int64_t there_ns; /* when it was last there */
};

struct session {
	const struct plant *plant;
	struct dial dial;
	struct metrics metrics;
	struct node node;
	struct device_state *device; /* as metrics.device */
	struct order order;
	enum phase phase;
	enum ending ending;
	bool subscribe_due;
	bool rebirth_wanted;
	int64_t birth_ns; /* the last NBIRTH */
	uint32_t cursor;  /* next device to look at; n_devices: the round is over */
	bool again;       /* samples came in before it was */
	uint8_t bdseq;
	bool bdseq_used;
	uint8_t seq; /* of the next message */
	struct session_counts counts;
	char topic[TOPIC_BYTES];
	char ncmd[TOPIC_BYTES], dcmd[TOPIC_BYTES]; /* the latter as a filter, with a '+' */
	uint8_t *buffer;
	size_t buffer_bytes;
};

/* --- open and close --- */

int
session_open(struct session **out, const struct plant *plant, const char *version, uint8_t bdseq,
	     int64_t now_ns, struct errtext *err)
{
	struct session *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return errtext_set(err, -ENOMEM, "out of memory");
	s->plant = plant;
	s->bdseq = bdseq;
	dial_init(&s->dial, plant->seed, "mqtt.sparkplug");
	node_init(&s->node, plant, version, now_ns);
	snprintf(s->ncmd, sizeof(s->ncmd), "spBv1.0/%s/NCMD/%s", plant->broker.group,
		 plant->broker.node);
	snprintf(s->dcmd, sizeof(s->dcmd), "spBv1.0/%s/DCMD/%s/+", plant->broker.group,
		 plant->broker.node);
	int rc = metrics_init(&s->metrics, plant, err);
	if (rc == 0) {
		s->buffer_bytes = metrics_birth_bytes(&s->metrics);
		s->buffer = malloc(s->buffer_bytes);
		s->device = calloc(s->metrics.n_devices, sizeof(*s->device));
		rc = order_init(&s->order, s->metrics.widest);
		if (s->buffer == NULL || s->device == NULL || rc != 0)
			rc = errtext_set(err, -ENOMEM, "out of memory");
	}
	if (rc != 0) {
		session_close(s);
		return rc;
	}
	for (uint32_t i = 0; i < s->metrics.n_devices; i++)
		s->device[i].there_ns = NEVER_THERE;
	*out = s;
	return 0;
}

void
session_close(struct session *s)
{
	if (s == NULL)
		return;
	metrics_fini(&s->metrics);
	order_fini(&s->order);
	free(s->device);
	free(s->buffer);
	free(s);
}

/* --- what the connection does --- */

void
session_start(struct session *s, int64_t now_ns)
{
	if (s->ending == GOING_ON)
		dial_at(&s->dial, now_ns);
}

void
session_stop(struct session *s)
{
	if (s->ending == GOING_ON)
		s->ending = DEATH_DUE;
}

bool
session_stopped(const struct session *s)
{
	return s->ending == ENDED;
}

uint8_t
session_bdseq(const struct session *s)
{
	return s->bdseq;
}

void
session_connect_sent(struct session *s)
{
	s->bdseq_used = true;
}

static void
begin(struct session *s)
{
	s->phase = PHASE_NODE_BIRTH;
	s->rebirth_wanted = false;
}

void
session_connack(struct session *s, int64_t now_ns)
{
	if (dial_event(&s->dial, DIAL_CONNACK, now_ns) == DIAL_SUBSCRIBE) {
		s->subscribe_due = true;
		s->counts.connects++;
	}
}

void
session_suback(struct session *s, int64_t now_ns)
{
	if (dial_event(&s->dial, DIAL_SUBACK, now_ns) == DIAL_BEGIN)
		begin(s);
}

void
session_broken(struct session *s, int64_t now_ns)
{
	(void)dial_event(&s->dial, DIAL_BROKEN, now_ns);
	s->subscribe_due = false;
	if (s->ending != GOING_ON)
		s->ending = ENDED; /* the will says it now */
}

void
session_samples(struct session *s, const struct snapshot *snap, int64_t now_ns)
{
	const struct metrics *t = &s->metrics;

	node_update(&s->node, snap, now_ns);
	for (uint32_t i = 1; i < t->n_devices; i++)
		if (metrics_device_there(&t->device[i], snap))
			s->device[i].there_ns = now_ns;
	if (s->phase == PHASE_DATA && s->cursor == t->n_devices)
		s->cursor = 0;
	else
		s->again = true; /* births, or a round, come to their end first */
}

/* --- commands --- */

/* Nothing else can be written, and true is the only value that means something. */
static int
judge_metric(const struct payload_in_metric *m, struct errtext *why)
{
	if (strcmp(m->name, node_table[NODE_REBIRTH].name) != 0) {
		if (m->name[0] == '\0')
			return errtext_set(why, -EPERM, "alias %llu can't be written",
					   (unsigned long long)m->alias);
		return errtext_set(why, -EPERM, "%s can't be written", m->name);
	}
	if (m->kind != PAYLOAD_IN_BOOLEAN || (m->type != 0 && m->type != PAYLOAD_BOOLEAN))
		return errtext_set(why, -EPERM, "%s is no Boolean", m->name);
	if (!m->boolean)
		return errtext_set(why, -EPERM, "%s is not true", m->name);
	return 0;
}

/* All metrics of a command are taken, or none. */
static int
judge(const struct session *s, const char *topic, const void *payload, size_t len, bool retained,
      struct errtext *why)
{
	struct payload_in in;

	if (retained)
		return errtext_set(why, -EPERM, "it is retained: who knows how old it is");
	if (strcmp(topic, s->ncmd) != 0) {
		if (strncmp(topic, s->dcmd, strlen(s->dcmd) - 1) == 0)
			return errtext_set(why, -EPERM, "no device takes commands");
		return errtext_set(why, -EPERM, "that topic is not ours");
	}
	int rc = payload_decode(payload, len, &in, why);
	if (rc != 0)
		return -EPERM;
	if (in.n == 0)
		return errtext_set(why, -EPERM, "it commands nothing");
	for (uint32_t i = 0; i < in.n && rc == 0; i++)
		rc = judge_metric(&in.metric[i], why);
	return rc;
}

int
session_message(struct session *s, const char *topic, const void *payload, size_t len,
		bool retained, struct errtext *why)
{
	s->counts.commands++;
	int rc = judge(s, topic, payload, len, retained, why);
	if (rc != 0)
		s->counts.refused++;
	else if (s->dial.state == DIAL_UP && s->phase != PHASE_NODE_BIRTH)
		s->rebirth_wanted = true; /* else the birth is still to come */
	return rc;
}

/* --- payloads --- */

static uint64_t
wall_ms(struct moment at, int64_t time_ns)
{
	return (uint64_t)((at.wall_ns - (at.now_ns - time_ns)) / NS_PER_MS);
}

static void
offer(struct session *s, const char *type, const char *device, size_t len, struct action *out)
{
	snprintf(s->topic, sizeof(s->topic), "spBv1.0/%s/%s/%s%s%s", s->plant->broker.group, type,
		 s->plant->broker.node, device[0] != '\0' ? "/" : "", device);
	*out = (struct action){
		.kind = ACTION_PUBLISH, .topic = s->topic, .payload = s->buffer, .len = len};
}

/* A message of the session, with its place in the sequence. */
static void
offer_next(struct session *s, const char *type, const char *device, struct payload_out *o,
	   struct action *out)
{
	int rc = payload_end(o, s->seq);
	assert(rc == 0); /* the buffer was made for the largest */
	(void)rc;
	s->seq++;
	s->counts.messages++;
	offer(s, type, device, o->len, out);
}

/* The will, and what is said before the connection is left. */
static void
offer_death(struct session *s, struct moment at, struct action *out)
{
	struct payload_out o;
	struct payload_metric m = {.name = node_table[NODE_BDSEQ].name,
				   .timestamp_ms = wall_ms(at, at.now_ns),
				   .type = PAYLOAD_INT64,
				   .with_type = true,
				   .value = {.integer = s->bdseq}};

	payload_begin(&o, s->buffer, s->buffer_bytes, m.timestamp_ms);
	payload_add(&o, &m);
	int rc = payload_end(&o, PAYLOAD_NO_SEQ);
	assert(rc == 0);
	(void)rc;
	offer(s, "NDEATH", "", o.len, out);
	out->qos = 1;
}

/* The metrics of a device in the order of their times: all for a birth, else those that changed. */
static uint32_t
gather(struct session *s, const struct metric_device *d, const struct snapshot *snap,
       int64_t now_ns, bool all)
{
	order_clear(&s->order);
	for (uint32_t i = d->first; i < d->first + d->n; i++) {
		struct reading r = metric_read(&s->metrics.metric[i], snap, &s->node, now_ns);
		if (all || metric_changed(&s->metrics.metric[i], &r))
			order_add(&s->order, i, &r);
	}
	order_sort(&s->order);
	return s->order.n;
}

static void
offer_birth(struct session *s, uint32_t device, const struct snapshot *snap, struct moment at,
	    struct action *out)
{
	const struct metric_device *d = &s->metrics.device[device];
	struct payload_out o;

	gather(s, d, snap, at.now_ns, true);
	payload_begin(&o, s->buffer, s->buffer_bytes, wall_ms(at, at.now_ns));
	for (uint32_t i = 0; i < s->order.n; i++) {
		struct metric *m = &s->metrics.metric[s->order.item[i].metric];
		const struct reading *r = &s->order.item[i].reading;
		struct payload_metric p = metric_birth(m, r, wall_ms(at, r->time_ns));
		payload_add(&o, &p);
		metric_sent(m, r);
	}
	s->device[device].born = true;
	offer_next(s, device == 0 ? "NBIRTH" : "DBIRTH", d->name, &o, out);
}

/* False if nothing has changed. */
static bool
offer_data(struct session *s, uint32_t device, const struct snapshot *snap, struct moment at,
	   struct action *out)
{
	const struct metric_device *d = &s->metrics.device[device];
	struct payload_out o;

	if (gather(s, d, snap, at.now_ns, false) == 0)
		return false;
	payload_begin(&o, s->buffer, s->buffer_bytes, wall_ms(at, at.now_ns));
	for (uint32_t i = 0; i < s->order.n; i++) {
		struct metric *m = &s->metrics.metric[s->order.item[i].metric];
		const struct reading *r = &s->order.item[i].reading;
		struct payload_metric p = metric_data(m, r, wall_ms(at, r->time_ns));
		payload_add(&o, &p);
		metric_sent(m, r);
	}
	offer_next(s, device == 0 ? "NDATA" : "DDATA", d->name, &o, out);
	return true;
}

static void
offer_device_death(struct session *s, uint32_t device, struct moment at, struct action *out)
{
	struct payload_out o;

	s->device[device].born = false;
	payload_begin(&o, s->buffer, s->buffer_bytes, wall_ms(at, at.now_ns));
	offer_next(s, "DDEATH", s->metrics.device[device].name, &o, out);
}

/* --- what is next --- */

static bool
is_there(const struct session *s, uint32_t device, int64_t now_ns)
{
	int64_t there_ns = s->device[device].there_ns;

	return there_ns != NEVER_THERE && now_ns - there_ns <= SESSION_DEVICE_LOST_NS;
}

/* One device of a round of data. True if it gave something to publish. */
static bool
visit(struct session *s, uint32_t device, const struct snapshot *snap, struct moment at,
      struct action *out)
{
	if (device == 0)
		return offer_data(s, 0, snap, at, out);
	bool there = is_there(s, device, at.now_ns);
	if (there && s->device[device].born)
		return offer_data(s, device, snap, at, out);
	if (there)
		offer_birth(s, device, snap, at, out);
	else if (s->device[device].born)
		offer_device_death(s, device, at, out);
	else
		return false;
	return true;
}

static void
begin_births(struct session *s, const struct snapshot *snap, struct moment at, struct action *out)
{
	s->rebirth_wanted = false;
	s->birth_ns = at.now_ns;
	s->seq = 0;
	s->counts.births++;
	for (uint32_t i = 0; i < s->metrics.n_devices; i++)
		s->device[i].born = false;
	node_set_bdseq(&s->node, s->bdseq, at.now_ns);
	s->phase = PHASE_DEVICE_BIRTHS;
	s->cursor = 1;
	offer_birth(s, 0, snap, at, out);
}

static bool
next_birth(struct session *s, const struct snapshot *snap, struct moment at, struct action *out)
{
	while (s->cursor < s->metrics.n_devices) {
		uint32_t device = s->cursor++;
		if (!is_there(s, device, at.now_ns))
			continue;
		offer_birth(s, device, snap, at, out);
		return true;
	}
	s->phase = PHASE_DATA;
	return false;
}

static bool
next_data(struct session *s, const struct snapshot *snap, struct moment at, struct action *out)
{
	for (;;) {
		while (s->cursor < s->metrics.n_devices)
			if (visit(s, s->cursor++, snap, at, out))
				return true;
		if (!s->again)
			return false;
		s->again = false;
		s->cursor = 0;
	}
}

static bool
next_message(struct session *s, const struct snapshot *snap, struct moment at, struct action *out)
{
	if (s->phase == PHASE_DEVICE_BIRTHS && next_birth(s, snap, at, out))
		return true;
	if (s->phase == PHASE_DATA && !s->rebirth_wanted)
		return next_data(s, snap, at, out);
	if (s->phase == PHASE_DATA && at.now_ns - s->birth_ns < SESSION_REBIRTH_NS)
		return false; /* a birth is owed: no data before it */
	begin_births(s, snap, at, out);
	return true;
}

/* Offline at once, or after an NDEATH where there is a connection to say it on. */
static bool
next_ending(struct session *s, struct moment at, bool room, struct action *out)
{
	enum dial_state was = s->dial.state;

	if (s->ending == ENDED)
		return false;
	if (s->ending == DEATH_DUE && (was == DIAL_CONNECTED || was == DIAL_UP)) {
		if (!room)
			return false;
		offer_death(s, at, out);
		s->counts.messages++;
		s->ending = LEAVE_DUE;
		return true;
	}
	dial_stop(&s->dial);
	*out = (struct action){.kind = s->ending == LEAVE_DUE ? ACTION_DISCONNECT : ACTION_CLOSE};
	s->ending = ENDED;
	return was != DIAL_OFFLINE;
}

static void
offer_connect(struct session *s, struct moment at, struct action *out)
{
	if (s->bdseq_used)
		s->bdseq++; /* 0 after 255 */
	s->bdseq_used = false;
	offer_death(s, at, out);
	out->kind = ACTION_CONNECT;
}

bool
session_next(struct session *s, const struct snapshot *snap, struct moment at, bool room,
	     struct action *out)
{
	if (s->ending != GOING_ON)
		return next_ending(s, at, room, out);
	enum dial_step step = dial_poll(&s->dial, at.now_ns);
	if (step == DIAL_CONNECT) {
		offer_connect(s, at, out);
		return true;
	}
	if (step == DIAL_CLOSE) {
		s->subscribe_due = false;
		*out = (struct action){.kind = ACTION_CLOSE};
		return true;
	}
	if (s->subscribe_due) {
		s->subscribe_due = false;
		*out = (struct action){
			.kind = ACTION_SUBSCRIBE, .filter = {s->ncmd, s->dcmd}, .n_filters = 2};
		return true;
	}
	return s->dial.state == DIAL_UP && room && next_message(s, snap, at, out);
}

int64_t
session_wake_ns(const struct session *s)
{
	int64_t due_ns = s->dial.due_ns;

	if (s->dial.state == DIAL_UP && s->rebirth_wanted &&
	    s->birth_ns + SESSION_REBIRTH_NS < due_ns)
		due_ns = s->birth_ns + SESSION_REBIRTH_NS;
	return due_ns;
}

bool
session_up(const struct session *s)
{
	return s->dial.state == DIAL_UP;
}

struct session_counts
session_counts(const struct session *s)
{
	return s->counts;
}
