/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict on one input: limits to the last bit, delays to the last look, and what a lost input
 * leaves as it was. */
#include "tests/unit/support.h"

#include <math.h>

#include "alarms/judge.c"
#include "core/clock.h"
#include "core/keyed.h"

#define LOOK_NS (100 * NS_PER_MS)

static struct judge j;
static struct alarm_record r;
static int64_t now_ns;

static void
begin(enum alarm_type type, double limit, double deadband, double on_s, double off_s)
{
	r = (struct alarm_record){.type = type,
				  .limit = limit,
				  .deadband = deadband,
				  .on_delay_s = on_s,
				  .off_delay_s = off_s};
	now_ns = 0;
	judge_init(&j, false);
}

static struct sample
good(double value)
{
	return sample_at(value, now_ns, QUALITY_GOOD, 0);
}

static enum judge_change
look(struct sample s)
{
	now_ns += LOOK_NS;
	return judge_step(&j, &r, &s, NULL, LOOK_NS, now_ns);
}

/* The same value for so many looks; the change that came, which is one at most. */
static enum judge_change
looks(struct sample s, unsigned n)
{
	enum judge_change change = JUDGE_SAME;

	while (n-- > 0) {
		enum judge_change c = look(s);

		if (c != JUDGE_SAME) {
			assert_int_equal(change, JUDGE_SAME);
			change = c;
		}
	}
	return change;
}

struct row {
	double value;
	enum judge_change change;
};

static void
feed(const struct row *row, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(look(good(row[i].value)), row[i].change);
}

