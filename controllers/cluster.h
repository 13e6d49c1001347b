/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs that run on several systems at once, data parallel: a step lasts until the slowest of them is
 * done. Which one is it, and what does it cost? Pure.
 */
#ifndef ISOTHERM_CONTROLLERS_CLUSTER_H
#define ISOTHERM_CONTROLLERS_CLUSTER_H

#include <stdbool.h>
#include <stdint.h>

#include "config/job.h"
#include "core/image.h"

/* What a system says of its slots. */
struct cluster_report {
	uint16_t job[JOBS_MAX]; /* number of the job in the plant's list, from 1; 0 none */
	double wait_frac
		[JOBS_MAX]; /* part of a step that it waits for slower systems; NAN unknown */
	double full_per_s[JOBS_MAX]; /* tokens it would make if nothing held it back */
};

/* A system that others wait for. */
struct straggler {
	int32_t job;       /* index in the plant's list; -1: nobody waits for it */
	uint32_t slot;     /* … in which it is here */
	double wait_frac;  /* the others', mean */
	double cost_per_s; /* tokens lost by that */
};

struct cluster;

int cluster_open(struct cluster **out, const struct plant *plant); /* 0, -ENOMEM */
void cluster_close(struct cluster *c);                             /* NULL is allowed */

/* Once a second: reports[n_systems]. Shown is what has lasted for STRAGGLES_S. */
void cluster_step(struct cluster *c, const struct cluster_report *reports, int64_t now_ns);
const struct straggler *cluster_straggler(const struct cluster *c, uint32_t system);

/* A line for people where somebody became or no longer is the one that a job waits for; its point is
 * left to the caller. */
bool cluster_line(struct cluster *c, struct image_event *out, uint32_t *system);

#endif
