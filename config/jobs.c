/* SPDX-License-Identifier: Apache-2.0 */
/* `jobs:` of a plant file or a job file. */
#include "config/jobs.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "config/load.h"
#include "config/report.h"
#include "config/text.h"

#define IND_LAYER_MIN_S 0.1 /* shorter ones would need a mean over the reticles' own paces */
#define PARTS_SUM 1e-9
#define STAGE_COST_MIN                                                                             \
	1e-6 /* of the dearest stage's: as its key allows, to which a plant is written back */

/* ---- what follows from a job's numbers ---- */

double
job_sparse_speed(const struct job_config *job)
{
	return 1.0 / (1.0 - job->sparse_skip * job->sparsity);
}

double
job_sparse_power(const struct job_config *job)
{
	return 1.0 - job->sparse_power * job->sparsity;
}

double
job_pass_s(const struct job_config *job, double rate)
{
	double sum = 0.0;

	for (uint32_t l = 0; l < job->n_layers; l++) {
		const struct job_layer *layer = &job->layers[l];
		double work = layer->tau_s / job_sparse_speed(job) / rate;

		sum += layer->count * (fmax(layer->sigma_s, work) + job->bar_s);
	}
	return job->n_layers > 0 ? sum : job->step_s / rate;
}

bool
job_layers_fit_ind(const struct job_config *job)
{
	for (uint32_t l = 0; l < job->n_layers; l++) {
		const struct job_layer *row = &job->layers[l];
		double work_s = row->tau_s / job_sparse_speed(job);

		if (row->count * fmax(row->sigma_s, work_s) < IND_LAYER_MIN_S)
			return false;
	}
	return true;
}

static void
derive(struct job_config *job)
{
	uint32_t count = 0;

	if (isfinite(job->tokens_per_s))
		job->tokens_full =
			job->tokens_per_s * job_sparse_speed(job) * job->n_reticles / RETICLES;
	else
		job->tokens_full = job->batch / job_pass_s(job, 1.0);
	for (uint32_t l = 0; l < job->n_layers; l++)
		count += job->layers[l].count;
	job->used_gb = job->working_gb;
	if (job->mode == JOB_MODE_SYNC) /* a layer at a time */
		job->used_gb += job->memory_gb / (count > 0 ? count : 1);
	else
		job->used_gb += job->memory_gb;
	if (job->mode == JOB_MODE_SYNC && count == 0)
		job->used_gb = job->working_gb;
}

/* ---- parts of an entry ---- */

/* Reads element i of a list of mappings; NULL at the end, or past the most there may be. */
static yaml_node_t *
next_row(struct schema_walk *w, yaml_node_t *list, uint32_t i, uint32_t most)
{
	yaml_node_t *e = list ? schema_element(w, list, i) : NULL;

	if (e && i == most) {
		schema_error(w, ydoc_line(e), NULL, "is one too many (allowed: %u)", most);
		return NULL;
	}
	return e;
}

/* Field by field: the bytes between them stay zero, so that equal jobs are equal bytes. */
static void
add_layer(struct job_config *job, double sigma_s, double tau_s, uint32_t count)
{
	struct job_layer *layer = &job->layers[job->n_layers++];

	layer->sigma_s = sigma_s;
	layer->tau_s = tau_s;
	layer->count = count;
}

static void
add_stage(struct job_config *job, double cost_frac, uint32_t reticles)
{
	struct job_stage *stage = &job->stages[job->n_stages++];

	stage->cost_frac = cost_frac;
	stage->reticles = reticles;
}

void
job_one_stage(struct job_config *job)
{
	add_stage(job, 1.0, job->n_reticles);
}

static void
read_layers(struct schema_walk *w, const struct job_entry_keys *k, struct job_config *job)
{
	size_t was = schema_down(w, "layers"), inner;
	struct layer_keys row;
	struct schema_part part = {&layer_schema, &row};
	yaml_node_t *e;

	for (uint32_t i = 0; (e = next_row(w, k->layers, i, JOB_LAYERS_MAX)); i++) {
		inner = schema_down_at(w, i);
		if (schema_read(w, e, &part, 1, false) && row.sigma_s + row.tau_s <= 0.0)
			schema_error(w, ydoc_line(e), "tau_s",
				     "is 0, as sigma_s (allowed: one of them above 0)");
		add_layer(job, row.sigma_s, row.tau_s, (uint32_t)row.count);
		schema_up(w, inner);
	}
	schema_up(w, was);
	if (k->layers && job->n_layers == 0)
		schema_error(w, k->layers_at.line, "layers", "is empty (allowed: 1..%d layers)",
			     JOB_LAYERS_MAX);
}

