/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <math.h>

#include "tests/unit/tui_fixture.h"
#include "tui/pace.h"

static void
open_four(struct model *m)
{
	fixture_open(m, 4);
	assert_true(m->health.healthy);
	assert_int_equal(m->health.n, 0);
}

static void
assert_reason(struct model *m, const char *part)
{
	model_summarise(m);
	assert_false(m->health.healthy);
	for (uint32_t i = 0; i < m->health.n; i++)
		if (strstr(m->health.reason[i], part))
			return;
	fail_msg("no reason says \"%s\", the first is \"%s\"", part, m->health.reason[0]);
}

static void
a_simulated_plant_that_fell_behind_is_not_valid(void **state)
{
	struct model m;
	(void)state;
	open_four(&m);
	m.facility[ROLE_SIM_LATE_FRAC] = m.facility[ROLE_SIM_TICKS] =
		m.facility[ROLE_SIM_LATE_TICKS] = (struct sample){0};
	assert_false(pace_of(&m).known);
	m.facility[ROLE_SIM_TICKS] = fixture_sample(20000);
	m.facility[ROLE_SIM_LATE_TICKS] = fixture_sample(20);
	m.facility[ROLE_SIM_LATE_FRAC] = fixture_sample((double)0.001f);
	assert_true(pace_of(&m).known && pace_of(&m).valid);
	m.facility[ROLE_SIM_LATE_FRAC] = fixture_sample(0.00105);
	assert_true(pace_of(&m).known && !pace_of(&m).valid);
	m.facility[ROLE_SIM_LATE_FRAC].quality = QUALITY_STALE;
	assert_true(pace_of(&m).known && !pace_of(&m).valid);
	model_fini(&m);
}

static void
an_accelerator_of_another_make_is_nobodys_to_control(void **state)
{
	struct model m;
	struct health h;
	(void)state;
	open_four(&m);
	m.systems[2].one[ROLE_CTL_MODE] = fixture_sample(CTL_OFF);
	model_summarise(&m);
	health_judge(&m, &h);
	assert_true(h.n > 0);
	m.systems[2].foreign = true;
	model_summarise(&m);
	health_judge(&m, &h);
	assert_int_equal(h.n, 0);
	model_fini(&m);
}

static void
all_well_is_healthy(void **state)
{
	struct model m;
	(void)state;
	open_four(&m);
	model_fini(&m);
}

static void
a_point_that_is_not_good_is_not_healthy_now_and_for_ten_seconds(void **state)
{
	struct model m;
	(void)state;
	open_four(&m);
	m.devices[4].good--;
	assert_reason(&m, "cs01.cooling: 1 of 28 points are not good");
	m.devices[4].good++;
	m.devices[4].not_good_ns = m.now_ns - 9 * INT64_C(1000000000);
	assert_reason(&m, "cs01.cooling: had points that were not good 9 s ago");
	m.devices[4].not_good_ns = m.now_ns - HEALTH_WINDOW_NS;
	model_summarise(&m);
	assert_true(m.health.healthy);
	model_fini(&m);
}

static void
a_trip_is_not_healthy_even_when_its_word_is_old(void **state)
{
	struct model m;
	(void)state;
	open_four(&m);
	m.systems[1].one[ROLE_ENGINE_TRIP].value = TRIP_FLOW | TRIP_LEAK;
	assert_reason(&m, "cs01: tripped (flow, leak)");
	m.systems[1].one[ROLE_ENGINE_TRIP].quality = QUALITY_COMM;
	assert_reason(&m, "cs01: tripped (flow, leak)");
	m.systems[1].one[ROLE_ENGINE_TRIP] = fixture_sample(0);
	model_summarise(&m);
	assert_true(m.health.healthy);
	model_fini(&m);
}

