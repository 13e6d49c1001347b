/* SPDX-License-Identifier: Apache-2.0 */
/* The engine against scripted devices: demands, read-back, shadow. */
#include "tests/unit/collect_rig.h"

#include "collectors/actuate.h"

static const char shadowed[] = "site: t\n"
			       "systems:\n"
			       "  - {name: cs%02d, count: 1, type: water}\n"
			       "overrides:\n"
			       "  cs00.engine: {write: shadow}\n";

static int
open_shadow(void **state)
{
	(void)state;
	return rig_setup(shadowed);
}

/* Writes to a device among the requests from `from` on; the n-th one goes to *out. */
static size_t
writes(uint32_t d, size_t from, size_t nth, struct asked *out)
{
	size_t n = 0;
	for (size_t i = from; i < rig.logged; i++) {
		if (rig.log[i].device != d || rig.log[i].fc < 5)
			continue;
		if (n == nth && out != NULL)
			*out = rig.log[i];
		n++;
	}
	return n;
}

static uint32_t
engine_in_charge(double duty, double seq)
{
	char name[64];
	for (uint32_t i = 0; i < RETICLES; i++) {
		char label[4];
		snprintf(name, sizeof name, "cs00.wafer.%s.duty_cmd_frac", reticle_label(i, label));
		rig_demand(&rig, name, duty);
	}
	rig_demand(&rig, "cs00.engine.seq_cmd", seq);
	rig_demand(&rig, "cs00.engine.release_cmd", 0);
	return device("cs00.engine");
}

static void
demands_are_written_coalesced_and_the_sequence_number_last(void **state)
{
	(void)state;
	struct asked a = {0};
	uint32_t d = engine_in_charge(0.75, 17);
	rig.ctl_beats = true;
	rig_run(&rig, 90 * MS);
	assert_int_equal(3, writes(d, 0, 0, &a));
	assert_int_equal(16, a.fc);
	assert_int_equal(0, a.reg);
	assert_int_equal(84, a.count);
	assert_int_equal(7500, a.value);
	writes(d, 0, 1, &a);
	assert_int_equal(6, a.fc);
	assert_int_equal(201, a.reg);
	writes(d, 0, 2, &a);
	assert_int_equal(6, a.fc);
	assert_int_equal(200, a.reg);
	assert_int_equal(17, a.value);
	assert_int_equal(7500, rig.model[d].holding[83]);
	/* nothing is said twice */
	rig_run(&rig, 10 * NS_PER_S);
	assert_int_equal(3, writes(d, 0, 0, NULL));
	assert_int_equal(0, (int)rig_link(&rig, d, ROLE_LINK_MISMATCH));
	assert_int_equal(0, writes(device("cs00.cooling"), 0, 0, NULL));
}

static void
the_sequence_number_is_last_also_where_its_register_follows_the_demands(void **state)
{
	(void)state;
	struct asked a = {0};
	uint32_t d = device("cs00.cooling");
	rig_demand(&rig, "cs00.pump[0].speed_cmd_pct", 80);
	rig_demand(&rig, "cs00.pump[1].speed_cmd_pct", 80);
	rig_demand(&rig, "cs00.hx.valve_cmd_pct", 40);
	rig_demand(&rig, "cs00.cooling.seq_cmd", 5);
	rig.ctl_beats = true;
	rig_run(&rig, 90 * MS);
	assert_int_equal(2, writes(d, 0, 0, &a));
	assert_int_equal(3, a.count);
	assert_int_equal(8000, a.value);
	writes(d, 0, 1, &a);
	assert_int_equal(3, a.reg);
	assert_int_equal(5, a.value);
}

