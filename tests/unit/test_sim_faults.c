/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sim_two.h"

#include <errno.h>
#include <jansson.h>

#include "engine_sim/command_fault.h"

static double
get(const char *path)
{
	double value = (double)NAN;

	assert_int_equal(sim_get(sim, path, &value), 0);
	return value;
}

static void
is(const char *path, double expected)
{
	if (!(fabs(get(path) - expected) < 1e-9))
		fail_msg("%s: %g is not %g", path, get(path), expected);
}

/* What is said about a change that is refused. */
static void
refused(const char *path, double value, int rc, const char *part)
{
	struct change c = {.value = value};
	char why[1024] = "";

	snprintf(c.path, sizeof(c.path), "%s", path);
	assert_int_equal(sim_set(sim, &c, why, sizeof(why)), rc);
	if (!strstr(why, part))
		fail_msg("\"%s\" does not say \"%s\"", why, part);
}

static void
a_change_is_made_at_once_and_only_where_it_is_named(void **state)
{
	(void)state;
	assert_int_equal(change(sim, "cs01.zone[5].g=0.379"), 0);
	is("cs01.zone[5].g", 0.379);
	is("cs01.zone[4].g", 1.0);
	is("cs00.zone[5].g", 1.0);
	run_s(sim, 30.0);
	assert_true(truth_of(sim, 1).spread_k > 9.0);
	assert_true(truth_of(sim, 0).spread_k < 9.0);
}

static void
a_ramp_goes_straight_and_ends_exactly(void **state)
{
	(void)state;
	assert_int_equal(change(sim, "cs00.facility.supply_c=26 over 2s"), 0);
	is("cs00.facility.supply_c", 20.0);
	run_s(sim, 0.5);
	assert_true(fabs(get("cs00.facility.supply_c") - 21.5) < 0.07);
	run_s(sim, 1.51);
	assert_true(get("cs00.facility.supply_c") >= 26.0);
	assert_true(get("cs00.facility.supply_c") <= 26.0);
}

static void
a_new_change_takes_the_place_of_a_ramp(void **state)
{
	(void)state;
	assert_int_equal(change(sim, "cs00.zone[5].g=0 over 10s"), 0);
	run_s(sim, 1.0);
	assert_int_equal(change(sim, "cs00.zone[5].g=1"), 0);
	run_s(sim, 10.0);
	is("cs00.zone[5].g", 1.0);
}

static void
the_facility_reaches_every_system(void **state)
{
	(void)state;
	assert_int_equal(change(sim, "facility.supply_c=26"), 0);
	is("facility.supply_c", 26.0);
	is("cs00.facility.supply_c", 26.0);
	is("cs01.facility.supply_c", 26.0);
	assert_int_equal(change(sim, "cs01.facility.supply_c=30"), 0);
	is("cs00.facility.supply_c", 26.0);
	is("facility.supply_c", 26.0);
}

static void
a_name_without_its_index_means_all(void **state)
{
	(void)state;
	assert_int_equal(change(sim, "cs00.sensor.offset_c=2"), 0);
	is("cs00.sensor[0].offset_c", 2.0);
	is("cs00.sensor[83].offset_c", 2.0);
	assert_int_equal(change(sim, "cs00.job.activity=0.02"), 0);
	is("cs00.job[0].activity", 0.02);
	run_s(sim, 1.0);
	assert_true(truth_of(sim, 0).wafer_w < 6000.0);
	assert_true(truth_of(sim, 1).wafer_w > 17000.0);
}

static void
an_override_of_a_pump_holds_and_lets_go(void **state)
{
	(void)state;
	assert_int_equal(change(sim, "cs00.pump[0].speed=0.6"), 0);
	run_s(sim, 10.0);
	assert_true(fabs(truth_of(sim, 0).pump_speed[0] - 0.6) < 1e-3);
	assert_int_equal(change(sim, "cs00.pump[0].speed=-1"), 0);
	run_s(sim, 10.0);
	assert_true(fabs(truth_of(sim, 0).pump_speed[0] - 0.8) < 1e-3);
}

