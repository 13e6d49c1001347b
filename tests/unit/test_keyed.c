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
those_of_any_signals_are_the_same_as_each_alone(void **state)
{
	uint64_t signals[20 + KEYED_SPARE] = {0};
	double out[20 + KEYED_SPARE];

	(void)state;
	for (size_t n = 0; n <= 20; n++) {
		for (size_t i = 0; i < n; i++)
			signals[i] = keyed_u64(n, 1, i);
		keyed_normals_of(out, n, 7, signals, n);
		for (size_t i = 0; i < n; i++)
			assert_true(same(out[i], keyed_normal(7, signals[i], n)));
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
normals_of_many_have_the_moments_and_are_independent(void **state)
{
	enum { PAIRS = 42, TICKS = N / PAIRS / 2 };
	const double n = 2.0 * PAIRS * TICKS, s = sqrt(1.0 / n), s_pair = sqrt(2.0 / n);
	double m1 = 0.0, m2 = 0.0, m3 = 0.0, m4 = 0.0, pair = 0.0, squares = 0.0, lag = 0.0;
	double x[2 * PAIRS], last[2 * PAIRS] = {0.0};

	(void)state;
	for (uint64_t t = 0; t < TICKS; t++) {
		keyed_normals(x, PAIRS, 42, 9, t);
		for (int i = 0; i < 2 * PAIRS; i++) {
			assert_true(fabs(x[i]) < 6.8);
			m1 += x[i] / n;
			m2 += x[i] * x[i] / n;
			m3 += pow(x[i], 3.0) / n;
			m4 += pow(x[i], 4.0) / n;
			lag += x[i] * last[i] / n;
		}
		for (int i = 0; i < PAIRS; i++) {
			double y = x[PAIRS + i];

			pair += x[i] * y / n * 2.0;
			squares += (x[i] * x[i] - 1.0) * (y * y - 1.0) / n; /* of 2, so half */
		}
		memcpy(last, x, sizeof(last));
	}
	assert_true(fabs(m1) < 5.0 * s);
	assert_true(fabs(m2 - 1.0) < 5.0 * 1.4 * s);
	assert_true(fabs(m3) < 5.0 * 3.9 * s);
	assert_true(fabs(m4 - 3.0) < 5.0 * 9.8 * s);
	assert_true(fabs(lag) < 5.0 * s);
	assert_true(fabs(pair) < 5.0 * s_pair);
	assert_true(fabs(squares) < 5.0 * s_pair);
	/* the same numbers, whoever asks and for how many */
	keyed_normals(last, 3, 42, 9, TICKS - 1);
	assert_memory_equal(last, x, 3 * sizeof(x[0]));
	assert_memory_equal(last + 3, x + PAIRS, 3 * sizeof(x[0]));
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
		cmocka_unit_test(those_of_any_signals_are_the_same_as_each_alone),
		cmocka_unit_test(each_part_of_the_key_counts_and_places_do_not_mix),
		cmocka_unit_test(the_generator_stays_what_it_is),
		cmocka_unit_test(uniform_numbers_have_the_moments_of_the_unit_interval),
		cmocka_unit_test(normal_numbers_have_the_moments_of_the_bell_curve),
		cmocka_unit_test(neighbouring_signals_are_independent),
		cmocka_unit_test(normals_of_many_have_the_moments_and_are_independent),
		cmocka_unit_test(names_give_different_signals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
