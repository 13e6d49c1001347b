/* SPDX-License-Identifier: Apache-2.0 */
#include "collectors/hist_plan.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE 60u
#define HOUR 3600u
#define DAY 86400u
#define HASHED_HEAD 13 /* characters kept of a name that is too long */

/* Key figures: one row a point. */
static const bool key_role[ROLES] = {
	[ROLE_WAFER_POWER] = true,
	[ROLE_WAFER_CURRENT] = true,
	[ROLE_WAFER_VOLTAGE] = true,
	[ROLE_PLATE_INLET] = true,
	[ROLE_PLATE_OUTLET] = true,
	[ROLE_PLATE_DP] = true,
	[ROLE_ENGINE_FOLDBACK] = true,
	[ROLE_JOB_RATE] = true,
	[ROLE_JOB_TOKENS] = true,
	[ROLE_JOB_UTILISATION] = true,
	[ROLE_LOOP_FLOW] = true,
	[ROLE_LOOP_SUPPLY] = true,
	[ROLE_LOOP_RETURN] = true,
	[ROLE_LOOP_SUPPLY_PRESSURE] = true,
	[ROLE_LOOP_RETURN_PRESSURE] = true,
	[ROLE_LOOP_LEVEL] = true,
	[ROLE_FILTER_DP] = true,
	[ROLE_PUMP_SPEED_CMD] = true,
	[ROLE_PUMP_SPEED] = true,
	[ROLE_PUMP_POWER] = true,
	[ROLE_VALVE_CMD] = true,
	[ROLE_VALVE] = true,
	[ROLE_HX_FACILITY_IN] = true,
	[ROLE_HX_FACILITY_OUT] = true,
	[ROLE_HX_FACILITY_FLOW] = true,
	[ROLE_HX_AIR_FLOW] = true,
	[ROLE_AIR_FILTER_DP] = true,
	[ROLE_FAN_SPEED] = true,
	[ROLE_POWER_OUTPUT] = true,
	[ROLE_POWER_INPUT] = true,
	[ROLE_POWER_ENERGY] = true,
	[ROLE_FACILITY_SUPPLY] = true,
	[ROLE_FACILITY_FLOW] = true,
	[ROLE_FACILITY_PRESSURE] = true,
	[ROLE_AIR_SUPPLY] = true,
	[ROLE_AIR_FLOW] = true,
	[ROLE_WEATHER_DRY] = true,
	[ROLE_WEATHER_WET] = true,
	[ROLE_DEW_POINT] = true,
	[ROLE_METER_POWER] = true,
	[ROLE_METER_CURRENT] = true,
	[ROLE_METER_VOLTAGE] = true,
	[ROLE_METER_ENERGY] = true,
	[ROLE_SIM_LATE_TICKS] = true,
	[ROLE_CTL_SPREAD] = true,
	[ROLE_CTL_TMAX] = true,
	[ROLE_CTL_TMIN] = true,
	[ROLE_CTL_TMEAN] = true,
	[ROLE_CTL_DUTY] = true,
	[ROLE_CTL_COST_TOKENS] = true,
	[ROLE_CTL_COST_POWER] = true,
	[ROLE_CTL_SUPPLY_SETPOINT] = true,
	[ROLE_CTL_TOKENS_FULL] = true,
};

static const struct hist_archive key_full[] = {
	{HIST_AVERAGE, 1, 2 * HOUR},
	{HIST_AVERAGE, 10, 2 * DAY / 10},
	{HIST_AVERAGE, MINUTE, 14 * DAY / MINUTE},
	{HIST_MIN, MINUTE, 14 * DAY / MINUTE},
	{HIST_MAX, MINUTE, 14 * DAY / MINUTE},
	{HIST_AVERAGE, 15 * MINUTE, 180 * DAY / (15 * MINUTE)},
	{HIST_MIN, 15 * MINUTE, 180 * DAY / (15 * MINUTE)},
	{HIST_MAX, 15 * MINUTE, 180 * DAY / (15 * MINUTE)},
	{HIST_AVERAGE, HOUR, 3 * 365 * DAY / HOUR},
	{HIST_MIN, HOUR, 3 * 365 * DAY / HOUR},
	{HIST_MAX, HOUR, 3 * 365 * DAY / HOUR},
};
static const struct hist_archive key_short[] = {
	{HIST_AVERAGE, 1, HOUR},
	{HIST_AVERAGE, 10, DAY / 10},
};
static const struct hist_archive temps_full[] = {
	{HIST_AVERAGE, 10, 2 * DAY / 10},
	{HIST_MAX, 15 * MINUTE, 180 * DAY / (15 * MINUTE)},
};
static const struct hist_archive temps_short[] = {
	{HIST_AVERAGE, 10, 6 * HOUR / 10},
};

