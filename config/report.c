/* SPDX-License-Identifier: Apache-2.0 */
#include "config/report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "config/text.h"

static struct config_error *
next_error(struct config_report *r)
{
	if (r->n >= CONFIG_ERRORS_MAX) {
		r->dropped++;
		return NULL;
	}
	if (r->n == r->capacity) {
		size_t capacity = r->capacity ? 2 * r->capacity : 8;
		struct config_error *grown = realloc(r->errors, capacity * sizeof(*grown));

		if (!grown) {
			r->dropped++;
			return NULL;
		}
		r->errors = grown;
		r->capacity = capacity;
	}
	return memset(&r->errors[r->n++], 0, sizeof(struct config_error));
}

void
config_report_add(struct config_report *r, const char *format, ...)
{
	struct config_error *e = next_error(r);
	va_list args;

	if (!e)
		return;
	va_start(args, format);
	vsnprintf(e->text, sizeof(e->text), format, args);
	va_end(args);
}

void
config_report_at(struct config_report *r, const char *file, uint32_t line, const char *path,
		 const char *format, ...)
{
	struct config_error *e = next_error(r);
	va_list args;
	size_t n;

	if (!e)
		return;
	e->file = text_hash(file);
	e->line = line;
	n = (size_t)snprintf(e->text, sizeof(e->text), "%.250s:", file);
	if (line)
		n += (size_t)snprintf(e->text + n, sizeof(e->text) - n, "%u:", line);
	if (*path)
		n += (size_t)snprintf(e->text + n, sizeof(e->text) - n, " %.120s:", path);
	n += (size_t)snprintf(e->text + n, sizeof(e->text) - n, " ");
	va_start(args, format);
	vsnprintf(e->text + n, sizeof(e->text) - n, format, args);
	va_end(args);
}

size_t
config_report_total(const struct config_report *r)
{
	return r->n + r->dropped;
}

static size_t
first_of_file(const struct config_report *r, uint64_t file)
{
	size_t i = 0;

	while (r->errors[i].file != file)
		i++;
	return i;
}

/* At most CONFIG_ERRORS_MAX, nearly in order: insertion sort, which is stable. */
void
config_report_sort(struct config_report *r)
{
	for (size_t i = 0; i < r->n; i++)
		r->errors[i].rank = (uint32_t)first_of_file(r, r->errors[i].file);
	for (size_t i = 1; i < r->n; i++) {
		struct config_error e = r->errors[i];
		size_t k = i;

		while (k > 0 &&
		       (r->errors[k - 1].rank > e.rank ||
			(r->errors[k - 1].rank == e.rank && r->errors[k - 1].line > e.line))) {
			r->errors[k] = r->errors[k - 1];
			k--;
		}
		r->errors[k] = e;
	}
}

void
config_report_print(const struct config_report *r, FILE *to)
{
	for (size_t i = 0; i < r->n; i++)
		fprintf(to, "%s\n", r->errors[i].text);
	if (r->dropped)
		fprintf(to, "and %zu more\n", r->dropped);
}

void
config_report_free(struct config_report *r)
{
	free(r->errors);
	memset(r, 0, sizeof(*r));
}
