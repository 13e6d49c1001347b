/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/outputs.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	enum role_id role;
	uint32_t n;
} DEMANDS[] = {
	{ROLE_DUTY_CMD, RETICLES},
	{ROLE_SHARE_CMD, RETICLES},
	{ROLE_ENGINE_SEQ_CMD, 1},
	{ROLE_ENGINE_RELEASE_CMD, 1},
	{ROLE_PUMP_SPEED_CMD, 2},
	{ROLE_VALVE_CMD, 1},
	{ROLE_COOLING_SEQ_CMD, 1},
	{ROLE_COOLING_RELEASE_CMD, 1},
	{ROLE_ENGINE_CEILING_CMD, 1},
	{ROLE_ENGINE_CEILING_FOR_CMD, 1},
	{ROLE_JOB_SLOT_BATCH_CMD, JOBS_MAX},
	{ROLE_BALLAST_CMD, RETICLES},
};
#define DEMAND_KINDS (sizeof DEMANDS / sizeof DEMANDS[0])

static const struct {
	enum role_id role;
	uint32_t n;
} POINTS[] = {
	{ROLE_CTL_MODE, 1},
	{ROLE_CTL_REASON, 1},
	{ROLE_CTL_HANDS, 1},
	{ROLE_CTL_HELD_BY, 1},
	{ROLE_CTL_HELD_UNTIL, 1},
	{ROLE_CTL_SPREAD, 1},
	{ROLE_CTL_SPREAD_LIMIT, 1},
	{ROLE_CTL_TMAX, 1},
	{ROLE_CTL_TMIN, 1},
	{ROLE_CTL_TMEAN, 1},
	{ROLE_CTL_TEMP_LIMIT, 1},
	{ROLE_CTL_HOTTEST, 1},
	{ROLE_CTL_COLDEST, 1},
	{ROLE_CTL_DUTY, 1},
	{ROLE_CTL_COST_TOKENS, 1},
	{ROLE_CTL_COST_POWER, 1},
	{ROLE_CTL_LIMITED_AGE, 1},
	{ROLE_CTL_SUPPLY_SETPOINT, 1},
	{ROLE_CTL_SUPPLY_ASKED, 1},
	{ROLE_CTL_SUPPLY_LEAST, 1},
	{ROLE_CTL_TOKENS_FULL, 1},
	{ROLE_CTL_SENSORS_DOUBTED, 1},
	{ROLE_CTL_DOUBTED_MAX, 1},
	{ROLE_CTL_CAP, 1},
	{ROLE_CTL_CAP_MISSED, 1},
	{ROLE_CTL_ACTUATOR_FAULT, 1},
	{ROLE_CTL_PUMP_FAULT, ACTUATOR_PUMPS},
	{ROLE_CTL_PUMP_LEAD, 1},
	{ROLE_CTL_PUMP_HOURS, TURN_PUMPS},
	{ROLE_CTL_STRAGGLER, 1},
	{ROLE_CTL_STRAGGLER_COST, 1},
	{ROLE_CTL_STRAGGLER_WAIT, 1},
	{ROLE_CTL_PACE, 1},
	{ROLE_CTL_PACE_SAVED, 1},
	{ROLE_CTL_JOB_COST, JOBS_MAX},
	{ROLE_CTL_BALLAST, 1},
	{ROLE_CTL_BALLAST_FAULT, 1},
	{ROLE_CTL_ZONE_FLOW, ZONES},
	{ROLE_CTL_CLOGGED, 1},
	{ROLE_CTL_UA, 1},
	{ROLE_CTL_HEAT_BALANCE, 1},
	{ROLE_CTL_COMMISSIONED, 1},
};
#define N_ROLES (sizeof POINTS / sizeof POINTS[0])

/* Demands of one kind, side by side in their group and within the same bounds. */
struct run {
	uint32_t kind, first, n; /* DEMANDS[kind], of its reticles, pumps or slots */
	uint32_t index;          /* of the first in its group */
	double lo, hi;
};

