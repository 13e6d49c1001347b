/* SPDX-License-Identifier: Apache-2.0 */
/* Every cell of the life cycle against a second telling of it, then long random walks that must
 * never break what a pager and an operator rely on. */
#include "tests/unit/support.h"

#include "alarms/lifecycle.c"
#include "core/keyed.h"

#define STEPS 20000u
#define WALKS 20u

struct expectation {
	int to; /* -1: nothing happens */
	int actions;
};

/* A life in a given state with a given condition, as far as the two can go together. */
static struct alarm_life
life_of(enum alarm_state state, bool latched, bool active, bool held, bool open)
{
	return (struct alarm_life){
		.state = state, .latched = latched, .active = active, .held = held, .open = open};
}

static bool
possible(const struct alarm_life *l)
{
	if (l->active && !l->held)
		return false;
	if (l->held && !l->active && !l->latched)
		return false;
	switch (l->state) {
	case ALARM_NORMAL:
		return !l->active && !l->held && !l->open;
	case ALARM_UNACKED:
		return l->active && l->open;
	case ALARM_ACKED:
		return l->held && l->open;
	case ALARM_RETURNED:
		return !l->active && l->open && l->held == l->latched;
	case ALARM_SHELVED:
	case ALARM_SUPPRESSED:
	case ALARM_OUT_OF_SERVICE:
		return true;
	case ALARM_STATES:
		break;
	}
	return false;
}

static bool
hidden(enum alarm_state s)
{
	return s == ALARM_SHELVED || s == ALARM_SUPPRESSED || s == ALARM_OUT_OF_SERVICE;
}

/* --- the second telling --- */

static struct expectation
nothing(void)
{
	return (struct expectation){-1, 0};
}

static struct expectation
go(enum alarm_state to, int actions)
{
	return (struct expectation){(int)to, actions};
}

static struct expectation
on_clear(const struct alarm_life *l)
{
	if (l->state == ALARM_UNACKED)
		return go(ALARM_RETURNED, 0);
	if (l->state == ALARM_ACKED)
		return l->latched ? go(ALARM_ACKED, 0) : go(ALARM_NORMAL, ACTION_END);
	if (hidden(l->state))
		return go(l->state, l->held && l->latched ? 0 : ACTION_END);
	return nothing();
}

static struct expectation
on_raise(const struct alarm_life *l)
{
	if (l->state == ALARM_NORMAL)
		return go(ALARM_UNACKED, ACTION_BEGIN | ACTION_TRIGGER);
	if (l->state == ALARM_ACKED)
		return go(ALARM_UNACKED, ACTION_TRIGGER);
	if (l->state == ALARM_RETURNED)
		return go(ALARM_UNACKED, ACTION_TRIGGER_LATE);
	return hidden(l->state) ? go(l->state, 0) : nothing();
}

static struct expectation
on_ack(const struct alarm_life *l)
{
	if (l->state == ALARM_UNACKED)
		return go(ALARM_ACKED, ACTION_ACKNOWLEDGE);
	if (l->state == ALARM_RETURNED)
		return l->held ? go(ALARM_ACKED, ACTION_ACKNOWLEDGE) : go(ALARM_NORMAL, ACTION_END);
	return nothing();
}

/* Back in sight: what the state was left for tells how loud. */
static struct expectation
on_back(const struct alarm_life *l, enum alarm_state from, int call)
{
	if (l->state != from)
		return nothing();
	if (l->active)
		return go(ALARM_UNACKED, ACTION_BEGIN | call);
	return l->held ? go(ALARM_RETURNED, ACTION_BEGIN | call) : go(ALARM_NORMAL, ACTION_END);
}

static struct expectation
on_again(const struct alarm_life *l)
{
	bool loud = l->state == ALARM_UNACKED || (l->state == ALARM_ACKED && l->active);

	return loud ? go(ALARM_UNACKED, ACTION_TRIGGER) : nothing();
}

static struct expectation
on_reset(const struct alarm_life *l)
{
	if (l->active || l->state == ALARM_UNACKED || l->state == ALARM_RETURNED)
		return nothing();
	if (l->state == ALARM_ACKED)
		return go(ALARM_NORMAL, ACTION_END);
	return hidden(l->state) ? go(l->state, ACTION_END) : nothing();
}

