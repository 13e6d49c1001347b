/* SPDX-License-Identifier: Apache-2.0 */
/* The control laws in closed loop with a tiny wafer that stands in this file. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "controllers/baselines.h"

static const struct control_params PARAMS = {
#define CONTROL_PARAM(key, unit, lo, hi, value, text) .key = value,
#include "config/control_params.def"
#undef CONTROL_PARAM
};

/* Reticles with a rise of their own over the supply, first order in .3 s; a loop of 8 s. */
struct tiny {
	double temp_c[RETICLES], rise_k[RETICLES], duty_frac[RETICLES];
	double supply_c, facility_c, valve_frac, pump_frac;
	double ceiling_frac; /* the device lets no more duty through */
	int step;
	double seen_c[RETICLES], applied_frac[RETICLES], power_w[RETICLES], share_frac[RETICLES];
	bool measured[RETICLES];
	struct law_in in;
	struct law_out out;
	union law_state law;
	const struct law *of;
};

static double
clamp(double x, double lo, double hi)
{
	return fmin(fmax(x, lo), hi);
}

static double
steady_c(const struct tiny *t, int i)
{
	double cooling = pow(0.8 / t->pump_frac, 0.4);
	return t->supply_c + t->rise_k[i] * (0.25 + 0.75 * t->duty_frac[i]) * cooling;
}

static double
power_w(const struct tiny *t)
{
	double w = 2000.0;
	for (int i = 0; i < RETICLES; i++)
		w += 55.0 + 175.0 * t->duty_frac[i];
	return w;
}

static void
observe(struct tiny *t)
{
	for (int i = 0; i < RETICLES; i++) {
		t->seen_c[i] = t->step == 0
				       ? t->temp_c[i]
				       : law_low_pass(t->seen_c[i], t->temp_c[i], PARAMS.filter_s);
		t->applied_frac[i] = t->duty_frac[i];
	}
	t->in.supply_c = t->supply_c;
	t->in.pump_frac = t->pump_frac;
	t->in.valve_frac = t->valve_frac;
	t->in.input_w = power_w(t);
	t->in.second = t->step % LAW_STEPS_PER_S == 0;
}

static void
tiny_start(struct tiny *t, enum controller_kind kind, bool independent)
{
	memset(t, 0, sizeof *t);
	t->in.temp_c = t->seen_c;
	t->in.measured = t->measured;
	t->in.applied_frac = t->in.unpaced_frac = t->applied_frac;
	t->in.power_w = t->power_w;
	t->in.share_frac = t->share_frac;
	t->of = law_of(kind);
	t->supply_c = 24.0;
	t->facility_c = 20.0;
	t->valve_frac = 0.5;
	t->pump_frac = 0.8;
	t->ceiling_frac = 1.0;
	for (int i = 0; i < RETICLES; i++) {
		t->rise_k[i] = 19.0 + 1.5 * sin(0.7 * i);
		t->duty_frac[i] = 1.0;
		t->measured[i] = true;
		t->temp_c[i] = steady_c(t, i);
	}
	groups_of_one(&t->in.jobs, independent);
	t->in.temp_limit_c = 50.0;
	t->in.spread_limit_k = 6.0;
	t->in.supply_lo_c = -INFINITY;
	t->in.cap_w = NAN;
	observe(t);
	t->of->init(&t->law, &PARAMS, &t->in);
}

static void
apply(struct tiny *t)
{
	for (int i = 0; i < RETICLES; i++) {
		double want = fmin(t->out.duty_frac[i], t->ceiling_frac);
		t->duty_frac[i] += clamp(want - t->duty_frac[i], -0.1, 0.02);
	}
	t->pump_frac += clamp(t->out.pump_frac - t->pump_frac, -0.03, 0.03);
	t->valve_frac += clamp(t->out.valve_frac - t->valve_frac, -0.007, 0.007);
}

static void
tiny_step(struct tiny *t)
{
	observe(t);
	t->of->step(&t->law, &PARAMS, &t->in, &t->out);
	apply(t);
	for (int i = 0; i < RETICLES; i++)
		t->temp_c[i] += (steady_c(t, i) - t->temp_c[i]) * (1.0 - exp(-0.1 / 0.3));
	double loop_c = t->facility_c + 8.0 * (1.0 - t->valve_frac);
	t->supply_c += (loop_c - t->supply_c) * 0.1 / 8.0;
	t->step++;
}

static void
tiny_run(struct tiny *t, int seconds)
{
	for (int k = 0; k < seconds * LAW_STEPS_PER_S; k++)
		tiny_step(t);
}

static double
hottest_c(const struct tiny *t)
{
	double hot = -INFINITY;
	for (int i = 0; i < RETICLES; i++)
		hot = fmax(hot, t->temp_c[i]);
	return hot;
}

