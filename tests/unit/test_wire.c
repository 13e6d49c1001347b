/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <math.h>
#include <stdbool.h>

#include "core/clock.h"
#include "runner/wire.h"

#define T0 (50 * NS_PER_S)
#define ANSWERS 1000

static struct wire wire;
static struct wire_piece queue[WIRE_QUEUE];
static uint8_t frame[60], got[WIRE_FRAME_MAX];

static void
assert_near(double found, double expected, double epsilon)
{
	if (!(fabs(found - expected) <= epsilon))
		fail_msg("%.12g is not %.12g", found, expected);
}

static int
setup(void **state)
{
	(void)state;
	wire_init(&wire, 7, "cs00.engine", queue);
	for (size_t i = 0; i < sizeof frame; i++)
		frame[i] = (uint8_t)(3 * i + 1);
	return 0;
}

static int
bits_that_differ(const uint8_t *a, const uint8_t *b, size_t n, size_t *last)
{
	int bits = 0;

	for (size_t i = 0; i < n; i++) {
		bits += __builtin_popcount((unsigned)(a[i] ^ b[i]));
		*last = a[i] != b[i] ? i : *last;
	}
	return bits;
}

static void
a_perfect_wire_brings_the_very_bytes_at_once(void **state)
{
	(void)state;
	wire_answer(&wire, frame, sizeof frame, T0);
	assert_int_equal(wire_take(&wire, T0, got), sizeof frame);
	assert_memory_equal(got, frame, sizeof frame);
	assert_int_equal(wire_take(&wire, T0, got), 0);
}

/* Which answers are hit is keyed by their number, whichever way they went. */
static void
what_passes_need_not_be_put_on_the_wire_and_is_counted(void **state)
{
	(void)state;
	assert_true(wire_passes(&wire));
	assert_int_equal(wire.answers, 1);
	assert_int_equal(wire_take(&wire, T0, got), 0);
	wire.fault = (struct wire_fault){.delay_s = 0.7, .delay_p = 1.0};
	assert_false(wire_passes(&wire));
	assert_int_equal(wire.answers, 1);
	wire_answer(&wire, frame, sizeof frame, T0);
	assert_int_equal(wire.answers, 2);
	wire.fault = (struct wire_fault){0};
	assert_false(wire_passes(&wire)); /* nothing overtakes what is under way */
	assert_int_equal(wire_take(&wire, T0 + NS_PER_S, got), sizeof frame);
	assert_true(wire_passes(&wire));
}

static void
a_delayed_answer_comes_at_its_time_and_not_before(void **state)
{
	(void)state;
	wire.fault = (struct wire_fault){.delay_s = 0.7, .delay_p = 1.0};
	wire_answer(&wire, frame, sizeof frame, T0);
	assert_int_equal(wire_take(&wire, T0 + 699 * NS_PER_MS, got), 0);
	assert_int_equal(wire_take(&wire, T0 + 700 * NS_PER_MS, got), sizeof frame);
}

static void
a_later_answer_never_overtakes_a_delayed_one(void **state)
{
	(void)state;
	wire.fault = (struct wire_fault){.delay_s = 0.7, .delay_p = 1.0};
	wire_answer(&wire, frame, 20, T0);
	wire.fault = (struct wire_fault){0};
	wire_answer(&wire, frame, 30, T0 + 100 * NS_PER_MS);
	assert_int_equal(wire_take(&wire, T0 + 100 * NS_PER_MS, got), 0);
	assert_int_equal(wire_take(&wire, T0 + 700 * NS_PER_MS, got), 20);
	assert_int_equal(wire_take(&wire, T0 + 700 * NS_PER_MS, got), 30);
}

static void
drop_1_drops_every_answer_and_drop_0_none(void **state)
{
	(void)state;
	for (int i = 0; i < ANSWERS; i++) {
		wire.fault.drop_p = 1.0;
		wire_answer(&wire, frame, sizeof frame, T0);
		assert_int_equal(wire_take(&wire, T0, got), 0);
		wire.fault.drop_p = 0.0;
		wire_answer(&wire, frame, sizeof frame, T0);
		assert_int_equal(wire_take(&wire, T0, got), sizeof frame);
	}
}

static void
corruption_flips_one_bit_of_the_first_nine_bytes(void **state)
{
	bool hit[WIRE_CORRUPT_BYTES] = {false};

	(void)state;
	wire.fault.corrupt_p = 1.0;
	for (int i = 0; i < ANSWERS; i++) {
		size_t where = 99;

		wire_answer(&wire, frame, sizeof frame, T0);
		assert_int_equal(wire_take(&wire, T0, got), sizeof frame);
		assert_int_equal(bits_that_differ(got, frame, sizeof frame, &where), 1);
		assert_in_range(where, 0, WIRE_CORRUPT_BYTES - 1);
		hit[where] = true;
	}
	for (int i = 0; i < WIRE_CORRUPT_BYTES; i++)
		assert_true(hit[i]);
}

