/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/outputs.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/wide.h"

enum demand_kind {
	DEMAND_DUTY,
	DEMAND_SHARE,
	DEMAND_ENGINE_SEQ,
	DEMAND_ENGINE_RELEASE,
	DEMAND_PUMP,
	DEMAND_VALVE,
	DEMAND_COOLING_SEQ,
	DEMAND_COOLING_RELEASE,
	DEMAND_CEILING,
	DEMAND_CEILING_FOR,
	DEMAND_BATCH,
	DEMAND_BALLAST,
	DEMAND_RESET, /* never made: a person's, at the device */
	DEMAND_KINDS
};

static const struct {
	enum role_id role;
	uint32_t n;
} DEMANDS[DEMAND_KINDS] = {
	[DEMAND_DUTY] = {ROLE_DUTY_CMD, RETICLES},
	[DEMAND_SHARE] = {ROLE_SHARE_CMD, RETICLES},
	[DEMAND_ENGINE_SEQ] = {ROLE_ENGINE_SEQ_CMD, 1},
	[DEMAND_ENGINE_RELEASE] = {ROLE_ENGINE_RELEASE_CMD, 1},
	[DEMAND_PUMP] = {ROLE_PUMP_SPEED_CMD, HAND_PUMPS},
	[DEMAND_VALVE] = {ROLE_VALVE_CMD, 1},
	[DEMAND_COOLING_SEQ] = {ROLE_COOLING_SEQ_CMD, 1},
	[DEMAND_COOLING_RELEASE] = {ROLE_COOLING_RELEASE_CMD, 1},
	[DEMAND_CEILING] = {ROLE_ENGINE_CEILING_CMD, 1},
	[DEMAND_CEILING_FOR] = {ROLE_ENGINE_CEILING_FOR_CMD, 1},
	[DEMAND_BATCH] = {ROLE_JOB_SLOT_BATCH_CMD, JOBS_MAX},
	[DEMAND_BALLAST] = {ROLE_BALLAST_CMD, RETICLES},
	[DEMAND_RESET] = {ROLE_ENGINE_RESET_CMD, 1},
};

/* What the CTL points of a system show now; NAN: nothing new is known. */
struct readings {
	double mode, reason, hands, held_by, held_until_s;
	double spread_k, spread_limit_k, tmax_c, tmin_c, tmean_c, temp_limit_c, hottest, coldest;
	double duty_frac, cost_tokens, cost_w, limited_age_s;
	double setpoint_c, asked_c, least_c;
	double tokens_full, doubted, doubted_max_c, cap_w, cap_missed;
	double actuator_faults, pump_fault[ACTUATOR_PUMPS], pump_lead, pump_hours[TURN_PUMPS];
	double straggler, straggler_cost, straggler_wait_frac, pace_frac, pace_saved_w;
	double job_cost[JOBS_MAX], ballast_w, ballast_fault;
	double zone_flow[ZONES], clogged, ua_frac, heat_balance_frac, serial;
};
#define N_READINGS (sizeof(struct readings) / sizeof(double))
#define AT(field) offsetof(struct readings, field)

