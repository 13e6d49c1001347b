/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/caps.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controllers/caps_private.h"
#include "controllers/law.h"
#include "core/clock.h"

#define KEPT_LINE (PEOPLE_WHY_SIZE + 224)
#define CLAIM_TAU_S 2.0       /* readings are noisy, shares should not be */
#define CLAIM_ROOM_FRAC 0.02  /* above what it draws, of one that its cap does not hold */
#define CAPPED_LEAST_FRAC 0.3 /* of what they would draw: what those that are held get at least */

int
caps_open(struct caps **out, const struct plant *plant)
{
	struct caps *c = calloc(1, sizeof *c);
	if (!c)
		return -ENOMEM;
	size_t n = plant->n_systems;
	c->plant = plant;
	c->of = calloc(n + 1, sizeof *c->of);
	c->before = calloc(n + 1, sizeof *c->before);
	c->allowance = calloc(n + 1, sizeof *c->allowance);
	c->claim_w = calloc(n + 1, sizeof *c->claim_w);
	c->text_size = 2 * (n + 3) * KEPT_LINE;
	c->text = malloc(c->text_size);
	if (!c->of || !c->before || !c->allowance || !c->claim_w || !c->text) {
		caps_close(c);
		return -ENOMEM;
	}
	for (size_t k = 0; k < n; k++) {
		c->allowance[k] = (struct cap_allowance){.watts = (double)NAN};
		c->claim_w[k] = (double)NAN;
	}
	*out = c;
	return 0;
}

void
caps_close(struct caps *c)
{
	if (!c)
		return;
	free(c->of);
	free(c->before);
	free(c->allowance);
	free(c->claim_w);
	free(c->text);
	free(c);
}

const struct cap *
caps_of(const struct caps *c, int32_t system)
{
	return &c->of[system == SITE ? c->plant->n_systems : (uint32_t)system];
}

const struct cap_allowance *
caps_allowance(const struct caps *c, uint32_t system)
{
	return &c->allowance[system];
}

/* --- what may be drawn --- */
static struct cap_allowance
no_cap(void)
{
	return (struct cap_allowance){.watts = (double)NAN, .until_ns = INT64_MAX};
}

/* On the way to its deadline: it comes down at ramp_w_per_s, and is there lead_s before. */
static struct cap_allowance
on_ramp(const struct cap *cap, const struct control_params *p, uint32_t systems, int64_t now_ns)
{
	double left_s = (double)(cap->at_ns - now_ns) / (double)NS_PER_S - p->cap_lead_s;
	double above_w = left_s > 0.0 ? p->cap_ramp_w_per_s * systems * left_s : 0.0;
	return (struct cap_allowance){.watts = cap->watts + above_w,
				      .due = now_ns >= cap->at_ns,
				      .down = left_s <= 0.0,
				      .until_ns = cap->until_ns};
}

/* Of two that stand: the lesser counts, for as long as one of both does. */
static struct cap_allowance
lesser(struct cap_allowance a, struct cap_allowance b)
{
	if (!isfinite(b.watts))
		return a;
	if (!isfinite(a.watts))
		return b;
	return (struct cap_allowance){.watts = fmin(a.watts, b.watts),
				      .due = a.due || b.due,
				      .down = a.down || b.down,
				      .until_ns =
					      a.until_ns > b.until_ns ? a.until_ns : b.until_ns};
}

/* By the caps that were asked for. */
static struct cap_allowance
asked(const struct caps *c, int32_t system, int64_t now_ns)
{
	uint32_t n = c->plant->n_systems, k = system == SITE ? n : (uint32_t)system;
	uint32_t systems = system == SITE ? n : 1;
	struct cap_allowance a = no_cap();
	if (c->of[k].stands)
		a = on_ramp(&c->of[k], &c->plant->control, systems, now_ns);
	if (c->before[k].stands)
		a = lesser(a, on_ramp(&c->before[k], &c->plant->control, systems, now_ns));
	return a;
}

static struct cap_allowance
of_all(const struct caps *c, int64_t now_ns)
{
	const struct control_params *p = &c->plant->control;
	const struct cap *cap = caps_of(c, SITE);
	struct cap_allowance a = asked(c, SITE, now_ns), own = no_cap();
	if (p->cap_default_w <= 0.0 || (cap->stands && now_ns >= cap->at_ns) ||
	    c->before[c->plant->n_systems].stands)
		return a;
	own.watts = p->cap_default_w;
	own.due = own.down = true;
	return lesser(a, own);
}

double
caps_due_w(const struct caps *c, int32_t system, int64_t now_ns)
{
	const struct cap *cap = caps_of(c, system);
	const struct cap *before =
		&c->before[system == SITE ? c->plant->n_systems : (uint32_t)system];
	double own_w = c->plant->control.cap_default_w;
	if (cap->stands && now_ns >= cap->at_ns)
		return cap->watts;
	if (before->stands)
		return before->watts;
	return system == SITE && own_w > 0.0 ? own_w : (double)NAN;
}

/*
 * Those that their cap does not hold claim what they draw and a little more; those that it holds
 * claim what they would draw at full duty, so that all of them end at the same duty, whatever they
 * came from. Where nothing is known the mean of the others is claimed.
 */
