/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/paths.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_sim/limits.h"
#include "engine_sim/state.h"

struct path_row {
	const char *name; /* "[]" stands for the index */
	size_t n, offset, stride;
	const char *unit;
	double lo, hi;
	const char *text;
};

static const struct path_row system_rows[] = {
#define PATH(name, n, field, stride, unit, lo, hi, text)                                           \
	{name, n, offsetof(struct sim_system, field), stride, unit, lo, hi, text},
#include "engine_sim/paths.def"
#undef PATH
#define MODEL(field, unit, default_value, lo, hi, text)                                            \
	{"model." #field,                                                                          \
	 1,                                                                                        \
	 offsetof(struct sim_system, process.md.field),                                            \
	 sizeof(double),                                                                           \
	 unit,                                                                                     \
	 lo,                                                                                       \
	 hi,                                                                                       \
	 text},
#include "config/model.def"
#undef MODEL
};

/* Of the site: n_also doubles side by side, and of each system the field in `system_offset`, if
 * `systems` says of which. */
enum reach { NO_SYSTEM, ALL_SYSTEMS, WATER_SYSTEMS, AIR_SYSTEMS };
struct site_row {
	const char *name;
	size_t offset, n_also;
	enum reach reach;
	size_t system_offset;
	const char *unit;
	double lo, hi;
	const char *text;
};

