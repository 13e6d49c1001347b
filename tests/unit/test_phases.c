/* SPDX-License-Identifier: Apache-2.0 */
/* Layers, steps of several systems and pipelines against their closed forms (docs/jobs.md). */
#include "tests/unit/support.h"

#include <math.h>
#include <string.h>

#include "engine_sim/cluster.h"
#include "engine_sim/job.h"
#include "engine_sim/phases.h"
#include "engine_sim/pipe.h"

static struct model md;
static double duty[RETICLES], share[RETICLES], w[RETICLES];
static struct job_set jobs;
static struct job_result r;

static int
setup(void **state)
{
	(void)state;
	model_defaults(&md);
	for (int i = 0; i < RETICLES; i++)
		duty[i] = share[i] = 1.0;
	job_set_one(&jobs, JOB_MODE_SYNC);
	return 0;
}

static void
near(double x, double expected)
{
	if (!(fabs(x - expected) <= 1e-12 * fmax(1.0, fabs(expected))))
		fail_msg("%.15g is not %.15g", x, expected);
}

static void
load_with(const struct phase_table *t)
{
	if (t)
		jobs.job[0].table = 0;
	job_load(&r, w, &md, &jobs, t, duty, share);
}

static void
all_duties(double u)
{
	for (int i = 0; i < RETICLES; i++)
		duty[i] = u;
}

static struct phase_pace
at(double pace)
{
	return (struct phase_pace){
		.pace = pace, .activity = 1.0, .io = 1.0, .slow = 1.0, .batch = 1.0};
}

/* 0.02 s of weights, 0.03 s of work, 1 ms of barrier, 96 times; 0.5 s of weights, 0.1 s of work */
static const struct phase_table two = {.n = 2,
				       .row = {{0.02, 0.03, 0.001, 96}, {0.5, 0.1, 0.001, 1}},
				       .streams = true,
				       .full_s = 96 * 0.031 + 0.501};

static void
a_layer_takes_its_work_or_its_weights(void **state)
{
	static const double rates[] = {1.0, 0.8, 2.0 / 3.0, 0.5, 0.2, 0.1};
	struct phase_pace p;
	struct phase_mix m;

	(void)state;
	for (size_t k = 0; k < sizeof(rates) / sizeof(rates[0]); k++) {
		double rate = rates[k], a = fmax(0.02, 0.03 / rate), b = fmax(0.5, 0.1 / rate);

		p = at(rate);
		phase_row_mix(&m, &two, 0, &p);
		near(m.time_s, 96 * (a + 0.001));
		near(m.act, 0.03 / (a + 0.001));
		near(m.wait_all, 0.001 / (a + 0.001));
		near(m.wait_slow, 0.02 * rate < 0.03 ? a / (a + 0.001) : 0.0);
		phase_row_mix(&m, &two, 1, &p);
		near(m.time_s, b + 0.001);
		near(m.act, 0.1 / (b + 0.001)); /* x least(R, tau / sigma) while it works */
		phase_pass_mix(&m, &two, &p);
		near(m.time_s, 96 * (a + 0.001) + b + 0.001);
		near(m.nominal_s, 96 * 0.031 + 0.501);
		near(m.act * m.time_s, 96 * 0.03 + 0.1);
	}
	p = at(0.0);
	phase_pass_mix(&m, &two, &p);
	assert_true(isinf(m.time_s));
	near(m.act, 0.0);
}

