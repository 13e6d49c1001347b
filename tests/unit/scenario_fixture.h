/* SPDX-License-Identifier: Apache-2.0 */
/* A folder with a scenario in it, s.yaml, that a test has written. */
#ifndef ISOTHERM_TESTS_SCENARIO_FIXTURE_H
#define ISOTHERM_TESTS_SCENARIO_FIXTURE_H

#include "runner/scenario_file.h"
#include "tests/unit/support.h"

static char folder[64];

static inline int
setup(void **state)
{
	(void)state;
	folder_make(folder);
	return 0;
}

static inline int
teardown(void **state)
{
	(void)state;
	folder_remove(folder);
	return 0;
}

/* Freed by scenario_free. */
static inline struct scenario *
scenario_of(const char *text)
{
	struct config_report report = {0};
	struct scenario *sc = NULL;
	char path[96];
	FILE *out;

	(void)snprintf(path, sizeof path, "%s/s.yaml", folder);
	out = fopen(path, "we");
	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
	if (scenario_load(&sc, path, "config", &report) != 0)
		config_report_print(&report, stderr);
	config_report_free(&report);
	assert_non_null(sc);
	return sc;
}

#endif
