/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/sample.h"
#include "runner/scenario_parts.h"

static void
read_bound(struct scenario *s, struct schema_walk *w, int score, int32_t system, yaml_node_t *node)
{
	struct bound_keys keys;
	struct schema_part part = {&bound_schema, &keys};
	struct scenario_bound *more;
	double min, max;

	if (!schema_read(w, node, &part, 1, false))
		return;
	min = keys.min;
	max = keys.max;
	scenario_read_limits(w, ydoc_line(node), &keys.min_at, &keys.max_at, &min, &max);
	more = scenario_grow(w, s->bounds, s->n_bounds, sizeof *more);
	if (more == NULL)
		return;
	s->bounds = more;
	s->bounds[s->n_bounds++] = (struct scenario_bound){
		.score = (enum score_id)score, .system = system, .min = min, .max = max};
}

static void
unknown_expectation(struct schema_walk *w, uint32_t line, const char *name, bool top)
{
	char list[400] = "";

	for (int i = 0; i < SCORES; i++) {
		size_t n = strlen(list);

		(void)snprintf(list + n, sizeof list - n, "%s%s", i > 0 ? ", " : "",
			       score_table[i].name);
	}
	schema_error(w, line, name, "unknown key (allowed: %s%s)", list,
		     top ? ", systems, jobs, events, no_events, points, alarms, not_alarms, "
			   "alarms_total, pages, pages_total"
			 : "");
}

static void
add_text(struct scenario *s, struct schema_walk *w, const char *text, bool never)
{
	struct scenario_text *more = scenario_grow(w, s->texts, s->n_texts, sizeof *more);

	if (more == NULL)
		return;
	s->texts = more;
	more += s->n_texts++;
	more->never = never;
	memcpy(more->text, text, strlen(text) + 1);
}

static void
read_texts(struct scenario *s, struct schema_walk *w, yaml_node_t *node, bool never)
{
	yaml_node_t *e = NULL;

	if (node->type != YAML_SEQUENCE_NODE) {
		schema_error(w, ydoc_line(node), NULL, "is no list (allowed: a list of texts)");
		return;
	}
	for (uint32_t i = 0; (e = schema_element(w, node, i)) != NULL; i++) {
		const char *text = ydoc_scalar(e);
		size_t was = schema_down_at(w, i);

		if (text == NULL || text[0] == '\0' || strlen(text) >= sizeof s->texts[0].text)
			schema_error(w, ydoc_line(e), NULL,
				     "is no text (allowed: 1..%zu bytes of an event's text)",
				     sizeof s->texts[0].text - 1);
		else
			add_text(s, w, text, never);
		schema_up(w, was);
	}
}

/* What a probe looks at: exactly one of the three. */
static bool
probe_target(const struct scenario *s, struct schema_walk *w, uint32_t line,
	     const struct probe_keys *keys, struct scenario_probe *p)
{
	const char *name = keys->point_at.line != 0    ? keys->point
			   : keys->demand_at.line != 0 ? keys->demand
						       : keys->device;
	const char *key = keys->point_at.line != 0    ? "point"
			  : keys->demand_at.line != 0 ? "demand"
						      : "device";
	int n = (keys->point_at.line != 0) + (keys->demand_at.line != 0) +
		(keys->device_at.line != 0);
	int32_t device;

	if (n != 1) {
		schema_error(w, line, NULL,
			     "names %d things (allowed: one of point, demand, device)", n);
		return false;
	}
	(void)snprintf(p->name, sizeof p->name, "%.47s", name);
	if (s->plant == NULL)
		return false;
	if (keys->device_at.line != 0) {
		device = plant_device(s->plant, name);
		p->kind = PROBE_DEVICE;
		p->index = device < 0 ? NO_POINT : (uint32_t)device;
	} else {
		p->kind = keys->point_at.line != 0 ? PROBE_POINT : PROBE_DEMAND;
		p->index = plant_point(s->plant, name);
		if (p->kind == PROBE_DEMAND && p->index != NO_POINT)
			p->index = s->plant->points[p->index].demand;
		else if (p->index != NO_POINT && p->index >= s->plant->n_in + s->plant->n_ctl)
			p->index = NO_POINT;
	}
	if (p->index == NO_POINT)
		schema_error(w, line, key, "\"%s\" is not there (allowed: %s of the plant)", name,
			     p->kind == PROBE_DEVICE   ? "a device"
			     : p->kind == PROBE_DEMAND ? "a writable point"
						       : "a point of collectors or controllers");
	return p->index != NO_POINT;
}

static bool
probe_times(const struct scenario *s, struct schema_walk *w, uint32_t line,
	    const struct probe_keys *keys, struct scenario_probe *p)
{
	bool at = keys->at_s_at.line != 0;
	bool span = keys->from_s_at.line != 0 && keys->to_s_at.line != 0;

	if (at == span || (at && (keys->from_s_at.line != 0 || keys->to_s_at.line != 0))) {
		schema_error(w, line, NULL,
			     "has no clear time (allowed: at_s, or from_s and to_s)");
		return false;
	}
	p->from_s = at ? keys->at_s : keys->from_s;
	p->to_s = at ? keys->at_s : keys->to_s;
	if (p->from_s > p->to_s || p->to_s > s->duration_s) {
		schema_error(w, line, at ? "at_s" : "to_s", "%g is outside %g..%g", p->to_s,
			     at ? 0.0 : p->from_s, s->duration_s);
		return false;
	}
	return true;
}

