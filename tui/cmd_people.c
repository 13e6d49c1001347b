/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people decide: alarms acknowledged, commented, shelved; systems stopped, started, handed to
 * maintenance. Each is a request to the room that owns it; who asks, the kernel tells that room.
 */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "core/clock.h"
#include "tui/cmd.h"
#include "tui/pick.h"
#include "tui/request.h"

#define STANDING (1u << ALARM_UNACKED | 1u << ALARM_ACKED | 1u << ALARM_RETURNED)

enum need { NEED_NO, NEED_MAY, NEED_MUST };

/* A command: what it wants. */
struct verb {
	const char *name, *usage, *help;
	enum need text, duration, why; /* words behind the name; behind it, or --for; --why */
	double least_s, most_s;        /* of a duration */
	bool may_end, may_take;        /* --end, --take */
	unsigned states;               /* alarms: those that are meant before others */
	const char *done;              /* "acknowledged"; NULL: it is about a system */
};

enum verb_id {
	VERB_ACK,
	VERB_COMMENT,
	VERB_SHELVE,
	VERB_UNSHELVE,
	VERB_RESET,
	VERB_STOP,
	VERB_START,
	VERB_MAINTENANCE,
	VERB_COMMISSION,
	VERB_AUTO,
	VERBS
};

static const struct verb verbs[VERBS] = {
	[VERB_ACK] = {.name = "ack",
		      .usage = "isotherm ack KEY [--why TEXT]\n",
		      .help = "Somebody has seen this alarm and does something about it.\n",
		      .why = NEED_MAY,
		      .states = 1u << ALARM_UNACKED | 1u << ALARM_RETURNED,
		      .done = "acknowledged"},
	[VERB_COMMENT] = {.name = "comment",
			  .usage = "isotherm comment KEY TEXT\n",
			  .help = "Say something about an alarm; it is kept with it.\n",
			  .text = NEED_MUST,
			  .states = STANDING,
			  .done = "commented"},
	[VERB_SHELVE] =
		{.name = "shelve",
		 .usage = "isotherm shelve KEY DURATION --why TEXT\n",
		 .help = "Put an alarm aside for a time: 30s, 5m, 2h, at most 1d. It is judged "
			 "on, and\n  calls again when the time is up.\n",
		 .duration = NEED_MUST,
		 .least_s = 1,
		 .most_s = SHELF_FOR_MAX_S,
		 .why = NEED_MUST,
		 .states = STANDING,
		 .done = "shelved"},
	[VERB_UNSHELVE] = {.name = "unshelve",
			   .usage = "isotherm unshelve KEY\n",
			   .help = "Take a shelved alarm back before its time.\n",
			   .states = 1u << ALARM_SHELVED,
			   .done = "back from the shelf"},
	[VERB_RESET] = {.name = "reset",
			.usage = "isotherm reset KEY\n",
			.help = "A latched alarm (a leak, a trip) whose cause is gone returns to "
				"normal.\n",
			.states = 1u << ALARM_ACKED,
			.done = "reset"},
	[VERB_STOP] = {.name = "stop",
		       .usage = "isotherm stop SYSTEM --why TEXT\n",
		       .help = "Safe state: all cooling at once, no work within seconds, until "
			       "`isotherm start`.\n",
		       .why = NEED_MUST},
	[VERB_START] = {.name = "start",
			.usage = "isotherm start SYSTEM --why TEXT [--take]\n",
			.help = "A stopped system works again. --take: though another person has "
				"stopped it.\n",
			.why = NEED_MUST,
			.may_take = true},
	[VERB_MAINTENANCE] =
		{.name = "maintenance",
		 .usage = "isotherm maintenance SYSTEM --for DURATION --why TEXT "
			  "[--take]\n"
			  "isotherm maintenance SYSTEM --end --why TEXT [--take]\n",
		 .help = "Hand a system to its devices and take its alarms out of "
			 "service, for a time\n  (1m to 7d) or until --end. --take: though another "
			 "person\n  holds it.\n",
		 .duration = NEED_MUST,
		 .least_s = HOLD_FOR_MIN_S,
		 .most_s = HOLD_FOR_MAX_S,
		 .why = NEED_MUST,
		 .may_end = true,
		 .may_take = true},
	[VERB_COMMISSION] =
		{.name = "commission",
		 .usage = "isotherm commission SYSTEM --why TEXT\n",
		 .help = "Measure its wafer, at work and stopped: offsets of its sensors, "
			 "gains of its\n  reticles, its spread. Of either state what is "
			 "so now at once; the other when it is\n  stopped, or started "
			 "again and at work.\n",
		 .why = NEED_MUST},
	[VERB_AUTO] = {.name = "auto",
		       .usage = "isotherm auto SYSTEM [--why TEXT] [--take]\n",
		       .help = "What is set by hand (isotherm set) is given back. --take and a "
			       "reason: though\n  another person has set it.\n",
		       .why = NEED_MAY,
		       .may_take = true},
};

