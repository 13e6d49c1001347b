/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controllers/cluster_state.h"
#include "controllers/control.h"
#include "core/clock.h"

#define STRAGGLES_NS (3 * NS_PER_S)
#define SHARED_NS (10 * NS_PER_S) /* shares that have stood for so long are worth a line */

static const struct straggler NOBODY = {.job = -1};

int
cluster_open(struct cluster **out, const struct plant *plant)
{
	struct cluster *c = calloc(1, sizeof *c);
	if (!c)
		return -ENOMEM;
	c->plant = plant;
	size_t n = (size_t)plant->n_systems + 1;
	c->of = calloc(n, sizeof *c->of);
	c->order = calloc(n, sizeof *c->order);
	c->member = calloc(n * JOBS_MAX, sizeof *c->member);
	c->who = calloc(n, sizeof *c->who);
	c->count = calloc(n, sizeof *c->count);
	c->rate = calloc(n, sizeof *c->rate);
	c->surely = calloc(n, sizeof *c->surely);
	if (!c->of || !c->order || !c->member || !c->who || !c->count || !c->rate || !c->surely) {
		cluster_close(c);
		return -ENOMEM;
	}
	for (uint32_t s = 0; s < plant->n_systems; s++) {
		c->of[s] = NOBODY;
		for (int k = 0; k < JOBS_MAX; k++) {
			c->order[s].pace_frac[k] = 1.0;
			c->order[s].batch_frac[k] = (double)NAN;
			c->member[s * JOBS_MAX + (uint32_t)k].missing_frac = 1.0;
		}
	}
	for (uint32_t j = 0; j < PLANT_JOBS_MAX; j++) {
		c->job[j] = (struct standing){.who = -1, .candidate = -1, .told = true};
		c->pacing[j] = (struct pacing){.rate = (double)NAN};
		c->pass_s[j] = j < plant->n_jobs ? job_pass_s(&plant->jobs[j], 1.0) : 1.0;
	}
	*out = c;
	return 0;
}

void
cluster_close(struct cluster *c)
{
	if (!c)
		return;
	free(c->of);
	free(c->order);
	free(c->member);
	free(c->who);
	free(c->count);
	free(c->rate);
	free(c->surely);
	free(c);
}

const struct straggler *
cluster_straggler(const struct cluster *c, uint32_t system)
{
	return &c->of[system];
}

const struct cluster_order *
cluster_order(const struct cluster *c, uint32_t system)
{
	return &c->order[system];
}

/* Where duty says how fast a system is, this is known whatever the others wait now. */
static void
take_own(struct cluster *c, uint32_t system, const struct cluster_report *r, uint32_t k)
{
	struct job_view *v = &c->view[r->job[k] - 1];
	double own = cluster_rate(c, r, system, k);
	bool without = own <= 0.0 && c->pacing[r->job[k] - 1].shared; /* the others do its work */
	if (!r->paced[k] || !isfinite(own) || without)
		return;
	if (v->known == 0 || own < v->least_own) {
		v->least_own = own;
		v->own_slowest = system;
		v->own_slot = k;
	}
	v->known++;
	v->sum_own_s += own > 0.0 ? 1.0 / own : 0.0;
	if (isfinite(r->full_per_s[k]) && isfinite(r->rate_frac[k]))
		v->missing_per_s += r->full_per_s[k] * fmax(fmin(own, 1.0) - r->rate_frac[k], 0.0);
}

