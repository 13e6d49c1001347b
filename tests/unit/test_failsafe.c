/* SPDX-License-Identifier: Apache-2.0 */
/* What a system does when readings, sensors, pumps or flow are lost. */
#include "tests/unit/supervisor_bench.h"

static void
lost_inputs_mean_full_cooling_and_half_duty(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	steps(&b, 150);
	lose_engine(&b.v);
	step(&b);
	assert_int_equal(b.s.verdict.mode, CTL_FAILSAFE);
	assert_int_equal(b.s.verdict.reason, REASON_INPUT_LOST);
	assert_true(b.s.demands.pump_frac > 0.999 && b.s.demands.valve_frac > 0.999);
	steps(&b, 4);
	assert_true(b.s.demands.duty_frac[0] > 0.99); /* not for a moment's silence */
	step(&b);
	for (int i = 0; i < RETICLES; i++)
		assert_true(fabs(b.s.demands.duty_frac[i] - 0.5) < 1e-12);
	uint16_t seq = b.s.demands.engine_seq;
	steps(&b, 20);
	assert_int_equal(b.s.demands.engine_seq, seq + 2);
}

static void
a_moment_without_inputs_costs_no_duty(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	steps(&b, 150);
	lose_engine(&b.v);
	steps(&b, 3);
	assert_int_equal(b.s.verdict.mode, CTL_FAILSAFE);
	double pump_pct = b.v.pump_pct[0];
	good_view(&b.v);
	b.v.pump_pct[0] = b.v.pump_pct[1] = pump_pct;
	for (int k = 0; k < 200; k++) {
		step(&b);
		assert_true(b.s.demands.duty_frac[0] > 0.99);
	}
	assert_int_equal(b.s.verdict.mode, CTL_AUTO);
}

static void
failsafe_never_raises_a_duty(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	all_duties(&b.v, 0.2);
	steps(&b, 50);
	lose_engine(&b.v);
	steps(&b, 50);
	for (int i = 0; i < RETICLES; i++)
		assert_true(b.s.demands.duty_frac[i] < 0.2001);
}

static void
inputs_that_come_back_are_tracked_first(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	steps(&b, 150);
	lose_engine(&b.v);
	steps(&b, 10);
	double pump_pct = b.v.pump_pct[0];
	good_view(&b.v);
	all_duties(&b.v, 0.5);
	b.v.pump_pct[0] = b.v.pump_pct[1] = pump_pct;
	steps(&b, 2);
	assert_int_equal(b.s.verdict.mode, CTL_FAILSAFE); /* one good answer is not enough */
	step(&b);
	assert_int_equal(b.s.verdict.mode, CTL_TRACK);
	assert_true(fabs(b.s.demands.duty_frac[0] - 0.5) < 1e-9);
	steps(&b, 100);
	assert_int_equal(b.s.verdict.mode, CTL_AUTO);
	assert_int_equal(b.s.verdict.reason, REASON_RAMP);
	steps(&b, 300);
	assert_true(b.s.demands.duty_frac[0] > 0.999);
	assert_int_equal(b.s.verdict.reason, REASON_NONE);
}

static void
a_lost_sensor_is_replaced_by_its_neighbours_and_a_degree(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	for (int i = 0; i < RETICLES; i++)
		b.v.temp_c[i] = 40.0;
	b.v.temp_c[39] = 43.0, b.v.temp_c[41] = 42.0;
	b.v.temp_c[40] = (double)NAN;
	steps(&b, 5);
	/* neighbours 40 40 42 43: the upper median is 42 */
	assert_true(fabs(b.s.in.temp_c[40] - 43.0) < 1e-6);
	assert_false(b.s.in.measured[40]);
	assert_int_equal(b.s.verdict.sensors_lost, 1);
	assert_false(b.s.verdict.sensors_degraded);
	assert_true(fabs(b.s.verdict.temp_limit_c - 50.0) < 1e-9);
}

