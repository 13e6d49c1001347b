/* SPDX-License-Identifier: Apache-2.0 */
/* The predictive law in closed loop with a wafer of the model's kind, some of it other than the model. */
#include "tests/unit/support.h"

#include <math.h>
#include <string.h>

#include "controllers/baselines.h"
#include "controllers/mpc_state.h"

static const struct control_params PARAMS = {
#define CONTROL_PARAM(key, unit, lo, hi, value, text) .key = value,
#include "config/control_params.def"
#undef CONTROL_PARAM
};

static const struct system_model MODEL = {
#define MODEL(field, unit, value, lo, hi, text) .field = (value),
#include "config/model.def"
#undef MODEL
};

static struct rig {
	struct response plant;
	double odd[RETICLES]; /* rise of the plant to that of the model */
	double temp_c[RETICLES], duty[RETICLES], share[RETICLES];
	double most[RETICLES]; /* duty that a reticle takes */
	double supply_c, activity, density;
	double meter_off_w;         /* of each reticle's power reading */
	double leak_more[RETICLES]; /* leakage above the model's, as part of it */
	double most_frac;           /* of the duty asked for that is passed on */
	int slow_steps;             /* while shares move */
	int step;
	struct estimate estimate;
	double seen_c[RETICLES], power_w[RETICLES]; /* of the temperatures: low-passed */
	bool measured[RETICLES];
	struct law_in in;
	struct law_out out;
	union law_state law;
} r;

static double
rate(void)
{
	double least = 1.0;
	for (int i = 0; i < RETICLES; i++)
		least = fmin(least, r.duty[i] / (r.share[i] * law_stage(&r.in, i)));
	return r.slow_steps > 0 ? 0.5 * least : least;
}

static void
settle(double part)
{
	double power_w[RETICLES], rise_k[RETICLES], pace = fmin(rate(), r.activity);
	for (int i = 0; i < RETICLES; i++) {
		double act = r.in.jobs.alone[0] ? fmin(r.duty[i], r.activity)
						: r.share[i] * law_stage(&r.in, i) * pace;
		power_w[i] = response_power_w(&MODEL, r.density, act, act, r.temp_c[i]) +
			     r.leak_more[i] * response_leak_w(&MODEL, r.temp_c[i]);
		r.power_w[i] = power_w[i] + r.meter_off_w;
	}
	response_rise(&r.plant, power_w, rise_k);
	for (int i = 0; i < RETICLES; i++)
		r.temp_c[i] += part * (r.supply_c + rise_k[i] * r.odd[i] - r.temp_c[i]);
}

static void
observe(void)
{
	for (int i = 0; i < RETICLES; i++)
		r.seen_c[i] += 0.28 * (r.temp_c[i] - r.seen_c[i]);
	r.in.supply_c = r.supply_c;
	r.in.second = r.step % LAW_STEPS_PER_S == 0;
}

static void
begin(bool independent)
{
	static const double clean[ZONES] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
	memset(&r, 0, sizeof r);
	struct zone_face f;
	face_init(&f, &MODEL, 1.0, 1.0);
	response_make(&r.plant, &f, 1.0, clean);
	r.supply_c = 24.0;
	r.activity = r.density = r.most_frac = 1.0;
	memcpy(r.estimate.zone_g, clean, sizeof clean);
	groups_of_one(&r.in.jobs, independent);
	for (int i = 0; i < RETICLES; i++) {
		r.odd[i] = r.duty[i] = r.share[i] = r.most[i] = r.in.most_frac[i] = 1.0;
		r.temp_c[i] = 42.0;
		r.measured[i] = true;
	}
	for (int k = 0; k < 60; k++)
		settle(0.5);
	memcpy(r.seen_c, r.temp_c, sizeof r.temp_c);
	for (int s = 0; s <= JOBS_MAX; s++)
		r.in.density[s] = (double)NAN;
	r.in.flow_kg_s = 1.0;
	r.in.pump_frac = 0.8;
	r.in.valve_frac = 0.5;
	r.in.temp_limit_c = 50.0;
	r.in.spread_limit_k = 6.0;
	r.in.supply_lo_c = 20.0;
	r.in.input_w = 21300.0;
	r.in.cap_w = (double)NAN;
	r.in.estimate = &r.estimate;
	r.in.temp_c = r.seen_c;
	r.in.measured = r.measured;
	r.in.applied_frac = r.in.unpaced_frac = r.duty;
	r.in.power_w = r.power_w;
	r.in.share_frac = r.share;
	r.in.model = &MODEL;
	observe();
	law_of(CONTROLLER_MPC)->init(&r.law, &PARAMS, &r.in);
}

