/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of jobs: what is read, what follows from it, and that what is wrong is told with file, line and key. */
#include <math.h>
#include <unistd.h>

#include "config/job.h"

#include "config_fixture.h"

#define HEAD                                                                                       \
	"site: test\n"                                                                             \
	"systems:\n"                                                                               \
	"  - {name: cs%02d, count: 4, type: water}\n"
#define JOBS HEAD "jobs:\n"

static struct plant *
parsed(const char *text)
{
	struct config_report report = {0};
	struct plant *p = NULL;

	if (plant_parse(&p, text, strlen(text), "t.yaml", "config", &report) != 0)
		config_report_print(&report, stderr);
	assert_non_null(p);
	config_report_free(&report);
	return p;
}

static void
near(double x, double expected)
{
	if (!(fabs(x - expected) <= 1e-12 * fmax(1.0, fabs(expected))))
		fail_msg("%.15g is not %.15g", x, expected);
}

static void
the_short_form_is_one_job_on_all(void **state)
{
	struct plant *p = parsed(HEAD "job: {mode: ind, tokens_per_s: 1234}\n");

	(void)state;
	assert_int_equal(p->n_jobs, 1);
	assert_int_equal(p->jobs[0].mode, JOB_MODE_IND);
	assert_int_equal(p->jobs[0].n_systems, 4);
	assert_int_equal(p->jobs[0].n_reticles, RETICLES);
	near(p->jobs[0].tokens_full, 1234);
	assert_false(p->jobs_listed);
	plant_free(p);
	p = parsed(HEAD);
	near(p->jobs[0].tokens_full, 2000);
	assert_int_equal(p->jobs[0].mode, JOB_MODE_SYNC);
	plant_free(p);
}

static const char full_list[] = JOBS
	"  - {name: big, tenant: lab, systems: cs00..cs02, kind: train, memory_gb: 400,\n"
	"     layers: [{sigma_s: 0.02, tau_s: 0.03, count: 96}, {sigma_s: 0.5, tau_s: 0.1}],\n"
	"     bar_s: 0.001, batch: 65536, reduce_s: 0.02, end_s: 100}\n"
	"  - {name: east, tenant: site-b, class: grant, systems: [cs03], reticles: columns 6-11,\n"
	"     mode: pipe, stages: [{cost: 4}, {cost: 2}, {cost: 1}], memory_gb: 12, floor: 0.5,\n"
	"     sparsity: 0.5, sparse_skip: 0.8}\n"
	"  - {name: corner, systems: cs03, reticles: rectangle r00c00..r01c02, mode: ind, weight: "
	"2}\n"
	"  - {name: rest, systems: cs03, reticles: 36-41, work_tokens: 1e6, kind: infer}\n"
	"  - {name: cycle, systems: [cs00..cs01, cs02], start_s: 100,\n"
	"     period: {period_s: 12, compute: 0.6, stream: 0.4, activity: 0.335}}\n";

static void
check_full_list(const struct plant *p)
{
	const struct job_config *j = p->jobs;

	assert_int_equal(p->n_jobs, 5);
	assert_true(p->jobs_listed);
	assert_int_equal(plant_job(p, "rest"), 3);
	assert_int_equal(plant_job(p, "none"), -1);
	/* layers: sum of max(sigma, tau) + bar */
	assert_int_equal(j[0].mode, JOB_MODE_SYNC);
	assert_true(j[0].on[0] && j[0].on[2] && !j[0].on[3]);
	near(job_pass_s(&j[0], 1.0), 96 * 0.031 + 0.501);
	near(job_pass_s(&j[0], 0.5), 96 * 0.061 + 0.501);
	near(j[0].tokens_full, 65536 / (96 * 0.031 + 0.501));
	near(j[0].used_gb, 400.0 / 97);
	/* stages: costs of the dearest, reticles in proportion */
	assert_int_equal(j[1].n_reticles, 42);
	assert_int_equal(j[1].class, JOB_GRANT);
	near(j[1].stages[0].cost_frac, 1);
	near(j[1].stages[2].cost_frac, 0.25);
	assert_int_equal(j[1].stages[0].reticles, 24);
	assert_int_equal(j[1].stages[1].reticles, 12);
	assert_int_equal(j[1].stages[2].reticles, 6);
	near(job_sparse_speed(&j[1]), 1 / 0.6);
	near(job_sparse_power(&j[1]), 0.85);
	near(j[1].tokens_full, 2000 / 0.6 / 2);
	assert_true(j[2].reticle[0] && j[2].reticle[14] && !j[2].reticle[15] && !j[2].reticle[3]);
	assert_int_equal(j[2].n_reticles, 6);
	assert_true(j[3].reticle[36] && j[3].reticle[41] && !j[3].reticle[42]);
	near(j[3].work_tokens, 1e6);
	assert_true(isnan(j[3].end_s));
	/* the period's two layers: 7.2 s of work; 4.8 s of which work takes 33.5 % */
	assert_int_equal(j[4].n_layers, 2);
	near(j[4].layers[0].tau_s, 7.2);
	near(j[4].layers[1].sigma_s, 4.8);
	near(job_pass_s(&j[4], 1.0), 12);
	near(job_pass_s(&j[4], 0.335), 7.2 / 0.335 + 4.8);
	near(job_pass_s(&j[4], 0.2), 7.2 / 0.2 + 4.8 * 0.335 / 0.2);
}

