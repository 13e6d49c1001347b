/* SPDX-License-Identifier: Apache-2.0 */
/* `isotherm job`: what runs, where, and how fast; and what a workload manager says of it. */
#include <getopt.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/rundir.h"
#include "tui/cmd.h"
#include "tui/request.h"

static const char help[] =
	"isotherm job list [--json]\n"
	"isotherm job start NAME [--json]\n"
	"isotherm job end NAME [--json]\n"
	"isotherm job advise [NAME | --systems N ...] [--json]\n"
	"  The jobs that run, a line each: name, tenant, mode, on how many systems, rate of the\n"
	"  slowest of them, tokens a second of all, lost to holding back, the longest that one of\n"
	"  its systems waits for others, and which one they wait for.\n"
	"  start, end: what a workload manager's prolog and epilog call. A job of this plant may\n"
	"  start if it does not run and all its systems are fit for work; the end of one says what "
	"it\n"
	"  has done, used and lost. In a simulated plant the simulator then runs it, or no "
	"longer.\n"
	"  advise: where a job should run, and what that will be like (advise --help).\n"
	"  --json     for scripts; a value that is not known is null, and so is \"jobs\" where no\n"
	"  engine block is heard; \"not_known\" names the systems whose data is old\n"
	"exit: 0, 1 refused (and why), or list: not known of every system, 2 not running or no\n"
	"  answer: not done, 3 running but not readable by this program, 4 no answer: maybe done\n";

static json_t *
value_of(const struct sample *s)
{
	return sample_usable(s) && isfinite(s->value) ? json_real(s->value) : json_null();
}

static bool
runs_on(const struct model_system *s, uint32_t number)
{
	for (uint32_t k = 0; k < JOBS_MAX; k++)
		if (sample_usable(&s->slot_id[k]) && lrint(s->slot_id[k].value) == (long)number)
			return true;
	return false;
}

static json_t *
job_json(const struct model *m, const struct model_job *j)
{
	bool slow = j->straggler < m->n_systems;
	json_t *systems = json_array();
	json_t *o = json_pack("{si ss ss* ss so}", "number", (int)j->number, "name", j->name,
			      "tenant", j->tenant[0] ? j->tenant : NULL, "mode",
			      model_job_mode_word(j->mode), "systems", systems);
	for (uint32_t s = 0; o && s < m->n_systems; s++)
		if (runs_on(&m->systems[s], j->number))
			json_array_append_new(systems, json_string(m->systems[s].name));
	json_object_set_new(o, "reticles", json_integer(j->n_reticles));
	json_object_set_new(o, "rate_frac", value_of(&j->rate_frac));
	json_object_set_new(o, "tokens_per_s", value_of(&j->tokens_per_s));
	json_object_set_new(o, "cost_per_s", value_of(&j->cost_per_s));
	json_object_set_new(o, "wait_frac", value_of(&j->wait_frac));
	json_object_set_new(o, "straggler",
			    slow ? json_string(m->systems[j->straggler].name) : json_null());
	json_object_set_new(o, "straggler_cost_per_s",
			    slow ? value_of(&j->straggler_cost_per_s) : json_null());
	return o;
}

/* Nothing is known of any system that could run one: no list at all, which is not an empty list. */
static bool
nothing_known(const struct model *m)
{
	return m->jobs.n_unknown > 0 && m->jobs.n_unknown == m->jobs.n_named;
}

static int
print_json(const struct model *m)
{
	json_t *list = nothing_known(m) ? json_null() : json_array(), *unknown = json_array();
	json_t *root = json_pack("{so so}", "jobs", list, "not_known", unknown);
	for (uint32_t i = 0; root && i < m->jobs.n; i++)
		json_array_append_new(list, job_json(m, &m->jobs.job[i]));
	for (uint32_t s = 0; root && s < m->n_systems; s++)
		if (model_jobs_unknown(&m->systems[s]))
			json_array_append_new(unknown, json_string(m->systems[s].name));
	int rc = root ? json_dumpf(root, stdout,
				   JSON_INDENT(1) | JSON_REAL_PRECISION(CMD_JSON_DIGITS))
		      : -1;
	printf("\n");
	json_decref(root);
	return rc ? EXIT_UNREADABLE : 0;
}

static void
print_number(const struct sample *s, double scale, int width)
{
	if (sample_usable(s) && isfinite(s->value))
		printf(" %*.0f", width, s->value * scale);
	else
		printf(" %*s", width, "-");
}

