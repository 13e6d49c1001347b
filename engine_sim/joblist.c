/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/joblist.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "engine_sim/cluster.h"
#include "engine_sim/jobplace.h"
#include "engine_sim/limits.h"
#include "engine_sim/state.h"

#define DT PROCESS_STEP_S
#define IO_SAME_GBPS 1.0 /* traffic that moves less than that is as it was */

/* ---- open and close ---- */

static void
make_run(struct job_list *l, uint32_t j, const struct plant *plant, struct job_member **free_member)
{
	const struct job_config *config = &plant->jobs[j];
	struct job_run *run = &l->run[j];

	*run = (struct job_run){.config = config,
				.member = *free_member,
				.mode = config->mode,
				.run = config->on_request ? 0.0 : -1.0,
				.density = config->density * job_sparse_power(config),
				.activity = config->activity,
				.due_step = -1,
				.start_step = -1,
				.end_step = -1,
				.straggler = -1};
	run->density_was = run->density;
	run->activity_was = run->activity;
	for (uint32_t k = 0; k < plant->n_systems; k++)
		if (config->on[k])
			run->member[run->n++] = (struct job_member){
				.system = k, .slot = -1, .row = ROW_MEAN, .demanded = 1.0};
	*free_member += run->n;
	phase_table_make(&l->tables[j], config);
}

int
joblist_open(struct job_list *l, const struct plant *plant, const struct sim_options *opt)
{
	size_t n = 0, most = 1;
	struct job_member *free_member;

	*l = (struct job_list){.n = plant->n_jobs};
	for (uint32_t j = 0; j < l->n; j++) {
		n += plant->jobs[j].n_systems;
		most = plant->jobs[j].n_systems > most ? plant->jobs[j].n_systems : most;
	}
	l->run = calloc(l->n + 1, sizeof(*l->run));
	l->tables = calloc(l->n + 1, sizeof(*l->tables));
	l->members = calloc(n + 1, sizeof(*l->members));
	l->need_s = calloc(4 * most, sizeof(*l->need_s));
	if (!l->run || !l->tables || !l->members || !l->need_s)
		return -ENOMEM;
	l->others_s = l->need_s + most;
	l->batch = l->others_s + most;
	l->demanded = l->batch + most;
	free_member = l->members;
	for (uint32_t j = 0; j < l->n; j++) {
		make_run(l, j, plant, &free_member);
		if (opt && opt->mode > 0)
			l->run[j].mode = (enum job_mode)opt->mode;
	}
	if (opt)
		l->zero_step = (int64_t)lround(opt->zero_s / DT);
	return 0;
}

void
joblist_close(struct job_list *l)
{
	free(l->run);
	free(l->tables);
	free(l->members);
	free(l->need_s);
}

void
joblist_begin(struct job_list *l, struct sim_system *system, uint32_t k,
	      const struct sim_options *opt)
{
	system->process.tables = l->tables;
	job_set_none(&system->process.jobs);
	system->io_part = 1.0;
	system->process.jobs.version++; /* the load is that of other jobs */
	for (uint32_t j = 0; j < l->n; j++) {
		struct job_run *run = &l->run[j];

		if (run->config->start_s > 0.0 || run->config->on_request)
			continue;
		if (opt && opt->start_activity > 0.0)
			run->activity = run->activity_was = opt->start_activity;
		for (uint32_t m = 0; m < run->n; m++)
			if (run->member[m].system == k)
				jobplace_take(run, &run->member[m], system, (int32_t)j,
					      l->tables[j].resolved);
	}
}

void
joblist_begun(struct job_list *l, struct sim_system *systems)
{
	for (uint32_t j = 0; j < l->n; j++) {
		struct job_run *run = &l->run[j];

		if (run->config->start_s > 0.0 || run->config->on_request)
			continue;
		run->state = SIM_JOB_RUNNING;
		run->due_step = run->start_step = 0;
		for (uint32_t m = 0; m < run->n; m++)
			firmware_new_job(&systems[run->member[m].system].firmware,
					 &systems[run->member[m].system].process,
					 (uint32_t)run->member[m].slot);
	}
}

/* ---- what it did in the step that is done ---- */

static void
account(struct job_run *run, struct sim_system *systems)
{
	const struct job_config *config = run->config;

	run->busy_s += DT;
	for (uint32_t m = 0; m < run->n; m++) {
		const struct job_member *member = &run->member[m];
		const struct process *p = &systems[member->system].process;
		const struct job_slot *r = &p->job.slot[member->slot];
		double rest_w = p->power.input_w - p->powered * p->job.load_all_w;

		run->tokens += DT * config->tokens_full * r->work;
		run->ideal_tokens += DT * config->tokens_full * r->alone;
		run->energy_j += DT * (p->powered * r->load_w + rest_w * r->size / RETICLES);
		run->act_s += DT * r->act_mean / run->n;
		run->stretched_s += DT * r->wait / run->n;
		if (r->stream && p->jobs.job[member->slot].io < 1.0)
			run->starved_s += DT / run->n;
	}
	if (run->straggler >= 0)
		run->member[run->straggler].held_s += DT;
}

