/* SPDX-License-Identifier: Apache-2.0 */
/*
 * librrd as the historian uses it. One thread; only its `_r` functions; times are numbers, never
 * at-style texts; numbers have a point (the program stays in the C locale). librrd allocates and
 * opens the file at each call, and takes a lock that it does not wait for.
 */
#ifndef ISOTHERM_COLLECTORS_HIST_RRD_H
#define ISOTHERM_COLLECTORS_HIST_RRD_H

#include <stdint.h>

#include "collectors/hist_plan.h"
#include "core/errtext.h"

/*
 * A file of full size whose first row may be of last_s + 1. It comes under its name when it is
 * whole. 0, -ENOSPC, or -EIO.
 */
int hist_rrd_create(const char *path, const struct hist_file *file,
		    const struct hist_column *columns, int64_t last_s, struct errtext *err);

/*
 * Is it the file that hist_rrd_create makes? Compares size, step, sources and archives, and what of
 * the head can't be. 0 and the time of its newest row; -ENOENT; -EBADMSG it is not (err says why);
 * -EAGAIN another process has it locked; -errno it can't be read. The path must name a plain file.
 */
int hist_rrd_check(const char *path, const struct hist_file *file,
		   const struct hist_column *columns, int64_t *last_s, struct errtext *err);

/* One row. 0; -EAGAIN another process has it locked; -EBADMSG its head is damaged; -EIO with the
 * reason. */
int hist_rrd_update(const char *path, const struct hist_file *file, const char *row,
		    struct errtext *err);

/*
 * How many sources and archives the file says it has, and its size. To be asked before librrd is:
 * it believes those numbers whatever they are, and runs out of the file. 0; -ENOENT, -errno;
 * -EBADMSG: no plain file, no RRD file of this machine, or shorter than such a head.
 */
struct hist_head {
	uint64_t n_sources, n_archives, step_s, size;
};
int hist_rrd_head(const char *path, struct hist_head *out, struct errtext *err);

#endif
