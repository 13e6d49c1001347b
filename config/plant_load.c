/* SPDX-License-Identifier: Apache-2.0 */
/* A plant file from its text to a plant: the steps of a load, and where types and profiles are looked for. */
#include "config/plant.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/alarm_records.h"
#include "config/jobs.h"
#include "config/plant_alarms.h"
#include "config/plant_check.h"
#include "config/plant_devices.h"
#include "config/plant_index.h"
#include "config/plant_lines.h"
#include "config/plant_systems.h"
#include "config/plant_table.h"
#include "config/plant_top.h"
#include "config/report.h"
#include "config/text.h"

#ifndef ISOTHERM_DATADIR
#define ISOTHERM_DATADIR "/usr/local/share/isotherm"
#endif

/* --- paths ---------------------------------------------------------------------------------- */

static bool
has_profiles(const char *dir)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/profiles", dir);

	return n > 0 && (size_t)n < sizeof(path) && access(path, X_OK) == 0;
}

/* Beside the program: in a build tree ../config and deeper, installed ../share/isotherm. */
static bool
dir_of_program(char *out, size_t size)
{
	static const char *const places[] = {"../share/isotherm", "../config", "../../config",
					     "../../../config"};
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n <= 0)
		return false;
	exe[n] = '\0';
	dirname(exe);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (path_from(exe, places[i], out, size) && has_profiles(out))
			return true;
	return false;
}

static void
find_config_dir(struct load *l, const char *given)
{
	const char *environment = getenv("ISOTHERM_CONFIG");
	char *out = l->library.dir;
	size_t size = sizeof(l->library.dir);

	if (l->keys.config_dir_at.line) {
		if (l->keys.config_dir_at.bad ||
		    (path_from(l->folder, l->keys.config_dir, out, size) && has_profiles(out)))
			return;
		schema_error(
			&l->w, l->keys.config_dir_at.line, "config_dir",
			"\"%s\" has no profiles/ (allowed: a folder with types/ and profiles/)",
			l->keys.config_dir);
		*out = '\0';
		return;
	}
	if (given && path_from(".", given, out, size))
		return;
	if (environment && *environment && path_from(".", environment, out, size))
		return;
	if (path_from(l->folder, "..", out, size) && has_profiles(out))
		return;
	if (!dir_of_program(out, size))
		snprintf(out, size, "%s", ISOTHERM_DATADIR);
}

static int
find_folder(struct load *l, const char *path)
{
	char copy[PATH_MAX];
	int n = snprintf(copy, sizeof(copy), "%s", path);

	if (n < 0 || (size_t)n >= sizeof(copy) || (size_t)n >= sizeof(l->p->path) ||
	    !path_from(".", dirname(copy), l->folder, sizeof(l->folder))) {
		config_report_at(l->report, path, 0, "",
				 "the path is too long (allowed: 255 bytes)");
		return -ENAMETOOLONG;
	}
	snprintf(l->p->path, sizeof(l->p->path), "%s", path);
	return 0;
}

/* --- jobs ----------------------------------------------------------------------------------- */

/* The list, the file, or the short form. */
static int
load_jobs(struct load *l)
{
	const struct plant_keys *k = &l->keys;
	char path[sizeof(l->folder)];
	size_t was;

	if (k->jobs && k->jobs_file_at.line)
		schema_error(&l->w, k->jobs_file_at.line, "jobs_file",
			     "stands beside jobs (allowed: one of job, jobs, jobs_file)");
	if (k->job && (k->jobs || k->jobs_file_at.line))
		schema_error(&l->w, k->job_at.line, "job",
			     "stands beside %s (allowed: one of job, jobs, jobs_file)",
			     k->jobs ? "jobs" : "jobs_file");
	if (k->jobs) {
		was = schema_down(&l->w, "jobs");
		jobs_read(&l->w, k->jobs, l->p, l->names_unsure);
		schema_up(&l->w, was);
		return 0;
	}
	if (!k->jobs_file_at.line)
		return jobs_short(l->p) ? 0 : load_no_memory(l);
	if (k->jobs_file_at.bad)
		return 0;
	if (path_from(l->folder, k->jobs_file, path, sizeof(path)) && access(path, R_OK) == 0)
		plant_jobs_load(l->p, path, l->report);
	else
		schema_error(&l->w, k->jobs_file_at.line, "jobs_file",
			     "\"%.120s\" can't be read (allowed: a file, named from this file's "
			     "folder)",
			     k->jobs_file);
	return 0;
}

/* --- a load --------------------------------------------------------------------------------- */

static int
load_steps(struct load *l, const char *yaml, size_t len, const char *path, const char *config_dir)
{
	int rc = find_folder(l, path);

	if (!rc)
		rc = ydoc_parse(&l->doc, yaml, len, path, l->report);
	if (rc)
		return rc;
	l->w = (struct schema_walk){.doc = &l->doc, .report = l->report};
	load_top(l);
	find_config_dir(l, config_dir);
	snprintf(l->p->config_dir, sizeof(l->p->config_dir), "%s", l->library.dir);
	load_rooms(l);
	rc = load_overrides(l);
	if (!rc)
		rc = load_systems(l);
	if (!rc)
		rc = load_jobs(l);
	if (!rc)
		rc = load_lines(l);
	if (!rc)
		rc = load_devices(l);
	if (!rc)
		rc = load_check(l);
	if (!rc)
		rc = load_alarms(l);
	return rc;
}

/* What is made of a plant that is right. */
static int
make_steps(struct load *l)
{
	int rc = plant_points_make(l);

	if (!rc && (plant_index_make(l->p) || plant_alarms_make(l->p) || plant_index_alarms(l->p) ||
		    plant_layouts_make(l->p)))
		rc = load_no_memory(l);
	return rc;
}

int
plant_parse(struct plant **out, const char *yaml, size_t len, const char *path,
	    const char *config_dir, struct config_report *report)
{
	struct text_locale locale = text_locale_begin();
	size_t before = config_report_total(report);
	struct load l = {.report = report};
	int rc;

	l.library.report = report;
	l.library.pool = &l.pool;
	l.p = calloc(1, sizeof(*l.p));
	rc = l.p ? load_steps(&l, yaml, len, path, config_dir) : load_no_memory(&l);
	if (!rc && config_report_total(report) != before)
		rc = -EINVAL;
	if (!rc)
		rc = make_steps(&l);
	ydoc_close(&l.doc);
	pool_free(&l.pool);
	if (rc) {
		plant_free(l.p);
		config_report_sort(report);
	} else {
		*out = l.p;
	}
	text_locale_end(locale);
	return rc;
}

int
plant_load(struct plant **out, const char *path, struct config_report *report)
{
	char *text = NULL;
	size_t len = 0;
	int rc = config_file_read(path, &text, &len, report);

	if (!rc)
		rc = plant_parse(out, text, len, path, NULL, report);
	free(text);
	return rc;
}

void
plant_free(struct plant *p)
{
	if (!p)
		return;
	plant_index_free(p->index);
	free(p->systems);
	free(p->jobs);
	free(p->devices);
	free(p->lines);
	free(p->points);
	free(p->arming);
	free(p->alarm_records);
	free(p->alarms);
	for (unsigned r = 0; r < REGIONS; r++) {
		free(plant_layout_of(p, (enum plant_region)r)->first);
		free(plant_layout_of(p, (enum plant_region)r)->period_ns);
	}
	free(p);
}
