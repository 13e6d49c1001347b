/* SPDX-License-Identifier: Apache-2.0 */
/* Devices that share a serial line: turns, silences, and what goes wrong on a line. */
#include "tests/unit/collect_rig.h"

#include "collectors/gate.h"
#include "core/keyed.h"

#define HEAD                                                                                       \
	"site: t\n"                                                                                \
	"systems:\n"                                                                               \
	"  - {name: cs%02d, count: 2, type: water}\n"
#define UNITS                                                                                      \
	"overrides:\n"                                                                             \
	"  cs00.cooling: {line: a, unit: 11}\n"                                                    \
	"  cs00.power: {line: a, unit: 12}\n"                                                      \
	"  cs01.cooling: {line: a, unit: 21}\n"                                                    \
	"  cs01.power: {line: a, unit: 22}\n"

static uint32_t unit[4]; /* the devices on the line */

static int
open_line(const char *yaml)
{
	static const char *const names[] = {"cs00.cooling", "cs00.power", "cs01.cooling",
					    "cs01.power"};
	rig_setup(yaml);
	for (size_t i = 0; i < 4; i++)
		unit[i] = device(names[i]);
	return 0;
}

static int
open_fast(void **state)
{
	(void)state;
	return open_line(HEAD "lines: [{name: a, baud: 115200}]\n" UNITS);
}

static int
open_slow(void **state)
{
	(void)state;
	return open_line(HEAD "lines: [{name: a, baud: 1200}]\n" UNITS);
}

static bool
all_good(uint32_t d)
{
	return rig_count(&rig, d, QUALITY_GOOD) + rig_count(&rig, d, QUALITY_RANGE) == points(d);
}

/* Seconds until every point of the device is good again, 99: not within 20. */
static double
recovery_s(uint32_t d)
{
	for (int k = 0; k < 2000; k++) {
		if (all_good(d))
			return k / 100.0;
		rig_run(&rig, 10 * MS);
	}
	return 99;
}

/* Requests to a device in the log. */
static unsigned
asked_of(uint32_t d)
{
	unsigned n = 0;
	for (size_t i = 0; i < rig.logged; i++)
		n += rig.log[i].device == d;
	return n;
}

static void
units_of_a_line_are_all_read(void **state)
{
	(void)state;
	assert_true(collect_line_load(rig.collect, 0) < 0.5);
	rig_run(&rig, 3 * NS_PER_S);
	for (size_t i = 0; i < 4; i++)
		assert_true(all_good(unit[i]));
	all_good_but(NOBODY);
	assert_int_equal(rig.line_opens, 1);
	/* the rig has refused requests within a silence; and one is in flight at a time, so the
	 * next one goes out after the answer */
	assert_in_range(rig.logged, 100, RIG_LOG - 1);
}

static void
a_slow_line_starves_no_unit_and_no_class(void **state)
{
	(void)state;
	assert_true(collect_line_load(rig.collect, 0) > 2);
	rig_run(&rig, 60 * NS_PER_S);
	rig.logged = 0;
	rig_run(&rig, 120 * NS_PER_S);
	assert_true(rig.logged < RIG_LOG);
	for (size_t i = 0; i < 4; i++) {
		const struct device *d = &rig.plant->devices[unit[i]];
		unsigned n = asked_of(unit[i]), mean = 0;
		for (size_t k = 0; k < 4; k++)
			mean += asked_of(unit[k]);
		mean /= 4;
		assert_in_range(n, mean / 2, 2 * mean);
		/* everything has been read again within a while: no class is left out */
		for (uint32_t k = 0; k < d->n_points; k++) {
			const struct sample *s = &rig_samples(&rig)[d->first_point + k];
			assert_true(s->time_ns > rig.now_ns - 130 * NS_PER_S);
		}
	}
}

static void
a_unit_that_is_silent_costs_the_others_a_fifth_of_the_line_at_most(void **state)
{
	unsigned before, after, vain;
	(void)state;
	rig_run(&rig, 5 * NS_PER_S);
	rig.logged = 0;
	rig_run(&rig, 20 * NS_PER_S);
	before = asked_of(unit[2]);
	rig.model[unit[0]].silent = rig.model[unit[1]].silent = true;
	rig_run(&rig, 1 * NS_PER_S);
	assert_int_equal(points(unit[0]), rig_count(&rig, unit[0], QUALITY_COMM));
	rig.logged = 0;
	rig_run(&rig, 20 * NS_PER_S);
	after = asked_of(unit[2]);
	assert_true(after > before * 9 / 10);
	assert_true(all_good(unit[2]) && all_good(unit[3]));
	/* one time-out in five of them, for both together, and in turns */
	vain = asked_of(unit[0]) + asked_of(unit[1]);
	assert_in_range(vain, 10, 20000 / (5 * rig.plant->devices[unit[0]].timeout_ms));
	assert_in_range(asked_of(unit[0]), vain / 2 - 1, vain / 2 + 1);
	rig.model[unit[0]].silent = rig.model[unit[1]].silent = false;
	assert_true(recovery_s(unit[0]) < 5.5);
	assert_true(recovery_s(unit[1]) < 1);
}

