/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/crew.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#define WORTH_SHARING 16u /* systems */
#define OF_THE_REST 4     /* is taken in one go, less and less: the end is shared evenly */
#define LOOKS_MAX 300u    /* for the next sweep, before it sleeps */

/* What is left of a sweep: from .. to, of which sweep. One word, so that nobody takes of a sweep that is over. */
struct left {
	uint32_t sweep;
	uint16_t from, to;
};

enum aside {
	ASIDE_NONE, /* or done */
	ASIDE_OFFERED,
	ASIDE_TAKEN
};

struct crew {
	_Atomic uint64_t left; /* struct left */
	_Atomic uint32_t done; /* of the sweep, by the other thread */
	/* what is done; written between two sweeps */
	void (*_Atomic work)(void *context, uint32_t i);
	void *_Atomic context;
	_Atomic enum aside aside;
	void (*aside_work)(void *context); /* written while there is none */
	void *aside_context;
	_Atomic bool sleeps, ends;
	pthread_mutex_t mutex; /* of `wake` alone */
	pthread_cond_t wake;
	pthread_t other;
	struct sweep sweep;
};

static uint64_t
packed(struct left l)
{
	return (uint64_t)l.sweep << 32 | (uint64_t)l.from << 16 | l.to;
}

static struct left
unpacked(uint64_t word)
{
	return (struct left){(uint32_t)(word >> 32), (uint16_t)(word >> 16), (uint16_t)word};
}

/* Takes some from the front or from behind, and does them. Returns how many; 0: none are left. */
static uint32_t
take(struct crew *c, bool front)
{
	uint64_t was = atomic_load(&c->left);
	struct left l, rest;
	uint16_t n;

	do {
		l = rest = unpacked(was);
		if (l.from == l.to)
			return 0;
		n = (uint16_t)(1 + (l.to - l.from) / OF_THE_REST);
		if (front)
			rest.from = (uint16_t)(l.from + n);
		else
			rest.to = (uint16_t)(l.to - n);
	} while (!atomic_compare_exchange_weak(&c->left, &was, packed(rest)));
	void (*work)(void *, uint32_t) = atomic_load(&c->work);
	void *context = atomic_load(&c->context);

	for (uint32_t i = 0; i < n; i++)
		work(context, (front ? l.from : rest.to) + i);
	return n;
}

/* What was begun, if nobody does it yet. */
static bool
do_aside(struct crew *c)
{
	enum aside offered = ASIDE_OFFERED;

	if (!atomic_compare_exchange_strong(&c->aside, &offered, ASIDE_TAKEN))
		return false;
	c->aside_work(c->aside_context);
	atomic_store(&c->aside, ASIDE_NONE);
	return true;
}

static bool
is_idle(struct crew *c)
{
	struct left l = unpacked(atomic_load(&c->left));

	return l.from == l.to && atomic_load(&c->aside) != ASIDE_OFFERED && !atomic_load(&c->ends);
}

static void
await(struct crew *c)
{
	for (uint32_t looks = 0; is_idle(c) && looks < LOOKS_MAX; looks++)
		sched_yield();
	if (!is_idle(c))
		return;
	pthread_mutex_lock(&c->mutex);
	atomic_store(&c->sleeps, true);
	while (is_idle(c))
		pthread_cond_wait(&c->wake, &c->mutex);
	atomic_store(&c->sleeps, false);
	pthread_mutex_unlock(&c->mutex);
}

static void *
help(void *arg)
{
	struct crew *c = arg;

	while (!atomic_load(&c->ends)) {
		uint32_t n = take(c, false);

		if (n > 0)
			atomic_fetch_add(&c->done, n);
		else if (!do_aside(c))
			await(c);
	}
	return NULL;
}

static void
rouse(struct crew *c)
{
	if (!atomic_load(&c->sleeps))
		return;
	pthread_mutex_lock(&c->mutex);
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->mutex);
}

static void
each(void *hands, uint32_t n, void (*work)(void *context, uint32_t i), void *context)
{
	struct crew *c = hands;
	uint32_t own = 0, took;

	assert(n <= UINT16_MAX);
	atomic_store(&c->work, work);
	atomic_store(&c->context, context);
	atomic_store(&c->done, 0);
	atomic_store(&c->left, packed((struct left){unpacked(atomic_load(&c->left)).sweep + 1, 0,
						    (uint16_t)n}));
	rouse(c);
	while ((took = take(c, true)) > 0)
		own += took;
	while (atomic_load(&c->done) + own < n) /* the last ones of the other */
		sched_yield();
}

void
crew_begin(struct crew *c, void (*work)(void *context), void *context)
{
	if (c == NULL) {
		work(context);
		return;
	}
	assert(atomic_load(&c->aside) == ASIDE_NONE);
	c->aside_work = work;
	c->aside_context = context;
	atomic_store(&c->aside, ASIDE_OFFERED);
	rouse(c);
}

void
crew_end(struct crew *c)
{
	if (c == NULL || do_aside(c))
		return;
	while (atomic_load(&c->aside) != ASIDE_NONE)
		sched_yield();
}

static bool
is_alone(void)
{
	cpu_set_t may;

	return sched_getaffinity(0, sizeof may, &may) == 0 && CPU_COUNT(&may) < 2;
}

int
crew_open(struct crew **out, uint32_t n_systems, int threads)
{
	struct crew *c;

	*out = NULL;
	if (threads == 1 || (threads == 0 && (n_systems < WORTH_SHARING || is_alone())))
		return 0;
	c = calloc(1, sizeof *c);
	if (c == NULL)
		return -ENOMEM;
	c->sweep = (struct sweep){.each = each, .hands = c};
	pthread_mutex_init(&c->mutex, NULL);
	pthread_cond_init(&c->wake, NULL);
	if (pthread_create(&c->other, NULL, help, c) == 0) {
		*out = c;
		return 0;
	}
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->mutex);
	free(c);
	return threads == 0 ? 0 : -EAGAIN;
}

void
crew_close(struct crew *c)
{
	if (c == NULL)
		return;
	atomic_store(&c->ends, true);
	rouse(c);
	pthread_join(c->other, NULL);
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->mutex);
	free(c);
}

const struct sweep *
crew_sweep(const struct crew *c)
{
	return c != NULL ? &c->sweep : NULL;
}
