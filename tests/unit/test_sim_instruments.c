/* SPDX-License-Identifier: Apache-2.0 */
/* Instruments that lie, drives that don't do as they are told, devices that are not who they were. */
#include "tests/unit/sim_two.h"

#include <errno.h>

#include "config/identity.h"
#include "engine_sim/registers.h"

/* What a master reads, NAN for the no-value code; bits of it in words, where wanted. */
static double
reads(const char *name, uint16_t words[REGISTER_WORDS_MAX])
{
	const struct point *pt = point_named(plant, name);
	uint16_t own[REGISTER_WORDS_MAX] = {0};

	words = words ? words : own;
	assert_int_equal(read_words(sim, (uint32_t)pt->device, pt->fc, pt->reg, pt->count, words),
			 0);
	return registers_decode(pt, words);
}

static double
truth_c(int i)
{
	return truth_of(sim, 0).temp_c[i];
}

#define TEMP "cs00.wafer.D5.temp_c" /* reticle 40 */
#define AT 40

static void
set(const char *text)
{
	assert_int_equal(change(sim, text), 0);
	run_s(sim, 0.1);
}

static void
a_sensor_that_is_off_has_no_value_and_the_firmware_does_without(void **state)
{
	(void)state;
	set("cs00.sensor[40].off=1");
	assert_true(isnan(reads(TEMP, NULL)));
	run_s(sim, 5.0);
	assert_true(isnan(reads(TEMP, NULL)));
	assert_true(fabs(reads("cs00.engine.foldback_frac", NULL) - 1.0) < 1e-9);
	for (int i = 0; i < RETICLES; i++)
		assert_true(isfinite(truth_c(i)));
	set("cs00.sensor[40].off=0");
	assert_true(fabs(reads(TEMP, NULL) - truth_c(AT)) < 1.0);
}

static void
a_point_that_is_off_is_no_reading_of_zero(void **state)
{
	static const char *const points[] = {"cs00.loop.flow_lpm", "cs00.loop.level_pct",
					     "cs00.power.input_w", "cs00.job.tokens_per_s"};
	(void)state;
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		char text[80];

		snprintf(text, sizeof(text), "%s.off=1", points[i]);
		set(text);
		assert_true(isnan(reads(points[i], NULL)));
		snprintf(text, sizeof(text), "%s.off=0", points[i]);
		set(text);
		assert_true(reads(points[i], NULL) > 0.0);
	}
	assert_int_equal(change(sim, "cs00.cooling.status.off=1"), -ENOENT);
	assert_int_equal(change(sim, "cs00.loop.leak[1].intermittent=0.5"), -ENOENT);
	assert_int_equal(change(sim, "cs00.loop.leak[1].stuck=1"), 0);
}

static void
a_firmware_without_any_sensor_folds_back(void **state)
{
	(void)state;
	for (int i = 0; i < 12; i++) {
		char text[40];

		snprintf(text, sizeof(text), "cs00.sensor[%d].off=1", i);
		assert_int_equal(change(sim, text), 0);
	}
	assert_int_equal(change(sim, "cs00.sensor[12].off=1"), -EBUSY);
	run_s(sim, 1.0);
	assert_true(fabs(reads("cs00.engine.foldback_frac", NULL) - 1.0) < 1e-9);
	assert_true(fabs(reads("cs00.engine.trip", NULL)) < 0.5);
}

static void
garbage_is_another_reading_each_tick(void **state)
{
	double was = NAN;
	int moved = 0;

	(void)state;
	set("cs00.sensor[40].garbage=1");
	for (int k = 0; k < 20; k++) {
		double t = reads(TEMP, NULL);

		moved += fabs(t - was) > 5.0;
		was = t;
		run_s(sim, 0.1);
	}
	assert_true(moved > 12);
}

static void
a_wrong_a_drifting_and_a_stuck_sensor(void **state)
{
	(void)state;
	set("cs00.sensor[40].offset_c=-5");
	assert_true(fabs(reads(TEMP, NULL) - truth_c(AT) + 5.0) < 0.7);
	set("cs00.sensor[40].offset_c=0");
	set("cs00.sensor[40].drift_per_min=0.1");
	run_s(sim, 600.0);
	assert_true(fabs(reads(TEMP, NULL) - truth_c(AT) - 1.0) < 0.7);
	set("cs00.sensor[40].drift_per_min=0");
	run_s(sim, 1.0); /* changed, or calibrated: all is well again */
	assert_true(fabs(reads(TEMP, NULL) - truth_c(AT)) < 0.7);
	set("cs00.loop.supply_temp_c.stuck=1");
	double was = reads("cs00.loop.supply_temp_c", NULL);
	set("cs00.facility.supply_c=30");
	run_s(sim, 60.0);
	assert_true(fabs(reads("cs00.loop.supply_temp_c", NULL) - was) < 1e-9);
	assert_true(truth_of(sim, 0).supply_c > was + 4.0);
}