static void
nine_lost_sensors_or_three_together_lower_the_limit(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	for (int k = 0; k < 9; k++) /* apart from each other */
		b.v.temp_c[2 * k + (k > 5 ? 13 : 0)] = (double)NAN;
	steps(&b, 3);
	assert_int_equal(b.s.verdict.sensors_lost, 9);
	assert_true(fabs(b.s.verdict.temp_limit_c - 45.0) < 1e-9);
	good_view(&b.v);
	b.v.temp_c[30] = b.v.temp_c[31] = (double)NAN;
	steps(&b, 49);
	assert_true(fabs(b.s.verdict.temp_limit_c - 45.0) < 1e-9); /* not at the first good one */
	step(&b);
	assert_true(fabs(b.s.verdict.temp_limit_c - 50.0) < 1e-9);
	b.v.temp_c[43] = (double)NAN; /* under 31 */
	step(&b);
	assert_true(fabs(b.s.verdict.temp_limit_c - 45.0) < 1e-9);
	for (int i = 0; i < 43; i++)
		b.v.temp_c[i] = (double)NAN;
	step(&b);
	assert_int_equal(b.s.verdict.mode, CTL_FAILSAFE);
}

static void
lost_cooling_readings_mean_full_cooling_but_no_throttle(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	steps(&b, 150);
	struct view before = b.v;
	lose_cooling(&b.v);
	step(&b);
	assert_int_equal(b.s.verdict.mode, CTL_AUTO);
	assert_true(b.s.verdict.cooling_lost);
	assert_true(b.s.demands.pump_frac > 0.999 && b.s.demands.valve_frac > 0.999);
	assert_true(b.s.demands.duty_frac[0] > 0.999);
	b.v = before;
	b.v.pump_pct[0] = b.v.pump_pct[1] = 100.0;
	b.v.valve_pct = 96.0;
	step(&b);
	/* and back from where they are, not from where the law had them */
	assert_true(b.s.demands.pump_frac > 0.96);
	assert_true(fabs(b.s.demands.valve_frac - 0.96) < 0.02);
}

static void
a_low_flow_caps_the_duty_at_once(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	steps(&b, 150);
	b.v.flow_lpm = 21.0; /* half of .7 x 60 */
	step(&b);
	for (int i = 0; i < RETICLES; i++)
		assert_true(fabs(b.s.demands.duty_frac[i] - pow(0.5, 0.8)) < 1e-9);
	assert_int_equal(b.s.verdict.reason, REASON_LOW_FLOW);
	b.v.flow_lpm = 60.0;
	steps(&b, 60);
	assert_true(b.s.demands.duty_frac[0] > 0.99);
}

static void
a_failed_pump_is_seen_by_its_word_or_by_its_speed(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	steps(&b, 150);
	b.v.pump_status[1] = 2.0;
	step(&b);
	assert_true(b.s.verdict.pump_alarm);
	assert_true(b.s.demands.pump_frac > 0.999);
	begin(&b, setup());
	steps(&b, 150);
	b.obey = false;
	for (int k = 0; k < 100; k++) {
		b.v.pump_pct[0] = 100.0 * demands_pump(&b.s.demands, 0) - 4.0;
		step(&b);
		assert_false(b.s.verdict.pump_alarm);
	}
	for (int k = 0; k < 51; k++) { /* more than 5 % behind, for longer than its lag */
		assert_false(b.s.verdict.pump_alarm);
		b.v.pump_pct[0] = 100.0 * demands_pump(&b.s.demands, 0) - 7.0;
		step(&b);
	}
	assert_true(b.s.verdict.pump_alarm);
}

static void
the_set_point_stays_above_the_dew_point_whatever_the_table_says(void **state)
{
	(void)state;
	static const struct {
		double dew_c, least_c, most_c;
	} CASES[] = {{10.0, 20.0, 24.0}, {19.5, 21.5, 24.0}, {23.0, 25.0, 25.0}};
	for (size_t k = 0; k < sizeof CASES / sizeof CASES[0]; k++) {
		struct bench b;
		begin(&b, setup());
		b.v.dew_c = CASES[k].dew_c;
		for (int i = 0; i < RETICLES; i++)
			b.v.temp_c[i] += 8.0; /* as cold as it may be */
		steps(&b, 1000);
		assert_true(fabs(b.s.verdict.setpoint_c - CASES[k].least_c) < 1e-9);
		good_view(&b.v);
		b.v.dew_c = CASES[k].dew_c;
		for (int i = 0; i < RETICLES; i++)
			b.v.temp_c[i] -= 10.0;
		steps(&b, 2000);
		assert_true(fabs(b.s.verdict.setpoint_c - CASES[k].most_c) < 1e-9);
	}
}

