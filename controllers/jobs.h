/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which reticles must keep pace with each other: those of a synchronous job or a pipeline share one
 * integrator, the others have one each. Pure.
 */
#ifndef ISOTHERM_CONTROLLERS_JOBS_H
#define ISOTHERM_CONTROLLERS_JOBS_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/job.h"

#define SLOT_NONE JOBS_MAX

struct view;

struct job_groups {
	bool any;              /* some reticle has a job: what the others do counts for nothing */
	bool all;              /* the work of each counts */
	uint32_t partly_steps; /* since when some reticles' slots have not been known */
	uint8_t lead
		[RETICLES]; /* the first reticle of its group: its own index where it is alone */
	uint8_t slot[RETICLES]; /* of its job; SLOT_NONE */
	bool alone[RETICLES];   /* it need not wait for another: gains of independent reticles */
	/* where its row ends: of its group, or of others that are alone; and of its slot */
	uint8_t end[RETICLES], slot_end[RETICLES];
};

/* One job on the whole wafer. */
void groups_of_one(struct job_groups *g, bool independent);
/*
 * What the engine block says. Without slots (an older one, or none in use) its mode is that of the
 * whole wafer; what is not known now stays as it was. A reticle whose slot stays unknown for 5 s
 * keeps the one it had, and the others go on. Once a step of the laws.
 */
void groups_read(struct job_groups *g, const struct view *v);

/* Do the same reticles share a duty, in the same slots? */
bool groups_same(const struct job_groups *a, const struct job_groups *b);

/* Where the row that i begins ends; that of its slot. */
static inline int
groups_end(const struct job_groups *g, int i)
{
	assert(g->end[i] > i); /* groups_of_one and groups_read make it so */
	return g->end[i];
}

static inline int
groups_slot_end(const struct job_groups *g, int i)
{
	assert(g->slot_end[i] > i);
	return g->slot_end[i];
}

/* Does its work count? Where nobody has a job everybody's does. */
static inline bool
groups_counts(const struct job_groups *g, int i)
{
	return !g->any || g->slot[i] != SLOT_NONE;
}

#endif
