/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs that run on several systems at once, data parallel: a step lasts until the slowest of them is
 * done. Which one is it, what does it cost, and what are the others to do meanwhile? Pure.
 *
 * A system of rate R_k with a share b_k of the micro-batches is done after b_k / R_k. The step is the
 * greatest of these, 1 / T. Who would be ready before that waits at full duty for nothing: it is
 * slowed to b_k T, and a little more, so that no noise of the slowest makes it the slowest. Where the
 * job allows it (`straggler:` of its entry) the whole micro-batches are shared first so that T is as
 * great as can be (rebalance.h).
 *
 * R_k is what a system's own rules leave it (duty by its limits, its cap, its device), before it is
 * slowed for others' sake, times what its step shows to be missing all the same. What stands still
 * (tripped, or stopped by a person) holds nobody back: it gets no micro-batch where they are shared,
 * and nobody is slowed to it. What nothing is known of is left out.
 *
 * While a power cap holds a system of it a job is left alone: what one leaves of the cap another gets,
 * and slowing all to the least of them would go round in circles. The cap's shares make them equal.
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
	bool paced[JOBS_MAX];   /* a synchronous job or a pipeline: duty says how fast it is */
	double wait_frac
		[JOBS_MAX]; /* part of a step that it waits for slower systems; NAN unknown */
	double full_per_s[JOBS_MAX]; /* tokens it would make if nothing held it back */
	double rate_frac[JOBS_MAX];  /* that it makes; NAN unknown */
	double own_frac[JOBS_MAX];   /* rate that its own rules leave it; NAN unknown */
	double asked_frac[JOBS_MAX]; /* rate that is asked of it; NAN unknown */
	double batch_frac[JOBS_MAX]; /* share of the micro-batches in force; NAN unknown */
	bool ours;                   /* its demands are ours */
	bool still;                  /* it is off, and says so */
	bool capped;                 /* a power cap holds it */
};

/* What a system is to do for its jobs' sake. */
struct cluster_order {
	double pace_frac[JOBS_MAX];  /* no faster than that; 1: as it likes */
	double batch_frac[JOBS_MAX]; /* share of the micro-batches; NAN: no demand */
};

/* A system that others wait for, or would wait for if nothing were done about it. */
struct straggler {
	int32_t job;       /* index in the plant's list; -1: nobody does */
	uint32_t slot;     /* … in which it is here */
	double wait_frac;  /* the others', mean, at equal shares and their own rate */
	double cost_per_s; /* tokens lost by that now */
};

struct cluster;

int cluster_open(struct cluster **out, const struct plant *plant); /* 0, -ENOMEM */
void cluster_close(struct cluster *c);                             /* NULL is allowed */

/* Each step, reports[n_systems]: who is slowed to what. Then, once a second: who is named for it,
 * which has to last for 3 s, and how micro-batches are shared. */
void cluster_pace(struct cluster *c, const struct cluster_report *reports);
void cluster_step(struct cluster *c, const struct cluster_report *reports, int64_t now_ns);
const struct cluster_order *cluster_order(const struct cluster *c, uint32_t system);
const struct straggler *cluster_straggler(const struct cluster *c, uint32_t system);

/* A line for people where somebody became or no longer is the one that a job waits for, or where
 * micro-batches are shared otherwise; its point is left to the caller. */
bool cluster_line(struct cluster *c, struct image_event *out, uint32_t *system);

#endif
