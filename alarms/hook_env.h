/* SPDX-License-Identifier: Apache-2.0 */
/* The environment of a hook: fixed names, and of our own only what is listed. */
#ifndef ISOTHERM_ALARMS_HOOK_ENV_H
#define ISOTHERM_ALARMS_HOOK_ENV_H

#include <stddef.h>

#include "alarms/page.h"

#define HOOK_ENV_MAX 24

struct hook_env {
	char *list[HOOK_ENV_MAX + 1]; /* for execve */
	size_t n, used;
	char text[8192];
};

void hook_env_fill(struct hook_env *env, const struct page_intent *page);

#endif
