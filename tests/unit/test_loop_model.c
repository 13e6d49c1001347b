/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <math.h>

#include "engine_sim/actuator.h"
#include "engine_sim/coolant.h"
#include "engine_sim/job.h"
#include "engine_sim/power.h"

static struct model md;

static int
setup(void **state)
{
	(void)state;
	model_defaults(&md);
	return 0;
}

static void
near(double got, double expected, double within)
{
	if (!(fabs(got - expected) <= within))
		fail_msg("%.12g is not %.12g within %g", got, expected, within);
}

static struct pump_flow
flow(double n0, double n1)
{
	struct pump_flow f;

	coolant_pumps(&f, &md, (double[PUMPS]){n0, n1});
	return f;
}

static void
two_pumps_at_80_pct_give_1_kg_s_and_one_at_full_speed_848_g_s(void **state)
{
	(void)state;
	near(flow(0.8, 0.8).total_kg_s, 1.0, 1e-12);
	near(flow(1.0, 0.0).total_kg_s, sqrt(150.0 / 208.5), 1e-12);
	near(flow(0.0, 1.0).total_kg_s, 0.848, 0.0005);
}

static void
flow_follows_speed_and_head_its_square(void **state)
{
	(void)state;
	near(flow(0.4, 0.4).total_kg_s, 0.5, 1e-12);
	near(flow(0.4, 0.4).dp_kpa, flow(0.8, 0.8).dp_kpa / 4.0, 1e-10);
	near(coolant_pump_w(&md, 0.5) - md.pump_idle_w, md.pump_w / 8.0, 1e-12);
}

static void
each_pump_stands_on_its_own_curve_and_on_the_loops(void **state)
{
	(void)state;
	for (double n0 = 0.0; n0 <= 1.0; n0 += 0.05)
		for (double n1 = 0.0; n1 <= 1.0; n1 += 0.05) {
			struct pump_flow f = flow(n0, n1);
			const double n[PUMPS] = {n0, n1};

			near(f.pump_kg_s[0] + f.pump_kg_s[1], f.total_kg_s, 1e-12);
			near(f.dp_kpa, 58.5 * f.total_kg_s * f.total_kg_s, 1e-9);
			for (int k = 0; k < PUMPS; k++) {
				double q = f.pump_kg_s[k];

				assert_true(q >= 0.0);
				if (q > 0.0)
					near(150.0 * (n[k] * n[k] - q * q), f.dp_kpa, 1e-9);
				else /* its valve is shut by the other's pressure */
					assert_true(150.0 * n[k] * n[k] <= f.dp_kpa + 1e-9);
			}
		}
}

static struct hx_result
exchange(double m, double hot_c, double supply_c, double valve, double ua_mul)
{
	struct facility_water fw = {
		.supply_c = supply_c, .flow_frac = 1.0, .valve = valve, .ua_mul = ua_mul};
	struct hx_result hx;

	coolant_hx(&hx, &md, m, hot_c, &fw);
	return hx;
}

static void
both_sides_of_the_exchanger_agree_on_the_heat(void **state)
{
	(void)state;
	for (double v = 0.02; v <= 1.0; v += 0.07) {
		struct hx_result hx = exchange(1.0, 30.0, 20.0, v, 1.0);
		double m_fac = 0.9 * v;

		near(hx.heat_w, 1.0 * md.cp_j_kg_k * (30.0 - hx.coolant_c), 1e-8);
		near(hx.heat_w, m_fac * md.cp_j_kg_k * (hx.facility_c - 20.0), 1e-8);
		/* UA times the logarithmic mean of the two ends' differences */
		double a = 30.0 - hx.facility_c, b = hx.coolant_c - 20.0;

		near(hx.heat_w, hx.ua_w_k * (a - b) / log(a / b), 1e-6 * hx.heat_w);
	}
}

static void
equal_capacity_rates_are_the_limit_of_unequal_ones(void **state)
{
	double less = exchange(0.9 / 1.0003, 30, 20, 1, 1).heat_w;
	double greater = exchange(0.9 * 1.0003, 30, 20, 1, 1).heat_w;

	(void)state;
	near(exchange(0.9, 30, 20, 1, 1).heat_w, 0.5 * (less + greater), 0.05);
}

