/* SPDX-License-Identifier: Apache-2.0 */
/* A value that a person has set: how it comes into force, what holds below it, and how it goes. */
#include "tests/unit/supervisor_bench.h"

static void
assert_near(double is, double wanted, double by)
{
	if (!(fabs(is - wanted) <= by))
		fail_msg("%g is not %g", is, wanted);
}

static struct hands hands;

static void
set(uint32_t first, uint32_t n, double value)
{
	struct hand_wish w = {.first = first, .n = n, .value = value};
	assert_true(hands_set(&hands, &w, INT64_MAX, "trial"));
}

static void
set_in_auto(struct bench *b)
{
	struct supervisor_setup s = setup();
	s.start_in_charge = true;
	begin(b, s);
	hands_clear(&hands);
	supervisor_hands(&b->s, &hands);
	steps(b, 50);
	assert_int_equal(b->s.verdict.mode, CTL_AUTO);
	assert_near(b->s.demands.duty_frac[7], 1.0, 0.001);
}

/* Steps, none of which moves a duty or a pump by more than the ramp. */
static void
smooth(struct bench *b, int n)
{
	while (n-- > 0) {
		struct demands was = b->s.demands;
		step(b);
		const struct demands *d = &b->s.demands;
		for (int i = 0; i < RETICLES; i++)
			assert_true(fabs(d->duty_frac[i] - was.duty_frac[i]) < 0.0021);
		for (int k = 0; k < HAND_PUMPS; k++)
			if (isfinite(d->pump_each_frac[k]) && isfinite(was.pump_each_frac[k]))
				assert_true(fabs(d->pump_each_frac[k] - was.pump_each_frac[k]) <
					    0.0021);
		assert_true(fabs(d->valve_frac - was.valve_frac) < 0.05); /* once a second */
	}
}

static void
a_duty_goes_there_by_the_ramp_and_comes_back_by_it(void **state)
{
	(void)state;
	struct bench b;
	set_in_auto(&b);
	set(HAND_DUTY, RETICLES, 0.8);
	smooth(&b, 50);
	assert_true(b.s.demands.duty_frac[7] > 0.85); /* 2 % a second */
	smooth(&b, 100);
	assert_near(b.s.demands.duty_frac[7], 0.8, 1e-6);
	assert_true(b.s.demands.by_hand[HAND_DUTY + 7]);
	assert_int_equal(b.s.verdict.mode, CTL_MANUAL);
	assert_int_equal(b.s.verdict.reason, REASON_HAND);
	hands_clear(&hands);
	smooth(&b, 50);
	assert_int_equal(b.s.verdict.mode, CTL_AUTO);
	assert_int_equal(b.s.verdict.reason, REASON_RAMP);
	assert_true(b.s.demands.duty_frac[7] < 0.92);
	smooth(&b, 100);
	assert_near(b.s.demands.duty_frac[7], 1.0, 0.001);
	assert_false(b.s.demands.by_hand[HAND_DUTY + 7]);
	assert_int_equal(b.s.verdict.reason, REASON_NONE);
}

static void
one_reticle_alone_may_be_set(void **state)
{
	(void)state;
	struct bench b;
	set_in_auto(&b);
	set(HAND_DUTY + 29, 1, 0.5);
	smooth(&b, 400);
	assert_near(b.s.demands.duty_frac[29], 0.5, 1e-6);
	assert_near(b.s.demands.duty_frac[30], 1.0, 0.001);
}

