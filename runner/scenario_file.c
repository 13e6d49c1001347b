/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/scenario_file.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/report.h"
#include "runner/scenario_parts.h"

/* --- events --- */

static void
read_set(struct schema_walk *w, const struct event_keys *keys, struct scenario_event *e)
{
	char text[SCHEMA_TEXT_SIZE + 80], why[200];
	bool whole = strchr(keys->set, '=') != NULL;
	int n;

	if (whole == (keys->to_at.line != 0) || (whole && keys->over_s_at.line != 0)) {
		schema_error(
			w, e->line, "set",
			"\"%.60s\" is no change (allowed: PATH with to and over_s beside it, or "
			"PATH=VALUE [over Ns])",
			keys->set);
		return;
	}
	if (whole)
		n = snprintf(text, sizeof text, "%s", keys->set);
	else if (keys->over_s > 0.0)
		n = snprintf(text, sizeof text, "%s=%.17g over %.17gs", keys->set, keys->to,
			     keys->over_s);
	else
		n = snprintf(text, sizeof text, "%s=%.17g", keys->set, keys->to);
	if (n < 0 || (size_t)n >= sizeof text ||
	    change_parse(text, &e->change, why, sizeof why) != 0)
		schema_error(w, e->line, "set", "%s", why);
}

static void
read_wire(const struct scenario *s, struct schema_walk *w, const struct event_keys *keys,
	  struct scenario_event *e)
{
	int32_t device = s->plant != NULL ? plant_device(s->plant, keys->wire) : 0;

	e->device = device < 0 ? 0 : (uint32_t)device;
	e->for_s = keys->for_s_at.line != 0 ? keys->for_s : (double)INFINITY;
	e->fault = (struct wire_fault){.delay_s = keys->delay_ms / 1000.0,
				       .delay_p = keys->delay_ms_at.line != 0 ? keys->p : 0.0,
				       .drop_p = keys->drop,
				       .corrupt_p = keys->corrupt,
				       .split_p = keys->split,
				       .repeat_p = keys->repeat};
	if (device < 0)
		schema_error(w, keys->wire_at.line, "wire",
			     "\"%s\" is not there (allowed: a device of the plant)", keys->wire);
	if (keys->delay_ms_at.line == 0 && keys->drop_at.line == 0 && keys->corrupt_at.line == 0 &&
	    keys->split_at.line == 0 && keys->repeat_at.line == 0)
		schema_error(
			w, e->line, "wire",
			"nothing happens to it (allowed: delay_ms, drop, corrupt, split, repeat)");
}

static void
read_event(struct scenario *s, struct schema_walk *w, yaml_node_t *node)
{
	struct event_keys keys;
	struct schema_part part = {&event_schema, &keys};
	struct scenario_event event = {.line = ydoc_line(node)}, *more;

	if (!schema_read(w, node, &part, 1, false))
		return;
	event.at_s = keys.at_s;
	if (keys.at_s > s->duration_s)
		schema_error(w, keys.at_s_at.line, "at_s", "%g is after the end (allowed: 0..%g)",
			     keys.at_s, s->duration_s);
	if ((keys.set_at.line != 0) + (keys.wire_at.line != 0) + (keys.command_at.line != 0) +
		    (keys.stall_s_at.line != 0) !=
	    1) {
		schema_error(
			w, event.line, NULL,
			"does not say what happens (allowed: one of set, wire, command, stall_s)");
		return;
	}
	if (keys.set_at.line != 0) {
		event.kind = SCENARIO_SET;
		read_set(w, &keys, &event);
	} else if (keys.command_at.line != 0) {
		event.kind = SCENARIO_COMMAND;
		scenario_read_command(s, w, keys.command, &event);
	} else if (keys.stall_s_at.line != 0) {
		event.kind = SCENARIO_STALL;
		event.for_s = keys.stall_s;
	} else {
		event.kind = SCENARIO_WIRE;
		read_wire(s, w, &keys, &event);
	}
	more = scenario_grow(w, s->events, s->n_events, sizeof event);
	if (more != NULL) {
		s->events = more;
		s->events[s->n_events++] = event;
	}
}

/* Insertion: events of the same time keep the file's order. */
static void
sort_events(struct scenario *s)
{
	for (uint32_t i = 1; i < s->n_events; i++) {
		struct scenario_event e = s->events[i];
		uint32_t k = i;

		for (; k > 0 && s->events[k - 1].at_s > e.at_s; k--)
			s->events[k] = s->events[k - 1];
		s->events[k] = e;
	}
}

static void
read_events(struct scenario *s, struct schema_walk *w, yaml_node_t *list)
{
	yaml_node_t *node = NULL;
	size_t was, at;

	if (list == NULL)
		return;
	was = schema_down(w, "events");
	for (uint32_t i = 0; (node = schema_element(w, list, i)) != NULL; i++) {
		at = schema_down_at(w, i);
		read_event(s, w, node);
		schema_up(w, at);
	}
	schema_up(w, was);
	sort_events(s);
}

/* --- the file --- */

