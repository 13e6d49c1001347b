/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a Sparkplug session: commands, devices that go and come, ends, and a host that checks
 * all it hears while everything happens in any order. */
#include "tests/unit/session_rig.h"

#include <errno.h>
#include <math.h>

#include "core/keyed.h"
#include "mqtt/dial.h"

/* --- devices that go and come --- */

static void
a_system_dies_when_the_last_of_its_devices_is_lost_for_3_s(void **state)
{
	(void)state;
	rig_link(&r, 0, LINK_COMM);
	rig_link(&r, 1, LINK_COMM);
	for (int i = 0; i < 10; i++) {
		second();
		while (take(true))
			assert_null(strstr(last.topic, "DDEATH")); /* the third still answers */
	}
	rig_link(&r, 2, LINK_IDENTITY);
	int seconds = 0;
	for (bool dead = false; !dead; seconds++) {
		assert_true(seconds < 5);
		second();
		while (take(true))
			if (strstr(last.topic, "DDEATH")) {
				assert_string_equal(last.topic, "spBv1.0/g/DDEATH/n/cs00");
				assert_int_equal(payload->n_metrics, 0);
				assert_true(payload->has_seq && payload->has_timestamp);
				assert_int_equal(last.qos, 0);
				dead = true;
			}
	}
	assert_true(seconds > 3);
	rig_set(&r, "cs00.loop.flow_lpm", 12);
	second();
	while (take(true))
		assert_null(strstr(last.topic, "cs00"));
	rig_link(&r, 1, LINK_OK);
	second();
	assert_message("DBIRTH", "cs00");
	assert_true(fabs(metric_named("loop/flow_lpm")->double_value - 12) < 1e-12);
	assert_nothing();
}

static void
a_device_that_is_not_there_has_no_birth(void **state)
{
	(void)state;
	for (uint32_t d = 0; d < 3; d++)
		rig_link(&r, d, LINK_COMM);
	for (int i = 0; i < 5; i++)
		second();
	connect_up();
	assert_message("NBIRTH", "");
	assert_message("DBIRTH", "cs01");
	while (take(true))
		assert_null(strstr(last.topic, "cs00"));
}

static void
without_the_alarm_room_there_is_no_alarms_device(void **state)
{
	(void)state;
	const struct plant_layout *l = plant_layout_of(r.plant, REGION_ALM);
	for (uint32_t i = 0; i < l->first[l->n_groups]; i++)
		r.snap.region[REGION_ALM][i].quality = QUALITY_STALE;
	bool dead = false;
	for (int i = 0; i < 5; i++) {
		second();
		while (take(true))
			dead = dead || strcmp(last.topic, "spBv1.0/g/DDEATH/n/alarms") == 0;
	}
	assert_true(dead);
}

/* --- the end --- */

static void
an_ndeath_is_published_before_the_connection_is_left(void **state)
{
	(void)state;
	session_stop(session);
	assert_false(take(false));
	assert_message("NDEATH", "");
	assert_false(payload->has_seq);
	assert_int_equal(payload->n_metrics, 1);
	assert_int_equal(metric_named("bdSeq")->long_value, 5);
	assert_true(take(true));
	assert_int_equal(last.kind, ACTION_DISCONNECT);
	assert_true(session_stopped(session));
	rig_pass(&r, 100 * NS_PER_S);
	assert_nothing();
}

static void
a_session_that_has_no_connection_just_ends(void **state)
{
	(void)state;
	session_stop(session);
	assert_nothing();
	assert_true(session_stopped(session));
}

static void
a_broker_that_says_nothing_is_left_after_5_s(void **state)
{
	(void)state;
	assert_true(take(true));
	assert_int_equal(last.kind, ACTION_CONNECT);
	session_connect_sent(session);
	r.at.now_ns += 5 * NS_PER_S - 1;
	assert_nothing();
	r.at.now_ns++;
	assert_true(take(true));
	assert_int_equal(last.kind, ACTION_CLOSE);
	assert_nothing();
	r.at.now_ns = session_wake_ns(session);
	assert_true(take(true));
	assert_int_equal(last.kind, ACTION_CONNECT);
	session_connack(session, r.at.now_ns);
	assert_true(take(true));
	r.at.now_ns += 5 * NS_PER_S; /* no SUBACK */
	assert_true(take(true));
	assert_int_equal(last.kind, ACTION_CLOSE);
}