static void
fouling_and_no_water_cost_heat(void **state)
{
	struct facility_water dry = {.supply_c = 20, .flow_frac = 0, .valve = 1, .ua_mul = 1};
	struct hx_result hx;

	(void)state;
	assert_true(exchange(1, 30, 20, 1, 0.6).heat_w < exchange(1, 30, 20, 1, 1).heat_w);
	coolant_hx(&hx, &md, 1.0, 30.0, &dry);
	near(hx.heat_w, 0.0, 0.0);
	near(hx.coolant_c, 30.0, 0.0);
}

static void
the_valve_for_a_supply_temperature_gives_it(void **state)
{
	struct facility_water fw = {.supply_c = 20, .flow_frac = 1, .ua_mul = 1};
	double v = coolant_valve_for(&md, 1.0, 28.6, 24.0, &fw);

	(void)state;
	assert_true(v > 0.02 && v < 1.0);
	near(exchange(1.0, 28.6, 20.0, v, 1.0).coolant_c, 24.0, 1e-9);
	near(coolant_valve_for(&md, 1.0, 40.0, 20.1, &fw), 1.0, 0.0); /* out of reach */
}

static void
the_supplies_carry_the_wafer_at_20_kilo_amperes(void **state)
{
	double failed[PSUS] = {0.0};
	struct power_chain c;

	(void)state;
	power_chain(&c, &md, 17400.0, 142.64, failed);
	assert_in_range((unsigned)c.core_a, 19800, 20200);
	assert_true(c.core_v > 0.85 && c.core_v < 0.9);
	near(c.core_a * c.core_v, 17400.0, 1e-9);
	near(c.input_w, 17400.0 / 0.88 / 0.95 + 142.64 + 400.0, 1e-9);
	near(c.supply_w, 17400.0 / 0.88 / 12, 1e-9);
	assert_false(c.overload);
	for (int k = 0; k < 6; k++)
		failed[k] = 1.0; /* one half carries it */
	power_chain(&c, &md, 17400.0, 142.64, failed);
	assert_int_equal(c.running, 6);
	near(c.supply_w, 17400.0 / 0.88 / 6, 1e-9);
	assert_false(c.overload);
	failed[6] = failed[7] = 1.0; /* four of 4 kW do not */
	power_chain(&c, &md, 17400.0, 142.64, failed);
	assert_true(c.overload);
}

static void
actuators_lag_and_never_outrun_their_slew(void **state)
{
	double x = 0.0, y = 0.0;

	(void)state;
	for (int n = 0; n < 100; n++)
		x = actuator_lag(x, 0.1, 1.0, 0.3, 0.01);
	near(x, 0.1 * (1.0 - exp(-1.0)), 1e-12);
	for (int n = 0; n < 100; n++)
		y = actuator_lag(y, 1.0, 1.0, 0.3, 0.01);
	near(y, 0.3, 1e-12);
	near(actuator_slew(0.5, 1.0, 0.2, 1.0, 0.01), 0.502, 1e-15);
	near(actuator_slew(0.5, 0.0, 0.2, 1.0, 0.01), 0.49, 1e-15);
	near(actuator_slew(0.5, 0.501, 0.2, 1.0, 0.01), 0.501, 1e-15);
}

static double
load(enum job_mode mode, double activity, const double duty[RETICLES], const double share[RETICLES],
     struct job_result *r, double w[RETICLES])
{
	struct job_set jobs;

	job_set_one(&jobs, mode);
	jobs.job[0].activity = activity;
	job_load(r, w, &md, &jobs, NULL, duty, share);
	return r->rate_wafer;
}

static void
a_synchronous_job_runs_at_its_slowest_reticle(void **state)
{
	double duty[RETICLES], share[RETICLES], w[RETICLES];
	struct job_result r;

	(void)state;
	for (int i = 0; i < RETICLES; i++)
		duty[i] = share[i] = 1.0;
	near(load(JOB_MODE_SYNC, 1.0, duty, share, &r, w), 1.0, 1e-12);
	near(w[0], 31.2 + 156.0, 1e-12);
	duty[40] = 0.7;
	near(load(JOB_MODE_SYNC, 1.0, duty, share, &r, w), 0.7, 1e-12);
	near(w[40], 31.2 + 156.0 * 0.7, 1e-12);
	near(w[0], 31.2 + 156.0 * (0.7 + 0.25 * 0.3), 1e-12); /* waits at the barrier */
	share[40] = 0.7; /* less work for it: the job is whole again */
	near(load(JOB_MODE_SYNC, 1.0, duty, share, &r, w), 1.0, 1e-12);
}

