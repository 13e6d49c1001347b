/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The step of the reference wafer in one piece, row by row along the flow. Vectors run over zones,
 * so that a wafer alone is as fast as one of many and what else there is changes no bit of it.
 */
#include <stddef.h>

#include "engine_sim/lanes.h"
#include "engine_sim/wafer.h"

/* State in the middle of the step as the step before foretells it: what flows sideways and leaks is of it.
 * Past the adiabatic rim it is as warm as at it. */
struct ahead {
	double si_c[RETICLES + ZONES], cu_c[RETICLES + ZONES];
};

/* Numbers of the model as the step takes them: moves of half a step, K, of W and of K. */
struct numbers {
	double leak_w, per_16k, at_0;
	double powered_k_w, per_cu;
	double si_x, si_y, si_own, cu_x, cu_y, cu_own;
	double e_per_p;
};

struct block_sums {
	four unpowered_w, th, half_si, half_cu;
};

/* The sum of the neighbours in the row; at: block b of three. */
INLINED four
beside(const double *at, four t, int b)
{
	four before = b == 0 ? __builtin_shuffle(t, (four_index){0, 0, 1, 2}) : four_load(at - 1);
	four after = b == 2 ? __builtin_shuffle(t, (four_index){1, 2, 3, 3}) : four_load(at + 1);

	return before + after;
}

/* Power of four reticles at that temperature, if they have any. */
INLINED four
power_at(four si_c, const struct numbers *n, const double *l_leakage, const double *load_w)
{
	four sixteenth = n->per_16k * si_c - n->at_0;

	return n->leak_w * four_load(l_leakage) * four_exp_of_16(sixteenth) + four_load(load_w);
}

INLINED struct numbers
numbers_of(const struct model *md, double powered)
{
	const double per_si = 0.5 * WAFER_STEP_S / md->c_si_j_k;
	const double per_cu = 0.5 * WAFER_STEP_S / md->c_cu_j_k;

	return (struct numbers){
		.leak_w = md->leak_w,
		.per_16k = md->leak_per_k / 16,
		.at_0 = md->leak_per_k / 16 * md->leak_ref_c,
		.powered_k_w = powered * per_si,
		.per_cu = per_cu,
		.si_x = per_si * md->k_si_x_w_k,
		.si_y = per_si * md->k_si_y_w_k,
		.si_own = 2.0 * per_si * (md->k_si_x_w_k + md->k_si_y_w_k),
		.cu_x = per_cu * md->k_cu_x_w_k,
		.cu_y = per_cu * md->k_cu_y_w_k,
		.cu_own = 2.0 * per_cu * (md->k_cu_x_w_k + md->k_cu_y_w_k),
		.e_per_p = md->c_cu_j_k / md->c_si_j_k,
	};
}

/*
 * Four zones of the wafer, along the flow: all of them at once would need more registers than there
 * are. Half a step takes silicon to si = a - e (a - cu) and copper to cu = k (b + p a + q th), where a and
 * b are what they would be but for contact and coolant; a whole one goes as far again.
 */
INLINED struct block_sums
block(struct wafer_state *s, const struct ahead *at, const struct wafer_inputs *in,
      const struct numbers *n, int b)
{
	const struct wafer_cooling *cool = in->cool;
	const double *leakage = in->variation->l_leakage, *load_w = in->load_w;
	const four q = n->per_cu * four_load(cool->zone_w_k + LANES * b);
	four si = four_load(at->si_c + LANES * b), cu = four_load(at->cu_c + LANES * b);
	four before_si = si, before_cu = cu;
	struct block_sums sums = {.th = four_all(in->supply_c)};

	for (int i = LANES * b; i < RETICLES; i += ZONES) {
		four after_si = four_load(at->si_c + i + ZONES);
		four after_cu = four_load(at->cu_c + i + ZONES);
		four was_si = four_load(s->si_c + i), was_cu = four_load(s->cu_c + i);
		four power_w = power_at(si, n, leakage + i, load_w + i);
		four p = four_load(cool->down + i), f = four_load(cool->effect + i);
		four mid_si, mid_cu, half_si, half_cu;

		mid_si = was_si + n->powered_k_w * power_w +
			 (n->si_x * beside(at->si_c + i, si, b) + n->si_y * (before_si + after_si) -
			  n->si_own * si);
		mid_cu = was_cu + (n->cu_x * beside(at->cu_c + i, cu, b) +
				   n->cu_y * (before_cu + after_cu) - n->cu_own * cu);
		mid_cu = four_load(cool->back + i) * (mid_cu + p * mid_si + q * f * sums.th);
		mid_si -= n->e_per_p * (p * (mid_si - mid_cu));
		sums.th += f * (mid_cu - sums.th);
		half_si = mid_si - was_si;
		half_cu = mid_cu - was_cu;
		four_store(s->si_c + i, mid_si + half_si);
		four_store(s->cu_c + i, mid_cu + half_cu);
		four_store(s->half_si_k + i, half_si);
		four_store(s->half_cu_k + i, half_cu);
		sums.unpowered_w += power_w;
		sums.half_si += half_si;
		sums.half_cu += half_cu;
		before_si = si;
		before_cu = cu;
		si = after_si;
		cu = after_cu;
	}
	return sums;
}

INLINED void
foretell(double at_c[RETICLES + ZONES], const double c[RETICLES], const double half_k[RETICLES])
{
	for (int i = 0; i < RETICLES; i += ZONES)
		row_store(at_c + i, row_add(row_load(c + i), row_load(half_k + i)));
	row_store(at_c + RETICLES, row_load(at_c + RETICLES - ZONES));
}

WIDE void
wafer_step(struct wafer_state *s, struct wafer_moves *out, const struct wafer_inputs *in)
{
	const struct numbers n = numbers_of(in->md, in->powered);
	const struct row part = row_load(in->cool->zone_share);
	const double share = row_sum(part);
	UNCLEARED struct ahead at;
	struct block_sums a, b, c;

	foretell(at.si_c, s->si_c, s->half_si_k);
	foretell(at.cu_c, s->cu_c, s->half_cu_k);
	a = block(s, &at, in, &n, 0);
	b = block(s, &at, in, &n, 1);
	c = block(s, &at, in, &n, 2);
	out->power_w = in->powered * four_sum(a.unpowered_w + b.unpowered_w + c.unpowered_w);
	out->outlet_c = in->supply_c;
	if (share > 0.0)
		out->outlet_c = row_sum(row_times(part, (struct row){a.th, b.th, c.th})) / share;
	out->stored_w = (in->md->c_si_j_k * four_sum(a.half_si + b.half_si + c.half_si) +
			 in->md->c_cu_j_k * four_sum(a.half_cu + b.half_cu + c.half_cu)) /
			(0.5 * WAFER_STEP_S);
}

WIDE double
wafer_power(double out_w[RETICLES], const struct model *md, const struct wafer_variation *v,
	    const double si_c[RETICLES], const double load_w[RETICLES], double powered)
{
	const struct numbers n = numbers_of(md, powered);
	four sum = four_all(0.0);

	for (int i = 0; i < RETICLES; i += LANES) {
		four w = powered * power_at(four_load(si_c + i), &n, v->l_leakage + i, load_w + i);

		four_store(out_w + i, w);
		sum += w;
	}
	return four_sum(sum);
}
