/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Modbus TCP sockets of the simulated devices, one listener each on loopback. Frames go to
 * sim_answer and back; nothing else is decided here. A device holds SERVER_SLOTS connections: one
 * more takes the place of the one that was silent longest.
 */
#ifndef ISOTHERM_ENGINE_SIM_SERVER_H
#define ISOTHERM_ENGINE_SIM_SERVER_H

#include <stdbool.h>

#include "config/plant.h"
#include "core/errtext.h"
#include "core/loop.h"
#include "engine_sim/rtu_server.h"
#include "engine_sim/sim.h"

#define SERVER_SLOTS 8

struct server;

/* Binds and listens. A port that is taken: -EADDRINUSE, `err` naming device and port. */
int server_open(struct server **out, struct loop *loop, const struct plant *plant, struct sim *sim,
		struct errtext *err);
void server_close(struct server *s);

/* True if the LOOP_FD event was ours. */
bool server_event(struct server *s, const struct loop_event *ev);
/* Devices that went offline lose their sockets, those that came back listen again; once a tick. */
void server_sync(struct server *s);

/* run_dir/sim.ports, "cs03.engine 41023" or "line:NAME PATH" a line; replaced as a whole. */
int server_write_ports(const struct server *s, const struct rtu_server *lines, const char *run_dir,
		       struct errtext *err);
void server_remove_ports(const char *run_dir);

#endif
