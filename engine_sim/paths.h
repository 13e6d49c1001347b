/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names for everything that can be set in the simulator (paths.def, model.def): of one system
 * ("zone[5].g", "model.cp_j_kg_k"; without its index a name means all elements), of the site
 * ("facility.supply_c", which reaches every system) and of a device ("cs02.engine.offline").
 */
#ifndef ISOTHERM_ENGINE_SIM_PATHS_H
#define ISOTHERM_ENGINE_SIM_PATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/plant.h"

#define RAMPS_MAX 256
#define PATH_TEXT (2 * NAME_MAX_LEN) /* as in struct change */

struct sim;
struct sim_system;

/* Where a path leads: n doubles, stride bytes apart, and perhaps some more of the site's, side by
 * side. Of the systems' doubles those of one kind of facility alone, if `only` says so. */
struct path_target {
	double *first;
	size_t n, stride;
	double *also;
	size_t n_also;
	const struct sim_system *only_of; /* [n]; NULL: all of them */
	int only;                         /* enum facility */
	double lo, hi;                    /* closed interval of allowed values */
	const char *unit, *text;
};

/* A change under way; free where the path is empty. */
struct ramp {
	char path[PATH_TEXT]; /* what a saved state keeps of `to` */
	struct path_target to;
	double from, value;
	int64_t begin_step, end_step;
};

/* `path` of that system, without its name in front. 0, or -ENOENT with `why`. */
int paths_find_system(struct sim_system *system, const char *path, struct path_target *out,
		      char *why, size_t why_size);
/* Any path of the simulator. */
int paths_find(struct sim *sim, const char *path, struct path_target *out, char *why,
	       size_t why_size);

/* 0 or -ERANGE with `why`. */
int paths_check(const struct path_target *to, const char *path, double value, char *why,
		size_t why_size);
bool paths_same(const struct path_target *a, const struct path_target *b);
double paths_value(const struct path_target *to);
void paths_store(const struct path_target *to, double value);
/* Moves every ramp on to `sim->step`. */
void paths_ramps(struct sim *sim);

/* The table without a plant: "csNN.zone[0..11].g  0  100  text". */
void paths_manual(void (*line)(void *arg, const char *text), void *arg);

#endif
