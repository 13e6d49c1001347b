/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Laminar flow that is fully developed in a straight channel of rectangular section: film
 * coefficient and pressure drop from the geometry. Pure functions; sides in m in either order,
 * a = shorter over longer.
 *
 *   D = 4 area / perimeter = 2 w h / (w + h)
 *   Re = rho v D / mu; laminar up to CHANNEL_RE_MAX
 *   f Re = 96 / ((1 + a)^2 (1 - (192 / pi^5) a sum_{n odd} tanh(n pi / (2 a)) / n^5)),
 *     Darcy's f, exact: Shah and London, Laminar Flow Forced Convection in Ducts (1978), ch. VII;
 *     56.908 for a square, 96 between plates
 *   Nu = h D / k of walls with one temperature around the section and one heat flux along it (H1):
 *     8.2353 (1 - 2.0421 a + 3.0853 a^2 - 2.4765 a^3 + 1.0578 a^4 - 0.1861 a^5), within 0.07 % of
 *     the exact one: the same, eq. 341; 3.608 for a square, 8.235 between plates
 *   dp = f L/D rho v^2 / 2 (Darcy and Weisbach), without what inlet and outlet add
 */
#ifndef ISOTHERM_ENGINE_SIM_CHANNEL_H
#define ISOTHERM_ENGINE_SIM_CHANNEL_H

#define CHANNEL_RE_MAX 2300.0

struct channel_fluid {
	double rho_kg_m3, mu_pa_s, k_w_mk;
};

double channel_hydraulic_m(double width_m, double height_m);
double channel_reynolds(const struct channel_fluid *f, double width_m, double height_m,
			double velocity_m_s);
/* Darcy's friction factor times Re. */
double channel_friction_re(double width_m, double height_m);
double channel_nusselt(double width_m, double height_m);
double channel_film_w_m2k(const struct channel_fluid *f, double width_m, double height_m);
/* Pressure drop of a pipe or channel, Pa, by its friction factor (Darcy's). */
double channel_darcy_pa(double friction, double length_m, double hydraulic_m, double rho_kg_m3,
			double velocity_m_s);
/* The same of a channel as above, with laminar friction. */
double channel_drop_pa(const struct channel_fluid *f, double width_m, double height_m,
		       double length_m, double velocity_m_s);

#endif
