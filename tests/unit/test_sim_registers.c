/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sim_two.h"

#include "collectors/decode.h"
#include "core/keyed.h"
#include "engine_sim/registers.h"

static void
near(double got, double expected, double within)
{
	if (!(fabs(got - expected) <= within))
		fail_msg("%.9g is not %.9g within %g", got, expected, within);
}

/* A point's value as a client has it: by the profile's register, type, order and scale. */
static double
value_at(struct sim *s, const struct point *pt)
{
	uint16_t words[REGISTER_WORDS_MAX] = {0};

	assert_int_equal(read_words(s, (uint32_t)pt->device, pt->fc, pt->reg, pt->count, words), 0);
	return registers_decode(pt, words);
}

static double
value_of(const char *name)
{
	return value_at(sim, point_named(plant, name));
}

static struct point
point_of(enum reg_type type, enum word_order order)
{
	struct point p = {
		.fc = 4, .type = type, .order = order, .scale = 1, .lo = -1e30, .hi = 1e30};

	p.count = (uint16_t)decode_registers(type);
	return p;
}

static void
each_type_and_order_is_read_by_collectors_as_it_was_written(void **state)
{
	(void)state;
	for (int type = REG_U16; type < REG_TYPES; type++)
		for (int order = ORDER_ABCD; order <= ORDER_DCBA; order++) {
			struct point p = point_of((enum reg_type)type, (enum word_order)order);

			for (double value = 3.0; value < 30000.0; value *= 3.0) {
				uint16_t w[REGISTER_WORDS_MAX];
				uint8_t bytes[2 * REGISTER_WORDS_MAX];
				double got;

				registers_encode(&p, value, w);
				for (int k = 0; k < p.count; k++) {
					bytes[2 * k] = (uint8_t)(w[k] >> 8);
					bytes[2 * k + 1] = (uint8_t)w[k];
				}
				assert_int_equal(decode_value(&p, decode_raw(&p, bytes, 0), &got),
						 1 /* QUALITY_GOOD */);
				near(got, value, 0.0);
				near(registers_decode(&p, w), value, 0.0);
			}
		}
}

static void
negative_values_and_scales_survive(void **state)
{
	struct point p = point_of(REG_I16, ORDER_ABCD);
	uint16_t w[REGISTER_WORDS_MAX];

	(void)state;
	p.scale = 0.125;
	p.offset = -10.0;
	registers_encode(&p, -20.125, w);
	assert_int_equal(w[0], 0xFFAF); /* -81 */
	near(registers_decode(&p, w), -20.125, 0.0);
}

static void
what_does_not_fit_is_held_at_the_types_end(void **state)
{
	struct point p = point_of(REG_U16, ORDER_ABCD);
	uint16_t w[REGISTER_WORDS_MAX];

	(void)state;
	registers_encode(&p, 1e9, w);
	assert_int_equal(w[0], 0xFFFF);
	registers_encode(&p, -5.0, w);
	assert_int_equal(w[0], 0);
	p.type = REG_I16;
	registers_encode(&p, 1e9, w);
	assert_int_equal(w[0], 0x7FFF);
	p.has_no_value = true;
	p.no_value = 0x8000;
	registers_encode(&p, (double)NAN, w);
	assert_int_equal(w[0], 0x8000);
	assert_true(isnan(registers_decode(&p, w)));
	p.has_no_value = false;
	assert_false(registers_tell_none(&p));
	p.type = REG_F32;
	registers_encode(&p, (double)NAN, w);
	assert_true(registers_tell_none(&p) && isnan(registers_decode(&p, w)));
	p.type = REG_F64;
	registers_encode(&p, (double)NAN, w);
	assert_true(registers_tell_none(&p) && isnan(registers_decode(&p, w)));
}

/* 0 lpm is a reading, and no leak another: what says that there is none has to say so. */
static void
every_reading_of_the_plant_has_a_code_for_none(void **state)
{
	(void)state;
	for (uint32_t id = 0; id < plant->n_in; id++) {
		const struct point *pt = &plant->points[id];
		uint16_t w[REGISTER_WORDS_MAX];
		double value = 0;

		if (pt->owner != OWNER_FIELD || pt->writable || !pt->unit[0] ||
		    pt->role == ROLE_MEM_USED ||   /* fills its register */
		    pt->role == ROLE_METER_ENERGY) /* the maker names none */
			continue;
		if (!registers_tell_none(pt))
			fail_msg("%s", pt->name);
		if (!pt->has_no_value)
			continue;
		/* which is none of those that it may read */
		registers_encode(pt, (double)NAN, w);
		struct point bare = *pt;
		bare.has_no_value = false;
		value = registers_decode(&bare, w);
		assert_true(value < pt->lo || value > pt->hi);
	}
}

static void
every_point_of_the_plant_answers_inside_its_range(void **state)
{
	(void)state;
	run_s(sim, 1.0);
	for (uint32_t id = 0; id < plant->n_in; id++) {
		const struct point *pt = &plant->points[id];
		double value;

		if (pt->owner != OWNER_FIELD)
			continue;
		value = value_at(sim, pt);
		if (!(value >= pt->lo && value <= pt->hi))
			fail_msg("%s: %g is not in %g..%g", pt->name, value, pt->lo, pt->hi);
	}
}

