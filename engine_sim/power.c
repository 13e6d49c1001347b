/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/power.h"

#include <math.h>

#include "engine_sim/lanes.h"

double
power_loss_to_loop_w(const struct model *md, double wafer_w)
{
	return md->loss_to_loop_frac * wafer_w * (1.0 / md->core_stage_frac - 1.0);
}

_Static_assert(PSUS == ZONES, "as many as a row has");

/* Voltage behind a resistance that gives that power; past the greatest power it can give, half. */
static double
drooped(double v, double ohm, double w)
{
	return 0.5 * (v + sqrt(most(v * v - 4.0 * ohm * w, 0.0)));
}

double
power_supply_v(const struct model *md, double supply_w)
{
	return drooped(md->supply_v, md->supply_ohm, supply_w);
}

WIDE void
power_chain(struct power_chain *out, const struct model *md, double wafer_w, double pumps_w,
	    const double lost[PSUS])
{
	const four one = four_all(1.0), none = four_all(0.0);
	struct row l = row_load(lost);
	struct row runs = {four_choose(l.a <= 0.5, one, none), four_choose(l.b <= 0.5, one, none),
			   four_choose(l.c <= 0.5, one, none)};
	int running = (int)row_sum(runs);
	double each_w, load;

	out->running = running;
	out->wafer_w = wafer_w;
	out->core_v = drooped(md->core_v, md->core_ohm, wafer_w);
	out->core_a = wafer_w / out->core_v;
	out->output_w = wafer_w / md->core_stage_frac;
	each_w = running ? out->output_w / running : 0.0;
	load = each_w / md->supply_max_w;
	out->supply_input_w =
		each_w / md->supply_frac + md->supply_fixed_w + md->supply_square_w * load * load;
	out->input_w = out->output_w / md->supply_frac + pumps_w + md->other_w +
		       running * (md->supply_fixed_w + md->supply_square_w * load * load);
	out->overload = running == 0 || out->output_w > running * md->supply_max_w ||
			out->core_a > md->core_max_a;
	out->supply_w = each_w;
}
