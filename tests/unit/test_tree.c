/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON tree: what is told, when it is taken away, and that it is as its schemas say. */
#include "tests/unit/mqtt_rig.h"

#include <jansson.h>
#include <math.h>
#include <regex.h>

#include "mqtt/tree.h"

static struct rig r;
static struct tree *tree;
static struct action last;
static char topic[256], text[8192];

static bool
take(bool room)
{
	topic[0] = text[0] = '\0';
	if (!tree_next(tree, &r.snap, r.at, room, &last))
		return false;
	if (last.kind != ACTION_PUBLISH && last.kind != ACTION_CONNECT)
		return true;
	snprintf(topic, sizeof(topic), "%s", last.topic);
	assert_true(last.len < sizeof(text));
	memcpy(text, last.payload, last.len);
	text[last.len] = '\0';
	assert_int_equal(last.qos, 1);
	assert_true(last.retain);
	return true;
}

static void
connect_up(void)
{
	assert_true(take(true));
	assert_int_equal(last.kind, ACTION_CONNECT);
	tree_connack(tree, r.at.now_ns);
	assert_true(take(true));
	assert_int_equal(last.kind, ACTION_SUBSCRIBE);
	tree_suback(tree, r.at.now_ns);
}

static void
second(void)
{
	rig_pass(&r, NS_PER_S);
	tree_samples(tree);
}

/* How many messages there are now; the text of the last one on `wanted` in found. */
static char found[8192];
static unsigned
drain(const char *wanted)
{
	unsigned n = 0;

	found[0] = '\0';
	while (take(true)) {
		if (last.kind != ACTION_PUBLISH)
			continue;
		n++;
		if (strcmp(topic, wanted) == 0)
			snprintf(found, sizeof(found), "%s", last.len ? text : "(taken away)");
	}
	return n;
}

static int
open_tree(void **state)
{
	(void)state;
	rig_open(&r, RIG_PLANT);
	assert_int_equal(tree_open(&tree, r.plant, "1.2.3", NULL), 0);
	tree_start(tree, r.at.now_ns);
	tree_samples(tree);
	return 0;
}

static int
open_up(void **state)
{
	open_tree(state);
	connect_up();
	drain("");
	return 0;
}

static int
close_tree(void **state)
{
	(void)state;
	tree_close(tree);
	rig_close(&r);
	return 0;
}

/* --- a checker of schemas: the keywords that ours use, and no other --- */

static bool
is_of_type(const json_t *value, const char *type)
{
	if (strcmp(type, "object") == 0)
		return json_is_object(value);
	if (strcmp(type, "string") == 0)
		return json_is_string(value);
	if (strcmp(type, "boolean") == 0)
		return json_is_boolean(value);
	if (strcmp(type, "integer") == 0)
		return json_is_integer(value);
	if (strcmp(type, "number") == 0)
		return json_is_number(value);
	if (strcmp(type, "null") == 0)
		return json_is_null(value);
	fail_msg("type %s", type);
	return false;
}

static bool
type_fits(const json_t *value, const json_t *type)
{
	size_t i;
	json_t *one;
	bool fits = false;

	if (json_is_string(type))
		return is_of_type(value, json_string_value(type));
	json_array_foreach(type, i, one) fits = fits || is_of_type(value, json_string_value(one));
	return fits;
}

static bool
pattern_fits(const char *value, const char *pattern)
{
	regex_t x;

	assert_int_equal(regcomp(&x, pattern, REG_EXTENDED | REG_NOSUB), 0);
	bool fits = regexec(&x, value, 0, NULL, 0) == 0;
	regfree(&x);
	return fits;
}

static void
check_value(const char *key, const json_t *value, const json_t *schema)
{
	const char *keyword;
	json_t *x, *one;
	size_t i;

	json_object_foreach((json_t *)(uintptr_t)schema, keyword, x)
	{
		bool fits = true;
		if (strcmp(keyword, "type") == 0) {
			fits = type_fits(value, x);
		} else if (strcmp(keyword, "minimum") == 0) {
			fits = json_is_null(value) ||
			       json_number_value(value) >= json_number_value(x);
		} else if (strcmp(keyword, "maximum") == 0) {
			fits = json_number_value(value) <= json_number_value(x);
		} else if (strcmp(keyword, "pattern") == 0) {
			fits = json_is_null(value) ||
			       pattern_fits(json_string_value(value), json_string_value(x));
		} else if (strcmp(keyword, "enum") == 0) {
			fits = false;
			json_array_foreach(x, i, one) fits = fits || json_equal(one, value);
		} else if (strcmp(keyword, "description") != 0) {
			fail_msg("%s: keyword %s is not checked here", key, keyword);
		}
		if (!fits)
			fail_msg("%s does not fit %s in %s", key, keyword, text);
	}
}

