/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/observer.h"

#include <math.h>
#include <string.h>

#include "controllers/law.h"
#include "core/wide.h"

#define LOG_LO (-3.0) /* a twentieth of its flow: less can't be told from none */
#define LOG_HI 0.7
#define MOVE_MAX 0.3      /* of ln m_x at once: the march is not linear */
#define LATERAL_STEPS 10u /* of a flow that is low, before anything is made of it */
#define NEIGHBOUR_G 0.75  /* below it, it is clogged itself */
#define FEW_ROWS 3        /* of seven: fewer say nothing of their zone */
#define IDLE_FRAC 0.5     /* of its neighbour's power */
#define FEW_ZONES 4       /* of twelve: fewer say nothing of one of them */
#define COPPER_S 0.25
/* Steps of the law to one of the zones': what is held against each other moves by the second. */
#define FIT_STEPS 3u
#define FIT_S (FIT_STEPS * LAW_DT_S)

void
estimate_init(struct estimate *e)
{
	memset(e, 0, sizeof *e);
	for (int i = 0; i < RETICLES; i++)
		e->gain[i] = 1.0;
	for (int x = 0; x < ZONES; x++) {
		e->zone_g[x] = e->zone_flow[x] = 1.0;
		e->zone_old[x] = true;
	}
	e->ua_old = e->balance_old = true;
	e->ua_frac = e->heat_balance_frac = e->spread_limit_k = (double)NAN;
}

void
observer_init(struct observer *o, const struct system_model *type)
{
	memset(o, 0, sizeof *o);
	o->type = type;
	for (int x = 0; x < ZONES; x++)
		o->age[x] = UINT32_MAX;
	o->loop.ua_age = o->loop.balance_age = UINT32_MAX;
	if (type)
		face_init(&o->face, type, 1.0, 1.0);
}

void
observer_forget(struct observer *o, struct estimate *e)
{
	struct observer_loop loop = o->loop;
	observer_init(o, o->type);
	o->loop = loop;
	for (int x = 0; x < ZONES; x++) {
		e->zone_g[x] = e->zone_flow[x] = 1.0;
		e->zone_sure[x] = e->zone_clogged[x] = false;
		e->zone_old[x] = true;
	}
}

/* Powers as they were when the temperatures came about: each reticle's part as read now and then, the sum as read ten
 * times a second, behind copper and the sensors' low-pass. */
WIDE static bool
see_power(struct observer *o, const struct control_params *p, const struct view *v, double out_w[])
{
	double sum_w = 0.0;
	memset(o->zone_w, 0, sizeof o->zone_w);
	for (int y = 0; y < ROWS; y++)
		for (int x = 0; x < ZONES; x++)
			o->zone_w[x] += v->power_w[ZONES * y + x];
	for (int x = 0; x < ZONES; x++)
		sum_w += o->zone_w[x]; /* NAN: one is missing */
	if (!isfinite(sum_w) || !isfinite(v->wafer_w) || sum_w <= 0.0)
		return false;
	bool first = !o->started;
	double weight = first ? 1.0 : law_weight(p->observer_tau_s);
	for (int i = 0; i < RETICLES; i++)
		o->share[i] = law_follow(o->share[i], v->power_w[i] / sum_w, weight);
	o->late_w[0] = first ? v->wafer_w : law_low_pass(o->late_w[0], v->wafer_w, COPPER_S);
	o->late_w[1] = first ? v->wafer_w : law_low_pass(o->late_w[1], o->late_w[0], p->filter_s);
	bool moves = fabs(v->wafer_w - o->late_w[1]) > p->observer_quiet_frac * o->late_w[1];
	o->quiet_steps = first || moves ? 0 : o->quiet_steps + 1;
	for (int i = 0; i < RETICLES; i++)
		out_w[i] = o->share[i] * o->late_w[1];
	return true;
}

/* As the nominal reticle would show it: less what the soak found of this one. */
INLINED double
as_nominal(const struct estimate *e, int i, double temp_c, double supply_c)
{
	return supply_c + (temp_c - supply_c) / e->gain[i];
}

