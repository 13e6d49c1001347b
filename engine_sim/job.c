/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/job.h"

#include <math.h>
#include <string.h>

#include "engine_sim/limits.h"

#define SHARE_MIN 1e-6 /* a reticle without work does not hold its job up */

void
job_set_none(struct job_set *out)
{
	memset(out, 0, sizeof(*out));
	out->groups = JOBS_MAX + 1;
	for (int j = 0; j < JOBS_MAX; j++)
		out->job[j] = (struct job){.density = 1.0,
					   .activity = 1.0,
					   .slow = 1.0,
					   .io = 1.0,
					   .batch = 1.0,
					   .table = -1,
					   .row = ROW_MEAN};
	for (int i = 0; i < RETICLES; i++) {
		out->of[i] = out->group[i] = JOB_NONE;
		out->cores[i] = 1.0;
	}
	for (int e = 0; e < EDGES; e++)
		out->edge[e] = 1.0;
}

void
job_set_one(struct job_set *out, enum job_mode mode)
{
	job_set_none(out);
	for (int j = 0; j < JOBS_MAX; j++)
		out->job[j].mode = mode;
	memset(out->of, 0, sizeof(out->of));
	memset(out->group, 0, sizeof(out->group));
}

static enum job_mode
mode_of(const struct job *job)
{
	if (job->mode < 0.5)
		return JOB_MODE_IDLE;
	if (job->mode < 1.5)
		return JOB_MODE_SYNC;
	return job->mode < 2.5 ? JOB_MODE_IND : JOB_MODE_PIPE;
}

/* What holds for all reticles of a group in this step. */
struct terms {
	double act;       /* a share */
	double limit;     /* IND: of a reticle's own; else INFINITY */
	double alone;     /* IND: 1 */
	double pace;      /* R */
	double wait_slow; /* dynamic power a unit of v_i - R x_i */
	double wait_all;  /* and of v_i */
	double dynamic_w;
};

/* What job_load works with. */
struct at_work {
	const struct job_set *jobs;
	const struct phase_table *tables;
	struct job_result *out;
	bool whole;
	double pace[JOB_GROUPS], slot_pace[JOBS_MAX + 1];
	struct terms terms[JOB_GROUPS];
};

static const struct phase_table no_layers = {.n = 1, .row = {{0.0, 1.0, 0.0, 1.0}}, .full_s = 1.0};

static const struct phase_table *
table_of(const struct at_work *w, const struct job *job)
{
	return job->table >= 0 && w->tables ? &w->tables[job->table] : &no_layers;
}

/* One job has the whole wafer, as most often: then all reticles keep one pace, and loops need not ask whose each is. */
static bool
whole(const struct job_set *jobs)
{
	return jobs->of[0] < JOBS_MAX && memcmp(jobs->of, jobs->of + 1, RETICLES - 1) == 0 &&
	       memcmp(jobs->group, jobs->group + 1, RETICLES - 1) == 0;
}

WIDE static double
least_rate(const double rate[RETICLES])
{
	double part[ZONES], best = INFINITY;

	memcpy(part, rate, sizeof(part));
	for (int y = 1; y < ROWS; y++)
		for (int x = 0; x < ZONES; x++)
			part[x] = least(rate[ZONES * y + x], part[x]);
	for (int x = 0; x < ZONES; x++)
		best = least(part[x], best);
	return best;
}

/* R of each group, and of each slot the least of its groups. */
static void
paces(struct at_work *w, const double offered[RETICLES], const double share[RETICLES])
{
	const struct job_set *jobs = w->jobs;
	UNCLEARED double rate[RETICLES];

	for (uint32_t g = 0; g < jobs->groups; g++)
		w->pace[g] = INFINITY;
	for (int j = 0; j <= JOBS_MAX; j++) {
		w->slot_pace[j] = INFINITY;
		if (j < JOBS_MAX)
			w->out->slot[j].size = 0;
	}
	for (int i = 0; i < RETICLES; i++)
		rate[i] = offered[i] / most(share[i], SHARE_MIN);
	if (w->whole) {
		w->pace[jobs->group[0]] = w->slot_pace[jobs->of[0]] = least_rate(rate);
		w->out->slot[jobs->of[0]].size = RETICLES;
		return;
	}
	for (int i = 0; i < RETICLES; i++) {
		w->pace[jobs->group[i]] = least(rate[i], w->pace[jobs->group[i]]);
		w->slot_pace[jobs->of[i]] = least(rate[i], w->slot_pace[jobs->of[i]]);
		if (jobs->of[i] < JOBS_MAX)
			w->out->slot[jobs->of[i]].size++;
	}
}

