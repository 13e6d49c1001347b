/* SPDX-License-Identifier: Apache-2.0 */
/* The engine against scripted devices: links, polling, verdicts. */
#include "tests/unit/collect_rig.h"

#include <math.h>

/* --- polling --- */

static void
all_classes_are_polled_at_once_on_a_new_connection(void **state)
{
	(void)state;
	rig_run(&rig, 50 * MS);
	all_good_but(NOBODY);
	uint32_t d = device("cs00.engine");
	assert_int_equal(LINK_OK, (int)rig_link(&rig, d, ROLE_LINK_STATE));
	struct sample s = rig_get(&rig, "cs00.wafer.A3.temp_c");
	assert_true(fabs(s.value - 102 * 0.125) < 1e-9);
	assert_int_equal(SAMPLE_SIMULATED, s.flags);
	assert_in_range(s.time_ns, rig.now_ns - 50 * MS, rig.now_ns);
	struct image_event e[4];
	assert_int_equal(0, events(e, 4)); /* a start that goes well is no news */
}

static void
identity_comes_before_polling_and_fast_before_normal_before_slow(void **state)
{
	(void)state;
	rig_run(&rig, 50 * MS);
	uint32_t d = device("cs01.engine");
	int last = -2;
	for (size_t i = 0; i < rig.logged; i++) {
		const struct asked *a = &rig.log[i];
		if (a->device != d)
			continue;
		int rank = -1;
		if (a->fc == 3 && a->reg == IDENTITY_REG)
			rank = -2;
		for (uint32_t k = 0; k < points(d) && rank == -1; k++) {
			const struct point *p =
				&rig.plant->points[rig.plant->devices[d].first_point + k];
			if (p->fc == a->fc && p->reg == a->reg)
				rank = (int)p->scan;
		}
		assert_true(rank >= last);
		last = rank;
	}
	assert_int_equal(SCAN_NORMAL, last);
}

static void
polls_keep_their_fixed_deadlines(void **state)
{
	(void)state;
	int64_t start_ns = rig.now_ns;
	uint32_t d = device("cs00.engine"), n = 0;
	rig_run(&rig, 1050 * MS);
	for (size_t i = 0; i < rig.logged; i++)
		if (rig.log[i].device == d && rig.log[i].fc == 4 && rig.log[i].reg == 0) {
			if (n > 0)
				assert_int_equal(start_ns + n * 100 * MS, rig.log[i].at_ns);
			n++;
		}
	assert_int_equal(11, n);
}

static void
overdue_polls_are_skipped_not_bunched(void **state)
{
	(void)state;
	uint32_t d = device("cs00.engine"), n = 0;
	rig_run(&rig, 50 * MS);
	rig.logged = 0;
	rig.model[d].delay_ns = 120 * MS; /* two fast reads take 240 ms of a period of 100 */
	rig_run(&rig, 10 * NS_PER_S);
	assert_int_equal(0, rig_count(&rig, d, QUALITY_COMM));
	for (size_t i = 0, last = SIZE_MAX; i < rig.logged; i++) {
		if (rig.log[i].device != d)
			continue;
		if (last != SIZE_MAX)
			assert_true(rig.log[i].at_ns - rig.log[last].at_ns >= 120 * MS);
		last = i;
		n += rig.log[i].reg == 0 && rig.log[i].fc == 4;
	}
	assert_in_range(n, 20, 42);
	/* and the class behind, five reads, gets its turn */
	struct sample s = rig_get(&rig, "cs00.wafer.A1.share_frac");
	assert_in_range(rig.now_ns - s.time_ns, 0, 3 * NS_PER_S);
}

