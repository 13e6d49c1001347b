/* SPDX-License-Identifier: Apache-2.0 */
/* A row of a table of keys, as config/schema.h describes them. */
#ifndef ISOTHERM_CONFIG_SCHEMA_KEY_H
#define ISOTHERM_CONFIG_SCHEMA_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum schema_type {
	SCHEMA_NAME,
	SCHEMA_TEXT,
	SCHEMA_INTEGER,
	SCHEMA_CODE,
	SCHEMA_NUMBER,
	SCHEMA_FLAG,
	SCHEMA_CHOICE,
	SCHEMA_PORT,
	SCHEMA_INTERVAL,
	SCHEMA_MAP,
	SCHEMA_LIST,
	SCHEMA_ANY
};

#define SCHEMA_NAME_SIZE 48
#define SCHEMA_TEXT_SIZE 256

/* Where a key stood: line 0 if it was absent. bad: it was wrong and that is reported; don't judge it further. */
struct schema_at {
	uint32_t line;
	bool bad;
	uint8_t origin; /* schema_walk.origin of the mapping that gave it */
};

struct schema_key {
	const char *key;
	enum schema_type type;
	const char *unit;
	double lo, hi;
	const char *value, *text;
	size_t field, at;
};

#endif
