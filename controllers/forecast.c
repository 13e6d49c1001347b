/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/forecast.h"

#include <math.h>
#include <string.h>

#define HALVINGS 12
/* Temperature and leakage: each round makes the error about ten times smaller. From nothing, and from
 * temperatures that are near. */
#define ROUNDS 6
#define ROUNDS_NEAR 2
#define ALONE_ROUNDS 30 /* of duties that give way one by one */
#define FULL_FROM 0.999
#define VALVE_OPEN 1.0

/* A wafer at some work. */
struct state {
	bool near; /* temperatures are those of other work, not far off */
	double v[RETICLES], temp_c[RETICLES], power_w[RETICLES];
	double supply_c, max_c, min_c, wafer_w;
};

static const struct response *
response_of(struct forecast_cache *cache, const struct forecast_in *in, int speed)
{
	struct response *r = &cache->response[speed];
	if (memcmp(&cache->model, in->model, sizeof cache->model) != 0) {
		cache->model = *in->model;
		face_init(&cache->face, in->model, in->x_mul, in->y_mul);
		memset(cache->made, 0, sizeof cache->made);
	}
	if (!cache->made[speed] || !response_serves(r, in->flow_kg_s[speed], in->zone_g)) {
		response_make(r, &cache->face, in->flow_kg_s[speed], in->zone_g);
		cache->made[speed] = true;
		cache->times++;
	}
	return r;
}

static void
see(const struct forecast_in *in, struct state *s)
{
	bool any = false;
	s->max_c = -INFINITY;
	s->min_c = INFINITY;
	for (int i = 0; i < RETICLES; i++) {
		bool counts = in->works[i] || in->on[i];
		any = any || counts;
		s->max_c = fmax(s->max_c, s->temp_c[i]);
		if (counts)
			s->min_c = fmin(s->min_c, s->temp_c[i]);
	}
	if (!any)
		s->min_c = s->max_c;
}

/* Temperatures with s->v, the supply at `setpoint_c` or as cold as it can be. */
static void
settle(const struct forecast_in *in, const struct response *r, double flow_kg_s, double setpoint_c,
       struct state *s)
{
	double k_per_w = response_supply_k_per_w(in->model, flow_kg_s, VALVE_OPEN,
						 isfinite(in->ua_frac) ? in->ua_frac : 1.0);
	double rise_k[RETICLES];
	int rounds = s->near ? ROUNDS_NEAR : ROUNDS;
	for (int i = 0; i < RETICLES && !s->near; i++)
		s->temp_c[i] = setpoint_c + 15.0;
	s->near = true;
	for (int round = 0; round < rounds; round++) {
		s->wafer_w = 0.0;
		for (int i = 0; i < RETICLES; i++) {
			double own = in->on[i] ? in->density * in->model->dynamic_w * s->v[i] : 0.0;
			s->power_w[i] = response_still_w(in->model, s->temp_c[i]) + own +
					(in->on[i] ? 0.0 : in->other_w[i]);
			s->wafer_w += s->power_w[i];
		}
		s->supply_c = setpoint_c;
		if (isfinite(in->facility_c))
			s->supply_c = fmax(setpoint_c, in->facility_c + k_per_w * s->wafer_w);
		response_rise(r, s->power_w, rise_k);
		for (int i = 0; i < RETICLES; i++)
			s->temp_c[i] = s->supply_c + in->gain[i] * rise_k[i];
	}
	see(in, s);
}

/* The same, with the set-point only as low as the temperature's limit needs it. */
static void
settle_cool(const struct forecast_in *in, const struct response *r, double flow_kg_s,
	    struct state *s)
{
	double hi_c = fmax(in->setpoint_hi_c, in->setpoint_lo_c);
	settle(in, r, flow_kg_s, hi_c, s);
	double over_k = s->max_c - (in->temp_limit_c - in->margin_k);
	if (over_k > 0.0)
		settle(in, r, flow_kg_s, fmax(hi_c - over_k, in->setpoint_lo_c), s);
}

static double
input_w(const struct forecast_in *in, const struct state *s)
{
	return in->rest_w + s->wafer_w / in->wafer_part;
}

static enum forecast_limit
broken(const struct forecast_in *in, const struct state *s)
{
	if (input_w(in, s) > in->most_w)
		return FORECAST_POWER;
	if (s->max_c > in->temp_limit_c - in->margin_k)
		return FORECAST_TEMPERATURE;
	return s->max_c - s->min_c > in->spread_limit_k - in->margin_k ? FORECAST_SPREAD
								       : FORECAST_FREE;
}

/* Room to the nearer limit, beyond its margin. */
static double
room_k(const struct forecast_in *in, const struct state *s)
{
	return fmin(in->temp_limit_c - s->max_c, in->spread_limit_k - (s->max_c - s->min_c)) -
	       in->margin_k;
}

