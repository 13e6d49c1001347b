/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/caps.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controllers/caps_state.h"
#include "controllers/law.h"
#include "core/clock.h"

#define KEPT_LINE (PEOPLE_WHY_SIZE + 224)
#define FREE_ABOVE_FRAC 0.05 /* over full power: a cap that grows has no more to hold back */

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
	c->own = calloc(n + 1, sizeof *c->own);
	c->eased_w = calloc(n + 1, sizeof *c->eased_w);
	c->memory = calloc(n + 1, sizeof *c->memory);
	c->claim = calloc(n + 1, sizeof *c->claim);
	c->later = calloc(n + 1, sizeof *c->later);
	c->shared_w = calloc(n + 1, sizeof *c->shared_w);
	c->group = calloc(n + 1, sizeof *c->group);
	c->order = calloc(n + 1, sizeof *c->order);
	c->told_shed = calloc(n + 1, sizeof *c->told_shed);
	c->text_size = 2 * (n + 3) * KEPT_LINE;
	c->text = malloc(c->text_size);
	if (!c->of || !c->before || !c->allowance || !c->own || !c->eased_w || !c->memory ||
	    !c->claim || !c->later || !c->shared_w || !c->group || !c->order || !c->told_shed ||
	    !c->text) {
		caps_close(c);
		return -ENOMEM;
	}
	for (uint32_t k = 0; k < PRIORITIES; k++)
		c->priority_mul[k] = pow(plant->control.cap_priority_mul, k);
	for (size_t k = 0; k <= n; k++)
		c->eased_w[k] = (double)INFINITY;
	for (size_t k = 0; k < n; k++) {
		c->allowance[k] = caps_free();
		c->shared_w[k] = (double)NAN;
		c->memory[k] = (struct cap_memory){
			.input_w = (double)NAN, .full_w = (double)NAN, .idle_w = (double)NAN};
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
	free(c->own);
	free(c->eased_w);
	free(c->memory);
	free(c->claim);
	free(c->later);
	free(c->shared_w);
	free(c->group);
	free(c->order);
	free(c->told_shed);
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

/* On the way to its deadline: it comes down by that ramp, and is there lead_s before. */
static struct cap_allowance
on_ramp(const struct cap *cap, double lead_s, double ramp, int64_t now_ns)
{
	double left_s = (double)(cap->at_ns - now_ns) / (double)NS_PER_S - lead_s;
	double above_w = left_s > 0.0 ? ramp * left_s : 0.0;
	return (struct cap_allowance){.watts = cap->watts + above_w,
				      .judged_w = now_ns >= cap->at_ns ? cap->watts : (double)NAN,
				      .due = now_ns >= cap->at_ns,
				      .down = left_s <= 0.0,
				      .left_s = fmax(left_s, 0.0),
				      .until_ns = cap->until_ns};
}

/* Of two that stand the lesser counts, until its own end: then the other does. */
static struct cap_allowance
lesser(struct cap_allowance a, struct cap_allowance b)
{
	if (!isfinite(b.watts))
		return a;
	if (!isfinite(a.watts))
		return b;
	return (struct cap_allowance){.watts = fmin(a.watts, b.watts),
				      .judged_w =
					      fmin(a.judged_w, b.judged_w), /* passes NAN over */
				      .due = a.due || b.due,
				      .down = a.down || b.down,
				      .lifting = a.lifting && b.lifting,
				      .growing = a.growing || b.growing,
				      .left_s = b.watts < a.watts ? b.left_s : a.left_s,
				      .shed = a.shed || b.shed,
				      .until_ns = b.watts < a.watts ? b.until_ns : a.until_ns};
}

/* Of a cap and the one that it follows, which is over once the other's deadline has passed: one that
 * is held, until the end of the later. */
static struct cap_allowance
followed(const struct caps *c, struct cap_allowance next, uint32_t k, double ramp, int64_t now_ns)
{
	struct cap before = c->before[k];
	if (c->of[k].stands && before.until_ns > c->of[k].at_ns)
		before.until_ns = c->of[k].at_ns;
	struct cap_allowance a =
		lesser(next, on_ramp(&before, c->plant->control.cap_lead_s, ramp, now_ns));
	if (isfinite(next.watts))
		a.until_ns = next.until_ns;
	return a;
}

/* By the caps that were asked for. */
static struct cap_allowance
asked(const struct caps *c, const struct cap_draw *draw, int32_t system, int64_t now_ns)
{
	uint32_t k = system == SITE ? c->plant->n_systems : (uint32_t)system;
	double ramp = caps_ramp_w_per_s(c, draw, system), lead_s = c->plant->control.cap_lead_s;
	struct cap_allowance a = caps_free();
	if (c->of[k].stands)
		a = on_ramp(&c->of[k], lead_s, ramp, now_ns);
	if (c->before[k].stands)
		a = followed(c, a, k, ramp, now_ns);
	return a;
}

static struct cap_allowance
standing(double watts)
{
	struct cap_allowance a = caps_free();
	a.watts = a.judged_w = watts;
	a.due = a.down = true;
	return a;
}

/* Of all together: what stands now; a cap that is still on its way down is `next`. */
static struct cap_allowance
of_all(const struct caps *c, const struct cap_draw *draw, int64_t now_ns,
       struct cap_allowance *next)
{
	const struct control_params *p = &c->plant->control;
	const struct cap *cap = caps_of(c, SITE), *before = &c->before[c->plant->n_systems];
	double ramp = caps_ramp_w_per_s(c, draw, SITE);
	struct cap_allowance a = caps_free();
	*next = caps_free();
	if (cap->stands)
		*next = on_ramp(cap, p->cap_lead_s, ramp, now_ns);
	if (next->down) {
		a = *next;
		*next = caps_free();
	}
	if (before->stands)
		a = followed(c, a, c->plant->n_systems, ramp, now_ns);
	if (p->cap_default_w > 0.0 && !before->stands && !(cap->stands && now_ns >= cap->at_ns))
		a = lesser(a, standing(p->cap_default_w));
	if (p->site_budget_w > 0.0)
		a = lesser(a, standing(p->site_budget_w));
	return a;
}

double
caps_due_w(const struct caps *c, int32_t system, int64_t now_ns)
{
	const struct control_params *p = &c->plant->control;
	const struct cap *cap = caps_of(c, system);
	const struct cap *before =
		&c->before[system == SITE ? c->plant->n_systems : (uint32_t)system];
	double w = (double)NAN;
	if (cap->stands && now_ns >= cap->at_ns)
		w = cap->watts;
	else if (before->stands)
		w = before->watts;
	else if (system == SITE && p->cap_default_w > 0.0)
		w = p->cap_default_w;
	return system == SITE && p->site_budget_w > 0.0 ? fmin(w, p->site_budget_w) : w;
}

/* What was allowed grows by a ramp; less of it counts at once: that has a ramp of its own. */
static struct cap_allowance
eased(struct caps *c, const struct cap_draw *draw, int32_t system, struct cap_allowance a)
{
	double *was_w = &c->eased_w[system == SITE ? c->plant->n_systems : (uint32_t)system];
	double to_w = isfinite(a.watts) ? a.watts : 0.0;
	if (!isfinite(a.watts)) {
		double full_w = caps_full_w(c, draw, system);
		to_w = isfinite(full_w) ? full_w * (1.0 + FREE_ABOVE_FRAC) : 0.0;
	}
	if (isfinite(*was_w))
		*was_w += caps_ramp_w_per_s(c, draw, system) * LAW_DT_S;
	if (!(*was_w < to_w)) {
		*was_w = isfinite(a.watts) ? a.watts : (double)INFINITY;
		return a;
	}
	a.lifting = !isfinite(a.watts);
	a.growing = true;
	a.due = false;
	a.judged_w = (double)NAN;
	a.watts = *was_w;
	return a;
}

static void
share(struct caps *c, const struct cap_draw *draw, int64_t now_ns)
{
	struct cap_allowance next, all = of_all(c, draw, now_ns, &next);
	all = eased(c, draw, SITE, all);
	for (uint32_t k = 0; k < c->plant->n_systems; k++) /* before the shares: it bounds them */
		c->own[k] = eased(c, draw, (int32_t)k, asked(c, draw, (int32_t)k, now_ns));
	caps_share(c, draw, &all, &next, now_ns);
	for (uint32_t k = 0; k < c->plant->n_systems; k++)
		c->allowance[k] = lesser(c->own[k], c->allowance[k]);
}

static void
expire(struct caps *c, uint32_t k, int64_t now_ns)
{
	int32_t system = k == c->plant->n_systems ? SITE : (int32_t)k;
	struct cap *cap = &c->of[k];
	char text[ASK_ERROR], who[48];
	snprintf(text, sizeof text, "%s power cap of %s is over, its time has passed: %s",
		 caps_name(c, system), people_person(cap->uid, cap->access, who, sizeof who),
		 cap->why);
	caps_tell(c, system, now_ns, text);
	cap->stands = false;
	c->unkept = true;
}

void
caps_step(struct caps *c, const struct cap_draw *draw, int64_t now_ns)
{
	for (uint32_t k = 0; k <= c->plant->n_systems; k++) {
		const struct cap *cap = &c->of[k];
		if (c->before[k].stands &&
		    (now_ns >= c->before[k].until_ns || now_ns >= cap->at_ns)) {
			c->before[k].stands = false; /* the next one has been told of */
			c->unkept = true;
		}
		if (cap->stands && now_ns >= cap->until_ns)
			expire(c, k, now_ns);
	}
	caps_remember(c, draw);
	share(c, draw, now_ns);
}

/* --- words --- */
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
