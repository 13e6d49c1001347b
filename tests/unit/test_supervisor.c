/* SPDX-License-Identifier: Apache-2.0 */
/* Who is in charge of a system, and how that changes. */
#include "tests/unit/supervisor_bench.h"

#include "controllers/supervisor.c"
#include "core/keyed.h"

/* --- the table --- */
static void
each_state_answers_each_event_as_decided(void **state)
{
	(void)state;
	static const char *const WALK[MODES] = {
		/* none inputs lost take shadow not-ours release stop maintain back */
		[CTL_OFF] = "-T-AS-HPM-",      [CTL_TRACK] = "--FAS-HPM-",
		[CTL_AUTO] = "--F--THPM-",     [CTL_FAILSAFE] = "-T----HPM-",
		[CTL_HANDBACK] = "----------", [CTL_SHADOW] = "--F--THPM-",
		[CTL_STOPPED] = "------H-MT",  [CTL_MAINTENANCE] = "-------P-O",
	};
	static const char LETTER[MODES] = {'O', 'T', 'A', 'F', 'H', 'S', 'P', 'M'};
	for (int m = 0; m < MODES; m++)
		for (int e = 0; e < EVENTS; e++) {
			struct bench b;
			begin(&b, setup());
			b.s.mode = (enum ctl_mode)m;
			b.s.demands.active = m != CTL_OFF;
			transit(&b.s, (enum event)e, &b.v, 5);
			char want = WALK[m][e] == '-' ? LETTER[m] : WALK[m][e];
			assert_int_equal(LETTER[b.s.mode], want);
			assert_true(b.s.demands.active == (want != 'O'));
		}
}

static void
nothing_is_asked_before_anything_is_known(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	lose_engine(&b.v);
	steps(&b, 200);
	assert_int_equal(b.s.verdict.mode, CTL_OFF);
	assert_false(b.s.demands.active);
	assert_int_equal(b.s.demands.engine_seq, 0);
}

static void
it_waits_for_what_is_applied_but_not_for_ever(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	b.v.engine_authority = AUTHORITY_LOCAL;
	lose_cooling(&b.v);
	steps(&b, 49);
	assert_int_equal(b.s.mode, CTL_OFF);
	steps(&b, 3);
	assert_int_equal(b.s.mode, CTL_TRACK);
	step(&b);
	assert_true(b.s.demands.pump_frac > 0.999 && b.s.demands.valve_frac > 0.999);
}

/* It would be lost 3 s after the last sign of life. */
static void
a_device_that_is_in_our_charge_is_not_kept_waiting(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	lose_cooling(&b.v);
	steps(&b, 10);
	assert_int_equal(b.s.mode, CTL_OFF);
	steps(&b, 2);
	assert_int_equal(b.s.mode, CTL_TRACK);
	assert_int_equal(b.s.demands.engine_seq, 701);
}

static void
tracking_asks_for_what_is_applied(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	b.obey = false;
	for (int i = 0; i < RETICLES; i++)
		b.v.duty_frac[i] = 0.6 + 0.004 * i;
	b.v.pump_pct[0] = 91.0;
	b.v.pump_pct[1] = 0.0; /* one stands still: the faster one counts */
	b.v.valve_pct = 37.0;
	steps(&b, 90);
	assert_int_equal(b.s.verdict.mode, CTL_TRACK);
	for (int i = 0; i < RETICLES; i++)
		assert_true(fabs(b.s.demands.duty_frac[i] - b.v.duty_frac[i]) < 1e-9);
	assert_true(fabs(b.s.demands.pump_frac - 0.91) < 1e-9);
	assert_true(fabs(b.s.demands.valve_frac - 0.37) < 1e-9);
	assert_false(b.s.demands.release);
	assert_int_equal(b.s.demands.engine_seq, 700 + 9);
	assert_int_equal(b.s.demands.cooling_seq, 90 + 9);
}

/* A device that takes its part from whatever is asked. */
static void
tracking_does_not_collapse_under_a_ceiling_of_the_device(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	b.obey = false;
	b.v.engine_status = 33.0; /* powered, ceiling */
	all_duties(&b.v, 0.43);
	step(&b);
	for (int k = 0; k < 90; k++) {
		if (isfinite(b.s.demands.duty_frac[0]))
			all_duties(&b.v, 0.43 * b.s.demands.duty_frac[0]);
		step(&b);
	}
	assert_int_equal(b.s.mode, CTL_TRACK);
	assert_true(fabs(b.s.demands.duty_frac[0] - 0.43) < 1e-9);
	b.v.engine_authority = AUTHORITY_LOCAL; /* what it does alone is followed */
	all_duties(&b.v, 0.3);
	steps(&b, 2);
	assert_true(fabs(b.s.demands.duty_frac[0] - 0.3) < 1e-9);
}

