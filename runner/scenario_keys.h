/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of runner/scenario_keys.def as structures, `struct event_keys` …, and as schemas, `event_schema` …. */
#ifndef ISOTHERM_RUNNER_SCENARIO_KEYS_H
#define ISOTHERM_RUNNER_SCENARIO_KEYS_H

#include "config/schema.h"

#define KEYS_BEGIN(kind, text) struct kind##_keys {
#define KEY SCHEMA_FIELD
#define KEYS_END(kind)                                                                             \
	}                                                                                          \
	;
#include "runner/scenario_keys.def"
#undef KEYS_BEGIN
#undef KEY
#undef KEYS_END

#define KEYS_BEGIN(kind, text) extern const struct schema kind##_schema;
#define KEY(kind, key, type, unit, lo, hi, value, text)
#define KEYS_END(kind)
#include "runner/scenario_keys.def"
#undef KEYS_BEGIN
#undef KEY
#undef KEYS_END

/* Tables of all scores and keys, as Markdown. */
void scenario_manual(FILE *to);

#endif
