/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/scenario_options.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "config/text.h"
#include "runner/scenario_keys.h"

static const char usage[] =
	"usage: isotherm-scenario FILE [--seed N] [--mode M] [--grid G] "
	"[--controller NAME] [--bound] [--trace FILE] [--truth FILE] [--threads 1|2] [--json]\n"
	"Plays a scenario in simulated time, through every room's own code, and prints its "
	"scores.\n"
	"      --seed N           everything random from this seed instead of the plant's\n"
	"      --mode M           how reticles work together, instead of the file's: sync, ind, "
	"pipe, "
	"part\n"
	"      --shares fixed|free  whether the controller may move work between reticles; free is "
	"for\n"
	"                         mpc alone\n"
	"      --grid G           resolution of the wafers, instead of the file's: reference, "
	"48x28, "
	"96x56\n"
	"      --controller NAME  instead of the file's: none, global, bang, pi, spi, mpc, or off: "
	"nobody at "
	"all\n"
	"      --bound            ask isotherm-bound how much was possible: bound_pct\n"
	"      --trace FILE       write what changed, docs/trace.md\n"
	"      --truth FILE       write the plant's true state ten times a second, as CSV\n"
	"      --restore FILE     start from a saved state of the plant instead of from rest\n"
	"      --save-at S:FILE   save the plant's state after S seconds of scenario time\n"
	"      --record FILE      write what passes on the bus, docs/hil.md\n"
	"      --replay FILE      devices answer as they did when it was recorded\n"
	"      --threads 1|2      how many play it; without: two, where there are 16 systems "
	"or more,\n"
	"                         and two processors. The results are the same\n"
	"      --json             scores, events and digest as JSON\n"
	"      --keys             tables of all scores and keys of a scenario file, as Markdown\n"
	"      --help, --version\n"
	"Exit: 0 all that is expected holds, 1 not, 64 usage, 66 no file, 69 --bound without "
	"isotherm-bound, "
	"74 the trace can't be written, 78 wrong file.\n";

enum option_id {
	OPTION_SEED = 256,
	OPTION_MODE,
	OPTION_SHARES,
	OPTION_GRID,
	OPTION_CONTROLLER,
	OPTION_TRACE,
	OPTION_TRUTH,
	OPTION_RESTORE,
	OPTION_SAVE_AT,
	OPTION_RECORD,
	OPTION_REPLAY,
	OPTION_THREADS,
	OPTION_JSON,
	OPTION_BOUND,
	OPTION_KEYS,
	OPTION_HELP,
	OPTION_VERSION
};

static int
refuse(const char *option, const char *value, const char *allowed)
{
	fprintf(stderr, "isotherm-scenario: %s %s is not available (allowed: %s)\n", option, value,
		allowed);
	return -1;
}

static int
set_mode(struct scenario_options *o, const char *value)
{
	for (int m = JOB_MODE_SYNC; m <= JOB_MODE_PART; m++)
		if (strcmp(value, scenario_mode_name((enum job_mode)m)) == 0) {
			o->mode = (enum job_mode)m;
			return 0;
		}
	return refuse("--mode", value, "sync, ind, pipe, part");
}

static int
set_shares(struct scenario_options *o, const char *value)
{
	o->shares = strcmp(value, "fixed") == 0 ? 0 : strcmp(value, "free") == 0 ? 1 : -1;
	return o->shares >= 0 ? 0 : refuse("--shares", value, "fixed, free");
}

static int
set_grid(struct scenario_options *o, const char *value)
{
	static const char *const names[] = {
		[GRID_REFERENCE] = "reference", [GRID_48X28] = "48x28", [GRID_96X56] = "96x56"};

	for (int g = GRID_REFERENCE; g <= GRID_96X56; g++)
		if (strcmp(value, names[g]) == 0) {
			o->grid = g;
			return 0;
		}
	return refuse("--grid", value, "reference, 48x28, 96x56");
}

static int
set_controller(struct scenario_options *o, const char *value)
{
	char list[100] = "off";

	o->controller = strcmp(value, "off") == 0 ? SCENARIO_OFF : controller_by_name(value);
	if (o->controller >= 0)
		return 0;
	for (int i = 0; i < CONTROLLERS; i++) {
		size_t n = strlen(list);

		(void)snprintf(list + n, sizeof list - n, ", %s",
			       controller_name((enum controller_kind)i));
	}
	return refuse("--controller", value, list);
}

