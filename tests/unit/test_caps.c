/* SPDX-License-Identifier: Apache-2.0 */
/* Power caps: who may set them, how they come down, how they are shared, and that they outlive us. */
#include "tests/unit/support.h"

#include <errno.h>
#include <math.h>

#include "config/job.h"
#include "controllers/caps.h"
#include "controllers/lines.h"
#include "core/clock.h"

#define WALL_NS (INT64_C(1795703518) * NS_PER_S)

static const char FOUR[] = "site: bench\n"
			   "systems:\n"
			   "  - {name: cs%02d, count: 4, type: water}\n";

static struct plant *plant;
static struct caps *caps;
static struct cap_draw draw[4];
static int64_t now_ns;
static enum access_level access_level;
static char result[COMMAND_MAX + 1], kept[8192];
static size_t kept_len;
static int keep_rc;

static int
keep(void *context, const char *text, size_t len)
{
	(void)context;
	if (keep_rc)
		return keep_rc;
	assert_true(len < sizeof kept);
	memcpy(kept, text, len);
	kept[len] = '\0';
	kept_len = len;
	return 0;
}

/* Of one that draws 6 kW without work. */
static struct cap_draw
draws(double input_w, double full_w, bool held, bool ours)
{
	return (struct cap_draw){.input_w = input_w,
				 .full_w = full_w,
				 .held_by_cap = held,
				 .controllable = ours,
				 .idle_w = 6000.0};
}

static int
setup(void **state)
{
	struct config_report report = {0};
	(void)state;
	assert_int_equal(plant_parse(&plant, FOUR, sizeof FOUR - 1, "test", "config", &report), 0);
	config_report_free(&report);
	assert_int_equal(caps_open(&caps, plant), 0);
	for (int k = 0; k < 4; k++)
		draw[k] = draws(20000.0, 20000.0, false, true);
	now_ns = 100 * NS_PER_S;
	access_level = ACCESS_OPERATE;
	keep_rc = 0;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	caps_close(caps);
	plant_free(plant);
	return 0;
}

static bool
ask(const char *json)
{
	struct hold_request req = {1000,         access_level, json,
				   strlen(json), now_ns,       WALL_NS + now_ns};
	struct hold_keeper keeper = {keep, NULL};
	assert_true(caps_ask(caps, &req, draw, &keeper, result));
	return strstr(result, "\"ok\":true") != NULL;
}

static void
steps(int seconds)
{
	for (int k = 0; k < seconds * 10; k++) {
		now_ns += 100 * NS_PER_MS;
		caps_step(caps, draw, now_ns);
	}
}

static double
allowed(uint32_t system)
{
	return caps_allowance(caps, system)->watts;
}

static void
assert_near(double found, double expected, double epsilon)
{
	if (!(fabs(found - expected) <= epsilon))
		fail_msg("%.9g is not %.9g", found, expected);
}

static void
a_cap_comes_down_by_a_ramp_before_its_deadline_and_goes_when_its_time_is_over(void **state)
{
	const struct control_params *p = &plant->control;
	struct image_event e;
	int32_t system;
	(void)state;
	steps(1);
	assert_true(isnan(allowed(2)));
	assert_true(ask("{\"cmd\":\"cap\",\"system\":\"cs02\",\"watts\":16000,\"at_s\":60,"
			"\"for_s\":100,\"why\":\"heat wave\"}"));
	assert_true(caps_line(caps, &e, &system));
	assert_int_equal(system, 2);
	assert_non_null(strstr(e.text, "cs02 capped at 16.0 kW from "));
	steps(50); /* ten seconds before the deadline */
	assert_near(allowed(2), 16000.0 + p->cap_ramp_w_per_s * (10.0 - p->cap_lead_s), 1.0);
	assert_false(caps_allowance(caps, 2)->due);
	assert_true(isnan(caps_due_w(caps, 2, now_ns)));
	assert_true(isnan(allowed(1)));
	steps(10);
	assert_near(allowed(2), 16000.0, 1e-9);
	assert_true(caps_allowance(caps, 2)->due);
	assert_near(caps_due_w(caps, 2, now_ns), 16000.0, 1e-9);
	steps(99);
	assert_near(allowed(2), 16000.0, 1e-9);
	while (caps_line(caps, &e, &system))
		;
	steps(1);
	assert_true(caps_line(caps, &e, &system));
	assert_non_null(strstr(e.text, "its time has passed"));
	assert_true(caps_unkept(caps));
	/* and back up by the same ramp, which nothing is judged by and no device is told of */
	assert_near(allowed(2), 16000.0 + 0.1 * p->cap_ramp_w_per_s, 1.0);
	assert_true(caps_allowance(caps, 2)->lifting && !caps_allowance(caps, 2)->due);
	assert_true(isnan(caps_due_w(caps, 2, now_ns)));
	steps(3);
	assert_true(isnan(allowed(2)));
}

