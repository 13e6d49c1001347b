/* SPDX-License-Identifier: Apache-2.0 */
/* isotherm-scenario: reads a scenario, plays it in simulated time, prints what came of it. */
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/job.h"
#include "core/clock.h"
#include "core/log.h"
#include "runner/best.h"
#include "runner/scenario_dir.h"
#include "runner/scenario_file.h"
#include "runner/scenario_options.h"
#include "runner/sheet.h"
#include "runner/world.h"

static int
load(struct scenario **sc, const struct scenario_options *opt)
{
	struct config_report report = {0};
	char config_dir[PATH_MAX];
	int rc;

	scenario_config_dir(opt->file, config_dir);
	rc = scenario_load(sc, opt->file, config_dir, &report);
	if (rc == 0) {
		if (opt->has_seed)
			scenario_reseed(*sc, opt->seed);
		if (opt->mode != JOB_MODE_IDLE)
			(*sc)->mode = opt->mode;
		if (opt->shares >= 0)
			(*sc)->shares_free = opt->shares > 0;
		if (opt->grid >= 0)
			(*sc)->grid = opt->grid;
		if (opt->controller >= 0)
			(*sc)->controller = opt->controller;
		rc = world_check_changes(*sc, &report);
	}
	config_report_print(&report, stderr);
	config_report_free(&report);
	if (rc == 0)
		return EX_OK;
	return rc == -ENOENT || rc == -EACCES ? EX_NOINPUT : EX_CONFIG;
}

static int
print(struct sheet *sheet, bool json)
{
	int rc = 0;

	sheet_judge(sheet);
	if (json)
		rc = sheet_print_json(sheet, stdout);
	else
		sheet_print_text(sheet, stdout);
	for (unsigned i = 0; i < sheet->failed && i < SHEET_FAILURES; i++)
		fprintf(stderr, "not as expected: %s\n", sheet->failures[i]);
	if (rc != 0 || fflush(stdout) != 0) {
		log_error("standard output: %s", strerror(rc != 0 ? -rc : errno));
		return EX_IOERR;
	}
	return sheet->failed > 0 ? 1 : EX_OK;
}

/* Before anything runs. */
static int
may_ask_best(const struct scenario *sc)
{
	struct errtext err = {""};
	int rc = best_check(sc, &err);

	if (rc != 0)
		log_error("%s", err.text);
	return rc == 0 ? EX_OK : rc == -ENOENT ? EX_UNAVAILABLE : EX_CONFIG;
}

static int
ask_best(const struct scenario *sc, double best_pct[JOB_SYSTEMS_MAX], struct errtext *err)
{
	int rc = 0;

	for (uint32_t i = 0; i < sc->plant->n_systems && rc == 0; i++)
		rc = best_throughput(sc, i, &best_pct[i], err);
	return rc;
}

static int
play(struct scenario *sc, const struct scenario_options *opt)
{
	struct world_options options = {.trace_path = opt->trace_path,
					.truth_path = opt->truth_path,
					.restore_path = opt->restore_path,
					.save_path = opt->save_path,
					.save_at_s = opt->save_at_s,
					.record_path = opt->record_path,
					.replay_path = opt->replay_path,
					.threads = opt->threads};
	struct world_result result = {0};
	struct world *world = NULL;
	struct errtext err = {""};
	static double best_pct[JOB_SYSTEMS_MAX];
	int64_t opened_ns = clock_mono_ns(), begin_ns;
	int rc = world_open(&world, sc, &options, &err), code;

	opened_ns = clock_mono_ns() - opened_ns;
	if (rc == 0 && opt->bound)
		rc = ask_best(sc, best_pct, &err);
	begin_ns = clock_mono_ns();
	if (rc == 0)
		rc = world_run(world, &result, &err);
	if (rc == 0) {
		static struct sheet sheet; /* too large for a stack */

		sheet = (struct sheet){.scenario = sc,
				       .world = world,
				       .result = &result,
				       .best_pct = opt->bound ? best_pct : NULL,
				       .controller = scenario_controller_name(sc->controller),
				       .mode = scenario_mode_text(sc),
				       .soak_wall_s = (double)opened_ns / (double)NS_PER_S,
				       .wall_s = (double)(clock_mono_ns() - begin_ns) /
						 (double)NS_PER_S};
		code = print(&sheet, opt->json);
	} else {
		log_error("%s", err.text);
		code = result.trace_failed ? EX_IOERR : EX_CONFIG;
	}
	world_close(world);
	return code;
}

/* What 64 systems have in memory is gone through ten times a second: in one heap, and of large pages where the kernel has
 * them to give. */
static void
use_large_pages(void)
{
	const size_t large = (size_t)2 << 20, room = (size_t)128 << 20;
	uintptr_t from, to;
	void *volatile first;

	if (mallopt(M_MMAP_THRESHOLD, INT_MAX) != 1 || mallopt(M_TRIM_THRESHOLD, INT_MAX) != 1 ||
	    mallopt(M_TOP_PAD, (int)room) != 1)
		return;
	first = malloc(1); /* with it the heap grows */
	free(first);
	to = (uintptr_t)sbrk(0);
	if (to < room)
		return;
	from = (to - room + large - 1) / large * large;
	(void)madvise((void *)from, to - from, MADV_HUGEPAGE);
}

int
main(int argc, char **argv)
{
	struct scenario_options opt;
	struct scenario *sc = NULL;
	int code;

	use_large_pages();
	log_open("isotherm-scenario");
	if (scenario_options_parse(&opt, argc, argv, &code) != 0)
		return code;
	code = load(&sc, &opt);
	if (code == EX_OK && opt.bound)
		code = may_ask_best(sc);
	if (code == EX_OK)
		code = play(sc, &opt);
	scenario_free(sc);
	return code;
}
