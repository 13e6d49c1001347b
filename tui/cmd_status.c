/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "core/clock.h"
#include "tui/cmd.h"
#include "tui/pace.h"
#include "tui/view.h"

#define WORST_SHOWN 5

static const char help[] =
	"isotherm status [--json | --line]\n"
	"  The key figures, the verdict and the worst systems.\n"
	"  --json   all of it, for scripts; a value that is not live is null\n"
	"  --line   one line\n"
	"exit: 0 healthy, 1 not healthy, 2 not running, 3 running but not readable by this "
	"program\n"
	"healthy: over the last 10 s every point good, no trip, no system held back or over a\n"
	"limit, no room restarted; and no alarm active\n";

/* "5.96 K", "5.96? K" when it is not live, "-" when there is none. */
static const char *
figure(const struct model *m, const struct sample *s, double scale, int decimals, char out[32])
{
	char mark = view_mark(m, s);
	if (s->quality == QUALITY_NEVER || s->quality == QUALITY_BAD)
		snprintf(out, 32, "-");
	else
		snprintf(out, 32, "%.*f%.*s", decimals, s->value * scale,
			 mark != ' ' && mark != 'S', &mark);
	return out;
}

static const char *
worst_name(const struct model *m, uint32_t system)
{
	return system < m->n_systems ? m->systems[system].name : "-";
}

static void
print_overruns(const struct model *m, FILE *to)
{
	for (int r = 0; r < REGIONS; r++)
		if (r <= REGION_CTL || m->writer[r].there)
			fprintf(to, "%s%s %llu", r ? ", " : "",
				model_writer_word((enum plant_region)r),
				(unsigned long long)m->writer[r].status.overruns);
	if (m->facility[ROLE_SIM_LATE_TICKS].quality != QUALITY_NEVER)
		fprintf(to, ", simulator %.0f", m->facility[ROLE_SIM_LATE_TICKS].value);
}

/* "2 active, 1 over (P1 2, P3 1), 2 not acknowledged, 3 shelved" */
static void
print_alarms(const struct model *m, FILE *to)
{
	const struct model_alarms *a = &m->alarms;
	const char *before = " (";
	if (!model_alarms_live(m)) {
		fputs(model_alarms_expected(m) ? "not known: the alarms' room is silent"
					       : "nothing looks for them",
		      to);
		return;
	}
	fprintf(to, "%u active", model_alarms_active(a));
	if (a->states[ALARM_RETURNED])
		fprintf(to, ", %u over", a->states[ALARM_RETURNED]);
	for (int p = ALARM_CRITICAL; p <= ALARM_LOW; p++)
		if (a->by_priority[p]) {
			fprintf(to, "%sP%d %u", before, p, a->by_priority[p]);
			before = ", ";
		}
	fprintf(to, "%s, %u not acknowledged", before[0] == ',' ? ")" : "",
		a->states[ALARM_UNACKED] + a->states[ALARM_RETURNED]);
	if (a->states[ALARM_SHELVED])
		fprintf(to, ", %u shelved", a->states[ALARM_SHELVED]);
	if (a->states[ALARM_OUT_OF_SERVICE])
		fprintf(to, ", %u out of service", a->states[ALARM_OUT_OF_SERVICE]);
}

/* What the site's other programs do, those that run. */
static void
print_programs(const struct attach *a, FILE *to)
{
	const struct model *m = &a->model;
	char v[3][32];
	if (m->writer[REGION_PAGE].there || m->facility[ROLE_ALARM_PAGES_PENDING].value > 0)
		fprintf(to, "pages     %s delivered, %s pending, %s of them tried in vain\n",
			figure(m, &m->facility[ROLE_ALARM_PAGES_DELIVERED], 1, 0, v[0]),
			figure(m, &m->facility[ROLE_ALARM_PAGES_PENDING], 1, 0, v[1]),
			figure(m, &m->facility[ROLE_ALARM_PAGES_FAILED], 1, 0, v[2]));
	if (m->writer[REGION_HIST].there)
		fprintf(to, "history   %s files, %s updates\n",
			figure(m, &m->facility[ROLE_HIST_FILES], 1, 0, v[0]),
			figure(m, &m->facility[ROLE_HIST_UPDATES], 1, 0, v[1]));
	if (m->writer[REGION_MQTT].there)
		fprintf(to, "broker    %s:%u, %s messages%s\n",
			a->plant->broker.host[0] ? a->plant->broker.host : "-",
			a->plant->broker.port,
			figure(m, &m->facility[ROLE_MQTT_MESSAGES], 1, 0, v[0]),
			m->facility[ROLE_MQTT_CONNECTED].value > 0 ? "" : ", not connected");
}

static void
print_line(const struct model *m, FILE *to)
{
	char a[32], b[32], c[32], now[32];
	fprintf(to,
		"%s %s: %u systems %s, points %u good %u stale, spread %s K %s, Tmax %s C %s, "
		"%s tokens/s, %.0f transactions, alarms ",
		clock_local_text(m->wall_ns, now, sizeof(now)), m->site, m->n_systems,
		m->health.healthy ? "healthy" : "NOT HEALTHY", m->good, m->points - m->good,
		figure(m, &m->spread_k, 1, 2, a), worst_name(m, m->spread_system),
		figure(m, &m->tmax_c, 1, 1, b), worst_name(m, m->tmax_system),
		figure(m, &m->tokens_per_s, 1, 0, c), m->transactions);
	print_alarms(m, to);
	fputs(", overruns ", to);
	print_overruns(m, to);
	fputc('\n', to);
}

