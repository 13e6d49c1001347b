/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Serial lines of the simulated devices: Modbus RTU on a pseudo terminal or a serial port. Frames are
 * cut by silence and go to sim_line_answer. A pseudo terminal has no wire, so answers leave it as late
 * as the characters of request and answer would take at the line's baud rate.
 *
 * A pseudo terminal is reached by a link at the line's path, or at run_dir/line-NAME: it stays the same when
 * the simulator is started again.
 */
#ifndef ISOTHERM_ENGINE_SIM_RTU_SERVER_H
#define ISOTHERM_ENGINE_SIM_RTU_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "config/plant.h"
#include "core/errtext.h"
#include "core/loop.h"
#include "engine_sim/sim.h"

struct rtu_server;

/* Opens the lines that have a simulated device. -errno with `err` naming line and path. */
int rtu_server_open(struct rtu_server **out, struct loop *loop, const struct plant *plant,
		    struct sim *sim, const char *run_dir, struct errtext *err);
void rtu_server_close(struct rtu_server *s);

/* True if the LOOP_FD event was ours. */
bool rtu_server_event(struct rtu_server *s, const struct loop_event *ev);
/* Silences that have lasted and answers whose time has come. */
void rtu_server_due(struct rtu_server *s, int64_t now_ns);
int64_t rtu_server_next_ns(const struct rtu_server *s); /* when that is to be called; INT64_MAX */

void rtu_server_write_paths(const struct rtu_server *s, FILE *f); /* "line:NAME PATH" a line */

#endif