static double
spread_k(const struct tiny *t)
{
	double cold = INFINITY;
	for (int i = 0; i < RETICLES; i++)
		cold = fmin(cold, t->temp_c[i]);
	return hottest_c(t) - cold;
}

static void
clog_zone(struct tiny *t, int zone, double factor)
{
	for (int i = zone; i < RETICLES; i += ZONES)
		t->rise_k[i] *= factor;
}

static double
least_duty(const struct tiny *t)
{
	double least = 1.0;
	for (int i = 0; i < RETICLES; i++)
		least = fmin(least, t->duty_frac[i]);
	return least;
}

static void
a_wafer_with_room_keeps_full_duty(void **state)
{
	(void)state;
	struct tiny t;
	tiny_start(&t, CONTROLLER_SPI, false);
	tiny_run(&t, 300);
	assert_true(least_duty(&t) > 0.9999);
	assert_int_equal(t.out.limit, REASON_NONE);
	assert_true(t.pump_frac < 0.8); /* and saves pump power */
	assert_true(t.pump_frac >= 0.6 - 1e-9);
	assert_true(fabs(t.supply_c - t.out.setpoint_c) < 0.3);
}

static void
a_synchronous_job_settles_on_the_spread_limit_with_one_duty(void **state)
{
	(void)state;
	struct tiny t;
	tiny_start(&t, CONTROLLER_SPI, false);
	tiny_run(&t, 10);
	clog_zone(&t, 5, 1.3);
	double over_s = 0.0;
	for (int k = 0; k < 1200; k++) {
		tiny_step(&t);
		if (spread_k(&t) > 6.5)
			over_s += LAW_DT_S;
		for (int i = 1; i < RETICLES; i++)
			assert_true(fabs(t.out.duty_frac[i] - t.out.duty_frac[0]) < 1e-12);
	}
	assert_true(over_s <= 4.0); /* however little noise moves it */
	assert_true(spread_k(&t) < 6.0);
	assert_true(spread_k(&t) > 5.3);
	assert_int_equal(t.out.limit, REASON_SPREAD);
	assert_true(t.pump_frac > 0.999); /* pumps give what they can first */
}

static void
independent_reticles_give_way_one_by_one(void **state)
{
	(void)state;
	struct tiny t;
	tiny_start(&t, CONTROLLER_SPI, true);
	clog_zone(&t, 5, 1.45);
	tiny_run(&t, 120);
	assert_true(spread_k(&t) < 6.05);
	for (int i = 0; i < RETICLES; i++) {
		if (i % ZONES != 5)
			assert_true(t.duty_frac[i] > 0.98);
	}
	assert_true(least_duty(&t) < 0.9);
	assert_int_equal(t.out.limit, REASON_SPREAD);
}

static void
a_hot_supply_is_held_under_the_temperature_limit(void **state)
{
	(void)state;
	struct tiny t;
	tiny_start(&t, CONTROLLER_SPI, false);
	t.in.spread_limit_k = 20.0;
	t.facility_c = 33.0;
	double over_s = 0.0;
	for (int k = 0; k < 3000; k++) {
		tiny_step(&t);
		if (hottest_c(&t) > 50.5)
			over_s += LAW_DT_S;
	}
	assert_true(over_s <= 0.0);
	assert_true(hottest_c(&t) < 50.0);
	assert_true(hottest_c(&t) > 49.0);
	assert_int_equal(t.out.limit, REASON_TEMPERATURE);
	assert_true(t.out.setpoint_c < 20.01); /* the set-point went down as far as it may */
	assert_true(t.valve_frac > 0.99);
}

static void
duty_comes_back_when_the_cause_is_gone(void **state)
{
	(void)state;
	struct tiny t;
	tiny_start(&t, CONTROLLER_SPI, false);
	clog_zone(&t, 5, 1.45);
	tiny_run(&t, 60);
	assert_true(least_duty(&t) < 0.8);
	clog_zone(&t, 5, 1.0 / 1.45);
	tiny_run(&t, 60);
	assert_true(least_duty(&t) > 0.9999);
}

static void
takeover_asks_for_what_is_applied(void **state)
{
	(void)state;
	for (int independent = 0; independent < 2; independent++) {
		struct tiny t;
		tiny_start(&t, CONTROLLER_SPI, independent);
		for (int i = 0; i < RETICLES; i++)
			t.duty_frac[i] = 0.63;
		t.pump_frac = 0.91;
		t.valve_frac = 0.37;
		t.supply_c = 23.2;
		t.step = 1; /* no once-a-second part in this step */
		observe(&t);
		t.of->init(&t.law, &PARAMS, &t.in);
		t.of->step(&t.law, &PARAMS, &t.in, &t.out);
		for (int i = 0; i < RETICLES; i++)
			assert_true(fabs(t.out.duty_frac[i] - 0.63) < 0.005);
		assert_true(fabs(t.out.pump_frac - 0.91) < 1e-9);
		assert_true(fabs(t.out.valve_frac - 0.37) < 1e-9);
		assert_true(fabs(t.out.setpoint_c - 23.2) < 1e-9);
	}
}

