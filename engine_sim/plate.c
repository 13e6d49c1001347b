/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/plate.h"

#include <math.h>

/* What the square of a wave number or a rate adds to the fins, for their first moments. */
struct fin_load {
	double wall_1_m2;   /* to m^2 */
	double cover_w_m2k; /* to the tip's admittance, of an area */
};

static double
through(const struct plate_layer *l, struct plate_mode at, double below)
{
	double g = sqrt(at.kx2 + at.ky2 + at.s * l->rho_c_j_m3k / l->k_w_mk);
	double kg = l->k_w_mk * g, t;

	if (g * l->thickness_m < 1e-9)
		return below / (1.0 + below * l->thickness_m / l->k_w_mk);
	t = tanh(g * l->thickness_m);
	return kg * (below + kg * t) / (kg + below * t);
}

/* What takes heat at the tips of the walls of one channel, W/(m K): the ceiling, if there is one. */
static double
ceiling(const struct plate *p)
{
	return p->cover_m > 0.0 ? p->film_w_m2k * p->channel_m : 0.0;
}

static double
fins(const struct plate *p, const struct fin_load *add)
{
	double h = p->film_w_m2k, k = p->base.k_w_mk, wall = p->pitch_m - p->channel_m;
	double m = sqrt(2.0 * h / (k * wall) + add->wall_1_m2), mh = m * p->height_m;
	double root = k * wall * m;
	double r = (ceiling(p) + add->cover_w_m2k * p->pitch_m) / root;

	return (h * p->channel_m + root * (tanh(mh) + r) / (1.0 + r * tanh(mh))) / p->pitch_m;
}

double
plate_back_w_m2k(const struct plate *p, struct plate_mode at)
{
	double store = at.s * p->base.rho_c_j_m3k;
	struct fin_load add = {at.ky2 + store / p->base.k_w_mk,
			       p->cover_m * (p->base.k_w_mk * (at.kx2 + at.ky2) + store)};

	return p->back == PLATE_FILM ? p->film_w_m2k : fins(p, &add);
}

double
plate_face_w_m2k(const void *arg, struct plate_mode at)
{
	const struct plate *p = arg;
	double y = through(&p->base, at, plate_back_w_m2k(p, at));

	return through(&p->silicon, at, through(&p->interface, at, y));
}

double
plate_fin_efficiency(double film_w_m2k, double k_w_mk, double wall_m, double height_m)
{
	double mh = height_m * sqrt(2.0 * film_w_m2k / (k_w_mk * wall_m));

	return mh < 1e-6 ? 1.0 : tanh(mh) / mh;
}

struct fin_heat {
	double stored_m2; /* integral of temperature over section, for a root at 1 */
	double tip;       /* temperature there */
};

static struct fin_heat
fin_heat(const struct plate *p, double s)
{
	double h = p->film_w_m2k, k = p->base.k_w_mk, wall = p->pitch_m - p->channel_m;
	double m = sqrt(2.0 * h / (k * wall) + s * p->base.rho_c_j_m3k / k);
	double mh = m * p->height_m, root = k * wall * m;
	double at_tip = ceiling(p) + s * p->base.rho_c_j_m3k * p->cover_m * p->pitch_m;
	double r = at_tip / root, tip = 1.0 / (cosh(mh) + r * sinh(mh));
	double into = root * (tanh(mh) + r) / (1.0 + r * tanh(mh));

	return (struct fin_heat){(into - at_tip * tip) / (root * m) * wall, tip};
}

/* Capacity of the fins by the first power of their temperature over the root's, J/(m2 K). */
static double
fin_capacity(const struct plate *p)
{
	struct fin_heat f = fin_heat(p, 0.0);

	return p->base.rho_c_j_m3k * (f.stored_m2 / p->pitch_m + p->cover_m * f.tip);
}

/* Temperature below a layer over the one above it, from the admittance below. */
static double
below(const struct plate_layer *l, double s, double y)
{
	double g = sqrt(s * l->rho_c_j_m3k / l->k_w_mk), gl = g * l->thickness_m;

	if (gl < 1e-9)
		return 1.0 / (1.0 + y * l->thickness_m / l->k_w_mk);
	return 1.0 / (cosh(gl) + y / (l->k_w_mk * g) * sinh(gl));
}