WIDE static void
see_wafer(struct observer *o, const struct estimate *e, const struct control_params *p,
	  const struct view *v, const struct sensors *s, const double power_w[])
{
	bool first = !o->started;
	double supply_c = isfinite(v->supply_c) ? v->supply_c : o->supply_c;
	double kg_s = isfinite(v->flow_lpm) ? v->flow_lpm * KG_S_PER_LPM : o->flow_kg_s;
	double weight = first ? 1.0 : law_weight(p->observer_tau_s);
	o->supply_c = law_follow(o->supply_c, supply_c, weight);
	o->flow_kg_s = law_follow(o->flow_kg_s, kg_s, weight);
	for (int i = 0; i < RETICLES; i++) {
		double t = as_nominal(e, i, s->temp_c[i], supply_c);
		o->si_c[i] = law_follow(o->si_c[i], t, weight);
		o->power_w[i] = law_follow(o->power_w[i], power_w[i], weight);
	}
	if (first) {
		o->lateral_mul = p->lateral_mul;
		face_init(&o->face, o->type, o->lateral_mul, 1.0);
	}
	o->started = true;
}

/* One step of Gauss and Newton on the rows that are measured. False: they say nothing. */
static bool
fit_zone(struct observer *o, const struct sensors *s, int x, const double cu_c[],
	 const double heat_w[], double *move)
{
	UNCLEARED double at_c[ROWS], slope_k[ROWS];
	double up = 0.0, down = 0.0;
	double kg_s = o->flow_kg_s / ZONES * exp(o->log_flow[x]);
	int n = 0;
	face_march(&o->face, x, kg_s, o->supply_c, heat_w, at_c, slope_k);
	for (int y = 0; y < ROWS; y++) {
		int i = ZONES * y + x;
		if (!s->measured[i])
			continue;
		up += slope_k[y] * (cu_c[i] - at_c[y]);
		down += slope_k[y] * slope_k[y];
		n++;
	}
	if (n < FEW_ROWS || !(down > 0.0))
		return false;
	*move = law_clamp(up / down, -MOVE_MAX, MOVE_MAX);
	return true;
}

/*
 * Zones are compared with those that are told of beside them, for what all have in common is no clog. One that is not
 * told of stays what it was to the others. False: there are too few to compare.
 */
static bool
tell_zones(struct observer *o, struct estimate *e, const bool told[ZONES])
{
	double sum = 0.0;
	int n;
	double clean = face_median(o->log_flow, told, &n);
	if (n < FEW_ZONES)
		return false;
	o->common = clean;
	for (int x = 0; x < ZONES; x++) {
		if (told[x])
			e->zone_g[x] = exp(o->log_flow[x] - clean);
		sum += e->zone_g[x] / ZONES;
	}
	for (int x = 0; x < ZONES; x++)
		e->zone_flow[x] = e->zone_g[x] / sum;
	return true;
}

/* Only a clog shows how much heat goes across; what was found then stays. Two neighbours on each side, since what one
 * node a reticle gets wrong of the first it gets wrong of the second, too, the other way. */
static void
lateral_step(struct observer *o, const struct estimate *e, const struct control_params *p)
{
	double sum = 0.0;
	int n = 0, low = 0;
	for (int x = 1; x < ZONES; x++)
		if (e->zone_flow[x] < e->zone_flow[low])
			low = x;
	if (!e->zone_clogged[low] && o->low_steps[low] < LATERAL_STEPS)
		return;
	for (int x = low - 2; x <= low + 2; x++)
		if (x >= 0 && x < ZONES && x != low && e->zone_g[x] > NEIGHBOUR_G) {
			sum += log(e->zone_g[x]);
			n++;
		}
	if (n)
		o->lateral_mul = law_clamp(o->lateral_mul - p->lateral_per_s * FIT_S * sum / n,
					   p->lateral_lo, p->lateral_hi);
	face_init(&o->face, o->type, o->lateral_mul, 1.0);
}

/* Which zones do work enough, and steadily, and have neighbours that do? Beside one that is idle, what goes across says more
 * than a zone's own flow. */
static void
see_works(const struct observer *o, const struct control_params *p, bool works[ZONES])
{
	double zone_w[ZONES] = {0.0};
	for (int y = 0; y < ROWS; y++)
		for (int x = 0; x < ZONES; x++)
			zone_w[x] += o->power_w[ZONES * y + x];
	for (int x = 0; x < ZONES; x++) {
		double least_w = fmax(p->observer_least_w * ROWS, IDLE_FRAC * zone_w[x]);
		works[x] = zone_w[x] >= least_w &&
			   fabs(o->zone_w[x] - zone_w[x]) < p->observer_quiet_frac * zone_w[x] &&
			   (x == 0 || zone_w[x - 1] >= least_w) &&
			   (x == ZONES - 1 || zone_w[x + 1] >= least_w);
	}
}

