/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sim_two.h"

#include <errno.h>

#include "config/identity.h"
#include "engine_sim/gate.h"

static uint32_t engine, meter;

static int
setup_devices(void **state)
{
	setup(state);
	engine = device_of(plant, "cs00.engine");
	meter = device_of(plant, "site.meter");
	return 0;
}

/* The PDU's answer: 0 none, < 0 an exception's code negated, else the length of its PDU. */
static int
ask(uint32_t device, const uint8_t *pdu, size_t len)
{
	uint8_t request[260], answer[260];
	size_t n = frame(request, 1, pdu, len);
	int got = sim_answer(sim, device, request, n, answer);

	if (got == 0)
		return 0;
	assert_true(got >= 9);
	assert_memory_equal(answer, request, 4); /* transaction and protocol */
	assert_int_equal(answer[4] << 8 | answer[5], got - 6);
	assert_int_equal(answer[6], 1);
	assert_int_equal(answer[7] & 0x7F, pdu[0]);
	return answer[7] & 0x80 ? -answer[8] : got - 7;
}

#define ASK(device, ...)                                                                           \
	ask(device, (const uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__}))

static void
frames_are_measured_by_their_head(void **state)
{
	const uint8_t good[] = {0, 1, 0, 0, 0, 6, 1, 4, 0, 0, 0, 1};
	const uint8_t other_protocol[] = {0, 1, 0, 1, 0, 6};
	uint8_t head[6] = {0, 1, 0, 0, 0, 0};

	(void)state;
	for (size_t n = 0; n < 6; n++)
		assert_int_equal(sim_frame_length(good, n), 0);
	for (size_t n = 6; n <= sizeof(good); n++)
		assert_int_equal(sim_frame_length(good, n), 12);
	assert_int_equal(sim_frame_length(other_protocol, 6), -EPROTO);
	assert_int_equal(sim_frame_length(other_protocol, 4), -EPROTO);
	for (unsigned rest = 0; rest <= 0xFFFF; rest++) {
		head[4] = (uint8_t)(rest >> 8);
		head[5] = (uint8_t)rest;
		assert_int_equal(sim_frame_length(head, 6),
				 rest >= 2 && rest <= 254 ? (int)(6 + rest) : -EPROTO);
	}
}

static void
no_truncation_of_a_request_is_answered_as_the_request(void **state)
{
	const uint8_t whole[] = {0, 9, 0, 0, 0, 11, 1, 16, 0, 0, 0, 2, 4, 0x13, 0x88, 0x13, 0x88};
	uint8_t cut[sizeof(whole)], answer[260];
	uint16_t before[2], after[2];

	(void)state;
	assert_int_equal(read_words(sim, engine, 3, 0, 2, before), 0);
	for (size_t n = 0; n < sizeof(whole); n++) {
		/* as it comes: the frame says it is longer */
		assert_int_equal(sim_answer(sim, engine, whole, n, answer), 0);
		if (n < 8)
			continue;
		/* with a head that agrees with what is left */
		memcpy(cut, whole, n);
		cut[4] = 0;
		cut[5] = (uint8_t)(n - 6);
		assert_int_equal(sim_answer(sim, engine, cut, n, answer), 9);
		assert_int_equal(answer[7], 0x90);
		assert_int_equal(answer[8], GATE_VALUE);
	}
	assert_int_equal(read_words(sim, engine, 3, 0, 2, after), 0);
	assert_memory_equal(before, after, sizeof(before));
	assert_int_equal(sim_answer(sim, engine, whole, sizeof(whole), answer), 12);
	assert_int_equal(read_words(sim, engine, 3, 0, 2, after), 0);
	assert_int_equal(after[1], 5000);
	assert_int_equal(write_words(sim, engine, 0, 2, before), 0);
}

static void
a_request_that_is_too_long_is_refused(void **state)
{
	(void)state;
	assert_int_equal(ASK(engine, 4, 0, 0, 0, 1, 0), -GATE_VALUE);
	assert_int_equal(ASK(engine, 6, 0, 0, 0, 1, 0), -GATE_VALUE);
	assert_int_equal(ASK(engine, 16, 0, 0, 0, 1, 2, 0, 1, 0), -GATE_VALUE);
}

static void
another_unit_gets_no_answer(void **state)
{
	uint8_t request[260], answer[260];
	const uint8_t pdu[] = {4, 0, 0, 0, 1};

	(void)state;
	for (unsigned unit = 0; unit < 256; unit++) {
		size_t n = frame(request, (uint8_t)unit, pdu, sizeof(pdu));

		assert_int_equal(sim_answer(sim, engine, request, n, answer), unit == 1 ? 11 : 0);
	}
}

