/* SPDX-License-Identifier: Apache-2.0 */
/* The alarm records that ship, and how records become the alarms of a plant. */
#include "tests/unit/config_fixture.h"

#include <math.h>

/* --- the records that ship ------------------------------------------------------------------- */

static struct plant *
cluster16(void)
{
	return plant_at("config/plants/cluster16.yaml");
}

static bool
has_limit(const struct alarm_record *a)
{
	return a->type == ALARM_HI || a->type == ALARM_LO;
}

static uint32_t
alarms_of(const struct plant *p, const char *id)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->n_alarms; i++)
		n += !strcmp(p->alarm_records[p->alarms[i].record].id, id);
	return n;
}

static const struct alarm_record *
record_of(const struct plant *p, const char *id)
{
	uint32_t i = 0;

	while (i < p->n_alarm_records && strcmp(p->alarm_records[i].id, id) != 0)
		i++;
	assert_true(i < p->n_alarm_records);
	return &p->alarm_records[i];
}

static void
every_record_says_cause_consequence_and_action(void **state)
{
	struct plant *p = cluster16();

	(void)state;
	assert_true(p->n_alarm_records > 40);
	for (uint32_t i = 0; i < p->n_alarm_records; i++) {
		const struct alarm_record *a = &p->alarm_records[i];

		/* a word is no sentence */
		if (strlen(a->cause) < 20 || strlen(a->consequence) < 20 || strlen(a->action) < 20)
			fail_msg("%s is not explained", a->id);
		if (a->cause[strlen(a->cause) - 1] != '.' ||
		    a->consequence[strlen(a->consequence) - 1] != '.' ||
		    a->action[strlen(a->action) - 1] != '.')
			fail_msg("%s: a sentence ends with a full stop", a->id);
	}
	plant_free(p);
}

static void
no_delay_takes_more_than_a_third_of_the_time_to_respond(void **state)
{
	struct plant *p = cluster16();

	(void)state;
	for (uint32_t i = 0; i < p->n_alarm_records; i++)
		if (p->alarm_records[i].on_delay_s > p->alarm_records[i].respond_s / 3)
			fail_msg("%s waits too long", p->alarm_records[i].id);
	plant_free(p);
}

static void
what_has_a_limit_has_a_deadband(void **state)
{
	struct plant *p = cluster16();

	(void)state;
	for (uint32_t i = 0; i < p->n_alarm_records; i++) {
		const struct alarm_record *a = &p->alarm_records[i];

		if (has_limit(a) && !(a->deadband > 0))
			fail_msg("%s has no deadband", a->id);
		/* a count never needs it, a measurement must not chatter around it */
		if (has_limit(a) && *role_table[a->role].unit && a->on_delay_s <= 0)
			fail_msg("%s has no delay", a->id);
	}
	plant_free(p);
}

static void
no_two_records_have_the_same_cause_and_action(void **state)
{
	struct plant *p = cluster16();

	(void)state;
	for (uint32_t i = 0; i < p->n_alarm_records; i++)
		for (uint32_t k = 0; k < i; k++) {
			const struct alarm_record *a = &p->alarm_records[i];
			const struct alarm_record *b = &p->alarm_records[k];

			if (!strcmp(a->cause, b->cause) && !strcmp(a->action, b->action))
				fail_msg("%s and %s are one alarm", a->id, b->id);
			if (a->type == b->type && a->role == b->role && a->bit == b->bit &&
			    !(fabs(a->limit - b->limit) > 0))
				fail_msg("%s and %s look at the same", a->id, b->id);
		}
	plant_free(p);
}

/* Harm, and time to respond. */
static enum alarm_priority
priority_of(const struct alarm_record *a)
{
	int hurry = a->respond_s <= 300 ? 2 : a->respond_s <= 1800 ? 1 : 0;
	int urgency = (int)a->harm + hurry;

	return urgency >= 4   ? ALARM_CRITICAL
	       : urgency == 3 ? ALARM_HIGH
	       : urgency == 2 ? ALARM_MEDIUM
			      : ALARM_LOW;
}

