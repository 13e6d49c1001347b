/* SPDX-License-Identifier: Apache-2.0 */
/* The controllers' core between two images in memory. */
#include "tests/unit/allocations.h"
#include "tests/unit/control_bench.h"

static const char SHADOWED[] =
	"site: bench\n"
	"seed: 7\n"
	"limits: {temp_c: 50, spread_k: 8}\n"
	"job: {mode: sync, tokens_per_s: 2000}\n"
	"systems:\n"
	"  - {name: cs%02d, count: 2, type: water}\n"
	"overrides:\n"
	"  cs01.engine: {source: real, host: 192.0.2.7, port: 502, unit: 1, write: shadow}\n";

static void
demands_and_points_appear(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, TWO_SYSTEMS, true);
	input(&b, "cs01.engine.seq_cmd")->value = 41.0;
	step(&b);
	char name[NAME_MAX_LEN], label[4];
	for (uint32_t i = 0; i < RETICLES; i++) {
		snprintf(name, sizeof name, "cs00.wafer.%s.duty_cmd_frac", reticle_label(i, label));
		const struct sample *d = demand(&b, name);
		assert_int_equal(d->quality, QUALITY_GOOD);
		assert_int_equal(d->flags, 0);
		assert_true(d->time_ns == b.now_ns);
		assert_true(fabs(d->value - 1.0) < 1e-9);
		snprintf(name, sizeof name, "cs01.wafer.%s.share_cmd_frac",
			 reticle_label(i, label));
		assert_true(fabs(demand(&b, name)->value - 1.0) < 1e-9);
	}
	assert_true(fabs(demand(&b, "cs01.pump[0].speed_cmd_pct")->value - 80.0) < 1.0);
	assert_true(fabs(demand(&b, "cs01.pump[1].speed_cmd_pct")->value - 80.0) < 1.0);
	assert_true(fabs(demand(&b, "cs01.hx.valve_cmd_pct")->value - 50.0) < 2.0);
	assert_true(fabs(demand(&b, "cs01.engine.seq_cmd")->value - 42.0) < 1e-9);
	assert_true(demand(&b, "cs01.engine.release_cmd")->quality == QUALITY_GOOD);
	assert_true(demand(&b, "cs01.engine.release_cmd")->value < 0.5);
	/* what nobody asks for is no demand */
	assert_int_equal(demand(&b, "cs01.engine.reset_cmd")->quality, QUALITY_NEVER);
	/* one that stood before us is lifted */
	assert_int_equal(demand(&b, "cs01.engine.ceiling_cmd_w")->quality, QUALITY_GOOD);
	assert_true(fabs(demand(&b, "cs01.engine.ceiling_cmd_w")->value) < 1e-9);
	assert_int_equal(mode(&b, 0), CTL_AUTO);
	assert_true(fabs(ctl(&b, 0, ROLE_CTL_SPREAD)->value - 4.0) < 0.05);
	assert_true(fabs(ctl(&b, 0, ROLE_CTL_TMAX)->value - 43.0) < 0.05);
	assert_true(fabs(ctl(&b, 0, ROLE_CTL_TEMP_LIMIT)->value - 50.0) < 1e-9);
	assert_true(fabs(ctl(&b, 0, ROLE_CTL_SPREAD_LIMIT)->value - 8.0) < 1e-9);
	assert_true(ctl(&b, 0, ROLE_CTL_TMAX)->flags & SAMPLE_SIMULATED);
	assert_true(ctl(&b, 0, ROLE_CTL_TOKENS_FULL)->value > 1999.0);
	struct image_status st;
	image_status(b.ctl, b.now_ns, &st);
	assert_true(st.alive && st.tick == 1 && st.overruns == 3);
	end(&b);
}

static void
nothing_is_asked_while_nothing_is_read(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, TWO_SYSTEMS, false);
	b.silent = true;
	steps(&b, 100);
	assert_int_equal(mode(&b, 0), CTL_OFF);
	assert_int_equal(demand(&b, "cs00.engine.seq_cmd")->quality, QUALITY_NEVER);
	assert_int_equal(demand(&b, "cs00.wafer.A1.duty_cmd_frac")->quality, QUALITY_NEVER);
	assert_int_equal(ctl(&b, 0, ROLE_CTL_SPREAD)->quality, QUALITY_NEVER);
	end(&b);
}

static void
it_tracks_ten_seconds_and_takes_charge(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, TWO_SYSTEMS, false);
	steps(&b, 100);
	assert_int_equal(mode(&b, 0), CTL_TRACK);
	assert_true(fabs(demand(&b, "cs00.pump[0].speed_cmd_pct")->value - 80.0) < 1e-6);
	double seq = demand(&b, "cs00.engine.seq_cmd")->value;
	steps(&b, 10);
	assert_int_equal(mode(&b, 0), CTL_AUTO);
	assert_true(fabs(demand(&b, "cs00.engine.seq_cmd")->value - seq - 1.0) < 1e-9);
	assert_true(fabs(demand(&b, "cs00.wafer.G12.duty_cmd_frac")->value - 1.0) < 0.02);
	end(&b);
}

