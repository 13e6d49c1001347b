/* SPDX-License-Identifier: Apache-2.0 */
/* What the devices do by themselves, seen through their registers and in the plant. */
#include "tests/unit/sim_two.h"

#include "engine_sim/firmware.h"

static uint16_t seq;

static int
begin(void **state)
{
	seq = 0;
	return setup(state);
}

static uint16_t
reg(const char *name)
{
	return word_of(sim, plant, name);
}

static void
put(const char *name, uint16_t w)
{
	assert_int_equal(write_word(sim, plant, name, w), 0);
}

/* A supervisor that says every second that it is there. */
static void
supervised_s(double seconds)
{
	for (; seconds > 1e-9; seconds -= 1.0) {
		put("cs00.engine.seq_cmd", ++seq);
		put("cs00.cooling.seq_cmd", seq);
		run_s(sim, fmin(1.0, seconds));
	}
}

static void
all_duties(uint16_t w)
{
	uint16_t words[RETICLES];

	for (int i = 0; i < RETICLES; i++)
		words[i] = w;
	assert_int_equal(write_words(sim, device_of(plant, "cs00.engine"), 0, RETICLES, words), 0);
}

static struct sim_truth
now(void)
{
	return truth_of(sim, 0);
}

static void
a_start_is_no_bump_for_30_s_and_local(void **state)
{
	struct sim_truth t = now();

	(void)state;
	assert_int_equal(t.authority, AUTHORITY_LOCAL);
	assert_true(fabs(t.supply_c - 24.0) < 1e-6);
	run_s(sim, 29.0);
	assert_true(fabs(now().tmax_c - t.tmax_c) < 1e-6);
	assert_true(fabs(now().pump_speed[0] - 0.8) < 1e-9);
	run_s(sim, 30.0); /* nobody came: pumps and valve open */
	assert_true(now().pump_speed[0] > 0.999 && now().valve > 0.999);
	assert_int_equal(now().authority, AUTHORITY_LOCAL);
	assert_true(now().rate > 0.9999);
}

static void
a_sequence_number_takes_charge_and_its_silence_ends_it_after_3_s(void **state)
{
	(void)state;
	supervised_s(3.0);
	assert_int_equal(reg("cs00.engine.authority"), AUTHORITY_SUPERVISOR);
	assert_int_equal(reg("cs00.cooling.authority"), AUTHORITY_SUPERVISOR);
	all_duties(6000);
	put("cs00.pump[0].speed_cmd_pct", 7000);
	supervised_s(10.0);
	assert_true(fabs(now().duty[7] - 0.6) < 1e-9);
	assert_true(fabs(now().pump_speed[0] - 0.7) < 1e-3);
	run_s(sim, 1.9); /* the last number is 2.9 s old */
	assert_int_equal(reg("cs00.engine.authority"), AUTHORITY_SUPERVISOR);
	run_s(sim, 0.2);
	assert_int_equal(reg("cs00.engine.authority"), AUTHORITY_LOCAL);
	assert_int_equal(reg("cs00.cooling.authority"), AUTHORITY_LOCAL);
	assert_true(reg("cs00.engine.status") & ENGINE_SEQ_EXPIRED);
	run_s(sim, 2.0); /* .05 a second */
	assert_true(fabs(now().duty[7] - 0.70) < 0.01);
	run_s(sim, 20.0);
	assert_true(now().duty[7] > 0.999 && now().pump_speed[0] > 0.999 && now().valve > 0.999);
	supervised_s(1.0);
	assert_int_equal(reg("cs00.engine.authority"), AUTHORITY_SUPERVISOR);
	assert_false(reg("cs00.engine.status") & ENGINE_SEQ_EXPIRED);
}

static void
the_same_number_again_is_silence(void **state)
{
	(void)state;
	supervised_s(1.0);
	for (int k = 0; k < 4; k++) {
		put("cs00.engine.seq_cmd", seq);
		run_s(sim, 1.0);
	}
	assert_int_equal(reg("cs00.engine.authority"), AUTHORITY_LOCAL);
}