static void
a_cap_does_not_wait_for_the_ramp_of_a_takeover(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	b.s.ramping = true;
	b.s.out.margin_k = 5.0;
	for (int i = 0; i < RETICLES; i++) {
		b.s.wants.duty_frac[i] = 0.9;
		b.s.out.duty_frac[i] = 0.5;
	}
	takeover_move(&b.s, &PARAMS);
	assert_true(b.s.wants.duty_frac[0] > 0.89);
	b.s.out.limit = REASON_CAP;
	takeover_move(&b.s, &PARAMS);
	assert_true(b.s.wants.duty_frac[0] < 0.51);
}

static void
tracking_does_not_creep_with_a_reading_that_is_a_little_low(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	b.obey = false;
	for (int k = 0; k < 90; k++) {
		step(&b);
		all_duties(&b.v, b.s.demands.duty_frac[0] - 0.001);
		b.v.pump_pct[0] = b.v.pump_pct[1] = 100.0 * b.s.demands.pump_frac - 0.1;
	}
	assert_true(b.s.demands.duty_frac[0] > 0.9999);
	assert_true(b.s.demands.pump_frac > 0.7999);
}

static void
a_takeover_that_agrees_is_no_bump(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	steps(&b, 100);
	assert_int_equal(b.s.verdict.mode, CTL_TRACK);
	double pump = b.s.demands.pump_frac, valve = b.s.demands.valve_frac;
	step(&b);
	assert_int_equal(b.s.verdict.mode, CTL_AUTO);
	assert_false(b.s.ramping);
	assert_true(b.s.demands.duty_frac[0] > 0.99);
	assert_true(fabs(b.s.demands.pump_frac - pump) < 0.02);
	assert_true(fabs(b.s.demands.valve_frac - valve) < 0.02);
	assert_int_equal(b.s.verdict.reason, REASON_NONE);
}

static void
a_takeover_that_does_not_agree_goes_by_the_ramp(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	all_duties(&b.v, 0.05); /* lower than the law's integrator reaches */
	steps(&b, 101);
	assert_int_equal(b.s.verdict.mode, CTL_AUTO);
	assert_true(b.s.ramping);
	for (int k = 0; k < 700 && b.s.verdict.reason != REASON_NONE; k++) {
		double before = b.s.demands.duty_frac[0];
		assert_int_equal(b.s.verdict.reason, REASON_RAMP);
		step(&b);
		assert_true(b.s.demands.duty_frac[0] - before <= 0.1 * 0.02 + 1e-9);
	}
	assert_true(b.s.demands.duty_frac[0] > 0.99);
}

static void
in_charge_from_the_start_skips_tracking(void **state)
{
	(void)state;
	struct bench b;
	struct supervisor_setup with = setup();
	with.start_in_charge = true;
	begin(&b, with);
	b.v.engine_authority = b.v.cooling_authority = AUTHORITY_LOCAL; /* not yet told */
	step(&b);
	assert_int_equal(b.s.verdict.mode, CTL_AUTO);
	assert_int_equal(b.s.demands.engine_seq, 701);
	b.v.engine_authority = b.v.cooling_authority = AUTHORITY_SUPERVISOR;
	steps(&b, 100);
	assert_int_equal(b.s.verdict.mode, CTL_AUTO);
}

static void
hand_back_writes_the_release_and_waits_for_the_devices(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	for (int i = 0; i < RETICLES; i++)
		b.v.share_frac[i] = i % 2 ? 1.1 : 0.9;
	steps(&b, 150);
	assert_true(b.s.demands.share_frac[1] > 1.09);
	supervisor_hand_back(&b.s);
	step(&b);
	assert_int_equal(b.s.verdict.mode, CTL_HANDBACK);
	assert_true(b.s.demands.active && b.s.demands.release);
	for (int i = 0; i < RETICLES; i++) /* and work goes back to where it was */
		assert_true(fabs(b.s.demands.share_frac[i] - 1.0) < 1e-9);
	assert_false(supervisor_handed_back(&b.s));
	b.v.engine_authority = AUTHORITY_LOCAL;
	step(&b);
	assert_false(supervisor_handed_back(&b.s));
	b.v.cooling_authority = AUTHORITY_LOCAL;
	step(&b);
	assert_true(supervisor_handed_back(&b.s));
	steps(&b, 100);
	assert_int_equal(b.s.verdict.mode, CTL_HANDBACK); /* for good */
}

