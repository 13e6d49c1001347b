/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt/tree_json.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>

#include "core/clock.h"
#include "mqtt/metrics.h"

#define SIGNIFICANT_DIGITS 9

/* --- values --- */

static json_t *
number(const struct sample *s, double scale, double step)
{
	if (s == NULL || !sample_usable(s))
		return json_null();
	return json_real(round(s->value * scale / step) * step);
}

static json_t *
count(const struct sample *s)
{
	if (s == NULL || !sample_usable(s))
		return json_null();
	return json_integer(llround(s->value));
}

static json_t *
state(enum role_id role, const struct sample *s)
{
	if (s == NULL || !sample_usable(s))
		return json_null();
	return json_string(state_name(role, s->value));
}

static const struct sample *
of_role(const struct snapshot *s, int32_t system, enum role_id role)
{
	return snapshot_point(s, plant_role(s->plant, system, role, 0));
}

static void
set_time(json_t *o, int64_t wall_ns)
{
	char text[40];

	if (wall_ns != 0)
		json_object_set_new(o, "time",
				    json_string(clock_utc_text(wall_ns, text, sizeof(text))));
}

/* Frees o. */
static size_t
write_out(json_t *o, char *out, size_t size)
{
	size_t len =
		json_dumpb(o, out, size, JSON_COMPACT | JSON_REAL_PRECISION(SIGNIFICANT_DIGITS));

	json_decref(o);
	return len <= size ? len : 0;
}

/* --- a system --- */

struct tally {
	uint32_t points, not_good, simulated;
};

/* Of the points of devices; system -2: all. */
#define EVERYTHING (-2)
static struct tally
tally_points(const struct snapshot *s, int32_t system)
{
	const struct plant *p = s->plant;
	struct tally t = {0};

	for (uint32_t d = 0; d < p->n_devices; d++) {
		if (system != EVERYTHING && p->devices[d].system != system)
			continue;
		for (uint32_t i = 0; i < p->devices[d].n_points; i++) {
			const struct sample *x = snapshot_point(s, p->devices[d].first_point + i);
			t.points++;
			t.not_good += x == NULL || x->quality != QUALITY_GOOD;
			t.simulated += x != NULL && (x->flags & SAMPLE_SIMULATED) != 0;
		}
	}
	return t;
}

/* Alarms whose condition holds; NULL where that is not known. */
static json_t *
alarms_json(const struct snapshot *s, int32_t system, enum alarm_state only)
{
	const struct plant *p = s->plant;
	json_int_t n = 0;

	if (!snapshot_alarms_known(s))
		return json_null();
	for (uint32_t i = 0; i < p->n_alarms; i++) {
		const struct sample *x = snapshot_alarm(s, i, ALARM_FIELD_STATE);
		if (p->alarms[i].system != system || !sample_usable(x))
			continue;
		long now = lround(x->value);
		n += only == ALARM_STATES ? now == ALARM_UNACKED || now == ALARM_ACKED
					  : now == (long)only;
	}
	return json_integer(n);
}

static json_t *
reticle(const struct sample *s)
{
	char text[4];

	if (s == NULL || !sample_usable(s) || s->value < 0 || s->value >= RETICLES)
		return json_null();
	return json_string(reticle_label((uint32_t)s->value, text));
}

static void
set_figures(json_t *o, const struct snapshot *s, int32_t system)
{
	static const struct {
		const char *key;
		enum role_id role;
		double scale, step;
	} row[] = {
		{"spread_k", ROLE_CTL_SPREAD, 1, 0.01},
		{"spread_limit_k", ROLE_CTL_SPREAD_LIMIT, 1, 0.01},
		{"tmax_c", ROLE_CTL_TMAX, 1, 0.01},
		{"tmin_c", ROLE_CTL_TMIN, 1, 0.01},
		{"temp_limit_c", ROLE_CTL_TEMP_LIMIT, 1, 0.01},
		{"power_kw", ROLE_POWER_INPUT, 1e-3, 0.01},
		{"current_a", ROLE_WAFER_CURRENT, 1, 1},
		{"flow_lpm", ROLE_LOOP_FLOW, 1, 0.1},
		{"supply_c", ROLE_LOOP_SUPPLY, 1, 0.1},
		{"supply_setpoint_c", ROLE_CTL_SUPPLY_SETPOINT, 1, 0.1},
		{"supply_asked_c", ROLE_CTL_SUPPLY_ASKED, 1, 0.1},
		{"duty_frac", ROLE_CTL_DUTY, 1, 0.001},
		{"tokens_per_s", ROLE_JOB_TOKENS, 1, 1},
		{"cost_tokens_per_s", ROLE_CTL_COST_TOKENS, 1, 1},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++)
		json_object_set_new(
			o, row[i].key,
			number(of_role(s, system, row[i].role), row[i].scale, row[i].step));
	json_object_set_new(o, "hottest", reticle(of_role(s, system, ROLE_CTL_HOTTEST)));
	json_object_set_new(o, "coldest", reticle(of_role(s, system, ROLE_CTL_COLDEST)));
}

