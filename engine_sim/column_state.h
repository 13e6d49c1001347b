/* SPDX-License-Identifier: Apache-2.0 */
/* One wafer's columns inside, shared by the files of the kernel. */
#ifndef ISOTHERM_ENGINE_SIM_COLUMN_STATE_H
#define ISOTHERM_ENGINE_SIM_COLUMN_STATE_H

#include "engine_sim/column.h"

#define COLUMN_PAD 4 /* doubles before and behind a layer: a row reads one beyond either end */

/* Numbers that differ from reticle to reticle: a row of nx for each row of reticles, so that a row
 * of cells reads them as it reads its nodes. */
struct column_rows {
	double *power_w;
	/* elimination down the column; a_n = C_n / (dt / 2) */
	double *contact_w_k; /* G0 a */
	double *i0;          /* 1 / d0, d0 = a_0 + G0 a */
	double *g0;          /* G0 a / d0 */
	double *i1;          /* 1 / d1, d1 = a_1 + G0 a + G1 - (G0 a)^2 / d0 */
	double *g1;          /* G1 / d1 */
	double *d2;          /* a_2 + G1 - G1^2 / d1 */
	/* the back */
	double *ha_w_k;
	double *wf_w_k, *f; /* w f and f; a film: ha and 0 */
	double *i2;         /* 1 / (d2 + what leaves) */
	double *ws_w_k, *s; /* storing: w s and s */
	double *ie, *hie;   /* 1 / (a_w + ha + w s), ha times that */
};
#define COLUMN_ROWS 15

struct column {
	const struct column_model *model;
	double *t_c[PLATE_NODES];    /* [cells] */
	double *side_w[PLATE_NODES]; /* what flowed in sideways in the step before */
	double *coolant_c;           /* [cells], storing: mean of a cell */
	struct column_rows row;      /* [ROWS * nx] each */
	double zone_w_k[ZONES];      /* of a zone */
	double a[PLATE_NODES], a_coolant;
	bool flowing; /* false: a film */
	bool first;   /* no step before */
	bool damped;  /* the next step shall be */
	void *block;
};

/* Spreads a reticle's power over its cells; returns the sum. */
double column_power(struct column *c, const double power_w[RETICLES]);
/* side_w of the state as it is. */
void column_sideways(struct column *c);

#endif