static void
each_device_has_its_own_number(void **state)
{
	(void)state;
	supervised_s(1.0);
	for (int k = 0; k < 4; k++) {
		put("cs00.cooling.seq_cmd", ++seq);
		run_s(sim, 1.0);
	}
	assert_int_equal(reg("cs00.engine.authority"), AUTHORITY_LOCAL);
	assert_int_equal(reg("cs00.cooling.authority"), AUTHORITY_SUPERVISOR);
	assert_int_equal(reg("cs01.cooling.authority"), AUTHORITY_LOCAL);
}

static void
release_hands_back_at_once_until_it_is_taken_back(void **state)
{
	(void)state;
	supervised_s(2.0);
	put("cs00.engine.release_cmd", 1);
	assert_int_equal(reg("cs00.engine.authority"), AUTHORITY_LOCAL);
	put("cs00.engine.seq_cmd", ++seq);
	assert_int_equal(reg("cs00.engine.authority"), AUTHORITY_LOCAL);
	run_s(sim, 1.0);
	assert_false(reg("cs00.engine.status") & ENGINE_SEQ_EXPIRED); /* it was an orderly end */
	put("cs00.engine.release_cmd", 0);
	assert_int_equal(reg("cs00.engine.authority"), AUTHORITY_LOCAL);
	put("cs00.engine.seq_cmd", ++seq);
	assert_int_equal(reg("cs00.engine.authority"), AUTHORITY_SUPERVISOR);
	assert_int_equal(reg("cs00.engine.release_cmd"), 0);
}

static void
duties_slew_as_the_actuator_does(void **state)
{
	(void)state;
	supervised_s(1.0);
	all_duties(0);
	run_s(sim, 0.5);
	assert_true(fabs(now().duty[0] - 0.5) < 1e-9);
	all_duties(10000);
	run_s(sim, 0.5);
	assert_true(fabs(now().duty[0] - 0.6) < 1e-9);
	assert_int_equal(reg("cs00.wafer.A1.duty_frac"), 6000);
}

/* Who looks at each step may pass over those whose number has not changed. */
static void
steps_in_which_a_duty_moves_are_told(void **state)
{
	static const char *const CHANGES[] = {"cs00.duty[5].stuck=1", "cs00.duty[40].limit=0.3",
					      "cs00.duty[5].stuck=0", "cs00.duty[40].limit=1"};
	double duty[RETICLES];
	struct sim_glance g;
	int rested = 0, moved = 0;

	(void)state;
	sim_glance(sim, 0, &g);
	for (int k = 0; k < 800; k++) {
		uint64_t moves = g.duty_moves;

		memcpy(duty, g.duty, sizeof(duty));
		if (k % 80 == 0)
			put("cs00.engine.seq_cmd", ++seq);
		if (k % 160 == 0)
			all_duties(k % 320 == 0 ? 3000 : 9000);
		if (k % 200 == 150)
			assert_int_equal(change(sim, CHANGES[k / 200]), 0);
		sim_step(sim);
		sim_glance(sim, 0, &g);
		if (g.duty_moves == moves)
			assert_memory_equal(g.duty, duty, sizeof(duty));
		rested += g.duty_moves == moves;
		moved += memcmp(g.duty, duty, sizeof(duty)) != 0;
	}
	assert_true(rested > 100 && moved > 100);
}

static void
foldback_keeps_a_wafer_without_supervisor_near_its_limit(void **state)
{
	(void)state;
	assert_int_equal(change(sim, "cs00.zone[5].g=0.379"), 0);
	run_s(sim, 120.0);
	assert_int_equal(now().trip, 0);
	assert_true(now().tmax_c < 50.7);
	assert_true(now().rate > 0.9);
	/* warmer still: it gives duty for temperature, and trips nothing */
	assert_int_equal(change(sim, "cs00.facility.supply_c=32 over 10s"), 0);
	run_s(sim, 200.0);
	assert_int_equal(now().trip, 0);
	assert_true(reg("cs00.engine.status") & ENGINE_FOLDBACK);
	assert_true(reg("cs00.engine.foldback_frac") < 10000);
	assert_true(now().rate < 1.0 && now().rate > 0.2);
	assert_true(now().tmax_c < 55.0);
}

