/* SPDX-License-Identifier: Apache-2.0 */
/* What a job begins with and from when it counts: activity, demands, zero time. */
#include "tests/unit/jobs_fixture.h"

#include <errno.h>

#include "runner/job_score.h"

static void
each_job_begins_with_its_own_activity(void **state)
{
	static const char yaml[] =
		SYSTEMS(2) "  - {name: a, mode: ind, systems: cs00, activity: 0.1}\n"
			   "  - {name: b, mode: ind, systems: cs01}\n";

	(void)state;
	open_with(yaml, &(struct sim_options){.zero_s = 0.0});
	run_s(sim, 1);
	about(job(0).utilisation, 0.1, 1e-9);
	about(job(1).utilisation, 1.0, 1e-9);
	end();
	open_with(yaml, &(struct sim_options){.start_activity = 0.5});
	run_s(sim, 1);
	about(job(0).utilisation, 0.5, 1e-9);
	about(job(1).utilisation, 0.5, 1e-9);
	end();
}

static void
times_of_a_job_count_from_the_zero_time_once(void **state)
{
	struct sim_job_truth t;

	(void)state;
	open_with(SYSTEMS(1) "  - {name: a, end_s: 1}\n  - {name: b, start_s: 3, end_s: 4}\n",
		  &(struct sim_options){.zero_s = 20.0});
	run_s(sim, 25);
	t = job(0);
	about(job_score(&t, JOB_SCORE_started_s), 0.0, 1e-9);
	about(job_score(&t, JOB_SCORE_ended_s), 1.0, 1e-9);
	t = job(1);
	about(job_score(&t, JOB_SCORE_started_s), 3.0, 1e-9);
	about(job_score(&t, JOB_SCORE_ended_s), 4.0, 1e-9);
	end();
}

static void
a_restored_plants_jobs_count_from_the_new_zero_time(void **state)
{
	static const char yaml[] = SYSTEMS(
		2) "  - {name: a, systems: cs00, reticles: columns 0-5, tokens_per_s: 2000, "
		   "work_tokens: 11500}\n"
		   "  - {name: b, systems: cs00, reticles: columns 6-11, start_s: 12}\n"
		   "  - {name: c, systems: cs01, end_s: 5}\n";
	size_t n;
	uint8_t *bytes;
	char why[300];

	(void)state;
	open_with(yaml, NULL);
	run_s(sim, 10);
	about(job(0).tokens, 10000, 20);
	n = sim_state_size(sim);
	bytes = malloc(n);
	assert_non_null(bytes);
	sim_state_get(sim, bytes);
	end();
	open_with(yaml, NULL);
	if (sim_state_set(sim, bytes, n, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	free(bytes);
	sim_zero(sim, INT64_C(11000000000));
	about(job(0).tokens, 0, 0);
	run_s(sim, 2); /* a second of warm-up, one that counts */
	about(job(0).tokens, 1000, 1e-6);
	about(job(0).busy_s, 1, 1e-9);
	about(job(0).started_s, 0, 0);
	assert_int_equal(job(1).state, SIM_JOB_AHEAD);
	run_s(sim, 1);
	assert_int_equal(job(0).state, SIM_JOB_ENDED); /* what it had done is done */
	about(job(2).ended_s, 0, 0);
	run_s(sim, 10);
	assert_int_equal(job(1).state, SIM_JOB_RUNNING);
	about(job(1).started_s, 12, 1e-9);
	end();
}

static void
a_job_is_ended_at_once_or_not(void **state)
{
	struct change c;
	char why[300] = "";

	(void)state;
	open_with(SYSTEMS(1) "  - {name: a}\n", NULL);
	assert_int_equal(change_parse("job.a.run=1 over 4s", &c, why, sizeof(why)), 0);
	assert_int_equal(sim_set(sim, &c, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "job.a.run: is a switch"));
	run_s(sim, 2);
	assert_int_equal(job(0).state, SIM_JOB_RUNNING);
	set("job.a.activity=0.5 over 1s");
	set("job.a.run=0");
	run_s(sim, 0.02);
	assert_int_equal(job(0).state, SIM_JOB_ENDED);
	end();
}

static void
what_was_demanded_for_a_job_is_taken_back_for_the_next(void **state)
{
	(void)state;
	open_with(SYSTEMS(1) "  - {name: a, end_s: 2, reticles: columns 0-5}\n"
			     "  - {name: b, start_s: 3, reticles: columns 0-5}\n"
			     "  - {name: c, reticles: columns 6-11}\n",
		  NULL);
	assert_int_equal(write_word(sim, plant, "cs00.wafer.A1.share_cmd_frac", 11000), 0);
	assert_int_equal(write_word(sim, plant, "cs00.wafer.A12.share_cmd_frac", 9000), 0);
	assert_int_equal(write_word(sim, plant, "cs00.job[0].batch_cmd_frac", 8000), 0);
	assert_int_equal(write_word(sim, plant, "cs00.job[1].batch_cmd_frac", 7000), 0);
	run_s(sim, 2.5);
	assert_int_equal(word_of(sim, plant, "cs00.wafer.A1.share_cmd_frac"), 11000);
	assert_int_equal(word_of(sim, plant, "cs00.job[0].batch_cmd_frac"), 8000);
	run_s(sim, 1);
	assert_int_equal(job(1).state, SIM_JOB_RUNNING);
	assert_int_equal(word_of(sim, plant, "cs00.wafer.A1.share_cmd_frac"), 10000);
	assert_int_equal(word_of(sim, plant, "cs00.job[0].batch_cmd_frac"), 10000);
	/* the other job keeps what was said of it */
	assert_int_equal(word_of(sim, plant, "cs00.wafer.A12.share_cmd_frac"), 9000);
	assert_int_equal(word_of(sim, plant, "cs00.job[1].batch_cmd_frac"), 7000);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_job_begins_with_its_own_activity),
		cmocka_unit_test(times_of_a_job_count_from_the_zero_time_once),
		cmocka_unit_test(a_restored_plants_jobs_count_from_the_new_zero_time),
		cmocka_unit_test(a_job_is_ended_at_once_or_not),
		cmocka_unit_test(what_was_demanded_for_a_job_is_taken_back_for_the_next),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
