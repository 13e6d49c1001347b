/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folder of history files: opens them, makes what is missing, sets aside what is wrong, writes
 * rows, and syncs each file once a minute, since librrd never does.
 *
 * Nothing here ends the program: what fails is tried again every 10 s, said once, and shown in the
 * figures.
 */
#ifndef ISOTHERM_COLLECTORS_HIST_STORE_H
#define ISOTHERM_COLLECTORS_HIST_STORE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "collectors/hist_feed.h"
#include "collectors/hist_plan.h"

struct store_file {
	bool open;
	bool failing;     /* the last thing tried with it failed */
	int64_t after_ns; /* not to be touched before */
	dev_t dev;        /* the file that was checked */
	ino_t ino;
	off_t size;
};

struct hist_store {
	const struct hist_plan *plan; /* borrowed */
	char dir[PATH_MAX];
	struct store_file *files;
	char *row; /* text of the longest one */
	size_t row_size;
	uint32_t looked;  /* where hist_store_open_some goes on */
	uint32_t synced;  /* where the next sync is due */
	int64_t sync_ns;  /* and when */
	int64_t table_ns; /* points.json: when to try (again), LOOP_NEVER once written */
	bool said;        /* that something fails */
	/* figures */
	uint32_t n_open, n_failing;
	uint64_t set_aside, updates, locked;
	int64_t last_update_s;
};

/* 0 or -ENOMEM. The folder need not be there yet, nor be writable. */
int hist_store_open(struct hist_store *out, const struct hist_plan *plan, const char *state_dir);
void hist_store_close(struct hist_store *store); /* syncs what is not yet */

/* Open, or make, files that are not open and whose time has come; stops after some 20 ms. */
void hist_store_open_some(struct hist_store *store, struct hist_feed *feed, int64_t wall_s);

/* The row of that file, as hist_feed_next has it. */
void hist_store_write(struct hist_store *store, struct hist_feed *feed, uint32_t file);

/* A file is wrong: to be set aside and begun anew. */
void hist_store_set_aside(struct hist_store *store, struct hist_feed *feed, uint32_t file,
			  const char *why);

/* Sync the files whose minute is over. */
void hist_store_sync_some(struct hist_store *store, int64_t now_ns);

/* Free space of the folder's file system, 0..100; NaN unknown. */
double hist_store_free_pct(const struct hist_store *store);

#endif