static void
run(double seconds)
{
	for (int k = 0; k < (int)lrint(seconds * LAW_STEPS_PER_S); k++) {
		bool moved = false;
		law_of(CONTROLLER_MPC)->step(&r.law, &PARAMS, &r.in, &r.out);
		for (int i = 0; i < RETICLES; i++) {
			double step = r.most_frac * r.out.duty_frac[i] - r.duty[i];
			r.duty[i] = fmin(r.duty[i] + fmin(fmax(step, -0.1), 0.02), r.most[i]);
			moved = moved || fabs(r.out.share_frac[i] - r.share[i]) > 1e-6;
			r.share[i] = r.out.share_frac[i];
		}
		r.slow_steps = moved ? 20 : r.slow_steps - (r.slow_steps > 0);
		settle(0.2);
		r.step++;
		observe();
	}
}

static double
spread_k(void)
{
	double max_c = 0.0, min_c = 100.0;
	for (int i = 0; i < RETICLES; i++) {
		max_c = fmax(max_c, r.temp_c[i]);
		min_c = fmin(min_c, r.temp_c[i]);
	}
	return max_c - min_c;
}

static double
max_c(void)
{
	double max = 0.0;
	for (int i = 0; i < RETICLES; i++)
		max = fmax(max, r.temp_c[i]);
	return max;
}

static double
mean_duty(void)
{
	double sum = 0.0;
	for (int i = 0; i < RETICLES; i++)
		sum += r.duty[i] / RETICLES;
	return sum;
}

static void
a_duty_that_gives_less_is_counted_with_and_relieved(void **state)
{
	(void)state;
	begin(false);
	run(5.0);
	r.most[40] = 0.6;
	r.in.stuck[40] = true;
	r.in.most_frac[40] = 0.6;
	run(10.0);
	assert_true(fabs(rate() - 0.6) < 1e-6);
	assert_true(r.duty[0] < 0.62);            /* nobody works to wait */
	assert_true(r.out.duty_frac[40] > 0.999); /* so that the end of it is seen */
	assert_int_equal(r.out.limit, REASON_DEVICE);
	r.in.may_move[JOBS_MAX] = true;
	run(40.0);
	assert_true(r.share[40] < 0.65);
	assert_true(rate() > 0.9);
	/* by itself it is as warm as it is, and its neighbours know that */
	begin(true);
	r.most[40] = 0.6;
	r.in.stuck[40] = true;
	r.in.most_frac[40] = 0.6;
	run(20.0);
	assert_true(fabs(r.law.mpc.plan_c[39] - r.temp_c[39]) < 0.2);
	assert_true(fabs(r.law.mpc.plan_c[40] - r.temp_c[40]) < 0.2);
}

static void
a_cheaper_stage_has_the_duty_that_it_needs_and_work_moves_within_it(void **state)
{
	(void)state;
	begin(false);
	for (int i = 0; i < RETICLES; i++) {
		r.in.stage_frac[i] = i < 42 ? 1.0 : 0.8;
		r.in.stage[i] = i < 42 ? 0 : 1;
	}
	r.in.staged = true;
	run(20.0);
	assert_true(r.duty[0] > 0.999);
	assert_true(fabs(r.duty[60] - 0.8) < 1e-6);
	assert_int_equal(r.out.limit, REASON_NONE);
	r.in.may_move[JOBS_MAX] = true;
	for (int y = 0; y < ROWS; y++)
		r.odd[ZONES * y + 5] = 1.35;
	run(60.0);
	double sum[2] = {0.0, 0.0};
	for (int i = 0; i < RETICLES; i++)
		sum[i / 42] += r.share[i];
	assert_true(r.share[77] < 0.97);
	assert_true(fabs(sum[0] - 42.0) < 0.02 && fabs(sum[1] - 42.0) < 0.02);
}

