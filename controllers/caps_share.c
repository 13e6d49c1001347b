/* SPDX-License-Identifier: Apache-2.0 */
/* What each system gets of a cap of all: by what its jobs lose. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "controllers/caps_state.h"
#include "controllers/law.h"

#define CLAIM_TAU_S 2.0     /* readings are noisy, shares should not be */
#define WORTH_TAU_S 30.0    /* what work a second makes is read worst while duty moves */
#define IDLE_GAP_FRAC 0.1   /* who has no job by name, and could draw no more than so much more */
#define NAMELESS_PER_W 1e-6 /* work of no name: any number, the same for all */
#define NAMELESS_PRIORITY 5
#define FULL_TAU_S 60.0     /* what full duty would draw is a guess while duty is far from it … */
#define FULL_ABOVE_FRAC 0.9 /* … of what was held to be full: then it is seen */
#define SETTLED_STEPS (8u * LAW_STEPS_PER_S) /* shed: low-passes have forgotten what was */
#define TOLD_ON 4u                           /* lines, at most, that a sentence takes */
#define SILENT_STEPS (5u * LAW_STEPS_PER_S)  /* then it may draw whatever it could */

/* --- what is known of each --- */
static const struct job_config *
job_of(const struct caps *c, uint16_t number)
{
	return number > 0 && number <= c->plant->n_jobs ? &c->plant->jobs[number - 1] : NULL;
}

/* Work of a second at full duty, as its jobs count; without jobs by name: its wafer's. */
static double
work_of(const struct caps *c, const struct cap_draw *d)
{
	double sum = 0.0;
	for (int k = 0; k < JOBS_MAX; k++) {
		const struct job_config *job = job_of(c, d->job[k]);
		if (!job)
			continue;
		assert(job->priority < PRIORITIES); /* config/keys.def */
		double tokens = d->tokens_per_s[k] > 0.0 ? d->tokens_per_s[k] : job->tokens_full;
		if (isfinite(tokens))
			sum += tokens * job->weight * job->price * c->priority_mul[job->priority];
	}
	return sum;
}

static void
remember_work(struct caps *c, struct cap_memory *m, const struct cap_draw *d)
{
	double now = work_of(c, d);
	if (memcmp(m->job, d->job, sizeof m->job) != 0) { /* others: what was, was theirs */
		if (isfinite(
			    d->full_w)) /* else its engine says nothing: least of all that it is less */
			m->full_w = d->full_w;
		memcpy(m->job, d->job, sizeof m->job);
		m->tokens_per_s = now;
	}
	m->tokens_per_s = law_low_pass(m->tokens_per_s, now, WORTH_TAU_S);
}

static void
follow(double *w, double now_w, double tau_s)
{
	if (isfinite(now_w))
		*w = isfinite(*w) ? law_low_pass(*w, now_w, tau_s) : now_w;
}

/* A guess that follows the duty that it is made from would have shares chase each other. */
static void
remember_full(struct cap_memory *m, const struct cap_draw *d)
{
	bool seen = !(d->input_w < FULL_ABOVE_FRAC * d->full_w);
	follow(&m->full_w, d->full_w, seen ? CLAIM_TAU_S : FULL_TAU_S);
}

/* Whose share binds him wants all that he can use. A law that grows into its share, or turns from one
 * limit to the next, has not done with it. */
static void
remember_held(struct cap_memory *m, const struct control_params *p, const struct cap_draw *d,
	      double allowed_w)
{
	bool unused = d->input_w < (1.0 - p->cap_unused_frac) * allowed_w;
	bool much = d->input_w < (1.0 - p->cap_much_unused_frac) * allowed_w;
	m->unused_steps = unused && !d->held_by_cap ? m->unused_steps + 1 : 0;
	double unused_s = m->unused_steps * LAW_DT_S;
	if (d->held_by_cap)
		m->held = true;
	else if (!isfinite(allowed_w) || unused_s > p->cap_unused_s ||
		 (much && unused_s > p->cap_much_unused_s))
		m->held = false;
}

/* What is left without work is seen where all work was taken away; it is known until the cap is gone. */
static void
remember_idle(struct cap_memory *m, const struct cap_draw *d, const struct cap_allowance *a)
{
	m->shed_steps = a->shed && isfinite(d->input_w) ? m->shed_steps + 1 : 0;
	if (m->shed_steps > SETTLED_STEPS)
		m->idle_w = m->input_w;
	else if (!isfinite(a->watts))
		m->idle_w = (double)NAN;
}