static void
read_probe(struct scenario *s, struct schema_walk *w, yaml_node_t *node)
{
	struct probe_keys keys;
	struct schema_part part = {&probe_schema, &keys};
	struct scenario_probe probe = {.line = ydoc_line(node)}, *more;
	bool good = schema_read(w, node, &part, 1, false);

	if (!good)
		return;
	good = probe_target(s, w, probe.line, &keys, &probe);
	good &= probe_times(s, w, probe.line, &keys, &probe);
	probe.min = keys.min;
	probe.max = keys.max;
	scenario_read_limits(w, probe.line, &keys.min_at, &keys.max_at, &probe.min, &probe.max);
	probe.quality = keys.quality_at.line != 0 ? keys.quality : -1;
	if (keys.quality_at.line == 0 && keys.min_at.line == 0 && keys.max_at.line == 0)
		schema_error(w, probe.line, NULL, "expects nothing (allowed: quality, min, max)");
	if (!good)
		return;
	more = scenario_grow(w, s->probes, s->n_probes, sizeof probe);
	if (more == NULL)
		return;
	s->probes = more;
	s->probes[s->n_probes++] = probe;
}

static void
read_probes(struct scenario *s, struct schema_walk *w, yaml_node_t *list)
{
	yaml_node_t *e = NULL;

	if (list->type != YAML_SEQUENCE_NODE) {
		schema_error(w, ydoc_line(list), NULL, "is no list (allowed: a list of mappings)");
		return;
	}
	for (uint32_t i = 0; (e = schema_element(w, list, i)) != NULL; i++) {
		size_t was = schema_down_at(w, i);

		read_probe(s, w, e);
		schema_up(w, was);
	}
}

static void read_level(struct scenario *s, struct schema_walk *w, yaml_node_t *map, int32_t system);

static void
read_systems(struct scenario *s, struct schema_walk *w, yaml_node_t *map)
{
	yaml_node_t *value = NULL;
	const char *name;

	if (map->type != YAML_MAPPING_NODE) {
		schema_error(w, ydoc_line(map), NULL, "is no mapping (allowed: system: bounds)");
		return;
	}
	for (uint32_t i = 0; (name = schema_pair(w, map, i, &value)) != NULL; i++) {
		int32_t system = s->plant != NULL ? plant_system(s->plant, name) : -1;
		size_t was;

		if (name[0] == '\0' || s->plant == NULL)
			continue;
		if (system < 0) {
			schema_error(w, ydoc_line(value), name,
				     "is not there (allowed: a system of the plant)");
			continue;
		}
		was = schema_down(w, name);
		read_level(s, w, value, system);
		schema_up(w, was);
	}
}

/* Scores by name; at the top (system < 0) the other keys, too. */
static void
read_level(struct scenario *s, struct schema_walk *w, yaml_node_t *map, int32_t system)
{
	yaml_node_t *value = NULL;
	const char *name;
	bool top = system < 0;

	if (map->type != YAML_MAPPING_NODE) {
		schema_error(w, ydoc_line(map), NULL, "is no mapping (allowed: score: bounds)");
		return;
	}
	for (uint32_t i = 0; (name = schema_pair(w, map, i, &value)) != NULL; i++) {
		size_t was = strlen(w->path);
		int score = score_by_name(name);

		if (name[0] == '\0')
			continue;
		if (score < 0 &&
		    !(top && (strcmp(name, "systems") == 0 || strcmp(name, "jobs") == 0 ||
			      strcmp(name, "events") == 0 || strcmp(name, "no_events") == 0 ||
			      strcmp(name, "points") == 0 || scenario_is_alarm_key(name)))) {
			unknown_expectation(w, ydoc_line(value), name, top);
			continue;
		}
		(void)schema_down(w, name);
		if (score >= 0)
			read_bound(s, w, score, system, value);
		else if (strcmp(name, "systems") == 0)
			read_systems(s, w, value);
		else if (strcmp(name, "jobs") == 0)
			scenario_read_job_bounds(s, w, value);
		else if (strcmp(name, "points") == 0)
			read_probes(s, w, value);
		else if (scenario_is_alarm_key(name))
			scenario_read_alarm_key(s, w, name, value);
		else
			read_texts(s, w, value, strcmp(name, "no_events") == 0);
		schema_up(w, was);
	}
}

void
scenario_read_expect(struct scenario *s, struct schema_walk *w, yaml_node_t *expect)
{
	size_t was;

	s->alarms_total = s->pages_total =
		(struct scenario_total){-(double)INFINITY, (double)INFINITY};
	if (expect == NULL)
		return;
	was = schema_down(w, "expect");
	read_level(s, w, expect, -1);
	schema_up(w, was);
}
