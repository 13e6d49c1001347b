/* SPDX-License-Identifier: Apache-2.0 */
/* `alarms`: what stands, what is put aside, and what happened. */
#include <getopt.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "core/clock.h"
#include "tui/alarm_history.h"
#include "tui/cmd.h"
#include "tui/pick.h"

#define ROWS_SHOWN 100
#define ROWS_MAX 1e6
#define FOLDED_FROM 4u /* alarms of a system that are out of service: one line */

static const char help[] =
	"isotherm alarms [--all] [--json] [PATTERN]\n"
	"isotherm alarms --history [--rows N] [--json] [KEY]\n"
	"isotherm alarms --keys [PATTERN]\n"
	"  What stands, the worst first: key, priority, state, since when, value when the state\n"
	"  last changed, limit, text; below it what to do. Then how many are put aside: shelved,\n"
	"  suppressed or out of service.\n"
	"  --all      those too; a system that is out of service is one line\n"
	"  --history  what happened and who did what, the newest first (100 rows, or --rows N):\n"
	"             isotherm-alarm is asked, whose journal it is. A system taken out of\n"
	"             service is one row\n"
	"  --keys     every alarm that there is, whatever its state\n"
	"  --json     for scripts, all that is not normal; a value that is not known is null\n"
	"exit: 0, 1 unknown alarm, 2 not running or nothing looks for alarms, 3 running but not\n"
	"readable by this program\n";

struct wish {
	bool all, json, history, keys;
	const char *pattern; /* NULL: every one */
	double rows;
};

/* --- what is --- */

/* "2026-11-26T14:31:58Z", "-" */
static const char *
when(int64_t wall_ns, char out[40])
{
	if (wall_ns <= 0)
		return "-";
	clock_utc_text(wall_ns, out, 40);
	if (strlen(out) > 19)
		snprintf(out + 19, 2, "Z");
	return out;
}

static bool
wished(const struct wish *w, const struct model *m, uint32_t i)
{
	return !w->pattern || pick_matches(w->pattern, m->alarms.plant->alarms[i].key);
}

static void
print_alarm(const struct model *m, uint32_t i)
{
	const struct model_alarm *a = &m->alarms.all[i];
	char text[96], value[40], limit[40], since[40];
	printf("%-30s P%d %-7s %-20s %12s  %-12s %s\n", m->alarms.plant->alarms[i].key,
	       (int)model_alarm_record(m, i)->priority, model_alarm_word(a->state),
	       when(a->raised_wall_ns, since),
	       model_alarm_value(m, i, &a->at_change, value, sizeof(value)),
	       model_alarm_limit(m, i, limit, sizeof(limit)),
	       alarm_text(m->alarms.plant, i, text, sizeof(text)));
	if (a->state == ALARM_UNACKED || a->state == ALARM_ACKED || a->state == ALARM_RETURNED)
		printf("    %s\n", model_alarm_record(m, i)->action);
}

static bool
is_out_of(const struct model *m, uint32_t i, int32_t system)
{
	return m->alarms.all[i].state == ALARM_OUT_OF_SERVICE &&
	       m->alarms.plant->alarms[i].system == system;
}

/* What is out of service with its whole system is a line, unless it was asked for. */
static bool
is_folded(const struct model *m, const struct wish *w, uint32_t i)
{
	int32_t system = m->alarms.plant->alarms[i].system;
	uint32_t n = 0;
	if (w->pattern || system == SITE || !is_out_of(m, i, system))
		return false;
	for (uint32_t k = 0; k < m->alarms.n_aside && n < FOLDED_FROM; k++)
		n += is_out_of(m, m->alarms.aside[k], system);
	return n == FOLDED_FROM;
}

