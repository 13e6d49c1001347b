/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is held to be true of one system's wafer and cooling: filled by the supervisor each LAW_DT_S, before its law.
 * Never NAN but where this says so. No sensor reads any of it: see observer.h.
 */
#ifndef ISOTHERM_CONTROLLERS_ESTIMATE_H
#define ISOTHERM_CONTROLLERS_ESTIMATE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/plant.h"

struct estimate {
	double zone_g[ZONES];     /* flow of a zone to that of a clean one; 1 clean */
	double zone_flow[ZONES];  /* the same to an equal part of all; mean 1 */
	bool zone_sure[ZONES];    /* enough was seen to say so */
	bool zone_clogged[ZONES]; /* for long enough to be named */
	bool zone_old[ZONES];     /* not seen for estimate_old_s: zone_flow is of then */
	double ua_frac;           /* heat exchanger: UA to that of a clean one; NAN not known yet */
	double heat_balance_frac; /* heat into the coolant to electrical power; NAN not known */
	bool fouled, unbalanced;  /* ua_frac, heat_balance_frac: for long enough to be named */
	bool ua_old, balance_old; /* as zone_old */
	double spread_limit_k;    /* found by the soak for this wafer; NAN none */
	uint32_t serial;          /* of the engine block that offset_k and gain belong to; 0 none */
	double offset_k[RETICLES]; /* of the sensor: reading less truth; 0 before a soak */
	double gain[RETICLES]; /* rise of the own temperature over the model's; 1 before a soak */
};

void estimate_init(struct estimate *e);

#endif
