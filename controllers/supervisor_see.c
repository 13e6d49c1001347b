/* SPDX-License-Identifier: Apache-2.0 */
/* What a supervisor sees: who is in charge of its devices, its pumps, and the plain view its law gets. */
#include "controllers/supervisor_private.h"
#include "core/clock.h"

#include <math.h>
#include <string.h>

#define PUMP_BEHIND_FRAC 0.05
#define PUMP_BEHIND_STEPS (5u * LAW_STEPS_PER_S) /* its lag from standstill, and more */
#define PUMP_FAILED_BIT 2u
#define DEW_ASSUMED_C 18.0 /* where nobody measures it */

/* Two sequence numbers were due. A host that stalls for less is not worth a takeover. */
#define STOOD_STILL_NS (2 * NS_PER_S)

static bool
other_in_charge(double authority, bool shadow)
{
	return !shadow && isfinite(authority) && lrint(authority) != AUTHORITY_SUPERVISOR;
}

void
supervisor_watch_authority(struct supervisor *s, const struct view *v, int64_t now_ns)
{
	bool other = other_in_charge(v->engine_authority, s->setup.engine_shadow) ||
		     other_in_charge(v->cooling_authority, s->setup.cooling_shadow);
	if (other && !s->not_ours)
		s->not_ours_ns = now_ns;
	s->not_ours = other;
	if (now_ns - s->watched_ns > STOOD_STILL_NS)
		s->woken_ns = now_ns;
	s->watched_ns = now_ns;
	s->device_ceiling = !other && isfinite(v->engine_status) &&
			    ((uint32_t)lrint(v->engine_status) & ENGINE_CEILING_BIT);
}

bool
supervisor_device_in_maintenance(const struct view *v)
{
	return (isfinite(v->engine_authority) &&
		lrint(v->engine_authority) == AUTHORITY_MAINTENANCE) ||
	       (isfinite(v->cooling_authority) &&
		lrint(v->cooling_authority) == AUTHORITY_MAINTENANCE);
}

static bool
pump_failed(const struct view *v)
{
	for (int k = 0; k < 2; k++)
		if (isfinite(v->pump_status[k]) &&
		    ((uint32_t)lrint(v->pump_status[k]) & PUMP_FAILED_BIT))
			return true;
	return false;
}

/* A failed pump says so, or runs far behind its command for longer than it takes to spin up. */
void
supervisor_watch_pumps(struct supervisor *s, const struct view *v)
{
	bool behind = false;
	bool commanded =
		(s->mode == CTL_AUTO || s->mode == CTL_FAILSAFE || s->mode == CTL_STOPPED) &&
		!s->setup.cooling_shadow && isfinite(s->demands.pump_frac);
	for (int k = 0; commanded && k < 2; k++) {
		double each = s->demands.pump_each_frac[k];
		double asked = isfinite(each) ? each : s->demands.pump_frac;
		if (isfinite(v->pump_pct[k]) && asked - v->pump_pct[k] / 100.0 > PUMP_BEHIND_FRAC)
			behind = true;
	}
	s->pump_behind = behind ? s->pump_behind + 1 : 0;
	s->pump_alarm = pump_failed(v) || s->pump_behind > PUMP_BEHIND_STEPS;
}

/* Of the job in each slot, by its number in the plant's list. */
static void
densities(const struct plant *plant, const struct view *v, double out[JOBS_MAX + 1])
{
	for (int k = 0; k < JOBS_MAX; k++) {
		double id = v->slot_id[k];
		out[k] = (double)NAN;
		if (plant && id > 0.5 && id < (double)plant->n_jobs + 0.5) {
			const struct job_config *job = &plant->jobs[lrint(id) - 1];
			out[k] = job->density * job_sparse_power(job);
		}
	}
	out[JOBS_MAX] = plant && plant->n_jobs == 1 ? out[0] : (double)NAN;
}

/* For laws that have a model. */
static void
look_closer(struct supervisor *s, const struct view *v)
{
	struct law_in *in = &s->in;
	const struct plant *plant = s->setup.plant;
	in->estimate = &s->estimate;
	in->model = plant ? &plant->systems[s->setup.system].model : NULL;
	memcpy(in->power_w, v->power_w, sizeof in->power_w);
	memcpy(in->share_frac, v->share_frac, sizeof in->share_frac);
	densities(plant, v, in->density);
	bool free = s->setup.shares_free;
	for (int k = 0; k < JOBS_MAX; k++)
		in->may_move[k] = free && v->slot_mode[k] > JOB_MODE_SYNC - 0.5 &&
				  v->slot_mode[k] < JOB_MODE_SYNC + 0.5;
	in->may_move[JOBS_MAX] = free && !in->jobs.any && v->job_mode > JOB_MODE_SYNC - 0.5 &&
				 v->job_mode < JOB_MODE_SYNC + 0.5;
	in->flow_kg_s = v->flow_lpm * KG_S_PER_LPM;
}

void
supervisor_look(struct supervisor *s, const struct control_params *p, const struct view *v,
		bool second)
{
	struct law_in *in = &s->in;
	memcpy(in->temp_c, s->sensors.temp_c, sizeof in->temp_c);
	memcpy(in->measured, s->sensors.measured, sizeof in->measured);
	memcpy(in->applied_frac, v->duty_frac, sizeof in->applied_frac);
	memcpy(in->unpaced_frac, v->duty_frac, sizeof in->unpaced_frac);
	in->supply_c = v->supply_c;
	in->pump_frac = fmax(v->pump_pct[0], v->pump_pct[1]) / 100.0; /* fmax passes NAN over */
	in->valve_frac = v->valve_pct / 100.0;
	in->pump_alarm = s->pump_alarm;
	if (v->jobs_seen == 0 || v->jobs_seen != s->jobs_seen || in->jobs.partly_steps > 0)
		groups_read(&in->jobs, v);
	s->jobs_seen = v->jobs_seen;
	in->temp_limit_c = s->setup.temp_limit_c - (s->sensors.degraded ? p->degraded_dk : 0.0);
	in->spread_limit_k = s->setup.spread_limit_k;
	in->supply_lo_c = (isfinite(v->dew_c) ? v->dew_c : DEW_ASSUMED_C) + p->dew_margin_k;
	in->input_w = supervisor_input_w(s, p, v);
	in->cap_w = s->cap.watts;
	in->second = second;
	look_closer(s, v);
	bool missing = !isfinite(v->supply_c) || !isfinite(v->flow_lpm) || !isfinite(in->pump_frac);
	if (!missing)
		s->cooling_seen = true;
	s->cooling_lost = s->setup.has_cooling && missing && (s->cooling_seen || s->patience_over);
}