static void
a_slow_and_a_delayed_sensor_come_later(void **state)
{
	double t0, t1;

	(void)state;
	set("cs00.sensor[40].slow_s=4");
	set("cs00.sensor[41].delay_s=2");
	t0 = truth_c(AT);
	t1 = truth_c(AT + 1);
	set("cs00.job.activity=0.02");
	run_s(sim, 1.5);
	assert_true(truth_c(AT) < t0 - 8.0);
	assert_true(reads(TEMP, NULL) > truth_c(AT) + 3.0);
	assert_true(fabs(reads("cs00.wafer.D6.temp_c", NULL) - t1) < 0.8);
	run_s(sim, 30.0);
	assert_true(fabs(reads(TEMP, NULL) - truth_c(AT)) < 1.0);
	assert_true(fabs(reads("cs00.wafer.D6.temp_c", NULL) - truth_c(AT + 1)) < 1.0);
}

static void
an_intermittent_sensor_is_there_at_times(void **state)
{
	int gone = 0;

	(void)state;
	set("cs00.sensor[40].intermittent=0.3");
	for (int k = 0; k < 400; k++) {
		gone += isnan(reads(TEMP, NULL));
		run_s(sim, 0.1);
	}
	assert_true(gone > 80 && gone < 160);
}

/* Codes of a sensor that is cut or shorted, and floats that are none. */
static void
any_bits_can_be_put_on_the_bus(void **state)
{
	static const uint32_t codes[] = {0, 32767, 32768, 65535};
	static const uint32_t floats[] = {0x7fc00000, 0x7f800000, 0xff800000, 1, 0x80000000};
	uint16_t w[REGISTER_WORDS_MAX];
	char text[80];

	(void)state;
	for (size_t k = 0; k < sizeof(codes) / sizeof(codes[0]); k++) {
		snprintf(text, sizeof(text), TEMP ".raw=%u", codes[k]);
		set(text);
		(void)reads(TEMP, w);
		assert_int_equal(w[0], codes[k]);
	}
	for (size_t k = 0; k < sizeof(floats) / sizeof(floats[0]); k++) {
		snprintf(text, sizeof(text), "cs00.job.tokens_per_s.raw=%u", floats[k]);
		set(text);
		(void)reads("cs00.job.tokens_per_s", w);
		assert_int_equal((uint32_t)w[0] << 16 | w[1], floats[k]);
	}
	set("cs00.job.tokens_per_s.raw=-1");
	set(TEMP ".raw=-1");
	run_s(sim, 1.0);
	assert_true(fabs(reads(TEMP, NULL) - truth_c(AT)) < 1.0);
	assert_true(fabs(reads("cs00.job.tokens_per_s", NULL) - truth_of(sim, 0).tokens_per_s) <
		    1.0);
}

static void
words_are_swapped_and_torn(void **state)
{
	uint16_t good[REGISTER_WORDS_MAX], w[REGISTER_WORDS_MAX];

	(void)state;
	(void)reads("cs00.wafer.cores_active", good);
	set("cs00.wafer.cores_active.swapped=1");
	(void)reads("cs00.wafer.cores_active", w);
	assert_int_equal(w[0], good[1]);
	assert_int_equal(w[1], good[0]);
	set("cs00.wafer.cores_active.swapped=0");
	set("cs00.wafer.cores_active.torn=1");
	for (int k = 0; k < 8; k++) { /* four of twelve are left: it trips, no core runs */
		char text[40];

		snprintf(text, sizeof(text), "cs00.psu[%d].failed=1", k);
		assert_int_equal(change(sim, text), 0);
	}
	for (int k = 0; k < 10; k++) {
		run_s(sim, 0.1);
		if (fabs(reads("cs00.wafer.cores_active", w) - 850000.0) > 0.5)
			break;
	}
	assert_int_equal(w[0], 0);       /* new */
	assert_int_equal(w[1], good[1]); /* and old */
	run_s(sim, 0.1);
	assert_true(fabs(reads("cs00.wafer.cores_active", w)) < 0.5);
}

