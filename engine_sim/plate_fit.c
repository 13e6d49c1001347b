/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "engine_sim/least.h"
#include "engine_sim/plate.h"

#define RATES 24
#define RESISTANCES 4
#define FREE (RESISTANCES + PLATE_NODES)
/* Rates that count: from a part of the slowest one to what is seen after some tens of
 * milliseconds, in a fast plate to ten times its own. */
#define SLOWEST 0.2
#define FASTEST 10.0
#define FASTEST_PER_S 30.0
#define PASSED 0.3 /* weight of the heat passed on: what the coolant's rise is of the face's */
#define PULL 1e-3  /* of a share towards where it was */

struct chain {
	const struct plate *p;
	struct plate_lumps was;
	double s[RATES], exact[RATES], passed[RATES];
};

/* Temperature of the face and heat passed on, for a unit of power. */
static void
chain_answer(const struct plate_lumps *l, double s, double *face, double *passed)
{
	double y2 = l->back_w_m2k + s * l->c_j_m2k[2], a1 = 1.0 + l->r_m2k_w[1] * y2;
	double y1 = y2 / a1 + s * l->c_j_m2k[1], a0 = 1.0 + l->r_m2k_w[0] * y1;
	double y0 = y1 / a0 + s * l->c_j_m2k[0];

	*face = l->r_face_m2k_w + 1.0 / y0;
	*passed = l->back_w_m2k / (y0 * a0 * a1);
}

/* Resistances and capacities in new shares of the old sums. */
static void
shared_out(struct plate_lumps *l, const struct chain *c, const double *log_share)
{
	double r[RESISTANCES] = {c->was.r_face_m2k_w, c->was.r_m2k_w[0], c->was.r_m2k_w[1],
				 c->was.r_back_m2k_w};
	double film = c->p->film_w_m2k;
	double of_r = 0.0, now_r = 0.0;

	*l = c->was;
	if (c->p->back == PLATE_CHANNELS)
		r[3] = 1.0 / l->back_w_m2k;
	for (int k = 0; k < RESISTANCES; k++) {
		of_r += r[k];
		r[k] *= exp(log_share[k]);
		now_r += r[k];
	}
	for (int k = 0; k < PLATE_NODES; k++)
		l->c_j_m2k[k] *= exp(log_share[RESISTANCES + k]);
	l->r_face_m2k_w = r[0] * of_r / now_r;
	l->r_m2k_w[0] = r[1] * of_r / now_r;
	l->r_m2k_w[1] = r[2] * of_r / now_r;
	r[3] *= of_r / now_r;
	if (c->p->back == PLATE_CHANNELS) {
		l->back_w_m2k = 1.0 / r[3];
		return;
	}
	l->r_back_m2k_w = r[3];
	l->back_w_m2k = 1.0 / (r[3] + 1.0 / film);
}

/* Z at a real s is the mean of the answer to a step over times of about 1/s. */
static void
deviation(void *arg, const double *log_share, double *out)
{
	const struct chain *c = arg;
	double weight = c->p->back == PLATE_CHANNELS ? PASSED : 0.0;
	struct plate_lumps l;

	shared_out(&l, c, log_share);
	for (int k = 0; k < RATES; k++) {
		double face, passed;

		chain_answer(&l, c->s[k], &face, &passed);
		out[k] = (face - c->exact[k]) / c->exact[0];
		out[RATES + k] = weight * (passed - c->passed[k]);
	}
	for (int k = 0; k < FREE; k++)
		out[2 * RATES + k] = PULL * log_share[k];
}

void
plate_lumps_fit(struct plate_lumps *l, const struct plate *p)
{
	struct chain c = {.p = p, .was = *l};
	double log_share[FREE] = {0.0}, ratio;
	double slow = l->back_w_m2k / (l->c_j_m2k[0] + l->c_j_m2k[1] + l->c_j_m2k[2]);

	ratio = fmax(FASTEST * slow, FASTEST_PER_S) / (SLOWEST * slow);
	for (int k = 0; k < RATES; k++) {
		c.s[k] = SLOWEST * slow * pow(ratio, (double)k / (RATES - 1));
		c.passed[k] = plate_passed(p, c.s[k]);
		c.exact[k] = 1.0 / plate_face_w_m2k(p, (struct plate_mode){0.0, 0.0, c.s[k]});
	}
	least_squares(log_share, FREE, 2 * RATES + FREE, deviation, &c);
	shared_out(l, &c, log_share);
}
