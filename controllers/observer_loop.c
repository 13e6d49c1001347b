/* SPDX-License-Identifier: Apache-2.0 */
/* The observer's other half: what loop and heat exchanger say of heat, and of fouling. */
#include <math.h>

#include "controllers/law.h"
#include "controllers/observer.h"

#define ALIKE 1e-3 /* of two differences: their logarithmic mean is their mean */

/* Of the facility's water or air through the exchanger, to its nominal flow; from the valve where nobody measures. */
static double
facility_frac(const struct system_model *type, const struct view *v)
{
	double kg_s = isfinite(v->facility_lpm) ? v->facility_lpm * KG_S_PER_LPM : v->air_kg_s;
	return isfinite(kg_s) ? kg_s / type->facility_kg_s : v->valve_pct / 100.0;
}

/* What the coolant takes up: the wafer's power, and a part of what is lost on the way to it. */
static double
heat_of(const struct system_model *type, double wafer_w)
{
	return wafer_w * (1.0 + type->loss_to_loop_frac * (1.0 / type->core_stage_frac - 1.0));
}

static double
log_mean(double a, double b)
{
	return fabs(a - b) < ALIKE * a ? 0.5 * (a + b) : (a - b) / log(a / b);
}

static double
clean_ua_w_k(const struct system_model *type, double flow_kg_s, double facility)
{
	double hot = type->hx_hot_w_k * pow(flow_kg_s / type->m_nom_kg_s, type->hx_exponent);
	double cold = type->hx_facility_w_k * pow(facility, type->hx_exponent);
	return hot * cold / (hot + cold);
}

/* The return follows what leaves the plate through the water that stands between: so must what it is held against. */
static void
see_loop(struct observer_loop *l, const struct system_model *type, const struct control_params *p,
	 const struct view *v)
{
	double kg_s = v->flow_lpm * KG_S_PER_LPM;
	double heat_w = heat_of(type, v->wafer_w), tau_s = p->exchanger_tau_s;
	double behind_s = type->hot_kg / fmax(kg_s, type->hot_kg / tau_s);
	if (!l->started) {
		*l = (struct observer_loop){.started = true,
					    .supply_c = v->supply_c,
					    .return_c = v->return_c,
					    .facility_in_c = v->facility_in_c,
					    .facility_out_c = v->facility_out_c,
					    .flow_kg_s = kg_s,
					    .facility_frac = facility_frac(type, v),
					    .late_supply_c = v->supply_c,
					    .late_w = heat_w,
					    .heat_w = heat_w,
					    .taken_w = heat_w,
					    .ua_age = l->ua_age,
					    .balance_age = l->balance_age};
		l->ua_frac = l->balance_frac = (double)NAN;
		return;
	}
	double weight = law_weight(tau_s), behind = law_weight(behind_s);
	l->supply_c = law_follow(l->supply_c, v->supply_c, weight);
	l->return_c = law_follow(l->return_c, v->return_c, weight);
	l->facility_in_c = law_follow(l->facility_in_c, v->facility_in_c, weight);
	l->facility_out_c = law_follow(l->facility_out_c, v->facility_out_c, weight);
	l->flow_kg_s = law_follow(l->flow_kg_s, kg_s, weight);
	l->facility_frac = law_follow(l->facility_frac, facility_frac(type, v), weight);
	l->late_supply_c = law_follow(l->late_supply_c, v->supply_c, behind);
	l->late_w = law_follow(l->late_w, heat_w, behind);
	l->heat_w = law_follow(l->heat_w, l->late_w, weight);
	l->taken_w = law_follow(l->taken_w,
				kg_s * type->cp_j_kg_k * (v->return_c - l->late_supply_c), weight);
	l->steps++;
}

/* Does the loop stand still enough to be held against the formulas of one that does? */
static bool
stands(const struct observer_loop *l, const struct control_params *p, const struct view *v)
{
	return fabs(v->supply_c - l->supply_c) < p->exchanger_still_k &&
	       fabs(v->facility_in_c - l->facility_in_c) < p->exchanger_still_k;
}

/* Does it say something now? */
static bool
exchanger_step(struct observer_loop *l, const struct system_model *type,
	       const struct control_params *p)
{
	double hot_k = l->return_c - l->facility_out_c, cold_k = l->supply_c - l->facility_in_c;
	double heat_w = l->flow_kg_s * type->cp_j_kg_k * (l->return_c - l->supply_c);
	if (hot_k < p->exchanger_least_k || cold_k < p->exchanger_least_k ||
	    l->return_c - l->supply_c < p->balance_least_k ||
	    l->facility_frac < p->observer_least_flow_frac)
		return false;
	double ua = heat_w / log_mean(hot_k, cold_k) /
		    clean_ua_w_k(type, l->flow_kg_s, l->facility_frac);
	l->ua_frac = isfinite(l->ua_frac) ? law_low_pass(l->ua_frac, ua, p->exchanger_tau_s) : ua;
	return isfinite(l->ua_frac);
}

/* A verdict holds until the opposite has lasted as long as it had to. */
static void
judge(bool *verdict, uint32_t *steps, bool now, double after_s)
{
	*steps = now != *verdict ? *steps + 1 : 0;
	if ((double)*steps < after_s * LAW_STEPS_PER_S)
		return;
	*verdict = now;
	*steps = 0;
}

/* Only from what is seen now. Where heat and power disagree some meter lies, and UA is made of the same ones. */
static void
judge_loop(struct observer_loop *l, struct estimate *e, const struct control_params *p)
{
	bool off = fabs(l->balance_frac - 1.0) > p->balance_error_frac;
	if (l->ua_age == 0 && l->balance_age == 0 && !off)
		judge(&e->fouled, &l->fouled_steps, l->ua_frac < p->fouled_below_frac,
		      p->wear_after_s);
	else if (off || e->ua_old)
		l->fouled_steps = 0;
	if (l->balance_age == 0)
		judge(&e->unbalanced, &l->unbalanced_steps, off, p->wear_after_s);
	else if (e->balance_old)
		l->unbalanced_steps = 0;
}

void
observer_loop_step(struct observer *o, struct estimate *e, const struct control_params *p,
		   const struct view *v)
{
	struct observer_loop *l = &o->loop;
	bool known = isfinite(v->flow_lpm) && isfinite(v->supply_c) && isfinite(v->return_c) &&
		     isfinite(v->facility_in_c) && isfinite(v->facility_out_c) &&
		     isfinite(v->wafer_w) && isfinite(facility_frac(o->type, v));
	if (!known ||
	    v->flow_lpm * KG_S_PER_LPM < p->observer_least_flow_frac * o->type->m_nom_kg_s) {
		l->started = false; /* the formulas are those of a loop that has run for a while */
		return;
	}
	see_loop(l, o->type, p, v);
	bool settled = (double)l->steps > 3.0 * p->exchanger_tau_s * LAW_STEPS_PER_S;
	if (!settled)
		return;
	if (stands(l, p, v) && exchanger_step(l, o->type, p)) {
		l->ua_age = 0;
		e->ua_old = false;
	}
	if (l->return_c - l->supply_c > p->balance_least_k) {
		l->balance_frac = l->taken_w / l->heat_w;
		l->balance_age = 0;
		e->balance_old = false;
	}
	judge_loop(l, e, p);
	e->ua_frac = l->ua_frac;
	e->heat_balance_frac = l->balance_frac;
}
