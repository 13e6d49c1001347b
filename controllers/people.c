/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/people.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"

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

/* --- characters --- */
static int32_t
next_character(const unsigned char **text)
{
	static const uint32_t LEAST[] = {0, 0x80, 0x800, 0x10000};
	unsigned c = *(*text)++;
	unsigned more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
	if ((c >= 0x80 && !more) || c >= 0xf8)
		return -1;
	uint32_t value = more ? c & (0x3fu >> more) : c;
	for (unsigned k = 0; k < more; k++, (*text)++) {
		if ((**text & 0xc0) != 0x80)
			return -1;
		value = value << 6 | (**text & 0x3f);
	}
	if (value < LEAST[more] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
		return -1;
	return (int32_t)value;
}

/* Control characters, and those that only change how others are shown: a line of the journal must
 * be what it looks like. */
static bool
is_printable(int32_t c)
{
	static const int32_t NOT[][2] = {{-1, 0x1f},       {0x7f, 0x9f},     {0x200b, 0x200f},
					 {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff},
					 {0xfff9, 0xffff}};
	for (size_t k = 0; k < sizeof NOT / sizeof NOT[0]; k++)
		if (c >= NOT[k][0] && c <= NOT[k][1])
			return false;
	return true;
}

int
people_characters(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	int n = 0;
	for (; *at; n++)
		if (!is_printable(next_character(&at)))
			return -1;
	return n;
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
