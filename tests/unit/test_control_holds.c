/* SPDX-License-Identifier: Apache-2.0 */
/* What people hold, from the request to the images. */
#include "tests/unit/control_bench.h"

/* The next line of the people's lane, or NULL. */
static const char *
authority_line(struct bench *b, uint32_t system, enum ctl_mode value)
{
	static struct image_event e;
	while (image_events(b->ctl, &b->events_seen, &e, 1, NULL))
		if (e.code == CONTROL_EVENT_AUTHORITY) {
			assert_int_equal(e.point,
					 plant_role(b->plant, (int32_t)system, ROLE_CTL_MODE, 0));
			assert_int_equal((int)e.value, value);
			assert_true(e.time_ns <= b->now_ns);
			return e.text;
		}
	return NULL;
}

static void
one_system_is_stopped_and_started_and_the_other_goes_on(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, TWO_SYSTEMS, true);
	steps(&b, 50);
	ask(&b, "{\"cmd\":\"stop\",\"system\":\"cs01\",\"why\":\"smoke\"}");
	assert_string_equal(authority_line(&b, 1, CTL_STOPPED),
			    "cs01 stopped by uid 1000 (operator): smoke");
	step(&b);
	assert_int_equal(mode(&b, 1), CTL_STOPPED);
	assert_int_equal(control_stopped(b.control), 1);
	/* at once, but no faster than 2 kW/s, of 13.1 kW; all cooling at once */
	double duty = demand(&b, "cs01.wafer.C6.duty_cmd_frac")->value;
	assert_true(duty < 1.0 && duty > 0.98);
	assert_true(demand(&b, "cs01.pump[0].speed_cmd_pct")->value > 99.9);
	steps(&b, 60);
	assert_true(demand(&b, "cs01.wafer.C6.duty_cmd_frac")->value > 0.0);
	steps(&b, 7);
	assert_true(demand(&b, "cs01.wafer.C6.duty_cmd_frac")->value <= 0.0);
	steps(&b, 33);
	assert_int_equal(mode(&b, 0), CTL_AUTO);
	assert_true(demand(&b, "cs00.wafer.C6.duty_cmd_frac")->value > 0.99);
	ask(&b, "{\"cmd\":\"start\",\"system\":\"cs01\",\"why\":\"no smoke\"}");
	step(&b);
	assert_int_equal(mode(&b, 1), CTL_TRACK);
	end(&b);
}

static void
in_maintenance_nothing_is_asked_but_the_release(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, TWO_SYSTEMS, true);
	steps(&b, 50);
	ask(&b, "{\"cmd\":\"maintenance\",\"system\":\"cs00\",\"for_s\":60,\"why\":\"pump\"}");
	steps(&b, 30);
	assert_int_equal(mode(&b, 0), CTL_MAINTENANCE);
	uint32_t asked = 0;
	for (uint32_t i = 0; i < b.plant->n_in; i++) {
		const struct point *p = &b.plant->points[i];
		if (p->system == 0 && p->writable)
			asked += b.demands[p->demand].quality != QUALITY_NEVER;
	}
	assert_int_equal(asked, 2);
	assert_true(demand(&b, "cs00.engine.release_cmd")->value > 0.5);
	assert_true(demand(&b, "cs00.cooling.release_cmd")->value > 0.5);
	authority_line(&b, 0, CTL_MAINTENANCE);
	assert_false(control_unkept(b.control, CONTROL_HOLDS));
	steps(&b, 570);
	assert_string_equal(
		authority_line(&b, 0, CTL_TRACK),
		"cs00 maintenance of uid 1000 (operator) is over, its time has passed: pump");
	assert_true(control_unkept(b.control, CONTROL_HOLDS));
	step(&b);
	assert_int_equal(mode(&b, 0), CTL_TRACK);
	assert_true(demand(&b, "cs00.engine.release_cmd")->value < 0.5);
	end(&b);
}

static void
what_a_restart_recalls_is_in_force_from_its_first_step(void **state)
{
	(void)state;
	static const char TEXT[] =
		"isotherm holds 1 bench\ncs01 stop 0 engineer 1 1 1 1 x\nend 1\n";
	struct bench b;
	struct errtext err;
	begin(&b, TWO_SYSTEMS, true);
	assert_int_equal(
		control_recall(b.control, CONTROL_HOLDS, TEXT, sizeof TEXT - 1, 5, 5, &err), 0);
	b.now_ns = 5;
	assert_string_equal(authority_line(&b, 1, CTL_STOPPED),
			    "cs01 is stopped since 1970-01-01T00:00:00Z by uid 0 (engineer): x");
	step(&b);
	assert_int_equal(mode(&b, 0), CTL_AUTO);
	assert_int_equal(mode(&b, 1), CTL_STOPPED);
	assert_true(demand(&b, "cs01.wafer.C6.duty_cmd_frac")->value <= 0.0);
	end(&b);
}

/* Nobody who reads the image should have to ask whether a number is one. */
static void
every_point_is_a_finite_number_in_every_mode(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, TWO_SYSTEMS, false);
	int visited = 0;
	for (int k = 0; k < 1200; k++) {
		if (k == 0 || k == 400)
			lose_device(&b, "cs00.engine");
		if (k == 80 || k == 450)
			for (uint32_t i = 0; i < b.plant->n_in; i++)
				b.samples[i].quality = QUALITY_GOOD;
		if (k == 600)
			ask(&b, "{\"cmd\":\"stop\",\"system\":\"cs00\",\"why\":\"x\"}");
		if (k == 700)
			ask(&b, "{\"cmd\":\"start\",\"system\":\"cs00\",\"why\":\"x\"}");
		if (k == 900)
			ask(&b, "{\"cmd\":\"maintenance\",\"system\":\"cs00\",\"for_s\":60,"
				"\"why\":\"x\"}");
		if (k == 1000)
			ask(&b, "{\"cmd\":\"end\",\"system\":\"cs00\",\"why\":\"x\"}");
		if (k == 1150)
			control_hand_back(b.control);
		step(&b);
		visited |= 1 << mode(&b, 0);
		for (uint32_t i = 0; i < b.plant->n_ctl; i++) {
			assert_true(isfinite(b.demands[i].value));
			assert_true(fabs(b.demands[i].value) < 1e9);
		}
		if (mode(&b, 0) == CTL_TRACK || mode(&b, 0) == CTL_AUTO)
			assert_int_equal(ctl(&b, 0, ROLE_CTL_SUPPLY_SETPOINT)->quality,
					 QUALITY_GOOD);
		assert_int_equal(ctl(&b, 0, ROLE_CTL_LIMITED_AGE)->quality, QUALITY_GOOD);
	}
	assert_int_equal(visited, (1 << (CTL_MAINTENANCE + 1)) - 1 - (1 << CTL_SHADOW));
	end(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_system_is_stopped_and_started_and_the_other_goes_on),
		cmocka_unit_test(in_maintenance_nothing_is_asked_but_the_release),
		cmocka_unit_test(what_a_restart_recalls_is_in_force_from_its_first_step),
		cmocka_unit_test(every_point_is_a_finite_number_in_every_mode),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