static void
only_what_changed_is_written(void **state)
{
	(void)state;
	struct asked a = {0};
	uint32_t d = engine_in_charge(0.75, 17);
	rig.ctl_beats = true;
	rig_run(&rig, 1 * NS_PER_S);
	size_t from = rig.logged;
	rig_demand(&rig, "cs00.wafer.A5.duty_cmd_frac", 0.5);
	rig_demand(&rig, "cs00.wafer.A8.duty_cmd_frac", 0.6);
	rig_demand(&rig, "cs00.engine.seq_cmd", 18);
	rig_run(&rig, 120 * MS);
	assert_int_equal(2, writes(d, from, 0, &a));
	assert_int_equal(4, a.reg); /* two changes and what lies between, in one request */
	assert_int_equal(4, a.count);
	assert_int_equal(5000, a.value);
	assert_int_equal(7500, rig.model[d].holding[5]);
	assert_int_equal(6000, rig.model[d].holding[7]);
	writes(d, from, 1, &a);
	assert_int_equal(200, a.reg);
	/* less than half a step of the register is no change */
	from = rig.logged;
	rig_demand(&rig, "cs00.wafer.A5.duty_cmd_frac", 0.500049);
	rig_run(&rig, 500 * MS);
	assert_int_equal(0, writes(d, from, 0, NULL));
}

static void
a_control_step_goes_out_in_the_same_instant(void **state)
{
	(void)state;
	uint32_t d = engine_in_charge(0.75, 17);
	rig_run(&rig, 142 * MS);
	assert_int_equal(0, writes(d, 0, 0, NULL));
	rig_publish_demands(&rig);
	rig_run(&rig, 0);
	assert_int_equal(1, writes(d, 0, 0, NULL));
}

static void
publish_without_a_beat(void)
{
	for (uint32_t i = 0; i < rig.plant->ctl.first[rig.plant->ctl.n_groups]; i++)
		sample_date(&rig.demands[i], rig.now_ns);
	for (uint32_t g = 0; g < rig.plant->ctl.n_groups; g++)
		image_publish(rig.ctl, g, rig.demands + rig.plant->ctl.first[g]);
}

static void
nothing_is_written_while_the_controllers_are_not_alive(void **state)
{
	(void)state;
	uint32_t d = engine_in_charge(0.75, 17);
	rig_run(&rig, 2 * NS_PER_S); /* never beaten */
	assert_int_equal(0, writes(d, 0, 0, NULL));
	rig.ctl_beats = true;
	rig_run(&rig, 1 * NS_PER_S);
	assert_int_equal(3, writes(d, 0, 0, NULL));
	rig.ctl_beats = false; /* killed */
	rig_run(&rig, 301 * MS);
	size_t from = rig.logged;
	rig_demand(&rig, "cs00.engine.seq_cmd", 18);
	publish_without_a_beat();
	rig.model[d].holding[3] = 1;
	rig_run(&rig, 5 * NS_PER_S);
	assert_int_equal(0, writes(d, from, 0, NULL));
	assert_int_equal(0, (int)rig_link(&rig, d, ROLE_LINK_MISMATCH));
	/* and all of it again when they are back: the device may have changed it meanwhile */
	rig.ctl_beats = true;
	rig_run(&rig, 200 * MS);
	assert_int_equal(3, writes(d, from, 0, NULL));
	/* a new connection is no reason to write, though the demands look fresh */
	rig.ctl_beats = false;
	rig_run(&rig, 301 * MS);
	from = rig.logged;
	publish_without_a_beat();
	cut(d);
	rig_run(&rig, 5 * NS_PER_S);
	assert_int_equal(0, writes(d, from, 0, NULL));
	rig.ctl_beats = true;
	rig_run(&rig, 200 * MS);
	assert_int_equal(3, writes(d, from, 0, NULL));
	collect_set_ctl(rig.collect, rig.ctl); /* another region of theirs */
	rig_run(&rig, 200 * MS);
	assert_int_equal(6, writes(d, from, 0, NULL));
	collect_set_ctl(rig.collect, NULL);
	from = rig.logged;
	rig_demand(&rig, "cs00.engine.seq_cmd", 19);
	cut(d);
	rig_run(&rig, 1 * NS_PER_S);
	assert_int_equal(0, writes(d, from, 0, NULL));
}