static const char key_help[] = "  KEY: the key of the alarm, its beginning or a pattern, if that "
			       "means one alone\n  (isotherm alarms).\n";

static const char exits[] = "exit: 0 done, 1 refused (and why), 2 not running or no answer: not "
			    "done, 4 no answer: maybe done\n";

/* What stands on the command line. */
struct order {
	const char *who; /* key or system */
	const char *why;
	char text[512];
	double for_s;
	bool end, take;
};

static int
read_options(const struct verb *v, int argc, char **argv, struct order *o, const char **duration)
{
	static const struct option options[] = {
		{"why", required_argument, NULL, 'w'}, {"for", required_argument, NULL, 'f'},
		{"end", no_argument, NULL, 'e'},       {"take", no_argument, NULL, 't'},
		{"help", no_argument, NULL, 'h'},      {0}};
	int c;
	/* digits: "-1m" is a number below 0, not some options */
	while ((c = getopt_long(argc, argv, "0123456789", options, NULL)) != -1)
		if (c == 'h')
			return printf("%s  %s%s%s", v->usage, v->help, v->done ? key_help : "",
				      exits) < 0
				       ? EX_IOERR
				       : 0;
		else if (c == 'w' && v->why != NEED_NO)
			o->why = optarg;
		else if (c == 'f' && v->duration != NEED_NO)
			*duration = optarg;
		else if (c == 'e' && v->may_end)
			o->end = true;
		else if (c == 't' && v->may_take)
			o->take = true;
		else if (c == '?')
			return EX_USAGE;
		else if (c >= '0' && c <= '9')
			return cmd_usage(v->name,
					 "-%c: there is nothing below 0 to say here; a text that "
					 "begins so goes behind --",
					 c);
		else
			return cmd_usage(v->name, "does not take --%s",
					 c == 'w'   ? "why"
					 : c == 'f' ? "for"
					 : c == 't' ? "take"
						    : "end");
	return -1;
}

/* -1: `o` is complete; else the exit code. */
static int
read_order(const struct verb *v, int argc, char **argv, struct order *o)
{
	const char *duration = NULL;
	struct errtext err;
	int rc = read_options(v, argc, argv, o, &duration);
	if (rc >= 0)
		return rc;
	if (optind < argc)
		o->who = argv[optind++];
	if (!o->who || !o->who[0])
		return cmd_usage(v->name, "needs the name of %s",
				 v->done ? "an alarm" : "a system");
	if (v->duration != NEED_NO && !duration && !o->end && optind < argc)
		duration = argv[optind++];
	if (v->text != NEED_NO && optind < argc) {
		if (cmd_join(argv + optind, o->text, sizeof(o->text)))
			return cmd_usage(v->name, "the text is longer than %zu characters",
					 sizeof(o->text) - 1);
		optind = argc;
	}
	if (optind < argc)
		return cmd_usage(v->name, "what is \"%.60s\"?", argv[optind]);
	if (v->text == NEED_MUST && !o->text[0])
		return cmd_usage(v->name, "needs a text");
	if (v->why == NEED_MUST && (!o->why || !o->why[strspn(o->why, " ")]))
		return cmd_usage(v->name, "needs --why TEXT: who reads the journal wants to know");
	if (o->end && duration)
		return cmd_usage(v->name, "takes --for or --end, not both");
	if (v->duration == NEED_MUST && !duration && !o->end)
		return cmd_usage(v->name, "needs a duration: 30s, 5m, 2h, 1d");
	if (duration && request_duration_of(v->done ? "DURATION" : "--for", duration, v->least_s,
					    v->most_s, &o->for_s, &err))
		return cmd_usage(v->name, "%s", err.text);
	return -1;
}