static void
a_job_that_waits_for_data_is_clock_gated(void **state)
{
	double duty[RETICLES], share[RETICLES], w[RETICLES];
	struct job_result r;

	(void)state;
	for (int i = 0; i < RETICLES; i++)
		duty[i] = share[i] = 1.0;
	near(load(JOB_MODE_SYNC, 0.335, duty, share, &r, w), 1.0, 1e-12);
	near(w[0], 31.2 + 156.0 * 0.335, 1e-12);
	near(r.slot[0].work, 0.335, 1e-12);
	for (int i = 0; i < RETICLES; i++)
		duty[i] = 0.335; /* duty down to there is free */
	near(load(JOB_MODE_SYNC, 0.335, duty, share, &r, w), 1.0, 1e-12);
	for (int i = 0; i < RETICLES; i++)
		duty[i] = 0.2;
	near(load(JOB_MODE_SYNC, 0.335, duty, share, &r, w), 0.2 / 0.335, 1e-12);
}

static void
independent_reticles_add_up(void **state)
{
	double duty[RETICLES], share[RETICLES], w[RETICLES];
	struct job_result r;

	(void)state;
	for (int i = 0; i < RETICLES; i++)
		duty[i] = share[i] = 1.0;
	duty[40] = 0.16;
	near(load(JOB_MODE_IND, 1.0, duty, share, &r, w), 1.0 - 0.84 / 84, 1e-12);
	near(w[40], 31.2 + 156.0 * 0.16, 1e-12);
	near(w[0], 31.2 + 156.0, 1e-12);
	near(load(JOB_MODE_IDLE, 1.0, duty, share, &r, w), 1.0, 1e-12);
	near(w[0], 31.2, 1e-12);
}

static void
several_jobs_each_have_their_own_pace(void **state)
{
	double duty[RETICLES], share[RETICLES], w[RETICLES];
	struct job_result r;
	struct job_set jobs;

	(void)state;
	job_set_one(&jobs, JOB_MODE_SYNC);
	for (int i = 0; i < RETICLES; i++) {
		duty[i] = share[i] = 1.0;
		jobs.of[i] = jobs.group[i] = (uint8_t)(i % ZONES / 4);
	}
	jobs.job[0].density = 1.25;
	duty[0] = 0.5;
	job_load(&r, w, &md, &jobs, NULL, duty, share);
	near(r.slot[0].rate, 0.5, 1e-12);
	near(r.slot[1].rate, 1.0, 1e-12);
	near(r.rate_wafer, 2.5 / 3.0, 1e-12);
	near(w[0], 31.2 + 156.0 * 1.25 * 0.5, 1e-12);
	near(w[4], 31.2 + 156.0, 1e-12);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_pumps_at_80_pct_give_1_kg_s_and_one_at_full_speed_848_g_s),
		cmocka_unit_test(flow_follows_speed_and_head_its_square),
		cmocka_unit_test(each_pump_stands_on_its_own_curve_and_on_the_loops),
		cmocka_unit_test(both_sides_of_the_exchanger_agree_on_the_heat),
		cmocka_unit_test(equal_capacity_rates_are_the_limit_of_unequal_ones),
		cmocka_unit_test(fouling_and_no_water_cost_heat),
		cmocka_unit_test(the_valve_for_a_supply_temperature_gives_it),
		cmocka_unit_test(the_supplies_carry_the_wafer_at_20_kilo_amperes),
		cmocka_unit_test(actuators_lag_and_never_outrun_their_slew),
		cmocka_unit_test(a_synchronous_job_runs_at_its_slowest_reticle),
		cmocka_unit_test(a_job_that_waits_for_data_is_clock_gated),
		cmocka_unit_test(independent_reticles_add_up),
		cmocka_unit_test(several_jobs_each_have_their_own_pace),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