static void
link_points_are_published_every_second(void **state)
{
	(void)state;
	uint32_t d = device("cs00.power");
	rig_run(&rig, 50 * MS);
	for (int k = 0; k < 5; k++) {
		rig_run(&rig, NS_PER_S);
		uint32_t id = plant_link(rig.plant, d, ROLE_LINK_TRANSACTIONS);
		struct sample s = rig_samples(&rig)[id];
		assert_int_equal(QUALITY_GOOD, s.quality);
		assert_in_range(s.time_ns, rig.now_ns - NS_PER_S, rig.now_ns);
	}
	assert_true(fabs(rig_link(&rig, d, ROLE_LINK_RTT) - 1) < 1e-9);
	assert_int_equal(0, (int)rig_link(&rig, d, ROLE_LINK_ERRORS));
	uint64_t sum = 0;
	for (uint32_t i = 0; i < rig.plant->n_devices; i++)
		sum += (uint64_t)rig_link(&rig, i, ROLE_LINK_TRANSACTIONS);
	assert_in_range(collect_transactions(rig.collect), sum, sum + 200);
}

static void
one_action_at_a_time_is_enough(void **state)
{
	(void)state;
	rig.max_actions = 1;
	rig_run(&rig, 1 * NS_PER_S);
	all_good_but(NOBODY);
}

static void
the_image_beats(void **state)
{
	(void)state;
	struct image_status s;
	rig_run(&rig, 1 * NS_PER_S);
	image_status(rig.in, rig.now_ns, &s);
	assert_true(s.alive);
	assert_int_equal(11, s.tick);
	assert_int_equal(0, s.overruns);
	rig.now_ns += 450 * MS;
	rig_run(&rig, 0);
	image_status(rig.in, rig.now_ns, &s);
	assert_int_equal(12, s.tick);
	assert_int_equal(3, s.overruns);
}

/* --- failures --- */

static void
a_silent_device_is_comm_as_a_whole_within_its_timeout(void **state)
{
	(void)state;
	uint32_t d = device("cs00.engine");
	rig_run(&rig, 1050 * MS);
	struct sample before = rig_get(&rig, "cs00.wafer.A1.temp_c");
	rig.model[d].silent = true;
	rig.model[d].input[0] = 777;
	/* next poll at the next fast deadline, then its timeout */
	rig_run(&rig, 100 * MS + rig.plant->devices[d].timeout_ms * MS);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_COMM));
	assert_int_equal(LINK_COMM, (int)rig_link(&rig, d, ROLE_LINK_STATE));
	struct sample s = rig_get(&rig, "cs00.wafer.A1.temp_c");
	assert_true(fabs(s.value - before.value) < 1e-12); /* the last good one */
	assert_in_range(s.time_ns, before.time_ns, before.time_ns + 100 * MS);
	assert_int_equal(SAMPLE_SIMULATED, s.flags);
	all_good_but(d);
	struct image_event e[4];
	rig_run(&rig, 3 * NS_PER_S);
	assert_int_equal(1, events(e, 4)); /* the verdict changed once */
	assert_string_equal("cs00.engine: no whole answer within 250 ms", e[0].text);
	assert_int_equal(LINK_COMM, (int)e[0].value);
	/* it speaks again: the request that is out must still run out, then two polls at most */
	rig.model[d].silent = false;
	rig_run(&rig, 250 * MS + 2 * 100 * MS + 10 * MS);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_GOOD));
	assert_true(fabs(rig_get(&rig, "cs00.wafer.A1.temp_c").value - 777 * 0.125) < 1e-9);
	assert_int_equal(2, events(e, 4));
	all_good_but(NOBODY);
}

static size_t
corrupt(struct rig *r, uint32_t d, uint8_t *reply, size_t len)
{
	(void)r;
	(void)d;
	reply[6] ^= 1; /* another unit answers */
	return len;
}

static void
a_wrong_frame_is_comm_at_once_and_the_connection_a_new_one(void **state)
{
	(void)state;
	uint32_t d = device("cs01.cooling");
	rig_run(&rig, 1050 * MS);
	assert_int_equal(1, rig.model[d].connects);
	rig.model[d].twist = corrupt;
	rig_run(&rig, 200 * MS);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_COMM));
	assert_true(rig.model[d].connects >= 2);
	assert_true(rig.model[d].closes >= 1);
	all_good_but(d);
	rig.model[d].twist = NULL;
	rig_run(&rig, 2 * 200 * MS + 10 * MS);
	assert_int_equal(0, rig_count(&rig, d, QUALITY_COMM));
	struct image_event e[4];
	assert_int_equal(2, events(e, 4));
	assert_string_equal("cs01.cooling: wrong answer: wrong unit id", e[0].text);
	assert_int_equal(LINK_OK, (int)e[1].value);
}