struct outputs {
	struct run *runs;  /* group by group, as demand_group … */
	uint32_t *run_at;  /* … whose begin here: one more than there are groups */
	uint32_t n_points; /* CTL points of one system */
	uint32_t *points;  /* [n_systems * n_points], in the order of POINTS: point ids */
	uint32_t n_in;
	const uint32_t *first;  /* of the ctl image's groups */
	int32_t *ctl_group;     /* [n_systems] */
	uint32_t *demand_group; /* of its devices, system by system … */
	uint32_t *group_at;     /* … whose begin here: [n_systems + 1] */
	struct sample *samples; /* the points: what is not known now keeps its last value */
	struct sample *demands; /* of one group: made anew each time, and never far away */
};

/* Is that demand the next one of a run? */
static bool
goes_on(const struct run *run, uint32_t kind, uint32_t k, uint32_t index, const struct point *point)
{
	return run->kind == kind && run->first + run->n == k && run->index + run->n == index &&
	       !(run->lo < point->lo) && !(run->lo > point->lo) && !(run->hi < point->hi) &&
	       !(run->hi > point->hi);
}

/* Those of a system that are in x->demand_group[at]. */
static void
find_runs(struct outputs *x, const struct plant *plant, uint32_t system, uint32_t at)
{
	uint32_t begin = x->run_at[at], n = begin, g = x->demand_group[at];
	for (uint32_t r = 0; r < DEMAND_KINDS; r++)
		for (uint32_t k = 0; k < DEMANDS[r].n; k++) {
			uint32_t id = plant_role(plant, (int32_t)system, DEMANDS[r].role, k);
			const struct point *p = id == NO_POINT ? NULL : &plant->points[id];
			if (!p || !p->writable || p->demand < x->first[g] ||
			    p->demand >= x->first[g + 1])
				continue;
			uint32_t index = p->demand - x->first[g];
			if (n > begin && goes_on(&x->runs[n - 1], r, k, index, p))
				x->runs[n - 1].n++;
			else
				x->runs[n++] = (struct run){r, k, 1, index, p->lo, p->hi};
		}
	x->run_at[at + 1] = n;
}

static void
resolve(struct outputs *x, const struct plant *plant, uint32_t system)
{
	uint32_t *id = x->points + (size_t)system * x->n_points;
	for (size_t r = 0; r < N_ROLES; r++)
		for (uint32_t k = 0; k < POINTS[r].n; k++)
			*id++ = plant_role(plant, (int32_t)system, POINTS[r].role, k);
	x->ctl_group[system] = plant_ctl_group(plant, system);
}

static void
find_groups(struct outputs *x, const struct plant *plant)
{
	uint32_t n = 0;
	for (uint32_t s = 0; s < plant->n_systems; s++) {
		for (uint32_t d = 0; d < plant->n_devices; d++) {
			int32_t g = plant_demand_group(plant, d);
			if (plant->devices[d].system != (int32_t)s || g < 0)
				continue;
			x->demand_group[n] = (uint32_t)g;
			find_runs(x, plant, s, n++);
		}
		x->group_at[s + 1] = n;
	}
}

static uint32_t
largest_group(const struct outputs *x, const struct plant *plant)
{
	uint32_t most = 1;
	for (uint32_t g = 0; g < plant->ctl.n_groups; g++)
		if (x->first[g + 1] - x->first[g] > most)
			most = x->first[g + 1] - x->first[g];
	return most;
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
	for (size_t r = 0; r < N_ROLES; r++)
		x->n_points += POINTS[r].n;
	x->n_in = plant->n_in;
	x->first = plant->ctl.first;
	x->runs = calloc(n * n_demands + 1, sizeof *x->runs);
	x->run_at = calloc((size_t)plant->n_devices + 1, sizeof *x->run_at);
	x->points = calloc(n * x->n_points + 1, sizeof *x->points);
	x->ctl_group = calloc(n + 1, sizeof *x->ctl_group);
	x->demand_group = calloc((size_t)plant->n_devices + 1, sizeof *x->demand_group);
	x->group_at = calloc(n + 1, sizeof *x->group_at);
	x->samples = calloc((size_t)x->first[plant->ctl.n_groups] + 1, sizeof *x->samples);
	x->demands = calloc(largest_group(x, plant), sizeof *x->demands);
	if (!x->runs || !x->run_at || !x->demands || !x->points || !x->ctl_group ||
	    !x->demand_group || !x->group_at || !x->samples) {
		outputs_close(x);
		return -ENOMEM;
	}
	for (uint32_t s = 0; s < n; s++)
		resolve(x, plant, s);
	find_groups(x, plant);
	*out = x;
	return 0;
}

