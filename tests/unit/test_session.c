/* SPDX-License-Identifier: Apache-2.0 */
/* The Sparkplug session: what is published, in which order, and when. */
#include "tests/unit/session_rig.h"

#include <ctype.h>
#include <math.h>

/* --- births --- */

static void
nothing_is_published_before_the_broker_has_taken_us_and_our_subscriptions(void **state)
{
	(void)state;
	assert_true(take(true));
	assert_int_equal(last.kind, ACTION_CONNECT);
	assert_nothing();
	session_connect_sent(session);
	assert_nothing();
	session_connack(session, r.at.now_ns);
	assert_true(take(true));
	assert_int_equal(last.kind, ACTION_SUBSCRIBE);
	assert_int_equal(last.n_filters, 2);
	assert_string_equal(last.filter[0], "spBv1.0/g/NCMD/n");
	assert_string_equal(last.filter[1], "spBv1.0/g/DCMD/n/+");
	second();
	assert_nothing();
	session_suback(session, r.at.now_ns);
	assert_message("NBIRTH", "");
}

static void
the_will_is_an_ndeath_with_bdseq_alone(void **state)
{
	(void)state;
	assert_true(take(true));
	assert_string_equal(last.topic, "spBv1.0/g/NDEATH/n");
	assert_int_equal(last.qos, 1);
	assert_false(last.retain);
	assert_false(payload->has_seq);
	assert_int_equal(payload->n_metrics, 1);
	const Sparkplug__Metric *m = metric_named("bdSeq");
	assert_int_equal(m->datatype, 4);
	assert_int_equal(m->value_case, SPARKPLUG__METRIC__VALUE_LONG_VALUE);
	assert_int_equal(m->long_value, 5);
	assert_false(m->has_alias);
}

static void
the_nbirth_is_first_then_a_dbirth_for_each_device_then_data(void **state)
{
	static const char *const device[] = {"cs00", "cs01", "site", "alarms"};

	(void)state;
	connect_up();
	assert_message("NBIRTH", "");
	assert_int_equal(payload->seq, 0);
	for (unsigned i = 0; i < 4; i++) {
		assert_message("DBIRTH", device[i]);
		assert_true(payload->has_seq);
		assert_int_equal(payload->seq, i + 1);
		assert_int_equal(last.qos, 0);
		assert_false(last.retain);
		assert_true(payload->has_timestamp);
		assert_int_equal(payload->timestamp, RIG_WALL_NS / NS_PER_MS);
	}
	assert_nothing();
	rig_set(&r, "cs01.loop.flow_lpm", 60);
	second();
	assert_message("DDATA", "cs01");
	assert_int_equal(payload->seq, 5);
	assert_nothing();
}

static void
an_nbirth_says_who_the_node_is(void **state)
{
	(void)state;
	rig_set(&r, "cs00.ctl.mode", CTL_AUTO);
	rig_set(&r, "cs01.ctl.mode", CTL_AUTO);
	rig_set(&r, "site.alarm.active", 2);
	session_samples(session, &r.snap, r.at.now_ns);
	connect_up();
	assert_message("NBIRTH", "");
	assert_int_equal(metric_named("bdSeq")->long_value, 5);
	assert_int_equal(metric_named("bdSeq")->datatype, 4);
	assert_false(metric_named("bdSeq")->has_alias);
	const Sparkplug__Metric *m = metric_named("Node Control/Rebirth");
	assert_int_equal(m->datatype, 11);
	assert_int_equal(m->value_case, SPARKPLUG__METRIC__VALUE_BOOLEAN_VALUE);
	assert_false(m->boolean_value);
	assert_false(m->has_alias);
	assert_string_equal(metric_named("Properties/Version")->string_value, "1.2.3");
	assert_int_equal(strlen(metric_named("Properties/Configuration")->string_value), 64);
	assert_string_equal(metric_named("Properties/Site")->string_value, "test");
	assert_string_equal(metric_named("Mode")->string_value, "auto");
	assert_int_equal(metric_named("Systems/Count")->long_value, 2);
	assert_int_equal(metric_named("Systems/Auto")->long_value, 2);
	assert_int_equal(metric_named("Alarms/Active")->long_value, 2);
	assert_int_equal(metric_named("Alarms/Highest priority")->long_value, 0);
}

