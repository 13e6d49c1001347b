/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold between the jobs of a plant. */
#include <math.h>
#include <string.h>

#include "config/jobs.h"

/* A job whose end is not known before it runs: others wait for it. */
static bool
open_ended(const struct job_config *job)
{
	return isfinite(job->work_tokens);
}

static double
end_of(const struct job_config *job)
{
	return isfinite(job->end_s) ? job->end_s : (double)INFINITY;
}

/* Is it certain that b has to start while a is there? Two that start together are; behind one that ends by its work
 * the other waits. */
static bool
meet(const struct job_config *a, const struct job_config *b)
{
	if (a->on_request || b->on_request)
		return false; /* nobody knows when: who asks too early waits */
	if (a->start_s > b->start_s) {
		const struct job_config *later = a;

		a = b;
		b = later;
	}
	if (!(a->start_s < b->start_s))
		return true;
	return b->start_s < end_of(a) && !open_ended(a);
}

static int32_t
common_reticle(const struct job_config *a, const struct job_config *b)
{
	for (int32_t i = 0; i < RETICLES; i++)
		if (a->reticle[i] && b->reticle[i])
			return i;
	return -1;
}

static int32_t
common_system(const struct job_config *a, const struct job_config *b)
{
	for (int32_t k = 0; k < JOB_SYSTEMS_MAX; k++)
		if (a->on[k] && b->on[k])
			return k;
	return -1;
}

static void
check_pair(struct schema_walk *w, const struct job_config *jobs, uint32_t a, uint32_t b,
	   const uint32_t *line)
{
	size_t was = schema_down_at(w, b);
	int32_t i = common_reticle(&jobs[a], &jobs[b]);

	if (!strcmp(jobs[a].name, jobs[b].name))
		schema_error(w, line[b], "name", "job \"%s\" is given twice, first in line %u",
			     jobs[b].name, line[a]);
	else if (i >= 0 && common_system(&jobs[a], &jobs[b]) >= 0 && meet(&jobs[a], &jobs[b]))
		schema_error(w, line[b], "reticles",
			     "overlaps job \"%s\" of line %u, at r%02dc%02d (allowed: reticles, "
			     "systems or times of its own)",
			     jobs[a].name, line[a], (int)i / ZONES, (int)i % ZONES);
	schema_up(w, was);
}

/* Others that are certain to be there, on that system, when job b starts. */
static uint32_t
beside(const struct job_config *jobs, uint32_t n, uint32_t b, uint32_t system)
{
	uint32_t count = 0;

	for (uint32_t a = 0; a < n; a++)
		count += a != b && jobs[a].on[system] && jobs[a].start_s <= jobs[b].start_s &&
			 meet(&jobs[a], &jobs[b]);
	return count;
}

void
jobs_check(struct schema_walk *w, const struct job_config *jobs, uint32_t n, const uint32_t *line)
{
	for (uint32_t b = 0; b < n; b++) {
		bool told = false;

		for (uint32_t a = 0; a < b; a++)
			check_pair(w, jobs, a, b, line);
		for (uint32_t k = 0; k < JOB_SYSTEMS_MAX && !told; k++) {
			size_t was;

			if (!jobs[b].on[k] || beside(jobs, n, b, k) < JOBS_MAX)
				continue;
			was = schema_down_at(w, b);
			schema_error(w, line[b], "start_s",
				     "is when %d other jobs are on its wafer (allowed: %d at a "
				     "time)",
				     JOBS_MAX, JOBS_MAX);
			schema_up(w, was);
			told = true;
		}
	}
}
