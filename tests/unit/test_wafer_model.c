/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <math.h>

#include "engine_sim/lanes.h"
#include "engine_sim/wafer.c"

static struct model md;
static struct wafer_variation alike;
static const double clean[ZONES] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

static int
setup(void **state)
{
	(void)state;
	model_defaults(&md);
	wafer_variation_none(&alike);
	return 0;
}

static void
near(double got, double expected, double within)
{
	if (!(fabs(got - expected) <= within))
		fail_msg("%.12g is not %.12g within %g", got, expected, within);
}

static void
uniform_state(struct wafer_state *s, double si_c, double cu_c)
{
	for (int i = 0; i < RETICLES; i++) {
		s->si_c[i] = si_c;
		s->cu_c[i] = cu_c;
	}
}

static void
near_exponential_is_exp(void **state)
{
	(void)state;
	for (double x = -4.0; x <= 4.0; x += 0.001) {
		double of = fabs(x), within = of < 0.9 ? 1e-9 : of < 1.6 ? 3e-8 : 1e-5;

		near(four_exp_of_16(four_all(x / 16.0))[1] / exp(x), 1.0, within);
	}
}

static void
vectors_exponential_less_one_is_expm1(void **state)
{
	(void)state;
	for (double x = -60.0; x <= 60.0; x += 0.0037) {
		near(row_expm1(row_all(x)).a[0] / expm1(x), 1.0, 4e-16);
		near(row_expm1(row_all(1e-3 * x)).b[2] / expm1(1e-3 * x), 1.0, 4e-16);
	}
	near(row_expm1(row_all(0.0)).c[1], 0.0, 0.0);
	near(row_expm1(row_all(-60.0)).c[1], -1.0, 0.0);
	near(row_clamp(row_all((double)NAN), -1.0, 2.0).a[0], 2.0, 0.0);
	near(row_clamp(row_all(3.0), -1.0, 2.0).b[1], 2.0, 0.0);
	near(row_clamp(row_all(-3.0), -1.0, 2.0).c[2], -1.0, 0.0);
}

/* A wafer that is far from rest, with a shut zone. */
static void
uneven(struct wafer_state *s, struct wafer_variation *v, struct wafer_cooling *cool,
       double load[RETICLES])
{
	double g[ZONES];

	wafer_variation_seed(v, 5);
	for (int x = 0; x < ZONES; x++)
		g[x] = x == 4 ? 0.0 : 1.0 - 0.05 * x;
	for (int i = 0; i < RETICLES; i++) {
		s->si_c[i] = 40.0 + 0.3 * ((i * 29) % 84);
		s->cu_c[i] = 33.0 + 0.2 * ((i * 53) % 84);
		s->half_si_k[i] = 0.1 * ((i * 31) % 84) - 4.0;
		s->half_cu_k[i] = 0.02 * ((i * 37) % 84) - 0.8;
		load[i] = 3.0 * i;
	}
	wafer_cooling_set(cool, &md, v, 0.8, g);
}

/* The step in one piece against its rule written down with wafer_rates: the mean of both ends has contact
 * and march, the state foretold leakage and what flows sideways. */