static void
an_authority_read_before_the_release_confirms_nothing(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	steps(&b, 50);
	b.v.engine_authority = b.v.cooling_authority = AUTHORITY_LOCAL;
	supervisor_hand_back(&b.s);
	step(&b);
	assert_false(supervisor_handed_back(&b.s));
	step(&b);
	assert_true(supervisor_handed_back(&b.s));
}

static void
a_device_in_shadow_needs_no_release(void **state)
{
	(void)state;
	struct bench b;
	struct supervisor_setup with = setup();
	with.engine_shadow = true;
	begin(&b, with);
	b.v.engine_authority = AUTHORITY_LOCAL;
	b.obey = false;
	steps(&b, 50);
	assert_int_equal(b.s.verdict.mode, CTL_SHADOW);
	assert_true(b.s.demands.active);
	steps(&b, 150);
	assert_int_equal(b.s.verdict.mode, CTL_SHADOW);
	assert_int_equal(b.s.mode, CTL_SHADOW);
	supervisor_hand_back(&b.s);
	b.v.cooling_authority = AUTHORITY_LOCAL;
	steps(&b, 2);
	assert_true(supervisor_handed_back(&b.s));
}

static void
a_device_that_obeys_another_is_tracked(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	steps(&b, 150);
	b.v.engine_authority = AUTHORITY_LOCAL;
	steps(&b, 30);
	assert_int_equal(b.s.verdict.mode, CTL_AUTO);
	steps(&b, 3);
	assert_int_equal(b.s.verdict.mode, CTL_TRACK);
	steps(&b, 200);
	assert_int_equal(b.s.verdict.mode, CTL_TRACK); /* as long as it lasts */
	b.v.engine_authority = AUTHORITY_SUPERVISOR;
	step(&b);
	assert_int_equal(b.s.verdict.mode, CTL_AUTO);
	b.v.cooling_authority = AUTHORITY_MAINTENANCE;
	step(&b);
	assert_int_equal(b.s.verdict.mode, CTL_TRACK); /* at once */
}

static void
sequence_numbers_go_on_from_the_device_and_never_to_zero(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	b.v.engine_seq_cmd = 65534.0;
	b.v.cooling_seq_cmd = (double)NAN;
	b.v.cooling_seq = 12.0;
	b.s.patience_over = true;
	step(&b);
	assert_int_equal(b.s.demands.engine_seq, 65535);
	assert_int_equal(b.s.demands.cooling_seq, 13);
	steps(&b, 10);
	assert_int_equal(b.s.demands.engine_seq, 1);
}

/* --- whatever happens --- */
struct hazard {
	bool engine, cooling, sensors;
};

static void
shake(struct bench *b, uint64_t seed, struct hazard *h)
{
	uint64_t dice = keyed_u64(seed, 1, (uint64_t)b->tick);
	if (dice % 97 == 0)
		h->engine = !h->engine;
	if (dice / 97 % 89 == 0)
		h->cooling = !h->cooling;
	if (dice / 9409 % 61 == 0)
		h->sensors = !h->sensors;
	struct view was = b->v;
	good_view(&b->v);
	for (int i = 0; i < RETICLES; i++) {
		b->v.temp_c[i] += 6.0 * keyed_normal(seed, 2, (uint64_t)b->tick / 40);
		if (isfinite(was.duty_frac[i]))
			b->v.duty_frac[i] = was.duty_frac[i];
		if (h->sensors && keyed_u64(seed, 3, (uint64_t)i) % 6 == 0)
			b->v.temp_c[i] = (double)NAN;
	}
	if (isfinite(was.pump_pct[0]))
		b->v.pump_pct[0] = b->v.pump_pct[1] = was.pump_pct[0];
	b->v.job_mode = 1.0 + (double)(dice / 7 % 500 == 0);
	b->v.engine_authority = dice / 11 % 300 < 40 ? AUTHORITY_LOCAL : AUTHORITY_SUPERVISOR;
	b->v.flow_lpm = dice / 13 % 200 < 4 ? 30.0 : 60.0;
	if (h->engine)
		lose_engine(&b->v);
	if (h->cooling)
		lose_cooling(&b->v);
}

