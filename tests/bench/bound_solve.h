/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The best that a clairvoyant could do, as a linear program over stages of time. In each stage the
 * wafer is at rest in its coolant, T = Tc + R P, P = leakage (linear around the last solution,
 * linearised again BOUND_TURNS times) + load; the loop's two temperatures go from stage to stage.
 *
 *   SYNC  load_i = idle + dynamic D R_j,  0 <= R_j <= 1: no reticle has more duty than it needs;
 *         wait_heats: idle + dynamic D (R_j + barrier w_i),  0 <= w_i <= 1 - R_j
 *   IND   load_i = idle + dynamic D u_i,                  0 <= u_i <= 1,  R_j = mean u_i
 *   stage that computes for a part c of its time, else streams at activity s:
 *         load_i = idle + dynamic D (c (…) + (1 - c) s)
 *   T_i <= t_lim + e_t, T_i <= lo + s_lim + e_s, lo <= T_i;  most sum_t dt (rate - 5 (e_t + e_s))
 *   at rest: Tc between that of the open valve and 30 C; else the valve is open
 */
#ifndef ISOTHERM_TESTS_BENCH_BOUND_SOLVE_H
#define ISOTHERM_TESTS_BENCH_BOUND_SOLVE_H

#include "tests/bench/bound_plant.h"

#define BOUND_TURNS 3
#define BOUND_EXCESS_COST 5.0 /* of a K s, in seconds of full rate */
#define BOUND_TC_MAX_C 30.0
#define BOUND_STAGES_MAX 160

struct bound_stage {
	const struct bound_flow *flow;
	double dt_s;
	double facility_c;
	double compute_frac;    /* 1: all of the stage; 0: none, it streams */
	double stream_activity; /* while it streams */
	double cap_w;           /* input power; INFINITY: none */
	/* out */
	double rate;          /* sum n_j R_j / 84 */
	double cold_c, hot_c; /* at its begin */
	double tmax_c, spread_k;
	double excess_k; /* e_t + e_s */
	double power_w;
};

struct bound_problem {
	const struct model *md;
	const struct wafer_variation *variation;
	enum job_mode mode; /* SYNC or IND */
	bool wait_heats;    /* SYNC: waiting at the barrier may warm what is cold */
	uint32_t n_jobs;
	double density[JOBS_MAX];
	uint8_t job_of[RETICLES];
	double s_lim_k, t_lim_c;
	bool at_rest; /* one stage; else they follow each other, from: */
	double hot_c, cold_c;
	uint32_t n_stages;
	struct bound_stage stages[BOUND_STAGES_MAX];
};

/* 0; -ENOMEM; -EDOM: the program has no solution. */
int bound_solve(struct bound_problem *p);

#endif
