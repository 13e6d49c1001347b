/* SPDX-License-Identifier: Apache-2.0 */
/* Private to config/: a plant while it is loaded, and what all parts of its loader use. */
#ifndef ISOTHERM_CONFIG_LOAD_H
#define ISOTHERM_CONFIG_LOAD_H

#include "config/library.h"

#define SYSTEMS_MAX 256u

/* Who gave a key, for the path of a message. */
enum origin { FROM_ENTRY, FROM_OVERRIDE };

struct override {
	char name[SCHEMA_NAME_SIZE];
	uint32_t line;
	yaml_node_t *node;
	bool used;
};

struct made_system {
	char path[40]; /* "systems[0]" */
	struct system_set_keys set;
	struct type *type;    /* NULL: unknown, reported */
	uint32_t line;        /* of the entry */
	bool profile_changed; /* by an override: it is not as its type says */
};

struct made_device {
	char path[40]; /* "facility[1]", or the system's */
	struct device_set_keys set;
	struct profile *profile; /* NULL: unknown, reported */
	uint32_t line;
};

struct made_line {
	char path[40]; /* "lines[0]" */
	struct line_keys keys;
	uint32_t line;
};

struct load {
	struct plant *p;
	struct config_report *report;
	struct pool pool;
	struct library library;
	struct ydoc doc;
	struct schema_walk w;
	struct plant_keys keys;
	char folder[256]; /* of the plant file, absolute */
	struct override *overrides;
	uint32_t n_overrides;
	struct made_system *systems; /* beside p->systems */
	struct made_device *devices; /* beside p->devices */
	struct made_line *lines;     /* beside p->lines */
	bool names_unsure; /* a name in the file was wrong: don't judge what refers to names */
};

/* Message at the mapping that gave the key, `what` the name of the system or device. */
void load_error(struct load *l, const struct schema_at *at, uint32_t line, const char *path,
		const char *what, const char *key, const char *format, ...)
	__attribute__((format(printf, 7, 8)));
/* The override of a name, marked as used; NULL: none. */
struct override *load_override(struct load *l, const char *name);
/* -ENOMEM, reported. */
int load_no_memory(struct load *l);

/* Absolute path of a file named in another one's folder; false: too long. */
bool path_from(const char *folder, const char *name, char *out, size_t size);

bool is_address(const char *host); /* numeric, IPv4 or IPv6 */

#endif
