/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of a sheet share: what was played, and what was found wrong. */
#ifndef ISOTHERM_RUNNER_SHEET_DATA_H
#define ISOTHERM_RUNNER_SHEET_DATA_H

#include "runner/world.h"

#define SHEET_FAILURES 64

struct sheet {
	const struct scenario *scenario;
	const struct world *world;
	const struct world_result *result;
	const char *controller, *mode;
	double wall_s, soak_wall_s; /* of the scenario, and of what was commissioned before it */
	const double *best_pct; /* [n_systems] greatest throughput possible; NULL: nobody asked */
	/* filled by sheet_judge */
	unsigned expected, failed; /* failed may be more than are kept */
	char failures[SHEET_FAILURES][320];
};

#endif
