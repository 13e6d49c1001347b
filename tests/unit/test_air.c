/* SPDX-License-Identifier: Apache-2.0 */
/* A system that is cooled by air: fans on a coil, and what happens when they fail or the air is hot. */
#include "tests/unit/sim_fixture.h"

#include "engine_sim/air.h"
#include "engine_sim/steady.h"

#define PLANT_AIR                                                                                  \
	"site: test\ngrid: reference\n"                                                            \
	"seed: 7\n"                                                                                \
	"faults: allowed\n"                                                                        \
	"systems:\n"                                                                               \
	"  - {name: cs%02d, count: 2, type: air}\n"                                                \
	"facility:\n"                                                                              \
	"  - {name: air, profile: facility_air}\n"                                                 \
	"  - {name: room, profile: room}\n"

#define LIMIT_C 50.0
#define TRIP_C 75.0

static struct process air;

static void
near(double got, double expected, double within)
{
	if (!(fabs(got - expected) <= within))
		fail_msg("%.9g is not %.9g within %g", got, expected, within);
}

static void
take_type(const struct plant *plant)
{
	process_init(&air);
	process_type(&air, &plant->systems[0]);
}

static void
nominal_full_load_is_as_published(void **state)
{
	struct plant *plant = plant_of(PLANT_AIR);

	(void)state;
	take_type(plant);
	assert_int_equal(steady_solve(&air, (double)NAN, false), 0);
	near(air.loop.cold_c, 23.9, 0.05);
	near(air.hx.facility_kg_s, 4.0, 1e-12);
	near(process_cooling_w(&air) - process_pumps_w(&air), 1200.0, 1e-9);
	air.faults.supply_c = 25.0;
	assert_int_equal(steady_solve(&air, (double)NAN, false), 0);
	near(air.loop.cold_c, 29.0, 0.05);
	plant_free(plant);
}

static void
four_fans_give_the_nominal_flow_at_their_speed_and_three_nearly(void **state)
{
	struct plant *plant = plant_of(PLANT_AIR);
	const double half[FANS] = {0.5, 0.5, 0.5, 0.5}, three[FANS] = {1, 1, 1, 0};
	const double one[FANS] = {0, 0, 0, 1}, none[FANS] = {0};
	double q = 4.0 / (4 * 2.5), way = 1.0 - q * q; /* of a fan's head */

	(void)state;
	take_type(plant);
	near(air_flow_frac(&air.md, half, 1.0), 0.5, 1e-14);
	near(air_flow_frac(&air.md, three, 1.0), 1.0 / sqrt(way + pow(4.0 / 7.5, 2)), 1e-14);
	assert_true(air_flow_frac(&air.md, three, 1.0) > 0.94);
	near(air_flow_frac(&air.md, one, 1.0), 1.0 / sqrt(way + pow(4.0 / 2.5, 2)), 1e-14);
	assert_true(air_flow_frac(&air.md, none, 1.0) <= 0.0);
	/* a filter of five times the drop adds .4 kPa of a head of .4 */
	near(air_flow_frac(&air.md, half, 5.0), 0.5 / sqrt(way + 1.0 + q * q), 1e-14);
	near(air_filter_dp_kpa(&air.md, 0.5, 5.0), 0.125, 1e-14);
	plant_free(plant);
}

/* Each running fan lies on its curve, their sum on the way's. */
static void
fans_of_unlike_speeds_share_one_pressure(void **state)
{
	struct plant *plant = plant_of(PLANT_AIR);
	const double speed[FANS] = {1.0, 0.97, 0.98, 0.3};
	double m, x, sum = 0.0, q = 4.0 / (4 * 2.5);

	(void)state;
	take_type(plant);
	m = air_flow_frac(&air.md, speed, 1.0);
	x = (1.0 - q * q) * m * m;
	for (int k = 0; k < FANS; k++)
		sum += 2.5 * sqrt(fmax(0.0, speed[k] * speed[k] - x));
	near(sum / 4.0, m, 1e-9);
	near(air_fans_w(&air.md, speed), 300.0 * (1.0 + pow(0.97, 3) + pow(0.98, 3) + pow(0.3, 3)),
	     1e-9);
	plant_free(plant);
}

/* The hottest reticle of a system on its own within that time. */
static double
hottest_within(struct sim *sim, uint32_t system, double seconds)
{
	double tmax_c = 0.0;

	for (long n = lround(seconds * STEPS_PER_S); n > 0; n--) {
		sim_step(sim);
		tmax_c = fmax(tmax_c, truth_of(sim, system).tmax_c);
	}
	return tmax_c;
}

static void
a_lost_fan_costs_a_fraction_of_a_kelvin_and_is_told(void **state)
{
	struct plant *plant = plant_of(PLANT_AIR);
	struct sim *sim = sim_of(plant, NULL);
	struct sim_truth t;

	(void)state;
	assert_int_equal(change(sim, "cs00.facility.valve=1"), 0);
	assert_int_equal(change(sim, "cs01.facility.valve=1"), 0);
	assert_int_equal(change(sim, "cs00.fan[2].failed=1"), 0);
	run_s(sim, 120.0);
	t = truth_of(sim, 0);
	near(t.supply_c - truth_of(sim, 1).supply_c, 0.25, 0.1);
	assert_true(t.rate > 0.97);
	assert_int_equal(word_of(sim, plant, "cs00.fan[2].status"), 2);
	assert_int_equal(word_of(sim, plant, "cs00.fan[1].status"), 1);
	assert_int_equal(word_of(sim, plant, "cs00.fan[2].speed_pct"), 0);
	assert_true(word_of(sim, plant, "cs00.cooling.status") & 1 << 6);
	assert_false(word_of(sim, plant, "cs01.cooling.status") & 1 << 6);
	sim_close(sim);
	plant_free(plant);
}

