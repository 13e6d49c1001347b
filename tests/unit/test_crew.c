/* SPDX-License-Identifier: Apache-2.0 */
/* Two threads that share a sweep. Nothing here asks for time: what one waits for, the other does. */
#include "tests/unit/support.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "runner/crew.h"

#define N 67

struct counts {
	uint32_t of[N]; /* each is touched by one thread at a time, or ThreadSanitizer says so */
	uint32_t order[N];
	_Atomic uint32_t n;
};

static struct crew *
crew_of_two(void)
{
	struct crew *c = NULL;

	assert_int_equal(crew_open(&c, N, 2), 0);
	assert_non_null(c);
	return c;
}

static void
count(void *context, uint32_t i)
{
	struct counts *counts = context;

	counts->order[atomic_fetch_add(&counts->n, 1)] = i;
	counts->of[i]++;
}

static void
each_is_done_once_in_every_sweep(void **state)
{
	struct crew *c = crew_of_two();
	struct counts counts = {.n = 0};

	(void)state;
	for (uint32_t sweep = 1; sweep <= 3000; sweep++) {
		uint32_t n = sweep % 3 == 0 ? N : sweep % N;

		memset(counts.of, 0, sizeof counts.of);
		atomic_store(&counts.n, 0);
		sweep_each(crew_sweep(c), n, count, &counts);
		for (uint32_t i = 0; i < N; i++)
			assert_int_equal(counts.of[i], i < n);
	}
	crew_close(c);
}

static void
alone_it_is_done_in_order(void **state)
{
	struct counts counts = {.n = 0};
	struct crew *c = NULL;

	(void)state;
	assert_int_equal(crew_open(&c, N, 1), 0);
	assert_null(c);
	assert_int_equal(crew_open(&c, 1, 0), 0);
	assert_null(c); /* nothing to share */
	assert_null(crew_sweep(c));
	sweep_each(crew_sweep(c), N, count, &counts);
	for (uint32_t i = 0; i < N; i++)
		assert_int_equal(counts.order[i], i);
	crew_close(c);
}

struct meeting {
	pthread_t caller;
	_Atomic bool other_came;
};

static void
wait_for_the_other(void *context, uint32_t i)
{
	struct meeting *m = context;

	(void)i;
	if (!pthread_equal(pthread_self(), m->caller))
		atomic_store(&m->other_came, true);
	while (!atomic_load(&m->other_came))
		sched_yield();
}

static void
both_threads_take_part(void **state)
{
	struct crew *c = crew_of_two();
	struct meeting m = {.caller = pthread_self()};

	(void)state;
	sweep_each(crew_sweep(c), N, wait_for_the_other, &m);
	assert_true(atomic_load(&m.other_came));
	crew_close(c);
}

struct gate {
	pthread_t caller;
	_Atomic bool began, open;
	bool passed, by_caller;
};

static void
pass(void *context)
{
	struct gate *g = context;

	atomic_store(&g->began, true);
	while (!atomic_load(&g->open))
		sched_yield();
	g->passed = true;
	g->by_caller = pthread_equal(pthread_self(), g->caller);
}

static void
who_is_busy_is_not_waited_for(void **state)
{
	struct crew *c = crew_of_two();
	struct gate g = {.caller = pthread_self()};
	struct counts counts = {.n = 0};

	(void)state;
	crew_begin(c, pass, &g);
	while (!atomic_load(&g.began))
		sched_yield();
	sweep_each(crew_sweep(c), N, count, &counts); /* the other thread stands at the gate */
	for (uint32_t i = 0; i < N; i++)
		assert_int_equal(counts.order[i], i);
	atomic_store(&g.open, true);
	crew_end(c);
	assert_true(g.passed);
	assert_false(g.by_caller);
	crew_close(c);
}

static void
what_was_begun_is_done_once_at_the_end(void **state)
{
	struct crew *c = crew_of_two();

	(void)state;
	crew_end(c); /* nothing was begun */
	for (int k = 0; k < 2000; k++) {
		struct gate g = {.caller = pthread_self(), .open = true};

		crew_begin(k % 2 ? c : NULL, pass, &g);
		if (k % 2 == 0)
			assert_true(g.passed);
		crew_end(k % 2 ? c : NULL);
		assert_true(g.passed);
	}
	crew_close(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_done_once_in_every_sweep),
		cmocka_unit_test(alone_it_is_done_in_order),
		cmocka_unit_test(both_threads_take_part),
		cmocka_unit_test(who_is_busy_is_not_waited_for),
		cmocka_unit_test(what_was_begun_is_done_once_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
