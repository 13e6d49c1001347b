/* SPDX-License-Identifier: Apache-2.0 */
/* A supervisor's part of an advice: its wafer and its cooling, for a forecast of a job more. */
#include <math.h>
#include <string.h>

#include "controllers/advice.h"
#include "controllers/supervisor.h"
#include "controllers/supervisor_private.h"

#define NOMINAL_SPEED_FRAC 0.8 /* of the pumps, at flow_nominal_lpm */
#define SPEED_LEAST_FRAC 0.2   /* below, flow says nothing of what it would be */

/* Pumps and their flow: what they give now, by their speed. */
static void
tell_flow(const struct supervisor *s, const struct control_params *p, const struct view *v,
	  struct forecast_in *in)
{
	double now_frac = s->in.pump_frac;
	double per_frac = p->flow_nominal_lpm / NOMINAL_SPEED_FRAC;
	if (v->flow_lpm > 0.0 && now_frac > SPEED_LEAST_FRAC)
		per_frac = v->flow_lpm / now_frac;
	for (int k = 0; k < FORECAST_SPEEDS; k++) {
		double part = (double)k / (FORECAST_SPEEDS - 1);
		double speed = p->pump_min_frac + part * (p->pump_max_frac - p->pump_min_frac);
		in->speed_frac[k] = speed;
		in->flow_kg_s[k] = per_frac * speed * KG_S_PER_LPM;
	}
}

/* What is there already, and who has it. Work without slots by name is somebody's on all of them. */
static void
tell_load(const struct supervisor *s, const struct view *v, struct advice_system *out)
{
	const struct job_groups *g = &s->in.jobs;
	bool nameless = !g->any && v->tokens_per_s > 0.0;
	for (int i = 0; i < RETICLES; i++) {
		double still_w = response_still_w(out->in.model, s->sensors.temp_c[i]) +
				 inputs_ballast_w(v, i);
		out->taken[i] = nameless || (g->any && g->slot[i] != SLOT_NONE);
		out->in.works[i] = out->taken[i];
		out->in.other_w[i] =
			out->taken[i] && v->power_w[i] > still_w ? v->power_w[i] - still_w : 0.0;
	}
}

static const char *
broken(const struct supervisor *s)
{
	if (s->pump_alarm)
		return "a pump has failed";
	if (s->actuators.faults)
		return "an actuator does not do what it is asked";
	if (s->sensors.degraded)
		return "too many sensors are lost";
	for (int x = 0; x < ZONES; x++)
		if (s->estimate.zone_clogged[x])
			return "a column of its cold plate is clogged";
	return s->estimate.fouled ? "its heat exchanger is fouled" : NULL;
}

void
supervisor_foretell(const struct supervisor *s, const struct control_params *p,
		    const struct view *v, struct advice_system *out)
{
	const struct estimate *e = &s->estimate;
	struct forecast_in *in = &out->in;
	memset(out, 0, sizeof *out);
	in->model = &s->setup.plant->systems[s->setup.system].model;
	in->x_mul = p->reticle_x_mul;
	in->y_mul = p->reticle_y_mul;
	in->facility_c = v->facility_in_c;
	in->setpoint_lo_c = fmax(p->supply_lo_c, s->in.supply_lo_c); /* passes NAN over */
	in->setpoint_hi_c = p->supply_hi_c;
	tell_flow(s, p, v, in);
	for (int x = 0; x < ZONES; x++)
		in->zone_g[x] = e->zone_clogged[x] ? e->zone_g[x] : 1.0;
	memcpy(in->gain, e->gain, sizeof in->gain);
	in->ua_frac = e->fouled ? e->ua_frac : 1.0;
	in->temp_limit_c = s->in.temp_limit_c;
	in->spread_limit_k = s->in.spread_limit_k;
	in->margin_k = s->setup.law == law_of(CONTROLLER_MPC) ? p->edge_k : p->margin_k;
	in->pump_room_k = p->pump_down_above_k;
	in->wafer_part = in->model->core_stage_frac * in->model->supply_frac;
	in->rest_w = v->input_w - v->wafer_w / in->wafer_part;
	if (!(in->rest_w >= 0.0)) /* or not known */
		in->rest_w = p->cap_other_w;
	in->most_w = (double)INFINITY;
	tell_load(s, v, out);
	out->unknown = !e->serial;
	out->unknown_k = p->commissioned_margin_k;
	out->broken = broken(s);
	out->input_w = s->in.input_w;
	out->cap_w = (double)NAN;
}
