/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/sensors.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "controllers/law.h"
#include "core/wide.h"

#define SUBSTITUTE_DK 1.0 /* a substitute stands this much above its neighbours */
#define BELIEVE_DK 3.0    /* … and so much above the hottest of them, where it may be as hot */
#define SIDE_BY_SIDE 3u
/* A sensor that comes and goes must not move the limit, and the duty with it, each time. */
#define DEGRADED_STEPS (5u * LAW_STEPS_PER_S)

/* Indices of the up to four neighbours; returns how many. */
static int
neighbours(int i, int out[4])
{
	int n = 0, x = i % ZONES, y = i / ZONES;
	if (y > 0)
		out[n++] = i - ZONES;
	if (y < ROWS - 1)
		out[n++] = i + ZONES;
	if (x > 0)
		out[n++] = i - 1;
	if (x < ZONES - 1)
		out[n++] = i + 1;
	return n;
}

/* Median of the neighbours that can be used, the upper one of an even number: with a clogged zone
 * two of four are hot, and those count. NAN where there is none. */
static double
neighbours_median(const double raw_c[RETICLES], int i)
{
	int at[4];
	double sorted[4];
	int n = 0, k = neighbours(i, at);
	for (int a = 0; a < k; a++) {
		double t = raw_c[at[a]];
		if (!isfinite(t))
			continue;
		int b = n++;
		for (; b > 0 && sorted[b - 1] > t; b--)
			sorted[b] = sorted[b - 1];
		sorted[b] = t;
	}
	return n ? sorted[n / 2] : (double)NAN;
}

/* A lie costs little, and a hot spot that is none is cooled. */
static double
substitute(const double raw_c[RETICLES], double maybe_c, double hottest_c, int i)
{
	int at[4];
	double top_c = -(double)INFINITY;
	double around_c = neighbours_median(raw_c, i);
	double t = (isfinite(around_c) ? around_c : hottest_c) + SUBSTITUTE_DK;
	if (!isfinite(maybe_c))
		return t;
	int k = neighbours(i, at);
	for (int a = 0; a < k; a++)
		top_c = fmax(top_c, raw_c[at[a]]); /* passes NAN over */
	top_c = isfinite(top_c) ? top_c : hottest_c;
	return fmax(t, fmin(maybe_c, top_c + BELIEVE_DK));
}

/* Are there three lost ones side by side? One lost reticle with two lost neighbours says it all. */
static bool
three_together(const double raw_c[RETICLES])
{
	for (int i = 0; i < RETICLES; i++) {
		int at[4];
		unsigned together = 1;
		if (isfinite(raw_c[i]))
			continue;
		int k = neighbours(i, at);
		for (int a = 0; a < k; a++)
			together += isfinite(raw_c[at[a]]) ? 0u : 1u;
		if (together >= SIDE_BY_SIDE)
			return true;
	}
	return false;
}

void
sensors_reset(struct sensors *s)
{
	memset(s, 0, sizeof *s);
	memset(s->measured, true, sizeof s->measured);
}

/* Each sensor less its offset; how many are lost. */
WIDE static uint32_t
see(double out_c[restrict], const double raw_c[], const double offset_k[])
{
	int64_t lost = 0; /* as wide as what is compared */
	for (int i = 0; i < RETICLES; i++) {
		out_c[i] = raw_c[i] - offset_k[i];
		lost += fabs(out_c[i]) <= DBL_MAX ? 0 : 1;
	}
	return (uint32_t)lost;
}

/* Substitutes for those that are lost, into seen_c. */
static void
fill(const struct sensors *s, const double maybe_c[RETICLES], const double offset_k[RETICLES],
     double seen_c[RETICLES])
{
	UNCLEARED double raw_c[RETICLES];
	double hottest_c = -INFINITY;
	memcpy(raw_c, seen_c, sizeof raw_c);
	for (int i = 0; i < RETICLES; i++)
		if (s->measured[i])
			hottest_c = law_most(hottest_c, raw_c[i]);
	for (int i = 0; i < RETICLES; i++)
		if (!s->measured[i])
			seen_c[i] = substitute(raw_c, maybe_c[i] - offset_k[i], hottest_c, i);
}

WIDE static void
follow(double temp_c[RETICLES], const double to_c[RETICLES], double weight)
{
	for (int i = 0; i < RETICLES; i++)
		temp_c[i] += weight * (to_c[i] - temp_c[i]);
}

void
sensors_step(struct sensors *s, const struct control_params *p, const double raw_c[RETICLES],
	     const double maybe_c[RETICLES], const double offset_k[RETICLES])
{
	UNCLEARED double seen_c[RETICLES];
	uint32_t lost = see(seen_c, raw_c, offset_k);
	for (int i = 0; i < RETICLES && (lost || s->lost); i++) /* mostly none */
		s->measured[i] = isfinite(seen_c[i]);
	s->lost = lost;
	s->blind = s->lost > RETICLES / 2;
	if ((double)s->lost > p->lost_reticles_max || (s->lost && three_together(seen_c)))
		s->degraded_steps = DEGRADED_STEPS;
	else if (s->degraded_steps)
		s->degraded_steps--;
	s->degraded = s->degraded_steps > 0;
	if (s->blind) {
		s->started = false; /* the last picture stays for people to see */
		return;
	}
	if (s->lost)
		fill(s, maybe_c, offset_k, seen_c);
	if (s->started)
		follow(s->temp_c, seen_c, law_weight(p->filter_s));
	else
		memcpy(s->temp_c, seen_c, sizeof s->temp_c);
	s->started = true;
}