static void
foldback_stays_out_of_a_supervisors_way_below_its_threshold(void **state)
{
	(void)state;
	assert_int_equal(change(sim, "facility.supply_c=23.2 over 5s"), 0);
	supervised_s(60.0); /* between 49 and 51 C */
	assert_true(now().tmax_c > 49.0 && now().tmax_c < 51.0);
	assert_int_equal(reg("cs00.engine.foldback_frac"), 10000);
	assert_false(reg("cs00.engine.status") & (ENGINE_FOLDBACK | ENGINE_WARNING));
}

static void
one_lying_sensor_folds_nothing_back(void **state)
{
	(void)state;
	supervised_s(1.0);
	assert_int_equal(change(sim, "cs00.sensor[40].offset_c=12"), 0);
	supervised_s(5.0);
	assert_int_equal(reg("cs00.engine.foldback_frac"), 10000);
	assert_true(now().rate > 0.9999);
	assert_true((int16_t)reg("cs00.wafer.D5.temp_c") > 8 * 52);
}

static void
low_flow_caps_the_duty_before_temperature_moves(void **state)
{
	(void)state;
	supervised_s(1.0);
	put("cs00.pump[0].speed_cmd_pct", 4800);
	put("cs00.pump[1].speed_cmd_pct", 4800);
	supervised_s(8.0); /* 0.6 of nominal */
	assert_true(reg("cs00.engine.status") & ENGINE_LOW_FLOW);
	assert_true(fabs(now().duty[0] - pow(0.6 / 0.7, 0.8)) < 0.01);
	assert_int_equal(now().trip, 0);
}

static void
one_lost_pump_trips_nothing(void **state)
{
	(void)state;
	assert_int_equal(change(sim, "cs00.pump[1].failed=1"), 0);
	supervised_s(1.0);
	put("cs00.pump[0].speed_cmd_pct", 10000);
	supervised_s(10.0);
	assert_int_equal(now().trip, 0);
	assert_true(fabs(now().flow_kg_s - 0.848) < 0.002);
	assert_int_equal(reg("cs00.pump[1].status"), PART_FAILED);
	assert_int_equal(reg("cs00.pump[0].status"), PART_RUNNING);
	assert_true(reg("cs00.cooling.status") & COOLING_PUMP_1_FAIL);
}

static void
both_pumps_lost_cut_the_wafers_power(void **state)
{
	(void)state;
	assert_int_equal(change(sim, "cs00.pump.failed=1"), 0);
	run_s(sim, 3.0);
	assert_true(now().trip & (TRIP_PUMPS | TRIP_FLOW));
	assert_true(now().wafer_w < 1e-9);
	assert_true(now().tmax_c < 65.0);
	assert_true(reg("cs00.engine.status") & ENGINE_TRIPPED);
	assert_false(reg("cs00.engine.status") & ENGINE_POWERED);
	assert_int_equal(reg("cs00.wafer.power_w"), 0);
	assert_int_equal(truth_of(sim, 1).trip, 0);
	/* a reset while the cause stands does nothing */
	put("cs00.engine.reset_cmd", 1);
	run_s(sim, 1.0);
	assert_true(now().wafer_w < 1e-9);
	put("cs00.engine.reset_cmd", 0);
	assert_int_equal(change(sim, "cs00.pump.failed=0"), 0);
	run_s(sim, 10.0);
	assert_true(now().trip != 0); /* latched */
	put("cs00.engine.reset_cmd", 1);
	run_s(sim, 30.0);
	assert_int_equal(now().trip, 0);
	assert_true(now().rate > 0.9999);
}

