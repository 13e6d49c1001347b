/* SPDX-License-Identifier: Apache-2.0 */
#include "collectors/trend.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S 86400
#define NONE ((double)NAN)

int64_t
trend_span(const char *text)
{
	static const char letters[] = "smhdwy";
	static const int64_t seconds[] = {1, 60, 3600, DAY_S, 7 * DAY_S, 365 * DAY_S};
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	long long n = strtoll(text, &end, 10);
	const char *letter = *end ? strchr(letters, *end) : NULL;
	if (letter == NULL || end[1] != '\0')
		return -EINVAL;
	int64_t unit_s = seconds[letter - letters];
	if (errno != 0 || n > TREND_SPAN_MAX_S / unit_s || n * unit_s < TREND_SPAN_MIN_S)
		return -ERANGE;
	return n * unit_s;
}

/* --- archives --- */

bool
trend_pick(const struct trend_archives *a, enum hist_cf cf, int64_t start_s, int64_t end_s,
	   struct trend_pick *out)
{
	const struct hist_archive *best = NULL;
	int64_t best_begin_s = 0;

	for (uint32_t i = 0; i < a->n; i++) {
		const struct hist_archive *r = &a->archive[i];
		if (r->cf != cf || r->row_s == 0)
			continue;
		int64_t end = a->last_s - a->last_s % r->row_s;
		int64_t begin_s = end - (int64_t)r->row_s * r->rows;
		bool reaches = begin_s <= start_s;
		bool best_reaches = best != NULL && best_begin_s <= start_s;
		if (best == NULL || (reaches && (!best_reaches || r->row_s < best->row_s)) ||
		    (!reaches && !best_reaches && begin_s < best_begin_s)) {
			best = r;
			best_begin_s = begin_s;
		}
	}
	if (best == NULL)
		return false;
	out->row_s = best->row_s;
	out->start_s = start_s > best_begin_s ? start_s : best_begin_s;
	out->start_s -= out->start_s % out->row_s;
	out->end_s = end_s - end_s % out->row_s;
	if (out->end_s <= out->start_s)
		out->end_s = out->start_s + out->row_s;
	return true;
}

void
trend_rows_free(struct trend_rows *rows)
{
	free(rows->value);
	*rows = (struct trend_rows){0};
}

/* --- columns --- */

/* Columns that a row's time touches: [*from, *to). A row wider than a column fills several. */
static void
touched(const struct trend_rows *r, size_t i, int64_t start_s, double column_s, size_t n,
	size_t *from, size_t *to)
{
	double end_s = (double)(r->first_s + (int64_t)i * r->row_s - start_s);
	double a = floor((end_s - r->row_s) / column_s + 1e-9);
	double b = ceil(end_s / column_s - 1e-9);

	if (r->row_s < column_s) /* narrow: it belongs where its end is */
		a = b - 1;
	*from = a < 0 ? 0 : a > (double)n ? n : (size_t)a;
	*to = b < 0 ? 0 : b > (double)n ? n : (size_t)b;
}

static void
widen(struct trend_column *c, double lo, double hi)
{
	if (!(c->lo <= lo))
		c->lo = lo;
	if (!(c->hi >= hi))
		c->hi = hi;
}

static void
add_average(struct trend_column *out, size_t n, int64_t start_s, double column_s,
	    const struct trend_rows *rows)
{
	size_t last = n; /* column of the row before, to average as rows come in order */
	double count = 0;

	for (size_t i = 0; i < rows->n; i++) {
		size_t from, to;
		double v = rows->value[i];
		touched(rows, i, start_s, column_s, n, &from, &to);
		for (size_t c = from; c < to && isfinite(v); c++) {
			count = c == last ? count + 1 : 1;
			out[c].avg = isnan(out[c].avg) ? v : out[c].avg + (v - out[c].avg) / count;
			widen(&out[c], v, v);
			last = c;
		}
	}
}

static void
add_extremes(struct trend_column *out, size_t n, int64_t start_s, double column_s,
	     const struct trend_rows *rows, bool low)
{
	for (size_t i = 0; i < rows->n; i++) {
		size_t from, to;
		double v = rows->value[i];
		touched(rows, i, start_s, column_s, n, &from, &to);
		for (size_t c = from; c < to && isfinite(v); c++)
			if (low)
				widen(&out[c], v, isnan(out[c].hi) ? v : out[c].hi);
			else
				widen(&out[c], isnan(out[c].lo) ? v : out[c].lo, v);
	}
}

