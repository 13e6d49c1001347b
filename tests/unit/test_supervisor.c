/* SPDX-License-Identifier: Apache-2.0 */
/* The supervisor of one system, shown views by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "controllers/supervisor.c"
#include "core/keyed.h"

static const struct control_params PARAMS = {
#define CONTROL_PARAM(key, unit, lo, hi, value, text) .key = value,
#include "config/control_params.def"
#undef CONTROL_PARAM
};

struct bench {
	struct supervisor s;
	struct view v;
	int64_t now_ns;
	int tick;
	bool obey; /* the devices do what is asked, one step later */
};

static void
good_view(struct view *v)
{
	memset(v, 0, sizeof *v);
	for (int i = 0; i < RETICLES; i++) {
		v->temp_c[i] = 41.0 + 2.0 * sin(0.7 * i);
		v->duty_frac[i] = 1.0;
		v->power_w[i] = 208.0;
	}
	v->wafer_w = 17400.0;
	v->engine_authority = v->cooling_authority = AUTHORITY_SUPERVISOR;
	v->foldback_frac = 1.0;
	v->engine_seq = v->engine_seq_cmd = 700.0;
	v->cooling_seq = v->cooling_seq_cmd = 90.0;
	v->job_mode = JOB_MODE_SYNC;
	v->job_rate_frac = 1.0;
	v->tokens_per_s = 2000.0;
	v->flow_lpm = 60.0;
	v->supply_c = 24.0;
	v->pump_pct[0] = v->pump_pct[1] = 80.0;
	v->pump_status[0] = v->pump_status[1] = 1.0;
	v->valve_pct = 50.0;
	v->input_w = 21300.0;
	v->dew_c = 12.0;
	v->quality = QUALITY_GOOD;
}

static void
lose_engine(struct view *v)
{
	for (int i = 0; i < RETICLES; i++)
		v->temp_c[i] = v->duty_frac[i] = v->power_w[i] = (double)NAN;
	v->wafer_w = v->trip = v->engine_authority = v->foldback_frac = (double)NAN;
	v->engine_seq = v->engine_seq_cmd = v->job_mode = v->job_rate_frac = (double)NAN;
}

static void
lose_cooling(struct view *v)
{
	v->flow_lpm = v->supply_c = v->valve_pct = v->pump_pct[0] = v->pump_pct[1] = (double)NAN;
	v->pump_status[0] = v->pump_status[1] = v->cooling_authority = (double)NAN;
	v->cooling_seq = v->cooling_seq_cmd = (double)NAN;
}

static struct supervisor_setup
setup(void)
{
	return (struct supervisor_setup){.law = law_of(CONTROLLER_SPI),
					 .has_cooling = true,
					 .temp_limit_c = 50.0,
					 .spread_limit_k = 8.0};
}

static void
begin(struct bench *b, struct supervisor_setup with)
{
	memset(b, 0, sizeof *b);
	good_view(&b->v);
	b->obey = true;
	supervisor_init(&b->s, &with, 0);
}

static void
step(struct bench *b)
{
	b->v.engine_authority_ns = b->v.cooling_authority_ns = b->now_ns;
	supervisor_step(&b->s, &PARAMS, &b->v, b->tick % LAW_STEPS_PER_S == 0, b->now_ns);
	const struct demands *d = &b->s.demands;
	for (int i = 0; b->obey && i < RETICLES; i++)
		if (isfinite(d->duty_frac[i]) && isfinite(b->v.duty_frac[i]))
			b->v.duty_frac[i] = d->duty_frac[i];
	for (int k = 0; b->obey && k < 2; k++)
		if (isfinite(d->pump_frac) && isfinite(b->v.pump_pct[k]))
			b->v.pump_pct[k] = 100.0 * d->pump_frac;
	b->tick++;
	b->now_ns += NS_PER_S / LAW_STEPS_PER_S;
}

static void
steps(struct bench *b, int n)
{
	while (n-- > 0)
		step(b);
}

static void
all_duties(struct view *v, double duty)
{
	for (int i = 0; i < RETICLES; i++)
		v->duty_frac[i] = duty;
}

