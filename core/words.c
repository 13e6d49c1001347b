/* SPDX-License-Identifier: Apache-2.0 */
#include "core/words.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* -1: no UTF-8; then it goes on behind the byte that is wrong. */
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

static bool
is_printable(int32_t c)
{
	/* no character, C0; DEL, C1; Arabic letter mark; zero width and direction marks; line and
	 * paragraph separators, direction embedded and overridden; invisible operators, direction
	 * isolated; byte order mark; interlinear and none at all; tags */
	static const int32_t NOT[][2] = {{-1, 0x1f},       {0x7f, 0x9f},     {0x61c, 0x61c},
					 {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
					 {0xfeff, 0xfeff}, {0xfff9, 0xffff}, {0xe0000, 0xe007f}};

	for (size_t k = 0; k < sizeof(NOT) / sizeof(NOT[0]); k++)
		if (c >= NOT[k][0] && c <= NOT[k][1])
			return false;
	return true;
}

int
words_characters(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	int n = 0;

	for (; *at; n++)
		if (!is_printable(next_character(&at)))
			return -1;
	return n;
}

char *
words_shown(const char *text, char *out, size_t size)
{
	const unsigned char *at = (const unsigned char *)text, *from;
	size_t n = 0;

	while (*(from = at)) {
		bool printable = is_printable(next_character(&at));
		size_t bytes = printable ? (size_t)(at - from) : 1;

		if (n + bytes >= size)
			break;
		memcpy(out + n, printable ? (const char *)from : "?", bytes);
		n += bytes;
	}
	out[n] = '\0';
	return out;
}
