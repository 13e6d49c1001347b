/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/trust.h"

#include <float.h>
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
#define MOVED_FRAC 0.05f    /* of the power: a reading must follow */
#define DUTY_TAU_S 1.0
#define DUTY_MOVES_FRAC 0.05f /* a duty under way: its power is not yet read */
#define SAME_K 1e-9f
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

/* The four neighbours of the one at `at`. */
INLINED struct beside
beside_of(const double *at)
{
	struct beside b = {(double)INFINITY, -(double)INFINITY, 0.0};
	b = widened(b, at[-1]);
	b = widened(b, at[1]);
	b = widened(b, at[-STRIDE]);
	return widened(b, at[STRIDE]);
}

/* How far each is outside of what its neighbours show; 0 inside, or where too few are beside it. */
WIDE static void
outside(double out[RETICLES], const struct face *f)
{
	for (int y = 0; y < ROWS; y++) {
		const double *at = f->at + STRIDE * (y + 1) + 1;
		double *to = out + ZONES * y;
		for (int x = 0; x < ZONES; x++) {
			struct beside b = beside_of(at + x);
			double above = at[x] - b.hi, below = at[x] - b.lo;
			double by = above > 0.0 ? above : below < 0.0 ? below : 0.0;
			to[x] = b.n >= WITNESSES ? by : 0.0;
		}
	}
}

struct seen {                     /* of each reticle */
	double rest_c[RETICLES];  /* its temperature without its power; NAN */
	double power_k[RETICLES]; /* what its power makes */
	/* how far it is outside of its neighbours': temperature, that rest, last step's change */
	double of_temp_k[RETICLES], of_rest_k[RETICLES], of_change_k[RETICLES];
};

INLINED double
number(double x)
{
	return fabs(x) <= DBL_MAX ? x : (double)NAN;
}

static double
power_of(const struct view *v)
{
	return isfinite(v->input_w) ? v->input_w : v->wafer_w;
}

/* Has its last digit moved? And the power, since it did? */
static bool
still(struct trust *t, int i, const struct control_params *p, double temp_c, double power_w)
{
	double last_c = t->last_c[i];
	if (!isfinite(temp_c) || !isfinite(last_c) || fabs(temp_c - last_c) > (double)SAME_K) {
		t->still_steps[i] = 0;
		t->still_lo_w[i] = INFINITY;
		t->still_hi_w[i] = -INFINITY;
		return false;
	}
	t->still_steps[i]++;
	if (t->still_steps[i] > t->still_most)
		t->still_most = t->still_steps[i];
	t->still_lo_w[i] = fminf(t->still_lo_w[i], (float)power_w); /* passes NAN over */
	t->still_hi_w[i] = fmaxf(t->still_hi_w[i], (float)power_w);
	bool moved = t->still_hi_w[i] - t->still_lo_w[i] > MOVED_FRAC * t->still_hi_w[i];
	t->moved_steps[i] = moved ? t->moved_steps[i] + 1 : 0;
	return p->trust_still_s > 0.0 && t->moved_steps[i] >= FOLLOW_STEPS &&
	       (double)t->still_steps[i] >= p->trust_still_s * LAW_STEPS_PER_S;
}

/* Has it jumped, and alone? Power is read later: what it explains by then was none. There and back
 * again before that, no power does. */
static bool
jumped(struct trust_one *o, double before_k, double now_k, double step_k, bool moves)
{
	bool jumps = fabs(step_k) > JUMP_K && !moves;
	if (o->jump_steps == 0) {
		if (jumps) {
			o->jump_steps = 1;
			o->jump_k = step_k;
			o->jump_from_k = before_k;
		}
		return false;
	}
	bool back = jumps && step_k * o->jump_k < 0.0;
	o->jump_k += step_k;
	if (!back && ++o->jump_steps <= JUMP_WAIT_STEPS)
		return false;
	o->jump_steps = 0;
	double by_power_k = now_k - o->jump_from_k;
	double left_k = fabs(o->jump_k);
	if (isfinite(by_power_k) && by_power_k * o->jump_k > 0.0)
		left_k -= fabs(by_power_k);
	return back || left_k > JUMP_K;
}

