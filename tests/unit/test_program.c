/* SPDX-License-Identifier: Apache-2.0 */
/* The program of a wafer and the shares that follow from it, on cases whose answer is known. */
#include "tests/unit/support.h"

#include <math.h>
#include <string.h>

#include "controllers/program.h"
#include "controllers/reshare.h"

static struct program prog;
static struct program_case with;

/* Reticles that warm nobody but themselves by 10 K at full work, from 30 C. */
static void
simple(int groups)
{
	program_reset(&prog);
	memset(&with, 0, sizeof with);
	prog.n = groups;
	for (int i = 0; i < RETICLES; i++) {
		int g = groups == RETICLES ? i : i * groups / RETICLES;

		prog.gain[i][g] = 10.0;
		prog.size[g] += 1.0;
		prog.watts[g] += 1.0;
		with.base_c[i] = 30.0;
		with.counts[i] = true;
	}
	for (int g = 0; g < groups; g++) {
		with.hi[g] = 1.0;
		with.weight[g] = prog.size[g];
	}
	with.temp_limit_c = 50.0;
	with.spread_limit_k = 6.0;
	with.cap = (double)INFINITY;
	program_factorise(&prog);
}

static void
what_breaks_no_limit_works_fully(void **state)
{
	static const int groups[] = {1, 3, RETICLES};
	(void)state;
	for (int k = 0; k < 3; k++) {
		simple(groups[k]);
		assert_int_equal(program_solve(&prog, &with, 1), PROGRAM_FREE);
		for (int g = 0; g < groups[k]; g++)
			assert_true(fabs(prog.v[g] - 1.0) < 1e-9);
	}
}

static void
one_job_goes_just_to_its_limit(void **state)
{
	(void)state;
	simple(1);
	prog.gain[7][0] = 20.0; /* 10 K v above the others */
	assert_int_equal(program_solve(&prog, &with, 1), PROGRAM_BY_SPREAD);
	assert_true(fabs(prog.v[0] - 0.6) < 1e-4);
	with.temp_limit_c = 38.0;
	assert_int_equal(program_solve(&prog, &with, 1), PROGRAM_BY_TEMPERATURE);
	assert_true(fabs(prog.v[0] - 0.4) < 1e-4);
	with.cap = 84.0 * 0.3;
	assert_int_equal(program_solve(&prog, &with, 1), PROGRAM_BY_CAP);
	assert_true(fabs(prog.v[0] - 0.3) < 1e-4);
}

static void
where_no_rate_keeps_the_spread_the_least_breach_is_taken(void **state)
{
	(void)state;
	simple(1);
	with.base_c[3] = 22.0; /* 8 K colder, and warms faster */
	prog.gain[3][0] = 11.0;
	program_solve(&prog, &with, 1);
	assert_true(isfinite(prog.v[0]));
	assert_true(prog.v[0] > 0.9);
}

static void
only_the_hot_reticle_gives_way_where_each_is_by_itself(void **state)
{
	(void)state;
	simple(RETICLES);
	with.base_c[40] = 37.5; /* 7.5 K warmer: 1.5 K over the spread at full work */
	for (int k = 0; k < 10; k++)
		program_solve(&prog, &with, 60);
	assert_true(fabs(prog.v[40] - 0.85) < 0.02);
	for (int i = 0; i < RETICLES; i++)
		assert_true(i == 40 || prog.v[i] > 0.98);
}

static void
of_three_jobs_the_hot_one_gives_way(void **state)
{
	double temp_c[RETICLES], max_c = 0.0, min_c = 100.0;
	(void)state;
	simple(3);
	for (int i = 0; i < RETICLES; i++)
		prog.gain[i][0] *= 2.0; /* the first job is twice as dense */
	program_factorise(&prog);
	for (int k = 0; k < 5; k++)
		program_solve(&prog, &with, 240);
	assert_true(fabs(prog.v[0] - 0.8) < 0.02);
	assert_true(prog.v[1] > 0.98 && prog.v[2] > 0.98);
	program_temperatures(&prog, &with, prog.v, temp_c);
	for (int i = 0; i < RETICLES; i++) {
		max_c = fmax(max_c, temp_c[i]);
		min_c = fmin(min_c, temp_c[i]);
	}
	assert_true(max_c - min_c < 6.05);
}

static void
an_impossible_wafer_still_has_an_answer(void **state)
{
	(void)state;
	simple(RETICLES);
	with.base_c[0] = 10.0;
	with.base_c[1] = 60.0;
	for (int k = 0; k < 20; k++)
		program_solve(&prog, &with, 60);
	for (int g = 0; g < RETICLES; g++)
		assert_true(prog.v[g] >= 0.0 && prog.v[g] <= 1.0);
	assert_true(prog.v[1] < 0.05 && prog.v[0] > 0.95);
}

static void
shares_follow_what_each_may_carry(void **state)
{
	double may[RETICLES], share[RETICLES], sum = 0.0;
	bool member[RETICLES];
	(void)state;
	for (int i = 0; i < RETICLES; i++) {
		may[i] = i % ZONES == 5 ? 0.8 : 1.0;
		member[i] = i < 60;
	}
	double then = reshare_shares(may, member, share);
	for (int i = 0; i < RETICLES; i++) {
		assert_int_equal(isfinite(share[i]), member[i]);
		sum += member[i] ? share[i] : 0.0;
	}
	assert_true(fabs(sum - 60.0) < 0.01);
	assert_true(fabs(then - (55.0 + 5.0 * 0.8) / 60.0) < 1e-3);
	for (int i = 0; i < RETICLES; i++)
		share[i] = 1.0;
	assert_true(fabs(reshare_rate(may, member, share) - 0.8) < 1e-9);
}

static void
shares_stay_within_what_the_device_takes(void **state)
{
	double may[RETICLES], share[RETICLES], sum = 0.0;
	bool member[RETICLES];
	(void)state;
	for (int i = 0; i < RETICLES; i++) {
		may[i] = i < 4 ? 0.0 : i < 42 ? 0.4 : 1.0;
		member[i] = true;
	}
	reshare_shares(may, member, share);
	for (int i = 0; i < RETICLES; i++) {
		assert_true(share[i] >= 0.3 && share[i] <= 1.15);
		sum += share[i];
	}
	assert_true(fabs(sum - 84.0) < 0.002 * 84.0);
}

static void
work_moves_only_where_it_pays(void **state)
{
	(void)state;
	assert_true(reshare_pays(0.5, 0.98, 60.0));
	assert_false(reshare_pays(0.98, 0.985, 60.0));
	assert_false(reshare_pays(0.9, 0.8, 60.0));
	assert_false(reshare_pays((double)NAN, 0.8, 60.0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_breaks_no_limit_works_fully),
		cmocka_unit_test(one_job_goes_just_to_its_limit),
		cmocka_unit_test(where_no_rate_keeps_the_spread_the_least_breach_is_taken),
		cmocka_unit_test(only_the_hot_reticle_gives_way_where_each_is_by_itself),
		cmocka_unit_test(of_three_jobs_the_hot_one_gives_way),
		cmocka_unit_test(an_impossible_wafer_still_has_an_answer),
		cmocka_unit_test(shares_follow_what_each_may_carry),
		cmocka_unit_test(shares_stay_within_what_the_device_takes),
		cmocka_unit_test(work_moves_only_where_it_pays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