#define SITE_AT(field) offsetof(struct sim_site, field)
#define SYSTEM_AT(field) offsetof(struct sim_system, process.faults.field)
static const struct site_row site_rows[] = {
	{"facility.supply_c", SITE_AT(facility.supply_c), 2, ALL_SYSTEMS, SYSTEM_AT(supply_c), "c",
	 -5, 60, "facility supply, water and air, to all systems"},
	{"water.supply_c", SITE_AT(facility.supply_c), 1, WATER_SYSTEMS, SYSTEM_AT(supply_c), "c",
	 -5, 60, "facility water supply, to all systems that it cools"},
	{"air.supply_c", SITE_AT(facility.supply_c[FACILITY_AIR]), 1, AIR_SYSTEMS,
	 SYSTEM_AT(supply_c), "c", -5, 60, "facility air supply, to all systems that it cools"},
	{"facility.flow_frac", SITE_AT(facility.flow_frac), 1, ALL_SYSTEMS,
	 SYSTEM_AT(facility_frac), "frac", 0, 1,
	 "facility flow to all systems, of what their valves or fans would give"},
	{"facility.lost", SITE_AT(facility.lost), 1, NO_SYSTEM, 0, "", 0, 1,
	 "switch: the facility's pumps and air handlers stand"},
	{"feed[0].failed", SITE_AT(feed_failed[0]), 1, ALL_SYSTEMS, SYSTEM_AT(feed_failed[0]), "",
	 0, 1, "switch: the first feed of all systems has no voltage"},
	{"feed[1].failed", SITE_AT(feed_failed[1]), 1, ALL_SYSTEMS, SYSTEM_AT(feed_failed[1]), "",
	 0, 1, "switch: the second feed of all systems has no voltage"},
#define SUPPLY_PARAM(key, unit, lo, hi, value, text)                                               \
	{"facility." #key, SITE_AT(supply.key), 1, NO_SYSTEM, 0, unit, lo, hi, text},
#include "config/supply_params.def"
#undef SUPPLY_PARAM
};

/* Of a job of the plant: "job.NAME.run". */
static const struct path_row job_rows[] = {
	{"run", 1, offsetof(struct job_run, run), sizeof(double), "", -1, 1,
	 "0 ends the job, 1 starts it, -1 leaves it to its times"},
	{"activity", 1, offsetof(struct job_run, activity), sizeof(double), "", 0, 1,
	 "rate that its data allow, on all its systems"},
	{"density", 1, offsetof(struct job_run, density), sizeof(double), "", 0, 3,
	 "power density of its kernels, with what its sparsity saves, likewise"},
};

#define N_JOB_ROWS (sizeof(job_rows) / sizeof(job_rows[0]))
#define N_SYSTEM_ROWS (sizeof(system_rows) / sizeof(system_rows[0]))
#define N_SITE_ROWS (sizeof(site_rows) / sizeof(site_rows[0]))
#define ALL_ELEMENTS SIZE_MAX

/* "zone[5].g" against "zone[].g": 1 with *index (ALL_ELEMENTS where the path has none), 0 if it is
 * another name. */
static int
matches(const char *name, const char *path, size_t *index)
{
	const char *gap = strstr(name, "[]");
	size_t head = gap ? (size_t)(gap - name) : strlen(name);
	char *end;

	*index = ALL_ELEMENTS;
	if (strncmp(name, path, head) != 0)
		return 0;
	if (!gap)
		return path[head] == '\0';
	path += head;
	if (path[0] == '[') {
		if (path[1] < '0' || path[1] > '9')
			return 0;
		*index = strtoul(path + 1, &end, 10);
		if (*end != ']')
			return 0;
		path = end + 1;
	}
	return strcmp(gap + 2, path) == 0;
}

static double *
at(void *base, size_t offset)
{
	return (double *)(void *)((char *)base + offset);
}

/* "zone[0..11].g" */
static void
row_name(const struct path_row *row, char *out, size_t size)
{
	const char *gap = strstr(row->name, "[]");

	if (gap)
		snprintf(out, size, "%.*s[0..%zu]%s", (int)(gap - row->name), row->name, row->n - 1,
			 gap + 2);
	else
		snprintf(out, size, "%s", row->name);
}

/* The first word decides what is named as allowed: "zone[12].g" is told zone's, "zoo" all. */
static int
no_such(const char *path, char *why, size_t why_size)
{
	size_t word = strcspn(path, "[."), used;
	bool known = false;

	for (size_t r = 0; r < N_SYSTEM_ROWS; r++)
		known = known || (strncmp(system_rows[r].name, path, word) == 0 &&
				  strcspn(system_rows[r].name, "[.") == word);
	used = (size_t)snprintf(why, why_size, "%s: no such path; allowed:", path);
	for (size_t r = 0; r < N_SYSTEM_ROWS && used + 1 < why_size; r++) {
		char name[NAME_MAX_LEN];

		if (known ? strncmp(system_rows[r].name, path, word) != 0
			  : strncmp(system_rows[r].name, "model.", 6) == 0)
			continue;
		row_name(&system_rows[r], name, sizeof(name));
		used += (size_t)snprintf(why + used, why_size - used, " %s", name);
	}
	return -ENOENT;
}

/* "sensor[40].slow_s": 1 found, 0 another path, -EBUSY with `why`. */
static int
find_sensor(struct sim_system *system, const char *path, struct path_target *out, char *why,
	    size_t why_size)
{
	char *end;
	unsigned long i;
	struct instrument *f;
	int field;

	if (strncmp(path, "sensor[", 7) != 0 || path[7] < '0' || path[7] > '9')
		return 0;
	i = strtoul(path + 7, &end, 10);
	if (end[0] != ']' || end[1] != '.' || i >= RETICLES)
		return 0;
	field = instrument_field(end + 2, true);
	if (field < 0)
		return 0;
	f = instrument_slot(system->sensors.odd, SENSORS_ODD, (uint32_t)i);
	if (!f) {
		snprintf(why, why_size, "%s: %d sensors of the system are disturbed already", path,
			 SENSORS_ODD);
		return -EBUSY;
	}
	system->sensors.any_odd = true;
	instrument_target(f, field, out);
	return 1;
}

int
paths_find_system(struct sim_system *system, const char *path, struct path_target *out, char *why,
		  size_t why_size)
{
	int rc = find_sensor(system, path, out, why, why_size);

	if (rc != 0)
		return rc > 0 ? 0 : rc;
	for (size_t r = 0; r < N_SYSTEM_ROWS; r++) {
		const struct path_row *row = &system_rows[r];
		double *first = at(system, row->offset);
		size_t index;

		if (!matches(row->name, path, &index))
			continue;
		*out = (struct path_target){.first = first,
					    .n = row->n,
					    .stride = row->stride,
					    .lo = row->lo,
					    .hi = row->hi,
					    .unit = row->unit,
					    .text = row->text};
		if (index == ALL_ELEMENTS)
			return 0;
		if (index >= row->n) {
			snprintf(why, why_size, "%s: index %zu is not in 0..%zu", path, index,
				 row->n - 1);
			return -ENOENT;
		}
		out->first = at(first, index * row->stride);
		out->n = 1;
		return 0;
	}
	return no_such(path, why, why_size);
}

static int
find_site(struct sim *sim, const char *path, struct path_target *out)
{
	for (size_t r = 0; r < N_SITE_ROWS; r++) {
		const struct site_row *row = &site_rows[r];

		if (strcmp(row->name, path) != 0)
			continue;
		*out = (struct path_target){.first = at(&sim->site, row->offset),
					    .n = 1,
					    .stride = sizeof(double),
					    .lo = row->lo,
					    .hi = row->hi,
					    .unit = row->unit,
					    .text = row->text};
		if (row->reach != NO_SYSTEM) {
			out->also = out->first;
			out->n_also = row->n_also;
			out->first = at(sim->systems, row->system_offset);
			out->n = sim->plant->n_systems;
			out->stride = sizeof(struct sim_system);
		}
		if (row->reach > ALL_SYSTEMS) {
			out->only_of = sim->systems;
			out->only = row->reach == AIR_SYSTEMS ? FACILITY_AIR : FACILITY_WATER;
		}
		return 0;
	}
	return -ENOENT;
}

/* "job.NAME.activity" of a job of the plant, on all its systems. */
static int
find_job(struct sim *sim, const char *path, struct path_target *out, char *why, size_t why_size)
{
	const char *name = path + strlen("job."), *dot = strrchr(name, '.');

	for (uint32_t j = 0; dot && j < sim->jobs.n; j++) {
		struct job_run *run = &sim->jobs.run[j];
		size_t len = strlen(run->config->name);

		if (len != (size_t)(dot - name) || strncmp(name, run->config->name, len) != 0)
			continue;
		for (size_t r = 0; r < N_JOB_ROWS; r++) {
			if (strcmp(dot + 1, job_rows[r].name) != 0)
				continue;
			*out = (struct path_target){.first = at(run, job_rows[r].offset),
						    .n = 1,
						    .stride = sizeof(double),
						    .lo = job_rows[r].lo,
						    .hi = job_rows[r].hi,
						    .unit = job_rows[r].unit,
						    .text = job_rows[r].text};
			return 0;
		}
	}
	snprintf(why, why_size,
		 "%s: no such path; allowed: job.NAME.run, .activity, .density of one of the "
		 "plant's %u jobs (%s ..)",
		 path, sim->jobs.n, sim->jobs.n > 0 ? sim->jobs.run[0].config->name : "none");
	return -ENOENT;
}

int
paths_find(struct sim *sim, const char *path, struct path_target *out, char *why, size_t why_size)
{
	const char *dot = strchr(path, '.');
	size_t head = dot ? (size_t)(dot - path) : strlen(path);
	int rc;

	if (device_faults_path(sim, path, out) || find_site(sim, path, out) == 0)
		return 0;
	rc = odd_points_path(sim, path, out, why, why_size);
	if (rc != 0)
		return rc > 0 ? 0 : rc;
	for (uint32_t k = 0; dot && k < sim->plant->n_systems; k++) {
		const char *name = sim->systems[k].config->name;

		if (strlen(name) != head || strncmp(name, path, head) != 0)
			continue;
		rc = paths_find_system(&sim->systems[k], dot + 1, out, why, why_size);
		return rc;
	}
	if (strncmp(path, "job.", 4) == 0)
		return find_job(sim, path, out, why, why_size);
	snprintf(why, why_size,
		 "%s: no such path; it begins with a system (%s..%s), is DEVICE.offline …, "
		 "POINT.stuck …, job.NAME.…, or one of "
		 "facility.supply_c, water.supply_c, air.supply_c, facility.lost, .flow_frac, "
		 ".dew_point_c … (isotherm-sim --paths)",
		 path, sim->systems[0].config->name,
		 sim->systems[sim->plant->n_systems - 1].config->name);
	return -ENOENT;
}

int
paths_check(const struct path_target *to, const char *path, double value, char *why,
	    size_t why_size)
{
	if (value >= to->lo && value <= to->hi)
		return 0;
	snprintf(why, why_size, "%s: %g is not in %g..%g%s%s", path, value, to->lo, to->hi,
		 to->unit[0] ? " " : "", to->unit);
	return -ERANGE;
}

bool
paths_same(const struct path_target *a, const struct path_target *b)
{
	return a->first == b->first && a->n == b->n &&
	       (!a->only_of || !b->only_of || a->only == b->only);
}

double
paths_value(const struct path_target *to)
{
	return to->n_also > 0 ? to->also[0] : *to->first;
}

void
paths_store(const struct path_target *to, double value)
{
	for (size_t k = 0; k < to->n; k++)
		if (!to->only_of || (int)to->only_of[k].process.facility == to->only)
			*at(to->first, k * to->stride) = value;
	for (size_t k = 0; k < to->n_also; k++)
		to->also[k] = value;
}

void
paths_ramps(struct sim *sim)
{
	bool any = false;

	for (int r = 0; r < RAMPS_MAX && sim->any_ramp; r++) {
		struct ramp *ramp = &sim->ramps[r];
		double part;

		if (!ramp->path[0])
			continue;
		any = true;
		part = (double)(sim->step - ramp->begin_step) /
		       (double)(ramp->end_step - ramp->begin_step);
		paths_store(&ramp->to, ramp->from + least(part, 1.0) * (ramp->value - ramp->from));
		for (uint32_t k = 0; k < sim->plant->n_systems; k++)
			sim->systems[k].process.stale = true;
		if (sim->step >= ramp->end_step) {
			paths_store(&ramp->to, ramp->value);
			*ramp = (struct ramp){.path = ""};
		}
	}
	sim->any_ramp = any;
}

struct manual {
	const char *of;
	void (*line)(void *arg, const char *text);
	void *arg;
};

static void
manual_row(void *arg, const char *name, double lo, double hi, const char *what)
{
	const struct manual *m = arg;
	char text[256], full[2 * NAME_MAX_LEN];

	snprintf(full, sizeof(full), "%s.%s", m->of, name);
	snprintf(text, sizeof(text), "%-28s %8.10g .. %-8.10g %-6s %s", full, lo, hi, "", what);
	m->line(m->arg, text);
}

void
paths_manual(void (*line)(void *arg, const char *text), void *arg)
{
	char text[256];

	for (size_t r = 0; r < N_SITE_ROWS; r++) {
		const struct site_row *row = &site_rows[r];

		snprintf(text, sizeof(text), "%-28s %8g .. %-8g %-6s %s", row->name, row->lo,
			 row->hi, row->unit, row->text);
		line(arg, text);
	}
	device_faults_manual(manual_row, &(struct manual){"DEVICE", line, arg});
	instrument_manual(false, manual_row, &(struct manual){"POINT", line, arg});
	instrument_manual(true, manual_row, &(struct manual){"SYSTEM.sensor[0..83]", line, arg});
	for (size_t r = 0; r < N_JOB_ROWS; r++) {
		const struct path_row *row = &job_rows[r];
		char full[NAME_MAX_LEN];

		snprintf(full, sizeof(full), "job.NAME.%s", row->name);
		snprintf(text, sizeof(text), "%-28s %8g .. %-8g %-6s %s", full, row->lo, row->hi,
			 row->unit, row->text);
		line(arg, text);
	}
	for (size_t r = 0; r < N_SYSTEM_ROWS; r++) {
		const struct path_row *row = &system_rows[r];
		char name[NAME_MAX_LEN], full[NAME_MAX_LEN + 8];

		row_name(row, name, sizeof(name));
		snprintf(full, sizeof(full), "SYSTEM.%s", name);
		snprintf(text, sizeof(text), "%-28s %8g .. %-8g %-6s %s", full, row->lo, row->hi,
			 row->unit, row->text);
		line(arg, text);
	}
}
