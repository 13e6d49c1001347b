/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/job.h"
#include "config/report.h"
#include "runner/scenario_parts.h"

const char *
scenario_mode_name(enum job_mode mode)
{
	switch (mode) {
	case JOB_MODE_SYNC:
		return "sync";
	case JOB_MODE_IND:
		return "ind";
	case JOB_MODE_PIPE:
		return "pipe";
	case JOB_MODE_PART:
		return "part";
	case JOB_MODE_IDLE:
		break;
	}
	return "idle";
}

/* Beside the scenario file, then in the configuration folder; an absolute path is itself. */
static bool
find_file(const struct scenario_source *from, const char *name, char out[PATH_MAX])
{
	const char *slash = strrchr(from->path, '/');
	int n;

	if (name[0] == '/' || slash == NULL)
		n = snprintf(out, PATH_MAX, "%s", name);
	else
		n = snprintf(out, PATH_MAX, "%.*s/%s", (int)(slash - from->path), from->path, name);
	if (n > 0 && n < PATH_MAX && access(out, R_OK) == 0)
		return true;
	if (name[0] == '/' || from->config_dir[0] == '\0')
		return false;
	n = snprintf(out, PATH_MAX, "%s/%s", from->config_dir, name);
	return n > 0 && n < PATH_MAX && access(out, R_OK) == 0;
}

/* Byte at which a line and column (in characters, as libyaml counts) begin. */
static size_t
offset_of(const struct scenario_source *from, const yaml_mark_t *mark)
{
	size_t at = 0;

	for (size_t line = 0; line < mark->line && at < from->len; at++)
		line += from->text[at] == '\n';
	for (size_t column = 0; column < mark->column && at < from->len; column++)
		do
			at++;
		while (at < from->len && ((unsigned char)from->text[at] & 0xC0u) == 0x80u);
	return at;
}

/*
 * A plant that stands in the scenario itself goes through the same loader as a file: its own lines, at their own
 * numbers and columns, so that messages name the right place.
 */
static char *
own_lines(const struct scenario_source *from, struct schema_walk *w, const char *key,
	  const yaml_node_t *node, size_t *len)
{
	size_t begin = offset_of(from, &node->start_mark), end = offset_of(from, &node->end_mark);
	size_t lines = node->start_mark.line, columns = node->start_mark.column;
	char *text;

	*len = lines + columns + (end > begin ? end - begin : 0);
	text = malloc(*len + 1);
	if (text == NULL || end < begin) {
		schema_error(w, ydoc_line(node), key, "can't be taken apart");
		free(text);
		return NULL;
	}
	memset(text, '\n', lines);
	memset(text + lines, ' ', columns);
	memcpy(text + lines + columns, from->text + begin, end - begin);
	text[*len] = '\0';
	return text;
}

static struct plant *
parse_inline(const struct scenario_source *from, struct schema_walk *w, const yaml_node_t *node)
{
	const char *config_dir = from->config_dir[0] != '\0' ? from->config_dir : NULL;
	size_t len;
	char *text = own_lines(from, w, "plant", node, &len);
	struct plant *plant = NULL;

	if (text != NULL && plant_parse(&plant, text, len, from->path, config_dir, w->report) != 0)
		plant = NULL;
	free(text);
	return plant;
}

static struct plant *
load_file(const struct scenario_source *from, struct schema_walk *w, const yaml_node_t *node)
{
	const char *name = ydoc_scalar(node);
	char path[PATH_MAX];
	struct plant *plant = NULL;

	if (name == NULL || name[0] == '\0') {
		schema_error(w, ydoc_line(node), "plant",
			     "is neither a file nor a mapping (allowed: a plant file, or a plant)");
		return NULL;
	}
	if (!find_file(from, name, path)) {
		schema_error(w, ydoc_line(node), "plant",
			     "\"%.100s\" is not there (looked for beside this file%s%.100s)", name,
			     from->config_dir[0] != '\0' ? " and in " : "", from->config_dir);
		return NULL;
	}
	return plant_load(&plant, path, w->report) == 0 ? plant : NULL;
}

static void
set_wafers(struct scenario *s, const struct scenario_source *from, struct schema_walk *w,
	   const struct scenario_keys *keys)
{
	char path[PATH_MAX];

	if (keys->wafer[0] == '\0' || keys->wafer_at.bad)
		return;
	if (!find_file(from, keys->wafer, path)) {
		schema_error(w, keys->wafer_at.line, "wafer",
			     "\"%.100s\" is not there (looked for beside this file%s%.100s)",
			     keys->wafer, from->config_dir[0] != '\0' ? " and in " : "",
			     from->config_dir);
		return;
	}
	if (strlen(path) >= sizeof s->plant->systems[0].wafer_csv) {
		schema_error(w, keys->wafer_at.line, "wafer", "the path is too long");
		return;
	}
	for (uint32_t i = 0; i < s->plant->n_systems; i++)
		memcpy(s->plant->systems[i].wafer_csv, path, strlen(path) + 1);
}

/* A list of jobs goes through the loader of job files, as the plant does: its key stands where it stood in the
 * scenario, on the same line or on the one before. */
