/* SPDX-License-Identifier: Apache-2.0 */
/* Which actuator does not do what it is asked, and what is made of it. */
#include "tests/unit/supervisor_bench.h"

#include "controllers/explain.h"

static struct rig {
	struct bench b;
	struct explain x;
	char last[sizeof((struct image_event *)NULL)->text]; /* line of an actuator */
	int told;
} r;

static void
start(void)
{
	memset(&r, 0, sizeof r);
	begin(&r.b, setup());
	r.b.v.engine_status = 1.0; /* powered, and nothing held down */
	explain_init(&r.x, "cs07", 2000.0, 0);
	steps(&r.b, 150);
	assert_int_equal(r.b.s.mode, CTL_AUTO);
}

static void
look(void)
{
	struct image_event events[EXPLAIN_EVENTS];
	struct account a;
	r.b.v.valve_pct = 100.0 * r.b.s.demands.valve_frac;
	int n = explain_step(&r.x, &PARAMS, &r.b.s, &r.b.v, r.b.now_ns, &a, events);
	for (int k = 0; k < n; k++)
		if (events[k].code == CONTROL_EVENT_ACTUATOR) {
			memcpy(r.last, events[k].text, sizeof r.last);
			r.told++;
		}
}

static void
a_pump_that_stays_behind_is_named_and_the_other_one_carries(void **state)
{
	(void)state;
	start();
	r.b.obey = false;
	r.b.v.pump_pct[0] = 100.0 * r.b.s.demands.pump_frac;
	for (int k = 0; k < 65; k++) {
		r.b.v.pump_pct[1] = 60.0;
		r.b.v.pump_pct[0] = 100.0 * r.b.s.demands.pump_frac;
		step(&r.b);
		look();
		if (k < 45)
			assert_int_equal(0, r.b.s.actuators.faults);
	}
	assert_int_equal(ACTUATOR_PUMP_2, r.b.s.actuators.faults);
	assert_int_equal(1, r.told);
	assert_non_null(strstr(r.last, "FAULT: pump 2 is at 60 %, asked for "));
	assert_non_null(strstr(r.last, "; pump 1 takes over"));
	assert_true(r.b.s.demands.pump_frac > 0.999);
	assert_true(r.b.s.verdict.pump_alarm);
	/* the model has the speed of each */
	assert_true(fabs(r.b.s.in.pump_each_frac[1] - 0.6) < 1e-9);
	for (int k = 0; k < 65; k++) {
		r.b.v.pump_pct[1] = r.b.v.pump_pct[0] = 100.0 * r.b.s.demands.pump_frac;
		step(&r.b);
		look();
	}
	assert_int_equal(0, r.b.s.actuators.faults);
	assert_non_null(strstr(r.last, "pump 2 does what it is asked again"));
}

static struct actuators_asked
asked_of(double pump, double valve, const double *duty)
{
	return (struct actuators_asked){{pump, pump}, valve, duty, NULL};
}

static void
what_lags_as_it_must_is_no_fault(void **state)
{
	(void)state;
	struct actuators a;
	struct view v;
	double duty[RETICLES], pump = 0.6, valve = 0.1, read_pump = 0.6, read_valve = 0.1;
	good_view(&v);
	v.engine_status = 1.0;
	actuators_init(&a);
	for (int i = 0; i < RETICLES; i++)
		v.duty_frac[i] = 0.2;
	for (int k = 0; k < 600; k++) {
		/* pumps as fast as the law may, a valve asked from one end to the other, duties at once */
		pump = fmin(pump + 0.003, 1.0);
		valve = k / 200 % 2 ? 0.1 : 1.0;
		read_pump += 0.1 * (pump - read_pump);
		read_valve += law_clamp(0.05 * (valve - read_valve), -0.007, 0.007);
		for (int i = 0; i < RETICLES; i++) {
			duty[i] = k / 60 % 2 ? 0.2 : 1.0;
			if (k % 3 == 0) /* read three times a second */
				v.duty_frac[i] += law_clamp(duty[i] - v.duty_frac[i], -0.3, 0.06);
		}
		v.pump_pct[0] = v.pump_pct[1] = 100.0 * read_pump;
		v.valve_pct = 100.0 * read_valve;
		struct actuators_asked q = asked_of(pump, valve, duty);
		actuators_step(&a, &PARAMS, &v, &q);
		assert_int_equal(0, a.faults);
	}
}

