/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/ask.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "controllers/people.h"

#define NAME_SHOWN 15 /* no name of a system is longer */

bool
ask_wrong(char error[ASK_ERROR], const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	vsnprintf(error, ASK_ERROR, format, ap);
	va_end(ap);
	return false;
}

json_t *
ask_root(char error[ASK_ERROR], const char *json, size_t len)
{
	json_error_t at;
	json_t *root = json_loadb(json, len, JSON_REJECT_DUPLICATES, &at);
	if (!root)
		ask_wrong(error, "no JSON, at byte %d: %s", at.position,
			  people_characters(at.text) > 0 ? at.text : "what stands there");
	if (!root || json_is_object(root))
		return root;
	ask_wrong(error, "a request is one JSON object");
	json_decref(root);
	return NULL;
}

bool
ask_why(char error[ASK_ERROR], const json_t *root, const char **out)
{
	const char *why = json_string_value(json_object_get(root, "why"));
	int n = why ? people_characters(why) : 0;
	if (n < 1 || n > PEOPLE_WHY_CHARACTERS || why[strspn(why, " ")] == '\0')
		return ask_wrong(error, "\"why\" must say why: 1..%d printable characters",
				 PEOPLE_WHY_CHARACTERS);
	*out = why;
	return true;
}

bool
ask_number(char error[ASK_ERROR], const json_t *root, const char *key, int64_t lo, int64_t hi,
	   int64_t *out)
{
	const json_t *value = json_object_get(root, key);
	*out = json_integer_value(value);
	if (json_is_integer(value) && *out >= lo && *out <= hi)
		return true;
	return ask_wrong(error, "\"%s\" must be a whole number, %lld..%lld", key, (long long)lo,
			 (long long)hi);
}

bool
ask_no_system(char error[ASK_ERROR], const struct plant *plant, const char *name)
{
	char known[128] = "it has none";
	if (plant->n_systems > 0)
		snprintf(known, sizeof known, "it has %u: %s .. %s", plant->n_systems,
			 plant->systems[0].name, plant->systems[plant->n_systems - 1].name);
	if (name && strlen(name) <= NAME_SHOWN && people_characters(name) > 0)
		return ask_wrong(error, "no system \"%s\" in this plant (%s)", name, known);
	return ask_wrong(error, "\"system\" must name a system of this plant (%s)", known);
}

void
ask_result(char *result, json_t *root)
{
	size_t n = root ? json_dumpb(root, result, COMMAND_MAX, JSON_COMPACT) : 0;
	if (n == 0 || n > COMMAND_MAX)
		n = (size_t)snprintf(result, COMMAND_MAX + 1,
				     "{\"ok\":false,\"error\":\"no memory for an answer\"}");
	result[n] = '\0';
	json_decref(root);
}