static size_t
twice(struct rig *r, uint32_t d, uint8_t *reply, size_t len)
{
	(void)r;
	(void)d;
	memcpy(reply + len, reply, len);
	return 2 * len;
}

static size_t
repeated(struct rig *r, uint32_t d, uint8_t *reply, size_t len)
{
	rig_post(r, d, MESSAGE_BYTES, r->now_ns + 1 * MS, reply, len);
	rig_post(r, d, MESSAGE_BYTES, r->now_ns + 1 * MS, reply, len);
	return 0;
}

static size_t
trickled(struct rig *r, uint32_t d, uint8_t *reply, size_t len)
{
	for (size_t at = 0; at < len; at += 4)
		rig_post(r, d, MESSAGE_BYTES, r->now_ns + (int64_t)(at / 4 + 1) * 2 * MS,
			 reply + at, len - at < 4 ? len - at : 4);
	return 0;
}

static size_t
dripped(struct rig *r, uint32_t d, uint8_t *reply, size_t len)
{
	for (size_t at = 0; at < len && at < 8; at++)
		rig_post(r, d, MESSAGE_BYTES, r->now_ns + (int64_t)(at + 1) * 80 * MS, reply + at,
			 1);
	return 0;
}

static size_t
garbage(struct rig *r, uint32_t d, uint8_t *reply, size_t len)
{
	(void)r;
	(void)d;
	(void)len;
	memset(reply, 0xA5, 600);
	return 600;
}

static void
an_answer_in_pieces_is_good_within_the_deadline(void **state)
{
	(void)state;
	uint32_t d = device("cs00.cooling");
	rig.model[d].twist = trickled; /* 55 bytes in 28 ms */
	rig_run(&rig, 3 * NS_PER_S);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_GOOD));
	assert_int_equal(1, rig.model[d].connects);
}

static void
a_dripping_answer_ends_at_the_one_deadline(void **state)
{
	(void)state;
	uint32_t d = device("cs00.cooling");
	rig_run(&rig, 150 * MS);
	rig.model[d].twist = dripped;
	rig_run(&rig, 50 * MS); /* the poll is out */
	rig_run(&rig, 249 * MS);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_GOOD));
	rig_run(&rig, 1 * MS);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_COMM));
}

static void
whatever_is_not_one_answer_never_looks_good(void **state)
{
	(void)state;
	size_t (*const twists[])(struct rig *, uint32_t, uint8_t *, size_t) = {twice, repeated,
									       garbage, corrupt};
	uint32_t d = device("cs00.cooling");
	for (size_t i = 0; i < sizeof twists / sizeof *twists; i++) {
		rig_run(&rig, 1 * NS_PER_S);
		assert_int_equal(points(d), rig_count(&rig, d, QUALITY_GOOD));
		uint64_t connects = rig.model[d].connects;
		rig.model[d].twist = twists[i];
		rig.model[d].input[1] = (uint16_t)(2000 + i);
		rig_run(&rig, 5 * NS_PER_S);
		if (twists[i] != repeated) /* there, the first one was right */
			assert_int_equal(points(d), rig_count(&rig, d, QUALITY_COMM));
		/* no spin: ten new connections a second at most */
		assert_in_range(rig.model[d].connects - connects, 1, 51);
		rig.model[d].twist = NULL;
		rig_run(&rig, 450 * MS);
		assert_true(fabs(rig_get(&rig, "cs00.loop.supply_temp_c").value -
				 (2000 + (double)i) * 0.01) < 1e-9);
	}
}

static void
a_late_answer_is_never_taken_for_the_next_one(void **state)
{
	(void)state;
	uint32_t d = device("cs00.cooling");
	rig_run(&rig, 50 * MS);
	rig.model[d].delay_ns = 300 * MS;
	rig_run(&rig, 5 * NS_PER_S);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_COMM));
	rig.model[d].delay_ns = 249 * MS;
	rig_run(&rig, 3 * NS_PER_S);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_GOOD));
}

