/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/trust.h"

#include <math.h>
#include <string.h>

#include "controllers/law.h"

#define OFF_STEPS 3u                      /* 300 ms */
#define WELL_STEPS (5u * LAW_STEPS_PER_S) /* … and back */
#define WELL_FRAC (2.0 / 3.0)
#define JUMP_K 2.5 /* 20 K/s in a step, and noise of two readings */
#define JUMP_STEPS LAW_STEPS_PER_S
#define MOVED_FRAC 0.05 /* of the power: a reading must follow */
#define DUTY_TAU_S 1.0
#define DUTY_MOVES_FRAC 0.05 /* a duty under way: its power is not yet read */
#define SAME_K 1e-9
#define OTHER_MOVES 20u /* changes of another device's reading that show that it lives */

#define WITNESSES 2u /* one neighbour may be the liar itself */

struct range {
	double lo, hi;
	unsigned n;
};

static void
range_add(struct range *r, double x)
{
	if (!isfinite(x))
		return;
	r->lo = fmin(r->lo, x);
	r->hi = fmax(r->hi, x);
	r->n++;
}

/* How far x is outside; 0 inside, or where too few are beside it. */
static double
outside(const struct range *r, double x)
{
	if (r->n < WITNESSES || !isfinite(x))
		return 0.0;
	return x > r->hi ? x - r->hi : x < r->lo ? x - r->lo : 0.0;
}

struct seen { /* of a reticle: temperature, what is left without its power, change since last step */
	double temp_c, rest_c, change_k;
};

struct around {
	struct range temp_c, rest_c, change_k;
};

static void
look_around(struct around *out, const struct seen s[RETICLES], int i)
{
	static const int dx[] = {-1, 1, 0, 0}, dy[] = {0, 0, -1, 1};
	const struct range none = {(double)INFINITY, -(double)INFINITY, 0};
	int x = i % ZONES, y = i / ZONES;
	*out = (struct around){none, none, none};
	for (int k = 0; k < 4; k++) {
		int nx = x + dx[k], ny = y + dy[k];
		if (nx < 0 || nx >= ZONES || ny < 0 || ny >= ROWS)
			continue;
		const struct seen *n = &s[ZONES * ny + nx];
		range_add(&out->temp_c, n->temp_c);
		range_add(&out->rest_c, n->rest_c);
		range_add(&out->change_k, n->change_k);
	}
}

static double
power_of(const struct view *v)
{
	return isfinite(v->input_w) ? v->input_w : v->wafer_w;
}

/* Has its last digit moved? And the power, since it did? */
static bool
still(struct trust_one *o, const struct control_params *p, double temp_c, double power_w)
{
	if (!isfinite(temp_c) || !isfinite(o->last_c) || fabs(temp_c - o->last_c) > SAME_K) {
		o->still_steps = 0;
		o->still_lo_w = (double)INFINITY;
		o->still_hi_w = -(double)INFINITY;
		return false;
	}
	o->still_steps++;
	o->still_lo_w = fmin(o->still_lo_w, power_w);
	o->still_hi_w = fmax(o->still_hi_w, power_w);
	return p->trust_still_s > 0.0 &&
	       (double)o->still_steps >= p->trust_still_s * LAW_STEPS_PER_S &&
	       o->still_hi_w - o->still_lo_w > MOVED_FRAC * o->still_hi_w;
}

static void
judge(struct trust_one *o, const struct control_params *p, const struct seen *s,
      const struct around *a, double duty_frac)
{
	double of_temp_k = outside(&a->temp_c, s->temp_c);
	double of_rest_k = outside(&a->rest_c, s->rest_c);
	double jump_k = outside(&a->change_k, s->change_k);
	bool moves = fabs(duty_frac - o->duty_frac) > DUTY_MOVES_FRAC;
	o->off_k = fabs(of_rest_k) < fabs(of_temp_k) && isfinite(s->rest_c) ? of_rest_k : of_temp_k;
	bool off = fabs(o->off_k) > p->trust_off_k && !moves;
	o->off_steps = off ? o->off_steps + 1 : 0;
	o->well_steps = fabs(o->off_k) < WELL_FRAC * p->trust_off_k ? o->well_steps + 1 : 0;
	if (o->why == TRUST_JUMP && o->well_steps >= JUMP_STEPS)
		o->why = TRUST_ALL;
	if (o->why != TRUST_ALL && o->well_steps >= WELL_STEPS)
		o->why = TRUST_ALL;
	if (fabs(jump_k) > JUMP_K && !moves) {
		o->why = o->why == TRUST_ALL ? TRUST_JUMP : o->why;
		o->well_steps = 0;
	}
	/* one that comes back must fit at once: random bits are a reading now and then */
	if (o->off_steps >= (isfinite(o->last_c) ? OFF_STEPS : 1u))
		o->why = TRUST_OFF;
}

/* All at once and to the last bit, while somebody else is seen to live. */
static void
watch_frozen(struct trust *t, const struct control_params *p, const struct view *v)
{
	uint32_t there = 0, same = 0;
	double other = isfinite(v->input_w) ? v->input_w : v->supply_c;
	for (int i = 0; i < RETICLES; i++) {
		if (!isfinite(v->temp_c[i]))
			continue;
		there++;
		same += fabs(v->temp_c[i] - t->one[i].last_c) <= SAME_K;
	}
	if (there < RETICLES / 2 || same < there) {
		t->still_steps = t->other_moves = 0;
	} else {
		t->still_steps++;
		t->other_moves += isfinite(other) && fabs(other - t->other) > SAME_K;
	}
	t->other = other;
	t->frozen = p->trust_frozen_s > 0.0 && t->other_moves >= OTHER_MOVES &&
		    (double)t->still_steps >= p->trust_frozen_s * LAW_STEPS_PER_S;
}

void
trust_reset(struct trust *t)
{
	memset(t, 0, sizeof *t);
	for (int i = 0; i < RETICLES; i++)
		t->one[i].last_c = t->one[i].duty_frac = (double)NAN;
}

void
trust_step(struct trust *t, const struct control_params *p, const struct view *v,
	   double out_c[RETICLES])
{
	struct seen seen[RETICLES];
	watch_frozen(t, p, v);
	for (int i = 0; i < RETICLES; i++)
		seen[i] = (struct seen){.temp_c = v->temp_c[i],
					.rest_c = v->temp_c[i] - p->trust_k_per_w * v->power_w[i],
					.change_k = v->temp_c[i] - t->one[i].last_c};
	t->doubted = 0;
	for (int i = 0; i < RETICLES; i++) {
		struct trust_one *o = &t->one[i];
		struct around around;
		bool stands = still(o, p, v->temp_c[i], power_of(v));
		if (!isfinite(o->duty_frac))
			o->duty_frac = v->duty_frac[i];
		look_around(&around, seen, i);
		if (p->trust_off_k > 0.0)
			judge(o, p, &seen[i], &around, v->duty_frac[i]);
		if (stands)
			o->why = TRUST_STILL;
		else if (o->why == TRUST_STILL && o->still_steps == 0)
			o->why = TRUST_ALL;
		if (isfinite(v->duty_frac[i]))
			o->duty_frac = law_low_pass(o->duty_frac, v->duty_frac[i], DUTY_TAU_S);
		o->last_c = v->temp_c[i];
		t->doubted += isfinite(v->temp_c[i]) && o->why != TRUST_ALL;
		out_c[i] = o->why == TRUST_ALL && !t->frozen ? v->temp_c[i] : (double)NAN;
	}
}
