/* SPDX-License-Identifier: Apache-2.0 */
/* A simulated plant with a list of jobs. */
#ifndef ISOTHERM_TESTS_JOBS_FIXTURE_H
#define ISOTHERM_TESTS_JOBS_FIXTURE_H

#include "tests/unit/sim_fixture.h"

#include "engine_sim/registers.h"

#define SYSTEMS(n)                                                                                 \
	"site: test\n"                                                                             \
	"grid: reference\n"                                                                        \
	"seed: 7\n"                                                                                \
	"faults: allowed\n"                                                                        \
	"systems:\n"                                                                               \
	"  - {name: cs%02d, count: " #n ", type: water}\n"                                         \
	"jobs:\n"

static struct plant *plant;
static struct sim *sim;

static inline void
open_with(const char *yaml, const struct sim_options *opt)
{
	plant = plant_of(yaml);
	sim = sim_of(plant, opt);
}

static inline void
end(void)
{
	sim_close(sim);
	plant_free(plant);
}

static inline void
set(const char *text)
{
	assert_int_equal(change(sim, text), 0);
}

/* A point's value as a client has it. */
static inline double
shown(const char *name)
{
	const struct point *pt = point_named(plant, name);
	uint16_t words[REGISTER_WORDS_MAX] = {0};

	assert_int_equal(read_words(sim, (uint32_t)pt->device, pt->fc, pt->reg, pt->count, words),
			 0);
	return registers_decode(pt, words);
}

static inline void
about(double x, double expected, double tolerance)
{
	if (!(fabs(x - expected) <= tolerance))
		fail_msg("%.12g is not %.12g", x, expected);
}

static inline struct sim_job_truth
job(uint32_t j)
{
	struct sim_job_truth t;

	sim_job(sim, j, &t);
	return t;
}

#endif
