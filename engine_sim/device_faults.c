/* SPDX-License-Identifier: Apache-2.0 */
/* Faults of a device as a whole (devices.def). */
#include <string.h>

#include "engine_sim/state.h"

static const struct fault {
	const char *name;
	size_t offset;
	double none, lo, hi;
	const char *text;
} faults[] = {
#define DEVICE(field, none, lo, hi, text)                                                          \
	{#field, offsetof(struct sim_device, field), none, lo, hi, text},
#include "engine_sim/devices.def"
#undef DEVICE
};
#define N_FAULTS (sizeof(faults) / sizeof(faults[0]))

static double *
at(struct sim_device *d, size_t fault)
{
	return (double *)(void *)((char *)d + faults[fault].offset);
}

void
device_faults_init(struct sim_device *d)
{
	for (size_t k = 0; k < N_FAULTS; k++)
		*at(d, k) = faults[k].none;
}

int
device_faults_path(struct sim *sim, const char *path, struct path_target *out)
{
	const char *dot = strrchr(path, '.');
	size_t len = dot ? (size_t)(dot - path) : 0;

	for (uint32_t d = 0; dot && d < sim->plant->n_devices; d++) {
		const char *name = sim->plant->devices[d].name;

		if (strlen(name) != len || strncmp(name, path, len) != 0)
			continue;
		for (size_t k = 0; k < N_FAULTS; k++) {
			if (strcmp(faults[k].name, dot + 1) != 0)
				continue;
			*out = (struct path_target){.first = at(&sim->devices[d], k),
						    .n = 1,
						    .stride = sizeof(double),
						    .lo = faults[k].lo,
						    .hi = faults[k].hi,
						    .unit = "",
						    .text = faults[k].text};
			return 1;
		}
	}
	return 0;
}

void
device_faults_manual(void (*row)(void *arg, const char *name, double lo, double hi,
				 const char *text),
		     void *arg)
{
	for (size_t k = 0; k < N_FAULTS; k++)
		row(arg, faults[k].name, faults[k].lo, faults[k].hi, faults[k].text);
}

/* What stands still is what was true at that moment, not what was last asked for. */
static void
stand_still(struct sim *sim, struct sim_device *d)
{
	const struct point *points = sim->plant->points + d->config->first_point;

	for (uint32_t i = 0; i < d->config->n_points; i++)
		if (!points[i].writable)
			sim_registers_store(d, &points[i], sim_value(sim, d, &points[i]));
}

void
device_faults_step(struct sim *sim)
{
	if (sim->step % FIRMWARE_TICK_STEPS != 0)
		return;
	for (uint32_t k = 0; k < sim->plant->n_devices; k++) {
		struct sim_device *d = &sim->devices[k];
		bool was = d->stands;

		d->stands = d->frozen > 0.5;
		if (d->registers && d->stands && !was)
			stand_still(sim, d);
	}
}