static void
limits_hold_below_a_duty_that_is_set(void **state)
{
	(void)state;
	struct bench b;
	set_in_auto(&b);
	set(HAND_DUTY, RETICLES, 0.9);
	steps(&b, 200);
	for (int i = 0; i < RETICLES; i++)
		b.v.temp_c[i] += 10.0; /* over the limit: the law takes it down whatever is set */
	steps(&b, 100);
	assert_true(b.s.demands.duty_frac[7] < 0.7);
	assert_int_equal(b.s.verdict.reason, REASON_TEMPERATURE);
	good_view(&b.v);
	all_duties(&b.v, b.s.demands.duty_frac[7]);
	b.v.flow_lpm = 0.35 * PARAMS.flow_nominal_lpm;
	step(&b);
	assert_true(b.s.demands.duty_frac[7] <=
		    pow(0.35 / PARAMS.low_flow_frac, PARAMS.low_flow_exponent) + 1e-9);
}

static void
a_cap_holds_below_a_duty_that_is_set(void **state)
{
	(void)state;
	struct bench b;
	set_in_auto(&b);
	set(HAND_DUTY, RETICLES, 0.9);
	steps(&b, 200);
	supervisor_allow(&b.s,
			 &(struct cap_allowance){.watts = 15000.0, .due = true, .down = true});
	steps(&b, 100); /* the meter stays where it is */
	assert_true(b.s.demands.duty_frac[7] < 0.7);
	assert_int_equal(b.s.verdict.reason, REASON_CAP);
}

static void
pumps_and_valve_go_where_they_are_set_and_back_without_a_jump(void **state)
{
	(void)state;
	struct bench b;
	set_in_auto(&b);
	double pump = b.s.demands.pump_frac;
	set(HAND_PUMP + 1, 1, 0.95);
	set(HAND_VALVE, 1, 0.3);
	smooth(&b, 300);
	assert_near(b.s.demands.pump_each_frac[1], 0.95, 1e-6);
	assert_true(isnan(b.s.demands.pump_each_frac[0]));
	assert_near(b.s.demands.valve_frac, 0.3, 1e-6);
	b.v.valve_pct = 30.0;
	steps(&b, 20);
	hands_clear(&hands);
	smooth(&b, 300);
	assert_true(isnan(b.s.demands.pump_each_frac[1]));
	assert_true(b.s.demands.pump_frac <= pump + 0.01);
	assert_int_equal(b.s.verdict.mode, CTL_AUTO);
}

static void
a_wafer_over_its_limit_is_cooled_whatever_is_set(void **state)
{
	(void)state;
	struct bench b;
	set_in_auto(&b);
	set(HAND_PUMP, 2, 0.6);
	set(HAND_VALVE, 1, 0.2);
	steps(&b, 400);
	assert_near(b.s.demands.pump_each_frac[0], 0.6, 1e-6);
	for (int i = 0; i < RETICLES; i++)
		b.v.temp_c[i] += 9.5;
	b.v.valve_pct = 20.0;
	steps(&b, 100);
	assert_true(b.s.demands.pump_each_frac[0] > 0.75);
	assert_true(b.s.demands.valve_frac > 0.5);
	good_view(&b.v);
	steps(&b, 600);
	assert_near(b.s.demands.pump_each_frac[0], 0.6, 1e-6);
	assert_near(b.s.demands.valve_frac, 0.2, 1e-6);
	b.v.pump_status[1] = 2.0; /* failed: the other one must carry all */
	steps(&b, 2);
	assert_near(b.s.demands.pump_each_frac[0], 1.0, 1e-6);
}

static void
work_that_is_moved_by_hand_is_a_whole_and_goes_back(void **state)
{
	(void)state;
	struct bench b;
	set_in_auto(&b);
	for (int i = 0; i < RETICLES; i++)
		b.v.share_frac[i] = b.s.demands.share_frac[i] = 1.0;
	steps(&b, 5);
	set(HAND_SHARE + 3, 1, 0.5);
	set(HAND_SHARE + 4, 1, 0.67);
	steps(&b, 2);
	double sum = 0.0;
	for (int i = 0; i < RETICLES; i++)
		sum += b.s.demands.share_frac[i];
	assert_near(sum, RETICLES, 1e-6);
	assert_near(b.s.demands.share_frac[3], 0.5, 1e-9);
	assert_near(b.s.demands.share_frac[9], 1.0 + 0.83 / (RETICLES - 2), 1e-9);
	assert_true(b.s.demands.by_hand[HAND_SHARE + 4]);
	for (int i = 0; i < 40; i++)
		set(HAND_SHARE + (uint32_t)i, 1, 0.3); /* more than the others could take */
	steps(&b, 2);
	assert_false(b.s.demands.by_hand[HAND_SHARE + 4]);
	hands_clear(&hands);
	steps(&b, 2);
	assert_near(b.s.demands.share_frac[3], 1.0, 1e-9);
}

