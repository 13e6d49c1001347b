/* SPDX-License-Identifier: Apache-2.0 */
/* A Sparkplug session with a connection made of calls, and its messages decoded by the library. */
#ifndef ISOTHERM_TESTS_SESSION_RIG_H
#define ISOTHERM_TESTS_SESSION_RIG_H

#include "tests/unit/mqtt_rig.h"

#include "mqtt/session.h"
#include "mqtt/sparkplug_b.pb-c.h"

static struct rig r;
static struct session *session;
static struct action last;          /* the last action … */
static Sparkplug__Payload *payload; /* … and its payload, NULL none */

static const uint8_t rebirth[] = {0x12, 0x1A, 0x0A, 0x14, 'N',  'o', 'd',  'e', ' ', 'C',
				  'o',  'n',  't',  'r',  'o',  'l', '/',  'R', 'e', 'b',
				  'i',  'r',  't',  'h',  0x20, 11,  0x70, 0x01};

static inline void
forget(void)
{
	if (payload)
		sparkplug__payload__free_unpacked(payload, NULL);
	payload = NULL;
}

static inline bool
take(bool room)
{
	forget();
	if (!session_next(session, &r.snap, r.at, room, &last))
		return false;
	if (last.kind == ACTION_PUBLISH || last.kind == ACTION_CONNECT) {
		payload = sparkplug__payload__unpack(NULL, last.len, last.payload);
		assert_non_null(payload);
	}
	return true;
}

static inline void
assert_nothing(void)
{
	if (take(true))
		fail_msg("%d %s", (int)last.kind, last.kind == ACTION_PUBLISH ? last.topic : "");
}

/* The next message is on "spBv1.0/g/TYPE/n" + device. */
static inline void
assert_message(const char *type, const char *device)
{
	char topic[128];

	snprintf(topic, sizeof(topic), "spBv1.0/g/%s/n%s%s", type, device[0] ? "/" : "", device);
	assert_true(take(true));
	assert_int_equal(last.kind, ACTION_PUBLISH);
	assert_string_equal(last.topic, topic);
}

/* NULL: there is none. */
static inline const Sparkplug__Metric *
find_metric(const char *name, uint64_t alias)
{
	for (size_t i = 0; payload && i < payload->n_metrics; i++) {
		const Sparkplug__Metric *m = payload->metrics[i];
		if (name ? m->name && strcmp(m->name, name) == 0
			 : m->has_alias && m->alias == alias)
			return m;
	}
	return NULL;
}

/* Never NULL: the test fails if there is none. */
static inline const Sparkplug__Metric *
metric_named(const char *name)
{
	static const Sparkplug__Metric none;
	const Sparkplug__Metric *m = find_metric(name, 0);

	if (m == NULL)
		fail_msg("no metric %s", name);
	return m ? m : &none;
}

static inline const Sparkplug__Metric *
metric_by_alias(uint64_t alias)
{
	static const Sparkplug__Metric none;
	const Sparkplug__Metric *m = find_metric(NULL, alias);

	if (m == NULL)
		fail_msg("no metric of alias %llu", (unsigned long long)alias);
	return m ? m : &none;
}

static inline const Sparkplug__PropertyValue *
find_property(const Sparkplug__Metric *m, const char *key)
{
	for (size_t i = 0; m->properties && i < m->properties->n_keys; i++)
		if (strcmp(m->properties->keys[i], key) == 0)
			return m->properties->values[i];
	return NULL;
}

static inline const Sparkplug__PropertyValue *
property(const Sparkplug__Metric *m, const char *key)
{
	static const Sparkplug__PropertyValue none;
	const Sparkplug__PropertyValue *v = find_property(m, key);

	if (v == NULL)
		fail_msg("no property %s", key);
	return v ? v : &none;
}

/* From offline to a broker that takes everything. */
static inline void
connect_up(void)
{
	assert_true(take(true));
	assert_int_equal(last.kind, ACTION_CONNECT);
	session_connect_sent(session);
	session_connack(session, r.at.now_ns);
	assert_true(take(true));
	assert_int_equal(last.kind, ACTION_SUBSCRIBE);
	session_suback(session, r.at.now_ns);
}

/* All there is to publish now; how many messages. */
static inline unsigned
drain(void)
{
	unsigned n = 0;

	while (take(true)) {
		assert_int_equal(last.kind, ACTION_PUBLISH);
		n++;
	}
	return n;
}

/* A second later, with what rig_set changed since. */
static inline void
second(void)
{
	rig_pass(&r, NS_PER_S);
	session_samples(session, &r.snap, r.at.now_ns);
}

static inline int
command(const char *topic, const void *bytes, size_t len, bool retained)
{
	struct errtext why = {""};
	int rc = session_message(session, topic, bytes, len, retained, &why);

	assert_true(rc == 0 || (rc == -EPERM && why.text[0] != '\0'));
	return rc;
}

static inline int
open_session(void **state)
{
	(void)state;
	rig_open(&r, RIG_PLANT);
	assert_int_equal(session_open(&session, r.plant, "1.2.3", 5, r.at.now_ns, NULL), 0);
	session_samples(session, &r.snap, r.at.now_ns);
	session_start(session, r.at.now_ns);
	return 0;
}

/* … and all births are out. */
static inline int
open_born(void **state)
{
	open_session(state);
	connect_up();
	drain();
	return 0;
}

static inline int
close_session(void **state)
{
	(void)state;
	forget();
	session_close(session);
	rig_close(&r);
	return 0;
}

#endif
