/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/commission.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "controllers/law.h"
#include "controllers/response.h"

#define NOMINAL_SUPPLY_C 24.0
#define NOMINAL_ROUNDS 6 /* of power by temperature: leakage grows 2 % a kelvin */

void
soak_begin(struct soak *s, uint32_t serial)
{
	memset(s, 0, sizeof *s);
	s->runs = true;
	s->serial = serial;
	s->last_w = (double)NAN;
}

void
soak_end(struct soak *s)
{
	s->runs = false;
}

/* Has the wafer's power stood for long enough? */
static bool
calm(struct soak *s, const struct control_params *p, const struct view *v)
{
	double w = v->wafer_w;
	bool moved = !isfinite(w) || !isfinite(s->last_w) ||
		     fabs(w - s->last_w) > p->soak_still_frac * s->last_w;
	s->calm_steps = moved ? 0 : s->calm_steps + 1;
	if (isfinite(w))
		s->last_w = isfinite(s->last_w) ? law_low_pass(s->last_w, w, p->soak_settle_s / 3.0)
						: w;
	return (double)s->calm_steps >= p->soak_settle_s * LAW_STEPS_PER_S;
}

static double
mean_power_w(const struct soak_sum *s)
{
	double sum = 0.0;
	for (int i = 0; i < RETICLES; i++)
		sum += s->power_w[i];
	return s->n ? sum / s->n / RETICLES : 0.0;
}

bool
soak_is_whole(const struct view *v, const double temp_c[RETICLES])
{
	return isfinite(v->supply_c) && isfinite(v->flow_lpm) && law_missing(temp_c) == 0 &&
	       law_missing(v->power_w) == 0;
}

/* All of it, or nothing: no reticle is the mean over other times than the rest. */
static bool
add(struct soak_sum *s, const struct view *v, const double temp_c[])
{
	if (!soak_is_whole(v, temp_c))
		return false;
	for (int i = 0; i < RETICLES; i++) {
		s->temp_c[i] += temp_c[i];
		s->power_w[i] += v->power_w[i];
	}
	s->supply_c += v->supply_c;
	s->flow_kg_s += v->flow_lpm * KG_S_PER_LPM;
	s->n++;
	return true;
}

bool
soak_step(struct soak *s, const struct control_params *p, const struct view *v,
	  const double temp_c[RETICLES], bool empty)
{
	struct soak_sum *sum = &s->sum[empty ? SOAK_EMPTY : SOAK_LOADED];
	if (!s->runs)
		return false;
	bool ready = calm(s, p, v);
	if (sum->done)
		return false;
	if (!empty && isfinite(v->wafer_w) && v->wafer_w < p->soak_least_w * RETICLES)
		ready = false; /* at work, but not hard enough to tell anything */
	if (!ready) {
		memset(sum, 0, sizeof *sum);
		return false;
	}
	if (!add(sum, v, temp_c))
		return false; /* a poll that came late: the others are as good */
	sum->done = (double)sum->n >= p->soak_s * LAW_STEPS_PER_S;
	return sum->done;
}

bool
soak_is_done(const struct soak *s)
{
	return s->sum[SOAK_EMPTY].done && s->sum[SOAK_LOADED].done;
}

struct stage { /* means, and what the model says of them */
	double rise_k[RETICLES], power_w[RETICLES], model_k[RETICLES];
};

static const double CLEAN[ZONES] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

static void
make_stage(struct stage *out, const struct zone_face *f, const struct soak_sum *s)
{
	struct response r;
	for (int i = 0; i < RETICLES; i++) {
		out->rise_k[i] = (s->temp_c[i] - s->supply_c) / s->n;
		out->power_w[i] = s->power_w[i] / s->n;
	}
	response_make(&r, f, s->flow_kg_s / s->n, CLEAN);
	response_rise(&r, out->power_w, out->model_k);
}

/* At full work, nominal flow and supply: leakage of each reticle as the empty stage showed it. */
static double
nominal_spread_k(const struct zone_face *f, const struct system_model *type,
		 const struct commissioned *c, const struct stage *empty, double empty_supply_c)
{
	double leak[RETICLES], power_w[RETICLES], rise_k[RETICLES] = {0}, hi, lo;
	struct response r;
	response_make(&r, f, type->m_nom_kg_s, CLEAN);
	for (int i = 0; i < RETICLES; i++) {
		double t = empty_supply_c + empty->rise_k[i] - c->offset_k[i];
		leak[i] = fmax(empty->power_w[i] - type->idle_w, 0.0) / response_leak_w(type, t);
	}
	for (int n = 0; n < NOMINAL_ROUNDS; n++) {
		for (int i = 0; i < RETICLES; i++) {
			double t = NOMINAL_SUPPLY_C + c->gain[i] * rise_k[i];
			power_w[i] =
				type->idle_w + type->dynamic_w + leak[i] * response_leak_w(type, t);
		}
		response_rise(&r, power_w, rise_k);
	}
	hi = -(double)INFINITY;
	lo = (double)INFINITY;
	for (int i = 0; i < RETICLES; i++) {
		hi = fmax(hi, c->gain[i] * rise_k[i]);
		lo = fmin(lo, c->gain[i] * rise_k[i]);
	}
	return hi - lo;
}

