/* SPDX-License-Identifier: Apache-2.0 */
/* The fine wafer's kernel: balances, rest, order, what flow does, what is refused. */
#include "tests/unit/column_fixture.h"

#define BALANCE 1e-9

static double
imbalance(const struct column_flows *f)
{
	return fabs(f->power_w - f->coolant_w - f->stored_w) /
	       (fabs(f->power_w) + fabs(f->coolant_w) + 100.0);
}

static void
heat_in_is_heat_out_or_stored_at_each_step(void **state)
{
	static const struct {
		const struct plate *plate;
		int fold;
		bool storing;
	} kinds[] = {{&plate_w1, 4, false},
		     {&plate_w2, 4, false},
		     {&plate_w2, 4, true},
		     {&plate_w2, 8, true},
		     {&plate_w1, 8, false}};
	double power[RETICLES], ha[RETICLES], zone[ZONES];
	struct column_flows f;

	(void)state;
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		struct bench_wafer b;

		bench_open(&b, kinds[k].plate, kinds[k].fold, 40.0, kinds[k].storing);
		for (uint32_t n = 0; n < 60; n++) {
			/* everything moves: flow, film, inlet, power, a zone that shuts */
			bench_map(power, MAP_RANDOM, n);
			for (int i = 0; i < RETICLES; i++)
				ha[i] = 5.0 + (i * 7 + (int)n) % 20;
			for (int x = 0; x < ZONES; x++)
				zone[x] =
					x == 3 && n > 30 ? 0.0 : 100.0 + 10.0 * ((x + (int)n) % 7);
			column_back(b.column, ha, kinds[k].plate == &plate_w1 ? NULL : zone);
			column_step(b.column, power, 20.0 + n % 11, &f);
			assert_true(imbalance(&f) <= BALANCE);
		}
		column_close(b.column);
	}
}

static void
coolant_at_rest_in_its_cell_takes_what_its_temperature_rises_by(void **state)
{
	struct column_flows f;
	struct bench_wafer b;
	double power[RETICLES];

	(void)state;
	bench_open(&b, &plate_w2, 4, 15.0, false);
	bench_map(power, MAP_RANDOM, 5);
	for (int n = 0; n < 30; n++)
		column_step(b.column, power, 21.0, &f);
	near(f.coolant_w, 15.0 / 60e3 * 4.172e6 * (f.outlet_c - 21.0), 1e-7);
	column_close(b.column);
}

static void
rest_is_what_the_step_leaves_alone_and_settles_to(void **state)
{
	static const bool storing[] = {false, true};
	double power[RETICLES], rest[RETICLES];
	struct column_flows f;

	(void)state;
	for (int k = 0; k < 4; k++) {
		struct bench_wafer b;

		bench_open(&b, k < 2 ? &plate_w1 : &plate_w2, 4, 40.0, storing[k % 2]);
		bench_map(power, MAP_RANDOM, 11);
		assert_int_equal(column_steady(b.column, power, 25.0, &f), 0);
		near(f.coolant_w / f.power_w, 1.0, 1e-10);
		memcpy(rest, f.silicon_c, sizeof(rest));
		column_step(b.column, power, 25.0, &f);
		assert_true(deviation_of(f.silicon_c, rest).max < 1e-10);
		column_reset(b.column, 25.0);
		for (int n = 0; n < 2500; n++)
			column_step(b.column, power, 25.0, &f);
		assert_true(deviation_of(f.silicon_c, rest).max < 1e-9);
		column_close(b.column);
	}
}

static void
after(const struct plate *p, bool storing, double step_s, double until_s, double out[RETICLES])
{
	struct bench_wafer b;
	struct column_flows f;
	double power[RETICLES], ha[RETICLES], zone[ZONES];

	bench_open(&b, p, 4, 40.0, storing);
	assert_int_equal(
		column_model_set(&b.model, p, &b.lumps, &b.multipliers, 4, step_s, storing), 0);
	column_model_changed(b.column);
	for (int i = 0; i < RETICLES; i++)
		ha[i] = b.lumps.back_w_m2k * p->width_m * p->length_m / RETICLES;
	for (int x = 0; x < ZONES; x++)
		zone[x] = 2781.3 / ZONES;
	column_back(b.column, ha, p->back == PLATE_FILM ? NULL : zone);
	bench_map(power, MAP_HALF, 0);
	for (long n = lround(until_s / step_s); n > 0; n--)
		column_step(b.column, power, 25.0, &f);
	memcpy(out, f.silicon_c, sizeof(f.silicon_c));
	column_close(b.column);
}

/* Of 5 ms, where no column is stiff enough for a damped first step. */
static void
a_step_of_half_the_length_errs_by_a_quarter(void **state)
{
	static const struct plate *const plates[] = {&plate_w1, &plate_w2, &plate_w2};
	double fine[RETICLES], half[RETICLES], whole[RETICLES], ratio;

	(void)state;
	for (int k = 0; k < 3; k++) {
		after(plates[k], k == 2, 0.0003125, 0.3, fine);
		after(plates[k], k == 2, 0.0025, 0.3, half);
		after(plates[k], k == 2, 0.005, 0.3, whole);
		ratio = deviation_of(whole, fine).mean / deviation_of(half, fine).mean;
		print_message("error of 5 ms %.2g K, of 2.5 ms %.2g K\n",
			      deviation_of(whole, fine).mean, deviation_of(half, fine).mean);
		assert_true(ratio > 3.0 && ratio < 5.5);
	}
}

