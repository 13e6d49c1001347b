/* SPDX-License-Identifier: Apache-2.0 */
/* Private to runner/world*.c: opening (world_open.c) and playing (world.c). */
#ifndef ISOTHERM_RUNNER_WORLD_PRIVATE_H
#define ISOTHERM_RUNNER_WORLD_PRIVATE_H

#include "core/command.h"
#include "runner/bus.h"
#include "runner/crew.h"
#include "runner/probe.h"
#include "runner/trace.h"
#include "runner/truth_file.h"
#include "runner/world.h"

/* A region of the process image, and what of it is in the trace. */
struct view_of {
	const struct plant_layout *layout;
	struct image *image;
	uint32_t *seen; /* [n_groups] */
	const struct sample *now;
	struct traced *last;
};

struct world {
	struct scenario *sc;
	struct crew *crew; /* NULL: one thread is enough */
	struct sim *sim;
	struct view_of in, ctl;
	struct control *control;
	struct desk *desk;
	struct bus bus;
	struct bus_writer *record;
	struct bus_reader *replay;
	const char *trace_path, *save_path;
	int64_t save_ns; /* plant time of it */
	struct trace *trace;
	struct truth_file *truth; /* NULL: nobody wants it */
	struct score *scores;     /* [n_systems] */
	double site_cap_w;        /* due for all together, NAN none */
	struct probe_state *probes;
	struct world_line *lines; /* [WORLD_LOG_MAX] */
	uint32_t n_lines, lines_lost;
	int64_t begin_ns; /* plant time at which the rooms open: 0, or that of a saved state */
	int64_t zero_ns;  /* plant time at which the scenario's time is 0 */
	uint32_t recorded_tick; /* whose samples go to the trace */
	uint64_t events_seen;
	uint32_t next_set;  /* first event not yet looked at for its change */
	uint32_t next_said; /* the same for what is said of wires */
	uint32_t next_command;
	char reply[COMMAND_MAX + 1];
	bool any_wire;
};

#endif
