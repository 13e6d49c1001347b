/* SPDX-License-Identifier: Apache-2.0 */
/* What the observer makes of a wafer at rest that is made here, clogged where the test says. */
#include "tests/unit/support.h"

#include <math.h>

#include "controllers/observer.h"
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

struct rig {
	struct observer o;
	struct estimate e;
	struct view v;
	struct sensors s;
	double si_c[RETICLES], g[ZONES];
	uint64_t tick;
};

/* Columns up to `working` do `watts` a reticle, the others idle. */
static void
part_wafer(struct rig *r, int working, double watts, double lateral_mul)
{
	struct zone_face f;
	double kg_s[ZONES], cu_c[RETICLES], sum = 0.0, sum_w = 0.0;
	face_init(&f, &TYPE, lateral_mul, 1.0);
	for (int x = 0; x < ZONES; x++)
		sum += r->g[x];
	for (int x = 0; x < ZONES; x++)
		kg_s[x] = r->g[x] / sum;
	for (int i = 0; i < RETICLES; i++) {
		r->v.power_w[i] = i % ZONES < working ? watts : TYPE.idle_w;
		sum_w += r->v.power_w[i];
		r->si_c[i] = cu_c[i] = r->v.supply_c;
	}
	r->v.wafer_w = sum_w;
	face_relax(&f, r->v.power_w, r->v.supply_c, kg_s, 120, r->si_c, cu_c);
}

static void
wafer(struct rig *r, double watts, double lateral_mul)
{
	part_wafer(r, ZONES, watts, lateral_mul);
}

static void
begin(struct rig *r)
{
	memset(r, 0, sizeof *r);
	estimate_init(&r->e);
	observer_init(&r->o, &TYPE);
	r->e.serial = 1; /* it has had its soak, and needed no correction */
	r->v.supply_c = 24.0;
	r->v.flow_lpm = 60.0;
	r->v.return_c = r->v.facility_in_c = r->v.facility_out_c = (double)NAN;
	for (int x = 0; x < ZONES; x++)
		r->g[x] = 1.0;
	for (int i = 0; i < RETICLES; i++)
		r->s.measured[i] = true;
}

static void
run(struct rig *r, double seconds)
{
	for (int n = 0; n < (int)lrint(10.0 * seconds); n++, r->tick++) {
		for (uint32_t i = 0; i < RETICLES; i++)
			r->s.temp_c[i] = r->si_c[i] + 0.04 * keyed_normal(3, i, r->tick);
		observer_step(&r->o, &r->e, &PARAMS, &r->v, &r->s);
	}
}

static int
named(const struct rig *r)
{
	int n = 0;
	for (int x = 0; x < ZONES; x++)
		n += r->e.zone_clogged[x];
	return n;
}

static void
a_clog_is_named_with_its_flow_wherever_and_however_deep(void **state)
{
	static const int zone[] = {0, 5, 11};
	static const double depth[] = {0.2, 0.379, 0.6, 0.8};
	(void)state;
	for (int k = 0; k < 3; k++)
		for (int d = 0; d < 4; d++) {
			struct rig r;
			double flow = depth[d] * ZONES / (ZONES - 1 + depth[d]);
			begin(&r);
			wafer(&r, 208.0, PARAMS.lateral_mul);
			run(&r, 20.0);
			assert_int_equal(named(&r), 0);
			r.g[zone[k]] = depth[d];
			wafer(&r, 208.0, PARAMS.lateral_mul);
			run(&r, 15.0);
			assert_int_equal(named(&r), 1);
			assert_true(r.e.zone_clogged[zone[k]]);
			assert_true(fabs(r.e.zone_flow[zone[k]] / flow - 1.0) < 0.1);
			r.g[zone[k]] = 1.0;
			wafer(&r, 208.0, PARAMS.lateral_mul);
			run(&r, 15.0);
			assert_int_equal(named(&r), 0);
		}
}

