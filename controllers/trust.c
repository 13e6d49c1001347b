/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/trust.h"

#include <math.h>
#include <string.h>

#include "controllers/law.h"
#include "core/wide.h"

#define OFF_STEPS 3u                      /* 300 ms */
#define WELL_STEPS (5u * LAW_STEPS_PER_S) /* … and back */
#define WELL_FRAC (2.0 / 3.0)
#define JUMP_K 2.5 /* 20 K/s in a step, and noise of two readings */
#define JUMP_STEPS LAW_STEPS_PER_S
#define JUMP_WAIT_STEPS 12u /* a reticle's power is read once a second */
#define MOVED_FRAC 0.05     /* of the power: a reading must follow */
#define DUTY_TAU_S 1.0
#define DUTY_MOVES_FRAC 0.05 /* a duty under way: its power is not yet read */
#define SAME_K 1e-9
#define MOVED_K 1.0 /* of the supply: a wafer must follow */
/* A quiet sensor with coarse steps needs time to follow what moves it. */
#define FOLLOW_STEPS (5u * LAW_STEPS_PER_S)

#define WITNESSES 2.0 /* one neighbour may be the liar itself */

static void
trust_range_add(struct trust_range *r, double x)
{
	if (!isfinite(x))
		return;
	r->lo = law_least(r->lo, x);
	r->hi = law_most(r->hi, x);
	r->n++;
}

/* What the wafer shows, a number or NAN a reticle; a rim of NAN around it, so that each has four
 * neighbours. */
#define STRIDE (ZONES + 2)
#define INSIDE(i) (STRIDE * ((i) / ZONES + 1) + (i) % ZONES + 1)
struct face {
	double at[STRIDE * (ROWS + 2)];
};

struct beside {
	double lo, hi, n;
};

INLINED struct beside
widened(struct beside b, double t)
{
	double lo = t < b.lo ? t : b.lo, hi = t > b.hi ? t : b.hi; /* a NAN changes neither */
	return (struct beside){lo, hi, b.n + (t - t >= 0.0 ? 1.0 : 0.0)};
}

/* How far each is outside of what its neighbours show; 0 inside, or where too few are beside it. */
WIDE static void
outside(double out[RETICLES], const struct face *f)
{
	for (int y = 0; y < ROWS; y++) {
		const double *at = f->at + STRIDE * (y + 1) + 1;
		double *to = out + ZONES * y;
		for (int x = 0; x < ZONES; x++) {
			struct beside b = {(double)INFINITY, -(double)INFINITY, 0.0};
			b = widened(b, at[x - 1]);
			b = widened(b, at[x + 1]);
			b = widened(b, at[x - STRIDE]);
			b = widened(b, at[x + STRIDE]);
			double above = at[x] - b.hi, below = at[x] - b.lo;
			double by = above > 0.0 ? above : below < 0.0 ? below : 0.0;
			to[x] = b.n >= WITNESSES ? by : 0.0;
		}
	}
}

struct seen { /* of a reticle: temperature, what is left without its power, last step's change */
	double temp_c, rest_c, change_k;
	double power_k; /* what its power makes */
	double of_temp_k, of_rest_k,
		of_change_k; /* each, how far it is outside of its neighbours' */
};

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
	o->still_lo_w = law_least(o->still_lo_w, power_w);
	o->still_hi_w = law_most(o->still_hi_w, power_w);
	bool moved = o->still_hi_w - o->still_lo_w > MOVED_FRAC * o->still_hi_w;
	o->moved_steps = moved ? o->moved_steps + 1 : 0;
	return p->trust_still_s > 0.0 && o->moved_steps >= FOLLOW_STEPS &&
	       (double)o->still_steps >= p->trust_still_s * LAW_STEPS_PER_S;
}

/* Has it jumped, and alone? Power is read later: what it explains by then was none. There and back
 * again before that, no power does. */
