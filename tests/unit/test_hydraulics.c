/* SPDX-License-Identifier: Apache-2.0 */
/* The loop as a body of water: what makes its flow, what it holds, what leaks, what its pipes delay. */
#include "tests/unit/sim_fixture.h"

#include "engine_sim/hydraulics.h"
#include "engine_sim/steady.h"

#define CP 4180.0

static struct process p;

static void
near(double got, double expected, double within)
{
	if (!(fabs(got - expected) <= within))
		fail_msg("%.12g is not %.12g within %g", got, expected, within);
}

static int
fresh(void **state)
{
	(void)state;
	process_init(&p);
	return 0;
}

static const double both[PUMPS] = {0.8, 0.8};

/* ---- what makes the flow ---- */

/* Two pumps alike: 2 q = m, head (n^2 - q^2) = S m^2, so m = n / sqrt(S / head + 1/4). */
static double
two_pumps_kg_s(double n, double system_kpa)
{
	return n / sqrt(system_kpa / 150.0 + 0.25);
}

static void
a_dirty_filter_is_in_the_loops_way(void **state)
{
	double g[ZONES];
	struct pump_flow f;

	(void)state;
	hydraulics_zones(&p, g);
	hydraulics_flow(&f, &p, g, both);
	near(f.total_kg_s, two_pumps_kg_s(0.8, 58.5), 1e-12);
	p.faults.filter_mul = 6.0;
	hydraulics_flow(&f, &p, g, both);
	near(f.total_kg_s, two_pumps_kg_s(0.8, 58.5 * 1.5), 1e-12);
	p.flow = f;
	near(process_filter_dp_kpa(&p), 0.6 * 58.5 * f.total_kg_s * f.total_kg_s, 1e-12);
	near(process_filter_dp_kpa(&p) + 0.9 * 58.5 * f.total_kg_s * f.total_kg_s, f.dp_kpa, 1e-10);
}

static void
a_clog_moves_the_water_and_with_a_manifold_the_flow(void **state)
{
	double g[ZONES], part;
	struct pump_flow f;

	(void)state;
	p.faults.zone_g[5] = 0.379;
	hydraulics_zones(&p, g);
	hydraulics_flow(&f, &p, g, both);
	near(f.total_kg_s, two_pumps_kg_s(0.8, 58.5), 1e-12); /* as the reference has it */
	p.md.manifold_frac = 0.6;
	part = 12.0 / 11.379;
	hydraulics_flow(&f, &p, g, both);
	near(f.total_kg_s, two_pumps_kg_s(0.8, 58.5 * (0.4 + 0.6 * part * part)), 1e-12);
}

static void
zones_are_built_unlike_only_where_the_type_says_so(void **state)
{
	double g[ZONES], again[ZONES], other[ZONES], mean = 0.0, square = 0.0;
	int n = 0;

	(void)state;
	hydraulics_trim(&p, 7);
	hydraulics_zones(&p, g);
	for (int x = 0; x < ZONES; x++)
		near(g[x], 1.0, 0.0);
	p.md.trim_frac = 0.05;
	hydraulics_zones(&p, g);
	hydraulics_trim(&p, 7);
	hydraulics_zones(&p, again);
	hydraulics_trim(&p, 8);
	hydraulics_zones(&p, other);
	assert_memory_equal(g, again, sizeof(g));
	assert_memory_not_equal(g, other, sizeof(g));
	for (uint64_t seed = 0; seed < 200; seed++) {
		hydraulics_trim(&p, seed);
		hydraulics_zones(&p, g);
		for (int x = 0; x < ZONES; x++, n++) {
			mean += g[x] - 1.0;
			square += (g[x] - 1.0) * (g[x] - 1.0);
		}
	}
	near(mean / n, 0.0, 0.005);
	near(sqrt(square / n), 0.05, 0.005);
}

static void
pumps_lose_their_head_to_air_and_to_vapour(void **state)
{
	double g[ZONES];
	struct pump_flow f, full;

	(void)state;
	hydraulics_zones(&p, g);
	hydraulics_flow(&full, &p, g, both);
	near(hydraulics_head_frac(&p, 1.0), 1.0, 0.0);
	p.water_kg = 0.14 * 8.0; /* half way from drawing air to nothing */
	near(hydraulics_head_frac(&p, 1.0), 0.5, 1e-3);
	hydraulics_flow(&f, &p, g, both);
	near(f.total_kg_s / full.total_kg_s, sqrt(hydraulics_head_frac(&p, 1.0)), 1e-9);
	p.water_kg = 0.05 * 8.0;
	hydraulics_flow(&f, &p, g, both);
	near(f.total_kg_s, 0.0, 0.0);
	/* no pressure left, coolant at 85 C: 57.9 kPa of vapour under 101.3 of air, 43.4 are left of 60 */
	p.water_kg = 0.5 * 8.0;
	p.loop.hot_c = p.loop.cold_c = 85.0;
	p.md.npsh_kpa = 60.0;
	near(process_return_kpa(&p), 0.0, 0.0);
	near(hydraulics_head_frac(&p, 1.0), 43.4 / 60.0, 0.02);
}

