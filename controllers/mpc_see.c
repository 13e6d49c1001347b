/* SPDX-License-Identifier: Apache-2.0 */
/* What the predictive law learns of its wafer. */
#include "controllers/mpc_state.h"

#include <math.h>
#include <string.h>

#include "core/wide.h"

#define SUPPLY_TAU_S 0.5
#define SLOPE_TAU_S 1.0
#define FLOW_TAU_S 0.5
#define INPUT_TAU_S 3.0
#define WORK_TAU_S 10.0
#define WORK_UP_FRAC 0.3 /* of the difference, each step, where a job takes more than was known */
#define WORK_DOWN_TAU_S 5.0
#define WORK_DOWN_MIXED_TAU_S 0.5
#define WORK_LEAST_FRAC 0.1
#define WORK_LEAST_MIXED_FRAC 0.02
#define MORE_FRAC 1.02
#define WORKING_FRAC 0.93 /* a job that does less of what it may is in another phase */
#define RISE_LEAST_K 2.0
#define MISS_LO -0.6
#define MISS_HI 3.0
#define OVER_K 0.2
#define OFF_STEPS 2u
#define COLD_STEPS 10u
#define DRIFT_TAU_S 1.0
#define AT_REST_FRAC 0.3 /* of its work: power says more of leakage than of work */
#define LEAK_TAU_S 30.0
#define LEAK_LO 0.5
#define LEAK_HI 2.0

double
mpc_pumps_w(const struct law_in *in, double else_frac)
{
	const struct system_model *md = in->model;
	double sum_w = 0.0;

	for (int k = 0; k < 2; k++) {
		double n = in->pump_each_frac[k];
		sum_w += md->pump_idle_w + md->pump_w * pow(isfinite(n) ? n : else_frac, 3.0);
	}
	return sum_w;
}

double
mpc_input_w(const struct system_model *md, double pumps_w, double wafer_w)
{
	return wafer_w / (md->core_stage_frac * md->supply_frac) + pumps_w + md->other_w;
}

double
mpc_wafer_w(const struct system_model *md, double pumps_w, double input_w)
{
	double rest_w = mpc_input_w(md, pumps_w, 0.0);

	return (input_w - rest_w) * md->core_stage_frac * md->supply_frac;
}

static void
see_leakage(struct mpc *m, const struct law_in *in)
{
	for (int i = 0; i < RETICLES; i++)
		m->leak_w[i] = response_leak_w(in->model, in->temp_c[i]);
}

/*
 * Reticles leak unlike each other, by some watts. Without work that is what their powers differ by; at work it
 * goes into what is learnt of the work. What all have in common stays the model's.
 */
static void
learn_leakage(struct mpc *m, const struct law_in *in)
{
	UNCLEARED double leak_w[RETICLES];
	double mean = 0.0;
	int n = 0;
	bool rests = false;
	for (int s = 0; s <= JOBS_MAX; s++)
		rests = rests || m->active_frac[s] < AT_REST_FRAC;
	if (!rests)
		return;
	for (int i = 0; i < RETICLES; i++) {
		double active = m->active_frac[mpc_slot(m, i)];
		leak_w[i] = active < AT_REST_FRAC && m->ballast.moved_steps[i] == 0
				    ? in->power_w[i] - in->model->idle_w - m->ballast.seen_w[i] -
					      m->work_w[i] * mpc_applied(in, i) * active
				    : (double)NAN;
		leak_w[i] /= m->leak_w[i];
		if (!isfinite(leak_w[i]))
			continue;
		mean += leak_w[i];
		n++;
	}
	mean /= n > 0 ? n : 1;
	if (!(mean > 0.0))
		return;
	for (int i = 0; i < RETICLES; i++) {
		if (!isfinite(leak_w[i]))
			continue;
		m->leak_steps[i] = (uint16_t)(m->leak_steps[i] + (m->leak_steps[i] < UINT16_MAX));
		double tau_s = law_least(m->leak_steps[i] * LAW_DT_S, LEAK_TAU_S);
		m->leak_mul[i] = law_clamp(m->leak_mul[i] + (leak_w[i] / mean - m->leak_mul[i]) *
								    LAW_DT_S / tau_s,
					   LEAK_LO, LEAK_HI);
	}
}