static const struct {
	enum role_id role;
	uint32_t n;
	size_t offset; /* of the first, in struct readings */
	bool measured; /* it follows from the wafer's sensors */
} POINTS[] = {
	{ROLE_CTL_MODE, 1, AT(mode), false},
	{ROLE_CTL_REASON, 1, AT(reason), false},
	{ROLE_CTL_HANDS, 1, AT(hands), false},
	{ROLE_CTL_HELD_BY, 1, AT(held_by), false},
	{ROLE_CTL_HELD_UNTIL, 1, AT(held_until_s), false},
	{ROLE_CTL_SPREAD, 1, AT(spread_k), true},
	{ROLE_CTL_SPREAD_LIMIT, 1, AT(spread_limit_k), false},
	{ROLE_CTL_TMAX, 1, AT(tmax_c), true},
	{ROLE_CTL_TMIN, 1, AT(tmin_c), true},
	{ROLE_CTL_TMEAN, 1, AT(tmean_c), true},
	{ROLE_CTL_TEMP_LIMIT, 1, AT(temp_limit_c), false},
	{ROLE_CTL_HOTTEST, 1, AT(hottest), true},
	{ROLE_CTL_COLDEST, 1, AT(coldest), true},
	{ROLE_CTL_DUTY, 1, AT(duty_frac), false},
	{ROLE_CTL_COST_TOKENS, 1, AT(cost_tokens), false},
	{ROLE_CTL_COST_POWER, 1, AT(cost_w), false},
	{ROLE_CTL_LIMITED_AGE, 1, AT(limited_age_s), false},
	{ROLE_CTL_SUPPLY_SETPOINT, 1, AT(setpoint_c), false},
	{ROLE_CTL_SUPPLY_ASKED, 1, AT(asked_c), false},
	{ROLE_CTL_SUPPLY_LEAST, 1, AT(least_c), false},
	{ROLE_CTL_TOKENS_FULL, 1, AT(tokens_full), false},
	{ROLE_CTL_SENSORS_DOUBTED, 1, AT(doubted), false},
	{ROLE_CTL_DOUBTED_MAX, 1, AT(doubted_max_c), false},
	{ROLE_CTL_CAP, 1, AT(cap_w), false},
	{ROLE_CTL_CAP_MISSED, 1, AT(cap_missed), false},
	{ROLE_CTL_ACTUATOR_FAULT, 1, AT(actuator_faults), false},
	{ROLE_CTL_PUMP_FAULT, ACTUATOR_PUMPS, AT(pump_fault), false},
	{ROLE_CTL_PUMP_LEAD, 1, AT(pump_lead), false},
	{ROLE_CTL_PUMP_HOURS, TURN_PUMPS, AT(pump_hours), false},
	{ROLE_CTL_STRAGGLER, 1, AT(straggler), false},
	{ROLE_CTL_STRAGGLER_COST, 1, AT(straggler_cost), false},
	{ROLE_CTL_STRAGGLER_WAIT, 1, AT(straggler_wait_frac), false},
	{ROLE_CTL_PACE, 1, AT(pace_frac), false},
	{ROLE_CTL_PACE_SAVED, 1, AT(pace_saved_w), false},
	{ROLE_CTL_JOB_COST, JOBS_MAX, AT(job_cost), false},
	{ROLE_CTL_BALLAST, 1, AT(ballast_w), false},
	{ROLE_CTL_BALLAST_FAULT, 1, AT(ballast_fault), false},
	{ROLE_CTL_ZONE_FLOW, ZONES, AT(zone_flow), false},
	{ROLE_CTL_CLOGGED, 1, AT(clogged), false},
	{ROLE_CTL_UA, 1, AT(ua_frac), false},
	{ROLE_CTL_HEAT_BALANCE, 1, AT(heat_balance_frac), false},
	{ROLE_CTL_COMMISSIONED, 1, AT(serial), false},
};
_Static_assert(sizeof(struct readings) <= UINT16_MAX, "place.offset");
#define N_ROLES (sizeof POINTS / sizeof POINTS[0])

/* Demands of one kind, side by side in their group and within the same bounds. */
struct run {
	uint32_t kind, first, n; /* DEMANDS[kind], of its reticles, pumps or slots */
	uint32_t index;          /* of the first in its group */
	double lo, hi;
};

/* The demands of a device. */
struct demand_group {
	uint32_t group, size;     /* of the ctl image; its samples */
	uint32_t first_run, runs; /* of x->runs */
};

/* A CTL point that the plant has, of each system alike. */
struct place {
	uint16_t index;  /* in the system's group */
	uint16_t offset; /* in struct readings */
};

struct outputs {
	uint32_t n_in;
	const uint32_t *first;       /* of the ctl image's groups */
	struct run *runs;            /* group by group */
	struct demand_group *groups; /* of its devices, system by system … */
	uint32_t *group_at;          /* … whose begin here: [n_systems + 1] */
	uint32_t *ctl_group;         /* [n_systems] */
	uint32_t n_plain, n_places;
	struct place places[N_READINGS]; /* from n_plain on: those that are measured */
};

/* Is that demand the next one of a run? */
static bool
goes_on(const struct run *run, uint32_t kind, uint32_t k, uint32_t index, const struct point *point)
{
	return run->kind == kind && run->first + run->n == k && run->index + run->n == index &&
	       !(run->lo < point->lo) && !(run->lo > point->lo) && !(run->hi < point->hi) &&
	       !(run->hi > point->hi);
}

