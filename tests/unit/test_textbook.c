/* SPDX-License-Identifier: Apache-2.0 */
/* Textbook cases, each within a tenth of a per cent. */
#include "tests/unit/column_fixture.h"

#include "engine_sim/case_wafer.h"
#include "engine_sim/channel.h"
#include "engine_sim/coolant.h"

#define WITHIN 1e-3

static void
agrees(const char *what, double got, double expected)
{
	print_message("%-52s %.8g  exact %.8g\n", what, got, expected);
	if (!(fabs(got / expected - 1.0) <= WITHIN))
		fail_msg("%s: %.9g is not %.9g", what, got, expected);
}

/* Resistances in series: sum L/k + 1/h. */
static void
slab(void **state)
{
	double r = 0.75e-3 / 130.0 + 0.10e-3 / 5.0 + 4.0e-3 / 390.0 + 1.0 / 20000.0;
	double power[RETICLES], face[RETICLES];
	struct column_flows f;
	struct bench_wafer b;

	(void)state;
	agrees("slab, face over flux", 1.0 / plate_face_w_m2k(&plate_w1, (struct plate_mode){0}),
	       r);
	bench_open(&b, &plate_w1, 4, 0.0, false);
	bench_map(power, MAP_EVEN, 0);
	assert_int_equal(column_steady(b.column, power, CASE_START_C, &f), 0);
	column_face(b.column, power, face);
	agrees("slab, rise of the wafer's face, K", face[40] - CASE_START_C,
	       CASE_FULL_W / (0.21504 * 0.21504) * r);
	column_close(b.column);
}

/* A bare tip: tanh(mH)/(mH); with a film on the tip the same of the corrected length, to the second
 * order (Incropera 3.6.4). And by finite volumes. */
static void
fin(void **state)
{
	const double h = 4200.0, k = 390.0, wall = 0.448e-3, height = 3e-3;
	double m = sqrt(2.0 * h / (k * wall)), below = 0.0, t[2000], flux = 0.0;
	struct plate p = plate_w2;
	const int n = 2000;

	(void)state;
	agrees("fin, efficiency", plate_fin_efficiency(h, k, wall, height),
	       tanh(m * height) / (m * height));
	/* fin as a chain of cells, from the tip up: with a ceiling's film on its tip, and bare */
	for (int bare = 0; bare < 2; bare++) {
		below = 0.0;
		for (int i = n - 1; i >= 0; i--) {
			double dz = height / n;
			double y = 2.0 * h * dz + (i == n - 1 && !bare ? h * p.channel_m : 0.0);

			y += below;
			below = y / (1.0 + y * dz / (k * wall));
			t[i] = y;
		}
		flux = t[0] / (1.0 + t[0] * 0.5 * height / n / (k * wall)) + h * p.channel_m;
		p.cover_m = bare ? 0.0 : 1e-12;
		agrees(bare ? "fins without a cover" : "fins, film over area, W/(m2 K)",
		       plate_back_w_m2k(&p, (struct plate_mode){0}), flux / p.pitch_m);
	}
}

/* One material, film on one side: the slow mode decays as zeta^2 a / L^2, zeta tan zeta = Bi. */
static void
plate_decay(void **state)
{
	struct plate p = plate_w1;
	double length, bi, zeta = 0.5, was, rate, power[RETICLES];
	struct column_flows f;
	struct bench_wafer b;

	(void)state;
	p.silicon = p.interface = p.base;
	p.silicon.thickness_m = 1e-3;
	p.interface.thickness_m = 1e-3;
	length = p.silicon.thickness_m + p.interface.thickness_m + p.base.thickness_m;
	bi = p.film_w_m2k * length / p.base.k_w_mk;
	for (int n = 0; n < 60; n++)
		zeta -= (zeta * tan(zeta) - bi) / (tan(zeta) + zeta / pow(cos(zeta), 2.0));
	bench_open(&b, &p, 4, 0.0, false);
	bench_map(power, MAP_EVEN, 0);
	assert_int_equal(column_steady(b.column, power, CASE_START_C, &f), 0);
	memset(power, 0, sizeof(power));
	for (int n = 0; n < 100; n++)
		column_step(b.column, power, CASE_START_C, &f);
	was = f.silicon_c[0] - CASE_START_C;
	for (int n = 0; n < 100; n++)
		column_step(b.column, power, CASE_START_C, &f);
	rate = log(was / (f.silicon_c[0] - CASE_START_C)) / 1.0;
	agrees("decay of a plate, 1/s", rate,
	       zeta * zeta / (length * length) * p.base.k_w_mk / p.base.rho_c_j_m3k);
	column_close(b.column);
}

