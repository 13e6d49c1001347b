/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/mpc.h"

#include <math.h>
#include <string.h>

#include "controllers/mpc_state.h"
#include "core/wide.h"

#define KNOWN_STEPS                                                                                \
	LAW_STEPS_PER_S /* all it needs is known so long: the program takes over again */
#define FEW_GROUPS 8
#define FEW_ITERATIONS 240 /* each costs little with few groups … */
#define MANY_ITERATIONS 60 /* … and much with 84 */
#define AGAIN_STEPS 2      /* between two seconds: not more often */
#define AGAIN_ABOVE_K 0.3
#define GIVE_WAY_ABOVE_K 0.03
#define HASTEN_ABOVE_K 0.3
#define FLOW_MOVED_FRAC 0.03
#define MISS_MOVED 0.03
#define LEAD_S 0.5 /* what is asked now is in force, and its heat arrived, so much later */
#define FULL_FRAC 5e-4
#define UNHELD_K 0.1
#define THROTTLED_BELOW 0.999
#define STUCK_NEAR_FRAC 0.01

/* --- groups and the program's matrices --- */

static bool
is_known(const struct law_in *in)
{
	return in->model && in->estimate && isfinite(in->supply_c) && in->flow_kg_s > 0.0 &&
	       law_missing(in->temp_c) == 0 && law_least_of(in->applied_frac) >= 0.0 &&
	       law_missing(in->applied_frac) == 0;
}

/* Are groups or shares others than the program was made for? */
static bool
take_groups(struct mpc *m, const struct law_in *in)
{
	bool other_work = !groups_same(&m->jobs, &in->jobs);
	bool other[JOBS_MAX + 1], moved = false;
	for (int s = 0; s <= JOBS_MAX; s++) {
		double density = in->density[s];
		if (!(density > 0.0)) /* not known now */
			density = m->density[s] > 0.0 ? m->density[s] : 1.0;
		other[s] = fabs(density - m->density[s]) > 1e-6;
		other_work = other_work || other[s];
		m->density[s] = density;
	}
	for (int i = 0; i < RETICLES; i++) {
		/* one that is not read for a while is what it was */
		double share = isfinite(in->share_frac[i]) || !(m->share[i] > 0.0)
				       ? law_share(in, i)
				       : m->share[i];
		moved |= fabs(share - m->share[i]) > 1e-3;
		m->share[i] = share;
	}
	for (int i = 0; i < RETICLES && other_work; i++) {
		int s = in->jobs.slot[i] < JOBS_MAX ? in->jobs.slot[i] : JOBS_MAX;
		if (m->jobs.slot[i] != in->jobs.slot[i] || other[s])
			m->work_w[i] = in->model->dynamic_w * m->density[s];
		if (m->jobs.slot[i] != in->jobs.slot[i] && m->jobs.any)
			mpc_share_forget(m, i);
	}
	m->jobs = in->jobs;
	return other_work || moved;
}

static void
number_groups(struct mpc *m)
{
	struct program *p = &m->program;
	p->n = 0;
	for (int i = 0; i < RETICLES; i++) {
		int lead = m->jobs.lead[i];
		if (!groups_counts(&m->jobs, i)) {
			m->group[i] = RETICLES;
			continue;
		}
		if (lead == i) {
			p->size[p->n] = 0.0;
			m->group[i] = (uint8_t)p->n++;
		} else {
			m->group[i] = m->group[lead];
		}
		p->size[m->group[i]] += 1.0;
	}
}

/* Work of a group, in the model's full work of a reticle: what its variable is at rate 1. */
static void
group_work(const struct mpc *m, double work[RETICLES])
{
	const struct program *p = &m->program;
	for (int g = 0; g < p->n; g++)
		work[g] = 0.0;
	for (int i = 0; i < RETICLES; i++)
		if (m->group[i] < RETICLES)
			work[m->group[i]] += m->work_w[i] / p->size[m->group[i]];
}

/*
 * Adds to each reticle's gain what j's part of the group's work warms it by. A duty that does not obey is no variable to
 * its neighbours: they are warmed by what is applied. Its own temperature is judged as if it obeyed, for to slow all
 * others would not mend it.
 */
