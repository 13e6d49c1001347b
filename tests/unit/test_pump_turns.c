/* SPDX-License-Identifier: Apache-2.0 */
/* Two pumps that take turns without a jump. */
#include "tests/unit/supervisor_bench.h"

static struct control_params params;

static void
near_to(double is, double wanted, double by)
{
	if (!(fabs(is - wanted) <= by))
		fail_msg("%g is not %g", is, wanted);
}

static void
the_one_with_fewer_hours_leads_and_nobody_feels_the_change(void **state)
{
	(void)state;
	struct pump_turns t;
	double speed[2] = {0.8, 0.8}, was[2] = {0.8, 0.8};
	int changes = 0, lead = 0;
	params = PARAMS;
	params.pump_turn_h = 0.001; /* 90 s at this difference */
	pump_turns_init(&t);
	for (int k = 0; k < 10 * 600; k++) {
		pump_turns_count(&t, &params, speed);
		memcpy(was, speed, sizeof was);
		pump_turns_step(&t, &params, 0.8, false, speed);
		near_to(speed[0] + speed[1], 1.6, 1e-9);
		near_to(speed[0], was[0], 0.00201);
		changes += t.lead != lead;
		lead = t.lead;
		/* equal, but for what a turn makes and the way there takes */
		near_to(t.hours[0], t.hours[1], 0.00115);
	}
	assert_true(changes >= 3 && changes <= 7);
	near_to(fabs(speed[0] - speed[1]), 0.04, 0.04);
}

static void
one_that_was_out_catches_up_and_the_ends_of_the_speed_hold(void **state)
{
	(void)state;
	struct pump_turns t;
	double speed[2] = {1.0, 0.0};
	params = PARAMS;
	params.pump_turn_h = 0.01;
	pump_turns_init(&t);
	for (int k = 0; k < 10 * 60; k++) { /* the second one is out: the first carries */
		pump_turns_count(&t, &params, speed);
		double out[2];
		pump_turns_step(&t, &params, 1.0, true, out);
		near_to(out[0], 1.0, 1e-9);
		near_to(out[1], 1.0, 1e-9);
	}
	assert_int_equal(t.lead, 1);
	for (int k = 0; k < 100; k++)
		pump_turns_step(&t, &params, 0.8, false, speed);
	near_to(speed[1], 0.82, 1e-9);
	pump_turns_step(&t, &params, 1.0, false, speed); /* nothing above it, at once */
	near_to(speed[1], 1.0, 1e-9);
	near_to(speed[0], 1.0, 1e-9);
	for (int k = 0; k < 100; k++)
		pump_turns_step(&t, &params, params.pump_min_frac, false, speed);
	near_to(speed[0], params.pump_min_frac, 1e-9);
	params.pump_lead_frac = 0.0;
	for (int k = 0; k < 100; k++)
		pump_turns_step(&t, &params, 0.8, false, speed);
	near_to(speed[0], 0.8, 1e-9);
}

static void
a_restart_is_no_change_over_and_a_failure_ends_the_difference(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	b.v.pump_pct[0] = 78.0; /* as another program left them */
	b.v.pump_pct[1] = 82.0;
	for (int k = 0; k < 300; k++) {
		double before[2] = {b.v.pump_pct[0], b.v.pump_pct[1]};
		step(&b);
		assert_int_equal(b.s.turns.lead, 1);
		for (int i = 0; i < 2; i++)
			near_to(b.v.pump_pct[i], before[i], 1.0); /* the law's own step */
	}
	assert_int_equal(b.s.mode, CTL_AUTO);
	assert_true(b.v.pump_pct[1] >= b.v.pump_pct[0]);
	b.v.pump_status[0] = 2.0;
	step(&b);
	near_to(demands_pump(&b.s.demands, 0), 1.0, 1e-9);
	near_to(demands_pump(&b.s.demands, 1), 1.0, 1e-9);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_one_with_fewer_hours_leads_and_nobody_feels_the_change),
		cmocka_unit_test(one_that_was_out_catches_up_and_the_ends_of_the_speed_hold),
		cmocka_unit_test(a_restart_is_no_change_over_and_a_failure_ends_the_difference),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
