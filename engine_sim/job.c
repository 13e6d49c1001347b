/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/job.h"

#include <math.h>

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
	return job->mode < 1.5 ? JOB_MODE_SYNC : JOB_MODE_IND;
}

/* R of each synchronous job: the slowest of its reticles. */
static void
pace(double pace_frac[JOBS_MAX], const struct job_set *jobs, const double duty[RETICLES],
     const double share[RETICLES])
{
	for (int j = 0; j < JOBS_MAX; j++)
		pace_frac[j] = INFINITY;
	for (int i = 0; i < RETICLES; i++) {
		double *r = &pace_frac[jobs->of[i]];

		if (share[i] > SHARE_MIN && duty[i] < *r * share[i])
			*r = duty[i] / share[i];
	}
}

struct reticle_work {
	double act, wait;
};

static struct reticle_work
work_of(const struct job *job, double job_pace, double duty, double share, double slow)
{
	double limit = job->activity * slow, rate;

	switch (mode_of(job)) {
	case JOB_MODE_SYNC:
		rate = fmin(job_pace, limit);
		if (job_pace <= 0.0) /* one stands: all wait */
			return (struct reticle_work){.wait = limit > 0.0 ? duty : 0.0};
		return (struct reticle_work){.act = rate * share,
					     .wait = rate / job_pace *
						     fmax(0.0, duty - job_pace * share)};
	case JOB_MODE_IND:
		return (struct reticle_work){.act = fmin(duty, limit)};
	case JOB_MODE_IDLE:
		break;
	}
	return (struct reticle_work){0};
}

void
job_load(struct job_result *out, double load_w[RETICLES], const struct model *md,
	 const struct job_set *jobs, const double duty[RETICLES], const double share[RETICLES],
	 double slow)
{
	double job_pace[JOBS_MAX], done[JOBS_MAX] = {0.0}, sum = 0.0;
	int size[JOBS_MAX] = {0};

	pace(job_pace, jobs, duty, share);
	for (int i = 0; i < RETICLES; i++) {
		const struct job *job = &jobs->job[jobs->of[i]];
		struct reticle_work w =
			work_of(job, job_pace[jobs->of[i]], duty[i], share[i], slow);

		load_w[i] = md->idle_w +
			    md->dynamic_w * job->density * (w.act + md->barrier_frac * w.wait);
		out->act[i] = w.act;
		sum += w.act;
		done[jobs->of[i]] +=
			mode_of(job) == JOB_MODE_SYNC && isfinite(job_pace[jobs->of[i]])
				? fmin(job_pace[jobs->of[i]], job->activity * slow)
				: w.act;
		size[jobs->of[i]]++;
	}
	out->utilisation = sum / RETICLES;
	out->rate_wafer = out->done = 0.0;
	for (uint32_t j = 0; j < JOBS_MAX; j++) {
		double activity = jobs->job[j].activity;

		out->rate[j] = 1.0;
		if (size[j] > 0 && mode_of(&jobs->job[j]) != JOB_MODE_IDLE && activity > 0.0)
			out->rate[j] = done[j] / size[j] / activity;
		out->rate_wafer += out->rate[j] * size[j] / RETICLES;
		out->done += done[j] / RETICLES;
	}
}
