/* SPDX-License-Identifier: Apache-2.0 */
/* The published figures of the reference plant, met by the steady solver, and by stepping. */
#include "tests/unit/sim_fixture.h"

#include <errno.h>

#include "config/wafer.h"
#include "engine_sim/steady.h"

#define WITHIN_K 0.05
#define WITHIN_W 5.0

static void
near(double got, double expected, double within)
{
	if (!(fabs(got - expected) <= within))
		fail_msg("%.9g is not %.9g within %g", got, expected, within);
}

static void
reference(struct process *p)
{
	struct config_report report = {0};

	process_init(p);
	assert_int_equal(wafer_csv_read("config/wafers/reference.csv", &p->variation, &report), 0);
	config_report_free(&report);
	p->stale = true;
}

static struct wafer_extremes
rest(struct process *p, double hold_c)
{
	struct wafer_extremes ex;

	assert_int_equal(steady_solve(p, hold_c, true), 0);
	wafer_extremes(&ex, p->wafer.si_c);
	return ex;
}

static void
nominal_full_load_is_as_published(void **state)
{
	struct wafer_extremes ex;
	struct process p;

	(void)state;
	reference(&p);
	ex = rest(&p, 24.0);
	near(p.power.wafer_w, 17380, WITHIN_W);
	near(p.power.input_w, 21332, WITHIN_W);
	near(ex.tmax_c, 45.24, WITHIN_K);
	near(ex.tmin_c, 39.70, WITHIN_K);
	near(ex.mean_c, 42.82, WITHIN_K);
	assert_int_equal(wafer_where(p.wafer.si_c, ex.tmax_c), 12 * 6 + 10);
	assert_int_equal(wafer_where(p.wafer.si_c, ex.tmin_c), 5);
}

static void
pumps_at_full_speed_are_as_published(void **state)
{
	struct wafer_extremes ex;
	struct process p;

	(void)state;
	reference(&p);
	p.pump[0] = p.pump[1] = 1.0;
	ex = rest(&p, 24.0);
	near(ex.tmax_c, 43.67, WITHIN_K);
	near(ex.spread_k, 4.72, WITHIN_K);
}

static void
a_clogged_zone_is_as_published(void **state)
{
	struct wafer_extremes ex;
	struct process p;

	(void)state;
	reference(&p);
	p.faults.zone_g[5] = 0.379;
	ex = rest(&p, 24.0);
	near(ex.tmax_c, 51.46, WITHIN_K);
	near(ex.spread_k, 11.90, WITHIN_K);
	assert_int_equal(wafer_where(p.wafer.si_c, ex.tmax_c), 12 * 5 + 5);
}

static void
one_pump_and_warm_facility_water_is_as_published(void **state)
{
	struct wafer_extremes ex;
	struct process p;

	(void)state;
	reference(&p);
	p.faults.pump_speed[0] = 1.0;
	p.faults.pump_failed[1] = 1.0;
	p.faults.supply_c = 26.0;
	ex = rest(&p, (double)NAN);
	near(p.cool.flow_kg_s, 0.848, 0.0005);
	near(p.loop.cold_c, 29.33, WITHIN_K);
	near(ex.tmax_c, 52.20, WITHIN_K);
	near(ex.spread_k, 6.41, WITHIN_K);
}

static void
stepping_from_cold_comes_to_the_same_rest(void **state)
{
	struct process_demand d = {
		.duty_cap = 1.0, .pump = {0.8, 0.8}, .valve = 1.0, .powered = true};
	struct process p, q;

	(void)state;
	reference(&p);
	reference(&q);
	rest(&p, (double)NAN);
	for (int i = 0; i < RETICLES; i++)
		d.duty[i] = 1.0;
	for (int n = 0; n < 300 * 100; n++)
		process_step(&q, &d);
	for (int i = 0; i < RETICLES; i++)
		near(q.wafer.si_c[i], p.wafer.si_c[i], 1e-6);
	near(q.loop.hot_c, p.loop.hot_c, 1e-6);
}

static void
a_rest_does_not_move_when_stepped(void **state)
{
	struct process_demand d = {.duty_cap = 1.0, .pump = {0.8, 0.8}, .powered = true};
	struct process p, was;

	(void)state;
	reference(&p);
	assert_int_equal(steady_solve(&p, 24.0, false), 0);
	near(p.loop.cold_c, 24.0, 1e-8);
	d.valve = p.valve;
	was = p;
	for (int i = 0; i < RETICLES; i++)
		d.duty[i] = 1.0;
	for (int n = 0; n < 1000; n++)
		process_step(&p, &d);
	for (int i = 0; i < RETICLES; i++)
		near(p.wafer.si_c[i], was.wafer.si_c[i], 1e-8);
}

static void
nothing_rests_without_flow(void **state)
{
	struct process p;

	(void)state;
	reference(&p);
	p.faults.pump_failed[0] = p.faults.pump_failed[1] = 1.0;
	assert_int_equal(steady_solve(&p, 24.0, true), -EDOM);
}

static void
the_nominal_spread_is_that_wafers_own(void **state)
{
	struct plant *plant = plant_of("site: t\n"
				       "grid: reference\n"
				       "seed: 7\n"
				       "systems:\n"
				       "  - {name: cs%02d, count: 2, type: water}\n"
				       "overrides:\n"
				       "  cs01: {wafer_csv: config/wafers/reference.csv}\n");
	struct sim_options fine = {.grid = 1 + GRID_48X28};
	struct sim *sim = NULL;
	double other, reference_k, fine_k;
	char why[256];

	(void)state;
	assert_int_equal(sim_open(&sim, plant, NULL, why, sizeof(why)), 0);
	assert_int_equal(sim_nominal_spread(sim, 0, &other), 0);
	assert_int_equal(sim_nominal_spread(sim, 1, &reference_k), 0);
	near(reference_k, 5.54, 0.01);
	assert_true(other > 3.0 && other < 10.0 && fabs(other - reference_k) > 1e-3);
	sim_close(sim);
	assert_int_equal(sim_open(&sim, plant, &fine, why, sizeof(why)), 0);
	assert_int_equal(sim_nominal_spread(sim, 1, &fine_k), 0);
	near(fine_k, reference_k, 0.5);
	assert_true(fabs(fine_k - reference_k) > 1e-6);
	sim_close(sim);
	plant_free(plant);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nominal_full_load_is_as_published),
		cmocka_unit_test(pumps_at_full_speed_are_as_published),
		cmocka_unit_test(a_clogged_zone_is_as_published),
		cmocka_unit_test(one_pump_and_warm_facility_water_is_as_published),
		cmocka_unit_test(stepping_from_cold_comes_to_the_same_rest),
		cmocka_unit_test(a_rest_does_not_move_when_stepped),
		cmocka_unit_test(nothing_rests_without_flow),
		cmocka_unit_test(the_nominal_spread_is_that_wafers_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
