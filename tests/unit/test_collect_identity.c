/* SPDX-License-Identifier: Apache-2.0 */
/* The engine against scripted devices: is it the device that the configuration says? */
#include "tests/unit/collect_rig.h"

static void
contradiction(uint32_t d, const char *part_of_text)
{
	struct image_event e[8];
	rig.logged = 0;
	rig_run(&rig, 20 * NS_PER_S);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_BAD));
	assert_int_equal(LINK_IDENTITY, (int)rig_link(&rig, d, ROLE_LINK_STATE));
	all_good_but(d);
	for (size_t i = 0; i < rig.logged; i++) /* nothing but identity is read, nothing written */
		assert_true(rig.log[i].device != d || rig.log[i].count == IDENTITY_COUNT ||
			    rig.log[i].reg == rig.plant->devices[d].identity_reg);
	assert_in_range(rig.model[d].connects, 5, 20); /* with back-off */
	assert_int_equal(1, events(e, 8));
	assert_non_null(strstr(e[0].text, part_of_text));
	rig_identity(&rig, d);
	rig_run(&rig, 5100 * MS);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_GOOD));
}

static void
a_simulated_device_without_the_block_is_bad(void **state)
{
	(void)state;
	uint32_t d = device("cs00.engine");
	rig.model[d].holding[IDENTITY_REG] = 0;
	contradiction(d, "no simulator answers");
}

static void
a_simulated_device_of_another_profile_is_bad(void **state)
{
	(void)state;
	uint32_t d = device("cs00.engine");
	rig.model[d].holding[IDENTITY_REG + IDENTITY_PROFILE] ^= 1;
	contradiction(d, "another profile");
}

static void
a_simulated_device_of_another_system_is_bad(void **state)
{
	(void)state;
	uint32_t d = device("cs00.engine");
	rig.model[d].holding[IDENTITY_REG + IDENTITY_SERIAL_LO] ^= 1;
	contradiction(d, "another system");
}

static void
a_wrong_identity_register_is_bad(void **state)
{
	(void)state;
	uint32_t d = device("cs00.engine");
	rig.model[d].input[400] = 0x1234;
	contradiction(d, "identity register 400 holds 0x1234, its profile says 0x1A57");
}

static void
a_simulated_device_that_refuses_the_block_is_bad(void **state)
{
	(void)state;
	uint32_t d = device("cs00.engine");
	rig.model[d].exception_fc = 3;
	rig.model[d].exception_reg = IDENTITY_REG;
	rig.model[d].exception = 2;
	rig_run(&rig, 100 * MS);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_BAD));
	rig.model[d].exception = 6; /* busy is no contradiction, and not for ever */
	rig_run(&rig, 10 * NS_PER_S);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_COMM));
	rig.model[d].exception_fc = 0;
	rig_run(&rig, 300 * MS);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_GOOD));
}

static void
identity_is_asked_again_on_every_connection(void **state)
{
	(void)state;
	uint32_t d = device("cs00.engine");
	rig_run(&rig, 500 * MS);
	rig.model[d].holding[IDENTITY_REG + IDENTITY_PROFILE] ^= 1; /* replaced by another one */
	cut(d);
	rig_run(&rig, 500 * MS);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_BAD));
	/* and unplugged in that state */
	rig.model[d].refuses = true;
	rig_run(&rig, 5 * NS_PER_S);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_COMM));
}

static void
a_real_device_is_polled_whatever_it_answers_for_the_block(void **state)
{
	(void)state;
	uint32_t d = device("cs00.engine");
	rig_run(&rig, 100 * MS); /* zeros */
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_GOOD));
	assert_int_equal(0, rig_get(&rig, "cs00.wafer.A1.temp_c").flags);
	rig.model[d].exception_fc = 3;
	rig.model[d].exception_reg = IDENTITY_REG;
	rig.model[d].exception = 2;
	cut(d);
	rig_run(&rig, 300 * MS);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_GOOD));
	assert_int_equal(1, (int)rig_link(&rig, d, ROLE_LINK_ERRORS));
}

static size_t
no_block(struct rig *r, uint32_t d, uint8_t *reply, size_t len)
{
	(void)r;
	(void)d;
	return reply[7] == 3 && reply[8] == 2 * IDENTITY_COUNT ? 0 : len;
}

static void
a_real_device_may_be_silent_about_the_block(void **state)
{
	(void)state;
	uint32_t d = device("cs00.engine");
	rig.model[d].twist = no_block;
	rig_run(&rig, 400 * MS);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_GOOD));
	assert_int_equal(2, rig.model[d].connects);
	assert_int_equal(0, (int)rig_link(&rig, d, ROLE_LINK_ERRORS));
	/* a dead one is found all the same */
	rig.model[d].silent = true;
	rig_run(&rig, 400 * MS);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_COMM));
	rig.model[d].silent = false;
	rig_run(&rig, 1 * NS_PER_S);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_GOOD));
}