/* A column that is warmer than the others by its gain alone gets less water: that is a clog, and no property of its
 * reticles. */
static int
check_columns(const struct commissioned *c, const struct control_params *p, struct errtext *err)
{
	double mean[ZONES] = {0.0};
	int warmest = 0, n;
	for (int i = 0; i < RETICLES; i++)
		mean[i % ZONES] += c->gain[i] / ROWS;
	for (int x = 1; x < ZONES; x++)
		if (mean[x] > mean[warmest])
			warmest = x;
	double frac = mean[warmest] / face_median(mean, NULL, &n);
	if (!(frac <= p->soak_column_max))
		return errtext_set(err, -ERANGE,
				   "column %d gets %.2f times as warm as the others (allowed: "
				   "%.2f): is it clogged?",
				   warmest + 1, frac, p->soak_column_max);
	return 0;
}

int
commissioned_check(const struct commissioned *c, const struct control_params *p,
		   struct errtext *err)
{
	char label[4];
	for (uint32_t i = 0; i < RETICLES; i++) {
		reticle_label(i, label);
		if (!(fabs(c->offset_k[i]) <= p->soak_offset_max_k))
			return errtext_set(err, -ERANGE, "sensor %s is %.2f K off (allowed: %.2f)",
					   label, c->offset_k[i], p->soak_offset_max_k);
		if (!(fabs(c->gain[i] - 1.0) <= p->soak_gain_max))
			return errtext_set(err, -ERANGE,
					   "%s gets %.2f times as warm as its power makes it "
					   "(allowed: 1 +- %.2f)",
					   label, c->gain[i], p->soak_gain_max);
	}
	return check_columns(c, p, err);
}

int
soak_result(const struct soak *s, const struct control_params *p, const struct system_model *type,
	    struct commissioned *out, struct errtext *err)
{
	const struct soak_sum *sum = s->sum;
	struct zone_face f;
	struct stage stage[SOAK_STAGES];
	double common_k = 0.0;
	face_init(&f, type, p->reticle_x_mul, p->reticle_y_mul);
	double rise_w = mean_power_w(&sum[SOAK_LOADED]) - mean_power_w(&sum[SOAK_EMPTY]);
	if (!soak_is_done(s) || rise_w < p->soak_rise_w)
		return errtext_set(err, -ERANGE, "its work adds %.0f W a reticle (at least: %.0f)",
				   rise_w, p->soak_rise_w);
	for (int k = 0; k < SOAK_STAGES; k++)
		make_stage(&stage[k], &f, &sum[k]);
	const struct stage *e = &stage[SOAK_EMPTY], *l = &stage[SOAK_LOADED];
	*out = (struct commissioned){.serial = s->serial};
	for (int i = 0; i < RETICLES; i++) {
		bool works = l->power_w[i] - e->power_w[i] >= p->soak_rise_w;
		out->gain[i] =
			works ? (l->rise_k[i] - e->rise_k[i]) / (l->model_k[i] - e->model_k[i])
			      : 1.0;
		out->offset_k[i] = e->rise_k[i] - out->gain[i] * e->model_k[i];
		common_k += out->offset_k[i] / RETICLES;
	}
	for (int i = 0; i < RETICLES; i++)
		out->offset_k[i] -= common_k;
	out->spread_k =
		nominal_spread_k(&f, type, out, e, sum[SOAK_EMPTY].supply_c / sum[SOAK_EMPTY].n);
	return commissioned_check(out, p, err);
}

void
commissioned_apply(struct estimate *e, const struct commissioned *c, double margin_k)
{
	for (int i = 0; i < RETICLES; i++) {
		e->offset_k[i] = c ? c->offset_k[i] : 0.0;
		e->gain[i] = c ? c->gain[i] : 1.0;
	}
	e->serial = c ? c->serial : 0;
	e->spread_limit_k = c ? c->spread_k + margin_k : (double)NAN;
}
