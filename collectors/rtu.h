/* SPDX-License-Identifier: Apache-2.0 */
/* The field bus over serial lines: carries out what the engine says, and tells it what came. Never waits. */
#ifndef ISOTHERM_COLLECTORS_RTU_H
#define ISOTHERM_COLLECTORS_RTU_H

#include <stdbool.h>
#include <stdint.h>

#include "collectors/collect.h"
#include "config/plant.h"
#include "core/loop.h"

struct rtu;

int rtu_open(struct rtu **out, const struct plant *plant, struct loop *loop); /* 0 or -errno */
void rtu_close(struct rtu *r);

void rtu_do(struct rtu *r, struct collect *c, const struct collect_action *a, int64_t now_ns);
bool rtu_take(struct rtu *r, struct collect *c, const struct loop_event *ev); /* was it ours? */
/* Hands over what waits in the ports: before the engine takes the time that has passed for a silence. */
void rtu_drain(struct rtu *r, struct collect *c, int64_t now_ns);

#endif
