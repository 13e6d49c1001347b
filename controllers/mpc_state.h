/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the predictive law share: what is seen (mpc_see.c), what is done (mpc.c). */
#ifndef ISOTHERM_CONTROLLERS_MPC_STATE_H
#define ISOTHERM_CONTROLLERS_MPC_STATE_H

#include "controllers/mpc.h"

#define MPC_DUTY_LEAST 0.05 /* below it, power does not tell what full work would take */

/* From what is applied: all of the difference between model and readings is disturbance. */
void mpc_see_init(struct mpc *m, const struct law_in *in);
/* Each step: supply, flow, work and disturbances. */
void mpc_see(struct mpc *m, const struct control_params *p, const struct law_in *in);
/* Power at the supply's terminals for watts of the wafer, and back; without what the meter adds. */
double mpc_input_w(const struct system_model *md, double pumps_w, double wafer_w);
double mpc_wafer_w(const struct system_model *md, double pumps_w, double input_w);
/* Of both pumps at the speeds that are read; else_frac: where one is not. */
double mpc_pumps_w(const struct law_in *in, double else_frac);

/* Power of a reticle without work, where the model leaks leak_w. */
static inline double
mpc_still_w(const struct mpc *m, const struct system_model *md, int i, double leak_w)
{
	return md->idle_w + m->leak_mul[i] * leak_w;
}
/* What leakage adds to R. */
double mpc_leak_gain(const struct law_in *in, const struct response *r);

/* --- mpc_share.c --- */
void mpc_share_init(struct mpc *m, const struct law_in *in);
void mpc_share_forget(struct mpc *m, int i);
/* Once a second: new shares into m->share_cmd, where they pay. */
void mpc_share(struct mpc *m, const struct control_params *p, const struct law_in *in);

/* --- mpc_ballast.c: none of it is called where the option is off --- */
void mpc_ballast_init(struct mpc *m, const struct law_in *in);
/* What is in force now, before anything is learnt of power. */
void mpc_ballast_see(struct mpc *m, const struct law_in *in);
/* While the program does not act: at its start as it is, else none. */
void mpc_ballast_wait(struct mpc *m, const struct law_in *in);
/* Each step: on its way to what pays, or none at once. */
void mpc_ballast_move(struct mpc *m, const struct control_params *p, const struct law_in *in);
/* A cap leaves so many watts less than what is planned: returns what of them is shed here. */
double mpc_ballast_shed(struct mpc *m, double over_w);
/* Once a second, with the case as the program is to solve it: what would pay. */
void mpc_ballast_plan(struct mpc *m, const struct control_params *p, const struct law_in *in);

/* As a plan counts with it: one that does not obey, as it is. */
static inline double
mpc_ballast_of(const struct mpc *m, const struct law_in *in, int i)
{
	return in->ballast_stuck[i] ? m->ballast.seen_w[i] : m->ballast.w[i];
}

static inline int
mpc_slot(const struct mpc *m, int i)
{
	return m->jobs.slot[i] < JOBS_MAX ? m->jobs.slot[i] : JOBS_MAX;
}

static inline double
mpc_applied(const struct law_in *in, int i)
{
	double u = in->applied_frac[i];
	return u >= 0.0 && u <= 1.0 ? u : 1.0;
}

#endif
