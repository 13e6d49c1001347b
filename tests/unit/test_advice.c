/* SPDX-License-Identifier: Apache-2.0 */
/* Where a job should run, and whether it is there as was foretold: the controllers' model beside the simulated plant. */
#include "tests/unit/sim_fixture.h"

#include <jansson.h>

#include "controllers/control.h"
#include "controllers/holds.h"
#include "controllers/response.h"
#include "core/clock.h"
#include "core/command.h"
#include "runner/bus.h"

#define TICK_NS INT64_C(100000000)

static const char PLANT[] =
	"site: test\n"
	"grid: reference\n"
	"seed: 7\n"
	"faults: allowed\n"
	"limits: {temp_c: 50, spread_k: 8}\n"
	"control: {reticle_x_mul: 1, reticle_y_mul: 1}\n" /* this grid has one node a reticle */
	"systems:\n"
	"  - {name: cs%02d, count: 3, type: water}\n"
	"facility:\n"
	"  - {name: water, profile: facility_water}\n"
	"  - {name: sim, profile: simulator}\n"
	"jobs:\n"
	"  - {name: cool, systems: cs01, reticles: columns 0-4, mode: sync, density: 0.6}\n"
	"  - {name: late, systems: cs00, mode: sync, density: 1.1, on_request: yes}\n"
	"  - {name: hot, systems: cs01, reticles: columns 5-10, mode: sync, density: 1.3, "
	"on_request: yes}\n"
	"  - {name: single, systems: cs00, mode: ind, density: 1.1, on_request: yes}\n";

static struct plant *plant;
static struct sim *sim;
static struct image *in, *ctl;
static struct control *control;
static struct bus bus;
static char reply[COMMAND_MAX + 1];
static struct commissioned known; /* of cs00, from the start; serial 0: nothing is */

static struct image *
image_of(const struct plant_layout *l)
{
	struct image *image;
	struct image_layout layout = {.name = l->name,
				      .n_groups = l->n_groups,
				      .first = l->first,
				      .period_ns = l->period_ns,
				      .table_hash = plant->hash,
				      .beat_ns = TICK_NS};
	assert_int_equal(image_memory(&image, &layout), 0);
	return image;
}

static void
seconds(int n)
{
	for (int k = 0; k < n * 10; k++) {
		run_s(sim, 0.1);
		bus_turn(&bus, sim_now_ns(sim));
		control_step(control, sim_now_ns(sim), 0);
		bus_turn(&bus, sim_now_ns(sim));
	}
}

static int
setup(void **state)
{
	struct control_options opt = {
		.kind = CONTROLLER_SPI, .start_in_charge = true, .keep_spread_limit = true};
	struct sim_options options = {0};
	(void)state;
	plant = plant_of(PLANT);
	sim = sim_of(plant, &options);
	in = image_of(&plant->in);
	ctl = image_of(&plant->ctl);
	assert_int_equal(control_open(&control, plant, &opt, in, ctl, 0), 0);
	assert_int_equal(bus_init(&bus, plant, sim, in, ctl, NULL, 0), 0);
	if (known.serial)
		assert_int_equal(control_commissioned(control, &known), 0);
	seconds(20);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	bus_fini(&bus);
	control_close(control);
	image_close(in);
	image_close(ctl);
	sim_close(sim);
	plant_free(plant);
	return 0;
}

/* The answer, to be released. */
static json_t *
ask(const char *request)
{
	struct hold_request req = {.access = ACCESS_VIEW,
				   .json = request,
				   .len = strlen(request),
				   .now_ns = sim_now_ns(sim),
				   .wall_ns = sim_now_ns(sim)};
	req.access = strstr(request, "\"why\"") ? ACCESS_ENGINEER : ACCESS_VIEW;
	control_ask(control, &req, NULL, reply);
	json_t *o = json_loads(reply, 0, NULL);
	assert_non_null(o);
	return o;
}

static const json_t *
taken(const json_t *answer, size_t k)
{
	const json_t *o = json_array_get(json_object_get(answer, "systems"), k);
	if (!o)
		fail_msg("%s", reply);
	return o;
}

static double
number(const json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}

