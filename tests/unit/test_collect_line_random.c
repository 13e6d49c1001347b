/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A serial line gone mad, against a table of the truth: each register's content is a function of (device,
 * register, half second), so an answer of another time, unit or register is another number. Nothing on such
 * a line says which request an answer belongs to; still, whatever is GOOD must be what the device held
 * within the time that its answer may have taken.
 */
#include "tests/unit/collect_truth.h"

#include <math.h>

static const char yaml[] = "site: t\n"
			   "systems:\n"
			   "  - {name: cs%02d, count: 2, type: water}\n"
			   "lines: [{name: a, baud: 38400}]\n"
			   "overrides:\n"
			   "  cs00.cooling: {line: a, unit: 11}\n"
			   "  cs00.power: {line: a, unit: 12}\n"
			   "  cs01.cooling: {line: a, unit: 21}\n"
			   "  cs01.power: {line: a, unit: 22}\n";

static uint64_t good, wrong;

/* What may become of one answer. Nothing here turns a right frame into another right one of that unit. */
static size_t
mad(struct rig *r, uint32_t d, uint8_t *reply, size_t len)
{
	struct model *m = &r->model[d];
	unsigned n;
	m->delay_ns = (1 + draw(60)) * MS;
	switch (draw(40)) {
	case 0: /* lost */
		return 0;
	case 1: /* late */
		m->delay_ns = (200 + draw(600)) * MS;
		return len;
	case 2: /* bits, few enough for the check sum */
		n = 1 + draw(2);
		for (unsigned i = 0; i < n; i++) {
			unsigned bit = draw((unsigned)(8 * len));
			reply[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		return len;
	case 3: /* cut off */
		return draw((unsigned)len);
	case 4: /* repeated without a gap */
		memcpy(reply + len, reply, len);
		return 2 * len;
	case 5: /* a byte behind, or in front */
		if (draw(2) == 0)
			memmove(reply + 1, reply, len);
		else
			reply[len] = (uint8_t)draw(256);
		return len + 1;
	case 6: /* garbage */
		n = 1 + draw(599);
		for (unsigned i = 0; i < n; i++)
			reply[i] = (uint8_t)draw(256);
		return n;
	case 7: /* in pieces, in time or not */
		for (size_t at = 0; at < len; at += 40)
			rig_post(r, d, MESSAGE_BYTES,
				 r->now_ns + (int64_t)(at / 40 + 1) * draw(90) * MS, reply + at,
				 len - at < 40 ? len - at : 40);
		return 0;
	case 8: /* another unit's frame, whole and right */
		reply[0] = (uint8_t)(reply[0] ^ (1 + draw(255)));
		return rtu_seal(reply, len - 2);
	case 9: /* an exception, sensible or not */
		reply[1] |= 0x80;
		reply[2] = (uint8_t)draw(256);
		return rtu_seal(reply, 3);
	default:
		return len;
	}
}

static void
moods(bool calm)
{
	for (uint32_t d = 0; d < rig.plant->n_devices; d++) {
		struct model *m = &rig.model[d];
		bool on_line = rig.plant->devices[d].line >= 0;
		m->silent = !calm && on_line && draw(20) == 0;
		m->twist = calm || !on_line || draw(4) == 0 ? NULL : mad;
		m->delay_ns = 1 * MS;
	}
}

static void
judge(void)
{
	rig_samples(&rig);
	for (uint32_t d = 0; d < rig.plant->n_devices; d++) {
		const struct device *dev = &rig.plant->devices[d];
		for (uint32_t i = 0; i < dev->n_points && dev->line >= 0; i++) {
			const struct point *p = &rig.plant->points[dev->first_point + i];
			const struct sample *s = &rig.samples[dev->first_point + i];
			bool right = false;
			if (!free_register(p) || s->quality != QUALITY_GOOD)
				continue;
			/* its time-out, and its characters on the line */
			for (int64_t e = (s->time_ns - (dev->timeout_ms + 150) * MS) / EPOCH_NS;
			     e <= s->time_ns / EPOCH_NS; e++)
				right |= fabs(truth(d, p->reg, e) * p->scale + p->offset -
					      s->value) < 1e-9;
			good++;
			wrong += !right;
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
			moods(false);
		if (k % 500 == 250 && rig.line_open) {
			rig.line_open = false;
			collect_line_broken(rig.collect, 0, rig.now_ns, "its line hung up");
		}
		if (k % 10 == 0) { /* demands that can be told from each other */
			rig_demand(&rig, "cs00.cooling.seq_cmd", (double)(k / 10));
			rig_demand(&rig, "cs00.hx.valve_cmd_pct", (double)(k / 10) * 0.01);
		}
		rig_run(&rig, STEP_NS);
		if (k % 5 == 0)
			judge();
		/* the sequence number never runs ahead of the demands it vouches for */
		uint32_t d = device("cs00.cooling");
		assert_true(rig.model[d].holding[3] <= rig.model[d].holding[2]);
	}
	assert_int_equal(0, wrong);
	assert_true(good > 10000);
	/* the storm is over */
	moods(true);
	for (int k = 0; k < 1000; k++) {
		fill(rig.now_ns);
		rig_run(&rig, STEP_NS);
	}
	all_good_but(NOBODY);
	judge();
	assert_int_equal(0, wrong);
	print_message("# %llu good values looked at\n", (unsigned long long)good);
}

static int
open_line(void **state)
{
	(void)state;
	return rig_setup(yaml);
}

static uint64_t
run_of(uint64_t with_seed)
{
	uint64_t sum = 0;
	seed = with_seed;
	open_line(NULL);
	for (int k = 0; k < 2000; k++) {
		if (k % 100 == 0)
			moods(false);
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
	uint64_t with_seed = seed;
	(void)state;
	assert_true(run_of(3) == run_of(3));
	assert_true(run_of(3) != run_of(4));
	seed = with_seed;
}

int
main(void)
{
	if (getenv("SEED") != NULL)
		seed = strtoull(getenv("SEED"), NULL, 0);
	print_message("# SEED=%llu\n", (unsigned long long)seed);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_seed_gives_the_same_run),
		cmocka_unit_test_setup_teardown(nothing_wrong_is_ever_good, open_line, close_it),
	};
	return cmocka_run_group_tests_name("a serial line gone mad", tests, NULL, NULL);
}
