/* SPDX-License-Identifier: Apache-2.0 */
/* isotherm-bound: the best that a clairvoyant could do in a scenario (docs/bound.md). */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "config/wafer.h"
#include "engine_sim/steady.h"
#include "runner/scenario_dir.h"
#include "runner/scenario_file.h"
#include "tests/bench/bound_file.h"

#define NOMINAL_MARGIN_K 0.46 /* of the spread limit over the wafer's nominal spread */

static const char usage[] =
	"usage: isotherm-bound SCENARIO [--mode sync|ind] [--shares fixed|free] [--grid G]\n"
	"                      [--wafer CSV | --seed N] [--s-lim K] [--t-lim C] [--zone X=G]...\n"
	"                      [--facility C] [--cap FRAC] [--period S] [--ua-mul F]\n"
	"                      [--wait-heats] [--json]\n"
	"       isotherm-bound FILE.yaml [--seed N] [--mode M] [--shares S] [--grid G] [--s-lim "
	"K]\n"
	"                      [--system NAME] [--wait-heats] [--json]\n"
	"       isotherm-bound --response KG_S [--grid G] [--wafer CSV | --seed N] [--zone "
	"X=G]...\n"
	"The throughput that perfect knowledge could reach, in % of unthrottled, by a linear "
	"program\n"
	"(docs/bound.md). SCENARIO: s1 s2 s2r s3 s4 s5 s6 s6h, or a scenario file, of which each "
	"system has\n"
	"its own.\n"
	"  --mode M       sync (default) or ind\n"
	"  --shares S     fixed (default) or free: sync with free shares is bounded as ind\n"
	"  --grid G       reference (default), 48x28 or 96x56\n"
	"  --wafer CSV    variation of the reticles, --seed N the one of that wafer seed\n"
	"  --s-lim K      limit of the spread (default: the wafer's nominal one + 0.46 K)\n"
	"  --t-lim C      limit of the temperature (default 50)\n"
	"  --zone X=G     opening of groove zone X (0..11), 1 clean\n"
	"  --facility C   facility water in the end\n"
	"  --cap FRAC     s5: of the input power at full load (default 0.8)\n"
	"  --period S     s6, s6h: nominal period (default 12)\n"
	"  --ua-mul F     of the heat exchanger, 1 clean\n"
	"  --wait-heats   sync: waiting at the barrier may warm cold reticles\n"
	"  --system NAME  of a scenario file: that one alone\n"
	"  --response M   the steady response R at M kg/s instead: a row a reticle, K/W\n";

struct request {
	struct bound_case c;
	struct process p;
	const char *scenario;
	double response_kg_s; /* NAN: none */
	bool has_limit, json;
	/* for a scenario file */
	bool has_seed;
	uint64_t seed;
	int grid, mode, shares; /* -1: as the file says */
	const char *system;     /* NULL: all */
};

static int
complain(const char *option, const char *text, const char *allowed)
{
	fprintf(stderr, "isotherm-bound: --%s: \"%s\" (allowed: %s)\n", option, text, allowed);
	return EX_USAGE;
}

static int
number(const char *option, double lo, double hi, double *out)
{
	char allowed[64], *end;

	*out = strtod(optarg, &end);
	if (end != optarg && *end == '\0' && *out >= lo && *out <= hi)
		return EX_OK;
	snprintf(allowed, sizeof(allowed), "%g..%g", lo, hi);
	return complain(option, optarg, allowed);
}

static int
read_grid(struct request *q)
{
	static const char *const names[] = {
		[GRID_REFERENCE] = "reference", [GRID_48X28] = "48x28", [GRID_96X56] = "96x56"};

	for (int g = GRID_REFERENCE; g <= GRID_96X56; g++)
		if (strcmp(optarg, names[g]) == 0) {
			q->grid = g;
			process_close(&q->p);
			return process_grid(&q->p, (enum grid)g, NULL) < 0 ? EX_OSERR : EX_OK;
		}
	return complain("grid", optarg, "reference, 48x28, 96x56");
}

static int
read_wafer(struct request *q)
{
	struct config_report report = {0};
	int rc = wafer_csv_read(optarg, &q->p.variation, &report);

	config_report_print(&report, stderr);
	config_report_free(&report);
	q->p.stale = true;
	return rc < 0 ? EX_DATAERR : EX_OK;
}

static int
read_seed(struct request *q)
{
	char *end;
	unsigned long long seed = strtoull(optarg, &end, 10);

	if (end == optarg || *end)
		return complain("seed", optarg, "a number");
	q->has_seed = true;
	q->seed = seed;
	wafer_variation_seed(&q->p.variation, seed);
	q->p.stale = true;
	return EX_OK;
}