static void
claim(struct caps *c, const struct cap_draw *draw)
{
	double sum_w = 0.0;
	uint32_t n = c->plant->n_systems, known = 0;
	for (uint32_t k = 0; k < n; k++) {
		const struct cap_draw *d = &draw[k];
		double now_w = d->held_by_cap && isfinite(d->full_w) ? d->full_w : d->input_w;
		if (!isfinite(now_w))
			continue;
		bool first = !isfinite(c->claim_w[k]);
		c->claim_w[k] = first ? now_w : law_low_pass(c->claim_w[k], now_w, CLAIM_TAU_S);
		sum_w += c->claim_w[k];
		known++;
	}
	for (uint32_t k = 0; k < n; k++)
		if (!isfinite(c->claim_w[k]) && known > 0)
			c->claim_w[k] = sum_w / known;
}

struct pot { /* claims of those that are held, of those that are free, and what nobody can change */
	double held_w, free_w, fixed_w;
};

static struct pot
pot_of(const struct caps *c, const struct cap_draw *draw)
{
	struct pot pot = {0};
	for (uint32_t k = 0; k < c->plant->n_systems; k++) {
		double w = isfinite(c->claim_w[k]) ? c->claim_w[k] : 0.0;
		if (!draw[k].controllable)
			pot.fixed_w += isfinite(draw[k].input_w) ? draw[k].input_w : w;
		else if (draw[k].held_by_cap)
			pot.held_w += w;
		else
			pot.free_w += w * (1.0 + CLAIM_ROOM_FRAC);
	}
	return pot;
}

/* The share of system k of what all may draw. */
static double
share_w(const struct caps *c, const struct cap_draw *draw, uint32_t k, const struct pot *pot,
	double watts)
{
	double left_w = fmax(watts - pot->fixed_w, 0.0), w = c->claim_w[k];
	double rest_w = left_w - pot->free_w;
	if (!isfinite(w) || pot->held_w + pot->free_w <= 0.0)
		return left_w / c->plant->n_systems;
	/* nobody is held yet, or the free ones would leave too little: each gives the same part */
	if (pot->held_w <= 0.0 || rest_w < CAPPED_LEAST_FRAC * pot->held_w) {
		double part = left_w / (pot->held_w + pot->free_w);
		return part * w * (draw[k].held_by_cap ? 1.0 : 1.0 + CLAIM_ROOM_FRAC);
	}
	return draw[k].held_by_cap ? rest_w * w / pot->held_w : w * (1.0 + CLAIM_ROOM_FRAC);
}

static void
share(struct caps *c, const struct cap_draw *draw, int64_t now_ns)
{
	struct cap_allowance all = of_all(c, now_ns);
	struct pot pot = pot_of(c, draw);
	for (uint32_t k = 0; k < c->plant->n_systems; k++) {
		struct cap_allowance part = all;
		if (isfinite(all.watts))
			part.watts = share_w(c, draw, k, &pot, all.watts);
		c->allowance[k] = lesser(asked(c, (int32_t)k, now_ns), part);
	}
}

void
caps_step(struct caps *c, const struct cap_draw *draw, int64_t now_ns)
{
	for (uint32_t k = 0; k <= c->plant->n_systems; k++) {
		int32_t system = k == c->plant->n_systems ? SITE : (int32_t)k;
		struct cap *cap = &c->of[k];
		char text[ASK_ERROR], who[48];
		if (c->before[k].stands && now_ns >= c->before[k].until_ns) {
			c->before[k].stands = false; /* the next one has been told of */
			c->unkept = true;
		}
		if (!cap->stands || now_ns < cap->until_ns)
			continue;
		snprintf(text, sizeof text, "%s power cap of %s is over, its time has passed: %s",
			 caps_name(c, system),
			 people_person(cap->uid, cap->access, who, sizeof who), cap->why);
		caps_tell(c, system, now_ns, text);
		cap->stands = false;
		c->unkept = true;
	}
	claim(c, draw);
	share(c, draw, now_ns);
}

/* --- words --- */
const char *
caps_name(const struct caps *c, int32_t system)
{
	return system == SITE ? "site" : c->plant->systems[system].name;
}

char *
caps_describe(const struct caps *c, int32_t system, int64_t now_ns, int64_t wall_ns, char *out,
	      size_t size)
{
	const struct cap *cap = caps_of(c, system);
	char who[48], at[24], until[24];
	snprintf(out, size, "%s capped at %.1f kW from %s until %s by %s: %s", caps_name(c, system),
		 cap->watts / 1000.0, people_time(wall_ns + cap->at_ns - now_ns, at, sizeof at),
		 people_time(wall_ns + cap->until_ns - now_ns, until, sizeof until),
		 people_person(cap->uid, cap->access, who, sizeof who), cap->why);
	return out;
}

void
caps_tell(struct caps *c, int32_t system, int64_t now_ns, const char *text)
{
	lines_sentence(&c->lines, system, caps_name(c, system), now_ns, (double)NAN, text);
}

void
caps_tell_standing(struct caps *c, int32_t system, int64_t now_ns, int64_t wall_ns)
{
	char text[ASK_ERROR];
	if (caps_of(c, system)->stands)
		caps_tell(c, system, now_ns,
			  caps_describe(c, system, now_ns, wall_ns, text, sizeof text));
}

bool
caps_line(struct caps *c, struct image_event *out, int32_t *system)
{
	return lines_next(&c->lines, out, system);
}

/* --- keeping --- */
bool
caps_unkept(const struct caps *c)
{
	return c->unkept;
}
