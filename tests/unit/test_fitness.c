/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "tests/unit/tui_fixture.h"
#include "tui/fitness.h"

static void
a_scheduler_learns_what_a_system_is_fit_for(void **state)
{
	struct model m;
	char why[120];
	(void)state;
	fixture_open(&m, 4);
	assert_int_equal(fitness_of(&m, 0, why, sizeof why), FIT_READY);
	assert_string_equal(why, "");
	m.systems[0].one[ROLE_CTL_STRAGGLER] = fixture_sample(1);
	m.systems[1].pump_status[1] = fixture_sample(2);
	m.systems[2].one[ROLE_CTL_MODE] = fixture_sample(CTL_STOPPED);
	m.systems[3].one[ROLE_ENGINE_TRIP] = fixture_sample(1);
	model_summarise(&m);
	assert_int_equal(fitness_of(&m, 0, why, sizeof why), FIT_DEGRADED);
	assert_string_equal(why, "the slowest system of a job");
	assert_int_equal(fitness_of(&m, 1, why, sizeof why), FIT_DEGRADED);
	assert_string_equal(why, "a pump has failed");
	assert_int_equal(fitness_of(&m, 2, why, sizeof why), FIT_NO);
	assert_string_equal(why, "stopped by a person");
	assert_int_equal(fitness_of(&m, 3, why, sizeof why), FIT_NO);
	assert_string_equal(why, "tripped");
	m.systems[0].one[ROLE_CTL_STRAGGLER] = (struct sample){0};
	m.systems[0].one[ROLE_CTL_REASON] = fixture_sample(REASON_PACE);
	model_summarise(&m);
	assert_int_equal(fitness_of(&m, 0, why, sizeof why), FIT_READY); /* it only waits */
	m.writer[REGION_CTL].status.alive = false;
	assert_int_equal(fitness_of(&m, 0, why, sizeof why), FIT_NO);
	assert_string_equal(fitness_word(FIT_NO), "no");
	model_fini(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scheduler_learns_what_a_system_is_fit_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
