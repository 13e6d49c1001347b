/* SPDX-License-Identifier: Apache-2.0 */
/* Saved states as files (docs/hil.md has the format). */
#ifndef ISOTHERM_ENGINE_SIM_STATE_FILE_H
#define ISOTHERM_ENGINE_SIM_STATE_FILE_H

#include "core/errtext.h"
#include "engine_sim/sim.h"

/* Beside the old file, to the disk, and over it: a crash leaves the old one or the new one. 0 or
 * -errno, `err` naming the file. */
int state_file_save(const struct sim *sim, const char *path, struct errtext *err);
/* 0; -EINVAL: not a state of this plant, which stays as it is; -errno: it can't be read. */
int state_file_restore(struct sim *sim, const char *path, struct errtext *err);

#endif