static void
level_and_pressure_tell_what_the_loop_holds(void **state)
{
	(void)state;
	near(process_level_pct(&p), 100.0, 1e-9);
	near(process_return_kpa(&p), 100.0, 1e-9);
	p.loop.hot_c = 34.0; /* mean 5 K above that of the filling */
	near(process_return_kpa(&p), 100.0 * (1.0 + 5.0 * 5.0 * 2.6e-4), 1e-9);
	p.loop.hot_c = 24.0;
	p.water_kg = 0.9 * 8.0;
	near(process_level_pct(&p), 90.0, 1e-9);
	near(process_return_kpa(&p), 50.0, 1e-9);
	p.water_kg = 0.5 * 8.0;
	near(process_return_kpa(&p), 0.0, 0.0);
}

/* ---- leaks ---- */

static void
what_leaks_takes_its_heat_along_and_stops_at_the_bottom(void **state)
{
	double w;

	(void)state;
	p.loop = (struct coolant_state){.hot_c = 30.0, .cold_c = 20.0};
	p.faults.leak_kg_s = 0.1;
	w = hydraulics_leak(&p);
	near(p.water_kg, 8.0 - 0.001, 1e-12);
	near(w, 0.1 * CP * 25.0, 1e-6);
	p.water_kg = 0.05 * 8.0 + 1e-5;
	w = hydraulics_leak(&p);
	near(p.water_kg, 0.4, 1e-12);
	near(w, 1e-5 / PROCESS_STEP_S * CP * 25.0, 1e-6);
	near(hydraulics_leak(&p), 0.0, 0.0);
}

static void
a_leak_ends_in_low_pressure_low_flow_and_a_trip_and_hurts_no_wafer(void **state)
{
	struct plant *plant = plant_of(PLANT_TWO);
	struct sim *sim = sim_of(plant, NULL);
	double tmax_c = 0.0, flow_lpm;

	(void)state;
	assert_int_equal(change(sim, "cs00.loop.leak_kg_s=0.05"), 0);
	run_s(sim, 30.0); /* 1.5 of 8 kg */
	near(word_of(sim, plant, "cs00.loop.level_pct") / 100.0, 81.25, 0.2);
	near(word_of(sim, plant, "cs00.loop.return_pressure_kpa") / 10.0, 6.25, 1.5);
	flow_lpm = word_of(sim, plant, "cs00.loop.flow_lpm") / 100.0;
	assert_true(flow_lpm > 55.0);
	for (int n = 0; n < 120 * STEPS_PER_S; n++) {
		sim_step(sim);
		tmax_c = fmax(tmax_c, truth_of(sim, 0).tmax_c);
	}
	assert_true(tmax_c < 75.0);
	assert_true(truth_of(sim, 0).trip & TRIP_FLOW);
	assert_true(truth_of(sim, 0).flow_kg_s < 0.1);
	assert_true(word_of(sim, plant, "cs00.loop.level_pct") < 800);
	assert_int_equal(truth_of(sim, 1).trip, 0);
	assert_true(truth_of(sim, 0).energy_error_rel <= 1e-9);
	sim_close(sim);
	plant_free(plant);
}

/* ---- pipes ---- */

/* A step at the inlet of M kg comes out after M / m s; the mean of what left is exact. */
static void
a_front_leaves_a_pipe_after_as_much_as_it_holds(void **state)
{
	const double flows[] = {0.011, 0.0033, 0.02}; /* kg a step */
	struct plug pipe;
	double in = 0.0, out = 0.0, passed = 0.0, content;

	(void)state;
	plug_fill(&pipe, 4.0, 20.0);
	assert_true(plug_there(&pipe));
	content = plug_content(&pipe);
	for (int n = 0; n < 2000; n++) {
		double kg = flows[n / 100 % 3], c = plug_leaving_c(&pipe, kg);

		if (passed + kg < 4.0 * (1.0 - 1.0 / PLUG_CELLS))
			near(c, 20.0, 1e-12);
		if (passed > 4.0 * (1.0 + 1.0 / PLUG_CELLS))
			near(c, 30.0, 1e-12);
		plug_move(&pipe, kg, 30.0);
		in += kg * 30.0;
		out += kg * c;
		passed += kg;
		near(plug_content(&pipe), content + in - out, 1e-9);
	}
	assert_true(passed > 8.0);
	/* the front's own delay: heat that is missing at the outlet, over its height */
	near((30.0 * passed - out) / 10.0, 4.0, 1e-9);
	plug_fill(&pipe, 0.1, 20.0);
	assert_false(plug_there(&pipe));
}

