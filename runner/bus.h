/* SPDX-License-Identifier: Apache-2.0 */
/* Collectors and simulator joined by memory wires, one a device: every request and answer passes byte for byte. */
#ifndef ISOTHERM_RUNNER_BUS_H
#define ISOTHERM_RUNNER_BUS_H

#include <stdbool.h>
#include <stdint.h>

#include "collectors/collect.h"
#include "core/sweep.h"
#include "engine_sim/sim.h"
#include "runner/busfile.h"
#include "runner/wire.h"

#define BUS_PARTS_MAX 2

struct bus_port { /* of a device; all of them are looked at in each tick */
	struct collect *collect;
	int32_t line;
	bool connected;
	bool waiting; /* something is on its wire */
};

/* Devices from .. to - 1, and their collectors. Two threads may have a part each. */
struct bus_part {
	struct collect *collect;
	uint32_t from, to;
};

struct bus {
	const struct plant *plant;
	struct sim *sim;
	const struct sweep *sweep;
	struct bus_part parts[BUS_PARTS_MAX];
	uint32_t n_parts;
	struct wire *wires;        /* [n] */
	struct wire_piece *pieces; /* [n * WIRE_QUEUE] */
	struct bus_port *ports;    /* [n] */
	uint32_t n;
	int64_t turned_ns;         /* time of the last turn */
	bool fresh;                /* it is the first at that time */
	struct bus_writer *record; /* borrowed; NULL: nobody listens */
	struct bus_reader
		*replay; /* borrowed; it answers instead of the devices, if there is one */
};

/* In how many parts a bus is turned: those that the simulator must be opened for (sim_options). */
uint32_t bus_parts(const struct plant *plant, const struct sweep *sweep);

/* Opens collectors that write `in` and read `ctl`; borrows all of them and `sweep` (NULL: none) until bus_fini. 0 or -errno. */
int bus_init(struct bus *b, const struct plant *plant, struct sim *sim, struct image *in,
	     struct image *ctl, const struct sweep *sweep, int64_t now_ns);
void bus_fini(struct bus *b); /* also of one that is zeroed */
uint64_t bus_transactions(const struct bus *b);

/* Is an answer under way, a wire disturbed, or is there a serial line? Then a turn between two ticks is worth it. */
bool bus_is_busy(const struct bus *b);

/* All that happens on the wires at now_ns: what has arrived is delivered, what collectors want is done, until
 * nothing more is to do now. */
void bus_turn(struct bus *b, int64_t now_ns);

#endif