static void
silent_collectors_are_failsafe_within_three_periods(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, TWO_SYSTEMS, true);
	steps(&b, 50);
	assert_int_equal(mode(&b, 0), CTL_AUTO);
	b.silent = true;
	b.deaf = true;
	steps(&b, 3);
	for (uint32_t s = 0; s < 2; s++) {
		assert_int_equal(mode(&b, s), CTL_FAILSAFE);
		assert_int_equal((int)ctl(&b, s, ROLE_CTL_REASON)->value, REASON_INPUT_LOST);
		assert_true(ctl(&b, s, ROLE_CTL_TMAX)->quality > QUALITY_UNCERTAIN);
	}
	assert_true(demand(&b, "cs00.pump[1].speed_cmd_pct")->value > 99.9);
	assert_true(demand(&b, "cs00.hx.valve_cmd_pct")->value > 99.9);
	steps(&b, 5);
	assert_true(fabs(demand(&b, "cs00.wafer.C6.duty_cmd_frac")->value - 0.5) < 1e-9);
	b.silent = false;
	steps(&b, 5);
	assert_int_equal(mode(&b, 0), CTL_TRACK);
	end(&b);
}

static void
without_an_image_it_is_failsafe_too(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, TWO_SYSTEMS, true);
	steps(&b, 50);
	control_set_in(b.control, NULL);
	steps(&b, 3);
	assert_int_equal(mode(&b, 0), CTL_FAILSAFE);
	control_set_in(b.control, b.in);
	steps(&b, 5);
	assert_int_equal(mode(&b, 0), CTL_TRACK);
	end(&b);
}

static void
one_silent_device_concerns_one_system(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, TWO_SYSTEMS, true);
	steps(&b, 50);
	lose_device(&b, "cs01.engine");
	steps(&b, 3);
	assert_int_equal(mode(&b, 0), CTL_AUTO);
	assert_int_equal(mode(&b, 1), CTL_FAILSAFE);
	end(&b);
}

static void
a_silent_cooling_unit_is_borne_five_seconds(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, TWO_SYSTEMS, true);
	steps(&b, 50);
	lose_device(&b, "cs00.cooling");
	steps(&b, 49);
	assert_true(demand(&b, "cs00.pump[0].speed_cmd_pct")->value < 85.0);
	steps(&b, 2);
	assert_true(demand(&b, "cs00.pump[0].speed_cmd_pct")->value > 99.9);
	assert_true(demand(&b, "cs00.hx.valve_cmd_pct")->value > 99.9);
	assert_int_equal(mode(&b, 0), CTL_AUTO);
	assert_true(demand(&b, "cs00.wafer.A1.duty_cmd_frac")->value > 0.99);
	end(&b);
}

static void
a_hot_reticle_is_throttled_and_explained(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, TWO_SYSTEMS, true);
	steps(&b, 20);
	input(&b, "cs01.wafer.C6.temp_c")->value = 48.6;
	input(&b, "cs01.wafer.C7.temp_c")->value = 48.0; /* alone it would be a sensor that lies */
	steps(&b, 30);
	assert_true(demand(&b, "cs01.wafer.A1.duty_cmd_frac")->value < 0.95);
	assert_int_equal((int)ctl(&b, 1, ROLE_CTL_REASON)->value, REASON_SPREAD);
	assert_int_equal((int)ctl(&b, 1, ROLE_CTL_HOTTEST)->value, reticle_index("C6"));
	assert_true(ctl(&b, 1, ROLE_CTL_COST_TOKENS)->value > 50.0);
	assert_true(ctl(&b, 1, ROLE_CTL_COST_POWER)->value > 500.0);
	assert_true(ctl(&b, 1, ROLE_CTL_LIMITED_AGE)->value < 0.2);
	assert_int_equal((int)ctl(&b, 0, ROLE_CTL_REASON)->value, REASON_NONE);
	struct image_event e;
	bool told = false;
	while (image_events(b.ctl, &b.events_seen, &e, 1, NULL))
		if (e.code == CONTROL_EVENT_LIMIT) {
			told = true;
			assert_int_equal(e.point, plant_role(b.plant, 1, ROLE_CTL_REASON, 0));
			assert_non_null(strstr(e.text, "cs01 held back by spread: C6 is "));
		}
	assert_true(told);
	end(&b);
}

