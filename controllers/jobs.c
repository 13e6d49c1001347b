/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/jobs.h"

#include <math.h>
#include <string.h>

#include "controllers/inputs.h"
#include "controllers/law.h"

#define PATIENCE_STEPS (5u * LAW_STEPS_PER_S)

/* What follows from who is in which group. */
static void
find_rows(struct job_groups *g)
{
	uint8_t end = RETICLES, slot_end = RETICLES;
	g->all = true;
	for (int i = RETICLES; i-- > 0;) {
		if (i + 1 < RETICLES && g->lead[i + 1] != g->lead[i] &&
		    !(g->alone[i] && g->alone[i + 1]))
			end = (uint8_t)(i + 1);
		if (i + 1 < RETICLES && g->slot[i + 1] != g->slot[i])
			slot_end = (uint8_t)(i + 1);
		g->end[i] = end;
		g->slot_end[i] = slot_end;
		g->all = g->all && groups_counts(g, i);
	}
}

void
groups_of_one(struct job_groups *g, bool independent)
{
	g->any = false;
	for (int i = 0; i < RETICLES; i++) {
		g->lead[i] = (uint8_t)(independent ? i : 0);
		g->slot[i] = SLOT_NONE;
		g->alone[i] = independent;
	}
	find_rows(g);
}

/* Slot of each reticle, as it was where it is not known now; false: that has to be waited for. */
static bool
read_slots(struct job_groups *g, const struct view *v, uint8_t slot[RETICLES], bool *any)
{
	int known = 0;
	*any = false;
	for (int i = 0; i < RETICLES; i++) {
		slot[i] = g->slot[i];
		if (isfinite(v->job_of[i])) {
			long s = lrint(v->job_of[i]) - 1;
			slot[i] = (uint8_t)(s >= 0 && s < JOBS_MAX ? s : SLOT_NONE);
			known++;
		}
		*any = *any || slot[i] != SLOT_NONE;
	}
	bool partly = known > 0 && known < RETICLES;
	g->partly_steps = partly ? g->partly_steps + 1 : 0;
	return known == RETICLES || g->partly_steps > PATIENCE_STEPS;
}

bool
groups_same(const struct job_groups *a, const struct job_groups *b)
{
	return memcmp(a->lead, b->lead, sizeof a->lead) == 0 &&
	       memcmp(a->alone, b->alone, sizeof a->alone) == 0 &&
	       memcmp(a->slot, b->slot, sizeof a->slot) == 0;
}

static bool
is_mode(double value, enum job_mode mode)
{
	return isfinite(value) && lrint(value) == (long)mode;
}

void
groups_read(struct job_groups *g, const struct view *v)
{
	uint8_t slot[RETICLES], first[JOBS_MAX];
	bool any, whole = read_slots(g, v, slot, &any);
	if (whole ? !any : !g->any) {
		if (isfinite(v->job_mode))
			groups_of_one(g, is_mode(v->job_mode, JOB_MODE_IND));
		return;
	}
	if (!whole)
		return;
	for (int s = 0; s < JOBS_MAX; s++)
		first[s] = RETICLES;
	g->any = true;
	for (int i = 0; i < RETICLES; i++) {
		uint8_t s = g->slot[i] = slot[i];
		/* a mode that has not come yet is the strict one: all wait for the slowest */
		g->alone[i] = s == SLOT_NONE || is_mode(v->slot_mode[s], JOB_MODE_IND);
		if (s != SLOT_NONE && first[s] == RETICLES)
			first[s] = (uint8_t)i;
		g->lead[i] = g->alone[i] ? (uint8_t)i : first[s];
	}
	find_rows(g);
}
