/* SPDX-License-Identifier: Apache-2.0 */
/* What all systems of a plant share: weather, supplies, one header, and the loss of it all. */
#include "tests/unit/sim_fixture.h"

#include "engine_sim/facility.h"
#include "engine_sim/registers.h"

#define ROW(supply)                                                                                \
	"site: test\ngrid: reference\n"                                                            \
	"seed: 7\n"                                                                                \
	"faults: allowed\n" supply "systems:\n"                                                    \
	"  - {name: cs%02d, count: 4, type: water}\n"                                              \
	"  - {name: cs%02d, first: 4, count: 2, type: air}\n"                                      \
	"facility:\n"                                                                              \
	"  - {name: water, profile: facility_water}\n"                                             \
	"  - {name: air, profile: facility_air}\n"                                                 \
	"  - {name: weather, profile: weather}\n"

static void
near(double got, double expected, double within)
{
	if (!(fabs(got - expected) <= within))
		fail_msg("%.9g is not %.9g within %g", got, expected, within);
}

static double
value_of(struct sim *sim, const struct plant *p, const char *name)
{
	const struct point *pt = point_named(p, name);
	uint16_t words[REGISTER_WORDS_MAX] = {0};

	assert_int_equal(read_words(sim, (uint32_t)pt->device, pt->fc, pt->reg, pt->count, words),
			 0);
	return registers_decode(pt, words);
}

/* ---- weather ---- */

static void
wet_bulbs_are_those_of_the_tables(void **state)
{
	(void)state;
	/* the formula's own example: 20 C at 50 % humidity, whose dew point is 9.27 C, is 13.7 C */
	near(weather_wet_bulb_c(20.0, 9.27), 13.7, 0.05);
	/* psychrometric tables at sea level */
	near(weather_wet_bulb_c(30.0, 18.4), 22.0, 0.7);
	near(weather_wet_bulb_c(35.0, 25.0), 27.5, 0.7);
	near(weather_wet_bulb_c(25.0, 25.0), 25.0, 0.3);
}

static void
the_day_has_its_warmest_hour_and_time_alone_makes_the_weather(void **state)
{
	struct supply_params p = {.dry_bulb_c = 20,
				  .swing_k = 6,
				  .peak_h = 15,
				  .start_h = 9,
				  .dew_point_c = 5,
				  .weather_noise_k = 0};
	struct weather a, b, c;

	(void)state;
	weather_at(&a, &p, 7, 6 * 3600.0);
	near(a.dry_c, 26.0, 1e-9);
	weather_at(&a, &p, 7, 18 * 3600.0);
	near(a.dry_c, 14.0, 1e-9);
	assert_true(a.wet_c < a.dry_c && a.wet_c > 5.0);
	p.weather_noise_k = 2;
	weather_at(&a, &p, 7, 5000.0);
	weather_at(&b, &p, 7, 5000.0);
	weather_at(&c, &p, 8, 5000.0);
	near(a.dry_c, b.dry_c, 0.0);
	assert_true(fabs(a.dry_c - c.dry_c) > 1e-3);
	p.dew_point_c = 45; /* fog: it is never colder than its dew point */
	weather_at(&a, &p, 7, 5000.0);
	near(a.dry_c, 45.0, 0.0);
}

/* ---- supplies ---- */

static void
a_supply_follows_its_set_point_with_a_lag_as_far_as_the_weather_lets_it(void **state)
{
	struct plant *plant =
		plant_of(ROW("supply: {follow: 1, lag_s: 20, dry_bulb_c: 18, swing_k: 0, "
			     "dew_point_c: 10, approach_k: 3, air_setpoint_c: 22}\n"));
	struct sim *sim = sim_of(plant, NULL);
	double wet_c = weather_wet_bulb_c(18.0, 10.0), supply_c;

	(void)state;
	near(value_of(sim, plant, "site.water.supply_temp_c"), 20.0, 0.15);
	assert_int_equal(change(sim, "cs01.facility.supply_c=23"), 0);
	assert_int_equal(write_word(sim, plant, "site.water.setpoint_cmd_c", 2200), 0);
	assert_int_equal(word_of(sim, plant, "site.water.setpoint_c"), 2200);
	run_s(sim, 20.0);
	assert_int_equal(sim_get(sim, "water.supply_c", &supply_c), 0);
	near(supply_c, 22.0 - 2.0 * exp(-1.0), 1e-6);
	assert_int_equal(sim_get(sim, "cs00.facility.supply_c", &supply_c), 0);
	near(supply_c, 22.0 - 2.0 * exp(-1.0), 1e-6);
	/* what was set for one system alone stays its own */
	assert_int_equal(sim_get(sim, "cs01.facility.supply_c", &supply_c), 0);
	near(supply_c, 25.0 - 2.0 * exp(-1.0), 1e-6);
	/* the tower can't */
	assert_int_equal(write_word(sim, plant, "site.water.setpoint_cmd_c", 800), 0);
	run_s(sim, 400.0);
	near(value_of(sim, plant, "site.water.supply_temp_c"), wet_c + 3.0, 0.15);
	near(value_of(sim, plant, "site.air.supply_temp_c"), 22.0, 0.15);
	near(value_of(sim, plant, "cs04.hx.air_in_temp_c"), 22.0, 0.15);
	near(value_of(sim, plant, "site.outside.wet_bulb_c"), wet_c, 0.01);
	/* nor can the hall be colder than a hot day */
	assert_int_equal(change(sim, "facility.dry_bulb_c=31"), 0);
	run_s(sim, 200.0);
	near(value_of(sim, plant, "site.air.supply_temp_c"), 31.0, 0.15);
	sim_close(sim);
	plant_free(plant);
}

