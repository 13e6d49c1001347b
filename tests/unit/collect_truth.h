/* SPDX-License-Identifier: Apache-2.0 */
/* A table of the truth for a bus gone mad: each register's content is a function of (device, register, half second). */
#ifndef ISOTHERM_TESTS_COLLECT_TRUTH_H
#define ISOTHERM_TESTS_COLLECT_TRUTH_H

#include "tests/unit/collect_rig.h"

#include "core/keyed.h"

#define STEPS 20000
#define STEP_NS (10 * MS)
#define EPOCH_NS (500 * MS)

static uint64_t seed = 1;

static uint16_t
truth(uint32_t d, unsigned reg, int64_t epoch)
{
	return (uint16_t)(keyed_u64(seed, d * 65536u + reg, (uint64_t)epoch) % 9000);
}

/* Registers that nothing but a free number stands in. */
static bool
free_register(const struct point *p)
{
	return (p->type == REG_U16 || p->type == REG_I16) && !p->writable;
}

static void
fill(int64_t now_ns)
{
	for (uint32_t d = 0; d < rig.plant->n_devices; d++) {
		const struct device *dev = &rig.plant->devices[d];
		for (uint32_t i = 0; i < dev->n_points; i++) {
			const struct point *p = &rig.plant->points[dev->first_point + i];
			if (free_register(p))
				(p->fc == 3 ? rig.model[d].holding : rig.model[d].input)[p->reg] =
					truth(d, p->reg, now_ns / EPOCH_NS);
		}
	}
}

static unsigned
draw(unsigned below)
{
	return (unsigned)(keyed_u64(seed, 0xD1CE, ++rig.draw) % below);
}

#endif
