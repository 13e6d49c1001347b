/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/cosim.h"

#include <errno.h>
#include <math.h>

#include "engine_sim/state.h"

#define STEPS_PER_S 100.0
#define OFF_STEPS 1e-6 /* what a time in seconds may be beside a whole step */

/* NULL: no point of a simulated device. */
static const struct point *
point_of(const struct sim *sim, uint32_t reference)
{
	const struct point *pt = &sim->plant->points[reference];

	if (reference >= sim->plant->n_in || pt->owner != OWNER_FIELD ||
	    !sim->devices[pt->device].config->simulated)
		return NULL;
	return pt;
}

int
cosim_reference(const struct sim *sim, const char *name, uint32_t *reference)
{
	uint32_t id = plant_point(sim->plant, name);

	if (id == NO_POINT || !point_of(sim, id))
		return -ENOENT;
	*reference = id;
	return 0;
}

int
cosim_get(struct sim *sim, const uint32_t references[], size_t n, double values[])
{
	for (size_t k = 0; k < n; k++) {
		const struct point *pt = point_of(sim, references[k]);

		if (!pt)
			return -ENOENT;
		values[k] = sim_value(sim, &sim->devices[pt->device], pt);
	}
	return 0;
}

int
cosim_set(struct sim *sim, const uint32_t references[], size_t n, const double values[])
{
	for (size_t k = 0; k < n; k++) {
		const struct point *pt = point_of(sim, references[k]);
		struct sim_device *d = pt ? &sim->devices[pt->device] : NULL;

		if (!pt)
			return -ENOENT;
		if (!pt->writable)
			return -EACCES;
		if (!(values[k] >= pt->lo && values[k] <= pt->hi))
			return -ERANGE;
		sim_registers_store(d, pt, values[k]);
		sim_demand(sim, d, pt, values[k]);
	}
	return 0;
}

int
cosim_step(struct sim *sim, double now_s, double step_s)
{
	double steps = step_s * STEPS_PER_S;

	if (!(fabs(now_s * STEPS_PER_S - (double)sim->step) <= OFF_STEPS) || !(steps >= 0.0) ||
	    !(fabs(steps - round(steps)) <= OFF_STEPS))
		return -EINVAL;
	for (long n = lround(steps); n > 0; n--)
		sim_step(sim);
	return 0;
}
