/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mappings of a YAML file against tables. A table is an X-macro list of rows (see config/keys.def):
 *   KEY(kind, key, type, unit, lo, hi, value, text)
 * type: NAME (word of lo..hi bytes), TEXT (lo..hi bytes), INTEGER, CODE (unsigned 64 bits, also in hexadecimal),
 * NUMBER, FLAG (yes, no), CHOICE (unit: "a|b|c"; the value is the index), PORT (1..65535, or auto as 0), INTERVAL
 * ([lower, upper]), MAP, LIST (the node, for the caller to walk), ANY (the same, of whatever kind).
 * lo..hi is closed. value: the default as it would stand in the file; NULL: the key is required; "": may be absent.
 * The same rows make the C structure, the check, the error messages and the manual.
 */
#ifndef ISOTHERM_CONFIG_SCHEMA_H
#define ISOTHERM_CONFIG_SCHEMA_H

#include "config/schema_key.h"
#include "config/yaml.h"

#define SCHEMA_FIELD_NAME(key) char key[SCHEMA_NAME_SIZE]
#define SCHEMA_FIELD_TEXT(key) char key[SCHEMA_TEXT_SIZE]
#define SCHEMA_FIELD_INTEGER(key) int64_t key
#define SCHEMA_FIELD_CODE(key) uint64_t key
#define SCHEMA_FIELD_NUMBER(key) double key
#define SCHEMA_FIELD_FLAG(key) bool key
#define SCHEMA_FIELD_CHOICE(key) int32_t key
#define SCHEMA_FIELD_PORT(key) int64_t key
#define SCHEMA_FIELD_INTERVAL(key) double key[2]
#define SCHEMA_FIELD_MAP(key) yaml_node_t *key
#define SCHEMA_FIELD_LIST(key) yaml_node_t *key
#define SCHEMA_FIELD_ANY(key) yaml_node_t *key
/* KEY(…) in a structure; the _NAMED one has a field whose name is not the key's */
#define SCHEMA_FIELD(kind, key, type, unit, lo, hi, value, text)                                   \
	SCHEMA_FIELD_##type(key);                                                                  \
	struct schema_at key##_at;
#define SCHEMA_FIELD_NAMED(kind, field, key, type, unit, lo, hi, value, text)                      \
	SCHEMA_FIELD(kind, field, type, unit, lo, hi, value, text)
/* KEY(…) in a table of the keys of `struct kind_keys` */
#define SCHEMA_ROW_NAMED(kind, name, key, type, unit, lo, hi, value, text)                         \
	{key,                                                                                      \
	 SCHEMA_##type,                                                                            \
	 unit,                                                                                     \
	 lo,                                                                                       \
	 hi,                                                                                       \
	 value,                                                                                    \
	 text,                                                                                     \
	 offsetof(struct kind##_keys, name),                                                       \
	 offsetof(struct kind##_keys, name##_at)},
#define SCHEMA_ROW(kind, key, type, unit, lo, hi, value, text)                                     \
	SCHEMA_ROW_NAMED(kind, key, #key, type, unit, lo, hi, value, text)

struct schema {
	const char *name, *text;
	const struct schema_key *keys;
	size_t n_keys;
};

/* One walk through one document; `path` is the key path of the node at hand. */
struct schema_walk {
	const struct ydoc *doc;
	struct config_report *report;
	char path[160];
	uint8_t origin;
};

/* Go down to a key or to element i, and back up again with what it returned. */
size_t schema_down(struct schema_walk *w, const char *key);
size_t schema_down_at(struct schema_walk *w, uint32_t i);
void schema_up(struct schema_walk *w, size_t was);

/* "FILE:LINE: PATH.key: …"; key NULL or "": the path alone. */
void schema_error(struct schema_walk *w, uint32_t line, const char *key, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* All keys at their defaults. */
void schema_defaults(const struct schema *kind, void *out);

/*
 * Check the mapping `node` against one or more tables and fill their structures; every error is reported. Absent keys:
 * the default, or an error if required; with `overlay` they are left as they are. Keys that are in none of the tables
 * are errors. Returns whether the mapping was right.
 */
struct schema_part {
	const struct schema *kind;
	void *out;
};
bool schema_read(struct schema_walk *w, yaml_node_t *node, const struct schema_part *parts,
		 size_t n_parts, bool overlay);

/* Key and value of pair i of a mapping whose keys are free names: NULL at the end, "" for what is no key (reported, as
 * is a name that stood before). */
const char *schema_pair(struct schema_walk *w, yaml_node_t *map, uint32_t i, yaml_node_t **value);
/* Element i of a list, NULL at the end. */
yaml_node_t *schema_element(const struct schema_walk *w, yaml_node_t *list, uint32_t i);

void schema_manual(const struct schema *kind, FILE *to);

#endif
