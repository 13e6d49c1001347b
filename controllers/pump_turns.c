/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/pump_turns.h"

#include <math.h>

#include "controllers/law.h"

#define S_PER_H 3600.0

void
pump_turns_init(struct pump_turns *t)
{
	*t = (struct pump_turns){.lead = -1};
}

/* Who is found to run faster was the lead before us. */
static int
first_lead(const struct control_params *p, const double speed_frac[TURN_PUMPS], double *off_frac)
{
	double off = 0.5 * (speed_frac[0] - speed_frac[1]);
	*off_frac = law_clamp(off, -0.5 * p->pump_lead_frac, 0.5 * p->pump_lead_frac);
	return off < 0.0 ? 1 : 0;
}

void
pump_turns_count(struct pump_turns *t, const struct control_params *p,
		 const double speed_frac[TURN_PUMPS])
{
	if (!isfinite(speed_frac[0]) || !isfinite(speed_frac[1]))
		return;
	if (t->lead < 0)
		t->lead = first_lead(p, speed_frac, &t->off_frac);
	for (int k = 0; k < TURN_PUMPS; k++)
		t->hours[k] += law_clamp(speed_frac[k], 0.0, 1.0) * LAW_DT_S / S_PER_H;
	if (t->hours[t->lead] - t->hours[1 - t->lead] > p->pump_turn_h)
		t->lead = 1 - t->lead;
}

void
pump_turns_step(struct pump_turns *t, const struct control_params *p, double n_frac, bool alike,
		double out_frac[TURN_PUMPS])
{
	double most = law_least(0.5 * p->pump_lead_frac,
				law_least(p->pump_max_frac - n_frac, n_frac - p->pump_min_frac));
	double step = p->ramp_per_s * LAW_DT_S;
	most = law_most(most, 0.0);
	double want = alike || t->lead < 0 ? 0.0 : t->lead == 0 ? most : -most;
	t->off_frac += law_clamp(want - t->off_frac, -step, step);
	if (alike) /* not for the sake of wear: all there is, at once */
		t->off_frac = 0.0;
	t->off_frac =
		law_clamp(t->off_frac, -most, most); /* the bounds of the speed hold at once */
	out_frac[0] = n_frac + t->off_frac;
	out_frac[1] = n_frac - t->off_frac;
}
