/* SPDX-License-Identifier: Apache-2.0 */
/* Files with a line a reticle, "r02c11,…": the row y = 0..6 lies along the flow, the column
 * x = 0..11 is the zone; index i = 12 y + x. */
#ifndef ISOTHERM_CONFIG_RETICLE_CSV_H
#define ISOTHERM_CONFIG_RETICLE_CSV_H

#include "config/plant.h"

#define RETICLE_CSV_COLUMNS_MAX 3

struct reticle_csv {
	const char *heading; /* the first line, to the letter */
	uint32_t columns;    /* behind the reticle's name */
	const char *names[RETICLE_CSV_COLUMNS_MAX];
	bool (*allows)(double value);
	const char *refusal; /* "is no factor (allowed: …)" */
};

/* values[columns][RETICLES], of use on success alone. 0; -EINVAL with every error in `report` (a
 * reticle that is missing, twice or unknown, a value that is none or not allowed); -errno when the
 * file can't be read, also in the report. */
int reticle_csv_read(const char *path, const struct reticle_csv *kind, double *values,
		     struct config_report *report);

#endif
