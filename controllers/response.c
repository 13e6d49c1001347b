/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/response.h"

#include <math.h>
#include <string.h>

#include "core/wide.h"

#define FLOW_LEAST_KG_S 1e-3
#define ZONE_LEAST_G 1e-3
#define SAME_FLOW_FRAC 0.01
#define SAME_ZONE_FRAC 0.02
#define LANES 28 /* so many sums stay in registers */
_Static_assert(RETICLES % LANES == 0, "no rest");

/* Five-point conduction: out = L t, with t a column of temperatures. */
struct lateral {
	double kx, ky;
};

/* m += by * L, L with its minus signs: heat into each node. */
static void
add_lateral(double m[RETICLES][RETICLES], struct lateral k, double by)
{
	for (int i = 0; i < RETICLES; i++) {
		if (i % ZONES + 1 < ZONES) {
			m[i][i] -= by * k.kx;
			m[i + 1][i + 1] -= by * k.kx;
			m[i][i + 1] += by * k.kx;
			m[i + 1][i] += by * k.kx;
		}
		if (i + ZONES < RETICLES) {
			m[i][i] -= by * k.ky;
			m[i + ZONES][i + ZONES] -= by * k.ky;
			m[i][i + ZONES] += by * k.ky;
			m[i + ZONES][i] += by * k.ky;
		}
	}
}

/* m += what each copper node of a zone gives to the coolant, by all of the zone's temperatures. */
static void
add_march(double m[RETICLES][RETICLES], const struct zone_face *face, int x, double zone_kg_s)
{
	double c = zone_kg_s * face->cp_j_kg_k, effect[ROWS], unused[ROWS], by[ROWS] = {0.0};

	face_effect(face, zone_kg_s, effect, unused);
	for (int y = 0; y < ROWS; y++) { /* by: the coolant's temperature before row y */
		double f = effect[y];
		int i = ZONES * y + x;

		m[i][i] += c * f;
		for (int k = 0; k < y; k++) {
			m[i][ZONES * k + x] -= c * f * by[k];
			by[k] *= 1.0 - f;
		}
		by[y] = f;
	}
}

INLINED void
subtract(double *restrict from, const double *restrict what, double by, int rows)
{
	for (int y = 0; y < rows; y++)
		for (int x = 0; x < ZONES; x++)
			from[ZONES * y + x] -= by * what[ZONES * y + x];
}

/*
 * Inverse in place, without pivots: the diagonal dominates, as in every network of conductances. What nodes conduct to
 * others further on ends a row of the wafer later: there a line is empty until its turn is near.
 */
WIDE static void
invert(double m[RETICLES][RETICLES])
{
	for (int k = 0; k < RETICLES; k++) {
		double by = 1.0 / m[k][k];
		int rows = k / ZONES + 2 < ROWS ? k / ZONES + 2 : ROWS;

		m[k][k] = 1.0;
		for (int j = 0; j < RETICLES; j++)
			m[k][j] *= by;
		for (int i = 0; i < RETICLES; i++) {
			double f = m[i][k];

			if (i == k || !(fabs(f) > 0.0))
				continue;
			m[i][k] = 0.0;
			subtract(m[i], m[k], f, rows);
		}
	}
}

/* m = (1 + e L) m */
WIDE static void
spread_rows(double m[RETICLES][RETICLES], struct lateral k, double e)
{
	static const int NEAR[4] = {-1, 1, -ZONES, ZONES};
	UNCLEARED double was[RETICLES][RETICLES];

	memcpy(was, m, sizeof was);
	for (int i = 0; i < RETICLES; i++)
		for (int n = 0; n < 4; n++) {
			int at = i + NEAR[n];
			double g = e * (n < 2 ? k.kx : k.ky);

			if (at < 0 || at >= RETICLES || (n < 2 && at / ZONES != i / ZONES))
				continue;
			double *restrict to = m[i];
			for (int j = 0; j < RETICLES; j++)
				to[j] += g * (was[at][j] - was[i][j]);
		}
}

static void
transpose(double m[RETICLES][RETICLES])
{
	for (int i = 0; i < RETICLES; i++)
		for (int j = 0; j < i; j++) {
			double t = m[i][j];

			m[i][j] = m[j][i];
			m[j][i] = t;
		}
}

