/* SPDX-License-Identifier: Apache-2.0 */
/* Power of all, divided: what little is lost by, in which order jobs are shed, and that it never is more. */
#include "tests/unit/support.h"

#include <math.h>
#include <stdlib.h>

#include "controllers/power_share.h"

#define MOST 64
#define SHARP (PARAMS.cap_sharp)

static const struct control_params PARAMS = {
#define CONTROL_PARAM(key, unit, lo, hi, value, text) .key = value,
#include "config/control_params.def"
#undef CONTROL_PARAM
};

static struct power_claim claims[MOST];
static struct power_group groups[MOST];
static uint32_t order[MOST];

/* n systems of 6 to 20 kW at full work, of 2000 tokens/s and priority 5. */
static void
alike(uint32_t n)
{
	for (uint32_t k = 0; k < n; k++) {
		claims[k] = (struct power_claim){.takes_part = true,
						 .idle_w = 6000.0,
						 .full_w = 20000.0,
						 .want_w = 20000.0,
						 .group = k};
		groups[k] = (struct power_group){.worth = 2000.0, .least_frac = 0.3, .priority = 5};
	}
}

static bool
share(uint32_t n, double watts)
{
	return power_share(&PARAMS, claims, groups, order, n, watts);
}

static double
duty(uint32_t k)
{
	return (claims[k].watts - claims[k].idle_w) / (claims[k].full_w - claims[k].idle_w);
}

static double
sum_w(uint32_t n)
{
	double sum = 0.0;
	for (uint32_t k = 0; k < n; k++)
		sum += claims[k].takes_part ? claims[k].watts : 0.0;
	return sum;
}

static void
assert_near(double found, double expected, double epsilon)
{
	if (!(fabs(found - expected) <= epsilon))
		fail_msg("%.9g is not %.9g", found, expected);
}

static void
work_alike_gives_alike_and_what_nobody_wants_is_dealt_out(void **state)
{
	(void)state;
	alike(4);
	assert_true(share(4, 68000.0));
	for (uint32_t k = 0; k < 4; k++)
		assert_near(claims[k].watts, 17000.0, 0.01);
	assert_true(share(4, 100000.0));
	for (uint32_t k = 0; k < 4; k++)
		assert_near(claims[k].watts, 25000.0, 0.01);
	claims[0].want_w = 8000.0; /* its job has ended: the others get it */
	assert_true(share(4, 68000.0));
	assert_near(claims[0].watts, 8000.0, 0.01);
	assert_near(claims[1].watts, 20000.0, 0.01);
}

static void
the_watts_that_make_least_are_given_up_first(void **state)
{
	(void)state;
	alike(4);
	groups[0].worth = groups[1].worth = 1400.0;
	assert_true(share(4, 72000.0));
	assert_near(sum_w(4), 72000.0, 0.1);
	assert_true(duty(2) > 0.95);
	assert_near(duty(0), duty(1), 1e-6);
	/* what is lost, beside what equal duties lose: 8 kW at .1 and .143 tokens/s a watt */
	double lost = 2800.0 * (1.0 - duty(0)) + 4000.0 * (1.0 - duty(2));
	assert_true(lost < 0.86 * 8000.0 / 56000.0 * 6800.0);
	groups[0].worth = groups[1].worth = 1999.0; /* a small difference makes a small one */
	share(4, 72000.0);
	assert_near(duty(0), duty(2), 0.002);
}

static void
systems_of_one_job_get_one_duty(void **state)
{
	(void)state;
	alike(4);
	claims[1].group = claims[2].group = 0;
	claims[1].full_w = claims[1].want_w = 16000.0; /* a wafer that leaks less */
	groups[0].worth = 3 * 1400.0;
	assert_true(share(4, 60000.0));
	assert_near(duty(0), duty(1), 1e-6);
	assert_near(duty(0), duty(2), 1e-6);
	assert_true(duty(3) > duty(0));
	assert_near(sum_w(4), 60000.0, 0.1);
}

static void
the_lowest_priority_is_shed_first_and_comes_back_last_and_later(void **state)
{
	(void)state;
	alike(4);
	groups[0].priority = 7;
	groups[1].priority = 2;
	groups[2].priority = 3;
	groups[2].worth =
		20.0; /* cheaper than the one of priority 2: that comes first all the same */
	/* 24 kW idle, 4.2 each for .3 of duty: 40.8 are too many */
	assert_true(share(4, 40000.0));
	assert_true(claims[1].shed);
	assert_false(claims[2].shed || claims[0].shed || claims[3].shed);
	assert_near(claims[1].watts, 6000.0, 0.01);
	assert_near(sum_w(4), 40000.0, 0.1);
	assert_true(duty(2) >= 0.3 - 1e-9);
	assert_true(share(4, 41000.0));
	assert_true(claims[1].shed); /* 17 kW for 16.8: not yet */
	assert_true(share(4, 42000.0));
	assert_false(claims[1].shed);
	assert_true(share(4, 33000.0)); /* 9 kW for two of them */
	assert_true(claims[1].shed && claims[2].shed);
	assert_false(claims[0].shed || claims[3].shed);
	assert_true(share(4, 26000.0)); /* the last one is not shed: it gets what is left */
	assert_true(claims[1].shed && claims[2].shed && claims[3].shed && !claims[0].shed);
	assert_near(duty(0), 2000.0 / 14000.0, 1e-3);
	assert_false(share(4, 20000.0)); /* less than they draw without work */
	for (uint32_t k = 0; k < 4; k++)
		assert_near(claims[k].watts, 6000.0, 0.01);
}