/* ---- layers one after another, and the step of several systems ---- */

static void
set_row(struct job_member *member, struct sim_system *systems, int32_t row)
{
	struct job_set *jobs = &systems[member->system].process.jobs;

	member->row = row;
	member->left = 1.0;
	jobs->job[member->slot].row = row;
	jobs->version++;
}

static void
begin_pass(struct job_run *run, struct job_member *member, struct sim_system *systems,
	   double carry_s)
{
	struct job *job = &systems[member->system].process.jobs.job[member->slot];

	(void)run;
	job->batch = member->batch_next;
	set_row(member, systems, 0);
	member->carry_s = carry_s;
}

/* The part of its row that passed in the step, and in what was left of the row before. */
static void
advance_member(struct job_run *run, struct job_member *member, const struct phase_table *t,
	       struct sim_system *systems, bool together)
{
	double row_s = systems[member->system].process.job.slot[member->slot].row_s, over_s;

	if (member->row < 0) {
		member->carry_s += DT;
		return;
	}
	if (isfinite(row_s) && row_s > 0.0)
		member->left -= (DT + member->carry_s) / row_s;
	else if (isfinite(row_s))
		member->left = 0.0;
	member->carry_s = 0.0;
	if (member->left > 1e-9)
		return;
	over_s = -least(member->left, 0.0) * (isfinite(row_s) ? row_s : 0.0);
	if ((uint32_t)member->row + 1 < t->n) {
		set_row(member, systems, member->row + 1);
		member->carry_s = over_s;
	} else if (together) {
		set_row(member, systems, ROW_WAIT);
		member->carry_s = over_s;
	} else {
		begin_pass(run, member, systems, over_s);
	}
}

/* All are ready, the last one carry_s ago: exchange, then the next pass. */
static void
advance_together(struct job_run *run, struct sim_system *systems)
{
	double since_s = INFINITY;

	for (uint32_t m = 0; m < run->n; m++) {
		if (run->member[m].row >= 0)
			return;
		since_s = least(since_s, run->member[m].carry_s);
	}
	if (since_s < run->config->reduce_s) {
		for (uint32_t m = 0; m < run->n; m++)
			if (run->member[m].row == ROW_WAIT) {
				set_row(&run->member[m], systems, ROW_REDUCE);
				run->member[m].carry_s = since_s;
			}
		return;
	}
	for (uint32_t m = 0; m < run->n; m++)
		begin_pass(run, &run->member[m], systems, since_s - run->config->reduce_s);
}

static void
set_others(struct job_run *run, struct job_list *l, struct sim_system *systems)
{
	for (uint32_t m = 0; m < run->n; m++) {
		struct process *p = &systems[run->member[m].system].process;

		l->need_s[m] = p->job.slot[run->member[m].slot].need_s;
	}
	run->straggler = cluster_others(l->others_s, l->need_s, run->n);
	for (uint32_t m = 0; m < run->n; m++) {
		struct process *p = &systems[run->member[m].system].process;
		struct job *job = &p->jobs.job[run->member[m].slot];
		double now = l->others_s[m];

		if (!(now < job->others_s || now > job->others_s))
			continue;
		job->others_s = now;
		p->jobs.version++;
	}
}

/* Shares of micro-batches that were demanded: in force from the next pass on. */
static void
share_batches(struct job_run *run, struct job_list *l, struct sim_system *systems)
{
	bool changed = false;

	for (uint32_t m = 0; m < run->n; m++) {
		struct job_member *member = &run->member[m];
		double d = systems[member->system].firmware.engine.batch_cmd[member->slot];

		changed = changed || d < member->demanded || d > member->demanded;
		l->demanded[m] = member->demanded = d;
	}
	if (!changed)
		return;
	cluster_split(l->batch, l->demanded, run->n, run->config->microbatches);
	for (uint32_t m = 0; m < run->n; m++) {
		struct job_member *member = &run->member[m];
		struct job_set *jobs = &systems[member->system].process.jobs;

		member->batch_next = l->batch[m];
		if (member->row != ROW_MEAN)
			continue;
		jobs->job[member->slot].batch = l->batch[m];
		jobs->version++;
	}
}

/* ---- pipelines ---- */

