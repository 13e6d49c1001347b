/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/run_options.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "core/clock.h"

static const char usage[] =
	"usage: isotherm-run -c PLANT [--for S] [--headless]\n"
	"Starts every room of a plant, watches over them, and stops them again.\n"
	"  -c, --config PLANT  plant file\n"
	"      --for S         stop S seconds after everything is up; exit 0 if the plant is "
	"healthy then, 1 "
	"if not\n"
	"      --headless      a status line a second instead of the screen (also where there is "
	"no "
	"terminal)\n"
	"      --help, --version\n"
	"Run folder: $ISOTHERM_RUN, else /run/isotherm, $XDG_RUNTIME_DIR/isotherm, "
	"/tmp/isotherm-UID.\n"
	"Logs of the rooms: $ISOTHERM_STATE/log (default /var/lib/isotherm/log).\n"
	"Exit: 0 stopped as asked, 1 not healthy, 64 usage, 66 no plant file, 69 a room can't "
	"start, 73 the "
	"run folder is taken, 78 wrong plant file.\n";

static int
parse_seconds(const char *text, int64_t *ns)
{
	char *end = NULL;
	double s = strtod(text, &end);

	if (end == text || *end != '\0' || !isfinite(s) || s < 1.0 || s > 1e8)
		return -1;
	*ns = (int64_t)(s * (double)NS_PER_S);
	return 0;
}

int
run_options_parse(struct run_options *o, int argc, char **argv, int *exit_code)
{
	static const struct option longs[] = {
		{"config", required_argument, NULL, 'c'}, {"for", required_argument, NULL, 'f'},
		{"headless", no_argument, NULL, 'H'},     {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},      {NULL, 0, NULL, 0}};
	int c;

	*o = (struct run_options){0};
	*exit_code = EX_USAGE;
	while ((c = getopt_long(argc, argv, "c:", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->plant = optarg;
			break;
		case 'f':
			if (parse_seconds(optarg, &o->for_ns) == 0)
				break;
			fprintf(stderr,
				"isotherm-run: --for %s: not a number of seconds, 1 or more\n",
				optarg);
			return -1;
		case 'H':
			o->headless = true;
			break;
		case 'h':
			fputs(usage, stdout);
			*exit_code = EX_OK;
			return -1;
		case 'v':
			puts("isotherm-run " ISOTHERM_VERSION);
			*exit_code = EX_OK;
			return -1;
		default:
			fputs(usage, stderr);
			return -1;
		}
	}
	if (o->plant == NULL || optind != argc) {
		fprintf(stderr, "isotherm-run: %s\n",
			o->plant == NULL ? "-c PLANT is missing" : "too many arguments");
		fputs(usage, stderr);
		return -1;
	}
	return 0;
}
