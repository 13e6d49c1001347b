/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bound_plant.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "engine_sim/steady.h"

static double
hx_at_full_valve(const struct process *p, double m_kg_s)
{
	struct facility_water fw = {.supply_c = 0.0,
				    .flow_frac = p->faults.facility_frac,
				    .valve = 1.0,
				    .ua_mul = p->faults.ua_mul};
	struct hx_result hx;

	coolant_hx(&hx, &p->md, m_kg_s, 1.0, &fw);
	return hx.heat_w;
}

int
bound_flow_make(struct bound_flow *out, struct process *p, const double speed[PUMPS])
{
	const struct model md = p->md;
	const struct job_set jobs = p->jobs;
	int rc = 0;

	p->md.leak_w = p->md.idle_w = 0.0;
	job_set_one(&p->jobs, JOB_MODE_IND);
	memset(p->duty, 0, sizeof(p->duty));
	for (int k = 0; k < PUMPS; k++)
		p->pump[k] = speed[k];
	for (int j = 0; rc == 0 && j < RETICLES; j++) {
		p->duty[j] = 1.0;
		p->stale = true;
		rc = steady_solve(p, 0.0, true);
		for (int i = 0; i < RETICLES; i++)
			out->r[i][j] = p->wafer.si_c[i] / p->load_w[j];
		p->duty[j] = 0.0;
	}
	out->m_kg_s = p->cool.flow_kg_s;
	out->pumps_w = process_pumps_w(p);
	out->hx_w_k = hx_at_full_valve(p, out->m_kg_s);
	p->md = md;
	p->jobs = jobs;
	p->stale = true;
	return rc;
}

double
bound_speed_for(const struct process *p, double m_kg_s)
{
	static const double full[PUMPS] = {1.0, 1.0};
	struct pump_flow flow;

	coolant_pumps(&flow, &p->md, full);
	return m_kg_s / flow.total_kg_s;
}

int
bound_rest(struct process *p, double duty, double speed, double hold_c)
{
	for (int i = 0; i < RETICLES; i++)
		p->duty[i] = duty;
	for (int k = 0; k < PUMPS; k++)
		p->pump[k] = speed;
	p->valve = 1.0;
	p->stale = true;
	return steady_solve(p, hold_c, isfinite(hold_c));
}

double
bound_heat_frac(const struct model *md)
{
	return 1.0 + power_loss_to_loop_w(md, 1.0);
}

/* exp(a) by its series of a / 2^8, squared eight times. */
static void
exponential(double out[4][4], double a[4][4])
{
	double sum[4][4], term[4][4], next[4][4];

	memset(sum, 0, sizeof(sum));
	for (int i = 0; i < 4; i++)
		sum[i][i] = 1.0;
	memcpy(term, sum, sizeof(sum));
	for (int n = 1; n < 12 + 8; n++) {
		bool squares = n >= 12;

		for (int i = 0; i < 4; i++)
			for (int k = 0; k < 4; k++) {
				next[i][k] = 0.0;
				for (int l = 0; l < 4; l++)
					next[i][k] += squares ? sum[i][l] * sum[l][k]
							      : term[i][l] * a[l][k] / 256.0 / n;
			}
		for (int i = 0; i < 4; i++)
			for (int k = 0; k < 4; k++) {
				term[i][k] = next[i][k];
				sum[i][k] = squares ? next[i][k] : sum[i][k] + next[i][k];
			}
	}
	memcpy(out, sum, sizeof(sum));
}

void
bound_step_make(struct bound_step *out, const struct bound_flow *flow, const struct model *md,
		double dt_s)
{
	double cp = md->cp_j_kg_k, m = flow->m_kg_s, e = flow->hx_w_k / (m * cp);
	double hot = m / md->hot_kg * dt_s, cold = m / md->cold_kg * dt_s, x[4][4];
	double a[4][4] = {
		{-hot, hot, bound_heat_frac(md) / (md->hot_kg * cp) * dt_s, 0.0},
		{cold * (1.0 - e), -cold, 0.0, cold * e},
	};

	exponential(x, a);
	for (int i = 0; i < 2; i++) {
		out->a[i][0] = x[i][0];
		out->a[i][1] = x[i][1];
		out->p[i] = x[i][2];
		out->f[i] = x[i][3];
	}
}