static void
what_is_wrong_with_a_request_is_said_and_nothing_changes(void **state)
{
	static const struct {
		const char *json, *says;
	} WRONG[] = {
		{"{\"cmd\":\"cap\",\"for_s\":60,\"why\":\"x\"}", "one of them"},
		{"{\"cmd\":\"cap\",\"watts\":1,\"frac\":0.5,\"for_s\":60,\"why\":\"x\"}",
		 "one of them"},
		{"{\"cmd\":\"cap\",\"watts\":100,\"for_s\":60,\"why\":\"x\"}", "12000..120000 W"},
		{"{\"cmd\":\"cap\",\"watts\":1e9,\"for_s\":60,\"why\":\"x\"}", "12000..120000 W"},
		{"{\"cmd\":\"cap\",\"watts\":\"50000\",\"for_s\":60,\"why\":\"x\"}", "W"},
		{"{\"cmd\":\"cap\",\"frac\":1.5,\"for_s\":60,\"why\":\"x\"}", "frac"},
		{"{\"cmd\":\"cap\",\"watts\":50000,\"why\":\"x\"}", "for_s"},
		{"{\"cmd\":\"cap\",\"watts\":50000,\"for_s\":60}", "why"},
		{"{\"cmd\":\"cap\",\"watts\":50000,\"for_s\":60,\"at_s\":-1,\"why\":\"x\"}",
		 "at_s"},
		{"{\"cmd\":\"cap\",\"watts\":50000,\"for_s\":60,\"until\":1,\"why\":\"x\"}",
		 "nothing else"},
		{"{\"cmd\":\"cap\",\"system\":\"cs09\",\"watts\":9000,\"for_s\":60,\"why\":\"x\"}",
		 "no system"},
		{"{\"cmd\":\"uncap\",\"why\":\"x\"}", "no power cap"},
	};
	(void)state;
	for (size_t k = 0; k < sizeof WRONG / sizeof WRONG[0]; k++) {
		assert_false(ask(WRONG[k].json));
		if (!strstr(result, WRONG[k].says))
			fail_msg("%s: %s", WRONG[k].json, result);
	}
	access_level = ACCESS_VIEW;
	assert_false(ask("{\"cmd\":\"cap\",\"watts\":50000,\"for_s\":60,\"why\":\"x\"}"));
	assert_non_null(strstr(result, "not allowed"));
	assert_true(ask("{\"cmd\":\"caps\"}"));
	assert_non_null(strstr(result, "\"caps\":[]"));
	steps(1);
	assert_true(isnan(allowed(0)));
	struct hold_request other = {1, access_level, "{\"cmd\":\"holds\"}", 15, now_ns, WALL_NS};
	assert_false(caps_ask(caps, &other, draw, NULL, result));
}

static void
an_old_message_does_not_replace_a_newer_one(void **state)
{
	(void)state;
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":50000,\"for_s\":60,\"seq\":7,\"why\":\"x\"}"));
	assert_false(ask("{\"cmd\":\"cap\",\"watts\":90000,\"for_s\":60,\"seq\":6,\"why\":\"x\"}"));
	assert_non_null(strstr(result, "not after 7"));
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":60000,\"for_s\":60,\"why\":\"x\"}"));
	assert_int_equal(caps_of(caps, SITE)->seq, 8);
}

static double
sum_allowed(void)
{
	double sum = 0.0;
	for (uint32_t k = 0; k < 4; k++)
		sum += allowed(k);
	return sum;
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
	/* 71.4 kW with what they may have more than now, 24 of it idle: .675 of the 47.4 */
	assert_near((allowed(0) - 6000.0) / 4200.0, 32000.0 / 47400.0, 1e-3);
	assert_near((allowed(3) - 6000.0) / 14400.0, 32000.0 / 47400.0, 1e-3);
	assert_near(sum_allowed(), 56000.0, 0.1);
	/* one of them is stopped: what it draws can't be changed, the others share the rest */
	draw[0] = draws(5000.0, (double)NAN, false, false);
	steps(1);
	assert_near(allowed(1) + allowed(2) + allowed(3), 51000.0, 1.0);
	/* the others are held by it now: at the same duty each, whatever they came from */
	draw[1] = draws(12000.0, 20000.0, true, true);
	draw[2] = draws(18000.0, 20000.0, true, true);
	draw[3] = draws(8000.0, 10000.0, true, true);
	steps(600); /* what it would draw at full duty is a guess: slow */
	assert_near(allowed(1), allowed(2), 1.0);
	assert_near((allowed(3) - 6000.0) / 4200.0, (allowed(1) - 6000.0) / 14400.0, 1e-3);
	/* one that does not use its share leaves it to those that are held */
	draw[3] = draws(10000.0, 10000.0, false, true);
	steps(30);
	assert_near(allowed(3), 10200.0, 1.0);
	assert_near(sum_allowed() - allowed(0), 51000.0, 1.0);
	assert_true(ask("{\"cmd\":\"uncap\",\"why\":\"cool again\"}"));
	steps(1);
	assert_true(isnan(allowed(1)));
}