/* Who has stopped it, taken it for maintenance or set values by hand, and until when. */
static void
set_holder(json_t *o, const struct snapshot *s, int32_t system)
{
	const struct sample *by = of_role(s, system, ROLE_CTL_HELD_BY);
	const struct sample *until = of_role(s, system, ROLE_CTL_HELD_UNTIL);
	bool known = by != NULL && sample_usable(by) && by->value >= 0;
	bool ends = until != NULL && sample_usable(until) && until->value > 0;
	char text[40];

	json_object_set_new(o, "held_by_uid", known ? count(by) : json_null());
	json_object_set_new(o, "held_until",
			    ends ? json_string(clock_utc_text(llround(until->value) * NS_PER_S,
							      text, sizeof(text)))
				 : json_null());
	bool why = s->why != NULL && s->why[system][0] != '\0';
	json_object_set_new(o, "held_why", why ? json_string(s->why[system]) : json_null());
	json_object_set_new(o, "set_by_hand", count(of_role(s, system, ROLE_CTL_HANDS)));
}

size_t
tree_system_json(const struct snapshot *s, uint32_t system, int64_t wall_ns, char *out, size_t size)
{
	json_t *o = json_object();
	struct tally t = tally_points(s, (int32_t)system);

	set_time(o, wall_ns);
	json_object_set_new(o, "name", json_string(s->plant->systems[system].name));
	json_object_set_new(o, "mode",
			    state(ROLE_CTL_MODE, of_role(s, (int32_t)system, ROLE_CTL_MODE)));
	json_object_set_new(o, "reason",
			    state(ROLE_CTL_REASON, of_role(s, (int32_t)system, ROLE_CTL_REASON)));
	set_holder(o, s, (int32_t)system);
	json_object_set_new(o, "trip", count(of_role(s, (int32_t)system, ROLE_ENGINE_TRIP)));
	set_figures(o, s, (int32_t)system);
	json_object_set_new(o, "points", json_integer(t.points));
	json_object_set_new(o, "points_not_good", json_integer(t.not_good));
	json_object_set_new(o, "points_simulated", json_integer(t.simulated));
	json_object_set_new(o, "alarms_active", alarms_json(s, (int32_t)system, ALARM_STATES));
	json_object_set_new(o, "alarms_unacknowledged",
			    alarms_json(s, (int32_t)system, ALARM_UNACKED));
	return write_out(o, out, size);
}

/* --- the site --- */

struct verdict {
	uint32_t automatic, tripped, held_back, unknown, devices_ok;
};

static struct verdict
judge(const struct snapshot *s)
{
	const struct plant *p = s->plant;
	struct verdict v = {0};

	for (uint32_t i = 0; i < p->n_systems; i++) {
		const struct sample *mode = of_role(s, (int32_t)i, ROLE_CTL_MODE);
		const struct sample *reason = of_role(s, (int32_t)i, ROLE_CTL_REASON);
		const struct sample *trip = of_role(s, (int32_t)i, ROLE_ENGINE_TRIP);
		v.automatic +=
			mode != NULL && sample_usable(mode) && lround(mode->value) == CTL_AUTO;
		v.tripped += trip != NULL && sample_usable(trip) && fabs(trip->value) > 0;
		if (reason != NULL && sample_usable(reason))
			v.held_back += lround(reason->value) != REASON_NONE &&
				       lround(reason->value) != REASON_PACE;
		else
			v.unknown++;
	}
	for (uint32_t i = 0; i < p->n_devices; i++) {
		const struct sample *x = snapshot_point(s, plant_link(p, i, ROLE_LINK_STATE));
		v.devices_ok += x != NULL && sample_usable(x) && lround(x->value) == LINK_OK;
	}
	return v;
}

static json_t *
hash_json(const struct plant *p)
{
	char text[2 * sizeof(p->hash) + 1];

	for (size_t i = 0; i < sizeof(p->hash); i++)
		snprintf(text + 2 * i, 3, "%02x", p->hash[i]);
	return json_string(text);
}