/*
 * With E = Ls / G: Ts = (1 + E) (P / G + Tw), and (M - Lw - Ls (1 + E)) Tw = (1 + E) P, so that
 * R = (1 + E) A^-1 (1 + E) + (1 + E) / G. It is kept as its transpose: for a watt after the other the temperatures stand
 * side by side.
 */
void
response_make(struct response *r, const struct zone_face *f, double flow_kg_s,
	      const double zone_g[ZONES])
{
	const struct lateral si = {f->si_x_w_k, f->si_y_w_k};
	const struct lateral cu = {f->cu_x_w_k, f->cu_y_w_k};
	double(*m)[RETICLES] = r->k_per_w, sum = 0.0;
	double g = f->g_w_k, flow = fmax(flow_kg_s, FLOW_LEAST_KG_S);

	memset(m, 0, sizeof r->k_per_w);
	r->flow_kg_s = flow_kg_s;
	for (int x = 0; x < ZONES; x++) {
		r->zone_g[x] = zone_g[x];
		sum += fmax(zone_g[x], ZONE_LEAST_G);
	}
	for (int x = 0; x < ZONES; x++)
		add_march(m, f, x, flow * fmax(zone_g[x], ZONE_LEAST_G) / sum);
	add_lateral(m, cu, -1.0);
	add_lateral(m, si, -1.0);
	invert(m);
	spread_rows(m, si, 1.0 / g);
	transpose(m);
	spread_rows(m, si, 1.0 / g);
	for (int i = 0; i < RETICLES; i++)
		m[i][i] += 1.0 / g;
	add_lateral(m, si, 1.0 / (g * g));
}

bool
response_serves(const struct response *r, double flow_kg_s, const double zone_g[ZONES])
{
	double sum = 0.0, was = 0.0;

	if (!(fabs(flow_kg_s - r->flow_kg_s) <= SAME_FLOW_FRAC * r->flow_kg_s))
		return false;
	for (int x = 0; x < ZONES; x++) {
		sum += zone_g[x] / ZONES;
		was += r->zone_g[x] / ZONES;
	}
	for (int x = 0; x < ZONES; x++)
		if (!(fabs(zone_g[x] / sum - r->zone_g[x] / was) <= SAME_ZONE_FRAC))
			return false;
	return true;
}

WIDE void
response_rise(const struct response *r, const double power_w[RETICLES],
	      double out_k[restrict RETICLES])
{
	for (int i = 0; i < RETICLES; i += LANES) {
		double sum[LANES] = {0.0};

		for (int j = 0; j < RETICLES; j++)
			for (int k = 0; k < LANES; k++)
				sum[k] += r->k_per_w[j][i + k] * power_w[j];
		memcpy(out_k + i, sum, sizeof sum);
	}
}

double
response_still_w(const struct system_model *md, double temp_c)
{
	return response_leak_w(md, temp_c) + md->idle_w;
}

double
response_power_w(const struct system_model *md, double density, double activity, double duty,
		 double temp_c)
{
	double waits = fmax(duty - activity, 0.0);

	return response_still_w(md, temp_c) +
	       md->dynamic_w * density * (activity + md->barrier_frac * waits);
}

/* Counterflow; where the two capacity rates are near each other the formula is 0 / 0 in the limit. */
static double
effectiveness(double units, double ratio)
{
	if (ratio > 0.9999)
		return units / (1.0 + units);
	double e = exp(-units * (1.0 - ratio));
	return (1.0 - e) / (1.0 - ratio * e);
}

double
response_supply_k_per_w(const struct system_model *md, double flow_kg_s, double valve_frac,
			double ua_frac)
{
	double valve = fmin(fmax(valve_frac, md->valve_min), 1.0);
	double flow = fmax(flow_kg_s, FLOW_LEAST_KG_S);
	double hot = flow * md->cp_j_kg_k;
	double cold = md->facility_kg_s * valve * md->facility_cp_j_kg_k;
	double a = md->hx_hot_w_k * pow(flow / md->m_nom_kg_s, md->hx_exponent);
	double b = md->hx_facility_w_k * pow(valve, md->hx_exponent);
	double least = fmin(hot, cold), ua = fmax(ua_frac, 0.01) * a * b / (a + b);
	double heat_w_k = least * effectiveness(ua / least, least / fmax(hot, cold));
	/* the coolant takes a part of what the core stage loses, too */
	double heat = 1.0 + md->loss_to_loop_frac * (1.0 / md->core_stage_frac - 1.0);

	return heat * (1.0 / heat_w_k - 1.0 / hot);
}