static void
a_metric_of_a_birth_says_unit_quality_and_where_it_comes_from(void **state)
{
	(void)state;
	rig_set(&r, "cs00.wafer.C6.temp_c", 47.5);
	rig_set(&r, "cs00.pump[1].speed_pct", 80);
	rig_sample(&r, "cs00.pump[1].speed_pct")->flags = 0;
	rig_set(&r, "cs00.ctl.mode", CTL_AUTO);
	connect_up();
	assert_message("NBIRTH", "");
	assert_message("DBIRTH", "cs00");
	const Sparkplug__Metric *m = metric_named("wafer/C6/temp_c");
	assert_int_equal(m->datatype, 10);
	assert_true(fabs(m->double_value - 47.5) < 1e-12);
	assert_true(m->has_alias);
	assert_string_equal(property(m, "engUnit")->string_value, "\u00b0C");
	assert_int_equal(property(m, "Quality")->type, 3);
	assert_int_equal(property(m, "Quality")->int_value, 192);
	assert_true(property(m, "readOnly")->boolean_value);
	assert_true(property(m, "simulated")->boolean_value);
	m = metric_named("pump/1/speed_pct");
	assert_string_equal(property(m, "engUnit")->string_value, "%");
	assert_null(find_property(m, "simulated"));
	m = metric_named("ctl/mode");
	assert_int_equal(m->datatype, 4);
	assert_int_equal(m->long_value, CTL_AUTO);
	assert_non_null(strstr(property(m, "Documentation")->string_value, "2 auto"));
	assert_int_equal(metric_named("engine/link/state")->long_value, LINK_OK);
}

static void
what_has_no_value_is_null_and_bad(void **state)
{
	(void)state;
	rig_quality(&r, "cs00.loop.flow_lpm", QUALITY_NEVER);
	rig_set(&r, "cs00.loop.level_pct", (double)NAN);
	connect_up();
	assert_message("NBIRTH", "");
	assert_message("DBIRTH", "cs00");
	static const char *const name[] = {"loop/flow_lpm", "loop/level_pct"};
	for (int i = 0; i < 2; i++) {
		const Sparkplug__Metric *m = metric_named(name[i]);
		assert_true(m->has_is_null && m->is_null);
		assert_int_equal(m->value_case, SPARKPLUG__METRIC__VALUE__NOT_SET);
		assert_int_equal(property(m, "Quality")->int_value, 0);
	}
}

static void
alarms_are_a_device_with_state_and_priority_of_each(void **state)
{
	(void)state;
	const char *key = r.plant->alarms[0].key;
	char name[128];
	snprintf(name, sizeof(name), "%s", key);
	for (char *c = name; *c; c++)
		if (*c == '.' || *c == '[')
			*c = '/';
	name[strcspn(name, "]")] = '\0';
	rig_alarm(&r, key, ALARM_FIELD_STATE)->value = ALARM_UNACKED;
	connect_up();
	assert_message("NBIRTH", "");
	while (take(true) && strstr(last.topic, "/alarms") == NULL)
		;
	assert_int_equal(payload->n_metrics, 2 * r.plant->n_alarms);
	strcat(name, "/State");
	const Sparkplug__Metric *m = metric_named(name);
	assert_int_equal(m->long_value, ALARM_UNACKED);
	uint64_t alias = m->alias;
	assert_true(strlen(property(m, "Documentation")->string_value) > 5);
	strcpy(strstr(name, "/State"), "/Priority");
	assert_in_range(metric_named(name)->long_value, 1, 4);
	rig_alarm(&r, key, ALARM_FIELD_STATE)->value = ALARM_ACKED;
	second();
	assert_message("NDATA", ""); /* the highest priority of them */
	assert_message("DDATA", "alarms");
	assert_int_equal(payload->n_metrics, 1);
	assert_int_equal(metric_by_alias(alias)->long_value, ALARM_ACKED);
}