static void
a_demand_that_is_not_usable_leaves_the_register_alone(void **state)
{
	(void)state;
	struct asked a = {0};
	uint32_t d = engine_in_charge(0.75, 17);
	uint32_t id = plant_point(rig.plant, "cs00.wafer.A2.duty_cmd_frac");
	rig.demands[rig.plant->points[id].demand].quality = QUALITY_BAD;
	rig.model[d].holding[1] = 1234;
	rig.ctl_beats = true;
	rig_run(&rig, 5 * NS_PER_S);
	assert_int_equal(4, writes(d, 0, 0, &a)); /* one register before it, 82 after it */
	assert_int_equal(1, a.count);
	writes(d, 0, 1, &a);
	assert_int_equal(2, a.reg);
	assert_int_equal(82, a.count);
	assert_int_equal(1234, rig.model[d].holding[1]);
	assert_int_equal(0, (int)rig_link(&rig, d, ROLE_LINK_ERRORS));
}

static void
a_demand_out_of_range_is_not_written_and_counted_once(void **state)
{
	(void)state;
	uint32_t d = engine_in_charge(0.75, 17);
	rig.ctl_beats = true;
	rig_run(&rig, 1 * NS_PER_S);
	rig_demand(&rig, "cs00.wafer.A2.duty_cmd_frac", 1.01);
	rig_demand(&rig, "cs00.engine.release_cmd", -1);
	size_t from = rig.logged;
	rig_run(&rig, 5 * NS_PER_S);
	assert_int_equal(0, writes(d, from, 0, NULL));
	assert_int_equal(7500, rig.model[d].holding[1]);
	assert_int_equal(2, (int)rig_link(&rig, d, ROLE_LINK_ERRORS));
	rig_demand(&rig, "cs00.wafer.A2.duty_cmd_frac", 1);
	rig_run(&rig, 1 * NS_PER_S);
	assert_int_equal(10000, rig.model[d].holding[1]);
}

static void
a_shadow_device_is_sent_nothing_and_says_what_it_would_be(void **state)
{
	(void)state;
	uint32_t d = engine_in_charge(0.75, 17);
	rig_demand(&rig, "cs00.hx.valve_cmd_pct", 40);
	rig.ctl_beats = true;
	rig_run(&rig, 5 * NS_PER_S);
	assert_int_equal(0, writes(d, 0, 0, NULL));
	assert_int_equal(3, (int)rig_link(&rig, d, ROLE_LINK_WOULD_WRITE));
	assert_int_equal(0, (int)rig_link(&rig, d, ROLE_LINK_MISMATCH));
	assert_int_equal(1,
			 writes(device("cs00.cooling"), 0, 0, NULL)); /* the other one is armed */
	rig_demand(&rig, "cs00.engine.seq_cmd", 18);
	rig_run(&rig, 2 * NS_PER_S);
	assert_int_equal(4, (int)rig_link(&rig, d, ROLE_LINK_WOULD_WRITE));
}

static void
a_register_changed_by_somebody_else_is_asserted_again(void **state)
{
	(void)state;
	struct asked a = {0};
	uint32_t d = engine_in_charge(0.75, 17);
	rig.ctl_beats = true;
	rig_run(&rig, 3 * NS_PER_S);
	size_t from = rig.logged;
	rig.model[d].holding[40] = 9999;
	rig_run(&rig, 700 * MS); /* the next read-back, then at once */
	assert_int_equal(1, writes(d, from, 0, &a));
	assert_int_equal(40, a.reg);
	assert_int_equal(7500, rig.model[d].holding[40]);
	rig_run(&rig, 1 * NS_PER_S);
	assert_int_equal(0, (int)rig_link(&rig, d, ROLE_LINK_MISMATCH));
}

