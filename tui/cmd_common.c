/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/cmd.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "tui/held.h"

int
cmd_attach(struct attach *a)
{
	struct errtext err = {""};
	int rc = attach_open(a, &err);
	if (rc == 0)
		return 0;
	fprintf(stderr, "%s%s\n", rc == -ENOENT ? "" : "isotherm: ", err.text);
	return rc == -ENOENT ? EXIT_NOT_RUNNING : rc == -ENOMEM ? EX_OSERR : EXIT_UNREADABLE;
}

int
cmd_usage(const char *command, const char *format, ...)
{
	va_list ap;
	fprintf(stderr, "isotherm %s: ", command);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fprintf(stderr, " (see isotherm %s --help)\n", command);
	return EX_USAGE;
}

bool
cmd_number(const char *text, double lo, double hi, double *out)
{
	char *end;
	*out = strtod(text, &end);
	return end != text && !*end && *out >= lo && *out <= hi;
}

/* Whom it was taken from. */
static void
print_taken(const json_t *from)
{
	const json_t *uid = json_object_get(from, "uid");
	const char *name = json_string_value(json_object_get(from, "name"));
	const char *level = json_string_value(json_object_get(from, "level"));
	const char *since = json_string_value(json_object_get(from, "since"));
	const char *why = json_string_value(json_object_get(from, "why"));
	char who[48];
	if (!name)
		name = held_user(uid ? json_integer_value(uid) : -1, who, sizeof who);
	printf("taken from %s", name);
	if (uid)
		printf(" (uid %lld, %s)", (long long)json_integer_value(uid), level ? level : "?");
	printf(", who held it since %s: %s\n", since ? since : "?", why ? why : "");
}

void
cmd_done(const json_t *answer)
{
	const char *said = json_string_value(json_object_get(answer, "said"));
	const char *note = json_string_value(json_object_get(answer, "note"));
	const json_t *from = json_object_get(answer, "taken_from");
	printf("%s\n", said ? said : "done");
	if (from)
		print_taken(from);
	if (note)
		printf("note: %s\n", note);
}

/* What a shell split at blanks is one change again. */
int
cmd_join(char **words, char *out, size_t size)
{
	size_t used = 0;
	for (; *words; words++) {
		int n = snprintf(out + used, size - used, "%s%s", used ? " " : "", *words);
		if (n < 0 || (size_t)n >= size - used)
			return -EMSGSIZE;
		used += (size_t)n;
	}
	return 0;
}
