/* SPDX-License-Identifier: Apache-2.0 */
/* Plants from text, and a look at what the loader says of them. */
#ifndef ISOTHERM_TESTS_CONFIG_FIXTURE_H
#define ISOTHERM_TESTS_CONFIG_FIXTURE_H

#include "tests/unit/support.h"

#include <errno.h>

#include "config/plant.h"

/* A small plant that is right; tests put something wrong behind it. */
#define GOOD_HEAD "site: test\nsystems:\n  - {name: cs%02d, count: 2, type: water}\n"

/* Load a text that must be right. */
static inline struct plant *
plant_of(const char *text)
{
	struct config_report report = {0};
	struct plant *p = NULL;
	int rc = plant_parse(&p, text, strlen(text), "t.yaml", "config", &report);

	config_report_print(&report, stderr);
	assert_int_equal(rc, 0);
	assert_int_equal(report.n, 0);
	config_report_free(&report);
	assert_non_null(p);
	return p;
}

/* Load a file that must be right. */
static inline struct plant *
plant_at(const char *path)
{
	struct config_report report = {0};
	struct plant *p = NULL;
	int rc = plant_load(&p, path, &report);

	config_report_print(&report, stderr);
	assert_int_equal(rc, 0);
	assert_int_equal(report.n, 0);
	config_report_free(&report);
	return p;
}

static inline void
file_write(const char *dir, const char *name, const char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

/* Whole file, freed by the caller. */
static inline char *
file_text(const char *path, size_t *len)
{
	FILE *f = fopen(path, "r");
	char *text = malloc(1u << 20);

	assert_non_null(f);
	assert_non_null(text);
	*len = fread(text, 1, (1u << 20) - 1, f);
	text[*len] = '\0';
	fclose(f);
	return text;
}

/* "t.yaml:LINE: KEY: …": does the error stand at that line and key, and name `hint`? */
static inline void
assert_error(const struct config_report *r, size_t i, const char *file, unsigned line,
	     const char *key, const char *hint)
{
	char head[300];

	if (*key)
		snprintf(head, sizeof(head), "%s:%u: %s: ", file, line, key);
	else
		snprintf(head, sizeof(head), "%s:%u: ", file, line);
	if (i >= r->n || strncmp(r->errors[i].text, head, strlen(head)) != 0 ||
	    !strstr(r->errors[i].text, hint))
		fail_msg("error %zu of %zu is \"%s\", not \"%s … %s\"", i, r->n,
			 i < r->n ? r->errors[i].text : "", head, hint);
}

/* The text has exactly one error, there. */
static inline void
assert_one_error(const char *text, unsigned line, const char *key, const char *hint)
{
	struct config_report report = {0};
	struct plant *p = NULL;
	int rc = plant_parse(&p, text, strlen(text), "t.yaml", "config", &report);

	if (report.n != 1) {
		config_report_print(&report, stderr);
		fail_msg("%zu errors, not 1, in:\n%s", report.n, text);
	}
	assert_int_equal(rc, -EINVAL);
	assert_null(p);
	assert_error(&report, 0, "t.yaml", line, key, hint);
	config_report_free(&report);
}

#endif