/* Whoever sets the table's bound lower has not measured anything by it. */
static void
an_unknown_dew_point_is_taken_for_18_c(void **state)
{
	(void)state;
	struct control_params low = PARAMS;
	struct bench b;
	begin(&b, setup());
	low.supply_lo_c = 10.0;
	b.v.dew_c = (double)NAN;
	for (int i = 0; i < RETICLES; i++)
		b.v.temp_c[i] += 8.0;
	for (int k = 0; k < 1500; k++) {
		b.now_ns += NS_PER_S / LAW_STEPS_PER_S;
		supervisor_step(&b.s, &low, &b.v, k % LAW_STEPS_PER_S == 0, b.now_ns);
	}
	assert_true(fabs(b.s.verdict.setpoint_c - 20.0) < 1e-9);
}

static void
what_the_device_takes_away_is_its_reason(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	steps(&b, 150);
	b.obey = false;
	b.v.foldback_frac = 0.8;
	all_duties(&b.v, 0.8);
	steps(&b, 5);
	assert_int_equal(b.s.verdict.reason, REASON_NONE);
	steps(&b, 10);
	assert_int_equal(b.s.verdict.reason, REASON_DEVICE);
	b.v.foldback_frac = 1.0;
	b.v.trip = TRIP_FLOW;
	step(&b);
	assert_int_equal(b.s.verdict.reason, REASON_DEVICE);
}

static void
nonsense_from_a_law_ends_in_failsafe(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	steps(&b, 150);
	b.s.state.spi.i_frac[0] = (double)NAN;
	step(&b);
	assert_true(supervisor_failed(&b.s));
	assert_true(b.s.demands.duty_frac[0] <= 0.5);
	step(&b);
	assert_int_equal(b.s.verdict.mode, CTL_FAILSAFE);
}

/* The input power follows the duty; the law has no part in it. */
static void
draw(struct bench *b, double above)
{
	double sum = 0.0;
	for (int i = 0; i < RETICLES; i++)
		sum += b->v.duty_frac[i] / RETICLES;
	b->v.wafer_w = 4400.0 + 13000.0 * sum * above;
	b->v.input_w = 500.0 + b->v.wafer_w / 0.83;
}

static const struct cap_allowance CAP = {
	.watts = 18000.0, .judged_w = 18000.0, .due = true, .until_ns = 3600 * NS_PER_S};

static void
what_stays_above_its_cap_is_scaled_down_and_told(void **state)
{
	(void)state;
	struct supervisor_setup with = setup();
	struct bench b;
	with.law = law_of(CONTROLLER_NONE); /* knows no cap */
	with.start_in_charge = true;
	begin(&b, with);
	supervisor_allow(&b.s, &CAP);
	for (int k = 0; k < 29; k++, step(&b), b.v.temp_c[0] += 1e-6) /* alive */
		draw(&b, 1.0);
	assert_false(b.s.verdict.cap_missed);
	assert_true(b.s.demands.duty_frac[0] > 0.999);
	for (int k = 0; k < 3; k++, step(&b), b.v.temp_c[0] += 1e-6) /* alive */
		draw(&b, 1.0);
	assert_true(b.s.verdict.cap_missed);
	assert_int_equal(b.s.verdict.reason, REASON_CAP);
	assert_true(b.s.demands.duty_frac[0] < 0.88);
	for (int k = 0; k < 200; k++, step(&b), b.v.temp_c[0] += 1e-6) /* alive */
		draw(&b, 1.0);
	assert_true(b.v.input_w < 18000.0 * 1.011);
	/* once the cap is gone, so is the scale, a little at a time */
	supervisor_allow(&b.s,
			 &(struct cap_allowance){.watts = (double)NAN, .judged_w = (double)NAN});
	double before = b.s.demands.duty_frac[0];
	for (int k = 0; k < 10; k++, step(&b), b.v.temp_c[0] += 1e-6) /* alive */
		draw(&b, 1.0);
	assert_true(b.s.demands.duty_frac[0] < before + 0.03);
	for (int k = 0; k < 300; k++, step(&b), b.v.temp_c[0] += 1e-6) /* alive */
		draw(&b, 1.0);
	assert_true(b.s.demands.duty_frac[0] > 0.999);
	assert_false(b.s.verdict.cap_missed);
}

