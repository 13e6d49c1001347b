/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fault socket's language: {"cmd":"fault","change":"cs03.zone[5].g=0.379 over 1s"} and
 * {"cmd":"get","path":"cs03.zone[5].g"}; answers {"ok":true,…} or {"ok":false,"error":"…"}.
 */
#ifndef ISOTHERM_ENGINE_SIM_COMMAND_FAULT_H
#define ISOTHERM_ENGINE_SIM_COMMAND_FAULT_H

#include <stdbool.h>
#include <stddef.h>

#include "engine_sim/sim.h"

/* One request, one answer into out[size]. Refused unless the plant allows faults and has no real
 * device. Returns whether something was changed. */
bool command_fault(struct sim *sim, const struct plant *plant, const char *request, char *out,
		   size_t size);

/* 0, or -EPERM with `why`. */
int command_fault_allowed(const struct plant *plant, char *why, size_t why_size);

#endif