static size_t
deaf_to_writes(struct rig *r, uint32_t d, uint8_t *reply, size_t len)
{
	if (reply[7] == 16 || reply[7] == 6) /* confirmed, but not done */
		memset(r->model[d].holding, 0, 84 * sizeof(uint16_t));
	return len;
}

static void
a_write_that_is_confirmed_but_not_done_is_a_mismatch(void **state)
{
	(void)state;
	uint32_t d = engine_in_charge(0.75, 17);
	rig.model[d].twist = deaf_to_writes;
	rig.ctl_beats = true;
	rig_run(&rig, 2 * NS_PER_S);
	assert_int_equal(0, (int)rig_link(&rig, d, ROLE_LINK_MISMATCH));
	rig_run(&rig, 2 * NS_PER_S);
	assert_int_equal(84, (int)rig_link(&rig, d, ROLE_LINK_MISMATCH));
	size_t from = rig.logged;
	rig_run(&rig, 10 * NS_PER_S); /* and tried again, once a second at most */
	assert_in_range(writes(d, from, 0, NULL), 5, 10);
	rig.model[d].twist = NULL;
	rig_run(&rig, 3 * NS_PER_S);
	assert_int_equal(0, (int)rig_link(&rig, d, ROLE_LINK_MISMATCH));
	assert_int_equal(7500, rig.model[d].holding[83]);
}

static void
no_sign_of_life_while_the_device_refuses_a_demand(void **state)
{
	(void)state;
	uint32_t d = engine_in_charge(0.75, 17);
	rig.model[d].exception_fc = 16;
	rig.model[d].exception_reg = 10;
	rig.model[d].exception = 4;
	rig.ctl_beats = true;
	rig_run(&rig, 5 * NS_PER_S);
	assert_int_equal(0, rig.model[d].holding[200]);
	assert_in_range((int)rig_link(&rig, d, ROLE_LINK_ERRORS), 4, 6); /* once a second */
	assert_int_equal(84, (int)rig_link(&rig, d, ROLE_LINK_MISMATCH));
	assert_int_equal(1, rig.model[d].connects);
	rig.model[d].exception_fc = 0;
	rig_run(&rig, 1100 * MS);
	assert_int_equal(17, rig.model[d].holding[200]);
}

static size_t
wrong_echo(struct rig *r, uint32_t d, uint8_t *reply, size_t len)
{
	(void)r;
	(void)d;
	if (reply[7] == 6)
		reply[11] ^= 1;
	return len;
}

static void
a_write_confirmed_with_other_words_costs_the_connection(void **state)
{
	(void)state;
	uint32_t d = engine_in_charge(0.75, 17);
	rig_run(&rig, 50 * MS);
	rig.model[d].twist = wrong_echo;
	rig.ctl_beats = true;
	rig_run(&rig, 60 * MS);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_COMM));
	rig.model[d].twist = NULL;
	rig_run(&rig, 1 * NS_PER_S);
	assert_int_equal(points(d),
			 rig_count(&rig, d, QUALITY_GOOD) + rig_count(&rig, d, QUALITY_RANGE));
	assert_int_equal(17, rig.model[d].holding[200]);
}

static void
after_a_new_connection_all_demands_are_written_again(void **state)
{
	(void)state;
	uint32_t d = engine_in_charge(0.75, 17);
	rig.ctl_beats = true;
	rig_run(&rig, 1 * NS_PER_S);
	memset(rig.model[d].holding, 0, 300 * sizeof(uint16_t)); /* it was off */
	size_t from = rig.logged;
	cut(d);
	rig_run(&rig, 400 * MS);
	assert_int_equal(3, writes(d, from, 0, NULL));
	assert_int_equal(17, rig.model[d].holding[200]);
	assert_int_equal(7500, rig.model[d].holding[83]);
}

