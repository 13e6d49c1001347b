/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/model_jobs.h"

#include <math.h>
#include <stdio.h>

#include "tui/model.h"

const char *
model_job_mode_word(enum job_mode mode)
{
	switch (mode) {
	case JOB_MODE_SYNC:
		return "SYNC";
	case JOB_MODE_IND:
		return "IND";
	case JOB_MODE_PIPE:
		return "PIPE";
	case JOB_MODE_PART:
		return "PART";
	case JOB_MODE_IDLE:
		break;
	}
	return "idle";
}

/* What is put together of several is as old and as good as the worst of them. */
static void
join(struct sample *to, const struct sample *s, bool first, double value)
{
	if (first) {
		*to = *s;
		return;
	}
	to->quality = quality_worse((enum quality)to->quality, (enum quality)s->quality);
	to->flags |= s->flags;
	if (s->time_ns < to->time_ns)
		to->time_ns = s->time_ns;
	to->value = value;
}

static struct model_job *
find(struct model_jobs *jobs, uint32_t number)
{
	for (uint32_t i = 0; i < jobs->n; i++)
		if (jobs->job[i].number == number)
			return &jobs->job[i];
	return NULL;
}

/* A job that nobody has seen yet, in its place. */
static struct model_job *
place(struct model *m, uint32_t number, uint32_t system, uint32_t slot)
{
	struct model_jobs *jobs = &m->jobs;
	const struct plant *plant = m->alarms.plant;
	uint32_t at = jobs->n++;
	for (; at > 0 && jobs->job[at - 1].number > number; at--)
		jobs->job[at] = jobs->job[at - 1];
	struct model_job *j = &jobs->job[at];
	*j = (struct model_job){.number = number,
				.first_system = system,
				.first_slot = slot,
				.straggler = m->n_systems};
	if (plant && number <= plant->n_jobs) {
		snprintf(j->name, sizeof(j->name), "%s", plant->jobs[number - 1].name);
		snprintf(j->tenant, sizeof(j->tenant), "%s", plant->jobs[number - 1].tenant);
	} else {
		snprintf(j->name, sizeof(j->name), "job %u", number);
	}
	for (int i = 0; i < RETICLES; i++) {
		const struct sample *of = &m->systems[system].job_of[i];
		j->n_reticles += sample_usable(of) && lrint(of->value) == (long)slot + 1;
	}
	return j;
}

static void
take(struct model *m, uint32_t system, uint32_t slot)
{
	const struct model_system *s = &m->systems[system];
	const struct sample *id = &s->slot_id[slot], *mode = &s->slot_mode[slot];
	if (!sample_usable(id) || id->value < 0.5 || id->value > 65535)
		return;
	uint32_t number = (uint32_t)lrint(id->value);
	struct model_job *j = find(&m->jobs, number);
	if (!j && m->jobs.n == PLANT_JOBS_MAX)
		return;
	if (!j)
		j = place(m, number, system, slot);
	bool first = j->n_systems++ == 0;
	if (sample_usable(mode) && mode->value >= 0 && mode->value <= JOB_MODE_PART)
		j->mode = (enum job_mode)lrint(mode->value);
	const struct sample *rate = &s->slot_rate_frac[slot], *wait = &s->slot_wait_frac[slot],
			    *tokens = &s->slot_tokens_per_s[slot], *cost = &s->slot_cost[slot];
	join(&j->rate_frac, rate, first, fmin(j->rate_frac.value, rate->value));
	join(&j->wait_frac, wait, first, fmax(j->wait_frac.value, wait->value));
	join(&j->tokens_per_s, tokens, first, j->tokens_per_s.value + tokens->value);
	join(&j->cost_per_s, cost, first, j->cost_per_s.value + cost->value);
	const struct sample *holds_up = &s->one[ROLE_CTL_STRAGGLER];
	if (sample_usable(holds_up) && lrint(holds_up->value) == (long)number) {
		j->straggler = system;
		j->straggler_cost_per_s = s->one[ROLE_CTL_STRAGGLER_COST];
	}
}

bool
model_jobs_unknown(const struct model_system *s)
{
	for (uint32_t k = 0; k < s->n_slots; k++)
		if (!sample_usable(&s->slot_id[k]))
			return true;
	return false;
}

void
model_jobs_summarise(struct model *m)
{
	m->jobs.n = m->jobs.n_named = m->jobs.n_unknown = 0;
	for (uint32_t s = 0; s < m->n_systems; s++) {
		m->jobs.n_named += m->systems[s].n_slots > 0;
		m->jobs.n_unknown += model_jobs_unknown(&m->systems[s]);
		for (uint32_t k = 0; k < JOBS_MAX; k++)
			take(m, s, k);
	}
}
