/* SPDX-License-Identifier: Apache-2.0 */
/* librrd as isotherm-trend uses it: reading, and drawing. One thread. */
#ifndef ISOTHERM_COLLECTORS_TREND_RRD_H
#define ISOTHERM_COLLECTORS_TREND_RRD_H

#include "collectors/trend.h"
#include "core/errtext.h"

/* 0; -ENOENT no such file; -EBADMSG it is not one of ours. */
int trend_rrd_archives(const char *path, struct trend_archives *out, struct errtext *err);

/* Rows of one source. 0; -ESRCH the file has no such source; -EIO. Freed by trend_rows_free. */
int trend_rrd_fetch(const char *path, const char *ds, enum hist_cf cf,
		    const struct trend_pick *pick, struct trend_rows *out, struct errtext *err);

struct trend_picture {
	const char *path, *ds;           /* where the values are */
	const char *point, *unit, *what; /* unit as in the plant file */
	int64_t start_s, end_s;
	const struct trend_pick *average, *min, *max; /* NULL: not kept */
	const struct hist_limit *limits;
	uint32_t n_limits;
	struct trend_scale scale;
	struct trend_summary summary;
	int width, height;
};

/* A PNG of exactly that size in memory; freed by the caller. 0 or -EIO. */
int trend_rrd_draw(const struct trend_picture *picture, unsigned char **png, size_t *size,
		   struct errtext *err);

#endif