static void
advance_pipe(struct job_run *run, struct job_member *member, struct sim_system *systems)
{
	struct process *p = &systems[member->system].process;
	struct job *job = &p->jobs.job[member->slot];
	double limit = least(job->activity, job->io) * job->slow, was = job->out;
	uint32_t g = (uint32_t)GROUP_OF_STAGE(member->slot, 0);
	bool changed = false;

	if (job->stages == 0)
		return;
	pipe_step(&member->pipe, job->stages, &p->job.stage_cap[g], limit, run->config->buffer_s,
		  DT);
	for (uint32_t s = 0; s < job->stages; s++) {
		double now = member->pipe.rate[s];

		changed = changed || fabs(now - p->jobs.stage_rate[g + s]) > 1e-9;
		p->jobs.stage_rate[g + s] = now;
	}
	job->out = member->pipe.out;
	if (changed || fabs(job->out - was) > 1e-9)
		p->jobs.version++;
}

/* ---- edges of the wafers ---- */

/* Reticles along an edge carry the power of its links. */
static void
heat_edges(struct sim_system *system, double gbps)
{
	struct process *p = &system->process;
	struct job_set *jobs = &p->jobs;
	double open = 0.0, w[EDGES];

	if (fabs(gbps - system->io_gbps) <= IO_SAME_GBPS)
		return;
	system->io_gbps = gbps;
	for (int e = 0; e < EDGES; e++)
		open += jobs->edge[e];
	for (int e = 0; e < EDGES; e++)
		w[e] = open > 0.0 ? gbps * jobs->edge[e] / open * p->md.io_w_per_gbps : 0.0;
	for (int i = 0; i < RETICLES; i++) {
		int y = i / ZONES, x = i % ZONES;

		jobs->io_w[i] = (y == 0 ? w[0] / ZONES : 0.0) +
				(x == ZONES - 1 ? w[1] / ROWS : 0.0) +
				(y == ROWS - 1 ? w[2] / ZONES : 0.0) + (x == 0 ? w[3] / ROWS : 0.0);
	}
	jobs->version++;
}

/* moved: jobs have come or gone. */
static void
share_edges(struct job_list *l, struct sim_system *systems, uint32_t n_systems, bool moved)
{
	for (uint32_t k = 0; k < n_systems; k++)
		systems[k].io_asked_gbps = systems[k].io_moves_gbps = 0.0;
	for (uint32_t j = 0; j < l->n; j++)
		for (uint32_t m = 0; l->run[j].state == SIM_JOB_RUNNING && m < l->run[j].n; m++) {
			const struct job_member *member = &l->run[j].member[m];
			struct sim_system *system = &systems[member->system];
			double gbps = l->run[j].config->io_gbps;

			system->io_asked_gbps += gbps;
			system->io_moves_gbps += gbps * system->process.job.slot[member->slot].rate;
		}
	for (uint32_t k = 0; k < n_systems; k++) {
		struct job_set *jobs = &systems[k].process.jobs;
		double can = 0.0, asked = systems[k].io_asked_gbps, part = 1.0;

		for (int e = 0; e < EDGES; e++)
			can += jobs->edge[e] * systems[k].process.md.io_edge_gbps;
		if (asked > can)
			part = can / asked;
		heat_edges(&systems[k], systems[k].io_moves_gbps);
		if (!moved && !(part < systems[k].io_part || part > systems[k].io_part))
			continue;
		systems[k].io_part = part;
		for (uint32_t s = 0; s < JOBS_MAX; s++) {
			int32_t j = systems[k].slot_job[s];
			double io = j >= 0 && l->run[j].config->io_gbps > 0.0 ? part : 1.0;

			if (!(jobs->job[s].io < io || jobs->job[s].io > io))
				continue;
			jobs->job[s].io = io;
			jobs->version++;
		}
	}
}

/* ---- a step ---- */

static void
advance(struct job_run *run, struct job_list *l, struct sim_system *systems, bool tick)
{
	const struct phase_table *t = &l->tables[run - l->run];
	bool together = jobplace_together(run);

	for (uint32_t m = 0; m < run->n; m++) {
		if (run->member[m].row != ROW_MEAN)
			advance_member(run, &run->member[m], t, systems, together);
		if (run->mode == JOB_MODE_PIPE)
			advance_pipe(run, &run->member[m], systems);
	}
	if (!together)
		return;
	if (run->member[0].row != ROW_MEAN)
		advance_together(run, systems);
	set_others(run, l, systems);
	if (tick)
		share_batches(run, l, systems);
}

