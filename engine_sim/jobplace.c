/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/jobplace.h"

#include <math.h>
#include <string.h>

#include "engine_sim/limits.h"
#include "engine_sim/state.h"

#define DT PROCESS_STEP_S

/* ---- slots and reticles ---- */

bool
jobplace_together(const struct job_run *run)
{
	return run->config->together && run->n > 1 && run->mode != JOB_MODE_IND;
}

static int32_t
free_slot(const struct sim_system *system)
{
	for (int32_t s = 0; s < JOBS_MAX; s++)
		if (system->slot_job[s] < 0)
			return s;
	return -1;
}

static bool
fits(const struct job_run *run, const struct sim_system *systems)
{
	for (uint32_t m = 0; m < run->n; m++) {
		const struct sim_system *system = &systems[run->member[m].system];

		if (free_slot(system) < 0)
			return false;
		for (int i = 0; i < RETICLES; i++)
			if (run->config->reticle[i] && system->process.jobs.of[i] < JOBS_MAX)
				return false;
	}
	return true;
}

static void
count_groups(struct job_set *jobs)
{
	jobs->groups = JOBS_MAX + 1;
	for (int i = 0; i < RETICLES; i++)
		if (jobs->group[i] > JOBS_MAX)
			jobs->groups = JOB_GROUPS;
}

/* Its reticles, in their order the stages' where it has any. */
static void
take_reticles(const struct job_run *run, struct job_set *jobs, uint32_t slot, uint32_t stages)
{
	const struct job_config *config = run->config;
	uint32_t s = 0, left = stages > 0 ? config->stages[0].reticles : 0;

	for (int i = 0; i < RETICLES; i++) {
		if (!config->reticle[i])
			continue;
		jobs->of[i] = jobs->group[i] = (uint8_t)slot;
		if (stages == 0)
			continue;
		if (left == 0 && s + 1 < stages)
			left = config->stages[++s].reticles;
		jobs->group[i] = (uint8_t)GROUP_OF_STAGE(slot, s);
		left--;
	}
}

void
jobplace_take(struct job_run *run, struct job_member *member, struct sim_system *system,
	      int32_t index, bool resolved)
{
	const struct job_config *config = run->config;
	struct job_set *jobs = &system->process.jobs;
	int32_t slot = free_slot(system);
	struct job *job = &jobs->job[slot];
	uint32_t stages = run->mode == JOB_MODE_PIPE ? config->n_stages : 0;
	bool rows = resolved && run->mode != JOB_MODE_PIPE;

	system->slot_job[slot] = index;
	*member = (struct job_member){.system = member->system,
				      .slot = slot,
				      .row = rows ? 0 : ROW_MEAN,
				      .left = 1.0,
				      .demanded = 1.0,
				      .batch_next = 1.0};
	*job = (struct job){.mode = run->mode,
			    .density = run->density,
			    .activity = run->activity,
			    .slow = 1.0,
			    .io = 1.0,
			    .batch = 1.0,
			    .reduce_s = jobplace_together(run) ? config->reduce_s : 0.0,
			    .table = index,
			    .row = member->row,
			    .stages = stages,
			    .out = run->activity};
	take_reticles(run, jobs, (uint32_t)slot, stages);
	pipe_init(&member->pipe, stages, config->buffer_s, run->activity);
	for (uint32_t s = 0; s < stages; s++) {
		jobs->stage_cost[GROUP_OF_STAGE((uint32_t)slot, s)] = config->stages[s].cost_frac;
		jobs->stage_rate[GROUP_OF_STAGE((uint32_t)slot, s)] = run->activity;
	}
	count_groups(jobs);
	jobs->version++;
}

static void
give_back(struct job_member *member, struct sim_system *system)
{
	struct job_set *jobs = &system->process.jobs;

	for (int i = 0; i < RETICLES; i++)
		if (jobs->of[i] == member->slot)
			jobs->of[i] = jobs->group[i] = JOB_NONE;
	jobs->job[member->slot].mode = JOB_MODE_IDLE;
	count_groups(jobs);
	jobs->version++;
	system->slot_job[member->slot] = -1;
	member->slot = -1;
}

/* ---- times ---- */

