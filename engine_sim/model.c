/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/model.h"

void
model_defaults(struct model *out)
{
	*out = (struct model){
#define MODEL(field, unit, default_value, lo, hi, text) .field = (default_value),
#include "config/model.def"
#undef MODEL
	};
}

void
model_of(struct model *out, const struct system_model *config)
{
#define MODEL(field, unit, default_value, lo, hi, text) out->field = config->field;
#include "config/model.def"
#undef MODEL
}