static void
check_invariants(const struct bench *b, const struct demands *before, bool second, bool released)
{
	const struct demands *d = &b->s.demands;
	if (b->s.mode == CTL_OFF) {
		assert_false(d->active);
		return;
	}
	assert_true(d->active);
	if (b->s.mode == CTL_MAINTENANCE) {
		assert_true(d->release);
		assert_true(d->quiet || b->now_ns - b->s.since_ns <= RELEASE_NS);
		return;
	}
	assert_false(d->quiet);
	if (second && before->active && !before->quiet) {
		assert_int_equal(d->engine_seq, next_seq(before->engine_seq));
		assert_int_equal(d->cooling_seq, next_seq(before->cooling_seq));
	}
	assert_true(d->release == (b->s.mode == CTL_HANDBACK));
	assert_true(!released || d->release || b->s.hold == HOLD_STOP);
	for (int i = 0; i < RETICLES; i++) {
		double u = d->duty_frac[i];
		assert_true(u >= 0.0 && u <= 1.0);
		if (b->s.mode == CTL_FAILSAFE && b->now_ns - b->s.since_ns > NS_PER_S)
			assert_true(u <= PARAMS.failsafe_duty_frac + 1e-12);
		assert_true(b->s.mode != CTL_STOPPED || u <= 0.0);
		if (b->s.sensors.blind && isfinite(before->duty_frac[i]))
			assert_true(u <= before->duty_frac[i] + 1e-12);
	}
	if (b->s.mode == CTL_FAILSAFE || (b->s.cooling_lost && b->s.mode != CTL_HANDBACK))
		assert_true(d->pump_frac > 0.999 && d->valve_frac > 0.999);
}

static void
whatever_happens_the_invariants_hold(void **state)
{
	(void)state;
	int all = 0;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct bench b;
		struct hazard h = {0};
		begin(&b, setup());
		int visited = 0;
		for (int k = 0; k < 4000; k++) {
			shake(&b, seed, &h);
			if (k % 400 == 399)
				supervisor_hold(&b.s, (enum hold_kind)(
							      keyed_u64(seed, 4, (uint64_t)k) % 3));
			if (k == 3500)
				supervisor_hand_back(&b.s);
			struct demands before = b.s.demands;
			bool second = b.tick % LAW_STEPS_PER_S == 0;
			step(&b);
			check_invariants(&b, &before, second, k >= 3500);
			visited |= 1 << b.s.mode;
			assert_false(supervisor_failed(&b.s));
		}
		all |= visited;
	}
	assert_int_equal(all, (1 << MODES) - 1 - (1 << CTL_SHADOW));
}

static void
who_stood_still_follows_what_the_device_has_done_since(void **state)
{
	(void)state;
	struct supervisor_setup in_charge = setup();
	struct bench b;
	in_charge.start_in_charge = true;
	begin(&b, in_charge);
	steps(&b, 20);
	assert_int_equal(b.s.mode, CTL_AUTO);
	b.now_ns += NS_PER_S; /* too short for a device to notice */
	step(&b);
	assert_int_equal(b.s.mode, CTL_AUTO);
	all_duties(&b.v, 0.6);
	b.v.engine_authority = AUTHORITY_LOCAL;
	b.now_ns += 4 * NS_PER_S;
	step(&b);
	assert_int_equal(b.s.mode, CTL_TRACK);
	assert_true(fabs(b.s.demands.duty_frac[0] - 0.6) < 1e-9);
	b.v.engine_authority = AUTHORITY_SUPERVISOR;
	steps(&b, (int)(PARAMS.track_s * LAW_STEPS_PER_S) + 2);
	assert_int_equal(b.s.mode, CTL_AUTO);
}

static void
one_slowed_for_others_may_ask_for_more_and_knows_what_is_applied(void **state)
{
	struct bench b;
	struct cluster_order order;
	(void)state;
	begin(&b, setup());
	for (int i = 0; i < RETICLES; i++)
		b.v.job_of[i] = 1.0;
	for (int k = 0; k < JOBS_MAX; k++) {
		b.v.slot_mode[k] = JOB_MODE_SYNC;
		order.pace_frac[k] = 0.7;
		order.batch_frac[k] = 1.0;
	}
	for (int i = 0; i < RETICLES; i++)
		b.v.share_frac[i] = 1.0;
	steps(&b, (int)(PARAMS.track_s * LAW_STEPS_PER_S) + 20);
	assert_int_equal(b.s.mode, CTL_AUTO);
	supervisor_order(&b.s, &order);
	steps(&b, 600);
	assert_true(fabs(b.v.duty_frac[0] - 0.7) < 0.01);
	assert_true(fabs(b.s.in.applied_frac[0] - b.v.duty_frac[0]) < 1e-6);
	assert_true(law_unpaced(&b.s.in, 0) > b.s.in.applied_frac[0] + 0.01);
	assert_true(b.s.own_frac[0] > 0.71); /* it finds out that it can do more */
}