static void
weights_alone_and_edges_set_the_pace(void **state)
{
	static const struct phase_table weights = {
		.n = 1, .row = {{0.4, 0.0, 0.0, 1}}, .streams = true, .full_s = 0.4};
	static const struct phase_table work = {.n = 1, .row = {{0.0, 0.4, 0.0, 1}}, .full_s = 0.4};
	struct phase_pace p = at(0.3);
	struct phase_mix m;

	(void)state;
	phase_row_mix(&m, &weights, 0, &p);
	near(m.time_s, 0.4);
	near(m.act, 0.0);
	near(m.wait_slow + m.wait_all, 0.0);
	assert_true(m.stream);
	p.io = 0.5; /* half the links: twice the time */
	phase_row_mix(&m, &weights, 0, &p);
	near(m.time_s, 0.8);
	p = at(1.0);
	p.io = 0.25; /* where nothing streams, input is what is missing */
	phase_row_mix(&m, &work, 0, &p);
	near(m.time_s, 1.6);
	near(m.act, 0.25);
	p.io = 0.0;
	phase_row_mix(&m, &work, 0, &p);
	assert_true(isinf(m.time_s));
	p = at(0.5);
	p.batch = 0.0; /* no micro-batch: it only streams along */
	phase_pass_mix(&m, &two, &p);
	near(m.time_s, 96 * 0.021 + 0.501);
	near(m.act, 0.0);
}

static void
a_step_waits_for_the_slowest_system(void **state)
{
	struct phase_mix m = {.act = 1.0, .wait_slow = 1.0, .time_s = 1.0, .nominal_s = 1.0};

	(void)state;
	near(phase_step_mix(&m, 1.5, 0.5), 2.0);
	near(m.act, 0.5);
	near(m.wait_all, 0.5);
	m = (struct phase_mix){.act = 0.8, .time_s = 1.25};
	near(phase_step_mix(&m, 1.0, 0.0), 1.25);
	near(m.act, 0.8);
	near(m.wait_all, 0.0);
	m = (struct phase_mix){.act = 0.8, .time_s = 1.25};
	assert_true(isinf(phase_step_mix(&m, (double)INFINITY, 0.0)));
	near(m.act, 0.0);
	near(m.wait_all, 1.0);
}

static void
waiting_wafers_take_a_quarter_of_their_dynamic_power(void **state)
{
	(void)state;
	jobs.job[0].others_s = 1.0 / 0.8; /* the slowest runs at .8 */
	load_with(NULL);
	near(r.slot[0].rate, 0.8);
	near(r.slot[0].wait, 0.2);
	near(w[7], 31.2 + 156.0 * (0.8 + 0.25 * 0.2));
	jobs.job[0].reduce_s = 0.25; /* 1 s and this at best, 1.25 s and this now */
	load_with(NULL);
	near(r.slot[0].rate, 1.25 / 1.5);
	near(r.slot[0].work, 1.0 / 1.5);
	near(w[7], 31.2 + 156.0 * (1.0 / 1.5 + 0.25 * 0.5 / 1.5));
	all_duties(0.8); /* paced to it: the same rate for less */
	load_with(NULL);
	near(r.slot[0].rate, 1.25 / 1.5);
	near(r.slot[0].wait, 0.0);
	near(w[7], 31.2 + 156.0 * 0.8 * (1.25 / 1.5 + 0.25 * 0.25 / 1.5));
	all_duties(1.0);
	jobs.job[0].batch = 0.75; /* less of the batch: it waits still more */
	load_with(NULL);
	near(r.slot[0].rate, 0.75 * 1.25 / 1.5);
	near(r.slot[0].wait, 0.5 / 1.5);
}

static void
micro_batches_are_whole_and_none_is_lost(void **state)
{
	double batch[16], demanded[16], sum;

	(void)state;
	for (int k = 0; k < 16; k++)
		demanded[k] = 1.0;
	cluster_split(batch, demanded, 16, 32);
	for (int k = 0; k < 16; k++)
		near(batch[k], 1.0);
	demanded[0] = 0.6;
	cluster_split(batch, demanded, 16, 32);
	/* 512 of 15.6 shares: 19.69 for the slow one, 32.82 for the others */
	near(batch[0], 19.0 / 32);
	sum = 0.0;
	for (int k = 0; k < 16; k++) {
		sum += batch[k] * 32;
		assert_true(fabs(batch[k] * 32 - round(batch[k] * 32)) < 1e-9);
		assert_true(k == 0 || (batch[k] * 32 >= 31.5 && batch[k] * 32 <= 33.5));
	}
	near(sum, 512);
	for (int k = 0; k < 16; k++)
		demanded[k] = k == 3 ? (double)NAN : 0.0;
	cluster_split(batch, demanded, 16, 32);
	near(batch[3], 16);
	demanded[3] = 0.0;
	cluster_split(batch, demanded, 16, 32);
	near(batch[3], 1);
}