static const char *
word(const json_t *o, const char *key)
{
	const char *w = json_string_value(json_object_get(o, key));
	return w ? w : "";
}

static void
assert_near(const char *what, double found, double foretold, double epsilon)
{
	if (!(fabs(found - foretold) <= epsilon))
		fail_msg("%s is %.2f, not %.2f as foretold: %s", what, found, foretold, reply);
}

/* At rest the plant is as the answer says of a system; off_k, off_pct: what nobody knows of its reticles, and what work that
 * takes where the spread is at its limit. */
static void
assert_as_foretold(const json_t *o, uint32_t system, uint32_t slot, uint32_t columns, double off_k,
		   double off_pct)
{
	struct sim_truth t = truth_of(sim, system);
	double min_c = t.tmax_c;
	for (uint32_t i = 0; i < RETICLES; i++)
		if (i % ZONES < columns) /* what has no work counts for nothing */
			min_c = fmin(min_c, t.temp_c[i]);
	assert_string_equal(word(o, "system"), plant->systems[system].name);
	assert_near("power", t.input_w, number(o, "input_w"), 0.02 * t.input_w);
	assert_near("hottest", t.tmax_c, number(o, "tmax_c"), off_k);
	assert_near("spread", t.tmax_c - min_c, number(o, "spread_k"), off_k);
	assert_near("rate", 100.0 * t.slot_rate[slot], number(o, "rate_pct"), off_pct);
}

/* What a soak would find of a wafer at work: its rise, of what the model makes of its power. */
static void
commission(void)
{
	static struct response r;
	struct zone_face f;
	const struct system_model *md = &plant->systems[0].model;
	struct sim_truth t = truth_of(sim, 0);
	double zone_g[ZONES], power_w[RETICLES], rise_k[RETICLES];
	for (int x = 0; x < ZONES; x++)
		zone_g[x] = 1.0;
	for (int i = 0; i < RETICLES; i++)
		power_w[i] = response_power_w(md, 1.1, t.duty[i], t.duty[i], t.temp_c[i]);
	face_init(&f, md, plant->control.reticle_x_mul, plant->control.reticle_y_mul);
	response_make(&r, &f, t.flow_kg_s, zone_g);
	response_rise(&r, power_w, rise_k);
	for (int i = 0; i < RETICLES; i++)
		known.gain[i] = (t.temp_c[i] - t.supply_c) / rise_k[i];
	known.serial = plant->systems[0].serial;
	known.spread_k = t.spread_k;
}

static void
a_whole_wafer_gets_as_warm_as_foretold(void **state)
{
	assert_int_equal(change(sim, "job.late.run=1"), 0);
	seconds(12);
	commission();
	teardown(state);
	setup(state);
	known.serial = 0;
	json_t *answer = ask("{\"cmd\":\"job_advise\",\"job\":\"late\"}");
	const json_t *o = taken(answer, 0);
	assert_string_equal(word(o, "reticles"), "all");
	assert_string_equal(word(o, "system"), "cs00");
	assert_int_equal(change(sim, "job.late.run=1"), 0);
	seconds(70);
	assert_as_foretold(o, 0, 0, ZONES, 0.7, 3.0);
	json_decref(answer);
}

/* Cool work is on columns 0 to 4: a hot job goes beside it, and both count for the spread. */
static void
a_job_goes_beside_another_where_that_is_foretold(void **state)
{
	(void)state;
	json_t *answer =
		ask("{\"cmd\":\"job_advise\",\"columns\":6,\"density\":1.3,\"systems\":3}");
	const json_t *o = NULL;
	for (size_t k = 0; k < 3; k++)
		if (strcmp(word(taken(answer, k), "system"), "cs01") == 0)
			o = taken(answer, k);
	assert_non_null(o);
	assert_true(strcmp(word(o, "reticles"), "columns 5-10") == 0 ||
		    strcmp(word(o, "reticles"), "columns 6-11") == 0);
	assert_int_equal(change(sim, "job.hot.run=1"), 0);
	seconds(90);
	assert_as_foretold(o, 1, 1, 11, 1.7, 8.0);
	json_decref(answer);
	/* nine columns are free nowhere but on the two others */
	answer = ask("{\"cmd\":\"job_advise\",\"columns\":9,\"systems\":3}");
	assert_string_equal(word(answer, "error"),
			    "2 systems can take it, of 3 that it needs; cs01: not "
			    "enough free reticles in a row");
	json_decref(answer);
}

