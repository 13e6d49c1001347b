/* SPDX-License-Identifier: Apache-2.0 */
/* How the supervisor is divided: the life of one room (room_life.c), and the order of all (supervise.c). */
#ifndef ISOTHERM_RUNNER_SUPERVISE_PARTS_H
#define ISOTHERM_RUNNER_SUPERVISE_PARTS_H

#include "runner/supervise.h"

/* Write the plant file that names every port, from the simulator's ports if there is one. 0 or -errno. */
int supervisor_resolve(struct supervisor *s);

void room_start(struct supervisor *s, struct room *r, int64_t now_ns);
void room_ready(struct supervisor *s, struct room *r, const char *status, int64_t now_ns);
/* `cpu_ns`: processor time of the life that is over. */
void room_ended(struct supervisor *s, struct room *r, int status, int64_t cpu_ns, int64_t now_ns);
void room_take_output(struct supervisor *s, struct room *r, int64_t now_ns);
void room_step(struct supervisor *s, struct room *r, int64_t now_ns);
/* Ask it to end. */
void room_stop(const struct supervisor *s, struct room *r, int64_t now_ns);
/* When room_step has something to do, LOOP_NEVER. */
int64_t room_next_ns(const struct supervisor *s, const struct room *r);

#endif
