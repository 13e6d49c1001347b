/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel at 48x28 cells and 10 ms against exact answers: the layered slab W1 by its cosine
 * series, the channelled plate W2 by the files in tests/thermal (from tests/thermal/channels.c, and
 * the published ones). Figures are printed beside what is demanded of them.
 */
#include "tests/unit/column_fixture.h"
#include "tests/unit/slab_exact.h"

#define STEP_S 0.01

static const char *const map_names[] = {"even", "half", "chess", "one alone", "random"};

static struct deviation
told(const char *what, struct deviation d, double mean, double max)
{
	print_message("%-40s mean %.4f (%.2f)  max %.4f (%.2f) K\n", what, d.mean, mean, d.max,
		      max);
	assert_true(d.mean <= mean && d.max <= max);
	return d;
}

/* Columns of numbers of a line "r00c00,1,2" or "40,1,inf,r00c00,…"; the reticle's index, -1: none. */
static int
cut(char *line, double value[8])
{
	int reticle = -1, n = 0, row, col;

	for (char *field = strtok(line, ",\n"); field && n < 8; field = strtok(NULL, ",\n")) {
		if (field[0] == 'r' && sscanf(field, "r%2dc%2d", &row, &col) == 2)
			reticle = ZONES * row + col;
		else
			value[n++] = strtod(field, NULL);
	}
	return reticle;
}

static void
face_at_rest(struct bench_wafer *b, const double power_w[RETICLES], double out_c[RETICLES])
{
	struct column_flows f;

	assert_int_equal(column_steady(b->column, power_w, CASE_START_C, &f), 0);
	near(f.coolant_w / f.power_w, 1.0, 1e-6);
	column_face(b->column, power_w, out_c);
}

/* Column `col` of a published file (numbers alone are counted) against the map. */
static struct deviation
published(const char *path, struct bench_wafer *b, enum bench_map map, int col)
{
	double power[RETICLES], expected[RETICLES], got[RETICLES], value[8];
	FILE *f = fopen(path, "r");
	char line[200];
	int n = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		int i = cut(line, value);

		if (i >= 0) {
			expected[i] = value[col];
			n++;
		}
	}
	fclose(f);
	assert_int_equal(n, RETICLES);
	bench_map(power, map, 0);
	face_at_rest(b, power, got);
	return deviation_of(got, expected);
}

static void
the_published_answers_are_met(void **state)
{
	struct bench_wafer b;

	(void)state;
	bench_open(&b, &plate_w1, 4, 0.0, false);
	told("W1 even, published", published("tests/thermal/w1_steady_ab.csv", &b, MAP_EVEN, 3),
	     0.01, 0.01);
	told("W1 half at 30 %, published",
	     published("tests/thermal/w1_steady_ab.csv", &b, MAP_HALF, 5), 0.4, 0.4);
	column_close(b.column);
	bench_open(&b, &plate_w2, 4, 40.0, true);
	told("W2 even at 40 L/min, published",
	     published("tests/thermal/w2_steady_a_40lpm.csv", &b, MAP_EVEN, 0), 0.05, 0.6);
	column_close(b.column);
}

static void
w1_at_rest_is_the_cosine_series(void **state)
{
	double power[RETICLES], expected[RETICLES], got[RETICLES];
	struct bench_wafer b;
	char what[60];

	(void)state;
	bench_open(&b, &plate_w1, 4, 0.0, false);
	bench_map(power, MAP_EVEN, 0);
	face_at_rest(&b, power, got);
	near(got[0], 57.556, 0.01);
	for (int map = MAP_HALF; map <= MAP_ONE; map++) {
		bench_map(power, (enum bench_map)map, 0);
		slab_exact(expected, &plate_w1, power, CASE_START_C, (double)INFINITY);
		face_at_rest(&b, power, got);
		snprintf(what, sizeof(what), "W1 %s, at rest", map_names[map]);
		told(what, deviation_of(got, expected), 0.4, 0.4);
	}
	for (uint32_t seed = 1; seed <= 6; seed++) {
		bench_map(power, MAP_RANDOM, seed);
		slab_exact(expected, &plate_w1, power, CASE_START_C, (double)INFINITY);
		face_at_rest(&b, power, got);
		snprintf(what, sizeof(what), "W1 random %u, at rest", seed);
		told(what, deviation_of(got, expected), 1.0, 1.0);
	}
	column_close(b.column);
}