static void
without_following_supplies_stay_where_they_are_put(void **state)
{
	struct plant *plant = plant_of(ROW(""));
	struct sim *sim = sim_of(plant, NULL);
	double c;

	(void)state;
	assert_int_equal(change(sim, "facility.supply_c=26 over 5s"), 0);
	run_s(sim, 5.1);
	assert_int_equal(change(sim, "air.supply_c=24"), 0);
	run_s(sim, 60.0);
	assert_int_equal(sim_get(sim, "cs03.facility.supply_c", &c), 0);
	near(c, 26.0, 0.0);
	assert_int_equal(sim_get(sim, "cs05.facility.supply_c", &c), 0);
	near(c, 24.0, 0.0);
	assert_int_equal(sim_get(sim, "water.supply_c", &c), 0);
	near(c, 26.0, 0.0);
	assert_int_equal(change(sim, "water.supply_c=22"), 0);
	assert_int_equal(sim_get(sim, "cs05.facility.supply_c", &c), 0);
	near(c, 24.0, 0.0);
	sim_close(sim);
	plant_free(plant);
}

/* ---- the header ---- */

static void
the_header_divides_its_head_in_closed_form(void **state)
{
	struct supply_params p = {.capacity_frac = 1.0, .friction = 0.5};
	struct header h;
	double flow;

	(void)state;
	for (double d = 0.1; d < 1.0; d += 0.2) {
		header_at(&h, &p, d, 1.0);
		flow = d * sqrt(h.frac);
		near(h.pump_frac, 1.0, 0.0);
		near(h.frac, 1.0 - 0.5 * flow * flow, 1e-14);
	}
	p.capacity_frac = 0.6;
	header_at(&h, &p, 1.0, 1.0);
	near(sqrt(h.frac), 0.6, 1e-14);
	near(h.frac, h.pump_frac - 0.5 * 0.36, 1e-14);
	header_at(&h, &p, 1.0, 0.5); /* affinity: half the speed, half the flow */
	near(sqrt(h.frac), 0.3, 1e-14);
}

static void
when_many_valves_open_each_gets_less(void **state)
{
	struct plant *plant = plant_of(ROW("supply: {capacity_frac: 0.7, pressure_kpa: 300}\n"));
	struct sim *sim = sim_of(plant, NULL);

	(void)state;
	assert_int_equal(change(sim, "cs00.facility.valve=1"), 0);
	for (int k = 1; k < 4; k++) {
		char text[64];

		snprintf(text, sizeof(text), "cs%02d.facility.valve=0.4", k);
		assert_int_equal(change(sim, text), 0);
	}
	run_s(sim, 60.0);
	near(value_of(sim, plant, "cs00.hx.facility_flow_lpm"), 54.0, 0.5); /* .55 of all */
	near(value_of(sim, plant, "site.water.pressure_kpa"), 300.0, 0.5);
	for (int k = 1; k < 4; k++) {
		char text[64];

		snprintf(text, sizeof(text), "cs%02d.facility.valve=1", k);
		assert_int_equal(change(sim, text), 0);
	}
	run_s(sim, 60.0);
	near(value_of(sim, plant, "cs00.hx.facility_flow_lpm"), 0.7 * 54.0, 0.5);
	near(value_of(sim, plant, "site.water.pressure_kpa"), 0.49 * 300.0, 0.5);
	near(value_of(sim, plant, "site.water.flow_lpm"), 0.7 * 4 * 54.0, 0.5);
	near(value_of(sim, plant, "cs04.hx.air_flow_kg_s"), 4.0, 0.1); /* air has its own fans */
	for (uint32_t k = 0; k < 6; k++)
		assert_true(truth_of(sim, k).energy_error_rel <= 1e-9);
	sim_close(sim);
	plant_free(plant);
}

