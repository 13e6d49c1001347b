/* SPDX-License-Identifier: Apache-2.0 */
/* Supplies on two feeds: what they lose, how their voltage droops, what is left when some are gone. */
#include "tests/unit/sim_fixture.h"

#include "engine_sim/power.h"

#define OUT_W (17400.0 / 0.88)

static struct model md;

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
	model_defaults(&md);
	return 0;
}

static void
efficiency_is_flat_unless_the_type_has_losses_of_its_own(void **state)
{
	double lost[PSUS] = {0.0}, best = 0.0, at = 0.0;
	struct power_chain c;

	(void)state;
	for (double w = 1000.0; w < 20000.0; w += 1000.0) {
		power_chain(&c, &md, w, 0.0, lost);
		near((c.input_w - md.other_w) / c.output_w, 1.0 / 0.95, 1e-12);
	}
	md.supply_fixed_w = 30.0;
	md.supply_square_w = 120.0;
	power_chain(&c, &md, 17400.0, 0.0, lost);
	near(c.input_w, OUT_W / 0.95 + 400.0 + 12 * (30.0 + 120.0 * pow(OUT_W / 12 / 4000, 2)),
	     1e-9);
	near(12 * c.supply_input_w, c.input_w - 400.0, 1e-9);
	/* its maximum lies where both losses are alike: at load (30 / 120)^1/2 */
	for (double w = 1000.0; w < 40000.0; w += 10.0) {
		power_chain(&c, &md, w, 0.0, lost);
		if (c.output_w / (c.input_w - 400.0) > best) {
			best = c.output_w / (c.input_w - 400.0);
			at = c.output_w / 12 / 4000;
		}
	}
	near(at, 0.5, 1e-3);
}

static void
voltages_droop_with_the_current(void **state)
{
	double lost[PSUS] = {0.0};
	struct power_chain c;
	double a;

	(void)state;
	power_chain(&c, &md, 17400.0, 0.0, lost);
	a = c.supply_w / power_supply_v(&md, c.supply_w);
	near(power_supply_v(&md, c.supply_w), 54.0 - 0.002 * a, 1e-12);
	near(c.core_v, 0.885 - 7.5e-7 * c.core_a, 1e-12);
	near(c.core_a * c.core_v, 17400.0, 1e-8);
	lost[0] = lost[1] = lost[2] = lost[3] = lost[4] = lost[5] = 1.0;
	power_chain(&c, &md, 17400.0, 0.0, lost);
	assert_true(power_supply_v(&md, c.supply_w) < 54.0 - 0.002 * a);
	assert_int_equal(c.running, 6);
}

static void
too_much_current_and_no_supply_are_an_overload(void **state)
{
	double lost[PSUS] = {0.0};
	struct power_chain c;

	(void)state;
	power_chain(&c, &md, 17400.0, 0.0, lost);
	assert_false(c.overload);
	md.core_max_a = c.core_a - 1.0;
	power_chain(&c, &md, 17400.0, 0.0, lost);
	assert_true(c.overload);
	model_defaults(&md);
	for (int k = 0; k < PSUS; k++)
		lost[k] = 1.0;
	power_chain(&c, &md, 0.0, 0.0, lost);
	assert_true(c.overload);
	assert_true(isfinite(c.input_w) && isfinite(power_supply_v(&md, c.supply_w)));
}

static void
half_a_system_runs_on_one_feed(void **state)
{
	struct plant *plant = plant_of(PLANT_TWO);
	struct sim *sim = sim_of(plant, NULL);
	double input_w = truth_of(sim, 0).input_w;

	(void)state;
	assert_int_equal(change(sim, "cs00.feed[0].failed=1"), 0);
	run_s(sim, 10.0);
	assert_int_equal(truth_of(sim, 0).trip, 0);
	near(truth_of(sim, 0).input_w, input_w, 0.02 * input_w);
	assert_int_equal(word_of(sim, plant, "cs00.psu[0].status"), 4);
	assert_int_equal(word_of(sim, plant, "cs00.psu[6].status"), 1);
	assert_int_equal(word_of(sim, plant, "cs00.psu[5].power_w"), 0);
	near(word_of(sim, plant, "cs00.psu[6].power_w") / 10.0, OUT_W / 6, 100.0);
	assert_int_equal(word_of(sim, plant, "cs00.power.feed[0].voltage_v"), 0);
	near(word_of(sim, plant, "cs00.power.feed[1].voltage_v") / 10.0, 230.0, 2.0);
	assert_int_equal(word_of(sim, plant, "cs01.psu[0].status"), 1);
	/* two of the six more: 16 kW are less than it takes */
	assert_int_equal(change(sim, "cs00.psu[7].failed=1"), 0);
	assert_int_equal(change(sim, "cs00.psu[8].failed=1"), 0);
	run_s(sim, 0.2);
	assert_true(truth_of(sim, 0).trip & TRIP_CURRENT);
	sim_close(sim);
	plant_free(plant);
}

/* Everything in the box is dark; it comes back by hand. */
static void
without_both_feeds_it_is_dark_until_somebody_resets_it(void **state)
{
	struct plant *plant = plant_of(PLANT_TWO);
	struct sim *sim = sim_of(plant, NULL);

	(void)state;
	assert_int_equal(change(sim, "feed[0].failed=1"), 0);
	assert_int_equal(change(sim, "cs01.feed[0].failed=0"), 0);
	assert_int_equal(change(sim, "cs00.feed[1].failed=1"), 0);
	run_s(sim, 0.05);
	near(truth_of(sim, 0).wafer_w, 0.0, 1e-9);
	run_s(sim, 20.0);
	assert_true(truth_of(sim, 0).trip & TRIP_CURRENT);
	assert_true(truth_of(sim, 0).trip & TRIP_PUMPS);
	near(truth_of(sim, 0).flow_kg_s, 0.0, 1e-9);
	assert_int_equal(truth_of(sim, 1).trip, 0);
	assert_int_equal(change(sim, "cs00.feed.failed=0"), 0);
	run_s(sim, 20.0);
	near(truth_of(sim, 0).wafer_w, 0.0, 1e-9);
	assert_int_equal(write_word(sim, plant, "cs00.engine.reset_cmd", 1), 0);
	run_s(sim, 60.0);
	assert_int_equal(truth_of(sim, 0).trip, 0);
	assert_true(truth_of(sim, 0).wafer_w > 15000.0);
	assert_true(truth_of(sim, 0).energy_error_rel <= 1e-9);
	sim_close(sim);
	plant_free(plant);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(efficiency_is_flat_unless_the_type_has_losses_of_its_own,
				       fresh),
		cmocka_unit_test_setup(voltages_droop_with_the_current, fresh),
		cmocka_unit_test_setup(too_much_current_and_no_supply_are_an_overload, fresh),
		cmocka_unit_test(half_a_system_runs_on_one_feed),
		cmocka_unit_test(without_both_feeds_it_is_dark_until_somebody_resets_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
