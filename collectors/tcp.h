/* SPDX-License-Identifier: Apache-2.0 */
/* The field bus over TCP: carries out what the engine says, and tells it what came. Never waits. */
#ifndef ISOTHERM_COLLECTORS_TCP_H
#define ISOTHERM_COLLECTORS_TCP_H

#include <stdbool.h>
#include <stdint.h>

#include "collectors/collect.h"
#include "config/plant.h"
#include "core/loop.h"

struct tcp;

/* 0 or -errno. Hosts are numeric addresses, as config/ demands: looking up a name can block. */
int tcp_open(struct tcp **out, const struct plant *plant, struct loop *loop);
void tcp_close(struct tcp *t);

void tcp_do(struct tcp *t, struct collect *c, const struct collect_action *a, int64_t now_ns);
void tcp_take(struct tcp *t, struct collect *c, const struct loop_event *ev); /* a LOOP_FD */

#endif
