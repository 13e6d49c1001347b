/* SPDX-License-Identifier: Apache-2.0 */
/* `fault` and `check-config`. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "shell/hook_file.h"
#include "tui/cmd.h"
#include "tui/request.h"

static const char fault_help[] =
	"isotherm fault 'PATH=VALUE [over Ns]'\n"
	"isotherm fault --get PATH\n"
	"  Sets (or reads) a parameter or a fault of the simulator of a running demo. The plant "
	"must\n"
	"  allow it and have no real device. isotherm-sim --paths lists what there is.\n"
	"  isotherm fault 'cs03.zone[5].g=0.379 over 1s'\n"
	"  isotherm fault 'cs02.engine.offline=1'\n"
	"exit: 0 done, 1 refused (and why), 2 not running or no answer: not done, 4 no answer: "
	"maybe done\n";

static int
ask(const char *what, bool get)
{
	struct request r = {.cmd = get ? "get" : "fault"};
	json_t *answer;
	if (get)
		r.path = what;
	else
		r.change = what;
	int rc = request_ask("sim", "no simulator runs here", &r, &answer);
	if (!rc && get)
		printf("%.9g\n", json_number_value(json_object_get(answer, "value")));
	json_decref(answer);
	return rc;
}

int
cmd_fault(int argc, char **argv)
{
	static const struct option options[] = {
		{"get", no_argument, NULL, 'g'}, {"help", no_argument, NULL, 'h'}, {0}};
	char what[512];
	bool get = false;
	int c;
	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1)
		if (c == 'h')
			return fputs(fault_help, stdout) < 0 ? EX_IOERR : 0;
		else if (c == 'g')
			get = true;
		else
			return EX_USAGE;
	if (optind == argc)
		return cmd_usage("fault", "needs a %s", get ? "path" : "change");
	if (cmd_join(argv + optind, what, sizeof(what)))
		return cmd_usage("fault", "the change is longer than %zu characters", sizeof(what));
	return ask(what, get);
}

static const char check_help[] = "isotherm check-config FILE\n"
				 "  Reads a plant file with its types and profiles and reports "
				 "every error: file, line, key,\n"
				 "  what was found and what is allowed.\n"
				 "  A paging hook that can't be run is a warning: nobody would be "
				 "called.\n"
				 "exit: 0 correct, 78 errors\n";

static void
warn_of_hook(const char *file, const struct plant *p)
{
	struct errtext err = {""};
	if (p->paging.hook[0] && hook_file_check(p->paging.hook, &err))
		fprintf(stderr, "%s: warning: pages can't be sent by this user: %s\n", file,
			err.text);
}

int
cmd_check_config(int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {0}};
	struct plant *p = NULL;
	struct config_report report = {0};
	int c = getopt_long(argc, argv, "", options, NULL);
	if (c == 'h')
		return fputs(check_help, stdout) < 0 ? EX_IOERR : 0;
	if (c != -1)
		return EX_USAGE;
	if (optind + 1 != argc)
		return cmd_usage("check-config", "needs one plant file");
	int rc = plant_load(&p, argv[optind], &report);
	config_report_print(&report, stderr);
	if (rc)
		fprintf(stderr, "%s: %zu error%s\n", argv[optind], report.n + report.dropped,
			report.n + report.dropped == 1 ? "" : "s");
	else
		printf("%s: correct: %u systems, %u devices, %u points\n", argv[optind],
		       p->n_systems, p->n_devices, p->n_points);
	if (!rc)
		warn_of_hook(argv[optind], p);
	config_report_free(&report);
	plant_free(p);
	return rc ? EX_CONFIG : 0;
}