/* What each slot does of what its duty lets it do. */
static void
see_activity(struct mpc *m, const struct law_in *in)
{
	double does_w[JOBS_MAX + 1] = {0.0}, may_w[JOBS_MAX + 1] = {0.0};
	double full_w[JOBS_MAX + 1] = {0.0}, ballast_w[JOBS_MAX + 1] = {0.0};

	for (int i = 0; i < RETICLES; i++) {
		int s = mpc_slot(m, i);

		if (!isfinite(in->power_w[i]))
			continue;
		does_w[s] += in->power_w[i] - mpc_still_w(m, in->model, i, m->leak_w[i]);
		may_w[s] += m->work_w[i] * mpc_applied(in, i);
		full_w[s] += m->work_w[i];
		ballast_w[s] += m->ballast.seen_w[i];
	}
	for (int k = 0; k < (m->at == 0 ? MPC_BACK : 1); k++) {
		memcpy(m->may_w[(m->at + (uint32_t)k) % MPC_BACK], may_w, sizeof may_w);
		memcpy(m->ballast.slot_w[(m->at + (uint32_t)k) % MPC_BACK], ballast_w,
		       sizeof ballast_w);
	}
	m->at++;
	for (int s = 0; s <= JOBS_MAX; s++) {
		double hi_w = may_w[s], lo_w = may_w[s];
		double most_w = ballast_w[s], least_w = ballast_w[s];

		if (may_w[s] < 1.0) {
			m->active_frac[s] = 1.0; /* nothing is known of it */
			continue;
		}
		for (int k = 0; k < MPC_BACK; k++) {
			hi_w = law_most(hi_w, m->may_w[k][s]);
			lo_w = law_least(lo_w, m->may_w[k][s]);
			most_w = law_most(most_w, m->ballast.slot_w[k][s]);
			least_w = law_least(least_w, m->ballast.slot_w[k][s]);
		}
		/* where duty leaves next to nothing, what leakage is taken for wrongly is no work */
		double unsure_w = (MORE_FRAC - 1.0) * full_w[s];
		m->active_frac[s] = 1.0;
		if (does_w[s] - most_w > hi_w + unsure_w)
			m->active_frac[s] = (does_w[s] - most_w) / hi_w;
		else if (does_w[s] - least_w < lo_w - unsure_w)
			m->active_frac[s] = fmax((does_w[s] - least_w) / lo_w, 0.0);
	}
}

/* Do several jobs share the wafer? Then one that pauses is cold beside the others. */
static bool
is_mixed(const struct mpc *m)
{
	int slot = -1;
	for (int i = 0; i < RETICLES; i++) {
		if (!groups_counts(&m->jobs, i))
			continue;
		if (slot >= 0 && mpc_slot(m, i) != slot)
			return true;
		slot = mpc_slot(m, i);
	}
	return false;
}

/* More than was known is believed at once; less only where it lasts, for phases come back. */
static void
learn_work(struct mpc *m, const struct control_params *p, const struct law_in *in)
{
	double by[JOBS_MAX + 1];
	bool mixed = is_mixed(m);
	double hold_s = mixed ? p->work_hold_mixed_s : p->work_hold_s;
	double tau_s = mixed ? WORK_DOWN_MIXED_TAU_S : WORK_DOWN_TAU_S;
	double least_frac = mixed ? WORK_LEAST_MIXED_FRAC : WORK_LEAST_FRAC;

	for (int s = 0; s <= JOBS_MAX; s++) {
		double a = m->active_frac[s];

		by[s] = 1.0;
		m->idle_steps[s] = a < WORKING_FRAC ? m->idle_steps[s] + 1 : 0;
		m->work_steps[s] = a < WORKING_FRAC ? 0 : m->work_steps[s] + 1;
		if (a > MORE_FRAC)
			by[s] = 1.0 + WORK_UP_FRAC * (a - 1.0);
		else if (m->idle_steps[s] > hold_s * LAW_STEPS_PER_S)
			by[s] = 1.0 - (1.0 - fmax(a, 0.1)) * LAW_DT_S / tau_s;
	}
	double weight = 1.0, weight_u = (double)NAN; /* neighbours mostly have one duty */
	for (int i = 0; i < RETICLES; i++) {
		int s = mpc_slot(m, i);
		double u = mpc_applied(in, i), w;

		m->work_w[i] = law_most(m->work_w[i] * by[s], least_frac * in->model->dynamic_w *
								      law_most(m->density[s], 0.1));
		if (m->active_frac[s] < WORKING_FRAC || u < MPC_DUTY_LEAST ||
		    !isfinite(in->power_w[i]) || m->ballast.moved_steps[i] > 0)
			continue;
		w = (in->power_w[i] - mpc_still_w(m, in->model, i, m->leak_w[i]) -
		     m->ballast.seen_w[i]) /
		    u;
		if (!(u >= weight_u && u <= weight_u)) {
			weight = law_weight(WORK_TAU_S / u);
			weight_u = u;
		}
		m->work_w[i] = law_follow(m->work_w[i], law_most(w, 1.0), weight);
	}
}

