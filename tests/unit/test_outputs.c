/* SPDX-License-Identifier: Apache-2.0 */
/* What the controllers publish, sample by sample. */
#include "tests/unit/support.h"

#include <math.h>

#include "config/plant.h"
#include "controllers/outputs.h"
#include "core/clock.h"
#include "core/image.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define NOW_NS (7 * NS_PER_S)

static struct plant *plant;
static struct image *ctl;
static struct outputs *outputs;
static struct sample *samples;
static struct supervisor supervisor;
static struct account account;
static struct view view;
static struct demands demands;

static int
setup(void **state)
{
	static const char ONE[] = "site: bench\n"
				  "systems:\n"
				  "  - {name: cs00, type: water}\n";
	struct config_report report = {0};
	(void)state;
	assert_int_equal(plant_parse(&plant, ONE, sizeof ONE - 1, "test", "config", &report), 0);
	config_report_free(&report);
	struct image_layout layout = {.name = "ctl.img",
				      .n_groups = plant->ctl.n_groups,
				      .first = plant->ctl.first,
				      .period_ns = plant->ctl.period_ns,
				      .table_hash = plant->hash,
				      .beat_ns = NS_PER_S};
	assert_int_equal(image_memory(&ctl, &layout), 0);
	assert_int_equal(outputs_open(&outputs, plant), 0);
	samples = calloc(plant->ctl.first[plant->ctl.n_groups], sizeof *samples);
	assert_non_null(samples);
	memset(&supervisor, 0, sizeof supervisor);
	memset(&account, 0, sizeof account);
	memset(&view, 0, sizeof view);
	view.quality = QUALITY_COMM;
	view.flags = SAMPLE_SIMULATED;
	demands = (struct demands){.active = true, .pump_frac = 0.6, .valve_frac = 0.25};
	for (int k = 0; k < HAND_PUMPS; k++)
		demands.pump_each_frac[k] = (double)NAN;
	for (int i = 0; i < RETICLES; i++) {
		demands.duty_frac[i] = 0.5;
		demands.share_frac[i] = demands.ballast_w[i] = (double)NAN;
	}
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	free(samples);
	outputs_close(outputs);
	image_close(ctl);
	plant_free(plant);
	return 0;
}

static const struct sample *
demand(enum role_id role, uint32_t k)
{
	outputs_demands(outputs, ctl, 0, &demands, NOW_NS);
	image_read_all(ctl, NOW_NS, samples);
	return &samples[plant->points[plant_role(plant, 0, role, k)].demand];
}

static const struct sample *
point(enum role_id role, int64_t now_ns)
{
	outputs_points(outputs, ctl, 0, &account, &supervisor, &view, now_ns);
	image_read_all(ctl, now_ns, samples);
	return &samples[outputs_point(outputs, 0, role) - plant->n_in];
}

static void
a_row_of_demands_is_bounded_and_has_gaps(void **state)
{
	(void)state;
	demands.duty_frac[3] = (double)NAN;
	demands.duty_frac[4] = 7.0;
	demands.by_hand[HAND_DUTY + 5] = true;
	assert_true(fabs(demand(ROLE_DUTY_CMD, 0)->value - 0.5) < 1e-12);
	assert_true(demand(ROLE_DUTY_CMD, 0)->time_ns == NOW_NS);
	assert_int_equal(demand(ROLE_DUTY_CMD, 0)->quality, QUALITY_GOOD);
	assert_int_equal(demand(ROLE_DUTY_CMD, 0)->flags, 0);
	assert_int_equal(demand(ROLE_DUTY_CMD, 3)->quality, QUALITY_NEVER);
	assert_true(fabs(demand(ROLE_DUTY_CMD, 4)->value - 1.0) < 1e-12);
	assert_int_equal(demand(ROLE_DUTY_CMD, 5)->flags, SAMPLE_MANUAL);
	assert_true(fabs(demand(ROLE_PUMP_SPEED_CMD, 1)->value - 60.0) < 1e-9);
	assert_true(fabs(demand(ROLE_VALVE_CMD, 0)->value - 25.0) < 1e-9);
}

static void
what_nobody_asks_for_is_empty(void **state)
{
	(void)state;
	assert_int_equal(demand(ROLE_SHARE_CMD, 83)->quality, QUALITY_NEVER);
	assert_int_equal(demand(ROLE_ENGINE_RESET_CMD, 0)->quality, QUALITY_NEVER);
	demands.share_frac[83] = 1.5;
	assert_int_equal(demand(ROLE_SHARE_CMD, 83)->quality, QUALITY_GOOD);
	assert_int_equal(demand(ROLE_SHARE_CMD, 82)->quality, QUALITY_NEVER);
	demands.share_frac[83] = (double)NAN;
	assert_int_equal(demand(ROLE_SHARE_CMD, 83)->quality, QUALITY_NEVER);
	demands.quiet = demands.release = true;
	assert_int_equal(demand(ROLE_DUTY_CMD, 0)->quality, QUALITY_NEVER);
	assert_true(demand(ROLE_ENGINE_RELEASE_CMD, 0)->value > 0.5);
	demands.active = false;
	assert_int_equal(demand(ROLE_ENGINE_RELEASE_CMD, 0)->quality, QUALITY_NEVER);
	assert_int_equal(demand(ROLE_COOLING_RELEASE_CMD, 0)->quality, QUALITY_NEVER);
}