static int
read_zone(struct request *q)
{
	unsigned x;
	double g;
	int n = 0;

	if (sscanf(optarg, "%2u=%lf%n", &x, &g, &n) != 2 || optarg[n] || x >= ZONES || !(g > 0.0) ||
	    g > 10.0)
		return complain("zone", optarg, "X=G, X 0..11, G to 10");
	q->c.zone_g[x] = g;
	q->p.faults.zone_g[x] = g;
	q->p.stale = true;
	return EX_OK;
}

static int
read_mode(struct request *q, bool shares)
{
	const char *const *names = shares ? (const char *const[]){"fixed", "free"}
					  : (const char *const[]){"sync", "ind"};

	*(shares ? &q->shares : &q->mode) = strcmp(optarg, names[1]) == 0;
	if (strcmp(optarg, names[1]) == 0)
		q->c.mode = JOB_MODE_IND;
	else if (strcmp(optarg, names[0]) != 0)
		return complain(shares ? "shares" : "mode", optarg,
				shares ? "fixed, free" : "sync, ind");
	return EX_OK;
}

static int
read_option(struct request *q, int c)
{
	switch (c) {
	case 'm':
	case 'x':
		return read_mode(q, c == 'x');
	case 'g':
		return read_grid(q);
	case 'w':
		return read_wafer(q);
	case 's':
		return read_seed(q);
	case 'z':
		return read_zone(q);
	case 'k':
		q->has_limit = true;
		return number("s-lim", 0.1, 100.0, &q->c.s_lim_k);
	case 't':
		return number("t-lim", 0.0, 100.0, &q->c.t_lim_c);
	case 'f':
		return number("facility", -5.0, 60.0, &q->c.facility_c);
	case 'c':
		return number("cap", 0.1, 2.0, &q->c.cap_frac);
	case 'p':
		return number("period", 1.0, 16.0, &q->c.period_s);
	case 'u':
		return number("ua-mul", 0.01, 2.0, &q->c.ua_mul);
	case 'r':
		return number("response", 0.01, 10.0, &q->response_kg_s);
	case 'n':
		q->system = optarg;
		return EX_OK;
	case 'b':
		q->c.wait_heats = true;
		return EX_OK;
	case 'j':
		q->json = true;
		return EX_OK;
	default:
		return EX_USAGE;
	}
}

