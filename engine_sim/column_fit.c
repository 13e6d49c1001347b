/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cells of 4.5 x 7.7 mm are wider than what heat spreads in silicon (about 1.5 mm), so a plain
 * difference quotient takes the heat that crosses from a hot reticle to a cold one for too small
 * or too large. What a difference between neighbours should carry is found once, at the start,
 * from the geometry: for strips of reticles, one under power after the other, the means of all
 * strips by the grid are brought to those of the exact slab,
 *   T_sr = d/W [Z(0) + 2 sum_n Z(n pi/W) a_n(s) a_n(r)],  a_n(s) = mean of cos(n pi x/W) over s,
 * by Gauss and Newton with Levenberg's damping, each direction for itself. Six multipliers a
 * direction: of three layers, between cells of a reticle and of two.
 */
#include <math.h>
#include <string.h>

#include "engine_sim/column.h"
#include "engine_sim/least.h"

#define MODES 2000
#define STRIPS_MAX ZONES
#define FREE (2 * PLATE_NODES) /* multipliers: of the rims, then of the inside */
#define NODES_MAX (PLATE_NODES * COLUMN_NX_MAX)
#define RATES 3
#define PULL 1e-3 /* of a multiplier towards 1, over the largest answer */
#define PI 3.14159265358979323846

struct strips {
	const struct plate_lumps *lumps;
	double (*face)(const void *arg, struct plate_mode at);
	const void *face_arg;
	const double *sheet_w_k;
	int strips, fold, cells;
	double cell_m;
	int rates;
	double rate_per_s[RATES];                    /* Laplace's variable: 0 is at rest */
	double exact[RATES][STRIPS_MAX][STRIPS_MAX]; /* K under a W/m2, [power][answer] */
	double scale;
};

/* Lower triangle of a symmetric matrix with three bands below the diagonal. */
#define BAND 3
struct banded {
	int n;
	double a[NODES_MAX][BAND + 1]; /* [row][row - column] */
};

static void
factor(struct banded *b)
{
	for (int i = 0; i < b->n; i++)
		for (int j = i < BAND ? 0 : i - BAND; j <= i; j++) {
			double sum = b->a[i][i - j];

			for (int k = i < BAND ? 0 : i - BAND; k < j; k++)
				if (j - k <= BAND)
					sum -= b->a[i][i - k] * b->a[j][j - k];
			b->a[i][i - j] = i == j ? sqrt(sum) : sum / b->a[j][0];
		}
}

static void
solve(const struct banded *b, double *x)
{
	for (int i = 0; i < b->n; i++) {
		for (int k = i < BAND ? 0 : i - BAND; k < i; k++)
			x[i] -= b->a[i][i - k] * x[k];
		x[i] /= b->a[i][0];
	}
	for (int i = b->n - 1; i >= 0; i--) {
		for (int k = i + 1; k < b->n && k <= i + BAND; k++)
			x[i] -= b->a[k][k - i] * x[k];
		x[i] /= b->a[i][0];
	}
}

static void
couple(struct banded *b, int i, int j, double g)
{
	b->a[i][0] += g;
	b->a[j][0] += g;
	b->a[j][j - i] -= g;
}

/* Cells in a row, a metre wide, with those multipliers. */
static void
assemble(struct banded *b, const struct strips *s, const double log_m[FREE], double rate_per_s)
{
	memset(b, 0, sizeof(*b));
	b->n = PLATE_NODES * s->cells;
	for (int x = 0; x < s->cells; x++) {
		int i = PLATE_NODES * x;

		couple(b, i, i + 1, s->cell_m / s->lumps->r_m2k_w[0]);
		couple(b, i + 1, i + 2, s->cell_m / s->lumps->r_m2k_w[1]);
		b->a[i + 2][0] += s->cell_m * s->lumps->back_w_m2k;
		for (int n = 0; n < PLATE_NODES; n++)
			b->a[i + n][0] += s->cell_m * s->lumps->c_j_m2k[n] * rate_per_s;
		for (int n = 0; x > 0 && n < PLATE_NODES; n++)
			couple(b, i + n - PLATE_NODES, i + n,
			       s->sheet_w_k[n] / s->cell_m *
				       exp(log_m[x % s->fold ? PLATE_NODES + n : n]));
	}
	factor(b);
}