static void
priority_is_harm_times_haste_and_its_mix_is_shown(void **state)
{
	static const char *const names[] = {"", "critical", "high", "medium", "low"};
	struct plant *p = cluster16();
	uint32_t records[5] = {0}, alarms[5] = {0};

	(void)state;
	for (uint32_t i = 0; i < p->n_alarm_records; i++) {
		const struct alarm_record *a = &p->alarm_records[i];

		if (a->priority != priority_of(a))
			fail_msg("%s is %s, not %s", a->id, names[a->priority],
				 names[priority_of(a)]);
		records[a->priority]++;
	}
	for (uint32_t i = 0; i < p->n_alarms; i++)
		alarms[p->alarm_records[p->alarms[i].record].priority]++;
	for (unsigned k = ALARM_CRITICAL; k <= ALARM_LOW; k++)
		printf("# %-8s %2u records, %4u of %u alarms (%.0f %%)\n", names[k], records[k],
		       alarms[k], p->n_alarms, 100.0 * alarms[k] / p->n_alarms);
	plant_free(p);
}

static void
a_page_is_for_what_needs_somebody_now(void **state)
{
	/* what causes these two has paged already, by the rope and pump by pump */
	static const char *const silent[] = {"trip_leak", "trip_pumps"};
	struct plant *p = cluster16();

	(void)state;
	for (uint32_t i = 0; i < p->n_alarm_records; i++) {
		const struct alarm_record *a = &p->alarm_records[i];
		bool excused = !strcmp(a->id, silent[0]) || !strcmp(a->id, silent[1]);

		if (a->page && (a->priority == ALARM_LOW || a->respond_s > 1800))
			fail_msg("%s pages for what can wait", a->id);
		if (a->priority == ALARM_CRITICAL && !excused && !a->page)
			fail_msg("%s is critical and calls nobody", a->id);
		if (excused && a->page)
			fail_msg("%s pages a second time for the same", a->id);
		if (a->latched && a->priority != ALARM_CRITICAL)
			fail_msg("%s need not be reset by hand", a->id);
	}
	plant_free(p);
}

static void
leaks_and_trips_are_latched_and_wait_for_nothing(void **state)
{
	static const char *const ids[] = {"leak_wet",   "trip_temperature", "trip_flow",
					  "trip_pumps", "trip_leak",        "trip_current"};
	struct plant *p = cluster16();

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		const struct alarm_record *a = record_of(p, ids[i]);

		assert_true(a->latched);
		assert_true(a->on_delay_s <= 0);
		assert_int_equal(a->priority, ALARM_CRITICAL);
	}
	plant_free(p);
}

/* --- from records to alarms ------------------------------------------------------------------ */

static void
a_plant_has_an_alarm_an_element_a_device_or_a_site(void **state)
{
	static const struct {
		const char *id;
		uint32_t n;
	} known[] = {{"tmax_alarm", 16},  {"pump_failed", 32},     {"leak_wet", 48},
		     {"psu_failed", 192}, {"input_lost", 51},      {"dew_margin", 16},
		     {"trip_leak", 16},   {"facility_hot", 1},     {"hook_unusable", 1},
		     {"broker_lost", 1},  {"collectors_silent", 1}};
	struct plant *p = cluster16();

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_int_equal(alarms_of(p, known[i].id), known[i].n);
	for (uint32_t i = 0; i < p->n_alarms; i++) {
		const struct alarm *a = &p->alarms[i];
		const struct alarm_record *r = &p->alarm_records[a->record];
		const struct point *pt = &p->points[a->point];

		assert_true(r->enabled);
		assert_int_equal(pt->role, r->role);
		assert_int_equal(pt->role_index, a->element);
		assert_int_equal(pt->system, a->system);
		assert_int_equal(pt->device, a->device);
		assert_int_equal(a->limit_point != NO_POINT, r->limit_role >= 0);
		if (a->limit_point != NO_POINT)
			assert_int_equal(p->points[a->limit_point].role, r->limit_role);
	}
	plant_free(p);
}

