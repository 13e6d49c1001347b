/* SPDX-License-Identifier: Apache-2.0 */
/* isotherm-trend: the history of a point as a text plot, or as a picture. */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "collectors/hist_table.h"
#include "collectors/trend.h"
#include "collectors/trend_rrd.h"
#include "core/clock.h"
#include "core/rundir.h"

#define PROGRAM "isotherm-trend"
#define SPAN_S 3600

static struct {
	const char *point, *png;
	int64_t span_s;
	int width, height;
	bool sized; /* --size was given */
	bool ascii;
	struct hist_entry entry;
	char rrd_dir[PATH_MAX], path[PATH_MAX];
	int64_t start_s, end_s;
	struct trend_archives archives;
	bool kept[3]; /* by enum hist_cf */
	struct trend_pick pick[3];
	struct trend_rows rows[3];
	struct trend_column columns[TREND_WIDTH_MAX];
} trend;

/* One line, and the exit code. */
#define FAIL(code, ...) (fprintf(stderr, PROGRAM ": " __VA_ARGS__), fputc('\n', stderr), (code))

/* --- options --- */

static void
print_usage(FILE *to)
{
	fputs("usage: isotherm trend POINT [--span 6h] [--png FILE] [--size WxH] [--ascii]\n"
	      "The history of a point, as a plot of text or as a picture.\n"
	      "      --span SPAN   how far back: a number and s, m, h, d, w or y (1h)\n"
	      "      --png FILE    a PNG picture instead of text; - for standard output\n"
	      "      --size WxH    characters (80x20), of a picture pixels (900x300)\n"
	      "      --ascii       no characters that a plain terminal lacks\n"
	      "  -h, --help        this text\n"
	      "  -V, --version     version\n"
	      "Environment: ISOTHERM_STATE (state folder; else that of the running plant),\n"
	      "ISOTHERM_RUN (run folder), TZ (time zone of the axis).\n"
	      "Exit codes: 0, 64 usage, 66 no such point or no history of it, 73 the picture can't "
	      "be written.\n",
	      to);
}

static int
read_size(const char *text)
{
	char end;

	trend.sized = true;
	if (sscanf(text, "%5dx%5d%c", &trend.width, &trend.height, &end) == 2)
		return -1;
	return FAIL(EX_USAGE, "--size: \"%.40s\" is no size (80x20)", text);
}

static int
check_size(void)
{
	const int least_w = trend.png ? 300 : TREND_WIDTH_MIN,
		  most_w = trend.png ? 4000 : TREND_WIDTH_MAX;
	const int least_h = trend.png ? 150 : TREND_HEIGHT_MIN,
		  most_h = trend.png ? 3000 : TREND_HEIGHT_MAX;

	if (!trend.sized) {
		trend.width = trend.png ? 900 : 80;
		trend.height = trend.png ? 300 : 20;
	}
	if (trend.width >= least_w && trend.width <= most_w && trend.height >= least_h &&
	    trend.height <= most_h)
		return -1;
	return FAIL(EX_USAGE, "--size: %dx%d is out of range (%dx%d to %dx%d)", trend.width,
		    trend.height, least_w, least_h, most_w, most_h);
}

static int
read_span(const char *text)
{
	trend.span_s = trend_span(text);
	if (trend.span_s > 0)
		return -1;
	return FAIL(EX_USAGE, "--span: \"%.40s\" %s", text,
		    trend.span_s == -ERANGE
			    ? "is out of range (10s to 3y)"
			    : "is no time span (a number and s, m, h, d, w or y: 6h)");
}

