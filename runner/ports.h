/* SPDX-License-Identifier: Apache-2.0 */
/* From the ports the simulator bound to a plant file that needs no `port: auto`. */
#ifndef ISOTHERM_RUNNER_PORTS_H
#define ISOTHERM_RUNNER_PORTS_H

#include <stddef.h>

#include "config/plant.h"
#include "core/errtext.h"

/* Lines "DEVICE PORT" into plant->devices[].port, "line:NAME PATH" into plant->lines[].path. 0; -EINVAL names what is wrong or missing. */
int ports_apply(struct plant *plant, const char *text, struct errtext *err);
/* The same from a file. */
int ports_read(struct plant *plant, const char *path, struct errtext *err);

#endif