static void
readings_are_the_plants_own(void **state)
{
	struct sim_truth t;
	double sum = 0.0;

	(void)state;
	run_s(sim, 1.0);
	t = truth_of(sim, 1);
	for (uint32_t i = 0; i < RETICLES; i++) {
		char name[NAME_MAX_LEN], label[4];

		reticle_label(i, label);
		snprintf(name, sizeof(name), "cs01.wafer.%s.temp_c", label);
		near(value_of(name), t.temp_c[i], 0.8);
		snprintf(name, sizeof(name), "cs01.wafer.%s.power_w", label);
		sum += value_of(name);
		snprintf(name, sizeof(name), "cs01.wafer.%s.duty_frac", label);
		near(value_of(name), 1.0, 0.0);
	}
	near(sum, t.wafer_w, 0.01 * t.wafer_w);
	near(value_of("cs01.wafer.power_w"), t.wafer_w, 100.0);
	near(value_of("cs01.wafer.current_a") * value_of("cs01.wafer.voltage_v"), t.wafer_w, 150.0);
	near(value_of("cs01.loop.flow_lpm"), 60.0 * t.flow_kg_s, 1.0);
	near(value_of("cs01.loop.supply_temp_c"), t.supply_c, 0.2);
	near(value_of("cs01.loop.return_temp_c"), t.return_c, 0.2);
	near(value_of("cs01.pump[1].speed_pct"), 80.0, 0.01);
	near(value_of("cs01.power.input_w"), t.input_w, 120.0);
	near(value_of("cs01.job.rate_frac"), 1.0, 0.0);
	near(value_of("cs01.job.tokens_per_s"), plant->job_tokens_per_s, 1e-3);
	near(value_of("site.meter.power_w"), t.input_w + truth_of(sim, 0).input_w, 1.0);
	near(value_of("site.sim.ticks"), (double)(sim_now_ns(sim) / SIM_STEP_NS), 0.0);
}

static void
sensors_are_noisy_in_eighths_of_a_kelvin(void **state)
{
	const struct point *pt = point_named(plant, "cs00.wafer.A1.temp_c");
	double truth = truth_of(sim, 0).temp_c[0], mean = 0.0, square = 0.0;
	const int n = 200; /* inside the start grace: nothing moves */

	(void)state;
	for (int k = 0; k < n; k++) {
		double value, again;

		run_s(sim, 0.1);
		value = value_at(sim, pt);
		again = value_at(sim, pt); /* one sample a tick, however often it is read */
		near(again, value, 0.0);
		near(value * 8.0, round(value * 8.0), 0.0);
		mean += value / n;
		square += pow(value - truth, 2.0) / n;
	}
	near(mean, truth, 0.5);
	near(sqrt(square - pow(mean - truth, 2.0)), 0.107, 0.02); /* noise and step */
}

static void
written_registers_read_back_and_act(void **state)
{
	(void)state;
	assert_int_equal(write_word(sim, plant, "cs00.wafer.B2.duty_cmd_frac", 5000), 0);
	near(value_of("cs00.wafer.B2.duty_cmd_frac"), 0.5, 1e-9);
	run_s(sim, 1.0);
	near(value_of("cs00.wafer.B2.duty_frac"), 1.0, 0.0); /* nobody is in charge yet */
	assert_int_equal(write_word(sim, plant, "cs00.engine.seq_cmd", 1), 0);
	near(value_of("cs00.engine.authority"), AUTHORITY_SUPERVISOR, 0.0);
	run_s(sim, 1.0);
	near(value_of("cs00.wafer.B2.duty_frac"), 0.5, 1e-9);
	near(value_of("cs00.wafer.B3.duty_frac"), 1.0, 1e-9);
	near(value_of("cs00.engine.seq"), 1.0, 0.0);
	near(value_of("cs00.job.rate_frac"), 0.5, 1e-9);
}

static void
late_steps_show_in_their_register(void **state)
{
	(void)state;
	sim_late(sim, 7);
	near(value_of("site.sim.late_ticks"), 7.0, 0.0);
	/* a start is judged by its first 100 s as a whole */
	near(value_of("site.sim.late_frac"), 7e-4, 1e-9);
	sim_late(sim, 3);
	near(value_of("site.sim.late_frac"), 1e-3, 1e-9);
	run_s(sim, 120.0);
	sim_late(sim, 26);
	near(value_of("site.sim.late_frac"), 36.0 * (double)SIM_STEP_NS / (double)sim_now_ns(sim),
	     1e-8);
	sim_late(sim, 1000000);
	near(value_of("site.sim.late_frac"), 1.0, 0.0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_type_and_order_is_read_by_collectors_as_it_was_written),
		cmocka_unit_test(negative_values_and_scales_survive),
		cmocka_unit_test(what_does_not_fit_is_held_at_the_types_end),
		cmocka_unit_test(every_reading_of_the_plant_has_a_code_for_none),
		cmocka_unit_test(every_point_of_the_plant_answers_inside_its_range),
		cmocka_unit_test(readings_are_the_plants_own),
		cmocka_unit_test(sensors_are_noisy_in_eighths_of_a_kelvin),
		cmocka_unit_test(written_registers_read_back_and_act),
		cmocka_unit_test(late_steps_show_in_their_register),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
