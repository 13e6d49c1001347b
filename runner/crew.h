/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two threads that share a sweep (core/sweep.h): the caller's begins at the front, the other one from behind, until
 * they meet. The caller never waits for what nobody has begun, so on a busy machine it is as fast as alone; and as
 * each system mostly stays with the same thread, its memory stays near one processor.
 */
#ifndef ISOTHERM_RUNNER_CREW_H
#define ISOTHERM_RUNNER_CREW_H

#include "core/sweep.h"

struct crew;

/* Starts the other thread, for that many systems. threads 1, or 0 where little is to be shared or this process may use one
 * processor or thread only: *out is NULL, the caller works alone. 0, -ENOMEM; with threads 2 -EAGAIN. One thread calls,
 * always the same. */
int crew_open(struct crew **out, uint32_t n_systems, int threads);
void crew_close(struct crew *crew); /* NULL is allowed */
/* For work that need not be done at once: begun here, done when crew_end returns; by the other thread if it has time,
 * else by the caller in crew_end. Sweeps may be made meanwhile, one such work at a time. crew NULL: crew_begin does it. */
void crew_begin(struct crew *crew, void (*work)(void *context), void *context);
void crew_end(struct crew *crew); /* nothing if nothing was begun */
/* For the options of rooms; NULL: one after another. Borrowed until crew_close. */
const struct sweep *crew_sweep(const struct crew *crew);

#endif
