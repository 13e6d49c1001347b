/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exact answers of a layered slab to power that is even over each reticle, at rest and after a
 * step of power: Fourier's cosine series over the wafer, each mode through the layers by itself,
 * in time by Talbot's inversion of Laplace's transform (Abate and Valko, Int. J. Numer. Meth. Engng
 * 60, 2004). Written apart from the kernel: it shares the data with it and no function.
 */
#ifndef ISOTHERM_TESTS_SLAB_EXACT_H
#define ISOTHERM_TESTS_SLAB_EXACT_H

#include <complex.h>
#include <math.h>

#include "config/plant.h"
#include "engine_sim/plate.h"

#define SLAB_PI 3.14159265358979323846
#define SLAB_MODES 200     /* each way, at rest */
#define SLAB_MODES_STEP 60 /* each way, of what is still to come after a step */
#define SLAB_TALBOT 14

struct slab_modes {
	double across[SLAB_MODES][ZONES], along[SLAB_MODES][ROWS]; /* means of the cosines */
};

static inline void
slab_modes(struct slab_modes *m)
{
	for (int n = 0; n < SLAB_MODES; n++) {
		double k = n * SLAB_PI;

		for (int x = 0; x < ZONES; x++)
			m->across[n][x] =
				n ? ZONES / k * (sin(k * (x + 1) / ZONES) - sin(k * x / ZONES))
				  : 1.0;
		for (int y = 0; y < ROWS; y++)
			m->along[n][y] =
				n ? ROWS / k * (sin(k * (y + 1) / ROWS) - sin(k * y / ROWS)) : 1.0;
	}
}

static inline double complex
slab_through(const struct plate_layer *l, double k2, double complex s, double complex below)
{
	double complex g = csqrt(k2 + s * l->rho_c_j_m3k / l->k_w_mk), kg = l->k_w_mk * g;
	double complex e = cexp(-2.0 * g * l->thickness_m), t = (1.0 - e) / (1.0 + e);

	if (cabs(g) * l->thickness_m < 1e-7)
		return below / (1.0 + below * l->thickness_m / l->k_w_mk);
	return kg * (below + kg * t) / (kg + below * t);
}

/* Temperature of the powered face over the flux into it; the back is a film. */
static inline double complex
slab_impedance(const struct plate *p, double k2, double complex s)
{
	double complex y = p->film_w_m2k;

	y = slab_through(&p->base, k2, s, y);
	y = slab_through(&p->interface, k2, s, y);
	return 1.0 / slab_through(&p->silicon, k2, s, y);
}

/* What a step of flux leaves to come after t_s: Z(0) - T(t). */
static inline double
slab_to_come(const struct plate *p, double k2, double t_s)
{
	double r = 2.0 * SLAB_TALBOT / (5.0 * t_s);
	double sum = 0.5 * exp(r * t_s) * creal(slab_impedance(p, k2, r) / r);

	for (int k = 1; k < SLAB_TALBOT; k++) {
		double a = k * SLAB_PI / SLAB_TALBOT, cot = cos(a) / sin(a);
		double complex s = r * a * (cot + (double complex)I);
		double complex w = 1.0 + (double complex)I * (a + (a * cot - 1.0) * cot);

		sum += creal(cexp(s * t_s) * w * slab_impedance(p, k2, s) / s);
	}
	return creal(slab_impedance(p, k2, 0.0)) - r / SLAB_TALBOT * sum;
}

/* Means over the reticles of the powered face; t_s INFINITY: at rest, else after a step of power
 * from the film's temperature. */
static inline void
slab_exact(double out_c[RETICLES], const struct plate *p, const double power_w[RETICLES],
	   double film_c, double t_s)
{
	static struct slab_modes modes;
	double area = p->width_m * p->length_m;

	slab_modes(&modes);
	for (int i = 0; i < RETICLES; i++)
		out_c[i] = film_c;
	for (int m = 0; m < SLAB_MODES; m++)
		for (int n = 0; n < SLAB_MODES; n++) {
			double kx = m * SLAB_PI / p->width_m, ky = n * SLAB_PI / p->length_m;
			double k2 = kx * kx + ky * ky, c = 0.0, z;

			for (int i = 0; i < RETICLES; i++)
				c += power_w[i] * modes.across[m][i % ZONES] *
				     modes.along[n][i / ZONES];
			if (fabs(c) < 1e-12)
				continue;
			z = creal(slab_impedance(p, k2, 0.0));
			if (isfinite(t_s) && m < SLAB_MODES_STEP && n < SLAB_MODES_STEP)
				z -= slab_to_come(p, k2, t_s);
			c *= z / area * (m ? 2.0 : 1.0) * (n ? 2.0 : 1.0);
			for (int i = 0; i < RETICLES; i++)
				out_c[i] +=
					c * modes.across[m][i % ZONES] * modes.along[n][i / ZONES];
		}
}

#endif
