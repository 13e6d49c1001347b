/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bus gone mad, against a table of the truth. Each register's content is a function of (device,
 * register, half second), so an answer of another time, device or register is another number. The wire delays,
 * drops, cuts, repeats, garbles and breaks by keyed draws; whatever is GOOD must be what the device held within the
 * time that its answer may have taken.
 */
#include "tests/unit/collect_truth.h"

#include <math.h>

/* What may become of one answer. Nothing here turns a good frame into another good one: that is the
 * devices' affair, and no bus can tell. */
static size_t
mad(struct rig *r, uint32_t d, uint8_t *reply, size_t len)
{
	struct model *m = &r->model[d];
	int64_t now_ns = r->now_ns;
	m->delay_ns = (1 + draw(60)) * MS;
	switch (draw(40)) {
	case 0: /* lost */
		return 0;
	case 1: /* late */
		m->delay_ns = (200 + draw(600)) * MS;
		return len;
	case 2: /* a bit of the header */
		reply[draw(9)] ^= (uint8_t)(1u << draw(8));
		return len;
	case 3: /* cut off, then nothing, or the rest of another frame */
		return draw((unsigned)len);
	case 4: /* repeated */
		rig_post(r, d, MESSAGE_BYTES, now_ns + m->delay_ns, reply, len);
		return len;
	case 5: /* with more behind it */
		reply[len] = (uint8_t)draw(256);
		return len + 1;
	case 6: /* garbage */
		for (unsigned i = 0, n = 1 + draw(599); i < n; i++)
			reply[i] = (uint8_t)draw(256);
		return 1 + draw(599);
	case 7: /* in pieces, in time or not */
		for (size_t at = 0; at < len; at += 40)
			rig_post(r, d, MESSAGE_BYTES,
				 now_ns + (int64_t)(at / 40 + 1) * draw(90) * MS, reply + at,
				 len - at < 40 ? len - at : 40);
		return 0;
	case 8: /* an exception, sensible or not */
		reply[4] = 0;
		reply[5] = 3;
		reply[7] |= 0x80;
		reply[8] = (uint8_t)draw(256);
		return 9;
	case 9: /* broken in the middle */
		rig_post(r, d, MESSAGE_BYTES, now_ns + 1 * MS, reply, draw((unsigned)len));
		rig_post(r, d, MESSAGE_BROKEN, now_ns + 2 * MS, NULL, 0);
		return 0;
	default:
		return len;
	}
}

static void
moods(void)
{
	for (uint32_t d = 0; d < rig.plant->n_devices; d++) {
		struct model *m = &rig.model[d];
		m->refuses = draw(10) == 0;
		m->deaf = draw(20) == 0;
		m->silent = draw(20) == 0;
		m->twist = draw(4) == 0 ? NULL : mad;
		m->delay_ns = 1 * MS;
	}
}

static uint64_t good, wrong;

static void
judge(void)
{
	rig_samples(&rig);
	for (uint32_t d = 0; d < rig.plant->n_devices; d++) {
		const struct device *dev = &rig.plant->devices[d];
		for (uint32_t i = 0; i < dev->n_points; i++) {
			uint32_t id = dev->first_point + i;
			const struct point *p = &rig.plant->points[id];
			const struct sample *s = &rig.samples[id];
			if (!free_register(p) || s->quality != QUALITY_GOOD)
				continue;
			/* an epoch's numbers are there up to a step late: `fill` */
			int64_t first = (s->time_ns - dev->timeout_ms * MS - STEP_NS) / EPOCH_NS;
			bool right = false;
			for (int64_t e = first; e <= s->time_ns / EPOCH_NS; e++)
				right |= fabs(truth(d, p->reg, e) * p->scale + p->offset -
					      s->value) < 1e-9;
			good++;
			wrong += !right;
			assert_true(s->flags == SAMPLE_SIMULATED);
			assert_in_range(rig.now_ns - s->time_ns, 0, 4 * NS_PER_S);
		}
	}
}

static void
nothing_wrong_is_ever_good(void **state)
{
	(void)state;
	good = wrong = 0;
	rig.ctl_beats = true;
	for (uint64_t k = 0; k < STEPS; k++) {
		if (rig.now_ns % EPOCH_NS < STEP_NS)
			fill(rig.now_ns);
		if (k % 300 == 0)
			moods();
		if (k % 10 == 0) { /* demands that can be told from each other */
			rig_demand(&rig, "cs00.engine.seq_cmd", (double)(k / 10));
			rig_demand(&rig, "cs00.wafer.B2.duty_cmd_frac", (double)(k / 10) * 0.0001);
		}
		rig_run(&rig, STEP_NS);
		if (k % 5 == 0)
			judge();
		/* the sequence number never runs ahead of the demands it vouches for */
		assert_true(rig.model[0].holding[200] <= rig.model[0].holding[13]);
	}
	assert_int_equal(0, wrong);
	assert_true(good > 100000);
	/* the storm is over */
	for (uint32_t d = 0; d < rig.plant->n_devices; d++) {
		rig.model[d].refuses = rig.model[d].deaf = rig.model[d].silent = false;
		rig.model[d].twist = NULL;
		rig.model[d].delay_ns = 1 * MS;
	}
	for (int k = 0; k < 770; k++) { /* an unanswered connect, the longest back-off, a second */
		fill(rig.now_ns);
		rig_run(&rig, STEP_NS);
	}
	all_good_but(NOBODY);
	judge();
	assert_int_equal(0, wrong);
	for (uint32_t d = 0; d < rig.plant->n_devices; d++)
		assert_true(rig.model[d].connects < STEPS * STEP_NS / (100 * MS) + 100);
}

static uint64_t
run_of(uint64_t with_seed)
{
	uint64_t sum = 0;
	seed = with_seed;
	open_two(NULL);
	for (int k = 0; k < 2000; k++) {
		if (k % 100 == 0)
			moods();
		fill(rig.now_ns);
		rig_run(&rig, STEP_NS);
	}
	rig_samples(&rig);
	for (uint32_t i = 0; i < rig.plant->n_in; i++)
		sum = keyed_u64(sum, (uint64_t)rig.samples[i].time_ns, rig.samples[i].quality);
	close_it(NULL);
	return sum;
}

static void
the_same_seed_gives_the_same_run(void **state)
{
	(void)state;
	assert_true(run_of(3) == run_of(3));
	assert_true(run_of(3) != run_of(4));
}

int
main(void)
{
	if (getenv("SEED") != NULL)
		seed = strtoull(getenv("SEED"), NULL, 0);
	print_message("# SEED=%llu\n", (unsigned long long)seed);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_seed_gives_the_same_run),
		cmocka_unit_test_setup_teardown(nothing_wrong_is_ever_good, open_two, close_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
