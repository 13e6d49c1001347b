/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instruments that lie (instrument.def): a reticle's sensor in front of the firmware, or a point on
 * its way to the bus. Few are odd at a time, so they have slots in a pool; a slot that has nothing
 * wrong any more is free again after a moment. An odd instrument samples ten times a second.
 */
#ifndef ISOTHERM_ENGINE_SIM_INSTRUMENT_H
#define ISOTHERM_ENGINE_SIM_INSTRUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INSTRUMENT_PAST 51 /* samples of 100 ms: delay_s up to 5 s */
#define INSTRUMENT_WORDS 4

struct instrument {
	uint32_t of; /* 1 + reticle or point; 0: the slot is free */
#define INSTRUMENT(field, sensor, none, lo, hi, text) double field;
#include "engine_sim/instrument.def"
#undef INSTRUMENT
	/* state */
	double shown; /* the last sample, as it goes out; NAN: none */
	double lagged, drift, past[INSTRUMENT_PAST];
	uint32_t at;      /* of the newest in `past` */
	uint32_t settled; /* samples in a row without anything wrong */
	bool fresh;       /* no sample yet: what went before is taken from the first */
	uint16_t words[INSTRUMENT_WORDS],
		before[INSTRUMENT_WORDS]; /* last sample and the one before */
};

struct path_target;

/* A slot for it in pool[n], the one it has or a free one. NULL: all are taken. */
struct instrument *instrument_slot(struct instrument *pool, size_t n, uint32_t of);
struct instrument *instrument_find(struct instrument *pool, size_t n, uint32_t of); /* or NULL */
bool
instrument_plain(const struct instrument *f); /* nothing is wrong with it, and no drift is left */
/* The field of that name, -1 no such. */
int instrument_field(const char *name, bool sensor);
void instrument_target(struct instrument *f, int field, struct path_target *out);
/* A row a field of that kind: "off", interval, text. */
void instrument_manual(bool sensor,
		       void (*row)(void *arg, const char *name, double lo, double hi,
				   const char *text),
		       void *arg);

/* A sample of 100 ms: true value in, what it says out. lo, hi: what garbage lies in. seed, signal
 * and tick key what is random. Frees the slot when it has been well for a while. */
double instrument_sample(struct instrument *f, double value, double lo, double hi, uint64_t seed,
			 uint64_t tick);

#endif