static void
a_system_held_back_is_not_healthy_now_and_for_ten_seconds(void **state)
{
	struct model m;
	(void)state;
	open_four(&m);
	fixture_hold(&m, 3);
	assert_reason(&m, "cs03 held back by spread, costs 140 tokens/s: G6 7.6 K above A1");
	m.systems[3].one[ROLE_CTL_REASON].value = REASON_NONE;
	m.systems[3].one[ROLE_CTL_LIMITED_AGE].value = 9.5;
	assert_reason(&m, "cs03: was held back or over a limit");
	m.systems[3].one[ROLE_CTL_LIMITED_AGE].value = 10.5;
	model_summarise(&m);
	assert_true(m.health.healthy);
	/* never held back at all */
	m.systems[3].one[ROLE_CTL_LIMITED_AGE].value = (double)INFINITY;
	model_summarise(&m);
	assert_true(m.health.healthy);
	model_fini(&m);
}

static void
a_system_over_a_limit_is_not_healthy_whatever_the_controllers_say(void **state)
{
	struct model m;
	(void)state;
	open_four(&m);
	m.systems[2].one[ROLE_CTL_SPREAD].value = 8.01;
	assert_reason(&m, "cs02 over a limit");
	m.systems[2].one[ROLE_CTL_SPREAD].value = 8;
	model_summarise(&m);
	assert_true(m.health.healthy); /* the limit itself is allowed */
	m.systems[2].one[ROLE_CTL_TMAX].value = 50.1;
	assert_reason(&m, "cs02 over a limit");
	model_fini(&m);
}

static void
a_room_restarted_or_down_is_not_healthy(void **state)
{
	struct model m;
	(void)state;
	open_four(&m);
	m.run.rooms[0].restarts = 1;
	m.run.rooms[0].last_restart_ns = m.now_ns - 3 * INT64_C(1000000000);
	assert_reason(&m, "collectors: restarted 3 s ago");
	m.run.rooms[0].last_restart_ns = m.now_ns - 11 * INT64_C(1000000000);
	model_summarise(&m);
	assert_true(m.health.healthy);
	m.run.rooms[0].up = false;
	snprintf(m.run.rooms[0].why, sizeof(m.run.rooms[0].why), "killed by signal 9");
	assert_reason(&m, "collectors: down (killed by signal 9)");
	model_fini(&m);
}

static void
a_silent_room_is_one_reason_not_one_a_system(void **state)
{
	struct model m;
	(void)state;
	open_four(&m);
	m.writer[REGION_IN].status.alive = false;
	m.writer[REGION_IN].age_ns = INT64_C(4200000000);
	for (uint32_t i = 0; i < m.n_devices; i++)
		m.devices[i].good = 0;
	for (uint32_t i = 0; i < m.n_systems; i++)
		m.systems[i].one[ROLE_CTL_MODE].value = CTL_FAILSAFE;
	assert_reason(&m, "collectors: no heartbeat for 4.2 s");
	assert_int_equal(m.health.n, 1);
	m.writer[REGION_IN].status.alive = true;
	m.writer[REGION_CTL].there = m.writer[REGION_CTL].status.alive = false;
	for (uint32_t i = 0; i < m.n_devices; i++)
		m.devices[i].good = m.devices[i].points;
	assert_reason(&m, "controllers: has published nothing yet");
	assert_int_equal(m.health.n, 1);
	model_fini(&m);
}

static void
modes_that_are_healthy_and_modes_that_are_not(void **state)
{
	static const struct {
		enum ctl_mode mode;
		bool healthy;
	} modes[] = {{CTL_OFF, false},      {CTL_TRACK, true},      {CTL_AUTO, true},
		     {CTL_FAILSAFE, false}, {CTL_HANDBACK, false},  {CTL_SHADOW, true},
		     {CTL_STOPPED, false},  {CTL_MAINTENANCE, true}};
	struct model m;
	(void)state;
	open_four(&m);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		m.systems[0].one[ROLE_CTL_MODE].value = modes[i].mode;
		model_summarise(&m);
		assert_int_equal(m.health.healthy, modes[i].healthy);
	}
	m.systems[0].one[ROLE_CTL_MODE].quality = QUALITY_STALE;
	assert_reason(&m, "cs00: the controllers say nothing about it");
	model_fini(&m);
}

static void
overruns_are_shown_not_judged(void **state)
{
	struct model m;
	(void)state;
	open_four(&m);
	m.writer[REGION_IN].status.overruns = m.writer[REGION_CTL].status.overruns = 1000;
	model_summarise(&m);
	assert_true(m.health.healthy);
	model_fini(&m);
}