void
outputs_close(struct outputs *x)
{
	if (!x)
		return;
	free(x->runs);
	free(x->run_at);
	free(x->points);
	free(x->ctl_group);
	free(x->demand_group);
	free(x->group_at);
	free(x->samples);
	free(x->demands);
	free(x);
}

/* --- demands --- */
/* Of the reticles or slots, one by one; NULL: the role has one demand for all, or one a pump. */
static const double *
demand_each(const struct demands *d, enum role_id role)
{
	if (role == ROLE_DUTY_CMD)
		return d->duty_frac;
	if (role == ROLE_SHARE_CMD)
		return d->share_frac;
	if (role == ROLE_BALLAST_CMD)
		return d->ballast_w;
	return role == ROLE_JOB_SLOT_BATCH_CMD ? d->batch_frac : NULL;
}

static double
demand_of(const struct demands *d, enum role_id role)
{
	if (role == ROLE_ENGINE_RELEASE_CMD || role == ROLE_COOLING_RELEASE_CMD)
		return d->release ? 1.0 : 0.0;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum" /* of 80 roles these are ours */
	switch (role) {
	case ROLE_ENGINE_SEQ_CMD:
		return d->engine_seq;
	case ROLE_COOLING_SEQ_CMD:
		return d->cooling_seq;
	case ROLE_ENGINE_CEILING_CMD:
		return d->ceiling_w;
	case ROLE_ENGINE_CEILING_FOR_CMD:
		return d->ceiling_for_s;
	case ROLE_VALVE_CMD:
		return 100.0 * d->valve_frac;
	default:
		return (double)NAN;
	}
#pragma GCC diagnostic pop
}

/* Those of a role, as the registers have them, NAN none; NULL: none at all. `few` is for those that are few. */
static const double *
demand_values(const struct demands *d, enum role_id role, double few[HAND_PUMPS])
{
	bool release = role == ROLE_ENGINE_RELEASE_CMD || role == ROLE_COOLING_RELEASE_CMD;
	const double *each = demand_each(d, role);
	if (!d->active || (d->quiet && !release))
		return NULL;
	if (each != NULL)
		return each;
	few[0] = demand_of(d, role);
	for (int k = 0; role == ROLE_PUMP_SPEED_CMD && k < HAND_PUMPS; k++)
		few[k] = 100.0 * demands_pump(d, k);
	return few;
}

/* Which of them a person has set; NULL: none can be. */
static const bool *
by_hand(const struct demands *d, enum role_id role)
{
	if (role == ROLE_DUTY_CMD)
		return d->by_hand + HAND_DUTY;
	if (role == ROLE_SHARE_CMD)
		return d->by_hand + HAND_SHARE;
	if (role == ROLE_PUMP_SPEED_CMD)
		return d->by_hand + HAND_PUMP;
	return role == ROLE_VALVE_CMD ? d->by_hand + HAND_VALVE : NULL;
}

/* Is there one that is a number? */
static bool
any_number(const double value[], uint32_t n)
{
	for (uint32_t k = 0; k < n; k++)
		if (isfinite(value[k]))
			return true;
	return false;
}

static void
put(struct sample out[], const struct run *run, const double value[], const bool *hand,
    int64_t now_ns)
{
	for (uint32_t k = 0; k < run->n; k++) {
		uint32_t flags = hand != NULL && hand[k] ? SAMPLE_MANUAL : 0;
		out[k] = isfinite(value[k]) ? (struct sample){law_clamp(value[k], run->lo, run->hi),
							      now_ns, QUALITY_GOOD, flags}
					    : (struct sample){0};
	}
}

/* All of a group; what nobody asks for stays empty. */
static void
put_group(const struct outputs *x, uint32_t at, const struct demands *d, int64_t now_ns)
{
	uint32_t g = x->demand_group[at];
	memset(x->demands, 0, (x->first[g + 1] - x->first[g]) * sizeof *x->demands);
	for (uint32_t i = x->run_at[at]; i < x->run_at[at + 1]; i++) {
		const struct run *run = &x->runs[i];
		enum role_id role = DEMANDS[run->kind].role;
		double few[HAND_PUMPS] = {(double)NAN, (double)NAN};
		const double *value = demand_values(d, role, few);
		const bool *hand = by_hand(d, role);
		/* shares and batches are seldom asked for */
		if (value != NULL && any_number(value + run->first, run->n))
			put(&x->demands[run->index], run, value + run->first,
			    hand != NULL ? hand + run->first : NULL, now_ns);
	}
}