size_t
tree_status_json(const struct snapshot *s, const char *version, int64_t wall_ns, char *out,
		 size_t size)
{
	const struct plant *p = s->plant;
	json_t *o = json_object();
	struct tally t = tally_points(s, EVERYTHING);
	struct verdict v = judge(s);
	const struct sample *active = of_role(s, SITE, ROLE_ALARM_ACTIVE);
	/* alarms that nobody judges are no reason, nor is their absence a proof */
	bool quiet = active == NULL || !sample_usable(active) || !(active->value > 0);
	bool healthy = t.not_good == 0 && v.tripped == 0 && v.held_back == 0 && v.unknown == 0 &&
		       v.devices_ok == p->n_devices && quiet;

	set_time(o, wall_ns);
	json_object_set_new(o, "site", json_string(p->site));
	json_object_set_new(o, "online", json_true());
	json_object_set_new(o, "healthy", json_boolean(healthy));
	json_object_set_new(o, "version", json_string(version));
	json_object_set_new(o, "configuration", hash_json(p));
	json_object_set_new(o, "systems", json_integer(p->n_systems));
	json_object_set_new(o, "systems_auto", json_integer(v.automatic));
	json_object_set_new(o, "systems_held_back", json_integer(v.held_back));
	json_object_set_new(o, "systems_tripped", json_integer(v.tripped));
	json_object_set_new(o, "devices", json_integer(p->n_devices));
	json_object_set_new(o, "devices_ok", json_integer(v.devices_ok));
	json_object_set_new(o, "points", json_integer(t.points));
	json_object_set_new(o, "points_not_good", json_integer(t.not_good));
	json_object_set_new(o, "points_simulated", json_integer(t.simulated));
	json_object_set_new(o, "alarms_active", count(active));
	json_object_set_new(o, "alarms_unacknowledged",
			    count(of_role(s, SITE, ROLE_ALARM_UNACKED)));
	json_object_set_new(o, "alarms_shelved", count(of_role(s, SITE, ROLE_ALARM_SHELVED)));
	return write_out(o, out, size);
}

size_t
tree_offline_json(const struct plant *p, char *out, size_t size)
{
	json_t *o = json_object();

	json_object_set_new(o, "site", json_string(p->site));
	json_object_set_new(o, "online", json_false());
	return write_out(o, out, size);
}

/* --- an alarm --- */

static const char *
alarm_state_word(const struct sample *s)
{
	static const char *const word[ALARM_STATES] = {
		[ALARM_NORMAL] = "normal",
		[ALARM_UNACKED] = "unacknowledged",
		[ALARM_ACKED] = "acknowledged",
		[ALARM_RETURNED] = "returned",
		[ALARM_SHELVED] = "shelved",
		[ALARM_SUPPRESSED] = "suppressed",
		[ALARM_OUT_OF_SERVICE] = "out of service",
	};
	long k = sample_usable(s) ? lround(s->value) : -1;

	return k >= 0 && k < ALARM_STATES ? word[k] : "";
}

static void
set_limit(json_t *o, const struct snapshot *s, const struct alarm *a, const struct alarm_record *r)
{
	const struct sample *added = snapshot_point(s, a->limit_point);

	if (r->type != ALARM_HI && r->type != ALARM_LO)
		json_object_set_new(o, "limit", json_null());
	else if (a->limit_point == NO_POINT)
		json_object_set_new(o, "limit", json_real(r->limit));
	else if (added != NULL && sample_usable(added))
		json_object_set_new(o, "limit", json_real(r->limit + added->value));
	else
		json_object_set_new(o, "limit", json_null());
}

size_t
tree_alarm_json(const struct snapshot *s, uint32_t alarm, int64_t wall_ns, char *out, size_t size)
{
	const struct plant *p = s->plant;
	const struct alarm *a = &p->alarms[alarm];
	const struct alarm_record *r = &p->alarm_records[a->record];
	const struct sample *raised = snapshot_alarm(s, alarm, ALARM_FIELD_RAISED);
	bool input = a->point != NO_POINT;
	char text[128], since[40];
	json_t *o = json_object();

	set_time(o, wall_ns);
	json_object_set_new(o, "key", json_string(a->key));
	json_object_set_new(
		o, "state",
		json_string(alarm_state_word(snapshot_alarm(s, alarm, ALARM_FIELD_STATE))));
	json_object_set_new(o, "priority", json_integer(r->priority));
	json_object_set_new(o, "text", json_string(alarm_text(p, alarm, text, sizeof(text))));
	json_object_set_new(o, "system",
			    a->system != SITE ? json_string(p->systems[a->system].name)
					      : json_null());
	json_object_set_new(o, "point",
			    input ? json_string(p->points[a->point].name) : json_null());
	json_object_set_new(o, "unit",
			    json_string(input ? metrics_unit(p->points[a->point].unit) : ""));
	json_object_set_new(o, "value",
			    number(snapshot_alarm(s, alarm, ALARM_FIELD_VALUE), 1, 1e-6));
	set_limit(o, s, a, r);
	json_object_set_new(o, "episode", count(snapshot_alarm(s, alarm, ALARM_FIELD_EPISODE)));
	json_object_set_new(o, "since",
			    sample_usable(raised) && raised->value > 0
				    ? json_string(clock_utc_text((int64_t)(raised->value * 1e9),
								 since, sizeof(since)))
				    : json_null());
	json_object_set_new(o, "cause", json_string(r->cause));
	json_object_set_new(o, "consequence", json_string(r->consequence));
	json_object_set_new(o, "action", json_string(r->action));
	return write_out(o, out, size);
}
