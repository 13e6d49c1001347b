/* SPDX-License-Identifier: Apache-2.0 */
#include "config/wafer.h"

#include "config/reticle_csv.h"

#define FACTOR_MAX 100.0 /* a factor beyond this is a slip of the decimal point, not a wafer */

static bool
is_factor(double value)
{
	return value > 0.0 && value <= FACTOR_MAX;
}

int
wafer_csv_read(const char *path, struct wafer_variation *out, struct config_report *report)
{
	static const struct reticle_csv wafer = {
		.heading = "reticle,a_contact,b_cooling,l_leakage",
		.columns = 3,
		.names = {"a_contact", "b_cooling", "l_leakage"},
		.allows = is_factor,
		.refusal = "is no factor (allowed: above 0, up to 100)"};
	double values[3][RETICLES];
	int rc = reticle_csv_read(path, &wafer, values[0], report);

	for (int i = 0; rc == 0 && i < RETICLES; i++) {
		out->a_contact[i] = values[0][i];
		out->b_cooling[i] = values[1][i];
		out->l_leakage[i] = values[2][i];
	}
	return rc;
}
