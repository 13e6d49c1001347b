/* SPDX-License-Identifier: Apache-2.0 */
/* The controllers' model of a wafer, against the plant's equations solved by another way: in time. */
#include "tests/unit/support.h"

#include <math.h>
#include <string.h>

#include "controllers/response.h"

static struct system_model
defaults(void)
{
	return (struct system_model){
#define MODEL(field, unit, value, lo, hi, text) .field = (value),
#include "config/model.def"
#undef MODEL
	};
}

/* Silicon and copper to rest under `power_w` by relaxation, node by node. */
static void
relax(const struct system_model *md, double flow_kg_s, const double zone_g[ZONES],
      const double power_w[RETICLES], double si_k[RETICLES])
{
	static const double entrance[ROWS] = {1.10, 1.02, 0.99, 0.98, 0.97, 0.97, 0.97};
	double cu_k[RETICLES] = {0.0}, sum = 0.0;

	memset(si_k, 0, sizeof(double) * RETICLES);
	for (int x = 0; x < ZONES; x++)
		sum += zone_g[x];
	for (int turn = 0; turn < 3000; turn++)
		for (int x = 0; x < ZONES; x++) {
			double m = flow_kg_s * zone_g[x] / sum, c = m * md->cp_j_kg_k, th = 0.0;
			double ha = md->ha_w_k * pow(m * ZONES / md->m_nom_kg_s, md->ha_exponent);

			for (int y = 0; y < ROWS; y++) {
				int i = ZONES * y + x;
				int near[4] = {x > 0 ? i - 1 : i, x < ZONES - 1 ? i + 1 : i,
					       y > 0 ? i - ZONES : i, y < ROWS - 1 ? i + ZONES : i};
				double f = 1.0 - exp(-ha * entrance[y] / c);
				double g = md->g_si_cu_w_k, all = g, in = power_w[i] + g * cu_k[i];

				for (int n = 0; n < 4; n++) {
					double k = n < 2 ? md->k_si_x_w_k : md->k_si_y_w_k;
					all += near[n] != i ? k : 0.0;
					in += near[n] != i ? k * si_k[near[n]] : 0.0;
				}
				si_k[i] = in / all;
				all = g + c * f;
				in = g * si_k[i] + c * f * th;
				for (int n = 0; n < 4; n++) {
					double k = n < 2 ? md->k_cu_x_w_k : md->k_cu_y_w_k;
					all += near[n] != i ? k : 0.0;
					in += near[n] != i ? k * cu_k[near[n]] : 0.0;
				}
				cu_k[i] = in / all;
				th += f * (cu_k[i] - th);
			}
		}
}

static void
check_case(double flow_kg_s, const double zone_g[ZONES])
{
	static struct response r;
	struct system_model md = defaults();
	struct zone_face f;
	double power_w[RETICLES], got_k[RETICLES], want_k[RETICLES];

	for (int i = 0; i < RETICLES; i++)
		power_w[i] = 150.0 + 60.0 * sin(1.7 * i);
	face_init(&f, &md, 1.0, 1.0);
	response_make(&r, &f, flow_kg_s, zone_g);
	response_rise(&r, power_w, got_k);
	relax(&md, flow_kg_s, zone_g, power_w, want_k);
	for (int i = 0; i < RETICLES; i++)
		assert_true(fabs(got_k[i] - want_k[i]) < 0.02);
}

static void
response_is_that_of_the_equations(void **state)
{
	double zone_g[ZONES];
	(void)state;
	for (int x = 0; x < ZONES; x++)
		zone_g[x] = 1.0;
	check_case(1.0, zone_g);
	check_case(0.848, zone_g);
	zone_g[5] = 0.379;
	check_case(1.0, zone_g);
}

static void
nominal_load_has_the_nominal_temperatures(void **state)
{
	static struct response r;
	struct system_model md = defaults();
	struct zone_face f;
	double zone_g[ZONES], power_w[RETICLES], rise_k[RETICLES], sum = 0.0;
	(void)state;
	for (int x = 0; x < ZONES; x++)
		zone_g[x] = 1.0;
	face_init(&f, &md, 1.0, 1.0);
	response_make(&r, &f, 1.0, zone_g);
	memset(rise_k, 0, sizeof rise_k);
	for (int turn = 0; turn < 20; turn++) { /* leakage and temperature */
		sum = 0.0;
		for (int i = 0; i < RETICLES; i++)
			sum += power_w[i] = response_power_w(&md, 1.0, 1.0, 1.0, 24.0 + rise_k[i]);
		response_rise(&r, power_w, rise_k);
	}
	assert_true(fabs(sum - 17380.0) < 150.0);
	assert_true(rise_k[80] > rise_k[0] && rise_k[80] + 24.0 < 46.0 && rise_k[80] + 24.0 > 43.0);
	/* the loop: all of it leaves through the exchanger */
	double open_c = 20.0 + sum * response_supply_k_per_w(&md, 0.848, 1.0, 1.0);
	assert_true(open_c > 22.5 && open_c < 24.0);
}

static void
a_response_serves_as_long_as_nothing_has_moved(void **state)
{
	static struct response r;
	struct system_model md = defaults();
	struct zone_face f;
	double zone_g[ZONES];
	(void)state;
	for (int x = 0; x < ZONES; x++)
		zone_g[x] = 1.0;
	face_init(&f, &md, 1.0, 1.0);
	response_make(&r, &f, 1.0, zone_g);
	assert_true(response_serves(&r, 1.005, zone_g));
	assert_false(response_serves(&r, 1.02, zone_g));
	assert_false(response_serves(&r, (double)NAN, zone_g));
	for (int x = 0; x < ZONES; x++)
		zone_g[x] = 0.9; /* all alike: the same parts */
	assert_true(response_serves(&r, 1.0, zone_g));
	zone_g[3] = 0.8;
	assert_false(response_serves(&r, 1.0, zone_g));
}

static void
power_has_leakage_idle_work_and_waiting(void **state)
{
	struct system_model md = defaults();
	(void)state;
	assert_true(fabs(response_leak_w(&md, 45.0) - 20.8) < 1e-9);
	assert_true(fabs(response_power_w(&md, 0.5, 0.4, 0.8, 45.0) -
			 (20.8 + 31.2 + 156.0 * 0.5 * (0.4 + 0.25 * 0.4))) < 1e-9);
	assert_true(fabs(response_power_w(&md, 1.0, 0.8, 0.4, 45.0) - (20.8 + 31.2 + 156.0 * 0.8)) <
		    1e-9);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(response_is_that_of_the_equations),
		cmocka_unit_test(nominal_load_has_the_nominal_temperatures),
		cmocka_unit_test(a_response_serves_as_long_as_nothing_has_moved),
		cmocka_unit_test(power_has_leakage_idle_work_and_waiting),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