static void
functions_that_are_not_served_are_exception_1(void **state)
{
	(void)state;
	for (unsigned fc = 0; fc < 128; fc++) {
		const uint8_t pdu[] = {(uint8_t)fc, 0, 0, 0, 1};
		bool served = (fc >= 1 && fc <= 6) || fc == 15 || fc == 16;
		int got = ask(engine, pdu, sizeof(pdu));

		if (!served)
			assert_int_equal(got, -GATE_FUNCTION);
		else
			assert_int_not_equal(got, -GATE_FUNCTION);
	}
}

static void
quantities_are_held_to_the_protocols_limits(void **state)
{
	(void)state;
	assert_int_equal(ASK(engine, 4, 0, 0, 0, 0), -GATE_VALUE);
	assert_int_equal(ASK(engine, 4, 0, 0, 0, 126), -GATE_VALUE);
	assert_int_equal(ASK(engine, 4, 0, 0, 0xFF, 0xFF), -GATE_VALUE);
	assert_int_equal(ASK(engine, 1, 0, 0, 0x07, 0xD1), -GATE_VALUE);
	assert_int_equal(ASK(engine, 16, 0, 0, 0, 124, 248), -GATE_VALUE);
	assert_int_equal(ASK(engine, 16, 0, 0, 0, 1, 3, 0, 1), -GATE_VALUE);
	assert_int_equal(ASK(engine, 5, 0, 0, 0x12, 0), -GATE_VALUE);
	assert_int_equal(ASK(engine, 4, 0, 0, 0, 102), 2 + 2 * 102);
}

static void
registers_that_do_not_exist_are_exception_2(void **state)
{
	(void)state;
	assert_int_equal(ASK(engine, 4, 0, 102, 0, 1), -GATE_ADDRESS); /* behind the fast ones */
	assert_int_equal(ASK(engine, 4, 0, 101, 0, 2), -GATE_ADDRESS);
	assert_int_equal(ASK(engine, 4, 0xFF, 0xFF, 0, 1), -GATE_ADDRESS);
	assert_int_equal(ASK(engine, 4, 0xFF, 0xFF, 0, 2), -GATE_ADDRESS); /* past 65535 */
	assert_int_equal(ASK(engine, 3, 0, 84, 0, 1), -GATE_ADDRESS);
	assert_int_equal(ASK(engine, 1, 0, 0, 0, 1), -GATE_ADDRESS); /* it has no coils */
	assert_int_equal(ASK(engine, 2, 0, 0, 0, 1), -GATE_ADDRESS);
	assert_int_equal(ASK(engine, 5, 0, 0, 0xFF, 0), -GATE_ADDRESS);
	assert_int_equal(ASK(engine, 15, 0, 0, 0, 1, 1, 1), -GATE_ADDRESS);
	assert_int_equal(ASK(engine, 16, 0, 83, 0, 2, 4, 0, 1, 0, 1), -GATE_ADDRESS);
}

static void
gaps_are_read_as_0_where_the_profile_bridges_them(void **state)
{
	uint16_t w[8];

	(void)state;
	assert_int_equal(read_words(sim, meter, 3, 2999, 8, w), 0);
	assert_int_not_equal(w[0], 0);
	assert_int_equal(w[6], 0);
	assert_int_equal(w[7], 0);
	assert_int_equal(ASK(meter, 3, 0x0B, 0xB6, 0, 2), -GATE_ADDRESS); /* before the first */
}

static void
values_outside_a_points_range_are_exception_3_and_change_nothing(void **state)
{
	uint16_t full[2] = {10000, 10000}, two[2] = {5000, 10001}, duty[2];

	(void)state;
	assert_int_equal(write_words(sim, engine, 0, 2, full), 0);
	assert_int_equal(write_words(sim, engine, 0, 2, two), GATE_VALUE);
	assert_int_equal(read_words(sim, engine, 3, 0, 2, duty), 0);
	assert_int_equal(duty[0], 10000);
	assert_int_equal(ASK(engine, 6, 0, 0, 0x27, 0x11), -GATE_VALUE);
	assert_int_equal(ASK(engine, 6, 0, 0, 0x27, 0x10), 5);
}