void
trend_columns(struct trend_column *out, size_t n, int64_t start_s, int64_t end_s,
	      const struct trend_rows *average, const struct trend_rows *min,
	      const struct trend_rows *max)
{
	double column_s = (double)(end_s - start_s) / (double)n;

	for (size_t i = 0; i < n; i++)
		out[i] = (struct trend_column){.lo = NONE, .avg = NONE, .hi = NONE};
	if (average)
		add_average(out, n, start_s, column_s, average);
	if (min)
		add_extremes(out, n, start_s, column_s, min, true);
	if (max)
		add_extremes(out, n, start_s, column_s, max, false);
}

struct trend_summary
trend_sum(const struct trend_column *columns, size_t n, const struct trend_rows *average)
{
	struct trend_summary s = {.now = NONE, .min = NONE, .avg = NONE, .max = NONE};
	double sum = 0;
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		if (isfinite(columns[i].lo) && !(s.min <= columns[i].lo))
			s.min = columns[i].lo;
		if (isfinite(columns[i].hi) && !(s.max >= columns[i].hi))
			s.max = columns[i].hi;
	}
	for (size_t i = 0; average && i < average->n; i++)
		if (isfinite(average->value[i])) {
			sum += average->value[i];
			count++;
			s.now = average->value[i];
			s.now_s = average->first_s + (int64_t)i * average->row_s;
		}
	if (count > 0)
		s.avg = sum / (double)count;
	return s;
}

/* --- the value axis --- */

/* 1, 2 or 5 times a power of ten, not less than x. */
static double
round_up(double x)
{
	double power = pow(10, floor(log10(x)));
	double rest = x / power;

	return power * (rest <= 1.0000001 ? 1 : rest <= 2.0000001 ? 2 : rest <= 5.0000001 ? 5 : 10);
}

struct trend_scale
trend_scale(const struct trend_summary *s, const struct hist_limit *limits, uint32_t n_limits,
	    int rows)
{
	double lo = s->min, hi = s->max;
	double least = fmax(fabs(lo), fabs(hi)) * 0.002;

	if (!isfinite(lo) || !isfinite(hi))
		lo = hi = 0;
	if (least < 1e-6)
		least = 1;
	if (hi - lo < least) {
		double middle = (hi + lo) / 2;
		lo = middle - least / 2;
		hi = middle + least / 2;
	}
	double range = hi - lo, from = lo, to = hi;
	for (uint32_t i = 0; i < n_limits; i++)
		if (limits[i].value > to && limits[i].value - lo <= 2.5 * range)
			to = limits[i].value;
		else if (limits[i].value < from && hi - limits[i].value <= 2.5 * range)
			from = limits[i].value;
	double mark = round_up((to - from) * 3 / (rows > 3 ? rows : 3));
	double step = mark / 5;
	return (struct trend_scale){.lo = floor(from / step - 1e-6) * step,
				    .hi = ceil(to / step + 1e-6) * step,
				    .mark = mark};
}

/* --- words --- */

const char *
trend_unit(const char *unit, bool unicode)
{
	static const struct {
		const char *unit, *ascii, *text;
	} table[] = {{"c", "C", "\u00b0C"},    {"k", "K", "K"},
		     {"kpa", "kPa", "kPa"},    {"lpm", "l/min", "l/min"},
		     {"kg_s", "kg/s", "kg/s"}, {"pct", "%", "%"},
		     {"frac", "of 1", "of 1"}, {"per_s", "a second", "a second"},
		     {"w", "W", "W"},          {"a", "A", "A"},
		     {"v", "V", "V"},          {"kwh", "kWh", "kWh"}};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(unit, table[i].unit) == 0)
			return unicode ? table[i].text : table[i].ascii;
	return unit;
}

char *
trend_value(double value, char out[32])
{
	double size = fabs(value);
	int decimals = size >= 10000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3;

	if (!isfinite(value))
		snprintf(out, 32, "-");
	else
		snprintf(out, 32, "%.*f", decimals, value);
	return out;
}

/* A row is written up to a row after its end, and read a while after that. */
#define NEWEST_LATE_S 3

char *
trend_newest(const struct trend_summary *s, int64_t end_s, uint32_t row_s, char out[48])
{
	int64_t age_s = end_s - s->now_s;
	char text[24];

	if (s->now_s == 0 || age_s <= 2 * (int64_t)row_s + NEWEST_LATE_S)
		snprintf(out, 48, "now");
	else
		snprintf(out, 48, "last, %s ago,", trend_duration(age_s, text));
	return out;
}

char *
trend_duration(int64_t s, char out[24])
{
	static const struct {
		int64_t s;
		const char *name;
	} unit[] = {{365 * DAY_S, "y"}, {DAY_S, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};

	for (size_t i = 0; i < sizeof(unit) / sizeof(unit[0]); i++)
		if (s % unit[i].s == 0 && s >= unit[i].s) {
			snprintf(out, 24, "%lld %s", (long long)(s / unit[i].s), unit[i].name);
			return out;
		}
	snprintf(out, 24, "0 s");
	return out;
}