/* How long the others wait for this one, of the step that it makes of theirs. */
static double
holding(const struct job *job, double need_s)
{
	if (!(job->others_s > 0.0) || !(need_s > job->others_s))
		return 0.0;
	return isfinite(need_s) ? (need_s - job->others_s) / (need_s + job->reduce_s) : 1.0;
}

/* Rate and work of a slot whose step is `mix` (a pass, others counted) or takes `step_s`. */
static void
step_rate(struct at_work *w, uint32_t j, struct phase_mix *mix)
{
	const struct job *job = &w->jobs->job[j];
	double full_s = table_of(w, job)->full_s, need_s = mix->time_s;
	double step_s = phase_step_mix(mix, job->others_s, job->reduce_s);

	w->out->slot[j].need_s = w->out->slot[j].row_s = need_s;
	w->out->slot[j].holds = holding(job, need_s);
	w->out->slot[j].alone = mix->nominal_s > 0.0 ? full_s / mix->nominal_s : 1.0;
	w->out->slot[j].stream = mix->stream;
	w->out->slot[j].rate = w->out->slot[j].work = w->out->slot[j].wait = 0.0;
	if (!isfinite(step_s)) {
		w->out->slot[j].wait = isfinite(need_s) ? 1.0 : 0.0;
		return;
	}
	if (step_s > 0.0) {
		w->out->slot[j].rate = job->batch * (mix->nominal_s + job->reduce_s) / step_s;
		w->out->slot[j].work = job->batch * full_s / step_s;
		w->out->slot[j].wait = most(0.0, step_s - job->reduce_s - need_s) / step_s;
	}
}

/* SYNC with a row of its layers, or the wait after them, in force. */
static void
row_rate(struct at_work *w, uint32_t j, struct phase_mix *mix, const struct phase_pace *pace)
{
	const struct job *job = &w->jobs->job[j];
	const struct phase_table *t = table_of(w, job);
	struct phase_mix pass;

	phase_pass_mix(&pass, t, pace);
	w->out->slot[j].need_s = pass.time_s;
	w->out->slot[j].holds = holding(job, pass.time_s);
	w->out->slot[j].alone = t->full_s / pass.nominal_s;
	w->out->slot[j].rate = job->row == ROW_REDUCE ? job->batch : 0.0;
	w->out->slot[j].wait = job->row == ROW_WAIT ? 1.0 : 0.0;
	*mix = (struct phase_mix){.wait_all = 1.0};
	if (job->row >= 0) {
		phase_row_mix(mix, t, (uint32_t)job->row, pace);
		w->out->slot[j].row_s = mix->time_s;
		if (isfinite(mix->time_s) && mix->time_s > 0.0)
			w->out->slot[j].rate = job->batch * mix->nominal_s / mix->time_s;
	}
	w->out->slot[j].stream = mix->stream;
	w->out->slot[j].work = w->out->slot[j].rate * t->full_s / (pass.nominal_s + job->reduce_s);
}

static void
sync_terms(struct at_work *w, uint32_t j, const struct phase_pace *pace, struct terms *t)
{
	const struct job *job = &w->jobs->job[j];
	struct phase_mix mix;

	if (job->row == ROW_MEAN) {
		phase_pass_mix(&mix, table_of(w, job), pace);
		step_rate(w, j, &mix);
	} else {
		row_rate(w, j, &mix, pace);
	}
	t->act = mix.act;
	t->wait_slow = mix.wait_slow;
	t->wait_all = mix.wait_all;
}