static void
a_list_is_read_and_written_as_the_same(void **state)
{
	struct plant *p = parsed(full_list), *again;
	char dir[64], path[80], *text;
	size_t len;

	(void)state;
	check_full_list(p);
	folder_make(dir);
	snprintf(path, sizeof(path), "%s/r.yaml", dir);
	assert_int_equal(plant_write_resolved(p, path), 0);
	text = file_text(path, &len);
	again = parsed(text);
	check_full_list(again);
	assert_int_equal(again->jobs[1].stages[1].reticles, 12);
	near(again->jobs[1].floor_frac, 0.5);
	assert_string_equal(again->jobs[1].tenant, "site-b");
	free(text);
	plant_free(p);
	plant_free(again);
	folder_remove(dir);
}

static void
memory_decides_the_mode(void **state)
{
	struct plant *p = parsed(JOBS "  - {name: a, systems: cs00, memory_gb: 38}\n"
				      "  - {name: b, systems: cs01, memory_gb: 38.1}\n"
				      "  - {name: c, systems: cs02}\n"
				      "  - {name: d, systems: cs03, memory_gb: 19, reticles: 0-41, "
				      "working_gb: 0.1}\n");

	(void)state;
	assert_int_equal(p->jobs[0].mode, JOB_MODE_PIPE);
	assert_int_equal(p->jobs[0].n_stages, 1);
	near(p->jobs[0].used_gb, 38);
	assert_int_equal(p->jobs[1].mode, JOB_MODE_SYNC);
	assert_int_equal(p->jobs[2].mode, JOB_MODE_SYNC);
	assert_int_equal(p->jobs[3].mode, JOB_MODE_SYNC);
	plant_free(p);
}

