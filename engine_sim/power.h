/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The power chain: mains -> 12 supplies of 54 V -> core stage (core_stage_frac) -> wafer at about
 * 0.87 V and 20,000 A. The supplies that run share the load evenly: 12 of 4 kW carry what 6 could.
 *
 *   wafer    V = core_v - core_ohm I, P = V I
 *   supply   V = supply_v - supply_ohm I, P = V I
 *            input = P / supply_frac + supply_fixed_w + supply_square_w (P / supply_max_w)^2: its
 *            efficiency is supply_frac at any load while the last two are 0, else it has the usual maximum
 */
#ifndef ISOTHERM_ENGINE_SIM_POWER_H
#define ISOTHERM_ENGINE_SIM_POWER_H

#include <stdbool.h>

#include "config/plant.h"
#include "engine_sim/model.h"

struct power_chain {
	double wafer_w, core_v, core_a;
	double output_w; /* of all supplies, at 54 V */
	double input_w;  /* of the whole system: supplies, pumps, everything else in the box */
	int running;     /* supplies that do */
	double supply_w; /* output of each that runs */
	double supply_input_w; /* input of each that runs */
	bool overload; /* more is asked than the supplies that run, or the path to the wafer, can give */
};

/* lost[PSUS]: > 0.5 gives nothing. */
void power_chain(struct power_chain *out, const struct model *md, double wafer_w, double pumps_w,
		 const double lost[PSUS]);

/* Voltage of a supply that gives so much. */
double power_supply_v(const struct model *md, double supply_w);

/* Heat of the core stage that the coolant takes. */
double power_loss_to_loop_w(const struct model *md, double wafer_w);

#endif