static void
a_stuck_sensor_stays_while_the_wafer_moves(void **state)
{
	uint16_t was = word_of(sim, plant, "cs00.wafer.A1.temp_c");

	(void)state;
	assert_int_equal(change(sim, "cs00.sensor[0].stuck=1"), 0);
	assert_int_equal(change(sim, "cs00.job.activity=0.02"), 0);
	run_s(sim, 5.0);
	assert_int_equal(word_of(sim, plant, "cs00.wafer.A1.temp_c"), was);
	assert_true(word_of(sim, plant, "cs00.wafer.A2.temp_c") < was - 8 * 5);
}

static void
an_offline_device_is_silent_and_its_firmware_goes_on(void **state)
{
	const uint8_t request[] = {0, 1, 0, 0, 0, 6, 1, 4, 0, 0, 0, 1};
	uint32_t engine = device_of(plant, "cs00.engine");
	uint8_t answer[260];

	(void)state;
	assert_int_equal(sim_answer(sim, engine, request, sizeof(request), answer), 11);
	assert_int_equal(change(sim, "cs00.engine.offline=1"), 0);
	assert_true(sim_offline(sim, engine));
	assert_false(sim_offline(sim, device_of(plant, "cs00.cooling")));
	assert_int_equal(sim_answer(sim, engine, request, sizeof(request), answer), 0);
	assert_int_equal(change(sim, "cs00.loop.flow_meter_mul=0.1"), 0);
	run_s(sim, 1.0);
	assert_int_equal(truth_of(sim, 0).trip, TRIP_FLOW);
	assert_int_equal(change(sim, "cs00.engine.offline=0"), 0);
	assert_int_equal(sim_answer(sim, engine, request, sizeof(request), answer), 11);
	assert_int_equal(change(sim, "site.meter.offline=1"), 0);
	assert_true(sim_offline(sim, device_of(plant, "site.meter")));
}

static void
what_is_not_allowed_says_what_is(void **state)
{
	(void)state;
	refused("cs00.zone[12].g", 1, -ENOENT, "index 12 is not in 0..11");
	refused("cs00.zone[5].h", 1, -ENOENT, "zone[0..11].g");
	refused("cs00.zone[5]", 1, -ENOENT, "zone[0..11].g");
	refused("cs00.zone[].g", 1, -ENOENT, "zone[0..11].g");
	refused("cs00.zoo", 1, -ENOENT, "pump[0..1].failed");
	refused("cs99.zone[5].g", 1, -ENOENT, "cs00..cs01");
	refused("", 1, -ENOENT, "cs00..cs01");
	refused("cs00", 1, -ENOENT, "cs00..cs01");
	refused("cs00.zone[5].g", 2.5, -ERANGE, "2.5 is not in 0..2");
	refused("cs00.facility.supply_c", -40, -ERANGE, "-5..60 c");
	refused("cs00.model.cp_j_kg_k", 1, -ERANGE, "1000..5000");
	refused("cs00.zone[5].g", (double)NAN, -ERANGE, "nan");
}

static void
a_number_of_the_model_can_be_set(void **state)
{
	double before = truth_of(sim, 0).tmax_c;

	(void)state;
	assert_int_equal(change(sim, "cs00.model.ha_w_k=20"), 0);
	run_s(sim, 10.0);
	assert_true(truth_of(sim, 0).tmax_c > before + 1.0);
}

static void
as_many_ramps_as_there_is_room_for(void **state)
{
	char text[64];
	int n;

	(void)state;
	for (n = 0; n < 1000; n++) {
		int rc;

		snprintf(text, sizeof(text), "cs%02d.sensor[%d].offset_c=%d over 9s", n / 84 % 2,
			 n % 84, n);
		if (n < 168)
			snprintf(text, sizeof(text), "cs%02d.sensor[%d].offset_c=1 over 9s", n / 84,
				 n % 84);
		else
			snprintf(text, sizeof(text), "cs%02d.sensor[%d].stuck=1 over 9s",
				 n / 84 % 2, n % 84);
		rc = change(sim, text);
		if (rc != 0) {
			assert_int_equal(rc, -EBUSY);
			break;
		}
	}
	assert_int_equal(n, 256);
	assert_int_equal(change(sim, "cs00.hx.ua_mul=0.5"), 0); /* at once needs no room */
	run_s(sim, 10.0);
	assert_int_equal(change(sim, "cs00.hx.ua_mul=1 over 1s"), 0);
}