static uint32_t
print_folded(const struct model *m, const struct wish *w)
{
	const struct model_alarms *a = &m->alarms;
	uint32_t shown = 0;
	for (int32_t s = 0; s < (int32_t)m->n_systems; s++) {
		uint32_t n = 0;
		for (uint32_t k = 0; k < a->n_aside; k++)
			n += is_out_of(m, a->aside[k], s) && is_folded(m, w, a->aside[k]);
		if (n)
			printf("%-30s    %-7s %u alarms of %s are out of service (isotherm alarms "
			       "--all '%s.*')\n",
			       a->plant->systems[s].name, model_alarm_word(ALARM_OUT_OF_SERVICE), n,
			       a->plant->systems[s].name, a->plant->systems[s].name);
		shown += n;
	}
	return shown;
}

static void
print_list(const struct model *m, const struct wish *w)
{
	const struct model_alarms *a = &m->alarms;
	uint32_t shown = 0;
	if (a->n_standing || (w->all && a->n_aside))
		printf("%-30s %-2s %-7s %-20s %12s  %-12s %s\n", "KEY", "PR", "STATE", "SINCE",
		       "VALUE", "LIMIT", "TEXT; WHAT TO DO");
	for (uint32_t i = 0; i < a->n_standing; i++)
		if (wished(w, m, a->standing[i])) {
			print_alarm(m, a->standing[i]);
			shown++;
		}
	for (uint32_t i = 0; w->all && i < a->n_aside; i++)
		if (wished(w, m, a->aside[i]) && !is_folded(m, w, a->aside[i])) {
			print_alarm(m, a->aside[i]);
			shown++;
		}
	if (w->all)
		shown += print_folded(m, w);
	if (shown == 0)
		puts("no alarm");
	if (!w->all && a->n_aside)
		printf("%u put aside (isotherm alarms --all)\n", a->n_aside);
	if (a->flood)
		printf("flood: %u in 10 minutes; the first out on top\n", a->recent);
}

static void
print_keys(const struct model *m, const struct wish *w)
{
	char text[96];
	for (uint32_t i = 0; i < m->alarms.n; i++)
		if (wished(w, m, i))
			printf("%-34s P%d %-7s %s\n", m->alarms.plant->alarms[i].key,
			       (int)model_alarm_record(m, i)->priority,
			       model_alarm_word(m->alarms.all[i].state),
			       alarm_text(m->alarms.plant, i, text, sizeof(text)));
}

static json_t *
number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *
alarm_json(const struct model *m, uint32_t i)
{
	const struct plant *p = m->alarms.plant;
	const struct model_alarm *a = &m->alarms.all[i];
	const struct alarm_record *r = model_alarm_record(m, i);
	const struct alarm *alarm = &p->alarms[i];
	bool has_limit = r->type != ALARM_BIT && r->type != ALARM_STALE;
	char text[96], since[40];
	json_t *o = json_object();
	json_object_set_new(o, "alarm", json_string(alarm->key));
	json_object_set_new(o, "priority", json_integer(r->priority));
	json_object_set_new(o, "state", json_string(model_alarm_state_name(a->state)));
	json_object_set_new(o, "since",
			    a->raised_wall_ns > 0 ? json_string(when(a->raised_wall_ns, since))
						  : json_null());
	json_object_set_new(o, "value", number(a->at_change.value));
	json_object_set_new(o, "now",
			    sample_usable(&a->input) ? number(a->input.value) : json_null());
	json_object_set_new(o, "limit", has_limit ? number(a->limit) : json_null());
	json_object_set_new(o, "unit", json_string(role_table[r->role].unit));
	json_object_set_new(o, "text", json_string(alarm_text(p, i, text, sizeof(text))));
	json_object_set_new(o, "action", json_string(r->action));
	json_object_set_new(o, "cause", json_string(r->cause));
	json_object_set_new(o, "consequence", json_string(r->consequence));
	json_object_set_new(
		o, "system",
		json_string(alarm->system == SITE ? "site" : p->systems[alarm->system].name));
	json_object_set_new(o, "episode", json_integer((json_int_t)a->episode));
	json_object_set_new(o, "page", json_boolean(r->page));
	json_object_set_new(o, "latched", json_boolean(r->latched));
	return o;
}

