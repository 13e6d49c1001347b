/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The structured PI: one integrator for a synchronous job, whose slowest reticle sets its pace, or
 * one a reticle where they are independent, whatever of both is on a wafer; pumps and supply set-point give room before duty is
 * taken. It holds the wafer under the lower of the temperature limit and the coldest reticle plus
 * the spread limit.
 */
#ifndef ISOTHERM_CONTROLLERS_SPI_H
#define ISOTHERM_CONTROLLERS_SPI_H

#include "controllers/law.h"

struct spi {
	double pump_frac, setpoint_c;
	struct law_valve valve;
	struct job_groups jobs;  /* how the integrators were last used */
	double i_frac[RETICLES]; /* of each group, at its lead */
	double asked_frac
		[RETICLES]; /* likewise: what it asked for last, to see what is applied of it */
	double cap_frac[RETICLES]; /* likewise: what a power cap leaves it; 1 where there is none */
	bool capped;               /* one was in force in the last step: cap_frac may be below 1 */
};

/* Take over from what is applied: the first step asks for the same, as far as the limits allow. */
void spi_init(struct spi *s, const struct control_params *p, const struct law_in *in);
void spi_step(struct spi *s, const struct control_params *p, const struct law_in *in,
	      struct law_out *out);

#endif
