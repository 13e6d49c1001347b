/* SPDX-License-Identifier: Apache-2.0 */
/* What people are told about a throttle: numbers, lines, and how seldom. */
#include "tests/unit/support.h"

#include <math.h>

#include "controllers/account.h"
#include "controllers/explain.h"
#include "core/clock.h"

static const struct control_params PARAMS = {
#define CONTROL_PARAM(key, unit, lo, hi, value, text) .key = value,
#include "config/control_params.def"
#undef CONTROL_PARAM
};

struct bench {
	struct explain x;
	struct supervisor s;
	struct view v;
	struct account a;
	struct image_event events[EXPLAIN_EVENTS], last;
	int told;
	int64_t now_ns;
};

static void
set_duty(struct bench *b, double duty)
{
	for (int i = 0; i < RETICLES; i++)
		b->v.duty_frac[i] = b->s.demands.duty_frac[i] = duty;
	b->s.verdict.least_frac = duty;
}

static void
begin(struct bench *b, const char *name)
{
	memset(b, 0, sizeof *b);
	b->s.setup.spread_limit_k = 8.0;
	b->s.setup.temp_limit_c = b->s.verdict.temp_limit_c = 50.0;
	b->s.verdict.mode = CTL_AUTO;
	b->v.flow_lpm = b->s.verdict.flow_lpm = 60.0;
	b->v.tokens_per_s = 2000.0;
	for (int i = 0; i < RETICLES; i++) {
		b->s.sensors.temp_c[i] = 42.0 + 0.005 * i;
		b->s.sensors.measured[i] = true;
		b->v.power_w[i] = 208.0;
	}
	b->s.sensors.temp_c[29] = 46.6; /* C6 */
	b->s.sensors.temp_c[72] = 39.0; /* G1 */
	set_duty(b, 1.0);
	explain_init(&b->x, name, 2000.0, 0);
}

static int
step(struct bench *b)
{
	b->now_ns += 100 * NS_PER_MS;
	int n = explain_step(&b->x, &PARAMS, &b->s, &b->v, b->now_ns, &b->a, b->events);
	assert_in_range(n, 0, EXPLAIN_EVENTS);
	if (n)
		b->last = b->events[n - 1];
	b->told += n;
	return n;
}

static void
steps(struct bench *b, int n)
{
	while (n-- > 0)
		step(b);
}

static void
a_spread_limit_is_told_with_place_duty_and_cost(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, "cs03");
	steps(&b, 20);
	b.s.verdict.reason = REASON_SPREAD;
	b.v.tokens_per_s = 1860.0;
	set_duty(&b, 0.93);
	steps(&b, 10);
	assert_int_equal(b.last.code, CONTROL_EVENT_LIMIT);
	assert_int_equal((int)b.last.value, REASON_SPREAD);
	assert_string_equal(b.last.text, "cs03 held back by spread: C6 is 7.6 K above G1 (limit "
					 "8.0), duty 0.93, costs 140 tokens/s");
	assert_int_equal(b.a.reason, REASON_SPREAD);
	assert_int_equal(b.a.hottest, 29);
	assert_int_equal(b.a.coldest, 72);
	assert_true(fabs(b.a.spread_k - 7.6) < 1e-9);
	assert_true(fabs(b.a.cost_tokens - 140.0) < 0.5);
	assert_true(fabs(b.a.tokens_full - 2000.0) < 0.5);
	/* 84 reticles of 156 W dynamic power at .93: a fourteenth more each */
	assert_true(fabs(b.a.cost_w - 84.0 * 156.0 * 0.07 / 0.93) < 0.5);
}

static void
a_column_that_runs_hot_is_named(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, "cs03");
	for (int i = 5; i < RETICLES; i += ZONES)
		b.s.sensors.temp_c[i] = 46.0;
	b.s.sensors.temp_c[29] = 46.6;
	b.s.verdict.reason = REASON_SPREAD;
	set_duty(&b, 0.9);
	b.v.tokens_per_s = 1800.0;
	steps(&b, 10);
	assert_int_equal(account_zone(&b.a, &b.s.sensors), 5);
	assert_non_null(
		strstr(b.last.text,
		       ": column 6, C6 7.6 K above G1 (limit 8.0), duty 0.90, costs 200 tokens/s"));
	b.s.sensors.temp_c[0] = 48.0; /* the hottest one is elsewhere */
	step(&b);
	assert_int_equal(account_zone(&b.a, &b.s.sensors), -1);
}

static void
a_throttle_that_goes_deeper_is_told_once_more(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, "cs03");
	b.s.verdict.reason = REASON_SPREAD;
	set_duty(&b, 0.93);
	b.v.tokens_per_s = 1860.0;
	steps(&b, 10);
	b.told = 0;
	set_duty(&b, 0.67);
	b.v.tokens_per_s = 1340.0;
	steps(&b, 600);
	assert_int_equal(b.told, 1);
	assert_non_null(strstr(b.last.text, "duty 0.67, costs 660 tokens/s"));
}

