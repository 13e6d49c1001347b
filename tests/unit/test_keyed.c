/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <math.h>
#include <stdbool.h>

#include "core/keyed.h"

#define N 200000

static bool
same(double a, double b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

static void
a_number_depends_on_its_key_alone(void **state)
{
	static double forward[1000];

	(void)state;
	for (uint64_t t = 0; t < 1000; t++)
		forward[t] = keyed_normal(7, 3, t);
	for (uint64_t t = 1000; t-- > 0;) {
		keyed_uniform(7, 4, t); /* somebody else reads something else */
		assert_true(same(keyed_normal(7, 3, t), forward[t]));
	}
}

static void
each_part_of_the_key_counts_and_places_do_not_mix(void **state)
{
	(void)state;
	assert_true(keyed_u64(1, 2, 3) != keyed_u64(2, 2, 3));
	assert_true(keyed_u64(1, 2, 3) != keyed_u64(1, 3, 3));
	assert_true(keyed_u64(1, 2, 3) != keyed_u64(1, 2, 4));
	assert_true(keyed_u64(1, 2, 3) != keyed_u64(2, 1, 3));
	assert_true(keyed_u64(1, 2, 3) != keyed_u64(3, 2, 1));
	assert_true(keyed_u64(1, 2, 3) != keyed_u64(1, 3, 2));
	assert_true(keyed_u64(5, 5, 3) != keyed_u64(6, 6, 3));
}

/* Numbers of this generator are part of what a seed means: a change of it changes every run. */
static void
the_generator_stays_what_it_is(void **state)
{
	(void)state;
	assert_int_equal(keyed_u64(0, 0, 0), UINT64_C(0xa7f72697a2731486));
	assert_int_equal(keyed_u64(7, 1, 100), UINT64_C(0x60018ca733e37dfa));
}

static void
uniform_numbers_have_the_moments_of_the_unit_interval(void **state)
{
	double sum = 0.0, square_sum = 0.0, lo = 1.0, hi = 0.0;

	(void)state;
	for (uint64_t t = 0; t < N; t++) {
		double u = keyed_uniform(42, 9, t);
		assert_true(u > 0.0 && u < 1.0);
		sum += u;
		square_sum += u * u;
		lo = fmin(lo, u);
		hi = fmax(hi, u);
	}
	double mean = sum / N, variance = square_sum / N - mean * mean;
	assert_true(fabs(mean - 0.5) < 5.0 * sqrt(1.0 / 12.0 / N));
	assert_true(fabs(variance - 1.0 / 12.0) < 0.001);
	assert_true(lo < 1e-3 && hi > 1.0 - 1e-3);
}

static void
normal_numbers_have_the_moments_of_the_bell_curve(void **state)
{
	double m1 = 0.0, m2 = 0.0, m3 = 0.0, m4 = 0.0, lag = 0.0, last = 0.0;

	(void)state;
	for (uint64_t t = 0; t < N; t++) {
		double x = keyed_normal(42, 9, t);
		assert_true(isfinite(x));
		m1 += x / N;
		m2 += x * x / N;
		m3 += x * x * x / N;
		m4 += x * x * x * x / N;
		lag += x * last / N;
		last = x;
	}
	double s = sqrt(1.0 / N); /* standard errors: s, 1.4 s, 3.9 s, 9.8 s, s */
	assert_true(fabs(m1) < 5.0 * s);
	assert_true(fabs(m2 - 1.0) < 5.0 * 1.4 * s);
	assert_true(fabs(m3) < 5.0 * 3.9 * s);
	assert_true(fabs(m4 - 3.0) < 5.0 * 9.8 * s);
	assert_true(fabs(lag) < 5.0 * s);
}

static void
neighbouring_signals_are_independent(void **state)
{
	(void)state;
	for (uint64_t signal = 0; signal < 10; signal++) {
		double c = 0.0;

		for (uint64_t t = 0; t < N / 10; t++)
			c += keyed_normal(1, signal, t) * keyed_normal(1, signal + 1, t) / (N / 10);
		assert_true(fabs(c) < 5.0 * sqrt(10.0 / N));
	}
}

static void
names_give_different_signals(void **state)
{
	uint64_t key[84];
	char name[32];

	(void)state;
	for (int i = 0; i < 84; i++) {
		snprintf(name, sizeof(name), "cs%02d.wafer.C%d.temp_c", i / 12, i % 12);
		key[i] = keyed_signal(name);
		assert_int_equal(keyed_signal(name), key[i]);
		for (int k = 0; k < i; k++)
			assert_true(key[k] != key[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_depends_on_its_key_alone),
		cmocka_unit_test(each_part_of_the_key_counts_and_places_do_not_mix),
		cmocka_unit_test(the_generator_stays_what_it_is),
		cmocka_unit_test(uniform_numbers_have_the_moments_of_the_unit_interval),
		cmocka_unit_test(normal_numbers_have_the_moments_of_the_bell_curve),
		cmocka_unit_test(neighbouring_signals_are_independent),
		cmocka_unit_test(names_give_different_signals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
