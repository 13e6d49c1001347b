/* SPDX-License-Identifier: Apache-2.0 */
/* What a system does while a person holds it, and when he lets go. */
#include "tests/unit/supervisor_bench.h"

static void
a_stopped_system_has_no_duty_and_all_its_cooling(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	steps(&b, 150);
	double valve = b.s.demands.valve_frac;
	supervisor_hold(&b.s, HOLD_STOP);
	step(&b);
	assert_int_equal(b.s.verdict.mode, CTL_STOPPED);
	assert_int_equal(b.s.verdict.reason, REASON_NONE);
	for (int i = 0; i < RETICLES; i++)
		assert_true(b.s.demands.duty_frac[i] <= 0.0);
	assert_true(b.s.demands.pump_frac > 0.999);
	assert_true(fabs(b.s.demands.valve_frac - valve) < 0.05); /* no bump */
	assert_false(b.s.demands.release);
	uint16_t seq = b.s.demands.engine_seq;
	/* the valve holds the supply */
	b.v.supply_c = 26.0;
	for (int i = 0; i < RETICLES; i++)
		b.v.temp_c[i] += 2.0;
	steps(&b, 100);
	assert_true(b.s.demands.valve_frac > valve + 0.1);
	assert_true(b.s.verdict.setpoint_c > 20.0 && b.s.verdict.setpoint_c < 24.1);
	assert_int_equal(b.s.demands.engine_seq, seq + 10);
	assert_false(b.s.verdict.stop_ignored);
	steps(&b, 3000);
	assert_int_equal(b.s.verdict.mode, CTL_STOPPED);
}

static void
a_stopped_system_starts_by_the_ramp(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	steps(&b, 150);
	supervisor_hold(&b.s, HOLD_STOP);
	steps(&b, 100);
	supervisor_hold(&b.s, HOLD_NONE);
	step(&b);
	assert_int_equal(b.s.verdict.mode, CTL_TRACK);
	assert_true(b.s.demands.duty_frac[0] <= 0.0);
	steps(&b, 100);
	assert_int_equal(b.s.verdict.mode, CTL_AUTO);
	for (int k = 0; k < 1200 && b.s.verdict.reason != REASON_NONE; k++) {
		double before = b.s.demands.duty_frac[0];
		step(&b);
		assert_true(b.s.demands.duty_frac[0] - before <= 0.1 * 0.02 + 1e-9);
	}
	assert_true(b.s.demands.duty_frac[0] > 0.99);
}

static void
a_stop_does_not_depend_on_readings(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	steps(&b, 150);
	lose_engine(&b.v);
	supervisor_hold(&b.s, HOLD_STOP);
	step(&b);
	assert_int_equal(b.s.verdict.mode, CTL_STOPPED);
	assert_true(b.s.demands.duty_frac[0] <= 0.0 && b.s.demands.valve_frac > 0.999);
	/* nor does it end with them */
	double pump_pct = b.v.pump_pct[0];
	good_view(&b.v);
	b.v.pump_pct[0] = b.v.pump_pct[1] = pump_pct;
	b.v.valve_pct = 100.0;
	lose_cooling(&b.v);
	steps(&b, 50);
	assert_int_equal(b.s.verdict.mode, CTL_STOPPED);
	assert_true(b.s.demands.valve_frac > 0.999 && b.s.demands.pump_frac > 0.999);
	lose_engine(&b.v);
	supervisor_hold(&b.s, HOLD_NONE);
	steps(&b, 20);
	assert_int_equal(b.s.verdict.mode, CTL_FAILSAFE);
	assert_true(b.s.demands.duty_frac[0] <= 0.0); /* which raises nothing */
}

