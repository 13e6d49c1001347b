/* SPDX-License-Identifier: Apache-2.0 */
#include "collectors/trend_rrd.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <rrd.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/hist_rrd.h"

#define LOCK_TRIES 1000 /* the historian holds a file while it writes one update */
#define ARGS_MAX 64
#define ARG_SIZE 4400 /* a path with each character escaped, and more */

static int
rrd_failed(int rc, const char *path, struct errtext *err)
{
	const char *why = rrd_test_error() ? rrd_get_error() : "librrd gives no reason";

	errtext_set(err, rc, "%s%s%s", strstr(why, path) ? "" : path, strstr(why, path) ? "" : ": ",
		    why);
	rrd_clear_error();
	return rc;
}

/* Held by the historian just now: to be tried again. */
static bool
locked(int try)
{
	if (try >= LOCK_TRIES || !rrd_test_error() || !strstr(rrd_get_error(), "could not lock"))
		return false;
	rrd_clear_error();
	sched_yield();
	return true;
}

/* --- what there is --- */

static void
note(struct trend_archives *out, const rrd_info_t *i)
{
	unsigned at = 0;
	int end = 0;

	if (strcmp(i->key, "last_update") == 0 && i->type == RD_I_CNT)
		out->last_s = (int64_t)i->value.u_cnt;
	if (sscanf(i->key, "rra[%u].%n", &at, &end) != 1 || end == 0 || at >= HIST_ARCHIVES_MAX)
		return;
	struct hist_archive *a = &out->archive[at];
	const char *what = i->key + end;
	if (strcmp(what, "cf") == 0 && i->type == RD_I_STR) {
		a->cf = strcmp(i->value.u_str, "MIN") == 0   ? HIST_MIN
			: strcmp(i->value.u_str, "MAX") == 0 ? HIST_MAX
							     : HIST_AVERAGE;
		out->n = at + 1;
	} else if (strcmp(what, "rows") == 0 && i->type == RD_I_CNT) {
		a->rows = (uint32_t)i->value.u_cnt;
	} else if (strcmp(what, "pdp_per_row") == 0 && i->type == RD_I_CNT) {
		a->row_s = (uint32_t)i->value.u_cnt * HIST_STEP_S;
	}
}

int
trend_rrd_archives(const char *path, struct trend_archives *out, struct errtext *err)
{
	struct hist_head head;
	rrd_info_t *info;
	int try = 0, rc = hist_rrd_head(path, &head, err);

	*out = (struct trend_archives){0};
	if (rc != 0)
		return rc;
	do {
		rrd_clear_error();
		info = rrd_info_r(path);
	} while (info == NULL && locked(try++));
	if (info == NULL)
		return rrd_failed(-EBADMSG, path, err);
	for (const rrd_info_t *i = info; i != NULL; i = i->next)
		note(out, i);
	rrd_info_free(info);
	return 0;
}

/* --- rows --- */

static int
take_source(struct trend_rows *out, const char *ds, char **names, unsigned long n_ds,
	    const rrd_value_t *data)
{
	unsigned long at = 0;

	while (at < n_ds && strcmp(names[at], ds) != 0)
		at++;
	if (at == n_ds)
		return -ESRCH;
	out->value = calloc(out->n + 1, sizeof(*out->value));
	if (out->value == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < out->n; i++)
		out->value[i] = data[i * n_ds + at];
	return 0;
}

int
trend_rrd_fetch(const char *path, const char *ds, enum hist_cf cf, const struct trend_pick *pick,
		struct trend_rows *out, struct errtext *err)
{
	time_t start, end;
	unsigned long step, n_ds = 0;
	char **names = NULL;
	rrd_value_t *data = NULL;
	int rc, try = 0;

	*out = (struct trend_rows){0};
	do {
		start = (time_t)pick->start_s;
		/* librrd takes one row more than the end asks for */
		end = (time_t)(pick->end_s - 1);
		step = pick->row_s;
		rrd_clear_error();
		rc = rrd_fetch_r(path, hist_cf_name(cf), &start, &end, &step, &n_ds, &names, &data);
	} while (rc != 0 && locked(try++));
	if (rc != 0)
		return rrd_failed(-EIO, path, err);
	*out = (struct trend_rows){.first_s = (int64_t)start + (int64_t)step,
				   .row_s = (uint32_t)step,
				   .n = (size_t)((end - start) / (time_t)step)};
	rc = take_source(out, ds, names, n_ds, data);
	for (unsigned long i = 0; i < n_ds; i++)
		free(names[i]);
	free(names);
	free(data);
	return rc == 0 ? 0 : errtext_set(err, rc, "%s: it has no source %s", path, ds);
}

/* --- a picture --- */

struct arguments {
	char *text[ARGS_MAX];
	int n;
	bool full;
};