static void
the_identity_block_is_read_and_never_written(void **state)
{
	uint16_t w[IDENTITY_COUNT];

	(void)state;
	assert_int_equal(read_words(sim, engine, 3, IDENTITY_REG, IDENTITY_COUNT, w), 0);
	assert_int_equal(w[IDENTITY_MAGIC_0], IDENTITY_MAGIC_WORD_0);
	assert_int_equal(w[IDENTITY_MAGIC_1], IDENTITY_MAGIC_WORD_1);
	assert_int_equal(w[IDENTITY_REVISION], 1);
	assert_int_equal(w[IDENTITY_SERIAL_HI] << 16 | w[IDENTITY_SERIAL_LO],
			 plant->systems[0].serial);
	assert_int_equal(w[IDENTITY_PROFILE], identity_profile_word("engine_block"));
	assert_int_equal(read_words(sim, meter, 3, IDENTITY_REG, IDENTITY_COUNT, w), 0);
	assert_int_equal(w[IDENTITY_PROFILE], identity_profile_word("schneider_iem3000"));
	assert_int_equal(read_words(sim, engine, 3, IDENTITY_REG + 5, 2, w), GATE_ADDRESS);
	assert_int_equal(read_words(sim, engine, 3, IDENTITY_REG - 1, 2, w), GATE_ADDRESS);
	assert_int_equal(write_words(sim, engine, IDENTITY_REG, 1, w), GATE_ADDRESS);
	assert_int_equal(read_words(sim, engine, 4, 400, 1, w), 0);
	assert_int_equal(w[0], 0x1A57);
}

/* A map with everything that profiles of this plant lack. */
static void
half_a_value_is_not_written(void **state)
{
	uint8_t cell[6] = {GATE_MAPPED | GATE_WRITABLE,
			   GATE_MAPPED | GATE_WRITABLE | GATE_CONTINUES,
			   GATE_MAPPED | GATE_WRITABLE,
			   GATE_MAPPED,
			   0,
			   GATE_MAPPED | GATE_WRITABLE};
	struct gate_map map = {.table[GATE_HOLDING] = {.first = 100, .n = 6, .cell = cell}};

	(void)state;
	assert_true(sim_gate_covers(&map, GATE_HOLDING, 100, 2, true));
	assert_true(sim_gate_covers(&map, GATE_HOLDING, 100, 3, true));
	assert_false(sim_gate_covers(&map, GATE_HOLDING, 100, 1, true));
	assert_false(sim_gate_covers(&map, GATE_HOLDING, 101, 2, true));
	assert_false(sim_gate_covers(&map, GATE_HOLDING, 102, 2, true)); /* read-only in it */
	assert_true(sim_gate_covers(&map, GATE_HOLDING, 105, 1, true));
	assert_false(sim_gate_covers(&map, GATE_HOLDING, 105, 2, true));
	assert_false(sim_gate_covers(&map, GATE_HOLDING, 99, 2, false));
	assert_true(sim_gate_covers(&map, GATE_HOLDING, 101, 1, false));
	assert_false(sim_gate_covers(&map, GATE_HOLDING, 103, 2, false));
	map.bridge_gaps = true;
	assert_true(sim_gate_covers(&map, GATE_HOLDING, 103, 2, false));
	assert_false(sim_gate_covers(&map, GATE_HOLDING, 104, 2, true));
	assert_false(sim_gate_covers(&map, GATE_INPUT, 100, 1, false));
}

static void
no_change_of_one_byte_of_a_request_breaks_anything(void **state)
{
	const uint8_t whole[] = {0, 9, 0, 0, 0, 11, 1, 16, 0, 0, 0, 2, 4, 0x27, 0x10, 0x27, 0x10};
	uint8_t bent[sizeof(whole)], answer[260];

	(void)state;
	for (size_t at = 0; at < sizeof(whole); at++)
		for (unsigned value = 0; value < 256; value++) {
			int got;

			memcpy(bent, whole, sizeof(whole));
			bent[at] = (uint8_t)value;
			got = sim_answer(sim, engine, bent, sizeof(bent), answer);
			assert_true(got == 0 || (got >= 9 && got <= 260));
			if (got > 0) {
				assert_memory_equal(answer, bent, 4);
				assert_int_equal(answer[4] << 8 | answer[5], got - 6);
			}
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_measured_by_their_head),
		cmocka_unit_test(no_truncation_of_a_request_is_answered_as_the_request),
		cmocka_unit_test(a_request_that_is_too_long_is_refused),
		cmocka_unit_test(another_unit_gets_no_answer),
		cmocka_unit_test(functions_that_are_not_served_are_exception_1),
		cmocka_unit_test(quantities_are_held_to_the_protocols_limits),
		cmocka_unit_test(registers_that_do_not_exist_are_exception_2),
		cmocka_unit_test(gaps_are_read_as_0_where_the_profile_bridges_them),
		cmocka_unit_test(values_outside_a_points_range_are_exception_3_and_change_nothing),
		cmocka_unit_test(the_identity_block_is_read_and_never_written),
		cmocka_unit_test(half_a_value_is_not_written),
		cmocka_unit_test(no_change_of_one_byte_of_a_request_breaks_anything),
	};
	return cmocka_run_group_tests(tests, setup_devices, teardown);
}