/* Nobody supervises: foldback and interlocks alone. */
static void
fans_that_all_fail_end_in_foldback_or_a_trip_but_hurt_no_wafer(void **state)
{
	struct plant *plant = plant_of(PLANT_AIR);
	struct sim *sim = sim_of(plant, NULL);

	(void)state;
	assert_int_equal(change(sim, "cs00.fan.failed=1"), 0);
	assert_true(hottest_within(sim, 0, 300.0) < TRIP_C);
	assert_true(truth_of(sim, 0).rate < 0.5);
	assert_int_equal(truth_of(sim, 1).trip, 0);
	assert_true(truth_of(sim, 0).energy_error_rel <= 1e-9);
	sim_close(sim);
	plant_free(plant);
}

static void
hot_inlet_air_and_a_dirty_filter_end_in_foldback_within_the_limits(void **state)
{
	struct plant *plant = plant_of(PLANT_AIR);
	struct sim *sim = sim_of(plant, NULL);

	(void)state;
	assert_int_equal(change(sim, "facility.supply_c=30 over 60s"), 0);
	assert_int_equal(change(sim, "cs01.air.filter_mul=6"), 0);
	/* local control: the foldback begins 1 K below the limit and is proportional */
	assert_true(hottest_within(sim, 0, 600.0) < LIMIT_C + 3.0);
	assert_int_equal(truth_of(sim, 0).trip, 0);
	assert_true(truth_of(sim, 0).rate < 1.0 && truth_of(sim, 0).rate > 0.5);
	assert_true(truth_of(sim, 1).rate < truth_of(sim, 0).rate);
	assert_int_equal(truth_of(sim, 1).trip, 0);
	assert_true(word_of(sim, plant, "cs01.hx.air_filter_dp_kpa") > 200);
	assert_true(truth_of(sim, 1).energy_error_rel <= 1e-9);
	sim_close(sim);
	plant_free(plant);
}

static void
water_and_air_stand_in_one_row(void **state)
{
	struct plant *plant = plant_of("site: test\n"
				       "systems:\n"
				       "  - {name: cs%02d, type: water}\n"
				       "  - {name: cs%02d, first: 1, type: air}\n"
				       "facility:\n"
				       "  - {name: water, profile: facility_water}\n"
				       "  - {name: air, profile: facility_air}\n");
	struct sim *sim = sim_of(plant, NULL);

	(void)state;
	assert_int_equal(plant->systems[0].facility, FACILITY_WATER);
	assert_int_equal(plant->systems[1].facility, FACILITY_AIR);
	run_s(sim, 1.0);
	near(word_of(sim, plant, "cs01.hx.air_flow_kg_s") / 1000.0, 4.0, 0.2);
	near(word_of(sim, plant, "cs00.hx.facility_flow_lpm") / 100.0, 54.0, 20.0);
	assert_int_equal(plant_point(plant, "cs00.fan[0].status"), NO_POINT);
	assert_int_equal(plant_point(plant, "cs01.hx.valve_pct"), NO_POINT);
	sim_close(sim);
	plant_free(plant);
}

/* Fans, pipes, hall and feeds are in the saved state: what goes on from it is the same to the bit. */
static void
a_saved_state_holds_fans_pipes_and_facility(void **state)
{
	struct plant *plant = plant_of(PLANT_AIR);
	struct sim *a = sim_of(plant, NULL), *b = sim_of(plant, NULL);
	size_t n = sim_state_size(a);
	uint8_t *bytes = malloc(n);
	struct sim_truth ta, tb;
	char why[256];

	(void)state;
	assert_non_null(bytes);
	assert_int_equal(change(a, "cs00.model.pipe_hot_kg=3"), 0);
	assert_int_equal(change(a, "cs00.fan[0].failed=1"), 0);
	assert_int_equal(change(a, "cs00.feed[0].failed=1"), 0);
	assert_int_equal(change(a, "facility.lost=1"), 0);
	assert_int_equal(change(a, "cs00.loop.leak_kg_s=0.01"), 0);
	run_s(a, 7.0);
	sim_state_get(a, bytes);
	assert_int_equal(sim_state_set(b, bytes, n, why, sizeof(why)), 0);
	assert_int_equal(change(a, "facility.lost=0"), 0);
	assert_int_equal(change(b, "facility.lost=0"), 0);
	run_s(a, 20.0);
	run_s(b, 20.0);
	ta = truth_of(a, 0);
	tb = truth_of(b, 0);
	assert_memory_equal(&ta, &tb, sizeof(ta));
	free(bytes);
	sim_close(a);
	sim_close(b);
	plant_free(plant);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nominal_full_load_is_as_published),
		cmocka_unit_test(four_fans_give_the_nominal_flow_at_their_speed_and_three_nearly),
		cmocka_unit_test(fans_of_unlike_speeds_share_one_pressure),
		cmocka_unit_test(a_lost_fan_costs_a_fraction_of_a_kelvin_and_is_told),
		cmocka_unit_test(fans_that_all_fail_end_in_foldback_or_a_trip_but_hurt_no_wafer),
		cmocka_unit_test(
			hot_inlet_air_and_a_dirty_filter_end_in_foldback_within_the_limits),
		cmocka_unit_test(water_and_air_stand_in_one_row),
		cmocka_unit_test(a_saved_state_holds_fans_pipes_and_facility),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
