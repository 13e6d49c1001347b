/* SPDX-License-Identifier: Apache-2.0 */
/* Plants with fine wafers: they mean the same plant as the reference grid, balance at each step, and
 * are the kernel that `solve` runs. */
#include "tests/unit/sim_fixture.h"

#include <errno.h>

#include "config/case.h"
#include "config/wafer.h"
#include "engine_sim/process.h"
#include "engine_sim/steady.h"

#define AGREE_K 0.5 /* of a fine plant with the reference grid */
#define BALANCE 1e-9

static void
near(double got, double expected, double within)
{
	if (!(fabs(got - expected) <= within))
		fail_msg("%.12g is not %.12g within %g", got, expected, within);
}

static void
plant_at_rest(struct process *p, enum grid grid, double speed)
{
	struct config_report report = {0};

	process_init(p);
	assert_int_equal(wafer_csv_read("config/wafers/reference.csv", &p->variation, &report), 0);
	config_report_free(&report);
	assert_int_equal(process_grid(p, grid, NULL), 0);
	p->pump[0] = p->pump[1] = speed;
	p->stale = true;
	assert_int_equal(steady_solve(p, 24.0, false), 0);
}

static void
full_load_is_that_of_the_reference_grid(void **state)
{
	static const enum grid grids[] = {GRID_48X28, GRID_96X56};
	static const double speeds[] = {0.8, 1.0};

	(void)state;
	for (int k = 0; k < 4; k++) {
		struct wafer_extremes coarse_ex, fine_ex;
		struct process coarse, fine;
		double worst = 0.0;

		plant_at_rest(&coarse, GRID_REFERENCE, speeds[k % 2]);
		plant_at_rest(&fine, grids[k / 2], speeds[k % 2]);
		wafer_extremes(&coarse_ex, coarse.wafer.si_c);
		wafer_extremes(&fine_ex, fine.wafer.si_c);
		for (int i = 0; i < RETICLES; i++)
			worst = fmax(worst, fabs(coarse.wafer.si_c[i] - fine.wafer.si_c[i]));
		print_message("%s, pumps %.1f: max %.2f (%.2f), min %.2f (%.2f), mean %.2f (%.2f) "
			      "C, a reticle differs by %.2f K at most\n",
			      k < 2 ? "48x28" : "96x56", speeds[k % 2], fine_ex.tmax_c,
			      coarse_ex.tmax_c, fine_ex.tmin_c, coarse_ex.tmin_c, fine_ex.mean_c,
			      coarse_ex.mean_c, worst);
		assert_true(worst <= AGREE_K);
		near(fine.power.wafer_w, coarse.power.wafer_w, 5.0);
		near(fine.loop.hot_c, coarse.loop.hot_c, 0.01);
		process_close(&fine);
	}
}

static void
the_step_stays_at_rest(void **state)
{
	struct process_demand d = {.duty_cap = 1.0, .pump = {0.8, 0.8}, .powered = true};
	double rest[RETICLES];
	struct process p;

	(void)state;
	plant_at_rest(&p, GRID_48X28, 0.8);
	d.valve = p.valve;
	for (int i = 0; i < RETICLES; i++)
		d.duty[i] = 1.0;
	memcpy(rest, p.wafer.si_c, sizeof(rest));
	for (int n = 0; n < 200; n++)
		process_step(&p, &d);
	for (int i = 0; i < RETICLES; i++)
		near(p.wafer.si_c[i], rest[i], 1e-7);
	process_close(&p);
}

static void
each_step_of_a_rough_day_balances(void **state)
{
	static const char *const day[] = {
		"cs00.zone[5].g=0.379 over 1s",
		"cs00.pump[1].failed=1",
		"facility.supply_c=26 over 5s",
		"cs00.job.activity=0.02",
		"cs00.hx.ua_mul=0.6",
		"cs00.job.activity=1",
		"cs00.zone[2].g=0",
		"cs00.facility.valve=0.1",
		"cs00.model.k_cu_x_w_k=1.5",
		"facility.flow_frac=0 over 3s",
		"cs00.zone.g=1",
		"facility.flow_frac=1",
	};
	struct plant *plant = plant_of("site: test\n"
				       "grid: 48x28\n"
				       "seed: 7\n"
				       "faults: allowed\n"
				       "systems:\n"
				       "  - {name: cs%02d, count: 2, type: water}\n");
	struct sim *sim = sim_of(plant, NULL);

	(void)state;
	for (size_t k = 0; k < sizeof(day) / sizeof(day[0]); k++) {
		assert_int_equal(change(sim, day[k]), 0);
		run_s(sim, 4.0);
		assert_true(truth_of(sim, 0).energy_error_rel <= BALANCE);
		assert_true(truth_of(sim, 1).energy_error_rel <= BALANCE);
	}
	assert_true(truth_of(sim, 0).energy_error_rel > 0.0);
	print_message("worst balance of a step %.1e\n", truth_of(sim, 0).energy_error_rel);
	sim_close(sim);
	plant_free(plant);
}