void
caps_remember(struct caps *c, const struct cap_draw *draw)
{
	for (uint32_t k = 0; k < c->plant->n_systems; k++) {
		const struct cap_draw *d = &draw[k];
		struct cap_memory *m = &c->memory[k];
		follow(&m->input_w, d->input_w, CLAIM_TAU_S);
		remember_full(m, d);
		remember_held(m, &c->plant->control, d, c->allowance[k].watts);
		remember_idle(m, d, &c->allowance[k]);
		m->silent_steps = isfinite(d->input_w) ? 0 : m->silent_steps + 1;
		if (!m->silent_steps) /* else its jobs, too, are those that it had */
			remember_work(c, m, d);
	}
}

/* The most that any system is known to draw. */
static double
worst_w(const struct caps *c)
{
	double most_w = (double)NAN;
	for (uint32_t k = 0; k < c->plant->n_systems; k++)
		most_w = fmax(most_w, fmax(c->memory[k].full_w, c->memory[k].input_w));
	return most_w;
}

/*
 * Of one that nobody can change: what it draws. Of one that is silent: what it could draw by itself,
 * unless its device holds it lower; where it never spoke, the most that any other draws.
 */
static double
fixed_w(const struct caps *c, const struct cap_draw *d, uint32_t k)
{
	const struct cap_memory *m = &c->memory[k];
	if (isfinite(d->input_w))
		return d->input_w;
	double could_w = fmax(m->full_w, m->input_w); /* fmax and fmin pass NAN over */
	return fmin(isfinite(could_w) ? could_w : worst_w(c),
		    d->kept_w > 0.0 ? d->kept_w : (double)NAN);
}

double
caps_draws_w(const struct caps *c, const struct cap_draw *draw, uint32_t system)
{
	return fixed_w(c, &draw[system], system);
}

static bool
is_fixed(const struct caps *c, const struct cap_draw *d, uint32_t k)
{
	const struct cap_memory *m = &c->memory[k];
	return !d->controllable || m->silent_steps > SILENT_STEPS || !isfinite(m->input_w);
}

static double
full_w(const struct caps *c, const struct cap_draw *d, uint32_t k)
{
	return is_fixed(c, d, k) ? fixed_w(c, d, k)
				 : law_most(c->memory[k].full_w, c->memory[k].input_w);
}

double
caps_full_w(const struct caps *c, const struct cap_draw *draw, int32_t system)
{
	double sum_w = (double)NAN;
	if (system != SITE)
		return full_w(c, &draw[system], (uint32_t)system);
	for (uint32_t k = 0; k < c->plant->n_systems; k++) {
		double w = full_w(c, &draw[k], k);
		if (isfinite(w))
			sum_w = isfinite(sum_w) ? sum_w + w : w;
	}
	return sum_w;
}

double
caps_ramp_w_per_s(const struct caps *c, const struct cap_draw *draw, int32_t system)
{
	const struct control_params *p = &c->plant->control;
	if (system != SITE)
		return p->cap_ramp_w_per_s;
	return fmin(p->cap_ramp_w_per_s * c->plant->n_systems,
		    p->cluster_ramp_frac_per_s * caps_full_w(c, draw, SITE));
}

/* --- claims --- */
static void
claim(struct power_claim *p, const struct cap_memory *m, const struct cap_draw *d, double own_w,
      double room_frac)
{
	double room = 1.0 + room_frac;
	double full_w = fmax(m->full_w, m->input_w), idle_w = d->idle_w > 0.0 ? d->idle_w : 0.0;
	if (isfinite(m->idle_w))
		idle_w = m->idle_w;
	/* one that its cap holds would take all that it can */
	p->want_w = room * (m->held ? full_w : m->input_w);
	p->full_w = room * full_w;
	if (own_w < p->want_w) /* NAN: no cap of its own */
		p->want_w = own_w;
	p->own_w = isfinite(own_w) ? own_w : 0.0;
	p->idle_w = fmin(idle_w, p->want_w);
}

