/* SPDX-License-Identifier: Apache-2.0 */
/* Alarms of a snapshot: from their image, counted, in order, in words. */
#include "tests/unit/support.h"

#include <math.h>

#include "tests/unit/tui_fixture.h"

#define SECOND INT64_C(1000000000)

static void
open_watched(struct model *m, uint32_t n)
{
	fixture_open(m, n);
	fixture_watch(m);
	model_summarise(m);
}

static void
an_image_becomes_alarms_with_state_age_value_and_limit(void **state)
{
	static const char text[] =
		"site: test\nsystems:\n  - {name: cs%02d, count: 2, type: water}\n"
		"facility:\n  - {name: water, profile: facility_water}\n"
		"  - {name: sim, profile: simulator}\n";
	struct config_report report = {0};
	struct plant *p = NULL;
	struct model m;
	struct model_input input = {.now_ns = FIXTURE_NOW_NS, .wall_ns = FIXTURE_WALL_NS};
	char out[96];
	(void)state;
	assert_int_equal(plant_parse(&p, text, strlen(text), "t.yaml", "config", &report), 0);
	assert_int_equal(model_init(&m, p->n_systems, p->n_devices, p->n_alarms), 0);
	model_describe(&m, p);
	struct sample *alm = calloc(p->alm.first[p->alm.n_groups], sizeof(*alm));
	assert_non_null(alm);
	int32_t hot = plant_alarm(p, "cs01.tmax_alarm");
	assert_true(hot >= 0);
	struct sample *s = &alm[ALARM_FIELDS * (uint32_t)hot];
	s[ALARM_FIELD_STATE] = fixture_sample(ALARM_ACKED);
	s[ALARM_FIELD_VALUE] = fixture_sample(57.25);
	s[ALARM_FIELD_EPISODE] = fixture_sample(4);
	s[ALARM_FIELD_RAISED] = fixture_sample((double)(FIXTURE_WALL_NS / SECOND - 70));
	uint32_t active_at;
	uint32_t active = plant_role(p, SITE, ROLE_ALARM_ACTIVE, 0);
	assert_int_equal(plant_where(p, active, &active_at), REGION_ALM);
	alm[active_at] = fixture_sample(1);
	input.plant = p;
	input.samples[REGION_ALM] = alm;
	input.status[REGION_ALM].alive = true;
	input.status[REGION_ALM].heartbeat_ns = FIXTURE_NOW_NS;
	model_fill(&m, &input);
	const struct model_alarm *a = &m.alarms.all[hot];
	assert_int_equal(a->state, ALARM_ACKED);
	assert_true(a->live);
	assert_int_equal(a->episode, 4);
	assert_true(fabs(a->limit - 55) < 1e-9);
	assert_string_equal(model_alarm_age(&m, (uint32_t)hot, out, sizeof(out)), "01:10");
	assert_string_equal(model_alarm_value(&m, (uint32_t)hot, &a->at_change, out, sizeof(out)),
			    "57.2 C");
	assert_string_equal(model_alarm_value(&m, (uint32_t)hot, &a->input, out, sizeof(out)), "-");
	assert_string_equal(model_alarm_limit(&m, (uint32_t)hot, out, sizeof(out)), "> 55.0 C");
	/* a state without a name is no number to people; a limit is never shown as 0 */
	uint32_t silent = (uint32_t)plant_alarm(p, "site.controllers_silent");
	struct sample bits = fixture_sample(2), late = fixture_sample(0.0042);
	assert_string_equal(model_alarm_value(&m, silent, &bits, out, sizeof(out)), "-");
	assert_string_equal(model_alarm_limit(&m, silent, out, sizeof(out)), "-");
	uint32_t journal = (uint32_t)plant_alarm(p, "site.journal_unwritable");
	bits.value = 0;
	assert_string_equal(model_alarm_value(&m, journal, &bits, out, sizeof(out)), "-");
	assert_string_equal(model_alarm_limit(&m, journal, out, sizeof(out)), "-");
	uint32_t leak = (uint32_t)plant_alarm(p, "cs00.leak_wet[0]");
	bits.value = 1;
	assert_string_equal(model_alarm_value(&m, leak, &bits, out, sizeof(out)), "wet");
	assert_string_equal(model_alarm_limit(&m, leak, out, sizeof(out)), "wet");
	uint32_t invalid = (uint32_t)plant_alarm(p, "site.run_invalid");
	assert_string_equal(model_alarm_value(&m, invalid, &late, out, sizeof(out)), "0.004");
	assert_string_equal(model_alarm_limit(&m, invalid, out, sizeof(out)), "> 0.001");
	assert_int_equal(m.alarms.n_standing, 1);
	assert_int_equal(m.systems[1].alarms, 1);
	assert_int_equal(m.systems[0].alarms, 0);
	/* points of the site's programs have their values as well */
	assert_true(fabs(m.facility[ROLE_ALARM_ACTIVE].value - 1) < 1e-9);
	assert_int_equal(m.facility[ROLE_MQTT_MESSAGES].quality, QUALITY_NEVER);
	/* what makes no sense is no state */
	s[ALARM_FIELD_STATE].value = 99;
	s[ALARM_FIELD_RAISED].value = (double)NAN;
	model_fill(&m, &input);
	assert_int_equal(m.alarms.all[hot].state, ALARM_ACKED);
	assert_false(m.alarms.all[hot].live);
	assert_string_equal(model_alarm_age(&m, (uint32_t)hot, out, sizeof(out)), "-");
	free(alm);
	model_fini(&m);
	plant_free(p);
}

