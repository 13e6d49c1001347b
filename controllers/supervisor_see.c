/* SPDX-License-Identifier: Apache-2.0 */
/* What a supervisor sees: who is in charge of its devices, whether they obey, and the plain view its law gets. */
#include "controllers/supervisor_private.h"
#include "core/clock.h"

#include <math.h>

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
	s->step_s = (double)(now_ns - s->watched_ns) / (double)NS_PER_S;
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

/* Is it ours to judge: asked by us in this mode, sent, and in our charge? */
static bool
is_asked(const struct supervisor *s, double authority, bool shadow)
{
	bool asks = s->mode == CTL_AUTO || s->mode == CTL_FAILSAFE || s->mode == CTL_STOPPED;
	bool ours = !isfinite(authority) || lrint(authority) == AUTHORITY_SUPERVISOR;
	return asks && ours && !shadow && !s->verdict.trip;
}

/* A failed pump says so, or gives less than it is asked for by more than its lag explains. */
void
supervisor_watch_actuators(struct supervisor *s, const struct control_params *p,
			   const struct view *v)
{
	const struct demands *d = &s->demands;
	struct actuators_asked asked = {.valve_frac = (double)NAN};
	bool cooling = is_asked(s, v->cooling_authority, s->setup.cooling_shadow);
	for (int k = 0; k < ACTUATOR_PUMPS; k++)
		asked.pump_frac[k] = cooling ? demands_pump(d, k) : (double)NAN;
	if (cooling)
		asked.valve_frac = d->valve_frac;
	if (is_asked(s, v->engine_authority, s->setup.engine_shadow))
		asked.duty_frac = d->duty_frac, asked.ballast_w = d->ballast_w;
	actuators_step(&s->actuators, p, v, &asked);
	s->pump_alarm = pump_failed(v) || actuators_pump_behind(&s->actuators);
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
	densities(plant, v, in->density);
	bool free = s->setup.shares_free;
	for (int k = 0; k < JOBS_MAX; k++)
		in->may_move[k] = free && isfinite(v->slot_mode[k]) &&
				  (lrint(v->slot_mode[k]) == JOB_MODE_SYNC ||
				   lrint(v->slot_mode[k]) == JOB_MODE_PIPE); /* within a stage */
	in->may_move[JOBS_MAX] = free && !in->jobs.any && v->job_mode > JOB_MODE_SYNC - 0.5 &&
				 v->job_mode < JOB_MODE_SYNC + 0.5;
	in->flow_kg_s = v->flow_lpm * KG_S_PER_LPM;
}

/* Duties that do not do what they are asked, mostly none. */
static void
see_stuck(struct supervisor *s)
{
	struct law_in *in = &s->in;
	bool any = s->actuators.worst >= 0;
	for (int i = 0; i < RETICLES && (any || s->any_stuck); i++) {
		const struct actuator_watch *w = &s->actuators.duty[i];
		in->stuck[i] = w->fault;
		in->most_frac[i] = w->fault && w->low ? w->stood_frac : 1.0;
	}
	s->any_stuck = any;
}

void
supervisor_look(struct supervisor *s, const struct control_params *p, const struct view *v,
		bool second)
{
	struct law_in *in = &s->in;
	in->temp_c = s->sensors.temp_c;
	in->measured = s->sensors.measured;
	in->applied_frac = in->unpaced_frac = v->duty_frac;
	in->power_w = v->power_w;
	in->share_frac = v->share_frac;
	in->supply_c = v->supply_c;
	supervisor_see_pumps(s, p, v);
	in->valve_frac = v->valve_pct / 100.0;
	see_stuck(s);
	in->pump_alarm = s->pump_alarm;
	s->jobs_anew =
		v->jobs_seen == 0 || v->jobs_seen != s->jobs_seen || in->jobs.partly_steps > 0;
	if (s->jobs_anew)
		groups_read(&in->jobs, v);
	s->jobs_seen = v->jobs_seen;
	in->whole = s->sensors.lost == 0 && in->jobs.all;
	s->idle = isfinite(v->job_mode) && lrint(v->job_mode) == JOB_MODE_IDLE;
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