/* The text is an object as mqtt/schema/NAME.schema.json says; freed by the caller. */
static json_t *
checked(const char *json, const char *name)
{
	char path[128];
	json_error_t err;
	const char *key;
	json_t *value;
	size_t i;

	snprintf(path, sizeof(path), "mqtt/schema/%s.schema.json", name);
	json_t *schema = json_load_file(path, 0, &err);
	json_t *o = json_loads(json, JSON_REJECT_DUPLICATES, &err);
	if (!schema || !o)
		fail_msg("%s: %s", schema ? json : path, err.text);
	assert_true(json_is_object(o));
	assert_true(json_is_false(json_object_get(schema, "additionalProperties")));
	json_t *properties = json_object_get(schema, "properties");
	json_object_foreach(o, key, value)
	{
		json_t *x = json_object_get(properties, key);
		if (!x)
			fail_msg("%s is not in %s", key, path);
		check_value(key, value, x);
	}
	json_array_foreach(json_object_get(schema, "required"), i,
			   value) if (!json_object_get(o, json_string_value(value)))
		fail_msg("%s has no %s", json, json_string_value(value));
	json_decref(schema);
	return o;
}

static void
assert_text(json_t *o, const char *key, const char *value)
{
	assert_string_equal(json_string_value(json_object_get(o, key)), value);
}

/* --- tests --- */

static void
the_will_says_that_the_site_is_offline(void **state)
{
	(void)state;
	assert_true(take(true));
	assert_int_equal(last.kind, ACTION_CONNECT);
	assert_string_equal(topic, "isotherm/test/status");
	json_t *o = checked(text, "status");
	assert_text(o, "site", "test");
	assert_true(json_is_false(json_object_get(o, "online")));
	json_decref(o);
}

static void
after_a_connect_everything_is_told_as_the_schemas_say(void **state)
{
	(void)state;
	const char *key = r.plant->alarms[0].key;
	rig_alarm(&r, key, ALARM_FIELD_STATE)->value = ALARM_UNACKED;
	rig_alarm(&r, key, ALARM_FIELD_EPISODE)->value = 4;
	rig_alarm(&r, key, ALARM_FIELD_VALUE)->value = 56.25;
	rig_alarm(&r, key, ALARM_FIELD_RAISED)->value = 1795708240;
	rig_set(&r, "cs00.ctl.mode", CTL_AUTO);
	rig_set(&r, "cs00.ctl.hottest", 30);
	rig_quality(&r, "cs00.loop.flow_lpm", QUALITY_COMM);
	connect_up();
	unsigned status = 0, systems = 0, alarms = 0;
	while (take(true)) {
		json_t *o = NULL;
		if (strcmp(topic, "isotherm/test/status") == 0) {
			o = checked(text, "status");
			assert_int_equal(json_integer_value(json_object_get(o, "points_not_good")),
					 1);
			assert_true(json_is_false(json_object_get(o, "healthy")));
			assert_text(o, "version", "1.2.3");
			status++;
		} else if (strncmp(topic, "isotherm/test/systems/", 22) == 0) {
			o = checked(text, "system");
			assert_text(o, "name", topic + 22);
			if (systems++ == 0) {
				assert_text(o, "mode", "auto");
				assert_text(o, "hottest", "C7");
				assert_true(json_is_null(json_object_get(o, "flow_lpm")));
			}
		} else if (strncmp(topic, "isotherm/test/alarms/", 21) == 0) {
			o = checked(text, "alarm");
			assert_text(o, "key", key);
			assert_text(o, "state", "unacknowledged");
			assert_text(o, "since", "2026-11-26T15:50:40.000Z");
			assert_int_equal(json_integer_value(json_object_get(o, "episode")), 4);
			alarms++;
		}
		assert_non_null(o);
		json_decref(o);
	}
	assert_int_equal(status, 1);
	assert_int_equal(systems, 2);
	assert_int_equal(alarms, 1);
}

