/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/model.h"

void
model_defaults(struct model *out)
{
	*out = (struct model){
#define MODEL(field, unit, default_value, lo, hi, text) .field = (default_value),
#include "engine_sim/model.def"
#undef MODEL
	};
}
