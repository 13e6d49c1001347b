/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A case file, one wafer on its cold plate by itself, in SI units (keys: config/case_keys.def), and
 * the map of power that goes with it: `reticle,power_w`, a line a reticle, r00c00..r06c11 (row
 * along the flow, column across it).
 */
#ifndef ISOTHERM_CONFIG_CASE_H
#define ISOTHERM_CONFIG_CASE_H

#include "config/plant.h"

struct case_layer {
	double thickness_m, k_w_mk, rho_c_j_m3k;
};

struct case_file {
	char name[32];
	double width_m, length_m;
	double start_c;
	struct case_layer silicon, interface, plate;
	bool channels;     /* else a film */
	double film_w_m2k; /* the film's, or on the walls of the channels; NAN there: laminar */
	double coolant_c;  /* behind the film, or at the inlet */
	/* channels */
	uint32_t n_channels;
	double channel_m, wall_m, height_m, cover_m;
	double coolant_rho_c_j_m3k, flow_m3_s;
	double coolant_rho_kg_m3, coolant_mu_pa_s, coolant_k_w_mk;
	bool storing; /* the coolant in the channels has a capacity */
};

/* 0; -EINVAL with every error in `report`, or -errno when a file can't be read, also in the report.
 * `out` is touched only on success. */
int case_load(struct case_file *out, const char *path, struct config_report *report);
int case_map_read(const char *path, double power_w[RETICLES], struct config_report *report);

#endif
