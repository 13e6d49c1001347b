/* SPDX-License-Identifier: Apache-2.0 */
/* Several jobs on a wafer: who keeps pace with whom, and that a change of jobs is no bump. */
#include "tests/unit/supervisor_bench.h"

/* Reticles 0..27 in slot 0, 28..55 in slot 1, the rest without a job. */
static void
two_jobs(struct view *v, enum job_mode first, enum job_mode second)
{
	memset(v->slot_mode, 0, sizeof v->slot_mode);
	for (int i = 0; i < RETICLES; i++)
		v->job_of[i] = i < 28 ? 1.0 : i < 56 ? 2.0 : 0.0;
	v->job_mode = JOB_MODE_PART;
	v->slot_id[0] = 7.0;
	v->slot_id[1] = 3.0;
	v->slot_mode[0] = first;
	v->slot_mode[1] = second;
	v->slot_rate_frac[0] = v->slot_rate_frac[1] = 1.0;
	v->slot_tokens_per_s[0] = v->slot_tokens_per_s[1] = 600.0;
}

static void
each_reticle_belongs_to_its_jobs_group(void **state)
{
	(void)state;
	struct job_groups g;
	struct view v;
	good_view(&v);
	groups_of_one(&g, false);
	two_jobs(&v, JOB_MODE_PIPE, JOB_MODE_IND);
	groups_read(&g, &v);
	assert_true(g.any);
	assert_int_equal(g.lead[27], 0);
	assert_false(g.alone[27]);
	assert_int_equal(g.lead[28], 28);
	assert_int_equal(g.lead[55], 55);
	assert_true(g.alone[55]);
	assert_int_equal(g.slot[55], 1);
	assert_int_equal(g.lead[80], 80);
	assert_false(groups_counts(&g, 80));
	/* what is not known now stays as it was, and a mode that is not there yet is the strict one */
	v.job_of[3] = (double)NAN;
	v.slot_mode[1] = (double)NAN;
	groups_read(&g, &v);
	assert_int_equal(g.lead[55], 55);
	v.job_of[3] = 1.0;
	groups_read(&g, &v);
	assert_int_equal(g.lead[55], 28);
	/* one that stays unknown keeps what it had, and the others go on */
	v.job_of[3] = (double)NAN;
	v.slot_mode[1] = JOB_MODE_IND;
	for (int k = 0; k < 50; k++)
		groups_read(&g, &v);
	assert_int_equal(g.lead[55], 28);
	groups_read(&g, &v);
	assert_int_equal(g.lead[55], 55);
	assert_int_equal(g.slot[3], 0);
	v.job_of[3] = 1.0;
	/* no slot in use: the mode of the whole wafer */
	for (int i = 0; i < RETICLES; i++)
		v.job_of[i] = 0.0;
	v.job_mode = JOB_MODE_IND;
	groups_read(&g, &v);
	assert_false(g.any);
	assert_true(g.alone[83] && groups_counts(&g, 83));
}

static void
begin_jobs(struct bench *b)
{
	struct supervisor_setup with = setup();
	with.start_in_charge = true;
	begin(b, with);
	two_jobs(&b->v, JOB_MODE_SYNC, JOB_MODE_SYNC);
	for (int i = 56; i < RETICLES; i++)
		b->v.temp_c[i] = 27.0; /* idle */
	steps(b, 20);                  /* the takeover is over */
}

/* A row's part, since a lone hot reading is not believed. */
static void
heat(struct view *v, int from, double temp_c)
{
	for (int i = from; i < from + 5; i++)
		v->temp_c[i] = temp_c;
}

static void
a_hot_reticle_costs_its_own_job_alone(void **state)
{
	(void)state;
	struct bench b;
	begin_jobs(&b);
	heat(&b.v, 3, 52.0);
	steps(&b, 50);
	const double *duty = b.s.demands.duty_frac;
	assert_true(duty[0] < 0.9 && fabs(duty[0] - duty[27]) < 1e-12);
	assert_true(duty[28] > 0.999 && duty[80] > 0.999);
	/* idle reticles are cold, and no reason to hold the others back */
	assert_int_equal(b.s.verdict.reason, REASON_SPREAD);
	heat(&b.v, 3, 44.0);
	steps(&b, 1200);
	assert_true(duty[0] > 0.999);
}

static void
a_job_that_ends_gives_its_integrator_up_and_the_others_go_on(void **state)
{
	(void)state;
	struct bench b;
	begin_jobs(&b);
	heat(&b.v, 3, 51.0);
	heat(&b.v, 30, 51.0);
	steps(&b, 15);
	const double *duty = b.s.demands.duty_frac;
	double second = duty[28];
	assert_true(duty[0] < 0.9 && second < 0.9);
	for (int i = 0; i < 28; i++) {
		b.v.job_of[i] = 0.0;
		b.v.temp_c[i] = 30.0;
	}
	step(&b);
	assert_true(duty[0] > 0.999);
	assert_true(fabs(duty[28] - second) < 0.06); /* its own law goes on */
	/* another takes its place, on some reticles of the second one, too: from what is applied */
	for (int i = 0; i < 40; i++)
		b.v.job_of[i] = 1.0;
	heat(&b.v, 30, 49.0);
	second = b.v.duty_frac[50];
	step(&b);
	assert_true(fabs(duty[50] - second) < 0.03);
	assert_true(fabs(duty[0] - duty[39]) < 1e-12);
	assert_true(duty[0] < second + 0.05); /* as slow as the slowest of them was */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reticle_belongs_to_its_jobs_group),
		cmocka_unit_test(a_hot_reticle_costs_its_own_job_alone),
		cmocka_unit_test(a_job_that_ends_gives_its_integrator_up_and_the_others_go_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
