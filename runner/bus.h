/* SPDX-License-Identifier: Apache-2.0 */
/* Collectors and simulator joined by memory wires, one a device: every request and answer passes byte for byte. */
#ifndef ISOTHERM_RUNNER_BUS_H
#define ISOTHERM_RUNNER_BUS_H

#include <stdbool.h>
#include <stdint.h>

#include "collectors/collect.h"
#include "engine_sim/sim.h"
#include "runner/busfile.h"
#include "runner/wire.h"

struct bus_port { /* of a device; all of them are looked at in each tick */
	int32_t line;
	bool connected;
	bool waiting; /* something is on its wire */
};

struct bus {
	const struct plant *plant;
	struct sim *sim;
	struct collect *collect;
	struct wire *wires;        /* [n] */
	struct wire_piece *pieces; /* [n * WIRE_QUEUE] */
	struct bus_port *ports;    /* [n] */
	uint32_t n;
	int64_t turned_ns;         /* time of the last turn */
	struct bus_writer *record; /* borrowed; NULL: nobody listens */
	struct bus_reader
		*replay; /* borrowed; it answers instead of the devices, if there is one */
};

/* Borrows `plant`, `sim` and `collect` until bus_fini. 0 or -ENOMEM. */
int bus_init(struct bus *b, const struct plant *plant, struct sim *sim, struct collect *collect);
void bus_fini(struct bus *b);

/* Is an answer under way, a wire disturbed, or is there a serial line? Then a turn between two ticks is worth it. */
bool bus_is_busy(const struct bus *b);

/* All that happens on the wires at now_ns: what has arrived is delivered, what collectors want is done, until
 * nothing more is to do now. */
void bus_turn(struct bus *b, int64_t now_ns);

#endif
