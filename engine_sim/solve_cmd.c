/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/solve_cmd.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "engine_sim/case_wafer.h"
#include "engine_sim/process.h"

#define UNTIL_MAX_S 1e6

static const char usage[] =
	"usage: isotherm-sim solve CASE.yaml --map MAP.csv [--grid 48x28] [--flow LPM]\n"
	"                          [--steady | --until S --every S] [--csv OUT]\n"
	"Solves one wafer on its cold plate by the plant's own kernel: at rest, or after a step "
	"of\n"
	"power from the case's start temperature.\n"
	"  --map MAP    power of each reticle: \"reticle,power_w\", r00c00..r06c11\n"
	"  --grid G     48x28 (default) or 96x56 cells\n"
	"  --flow LPM   coolant flow instead of the case's, L/min\n"
	"  --steady     the state at rest (default); its time_s is inf\n"
	"  --until S    how long after the step, --every S: how often to print; multiples of 0.01 "
	"s\n"
	"  --csv OUT    to this file instead of standard output\n"
	"Prints time_s,reticle,temp_c: means over each reticle of the powered face. Of channels\n"
	"without h_w_m2k it says film and pressure drop of laminar flow on standard error, and of\n"
	"layers that its cells can't follow closely, how far they are off.\n";

struct request {
	const char *case_path, *map_path, *csv_path;
	int fold;
	double flow_lpm;   /* NAN: the case's */
	long until, every; /* steps; 0: at rest */
	bool steady;
	double power_w[RETICLES];
	struct case_file file;
};

static int
complain(const char *option, const char *text, const char *allowed)
{
	fprintf(stderr, "isotherm-sim solve: %s: \"%s\" (allowed: %s)\n", option, text, allowed);
	return EX_USAGE;
}

static int
read_number(const char *option, const char *text, double lo, double hi, double *out)
{
	char allowed[64], *end;

	*out = strtod(text, &end);
	if (end != text && *end == '\0' && *out >= lo && *out <= hi)
		return EX_OK;
	snprintf(allowed, sizeof(allowed), "%g..%g", lo, hi);
	return complain(option, text, allowed);
}

static int
read_steps(const char *option, const char *text, long *out)
{
	double s = 0.0, steps;
	int rc = read_number(option, text, PROCESS_STEP_S, UNTIL_MAX_S, &s);

	if (rc != EX_OK)
		return rc;
	steps = round(s / PROCESS_STEP_S);
	if (fabs(s - steps * PROCESS_STEP_S) > 1e-9 * s)
		return complain(option, text, "multiples of 0.01 s, the plant's step");
	*out = (long)steps;
	return EX_OK;
}

static int
read_option(struct request *q, int c)
{
	switch (c) {
	case 'm':
		q->map_path = optarg;
		return EX_OK;
	case 'g':
		q->fold = strcmp(optarg, "48x28") == 0 ? 4 : strcmp(optarg, "96x56") == 0 ? 8 : 0;
		return q->fold ? EX_OK : complain("--grid", optarg, "48x28, 96x56");
	case 'f':
		return read_number("--flow", optarg, 0.001, 1e5, &q->flow_lpm);
	case 's':
		q->steady = true;
		return EX_OK;
	case 'u':
		return read_steps("--until", optarg, &q->until);
	case 'e':
		return read_steps("--every", optarg, &q->every);
	case 'o':
		q->csv_path = optarg;
		return EX_OK;
	default:
		return EX_USAGE;
	}
}

static int
check(const struct request *q)
{
	const char *wrong = NULL;

	if (!q->case_path)
		wrong = "no case file";
	else if (!q->map_path)
		wrong = "no --map";
	else if (q->steady && (q->until || q->every))
		wrong = "--steady and --until or --every at once";
	else if (!q->until != !q->every)
		wrong = "--until and --every come together";
	else if (q->every && q->until % q->every)
		wrong = "--until is no whole number of --every";
	if (!wrong)
		return EX_OK;
	fprintf(stderr, "isotherm-sim solve: %s\n%s", wrong, usage);
	return EX_USAGE;
}

static int
read_files(struct request *q)
{
	struct config_report report = {0};
	int rc = case_load(&q->file, q->case_path, &report);
	int rc_map = case_map_read(q->map_path, q->power_w, &report);

	config_report_print(&report, stderr);
	config_report_free(&report);
	if (rc < 0 || rc_map < 0)
		return EX_DATAERR;
	if (!isfinite(q->flow_lpm))
		return EX_OK;
	if (!q->file.channels)
		return complain("--flow", "a case with a film has none", "a case with channels");
	q->file.flow_m3_s = q->flow_lpm * 1e-3 / 60.0;
	return EX_OK;
}