/* --- commands --- */

#define NCMD "spBv1.0/g/NCMD/n"

static void
a_rebirth_is_all_births_again_with_the_same_bdseq_and_no_data_before(void **state)
{
	(void)state;
	rig_pass(&r, 2 * NS_PER_S);
	assert_int_equal(command(NCMD, rebirth, sizeof(rebirth), false), 0);
	rig_set(&r, "cs00.loop.flow_lpm", 99);
	session_samples(session, &r.snap, r.at.now_ns);
	assert_message("NBIRTH", "");
	assert_int_equal(payload->seq, 0);
	assert_int_equal(metric_named("bdSeq")->long_value, 5);
	assert_false(metric_named("Node Control/Rebirth")->boolean_value);
	assert_message("DBIRTH", "cs00");
	assert_true(fabs(metric_named("loop/flow_lpm")->double_value - 99) < 1e-12);
	assert_message("DBIRTH", "cs01");
	assert_message("DBIRTH", "site");
	assert_message("DBIRTH", "alarms");
	assert_nothing(); /* what changed is in the births */
	assert_int_equal(session_counts(session).births, 2);
}

static void
rebirths_are_at_least_a_second_apart_and_data_wait_for_them(void **state)
{
	(void)state;
	unsigned births = 0;
	int64_t last_ns = r.at.now_ns;
	rig_pass(&r, NS_PER_S / 2);
	for (int i = 0; i < 1000; i++) { /* 10 s of them, 100 a second */
		assert_int_equal(command(NCMD, rebirth, sizeof(rebirth), false), 0);
		rig_set(&r, "cs00.loop.flow_lpm", 60 + i % 2 * 9);
		if (i % 100 == 0)
			session_samples(session, &r.snap, r.at.now_ns);
		assert_true(session_wake_ns(session) <= last_ns + NS_PER_S);
		while (take(true)) {
			assert_non_null(strstr(last.topic, "BIRTH"));
			if (strstr(last.topic, "NBIRTH") == NULL)
				continue;
			births++;
			assert_true(r.at.now_ns - last_ns >= NS_PER_S);
			last_ns = r.at.now_ns;
		}
		rig_pass(&r, NS_PER_S / 100);
	}
	assert_in_range(births, 9, 11);
	assert_int_equal(session_counts(session).commands, 1000);
	assert_int_equal(session_counts(session).refused, 0);
}

/* A host that comes in the middle of births has missed the NBIRTH. */
static void
a_rebirth_asked_for_during_births_is_one_more(void **state)
{
	(void)state;
	connect_up();
	assert_message("NBIRTH", "");
	assert_message("DBIRTH", "cs00");
	assert_int_equal(command(NCMD, rebirth, sizeof(rebirth), false), 0);
	assert_int_equal(drain(), 3);
	r.at.now_ns = session_wake_ns(session);
	assert_message("NBIRTH", "");
}

/* A metric of an NCMD: `value` are the bytes of its fields behind the name. */
static size_t
metric_bytes(uint8_t *out, const char *name, const uint8_t *value, size_t len)
{
	size_t n = strlen(name);

	out[0] = 0x12;
	out[1] = (uint8_t)(n + len + 2);
	out[2] = 0x0A;
	out[3] = (uint8_t)n;
	memcpy(out + 4, name, n);
	memcpy(out + 4 + n, value, len);
	return 4 + n + len;
}