static void
a_wafer_within_its_limits_works_fully(void **state)
{
	(void)state;
	begin(false);
	run(30.0);
	assert_true(rate() > 0.9999);
	assert_int_equal(r.out.limit, REASON_NONE);
	assert_true(r.law.mpc.acts);
}

static void
a_job_rests_on_the_spreads_limit_whatever_the_model_misses(void **state)
{
	(void)state;
	begin(false);
	for (int y = 0; y < ROWS; y++)
		r.odd[ZONES * y + 5] = 1.25;
	run(60.0);
	assert_true(fabs(spread_k() - 6.0) < 0.08);
	assert_int_equal(r.out.limit, REASON_SPREAD);
	assert_true(rate() < 0.95 && rate() > 0.4);
}

static void
a_job_rests_on_the_temperatures_limit(void **state)
{
	(void)state;
	begin(false);
	r.in.spread_limit_k = 20.0;
	r.supply_c = 32.0;
	run(40.0);
	assert_true(fabs(max_c() - 50.0) < 0.08);
	assert_int_equal(r.out.limit, REASON_TEMPERATURE);
}

static void
a_spread_that_no_duty_holds_leaves_the_least(void **state)
{
	(void)state;
	begin(false);
	r.in.spread_limit_k = 0.3;
	run(60.0);
	assert_true(fabs(rate() - PARAMS.duty_least_frac) < 0.01);
	assert_true(r.out.unheld);
	assert_int_equal(r.out.limit, REASON_SPREAD);
	r.in.spread_limit_k = 6.0;
	run(60.0);
	assert_true(rate() > 0.9999);
	assert_false(r.out.unheld);
}

static void
independent_reticles_give_way_one_by_one(void **state)
{
	(void)state;
	begin(true);
	for (int y = 0; y < ROWS; y++)
		r.odd[ZONES * y + 5] = 1.25;
	run(60.0);
	assert_true(spread_k() < 6.08);
	assert_true(mean_duty() > 0.95 && mean_duty() < 0.999);
	assert_true(r.duty[0] > 0.999);
}

static void
what_rises_is_answered_within_seconds(void **state)
{
	(void)state;
	for (int independent = 0; independent < 2; independent++) {
		begin(independent != 0);
		run(5.0);
		for (int y = 0; y < ROWS; y++)
			r.odd[ZONES * y + 5] = 1.3;
		run(4.0);
		assert_true(spread_k() < 6.5);
	}
}

static void
work_moves_and_the_job_is_faster(void **state)
{
	(void)state;
	begin(false);
	for (int s = 0; s <= JOBS_MAX; s++)
		r.in.may_move[s] = true;
	for (int y = 0; y < ROWS; y++)
		r.odd[ZONES * y + 5] = 1.25;
	run(90.0);
	assert_true(rate() > 0.96);
	assert_true(spread_k() < 6.1);
	double sum = 0.0;
	for (int i = 0; i < RETICLES; i++)
		sum += r.share[i];
	assert_true(fabs(sum - RETICLES) < 0.05);
	assert_true(r.share[77] < 0.95);
}

static void
a_phase_of_little_work_takes_nothing_back(void **state)
{
	(void)state;
	begin(false);
	r.in.spread_limit_k = 20.0;
	r.supply_c = 30.5;
	run(30.0);
	double held = rate();
	assert_true(held < 0.99);
	r.activity = 0.3;
	run(5.0);
	r.activity = 1.0;
	for (int k = 0; k < 30; k++) {
		run(0.1);
		assert_true(max_c() < 50.3);
	}
	assert_true(fabs(rate() - held) < 0.03);
}

/* However long, and whatever little its power reads too low: what it will take is not forgotten. */
static void
after_a_long_pause_the_limit_holds(void **state)
{
	(void)state;
	begin(false);
	r.in.spread_limit_k = 20.0;
	r.meter_off_w = -0.8;
	run(20.0);
	r.activity = 0.0;
	run(200.0);
	r.activity = 1.0;
	r.supply_c = 32.0;
	run(5.0);
	for (int k = 0; k < 25; k++) {
		run(1.0);
		assert_true(max_c() < 50.5);
	}
}

