/* SPDX-License-Identifier: Apache-2.0 */
/* A supervisor under a cap: what its device is known to hold by itself, and what is said of it. */
#include "tests/unit/supervisor_bench.h"

static struct cap_allowance
a_cap_of_a_minute(int64_t now_ns)
{
	return (struct cap_allowance){.watts = 14000.0,
				      .judged_w = 14000.0,
				      .due = true,
				      .down = true,
				      .until_ns = now_ns + 60 * NS_PER_S};
}

/* Not what it is told, nor what it is allowed: what it is read to have, until that is over. */
static void
a_ceiling_of_the_device_counts_once_it_is_read_back(void **state)
{
	struct bench b;
	const struct demands *d = &b.s.demands;
	(void)state;
	begin(&b, setup());
	b.v.ceiling_w = b.v.ceiling_for_s = 0.0;
	steps(&b, 200);
	b.s.cap = a_cap_of_a_minute(b.now_ns);
	steps(&b, 5);
	assert_true(d->ceiling_w > 0.0);
	assert_true(supervisor_draw(&b.s, &PARAMS).controllable);
	assert_true(isnan(supervisor_draw(&b.s, &PARAMS).kept_w));
	b.v.ceiling_w = d->ceiling_w;
	b.v.ceiling_for_s = d->ceiling_for_s;
	b.v.engine_status = 33.0;
	step(&b);
	assert_true(fabs(supervisor_draw(&b.s, &PARAMS).kept_w - 14000.0) < 100.0);
	/* lost: it stands until its end, and nobody can change the duty */
	lose_engine(&b.v);
	b.v.engine_status = b.v.ceiling_w = b.v.ceiling_for_s = (double)NAN;
	steps(&b, 300);
	assert_true(fabs(supervisor_draw(&b.s, &PARAMS).kept_w - 14000.0) < 100.0);
	assert_false(supervisor_draw(&b.s, &PARAMS).controllable);
	steps(&b, 310);
	assert_true(isnan(supervisor_draw(&b.s, &PARAMS).kept_w));
}

static void
a_ceiling_is_never_known_of_a_system_in_shadow(void **state)
{
	struct supervisor_setup with = setup();
	struct bench b;
	(void)state;
	with.engine_shadow = true;
	begin(&b, with);
	steps(&b, 50);
	b.s.cap = a_cap_of_a_minute(b.now_ns);
	steps(&b, 5);
	b.v.ceiling_w = b.s.demands.ceiling_w;
	b.v.ceiling_for_s = b.s.demands.ceiling_for_s;
	b.v.engine_status = 33.0;
	steps(&b, 2);
	assert_true(isnan(supervisor_draw(&b.s, &PARAMS).kept_w));
}

static void
what_grows_back_after_a_cap_is_not_said_to_be_held_by_a_limit_far_off(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, setup());
	steps(&b, 200);
	b.s.cap = (struct cap_allowance){
		.watts = 14000.0, .judged_w = (double)NAN, .due = true, .down = true};
	steps(&b, 30); /* the meter says 21.3 kW: duty gives way */
	assert_int_equal(b.s.verdict.reason, REASON_CAP);
	b.s.cap.watts = 20000.0; /* without any, the law asks for all at once */
	b.v.input_w = 12000.0;
	steps(&b, 5);
	assert_true(b.s.verdict.least_frac < 0.9 && b.s.out.margin_k > 0.5);
	assert_int_equal(b.s.verdict.reason, REASON_CAP);
	for (int k = 0; k < 100; k++) { /* over the limit: that holds it */
		for (int i = 0; i < RETICLES; i++)
			b.v.temp_c[i] += 0.1;
		step(&b);
	}
	assert_int_equal(b.s.verdict.reason, REASON_TEMPERATURE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ceiling_of_the_device_counts_once_it_is_read_back),
		cmocka_unit_test(a_ceiling_is_never_known_of_a_system_in_shadow),
		cmocka_unit_test(
			what_grows_back_after_a_cap_is_not_said_to_be_held_by_a_limit_far_off),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