/* The meter tells of the power some time ago: what lies between all that the model said of late is
 * no error of it, or each ramp of a cap would teach one. */
static void
follow_input(struct mpc *m, const struct law_in *in, double model_w, bool start)
{
	double lo_w = model_w, hi_w = model_w;

	for (int k = 0; k < (start ? MPC_BACK : 1); k++)
		m->model_in_w[(m->at + (uint32_t)k) % MPC_BACK] = model_w;
	if (!isfinite(in->input_w))
		return;
	if (start)
		m->input_off_w = in->input_w - model_w;
	for (int k = 0; k < MPC_BACK; k++) {
		lo_w = law_least(lo_w, m->model_in_w[k]);
		hi_w = law_most(hi_w, m->model_in_w[k]);
	}
	double then_w = law_clamp(in->input_w - m->input_off_w, lo_w, hi_w);
	m->input_off_w = law_low_pass(m->input_off_w, in->input_w - then_w, INPUT_TAU_S);
}

/* The model's rise now, of two first orders: copper, and the readings' own low-pass. */
static void
follow_rise(struct mpc *m, const struct control_params *p, const struct law_in *in, bool start)
{
	UNCLEARED double power_w[RETICLES], rise_k[RETICLES];
	double sum_w = 0.0, copper = start ? 1.0 : law_weight(p->wafer_lag_s);
	double reading = start ? 1.0 : law_weight(p->filter_s);

	for (int i = 0; i < RETICLES; i++) {
		power_w[i] = mpc_still_w(m, in->model, i, m->leak_w[i]) + m->ballast.seen_w[i] +
			     m->work_w[i] * mpc_applied(in, i) * m->active_frac[mpc_slot(m, i)];
		sum_w += power_w[i];
	}
	response_rise(&m->response, power_w, rise_k);
	for (int i = 0; i < RETICLES; i++) {
		double slow_k = law_follow(m->copper_k[i], rise_k[i], copper);
		double now_k = slow_k + p->wafer_direct_frac * (rise_k[i] - slow_k);

		m->copper_k[i] = slow_k;
		m->rise_k[i] = law_follow(m->rise_k[i], now_k, reading);
	}
	if (isfinite(in->pump_frac))
		follow_input(m, in, mpc_input_w(in->model, mpc_pumps_w(in, in->pump_frac), sum_w),
			     start);
}

static void
learn_disturbance(struct mpc *m, const struct control_params *p, const struct law_in *in)
{
	double most_s = fmax(p->disturbance_s, p->disturbance_fast_s);
	double still_s = fmax(p->disturbance_still_s, most_s);
	m->settled_steps++;
	if (m->at % MPC_BACK == 0) {
		memcpy(m->miss_was[1], m->miss_was[0], sizeof m->miss_was[1]);
		memcpy(m->miss_was[0], m->miss_frac, sizeof m->miss_was[0]);
	}
	for (int i = 0; i < RETICLES; i++) {
		double rise_k = law_most(m->rise_k[i], RISE_LEAST_K);
		double off_k = in->temp_c[i] - m->supply_c - rise_k * (1.0 + m->miss_frac[i]);
		/* what is over its limit and warmer than foreseen is not waited for */
		bool off = fabs(off_k) > p->disturbance_off_k ||
			   (off_k > 0.0 && m->over_k[i] > OVER_K);

		if (!in->measured[i] ||
		    m->work_steps[mpc_slot(m, i)] < p->phase_wait_s * LAW_STEPS_PER_S) {
			/* its power is read later than its temperature: what that taught is wrong */
			if (m->idle_steps[mpc_slot(m, i)] == 1)
				m->miss_frac[i] = m->miss_was[1][i];
			m->off_steps[i] = 0;
			continue;
		}
		m->off_steps[i] =
			(uint8_t)(off ? (m->off_steps[i] < 255 ? m->off_steps[i] + 1 : 255) : 0);
		bool fast = m->off_steps[i] >= (off_k > 0.0 ? OFF_STEPS : COLD_STEPS);
		if (fast)
			m->settled_steps = 0;
		else
			off_k = law_clamp(off_k, -p->disturbance_off_k, p->disturbance_off_k);
		m->sure_steps[i] =
			fast ? 0 : (uint16_t)(m->sure_steps[i] + (m->sure_steps[i] < UINT16_MAX));
		m->drift_k[i] = fast ? 0.0 : law_low_pass(m->drift_k[i], off_k, DRIFT_TAU_S);
		if (fabs(m->drift_k[i]) > p->disturbance_drift_k)
			m->sure_steps[i] =
				(uint16_t)law_least(m->sure_steps[i], most_s * LAW_STEPS_PER_S);
		/* the mean since it was off: what a change taught in its first moments is forgotten */
		double tau_s = law_clamp(m->sure_steps[i] * LAW_DT_S / p->disturbance_forget,
					 p->disturbance_fast_s, still_s);
		m->miss_frac[i] = law_clamp(m->miss_frac[i] + off_k / rise_k * LAW_DT_S / tau_s,
					    MISS_LO, MISS_HI);
	}
}

