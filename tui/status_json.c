/* SPDX-License-Identifier: Apache-2.0 */
/* The snapshot for scripts. A value that is not live is null: no script takes an old one for new. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "core/clock.h"
#include "tui/cmd.h"

#define SIGNIFICANT_DIGITS 9

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
system_json(const struct model_system *s)
{
	const struct sample *one = s->one;
	json_t *o = json_object();
	json_object_set_new(o, "name", json_string(s->name));
	json_object_set_new(o, "mode", state_word(ROLE_CTL_MODE, &one[ROLE_CTL_MODE]));
	json_object_set_new(o, "reason", state_word(ROLE_CTL_REASON, &one[ROLE_CTL_REASON]));
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
	json_object_set_new(o, "duty_frac", live(&one[ROLE_CTL_DUTY], 1, 0.0001));
	json_object_set_new(o, "tokens_per_s", live(&one[ROLE_JOB_TOKENS], 1, 0.1));
	json_object_set_new(o, "cost_tokens_per_s", live(&one[ROLE_CTL_COST_TOKENS], 1, 0.1));
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
	json_object_set_new(o, "host", json_string(d->host));
	json_object_set_new(o, "port", json_integer(d->port));
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
	if (m->writer[REGION_IN].there)
		json_object_set_new(o, "collectors",
				    json_integer((json_int_t)m->writer[REGION_IN].status.overruns));
	if (m->writer[REGION_CTL].there)
		json_object_set_new(
			o, "controllers",
			json_integer((json_int_t)m->writer[REGION_CTL].status.overruns));
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
	if (m->run.there)
		return a;
	if (m->writer[REGION_IN].there)
		json_array_append_new(a, json_pack("{s:s, s:i}", "room", "collectors", "pid",
						   m->writer[REGION_IN].status.pid));
	if (m->writer[REGION_CTL].there)
		json_array_append_new(a, json_pack("{s:s, s:i}", "room", "controllers", "pid",
						   m->writer[REGION_CTL].status.pid));
	return a;
}

char *
status_json(const struct attach *a)
{
	const struct model *m = &a->model;
	char now[40];
	json_t *o = json_object(), *reasons = json_array(), *systems = json_array(),
	       *devices = json_array();
	for (uint32_t i = 0; i < m->health.n; i++)
		json_array_append_new(reasons, json_string(m->health.reason[i]));
	if (m->health.dropped)
		json_array_append_new(reasons,
				      json_sprintf("and %u more reasons", m->health.dropped));
	for (uint32_t i = 0; i < m->n_systems; i++)
		json_array_append_new(systems, system_json(&m->systems[i]));
	for (uint32_t i = 0; i < m->n_devices; i++)
		json_array_append_new(devices, device_json(&m->devices[i]));
	json_object_set_new(o, "site", json_string(m->site));
	json_object_set_new(o, "time", json_string(clock_utc_text(m->wall_ns, now, sizeof(now))));
	json_object_set_new(o, "healthy", json_boolean(m->health.healthy));
	json_object_set_new(o, "reasons", reasons);
	json_object_set_new(o, "points", json_integer(m->points));
	json_object_set_new(o, "stale_points", json_integer(m->points - m->good));
	json_object_set_new(o, "simulated_points", json_integer(m->simulated));
	json_object_set_new(o, "systems", systems);
	json_object_set_new(o, "devices", devices);
	json_object_set_new(o, "overruns", overruns_json(m));
	json_object_set_new(o, "pids", pids_json(m));
	json_object_set_new(o, "state_dir",
			    m->run.state_dir[0] ? json_string(m->run.state_dir) : json_null());
	json_object_set_new(o, "run_dir", json_string(a->run_dir));
	char *text = json_dumps(o, JSON_INDENT(1) | JSON_REAL_PRECISION(SIGNIFICANT_DIGITS));
	json_decref(o);
	return text;
}