static void
the_straggler_is_the_one_that_holds_the_others_up(void **state)
{
	double others[4];

	(void)state;
	assert_int_equal(cluster_others(others, (double[]){1.0, 1.2, 1.1, 1.0}, 4), 1);
	near(others[0], 1.2);
	near(others[1], 1.1);
	assert_int_equal(cluster_others(others, (double[]){1.0, 1.2, 1.2, 1.0}, 4), -1);
	near(others[1], 1.2);
	assert_int_equal(cluster_others(others, (double[]){1.0, 1.0, 1.0005, 1.0}, 4), -1);
	assert_int_equal(cluster_others(others, (double[]){1.0, 1.0, (double)INFINITY, 1.0}, 4), 2);
	assert_true(isinf(others[0]));
	near(others[2], 1.0);
}

/* ---- pipelines ---- */

static void
run_pipe(struct pipe *p, uint32_t stages, const double cap[], double seconds, double *out_s)
{
	for (int n = 0; n < (int)lround(seconds * 100); n++) {
		pipe_step(p, stages, cap, 1.0, 2.0, 0.01);
		*out_s += p->out * 0.01;
	}
}

static void
a_pipeline_runs_at_its_slowest_stage(void **state)
{
	struct pipe p;
	double done = 0.0;

	(void)state;
	pipe_init(&p, 3, 2.0, 1.0);
	run_pipe(&p, 3, (double[]){1.4, 0.7, 1.2}, 30.0, &done);
	near(p.out, 0.7);
	for (int s = 0; s < 3; s++)
		near(p.rate[s], 0.7);
	near(p.full_s[0], 2.0); /* before the slow one all is full */
	assert_true(p.full_s[1] < 0.02 && p.full_s[2] < 0.02);
	near(done, 0.7 * 30.0 + 4.0 - (p.full_s[1] + p.full_s[2]));
}

static void
a_throttle_shorter_than_the_buffer_costs_nothing(void **state)
{
	struct pipe p;

	(void)state;
	for (int stage = 0; stage < 3; stage++) {
		double cap[3] = {1.25, 1.25, 1.25}, done = 0.0;

		pipe_init(&p, 3, 2.0, 1.0);
		cap[stage] = 0.0;
		run_pipe(&p, 3, cap, 1.9, &done);
		near(done, 1.9);
		cap[stage] = 1.25; /* the slack fills the buffers again */
		run_pipe(&p, 3, cap, 10.0, &done);
		near(done, 11.9);
		for (int s = 0; s < 3; s++)
			assert_true(p.full_s[s] > 1.99);
		cap[stage] = 0.0; /* longer: what is beyond is lost */
		done = 0.0;
		run_pipe(&p, 3, cap, 3.0, &done);
		assert_true(done > 1.9 && done < 2.0 + 2.0 * (2 - stage) + 0.1);
	}
}

static void
stages_take_power_by_their_cost(void **state)
{
	uint32_t half = RETICLES / 2, slow = (uint32_t)GROUP_OF_STAGE(0, 1);

	(void)state;
	jobs.job[0].mode = JOB_MODE_PIPE;
	jobs.job[0].stages = 2;
	jobs.job[0].out = 0.8;
	jobs.groups = JOB_GROUPS;
	for (uint32_t i = 0; i < RETICLES; i++)
		jobs.group[i] = (uint8_t)(i < half ? GROUP_OF_STAGE(0, 0) : slow);
	jobs.stage_cost[slow - 1] = 1.0;
	jobs.stage_cost[slow] = 0.5;
	jobs.stage_rate[slow - 1] = jobs.stage_rate[slow] = 0.8;
	duty[0] = 0.8;
	load_with(NULL);
	near(r.stage_cap[slow - 1], 0.8);
	near(r.stage_cap[slow], 2.0);
	near(r.slot[0].rate, 0.8);
	near(w[0], 31.2 + 156.0 * 0.8);
	near(w[1], 31.2 + 156.0 * (0.8 + 0.25 * 0.2)); /* waits for reticle 0 all the time */
	near(w[half], 31.2 + 156.0 * 0.4);             /* its queue is empty: clock-gated */
	duty[half] = 0.3;
	load_with(NULL);
	near(r.stage_cap[slow], 0.6);
	near(w[half], 31.2 + 156.0 * 0.3);
}