/* How far the grid is from the slab, strip by strip. */
static int
deviation_at(double *out, const struct strips *s, const double log_m[FREE], int rate)
{
	struct banded b;
	double t[NODES_MAX];
	int n = 0;

	assemble(&b, s, log_m, s->rate_per_s[rate]);
	for (int p = 0; p < s->strips; p++) {
		memset(t, 0, sizeof(t));
		for (int x = 0; x < s->fold; x++)
			t[PLATE_NODES * (p * s->fold + x)] = s->cell_m;
		solve(&b, t);
		for (int r = 0; r < s->strips; r++) {
			double mean = r == p ? s->lumps->r_face_m2k_w : 0.0;

			for (int x = 0; x < s->fold; x++)
				mean += t[PLATE_NODES * (r * s->fold + x)] / s->fold;
			out[n++] = (mean - s->exact[rate][p][r]) / s->scale;
		}
	}
	return n;
}

static void
deviation(void *arg, const double *log_m, double *out)
{
	const struct strips *s = arg;
	int n = 0;

	for (int k = 0; k < s->rates; k++)
		n += deviation_at(out + n, s, log_m, k);
	for (int k = 0; k < FREE; k++)
		out[n++] = PULL * log_m[k];
}

static double
largest(const double *v, int n)
{
	double most = 0.0;

	for (int i = 0; i < n; i++)
		most = fmax(most, fabs(v[i]));
	return most;
}

/* Returns how far the fitted grid is still off at rest. */
static double
fit(struct strips *s, double rim[PLATE_NODES], double inside[PLATE_NODES])
{
	double log_m[FREE] = {0.0}, left[STRIPS_MAX * STRIPS_MAX];
	int n;

	least_squares(log_m, FREE, s->rates * s->strips * s->strips + FREE, deviation, s);
	for (int k = 0; k < PLATE_NODES; k++) {
		rim[k] = exp(log_m[k]);
		inside[k] = exp(log_m[PLATE_NODES + k]);
	}
	n = deviation_at(left, s, log_m, 0);
	return largest(left, n);
}

/* along: strips follow each other along the flow. */
static void
exact_strips(struct strips *s, double width, bool along, int rate)
{
	double of[STRIPS_MAX];
	struct plate_mode at = {0.0, 0.0, s->rate_per_s[rate]};
	double z0 = 1.0 / s->face(s->face_arg, at);

	for (int i = 0; i < s->strips; i++)
		for (int j = 0; j < s->strips; j++)
			s->exact[rate][i][j] = z0 / s->strips;
	for (int n = 1; n <= MODES; n++) {
		double k = n * PI / width, z;

		*(along ? &at.ky2 : &at.kx2) = k * k;
		z = 2.0 / s->strips / s->face(s->face_arg, at);
		for (int i = 0; i < s->strips; i++) /* mean of the cosine over strip i */
			of[i] = s->strips / (n * PI) *
				(sin(n * PI * (i + 1) / s->strips) - sin(n * PI * i / s->strips));
		for (int i = 0; i < s->strips; i++)
			for (int j = 0; j < s->strips; j++)
				s->exact[rate][i][j] += z * of[i] * of[j];
	}
}

/* Returns what fit does. */
static double
fit_direction(struct strips *s, double width, bool along, double *rim, double *inside)
{
	s->cells = s->strips * s->fold;
	s->cell_m = width / s->cells;
	for (int k = 0; k < s->rates; k++)
		exact_strips(s, width, along, k);
	s->scale = s->exact[0][0][0];
	return fit(s, rim, inside);
}

void
column_fit(struct column_multipliers *out, const struct plate *p, const struct plate_lumps *lumps,
	   int fold, double (*face)(const void *arg, struct plate_mode at), const void *arg)
{
	struct strips s = {
		.lumps = lumps, .face = face, .face_arg = arg, .fold = fold, .rates = RATES};
	double slow =
		lumps->back_w_m2k / (lumps->c_j_m2k[0] + lumps->c_j_m2k[1] + lumps->c_j_m2k[2]);

	for (int k = 1; k < RATES; k++)
		s.rate_per_s[k] = slow * pow(4.0, k - 1);
	s.strips = ZONES;
	s.sheet_w_k = lumps->sheet_x_w_k;
	out->off_frac = fit_direction(&s, p->width_m, false, out->x_rim, out->x_inside);
	s.strips = ROWS;
	s.sheet_w_k = lumps->sheet_y_w_k;
	out->off_frac = fmax(out->off_frac,
			     fit_direction(&s, p->length_m, true, out->y_rim, out->y_inside));
}
