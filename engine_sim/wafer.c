/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/wafer.h"

#include <math.h>
#include <string.h>

#include "core/keyed.h"
#include "engine_sim/lanes.h"

/* Entrance effect: the film is thinner where the grooves begin; mean 1. */
static const double entrance[ROWS] = {1.10, 1.02, 0.99, 0.98, 0.97, 0.97, 0.97};

/* Below this a zone counts as shut: hA over m cp would overflow on the way to f = 1. */
#define ZONE_SHUT_KG_S 1e-9

void
wafer_variation_none(struct wafer_variation *v)
{
	for (int i = 0; i < RETICLES; i++)
		v->a_contact[i] = v->b_cooling[i] = v->l_leakage[i] = 1.0;
}

void
wafer_variation_seed(struct wafer_variation *v, uint64_t seed)
{
	uint64_t key_a = keyed_signal("wafer.a_contact");
	uint64_t key_b = keyed_signal("wafer.b_cooling");
	uint64_t key_l = keyed_signal("wafer.l_leakage");

	for (uint64_t i = 0; i < RETICLES; i++) {
		v->a_contact[i] = fmax(0.5, 1.0 + 0.05 * keyed_normal(seed, key_a, i));
		v->b_cooling[i] = fmax(0.5, 1.0 + 0.03 * keyed_normal(seed, key_b, i));
		v->l_leakage[i] = exp(0.12 * keyed_normal(seed, key_l, i));
	}
}

/* Beyond this many transfer units f is 1 to the last bit. */
#define NTU_MAX 60.0
/* Of a move of the units: with entrance and variation on top of it three terms of the series are right to 1e-14. */
#define SERIES_MAX 5e-4

/* What follows from f of a row, for wafer_step. */
INLINED void
back_set(struct wafer_cooling *out, int i, struct row f, struct row zone)
{
	struct row rate = row_add(row_load(out->down + i), row_times(zone, f));

	rate = row_add(row_all(1.0), rate);
	row_store(out->back + i, (struct row){1.0 / rate.a, 1.0 / rate.b, 1.0 / rate.c});
}

/* f of all cells. units[ZONES]: minus hA / (m_x cp) before entrance and variation; zone: q over f of wafer_step. */
INLINED void
effects(struct wafer_cooling *out, const struct wafer_variation *v, const double units[ZONES],
	struct row zone)
{
	struct row below = row_load(units);

	for (int y = 0; y < ROWS; y++) {
		const int i = ZONES * y;
		struct row b = row_scaled(entrance[y], row_load(v->b_cooling + i));
		struct row x = row_clamp(row_times(below, b), -NTU_MAX, 0.0);
		struct row f = row_scaled(-1.0, row_expm1(x));

		row_store(out->below + i, x);
		row_store(out->effect + i, f);
		back_set(out, i, f, zone);
	}
}

/* The same from what they were, when all units grow by so small a part that a short series has it. */
INLINED void
effects_moved(struct wafer_cooling *out, double part, struct row zone)
{
	for (int i = 0; i < RETICLES; i += ZONES) {
		struct row x = row_load(out->below + i), by = row_scaled(part, x);
		struct row f = row_load(out->effect + i);
		struct row left = row_less(row_all(1.0), f);
		struct row grown = row_add(row_all(0.5), row_scaled(1.0 / 6, by));

		grown = row_times(row_horner(grown, by, 1.0), by);
		f = row_less(f, row_times(left, grown));
		row_store(out->below + i, row_add(x, by));
		row_store(out->effect + i, f);
		back_set(out, i, f, zone);
	}
}