static void
w1_after_a_step_of_power_is_the_cosine_series(void **state)
{
	static const double times_s[] = {0.05, 0.1, 0.2, 0.5, 1.0, 3.0};
	static const enum bench_map maps[] = {MAP_EVEN, MAP_HALF, MAP_RANDOM};
	double power[RETICLES], expected[RETICLES], got[RETICLES];
	struct bench_wafer b;
	struct column_flows f;
	char what[60];

	(void)state;
	bench_open(&b, &plate_w1, 4, 0.0, false);
	for (int k = 0; k < 3; k++) {
		long done = 0;

		bench_map(power, maps[k], 3);
		column_reset(b.column, CASE_START_C);
		for (int n = 0; n < 6; n++) {
			for (; done < lround(times_s[n] / STEP_S); done++)
				column_step(b.column, power, CASE_START_C, &f);
			column_face(b.column, power, got);
			slab_exact(expected, &plate_w1, power, CASE_START_C, times_s[n]);
			snprintf(what, sizeof(what), "W1 %s, %g s after the step",
				 map_names[maps[k]], times_s[n]);
			told(what, deviation_of(got, expected), 0.12, 0.5);
		}
	}
	column_close(b.column);
}

#define TIMES_MAX 8

/* Answers of one file for one flow. */
struct answers {
	int n;
	double time_s[TIMES_MAX], temp_c[TIMES_MAX][RETICLES], power_w[RETICLES];
};

static void
read_answers(struct answers *a, const char *path, double lpm, bool storing)
{
	FILE *f = fopen(path, "r");
	char line[200];
	double v[8];

	assert_non_null(f);
	*a = (struct answers){.n = 0};
	while (fgets(line, sizeof(line), f)) {
		int i = cut(line, v);

		if (i < 0 || fabs(v[0] - lpm) > 0.01 || (v[1] > 0.5) != storing)
			continue;
		if (i == 0)
			a->time_s[a->n++] = v[2];
		assert_true(a->n > 0 && a->n <= TIMES_MAX);
		a->power_w[i] = v[3];
		a->temp_c[a->n - 1][i] = v[4];
	}
	fclose(f);
	assert_true(a->n > 0);
}

static void
channels(const char *name, double lpm, bool storing)
{
	struct bench_wafer b;
	struct column_flows f;
	struct answers a;
	double got[RETICLES];
	char path[60], what[80];
	long done = 0;

	snprintf(path, sizeof(path), "tests/thermal/w2_%s.csv", name);
	read_answers(&a, path, lpm, storing);
	bench_open(&b, &plate_w2, 4, lpm, storing);
	for (int n = 0; n < a.n; n++) {
		bool rest = !isfinite(a.time_s[n]);

		for (; !rest && done < lround(a.time_s[n] / STEP_S); done++)
			column_step(b.column, a.power_w, CASE_START_C, &f);
		if (rest)
			face_at_rest(&b, a.power_w, got);
		column_face(b.column, a.power_w, got);
		snprintf(what, sizeof(what), "W2 %s, %g L/min%s, %g s", name, lpm,
			 storing ? "" : " (none stored)", a.time_s[n]);
		told(what, deviation_of(got, a.temp_c[n]), rest ? 0.05 : 0.15, 0.6);
	}
	column_close(b.column);
}

static void
w2_at_rest_and_after_a_step_is_the_fine_solution(void **state)
{
	static const double flows[] = {40.0, 15.0};

	(void)state;
	for (int k = 0; k < 2; k++) {
		channels("even", flows[k], true);
		channels("even", flows[k], false);
		channels("half", flows[k], true);
		channels("random", flows[k], true);
	}
}