/* Those of a system that are in that group, into x->runs[n] and on. */
static void
find_runs(struct outputs *x, const struct plant *plant, uint32_t system, struct demand_group *g)
{
	struct run *begin = x->runs + g->first_run, *run = begin - 1;
	uint32_t first = x->first[g->group];
	for (uint32_t r = 0; r < DEMAND_KINDS; r++)
		for (uint32_t k = 0; k < DEMANDS[r].n; k++) {
			uint32_t id = plant_role(plant, (int32_t)system, DEMANDS[r].role, k);
			const struct point *p = id == NO_POINT ? NULL : &plant->points[id];
			if (!p || !p->writable || p->demand < first || p->demand >= first + g->size)
				continue;
			uint32_t index = p->demand - first;
			if (run >= begin && goes_on(run, r, k, index, p))
				run->n++;
			else
				*++run = (struct run){r, k, 1, index, p->lo, p->hi};
		}
	g->runs = (uint32_t)(run + 1 - begin);
}

static void
find_groups(struct outputs *x, const struct plant *plant)
{
	uint32_t n = 0, runs = 0;
	for (uint32_t s = 0; s < plant->n_systems; s++) {
		for (uint32_t d = 0; d < plant->n_devices; d++) {
			int32_t g = plant_demand_group(plant, d);
			if (plant->devices[d].system != (int32_t)s || g < 0)
				continue;
			struct demand_group *out = &x->groups[n++];
			out->group = (uint32_t)g;
			out->size = x->first[g + 1] - x->first[g];
			out->first_run = runs;
			find_runs(x, plant, s, out);
			runs += out->runs;
		}
		x->group_at[s + 1] = n;
	}
}

/* Into x->places[n] and on; how many there are then. */
static uint32_t
find_places(struct outputs *x, const struct plant *plant, bool measured, uint32_t n)
{
	uint32_t begin = plant->n_in + x->first[x->ctl_group[0]];
	for (size_t r = 0; r < N_ROLES; r++)
		for (uint32_t k = 0; k < POINTS[r].n && POINTS[r].measured == measured; k++) {
			uint32_t id = plant_role(plant, 0, POINTS[r].role, k);
			if (id == NO_POINT)
				continue;
			assert(n < N_READINGS); /* no field stands in two rows */
			x->places[n++] =
				(struct place){(uint16_t)(id - begin),
					       (uint16_t)(POINTS[r].offset + k * sizeof(double))};
		}
	return n;
}

int
outputs_open(struct outputs **out, const struct plant *plant)
{
	struct outputs *x = calloc(1, sizeof *x);
	if (!x)
		return -ENOMEM;
	size_t n = plant->n_systems, n_demands = 0;
	for (size_t r = 0; r < DEMAND_KINDS; r++)
		n_demands += DEMANDS[r].n;
	x->n_in = plant->n_in;
	x->first = plant->ctl.first;
	x->runs = calloc(n * n_demands + 1, sizeof *x->runs);
	x->groups = calloc((size_t)plant->n_devices + 1, sizeof *x->groups);
	x->group_at = calloc(n + 1, sizeof *x->group_at);
	x->ctl_group = calloc(n + 1, sizeof *x->ctl_group);
	if (!x->runs || !x->groups || !x->group_at || !x->ctl_group) {
		outputs_close(x);
		return -ENOMEM;
	}
	find_groups(x, plant);
	for (uint32_t s = 0; s < n; s++) {
		int32_t g = plant_ctl_group(plant, s);
		assert(g >= 0);
		x->ctl_group[s] = (uint32_t)g;
	}
	if (n > 0) {
		x->n_plain = find_places(x, plant, false, 0);
		x->n_places = find_places(x, plant, true, x->n_plain);
	}
	*out = x;
	return 0;
}

void
outputs_close(struct outputs *x)
{
	if (!x)
		return;
	free(x->runs);
	free(x->groups);
	free(x->group_at);
	free(x->ctl_group);
	free(x);
}

/* --- demands --- */
/* What is put into a group. */
struct filled {
	bool any;       /* demand is in it */
	uint64_t moved; /* not 0: something is other than it was, but for times */
};

