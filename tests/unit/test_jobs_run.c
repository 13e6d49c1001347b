/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs in the simulator: phases, steps of several systems, starts and ends, sums, and what registers show. */
#include "tests/unit/jobs_fixture.h"

static double
mean_rate(double seconds)
{
	struct sim_truth t;
	double sum = 0.0;
	long n = lround(seconds * STEPS_PER_S);

	for (long k = 0; k < n; k++) {
		sim_step(sim);
		sim_truth(sim, 0, &t);
		sum += t.rate;
	}
	return sum / (double)n;
}

/* Steps until the wafer's dynamic power crosses `w`. */
static double
seconds_until(bool below, double watts)
{
	struct sim_truth t;

	for (int n = 1; n < 5000; n++) {
		sim_step(sim);
		sim_truth(sim, 0, &t);
		if ((t.wafer_w < watts) == below)
			return n * 0.01;
	}
	fail_msg("never at %g W", watts);
	return 0.0;
}

static void
a_cycle_is_as_long_as_its_work_and_its_weights(void **state)
{
	(void)state;
	open_with(SYSTEMS(1) "  - {name: a, period: {period_s: 12, compute: 0.6, stream: 0.4, "
			     "activity: 0.335}}\n",
		  NULL);
	about(seconds_until(true, 13000), 7.21, 1e-9); /* the step after 7.2 s of work */
	about(seconds_until(false, 13000), 4.8, 1e-9);
	about(seconds_until(true, 13000), 7.2, 1e-9);
	set("cs00.reticle.cores=0.8"); /* the stream phase is no longer for it */
	about(seconds_until(false, 12000), 4.8, 1e-9);
	about(seconds_until(true, 12000), 9.0, 1e-9);
	set("cs00.reticle.cores=0.25"); /* now it is: .335 / .25 */
	run_s(sim, 4.8 * 0.335 / 0.25 - 0.01 - 0.2);
	about(job(0).rate, 0.25 / 0.335, 1e-9);
	run_s(sim, 0.22);
	about(job(0).rate, 0.25, 1e-9);
	end();
	/* the mean of the rate over whole cycles is what the cycle's length says */
	open_with(SYSTEMS(1) "  - {name: a, period: {period_s: 12, compute: 0.6, stream: 0.4, "
			     "activity: 0.335}, tokens_per_s: 1000}\n",
		  NULL);
	set("cs00.reticle.cores=0.9");
	about(mean_rate(5 * 12.8), 12.0 / 12.8, 1e-6);
	about(job(0).tokens, 5 * 12 * 1000.0, 0.1);
	about(job(0).scaling_frac, 12.0 / 12.8, 1e-6);
	end();
}

static void
ind_has_the_same_cycle_at_its_mean_rate(void **state)
{
	(void)state;
	open_with(SYSTEMS(1) "  - {name: a, mode: ind, period: {period_s: 12, compute: 0.6, "
			     "stream: 0.4, activity: 0.335}}\n",
		  NULL);
	for (int i = 0; i < 42; i++) {
		char text[60];

		snprintf(text, sizeof(text), "cs00.reticle[%d].cores=0.8", i);
		set(text);
	}
	about(mean_rate(5 * 12.8), 12.0 / 12.8, 1e-6);
	end();
}

static const char four[] = SYSTEMS(
	4) "  - {name: a, tenant: lab, reduce_s: 0.01, microbatches: 32, tokens_per_s: 1000}\n";