static void
an_even_wafer_stays_even_across_the_flow(void **state)
{
	struct column_flows f;
	struct bench_wafer b;
	double power[RETICLES];

	(void)state;
	bench_open(&b, &plate_w2, 4, 40.0, true);
	bench_map(power, MAP_EVEN, 0);
	for (int n = 0; n < 100; n++)
		column_step(b.column, power, 25.0, &f);
	for (int i = 0; i < RETICLES; i++)
		near(f.silicon_c[i], f.silicon_c[i - i % ZONES], 1e-11);
	column_close(b.column);
}

static void
a_zone_with_less_flow_is_warmer_and_a_shut_one_is_held_by_its_neighbours(void **state)
{
	double power[RETICLES], ha[RETICLES], zone[ZONES], clean[RETICLES], clogged[RETICLES];
	struct column_flows f;
	struct bench_wafer b;

	(void)state;
	bench_open(&b, &plate_w2, 4, 40.0, false);
	bench_map(power, MAP_EVEN, 0);
	assert_int_equal(column_steady(b.column, power, 25.0, &f), 0);
	memcpy(clean, f.silicon_c, sizeof(clean));
	for (int i = 0; i < RETICLES; i++)
		ha[i] = b.lumps.back_w_m2k * 0.21504 * 0.21504 / RETICLES;
	for (int x = 0; x < ZONES; x++)
		zone[x] = x == 5 ? 100.0 : 240.0;
	column_back(b.column, ha, zone);
	assert_int_equal(column_steady(b.column, power, 25.0, &f), 0);
	memcpy(clogged, f.silicon_c, sizeof(clogged));
	assert_true(clogged[77] > clean[77] + 1.0);
	zone[5] = 0.0;
	column_back(b.column, ha, zone);
	assert_int_equal(column_steady(b.column, power, 25.0, &f), 0);
	assert_true(f.silicon_c[77] > clogged[77]);
	near(f.coolant_w / f.power_w, 1.0, 1e-9);
	column_close(b.column);
}

static void
without_any_flow_there_is_no_rest(void **state)
{
	double power[RETICLES], ha[RETICLES] = {0.0}, zone[ZONES] = {0.0};
	struct column_flows f;
	struct bench_wafer b;

	(void)state;
	bench_open(&b, &plate_w2, 4, 40.0, false);
	bench_map(power, MAP_EVEN, 0);
	column_back(b.column, ha, zone);
	assert_true(column_steady(b.column, power, 25.0, &f) < 0);
	column_step(b.column, power, 25.0, &f);
	assert_true(imbalance(&f) <= BALANCE);
	near(f.coolant_w, 0.0, 0.0);
	column_close(b.column);
}

static void
a_step_beyond_its_stable_range_is_refused(void **state)
{
	struct column_multipliers m;
	struct column_model model;
	struct plate_lumps l;
	struct plate p = plate_w1;

	(void)state;
	plate_lumps(&l, &p);
	column_fit(&m, &p, &l, 4, plate_face_w_m2k, &p);
	assert_int_equal(column_model_set(&model, &p, &l, &m, 4, 0.01, false), 0);
	assert_int_equal(model.substeps, 1);
	assert_int_equal(column_model_set(&model, &p, &l, &m, 4, 0.1, false), 0);
	assert_true(model.substeps > 1);
	assert_int_equal(column_model_set(&model, &p, &l, &m, 4, 1.0, false), -ERANGE);
}

static void
a_stiff_column_does_not_ring_after_a_step_of_power(void **state)
{
	struct plate p = plate_w1;
	struct column_flows f;
	struct bench_wafer b;
	double power[RETICLES], was = CASE_START_C;

	(void)state;
	p.interface = (struct plate_layer){0.01e-3, 20.0, 2.2e6}; /* solder */
	p.silicon.thickness_m = 0.1e-3;
	bench_open(&b, &p, 4, 0.0, false);
	assert_true(b.model.step_s * b.model.column_rate_per_s > 2.0);
	bench_map(power, MAP_EVEN, 0);
	for (int n = 0; n < 50; n++) {
		column_step(b.column, power, CASE_START_C, &f);
		assert_true(f.silicon_c[0] > was);
		assert_true(imbalance(&f) <= BALANCE);
		was = f.silicon_c[0];
	}
	column_close(b.column);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heat_in_is_heat_out_or_stored_at_each_step),
		cmocka_unit_test(coolant_at_rest_in_its_cell_takes_what_its_temperature_rises_by),
		cmocka_unit_test(rest_is_what_the_step_leaves_alone_and_settles_to),
		cmocka_unit_test(a_step_of_half_the_length_errs_by_a_quarter),
		cmocka_unit_test(an_even_wafer_stays_even_across_the_flow),
		cmocka_unit_test(
			a_zone_with_less_flow_is_warmer_and_a_shut_one_is_held_by_its_neighbours),
		cmocka_unit_test(without_any_flow_there_is_no_rest),
		cmocka_unit_test(a_step_beyond_its_stable_range_is_refused),
		cmocka_unit_test(a_stiff_column_does_not_ring_after_a_step_of_power),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
