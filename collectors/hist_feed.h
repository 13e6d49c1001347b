/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Samples in, rows for the files out, once a second. Pure: it is told what the clocks show.
 *
 * A second of the wall clock is one row of each file: all files hold the samples of one moment, and
 * are written one after the other over that second. No file gets the same second twice, or an
 * earlier one. What is not usable (core/sample.h) is unknown.
 *
 * RRD takes any later time for a gap and drops the rows that the gap covers, so a wrong clock could
 * wipe a file. The wall clock is therefore compared with the monotonic one:
 *   - before 2026 it is not set: nothing is written;
 *   - back by more than 5 s: nothing is written until it has passed the last row;
 *   - forward by more than 5 s: nothing is written until it has stood so for 10 s, or 10 minutes if
 *     the jump is longer than 400 days;
 *   - back to where it was: at once as before.
 * At the start the last row of the files stands for the clock of before; up to 400 days are no jump
 * then, just a time without a historian.
 */
#ifndef ISOTHERM_COLLECTORS_HIST_FEED_H
#define ISOTHERM_COLLECTORS_HIST_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collectors/hist_plan.h"
#include "core/sample.h"

#define HIST_CLOCK_FLOOR_S INT64_C(1767225600) /* 2026-01-01: no history is older */
#define HIST_ROW_SIZE(columns) (24 + 26 * (size_t)(columns))

enum hist_clock_state {
	HIST_CLOCK_GOOD,
	HIST_CLOCK_UNSET,  /* before 2026 */
	HIST_CLOCK_JUMPED, /* forward, not confirmed yet */
	HIST_CLOCK_BEHIND  /* before the last row */
};

struct hist_clock {
	enum hist_clock_state state;
	bool anchored;
	int64_t offset_ns;    /* wall - monotonic, as last believed */
	int64_t candidate_ns; /* as it is since the jump */
	int64_t since_ns;     /* monotonic: it stands so since then */
};

struct hist_feed {
	const struct hist_plan *plan; /* borrowed */
	struct hist_clock clock;
	double *value;    /* [n_columns] of the second, NaN unknown */
	int64_t *last_s;  /* [n_files] newest row of each file */
	bool *open;       /* [n_files] may be written */
	int64_t second;   /* that is being written, 0 none */
	uint32_t cursor;  /* next file of it */
	int64_t newest_s; /* last second begun, 0 none */
	uint64_t late;    /* rows that the next second overtook */
};

int hist_feed_open(struct hist_feed *out, const struct hist_plan *plan); /* 0, -ENOMEM */
void hist_feed_close(struct hist_feed *feed);

/* A file can be written, its newest row is of last_s; or it can't. */
void hist_feed_file(struct hist_feed *feed, uint32_t file, bool open, int64_t last_s);

/*
 * Call some ten times a second. True: a new second begins, hist_feed_take is due. feed->clock.state
 * says why not.
 */
bool hist_feed_begin(struct hist_feed *feed, int64_t mono_ns, int64_t wall_ns);

/* All samples of a region, at the indices of plant_where. NULL: that region is not there. */
void hist_feed_take(struct hist_feed *feed, enum plant_region region, const struct sample *samples);

/* The next file whose turn has come in this second; false: none now. */
bool hist_feed_next(struct hist_feed *feed, int64_t wall_ns, uint32_t *file);

/* "1790000000:1.5:U:…" of that file. Returns its length; `size` >= HIST_ROW_SIZE(columns). */
size_t hist_feed_row(const struct hist_feed *feed, uint32_t file, char *out, size_t size);

/* That row is in the file. */
void hist_feed_written(struct hist_feed *feed, uint32_t file);

/*
 * An open file whose newest row is more than a minute ahead of this second while that of most files
 * is not: its head is damaged. Index or -1. All of them ahead: it is the clock that is behind.
 */
int32_t hist_feed_ahead(const struct hist_feed *feed);

#endif
