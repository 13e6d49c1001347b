/* SPDX-License-Identifier: Apache-2.0 */
/* Work that moves: the program once more, with each reticle by itself, says what each may carry. */
#include "controllers/mpc_state.h"

#include <math.h>

#include "controllers/reshare.h"

#define ITERATIONS 480 /* some milliseconds, each five seconds at most */
#define REST_LEAST_S 5.0
#define REST_FRAC 0.125 /* of what it has to be back within */
#define OPEN_FRAC 0.97
#define FAR_FRAC 0.3
#define UNIFORM 1e-3
#define FULL_RATE 0.995

void
mpc_share_init(struct mpc *m, const struct law_in *in)
{
	for (int i = 0; i < RETICLES; i++) {
		double first = (double)NAN, now = in->share_frac[i];
		if (in->first_share_frac)
			first = isfinite(in->first_share_frac[i]) ? in->first_share_frac[i] : 1.0;
		if (first >= RESHARE_LO && first <= RESHARE_HI)
			m->share_cmd[i] = first;
		else
			m->share_cmd[i] = now >= RESHARE_LO && now <= RESHARE_HI ? now : 1.0;
	}
	for (int s = 0; s <= JOBS_MAX; s++)
		m->share_steps[s] = UINT32_MAX / 2; /* long ago */
	m->settled_steps = 0;
	m->share_rest = 0;
	program_reset(&m->apart);
}

/* Another job is on it, or none: the device gave it an equal share. */
void
mpc_share_forget(struct mpc *m, int i)
{
	m->share_cmd[i] = 1.0;
	m->share_steps[mpc_slot(m, i)] = UINT32_MAX / 2;
}

static bool
keeps_pace(const struct mpc *m, const struct law_in *in, int i)
{
	return in->may_move[mpc_slot(m, i)] && m->group[i] < RETICLES && !m->jobs.alone[i];
}

/* Is there a job that is held back, or that has moved its work? */
static bool
is_worth_it(const struct mpc *m, const struct law_in *in)
{
	for (int i = 0; i < RETICLES; i++)
		if (keeps_pace(m, in, i) && (m->rate[m->group[i]] < FULL_RATE ||
					     fabs(m->share[i] / law_stage(in, i) - 1.0) > UNIFORM))
			return true;
	return false;
}

static void
solve_apart(struct mpc *m, const struct control_params *p, const struct law_in *in,
	    double may_frac[RETICLES])
{
	struct program *q = &m->apart;
	struct program_case *c = &m->apart_case;
	double leak = mpc_leak_gain(in, &m->response) * in->model->dynamic_w, work[RETICLES];
	/* at rest: where the valve is open, more work makes the supply warmer, too */
	double loop_k_w = m->valve.valve_frac > OPEN_FRAC
				  ? response_supply_k_per_w(in->model, m->flow_kg_s, 1.0, 1.0)
				  : 0.0;
	q->n = RETICLES;
	for (int j = 0; j < RETICLES; j++) {
		q->size[j] = 1.0;
		q->watts[j] = in->model->dynamic_w / 100.0;
		for (int i = 0; i < RETICLES; i++)
			q->gain[i][j] =
				leak *
				((1.0 + m->miss_frac[i]) * m->response.k_per_w[j][i] + loop_k_w);
	}
	program_factorise(q);
	*c = m->program_case;
	c->cap = (double)INFINITY;
	/* the further work has to move, the less is known of where it goes; and a share too much of one
	 * reticle holds all others up */
	double least = 1.0;
	for (int i = 0; i < RETICLES; i++)
		if (keeps_pace(m, in, i))
			least = fmin(least, m->rate[m->group[i]]);
	double far_k =
		p->reshare_far_frac * c->spread_limit_k * fmin((1.0 - least) / FAR_FRAC, 1.0);
	double edge_k = fmax(far_k, p->reshare_edge_k);
	c->spread_limit_k -= edge_k;
	c->temp_limit_c -= edge_k;
	for (int j = 0; j < RETICLES; j++) {
		work[j] = m->group[j] < RETICLES ? m->work_w[j] / in->model->dynamic_w : 0.0;
		c->hi[j] = work[j] * fmin(m->most[j], law_stage(in, j));
		c->weight[j] = work[j] > 0.0 ? 1.0 / work[j] : 0.0;
		may_frac[j] = m->group[j] < RETICLES ? fmin(m->rate[m->group[j]] * m->share[j], 1.0)
						     : 0.0;
	}
	for (int i = 0; i < RETICLES; i++) {
		double t = m->plan_c[i];
		for (int j = 0; j < RETICLES; j++)
			t -= q->gain[i][j] * work[j] * may_frac[j];
		c->base_c[i] = t;
	}
	(void)program_solve(q, c, ITERATIONS);
	for (int j = 0; j < RETICLES; j++)
		may_frac[j] = work[j] > 0.0 && isfinite(q->v[j])
				      ? fmin(q->v[j] / work[j], m->most[j])
				      : 0.0;
}

