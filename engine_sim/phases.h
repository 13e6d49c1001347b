/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers and the step of a job on one or more systems: how long they take at a rate, and what the reticles do
 * meanwhile. Pure functions; the equations are those of docs/jobs.md.
 *
 * A layer takes max(sigma, b tau / R) + bar: sigma streams its weights, tau computes it at rate 1, b is the share of
 * the step's micro-batches that this system has, R the pace of the slowest reticle. With what limits the data,
 *
 *   L = least(b tau io / sigma, activity, io where nothing streams) slow,    r = least(R, L)
 *
 * the work of a layer takes b tau / r. Where r < R the layer waits for data, clock-gated; else the reticles wait for
 * the slowest of them at a barrier, and so they all do in bar. A step is a pass through the layers, then the wait for
 * the slowest system, then the exchange.
 *
 * A table is resolved when it has several rows and each of them lasts a good part of a second: then the rows are in force one after
 * another. Else their mean is, which no temperature can tell from it.
 */
#ifndef ISOTHERM_ENGINE_SIM_PHASES_H
#define ISOTHERM_ENGINE_SIM_PHASES_H

#include <stdbool.h>
#include <stdint.h>

#include "config/job.h"

/* What is in force: row >= 0 of the table, or one of these. */
enum { ROW_MEAN = -1, ROW_WAIT = -2, ROW_REDUCE = -3 };

struct phase_row {
	double sigma_s, tau_s,
		bar_s; /* of each of `count` layers; tau without what sparsity skips */
	double count;
};

struct phase_table {
	uint32_t n; /* rows, at least 1 */
	struct phase_row row[JOB_LAYERS_MAX];
	bool resolved;
	bool streams;  /* a row has a sigma */
	double full_s; /* pass at rate 1, activity 1 */
};

/* What holds for all of a table in this step. */
struct phase_pace {
	double pace;     /* R, of what the reticles allow; at least 0 */
	double activity; /* 0..1 */
	double io;       /* part of the traffic that the edges carry, 0..1 */
	double slow;     /* 1, less while work moves */
	double batch;    /* b */
};

/* Parts of time, and what follows. Activity of reticle i of a job with shares x_i and duties u_i:
 * act x_i + barrier_frac (wait_slow most(0, u_i - pace x_i) + wait_all u_i). */
struct phase_mix {
	double act;       /* mean of r */
	double wait_slow; /* computing while not limited by data */
	double wait_all;  /* at a barrier without work */
	double time_s;    /* that the row or pass takes; INFINITY: it never ends */
	double nominal_s; /* the same unthrottled at b = 1, by heat or edges; with its activity */
	bool stream;      /* limited by data for more than half of its work */
};

/* The table of a job's layers; of a job without: one row of step_s. */
void phase_table_make(struct phase_table *out, const struct job_config *job);

/* A row; all of them. */
void phase_row_mix(struct phase_mix *out, const struct phase_table *t, uint32_t row,
		   const struct phase_pace *p);
void phase_pass_mix(struct phase_mix *out, const struct phase_table *t, const struct phase_pace *p);

/* What data allow of a row's rate, for reticles that work by themselves: L of above, and the same unthrottled. */
double phase_limit(const struct phase_table *t, uint32_t row, const struct phase_pace *p);
double phase_limit_nominal(const struct phase_table *t, uint32_t row, double activity);

/* A pass as part of a step: others_s is what the slowest other system takes, reduce_s the exchange. Returns the time of
 * the step; `mix` becomes the step's. */
double phase_step_mix(struct phase_mix *mix, double others_s, double reduce_s);

#endif
