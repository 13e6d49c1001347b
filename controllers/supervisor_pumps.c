/* SPDX-License-Identifier: Apache-2.0 */
/* The two pumps of a system: what is read of them, and which leads (pump_turns.h). */
#include "controllers/supervisor_private.h"

#include <math.h>

#define PCT 100.0
#define READ_FRAC 0.01 /* what reading them one after the other adds to a difference */

/* Half of what the first one runs faster, if taking turns can be why; else 0. */
static double
turn_seen(const struct supervisor *s, const struct control_params *p)
{
	double half = 0.5 * (s->in.pump_each_frac[0] - s->in.pump_each_frac[1]);
	return fabs(half) <= 0.5 * p->pump_lead_frac + READ_FRAC ? half : 0.0; /* NAN: 0 */
}

void
supervisor_see_pumps(struct supervisor *s, const struct control_params *p, const struct view *v)
{
	struct law_in *in = &s->in;
	for (int k = 0; k < ACTUATOR_PUMPS; k++)
		in->pump_each_frac[k] = v->pump_pct[k] / PCT;
	/* fmax passes NAN over */
	in->pump_frac = fmax(in->pump_each_frac[0], in->pump_each_frac[1]) - fabs(turn_seen(s, p));
	pump_turns_count(&s->turns, p, in->pump_each_frac);
}

void
supervisor_track_pumps(struct supervisor *s, const struct control_params *p)
{
	s->demands.pump_turn_frac = s->turns.off_frac = turn_seen(s, p);
}

void
supervisor_turn_pumps(struct supervisor *s, const struct control_params *p)
{
	struct demands *d = &s->demands;
	double speed[TURN_PUMPS];
	pump_turns_step(&s->turns, p, d->pump_frac, s->in.pump_alarm || s->cooling_lost, speed);
	d->pump_turn_frac = speed[0] - d->pump_frac;
}
