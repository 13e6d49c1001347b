/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program of a wafer: how much each group of reticles may work now, so that none gets warmer
 * than its limit, none further from the coldest than the spread allows, and all together draw no
 * more than the cap. One move; variables v_g from 0 to hi_g.
 *
 *   T_i = base_i + sum_g gain_ig v_g
 *   most   sum_g weight_g v_g - hinge * (sum_i (T_i - lo - S)+ + (lo - T_i)+ + (T_i - T_lim)+)
 *   subject to  0 <= v_g <= hi_g,  sum_g watts_g v_g <= cap
 *
 * One variable: by bisection, exact, for the spread of straight lines is convex. More: operator
 * splitting (ADMM in the form of Stellato et al., "OSQP", 2020) with a fixed number of iterations
 * from the last solution; the hinges are bounds on the multipliers.
 */
#ifndef ISOTHERM_CONTROLLERS_PROGRAM_H
#define ISOTHERM_CONTROLLERS_PROGRAM_H

#include <stdbool.h>

#include "config/plant.h"

#define PROGRAM_ORDER (RETICLES + 1) /* the groups, and the coldest temperature */

struct program_case {
	double base_c[RETICLES];
	bool counts[RETICLES];                 /* for the coldest */
	double hi[RETICLES], weight[RETICLES]; /* of each group; weight about 1 a reticle */
	double temp_limit_c, spread_limit_k;
	double cap; /* of sum watts v; INFINITY: none */
};

enum program_limit { PROGRAM_FREE, PROGRAM_BY_SPREAD, PROGRAM_BY_TEMPERATURE, PROGRAM_BY_CAP };

struct program {
	int n;                           /* groups */
	double gain[RETICLES][RETICLES]; /* [i][g] */
	double size[RETICLES];           /* reticles of a group */
	double watts[RETICLES];          /* of each group, for the cap; relative */
	double v[RETICLES];              /* the solution */
	/* the splitting's: factor, iterate, its image and multipliers of each kind of row */
	double inverse[PROGRAM_ORDER][PROGRAM_ORDER];
	double x[PROGRAM_ORDER], box[RETICLES], spread[RETICLES], hot[RETICLES], sum;
	double y_box[RETICLES], y_spread[RETICLES], y_hot[RETICLES], y_sum;
	double shift_c; /* of the coldest temperature in x */
};

/* Forget all. */
void program_reset(struct program *p);
/* p->n, gain, size and watts have been set: factorise, which takes long with many groups. The last solution stays. */
void program_factorise(struct program *p);
/* Into p->v, NAN where it came to nothing; what bounds it. */
enum program_limit program_solve(struct program *p, const struct program_case *c, int iterations);
/* The coldest that counts; INFINITY: none does. */
double program_coldest(const struct program_case *c, const double temp_c[RETICLES]);
/* Temperatures of a solution v. */
void program_temperatures(const struct program *p, const struct program_case *c, const double v[],
			  double out_c[RETICLES]);

#endif