static void
a_high_limit_raises_above_it_and_clears_below_the_deadband(void **state)
{
	static const struct row
		rows[] =
			{
				{50.0, JUDGE_SAME}, /* at the limit is not above it */
				{-INFINITY, JUDGE_SAME},
				{50.000001, JUDGE_RAISED},
				{49.0, JUDGE_SAME},
				{48.0, JUDGE_SAME}, /* at the edge of the deadband is not below it */
				{47.999999, JUDGE_CLEARED},
				{49.0, JUDGE_SAME}, /* within the deadband nothing is raised */
				{50.1, JUDGE_RAISED},
				{-0.0, JUDGE_CLEARED},
			};

	(void)state;
	begin(ALARM_HI, 50.0, 2.0, 0.0, 0.0);
	feed(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
a_low_limit_is_the_mirror_of_a_high_one(void **state)
{
	static const struct row rows[] = {
		{20.0, JUDGE_SAME},   {19.999999, JUDGE_RAISED},  {21.0, JUDGE_SAME},
		{22.0, JUDGE_SAME},   {22.000001, JUDGE_CLEARED}, {20.5, JUDGE_SAME},
		{-3.0, JUDGE_RAISED},
	};

	(void)state;
	begin(ALARM_LO, 20.0, 2.0, 0.0, 0.0);
	feed(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
a_bit_is_read_from_any_number_a_register_can_hold(void **state)
{
	static const struct row rows[] = {
		{1.0, JUDGE_SAME},      {2.0, JUDGE_RAISED},
		{0.0, JUDGE_CLEARED},   {4294967295.0, JUDGE_RAISED},
		{-2.0, JUDGE_CLEARED},  {3.0, JUDGE_RAISED},
		{1e300, JUDGE_CLEARED},
	};

	(void)state;
	begin(ALARM_BIT, 0.0, 0.0, 0.0, 0.0);
	r.bit = 1;
	feed(rows, sizeof(rows) / sizeof(rows[0]));
	begin(ALARM_BIT, 0.0, 0.0, 0.0, 0.0);
	r.bit = 64; /* no number has it */
	assert_int_equal(look(good(1e18)), JUDGE_SAME);
}

static void
states_are_compared_as_whole_numbers(void **state)
{
	static const struct row equals[] = {
		{1.0, JUDGE_SAME}, {2.0, JUDGE_RAISED}, {3.0, JUDGE_CLEARED}};
	static const struct row not [] = {
		{2.0, JUDGE_SAME}, {0.0, JUDGE_RAISED}, {2.0, JUDGE_CLEARED}};

	(void)state;
	begin(ALARM_EQUALS, 2.0, 0.0, 0.0, 0.0);
	feed(equals, 3);
	begin(ALARM_NOT, 2.0, 0.0, 0.0, 0.0);
	feed(not, 3);
}

static void
a_delay_must_be_held_through(void **state)
{
	(void)state;
	begin(ALARM_HI, 50.0, 2.0, 1.0, 0.5);
	assert_int_equal(looks(good(51.0), 10), JUDGE_SAME); /* seen for 0.9 s */
	assert_int_equal(look(good(47.0)), JUDGE_SAME);      /* and then not */
	assert_int_equal(looks(good(51.0), 10), JUDGE_SAME);
	assert_int_equal(look(good(51.0)), JUDGE_RAISED); /* 1.0 s after it was seen first */
	assert_int_equal(looks(good(40.0), 5), JUDGE_SAME);
	assert_int_equal(look(good(51.0)), JUDGE_SAME);
	assert_int_equal(looks(good(40.0), 5), JUDGE_SAME);
	assert_int_equal(look(good(40.0)), JUDGE_CLEARED);
}

static void
without_a_value_the_last_verdict_stands(void **state)
{
	static const enum quality bad[] = {QUALITY_NEVER, QUALITY_STALE, QUALITY_COMM,
					   QUALITY_RANGE, QUALITY_BAD};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct sample lost = {.value = 10.0, .quality = bad[i]};

		begin(ALARM_HI, 50.0, 2.0, 0.0, 0.0);
		assert_int_equal(look(good(51.0)), JUDGE_RAISED);
		assert_int_equal(looks(lost, 50), JUDGE_SAME);
		assert_true(j.active);
		assert_int_equal(looks(good(NAN), 50), JUDGE_SAME);
		assert_int_equal(looks(good(INFINITY), 50), JUDGE_SAME);
		assert_int_equal(look(good(10.0)), JUDGE_CLEARED);
	}
}

static void
time_without_a_value_counts_for_no_delay(void **state)
{
	struct sample lost = {.value = 51.0, .quality = QUALITY_COMM};

	(void)state;
	begin(ALARM_HI, 50.0, 2.0, 1.0, 0.0);
	assert_int_equal(looks(good(51.0), 6), JUDGE_SAME); /* 0.5 s seen */
	assert_int_equal(looks(lost, 100), JUDGE_SAME);
	assert_int_equal(looks(good(51.0), 5), JUDGE_SAME); /* 0.4 s more: the first closes a gap */
	assert_int_equal(look(good(51.0)), JUDGE_RAISED);
}

static void
a_lost_input_is_an_alarm_of_its_own(void **state)
{
	struct sample never = {0}, comm = {.value = 1.0, .quality = QUALITY_COMM};

	(void)state;
	begin(ALARM_STALE, 0.0, 0.0, 1.0, 0.0);
	assert_int_equal(looks(never, 10), JUDGE_SAME);
	assert_int_equal(look(never), JUDGE_RAISED);
	assert_int_equal(look(good(0.0)), JUDGE_CLEARED);
	assert_int_equal(looks(comm, 5), JUDGE_SAME);
	assert_int_equal(look(good(0.0)), JUDGE_SAME);
	assert_int_equal(looks(good(NAN), 11), JUDGE_RAISED);
}

static void
a_limit_of_another_point_moves_with_it_and_is_lost_with_it(void **state)
{
	struct sample base = {.value = 10.0, .quality = QUALITY_GOOD}, input = good(12.5);

	(void)state;
	begin(ALARM_LO, 2.0, 0.0, 0.0, 0.0); /* less than 2 above the base */
	assert_int_equal(judge_step(&j, &r, &input, &base, 1, ++now_ns), JUDGE_SAME);
	base.value = 11.0;
	assert_int_equal(judge_step(&j, &r, &input, &base, 1, ++now_ns), JUDGE_RAISED);
	base.quality = QUALITY_STALE;
	base.value = 0.0;
	assert_int_equal(judge_step(&j, &r, &input, &base, 1, ++now_ns), JUDGE_SAME);
	assert_true(isnan(judge_limit(&r, &base)));
	base.quality = QUALITY_UNCERTAIN;
	assert_int_equal(judge_step(&j, &r, &input, &base, 1, ++now_ns), JUDGE_CLEARED);
	r.type = ALARM_BIT;
	assert_true(isnan(judge_limit(&r, NULL)));
}

static void
what_was_raised_before_a_restart_is_not_raised_again(void **state)
{
	(void)state;
	begin(ALARM_HI, 50.0, 2.0, 0.0, 0.0);
	judge_init(&j, true);
	assert_int_equal(look(good(49.0)), JUDGE_SAME); /* the deadband holds it, as before */
	assert_int_equal(look(good(51.0)), JUDGE_SAME);
	assert_int_equal(look(good(40.0)), JUDGE_CLEARED);
}

/* Whatever comes: changes alternate, none comes before its delay, none without a usable value. */
static void
random_inputs_never_make_it_contradict_itself(void **state)
{
	(void)state;
	begin(ALARM_HI, 50.0, 2.0, 0.5, 0.3);
	bool active = false;
	unsigned above = 0, below = 0, changes = 0;
	for (uint64_t i = 0; i < 200000; i++) {
		double value = 49.0 + 3.0 * keyed_normal(7, i / 7, 1);
		bool lost = keyed_uniform(7, i / 3, 2) < 0.2;
		struct sample s = good(value);

		s.quality = lost ? QUALITY_COMM : QUALITY_GOOD;
		if (!lost) {
			above = value > 50.0 || (above > 0 && value >= 48.0) ? above + 1 : 0;
			below = value < 48.0 || (below > 0 && value <= 50.0) ? below + 1 : 0;
		}
		enum judge_change c = look(s);
		if (c == JUDGE_SAME)
			continue;
		assert_false(lost);
		assert_true(c == JUDGE_RAISED ? above > 5 : below > 3);
		assert_int_equal(c == JUDGE_RAISED, !active);
		active = !active;
		changes++;
	}
	assert_true(changes > 100);
}

/* One judge looks at everything, the other only where it does not rest. */
static void
an_input_it_rests_at_need_not_be_looked_at(void **state)
{
	static const double values[] = {
		50.5, 50.0, 49.5, 48.0, 52.0, 47.0, 3.0, 4.0, -1.0, (double)NAN, (double)INFINITY};
	unsigned rested = 0, changes = 0;

	(void)state;
	for (enum alarm_type type = ALARM_HI; type <= ALARM_STALE; type++) {
		begin(type, type == ALARM_HI || type == ALARM_LO ? 50.0 : 3.0, 2.0, 0.4, 0.2);
		struct judge lazy = j;
		struct judge_rest rest = {.from = 1.0, .to = 0.0};
		for (uint64_t i = 0; i < 20000; i++) {
			struct sample s = good(values[keyed_u64(8, i / 2, type) % 11]);

			s.quality = (enum quality)(1 + keyed_u64(9, i / 29, type) % 3);
			enum judge_change c = look(s);
			changes += c != JUDGE_SAME;
			if (!judge_rests(&rest, &s)) {
				assert_int_equal(judge_step(&lazy, &r, &s, NULL, LOOK_NS, now_ns),
						 c);
				judge_rest(&rest, &lazy, &r, &s, NULL);
			} else {
				assert_int_equal(c, JUDGE_SAME);
				rested++;
			}
			assert_int_equal(lazy.active, j.active);
			assert_int_equal(lazy.seen, j.seen);
			assert_int_equal(lazy.blind, j.blind);
		}
	}
	assert_true(rested > 10000 && changes > 100);
}

static void
beside_a_limit_that_moves_it_never_rests(void **state)
{
	struct sample base = {.value = 10.0, .quality = QUALITY_GOOD}, input = good(12.5);
	struct judge_rest rest;

	(void)state;
	begin(ALARM_LO, 2.0, 0.0, 0.0, 0.0);
	(void)judge_step(&j, &r, &input, &base, 1, ++now_ns);
	judge_rest(&rest, &j, &r, &input, &base);
	assert_false(judge_rests(&rest, &input));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_high_limit_raises_above_it_and_clears_below_the_deadband),
		cmocka_unit_test(a_low_limit_is_the_mirror_of_a_high_one),
		cmocka_unit_test(a_bit_is_read_from_any_number_a_register_can_hold),
		cmocka_unit_test(states_are_compared_as_whole_numbers),
		cmocka_unit_test(a_delay_must_be_held_through),
		cmocka_unit_test(without_a_value_the_last_verdict_stands),
		cmocka_unit_test(time_without_a_value_counts_for_no_delay),
		cmocka_unit_test(a_lost_input_is_an_alarm_of_its_own),
		cmocka_unit_test(a_limit_of_another_point_moves_with_it_and_is_lost_with_it),
		cmocka_unit_test(what_was_raised_before_a_restart_is_not_raised_again),
		cmocka_unit_test(random_inputs_never_make_it_contradict_itself),
		cmocka_unit_test(an_input_it_rests_at_need_not_be_looked_at),
		cmocka_unit_test(beside_a_limit_that_moves_it_never_rests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
