/* SPDX-License-Identifier: Apache-2.0 */
/* The simulator's serial lines: the same registers as over TCP, in frames of unit, PDU and check sum. */
#include "tests/unit/sim_fixture.h"

#include "core/keyed.h"
#include "core/rtu.h"

static const char two_on_a_line[] = "site: t\n"
				    "systems:\n"
				    "  - {name: cs%02d, count: 2, type: water}\n"
				    "lines: [{name: a}, {name: b}]\n"
				    "overrides:\n"
				    "  cs00.cooling: {line: a, unit: 11}\n"
				    "  cs00.power: {line: a, unit: 12}\n"
				    "  cs01.cooling: {line: a, unit: 21}\n"
				    "  cs01.power: {line: b, unit: 12}\n";

static struct plant *plant;
static struct sim *sim;
static uint32_t cooling0, cooling1;

static int
setup(void **state)
{
	(void)state;
	plant = plant_of(two_on_a_line);
	sim = sim_of(plant, NULL);
	cooling0 = device_of(plant, "cs00.cooling");
	cooling1 = device_of(plant, "cs01.cooling");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	sim_close(sim);
	plant_free(plant);
	return 0;
}

/* The answer's length; its check sum is right and its unit the one asked. */
static int
ask(uint32_t line, uint8_t unit, const uint8_t *pdu, size_t len, uint8_t answer[256])
{
	uint8_t request[256] = {unit};
	int got;

	memcpy(request + 1, pdu, len);
	got = sim_line_answer(sim, line, request, rtu_seal(request, len + 1), answer);
	if (got != 0) {
		assert_true(rtu_sealed(answer, (size_t)got));
		assert_int_equal(answer[0], unit);
	}
	return got;
}

#define ASK(line, unit, answer, ...)                                                               \
	ask(line, unit, (const uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__}), answer)

static void
the_check_sum_is_the_one_of_the_standard(void **state)
{
	/* Modbus over Serial Line 1.02, 6.2.2, figure 36: 0x02 0x07 gives CRC 0x1241 */
	uint8_t frame[4] = {0x02, 0x07};

	(void)state;
	assert_int_equal(rtu_crc(frame, 2), 0x1241);
	assert_int_equal(rtu_seal(frame, 2), 4);
	assert_int_equal(frame[2], 0x41);
	assert_true(rtu_sealed(frame, 4));
	assert_false(rtu_sealed(frame, 3));
	assert_false(rtu_sealed(frame, 2));
	assert_false(rtu_sealed(frame, 0));
}

static void
characters_and_silences_take_their_time(void **state)
{
	struct rtu_timing slow = rtu_timing(9600, false, 1), even = rtu_timing(19200, true, 1),
			  fast = rtu_timing(115200, true, 1);

	(void)state;
	assert_int_equal(slow.char_ns, 1041666); /* 10 bits */
	assert_int_equal(slow.gap_ns, 3645831);  /* 3.5 of them */
	assert_int_equal(even.char_ns, 572916);  /* 11 bits */
	assert_int_equal(fast.gap_ns, 1750000);
}

static void
registers_are_the_same_over_tcp_and_on_the_line(void **state)
{
	const uint8_t pdu[5] = {4, 0, 0, 0, 20};
	uint8_t tcp[260], request[260], rtu[256];
	size_t n = frame(request, 11, pdu, sizeof(pdu));

	(void)state;
	run_s(sim, 3);
	assert_int_equal(sim_answer(sim, cooling0, request, n, tcp), 9 + 40);
	assert_int_equal(ask(0, 11, pdu, sizeof(pdu), rtu), 3 + 40 + 2);
	assert_memory_equal(tcp + 7, rtu + 1, 2 + 40);
}

static void
each_unit_answers_on_its_own_line_alone(void **state)
{
	uint8_t answer[256];
	const struct {
		uint32_t line;
		uint8_t unit, profile_word_high;
	} there[] = {{0, 11, 0x1C}, {0, 12, 0x1B}, {0, 21, 0x1C}, {1, 12, 0x1B}};

	(void)state;
	for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++) {
		uint8_t reg = there[i].profile_word_high == 0x1C ? 40 : 80;

		assert_int_equal(ASK(there[i].line, there[i].unit, answer, 4, 0, reg, 0, 1), 7);
		assert_int_equal(answer[3], there[i].profile_word_high);
	}
	for (unsigned unit = 1; unit < 256; unit++)
		if (unit != 11 && unit != 12 && unit != 21)
			assert_int_equal(ASK(0, (uint8_t)unit, answer, 4, 0, 40, 0, 1), 0);
	assert_int_equal(ASK(1, 11, answer, 4, 0, 40, 0, 1), 0);
}