static void
answers(struct sim *s, const struct plant *p, const char *request, bool ok, const char *part)
{
	char out[1024];
	json_t *root;

	command_fault(s, p, request, out, sizeof(out));
	root = json_loads(out, 0, NULL);
	assert_non_null(root);
	assert_int_equal(json_is_true(json_object_get(root, "ok")), ok);
	if (!strstr(out, part))
		fail_msg("%s does not say \"%s\"", out, part);
	json_decref(root);
}

static void
the_fault_socket_speaks_json(void **state)
{
	(void)state;
	answers(sim, plant, "{\"cmd\":\"fault\",\"change\":\"cs01.zone[5].g=0.379\"}", true,
		"true");
	answers(sim, plant, "{\"cmd\":\"get\",\"path\":\"cs01.zone[5].g\"}", true, "0.379");
	answers(sim, plant, "{\"cmd\":\"get\",\"path\":\"cs01.zone[5]\"}", false,
		"no such path; allowed: zone[0..11].g");
	answers(sim, plant, "{\"cmd\":\"get\",\"path\":\"nope\"}", false,
		"nope: no such path; it begins with a system");
	answers(sim, plant, "{\"cmd\":\"fault\",\"change\":\"cs01.zone[5].g=9\"}", false, "0..2");
	answers(sim, plant, "{\"cmd\":\"fault\"}", false, "missing");
	answers(sim, plant, "{\"cmd\":\"fault\",\"change\":7}", false, "missing");
	answers(sim, plant, "[1]", false, "error");
	answers(sim, plant, "", false, "error");
	answers(sim, plant, "{\"cmd\"", false, "error");
}

static void
faults_are_refused_unless_the_plant_allows_them(void **state)
{
	struct plant *strict = plant_of("site: t\n"
					"grid: reference\n"
					"seed: 7\n"
					"systems:\n"
					"  - {name: cs%02d, count: 1, type: water}\n");
	struct plant *mixed = plant_of(
		"site: t\n"
		"grid: reference\n"
		"seed: 7\n"
		"faults: allowed\n"
		"systems:\n"
		"  - {name: cs%02d, count: 1, type: water}\n"
		"overrides:\n"
		"  cs00.power: {source: real, host: 10.0.0.7, port: 502, write: shadow}\n");
	struct sim *a = sim_of(strict, NULL), *b = sim_of(mixed, NULL);
	const char *request = "{\"cmd\":\"fault\",\"change\":\"cs00.zone[5].g=0.379\"}";

	(void)state;
	answers(a, strict, request, false, "faults: allowed");
	answers(b, mixed, request, false, "cs00.power is a real device");
	sim_close(a);
	sim_close(b);
	plant_free(strict);
	plant_free(mixed);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_change_is_made_at_once_and_only_where_it_is_named),
		TEST(a_ramp_goes_straight_and_ends_exactly),
		TEST(a_new_change_takes_the_place_of_a_ramp),
		TEST(the_facility_reaches_every_system),
		TEST(a_name_without_its_index_means_all),
		TEST(an_override_of_a_pump_holds_and_lets_go),
		TEST(a_stuck_sensor_stays_while_the_wafer_moves),
		TEST(an_offline_device_is_silent_and_its_firmware_goes_on),
		TEST(what_is_not_allowed_says_what_is),
		TEST(a_number_of_the_model_can_be_set),
		TEST(as_many_ramps_as_there_is_room_for),
		TEST(the_fault_socket_speaks_json),
		TEST(faults_are_refused_unless_the_plant_allows_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
