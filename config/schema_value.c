/* SPDX-License-Identifier: Apache-2.0 */
/* From the text of a scalar to the field of a structure, and what would have been allowed. */
#include "config/schema_value.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "config/text.h"

#define SHOWN 40 /* bytes of a wrong value that a message repeats */

static void
allowed_choices(const char *choices, char *out, size_t size)
{
	size_t n = 0;

	for (; *choices && n + 3 < size; choices++) {
		out[n++] = *choices == '|' ? ',' : *choices;
		if (*choices == '|')
			out[n++] = ' ';
	}
	out[n] = '\0';
}

char *
schema_allowed(const struct schema_key *k, char *out, size_t size)
{
	const char *gap = *k->unit ? " " : "";

	switch (k->type) {
	case SCHEMA_NAME:
		snprintf(out, size, "a word of %.0f..%.0f characters", k->lo, k->hi);
		break;
	case SCHEMA_TEXT:
		snprintf(out, size, "text of %.0f..%.0f bytes", k->lo, k->hi);
		break;
	case SCHEMA_INTEGER:
		snprintf(out, size, "a whole number in %.0f..%.0f%s%s", k->lo, k->hi, gap, k->unit);
		break;
	case SCHEMA_CODE:
		snprintf(out, size, "a whole number in 0..2^64-1, or 0x and hexadecimal digits");
		break;
	case SCHEMA_NUMBER:
		snprintf(out, size, "%.10g..%.10g%s%s", k->lo, k->hi, gap, k->unit);
		break;
	case SCHEMA_FLAG:
		snprintf(out, size, "yes, no");
		break;
	case SCHEMA_CHOICE:
		allowed_choices(k->unit, out, size);
		break;
	case SCHEMA_PORT:
		snprintf(out, size, "1..65535, auto");
		break;
	case SCHEMA_INTERVAL:
		snprintf(out, size, "[lower, upper] in %.10g..%.10g", k->lo, k->hi);
		break;
	case SCHEMA_MAP:
		snprintf(out, size, "a mapping");
		break;
	case SCHEMA_LIST:
		snprintf(out, size, "a list");
		break;
	case SCHEMA_ANY:
		*out = '\0';
		break;
	}
	return out;
}

void
schema_why(char *why, const char *text, const char *what)
{
	char shown[SHOWN];

	snprintf(why, SCHEMA_WHY_SIZE, "\"%s\" %s", text_shown(text, shown, sizeof(shown)), what);
}

bool
schema_number_set(const struct schema_key *k, const char *text, double *out, char *why)
{
	if (!text_number(text, out)) {
		schema_why(why, text, "is not a number");
		return false;
	}
	if (!isfinite(*out) || *out < k->lo || *out > k->hi) {
		schema_why(why, text, "is out of range");
		return false;
	}
	return true;
}

static bool
set_integer(const struct schema_key *k, const char *text, int64_t *out, char *why)
{
	double as_number;

	if (!text_integer(text, out)) {
		schema_why(why, text,
			   !text_number(text, &as_number) ? "is not a whole number"
			   : strchr(text, '.') || strchr(text, 'e')
				   ? "is not whole"
				   : "has a leading zero, or too many digits");
		return false;
	}
	if ((double)*out < k->lo || (double)*out > k->hi) {
		schema_why(why, text, "is out of range");
		return false;
	}
	return true;
}

static bool
set_choice(const struct schema_key *k, const char *text, int32_t *out, char *why)
{
	size_t len = strlen(text);
	int32_t i = 0;

	for (const char *p = k->unit; p; i++) {
		const char *bar = strchr(p, '|');
		size_t n = bar ? (size_t)(bar - p) : strlen(p);

		if (n == len && !memcmp(p, text, n)) {
			*out = i;
			return true;
		}
		p = bar ? bar + 1 : NULL;
	}
	schema_why(why, text, "is none of the choices");
	return false;
}

static bool
set_flag(const char *text, bool *out, char *why)
{
	*out = !strcmp(text, "yes") || !strcmp(text, "true");
	if (*out || !strcmp(text, "no") || !strcmp(text, "false"))
		return true;
	schema_why(why, text, "is neither yes nor no");
	return false;
}

static bool
set_text(const struct schema_key *k, const char *text, char *out, char *why)
{
	size_t size = k->type == SCHEMA_NAME ? SCHEMA_NAME_SIZE : SCHEMA_TEXT_SIZE;
	size_t n = strlen(text);

	assert(k->hi < (double)size);
	if ((double)n < k->lo || (double)n > k->hi) {
		snprintf(why, SCHEMA_WHY_SIZE, "has %zu bytes", n);
		return false;
	}
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f ||
		    (k->type == SCHEMA_NAME && ((unsigned char)*p > 0x7e || *p == ' '))) {
			schema_why(why, text, "has a character that is not allowed there");
			return false;
		}
	memcpy(out, text, n + 1);
	return true;
}

bool
schema_value_set(const struct schema_key *k, const char *text, void *field, char *why)
{
	switch (k->type) {
	case SCHEMA_NAME:
	case SCHEMA_TEXT:
		return set_text(k, text, field, why);
	case SCHEMA_INTEGER:
		return set_integer(k, text, field, why);
	case SCHEMA_CODE:
		if (text_code(text, field))
			return true;
		schema_why(why, text, "is not a whole number of 64 bits");
		return false;
	case SCHEMA_NUMBER:
		return schema_number_set(k, text, field, why);
	case SCHEMA_FLAG:
		return set_flag(text, field, why);
	case SCHEMA_CHOICE:
		return set_choice(k, text, field, why);
	case SCHEMA_PORT:
		if (!strcmp(text, "auto")) {
			*(int64_t *)field = 0;
			return true;
		}
		return set_integer(k, text, field, why);
	case SCHEMA_INTERVAL:
	case SCHEMA_MAP:
	case SCHEMA_LIST:
	case SCHEMA_ANY:
		break;
	}
	schema_why(why, text, "is a single value");
	return false;
}
