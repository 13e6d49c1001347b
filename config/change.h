/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one grammar for a change, wherever it stands (`isotherm fault`, `isotherm-sim steady --set`,
 * `set:` in scenarios):   PATH=VALUE [over Ns] PATH is a point or a simulator path; VALUE a number;
 * the change is made at once, or linearly within N seconds.
 */
#ifndef ISOTHERM_CONFIG_CHANGE_H
#define ISOTHERM_CONFIG_CHANGE_H

#include <stddef.h>

#include "config/plant.h"

struct change {
	char path[NAME_MAX_LEN * 2];
	double value;  /* finite */
	double over_s; /* >= 0 */
};

/* 0, or -EINVAL with `why` saying what was found where and what was allowed. */
int change_parse(const char *text, struct change *out, char *why, size_t why_size);

#endif