/* --- what goes wrong once --- */

static uint32_t victim;
static int fault, faults; /* left to do */

static size_t
once(struct rig *r, uint32_t d, uint8_t *reply, size_t len)
{
	if (d != victim || faults == 0)
		return len;
	faults--;
	switch (fault) {
	case 0: /* a bit of the check sum */
		reply[len - 1] ^= 1;
		return len;
	case 1: /* a bit of the data */
		reply[len / 2] ^= 0x10;
		return len;
	case 2: /* noise in front */
		memmove(reply + 1, reply, len);
		reply[0] = 0x00;
		return len + 1;
	case 3: /* noise behind, without a gap */
		reply[len] = 0x55;
		return len + 1;
	case 4: /* merged with another whole frame */
		memcpy(reply + len, reply, len);
		return 2 * len;
	case 5: /* another unit answers, with a right frame */
		reply[0] = 77;
		return rtu_seal(reply, len - 2);
	case 6: /* stops in the middle */
		return len / 2;
	case 7: /* nothing at all */
		return 0;
	case 8: /* the answer of another function */
		reply[1] ^= 7;
		return rtu_seal(reply, len - 2);
	case 9: /* the same answer again, a millisecond later, within the silence of 1.75 ms */
		rig_post(r, d, MESSAGE_BYTES,
			 r->now_ns + (int64_t)(8 + len) * rtu_timing(115200, true, 1).char_ns,
			 reply, len);
		return len;
	default:
		fail_msg("no such fault");
		return 0;
	}
}

static void
after_one_wrong_frame_the_device_is_back_within_two_polls(void **state)
{
	(void)state;
	rig_run(&rig, 4 * NS_PER_S);
	for (fault = 0; fault < 10; fault++) {
		double back_s;
		for (size_t i = 0; i < 4; i++)
			rig.model[unit[i]].twist = once;
		victim = unit[fault % 4];
		faults = 1;
		for (int k = 0; k < 300 && faults != 0; k++)
			rig_run(&rig, 10 * MS);
		assert_int_equal(0, faults);
		/* it is told within its time-out, and is back two fast periods later */
		bool seen = false;
		for (int k = 0; k < 60 && !seen; k++) {
			seen = rig_count(&rig, victim, QUALITY_COMM) == points(victim);
			if (!seen)
				rig_run(&rig, 10 * MS);
		}
		if (!seen)
			fail_msg("fault %d", fault);
		back_s = recovery_s(victim);
		if (back_s > 2e-3 * rig.plant->devices[victim].scan_ms[SCAN_FAST])
			fail_msg("fault %d: %g s", fault, back_s);
		for (size_t i = 0; i < 4; i++)
			assert_true(all_good(unit[i]));
		rig_run(&rig, 2 * NS_PER_S);
	}
}

static void
a_line_that_hangs_up_is_opened_again_and_its_units_are_back_within_two_polls(void **state)
{
	(void)state;
	rig_run(&rig, 4 * NS_PER_S);
	rig.line_open = false;
	collect_line_broken(rig.collect, 0, rig.now_ns, "its line hung up");
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(points(unit[i]), rig_count(&rig, unit[i], QUALITY_COMM));
	rig.model[unit[0]].refuses = true; /* the port is gone */
	rig_run(&rig, 10 * NS_PER_S);
	assert_in_range(rig.line_opens, 30, 50);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(points(unit[i]), rig_count(&rig, unit[i], QUALITY_COMM));
	assert_true(all_good(device("cs00.engine")) && all_good(device("cs01.engine")));
	rig.model[unit[0]].refuses = false;
	for (size_t i = 0; i < 4; i++)
		assert_true(recovery_s(unit[i]) < 2.0);
}

