/* SPDX-License-Identifier: Apache-2.0 */
/* Points whose value is disturbed on its way to the bus, and registers that somebody else writes. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/keyed.h"
#include "engine_sim/limits.h"
#include "engine_sim/registers.h"
#include "engine_sim/state.h"

#define MASTER_STEPS 100 /* once a second */

static void
words_of(const struct instrument *f, const struct point *pt, double value, uint64_t seed,
	 uint64_t tick, uint16_t out[REGISTER_WORDS_MAX])
{
	uint32_t n = pt->count < REGISTER_WORDS_MAX ? pt->count : REGISTER_WORDS_MAX;

	memset(out, 0, REGISTER_WORDS_MAX * sizeof(*out));
	registers_encode(pt, value, out);
	if (f->garbage > 0.5 && f->off < 0.5 && pt->type != REG_BIT)
		for (uint32_t k = 0; k < n; k++)
			out[k] = (uint16_t)keyed_u64(seed, (uint64_t)f->of << 8 | k, tick);
	if (f->raw >= 0.0)
		registers_raw(pt, (uint32_t)f->raw, out);
	for (uint32_t k = 0; f->swapped > 0.5 && n > 1 && k < n / 2; k++) {
		uint16_t w = out[k];

		out[k] = out[n - 1 - k];
		out[n - 1 - k] = w;
	}
	if (f->swapped > 0.5 && n == 1 && pt->type != REG_BIT)
		out[0] = (uint16_t)(out[0] << 8 | out[0] >> 8);
}

static void
sample(struct sim *sim, struct instrument *f, uint64_t tick)
{
	const struct point *pt = &sim->plant->points[f->of - 1];
	struct sim_device *d = &sim->devices[pt->device];
	uint16_t before[INSTRUMENT_WORDS];
	double value;
	bool fresh = f->fresh;

	memcpy(before, f->words, sizeof(before));
	value = instrument_sample(f, sim_value(sim, d, pt), pt->lo, pt->hi, sim->plant->seed, tick);
	if (f->of == 0)
		return;
	words_of(f, pt, value, sim->plant->seed, tick, f->words);
	memcpy(f->before, fresh ? f->words : before, sizeof(f->before));
}

static void
other_master(struct sim *sim, const struct instrument *f)
{
	const struct point *pt = &sim->plant->points[f->of - 1];
	struct sim_device *d = &sim->devices[pt->device];

	if (d->offline > 0.5)
		return;
	sim_registers_store(d, pt, clamp(f->master, pt->lo, pt->hi));
	sim_demand(sim, d, pt, clamp(f->master, pt->lo, pt->hi));
}

void
odd_points_step(struct sim *sim)
{
	if (sim->step % FIRMWARE_TICK_STEPS != 0 || !sim->any_odd)
		return;
	sim->any_odd = false;
	for (uint32_t k = 0; k < ODD_POINTS; k++) {
		struct instrument *f = &sim->odd[k];

		if (f->of == 0)
			continue;
		sim->any_odd = true;
		if (f->master >= 0.0 && sim->plant->points[f->of - 1].writable &&
		    sim->step % MASTER_STEPS == 0)
			other_master(sim, f);
		sample(sim, f, (uint64_t)(sim->step / FIRMWARE_TICK_STEPS));
	}
}

static void
store(struct sim_device *d, const struct point *pt, const struct instrument *f)
{
	uint16_t words[INSTRUMENT_WORDS];

	if (f->fresh || instrument_plain(f))
		return;
	memcpy(words, f->words, sizeof(words));
	/* the half that comes last on the wire is still the old one */
	if (f->torn > 0.5)
		for (uint32_t k = (pt->count + 1u) / 2u; k < pt->count && k < INSTRUMENT_WORDS; k++)
			words[k] = f->before[k];
	sim_registers_words(d, pt, words);
}

void
odd_points_store(struct sim *sim, struct sim_device *d, enum gate_table table, uint32_t first,
		 uint32_t end)
{
	for (uint32_t k = 0; sim->any_odd && k < ODD_POINTS; k++) {
		const struct instrument *f = &sim->odd[k];
		const struct point *pt = f->of > 0 ? &sim->plant->points[f->of - 1] : NULL;

		if (pt && &sim->devices[pt->device] == d && !pt->writable &&
		    register_map_table(pt->fc) == table && pt->reg < end &&
		    (uint32_t)pt->reg + pt->count > first)
			store(d, pt, f);
	}
}

/* 1 found, 0 no such thing, -errno. */
int
odd_points_path(struct sim *sim, const char *path, struct path_target *out, char *why,
		size_t why_size)
{
	const char *dot = strrchr(path, '.');
	char name[NAME_MAX_LEN];
	struct instrument *f;
	uint32_t id;
	int field = dot ? instrument_field(dot + 1, false) : -1;

	if (field < 0 || dot - path >= (long)sizeof(name))
		return 0;
	snprintf(name, sizeof(name), "%.*s", (int)(dot - path), path);
	id = plant_point(sim->plant, name);
	if (id == NO_POINT || id >= sim->plant->n_in ||
	    sim->plant->points[id].owner != OWNER_FIELD ||
	    !sim->devices[sim->plant->points[id].device].config->simulated)
		return 0;
	if (sim->plant->points[id].writable != (strcmp(dot + 1, "master") == 0)) {
		snprintf(why, why_size, "%s: %s", path,
			 sim->plant->points[id].writable
				 ? "a register that is written has .master alone"
				 : "nobody can write it");
		return -ENOENT;
	}
	if ((strcmp(dot + 1, "off") == 0 || strcmp(dot + 1, "intermittent") == 0) &&
	    !registers_tell_none(&sim->plant->points[id])) {
		snprintf(why, why_size,
			 "%s: its register has no code for no reading (.raw sets any)", path);
		return -ENOENT;
	}
	f = instrument_slot(sim->odd, ODD_POINTS, id);
	if (!f) {
		snprintf(why, why_size, "%s: %d points are disturbed already", path, ODD_POINTS);
		return -EBUSY;
	}
	sim->any_odd = true;
	instrument_target(f, field, out);
	return 1;
}