INLINED void
add_gain(double gain[restrict RETICLES], const struct mpc *m, int j, double by)
{
	const double *k_per_w = m->response.k_per_w[j];
	for (int i = m->stuck[j] ? j : 0; i < (m->stuck[j] ? j + 1 : RETICLES); i++)
		gain[i] += (1.0 + m->miss_frac[i]) * k_per_w[i] * by;
}

WIDE static void
make_gain(struct mpc *m, const struct law_in *in, const double work[RETICLES])
{
	struct program *p = &m->program;
	UNCLEARED double by[RETICLES], gain[RETICLES];
	double leak = mpc_leak_gain(in, &m->response);
	for (int j = 0; j < RETICLES; j++)
		if (m->group[j] < RETICLES)
			by[j] = leak * in->model->dynamic_w * m->share[j] * m->work_w[j] /
				work[m->group[j]];
	for (int g = 0; g < p->n; g++) {
		p->watts[g] = in->model->dynamic_w * p->size[g] / 100.0;
		memset(gain, 0, sizeof gain);
		for (int j = 0; j < RETICLES; j++)
			if (m->group[j] == g)
				add_gain(gain, m, j, by[j]);
		for (int i = 0; i < RETICLES; i++)
			p->gain[i][g] = gain[i];
	}
	memcpy(m->made_miss, m->miss_frac, sizeof m->made_miss);
	program_factorise(p);
}

/* --- one solution --- */

/* What the plan leads to; returns the wafer's power in it. */
static double
foresee(struct mpc *m, const struct law_in *in, const double duty[RETICLES])
{
	UNCLEARED double power_w[RETICLES], rise_k[RETICLES];
	double sum_w = 0.0;
	for (int i = 0; i < RETICLES; i++) {
		double u = m->stuck[i] ? mpc_applied(in, i) : duty[i];
		double leak_w = response_leak_w(in->model, m->plan_c[i]);
		power_w[i] = mpc_still_w(m, in->model, i, leak_w) + mpc_ballast_of(m, in, i) +
			     (m->group[i] < RETICLES ? m->work_w[i] * u : 0.0);
		sum_w += power_w[i];
	}
	response_rise(&m->response, power_w, rise_k);
	for (int i = 0; i < RETICLES; i++)
		if (m->stuck[i] && m->group[i] < RETICLES)
			rise_k[i] += m->response.k_per_w[i][i] * m->work_w[i] *
				     (duty[i] - mpc_applied(in, i));
	for (int i = 0; i < RETICLES; i++)
		m->plan_c[i] =
			m->supply_c + LEAD_S * m->supply_k_s + rise_k[i] * (1.0 + m->miss_frac[i]);
	return sum_w;
}

/* No reticle may do more than its job's pace needs. */
static void
duties_of(const struct mpc *m, double duty[RETICLES])
{
	for (int i = 0; i < RETICLES; i++) {
		int g = m->group[i];
		duty[i] = g < RETICLES ? law_clamp(m->rate[g] * m->share[i], 0.0, 1.0) : 1.0;
	}
}

static void
set_case(struct mpc *m, const struct control_params *p, const struct law_in *in,
	 const double work[RETICLES])
{
	struct program_case *c = &m->program_case;
	const struct program *q = &m->program;
	double most[RETICLES], edge_k = p->edge_k;
	for (int g = 0; g < q->n; g++)
		most[g] = 1.0;
	for (int i = 0; i < RETICLES; i++)
		if (m->group[i] < RETICLES)
			most[m->group[i]] = law_most(most[m->group[i]], m->share[i] / m->most[i]);
	for (int g = 0; g < q->n; g++) {
		c->hi[g] = fmin(m->cap_frac, 1.0 / most[g]) * work[g] / in->model->dynamic_w;
		c->weight[g] = q->size[g] / (work[g] / in->model->dynamic_w);
	}
	for (int i = 0; i < RETICLES; i++) {
		double t = m->plan_c[i];
		for (int g = 0; g < q->n; g++)
			t -= q->gain[i][g] * q->v[g];
		c->base_c[i] = t;
		c->counts[i] = in->measured[i] && groups_counts(&m->jobs, i);
		if (m->jobs.alone[i] && groups_counts(&m->jobs, i))
			edge_k = law_most(edge_k, p->edge_alone_k);
	}
	c->temp_limit_c = in->temp_limit_c - edge_k;
	c->spread_limit_k = in->spread_limit_k - edge_k;
	c->cap = (double)INFINITY;
}

