/* SPDX-License-Identifier: Apache-2.0 */
/* A soak of a wafer that is made here: sensors off, reticles unlike. */
#include "tests/unit/support.h"

#include <errno.h>
#include <math.h>

#include "controllers/commission.h"
#include "core/keyed.h"
#include "tests/unit/face_relax.h"

static const struct control_params PARAMS = {
#define CONTROL_PARAM(key, unit, lo, hi, value, text) .key = value,
#include "config/control_params.def"
#undef CONTROL_PARAM
};
static const struct system_model TYPE = {
#define MODEL(field, unit, value, lo, hi, text) .field = value,
#include "config/model.def"
#undef MODEL
};

struct wafer {
	double offset_k[RETICLES], gain[RETICLES];
	struct view v;
	double temp_c[RETICLES];
	uint64_t tick;
};

static void
make_wafer(struct wafer *w)
{
	double sum = 0.0;
	memset(w, 0, sizeof *w);
	for (uint32_t i = 0; i < RETICLES; i++) {
		w->offset_k[i] = 0.1 * keyed_normal(7, 1, i);
		w->gain[i] = 1.0 + 0.04 * keyed_normal(7, 2, i);
		sum += w->offset_k[i];
	}
	for (uint32_t i = 0; i < RETICLES; i++)
		w->offset_k[i] -= sum / RETICLES;
}

/* At rest with that power of a reticle, at 1 kg/s and 24 C. */
static void
set_power(struct wafer *w, double watts)
{
	struct zone_face f;
	double kg_s[ZONES], cu_k[RETICLES] = {0}, si_k[RETICLES] = {0};
	face_init(&f, &TYPE, PARAMS.reticle_x_mul, PARAMS.reticle_y_mul);
	for (int x = 0; x < ZONES; x++)
		kg_s[x] = 1.0 / ZONES;
	for (uint32_t i = 0; i < RETICLES; i++)
		w->v.power_w[i] = watts * (1.0 + 0.02 * keyed_normal(7, 3, i));
	face_relax(&f, w->v.power_w, 0.0, kg_s, 300, si_k, cu_k);
	w->v.wafer_w = watts * RETICLES;
	w->v.flow_lpm = 60.0;
	w->v.supply_c = 24.0;
	for (int i = 0; i < RETICLES; i++)
		w->temp_c[i] = 24.0 + w->gain[i] * si_k[i];
}

/* Readings with noise and steps; returns the steps until a stage was done. */
static int
soak_for(struct soak *s, struct wafer *w, bool empty, int most)
{
	for (int n = 1; n <= most; n++) {
		double read_c[RETICLES];
		for (uint32_t i = 0; i < RETICLES; i++) {
			double t = w->temp_c[i] + w->offset_k[i] +
				   0.1 * keyed_normal(7, 100 + i, w->tick);
			read_c[i] = round(8.0 * t) / 8.0;
		}
		w->tick++;
		if (soak_step(s, &PARAMS, &w->v, read_c, empty))
			return n;
	}
	return 0;
}

/* Both stages to their end, and what comes of them. */
static int
soak_at(struct soak *s, struct wafer *w, double empty_w, double loaded_w, struct commissioned *out,
	struct errtext *err)
{
	soak_begin(s, 4711);
	set_power(w, empty_w);
	assert_true(soak_for(s, w, true, 600) > 0);
	set_power(w, loaded_w);
	assert_true(soak_for(s, w, false, 600) > 0);
	assert_true(soak_is_done(s));
	return soak_result(s, &PARAMS, &TYPE, out, err);
}

static void
run_soak(struct soak *s, struct wafer *w, struct commissioned *out)
{
	struct errtext err = {""};
	assert_int_equal(soak_at(s, w, 45.0, 208.0, out, &err), 0);
}

static void
a_soak_finds_offsets_and_gains(void **state)
{
	struct soak s;
	struct wafer w;
	struct commissioned c;
	double worst_k = 0.0, worst_gain = 0.0, lo = INFINITY, hi = -INFINITY;
	(void)state;
	make_wafer(&w);
	run_soak(&s, &w, &c);
	for (int i = 0; i < RETICLES; i++) {
		worst_k = fmax(worst_k, fabs(c.offset_k[i] - w.offset_k[i]));
		worst_gain = fmax(worst_gain, fabs(c.gain[i] - w.gain[i]));
		lo = fmin(lo, w.temp_c[i]);
		hi = fmax(hi, w.temp_c[i]);
	}
	assert_true(worst_k < 0.06); /* of sensors that are off by up to .25 K; four deviations */
	assert_true(worst_gain < 0.005);
	assert_int_equal(c.serial, 4711);
	assert_true(fabs(c.spread_k - (hi - lo)) < 0.5);
}

static void
the_stages_may_come_the_other_way_round(void **state)
{
	struct soak s;
	struct wafer w;
	struct commissioned a, b;
	struct errtext err = {""};
	(void)state;
	make_wafer(&w);
	run_soak(&s, &w, &a);
	soak_begin(&s, 4711);
	set_power(&w, 208.0);
	assert_true(soak_for(&s, &w, false, 600) > 0);
	assert_false(soak_is_done(&s));
	set_power(&w, 45.0);
	assert_true(soak_for(&s, &w, true, 600) > 0);
	assert_int_equal(soak_result(&s, &PARAMS, &TYPE, &b, &err), 0);
	for (int i = 0; i < RETICLES; i++)
		assert_true(fabs(a.offset_k[i] - b.offset_k[i]) < 0.1);
}

