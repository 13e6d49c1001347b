/* SPDX-License-Identifier: Apache-2.0 */
/* Dummy work on cold reticles: who may ask for it, when it has to go, what is made of one that does not obey. */
#include "tests/unit/supervisor_bench.h"

#include "controllers/explain.h"
#include "controllers/mpc_state.h"

#define ASKED_W 30.0

static struct rig {
	struct bench b;
	struct control_params params;
	struct hands hands;
	double stuck_w[RETICLES]; /* what a reticle does whatever is asked; NAN: it obeys */
} r;

/* A law that wants it everywhere, from what is applied. */
static void
greedy_init(union law_state *s, const struct control_params *p, const struct law_in *in)
{
	(void)s;
	(void)p;
	(void)in;
}

static void
greedy_step(union law_state *s, const struct control_params *p, const struct law_in *in,
	    struct law_out *out)
{
	(void)s;
	for (int i = 0; i < RETICLES; i++) {
		out->duty_frac[i] = 0.8;
		out->ballast_w[i] = i == 0 ? 1000.0 : i == 1 ? (double)NAN : ASKED_W;
	}
	out->pump_frac = in->pump_frac;
	out->valve_frac = in->valve_frac;
	out->own_setpoint_c = out->setpoint_c = p->supply_hi_c;
	out->margin_k = 1.0;
	out->limit = REASON_SPREAD;
	out->unheld = false;
}

static const struct law GREEDY = {"greedy", greedy_init, greedy_step, false};

static void
go(int n)
{
	struct bench *b = &r.b;
	while (n-- > 0) {
		supervisor_step(&b->s, &r.params, &b->v, b->tick % LAW_STEPS_PER_S == 0, b->now_ns);
		const struct demands *d = &b->s.demands;
		for (int i = 0; i < RETICLES; i++) {
			if (isfinite(d->duty_frac[i]))
				b->v.duty_frac[i] = d->duty_frac[i];
			if (isfinite(r.stuck_w[i]))
				b->v.ballast_w[i] = r.stuck_w[i];
			else if (isfinite(d->ballast_w[i]))
				b->v.ballast_w[i] = d->ballast_w[i];
		}
		b->tick++;
		b->now_ns += NS_PER_S / LAW_STEPS_PER_S;
		b->v.engine_authority_ns = b->v.cooling_authority_ns = b->now_ns;
	}
}

static void
start(bool in_charge)
{
	struct supervisor_setup s = setup();
	memset(&r, 0, sizeof r);
	r.params = PARAMS;
	r.params.ballast_max_w = 40.0;
	s.law = &GREEDY;
	s.start_in_charge = in_charge;
	begin(&r.b, s);
	r.b.v.engine_status = 1.0;
	hands_clear(&r.hands);
	supervisor_hands(&r.b.s, &r.hands);
	for (int i = 0; i < RETICLES; i++)
		r.stuck_w[i] = (double)NAN;
}

static double
most_asked(void)
{
	double most = 0.0;
	for (int i = 0; i < RETICLES; i++)
		most = fmax(most, r.b.s.demands.ballast_w[i]);
	return most;
}

static void
assert_near(double is, double wanted)
{
	if (!(fabs(is - wanted) < 1e-9))
		fail_msg("%g is not %g", is, wanted);
}

static void
a_law_gets_what_it_asks_within_what_the_site_allows(void **state)
{
	(void)state;
	start(true);
	r.b.v.temp_c[9] = (double)NAN;
	go(50);
	assert_int_equal(r.b.s.mode, CTL_AUTO);
	assert_near(r.b.s.demands.ballast_w[0], 40.0);
	assert_near(r.b.s.demands.ballast_w[1], 0.0);
	assert_near(r.b.s.demands.ballast_w[2], ASKED_W);
	assert_near(r.b.s.demands.ballast_w[9],
		    ASKED_W); /* nobody sees it: the law knows what it does */
	assert_near(r.b.s.verdict.ballast_w, 40.0 + 82.0 * ASKED_W);
}

static void
without_the_option_none_is_asked(void **state)
{
	(void)state;
	start(true);
	r.params.ballast_max_w = 0.0;
	go(50);
	for (int i = 0; i < RETICLES; i++)
		assert_true(isnan(r.b.s.demands.ballast_w[i]));
	assert_near(r.b.s.verdict.ballast_w, 0.0);
}