static void
an_active_alarm_is_not_healthy_whoever_acknowledged_it(void **state)
{
	struct model m;
	(void)state;
	open_four(&m);
	fixture_watch(&m);
	uint32_t a = fixture_raise(&m, 3, FIXTURE_PUMP1, ALARM_UNACKED, 2, 10);
	assert_reason(&m, "alarm: pump 1 of cs03 failed (P2, not acknowledged)");
	m.alarms.all[a].state = ALARM_ACKED;
	assert_reason(&m, "alarm: pump 1 of cs03 failed (P2, acknowledged)");
	/* over, or decided by a person or by design */
	static const enum alarm_state others[] = {ALARM_NORMAL, ALARM_RETURNED, ALARM_SHELVED,
						  ALARM_SUPPRESSED, ALARM_OUT_OF_SERVICE};
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		m.alarms.all[a].state = others[i];
		model_summarise(&m);
		assert_true(m.health.healthy);
	}
	model_fini(&m);
}

static void
alarms_that_nobody_watches_any_more_are_not_healthy(void **state)
{
	struct model m;
	(void)state;
	open_four(&m);
	fixture_watch(&m);
	fixture_raise(&m, 3, FIXTURE_PUMP1, ALARM_UNACKED, 2, 10);
	m.writer[REGION_ALM].status.alive = false;
	m.writer[REGION_ALM].age_ns = INT64_C(4200000000);
	assert_reason(&m, "alarms: no heartbeat for 4.2 s");
	assert_int_equal(m.health.n, 1); /* what it said then is no reason now */
	m.writer[REGION_ALM].there = false;
	assert_reason(&m, "alarms: has published nothing yet");
	/* a run without such a room, and an image that another one left behind */
	m.run.n_rooms = 1;
	m.writer[REGION_ALM].there = true;
	model_summarise(&m);
	assert_true(m.health.healthy);
	model_fini(&m);
}

static void
what_is_the_same_of_several_is_one_reason(void **state)
{
	struct model m;
	(void)state;
	fixture_open(&m, 16);
	for (uint32_t i = 0; i < m.n_systems; i++)
		m.systems[i].one[ROLE_CTL_MODE].value = CTL_FAILSAFE;
	assert_reason(&m, "cs00..cs15 (16): control is in FAILSAFE");
	assert_int_equal(m.health.n, 1);
	for (uint32_t i = 0; i < m.n_systems; i += 2)
		m.systems[i].one[ROLE_CTL_MODE].value = CTL_AUTO;
	assert_reason(&m, "cs01, cs03, cs05, cs07, cs09, cs11, cs13, cs15: control is in FAILSAFE");
	m.systems[1].one[ROLE_CTL_MODE].value = m.systems[3].one[ROLE_CTL_MODE].value = CTL_OFF;
	assert_reason(&m, "cs01, cs03: control is in OFF");
	assert_int_equal(m.health.n, 2);
	model_fini(&m);
}

static void
alarms_of_one_kind_are_one_reason(void **state)
{
	struct model m;
	(void)state;
	fixture_open(&m, 16);
	fixture_watch(&m);
	for (uint32_t i = 0; i < m.n_systems; i++)
		fixture_raise(&m, i, FIXTURE_PUMP1, ALARM_UNACKED, (int)i, 10 + (int)i);
	assert_reason(&m, "failed and 14 more (P2, not acknowledged)");
	assert_int_equal(m.health.n, 1);
	model_fini(&m);
}

static void
a_cap_of_all_is_one_reason_with_its_whole_cost(void **state)
{
	struct model m;
	(void)state;
	open_four(&m);
	for (uint32_t i = 0; i < 4; i++) {
		m.systems[i].one[ROLE_CTL_REASON] = fixture_sample(REASON_CAP);
		m.systems[i].one[ROLE_CTL_COST_TOKENS] = fixture_sample(100 + i);
		m.systems[i].one[ROLE_CTL_DUTY] = fixture_sample(0.9 - 0.01 * i);
	}
	assert_reason(&m, "cs00..cs03 (4) held back by power cap, cost 406 tokens/s");
	assert_int_equal(m.health.n, 1);
	m.systems[1].one[ROLE_CTL_REASON].value = REASON_SPREAD;
	m.systems[2].one[ROLE_CTL_REASON].value = REASON_SPREAD;
	assert_reason(&m, "cs00, cs03 held back by power cap, cost 203 tokens/s");
	assert_reason(&m, "cs02 held back by spread, costs 102 tokens/s");
	assert_int_equal(m.health.n, 3);
	model_fini(&m);
}

