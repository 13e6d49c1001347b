/* SPDX-License-Identifier: Apache-2.0 */
/* What a workload manager asks of jobs, and what is counted of each. */
#include "tests/unit/support.h"

#include <math.h>

#include "controllers/control.h"
#include "controllers/jobbook.h"
#include "core/clock.h"

static const char PLANT[] = "site: bench\n"
			    "systems:\n"
			    "  - {name: cs%02d, count: 2, type: water}\n"
			    "jobs:\n"
			    "  - {name: llm, tokens_per_s: 2000}\n"
			    "  - {name: night, systems: cs01, on_request: yes}\n";

static struct plant *plant;
static struct jobbook *book;
static struct cluster_report report[2];
static struct job_use use[2];
static char result[COMMAND_MAX + 1];
static int64_t now_ns;

static int
setup(void **state)
{
	struct config_report errors = {0};
	(void)state;
	int rc = plant_parse(&plant, PLANT, sizeof PLANT - 1, "test", "config", &errors);
	config_report_print(&errors, stderr);
	config_report_free(&errors);
	assert_int_equal(rc, 0);
	assert_int_equal(jobbook_open(&book, plant), 0);
	memset(report, 0, sizeof report);
	memset(use, 0, sizeof use);
	for (int s = 0; s < 2; s++) {
		report[s].job[0] = 1;
		report[s].full_per_s[0] = 2000.0;
		report[s].rate_frac[0] = 1.0;
		use[s].reticles[0] = RETICLES;
		use[s].input_w = 20000.0;
	}
	now_ns = 0;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	jobbook_close(book);
	plant_free(plant);
	return 0;
}

static void
seconds(int n)
{
	while (n-- > 0) {
		now_ns += NS_PER_S;
		for (uint32_t s = 0; s < 2; s++)
			jobbook_take(book, s, &report[s], &use[s]);
		jobbook_step(book, now_ns);
	}
}

static const char *
ask(const char *json, enum access_level access)
{
	struct hold_request req = {.uid = 1000,
				   .access = access,
				   .json = json,
				   .len = strlen(json),
				   .now_ns = now_ns,
				   .wall_ns = NS_PER_S};
	assert_true(jobbook_ask(book, &req, result));
	return result;
}

static void
assert_says(const char *json, const char *part)
{
	if (!strstr(ask(json, ACCESS_OPERATE), part))
		fail_msg("%s: %s does not say \"%s\"", json, result, part);
}

static void
the_end_of_a_job_says_what_it_did_and_lost(void **state)
{
	struct image_event e;
	int32_t system;
	(void)state;
	seconds(11); /* the first one begins to count */
	report[0].rate_frac[0] = report[1].rate_frac[0] = 0.75;
	seconds(10);
	assert_says("{\"cmd\":\"job_end\",\"job\":\"llm\"}", "\"ok\":true");
	assert_non_null(strstr(result, "\"tokens\":70000.0"));
	assert_non_null(strstr(result, "\"lost_tokens\":10000.0"));
	assert_non_null(strstr(result, "\"run_s\":20.0"));
	assert_non_null(strstr(result, "\"systems\":2"));
	assert_non_null(strstr(result, "\"energy_kwh\":0.22"));
	while (jobbook_line(book, &e, &system))
		assert_int_equal(system, SITE);
	for (int s = 0; s < 2; s++)
		report[s].job[0] = 0;
	seconds(5);
	assert_says("{\"cmd\":\"job_end\",\"job\":\"llm\"}", "llm does not run any more");
}

/* One of the two, or both, tell nothing of their jobs. */
static void
lose(int first, int n)
{
	for (int s = first; s < 2; s++) {
		report[s].job[0] = 0;
		use[s].unknown = true;
	}
	seconds(n);
	for (int s = first; s < 2; s++) {
		report[s].job[0] = 1;
		use[s].unknown = false;
	}
}

static void
readings_that_are_lost_end_no_job(void **state)
{
	(void)state;
	seconds(11);
	lose(0, 60);
	assert_says("{\"cmd\":\"job_start\",\"job\":\"llm\"}", "llm runs already");
	seconds(10);
	report[0].job[0] = 0; /* one does not show it for a moment, and the other is silent */
	lose(1, 8);
	report[0].job[0] = 1;
	assert_says("{\"cmd\":\"job_end\",\"job\":\"llm\"}", "\"tokens\":80000.0");
}

