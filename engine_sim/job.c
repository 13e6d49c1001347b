/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/job.h"

#include <math.h>

#include "engine_sim/limits.h"

#define SHARE_MIN 1e-6 /* a reticle without work does not hold its job up */

void
job_set_one(struct job_set *out, enum job_mode mode)
{
	*out = (struct job_set){.n = 1};
	for (int j = 0; j < JOBS_MAX; j++)
		out->job[j] = (struct job){.mode = mode, .density = 1.0, .activity = 1.0};
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

/* What holds for all reticles of a job in this step. */
struct terms {
	bool sync;
	double pace, rate; /* SYNC: R, and r = least(R, A) */
	double per_wait;   /* SYNC: barrier power a unit of duty above the pace */
	double limit;      /* IND: A */
	double dynamic_w;
};

static struct terms
terms_of(const struct model *md, const struct job *job, double pace, double slow)
{
	double limit = job->activity * slow;
	struct terms t = {.dynamic_w = md->dynamic_w * job->density};

	switch (mode_of(job)) {
	case JOB_MODE_PIPE:
	case JOB_MODE_SYNC:
		t.sync = true;
		t.pace = pace;
		t.rate = least(pace, limit);
		/* where one stands, the others wait for it all the time */
		t.per_wait = pace > 0.0 ? t.rate / pace : limit > 0.0 ? 1.0 : 0.0;
		break;
	case JOB_MODE_IND:
		t.limit = limit;
		break;
	case JOB_MODE_IDLE:
	case JOB_MODE_PART:
		break;
	}
	t.per_wait *= md->barrier_frac;
	return t;
}

/* R of each synchronous job: the slowest of its reticles. */
static void
paces(double pace[JOBS_MAX], const struct job_set *jobs, const double duty[RETICLES],
      const double share[RETICLES])
{
	double rate[RETICLES];

	for (int j = 0; j < JOBS_MAX; j++)
		pace[j] = INFINITY;
	for (int i = 0; i < RETICLES; i++)
		rate[i] = duty[i] / most(share[i], SHARE_MIN);
	for (int i = 0; i < RETICLES; i++)
		pace[jobs->of[i]] = least(rate[i], pace[jobs->of[i]]);
}

static void
rates(struct job_result *out, const struct job_set *jobs, const double done[JOBS_MAX],
      const int size[JOBS_MAX])
{
	out->rate_wafer = out->done = 0.0;
	for (int j = 0; j < JOBS_MAX; j++) {
		const struct job *job = &jobs->job[j];

		out->rate[j] = 1.0;
		if (size[j] > 0 && mode_of(job) != JOB_MODE_IDLE && job->activity > 0.0)
			out->rate[j] = done[j] / size[j] / job->activity;
		out->rate_wafer += out->rate[j] * size[j] / RETICLES;
		out->done += done[j] / RETICLES;
	}
}

void
job_load(struct job_result *out, double load_w[RETICLES], const struct model *md,
	 const struct job_set *jobs, const double duty[RETICLES], const double share[RETICLES],
	 double slow)
{
	double pace[JOBS_MAX], done[JOBS_MAX] = {0.0};
	struct terms terms[JOBS_MAX];
	int size[JOBS_MAX] = {0};

	paces(pace, jobs, duty, share);
	for (uint32_t j = 0; j < jobs->n; j++)
		terms[j] = terms_of(md, &jobs->job[j], pace[j], slow);
	for (int i = 0; i < RETICLES; i++) {
		const struct terms *t = &terms[jobs->of[i]];
		double act, wait = 0.0;

		if (t->sync) {
			act = t->rate * share[i];
			wait = t->per_wait * most(0.0, duty[i] - t->pace * share[i]);
			done[jobs->of[i]] += t->rate;
		} else {
			act = least(duty[i], t->limit);
			done[jobs->of[i]] += act;
		}
		load_w[i] = md->idle_w + t->dynamic_w * (act + wait);
		out->act[i] = act;
		size[jobs->of[i]]++;
	}
	out->utilisation = reticle_sum(out->act) / RETICLES;
	rates(out, jobs, done, size);
}