static void
read_period(struct schema_walk *w, const struct job_entry_keys *k, struct job_config *job)
{
	size_t was = schema_down(w, "period");
	struct period_keys p;
	struct schema_part part = {&period_schema, &p};

	if (schema_read(w, k->period, &part, 1, false)) {
		if (fabs(p.compute + p.stream - 1.0) > PARTS_SUM)
			schema_error(w, p.stream_at.line, "stream",
				     "makes %g with compute (allowed: 1 together)",
				     p.compute + p.stream);
		if (p.compute > 0.0)
			add_layer(job, 0.0, p.compute * p.period_s, 1);
		if (p.stream > 0.0)
			add_layer(job, p.stream * p.period_s, p.stream * p.period_s * p.activity,
				  1);
	}
	schema_up(w, was);
	if (k->layers)
		schema_error(w, k->period_at.line, "period",
			     "stands beside layers (allowed: one of them)");
}

static void
check_layers(struct schema_walk *w, const struct job_entry_keys *k, struct job_config *job)
{
	uint32_t line = k->layers ? k->layers_at.line : k->period_at.line;
	const char *key = k->layers ? "layers" : "period";

	if (job->mode == JOB_MODE_PIPE)
		schema_error(w, line, key, "are none of a pipeline's (allowed: with sync or ind)");
	if (job->mode == JOB_MODE_IND && !job_layers_fit_ind(job))
		schema_error(w, line, key,
			     "has an entry of less than %g s (allowed with ind: %g s)",
			     IND_LAYER_MIN_S, IND_LAYER_MIN_S);
}

/* Reticles in proportion to the cost, each at least one, by greatest remainder. */
static void
share_out(struct job_config *job)
{
	double sum = 0.0;
	uint32_t left = job->n_reticles;

	for (uint32_t s = 0; s < job->n_stages; s++)
		sum += job->stages[s].cost_frac;
	for (uint32_t s = 0; s < job->n_stages; s++) {
		job->stages[s].reticles = 1;
		left--;
	}
	for (; left > 0; left--) { /* the next one to where most is missing */
		uint32_t most = 0;
		double missing = -INFINITY;

		for (uint32_t s = 0; s < job->n_stages; s++) {
			double m = job->stages[s].cost_frac / sum * job->n_reticles -
				   job->stages[s].reticles;

			if (m > missing) {
				missing = m;
				most = s;
			}
		}
		job->stages[most].reticles++;
	}
}

/* Costs become parts of the dearest one. */
static void
set_costs(struct schema_walk *w, struct job_config *job, const uint32_t line[])
{
	size_t was = schema_down(w, "stages");
	double most = 0.0;

	for (uint32_t s = 0; s < job->n_stages; s++)
		most = fmax(most, job->stages[s].cost_frac);
	for (uint32_t s = 0; s < job->n_stages; s++) {
		size_t inner = schema_down_at(w, s);

		job->stages[s].cost_frac /= most;
		if (job->stages[s].cost_frac < STAGE_COST_MIN)
			schema_error(w, line[s], "cost",
				     "is %g of the dearest stage's (allowed: %g..1 of it)",
				     job->stages[s].cost_frac, STAGE_COST_MIN);
		schema_up(w, inner);
	}
	schema_up(w, was);
}

static void
finish_stages(struct schema_walk *w, const struct job_entry_keys *k, struct job_config *job,
	      uint32_t given, uint32_t reticles)
{
	if (given == 0 && job->n_stages > job->n_reticles)
		schema_error(w, k->stages_at.line, "stages",
			     "are %u for %u reticles (allowed: at most one a reticle)",
			     job->n_stages, job->n_reticles);
	else if (given == 0)
		share_out(job);
	else if (given < job->n_stages)
		schema_error(w, k->stages_at.line, "stages",
			     "give reticles in %u of %u (allowed: in all, or in none)", given,
			     job->n_stages);
	else if (reticles != job->n_reticles)
		schema_error(w, k->stages_at.line, "stages",
			     "have %u reticles, the job %u (allowed: the same)", reticles,
			     job->n_reticles);
}

static void
read_stages(struct schema_walk *w, const struct job_entry_keys *k, struct job_config *job)
{
	size_t was = schema_down(w, "stages"), inner, before = config_report_total(w->report);
	uint32_t given = 0, reticles = 0, line[JOB_STAGES_MAX];
	struct stage_keys row;
	struct schema_part part = {&stage_schema, &row};
	yaml_node_t *e;

	for (uint32_t i = 0; (e = next_row(w, k->stages, i, JOB_STAGES_MAX)); i++) {
		inner = schema_down_at(w, i);
		schema_read(w, e, &part, 1, false);
		given += row.reticles_at.line != 0;
		reticles += (uint32_t)row.reticles;
		line[i] = row.cost_at.line;
		add_stage(job, row.cost, (uint32_t)row.reticles);
		schema_up(w, inner);
	}
	schema_up(w, was);
	if (job->mode != JOB_MODE_PIPE)
		schema_error(w, k->stages_at.line, "stages",
			     "are a pipeline's (allowed: with mode pipe)");
	if (job->n_stages == 0)
		schema_error(w, k->stages_at.line, "stages", "is empty (allowed: 1..%d stages)",
			     JOB_STAGES_MAX);
	else if (config_report_total(w->report) == before) {
		set_costs(w, job, line);
		finish_stages(w, k, job, given, reticles);
	}
}

