/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/config_fixture.h"

#include <math.h>

#include "config/text.h"
#include "config/wafer.h"

#define REFERENCE "config/wafers/reference.csv"

static void
the_reference_wafer_is_read_by_reticle(void **state)
{
	struct config_report r = {0};
	struct wafer_variation w;

	(void)state;
	assert_int_equal(wafer_csv_read(REFERENCE, &w, &r), 0);
	assert_int_equal(r.n, 0);
	assert_true(fabs(w.a_contact[0] - 0.94041012810203051) < 1e-15);
	assert_true(fabs(w.b_cooling[4] - 0.99157728882211693) < 1e-15);
	assert_true(fabs(w.l_leakage[10] - 1.1749238683957033) < 1e-15);
	for (int i = 0; i < RETICLES; i++)
		assert_true(w.a_contact[i] > 0.8 && w.a_contact[i] < 1.2 && w.b_cooling[i] > 0.8 &&
			    w.b_cooling[i] < 1.2 && w.l_leakage[i] > 0.5 && w.l_leakage[i] < 2);
}

/* The reference file with line `line` (from 1) put in place of `text`, NULL: left out. */
static void
changed_file(const char *path, unsigned line, const char *text)
{
	size_t len;
	char *all = file_text(REFERENCE, &len), *p = all;
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	for (unsigned n = 1; *p; n++) {
		char *end = strchr(p, '\n');

		assert_non_null(end);
		if (n != line)
			fwrite(p, 1, (size_t)(end + 1 - p), f);
		else if (text)
			fprintf(f, "%s\n", text);
		p = end + 1;
	}
	fclose(f);
	free(all);
}

static void
what_is_wrong_stands_at_its_line(void **state)
{
	static const struct {
		unsigned line;
		const char *text;
		size_t n_errors;
		unsigned at;
		const char *key, *hint;
	} bad[] = {
		{1, "reticle,a,b,l", 1, 1, "", "not the heading"},
		{3, NULL, 1, 84, "r00c01", "is missing"},
		{3, "", 1, 85, "r00c01", "is missing"},
		{3, "r00c00,1,1,1", 2, 3, "r00c00", "twice, first in line 2"},
		{3, "r00c12,1,1,1", 2, 3, "reticle", "no reticle (allowed: r00c00..r06c11)"},
		{3, "r07c00,1,1,1", 2, 3, "reticle", "no reticle"},
		{3, "A2,1,1,1", 2, 3, "reticle", "no reticle"},
		{3, "r00c01,1,1", 2, 3, "", "has 3 fields"},
		{3, "r00c01,1,1,1,1", 2, 3, "", "more than 4 fields"},
		{3, "r00c01,0,1,1", 1, 3, "a_contact", "\"0\" is no factor"},
		{3, "r00c01,1,-1,1", 1, 3, "b_cooling", "is no factor"},
		{3, "r00c01,1,1,nan", 1, 3, "l_leakage", "\"nan\" is no factor"},
		{3, "r00c01,1,1,inf", 1, 3, "l_leakage", "is no factor"},
		{3, "r00c01,1,1,1e999", 1, 3, "l_leakage", "is no factor"},
		{3, "r00c01,1,,1", 1, 3, "b_cooling", "\"\" is no factor"},
		{3, "r00c01, 1,1,1", 1, 3, "a_contact", "is no factor"},
		{3, "r00c01,x,y,z", 3, 3, "a_contact", "is no factor"},
	};
	char dir[64], path[80];

	(void)state;
	folder_make(dir);
	snprintf(path, sizeof(path), "%s/w.csv", dir);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct config_report r = {0};
		struct wafer_variation w = {.a_contact = {5}};

		changed_file(path, bad[i].line, bad[i].text);
		assert_int_equal(wafer_csv_read(path, &w, &r), -EINVAL);
		assert_error(&r, 0, path, bad[i].at, bad[i].key, bad[i].hint);
		assert_int_equal(r.n, bad[i].n_errors);
		assert_true(fabs(w.a_contact[0] - 5) < 1e-12); /* untouched */
		config_report_free(&r);
	}
	folder_remove(dir);
}

static void
lines_may_come_in_any_order_and_end_as_on_windows(void **state)
{
	char dir[64], path[80];
	struct config_report r = {0};
	struct wafer_variation w;
	FILE *f;

	(void)state;
	folder_make(dir);
	snprintf(path, sizeof(path), "%s/w.csv", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "reticle,a_contact,b_cooling,l_leakage\r\n");
	for (int i = RETICLES - 1; i >= 0; i--)
		fprintf(f, "r%02dc%02d,%d,1,1%s", i / ZONES, i % ZONES, i + 1, i ? "\r\n" : "");
	fclose(f);
	assert_int_equal(wafer_csv_read(path, &w, &r), 0);
	for (int i = 0; i < RETICLES; i++)
		assert_true(fabs(w.a_contact[i] - (i + 1)) < 1e-12);
	folder_remove(dir);
}

static void
a_file_that_is_none_or_empty_is_told(void **state)
{
	struct config_report r = {0};
	struct wafer_variation w;
	char dir[64], path[80];

	(void)state;
	folder_make(dir);
	snprintf(path, sizeof(path), "%s/w.csv", dir);
	assert_int_equal(wafer_csv_read(path, &w, &r), -ENOENT);
	file_write(dir, "w.csv", "");
	assert_int_equal(wafer_csv_read(path, &w, &r), -EINVAL);
	assert_int_equal(r.n, 2);
	assert_error(&r, 1, path, 1, "", "is empty");
	config_report_free(&r);
	folder_remove(dir);
}

static void
random_bytes_are_read_or_refused(void **state)
{
	char dir[64], path[80];
	size_t len;
	char *text = file_text(REFERENCE, &len), *copy = malloc(len);

	(void)state;
	assert_non_null(copy);
	folder_make(dir);
	snprintf(path, sizeof(path), "%s/w.csv", dir);
	for (uint64_t i = 0; i < 500; i++) {
		struct config_report r = {0};
		struct wafer_variation w;
		uint64_t key = text_mix(i);
		size_t n = (i & 1) ? len : key % len;
		FILE *f = fopen(path, "w");
		int rc;

		assert_non_null(f);
		memcpy(copy, text, len);
		copy[(key >> 20) % len] = (char)(key >> 8);
		fwrite(copy, 1, n, f);
		fclose(f);
		rc = wafer_csv_read(path, &w, &r);
		assert_true((rc == 0) == (r.n == 0));
		config_report_free(&r);
	}
	free(copy);
	free(text);
	folder_remove(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reference_wafer_is_read_by_reticle),
		cmocka_unit_test(what_is_wrong_stands_at_its_line),
		cmocka_unit_test(lines_may_come_in_any_order_and_end_as_on_windows),
		cmocka_unit_test(a_file_that_is_none_or_empty_is_told),
		cmocka_unit_test(random_bytes_are_read_or_refused),
	};

	return cmocka_run_group_tests_name("wafer files", tests, NULL, NULL);
}
