/* SPDX-License-Identifier: Apache-2.0 */
/* `get`, `watch` and `points`: single points, by name or pattern. */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "core/clock.h"
#include "core/loop.h"
#include "tui/cmd.h"
#include "tui/pick.h"

#define WATCH_PERIOD_NS (100 * NS_PER_MS)
#define WATCH_FOR_MAX_S 1e7

/* --- which points --- */

/* Mark the points that a name or a pattern means; how many. */
static uint32_t
choose(const struct plant *p, const char *pattern, bool *chosen)
{
	uint32_t found = 0, id = plant_point(p, pattern);
	if (id != NO_POINT) {
		chosen[id] = true;
		return 1;
	}
	for (uint32_t i = 0; i < p->n_points; i++)
		if (pick_matches(pattern, p->points[i].name)) {
			chosen[i] = true;
			found++;
		}
	return found;
}

static bool *
choose_all(const struct plant *p, char **patterns, bool *complete)
{
	bool *chosen = calloc(p->n_points + 1u, sizeof(*chosen));
	*complete = true;
	for (; chosen && *patterns; patterns++)
		if (choose(p, *patterns, chosen) == 0) {
			fprintf(stderr, "isotherm: no point \"%s\" (isotherm points lists them)\n",
				*patterns);
			*complete = false;
		}
	return chosen;
}

/* --- get --- */

/* As many as tell one raw value from the next: 1 for a scale of 0.1, 3 for 0.125. */
static int
decimals_of(const struct point *pt)
{
	double step = fabs(pt->scale);
	int d = 0;
	if (pt->owner != OWNER_FIELD || !(step > 0) || pt->type == REG_F32 || pt->type == REG_F64)
		return pt->unit[0] ? 3 : 0;
	for (; d < 6 && fabs(step - round(step)) > 1e-6 * step; d++)
		step *= 10;
	return d;
}

static void
print_value(const struct point *pt, const struct sample *s, FILE *to)
{
	if (s->quality == QUALITY_NEVER || !isfinite(s->value))
		fprintf(to, "-");
	else
		fprintf(to, "%.*f", decimals_of(pt), s->value);
	fprintf(to, " %s", pt->unit[0] ? pt->unit : "-");
}

static void
print_demand(const struct attach *a, const struct point *pt, FILE *to)
{
	const struct device *d = &a->plant->devices[pt->device];
	if (!pt->writable || pt->demand == NO_POINT || !a->input.samples[REGION_CTL])
		return;
	const struct sample *s = &a->input.samples[REGION_CTL][pt->demand];
	if (!sample_usable(s)) {
		fprintf(to, "  demand none");
		return;
	}
	fprintf(to, d->armed ? "  demand " : "  would write ");
	print_value(pt, s, to);
	if (s->flags & SAMPLE_MANUAL)
		fprintf(to, " by hand");
}

static void
print_point(const struct attach *a, uint32_t id, FILE *to)
{
	const struct point *pt = &a->plant->points[id];
	const struct sample *s = model_sample(&a->input, id);
	const char *state = state_name(pt->role, s->value);
	fprintf(to, "%s ", pt->name);
	print_value(pt, s, to);
	fprintf(to, " %s", quality_name((enum quality)s->quality));
	if (s->quality == QUALITY_NEVER || !isfinite(s->value))
		fprintf(to, " -"); /* there never was a value */
	else
		fprintf(to, " %.2fs", (double)(a->input.now_ns - s->time_ns) / 1e9);
	if (s->flags & SAMPLE_SIMULATED)
		fprintf(to, " simulated");
	if (s->flags & SAMPLE_SUBSTITUTED)
		fprintf(to, " substituted");
	if (s->flags & SAMPLE_MANUAL)
		fprintf(to, " manual");
	if (state[0] && s->quality != QUALITY_NEVER)
		fprintf(to, " (%s)", state);
	if (pt->owner == OWNER_FIELD)
		print_demand(a, pt, to);
	fputc('\n', to);
}

static const char get_help[] =
	"isotherm get POINT...\n"
	"  NAME VALUE UNIT QUALITY AGE, then how it came about; a point that can be written shows\n"
	"  the demand, or what would be written while its device is in shadow.\n"
	"  A name may be a pattern: 'cs03.wafer.C*.temp_c'\n"
	"exit: 0, 1 unknown point, 2 not running, 3 running but not readable\n";

int
cmd_get(int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {0}};
	struct attach a;
	struct errtext err;
	bool complete;
	int c = getopt_long(argc, argv, "", options, NULL);
	if (c == 'h')
		return fputs(get_help, stdout) < 0 ? EX_IOERR : 0;
	if (c != -1)
		return EX_USAGE;
	if (optind == argc)
		return cmd_usage("get", "needs the name of a point");
	int rc = cmd_attach(&a);
	if (rc)
		return rc;
	bool *chosen = choose_all(a.plant, argv + optind, &complete);
	if (attach_update(&a, clock_mono_ns(), clock_wall_ns(), false, &err)) {
		fprintf(stderr, "isotherm: %s\n", err.text);
		rc = EXIT_UNREADABLE;
	}
	for (uint32_t i = 0; i < a.plant->n_points && !rc && chosen; i++)
		if (chosen[i])
			print_point(&a, i, stdout);
	if (!rc)
		rc = complete ? 0 : EXIT_NOT_HEALTHY;
	free(chosen);
	attach_close(&a);
	return rc;
}