static struct expectation
expected(const struct alarm_life *l, enum alarm_event event)
{
	switch (event) {
	case EVENT_RAISE:
		return on_raise(l);
	case EVENT_CLEAR:
		return on_clear(l);
	case EVENT_ACK:
		return on_ack(l);
	case EVENT_AGAIN:
		return on_again(l);
	case EVENT_SHELVE:
		return hidden(l->state) && l->state != ALARM_SHELVED ? nothing()
								     : go(ALARM_SHELVED, 0);
	case EVENT_SUPPRESS:
		return hidden(l->state) ? nothing() : go(ALARM_SUPPRESSED, 0);
	case EVENT_TAKE_OUT:
		return go(ALARM_OUT_OF_SERVICE, 0);
	case EVENT_UNSHELVE:
		if (l->state != ALARM_SHELVED)
			return nothing();
		return l->held ? go(ALARM_ACKED, ACTION_BEGIN) : go(ALARM_NORMAL, ACTION_END);
	case EVENT_SHELF_ENDS:
		return on_back(l, ALARM_SHELVED, ACTION_TRIGGER);
	case EVENT_RELEASE:
		return on_back(l, ALARM_SUPPRESSED, ACTION_TRIGGER_ONCE);
	case EVENT_PUT_BACK:
		return on_back(l, ALARM_OUT_OF_SERVICE, ACTION_TRIGGER);
	case EVENT_RESET:
		return on_reset(l);
	case ALARM_EVENTS:
		break;
	}
	return nothing();
}

static void
check_cell(const struct alarm_life *before, enum alarm_event event)
{
	struct alarm_life after = *before;
	struct expectation e = expected(before, event);
	int rc = lifecycle_apply(&after, event);

	if (e.to < 0) {
		assert_int_equal(rc, -EPERM);
		assert_memory_equal(&after, before, sizeof(after));
		return;
	}
	if (before->open)
		e.actions &= ~ACTION_BEGIN;
	else
		e.actions &= ~ACTION_END;
	assert_int_equal(after.state, e.to);
	assert_int_equal(rc, e.actions);
	assert_true(possible(&after));
}

static void
each_cell_does_what_the_standard_says(void **state)
{
	unsigned cells = 0;

	(void)state;
	for (unsigned bits = 0; bits < 16; bits++)
		for (int s = 0; s < ALARM_STATES; s++) {
			struct alarm_life l = life_of((enum alarm_state)s, bits & 1, bits & 2,
						      bits & 4, bits & 8);
			if (!possible(&l))
				continue;
			for (int e = 0; e < ALARM_EVENTS; e++, cells++)
				check_cell(&l, (enum alarm_event)e);
		}
	assert_true(cells > 400);
}

static void
no_two_rows_answer_the_same_question(void **state)
{
	const size_t n = sizeof(rules) / sizeof(rules[0]);

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n; k++)
			assert_false(rules[i].from == rules[k].from &&
				     rules[i].event == rules[k].event &&
				     rules[i].when & rules[k].when);
}

/* --- walks --- */

/* What a pager with no memory but the key would see. */
struct pager {
	unsigned triggers; /* of the episode */
	bool over;         /* nothing may follow */
};

static void
walk_step(struct alarm_life *l, struct pager *p, uint64_t random)
{
	enum alarm_event event = (enum alarm_event)(random % ALARM_EVENTS);
	struct alarm_life before = *l;

	if (event == EVENT_RAISE && l->active)
		event = EVENT_CLEAR; /* a judge tells of changes alone */
	else if (event == EVENT_CLEAR && !l->active)
		event = EVENT_RAISE;
	int actions = lifecycle_apply(l, event);
	assert_true(possible(l));
	if (actions < 0) {
		assert_int_not_equal(event, EVENT_RAISE); /* the condition is always followed */
		assert_int_not_equal(event, EVENT_CLEAR);
		return;
	}
	if (actions & ACTION_BEGIN)
		*p = (struct pager){0};
	if (actions & (ACTION_TRIGGER | ACTION_TRIGGER_LATE | ACTION_TRIGGER_ONCE)) {
		assert_false(hidden(l->state)); /* out of sight, nobody is called */
		assert_false(p->over);
		p->triggers++;
	}
	if (actions & ACTION_ACKNOWLEDGE)
		assert_false(p->over);
	if (actions & ACTION_END) {
		assert_false(p->over);
		p->over = true;
	}
	assert_int_equal(l->open, !p->over);
	/* An unacknowledged alarm that nobody was called for would be a silent one. */
	if (l->state == ALARM_UNACKED)
		assert_true(p->triggers > 0);
	/* Only a person makes it quiet while it holds. */
	if (before.state == ALARM_UNACKED && l->state == ALARM_ACKED)
		assert_int_equal(event, EVENT_ACK);
	if (before.state == ALARM_UNACKED && l->state == ALARM_NORMAL)
		fail_msg("an alarm went away unseen");
	if (l->latched && before.held && !l->held)
		assert_int_equal(event, EVENT_RESET);
}