static int
set_seed(struct scenario_options *o, const char *value)
{
	o->has_seed = text_code(value, &o->seed);
	return o->has_seed ? 0 : refuse("--seed", value, "a whole number of 64 bits");
}

static int
set_threads(struct scenario_options *o, const char *value)
{
	o->threads = strcmp(value, "1") == 0 ? 1 : strcmp(value, "2") == 0 ? 2 : 0;
	return o->threads > 0 ? 0 : refuse("--threads", value, "1, 2");
}

static int
set_save_at(struct scenario_options *o, const char *value)
{
	char *end;

	o->save_at_s = strtod(value, &end);
	if (end == value || *end != ':' || end[1] == '\0' || !isfinite(o->save_at_s))
		return refuse("--save-at", value, "SECONDS:FILE, in scenario time");
	o->save_path = end + 1;
	return 0;
}

/* 0 go on, 1 done (usage, version), -1 refused. */
static int
take(struct scenario_options *o, int option)
{
	switch (option) {
	case OPTION_SEED:
		return set_seed(o, optarg);
	case OPTION_MODE:
		return set_mode(o, optarg);
	case OPTION_SHARES:
		return set_shares(o, optarg);
	case OPTION_GRID:
		return set_grid(o, optarg);
	case OPTION_CONTROLLER:
		return set_controller(o, optarg);
	case OPTION_TRACE:
		o->trace_path = optarg;
		return 0;
	case OPTION_TRUTH:
		o->truth_path = optarg;
		return 0;
	case OPTION_RESTORE:
		o->restore_path = optarg;
		return 0;
	case OPTION_RECORD:
		o->record_path = optarg;
		return 0;
	case OPTION_REPLAY:
		o->replay_path = optarg;
		return 0;
	case OPTION_SAVE_AT:
		return set_save_at(o, optarg);
	case OPTION_THREADS:
		return set_threads(o, optarg);
	case OPTION_JSON:
		o->json = true;
		return 0;
	case OPTION_BOUND:
		o->bound = true;
		return 0;
	case OPTION_KEYS:
		scenario_manual(stdout);
		return 1;
	case OPTION_HELP:
		fputs(usage, stdout);
		return 1;
	case OPTION_VERSION:
		puts("isotherm-scenario " ISOTHERM_VERSION);
		return 1;
	default:
		fputs(usage, stderr);
		return -1;
	}
}

int
scenario_options_parse(struct scenario_options *o, int argc, char **argv, int *exit_code)
{
	static const struct option longs[] = {
		{"seed", required_argument, NULL, OPTION_SEED},
		{"mode", required_argument, NULL, OPTION_MODE},
		{"shares", required_argument, NULL, OPTION_SHARES},
		{"grid", required_argument, NULL, OPTION_GRID},
		{"controller", required_argument, NULL, OPTION_CONTROLLER},
		{"trace", required_argument, NULL, OPTION_TRACE},
		{"truth", required_argument, NULL, OPTION_TRUTH},
		{"restore", required_argument, NULL, OPTION_RESTORE},
		{"save-at", required_argument, NULL, OPTION_SAVE_AT},
		{"record", required_argument, NULL, OPTION_RECORD},
		{"replay", required_argument, NULL, OPTION_REPLAY},
		{"threads", required_argument, NULL, OPTION_THREADS},
		{"json", no_argument, NULL, OPTION_JSON},
		{"bound", no_argument, NULL, OPTION_BOUND},
		{"keys", no_argument, NULL, OPTION_KEYS},
		{"help", no_argument, NULL, OPTION_HELP},
		{"version", no_argument, NULL, OPTION_VERSION},
		{NULL, 0, NULL, 0}};
	int option, done = 0;

	*o = (struct scenario_options){
		.mode = JOB_MODE_IDLE, .shares = -1, .grid = -1, .controller = -1};
	while (done == 0 && (option = getopt_long(argc, argv, "", longs, NULL)) != -1)
		done = take(o, option);
	*exit_code = done > 0 ? EX_OK : EX_USAGE;
	if (done != 0)
		return -1;
	if (optind + 1 != argc) {
		fprintf(stderr, "isotherm-scenario: %s\n",
			optind == argc ? "FILE is missing" : "one FILE at a time");
		fputs(usage, stderr);
		return -1;
	}
	o->file = argv[optind];
	return 0;
}