/* What has stood still for long will go on so: a small gain is worth a move, too. */
static double
payback_s(const struct mpc *m, const struct control_params *p, int slot)
{
	uint32_t still =
		m->settled_steps < m->share_steps[slot] ? m->settled_steps : m->share_steps[slot];
	return fmax(p->reshare_payback_s,
		    fmin(p->reshare_still_frac * still * LAW_DT_S, p->reshare_payback_most_s));
}

/* What the reticles of a slot may do, of what their stage needs at full rate, into shares: work moves within a stage only.
 * Returns the rate with them. */
static double
shares_of_slot(const struct law_in *in, const double may_frac[RETICLES],
	       const bool member[RETICLES], double share[RETICLES])
{
	double may[RETICLES], rate = 1.0;
	for (int i = 0; i < RETICLES; i++)
		may[i] = may_frac[i] / law_stage(in, i);
	for (int stage = 0; stage < JOB_STAGES_MAX; stage++) {
		bool of_stage[RETICLES], any = false;
		double part[RETICLES];
		for (int i = 0; i < RETICLES; i++) {
			of_stage[i] = member[i] && in->stage[i] == stage;
			any |= of_stage[i];
		}
		if (!any)
			continue;
		rate = fmin(rate, reshare_shares(may, of_stage, part));
		for (int i = 0; i < RETICLES; i++)
			if (of_stage[i])
				share[i] = part[i];
	}
	return rate;
}

void
mpc_share(struct mpc *m, const struct control_params *p, const struct law_in *in)
{
	double may_frac[RETICLES], share[RETICLES];
	bool solved = false;
	m->share_rest -= m->share_rest > 0;
	if (!in->second || m->share_rest > 0 || !is_worth_it(m, in) || m->cap_frac < 1.0 ||
	    m->settled_steps < p->reshare_settle_s * LAW_STEPS_PER_S)
		return;
	for (int s = 0; s <= JOBS_MAX; s++) {
		bool member[RETICLES], any = false;
		int group = RETICLES;
		if (!in->may_move[s] || m->share_steps[s] < p->reshare_every_s * LAW_STEPS_PER_S)
			continue;
		for (int i = 0; i < RETICLES; i++) {
			member[i] = mpc_slot(m, i) == s && keeps_pace(m, in, i);
			any = any || member[i];
			if (member[i])
				group = m->group[i];
		}
		if (!any)
			continue;
		if (!solved)
			solve_apart(m, p, in, may_frac);
		solved = true;
		double then = shares_of_slot(in, may_frac, member, share);
		double back_s = payback_s(m, p, s);
		m->share_rest =
			(uint32_t)(fmax(REST_LEAST_S, REST_FRAC * back_s) * LAW_STEPS_PER_S);
		if (!reshare_pays(m->rate[group], then, back_s))
			continue;
		m->share_steps[s] = 0;
		for (int i = 0; i < RETICLES; i++)
			if (member[i])
				m->share_cmd[i] = share[i];
	}
}
