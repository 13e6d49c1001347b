/* SPDX-License-Identifier: Apache-2.0 */
/* Every grid under water and air through random faults and numbers of the model: what goes in comes
 * out or is stored, what a step could not follow is refused, and who else is there changes no bit. */
#include "tests/unit/sim_fixture.h"

#include <errno.h>

#include "core/keyed.h"
#include "engine_sim/wafer.h"

#define BALANCE 1e-9
#define SEED 20

struct range {
	const char *path;
	double lo, hi;
};

static const struct range faults[] = {
	{"zone[3].g", 0, 1},          {"zone[7].g", 0, 2},          {"zone.g", 0.9, 1},
	{"pump[0].failed", 0, 1},     {"pump[1].speed", -1, 1},     {"pump[0].speed", 0.2, 1},
	{"facility.valve", -1, 1},    {"facility.supply_c", 5, 45}, {"facility.flow_frac", 0, 1},
	{"hx.ua_mul", 0.01, 2},       {"loop.leak_kg_s", 0, 0.1},   {"loop.water_kg", 4, 9},
	{"loop.filter_mul", 0.1, 20}, {"psu[2].failed", 0, 1},      {"job[0].activity", 0, 1},
	{"job[0].density", 0, 1.5},   {"fan[1].failed", 0, 1},      {"fan[2].speed", -1, 1},
	{"air.filter_mul", 0.1, 50},
};
static const struct range numbers[] = {
#define MODEL(field, unit, value, lo, hi, text) {"model." #field, lo, hi},
#include "config/model.def"
#undef MODEL
};

static double
uniform(uint64_t key, uint64_t n)
{
	return (double)(keyed_u64(SEED, key, n) >> 11) * 0x1p-53;
}

/* One random change of cs00. Those of the model stay near the middle of their range, where a
 * machine lives; at its ends the firmware would have cut the power for good. */
static int
random_change(struct sim *sim, uint64_t n, bool model)
{
	const struct range *r = &faults[keyed_u64(SEED, 1, n) % (sizeof(faults) / sizeof(*r))];
	double now, to = r->lo + uniform(2, n) * (r->hi - r->lo);
	char text[100], path[60];

	if (model) {
		r = &numbers[keyed_u64(SEED, 1, n) % (sizeof(numbers) / sizeof(*r))];
		snprintf(path, sizeof(path), "cs00.%s", r->path);
		assert_int_equal(sim_get(sim, path, &now), 0);
		to = fmin(r->hi, fmax(r->lo, now * (0.8 + 0.4 * uniform(2, n))));
	}
	snprintf(text, sizeof(text), "cs00.%s=%.9g%s", r->path, to, n % 3 == 0 ? " over 0.3s" : "");
	return change(sim, text);
}

static struct plant *
plant_with(const char *grid, const char *type, int systems)
{
	char text[300];

	snprintf(text, sizeof(text),
		 "site: test\ngrid: %s\nseed: 7\nfaults: allowed\nsystems:\n"
		 "  - {name: cs%%02d, count: %d, type: %s}\n",
		 grid, systems, type);
	return plant_of(text);
}

static void
each_step_of_every_variant_balances(void **state)
{
	static const struct {
		const char *grid;
		int changes;
	} grids[] = {{"reference", 400}, {"48x28", 100}, {"96x56", 16}};
	static const char *const types[] = {"water", "air"};

	(void)state;
	for (size_t g = 0; g < sizeof(grids) / sizeof(grids[0]); g++)
		for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
			struct plant *plant = plant_with(grids[g].grid, types[t], 1);
			struct sim *sim = sim_of(plant, NULL);
			int refused = 0;

			for (int n = 0; n < grids[g].changes; n++) {
				int rc = random_change(sim, (uint64_t)n, n % 4 == 3);

				refused += rc != 0;
				assert_true(rc == 0 || rc == -EBUSY || rc == -ERANGE);
				run_s(sim, 0.5);
				if (!(truth_of(sim, 0).energy_error_rel <= BALANCE))
					fail_msg("%s %s: change %d: balance %g", grids[g].grid,
						 types[t], n, truth_of(sim, 0).energy_error_rel);
				assert_true(isfinite(truth_of(sim, 0).tmax_c));
			}
			print_message("%s %s: worst balance %.1e, %d of %d changes refused\n",
				      grids[g].grid, types[t], truth_of(sim, 0).energy_error_rel,
				      refused, grids[g].changes);
			sim_close(sim);
			plant_free(plant);
		}
}

