/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/sheet_jobs.h"

#include <math.h>
#include <string.h>

#include "config/job.h"
#include "runner/sheet_parts.h"

#define J_PER_KWH 3.6e6

static const char *const kinds[] = {
	[JOB_TRAIN] = "train", [JOB_EVAL] = "eval", [JOB_INFER] = "infer"};

/* Sums of a tenant's jobs; `name` of the plant. */
struct tenant {
	const char *name;
	uint32_t jobs, granted;
	double tokens, ideal_tokens, energy_j, run_s;
};

static const char *
straggler_of(const struct sheet *s, const struct sim_job_truth *t)
{
	return t->straggler_most >= 0 ? s->scenario->plant->systems[t->straggler_most].name
				      : "none";
}

/* Tenants in the order of their first jobs; of those without one none. */
static uint32_t
tenants_of(const struct sheet *s, struct tenant out[PLANT_JOBS_MAX])
{
	const struct plant *plant = s->scenario->plant;
	uint32_t n = 0;

	for (uint32_t j = 0; j < plant->n_jobs; j++) {
		const char *name = plant->jobs[j].tenant;
		struct sim_job_truth t;
		uint32_t k = 0;

		if (name[0] == '\0')
			continue;
		while (k < n && strcmp(out[k].name, name) != 0)
			k++;
		if (k == n)
			out[n++] = (struct tenant){.name = name};
		world_job(s->world, j, &t);
		out[k].jobs++;
		out[k].granted += plant->jobs[j].class == JOB_GRANT;
		out[k].tokens += t.tokens;
		out[k].ideal_tokens += t.ideal_tokens;
		out[k].energy_j += t.energy_j;
		out[k].run_s += t.busy_s * t.n_systems * t.n_reticles / RETICLES;
	}
	return n;
}

/* --- judging --- */

static void
judge_score(struct sheet *s, const struct scenario_job_bound *b, const struct sim_job_truth *t)
{
	const struct job_score_info *info = &job_score_table[b->score];
	double v = job_score(t, b->score);

	if (!isfinite(v))
		sheet_fail(s, "%s:%u: job %s %s: there is none", s->scenario->path, b->line,
			   t->name, info->name);
	else if (v < b->min)
		sheet_fail(s, "%s:%u: job %s %s: %.4f is below %.10g %s", s->scenario->path,
			   b->line, t->name, info->name, v, b->min, info->unit);
	else if (v > b->max)
		sheet_fail(s, "%s:%u: job %s %s: %.4f is above %.10g %s", s->scenario->path,
			   b->line, t->name, info->name, v, b->max, info->unit);
}

void
sheet_judge_jobs(struct sheet *s)
{
	for (uint32_t i = 0; i < s->scenario->n_job_bounds; i++) {
		const struct scenario_job_bound *b = &s->scenario->job_bounds[i];
		struct sim_job_truth t;

		world_job(s->world, b->job, &t);
		s->expected++;
		if (b->kind == JOB_BOUND_SCORE)
			judge_score(s, b, &t);
		else if (b->kind == JOB_BOUND_STATE && b->what != (int32_t)t.state)
			sheet_fail(s, "%s:%u: job %s is %s, not %s", s->scenario->path, b->line,
				   t.name, job_state_name(t.state),
				   job_state_name((enum sim_job_state)b->what));
		else if (b->kind == JOB_BOUND_STRAGGLER && b->what != t.straggler_most)
			sheet_fail(s, "%s:%u: job %s: its straggler is %s, not %s",
				   s->scenario->path, b->line, t.name, straggler_of(s, &t),
				   b->what >= 0 ? s->scenario->plant->systems[b->what].name
						: "none");
	}
}

/* --- printing --- */