/* --- names, aliases and types over a whole cluster --- */

static int
compare_names(const void *a, const void *b)
{
	return strcasecmp(*(char *const *)a, *(char *const *)b);
}

static void
check_birth(bool *alias_seen, size_t n_aliases)
{
	char **name = calloc(payload->n_metrics, sizeof(*name));
	uint64_t before = 0;

	assert_non_null(name);
	for (size_t i = 0; i < payload->n_metrics; i++) {
		const Sparkplug__Metric *m = payload->metrics[i];
		name[i] = m->name;
		assert_true(m->has_datatype && m->has_timestamp && m->name);
		assert_true(m->datatype == 4 || m->datatype == 10 || m->datatype == 11 ||
			    m->datatype == 12);
		assert_true((m->value_case == SPARKPLUG__METRIC__VALUE__NOT_SET) ==
			    (m->has_is_null && m->is_null));
		assert_true(m->timestamp >= before && m->timestamp <= payload->timestamp);
		assert_false(m->has_is_historical);
		before = m->timestamp;
		bool control = strcmp(m->name, "bdSeq") == 0 ||
			       strcmp(m->name, "Node Control/Rebirth") == 0;
		assert_int_equal(m->has_alias, !control);
		if (control)
			continue;
		assert_true(m->alias < n_aliases && !alias_seen[m->alias]);
		alias_seen[m->alias] = true;
	}
	qsort(name, payload->n_metrics, sizeof(*name), compare_names);
	for (size_t i = 1; i < payload->n_metrics; i++)
		if (strcasecmp(name[i - 1], name[i]) == 0)
			fail_msg("%s twice", name[i]);
	free(name);
}

static void
names_are_unique_in_a_device_and_aliases_in_the_node(void **state)
{
	(void)state;
	rig_open(&r, "site: big\nsystems:\n  - {name: cs%02d, count: 64, type: water}\n"
		     "facility:\n  - {name: water, profile: facility_water}\n"
		     "broker: {host: 127.0.0.1, group: g, node: n}\n");
	assert_int_equal(session_open(&session, r.plant, "1.2.3", 5, r.at.now_ns, NULL), 0);
	session_samples(session, &r.snap, r.at.now_ns);
	session_start(session, r.at.now_ns);
	size_t n = r.plant->n_points + 2u * r.plant->n_alarms + 100;
	bool *seen = calloc(n, sizeof(*seen));
	assert_non_null(seen);
	connect_up();
	size_t bytes = 0;
	for (unsigned births = 0; births < 67; births++) { /* the node, 64, site, alarms */
		assert_true(take(true));
		assert_non_null(strstr(last.topic, "BIRTH"));
		check_birth(seen, n);
		bytes += last.len;
	}
	assert_nothing();
	print_message("%zu bytes of births\n", bytes);
	free(seen);
}

/* They would not be one level of a topic. */
static void
a_group_or_node_with_a_character_of_topics_is_refused(void **state)
{
	static const char *const bad[] = {"a/b", "a+", "#", "+", "a b"};

	(void)state;
	for (int i = 0; i < 10; i++) {
		char text[256];
		struct config_report report = {0};
		struct plant *p = NULL;
		snprintf(text, sizeof(text),
			 "site: t\nsystems:\n  - {name: one, count: 1, type: water}\n"
			 "broker: {host: 127.0.0.1, %s: '%s'}\n",
			 i % 2 ? "group" : "node", bad[i / 2]);
		assert_int_equal(plant_parse(&p, text, strlen(text), "t.yaml", "config", &report),
				 -EINVAL);
		config_report_free(&report);
	}
}

