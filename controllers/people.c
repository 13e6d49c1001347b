/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/people.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/words.h"

const char *
people_level(enum access_level access)
{
	switch (access) {
	case ACCESS_NONE:
		break;
	case ACCESS_VIEW:
		return "viewer";
	case ACCESS_OPERATE:
		return "operator";
	case ACCESS_ENGINEER:
		return "engineer";
	}
	return "nobody";
}

bool
people_level_of(const char *name, enum access_level *out)
{
	for (int a = ACCESS_NONE; a <= ACCESS_ENGINEER; a++)
		if (strcmp(name, people_level((enum access_level)a)) == 0) {
			*out = (enum access_level)a;
			return true;
		}
	return false;
}

char *
people_person(uint32_t uid, enum access_level access, char *out, size_t size)
{
	if (uid == PEOPLE_NOBODY)
		snprintf(out, size, "somebody");
	else
		snprintf(out, size, "uid %u (%s)", (unsigned)uid, people_level(access));
	return out;
}

char *
people_time(int64_t wall_ns, char *out, size_t size)
{
	char text[40];
	clock_utc_text(wall_ns, text, sizeof text);
	snprintf(out, size, "%.19sZ", text);
	return out;
}

int
people_characters(const char *text)
{
	return words_characters(text);
}

bool
people_line(const char *text, size_t len, size_t *at, char *line, size_t size, bool *whole)
{
	if (*at >= len)
		return false;
	const char *from = text + *at, *end = memchr(from, '\n', len - *at);
	size_t n = end ? (size_t)(end - from) : len - *at;
	size_t some = n < size ? n : size - 1;
	memcpy(line, from, some);
	line[some] = '\0';
	*whole = n == some && strlen(line) == some;
	*at += n + 1;
	return true;
}
