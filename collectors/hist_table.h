/* SPDX-License-Identifier: Apache-2.0 */
/*
 * STATE/rrd/points.json: where the history of a point is, for those who have no plant file at hand.
 *
 *	{"site": "cluster16", "points": {"cs03.wafer.C6.temp_c": {"file": "cs03.engine.temps.rrd",
 *	 "ds": "wafer_C6_temp_c", "unit": "c", "what": "temperature of …",
 *	 "limits": [{"value": 50.0, "text": "limit"}]}, …}}
 */
#ifndef ISOTHERM_COLLECTORS_HIST_TABLE_H
#define ISOTHERM_COLLECTORS_HIST_TABLE_H

#include "collectors/hist_plan.h"
#include "core/errtext.h"

#define HIST_TABLE "points.json"

/* A new file under another name, synced, then renamed. 0 or -errno. */
int hist_table_write(const struct hist_plan *plan, const char *dir, struct errtext *err);

struct hist_entry {
	char file[HIST_NAME_SIZE], ds[HIST_DS_SIZE], unit[8], what[128];
	struct hist_limit limits[HIST_LIMITS_MAX];
	uint32_t n_limits;
};

/* 0; -ENOENT there is no table; -ESRCH it does not name the point; -EBADMSG it is no such table.
 * `near` (may be NULL) is a name that is like it, "" none. */
int hist_table_find(const char *dir, const char *point, struct hist_entry *out,
		    char near[NAME_MAX_LEN], struct errtext *err);

#endif