static void
print_job(const struct sheet *s, FILE *to, uint32_t j)
{
	const struct job_config *c = &s->scenario->plant->jobs[j];
	struct sim_job_truth t;

	world_job(s->world, j, &t);
	fprintf(to, "  %-15s %-11s %-5s %-4s %-7s %3u x %-2u %14.0f %9.3f %8.3f %7.2f %7.2f  %s\n",
		t.name, c->tenant[0] != '\0' ? c->tenant : "-", kinds[c->kind],
		scenario_mode_name(c->mode), job_state_name(t.state), t.n_systems, t.n_reticles,
		t.tokens, job_score(&t, JOB_SCORE_energy_kwh), job_score(&t, JOB_SCORE_j_per_token),
		job_score(&t, JOB_SCORE_utilisation_pct), job_score(&t, JOB_SCORE_loss_pct),
		straggler_of(s, &t));
}

void
sheet_print_jobs(const struct sheet *s, FILE *to)
{
	struct tenant tenants[PLANT_JOBS_MAX];
	uint32_t n = tenants_of(s, tenants);

	if (!s->scenario->plant->jobs_listed)
		return;
	fprintf(to, "\n  %-15s %-11s %-5s %-4s %-7s %8s %14s %9s %8s %7s %7s  %s\n", "job",
		"tenant", "kind", "mode", "state", "where", "tokens", "kWh", "J/token", "util %",
		"loss %", "straggler");
	for (uint32_t j = 0; j < s->scenario->plant->n_jobs; j++)
		print_job(s, to, j);
	for (uint32_t k = 0; k < n; k++)
		fprintf(to, "%s  %-15s %u job%s %*s %14.0f %9.3f %8.3f\n", k == 0 ? "\n" : "",
			tenants[k].name, tenants[k].jobs, tenants[k].jobs == 1 ? " " : "s", 43, "",
			tenants[k].tokens, tenants[k].energy_j / J_PER_KWH,
			tenants[k].tokens > 0.0 ? tenants[k].energy_j / tenants[k].tokens
						: (double)NAN);
}

json_t *
sheet_json_jobs(const struct sheet *s)
{
	const struct plant *plant = s->scenario->plant;
	json_t *list = json_array();

	for (uint32_t j = 0; j < plant->n_jobs; j++) {
		const struct job_config *c = &plant->jobs[j];
		struct sim_job_truth t;
		json_t *job;

		world_job(s->world, j, &t);
		job = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i}", "name", c->name,
				"tenant", c->tenant, "class",
				c->class == JOB_GRANT ? "grant" : "own", "kind", kinds[c->kind],
				"mode", scenario_mode_name(c->mode), "state",
				job_state_name(t.state), "systems", (int)t.n_systems, "reticles",
				(int)t.n_reticles);
		for (int i = 0; i < JOB_SCORES; i++)
			(void)json_object_set_new(
				job, job_score_table[i].name,
				sheet_json_number(job_score(&t, (enum job_score_id)i)));
		(void)json_object_set_new(job, "straggler",
					  t.straggler_most >= 0 ? json_string(straggler_of(s, &t))
								: json_null());
		(void)json_array_append_new(list, job);
	}
	return list;
}

json_t *
sheet_json_tenants(const struct sheet *s)
{
	struct tenant tenants[PLANT_JOBS_MAX];
	uint32_t n = tenants_of(s, tenants);
	json_t *list = json_array();

	for (uint32_t k = 0; k < n; k++) {
		const struct tenant *t = &tenants[k];

		(void)json_array_append_new(
			list,
			json_pack("{s:s, s:i, s:i, s:f, s:f, s:o, s:o, s:f}", "name", t->name,
				  "jobs", (int)t->jobs, "granted", (int)t->granted, "tokens",
				  t->tokens, "energy_kwh", t->energy_j / J_PER_KWH, "j_per_token",
				  sheet_json_number(t->energy_j / t->tokens), "scaling_pct",
				  sheet_json_number(100.0 * t->tokens / t->ideal_tokens), "wafer_h",
				  t->run_s / 3600.0));
	}
	return list;
}