static void
a_system_that_is_named_as_a_device_of_ours_is_refused(void **state)
{
	static const char *const name[] = {"site", "alarms", "Alarms"};

	(void)state;
	for (int i = 0; i < 3; i++) {
		char text[256];
		struct rig other;
		struct session *none = NULL;
		struct errtext err = {""};
		snprintf(text, sizeof(text),
			 "site: t\nsystems:\n  - {name: %s, count: 1, type: water}\n"
			 "facility:\n  - {name: water, profile: facility_water}\n",
			 name[i]);
		struct config_report report = {0};
		struct plant *p = NULL;
		/* the loader may refuse it first */
		if (plant_parse(&p, text, strlen(text), "t.yaml", "config", &report) == 0) {
			other = (struct rig){.plant = p};
			assert_int_equal(session_open(&none, other.plant, "1", 0, 0, &err),
					 -EINVAL);
			assert_non_null(strstr(err.text, name[i]));
			plant_free(p);
		}
		config_report_free(&report);
	}
}

/* --- bdSeq and seq --- */

static void
bdseq_goes_up_with_each_connect_that_was_sent(void **state)
{
	(void)state;
	uint8_t expected = 5;
	for (int i = 0; i < 300; i++) {
		while (!take(true))
			r.at.now_ns = session_wake_ns(session);
		assert_int_equal(last.kind, ACTION_CONNECT);
		assert_int_equal(metric_named("bdSeq")->long_value, expected);
		assert_int_equal(session_bdseq(session), expected);
		if (i % 3 != 0) {
			session_connect_sent(session); /* else TCP never came up */
			expected++;
		}
		session_broken(session, r.at.now_ns);
	}
}

static void
an_nbirth_carries_the_bdseq_of_its_connection_s_will(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		rig_pass(&r, 40 * NS_PER_S);
		session_samples(session, &r.snap, r.at.now_ns);
		connect_up();
		assert_message("NBIRTH", "");
		assert_int_equal(metric_named("bdSeq")->long_value, 5 + i);
		session_broken(session, r.at.now_ns);
	}
}

static void
seq_counts_every_message_and_wraps_after_255(void **state)
{
	(void)state;
	uint8_t expected = 5; /* NBIRTH and four DBIRTHs were 0 to 4 */
	bool down = false;
	for (int i = 0; i < 700; i++) {
		rig_set(&r, "cs00.loop.flow_lpm", i % 2 == 0 ? 60 : 70);
		rig_set(&r, "cs01.loop.flow_lpm", i % 2 == 0 ? 60 : 70);
		if (i % 20 == 0) {
			down = !down;
			for (uint32_t d = 0; d < 3; d++)
				rig_link(&r, d, down ? LINK_COMM : LINK_OK);
		}
		second();
		while (take(true)) {
			assert_true(payload->has_seq);
			assert_int_equal(payload->seq, expected);
			expected++;
		}
	}
}

/* --- data --- */

static uint64_t
alias_of(const char *device, const char *name)
{
	uint64_t alias = 0;

	rig_pass(&r, NS_PER_S);
	assert_int_equal(command("spBv1.0/g/NCMD/n", rebirth, sizeof(rebirth), false), 0);
	while (take(true)) {
		const char *end = strrchr(last.topic, '/') + 1;
		const Sparkplug__Metric *m = find_metric(name, 0);
		if (strstr(last.topic, "/DBIRTH/") && strcmp(end, device) == 0 && m)
			alias = m->alias;
	}
	assert_true(alias != 0);
	return alias;
}