static void
a_flow_below_45_pct_trips_after_300_ms(void **state)
{
	(void)state;
	assert_int_equal(change(sim, "cs00.loop.flow_meter_mul=0.4"), 0);
	run_s(sim, 0.25);
	assert_int_equal(now().trip, 0);
	run_s(sim, 0.15);
	assert_int_equal(now().trip, TRIP_FLOW);
	assert_true(now().wafer_w < 1e-9);
}

static void
over_temperature_trips_and_holds_the_pumps_for_120_s(void **state)
{
	(void)state;
	supervised_s(1.0);
	assert_int_equal(change(sim, "cs00.sensor[40].offset_c=25"), 0); /* one at 66: no */
	supervised_s(2.0);
	assert_int_equal(now().trip, 0);
	assert_int_equal(change(sim, "cs00.sensor[41].offset_c=25"), 0); /* and its neighbour */
	run_s(sim, 0.2);
	assert_int_equal(now().trip, TRIP_TEMPERATURE);
	assert_true(now().wafer_w < 1e-9);
	supervised_s(10.0);
	assert_true(now().pump_speed[0] > 0.999); /* though .8 is demanded */
	assert_true(reg("cs00.cooling.status") & COOLING_HOT_HOLD);
	assert_int_equal(change(sim, "cs00.sensor.offset_c=0"), 0);
	supervised_s(122.0);
	assert_true(now().pump_speed[0] < 0.81);
	put("cs00.engine.reset_cmd", 1);
	supervised_s(10.0);
	assert_int_equal(now().trip, 0);
	assert_true(now().rate > 0.99);
}

static void
a_wafer_that_is_not_seen_is_not_known_to_be_cold(void **state)
{
	static struct firmware fw;
	static struct process p;
	struct sensors s = {0};

	(void)state;
	p.md.m_nom_kg_s = 1.0;
	fw.engine.trips = TRIP_TEMPERATURE;
	for (int i = 0; i < RETICLES; i++)
		s.temp_c[i] = (double)NAN;
	firmware_reset(&fw, &p, &s);
	assert_int_equal(fw.engine.trips, TRIP_TEMPERATURE);
	for (int i = 0; i < RETICLES / 2 - 1; i++)
		s.temp_c[i] = 30.0;
	firmware_reset(&fw, &p, &s);
	assert_int_equal(fw.engine.trips, TRIP_TEMPERATURE);
	s.temp_c[RETICLES - 1] = 30.0;
	firmware_reset(&fw, &p, &s);
	assert_int_equal(fw.engine.trips, 0);
}

static void
one_sensor_at_75_trips_alone(void **state)
{
	(void)state;
	assert_int_equal(change(sim, "cs00.sensor[0].offset_c=40"), 0);
	run_s(sim, 0.2);
	assert_int_equal(now().trip, TRIP_TEMPERATURE);
}

static void
a_leak_stops_the_pumps_and_shuts_the_valve(void **state)
{
	(void)state;
	supervised_s(1.0);
	assert_int_equal(change(sim, "cs00.leak[0]=1"), 0);
	supervised_s(2.0);
	assert_int_equal(now().trip, 0); /* one rope alone is a warning */
	assert_true(reg("cs00.cooling.status") & COOLING_LEAK);
	assert_int_equal(change(sim, "cs00.leak[2]=1"), 0);
	supervised_s(20.0);
	assert_int_equal(now().trip, TRIP_LEAK);
	assert_true(now().wafer_w < 1e-9 && now().pump_speed[0] < 0.01 && now().valve < 0.05);
	assert_true(reg("cs00.cooling.status") & COOLING_LEAK_STOP);
	put("cs00.engine.reset_cmd", 1); /* still wet */
	supervised_s(1.0);
	assert_int_equal(now().trip, TRIP_LEAK);
	assert_int_equal(change(sim, "cs00.leak=0"), 0);
	put("cs00.engine.reset_cmd", 0);
	put("cs00.engine.reset_cmd", 1);
	supervised_s(30.0); /* power waits for flow, no second trip */
	assert_int_equal(now().trip, 0);
	assert_true(now().rate > 0.99);
}