static void
the_dew_point_stands_above_a_set_point_and_both_are_told(void **state)
{
	(void)state;
	struct bench b;
	set_in_auto(&b);
	set(HAND_SETPOINT, 1, 21.0);
	smooth(&b, 300);
	assert_near(b.s.verdict.setpoint_c, 21.0, 0.01);
	assert_near(b.s.verdict.asked_c, 21.0, 0.01);
	b.v.dew_c = 20.5;
	steps(&b, 20);
	assert_near(b.s.verdict.setpoint_c, 20.5 + PARAMS.dew_margin_k, 0.01);
	assert_near(b.s.verdict.asked_c, 21.0, 0.01);
	assert_near(b.s.in.supply_lo_c, 20.5 + PARAMS.dew_margin_k, 1e-9);
	b.v.dew_c = 12.0;
	steps(&b, 20);
	hands_clear(&hands);
	smooth(&b, 50);
	assert_near(b.s.verdict.setpoint_c, 22.0, 0.1); /* by the ramp by which it came */
}

/* A person's set-point is no part of the law's: it is back where that was, though inputs got lost. */
static void
a_set_point_by_hand_leaves_nothing_behind(void **state)
{
	(void)state;
	struct bench b;
	set_in_auto(&b);
	double own_c = b.s.verdict.setpoint_c;
	set(HAND_SETPOINT, 1, 20.0);
	steps(&b, 300);
	assert_near(b.s.verdict.setpoint_c, 20.0, 0.01);
	b.v.supply_c = 20.0;
	struct view good = b.v;
	lose_engine(&b.v);
	steps(&b, 50);
	assert_int_equal(b.s.verdict.mode, CTL_FAILSAFE);
	hands_clear(&hands);
	b.v = good;
	while (b.s.mode != CTL_AUTO) {
		assert_true(b.now_ns < 160 * NS_PER_S);
		step(&b);
	}
	smooth(&b, 5);
	assert_near(b.s.verdict.setpoint_c, 20.0, 0.2); /* from what is applied */
	smooth(&b, 300);
	assert_true(b.s.verdict.setpoint_c >= own_c - 0.01);
	assert_false(b.s.in.setpoint_by_hand);
}

static void
shares_are(struct view *v, const struct demands *d)
{
	for (int i = 0; i < RETICLES; i++)
		v->share_frac[i] = isfinite(d->share_frac[i]) ? d->share_frac[i] : 1.0;
}

