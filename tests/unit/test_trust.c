/* SPDX-License-Identifier: Apache-2.0 */
/* Which readings of a wafer are believed. */
#include "tests/unit/support.h"

#include <math.h>

#include "controllers/sensors.h"
#include "controllers/trust.h"
#include "core/keyed.h"

static struct trust t;
static struct view v;
static double out_c[RETICLES];
static uint64_t tick;
static double base_c[RETICLES], power_w[RETICLES], input_w;

static const struct control_params params = {
	.trust_off_k = 3.0, .trust_k_per_w = 0.08, .trust_still_s = 60.0, .trust_frozen_s = 20.0};

static int
setup(void **state)
{
	(void)state;
	trust_reset(&t);
	memset(&v, 0, sizeof v);
	tick = 0;
	input_w = 21000.0;
	for (int i = 0; i < RETICLES; i++) {
		power_w[i] = 200.0;
		/* warmer along the flow, as a wafer is, and each a little different */
		base_c[i] = 40.0 + 0.7 * (i / ZONES) + 0.5 * keyed_normal(7, (uint64_t)i, 0);
		v.duty_frac[i] = 1.0;
	}
	return 0;
}

static void
step(void)
{
	tick++;
	for (int i = 0; i < RETICLES; i++) {
		v.temp_c[i] =
			round(8.0 * (base_c[i] + 0.1 * keyed_normal(9, (uint64_t)i, tick))) / 8.0;
		v.power_w[i] = power_w[i];
	}
	v.input_w = input_w * (1.0 + 0.001 * keyed_normal(9, 1000, tick));
}

static void
judge(void)
{
	memcpy(out_c, trust_step(&t, &params, &v), sizeof out_c);
}

static void
steps(int n)
{
	for (int k = 0; k < n; k++) {
		step();
		judge();
	}
}

static void
believed(int i, bool yes)
{
	if (isfinite(out_c[i]) != yes)
		fail_msg("reticle %d is %sbelieved", i, yes ? "not " : "");
}

static void
a_sound_wafer_is_believed_for_an_hour(void **state)
{
	(void)state;
	for (int k = 0; k < 36000; k++) {
		steps(1);
		assert_int_equal(t.doubted, 0);
	}
}

static void
a_jump_is_seen_at_once_and_forgiven_when_it_was_one(void **state)
{
	(void)state;
	steps(20);
	base_c[40] += 12.0;
	steps(1);
	believed(40, false); /* and nobody is told before it is known */
	assert_int_equal(t.doubted, 0);
	steps(2);
	assert_int_equal(t.one[40].why, TRUST_OFF);
	assert_int_equal(t.doubted, 1);
	base_c[40] -= 12.0;
	steps(30);
	believed(40, false);
	steps(30);
	believed(40, true);
}

static void
five_kelvin_beside_the_truth_are_seen_in_three_steps_either_way(void **state)
{
	static const int at[] = {0, 11, 40, 72, 83};
	(void)state;
	for (size_t k = 0; k < sizeof at / sizeof at[0]; k++)
		for (double wrong_k = -5.0; wrong_k < 6.0; wrong_k += 10.0) {
			setup(NULL);
			steps(20);
			base_c[at[k]] = 42.5 + 1.4 * wrong_k;
			steps(4);
			believed(at[k], false);
			assert_int_equal(t.doubted, 1);
		}
}

static void
a_drift_is_seen_once_it_stands_away(void **state)
{
	int seen = -1;
	(void)state;
	steps(20);
	for (int k = 0; k < 3000 && seen < 0; k++) {
		base_c[40] += 0.002;
		steps(1);
		seen = isfinite(out_c[40]) ? -1 : k;
	}
	assert_true(seen > 1000 && seen < 2900); /* 3 K beyond the range of its neighbours */
}

static void
what_happens_to_many_at_once_is_believed(void **state)
{
	(void)state;
	steps(20);
	for (int i = 0; i < RETICLES; i++) /* full load at once, or a trip */
		base_c[i] -= 16.0;
	steps(1);
	assert_int_equal(t.doubted, 0);
	for (int y = 0; y < ROWS; y++) /* a clogged zone */
		base_c[ZONES * y + 5] += 9.0;
	steps(10);
	assert_int_equal(t.doubted, 0);
	for (int i = 0; i < 28;
	     i++) { /* another job on the first rows, at once, its power read later */
		base_c[i] += 8.0;
	}
	steps(5);
	assert_int_equal(t.doubted, 0);
}