/* Layers and films that nobody tuned anything for. */
static double
hottest_rise_k(const double temp_c[RETICLES])
{
	double rise_k = 0.0;

	for (int i = 0; i < RETICLES; i++)
		rise_k = fmax(rise_k, temp_c[i] - CASE_START_C);
	return rise_k;
}

static void
other_slabs_are_met_as_well(void **state)
{
	double power[RETICLES], expected[RETICLES], got[RETICLES];
	uint32_t seed = 5;
	double u[8];

	(void)state;
	for (int k = 0; k < 8; k++) {
		struct bench_wafer b;
		struct column_flows f;
		struct plate p = plate_w1;
		struct deviation d;
		char what[80];

		for (int n = 0; n < 8; n++) {
			seed = seed * 1664525u + 1013904223u;
			u[n] = pow(2.0, 2.0 * (seed >> 8) / 16777216.0 - 1.0); /* 1/2 .. 2 */
		}
		p.silicon.thickness_m *= u[0];
		p.silicon.k_w_mk *= u[1];
		p.interface.thickness_m *= u[2];
		p.interface.k_w_mk *= u[3];
		p.base.thickness_m *= u[4];
		p.base.k_w_mk *= u[5];
		p.base.rho_c_j_m3k *= u[6];
		p.film_w_m2k *= u[7];
		bench_open(&b, &p, 4, 0.0, false);
		assert_true(b.multipliers.off_frac < COLUMN_OFF_MAX_FRAC);
		bench_map(power, k % 2 ? MAP_RANDOM : MAP_HALF, (uint32_t)k);
		for (int n = 0; n < 20; n++)
			column_step(b.column, power, CASE_START_C, &f);
		column_face(b.column, power, got);
		slab_exact(expected, &p, power, CASE_START_C, 20 * STEP_S);
		snprintf(what, sizeof(what), "other slab %d, %s, 0.2 s", k,
			 k % 2 ? "random" : "half");
		told(what, deviation_of(got, expected), 0.12, 0.5);
		slab_exact(expected, &p, power, CASE_START_C, (double)INFINITY);
		face_at_rest(&b, power, got);
		snprintf(what, sizeof(what), "other slab %d, %s, at rest", k,
			 k % 2 ? "random" : "half");
		d = told(what, deviation_of(got, expected), 0.4, k % 2 ? 1.0 : 0.4);
		assert_true(d.max <= 0.01 * hottest_rise_k(expected));
		column_close(b.column);
	}
}

/* Thick silicon that conducts badly on thick copper: a column's three nodes are too few, and the
 * fit knows it. */
static void
a_slab_out_of_reach_is_known(void **state)
{
	struct plate p = plate_w1;
	double power[RETICLES], expected[RETICLES], got[RETICLES], rise_k;
	struct deviation d;
	struct bench_wafer b;

	(void)state;
	p.silicon.thickness_m = 5.4e-3;
	p.silicon.k_w_mk = 20.0;
	p.interface.thickness_m = 0.18e-3;
	p.interface.k_w_mk = 3.3;
	p.base.thickness_m = 18.6e-3;
	p.base.k_w_mk = 250.0;
	p.film_w_m2k = 6800.0;
	bench_open(&b, &p, 4, 0.0, false);
	bench_map(power, MAP_ONE, 0);
	face_at_rest(&b, power, got);
	slab_exact(expected, &p, power, CASE_START_C, (double)INFINITY);
	d = deviation_of(got, expected);
	rise_k = hottest_rise_k(expected);
	print_message("out of reach: %.4f of the rise, known: %.4f\n", d.max / rise_k,
		      b.multipliers.off_frac);
	assert_true(d.max > 0.01 * rise_k && b.multipliers.off_frac > COLUMN_OFF_MAX_FRAC);
	column_close(b.column);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_answers_are_met),
		cmocka_unit_test(w1_at_rest_is_the_cosine_series),
		cmocka_unit_test(w1_after_a_step_of_power_is_the_cosine_series),
		cmocka_unit_test(w2_at_rest_and_after_a_step_is_the_fine_solution),
		cmocka_unit_test(other_slabs_are_met_as_well),
		cmocka_unit_test(a_slab_out_of_reach_is_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