/* --- watch --- */

static const char watch_help[] = "isotherm watch [--for SECONDS] POINT...\n"
				 "  A line for each change: TIME NAME VALUE UNIT QUALITY. A value "
				 "has changed when it moved by\n"
				 "  its dead-band (isotherm points) or its quality is another. "
				 "Until ^C, or for that long.\n";

static bool
changed(const struct point *pt, const struct sample *was, const struct sample *is)
{
	if (was->quality != is->quality || was->flags != is->flags)
		return true;
	if (is->quality == QUALITY_NEVER)
		return false;
	double by = fabs(is->value - was->value);
	return pt->deadband > 0 ? by >= pt->deadband : by > 0;
}

static void
print_change(const struct attach *a, uint32_t id)
{
	const struct sample *s = model_sample(&a->input, id);
	char now[40];
	printf("%s %s ", clock_utc_text(a->input.wall_ns, now, sizeof(now)),
	       a->plant->points[id].name);
	print_value(&a->plant->points[id], s, stdout);
	printf(" %s\n", quality_name((enum quality)s->quality));
}

static int
watch_loop(struct attach *a, const bool *chosen, struct sample *was, double for_s)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, 0};
	struct loop *loop;
	struct loop_event ev = {.kind = LOOP_DUE};
	struct errtext err;
	int rc = loop_open(&loop, signals);
	if (rc)
		return EX_OSERR;
	int64_t now_ns = clock_mono_ns(), due_ns = now_ns, first_ns = now_ns;
	int64_t end_ns = for_s > 0 ? now_ns + (int64_t)(for_s * 1e9) : LOOP_NEVER;
	while (!rc && ev.kind != LOOP_SIGNAL && now_ns < end_ns && !ferror(stdout)) {
		if (attach_read(a, now_ns, clock_wall_ns(), &err)) {
			fprintf(stderr, "isotherm: %s\n", err.text);
			rc = EXIT_UNREADABLE;
			break;
		}
		for (uint32_t i = 0; i < a->plant->n_points; i++)
			if (chosen[i] &&
			    (now_ns == first_ns ||
			     changed(&a->plant->points[i], &was[i], model_sample(&a->input, i)))) {
				was[i] = *model_sample(&a->input, i);
				print_change(a, i);
			}
		fflush(stdout);
		due_ns += WATCH_PERIOD_NS;
		if (loop_wait(loop, due_ns < end_ns ? due_ns : end_ns, &ev) < 0)
			rc = EX_OSERR;
		now_ns = ev.now_ns;
	}
	loop_close(loop);
	return rc;
}

int
cmd_watch(int argc, char **argv)
{
	static const struct option options[] = {
		{"for", required_argument, NULL, 'f'}, {"help", no_argument, NULL, 'h'}, {0}};
	struct attach a;
	double for_s = 0;
	bool complete;
	int c;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (c == 'h')
			return fputs(watch_help, stdout) < 0 ? EX_IOERR : 0;
		else if (c != 'f')
			return EX_USAGE;
		else if (!cmd_number(optarg, 0.1, WATCH_FOR_MAX_S, &for_s))
			return cmd_usage("watch",
					 "--for %s is no number of seconds from 0.1 to 1e7",
					 optarg);
	if (optind == argc)
		return cmd_usage("watch", "needs the name of a point");
	int rc = cmd_attach(&a);
	if (rc)
		return rc;
	bool *chosen = choose_all(a.plant, argv + optind, &complete);
	struct sample *was = calloc(a.plant->n_points + 1u, sizeof(*was));
	if (!chosen || !was)
		rc = EX_OSERR;
	else
		rc = complete ? watch_loop(&a, chosen, was, for_s) : EXIT_NOT_HEALTHY;
	free(was);
	free(chosen);
	attach_close(&a);
	return rc;
}

/* --- points --- */

static const char *const type_names[REG_TYPES] = {"bit", "u16", "i16", "u32", "i32",
						  "u64", "i64", "f32", "f64"};
static const char *const order_names[] = {"ABCD", "CDAB", "BADC", "DCBA"};

static const char points_help[] =
	"isotherm points [-c PLANT] [PATTERN...] [--json]\n"
	"  The point table of the run, or of a plant file: name, unit, where it is read, access,\n"
	"  role. With --json also host and port, or line, count, type, word order, scale, offset, "
	"range.\n";

static json_t *
line_json(const struct line_config *l)
{
	static const char *const parities[] = {
		[PARITY_NONE] = "none", [PARITY_EVEN] = "even", [PARITY_ODD] = "odd"};
	return json_pack("{s:s, s:o, s:i, s:s, s:i}", "name", l->name, "path",
			 *l->path ? json_string(l->path) : json_null(), "baud", (int)l->baud,
			 "parity", parities[l->parity], "stop", (int)l->stop_bits);
}

