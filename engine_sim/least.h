/* SPDX-License-Identifier: Apache-2.0 */
/* Least squares of a few parameters, by Gauss and Newton with Levenberg's damping. */
#ifndef ISOTHERM_ENGINE_SIM_LEAST_H
#define ISOTHERM_ENGINE_SIM_LEAST_H

#define LEAST_FREE_MAX 8
#define LEAST_TERMS_MAX 512

/* p[n] in and out, each within -2.5..2.5; residual fills out[m]. */
void least_squares(double *p, int n, int m,
		   void (*residual)(void *arg, const double *p, double *out), void *arg);

#endif