/*
 * The smaller of both, and none where they differ in sign: trust_k_per_w is what a block of
 * reticles shows, and explains too much of a lone one. Whatever is hot and has the power for it, is.
 */
INLINED double
off_k(double rest_c, double of_temp_k, double of_rest_k)
{
	double least = fabs(of_rest_k) < fabs(of_temp_k) ? of_rest_k : of_temp_k;
	least = of_temp_k * of_rest_k <= 0.0 ? 0.0 : least;
	return fabs(rest_c) <= DBL_MAX ? least : of_temp_k;
}

static void
judge(struct trust *t, int i, const struct control_params *p, const struct seen *s,
      double duty_frac)
{
	struct trust_one *o = &t->one[i];
	double of_temp_k = s->of_temp_k[i], of_rest_k = s->of_rest_k[i];
	bool moves = fabsf((float)duty_frac - t->duty_frac[i]) > DUTY_MOVES_FRAC;
	bool jump = jumped(o, t->power_k[i], s->power_k[i], s->of_change_k[i], moves);
	bool power = isfinite(s->rest_c[i]);
	o->off_k = off_k(s->rest_c[i], of_temp_k, of_rest_k);
	o->no_power = power && of_rest_k > p->trust_off_k;
	bool off = fabs(o->off_k) > p->trust_off_k && !moves;
	o->off_steps = off ? o->off_steps + 1 : 0;
	bool well = fabs(o->off_k) < WELL_FRAC * p->trust_off_k;
	if (!well)
		t->well_from[i] = t->steps;
	if (o->why == TRUST_JUMP && t->steps - t->well_from[i] >= JUMP_STEPS)
		o->why = TRUST_ALL;
	if (o->why != TRUST_ALL && t->steps - t->well_from[i] >= WELL_STEPS)
		o->why = TRUST_ALL;
	if (jump)
		o->why = o->why == TRUST_ALL ? TRUST_JUMP : o->why;
	if (jump || o->jump_steps)
		t->well_from[i] = t->steps;
	/* its power was read after it: not a second longer */
	if (o->why != TRUST_STILL && power && of_temp_k > p->trust_off_k && of_rest_k <= 0.0)
		o->why = TRUST_ALL;
	/* one that comes back must fit at once: random bits are a reading now and then */
	if (o->off_steps >= (isfinite(t->last_c[i]) ? OFF_STEPS : 1u))
		o->why = TRUST_OFF;
}

/* Are all readings there are to the last bit what they were, and there are enough of them? */
WIDE static bool
all_stand(const struct trust *t, const struct view *v)
{
	int64_t there = 0, same = 0; /* as wide as what they count */
	for (int i = 0; i < RETICLES; i++) {
		there += fabs(v->temp_c[i]) <= DBL_MAX ? 1 : 0;
		same += fabs(v->temp_c[i] - t->last_c[i]) <= (double)SAME_K ? 1 : 0;
	}
	return there >= RETICLES / 2 && same >= there;
}

/* All at once and to the last bit, while other devices see what must move them. */
static void
watch_frozen(struct trust *t, const struct control_params *p, const struct view *v, bool stand)
{
	const struct trust_range none = {(double)INFINITY, -(double)INFINITY, 0};
	if (!stand) {
		t->all_still_steps = t->all_moved_steps = 0;
		t->power_w = t->supply_c = none;
	} else {
		t->all_still_steps++;
		trust_range_add(&t->power_w, power_of(v));
		trust_range_add(&t->supply_c, v->supply_c);
		bool moved = t->power_w.hi - t->power_w.lo > (double)MOVED_FRAC * t->power_w.hi ||
			     t->supply_c.hi - t->supply_c.lo > MOVED_K;
		t->all_moved_steps = moved ? t->all_moved_steps + 1 : 0;
	}
	t->frozen = p->trust_frozen_s > 0.0 && t->all_moved_steps >= FOLLOW_STEPS &&
		    (double)t->all_still_steps >= p->trust_frozen_s * LAW_STEPS_PER_S;
}

void
trust_reset(struct trust *t)
{
	memset(t, 0, sizeof *t);
	t->believed = true;
	for (int i = 0; i < RETICLES; i++) {
		t->last_c[i] = t->power_k[i] = (double)NAN;
		t->duty_frac[i] = NAN;
	}
}

