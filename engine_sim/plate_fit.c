/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "engine_sim/least.h"
#include "engine_sim/plate.h"

#define RATES 24
#define RESISTANCES 4
#define FREE (RESISTANCES + PLATE_NODES)
#define PULL 1e-4 /* of a share towards where it was */

struct chain {
	const struct plate *p;
	struct plate_lumps was;
	double s[RATES], exact[RATES];
};

static double
chain_z(const struct plate_lumps *l, double s)
{
	double y = l->back_w_m2k + s * l->c_j_m2k[2];

	y = y / (1.0 + l->r_m2k_w[1] * y) + s * l->c_j_m2k[1];
	y = y / (1.0 + l->r_m2k_w[0] * y) + s * l->c_j_m2k[0];
	return l->r_face_m2k_w + 1.0 / y;
}

/* Resistances and capacities in new shares of the old sums. */
static void
shared_out(struct plate_lumps *l, const struct chain *c, const double *log_share)
{
	double r[RESISTANCES] = {c->was.r_face_m2k_w, c->was.r_m2k_w[0], c->was.r_m2k_w[1],
				 c->was.r_back_m2k_w};
	double of_r = 0.0, now_r = 0.0, of_c = 0.0, now_c = 0.0;

	*l = c->was;
	for (int k = 0; k < RESISTANCES; k++) {
		of_r += r[k];
		r[k] *= exp(log_share[k]);
		now_r += r[k];
	}
	for (int k = 0; k < PLATE_NODES; k++) {
		of_c += l->c_j_m2k[k];
		l->c_j_m2k[k] *= exp(log_share[RESISTANCES + k]);
		now_c += l->c_j_m2k[k];
	}
	for (int k = 0; k < PLATE_NODES; k++)
		l->c_j_m2k[k] *= of_c / now_c;
	l->r_face_m2k_w = r[0] * of_r / now_r;
	l->r_m2k_w[0] = r[1] * of_r / now_r;
	l->r_m2k_w[1] = r[2] * of_r / now_r;
	l->r_back_m2k_w = r[3] * of_r / now_r;
	if (c->p->back == PLATE_FILM)
		l->back_w_m2k = 1.0 / (l->r_back_m2k_w + 1.0 / c->p->film_w_m2k);
}

/* Z at a real s is the mean of the answer to a step over times of about 1/s. */
static void
deviation(void *arg, const double *log_share, double *out)
{
	const struct chain *c = arg;
	struct plate_lumps l;

	shared_out(&l, c, log_share);
	for (int k = 0; k < RATES; k++)
		out[k] = (chain_z(&l, c->s[k]) - c->exact[k]) / c->exact[0];
	for (int k = 0; k < FREE; k++)
		out[RATES + k] = PULL * log_share[k];
}

void
plate_lumps_fit(struct plate_lumps *l, const struct plate *p)
{
	struct chain c = {.p = p, .was = *l};
	double log_share[FREE] = {0.0};
	double slow = l->back_w_m2k / (l->c_j_m2k[0] + l->c_j_m2k[1] + l->c_j_m2k[2]);

	for (int k = 0; k < RATES; k++) {
		c.s[k] = 0.2 * slow * pow(1.35, k); /* 0.2 .. 200 times the slowest */
		c.exact[k] = 1.0 / plate_face_w_m2k(p, (struct plate_mode){0.0, 0.0, c.s[k]});
	}
	least_squares(log_share, FREE, RATES + FREE, deviation, &c);
	shared_out(l, &c, log_share);
}