void
mpc_see_init(struct mpc *m, const struct law_in *in)
{
	for (int s = 0; s <= JOBS_MAX; s++)
		m->density[s] = in->density[s] > 0.0 ? in->density[s] : 1.0;
	m->supply_c = in->supply_c;
	m->supply_k_s = 0.0;
	m->flow_kg_s = in->flow_kg_s;
	for (int i = 0; i < RETICLES; i++) {
		m->work_w[i] = in->model->dynamic_w * m->density[mpc_slot(m, i)];
		m->leak_mul[i] = 1.0;
		m->leak_steps[i] = 0;
		m->plan_c[i] = in->temp_c[i];
	}
	for (int s = 0; s <= JOBS_MAX; s++)
		m->active_frac[s] = 1.0;
	m->at = 0;
	see_leakage(m, in);
	see_activity(m, in);
	response_make(&m->response, &m->face, m->flow_kg_s, in->estimate->zone_g);
	static const struct control_params NONE = {0};
	follow_rise(m, &NONE, in, true);
	for (int i = 0; i < RETICLES; i++) {
		/* a wafer without work is too cool to tell: what its soak found tells more */
		bool tells =
			!in->estimate->serial || m->active_frac[mpc_slot(m, i)] >= WORKING_FRAC;
		double frac =
			tells ? (in->temp_c[i] - m->supply_c) / fmax(m->rise_k[i], RISE_LEAST_K)
			      : in->estimate->gain[i];
		m->miss_frac[i] = law_clamp(frac - 1.0, MISS_LO, MISS_HI);
	}
	memcpy(m->miss_was[0], m->miss_frac, sizeof m->miss_was[0]);
	memcpy(m->miss_was[1], m->miss_frac, sizeof m->miss_was[1]);
}

void
mpc_see(struct mpc *m, const struct control_params *p, const struct law_in *in)
{
	double was_c = m->supply_c;

	m->supply_c = law_low_pass(m->supply_c, in->supply_c, SUPPLY_TAU_S);
	m->supply_k_s = law_low_pass(m->supply_k_s, (m->supply_c - was_c) / LAW_DT_S, SLOPE_TAU_S);
	m->flow_kg_s = law_low_pass(m->flow_kg_s, in->flow_kg_s, FLOW_TAU_S);
	for (int s = 0; s <= JOBS_MAX; s++)
		m->share_steps[s] += m->share_steps[s] < UINT32_MAX / 2;
	see_leakage(m, in);
	see_activity(m, in);
	learn_leakage(m, in);
	learn_work(m, p, in);
	follow_rise(m, p, in, false);
	learn_disturbance(m, p, in);
}

/* Leakage grows with what the work warms: its part of R, for all reticles alike. */
double
mpc_leak_gain(const struct law_in *in, const struct response *r)
{
	double leak_w = response_leak_w(in->model, in->model->leak_ref_c), sum = 0.0;
	for (int j = 0; j < RETICLES; j++)
		sum += r->k_per_w[j][RETICLES / 2];
	return 1.0 + in->model->leak_per_k * leak_w * sum;
}