static void
parse_jobs(struct scenario *s, const struct scenario_source *from, struct schema_walk *w,
	   const yaml_node_t *node)
{
	static const char key[] = "jobs:";
	size_t len, at = node->start_mark.line;
	char *text = own_lines(from, w, "jobs", node, &len), *whole;

	if (text == NULL)
		return;
	whole = malloc(len + sizeof key);
	if (whole == NULL) {
		schema_error(w, ydoc_line(node), "jobs", "out of memory");
		free(text);
		return;
	}
	if (node->start_mark.column > strlen(key)) {
		memcpy(text + at, key, strlen(key));
		memcpy(whole, text, len + 1);
	} else { /* a list of lines that are not indented; its key is on a line before */
		memcpy(whole, text, at - 1);
		memcpy(whole + at - 1, key, strlen(key));
		memcpy(whole + at - 1 + strlen(key), text + at - 1, len + 1 - (at - 1));
		len += strlen(key);
	}
	(void)plant_jobs_parse(s->plant, whole, len, from->path, w->report);
	free(whole);
	free(text);
}

static void
read_jobs(struct scenario *s, const struct scenario_source *from, struct schema_walk *w,
	  const struct scenario_keys *keys)
{
	const yaml_node_t *node = keys->jobs;
	const char *name = node != NULL ? ydoc_scalar(node) : NULL;
	char path[PATH_MAX];

	if (node == NULL)
		return;
	if (node->type == YAML_SEQUENCE_NODE)
		parse_jobs(s, from, w, node);
	else if (name == NULL || name[0] == '\0')
		schema_error(w, keys->jobs_at.line, "jobs",
			     "are neither a list nor a file (allowed: a list of jobs, or a job "
			     "file)");
	else if (find_file(from, name, path))
		(void)plant_jobs_load(s->plant, path, w->report);
	else
		schema_error(w, keys->jobs_at.line, "jobs",
			     "\"%.100s\" is not there (looked for beside this file%s%.100s)", name,
			     from->config_dir[0] != '\0' ? " and in " : "", from->config_dir);
}

void
scenario_read_plant(struct scenario *s, const struct scenario_source *from, struct schema_walk *w,
		    const struct scenario_keys *keys)
{
	yaml_node_t *node = keys->plant;
	const char *real = NULL;

	if (node == NULL)
		return;
	s->plant = node->type == YAML_MAPPING_NODE ? parse_inline(from, w, node)
						   : load_file(from, w, node);
	if (s->plant == NULL)
		return;
	if (plant_has_real_device(s->plant, &real))
		schema_error(
			w, keys->plant_at.line, "plant",
			"%s is a real device (allowed: plants whose devices are all simulated)",
			real);
	set_wafers(s, from, w, keys);
	read_jobs(s, from, w, keys);
}

/* Why a job can't work in that mode, "" if it can. */
static const char *
mode_refused(const struct plant *p, const struct job_config *job, enum job_mode mode)
{
	if (mode == JOB_MODE_PIPE && job->n_layers > 0)
		return "has layers, a pipeline has stages";
	if (mode == JOB_MODE_IND && !job_layers_fit_ind(job))
		return "has layers that are too short for reticles without a barrier (0.1 s)";
	if (mode == JOB_MODE_PART && p->n_jobs < 2)
		return "is the only one, part is several on a wafer";
	return "";
}

int
scenario_set_mode(struct scenario *s, struct config_report *report)
{
	struct plant *p = s->plant;
	size_t before = config_report_total(report);

	if (s->mode == JOB_MODE_IDLE)
		return 0;
	for (uint32_t j = 0; j < p->n_jobs; j++) {
		struct job_config *job = &p->jobs[j];
		const char *why = mode_refused(p, job, s->mode);

		if (why[0] != '\0')
			config_report_at(report, s->path, s->mode_line, "mode", "%s: job %s %s",
					 scenario_mode_name(s->mode), job->name, why);
		if (why[0] != '\0' || s->mode == JOB_MODE_PART)
			continue;
		job->mode = s->mode;
		if (s->mode == JOB_MODE_PIPE && job->n_stages == 0)
			job_one_stage(job);
	}
	if (s->mode != JOB_MODE_PART)
		p->job_mode = s->mode;
	return config_report_total(report) == before ? 0 : -EINVAL;
}

const char *
scenario_mode_text(const struct scenario *s)
{
	const struct plant *p = s->plant;

	if (s->mode != JOB_MODE_IDLE)
		return scenario_mode_name(s->mode);
	for (uint32_t j = 1; j < p->n_jobs; j++)
		if (p->jobs[j].mode != p->jobs[0].mode)
			return "mixed";
	return scenario_mode_name(p->n_jobs > 0 ? p->jobs[0].mode : p->job_mode);
}

void
scenario_reseed(struct scenario *s, uint64_t seed)
{
	for (uint32_t i = 0; i < s->plant->n_systems; i++) {
		struct system_config *system = &s->plant->systems[i];

		/* a wafer that the plant file itself gave a seed keeps it */
		if (system->wafer_seed == plant_wafer_seed(s->plant->seed, i))
			system->wafer_seed = plant_wafer_seed(seed, i);
	}
	s->plant->seed = seed;
}