static void add(struct arguments *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
add(struct arguments *a, const char *format, ...)
{
	va_list list;

	if (a->n == ARGS_MAX - 1) {
		a->full = true;
		return;
	}
	va_start(list, format);
	if (vasprintf(&a->text[a->n], format, list) >= 0)
		a->n++;
	else
		a->full = true;
	va_end(list);
}

/* In the language of rrdgraph ':' ends a part. */
static char *
escaped(const char *text, char *out, size_t size)
{
	size_t n = 0;

	for (; *text && n + 2 < size; text++) {
		if (*text == ':' || *text == '\\')
			out[n++] = '\\';
		out[n++] = *text;
	}
	out[n] = '\0';
	return out;
}

static void
add_source(struct arguments *a, const struct trend_picture *p, const char *name, enum hist_cf cf,
	   const struct trend_pick *pick)
{
	char path[ARG_SIZE];

	add(a, "DEF:%s=%s:%s:%s:step=%" PRIu32 ":start=%" PRId64 ":end=%" PRId64, name,
	    escaped(p->path, path, sizeof(path)), p->ds, hist_cf_name(cf), pick->row_s,
	    pick->start_s, pick->end_s);
}

static void
add_lines(struct arguments *a, const struct trend_picture *p)
{
	char text[128], value[32];

	if (p->average)
		add_source(a, p, "avg", HIST_AVERAGE, p->average);
	if (p->min)
		add_source(a, p, "min", HIST_MIN, p->min);
	if (p->max)
		add_source(a, p, "max", HIST_MAX, p->max);
	if (p->min && p->max) {
		add(a, "CDEF:range=max,min,-");
		add(a, "AREA:min");
		add(a, "AREA:range#a9cce3:least to most:STACK");
	} else if (p->max) {
		add(a, "LINE1:max#d68910:most");
	}
	if (p->average)
		add(a, "LINE1.5:avg#1b4f72:average");
	for (uint32_t i = 0; i < p->n_limits; i++) {
		const struct hist_limit *l = &p->limits[i];
		if (l->value >= p->scale.lo && l->value <= p->scale.hi)
			add(a, "HRULE:%.10g#c0392b:%s %s:dashes=6,3", l->value,
			    escaped(l->text, text, sizeof(text)), trend_value(l->value, value));
	}
}

static void
add_words(struct arguments *a, const struct trend_picture *p)
{
	char now[32], min[32], avg[32], max[32], limit[32], span[24], text[128], newest[48];
	time_t end_s = (time_t)p->end_s;
	struct tm tm = {0};

	localtime_r(&end_s, &tm);
	add(a, "COMMENT:\\n");
	add(a, "COMMENT:%s %s   min %s   avg %s   max %s %s   |  %s, times %s",
	    trend_newest(&p->summary, p->end_s, p->average ? p->average->row_s : 0, newest),
	    trend_value(p->summary.now, now), trend_value(p->summary.min, min),
	    trend_value(p->summary.avg, avg), trend_value(p->summary.max, max),
	    trend_unit(p->unit, true), trend_duration(p->end_s - p->start_s, span), tm.tm_zone);
	for (uint32_t i = 0; i < p->n_limits; i++) {
		const struct hist_limit *l = &p->limits[i];
		if (l->value < p->scale.lo || l->value > p->scale.hi)
			add(a, "COMMENT:  |  %s %s %s", escaped(l->text, text, sizeof(text)),
			    trend_value(l->value, limit),
			    l->value > p->scale.hi ? "above" : "below");
	}
	add(a, "COMMENT:\\l");
}

static void
add_all(struct arguments *a, const struct trend_picture *p)
{
	add(a, "graph");
	add(a, "-");
	add(a, "--imgformat=PNG");
	add(a, "--full-size-mode");
	add(a, "--width=%d", p->width);
	add(a, "--height=%d", p->height);
	add(a, "--start=%" PRId64, p->start_s);
	add(a, "--end=%" PRId64, p->end_s);
	add(a, "--title=%s   %s", p->point, p->what);
	add(a, "--vertical-label=%s", trend_unit(p->unit, true));
	add(a, "--lower-limit=%.10g", p->scale.lo);
	add(a, "--upper-limit=%.10g", p->scale.hi);
	add(a, "--rigid");
	add(a, "--units-exponent=0");
	add(a, "--disable-rrdtool-tag");
	add(a, "--border=0");
	add_lines(a, p);
	add_words(a, p);
}

static int
take_image(const rrd_info_t *info, unsigned char **png, size_t *size)
{
	for (; info != NULL; info = info->next)
		if (strcmp(info->key, "image") == 0 && info->type == RD_I_BLO) {
			*size = info->value.u_blo.size;
			*png = malloc(*size);
			if (*png == NULL)
				return -ENOMEM;
			memcpy(*png, info->value.u_blo.ptr, *size);
			return 0;
		}
	return -EIO;
}

int
trend_rrd_draw(const struct trend_picture *picture, unsigned char **png, size_t *size,
	       struct errtext *err)
{
	struct arguments a = {.n = 0};
	rrd_info_t *info = NULL;
	int rc = 0, try = 0;

	unsetenv("RRDCACHED_ADDRESS"); /* the files are read, whatever daemon is about */
	add_all(&a, picture);
	if (a.full) {
		rc = errtext_set(err, -ENOMEM, "out of memory");
		goto out;
	}
	do {
		rrd_clear_error();
		info = rrd_graph_v(a.n, a.text);
	} while (info == NULL && locked(try++));
	if (info == NULL)
		rc = rrd_failed(-EIO, picture->path, err);
	else if (take_image(info, png, size) != 0)
		rc = errtext_set(err, -EIO, "librrd made no picture");
	rrd_info_free(info);
out:
	for (int i = 0; i < a.n; i++)
		free(a.text[i]);
	return rc;
}