double
plate_passed(const struct plate *p, double s)
{
	struct plate_mode at = {0.0, 0.0, s};
	double y3 = plate_back_w_m2k(p, at), y2 = through(&p->base, at, y3);
	double y1 = through(&p->interface, at, y2), y0 = through(&p->silicon, at, y1);
	double root = below(&p->silicon, s, y1) * below(&p->interface, s, y2) *
		      below(&p->base, s, y3) / y0;
	struct fin_heat f;
	double wall;

	if (p->back == PLATE_FILM)
		return root * p->film_w_m2k;
	f = fin_heat(p, s);
	wall = p->pitch_m - p->channel_m;
	return root * p->film_w_m2k / p->pitch_m *
	       (p->channel_m * (1.0 + f.tip) + 2.0 * f.stored_m2 / wall);
}

/*
 * Fins as resistance, node, resistance: what enters at the root, what reaches the coolant and what
 * the node stores then agree with the fins' to first order in time. The capacity weighted with
 * the square of the temperature and the sheets come from derivatives of the admittance; it is
 * smooth, and a central difference of a hundred thousandth of its film is exact to ten digits.
 */
static void
fin_lumps(struct plate_lumps *out, const struct plate *p)
{
	double h = p->film_w_m2k, k = p->base.k_w_mk;
	double wall = 2e-5 * h / (k * (p->pitch_m - p->channel_m)), cover = 1e-5 * h;
	double whole = fins(p, &(struct fin_load){0.0, 0.0}), first = fin_capacity(p);
	struct fin_load up = {wall, 0.0}, down = {-wall, 0.0};
	double of_wall, of_cover, part, square;

	of_wall = (fins(p, &up) - fins(p, &down)) / (2.0 * wall);
	up = (struct fin_load){0.0, cover};
	down = (struct fin_load){0.0, -cover};
	of_cover = (fins(p, &up) - fins(p, &down)) / (2.0 * cover);
	square = (of_wall / k + of_cover * p->cover_m) * p->base.rho_c_j_m3k;
	part = square / first; /* node's temperature over the root's */
	out->c_j_m2k[2] = first / part;
	out->sheet_x_w_k[2] = of_cover * k * p->cover_m / (part * part);
	out->sheet_y_w_k[2] = (of_wall + of_cover * k * p->cover_m) / (part * part);
	out->r_m2k_w[1] += (1.0 - part) / whole;
	out->back_w_m2k = whole / part;
	out->coolant_j_m2k = p->coolant_rho_c_j_m3k * p->channel_m * p->height_m / p->pitch_m;
}

static double
layer_r(const struct plate_layer *l)
{
	return l->thickness_m / l->k_w_mk;
}

static double
layer_c(const struct plate_layer *l)
{
	return l->thickness_m * l->rho_c_j_m3k;
}

void
plate_lumps(struct plate_lumps *out, const struct plate *p)
{
	double split = p->back == PLATE_FILM ? 0.5 : 1.0;
	double si = p->silicon.k_w_mk * p->silicon.thickness_m;
	double between = 0.5 * p->interface.k_w_mk * p->interface.thickness_m;
	double copper = split * p->base.k_w_mk * p->base.thickness_m;

	*out = (struct plate_lumps){.r_face_m2k_w = 0.5 * layer_r(&p->silicon)};
	out->c_j_m2k[0] = layer_c(&p->silicon) + 0.5 * layer_c(&p->interface);
	out->c_j_m2k[1] = split * layer_c(&p->base) + 0.5 * layer_c(&p->interface);
	out->sheet_x_w_k[0] = out->sheet_y_w_k[0] = si + between;
	out->sheet_x_w_k[1] = out->sheet_y_w_k[1] = copper + between;
	out->r_m2k_w[0] = 0.5 * layer_r(&p->silicon) + layer_r(&p->interface) +
			  0.5 * split * layer_r(&p->base);
	out->r_m2k_w[1] = 0.5 * layer_r(&p->base);
	if (p->back == PLATE_CHANNELS) {
		fin_lumps(out, p);
		return;
	}
	out->c_j_m2k[2] = split * layer_c(&p->base);
	out->sheet_x_w_k[2] = out->sheet_y_w_k[2] = copper;
	out->r_back_m2k_w = 0.25 * layer_r(&p->base);
	out->back_w_m2k = 1.0 / (out->r_back_m2k_w + 1.0 / p->film_w_m2k);
}

double
plate_lumps_w_m2k(const void *arg, struct plate_mode at)
{
	const struct plate_lumps *l = arg;
	double y = l->back_w_m2k;

	for (int n = PLATE_NODES - 1; n >= 0; n--) {
		y += l->sheet_x_w_k[n] * at.kx2 + l->sheet_y_w_k[n] * at.ky2 + at.s * l->c_j_m2k[n];
		if (n > 0)
			y /= 1.0 + l->r_m2k_w[n - 1] * y;
	}
	return y / (1.0 + l->r_face_m2k_w * y);
}