static void
set_duty_by_hand(void)
{
	struct hand_wish w = {.first = 7, .n = 1, .value = 0.7};
	assert_true(hands_set(&r.hands, &w, INT64_MAX, "trial"));
}

static void
it_goes_in_the_step_in_which_anything_holds_heat_down(void **state)
{
	(void)state;
	for (int what = 0; what < 8; what++) {
		start(true);
		go(50);
		assert_true(most_asked() > 0.0);
		switch (what) {
		case 0:
			r.b.v.flow_lpm = 40.0;
			break;
		case 1:
			r.b.v.trip = TRIP_CURRENT;
			break;
		case 2:
			r.b.v.foldback_frac = 0.98;
			break;
		case 3:
			r.b.v.engine_status = 0.0; /* its power is off */
			break;
		case 4:
			r.b.s.cap.shed = true;
			break;
		case 5:
			set_duty_by_hand();
			break;
		case 6:
			supervisor_hold(&r.b.s, HOLD_MAINTENANCE);
			break;
		case 7:
			supervisor_hand_back(&r.b.s);
			break;
		}
		go(1);
		if (most_asked() > 0.0)
			fail_msg("case %d: %g W", what, most_asked());
	}
}

static void
a_stop_takes_it_by_the_ramp_of_the_duty(void **state)
{
	(void)state;
	start(true);
	all_duties(&r.b.v, 0.8);
	go(30);
	supervisor_hold(&r.b.s, HOLD_STOP);
	/* full work of a wafer whose type is not known is gone in one step */
	go(2);
	assert_int_equal(r.b.s.mode, CTL_STOPPED);
	assert_near(most_asked(), 0.0);
	start(true);
	all_duties(&r.b.v, 0.8);
	go(30);
	struct plant plant = {0};
	struct system_config system = {0};
	system.model.dynamic_w = 156.0;
	plant.systems = &system;
	r.b.s.setup.plant = &plant;
	supervisor_hold(&r.b.s, HOLD_STOP);
	for (int k = 0; k < 70; k++) {
		go(1);
		double part = r.b.s.demands.duty_frac[2] / 0.8;
		assert_true(fabs(r.b.s.demands.ballast_w[2] - part * ASKED_W) < 1e-6);
	}
	assert_near(most_asked(), 0.0);
}

static void
lost_inputs_take_it_when_they_stay_away(void **state)
{
	(void)state;
	start(true);
	go(50);
	lose_engine(&r.b.v);
	go(3);
	assert_int_equal(r.b.s.mode, CTL_FAILSAFE);
	assert_near(r.b.s.demands.ballast_w[2], ASKED_W);
	go(3);
	assert_near(r.b.s.demands.duty_frac[2], 0.5);
	assert_near(r.b.s.demands.ballast_w[2], ASKED_W);
	r.b.v.flow_lpm = 40.0; /* unless something else wants it gone */
	go(1);
	assert_near(most_asked(), 0.0);
	start(true);
	go(50);
	lose_engine(&r.b.v);
	go(49);
	assert_near(r.b.s.demands.ballast_w[2], ASKED_W);
	go(3);
	assert_near(most_asked(), 0.0);
}

static void
a_meter_above_the_cap_takes_it_before_any_duty(void **state)
{
	(void)state;
	start(true);
	all_duties(&r.b.v, 0.8);
	go(30);
	struct cap_allowance cap = r.b.s.cap;
	cap.watts = cap.judged_w = 20000.0;
	supervisor_allow(&r.b.s, &cap);
	r.b.v.input_w = 21000.0;
	go(1);
	assert_near(most_asked(), 0.0);
	assert_near(r.b.s.demands.duty_frac[2], 0.8);
	r.b.v.input_w = 19900.0; /* that was enough */
	go(50);
	assert_false(r.b.s.cap_missed);
	assert_near(most_asked(), 0.0);
	assert_near(r.b.s.demands.duty_frac[2], 0.8);
	go(60);
	assert_true(most_asked() > 0.0);
}

static void
what_is_found_is_kept_until_a_law_goes_on_from_it(void **state)
{
	(void)state;
	start(false);
	for (int i = 0; i < RETICLES; i++)
		r.b.v.ballast_w[i] = 0.1 * i;
	go(30);
	assert_int_equal(r.b.s.mode, CTL_TRACK);
	for (int i = 0; i < RETICLES; i++)
		assert_true(fabs(r.b.s.demands.ballast_w[i] - 0.1 * i) <= r.params.ballast_least_w);
	go(100);
	assert_int_equal(r.b.s.mode, CTL_AUTO);
	assert_near(r.b.s.demands.ballast_w[2], ASKED_W);
}

