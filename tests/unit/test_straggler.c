/* SPDX-License-Identifier: Apache-2.0 */
/* Which system holds up a job that runs on several, and what it costs. */
#include "tests/unit/support.h"

#include <math.h>

#include "controllers/cluster.h"
#include "controllers/rebalance.h"
#include "core/clock.h"

static const char PLANT[] = "site: bench\n"
			    "systems:\n"
			    "  - {name: cs%02d, count: 4, type: water}\n"
			    "jobs:\n"
			    "  - {name: llm, reticles: columns 0-3, straggler: none}\n"
			    "  - {name: shared, reticles: columns 4-7}\n"
			    "  - {name: slowed, reticles: columns 8-11, straggler: pace}\n"
			    "  - {name: chain, mode: pipe, on_request: yes, straggler: pace}\n";

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
		reports[s].ours = reports[s].paced[0] = true;
		reports[s].rate_frac[0] = reports[s].own_frac[0] = reports[s].asked_frac[0] = 1.0;
		reports[s].batch_frac[0] = 1.0;
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
		for (int k = 0; k < 10; k++)
			cluster_pace(cluster, reports);
		now_ns += NS_PER_S;
		cluster_step(cluster, reports, now_ns);
		while (cluster_line(cluster, &last, &system))
			lines++;
	}
}

static void
others_wait(double frac, int but)
{
	for (int s = 0; s < 4; s++) {
		reports[s].wait_frac[0] = s == but ? 0.0 : frac;
		reports[s].rate_frac[0] = 1.0 - frac;
	}
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
			    "cs02 holds up llm: others wait 20 % of a step, costs 1200 tokens/s");
	others_wait(0.0, -1);
	seconds(20);
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

/* All four are on job `number` of the plant; `slow` can do no more than `rate`. */
static void
one_is_slow(uint16_t number, int slow, double rate)
{
	for (int s = 0; s < 4; s++) {
		reports[s].job[0] = number;
		reports[s].own_frac[0] = reports[s].asked_frac[0] = s == slow ? rate : 1.0;
	}
}

/* What is ordered is done, as a plant does it. */
static void
obey(void)
{
	double step = 0.0;
	for (int s = 0; s < 4; s++) {
		const struct cluster_order *o = cluster_order(cluster, (uint32_t)s);
		if (isfinite(o->batch_frac[0]) && reports[s].ours)
			reports[s].batch_frac[0] = o->batch_frac[0];
		reports[s].asked_frac[0] = fmin(reports[s].own_frac[0], o->pace_frac[0]);
		if (reports[s].batch_frac[0] > 0.0)
			step = fmax(step, reports[s].batch_frac[0] / reports[s].asked_frac[0]);
	}
	for (int s = 0; s < 4; s++) {
		double need = reports[s].batch_frac[0] / reports[s].asked_frac[0];
		reports[s].wait_frac[0] = 1.0 - need / step;
		reports[s].rate_frac[0] = reports[s].batch_frac[0] / step;
	}
}

static void
run(int n)
{
	while (n-- > 0) {
		seconds(1);
		obey();
	}
}

static void
others_are_slowed_to_the_slowest_and_come_back_with_it(void **state)
{
	(void)state;
	one_is_slow(3, 1, 0.7);
	run(10);
	assert_true(fabs(cluster_order(cluster, 0)->pace_frac[0] - 0.7 * 1.004) < 1e-3);
	assert_true(cluster_order(cluster, 1)->pace_frac[0] >= 0.7); /* never itself */
	assert_true(reports[0].wait_frac[0] < 0.05 * 0.3);
	assert_int_equal(cluster_straggler(cluster, 1)->job, 2); /* though nobody waits */
	assert_true(fabs(cluster_straggler(cluster, 1)->wait_frac - 0.3) < 1e-3);
	assert_true(fabs(cluster_straggler(cluster, 1)->cost_per_s - 3 * 0.3 * 2000.0) < 1.0);
	one_is_slow(3, 1, 0.9);
	seconds(1);
	assert_true(cluster_order(cluster, 0)->pace_frac[0] >= 0.9); /* at once */
	one_is_slow(3, 1, 1.0);
	run(5);
	assert_true(cluster_order(cluster, 0)->pace_frac[0] >= 1.0);
	assert_int_equal(cluster_straggler(cluster, 1)->job, -1);
}

static void
one_that_is_slower_than_its_duty_says_is_found_by_the_wait(void **state)
{
	(void)state;
	one_is_slow(3, -1, 1.0);
	for (int s = 0; s < 4; s++) { /* half the cores of a reticle of cs03 are masked */
		reports[s].wait_frac[0] = s == 3 ? 0.0 : 0.5;
		reports[s].rate_frac[0] = 0.5;
	}
	seconds(60);
	assert_int_equal(cluster_straggler(cluster, 3)->job, 2);
	assert_true(fabs(cluster_order(cluster, 0)->pace_frac[0] - 0.5) < 0.02);
	assert_true(cluster_order(cluster, 3)->pace_frac[0] >= 0.99);
}