static void
all_together_come_down_and_go_up_no_faster_than_the_cluster_may(void **state)
{
	double was;
	(void)state;
	steps(1);
	assert_true(ask("{\"cmd\":\"cap\",\"frac\":0.6,\"at_s\":20,\"for_s\":20,\"why\":\"x\"}"));
	for (int k = 0; k < 4; k++) /* as they do what they may */
		draw[k] = draws(20000.0, 20000.0, true, true);
	for (was = 80000.0; now_ns < 120 * NS_PER_S; was = fmin(sum_allowed(), was)) {
		steps(1);
		assert_true(!(sum_allowed() < was - 8000.0 - 1.0)); /* 10 % of 80 kW, 4 x 2 kW */
	}
	assert_near(sum_allowed(), 48000.0, 0.1);
	steps(20);
	for (was = 48000.0; isfinite(allowed(0)); was = fmax(was, sum_allowed())) {
		assert_true(sum_allowed() <= was + 801.0);
		now_ns += 100 * NS_PER_MS;
		caps_step(caps, draw, now_ns);
	}
	assert_near(was, 84000.0, 1700.0);
}

static void
the_budget_of_the_site_stands_whatever_is_asked_for(void **state)
{
	(void)state;
	plant->control.site_budget_w = 70000.0;
	plant->control.cap_default_w = 50000.0;
	steps(1);
	assert_near(sum_allowed(), 50000.0, 0.1);
	assert_near(caps_due_w(caps, SITE, now_ns), 50000.0, 1e-9);
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":90000,\"for_s\":60,\"why\":\"x\"}"));
	steps(5);
	assert_near(sum_allowed(), 70000.0, 0.1);
	assert_near(caps_due_w(caps, SITE, now_ns), 70000.0, 1e-9);
	assert_true(caps_allowance(caps, 0)->due);
	steps(56); /* over: the default again */
	assert_near(sum_allowed(), 50000.0, 0.1);
}

/* A silent system may draw what it could, if nothing is known to hold it; else what its device was
 * read to hold. What it was only allowed holds nothing. */
static void
one_that_is_silent_counts_with_the_worst_that_it_can_do(void **state)
{
	(void)state;
	draw[1] = draws(12000.0, 20000.0, false, true);
	steps(30);
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
	assert_near(allowed(3), 20400.0, 10.0);
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
the_lesser_of_its_own_cap_and_its_share_counts(void **state)
{
	(void)state;
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":72000,\"for_s\":1000,\"why\":\"x\"}"));
	assert_true(ask("{\"cmd\":\"cap\",\"system\":\"cs01\",\"watts\":15000,\"for_s\":1000,"
			"\"why\":\"x\"}"));
	steps(1);
	assert_near(allowed(1), 15000.0, 1e-9);
	/* and what it may not use of its share the others get */
	assert_near(allowed(2), 19000.0, 1.0);
	assert_near(sum_allowed(), 72000.0, 1.0);
}

static void
reopen(void)
{
	struct errtext err;
	caps_close(caps);
	assert_int_equal(caps_open(&caps, plant), 0);
	assert_int_equal(caps_recall(caps, kept, kept_len, now_ns, WALL_NS + now_ns, &err), 0);
}

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
	assert_near(allowed(3), 11424.0, 10.0);
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