/* ---- the wafer ---- */

static void
masked_cores_are_lost_capacity_and_power(void **state)
{
	(void)state;
	jobs.cores[5] = 0.9;
	load_with(NULL);
	near(r.slot[0].rate, 0.9);
	near(w[5], 31.2 * 0.9 + 156.0 * 0.9);
	near(w[6], 31.2 + 156.0 * (0.9 + 0.25 * 0.1));
	jobs.ballast_w[5] = 60.0;
	jobs.io_w[5] = 0.5;
	load_with(NULL);
	near(w[5], (31.2 + 156.0) * 0.9 + 60.5);
	jobs.job[0].mode = JOB_MODE_IND;
	load_with(NULL);
	near(r.slot[0].rate, 83.9 / 84);
}

static void
stream_bound_layers_are_clock_gated(void **state)
{
	static const struct phase_table stream = {
		.n = 1, .row = {{4.8, 4.8 * 0.335, 0.0, 1}}, .streams = true, .full_s = 4.8};

	(void)state;
	jobs.job[0].row = 0;
	duty[3] = 0.4;
	share[4] = 1.1;
	load_with(&stream);
	near(r.slot[0].rate, 1.0); /* duty down to tau / sigma is free */
	near(w[0], 31.2 + 156.0 * 0.335);
	near(w[3], 31.2 + 156.0 * 0.335);
	near(w[4], 31.2 + 156.0 * 0.335 * 1.1);
	assert_true(r.slot[0].stream);
	duty[3] = 0.2; /* below it, it is a barrier as any other */
	load_with(&stream);
	near(r.slot[0].rate, 0.2 / 0.335);
	near(r.slot[0].row_s, 4.8 * 0.335 / 0.2);
	near(w[0], 31.2 + 156.0 * (0.2 + 0.25 * 0.8));
	jobs.job[0].mode = JOB_MODE_IND;
	load_with(&stream);
	near(r.slot[0].rate, (83 * 0.335 + 0.2) / 84 / 0.335);
	near(w[0], 31.2 + 156.0 * 0.335);
}

static void
a_job_that_moves_its_work_runs_at_half_rate(void **state)
{
	(void)state;
	jobs.job[0].slow = 0.5;
	load_with(NULL);
	near(r.slot[0].rate, 0.5);
	near(w[0], 31.2 + 156.0 * 0.5);
}

static void
reticles_of_no_job_idle(void **state)
{
	(void)state;
	for (int i = 0; i < 12; i++)
		jobs.of[i] = jobs.group[i] = JOB_NONE;
	all_duties(0.5);
	load_with(NULL);
	near(w[0], 31.2);
	near(r.rate_wafer, 0.5);
	near(r.act[0], 0.0);
	assert_int_equal(r.slot[0].size, 72);
	near(r.slot[0].load_w, 72 * (31.2 + 78.0));
	job_set_none(&jobs);
	load_with(NULL);
	near(r.rate_wafer, 1.0);
	near(w[83], 31.2);
}

/* No data, no work: no rate of it that is no number. */
static void
ind_without_activity_stands(void **state)
{
	(void)state;
	job_set_one(&jobs, JOB_MODE_IND);
	jobs.job[0].activity = 0.0;
	load_with(NULL);
	near(r.slot[0].rate, 0.0);
	near(r.slot[0].work, 0.0);
	near(r.slot[0].alone, 0.0);
	near(r.rate_wafer, 0.0);
	load_with(&two);
	near(r.slot[0].rate, 0.0);
	near(r.slot[0].work, 0.0);
	for (int i = 0; i < RETICLES; i++)
		near(w[i], md.idle_w);
}