static void
decide_mode(struct schema_walk *w, const struct job_entry_keys *k, struct job_config *job)
{
	static const enum job_mode modes[] = {JOB_MODE_SYNC, JOB_MODE_SYNC, JOB_MODE_IND,
					      JOB_MODE_PIPE};
	double room = WAFER_MEMORY_GB * job->n_reticles / RETICLES * (1.0 - job->spare_frac);
	double whole = job->memory_gb + job->working_gb;

	job->mode = modes[k->mode];
	if (k->mode == 0 && k->memory_gb_at.line && !k->memory_gb_at.bad && whole <= room &&
	    !k->layers && !k->period)
		job->mode = JOB_MODE_PIPE;
	if (job->working_gb > room)
		schema_error(w, k->working_gb_at.line, "working_gb",
			     "%g is more than its %u reticles hold (allowed: 0..%.4g)",
			     job->working_gb, job->n_reticles, room);
	else if (job->mode != JOB_MODE_SYNC && whole > room)
		schema_error(w, k->memory_gb_at.line, "memory_gb",
			     "%g with working_gb is more than its %u reticles hold (allowed in "
			     "this mode: 0..%.4g; sync streams the weights)",
			     whole, job->n_reticles, room);
}

static void
check_times(struct schema_walk *w, const struct job_entry_keys *k)
{
	if (k->end_s_at.line && !k->end_s_at.bad && !k->start_s_at.bad && k->end_s <= k->start_s)
		schema_error(w, k->end_s_at.line, "end_s",
			     "%g is not after start_s %g (allowed: a later time)", k->end_s,
			     k->start_s);
	if (!k->batch_at.line)
		return;
	if (!k->layers && !k->period)
		schema_error(w, k->batch_at.line, "batch",
			     "is a pass's through layers (allowed: with layers or period)");
	if (k->tokens_per_s_at.line)
		schema_error(w, k->batch_at.line, "batch",
			     "stands beside tokens_per_s (allowed: one of them)");
}

/* A barrier is what independent reticles have none of. */
static void
check_barriers(struct schema_walk *w, const struct job_entry_keys *k, const struct job_config *job)
{
	if (job->mode == JOB_MODE_IND && k->bar_s > 0.0)
		schema_error(w, k->bar_s_at.line, "bar_s", "is no barrier with ind (allowed: 0)");
}

static void
check_word(struct schema_walk *w, const struct schema_at *at, const char *key, const char *s)
{
	if (at->line && !at->bad && !text_is_name(s))
		schema_error(w, at->line, key, "\"%s\" is no name (allowed: a-z, then a-z 0-9 _ -)",
			     s);
}

static double
or_none(const struct schema_at *at, double value)
{
	return at->line ? value : (double)NAN;
}

static void
fill(const struct job_entry_keys *k, const struct plant *p, struct job_config *job)
{
	snprintf(job->name, sizeof(job->name), "%.23s", k->name);
	snprintf(job->tenant, sizeof(job->tenant), "%.23s", k->tenant);
	job->class = (enum job_class)k->class;
	job->kind = (enum job_kind)k->kind;
	job->priority = (uint32_t)k->priority;
	job->microbatches = (uint32_t)k->microbatches;
	job->together = k->together;
	job->on_request = k->on_request;
	job->slow = (enum job_slow)k->straggler;
	job->floor_frac = k->floor;
	job->spare_frac = k->spare;
	job->end_s = or_none(&k->end_s_at, k->end_s);
	job->work_tokens = or_none(&k->work_tokens_at, k->work_tokens);
	job->batch = or_none(&k->batch_at, k->batch);
	job->tokens_per_s = k->tokens_per_s_at.line ? k->tokens_per_s
			    : k->batch_at.line      ? (double)NAN
						    : p->job_tokens_per_s;
#define SAME(key) job->key = k->key
	SAME(density);
	SAME(sparsity);
	SAME(sparse_skip);
	SAME(sparse_power);
	SAME(activity);
	SAME(start_s);
	SAME(tokens_per_sample);
	SAME(weight);
	SAME(price);
	SAME(bar_s);
	SAME(buffer_s);
	SAME(memory_gb);
	SAME(working_gb);
	SAME(io_gbps);
	SAME(step_s);
	SAME(reduce_s);
#undef SAME
}