static void
the_slowest_system_sets_the_pace_and_is_named(void **state)
{
	struct sim_truth t;
	double mode;

	(void)state;
	open_with(four, NULL);
	run_s(sim, 10);
	about(job(0).rate, 1.0, 1e-12);
	about(job(0).scaling_frac, 1 / 1.01, 1e-9); /* the exchange is all that is lost */
	about(job(0).tokens_per_s, 4000 / 1.01, 1e-9);
	assert_int_equal(job(0).straggler, -1);
	set("cs02.reticle.cores=0.8");
	run_s(sim, 1);
	about(job(0).rate, 1.01 / 1.26, 1e-9);
	assert_int_equal(job(0).straggler, 2);
	about(shown("cs02.job[0].holds_frac"), 0.25 / 1.26, 1e-4);
	about(shown("cs01.job[0].holds_frac"), 0, 0);
	about(shown("cs01.job[0].wait_frac"), 0.25 / 1.26, 1e-4);
	sim_truth(sim, 0, &t);
	about(t.rate, 1.01 / 1.26, 1e-9);
	assert_int_equal(t.slot_job[0], 0);
	assert_int_equal(t.slot_job[1], -1);
	/* as fast again once the batch is shared by speed: 4 x 32 = 128 micro-batches by 1 : .8 */
	set("cs02.job[0].batch=0.8");
	run_s(sim, 1);
	/* 27 for the slow one: 1.0547 s; 34 for one of the others: 1.0625 s */
	about(job(0).tokens_per_s, 4000 / (34 / 32.0 + 0.01), 1e-9);
	about(job(0).rate, 1.01 / (34 / 32.0 + 0.01), 1e-9);
	assert_int_equal(sim_get(sim, "cs02.job[0].mode", &mode), 0);
	run_s(sim, 5);
	assert_int_equal(job(0).straggler_most, 2);
	about(job(0).straggler_s, 1.0, 0.15);
	end();
}

static void
healthy_systems_scale_to_99_per_cent_and_a_throttled_one_is_named(void **state)
{
	(void)state;
	for (int n = 16; n <= 64; n *= 2) {
		char yaml[600];

		snprintf(yaml, sizeof(yaml),
			 "site: test\ngrid: reference\nfaults: allowed\nsystems:\n  - {name: "
			 "cs%%02d, "
			 "count: %d, type: water}\njobs:\n  - {name: a, layers: [{sigma_s: 0.02, "
			 "tau_s: "
			 "0.03, count: 96}], batch: 5800, reduce_s: 0.02}\n",
			 n);
		open_with(yaml, NULL);
		run_s(sim, 3);
		about(job(0).scaling_frac, 2.88 / 2.9, 1e-9);
		assert_true(job(0).scaling_frac > 0.99);
		about(job(0).tokens_per_s, n * 2000.0, 1e-6);
		set("cs11.reticle[40].cores=0.7");
		run_s(sim, 1);
		assert_int_equal(job(0).straggler, 11);
		about(job(0).tokens_per_s, n * 5800 / (2.88 / 0.7 + 0.02), 1e-6);
		end();
	}
}

static void
alone_each_system_has_its_own_pace(void **state)
{
	struct sim_truth t;

	(void)state;
	open_with(SYSTEMS(2) "  - {name: a, together: no}\n", NULL);
	set("cs01.reticle.cores=0.5");
	run_s(sim, 1);
	sim_truth(sim, 0, &t);
	about(t.rate, 1.0, 1e-12);
	sim_truth(sim, 1, &t);
	about(t.rate, 0.5, 1e-12);
	about(job(0).rate, 0.75, 1e-12);
	assert_int_equal(job(0).straggler, -1);
	end();
}

/* One kind of layer has no phases: its mean is in force, with the barriers in it. */
static void
layers_all_alike_are_steady(void **state)
{
	struct sim_truth t;
	double w;

	(void)state;
	open_with(SYSTEMS(2) "  - {name: a, systems: cs00, layers: [{sigma_s: 0.02, tau_s: 0.03, "
			     "count: "
			     "40}], bar_s: 0.002, batch: 6400}\n"
			     "  - {name: b, systems: cs01, mode: ind, layers: [{sigma_s: 1, tau_s: "
			     "0.25}], tokens_per_s: 1000}\n",
		  NULL);
	run_s(sim, 1);
	about(job(0).tokens_per_s, 6400 / 1.28, 1e-9);
	about(job(0).rate, 1.0, 1e-12);
	about(job(0).utilisation, 0.03 / 0.032, 1e-9);
	about(job(1).rate, 1.0, 1e-12);
	about(job(1).utilisation, 0.25, 1e-9); /* waits for its weights */
	sim_truth(sim, 0, &t);
	w = t.wafer_w;
	run_s(sim, 5);
	sim_truth(sim, 0, &t);
	about(t.wafer_w, w, 20.0);
	set("cs00.reticle.cores=0.5");
	set("cs01.reticle.cores=0.5");
	run_s(sim, 1);
	about(job(0).tokens_per_s, 6400 / (40 * 0.062), 1e-9);
	about(job(1).rate, 1.0, 1e-12); /* still more than the weights allow */
	end();
}

