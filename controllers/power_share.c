/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/power_share.h"

#include <math.h>

#define SHED_WORTH_FRAC 0.9 /* of two alike, the one that is shed stays so */
#define DEPTH_LEAST 1e-9    /* however much dearer one is */
#define WORTHLESS_FRAC 0.5  /* of the cheapest, what counts as nothing counts as */
#define HALVINGS 60

static void
gather(const struct power_claim claims[], struct power_group groups[], uint32_t n)
{
	for (uint32_t k = 0; k < n; k++) {
		groups[k].gap_w = groups[k].idle_w = groups[k].least_w = 0.0;
		groups[k].is = groups[k].shed = false;
	}
	for (uint32_t k = 0; k < n; k++) {
		if (!claims[k].takes_part)
			continue;
		struct power_group *g = &groups[claims[k].group];
		g->is = true;
		g->shed = g->shed || claims[k].shed;
		g->idle_w += claims[k].idle_w;
		double gap_w = claims[k].full_w - claims[k].idle_w, least_w = g->least_frac * gap_w;
		g->gap_w += gap_w;
		g->least_w += claims[k].own_w > 0.0
				      ? fmin(least_w, fmax(claims[k].own_w - claims[k].idle_w, 0.0))
				      : least_w;
	}
}

/* What a watt of it is worth; 0: it makes nothing. */
static double
worth_of(const struct power_group *g)
{
	return g->gap_w > 0.0 && g->worth > 0.0 ? g->worth / g->gap_w : 0.0;
}

static bool
works(const struct power_group *g)
{
	return g->is && g->gap_w > 0.0 && (g->works || worth_of(g) > 0.0);
}

/* Is a to be shed before b? */
static bool
before(const struct power_group groups[], uint32_t a, uint32_t b)
{
	const struct power_group *x = &groups[a], *y = &groups[b];
	if (x->priority != y->priority)
		return x->priority < y->priority;
	double worth_x = worth_of(x) * (x->shed ? SHED_WORTH_FRAC : 1.0);
	double worth_y = worth_of(y) * (y->shed ? SHED_WORTH_FRAC : 1.0);
	if (worth_x < worth_y || worth_x > worth_y)
		return worth_x < worth_y;
	return a > b; /* the last of the list first */
}

/* Those that have work, in the order of shedding; how many. */
static uint32_t
rank(const struct power_group groups[], uint32_t order[], uint32_t n)
{
	uint32_t m = 0;
	for (uint32_t k = 0; k < n; k++) {
		if (!works(&groups[k]))
			continue;
		uint32_t at = m++;
		for (; at > 0 && before(groups, k, order[at - 1]); at--)
			order[at] = order[at - 1];
		order[at] = k;
	}
	return m;
}

/* From the lowest up, until the least duties of the rest fit into left_w above idle. */
static void
shed(const struct control_params *p, struct power_group groups[], const uint32_t order[],
     uint32_t m, double left_w)
{
	double sum_w = 0.0;
	bool fits = false;
	for (uint32_t r = 0; r < m; r++)
		sum_w += groups[order[r]].least_w;
	for (uint32_t r = 0; r < m; r++) {
		struct power_group *g = &groups[order[r]];
		double room_w = left_w * (g->shed ? p->cap_back_frac : 1.0);
		fits = fits || sum_w <= room_w || r + 1 == m;
		g->shed = !fits;
		if (!fits)
			sum_w -= g->least_w;
	}
}

/* How deep each goes, of the cheapest. */
static void
weigh(const struct control_params *p, struct power_group groups[], uint32_t n)
{
	double cheapest = INFINITY;
	bool worthless = false;
	for (uint32_t k = 0; k < n; k++) {
		if (groups[k].is && worth_of(&groups[k]) > 0.0)
			cheapest = fmin(cheapest, worth_of(&groups[k]));
		else
			worthless = worthless || works(&groups[k]);
	}
	if (worthless)
		cheapest *= WORTHLESS_FRAC;
	for (uint32_t k = 0; k < n; k++) {
		double worth = worth_of(&groups[k]);
		groups[k].depth =
			worth > 0.0
				? fmax(pow(fmin(cheapest / worth / (1.0 - p->cap_alike_frac), 1.0),
					   p->cap_sharp),
				       DEPTH_LEAST)
				: 1.0;
	}
}

/* least_mul: of the least duties, below 1 where only the last group is left and does not fit. */
static double
give(struct power_claim claims[], const struct power_group groups[], uint32_t n, double theta,
     double least_mul)
{
	double sum_w = 0.0;
	for (uint32_t k = 0; k < n; k++) {
		struct power_claim *c = &claims[k];
		if (!c->takes_part)
			continue;
		const struct power_group *g = &groups[c->group];
		double duty = fmax(1.0 - theta * g->depth, g->least_frac * least_mul);
		if (g->shed)
			duty = 0.0;
		c->watts = fmin(c->idle_w + duty * (c->full_w - c->idle_w),
				fmax(c->want_w, c->idle_w));
		sum_w += c->watts;
	}
	return sum_w;
}

/* The least of what breaks `watts` and the greatest that does not, halved between two ends. */
static void
fit(struct power_claim claims[], const struct power_group groups[], uint32_t n, double watts)
{
	double lo = log(1e-6), hi = log(1.0 / DEPTH_LEAST), none = 0.0, whole = 1.0;
	if (give(claims, groups, n, 0.0, 1.0) <= watts)
		return;
	bool below = give(claims, groups, n, exp(hi), 1.0) > watts;
	for (int h = 0; h < HALVINGS && !below; h++) {
		double mid = (lo + hi) / 2.0;
		if (give(claims, groups, n, exp(mid), 1.0) > watts)
			lo = mid;
		else
			hi = mid;
	}
	for (int h = 0; h < HALVINGS && below; h++) {
		double mid = (none + whole) / 2.0;
		if (give(claims, groups, n, exp(hi), mid) > watts)
			whole = mid;
		else
			none = mid;
	}
	give(claims, groups, n, exp(hi), below ? none : 1.0);
}

static void
deal_out(struct power_claim claims[], const struct power_group groups[], uint32_t n, double rest_w)
{
	uint32_t takers = 0;
	for (uint32_t k = 0; k < n; k++)
		takers += claims[k].takes_part && !groups[claims[k].group].shed;
	for (uint32_t k = 0; k < n && rest_w > 0.0; k++)
		if (claims[k].takes_part && !groups[claims[k].group].shed)
			claims[k].watts += rest_w / takers;
}

bool
power_share(const struct control_params *p, struct power_claim claims[],
	    struct power_group groups[], uint32_t order[], uint32_t n, double watts)
{
	double idle_w = 0.0, sum_w = 0.0;
	gather(claims, groups, n);
	for (uint32_t k = 0; k < n; k++)
		idle_w += groups[k].is ? groups[k].idle_w : 0.0;
	shed(p, groups, order, rank(groups, order, n), fmax(watts - idle_w, 0.0));
	weigh(p, groups, n);
	fit(claims, groups, n, watts);
	for (uint32_t k = 0; k < n; k++) {
		claims[k].shed = claims[k].takes_part && groups[claims[k].group].shed;
		sum_w += claims[k].takes_part ? claims[k].watts : 0.0;
	}
	deal_out(claims, groups, n, watts - sum_w);
	return idle_w <= watts;
}
