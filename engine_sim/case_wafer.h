/* SPDX-License-Identifier: Apache-2.0 */
/* A case (config/case.h) as a wafer of columns: plate, lumps, multipliers, model, state. */
#ifndef ISOTHERM_ENGINE_SIM_CASE_WAFER_H
#define ISOTHERM_ENGINE_SIM_CASE_WAFER_H

#include "config/case.h"
#include "engine_sim/channel.h"
#include "engine_sim/column.h"

struct case_wafer {
	struct plate plate;
	struct plate_lumps lumps;
	struct column_multipliers multipliers;
	struct column_model model;
	struct column *column; /* keeps the address of `model` */
	double coolant_c;      /* behind the film, or at the inlet */
};

/* Where the case gives channels without a film coefficient, it is that of laminar flow in them
 * (channel.h). */
void case_plate(struct plate *out, const struct case_file *c);

/* Flow in one of the channels of a case. */
struct case_channel {
	double velocity_m_s, reynolds, film_w_m2k, drop_pa;
};
void case_channel(struct case_channel *out, const struct case_file *c);

/* fold: 4 for 48x28 cells, 8 for 96x56. 0; -ENOMEM; -ERANGE: the step leaves its stable range;
 * -EDOM: a film is to be found, and the flow is not laminar. */
int case_wafer_open(struct case_wafer *w, const struct case_file *c, int fold, double step_s);
void case_wafer_close(struct case_wafer *w);

#endif
