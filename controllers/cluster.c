/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/cluster.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "controllers/control.h"
#include "core/clock.h"

#define STRAGGLES_FRAC 0.01 /* others wait as long: less is how their work differs */
#define STRAGGLES_NS (3 * NS_PER_S)

/* What is known of a job: over the systems that it runs on. */
struct job_view {
	uint32_t systems, slowest, slot; /* the one that waits least, and the job's slot there */
	double least_frac, sum_frac, lost_per_s;
};

struct standing {               /* of a job */
	int32_t who, candidate; /* system; -1 nobody */
	int64_t since_ns;       /* of the candidate */
	bool told;              /* what `who` is now */
};

struct cluster {
	const struct plant *plant;
	struct straggler *of; /* [n_systems] */
	struct job_view view[PLANT_JOBS_MAX];
	struct standing job[PLANT_JOBS_MAX];
	int64_t now_ns;
	uint32_t next; /* job whose line is looked for */
};

static const struct straggler NOBODY = {.job = -1};

int
cluster_open(struct cluster **out, const struct plant *plant)
{
	struct cluster *c = calloc(1, sizeof *c);
	if (!c)
		return -ENOMEM;
	c->plant = plant;
	c->of = calloc((size_t)plant->n_systems + 1, sizeof *c->of);
	if (!c->of) {
		cluster_close(c);
		return -ENOMEM;
	}
	for (uint32_t s = 0; s < plant->n_systems; s++)
		c->of[s] = NOBODY;
	for (int j = 0; j < PLANT_JOBS_MAX; j++)
		c->job[j] = (struct standing){.who = -1, .candidate = -1, .told = true};
	*out = c;
	return 0;
}

void
cluster_close(struct cluster *c)
{
	if (!c)
		return;
	free(c->of);
	free(c);
}

const struct straggler *
cluster_straggler(const struct cluster *c, uint32_t system)
{
	return &c->of[system];
}

static void
take(struct cluster *c, uint32_t system, const struct cluster_report *r)
{
	for (uint32_t k = 0; k < JOBS_MAX; k++) {
		if (r->job[k] == 0 || r->job[k] > PLANT_JOBS_MAX || !isfinite(r->wait_frac[k]))
			continue;
		struct job_view *v = &c->view[r->job[k] - 1];
		if (v->systems == 0 || r->wait_frac[k] < v->least_frac) {
			v->least_frac = r->wait_frac[k];
			v->slowest = system;
			v->slot = k;
		}
		v->systems++;
		v->sum_frac += r->wait_frac[k];
		if (isfinite(r->full_per_s[k]))
			v->lost_per_s += r->full_per_s[k] * r->wait_frac[k];
	}
}

/* Who it is now, or -1. */
static int32_t
slowest(const struct job_view *v)
{
	if (v->systems < 2)
		return -1;
	double others = (v->sum_frac - v->least_frac) / (v->systems - 1);
	return v->least_frac < STRAGGLES_FRAC && others >= STRAGGLES_FRAC ? (int32_t)v->slowest
									  : -1;
}

static void
settle(struct standing *s, int32_t now, int64_t now_ns)
{
	if (now != s->candidate) {
		s->candidate = now;
		s->since_ns = now_ns;
	}
	if (s->candidate == s->who || now_ns - s->since_ns < STRAGGLES_NS)
		return;
	s->who = s->candidate;
	s->told = false;
}

void
cluster_step(struct cluster *c, const struct cluster_report *reports, int64_t now_ns)
{
	c->now_ns = now_ns;
	for (int j = 0; j < PLANT_JOBS_MAX; j++)
		c->view[j] = (struct job_view){0};
	for (uint32_t s = 0; s < c->plant->n_systems; s++) {
		c->of[s] = NOBODY;
		take(c, s, &reports[s]);
	}
	for (int j = 0; j < PLANT_JOBS_MAX; j++) {
		const struct job_view *v = &c->view[j];
		settle(&c->job[j], slowest(v), now_ns);
		int32_t who = c->job[j].who;
		if (who < 0 || v->systems < 2 || v->slowest != (uint32_t)who)
			continue;
		/* one that several jobs wait for shows the dearest */
		if (c->of[who].job >= 0 && c->of[who].cost_per_s >= v->lost_per_s)
			continue;
		c->of[who] = (struct straggler){.job = j,
						.slot = v->slot,
						.wait_frac = v->sum_frac / (v->systems - 1),
						.cost_per_s = v->lost_per_s};
	}
	c->next = 0;
}

bool
cluster_line(struct cluster *c, struct image_event *out, uint32_t *system)
{
	for (; c->next < PLANT_JOBS_MAX && c->next < c->plant->n_jobs; c->next++) {
		struct standing *s = &c->job[c->next];
		const char *job = c->plant->jobs[c->next].name;
		const struct job_view *v = &c->view[c->next];
		if (s->told)
			continue;
		s->told = true;
		*out = (struct image_event){.time_ns = c->now_ns,
					    .code = CONTROL_EVENT_CLUSTER,
					    .point = NO_POINT,
					    .value = s->who >= 0 ? v->lost_per_s : 0.0};
		*system = s->who >= 0 ? (uint32_t)s->who : 0;
		if (s->who >= 0)
			snprintf(out->text, sizeof out->text,
				 "%s holds up %s: the others wait %.0f %% of each step, costs %.0f "
				 "tokens/s",
				 c->plant->systems[s->who].name, job,
				 100.0 * v->sum_frac / (v->systems > 1 ? v->systems - 1 : 1),
				 v->lost_per_s);
		else
			snprintf(out->text, sizeof out->text,
				 "site: no system holds up %s any longer", job);
		c->next++;
		return true;
	}
	return false;
}
