/* SPDX-License-Identifier: Apache-2.0 */
/* A plant file from its text to a plant: the steps of a load, and where types and profiles are looked for. */
#include "config/plant.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/plant_private.h"
#include "config/report.h"
#include "config/text.h"

#ifndef ISOTHERM_DATADIR
#define ISOTHERM_DATADIR "/usr/local/share/isotherm"
#endif

int
load_no_memory(struct load *l)
{
	config_report_at(l->report, l->doc.file, 0, "", "out of memory");
	return -ENOMEM;
}

void
load_error(struct load *l, const struct schema_at *at, uint32_t line, const char *path,
	   const char *what, const char *key, const char *format, ...)
{
	char full[120], text[400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (at->line && at->origin == FROM_OVERRIDE)
		snprintf(full, sizeof(full), "overrides.%s.%s", what, key);
	else
		snprintf(full, sizeof(full), "%s.%s", path, key);
	config_report_at(l->report, l->doc.file, at->line ? at->line : line, full, "%s", text);
}

struct override *
load_override(struct load *l, const char *name)
{
	for (uint32_t i = 0; i < l->n_overrides; i++)
		if (!strcmp(l->overrides[i].name, name)) {
			l->overrides[i].used = true;
			return &l->overrides[i];
		}
	return NULL;
}

/* --- paths ---------------------------------------------------------------------------------- */

bool
path_from(const char *folder, const char *name, char *out, size_t size)
{
	char joined[PATH_MAX], real[PATH_MAX];
	int n = *name == '/' ? snprintf(joined, sizeof(joined), "%s", name)
			     : snprintf(joined, sizeof(joined), "%s/%s", folder, name);

	if (n < 0 || (size_t)n >= sizeof(joined))
		return false;
	/* what does not exist keeps the name it would have */
	n = snprintf(out, size, "%s", realpath(joined, real) ? real : joined);
	return n >= 0 && (size_t)n < size;
}

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

/* --- the top of the file -------------------------------------------------------------------- */

static bool
is_site(const char *s)
{
	return s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] ==
	       0;
}

/* A sub-mapping that may be absent: its defaults then. */
static void
read_part(struct load *l, const char *key, yaml_node_t *node, const struct schema *kind, void *out)
{
	struct schema_part part = {kind, out};
	size_t was = schema_down(&l->w, key);

	schema_defaults(kind, out);
	if (node)
		schema_read(&l->w, node, &part, 1, false);
	schema_up(&l->w, was);
}

static void
check_control(struct load *l)
{
	static const struct {
		size_t lo, hi;
		const char *text;
	} pairs[] = {
#define PAIR(a, b)                                                                                 \
	{offsetof(struct control_params, a), offsetof(struct control_params, b), #a " above " #b}
		PAIR(error_lo_k, error_hi_k),
		PAIR(pump_min_frac, pump_max_frac),
		PAIR(pump_up_below_k, pump_down_above_k),
		PAIR(supply_lo_c, supply_hi_c),
		PAIR(supply_down_below_k, supply_up_above_k),
#undef PAIR
	};
	const char *c = (const char *)&l->p->control;
	double lo, hi;

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		memcpy(&lo, c + pairs[i].lo, sizeof(lo));
		memcpy(&hi, c + pairs[i].hi, sizeof(hi));
		if (lo > hi)
			schema_error(&l->w, l->keys.control_at.line, "control",
				     "%s (allowed: the first at most the second)", pairs[i].text);
	}
}

static void
read_top(struct load *l)
{
	struct schema_part part = {&plant_schema, &l->keys};
	struct plant_keys *k = &l->keys;
	struct control_keys control = {0};
	struct limits_keys limits = {0};
	struct job_keys job = {0};
	struct plant *p = l->p;

	schema_read(&l->w, l->doc.root, &part, 1, false);
	if (!k->site_at.bad && !is_site(k->site))
		schema_error(&l->w, k->site_at.line, "site",
			     "\"%s\" is no site name (allowed: letters, digits, - and _)", k->site);
	if (!k->control_period_ms_at.bad && k->control_period_ms % 10)
		schema_error(&l->w, k->control_period_ms_at.line, "control_period_ms",
			     "%d is no multiple of 10 ms (allowed: 10, 20 .. 1000)",
			     (int)k->control_period_ms);
	snprintf(p->site, sizeof(p->site), "%.31s", k->site);
	p->grid = GRID_REFERENCE;
	p->seed = k->seed;
	p->faults_allowed = k->faults == 1;
	p->control_period_ms = (int32_t)k->control_period_ms;
	read_part(l, "limits", k->limits, &limits_schema, &limits);
	p->temp_limit_c = limits.temp_c;
	p->spread_limit_k = limits.spread_k;
	read_part(l, "job", k->job, &job_schema, &job);
	p->job_mode = job.mode ? JOB_MODE_IND : JOB_MODE_SYNC;
	p->job_tokens_per_s = job.tokens_per_s;
	read_part(l, "control", k->control, &control_schema, &control);
#define CONTROL_PARAM(key, unit, lo, hi, value, text) p->control.key = control.key;
#include "config/control_params.def"
#undef CONTROL_PARAM
	check_control(l);
}

static int
read_overrides(struct load *l)
{
	yaml_node_t *map = l->keys.overrides, *value;
	size_t was = schema_down(&l->w, "overrides");
	const char *name;
	uint32_t n =
		map ? (uint32_t)(map->data.mapping.pairs.top - map->data.mapping.pairs.start) : 0;

	l->overrides = pool_alloc(&l->pool, n, sizeof(*l->overrides));
	if (!l->overrides)
		return load_no_memory(l);
	for (uint32_t i = 0; map && (name = schema_pair(&l->w, map, i, &value)); i++) {
		const yaml_node_t *key = ydoc_node(&l->doc, map->data.mapping.pairs.start[i].key);
		struct override *o = &l->overrides[l->n_overrides];

		if (!*name)
			continue;
		o->line = ydoc_line(key);
		o->node = value;
		/* a longer name names nothing, and is told as such */
		snprintf(o->name, sizeof(o->name), "%s", name);
		l->n_overrides++;
	}
	schema_up(&l->w, was);
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
	read_top(l);
	find_config_dir(l, config_dir);
	snprintf(l->p->config_dir, sizeof(l->p->config_dir), "%s", l->library.dir);
	rc = read_overrides(l);
	if (!rc)
		rc = load_systems(l);
	if (!rc)
		rc = load_devices(l);
	if (!rc)
		rc = load_check(l);
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
		rc = plant_table_make(&l);
	if (!rc && plant_index_make(l.p))
		rc = load_no_memory(&l);
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
	free(p->devices);
	free(p->points);
	free(p->arming);
	free(p->in.first);
	free(p->in.period_ns);
	free(p->ctl.first);
	free(p->ctl.period_ns);
	free(p);
}