static void
one_that_does_not_obey_is_a_fault_until_it_moves_again(void **state)
{
	(void)state;
	struct actuators *a = &r.b.s.actuators;
	start(true);
	go(50);
	assert_int_equal(a->faults, 0);
	r.stuck_w[5] = 4.0;
	go(60);
	assert_int_equal(a->faults, ACTUATOR_BALLAST);
	assert_int_equal(a->worst_ballast, 5);
	assert_true(r.b.s.in.ballast_stuck[5]);
	assert_false(r.b.s.in.ballast_stuck[6]);
	r.stuck_w[5] = (double)NAN;
	go(60);
	assert_int_equal(a->faults, 0);
	/* one that goes on while it is to be nothing */
	r.stuck_w[8] = 30.0;
	r.b.v.flow_lpm = 40.0;
	go(60);
	assert_int_equal(a->faults, ACTUATOR_BALLAST);
	assert_int_equal(a->worst_ballast, 8);
	assert_near(r.b.s.verdict.ballast_w, 30.0); /* as it is, not as it should be */
}

static void
what_it_draws_is_told_and_no_cost_of_a_throttle(void **state)
{
	(void)state;
	struct image_event events[EXPLAIN_EVENTS];
	struct explain x;
	struct account with, without;
	bool told = false;
	start(true);
	explain_init(&x, "cs07", 2000.0, 0);
	for (int k = 0; k < 200; k++) {
		go(1);
		int n = explain_step(&x, &r.params, &r.b.s, &r.b.v, r.b.now_ns, &with, events);
		for (int e = 0; e < n; e++)
			if (events[e].code == CONTROL_EVENT_BALLAST) {
				assert_string_equal(events[e].text,
						    "cs07 warms 83 cold reticles by 2.50 kW of "
						    "ballast, for the spread's sake");
				told = true;
			}
	}
	assert_true(told && with.cost_w > 0.0);
	for (int i = 0; i < RETICLES; i++) {
		r.b.v.power_w[i] -= r.b.v.ballast_w[i];
		r.b.v.ballast_w[i] = 0.0;
	}
	(void)explain_step(&x, &r.params, &r.b.s, &r.b.v, r.b.now_ns, &without, events);
	assert_true(fabs(with.cost_w - without.cost_w) < 1e-6);
}

static struct mpc law; /* too great for a stack */

static void
a_cap_takes_it_before_any_work(void **state)
{
	(void)state;
	memset(&law, 0, sizeof law);
	for (int i = 0; i < RETICLES; i++)
		law.ballast.w[i] = law.ballast.goal_w[i] = 10.0;
	law.ballast.sum_w = 840.0;
	assert_near(mpc_ballast_shed(&law, -50.0), 0.0);
	assert_near(law.ballast.w[3], 10.0);
	assert_near(mpc_ballast_shed(&law, 210.0), 210.0); /* nothing is left for work to give */
	assert_near(law.ballast.w[3], 7.5);
	assert_near(law.ballast.goal_w[3], 7.5);
	assert_near(mpc_ballast_shed(&law, 1000.0), 630.0);
	assert_near(law.ballast.w[3], 0.0);
	assert_near(mpc_ballast_shed(&law, 370.0), 0.0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_law_gets_what_it_asks_within_what_the_site_allows),
		cmocka_unit_test(without_the_option_none_is_asked),
		cmocka_unit_test(it_goes_in_the_step_in_which_anything_holds_heat_down),
		cmocka_unit_test(a_stop_takes_it_by_the_ramp_of_the_duty),
		cmocka_unit_test(lost_inputs_take_it_when_they_stay_away),
		cmocka_unit_test(a_meter_above_the_cap_takes_it_before_any_duty),
		cmocka_unit_test(what_is_found_is_kept_until_a_law_goes_on_from_it),
		cmocka_unit_test(one_that_does_not_obey_is_a_fault_until_it_moves_again),
		cmocka_unit_test(what_it_draws_is_told_and_no_cost_of_a_throttle),
		cmocka_unit_test(a_cap_takes_it_before_any_work),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
