/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plant's jobs as they run: when each starts and ends, which slot of which wafer it has, where in its layers and
 * in its step it is, and what it has done and used. One step of it follows each step of the wafers and accounts for
 * that; what it changes holds from the next on. Nothing is allocated after joblist_open.
 *
 * A job whose reticles are taken waits. Of those that wait, own work comes before granted time, then the higher
 * priority, then the order of the list; one that comes later may go ahead only where it needs none of the reticles
 * that an earlier one waits for.
 */
#ifndef ISOTHERM_ENGINE_SIM_JOBLIST_H
#define ISOTHERM_ENGINE_SIM_JOBLIST_H

#include "config/job.h"
#include "engine_sim/phases.h"
#include "engine_sim/pipe.h"
#include "engine_sim/sim.h"

struct job_member { /* one system of a job */
	uint32_t system;
	int32_t slot;   /* -1: not placed */
	int32_t row;    /* of its layers, where they are resolved; or ROW_WAIT, ROW_REDUCE */
	double left;    /* part of that row that is not done, 1..0 */
	double carry_s; /* time since the row began, or since it was ready, before this step */
	double demanded, batch_next;
	double held_s; /* it held the others up for so long */
	struct pipe pipe;
};

struct job_run {
	const struct job_config *config;
	struct job_member *member; /* [n] */
	uint32_t n;
	enum job_mode mode;
	/* paths of the simulator, and what was passed on to the slots of it */
	double run; /* -1: as its times say; 0: it ends; 1: it starts */
	double density, activity, density_was, activity_was;
	enum sim_job_state state;
	int64_t due_step, start_step, end_step;
	double reduce_left_s;
	int32_t straggler;    /* member, or -1 */
	double tokens_before; /* of its work, done before the zero time was moved */
	/* sums since it started, or since the plant's zero time */
	double tokens, ideal_tokens, energy_j, busy_s, waited_s, starved_s, stretched_s, act_s;
};

struct job_list {
	struct job_run *run; /* [n], in the order of the plant's */
	uint32_t n;
	struct phase_table *tables; /* [n] */
	struct job_member *members; /* of all */
	double *need_s, *others_s;  /* scratch, as many as the largest job has systems */
	double *batch, *demanded;
	int64_t zero_step;
	bool waiting; /* some job is due and has no place yet, or may soon have one */
};

struct sim_system;

int joblist_open(struct job_list *out, const struct plant *plant, const struct sim_options *opt);
void joblist_close(struct job_list *l);

/* A system's jobs of the start, before its steady state is looked for. */
void joblist_begin(struct job_list *l, struct sim_system *system, uint32_t k,
		   const struct sim_options *opt);
/* After all systems are at rest. */
void joblist_begun(struct job_list *l, struct sim_system *systems);

/* Numbers that paths have changed; before a step. */
void joblist_paths(struct job_list *l, struct sim_system *systems);
/* `step` steps are done. */
void joblist_step(struct job_list *l, struct sim_system *systems, uint32_t n_systems, int64_t step);

/* Times and sums count from another step, as after a restore; what runs goes on. `now`: steps done. */
void joblist_zero(struct job_list *l, int64_t zero_step, int64_t now);

/* Tokens a second of a system: of all its jobs, or of that slot's (0: free). */
double joblist_tokens(const struct job_list *l, const struct sim_system *system);
double joblist_slot_tokens(const struct job_list *l, const struct sim_system *system,
			   uint32_t slot);

#endif