static void
random_walks_never_lose_an_episode_or_call_out_of_sight(void **state)
{
	(void)state;
	for (uint64_t w = 0; w < WALKS; w++) {
		struct alarm_life l = {.latched = w & 1};
		struct pager p = {.over = true};
		for (uint64_t i = 0; i < STEPS; i++)
			walk_step(&l, &p, keyed_u64(1, w, i) >> 20);
	}
}

/* --- stories --- */

static int
apply(struct alarm_life *l, enum alarm_event e, enum alarm_state to)
{
	int actions = lifecycle_apply(l, e);

	assert_int_equal(l->state, to);
	return actions;
}

static void
back_to_normal_unseen_waits_for_somebody(void **state)
{
	struct alarm_life l = {0};

	(void)state;
	assert_int_equal(apply(&l, EVENT_RAISE, ALARM_UNACKED), ACTION_BEGIN | ACTION_TRIGGER);
	assert_int_equal(apply(&l, EVENT_CLEAR, ALARM_RETURNED), 0);
	assert_int_equal(apply(&l, EVENT_ACK, ALARM_NORMAL), ACTION_END);
}

static void
a_latched_alarm_stays_until_it_is_reset(void **state)
{
	struct alarm_life l = {.latched = true};

	(void)state;
	apply(&l, EVENT_RAISE, ALARM_UNACKED);
	apply(&l, EVENT_ACK, ALARM_ACKED);
	assert_int_equal(apply(&l, EVENT_RESET, ALARM_ACKED), -EPERM); /* still wet */
	assert_int_equal(apply(&l, EVENT_CLEAR, ALARM_ACKED), 0);
	assert_int_equal(apply(&l, EVENT_RAISE, ALARM_UNACKED), ACTION_TRIGGER);
	apply(&l, EVENT_CLEAR, ALARM_RETURNED);
	assert_int_equal(apply(&l, EVENT_RESET, ALARM_RETURNED), -EPERM); /* nobody saw it */
	assert_int_equal(apply(&l, EVENT_ACK, ALARM_ACKED), ACTION_ACKNOWLEDGE);
	assert_int_equal(apply(&l, EVENT_RESET, ALARM_NORMAL), ACTION_END);
}

static void
a_recovery_under_a_shelf_ends_the_episode_and_the_next_one_calls(void **state)
{
	struct alarm_life l = {0};

	(void)state;
	apply(&l, EVENT_RAISE, ALARM_UNACKED);
	apply(&l, EVENT_SHELVE, ALARM_SHELVED);
	assert_int_equal(apply(&l, EVENT_CLEAR, ALARM_SHELVED), ACTION_END);
	assert_int_equal(apply(&l, EVENT_RAISE, ALARM_SHELVED), 0);
	assert_int_equal(apply(&l, EVENT_SHELF_ENDS, ALARM_UNACKED), ACTION_BEGIN | ACTION_TRIGGER);
}

static void
what_no_journal_can_have_written_is_mended(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 16; bits++)
		for (int s = 0; s <= ALARM_STATES; s++) {
			struct alarm_life l = life_of((enum alarm_state)s, bits & 1, bits & 2,
						      bits & 4, bits & 8);
			bool was_good = possible(&l);
			struct alarm_life mended = l;

			lifecycle_mend(&mended);
			assert_true(possible(&mended));
			if (was_good)
				assert_memory_equal(&mended, &l, sizeof(l));
		}
}

static void
states_have_names_that_lead_back(void **state)
{
	(void)state;
	for (int s = 0; s < ALARM_STATES; s++)
		assert_int_equal(alarm_state_by_name(alarm_state_name((enum alarm_state)s)), s);
	for (int e = 0; e < ALARM_EVENTS; e++)
		assert_true(alarm_event_name((enum alarm_event)e)[0]);
	assert_int_equal(alarm_state_by_name("gone"), -1);
	assert_string_equal(alarm_state_name(ALARM_STATES), "");
	assert_string_equal(alarm_event_name(ALARM_EVENTS), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cell_does_what_the_standard_says),
		cmocka_unit_test(no_two_rows_answer_the_same_question),
		cmocka_unit_test(random_walks_never_lose_an_episode_or_call_out_of_sight),
		cmocka_unit_test(back_to_normal_unseen_waits_for_somebody),
		cmocka_unit_test(a_latched_alarm_stays_until_it_is_reset),
		cmocka_unit_test(a_recovery_under_a_shelf_ends_the_episode_and_the_next_one_calls),
		cmocka_unit_test(what_no_journal_can_have_written_is_mended),
		cmocka_unit_test(states_have_names_that_lead_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
