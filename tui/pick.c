/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/pick.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#define NAMED 4u /* of several, in an error */

bool
pick_matches(const char *pattern, const char *name)
{
	char escaped[256];
	size_t n = 0;
	for (const char *c = pattern; *c && n + 2 < sizeof(escaped); c++) {
		if (*c == '[' || *c == ']' || *c == '\\')
			escaped[n++] = '\\';
		escaped[n++] = *c;
	}
	escaped[n] = '\0';
	return fnmatch(escaped, name, 0) == 0;
}

static bool
meant(const char *word, const char *key)
{
	return strpbrk(word, "*?") ? pick_matches(word, key)
				   : strncmp(word, key, strlen(word)) == 0;
}

struct found {
	uint32_t n, first;
	char names[200];
};

static void
look(const struct model *m, const char *word, unsigned states, struct found *f)
{
	const struct plant *p = m->alarms.plant;
	size_t used = 0;
	*f = (struct found){0};
	for (uint32_t i = 0; i < m->alarms.n; i++) {
		const char *key = p->alarms[i].key;
		if (!(states & 1u << m->alarms.all[i].state) || !meant(word, key))
			continue;
		if (f->n == 0)
			f->first = i;
		if (f->n++ < NAMED && used < sizeof(f->names))
			used += (size_t)snprintf(f->names + used, sizeof(f->names) - used, "%s%s",
						 used ? ", " : "", key);
	}
}

int
pick_alarm(const struct model *m, const char *word, unsigned states, uint32_t *out,
	   struct errtext *err)
{
	struct found wanted, all;
	for (uint32_t i = 0; i < m->alarms.n; i++)
		if (strcmp(m->alarms.plant->alarms[i].key, word) == 0) {
			*out = i;
			return 0;
		}
	look(m, word, states, &wanted);
	look(m, word, ~0u, &all);
	if (wanted.n == 1 || (wanted.n == 0 && all.n == 1)) {
		*out = wanted.n ? wanted.first : all.first;
		return 0;
	}
	if (all.n == 0 || !word[0])
		return errtext_set(err, -ENOENT,
				   "no alarm \"%.60s\" (isotherm alarms --keys lists them)", word);
	const struct found *f = wanted.n ? &wanted : &all;
	return errtext_set(err, -ENOTUNIQ, "\"%.40s\" means %u alarms: %.140s%s", word, f->n,
			   f->names, f->n > NAMED ? " ..." : "");
}