/* Of a node, conduction to its four neighbours by Adams-Bashforth: step times 2 (2 x + 2 y) / c below 1. */
static void
no_number_of_the_model_lets_what_flows_sideways_leave_its_range(void **state)
{
	static const struct model at_least = {
#define MODEL(field, unit, value, lo, hi, text) .field = (lo),
#include "config/model.def"
#undef MODEL
	};
	static const struct model at_most = {
#define MODEL(field, unit, value, lo, hi, text) .field = (hi),
#include "config/model.def"
#undef MODEL
	};
	double si_w_k = 4.0 * (at_most.k_si_x_w_k + at_most.k_si_y_w_k);
	double cu_w_k = 4.0 * (at_most.k_cu_x_w_k + at_most.k_cu_y_w_k);

	(void)state;
	assert_true(WAFER_STEP_S * si_w_k / at_least.c_si_j_k < 1.0);
	assert_true(WAFER_STEP_S * cu_w_k / at_least.c_cu_j_k < 1.0);
}

static void
a_number_the_step_could_not_follow_is_refused_at_every_grid(void **state)
{
	static const char *const grids[] = {"reference", "48x28", "96x56"};

	(void)state;
	for (size_t g = 0; g < sizeof(grids) / sizeof(grids[0]); g++) {
		struct plant *plant = plant_with(grids[g], "water", 1);
		struct sim *sim = sim_of(plant, NULL);
		double left = 1.0;
		int rc = 0;

		/* towards stiffer plates, a number after the other, until one is refused */
		static const char *const stiffer[] = {
			"cs00.model.c_cu_j_k=1",    "cs00.model.k_cu_x_w_k=10",
			"cs00.model.k_cu_y_w_k=10", "cs00.model.g_si_cu_w_k=30",
			"cs00.model.c_si_j_k=0.2",  "cs00.model.ha_w_k=100",
		};
		for (size_t k = 0; k < sizeof(stiffer) / sizeof(stiffer[0]) && rc == 0; k++) {
			rc = change(sim, stiffer[k]);
			run_s(sim, 0.3);
			assert_true(truth_of(sim, 0).energy_error_rel <= BALANCE);
			assert_true(truth_of(sim, 0).tmax_c < 120.0);
		}
		assert_int_equal(rc, -ERANGE);
		/* one that moves there is refused as one that jumps; a second beside it has to wait */
		assert_int_equal(change(sim, "cs00.model.idle_w=40 over 1s"), 0);
		assert_int_equal(change(sim, "cs00.model.c_cu_j_k=2"), -EBUSY);
		run_s(sim, 1.1);
		assert_int_equal(change(sim, "cs00.model.c_cu_j_k=2"), 0);
		assert_int_equal(sim_get(sim, "cs00.model.c_cu_j_k", &left), 0);
		assert_true(fabs(left - 2.0) < 1e-12);
		sim_close(sim);
		plant_free(plant);
	}
}

static void
a_system_is_the_same_alone_and_among_many(void **state)
{
	static const char *const grids[] = {"reference", "48x28"};

	(void)state;
	for (size_t g = 0; g < sizeof(grids) / sizeof(grids[0]); g++) {
		struct plant *alone = plant_with(grids[g], "water", 1);
		struct plant *many = plant_with(grids[g], "water", 9);
		struct sim *a = sim_of(alone, NULL), *b = sim_of(many, NULL);
		struct sim_truth ta, tb;

		for (uint64_t n = 0; n < 12; n++) {
			assert_int_equal(random_change(a, n, false), random_change(b, n, false));
			assert_int_equal(change(b, "cs04.zone[2].g=0.3"), 0);
			run_s(a, 0.2);
			run_s(b, 0.2);
			ta = truth_of(a, 0);
			tb = truth_of(b, 0);
			assert_memory_equal(&ta, &tb, sizeof(ta));
		}
		sim_close(a);
		sim_close(b);
		plant_free(alone);
		plant_free(many);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_step_of_every_variant_balances),
		cmocka_unit_test(no_number_of_the_model_lets_what_flows_sideways_leave_its_range),
		cmocka_unit_test(a_number_the_step_could_not_follow_is_refused_at_every_grid),
		cmocka_unit_test(a_system_is_the_same_alone_and_among_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