void
joblist_paths(struct job_list *l, struct sim_system *systems)
{
	for (uint32_t j = 0; j < l->n; j++) {
		struct job_run *run = &l->run[j];
		bool density = run->density < run->density_was || run->density > run->density_was;
		bool activity =
			run->activity < run->activity_was || run->activity > run->activity_was;

		if (!density && !activity)
			continue;
		run->density_was = run->density;
		run->activity_was = run->activity;
		for (uint32_t m = 0; run->state == SIM_JOB_RUNNING && m < run->n; m++) {
			struct job_set *jobs = &systems[run->member[m].system].process.jobs;
			struct job *job = &jobs->job[run->member[m].slot];

			if (density)
				job->density = run->density;
			if (activity)
				job->activity = run->activity;
			jobs->version++;
		}
	}
}

void
joblist_step(struct job_list *l, struct sim_system *systems, uint32_t n_systems, int64_t step)
{
	bool tick = step % FIRMWARE_TICK_STEPS == 0, moved;

	for (uint32_t j = 0; j < l->n; j++) {
		if (l->run[j].state != SIM_JOB_RUNNING)
			continue;
		if (step > l->zero_step)
			account(&l->run[j], systems);
		advance(&l->run[j], l, systems, tick);
	}
	moved = jobplace_step(l, systems, step);
	if (tick || moved)
		share_edges(l, systems, n_systems, moved);
}

void
joblist_zero(struct job_list *l, int64_t zero_step, int64_t now)
{
	l->zero_step = zero_step;
	for (uint32_t j = 0; j < l->n; j++) {
		struct job_run *run = &l->run[j];

		run->tokens_before += run->tokens;
		run->tokens = run->ideal_tokens = run->energy_j = run->busy_s = 0.0;
		run->waited_s = run->starved_s = run->stretched_s = run->act_s = 0.0;
		if (run->state == SIM_JOB_WAITING)
			run->due_step = now;
		for (uint32_t m = 0; m < run->n; m++)
			run->member[m].held_s = 0.0;
	}
}

/* ---- the truth ---- */

double
joblist_slot_tokens(const struct job_list *l, const struct sim_system *system, uint32_t slot)
{
	int32_t j = system->slot_job[slot];

	return j < 0 ? 0.0 : l->run[j].config->tokens_full * system->process.job.slot[slot].work;
}

double
joblist_tokens(const struct job_list *l, const struct sim_system *system)
{
	double sum = 0.0;

	for (uint32_t s = 0; s < JOBS_MAX; s++)
		sum += joblist_slot_tokens(l, system, s);
	return sum;
}

uint32_t
sim_job_count(const struct sim *sim)
{
	return sim->jobs.n;
}

static double
time_of(const struct job_list *l, int64_t step)
{
	if (step < 0)
		return (double)NAN;
	return step < l->zero_step ? 0.0 : (double)(step - l->zero_step) * DT;
}

void
sim_job(const struct sim *sim, uint32_t job, struct sim_job_truth *out)
{
	const struct job_list *l = &sim->jobs;
	const struct job_run *run = &l->run[job];
	const struct job_config *config = run->config;

	*out = (struct sim_job_truth){.name = config->name,
				      .tenant = config->tenant,
				      .state = run->state,
				      .n_systems = run->n,
				      .n_reticles = config->n_reticles,
				      .started_s = time_of(l, run->start_step),
				      .ended_s = time_of(l, run->end_step),
				      .tokens = run->tokens,
				      .ideal_tokens = run->ideal_tokens,
				      .energy_j = run->energy_j,
				      .busy_s = run->busy_s,
				      .waited_s = run->waited_s,
				      .starved_s = run->starved_s,
				      .stretched_s = run->stretched_s,
				      .straggler = -1,
				      .straggler_most = -1};
	if (run->ideal_tokens > 0.0)
		out->scaling_frac = run->tokens / run->ideal_tokens;
	if (run->busy_s > 0.0)
		out->utilisation = run->act_s / run->busy_s;
	for (uint32_t m = 0; m < run->n; m++) {
		const struct job_member *member = &run->member[m];
		const struct job_result *r = &sim->systems[member->system].process.job;

		if (member->held_s > out->straggler_s) {
			out->straggler_s = member->held_s;
			out->straggler_most = (int32_t)member->system;
		}
		if (run->state != SIM_JOB_RUNNING)
			continue;
		out->rate += r->slot[member->slot].rate / run->n;
		out->tokens_per_s += config->tokens_full * r->slot[member->slot].work;
	}
	out->samples_per_s = out->tokens_per_s / config->tokens_per_sample;
	if (run->state == SIM_JOB_RUNNING && run->straggler >= 0)
		out->straggler = (int32_t)run->member[run->straggler].system;
}