static void
a_change_smaller_than_the_deadband_is_not_sent_and_small_ones_add_up(void **state)
{
	(void)state;
	double band = r.plant->points[plant_point(r.plant, "cs00.loop.flow_lpm")].deadband;
	assert_true(band > 0);
	rig_set(&r, "cs00.loop.flow_lpm", 60);
	second();
	assert_message("DDATA", "cs00");
	rig_set(&r, "cs00.loop.flow_lpm", 60 + 0.9 * band);
	second();
	assert_nothing();
	rig_set(&r, "cs00.loop.flow_lpm", 60 - 0.9 * band);
	second();
	assert_nothing();
	rig_set(&r, "cs00.loop.flow_lpm", 60 + 1.01 * band);
	second();
	assert_message("DDATA", "cs00");
	rig_set(&r, "cs00.loop.flow_lpm", 60 + 1.9 * band);
	second();
	assert_nothing();
	rig_set(&r, "cs00.loop.flow_lpm", 60 + 2.1 * band);
	second();
	assert_message("DDATA", "cs00");
	assert_int_equal(payload->n_metrics, 1);
}

static void
data_carry_the_alias_alone_and_all_changes_of_a_device_in_one_message(void **state)
{
	(void)state;
	uint64_t flow = alias_of("cs00", "loop/flow_lpm"), mode = alias_of("cs00", "ctl/mode");
	rig_set(&r, "cs00.loop.flow_lpm", 61);
	rig_set(&r, "cs00.ctl.mode", CTL_FAILSAFE);
	second();
	assert_message("NDATA", ""); /* the node's mode is not known to be one any more */
	assert_message("DDATA", "cs00");
	assert_int_equal(payload->n_metrics, 2);
	const Sparkplug__Metric *m = metric_by_alias(flow);
	assert_null(m->name);
	assert_false(m->has_datatype);
	assert_null(m->properties);
	assert_true(fabs(m->double_value - 61) < 1e-12);
	assert_int_equal(metric_by_alias(mode)->long_value, CTL_FAILSAFE);
	assert_nothing();
}

static void
a_quality_that_changes_is_sent_once_with_the_last_value(void **state)
{
	static const struct {
		enum quality quality;
		int code;
	} row[] = {{QUALITY_COMM, 500}, {QUALITY_GOOD, 192}, {QUALITY_STALE, 500},
		   {QUALITY_BAD, 0},    {QUALITY_COMM, 500}, {QUALITY_RANGE, 0},
		   {QUALITY_GOOD, 192}, {QUALITY_NEVER, 0},  {QUALITY_UNCERTAIN, 192}};

	(void)state;
	uint64_t flow = alias_of("cs00", "loop/flow_lpm");
	rig_set(&r, "cs00.loop.flow_lpm", 61);
	second();
	assert_message("DDATA", "cs00");
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		rig_quality(&r, "cs00.loop.flow_lpm", row[i].quality);
		second();
		while (take(true) && strstr(last.topic, "NDATA"))
			;
		assert_non_null(payload);
		const Sparkplug__Metric *m = metric_by_alias(flow);
		assert_int_equal(property(m, "Quality")->int_value, row[i].code);
		assert_int_equal(property(m, "Quality")->type, 3);
		if (row[i].quality == QUALITY_NEVER)
			assert_true(m->is_null);
		else
			assert_true(fabs(m->double_value - 61) < 1e-12);
		assert_true(m->timestamp <= payload->timestamp);
		rig_pass(&r, 0);
		session_samples(session, &r.snap, r.at.now_ns);
		assert_nothing();
	}
}

static void
a_point_that_is_no_longer_simulated_says_so(void **state)
{
	(void)state;
	uint64_t flow = alias_of("cs00", "loop/flow_lpm");
	rig_sample(&r, "cs00.loop.flow_lpm")->flags = 0;
	second();
	assert_message("DDATA", "cs00");
	assert_int_equal(payload->n_metrics, 1);
	assert_false(property(metric_by_alias(flow), "simulated")->boolean_value);
	assert_null(find_property(metric_by_alias(flow), "Quality"));
}