static void
only_what_has_changed_is_told_again(void **state)
{
	(void)state;
	for (int i = 0; i < 9; i++) {
		second();
		assert_int_equal(drain(""), 0);
	}
	second();
	assert_int_equal(drain("isotherm/test/status"), 1); /* every 10 s */
	assert_true(found[0] != '\0');
	rig_set(&r, "cs01.loop.flow_lpm", 61.26);
	second();
	assert_int_equal(drain("isotherm/test/systems/cs01"), 1);
	assert_non_null(strstr(found, "\"flow_lpm\":61.3"));
	rig_set(&r, "cs01.loop.flow_lpm", 61.31); /* the same as people read it */
	second();
	assert_int_equal(drain(""), 0);
}

static void
an_alarm_is_told_at_each_change_and_taken_away_when_it_is_normal(void **state)
{
	static const struct {
		enum alarm_state state;
		const char *word;
	} row[] = {{ALARM_UNACKED, "\"unacknowledged\""},
		   {ALARM_ACKED, "\"acknowledged\""},
		   {ALARM_SHELVED, "\"shelved\""},
		   {ALARM_SUPPRESSED, "\"suppressed\""},
		   {ALARM_OUT_OF_SERVICE, "\"out of service\""},
		   {ALARM_RETURNED, "\"returned\""},
		   {ALARM_NORMAL, "(taken away)"}};
	char where[128];

	(void)state;
	const char *key = r.plant->alarms[3].key;
	snprintf(where, sizeof(where), "isotherm/test/alarms/%s", key);
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		rig_alarm(&r, key, ALARM_FIELD_STATE)->value = row[i].state;
		second();
		drain(where);
		if (strstr(found, row[i].word) == NULL)
			fail_msg("%s is not in %s", row[i].word, found);
		tree_samples(tree);
		drain(where);
		assert_string_equal(found, "");
	}
	/* the same state of another episode is news */
	rig_alarm(&r, key, ALARM_FIELD_STATE)->value = ALARM_UNACKED;
	rig_alarm(&r, key, ALARM_FIELD_EPISODE)->value = 7;
	second();
	drain(where);
	rig_alarm(&r, key, ALARM_FIELD_EPISODE)->value = 8;
	second();
	drain(where);
	assert_non_null(strstr(found, "\"episode\":8"));
}

static void
alarms_whose_state_nobody_tells_stay_as_they_are(void **state)
{
	(void)state;
	const char *key = r.plant->alarms[0].key;
	char where[128];
	snprintf(where, sizeof(where), "isotherm/test/alarms/%s", key);
	rig_alarm(&r, key, ALARM_FIELD_STATE)->value = ALARM_UNACKED;
	second();
	drain(where);
	assert_true(found[0] != '\0');
	const struct plant_layout *l = plant_layout_of(r.plant, REGION_ALM);
	for (uint32_t i = 0; i < l->first[l->n_groups]; i++) {
		r.snap.region[REGION_ALM][i].quality = QUALITY_STALE;
		r.snap.region[REGION_ALM][i].value = 0;
	}
	second();
	drain(where);
	assert_string_equal(found, "");
}

static void
what_the_broker_holds_of_alarms_that_are_over_or_no_more_is_taken_away(void **state)
{
	(void)state;
	char known[128], active[128];
	snprintf(known, sizeof(known), "isotherm/test/alarms/%s", r.plant->alarms[0].key);
	snprintf(active, sizeof(active), "isotherm/test/alarms/%s", r.plant->alarms[1].key);
	rig_alarm(&r, r.plant->alarms[1].key, ALARM_FIELD_STATE)->value = ALARM_ACKED;
	connect_up();
	tree_message(tree, known, 10, true);
	tree_message(tree, active, 10, true);
	tree_message(tree, "isotherm/test/alarms/gone", 10, true);
	tree_message(tree, "isotherm/test/systems/cs77", 10, true);
	tree_message(tree, "isotherm/test/systems/cs00", 10, true); /* that one is there */
	tree_message(tree, "isotherm/test/alarms/echo", 10, false); /* what we said ourselves */
	tree_message(tree, "isotherm/test/alarms/empty", 0, true);
	tree_message(tree, "isotherm/other/alarms/x", 10, true);
	unsigned away = 0;
	while (take(true)) {
		if (last.len != 0)
			continue;
		away++;
		assert_true(strcmp(topic, known) == 0 ||
			    strcmp(topic, "isotherm/test/alarms/gone") == 0 ||
			    strcmp(topic, "isotherm/test/systems/cs77") == 0);
	}
	assert_int_equal(away, 3);
}

