/* SPDX-License-Identifier: Apache-2.0 */
/* Is a system fit for work? What a scheduler asks before it places a job. Pure. */
#ifndef ISOTHERM_TUI_FITNESS_H
#define ISOTHERM_TUI_FITNESS_H

#include <stddef.h>

#include "tui/model.h"

enum fitness {
	FIT_READY,    /* all of it, at full rate */
	FIT_DEGRADED, /* it works, but held back, or with something broken */
	FIT_NO        /* no job will run there now */
};

/* "ready", "degraded", "no" */
const char *fitness_word(enum fitness fit);
/* The first reason that there is, worst first, in `why`; "" where it is ready. */
enum fitness fitness_of(const struct model *m, uint32_t system, char *why, size_t size);

#endif
