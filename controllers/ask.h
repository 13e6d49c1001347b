/* SPDX-License-Identifier: Apache-2.0 */
/* What requests to the controllers have in common: JSON at the edge. */
#ifndef ISOTHERM_CONTROLLERS_ASK_H
#define ISOTHERM_CONTROLLERS_ASK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/plant.h"

#define ASK_ERROR 1300

/* Says what is wrong; always false. The others return false by it. */
bool ask_wrong(char error[ASK_ERROR], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The request's object, the caller's to release; NULL: it is none. */
json_t *ask_root(char error[ASK_ERROR], const char *json, size_t len);
/* "why": borrowed from the request. */
bool ask_why(char error[ASK_ERROR], const json_t *root, const char **why);
/* A whole number within [lo, hi]; one that is not there is wrong, too. */
bool ask_number(char error[ASK_ERROR], const json_t *root, const char *key, int64_t lo, int64_t hi,
		int64_t *out);
/* No system has that name (NULL: it is no name). */
bool ask_no_system(char error[ASK_ERROR], const struct plant *plant, const char *name);

/* Into COMMAND_MAX + 1 bytes; takes the reference to `root`, of which NULL is no memory. */
void ask_result(char *result, json_t *root);

#endif