static void
a_valve_that_sticks_is_a_fault_after_its_travel(void **state)
{
	(void)state;
	struct actuators a;
	struct view v;
	good_view(&v);
	actuators_init(&a);
	struct actuators_asked q = asked_of(0.8, 0.6, NULL);
	for (int k = 0; k < 235; k++) {
		actuators_step(&a, &PARAMS, &v, &q); /* at 50 %, asked for 60 % */
		assert_int_equal(0, a.faults);
	}
	for (int k = 0; k < 100; k++)
		actuators_step(&a, &PARAMS, &v, &q);
	assert_int_equal(ACTUATOR_VALVE, a.faults);
	v.valve_pct = (double)NAN; /* what is not seen is not mended */
	actuators_step(&a, &PARAMS, &v, &q);
	assert_int_equal(ACTUATOR_VALVE, a.faults);
}

static void
a_duty_is_judged_but_not_where_its_block_holds_it(void **state)
{
	(void)state;
	struct actuators a;
	struct view v;
	double duty[RETICLES];
	good_view(&v);
	actuators_init(&a);
	for (int i = 0; i < RETICLES; i++)
		duty[i] = 1.0;
	v.duty_frac[41] = 0.6;
	struct actuators_asked q = asked_of(0.8, 0.5, duty);
	v.engine_status = 1.0 + 8.0; /* foldback */
	for (int k = 0; k < 100; k++)
		actuators_step(&a, &PARAMS, &v, &q);
	assert_int_equal(0, a.faults);
	v.engine_status = 1.0;
	for (int k = 0; k < 60; k++)
		actuators_step(&a, &PARAMS, &v, &q);
	assert_int_equal(ACTUATOR_DUTY, a.faults);
	assert_int_equal(41, a.worst);
	/* more than is asked is nobody's right */
	actuators_init(&a);
	v.duty_frac[41] = 1.0;
	v.engine_status = 1.0 + 8.0;
	duty[7] = 0.5;
	for (int k = 0; k < 60; k++)
		actuators_step(&a, &PARAMS, &v, &q);
	assert_int_equal(ACTUATOR_DUTY, a.faults);
	assert_int_equal(7, a.worst);
}

static void
nobody_is_judged_by_what_others_ask(void **state)
{
	(void)state;
	start();
	r.b.obey = false;
	r.b.v.trip = TRIP_LEAK; /* stops the pumps itself */
	r.b.v.pump_pct[0] = r.b.v.pump_pct[1] = 0.0;
	steps(&r.b, 150);
	assert_int_equal(0, r.b.s.actuators.faults);
	start();
	r.b.obey = false;
	r.b.v.cooling_authority = AUTHORITY_LOCAL;
	r.b.v.pump_pct[0] = r.b.v.pump_pct[1] = 50.0;
	steps(&r.b, 150);
	assert_int_equal(0, r.b.s.actuators.faults);
	/* one that says itself that it has failed has its own alarm */
	start();
	r.b.obey = false;
	r.b.v.pump_status[0] = 2.0;
	r.b.v.pump_pct[0] = 0.0;
	r.b.v.pump_pct[1] = 100.0;
	steps(&r.b, 150);
	assert_int_equal(0, r.b.s.actuators.faults);
	assert_true(r.b.s.verdict.pump_alarm);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pump_that_stays_behind_is_named_and_the_other_one_carries),
		cmocka_unit_test(what_lags_as_it_must_is_no_fault),
		cmocka_unit_test(a_valve_that_sticks_is_a_fault_after_its_travel),
		cmocka_unit_test(a_duty_is_judged_but_not_where_its_block_holds_it),
		cmocka_unit_test(nobody_is_judged_by_what_others_ask),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
