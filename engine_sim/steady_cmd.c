/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/steady_cmd.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "config/wafer.h"
#include "engine_sim/state.h"
#include "engine_sim/steady.h"

static const char usage[] =
	"usage: isotherm-sim steady [--type TYPE | --plant PLANT [--system NAME]] [--wafer CSV]\n"
	"                           [--set PATH=VALUE]... [--hold-tc C] [--grid G] [--json]\n"
	"Steps the plant's own equations to rest and prints the operating point of one system:\n"
	"duty 1, pump speed .8, facility water or air at 20 C, valve open, fans at 1.\n"
	"  --type TYPE       a type of the configuration's types/, or the path of such a file\n"
	"                    (default: the reference plant, cooled by water)\n"
	"  --plant PLANT     the type and wafer of a plant file's system: its first, or NAME\n"
	"  --wafer CSV       variation of the reticles (default: all alike)\n"
	"  --set PATH=VALUE  a path of the simulator without the system's name: zone[5].g=0.379,\n"
	"                    pump[0].speed=1, pump[1].failed=1, facility.supply_c=26,\n"
	"                    facility.valve=0.5, hx.ua_mul=0.6 (all: isotherm-sim --paths)\n"
	"  --hold-tc C       hold the coolant's supply at C and leave the valve out\n"
	"  --grid G          reference (default), 48x28 or 96x56 cells on the wafer\n"
	"  --json            one JSON object\n";

/* Figures in the order they are printed. */
struct figure {
	const char *name;
	double value;
	int digits;
};

static void
where(char out[8], uint32_t i)
{
	snprintf(out, 8, "r%02uc%02u", (i / ZONES) % 100u, i % ZONES);
}