static int
print_response(struct request *q)
{
	static struct bound_flow flow;
	double n = bound_speed_for(&q->p, q->response_kg_s);

	if (bound_flow_make(&flow, &q->p, (const double[PUMPS]){n, n}) < 0) {
		fputs("isotherm-bound: no state at rest was found\n", stderr);
		return EX_DATAERR;
	}
	for (int i = 0; i < RETICLES; i++)
		for (int j = 0; j < RETICLES; j++)
			printf("%.12g%c", flow.r[i][j], j + 1 < RETICLES ? ',' : '\n');
	return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

/* Before zones and facility are the case's. */
static int
own_limit(struct request *q)
{
	struct wafer_extremes ex;

	if (bound_rest(&q->p, 1.0, 0.8, 24.0) < 0)
		return EX_DATAERR;
	wafer_extremes(&ex, q->p.wafer.si_c);
	q->c.s_lim_k = ex.spread_k + NOMINAL_MARGIN_K;
	return EX_OK;
}

static int
print_bound(struct request *q)
{
	struct bound_answer a = {0};
	double zone_g[ZONES];
	int rc = EX_OK;

	memcpy(zone_g, q->c.zone_g, sizeof(zone_g));
	if (!q->has_limit) {
		for (int x = 0; x < ZONES; x++)
			q->p.faults.zone_g[x] = 1.0;
		rc = own_limit(q);
	}
	if (rc == EX_OK && bound_case_solve(&q->c, &q->p, &a) < 0)
		rc = EX_DATAERR;
	if (rc != EX_OK) {
		fputs("isotherm-bound: no solution was found\n", stderr);
		return rc;
	}
	printf(q->json ? "{\"bound_pct\": %.4f, \"s_lim_k\": %.4f, \"tmax_c\": %.3f, "
			 "\"spread_k\": %.3f, \"tc_c\": %.3f, \"pump_speed\": %.1f, "
			 "\"excess_k\": %.4f}\n"
		       : "bound_pct %.2f\ns_lim_k     %.2f\ntmax_c      %.2f\nspread_k    %.2f\n"
			 "tc_c        %.2f\npump_speed  %.1f\nexcess_k    %.3f\n",
	       a.throughput_pct, q->c.s_lim_k, a.tmax_c, a.spread_k, a.tc_c, a.pump_speed,
	       a.excess_k);
	return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

/* --- of a file --- */

static int
load_file(struct request *q, struct scenario **out)
{
	struct config_report report = {0};
	char config_dir[PATH_MAX];
	int rc;

	scenario_config_dir(q->scenario, config_dir);
	rc = scenario_load(out, q->scenario, config_dir, &report);
	if (rc == 0) {
		if (q->has_seed)
			scenario_reseed(*out, q->seed);
		if (q->mode >= 0)
			(*out)->mode = q->mode ? JOB_MODE_IND : JOB_MODE_SYNC;
		if (q->shares >= 0)
			(*out)->shares_free = q->shares;
		if (q->grid >= 0)
			(*out)->grid = q->grid;
		rc = scenario_set_mode(*out, &report);
	}
	config_report_print(&report, stderr);
	config_report_free(&report);
	return rc == 0 ? EX_OK : EX_DATAERR;
}

static void
print_system(const struct request *q, const char *name, const struct bound_of_file *b, bool first)
{
	char possible[32] = "null";

	if (!isfinite(b->bound_pct))
		fprintf(stderr, "isotherm-bound: %s: %s\n", name, b->why);
	else
		snprintf(possible, sizeof(possible), "%.4f", b->bound_pct);
	if (q->json)
		printf("%s{\"name\": \"%s\", \"bound_pct\": %s, \"s_lim_k\": %.4f, \"why\": "
		       "\"%s\"}",
		       first ? "" : ", ", name, possible, b->s_lim_k, b->why);
	else
		printf("%-16s possible %s %%, spread up to %.2f K %s\n", name, possible, b->s_lim_k,
		       b->why);
}

static int
print_file(struct request *q)
{
	struct scenario *sc = NULL;
	struct sim *sim = NULL;
	struct bound_of_file b;
	char why[256] = "no solution was found";
	int rc = load_file(q, &sc), err = 0;

	if (rc != EX_OK)
		return rc;
	if (q->system && plant_system(sc->plant, q->system) < 0) {
		scenario_free(sc);
		return complain("system", q->system, "a system of the plant");
	}
	err = sim_open(&sim, sc->plant, &(struct sim_options){.grid = sc->grid + 1}, why,
		       sizeof(why));
	if (err == 0 && q->json && !q->system)
		fputs("{\"systems\": [", stdout);
	for (uint32_t i = 0; err == 0 && i < sc->plant->n_systems; i++) {
		if (q->system && strcmp(sc->plant->systems[i].name, q->system) != 0)
			continue;
		err = bound_file_solve(sc, sim, i, q->has_limit ? q->c.s_lim_k : (double)NAN,
				       q->c.wait_heats, &b);
		if (err == 0)
			print_system(q, sc->plant->systems[i].name, &b, q->system || i == 0);
	}
	if (err == 0 && q->json)
		puts(q->system ? "" : "]}");
	if (err < 0)
		fprintf(stderr, "isotherm-bound: %s: %s\n", q->scenario, why);
	if (sim)
		sim_close(sim);
	scenario_free(sc);
	return err < 0 ? EX_DATAERR : fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

static int
run(struct request *q)
{
	if (q->scenario && strstr(q->scenario, ".yaml"))
		return print_file(q);
	if (isfinite(q->response_kg_s))
		return print_response(q);
	return print_bound(q);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {{"mode", required_argument, NULL, 'm'},
						{"shares", required_argument, NULL, 'x'},
						{"grid", required_argument, NULL, 'g'},
						{"wafer", required_argument, NULL, 'w'},
						{"seed", required_argument, NULL, 's'},
						{"zone", required_argument, NULL, 'z'},
						{"s-lim", required_argument, NULL, 'k'},
						{"t-lim", required_argument, NULL, 't'},
						{"facility", required_argument, NULL, 'f'},
						{"cap", required_argument, NULL, 'c'},
						{"period", required_argument, NULL, 'p'},
						{"ua-mul", required_argument, NULL, 'u'},
						{"response", required_argument, NULL, 'r'},
						{"wait-heats", no_argument, NULL, 'b'},
						{"system", required_argument, NULL, 'n'},
						{"json", no_argument, NULL, 'j'},
						{"help", no_argument, NULL, 'h'},
						{NULL, 0, NULL, 0}};
	static struct request q = {
		.response_kg_s = (double)NAN, .grid = -1, .mode = -1, .shares = -1};
	int c, rc = EX_OK;

	process_init(&q.p);
	bound_case_defaults(&q.c);
	/* the scenario first: options change what it says */
	if (argc > 1 && argv[1][0] != '-') {
		q.scenario = argv[1];
		if (!strstr(q.scenario, ".yaml") && bound_case_named(&q.c, q.scenario) < 0) {
			fprintf(stderr, "isotherm-bound: no bound for %s\n%s", q.scenario, usage);
			return EX_USAGE;
		}
		argv++;
		argc--;
	}
	while (rc == EX_OK && (c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h')
			return fputs(usage, stdout) >= 0 ? EX_OK : EX_IOERR;
		rc = read_option(&q, c);
	}
	if (rc == EX_OK && (optind < argc || (!q.scenario && !isfinite(q.response_kg_s)))) {
		fputs(usage, stderr);
		rc = EX_USAGE;
	}
	if (rc == EX_OK)
		rc = run(&q);
	process_close(&q.p);
	return rc;
}
