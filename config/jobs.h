/* SPDX-License-Identifier: Apache-2.0 */
/* Private to config/: lists of jobs, whatever file they stand in. */
#ifndef ISOTHERM_CONFIG_JOBS_H
#define ISOTHERM_CONFIG_JOBS_H

#include "config/job.h"
#include "config/keys.h"

/* The list at w->path, for the plant's systems, instead of its jobs. False: wrong, reported, the jobs as they were;
 * `unsure`: don't judge names of systems. */
bool jobs_read(struct schema_walk *w, yaml_node_t *list, struct plant *p, bool unsure);
/* The one job of the short form. False: no memory. */
bool jobs_short(struct plant *p);

/* jobs_place.c. Systems and reticles of an entry; what is wrong is reported. */
void jobs_systems(struct schema_walk *w, yaml_node_t *node, const struct plant *p, bool unsure,
		  struct job_config *job);
bool jobs_reticles(const char *text, struct job_config *job);

/* jobs_check.c. What holds between jobs: names, places, slots. line[]: of each one's mapping. */
void jobs_check(struct schema_walk *w, const struct job_config *jobs, uint32_t n,
		const uint32_t *line);

/* jobs_write.c. As a plant file's `jobs:`. */
void jobs_write(FILE *f, const struct plant *p);

#endif