/* Its buffers, not masked cores, are why it waits otherwise than its duty says. */
static void
of_a_pipeline_what_it_can_do_is_believed_not_its_wait(void **state)
{
	(void)state;
	for (int s = 0; s < 4; s++) {
		reports[s].job[0] = 4;
		reports[s].wait_frac[0] = s == 3 ? 0.0 : 0.3;
		reports[s].asked_frac[0] = s == 3 ? 0.6 : 1.0;
	}
	seconds(30);
	for (uint32_t s = 0; s < 4; s++)
		assert_true(cluster_order(cluster, s)->pace_frac[0] > 0.999);
	reports[3].own_frac[0] = 0.8;
	seconds(30);
	for (uint32_t s = 0; s < 3; s++)
		assert_true(fabs(cluster_order(cluster, s)->pace_frac[0] - 0.8032) < 1e-3);
}

static void
what_stands_still_or_is_not_known_slows_nobody(void **state)
{
	(void)state;
	one_is_slow(3, 2, 0.0);
	reports[2].still = true;
	run(5);
	assert_true(cluster_order(cluster, 0)->pace_frac[0] >= 1.0);
	reports[2].still = false;
	reports[2].own_frac[0] = (double)NAN;
	seconds(5);
	assert_true(cluster_order(cluster, 0)->pace_frac[0] >= 1.0);
	one_is_slow(1, 2, 0.5); /* of a job that says none */
	seconds(5);
	assert_true(cluster_order(cluster, 0)->pace_frac[0] >= 1.0);
}

static void
while_a_cap_holds_one_of_them_a_job_is_left_alone(void **state)
{
	(void)state;
	one_is_slow(3, 1, 0.7);
	run(10);
	reports[2].capped = true;
	seconds(1);
	assert_true(cluster_order(cluster, 0)->pace_frac[0] >= 1.0);
	reports[2].capped = false;
	seconds(5);
	assert_true(cluster_order(cluster, 0)->pace_frac[0] >= 1.0);
	run(12);
	assert_true(cluster_order(cluster, 0)->pace_frac[0] < 0.8);
	one_is_slow(2, 1, 0.7);
	reports[2].capped = true;
	run(5);
	assert_true(fabs(reports[1].batch_frac[0] - 1.0) < 1e-9);
}

static double
batches(void)
{
	double sum = 0.0;
	for (int s = 0; s < 4; s++)
		sum += 32.0 * reports[s].batch_frac[0];
	return sum;
}

static void
micro_batches_go_to_those_that_have_the_time(void **state)
{
	(void)state;
	one_is_slow(2, 1, 0.75);
	run(3);
	/* 128 at 3.75 systems: 35 steps of a micro-batch are the best there is */
	assert_true(fabs(batches() - 128.0) < 1e-6);
	assert_true(32.0 * reports[1].batch_frac[0] <= 26.0);
	assert_true(reports[1].rate_frac[0] + reports[0].rate_frac[0] + reports[2].rate_frac[0] +
			    reports[3].rate_frac[0] >=
		    128.0 / 35.01);
	assert_int_equal(cluster_straggler(cluster, 1)->job, -1); /* 3 s have not passed */
	run(15);
	assert_non_null(strstr(last.text, "cs01 does 2"));
	one_is_slow(2, 1, 1.0);
	run(3);
	for (int s = 0; s < 4; s++)
		assert_true(fabs(reports[s].batch_frac[0] - 1.0) < 1e-9);
}

/* Held back as soon as it has 30 of 32 or more, and free with less: how often does it get them? */
static void
who_is_given_more_in_vain_is_tried_again_ever_later(void **state)
{
	uint32_t raised = 0, in_first_minute = 0;
	double before = 1.0;
	(void)state;
	one_is_slow(2, 1, 0.92);
	for (int s = 0; s < 3600; s++) {
		run(1);
		raised += reports[1].batch_frac[0] > before;
		in_first_minute = s < 60 ? raised : in_first_minute;
		before = reports[1].batch_frac[0];
		one_is_slow(2, 1, 32.0 * before >= 29.5 ? 0.92 : 1.0);
		assert_true(fabs(batches() - 128.0) < 1e-6);
	}
	assert_in_range(in_first_minute, 1, 3);
	assert_in_range(raised, 6, 40); /* after 20, 40 … 160 and then 300 s, some in two steps */
	one_is_slow(2, 2, 0.6);         /* another one: its work does not wait for that */
	run(3);
	assert_true(reports[2].batch_frac[0] < 0.8 && batches() > 127.9);
	one_is_slow(2, 1, 1.0);
	run(303); /* who has really recovered gets all of it then */
	assert_true(fabs(reports[1].batch_frac[0] - 1.0) < 1e-9);
}