static void
a_simulator_where_a_real_device_should_be_is_bad(void **state)
{
	(void)state;
	uint32_t d = device("cs00.engine");
	rig.model[d].holding[IDENTITY_REG] = IDENTITY_MAGIC_WORD_0;
	rig.model[d].holding[IDENTITY_REG + 1] = IDENTITY_MAGIC_WORD_1;
	rig_run(&rig, 100 * MS);
	assert_int_equal(SAMPLE_SIMULATED, rig_get(&rig, "cs00.wafer.A1.temp_c").flags);
	contradiction(d, "configured as real");
}

static void
serial_is(uint32_t d, uint32_t serial)
{
	uint16_t *at = rig.model[d].input + rig.plant->devices[d].serial_reg;
	at[0] = (uint16_t)(serial >> 16);
	at[1] = (uint16_t)serial;
	cut(d);
	rig_run(&rig, 6 * NS_PER_S); /* the longest back-off */
}

static void
another_device_of_the_same_kind_is_bad_until_the_first_one_is_back(void **state)
{
	(void)state;
	uint32_t d = device("cs00.engine");
	rig_run(&rig, 100 * MS); /* tells none */
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_GOOD));
	serial_is(d, 70001);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_GOOD));
	serial_is(d, 70002);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_BAD));
	struct image_event e[8];
	size_t n = events(e, 8);
	assert_non_null(strstr(e[n - 1].text, "serial number 70002, not 70001"));
	rig.logged = 0;
	rig_run(&rig, 20 * NS_PER_S);
	for (size_t i = 0; i < rig.logged; i++) /* it is asked who it is, no more */
		assert_true(rig.log[i].device != d || rig.log[i].count <= IDENTITY_COUNT);
	rig.model[d].exception_fc = 4; /* nor one that tells none */
	rig.model[d].exception_reg = (uint16_t)rig.plant->devices[d].serial_reg;
	rig.model[d].exception = 2;
	serial_is(d, 70001);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_BAD));
	rig.model[d].exception_fc = 0;
	serial_is(d, 70001);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_GOOD));
}

static int
open_numbered(void **state)
{
	(void)state;
	return rig_setup(
		"site: t\n"
		"systems:\n"
		"  - {name: cs%02d, count: 1, type: water}\n"
		"overrides:\n"
		"  cs00.engine: {source: real, host: 10.0.0.7, port: 502, serial: 70001}\n");
}

static void
a_real_device_must_tell_the_serial_number_of_the_plant_file(void **state)
{
	(void)state;
	uint32_t d = device("cs00.engine");
	rig_run(&rig, 100 * MS);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_BAD));
	serial_is(d, 70001);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_GOOD));
}

static void
a_real_device_that_tells_no_serial_number_is_polled_all_the_same(void **state)
{
	(void)state;
	uint32_t d = device("cs00.engine");
	rig.model[d].exception_fc = 4;
	rig.model[d].exception_reg = (uint16_t)rig.plant->devices[d].serial_reg;
	rig.model[d].exception = 2;
	rig_run(&rig, 100 * MS);
	assert_int_equal(points(d), rig_count(&rig, d, QUALITY_GOOD));
}

int
main(void)
{
#define WITH(open, test) cmocka_unit_test_setup_teardown(test, open, close_it)
	const struct CMUnitTest tests[] = {
		WITH(open_two, a_simulated_device_without_the_block_is_bad),
		WITH(open_two, a_simulated_device_of_another_profile_is_bad),
		WITH(open_two, a_simulated_device_of_another_system_is_bad),
		WITH(open_two, a_wrong_identity_register_is_bad),
		WITH(open_two, a_simulated_device_that_refuses_the_block_is_bad),
		WITH(open_two, identity_is_asked_again_on_every_connection),
		WITH(open_real, a_real_device_is_polled_whatever_it_answers_for_the_block),
		WITH(open_real, a_real_device_may_be_silent_about_the_block),
		WITH(open_real, another_device_of_the_same_kind_is_bad_until_the_first_one_is_back),
		WITH(open_numbered, a_real_device_must_tell_the_serial_number_of_the_plant_file),
		WITH(open_real, a_real_device_that_tells_no_serial_number_is_polled_all_the_same),
		WITH(open_real, a_simulator_where_a_real_device_should_be_is_bad),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
