/* SPDX-License-Identifier: Apache-2.0 */
/* The summaries of a snapshot: each system's, then the cluster's, then the order worst first. */
#include <math.h>
#include <string.h>

#include "tui/model.h"

/* Is what is shown as `now` trustworthy as such? An estimate is; a value kept from before is not. */
static struct sample
with_quality(struct sample s, enum quality q)
{
	s.quality = quality_worse((enum quality)s.quality, q);
	return s;
}

static struct sample
computed(double value, int64_t time_ns, uint32_t flags, bool whole)
{
	return sample_at(value, time_ns, whole ? QUALITY_GOOD : QUALITY_UNCERTAIN,
			 flags | (whole ? 0 : SAMPLE_SUBSTITUTED));
}

struct face { /* of a wafer, from its usable temperatures */
	uint32_t n;
	uint32_t hottest, coldest;
	double mean_c;
	int64_t oldest_ns;
	uint32_t flags;
};

static struct face
face_of(const struct model_system *s)
{
	struct face f = {.hottest = RETICLES, .coldest = RETICLES, .oldest_ns = INT64_MAX};
	double sum = 0;
	for (uint32_t i = 0; i < RETICLES; i++) {
		const struct sample *t = &s->temp_c[i];
		if (t->quality != QUALITY_NEVER && isfinite(t->value) && t->time_ns < f.oldest_ns)
			f.oldest_ns = t->time_ns;
		if (!sample_usable(t))
			continue;
		f.n++;
		f.flags |= t->flags;
		sum += t->value;
		if (f.hottest == RETICLES || t->value > s->temp_c[f.hottest].value)
			f.hottest = i;
		if (f.coldest == RETICLES || t->value < s->temp_c[f.coldest].value)
			f.coldest = i;
	}
	f.mean_c = f.n ? sum / f.n : 0;
	return f;
}

/*
 * The controllers' filtered figure where it is live and so are the temperatures it comes from; else
 * the screen's own from what can be read; else the last known, marked as old.
 */
static struct sample
prefer(const struct sample *ctl, const struct face *f, double own, int64_t now_ns)
{
	if (f->n == 0)
		return with_quality(*ctl, QUALITY_STALE);
	if (sample_usable(ctl))
		return with_quality(*ctl, f->n < RETICLES ? QUALITY_UNCERTAIN : QUALITY_GOOD);
	return computed(own, now_ns, f->flags, false);
}

static void
summarise_face(struct model_system *s, int64_t now_ns)
{
	struct face f = face_of(s);
	double max_c = f.n ? s->temp_c[f.hottest].value : 0;
	double min_c = f.n ? s->temp_c[f.coldest].value : 0;
	s->hottest = f.hottest;
	s->coldest = f.coldest;
	s->spread_k = prefer(&s->one[ROLE_CTL_SPREAD], &f, max_c - min_c, now_ns);
	s->tmax_c = prefer(&s->one[ROLE_CTL_TMAX], &f, max_c, now_ns);
	s->tmin_c = prefer(&s->one[ROLE_CTL_TMIN], &f, min_c, now_ns);
	s->tmean_c = prefer(&s->one[ROLE_CTL_TMEAN], &f, f.mean_c, now_ns);
	s->age_ns = f.oldest_ns == INT64_MAX ? -1 : now_ns - f.oldest_ns;
	/* a limit that the controllers have in force is truer than the file's */
	const struct sample *limit_k = &s->one[ROLE_CTL_SPREAD_LIMIT];
	const struct sample *limit_c = &s->one[ROLE_CTL_TEMP_LIMIT];
	if (sample_usable(limit_k) && limit_k->value > 0)
		s->spread_limit_k = limit_k->value;
	if (sample_usable(limit_c) && limit_c->value > 0)
		s->temp_limit_c = limit_c->value;
}

