/* SPDX-License-Identifier: Apache-2.0 */
/* What the controllers publish: demands, one group a device, and the CTL points of each system. */
#ifndef ISOTHERM_CONTROLLERS_OUTPUTS_H
#define ISOTHERM_CONTROLLERS_OUTPUTS_H

#include <stdint.h>

#include "config/plant.h"
#include "controllers/explain.h"
#include "core/image.h"

struct outputs;

int outputs_open(struct outputs **out, const struct plant *plant); /* 0 or -errno */
void outputs_close(struct outputs *x);

/* Only what is asked is a demand: anything else is NEVER, and the register is left alone. */
void outputs_demands(struct outputs *x, struct image *ctl, uint32_t system, const struct demands *d,
		     int64_t now_ns);
void outputs_points(struct outputs *x, struct image *ctl, uint32_t system, const struct account *a,
		    const struct supervisor *s, const struct view *v, int64_t now_ns);
/* Id of a system's CTL point, NO_POINT if there is none. */
uint32_t outputs_point(const struct outputs *x, uint32_t system, enum role_id role);

#endif