/* Any course, at a constant flow: out(t) = in(t - M/m). */
static void
a_sine_comes_out_as_it_went_in_only_later(void **state)
{
	struct plug pipe;

	(void)state;
	plug_fill(&pipe, 3.0, 0.0);
	for (int n = 0; n < 3000; n++) {
		double t = (n + 0.5) * 0.01, c = plug_leaving_c(&pipe, 0.01);

		if (n > 310)
			near(c, sin(t - 3.0), 0.01);
		plug_move(&pipe, 0.01, sin(t));
	}
}

static void
pipes_change_no_steady_state_and_each_step_balances(void **state)
{
	struct process_demand d = {
		.duty_cap = 1.0, .pump = {0.8, 0.8}, .valve = 1.0, .powered = true};
	double tmax_c;

	(void)state;
	for (int i = 0; i < RETICLES; i++)
		d.duty[i] = 1.0;
	assert_int_equal(steady_solve(&p, (double)NAN, false), 0);
	tmax_c = p.wafer.si_c[83];
	p.md.pipe_hot_kg = 2.0;
	p.md.pipe_cold_kg = 1.0;
	p.stale = true;
	process_step(&p, &d);
	near(p.water_kg, 11.0, 1e-9);
	for (int n = 0; n < 1000; n++)
		process_step(&p, &d);
	near(p.wafer.si_c[83], tmax_c, 1e-6);
	d.valve = 0.3;
	p.faults.supply_c = 26.0;
	p.faults.leak_kg_s = 0.01;
	p.faults.zone_g[3] = 0.5;
	p.md.manifold_frac = 0.6;
	p.faults.filter_mul = 3.0;
	for (int n = 0; n < 6000; n++)
		process_step(&p, &d);
	assert_true(fabs(p.wafer.si_c[83] - tmax_c) > 2.0);
	assert_true(p.energy_error_rel <= 1e-9);
	assert_true(p.energy_error_rel > 0.0);
}

/* A jump of the facility reaches the plate later by what the cold pipe holds. */
static void
the_plate_hears_of_the_facility_one_pipe_later(void **state)
{
	struct process_demand d = {
		.duty_cap = 1.0, .pump = {0.8, 0.8}, .valve = 1.0, .powered = true};
	double inlet_c, m;
	int n = 0;

	(void)state;
	for (int i = 0; i < RETICLES; i++)
		d.duty[i] = 1.0;
	p.md.pipe_cold_kg = 3.0;
	hydraulics_rest(&p);
	assert_int_equal(steady_solve(&p, (double)NAN, false), 0);
	inlet_c = p.inlet_c;
	m = p.cool.flow_kg_s;
	p.faults.supply_c += 10.0;
	while (n < 2000 && fabs(p.inlet_c - inlet_c) < 1e-6) {
		process_step(&p, &d);
		n++;
	}
	near(n * PROCESS_STEP_S, 3.0 / m, 0.05);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_dirty_filter_is_in_the_loops_way, fresh),
		cmocka_unit_test_setup(a_clog_moves_the_water_and_with_a_manifold_the_flow, fresh),
		cmocka_unit_test_setup(zones_are_built_unlike_only_where_the_type_says_so, fresh),
		cmocka_unit_test_setup(pumps_lose_their_head_to_air_and_to_vapour, fresh),
		cmocka_unit_test_setup(level_and_pressure_tell_what_the_loop_holds, fresh),
		cmocka_unit_test_setup(what_leaks_takes_its_heat_along_and_stops_at_the_bottom,
				       fresh),
		cmocka_unit_test(
			a_leak_ends_in_low_pressure_low_flow_and_a_trip_and_hurts_no_wafer),
		cmocka_unit_test(a_front_leaves_a_pipe_after_as_much_as_it_holds),
		cmocka_unit_test(a_sine_comes_out_as_it_went_in_only_later),
		cmocka_unit_test_setup(pipes_change_no_steady_state_and_each_step_balances, fresh),
		cmocka_unit_test_setup(the_plate_hears_of_the_facility_one_pipe_later, fresh),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
