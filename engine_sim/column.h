/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fine wafer: columns of cells over the plate, 4 x 4 or 8 x 8 to a reticle. A column is a
 * silicon node, two copper nodes and a cell of coolant; x runs across the flow (12 zones), y along
 * it, and cell x of row y is [nx y + x]. Pure functions: no I/O, no clock, memory only in
 * column_open. Units: K differences, degrees Celsius, W, J/K and W/K of a cell unless said.
 *
 *   C0 dT0/dt = p + G0 a (T1 - T0) + lateral(T0)          p: power of the cell
 *   C1 dT1/dt = G0 a (T0 - T1) + G1 (T2 - T1) + lateral(T1)
 *   C2 dT2/dt = G1 (T1 - T2) - q + lateral(T2)
 *   coolant at rest in its cell: q = w f (T2 - th), th' = th + f (T2 - th), f = 1 - exp(-ha/w)
 *   coolant that stores: Cw de/dt = q - w (th' - th), q = ha (T2 - e), th' = th + s (e - th),
 *     s = f / (1 - f w/ha): the same for a steady e (effectiveness marching, Kays and London)
 *   film to a fixed temperature: q = ha (T2 - inlet)
 *   lateral: g m (T_neighbour - T); the multipliers m are column_fit's
 *
 * A step is Crank-Nicolson for the chain and the march (solved exactly, down the column and along
 * the flow, so flow, film and inlet may change at every step at no cost) and Adams-Bashforth of
 * second order for what flows sideways (Ascher, Ruuth and Wetton, SIAM J. Numer. Anal. 32, 1995).
 * That is stable while dt times the largest lateral rate stays below 1; column_open takes as many
 * substeps as that needs and refuses a plate that would need more than COLUMN_SUBSTEPS_MAX. At
 * rest the step changes nothing: column_steady finds just that state.
 */
#ifndef ISOTHERM_ENGINE_SIM_COLUMN_H
#define ISOTHERM_ENGINE_SIM_COLUMN_H

#include <stdbool.h>

#include "config/plant.h"
#include "engine_sim/plate.h"

#define COLUMN_FOLD_MAX 8 /* cells along a side of a reticle */
#define COLUMN_NX_MAX (ZONES * COLUMN_FOLD_MAX)
#define COLUMN_NY_MAX (ROWS * COLUMN_FOLD_MAX)
#define COLUMN_SUBSTEPS_MAX 16
#define COLUMN_LATERAL_MAX 0.8 /* dt times lateral rate that a substep may have; 1 is the limit */

/* What is the same for all wafers with that plate on that grid. */
struct column_model {
	int fold, nx, ny, cells;
	int substeps;
	double step_s; /* of a substep */
	double c_j_k[PLATE_NODES], g_w_k[2], face_k_w;
	double coolant_j_k; /* 0: coolant at rest in its cell */
	double back_r_k_w;  /* of a cell, between the last node and the film's surface */
	/* conductance to the neighbour at the left / before; [0] and [nx] are the rims: 0 */
	double kx_w_k[PLATE_NODES][COLUMN_NX_MAX + 8], ky_w_k[PLATE_NODES][COLUMN_NY_MAX + 8];
	/* the same over 2 C / step_s of the node */
	double side_x[PLATE_NODES][COLUMN_NX_MAX + 8], side_y[PLATE_NODES][COLUMN_NY_MAX + 8];
	double lateral_rate_per_s, column_rate_per_s; /* the largest of each */
};

/* Multipliers of lateral conductance: on the rim of a reticle, and inside it. */
struct column_multipliers {
	double x_rim[PLATE_NODES], x_inside[PLATE_NODES];
	double y_rim[PLATE_NODES], y_inside[PLATE_NODES];
	double off_frac; /* left at rest: of the worst strip, over a strip's own rise */
};

/* The slabs that are verified have no more left, and are met within 1 % of their hottest rise. */
#define COLUMN_OFF_MAX_FRAC 0.002

struct column; /* one wafer */

/*
 * Multipliers with which the grid agrees with the continuum for strips of reticles under power,
 * across and along: from the geometry alone. `lumps` are the plate's nodes; face says the exact
 * flux over the temperature that is asked for, plate_face_w_m2k with the plate as its argument for
 * the layered slab, plate_lumps_w_m2k with the lumps for sheets in place of layers.
 */
void column_fit(struct column_multipliers *out, const struct plate *p,
		const struct plate_lumps *lumps, int fold,
		double (*face)(const void *arg, struct plate_mode at), const void *arg);

/*
 * fold 4 or 8; step_s: of a step of column_step. storing: the coolant in the channels has a
 * capacity. 0; -ERANGE: the step would leave its stable range (needs more than
 * COLUMN_SUBSTEPS_MAX).
 */
int column_model_set(struct column_model *out, const struct plate *p,
		     const struct plate_lumps *lumps, const struct column_multipliers *m, int fold,
		     double step_s, bool storing);

/* The model is kept, not copied. 0 or -ENOMEM; all nodes at start_c. */
int column_open(struct column **out, const struct column_model *model, double start_c);
void column_close(struct column *c);
size_t column_bytes(const struct column_model *model); /* what column_open takes */
/* All nodes and the coolant at that temperature; the next step is a first one. */
void column_reset(struct column *c, double temp_c);
/* After a jump of power or film: the next step is damped if the column is stiff enough to ring. */
void column_jump(struct column *c);
/* Sets what was read from the model again: after column_model_set on a model in use. */
void column_model_changed(struct column *c);

/* factor[RETICLES] of the conductance from silicon to copper. */
void column_contact(struct column *c, const double factor[RETICLES]);

/*
 * What the back does until it is set again. ha_w_k[RETICLES]: of a whole reticle, from its last
 * copper node to coolant or film. zone_w_k[ZONES]: capacity rate of a zone's coolant, 0 where it
 * is shut; NULL: a film to the inlet temperature.
 */
void column_back(struct column *c, const double ha_w_k[RETICLES], const double *zone_w_k);

struct column_flows {
	double power_w, coolant_w;  /* means over the step */
	double stored_w;            /* of silicon, copper and coolant, mean over the step */
	double outlet_c;            /* mixed over the zones, mean over the step */
	double silicon_c[RETICLES]; /* mean of a reticle's silicon nodes, at the end of the step */
};

/* power_w[RETICLES]: of a reticle, constant over the step like the inlet temperature. */
void column_step(struct column *c, const double power_w[RETICLES], double inlet_c,
		 struct column_flows *out);

/* The state that the step leaves as it is, from the present one. 0; -EDOM: there is none, or it
 * was not found. */
int column_steady(struct column *c, const double power_w[RETICLES], double inlet_c,
		  struct column_flows *out);

/* Mean of the silicon nodes, and of the powered face, of each reticle. */
void column_silicon(const struct column *c, double out_c[RETICLES]);
void column_face(const struct column *c, const double power_w[RETICLES], double out_c[RETICLES]);

#endif
