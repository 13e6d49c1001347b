/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The step of the reference wafer in one piece, row by row along the flow. Vectors run over zones,
 * so that a wafer alone is as fast as one of many and what else there is changes no bit of it.
 */
#include <stddef.h>

#include "engine_sim/lanes.h"
#include "engine_sim/wafer.h"

struct block_sums {
	four th, took_si, took_cu;
};

/* The sum of the neighbours in the row; at: block b of three. Past an adiabatic rim it is as warm as at
 * it. */
INLINED four
beside(const double *at, four t, int b)
{
	four before = b == 0 ? __builtin_shuffle(t, (four_index){0, 0, 1, 2}) : four_load(at - 1);
	four after = b == 2 ? __builtin_shuffle(t, (four_index){1, 2, 3, 3}) : four_load(at + 1);

	return before + after;
}

/*
 * Four zones of the wafer, along the flow: all of them at once would need more registers than there
 * are. The step's start, moved on for dt_s with the rates of the state `at`; to may be where start
 * is: then what silicon and copper took on is summed, too.
 */
INLINED struct block_sums
block(struct wafer_state *to, const struct wafer_state *start, const struct wafer_state *at,
      const double power_w[RETICLES], const struct wafer_inputs *in, double dt_s, double supply_c,
      int b)
{
	const struct model *md = in->md;
	const struct wafer_cooling *cool = in->cool;
	const double per_si = dt_s / md->c_si_j_k, per_cu = dt_s / md->c_cu_j_k;
	const double all_si = 2.0 * (md->k_si_x_w_k + md->k_si_y_w_k);
	const double all_cu = 2.0 * (md->k_cu_x_w_k + md->k_cu_y_w_k);
	const four zone = four_load(cool->zone_w_k + LANES * b);
	four si = four_load(at->si_c + LANES * b), cu = four_load(at->cu_c + LANES * b);
	four before_si = si, before_cu = cu;
	struct block_sums sums = {four_all(supply_c), four_all(0.0), four_all(0.0)};

	for (int i = LANES * b; i < RETICLES; i += ZONES) {
		int next = i + ZONES < RETICLES ? i + ZONES : i; /* past the rim as at it */
		four after_si = four_load(at->si_c + next), after_cu = four_load(at->cu_c + next);
		four down = four_load(cool->contact + i) * (si - cu);
		four rise = four_load(cool->effect + i) * (cu - sums.th);
		four net_si = four_load(power_w + i) - down, net_cu = down - zone * rise;
		four was_si = four_load(start->si_c + i), was_cu = four_load(start->cu_c + i);
		four moved_si, moved_cu;

		sums.th += rise;
		net_si += (md->k_si_x_w_k * beside(at->si_c + i, si, b) +
			   md->k_si_y_w_k * (before_si + after_si)) -
			  all_si * si;
		net_cu += (md->k_cu_x_w_k * beside(at->cu_c + i, cu, b) +
			   md->k_cu_y_w_k * (before_cu + after_cu)) -
			  all_cu * cu;
		moved_si = was_si + per_si * net_si;
		moved_cu = was_cu + per_cu * net_cu;
		four_store(to->si_c + i, moved_si);
		four_store(to->cu_c + i, moved_cu);
		if (to == start) {
			sums.took_si += moved_si - was_si;
			sums.took_cu += moved_cu - was_cu;
		}
		before_si = si;
		before_cu = cu;
		si = after_si;
		cu = after_cu;
	}
	return sums;
}

/* All of the wafer; what it took on goes to *stored_j where to is start. Returns the mixed outlet
 * temperature. */
INLINED double
stage(struct wafer_state *to, const struct wafer_state *start, const struct wafer_state *at,
      const double power_w[RETICLES], const struct wafer_inputs *in, double dt_s, double supply_c,
      double *stored_j)
{
	const struct row part = row_load(in->cool->zone_share);
	struct block_sums a = block(to, start, at, power_w, in, dt_s, supply_c, 0);
	struct block_sums b = block(to, start, at, power_w, in, dt_s, supply_c, 1);
	struct block_sums c = block(to, start, at, power_w, in, dt_s, supply_c, 2);
	struct row th = {a.th, b.th, c.th};
	double share = row_sum(part);

	if (stored_j)
		*stored_j = in->md->c_si_j_k * four_sum(a.took_si + b.took_si + c.took_si) +
			    in->md->c_cu_j_k * four_sum(a.took_cu + b.took_cu + c.took_cu);
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