static void
what_is_unfit_is_passed_over_and_what_is_broken_comes_last(void **state)
{
	(void)state;
	assert_int_equal(change(sim, "cs00.pump[0].failed=1"), 0);
	seconds(8);
	json_t *answer = ask("{\"cmd\":\"job_advise\",\"systems\":2,\"mode\":\"ind\"}");
	assert_string_equal(word(taken(answer, 0), "system"), "cs02");
	assert_string_equal(word(taken(answer, 1), "system"), "cs00");
	assert_string_equal(word(taken(answer, 1), "note"), "a pump has failed");
	json_decref(answer);
	json_decref(ask("{\"cmd\":\"stop\",\"system\":\"cs02\",\"why\":\"x\"}"));
	seconds(2);
	answer = ask("{\"cmd\":\"job_advise\"}");
	assert_string_equal(word(taken(answer, 0), "system"), "cs00");
	const json_t *passed = json_array_get(json_object_get(answer, "passed_over"), 1);
	assert_string_equal(word(passed, "why"), "a person has stopped it");
	json_decref(answer);
}

static void
a_cap_leaves_it_as_much_as_there_is(void **state)
{
	(void)state;
	json_decref(ask("{\"cmd\":\"cap\",\"system\":\"cs00\",\"watts\":15000,\"for_s\":600,"
			"\"why\":\"x\"}"));
	seconds(1);
	json_t *answer = ask("{\"cmd\":\"job_advise\",\"job\":\"late\"}");
	assert_string_equal(word(taken(answer, 0), "system"), "cs02");
	json_decref(answer);
	json_decref(ask("{\"cmd\":\"stop\",\"system\":\"cs02\",\"why\":\"x\"}"));
	seconds(2);
	answer = ask("{\"cmd\":\"job_advise\",\"job\":\"late\"}");
	assert_string_equal(word(taken(answer, 0), "held_by"), "power");
	assert_int_equal(change(sim, "job.late.run=1"), 0);
	seconds(60);
	assert_as_foretold(taken(answer, 0), 0, 0, ZONES, 2.0, 3.0);
	json_decref(answer);
}

static void
what_makes_no_sense_is_refused_by_why(void **state)
{
	static const struct {
		const char *json, *says;
	} WRONG[] = {
		{"{\"cmd\":\"job_advise\",\"job\":\"x\"}", "no job \"x\""},
		{"{\"cmd\":\"job_advise\",\"job\":\"late\",\"systems\":2}",
		 "not described besides"},
		{"{\"cmd\":\"job_advise\",\"systems\":4}", "systems"},
		{"{\"cmd\":\"job_advise\",\"mode\":\"fast\"}", "sync or ind"},
		{"{\"cmd\":\"job_advise\",\"density\":0}", "density"},
		{"{\"cmd\":\"job_advise\",\"columns\":13}", "columns"},
		{"{\"cmd\":\"job_advise\",\"columns\":3,\"reticles\":4}", "not both"},
		{"{\"cmd\":\"job_advise\",\"where\":1}", "nothing else"},
	};
	(void)state;
	for (size_t k = 0; k < sizeof WRONG / sizeof WRONG[0]; k++) {
		json_t *answer = ask(WRONG[k].json);
		if (json_is_true(json_object_get(answer, "ok")) ||
		    !strstr(word(answer, "error"), WRONG[k].says))
			fail_msg("%s: %s", WRONG[k].json, reply);
		json_decref(answer);
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_whole_wafer_gets_as_warm_as_foretold),
		TEST(a_job_goes_beside_another_where_that_is_foretold),
		TEST(what_is_unfit_is_passed_over_and_what_is_broken_comes_last),
		TEST(a_cap_leaves_it_as_much_as_there_is),
		TEST(what_makes_no_sense_is_refused_by_why),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