static void
a_line_that_is_never_silent_is_told_and_opened_again(void **state)
{
	static const uint8_t noise[20] = {0xFF, 0x55};
	(void)state;
	rig_run(&rig, 4 * NS_PER_S);
	for (int k = 0; k < 3000; k++) {
		if (rig.line_open) {
			rig.line_heard_ns = rig.now_ns;
			collect_line_bytes(rig.collect, 0, noise, sizeof noise, rig.now_ns);
		}
		rig_run(&rig, 1 * MS);
	}
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(points(unit[i]), rig_count(&rig, unit[i], QUALITY_COMM));
	assert_in_range(rig.line_opens, 2, 4);
	assert_true(recovery_s(unit[0]) < 3.0);
	assert_true(recovery_s(unit[3]) < 1.0);
}

static void
demands_go_out_on_the_line_and_are_read_back(void **state)
{
	(void)state;
	rig_demand(&rig, "cs00.hx.valve_cmd_pct", 42);
	rig_demand(&rig, "cs01.hx.valve_cmd_pct", 24);
	rig.ctl_beats = true;
	rig_run(&rig, 10 * NS_PER_S);
	assert_int_equal(rig.model[unit[0]].holding[2], 4200);
	assert_int_equal(rig.model[unit[2]].holding[2], 2400);
	assert_int_equal(rig_get(&rig, "cs00.hx.valve_cmd_pct").quality, QUALITY_GOOD);
	all_good_but(NOBODY);
}

/* --- answers that come too late --- */

static int
open_meter(void **state)
{
	(void)state;
	rig_setup(
		"site: t\n"
		"systems:\n"
		"  - {name: cs%02d, count: 1, type: water}\n"
		"lines: [{name: a, path: /dev/ttyX, baud: 115200}]\n"
		"facility:\n"
		"  - {name: meter, profile: schneider_iem3000, source: real, line: a, unit: 5}\n");
	return 0;
}

static void
put_f32(uint16_t *at, float value)
{
	uint32_t bits;
	memcpy(&bits, &value, sizeof bits);
	at[0] = (uint16_t)(bits >> 16);
	at[1] = (uint16_t)bits;
}

/* Two reads of one length, and no identity register: nothing but time tells their answers apart. A value
 * that is wrong counts whatever its quality: the third read is shorter, so the class is not good. */
static void
an_answer_that_is_late_is_never_another_reads(void **state)
{
	static const double late[] = {1.02, 1.04, 1.25, 1.5, 1.75, 1.98, 2.02, 2.5, 3.3, 4.5, 0.9};
	uint32_t d = device("site.meter");
	struct model *m = &rig.model[d];
	double timeout_ns = (double)rig.plant->devices[d].timeout_ms * MS;
	(void)state;
	for (unsigned k = 0; k < 3; k++) {
		put_f32(m->holding + 2999 + 2 * k, 10.0f + (float)k);
		put_f32(m->holding + 3027 + 2 * k, 230.0f + (float)k);
	}
	for (int silent = 0; silent < 2; silent++) /* about what it has not, or not */
		for (size_t i = 0; i < sizeof late / sizeof late[0]; i++) {
			m->exception = silent ? 0 : 2;
			m->exception_fc = silent ? 0 : 3;
			m->exception_reg = IDENTITY_REG;
			m->delay_ns = (int64_t)(late[i] * timeout_ns);
			for (int k = 0; k < 400; k++) {
				rig_run(&rig, 50 * MS);
				struct sample a = rig_get(&rig, "site.meter.l[1].current_a");
				struct sample v = rig_get(&rig, "site.meter.l[1].voltage_v");
				if (a.value > 20)
					fail_msg("late %g: %g A", late[i], a.value);
				if (v.value > 0 && v.value < 200)
					fail_msg("late %g: %g V", late[i], v.value);
				if (k > 100 && late[i] > 1 && late[i] < 2)
					assert_int_equal(a.quality, QUALITY_COMM);
			}
		}
	assert_true(all_good(d)); /* the last was in time */
}

static void
a_long_frame_on_a_slow_line_is_no_noise(void **state)
{
	static const uint8_t wrong[1] = {0xFF};
	const struct line_config *c = &rig.plant->lines[0];
	struct rtu_timing t = rtu_timing(c->baud, c->parity != PARITY_NONE, c->stop_bits);
	(void)state;
	rig_run(&rig, 4 * NS_PER_S);
	for (int k = 0; k < (int)RTU_FRAME_MAX; k++) {
		rig.line_heard_ns = rig.now_ns;
		collect_line_bytes(rig.collect, 0, wrong, sizeof wrong, rig.now_ns);
		rig_run(&rig, t.char_ns);
	}
	assert_int_equal(rig.line_opens, 1);
}