static void
every_other_command_is_refused_and_counted(void **state)
{
	static const struct {
		const char *topic, *name;
		uint8_t value[8];
		size_t len;
	} row[] = {
		{NCMD, "Node Control/Rebirth", {0x20, 11, 0x70, 0}, 4}, /* false */
		{NCMD, "Node Control/Rebirth", {0x20, 11, 0x38, 1}, 4}, /* null */
		{NCMD, "Node Control/Rebirth", {0x20, 11}, 2},          /* nothing */
		{NCMD, "Node Control/Rebirth", {0x20, 3, 0x50, 1}, 4},  /* Int32 1 */
		{NCMD, "Node Control/Rebirth", {0x20, 3, 0x70, 1}, 4},  /* type and value differ */
		{NCMD, "Node Control/Rebirth", {0x20, 12, 0x7A, 1, '1'}, 5}, /* "1" */
		{NCMD, "node control/rebirth", {0x20, 11, 0x70, 1}, 4},
		{NCMD, "Node Control/Reboot", {0x20, 11, 0x70, 1}, 4},
		{NCMD, "bdSeq", {0x20, 4, 0x58, 1}, 4},
		{NCMD, "", {0x10, 3, 0x70, 1}, 4}, /* by alias */
		{"spBv1.0/g/DCMD/n/cs00", "Node Control/Rebirth", {0x20, 11, 0x70, 1}, 4},
		{"spBv1.0/g/DCMD/n/cs00", "loop/flow_lpm", {0x20, 11, 0x70, 1}, 4},
		{"spBv1.0/g/DCMD/n/nobody", "x", {0x70, 1}, 2},
		{"spBv1.0/g/NCMD/other", "Node Control/Rebirth", {0x20, 11, 0x70, 1}, 4},
		{"spBv1.0/g/NDATA/n", "Node Control/Rebirth", {0x20, 11, 0x70, 1}, 4},
		{"", "Node Control/Rebirth", {0x20, 11, 0x70, 1}, 4},
	};
	uint64_t n = sizeof(row) / sizeof(*row);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		uint8_t bytes[64];
		size_t len = metric_bytes(bytes, row[i].name, row[i].value, row[i].len);
		assert_int_equal(command(row[i].topic, bytes, len, false), -EPERM);
	}
	assert_int_equal(command(NCMD, rebirth, sizeof(rebirth), true), -EPERM); /* retained */
	assert_int_equal(command(NCMD, "", 0, false), -EPERM);
	assert_int_equal(command(NCMD, rebirth, sizeof(rebirth) - 1, false), -EPERM);
	/* all of a command or nothing of it */
	uint8_t both[128];
	memcpy(both, rebirth, sizeof(rebirth));
	size_t len = sizeof(rebirth) +
		     metric_bytes(both + sizeof(rebirth), "other", (const uint8_t[]){0x70, 1}, 2);
	assert_int_equal(command(NCMD, both, len, false), -EPERM);
	assert_int_equal(session_counts(session).commands, n + 4);
	assert_int_equal(session_counts(session).refused, n + 4);
	rig_pass(&r, 2 * NS_PER_S);
	assert_nothing();
	assert_int_equal(session_counts(session).births, 1);
}

static void
a_rebirth_may_leave_the_type_out_and_carry_a_seq_and_a_timestamp(void **state)
{
	uint8_t bytes[64];
	const uint8_t value[] = {0x70, 1};

	(void)state;
	rig_pass(&r, 2 * NS_PER_S);
	size_t len = metric_bytes(bytes, "Node Control/Rebirth", value, 2);
	memcpy(bytes + len, (const uint8_t[]){0x08, 0x01, 0x18, 0x07}, 4);
	assert_int_equal(command(NCMD, bytes, len + 4, false), 0);
	assert_message("NBIRTH", "");
}

/* --- trying again --- */

static void
tries_back_off_from_1_to_30_s(void **state)
{
	struct dial a, b;
	int64_t now_ns = 0, least = INT64_MAX, most = 0;
	bool differ = false;

	(void)state;
	dial_init(&a, 7, "a");
	dial_init(&b, 8, "a");
	dial_at(&a, 0);
	dial_at(&b, 0);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(dial_poll(&a, now_ns), DIAL_CONNECT);
		assert_int_equal(dial_poll(&b, now_ns), DIAL_CONNECT);
		dial_event(&a, DIAL_BROKEN, now_ns);
		dial_event(&b, DIAL_BROKEN, now_ns);
		int64_t wait = a.due_ns - now_ns;
		differ = differ || a.due_ns != b.due_ns;
		least = wait < least ? wait : least;
		most = wait > most ? wait : most;
		assert_true(wait >= NS_PER_S && wait <= 30 * NS_PER_S);
		assert_true(i > 0 || wait <= NS_PER_S * 3 / 2);
		assert_true(i < 6 || wait == 30 * NS_PER_S);
		assert_int_equal(dial_poll(&a, a.due_ns - 1), DIAL_NOTHING);
		now_ns = a.due_ns > b.due_ns ? a.due_ns : b.due_ns;
	}
	assert_true(differ);
}

