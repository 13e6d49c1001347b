/* SPDX-License-Identifier: Apache-2.0 */
/* One wafer's columns inside, shared by the files of the kernel. */
#ifndef ISOTHERM_ENGINE_SIM_COLUMN_STATE_H
#define ISOTHERM_ENGINE_SIM_COLUMN_STATE_H

#include "engine_sim/column.h"
#include "engine_sim/lanes.h"

#define COLUMN_VECTORS_MAX (COLUMN_NX_MAX / LANES)

/*
 * Numbers of a reticle's cells, [RETICLES] each. With a_n = C_n / (dt / 2) and each node's equation
 * divided by its a_n, the elimination down the column of right sides r_n in K is
 *   b0 = r0 + power, b1 = r1 + down0 b0, b2 = r2 + down1 b1, T2 = own2 b2 + back th,
 *   T1 = own1 b1 + up1 T2, T0 = b0 + up0 (T1 - b0)
 */
struct column_reticles {
	double power_k[RETICLES];
	double up0[RETICLES];   /* G0 a / d0, d0 = a_0 + G0 a */
	double down0[RETICLES]; /* up0 a_0 / a_1 */
	double own1[RETICLES];  /* a_1 / d1, d1 = a_1 + G0 a + G1 - (G0 a)^2 / d0 */
	double up1[RETICLES];   /* G1 / d1 */
	double down1[RETICLES]; /* up1 a_1 / a_2 */
	double own2[RETICLES];  /* a_2 / (d2 + what leaves), d2 = a_2 + G1 - G1^2 / d1 */
	double back
		[RETICLES]; /* what leaves / (d2 + what leaves); storing: h / (d2 + h (1 - h e)) */
	double f[RETICLES]; /* of th to T2; a film: 0 */
	/* storing: mean of a cell's coolant = pull e0 + through th + touch T2 (e0: before) */
	double pull[RETICLES], through[RETICLES], touch[RETICLES];
	double s[RETICLES]; /* of th to that mean */
	/* not of the step */
	double contact_w_k[RETICLES]; /* G0 a */
	double d2[RETICLES];
	double ha_w_k[RETICLES], wf_w_k[RETICLES]; /* w f; a film: ha */
};

/*
 * Cells row by row along the flow, so that the step reads and writes memory from end to end: of
 * each row, nx doubles each, the nodes' temperatures, what flowed in sideways in the step before
 * (K: over a_n), and, storing, the mean of the cell's coolant.
 */
struct column {
	const struct column_model *model;
	double *cell;
	int row; /* doubles of a row */
	struct column_reticles at;
	double zone_w_k[ZONES];
	double a[PLATE_NODES], a_coolant;
	bool storing; /* coolant has a capacity */
	bool flowing; /* false: a film */
	bool first;   /* no step before */
	bool damped;  /* the next step shall be */
};

/* Row y of node n; of what flowed into it; of the coolant. */
static inline double *
column_node(const struct column *c, int n, int y)
{
	return c->cell + (long)c->row * y + (long)c->model->nx * n;
}

static inline double *
column_side(const struct column *c, int n, int y)
{
	return column_node(c, PLATE_NODES + n, y);
}

static inline double *
column_coolant(const struct column *c, int y)
{
	return column_node(c, 2 * PLATE_NODES, y);
}

/* Index of the reticle of a cell. */
static inline int
column_reticle(const struct column_model *m, int x, int y)
{
	return ZONES * (y / m->fold) + x / m->fold;
}

/* What flows into four cells of a node from those beside it, kx and ky as they are scaled. kx: to
 * the right of each; after: the row behind. left, along: what flows to the right and backwards out
 * of the cells before. */
INLINED four
column_flow_in(const double *t, const double *after, const double *kx, double ky, four *left,
	       four *along)
{
	four here = four_load(t);
	four right = four_load(kx) * (four_load(t + 1) - here);
	four back = ky * (four_load(after) - here);
	four in = (right - four_before(*left, right)) + (back - *along);

	*left = right;
	*along = back;
	return in;
}

/* Spreads a reticle's power over its cells; returns the sum. */
double column_power(struct column *c, const double power_w[RETICLES]);

#endif