static void
the_other_reasons_have_their_lines(void **state)
{
	(void)state;
	static const struct {
		enum ctl_reason reason;
		uint32_t trip;
		const char *text;
	} LINES[] = {
		{REASON_TEMPERATURE, 0,
		 "held back by temperature: C6 is at 46.6 C (limit 50.0), duty"},
		{REASON_LOW_FLOW, 0, "held back by low flow: 60.0 L/min, duty 0.80, costs 400"},
		{REASON_DEVICE, 0, "held back by its device: foldback 0.80, C6 at 46.6 C"},
		{REASON_DEVICE, TRIP_LEAK, "tripped (leak): its device took the power off, costs"},
		{REASON_RAMP, 0, "held back by the ramp after a takeover: duty 0.80"},
		{REASON_CAP, 0, "held back by its power cap of 16.0 kW: duty 0.80"},
	};
	for (size_t k = 0; k < sizeof LINES / sizeof LINES[0]; k++) {
		struct bench b;
		begin(&b, "cs03");
		b.s.verdict.reason = LINES[k].reason;
		b.s.verdict.trip = LINES[k].trip;
		b.s.verdict.foldback_frac = 0.8;
		b.s.verdict.cap_w = 16000.0;
		b.v.tokens_per_s = 1600.0;
		set_duty(&b, 0.8);
		steps(&b, 5);
		assert_non_null(strstr(b.last.text, LINES[k].text));
	}
}

static void
a_release_is_told_once_it_has_lasted(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, "cs03");
	b.s.verdict.reason = REASON_SPREAD;
	steps(&b, 100);
	b.told = 0;
	b.s.verdict.reason = REASON_NONE;
	steps(&b, 50);
	assert_int_equal(b.told, 0);
	assert_int_equal(b.a.reason, REASON_SPREAD);
	step(&b);
	assert_int_equal(b.told, 1);
	assert_string_equal(b.last.text, "cs03 no longer held back by spread, after 15 s");
	assert_int_equal(b.a.reason, REASON_NONE);
	assert_true(b.a.cost_tokens < 1e-9 && b.a.cost_w < 1e-9);
}

static void
a_flickering_verdict_is_one_line(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, "cs03");
	steps(&b, 10);
	b.told = 0;
	for (int k = 0; k < 3000; k++) {
		b.s.verdict.reason = k / 5 % 2 ? REASON_NONE : REASON_SPREAD;
		step(&b);
	}
	assert_int_equal(b.told, 1);
	/* and one that flickers faster than it is shown is none */
	begin(&b, "cs03");
	steps(&b, 10);
	b.told = 0;
	for (int k = 0; k < 3000; k++) {
		b.s.verdict.reason = k % 2 ? REASON_NONE : REASON_SPREAD;
		step(&b);
	}
	assert_int_equal(b.told, 0);
}

static void
lines_are_rationed_and_the_untold_counted(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, "cs03");
	bool counted = false;
	for (int k = 0; k < 600; k++) { /* a minute of lost and found inputs */
		b.s.verdict.mode = k % 2 ? CTL_TRACK : CTL_FAILSAFE;
		if (step(&b))
			counted = counted || strstr(b.last.text, "untold)");
	}
	assert_in_range(b.told, 6, 13);
	assert_true(counted);
}

static void
lost_inputs_are_told_by_the_mode_alone(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, "cs03");
	steps(&b, 10);
	b.told = 0;
	b.s.verdict.mode = CTL_FAILSAFE;
	b.s.verdict.reason = REASON_INPUT_LOST;
	b.s.verdict.inputs_lost = true;
	step(&b);
	assert_int_equal(b.told, 1);
	assert_int_equal(b.last.code, CONTROL_EVENT_MODE);
	assert_string_equal(b.last.text,
			    "cs03 inputs lost: pumps and valve 100 %, duty at most 0.50");
	assert_int_equal(b.a.reason, REASON_INPUT_LOST);
}

static void
pumps_sensors_and_cooling_have_lines_of_their_own(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, "cs03");
	steps(&b, 10);
	b.s.verdict.pump_alarm = true;
	b.s.demands.pump_frac = 1.0;
	step(&b);
	assert_int_equal(b.last.code, CONTROL_EVENT_PUMP);
	assert_string_equal(b.last.text, "cs03 a pump failed: both are asked for 100 %");
	b.s.verdict.cooling_lost = true;
	step(&b);
	assert_string_equal(b.last.text, "cs03 cooling readings lost: pumps and valve 100 %");
	b.s.verdict.sensors_lost = 1;
	steps(&b, 25);
	assert_int_equal(b.last.code, CONTROL_EVENT_INPUT);
	assert_string_equal(b.last.text, "cs03 1 reticle sensor lost, replaced by the neighbours");
	b.s.verdict.sensors_lost = 9;
	b.s.verdict.sensors_degraded = true;
	b.s.verdict.temp_limit_c = 45.0;
	steps(&b, 25);
	assert_string_equal(b.last.text,
			    "cs03 9 reticle sensors lost: temperature limit lowered to 45.0 C");
}