/* What is asked; borrows from the order. `who`: the key, or the system. */
static struct request
request_of(const struct verb *v, const struct order *o, const char *who)
{
	struct request r = {.cmd = o->end ? "end" : v->name, .for_s = o->for_s, .take = o->take};
	if (v->done)
		r.alarm = who;
	else
		r.system = who;
	if (v->why == NEED_MUST || !v->done)
		r.why = o->why;
	else /* a reason that need not be there is a comment */
		r.comment = o->text[0] ? o->text : o->why;
	return r;
}

/* --- alarms --- */

static int
find_alarm(struct attach *a, const struct verb *v, const char *who, const char **key)
{
	struct errtext err;
	uint32_t i;
	if (attach_update(a, clock_mono_ns(), clock_wall_ns(), false, &err)) {
		fprintf(stderr, "isotherm: %s\n", err.text);
		return EXIT_UNREADABLE;
	}
	if (pick_alarm(&a->model, who, v->states, &i, &err)) {
		fprintf(stderr, "isotherm: %s\n", err.text);
		return EXIT_NOT_HEALTHY;
	}
	*key = a->plant->alarms[i].key;
	return 0;
}

static int
do_alarm(const struct verb *v, int argc, char **argv)
{
	struct order o = {0};
	struct attach a;
	const char *key;
	json_t *answer = NULL;
	int rc = read_order(v, argc, argv, &o);
	if (rc >= 0)
		return rc;
	rc = cmd_attach(&a);
	if (rc)
		return rc;
	rc = find_alarm(&a, v, o.who, &key);
	if (!rc) {
		struct request r = request_of(v, &o, key);
		rc = request_ask("alarm", "isotherm-alarm does not run", &r, &answer);
		if (!rc)
			printf("%s: %s%s\n", key, v->done,
			       json_is_false(json_object_get(answer, "journalled"))
				       ? " (not in the journal yet: it can't be written)"
				       : "");
	}
	json_decref(answer);
	attach_close(&a);
	return rc;
}

int
cmd_ack(int argc, char **argv)
{
	return do_alarm(&verbs[VERB_ACK], argc, argv);
}

int
cmd_comment(int argc, char **argv)
{
	return do_alarm(&verbs[VERB_COMMENT], argc, argv);
}

int
cmd_shelve(int argc, char **argv)
{
	return do_alarm(&verbs[VERB_SHELVE], argc, argv);
}

int
cmd_unshelve(int argc, char **argv)
{
	return do_alarm(&verbs[VERB_UNSHELVE], argc, argv);
}

int
cmd_reset(int argc, char **argv)
{
	return do_alarm(&verbs[VERB_RESET], argc, argv);
}

/* --- systems --- */

static int
do_system(const struct verb *v, int argc, char **argv)
{
	struct order o = {0};
	json_t *answer;
	int rc = read_order(v, argc, argv, &o);
	if (rc >= 0)
		return rc;
	struct request r = request_of(v, &o, o.who);
	rc = request_ask("control", "isotherm-control does not run", &r, &answer);
	if (!rc)
		cmd_done(answer);
	json_decref(answer);
	return rc;
}

int
cmd_stop(int argc, char **argv)
{
	return do_system(&verbs[VERB_STOP], argc, argv);
}

int
cmd_start(int argc, char **argv)
{
	return do_system(&verbs[VERB_START], argc, argv);
}

int
cmd_maintenance(int argc, char **argv)
{
	return do_system(&verbs[VERB_MAINTENANCE], argc, argv);
}

int
cmd_auto(int argc, char **argv)
{
	return do_system(&verbs[VERB_AUTO], argc, argv);
}

int
cmd_commission(int argc, char **argv)
{
	return do_system(&verbs[VERB_COMMISSION], argc, argv);
}
