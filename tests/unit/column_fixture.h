/* SPDX-License-Identifier: Apache-2.0 */
/* The two cases with known answers as data, and a wafer made of one. */
#ifndef ISOTHERM_TESTS_COLUMN_FIXTURE_H
#define ISOTHERM_TESTS_COLUMN_FIXTURE_H

#include "tests/unit/support.h"

#include <errno.h>
#include <math.h>

#include "engine_sim/column.h"

#define CASE_FULL_W 17500.0
#define CASE_START_C 25.0

static const struct plate plate_w1 = {.width_m = 0.21504,
				      .length_m = 0.21504,
				      .silicon = {0.75e-3, 130.0, 1.63e6},
				      .interface = {0.10e-3, 5.0, 2.2e6},
				      .base = {4.0e-3, 390.0, 3.45e6},
				      .back = PLATE_FILM,
				      .film_w_m2k = 20000.0};
static const struct plate plate_w2 = {.width_m = 0.21504,
				      .length_m = 0.21504,
				      .silicon = {0.75e-3, 130.0, 1.63e6},
				      .interface = {0.10e-3, 5.0, 2.2e6},
				      .base = {1.0e-3, 390.0, 3.45e6},
				      .back = PLATE_CHANNELS,
				      .film_w_m2k = 4200.0,
				      .pitch_m = 0.896e-3,
				      .channel_m = 0.448e-3,
				      .height_m = 3.0e-3,
				      .cover_m = 1.0e-3,
				      .coolant_rho_c_j_m3k = 4.172e6};

struct bench_wafer {
	struct plate_lumps lumps;
	struct column_multipliers multipliers;
	struct column_model model;
	struct column *column;
};

/* lpm: of the whole plate; ignored for a film. */
static inline void
bench_open(struct bench_wafer *b, const struct plate *p, int fold, double lpm, bool storing)
{
	double ha[RETICLES], zone[ZONES];

	plate_lumps(&b->lumps, p);
	plate_lumps_fit(&b->lumps, p);
	column_fit(&b->multipliers, p, &b->lumps, fold, plate_face_w_m2k, p);
	assert_int_equal(
		column_model_set(&b->model, p, &b->lumps, &b->multipliers, fold, 0.01, storing), 0);
	assert_int_equal(column_open(&b->column, &b->model, CASE_START_C), 0);
	for (int i = 0; i < RETICLES; i++)
		ha[i] = b->lumps.back_w_m2k * p->width_m * p->length_m / RETICLES;
	for (int x = 0; x < ZONES; x++)
		zone[x] = lpm / 60e3 * p->coolant_rho_c_j_m3k / ZONES;
	column_back(b->column, ha, p->back == PLATE_FILM ? NULL : zone);
}

/* Maps: all alike; zones 6..11 at 30 %; every second reticle; one alone; at random 0..2. */
enum bench_map { MAP_EVEN, MAP_HALF, MAP_CHESS, MAP_ONE, MAP_RANDOM };

static inline void
bench_map(double power_w[RETICLES], enum bench_map kind, uint32_t seed)
{
	const double full = CASE_FULL_W / RETICLES;

	for (int i = 0; i < RETICLES; i++) {
		seed = seed * 1664525u + 1013904223u;
		power_w[i] = full;
		if (kind == MAP_HALF)
			power_w[i] = i % ZONES < 6 ? full : 0.3 * full;
		else if (kind == MAP_CHESS)
			power_w[i] = (i % ZONES + i / ZONES) % 2 ? 2.0 * full : 0.0;
		else if (kind == MAP_ONE)
			power_w[i] = i == 41 ? 2.0 * full : 0.0;
		else if (kind == MAP_RANDOM)
			power_w[i] = 2.0 * full * (seed >> 8) / 16777216.0;
	}
}

static inline void
near(double got, double expected, double within)
{
	if (!(fabs(got - expected) <= within))
		fail_msg("%.12g is not %.12g within %g", got, expected, within);
}

struct deviation {
	double mean, max;
};

static inline struct deviation
deviation_of(const double got[RETICLES], const double expected[RETICLES])
{
	struct deviation d = {0.0, 0.0};

	for (int i = 0; i < RETICLES; i++) {
		double off = fabs(got[i] - expected[i]);

		d.mean += off / RETICLES;
		if (!(off <= d.max))
			d.max = off;
	}
	return d;
}

#endif
