/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers of the plant's equations, one double a row of model.def. */
#ifndef ISOTHERM_ENGINE_SIM_MODEL_H
#define ISOTHERM_ENGINE_SIM_MODEL_H

#include "config/plant.h"

struct model {
#define MODEL(field, unit, default_value, lo, hi, text) double field;
#include "config/model.def"
#undef MODEL
};

void model_defaults(struct model *out);
/* As the system's type says. */
void model_of(struct model *out, const struct system_model *config);

#endif