static void
a_cap_for_later_leaves_the_one_in_force_until_then(void **state)
{
	(void)state;
	assert_true(ask("{\"cmd\":\"cap\",\"system\":\"cs00\",\"watts\":12000,\"for_s\":36000,"
			"\"why\":\"now\"}"));
	steps(1);
	assert_true(ask("{\"cmd\":\"cap\",\"system\":\"cs00\",\"watts\":13000,\"at_s\":60,"
			"\"for_s\":100,\"why\":\"later\"}"));
	for (int again = 0; again < 2; again++, reopen()) {
		steps(1);
		assert_near(allowed(0), 12000.0, 1e-9);
		assert_true(caps_allowance(caps, 0)->due);
		assert_near(caps_due_w(caps, 0, now_ns), 12000.0, 1e-9);
	}
	steps(59);
	assert_near(allowed(0), 13000.0, 1e-9);
	assert_near(caps_due_w(caps, 0, now_ns), 13000.0, 1e-9);
	steps(100);
	assert_true(allowed(0) < 15500.0);
	steps(4);
	assert_true(isnan(allowed(0)));
	/* lifted: both */
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":50000,\"for_s\":60,\"why\":\"x\"}"));
	assert_true(
		ask("{\"cmd\":\"cap\",\"watts\":60000,\"at_s\":60,\"for_s\":60,\"why\":\"x\"}"));
	steps(1);
	assert_near(sum_allowed(), 50000.0, 1.0);
	assert_true(ask("{\"cmd\":\"uncap\",\"why\":\"x\"}"));
	steps(6);
	assert_true(isnan(allowed(0)));
}

static void
a_cap_for_later_that_is_replaced_does_not_cut_the_one_in_force_short(void **state)
{
	(void)state;
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":50000,\"for_s\":1000,\"why\":\"A\"}"));
	steps(1);
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":48000,\"at_s\":10,\"for_s\":1000,"
			"\"why\":\"B\"}"));
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":48000,\"at_s\":100,\"for_s\":1000,"
			"\"why\":\"C\"}"));
	reopen();
	steps(50);
	assert_near(caps_due_w(caps, SITE, now_ns), 50000.0, 1e-9);
	assert_near(sum_allowed(), 50000.0, 1.0);
	steps(51);
	assert_near(caps_due_w(caps, SITE, now_ns), 48000.0, 1e-9);
	assert_near(sum_allowed(), 48000.0, 1.0);
}

static void
the_lesser_of_two_lasts_as_long_as_it_counts(void **state)
{
	(void)state;
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":72000,\"for_s\":1000,\"why\":\"x\"}"));
	assert_true(ask("{\"cmd\":\"cap\",\"system\":\"cs01\",\"watts\":15000,\"for_s\":100,"
			"\"why\":\"x\"}"));
	int64_t asked_ns = now_ns;
	steps(1);
	assert_near(allowed(1), 15000.0, 1e-9);
	assert_true(caps_allowance(caps, 1)->until_ns == asked_ns + 100 * NS_PER_S);
	assert_true(caps_allowance(caps, 0)->until_ns == asked_ns + 1000 * NS_PER_S);
	plant->control.site_budget_w = 75000.0; /* without an end, but not what holds them */
	steps(1);
	assert_true(caps_allowance(caps, 0)->until_ns == asked_ns + 1000 * NS_PER_S);
	/* one whose deadline has passed is due, whatever the other's is */
	assert_true(ask("{\"cmd\":\"cap\",\"system\":\"cs02\",\"watts\":17000,\"at_s\":12,"
			"\"for_s\":100,\"why\":\"x\"}"));
	steps(11);
	assert_true(allowed(2) < 17500.0);
	assert_true(caps_allowance(caps, 2)->due);
}

static void
the_last_sequence_number_outlives_its_cap_and_the_program(void **state)
{
	(void)state;
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":50000,\"for_s\":60,\"seq\":7,\"why\":\"x\"}"));
	assert_true(ask("{\"cmd\":\"uncap\",\"why\":\"x\"}"));
	reopen();
	assert_false(caps_of(caps, SITE)->stands);
	assert_false(ask("{\"cmd\":\"cap\",\"watts\":50000,\"for_s\":60,\"seq\":7,\"why\":\"x\"}"));
	assert_non_null(strstr(result, "not after 7"));
}

static void
numbers_that_can_not_be_are_no_cap(void **state)
{
	static const char *const WRONG[] = {
		"isotherm caps 1 bench\ncs00 9000.0 9223372036854775807 1 operate 5 5 6 7 x\nend "
		"1\n",
		"isotherm caps 1 bench\ncs00 9000.0 1 1 operate -9223372036854775807 5 6 7 x\nend "
		"1\n",
		"isotherm caps 1 bench\ncs00 9000.0 1 1 operate 9223372036854775807 5 6 7 x\nend "
		"1\n",
		"isotherm caps 1 bench\ncs00 last 9223372036854775807\nend 0\n",
	};
	struct errtext err;
	(void)state;
	for (size_t k = 0; k < sizeof WRONG / sizeof WRONG[0]; k++) {
		assert_int_equal(caps_recall(caps, WRONG[k], strlen(WRONG[k]), 1, WALL_NS, &err),
				 -EINVAL);
		assert_false(caps_of(caps, 0)->stands);
	}
}

