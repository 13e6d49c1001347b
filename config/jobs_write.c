/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "config/jobs.h"

static const char *const modes[] = {[JOB_MODE_IDLE] = "sync",
				    [JOB_MODE_SYNC] = "sync",
				    [JOB_MODE_IND] = "ind",
				    [JOB_MODE_PIPE] = "pipe",
				    [JOB_MODE_PART] = "sync"};

static void
number(FILE *f, const char *key, double value)
{
	if (isfinite(value))
		fprintf(f, ", %s: %.17g", key, value);
}

/* The set as a text: a range of indices, columns or a rectangle; that is all a job can have. */
static void
write_reticles(FILE *f, const struct job_config *job)
{
	int first = 0, last = RETICLES - 1, x0 = ZONES, x1 = -1;

	while (!job->reticle[first])
		first++;
	while (!job->reticle[last])
		last--;
	if (last - first + 1 == (int)job->n_reticles) {
		fprintf(f, ", reticles: \"%d-%d\"", first, last);
		return;
	}
	for (int i = 0; i < RETICLES; i++) {
		if (!job->reticle[i])
			continue;
		x0 = i % ZONES < x0 ? i % ZONES : x0;
		x1 = i % ZONES > x1 ? i % ZONES : x1;
	}
	fprintf(f, ", reticles: \"rectangle r%02dc%02d..r%02dc%02d\"", first / ZONES, x0,
		last / ZONES, x1);
}

static void
write_systems(FILE *f, const struct plant *p, const struct job_config *job)
{
	const char *comma = "";

	fprintf(f, ", systems: [");
	for (uint32_t k = 0; k < p->n_systems; k++)
		if (job->on[k]) {
			fprintf(f, "%s\"%s\"", comma, p->systems[k].name);
			comma = ", ";
		}
	fprintf(f, "]");
}

static void
write_rows(FILE *f, const struct job_config *job)
{
	if (job->n_layers > 0)
		fprintf(f, ", layers: [");
	for (uint32_t l = 0; l < job->n_layers; l++)
		fprintf(f, "%s{sigma_s: %.17g, tau_s: %.17g, count: %u}", l ? ", " : "",
			job->layers[l].sigma_s, job->layers[l].tau_s, job->layers[l].count);
	if (job->n_layers > 0)
		fprintf(f, "]");
	if (job->n_stages > 0)
		fprintf(f, ", stages: [");
	for (uint32_t s = 0; s < job->n_stages; s++)
		fprintf(f, "%s{cost: %.17g, reticles: %u}", s ? ", " : "", job->stages[s].cost_frac,
			job->stages[s].reticles);
	if (job->n_stages > 0)
		fprintf(f, "]");
}

static void
write_job(FILE *f, const struct plant *p, const struct job_config *job)
{
	static const char *const kinds[] = {
		[JOB_TRAIN] = "train", [JOB_EVAL] = "eval", [JOB_INFER] = "infer"};
	static const char *const slows[] = {[JOB_SLOW_REBALANCE] = "rebalance",
					    [JOB_SLOW_PACE] = "pace",
					    [JOB_SLOW_NONE] = "none"};

	fprintf(f, "  - {name: \"%s\", class: %s, kind: %s, mode: %s, priority: %u", job->name,
		job->class == JOB_GRANT ? "grant" : "own", kinds[job->kind], modes[job->mode],
		job->priority);
	if (*job->tenant)
		fprintf(f, ", tenant: \"%s\"", job->tenant);
	write_systems(f, p, job);
	write_reticles(f, job);
	number(f, "density", job->density);
	number(f, "sparsity", job->sparsity);
	number(f, "sparse_skip", job->sparse_skip);
	number(f, "sparse_power", job->sparse_power);
	number(f, "activity", job->activity);
	number(f, "start_s", job->start_s);
	number(f, "end_s", job->end_s);
	number(f, "work_tokens", job->work_tokens);
	number(f, "tokens_per_s", job->tokens_per_s);
	number(f, "tokens_per_sample", job->tokens_per_sample);
	number(f, "floor", job->floor_frac);
	number(f, "weight", job->weight);
	number(f, "price", job->price);
	number(f, "bar_s", job->bar_s);
	number(f, "batch", job->batch);
	number(f, "buffer_s", job->buffer_s);
	number(f, "memory_gb", job->memory_gb);
	number(f, "working_gb", job->working_gb);
	number(f, "spare", job->spare_frac);
	number(f, "io_gbps", job->io_gbps);
	if (job->on_request)
		fprintf(f, ", on_request: yes");
	fprintf(f, ", together: %s, microbatches: %u, straggler: %s", job->together ? "yes" : "no",
		job->microbatches, slows[job->slow]);
	number(f, "step_s", job->step_s);
	number(f, "reduce_s", job->reduce_s);
	write_rows(f, job);
	fprintf(f, "}\n");
}

void
jobs_write(FILE *f, const struct plant *p)
{
	if (!p->jobs_listed) {
		fprintf(f, "job: {mode: %s, tokens_per_s: %.17g}\n", modes[p->job_mode],
			p->job_tokens_per_s);
		return;
	}
	fprintf(f, "jobs:%s\n", p->n_jobs == 0 ? " []" : "");
	for (uint32_t j = 0; j < p->n_jobs; j++)
		write_job(f, p, &p->jobs[j]);
}