/*
 * What a cap leaves is the same part of everybody's full work; what some can't use for other
 * limits' sake, the others get, a step later.
 */
static void
share_cap(struct mpc *m, const struct control_params *p, const struct law_in *in,
	  const double full[RETICLES], double planned_w)
{
	const struct program *q = &m->program;
	double full_w = 0.0, was = m->cap_frac;
	double most_w = p->ballast_max_w > 0.0 ? p->ballast_wafer_max_w : (double)INFINITY;
	/* dummy work gives way before any other does */
	planned_w -= mpc_ballast_shed(m, planned_w - most_w - p->cap_margin_w);
	m->ballast.spare_w = most_w - planned_w;
	if (!(isfinite(in->cap_w) && in->cap_w >= 0.0)) {
		m->cap_frac = 1.0;
		return;
	}
	for (int g = 0; g < q->n; g++)
		full_w += in->model->dynamic_w * q->size[g] * full[g];
	double pump = isfinite(in->pump_frac) ? in->pump_frac : m->pump_frac;
	double allowed_w = mpc_wafer_w(in->model, mpc_pumps_w(in, pump),
				       in->cap_w - p->cap_margin_w - m->input_off_w);
	planned_w -= mpc_ballast_shed(m, planned_w - allowed_w);
	m->ballast.spare_w = fmin(m->ballast.spare_w, allowed_w - planned_w);
	if (full_w > 1.0)
		m->cap_frac = law_clamp(was + (allowed_w - planned_w) / full_w, 0.0, 1.0);
	/* who works as much as the cap lets him works more or less with it */
	for (int g = 0; g < q->n; g++)
		if (m->rate[g] >= was - FULL_FRAC || m->rate[g] > m->cap_frac)
			m->rate[g] = m->cap_frac;
}

/* How much too warm is each reticle for its limit, by the plan? */
static double
too_warm(const struct mpc *m, const double temp_c[RETICLES], double over_k[RETICLES])
{
	const struct program_case *c = &m->program_case;
	double min_c = program_coldest(c, temp_c);
	double limit_c = fmin(c->temp_limit_c, min_c + c->spread_limit_k);
	for (int i = 0; i < RETICLES; i++)
		over_k[i] = temp_c[i] - limit_c;
	return law_most(-(double)INFINITY, law_most_of(over_k));
}

/* Between two solutions what gets too warm gives way by itself. */
static void
give_way(const struct mpc *m, const struct law_in *in, const double over_k[RETICLES],
	 double duty[RETICLES])
{
	double less[RETICLES] = {0.0};
	for (int i = 0; i < RETICLES; i++) {
		int g = m->group[i];
		double gain = g < RETICLES
				      ? m->program.gain[i][g] / in->model->dynamic_w * m->work_w[i]
				      : 0.0;
		/* what is too warm already is to cool faster than its plan would let it */
		double by_k = fmax(over_k[i] - GIVE_WAY_ABOVE_K, 0.0) +
			      fmax(m->over_k[i] - HASTEN_ABOVE_K, 0.0);
		if (by_k > 0.0 && gain > 0.0)
			less[g] = fmax(less[g], by_k / gain);
	}
	for (int i = 0; i < RETICLES; i++)
		if (m->group[i] < RETICLES)
			duty[i] = fmax(duty[i] - less[m->group[i]] * m->share[i], 0.0);
}

/* Does the model miss by other parts than the program was made for? */
static bool
missed(const struct mpc *m)
{
	for (int i = 0; i < RETICLES; i++)
		if (fabs(m->miss_frac[i] - m->made_miss[i]) > MISS_MOVED)
			return true;
	return false;
}

static void
row_sums(const struct response *r, double out[RETICLES])
{
	for (int i = 0; i < RETICLES; i++) {
		out[i] = 0.0;
		for (int j = 0; j < RETICLES; j++)
			out[i] += r->k_per_w[j][i];
	}
}

