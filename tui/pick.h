/* SPDX-License-Identifier: Apache-2.0 */
/* What people mean by a name: the whole of it, its beginning, or a pattern. Pure. */
#ifndef ISOTHERM_TUI_PICK_H
#define ISOTHERM_TUI_PICK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/errtext.h"
#include "tui/model.h"

/* Brackets are part of names, so only * and ? are special. */
bool pick_matches(const char *pattern, const char *name);

/*
 * The one alarm that `word` means. Where several have such a key, those in one of the `states` (a
 * bit each) come before the rest. 0; -ENOENT none; -ENOTUNIQ several, `err` names some.
 */
int pick_alarm(const struct model *m, const char *word, unsigned states, uint32_t *out,
	       struct errtext *err);

#endif