/* Two wafers of one machine: one branch, one pair of feeds. An accelerator of another make beside them. */
static void
a_machine_of_two_wafers_shares_its_branch_and_its_feeds(void **state)
{
	struct plant *plant = plant_of("site: test\n"
				       "supply: {machine_friction: 0.5, friction: 0.2}\n"
				       "systems:\n"
				       "  - {name: cs%d, count: 2, type: pair}\n"
				       "  - {name: cs%d, first: 2, type: water}\n"
				       "  - {name: cs%d, first: 3, type: foreign}\n"
				       "facility: [{name: water, profile: facility_water}]\n");
	struct sim *sim = sim_of(plant, NULL);
	double s = 1.0 / sqrt(1.5), w = 0.9 / 3.3, d = 2 * w * s + w + 0.6 / 3.3;
	double p = 1.0 / (1.0 + 0.2 * d * d);

	(void)state;
	for (int k = 0; k < 4; k++) {
		char text[64];

		snprintf(text, sizeof(text), "cs%d.facility.valve=1", k);
		assert_int_equal(change(sim, text), 0);
	}
	run_s(sim, 60.0);
	near(value_of(sim, plant, "cs0.hx.facility_flow_lpm"), 54.0 * s * sqrt(p), 0.5);
	near(value_of(sim, plant, "cs2.hx.facility_flow_lpm"), 54.0 * sqrt(p), 0.5);
	near(value_of(sim, plant, "cs3.hx.facility_flow_lpm"), 36.0 * sqrt(p), 0.5);
	/* the other wafer's valve shuts: more for this one */
	assert_int_equal(change(sim, "cs1.facility.valve=0.02"), 0);
	run_s(sim, 60.0);
	s = 1.0 / sqrt(1.0 + 0.5 * 0.51 * 0.51);
	d = 1.02 * w * s + w + 0.6 / 3.3;
	p = 1.0 / (1.0 + 0.2 * d * d);
	near(value_of(sim, plant, "cs0.hx.facility_flow_lpm"), 54.0 * s * sqrt(p), 0.5);
	assert_int_equal(change(sim, "cs1.feed[1].failed=1"), 0);
	run_s(sim, 0.5);
	near(value_of(sim, plant, "cs0.power.feed[1].voltage_v"), 0.0, 0.0);
	near(value_of(sim, plant, "cs2.power.feed[1].voltage_v"), 230.0, 3.0);
	assert_int_equal(change(sim, "cs1.feed[1].failed=0"), 0);
	run_s(sim, 0.5);
	near(value_of(sim, plant, "cs0.power.feed[1].voltage_v"), 230.0, 3.0);
	/* heat of the foreign one, by its own readings */
	near(value_of(sim, plant, "cs3.power.input_w"), 11600.0, 300.0);
	near(4180.0 / 60.0 * value_of(sim, plant, "cs3.loop.flow_lpm") *
		     (value_of(sim, plant, "cs3.loop.return_temp_c") -
		      value_of(sim, plant, "cs3.loop.supply_temp_c")),
	     8900.0 * (1.0 + 0.8 * (1.0 / 0.88 - 1.0)), 400.0);
	sim_close(sim);
	plant_free(plant);
}

/* ---- loss and return ---- */

static void
a_lost_supply_hurts_no_wafer_and_comes_back(void **state)
{
	struct plant *plant = plant_of(ROW(""));
	struct sim *sim = sim_of(plant, NULL);
	double tmax_c[2] = {0.0, 0.0};

	(void)state;
	assert_int_equal(change(sim, "facility.lost=1"), 0);
	for (int n = 0; n < 120 * STEPS_PER_S; n++) {
		sim_step(sim);
		tmax_c[0] = fmax(tmax_c[0], truth_of(sim, 0).tmax_c);
		tmax_c[1] = fmax(tmax_c[1], truth_of(sim, 4).tmax_c);
	}
	assert_true(tmax_c[0] < 75.0 && tmax_c[1] < 75.0);
	assert_true(value_of(sim, plant, "site.water.pressure_kpa") < 1.0);
	assert_true(value_of(sim, plant, "cs00.hx.facility_flow_lpm") < 0.1);
	/* the hall's air warms up by what the systems give to it */
	assert_true(value_of(sim, plant, "site.air.supply_temp_c") > 22.0);
	assert_int_equal(change(sim, "facility.lost=0"), 0);
	run_s(sim, 240.0);
	near(value_of(sim, plant, "site.water.pressure_kpa"), 300.0, 0.5);
	near(value_of(sim, plant, "site.air.supply_temp_c"), 20.0, 0.15);
	assert_true(truth_of(sim, 0).supply_c < 30.0);
	for (uint32_t k = 0; k < 6; k++)
		assert_true(truth_of(sim, k).energy_error_rel <= 1e-9);
	sim_close(sim);
	plant_free(plant);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wet_bulbs_are_those_of_the_tables),
		cmocka_unit_test(the_day_has_its_warmest_hour_and_time_alone_makes_the_weather),
		cmocka_unit_test(
			a_supply_follows_its_set_point_with_a_lag_as_far_as_the_weather_lets_it),
		cmocka_unit_test(without_following_supplies_stay_where_they_are_put),
		cmocka_unit_test(the_header_divides_its_head_in_closed_form),
		cmocka_unit_test(when_many_valves_open_each_gets_less),
		cmocka_unit_test(a_machine_of_two_wafers_shares_its_branch_and_its_feeds),
		cmocka_unit_test(a_lost_supply_hurts_no_wafer_and_comes_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