static void
summarise_zones(struct model_system *s)
{
	for (uint32_t x = 0; x < ZONES; x++) {
		struct sample z = {0};
		uint32_t n = 0;
		double sum = 0;
		for (uint32_t y = 0; y < ROWS; y++) {
			const struct sample *t = &s->temp_c[y * ZONES + x];
			if (y == 0)
				z.quality = t->quality;
			z.quality =
				quality_worse((enum quality)z.quality, (enum quality)t->quality);
			z.flags |= t->flags;
			if (y == 0 || t->time_ns < z.time_ns)
				z.time_ns = t->time_ns;
			if (t->quality != QUALITY_NEVER && isfinite(t->value)) {
				sum += t->value;
				n++;
			}
		}
		z.value = n ? sum / n : 0;
		s->zone_c[x] = z;
	}
}

/* What costs nothing at full duty holds nobody back, whatever is still said to be in force. */
#define DUTY_FULL_FRAC 0.995
#define COST_NONE_PER_S 0.5

static bool
holds_nothing(const struct model_system *s)
{
	const struct sample *duty = &s->one[ROLE_CTL_DUTY], *cost = &s->one[ROLE_CTL_COST_TOKENS];
	return model_live(duty) && duty->value >= DUTY_FULL_FRAC && model_live(cost) &&
	       cost->value < COST_NONE_PER_S;
}

static enum system_class
classify(const struct model_system *s)
{
	if (s->trip)
		return CLASS_TRIP;
	if (s->foreign)
		return s->good < s->points ? CLASS_DATA : CLASS_OK;
	if (!s->mode_live || s->mode == CTL_FAILSAFE || s->mode == CTL_OFF)
		return CLASS_FAILSAFE;
	if (s->good < s->points)
		return CLASS_DATA;
	bool over = (model_live(&s->spread_k) && s->spread_k.value > s->spread_limit_k) ||
		    (model_live(&s->tmax_c) && s->tmax_c.value > s->temp_limit_c);
	if (over || s->mode == CTL_STOPPED ||
	    (s->reason_live && s->reason != REASON_NONE && s->reason != REASON_PACE))
		return CLASS_HELD;
	return CLASS_OK;
}

static void
summarise_system(struct model_system *s, int64_t now_ns)
{
	const struct sample *mode = &s->one[ROLE_CTL_MODE], *reason = &s->one[ROLE_CTL_REASON];
	const struct sample *trip = &s->one[ROLE_ENGINE_TRIP];
	summarise_face(s, now_ns);
	summarise_zones(s);
	s->mode_live = sample_usable(mode) && mode->value >= 0 && mode->value < MODEL_MODES;
	if (s->mode_live)
		s->mode = (enum ctl_mode)(int)mode->value;
	s->reason_live =
		sample_usable(reason) && reason->value >= 0 && reason->value <= REASON_HAND;
	if (s->reason_live)
		s->reason = (enum ctl_reason)(int)reason->value;
	/* a latched trip that can't be read any more is still a trip; only a fresh 0 clears it */
	if (sample_usable(trip) && trip->value >= 0)
		s->trip = (uint32_t)trip->value;
	s->input_w = s->one[s->one[ROLE_POWER_INPUT].quality == QUALITY_NEVER ? ROLE_WAFER_POWER
									      : ROLE_POWER_INPUT];
	/* while nobody knows how much work is done, nobody knows how much is missing */
	const struct sample *tokens = &s->one[ROLE_JOB_TOKENS];
	struct sample *cost = &s->one[ROLE_CTL_COST_TOKENS];
	if (tokens->quality != QUALITY_NEVER && !sample_usable(tokens))
		*cost = with_quality(*cost, QUALITY_STALE);
	/* but of failsafe it tells the cause */
	if (s->reason != REASON_PACE && s->mode != CTL_FAILSAFE && holds_nothing(s))
		s->reason = REASON_NONE;
	s->severity = classify(s);
}

/* Sum of what is live; whole only if every system's is. */
struct sum {
	double value;
	uint32_t live, all, flags;
};

static void
add(struct sum *t, const struct sample *s)
{
	t->all++;
	if (!sample_usable(s))
		return;
	t->live++;
	t->value += s->value;
	t->flags |= s->flags;
}

static struct sample
total(const struct sum *t, int64_t now_ns)
{
	if (t->live == 0)
		return (struct sample){.quality = QUALITY_NEVER};
	return computed(t->value, now_ns, t->flags, t->live == t->all);
}

