/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which alarms are to be judged. Most rest: their input is where it changes nothing, and so it is from one step to the next.
 * What decides that stands side by side, group of inputs by group, and of groups that brought nothing new none is looked at.
 */
#include <errno.h>
#include <stdlib.h>

#include "alarms/engine_state.h"

#define BITS 64u

struct place { /* of an alarm's input; region REGIONS: it has none */
	uint32_t region, index, alarm;
};

static int
by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->region != y->region)
		return x->region < y->region ? -1 : 1;
	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return x->alarm < y->alarm ? -1 : 1;
}

static void
find_places(const struct plant *plant, struct place *places)
{
	for (uint32_t i = 0; i < plant->n_alarms; i++) {
		struct place *p = &places[i];

		p->alarm = i;
		p->region = (uint32_t)plant_where(plant, plant->alarms[i].point, &p->index);
	}
	qsort(places, plant->n_alarms, sizeof(*places), by_place);
}

/* Those whose inputs lie in a group follow one another. */
static void
cut_into_groups(struct engine *e, const struct place *places)
{
	uint32_t k = 0;

	for (uint32_t r = 0; r < REGIONS; r++) {
		const struct plant_layout *layout = plant_layout_of(e->plant, (enum plant_region)r);
		uint32_t *first = e->first_rest[r];

		first[0] = k;
		for (uint32_t g = 0; g < layout->n_groups; g++) {
			while (k < e->plant->n_alarms && places[k].region == r &&
			       places[k].index < layout->first[g + 1])
				k++;
			first[g + 1] = k;
		}
	}
}

int
engine_rests_open(struct engine *e)
{
	uint32_t n = e->plant->n_alarms;
	struct place *places = calloc(n + 1u, sizeof(*places));
	bool all = places != NULL;

	e->rests = calloc(n + 1u, sizeof(*e->rests));
	e->rests_of = calloc(n + 1u, sizeof(*e->rests_of));
	e->awake = calloc(n / BITS + 1u, sizeof(*e->awake));
	for (int r = 0; r < REGIONS; r++) {
		uint32_t n_groups = plant_layout_of(e->plant, (enum plant_region)r)->n_groups;

		e->first_rest[r] = calloc(n_groups + 1u, sizeof(*e->first_rest[r]));
		all = all && e->first_rest[r];
	}
	if (!all || !e->rests || !e->rests_of || !e->awake) {
		free(places);
		return -ENOMEM;
	}
	find_places(e->plant, places);
	cut_into_groups(e, places);
	for (uint32_t k = 0; k < n; k++) {
		e->rests[k].input = places[k].index;
		e->rests_of[k] = places[k].alarm;
		e->watch[places[k].alarm].rest = k;
	}
	free(places);
	engine_wake_all(e);
	return 0;
}

void
engine_rests_close(struct engine *e)
{
	free(e->rests);
	free(e->rests_of);
	free(e->awake);
	for (int r = 0; r < REGIONS; r++)
		free(e->first_rest[r]);
}

void
engine_wake(struct engine *e, uint32_t alarm)
{
	e->awake[alarm / BITS] |= UINT64_C(1) << alarm % BITS;
}

void
engine_wake_all(struct engine *e)
{
	for (uint32_t i = 0; i < e->plant->n_alarms; i++)
		engine_wake(e, i);
}

void
engine_wake_some(struct engine *e)
{
	for (int r = 0; r < REGIONS; r++) {
		const struct plant_layout *layout = plant_layout_of(e->plant, (enum plant_region)r);
		bool own = r == REGION_ALM; /* shown a step ago */
		const bool *fresh = readings_fresh(e->readings, (enum plant_region)r);
		const struct sample *samples =
			own ? e->shown : readings_samples(e->readings, (enum plant_region)r);

		for (uint32_t g = 0; g < layout->n_groups; g++) {
			if (!own && !fresh[g])
				continue;
			for (uint32_t k = e->first_rest[r][g]; k < e->first_rest[r][g + 1]; k++)
				if (!judge_rests(&e->rests[k], &samples[e->rests[k].input]))
					engine_wake(e, e->rests_of[k]);
		}
	}
}

uint32_t
engine_next_awake(const struct engine *e, uint32_t from)
{
	uint32_t n = e->plant->n_alarms;

	while (from < n) {
		uint64_t left = e->awake[from / BITS] >> from % BITS;

		if (left != 0)
			return from + (uint32_t)__builtin_ctzll(left);
		from += BITS - from % BITS;
	}
	return n;
}

void
engine_let_rest(struct engine *e, uint32_t alarm)
{
	const struct alarm_watch *w = &e->watch[alarm];
	struct judge_rest *rest = &e->rests[w->rest];

	judge_rest(rest, &w->judge, w->record, w->input, w->base);
	if (judge_rests(rest, w->input) && w->until_ns == NEVER_NS)
		e->awake[alarm / BITS] &= ~(UINT64_C(1) << alarm % BITS);
}
