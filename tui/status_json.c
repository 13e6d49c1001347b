/* SPDX-License-Identifier: Apache-2.0 */
/* The snapshot for scripts. A value that is not live is null: no script takes an old one for new. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "tui/cmd.h"
#include "tui/fitness.h"
#include "tui/held.h"
#include "tui/pace.h"

static json_t *
live(const struct sample *s, double scale, double step)
{
	if (!sample_usable(s))
		return json_null();
	return json_real(round(s->value * scale / step) * step);
}

static json_t *
counter(const struct sample *s)
{
	if (s->quality == QUALITY_NEVER || !isfinite(s->value))
		return json_null();
	return json_integer((json_int_t)s->value);
}

static json_t *
state_word(enum role_id role, const struct sample *s)
{
	if (!sample_usable(s))
		return json_null();
	return json_string(state_name(role, s->value));
}

static json_t *
label(uint32_t reticle)
{
	char text[4];
	return reticle < RETICLES ? json_string(reticle_label(reticle, text)) : json_null();
}

static json_t *
alarm_count(const struct model *m, uint32_t n)
{
	return model_alarms_live(m) ? json_integer(n) : json_null();
}

static json_t *
system_json(const struct model *m, const struct model_system *s, const json_t *held)
{
	const struct sample *one = s->one;
	json_t *o = json_object();
	json_object_set_new(o, "name", json_string(s->name));
	json_object_set_new(o, "mode", state_word(ROLE_CTL_MODE, &one[ROLE_CTL_MODE]));
	json_object_set_new(o, "reason", state_word(ROLE_CTL_REASON, &one[ROLE_CTL_REASON]));
	char why[120];
	enum fitness fit = fitness_of(m, (uint32_t)(s - m->systems), why, sizeof(why));
	json_object_set_new(o, "fit", json_string(fitness_word(fit)));
	json_object_set_new(o, "fit_why", why[0] ? json_string(why) : json_null());
	json_object_set_new(o, "held", held_json(held, s));
	json_object_set_new(o, "trip", json_integer(s->trip));
	json_object_set_new(o, "spread_k", live(&s->spread_k, 1, 0.001));
	json_object_set_new(o, "spread_limit_k", json_real(s->spread_limit_k));
	json_object_set_new(o, "tmax_c", live(&s->tmax_c, 1, 0.001));
	json_object_set_new(o, "temp_limit_c", json_real(s->temp_limit_c));
	json_object_set_new(o, "tmean_c", live(&s->tmean_c, 1, 0.001));
	json_object_set_new(o, "tmin_c", live(&s->tmin_c, 1, 0.001));
	json_object_set_new(o, "hottest", label(s->hottest));
	json_object_set_new(o, "coldest", label(s->coldest));
	json_object_set_new(o, "power_kw", live(&s->input_w, 1e-3, 0.001));
	json_object_set_new(o, "wafer_kw", live(&one[ROLE_WAFER_POWER], 1e-3, 0.001));
	json_object_set_new(o, "current_a", live(&one[ROLE_WAFER_CURRENT], 1, 1));
	json_object_set_new(o, "flow_lpm", live(&one[ROLE_LOOP_FLOW], 1, 0.01));
	json_object_set_new(o, "supply_c", live(&one[ROLE_LOOP_SUPPLY], 1, 0.01));
	json_object_set_new(o, "supply_setpoint_c", live(&one[ROLE_CTL_SUPPLY_SETPOINT], 1, 0.01));
	json_object_set_new(o, "supply_asked_c", live(&one[ROLE_CTL_SUPPLY_ASKED], 1, 0.01));
	json_object_set_new(o, "duty_frac", live(&one[ROLE_CTL_DUTY], 1, 0.0001));
	json_object_set_new(o, "tokens_per_s", live(&one[ROLE_JOB_TOKENS], 1, 0.1));
	json_object_set_new(o, "cost_tokens_per_s", live(&one[ROLE_CTL_COST_TOKENS], 1, 0.1));
	json_object_set_new(o, "alarms", alarm_count(m, s->alarms));
	json_object_set_new(o, "points", json_integer(s->points));
	json_object_set_new(o, "stale_points", json_integer(s->points - s->good));
	json_object_set_new(o, "simulated_points", json_integer(s->simulated));
	return o;
}

static json_t *
device_json(const struct model_device *d)
{
	json_t *o = json_object();
	json_object_set_new(o, "name", json_string(d->name));
	json_object_set_new(o, "kind", json_string(d->kind));
	bool serial = *d->line != '\0';
	json_object_set_new(o, "host", serial ? json_null() : json_string(d->host));
	json_object_set_new(o, "port", serial ? json_null() : json_integer(d->port));
	json_object_set_new(o, "line", serial ? json_string(d->line) : json_null());
	json_object_set_new(o, "unit", json_integer(d->unit));
	json_object_set_new(o, "simulated", json_boolean(d->simulated));
	json_object_set_new(o, "armed", json_boolean(d->armed));
	json_object_set_new(o, "state", state_word(ROLE_LINK_STATE, &d->state));
	json_object_set_new(o, "points", json_integer(d->points));
	json_object_set_new(o, "stale_points", json_integer(d->points - d->good));
	json_object_set_new(o, "modbus_transactions", counter(&d->transactions));
	json_object_set_new(o, "errors", counter(&d->errors));
	json_object_set_new(o, "would_write", counter(&d->would_write));
	json_object_set_new(o, "mismatches", counter(&d->mismatch));
	return o;
}

static json_t *
overruns_json(const struct model *m)
{
	json_t *o = json_object();
	if (m->facility[ROLE_SIM_LATE_TICKS].quality != QUALITY_NEVER)
		json_object_set_new(o, "simulator", counter(&m->facility[ROLE_SIM_LATE_TICKS]));
	for (int r = 0; r < REGIONS; r++)
		if (m->writer[r].there)
			json_object_set_new(o, model_writer_word((enum plant_region)r),
					    json_integer((json_int_t)m->writer[r].status.overruns));
	return o;
}

/* What the runner says; without one, what the images do. */
static json_t *
pids_json(const struct model *m)
{
	json_t *a = json_array();
	for (uint32_t i = 0; i < m->run.n_rooms; i++)
		if (m->run.rooms[i].up)
			json_array_append_new(a, json_pack("{s:s, s:i, s:i}", "room",
							   m->run.rooms[i].name, "pid",
							   m->run.rooms[i].pid, "restarts",
							   (int)m->run.rooms[i].restarts));
	if (m->run.there && m->run.pid > 0)
		json_array_append_new(a,
				      json_pack("{s:s, s:i}", "room", "runner", "pid", m->run.pid));
	for (int r = 0; r < REGIONS && !m->run.there; r++)
		if (m->writer[r].there)
			json_array_append_new(a, json_pack("{s:s, s:i}", "room",
							   model_writer_word((enum plant_region)r),
							   "pid", m->writer[r].status.pid));
	return a;
}

