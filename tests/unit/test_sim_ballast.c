/* SPDX-License-Identifier: Apache-2.0 */
/* Dummy work in the engine block: its registers, where the plant has them, and when the device does none. */
#include "tests/unit/sim_fixture.h"

#define WITH "control: {ballast_max_w: 60}\n"

static struct plant *plant;
static struct sim *sim;
static uint16_t seq;

static int
begin(void **state)
{
	(void)state;
	seq = 0;
	plant = plant_of(PLANT_TWO WITH);
	sim = sim_of(plant, NULL);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	sim_close(sim);
	plant_free(plant);
	return 0;
}

static void
put(const char *name, uint16_t w)
{
	assert_int_equal(write_word(sim, plant, name, w), 0);
}

static double
does_w(const char *reticle)
{
	char name[40];
	snprintf(name, sizeof name, "cs00.wafer.%s.ballast_w", reticle);
	return 0.01 * word_of(sim, plant, name);
}

static void
supervised_s(int seconds)
{
	for (; seconds > 0; seconds--) {
		put("cs00.engine.seq_cmd", ++seq);
		put("cs00.cooling.seq_cmd", seq);
		run_s(sim, 1.0);
	}
}

static void
ask(void)
{
	supervised_s(1);
	put("cs00.wafer.A1.ballast_cmd_w", 4000);
	put("cs00.wafer.G12.ballast_cmd_w", 6000);
	supervised_s(1);
}

static void
assert_none(void)
{
	assert_true(does_w("A1") <= 0.0 && does_w("G12") <= 0.0);
	assert_true(truth_of(sim, 0).ballast_w <= 0.0);
}

static void
a_plant_without_the_option_has_no_such_points(void **state)
{
	(void)state;
	struct plant *without = plant_of(PLANT_TWO);
	assert_int_equal(plant_point(without, "cs00.wafer.A1.ballast_cmd_w"), NO_POINT);
	assert_int_equal(plant_point(without, "cs00.wafer.A1.ballast_w"), NO_POINT);
	assert_int_equal(plant_point(without, "cs00.ctl.ballast_w"), NO_POINT);
	assert_int_equal(plant_point(without, "cs00.ctl.ballast_fault"), NO_POINT);
	assert_int_equal(plant->n_points, without->n_points + 2 * (2 * RETICLES + 2));
	assert_true(plant_point(plant, "cs01.ctl.ballast_fault") != NO_POINT);
	assert_true(plant->n_alarms == without->n_alarms + 2);
	plant_free(without);
}

static void
what_is_asked_is_done_and_warms_the_reticle(void **state)
{
	(void)state;
	supervised_s(30);
	struct sim_truth before = truth_of(sim, 0);
	ask();
	assert_true(fabs(does_w("A1") - 40.0) < 1e-9 && fabs(does_w("G12") - 60.0) < 1e-9);
	assert_true(does_w("A2") <= 0.0);
	supervised_s(10);
	struct sim_truth after = truth_of(sim, 0);
	assert_true(fabs(after.ballast_w - 100.0) < 1e-9);
	assert_true(after.temp_c[0] > before.temp_c[0] + 1.0);
	assert_true(after.wafer_w > before.wafer_w + 90.0);
	assert_int_equal(write_word(sim, plant, "cs00.wafer.A1.ballast_cmd_w", 6001), 3);
}

static void
it_ends_with_its_supervisor_and_registers_show_it(void **state)
{
	(void)state;
	for (int released = 0; released < 2; released++) {
		ask();
		if (released)
			put("cs00.engine.release_cmd", 1);
		run_s(sim, released ? 0.2 : 3.2);
		assert_int_equal(word_of(sim, plant, "cs00.engine.authority"), AUTHORITY_LOCAL);
		assert_none();
		assert_int_equal(word_of(sim, plant, "cs00.wafer.A1.ballast_cmd_w"), 0);
		put("cs00.engine.release_cmd", 0);
		supervised_s(2); /* whoever comes next begins with none */
		assert_none();
	}
}

static void
a_trip_or_too_little_flow_ends_it(void **state)
{
	(void)state;
	ask();
	assert_int_equal(change(sim, "cs00.pump[0].failed=1"), 0);
	assert_int_equal(change(sim, "cs00.pump[1].limit=0.65"), 0);
	supervised_s(5);
	assert_true(truth_of(sim, 0).trip == 0);
	assert_none(); /* L1 holds duties down */
	assert_int_equal(change(sim, "cs00.pump[1].failed=1"), 0);
	supervised_s(5);
	assert_true(truth_of(sim, 0).trip != 0);
	assert_none();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_plant_without_the_option_has_no_such_points),
		TEST(what_is_asked_is_done_and_warms_the_reticle),
		TEST(it_ends_with_its_supervisor_and_registers_show_it),
		TEST(a_trip_or_too_little_flow_ends_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
