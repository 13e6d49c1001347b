/* SPDX-License-Identifier: Apache-2.0 */
/* What goes in comes out or is stored: each step, whatever moves meanwhile. And the step's order. */
#include "tests/unit/sim_fixture.h"

#include "engine_sim/steady.h"

#define BALANCE 1e-9

static void
each_step_of_a_rough_day_balances(void **state)
{
	struct plant *plant = plant_of(PLANT_TWO);
	struct sim *sim = sim_of(plant, NULL);
	static const char *const day[] = {
		"cs00.zone[5].g=0.379 over 1s",
		"cs00.pump[1].failed=1",
		"facility.supply_c=26 over 5s",
		"cs00.job.activity=0.02",
		"cs00.hx.ua_mul=0.6",
		"cs00.job.activity=1",
		"cs00.facility.valve=0.1",
		"facility.flow_frac=0 over 3s",
		"cs00.zone.g=1",
		"facility.flow_frac=1",
	};

	(void)state;
	for (size_t k = 0; k < sizeof(day) / sizeof(day[0]); k++) {
		assert_int_equal(change(sim, day[k]), 0);
		run_s(sim, 10.0);
		assert_true(truth_of(sim, 0).energy_error_rel <= BALANCE);
		assert_true(truth_of(sim, 1).energy_error_rel <= BALANCE);
	}
	assert_true(truth_of(sim, 0).energy_error_rel > 0.0); /* it is measured */
	sim_close(sim);
	plant_free(plant);
}

/* Every variant at once with what can go wrong in it: plug flow, a manifold that feels its zones, unlike
 * zones, supplies with losses of their own, air and water, leaks, clogs, failures, loss of the supply. */
static void
each_step_of_each_variant_balances(void **state)
{
	static const char *const variants[] = {"water", "air"};
	static const char *const day[] = {
		"cs00.model.pipe_hot_kg=2",
		"cs00.model.pipe_cold_kg=1.5",
		"cs00.model.manifold_frac=0.6",
		"cs00.model.trim_frac=0.05",
		"cs00.model.supply_fixed_w=40",
		"cs00.model.supply_square_w=120",
		"cs00.zone[2].g=0.1 over 3s",
		"cs00.loop.filter_mul=5 over 20s",
		"cs00.fan[1].failed=1",
		"cs00.fan[2].speed=0.4",
		"cs00.air.filter_mul=4",
		"cs00.feed[0].failed=1",
		"facility.lost=1",
		"cs00.loop.leak_kg_s=0.04",
		"facility.lost=0",
		"facility.supply_c=29 over 5s",
		"cs00.pump[0].failed=1",
		"cs00.feed[1].failed=1",
		"cs00.model.pipe_hot_kg=0",
		"cs00.loop.water_kg=0",
		"cs00.loop.leak_kg_s=1",
		"cs00.loop.water_kg=8",
		"cs00.feed.failed=0",
	};
	static const int grids[] = {1 + GRID_REFERENCE, 1 + GRID_48X28};

	(void)state;
	for (int v = 0; v < 4; v++) {
		struct sim_options opt = {.grid = grids[v / 2]};
		struct plant *plant;
		struct sim *sim;
		char yaml[200];

		snprintf(yaml, sizeof(yaml), "site: test\nsystems: [{name: cs00, type: %s}]\n",
			 variants[v % 2]);
		plant = plant_of(yaml);
		sim = sim_of(plant, &opt);
		for (size_t k = 0; k < sizeof(day) / sizeof(day[0]); k++) {
			if (change(sim, day[k]) != 0)
				fail_msg("%s is refused", day[k]);
			run_s(sim, 6.0);
			if (!(truth_of(sim, 0).energy_error_rel <= BALANCE))
				fail_msg("%s, %s: %g", variants[v % 2], day[k],
					 truth_of(sim, 0).energy_error_rel);
		}
		assert_true(truth_of(sim, 0).tmax_c < 75.0);
		sim_close(sim);
		plant_free(plant);
	}
}

