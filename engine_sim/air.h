/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fans of a system that is cooled by air: four in parallel behind one filter and coil, each with a
 * damper that shuts when it stands. They follow one speed v, the position of the valve of a system
 * that is cooled by water.
 *
 *   fan k:  dp = head (s_k^2 - (q_k / fan_flow)^2), no flow backwards
 *   way:    dp = (coil + filter filter_mul) (m / nominal)^2, m the sum of the q_k
 * The coil is what makes four fans at full speed with a clean filter give the nominal flow, so that
 * they give nominal v at speed v. Power of a fan: a fourth of facility_pump_w, times s_k^3.
 */
#ifndef ISOTHERM_ENGINE_SIM_AIR_H
#define ISOTHERM_ENGINE_SIM_AIR_H

#include "engine_sim/model.h"

#define FANS 4

/* Air through the coil, of the nominal flow; speed[FANS] 0..1. */
double air_flow_frac(const struct model *md, const double speed[FANS], double filter_mul);
/* Pressure drop of the filter at that flow. */
double air_filter_dp_kpa(const struct model *md, double flow_frac, double filter_mul);
double air_fans_w(const struct model *md, const double speed[FANS]);

#endif