static void
it_listens_for_10_s_and_no_longer(void **state)
{
	(void)state;
	for (int i = 0; i < 9; i++) {
		second();
		while (take(true))
			assert_int_equal(last.kind, ACTION_PUBLISH);
	}
	assert_true(tree_wake_ns(tree) <= r.at.now_ns + NS_PER_S);
	second();
	assert_true(take(true));
	assert_int_equal(last.kind, ACTION_UNSUBSCRIBE);
	drain("");
}

static void
a_new_connection_tells_everything_again(void **state)
{
	(void)state;
	tree_broken(tree, r.at.now_ns);
	assert_false(take(true));
	r.at.now_ns = tree_wake_ns(tree);
	connect_up();
	assert_int_equal(drain(""), 3); /* the status and two systems */
}

static void
more_ghosts_than_find_a_place_are_no_harm(void **state)
{
	(void)state;
	for (int i = 0; i < 3 * TREE_GHOSTS; i++) {
		char name[300];
		snprintf(name, sizeof(name), "isotherm/test/alarms/gone%0*d", i % 200 + 1, i);
		tree_message(tree, name, 5, true);
	}
	assert_in_range(drain(""), 1, TREE_GHOSTS);
}

static void
the_last_word_is_that_it_is_offline(void **state)
{
	(void)state;
	tree_stop(tree);
	assert_false(take(false));
	assert_true(take(true));
	assert_string_equal(topic, "isotherm/test/status");
	json_decref(checked(text, "status"));
	assert_non_null(strstr(text, "\"online\":false"));
	assert_true(take(true));
	assert_int_equal(last.kind, ACTION_DISCONNECT);
	assert_true(tree_stopped(tree));
	assert_false(take(true));
}

static void
healthy_means_that_nothing_is_wrong_now(void **state)
{
	static const char *const point[] = {"cs00.engine.trip", "cs01.ctl.reason",
					    "site.alarm.active"};

	(void)state;
	rig_pass(&r, 10 * NS_PER_S);
	tree_samples(tree);
	drain("isotherm/test/status");
	assert_non_null(strstr(found, "\"healthy\":true"));
	for (int i = 0; i < 3; i++) {
		rig_set(&r, point[i], 1);
		second();
		drain("isotherm/test/status");
		assert_non_null(strstr(found, "\"healthy\":false"));
		rig_set(&r, point[i], 0);
		second();
		drain("isotherm/test/status");
		assert_non_null(strstr(found, "\"healthy\":true"));
	}
	rig_link(&r, 2, LINK_COMM);
	second();
	drain("isotherm/test/status");
	assert_non_null(strstr(found, "\"healthy\":false"));
}

int
main(void)
{
#define FRESH(f) cmocka_unit_test_setup_teardown(f, open_tree, close_tree)
#define UP(f) cmocka_unit_test_setup_teardown(f, open_up, close_tree)
	const struct CMUnitTest tests[] = {
		FRESH(the_will_says_that_the_site_is_offline),
		FRESH(after_a_connect_everything_is_told_as_the_schemas_say),
		UP(only_what_has_changed_is_told_again),
		UP(an_alarm_is_told_at_each_change_and_taken_away_when_it_is_normal),
		UP(alarms_whose_state_nobody_tells_stay_as_they_are),
		FRESH(what_the_broker_holds_of_alarms_that_are_over_or_no_more_is_taken_away),
		UP(it_listens_for_10_s_and_no_longer),
		UP(a_new_connection_tells_everything_again),
		UP(more_ghosts_than_find_a_place_are_no_harm),
		UP(the_last_word_is_that_it_is_offline),
		UP(healthy_means_that_nothing_is_wrong_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