/* Where work has moved, a job's reticles have one rate and many duties: a takeover keeps the rate. */
static void
a_takeover_keeps_the_rate_of_moved_work(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, setup());
	for (int i = 0; i < RETICLES; i++) {
		b.v.job_of[i] = 1.0;
		b.v.share_frac[i] = i % ZONES == 5 ? 0.3 : 1.0636;
		b.v.duty_frac[i] = 0.9 * b.v.share_frac[i];
	}
	for (int k = 0; k < JOBS_MAX; k++)
		b.v.slot_mode[k] = JOB_MODE_SYNC;
	double least = 1.0;
	for (int n = 0; n < (int)(PARAMS.track_s * LAW_STEPS_PER_S) + 50; n++) {
		step(&b);
		for (int i = 0; i < RETICLES; i++)
			if (isfinite(b.s.demands.duty_frac[i]))
				least = fmin(least, b.s.demands.duty_frac[i] / b.v.share_frac[i]);
	}
	assert_int_equal(b.s.mode, CTL_AUTO);
	assert_true(least > 0.88);
}

/* A device that was on its way up has gone on meanwhile; what the law wants is less. */
static void
who_stood_still_for_a_moment_goes_on_from_where_the_device_is(void **state)
{
	struct bench b;
	double was;
	(void)state;
	begin(&b, setup());
	b.s.setup.start_in_charge = b.s.in_charge_at_once = true;
	steps(&b, 30);
	assert_int_equal(b.s.mode, CTL_AUTO);
	assert_true(b.s.demands.duty_frac[0] > 0.99);
	b.obey = false;
	all_duties(&b.v, 0.6);
	b.now_ns += 4 * NS_PER_S / LAW_STEPS_PER_S;
	step(&b);
	assert_true(fabs(b.s.demands.duty_frac[0] - 0.6) < 0.025);
	b.obey = true;
	for (int n = 0; n < 100; n++) {
		was = b.s.demands.duty_frac[0];
		step(&b);
		double move = b.s.demands.duty_frac[0] - was;
		assert_true(fabs(move) <= PARAMS.stall_per_s * LAW_DT_S + 1e-9);
	}
	assert_true(b.s.demands.duty_frac[0] > 0.9);
	assert_false(b.s.stalled);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_state_answers_each_event_as_decided),
		cmocka_unit_test(nothing_is_asked_before_anything_is_known),
		cmocka_unit_test(it_waits_for_what_is_applied_but_not_for_ever),
		cmocka_unit_test(a_device_that_is_in_our_charge_is_not_kept_waiting),
		cmocka_unit_test(tracking_asks_for_what_is_applied),
		cmocka_unit_test(tracking_does_not_collapse_under_a_ceiling_of_the_device),
		cmocka_unit_test(a_takeover_keeps_the_rate_of_moved_work),
		cmocka_unit_test(a_cap_does_not_wait_for_the_ramp_of_a_takeover),
		cmocka_unit_test(tracking_does_not_creep_with_a_reading_that_is_a_little_low),
		cmocka_unit_test(a_takeover_that_agrees_is_no_bump),
		cmocka_unit_test(a_takeover_that_does_not_agree_goes_by_the_ramp),
		cmocka_unit_test(in_charge_from_the_start_skips_tracking),
		cmocka_unit_test(one_slowed_for_others_may_ask_for_more_and_knows_what_is_applied),
		cmocka_unit_test(hand_back_writes_the_release_and_waits_for_the_devices),
		cmocka_unit_test(an_authority_read_before_the_release_confirms_nothing),
		cmocka_unit_test(a_device_in_shadow_needs_no_release),
		cmocka_unit_test(a_device_that_obeys_another_is_tracked),
		cmocka_unit_test(sequence_numbers_go_on_from_the_device_and_never_to_zero),
		cmocka_unit_test(whatever_happens_the_invariants_hold),
		cmocka_unit_test(who_stood_still_for_a_moment_goes_on_from_where_the_device_is),
		cmocka_unit_test(who_stood_still_follows_what_the_device_has_done_since),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
