/* SPDX-License-Identifier: Apache-2.0 */
/* `isotherm cap`: how much power a system, or all of them together, may draw. */
#include <ctype.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/plant.h"
#include "tui/cmd.h"
#include "tui/request.h"

static const char help[] =
	"isotherm cap [--system NAME] [--json]\n"
	"isotherm cap POWER --for DURATION [--at DURATION] [--system NAME] --why TEXT [--json]\n"
	"isotherm cap --end [--system NAME] --why TEXT [--json]\n"
	"  Which power caps stand; one more; one less. Without --system: of all systems together.\n"
	"  POWER: 16500W, 16.5kW, or 80% of what is drawn now. --at: how long from now it must be\n"
	"  met (at once); power comes down by a ramp before. --for: how long it stands from then.\n"
	"  A cap of all takes most from the jobs whose watts make least; the list says what each\n"
	"  system may draw, and which are shed.\n"
	"exit: 0 done, 1 refused (and why), 2 not running or no answer: not done, 4 no answer: "
	"maybe done\n";

#define NO_POWER "%.40s is no power: 16500W, 16.5kW, or above 0 up to 100%% of what is drawn now"

struct order {
	struct request request;
	const char *power, *at, *for_;
	bool end, json;
};

/* "16500W", "16.5kW", "80%". */
static bool
read_power(const char *text, struct request *r)
{
	char *unit;
	double value = strtod(text, &unit);
	if (unit == text || !(value > 0.0 && value < 1e9))
		return false;
	if (strcmp(unit, "%") == 0 && value <= 100.0)
		r->frac = value / 100.0;
	else if (strcmp(unit, "kW") == 0)
		r->watts = value * 1000.0;
	else if (strcmp(unit, "W") == 0)
		r->watts = value;
	else
		return false;
	return true;
}

/* A power below zero looks like one; so does an option without its word. */
static int
not_an_option(char **argv)
{
	const char *next = argv[optind], *last = argv[optind - 1];
	if (next && next[0] == '-' && next[1] == optopt)
		last = next; /* more than one letter: it is not done with it */
	if (isdigit(optopt))
		return cmd_usage("cap", NO_POWER, last);
	if (optopt && strncmp(last, "--", 2) == 0 && !strchr(last, '='))
		return cmd_usage("cap", "%.60s needs a word behind it", last);
	return cmd_usage("cap", "what is \"%.60s\"?", last);
}

static int
read_options(int argc, char **argv, struct order *o)
{
	static const struct option options[] = {
		{"system", required_argument, NULL, 's'}, {"at", required_argument, NULL, 'a'},
		{"for", required_argument, NULL, 'f'},    {"why", required_argument, NULL, 'w'},
		{"end", no_argument, NULL, 'e'},          {"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},         {0}};
	int c;
	opterr = 0; /* one line is enough, and it is ours */
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (c == 'h')
			return fputs(help, stdout) < 0 ? EXIT_NOT_HEALTHY : 0;
		else if (c == 's')
			o->request.system = optarg;
		else if (c == 'a')
			o->at = optarg;
		else if (c == 'f')
			o->for_ = optarg;
		else if (c == 'w')
			o->request.why = optarg;
		else if (c == 'e')
			o->end = true;
		else if (c == 'j')
			o->json = true;
		else
			return not_an_option(argv);
	if (optind < argc)
		o->power = argv[optind++];
	if (optind < argc)
		return cmd_usage("cap", "what is \"%.60s\"?", argv[optind]);
	return -1;
}

/* -1: the request is complete; else the exit code. */
static int
read_order(int argc, char **argv, struct order *o)
{
	struct request *r = &o->request;
	struct errtext err;
	int rc = read_options(argc, argv, o);
	if (rc >= 0)
		return rc;
	bool set = o->power != NULL;
	r->cmd = set ? "cap" : o->end ? "uncap" : "caps";
	if (set && o->end)
		return cmd_usage("cap", "takes a power or --end, not both");
	if (!set && (o->at || o->for_))
		return cmd_usage("cap", "--at and --for belong to a power");
	if ((set || o->end) && (!r->why || !r->why[strspn(r->why, " ")]))
		return cmd_usage("cap", "needs --why TEXT: who reads the journal wants to know");
	if (set && !read_power(o->power, r))
		return cmd_usage("cap", NO_POWER, o->power);
	if (set && !o->for_)
		return cmd_usage("cap", "needs --for DURATION: 30s, 5m, 2h, 1d");
	if (set &&
	    request_duration_of("--for", o->for_, CAP_FOR_MIN_S, CAP_FOR_MAX_S, &r->for_s, &err))
		return cmd_usage("cap", "%s", err.text);
	if (o->at && request_duration_of("--at", o->at, 1, CAP_AT_MAX_S, &r->at_s, &err))
		return cmd_usage("cap", "%s", err.text);
	return -1;
}

static const char *
word(const json_t *o, const char *key)
{
	const char *w = json_string_value(json_object_get(o, key));
	return w ? w : "-";
}

static bool
is_in(const json_t *names, const char *name)
{
	size_t i;
	json_t *one;
	json_array_foreach(names, i, one)
	{
		if (strcmp(json_string_value(one) ? json_string_value(one) : "", name) == 0)
			return true;
	}
	return false;
}

/* What the plant file says, and what each system may draw. */
static void
print_shares(json_t *answer)
{
	static const struct {
		const char *key, *text;
	} OWN[] = {{"site_budget_w", "never more"}, {"cap_default_w", "while nobody asks"}};
	const json_t *shed = json_object_get(answer, "shed");
	const char *system;
	json_t *watts;
	for (size_t k = 0; k < sizeof OWN / sizeof OWN[0]; k++) {
		const json_t *w = json_object_get(answer, OWN[k].key);
		if (w)
			printf("%-12s %8.1f kW  %s (plant file)\n", "all systems",
			       json_number_value(w) / 1000.0, OWN[k].text);
	}
	json_object_foreach(json_object_get(answer, "shares_w"), system, watts)
	{
		printf("%-12s %8.1f kW  may be drawn now%s\n", system,
		       json_number_value(watts) / 1000.0,
		       is_in(shed, system) ? ": shed, no work" : "");
	}
}

static void
print_caps(json_t *answer)
{
	const json_t *list = json_object_get(answer, "caps");
	size_t i;
	json_t *cap;
	if (json_array_size(list) == 0)
		printf("no power cap stands\n");
	json_array_foreach(list, i, cap)
	{
		const char *system = json_string_value(json_object_get(cap, "system"));
		printf("%-12s %8.1f kW  from %s until %s  %s\n", system ? system : "all systems",
		       json_number_value(json_object_get(cap, "watts")) / 1000.0, word(cap, "at"),
		       word(cap, "until"), word(cap, "why"));
	}
	print_shares(answer);
}

int
cmd_cap(int argc, char **argv)
{
	struct order o = {0};
	json_t *answer;
	int rc = read_order(argc, argv, &o);
	if (rc >= 0)
		return rc;
	rc = request_ask("control", "isotherm-control does not run", &o.request, &answer);
	bool caps = json_is_array(json_object_get(answer, "caps"));
	const char *note = json_string_value(json_object_get(answer, "note"));
	if (o.json && answer) {
		json_dumpf(answer, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(CMD_JSON_DIGITS));
		printf("\n");
	} else if (!rc && caps) {
		print_caps(answer);
	} else if (!rc) {
		printf("%s\n", word(answer, "said"));
		if (note)
			printf("note: %s\n", note);
	}
	json_decref(answer);
	return rc;
}