static bool
jumped(struct trust_one *o, const struct seen *s, double step_k, bool moves)
{
	bool jumps = fabs(step_k) > JUMP_K && !moves;
	if (o->jump_steps == 0) {
		if (jumps) {
			o->jump_steps = 1;
			o->jump_k = step_k;
			o->jump_from_k = o->power_k;
		}
		return false;
	}
	bool back = jumps && step_k * o->jump_k < 0.0;
	o->jump_k += step_k;
	if (!back && ++o->jump_steps <= JUMP_WAIT_STEPS)
		return false;
	o->jump_steps = 0;
	double by_power_k = s->power_k - o->jump_from_k;
	double left_k = fabs(o->jump_k);
	if (isfinite(by_power_k) && by_power_k * o->jump_k > 0.0)
		left_k -= fabs(by_power_k);
	return back || left_k > JUMP_K;
}

/*
 * The smaller of both, and none where they differ in sign: trust_k_per_w is what a block of
 * reticles shows, and explains too much of a lone one. Whatever is hot and has the power for it, is.
 */
static double
off_k(const struct seen *s, double of_temp_k, double of_rest_k)
{
	if (!isfinite(s->rest_c))
		return of_temp_k;
	if (of_temp_k * of_rest_k <= 0.0)
		return 0.0;
	return fabs(of_rest_k) < fabs(of_temp_k) ? of_rest_k : of_temp_k;
}

static void
judge(struct trust_one *o, const struct control_params *p, const struct seen *s, double duty_frac)
{
	double of_temp_k = s->of_temp_k, of_rest_k = s->of_rest_k;
	bool moves = fabs(duty_frac - o->duty_frac) > DUTY_MOVES_FRAC;
	bool jump = jumped(o, s, s->of_change_k, moves);
	o->off_k = off_k(s, of_temp_k, of_rest_k);
	o->no_power = isfinite(s->rest_c) && of_rest_k > p->trust_off_k;
	bool off = fabs(o->off_k) > p->trust_off_k && !moves;
	o->off_steps = off ? o->off_steps + 1 : 0;
	o->well_steps = fabs(o->off_k) < WELL_FRAC * p->trust_off_k ? o->well_steps + 1 : 0;
	if (o->why == TRUST_JUMP && o->well_steps >= JUMP_STEPS)
		o->why = TRUST_ALL;
	if (o->why != TRUST_ALL && o->well_steps >= WELL_STEPS)
		o->why = TRUST_ALL;
	if (jump)
		o->why = o->why == TRUST_ALL ? TRUST_JUMP : o->why;
	if (jump || o->jump_steps)
		o->well_steps = 0;
	/* its power was read after it: not a second longer */
	if (o->why != TRUST_STILL && isfinite(s->rest_c) && of_temp_k > p->trust_off_k &&
	    of_rest_k <= 0.0)
		o->why = TRUST_ALL;
	/* one that comes back must fit at once: random bits are a reading now and then */
	if (o->off_steps >= (isfinite(o->last_c) ? OFF_STEPS : 1u))
		o->why = TRUST_OFF;
}

/* All at once and to the last bit, while other devices see what must move them. */
static void
watch_frozen(struct trust *t, const struct control_params *p, const struct view *v)
{
	const struct trust_range none = {(double)INFINITY, -(double)INFINITY, 0};
	uint32_t there = 0, same = 0;
	for (int i = 0; i < RETICLES; i++) {
		if (!isfinite(v->temp_c[i]))
			continue;
		there++;
		same += fabs(v->temp_c[i] - t->one[i].last_c) <= SAME_K;
	}
	if (there < RETICLES / 2 || same < there) {
		t->still_steps = t->moved_steps = 0;
		t->power_w = t->supply_c = none;
	} else {
		t->still_steps++;
		trust_range_add(&t->power_w, power_of(v));
		trust_range_add(&t->supply_c, v->supply_c);
		bool moved = t->power_w.hi - t->power_w.lo > MOVED_FRAC * t->power_w.hi ||
			     t->supply_c.hi - t->supply_c.lo > MOVED_K;
		t->moved_steps = moved ? t->moved_steps + 1 : 0;
	}
	t->frozen = p->trust_frozen_s > 0.0 && t->moved_steps >= FOLLOW_STEPS &&
		    (double)t->still_steps >= p->trust_frozen_s * LAW_STEPS_PER_S;
}