/* A zone that is found to be clogged was missed before: what is learnt of it goes over into R. */
static void
make_response(struct mpc *m, const struct law_in *in)
{
	bool zones = !response_serves(&m->response, m->response.flow_kg_s, in->estimate->zone_g);
	double was[RETICLES], is[RETICLES];
	row_sums(&m->response, was);
	response_make(&m->response, &m->face, m->flow_kg_s, in->estimate->zone_g);
	if (!zones)
		return;
	row_sums(&m->response, is);
	for (int i = 0; i < RETICLES; i++) {
		double by = is[i] / was[i];
		m->miss_frac[i] = (1.0 + m->miss_frac[i]) / by - 1.0;
		m->miss_was[0][i] = m->miss_was[1][i] = m->miss_frac[i];
		m->copper_k[i] *= by;
		m->rise_k[i] *= by;
	}
}

static void
renew_matrices(struct mpc *m, const struct law_in *in, bool changed)
{
	bool moved = fabs(m->flow_kg_s - m->response.flow_kg_s) >
		     FLOW_MOVED_FRAC * m->response.flow_kg_s;
	bool made = memcmp(m->stuck, in->stuck, sizeof m->stuck) != 0;
	double work[RETICLES];
	memcpy(m->stuck, in->stuck, sizeof m->stuck);
	for (int i = 0; i < RETICLES; i++)
		m->most[i] = in->stuck[i] ? law_clamp(in->most_frac[i], MPC_DUTY_LEAST, 1.0) : 1.0;
	if (changed)
		number_groups(m);
	if (moved ||
	    (in->second && !response_serves(&m->response, m->flow_kg_s, in->estimate->zone_g))) {
		make_response(m, in);
		made = true;
	}
	if (changed) { /* as far as it goes, from what is applied */
		program_reset(&m->program);
		number_groups(m);
		for (int i = RETICLES; i-- > 0;)
			if (m->group[i] < RETICLES)
				m->rate[m->group[i]] = fmin(mpc_applied(in, i) / m->share[i], 1.0);
	}
	if (!changed && !made && !(in->second && (m->program.n <= FEW_GROUPS || missed(m))))
		return;
	group_work(m, work);
	make_gain(m, in, work);
}

/* A spread that is above its limit without any work is none that duty could mend. */
static void
keep_least(struct mpc *m, const struct control_params *p, const double full[RETICLES])
{
	struct program *q = &m->program;
	const struct program_case *c = &m->program_case;
	double v[RETICLES], temp_c[RETICLES], over_k[RETICLES];
	bool less = false;
	for (int g = 0; g < q->n; g++) {
		v[g] = fmax(q->v[g], fmin(p->duty_least_frac * full[g], c->hi[g]));
		less = less || v[g] > q->v[g];
	}
	program_temperatures(q, c, q->v, temp_c);
	m->unheld = m->limit == PROGRAM_BY_SPREAD && too_warm(m, c->base_c, over_k) > 0.0 &&
		    too_warm(m, temp_c, over_k) > UNHELD_K;
	if (!m->unheld || !less)
		return;
	program_temperatures(q, c, v, temp_c);
	for (int i = 0; i < RETICLES; i++)
		if (!(temp_c[i] <= c->temp_limit_c))
			return;
	memcpy(q->v, v, sizeof(double) * (size_t)q->n);
}

static bool
solve(struct mpc *m, const struct control_params *p, const struct law_in *in, double duty[RETICLES])
{
	struct program *q = &m->program;
	double work[RETICLES], full[RETICLES], over_k[RETICLES], planned_w, worst_k;
	group_work(m, work);
	for (int g = 0; g < q->n; g++)
		full[g] = work[g] / in->model->dynamic_w;
	duties_of(m, duty);
	if (p->ballast_max_w > 0.0)
		mpc_ballast_move(m, p, in);
	planned_w = foresee(m, in, duty);
	double ballast_w = m->ballast.sum_w;
	share_cap(m, p, in, full, planned_w);
	if (m->ballast.sum_w < ballast_w)
		(void)foresee(m, in, duty);
	for (int g = 0; g < q->n; g++)
		q->v[g] = m->rate[g] * full[g];
	set_case(m, p, in, work);
	if (p->ballast_max_w > 0.0 && in->second)
		mpc_ballast_plan(m, p, in);
	worst_k = too_warm(m, m->plan_c, over_k);
	m->since_solve++;
	if (q->n <= 1 || in->second || (worst_k > AGAIN_ABOVE_K && m->since_solve > AGAIN_STEPS)) {
		m->limit = program_solve(q, &m->program_case,
					 q->n <= FEW_GROUPS ? FEW_ITERATIONS : MANY_ITERATIONS);
		m->since_solve = 0;
		keep_least(m, p, full);
		for (int g = 0; g < q->n; g++)
			m->rate[g] =
				q->v[g] >= (1.0 - FULL_FRAC) * full[g] ? 1.0 : q->v[g] / full[g];
		program_temperatures(q, &m->program_case, q->v, m->plan_c);
		worst_k = too_warm(m, m->plan_c, over_k);
	}
	duties_of(m, duty);
	if (q->n > 1 && !m->unheld)
		give_way(m, in, over_k, duty);
	return isfinite(worst_k) && isfinite(law_sum_of(duty));
}

