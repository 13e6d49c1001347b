/* SPDX-License-Identifier: Apache-2.0 */
/* Who holds a system, in words: what isotherm-control tells of what the image says in numbers. */
#ifndef ISOTHERM_TUI_HELD_H
#define ISOTHERM_TUI_HELD_H

#include <jansson.h>
#include <stdbool.h>

#include "tui/model.h"

#define HELD_TIMEOUT_MS 500 /* who asks for all else is not to wait for that */

/* "anna", or "uid 1000" where nobody has that name, or "somebody". Asks the system: not for a view. */
char *held_user(int64_t uid, char *out, size_t size);

/* All that people hold, as isotherm-control lists it ("holds"); the caller's to release. NULL: it
 * does not answer. */
json_t *held_list(const char *run_dir, const char *system);

/* The entry of a system in such a list (NULL is allowed), with "user"; without one what the image
 * says, and null for the rest. JSON null: nobody holds it. */
json_t *held_json(const json_t *list, const struct model_system *s);

/* An answer to "holds" about one system. */
void held_read(struct model_held *out, uint32_t system, const char *json);

#endif
