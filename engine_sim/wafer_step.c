/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The step of the reference wafer in one piece, row by row along the flow. Vectors run over zones,
 * so that a wafer alone is as fast as one of many and what else there is changes no bit of it.
 */
#include <stddef.h>

#include "engine_sim/lanes.h"
#include "engine_sim/wafer.h"

/*
 * The step's start, moved on for dt_s with the rates of the state `at`. to may be where start is:
 * then what silicon and copper took on goes to *stored_j. Returns the mixed outlet temperature.
 */
INLINED double
stage(struct wafer_state *to, const struct wafer_state *start, const struct wafer_state *at,
      const double power_w[RETICLES], const struct wafer_inputs *in, double dt_s, double supply_c,
      double *stored_j)
{
	const struct model *md = in->md;
	const struct wafer_cooling *cool = in->cool;
	const double per_si = dt_s / md->c_si_j_k, per_cu = dt_s / md->c_cu_j_k;
	const struct row zone = row_load(cool->zone_w_k), part = row_load(cool->zone_share);
	struct row si = row_load(at->si_c), cu = row_load(at->cu_c), th = row_all(supply_c);
	struct row from_si = row_all(0.0), from_cu = row_all(0.0); /* what the row before took */
	struct row took_si = row_all(0.0), took_cu = row_all(0.0);
	double share = row_sum(part);

	for (int i = 0; i < RETICLES; i += ZONES) {
		int next = i + ZONES < RETICLES ? i + ZONES : i; /* the last row's rim: no flux */
		struct row after_si = row_load(at->si_c + next);
		struct row after_cu = row_load(at->cu_c + next);
		struct row to_si = row_scaled(md->k_si_y_w_k, row_less(after_si, si));
		struct row to_cu = row_scaled(md->k_cu_y_w_k, row_less(after_cu, cu));
		struct row down = row_times(row_load(cool->contact + i), row_less(si, cu));
		struct row rise = row_times(row_load(cool->effect + i), row_less(cu, th));
		struct row net_si = row_less(row_load(power_w + i), down);
		struct row net_cu = row_less(down, row_times(zone, rise));
		struct row was_si = row_load(start->si_c + i), was_cu = row_load(start->cu_c + i);

		th = row_add(th, rise);
		net_si = row_add(net_si,
				 row_add(row_across(si, md->k_si_x_w_k), row_less(to_si, from_si)));
		net_cu = row_add(net_cu,
				 row_add(row_across(cu, md->k_cu_x_w_k), row_less(to_cu, from_cu)));
		si = row_add(was_si, row_scaled(per_si, net_si));
		cu = row_add(was_cu, row_scaled(per_cu, net_cu));
		row_store(to->si_c + i, si);
		row_store(to->cu_c + i, cu);
		if (stored_j) {
			took_si = row_add(took_si, row_less(si, was_si));
			took_cu = row_add(took_cu, row_less(cu, was_cu));
		}
		si = after_si;
		cu = after_cu;
		from_si = to_si;
		from_cu = to_cu;
	}
	if (stored_j)
		*stored_j = md->c_si_j_k * row_sum(took_si) + md->c_cu_j_k * row_sum(took_cu);
	return share > 0.0 ? row_sum(row_times(part, th)) / share : supply_c;
}

/* Leakage and power of the silicon at the start of the step; returns the power's sum. */
INLINED double
power_at_start(double leak_w[RETICLES], double power_w[RETICLES], const struct wafer_state *at,
	       const struct wafer_inputs *in)
{
	const struct model *md = in->md;
	struct row sum = row_all(0.0);

	for (int i = 0; i < RETICLES; i += ZONES) {
		struct row above = row_less(row_load(at->si_c + i), row_all(md->leak_ref_c));
		struct row full = row_scaled(md->leak_w, row_load(in->variation->l_leakage + i));
		struct row leak = row_times(full, row_exp_near(row_scaled(md->leak_per_k, above)));
		struct row w = row_scaled(in->powered, row_add(leak, row_load(in->load_w + i)));

		row_store(leak_w + i, leak);
		row_store(power_w + i, w);
		sum = row_add(sum, w);
	}
	return row_sum(sum);
}

/* Power half a step later: leakage grew by an exponential so near to 1 that a short series has it. */
INLINED double
power_at_middle(const double leak_w[RETICLES], double power_w[RETICLES],
		const struct wafer_state *start, const struct wafer_state *at,
		const struct wafer_inputs *in)
{
	struct row sum = row_all(0.0);

	for (int i = 0; i < RETICLES; i += ZONES) {
		struct row moved = row_less(row_load(at->si_c + i), row_load(start->si_c + i));
		struct row grown = row_exp_tiny(row_scaled(in->md->leak_per_k, moved));
		struct row leak = row_times(row_load(leak_w + i), grown);
		struct row w = row_scaled(in->powered, row_add(leak, row_load(in->load_w + i)));

		row_store(power_w + i, w);
		sum = row_add(sum, w);
	}
	return row_sum(sum);
}

WIDE double
wafer_power(double out_w[RETICLES], const struct model *md, const struct wafer_variation *v,
	    const struct wafer_state *s, const double load_w[RETICLES], double powered)
{
	UNCLEARED double leak_w[RETICLES];
	const struct wafer_inputs in = {
		.md = md, .variation = v, .load_w = load_w, .powered = powered};

	return power_at_start(leak_w, out_w, s, &in);
}

WIDE void
wafer_step(struct wafer_state *s, struct wafer_moves *out, const struct wafer_inputs *in,
	   double step_s)
{
	UNCLEARED double leak_w[RETICLES], power_w[RETICLES];
	UNCLEARED struct wafer_state mid;
	double stored_j;

	out->power_w[0] = power_at_start(leak_w, power_w, s, in);
	out->outlet_c[0] = stage(&mid, s, s, power_w, in, 0.5 * step_s, in->supply_c[0], NULL);
	out->power_w[1] = power_at_middle(leak_w, power_w, s, &mid, in);
	out->outlet_c[1] = stage(s, s, &mid, power_w, in, step_s, in->supply_c[1], &stored_j);
	out->stored_w = stored_j / step_s;
}