static void
resolved_layers_of_several_systems_step_together(void **state)
{
	struct sim_truth t;

	(void)state;
	open_with(SYSTEMS(2) "  - {name: a, reduce_s: 0.1, layers: [{tau_s: 1}, {sigma_s: 0.5, "
			     "tau_s: 0.1}], tokens_per_s: 1000}\n",
		  NULL);
	set("cs01.reticle.cores=0.5");
	/* 2 s, .5 s and .1 s instead of 1, .5 and .1 */
	about(mean_rate(10 * 2.6), 1.6 / 2.6, 1e-6);
	about(job(0).tokens, 10 * 1.5 * 2 * 1000.0, 1.0);
	assert_int_equal(job(0).straggler, 1);
	run_s(sim, 1.2); /* ready with both layers at 1.5 s */
	sim_truth(sim, 0, &t);
	about(t.rate, 1.0, 1e-12);
	run_s(sim, 1.0);
	sim_truth(sim, 0, &t);
	about(t.rate, 0.0, 1e-12); /* waits */
	run_s(sim, 0.35);
	sim_truth(sim, 0, &t);
	about(t.rate, 1.0, 1e-12); /* exchange */
	end();
}

static void
jobs_start_wait_and_end(void **state)
{
	(void)state;
	open_with(SYSTEMS(2) "  - {name: early, systems: cs00, end_s: 10}\n"
			     "  - {name: work, systems: cs01, work_tokens: 9000, tokens_per_s: "
			     "1000}\n"
			     "  - {name: granted, class: grant, tenant: uni, priority: 9, start_s: "
			     "10,\n"
			     "     end_s: 60}\n"
			     "  - {name: own, systems: cs01, start_s: 6, end_s: 20, reticles: "
			     "columns "
			     "0-5,\n     work_tokens: 1e9}\n"
			     "  - {name: right, systems: cs01, start_s: 6, end_s: 40, reticles: "
			     "columns 6-11,\n     priority: 2, work_tokens: 1e9}\n",
		  NULL);
	assert_int_equal(job(0).state, SIM_JOB_RUNNING);
	assert_int_equal(job(2).state, SIM_JOB_AHEAD);
	run_s(sim, 6.1);
	assert_int_equal(job(3).state, SIM_JOB_WAITING); /* behind `work` */
	run_s(sim, 3.0);
	assert_int_equal(job(1).state, SIM_JOB_ENDED);
	about(job(1).tokens, 9000, 10.1);
	about(job(1).ended_s, 9.0, 0.011);
	assert_int_equal(job(3).state, SIM_JOB_RUNNING);
	assert_int_equal(job(4).state, SIM_JOB_RUNNING);
	about(job(3).started_s, 9.0, 0.011);
	about(job(3).waited_s, 3.0, 0.02);
	run_s(sim, 1.0);
	assert_int_equal(job(0).state, SIM_JOB_ENDED);
	about(job(0).ended_s, 10.0, 1e-9);
	assert_int_equal(job(2).state, SIM_JOB_WAITING); /* for cs01, too */
	run_s(sim, 10.0);
	assert_int_equal(job(3).state, SIM_JOB_ENDED);
	assert_int_equal(job(2).state, SIM_JOB_WAITING); /* half of it is not enough */
	set("job.right.run=0");
	run_s(sim, 0.02);
	assert_int_equal(job(4).state, SIM_JOB_ENDED);
	assert_int_equal(job(2).state, SIM_JOB_RUNNING);
	run_s(sim, 41);
	assert_int_equal(job(2).state, SIM_JOB_ENDED);
	about(job(2).ended_s, 60, 1e-9);
	set("job.own.run=1");
	run_s(sim, 0.02);
	assert_int_equal(job(3).state, SIM_JOB_RUNNING);
	end();
}

static void
who_waits_longest_is_not_who_goes_first(void **state)
{
	(void)state;
	open_with(SYSTEMS(1) "  - {name: first, work_tokens: 10000, tokens_per_s: 1000}\n"
			     "  - {name: low, start_s: 1, work_tokens: 2000, priority: 1}\n"
			     "  - {name: grant, start_s: 2, work_tokens: 2000, class: grant, "
			     "priority: "
			     "9}\n"
			     "  - {name: high, start_s: 3, work_tokens: 2000, priority: 8}\n"
			     "  - {name: small, start_s: 4, work_tokens: 10, reticles: 0-3, "
			     "priority: "
			     "1}\n",
		  NULL);
	run_s(sim, 10.05);
	assert_int_equal(job(3).state, SIM_JOB_RUNNING);
	assert_int_equal(job(1).state, SIM_JOB_WAITING);
	run_s(sim, 1.0);
	assert_int_equal(job(1).state, SIM_JOB_RUNNING);
	run_s(sim, 3.0); /* `small` would have room for nothing but what others wait for */
	assert_true(job(4).started_s < job(2).started_s);
	end();
}