/* Halving the step is not possible from outside; so the same decay is compared with its own exact
 * solution: copper and silicon at one temperature, no power, coolant held by a huge volume. */
static void
a_plate_decays_as_its_eigenvalue_says(void **state)
{
	struct process_demand d = {
		.duty_cap = 0.0, .pump = {0.8, 0.8}, .valve = 1.0, .powered = false};
	struct process p;
	double q, rate_low, g, cs, cc, b;

	(void)state;
	process_init(&p);
	p.md.cold_kg = p.md.hot_kg = 1e9;
	p.md.k_cu_x_w_k = p.md.k_cu_y_w_k = p.md.k_si_x_w_k = p.md.k_si_y_w_k = 0.0;
	p.powered = 0.0;
	process_refresh(&p);
	/* first row: its coolant is the supply's, so each of its cells is a chain of two nodes */
	q = p.cool.zone_w_k[0] * p.cool.effect[0];
	g = p.md.g_si_cu_w_k;
	cs = p.md.c_si_j_k;
	cc = p.md.c_cu_j_k;
	b = g / cs + (g + q) / cc;
	rate_low = 0.5 * (b - sqrt(b * b - 4.0 * g * q / (cs * cc)));
	for (int i = 0; i < RETICLES; i++) {
		p.wafer.cu_c[i] = p.loop.cold_c + 10.0;
		/* the slow mode's own ratio of silicon to copper */
		p.wafer.si_c[i] = p.loop.cold_c + 10.0 * g / (g - cs * rate_low);
	}
	for (int n = 0; n < 50; n++)
		process_step(&p, &d);
	/* second order: the error of 50 steps is n (rate h)^3 / 6 */
	assert_true(fabs((p.wafer.cu_c[0] - p.loop.cold_c) / (10.0 * exp(-0.5 * rate_low)) - 1.0) <
		    50.0 * pow(rate_low * 0.01, 3.0) / 6.0 * 1.2);
}

static void
two_runs_of_one_seed_are_the_same_and_of_another_are_not(void **state)
{
	struct plant *plant = plant_of(PLANT_TWO);
	struct plant *other = plant_of("site: test\n"
				       "grid: reference\n"
				       "seed: 8\n"
				       "systems:\n"
				       "  - {name: cs%02d, count: 2, type: water}\n");
	struct sim *a = sim_of(plant, NULL), *b = sim_of(plant, NULL), *c = sim_of(other, NULL);
	struct sim_truth ta, tb;
	uint16_t wa[100], wb[100], wc[100];

	(void)state;
	assert_int_equal(change(a, "cs00.zone[5].g=0.379 over 1s"), 0);
	assert_int_equal(change(b, "cs00.zone[5].g=0.379 over 1s"), 0);
	for (int n = 0; n < 20; n++) {
		run_s(a, 0.5);
		run_s(b, 0.5);
		run_s(c, 0.5);
		/* one of them is read more often: that changes nothing */
		assert_int_equal(read_words(a, 0, 4, 0, 84, wa), 0);
		assert_int_equal(read_words(a, 0, 4, 0, 100, wa), 0);
		assert_int_equal(read_words(b, 0, 4, 0, 100, wb), 0);
		assert_int_equal(read_words(c, 0, 4, 0, 100, wc), 0);
		assert_memory_equal(wa, wb, sizeof(wa));
		assert_memory_not_equal(wa, wc, sizeof(wa));
	}
	ta = truth_of(a, 0);
	tb = truth_of(b, 0);
	assert_memory_equal(&ta, &tb, sizeof(ta));
	sim_close(a);
	sim_close(b);
	sim_close(c);
	plant_free(plant);
	plant_free(other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_step_of_a_rough_day_balances),
		cmocka_unit_test(each_step_of_each_variant_balances),
		cmocka_unit_test(a_plate_decays_as_its_eigenvalue_says),
		cmocka_unit_test(two_runs_of_one_seed_are_the_same_and_of_another_are_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