static void
the_job_goes_on_without_one_that_stands_still(void **state)
{
	(void)state;
	one_is_slow(2, 1, 0.0);
	reports[1].still = true;
	run(3);
	assert_true(reports[1].batch_frac[0] <= 0.0);
	assert_true(fabs(batches() - 128.0) < 1e-6);
	assert_true(reports[0].rate_frac[0] > 0.99 && reports[0].asked_frac[0] > 0.97);
	reports[1].ours = false; /* nothing can be demanded of it: it keeps what it has */
	run(3);
	assert_true(isnan(cluster_order(cluster, 1)->batch_frac[0]));
	assert_true(fabs(batches() - 128.0) < 1e-6);
	one_is_slow(2, -1, 1.0);
	reports[1].still = false;
	reports[1].ours = true;
	run(3);
	assert_true(fabs(reports[1].batch_frac[0] - 1.0) < 1e-9);
}

/* The engine's bus of cs02 is lost for less than a second, between two that share. */
static void
blink(void)
{
	uint16_t job = reports[2].job[0];
	reports[2].job[0] = 0;
	cluster_pace(cluster, reports);
	reports[2].job[0] = job;
}

static void
a_system_that_is_lost_for_a_moment_keeps_its_micro_batches(void **state)
{
	(void)state;
	for (uint16_t number = 1; number <= 3; number++) {
		one_is_slow(number, -1, 1.0);
		run(3);
		blink();
		run(3);
		for (int s = 0; s < 4; s++)
			assert_true(fabs(reports[s].batch_frac[0] - 1.0) < 1e-9);
	}
}

static void
shares_of_before_do_not_stay_where_none_are_made(void **state)
{
	(void)state;
	one_is_slow(3, -1, 1.0);
	reports[0].batch_frac[0] = 0.5;
	reports[1].batch_frac[0] = 1.5;
	run(3);
	for (int s = 0; s < 4; s++)
		assert_true(fabs(reports[s].batch_frac[0] - 1.0) < 1e-9);
}

static void
of_a_job_that_has_ended_no_shares_are_told(void **state)
{
	(void)state;
	one_is_slow(2, 1, 0.75);
	run(5);
	assert_true(reports[1].batch_frac[0] < 0.9);
	for (int s = 0; s < 4; s++)
		reports[s].job[0] = 0;
	int before = lines;
	seconds(20);
	for (; before < lines; before++)
		assert_null(strstr(last.text, "micro-batches"));
}

static void
a_split_is_the_best_there_is(void **state)
{
	(void)state;
	uint32_t count[4];
	const double rate[4] = {1.0, 0.5, 0.0, 1.0}, none[4] = {0};
	assert_true(rebalance_split(count, rate, 4, 100, 100));
	assert_int_equal(count[0] + count[1] + count[2] + count[3], 100);
	assert_int_equal(count[0], 40);
	assert_int_equal(count[1], 20);
	assert_int_equal(count[2], 0);
	assert_true(fabs(rebalance_step(count, rate, 4) - 40.0) < 1e-9);
	count[2] = 1;
	assert_true(isinf(rebalance_step(count, rate, 4)));
	assert_true(rebalance_split(count, rate, 4, 100, 41));
	assert_false(rebalance_split(count, rate, 4, 100, 33)); /* 99 at most */
	assert_false(rebalance_split(count, none, 4, 100, 100));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_one_that_others_wait_for_is_named_with_its_cost),
		TEST(nobody_straggles_alone_or_while_all_are_alike),
		TEST(others_are_slowed_to_the_slowest_and_come_back_with_it),
		TEST(one_that_is_slower_than_its_duty_says_is_found_by_the_wait),
		TEST(of_a_pipeline_what_it_can_do_is_believed_not_its_wait),
		TEST(what_stands_still_or_is_not_known_slows_nobody),
		TEST(while_a_cap_holds_one_of_them_a_job_is_left_alone),
		TEST(micro_batches_go_to_those_that_have_the_time),
		TEST(who_is_given_more_in_vain_is_tried_again_ever_later),
		TEST(the_job_goes_on_without_one_that_stands_still),
		TEST(a_system_that_is_lost_for_a_moment_keeps_its_micro_batches),
		TEST(shares_of_before_do_not_stay_where_none_are_made),
		TEST(of_a_job_that_has_ended_no_shares_are_told),
		TEST(a_split_is_the_best_there_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