static void
alarms_are_found_by_their_keys_and_stand_system_by_system(void **state)
{
	static const char *const keys[] = {"cs03.pump_failed[0]", "cs15.psu_failed[11]",
					   "cs00.engine.input_lost", "site.meter.input_lost",
					   "site.facility_hot"};
	struct plant *p = cluster16();

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (plant_alarm(p, keys[i]) < 0)
			fail_msg("no alarm %s", keys[i]);
	for (uint32_t i = 0; i < p->n_alarms; i++) {
		assert_int_equal(plant_alarm(p, p->alarms[i].key), i);
		if (i > 0 && p->alarms[i].system != SITE)
			assert_true(p->alarms[i].system >= p->alarms[i - 1].system);
	}
	assert_int_equal(p->alarms[p->n_alarms - 1].system, SITE);
	assert_int_equal(plant_alarm(p, "cs16.pump_failed[0]"), -1);
	assert_int_equal(plant_alarm(p, ""), -1);
	plant_free(p);
}

static void
assert_text(const struct plant *p, const char *key, const char *text)
{
	char out[128];

	assert_string_equal(alarm_text(p, (uint32_t)plant_alarm(p, key), out, sizeof(out)), text);
}

static void
the_text_names_system_device_and_number(void **state)
{
	struct plant *p = cluster16();
	char out[128], cut[12];

	(void)state;
	assert_text(p, "cs03.pump_failed[1]", "cs03: pump 2 failed");
	assert_text(p, "cs03.cooling.input_lost", "cs03.cooling does not answer");
	assert_text(p, "site.facility_hot", "Facility water too warm");
	for (uint32_t i = 0; i < p->n_alarms; i++)
		if (strpbrk(alarm_text(p, i, out, sizeof(out)), "{}") || strlen(out) > 60)
			fail_msg("%s: %s", p->alarms[i].key, out);
	assert_string_equal(
		alarm_text(p, (uint32_t)plant_alarm(p, "cs03.pump_failed[1]"), cut, sizeof(cut)),
		"cs03: pump ");
	plant_free(p);
}

static void
only_what_a_plant_has_is_alarmed(void **state)
{
	/* a meter in place of the power shelf, and no facility */
	struct plant *p =
		plant_of(GOOD_HEAD "overrides: {cs00.power: {profile: schneider_iem3000}}\n");
	const struct alarm *a;

	(void)state;
	assert_int_equal(alarms_of(p, "psu_failed"), 12);
	assert_int_equal(plant_alarm(p, "cs00.psu_failed[0]"), -1);
	assert_true(plant_alarm(p, "cs01.psu_failed[0]") >= 0);
	assert_true(plant_alarm(p, "cs00.power.input_lost") >= 0);
	assert_int_equal(alarms_of(p, "dew_margin"), 0); /* nobody measures the dew point */
	assert_int_equal(alarms_of(p, "facility_hot"), 0);
	a = &p->alarms[plant_alarm(p, "cs01.spread_over")];
	assert_int_equal(a->limit_point, plant_role(p, 1, ROLE_CTL_SPREAD_LIMIT, 0));
	plant_free(p);
}

static void
a_limit_that_the_system_lacks_is_the_sites(void **state)
{
	struct plant *p = cluster16();
	const struct alarm *a = &p->alarms[plant_alarm(p, "cs07.dew_margin")];

	(void)state;
	assert_int_equal(a->limit_point, plant_role(p, SITE, ROLE_DEW_POINT, 0));
	assert_int_equal(a->point, plant_role(p, 7, ROLE_LOOP_SUPPLY, 0));
	plant_free(p);
}