/* The plant's own step, with the data of a case, against what solve prints. */
static void
a_plant_with_a_cases_data_settles_to_what_solve_says(void **state)
{
	static const char *const paths[] = {"config/cases/w1.yaml", "config/cases/w2.yaml"};

	(void)state;
	for (int k = 0; k < 2; k++) {
		struct process_demand d = {
			.duty_cap = 1.0, .pump = {0.8, 0.8}, .valve = 1.0, .powered = true};
		struct config_report report = {0};
		struct case_file file;
		struct case_wafer alone;
		struct column_flows flows;
		struct fine *fine;
		struct process p;
		double power[RETICLES], expected[RETICLES], got[RETICLES];

		assert_int_equal(case_load(&file, paths[k], &report), 0);
		process_init(&p);
		p.md.hot_kg = p.md.cold_kg = 1e12; /* the supply stays where it is */
		p.md.leak_w = p.md.idle_w = 0.0;
		p.md.dynamic_w = 17500.0 / RETICLES;
		p.loop = (struct coolant_state){25.0, 25.0};
		job_set_one(&p.jobs, JOB_MODE_IND);
		for (int i = 0; i < RETICLES; i++) {
			d.duty[i] = p.duty[i] = i % ZONES < 6 ? 1.0 : 0.3;
			power[i] = p.md.dynamic_w * d.duty[i];
		}
		/* the plant's flow in the case's coolant */
		file.flow_m3_s = p.cool.flow_kg_s * p.md.cp_j_kg_k / 4.172e6;
		assert_int_equal(case_wafer_open(&alone, &file, 4, PROCESS_STEP_S), 0);
		assert_int_equal(column_steady(alone.column, power, 25.0, &flows), 0);
		column_face(alone.column, power, expected);
		assert_int_equal(fine_open_case(&fine, &file, 4), 0);
		process_fine(&p, fine);
		for (int n = 0; n < 3000; n++)
			process_step(&p, &d);
		column_face(fine->wafer.column, power, got);
		for (int i = 0; i < RETICLES; i++)
			near(got[i], expected[i], 1e-6);
		process_close(&p);
		case_wafer_close(&alone);
	}
}

static void
two_runs_of_one_seed_are_the_same(void **state)
{
	struct plant *plant = plant_of(PLANT_TWO);
	struct sim_options opt = {.grid = 1 + GRID_48X28};
	struct sim *a = sim_of(plant, &opt), *b = sim_of(plant, &opt);
	struct sim_truth ta, tb;

	(void)state;
	assert_int_equal(change(a, "cs00.zone[5].g=0.379 over 1s"), 0);
	assert_int_equal(change(b, "cs00.zone[5].g=0.379 over 1s"), 0);
	run_s(a, 5.0);
	run_s(b, 5.0);
	ta = truth_of(a, 0);
	tb = truth_of(b, 0);
	assert_memory_equal(&ta, &tb, sizeof(ta));
	sim_close(a);
	sim_close(b);
	plant_free(plant);
}

static void
what_the_step_could_not_follow_is_refused_by_its_name(void **state)
{
	struct plant *plant = plant_of(PLANT_TWO);
	struct sim_options opt = {.grid = 1 + GRID_48X28};
	struct sim *sim = sim_of(plant, &opt);
	struct change c;
	char why[512] = "";

	(void)state;
	assert_int_equal(change(sim, "cs00.model.c_cu_j_k=1"), 0);
	run_s(sim, 0.2);
	assert_int_equal(change_parse("cs00.model.k_cu_x_w_k=10", &c, why, sizeof(why)), 0);
	assert_int_equal(sim_set(sim, &c, why, sizeof(why)), -ERANGE);
	assert_non_null(strstr(why, "cs00.model.k_cu_x_w_k"));
	assert_non_null(strstr(why, "stable range"));
	run_s(sim, 0.2);
	assert_true(truth_of(sim, 0).energy_error_rel <= BALANCE);
	sim_close(sim);
	plant_free(plant);
}

static void
a_written_plant_keeps_its_grid(void **state)
{
	static const char *const names[] = {"reference", "48x28", "96x56"};
	char folder[64], path[100], text[200];

	(void)state;
	folder_make(folder);
	snprintf(path, sizeof(path), "%s/plant.yaml", folder);
	for (int g = GRID_REFERENCE; g <= GRID_96X56; g++) {
		struct config_report report = {0};
		struct plant *plant, *again;

		snprintf(text, sizeof(text),
			 "site: test\ngrid: %s\nsystems:\n  - {name: cs00, type: water}\n",
			 names[g]);
		plant = plant_of(text);
		assert_int_equal(plant->grid, g);
		assert_int_equal(plant_write_resolved(plant, path), 0);
		assert_int_equal(plant_load(&again, path, &report), 0);
		assert_int_equal(again->grid, g);
		config_report_free(&report);
		plant_free(plant);
		plant_free(again);
	}
	folder_remove(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_load_is_that_of_the_reference_grid),
		cmocka_unit_test(the_step_stays_at_rest),
		cmocka_unit_test(each_step_of_a_rough_day_balances),
		cmocka_unit_test(a_plant_with_a_cases_data_settles_to_what_solve_says),
		cmocka_unit_test(two_runs_of_one_seed_are_the_same),
		cmocka_unit_test(what_the_step_could_not_follow_is_refused_by_its_name),
		cmocka_unit_test(a_written_plant_keeps_its_grid),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