static void
a_point_is_no_better_than_what_it_comes_from(void **state)
{
	(void)state;
	account.tmax_c = (double)NAN;
	assert_int_equal(point(ROLE_CTL_TMAX, NOW_NS)->quality, QUALITY_NEVER);
	account.tmax_c = 41.0;
	assert_int_equal(point(ROLE_CTL_TMAX, NOW_NS)->quality, QUALITY_GOOD);
	assert_int_equal(point(ROLE_CTL_TMAX, NOW_NS)->flags, SAMPLE_SIMULATED);
	supervisor.verdict.sensors_lost = 2;
	assert_int_equal(point(ROLE_CTL_TMAX, NOW_NS)->quality, QUALITY_UNCERTAIN);
	assert_int_equal(point(ROLE_CTL_TMAX, NOW_NS)->flags,
			 SAMPLE_SIMULATED | SAMPLE_SUBSTITUTED);
	assert_int_equal(point(ROLE_CTL_MODE, NOW_NS)->quality, QUALITY_GOOD);
	supervisor.verdict.inputs_lost = true;
	view.flags = 0;
	account.tmax_c = 99.0;
	assert_int_equal(point(ROLE_CTL_TMAX, NOW_NS + 1)->quality, QUALITY_COMM);
	assert_int_equal(point(ROLE_CTL_TMAX, NOW_NS + 1)->flags, SAMPLE_SIMULATED);
	assert_true(point(ROLE_CTL_TMAX, NOW_NS + 1)->time_ns == NOW_NS);
	assert_true(fabs(point(ROLE_CTL_TMAX, NOW_NS + 1)->value - 41.0) < 1e-9);
	assert_true(point(ROLE_CTL_MODE, NOW_NS + 1)->time_ns == NOW_NS + 1);
}

static void
a_point_keeps_what_it_last_was(void **state)
{
	(void)state;
	supervisor.verdict.setpoint_c = 22.0;
	assert_int_equal(point(ROLE_CTL_SUPPLY_SETPOINT, NOW_NS)->quality, QUALITY_GOOD);
	supervisor.verdict.setpoint_c = (double)NAN;
	assert_int_equal(point(ROLE_CTL_SUPPLY_SETPOINT, NOW_NS + 1)->quality, QUALITY_STALE);
	assert_true(fabs(point(ROLE_CTL_SUPPLY_SETPOINT, NOW_NS + 1)->value - 22.0) < 1e-9);
	assert_int_equal(outputs_point(outputs, 0, ROLE_RETICLE_TEMP), NO_POINT);
}

/* Whether the engine's demands are said to be others, once they are published again. */
static bool
engine_moves(uint32_t *seen)
{
	static int64_t now_ns = NOW_NS;
	uint32_t engine = (uint32_t)plant_device_of(plant, 0, "engine");
	outputs_demands(outputs, ctl, 0, &demands, now_ns += NS_PER_MS);
	return image_has_moved(ctl, (uint32_t)plant_demand_group(plant, engine), seen);
}

static void
demands_that_are_what_they_were_have_not_moved(void **state)
{
	uint32_t seen = 0;
	(void)state;
	assert_non_null(image_here(ctl));
	assert_true(engine_moves(&seen));
	assert_false(engine_moves(&seen));
	demands.duty_frac[83] = 0.75;
	assert_true(engine_moves(&seen));
	assert_false(engine_moves(&seen));
	demands.duty_frac[83] = (double)NAN;
	assert_true(engine_moves(&seen));
	demands.duty_frac[83] = 0.5;
	assert_true(engine_moves(&seen));
	demands.by_hand[HAND_DUTY + 7] = true;
	assert_true(engine_moves(&seen));
	demands.by_hand[HAND_DUTY + 7] = false;
	assert_true(engine_moves(&seen));
	assert_false(engine_moves(&seen));
	for (int i = 0; i < RETICLES; i++)
		demands.share_frac[i] = 1.0 / RETICLES;
	assert_true(engine_moves(&seen));
	demands.release = true;
	assert_true(engine_moves(&seen));
	assert_false(engine_moves(&seen));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(demands_that_are_what_they_were_have_not_moved),
		TEST(a_row_of_demands_is_bounded_and_has_gaps),
		TEST(what_nobody_asks_for_is_empty),
		TEST(a_point_is_no_better_than_what_it_comes_from),
		TEST(a_point_keeps_what_it_last_was),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