static void
take(struct cluster *c, uint32_t system, const struct cluster_report *r)
{
	for (uint32_t k = 0; k < JOBS_MAX; k++) {
		if (r->job[k] == 0 || r->job[k] > PLANT_JOBS_MAX)
			continue;
		take_own(c, system, r, k);
		/* unequal shares wait for each other whoever is slow */
		if (!isfinite(r->wait_frac[k]) || c->pacing[r->job[k] - 1].shared)
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

/* How long the others would wait at equal shares, each at its own rate. */
static double
would_wait(const struct job_view *v)
{
	if (v->known < 2)
		return 0.0;
	double others_s = v->sum_own_s - (v->least_own > 0.0 ? 1.0 / v->least_own : 0.0);
	return 1.0 - v->least_own * others_s / (v->known - 1);
}

/* By who waits least; where the others do something about it, by what each could do. */
static void
judge(struct job_view *v)
{
	double would = would_wait(v);
	double waits = v->systems > 1 ? (v->sum_frac - v->least_frac) / (v->systems - 1) : 0.0;
	if (would < STRAGGLES_FRAC || (v->least_frac < STRAGGLES_FRAC && waits > would))
		return;
	v->slowest = v->own_slowest;
	v->slot = v->own_slot;
	v->systems = v->known;
	v->least_frac = 0.0;
	v->sum_frac = would * (v->known - 1);
	v->lost_per_s = v->missing_per_s;
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
		struct job_view *v = &c->view[j];
		judge(v);
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
	cluster_share(c, reports);
	c->next = 0;
}

static void
tell_straggler(const struct cluster *c, uint32_t job, struct image_event *out, uint32_t *system)
{
	const struct standing *s = &c->job[job];
	const struct job_view *v = &c->view[job];
	const char *name = c->plant->jobs[job].name;
	*system = s->who >= 0 ? (uint32_t)s->who : 0;
	out->value = s->who >= 0 ? v->lost_per_s : 0.0;
	if (s->who >= 0)
		snprintf(out->text, sizeof out->text,
			 "%s holds up %s: others %s %.0f %% of a step, costs %.0f tokens/s",
			 c->plant->systems[s->who].name, name,
			 cluster_acts(c, job) ? "would wait" : "wait",
			 100.0 * v->sum_frac / (v->systems > 1 ? v->systems - 1 : 1),
			 v->lost_per_s);
	else
		snprintf(out->text, sizeof out->text, "site: no system holds up %s any longer",
			 name);
}

/* Fewest and most micro-batches of a system of it, and who has the fewest. */
static void
tell_shares(const struct cluster *c, uint32_t job, struct image_event *out, uint32_t *system)
{
	uint32_t least = UINT32_MAX, most = 0, n = c->plant->n_systems * JOBS_MAX;
	for (uint32_t i = 0; i < n; i++) {
		const struct member *m = &c->member[i];
		if (m->job != job + 1)
			continue;
		if (m->count < least) {
			least = m->count;
			*system = i / JOBS_MAX;
		}
		most = m->count > most ? m->count : most;
	}
	out->value = least;
	if (c->pacing[job].shared)
		snprintf(out->text, sizeof out->text,
			 "%s does %u micro-batches of %s a step, others up to %u, by their rates",
			 c->plant->systems[*system].name, least, c->plant->jobs[job].name, most);
	else
		snprintf(out->text, sizeof out->text,
			 "site: all systems of %s do the same %u micro-batches a step again",
			 c->plant->jobs[job].name, least);
}

bool
cluster_line(struct cluster *c, struct image_event *out, uint32_t *system)
{
	for (; c->next < PLANT_JOBS_MAX && c->next < c->plant->n_jobs; c->next++) {
		struct standing *s = &c->job[c->next];
		struct pacing *p = &c->pacing[c->next];
		bool shares = p->changed_ns > 0 && c->now_ns - p->changed_ns >= SHARED_NS;
		if (s->told && !shares)
			continue;
		memset(out, 0, sizeof *out);
		out->time_ns = c->now_ns;
		out->code = CONTROL_EVENT_CLUSTER;
		out->point = NO_POINT;
		*system = 0;
		if (!s->told)
			tell_straggler(c, c->next, out, system);
		else
			tell_shares(c, c->next, out, system);
		p->changed_ns = s->told ? 0 : p->changed_ns;
		s->told = true;
		return true;
	}
	return false;
}