static void
conclude(struct trust *t, int i, double temp_c)
{
	const struct trust_one *o = &t->one[i];
	bool doubted = o->why != TRUST_ALL;
	bool waits = o->jump_steps > 0; /* not told yet, and not used */
	bool wild = waits || o->why == TRUST_OFF || o->why == TRUST_JUMP;
	t->out_c[i] = doubted || waits || t->frozen ? (double)NAN : temp_c;
	t->maybe_c[i] = wild && !o->no_power && !t->frozen ? temp_c : (double)NAN;
	t->believed = t->believed && !doubted;
	t->rest = t->rest && !doubted && !waits && o->off_steps == 0 && !o->no_power;
	if (!doubted || !isfinite(temp_c))
		return;
	t->doubted++;
	t->doubted_max_c = fmax(t->doubted_max_c, temp_c);
}

static void
no_rim(struct face *f)
{
	for (int x = 0; x < STRIDE; x++)
		f->at[x] = f->at[STRIDE * (ROWS + 1) + x] = (double)NAN;
	for (int y = 1; y <= ROWS; y++)
		f->at[STRIDE * y] = f->at[STRIDE * (y + 1) - 1] = (double)NAN;
}

/* All that is seen of the wafer in this step. */
WIDE static void
look(struct seen *out, const struct trust *t, const struct control_params *p, const struct view *v)
{
	UNCLEARED struct face temp_c, rest_c, change_k;
	no_rim(&temp_c);
	no_rim(&rest_c);
	no_rim(&change_k);
	for (int i = 0; i < RETICLES; i++) {
		double t_c = v->temp_c[i], power_k = p->trust_k_per_w * v->power_w[i];
		out->power_k[i] = power_k;
		out->rest_c[i] = t_c - power_k;
		temp_c.at[INSIDE(i)] = number(t_c);
		rest_c.at[INSIDE(i)] = number(t_c - power_k);
		change_k.at[INSIDE(i)] = number(t_c - t->last_c[i]);
	}
	outside(out->of_temp_k, &temp_c);
	outside(out->of_rest_k, &rest_c);
	outside(out->of_change_k, &change_k);
}

/* Is none of them further outside of its neighbours' than `least_k`? Not so of one that is no number, either. */
WIDE static bool
inside(const struct face *f, double least_k)
{
	int64_t out = 0; /* as wide as what is compared */
	for (int y = 0; y < ROWS; y++) {
		const double *at = f->at + STRIDE * (y + 1) + 1;
		for (int x = 0; x < ZONES; x++) {
			struct beside b = beside_of(at + x);
			out |= at[x] - b.hi < least_k ? 0 : 1;
			out |= b.lo - at[x] < least_k ? 0 : 1;
		}
	}
	return out == 0;
}

/*
 * Whoever is at rest stays it, if nothing here is out of the ordinary: the usual case, in which nothing but counts goes
 * on. It asks for more than judge() does, and for less work: who goes no further than half a jump has not jumped alone,
 * and whose rest is inside is not off. `stands`: so many steps without a move that it may be doubted for it.
 */
WIDE static bool
ordinary(const struct trust *t, const struct control_params *p, const struct view *v, double stands)
{
	UNCLEARED struct face rest_c;
	int64_t odd = 0;  /* as wide as what is compared … */
	int32_t move = 0; /* … and of that */
	no_rim(&rest_c);
	for (int i = 0; i < RETICLES; i++)
		odd |= fabs(v->temp_c[i] - t->last_c[i]) <= JUMP_K / 2.0 ? 0 : 1;
	for (int i = 0; i < RETICLES; i++)
		move |= fabsf((float)v->duty_frac[i] - t->duty_frac[i]) <= DUTY_MOVES_FRAC ? 0 : 1;
	for (int y = 0; y < ROWS; y++)
		for (int x = 0; x < ZONES; x++) {
			int i = ZONES * y + x;
			rest_c.at[STRIDE * (y + 1) + x + 1] =
				v->temp_c[i] - p->trust_k_per_w * v->power_w[i];
		}
	return odd == 0 && move == 0 && (double)t->still_most + 1.0 < stands &&
	       inside(&rest_c, WELL_FRAC * p->trust_off_k);
}