static const struct {
	const char *text;
	unsigned line;
	const char *key, *hint;
} errors[] = {
	{JOBS "  - {tenant: lab}\n", 5, "jobs[0].name", "missing"},
	{JOBS "  - {name: A}\n", 5, "jobs[0].name", "no name"},
	{JOBS "  - {name: a, tenant: 9x}\n", 5, "jobs[0].tenant", "no name"},
	{JOBS "  - {name: a, mode: part}\n", 5, "jobs[0].mode", "(allowed: auto, sync, ind, pipe)"},
	{JOBS "  - {name: a, kind: play}\n", 5, "jobs[0].kind", "(allowed: train, eval, infer)"},
	{JOBS "  - {name: a, class: x}\n", 5, "jobs[0].class", "(allowed: own, grant)"},
	{JOBS "  - {name: a, density: 3.5}\n", 5, "jobs[0].density", "0..3"},
	{JOBS "  - {name: a, sparsity: 1}\n", 5, "jobs[0].sparsity", "0..0.99"},
	{JOBS "  - {name: a, densty: 1}\n", 5, "jobs[0].densty", "density"},
	{JOBS "  - {name: a, systems: cs9}\n", 5, "jobs[0].systems", "cs00 .. cs03"},
	{JOBS "  - {name: a, systems: [cs00,\n      cs04]}\n", 6, "jobs[0].systems[1]", "cs04"},
	{JOBS "  - {name: a, systems: cs02..cs01}\n", 5, "jobs[0].systems", "FIRST..LAST"},
	{JOBS "  - {name: a, systems: []}\n", 5, "jobs[0].systems", "is empty"},
	{JOBS "  - {name: a, systems: {b: c}}\n", 5, "jobs[0].systems", "a mapping"},
	{JOBS "  - {name: a, reticles: columns 3-12}\n", 5, "jobs[0].reticles", "0..11"},
	{JOBS "  - {name: a, reticles: columns 3-2}\n", 5, "jobs[0].reticles", "columns"},
	{JOBS "  - {name: a, reticles: 80-84}\n", 5, "jobs[0].reticles", "0..83"},
	{JOBS "  - {name: a, reticles: rectangle r00c00..r07c00}\n", 5, "jobs[0].reticles",
	 "r06c11"},
	{JOBS "  - {name: a, reticles: rectangle r02c00..r01c00}\n", 5, "jobs[0].reticles",
	 "names no"},
	{JOBS "  - {name: a, start_s: 10, end_s: 10}\n", 5, "jobs[0].end_s", "a later time"},
	{JOBS "  - {name: a, batch: 10}\n", 5, "jobs[0].batch", "with layers"},
	{JOBS "  - {name: a, batch: 10, tokens_per_s: 5, layers: [{tau_s: 1}]}\n", 5,
	 "jobs[0].batch", "one of them"},
	{JOBS "  - {name: a, layers: []}\n", 5, "jobs[0].layers", "is empty"},
	{JOBS "  - {name: a, layers: [{tau_s: 0}]}\n", 5, "jobs[0].layers[0].tau_s", "above 0"},
	{JOBS "  - {name: a, layers: [{tau_s: 1},\n      {sigma_s: -1, tau_s: 1}]}\n", 6,
	 "jobs[0].layers[1].sigma_s", "0..3600"},
	{JOBS "  - {name: a, mode: pipe, layers: [{tau_s: 1}]}\n", 5, "jobs[0].layers",
	 "sync or ind"},
	{JOBS "  - {name: a, mode: ind, bar_s: 0.01}\n", 5, "jobs[0].bar_s", "no barrier"},
	{JOBS "  - {name: a, together: maybe}\n", 5, "jobs[0].together", "yes nor no"},
	{JOBS "  - {name: a, mode: ind, layers: [{tau_s: 0.05}]}\n", 5, "jobs[0].layers", "0.1 s"},
	{JOBS "  - {name: a, mode: ind, sparsity: 0.9, layers: [{tau_s: 0.15}]}\n", 5,
	 "jobs[0].layers", "0.1 s"},
	{JOBS "  - {name: a, period: {period_s: 12, compute: 0.6, stream: 0.3, activity: 1}}\n", 5,
	 "jobs[0].period.stream", "1 together"},
	{JOBS "  - {name: a, period: {compute: 0.6, stream: 0.4, activity: 1}}\n", 5,
	 "jobs[0].period.period_s", "missing"},
	{JOBS "  - {name: a, stages: [{cost: 1}]}\n", 5, "jobs[0].stages", "mode pipe"},
	{JOBS "  - {name: a, mode: pipe, stages: [{cost: 1, reticles: 40}, {cost: 1}]}\n", 5,
	 "jobs[0].stages", "in all, or in none"},
	{JOBS "  - {name: a, mode: pipe, stages: [{cost: 1, reticles: 40}]}\n", 5, "jobs[0].stages",
	 "have 40 reticles, the job 84"},
	{JOBS "  - {name: a, mode: pipe, stages: [{cost: 0, reticles: 84}]}\n", 5,
	 "jobs[0].stages[0].cost", "1e-06"},
	{JOBS "  - {name: a, mode: pipe, stages: [{cost: 1000},\n      {cost: 0.0001}]}\n", 6,
	 "jobs[0].stages[1].cost", "1e-06..1"},
	{JOBS
	 "  - {name: a, mode: pipe, reticles: 0-1, stages: [{cost: 1}, {cost: 1}, {cost: 1}]}\n",
	 5, "jobs[0].stages", "at most one a reticle"},
	/* what does not fit the wafer is refused, or streamed */
	{JOBS "  - {name: a, mode: pipe, memory_gb: 39}\n", 5, "jobs[0].memory_gb", "0..38"},
	{JOBS "  - {name: a, mode: ind, reticles: 0-41, memory_gb: 20}\n", 5, "jobs[0].memory_gb",
	 "0..19"},
	{JOBS "  - {name: a, working_gb: 39}\n", 5, "jobs[0].working_gb", "0..38"},
	/* between jobs */
	{JOBS "  - {name: a, systems: cs00}\n  - {name: a, systems: cs01}\n", 6, "jobs[1].name",
	 "line 5"},
	{JOBS "  - {name: a, reticles: columns 0-5}\n"
	      "  - {name: b, reticles: rectangle r03c05..r04c07, systems: cs03}\n",
	 6, "jobs[1].reticles", "overlaps job \"a\" of line 5, at r03c05"},
	{JOBS "  - {name: a, end_s: 50}\n  - {name: b, start_s: 49}\n", 6, "jobs[1].reticles",
	 "overlaps"},
	/* behind work that ends by itself one waits; behind what never ends nobody can */
	{JOBS
	 "  - {name: a, systems: cs00, start_s: 10}\n  - {name: b, systems: cs01, work_tokens: 5}\n"
	 "  - {name: c, systems: cs00..cs02, start_s: 20}\n",
	 7, "jobs[2].reticles", "overlaps job \"a\""},
	{HEAD "job: {mode: sync}\njobs:\n  - {name: a}\n", 4, "job", "beside jobs"},
	{HEAD "jobs_file: x.yaml\njobs:\n  - {name: a}\n", 4, "jobs_file", "beside jobs"},
	{HEAD "jobs_file: none.yaml\n", 4, "jobs_file", "can't be read"},
	{JOBS "  - 5\n", 5, "jobs[0]", "a mapping"},
	{HEAD "jobs: 5\n", 4, "jobs", "a list"},
};