static void
metrics_stand_in_the_order_of_their_times(void **state)
{
	(void)state;
	for (int round = 0; round < 20; round++) {
		rig_pass(&r, NS_PER_S);
		for (uint32_t i = 0; i < r.plant->n_in; i++) {
			struct sample *s = &r.snap.region[REGION_IN][i];
			if (r.plant->points[i].owner == OWNER_LINK)
				continue;
			s->value = round % 2 == 0 ? 40 : 45;
			sample_date(s, r.at.now_ns - (int64_t)(i * 7919u % 900u) * NS_PER_MS);
			if (i % 97 == 0)
				sample_date(s,
					    r.at.now_ns + NS_PER_S); /* a clock that runs ahead */
		}
		session_samples(session, &r.snap, r.at.now_ns);
		unsigned metrics = 0;
		while (take(true)) {
			uint64_t before = 0;
			for (size_t i = 0; i < payload->n_metrics; i++) {
				assert_true(payload->metrics[i]->timestamp >= before);
				assert_true(payload->metrics[i]->timestamp <= payload->timestamp);
				assert_false(payload->metrics[i]->has_is_historical);
				before = payload->metrics[i]->timestamp;
				metrics++;
			}
		}
		assert_true(metrics > 1000);
	}
}

static void
without_room_nothing_is_published_and_afterwards_the_state_of_then(void **state)
{
	(void)state;
	uint64_t flow = alias_of("cs00", "loop/flow_lpm");
	for (int i = 0; i < 50; i++) {
		rig_set(&r, "cs00.loop.flow_lpm", 60 + i);
		second();
		assert_false(take(false));
	}
	unsigned n = 0;
	while (take(true))
		if (strstr(last.topic, "DDATA/n/cs00")) {
			n++;
			assert_true(fabs(metric_by_alias(flow)->double_value - 109) < 1e-12);
		}
	assert_int_equal(n, 1);
}

static void
the_node_s_own_metrics_are_ndata(void **state)
{
	(void)state;
	bool beat = false;
	for (int i = 0; i < 11; i++) {
		second();
		while (take(true)) {
			assert_string_equal(last.topic, "spBv1.0/g/NDATA/n");
			assert_int_equal(payload->n_metrics, 1); /* the heartbeat */
			beat = true;
		}
	}
	assert_true(beat);
	rig_set(&r, "site.alarm.unacked", 3);
	second();
	assert_message("NDATA", "");
	assert_int_equal(payload->metrics[0]->long_value, 3);
}

int
main(void)
{
#define FRESH(f) cmocka_unit_test_setup_teardown(f, open_session, close_session)
#define BORN(f) cmocka_unit_test_setup_teardown(f, open_born, close_session)
	const struct CMUnitTest tests[] = {
		FRESH(nothing_is_published_before_the_broker_has_taken_us_and_our_subscriptions),
		FRESH(the_will_is_an_ndeath_with_bdseq_alone),
		FRESH(the_nbirth_is_first_then_a_dbirth_for_each_device_then_data),
		FRESH(an_nbirth_says_who_the_node_is),
		FRESH(a_metric_of_a_birth_says_unit_quality_and_where_it_comes_from),
		FRESH(what_has_no_value_is_null_and_bad),
		FRESH(alarms_are_a_device_with_state_and_priority_of_each),
		cmocka_unit_test_teardown(names_are_unique_in_a_device_and_aliases_in_the_node,
					  close_session),
		cmocka_unit_test(a_group_or_node_with_a_character_of_topics_is_refused),
		FRESH(a_system_that_is_named_as_a_device_of_ours_is_refused),
		FRESH(bdseq_goes_up_with_each_connect_that_was_sent),
		FRESH(an_nbirth_carries_the_bdseq_of_its_connection_s_will),
		BORN(seq_counts_every_message_and_wraps_after_255),
		BORN(a_change_smaller_than_the_deadband_is_not_sent_and_small_ones_add_up),
		BORN(data_carry_the_alias_alone_and_all_changes_of_a_device_in_one_message),
		BORN(a_quality_that_changes_is_sent_once_with_the_last_value),
		BORN(a_point_that_is_no_longer_simulated_says_so),
		BORN(metrics_stand_in_the_order_of_their_times),
		BORN(without_room_nothing_is_published_and_afterwards_the_state_of_then),
		BORN(the_node_s_own_metrics_are_ndata),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
