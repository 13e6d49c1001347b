/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a wafer computes: up to JOBS_MAX jobs, each with reticles of its own (docs/jobs.md). Reticle i has a duty cap
 * u_i in [0,1], cores c_i of its full number, a work share x_i (mean 1 over the job); it offers v_i = u_i c_i. The job
 * has a power density D and a limit L, the rate that its data allow (phases.h).
 *
 *   SYNC  R = least v_i / x_i, act_i = x_i least(R, L); what lasts how long: phases.h. A reticle that is ready before
 *         the slowest waits at a barrier with barrier_frac of its dynamic power, v_i - R x_i; while data are what is
 *         missing all are clock-gated instead.
 *   IND   act_i = least(v_i, L), no barrier; R = mean of act_i.
 *   PIPE  stage s can do R_s = least(v_i / x_i) / c_s and does r_s of it, as its buffers allow (pipe.h):
 *         act_i = r_s c_s x_i. Within a stage a reticle waits for the slowest at its barrier, for r_s / R_s of the time.
 *
 *   load_i = idle_w c_i + dynamic_w D (act_i + barrier_frac wait_i) + ballast_i
 *
 * All of it is a function of its arguments, computed again only when one of them has changed: `version` says that the
 * set has.
 */
#ifndef ISOTHERM_ENGINE_SIM_JOB_H
#define ISOTHERM_ENGINE_SIM_JOB_H

#include <stdint.h>

#include "config/job.h"
#include "config/plant.h"
#include "engine_sim/model.h"
#include "engine_sim/phases.h"

#define JOB_NONE JOBS_MAX /* of[]: no job there */
#define EDGES 4           /* of the wafer: N, E, S, W */
/* Reticles that keep pace with each other: a slot's, none's, or a stage's of a slot. */
#define GROUP_OF_STAGE(slot, stage) (JOBS_MAX + 1 + (slot)*JOB_STAGES_MAX + (stage))
#define JOB_GROUPS GROUP_OF_STAGE(JOBS_MAX, 0)

/* A slot. The doubles of the first line are paths of the simulator. */
struct job {
	double mode, density, activity; /* enum job_mode; sparsity is in the density */
	double slow;                    /* 1, less while its shares move */
	double io;                      /* part of its traffic that the edges carry */
	double batch;                   /* this system's share of the micro-batches */
	double others_s, reduce_s;      /* of a step: its slowest other system; exchange */
	int32_t table;                  /* index of its layers, -1 none */
	int32_t row;                    /* in force: of them, or ROW_MEAN … */
	uint32_t stages;                /* PIPE; 0: one without a buffer */
	double out;                     /* PIPE: what leaves the last buffer */
};

struct job_set {
	uint64_t version; /* another one whenever something below has changed */
	struct job job[JOBS_MAX];
	uint32_t groups;      /* in use: JOBS_MAX + 1, or up to JOB_GROUPS with pipelines */
	uint8_t of[RETICLES]; /* slot, or JOB_NONE */
	uint8_t group[RETICLES];
	double stage_cost[JOB_GROUPS], stage_rate[JOB_GROUPS]; /* c_s, and what buffers allow */
	double cores[RETICLES];                                /* c_i */
	double ballast_w[RETICLES];                            /* dummy work */
	double io_w[RETICLES];                                 /* of the links at the edges */
	double edge[EDGES];                                    /* part of an edge that works */
};

/* Of a slot; in a free one rate, work, wait, need_s, holds and size are 0, the rest is old. */
struct job_slot {
	double rate;     /* 1 unthrottled */
	double work;     /* tokens a second here, of the job's full ones */
	double alone;    /* work of a system that nothing throttles, without exchange */
	double wait;     /* part of a step that it waits for slower systems */
	double load_w;   /* of its reticles */
	double act_mean; /* of the activity of its reticles, 0..1 */
	double row_s;    /* the row in force takes; INFINITY: it stands */
	uint32_t size;
	bool stream;   /* limited by data */
	double pace;   /* R; PIPE: what leaves the last buffer */
	double need_s; /* its pass takes, others apart; INFINITY likewise */
	double holds;  /* part of a step that all others wait for this system */
};

struct job_result {
	double load_all_w;  /* with reticles of no job */
	double rate_wafer;  /* sum n_j R_j / sum n_j; 1 without jobs */
	double utilisation; /* mean activity of the reticles */
	struct job_slot slot[JOBS_MAX];
	double stage_cap[JOB_GROUPS]; /* R_s */
	double act[RETICLES];
};

/* One job on all reticles; no faults. */
void job_set_one(struct job_set *out, enum job_mode mode);
/* No job at all. */
void job_set_none(struct job_set *out);

/* tables: of the plant's jobs, may be NULL where no slot has one. load_w[RETICLES] out. */
void job_load(struct job_result *out, double load_w[RETICLES], const struct model *md,
	      const struct job_set *jobs, const struct phase_table *tables,
	      const double duty[RETICLES], const double share[RETICLES]);

#endif