/* Work that a person moved goes back, whatever came in between, and from before a restart, too. */
static void
work_moved_by_hand_outlives_neither_lost_inputs_nor_the_program(void **state)
{
	(void)state;
	struct bench b;
	set_in_auto(&b);
	for (int i = 0; i < RETICLES; i++)
		b.v.share_frac[i] = 1.0;
	set(HAND_SHARE + 3, 1, 0.5);
	steps(&b, 5);
	shares_are(&b.v, &b.s.demands);
	struct view good = b.v;
	lose_engine(&b.v);
	steps(&b, 50);
	assert_near(b.s.demands.share_frac[3], 0.5, 1e-9);
	hands_clear(&hands);
	b.v = good;
	while (b.s.mode != CTL_AUTO) {
		assert_true(b.now_ns < 120 * NS_PER_S);
		step(&b);
	}
	steps(&b, 5);
	assert_near(b.s.demands.share_frac[3], 1.0, 1e-9);
	begin(&b, b.s.setup); /* a new program finds them in its device */
	b.v.share_frac[3] = 0.5;
	for (int i = 0; i < RETICLES; i++)
		b.v.share_frac[i] = i == 3 ? 0.5 : 1.0;
	supervisor_hands_ended(&b.s);
	steps(&b, 5);
	assert_near(b.s.demands.share_frac[3], 1.0, 1e-9);
	struct supervisor_setup free = b.s.setup;
	free.shares_free = true; /* and a law that moves none leaves none where it was */
	begin(&b, free);
	for (int i = 0; i < RETICLES; i++)
		b.v.share_frac[i] = i == 3 ? 0.5 : 1.0;
	steps(&b, 5);
	assert_near(b.s.demands.share_frac[3], 1.0, 1e-9);
}

static void
a_duty_by_hand_ends_without_inputs_too(void **state)
{
	(void)state;
	struct bench b;
	set_in_auto(&b);
	set(HAND_DUTY, RETICLES, 0.2);
	steps(&b, 500);
	lose_engine(&b.v);
	steps(&b, 100);
	assert_int_equal(b.s.verdict.mode, CTL_FAILSAFE);
	assert_near(b.s.demands.duty_frac[7], 0.2, 1e-6);
	hands_clear(&hands);
	smooth(&b, 500);
	assert_near(b.s.demands.duty_frac[7], PARAMS.failsafe_duty_frac, 1e-6);
}

/* Neither is what a cap took off given back where nobody sees the power. */
static void
a_cap_stays_in_force_without_inputs(void **state)
{
	(void)state;
	struct bench b;
	set_in_auto(&b);
	b.s.cap_scale_frac = 0.3;
	b.s.cap.watts = b.s.cap.judged_w = b.v.input_w;
	step(&b);
	double was = b.s.demands.duty_frac[7];
	assert_true(was < 0.35);
	lose_engine(&b.v);
	b.v.input_w = (double)NAN;
	steps(&b, 100);
	assert_int_equal(b.s.verdict.mode, CTL_FAILSAFE);
	assert_true(b.s.demands.duty_frac[7] <= was + 0.02);
}

static void
a_valve_by_hand_yields_to_the_dew_point_and_says_so(void **state)
{
	(void)state;
	struct bench b;
	set_in_auto(&b);
	set(HAND_VALVE, 1, 1.0);
	steps(&b, 400);
	assert_near(b.s.demands.valve_frac, 1.0, 1e-6);
	assert_int_equal(b.s.verdict.hand_yields, HAND_OBEYED);
	b.v.dew_c = b.v.supply_c - PARAMS.dew_margin_k + 0.2;
	steps(&b, 200);
	assert_true(b.s.demands.valve_frac < 0.5);
	assert_int_equal(b.s.verdict.hand_yields, HAND_YIELDS_DEW);
	b.v.dew_c = b.v.supply_c - PARAMS.dew_margin_k - 0.5 * PARAMS.hand_yield_k;
	double was = b.s.demands.valve_frac;
	steps(&b, 50); /* no further open close above it */
	assert_near(b.s.demands.valve_frac, was, 1e-9);
	for (int i = 0; i < RETICLES; i++)
		b.v.temp_c[i] += 10.0; /* a slow wafer is better than a wet one */
	steps(&b, 50);
	assert_near(b.s.demands.valve_frac, was, 1e-9);
	good_view(&b.v);
	steps(&b, 800);
	assert_near(b.s.demands.valve_frac, 1.0, 1e-6);
	assert_int_equal(b.s.verdict.hand_yields, HAND_OBEYED);
}

