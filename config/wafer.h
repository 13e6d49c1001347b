/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How one wafer differs from the nominal one, reticle by reticle: factors of contact conductance, cooling and
 * leakage, all 1 for the nominal wafer. Read from a file with a line a reticle:
 *   reticle,a_contact,b_cooling,l_leakage
 *   r00c00,0.94,1.01,1.14
 * The row y = 0..6 lies along the flow, the column x = 0..11 is the zone; index i = 12 y + x.
 */
#ifndef ISOTHERM_CONFIG_WAFER_H
#define ISOTHERM_CONFIG_WAFER_H

#include "config/plant.h"

struct wafer_variation {
	double a_contact[RETICLES];
	double b_cooling[RETICLES];
	double l_leakage[RETICLES];
};

/* 0; -EINVAL with every error in `report` (a reticle that is missing, twice or unknown, a factor that is not a finite
 * positive number); -errno when the file can't be read, also in the report. `out` is touched only on success. */
int wafer_csv_read(const char *path, struct wafer_variation *out, struct config_report *report);

#endif