/* Nobody asks for these. */
static void
leave_empty(struct sample out[], uint32_t n, struct filled *f)
{
	uint64_t any = 0;
	for (uint32_t k = 0; k < n; k++)
		any |= sample_stamp(&out[k]);
	if (any == 0) /* as they mostly were */
		return;
	memset(out, 0, n * sizeof *out);
	f->moved = 1;
}

/* What is no number is no demand, and an empty sample. */
INLINED void
put(struct sample out[], uint32_t n, const struct run *run, const double value[],
    const bool by_hand[], int64_t now_ns, struct filled *f)
{
	const struct sample like = sample_at(0, now_ns, QUALITY_GOOD, 0);
	UNCLEARED double held[RETICLES];
	uint64_t missing = 0, moved = 0, stamps = 0; /* as wide as they are */
	for (uint32_t k = 0; k < n; k++)
		missing += isfinite(value[k]) ? 0 : 1;
	if (missing == n) { /* shares and batches are seldom asked for */
		leave_empty(out, n, f);
		return;
	}
	for (uint32_t k = 0; k < n; k++)
		held[k] = law_clamp(value[k], run->lo, run->hi);
	for (uint32_t k = 0; k < n; k++) {
		moved |= sample_bits(held[k]) ^ sample_bits(out[k].value);
		stamps |= sample_stamp(&out[k]) ^ sample_stamp(&like);
	}
	f->any = true;
	f->moved |= moved | (stamps & SAMPLE_STAMP_WORTH) | missing | (by_hand != NULL);
	sample_fill(out, held, n, like);
	for (uint32_t k = 0; by_hand && k < n; k++)
		out[k].flags = by_hand[k] ? SAMPLE_MANUAL : 0;
	for (uint32_t k = 0; missing > 0 && k < n; k++)
		if (!isfinite(value[k]))
			out[k] = (struct sample){0};
}

WIDE static void
put_wafer(struct sample out[restrict], const struct run *run, const double value[],
	  const bool by_hand[], int64_t now_ns, struct filled *f)
{
	put(out, RETICLES, run, value, by_hand, now_ns, f);
}

/* What is asked of the devices of a system, as their registers have it. */
struct asked {
	const double *value[DEMAND_KINDS]; /* of all of a kind, NAN none; NULL: of none of them */
	const bool *by_hand[DEMAND_KINDS]; /* likewise, what a person has set; NULL: none of them */
};

/* All of a group but demands that nobody here makes, which stay empty. */
static void
put_group(const struct outputs *x, const struct demand_group *g, const struct asked *a,
	  struct image *ctl, int64_t now_ns)
{
	const struct run *run = x->runs + g->first_run, *end = run + g->runs;
	struct sample *demands = image_draft(ctl, g->group);
	struct image_worth worth = IMAGE_WORTH_NONE;
	struct filled f = {false, 0};
	for (; run < end; run++) {
		struct sample *out = &demands[run->index];
		const double *value = a->value[run->kind];
		const bool *by_hand = a->by_hand[run->kind];
		if (by_hand)
			by_hand += run->first;
		if (value == NULL)
			leave_empty(out, run->n, &f);
		else if (run->n == RETICLES)
			put_wafer(out, run, value, by_hand, now_ns, &f);
		else
			put(out, run->n, run, value + run->first, by_hand, now_ns, &f);
	}
	worth.same = f.moved == 0;
	if (f.any) /* what is asked for is good, and of now */
		worth.oldest_ns = worth.newest_ns = now_ns;
	image_commit(ctl, g->group, &worth);
}

