/* SPDX-License-Identifier: Apache-2.0 */
/* What the image holds of a device that falls silent: the same whether its samples are read elsewhere or where they are made. */
#include "tests/unit/collect_rig.h"

#include <math.h>

#define TEMP "cs00.wafer.A3.temp_c"    /* in the first read of its class … */
#define DUTY "cs00.wafer.A3.duty_frac" /* … and in the second */

static uint16_t *
registers(const char *point)
{
	const struct point *p = &rig.plant->points[plant_point(rig.plant, point)];
	return &rig.model[p->device].input[p->reg];
}

/* No answer that has a duty in it. */
static size_t
without_duties(struct rig *r, uint32_t device, uint8_t *reply, size_t len)
{
	(void)r;
	(void)device;
	return reply[7] == 4 && reply[8] == 2 * 84 ? 0 : len;
}

static void
holds(const char *point, enum quality quality, double value, int64_t from_ns, int64_t to_ns)
{
	struct sample s = rig_get(&rig, point);
	assert_int_equal(quality, s.quality);
	assert_true(fabs(s.value - value) < 1e-9);
	assert_in_range(s.time_ns, from_ns, to_ns);
}

static void
what_came_of_a_round_that_was_broken_off_is_the_last_known(void)
{
	*registers(TEMP) = 320;
	*registers(DUTY) = 5000;
	rig_run(&rig, 950 * MS);
	holds(TEMP, QUALITY_GOOD, 40.0, rig.now_ns - 200 * MS, rig.now_ns);
	*registers(TEMP) = 400;
	*registers(DUTY) = 6000;
	uint32_t d = device("cs00.engine");
	rig.model[d].twist = without_duties;
	int64_t from_ns = rig.now_ns;
	rig_run(&rig, 200 * MS); /* half of the class has come */
	holds(TEMP, QUALITY_GOOD, 40.0, from_ns - 200 * MS, from_ns);
	rig_run(&rig, 200 * MS);
	holds(TEMP, QUALITY_COMM, 50.0, from_ns, rig.now_ns);
	holds(DUTY, QUALITY_COMM, 0.5, from_ns - 200 * MS, from_ns);
	rig.model[d].twist = NULL;
	rig_run(&rig, 500 * MS);
	holds(TEMP, QUALITY_GOOD, 50.0, rig.now_ns - 200 * MS, rig.now_ns);
	holds(DUTY, QUALITY_GOOD, 0.6, rig.now_ns - 200 * MS, rig.now_ns);
}

/* Nobody asks for a second, and what is in the image ages; then a device does not answer. */
static void
what_aged_before_its_verdict_is_the_last_known(void (*age)(void))
{
	*registers(TEMP) = 320;
	rig_run(&rig, 950 * MS);
	*registers(TEMP) = 400;
	rig_run(&rig, 200 * MS);
	int64_t read_ns = rig_get(&rig, TEMP).time_ns;
	uint32_t d = device("cs00.engine");
	rig.model[d].silent = true;
	rig.now_ns += NS_PER_S;
	age();
	holds(TEMP, QUALITY_STALE, 50.0, read_ns, read_ns);
	rig_run(&rig, 300 * MS);
	holds(TEMP, QUALITY_COMM, 50.0, read_ns, read_ns);
}

static void
nobody(void)
{
}

static void
where_they_are(void)
{
	image_settle(rig.in, rig.now_ns);
}

static void
a_round_broken_off_read_elsewhere(void **state)
{
	(void)state;
	what_came_of_a_round_that_was_broken_off_is_the_last_known();
}

static void
a_round_broken_off_read_in_place(void **state)
{
	assert_non_null(image_here(rig.in));
	a_round_broken_off_read_elsewhere(state);
}

static void
aged_values_read_elsewhere(void **state)
{
	(void)state;
	what_aged_before_its_verdict_is_the_last_known(nobody);
}

static void
aged_values_read_in_place(void **state)
{
	(void)state;
	assert_non_null(image_here(rig.in));
	what_aged_before_its_verdict_is_the_last_known(where_they_are);
}

int
main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, open_two, close_it)
	const struct CMUnitTest tests[] = {
		WITH(a_round_broken_off_read_elsewhere), WITH(a_round_broken_off_read_in_place),
		WITH(aged_values_read_elsewhere), WITH(aged_values_read_in_place)};
#undef WITH
	return cmocka_run_group_tests(tests, NULL, NULL);
}
