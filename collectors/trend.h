/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A point's history on its way to a person: which archive answers a question, rows gathered into
 * columns, and the plot as text. Pure.
 */
#ifndef ISOTHERM_COLLECTORS_TREND_H
#define ISOTHERM_COLLECTORS_TREND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "collectors/hist_plan.h"

/* What a file has, whatever the plant says today. */
struct trend_archives {
	struct hist_archive archive[HIST_ARCHIVES_MAX];
	uint32_t n;
	int64_t last_s; /* newest row of 1 s */
};

struct trend_pick {
	int64_t start_s, end_s; /* multiples of row_s */
	uint32_t row_s;
};

/*
 * The finest archive of that kind that reaches back to start_s; if none does, the one that reaches
 * furthest, from where it begins. False: there is none of that kind.
 */
bool trend_pick(const struct trend_archives *a, enum hist_cf cf, int64_t start_s, int64_t end_s,
		struct trend_pick *out);

/* Row i stands for the time (first_s + (i - 1) row_s, first_s + i row_s]; NaN a gap. */
struct trend_rows {
	int64_t first_s;
	uint32_t row_s;
	size_t n;
	double *value; /* owned */
};
void trend_rows_free(struct trend_rows *rows);

/* All NaN: a gap. Without an average only hi is known. */
struct trend_column {
	double lo, avg, hi;
};

/* The span cut into n equal columns. Any of the three may be NULL: not kept. */
void trend_columns(struct trend_column *out, size_t n, int64_t start_s, int64_t end_s,
		   const struct trend_rows *average, const struct trend_rows *min,
		   const struct trend_rows *max);

struct trend_summary {
	double now, min, avg, max; /* NaN: none */
	int64_t now_s;             /* end of the row that `now` is of; 0: none */
};
struct trend_summary trend_sum(const struct trend_column *columns, size_t n,
			       const struct trend_rows *average);

/* Lower and upper end of the value axis, and the distance of its marks. Limits that are near enough
 * are in it. */
struct trend_scale {
	double lo, hi, mark;
};
struct trend_scale trend_scale(const struct trend_summary *s, const struct hist_limit *limits,
			       uint32_t n_limits, int rows);

struct trend_view {
	const char *point, *unit, *what; /* unit as in the plant file */
	int64_t start_s, end_s;
	uint32_t row_s;
	const struct hist_limit *limits;
	uint32_t n_limits;
	const struct trend_column *columns; /* trend_text_columns(width) of them */
	struct trend_summary summary;
	int width, height;
	bool unicode;
};

#define TREND_WIDTH_MIN 40
#define TREND_HEIGHT_MIN 8
#define TREND_WIDTH_MAX 400
#define TREND_HEIGHT_MAX 120
int trend_text_columns(int width);
/* `height` lines of at most `width` characters; times are local. */
void trend_text(FILE *to, const struct trend_view *view);

/* "C", "1/s" … for people; with degree signs where the terminal has them. */
const char *trend_unit(const char *unit, bool unicode);
/* A value as people read it; returns out. */
char *trend_value(double value, char out[32]);
/* "now", or "last, 30 s ago" where the newest value is older than two rows at end_s; returns out. */
char *trend_newest(const struct trend_summary *s, int64_t end_s, uint32_t row_s, char out[48]);
/* "6 h", "90 s"; returns out. */
char *trend_duration(int64_t s, char out[24]);

#define TREND_SPAN_MIN_S 10
#define TREND_SPAN_MAX_S (3LL * 366 * 86400)
/* "6h": a number and s, m, h, d, w or y. Seconds, or -EINVAL, -ERANGE. */
int64_t trend_span(const char *text);

#endif