void
outputs_demands(struct outputs *x, struct image *ctl, uint32_t system, const struct demands *d,
		int64_t now_ns)
{
	const double release = d->release ? 1.0 : 0.0, valve_pct = 100.0 * d->valve_frac,
		     engine_seq = d->engine_seq, cooling_seq = d->cooling_seq;
	const double pump_pct[HAND_PUMPS] = {100.0 * demands_pump(d, 0),
					     100.0 * demands_pump(d, 1)};
	struct asked a = {.value = {NULL}};
	if (memchr(d->by_hand, 1, HANDS)) {
		a.by_hand[DEMAND_DUTY] = d->by_hand + HAND_DUTY;
		a.by_hand[DEMAND_SHARE] = d->by_hand + HAND_SHARE;
		a.by_hand[DEMAND_PUMP] = d->by_hand + HAND_PUMP;
		a.by_hand[DEMAND_VALVE] = d->by_hand + HAND_VALVE;
	}
	if (d->active)
		a.value[DEMAND_ENGINE_RELEASE] = a.value[DEMAND_COOLING_RELEASE] = &release;
	if (d->active && !d->quiet) {
		a.value[DEMAND_DUTY] = d->duty_frac;
		a.value[DEMAND_SHARE] = d->share_frac;
		a.value[DEMAND_ENGINE_SEQ] = &engine_seq;
		a.value[DEMAND_PUMP] = pump_pct;
		a.value[DEMAND_VALVE] = &valve_pct;
		a.value[DEMAND_COOLING_SEQ] = &cooling_seq;
		a.value[DEMAND_CEILING] = &d->ceiling_w;
		a.value[DEMAND_CEILING_FOR] = &d->ceiling_for_s;
		a.value[DEMAND_BATCH] = d->batch_frac;
		a.value[DEMAND_BALLAST] = d->ballast_w;
	}
	for (uint32_t i = x->group_at[system]; i < x->group_at[system + 1]; i++)
		put_group(x, &x->groups[i], &a, ctl, now_ns);
}

/* --- points --- */
/* The one that is clogged most; -1 none. */
static int
clogged_zone(const struct estimate *e)
{
	int most = -1;
	for (int x = 0; x < ZONES; x++)
		if (e->zone_clogged[x] && (most < 0 || e->zone_flow[x] < e->zone_flow[most]))
			most = x;
	return most;
}

/* 1 ..; 0 none; NAN: nothing is seen of it, or of any. */
static double
clogged_now(const struct estimate *e)
{
	int most = clogged_zone(e), n = 0;
	for (int x = 0; x < ZONES; x++)
		n += !e->zone_old[x];
	return (most < 0 ? n == 0 : e->zone_old[most]) ? (double)NAN : most + 1;
}

static void
read_estimate(struct readings *r, const struct estimate *e)
{
	for (int x = 0; x < ZONES; x++)
		r->zone_flow[x] =
			e->zone_sure[x] && !e->zone_old[x] ? e->zone_flow[x] : (double)NAN;
	r->clogged = clogged_now(e);
	r->ua_frac = e->ua_old ? (double)NAN : e->ua_frac;
	r->heat_balance_frac = e->balance_old ? (double)NAN : e->heat_balance_frac;
	r->serial = e->serial;
}

static void
read_account(struct readings *r, const struct account *a)
{
	r->mode = a->mode;
	r->reason = a->reason;
	r->held_by = a->held_by;
	r->held_until_s = a->held_until_s;
	r->spread_k = a->spread_k;
	r->tmax_c = a->tmax_c;
	r->tmin_c = a->tmin_c;
	r->tmean_c = a->tmean_c;
	r->hottest = a->hottest;
	r->coldest = a->coldest;
	r->duty_frac = a->duty_frac;
	r->cost_tokens = a->cost_tokens;
	r->cost_w = a->cost_w;
	r->limited_age_s = a->limited_age_s;
	r->tokens_full = a->tokens_full;
	r->straggler = a->straggler_job + 1;
	r->straggler_cost = a->straggler_cost;
	r->straggler_wait_frac = a->straggler_wait_frac;
	memcpy(r->job_cost, a->job_cost, sizeof r->job_cost);
}

static void
read_verdict(struct readings *r, const struct verdict *d)
{
	r->temp_limit_c = d->temp_limit_c;
	r->setpoint_c = d->setpoint_c;
	r->asked_c = d->asked_c;
	r->cap_w = isfinite(d->cap_w) ? d->cap_w : 0.0;
	r->cap_missed = d->cap_missed;
	r->pace_frac = d->pace_frac;
	r->pace_saved_w = d->pace_saved_w;
	r->ballast_w = d->ballast_w;
}