static void
a_reticle_of_another_power_is_judged_without_it(void **state)
{
	(void)state;
	steps(20);
	v.duty_frac[40] = 0.3; /* it is throttled alone: power and temperature follow */
	base_c[40] -= 1.0;
	steps(2);
	for (int k = 0; k < 8; k++) {
		base_c[40] -= 1.0;
		steps(1);
		believed(40, true);
	}
	power_w[40] -= 110.0;
	steps(100);
	believed(40, true);
	base_c[40] += 9.0; /* and this is a lie, though its neighbours read the same */
	for (int k = 0; k < 13; k++) {
		steps(1);
		believed(40, false);
	}
	assert_int_equal(t.one[40].why, TRUST_JUMP);
	assert_true(isnan(t.maybe_c[40])); /* it hasn't the power */
}

static void
a_lone_reticle_with_the_power_to_be_hot_is_believed(void **state)
{
	(void)state;
	steps(20);
	for (int k = 0; k < 300; k++) { /* dense work: .06 K/W, and .08 would explain too much */
		base_c[40] += 0.08;
		power_w[40] += 0.08 / 0.06;
		steps(1);
		believed(40, true);
	}
	assert_int_equal(t.doubted, 0);
}

static void
a_job_that_starts_on_one_reticle_is_no_jump(void **state)
{
	(void)state;
	base_c[40] = 28.0;
	power_w[40] = 20.0;
	steps(100);
	believed(40, true);
	base_c[40] += 11.0; /* not hotter than those beside it */
	steps(10);
	believed(40, false);
	power_w[40] = 200.0; /* read once a second */
	steps(4);
	believed(40, true);
	assert_int_equal(t.doubted, 0);
	steps(20);
	base_c[40] += 25.0;
	steps(8);
	assert_int_equal(t.one[40].why, TRUST_OFF);
	power_w[40] = 600.0;
	steps(6);
	believed(40, true);
	steps(100);
	believed(40, true);
}

static void
a_hot_reading_without_known_power_may_be_true(void **state)
{
	(void)state;
	steps(20);
	power_w[40] = (double)NAN;
	base_c[40] += 16.0;
	steps(20);
	believed(40, false);
	assert_true(fabs(t.maybe_c[40] - base_c[40]) < 1.0);
	assert_true(t.doubted_max_c > 55.0);
	power_w[40] = 200.0; /* and with it is a lie, that is told all the same */
	steps(1);
	assert_true(isnan(t.maybe_c[40]));
	assert_true(t.doubted_max_c > 55.0);
	base_c[40] -= 16.0;
	steps(80);
	assert_true(t.doubted_max_c < 1.0);
}

static void
a_substitute_is_as_hot_as_it_may_be(void **state)
{
	static struct sensors s;
	static double offset_k[RETICLES];
	double raw_c[RETICLES], maybe_c[RETICLES];
	(void)state;
	for (int i = 0; i < RETICLES; i++) {
		raw_c[i] = 40.0;
		maybe_c[i] = (double)NAN;
	}
	raw_c[41] = 42.0;
	raw_c[40] = (double)NAN;
	sensors_reset(&s);
	sensors_step(&s, &params, raw_c, maybe_c, offset_k);
	assert_true(fabs(s.temp_c[40] - 41.0) < 1e-9);
	maybe_c[40] = 67.0;
	sensors_reset(&s);
	sensors_step(&s, &params, raw_c, maybe_c, offset_k);
	assert_true(fabs(s.temp_c[40] - 45.0) < 1e-9);
	assert_false(s.measured[40]);
	maybe_c[40] = 30.0;
	sensors_reset(&s);
	sensors_step(&s, &params, raw_c, maybe_c, offset_k);
	assert_true(fabs(s.temp_c[40] - 41.0) < 1e-9);
	offset_k[40] = 0.5; /* what is known to be off is taken off first */
	offset_k[41] = 1.0;
	maybe_c[40] = 43.5;
	sensors_reset(&s);
	sensors_step(&s, &params, raw_c, maybe_c, offset_k);
	assert_true(fabs(s.temp_c[40] - 43.0) < 1e-9);
	assert_true(fabs(s.temp_c[41] - 41.0) < 1e-9);
}

static void
what_stands_still_while_the_power_moves_is_not_believed(void **state)
{
	(void)state;
	steps(20);
	for (int k = 0; k < 1300; k++) {
		step();
		v.temp_c[40] = 42.0;
		if (k == 300)
			input_w *= 0.9;
		judge();
		if (k < 580)
			believed(40, true);
	}
	believed(40, false);
	assert_int_equal(t.one[40].why, TRUST_STILL);
	steps(1);
	believed(40, true);
}

static void
a_still_reading_under_a_still_power_is_believed(void **state)
{
	(void)state;
	for (int k = 0; k < 3000; k++) {
		step();
		v.temp_c[40] = 42.0;
		judge();
		believed(40, true);
	}
}