static void
a_step_is_its_rule_of_the_rates(void **state)
{
	struct wafer_state s, foretold, mean, end;
	struct model coupled;
	struct wafer_variation v;
	struct wafer_cooling cool, none;
	struct wafer_rates k, side;
	struct wafer_moves moves;
	double load[RETICLES], off[RETICLES] = {0.0}, stored = 0.0, power_w;
	struct wafer_inputs in = {.md = &md,
				  .variation = &v,
				  .cool = &cool,
				  .load_w = load,
				  .powered = 1.0,
				  .supply_c = 21.5};

	(void)state;
	uneven(&s, &v, &cool, load);
	end = s;
	wafer_step(&end, &moves, &in);
	for (int i = 0; i < RETICLES; i++) {
		foretold.si_c[i] = s.si_c[i] + s.half_si_k[i];
		foretold.cu_c[i] = s.cu_c[i] + s.half_cu_k[i];
		mean.si_c[i] = 0.5 * (s.si_c[i] + end.si_c[i]);
		mean.cu_c[i] = 0.5 * (s.cu_c[i] + end.cu_c[i]);
		near(end.half_si_k[i], mean.si_c[i] - s.si_c[i], 1e-13);
		near(end.half_cu_k[i], mean.cu_c[i] - s.cu_c[i], 1e-13);
	}
	/* what leaks and flows sideways, alone */
	none = cool;
	memset(none.contact, 0, sizeof(none.contact));
	memset(none.effect, 0, sizeof(none.effect));
	wafer_rates(&side, &md, &v, &none, &foretold, load, 1.0, 21.5);
	power_w = side.power_w;
	coupled = md;
	coupled.k_si_x_w_k = coupled.k_si_y_w_k = coupled.k_cu_x_w_k = coupled.k_cu_y_w_k = 0.0;
	wafer_rates(&k, &coupled, &v, &cool, &mean, off, 0.0, 21.5);
	near(moves.power_w, power_w, 1e-9);
	near(moves.outlet_c, k.outlet_c, 1e-12);
	for (int i = 0; i < RETICLES; i++) {
		double si = side.si_k_s[i] + k.si_k_s[i], cu = side.cu_k_s[i] + k.cu_k_s[i];

		near(end.si_c[i], s.si_c[i] + 0.01 * si, 1e-12);
		near(end.cu_c[i], s.cu_c[i] + 0.01 * cu, 1e-12);
		stored += md.c_si_j_k * si + md.c_cu_j_k * cu;
	}
	near(moves.stored_w, stored, 1e-8);
	near(moves.stored_w, power_w - k.coolant_w, 1e-8);
}

/* dT/dt as it is, by the midpoint rule in steps of h. */
static void
midpoint(struct wafer_state *s, const struct wafer_cooling *cool, const double load[RETICLES],
	 double h)
{
	struct wafer_state mid;
	struct wafer_rates k;

	wafer_rates(&k, &md, &alike, cool, s, load, 1.0, 24.0);
	for (int i = 0; i < RETICLES; i++) {
		mid.si_c[i] = s->si_c[i] + 0.5 * h * k.si_k_s[i];
		mid.cu_c[i] = s->cu_c[i] + 0.5 * h * k.cu_k_s[i];
	}
	wafer_rates(&k, &md, &alike, cool, &mid, load, 1.0, 24.0);
	for (int i = 0; i < RETICLES; i++) {
		s->si_c[i] += h * k.si_k_s[i];
		s->cu_c[i] += h * k.cu_k_s[i];
	}
}

/* Load jumps on half the wafer, and the step is no further off than two looks a step would be. */
static void
a_jump_is_followed_as_well_as_by_the_midpoint_rule(void **state)
{
	struct wafer_state exact, coarse, s = {0};
	double load[RETICLES], worst = 0.0, worst_coarse = 0.0;
	struct wafer_cooling cool;
	struct wafer_moves moves;
	struct wafer_inputs in = {.md = &md,
				  .variation = &alike,
				  .cool = &cool,
				  .load_w = load,
				  .powered = 1.0,
				  .supply_c = 24.0};

	(void)state;
	wafer_cooling_set(&cool, &md, &alike, 1.0, clean);
	uniform_state(&s, 24.0, 24.0);
	for (int i = 0; i < RETICLES; i++)
		load[i] = i % ZONES < 6 ? 187.0 : 31.0;
	exact = coarse = s;
	for (int n = 0; n < 30; n++) {
		wafer_step(&s, &moves, &in);
		midpoint(&coarse, &cool, load, 0.01);
		for (int m = 0; m < 16; m++)
			midpoint(&exact, &cool, load, 0.01 / 16);
		for (int i = 0; i < RETICLES; i++) {
			worst = fmax(worst, fabs(s.si_c[i] - exact.si_c[i]));
			worst_coarse = fmax(worst_coarse, fabs(coarse.si_c[i] - exact.si_c[i]));
		}
	}
	print_message("worst of 0.3 s: %.4f K, midpoint rule %.4f K\n", worst, worst_coarse);
	assert_true(worst < worst_coarse);
}