WIDE void
wafer_cooling_move(struct wafer_cooling *out, const struct model *md,
		   const struct wafer_variation *v, double flow_kg_s)
{
	/* hA goes with flow^e, and so do the units over the flow */
	double film = pow(flow_kg_s / md->m_nom_kg_s, md->ha_exponent);
	double per_flow = film * md->m_nom_kg_s / most(flow_kg_s, ZONE_SHUT_KG_S);
	double part = per_flow / out->per_flow - 1.0;
	const double per_cu = 0.5 * WAFER_STEP_S / md->c_cu_j_k;
	double units[ZONES];
	bool any_shut = flow_kg_s * out->least_part < ZONE_SHUT_KG_S;

	out->flow_kg_s = flow_kg_s;
	if (!any_shut && fabs(part) * per_flow * out->most_units < SERIES_MAX) {
		struct row kg_s = row_scaled(flow_kg_s, row_load(out->part));
		struct row zone = row_scaled(md->cp_j_kg_k, kg_s);

		row_store(out->zone_w_k, zone);
		effects_moved(out, part, row_scaled(per_cu, zone));
		out->per_flow = per_flow;
		return;
	}
	for (int x = 0; x < ZONES; x++) {
		bool shut = flow_kg_s * out->part[x] < ZONE_SHUT_KG_S;

		out->zone_share[x] = shut ? 0.0 : out->part[x];
		out->zone_w_k[x] = shut ? 0.0 : flow_kg_s * out->part[x] * md->cp_j_kg_k;
		units[x] = shut ? -10.0 * NTU_MAX : -per_flow * out->units[x];
	}
	effects(out, v, units, row_scaled(per_cu, row_load(out->zone_w_k)));
	out->per_flow = any_shut ? (double)NAN : per_flow;
}

void
wafer_cooling_set(struct wafer_cooling *out, const struct model *md,
		  const struct wafer_variation *v, double flow_kg_s, const double zone_g[ZONES])
{
	const double half_s = 0.5 * WAFER_STEP_S;
	double sum = 0.0, alike = 0.0, was = -1.0;

	out->least_part = 1.0;
	out->most_units = 0.0;
	for (int x = 0; x < ZONES; x++)
		sum += zone_g[x];
	for (int x = 0; x < ZONES; x++) {
		double part = sum > 0.0 ? zone_g[x] / sum : 0.0;

		if (fabs(part - was) > 0.0) /* clean zones are alike */
			alike = md->ha_w_k * pow(part * ZONES, md->ha_exponent);
		was = part;
		out->part[x] = part;
		out->units[x] = part > 0.0 ? alike / (part * md->m_nom_kg_s * md->cp_j_kg_k) : 0.0;
		out->least_part = least(out->least_part, part);
		out->most_units = most(out->most_units, out->units[x]);
	}
	for (int i = 0; i < RETICLES; i++) {
		double g = md->g_si_cu_w_k * v->a_contact[i];

		out->contact[i] = g;
		out->down[i] = half_s / md->c_cu_j_k * g / (1.0 + half_s / md->c_si_j_k * g);
	}
	out->per_flow = (double)NAN;
	wafer_cooling_move(out, md, v, flow_kg_s);
}

void
wafer_rest(struct wafer_state *s)
{
	memset(s->half_si_k, 0, sizeof(s->half_si_k));
	memset(s->half_cu_k, 0, sizeof(s->half_cu_k));
}

double
wafer_rate_per_s(const struct model *md, const struct wafer_variation *v, double flow_kg_s)
{
	double per_si = 1.0 / md->c_si_j_k, per_cu = 1.0 / md->c_cu_j_k, a = 0.0, b = 0.0;
	double ha = md->ha_w_k * entrance[0] *
		    pow(flow_kg_s / (md->m_nom_kg_s / ZONES), md->ha_exponent);

	for (int i = 0; i < RETICLES; i++) {
		a = most(a, v->a_contact[i]);
		b = most(b, v->b_cooling[i]);
	}
	return md->g_si_cu_w_k * a * (per_si + per_cu) +
	       most(4.0 * (md->k_si_x_w_k + md->k_si_y_w_k) * per_si,
		    (4.0 * (md->k_cu_x_w_k + md->k_cu_y_w_k) + ha * b) * per_cu);
}

/* net_w[i] += what flows into node i from its neighbours. Each flux is computed alike at both its
 * ends, so that no heat is gained over the grid. Neighbours are read where they lie: through a
 * copy of the row, the reads would wait for the copy's stores. */
