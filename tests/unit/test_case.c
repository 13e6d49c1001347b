/* SPDX-License-Identifier: Apache-2.0 */
/* Case files and maps of power: what they say in SI units, and every error at its line. */
#include "tests/unit/support.h"

#include <errno.h>
#include <math.h>

#include "config/case.h"

static struct config_report report;
static char folder[64], path[100];

static int
setup(void **state)
{
	(void)state;
	folder_make(folder);
	snprintf(path, sizeof(path), "%s/file", folder);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	folder_remove(folder);
	return 0;
}

static void
put(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

/* Error k is of that line and names key and hint. */
static void
told(size_t k, unsigned line, const char *key, const char *hint)
{
	char at[160];

	assert_true(k < report.n);
	snprintf(at, sizeof(at), ":%u: ", line);
	if (!strstr(report.errors[k].text, at) || !strstr(report.errors[k].text, key) ||
	    !strstr(report.errors[k].text, hint))
		fail_msg("\"%s\" is not of line %u, %s, %s", report.errors[k].text, line, key,
			 hint);
}

static void
near(double got, double expected)
{
	assert_true(fabs(got / expected - 1.0) < 1e-12);
}

static void
the_shipped_cases_are_in_si_units(void **state)
{
	struct case_file c;

	(void)state;
	assert_int_equal(case_load(&c, "config/cases/w1.yaml", &report), 0);
	assert_string_equal(c.name, "w1");
	assert_false(c.channels);
	near(c.width_m, 0.21504);
	near(c.silicon.thickness_m, 0.75e-3);
	near(c.interface.k_w_mk, 5.0);
	near(c.plate.rho_c_j_m3k, 3.45e6);
	near(c.film_w_m2k, 20000.0);
	near(c.coolant_c, 25.0);
	assert_int_equal(case_load(&c, "config/cases/w2.yaml", &report), 0);
	assert_true(c.channels && c.storing);
	assert_int_equal(c.n_channels, 240);
	near(c.channel_m, 0.448e-3);
	near(c.flow_m3_s, 40e-3 / 60.0);
	near(c.coolant_rho_c_j_m3k, 4.172e6);
	near(c.film_w_m2k, 4200.0);
	near(c.coolant_rho_kg_m3, 997.05);
	near(c.coolant_mu_pa_s, 890e-6);
	near(c.coolant_k_w_mk, 0.6065);
	assert_int_equal(report.n, 0);
}

static void
channels_need_no_film(void **state)
{
	struct case_file c;

	(void)state;
	put("case: laminar\n"
	    "silicon: {thickness_mm: 1, k_w_mk: 130, rho_c_j_m3k: 1.63e6}\n"
	    "interface: {thickness_mm: 0.1, k_w_mk: 5, rho_c_j_m3k: 2.2e6}\n"
	    "plate: {thickness_mm: 4, k_w_mk: 390, rho_c_j_m3k: 3e6}\n"
	    "channels: {count: 240, width_mm: 0.448, wall_mm: 0.448, height_mm: 3}\n"
	    "coolant: {rho_c_j_m3k: 3.6e6, inlet_c: 20, flow_lpm: 9, mu_pa_s: 2e-3, k_w_mk: "
	    "0.4}\n");
	assert_int_equal(case_load(&c, path, &report), 0);
	assert_true(c.channels && isnan(c.film_w_m2k));
	near(c.coolant_mu_pa_s, 2e-3);
	near(c.coolant_k_w_mk, 0.4);
}

static void
each_error_of_a_case_stands_at_its_line(void **state)
{
	struct case_file c = {.name = "untouched"};

	(void)state;
	put("case: bad\n"
	    "silicon: {thickness_mm: -1, k_w_mk: 130, rho_c_j_m3k: 1.63e6}\n"
	    "interface: {thickness_mm: 0.1, k_w_mk: .nan, rho_c_j_m3k: 2.2e6}\n"
	    "plate: {thickness_mm: 4, k_w_mk: 390}\n"
	    "colour: blue\n"
	    "film: {h_w_m2k: 2e4, temp_c: 25}\n"
	    "channels: {count: 240, width_mm: 0.4, wall_mm: 0.4, height_mm: 3, h_w_m2k: 4200}\n");
	assert_int_equal(case_load(&c, path, &report), -EINVAL);
	assert_int_equal(report.n, 5);
	told(0, 2, "silicon.thickness_mm", "0.001..100");
	told(1, 3, "interface.k_w_mk", "");
	told(2, 4, "plate.rho_c_j_m3k", "");
	told(3, 5, "colour", "unknown");
	told(4, 7, "channels", "film");
	assert_string_equal(c.name, "untouched");
	config_report_free(&report);
	put("case: bad\n"
	    "silicon: {thickness_mm: 1, k_w_mk: 130, rho_c_j_m3k: 1.63e6}\n"
	    "interface: {thickness_mm: 0.1, k_w_mk: 5, rho_c_j_m3k: 2.2e6}\n"
	    "plate: {thickness_mm: 4, k_w_mk: 390, rho_c_j_m3k: 3e6}\n"
	    "channels: {count: 240, width_mm: 0.4, wall_mm: 0.4, height_mm: 3, h_w_m2k: 4200}\n");
	assert_int_equal(case_load(&c, path, &report), -EINVAL);
	assert_int_equal(report.n, 2);
	told(0, 5, "coolant", "missing");
	told(1, 5, "channels.count", "215.04 mm");
	config_report_free(&report);
	assert_int_equal(case_load(&c, "/nonexistent/case.yaml", &report), -ENOENT);
	config_report_free(&report);
}

/* A whole map with line `line` (from 1) in place of `text`, NULL: left out. */
static void
map_with(unsigned line, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	for (unsigned n = 1; n <= 1 + RETICLES; n++) {
		if (n == line && text)
			fprintf(f, "%s\n", text);
		else if (n == 1)
			fputs("reticle,power_w\n", f);
		else if (n != line)
			fprintf(f, "r%02uc%02u,%u.5\n", (n - 2) / ZONES, (n - 2) % ZONES, n);
	}
	assert_int_equal(fclose(f), 0);
}

static void
a_map_is_read_by_reticle(void **state)
{
	double w[RETICLES];

	(void)state;
	map_with(0, NULL);
	assert_int_equal(case_map_read(path, w, &report), 0);
	near(w[0], 2.5);
	near(w[83], 85.5);
	map_with(5, "r00c03,0");
	assert_int_equal(case_map_read(path, w, &report), 0);
	assert_true(w[3] < 1e-300 && w[3] >= 0.0);
}

static void
each_error_of_a_map_stands_at_its_line(void **state)
{
	static const struct {
		unsigned line;
		const char *text;
		unsigned at;
		const char *key, *hint;
	} bad[] = {
		{1, "reticle,power", 1, "heading", "reticle,power_w"},
		{9, NULL, 84, "r00c07", "missing"},
		{9, "r00c07,-1", 9, "power_w", "0..1e6 W"},
		{9, "r00c07,nan", 9, "power_w", "0..1e6 W"},
		{9, "r00c07,inf", 9, "power_w", "0..1e6 W"},
		{9, "r00c07,1.1e6", 9, "power_w", "0..1e6 W"},
		{9, "r00c07,1e999", 9, "power_w", "0..1e6 W"},
		{9, "r00c07,", 9, "power_w", ""},
		{9, "r00c07,1,2", 9, "", "fields"},
		{9, "r07c00,1", 9, "reticle", "r00c00..r06c11"},
		{9, "G12,1", 9, "reticle", "r00c00..r06c11"},
		{85, "r00c07,1", 85, "r00c07", "first in line 9"},
	};

	(void)state;
	for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++) {
		double w[RETICLES];

		map_with(bad[k].line, bad[k].text);
		assert_int_equal(case_map_read(path, w, &report), -EINVAL);
		told(0, bad[k].at, bad[k].key, bad[k].hint);
		config_report_free(&report);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shipped_cases_are_in_si_units),
		cmocka_unit_test(channels_need_no_film),
		cmocka_unit_test(each_error_of_a_case_stands_at_its_line),
		cmocka_unit_test(a_map_is_read_by_reticle),
		cmocka_unit_test(each_error_of_a_map_stands_at_its_line),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