static int
print_list_json(const struct model *m, const struct wish *w)
{
	const struct model_alarms *a = &m->alarms;
	json_t *list = json_array();
	for (uint32_t i = 0; i < a->n_standing; i++)
		if (wished(w, m, a->standing[i]))
			json_array_append_new(list, alarm_json(m, a->standing[i]));
	for (uint32_t i = 0; i < a->n_aside; i++)
		if (wished(w, m, a->aside[i]))
			json_array_append_new(list, alarm_json(m, a->aside[i]));
	return alarm_print_json(json_pack("{s:s, s:b, s:b, s:o}", "site", m->site, "live",
					  model_alarms_live(m), "flood", a->flood, "alarms", list));
}

static bool
any_wished(const struct wish *w, const struct model *m)
{
	for (uint32_t i = 0; i < m->alarms.n; i++)
		if (wished(w, m, i))
			return true;
	return !w->pattern;
}

static int
show(const struct wish *w, const struct model *m)
{
	if (!any_wished(w, m)) {
		fprintf(stderr,
			"isotherm: no alarm \"%.60s\" (isotherm alarms --keys lists them)\n",
			w->pattern);
		return EXIT_NOT_HEALTHY;
	}
	if (w->json)
		return print_list_json(m, w);
	if (w->keys)
		print_keys(m, w);
	else
		print_list(m, w);
	return 0;
}

static int
list(const struct wish *w)
{
	struct attach a;
	struct errtext err;
	int rc = cmd_attach(&a);
	if (rc)
		return rc;
	const struct model_writer *writer = &a.model.writer[REGION_ALM];
	if (attach_update(&a, clock_mono_ns(), clock_wall_ns(), false, &err)) {
		fprintf(stderr, "isotherm: %s\n", err.text);
		rc = EXIT_UNREADABLE;
	} else if (!writer->there) {
		fprintf(stderr,
			"isotherm: isotherm-alarm does not run: nothing looks for alarms\n");
		rc = EXIT_NOT_RUNNING;
	} else {
		rc = show(w, &a.model);
	}
	if (!rc && !writer->status.alive) {
		fprintf(stderr,
			"isotherm: isotherm-alarm is silent for %.0f s: this is what was then\n",
			(double)writer->age_ns / 1e9);
		rc = EXIT_NOT_RUNNING;
	}
	attach_close(&a);
	return rc;
}

int
cmd_alarms(int argc, char **argv)
{
	static const struct option options[] = {{"all", no_argument, NULL, 'a'},
						{"history", no_argument, NULL, 'H'},
						{"json", no_argument, NULL, 'j'},
						{"keys", no_argument, NULL, 'k'},
						{"rows", required_argument, NULL, 'r'},
						{"help", no_argument, NULL, 'h'},
						{0}};
	struct wish w = {.rows = ROWS_SHOWN};
	bool rows = false;
	int c;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (c == 'h')
			return fputs(help, stdout) < 0 ? EX_IOERR : 0;
		else if (c == '?')
			return EX_USAGE;
		else if (c == 'r' && !cmd_number(optarg, 1, ROWS_MAX, &w.rows))
			return cmd_usage("alarms", "--rows %.20s is no number from 1 to 1e6",
					 optarg);
		else
			*(c == 'r'   ? &rows
			  : c == 'a' ? &w.all
			  : c == 'H' ? &w.history
			  : c == 'k' ? &w.keys
				     : &w.json) = true;
	if (optind < argc)
		w.pattern = argv[optind++];
	if (optind < argc)
		return cmd_usage("alarms", "takes one pattern: %.60s", argv[optind]);
	if (rows && !w.history)
		return cmd_usage("alarms", "--rows is for --history");
	return w.history ? alarm_history(w.pattern, (size_t)w.rows, w.json) : list(&w);
}
