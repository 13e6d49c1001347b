/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The jobs of a plant: who computes what, where and when (docs/jobs.md). From the plant file's `jobs:`, from a
 * job file, or made of its short form `job:`. Plain data, fixed after loading.
 *
 * A job runs on one or more systems, on the same reticles of each; where there are several it is data parallel, and
 * a step lasts until the slowest of them is done. It takes a slot of each system's wafer, the first free one.
 */
#ifndef ISOTHERM_CONFIG_JOB_H
#define ISOTHERM_CONFIG_JOB_H

#include "config/plant.h"

#define JOBS_MAX 8        /* slots of a wafer */
#define PLANT_JOBS_MAX 64 /* jobs of a plant */
#define JOB_LAYERS_MAX 32
#define JOB_STAGES_MAX 16
#define JOB_SYSTEMS_MAX 256
#define JOB_NAME_SIZE 24

#define WAFER_MEMORY_GB 40.0 /* 476 MB a reticle */

enum job_class { JOB_OWN, JOB_GRANT }; /* own work, or time given to others */
/* What becomes of the others while one system is slower: they get more of its micro-batches, and whom that leaves waiting
 * is slowed; all are slowed to it; or nothing. */
enum job_slow { JOB_SLOW_REBALANCE, JOB_SLOW_PACE, JOB_SLOW_NONE };
enum job_kind { JOB_TRAIN, JOB_EVAL, JOB_INFER }; /* what it is for */

/* Layers alike, one after another: each takes max(sigma_s, tau_s / R) + the job's bar_s. */
struct job_layer {
	double sigma_s; /* streaming of its weights */
	double tau_s;   /* computing it at rate 1 */
	uint32_t count;
};

/* A stage of a pipeline: cost_frac is the time it takes an item, of what the dearest stage takes. */
struct job_stage {
	double cost_frac; /* (0, 1], the greatest of a job is 1 */
	uint32_t reticles;
};

struct job_config {
	char name[JOB_NAME_SIZE], tenant[JOB_NAME_SIZE]; /* tenant "": none named */
	enum job_class class;
	enum job_kind kind;
	enum job_mode mode;       /* SYNC, IND or PIPE: `auto` is decided by what fits */
	uint32_t priority;        /* 0..9, 9 first */
	bool on[JOB_SYSTEMS_MAX]; /* systems, by index */
	uint32_t n_systems;
	bool reticle[RETICLES];
	uint32_t n_reticles;
	/* watts and work */
	double density;     /* of the kernels, dense */
	double sparsity;    /* part of the operands that is zero */
	double sparse_skip; /* part of those that is skipped, which saves time */
	double sparse_power; /* part of the dynamic power that goes with operands, and that zeros save */
	double activity;     /* rate that its data allow */
	double tokens_per_s; /* of a whole wafer at rate 1, dense; NAN: batch says it */
	double tokens_full;  /* of one of its systems at rate 1: sparsity and reticles counted */
	double tokens_per_sample;
	/* when: plant time from the plant's start, or from a scenario's time 0. NAN: no such end */
	double start_s, end_s, work_tokens;
	/* rights */
	double floor_frac, weight, price; /* least rate; of its rate in the objective */
	/* layers of SYNC and IND; n_layers 0: one that never ends */
	struct job_layer layers[JOB_LAYERS_MAX];
	uint32_t n_layers;
	double bar_s;
	/* stages of PIPE, in the order of the reticles */
	struct job_stage stages[JOB_STAGES_MAX];
	uint32_t n_stages;
	double buffer_s; /* of work at rate 1 between two stages */
	/* memory and edges */
	double memory_gb;  /* the whole model; 0: not said */
	double working_gb; /* what must be on the wafer in any mode */
	double spare_frac;
	double used_gb; /* on a wafer, in its mode */
	double io_gbps; /* through the edges at rate 1 */
	/* step of a job on several systems */
	bool together;         /* no: each works by itself */
	uint32_t microbatches; /* a system's in a step, at equal shares */
	bool on_request;       /* it starts when it is asked for, not by a time */
	enum job_slow slow;    /* what is done about a slow system */
	double step_s;         /* computing of a step at rate 1; with layers: their sum */
	double reduce_s;       /* exchange after it */
	double batch;          /* tokens a pass through the layers; NAN: tokens_per_s was given */
};

/* What sparsity makes of time and power: tokens a second times the first, dynamic power times the second. */
double job_sparse_speed(const struct job_config *job);
double job_sparse_power(const struct job_config *job);

/* A pipeline without stages gets one of all its reticles. Bytes between fields stay as they are, for equal jobs are
 * equal bytes. */
void job_one_stage(struct job_config *job);

/* Does each entry of its layers, sparsity counted, last long enough for reticles that work by themselves? */
bool job_layers_fit_ind(const struct job_config *job);

/* Time of a pass at rate R, without exchange: the layers with their barriers, sparsity counted; step_s / R where there
 * are none. */
double job_pass_s(const struct job_config *job, double rate);

/*
 * Other jobs instead of the plant's: from a job file (`jobs:` is its only key), from text (`path` stands in messages).
 * 0; -EINVAL or -errno with every error in `report`, and the plant as it was.
 */
int plant_jobs_load(struct plant *p, const char *path, struct config_report *report);
int plant_jobs_parse(struct plant *p, const char *yaml, size_t len, const char *path,
		     struct config_report *report);

int32_t plant_job(const struct plant *p, const char *name); /* index or -1 */

#endif
