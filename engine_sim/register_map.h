/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a profile has its registers, and what is made when they are read. Devices of one profile
 * share a map: what is looked at for each request is then the same few lines of memory for all.
 */
#ifndef ISOTHERM_ENGINE_SIM_REGISTER_MAP_H
#define ISOTHERM_ENGINE_SIM_REGISTER_MAP_H

#include "config/plant.h"
#include "engine_sim/gate.h"

struct asked;

/* A point that nobody writes; or several with indices in a row, in words side by side. */
struct map_reading {
	uint32_t point; /* index of the first */
	uint32_t at, n; /* its register, in the table; points */
	uint32_t i;     /* role's index */
	/* where its noise is among the table's; of one that has none, the next one's */
	uint32_t noise;
	bool plain;                            /* point_is_word: coded by the table's `coding` */
	double (*value)(const struct asked *); /* NULL: nothing to say */
	void (*values)(const struct asked *, uint32_t n, double *out); /* NULL: one, by `value` */
};

/* How a plain register is made of a value x: (x - offset) / scale, rounded, inside [lo, hi]. `none`: of an x that is not finite. */
struct map_coding {
	double *offset, *scale, *lo, *hi, *none;
};

struct register_map {
	struct gate_map gate;
	const struct device *of; /* the first device that has it */
	const struct point
		*points; /* [of->n_points] its points: they stand for those of the others */
	struct {
		uint32_t *point_at;      /* [n of the table]: index of the point, NO_POINT */
		uint32_t *first_reading; /* [n + 1]: the first one that ends behind that register */
		struct map_reading *reading; /* [n_readings], and one that ends their noise */
		uint32_t n_readings;
		struct map_coding coding; /* [n] */
		uint64_t *noise_key;      /* values_key, of plain readings in their order */
	} table[GATE_TABLES];
};

/* Of that device. 0 or -ENOMEM; closed in either case by register_map_close. */
int register_map_open(struct register_map **out, const struct plant *plant, uint32_t device);
void register_map_close(struct register_map *m);
/* Does it hold for that device, too? */
bool register_map_fits(const struct register_map *m, const struct plant *plant, uint32_t device);

/* The register by which the profile knows its devices, and the two of the serial number. */
struct point register_map_profile(const struct device *d);
struct point register_map_serial(const struct device *d);

/* The table that a function code reads. */
static inline enum gate_table
register_map_table(uint8_t fc)
{
	return (enum gate_table)(fc - 1);
}
_Static_assert(GATE_COILS == 0 && GATE_DISCRETE == 1 && GATE_HOLDING == 2 && GATE_INPUT == 3,
	       "in the order of the functions that read them");

#endif