static void
how_much_goes_across_is_found_by_itself(void **state)
{
	struct rig r;
	(void)state;
	begin(&r);
	wafer(&r, 208.0, 1.0);
	run(&r, 20.0);
	r.g[5] = 0.379;
	wafer(&r, 208.0, 1.0);
	run(&r, 15.0);
	assert_true(fabs(r.e.zone_flow[5] / 0.3997 - 1.0) < 0.1);
	assert_true(fabs(r.o.lateral_mul - 1.0) < 0.4);
}

static void
what_says_nothing_changes_nothing(void **state)
{
	struct rig r;
	(void)state;
	begin(&r);
	wafer(&r, 208.0, PARAMS.lateral_mul);
	run(&r, 20.0);
	/* a wafer without work */
	r.g[5] = 0.379;
	wafer(&r, 45.0, PARAMS.lateral_mul);
	run(&r, 30.0);
	assert_int_equal(named(&r), 0);
	/* power that jumps faster than copper, over a clean plate */
	r.g[5] = 1.0;
	for (int n = 0; n < 60; n++) {
		wafer(&r, n % 2 ? 208.0 : 70.0, PARAMS.lateral_mul);
		run(&r, 0.5);
	}
	assert_int_equal(named(&r), 0);
	/* no flow reading */
	r.g[5] = 0.379;
	wafer(&r, 208.0, PARAMS.lateral_mul);
	r.v.flow_lpm = (double)NAN;
	run(&r, 30.0);
	assert_int_equal(named(&r), 0);
	/* five of a zone's seven sensors are not believed: two rows are too few */
	r.v.flow_lpm = 60.0;
	for (int y = 0; y < 5; y++)
		r.s.measured[ZONES * y + 5] = false;
	run(&r, 30.0);
	assert_false(r.e.zone_clogged[5]);
	for (int y = 0; y < 5; y++)
		r.s.measured[ZONES * y + 5] = true;
	run(&r, 15.0);
	assert_true(r.e.zone_clogged[5]);
}

static void
what_all_zones_have_in_common_is_no_clog(void **state)
{
	struct rig r;
	(void)state;
	begin(&r);
	wafer(&r, 208.0, PARAMS.lateral_mul);
	r.v.flow_lpm = 40.0; /* the meter lies */
	run(&r, 40.0);
	assert_int_equal(named(&r), 0);
	for (int x = 0; x < ZONES; x++)
		assert_true(fabs(r.e.zone_flow[x] - 1.0) < 0.05);
}

/* A counterflow exchanger at rest, and the loop on it. */
static void
loop(struct rig *r, double ua_frac, double meter)
{
	double heat_w = 17400.0 * (1.0 + 0.8 * (1.0 / 0.88 - 1.0)), hot = 4180.0;
	double facility = 0.85, cold = 0.9 * facility * 4180.0;
	double a = 12000.0, b = 12000.0 * pow(facility, 0.8), ua = ua_frac * a * b / (a + b);
	double e = exp(-ua / cold * (1.0 - cold / hot));
	double eps = (1.0 - e) / (1.0 - cold / hot * e);
	r->v.facility_in_c = 20.0;
	r->v.facility_out_c = 20.0 + heat_w / cold;
	r->v.return_c = 20.0 + heat_w / (eps * cold);
	r->v.supply_c = r->v.return_c - heat_w / hot;
	r->v.facility_lpm = 54.0 * facility;
	r->v.flow_lpm = 60.0 * meter;
	wafer(r, 17400.0 / RETICLES, PARAMS.lateral_mul);
}

static void
a_fouled_exchanger_and_a_lying_meter_are_told(void **state)
{
	struct rig r;
	(void)state;
	begin(&r);
	loop(&r, 1.0, 1.0);
	run(&r, 300.0);
	assert_true(fabs(r.e.ua_frac - 1.0) < 0.01);
	assert_true(fabs(r.e.heat_balance_frac - 1.0) < 0.005);
	assert_false(r.e.fouled || r.e.unbalanced);
	loop(&r, 0.7, 1.0);
	run(&r, 400.0);
	assert_true(fabs(r.e.ua_frac - 0.7) < 0.02);
	assert_true(r.e.fouled);
	assert_false(r.e.unbalanced);
	loop(&r, 1.0, 0.92);
	run(&r, 400.0);
	assert_true(fabs(r.e.heat_balance_frac - 0.92) < 0.01);
	assert_true(r.e.unbalanced);
}

