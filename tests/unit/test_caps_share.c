/* SPDX-License-Identifier: Apache-2.0 */
/* A cap of all: what each system counts with, what it gets, and whom it sheds. */
#include "tests/unit/caps_bench.h"

#include "controllers/lines.h"

#define ROOM (1.0 + plant->control.cap_room_frac) /* over what one draws that is not held */

/* A law that grows into its share, or that another limit holds for a moment, still wants it; and a
 * guess of full power that moves with duty moves no share. */
static void
equal_work_gets_equal_shares_whatever_reason_is_told_now(void **state)
{
	(void)state;
	steps(1);
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":50000,\"for_s\":1000,\"why\":\"x\"}"));
	for (uint32_t k = 0; k < 4; k++)
		draw[k] = draws(12500.0, 20000.0, true, true);
	steps(10);
	for (int turn = 0; turn < 40; turn++) {
		uint32_t one = (uint32_t)turn % 4;
		for (uint32_t k = 0; k < 4; k++)
			draw[k] = draws(k == one ? 11200.0 : 12500.0, k == one ? 18500.0 : 20000.0,
					k != one, true);
		steps(2);
		for (uint32_t k = 0; k < 4; k++)
			assert_near(allowed(k), 12500.0, 250.0);
	}
	steps(11); /* but one that goes on leaving it has no use for it */
	assert_near(allowed(3), 11200.0 * ROOM, 10.0);
	assert_near(sum_allowed(), 50000.0, 0.1);
}

/* The guess of what is drawn without work was 6 kW. */
static void
one_that_is_shed_counts_with_what_it_draws(void **state)
{
	(void)state;
	steps(1);
	for (uint32_t k = 0; k < 4; k++)
		draw[k] = draws(10000.0, 20000.0, true, true);
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":37500,\"for_s\":1000,\"why\":\"x\"}"));
	steps(5);
	assert_true(caps_allowance(caps, 3)->shed && !caps_allowance(caps, 0)->shed);
	assert_near(allowed(3), 6000.0, 1.0);
	draw[3].input_w = 7000.0;
	steps(20);
	assert_true(caps_allowance(caps, 3)->shed);
	assert_near(allowed(3), 7000.0, 1.0);
	assert_near(sum_allowed(), 37500.0, 0.1);
}

/* More lines than wait at a time. */
static void
each_job_that_is_shed_is_told_of_though_they_be_many(void **state)
{
	static const char MANY[] = "site: bench\n"
				   "systems:\n"
				   "  - {name: cs%02d, count: 40, type: water}\n";
	struct config_report report = {0};
	struct cap_draw many[40];
	struct image_event e;
	struct plant *p;
	struct caps *c;
	int32_t system;
	unsigned shed = 0, told = 0;
	(void)state;
	assert_int_equal(plant_parse(&p, MANY, sizeof MANY - 1, "test", "config", &report), 0);
	config_report_free(&report);
	assert_int_equal(caps_open(&c, p), 0);
	for (uint32_t k = 0; k < 40; k++) {
		many[k] = draws(20000.0, 20000.0, true, true);
		many[k].job[0] = (uint16_t)(k + 1); /* not in the list: no name, but not the same */
	}
	p->control.site_budget_w = 300000.0;
	for (int n = 0; n < 10; n++) {
		caps_step(c, many, now_ns += 100 * NS_PER_MS);
		while (caps_line(c, &e, &system))
			told += strstr(e.text, "site sheds 1 system") != NULL;
	}
	for (uint32_t k = 0; k < 40; k++)
		shed += caps_allowance(c, k)->shed;
	assert_true(shed > LINES_MAX);
	assert_int_equal(told, shed);
	caps_close(c);
	plant_free(p);
}

/* Its engine does not answer: what it draws is what it goes on drawing, whoever is in charge. */
static void
one_that_can_not_be_reached_counts_with_what_it_draws(void **state)
{
	(void)state;
	steps(1);
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":60000,\"for_s\":1000,\"why\":\"x\"}"));
	draw[3].controllable = false;
	steps(5);
	assert_near(allowed(0) + allowed(1) + allowed(2), 40000.0, 1.0);
}

/* A silent system may draw what it could, if nothing is known to hold it; else what its device was
 * read to hold. What it was only allowed holds nothing. */
static void
one_that_is_silent_counts_with_the_worst_that_it_can_do(void **state)
{
	(void)state;
	draw[1] = draws(12000.0, 20000.0, false, true);
	draw[1].job[0] = 1;
	steps(30);
	draw[1] = draws(12000.0, (double)NAN, false, false); /* the engine first, with its jobs */
	steps(1);
	draw[1].input_w = (double)NAN;
	draw[1].controllable = false;
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":68000,\"for_s\":1000,\"why\":\"x\"}"));
	steps(10);
	assert_near(allowed(0) + allowed(2) + allowed(3), 48000.0, 1.0);
	draw[1] = draws(17000.0, 20000.0, true, true);
	steps(30);
	assert_near(allowed(1), 17000.0, 1.0);
	draw[1].input_w = (double)NAN; /* still said to be ours: for 5 s */
	steps(4);
	assert_near(sum_allowed(), 68000.0, 1.0);
	assert_near(allowed(1), 17000.0, 1.0);
	steps(4);
	assert_near(allowed(0) + allowed(2) + allowed(3), 48000.0, 100.0);
	draw[1].kept_w = 17000.0;
	steps(4);
	assert_near(allowed(0) + allowed(2) + allowed(3), 51000.0, 1.0);
	draw[1].kept_w = (double)NAN; /* its ceiling has run out */
	steps(4);
	assert_near(allowed(0) + allowed(2) + allowed(3), 48000.0, 100.0);
}

