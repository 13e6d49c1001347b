/* SPDX-License-Identifier: Apache-2.0 */
/* Which system holds up a job that runs on several, and what it costs. */
#include "tests/unit/support.h"

#include <math.h>

#include "controllers/cluster.h"
#include "core/clock.h"

static const char PLANT[] = "site: bench\n"
			    "systems:\n"
			    "  - {name: cs%02d, count: 4, type: water}\n"
			    "jobs:\n"
			    "  - {name: llm, tokens_per_s: 2000}\n";

static struct plant *plant;
static struct cluster *cluster;
static struct cluster_report reports[4];
static int64_t now_ns;
static struct image_event last;
static int lines;

static int
setup(void **state)
{
	struct config_report report = {0};
	(void)state;
	int rc = plant_parse(&plant, PLANT, sizeof PLANT - 1, "test", "config", &report);
	config_report_print(&report, stderr);
	config_report_free(&report);
	assert_int_equal(rc, 0);
	assert_int_equal(cluster_open(&cluster, plant), 0);
	memset(reports, 0, sizeof reports);
	for (int s = 0; s < 4; s++) {
		reports[s].job[0] = 1;
		reports[s].full_per_s[0] = 2000.0;
	}
	now_ns = lines = 0;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	cluster_close(cluster);
	plant_free(plant);
	return 0;
}

static void
seconds(int n)
{
	uint32_t system;
	while (n-- > 0) {
		now_ns += NS_PER_S;
		cluster_step(cluster, reports, now_ns);
		while (cluster_line(cluster, &last, &system))
			lines++;
	}
}

static void
others_wait(double frac, int but)
{
	for (int s = 0; s < 4; s++)
		reports[s].wait_frac[0] = s == but ? 0.0 : frac;
}

static void
the_one_that_others_wait_for_is_named_with_its_cost(void **state)
{
	(void)state;
	others_wait(0.2, 2);
	seconds(3);
	assert_int_equal(cluster_straggler(cluster, 2)->job, -1); /* not for a moment */
	seconds(2);
	assert_int_equal(cluster_straggler(cluster, 2)->job, 0);
	assert_int_equal(cluster_straggler(cluster, 1)->job, -1);
	assert_true(fabs(cluster_straggler(cluster, 2)->cost_per_s - 1200.0) < 1e-6);
	assert_int_equal(lines, 1);
	assert_string_equal(last.text,
			    "cs02 holds up llm: the others wait 20 % of each step, costs "
			    "1200 tokens/s");
	others_wait(0.0, -1);
	seconds(5);
	assert_int_equal(cluster_straggler(cluster, 2)->job, -1);
	assert_int_equal(lines, 2);
	assert_non_null(strstr(last.text, "no system holds up llm any longer"));
}

static void
nobody_straggles_alone_or_while_all_are_alike(void **state)
{
	(void)state;
	others_wait(0.005, 1);
	seconds(10);
	assert_int_equal(lines, 0);
	for (int s = 1; s < 4; s++)
		reports[s].job[0] = 0;
	others_wait(0.2, 0);
	seconds(10);
	assert_int_equal(lines, 0);
	reports[1].job[0] = 1;
	reports[1].wait_frac[0] = (double)NAN; /* it does not answer */
	seconds(10);
	assert_int_equal(lines, 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_one_that_others_wait_for_is_named_with_its_cost),
		TEST(nobody_straggles_alone_or_while_all_are_alike),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