static void
energy_is_shared_out_to_the_last_joule(void **state)
{
	double input_j = 0.0, got;
	struct sim_truth t;

	(void)state;
	open_with(SYSTEMS(2) "  - {name: a, systems: cs00, reticles: columns 0-5, density: 1.2}\n"
			     "  - {name: b, systems: cs00, reticles: columns 6-11, density: 0.6, "
			     "mode: "
			     "ind}\n"
			     "  - {name: c, systems: cs01, sparsity: 0.5}\n",
		  NULL);
	set("cs00.reticle[3].cores=0.7");
	for (int n = 0; n < 1000; n++) {
		sim_step(sim);
		for (uint32_t k = 0; k < 2; k++) {
			sim_truth(sim, k, &t);
			input_j += t.input_w * 0.01;
		}
	}
	got = job(0).energy_j + job(1).energy_j + job(2).energy_j;
	about(got, input_j, 1e-6 * input_j);
	assert_true(job(0).energy_j > 1.1 * job(1).energy_j);
	about(job(0).utilisation, 0.7, 1e-9);
	about(job(1).utilisation, 1.0, 1e-9);
	about(job(2).tokens_per_s, 2000 / 0.6, 1e-9);
	end();
}

static void
edges_starve_a_job(void **state)
{
	(void)state;
	open_with(SYSTEMS(1) "  - {name: a, io_gbps: 1200}\n", NULL);
	run_s(sim, 1);
	about(job(0).rate, 1.0, 1e-12);
	about(job(0).starved_s, 0.0, 1e-12);
	set("cs00.io.edge[2].frac=0");
	run_s(sim, 1);
	about(job(0).rate, 0.75, 1e-12);
	about(job(0).starved_s, 0.9, 0.11);
	about(shown("cs00.job.phase"), PHASE_STARVED, 0);
	set("cs00.reticle.cores=0.7"); /* throttled, it needs no more */
	run_s(sim, 1);
	about(job(0).rate, 0.7, 1e-12);
	about(shown("cs00.job.phase"), PHASE_COMPUTE, 0);
	about(shown("cs00.io.edge[2].traffic_gbps"), 0, 0);
	about(shown("cs00.io.edge[3].traffic_gbps"), 280, 0.1);
	end();
}

static void
a_pipeline_lives_on_its_buffers(void **state)
{
	struct sim_truth t;

	(void)state;
	open_with(SYSTEMS(1) "  - {name: a, mode: pipe, stages: [{cost: 1, reticles: 24}, {cost: "
			     "0.8, "
			     "reticles: 24}, {cost: 0.8, reticles: 36}]}\n",
		  NULL);
	set("cs00.reticle[30].cores=0"); /* in the second stage */
	run_s(sim, 1.9);
	about(job(0).rate, 1.0, 1e-9);
	sim_truth(sim, 0, &t);
	about(t.rate, 1.0, 1e-9);
	set("cs00.reticle[30].cores=1");
	run_s(sim, 20);
	about(job(0).scaling_frac, 1.0, 1e-9);
	set("cs00.reticle[30].cores=0.6"); /* R_s = .6 / .8 once the buffers are empty */
	run_s(sim, 30);
	about(job(0).rate, 0.75, 1e-9);
	end();
}

