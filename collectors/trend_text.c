/* SPDX-License-Identifier: Apache-2.0 */
/* The plot as text: two lines of words, the plot with its value axis, the time axis. */
#include <math.h>
#include <string.h>
#include <time.h>

#include "collectors/trend.h"

#define AXIS 10  /* characters left of the plot */
#define AROUND 4 /* lines that are not plot */
#define TICK_COLUMNS 12
#define DAY_S 86400

struct canvas {
	const struct trend_view *view;
	struct trend_scale scale;
	int rows, columns;
	double row; /* values that a row stands for */
};

int
trend_text_columns(int width)
{
	return width - AXIS;
}

/* --- words above --- */

/* Prints at most `width` characters of UTF-8 text. */
static void
put_line(FILE *to, const char *text, int width)
{
	const char *c = text;

	for (int n = 0; *c && n <= width; c++)
		if (((unsigned char)*c & 0xc0) != 0x80 && ++n > width)
			break;
	fprintf(to, "%.*s\n", (int)(c - text), text);
}

static void
put_head(FILE *to, const struct canvas *k)
{
	const struct trend_view *v = k->view;
	char line[512], a[32], b[32], c[32], d[32], span[24], row[24], newest[48];
	int n;

	snprintf(line, sizeof(line), "%s  %s", v->point, v->what);
	put_line(to, line, v->width);
	n = snprintf(line, sizeof(line), "%s %s %s  min %s  avg %s  max %s | %s, %s a row",
		     trend_newest(&v->summary, v->end_s, v->row_s, newest),
		     trend_value(v->summary.now, a), trend_unit(v->unit, v->unicode),
		     trend_value(v->summary.min, b), trend_value(v->summary.avg, c),
		     trend_value(v->summary.max, d), trend_duration(v->end_s - v->start_s, span),
		     trend_duration(v->row_s, row));
	for (uint32_t i = 0; i < v->n_limits && n > 0 && n < (int)sizeof(line); i++) {
		const struct hist_limit *l = &v->limits[i];
		bool drawn = l->value >= k->scale.lo && l->value <= k->scale.hi;
		if (!drawn)
			n += snprintf(line + n, sizeof(line) - (size_t)n, " | %s %s %s", l->text,
				      trend_value(l->value, a),
				      l->value > k->scale.hi ? "above" : "below");
	}
	put_line(to, line, v->width);
}

/* --- the plot --- */

static bool
is_in_row(const struct canvas *k, int row, double value)
{
	double top = k->scale.hi - row * k->row;

	return value <= top &&
	       (value > top - k->row || (row == k->rows - 1 && value >= k->scale.lo));
}

/* The mark of the value axis in this row, if there is one. */
static bool
mark_of(const struct canvas *k, int row, double *value)
{
	double top = k->scale.hi - row * k->row;

	*value = floor(top / k->scale.mark + 1e-6) * k->scale.mark;
	return is_in_row(k, row, *value - 1e-9 * k->scale.mark) || is_in_row(k, row, *value);
}

static void
put_axis(FILE *to, const struct canvas *k, int row)
{
	double value;
	int decimals = (int)-floor(log10(k->scale.mark) + 1e-9);

	if (!mark_of(k, row, &value)) {
		fprintf(to, "%*s%s", AXIS - 1, "", k->view->unicode ? "\u2502" : "|");
		return;
	}
	char text[40];
	if (fabs(value) < k->scale.mark / 2)
		value = 0;
	int n = snprintf(text, sizeof(text), "%.*f", decimals > 0 ? decimals : 0, value);
	if (n >= AXIS)
		snprintf(text, sizeof(text), "%.3g", value);
	fprintf(to, "%*s%s", AXIS - 1, text, k->view->unicode ? "\u2524" : "+");
}

/* One character of the plot: the average; what lies between least and most; else a space. */
static const char *
cell(const struct canvas *k, int row, const struct trend_column *c)
{
	double top = k->scale.hi - row * k->row;
	bool unicode = k->view->unicode;

	if (isfinite(c->avg) && is_in_row(k, row, c->avg)) {
		if (!unicode)
			return "#";
		return c->avg > top - k->row / 2 ? "\u2580" : "\u2584";
	}
	double lo = isfinite(c->avg) ? c->lo : c->hi;
	if (isfinite(c->hi) && c->hi >= top - k->row && lo <= top &&
	    (is_in_row(k, row, c->hi) || is_in_row(k, row, lo) || (c->hi > top && lo < top)))
		return unicode ? "\u2591" : ":";
	return " ";
}