static json_t *
point_json(const struct plant *p, const struct point *pt)
{
	json_t *o = json_object();
	const struct role_info *role = &role_table[pt->role];
	const struct device *d = pt->device >= 0 ? &p->devices[pt->device] : NULL;
	bool field = pt->owner == OWNER_FIELD;
	json_object_set_new(o, "name", json_string(pt->name));
	json_object_set_new(o, "role",
			    role->n > 1 ? json_sprintf("%s[%u]", role->name, pt->role_index)
					: json_string(role->name));
	json_object_set_new(o, "unit", json_string(pt->unit));
	json_object_set_new(o, "device", d ? json_string(d->name) : json_null());
	const struct line_config *line = d && d->line >= 0 ? &p->lines[d->line] : NULL;
	json_object_set_new(o, "simulated", d ? json_boolean(d->simulated) : json_null());
	json_object_set_new(o, "line", line ? line_json(line) : json_null());
	json_object_set_new(o, "host", d && !line ? json_string(d->host) : json_null());
	json_object_set_new(o, "port", d && !line && d->port ? json_integer(d->port) : json_null());
	json_object_set_new(o, "unit_id", d ? json_integer(d->unit) : json_null());
	json_object_set_new(o, "fc", field ? json_integer(pt->fc) : json_null());
	json_object_set_new(o, "register", field ? json_integer(pt->reg) : json_null());
	json_object_set_new(o, "count", field ? json_integer(pt->count) : json_null());
	json_object_set_new(o, "type", field ? json_string(type_names[pt->type]) : json_null());
	json_object_set_new(o, "order", field ? json_string(order_names[pt->order]) : json_null());
	json_object_set_new(o, "scale", field ? json_real(pt->scale) : json_null());
	json_object_set_new(o, "offset", field ? json_real(pt->offset) : json_null());
	json_object_set_new(o, "lo", field ? json_real(pt->lo) : json_null());
	json_object_set_new(o, "hi", field ? json_real(pt->hi) : json_null());
	json_object_set_new(o, "access", json_string(pt->writable ? "rw" : "r"));
	return o;
}

static int
print_points_json(const struct plant *p, const bool *chosen)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < p->n_points; i++)
		if (chosen[i])
			json_array_append_new(list, point_json(p, &p->points[i]));
	char *text = json_dumps(list, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
	json_decref(list);
	if (!text)
		return EX_OSERR;
	puts(text);
	free(text);
	return 0;
}

static void
print_points(const struct plant *p, const bool *chosen)
{
	for (uint32_t i = 0; i < p->n_points; i++) {
		const struct point *pt = &p->points[i];
		char where[24] = "-";
		if (!chosen[i])
			continue;
		if (pt->owner == OWNER_FIELD)
			snprintf(where, sizeof(where), "fc%u:%u", pt->fc, pt->reg);
		printf("%-32s %-6s %-10s %-4s %-2s %s\n", pt->name, pt->unit[0] ? pt->unit : "-",
		       where, pt->owner == OWNER_FIELD ? type_names[pt->type] : "-",
		       pt->writable ? "rw" : "r", role_table[pt->role].what);
	}
}

static int
points_of(const struct plant *p, char **patterns, bool json)
{
	static char everything[] = "*", *all[] = {everything, NULL};
	bool complete;
	bool *chosen = choose_all(p, *patterns ? patterns : all, &complete);
	if (!chosen)
		return EX_OSERR;
	int rc = 0;
	if (json)
		rc = print_points_json(p, chosen);
	else
		print_points(p, chosen);
	free(chosen);
	return rc ? rc : complete ? 0 : EXIT_NOT_HEALTHY;
}

int
cmd_points(int argc, char **argv)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
						{"json", no_argument, NULL, 'j'},
						{"help", no_argument, NULL, 'h'},
						{0}};
	const char *file = NULL;
	bool json = false;
	int c, rc;
	while ((c = getopt_long(argc, argv, "c:", options, NULL)) != -1)
		if (c == 'h')
			return fputs(points_help, stdout) < 0 ? EX_IOERR : 0;
		else if (c == 'c')
			file = optarg;
		else if (c == 'j')
			json = true;
		else
			return EX_USAGE;
	if (file) {
		struct plant *plant = NULL;
		struct config_report report = {0};
		rc = plant_load(&plant, file, &report);
		config_report_print(&report, stderr);
		config_report_free(&report);
		if (rc)
			return EX_CONFIG;
		rc = points_of(plant, argv + optind, json);
		plant_free(plant);
		return rc;
	}
	struct attach a;
	rc = cmd_attach(&a);
	if (rc) {
		fprintf(stderr, "isotherm: points -c FILE works without a run\n");
		return rc;
	}
	rc = points_of(a.plant, argv + optind, json);
	attach_close(&a);
	return rc;
}