static void
registers_show_the_jobs(void **state)
{
	(void)state;
	open_with(SYSTEMS(1) "  - {name: a, reticles: rectangle r00c00..r06c03, memory_gb: 10}\n"
			     "  - {name: b, reticles: columns 8-11, mode: ind, density: 0.6, "
			     "memory_gb: 3.5, io_gbps: 100}\n",
		  NULL);
	run_s(sim, 1);
	about(shown("cs00.wafer.A1.job"), 1, 0);
	about(shown("cs00.wafer.A5.job"), 0, 0);
	about(shown("cs00.wafer.G12.job"), 2, 0);
	about(shown("cs00.job.mode"), JOB_MODE_PART, 0);
	about(shown("cs00.job[0].mode"), JOB_MODE_PIPE, 0);
	about(shown("cs00.job[1].mode"), JOB_MODE_IND, 0);
	about(shown("cs00.job[1].id"), 2, 0);
	about(shown("cs00.job[2].id"), 0, 0);
	about(shown("cs00.job[1].rate_frac"), 1, 1e-4);
	about(shown("cs00.job[1].tokens_per_s"), 2000 / 3.0, 0.01);
	about(shown("cs00.job.tokens_per_s"), 4000 / 3.0, 0.01);
	about(shown("cs00.job[0].batch_frac"), 1, 0);
	about(shown("cs00.mem.used_mb"), 13500, 1);
	about(shown("cs00.io.edge[0].traffic_gbps"), 25, 0.1);
	end();
}

static void
the_same_jobs_twice_end_the_same(void **state)
{
	struct sim_job_truth first;
	struct sim_truth a, b;

	(void)state;
	for (int n = 0; n < 2; n++) {
		open_with(four, &(struct sim_options){.zero_s = 2.0});
		set("cs01.reticle[7].cores=0.9 over 3s");
		run_s(sim, 5);
		sim_truth(sim, 3, n ? &b : &a);
		if (n == 0)
			first = job(0);
		else
			assert_memory_equal(&first.tokens, &(double){job(0).tokens},
					    sizeof(double));
		about(job(0).busy_s, 3.0, 1e-9); /* from the zero time on */
		end();
	}
	assert_memory_equal(a.temp_c, b.temp_c, sizeof(a.temp_c));
}

static void
a_saved_state_holds_the_jobs(void **state)
{
	static const char yaml[] = SYSTEMS(
		2) "  - {name: a, reduce_s: 0.1, end_s: 30, work_tokens: 1e9, layers: [{tau_s: "
		   "1}, {sigma_s: 0.5, tau_s: 0.1}]}\n"
		   "  - {name: b, mode: pipe, systems: cs00, start_s: 20, stages: [{cost: 2}, "
		   "{cost: 1}]}\n";
	char why[300];
	struct plant *other_plant;
	struct sim *other, *first;
	struct sim_job_truth x, y;
	uint8_t *bytes;
	size_t n;

	(void)state;
	open_with(yaml, NULL);
	set("cs01.reticle[7].cores=0.5");
	run_s(sim, 13.37);
	n = sim_state_size(sim);
	bytes = malloc(n);
	assert_non_null(bytes);
	sim_state_get(sim, bytes);
	other_plant = plant_of(yaml);
	other = sim_of(other_plant, NULL);
	if (sim_state_set(other, bytes, n, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	first = sim;
	for (int k = 0; k < 4000; k++) {
		sim_step(first);
		sim_step(other);
	}
	for (uint32_t j = 0; j < 2; j++) {
		sim_job(first, j, &x);
		sim_job(other, j, &y);
		assert_int_equal(x.state, y.state);
		assert_memory_equal(&x.tokens, &y.tokens, sizeof(double));
		assert_memory_equal(&x.energy_j, &y.energy_j, sizeof(double));
	}
	assert_int_equal(x.state, SIM_JOB_RUNNING);
	free(bytes);
	sim_close(other);
	plant_free(other_plant);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cycle_is_as_long_as_its_work_and_its_weights),
		cmocka_unit_test(ind_has_the_same_cycle_at_its_mean_rate),
		cmocka_unit_test(the_slowest_system_sets_the_pace_and_is_named),
		cmocka_unit_test(healthy_systems_scale_to_99_per_cent_and_a_throttled_one_is_named),
		cmocka_unit_test(alone_each_system_has_its_own_pace),
		cmocka_unit_test(layers_all_alike_are_steady),
		cmocka_unit_test(resolved_layers_of_several_systems_step_together),
		cmocka_unit_test(jobs_start_wait_and_end),
		cmocka_unit_test(who_waits_longest_is_not_who_goes_first),
		cmocka_unit_test(energy_is_shared_out_to_the_last_joule),
		cmocka_unit_test(edges_starve_a_job),
		cmocka_unit_test(a_pipeline_lives_on_its_buffers),
		cmocka_unit_test(registers_show_the_jobs),
		cmocka_unit_test(the_same_jobs_twice_end_the_same),
		cmocka_unit_test(a_saved_state_holds_the_jobs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