static void
readings_of_a_frozen_device_stand_still(void **state)
{
	double t, w;

	(void)state;
	set("cs00.engine.frozen=1");
	t = reads(TEMP, NULL);
	w = reads("cs00.wafer.power_w", NULL);
	set("cs00.job.activity=0.02");
	run_s(sim, 3.0);
	assert_true(fabs(reads(TEMP, NULL) - t) < 1e-9);
	assert_true(fabs(reads("cs00.wafer.power_w", NULL) - w) < 1e-9);
	assert_true(truth_c(AT) < t - 8.0);
	/* the cooling unit is another device */
	assert_true(reads("cs00.loop.return_temp_c", NULL) < 30.0);
	set("cs00.engine.frozen=0");
	assert_true(fabs(reads(TEMP, NULL) - truth_c(AT)) < 1.0);
}

static void
in_charge(void)
{
	assert_int_equal(write_word(sim, plant, "cs00.engine.seq_cmd", 1), 0);
	assert_int_equal(write_word(sim, plant, "cs00.cooling.seq_cmd", 1), 0);
}

static void
writes_are_lost_or_nothing_comes_of_them(void **state)
{
	const char *cmd = "cs00.pump[0].speed_cmd_pct";

	(void)state;
	in_charge();
	set("cs00.cooling.write_lost=1");
	assert_int_equal(write_word(sim, plant, cmd, 6000), 0);
	assert_int_equal(word_of(sim, plant, cmd), 8000);
	set("cs00.cooling.write_lost=0");
	set("cs00.cooling.not_applied=1");
	assert_int_equal(write_word(sim, plant, cmd, 6000), 0);
	assert_int_equal(word_of(sim, plant, cmd), 6000);
	run_s(sim, 1.0);
	assert_true(fabs(truth_of(sim, 0).pump_speed[0] - 0.8) < 1e-3);
}

static void
another_master_writes_once_a_second(void **state)
{
	const char *cmd = "cs00.pump[0].speed_cmd_pct";

	(void)state;
	in_charge();
	assert_int_equal(change(sim, "cs00.pump[0].speed_cmd_pct.master=60"), 0);
	assert_int_equal(write_word(sim, plant, cmd, 9000), 0);
	run_s(sim, 1.1);
	assert_int_equal(word_of(sim, plant, cmd), 6000);
	assert_int_equal(write_word(sim, plant, cmd, 9000), 0);
	assert_int_equal(word_of(sim, plant, cmd), 9000);
	run_s(sim, 1.0);
	assert_int_equal(word_of(sim, plant, cmd), 6000);
	set("cs00.pump[0].speed_cmd_pct.master=-1");
	assert_int_equal(write_word(sim, plant, cmd, 9000), 0);
	run_s(sim, 2.5);
	assert_int_equal(word_of(sim, plant, cmd), 9000);
	assert_int_equal(change(sim, "cs00.loop.flow_lpm.master=60"), -ENOENT);
	assert_int_equal(change(sim, "cs00.pump[0].speed_cmd_pct.stuck=1"), -ENOENT);
}

static uint32_t
serial_says(void)
{
	uint16_t w[IDENTITY_COUNT];

	assert_int_equal(read_words(sim, device_of(plant, "cs00.engine"), 3, IDENTITY_REG,
				    IDENTITY_COUNT, w),
			 0);
	return (uint32_t)w[IDENTITY_SERIAL_HI] << 16 | w[IDENTITY_SERIAL_LO];
}

static void
a_device_comes_back_as_another(void **state)
{
	uint32_t was = serial_says();
	const struct device *d = &plant->devices[device_of(plant, "cs00.engine")];
	uint16_t w = 0;

	(void)state;
	assert_int_equal(was, plant->systems[0].serial);
	assert_int_equal(change(sim, "cs00.engine.serial=70001"), 0);
	assert_int_equal(serial_says(), 70001);
	assert_int_equal(change(sim, "cs00.engine.serial=-1"), 0);
	assert_int_equal(serial_says(), was);
	if (d->identity_fc < 3)
		return;
	assert_int_equal(change(sim, "cs00.engine.profile_id=7"), 0);
	assert_int_equal(read_words(sim, device_of(plant, "cs00.engine"), (uint8_t)d->identity_fc,
				    d->identity_reg, 1, &w),
			 0);
	assert_int_equal(w, 7);
	assert_int_equal(change(sim, "cs00.engine.profile_id=-1"), 0);
	assert_int_equal(read_words(sim, device_of(plant, "cs00.engine"), (uint8_t)d->identity_fc,
				    d->identity_reg, 1, &w),
			 0);
	assert_int_equal(w, d->identity_value);
}

