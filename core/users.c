/* SPDX-License-Identifier: Apache-2.0 */
#include "core/users.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>

#define USERS_MAX 1024u
#define NAME_SIZE 32

struct users {
	size_t n;
	struct {
		uid_t uid;
		char name[NAME_SIZE];
	} user[USERS_MAX];
};

int
users_open(struct users **out, const char *path)
{
	struct users *u = calloc(1, sizeof(*u));
	const struct passwd *entry;

	if (!u)
		return -ENOMEM;
	FILE *f = fopen(path, "re");
	while (f && u->n < USERS_MAX && (entry = fgetpwent(f)) != NULL) {
		u->user[u->n].uid = entry->pw_uid;
		snprintf(u->user[u->n].name, NAME_SIZE, "%.*s", (int)NAME_SIZE - 1, entry->pw_name);
		for (char *c = u->user[u->n].name; *c; c++)
			if (*c < ' ' || *c > '~') /* it goes into JSON, which is UTF-8 */
				*c = '?';
		u->n++;
	}
	if (f)
		fclose(f);
	*out = u;
	return 0;
}

void
users_close(struct users *u)
{
	free(u);
}

const char *
users_known(const struct users *u, uid_t uid)
{
	for (size_t i = 0; u && i < u->n; i++)
		if (u->user[i].uid == uid)
			return u->user[i].name;
	return NULL;
}

char *
users_name(const struct users *u, uid_t uid, char *out, size_t size)
{
	const char *name = users_known(u, uid);
	if (name)
		snprintf(out, size, "%s", name);
	else
		snprintf(out, size, "uid %u", uid);
	return out;
}