static void
a_stopped_system_is_stopped_from_the_first_step_of_a_restart(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	all_duties(&b.v, 0.0);
	supervisor_hold(&b.s, HOLD_STOP);
	step(&b);
	assert_int_equal(b.s.verdict.mode, CTL_STOPPED);
	assert_int_equal(b.s.demands.engine_seq, 701);
	assert_true(b.s.demands.duty_frac[0] <= 0.0);
	/* even if nothing can be read: before the devices miss us */
	begin(&b, setup());
	lose_engine(&b.v);
	lose_cooling(&b.v);
	supervisor_hold(&b.s, HOLD_STOP);
	steps(&b, 10);
	assert_int_equal(b.s.verdict.mode, CTL_OFF);
	steps(&b, 2);
	assert_int_equal(b.s.verdict.mode, CTL_STOPPED);
	assert_true(b.s.demands.active && b.s.demands.duty_frac[0] <= 0.0);
	/* and a scenario's start in charge is none */
	struct supervisor_setup with = setup();
	with.start_in_charge = true;
	begin(&b, with);
	supervisor_hold(&b.s, HOLD_STOP);
	steps(&b, 20);
	assert_int_equal(b.s.verdict.mode, CTL_STOPPED);
	supervisor_hold(&b.s, HOLD_NONE);
	step(&b);
	assert_int_equal(b.s.verdict.mode, CTL_TRACK);
}

static void
a_stop_that_a_device_ignores_is_noticed(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	steps(&b, 150);
	b.obey = false;
	supervisor_hold(&b.s, HOLD_STOP);
	steps(&b, 50);
	assert_false(b.s.verdict.stop_ignored);
	steps(&b, 2);
	assert_true(b.s.verdict.stop_ignored);
	assert_true(b.s.verdict.applied_frac > 0.99);
	all_duties(&b.v, 0.0);
	step(&b);
	assert_false(b.s.verdict.stop_ignored);
	all_duties(&b.v, (double)NAN); /* who says nothing has not stopped, either */
	steps(&b, 52);
	assert_true(b.s.verdict.stop_ignored);
}

static void
a_stopped_system_is_not_handed_back(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	steps(&b, 150);
	supervisor_hold(&b.s, HOLD_STOP);
	steps(&b, 10);
	supervisor_hand_back(&b.s);
	step(&b);
	assert_true(supervisor_handed_back(&b.s));
	assert_int_equal(b.s.verdict.mode, CTL_STOPPED);
	assert_false(b.s.demands.release);
	assert_true(b.s.demands.duty_frac[0] <= 0.0);
}

static void
maintenance_releases_the_devices_and_then_keeps_quiet(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	steps(&b, 150);
	double duty = b.s.demands.duty_frac[0];
	supervisor_hold(&b.s, HOLD_MAINTENANCE);
	steps(&b, 5);
	assert_int_equal(b.s.verdict.mode, CTL_MAINTENANCE);
	assert_true(b.s.demands.release && !b.s.demands.quiet);
	assert_true(fabs(b.s.demands.duty_frac[0] - duty) < 1e-9); /* as in a hand-back */
	b.v.engine_authority = b.v.cooling_authority = AUTHORITY_LOCAL;
	steps(&b, 2);
	assert_true(b.s.demands.release && b.s.demands.quiet);
	uint16_t seq = b.s.demands.engine_seq;
	steps(&b, 50);
	assert_int_equal(b.s.demands.engine_seq, seq);
	/* whatever happens in there is not ours */
	b.v.trip = TRIP_PUMPS;
	b.v.pump_status[0] = 2.0;
	lose_engine(&b.v);
	lose_cooling(&b.v);
	steps(&b, 100);
	assert_int_equal(b.s.verdict.mode, CTL_MAINTENANCE);
	assert_int_equal(b.s.verdict.reason, REASON_NONE);
	supervisor_hand_back(&b.s); /* nothing left to release */
	step(&b);
	assert_true(supervisor_handed_back(&b.s));
	assert_int_equal(b.s.verdict.mode, CTL_MAINTENANCE);
}

static void
a_device_that_does_not_confirm_is_left_alone_all_the_same(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	steps(&b, 150);
	supervisor_hold(&b.s, HOLD_MAINTENANCE);
	steps(&b, 20);
	assert_false(b.s.demands.quiet);
	step(&b);
	assert_true(b.s.demands.quiet && b.s.demands.release);
}