static void
a_connection_that_held_begins_anew_at_1_s_and_one_that_did_not_does_not(void **state)
{
	struct dial d;
	int64_t now_ns = 0;

	(void)state;
	dial_init(&d, 7, "a");
	dial_at(&d, 0);
	for (int i = 0; i < 12; i++) {
		assert_int_equal(dial_poll(&d, now_ns), DIAL_CONNECT);
		assert_int_equal(dial_event(&d, DIAL_CONNACK, now_ns), DIAL_SUBSCRIBE);
		assert_int_equal(dial_event(&d, DIAL_SUBACK, now_ns), DIAL_BEGIN);
		now_ns += i == 10 ? DIAL_STEADY_NS : NS_PER_S; /* thrown out at once but for once */
		dial_event(&d, DIAL_BROKEN, now_ns);
		assert_true(i < 6 || i >= 10 || d.due_ns - now_ns == 30 * NS_PER_S);
		assert_true(i != 10 || d.due_ns - now_ns < 2 * NS_PER_S);
		now_ns = d.due_ns;
	}
}

static void
what_means_nothing_in_a_state_changes_nothing(void **state)
{
	static const enum dial_event odd[DIAL_STATES][3] = {
		[DIAL_OFFLINE] = {DIAL_CONNACK, DIAL_SUBACK, DIAL_BROKEN},
		[DIAL_CONNECTING] = {DIAL_SUBACK, DIAL_SUBACK, DIAL_SUBACK},
		[DIAL_CONNECTED] = {DIAL_CONNACK, DIAL_CONNACK, DIAL_CONNACK},
		[DIAL_UP] = {DIAL_CONNACK, DIAL_SUBACK, DIAL_DUE},
	};

	(void)state;
	for (int k = 0; k < DIAL_STATES; k++)
		for (int i = 0; i < 3; i++) {
			struct dial d;
			dial_init(&d, 7, "a");
			d.state = (enum dial_state)k;
			assert_int_equal(dial_event(&d, odd[k][i], 5), DIAL_NOTHING);
			assert_int_equal(d.state, k);
		}
}

/* --- a host that checks all it hears --- */

#define ALIASES 8192
#define DEVICES 8

static struct host {
	bool connecting, connected, born;
	int will; /* bdSeq of the connection */
	int seq;  /* the last one */
	bool known[ALIASES];
	char device[DEVICES][16]; /* that are alive */
	unsigned n_devices, births, data, deaths, wills;
} host;

static int
host_find(const char *device)
{
	for (unsigned i = 0; i < host.n_devices; i++)
		if (strcmp(host.device[i], device) == 0)
			return (int)i;
	return -1;
}

static void
host_nbirth(void)
{
	assert_int_equal(payload->seq, 0);
	assert_int_equal(metric_named("bdSeq")->long_value, host.will);
	memset(host.known, 0, sizeof(host.known));
	host.n_devices = 0;
	host.born = true;
	host.births++;
}

static void
host_learn(void)
{
	for (size_t i = 0; i < payload->n_metrics; i++)
		if (payload->metrics[i]->has_alias)
			host.known[payload->metrics[i]->alias] = true;
}

static void
host_publish(void)
{
	const char *device = strrchr(last.topic, '/') + 1;
	bool birth = strstr(last.topic, "BIRTH/") != NULL;

	assert_true(host.connected);
	if (strstr(last.topic, "/NBIRTH/")) {
		host_nbirth();
	} else {
		assert_true(host.born);
		assert_int_equal(payload->seq, (host.seq + 1) % 256);
	}
	host.seq = (int)payload->seq;
	if (birth)
		host_learn();
	if (strstr(last.topic, "/DBIRTH/")) {
		assert_int_equal(host_find(device), -1);
		assert_true(host.n_devices < DEVICES);
		strcpy(host.device[host.n_devices++], device);
	} else if (strstr(last.topic, "/DDEATH/")) {
		int i = host_find(device);
		assert_true(i >= 0);
		memmove(host.device[i], host.device[--host.n_devices], sizeof(host.device[0]));
		host.deaths++;
	} else if (strstr(last.topic, "DATA/")) {
		assert_true(strstr(last.topic, "/NDATA/") || host_find(device) >= 0);
		assert_true(payload->n_metrics != 0);
		for (size_t i = 0; i < payload->n_metrics; i++) {
			assert_true(payload->metrics[i]->has_alias && !payload->metrics[i]->name);
			assert_true(host.known[payload->metrics[i]->alias]);
		}
		host.data++;
	}
}