static void
caloric_rise(void **state)
{
	double power[RETICLES];
	struct column_flows f;
	struct bench_wafer b;

	(void)state;
	bench_open(&b, &plate_w2, 4, 40.0, true);
	bench_map(power, MAP_RANDOM, 2);
	assert_int_equal(column_steady(b.column, power, CASE_START_C, &f), 0);
	agrees("rise of the coolant, K", f.outlet_c - CASE_START_C,
	       f.power_w / (40e-3 / 60.0 * 4.172e6));
	column_close(b.column);
}

/* A wall at one temperature along a channel: 1 - exp(-NTU), however many cells. */
static void
marching(void **state)
{
	struct column_flows f;
	struct bench_wafer b;
	double power[RETICLES] = {0.0}, ha[RETICLES], zone[ZONES], ntu;

	(void)state;
	bench_open(&b, &plate_w2, 4, 40.0, false);
	for (int i = 0; i < RETICLES; i++)
		ha[i] = 1e-3; /* so little that the wall stays where it is */
	for (int x = 0; x < ZONES; x++)
		zone[x] = 2e-3;
	ntu = ROWS * ha[0] / zone[0];
	column_back(b.column, ha, zone);
	column_step(b.column, power, CASE_START_C - 10.0, &f);
	agrees("effectiveness of a channel", (f.outlet_c - CASE_START_C + 10.0) / 10.0,
	       1.0 - exp(-ntu));
	column_close(b.column);
}

/* Counterflow: (1 - e) / (1 - C e), e = exp(-N (1 - C)); N / (1 + N) where both flows are alike. */
static void
exchanger(void **state)
{
	struct facility_water fw = {20.0, 1.0, 1.0, 1.0};
	struct hx_result hx;
	struct model md;
	double n, c, e;

	(void)state;
	model_defaults(&md);
	coolant_hx(&hx, &md, 0.7, 40.0, &fw);
	n = hx.ua_w_k / (0.7 * md.cp_j_kg_k);
	c = 0.7 / md.facility_kg_s;
	e = exp(-n * (1.0 - c));
	agrees("heat exchanger, W", hx.heat_w,
	       (1.0 - e) / (1.0 - c * e) * 0.7 * md.cp_j_kg_k * 20.0);
	agrees("heat exchanger, 1/UA", 1.0 / hx.ua_w_k,
	       1.0 / (md.hx_hot_w_k * pow(0.7 / md.m_nom_kg_s, 0.8)) + 1.0 / md.hx_facility_w_k);
	coolant_hx(&hx, &md, md.facility_kg_s, 40.0, &fw);
	n = hx.ua_w_k / (md.facility_kg_s * md.cp_j_kg_k);
	agrees("heat exchanger, flows alike, W", hx.heat_w,
	       n / (1.0 + n) * md.facility_kg_s * md.cp_j_kg_k * 20.0);
}

/* Flow goes with the speed, head with its square, power with its cube. */
static void
affinity(void **state)
{
	static const double full[] = {1.0, 1.0}, part[] = {0.6, 0.6};
	struct pump_flow a, b;
	struct model md;

	(void)state;
	model_defaults(&md);
	coolant_pumps(&a, &md, full);
	coolant_pumps(&b, &md, part);
	agrees("affinity, flow", b.total_kg_s / a.total_kg_s, 0.6);
	agrees("affinity, head", b.dp_kpa / a.dp_kpa, 0.36);
	agrees("affinity, shaft power",
	       (coolant_pump_w(&md, 0.6) - md.pump_idle_w) /
		       (coolant_pump_w(&md, 1.0) - md.pump_idle_w),
	       0.216);
}

