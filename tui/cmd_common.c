/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/cmd.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

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
