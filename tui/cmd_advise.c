/* SPDX-License-Identifier: Apache-2.0 */
/* `isotherm job advise`: where a job should run, and what that will be like. */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/cmd.h"
#include "tui/request.h"

static const char help[] =
	"isotherm job advise NAME [--json]\n"
	"isotherm job advise [--systems N] [--mode sync|ind] [--density D]\n"
	"                    [--columns N | --reticles N] [--json]\n"
	"  On which systems, and on which reticles of each, a job should run, and what that will\n"
	"  be like at rest by the controllers' model: the part of its work that it can do, the\n"
	"  power that it adds, the hottest reticle and the spread. NAME: a job of this plant, "
	"with\n"
	"  as many systems as it says; else a job that is described: one system, synchronous,\n"
	"  density 1 and whole wafers if nothing else is said. Best first; starts nothing.\n"
	"exit: 0, 1 there is no place for it (and why), 2 not running\n";

/* A whole number from 1 up. */
static bool
read_count(const char *text, uint32_t *out)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);
	*out = (uint32_t)n;
	return end != text && !*end && text[0] != '-' && n >= 1 && n <= 1000;
}

static bool
read_option(int c, struct request *r)
{
	char *end;
	switch (c) {
	case 'n':
		return read_count(optarg, &r->systems);
	case 'c':
		return read_count(optarg, &r->columns);
	case 'r':
		return read_count(optarg, &r->reticles);
	case 'm':
		r->mode = optarg;
		return true;
	default:
		r->density = strtod(optarg, &end);
		return end != optarg && !*end && r->density > 0.0 && r->density <= 3.0;
	}
}

/* -1: the request is complete; else the exit code. */
static int
read_request(int argc, char **argv, struct request *r, bool *json)
{
	static const struct option options[] = {{"systems", required_argument, NULL, 'n'},
						{"mode", required_argument, NULL, 'm'},
						{"density", required_argument, NULL, 'd'},
						{"columns", required_argument, NULL, 'c'},
						{"reticles", required_argument, NULL, 'r'},
						{"json", no_argument, NULL, 'j'},
						{"help", no_argument, NULL, 'h'},
						{0}};
	int c;
	bool described = false;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'h')
			return fputs(help, stdout) < 0 ? EXIT_NOT_HEALTHY : 0;
		if (c == '?')
			return cmd_usage("job", "what is that?");
		if (c == 'j') {
			*json = true;
			continue;
		}
		described = true;
		if (!read_option(c, r))
			return cmd_usage("job",
					 "%.40s: --systems, --columns and --reticles take a number "
					 "from 1 on, --density one above 0, 3 at most",
					 optarg);
	}
	if (optind < argc)
		r->job = argv[optind++];
	if (optind < argc)
		return cmd_usage("job", "what is \"%.60s\"?", argv[optind]);
	if (r->job && described)
		return cmd_usage("job", "advise takes the NAME of a job, or what it is like");
	if (r->columns && r->reticles)
		return cmd_usage("job", "--columns or --reticles, not both");
	return -1;
}

static const char *
word(const json_t *o, const char *key)
{
	const char *w = json_string_value(json_object_get(o, key));
	return w ? w : "";
}

static double
number(const json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}

static void
print_advice(json_t *answer)
{
	size_t i;
	json_t *o;
	printf("%s\n", word(answer, "said"));
	printf("SYSTEM   RETICLES       RATE%%   +KW    KW  TMAX  SPREAD SUPPLY PUMPS\n");
	json_array_foreach(json_object_get(answer, "systems"), i, o)
	{
		printf("%-8.8s %-13.13s %6.1f %5.1f %5.1f %5.1f %7.1f %6.1f %4.0f%%",
		       word(o, "system"), word(o, "reticles"), number(o, "rate_pct"),
		       number(o, "added_w") / 1000.0, number(o, "input_w") / 1000.0,
		       number(o, "tmax_c"), number(o, "spread_k"), number(o, "supply_c"),
		       number(o, "pump_pct"));
		if (word(o, "held_by")[0])
			printf("  held by %s", word(o, "held_by"));
		if (json_is_false(json_object_get(o, "commissioned")))
			printf("  not commissioned");
		printf("%s%s\n", word(o, "note")[0] ? "  " : "", word(o, "note"));
	}
	json_array_foreach(json_object_get(answer, "passed_over"), i, o)
	{
		printf("%-8.8s not: %s\n", word(o, "system"), word(o, "why"));
	}
	if (json_is_true(json_object_get(answer, "more")))
		printf("... and more\n");
}

int
cmd_job_advise(int argc, char **argv)
{
	struct request r = {.cmd = "job_advise"};
	bool json = false;
	json_t *answer;
	int rc = read_request(argc, argv, &r, &json);
	if (rc >= 0)
		return rc;
	rc = request_ask("control", "isotherm-control does not run", &r, &answer);
	if (json && answer) {
		json_dumpf(answer, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(CMD_JSON_DIGITS));
		printf("\n");
	} else if (!rc) {
		print_advice(answer);
	}
	json_decref(answer);
	return rc;
}
