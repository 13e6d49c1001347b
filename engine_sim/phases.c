/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/phases.h"

#include <math.h>

#include "engine_sim/limits.h"

#define RESOLVED_S 0.1 /* ten steps of the plant */

void
phase_table_make(struct phase_table *out, const struct job_config *job)
{
	double speed = job_sparse_speed(job);

	*out = (struct phase_table){.n = job->n_layers > 0 ? job->n_layers : 1,
				    .resolved = job->n_layers > 1};
	for (uint32_t l = 0; l < job->n_layers; l++) {
		const struct job_layer *from = &job->layers[l];
		struct phase_row *row = &out->row[l];

		*row = (struct phase_row){.sigma_s = from->sigma_s,
					  .tau_s = from->tau_s / speed,
					  .bar_s = job->mode == JOB_MODE_IND ? 0.0 : job->bar_s,
					  .count = from->count};
		out->streams = out->streams || from->sigma_s > 0.0;
		if (row->count * (most(row->sigma_s, row->tau_s) + row->bar_s) < RESOLVED_S)
			out->resolved = false;
	}
	if (job->n_layers == 0)
		out->row[0] = (struct phase_row){.tau_s = job->step_s, .count = 1.0};
	for (uint32_t l = 0; l < out->n; l++) {
		const struct phase_row *row = &out->row[l];

		out->full_s += row->count * (most(row->sigma_s, row->tau_s) + row->bar_s);
	}
}

double
phase_limit(const struct phase_table *t, uint32_t row, const struct phase_pace *p)
{
	const struct phase_row *r = &t->row[row];
	double limit = p->activity;

	if (r->sigma_s > 0.0)
		limit = least(limit, p->batch * r->tau_s * p->io / r->sigma_s);
	else if (!t->streams)
		limit = least(limit, p->io);
	return limit * p->slow;
}

double
phase_limit_nominal(const struct phase_table *t, uint32_t row, double activity)
{
	const struct phase_row *r = &t->row[row];

	return least(1.0, r->sigma_s > 0.0 ? least(activity, r->tau_s / r->sigma_s) : activity);
}

static double
nominal_work_s(const struct phase_table *t, uint32_t row, double activity)
{
	const struct phase_row *r = &t->row[row];

	return r->tau_s > 0.0 ? r->tau_s / phase_limit_nominal(t, row, activity) : r->sigma_s;
}

void
phase_row_mix(struct phase_mix *out, const struct phase_table *t, uint32_t row,
	      const struct phase_pace *p)
{
	const struct phase_row *r = &t->row[row];
	double limit = phase_limit(t, row, p), rate = least(p->pace, limit), part = 1.0;
	double tau_s = p->batch * r->tau_s, data = p->io * p->slow, work_s = 0.0;
	bool gated = p->pace > limit;

	*out = (struct phase_mix){.nominal_s = r->count *
					       (nominal_work_s(t, row, p->activity) + r->bar_s)};
	if (tau_s > 0.0) {
		work_s = rate > 0.0 ? tau_s / rate : (double)INFINITY;
	} else { /* weights alone */
		if (r->sigma_s > 0.0)
			work_s = data > 0.0 ? r->sigma_s / data : (double)INFINITY;
		rate = 0.0;
		gated = true;
	}
	out->stream = gated;
	out->time_s = r->count * (work_s + r->bar_s);
	if (isfinite(work_s) && work_s + r->bar_s > 0.0)
		part = work_s / (work_s + r->bar_s);
	out->act = part * rate;
	out->wait_slow = gated ? 0.0 : part;
	out->wait_all = 1.0 - part;
}

void
phase_pass_mix(struct phase_mix *out, const struct phase_table *t, const struct phase_pace *p)
{
	double stream_s = 0.0;
	struct phase_mix m;

	phase_row_mix(out, t, 0, p);
	if (t->n == 1)
		return;
	*out = (struct phase_mix){0};
	for (uint32_t l = 0; l < t->n; l++) {
		phase_row_mix(&m, t, l, p);
		out->nominal_s += m.nominal_s;
		if (!isfinite(out->time_s))
			continue;
		if (!isfinite(m.time_s)) { /* it stays there */
			out->time_s = m.time_s;
			out->act = m.act;
			out->wait_slow = m.wait_slow;
			out->wait_all = m.wait_all;
			out->stream = m.stream;
			continue;
		}
		out->time_s += m.time_s;
		out->act += m.time_s * m.act;
		out->wait_slow += m.time_s * m.wait_slow;
		out->wait_all += m.time_s * m.wait_all;
		stream_s += m.stream ? m.time_s : 0.0;
	}
	if (!isfinite(out->time_s) || !(out->time_s > 0.0))
		return;
	out->act /= out->time_s;
	out->wait_slow /= out->time_s;
	out->wait_all /= out->time_s;
	out->stream = stream_s > 0.5 * out->time_s;
}

double
phase_step_mix(struct phase_mix *mix, double others_s, double reduce_s)
{
	double step_s = most(mix->time_s, others_s) + reduce_s, part;

	if (!isfinite(mix->time_s))
		return step_s;
	part = isfinite(step_s) ? mix->time_s / step_s : 0.0;
	mix->act *= part;
	mix->wait_slow *= part;
	mix->wait_all = mix->wait_all * part + (1.0 - part);
	return step_s;
}
