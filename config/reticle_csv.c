/* SPDX-License-Identifier: Apache-2.0 */
#include "config/reticle_csv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/report.h"
#include "config/text.h"
#include "config/yaml.h"

#define FIELDS_MAX (1 + RETICLE_CSV_COLUMNS_MAX)

struct csv {
	const char *path;
	const struct reticle_csv *kind;
	struct config_report *report;
	uint32_t line_of[RETICLES]; /* where a reticle stood, 0 not yet */
	double *values;
};

/* Cut a line at its commas, in place; how many fields there are, at most FIELDS_MAX + 1. */
static size_t
cut(char *line, char *fields[FIELDS_MAX + 1])
{
	size_t n = 0;

	while (n <= FIELDS_MAX) {
		fields[n++] = line;
		line = strchr(line, ',');
		if (!line)
			break;
		*line++ = '\0';
	}
	return n;
}

/* "r02c11" -> 12 y + x, or -1. */
static int32_t
index_of(const char *name)
{
	static const char digits[] = "0123456789";
	int32_t y, x;

	if (strlen(name) != 6 || name[0] != 'r' || name[3] != 'c' ||
	    strspn(name + 1, digits) != 2 || strspn(name + 4, digits) != 2)
		return -1;
	y = (name[1] - '0') * 10 + (name[2] - '0');
	x = (name[4] - '0') * 10 + (name[5] - '0');
	return y < ROWS && x < ZONES ? ZONES * y + x : -1;
}

static void
read_line(struct csv *c, char *line, uint32_t number)
{
	const struct reticle_csv *kind = c->kind;
	char *fields[FIELDS_MAX + 1], shown[40];
	size_t n = cut(line, fields);
	int32_t i = index_of(fields[0]);

	if (n != kind->columns + 1) {
		config_report_at(c->report, c->path, number, "", "has %s%d fields (allowed: %s)",
				 n > FIELDS_MAX ? "more than " : "",
				 n > FIELDS_MAX ? FIELDS_MAX : (int)n, kind->heading);
		return;
	}
	if (i < 0)
		config_report_at(c->report, c->path, number, "reticle",
				 "\"%s\" is no reticle (allowed: r00c00..r06c11)",
				 text_shown(fields[0], shown, sizeof(shown)));
	else if (c->line_of[i])
		config_report_at(c->report, c->path, number, fields[0],
				 "is given twice, first in line %u", c->line_of[i]);
	else
		c->line_of[i] = number;
	for (uint32_t k = 0; k < kind->columns; k++) {
		double value = 0.0;

		if (!text_number(fields[k + 1], &value) || !kind->allows(value))
			config_report_at(c->report, c->path, number, kind->names[k], "\"%s\" %s",
					 text_shown(fields[k + 1], shown, sizeof(shown)),
					 kind->refusal);
		if (i >= 0)
			c->values[RETICLES * k + (uint32_t)i] = value;
	}
}

static void
read_lines(struct csv *c, char *text, size_t len)
{
	char *p = text, *end = text + len, *next, name[8];
	uint32_t number = 0;

	for (; p < end; p = next) {
		char *stop = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((stop ? stop : end) - p);

		next = stop ? stop + 1 : end;
		number++;
		if (n && p[n - 1] == '\r')
			n--;
		p[n] = '\0'; /* there is a byte behind the last line */
		if (memchr(p, '\0', n))
			config_report_at(c->report, c->path, number, "",
					 "has a zero byte (allowed: text)");
		else if (number == 1 && strcmp(p, c->kind->heading) != 0)
			config_report_at(c->report, c->path, 1, "",
					 "is not the heading (allowed: %s)", c->kind->heading);
		else if (number > 1 && *p)
			read_line(c, p, number);
	}
	for (uint32_t i = 0; i < RETICLES; i++) {
		snprintf(name, sizeof(name), "r%02uc%02u", i / ZONES % 100, i % ZONES);
		if (!c->line_of[i])
			config_report_at(c->report, c->path, number ? number : 1, name,
					 "is missing (allowed: a line for each reticle)");
	}
}

int
reticle_csv_read(const char *path, const struct reticle_csv *kind, double *values,
		 struct config_report *report)
{
	struct text_locale l = text_locale_begin();
	struct csv c = {.path = path, .kind = kind, .report = report, .values = values};
	size_t before = config_report_total(report), len = 0;
	char *text = NULL;
	int rc = config_file_read(path, &text, &len, report);

	if (!rc) {
		if (len)
			read_lines(&c, text, len);
		else
			config_report_at(report, path, 1, "", "is empty (allowed: %s)",
					 kind->heading);
		if (config_report_total(report) != before)
			rc = -EINVAL;
	}
	free(text);
	text_locale_end(l);
	return rc;
}