static void
each_error_stands_at_its_line_and_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		assert_one_error(errors[i].text, errors[i].line, errors[i].key, errors[i].hint);
}

static void
all_errors_of_a_file_are_told_at_once(void **state)
{
	static const char text[] = "jobs:\n"
				   "  - {name: a, density: -1}\n"
				   "  - {name: b, systems: cs77, mode: pipe, memory_gb: 90}\n"
				   "  - {name: c, nope: 1}\n";
	struct config_report report = {0};
	struct plant *p = parsed(HEAD);

	(void)state;
	assert_int_equal(plant_jobs_parse(p, text, strlen(text), "jobs.yaml", &report), -EINVAL);
	assert_int_equal(report.n, 4);
	assert_error(&report, 0, "jobs.yaml", 2, "jobs[0].density", "0..3");
	assert_error(&report, 1, "jobs.yaml", 3, "jobs[1].systems", "cs77");
	assert_error(&report, 2, "jobs.yaml", 3, "jobs[1].memory_gb", "90");
	assert_error(&report, 3, "jobs.yaml", 4, "jobs[2].nope", "");
	assert_int_equal(p->n_jobs, 1); /* as it was */
	assert_string_equal(p->jobs[0].name, "job");
	config_report_free(&report);
	plant_free(p);
}

static void
a_job_file_takes_the_place_of_the_plants_jobs(void **state)
{
	static const char text[] =
		"jobs:\n  - {name: a, systems: cs01..cs02}\n  - {name: b, systems: "
		"cs03, work_tokens: 7}\n  - {name: c, start_s: 3}\n";
	struct config_report report = {0};
	struct plant *p;
	char dir[64], path[80];

	(void)state;
	folder_make(dir);
	file_write(dir, "j.yaml", "jobs:\n  - {name: a}\n  - {name: c, start_s: 3}\n");
	file_write(dir, "p.yaml", HEAD "jobs_file: j.yaml\n");
	snprintf(path, sizeof(path), "%s/p.yaml", dir);
	assert_int_equal(setenv("ISOTHERM_CONFIG", "config", 1), 0);
	assert_int_equal(plant_load(&p, path, &report), -EINVAL);
	assert_int_equal(report.n, 1); /* c can never start: a has no end */
	config_report_free(&report);
	file_write(dir, "j.yaml",
		   "jobs:\n  - {name: a, work_tokens: 9}\n  - {name: c, start_s: 3}\n");
	report = (struct config_report){0};
	assert_int_equal(plant_load(&p, path, &report), 0); /* behind work one waits */
	assert_int_equal(p->n_jobs, 2);
	assert_int_equal(unsetenv("ISOTHERM_CONFIG"), 0);
	assert_int_equal(plant_jobs_parse(p, text, strlen(text), "j.yaml", &report), -EINVAL);
	config_report_free(&report);
	plant_free(p);
	folder_remove(dir);
}

static void
no_more_than_eight_at_a_time(void **state)
{
	char text[2000] = JOBS;
	struct plant *p;

	(void)state;
	for (int k = 0; k < 8; k++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "  - {name: j%d, reticles: columns %d-%d}\n", k, k, k);
	p = parsed(text);
	assert_int_equal(p->n_jobs, 8);
	plant_free(p);
	snprintf(text + strlen(text), sizeof(text) - strlen(text),
		 "  - {name: j8, reticles: columns 8-8, start_s: 5}\n");
	assert_one_error(text, 13, "jobs[8].start_s", "8 at a time");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_short_form_is_one_job_on_all),
		cmocka_unit_test(a_list_is_read_and_written_as_the_same),
		cmocka_unit_test(memory_decides_the_mode),
		cmocka_unit_test(each_error_stands_at_its_line_and_key),
		cmocka_unit_test(all_errors_of_a_file_are_told_at_once),
		cmocka_unit_test(a_job_file_takes_the_place_of_the_plants_jobs),
		cmocka_unit_test(no_more_than_eight_at_a_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
