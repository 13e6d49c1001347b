/* SPDX-License-Identifier: Apache-2.0 */
/* Private to values*.c: who asks for a reading, and the tables of functions that make one. */
#ifndef ISOTHERM_ENGINE_SIM_VALUES_H
#define ISOTHERM_ENGINE_SIM_VALUES_H

#include <assert.h>

#include "engine_sim/limits.h"
#include "engine_sim/state.h"

/* Water is counted at 1 kg/L. */
#define LPM_PER_KG_S 60.0
/* Standard deviations of thermometers and flow meters: assumptions. */
#define TEMP_NOISE_K 0.03
#define FLOW_NOISE_FRAC 0.002

struct asked {
	struct sim *sim;
	struct sim_system *sys; /* NULL for the site's devices */
	uint32_t i;             /* role's index */
	uint64_t tick;          /* of 100 ms */
	const double *noise;    /* of the role's signal, standard deviation 1 */
};

typedef double value_fn(const struct asked *);
/* Of indices i, i + 1 …: out[n]. */
typedef void values_fn(const struct asked *, uint32_t n, double *out);

/* Roles that a device of the site can have; all others belong to a system. */
extern value_fn *const values_site[ROLES];
/* Of an engine block: what its wafer computes. */
extern value_fn *const values_jobs[ROLES];

/* What makes a role's reading; NULL: nothing is there to say. */
value_fn *values_of_role(enum role_id role, bool of_system);
/* What makes the readings of a role that reticles have; NULL: it is another, the one above makes it. Its noise, if any, is its
 * own: it has no key. */
values_fn *values_of_several(enum role_id role, bool of_system);
/* Has a role's reading noise? Then its key. */
bool values_key(const struct point *pt, uint64_t *key);
/* Whose noise it is. */
static inline const struct sensors *
values_sensors(const struct sim *sim, const struct sim_device *d)
{
	return d->system ? &d->system->sensors : &sim->site.noise;
}

static inline struct asked
values_asked(struct sim *sim, const struct sim_device *d)
{
	return (struct asked){
		.sim = sim, .sys = d->system, .tick = (uint64_t)(sim->step / FIRMWARE_TICK_STEPS)};
}

static inline double
values_noisy(const struct asked *a, double value, double deviation)
{
	assert(a->noise && "its role needs a row in signals[] of values.c");
	return value + deviation * *a->noise;
}

#endif