/* The process was stopped: an answer waits in its socket, older than it may be. */
static void
an_answer_that_lay_past_its_deadline_is_late(void **state)
{
	(void)state;
	uint32_t d = device("cs00.cooling");
	rig_run(&rig, 150 * MS);
	rig.model[d].delay_ns = 10 * MS;
	rig_run(&rig, 52 * MS);
	assert_int_equal(1, rig.model[d].queued);
	rig.now_ns += 400 * MS;
	rig_deliver(&rig, d);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_COMM));
	rig_run(&rig, 450 * MS);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_GOOD));
}

static void
a_device_that_hangs_up_at_once_is_not_called_in_a_spin(void **state)
{
	(void)state;
	uint32_t d = device("cs00.cooling");
	rig.model[d].slams = true;
	rig_run(&rig, 10 * NS_PER_S);
	assert_in_range(rig.model[d].connects, 10, 101);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_COMM));
	all_good_but(d);
}

static void
refused_connects_back_off_with_jitter(void **state)
{
	(void)state;
	uint32_t a = device("cs00.engine"), b = device("cs01.engine");
	rig.model[a].refuses = rig.model[b].refuses = true;
	rig_run(&rig, 100 * MS);
	assert_int_equal(points(a), rig_count(&rig, a, QUALITY_COMM));
	assert_true(isnan(rig_get(&rig, "cs00.wafer.A1.temp_c").value));
	rig_run(&rig, 60 * NS_PER_S);
	int different = 0;
	int64_t longest_ns = 0;
	for (size_t i = 1; i < rig.model[a].connects; i++) {
		int64_t wait_ns = rig.model[a].connect_ns[i] - rig.model[a].connect_ns[i - 1];
		assert_in_range(wait_ns, 100 * MS, 5 * NS_PER_S + 1 * MS);
		different += wait_ns != rig.model[b].connect_ns[i] - rig.model[b].connect_ns[i - 1];
		longest_ns = wait_ns > longest_ns ? wait_ns : longest_ns;
	}
	assert_in_range(rig.model[a].connects, 15, 40);
	assert_true(longest_ns > 3 * NS_PER_S);
	assert_true(different > 5);
	rig.model[a].refuses = rig.model[b].refuses = false;
	rig_run(&rig, 5100 * MS);
	all_good_but(NOBODY);
}

static void
a_connect_that_is_never_answered_is_given_up(void **state)
{
	(void)state;
	uint32_t d = device("cs00.power");
	rig.model[d].deaf = true;
	rig_run(&rig, 1499 * MS);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_NEVER));
	rig_run(&rig, 1 * MS);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_COMM));
	assert_int_equal(1, rig.model[d].closes);
	all_good_but(d);
	rig.model[d].deaf = false;
	rig_run(&rig, 2 * NS_PER_S);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_GOOD));
}

static void
a_broken_connection_is_reopened_at_once_and_polled_at_a_fast_deadline(void **state)
{
	(void)state;
	uint32_t d = device("cs00.engine");
	int64_t start_ns = rig.now_ns;
	rig_run(&rig, 1030 * MS);
	cut(d);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_COMM));
	rig.logged = 0;
	rig_run(&rig, 10 * MS);
	assert_int_equal(2, rig.model[d].connects);
	rig_run(&rig, 200 * MS);
	size_t i = 0;
	while (rig.log[i].device != d)
		i++;
	assert_int_equal(start_ns + 1200 * MS, rig.log[i].at_ns);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_GOOD));
}

/* --- exceptions and values --- */

