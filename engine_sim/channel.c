/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/channel.h"

#include <math.h>

#define PI 3.14159265358979323846
#define TERMS 41 /* odd n: what is left out is below 1e-8 of the sum */

static double
aspect(double width_m, double height_m)
{
	return width_m < height_m ? width_m / height_m : height_m / width_m;
}

double
channel_hydraulic_m(double width_m, double height_m)
{
	return 2.0 * width_m * height_m / (width_m + height_m);
}

double
channel_reynolds(const struct channel_fluid *f, double width_m, double height_m,
		 double velocity_m_s)
{
	return f->rho_kg_m3 * velocity_m_s * channel_hydraulic_m(width_m, height_m) / f->mu_pa_s;
}

double
channel_friction_re(double width_m, double height_m)
{
	double a = aspect(width_m, height_m), sum = 0.0;

	for (int n = 1; n < 2 * TERMS; n += 2)
		sum += tanh(n * PI / (2.0 * a)) / pow(n, 5.0);
	return 96.0 / ((1.0 + a) * (1.0 + a) * (1.0 - 192.0 / pow(PI, 5.0) * a * sum));
}

double
channel_nusselt(double width_m, double height_m)
{
	static const double factor[] = {1.0, -2.0421, 3.0853, -2.4765, 1.0578, -0.1861};
	double a = aspect(width_m, height_m), sum = 0.0;

	for (int n = 5; n >= 0; n--)
		sum = sum * a + factor[n];
	return 8.2353 * sum;
}

double
channel_film_w_m2k(const struct channel_fluid *f, double width_m, double height_m)
{
	return channel_nusselt(width_m, height_m) * f->k_w_mk /
	       channel_hydraulic_m(width_m, height_m);
}

double
channel_darcy_pa(double friction, double length_m, double hydraulic_m, double rho_kg_m3,
		 double velocity_m_s)
{
	return friction * length_m / hydraulic_m * 0.5 * rho_kg_m3 * velocity_m_s * velocity_m_s;
}

double
channel_drop_pa(const struct channel_fluid *f, double width_m, double height_m, double length_m,
		double velocity_m_s)
{
	double re = channel_reynolds(f, width_m, height_m, velocity_m_s);

	if (!(re > 0.0))
		return 0.0;
	return channel_darcy_pa(channel_friction_re(width_m, height_m) / re, length_m,
				channel_hydraulic_m(width_m, height_m), f->rho_kg_m3, velocity_m_s);
}