static void
what_costs_nothing_at_full_duty_is_no_reason(void **state)
{
	struct model m;
	(void)state;
	open_four(&m);
	struct sample *one = m.systems[2].one;
	one[ROLE_CTL_REASON] = fixture_sample(REASON_INPUT_LOST);
	one[ROLE_CTL_COST_TOKENS] = fixture_sample(0.2);
	one[ROLE_CTL_DUTY] = fixture_sample(0.999);
	model_summarise(&m);
	assert_true(m.health.healthy);
	one[ROLE_CTL_COST_TOKENS].value = 60;
	assert_reason(&m, "cs02 held back by lost inputs, costs 60 tokens/s");
	one[ROLE_CTL_COST_TOKENS].value = 0;
	one[ROLE_CTL_DUTY].value = 0.4; /* it does not work, but would */
	assert_reason(&m, "cs02 held back by lost inputs");
	model_fini(&m);
}

static void
a_cost_is_not_known_while_the_work_is_not(void **state)
{
	struct model m;
	(void)state;
	open_four(&m);
	assert_true(sample_usable(&m.cost_per_s));
	for (uint32_t i = 0; i < m.n_systems; i++)
		m.systems[i].one[ROLE_JOB_TOKENS].quality = QUALITY_STALE;
	model_summarise(&m);
	assert_false(sample_usable(&m.tokens_per_s) || sample_usable(&m.cost_per_s));
	assert_false(sample_usable(&m.systems[1].one[ROLE_CTL_COST_TOKENS]));
	model_fini(&m);
}

static void
more_reasons_than_fit_are_counted(void **state)
{
	struct model m;
	(void)state;
	fixture_open(&m, 16);
	for (uint32_t i = 0; i < m.n_devices; i++) {
		m.devices[i].points = i + 1; /* each something else */
		m.devices[i].good = 0;
	}
	model_summarise(&m);
	assert_int_equal(m.health.n, HEALTH_REASONS);
	assert_int_equal(m.health.dropped, m.n_devices - HEALTH_REASONS);
	model_fini(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_simulated_plant_that_fell_behind_is_not_valid),
		cmocka_unit_test(an_accelerator_of_another_make_is_nobodys_to_control),
		cmocka_unit_test(all_well_is_healthy),
		cmocka_unit_test(a_point_that_is_not_good_is_not_healthy_now_and_for_ten_seconds),
		cmocka_unit_test(a_trip_is_not_healthy_even_when_its_word_is_old),
		cmocka_unit_test(a_system_held_back_is_not_healthy_now_and_for_ten_seconds),
		cmocka_unit_test(a_system_over_a_limit_is_not_healthy_whatever_the_controllers_say),
		cmocka_unit_test(a_room_restarted_or_down_is_not_healthy),
		cmocka_unit_test(a_silent_room_is_one_reason_not_one_a_system),
		cmocka_unit_test(modes_that_are_healthy_and_modes_that_are_not),
		cmocka_unit_test(overruns_are_shown_not_judged),
		cmocka_unit_test(an_active_alarm_is_not_healthy_whoever_acknowledged_it),
		cmocka_unit_test(alarms_that_nobody_watches_any_more_are_not_healthy),
		cmocka_unit_test(what_is_the_same_of_several_is_one_reason),
		cmocka_unit_test(alarms_of_one_kind_are_one_reason),
		cmocka_unit_test(a_cap_of_all_is_one_reason_with_its_whole_cost),
		cmocka_unit_test(what_costs_nothing_at_full_duty_is_no_reason),
		cmocka_unit_test(a_cost_is_not_known_while_the_work_is_not),
		cmocka_unit_test(more_reasons_than_fit_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