static void
a_stop_that_is_ignored_is_told_and_so_is_its_end(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, "cs03");
	b.s.verdict.mode = CTL_STOPPED;
	b.s.verdict.applied_frac = 0.43;
	steps(&b, 10);
	assert_string_equal(b.last.text, "cs03 is stopped: no duty, pumps 100 %, cooling on");
	b.s.verdict.stop_ignored = true;
	steps(&b, 10);
	assert_int_equal(b.told, 2);
	assert_int_equal(b.last.code, CONTROL_EVENT_AUTHORITY);
	assert_int_equal((int)b.last.value, CTL_STOPPED);
	assert_string_equal(b.last.text,
			    "cs03 is told to stop, but its device still applies duty 0.43");
	b.s.verdict.stop_ignored = false;
	steps(&b, 10);
	assert_string_equal(b.last.text, "cs03 has stopped: its device applies no duty");
	b.s.verdict.stop_ignored = true;
	b.s.verdict.applied_frac = (double)NAN;
	step(&b);
	assert_string_equal(b.last.text, "cs03 is told to stop, but its device does not answer");
}

static void
what_a_person_holds_is_not_held_back_by_anything_else(void **state)
{
	(void)state;
	static const enum ctl_mode HELD[] = {CTL_STOPPED, CTL_MAINTENANCE};
	for (int k = 0; k < 2; k++) {
		struct bench b;
		begin(&b, "cs03");
		steps(&b, 20);
		b.s.verdict.reason = REASON_SPREAD;
		steps(&b, 200);
		assert_int_equal(b.a.reason, REASON_SPREAD);
		b.s.verdict.mode = HELD[k];
		b.s.verdict.reason = REASON_NONE;
		set_duty(&b, 0.0);
		step(&b);
		assert_int_equal(b.a.reason, REASON_NONE);
		assert_true(b.a.cost_tokens <= 0.0);
	}
}

/* Where nothing is asked of pumps and sensors, nothing is told of them. */
static void
maintenance_is_quiet(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, "cs03");
	steps(&b, 300);
	b.s.verdict.mode = CTL_MAINTENANCE;
	step(&b);
	assert_string_equal(b.last.text, "cs03 is in maintenance: its devices are on their own");
	b.told = 0;
	set_duty(&b, (double)NAN);
	b.s.demands.pump_frac = (double)NAN;
	b.s.verdict.pump_alarm = b.s.verdict.cooling_lost = true;
	b.s.verdict.sensors_lost = 9;
	b.s.sensors.temp_c[29] = 60.0;
	steps(&b, 100);
	assert_int_equal(b.told, 0);
	assert_true(b.a.limited_age_s > 39.0);
}

static void
age_counts_from_the_last_time_held_back_or_over_a_limit(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, "cs03");
	steps(&b, 300);
	assert_true(fabs(b.a.limited_age_s - 30.0) < 1e-9);
	b.s.sensors.temp_c[29] = 50.5;
	step(&b);
	assert_true(b.a.limited_age_s < 1e-9);
	b.s.sensors.temp_c[29] = 44.0;
	steps(&b, 70);
	assert_true(fabs(b.a.limited_age_s - 7.0) < 1e-9);
	b.s.verdict.reason = REASON_SPREAD;
	step(&b);
	assert_true(b.a.limited_age_s < 1e-9);
}

static void
a_long_name_and_mad_numbers_stay_one_line(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, "cs-with-a-name-as-long-as-fifteen");
	for (int i = 0; i < RETICLES; i++)
		b.s.sensors.temp_c[i] = i % ZONES == 5 ? 1e9 : -1e9;
	b.s.verdict.reason = REASON_SPREAD;
	b.v.tokens_per_s = 1e12;
	set_duty(&b, 0.5);
	steps(&b, 10);
	assert_int_equal(b.last.code, CONTROL_EVENT_LIMIT);
	assert_non_null(memchr(b.last.text, '\0', sizeof b.last.text));
	for (int i = 0; i < RETICLES; i++)
		b.s.sensors.measured[i] = false;
	steps(&b, 5);
	assert_true(isnan(b.a.spread_k) && isnan(b.a.tmax_c));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_spread_limit_is_told_with_place_duty_and_cost),
		cmocka_unit_test(a_column_that_runs_hot_is_named),
		cmocka_unit_test(a_throttle_that_goes_deeper_is_told_once_more),
		cmocka_unit_test(the_other_reasons_have_their_lines),
		cmocka_unit_test(a_release_is_told_once_it_has_lasted),
		cmocka_unit_test(a_flickering_verdict_is_one_line),
		cmocka_unit_test(lines_are_rationed_and_the_untold_counted),
		cmocka_unit_test(lost_inputs_are_told_by_the_mode_alone),
		cmocka_unit_test(pumps_sensors_and_cooling_have_lines_of_their_own),
		cmocka_unit_test(a_stop_that_is_ignored_is_told_and_so_is_its_end),
		cmocka_unit_test(what_a_person_holds_is_not_held_back_by_anything_else),
		cmocka_unit_test(maintenance_is_quiet),
		cmocka_unit_test(age_counts_from_the_last_time_held_back_or_over_a_limit),
		cmocka_unit_test(a_long_name_and_mad_numbers_stay_one_line),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
