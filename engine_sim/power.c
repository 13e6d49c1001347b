/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/power.h"

#include <math.h>

double
power_loss_to_loop_w(const struct model *md, double wafer_w)
{
	return md->loss_to_loop_frac * wafer_w * (1.0 / md->core_stage_frac - 1.0);
}

void
power_chain(struct power_chain *out, const struct model *md, double wafer_w, double pumps_w,
	    const double failed[PSUS])
{
	double disc = md->core_v * md->core_v - 4.0 * md->core_ohm * wafer_w;
	double each;
	int running = 0;

	for (int k = 0; k < PSUS; k++)
		running += failed[k] <= 0.5;
	out->wafer_w = wafer_w;
	/* V = V0 - R I and P = V I; past the greatest power of the path the voltage stays at half */
	out->core_v = 0.5 * (md->core_v + sqrt(fmax(0.0, disc)));
	out->core_a = wafer_w / out->core_v;
	out->output_w = wafer_w / md->core_stage_frac;
	out->input_w = out->output_w / md->supply_frac + pumps_w + md->other_w;
	out->overload = out->output_w > running * md->supply_max_w;
	each = running > 0 ? out->output_w / running : 0.0;
	for (int k = 0; k < PSUS; k++)
		out->supply_w[k] = failed[k] <= 0.5 ? each : 0.0;
}