void
outputs_demands(struct outputs *x, struct image *ctl, uint32_t system, const struct demands *d,
		int64_t now_ns)
{
	for (uint32_t i = x->group_at[system]; i < x->group_at[system + 1]; i++) {
		put_group(x, i, d, now_ns);
		image_publish(ctl, x->demand_group[i], x->demands);
	}
}

/* --- points --- */
struct reading {
	double value;  /* NAN: nothing new is known */
	bool measured; /* follows from the wafer's sensors */
};

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

static struct reading
reading_of_estimate(enum role_id role, uint32_t index, const struct estimate *e)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum" /* these are its own */
	switch (role) {
	case ROLE_CTL_ZONE_FLOW:
		if (!e->zone_sure[index] || e->zone_old[index])
			return (struct reading){(double)NAN, false};
		return (struct reading){e->zone_flow[index], false};
	case ROLE_CTL_CLOGGED:
		return (struct reading){clogged_now(e), false};
	case ROLE_CTL_UA:
		return (struct reading){e->ua_old ? (double)NAN : e->ua_frac, false};
	case ROLE_CTL_HEAT_BALANCE:
		return (struct reading){e->balance_old ? (double)NAN : e->heat_balance_frac, false};
	case ROLE_CTL_COMMISSIONED:
		return (struct reading){e->serial, false};
	default:
		return (struct reading){(double)NAN, false};
	}
#pragma GCC diagnostic pop
}

/* What people ask for, and what is in its way. */
static struct reading
reading_of_people(enum role_id role, uint32_t index, const struct account *a,
		  const struct supervisor *s)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum" /* these are its own */
	switch (role) {
	case ROLE_CTL_SUPPLY_ASKED:
		return (struct reading){s->verdict.asked_c, false};
	case ROLE_CTL_SUPPLY_LEAST:
		return (struct reading){s->in.supply_lo_c, false};
	case ROLE_CTL_ACTUATOR_FAULT:
		return (struct reading){s->actuators.faults, false};
	case ROLE_CTL_PUMP_LEAD:
		return (struct reading){s->turns.lead + 1, false};
	case ROLE_CTL_PUMP_HOURS:
		return (struct reading){s->turns.hours[index], false};
	case ROLE_CTL_BALLAST:
		return (struct reading){s->verdict.ballast_w, false};
	case ROLE_CTL_BALLAST_FAULT:
		return (struct reading){(s->actuators.faults & ACTUATOR_BALLAST) != 0, false};
	case ROLE_CTL_PUMP_FAULT:
		return (struct reading){s->actuators.pump[index].fault, false};
	case ROLE_CTL_HANDS:
		return (struct reading){s->n_by_hand, false};
	case ROLE_CTL_HELD_BY:
		return (struct reading){a->held_by, false};
	case ROLE_CTL_HELD_UNTIL:
		return (struct reading){a->held_until_s, false};
	default:
		return reading_of_estimate(role, index, &s->estimate);
	}
#pragma GCC diagnostic pop
}