static void
taking_over_in_a_phase_of_little_work_teaches_nothing(void **state)
{
	(void)state;
	begin(false);
	r.in.spread_limit_k = 20.0;
	r.supply_c = 30.5;
	run(30.0);
	r.activity = 0.2;
	run(5.0);
	law_of(CONTROLLER_MPC)->init(&r.law, &PARAMS, &r.in);
	run(4.0);
	r.activity = 1.0;
	for (int k = 0; k < 30; k++) {
		run(0.1);
		assert_true(max_c() < 50.5);
	}
}

/* Work that was taken away for a cap comes back as fast as it is given: leakage that is not as the model's is no work. */
static void
after_no_duty_at_all_it_is_back_at_once(void **state)
{
	(void)state;
	for (int sign = -1; sign <= 1; sign += 2) {
		begin(false);
		for (int i = 0; i < RETICLES; i++)
			r.leak_more[i] = 0.1 * sign;
		run(10.0);
		r.most_frac = 0.0;
		run(30.0);
		for (int k = 0; k <= 150; k++) {
			r.most_frac = k < 70 ? 1e-4 * k : fmin(0.0125 * (k - 69), 1.0);
			run(0.1);
		}
		run(2.0);
		assert_true(rate() > 0.95);
	}
}

/* Work is where it can be done before it begins, by what the soak found and what reticles leak. */
static void
work_that_begins_finds_its_place(void **state)
{
	(void)state;
	begin(false);
	r.estimate.serial = 1;
	struct zone_face f;
	face_init(&f, &MODEL, PARAMS.reticle_x_mul, PARAMS.reticle_y_mul);
	response_make(&r.plant, &f, 1.0, r.estimate.zone_g);
	for (int i = 0; i < RETICLES; i++) {
		r.odd[i] = r.estimate.gain[i] = 1.0 + 0.06 * sin(2.1 * i);
		r.leak_more[i] = 0.25 * sin(1.3 * i);
	}
	for (int s = 0; s <= JOBS_MAX; s++)
		r.in.may_move[s] = true;
	r.in.spread_limit_k = 4.0;
	r.activity = 0.02;
	for (int k = 0; k < 60; k++)
		settle(0.5);
	memcpy(r.seen_c, r.temp_c, sizeof r.temp_c);
	observe();
	law_of(CONTROLLER_MPC)->init(&r.law, &PARAMS, &r.in);
	run(15.0);
	r.activity = 1.0;
	for (int k = 0; k < 100; k++) {
		run(0.1);
		assert_true(spread_k() < 4.1);
	}
	assert_true(rate() > 0.95);
}

/* One rate goes over into one duty: no reticle's small share makes the job slow. */
static void
the_structured_pi_goes_on_from_moved_work(void **state)
{
	(void)state;
	begin(false);
	for (int s = 0; s <= JOBS_MAX; s++)
		r.in.may_move[s] = true;
	for (int y = 0; y < ROWS; y++)
		r.odd[ZONES * y + 5] = 1.35;
	run(90.0);
	assert_true(r.share[77] < 0.9);
	double was = rate();
	r.in.supply_c = (double)NAN;
	law_of(CONTROLLER_MPC)->step(&r.law, &PARAMS, &r.in, &r.out);
	assert_false(r.law.mpc.acts);
	double next = 1.0;
	for (int i = 0; i < RETICLES; i++)
		next = fmin(next, r.out.duty_frac[i] / r.share[i]);
	assert_true(next > was - 0.1);
}

static void
without_a_supply_reading_the_structured_pi_goes_on_from_there(void **state)
{
	double was, next;
	(void)state;
	begin(false);
	for (int y = 0; y < ROWS; y++)
		r.odd[ZONES * y + 5] = 1.25;
	run(60.0);
	was = r.out.duty_frac[0];
	double supply_c = r.supply_c;
	r.in.supply_c = (double)NAN;
	law_of(CONTROLLER_MPC)->step(&r.law, &PARAMS, &r.in, &r.out);
	next = r.out.duty_frac[0];
	assert_false(r.law.mpc.acts);
	assert_true(fabs(next - was) < 0.03);
	r.supply_c = supply_c;
	r.in.supply_c = supply_c;
	run(20.0);
	assert_true(r.law.mpc.acts);
	assert_true(spread_k() < 6.2);
}