static void
the_integrator_waits_for_what_is_applied(void **state)
{
	(void)state;
	struct tiny t;
	tiny_start(&t, CONTROLLER_SPI, false);
	t.ceiling_frac = 0.4; /* the device holds the wafer down for a minute: cold */
	tiny_run(&t, 2);
	assert_true(least_duty(&t) < 0.41);
	for (int i = 0; i < RETICLES; i++)
		t.law.spi.i_frac[i] = -0.58;
	tiny_run(&t, 60);
	assert_true(t.out.duty_frac[0] < 0.4 + 0.06);
	/* and downwards: what the device does not follow is not integrated on */
	tiny_start(&t, CONTROLLER_SPI, false);
	clog_zone(&t, 5, 1.45);
	for (int k = 0; k < 600; k++) {
		observe(&t);
		for (int i = 0; i < RETICLES; i++) {
			t.applied_frac[i] = 1.0;
			t.seen_c[i] = t.rise_k[i] + 24.0;
		}
		t.of->step(&t.law, &PARAMS, &t.in, &t.out);
		t.step++;
	}
	assert_true(t.law.spi.i_frac[0] > -0.2);
}

static void
a_pump_alarm_drives_the_pumps_up_at_once(void **state)
{
	(void)state;
	struct tiny t;
	tiny_start(&t, CONTROLLER_SPI, false);
	tiny_run(&t, 3);
	t.in.pump_alarm = true;
	tiny_step(&t);
	assert_true(t.out.pump_frac > 0.9999);
}

static void
a_power_cap_is_kept_once_it_is_given(void **state)
{
	(void)state;
	for (int independent = 0; independent < 2; independent++) {
		struct tiny t;
		tiny_start(&t, CONTROLLER_SPI, independent);
		tiny_run(&t, 5);
		double cap_w = 0.8 * power_w(&t);
		t.in.cap_w = cap_w;
		tiny_run(&t, 30);
		assert_true(power_w(&t) < cap_w);
		assert_true(power_w(&t) > 0.98 * cap_w);
		assert_int_equal(t.out.limit, REASON_CAP);
		t.in.cap_w = NAN;
		tiny_run(&t, 4); /* what temperatures allowed before is there at once */
		assert_true(least_duty(&t) > 0.99);
	}
}

static void
a_cap_of_nothing_is_a_cap(void **state)
{
	(void)state;
	struct tiny t;
	tiny_start(&t, CONTROLLER_SPI, false);
	tiny_run(&t, 5);
	t.in.cap_w = 0.0;
	tiny_run(&t, 30);
	assert_true(least_duty(&t) < 0.25);
	assert_int_equal(t.out.limit, REASON_CAP);
}

static void
the_set_point_stays_above_its_floor(void **state)
{
	(void)state;
	struct tiny t;
	tiny_start(&t, CONTROLLER_SPI, false);
	t.in.supply_lo_c = 22.5; /* dew point */
	t.in.temp_limit_c = 42.5;
	tiny_run(&t, 120);
	assert_true(fabs(t.out.setpoint_c - 22.5) < 1e-9);
}

static void
a_change_of_the_jobs_mode_is_no_bump(void **state)
{
	(void)state;
	struct tiny t;
	tiny_start(&t, CONTROLLER_SPI, false);
	clog_zone(&t, 5, 1.45);
	tiny_run(&t, 60);
	for (int k = 0; k < 4; k++) {
		double before[RETICLES];
		memcpy(before, t.out.duty_frac, sizeof before);
		groups_of_one(&t.in.jobs, !t.in.jobs.alone[0]);
		tiny_step(&t);
		for (int i = 0; i < RETICLES; i++)
			assert_true(fabs(t.out.duty_frac[i] - before[i]) < 0.02);
	}
}

static void
unknown_readings_never_reach_the_outputs(void **state)
{
	(void)state;
	for (int kind = 0; kind < CONTROLLERS; kind++) {
		for (int unknown = 0; unknown < 8; unknown++) {
			struct tiny t;
			tiny_start(&t, kind, unknown & 1);
			for (int again = 0; again < 2; again++) {
				for (int i = 0; i < RETICLES; i++)
					t.applied_frac[i] = unknown & 2 ? (double)NAN : 1.0;
				t.in.supply_c = unknown & 4 ? (double)NAN : 24.0;
				t.in.pump_frac = t.in.valve_frac = t.in.input_w = NAN;
				t.in.second = true;
				if (again == 0)
					t.of->init(&t.law, &PARAMS, &t.in);
				t.of->step(&t.law, &PARAMS, &t.in, &t.out);
			}
			for (int i = 0; i < RETICLES; i++)
				assert_true(t.out.duty_frac[i] >= 0.0 && t.out.duty_frac[i] <= 1.0);
			assert_true(t.out.pump_frac >= 0.6 && t.out.pump_frac <= 1.0);
			assert_true(t.out.valve_frac >= 0.02 && t.out.valve_frac <= 1.0);
			assert_true(isfinite(t.out.setpoint_c) && isfinite(t.out.margin_k));
		}
	}
}