/* -1: go on; else the exit code. */
static int
read_options(int argc, char **argv)
{
	static const struct option longs[] = {{"span", required_argument, NULL, 's'},
					      {"png", required_argument, NULL, 'p'},
					      {"size", required_argument, NULL, 'z'},
					      {"ascii", no_argument, NULL, 'a'},
					      {"help", no_argument, NULL, 'h'},
					      {"version", no_argument, NULL, 'V'},
					      {NULL, 0, NULL, 0}};
	int o, rc = -1;

	while (rc < 0 && (o = getopt_long(argc, argv, "hV", longs, NULL)) != -1)
		switch (o) {
		case 's':
			rc = read_span(optarg);
			break;
		case 'p':
			trend.png = optarg;
			break;
		case 'z':
			rc = read_size(optarg);
			break;
		case 'a':
			trend.ascii = true;
			break;
		case 'h':
			print_usage(stdout);
			return EX_OK;
		case 'V':
			printf(PROGRAM " %s\n", ISOTHERM_VERSION);
			return EX_OK;
		default:
			print_usage(stderr);
			return EX_USAGE;
		}
	if (rc >= 0)
		return rc;
	if (optind != argc - 1) {
		print_usage(stderr);
		return EX_USAGE;
	}
	trend.point = argv[optind];
	return check_size();
}

/* --- where it is --- */

/* The state folder of the plant that runs: its runner says so in the run folder. */
static bool
running_state(char *out, size_t size)
{
	char dir[256], path[300];

	if (rundir_find(false, dir, sizeof(dir), NULL) != 0)
		return false;
	snprintf(path, sizeof(path), "%s/run.json", dir);
	json_t *run = json_load_file(path, 0, NULL);
	const char *state = json_string_value(json_object_get(run, "state_dir"));
	bool found = state != NULL && snprintf(out, size, "%s", state) < (int)size;
	json_decref(run);
	return found;
}

/* -1 or an exit code. */
static int
find_files(void)
{
	struct errtext err = {""};
	char state[PATH_MAX - 8], near[NAME_MAX_LEN];
	const char *given = getenv("ISOTHERM_STATE");

	if ((given && given[0]) || !running_state(state, sizeof(state)))
		if (statedir_find(state, sizeof(state), &err) != 0)
			return FAIL(EX_NOINPUT, "%s", err.text);
	snprintf(trend.rrd_dir, sizeof(trend.rrd_dir), "%s/rrd", state);
	switch (hist_table_find(trend.rrd_dir, trend.point, &trend.entry, near, &err)) {
	case 0:
		break;
	case -ENOENT:
		return FAIL(EX_NOINPUT,
			    "no history in %s yet: isotherm-hist keeps it while a plant runs",
			    trend.rrd_dir);
	case -ESRCH:
		return FAIL(EX_NOINPUT, "no history is kept of \"%.60s\"%s%s", trend.point,
			    near[0] ? "; the nearest name is " : "", near);
	default:
		return FAIL(EX_NOINPUT, "%s", err.text);
	}
	if (snprintf(trend.path, sizeof(trend.path), "%s/%s", trend.rrd_dir, trend.entry.file) >=
	    (int)sizeof(trend.path))
		return FAIL(EX_NOINPUT, "%s: path too long", trend.rrd_dir);
	if (trend_rrd_archives(trend.path, &trend.archives, &err) != 0)
		return FAIL(EX_NOINPUT, "%s", err.text);
	return -1;
}

/* -1 or an exit code. */
static int
fetch(void)
{
	struct errtext err = {""};

	trend.end_s = clock_wall_ns() / NS_PER_S;
	trend.start_s = trend.end_s - trend.span_s;
	for (int cf = HIST_AVERAGE; cf <= HIST_MAX; cf++) {
		trend.kept[cf] = trend_pick(&trend.archives, (enum hist_cf)cf, trend.start_s,
					    trend.end_s, &trend.pick[cf]);
		if (trend.kept[cf] && trend_rrd_fetch(trend.path, trend.entry.ds, (enum hist_cf)cf,
						      &trend.pick[cf], &trend.rows[cf], &err) != 0)
			return FAIL(EX_NOINPUT, "%s", err.text);
	}
	return -1;
}

static const struct trend_rows *
rows_of(enum hist_cf cf)
{
	return trend.kept[cf] ? &trend.rows[cf] : NULL;
}