/* The buffers say what each stage does; what it can do now is less in the step in which it is throttled. */
static void
pipe_terms(struct at_work *w, uint32_t j, const struct phase_pace *pace, struct terms *t)
{
	const struct job_set *jobs = w->jobs;
	const struct job *job = &jobs->job[j];
	double limit = least(pace->activity, pace->io) * pace->slow;
	double rate = least(job->stages > 0 ? job->out : pace->pace, limit), part;
	struct phase_mix mix = {.act = 1.0, .wait_slow = 1.0};

	mix.stream = pace->pace > limit;
	mix.time_s = rate > 0.0 ? job->batch * table_of(w, job)->full_s / rate : (double)INFINITY;
	mix.nominal_s = table_of(w, job)->full_s / least(1.0, pace->activity);
	step_rate(w, j, &mix);
	w->out->slot[j].pace = rate;
	part = mix.act; /* of the time that it does not wait for other systems */
	t->act = part * rate;
	t->wait_slow = mix.stream ? 0.0 : part;
	t->wait_all = mix.wait_all;
	for (uint32_t s = 0; s < job->stages; s++) {
		uint32_t g = (uint32_t)GROUP_OF_STAGE(j, s);
		double cost = jobs->stage_cost[g], cap = w->pace[g] / cost;
		double does = least(jobs->stage_rate[g], cap);

		w->out->stage_cap[g] = cap;
		w->terms[g] = *t;
		w->terms[g].pace = w->pace[g];
		w->terms[g].act = part * does * cost;
		w->terms[g].wait_slow = cap > 0.0 ? part * does / cap : part;
	}
}

/* What a reticle that works by itself can use: of the row in force, else of the mean of all. */
static double
alone_limit(const struct phase_table *t, int32_t row, const struct phase_pace *pace)
{
	struct phase_pace free = *pace;
	struct phase_mix pass;

	if (row >= 0 || t->n == 1)
		return phase_limit(t, row >= 0 ? (uint32_t)row : 0, pace);
	free.pace = 1.0;
	phase_pass_mix(&pass, t, &free);
	return pass.act;
}

static void
slot_terms(struct at_work *w, const struct model *md, uint32_t j)
{
	const struct job *job = &w->jobs->job[j];
	struct terms *t = &w->terms[j];
	struct phase_pace pace = {.pace = isfinite(w->slot_pace[j]) ? w->slot_pace[j] : 1.0,
				  .activity = job->activity,
				  .io = job->io,
				  .slow = job->slow,
				  .batch = job->batch};

	*t = (struct terms){
		.limit = INFINITY, .pace = pace.pace, .dynamic_w = md->dynamic_w * job->density};
	w->out->slot[j].pace = pace.pace;
	w->out->slot[j].rate = 1.0;
	w->out->slot[j].holds = 0.0;
	w->out->slot[j].work = w->out->slot[j].wait = w->out->slot[j].need_s =
		w->out->slot[j].row_s = 0.0;
	w->out->slot[j].alone = 1.0;
	w->out->slot[j].stream = false;
	switch (mode_of(job)) {
	case JOB_MODE_SYNC:
		sync_terms(w, j, &pace, t);
		break;
	case JOB_MODE_PIPE:
		pipe_terms(w, j, &pace, t);
		break;
	case JOB_MODE_IND:
		t->alone = 1.0;
		t->limit = alone_limit(table_of(w, job), job->row, &pace);
		break;
	case JOB_MODE_IDLE:
	case JOB_MODE_PART:
		break;
	}
	/* its reticles are the stages' still, if a path took it out of its mode */
	for (uint32_t s = 0; mode_of(job) != JOB_MODE_PIPE && s < job->stages; s++)
		w->terms[GROUP_OF_STAGE(j, s)] = *t;
}

/* Is there work in the row in force, or in any of a mean's, and not weights alone? */
static bool
computes(const struct phase_table *t, int32_t row)
{
	if (row >= 0)
		return t->row[row].tau_s > 0.0;
	for (uint32_t l = 0; l < t->n; l++)
		if (t->row[l].tau_s > 0.0)
			return true;
	return false;
}

