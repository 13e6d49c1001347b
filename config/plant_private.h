/* SPDX-License-Identifier: Apache-2.0 */
/* Private to config/: a plant while it is loaded, and its index. */
#ifndef ISOTHERM_CONFIG_PLANT_PRIVATE_H
#define ISOTHERM_CONFIG_PLANT_PRIVATE_H

#include "config/library.h"

#define SYSTEMS_MAX 256u
#define PLANT_POINTS_MAX 500000u
#define LINK_PERIOD_NS INT64_C(1000000000)

struct plant_index {
	uint32_t *names; /* open hash table of point ids */
	uint32_t mask;
	uint32_t *by_role; /* [n_systems + 1][slots]; the last row is the site's */
	uint32_t slots, role_first[ROLES];
	int32_t *in_group;   /* [n_devices][SCAN_CLASSES] */
	int32_t *link_group; /* [n_devices] */
	int32_t *demand_group;
};

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
	bool names_unsure; /* a name in the file was wrong: don't judge what refers to names */
};

/* Message at the mapping that gave the key, `what` the name of the system or device. */
void load_error(struct load *l, const struct schema_at *at, uint32_t line, const char *path,
		const char *what, const char *key, const char *format, ...)
	__attribute__((format(printf, 7, 8)));
/* The override of a name, marked as used; NULL: none. */
struct override *load_override(struct load *l, const char *name);
/* 0 or -ENOMEM, reported. */
int load_no_memory(struct load *l);

/* plant_systems.c, plant_devices.c, plant_check.c: fill p->systems, p->devices; hold them against each other. Errors go
 * to the report; what they return is 0 or -ENOMEM. */
int load_systems(struct load *l);
int load_devices(struct load *l);
int load_check(struct load *l);

/* plant_table.c: points, groups and hash of a plant that is right. */
int plant_table_make(struct load *l);
/* plant_index.c */
int plant_index_make(struct plant *p);
void plant_index_free(struct plant_index *index);

/* Absolute path of a file named in another one's folder; false: too long. */
bool path_from(const char *folder, const char *name, char *out, size_t size);

#endif