static const struct hist_limit *
limit_in(const struct canvas *k, int row)
{
	for (uint32_t i = 0; i < k->view->n_limits; i++)
		if (is_in_row(k, row, k->view->limits[i].value))
			return &k->view->limits[i];
	return NULL;
}

static void
put_row(FILE *to, const struct canvas *k, int row)
{
	const struct hist_limit *limit = limit_in(k, row);
	char name[80] = "", value[32];
	int length = 0, end = k->columns;

	if (limit)
		length = snprintf(name, sizeof(name), " %s %s ", limit->text,
				  trend_value(limit->value, value));
	put_axis(to, k, row);
	while (!limit && end > 0 && *cell(k, row, &k->view->columns[end - 1]) == ' ')
		end--; /* no spaces at the end of a line */
	for (int i = 0; i < end; i++) {
		const char *c = cell(k, row, &k->view->columns[i]);
		if (*c == ' ' && limit && i >= 2 && i - 2 < length)
			fputc(name[i - 2], to);
		else if (*c == ' ' && limit)
			fputs(k->view->unicode ? "\u2504" : "-", to);
		else
			fputs(c, to);
	}
	fputc('\n', to);
}

/* --- the time axis --- */

static int64_t
tick_s(const struct canvas *k)
{
	static const int64_t steps[] = {1,          2,          5,          10,         15,
					30,         60,         120,        300,        600,
					900,        1800,       3600,       7200,       10800,
					21600,      43200,      DAY_S,      2 * DAY_S,  7 * DAY_S,
					14 * DAY_S, 30 * DAY_S, 90 * DAY_S, 365 * DAY_S};
	double column_s = (double)(k->view->end_s - k->view->start_s) / k->columns;
	size_t last = sizeof(steps) / sizeof(steps[0]) - 1;

	for (size_t i = 0; i < last; i++)
		if ((double)steps[i] >= column_s * TICK_COLUMNS)
			return steps[i];
	return steps[last];
}

static struct tm
local(int64_t s)
{
	time_t t = (time_t)s;
	struct tm tm = {0};

	localtime_r(&t, &tm);
	return tm;
}

static size_t
tick_text(const struct tm *tm, int64_t step_s, int64_t span_s, char *out, size_t size)
{
	if (step_s >= DAY_S)
		return strftime(out, size, "%Y-%m-%d", tm);
	if (span_s > DAY_S)
		return strftime(out, size, "%d. %H:%M", tm);
	if (step_s % 60 == 0)
		return strftime(out, size, "%H:%M", tm);
	return strftime(out, size, "%H:%M:%S", tm);
}

static void
put_times(FILE *to, const struct canvas *k)
{
	const struct trend_view *v = k->view;
	char line[TREND_WIDTH_MAX + 1], text[32], axis[TREND_WIDTH_MAX + 1];
	int64_t step_s = tick_s(k), span_s = v->end_s - v->start_s;
	struct tm end = local(v->end_s);
	int zone = v->width - (int)strlen(end.tm_zone);
	int free_from = 0;

	memset(line, ' ', sizeof(line));
	memset(axis, '-', sizeof(axis));
	int64_t at_s = v->start_s + end.tm_gmtoff;
	for (at_s += step_s - 1 - (at_s + step_s - 1) % step_s; at_s <= v->end_s + end.tm_gmtoff;
	     at_s += step_s) {
		struct tm tm = local(at_s - end.tm_gmtoff);
		int column = (int)((double)(at_s - end.tm_gmtoff - v->start_s) * k->columns /
				   (double)span_s);
		int n = (int)tick_text(&tm, step_s, span_s, text, sizeof(text));
		int from = AXIS + column - n / 2;
		if (column >= k->columns || from < free_from || from + n >= zone)
			continue;
		axis[column] = '+';
		memcpy(line + from, text, (size_t)n);
		free_from = from + n + 1;
	}
	fprintf(to, "%*s%s", AXIS - 1, "", v->unicode ? "\u2514" : "+");
	for (int i = 0; i < k->columns; i++)
		fputs(!v->unicode      ? (axis[i] == '+' ? "+" : "-")
		      : axis[i] == '+' ? "\u252c"
				       : "\u2500",
		      to);
	fprintf(to, "\n%.*s%s\n", zone, line, end.tm_zone);
}

void
trend_text(FILE *to, const struct trend_view *view)
{
	struct canvas k = {.view = view,
			   .rows = view->height - AROUND,
			   .columns = trend_text_columns(view->width)};

	k.scale = trend_scale(&view->summary, view->limits, view->n_limits, k.rows);
	k.row = (k.scale.hi - k.scale.lo) / k.rows;
	put_head(to, &k);
	for (int row = 0; row < k.rows; row++)
		put_row(to, &k, row);
	put_times(to, &k);
}
