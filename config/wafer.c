/* SPDX-License-Identifier: Apache-2.0 */
#include "config/wafer.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "config/report.h"
#include "config/text.h"
#include "config/yaml.h"

#define HEAD "reticle,a_contact,b_cooling,l_leakage"
#define COLUMNS 4
#define FACTOR_MAX 100.0 /* a factor beyond this is a slip of the decimal point, not a wafer */

struct csv {
	const char *path;
	struct config_report *report;
	uint32_t line_of[RETICLES]; /* where a reticle stood, 0 not yet */
	struct wafer_variation w;
};

/* Cut a line at its commas, in place; how many fields there are, at most COLUMNS + 1. */
static size_t
cut(char *line, char *fields[COLUMNS + 1])
{
	size_t n = 0;

	while (n <= COLUMNS) {
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
	static const char *const names[COLUMNS] = {"reticle", "a_contact", "b_cooling",
						   "l_leakage"};
	char *fields[COLUMNS + 1], shown[40];
	size_t n = cut(line, fields);
	double value[COLUMNS] = {0};
	int32_t i = index_of(fields[0]);

	if (n != COLUMNS) {
		config_report_at(c->report, c->path, number, "", "has %s%d fields (allowed: %s)",
				 n > COLUMNS ? "more than " : "", n > COLUMNS ? COLUMNS : (int)n,
				 HEAD);
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
	for (size_t k = 1; k < COLUMNS; k++)
		if (!text_number(fields[k], &value[k]) || !(value[k] > 0) || value[k] > FACTOR_MAX)
			config_report_at(c->report, c->path, number, names[k],
					 "\"%s\" is no factor (allowed: above 0, up to %.0f)",
					 text_shown(fields[k], shown, sizeof(shown)), FACTOR_MAX);
	if (i >= 0) {
		c->w.a_contact[i] = value[1];
		c->w.b_cooling[i] = value[2];
		c->w.l_leakage[i] = value[3];
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
		if (number == 1 && strcmp(p, HEAD) != 0)
			config_report_at(c->report, c->path, 1, "",
					 "is not the heading (allowed: %s)", HEAD);
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
wafer_csv_read(const char *path, struct wafer_variation *out, struct config_report *report)
{
	struct text_locale l = text_locale_begin();
	struct csv c = {.path = path, .report = report};
	size_t before = config_report_total(report), len = 0;
	char *text = NULL;
	int rc = config_file_read(path, &text, &len, report);

	if (!rc) {
		if (len)
			read_lines(&c, text, len);
		else
			config_report_at(report, path, 1, "", "is empty (allowed: %s)", HEAD);
		if (config_report_total(report) != before)
			rc = -EINVAL;
		else
			*out = c.w;
	}
	free(text);
	text_locale_end(l);
	return rc;
}
