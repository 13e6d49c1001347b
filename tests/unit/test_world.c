/* SPDX-License-Identifier: Apache-2.0 */
/* The whole house in one process: what must hold of any scenario. */
#include "tests/unit/allocations.h"
#include "tests/unit/scenario_fixture.h"

#include <stdbool.h>

#include "runner/world.h"

#define SCENARIO                                                                                   \
	"plant:\n"                                                                                 \
	"  site: t\n"                                                                              \
	"  seed: 3\n"                                                                              \
	"  systems:\n"                                                                             \
	"    - {name: cs%%02d, count: 2, type: water}\n"                                           \
	"warm_up_s: 5\n"                                                                           \
	"duration_s: %d\n"                                                                         \
	"events:\n"                                                                                \
	"  - {at_s: 2, set: \"cs00.zone[5].g=0.379 over 1s\"}\n"                                   \
	"  - {at_s: 3, wire: cs01.engine, drop: 0.2, corrupt: 0.2, split: 0.5}\n"

static struct scenario *
load(int duration_s)
{
	char text[1024];
	int n = snprintf(text, sizeof text, SCENARIO, duration_s);

	assert_in_range(n, 1, sizeof text - 1);
	return scenario_of(text);
}

struct outcome {
	struct world_result result;
	uint64_t allocations; /* in world_run */
	double throughput_pct[2];
};

static void
play(int duration_s, uint64_t seed, struct outcome *o)
{
	struct world_options options = {0};
	struct scenario *sc = load(duration_s);
	struct world *w = NULL;
	struct errtext err = {""};
	uint64_t before;

	scenario_reseed(sc, seed);
	assert_int_equal(world_open(&w, sc, &options, &err), 0);
	before = allocations;
	assert_int_equal(world_run(w, &o->result, &err), 0);
	o->allocations = allocations - before;
	for (uint32_t i = 0; i < 2; i++)
		o->throughput_pct[i] = score_value(world_score(w, i), SCORE_throughput_pct);
	world_close(w);
	scenario_free(sc);
}

static void
the_same_scenario_and_seed_give_the_same_run(void **state)
{
	struct outcome a, b, other;

	(void)state;
	play(10, 3, &a);
	play(10, 3, &b);
	play(10, 4, &other);
	assert_string_equal(a.result.digest, b.result.digest);
	assert_int_equal(a.result.transactions, b.result.transactions);
	assert_memory_equal(a.throughput_pct, b.throughput_pct, sizeof a.throughput_pct);
	assert_string_not_equal(a.result.digest, other.result.digest);
}

static void
a_longer_run_allocates_no_more_than_a_short_one(void **state)
{
	struct outcome shorter, longer;

	(void)state;
	play(5, 3, &shorter);
	play(20, 3, &longer);
	assert_int_equal(longer.allocations, shorter.allocations);
}

static void
what_happens_to_one_system_leaves_the_other_alone(void **state)
{
	struct outcome o;

	(void)state;
	play(20, 3, &o);
	assert_true(o.throughput_pct[0] < 99.0); /* a zone clogs */
	assert_true(o.throughput_pct[1] < 99.0); /* its wire is bad */
	assert_int_equal(o.result.lines_lost, 0);
	assert_true(o.result.n_lines >= 3);
}

static void
every_request_is_a_transaction_on_the_wire(void **state)
{
	struct outcome o;

	(void)state;
	play(20, 3, &o);
	/* two systems with at least one fast read of the engine block each 100 ms; one of them on a bad wire */
	assert_in_range(o.result.transactions, 20 * 10, 20 * 1000);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_same_scenario_and_seed_give_the_same_run),
		TEST(a_longer_run_allocates_no_more_than_a_short_one),
		TEST(what_happens_to_one_system_leaves_the_other_alone),
		TEST(every_request_is_a_transaction_on_the_wire),
	};
#undef TEST

	return cmocka_run_group_tests_name("the house in one process", tests, NULL, NULL);
}
