/* SPDX-License-Identifier: Apache-2.0 */
/* Controllers that stand still while a zone clogs, and go on: duties move from where they are, and
 * not at once to where they would be by now. */
#include "tests/unit/scenario_fixture.h"

#include <math.h>

#include "runner/world.h"

#define SCENARIO                                                                                   \
	"plant:\n"                                                                                 \
	"  site: t\n"                                                                              \
	"  seed: 7\n"                                                                              \
	"  limits: {temp_c: 50, spread_k: 7}\n"                                                    \
	"  systems:\n"                                                                             \
	"    - {name: cs%%02d, count: 1, type: water}\n"                                           \
	"controller: mpc\n"                                                                        \
	"mode: sync\n"                                                                             \
	"shares: free\n"                                                                           \
	"grid: reference\n"                                                                        \
	"warm_up_s: 30\n"                                                                          \
	"duration_s: %d\n"                                                                         \
	"events:\n"                                                                                \
	"  - {at_s: 2, set: \"cs00.zone[5].g=0.379 over 1s\"}\n"                                   \
	"  - {at_s: %.1f, stall_s: %.1f}\n"

#define SECONDS 12
#define NEVER 11.9

static struct scenario *
load(double at_s, double for_s)
{
	char text[1024];
	int n = snprintf(text, sizeof text, SCENARIO, SECONDS, at_s, for_s);

	assert_in_range(n, 1, sizeof text - 1);
	return scenario_of(text);
}

/* The mean duty in force, ten times a second. */
static int
read_duties(const char *path, double duty[10 * SECONDS + 1])
{
	char line[2048];
	FILE *in = fopen(path, "re");
	int n = 0;

	assert_non_null(in);
	assert_non_null(fgets(line, sizeof line, in));
	while (n <= 10 * SECONDS && fgets(line, sizeof line, in)) {
		const char *at = line;
		for (int k = 0; k < 12; k++)
			at = strchr(at, ',') + 1;
		duty[n++] = strtod(at, NULL);
	}
	(void)fclose(in);
	return n;
}

/* How far duties move within a tenth of a second between two times, at most. */
static double
greatest_move(double at_s, double for_s, double from_s, double to_s)
{
	char path[96];
	struct world_options options = {.truth_path = path};
	struct scenario *sc = load(at_s, for_s);
	struct world_result result;
	struct world *w = NULL;
	struct errtext err = {""};
	double duty[10 * SECONDS + 1], most = 0.0;

	(void)snprintf(path, sizeof path, "%s/truth.csv", folder);
	assert_int_equal(world_open(&w, sc, &options, &err), 0);
	assert_int_equal(world_run(w, &result, &err), 0);
	world_close(w);
	scenario_free(sc);
	int n = read_duties(path, duty);
	assert_true(n > 10 * (int)to_s);
	for (int k = (int)lrint(10.0 * from_s); k < (int)lrint(10.0 * to_s); k++)
		most = fmax(most, fabs(duty[k + 1] - duty[k]));
	return most;
}

static void
a_clog_is_answered_faster_than_by_that_ramp(void **state)
{
	(void)state;
	assert_true(greatest_move(NEVER, 0.1, 2.0, 5.0) > 0.04);
}

static void
who_stood_still_goes_on_by_a_ramp(void **state)
{
	(void)state;
	for (double at_s = 2.5; at_s < 4.0; at_s += 1.0) {
		assert_true(greatest_move(at_s, 0.3, at_s + 0.3, at_s + 1.3) < 0.0105);
		assert_true(greatest_move(at_s, 1.0, at_s + 1.0, at_s + 2.0) < 0.0105);
	}
}

static void
one_step_that_is_missed_is_no_stall(void **state)
{
	(void)state;
	assert_true(greatest_move(3.4, 0.1, 3.5, 5.0) > 0.03);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_clog_is_answered_faster_than_by_that_ramp, setup,
						teardown),
		cmocka_unit_test_setup_teardown(who_stood_still_goes_on_by_a_ramp, setup, teardown),
		cmocka_unit_test_setup_teardown(one_step_that_is_missed_is_no_stall, setup,
						teardown),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