static void
independent_reticles_get_duties_of_their_own(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, TWO_SYSTEMS, true);
	input(&b, "cs00.job.mode")->value = JOB_MODE_IND;
	input(&b, "cs00.wafer.C6.temp_c")->value = 48.6;
	input(&b, "cs00.wafer.C7.temp_c")->value = 48.0;
	steps(&b, 30);
	assert_true(demand(&b, "cs00.wafer.C6.duty_cmd_frac")->value < 0.95);
	assert_true(demand(&b, "cs00.wafer.A1.duty_cmd_frac")->value > 0.999);
	end(&b);
}

static void
a_shadowed_device_is_controlled_on_paper(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, SHADOWED, false);
	input(&b, "cs01.engine.authority")->value = AUTHORITY_LOCAL;
	steps(&b, 50);
	assert_int_equal(mode(&b, 0), CTL_TRACK);
	assert_int_equal(mode(&b, 1), CTL_SHADOW);
	steps(&b, 100);
	assert_int_equal(mode(&b, 0), CTL_AUTO);
	assert_int_equal(mode(&b, 1), CTL_SHADOW);
	assert_int_equal(demand(&b, "cs01.wafer.A1.duty_cmd_frac")->quality, QUALITY_GOOD);
	end(&b);
}

static void
hand_back_is_confirmed_by_read_back(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, TWO_SYSTEMS, true);
	steps(&b, 50);
	control_hand_back(b.control);
	steps(&b, 5);
	assert_int_equal(mode(&b, 0), CTL_HANDBACK);
	assert_true(demand(&b, "cs00.engine.release_cmd")->value > 0.5);
	assert_true(demand(&b, "cs01.cooling.release_cmd")->value > 0.5);
	assert_false(control_handed_back(b.control));
	static const char *const WHO[] = {"cs00.engine.authority", "cs00.cooling.authority",
					  "cs01.engine.authority", "cs01.cooling.authority"};
	for (int k = 0; k < 4; k++) {
		assert_false(control_handed_back(b.control));
		input(&b, WHO[k])->value = AUTHORITY_LOCAL;
		step(&b);
	}
	assert_true(control_handed_back(b.control));
	end(&b);
}

#if COUNTS_ALLOCATIONS /* a sanitizer has an allocator of its own */
static void
a_step_allocates_nothing(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, TWO_SYSTEMS, false);
	steps(&b, 5);
	unsigned long before = allocations, during = 0;
	for (int k = 0; k < 800; k++) {
		input(&b, "cs01.wafer.C6.temp_c")->value = k / 50 % 2 ? 49.0 : 41.0;
		b.silent = k % 200 > 180;
		b.now_ns += PERIOD_NS;
		for (uint32_t g = 0; !b.silent && g < b.plant->in.n_groups; g++)
			image_publish(b.in, g, &b.samples[b.plant->in.first[g]]);
		for (uint32_t i = 0; i < b.plant->n_in; i++)
			sample_date(&b.samples[i], b.now_ns);
		if (k == 100)
			ask(&b, "{\"cmd\":\"stop\",\"system\":\"cs00\",\"why\":\"x\"}");
		if (k == 100)
			ask(&b, "{\"cmd\":\"maintenance\",\"system\":\"cs01\",\"for_s\":60,"
				"\"why\":\"x\"}");
		if (k == 760)
			control_hand_back(b.control);
		before = allocations;
		control_step(b.control, b.now_ns, 0);
		during += allocations - before;
	}
	assert_int_equal(during, 0);
	assert_true(allocations > 0); /* the counter counts */
	end(&b);
}
#endif

static void
another_period_than_the_laws_is_refused(void **state)
{
	(void)state;
	struct bench b;
	begin(&b, TWO_SYSTEMS, false);
	struct control *c = NULL;
	struct control_options opt = {.kind = CONTROLLER_SPI};
	b.plant->control_period_ms = 200;
	assert_int_equal(control_open(&c, b.plant, &opt, b.in, b.ctl, 0), -ENOTSUP);
	assert_null(c);
	end(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(demands_and_points_appear),
		cmocka_unit_test(nothing_is_asked_while_nothing_is_read),
		cmocka_unit_test(it_tracks_ten_seconds_and_takes_charge),
		cmocka_unit_test(silent_collectors_are_failsafe_within_three_periods),
		cmocka_unit_test(without_an_image_it_is_failsafe_too),
		cmocka_unit_test(one_silent_device_concerns_one_system),
		cmocka_unit_test(a_silent_cooling_unit_is_borne_five_seconds),
		cmocka_unit_test(a_hot_reticle_is_throttled_and_explained),
		cmocka_unit_test(independent_reticles_get_duties_of_their_own),
		cmocka_unit_test(a_shadowed_device_is_controlled_on_paper),
		cmocka_unit_test(hand_back_is_confirmed_by_read_back),
#if COUNTS_ALLOCATIONS
		cmocka_unit_test(a_step_allocates_nothing),
#endif
		cmocka_unit_test(another_period_than_the_laws_is_refused),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