/* --- the gate for frames of a line --- */

static void
no_frame_with_flipped_bits_is_taken_for_an_answer(void **state)
{
	struct gate_request q;
	struct gate_answer a;
	uint8_t good[RTU_FRAME_MAX] = {11, 4, 20}, bent[RTU_FRAME_MAX];
	uint64_t accepted = 0;
	size_t len;
	(void)state;
	assert_int_equal(0, gate_read(&q, 7, 11, 4, 100, 10));
	for (unsigned i = 0; i < 20; i++)
		good[3 + i] = (uint8_t)keyed_u64(1, 1, i);
	len = rtu_seal(good, 23);
	assert_int_equal(gate_rtu_answer_length(&q), len);
	assert_int_equal(GATE_GOOD, gate_check_rtu(&q, good, len, &a));
	assert_ptr_equal(a.data, good + 3);
	assert_int_equal(a.data_len, 20);
	for (size_t n = 0; n < len; n++)
		assert_int_equal(GATE_INCOMPLETE, gate_check_rtu(&q, good, n, &a));
	/* all of one and of two bits: the check sum finds each of them in so short a frame */
	for (size_t i = 0; i < 8 * len; i++)
		for (size_t k = i; k < 8 * len; k++) {
			memcpy(bent, good, len);
			bent[i / 8] ^= (uint8_t)(1u << i % 8);
			if (k != i)
				bent[k / 8] ^= (uint8_t)(1u << k % 8);
			for (size_t n = 1; n <= len; n++) {
				enum gate_verdict v = gate_check_rtu(&q, bent, n, &a);
				if (v == GATE_GOOD || v == GATE_EXCEPTION)
					accepted++;
				if (v == GATE_REJECT)
					break;
			}
		}
	assert_int_equal(0, accepted);
}

static void
a_write_is_confirmed_by_its_own_words_alone(void **state)
{
	const uint16_t words[2] = {0x1234, 0x5678};
	struct gate_request q;
	struct gate_answer a;
	uint8_t frame[RTU_FRAME_MAX], answer[RTU_FRAME_MAX] = {11, 16, 0, 2, 0, 2};
	(void)state;
	assert_int_equal(0, gate_write(&q, 7, 11, 16, 2, 2, words));
	assert_int_equal(13, gate_rtu_frame(&q, frame));
	assert_true(rtu_sealed(frame, 13));
	assert_int_equal(GATE_GOOD, gate_check_rtu(&q, answer, rtu_seal(answer, 6), &a));
	answer[5] = 1;
	assert_int_equal(GATE_REJECT, gate_check_rtu(&q, answer, rtu_seal(answer, 6), &a));
	assert_int_equal(GATE_ECHO, a.reason);
	answer[1] = 0x90;
	answer[2] = 4;
	assert_int_equal(GATE_EXCEPTION, gate_check_rtu(&q, answer, rtu_seal(answer, 3), &a));
	assert_int_equal(4, a.exception);
	answer[3] ^= 1;
	assert_int_equal(GATE_REJECT, gate_check_rtu(&q, answer, 5, &a));
	assert_int_equal(GATE_CHECKSUM, a.reason);
}

int
main(void)
{
#define FAST(name) cmocka_unit_test_setup_teardown(name, open_fast, close_it)
	const struct CMUnitTest tests[] = {
		FAST(units_of_a_line_are_all_read),
		cmocka_unit_test_setup_teardown(a_slow_line_starves_no_unit_and_no_class, open_slow,
						close_it),
		FAST(a_unit_that_is_silent_costs_the_others_a_fifth_of_the_line_at_most),
		FAST(after_one_wrong_frame_the_device_is_back_within_two_polls),
		FAST(a_line_that_hangs_up_is_opened_again_and_its_units_are_back_within_two_polls),
		FAST(a_line_that_is_never_silent_is_told_and_opened_again),
		FAST(demands_go_out_on_the_line_and_are_read_back),
		cmocka_unit_test_setup_teardown(an_answer_that_is_late_is_never_another_reads,
						open_meter, close_it),
		cmocka_unit_test_setup_teardown(a_long_frame_on_a_slow_line_is_no_noise, open_slow,
						close_it),
		cmocka_unit_test(no_frame_with_flipped_bits_is_taken_for_an_answer),
		cmocka_unit_test(a_write_is_confirmed_by_its_own_words_alone),
	};
#undef FAST
	return cmocka_run_group_tests_name("serial lines", tests, NULL, NULL);
}