static void
writes_never_starve_the_reads(void **state)
{
	(void)state;
	uint32_t d = engine_in_charge(0.75, 17);
	rig.model[d].delay_ns = 60 * MS;
	rig.ctl_beats = true;
	for (int k = 0; k < 100; k++) {
		engine_in_charge(0.5 + k * 0.001, k);
		rig_run(&rig, 100 * MS);
	}
	size_t reads = 0, other = 0;
	for (size_t i = 0; i < rig.logged; i++) {
		reads += rig.log[i].device == d && rig.log[i].fc < 5;
		other += rig.log[i].device == d && rig.log[i].fc >= 5;
	}
	assert_true(other > 30);
	assert_true(reads > 30);
	assert_true(rig.now_ns - rig_get(&rig, "cs00.wafer.A1.temp_c").time_ns < 2 * NS_PER_S);
}

/* A holding register of a slow class: its read-back is a minute away, and that is no reason to
 * write it every second. */
static void
a_slow_read_back_is_waited_for(void **state)
{
	(void)state;
	const struct point p = {.fc = 3,
				.reg = 7,
				.count = 1,
				.type = REG_U16,
				.scale = 1,
				.hi = 100,
				.writable = true};
	struct actuate a;
	struct actuate_run run;
	struct sample demand = {.value = 5, .quality = QUALITY_GOOD};
	int64_t now_ns = 0;
	assert_int_equal(0, actuate_init(&a, 1));
	actuate_set(&a, 0, &p, 60 * NS_PER_S);
	actuate_take(&a, &demand, now_ns);
	assert_true(actuate_next(&a, &run));
	actuate_sent(&a, &run, now_ns);
	actuate_answered(&a, &run, false);
	actuate_read_back(&a, 0, 5, now_ns + NS_PER_S);
	demand.value = 6;
	now_ns += 2 * NS_PER_S;
	actuate_take(&a, &demand, now_ns);
	assert_true(actuate_next(&a, &run));
	assert_int_equal(6, run.words[0]);
	actuate_sent(&a, &run, now_ns);
	actuate_answered(&a, &run, false);
	for (now_ns += NS_PER_S; now_ns < 100 * NS_PER_S; now_ns += NS_PER_S) {
		actuate_take(&a, &demand, now_ns);
		assert_false(actuate_next(&a, &run));
	}
	assert_int_equal(0, actuate_mismatches(&a, now_ns));
	actuate_take(&a, &demand, 123 * NS_PER_S); /* two periods without one */
	assert_true(actuate_pending(&a));
	actuate_fini(&a);
}

int
main(void)
{
#define WITH(open, test) cmocka_unit_test_setup_teardown(test, open, close_it)
	const struct CMUnitTest tests[] = {
		WITH(open_two, demands_are_written_coalesced_and_the_sequence_number_last),
		WITH(open_two,
		     the_sequence_number_is_last_also_where_its_register_follows_the_demands),
		WITH(open_two, only_what_changed_is_written),
		WITH(open_two, a_control_step_goes_out_in_the_same_instant),
		WITH(open_two, nothing_is_written_while_the_controllers_are_not_alive),
		WITH(open_two, a_demand_that_is_not_usable_leaves_the_register_alone),
		WITH(open_two, a_demand_out_of_range_is_not_written_and_counted_once),
		WITH(open_shadow, a_shadow_device_is_sent_nothing_and_says_what_it_would_be),
		WITH(open_two, a_register_changed_by_somebody_else_is_asserted_again),
		WITH(open_two, a_write_that_is_confirmed_but_not_done_is_a_mismatch),
		WITH(open_two, no_sign_of_life_while_the_device_refuses_a_demand),
		WITH(open_two, a_write_confirmed_with_other_words_costs_the_connection),
		WITH(open_two, after_a_new_connection_all_demands_are_written_again),
		WITH(open_two, writes_never_starve_the_reads),
		cmocka_unit_test(a_slow_read_back_is_waited_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
