/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <math.h>

#include "runner/score.h"

#define DT 0.01

static struct score score;
static double duty[RETICLES];
static struct sim_glance now;

static void
assert_near(double found, double expected, double epsilon)
{
	if (!(fabs(found - expected) <= epsilon))
		fail_msg("%.12g is not %.12g", found, expected);
}

static int
setup(void **state)
{
	(void)state;
	score_init(&score, 6.0, 50.0);
	now = (struct sim_glance){
		.duty = duty, .rate = 1.0, .spread_k = 5.0, .tmax_c = 45.0, .cooling_w = 250.0};
	for (int i = 0; i < RETICLES; i++)
		duty[i] = 1.0;
	now.pump_speed[0] = now.pump_speed[1] = 0.8;
	return 0;
}

static void
steps(int n, bool scored)
{
	for (int i = 0; i < n; i++)
		score_step(&score, &now, DT, scored);
}

static void
assert_score(enum score_id id, double expected)
{
	assert_near(score_value(&score, id), expected, 1e-9);
}

static void
nothing_scored_is_no_score(void **state)
{
	(void)state;
	steps(100, false);
	assert_true(isnan(score_value(&score, SCORE_throughput_pct)));
	assert_true(isnan(score_value(&score, SCORE_tmax_c)));
	assert_score(SCORE_s_lim_k, 6.0);
	assert_score(SCORE_trips, 0.0);
}

static void
means_are_over_scored_time(void **state)
{
	(void)state;
	now.rate = 0.0;
	now.spread_k = 99.0;
	steps(500, false);
	now.rate = 1.0;
	now.spread_k = 4.0;
	steps(100, true);
	now.rate = 0.5;
	now.spread_k = 5.0;
	steps(300, true);
	assert_score(SCORE_throughput_pct, 62.5);
	assert_score(SCORE_spread_mean_k, 4.75);
	assert_score(SCORE_spread_max_k, 5.0);
}

static void
half_a_kelvin_above_a_limit_is_not_counted_as_time_but_as_kelvin_seconds(void **state)
{
	(void)state;
	now.spread_k = 6.5;
	now.tmax_c = 50.4;
	steps(200, true);
	assert_score(SCORE_s_above_s, 0.0);
	assert_score(SCORE_s_above_t, 0.0);
	assert_score(SCORE_ks_above_s, 1.0);
	assert_score(SCORE_ks_above_t, 0.8);
	now.spread_k = 7.0;
	now.tmax_c = 51.0;
	steps(100, true);
	assert_score(SCORE_s_above_s, 1.0);
	assert_score(SCORE_s_above_t, 1.0);
	assert_score(SCORE_ks_above_s, 2.0);
	assert_score(SCORE_ks_above_t, 1.8);
	assert_score(SCORE_tmax_c, 51.0);
}

static void
what_is_below_a_limit_makes_good_for_nothing(void **state)
{
	(void)state;
	now.spread_k = 8.0;
	steps(100, true);
	now.spread_k = 1.0;
	steps(900, true);
	assert_score(SCORE_ks_above_s, 2.0);
}

static void
cooling_energy_is_power_times_time(void **state)
{
	(void)state;
	steps(1000, true);
	assert_score(SCORE_cooling_kj, 2.5);
}

static void
effort_is_the_mean_way_of_the_duties_a_minute(void **state)
{
	(void)state;
	steps(1, true);
	for (int i = 0; i < RETICLES; i++)
		duty[i] = 0.9;
	now.duty_moves++;
	steps(1, true); /* all by 0.1 */
	duty[3] = 0.9 - 0.84;
	now.duty_moves++;
	steps(1, true); /* one by 0.84: 0.01 in the mean */
	steps(2997, true);
	assert_score(SCORE_effort_per_min, 0.11 / 0.5);
}

static void
pump_travel_is_the_mean_way_of_the_pumps_a_minute(void **state)
{
	(void)state;
	steps(1, true);
	now.pump_speed[0] = 1.0;
	now.pump_speed[1] = 0.7;
	steps(1, true);
	steps(5998, true);
	assert_score(SCORE_pump_travel_per_min, 0.15);
}

static void
a_move_before_the_scored_time_does_not_count(void **state)
{
	(void)state;
	steps(10, false);
	duty[0] = 0.2;
	now.duty_moves++;
	now.pump_speed[0] = 0.1;
	steps(10, false);
	steps(100, true);
	assert_score(SCORE_effort_per_min, 0.0);
	assert_score(SCORE_pump_travel_per_min, 0.0);
}

static void
each_trip_counts_once_however_long_it_stands(void **state)
{
	(void)state;
	now.trip = TRIP_FLOW;
	steps(100, false);
	now.trip = TRIP_FLOW | TRIP_PUMPS;
	steps(100, true);
	now.trip = 0;
	steps(100, true);
	now.trip = TRIP_FLOW;
	steps(100, true);
	assert_score(SCORE_trips, 3.0);
}

static void
what_is_no_number_once_is_none_at_the_end(void **state)
{
	(void)state;
	steps(10, true);
	now.spread_k = now.tmax_c = (double)NAN;
	steps(1, true);
	now.spread_k = 5.0;
	now.tmax_c = 45.0;
	steps(10, true);
	assert_true(isnan(score_value(&score, SCORE_tmax_c)));
	assert_true(isnan(score_value(&score, SCORE_spread_max_k)));
	assert_true(score_broken(&score));
	assert_int_equal(setup(NULL), 0);
	assert_false(score_broken(&score)); /* nothing is scored yet */
	steps(10, true);
	assert_false(score_broken(&score));
}

static void
scores_are_found_by_name(void **state)
{
	(void)state;
	assert_int_equal(score_by_name("tmax_c"), SCORE_tmax_c);
	assert_int_equal(score_by_name("trips"), SCORE_trips);
	assert_int_equal(score_by_name("tmax"), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_scored_is_no_score, setup),
		cmocka_unit_test_setup(means_are_over_scored_time, setup),
		cmocka_unit_test_setup(
			half_a_kelvin_above_a_limit_is_not_counted_as_time_but_as_kelvin_seconds,
			setup),
		cmocka_unit_test_setup(what_is_below_a_limit_makes_good_for_nothing, setup),
		cmocka_unit_test_setup(cooling_energy_is_power_times_time, setup),
		cmocka_unit_test_setup(effort_is_the_mean_way_of_the_duties_a_minute, setup),
		cmocka_unit_test_setup(pump_travel_is_the_mean_way_of_the_pumps_a_minute, setup),
		cmocka_unit_test_setup(a_move_before_the_scored_time_does_not_count, setup),
		cmocka_unit_test_setup(each_trip_counts_once_however_long_it_stands, setup),
		cmocka_unit_test_setup(what_is_no_number_once_is_none_at_the_end, setup),
		cmocka_unit_test_setup(scores_are_found_by_name, setup),
	};

	return cmocka_run_group_tests_name("scores", tests, NULL, NULL);
}
