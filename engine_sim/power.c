/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/power.h"

#include <math.h>

#include "engine_sim/limits.h"

double
power_loss_to_loop_w(const struct model *md, double wafer_w)
{
	return md->loss_to_loop_frac * wafer_w * (1.0 / md->core_stage_frac - 1.0);
}

/* Voltage behind a resistance that gives that power; past the greatest power it can give, half. */
static double
drooped(double v, double ohm, double w)
{
	return 0.5 * (v + sqrt(most(v * v - 4.0 * ohm * w, 0.0)));
}

void
power_chain(struct power_chain *out, const struct model *md, double wafer_w, double pumps_w,
	    const double lost[PSUS])
{
	double each_w, load;
	int running = 0; /* in a register: `lost` might be in `out`, as far as the compiler knows */

	for (int k = 0; k < PSUS; k++)
		running += lost[k] <= 0.5;
	out->running = running;
	out->wafer_w = wafer_w;
	out->core_v = drooped(md->core_v, md->core_ohm, wafer_w);
	out->core_a = wafer_w / out->core_v;
	out->output_w = wafer_w / md->core_stage_frac;
	each_w = running ? out->output_w / running : 0.0;
	load = each_w / md->supply_max_w;
	out->supply_v = drooped(md->supply_v, md->supply_ohm, each_w);
	out->supply_input_w =
		each_w / md->supply_frac + md->supply_fixed_w + md->supply_square_w * load * load;
	out->input_w = out->output_w / md->supply_frac + pumps_w + md->other_w +
		       running * (md->supply_fixed_w + md->supply_square_w * load * load);
	out->overload = running == 0 || out->output_w > running * md->supply_max_w ||
			out->core_a > md->core_max_a;
	for (int k = 0; k < PSUS; k++)
		out->supply_w[k] = lost[k] <= 0.5 ? each_w : 0.0;
}