static void
host_hear(void)
{
	switch (last.kind) {
	case ACTION_CONNECT: {
		int will = (int)metric_named("bdSeq")->long_value;
		assert_true(!host.connected);
		assert_true(host.wills == 0 || will == (host.will + 1) % 256 || will == host.will);
		host.will = will;
		host.connecting = true;
		host.wills++;
		host.born = false;
		break;
	}
	case ACTION_PUBLISH:
		host_publish();
		break;
	case ACTION_CLOSE:
		host.connected = host.connecting = false;
		break;
	case ACTION_SUBSCRIBE:
	case ACTION_UNSUBSCRIBE:
	case ACTION_DISCONNECT:
		break;
	}
}

/* Whatever happens, in any order. */
static void
shake(uint64_t n)
{
	uint64_t die = keyed_u64(11, 0, n) % 100;

	if (die < 40) {
		rig_pass(&r, (int64_t)(keyed_u64(12, 0, n) % 1500) * NS_PER_MS);
		session_samples(session, &r.snap, r.at.now_ns);
	} else if (die < 55) {
		rig_set(&r, "cs00.loop.flow_lpm", (double)(keyed_u64(13, 0, n) % 90));
		rig_set(&r, "cs01.ctl.mode", (double)(keyed_u64(14, 0, n) % 6));
	} else if (die < 65) {
		rig_link(&r, (uint32_t)(keyed_u64(15, 0, n) % r.plant->n_devices),
			 keyed_u64(16, 0, n) % 2 ? LINK_OK : LINK_COMM);
	} else if (die < 70) {
		command(NCMD, rebirth, sizeof(rebirth), false);
	} else if (die < 80) {
		session_connect_sent(session);
		host.connected = host.connected || host.connecting;
		host.connecting = false;
		session_connack(session, r.at.now_ns);
	} else if (die < 92) {
		session_suback(session, r.at.now_ns);
	} else if (die < 93) {
		host.connected = host.connecting = false;
		session_broken(session, r.at.now_ns);
	}
}

static void
a_host_hears_nothing_it_must_not_hear_whatever_happens(void **state)
{
	(void)state;
	host = (struct host){0};
	for (uint64_t n = 0; n < 12000; n++) {
		shake(n);
		for (uint64_t k = keyed_u64(17, 0, n) % 6; k > 0; k--)
			if (take(keyed_u64(18, k, n) % 4 != 0))
				host_hear();
	}
	assert_true(host.births > 100 && host.data > 1000 && host.deaths > 50 && host.wills > 50);
}

int
main(void)
{
#define FRESH(f) cmocka_unit_test_setup_teardown(f, open_session, close_session)
#define BORN(f) cmocka_unit_test_setup_teardown(f, open_born, close_session)
	const struct CMUnitTest tests[] = {
		BORN(a_system_dies_when_the_last_of_its_devices_is_lost_for_3_s),
		FRESH(a_device_that_is_not_there_has_no_birth),
		BORN(without_the_alarm_room_there_is_no_alarms_device),
		BORN(an_ndeath_is_published_before_the_connection_is_left),
		FRESH(a_session_that_has_no_connection_just_ends),
		FRESH(a_broker_that_says_nothing_is_left_after_5_s),
		BORN(a_rebirth_is_all_births_again_with_the_same_bdseq_and_no_data_before),
		BORN(rebirths_are_at_least_a_second_apart_and_data_wait_for_them),
		FRESH(a_rebirth_asked_for_during_births_is_one_more),
		BORN(every_other_command_is_refused_and_counted),
		BORN(a_rebirth_may_leave_the_type_out_and_carry_a_seq_and_a_timestamp),
		cmocka_unit_test(tries_back_off_from_1_to_30_s),
		cmocka_unit_test(
			a_connection_that_held_begins_anew_at_1_s_and_one_that_did_not_does_not),
		cmocka_unit_test(what_means_nothing_in_a_state_changes_nothing),
		FRESH(a_host_hears_nothing_it_must_not_hear_whatever_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
