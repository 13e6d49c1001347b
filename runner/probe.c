/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/probe.h"

#include <math.h>
#include <stdio.h>

static bool
sample_fits(const struct scenario_probe *p, const struct sample *s)
{
	return (p->quality < 0 || (int)s->quality == p->quality) &&
	       (isinf(p->min) || s->value >= p->min) && (isinf(p->max) || s->value <= p->max);
}

static void
failed(struct probe_state *state, const struct scenario_probe *p, const char *name,
       const struct sample *s, double t_s)
{
	state->failed = true;
	(void)snprintf(state->text, sizeof state->text, "%s%s is %g, %s at %.1f s",
		       p->kind == PROBE_DEMAND ? "demand of " : "", name, s->value,
		       quality_name((enum quality)s->quality), t_s);
}

void
probe_look(struct probe_state *state, const struct scenario_probe *p, const struct probe_view *view)
{
	const struct plant *plant = view->scenario->plant;
	uint32_t first = p->index, n = 1;

	state->seen = true;
	if (p->kind == PROBE_DEVICE) {
		first = plant->devices[p->index].first_point;
		n = plant->devices[p->index].n_points;
	}
	for (uint32_t k = first; k < first + n && !state->failed; k++) {
		const char *name = p->kind == PROBE_DEMAND ? p->name : plant->points[k].name;
		const struct sample *s;

		if (p->kind == PROBE_DEMAND)
			s = &view->ctl[k];
		else
			s = k < plant->n_in ? &view->in[k] : &view->ctl[k - plant->n_in];
		if (!sample_fits(p, s))
			failed(state, p, name, s, view->t_s);
	}
}

const char *
probe_failure(const struct probe_state *state)
{
	if (!state->seen)
		return "was never looked at";
	return state->failed ? state->text : NULL;
}
