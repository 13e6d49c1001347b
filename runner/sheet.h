/* SPDX-License-Identifier: Apache-2.0 */
/* What a scenario came to: held against what was expected, and printed. */
#ifndef ISOTHERM_RUNNER_SHEET_H
#define ISOTHERM_RUNNER_SHEET_H

#include <stdio.h>

#include "runner/world.h"

#define SHEET_FAILURES 64

struct sheet {
	const struct scenario *scenario;
	const struct world *world;
	const struct world_result *result;
	const char *controller, *mode;
	double wall_s;
	const double *best_pct; /* [n_systems] greatest throughput possible; NULL: nobody asked */
	/* filled by sheet_judge */
	unsigned expected, failed; /* failed may be more than are kept */
	char failures[SHEET_FAILURES][320];
};

void sheet_judge(struct sheet *s);
void sheet_print_text(const struct sheet *s, FILE *to);
/* 0 or -ENOMEM. */
int sheet_print_json(const struct sheet *s, FILE *to);

#endif
