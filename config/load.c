/* SPDX-License-Identifier: Apache-2.0 */
#include "config/load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "config/report.h"

int
load_no_memory(struct load *l)
{
	config_report_at(l->report, l->doc.file, 0, "", "out of memory");
	return -ENOMEM;
}

void
load_error(struct load *l, const struct schema_at *at, uint32_t line, const char *path,
	   const char *what, const char *key, const char *format, ...)
{
	char full[120], text[400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (at->line && at->origin == FROM_OVERRIDE)
		snprintf(full, sizeof(full), "overrides.%s.%s", what, key);
	else
		snprintf(full, sizeof(full), "%s.%s", path, key);
	config_report_at(l->report, l->doc.file, at->line ? at->line : line, full, "%s", text);
}

struct override *
load_override(struct load *l, const char *name)
{
	for (uint32_t i = 0; i < l->n_overrides; i++)
		if (!strcmp(l->overrides[i].name, name)) {
			l->overrides[i].used = true;
			return &l->overrides[i];
		}
	return NULL;
}

bool
path_from(const char *folder, const char *name, char *out, size_t size)
{
	char joined[PATH_MAX], real[PATH_MAX];
	int n = *name == '/' ? snprintf(joined, sizeof(joined), "%s", name)
			     : snprintf(joined, sizeof(joined), "%s/%s", folder, name);

	if (n < 0 || (size_t)n >= sizeof(joined))
		return false;
	/* what does not exist keeps the name it would have */
	n = snprintf(out, size, "%s", realpath(joined, real) ? real : joined);
	return n >= 0 && (size_t)n < size;
}

bool
is_address(const char *host)
{
	unsigned char ignored[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, ignored) == 1 || inet_pton(AF_INET6, host, ignored) == 1;
}
