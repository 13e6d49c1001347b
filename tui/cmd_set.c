/* SPDX-License-Identifier: Apache-2.0 */
/* `isotherm set`: a value by hand, for a time. */
#include <ctype.h>
#include <getopt.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/plant.h"
#include "tui/cmd.h"
#include "tui/request.h"

#define FOR_S 600.0 /* where nobody says for how long */

static const char set_help[] =
	"isotherm set POINT VALUE --why TEXT [--for DURATION] [--take]\n"
	"isotherm set POINT=VALUE --why TEXT [--for DURATION] [--take]\n"
	"  A value by hand for an output of a system, until its time is over (10m if it is not "
	"said,\n"
	"  a day at most) or `isotherm auto SYSTEM`. It goes there and back by a ramp. Limits, "
	"the\n"
	"  power cap and the device's own protection hold all the same: a duty is the most that a\n"
	"  reticle may do, and a wafer over its limit is cooled whatever is set. --take: though\n"
	"  another person holds the system.\n"
	"  POINT: cs03.wafer.duty_cmd_frac, cs03.wafer.C6.duty_cmd_frac, cs03.pump.speed_cmd_pct,\n"
	"  cs03.pump[0].speed_cmd_pct, cs03.hx.valve_cmd_pct, cs03.ctl.supply_setpoint_c\n"
	"exit: 0 done, 1 refused (and why), 2 not running or no answer: not done, 4 no answer: "
	"maybe done\n";

struct words {
	struct request request;
	const char *for_;
};

/* -1: go on; else the exit code. */
static int
read_options(int argc, char **argv, struct words *w)
{
	static const struct option options[] = {{"for", required_argument, NULL, 'f'},
						{"why", required_argument, NULL, 'w'},
						{"take", no_argument, NULL, 't'},
						{"help", no_argument, NULL, 'h'},
						{0}};
	int c;
	opterr = 0; /* one line is enough, and it is ours */
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (c == 'h')
			return fputs(set_help, stdout) < 0 ? EXIT_NOT_HEALTHY : 0;
		else if (c == '?' && isdigit(optopt))
			return cmd_usage("set", "a value below zero is written POINT=-%c", optopt);
		else if (c == '?')
			return cmd_usage("set", "what is \"%.60s\"?", argv[optind - 1]);
		else if (c == 'f')
			w->for_ = optarg;
		else if (c == 'w')
			w->request.why = optarg;
		else
			w->request.take = true;
	return -1;
}

/* How long, in seconds. */
static int
read_for(const char *text, double *s)
{
	struct errtext err;
	if (request_duration_of("--for", text, HAND_FOR_MIN_S, HAND_FOR_MAX_S, s, &err))
		return cmd_usage("set", "%s", err.text);
	return -1;
}

/* "POINT VALUE" or "POINT=VALUE": the name, cut out of the argument, and the text of the value. */
static const char *
value_text(int argc, char **argv, struct request *r)
{
	char *equals;
	if (optind >= argc)
		return NULL;
	r->point = argv[optind++];
	equals = strchr(r->point, '=');
	if (!equals)
		return optind < argc ? argv[optind++] : NULL;
	*equals = '\0';
	return equals + 1;
}

/* -1: the request is complete; else the exit code. */
static int
read_set(int argc, char **argv, struct words *w)
{
	struct request *r = &w->request;
	char *end;
	int rc = read_options(argc, argv, w);
	if (rc >= 0)
		return rc;
	const char *text = value_text(argc, argv, r);
	if (!r->point || !r->point[0])
		return cmd_usage("set", "needs a point and a value");
	if (!text || !text[0])
		return cmd_usage("set", "needs a value for %.60s", r->point);
	if (optind < argc)
		return cmd_usage("set", "what is \"%.60s\"?", argv[optind]);
	r->cmd = "set";
	r->has_value = true;
	r->value = strtod(text, &end);
	if (*end || !isfinite(r->value))
		return cmd_usage("set", "%.40s is no number", text);
	if (!r->why || !r->why[strspn(r->why, " ")])
		return cmd_usage("set", "needs --why TEXT: who reads the journal wants to know");
	r->for_s = FOR_S;
	return w->for_ ? read_for(w->for_, &r->for_s) : -1;
}

int
cmd_set(int argc, char **argv)
{
	struct words w = {0};
	json_t *answer;
	int rc = read_set(argc, argv, &w);
	if (rc >= 0)
		return rc;
	rc = request_ask("control", "isotherm-control does not run", &w.request, &answer);
	if (!rc)
		cmd_done(answer);
	json_decref(answer);
	return rc;
}