static json_t *
alarms_json(const struct model *m)
{
	static const struct {
		const char *name;
		enum alarm_state state;
	} states[] = {{"acked", ALARM_ACKED},
		      {"returned", ALARM_RETURNED},
		      {"shelved", ALARM_SHELVED},
		      {"suppressed", ALARM_SUPPRESSED},
		      {"out_of_service", ALARM_OUT_OF_SERVICE}};
	const struct model_alarms *a = &m->alarms;
	json_t *o = json_object(), *priorities = json_object();
	if (!m->writer[REGION_ALM].there && !model_alarms_expected(m)) {
		json_decref(o);
		json_decref(priorities);
		return json_null();
	}
	json_object_set_new(o, "active", alarm_count(m, model_alarms_active(a)));
	json_object_set_new(o, "unack",
			    alarm_count(m, a->states[ALARM_UNACKED] + a->states[ALARM_RETURNED]));
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		json_object_set_new(o, states[i].name, alarm_count(m, a->states[states[i].state]));
	for (int p = ALARM_CRITICAL; p <= ALARM_LOW; p++) {
		char name[4];
		snprintf(name, sizeof(name), "P%d", p);
		json_object_set_new(priorities, name, alarm_count(m, a->by_priority[p]));
	}
	json_object_set_new(o, "priorities", priorities);
	json_object_set_new(o, "in_10_min", alarm_count(m, a->recent));
	json_object_set_new(o, "flood", json_boolean(a->flood));
	json_object_set_new(o, "journal_ok", live(&m->facility[ROLE_ALARM_JOURNAL_OK], 1, 1));
	json_object_set_new(o, "journal_held", counter(&m->facility[ROLE_ALARM_JOURNAL_HELD]));
	return o;
}

/* Points of the site's own programs, by what a script calls them. */
struct site_row {
	const char *name;
	enum role_id role;
};

static json_t *
site_json(const struct model *m, const struct site_row *rows, size_t n)
{
	json_t *o = json_object();
	for (size_t i = 0; i < n; i++) {
		const struct sample *s = &m->facility[rows[i].role];
		json_object_set_new(o, rows[i].name,
				    sample_usable(s) ? json_integer((json_int_t)s->value)
						     : json_null());
	}
	return o;
}

static json_t *
pages_json(const struct model *m)
{
	static const struct site_row rows[] = {{"pending", ROLE_ALARM_PAGES_PENDING},
					       {"delivered", ROLE_ALARM_PAGES_DELIVERED},
					       {"failed", ROLE_ALARM_PAGES_FAILED},
					       {"hook_ok", ROLE_PAGE_HOOK_OK}};
	return site_json(m, rows, sizeof(rows) / sizeof(rows[0]));
}

