/* SPDX-License-Identifier: Apache-2.0 */
/* What a scenario file says of alarms: who is called, what people ask, what is expected. */
#include <errno.h>
#include <fnmatch.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/scenario_parts.h"

bool
scenario_key_fits(const char *pattern, const char *key)
{
	char escaped[2 * sizeof(((struct scenario_alarm *)0)->key)];
	size_t n = 0;

	/* Only * means something: a key has brackets of its own. */
	for (const char *c = pattern; *c != '\0' && n + 2 < sizeof escaped; c++) {
		if (*c == '[' || *c == ']' || *c == '\\' || *c == '?')
			escaped[n++] = '\\';
		escaped[n++] = *c;
	}
	escaped[n] = '\0';
	return fnmatch(escaped, key, 0) == 0;
}

void
scenario_read_pager(struct scenario *s, struct schema_walk *w, yaml_node_t *node)
{
	struct pager_keys keys;
	struct schema_part part = {&pager_schema, &keys};
	size_t was = schema_down(w, "pager");

	schema_defaults(&pager_schema, &keys);
	if (node != NULL)
		(void)schema_read(w, node, &part, 1, false);
	s->pager = (struct scenario_pager){
		.ack_after_s = keys.ack_after_s_at.line != 0 ? keys.ack_after_s : (double)INFINITY,
		.fail = (uint32_t)keys.fail,
		.delay_s = keys.delay_s};
	schema_up(w, was);
}

/* --- what people ask --- */

static void
add_text(json_t *request, const char *key, const struct schema_at *at, const char *text)
{
	if (at->line != 0)
		(void)json_object_set_new(request, key, json_string(text));
}

void
scenario_read_command(const struct scenario *s, struct schema_walk *w, yaml_node_t *node,
		      struct scenario_event *e)
{
	static const char *const names[] = {"ack",   "comment",     "shelve",   "unshelve",
					    "reset", "take_out",    "put_back", "stop",
					    "start", "maintenance", "end",      "cap",
					    "uncap", "set",         "auto"};
	const int32_t first_of_controllers = 7;
	struct command_keys keys;
	struct schema_part part = {&command_schema, &keys};
	size_t was = schema_down(w, "command");
	json_t *request = NULL;
	char *text = NULL;

	if (!schema_read(w, node, &part, 1, false))
		goto out;
	if (s->plant != NULL && keys.alarm_at.line != 0 && plant_alarm(s->plant, keys.alarm) < 0)
		schema_error(w, keys.alarm_at.line, "alarm",
			     "\"%s\" is not there (allowed: the key of an alarm of the plant)",
			     keys.alarm);
	if (s->plant != NULL && keys.system_at.line != 0 && plant_system(s->plant, keys.system) < 0)
		schema_error(w, keys.system_at.line, "system",
			     "\"%s\" is not there (allowed: a system of the plant)", keys.system);
	e->to_controllers = keys.cmd >= first_of_controllers;
	request = json_pack("{s:s}", "cmd", names[keys.cmd]);
	add_text(request, "alarm", &keys.alarm_at, keys.alarm);
	add_text(request, "system", &keys.system_at, keys.system);
	add_text(request, "comment", &keys.comment_at, keys.comment);
	add_text(request, "why", &keys.why_at, keys.why);
	add_text(request, "point", &keys.point_at, keys.point);
	if (keys.value_at.line != 0)
		(void)json_object_set_new(request, "value", json_real(keys.value));
	if (keys.take)
		(void)json_object_set_new(request, "take", json_true());
	e->uid = (uint32_t)keys.uid;
	if (keys.for_s_at.line != 0)
		(void)json_object_set_new(request, "for_s", json_integer(keys.for_s));
	if (keys.watts_at.line != 0)
		(void)json_object_set_new(request, "watts", json_real(keys.watts));
	if (keys.frac_at.line != 0)
		(void)json_object_set_new(request, "frac", json_real(keys.frac));
	if (keys.at_s_at.line != 0)
		(void)json_object_set_new(request, "at_s", json_integer(keys.at_s));
	text = json_dumps(request, JSON_REAL_PRECISION(10));
	if (text == NULL ||
	    (size_t)snprintf(e->request, sizeof e->request, "%s", text) >= sizeof e->request)
		schema_error(w, e->line, NULL, "is too long, or no UTF-8");
out:
	free(text);
	json_decref(request);
	schema_up(w, was);
}

/* --- what is expected --- */