#define COUNT(a) ((uint32_t)(sizeof(a) / sizeof((a)[0])))
_Static_assert(sizeof(key_full) / sizeof(key_full[0]) <= HIST_ARCHIVES_MAX, "room for each");

static void
set_archives(struct hist_file *file, enum plant_history history)
{
	bool full = history == HISTORY_FULL, temps = file->class == HIST_TEMPS;

	if (temps) {
		file->archives = full ? temps_full : temps_short;
		file->n_archives = full ? COUNT(temps_full) : COUNT(temps_short);
	} else {
		file->archives = full ? key_full : key_short;
		file->n_archives = full ? COUNT(key_full) : COUNT(key_short);
	}
}

const char *
hist_cf_name(enum hist_cf cf)
{
	switch (cf) {
	case HIST_AVERAGE:
		return "AVERAGE";
	case HIST_MIN:
		return "MIN";
	case HIST_MAX:
		break;
	}
	return "MAX";
}

static uint32_t
fnv1a(const char *text)
{
	uint32_t hash = 2166136261u;

	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 16777619u;
	return hash;
}

char *
hist_ds_name(const char *point, char out[HIST_DS_SIZE])
{
	char name[NAME_MAX_LEN];
	const char *from = strchr(point, '.');
	size_t n = 0;

	for (from = from ? from + 1 : point; *from && n < sizeof(name) - 1; from++)
		if (isalnum((unsigned char)*from))
			name[n++] = *from;
		else if (n > 0 && name[n - 1] != '_')
			name[n++] = '_';
	while (n > 0 && name[n - 1] == '_')
		n--;
	name[n] = '\0';
	if (n < HIST_DS_SIZE)
		memcpy(out, name, n + 1);
	else
		snprintf(out, HIST_DS_SIZE, "%.*s_%05x", HASHED_HEAD, name, fnv1a(name) & 0xfffffu);
	return out;
}

uint64_t
hist_file_bytes(const struct hist_file *file)
{
	uint64_t ds = file->n, rra = file->n_archives, rows = 0;

	for (uint32_t i = 0; i < file->n_archives; i++)
		rows += file->archives[i].rows;
	/* static head, sources, archives; last update; what is not consolidated yet; rows */
	return 128 + 120 * (ds + rra) + 16 + 112 * ds + 80 * ds * rra + 8 * rra + 8 * ds * rows;
}

/* --- from the plant to files --- */

static bool
is_kept(const struct point *p, enum hist_class class)
{
	switch (class) {
	case HIST_KEY:
		return p->owner == OWNER_FIELD && key_role[p->role];
	case HIST_TEMPS:
		return p->owner == OWNER_FIELD && p->role == ROLE_RETICLE_TEMP;
	case HIST_CTL:
		break;
	}
	return p->owner == OWNER_CTL && key_role[p->role];
}

/* The kept ones of points[first .. first + n). -EEXIST: two have one name. */
static int
add_columns(struct hist_plan *plan, struct hist_file *file, uint32_t first, uint32_t n,
	    struct errtext *err)
{
	const struct plant *plant = plan->plant;

	file->first = plan->n_columns;
	for (uint32_t i = first; i < first + n; i++) {
		struct hist_column *c = &plan->columns[plan->n_columns];
		if (!is_kept(&plant->points[i], file->class))
			continue;
		*c = (struct hist_column){.point = i};
		c->region = plant_where(plant, i, &c->index);
		hist_ds_name(plant->points[i].name, c->ds);
		for (uint32_t j = file->first; j < plan->n_columns; j++)
			if (strcmp(plan->columns[j].ds, c->ds) == 0)
				return errtext_set(err, -EEXIST, "%s and %s would both be %s in %s",
						   plant->points[plan->columns[j].point].name,
						   plant->points[i].name, c->ds, file->name);
		plan->n_columns++;
	}
	file->n = plan->n_columns - file->first;
	return 0;
}