static void
its_end_is_seen_while_one_of_its_systems_is_silent(void **state)
{
	(void)state;
	seconds(11);
	report[0].job[0] = 0;
	lose(1, 12); /* it ends on all at once: who tells is enough */
	report[1].job[0] = 0;
	assert_says("{\"cmd\":\"job_end\",\"job\":\"llm\"}", "llm does not run any more");
	assert_says("{\"cmd\":\"job_start\",\"job\":\"llm\"}", "\"ok\":true");
}

static void
one_that_waits_for_its_reticles_can_be_ended(void **state)
{
	(void)state;
	seconds(2);
	assert_says("{\"cmd\":\"job_start\",\"job\":\"night\"}", "\"ok\":true");
	seconds(20);
	assert_says("{\"cmd\":\"job_end\",\"job\":\"night\"}", "which waited to start, is ended");
	assert_non_null(strstr(result, "\"run_s\":0.0"));
	assert_says("{\"cmd\":\"job_end\",\"job\":\"night\"}", "night does not run");
}

static void
it_ends_once_and_again_where_that_did_not_help(void **state)
{
	(void)state;
	seconds(10);
	assert_says("{\"cmd\":\"job_end\",\"job\":\"llm\"}", "\"ok\":true");
	assert_says("{\"cmd\":\"job_end\",\"job\":\"llm\"}", "llm does not run any more");
	assert_says("{\"cmd\":\"job_start\",\"job\":\"llm\"}", "llm has not ended yet");
	seconds(11);
	assert_says("{\"cmd\":\"job_end\",\"job\":\"llm\"}", "\"ok\":true");
	lose(1, 5); /* cs01 is gone for good */
	report[0].job[0] = 0;
	lose(1, 5);
	assert_says("{\"cmd\":\"job_start\",\"job\":\"llm\"}", "\"ok\":true");
	assert_says("{\"cmd\":\"job_end\",\"job\":\"llm\"}", "\"tokens\":0.0");
}

static void
what_can_not_be_is_refused_by_why(void **state)
{
	(void)state;
	seconds(2);
	assert_says("{\"cmd\":\"job_start\",\"job\":\"llm\"}", "llm runs already, on 2 systems");
	assert_says("{\"cmd\":\"job_end\",\"job\":\"night\"}", "night does not run");
	assert_says("{\"cmd\":\"job_start\",\"job\":\"x\"}", "no job \\\"x\\\" in this plant");
	assert_says("{\"cmd\":\"job_start\"}", "must name a job");
	assert_says("{\"cmd\":\"job_start\",\"job\":\"night\",\"now\":1}", "nothing else");
	use[1].unfit = "in maintenance";
	seconds(1);
	assert_says("{\"cmd\":\"job_start\",\"job\":\"night\"}",
		    "cs01 is not fit for night: in maintenance");
	use[1].unfit = NULL;
	seconds(1);
	assert_non_null(strstr(ask("{\"cmd\":\"job_start\",\"job\":\"night\"}", ACCESS_VIEW),
			       "not allowed"));
	assert_says("{\"cmd\":\"job_start\",\"job\":\"night\"}", "\"ok\":true");
	struct hold_request other = {.json = "{\"cmd\":\"caps\"}", .len = 14};
	assert_false(jobbook_ask(book, &other, result)); /* another's */
}

static void
a_job_that_loses_much_is_told_of_and_so_is_its_coming_back(void **state)
{
	struct image_event e;
	int32_t system;
	(void)state;
	seconds(5);
	report[0].rate_frac[0] = report[1].rate_frac[0] = 0.5;
	seconds(4);
	assert_false(jobbook_line(book, &e, &system)); /* not for a moment */
	seconds(6);
	assert_true(jobbook_line(book, &e, &system));
	assert_string_equal(e.text, "site: job llm is down to 50 % of its rate");
	assert_int_equal(e.code, CONTROL_EVENT_CLUSTER);
	report[0].rate_frac[0] = report[1].rate_frac[0] = 1.0;
	seconds(6);
	assert_true(jobbook_line(book, &e, &system));
	assert_string_equal(e.text, "site: job llm is back at 100 %: 15 s low, least 50 %, "
				    "2e+04 tokens lost");
	assert_false(jobbook_line(book, &e, &system));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_end_of_a_job_says_what_it_did_and_lost),
		TEST(readings_that_are_lost_end_no_job),
		TEST(its_end_is_seen_while_one_of_its_systems_is_silent),
		TEST(one_that_waits_for_its_reticles_can_be_ended),
		TEST(it_ends_once_and_again_where_that_did_not_help),
		TEST(what_can_not_be_is_refused_by_why),
		TEST(a_job_that_loses_much_is_told_of_and_so_is_its_coming_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