static void
the_global_throttle_steps_down_by_five_and_up_by_one(void **state)
{
	(void)state;
	struct tiny t;
	tiny_start(&t, CONTROLLER_GLOBAL, false);
	clog_zone(&t, 5, 1.6);
	tiny_run(&t, 2);
	double low = t.out.duty_frac[0];
	assert_true(low < 0.95 && low > 0.79);
	clog_zone(&t, 5, 1.0 / 1.6);
	tiny_run(&t, 5);
	double mid = t.out.duty_frac[0];
	tiny_run(&t, 2);
	assert_true(fabs(t.out.duty_frac[0] - fmin(mid + 0.04, 1.0)) < 1e-9);
	assert_true(fabs(t.out.pump_frac - 0.8) < 1e-12);
}

static void
the_thermostat_halves_duty_above_a_limit_and_gives_it_back_below(void **state)
{
	(void)state;
	struct tiny t;
	tiny_start(&t, CONTROLLER_BANG, true);
	tiny_run(&t, 2);
	assert_true(least_duty(&t) > 0.9999);
	clog_zone(&t, 5, 1.6);
	bool low = false, full = false;
	for (int s = 0; s < 60; s++) {
		tiny_run(&t, 1);
		double least = 1.0;
		for (int i = 0; i < RETICLES; i++)
			least = fmin(least, t.out.duty_frac[i]);
		assert_true(fabs(least - 0.5) < 1e-9 || fabs(least - 1.0) < 1e-9);
		low |= least < 0.6;
		full |= low && least > 0.9;
	}
	assert_true(low && full); /* it never settles */
}

static void
the_other_baselines_hold_the_supply_and_leave_the_pumps(void **state)
{
	(void)state;
	static const enum controller_kind KINDS[] = {CONTROLLER_NONE, CONTROLLER_PI};
	for (int k = 0; k < 2; k++) {
		struct tiny t;
		tiny_start(&t, KINDS[k], false);
		t.supply_c = 26.0;
		tiny_run(&t, 200);
		assert_true(fabs(t.supply_c - 24.0) < 0.1);
		assert_true(fabs(t.out.pump_frac - 0.8) < 1e-12);
		clog_zone(&t, 5, 1.45);
		tiny_run(&t, 60);
		if (KINDS[k] == CONTROLLER_NONE)
			assert_true(least_duty(&t) > 0.9999);
		else
			assert_true(spread_k(&t) < 6.1 && least_duty(&t) < 0.9);
	}
}

static void
laws_are_found_by_their_names(void **state)
{
	(void)state;
	for (int k = 0; k < CONTROLLERS; k++)
		assert_int_equal(controller_by_name(controller_name(k)), k);
	assert_int_equal(controller_by_name("pid"), -1);
	assert_string_equal(controller_name(CONTROLLERS), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wafer_with_room_keeps_full_duty),
		cmocka_unit_test(a_synchronous_job_settles_on_the_spread_limit_with_one_duty),
		cmocka_unit_test(independent_reticles_give_way_one_by_one),
		cmocka_unit_test(a_hot_supply_is_held_under_the_temperature_limit),
		cmocka_unit_test(duty_comes_back_when_the_cause_is_gone),
		cmocka_unit_test(takeover_asks_for_what_is_applied),
		cmocka_unit_test(the_integrator_waits_for_what_is_applied),
		cmocka_unit_test(a_pump_alarm_drives_the_pumps_up_at_once),
		cmocka_unit_test(a_power_cap_is_kept_once_it_is_given),
		cmocka_unit_test(a_cap_of_nothing_is_a_cap),
		cmocka_unit_test(the_set_point_stays_above_its_floor),
		cmocka_unit_test(a_change_of_the_jobs_mode_is_no_bump),
		cmocka_unit_test(unknown_readings_never_reach_the_outputs),
		cmocka_unit_test(the_global_throttle_steps_down_by_five_and_up_by_one),
		cmocka_unit_test(the_thermostat_halves_duty_above_a_limit_and_gives_it_back_below),
		cmocka_unit_test(the_other_baselines_hold_the_supply_and_leave_the_pumps),
		cmocka_unit_test(laws_are_found_by_their_names),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
