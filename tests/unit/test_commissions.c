/* SPDX-License-Identifier: Apache-2.0 */
/* A soak's way through modes and blocks: each end is told, and nothing of one block is left to another. */
#include "tests/unit/support.h"
#include "tests/unit/config_fixture.h"

#include <math.h>

#include "controllers/commissions.h"
#include "core/clock.h"

struct rig {
	struct plant *plant;
	struct commissions *c;
	struct supervisor s;
	struct view v;
	double believed_c[RETICLES];
	int64_t now_ns;
	char said[600];
};

static int
begin(void **state)
{
	struct rig *r = calloc(1, sizeof *r);
	r->plant = plant_of("site: x\nsystems: [{name: cs00, type: water}]\n");
	assert_int_equal(commissions_open(&r->c, r->plant, true), 0);
	r->s.setup.plant = r->plant;
	r->s.mode = CTL_AUTO;
	r->s.believed_c = r->believed_c;
	estimate_init(&r->s.estimate);
	observer_init(&r->s.observer, &r->plant->systems[0].model);
	r->v = (struct view){.engine_serial = 7.0,
			     .supply_c = 24.0,
			     .flow_lpm = 60.0,
			     .wafer_w = 60.0 * RETICLES};
	for (int i = 0; i < RETICLES; i++) {
		r->believed_c[i] = 40.0;
		r->v.power_w[i] = 60.0; /* not work enough for a stage */
		r->v.duty_frac[i] = 1.0;
	}
	*state = r;
	return 0;
}

static int
end(void **state)
{
	struct rig *r = *state;
	commissions_close(r->c);
	plant_free(r->plant);
	free(r);
	return 0;
}

/* What is told meanwhile, one after the other, is in r->said. */
static void
run(struct rig *r, double seconds)
{
	struct image_event e;
	int32_t system;
	size_t at = 0;
	r->said[0] = '\0';
	for (int n = 0; n < (int)lrint(10.0 * seconds); n++) {
		r->now_ns += NS_PER_S / 10;
		if (commissions_awaits(r->c, 0, &r->v))
			commissions_before(r->c, 0, &r->s, &r->v, r->now_ns);
		commissions_after(r->c, 0, &r->s, &r->v, r->now_ns);
		while (commissions_line(r->c, &e, &system) && at < sizeof r->said - 1)
			at += (size_t)snprintf(r->said + at, sizeof r->said - at, "%s\n", e.text);
	}
}

static void
ask(struct rig *r)
{
	static const char text[] =
		"{\"cmd\": \"commission\", \"system\": \"cs00\", \"why\": \"x\"}";
	char result[COMMAND_MAX + 1];
	struct hold_request req = {.access = ACCESS_ENGINEER,
				   .json = text,
				   .len = sizeof text - 1,
				   .now_ns = r->now_ns,
				   .wall_ns = r->now_ns};
	run(r, 0.2);
	assert_true(commissions_ask(r->c, &req, result));
	assert_non_null(strstr(result, "soak begun"));
	run(r, 0.2);
}

static void
each_end_is_told(void **state)
{
	struct rig *r = *state;
	ask(r);
	r->s.mode = CTL_MAINTENANCE;
	run(r, 1.0);
	assert_string_equal(r->said, "cs00 soak ended without a result: it is in maintenance\n");
	r->s.mode = CTL_AUTO;
	ask(r);
	r->s.mode = CTL_FAILSAFE;
	run(r, 1.0);
	assert_non_null(strstr(r->said, "its inputs are lost"));
	r->s.mode = CTL_AUTO;
	ask(r);
	r->v.engine_serial = 8.0;
	run(r, 1.0);
	assert_non_null(strstr(r->said, "its engine block is another"));
	ask(r);
	run(r, 3590.0);
	assert_string_equal(r->said, "");
	run(r, 20.0);
	assert_string_equal(r->said, "cs00 soak ended without a result: it has taken too long\n");
}

static void
what_it_waits_for_is_named_once(void **state)
{
	struct rig *r = *state;
	ask(r);
	r->believed_c[29] = (double)NAN;
	run(r, 55.0);
	assert_string_equal(r->said, "");
	run(r, 100.0);
	assert_string_equal(r->said, "cs00 soak: waits for the temperature of C6, which is not "
				     "read or not believed\n");
}

static void
another_block_has_no_clog_of_the_one_before(void **state)
{
	struct rig *r = *state;
	run(r, 1.0);
	r->s.estimate.zone_clogged[5] = r->s.estimate.zone_sure[5] = true;
	r->s.estimate.zone_flow[5] = 0.4;
	r->s.observer.low_steps[5] = r->s.observer.good_steps[5] = 100;
	r->s.observer.log_flow[5] = -1.0;
	run(r, 1.0);
	assert_true(r->s.estimate.zone_clogged[5]);
	r->v.engine_serial = 8.0;
	run(r, 0.1);
	assert_false(r->s.estimate.zone_clogged[5] || r->s.estimate.zone_sure[5]);
	assert_true(fabs(r->s.estimate.zone_flow[5] - 1.0) < 1e-12);
	assert_int_equal(r->s.observer.low_steps[5] + r->s.observer.good_steps[5], 0);
	assert_true(fabs(r->s.observer.log_flow[5]) < 1e-12);
}

/* Both stages are there, and the clog was named meanwhile. */
static void
a_clogged_wafer_is_not_commissioned(void **state)
{
	struct rig *r = *state;
	ask(r);
	r->s.estimate.zone_clogged[5] = true;
	for (int i = 0; i < RETICLES; i++)
		r->v.power_w[i] = 208.0;
	r->v.wafer_w = 208.0 * RETICLES;
	run(r, 40.0);
	assert_non_null(strstr(r->said, "measured at work"));
	r->s.mode = CTL_STOPPED;
	for (int i = 0; i < RETICLES; i++) {
		r->v.power_w[i] = 45.0;
		r->v.duty_frac[i] = 0.0;
	}
	r->v.wafer_w = 45.0 * RETICLES;
	run(r, 60.0);
	assert_non_null(strstr(r->said, "is not commissioned: column 6 of the cold plate is"));
	assert_null(commissions_unkept(r->c));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_end_is_told, begin, end),
		cmocka_unit_test_setup_teardown(what_it_waits_for_is_named_once, begin, end),
		cmocka_unit_test_setup_teardown(another_block_has_no_clog_of_the_one_before, begin,
						end),
		cmocka_unit_test_setup_teardown(a_clogged_wafer_is_not_commissioned, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
