/* SPDX-License-Identifier: Apache-2.0 */
/* Text helpers of the configuration: numbers whatever the locale, names, near misses. */
#ifndef ISOTHERM_CONFIG_TEXT_H
#define ISOTHERM_CONFIG_TEXT_H

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers in files have a decimal point, also where the terminal's language has a comma: the calling thread works in
 * the C locale between begin and end. */
struct text_locale {
	locale_t c, before;
};
struct text_locale text_locale_begin(void);
void text_locale_end(struct text_locale l);

/* The whole text, nothing before or after it. False: not such a number. A number may be infinite after overflow; "nan",
 * "inf" and hexadecimal floats are none. Whole numbers: decimal without leading zeros, or 0x and hexadecimal digits. */
bool text_number(const char *s, double *out);
bool text_integer(const char *s, int64_t *out);
bool text_code(const char *s, uint64_t *out);

/* Copy for an error message: at most max - 1 bytes, what can't be printed as '?'. Returns out. */
char *text_shown(const char *s, char *out, size_t max);

/* Edits (insert, drop, replace, swap neighbours) from a to b; is that a likely slip of the pen? */
unsigned text_distance(const char *a, const char *b);
bool text_near(const char *a, const char *b);

/* [a-z][a-z0-9_-]*; and parts such as "pump[0]" joined by dots, letters of both cases. */
bool text_is_name(const char *s);
bool text_is_path(const char *s);

uint64_t text_hash(const char *s); /* FNV-1a, 64 bits */
uint64_t text_mix(uint64_t x);     /* splitmix64's finaliser: neighbours become unrelated */

#endif