/* --- `alarms:` of a plant file --------------------------------------------------------------- */

static void
a_plant_file_changes_records_for_all_its_systems(void **state)
{
	struct plant *p = plant_of(
		GOOD_HEAD "alarms:\n"
			  "  flow_low: {limit: 30, deadband: 2, on_delay_s: 5, off_delay_s: 7}\n"
			  "  psu_failed: {enabled: no}\n"
			  "  pump_failed: {priority: critical, page: no}\n");
	struct plant *q = plant_of(GOOD_HEAD);
	const struct alarm_record *a = record_of(p, "flow_low");

	(void)state;
	assert_true(fabs(a->limit - 30) < 1e-9 && fabs(a->deadband - 2) < 1e-9);
	assert_true(fabs(a->on_delay_s - 5) < 1e-9 && fabs(a->off_delay_s - 7) < 1e-9);
	assert_int_equal(a->priority, record_of(q, "flow_low")->priority);
	assert_false(record_of(p, "psu_failed")->enabled);
	assert_int_equal(alarms_of(p, "psu_failed"), 0);
	assert_int_equal(p->n_alarms, q->n_alarms - 24);
	a = record_of(p, "pump_failed");
	assert_int_equal(a->priority, ALARM_CRITICAL);
	assert_false(a->page);
	/* the images of the two would not fit */
	assert_memory_not_equal(p->hash, q->hash, sizeof(p->hash));
	plant_free(p);
	plant_free(q);
}

static void
a_resolved_file_keeps_what_was_changed(void **state)
{
	struct plant *p = plant_of(GOOD_HEAD "alarms:\n"
					     "  flow_low: {limit: 30.1, deadband: 0.1}\n"
					     "  psu_failed: {enabled: no}\n"
					     "  pump_failed: {priority: low, page: no}\n");
	struct config_report report = {0};
	char dir[64], path[80];
	struct plant *q = NULL;

	(void)state;
	folder_make(dir);
	snprintf(path, sizeof(path), "%s/plant.yaml", dir);
	assert_int_equal(plant_write_resolved(p, path), 0);
	assert_int_equal(plant_load(&q, path, &report), 0);
	config_report_free(&report);
	assert_memory_equal(p->hash, q->hash, sizeof(p->hash));
	assert_false(record_of(q, "psu_failed")->enabled);
	assert_false(record_of(q, "pump_failed")->page);
	assert_int_equal(record_of(q, "pump_failed")->priority, ALARM_LOW);
	assert_memory_equal(&record_of(p, "flow_low")->limit, &record_of(q, "flow_low")->limit,
			    sizeof(double));
	plant_free(p);
	plant_free(q);
	folder_remove(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_record_says_cause_consequence_and_action),
		cmocka_unit_test(no_delay_takes_more_than_a_third_of_the_time_to_respond),
		cmocka_unit_test(what_has_a_limit_has_a_deadband),
		cmocka_unit_test(no_two_records_have_the_same_cause_and_action),
		cmocka_unit_test(priority_is_harm_times_haste_and_its_mix_is_shown),
		cmocka_unit_test(a_page_is_for_what_needs_somebody_now),
		cmocka_unit_test(leaks_and_trips_are_latched_and_wait_for_nothing),
		cmocka_unit_test(a_plant_has_an_alarm_an_element_a_device_or_a_site),
		cmocka_unit_test(alarms_are_found_by_their_keys_and_stand_system_by_system),
		cmocka_unit_test(the_text_names_system_device_and_number),
		cmocka_unit_test(only_what_a_plant_has_is_alarmed),
		cmocka_unit_test(a_limit_that_the_system_lacks_is_the_sites),
		cmocka_unit_test(a_plant_file_changes_records_for_all_its_systems),
		cmocka_unit_test(a_resolved_file_keeps_what_was_changed),
	};

	return cmocka_run_group_tests_name("alarm records", tests, NULL, NULL);
}
