/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Saved states over the simulator's socket: {"cmd":"save","file":"/…"} and {"cmd":"restore","file":"/…"};
 * answers {"ok":true,"step":N} or {"ok":false,"error":"…"}. The file's name is absolute: the
 * simulator's folder is nobody's business.
 */
#ifndef ISOTHERM_ENGINE_SIM_COMMAND_STATE_H
#define ISOTHERM_ENGINE_SIM_COMMAND_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "engine_sim/sim.h"

enum command_state { COMMAND_STATE_NOT, COMMAND_STATE_DONE, COMMAND_STATE_RESTORED };

/* NOT: another request, `out` is untouched. RESTORED: plant time is another now. A restore is
 * refused where faults are, both unless an engineer asks: a file is written or read for him. */
enum command_state command_state(struct sim *sim, const struct plant *plant, const char *request,
				 bool engineer, char *out, size_t size);

/* `isotherm-sim save FILE` and `restore FILE`: asks the simulator of the run folder. argv[0] is the
 * word. An exit code. */
int command_state_ask(int argc, char **argv);

#endif
