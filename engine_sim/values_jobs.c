/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine block shows of its wafer's jobs. */
#include <math.h>

#include "engine_sim/values.h"

#define MB_PER_GB 1000.0

static double
job_mode_value(const struct asked *a)
{
	const struct sim_system *sys = a->sys;
	int jobs = 0, last = 0;

	for (int s = 0; s < JOBS_MAX; s++)
		if (sys->slot_job[s] >= 0) {
			jobs++;
			last = s;
		}
	if (jobs > 1)
		return JOB_MODE_PART;
	return jobs == 1 ? round(sys->process.jobs.job[last].mode) : JOB_MODE_IDLE;
}

static double
job_rate(const struct asked *a)
{
	return a->sys->process.job.rate_wafer;
}

static double
job_tokens(const struct asked *a)
{
	return joblist_tokens(&a->sim->jobs, a->sys);
}

static double
job_utilisation(const struct asked *a)
{
	return a->sys->process.job.utilisation;
}

static bool
taken(const struct asked *a)
{
	return a->sys->slot_job[a->i] >= 0;
}

static double
slot_id(const struct asked *a)
{
	return a->sys->slot_job[a->i] + 1.0;
}

static double
slot_mode(const struct asked *a)
{
	return taken(a) ? round(a->sys->process.jobs.job[a->i].mode) : 0.0;
}

static double
slot_rate(const struct asked *a)
{
	return taken(a) ? a->sys->process.job.slot[a->i].rate : 0.0;
}

static double
slot_tokens(const struct asked *a)
{
	return joblist_slot_tokens(&a->sim->jobs, a->sys, a->i);
}

static double
slot_wait(const struct asked *a)
{
	return taken(a) ? a->sys->process.job.slot[a->i].wait : 0.0;
}

static double
slot_holds(const struct asked *a)
{
	return taken(a) ? a->sys->process.job.slot[a->i].holds : 0.0;
}

static double
slot_batch(const struct asked *a)
{
	return taken(a) ? a->sys->process.jobs.job[a->i].batch : 0.0;
}

static double
slot_batch_cmd(const struct asked *a)
{
	return a->sys->firmware.engine.batch_cmd[a->i];
}

static int
first_slot(const struct sim_system *sys)
{
	int s = 0;

	while (s < JOBS_MAX && sys->slot_job[s] < 0)
		s++;
	return s;
}

static double
job_phase(const struct asked *a)
{
	int s = first_slot(a->sys);

	for (int k = 0; k < JOBS_MAX; k++)
		if (a->sys->slot_job[k] >= 0 && a->sys->process.jobs.job[k].io < 1.0 &&
		    a->sys->process.job.slot[k].stream)
			return PHASE_STARVED;
	if (s == JOBS_MAX)
		return PHASE_COMPUTE;
	if (a->sys->process.jobs.job[s].row < ROW_MEAN)
		return PHASE_BARRIER;
	return a->sys->process.job.slot[s].stream ? PHASE_STREAM : PHASE_COMPUTE;
}

static double
job_layer(const struct asked *a)
{
	int s = first_slot(a->sys);

	return s == JOBS_MAX ? 0.0 : most(0.0, a->sys->process.jobs.job[s].row);
}

static double
mem_used(const struct asked *a)
{
	double gb = 0.0;

	for (int s = 0; s < JOBS_MAX; s++)
		if (a->sys->slot_job[s] >= 0)
			gb += a->sim->plant->jobs[a->sys->slot_job[s]].used_gb;
	return MB_PER_GB * gb;
}

static double
io_edge(const struct asked *a)
{
	const struct process *p = &a->sys->process;
	double gbps = 0.0, edges = 0.0;

	for (int s = 0; s < JOBS_MAX; s++)
		if (a->sys->slot_job[s] >= 0)
			gbps += a->sim->plant->jobs[a->sys->slot_job[s]].io_gbps *
				p->job.slot[s].rate;
	for (int e = 0; e < EDGES; e++)
		edges += p->jobs.edge[e];
	return edges > 0.0 ? gbps * p->jobs.edge[a->i] / edges : 0.0;
}

value_fn *const values_jobs[ROLES] = {
	[ROLE_JOB_MODE] = job_mode_value,
	[ROLE_JOB_RATE] = job_rate,
	[ROLE_JOB_TOKENS] = job_tokens,
	[ROLE_JOB_UTILISATION] = job_utilisation,
	[ROLE_JOB_SLOT_ID] = slot_id,
	[ROLE_JOB_SLOT_MODE] = slot_mode,
	[ROLE_JOB_SLOT_RATE] = slot_rate,
	[ROLE_JOB_SLOT_TOKENS] = slot_tokens,
	[ROLE_JOB_SLOT_WAIT] = slot_wait,
	[ROLE_JOB_SLOT_BATCH] = slot_batch,
	[ROLE_JOB_SLOT_BATCH_CMD] = slot_batch_cmd,
	[ROLE_JOB_SLOT_HOLDS] = slot_holds,
	[ROLE_JOB_PHASE] = job_phase,
	[ROLE_JOB_LAYER] = job_layer,
	[ROLE_MEM_USED] = mem_used,
	[ROLE_IO_EDGE] = io_edge,
};
