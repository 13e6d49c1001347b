/* SPDX-License-Identifier: Apache-2.0 */
/* How the reader of scenario files is divided: its plant and its expectations. */
#ifndef ISOTHERM_RUNNER_SCENARIO_PARTS_H
#define ISOTHERM_RUNNER_SCENARIO_PARTS_H

#include "runner/scenario.h"
#include "runner/scenario_keys.h"

struct scenario_source { /* where the file stands, and what it says */
	const char *path, *config_dir;
	const char *text;
	size_t len;
};

/* `plant:` and `wafer:` into s->plant, NULL if it can't be had. */
void scenario_read_plant(struct scenario *s, const struct scenario_source *from,
			 struct schema_walk *w, const struct scenario_keys *keys);
/* The minimum and maximum of a bound: what is absent is infinite. `line`: of the mapping. */
void scenario_read_limits(struct schema_walk *w, uint32_t line, const struct schema_at *min_at,
			  const struct schema_at *max_at, double *min, double *max);

/* `pager:`, NULL: nobody acknowledges anything. */
void scenario_read_pager(struct scenario *s, struct schema_walk *w, yaml_node_t *node);
/* `command:` of an event as JSON into e->request. */
void scenario_read_command(const struct scenario *s, struct schema_walk *w, yaml_node_t *node,
			   struct scenario_event *e);
/* The keys of `expect:` about alarms and pages: is `name` one of them? Then it is read. */
bool scenario_is_alarm_key(const char *name);
void scenario_read_alarm_key(struct scenario *s, struct schema_walk *w, const char *name,
			     yaml_node_t *value);
/* `expect: jobs:`. */
void scenario_read_job_bounds(struct scenario *s, struct schema_walk *w, yaml_node_t *map);
/* `expect:`; s->plant may be NULL: then names are not judged. */
void scenario_read_expect(struct scenario *s, struct schema_walk *w, yaml_node_t *expect);

/* Room for one element more at the end of a growing array: the array, which may have moved; NULL (reported): no
 * memory, the old one stays. */
void *scenario_grow(struct schema_walk *w, void *array, uint32_t n, size_t size);

#endif