static void
one_wet_rope_and_falling_pressure_is_a_leak(void **state)
{
	(void)state;
	assert_int_equal(change(sim, "cs00.leak[1]=1"), 0);
	assert_int_equal(change(sim, "cs00.loop.leak_kg_s=0.1"), 0);
	run_s(sim, 1.0);
	assert_int_equal(now().trip, 0);
	run_s(sim, 8.0);
	assert_int_equal(now().trip, TRIP_LEAK);
	assert_true(reg("cs00.loop.level_pct") < 9500);
}

static void
too_few_supplies_trip_on_current(void **state)
{
	(void)state;
	for (int k = 0; k < 6; k++) {
		char text[64];

		snprintf(text, sizeof(text), "cs00.psu[%d].failed=1", k);
		assert_int_equal(change(sim, text), 0);
	}
	run_s(sim, 1.0);
	assert_int_equal(now().trip, 0);
	assert_int_equal(change(sim, "cs00.psu[6].failed=1"), 0);
	assert_int_equal(change(sim, "cs00.psu[7].failed=1"), 0);
	run_s(sim, 0.1);
	assert_int_equal(now().trip, TRIP_CURRENT);
	assert_int_equal(reg("cs00.psu[7].status"), PART_FAILED);
}

static void
a_power_ceiling_is_held_without_a_supervisor_until_it_expires(void **state)
{
	(void)state;
	supervised_s(1.0);
	put("cs00.engine.ceiling_for_cmd_s", 60);
	put("cs00.engine.ceiling_cmd_w", 14000);
	run_s(sim, 20.0); /* the supervisor is gone */
	assert_int_equal(reg("cs00.engine.authority"), AUTHORITY_LOCAL);
	assert_true(now().wafer_w < 14000 * 1.005 && now().wafer_w > 13500);
	assert_true(reg("cs00.engine.status") & ENGINE_CEILING);
	run_s(sim, 39.0);
	assert_true(now().wafer_w < 14000 * 1.005);
	run_s(sim, 30.0);
	assert_true(now().wafer_w > 17000);
	assert_false(reg("cs00.engine.status") & ENGINE_CEILING);
}

/* Whoever asks for what is applied must not make it less and less. */
static void
a_ceiling_takes_no_part_of_a_demand_that_is_below_it(void **state)
{
	(void)state;
	supervised_s(1.0);
	put("cs00.engine.ceiling_for_cmd_s", 600);
	put("cs00.engine.ceiling_cmd_w", 12000);
	all_duties(10000);
	supervised_s(20.0);
	double wafer_w = now().wafer_w;
	assert_true(wafer_w < 12000 * 1.005 && wafer_w > 11500);
	for (int k = 0; k < 5; k++) {
		all_duties(reg("cs00.wafer.A1.duty_frac"));
		supervised_s(1.0);
	}
	assert_true(now().wafer_w > 0.98 * wafer_w);
}

static void
new_work_shares_cost_2_s_at_half_rate_and_20_s_of_patience(void **state)
{
	uint16_t share[RETICLES];
	uint32_t engine = device_of(plant, "cs00.engine");

	(void)state;
	supervised_s(1.0);
	for (int i = 0; i < RETICLES; i++)
		share[i] = 10000;
	share[0] = 5000; /* mean is not 1 */
	assert_int_equal(write_words(sim, engine, 100, RETICLES, share), 0);
	supervised_s(1.0);
	assert_int_equal(reg("cs00.wafer.A1.share_frac"), 10000);
	share[1] = share[2] = share[3] = share[4] = share[5] = 11000;
	assert_int_equal(write_words(sim, engine, 100, RETICLES, share), 0);
	supervised_s(1.0);
	assert_int_equal(reg("cs00.wafer.A1.share_frac"), 5000);
	assert_true(fabs(now().rate - 0.5) < 1e-9);
	assert_true(reg("cs00.engine.status") & ENGINE_RESHARE);
	supervised_s(2.0);
	assert_true(fabs(now().rate - 1.0 / 1.1) < 1e-9); /* the busiest has 1.1 to do */
	for (int i = 0; i < RETICLES; i++)
		share[i] = 10000;
	assert_int_equal(write_words(sim, engine, 100, RETICLES, share), 0);
	supervised_s(10.0);
	assert_int_equal(reg("cs00.wafer.A1.share_frac"), 5000);
	supervised_s(9.0);
	assert_int_equal(reg("cs00.wafer.A1.share_frac"), 10000);
}

