/* SPDX-License-Identifier: Apache-2.0 */
/* Power caps on the bench: four systems, what they draw by hand, a clock that is counted. */
#ifndef ISOTHERM_TESTS_CAPS_BENCH_H
#define ISOTHERM_TESTS_CAPS_BENCH_H

#include "tests/unit/support.h"

#include <errno.h>
#include <math.h>

#include "config/job.h"
#include "controllers/caps.h"
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

static inline int
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
static inline struct cap_draw
draws(double input_w, double full_w, bool held, bool ours)
{
	return (struct cap_draw){.input_w = input_w,
				 .full_w = full_w,
				 .held_by_cap = held,
				 .controllable = ours,
				 .idle_w = 6000.0};
}

static inline int
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

static inline int
teardown(void **state)
{
	(void)state;
	caps_close(caps);
	plant_free(plant);
	return 0;
}

static inline bool
ask(const char *json)
{
	struct hold_request req = {.uid = 1000,
				   .access = access_level,
				   .json = json,
				   .len = strlen(json),
				   .now_ns = now_ns,
				   .wall_ns = WALL_NS + now_ns};
	struct hold_keeper keeper = {keep, NULL};
	assert_true(caps_ask(caps, &req, draw, &keeper, result));
	return strstr(result, "\"ok\":true") != NULL;
}

static inline void
steps(int seconds)
{
	for (int k = 0; k < seconds * 10; k++) {
		now_ns += 100 * NS_PER_MS;
		caps_step(caps, draw, now_ns);
	}
}

static inline double
allowed(uint32_t system)
{
	return caps_allowance(caps, system)->watts;
}

static inline void
assert_near(double found, double expected, double epsilon)
{
	if (!(fabs(found - expected) <= epsilon))
		fail_msg("%.9g is not %.9g", found, expected);
}

static inline double
sum_allowed(void)
{
	double sum = 0.0;
	for (uint32_t k = 0; k < 4; k++)
		sum += allowed(k);
	return sum;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
