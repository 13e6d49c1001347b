/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fine wafer of a system: the kernel's columns under the plant's power, contact and coolant.
 *
 * Its data are the reference grid's (model.def), spread over the cells, so that both mean the same
 * wafer: capacities of a reticle; silicon to copper g_si_cu a_i in series over both copper nodes;
 * copper to coolant ha r_y b_i; sheets k_x dx/dy and k_y dy/dx of a reticle's sides dx, dy. The
 * copper that conducts both ways is the base (node 1), what conducts along the flow alone are the
 * walls between the grooves (node 2). With the defaults that is 3.0 mm of base and 1.4 mm of wall,
 * an interface of 75 um at 5 W/(m K) under 0.75 mm of silicon.
 *
 * Leakage is of a reticle's mean temperature, in the middle of the step by extrapolation.
 */
#ifndef ISOTHERM_ENGINE_SIM_FINE_H
#define ISOTHERM_ENGINE_SIM_FINE_H

#include "config/case.h"
#include "engine_sim/case_wafer.h"
#include "engine_sim/column.h"
#include "engine_sim/wafer.h"

/* What of the model the columns are made of. */
struct fine_data {
	double c_si_j_k, g_si_cu_w_k, k_si_x_w_k, k_si_y_w_k;
	double c_cu_j_k, k_cu_x_w_k, k_cu_y_w_k, ha_w_k;
};

struct fine {
	struct case_wafer wafer;
	struct fine_data data; /* what `wafer` was made of */
	int fold;
	bool of_case;              /* plate and back are a case's, not the model's */
	double before_c[RETICLES]; /* reticles' silicon a step ago */
	struct column_flows flows; /* of the last step */
};

/* fold 4 or 8, all at temp_c. like: NULL, or one whose fit is taken if its data are the same.
 * 0, -ENOMEM, or -ERANGE: the step would leave its stable range. */
int fine_open(struct fine **out, const struct model *md, int fold, double temp_c,
	      const struct fine *like);
/* The plate of a case in a plant: a film holds its own temperature, channels have the plant's. */
int fine_open_case(struct fine **out, const struct case_file *file, int fold);
void fine_close(struct fine *f);

/* After a change of the model or the variation. -ERANGE: the old data stay in force. */
int fine_model(struct fine *f, const struct model *md, const struct wafer_variation *v);
/* Could the columns step with that model? 0 or -ERANGE. */
int fine_check(const struct fine *f, const struct model *md);
void fine_cooling(struct fine *f, const struct wafer_cooling *cool);

void fine_power(const struct fine *f, double out_w[RETICLES], const struct model *md,
		const struct wafer_variation *v, const double load_w[RETICLES], double powered);
void fine_step(struct fine *f, const double power_w[RETICLES], double supply_c);
/* At rest under that power; the last step's flows become those of the rest. */
int fine_rest(struct fine *f, const double power_w[RETICLES], double supply_c);

#endif
