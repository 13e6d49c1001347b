/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The closed loop: two volumes, two pumps with check valves, a counterflow heat exchanger to
 * facility water or air.
 *
 *   M_hot cp dT_hot/dt   = m cp (T_plate_out - T_hot) + loss_to_loop
 *   M_cold cp dT_cold/dt = m (T_hx - T_cold) cp
 *   pump k: dp = head (n_k^2 - (q_k / flow)^2), no flow backwards; loop: dp = system_kpa m^2
 *   1/UA = 1/(hx_hot (m/m_nom)^.8) + 1/(hx_facility v^.8), facility flow facility_kg_s v
 *   effectiveness of counterflow: N = UA / C_min, r = C_min / C_max,
 *     e = (1 - exp(-N (1 - r))) / (1 - r exp(-N (1 - r)))
 */
#ifndef ISOTHERM_ENGINE_SIM_COOLANT_H
#define ISOTHERM_ENGINE_SIM_COOLANT_H

#include "engine_sim/model.h"

#define PUMPS 2

struct coolant_state {
	double hot_c;  /* what returns to the heat exchanger */
	double cold_c; /* what is supplied to the plate */
};

struct pump_flow {
	double total_kg_s;
	double pump_kg_s[PUMPS]; /* 0 behind a shut check valve */
	double dp_kpa;           /* over the loop */
	double head_frac;        /* of the pumps' head, what their inlets leave */
};

/* speed[PUMPS] 0..1; system_kpa: drop of the loop at 1 kg/s, else as the model says. */
void coolant_pumps_on(struct pump_flow *out, const struct model *md, double system_kpa,
		      const double speed[PUMPS]);
void coolant_pumps(struct pump_flow *out, const struct model *md, const double speed[PUMPS]);
double coolant_pump_w(const struct model *md, double speed);

/* Facility side of one system: water and its valve, or air (air.h), whose fans at speed v give
 * flow_frac v. */
struct facility_water {
	double supply_c;
	double flow_frac; /* of what the valve would give: 1, 0 when the facility's pumps stand */
	double valve;     /* 0..1 */
	double ua_mul;    /* 1 clean */
};

struct hx_result {
	double heat_w;     /* from the coolant to the facility */
	double coolant_c;  /* coolant leaving */
	double facility_c; /* facility water or air leaving */
	double facility_kg_s;
	double ua_w_k;
};

/* What the flows on both sides make of the heat exchanger; holds until one of them moves. */
struct hx_line {
	double coolant_w_k, facility_w_k; /* capacity rates */
	double facility_kg_s;
	double ua_w_k;
	double fill;     /* part of the loop's two volumes that holds coolant */
	double heat_w_k; /* heat over the difference of the inlets; 0 where a side stands */
	double hot_k_j, cold_k_j; /* of the loop's two volumes */
};
void coolant_line(struct hx_line *out, const struct model *md, double flow_kg_s, double fill,
		  const struct facility_water *fw);
void coolant_hx_at(struct hx_result *out, const struct hx_line *line, double hot_c,
		   double supply_c);
/* Both at once. */
void coolant_hx(struct hx_result *out, const struct model *md, double flow_kg_s, double hot_c,
		const struct facility_water *fw);

struct coolant_rates {
	double hot_k_s, cold_k_s;
	double hx_w;   /* leaving the loop */
	double loss_w; /* entering it from the core stage */
};

/* supply_c: of the facility. */
void coolant_rates(struct coolant_rates *out, const struct coolant_state *s, double plate_outlet_c,
		   double loss_w, const struct hx_line *line, double supply_c);

/* The valve position that holds `supply_c` against that return, in [valve_min, 1]; bisection to
 * 1e-12. */
double coolant_valve_for(const struct model *md, double flow_kg_s, double hot_c, double supply_c,
			 const struct facility_water *fw);

#endif