/* A mean of rows in force is held against the same mean unthrottled. */
static void
ind_at_the_mean_of_its_rows_has_their_rate(void **state)
{
	static const struct phase_table short_rows = {
		.n = 2,
		.row = {{0.0, 0.01, 0.0, 1}, {0.03, 0.01, 0.0, 1}},
		.streams = true,
		.full_s = 0.04};
	static const struct phase_table weights = {
		.n = 2,
		.row = {{0.02, 0.0, 0.0, 1}, {0.03, 0.0, 0.0, 1}},
		.streams = true,
		.full_s = 0.05};

	(void)state;
	job_set_one(&jobs, JOB_MODE_IND);
	load_with(&short_rows);
	near(r.slot[0].act_mean, 0.5); /* 20 ms of work in 40 ms */
	near(r.slot[0].rate, 1.0);
	near(r.slot[0].work, 1.0);
	near(r.slot[0].need_s, 0.04);
	all_duties(0.25);
	load_with(&short_rows);
	near(r.slot[0].rate, 0.5);
	load_with(&weights);
	near(r.slot[0].rate, 1.0);
}

/* A path may take a pipeline out of its mode; its reticles stay in the groups of its stages. */
static void
stages_out_of_their_mode_are_one_group(void **state)
{
	static struct job_set staged;
	double plain_w[RETICLES];

	(void)state;
	for (int mode = JOB_MODE_IDLE; mode <= JOB_MODE_IND; mode++) {
		setup(NULL);
		all_duties(0.8);
		duty[3] = 0.5;
		job_set_one(&jobs, (enum job_mode)mode);
		jobs.of[83] = jobs.group[83] = JOB_NONE;
		load_with(NULL);
		memcpy(plain_w, w, sizeof(w));
		staged = jobs;
		staged.groups = JOB_GROUPS;
		staged.job[0].stages = 2;
		for (int i = 0; i < 83; i++)
			staged.group[i] = (uint8_t)GROUP_OF_STAGE(0, i / 42);
		staged.stage_cost[GROUP_OF_STAGE(0, 0)] = staged.stage_cost[GROUP_OF_STAGE(0, 1)] =
			1.0;
		job_load(&r, w, &md, &staged, NULL, duty, share);
		assert_memory_equal(w, plain_w, sizeof(w));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_layer_takes_its_work_or_its_weights, setup),
		cmocka_unit_test_setup(weights_alone_and_edges_set_the_pace, setup),
		cmocka_unit_test_setup(a_step_waits_for_the_slowest_system, setup),
		cmocka_unit_test_setup(waiting_wafers_take_a_quarter_of_their_dynamic_power, setup),
		cmocka_unit_test_setup(micro_batches_are_whole_and_none_is_lost, setup),
		cmocka_unit_test_setup(the_straggler_is_the_one_that_holds_the_others_up, setup),
		cmocka_unit_test_setup(a_pipeline_runs_at_its_slowest_stage, setup),
		cmocka_unit_test_setup(a_throttle_shorter_than_the_buffer_costs_nothing, setup),
		cmocka_unit_test_setup(stages_take_power_by_their_cost, setup),
		cmocka_unit_test_setup(masked_cores_are_lost_capacity_and_power, setup),
		cmocka_unit_test_setup(stream_bound_layers_are_clock_gated, setup),
		cmocka_unit_test_setup(a_job_that_moves_its_work_runs_at_half_rate, setup),
		cmocka_unit_test_setup(reticles_of_no_job_idle, setup),
		cmocka_unit_test_setup(ind_without_activity_stands, setup),
		cmocka_unit_test_setup(ind_at_the_mean_of_its_rows_has_their_rate, setup),
		cmocka_unit_test_setup(stages_out_of_their_mode_are_one_group, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
