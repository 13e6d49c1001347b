/* SPDX-License-Identifier: Apache-2.0 */
/* The plant as a slave of co-simulation. */
#include "tests/unit/sim_two.h"

#include <errno.h>

#include "engine_sim/cosim.h"

static uint32_t
reference(const char *name)
{
	uint32_t r = 0;

	assert_int_equal(cosim_reference(sim, name, &r), 0);
	return r;
}

static void
inputs_go_in_and_outputs_come_out(void **state)
{
	const uint32_t in[] = {reference("cs00.cooling.seq_cmd"),
			       reference("cs00.pump[0].speed_cmd_pct")};
	const uint32_t out[] = {reference("cs00.pump[0].speed_pct"),
				reference("cs00.loop.flow_lpm")};
	double before[2], after[2];

	(void)state;
	assert_int_equal(cosim_get(sim, out, 2, before), 0);
	assert_int_equal(cosim_set(sim, in, 2, (const double[]){1.0, 60.0}), 0);
	for (int k = 0; k < 25; k++)
		assert_int_equal(cosim_step(sim, 0.1 * k, 0.1), 0);
	assert_int_equal(cosim_get(sim, out, 2, after), 0);
	assert_true(fabs(before[0] - 80.0) < 0.1 && after[0] < 70.0);
	assert_true(after[1] < before[1] - 3.0);
}

static void
what_makes_no_sense_is_refused(void **state)
{
	const uint32_t temp = reference("cs00.wafer.A1.temp_c");
	const uint32_t cmd = reference("cs00.pump[0].speed_cmd_pct");
	const uint32_t none = plant->n_in;
	uint32_t r;
	double x = 0.0;

	(void)state;
	assert_int_equal(cosim_reference(sim, "cs00.nothing", &r), -ENOENT);
	assert_int_equal(cosim_reference(sim, "cs00.ctl.mode", &r), -ENOENT);
	assert_int_equal(cosim_get(sim, &none, 1, &x), -ENOENT);
	assert_int_equal(cosim_set(sim, &temp, 1, &x), -EACCES);
	assert_int_equal(cosim_set(sim, &cmd, 1, (const double[]){101.0}), -ERANGE);
	assert_int_equal(cosim_set(sim, &cmd, 1, (const double[]){(double)NAN}), -ERANGE);
	assert_int_equal(cosim_step(sim, 0.0, 0.015), -EINVAL);
	assert_int_equal(cosim_step(sim, 0.5, 0.01), -EINVAL);
	assert_int_equal(cosim_step(sim, 0.0, -0.01), -EINVAL);
	assert_int_equal(cosim_step(sim, (double)NAN, 0.01), -EINVAL);
	assert_true(sim_now_ns(sim) == 0);
}

static void
a_step_that_was_too_far_is_taken_back(void **state)
{
	size_t n = sim_state_size(sim);
	uint8_t *kept = malloc(n);
	struct sim_truth once, again;
	char why[200];

	(void)state;
	assert_non_null(kept);
	assert_int_equal(cosim_step(sim, 0.0, 1.0), 0);
	sim_state_get(sim, kept);
	assert_int_equal(change(sim, "cs00.zone[5].g=0.379 over 2s"), 0);
	assert_int_equal(cosim_step(sim, 1.0, 5.0), 0);
	once = truth_of(sim, 0);
	assert_int_equal(sim_state_set(sim, kept, n, why, sizeof(why)), 0);
	assert_int_equal(change(sim, "cs00.zone[5].g=0.379 over 2s"), 0);
	assert_int_equal(cosim_step(sim, 1.0, 5.0), 0);
	again = truth_of(sim, 0);
	assert_memory_equal(once.temp_c, again.temp_c, sizeof(once.temp_c));
	free(kept);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(inputs_go_in_and_outputs_come_out, setup, teardown),
		cmocka_unit_test_setup_teardown(what_makes_no_sense_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_step_that_was_too_far_is_taken_back, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
