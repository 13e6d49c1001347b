/* SPDX-License-Identifier: Apache-2.0 */
/* The laws behind one table: the product's, and those it is measured against. */
#ifndef ISOTHERM_CONTROLLERS_BASELINES_H
#define ISOTHERM_CONTROLLERS_BASELINES_H

#include "controllers/law.h"
#include "controllers/mpc.h"
#include "controllers/spi.h"

struct baseline {
	int wait; /* global: steps to the next move */
	double duty_frac;
	double duty_of[RETICLES]; /* bang */
	double i_frac[RETICLES];  /* pi */
	struct law_valve valve;
};

union law_state {
	struct spi spi;
	struct mpc mpc;
	struct baseline baseline;
};

struct law {
	const char *name;
	/* From applied values: the next step asks for the same, as far as the law has any choice. */
	void (*init)(union law_state *s, const struct control_params *p, const struct law_in *in);
	void (*step)(union law_state *s, const struct control_params *p, const struct law_in *in,
		     struct law_out *out);
	bool moves_work; /* it asks for shares, or will */
};

const struct law *law_of(enum controller_kind kind);

#endif
