/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/coolant.h"

#include <math.h>
#include <stdbool.h>

#include "engine_sim/limits.h"

/* Flow below this carries no heat worth a division by it. */
#define STILL_KG_S 1e-9

/*
 * Two pumps in parallel on one loop, in closed form. With both valves open,
 *   q_0 + q_1 = m, (q_0^2 - q_1^2) / F^2 = n_0^2 - n_1^2 = d, H (n_k^2 - (q_k/F)^2) = S m^2
 * give, with M = m^2 / F^2, c = S F^2 / H, s = (n_0^2 + n_1^2) / 2:
 *   (1/4 + c) M^2 - s M + d^2 / 4 = 0
 * of which the greater root is the one that goes over into the single pump's. The slower pump's
 * valve is shut when its q would be negative: M < |d|.
 */
void
coolant_pumps_on(struct pump_flow *out, const struct model *md, double system_kpa,
		 const double speed[PUMPS])
{
	const double c = system_kpa * md->pump_flow_kg_s * md->pump_flow_kg_s / md->pump_head_kpa;
	double n0 = speed[0] * speed[0], n1 = speed[1] * speed[1];
	double d = fabs(n0 - n1), s = 0.5 * (n0 + n1);
	double disc = s * s - (0.25 + c) * d * d;
	double sq = disc > 0.0 ? (s + sqrt(disc)) / (0.5 + 2.0 * c) : 0.0;
	int fast = n0 >= n1 ? 0 : 1;

	*out = (struct pump_flow){.head_frac = 1.0};
	if (disc <= 0.0 || sq <= d) { /* the slower one's valve is shut, or both stand */
		sq = most(n0, n1) / (1.0 + c);
		out->total_kg_s = md->pump_flow_kg_s * sqrt(sq);
		out->pump_kg_s[fast] = out->total_kg_s;
	} else {
		double m = sqrt(sq);

		out->total_kg_s = md->pump_flow_kg_s * m;
		out->pump_kg_s[fast] = 0.5 * md->pump_flow_kg_s * (m + d / m);
		out->pump_kg_s[1 - fast] = 0.5 * md->pump_flow_kg_s * (m - d / m);
	}
	out->dp_kpa = system_kpa * out->total_kg_s * out->total_kg_s;
}

void
coolant_pumps(struct pump_flow *out, const struct model *md, const double speed[PUMPS])
{
	coolant_pumps_on(out, md, md->system_kpa, speed);
}

double
coolant_pump_w(const struct model *md, double speed)
{
	return md->pump_idle_w + md->pump_w * speed * speed * speed;
}

/* Where the two capacity rates agree to 1e-4 the general formula is 0 / 0 in the limit. */
static double
effectiveness(double ntu, double ratio)
{
	double e;

	if (ratio > 0.9999)
		return ntu / (1.0 + ntu);
	e = exp(-ntu * (1.0 - ratio));
	return (1.0 - e) / (1.0 - ratio * e);
}

void
coolant_line(struct hx_line *out, const struct model *md, double flow_kg_s, double fill,
	     const struct facility_water *fw)
{
	double v = least(most(fw->valve, md->valve_min), 1.0);
	double fac_kg_s = md->facility_kg_s * v * fw->flow_frac;
	double c_hot = flow_kg_s * md->cp_j_kg_k, c_fac = fac_kg_s * md->facility_cp_j_kg_k;
	double c_min = least(c_hot, c_fac), c_max = most(c_hot, c_fac);
	double hot_film, fac_film;

	*out = (struct hx_line){.coolant_w_k = c_hot,
				.facility_w_k = c_fac,
				.facility_kg_s = fac_kg_s,
				.fill = fill,
				.hot_k_j = 1.0 / (fill * md->hot_kg * md->cp_j_kg_k),
				.cold_k_j = 1.0 / (fill * md->cold_kg * md->cp_j_kg_k)};
	if (flow_kg_s < STILL_KG_S || fac_kg_s < STILL_KG_S)
		return;
	hot_film = md->hx_hot_w_k * pow(flow_kg_s / md->m_nom_kg_s, md->hx_exponent);
	fac_film = md->hx_facility_w_k * pow(v * fw->flow_frac, md->hx_exponent);
	out->ua_w_k = fw->ua_mul * hot_film * fac_film / (hot_film + fac_film);
	out->heat_w_k = effectiveness(out->ua_w_k / c_min, c_min / c_max) * c_min;
}

void
coolant_hx_at(struct hx_result *out, const struct hx_line *line, double hot_c, double supply_c)
{
	double heat_w = line->heat_w_k * (hot_c - supply_c);

	*out = (struct hx_result){.heat_w = heat_w,
				  .coolant_c = hot_c,
				  .facility_c = supply_c,
				  .facility_kg_s = line->facility_kg_s,
				  .ua_w_k = line->ua_w_k};
	if (line->heat_w_k > 0.0) {
		out->coolant_c -= heat_w / line->coolant_w_k;
		out->facility_c += heat_w / line->facility_w_k;
	}
}

void
coolant_hx(struct hx_result *out, const struct model *md, double flow_kg_s, double hot_c,
	   const struct facility_water *fw)
{
	struct hx_line line;

	coolant_line(&line, md, flow_kg_s, 1.0, fw);
	coolant_hx_at(out, &line, hot_c, fw->supply_c);
}

void
coolant_rates(struct coolant_rates *out, const struct coolant_state *s, double plate_outlet_c,
	      double loss_w, const struct hx_line *line, double supply_c)
{
	double c = line->coolant_w_k;

	out->hx_w = line->heat_w_k * (s->hot_c - supply_c);
	out->hot_k_s = (c * (plate_outlet_c - s->hot_c) + loss_w) * line->hot_k_j;
	out->cold_k_s = (c * (s->hot_c - s->cold_c) - out->hx_w) * line->cold_k_j;
	out->loss_w = loss_w;
}

double
coolant_valve_for(const struct model *md, double flow_kg_s, double hot_c, double supply_c,
		  const struct facility_water *fw)
{
	struct facility_water at = *fw;
	struct hx_result hx;
	double lo = md->valve_min, hi = 1.0;

	for (int n = 0; n < 60 && hi - lo > 1e-12; n++) {
		at.valve = 0.5 * (lo + hi);
		coolant_hx(&hx, md, flow_kg_s, hot_c, &at);
		if (hx.coolant_c > supply_c)
			lo = at.valve;
		else
			hi = at.valve;
	}
	return hi < 1.0 ? 0.5 * (lo + hi) : 1.0;
}