/* How long each reading has stood, and what the power did meanwhile. Returns whether none has moved. */
WIDE static bool
count_still(struct trust *t, const float by_k[], float power_w)
{
	uint32_t least = UINT32_MAX, most = 0;
	for (int i = 0; i < RETICLES; i++) {
		float lo_w = t->still_lo_w[i], hi_w = t->still_hi_w[i];
		bool moved = by_k[i] > SAME_K;
		lo_w = power_w < lo_w ? power_w : lo_w;
		hi_w = power_w > hi_w ? power_w : hi_w;
		uint32_t more = hi_w - lo_w > MOVED_FRAC * hi_w ? t->moved_steps[i] + 1 : 0;
		t->still_steps[i] = moved ? 0 : t->still_steps[i] + 1;
		t->still_lo_w[i] = moved ? INFINITY : lo_w;
		t->still_hi_w[i] = moved ? -INFINITY : hi_w;
		t->moved_steps[i] =
			more; /* of one that has moved it says nothing: its next step begins at 0 */
	}
	for (int i = 0; i < RETICLES; i++) {
		uint32_t steps = t->still_steps[i];
		least = steps < least ? steps : least;
		most = steps > most ? steps : most;
	}
	t->still_most = most;
	return least > 0;
}

/* Returns whether none has moved. */
WIDE static bool
count_on(struct trust *t, const struct control_params *p, const struct view *v, double power_w,
	 float weight)
{
	UNCLEARED float by_k[RETICLES];
	for (int i = 0; i < RETICLES; i++) {
		by_k[i] = (float)fabs(v->temp_c[i] - t->last_c[i]);
		t->last_c[i] = v->temp_c[i];
		t->duty_frac[i] += weight * ((float)v->duty_frac[i] - t->duty_frac[i]);
	}
	bool anew = v->power_seen == 0 || v->power_seen != t->power_seen;
	for (int i = 0; i < RETICLES && anew; i++)
		t->power_k[i] = p->trust_k_per_w * v->power_w[i];
	return count_still(t, by_k, (float)power_w);
}

static void
each_by_itself(struct trust *t, const struct control_params *p, const struct view *v,
	       const struct seen *s, float weight)
{
	t->rest = t->believed = true;
	t->still_most = 0;
	for (int i = 0; i < RETICLES; i++) {
		struct trust_one *o = &t->one[i];
		bool stands = still(t, i, p, v->temp_c[i], power_of(v));
		if (!isfinite(t->duty_frac[i]))
			t->duty_frac[i] = (float)v->duty_frac[i];
		if (p->trust_off_k > 0.0)
			judge(t, i, p, s, v->duty_frac[i]);
		if (stands)
			o->why = TRUST_STILL;
		else if (o->why == TRUST_STILL && t->still_steps[i] == 0)
			o->why = TRUST_ALL;
		if (isfinite(v->duty_frac[i]))
			t->duty_frac[i] += weight * ((float)v->duty_frac[i] - t->duty_frac[i]);
		t->last_c[i] = v->temp_c[i];
		t->power_k[i] = s->power_k[i];
		conclude(t, i, v->temp_c[i]);
	}
}

const double *
trust_step(struct trust *t, const struct control_params *p, const struct view *v)
{
	UNCLEARED struct seen s;
	float weight = (float)law_weight(DUTY_TAU_S);
	double stands =
		p->trust_still_s > 0.0 ? p->trust_still_s * LAW_STEPS_PER_S : (double)INFINITY;
	t->steps += 1.0;
	t->doubted = 0;
	t->doubted_max_c = 0.0;
	if (!t->rest || !(p->trust_off_k > 0.0) || !isfinite(power_of(v)) ||
	    !ordinary(t, p, v, stands)) {
		watch_frozen(t, p, v, all_stand(t, v));
		look(&s, t, p, v);
		each_by_itself(t, p, v, &s, weight);
		t->power_seen = v->power_seen;
		return t->out_c;
	}
	watch_frozen(t, p, v, count_on(t, p, v, power_of(v), weight));
	t->power_seen = v->power_seen;
	if (!t->frozen)
		return v->temp_c;
	for (int i = 0; i < RETICLES; i++)
		t->out_c[i] = (double)NAN;
	return t->out_c;
}