static void
an_exception_is_on_the_points_of_that_read_alone(void **state)
{
	(void)state;
	uint32_t d = device("cs00.engine");
	for (unsigned code = 0; code < 256; code++) {
		rig.model[d].exception_fc = 4;
		rig.model[d].exception_reg = 210;
		rig.model[d].exception = (uint8_t)code;
		rig_run(&rig, 150 * MS);
		enum quality q = code == 6 ? QUALITY_COMM : QUALITY_BAD;
		assert_int_equal(84, rig_count(&rig, d, q));
		assert_int_equal(q, rig_get(&rig, "cs00.wafer.B7.duty_frac").quality);
		assert_int_equal(QUALITY_GOOD, rig_get(&rig, "cs00.wafer.B7.temp_c").quality);
		assert_int_equal(LINK_OK, (int)rig_link(&rig, d, ROLE_LINK_STATE));
	}
	assert_true(rig_link(&rig, d, ROLE_LINK_ERRORS) > 250);
	assert_int_equal(1, rig.model[d].connects); /* it stays connected */
	rig.model[d].exception_fc = 0;
	rig_run(&rig, 150 * MS);
	all_good_but(NOBODY);
}

static void
no_value_codes_are_bad_and_impossible_values_out_of_range(void **state)
{
	(void)state;
	uint32_t d = device("cs00.engine");
	rig_run(&rig, 150 * MS);
	rig.model[d].input[2] = 0x8000;  /* sensor open */
	rig.model[d].input[3] = 0x7FFF;  /* 4095.875 degrees */
	rig.model[d].input[97] = 0x7FC0; /* tokens: NaN */
	rig_run(&rig, 100 * MS);
	struct sample s = rig_get(&rig, "cs00.wafer.A3.temp_c");
	assert_int_equal(QUALITY_BAD, s.quality);
	assert_true(fabs(s.value - 102 * 0.125) < 1e-9);
	s = rig_get(&rig, "cs00.wafer.A4.temp_c");
	assert_int_equal(QUALITY_RANGE, s.quality);
	assert_true(fabs(s.value - 4095.875) < 1e-9);
	assert_int_equal(QUALITY_BAD, rig_get(&rig, "cs00.job.tokens_per_s").quality);
	assert_int_equal(points(d) - 3, rig_count(&rig, d, QUALITY_GOOD));
	cut(d); /* what is kept then is the last good one, not the last one */
	s = rig_get(&rig, "cs00.wafer.A4.temp_c");
	assert_int_equal(QUALITY_COMM, s.quality);
	assert_true(fabs(s.value - 103 * 0.125) < 1e-9);
}

int
main(void)
{
#define WITH(open, test) cmocka_unit_test_setup_teardown(test, open, close_it)
	const struct CMUnitTest tests[] = {
		WITH(open_two, all_classes_are_polled_at_once_on_a_new_connection),
		WITH(open_two, identity_comes_before_polling_and_fast_before_normal_before_slow),
		WITH(open_two, polls_keep_their_fixed_deadlines),
		WITH(open_two, overdue_polls_are_skipped_not_bunched),
		WITH(open_two, link_points_are_published_every_second),
		WITH(open_two, one_action_at_a_time_is_enough),
		WITH(open_two, the_image_beats),
		WITH(open_two, a_silent_device_is_comm_as_a_whole_within_its_timeout),
		WITH(open_two, a_wrong_frame_is_comm_at_once_and_the_connection_a_new_one),
		WITH(open_two, an_answer_in_pieces_is_good_within_the_deadline),
		WITH(open_two, a_dripping_answer_ends_at_the_one_deadline),
		WITH(open_two, whatever_is_not_one_answer_never_looks_good),
		WITH(open_two, a_late_answer_is_never_taken_for_the_next_one),
		WITH(open_two, an_answer_that_lay_past_its_deadline_is_late),
		WITH(open_two, a_device_that_hangs_up_at_once_is_not_called_in_a_spin),
		WITH(open_two, refused_connects_back_off_with_jitter),
		WITH(open_two, a_connect_that_is_never_answered_is_given_up),
		WITH(open_two,
		     a_broken_connection_is_reopened_at_once_and_polled_at_a_fast_deadline),
		WITH(open_two, an_exception_is_on_the_points_of_that_read_alone),
		WITH(open_two, no_value_codes_are_bad_and_impossible_values_out_of_range),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