static double
pump_after(const char *fault, uint16_t cmd, double seconds)
{
	teardown(NULL);
	setup(NULL);
	in_charge();
	set(fault);
	assert_int_equal(write_word(sim, plant, "cs00.pump[0].speed_cmd_pct", cmd), 0);
	for (double t = 0.0; t < seconds; t += 1.0) {
		assert_int_equal(
			write_word(sim, plant, "cs00.cooling.seq_cmd", (uint16_t)(2.0 + t)), 0);
		run_s(sim, 1.0);
	}
	/* the read-back is the truth */
	assert_true(fabs(reads("cs00.pump[0].speed_pct", NULL) -
			 100.0 * truth_of(sim, 0).pump_speed[0]) < 0.02);
	return truth_of(sim, 0).pump_speed[0];
}

static void
drives_are_stuck_slow_reversed_and_limited(void **state)
{
	(void)state;
	assert_true(fabs(pump_after("cs00.pump[0].stuck=0", 10000, 10.0) - 1.0) < 1e-3);
	assert_true(fabs(pump_after("cs00.pump[0].stuck=1", 10000, 10.0) - 0.8) < 1e-9);
	assert_true(fabs(pump_after("cs00.pump[0].limit=0.7", 10000, 20.0) - 0.7) < 1e-3);
	assert_true(fabs(pump_after("cs00.pump[0].reversed=1", 10000, 20.0)) < 1e-3);
	double slow = pump_after("cs00.pump[0].slow=10", 10000, 5.0);
	assert_true(slow > 0.85 && slow < 0.93);
}

static void
valve_and_duty_too(void **state)
{
	double valve = truth_of(sim, 0).valve;

	(void)state;
	set("cs00.valve.stuck=1");
	set("cs00.duty[7].stuck=1");
	set("cs00.duty[8].limit=0.4");
	set("cs01.valve.limit=0.5");
	set("cs01.valve.reversed=1");
	run_s(sim, 60.0); /* local control opens it, wherever it can */
	assert_true(fabs(truth_of(sim, 0).valve - valve) < 1e-12);
	assert_true(truth_of(sim, 1).valve < 0.05);
	assert_true(fabs(truth_of(sim, 0).duty[8] - 0.4) < 1e-9);
	assert_true(fabs(truth_of(sim, 0).duty[7] - 1.0) < 1e-9);
	set("cs01.valve.reversed=0");
	run_s(sim, 30.0);
	assert_true(fabs(truth_of(sim, 1).valve - 0.5) < 1e-3);
}

static void
a_disturbed_point_that_is_well_again_gives_its_place_back(void **state)
{
	(void)state;
	for (int round = 0; round < 3; round++) {
		for (uint32_t k = 0; k < 128; k++) {
			char text[96];
			char label[4];

			snprintf(text, sizeof(text), "cs%02u.wafer.%s.temp_c.stuck=1",
				 (unsigned)(k / 84), reticle_label(k % 84, label));
			assert_int_equal(change(sim, text), 0);
		}
		assert_int_equal(change(sim, "cs00.loop.flow_lpm.off=1"), -EBUSY);
		for (uint32_t k = 0; k < 128; k++) {
			char text[96];
			char label[4];

			snprintf(text, sizeof(text), "cs%02u.wafer.%s.temp_c.stuck=0",
				 (unsigned)(k / 84), reticle_label(k % 84, label));
			assert_int_equal(change(sim, text), 0);
		}
		run_s(sim, 0.5);
	}
	assert_int_equal(change(sim, "cs00.loop.flow_lpm.off=1"), 0);
}

int
main(void)
{
#define HERE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		HERE(a_sensor_that_is_off_has_no_value_and_the_firmware_does_without),
		HERE(a_point_that_is_off_is_no_reading_of_zero),
		HERE(a_firmware_without_any_sensor_folds_back),
		HERE(garbage_is_another_reading_each_tick),
		HERE(a_wrong_a_drifting_and_a_stuck_sensor),
		HERE(a_slow_and_a_delayed_sensor_come_later),
		HERE(an_intermittent_sensor_is_there_at_times),
		HERE(any_bits_can_be_put_on_the_bus),
		HERE(words_are_swapped_and_torn),
		HERE(readings_of_a_frozen_device_stand_still),
		HERE(writes_are_lost_or_nothing_comes_of_them),
		HERE(another_master_writes_once_a_second),
		HERE(a_device_comes_back_as_another),
		HERE(drives_are_stuck_slow_reversed_and_limited),
		HERE(valve_and_duty_too),
		HERE(a_disturbed_point_that_is_well_again_gives_its_place_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