static void
what_moves_is_not_measured(void **state)
{
	struct soak s;
	struct wafer w;
	(void)state;
	make_wafer(&w);
	soak_begin(&s, 1);
	for (int n = 0; n < 100; n++) {
		set_power(&w, n % 2 ? 208.0 : 180.0);
		assert_int_equal(soak_for(&s, &w, false, 2), 0);
	}
	set_power(&w, 60.0); /* idle is not work */
	assert_int_equal(soak_for(&s, &w, false, 400), 0);
	set_power(&w, 208.0);
	w.v.power_w[40] = (double)NAN;
	assert_int_equal(soak_for(&s, &w, false, 400), 0);
}

static void
a_sensor_that_is_far_off_is_named(void **state)
{
	struct soak s;
	struct wafer w;
	struct commissioned c;
	struct errtext err = {""};
	(void)state;
	make_wafer(&w);
	w.offset_k[29] = 2.0;
	assert_int_equal(soak_at(&s, &w, 45.0, 208.0, &c, &err), -ERANGE);
	assert_non_null(strstr(err.text, "sensor C6 is 1.9"));
}

/* It would be what is normal from then on, and named never again. */
static void
a_clogged_column_is_no_property_of_its_reticles(void **state)
{
	struct soak s;
	struct wafer w;
	struct commissioned c;
	struct errtext err = {""};
	(void)state;
	make_wafer(&w);
	for (int y = 0; y < ROWS; y++)
		w.gain[ZONES * y + 5] *= 1.12;
	assert_int_equal(soak_at(&s, &w, 45.0, 208.0, &c, &err), -ERANGE);
	assert_non_null(strstr(err.text, "column 6 gets 1.1"));
	assert_non_null(strstr(err.text, "is it clogged?"));
}

static void
work_that_adds_too_little_gives_nothing(void **state)
{
	struct soak s;
	struct wafer w;
	struct commissioned c;
	struct errtext err = {""};
	(void)state;
	make_wafer(&w);
	assert_int_equal(soak_at(&s, &w, 80.0, 120.0, &c, &err), -ERANGE);
	assert_non_null(strstr(err.text, "its work adds 40 W a reticle"));
}

static void
what_is_kept_comes_back_and_nothing_else_does(void **state)
{
	struct soak s;
	struct wafer w;
	struct commissioned c, back;
	struct errtext err = {""};
	char text[COMMISSIONED_TEXT], hurt[COMMISSIONED_TEXT];
	(void)state;
	make_wafer(&w);
	run_soak(&s, &w, &c);
	c.wall_ns = INT64_C(1790000000) * 1000000000;
	size_t len = commissioned_write(&c, text);
	assert_true(len < sizeof text - 1);
	assert_int_equal(commissioned_read(&back, text, len, &err), 0);
	assert_int_equal(back.serial, c.serial);
	assert_true(back.wall_ns == c.wall_ns);
	for (int i = 0; i < RETICLES; i++) {
		assert_true(fabs(back.offset_k[i] - c.offset_k[i]) < 1e-6);
		assert_true(fabs(back.gain[i] - c.gain[i]) < 1e-6);
	}
	memset(&back, 0, sizeof back);
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(commissioned_read(&back, text, cut, &err), -EINVAL);
	for (size_t at = 0; at < len; at++) {
		memcpy(hurt, text, len);
		hurt[at] = (char)(hurt[at] ^ (1 << at % 7));
		assert_int_equal(commissioned_read(&back, hurt, len, &err), -EINVAL);
	}
	memcpy(hurt, text, len);
	hurt[len] = 'x';
	assert_int_equal(commissioned_read(&back, hurt, len + 1, &err), -EINVAL);
	assert_int_equal(back.serial, 0);
}

static void
nothing_known_is_no_correction(void **state)
{
	struct estimate e;
	struct commissioned c = {.serial = 3, .spread_k = 5.5};
	(void)state;
	estimate_init(&e);
	for (int i = 0; i < RETICLES; i++) {
		c.offset_k[i] = 0.2;
		c.gain[i] = 1.1;
	}
	commissioned_apply(&e, &c, 1.5);
	assert_int_equal(e.serial, 3);
	assert_true(fabs(e.spread_limit_k - 7.0) < 1e-12);
	commissioned_apply(&e, NULL, 1.5);
	assert_int_equal(e.serial, 0);
	assert_true(isnan(e.spread_limit_k));
	for (int i = 0; i < RETICLES; i++)
		assert_true(fabs(e.offset_k[i]) < 1e-12 && fabs(e.gain[i] - 1.0) < 1e-12);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_soak_finds_offsets_and_gains),
		cmocka_unit_test(the_stages_may_come_the_other_way_round),
		cmocka_unit_test(what_moves_is_not_measured),
		cmocka_unit_test(a_sensor_that_is_far_off_is_named),
		cmocka_unit_test(a_clogged_column_is_no_property_of_its_reticles),
		cmocka_unit_test(work_that_adds_too_little_gives_nothing),
		cmocka_unit_test(what_is_kept_comes_back_and_nothing_else_does),
		cmocka_unit_test(nothing_known_is_no_correction),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