static void
a_cap_outlives_the_program_with_its_deadline_and_its_end(void **state)
{
	struct errtext err;
	(void)state;
	assert_true(ask("{\"cmd\":\"cap\",\"system\":\"cs02\",\"watts\":16000,\"at_s\":60,"
			"\"for_s\":100,\"seq\":5,\"why\":\"heat  wave\"}"));
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":70000,\"for_s\":100,\"why\":\"line two\"}"));
	caps_close(caps);
	assert_int_equal(caps_open(&caps, plant), 0);
	now_ns += 30 * NS_PER_S;
	assert_int_equal(caps_recall(caps, kept, kept_len, now_ns, WALL_NS + now_ns, &err), 0);
	const struct cap *cap = caps_of(caps, 2);
	assert_true(cap->stands);
	assert_int_equal(cap->seq, 5);
	assert_string_equal(cap->why, "heat  wave");
	assert_true(cap->at_ns - now_ns == 30 * NS_PER_S);
	assert_true(cap->until_ns - now_ns == 130 * NS_PER_S);
	assert_near(caps_of(caps, SITE)->watts, 70000.0, 1e-9);
	/* after a boot plant time begins anew: the wall clock says how long ago it was */
	caps_close(caps);
	assert_int_equal(caps_open(&caps, plant), 0);
	assert_int_equal(caps_recall(caps, kept, kept_len, 5, WALL_NS + now_ns, &err), 0);
	assert_true(caps_of(caps, 2)->at_ns - 5 == 30 * NS_PER_S);
	/* half of it: what can be read stands */
	caps_close(caps);
	assert_int_equal(caps_open(&caps, plant), 0);
	assert_int_equal(caps_recall(caps, kept, kept_len - 20, now_ns, WALL_NS, &err), -EINVAL);
	assert_true(caps_of(caps, 2)->stands);
	assert_int_equal(caps_recall(caps, "isotherm caps 1 other\n", 22, now_ns, WALL_NS, &err),
			 -ESTALE);
}

static void
what_can_not_be_recorded_is_held_all_the_same_but_not_lifted(void **state)
{
	(void)state;
	keep_rc = -ENOSPC;
	assert_true(ask("{\"cmd\":\"cap\",\"watts\":70000,\"for_s\":100,\"why\":\"x\"}"));
	assert_non_null(strstr(result, "not recorded yet"));
	assert_true(caps_unkept(caps));
	assert_false(ask("{\"cmd\":\"uncap\",\"why\":\"x\"}"));
	assert_true(caps_of(caps, SITE)->stands);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_cap_comes_down_by_a_ramp_before_its_deadline_and_goes_when_its_time_is_over),
		TEST(what_is_wrong_with_a_request_is_said_and_nothing_changes),
		TEST(an_old_message_does_not_replace_a_newer_one),
		TEST(a_cap_of_all_leaves_those_with_work_alike_the_same_duty),
		TEST(all_together_come_down_and_go_up_no_faster_than_the_cluster_may),
		TEST(the_budget_of_the_site_stands_whatever_is_asked_for),
		TEST(one_that_is_silent_counts_with_the_worst_that_it_can_do),
		TEST(jobs_lose_by_what_their_watts_make_and_the_lowest_is_shed),
		TEST(the_lesser_of_its_own_cap_and_its_share_counts),
		TEST(a_cap_for_later_leaves_the_one_in_force_until_then),
		TEST(the_lesser_of_two_lasts_as_long_as_it_counts),
		TEST(a_cap_for_later_that_is_replaced_does_not_cut_the_one_in_force_short),
		TEST(one_that_can_not_be_reached_counts_with_what_it_draws),
		TEST(equal_work_gets_equal_shares_whatever_reason_is_told_now),
		TEST(one_that_is_shed_counts_with_what_it_draws),
		TEST(each_job_that_is_shed_is_told_of_though_they_be_many),
		TEST(the_last_sequence_number_outlives_its_cap_and_the_program),
		TEST(numbers_that_can_not_be_are_no_cap),
		TEST(a_cap_outlives_the_program_with_its_deadline_and_its_end),
		TEST(what_can_not_be_recorded_is_held_all_the_same_but_not_lifted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