static void
a_device_that_is_offline_is_silent_on_its_line(void **state)
{
	uint8_t answer[256];

	(void)state;
	assert_int_equal(change(sim, "cs00.cooling.offline=1"), 0);
	assert_int_equal(ASK(0, 11, answer, 4, 0, 40, 0, 1), 0);
	assert_int_equal(ASK(0, 21, answer, 4, 0, 40, 0, 1), 7);
	assert_int_equal(change(sim, "cs00.cooling.offline=0"), 0);
	assert_int_equal(ASK(0, 11, answer, 4, 0, 40, 0, 1), 7);
}

static void
what_is_illegal_gets_its_exception(void **state)
{
	uint8_t answer[256];

	(void)state;
	assert_int_equal(ASK(0, 11, answer, 0x2B, 14, 1, 0), 5);
	assert_int_equal(answer[1], 0xAB);
	assert_int_equal(answer[2], 1);
	assert_int_equal(ASK(0, 11, answer, 4, 0xFF, 0xF0, 0, 5), 5);
	assert_int_equal(answer[2], 2);
	assert_int_equal(ASK(0, 11, answer, 4, 0, 0, 0, 126), 5);
	assert_int_equal(answer[2], 3);
}

static uint16_t
valve(uint8_t unit)
{
	uint8_t answer[256];

	assert_int_equal(ASK(0, unit, answer, 3, 0, 2, 0, 1), 7);
	return (uint16_t)(answer[3] << 8 | answer[4]);
}

static void
a_write_is_confirmed_and_a_broadcast_is_taken_by_all_and_answered_by_none(void **state)
{
	uint8_t answer[256];
	uint16_t other = valve(21);

	(void)state;
	assert_int_equal(ASK(0, 11, answer, 6, 0, 2, 0x13, 0x88), 8); /* 50 % */
	assert_memory_equal(answer, ((const uint8_t[]){11, 6, 0, 2, 0x13, 0x88}), 6);
	assert_int_equal(valve(11), 5000);
	assert_int_equal(valve(21), other);
	assert_int_equal(ASK(0, 0, answer, 6, 0, 2, 0x0F, 0xA0), 0); /* 40 % */
	assert_int_equal(valve(11), 4000);
	assert_int_equal(valve(21), 4000);
	/* a broadcast can't ask */
	assert_int_equal(ASK(0, 0, answer, 3, 0, 2, 0, 1), 0);
}

static void
nothing_but_a_whole_right_frame_is_obeyed(void **state)
{
	uint8_t good[256] = {11, 16, 0, 2, 0, 1, 2, 0x0B, 0xB8}, bent[256], answer[256];
	size_t len = rtu_seal(good, 9);
	uint16_t before = valve(11);

	(void)state;
	for (size_t n = 0; n < len; n++)
		assert_int_equal(sim_line_answer(sim, 0, good, n, answer), 0);
	for (size_t bit = 0; bit < 8 * len; bit++) {
		memcpy(bent, good, len);
		bent[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(sim_line_answer(sim, 0, bent, len, answer), 0);
	}
	for (uint64_t k = 0; k < 20000; k++) {
		size_t n = keyed_u64(1, 2, k) % 257;

		for (size_t i = 0; i < n; i++)
			bent[i] = (uint8_t)keyed_u64(k, 3, i);
		assert_int_equal(sim_line_answer(sim, 0, bent, n, answer), 0);
	}
	assert_int_equal(valve(11), before);
	assert_int_equal(sim_line_answer(sim, 0, good, len, answer), 8);
	assert_int_equal(valve(11), 3000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_check_sum_is_the_one_of_the_standard),
		cmocka_unit_test(characters_and_silences_take_their_time),
		cmocka_unit_test_setup_teardown(registers_are_the_same_over_tcp_and_on_the_line,
						setup, teardown),
		cmocka_unit_test_setup_teardown(each_unit_answers_on_its_own_line_alone, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_device_that_is_offline_is_silent_on_its_line,
						setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_illegal_gets_its_exception, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			a_write_is_confirmed_and_a_broadcast_is_taken_by_all_and_answered_by_none,
			setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_but_a_whole_right_frame_is_obeyed, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
