/* SPDX-License-Identifier: Apache-2.0 */
/* What the history keeps of a plant, and under which names. */
#include "tests/unit/config_fixture.h"

#include "collectors/hist_plan.h"

static struct plant *plant;
static struct hist_plan plan;

static void
plan_of(const char *more)
{
	char text[1000];
	struct errtext err = {""};

	snprintf(text, sizeof(text), "%s%s", GOOD_HEAD, more);
	plant = plant_of(text);
	assert_int_equal(hist_plan_open(&plan, plant, &err), 0);
}

static void
done(void)
{
	hist_plan_close(&plan);
	plant_free(plant);
}

static const struct hist_file *
file_of(const char *name)
{
	static const struct hist_archive none[HIST_ARCHIVES_MAX];
	static const struct hist_file missing = {.archives = none};

	for (uint32_t i = 0; i < plan.n_files; i++)
		if (strcmp(plan.files[i].name, name) == 0)
			return &plan.files[i];
	return &missing;
}

static void
names_of_sources_depend_on_the_point_alone(void **state)
{
	static const char *const table[][2] = {
		{"cs03.pump[0].speed_pct", "pump_0_speed_pct"},
		{"cs17.pump[0].speed_pct", "pump_0_speed_pct"},
		{"cs03.wafer.C6.temp_c", "wafer_C6_temp_c"},
		{"site.meter.l[2].current_a", "meter_l_2_current_a"},
		{"cs03.plate.outlet_temp_c", "plate_outlet_temp_c"},
		{"cs03.loop.leak[1]", "loop_leak_1"},
		{"cs03.loop.supply_pressure_kpa", "loop_supply_p_2d82a"},
		{"cs04.loop.supply_pressure_kpa", "loop_supply_p_2d82a"},
		{"cs03.hx.facility_in_temp_c", "hx_facility_i_a191c"},
		{"cs03.hx.facility_out_temp_c", "hx_facility_o_9d6c9"},
	};
	char name[HIST_DS_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_string_equal(hist_ds_name(table[i][0], name), table[i][1]);
}

static void
a_device_has_a_file_of_key_figures_and_the_engine_one_of_temperatures(void **state)
{
	(void)state;
	plan_of("facility:\n  - {name: water, profile: facility_water}\n"
		"  - {name: meter, profile: schneider_iem3000}\n");
	assert_int_equal(plan.n_files, 2 * 5 + 2);
	assert_int_equal(file_of("cs00.engine.temps.rrd")->n, RETICLES);
	assert_int_equal(file_of("cs01.engine.key.rrd")->n, 10);
	assert_int_equal(file_of("cs01.cooling.key.rrd")->n, 18);
	assert_int_equal(file_of("cs01.power.key.rrd")->n, 3);
	assert_int_equal(file_of("cs01.ctl.rrd")->n, 9);
	assert_int_equal(file_of("site.water.key.rrd")->n, 4);
	assert_int_equal(file_of("site.meter.key.rrd")->n, 8);
	assert_int_equal(file_of("cs00.cooling.temps.rrd")->n, 0);
	done();
}

static void
each_column_knows_where_its_sample_is(void **state)
{
	(void)state;
	plan_of("");
	for (uint32_t i = 0; i < plan.n_columns; i++) {
		uint32_t index;
		const struct hist_column *c = &plan.columns[i];
		assert_int_equal(plant_where(plant, c->point, &index), c->region);
		assert_int_equal(index, c->index);
		assert_in_range(strlen(c->ds), 1, HIST_DS_SIZE - 1);
		assert_int_equal(strspn(c->ds, "abcdefghijklmnopqrstuvwxyz_0123456789"
					       "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
				 strlen(c->ds));
	}
	done();
}

static uint64_t
bytes_of_system(const char *name)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < plan.n_files; i++)
		if (strncmp(plan.files[i].name, name, strlen(name)) == 0)
			bytes += hist_file_bytes(&plan.files[i]);
	return bytes;
}

static void
a_short_history_takes_less_than_eight_megabytes_a_system(void **state)
{
	(void)state;
	plan_of("history: short\n");
	print_message("# short: %.2f MB a system\n", (double)bytes_of_system("cs00.") / 1e6);
	assert_in_range(bytes_of_system("cs00."), 4000000, 8000000);
	assert_int_equal(file_of("cs00.engine.key.rrd")->n_archives, 2);
	assert_int_equal(file_of("cs00.engine.temps.rrd")->archives[0].row_s, 10);
	assert_int_equal(file_of("cs00.engine.temps.rrd")->archives[0].rows, 6 * 360);
	done();
}

static void
a_full_history_goes_back_three_years_in_about_ninety_megabytes(void **state)
{
	(void)state;
	plan_of("history: full\n");
	print_message("# full: %.2f MB a system\n", (double)bytes_of_system("cs00.") / 1e6);
	assert_in_range(bytes_of_system("cs00."), 88000000, 96000000);
	const struct hist_file *key = file_of("cs00.ctl.rrd"),
			       *temps = file_of("cs00.engine.temps.rrd");
	assert_int_equal(key->n_archives, 11);
	assert_int_equal((uint64_t)key->archives[0].rows * key->archives[0].row_s, 2 * 3600);
	assert_int_equal((uint64_t)key->archives[10].rows * key->archives[10].row_s,
			 3 * 365 * 86400);
	assert_int_equal(temps->archives[1].cf, HIST_MAX);
	assert_int_equal((uint64_t)temps->archives[1].rows * temps->archives[1].row_s, 180 * 86400);
	done();
}

static void
a_point_comes_with_the_limits_of_its_system(void **state)
{
	struct hist_limit limit[HIST_LIMITS_MAX];

	(void)state;
	plan_of("limits: {temp_c: 48, spread_k: 7}\n");
	assert_in_range(hist_limits(plant, plant_point(plant, "cs00.wafer.C6.temp_c"), limit), 1,
			4);
	assert_true(limit[0].value > 47.9 && limit[0].value < 48.1);
	assert_in_range(hist_limits(plant, plant_point(plant, "cs01.ctl.spread_k"), limit), 1, 4);
	assert_true(limit[0].value > 6.9 && limit[0].value < 7.1);
	done();
}

static void
two_points_of_one_name_are_refused(void **state)
{
	struct errtext err = {""};

	(void)state;
	plant = plant_of(GOOD_HEAD);
	uint32_t a = plant_point(plant, "cs00.pump[0].speed_pct"),
		 b = plant_point(plant, "cs00.pump[1].speed_pct");
	strcpy(plant->points[b].name, "cs00.pump.0.speed.pct");
	assert_int_not_equal(a, b);
	assert_int_equal(hist_plan_open(&plan, plant, &err), -EEXIST);
	assert_non_null(strstr(err.text, "pump_0_speed_pct in cs00.cooling.key.rrd"));
	plant_free(plant);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_sources_depend_on_the_point_alone),
		cmocka_unit_test(
			a_device_has_a_file_of_key_figures_and_the_engine_one_of_temperatures),
		cmocka_unit_test(each_column_knows_where_its_sample_is),
		cmocka_unit_test(a_short_history_takes_less_than_eight_megabytes_a_system),
		cmocka_unit_test(a_full_history_goes_back_three_years_in_about_ninety_megabytes),
		cmocka_unit_test(a_point_comes_with_the_limits_of_its_system),
		cmocka_unit_test(two_points_of_one_name_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