/* A file, unless there is nothing to keep in it. */
static int
add_file(struct hist_plan *plan, const char *owner, enum hist_class class, uint32_t first,
	 uint32_t n, struct errtext *err)
{
	static const char *const ending[] = {
		[HIST_KEY] = "key", [HIST_TEMPS] = "temps", [HIST_CTL] = "ctl"};
	struct hist_file *file = &plan->files[plan->n_files];

	*file = (struct hist_file){.class = class};
	set_archives(file, plan->plant->history);
	if (snprintf(file->name, sizeof(file->name), "%s.%s.rrd", owner, ending[class]) >=
	    (int)sizeof(file->name))
		return errtext_set(err, -ENAMETOOLONG, "%s: too long for a file's name", owner);
	int rc = add_columns(plan, file, first, n, err);
	if (rc == 0 && file->n > 0)
		plan->n_files++;
	return rc;
}

static int
fill(struct hist_plan *plan, struct errtext *err)
{
	const struct plant *plant = plan->plant;
	int rc = 0;

	for (uint32_t i = 0; i < plant->n_devices && rc == 0; i++) {
		const struct device *d = &plant->devices[i];
		rc = add_file(plan, d->name, HIST_KEY, d->first_point, d->n_points, err);
		if (rc == 0)
			rc = add_file(plan, d->name, HIST_TEMPS, d->first_point, d->n_points, err);
	}
	for (uint32_t i = 0; i < plant->n_systems && rc == 0; i++) {
		uint32_t first = plant->n_in, n = 0;
		while (first < plant->n_in + plant->n_ctl &&
		       plant->points[first].system != (int32_t)i)
			first++;
		while (first + n < plant->n_in + plant->n_ctl &&
		       plant->points[first + n].system == (int32_t)i)
			n++;
		rc = add_file(plan, plant->systems[i].name, HIST_CTL, first, n, err);
	}
	return rc;
}

int
hist_plan_open(struct hist_plan *out, const struct plant *plant, struct errtext *err)
{
	size_t files = 2 * (size_t)plant->n_devices + plant->n_systems + 1;

	*out = (struct hist_plan){.plant = plant};
	out->files = calloc(files, sizeof(*out->files));
	out->columns = calloc((size_t)plant->n_in + plant->n_ctl + 1, sizeof(*out->columns));
	int rc = out->files != NULL && out->columns != NULL
			 ? fill(out, err)
			 : errtext_set(err, -ENOMEM, "out of memory");
	if (rc != 0)
		hist_plan_close(out);
	return rc;
}

void
hist_plan_close(struct hist_plan *plan)
{
	free(plan->files);
	free(plan->columns);
	*plan = (struct hist_plan){0};
}

/* --- limits --- */

static uint32_t
add_limit(struct hist_limit out[HIST_LIMITS_MAX], uint32_t n, double value, const char *text)
{
	if (n == HIST_LIMITS_MAX || !isfinite(value))
		return n;
	out[n].value = value;
	snprintf(out[n].text, sizeof(out[n].text), "%s", text);
	return n + 1;
}

uint32_t
hist_limits(const struct plant *plant, uint32_t point, struct hist_limit out[HIST_LIMITS_MAX])
{
	const struct point *p = &plant->points[point];
	uint32_t n = 0;

	if (p->system >= 0) {
		const struct system_config *s = &plant->systems[p->system];
		if (p->role == ROLE_RETICLE_TEMP || p->role == ROLE_CTL_TMAX)
			n = add_limit(out, n, s->temp_limit_c, "limit");
		else if (p->role == ROLE_CTL_SPREAD)
			n = add_limit(out, n, s->spread_limit_k, "limit");
	}
	for (uint32_t i = 0; i < plant->n_alarms; i++) {
		const struct alarm *a = &plant->alarms[i];
		const struct alarm_record *r = &plant->alarm_records[a->record];
		if (a->point == point && a->limit_point == NO_POINT &&
		    (r->type == ALARM_HI || r->type == ALARM_LO))
			n = add_limit(out, n, r->limit, r->id);
	}
	return n;
}