static double
now_s(const struct job_list *l, int64_t step)
{
	return (double)(step - l->zero_step) * DT;
}

static bool
over(const struct job_run *run, double now)
{
	if (run->run > -0.5)
		return run->run < 0.5;
	/* half a step: a time that is no multiple of a step ends at the nearest one */
	return (isfinite(run->config->end_s) && now >= run->config->end_s - 0.5 * DT) ||
	       (isfinite(run->config->work_tokens) &&
		run->tokens_before + run->tokens >= run->config->work_tokens);
}

static bool
due(const struct job_run *run, double now)
{
	if (run->run > -0.5)
		return run->run > 0.5;
	return now >= run->config->start_s - 0.5 * DT && !over(run, now);
}

static void
end(struct job_run *run, struct sim_system *systems, int64_t step)
{
	for (uint32_t m = 0; m < run->n; m++)
		give_back(&run->member[m], &systems[run->member[m].system]);
	run->state = SIM_JOB_ENDED;
	run->end_step = step;
	run->straggler = -1;
}

static void
start(struct job_list *l, struct job_run *run, struct sim_system *systems, int64_t step)
{
	int32_t index = (int32_t)(run - l->run);

	for (uint32_t m = 0; m < run->n; m++) {
		struct sim_system *system = &systems[run->member[m].system];

		jobplace_take(run, &run->member[m], system, index, l->tables[index].resolved);
		firmware_new_job(&system->firmware, &system->process,
				 (uint32_t)run->member[m].slot);
	}
	run->state = SIM_JOB_RUNNING;
	if (run->start_step < 0)
		run->start_step = step;
	run->end_step = -1;
}

/* ---- the queue ---- */

static bool
before(const struct job_config *a, const struct job_config *b)
{
	if (a->class != b->class)
		return a->class < b->class;
	return a->priority > b->priority;
}

static bool
want_the_same(const struct job_config *a, const struct job_config *b)
{
	bool system = false, reticle = false;

	for (int k = 0; k < JOB_SYSTEMS_MAX && !system; k++)
		system = a->on[k] && b->on[k];
	for (int i = 0; i < RETICLES && system && !reticle; i++)
		reticle = a->reticle[i] && b->reticle[i];
	return reticle;
}

/* Does one that comes first wait for what this one needs? */
static bool
behind(const struct job_list *l, const struct job_run *run)
{
	for (uint32_t j = 0; j < l->n; j++) {
		const struct job_run *other = &l->run[j];

		if (other == run || other->state != SIM_JOB_WAITING)
			continue;
		if (before(other->config, run->config) ||
		    (!before(run->config, other->config) && other < run))
			if (want_the_same(other->config, run->config))
				return true;
	}
	return false;
}

bool
jobplace_step(struct job_list *l, struct sim_system *systems, int64_t step)
{
	double now = now_s(l, step);
	bool moved = false, freed = false;

	for (uint32_t j = 0; j < l->n; j++) {
		struct job_run *run = &l->run[j];

		if (run->state == SIM_JOB_RUNNING && over(run, now)) {
			end(run, systems, step);
			moved = freed = true;
		} else if (run->state == SIM_JOB_WAITING && over(run, now)) {
			run->state = SIM_JOB_ENDED; /* its time went by */
			run->end_step = step;
			freed = true;
		} else if ((run->state == SIM_JOB_AHEAD || run->state == SIM_JOB_ENDED) &&
			   due(run, now) && (run->state == SIM_JOB_AHEAD || run->run > 0.5)) {
			run->state = SIM_JOB_WAITING;
			run->due_step = step;
			l->waiting = true;
		}
	}
	if (freed)
		l->waiting = true;
	if (!l->waiting)
		return moved;
	l->waiting = false;
	for (uint32_t j = 0; j < l->n; j++) {
		struct job_run *run = &l->run[j];

		if (run->state != SIM_JOB_WAITING)
			continue;
		if (fits(run, systems) && !behind(l, run)) {
			run->waited_s += (double)(step - run->due_step) * DT;
			start(l, run, systems, step);
			moved = true;
			l->waiting = true; /* others may have stood behind it */
		}
	}
	return moved;
}
