/* SPDX-License-Identifier: Apache-2.0 */
/* `expect: jobs:` of a scenario file. */
#include <stdio.h>
#include <string.h>

#include "config/job.h"
#include "runner/scenario_parts.h"

static void
read_bound(struct scenario *s, struct schema_walk *w, uint32_t job, int score, yaml_node_t *node)
{
	struct bound_keys keys;
	struct schema_part part = {&bound_schema, &keys};
	struct scenario_job_bound *more;

	if (!schema_read(w, node, &part, 1, false))
		return;
	scenario_read_limits(w, ydoc_line(node), &keys.min_at, &keys.max_at, &keys.min, &keys.max);
	more = scenario_grow(w, s->job_bounds, s->n_job_bounds, sizeof *more);
	if (more == NULL)
		return;
	s->job_bounds = more;
	s->job_bounds[s->n_job_bounds++] =
		(struct scenario_job_bound){.job = job,
					    .line = ydoc_line(node),
					    .kind = JOB_BOUND_SCORE,
					    .score = (enum job_score_id)score,
					    .min = keys.min,
					    .max = keys.max};
}

static void
add_fact(struct scenario *s, struct schema_walk *w, const struct scenario_job_bound *fact)
{
	struct scenario_job_bound *more =
		scenario_grow(w, s->job_bounds, s->n_job_bounds, sizeof *more);

	if (more == NULL)
		return;
	s->job_bounds = more;
	s->job_bounds[s->n_job_bounds++] = *fact;
}

static void
read_state(struct scenario *s, struct schema_walk *w, uint32_t job, yaml_node_t *node)
{
	const char *name = ydoc_scalar(node);
	struct scenario_job_bound fact = {
		.job = job, .line = ydoc_line(node), .kind = JOB_BOUND_STATE};

	for (int k = SIM_JOB_AHEAD; k <= SIM_JOB_ENDED; k++)
		if (name != NULL && strcmp(name, job_state_name((enum sim_job_state)k)) == 0) {
			fact.what = k;
			add_fact(s, w, &fact);
			return;
		}
	schema_error(w, fact.line, NULL,
		     "is no state of a job (allowed: ahead, waiting, running, ended)");
}

static void
read_straggler(struct scenario *s, struct schema_walk *w, uint32_t job, yaml_node_t *node)
{
	const char *name = ydoc_scalar(node);
	struct scenario_job_bound fact = {
		.job = job, .line = ydoc_line(node), .kind = JOB_BOUND_STRAGGLER, .what = -1};

	if (name != NULL && strcmp(name, "none") != 0)
		fact.what = plant_system(s->plant, name);
	if (name == NULL || (fact.what < 0 && strcmp(name, "none") != 0))
		schema_error(w, fact.line, NULL,
			     "\"%.40s\" is no system (allowed: a system of the plant, none)",
			     name != NULL ? name : "");
	else
		add_fact(s, w, &fact);
}

static void
unknown(struct schema_walk *w, uint32_t line, const char *name)
{
	char list[400] = "state, straggler";

	for (int i = 0; i < JOB_SCORES; i++) {
		size_t n = strlen(list);

		(void)snprintf(list + n, sizeof list - n, ", %s", job_score_table[i].name);
	}
	schema_error(w, line, name, "unknown key (allowed: %s)", list);
}

static void
read_job(struct scenario *s, struct schema_walk *w, uint32_t job, yaml_node_t *map)
{
	yaml_node_t *value = NULL;
	const char *name;

	if (map->type != YAML_MAPPING_NODE) {
		schema_error(w, ydoc_line(map), NULL, "is no mapping (allowed: score: bounds)");
		return;
	}
	for (uint32_t i = 0; (name = schema_pair(w, map, i, &value)) != NULL; i++) {
		int score = job_score_by_name(name);
		size_t was;

		if (name[0] == '\0')
			continue;
		if (score < 0 && strcmp(name, "state") != 0 && strcmp(name, "straggler") != 0) {
			unknown(w, ydoc_line(value), name);
			continue;
		}
		was = schema_down(w, name);
		if (score >= 0)
			read_bound(s, w, job, score, value);
		else if (strcmp(name, "state") == 0)
			read_state(s, w, job, value);
		else
			read_straggler(s, w, job, value);
		schema_up(w, was);
	}
}

void
scenario_read_job_bounds(struct scenario *s, struct schema_walk *w, yaml_node_t *map)
{
	yaml_node_t *value = NULL;
	const char *name;

	if (map->type != YAML_MAPPING_NODE) {
		schema_error(w, ydoc_line(map), NULL, "is no mapping (allowed: job: bounds)");
		return;
	}
	for (uint32_t i = 0; s->plant != NULL && (name = schema_pair(w, map, i, &value)) != NULL;
	     i++) {
		int32_t job = plant_job(s->plant, name);
		size_t was;

		if (name[0] == '\0')
			continue;
		if (job < 0) {
			schema_error(w, ydoc_line(value), name,
				     "is not there (allowed: a job of the scenario)");
			continue;
		}
		was = schema_down(w, name);
		read_job(s, w, (uint32_t)job, value);
		schema_up(w, was);
	}
}