/* One that fits no alarm of the plant could never hold, or never fail. */
static bool
key_is_there(const struct scenario *s, struct schema_walk *w, uint32_t line, const char *key)
{
	if (strlen(key) >= sizeof s->alarms[0].key) {
		schema_error(w, line, NULL, "\"%.80s\" is too long (allowed: up to %zu bytes)", key,
			     sizeof s->alarms[0].key - 1);
		return false;
	}
	for (uint32_t i = 0; s->plant != NULL && i < s->plant->n_alarms; i++)
		if (scenario_key_fits(key, s->plant->alarms[i].key))
			return true;
	if (s->plant != NULL)
		schema_error(w, line, NULL,
			     "\"%s\" is not there (allowed: the key of an alarm of the plant, * "
			     "for any text)",
			     key);
	return false;
}

static void
add_alarm(struct scenario *s, struct schema_walk *w, const struct scenario_alarm *alarm)
{
	struct scenario_alarm *more = scenario_grow(w, s->alarms, s->n_alarms, sizeof *more);

	if (more == NULL)
		return;
	s->alarms = more;
	s->alarms[s->n_alarms++] = *alarm;
}

static void
read_alarm(struct scenario *s, struct schema_walk *w, yaml_node_t *node, bool never)
{
	struct raised_keys keys;
	struct schema_part part = {&raised_schema, &keys};
	struct scenario_alarm alarm = {
		.never = never, .line = ydoc_line(node), .by_s = (double)INFINITY};
	const char *key = ydoc_scalar(node);

	if (never && key == NULL) {
		schema_error(w, alarm.line, NULL, "is no key of an alarm");
		return;
	}
	if (key == NULL) {
		if (!schema_read(w, node, &part, 1, false))
			return;
		key = keys.alarm;
		if (keys.by_s_at.line != 0)
			alarm.by_s = keys.by_s;
	}
	(void)snprintf(alarm.key, sizeof alarm.key, "%.63s", key);
	if (key_is_there(s, w, alarm.line, key))
		add_alarm(s, w, &alarm);
}

static void
read_alarms(struct scenario *s, struct schema_walk *w, yaml_node_t *list, bool never)
{
	yaml_node_t *e = NULL;

	if (list->type != YAML_SEQUENCE_NODE) {
		schema_error(w, ydoc_line(list), NULL, "is no list (allowed: a list of alarms)");
		return;
	}
	for (uint32_t i = 0; (e = schema_element(w, list, i)) != NULL; i++) {
		size_t was = schema_down_at(w, i);

		read_alarm(s, w, e, never);
		schema_up(w, was);
	}
}

static void
read_calls(struct scenario *s, struct schema_walk *w, yaml_node_t *map)
{
	yaml_node_t *value = NULL;
	const char *key;

	if (map->type != YAML_MAPPING_NODE) {
		schema_error(w, ydoc_line(map), NULL, "is no mapping (allowed: alarm: count)");
		return;
	}
	for (uint32_t i = 0; (key = schema_pair(w, map, i, &value)) != NULL; i++) {
		const char *text = ydoc_scalar(value);
		struct scenario_calls calls = {.line = ydoc_line(value)}, *more;
		char *end = NULL;

		if (key[0] == '\0' || !key_is_there(s, w, calls.line, key))
			continue;
		(void)snprintf(calls.key, sizeof calls.key, "%.63s", key);
		calls.count = text != NULL ? strtol(text, &end, 10) : -1;
		if (text == NULL || end == text || *end != '\0' || calls.count < 0) {
			schema_error(w, calls.line, key, "is no count (allowed: 0 or more)");
			continue;
		}
		more = scenario_grow(w, s->calls, s->n_calls, sizeof *more);
		if (more == NULL)
			return;
		s->calls = more;
		s->calls[s->n_calls++] = calls;
	}
}

static void
read_total(struct schema_walk *w, yaml_node_t *node, struct scenario_total *total)
{
	struct bound_keys keys;
	struct schema_part part = {&bound_schema, &keys};

	if (!schema_read(w, node, &part, 1, false))
		return;
	total->min = keys.min;
	total->max = keys.max;
	scenario_read_limits(w, ydoc_line(node), &keys.min_at, &keys.max_at, &total->min,
			     &total->max);
}

static const char *const alarm_keys[] = {"alarms", "not_alarms", "alarms_total", "pages",
					 "pages_total"};

bool
scenario_is_alarm_key(const char *name)
{
	for (size_t i = 0; i < sizeof alarm_keys / sizeof alarm_keys[0]; i++)
		if (strcmp(name, alarm_keys[i]) == 0)
			return true;
	return false;
}

void
scenario_read_alarm_key(struct scenario *s, struct schema_walk *w, const char *name,
			yaml_node_t *value)
{
	if (strcmp(name, "alarms") == 0)
		read_alarms(s, w, value, false);
	else if (strcmp(name, "not_alarms") == 0)
		read_alarms(s, w, value, true);
	else if (strcmp(name, "alarms_total") == 0)
		read_total(w, value, &s->alarms_total);
	else if (strcmp(name, "pages") == 0)
		read_calls(s, w, value);
	else
		read_total(w, value, &s->pages_total);
}