static int
print(const struct process *p, bool as_json)
{
	struct wafer_extremes ex;
	char hot[8], cold[8];

	wafer_extremes(&ex, p->wafer.si_c);
	where(hot, wafer_where(p->wafer.si_c, ex.tmax_c));
	where(cold, wafer_where(p->wafer.si_c, ex.tmin_c));
	const struct figure figures[] = {{"m", p->cool.flow_kg_s, 4},
					 {"tc_c", p->loop.cold_c, 3},
					 {"th_c", p->loop.hot_c, 3},
					 {"pw_w", p->power.wafer_w, 1},
					 {"pin_w", p->power.input_w, 1},
					 {"tmax_c", ex.tmax_c, 3},
					 {"tmin_c", ex.tmin_c, 3},
					 {"mean_c", ex.mean_c, 3},
					 {"spread_k", ex.spread_k, 3},
					 {"current_a", p->power.core_a, 0},
					 {"rate_frac", p->job.rate_wafer, 4},
					 {"cooling_w", process_cooling_w(p), 1}};
	size_t n = sizeof(figures) / sizeof(figures[0]);
	json_t *root = json_object();

	for (size_t k = 0; k < n && !as_json; k++)
		printf("%-10s %.*f\n", figures[k].name, figures[k].digits, figures[k].value);
	if (!as_json)
		printf("%-10s %s (tmax_c) %s (tmin_c)\n", "where", hot, cold);
	for (size_t k = 0; k < n && as_json; k++)
		json_object_set_new(root, figures[k].name, json_real(figures[k].value));
	json_object_set_new(root, "tmax_at", json_string(hot));
	json_object_set_new(root, "tmin_at", json_string(cold));
	json_object_set_new(root, "where", json_pack("{ss ss}", "tmax_c", hot, "tmin_c", cold));
	if (as_json && json_dumpf(root, stdout, JSON_REAL_PRECISION(10)) == 0)
		putchar('\n');
	json_decref(root);
	return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

static int
set(struct sim_system *sys, const char *text)
{
	struct change change;
	struct path_target to;
	char why[512];
	int rc = change_parse(text, &change, why, sizeof(why));

	if (rc == 0 && change.over_s > 0.0) {
		snprintf(why, sizeof(why), "%s: a state at rest has no \"over\"", text);
		rc = -EINVAL;
	}
	if (rc == 0)
		rc = paths_find_system(sys, change.path, &to, why, sizeof(why));
	if (rc == 0)
		rc = paths_check(&to, change.path, change.value, why, sizeof(why));
	if (rc == 0) {
		rc = process_check(&sys->process, to.first, change.value);
		if (rc < 0)
			snprintf(why, sizeof(why), "%s: the step would leave its stable range",
				 text);
	}
	if (rc < 0) {
		fprintf(stderr, "isotherm-sim steady: %s\n", why);
		return EX_DATAERR;
	}
	paths_store(&to, change.value);
	sys->process.stale = true;
	return EX_OK;
}

static int
read_wafer(struct process *p, const char *path)
{
	struct config_report report = {0};
	int rc = wafer_csv_read(path, &p->variation, &report);

	config_report_print(&report, stderr);
	config_report_free(&report);
	p->stale = true;
	return rc < 0 ? EX_DATAERR : EX_OK;
}

/* The type and wafer of a system; name "": the first. */
static int
take_system(struct process *p, const struct plant *plant, const char *name)
{
	int32_t k = *name ? plant_system(plant, name) : 0;
	char why[256];

	if (k < 0) {
		fprintf(stderr, "isotherm-sim steady: --system: no %s in %s\n", name, plant->path);
		return EX_USAGE;
	}
	process_type(p, &plant->systems[k]);
	if (sim_wafer(plant, (uint32_t)k, &p->variation, why, sizeof(why)) == 0)
		return EX_OK;
	fprintf(stderr, "isotherm-sim steady: %s\n", why);
	return EX_DATAERR;
}

/* "air", or "config/types/air.yaml", whose folder's parent has the profiles. */
static int
type_plant(struct plant **out, const char *type, struct config_report *report)
{
	const char *base = strrchr(type, '/'), *dot = strrchr(type, '.');
	char text[128], dir[256], name[16];
	int len = (int)(dot && base && dot > base ? dot - base - 1 : 15);

	base = base ? base + 1 : type;
	snprintf(name, sizeof(name), "%.*s", len > 15 ? 15 : len, base);
	snprintf(dir, sizeof(dir), "%.*s..", (int)(base - type), type);
	snprintf(text, sizeof(text), "site: steady\nsystems: [{name: cs00, type: \"%s\"}]\n", name);
	return plant_parse(out, text, strlen(text), "steady", base > type ? dir : NULL, report);
}

/* What is chosen by --type and --plant, before anything is set. */
static int
choose(struct process *p, const char *type, const char *file, const char *system)
{
	struct config_report report = {0};
	struct plant *plant = NULL;
	int rc;

	if (type && file) {
		fputs("isotherm-sim steady: --type and --plant: one of them\n", stderr);
		return EX_USAGE;
	}
	if (!type && !file)
		return EX_OK;
	rc = type ? type_plant(&plant, type, &report) : plant_load(&plant, file, &report);
	config_report_print(&report, stderr);
	config_report_free(&report);
	if (rc < 0)
		return EX_DATAERR;
	rc = take_system(p, plant, system);
	if (type) /* reticles all alike, as without a type */
		wafer_variation_none(&p->variation);
	plant_free(plant);
	return rc;
}

static int
read_celsius(const char *text, double *out)
{
	char *end;

	*out = strtod(text, &end);
	if (end != text && *end == '\0' && *out >= -5.0 && *out <= 60.0)
		return EX_OK;
	fprintf(stderr, "isotherm-sim steady: --hold-tc: %s is not in -5..60 c\n", text);
	return EX_USAGE;
}

static int
set_grid(struct process *p, const char *text)
{
	static const char *const names[] = {
		[GRID_REFERENCE] = "reference", [GRID_48X28] = "48x28", [GRID_96X56] = "96x56"};

	for (int g = GRID_REFERENCE; g <= GRID_96X56; g++)
		if (strcmp(text, names[g]) == 0) {
			process_close(p);
			return process_grid(p, (enum grid)g, NULL) < 0 ? EX_OSERR : EX_OK;
		}
	fprintf(stderr, "isotherm-sim steady: --grid: %s (allowed: reference, 48x28, 96x56)\n",
		text);
	return EX_USAGE;
}

static const struct option options[] = {
	{"wafer", required_argument, NULL, 'w'}, {"type", required_argument, NULL, 'y'},
	{"plant", required_argument, NULL, 'p'}, {"system", required_argument, NULL, 'm'},
	{"set", required_argument, NULL, 's'},   {"hold-tc", required_argument, NULL, 't'},
	{"json", no_argument, NULL, 'j'},        {"grid", required_argument, NULL, 'g'},
	{"help", no_argument, NULL, 'h'},        {NULL, 0, NULL, 0}};

/* What the rest is set on comes first, wherever it stands. */
static int
read_choice(struct process *p, int argc, char **argv)
{
	const char *type = NULL, *file = NULL, *system = "";
	int c;

	opterr = 0; /* the second reading tells */
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'y')
			type = optarg;
		else if (c == 'p')
			file = optarg;
		else if (c == 'm')
			system = optarg;
	}
	opterr = 1;
	optind = 1;
	return choose(p, type, file, system);
}

static int
solve(struct sim_system *sys, double hold_c, bool as_json)
{
	if (steady_solve(&sys->process, hold_c, true) == 0)
		return print(&sys->process, as_json);
	fputs("isotherm-sim steady: no state at rest: nothing flows, or the wafer runs away\n",
	      stderr);
	return EX_DATAERR;
}

int
steady_command(int argc, char **argv)
{
	struct sim_system *sys = calloc(1, sizeof(*sys));
	double hold_c = (double)NAN;
	bool as_json = false, help = false;
	int c, rc;

	if (!sys)
		return EX_OSERR;
	process_init(&sys->process);
	rc = read_choice(&sys->process, argc, argv);
	while (rc == EX_OK && !help && (c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'w')
			rc = read_wafer(&sys->process, optarg);
		else if (c == 's')
			rc = set(sys, optarg);
		else if (c == 't')
			rc = read_celsius(optarg, &hold_c);
		else if (c == 'g')
			rc = set_grid(&sys->process, optarg);
		else if (c == 'j')
			as_json = true;
		else if (c == 'h')
			help = fputs(usage, stdout) >= 0;
		else if (c != 'y' && c != 'p' && c != 'm')
			rc = EX_USAGE;
	}
	if (rc == EX_OK && optind < argc) {
		fprintf(stderr, "isotherm-sim steady: %s: unexpected\n", argv[optind]);
		rc = EX_USAGE;
	}
	if (rc == EX_OK && !help)
		rc = solve(sys, hold_c, as_json);
	process_close(&sys->process);
	free(sys);
	return rc;
}
