/* SPDX-License-Identifier: Apache-2.0 */
/* Private to config/: types and device profiles, each file read once a load and then kept. */
#ifndef ISOTHERM_CONFIG_LIBRARY_H
#define ISOTHERM_CONFIG_LIBRARY_H

#include "config/profile.h"

#define TYPE_DEVICES_MAX 16u

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
	enum facility facility;
	uint32_t wafers; /* of a machine */
	struct system_model model;
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
bool library_has(const struct library *l, const char *sub); /* is there such a sub-folder? */
/* Its files, in the order of their names: for each, call `take` with its path until it returns
 * other than 0, which is returned. */
int library_each(const struct library *l, const char *sub,
		 int (*take)(void *context, const char *path), void *context);

#endif
