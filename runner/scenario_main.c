/* SPDX-License-Identifier: Apache-2.0 */
/* isotherm-scenario: reads a scenario, plays it in simulated time, prints what came of it. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "runner/scenario_file.h"
#include "runner/scenario_options.h"
#include "runner/sheet.h"
#include "runner/world.h"

/* Plants, types and profiles of this build, else of the installation; "" if there are none. */
static void
find_config_dir(char out[PATH_MAX])
{
	static const char *const places[] = {"/../config", "/../../config"};
	char own[PATH_MAX], probe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", own, sizeof own - 1);

	out[0] = '\0';
	for (size_t i = 0; n > 0 && i < sizeof places / sizeof places[0]; i++) {
		own[n] = '\0';
		*strrchr(own, '/') = '\0';
		if (snprintf(probe, sizeof probe, "%s%s/profiles", own, places[i]) <
			    (int)sizeof probe &&
		    access(probe, X_OK) == 0) {
			(void)snprintf(out, PATH_MAX, "%s%s", own, places[i]);
			return;
		}
	}
	if (access(ISOTHERM_DATADIR "/profiles", X_OK) == 0)
		(void)snprintf(out, PATH_MAX, "%s", ISOTHERM_DATADIR);
}

static int
load(struct scenario **sc, const struct scenario_options *opt)
{
	struct config_report report = {0};
	char config_dir[PATH_MAX];
	int rc;

	find_config_dir(config_dir);
	rc = scenario_load(sc, opt->file, config_dir, &report);
	if (rc == 0) {
		if (opt->has_seed)
			scenario_reseed(*sc, opt->seed);
		if (opt->mode != JOB_MODE_IDLE)
			(*sc)->mode = opt->mode;
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

static int
play(struct scenario *sc, const struct scenario_options *opt)
{
	struct world_options options = {.controller = opt->controller,
					.trace_path = opt->trace_path};
	struct world_result result;
	struct world *world = NULL;
	struct errtext err = {""};
	int64_t begin_ns = clock_mono_ns();
	int rc = world_open(&world, sc, &options, &err), code;

	if (rc == 0)
		rc = world_run(world, &result, &err);
	if (rc == 0) {
		static struct sheet sheet; /* too large for a stack */

		sheet = (struct sheet){.scenario = sc,
				       .world = world,
				       .result = &result,
				       .controller = controller_name(opt->controller),
				       .mode = sc->plant->job_mode == JOB_MODE_IND ? "ind" : "sync",
				       .wall_s = (double)(clock_mono_ns() - begin_ns) /
						 (double)NS_PER_S};
		code = print(&sheet, opt->json);
	} else {
		log_error("%s", err.text);
		code = rc == -EINVAL || rc == -ERANGE || rc == -ENOENT ? EX_CONFIG : EX_IOERR;
	}
	world_close(world);
	return code;
}

int
main(int argc, char **argv)
{
	struct scenario_options opt;
	struct scenario *sc = NULL;
	int code;

	log_open("isotherm-scenario");
	if (scenario_options_parse(&opt, argc, argv, &code) != 0)
		return code;
	code = load(&sc, &opt);
	if (code == EX_OK)
		code = play(sc, &opt);
	scenario_free(sc);
	return code;
}