/* What enters the channels leaves them a volume over a flow later: the mean delay of the outlet's
 * answer to a step of the inlet, walls without a film. */
static void
channel_delay(void **state)
{
	const double lpm = 15.0;
	double power[RETICLES] = {0.0}, ha[RETICLES], zone[ZONES], delay = 0.0;
	struct column_flows f;
	struct bench_wafer b;

	(void)state;
	bench_open(&b, &plate_w2, 4, lpm, true);
	for (int i = 0; i < RETICLES; i++)
		ha[i] = 1e-9;
	for (int x = 0; x < ZONES; x++)
		zone[x] = lpm / 60e3 * 4.172e6 / ZONES;
	column_back(b.column, ha, zone);
	for (int n = 0; n < 400; n++) {
		column_step(b.column, power, CASE_START_C + 1.0, &f);
		delay += 0.01 * (CASE_START_C + 1.0 - f.outlet_c);
	}
	agrees("delay of the channels, s", delay, 240.0 * 0.448e-3 * 3e-3 * 0.21504 / (lpm / 60e3));
	column_close(b.column);
}

/* --- laminar flow in a rectangular channel --- */

#define CELLS 64 /* along a side of the section */

/* del^2 out = -source over w x h with zero on the walls: five points, successive over-relaxation. */
static void
poisson(double out[CELLS + 1][CELLS + 1], double source[CELLS + 1][CELLS + 1], int n, double w,
	double h)
{
	double ax = n * n / (w * w), ay = n * n / (h * h), moved = 1.0;
	double over = 2.0 / (1.0 + sin(acos(-1.0) / n));

	for (int j = 0; j <= n; j++)
		for (int i = 0; i <= n; i++)
			out[j][i] = 0.0;
	for (int round = 0; round < 20000 && moved > 1e-13; round++) {
		moved = 0.0;
		for (int j = 1; j < n; j++)
			for (int i = 1; i < n; i++) {
				double to = (ax * (out[j][i - 1] + out[j][i + 1]) +
					     ay * (out[j - 1][i] + out[j + 1][i]) + source[j][i]) /
					    (2.0 * (ax + ay));
				double by = over * (to - out[j][i]);

				out[j][i] += by;
				moved = fmax(moved, fabs(by));
			}
	}
}

/* f Re and Nu (H1) of a section by finite differences: mu del^2 v = dp/dz, k del^2 T = rho c v
 * dT/dz, all constants 1. */
static void
section(double *f_re, double *nu, int n, double w, double h)
{
	static double one[CELLS + 1][CELLS + 1], v[CELLS + 1][CELLS + 1], t[CELLS + 1][CELLS + 1];
	double d = channel_hydraulic_m(w, h), sum_v = 0.0, sum_vt = 0.0;

	for (int j = 0; j <= n; j++)
		for (int i = 0; i <= n; i++)
			one[j][i] = 1.0;
	poisson(v, one, n, w, h);
	poisson(t, v, n, w, h);
	for (int j = 1; j < n; j++)
		for (int i = 1; i < n; i++) {
			sum_v += v[j][i] / (n * n);
			sum_vt += v[j][i] * t[j][i] / (n * n);
		}
	*f_re = 2.0 * d * d / sum_v;
	*nu = sum_v * w * h * d / (2.0 * (w + h)) / (sum_vt / sum_v);
}

