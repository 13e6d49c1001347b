/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the wafer computes. A job owns reticles; reticle i has a duty cap u_i in [0,1], a work share
 * x_i (mean 1 over the job) and the job a power density D and an activity A: the rate that its data
 * allow (1: bound by computing; less: it waits for weights or for input).
 *
 *   SYNC  R = min u_i / x_i, r = min(R, A), act_i = r x_i. A fast reticle waits at the layer's
 *         barrier for the slowest, at barrier_frac of dynamic power, as long as that one computes:
 *         wait_i = (r / R) (u_i - R x_i), which is u_i - act_i for A = 1. The rest of the layer it
 *         waits for data, clock-gated.
 *   IND   act_i = min(u_i, A), no barrier; r = mean act_i.
 *
 *   load_i = idle_w + dynamic_w D (act_i + barrier_frac wait_i)
 *   rate of the job = r / A (1: unthrottled)
 */
#ifndef ISOTHERM_ENGINE_SIM_JOB_H
#define ISOTHERM_ENGINE_SIM_JOB_H

#include <stdint.h>

#include "config/plant.h"
#include "config/job.h"
#include "engine_sim/model.h"


struct job {
	double mode; /* enum job_mode */
	double density, activity;
};

struct job_set {
	uint32_t n;
	struct job job[JOBS_MAX];
	uint8_t of[RETICLES]; /* which job a reticle belongs to, < n */
};

struct job_result {
	double rate[JOBS_MAX]; /* of each job, 1 unthrottled */
	double rate_wafer;     /* sum n_j R_j / 84 */
	double done;           /* the same, of what full activity would do: R_j A_j */
	double utilisation;    /* mean activity of the reticles */
	double act[RETICLES];
};

void job_set_one(struct job_set *out, enum job_mode mode);

/* slow: 1, or the part of the full rate that a running re-share leaves. load_w[RETICLES] out. */
void job_load(struct job_result *out, double load_w[RETICLES], const struct model *md,
	      const struct job_set *jobs, const double duty[RETICLES], const double share[RETICLES],
	      double slow);

#endif