static void
zones_step(struct observer *o, struct estimate *e, const struct control_params *p,
	   const struct sensors *s, bool told[ZONES])
{
	UNCLEARED double cu_c[RETICLES], heat_w[RETICLES];
	bool works[ZONES];
	face_split(&o->face, o->si_c, o->power_w, cu_c, heat_w);
	see_works(o, p, works);
	for (int x = 0; x < ZONES; x++) {
		double move = 0.0;
		if (works[x] && !o->works[x]) /* it is what it was to the others */
			o->log_flow[x] = o->common + log(e->zone_g[x]);
		told[x] = works[x] && fit_zone(o, s, x, cu_c, heat_w, &move);
		if (!told[x])
			continue;
		move *= fmin(FIT_S / p->observer_fit_s, 1.0);
		o->log_flow[x] = law_clamp(o->log_flow[x] + move, LOG_LO, LOG_HI);
		o->good_steps[x] += FIT_STEPS;
	}
	memcpy(o->works, works, sizeof works);
	if (!tell_zones(o, e, told)) {
		memset(told, 0, ZONES * sizeof told[0]);
		return;
	}
	lateral_step(o, e, p);
}

/* A clog must last to be named, and its end to be believed; only while it is seen. */
static void
judge_zones(struct observer *o, struct estimate *e, const struct control_params *p,
	    const bool told[ZONES])
{
	uint32_t after = (uint32_t)lrint(p->clog_after_s * LAW_STEPS_PER_S);
	for (int x = 0; x < ZONES; x++) {
		double below = e->serial ? p->clog_below_frac : p->clog_unsoaked_frac;
		double limit = below + (e->zone_clogged[x] ? p->clog_deadband_frac : 0.0);
		bool low = e->zone_flow[x] < limit;
		if (!told[x])
			continue;
		o->age[x] = 0;
		e->zone_old[x] = false;
		e->zone_sure[x] = o->good_steps[x] >= after;
		bool on = low != e->zone_clogged[x];
		o->low_steps[x] = !on ? 0 : o->low_steps[x] ? o->low_steps[x] + FIT_STEPS : 1;
		if (!e->zone_sure[x] || o->low_steps[x] < after)
			continue;
		e->zone_clogged[x] = low;
		o->low_steps[x] = 0;
	}
}

/* One step more since a thing was told of; whether that is too long ago. */
static bool
age(uint32_t *steps, double most_steps)
{
	*steps += *steps < UINT32_MAX;
	return (double)*steps > most_steps;
}

static void
grow_old(struct observer *o, struct estimate *e, const struct control_params *p)
{
	double most_steps = p->estimate_old_s * LAW_STEPS_PER_S;
	for (int x = 0; x < ZONES; x++) {
		e->zone_old[x] = age(&o->age[x], most_steps);
		if (e->zone_old[x])
			o->low_steps[x] = 0; /* what was seen before a gap is not of what comes */
	}
	e->ua_old = age(&o->loop.ua_age, most_steps);
	e->balance_old = age(&o->loop.balance_age, most_steps);
}

void
observer_step(struct observer *o, struct estimate *e, const struct control_params *p,
	      const struct view *v, const struct sensors *s)
{
	UNCLEARED double power_w[RETICLES];
	grow_old(o, e, p);
	if (!o->type || s->blind)
		return;
	bool known = o->started || (isfinite(v->supply_c) && isfinite(v->flow_lpm));
	if (!known || !see_power(o, p, v, power_w)) {
		o->quiet_steps = 0;
		return;
	}
	see_wafer(o, e, p, v, s, power_w);
	observer_loop_step(o, e, p, v);
	uint32_t quiet_after = (uint32_t)lrint(p->observer_quiet_s * LAW_STEPS_PER_S);
	bool quiet =
		o->quiet_steps >= quiet_after && (o->quiet_steps - quiet_after) % FIT_STEPS == 0;
	bool flows = o->flow_kg_s > p->observer_least_flow_frac * o->type->m_nom_kg_s;
	if (!quiet || !flows || !isfinite(v->flow_lpm) || !isfinite(v->supply_c))
		return;
	bool told[ZONES];
	zones_step(o, e, p, s, told);
	judge_zones(o, e, p, told);
}
