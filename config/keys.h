/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of config/keys.def as structures, `struct plant_keys` …, and as schemas, `plant_schema` …. */
#ifndef ISOTHERM_CONFIG_KEYS_H
#define ISOTHERM_CONFIG_KEYS_H

#include "config/schema.h"

#define KEYS_BEGIN(kind, text) struct kind##_keys {
#define KEY SCHEMA_FIELD
#define KEY_NAMED SCHEMA_FIELD_NAMED
#define KEYS_END(kind)                                                                             \
	}                                                                                          \
	;
#include "config/keys.def"
#undef KEYS_BEGIN
#undef KEY
#undef KEY_NAMED
#undef KEYS_END

#define KEYS_BEGIN(kind, text) extern const struct schema kind##_schema;
#define KEY(kind, key, type, unit, lo, hi, value, text)
#define KEY_NAMED(kind, field, key, type, unit, lo, hi, value, text)
#define KEYS_END(kind)
#include "config/keys.def"
#undef KEYS_BEGIN
#undef KEY
#undef KEY_NAMED
#undef KEYS_END

#endif