/* Systems that take a step together are one group: that of the first of them. */
static void
join(struct caps *c, uint32_t a, uint32_t b)
{
	uint32_t lo = c->claim[a].group, hi = c->claim[b].group;
	if (lo > hi) {
		uint32_t swap = lo;
		lo = hi;
		hi = swap;
	}
	for (uint32_t k = 0; k < c->plant->n_systems && lo != hi; k++)
		if (c->claim[k].group == hi)
			c->claim[k].group = lo;
}

static void
group(struct caps *c)
{
	int32_t first[PLANT_JOBS_MAX];
	for (uint32_t j = 0; j < PLANT_JOBS_MAX; j++)
		first[j] = -1;
	for (uint32_t k = 0; k < c->plant->n_systems; k++)
		c->claim[k].group = k;
	for (uint32_t k = 0; k < c->plant->n_systems; k++)
		for (int s = 0; s < JOBS_MAX; s++) {
			uint16_t number = c->memory[k].job[s];
			const struct job_config *job = job_of(c, number);
			if (!c->claim[k].takes_part || !job || number > PLANT_JOBS_MAX ||
			    !job->together || job->mode == JOB_MODE_IND)
				continue;
			if (first[number - 1] < 0)
				first[number - 1] = (int32_t)k;
			else
				join(c, (uint32_t)first[number - 1], k);
		}
}

static void
weigh(struct caps *c)
{
	const struct control_params *p = &c->plant->control;
	for (uint32_t k = 0; k < c->plant->n_systems; k++)
		c->group[k] = (struct power_group){.least_frac = p->cap_duty_least_frac};
	for (uint32_t k = 0; k < c->plant->n_systems; k++) {
		if (!c->claim[k].takes_part)
			continue;
		struct power_group *g = &c->group[c->claim[k].group];
		const struct cap_memory *m = &c->memory[k];
		bool any = false;
		g->worth += m->tokens_per_s;
		for (int s = 0; s < JOBS_MAX; s++) {
			const struct job_config *job = job_of(c, m->job[s]);
			if (!job)
				continue;
			any = g->works = true;
			g->least_frac = fmax(g->least_frac, job->floor_frac);
			g->priority = job->priority > g->priority ? job->priority : g->priority;
		}
		double gap_w = c->claim[k].full_w - c->claim[k].idle_w;
		if (any || gap_w < IDLE_GAP_FRAC * c->claim[k].full_w)
			continue; /* idle: there is nothing to lose, or to shed */
		g->worth += gap_w * NAMELESS_PER_W;
		g->priority = g->priority > NAMELESS_PRIORITY ? g->priority : NAMELESS_PRIORITY;
	}
}

/* --- words --- */
/* All whose state has changed alike, and that have the job of system `first`: one line. */
static void
tell_alike(struct caps *c, uint32_t first, double watts, int64_t now_ns)
{
	if (c->lines.n + TOLD_ON > LINES_MAX)
		return; /* it would be lost: in the next step, when these are taken */
	char text[ASK_ERROR], job[JOB_NAME_SIZE + 8] = "";
	bool shed = c->claim[first].shed;
	uint16_t number = c->memory[first].job[0];
	uint32_t systems = 0;
	for (uint32_t k = first; k < c->plant->n_systems; k++)
		if (c->claim[k].takes_part && c->claim[k].shed == shed && c->told_shed[k] != shed &&
		    c->memory[k].job[0] == number) {
			c->told_shed[k] = shed;
			systems++;
		}
	if (job_of(c, number))
		snprintf(job, sizeof job, " of job %s", job_of(c, number)->name);
	snprintf(text, sizeof text, "site %s %u system%s%s from %s on, priority %u: %s %.1f kW",
		 shed ? "sheds" : "gives work back to", systems, systems == 1 ? "" : "s", job,
		 caps_name(c, (int32_t)first), c->group[c->claim[first].group].priority,
		 shed ? "least duties do not fit into" : "they fit into", watts / 1000.0);
	caps_tell(c, SITE, now_ns, text);
}