static void
sum_systems(struct model *m)
{
	struct sum input = {0}, wafer = {0}, flow = {0}, tokens = {0}, full = {0}, cost = {0};
	for (uint32_t i = 0; i < m->n_systems; i++) {
		const struct model_system *s = &m->systems[i];
		add(&input, &s->input_w);
		add(&flow, &s->one[ROLE_LOOP_FLOW]);
		if (s->foreign)
			continue;
		add(&wafer, &s->one[ROLE_WAFER_POWER]);
		add(&tokens, &s->one[ROLE_JOB_TOKENS]);
		add(&full, &s->one[ROLE_CTL_TOKENS_FULL]);
		add(&cost, &s->one[ROLE_CTL_COST_TOKENS]);
		m->trips += s->trip != 0;
		m->held += s->severity == CLASS_HELD;
		if (s->mode_live)
			m->modes[s->mode]++;
		else
			m->mode_unknown++;
	}
	m->input_w = total(&input, m->now_ns);
	m->wafer_w = total(&wafer, m->now_ns);
	m->flow_lpm = total(&flow, m->now_ns);
	m->tokens_per_s = total(&tokens, m->now_ns);
	m->tokens_full_per_s = total(&full, m->now_ns);
	m->cost_per_s = total(&cost, m->now_ns);
}

static void
find_worst(struct model *m)
{
	double worst_k = -1, worst_c = -1000;
	m->spread_system = m->tmax_system = m->n_systems;
	m->spread_k = m->tmax_c = (struct sample){.quality = QUALITY_NEVER};
	for (uint32_t i = 0; i < m->n_systems; i++) {
		const struct model_system *s = &m->systems[i];
		if (model_live(&s->spread_k) && s->spread_k.value / s->spread_limit_k > worst_k) {
			worst_k = s->spread_k.value / s->spread_limit_k;
			m->spread_system = i;
			m->spread_k = s->spread_k;
		}
		if (model_live(&s->tmax_c) && s->tmax_c.value - s->temp_limit_c > worst_c) {
			worst_c = s->tmax_c.value - s->temp_limit_c;
			m->tmax_system = i;
			m->tmax_c = s->tmax_c;
		}
	}
}

/* Worse first: by class, then by spread as a fraction of its limit. */
#define CLASS_STEP 1e3
#define ORDER_MARGIN 0.03 /* of the limit: noise must not make the list dance */

static double
badness(const struct model_system *s)
{
	double part = 0;
	if (model_live(&s->spread_k) && s->spread_limit_k > 0)
		part = fmin(s->spread_k.value / s->spread_limit_k, CLASS_STEP / 2);
	return (double)s->severity * CLASS_STEP + part;
}

static void
order_systems(struct model *m)
{
	double margin = m->ordered ? ORDER_MARGIN : 0;
	for (uint32_t i = 0; i < m->n_systems && !m->ordered; i++)
		m->order[i] = i;
	/* insertion keeps equals in place, and the order of a second ago is nearly the new one */
	for (uint32_t i = 1; i < m->n_systems; i++) {
		uint32_t id = m->order[i], k = i;
		double bad = badness(&m->systems[id]) - margin;
		for (; k > 0 && badness(&m->systems[m->order[k - 1]]) < bad; k--)
			m->order[k] = m->order[k - 1];
		m->order[k] = id;
	}
	m->ordered = true;
}

void
model_summarise(struct model *m)
{
	m->trips = m->held = m->mode_unknown = 0;
	memset(m->modes, 0, sizeof(m->modes));
	for (uint32_t i = 0; i < m->n_systems; i++)
		summarise_system(&m->systems[i], m->now_ns);
	sum_systems(m);
	model_jobs_summarise(m);
	find_worst(m);
	order_systems(m);
	m->transactions = m->errors = 0;
	for (uint32_t i = 0; i < m->n_devices; i++) {
		const struct model_device *d = &m->devices[i];
		if (d->transactions.quality != QUALITY_NEVER && isfinite(d->transactions.value))
			m->transactions += d->transactions.value;
		if (d->errors.quality != QUALITY_NEVER && isfinite(d->errors.value))
			m->errors += d->errors.value;
	}
	model_alarms_summarise(m);
	health_judge(m, &m->health);
}