static void
read_start(struct scenario *s, struct schema_walk *w, yaml_node_t *node)
{
	struct start_keys keys;
	struct schema_part part = {&start_schema, &keys};
	size_t was = schema_down(w, "start");

	if (node != NULL)
		(void)schema_read(w, node, &part, 1, false);
	else
		schema_defaults(&start_schema, &keys);
	s->start_activity = keys.activity_at.line != 0 ? keys.activity : 0.0;
	s->start_supply_c = keys.supply_c;
	schema_up(w, was);
}

static void
read_numbers(struct scenario *s, struct schema_walk *w, const struct scenario_keys *keys)
{
	static const enum job_mode modes[] = {JOB_MODE_SYNC, JOB_MODE_IND, JOB_MODE_PIPE,
					      JOB_MODE_PART};
	static const char *const bounds[] = {"s1", "s2", "s2r", "s3", "s4", "s5", "s6", "s6h"};
	static const int controllers[] = {CONTROLLER_NONE, CONTROLLER_GLOBAL, CONTROLLER_BANG,
					  CONTROLLER_PI,   CONTROLLER_SPI,    CONTROLLER_MPC,
					  SCENARIO_OFF};

	if (keys->bound_at.line != 0)
		(void)snprintf(s->bound, sizeof s->bound, "%s", bounds[keys->bound]);
	(void)snprintf(s->title, sizeof s->title, "%s", keys->title);
	s->mode_line = keys->mode_at.line;
	s->mode = keys->mode_at.line != 0 ? modes[keys->mode] : JOB_MODE_IDLE;
	s->controller = controllers[keys->controller];
	s->grid = keys->grid_at.line != 0 ? keys->grid : -1;
	s->s_lim_k = keys->s_lim_k_at.line != 0 ? keys->s_lim_k : (double)NAN;
	s->shares_free = keys->shares_at.line != 0 && keys->shares == 1;
	s->shares_line = keys->shares_at.line;
	s->warm_up_s = keys->warm_up_s;
	s->duration_s = keys->duration_s;
	s->scored_s[0] = 0.0;
	s->scored_s[1] = keys->duration_s;
	if (keys->scored_s_at.line == 0 || keys->scored_s_at.bad)
		return;
	memcpy(s->scored_s, keys->scored_s, sizeof s->scored_s);
	if (s->scored_s[0] >= s->scored_s[1] || s->scored_s[1] > s->duration_s)
		schema_error(w, keys->scored_s_at.line, "scored_s",
			     "[%g, %g] is no part of the scenario (allowed: within 0..%g)",
			     s->scored_s[0], s->scored_s[1], s->duration_s);
}

static void
name_from_path(struct scenario *s)
{
	const char *base = strrchr(s->path, '/');
	size_t n;

	base = base != NULL ? base + 1 : s->path;
	n = strlen(base);
	if (n > 5 && strcmp(base + n - 5, ".yaml") == 0)
		n -= 5;
	n = n < sizeof s->name ? n : sizeof s->name - 1;
	memcpy(s->name, base, n);
	s->name[n] = '\0';
}

static void
read_root(struct scenario *s, const struct scenario_source *from, const struct ydoc *doc,
	  struct config_report *report)
{
	struct scenario_keys keys;
	struct schema_part part = {&scenario_schema, &keys};
	struct schema_walk w = {.doc = doc, .report = report};

	if (!schema_read(&w, doc->root, &part, 1, false) && doc->root->type != YAML_MAPPING_NODE)
		return;
	read_numbers(s, &w, &keys);
	read_start(s, &w, keys.start);
	scenario_read_plant(s, from, &w, &keys);
	scenario_read_pager(s, &w, keys.pager);
	read_events(s, &w, keys.events);
	scenario_read_expect(s, &w, keys.expect);
}

int
scenario_load(struct scenario **out, const char *path, const char *config_dir,
	      struct config_report *report)
{
	struct scenario_source from = {.path = path, .config_dir = config_dir};
	struct scenario *s = calloc(1, sizeof *s);
	struct ydoc doc = {0};
	size_t before = config_report_total(report);
	char *text = NULL;
	int rc = s == NULL ? -ENOMEM : config_file_read(path, &text, &from.len, report);

	if (rc != 0)
		goto out;
	(void)snprintf(s->path, sizeof s->path, "%s", path);
	name_from_path(s);
	rc = ydoc_parse(&doc, text, from.len, path, report);
	if (rc != 0)
		goto out;
	from.text = text;
	read_root(s, &from, &doc, report);
	if (s->plant == NULL && config_report_total(report) == before)
		config_report_at(report, path, 1, "plant", "can't be loaded");
	rc = config_report_total(report) == before ? 0 : -EINVAL;
	if (rc != 0)
		goto out;
	*out = s;
	s = NULL;
out:
	ydoc_close(&doc);
	free(text);
	scenario_free(s);
	return rc;
}

const char *
scenario_controller_name(int controller)
{
	return controller == SCENARIO_OFF ? "off"
					  : controller_name((enum controller_kind)controller);
}

void
scenario_free(struct scenario *s)
{
	if (s == NULL)
		return;
	plant_free(s->plant);
	free(s->events);
	free(s->bounds);
	free(s->job_bounds);
	free(s->probes);
	free(s->texts);
	free(s->alarms);
	free(s->calls);
	free(s);
}