/* cs00 and cs01 work together on a job whose watts make little; cs02 has nothing to do. */
static void
jobs_lose_by_what_their_watts_make_and_the_lowest_is_shed(void **state)
{
	static const char JOBS[] =
		"jobs:\n"
		"  - {name: eval, systems: cs00..cs01, tokens_per_s: 1000}\n"
		"  - {name: llm, systems: cs03, tokens_per_s: 3000, priority: 7}\n";
	struct config_report report = {0};
	struct image_event e;
	int32_t system;
	(void)state;
	assert_int_equal(plant_jobs_parse(plant, JOBS, sizeof JOBS - 1, "test", &report), 0);
	config_report_free(&report);
	for (int k = 0; k < 4; k++) {
		draw[k] = draws(20000.0, 20000.0, true, true);
		draw[k].job[0] = k < 2 ? 1 : 2;
		draw[k].tokens_per_s[0] = k < 2 ? 1000.0 : 3000.0;
	}
	draw[2] = draws(6000.0, 6000.0, false, true);
	steps(1);
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":52000,\"for_s\":1000,\"why\":\"x\"}"));
	steps(10);
	assert_near(allowed(3), 20000.0 * ROOM, 10.0);
	assert_near(allowed(0), allowed(1), 0.1);
	assert_near(sum_allowed(), 52000.0, 0.1);
	while (caps_line(caps, &e, &system))
		;
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":35000,\"for_s\":1000,\"why\":\"x\"}"));
	while (caps_line(caps, &e, &system))
		;
	steps(1);
	assert_true(caps_allowance(caps, 0)->shed && caps_allowance(caps, 1)->shed);
	assert_false(caps_allowance(caps, 2)->shed || caps_allowance(caps, 3)->shed);
	assert_near(allowed(0), 6000.0, 0.1);
	assert_true(sum_allowed() <= 35000.1);
	assert_true(caps_line(caps, &e, &system));
	assert_int_equal(system, SITE);
	assert_string_equal(e.text, "site sheds 2 systems of job eval from cs00 on, priority 5: "
				    "least duties do not fit into 35.0 kW");
	assert_false(caps_line(caps, &e, &system));
	assert_true(ask("{\"cmd\":\"caps\"}"));
	assert_non_null(strstr(result, "\"shares_w\":{\"cs00\":6000,\"cs01\":6000,"));
	assert_non_null(strstr(result, "\"shed\":[\"cs00\",\"cs01\"]"));
	/* the other job ends: there is room */
	draw[3] = draws(6000.0, 6000.0, false, true);
	steps(20);
	assert_false(caps_allowance(caps, 0)->shed);
	assert_true(caps_line(caps, &e, &system));
	assert_non_null(strstr(e.text, "gives work back to 2 systems of job eval"));
}

static void
a_cap_of_all_leaves_those_with_work_alike_the_same_duty(void **state)
{
	(void)state;
	draw[0].input_w = draw[0].full_w = 10000.0;
	steps(1);
	assert_true(ask("{\"cmd\":\"cap\",\"frac\":0.8,\"for_s\":1000,\"why\":\"x\"}"));
	assert_near(caps_of(caps, SITE)->watts, 56000.0, 1.0);
	steps(1);
	/* 70 kW and what they may have more than now, 24 of it idle */
	double few_w = 10000.0 * ROOM - 6000.0, many_w = 20000.0 * ROOM - 6000.0;
	double duty = 32000.0 / (few_w + 3.0 * many_w);
	assert_near((allowed(0) - 6000.0) / few_w, duty, 1e-3);
	assert_near((allowed(3) - 6000.0) / many_w, duty, 1e-3);
	assert_near(sum_allowed(), 56000.0, 0.1);
	/* one of them is stopped: what it draws can't be changed, the others share the rest */
	draw[0] = draws(5000.0, (double)NAN, false, false);
	steps(1);
	assert_near(allowed(1) + allowed(2) + allowed(3), 51000.0, 1.0);
	/* the others are held by it now: at the same duty each, whatever they came from */
	draw[1] = draws(12000.0, 20000.0, true, true);
	draw[2] = draws(18000.0, 20000.0, true, true);
	draw[3] = draws(8000.0, 12000.0, true, true);
	steps(600); /* what it would draw at full duty is a guess: slow */
	assert_near(allowed(1), allowed(2), 1.0);
	few_w = 12000.0 * ROOM - 6000.0;
	assert_near((allowed(3) - 6000.0) / few_w, (allowed(1) - 6000.0) / many_w, 1e-3);
	/* one that does not use its share leaves it to those that are held */
	draw[3] = draws(11000.0, 12000.0, false, true);
	steps(30);
	assert_near(allowed(3), 11000.0 * ROOM, 1.0);
	assert_near(sum_allowed() - allowed(0), 51000.0, 1.0);
	assert_true(ask("{\"cmd\":\"uncap\",\"why\":\"cool again\"}"));
	steps(1);
	assert_true(isnan(allowed(1)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(equal_work_gets_equal_shares_whatever_reason_is_told_now),
		TEST(one_that_is_shed_counts_with_what_it_draws),
		TEST(each_job_that_is_shed_is_told_of_though_they_be_many),
		TEST(one_that_can_not_be_reached_counts_with_what_it_draws),
		TEST(one_that_is_silent_counts_with_the_worst_that_it_can_do),
		TEST(jobs_lose_by_what_their_watts_make_and_the_lowest_is_shed),
		TEST(a_cap_of_all_leaves_those_with_work_alike_the_same_duty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