static void
a_split_answer_is_whole_when_both_pieces_are_there(void **state)
{
	(void)state;
	wire.fault.split_p = 1.0;
	for (int i = 0; i < ANSWERS; i++) {
		wire_answer(&wire, frame, sizeof frame, T0);
		size_t n = wire_take(&wire, T0, got);
		assert_in_range(n, 1, sizeof frame - 1);
		assert_int_equal(wire_take(&wire, T0, got + n), sizeof frame - n);
		assert_memory_equal(got, frame, sizeof frame);
	}
}

static void
a_repeated_answer_comes_twice(void **state)
{
	(void)state;
	wire.fault.repeat_p = 1.0;
	wire_answer(&wire, frame, sizeof frame, T0);
	assert_int_equal(wire_take(&wire, T0, got), sizeof frame);
	assert_int_equal(wire_take(&wire, T0, got), sizeof frame);
	assert_memory_equal(got, frame, sizeof frame);
	assert_int_equal(wire_take(&wire, T0, got), 0);
}

static void
a_closed_connection_takes_along_what_was_under_way(void **state)
{
	(void)state;
	wire.fault = (struct wire_fault){.delay_s = 0.1, .delay_p = 1.0};
	wire_answer(&wire, frame, sizeof frame, T0);
	wire_reset(&wire);
	assert_int_equal(wire_take(&wire, T0 + NS_PER_S, got), 0);
}

/* Which of a run of answers are dropped, a bit each. */
static uint64_t
pattern(uint64_t seed, const char *name)
{
	struct wire w;
	uint64_t bits = 0;

	wire_init(&w, seed, name, queue);
	w.fault.drop_p = 0.5;
	for (int i = 0; i < 64; i++) {
		wire_answer(&w, frame, sizeof frame, T0);
		bits = bits << 1 | (wire_take(&w, T0, got) == 0);
	}
	return bits;
}

static void
what_is_hit_depends_on_seed_and_wire_alone(void **state)
{
	(void)state;
	assert_int_equal(pattern(7, "cs00.engine"), pattern(7, "cs00.engine"));
	assert_int_not_equal(pattern(7, "cs00.engine"), pattern(8, "cs00.engine"));
	assert_int_not_equal(pattern(7, "cs00.engine"), pattern(7, "cs01.engine"));
}

static void
about_the_asked_part_of_the_answers_is_hit(void **state)
{
	int dropped = 0;

	(void)state;
	wire.fault.drop_p = 0.1;
	for (int i = 0; i < 10 * ANSWERS; i++) {
		wire_answer(&wire, frame, sizeof frame, T0);
		dropped += wire_take(&wire, T0, got) == 0;
	}
	assert_in_range(dropped, 880, 1120); /* 4 standard deviations */
}

static void
a_full_queue_loses_answers_and_nothing_else(void **state)
{
	(void)state;
	wire.fault = (struct wire_fault){.delay_s = 1.0, .delay_p = 1.0};
	for (int i = 0; i < 3 * WIRE_QUEUE; i++)
		wire_answer(&wire, frame, sizeof frame, T0);
	for (int i = 0; i < WIRE_QUEUE; i++)
		assert_int_equal(wire_take(&wire, T0 + NS_PER_S, got), sizeof frame);
	assert_int_equal(wire_take(&wire, T0 + NS_PER_S, got), 0);
}

static void
faults_that_overlap_are_as_bad_as_the_worse_of_each(void **state)
{
	struct wire_fault f = {.drop_p = 0.2, .corrupt_p = 0.5};

	(void)state;
	wire_fault_add(&f, &(struct wire_fault){.drop_p = 0.6, .corrupt_p = 0.1, .delay_s = 2.0});
	assert_near(f.drop_p, 0.6, 0.0);
	assert_near(f.corrupt_p, 0.5, 0.0);
	assert_near(f.delay_s, 2.0, 0.0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_perfect_wire_brings_the_very_bytes_at_once, setup),
		cmocka_unit_test_setup(what_passes_need_not_be_put_on_the_wire_and_is_counted,
				       setup),
		cmocka_unit_test_setup(a_delayed_answer_comes_at_its_time_and_not_before, setup),
		cmocka_unit_test_setup(a_later_answer_never_overtakes_a_delayed_one, setup),
		cmocka_unit_test_setup(drop_1_drops_every_answer_and_drop_0_none, setup),
		cmocka_unit_test_setup(corruption_flips_one_bit_of_the_first_nine_bytes, setup),
		cmocka_unit_test_setup(a_split_answer_is_whole_when_both_pieces_are_there, setup),
		cmocka_unit_test_setup(a_repeated_answer_comes_twice, setup),
		cmocka_unit_test_setup(a_closed_connection_takes_along_what_was_under_way, setup),
		cmocka_unit_test_setup(what_is_hit_depends_on_seed_and_wire_alone, setup),
		cmocka_unit_test_setup(about_the_asked_part_of_the_answers_is_hit, setup),
		cmocka_unit_test_setup(a_full_queue_loses_answers_and_nothing_else, setup),
		cmocka_unit_test_setup(faults_that_overlap_are_as_bad_as_the_worse_of_each, setup),
	};

	return cmocka_run_group_tests_name("memory wire", tests, NULL, NULL);
}