static void
the_device_gets_a_ceiling_with_the_cap_that_it_can_hold_alone(void **state)
{
	(void)state;
	struct bench b;
	struct cap_allowance cap = CAP;
	begin(&b, setup());
	cap.due = false;
	cap.judged_w = (double)NAN;
	supervisor_allow(&b.s, &cap);
	draw(&b, 1.0);
	steps(&b, 20);
	assert_true(b.s.demands.ceiling_w <= 0.0 || isnan(b.s.demands.ceiling_w)); /* no ramp */
	cap.down = true; /* the ramp is at its end, the deadline not there yet */
	supervisor_allow(&b.s, &cap);
	step(&b);
	assert_true(b.s.demands.ceiling_w > 14000.0);
	cap.watts = (double)NAN;
	supervisor_allow(&b.s, &cap);
	step(&b);
	supervisor_allow(&b.s, &CAP);
	step(&b);
	double wafer_w = (18000.0 - 500.0) * 0.83;
	assert_true(b.s.demands.ceiling_w > wafer_w && b.s.demands.ceiling_w < wafer_w * 1.005);
	assert_true(fabs(b.s.demands.ceiling_for_s - 3598.0) < 1.5);
	double for_s = b.s.demands.ceiling_for_s;
	steps(&b, 50); /* it is not told again and again */
	assert_true(fabs(b.s.demands.ceiling_for_s - for_s) < 1e-9);
	/* without its meter what the wafer draws says what the system does */
	b.v.input_w = (double)NAN;
	step(&b);
	assert_true(fabs(b.s.in.input_w - (500.0 + b.v.wafer_w / 0.83)) < 50.0);
	supervisor_allow(&b.s,
			 &(struct cap_allowance){.watts = (double)NAN, .judged_w = (double)NAN});
	step(&b);
	assert_true(fabs(b.s.demands.ceiling_w) < 1e-9);
}

/* What was lifted while nobody could write still stands in the device. */
static void
without_a_cap_the_device_is_told_that_there_is_no_ceiling(void **state)
{
	(void)state;
	struct bench b;
	struct supervisor_setup with = setup();
	with.start_in_charge = true;
	begin(&b, with);
	steps(&b, 5);
	assert_int_equal(b.s.mode, CTL_AUTO);
	assert_true(fabs(b.s.demands.ceiling_w) < 1e-9);
	assert_true(fabs(b.s.demands.ceiling_for_s) < 1e-9);
}

static void
a_ceiling_that_is_told_again_is_told_otherwise(void **state)
{
	(void)state;
	struct bench b;
	struct cap_allowance cap = CAP;
	cap.until_ns = INT64_MAX;
	begin(&b, setup());
	supervisor_allow(&b.s, &cap);
	steps(&b, 20);
	double for_s = b.s.demands.ceiling_for_s;
	assert_true(for_s > 65533.0);
	b.now_ns += 65000 * NS_PER_S;
	step(&b);
	assert_true(b.s.demands.ceiling_for_s > 65533.0);
	assert_true(fabs(b.s.demands.ceiling_for_s - for_s) > 0.5);
}

