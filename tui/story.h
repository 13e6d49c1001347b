/* SPDX-License-Identifier: Apache-2.0 */
/* What isotherm-alarm answers, read. Pure. */
#ifndef ISOTHERM_TUI_STORY_H
#define ISOTHERM_TUI_STORY_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/model.h"

/* "2026-11-26T14:31:58.114Z": ns since 1970; 0 if it is none. */
int64_t story_time(const char *utc);

/* The answer to "show": *out, whatever it says; a refusal is its problem. */
void story_read(struct model_story *out, uint32_t alarm, const char *json);

/* The answer to "ack": true if it was done; else why not, for people. */
bool story_done(const char *json, char *why, size_t size);

#endif