static void
the_list_is_by_priority_then_the_newest_first(void **state)
{
	struct model m;
	(void)state;
	open_watched(&m, 4);
	uint32_t low = fixture_raise(&m, 0, FIXTURE_LEVEL, ALARM_UNACKED, 39, 1);
	uint32_t old = fixture_raise(&m, 1, FIXTURE_PUMP1, ALARM_UNACKED, 2, 500);
	uint32_t young = fixture_raise(&m, 2, FIXTURE_PUMP1, ALARM_ACKED, 2, 10);
	uint32_t worst = fixture_raise(&m, 3, FIXTURE_TMAX, ALARM_RETURNED, 54, 5000);
	fixture_raise(&m, 3, FIXTURE_FLOW, ALARM_SHELVED, 30, 60);
	model_summarise(&m);
	assert_int_equal(m.alarms.n_standing, 4);
	assert_int_equal(m.alarms.standing[0], worst);
	assert_int_equal(m.alarms.standing[1], young);
	assert_int_equal(m.alarms.standing[2], old);
	assert_int_equal(m.alarms.standing[3], low);
	assert_int_equal(m.alarms.n_aside, 1);
	assert_int_equal(model_alarms_active(&m.alarms), 3);
	assert_int_equal(m.alarms.by_priority[ALARM_HIGH], 2);
	/* told first: what is there and nobody has acknowledged, before what is over */
	assert_int_equal(m.alarms.banner, old);
	m.alarms.all[old].state = m.alarms.all[low].state = ALARM_ACKED;
	model_summarise(&m);
	assert_int_equal(m.alarms.banner, worst);
	m.alarms.all[worst].state = ALARM_NORMAL;
	model_summarise(&m);
	assert_int_equal(m.alarms.banner, m.alarms.n);
	model_fini(&m);
}

/* Whoever acknowledges or clears them does not end it: what counts is how many began. */
static void
a_flood_begins_above_ten_in_ten_minutes_and_ends_below_five(void **state)
{
	struct model m;
	(void)state;
	open_watched(&m, 16);
	for (uint32_t k = 0; k < 10; k++)
		fixture_raise(&m, k, FIXTURE_PUMP1, ALARM_ACKED, 2, 300 - (int)k);
	uint32_t before = fixture_raise(&m, 12, FIXTURE_TMAX, ALARM_UNACKED, 56, 601);
	model_summarise(&m);
	assert_false(m.alarms.flood);
	assert_int_equal(m.alarms.standing[0], before);
	uint32_t first = fixture_raise(&m, 11, FIXTURE_LEVEL, ALARM_UNACKED, 39, 400);
	model_summarise(&m);
	assert_int_equal(m.alarms.recent, 11);
	assert_true(m.alarms.flood);
	assert_int_equal(m.alarms.standing[0], first); /* the first out, whatever its priority */
	assert_int_equal(m.alarms.standing[1], 0 * FIXTURE_ALARMS + FIXTURE_PUMP1);
	for (uint32_t k = 0; k < 6; k++)
		m.alarms.all[k * FIXTURE_ALARMS + FIXTURE_PUMP1].raised_wall_ns -= 600 * SECOND;
	model_summarise(&m);
	assert_int_equal(m.alarms.recent, 5);
	assert_true(m.alarms.flood);
	m.alarms.all[6 * FIXTURE_ALARMS + FIXTURE_PUMP1].raised_wall_ns -= 600 * SECOND;
	model_summarise(&m);
	assert_false(m.alarms.flood);
	assert_int_equal(m.alarms.standing[0], before);
	model_fini(&m);
}

static void
an_age_is_short_and_never_negative(void **state)
{
	static const struct {
		int ago_s;
		const char *age;
	} ages[] = {{-50, "00:00"},  {0, "00:00"},      {59, "00:59"},    {3599, "59:59"},
		    {3600, "1h00m"}, {86399, "23h59m"}, {86400, "1d00h"}, {400 * 86400, "400d00h"}};
	struct model m;
	char out[16];
	(void)state;
	open_watched(&m, 1);
	for (size_t i = 0; i < sizeof(ages) / sizeof(ages[0]); i++) {
		uint32_t a = fixture_raise(&m, 0, FIXTURE_TMAX, ALARM_UNACKED, 56, ages[i].ago_s);
		assert_string_equal(model_alarm_age(&m, a, out, sizeof(out)), ages[i].age);
	}
	model_fini(&m);
}

static void
a_run_without_a_room_for_alarms_expects_none(void **state)
{
	struct model m;
	(void)state;
	fixture_open(&m, 1);
	assert_false(model_alarms_expected(&m));
	assert_false(model_alarms_live(&m));
	m.run.there = false; /* rooms started by hand: the image tells */
	m.writer[REGION_ALM].there = true;
	assert_true(model_alarms_expected(&m));
	m.run.there = true; /* left behind by another run */
	assert_false(model_alarms_expected(&m));
	fixture_watch(&m);
	assert_true(model_alarms_expected(&m));
	assert_true(model_alarms_live(&m));
	model_fini(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_image_becomes_alarms_with_state_age_value_and_limit),
		cmocka_unit_test(the_list_is_by_priority_then_the_newest_first),
		cmocka_unit_test(a_flood_begins_above_ten_in_ten_minutes_and_ends_below_five),
		cmocka_unit_test(an_age_is_short_and_never_negative),
		cmocka_unit_test(a_run_without_a_room_for_alarms_expects_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