static void
a_missed_cap_does_not_eat_the_ramp_of_a_takeover(void **state)
{
	(void)state;
	struct bench b;
	struct supervisor_setup with = setup();
	with.law = law_of(CONTROLLER_NONE); /* wants full duty */
	with.start_in_charge = true;
	begin(&b, with);
	all_duties(&b.v, 0.5);
	b.v.input_w = 20000.0;
	supervisor_allow(&b.s, &CAP);
	for (int k = 0; k < 33; k++, b.v.temp_c[0] += 1e-6)
		step(&b);
	assert_true(b.s.ramping && b.s.verdict.cap_missed);
	b.v.input_w = 17000.0;
	for (int k = 0; k < 50; k++, b.v.temp_c[0] += 1e-6)
		step(&b);
	assert_true(b.s.demands.duty_frac[0] > 0.5);
}

static void
a_cap_is_missed_in_every_mode_but_scaled_in_auto_only(void **state)
{
	(void)state;
	struct bench b;
	struct supervisor_setup with = setup();
	with.start_in_charge = true;
	begin(&b, with);
	supervisor_hold(&b.s, HOLD_STOP);
	b.v.input_w = 20000.0;
	supervisor_allow(&b.s, &CAP);
	for (int k = 0; k < 60; k++, b.v.temp_c[0] += 1e-6)
		step(&b);
	assert_int_equal(b.s.mode, CTL_STOPPED);
	assert_true(b.s.verdict.cap_missed);
	assert_true(b.s.cap_scale_frac > 0.999);
	/* nobody obeys a shadow: its scale would only go down and down */
	with.engine_shadow = true;
	begin(&b, with);
	b.v.input_w = 20000.0;
	supervisor_allow(&b.s, &CAP);
	for (int k = 0; k < 60; k++, b.v.temp_c[0] += 1e-6)
		step(&b);
	assert_int_equal(b.s.mode, CTL_SHADOW);
	assert_true(b.s.verdict.cap_missed);
	assert_true(b.s.cap_scale_frac > 0.999);
}

static void
an_allowance_of_nothing_is_no_ceiling_of_0_which_means_none(void **state)
{
	(void)state;
	struct bench b;
	struct cap_allowance cap = CAP;
	begin(&b, setup());
	cap.watts = 0.0;
	supervisor_allow(&b.s, &cap);
	steps(&b, 20);
	assert_true(b.s.demands.ceiling_w >= 1.0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lost_inputs_mean_full_cooling_and_half_duty),
		cmocka_unit_test(what_stays_above_its_cap_is_scaled_down_and_told),
		cmocka_unit_test(the_device_gets_a_ceiling_with_the_cap_that_it_can_hold_alone),
		cmocka_unit_test(without_a_cap_the_device_is_told_that_there_is_no_ceiling),
		cmocka_unit_test(a_ceiling_that_is_told_again_is_told_otherwise),
		cmocka_unit_test(a_missed_cap_does_not_eat_the_ramp_of_a_takeover),
		cmocka_unit_test(a_cap_is_missed_in_every_mode_but_scaled_in_auto_only),
		cmocka_unit_test(an_allowance_of_nothing_is_no_ceiling_of_0_which_means_none),
		cmocka_unit_test(a_moment_without_inputs_costs_no_duty),
		cmocka_unit_test(failsafe_never_raises_a_duty),
		cmocka_unit_test(inputs_that_come_back_are_tracked_first),
		cmocka_unit_test(a_lost_sensor_is_replaced_by_its_neighbours_and_a_degree),
		cmocka_unit_test(nine_lost_sensors_or_three_together_lower_the_limit),
		cmocka_unit_test(lost_cooling_readings_mean_full_cooling_but_no_throttle),
		cmocka_unit_test(a_low_flow_caps_the_duty_at_once),
		cmocka_unit_test(a_failed_pump_is_seen_by_its_word_or_by_its_speed),
		cmocka_unit_test(the_set_point_stays_above_the_dew_point_whatever_the_table_says),
		cmocka_unit_test(an_unknown_dew_point_is_taken_for_18_c),
		cmocka_unit_test(what_the_device_takes_away_is_its_reason),
		cmocka_unit_test(nonsense_from_a_law_ends_in_failsafe),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