/* --- cooling: first of all more of it --- */

static void
cool(struct mpc *m, const struct control_params *p, const struct law_in *in)
{
	double max_c = -(double)INFINITY, over_k[RETICLES];
	double room_k = -too_warm(m, m->plan_c, over_k);
	bool held = m->limit == PROGRAM_BY_SPREAD || m->limit == PROGRAM_BY_TEMPERATURE;
	for (int i = 0; i < RETICLES; i++)
		max_c = fmax(max_c, m->plan_c[i]);
	if (in->pump_alarm)
		m->pump_frac = p->pump_max_frac;
	else if (held || room_k < p->pump_up_below_k)
		m->pump_frac += p->pump_step_up_frac;
	else if (room_k > p->pump_down_above_k)
		m->pump_frac -= p->pump_step_down_frac;
	m->pump_frac = law_clamp(m->pump_frac, p->pump_min_frac, p->pump_max_frac);
	/* colder silicon leaks less: less spread where that holds duty back, and less power for nothing under a cap */
	double hot_room_k = in->temp_limit_c - max_c - p->margin_k;
	held = held || m->cap_frac < 1.0;
	if (in->setpoint_by_hand)
		; /* the own one stays: it is what is come back to */
	else if (held || hot_room_k < p->supply_down_below_k)
		m->setpoint_c -= p->supply_step_down_k;
	else if (room_k > p->pump_down_above_k && hot_room_k > p->supply_up_above_k)
		m->setpoint_c += p->supply_step_up_k;
	m->setpoint_c = law_setpoint(p, in, m->setpoint_c);
	law_valve_step(&m->valve, p, in, law_setpoint_in_force(p, in, m->setpoint_c));
}

/* --- the law --- */

static void
start_program(struct mpc *m, const struct control_params *p, const struct law_in *in)
{
	face_init(&m->face, in->model, p->reticle_x_mul, p->reticle_y_mul);
	m->acts = true;
	m->cap_frac = 1.0;
	m->since_solve = 0;
	m->limit = PROGRAM_FREE;
	for (int i = 0; i < RETICLES; i++)
		m->most[i] = 1.0;
	m->jobs = in->jobs; /* whose work is what in what is seen first */
	for (int i = 0; i < RETICLES; i++)
		m->share[i] = law_share(in, i);
	mpc_ballast_init(m, in);
	mpc_see_init(m, in);
	mpc_share_init(m, in);
	take_groups(m, in);
	renew_matrices(m, in, true);
}

void
mpc_init(struct mpc *m, const struct control_params *p, const struct law_in *in)
{
	memset(m, 0, sizeof *m);
	spi_init(&m->spi, p, in);
	m->pump_frac = m->spi.pump_frac;
	m->setpoint_c = m->spi.setpoint_c;
	m->valve = m->spi.valve;
	if (p->ballast_max_w > 0.0)
		mpc_ballast_init(m, in);
}

/* The structured PI goes on from what is applied, and the program from where that leaves. */
static void
fall_back(struct mpc *m, const struct control_params *p, const struct law_in *in,
	  struct law_out *out)
{
	if (m->acts) {
		spi_init(&m->spi, p, in);
		m->spi.pump_frac = m->pump_frac;
		m->spi.setpoint_c = m->setpoint_c;
		m->spi.valve = m->valve;
	}
	m->acts = m->unheld = out->unheld = false;
	spi_step(&m->spi, p, in, out);
	if (p->ballast_max_w > 0.0) {
		mpc_ballast_wait(m, in);
		memcpy(out->ballast_w, m->ballast.w, sizeof out->ballast_w);
	}
	m->pump_frac = m->spi.pump_frac;
	m->setpoint_c = m->spi.setpoint_c;
	m->valve = m->spi.valve;
}

