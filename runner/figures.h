/* SPDX-License-Identifier: Apache-2.0 */
/* What a run cost: the last lines that only its runner can write. */
#ifndef ISOTHERM_RUNNER_FIGURES_H
#define ISOTHERM_RUNNER_FIGURES_H

#include <stdio.h>

#include "runner/polls.h"
#include "runner/supervise.h"

struct figures {
	struct {
		const char *room;
		double cpu_s;   /* since its first start, its children included */
		double cpu_pct; /* of one processor, since the run was up */
	} rooms[ROOM_IDS];
	uint32_t n_rooms;
	double poll_p99_ms, poll_max_ms; /* NAN: none known */
	uint64_t polls;
};

/* The run is up: from here on per cent count. */
void figures_begin(struct supervisor *s);
/* While the rooms still live. */
void figures_take(struct figures *f, const struct supervisor *s, const struct polls *polls,
		  int64_t up_ns);
void figures_print(const struct figures *f, FILE *to);

#endif
