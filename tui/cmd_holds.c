/* SPDX-License-Identifier: Apache-2.0 */
/* `isotherm holds`: what people hold. */
#include <getopt.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "core/rundir.h"
#include "tui/cmd.h"
#include "tui/held.h"
#include "tui/request.h"

static const char holds_help[] = "isotherm holds [SYSTEM] [--json]\n"
				 "  Who has stopped a system, taken it for maintenance or set "
				 "values by hand; why, and until "
				 "when.\n"
				 "exit: 0 done, 1 refused (and why), 2 not running or no answer: "
				 "not done, 4 no answer: maybe done\n";

/* -1: go on; else the exit code. */
static int
read_options(int argc, char **argv, bool *as_json)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {0}};
	int c;
	opterr = 0; /* one line is enough, and it is ours */
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (c == 'h')
			return fputs(holds_help, stdout) < 0 ? EXIT_NOT_HEALTHY : 0;
		else if (c != 'j')
			return cmd_usage("holds", "what is \"%.60s\"?", argv[optind - 1]);
		else
			*as_json = true;
	return -1;
}

static const char *
word(const json_t *o, const char *key)
{
	const char *w = json_string_value(json_object_get(o, key));
	return w ? w : "-";
}

static void
print_hold(const json_t *h)
{
	const json_t *uid = json_object_get(h, "uid"), *values = json_object_get(h, "values"), *v;
	char who[48];
	size_t i;
	held_user(uid ? json_integer_value(uid) : -1, who, sizeof who);
	printf("%-10s %-11s since %s until %-20s by %s: %s\n", word(h, "system"), word(h, "mode"),
	       word(h, "since"), word(h, "until"), who, word(h, "why"));
	json_array_foreach(values, i, v)
		printf("  %s = %g for another %lld s: %s\n", word(v, "point"),
		       json_number_value(json_object_get(v, "value")),
		       (long long)json_integer_value(json_object_get(v, "left_s")), word(v, "why"));
}

int
cmd_holds(int argc, char **argv)
{
	struct request request = {.cmd = "holds"};
	bool as_json = false;
	struct errtext err;
	char run_dir[PATH_MAX];
	json_t *all, *h;
	size_t i;
	int rc = read_options(argc, argv, &as_json);
	if (rc >= 0)
		return rc;
	if (optind < argc)
		request.system = argv[optind++];
	if (optind < argc)
		return cmd_usage("holds", "what is \"%.60s\"?", argv[optind]);
	all = rundir_find(false, run_dir, sizeof run_dir, &err) == 0
		      ? held_list(run_dir, request.system)
		      : NULL;
	if (!all) /* once more, for what there is to say about it */
		return request_ask("control", "isotherm-control does not run", &request, NULL);
	if (as_json) {
		json_dumpf(all, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(CMD_JSON_DIGITS));
		printf("\n");
	} else if (json_array_size(all) == 0) {
		printf("nobody holds anything\n");
	} else {
		json_array_foreach(all, i, h) print_hold(h);
	}
	json_decref(all);
	return 0;
}