INLINED void
lateral(double net_w[RETICLES], const double t_c[RETICLES], double kx, double ky)
{
	for (int y = 0; y < ROWS; y++) {
		const double *at = t_c + ZONES * y;
		const double *before = y > 0 ? at - ZONES : at;
		const double *after = y < ROWS - 1 ? at + ZONES : at;
		double *net = net_w + ZONES * y;
		double in[ZONES];

		in[0] = kx * (at[1] - at[0]);
		in[ZONES - 1] = -(kx * (at[ZONES - 1] - at[ZONES - 2]));
		for (int x = 1; x < ZONES - 1; x++)
			in[x] = kx * (at[x + 1] - at[x]) - kx * (at[x] - at[x - 1]);
		for (int x = 0; x < ZONES; x++)
			in[x] += ky * (after[x] - at[x]) - ky * (at[x] - before[x]);
		for (int x = 0; x < ZONES; x++)
			net[x] += in[x];
	}
}

/* Subtracts each cell's heat from net_w; returns the sum and the mixed outlet temperature. */
INLINED double
march(double net_w[RETICLES], const struct wafer_cooling *cool, const double cu_c[RETICLES],
      double supply_c, double *outlet_c)
{
	double th[ZONES], rise[ZONES], taken[ZONES] = {0.0};
	double sum = 0.0, mixed = 0.0, share = 0.0;

	for (int x = 0; x < ZONES; x++)
		th[x] = supply_c;
	for (int y = 0; y < ROWS; y++) {
		const double *t = cu_c + ZONES * y, *f = cool->effect + ZONES * y;
		double *net = net_w + ZONES * y;

		for (int x = 0; x < ZONES; x++) {
			rise[x] = f[x] * (t[x] - th[x]);
			th[x] += rise[x];
			rise[x] *= cool->zone_w_k[x];
			taken[x] += rise[x];
		}
		for (int x = 0; x < ZONES; x++)
			net[x] -= rise[x];
	}
	for (int x = 0; x < ZONES; x++) {
		sum += taken[x];
		mixed += cool->zone_share[x] * th[x];
		share += cool->zone_share[x];
	}
	*outlet_c = share > 0.0 ? mixed / share : supply_c;
	return sum;
}

WIDE void
wafer_rates(struct wafer_rates *out, const struct model *md, const struct wafer_variation *v,
	    const struct wafer_cooling *cool, const struct wafer_state *s,
	    const double load_w[RETICLES], double powered, double supply_c)
{
	const double per_c_si = 1.0 / md->c_si_j_k, per_c_cu = 1.0 / md->c_cu_j_k;
	double down_w[RETICLES];

	out->power_w = wafer_power(out->si_k_s, md, v, s->si_c, load_w, powered);
	for (int i = 0; i < RETICLES; i++)
		down_w[i] = cool->contact[i] * (s->si_c[i] - s->cu_c[i]);
	for (int i = 0; i < RETICLES; i++)
		out->si_k_s[i] -= down_w[i];
	memcpy(out->cu_k_s, down_w, sizeof(down_w));
	lateral(out->si_k_s, s->si_c, md->k_si_x_w_k, md->k_si_y_w_k);
	lateral(out->cu_k_s, s->cu_c, md->k_cu_x_w_k, md->k_cu_y_w_k);
	out->coolant_w = march(out->cu_k_s, cool, s->cu_c, supply_c, &out->outlet_c);
	for (int i = 0; i < RETICLES; i++) {
		out->si_k_s[i] *= per_c_si;
		out->cu_k_s[i] *= per_c_cu;
	}
}

WIDE void
wafer_extremes(struct wafer_extremes *out, const double temp_c[RETICLES])
{
	four hi = four_load(temp_c), lo = hi, sum = four_all(0.0);

	for (int i = 0; i < RETICLES; i += LANES) {
		four t = four_load(temp_c + i);

		hi = four_choose(hi > t, hi, t);
		lo = four_choose(lo < t, lo, t);
		sum += t;
	}
	out->tmax_c = most(most(hi[0], hi[1]), most(hi[2], hi[3]));
	out->tmin_c = least(least(lo[0], lo[1]), least(lo[2], lo[3]));
	out->mean_c = four_sum(sum) / RETICLES;
	out->spread_k = out->tmax_c - out->tmin_c;
}

uint32_t
wafer_where(const double temp_c[RETICLES], double t_c)
{
	for (uint32_t i = 0; i < RETICLES; i++)
		if (temp_c[i] >= t_c && temp_c[i] <= t_c)
			return i;
	return 0;
}