static void
power_is_leakage_and_load(void **state)
{
	struct wafer_state s;
	double load[RETICLES], w[RETICLES];

	(void)state;
	uniform_state(&s, 45.0, 40.0);
	for (int i = 0; i < RETICLES; i++)
		load[i] = 31.2 + 156.0;
	near(wafer_power(w, &md, &alike, s.si_c, load, 1.0), 84 * 208.0, 1e-9);
	s.si_c[3] = 65.0;
	wafer_power(w, &md, &alike, s.si_c, load, 1.0);
	near(w[3], 187.2 + 20.8 * exp(0.4), 1e-9);
	near(wafer_power(w, &md, &alike, s.si_c, load, 0.0), 0.0, 0.0);
}

static void
a_wafer_at_the_coolants_temperature_loses_nothing(void **state)
{
	static const double none[RETICLES];
	struct wafer_cooling cool;
	struct wafer_rates k;
	struct wafer_state s;

	(void)state;
	uniform_state(&s, 24.0, 24.0);
	wafer_cooling_set(&cool, &md, &alike, 1.0, clean);
	wafer_rates(&k, &md, &alike, &cool, &s, none, 0.0, 24.0);
	near(k.coolant_w, 0.0, 0.0);
	near(k.outlet_c, 24.0, 1e-12);
	for (int i = 0; i < RETICLES; i++) {
		near(k.si_k_s[i], 0.0, 0.0);
		near(k.cu_k_s[i], 0.0, 0.0);
	}
}

static void
coolant_takes_what_its_temperature_rises_by(void **state)
{
	double load[RETICLES], g[ZONES];
	struct wafer_cooling cool;
	struct wafer_rates k;
	struct wafer_state s;

	(void)state;
	for (int i = 0; i < RETICLES; i++) {
		s.si_c[i] = 40.0 + 0.1 * i;
		s.cu_c[i] = 35.0 + 0.07 * ((i * 37) % 84);
		load[i] = 100.0;
	}
	for (int x = 0; x < ZONES; x++)
		g[x] = 1.0 - 0.05 * x;
	wafer_cooling_set(&cool, &md, &alike, 0.7, g);
	wafer_rates(&k, &md, &alike, &cool, &s, load, 1.0, 21.0);
	near(k.coolant_w, 0.7 * md.cp_j_kg_k * (k.outlet_c - 21.0), 1e-8);
}

static void
what_leaves_the_nodes_is_power_less_coolant(void **state)
{
	double load[RETICLES], stored = 0.0;
	struct wafer_cooling cool;
	struct wafer_rates k;
	struct wafer_state s;

	(void)state;
	for (int i = 0; i < RETICLES; i++) {
		s.si_c[i] = 40.0 + 0.3 * ((i * 29) % 84);
		s.cu_c[i] = 33.0 + 0.2 * ((i * 53) % 84);
		load[i] = 2.0 * i;
	}
	wafer_cooling_set(&cool, &md, &alike, 1.0, clean);
	wafer_rates(&k, &md, &alike, &cool, &s, load, 1.0, 24.0);
	for (int i = 0; i < RETICLES; i++)
		stored += md.c_si_j_k * k.si_k_s[i] + md.c_cu_j_k * k.cu_k_s[i];
	near(stored, k.power_w - k.coolant_w, 1e-8);
}

static void
heat_spreads_to_the_four_neighbours_alone(void **state)
{
	double net[RETICLES] = {0.0}, t[RETICLES] = {0.0};
	const int i = 12 * 3 + 5;

	(void)state;
	t[i] = 1.0;
	lateral(net, t, 2.0, 1.0);
	near(net[i], -6.0, 0.0);
	near(net[i - 1], 2.0, 0.0);
	near(net[i + 1], 2.0, 0.0);
	near(net[i - 12], 1.0, 0.0);
	near(net[i + 12], 1.0, 0.0);
	net[i] = net[i - 1] = net[i + 1] = net[i - 12] = net[i + 12] = 0.0;
	near(reticle_sum(net), 0.0, 0.0);
	/* a corner has two */
	memset(net, 0, sizeof(net));
	memset(t, 0, sizeof(t));
	t[83] = 1.0;
	lateral(net, t, 2.0, 1.0);
	near(net[83], -3.0, 0.0);
	near(net[82], 2.0, 0.0);
	near(net[71], 1.0, 0.0);
	near(net[72], 0.0, 0.0); /* the next row's first is no neighbour */
}