static void
maintenance_over_a_restart_says_nothing_but_the_release(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	lose_engine(&b.v);
	supervisor_hold(&b.s, HOLD_MAINTENANCE);
	step(&b);
	assert_int_equal(b.s.verdict.mode, CTL_MAINTENANCE);
	assert_true(b.s.demands.active && b.s.demands.release && b.s.demands.quiet);
}

static void
after_maintenance_it_begins_like_a_start(void **state)
{
	(void)state;
	struct bench b;
	struct supervisor_setup with = setup();
	with.start_in_charge = true;
	begin(&b, with);
	steps(&b, 50);
	supervisor_hold(&b.s, HOLD_MAINTENANCE);
	b.v.engine_authority = b.v.cooling_authority = AUTHORITY_LOCAL;
	steps(&b, 50);
	b.v.pump_pct[0] = b.v.pump_pct[1] = b.v.valve_pct = 100.0;
	b.v.engine_seq_cmd = 9000.0; /* somebody else was here */
	supervisor_hold(&b.s, HOLD_NONE);
	step(&b);
	assert_int_equal(b.s.verdict.mode, CTL_OFF);
	assert_false(b.s.demands.active);
	step(&b);
	assert_int_equal(b.s.verdict.mode, CTL_TRACK);
	assert_false(b.s.demands.release || b.s.demands.quiet);
	assert_int_equal(b.s.demands.engine_seq, 9001);
	assert_true(b.s.demands.pump_frac > 0.999 && b.s.demands.duty_frac[0] > 0.99);
	b.v.engine_authority = b.v.cooling_authority = AUTHORITY_SUPERVISOR;
	steps(&b, 101);
	assert_int_equal(b.s.verdict.mode, CTL_AUTO);
	/* but not before there is something to go by */
	supervisor_hold(&b.s, HOLD_MAINTENANCE);
	steps(&b, 50);
	lose_engine(&b.v);
	supervisor_hold(&b.s, HOLD_NONE);
	steps(&b, 200);
	assert_int_equal(b.s.verdict.mode, CTL_OFF);
	assert_false(b.s.demands.active);
}

static void
a_stop_takes_a_system_out_of_maintenance(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	steps(&b, 150);
	supervisor_hold(&b.s, HOLD_MAINTENANCE);
	b.v.engine_authority = b.v.cooling_authority = AUTHORITY_LOCAL;
	steps(&b, 25);
	uint16_t seq = b.s.demands.engine_seq;
	assert_true(b.s.demands.quiet);
	supervisor_hold(&b.s, HOLD_STOP);
	step(&b);
	assert_int_equal(b.s.verdict.mode, CTL_STOPPED);
	assert_false(b.s.demands.release || b.s.demands.quiet);
	assert_true(b.s.demands.duty_frac[0] <= 0.0 && b.s.demands.pump_frac > 0.999);
	assert_int_equal(b.s.demands.engine_seq, seq + 1); /* at once, not with the next second */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stopped_system_has_no_duty_and_all_its_cooling),
		cmocka_unit_test(a_stopped_system_starts_by_the_ramp),
		cmocka_unit_test(a_stop_does_not_depend_on_readings),
		cmocka_unit_test(a_stopped_system_is_stopped_from_the_first_step_of_a_restart),
		cmocka_unit_test(a_stop_that_a_device_ignores_is_noticed),
		cmocka_unit_test(a_stopped_system_is_not_handed_back),
		cmocka_unit_test(maintenance_releases_the_devices_and_then_keeps_quiet),
		cmocka_unit_test(a_device_that_does_not_confirm_is_left_alone_all_the_same),
		cmocka_unit_test(maintenance_over_a_restart_says_nothing_but_the_release),
		cmocka_unit_test(after_maintenance_it_begins_like_a_start),
		cmocka_unit_test(a_stop_takes_a_system_out_of_maintenance),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
