/* SPDX-License-Identifier: Apache-2.0 */
/* Private to config/: types and device profiles, each file read once a load and then kept. */
#ifndef ISOTHERM_CONFIG_LIBRARY_H
#define ISOTHERM_CONFIG_LIBRARY_H

#include "config/keys.h"
#include "config/pool.h"

#define TYPE_DEVICES_MAX 16u
#define PROFILE_POINTS_MAX 4096u
/* longest name of a point within its system: with "system." before it, it must fit into point.name */
#define POINT_NAME_MAX 31u

enum file_state { FILE_GOOD, FILE_WRONG, FILE_MISSING };

struct profile {
	struct profile *next;
	char name[32];
	enum file_state state; /* the rest is filled if GOOD */
	int32_t scan_ms[SCAN_CLASSES], timeout_ms;
	uint16_t max_registers;
	bool bridge_gaps;
	int8_t identity_fc;
	uint16_t identity_reg, identity_value;
	struct point
		*points; /* names without the system's, by scan class, function code, register */
	uint32_t n_points, n_writable;
};

struct type_device {
	char name[16];
	char profile[32];
	struct profile *is;
	uint32_t line;
};

struct type {
	struct type *next;
	char name[16];
	char file[256];
	enum file_state state;
	bool checked; /* its devices were held against each other */
	uint32_t n;
	struct type_device devices[TYPE_DEVICES_MAX];
};

struct library {
	char dir[256]; /* "": there is none */
	struct config_report *report;
	struct pool *pool;
	struct profile *profiles;
	struct type *types;
};

/* Never NULL but when there is no memory. What is wrong inside a file is reported when it is first asked for; that it
 * is missing is the caller's to report, who knows the line. */
struct profile *library_profile(struct library *l, const char *name);
struct type *library_type(struct library *l, const char *name);
/* "engine_block, cooling_unit, …" of a sub-folder, for messages. */
char *library_names(const struct library *l, const char *sub, char *out, size_t size);

/* profile.c: fill *p from a document. */
void profile_read(struct profile *p, struct schema_walk *w, struct pool *pool);

/* Position of a role's element among all elements of all roles. */
uint32_t role_slot(enum role_id role, uint32_t index);
uint32_t role_slots(void);

#endif