static void
all_limits_and_groups_unknown_is_no_nonsense(void **state)
{
	(void)state;
	begin(false);
	r.in.model = NULL;
	law_of(CONTROLLER_MPC)->step(&r.law, &PARAMS, &r.in, &r.out);
	for (int i = 0; i < RETICLES; i++)
		assert_true(isfinite(r.out.duty_frac[i]));
	r.in.model = &MODEL;
	for (int i = 0; i < RETICLES; i++)
		r.power_w[i] = (double)NAN;
	for (int k = 0; k < 30; k++)
		law_of(CONTROLLER_MPC)->step(&r.law, &PARAMS, &r.in, &r.out);
	for (int i = 0; i < RETICLES; i++)
		assert_true(isfinite(r.out.duty_frac[i]));
}

static double
drawn_w(void)
{
	double sum_w = 0.0;
	for (int i = 0; i < RETICLES; i++)
		sum_w += r.power_w[i];
	return mpc_input_w(&MODEL, mpc_pumps_w(&r.in, r.in.pump_frac), sum_w);
}

/* A meter is read some time after what it tells of: while a cap comes down that looks like more than the model says. */
static void
a_ramp_of_a_cap_does_not_end_below_it(void **state)
{
	enum { LATE = 4 };
	double was_w[LATE], least = 1.0;
	(void)state;
	begin(false);
	r.in.pump_each_frac[0] = r.in.pump_each_frac[1] = r.in.pump_frac;
	for (int k = 0; k < LATE; k++)
		was_w[k] = drawn_w();
	const double full_w = was_w[0], cap_w = 0.7 * full_w;
	for (int n = 0; n < 600; n++) {
		r.in.input_w = was_w[n % LATE];
		was_w[n % LATE] = drawn_w();
		if (n >= 200)
			r.in.cap_w = fmax(full_w - (n - 200) * LAW_DT_S * PARAMS.cap_ramp_w_per_s,
					  cap_w);
		run(LAW_DT_S);
		if (n > 200)
			least = fmin(least, rate());
		assert_true(n < 250 || drawn_w() < cap_w + 1.0);
	}
	assert_true(drawn_w() > cap_w - 1.5 * PARAMS.cap_margin_w);
	assert_true(least > rate() - 0.004);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wafer_within_its_limits_works_fully),
		cmocka_unit_test(
			a_cheaper_stage_has_the_duty_that_it_needs_and_work_moves_within_it),
		cmocka_unit_test(a_duty_that_gives_less_is_counted_with_and_relieved),
		cmocka_unit_test(a_job_rests_on_the_spreads_limit_whatever_the_model_misses),
		cmocka_unit_test(a_job_rests_on_the_temperatures_limit),
		cmocka_unit_test(a_spread_that_no_duty_holds_leaves_the_least),
		cmocka_unit_test(independent_reticles_give_way_one_by_one),
		cmocka_unit_test(a_ramp_of_a_cap_does_not_end_below_it),
		cmocka_unit_test(what_rises_is_answered_within_seconds),
		cmocka_unit_test(work_moves_and_the_job_is_faster),
		cmocka_unit_test(a_phase_of_little_work_takes_nothing_back),
		cmocka_unit_test(after_a_long_pause_the_limit_holds),
		cmocka_unit_test(taking_over_in_a_phase_of_little_work_teaches_nothing),
		cmocka_unit_test(after_no_duty_at_all_it_is_back_at_once),
		cmocka_unit_test(work_that_begins_finds_its_place),
		cmocka_unit_test(the_structured_pi_goes_on_from_moved_work),
		cmocka_unit_test(without_a_supply_reading_the_structured_pi_goes_on_from_there),
		cmocka_unit_test(all_limits_and_groups_unknown_is_no_nonsense),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