static void
a_wafer_that_is_frozen_is_not_seen(void **state)
{
	double frozen[RETICLES];
	(void)state;
	steps(20);
	memcpy(frozen, v.temp_c, sizeof frozen);
	for (int k = 0; k < 210; k++) {
		if (k == 100)
			input_w *= 0.9;
		step();
		memcpy(v.temp_c, frozen, sizeof frozen);
		judge();
		if (k < 195)
			assert_false(t.frozen);
	}
	assert_true(t.frozen);
	for (int i = 0; i < RETICLES; i++)
		believed(i, false);
	steps(1);
	assert_false(t.frozen);
	assert_int_equal(t.doubted, 0);
}

static void
where_nothing_at_all_moves_it_is_not_the_wafer(void **state)
{
	(void)state;
	step();
	for (int k = 0; k < 1000; k++)
		judge();
	assert_false(t.frozen);
	assert_int_equal(t.doubted, 0);
}

static void
quiet_sensors_of_a_still_wafer_are_not_frozen(void **state)
{
	(void)state;
	step();
	for (int k = 0; k < 3000; k++) {
		v.input_w = input_w * (1.0 + 0.001 * keyed_normal(9, 1000, (uint64_t)k));
		judge();
		assert_false(t.frozen);
	}
	v.input_w = input_w = 19000.0; /* they follow, and not in the same step */
	for (int k = 0; k < 600; k++) {
		if (k > 10)
			for (int i = 0; i < RETICLES; i++)
				v.temp_c[i] -= k < 20 ? 0.125 : 0.0;
		judge();
		assert_false(t.frozen);
		assert_int_equal(t.doubted, 0);
	}
}

static void
a_wafer_that_does_not_follow_its_coolant_is_frozen(void **state)
{
	(void)state;
	step();
	v.input_w = (double)NAN;
	v.supply_c = 24.0;
	for (int k = 0; k < 300; k++)
		judge();
	assert_false(t.frozen);
	v.supply_c = 25.5;
	for (int k = 0; k < 60; k++)
		judge();
	assert_true(t.frozen);
}

static void
random_bits_never_pass(void **state)
{
	(void)state;
	steps(20);
	for (int k = 0; k < 20000; k++) {
		double r = keyed_uniform(3, 5, (uint64_t)k);
		step();
		/* most are out of range, and have come as no value */
		v.temp_c[40] = r < 0.9 ? (double)NAN : -20.0 + 150.0 * (r - 0.9) * 10.0;
		double there_c = v.temp_c[40];
		judge();
		if (isfinite(out_c[40]) && fabs(there_c - base_c[40]) > 6.0)
			fail_msg("%.1f C is believed", out_c[40]);
	}
}

static void
lost_neighbours_are_no_witnesses(void **state)
{
	(void)state;
	for (int k = 0; k < 100; k++) {
		step();
		v.temp_c[1] = v.temp_c[12] = (double)NAN; /* all that are beside 0 */
		v.temp_c[0] = 50.0 + 0.125 * (k & 1);
		judge();
		believed(0, true);
	}
	for (int i = 0; i < RETICLES; i++)
		v.temp_c[i] = (double)NAN;
	judge();
	assert_int_equal(t.doubted, 0);
	for (int i = 0; i < RETICLES; i++)
		believed(i, false);
}

int
main(void)
{
#define HERE(test) cmocka_unit_test_setup(test, setup)
	const struct CMUnitTest tests[] = {
		HERE(a_sound_wafer_is_believed_for_an_hour),
		HERE(a_jump_is_seen_at_once_and_forgiven_when_it_was_one),
		HERE(five_kelvin_beside_the_truth_are_seen_in_three_steps_either_way),
		HERE(a_drift_is_seen_once_it_stands_away),
		HERE(what_happens_to_many_at_once_is_believed),
		HERE(a_reticle_of_another_power_is_judged_without_it),
		HERE(a_lone_reticle_with_the_power_to_be_hot_is_believed),
		HERE(a_job_that_starts_on_one_reticle_is_no_jump),
		HERE(a_hot_reading_without_known_power_may_be_true),
		HERE(a_substitute_is_as_hot_as_it_may_be),
		HERE(quiet_sensors_of_a_still_wafer_are_not_frozen),
		HERE(a_wafer_that_does_not_follow_its_coolant_is_frozen),
		HERE(what_stands_still_while_the_power_moves_is_not_believed),
		HERE(a_still_reading_under_a_still_power_is_believed),
		HERE(a_wafer_that_is_frozen_is_not_seen),
		HERE(where_nothing_at_all_moves_it_is_not_the_wafer),
		HERE(random_bits_never_pass),
		HERE(lost_neighbours_are_no_witnesses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