static void
laminar_channel(void **state)
{
	/* a, f Re / 4 and Nu(H1): Shah and London (1978), table 42 */
	static const double published[][3] = {{1.0, 14.22708, 3.60795},
					      {0.5, 15.54806, 4.12330},
					      {0.25, 18.23278, 5.33106},
					      {0.125, 20.58464, 6.49033}};
	static const double sides[][2] = {{1.0, 1.0}, {0.448, 3.0}, {2.0, 1.0}, {0.3, 1.0}};
	char what[80];

	(void)state;
	for (int k = 0; k < 4; k++) {
		double w = published[k][0];

		snprintf(what, sizeof(what), "channel 1:%g, f Re, published", 1.0 / w);
		agrees(what, channel_friction_re(w, 1.0), 4.0 * published[k][1]);
		snprintf(what, sizeof(what), "channel 1:%g, Nu, published", 1.0 / w);
		agrees(what, channel_nusselt(1.0, w), published[k][2]);
	}
	for (int k = 0; k < 4; k++) {
		double f[2], nu[2], w = sides[k][0], h = sides[k][1];

		section(&f[0], &nu[0], CELLS / 2, w, h);
		section(&f[1], &nu[1], CELLS, w, h);
		snprintf(what, sizeof(what), "channel %g x %g, f Re, finite differences", w, h);
		agrees(what, channel_friction_re(w, h), f[1] + (f[1] - f[0]) / 3.0);
		snprintf(what, sizeof(what), "channel %g x %g, Nu, finite differences", w, h);
		agrees(what, channel_nusselt(w, h), nu[1] + (nu[1] - nu[0]) / 3.0);
	}
	agrees("between plates, f Re", channel_friction_re(1e-6, 1.0), 96.0);
	agrees("between plates, Nu", channel_nusselt(1e-6, 1.0), 140.0 / 17.0);
}

static void
darcy_weisbach(void **state)
{
	const struct channel_fluid water = {997.05, 890e-6, 0.6065};
	const double gap = 0.2e-3, v = 0.5, length = 0.3;

	(void)state;
	agrees("100 m of a pipe of 0.1 m at f = .02 and 2 m/s, Pa",
	       channel_darcy_pa(0.02, 100.0, 0.1, 1000.0, 2.0), 40000.0);
	agrees("water between plates, 12 mu v L / b^2, Pa",
	       channel_drop_pa(&water, gap, 1e6 * gap, length, v),
	       12.0 * water.mu_pa_s * v * length / (gap * gap));
	agrees("a square channel, 28.454 mu v L / s^2, Pa",
	       channel_drop_pa(&water, gap, gap, length, v),
	       0.5 * 56.9083 * water.mu_pa_s * v * length / (gap * gap));
	assert_true(channel_drop_pa(&water, gap, gap, length, 0.0) < 1e-300);
}

/* A case that gives channels and no film: Nu k / D on their walls, and only while that is so. */
static void
case_without_a_film(void **state)
{
	struct case_file c;
	struct config_report report = {0};
	struct case_channel at;
	struct case_wafer w;
	struct plate p;
	double d = 2.0 * 0.448e-3 * 3e-3 / (0.448e-3 + 3e-3), v = 40e-3 / 60.0 / 240.0 / 1.344e-6;

	(void)state;
	assert_int_equal(case_load(&c, "config/cases/w2.yaml", &report), 0);
	case_plate(&p, &c);
	agrees("film that the case gives, W/(m2 K)", p.film_w_m2k, 4200.0);
	c.film_w_m2k = (double)NAN;
	case_plate(&p, &c);
	agrees("film of its channels, W/(m2 K)", p.film_w_m2k,
	       channel_nusselt(0.448, 3.0) * 0.6065 / d);
	case_channel(&at, &c);
	agrees("Re of its channels", at.reynolds, 997.05 * v * d / 890e-6);
	agrees("their pressure drop, Pa", at.drop_pa,
	       0.5 * channel_friction_re(0.448, 3.0) * 890e-6 * v * 0.21504 / (d * d));
	assert_int_equal(case_wafer_open(&w, &c, 4, 0.01), 0);
	case_wafer_close(&w);
	c.flow_m3_s *= 1.5; /* Re 2700 */
	assert_int_equal(case_wafer_open(&w, &c, 4, 0.01), -EDOM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slab),
		cmocka_unit_test(fin),
		cmocka_unit_test(plate_decay),
		cmocka_unit_test(caloric_rise),
		cmocka_unit_test(marching),
		cmocka_unit_test(exchanger),
		cmocka_unit_test(affinity),
		cmocka_unit_test(channel_delay),
		cmocka_unit_test(laminar_channel),
		cmocka_unit_test(darcy_weisbach),
		cmocka_unit_test(case_without_a_film),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