static const struct trend_pick *
pick_of(enum hist_cf cf)
{
	return trend.kept[cf] ? &trend.pick[cf] : NULL;
}

/* --- what comes of it --- */

static int
write_picture(const unsigned char *png, size_t size)
{
	bool is_stdout = strcmp(trend.png, "-") == 0;
	FILE *to = is_stdout ? stdout : fopen(trend.png, "wb");

	if (to == NULL)
		return FAIL(EX_CANTCREAT, "%s: %s", trend.png, strerror(errno));
	bool bad = fwrite(png, 1, size, to) != size;
	bad |= is_stdout ? fflush(to) != 0 : fclose(to) != 0;
	return bad ? FAIL(EX_CANTCREAT, "%s: %s", trend.png, strerror(errno)) : EX_OK;
}

static int
draw(const struct trend_summary *sum)
{
	const struct hist_entry *e = &trend.entry;
	struct errtext err = {""};
	unsigned char *png = NULL;
	size_t size = 0;
	struct trend_picture p = {.path = trend.path,
				  .ds = e->ds,
				  .point = trend.point,
				  .unit = e->unit,
				  .what = e->what,
				  .start_s = trend.start_s,
				  .end_s = trend.end_s,
				  .average = pick_of(HIST_AVERAGE),
				  .min = pick_of(HIST_MIN),
				  .max = pick_of(HIST_MAX),
				  .limits = e->limits,
				  .n_limits = e->n_limits,
				  .scale = trend_scale(sum, e->limits, e->n_limits, 16),
				  .summary = *sum,
				  .width = trend.width,
				  .height = trend.height};

	if (trend_rrd_draw(&p, &png, &size, &err) != 0)
		return FAIL(EX_SOFTWARE, "%s", err.text);
	int code = write_picture(png, size);
	free(png);
	return code;
}

static int
print(const struct trend_summary *sum)
{
	const struct hist_entry *e = &trend.entry;
	bool unicode = !trend.ascii && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	struct trend_view v = {
		.point = trend.point,
		.unit = e->unit,
		.what = e->what,
		.start_s = trend.start_s,
		.end_s = trend.end_s,
		.row_s = trend.pick[trend.kept[HIST_AVERAGE] ? HIST_AVERAGE : HIST_MAX].row_s,
		.limits = e->limits,
		.n_limits = e->n_limits,
		.columns = trend.columns,
		.summary = *sum,
		.width = trend.width,
		.height = trend.height,
		.unicode = unicode};

	trend_text(stdout, &v);
	return fflush(stdout) == 0 ? EX_OK : FAIL(EX_IOERR, "standard output: %s", strerror(errno));
}

static int
show(void)
{
	size_t n = trend.png ? TREND_WIDTH_MAX : (size_t)trend_text_columns(trend.width);
	char span[24], utc[40];

	trend_columns(trend.columns, n, trend.start_s, trend.end_s, rows_of(HIST_AVERAGE),
		      rows_of(HIST_MIN), rows_of(HIST_MAX));
	struct trend_summary sum = trend_sum(trend.columns, n, rows_of(HIST_AVERAGE));
	if (!isfinite(sum.max))
		return FAIL(EX_NOINPUT, "%s has no value in the last %s (last written %s)",
			    trend.point, trend_duration(trend.span_s, span),
			    clock_utc_text(trend.archives.last_s * NS_PER_S, utc, sizeof(utc)));
	return trend.png ? draw(&sum) : print(&sum);
}

int
main(int argc, char **argv)
{
	trend.span_s = SPAN_S;
	setlocale(LC_CTYPE, ""); /* numbers keep their point in every language */
	int code = read_options(argc, argv);
	if (code < 0)
		code = find_files();
	if (code < 0)
		code = fetch();
	if (code < 0)
		code = show();
	for (int cf = HIST_AVERAGE; cf <= HIST_MAX; cf++)
		trend_rows_free(&trend.rows[cf]);
	return code;
}