/* Is more work lost to the cap than to other limits? */
static bool
cap_sets_the_pace(const struct mpc *m)
{
	double by_cap = 0.0, by_others = 0.0;
	for (int g = 0; m->cap_frac < 1.0 && g < m->program.n; g++) {
		double lost = m->program.size[g] * (1.0 - m->rate[g]);
		if (m->rate[g] >= m->cap_frac - FULL_FRAC)
			by_cap += lost;
		else
			by_others += lost;
	}
	return by_cap > by_others;
}

/* One that gives less than it may is asked for all, so that the end of that is seen. */
static void
ask_stuck(const struct mpc *m, struct law_out *out)
{
	for (int i = 0; i < RETICLES; i++)
		if (m->most[i] < 1.0 && out->duty_frac[i] > m->most[i] - STUCK_NEAR_FRAC)
			out->duty_frac[i] = 1.0;
}

static bool
any_stuck(const struct mpc *m)
{
	for (int i = 0; i < RETICLES; i++)
		if (m->most[i] < 1.0 && m->group[i] < RETICLES)
			return true;
	return false;
}

static void
say(struct mpc *m, const struct control_params *p, const struct law_in *in, struct law_out *out)
{
	double least = 1.0;
	for (int i = 0; i < RETICLES; i++)
		if (m->group[i] < RETICLES)
			least = law_least(least, out->duty_frac[i] / law_stage(in, i));
	out->limit = REASON_NONE;
	out->unheld = m->unheld;
	if (least < THROTTLED_BELOW)
		switch (cap_sets_the_pace(m) ? PROGRAM_BY_CAP : m->limit) {
		case PROGRAM_FREE:
			out->limit = m->cap_frac < 1.0 ? REASON_CAP
				     : any_stuck(m)    ? REASON_DEVICE
						       : REASON_NONE;
			break;
		case PROGRAM_BY_CAP:
			out->limit = REASON_CAP;
			break;
		case PROGRAM_BY_SPREAD:
			out->limit = REASON_SPREAD;
			break;
		case PROGRAM_BY_TEMPERATURE:
			out->limit = REASON_TEMPERATURE;
			break;
		}
	ask_stuck(m, out);
	out->margin_k =
		law_clamp(-too_warm(m, in->temp_c, m->over_k), p->error_lo_k, p->error_hi_k);
	out->pump_frac = m->pump_frac;
	out->valve_frac = m->valve.valve_frac;
	out->own_setpoint_c = m->setpoint_c;
	out->setpoint_c = law_setpoint_in_force(p, in, m->setpoint_c);
}

void
mpc_step(struct mpc *m, const struct control_params *p, const struct law_in *in,
	 struct law_out *out)
{
	m->known_steps = is_known(in) ? m->known_steps + 1 : 0;
	/* each wafer in its own tenth: making all matrices of many takes long */
	bool may_start = m->known_steps >= KNOWN_STEPS && in->second;
	if (m->known_steps == 0 || (!m->acts && !may_start)) {
		fall_back(m, p, in, out);
		return;
	}
	if (!m->acts)
		start_program(m, p, in);
	if (p->ballast_max_w > 0.0)
		mpc_ballast_see(m, in);
	mpc_see(m, p, in);
	renew_matrices(m, in, take_groups(m, in));
	if (!solve(m, p, in, out->duty_frac)) {
		m->known_steps = 0;
		fall_back(m, p, in, out);
		return;
	}
	mpc_share(m, p, in);
	memcpy(out->share_frac, m->share_cmd, sizeof out->share_frac);
	if (p->ballast_max_w > 0.0)
		memcpy(out->ballast_w, m->ballast.w, sizeof out->ballast_w);
	if (in->second)
		cool(m, p, in);
	else if (in->pump_alarm)
		m->pump_frac = p->pump_max_frac;
	say(m, p, in, out);
}