static void
read_entry(struct schema_walk *w, yaml_node_t *node, const struct plant *p, bool unsure,
	   struct job_config *job)
{
	struct job_entry_keys k;
	struct schema_part part = {&job_entry_schema, &k};

	schema_read(w, node, &part, 1, false);
	fill(&k, p, job);
	check_word(w, &k.name_at, "name", k.name);
	check_word(w, &k.tenant_at, "tenant", k.tenant);
	check_times(w, &k);
	jobs_systems(w, k.systems, p, unsure, job);
	if (!k.reticles_at.bad && !jobs_reticles(k.reticles, job))
		schema_error(w, k.reticles_at.line, "reticles",
			     "\"%s\" names no reticles (allowed: all, columns A-B in 0..11, "
			     "rectangle r00c00..r06c11, A-B in 0..83)",
			     k.reticles);
	if (job->n_reticles > 0)
		decide_mode(w, &k, job);
	check_barriers(w, &k, job);
	if (k.layers)
		read_layers(w, &k, job);
	if (k.period)
		read_period(w, &k, job);
	if (job->n_layers > 0)
		check_layers(w, &k, job);
	if (k.stages)
		read_stages(w, &k, job);
	if (job->mode == JOB_MODE_PIPE && job->n_stages == 0)
		add_stage(job, 1.0, job->n_reticles);
	derive(job);
}

/* ---- lists ---- */

static void
replace(struct plant *p, struct job_config *jobs, uint32_t n, bool listed)
{
	free(p->jobs);
	p->jobs = jobs;
	p->n_jobs = n;
	p->jobs_listed = listed;
}

bool
jobs_read(struct schema_walk *w, yaml_node_t *list, struct plant *p, bool unsure)
{
	size_t was = strlen(w->path), before = config_report_total(w->report), inner;
	struct job_config *jobs = calloc(PLANT_JOBS_MAX, sizeof(*jobs));
	uint32_t line[PLANT_JOBS_MAX], n = 0;
	yaml_node_t *e;

	if (!jobs) {
		schema_error(w, 0, NULL, "out of memory");
		return false;
	}
	for (uint32_t i = 0; (e = next_row(w, list, i, PLANT_JOBS_MAX)); i++) {
		inner = schema_down_at(w, i);
		line[n] = ydoc_line(e);
		read_entry(w, e, p, unsure, &jobs[n++]);
		schema_up(w, inner);
	}
	if (config_report_total(w->report) == before)
		jobs_check(w, jobs, n, line);
	schema_up(w, was);
	if (config_report_total(w->report) != before) {
		free(jobs);
		return false;
	}
	replace(p, jobs, n, true);
	return true;
}

bool
jobs_short(struct plant *p)
{
	struct job_config *job = calloc(1, sizeof(*job));
	struct job_entry_keys k;

	if (!job)
		return false;
	schema_defaults(&job_entry_schema, &k);
	snprintf(k.name, sizeof(k.name), "job");
	fill(&k, p, job);
	job->mode = p->job_mode;
	job->together = false;
	for (uint32_t s = 0; s < p->n_systems && s < JOB_SYSTEMS_MAX; s++)
		job->on[s] = true;
	job->n_systems = p->n_systems;
	jobs_reticles("all", job);
	if (job->mode == JOB_MODE_PIPE)
		add_stage(job, 1.0, job->n_reticles);
	derive(job);
	replace(p, job, 1, false);
	return true;
}

/* ---- files ---- */

int
plant_jobs_parse(struct plant *p, const char *yaml, size_t len, const char *path,
		 struct config_report *report)
{
	struct text_locale locale = text_locale_begin();
	size_t before = config_report_total(report);
	struct job_file_keys keys = {0};
	struct schema_part part = {&job_file_schema, &keys};
	struct schema_walk w = {.report = report};
	struct ydoc doc;
	int rc = ydoc_parse(&doc, yaml, len, path, report);

	if (rc == 0) {
		w.doc = &doc;
		schema_read(&w, doc.root, &part, 1, false);
		if (keys.jobs) {
			schema_down(&w, "jobs");
			jobs_read(&w, keys.jobs, p, false);
			schema_up(&w, 0);
		}
		ydoc_close(&doc);
		if (config_report_total(report) != before)
			rc = -EINVAL;
	}
	if (rc)
		config_report_sort(report);
	text_locale_end(locale);
	return rc;
}

int
plant_jobs_load(struct plant *p, const char *path, struct config_report *report)
{
	char *text = NULL;
	size_t len = 0;
	int rc = config_file_read(path, &text, &len, report);

	if (!rc)
		rc = plant_jobs_parse(p, text, len, path, report);
	free(text);
	return rc;
}

int32_t
plant_job(const struct plant *p, const char *name)
{
	for (uint32_t j = 0; j < p->n_jobs; j++)
		if (!strcmp(p->jobs[j].name, name))
			return (int32_t)j;
	return -1;
}
