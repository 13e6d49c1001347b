/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The predictive law. It holds the wafer at its limits, not at a distance from them: from the model
 * (response.h) and what the model is found to miss (a disturbance of each reticle, learnt while the
 * wafer works), the program (program.h) says how much each job, or each reticle that works by
 * itself, may do.
 *
 *   T_i = Tc + (1 + d_i) sum_j R_ij (leakage_j + idle + work_j u_j)
 *   work_j  watts of full work: of the job's kernels at first, then as measured; a phase in which
 *           little is done does not make it less, so that what comes after finds its duty
 *   d_i     measured less model, low-passed; faster where the difference is none of noise's; held
 *           while the job does not do what its duty lets it do, and where the sensor is not used
 *   leakage_j of the type; without work, what powers differ by from each other is learnt of it
 *
 * One job that keeps pace: solved each step. Else once a second, and between two seconds what gets
 * too warm gives way by itself. Work at a barrier's wait is never asked for: u_i = R x_i.
 * Where supply, flow or power are not known, or the program says nonsense, the structured PI goes on
 * from what is applied.
 */
#ifndef ISOTHERM_CONTROLLERS_MPC_H
#define ISOTHERM_CONTROLLERS_MPC_H

#include "controllers/program.h"
#include "controllers/response.h"
#include "controllers/spi.h"

#define MPC_BACK 8 /* steps: power is read twice a second, and later than the duty it comes from */

/* Dummy work on cold reticles (mpc_ballast.c); all zeros where the option is off. */
struct mpc_ballast {
	double goal_w[RETICLES];               /* what pays … */
	double w[RETICLES];                    /* … and what is asked for, on its way there */
	double seen_w[RETICLES];               /* in force */
	double slot_w[MPC_BACK][JOBS_MAX + 1]; /* of each slot's reticles, of late */
	uint8_t moved_steps[RETICLES]; /* that its power may still be read as of another one */
	double sum_w,
		spare_w;     /* asked for, and what a power cap leaves beside all that is planned */
	uint32_t rest_steps; /* until it is worth asking again what pays */
};

struct mpc {
	struct spi spi;       /* acts where the program can't */
	bool acts;            /* the program does */
	uint32_t known_steps; /* since all it needs is known */
	struct job_groups jobs;
	double share[RETICLES];       /* in force */
	bool stuck[RETICLES];         /* as law_in, that the program was made for … */
	double most[RETICLES];        /* … and what a stuck one gives at most; 1 elsewhere */
	uint8_t group[RETICLES];      /* RETICLES: it has no work */
	double density[JOBS_MAX + 1]; /* that work was taken from */
	double work_w[RETICLES];      /* dynamic power at full duty and share */
	double leak_w[RETICLES];      /* the model's leakage at the temperatures of this step … */
	double leak_mul[RETICLES];    /* … and what it is of that */
	uint16_t leak_steps[RETICLES];
	double supply_c, supply_k_s; /* low-passed, and how fast it moves */
	double flow_kg_s;
	struct zone_face face;
	struct response response;
	struct program program;
	struct program_case program_case;
	double rate[RETICLES]; /* of each group, of its full work: the plan */
	enum program_limit limit;
	bool unheld;                  /* the spread is above its limit without work, too */
	double miss_frac[RETICLES];   /* d_i, as part of the rise */
	double miss_was[2][RETICLES]; /* some time ago, and twice that */
	double made_miss[RETICLES];   /* that the program was made for */
	double copper_k[RETICLES],
		rise_k[RETICLES];             /* the model's rise, as late as the reading's */
	double over_k[RETICLES];              /* measured, above the limits */
	uint8_t off_steps[RETICLES];          /* since when d is off by more than noise */
	uint16_t sure_steps[RETICLES];        /* since it has not been */
	double drift_k[RETICLES];             /* what it is off by, low-passed */
	double plan_c[RETICLES];              /* temperatures that the plan leads to */
	double may_w[MPC_BACK][JOBS_MAX + 1]; /* what duties let a slot take, of late */
	double active_frac[JOBS_MAX +
			   1]; /* what it takes of that; 1 while it may be the duty that moved */
	uint32_t idle_steps[JOBS_MAX + 1],
		work_steps[JOBS_MAX + 1]; /* since when it does less, or not */
	double cap_frac;                  /* of full work that the cap leaves */
	double input_off_w;               /* input power less what the model says … */
	double model_in_w[MPC_BACK];      /* … which said this of late */
	uint32_t since_solve, at;
	/* work that moves */
	struct program
		apart; /* each reticle by itself; where work stays: all as now, with other ballast */
	struct program_case apart_case;
	double share_cmd[RETICLES];
	uint32_t share_steps[JOBS_MAX + 1]; /* since a slot's shares were asked for */
	uint32_t share_rest;                /* steps until it is worth asking again */
	uint32_t settled_steps;             /* since all is as foreseen */
	double pump_frac, setpoint_c;
	struct law_valve valve;
	struct mpc_ballast ballast;
};

void mpc_init(struct mpc *m, const struct control_params *p, const struct law_in *in);
void mpc_step(struct mpc *m, const struct control_params *p, const struct law_in *in,
	      struct law_out *out);

#endif