/* What independent reticles reach together, known once each has its own. */
static void
finish_ind(struct at_work *w, uint32_t j)
{
	const struct job *job = &w->jobs->job[j];
	const struct phase_table *t = table_of(w, job);
	struct phase_pace free = {
		.pace = 1.0, .activity = job->activity, .io = 1.0, .slow = 1.0, .batch = 1.0};
	struct phase_mix pass, now;
	double nominal;

	if (mode_of(job) != JOB_MODE_IND || w->out->slot[j].size == 0)
		return;
	phase_pass_mix(&pass, t, &free);
	now = pass;
	if (job->row >= 0)
		phase_row_mix(&now, t, (uint32_t)job->row, &free);
	nominal = alone_limit(t, job->row, &free);
	w->out->slot[j].pace = w->out->slot[j].act_mean;
	if (!computes(t, job->row))
		w->out->slot[j].rate = job->io * job->slow;
	else
		w->out->slot[j].rate = nominal > 0.0 ? w->out->slot[j].act_mean / nominal : 0.0;
	w->out->slot[j].need_s = w->out->slot[j].row_s =
		w->out->slot[j].rate > 0.0 ? now.nominal_s / w->out->slot[j].rate
					   : (double)INFINITY;
	w->out->slot[j].alone = t->full_s / pass.nominal_s;
	w->out->slot[j].work = w->out->slot[j].rate * t->full_s / pass.nominal_s;
	w->out->slot[j].stream = w->terms[j].limit < 1.0;
}

static void
sums(struct at_work *w, const double load_w[RETICLES])
{
	struct job_result *out = w->out;
	double reached = 0.0, of = 0.0;

	for (int j = 0; j < JOBS_MAX; j++)
		out->slot[j].load_w = out->slot[j].act_mean = 0.0;
	out->load_all_w = reticle_sum(load_w);
	out->utilisation = reticle_sum(out->act) / RETICLES;
	if (w->whole) {
		out->slot[w->jobs->of[0]].load_w = out->load_all_w;
		out->slot[w->jobs->of[0]].act_mean = out->utilisation * RETICLES;
	}
	for (int i = 0; i < RETICLES && !w->whole; i++) {
		uint32_t j = w->jobs->of[i];

		if (j >= JOBS_MAX)
			continue;
		out->slot[j].load_w += load_w[i];
		out->slot[j].act_mean += out->act[i];
	}
	for (uint32_t j = 0; j < JOBS_MAX; j++) {
		if (out->slot[j].size == 0)
			continue;
		out->slot[j].act_mean /= out->slot[j].size;
		finish_ind(w, j);
		reached += out->slot[j].rate * out->slot[j].size;
		of += out->slot[j].size;
	}
	out->rate_wafer = of > 0.0 ? reached / of : 1.0;
}

/* Load of a reticle by the terms of its group. */
INLINED double
load_of(const struct at_work *w, const struct model *md, const struct terms *t, int i,
	double offered, double share)
{
	double late = most(0.0, offered - t->pace * share);
	double wait = t->wait_slow * late + t->wait_all * offered;

	w->out->act[i] = t->act * share + t->alone * least(offered, t->limit);
	return md->idle_w * w->jobs->cores[i] + w->jobs->ballast_w[i] + w->jobs->io_w[i] +
	       t->dynamic_w * (w->out->act[i] + md->barrier_frac * wait);
}

WIDE static void
load_whole(const struct at_work *w, const struct model *md, double load_w[RETICLES],
	   const double offered[RETICLES], const double share[RETICLES])
{
	const struct terms t = w->terms[w->jobs->group[0]];

	for (int i = 0; i < RETICLES; i++)
		load_w[i] = load_of(w, md, &t, i, offered[i], share[i]);
}

void
job_load(struct job_result *out, double load_w[RETICLES], const struct model *md,
	 const struct job_set *jobs, const struct phase_table *tables, const double duty[RETICLES],
	 const double share[RETICLES])
{
	UNCLEARED struct at_work w; /* what is in use of it is set below */
	UNCLEARED double offered[RETICLES];

	w.jobs = jobs;
	w.tables = tables;
	w.out = out;
	w.whole = whole(jobs);
	for (int i = 0; i < RETICLES; i++)
		offered[i] = duty[i] * jobs->cores[i];
	paces(&w, offered, share);
	w.terms[JOB_NONE] = (struct terms){.limit = INFINITY};
	for (uint32_t j = 0; j < JOBS_MAX; j++)
		if (out->slot[j].size > 0)
			slot_terms(&w, md, j);
		else
			out->slot[j].holds = out->slot[j].rate = out->slot[j].work =
				out->slot[j].need_s = out->slot[j].wait = 0.0;
	if (w.whole)
		load_whole(&w, md, load_w, offered, share);
	for (int i = 0; i < RETICLES && !w.whole; i++)
		load_w[i] = load_of(&w, md, &w.terms[jobs->group[i]], i, offered[i], share[i]);
	sums(&w, load_w);
}