static void
print_system(const struct model *m, uint32_t i, FILE *to)
{
	const struct model_system *s = &m->systems[i];
	char text[200], v[6][32];
	fprintf(to,
		"  %-10s %-11s spread %5s/%.1f K  Tmax %5s C  %5s kW  %6s A  %5s l/min  %6s tok/s",
		s->name, s->mode_live ? model_mode_word(s->mode) : "?",
		figure(m, &s->spread_k, 1, 2, v[0]), s->spread_limit_k,
		figure(m, &s->tmax_c, 1, 1, v[1]), figure(m, &s->input_w, 1e-3, 1, v[2]),
		figure(m, &s->one[ROLE_WAFER_CURRENT], 1, 0, v[3]),
		figure(m, &s->one[ROLE_LOOP_FLOW], 1, 1, v[4]),
		figure(m, &s->one[ROLE_JOB_TOKENS], 1, 0, v[5]));
	fputc('\n', to);
	if (model_system_sentence(m, i, text, sizeof(text)) != CLASS_OK)
		fprintf(to, "             %s\n", text);
}

static void
print_human(const struct attach *a, FILE *to)
{
	const struct model *m = &a->model;
	const struct pace pace = pace_of(m);
	char v[32], now[32];
	fprintf(to, "%s: %u systems, %s   %s\n", m->site, m->n_systems,
		m->health.healthy ? "healthy" : "NOT HEALTHY",
		clock_local_text(m->wall_ns, now, sizeof(now)));
	for (uint32_t i = 0; i < m->health.n; i++)
		fprintf(to, "  because: %s\n", m->health.reason[i]);
	if (m->health.dropped)
		fprintf(to, "  and %u more reasons\n", m->health.dropped);
	fprintf(to, "points    %u good, %u stale or worse, %u simulated\n", m->good,
		m->points - m->good, m->simulated);
	fprintf(to, "spread    %s K at most (%s)\n", figure(m, &m->spread_k, 1, 2, v),
		worst_name(m, m->spread_system));
	fprintf(to, "Tmax      %s C (%s)\n", figure(m, &m->tmax_c, 1, 1, v),
		worst_name(m, m->tmax_system));
	fprintf(to, "power     %s kW\n", figure(m, &m->input_w, 1e-3, 1, v));
	fprintf(to, "flow      %s l/min\n", figure(m, &m->flow_lpm, 1, 0, v));
	fprintf(to, "tokens    %s /s", figure(m, &m->tokens_per_s, 1, 0, v));
	fprintf(to, ", %s /s lost to holding back\n", figure(m, &m->cost_per_s, 1, 0, v));
	fprintf(to, "bus       %.0f transactions, %.0f errors\n", m->transactions, m->errors);
	fprintf(to, "alarms    ");
	print_alarms(m, to);
	fputc('\n', to);
	print_programs(a, to);
	fprintf(to, "overruns  ");
	print_overruns(m, to);
	if (pace.known)
		fprintf(to, "\npace      %s: %.0f of %.0f plant steps late (%.3f %%)",
			pace.valid ? "valid" : "RUN INVALID", pace.late, pace.steps,
			100.0 * pace.late_frac);
	fprintf(to, "\nworst first:\n");
	for (uint32_t i = 0; i < m->n_systems && i < WORST_SHOWN; i++)
		print_system(m, m->order[i], to);
}

enum form { FORM_HUMAN, FORM_JSON, FORM_LINE };

static int
print_json(const struct attach *a)
{
	char *text = status_json(a);
	if (!text)
		return EX_OSERR;
	puts(text);
	free(text);
	return 0;
}

int
cmd_status(int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
						{"line", no_argument, NULL, 'l'},
						{"help", no_argument, NULL, 'h'},
						{0}};
	enum form form = FORM_HUMAN;
	struct attach a;
	struct errtext err;
	int c;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (c == 'h')
			return fputs(help, stdout) < 0 ? EX_IOERR : 0;
		else if (c == '?')
			return EX_USAGE;
		else
			form = c == 'j' ? FORM_JSON : FORM_LINE;
	if (optind < argc)
		return cmd_usage("status", "takes no argument: %s", argv[optind]);
	int rc = cmd_attach(&a);
	if (rc)
		return rc;
	if (attach_update(&a, clock_mono_ns(), clock_wall_ns(), false, &err)) {
		fprintf(stderr, "isotherm: %s\n", err.text);
		rc = EXIT_UNREADABLE;
		goto out;
	}
	switch (form) {
	case FORM_HUMAN:
		print_human(&a, stdout);
		break;
	case FORM_JSON:
		rc = print_json(&a);
		break;
	case FORM_LINE:
		print_line(&a.model, stdout);
		break;
	}
	if (!rc)
		rc = a.model.health.healthy ? EXIT_HEALTHY : EXIT_NOT_HEALTHY;
out:
	attach_close(&a);
	return rc;
}