static void
a_duty_on_an_idle_reticle_hides_no_other_reason(void **state)
{
	(void)state;
	struct bench b;
	set_in_auto(&b);
	set(HAND_DUTY + 29, 1, 0.3);
	steps(&b, 400);
	assert_int_equal(b.s.verdict.reason, REASON_HAND);
	b.v.slot_mode[0] = JOB_MODE_SYNC; /* all others are one job's */
	for (int i = 0; i < RETICLES; i++)
		b.v.job_of[i] = i == 29 ? 0.0 : 1.0;
	steps(&b, 5);
	assert_true(b.s.verdict.reason != REASON_HAND);
}

static void
values_wait_while_inputs_are_lost_and_go_on_without_a_bump(void **state)
{
	(void)state;
	struct bench b;
	set_in_auto(&b);
	set(HAND_DUTY, RETICLES, 0.7);
	set(HAND_PUMP, 2, 0.65);
	steps(&b, 300);
	struct view good = b.v;
	lose_engine(&b.v);
	steps(&b, 50);
	assert_int_equal(b.s.verdict.mode, CTL_FAILSAFE);
	assert_near(b.s.demands.pump_frac, 1.0, 1e-9);
	assert_true(isnan(b.s.demands.pump_each_frac[0]));
	assert_false(b.s.demands.by_hand[HAND_DUTY]);
	b.v = good;
	all_duties(&b.v, PARAMS.failsafe_duty_frac);
	b.v.pump_pct[0] = b.v.pump_pct[1] = 100.0;
	step(&b);
	while (b.s.mode != CTL_AUTO) {
		assert_true(b.now_ns < 120 * NS_PER_S);
		step(&b);
	}
	smooth(&b, 300);
	assert_near(b.s.demands.duty_frac[7], 0.7, 0.001);
	assert_near(b.s.demands.pump_each_frac[0], 0.65, 0.001);
	assert_int_equal(b.s.verdict.mode, CTL_MANUAL);
}

static void
a_stop_takes_all_of_it_away_at_once(void **state)
{
	(void)state;
	struct bench b;
	set_in_auto(&b);
	set(HAND_DUTY, RETICLES, 0.7);
	set(HAND_PUMP, 2, 0.65);
	steps(&b, 300);
	supervisor_hold(&b.s, HOLD_STOP);
	steps(&b, 2);
	assert_near(b.s.demands.duty_frac[7], 0.0, 1e-9);
	assert_near(b.s.demands.pump_frac, 1.0, 1e-9);
	assert_true(isnan(b.s.demands.pump_each_frac[0]));
	assert_int_equal(b.s.verdict.mode, CTL_STOPPED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_duty_goes_there_by_the_ramp_and_comes_back_by_it),
		cmocka_unit_test(one_reticle_alone_may_be_set),
		cmocka_unit_test(limits_hold_below_a_duty_that_is_set),
		cmocka_unit_test(a_cap_holds_below_a_duty_that_is_set),
		cmocka_unit_test(pumps_and_valve_go_where_they_are_set_and_back_without_a_jump),
		cmocka_unit_test(a_wafer_over_its_limit_is_cooled_whatever_is_set),
		cmocka_unit_test(work_that_is_moved_by_hand_is_a_whole_and_goes_back),
		cmocka_unit_test(the_dew_point_stands_above_a_set_point_and_both_are_told),
		cmocka_unit_test(a_set_point_by_hand_leaves_nothing_behind),
		cmocka_unit_test(work_moved_by_hand_outlives_neither_lost_inputs_nor_the_program),
		cmocka_unit_test(a_duty_by_hand_ends_without_inputs_too),
		cmocka_unit_test(a_cap_stays_in_force_without_inputs),
		cmocka_unit_test(a_valve_by_hand_yields_to_the_dew_point_and_says_so),
		cmocka_unit_test(a_duty_on_an_idle_reticle_hides_no_other_reason),
		cmocka_unit_test(values_wait_while_inputs_are_lost_and_go_on_without_a_bump),
		cmocka_unit_test(a_stop_takes_all_of_it_away_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