/* Reticles A1 and A2 with half of their work moved to ten others. */
static void
move_work(void)
{
	uint16_t share[RETICLES];

	for (int i = 0; i < RETICLES; i++)
		share[i] = i < 2 ? 5000 : i < 12 ? 11000 : 10000;
	assert_int_equal(write_words(sim, device_of(plant, "cs00.engine"), 100, RETICLES, share),
			 0);
	supervised_s(1.0);
	assert_int_equal(reg("cs00.wafer.A1.share_frac"), 5000);
}

static void
moved_work_goes_back_when_the_supervisor_is_gone(void **state)
{
	(void)state;
	supervised_s(1.0);
	move_work();
	run_s(sim,
	      2.5); /* its silence is noticed; a share may move again 20 s after the last time */
	assert_int_equal(reg("cs00.engine.authority"), AUTHORITY_LOCAL);
	assert_int_equal(reg("cs00.wafer.A1.share_cmd_frac"), 10000);
	assert_int_equal(reg("cs00.wafer.A1.share_frac"), 5000);
	run_s(sim, 22.0);
	assert_int_equal(reg("cs00.wafer.A1.share_frac"), 10000);
	assert_int_equal(reg("cs00.wafer.A5.share_frac"), 10000);
	assert_true(now().rate > 0.999);
}

static void
moved_work_goes_back_when_it_is_released(void **state)
{
	(void)state;
	supervised_s(1.0);
	move_work();
	put("cs00.engine.release_cmd", 1);
	run_s(sim, 24.0);
	assert_int_equal(reg("cs00.wafer.A1.share_frac"), 10000);
	assert_true(now().rate > 0.999);
	put("cs00.engine.release_cmd", 0);
	supervised_s(20.0);
	move_work(); /* and the next one may move it again */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_start_is_no_bump_for_30_s_and_local),
		TEST(a_sequence_number_takes_charge_and_its_silence_ends_it_after_3_s),
		TEST(the_same_number_again_is_silence),
		TEST(each_device_has_its_own_number),
		TEST(release_hands_back_at_once_until_it_is_taken_back),
		TEST(duties_slew_as_the_actuator_does),
		TEST(steps_in_which_a_duty_moves_are_told),
		TEST(foldback_keeps_a_wafer_without_supervisor_near_its_limit),
		TEST(foldback_stays_out_of_a_supervisors_way_below_its_threshold),
		TEST(one_lying_sensor_folds_nothing_back),
		TEST(low_flow_caps_the_duty_before_temperature_moves),
		TEST(one_lost_pump_trips_nothing),
		TEST(both_pumps_lost_cut_the_wafers_power),
		TEST(a_flow_below_45_pct_trips_after_300_ms),
		TEST(over_temperature_trips_and_holds_the_pumps_for_120_s),
		TEST(a_wafer_that_is_not_seen_is_not_known_to_be_cold),
		TEST(one_sensor_at_75_trips_alone),
		TEST(a_leak_stops_the_pumps_and_shuts_the_valve),
		TEST(one_wet_rope_and_falling_pressure_is_a_leak),
		TEST(too_few_supplies_trip_on_current),
		TEST(a_power_ceiling_is_held_without_a_supervisor_until_it_expires),
		TEST(a_ceiling_takes_no_part_of_a_demand_that_is_below_it),
		TEST(new_work_shares_cost_2_s_at_half_rate_and_20_s_of_patience),
		TEST(moved_work_goes_back_when_the_supervisor_is_gone),
		TEST(moved_work_goes_back_when_it_is_released),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
