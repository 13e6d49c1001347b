/* SPDX-License-Identifier: Apache-2.0 */
/* Names for users, read once from /etc/passwd: no directory service is asked, so that nobody's
 * request can wait for one. */
#ifndef ISOTHERM_CORE_USERS_H
#define ISOTHERM_CORE_USERS_H

#include <stddef.h>
#include <sys/types.h>

struct users;

int users_open(struct users **out, const char *path); /* 0, -ENOMEM; no file: nobody has a name */
void users_close(struct users *u);
/* NULL: it has none here. */
const char *users_known(const struct users *u, uid_t uid);
/* The name, or "uid 1234"; returns out. */
char *users_name(const struct users *u, uid_t uid, char *out, size_t size);

#endif
