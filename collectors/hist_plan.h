/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the history keeps: which points go into which file, under which name, in which archives.
 * Pure.
 *
 * Files. A device's key figures: DEVICE.key.rrd ("cs03.engine.key.rrd"); the temperatures of its
 * reticles: DEVICE.temps.rrd; what the controllers say of a system: SYSTEM.ctl.rrd. Kept are the
 * roles in hist_plan.c's table; duties, shares and the powers of single parts are not.
 *
 * Names of data sources. RRD allows 19 characters of [A-Za-z0-9_]. The point's name without its
 * first part (the system, or "site"), each run of other characters turned into one '_', none at the
 * end: "cs03.pump[0].speed_pct" is pump_0_speed_pct in cs03.cooling.key.rrd. A longer one keeps its
 * first 13 characters, then '_' and five hexadecimal digits: the low 20 bits of the 32-bit FNV-1a
 * hash of the whole long name. So a name depends on nothing but the point's own name. The table
 * STATE/rrd/points.json says it point by point.
 */
#ifndef ISOTHERM_COLLECTORS_HIST_PLAN_H
#define ISOTHERM_COLLECTORS_HIST_PLAN_H

#include <stdint.h>

#include "config/plant.h"
#include "core/errtext.h"

#define HIST_STEP_S 1
#define HIST_HEARTBEAT_S 3 /* a gap of so many seconds is bridged, a longer one stays a gap */
#define HIST_DS_SIZE 20    /* of a data source's name, with its end */
#define HIST_NAME_SIZE 64  /* of a file's name, with its end */
#define HIST_ARCHIVES_MAX 11

enum hist_class { HIST_KEY, HIST_TEMPS, HIST_CTL };
enum hist_cf { HIST_AVERAGE, HIST_MIN, HIST_MAX };

struct hist_archive {
	enum hist_cf cf;
	uint32_t row_s; /* seconds a row stands for */
	uint32_t rows;
};

struct hist_column {
	char ds[HIST_DS_SIZE];
	uint32_t point;
	enum plant_region region; /* where its sample is */
	uint32_t index;
};

struct hist_file {
	char name[HIST_NAME_SIZE];
	enum hist_class class;
	uint32_t first, n; /* its columns */
	const struct hist_archive *archives;
	uint32_t n_archives;
};

struct hist_plan {
	const struct plant *plant; /* borrowed */
	struct hist_file *files;
	uint32_t n_files;
	struct hist_column *columns;
	uint32_t n_columns;
};

/* 0; -EEXIST two points of a file have one name (err says which); -ENAMETOOLONG, -ENOMEM. */
int hist_plan_open(struct hist_plan *out, const struct plant *plant, struct errtext *err);
void hist_plan_close(struct hist_plan *plan);

/* The data source's name of a point. Returns out. */
char *hist_ds_name(const char *point, char out[HIST_DS_SIZE]);

/* "AVERAGE", "MIN", "MAX" */
const char *hist_cf_name(enum hist_cf cf);

/* What a file takes on disk, as RRDtool 1.x on a 64-bit machine lays it out. */
uint64_t hist_file_bytes(const struct hist_file *file);

/* A limit that a person sees drawn with the point. */
struct hist_limit {
	double value;
	char text[32];
};
#define HIST_LIMITS_MAX 4
/* Limits of a point that do not move: of its system, and of its alarms. Returns how many. */
uint32_t hist_limits(const struct plant *plant, uint32_t point,
		     struct hist_limit out[HIST_LIMITS_MAX]);

#endif