/* --- the table --- */
static void
each_state_answers_each_event_as_decided(void **state)
{
	(void)state;
	static const char *const WALK[MODES] = {
		/*               none inputs lost take shadow not-ours release */
		[CTL_OFF] = "-T-AS-H",      [CTL_TRACK] = "--FAS-H",    [CTL_AUTO] = "--F--TH",
		[CTL_FAILSAFE] = "-T----H", [CTL_HANDBACK] = "-------", [CTL_SHADOW] = "--F--TH",
	};
	static const char LETTER[MODES] = {'-', 'T', 'A', 'F', 'H', 'S'};
	for (int m = 0; m < MODES; m++)
		for (int e = 0; e < EVENTS; e++) {
			assert_int_equal(LETTER[NEXT[m][e]], WALK[m][e]);
			struct bench b;
			begin(&b, setup());
			b.s.mode = (enum ctl_mode)m;
			transit(&b.s, (enum event)e, &b.v, 5);
			char want = WALK[m][e] == '-' ? LETTER[m] : WALK[m][e];
			assert_int_equal(LETTER[b.s.mode], want);
			assert_true(m != CTL_OFF || b.s.demands.active == (want != '-'));
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
	lose_cooling(&b.v);
	steps(&b, 49);
	assert_int_equal(b.s.mode, CTL_OFF);
	steps(&b, 3);
	assert_int_equal(b.s.mode, CTL_TRACK);
	step(&b);
	assert_true(b.s.demands.pump_frac > 0.999 && b.s.demands.valve_frac > 0.999);
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
lost_inputs_mean_full_cooling_and_half_duty(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	steps(&b, 150);
	lose_engine(&b.v);
	step(&b);
	assert_int_equal(b.s.verdict.mode, CTL_FAILSAFE);
	assert_int_equal(b.s.verdict.reason, REASON_INPUT_LOST);
	assert_true(b.s.demands.pump_frac > 0.999 && b.s.demands.valve_frac > 0.999);
	steps(&b, 4);
	assert_true(b.s.demands.duty_frac[0] > 0.99); /* not for a moment's silence */
	step(&b);
	for (int i = 0; i < RETICLES; i++)
		assert_true(fabs(b.s.demands.duty_frac[i] - 0.5) < 1e-12);
	uint16_t seq = b.s.demands.engine_seq;
	steps(&b, 20);
	assert_int_equal(b.s.demands.engine_seq, seq + 2);
}

static void
a_moment_without_inputs_costs_no_duty(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	steps(&b, 150);
	lose_engine(&b.v);
	steps(&b, 3);
	assert_int_equal(b.s.verdict.mode, CTL_FAILSAFE);
	double pump_pct = b.v.pump_pct[0];
	good_view(&b.v);
	b.v.pump_pct[0] = b.v.pump_pct[1] = pump_pct;
	for (int k = 0; k < 200; k++) {
		step(&b);
		assert_true(b.s.demands.duty_frac[0] > 0.99);
	}
	assert_int_equal(b.s.verdict.mode, CTL_AUTO);
}

static void
failsafe_never_raises_a_duty(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	all_duties(&b.v, 0.2);
	steps(&b, 50);
	lose_engine(&b.v);
	steps(&b, 50);
	for (int i = 0; i < RETICLES; i++)
		assert_true(b.s.demands.duty_frac[i] < 0.2001);
}

static void
inputs_that_come_back_are_tracked_first(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	steps(&b, 150);
	lose_engine(&b.v);
	steps(&b, 10);
	double pump_pct = b.v.pump_pct[0];
	good_view(&b.v);
	all_duties(&b.v, 0.5);
	b.v.pump_pct[0] = b.v.pump_pct[1] = pump_pct;
	steps(&b, 2);
	assert_int_equal(b.s.verdict.mode, CTL_FAILSAFE); /* one good answer is not enough */
	step(&b);
	assert_int_equal(b.s.verdict.mode, CTL_TRACK);
	assert_true(fabs(b.s.demands.duty_frac[0] - 0.5) < 1e-9);
	steps(&b, 100);
	assert_int_equal(b.s.verdict.mode, CTL_AUTO);
	assert_int_equal(b.s.verdict.reason, REASON_RAMP);
	steps(&b, 300);
	assert_true(b.s.demands.duty_frac[0] > 0.999);
	assert_int_equal(b.s.verdict.reason, REASON_NONE);
}

static void
a_lost_sensor_is_replaced_by_its_neighbours_and_a_degree(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	for (int i = 0; i < RETICLES; i++)
		b.v.temp_c[i] = 40.0;
	b.v.temp_c[39] = 43.0, b.v.temp_c[41] = 42.0;
	b.v.temp_c[40] = (double)NAN;
	steps(&b, 5);
	/* neighbours 40 40 42 43: the upper median is 42 */
	assert_true(fabs(b.s.in.temp_c[40] - 43.0) < 1e-6);
	assert_false(b.s.in.measured[40]);
	assert_int_equal(b.s.verdict.sensors_lost, 1);
	assert_false(b.s.verdict.sensors_degraded);
	assert_true(fabs(b.s.verdict.temp_limit_c - 50.0) < 1e-9);
}

static void
nine_lost_sensors_or_three_together_lower_the_limit(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	for (int k = 0; k < 9; k++) /* apart from each other */
		b.v.temp_c[2 * k + (k > 5 ? 13 : 0)] = (double)NAN;
	steps(&b, 3);
	assert_int_equal(b.s.verdict.sensors_lost, 9);
	assert_true(fabs(b.s.verdict.temp_limit_c - 45.0) < 1e-9);
	good_view(&b.v);
	b.v.temp_c[30] = b.v.temp_c[31] = (double)NAN;
	step(&b);
	assert_true(fabs(b.s.verdict.temp_limit_c - 50.0) < 1e-9);
	b.v.temp_c[43] = (double)NAN; /* under 31 */
	step(&b);
	assert_true(fabs(b.s.verdict.temp_limit_c - 45.0) < 1e-9);
	for (int i = 0; i < 43; i++)
		b.v.temp_c[i] = (double)NAN;
	step(&b);
	assert_int_equal(b.s.verdict.mode, CTL_FAILSAFE);
}

static void
lost_cooling_readings_mean_full_cooling_but_no_throttle(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	steps(&b, 150);
	struct view before = b.v;
	lose_cooling(&b.v);
	step(&b);
	assert_int_equal(b.s.verdict.mode, CTL_AUTO);
	assert_true(b.s.verdict.cooling_lost);
	assert_true(b.s.demands.pump_frac > 0.999 && b.s.demands.valve_frac > 0.999);
	assert_true(b.s.demands.duty_frac[0] > 0.999);
	b.v = before;
	b.v.pump_pct[0] = b.v.pump_pct[1] = 100.0;
	b.v.valve_pct = 96.0;
	step(&b);
	/* and back from where they are, not from where the law had them */
	assert_true(b.s.demands.pump_frac > 0.96);
	assert_true(fabs(b.s.demands.valve_frac - 0.96) < 0.02);
}

static void
a_low_flow_caps_the_duty_at_once(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	steps(&b, 150);
	b.v.flow_lpm = 21.0; /* half of .7 x 60 */
	step(&b);
	for (int i = 0; i < RETICLES; i++)
		assert_true(fabs(b.s.demands.duty_frac[i] - pow(0.5, 0.8)) < 1e-9);
	assert_int_equal(b.s.verdict.reason, REASON_LOW_FLOW);
	b.v.flow_lpm = 60.0;
	steps(&b, 60);
	assert_true(b.s.demands.duty_frac[0] > 0.99);
}

static void
a_failed_pump_is_seen_by_its_word_or_by_its_speed(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	steps(&b, 150);
	b.v.pump_status[1] = 2.0;
	step(&b);
	assert_true(b.s.verdict.pump_alarm);
	assert_true(b.s.demands.pump_frac > 0.999);
	begin(&b, setup());
	steps(&b, 150);
	b.obey = false;
	b.v.pump_pct[0] = 5.0;
	steps(&b, 50);
	assert_false(b.s.verdict.pump_alarm);
	steps(&b, 2);
	assert_true(b.s.verdict.pump_alarm);
}

static void
hand_back_writes_the_release_and_waits_for_the_devices(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	steps(&b, 150);
	supervisor_hand_back(&b.s);
	step(&b);
	assert_int_equal(b.s.verdict.mode, CTL_HANDBACK);
	assert_true(b.s.demands.active && b.s.demands.release);
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
what_the_device_takes_away_is_its_reason(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	steps(&b, 150);
	b.obey = false;
	b.v.foldback_frac = 0.8;
	all_duties(&b.v, 0.8);
	steps(&b, 5);
	assert_int_equal(b.s.verdict.reason, REASON_NONE);
	steps(&b, 10);
	assert_int_equal(b.s.verdict.reason, REASON_DEVICE);
	b.v.foldback_frac = 1.0;
	b.v.trip = TRIP_FLOW;
	step(&b);
	assert_int_equal(b.s.verdict.reason, REASON_DEVICE);
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

static void
nonsense_from_a_law_ends_in_failsafe(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, setup());
	steps(&b, 150);
	b.s.state.spi.i_frac[0] = (double)NAN;
	step(&b);
	assert_true(supervisor_failed(&b.s));
	assert_true(b.s.demands.duty_frac[0] <= 0.5);
	step(&b);
	assert_int_equal(b.s.verdict.mode, CTL_FAILSAFE);
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
	if (second && before->active) {
		assert_int_equal(d->engine_seq, next_seq(before->engine_seq));
		assert_int_equal(d->cooling_seq, next_seq(before->cooling_seq));
	}
	assert_true(d->release == (b->s.mode == CTL_HANDBACK));
	assert_true(!released || d->release);
	for (int i = 0; i < RETICLES; i++) {
		double u = d->duty_frac[i];
		assert_true(u >= 0.0 && u <= 1.0);
		if (b->s.mode == CTL_FAILSAFE && b->now_ns - b->s.since_ns > NS_PER_S)
			assert_true(u <= PARAMS.failsafe_duty_frac + 1e-12);
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
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct bench b;
		struct hazard h = {0};
		begin(&b, setup());
		int visited = 0;
		for (int k = 0; k < 4000; k++) {
			shake(&b, seed, &h);
			if (k == 3500)
				supervisor_hand_back(&b.s);
			struct demands before = b.s.demands;
			bool second = b.tick % LAW_STEPS_PER_S == 0;
			step(&b);
			check_invariants(&b, &before, second, k >= 3500);
			visited |= 1 << b.s.mode;
			assert_false(supervisor_failed(&b.s));
		}
		assert_true(visited & 1 << CTL_FAILSAFE && visited & 1 << CTL_TRACK);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_state_answers_each_event_as_decided),
		cmocka_unit_test(nothing_is_asked_before_anything_is_known),
		cmocka_unit_test(it_waits_for_what_is_applied_but_not_for_ever),
		cmocka_unit_test(tracking_asks_for_what_is_applied),
		cmocka_unit_test(tracking_does_not_creep_with_a_reading_that_is_a_little_low),
		cmocka_unit_test(a_takeover_that_agrees_is_no_bump),
		cmocka_unit_test(a_takeover_that_does_not_agree_goes_by_the_ramp),
		cmocka_unit_test(in_charge_from_the_start_skips_tracking),
		cmocka_unit_test(lost_inputs_mean_full_cooling_and_half_duty),
		cmocka_unit_test(a_moment_without_inputs_costs_no_duty),
		cmocka_unit_test(failsafe_never_raises_a_duty),
		cmocka_unit_test(inputs_that_come_back_are_tracked_first),
		cmocka_unit_test(a_lost_sensor_is_replaced_by_its_neighbours_and_a_degree),
		cmocka_unit_test(nine_lost_sensors_or_three_together_lower_the_limit),
		cmocka_unit_test(lost_cooling_readings_mean_full_cooling_but_no_throttle),
		cmocka_unit_test(a_low_flow_caps_the_duty_at_once),
		cmocka_unit_test(a_failed_pump_is_seen_by_its_word_or_by_its_speed),
		cmocka_unit_test(hand_back_writes_the_release_and_waits_for_the_devices),
		cmocka_unit_test(an_authority_read_before_the_release_confirms_nothing),
		cmocka_unit_test(a_device_in_shadow_needs_no_release),
		cmocka_unit_test(a_device_that_obeys_another_is_tracked),
		cmocka_unit_test(what_the_device_takes_away_is_its_reason),
		cmocka_unit_test(sequence_numbers_go_on_from_the_device_and_never_to_zero),
		cmocka_unit_test(nonsense_from_a_law_ends_in_failsafe),
		cmocka_unit_test(whatever_happens_the_invariants_hold),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