static void
tell(struct caps *c, double watts, bool enough, int64_t now_ns)
{
	char text[160];
	bool lifted = !isfinite(watts), any = false;
	for (uint32_t k = 0; k < c->plant->n_systems; k++) {
		any = any || c->told_shed[k];
		if (lifted || !c->claim[k].takes_part)
			c->told_shed[k] = false;
		else if (c->claim[k].shed != c->told_shed[k])
			tell_alike(c, k, watts, now_ns);
	}
	if (lifted && any)
		caps_tell(c, SITE, now_ns, "site: no power cap sheds any job any longer");
	if (enough == !c->told_least)
		return;
	c->told_least = !enough;
	snprintf(text, sizeof text,
		 enough ? "site: idle systems fit into the power cap again"
			: "site power cap of %.1f kW can't be met: idle systems draw more",
		 watts / 1000.0);
	caps_tell(c, SITE, now_ns, text);
}

/*
 * What each gets in the end of a cap that comes down, into later[]; by what ramp: that of a wafer, or
 * less where many move and all together would be too fast.
 */
static double
foresee(struct caps *c, const struct cap_draw *draw, const struct cap_allowance *next, double fixed)
{
	const struct control_params *p = &c->plant->control;
	double all_ramp = caps_ramp_w_per_s(c, draw, SITE);
	double watts = next->watts - all_ramp * next->left_s;
	uint32_t moving = 0;
	memcpy(c->later, c->claim, c->plant->n_systems * sizeof *c->later);
	power_share(p, c->later, c->group, c->order, c->plant->n_systems, fmax(watts - fixed, 0.0));
	for (uint32_t k = 0; k < c->plant->n_systems; k++)
		moving += c->later[k].takes_part && c->later[k].want_w > c->later[k].watts;
	return fmin(p->cap_ramp_w_per_s, moving ? all_ramp / moving : all_ramp);
}

/* Of those that take no part their device may be asked to keep to what they draw, or to less, where
 * that is more than all may. */
static double
share_of(const struct caps *c, const struct cap_draw *d, const struct cap_allowance *all,
	 uint32_t k, double fixed)
{
	double w = fixed_w(c, d, k);
	if (!isfinite(all->watts))
		return (double)NAN;
	if (!c->claim[k].takes_part)
		return isfinite(w)
			       ? w * fmin(1.0 + c->plant->control.cap_room_frac, all->watts / fixed)
			       : all->watts / c->plant->n_systems;
	w = c->claim[k].watts;
	if (all->growing) /* though it be the only one that moves; passes NAN over */
		w = fmin(w, c->shared_w[k] + c->plant->control.cap_ramp_w_per_s * LAW_DT_S);
	return w;
}

static void
allow(struct caps *c, const struct cap_draw *draw, const struct cap_allowance *all,
      const struct cap_allowance *next, double fixed)
{
	bool comes = isfinite(next->watts);
	double ramp = comes ? foresee(c, draw, next, fixed) : 0.0;
	for (uint32_t k = 0; k < c->plant->n_systems; k++) {
		struct cap_allowance *a = &c->allowance[k];
		double w = share_of(c, &draw[k], all, k, fixed);
		*a = *all;
		a->shed = c->claim[k].shed;
		a->judged_w = w * (all->judged_w / all->watts);
		if (comes && c->claim[k].takes_part)
			w = fmin(w, c->later[k].watts + ramp * next->left_s);
		if (comes && next->until_ns > a->until_ns) /* it goes on from there */
			a->until_ns = next->until_ns;
		a->watts = c->shared_w[k] = w;
	}
}

void
caps_share(struct caps *c, const struct cap_draw *draw, const struct cap_allowance *all,
	   const struct cap_allowance *next, int64_t now_ns)
{
	uint32_t n = c->plant->n_systems;
	double fixed = 0.0;
	bool stands = isfinite(all->watts), any = stands || isfinite(next->watts), enough = true;
	for (uint32_t k = 0; k < n; k++) {
		c->claim[k].takes_part = any && !is_fixed(c, &draw[k], k);
		if (c->claim[k].takes_part) {
			claim(&c->claim[k], &c->memory[k], &draw[k], c->own[k].watts,
			      c->plant->control.cap_room_frac);
			continue;
		}
		double w = fixed_w(c, &draw[k], k);
		fixed += isfinite(w) ? w : 0.0;
		c->claim[k].shed = false;
	}
	if (any) {
		group(c);
		weigh(c);
	}
	if (stands)
		enough = power_share(&c->plant->control, c->claim, c->group, c->order, n,
				     fmax(all->watts - fixed, 0.0));
	allow(c, draw, all, next, fixed);
	tell(c, all->watts, enough, now_ns);
}