static void
a_clogged_zone_gets_less_flow_and_its_neighbours_more(void **state)
{
	double g[ZONES];
	struct wafer_cooling cool;

	(void)state;
	memcpy(g, clean, sizeof(g));
	g[5] = 0.379;
	wafer_cooling_set(&cool, &md, &alike, 1.0, g);
	/* 40 % of what it has when clean */
	near(cool.zone_w_k[5] / (md.cp_j_kg_k / 12), 0.379 * 12 / 11.379, 1e-12);
	near(cool.zone_w_k[5] / (md.cp_j_kg_k / 12), 0.40, 0.001);
	assert_true(cool.effect[5] > cool.effect[4]);
}

static void
a_shut_zone_takes_no_heat_and_no_flow_takes_none_at_all(void **state)
{
	static const double load[RETICLES];
	double g[ZONES];
	struct wafer_cooling cool;
	struct wafer_rates k;
	struct wafer_state s;

	(void)state;
	uniform_state(&s, 50.0, 50.0);
	memcpy(g, clean, sizeof(g));
	g[0] = 0.0;
	wafer_cooling_set(&cool, &md, &alike, 1.0, g);
	wafer_rates(&k, &md, &alike, &cool, &s, load, 0.0, 20.0);
	near(k.cu_k_s[0], 0.0, 0.0);
	assert_true(k.cu_k_s[1] < 0.0);
	wafer_cooling_set(&cool, &md, &alike, 0.0, clean);
	wafer_rates(&k, &md, &alike, &cool, &s, load, 0.0, 20.0);
	near(k.coolant_w, 0.0, 0.0);
	assert_true(isfinite(k.outlet_c));
}

static void
variation_comes_from_the_seed_alone(void **state)
{
	struct wafer_variation a, b, c;
	double sum = 0.0, square = 0.0, log_square = 0.0;
	const int wafers = 50;

	(void)state;
	wafer_variation_seed(&a, 7);
	wafer_variation_seed(&b, 7);
	wafer_variation_seed(&c, 8);
	assert_memory_equal(&a, &b, sizeof(a));
	assert_memory_not_equal(&a, &c, sizeof(a));
	for (int w = 0; w < wafers; w++) {
		wafer_variation_seed(&a, 1000 + (uint64_t)w);
		for (int i = 0; i < RETICLES; i++) {
			sum += a.a_contact[i] - 1.0;
			square += pow(a.a_contact[i] - 1.0, 2);
			log_square += pow(log(a.l_leakage[i]), 2);
		}
	}
	near(sum / (wafers * RETICLES), 0.0, 0.004);
	near(sqrt(square / (wafers * RETICLES)), 0.05, 0.002);
	near(sqrt(log_square / (wafers * RETICLES)), 0.12, 0.005);
}

static void
extremes_name_their_reticles(void **state)
{
	double t[RETICLES];
	struct wafer_extremes ex;

	(void)state;
	for (int i = 0; i < RETICLES; i++)
		t[i] = 40.0;
	t[82] = 45.0;
	t[5] = 38.0;
	wafer_extremes(&ex, t);
	assert_int_equal(wafer_where(t, ex.tmax_c), 82);
	assert_int_equal(wafer_where(t, ex.tmin_c), 5);
	near(ex.spread_k, 7.0, 1e-12);
	near(ex.mean_c, 40.0 + 3.0 / 84, 1e-12);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(near_exponential_is_exp),
		cmocka_unit_test(vectors_exponential_less_one_is_expm1),
		cmocka_unit_test(a_step_is_its_rule_of_the_rates),
		cmocka_unit_test(a_jump_is_followed_as_well_as_by_the_midpoint_rule),
		cmocka_unit_test(power_is_leakage_and_load),
		cmocka_unit_test(a_wafer_at_the_coolants_temperature_loses_nothing),
		cmocka_unit_test(coolant_takes_what_its_temperature_rises_by),
		cmocka_unit_test(what_leaves_the_nodes_is_power_less_coolant),
		cmocka_unit_test(heat_spreads_to_the_four_neighbours_alone),
		cmocka_unit_test(a_clogged_zone_gets_less_flow_and_its_neighbours_more),
		cmocka_unit_test(a_shut_zone_takes_no_heat_and_no_flow_takes_none_at_all),
		cmocka_unit_test(variation_comes_from_the_seed_alone),
		cmocka_unit_test(extremes_name_their_reticles),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