static void
print(FILE *to, const struct case_wafer *w, const double power_w[RETICLES], double time_s)
{
	double t[RETICLES];

	column_face(w->column, power_w, t);
	for (int i = 0; i < RETICLES; i++)
		fprintf(to, "%.10g,r%02dc%02d,%.8f\n", time_s, i / ZONES, i % ZONES, t[i]);
}

static int
solve(const struct request *q, struct case_wafer *w, FILE *to)
{
	struct column_flows flows;

	fputs("time_s,reticle,temp_c\n", to);
	if (!q->until) {
		if (column_steady(w->column, q->power_w, w->coolant_c, &flows) < 0) {
			fputs("isotherm-sim solve: no state at rest was found\n", stderr);
			return EX_DATAERR;
		}
		print(to, w, q->power_w, (double)INFINITY);
	}
	for (long n = 1; n <= q->until; n++) {
		column_step(w->column, q->power_w, w->coolant_c, &flows);
		if (n % q->every == 0)
			print(to, w, q->power_w, (double)n * PROCESS_STEP_S);
	}
	return EX_OK;
}

/* What was found for a case that leaves its film to its channels. */
static void
tell_channels(const struct case_file *c)
{
	struct case_channel at;

	if (!isnan(c->film_w_m2k))
		return;
	case_channel(&at, c);
	fprintf(stderr, "channels: %.3f m/s, Re %.0f, film %.1f W/(m2 K), pressure drop %.3f kPa\n",
		at.velocity_m_s, at.reynolds, at.film_w_m2k, at.drop_pa * 1e-3);
}

/* The answer stands, but whoever reads it should know. */
static void
tell_reach(const struct request *q, const struct case_wafer *w)
{
	if (w->multipliers.off_frac > COLUMN_OFF_MAX_FRAC)
		fprintf(stderr,
			"isotherm-sim solve: %s: heat spreads otherwise than %s cells can follow: "
			"a "
			"strip of reticles alone is %.1f %% of its own rise off (verified up to "
			"%.1f %%)\n",
			q->case_path, q->fold == 4 ? "48x28" : "96x56",
			100.0 * w->multipliers.off_frac, 100.0 * COLUMN_OFF_MAX_FRAC);
}

static const char *
why_not(int rc)
{
	if (rc == -ERANGE)
		return "heat spreads faster than a step of 10 ms can follow";
	if (rc == -EDOM)
		return "the flow is not laminar (Re above 2300): give channels.h_w_m2k";
	return strerror(-rc);
}

static int
run(struct request *q)
{
	struct case_wafer w;
	FILE *to = stdout;
	int rc = read_files(q), opened;

	if (rc != EX_OK)
		return rc;
	opened = case_wafer_open(&w, &q->file, q->fold, PROCESS_STEP_S);
	if (opened < 0) {
		fprintf(stderr, "isotherm-sim solve: %s: %s\n", q->case_path, why_not(opened));
		return EX_DATAERR;
	}
	tell_channels(&q->file);
	tell_reach(q, &w);
	if (q->csv_path)
		to = fopen(q->csv_path, "w");
	if (!to) {
		fprintf(stderr, "isotherm-sim solve: %s: %s\n", q->csv_path, strerror(errno));
		case_wafer_close(&w);
		return EX_CANTCREAT;
	}
	rc = solve(q, &w, to);
	if ((to == stdout ? fflush(to) : fclose(to)) != 0 && rc == EX_OK) {
		perror("isotherm-sim solve");
		rc = EX_IOERR;
	}
	case_wafer_close(&w);
	return rc;
}

int
solve_command(int argc, char **argv)
{
	static const struct option options[] = {{"map", required_argument, NULL, 'm'},
						{"grid", required_argument, NULL, 'g'},
						{"flow", required_argument, NULL, 'f'},
						{"steady", no_argument, NULL, 's'},
						{"until", required_argument, NULL, 'u'},
						{"every", required_argument, NULL, 'e'},
						{"csv", required_argument, NULL, 'o'},
						{"help", no_argument, NULL, 'h'},
						{NULL, 0, NULL, 0}};
	struct request q = {.fold = 4, .flow_lpm = (double)NAN};
	int c, rc = EX_OK;

	while (rc == EX_OK && (c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h')
			return fputs(usage, stdout) >= 0 ? EX_OK : EX_IOERR;
		rc = read_option(&q, c);
	}
	if (rc == EX_OK && optind < argc)
		q.case_path = argv[optind++];
	if (rc == EX_OK && optind < argc) {
		fprintf(stderr, "isotherm-sim solve: %s: unexpected\n", argv[optind]);
		rc = EX_USAGE;
	}
	if (rc == EX_OK)
		rc = check(&q);
	return rc == EX_OK ? run(&q) : rc;
}