static json_t *
history_json(const struct model *m)
{
	static const struct site_row rows[] = {{"files", ROLE_HIST_FILES},
					       {"set_aside", ROLE_HIST_SET_ASIDE},
					       {"updates", ROLE_HIST_UPDATES},
					       {"write_ok", ROLE_HIST_WRITE_OK},
					       {"last_update", ROLE_HIST_LAST_UPDATE}};
	return site_json(m, rows, sizeof(rows) / sizeof(rows[0]));
}

static json_t *
broker_json(const struct attach *a)
{
	static const struct site_row rows[] = {
		{"connected", ROLE_MQTT_CONNECTED}, {"messages", ROLE_MQTT_MESSAGES},
		{"births", ROLE_MQTT_BIRTHS},       {"commands", ROLE_MQTT_COMMANDS},
		{"refused", ROLE_MQTT_REFUSED},     {"connects", ROLE_MQTT_CONNECTS}};
	const struct plant_broker *b = &a->plant->broker;
	json_t *o = site_json(&a->model, rows, sizeof(rows) / sizeof(rows[0]));
	json_object_set_new(o, "host", b->host[0] ? json_string(b->host) : json_null());
	json_object_set_new(o, "private", json_boolean(a->model.run.private_broker));
	json_object_set_new(o, "port", b->port ? json_integer(b->port) : json_null());
	return o;
}

static json_t *
rrd_dir_json(const struct model *m)
{
	return m->run.state_dir[0] ? json_sprintf("%s/rrd", m->run.state_dir) : json_null();
}

static void
add_verdict(json_t *o, const struct model *m)
{
	json_t *reasons = json_array();
	for (uint32_t i = 0; i < m->health.n; i++)
		json_array_append_new(reasons, json_string(m->health.reason[i]));
	if (m->health.dropped)
		json_array_append_new(reasons,
				      json_sprintf("and %u more reasons", m->health.dropped));
	json_object_set_new(o, "healthy", json_boolean(m->health.healthy));
	json_object_set_new(o, "reasons", reasons);
}

/* null: nothing here is simulated, or its simulator was not heard yet. */
static void
add_pace(json_t *o, const struct model *m)
{
	struct pace p = pace_of(m);
	json_object_set_new(o, "valid", p.known ? json_boolean(p.valid) : json_null());
	json_object_set_new(o, "pace",
			    p.known ? json_pack("{s:I, s:I, s:f, s:f}", "steps",
						(json_int_t)p.steps, "late_steps",
						(json_int_t)p.late, "late_pct", 100.0 * p.late_frac,
						"limit_pct", 100.0 * PACE_LIMIT_FRAC)
				    : json_null());
}

static bool
somebody_holds(const struct model *m)
{
	int64_t uid, until_ns;
	for (uint32_t i = 0; i < m->n_systems; i++)
		if (model_held_by(&m->systems[i], &uid, &until_ns))
			return true;
	return false;
}

char *
status_json(const struct attach *a)
{
	const struct model *m = &a->model;
	char now[40];
	json_t *o = json_object(), *systems = json_array(), *devices = json_array();
	json_t *held = somebody_holds(m) ? held_list(a->run_dir, NULL) : NULL;
	for (uint32_t i = 0; i < m->n_systems; i++)
		json_array_append_new(systems, system_json(m, &m->systems[i], held));
	json_decref(held);
	for (uint32_t i = 0; i < m->n_devices; i++)
		json_array_append_new(devices, device_json(&m->devices[i]));
	json_object_set_new(o, "site", json_string(m->site));
	json_object_set_new(o, "time", json_string(clock_utc_text(m->wall_ns, now, sizeof(now))));
	add_verdict(o, m);
	add_pace(o, m);
	json_object_set_new(o, "points", json_integer(m->points));
	json_object_set_new(o, "stale_points", json_integer(m->points - m->good));
	json_object_set_new(o, "simulated_points", json_integer(m->simulated));
	json_object_set_new(o, "alarms", alarms_json(m));
	json_object_set_new(o, "pages", pages_json(m));
	json_object_set_new(o, "history", history_json(m));
	json_object_set_new(o, "broker", broker_json(a));
	json_object_set_new(o, "systems", systems);
	json_object_set_new(o, "devices", devices);
	json_object_set_new(o, "overruns", overruns_json(m));
	json_object_set_new(o, "pids", pids_json(m));
	json_object_set_new(o, "state_dir",
			    m->run.state_dir[0] ? json_string(m->run.state_dir) : json_null());
	json_object_set_new(o, "rrd_dir", rrd_dir_json(m));
	json_object_set_new(o, "run_dir", json_string(a->run_dir));
	char *text = json_dumps(o, JSON_INDENT(1) | JSON_REAL_PRECISION(CMD_JSON_DIGITS));
	json_decref(o);
	return text;
}