static void
print_list(const struct model *m)
{
	printf("JOB              TENANT    MODE SYS RATE%% TOKENS/S  -COST WAIT%% SLOWEST\n");
	for (uint32_t i = 0; i < m->jobs.n; i++) {
		const struct model_job *j = &m->jobs.job[i];
		printf("%-16.16s %-9.9s %-4s %3u", j->name, j->tenant[0] ? j->tenant : "-",
		       model_job_mode_word(j->mode), j->n_systems);
		print_number(&j->rate_frac, 100, 5);
		print_number(&j->tokens_per_s, 1, 8);
		print_number(&j->cost_per_s, 1, 6);
		print_number(&j->wait_frac, 100, 5);
		printf(" %s\n", j->straggler < m->n_systems ? m->systems[j->straggler].name : "-");
	}
}

/* Who reads the list must not take for idle what nobody has heard of. */
static int
tell_unknown(const struct model *m)
{
	const char *before = ": ";
	if (m->jobs.n_unknown == 0)
		return 0;
	fprintf(stderr, "isotherm: what runs is not known of %u of %u systems, their data is old",
		m->jobs.n_unknown, m->jobs.n_named);
	for (uint32_t s = 0; s < m->n_systems && !nothing_known(m); s++)
		if (model_jobs_unknown(&m->systems[s])) {
			fprintf(stderr, "%s%s", before, m->systems[s].name);
			before = ", ";
		}
	fprintf(stderr, "\n");
	return EXIT_NOT_HEALTHY;
}

static int
list(bool json)
{
	struct attach a;
	struct errtext err;
	int rc = cmd_attach(&a);
	if (rc)
		return rc;
	if (attach_update(&a, clock_mono_ns(), clock_wall_ns(), false, &err)) {
		fprintf(stderr, "isotherm: %s\n", err.text);
		rc = EXIT_UNREADABLE;
	} else if (json) {
		rc = print_json(&a.model);
	} else if (!nothing_known(&a.model)) {
		print_list(&a.model);
	}
	if (!rc)
		rc = tell_unknown(&a.model);
	attach_close(&a);
	return rc;
}

/* The simulator stands in for the workload manager where there is one. */
static int
tell_simulator(const char *job, bool start)
{
	char run_dir[PATH_MAX], path[PATH_MAX + 16];
	struct errtext err;
	struct request r = {.cmd = "job", .job = job, .run = start ? "yes" : "no"};
	if (rundir_find(false, run_dir, sizeof(run_dir), &err))
		return 0;
	snprintf(path, sizeof(path), "%s/sim.sock", run_dir);
	return access(path, F_OK) ? 0 : request_ask("sim", "the simulator is gone", &r, NULL);
}

static int
start_or_end(const char *job, bool start, bool json)
{
	struct request r = {.cmd = start ? "job_start" : "job_end", .job = job};
	json_t *answer;
	int rc = request_ask("control", "isotherm-control does not run", &r, &answer);
	const char *said = json_string_value(json_object_get(answer, "said"));
	if (!rc && (rc = tell_simulator(job, start)) != 0)
		fprintf(stderr, "isotherm: but the controllers have noted it: %s\n",
			said ? said : "done");
	if (json && answer) {
		json_dumpf(answer, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(CMD_JSON_DIGITS));
		printf("\n");
	} else if (!rc) {
		printf("%s\n", said ? said : "done");
	}
	json_decref(answer);
	return rc;
}

int
cmd_job(int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {0}};
	bool json = false;
	int c;
	if (argc > 1 && strcmp(argv[1], "advise") == 0)
		return cmd_job_advise(argc - 1, argv + 1);
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (c == 'h')
			return fputs(help, stdout) < 0 ? EXIT_NOT_HEALTHY : 0;
		else if (c == 'j')
			json = true;
		else
			return cmd_usage("job", "what is that?");
	const char *verb = optind < argc ? argv[optind] : "";
	const char *job = optind + 1 < argc ? argv[optind + 1] : NULL;
	bool start = strcmp(verb, "start") == 0;
	if (optind + 2 < argc)
		return cmd_usage("job", "what is \"%.60s\"?", argv[optind + 2]);
	if (start || strcmp(verb, "end") == 0)
		return job ? start_or_end(job, start, json)
			   : cmd_usage("job", "%s needs the NAME of a job", verb);
	if (strcmp(verb, "list") != 0 || job)
		return cmd_usage("job", "list, start NAME, end NAME and advise are what there is");
	return list(json);
}