static void
all_at(struct state *s, double v)
{
	for (int i = 0; i < RETICLES; i++)
		s->v[i] = v;
}

/* From full work: the greatest common one that keeps the limits. */
static enum forecast_limit
together(const struct forecast_in *in, const struct response *r, double flow_kg_s, struct state *s)
{
	double lo = 0.0, hi = 1.0;
	enum forecast_limit by = broken(in, s), now;
	for (int h = 0; h < HALVINGS && by != FORECAST_FREE; h++) {
		double mid = (lo + hi) / 2.0;
		all_at(s, mid);
		settle_cool(in, r, flow_kg_s, s);
		now = broken(in, s);
		if (now == FORECAST_FREE) {
			lo = mid;
		} else {
			hi = mid;
			by = now;
		}
	}
	if (by != FORECAST_FREE) {
		all_at(s, lo);
		settle_cool(in, r, flow_kg_s, s);
	}
	return by;
}

/* From full work: each gives way, or takes more, by what its own does to its temperature; then all for
 * the power. */
static enum forecast_limit
apart(const struct forecast_in *in, const struct response *r, double flow_kg_s, struct state *s)
{
	enum forecast_limit by = broken(in, s);
	for (int round = 0; round < ALONE_ROUNDS && by != FORECAST_FREE; round++) {
		double top_c = fmin(in->temp_limit_c, s->min_c + in->spread_limit_k) - in->margin_k;
		for (int i = 0; i < RETICLES; i++) {
			double own =
				in->gain[i] * r->k_per_w[i][i] * in->density * in->model->dynamic_w;
			if (!in->on[i] || own <= 0.0)
				continue;
			s->v[i] += 0.7 * (top_c - s->temp_c[i]) / own;
			s->v[i] = fmin(fmax(s->v[i], 0.0), 1.0);
		}
		settle_cool(in, r, flow_kg_s, s);
	}
	for (int h = 0; h < HALVINGS && input_w(in, s) > in->most_w; h++) {
		for (int i = 0; i < RETICLES; i++)
			s->v[i] *= 0.9;
		settle_cool(in, r, flow_kg_s, s);
		by = FORECAST_POWER;
	}
	return by;
}

static void
tell(const struct forecast_in *in, const struct response *r, int speed, const struct state *s,
     struct forecast *out)
{
	struct state idle = {.v = {0.0}};
	double sum = 0.0, n = 0.0;
	for (int i = 0; i < RETICLES; i++)
		if (in->on[i]) {
			sum += s->v[i];
			n += 1.0;
		}
	settle_cool(in, r, in->flow_kg_s[speed], &idle);
	out->rate_frac = n > 0.0 ? sum / n : 0.0;
	out->wafer_w = s->wafer_w;
	out->input_w = input_w(in, s);
	out->added_w = out->input_w - input_w(in, &idle);
	out->tmax_c = s->max_c;
	out->spread_k = s->max_c - s->min_c;
	out->supply_c = s->supply_c;
	out->pump_frac = in->speed_frac[speed];
}

void
forecast_make(struct forecast_cache *cache, const struct forecast_in *in, struct forecast *out)
{
	struct state s;
	int speed = -1, last = FORECAST_SPEEDS - 1;
	const struct response *r;
	bool helps = true; /* more flow */
	while (helps && speed < last) {
		r = response_of(cache, in, ++speed);
		s.near = false;
		all_at(&s, 1.0);
		settle_cool(in, r, in->flow_kg_s[speed], &s);
		out->limit = broken(in, &s);
		helps = out->limit == FORECAST_FREE ? room_k(in, &s) < in->pump_room_k
						    : out->limit != FORECAST_POWER;
	}
	r = response_of(cache, in, speed);
	if (out->limit != FORECAST_FREE)
		out->limit = in->alone ? apart(in, r, in->flow_kg_s[speed], &s)
				       : together(in, r, in->flow_kg_s[speed], &s);
	tell(in, r, speed, &s, out);
	if (out->rate_frac >= FULL_FROM)
		out->limit = FORECAST_FREE;
}

void
forecast_full(struct forecast_cache *cache, const struct forecast_in *in, int speed,
	      struct forecast *out)
{
	const struct response *r = response_of(cache, in, speed);
	struct state s = {.near = false};
	all_at(&s, 1.0);
	settle_cool(in, r, in->flow_kg_s[speed], &s);
	*out = (struct forecast){.limit = broken(in, &s),
				 .rate_frac = 1.0,
				 .input_w = input_w(in, &s),
				 .wafer_w = s.wafer_w,
				 .tmax_c = s.max_c,
				 .spread_k = s.max_c - s.min_c,
				 .supply_c = s.supply_c,
				 .pump_frac = in->speed_frac[speed]};
}
