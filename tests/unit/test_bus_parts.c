/* SPDX-License-Identifier: Apache-2.0 */
/* A bus in two parts, whoever turns which first, brings what a bus in one part brings. */
#include "tests/unit/sim_fixture.h"

#include "core/image.h"
#include "core/sweep.h"
#include "runner/bus.h"

#define TICKS 40
#define TICK_STEPS 10

static const char ON_A_LINE[] = "site: test\n"
				"grid: reference\n"
				"seed: 7\n"
				"lines:\n"
				"  - {name: rack1, baud: 115200}\n"
				"systems:\n"
				"  - {name: cs%02d, count: 2, type: water}\n"
				"overrides:\n"
				"  cs00.power: {line: rack1, unit: 3}\n";

struct turns {
	uint32_t n;
};

/* As by two threads of which the other one was first. */
static void
from_behind(void *hands, uint32_t n, void (*work)(void *context, uint32_t i), void *context)
{
	struct turns *turns = hands;

	for (uint32_t i = n; i-- > 0; turns->n++)
		work(context, i);
}

static struct image *
image_of(const struct plant *plant, const struct plant_layout *l)
{
	struct image_layout layout = {.name = l->name,
				      .n_groups = l->n_groups,
				      .first = l->first,
				      .period_ns = l->period_ns,
				      .table_hash = plant->hash,
				      .beat_ns = TICK_STEPS * SIM_STEP_NS};
	struct image *image = NULL;

	assert_int_equal(image_memory(&image, &layout), 0);
	assert_non_null(image_here(image));
	return image;
}

/* All that is known of the plant after some seconds, and how many requests it took. */
static struct sample *
played(const struct plant *plant, const struct sweep *sweep, uint64_t *transactions)
{
	struct sim_options opt = {.sweep = sweep, .parts = bus_parts(plant, sweep)};
	struct sim *sim = sim_of(plant, &opt);
	struct image *in = image_of(plant, &plant->in), *ctl = image_of(plant, &plant->ctl);
	struct sample *out = calloc(plant->n_in, sizeof *out);
	struct bus bus;

	assert_non_null(out);
	assert_int_equal(bus_init(&bus, plant, sim, in, ctl, sweep, 0), 0);
	for (int k = 0; k < TICKS; k++) {
		run_s(sim, (double)TICK_STEPS / STEPS_PER_S);
		bus_turn(&bus, sim_now_ns(sim));
	}
	assert_int_equal(image_read_all(in, sim_now_ns(sim), out), 0);
	*transactions = bus_transactions(&bus);
	bus_fini(&bus);
	image_close(in);
	image_close(ctl);
	sim_close(sim);
	return out;
}

static void
two_parts_bring_what_one_brings(void **state)
{
	struct turns turns = {0};
	const struct sweep sweep = {from_behind, &turns};
	struct plant *plant = plant_of(PLANT_TWO);
	uint64_t n[2];
	struct sample *one = played(plant, NULL, &n[0]), *two = played(plant, &sweep, &n[1]);
	uint32_t good = 0;

	(void)state;
	assert_true(turns.n >= TICKS * BUS_PARTS_MAX);
	assert_memory_equal(one, two, plant->n_in * sizeof *one);
	assert_true(n[0] > 0 && n[0] == n[1]);
	for (uint32_t i = 0; i < plant->n_in; i++)
		good += one[i].quality == QUALITY_GOOD;
	assert_true(good > plant->n_in / 2);
	free(one);
	free(two);
	plant_free(plant);
}

static void
who_shares_a_line_is_in_one_part(void **state)
{
	struct turns turns = {0};
	const struct sweep sweep = {from_behind, &turns};
	struct plant *plant = plant_of(PLANT_TWO), *on_a_line = plant_of(ON_A_LINE);

	(void)state;
	assert_int_equal(bus_parts(plant, NULL), 1);
	assert_int_equal(bus_parts(plant, &sweep), 2);
	assert_int_equal(bus_parts(on_a_line, &sweep), 1);
	plant_free(plant);
	plant_free(on_a_line);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_parts_bring_what_one_brings),
		cmocka_unit_test(who_shares_a_line_is_in_one_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