/* Neither alarms nor people take for new what nobody has seen. */
static void
what_is_not_seen_grows_old_and_names_nothing(void **state)
{
	struct rig r;
	(void)state;
	begin(&r);
	assert_true(r.e.zone_old[5] && r.e.ua_old && r.e.balance_old);
	loop(&r, 0.7, 1.0);
	run(&r, 120.0); /* fouled, and not for long enough yet */
	assert_false(r.e.zone_old[5] || r.e.ua_old || r.e.balance_old || r.e.fouled);
	r.v.flow_lpm = (double)NAN;
	run(&r, 3.0);
	assert_false(r.e.zone_old[5] || r.e.ua_old || r.e.balance_old);
	run(&r, 300.0);
	assert_true(r.e.zone_old[5] && r.e.ua_old && r.e.balance_old);
	assert_false(r.e.fouled || r.e.unbalanced);
	assert_true(isfinite(r.e.ua_frac)); /* laws go on with it */
	/* it flows again; in the mean no work: UA can't be told */
	loop(&r, 0.7, 1.0);
	run(&r, 120.0);
	r.v.return_c = r.v.supply_c + 0.05;
	r.v.facility_out_c = r.v.facility_in_c;
	run(&r, 600.0);
	assert_true(r.e.ua_old && r.e.balance_old);
	assert_false(r.e.fouled || r.e.unbalanced);
}

static void
another_block_begins_with_nothing(void **state)
{
	struct rig r;
	(void)state;
	begin(&r);
	loop(&r, 0.9, 1.0);
	r.g[5] = 0.379;
	wafer(&r, 208.0, PARAMS.lateral_mul);
	run(&r, 200.0);
	assert_true(r.e.zone_clogged[5] && r.e.zone_sure[5]);
	double ua_frac = r.e.ua_frac;
	assert_true(isfinite(ua_frac));
	observer_forget(&r.o, &r.e);
	assert_int_equal(named(&r), 0);
	assert_false(r.e.zone_sure[5]);
	assert_true(fabs(r.e.zone_flow[5] - 1.0) < 1e-12);
	r.g[5] = 1.0;
	wafer(&r, 208.0, PARAMS.lateral_mul);
	run(&r, 0.1);
	assert_true(fabs(r.e.ua_frac - ua_frac) < 0.01); /* that is the loop's */
	run(&r, 20.0);
	assert_int_equal(named(&r), 0);
}

/* What goes across to idle zones passes for no clog of those beside them, nor what their own small rise says for the flow of all;
 * a clog among those that work is found all the same. */
static void
on_a_half_idle_wafer_no_working_zone_is_clogged(void **state)
{
	(void)state;
	for (int clogged = 0; clogged < 2; clogged++) {
		struct rig r;
		begin(&r);
		wafer(&r, 208.0, 1.0);
		run(&r, 60.0);
		r.g[2] = clogged ? 0.379 : 1.0;
		part_wafer(&r, 6, 208.0, 1.0);
		r.v.flow_lpm = 100.0; /* the meter goes wrong meanwhile: that is of all that work */
		for (int seconds = 0; seconds < 120; seconds++) {
			run(&r, 1.0);
			for (int x = 0; x < ZONES; x++)
				assert_true(!r.e.zone_clogged[x] || (clogged && x == 2));
		}
		assert_int_equal(r.e.zone_clogged[2], clogged);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clog_is_named_with_its_flow_wherever_and_however_deep),
		cmocka_unit_test(how_much_goes_across_is_found_by_itself),
		cmocka_unit_test(what_says_nothing_changes_nothing),
		cmocka_unit_test(on_a_half_idle_wafer_no_working_zone_is_clogged),
		cmocka_unit_test(what_all_zones_have_in_common_is_no_clog),
		cmocka_unit_test(a_fouled_exchanger_and_a_lying_meter_are_told),
		cmocka_unit_test(what_is_not_seen_grows_old_and_names_nothing),
		cmocka_unit_test(another_block_begins_with_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
