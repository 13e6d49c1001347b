/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>

#include "config/job.h"
#include "runner/scenario_file.h"

#define PLANT                                                                                      \
	"plant:\n"                                                                                 \
	"  site: t\n"                                                                              \
	"  seed: 3\n"                                                                              \
	"  systems:\n"                                                                             \
	"    - {name: cs%02d, count: 2, type: water}\n"

static char folder[64], path[96];
static struct scenario *scenario;
static struct config_report report;

static int
setup(void **state)
{
	(void)state;
	folder_make(folder);
	(void)snprintf(path, sizeof path, "%s/one.yaml", folder);
	scenario = NULL;
	memset(&report, 0, sizeof report);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	scenario_free(scenario);
	config_report_free(&report);
	folder_remove(folder);
	return 0;
}

static void
write_file(const char *name, const char *text)
{
	char file[128];
	FILE *out;

	(void)snprintf(file, sizeof file, "%s/%s", folder, name);
	out = fopen(file, "we");
	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

static int
load(const char *text)
{
	write_file("one.yaml", text);
	return scenario_load(&scenario, path, "config", &report);
}

static void
load_good(const char *text)
{
	int rc = load(text);

	if (rc != 0)
		config_report_print(&report, stderr);
	assert_int_equal(rc, 0);
}

/* Some line of the report holds both. */
static void
assert_reported(const char *a, const char *b)
{
	for (size_t i = 0; i < report.n; i++)
		if (strstr(report.errors[i].text, a) != NULL &&
		    strstr(report.errors[i].text, b) != NULL)
			return;
	config_report_print(&report, stderr);
	fail_msg("no error with '%s' and '%s'", a, b);
}

static void
assert_near(double found, double expected)
{
	if (!(fabs(found - expected) <= 1e-9))
		fail_msg("%.12g is not %.12g", found, expected);
}

static void
what_a_file_leaves_out_has_its_default(void **state)
{
	(void)state;
	load_good(PLANT);
	assert_string_equal(scenario->name, "one");
	assert_int_equal(scenario->plant->n_systems, 2);
	assert_int_equal(scenario->mode, JOB_MODE_IDLE);
	assert_true(isnan(scenario->s_lim_k));
	assert_near(scenario->duration_s, 300.0);
	assert_near(scenario->scored_s[0], 0.0);
	assert_near(scenario->scored_s[1], 300.0);
	assert_near(scenario->warm_up_s, 20.0);
	assert_near(scenario->start_activity, 0.0); /* each job's own */
	assert_near(scenario->start_supply_c, 24.0);
	assert_int_equal(scenario->n_events + scenario->n_bounds + scenario->n_probes, 0);
}

static void
both_forms_of_a_change_mean_the_same(void **state)
{
	(void)state;
	load_good(PLANT "events:\n"
			"  - {at_s: 30, set: \"cs00.zone[5].g=0.379 over 1s\"}\n"
			"  - {at_s: 30, over_s: 1, set: \"cs00.zone[5].g\", to: 0.379}\n"
			"  - {at_s: 40, set: \"cs00.zone[5].g\", to: 1}\n");
	assert_int_equal(scenario->n_events, 3);
	for (int i = 0; i < 2; i++) {
		const struct scenario_event *e = &scenario->events[i];

		assert_int_equal(e->kind, SCENARIO_SET);
		assert_string_equal(e->change.path, "cs00.zone[5].g");
		assert_near(e->change.value, 0.379);
		assert_near(e->change.over_s, 1.0);
		assert_near(e->at_s, 30.0);
	}
	assert_near(scenario->events[2].change.over_s, 0.0);
}

static void
events_are_in_order_of_time_and_else_as_written(void **state)
{
	(void)state;
	load_good(PLANT "events:\n"
			"  - {at_s: 30, set: \"cs00.zone[1].g=1\"}\n"
			"  - {at_s: 10, set: \"cs00.zone[2].g=1\"}\n"
			"  - {at_s: 30, set: \"cs00.zone[3].g=1\"}\n"
			"  - {at_s: 20, set: \"cs00.zone[4].g=1\"}\n");
	assert_string_equal(scenario->events[0].change.path, "cs00.zone[2].g");
	assert_string_equal(scenario->events[1].change.path, "cs00.zone[4].g");
	assert_string_equal(scenario->events[2].change.path, "cs00.zone[1].g");
	assert_string_equal(scenario->events[3].change.path, "cs00.zone[3].g");
}

static void
trouble_on_a_wire_lasts_for_its_time_or_to_the_end(void **state)
{
	(void)state;
	load_good(PLANT "events:\n"
			"  - {at_s: 5, wire: cs01.engine, delay_ms: 700, p: 0.1, for_s: 5}\n"
			"  - {at_s: 6, wire: cs00.engine, drop: 0.5, corrupt: 1.0}\n");
	const struct scenario_event *e = scenario->events;
	assert_int_equal(e[0].kind, SCENARIO_WIRE);
	assert_int_equal(e[0].device, plant_device(scenario->plant, "cs01.engine"));
	assert_near(e[0].fault.delay_s, 0.7);
	assert_near(e[0].fault.delay_p, 0.1);
	assert_near(e[0].for_s, 5.0);
	assert_true(isinf(e[1].for_s));
	assert_near(e[1].fault.drop_p, 0.5);
	assert_near(e[1].fault.corrupt_p, 1.0);
	assert_near(e[1].fault.delay_p, 0.0);
}

static void
a_bound_counts_for_each_system_or_for_the_one_named(void **state)
{
	(void)state;
	load_good(PLANT "expect:\n"
			"  tmax_c: {max: 50.5}\n"
			"  systems: {cs01: {throughput_pct: {min: 98, max: 100}}}\n");
	assert_int_equal(scenario->n_bounds, 2);
	assert_int_equal(scenario->bounds[0].score, SCORE_tmax_c);
	assert_int_equal(scenario->bounds[0].system, -1);
	assert_true(isinf(scenario->bounds[0].min));
	assert_near(scenario->bounds[0].max, 50.5);
	assert_int_equal(scenario->bounds[1].system, 1);
	assert_near(scenario->bounds[1].min, 98.0);
}

static void
points_demands_and_devices_can_be_looked_at(void **state)
{
	const struct scenario_probe *p;

	(void)state;
	load_good(PLANT "expect:\n"
			"  points:\n"
			"    - {at_s: 3, point: cs00.loop.flow_lpm, quality: good, min: 20}\n"
			"    - {from_s: 4, to_s: 5, demand: cs01.hx.valve_cmd_pct, max: 99}\n"
			"    - {from_s: 4, to_s: 5, device: cs01.engine, quality: comm}\n");
	p = scenario->probes;
	assert_int_equal(scenario->n_probes, 3);
	assert_int_equal(p[0].kind, PROBE_POINT);
	assert_int_equal(p[0].index, plant_point(scenario->plant, "cs00.loop.flow_lpm"));
	assert_int_equal(p[0].quality, 1);
	assert_near(p[0].to_s, 3.0);
	assert_int_equal(p[1].kind, PROBE_DEMAND);
	assert_int_equal(p[1].quality, -1);
	assert_int_equal(p[2].kind, PROBE_DEVICE);
	assert_int_equal(p[2].index, plant_device(scenario->plant, "cs01.engine"));
}

static void
a_plant_file_is_found_beside_the_scenario_and_in_the_configuration(void **state)
{
	(void)state;
	load_good("plant: plants/single.yaml\nwafer: wafers/reference.csv\n");
	assert_string_equal(scenario->plant->site, "single");
	assert_non_null(strstr(scenario->plant->systems[0].wafer_csv, "reference.csv"));
	scenario_free(scenario);
	scenario = NULL;
	write_file("mine.yaml", "site: mine\nconfig_dir: /nowhere\nsystems:\n");
	assert_int_equal(load("plant: mine.yaml\n"), -EINVAL);
	assert_reported("mine.yaml", "");
}

static void
errors_in_a_plant_that_stands_in_the_scenario_have_the_scenarios_lines(void **state)
{
	(void)state;
	assert_int_equal(load("# a comment with an \xc3\xa4\n"
			      "title: \"\xc3\xb6\"\n"
			      "plant:\n"
			      "  site: t\n"
			      "  systems:\n"
			      "    - {name: cs%02d, count: 900, type: water}\n"
			      "  colour: blue\n"
			      "duration_s: 10\n"),
			 -EINVAL);
	assert_reported("one.yaml:6:", "count");
	assert_reported("one.yaml:7:", "colour");
	assert_int_equal(report.n, 2);
}

static void
a_plant_in_braces_works_as_well(void **state)
{
	(void)state;
	load_good("plant: {site: t, systems: [{name: \"cs%02d\", count: 3, type: water}]}\n"
		  "duration_s: 10\n");
	assert_int_equal(scenario->plant->n_systems, 3);
}

static void
a_plant_with_a_real_device_is_refused_by_its_name(void **state)
{
	(void)state;
	assert_int_equal(load(PLANT
			      "  overrides:\n"
			      "    cs01.engine: {source: real, host: 127.0.0.1, port: 502}\n"),
			 -EINVAL);
	assert_reported("plant", "cs01.engine is a real device");
}

static void
jobs_stand_in_the_file_or_in_one_of_their_own(void **state)
{
	(void)state;
	load_good(PLANT "jobs:\n"
			"  - {name: a, reticles: \"columns 0-5\", density: 1.25}\n"
			"  - {name: b, reticles: \"columns 6-11\", mode: ind}\n");
	assert_int_equal(scenario->plant->n_jobs, 2);
	assert_int_equal(scenario->plant->jobs[0].n_reticles, 42);
	assert_near(scenario->plant->jobs[0].density, 1.25);
	scenario_free(scenario);
	load_good(PLANT "jobs: [{name: a, activity: 0.3}]\n");
	assert_near(scenario->plant->jobs[0].activity, 0.3);
	scenario_free(scenario);
	write_file("day.yaml", "jobs:\n  - {name: night, systems: cs01}\n");
	load_good(PLANT "jobs: day.yaml\n");
	assert_string_equal(scenario->plant->jobs[0].name, "night");
	assert_int_equal(scenario->plant->jobs[0].n_systems, 1);
}

static void
what_is_wrong_with_jobs_has_the_scenarios_lines(void **state)
{
	(void)state;
	assert_int_equal(load(PLANT "jobs:\n"
				    "- {name: a, densty: 3}\n"
				    "- {name: b, reticles: foo, density: 7}\n"
				    "grid: 10x10\n"),
			 -EINVAL);
	assert_reported("one.yaml:7: jobs[0].densty", "density");
	assert_reported("one.yaml:8: jobs[1].reticles", "columns");
	assert_reported("one.yaml:8: jobs[1].density", "0..3");
	assert_reported("one.yaml:9: grid", "48x28");
	config_report_free(&report);
	assert_int_equal(load(PLANT "jobs: nowhere.yaml\n"), -EINVAL);
	assert_reported("one.yaml:6: jobs", "nowhere.yaml");
	config_report_free(&report);
	assert_int_equal(load(PLANT "jobs: {a: 1}\n"), -EINVAL);
	assert_reported("one.yaml:6: jobs", "a list of jobs");
}

static void
what_is_expected_of_jobs_is_read(void **state)
{
	(void)state;
	load_good(PLANT "jobs: [{name: a, end_s: 300}, {name: b, start_s: 400, end_s: 900, "
			"reticles: \"0-3\"}]\n"
			"expect:\n"
			"  jobs:\n"
			"    a: {tokens: {min: 5}, straggler: cs01, state: running}\n"
			"    b: {straggler: none}\n");
	assert_int_equal(scenario->n_job_bounds, 4);
	assert_int_equal(scenario->job_bounds[0].score, JOB_SCORE_tokens);
	assert_near(scenario->job_bounds[0].min, 5.0);
	assert_int_equal(scenario->job_bounds[1].what, 1);
	assert_int_equal(scenario->job_bounds[2].what, SIM_JOB_RUNNING);
	assert_int_equal(scenario->job_bounds[3].job, 1);
	assert_int_equal(scenario->job_bounds[3].what, -1);
	scenario_free(scenario);
	scenario = NULL;
	assert_int_equal(load(PLANT "jobs: [{name: a}]\n"
				    "expect:\n"
				    "  jobs:\n"
				    "    c: {tokens: {min: 5}}\n"
				    "    a: {tokn: {min: 5}, straggler: cs09,\n"
				    "        state: done, tokens: {min: 5, max: 4}}\n"),
			 -EINVAL);
	assert_reported("one.yaml:9: expect.jobs.c", "a job of the scenario");
	assert_reported("one.yaml:10: expect.jobs.a.tokn", "scaling_pct");
	assert_reported("one.yaml:10: expect.jobs.a.straggler", "none");
	assert_reported("one.yaml:11: expect.jobs.a.state", "waiting");
	assert_reported("one.yaml:11: expect.jobs.a.tokens", "above max");
}

static void
a_start_that_says_an_activity_says_it_for_all(void **state)
{
	(void)state;
	load_good(PLANT "jobs: [{name: a, activity: 0.3}]\nstart: {activity: 0.5}\n");
	assert_near(scenario->start_activity, 0.5);
	scenario_free(scenario);
	load_good(PLANT "jobs: [{name: a, activity: 0.3}]\nstart: {supply_c: 20}\n");
	assert_near(scenario->start_activity, 0.0);
}

static void
a_mode_is_for_all_jobs_or_is_refused(void **state)
{
	(void)state;
	load_good(PLANT "jobs:\n"
			"  - {name: a, reticles: \"columns 0-5\"}\n"
			"  - {name: b, reticles: \"columns 6-11\", mode: ind}\n"
			"mode: ind\n");
	assert_int_equal(scenario_set_mode(scenario, &report), 0);
	assert_int_equal(scenario->plant->jobs[0].mode, JOB_MODE_IND);
	scenario->mode = JOB_MODE_PART; /* each as it says */
	scenario->plant->jobs[1].mode = JOB_MODE_SYNC;
	assert_int_equal(scenario_set_mode(scenario, &report), 0);
	assert_int_equal(scenario->plant->jobs[1].mode, JOB_MODE_SYNC);
	scenario->plant->n_jobs = 1;
	assert_int_equal(scenario_set_mode(scenario, &report), -EINVAL);
	assert_reported("one.yaml:9: mode", "part: job a is the only one");
	scenario->plant->n_jobs = 2;
	scenario->plant->jobs[0].n_layers = 1;
	scenario->mode = JOB_MODE_PIPE;
	assert_int_equal(scenario_set_mode(scenario, &report), -EINVAL);
	assert_reported("one.yaml:9: mode", "pipe: job a has layers");
	scenario->mode = JOB_MODE_IND;
	scenario->plant->jobs[0].layers[0].tau_s = 0.01;
	scenario->plant->jobs[0].layers[0].count = 1;
	assert_int_equal(scenario_set_mode(scenario, &report), -EINVAL);
	assert_reported("one.yaml:9: mode", "ind: job a has layers that are too short");
}

static void
every_error_is_reported_with_line_key_and_what_was_allowed(void **state)
{
	(void)state;
	assert_int_equal(load(PLANT /* lines 1 to 5 */
			      "mode: fast\n"
			      "grid: 10x10\n"
			      "duration_s: 100\n"
			      "scored_s: [50, 200]\n"
			      "speed: 3\n"
			      "events:\n"
			      "  - {at_s: 30, set: \"cs00.zone[5].g\"}\n"
			      "  - {at_s: 200, set: \"cs00.zone[5].g=0.3\"}\n"
			      "  - {at_s: 3, wire: cs09.engine, drop: 1}\n"
			      "  - {at_s: 3, wire: cs00.engine}\n"
			      "  - {at_s: 3}\n"
			      "  - {at_s: 3, wire: cs00.engine, drop: 1.5}\n"
			      "expect:\n"
			      "  tmax: {max: 50}\n"
			      "  tmax_c: {max: 50, min: 60}\n"
			      "  systems: {cs07: {tmax_c: {max: 3}}}\n"
			      "  points:\n"
			      "    - {at_s: 3, point: cs00.nothing_c, quality: good}\n"
			      "    - {at_s: 3, quality: good}\n"
			      "    - {from_s: 3, device: cs00.engine, quality: bad}\n"
			      "    - {at_s: 3, device: cs00.engine}\n"),
			 -EINVAL);
	assert_reported("one.yaml:6: mode", "sync");
	assert_reported("one.yaml:7: grid", "reference");
	assert_reported("one.yaml:9: scored_s", "0..100");
	assert_reported("one.yaml:10: speed", "allowed");
	assert_reported("one.yaml:12: events[0].set", "PATH=VALUE");
	assert_reported("one.yaml:13: events[1].at_s", "0..100");
	assert_reported("one.yaml:14: events[2].wire", "cs09.engine");
	assert_reported("one.yaml:15: events[3].wire", "corrupt");
	assert_reported("one.yaml:16: events[4]", "one of set, wire, command, stall_s");
	assert_reported("one.yaml:17: events[5].drop", "0..1");
	assert_reported("one.yaml:19: expect.tmax", "tmax_c");
	assert_reported("one.yaml:20: expect.tmax_c.min", "above max");
	assert_reported("one.yaml:21: expect.systems.cs07", "a system of the plant");
	assert_reported("one.yaml:23: expect.points[0].point", "cs00.nothing_c");
	assert_reported("one.yaml:24: expect.points[1]", "point, demand, device");
	assert_reported("one.yaml:25: expect.points[2]", "from_s and to_s");
	assert_reported("one.yaml:26: expect.points[3]", "quality, min, max");
	assert_int_equal(report.n, 17);
}

static void
alarms_pages_and_what_people_ask_are_read(void **state)
{
	const struct scenario_alarm *a;

	(void)state;
	load_good(PLANT
		  "pager: {ack_after_s: 20, fail: 2, delay_s: 0.5}\n"
		  "events:\n"
		  "  - {at_s: 3, command: {cmd: shelve, alarm: \"cs00.leak_wet[1]\", for_s: 60, "
		  "why: \"it \\\"drips\\\"\"}}\n"
		  "expect:\n"
		  "  alarms: [\"cs00.pump_failed[0]\", {alarm: \"cs01.*\", by_s: 30}]\n"
		  "  not_alarms: [\"*.trip_*\"]\n"
		  "  alarms_total: {max: 3}\n"
		  "  pages:\n"
		  "    cs00.pump_failed[*]: 1\n"
		  "    \"cs01.*\": 0\n"
		  "  pages_total: {min: 1}\n");
	a = scenario->alarms;
	assert_near(scenario->pager.ack_after_s, 20.0);
	assert_int_equal(scenario->pager.fail, 2);
	assert_near(scenario->pager.delay_s, 0.5);
	assert_int_equal(scenario->events[0].kind, SCENARIO_COMMAND);
	assert_string_equal(scenario->events[0].request,
			    "{\"cmd\": \"shelve\", \"alarm\": \"cs00.leak_wet[1]\", \"why\": \"it "
			    "\\\"drips\\\"\", \"for_s\": 60}");
	assert_int_equal(scenario->n_alarms, 3);
	assert_string_equal(a[0].key, "cs00.pump_failed[0]");
	assert_true(isinf(a[0].by_s) && !a[0].never);
	assert_near(a[1].by_s, 30.0);
	assert_true(a[2].never);
	assert_near(scenario->alarms_total.max, 3.0);
	assert_true(isinf(scenario->alarms_total.min));
	assert_near(scenario->pages_total.min, 1.0);
	assert_int_equal(scenario->n_calls, 2);
	assert_string_equal(scenario->calls[0].key, "cs00.pump_failed[*]");
	assert_int_equal(scenario->calls[0].count, 1);
}

static void
without_a_pager_in_the_file_nobody_acknowledges(void **state)
{
	(void)state;
	load_good(PLANT);
	assert_true(isinf(scenario->pager.ack_after_s));
	assert_int_equal(scenario->pager.fail, 0);
	assert_true(isinf(scenario->pages_total.max));
}

static void
a_star_fits_any_text_and_brackets_themselves(void **state)
{
	(void)state;
	assert_true(scenario_key_fits("cs00.pump_failed[1]", "cs00.pump_failed[1]"));
	assert_false(scenario_key_fits("cs00.pump_failed[1]", "cs00.pump_failed1"));
	assert_true(scenario_key_fits("*.pump_failed[*]", "cs07.pump_failed[0]"));
	assert_true(scenario_key_fits("*", "site.broker_lost"));
	assert_false(scenario_key_fits("cs0?.leak", "cs00.leak"));
	assert_false(scenario_key_fits("cs00.", "cs00.leak"));
}

static void
what_is_wrong_about_alarms_is_reported(void **state)
{
	(void)state;
	assert_int_equal(load(PLANT "pager: {ack: 3}\n"
				    "events:\n"
				    "  - {at_s: 3, command: {cmd: silence}}\n"
				    "  - {at_s: 3, command: {cmd: ack, alarm: cs00.nothing}}\n"
				    "expect:\n"
				    "  alarms: [cs09.trip_leak, {by_s: 3}]\n"
				    "  not_alarms: [{alarm: cs00.trip_leak}]\n"
				    "  pages: {cs00.trip_leak: many, cs00.nothing: 1}\n"
				    "  pages_total: 3\n"
				    "  points: [{at_s: 1, point: site.alarm.active, max: 0}]\n"),
			 -EINVAL);
	assert_reported("one.yaml:6: pager.ack", "ack_after_s");
	assert_reported("one.yaml:8: events[0].command.cmd", "ack, comment, shelve");
	assert_reported("one.yaml:9: events[1].command.alarm", "cs00.nothing");
	assert_reported("one.yaml:11: expect.alarms[0]", "cs09.trip_leak");
	assert_reported("one.yaml:11: expect.alarms[1].alarm", "");
	assert_reported("one.yaml:12: expect.not_alarms[0]", "no key");
	assert_reported("one.yaml:13: expect.pages.cs00.trip_leak", "no count");
	assert_reported("one.yaml:13: expect.pages", "cs00.nothing");
	assert_reported("one.yaml:14: expect.pages_total", "");
	assert_reported("one.yaml:15: expect.points[0].point", "collectors or controllers");
	assert_int_equal(report.n, 10);
}

static void
another_seed_draws_other_wafers_but_for_one_that_has_its_own(void **state)
{
	uint64_t first, second;

	(void)state;
	load_good(PLANT "  overrides:\n    cs01: {wafer_seed: 99}\n");
	first = scenario->plant->systems[0].wafer_seed;
	second = scenario->plant->systems[1].wafer_seed;
	assert_int_equal(second, 99);
	scenario_reseed(scenario, 4);
	assert_int_equal(scenario->plant->seed, 4);
	assert_int_not_equal(scenario->plant->systems[0].wafer_seed, first);
	assert_int_equal(scenario->plant->systems[1].wafer_seed, 99);
	scenario_reseed(scenario, 3);
	assert_int_equal(scenario->plant->systems[0].wafer_seed, first);
}

static void
a_file_that_is_not_there_is_no_input(void **state)
{
	(void)state;
	assert_int_equal(scenario_load(&scenario, "/nowhere/x.yaml", "config", &report), -ENOENT);
	assert_reported("/nowhere/x.yaml", "");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_a_file_leaves_out_has_its_default),
		TEST(both_forms_of_a_change_mean_the_same),
		TEST(events_are_in_order_of_time_and_else_as_written),
		TEST(trouble_on_a_wire_lasts_for_its_time_or_to_the_end),
		TEST(a_bound_counts_for_each_system_or_for_the_one_named),
		TEST(points_demands_and_devices_can_be_looked_at),
		TEST(a_plant_file_is_found_beside_the_scenario_and_in_the_configuration),
		TEST(errors_in_a_plant_that_stands_in_the_scenario_have_the_scenarios_lines),
		TEST(a_plant_in_braces_works_as_well),
		TEST(a_plant_with_a_real_device_is_refused_by_its_name),
		TEST(jobs_stand_in_the_file_or_in_one_of_their_own),
		TEST(what_is_wrong_with_jobs_has_the_scenarios_lines),
		TEST(what_is_expected_of_jobs_is_read),
		TEST(a_start_that_says_an_activity_says_it_for_all),
		TEST(a_mode_is_for_all_jobs_or_is_refused),
		TEST(every_error_is_reported_with_line_key_and_what_was_allowed),
		TEST(alarms_pages_and_what_people_ask_are_read),
		TEST(without_a_pager_in_the_file_nobody_acknowledges),
		TEST(a_star_fits_any_text_and_brackets_themselves),
		TEST(what_is_wrong_about_alarms_is_reported),
		TEST(another_seed_draws_other_wafers_but_for_one_that_has_its_own),
		TEST(a_file_that_is_not_there_is_no_input),
	};
#undef TEST

	return cmocka_run_group_tests_name("scenario files", tests, NULL, NULL);
}