void
trust_reset(struct trust *t)
{
	memset(t, 0, sizeof *t);
	for (int i = 0; i < RETICLES; i++)
		t->one[i].last_c = t->one[i].duty_frac = t->one[i].power_k = (double)NAN;
}

static void
conclude(struct trust *t, int i, double temp_c, double out_c[RETICLES])
{
	const struct trust_one *o = &t->one[i];
	bool doubted = o->why != TRUST_ALL;
	bool waits = o->jump_steps > 0; /* not told yet, and not used */
	bool wild = waits || o->why == TRUST_OFF || o->why == TRUST_JUMP;
	out_c[i] = doubted || waits || t->frozen ? (double)NAN : temp_c;
	t->maybe_c[i] = wild && !o->no_power && !t->frozen ? temp_c : (double)NAN;
	if (!doubted || !isfinite(temp_c))
		return;
	t->doubted++;
	t->doubted_max_c = fmax(t->doubted_max_c, temp_c);
}

static double
number(double x)
{
	return isfinite(x) ? x : (double)NAN;
}

/* All that is seen of the wafer in this step, a reticle a row. */
static void
look(struct seen out[RETICLES], const struct trust *t, const struct control_params *p,
     const struct view *v)
{
	struct face temp_c, rest_c, change_k;
	double of_temp_k[RETICLES], of_rest_k[RETICLES], of_change_k[RETICLES];
	for (int i = 0; i < STRIDE * (ROWS + 2); i++)
		temp_c.at[i] = rest_c.at[i] = change_k.at[i] = (double)NAN;
	for (int i = 0; i < RETICLES; i++) {
		double power_k = p->trust_k_per_w * v->power_w[i];
		out[i].power_k = power_k;
		out[i].temp_c = v->temp_c[i];
		temp_c.at[INSIDE(i)] = number(v->temp_c[i]);
		out[i].rest_c = v->temp_c[i] - power_k;
		rest_c.at[INSIDE(i)] = number(out[i].rest_c);
		out[i].change_k = v->temp_c[i] - t->one[i].last_c;
		change_k.at[INSIDE(i)] = number(out[i].change_k);
	}
	outside(of_temp_k, &temp_c);
	outside(of_rest_k, &rest_c);
	outside(of_change_k, &change_k);
	for (int i = 0; i < RETICLES; i++) {
		out[i].of_temp_k = of_temp_k[i];
		out[i].of_rest_k = of_rest_k[i];
		out[i].of_change_k = of_change_k[i];
	}
}

void
trust_step(struct trust *t, const struct control_params *p, const struct view *v,
	   double out_c[RETICLES])
{
	struct seen seen[RETICLES];
	double weight = law_weight(DUTY_TAU_S);
	watch_frozen(t, p, v);
	look(seen, t, p, v);
	t->doubted = 0;
	t->doubted_max_c = 0.0;
	for (int i = 0; i < RETICLES; i++) {
		struct trust_one *o = &t->one[i];
		bool stands = still(o, p, v->temp_c[i], power_of(v));
		if (!isfinite(o->duty_frac))
			o->duty_frac = v->duty_frac[i];
		if (p->trust_off_k > 0.0)
			judge(o, p, &seen[i], v->duty_frac[i]);
		if (stands)
			o->why = TRUST_STILL;
		else if (o->why == TRUST_STILL && o->still_steps == 0)
			o->why = TRUST_ALL;
		if (isfinite(v->duty_frac[i]))
			o->duty_frac += weight * (v->duty_frac[i] - o->duty_frac);
		o->last_c = v->temp_c[i];
		o->power_k = seen[i].power_k;
		conclude(t, i, v->temp_c[i], out_c);
	}
}