static void
work_that_is_worth_nothing_is_shed_first_of_its_priority(void **state)
{
	(void)state;
	alike(3);
	for (uint32_t k = 0; k < 3; k++)
		groups[k].works = true;
	groups[0].worth = 0.0;
	assert_true(share(3, 50000.0)); /* it gives way first … */
	assert_true(duty(1) > 0.95 && duty(0) < 0.6);
	assert_true(share(3, 30000.0)); /* … and its least duty does not fit: 12.6 kW for 12 */
	assert_true(claims[0].shed && !claims[1].shed && !claims[2].shed);
	assert_near(claims[0].watts, 6000.0, 0.01);
	assert_near(sum_w(3), 30000.0, 0.1);
	groups[1].priority = 4;
	for (uint32_t k = 0; k < 3; k++)
		claims[k].shed = false;
	assert_true(share(3, 30000.0)); /* a lower priority goes before it */
	assert_true(claims[1].shed && !claims[0].shed);
}

/* Less is not sheddable where a cap of its own leaves less than the least duty. */
static void
a_cap_of_its_own_bounds_the_least_duty(void **state)
{
	(void)state;
	alike(2);
	claims[0].own_w = claims[0].want_w = 7000.0;
	assert_true(share(2, 17500.0)); /* 1 and 4.2 kW above idle, not 8.4 */
	assert_false(claims[0].shed || claims[1].shed);
	assert_near(claims[0].watts, 7000.0, 0.01);
	assert_near(claims[1].watts, 10500.0, 0.1);
}

static void
of_two_alike_the_one_that_is_shed_stays_so(void **state)
{
	(void)state;
	alike(2);
	share(2, 18000.0);
	assert_true(claims[1].shed && !claims[0].shed);
	groups[1].worth = 2100.0;
	share(2, 18000.0);
	assert_true(claims[1].shed && !claims[0].shed);
	groups[1].worth = 2500.0; /* no longer alike */
	share(2, 18000.0);
	assert_true(claims[0].shed && !claims[1].shed);
}

static double
any(double lo, double hi)
{
	return lo + (hi - lo) * (double)rand() / (double)RAND_MAX;
}

/* Never more than there is, never less than idle, never more than wanted as long as it is short. */
static void
whatever_they_are_it_fits(void **state)
{
	(void)state;
	srand(7);
	for (int round = 0; round < 2000; round++) {
		uint32_t n = 1 + (uint32_t)rand() % 16;
		double idle_w = 0.0, want_w = 0.0;
		alike(n);
		for (uint32_t k = 0; k < n; k++) {
			struct power_claim *c = &claims[k];
			c->takes_part = rand() % 8 != 0;
			c->full_w = any(6000.0, 30000.0);
			c->want_w = any(c->idle_w, c->full_w);
			c->group = (uint32_t)rand() % (k + 1);
			c->group = claims[c->group].group;
			c->shed = rand() % 4 == 0;
			groups[k].worth = rand() % 5 == 0 ? 0.0 : exp(any(-10.0, 20.0));
			groups[k].priority = (uint32_t)rand() % 10;
			groups[k].least_frac = any(0.0, 1.0);
			idle_w += c->takes_part ? c->idle_w : 0.0;
			want_w += c->takes_part ? c->want_w : 0.0;
		}
		double watts = any(0.0, 20000.0 * n);
		bool fits = share(n, watts);
		assert_int_equal(fits, idle_w <= watts);
		if (fits && sum_w(n) > watts * (1.0 + 1e-9))
			fail_msg("%.3f W of %.3f", sum_w(n), watts);
		for (uint32_t k = 0; k < n; k++) {
			if (!claims[k].takes_part)
				continue;
			assert_true(claims[k].watts >= claims[k].idle_w - 1e-6);
			assert_true(watts >= want_w || claims[k].shed ||
				    claims[k].watts <= 20000.0 * n);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(work_alike_gives_alike_and_what_nobody_wants_is_dealt_out),
		cmocka_unit_test(the_watts_that_make_least_are_given_up_first),
		cmocka_unit_test(systems_of_one_job_get_one_duty),
		cmocka_unit_test(the_lowest_priority_is_shed_first_and_comes_back_last_and_later),
		cmocka_unit_test(work_that_is_worth_nothing_is_shed_first_of_its_priority),
		cmocka_unit_test(a_cap_of_its_own_bounds_the_least_duty),
		cmocka_unit_test(of_two_alike_the_one_that_is_shed_stays_so),
		cmocka_unit_test(whatever_they_are_it_fits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