static struct reading
reading_of(enum role_id role, uint32_t index, const struct account *a, const struct supervisor *s)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum" /* the rows of POINTS, and no other */
	switch (role) {
	case ROLE_CTL_MODE:
		return (struct reading){a->mode, false};
	case ROLE_CTL_REASON:
		return (struct reading){a->reason, false};
	case ROLE_CTL_SPREAD:
		return (struct reading){a->spread_k, true};
	case ROLE_CTL_SPREAD_LIMIT:
		return (struct reading){s->setup.spread_limit_k, false};
	case ROLE_CTL_TMAX:
		return (struct reading){a->tmax_c, true};
	case ROLE_CTL_TMIN:
		return (struct reading){a->tmin_c, true};
	case ROLE_CTL_TMEAN:
		return (struct reading){a->tmean_c, true};
	case ROLE_CTL_TEMP_LIMIT:
		return (struct reading){s->verdict.temp_limit_c, false};
	case ROLE_CTL_HOTTEST:
		return (struct reading){a->hottest, true};
	case ROLE_CTL_COLDEST:
		return (struct reading){a->coldest, true};
	case ROLE_CTL_DUTY:
		return (struct reading){a->duty_frac, false};
	case ROLE_CTL_COST_TOKENS:
		return (struct reading){a->cost_tokens, false};
	case ROLE_CTL_COST_POWER:
		return (struct reading){a->cost_w, false};
	case ROLE_CTL_LIMITED_AGE:
		return (struct reading){a->limited_age_s, false};
	case ROLE_CTL_SUPPLY_SETPOINT:
		return (struct reading){s->verdict.setpoint_c, false};
	case ROLE_CTL_SENSORS_DOUBTED:
		return (struct reading){s->trust.frozen ? RETICLES : s->trust.doubted, false};
	case ROLE_CTL_DOUBTED_MAX:
		return (struct reading){s->trust.doubted_max_c, false};
	case ROLE_CTL_TOKENS_FULL:
		return (struct reading){a->tokens_full, false};
	case ROLE_CTL_JOB_COST:
		return (struct reading){a->job_cost[index], false};
	case ROLE_CTL_STRAGGLER:
		return (struct reading){a->straggler_job + 1, false};
	case ROLE_CTL_STRAGGLER_COST:
		return (struct reading){a->straggler_cost, false};
	case ROLE_CTL_STRAGGLER_WAIT:
		return (struct reading){a->straggler_wait_frac, false};
	case ROLE_CTL_PACE:
		return (struct reading){s->verdict.pace_frac, false};
	case ROLE_CTL_PACE_SAVED:
		return (struct reading){s->verdict.pace_saved_w, false};
	case ROLE_CTL_CAP:
		return (struct reading){isfinite(s->verdict.cap_w) ? s->verdict.cap_w : 0.0, false};
	case ROLE_CTL_CAP_MISSED:
		return (struct reading){s->verdict.cap_missed, false};
	default:
		return reading_of_people(role, index, a, s);
	}
#pragma GCC diagnostic pop
}

/* What is derived from readings is no better than they are. */
static void
set_point(struct sample *out, struct reading r, const struct supervisor *s, const struct view *v,
	  int64_t now_ns)
{
	bool stale = r.measured && s->verdict.inputs_lost;
	uint32_t kept = s->verdict.inputs_lost ? out->flags : 0; /* nothing says otherwise now */
	out->flags = (v->flags | kept) & SAMPLE_SIMULATED;
	if (r.measured && s->verdict.sensors_lost && !stale)
		out->flags |= SAMPLE_SUBSTITUTED;
	if (stale || !isfinite(r.value)) {
		if (out->quality != QUALITY_NEVER)
			out->quality = stale ? v->quality : QUALITY_STALE;
		return; /* value and time stay those of the last good one */
	}
	out->value = r.value;
	out->time_ns = now_ns;
	out->quality = out->flags & SAMPLE_SUBSTITUTED ? QUALITY_UNCERTAIN : QUALITY_GOOD;
}

void
outputs_points(struct outputs *x, struct image *ctl, uint32_t system, const struct account *a,
	       const struct supervisor *s, const struct view *v, int64_t now_ns)
{
	const uint32_t *id = x->points + (size_t)system * x->n_points;
	for (size_t r = 0; r < N_ROLES; r++)
		for (uint32_t k = 0; k < POINTS[r].n; k++, id++)
			if (*id != NO_POINT)
				set_point(&x->samples[*id - x->n_in],
					  reading_of(POINTS[r].role, k, a, s), s, v, now_ns);
	if (x->ctl_group[system] >= 0) {
		uint32_t g = (uint32_t)x->ctl_group[system];
		image_publish(ctl, g, &x->samples[x->first[g]]);
	}
}

uint32_t
outputs_point(const struct outputs *x, uint32_t system, enum role_id role)
{
	const uint32_t *id = x->points + (size_t)system * x->n_points;
	for (size_t r = 0; r < N_ROLES; id += POINTS[r++].n)
		if (POINTS[r].role == role)
			return *id;
	return NO_POINT;
}