static void
read_supervisor(struct readings *r, const struct supervisor *s)
{
	read_verdict(r, &s->verdict);
	r->hands = s->n_by_hand;
	r->spread_limit_k = s->setup.spread_limit_k;
	r->least_c = s->in.supply_lo_c;
	r->doubted = s->trust.frozen ? RETICLES : s->trust.doubted;
	r->doubted_max_c = s->trust.doubted_max_c;
	r->actuator_faults = s->actuators.faults;
	r->ballast_fault = (s->actuators.faults & ACTUATOR_BALLAST) != 0;
	for (int k = 0; k < ACTUATOR_PUMPS; k++)
		r->pump_fault[k] = s->actuators.pump[k].fault;
	r->pump_lead = s->turns.lead + 1;
	memcpy(r->pump_hours, s->turns.hours, sizeof r->pump_hours);
	read_estimate(r, &s->estimate);
}

/* What the points of a step have in common. */
struct common {
	int64_t now_ns;
	uint32_t flags,
		kept; /* of the readings; of those that they had, where nothing says otherwise now */
	enum quality good,
		none; /* with a value, and without; NEVER: they keep it whatever there is */
};

/* What is derived from readings is no better than they are. */
static struct common
common_of(const struct verdict *d, const struct view *v, bool measured, int64_t now_ns)
{
	struct common c = {.now_ns = now_ns,
			   .flags = v->flags & SAMPLE_SIMULATED,
			   .kept = d->inputs_lost ? SAMPLE_SIMULATED : 0,
			   .good = QUALITY_GOOD,
			   .none = QUALITY_STALE};
	if (measured && d->inputs_lost) {
		c.good = QUALITY_NEVER;
		c.none = v->quality;
	} else if (measured && d->sensors_lost) {
		c.flags |= SAMPLE_SUBSTITUTED;
		c.good = QUALITY_UNCERTAIN;
	}
	return c;
}

/* Those of now are alike; the others are taken into what they are worth one by one. */
static void
set_points(struct sample points[], const struct place *p, const struct place *end,
	   const struct readings *r, struct common c, struct image_worth *worth)
{
	const struct sample *told = NULL;
	struct sample now = sample_at(0, c.now_ns, c.good, c.flags);
	for (; p < end; p++) {
		struct sample *out = &points[p->index];
		double value = *(const double *)(const void *)((const char *)r + p->offset);
		now.flags = (c.flags | (out->flags & c.kept)) & SAMPLE_FLAGS;
		if (c.good != QUALITY_NEVER && isfinite(value)) {
			now.value = value;
			*out = now;
			told = out;
			continue;
		}
		out->flags = now.flags;
		if (out->quality != QUALITY_NEVER) {
			out->quality = c.none; /* value and time stay those of the last good one */
			image_judge(worth, out, 1);
		}
	}
	if (told)
		image_judge(worth, told, 1);
}

/* What nobody reads is not known. */
static void
nothing_read(struct readings *r)
{
	double *field = (double *)(void *)r;
	for (size_t k = 0; k < N_READINGS; k++)
		field[k] = (double)NAN;
}

void
outputs_points(struct outputs *x, struct image *ctl, uint32_t system, const struct account *a,
	       const struct supervisor *s, const struct view *v, int64_t now_ns)
{
	const struct place *measured = x->places + x->n_plain;
	struct image_worth worth = IMAGE_WORTH_NONE;
	uint32_t group = x->ctl_group[system];
	struct sample *points = image_draft(ctl, group);
	struct readings r;
	nothing_read(&r);
	read_account(&r, a);
	read_supervisor(&r, s);
	set_points(points, x->places, measured, &r, common_of(&s->verdict, v, false, now_ns),
		   &worth);
	set_points(points, measured, x->places + x->n_places, &r,
		   common_of(&s->verdict, v, true, now_ns), &worth);
	image_commit(ctl, group, &worth);
}

uint32_t
outputs_point(const struct outputs *x, uint32_t system, enum role_id role)
{
	size_t r = 0;
	while (r < N_ROLES && POINTS[r].role != role)
		r++;
	for (uint32_t k = 0; r < N_ROLES && k < x->n_places; k++)
		if (x->places[k].offset == POINTS[r].offset)
			return x->n_in + x->first[x->ctl_group[system]] + x->places[k].index;
	return NO_POINT;
}
