/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/hydraulics.h"

#include <math.h>

#include "core/keyed.h"
#include "engine_sim/limits.h"
#include "engine_sim/sensors.h"

double
process_water_full_kg(const struct process *p)
{
	return p->md.hot_kg + p->md.cold_kg + p->pipe[PIPE_HOT].kg + p->pipe[PIPE_COLD].kg;
}

/* Static pressure of a full loop, and how the loop's pressure drop is shared: assumptions. */
#define STATIC_KPA 100.0
#define SHUT 1e12 /* of the loop's own drop */
#define FILTER_PART 0.1
#define PLATE_PART 0.6
#define CUSHION 5.0
#define FILLED_AT_C 24.0
#define AIR_KPA 101.325
#define VAPOUR_60_KPA 20.0

#define FILL_MIN 0.05
#define AIR_FROM 0.20 /* of the level: the pumps begin to draw air */
#define AIR_ALL 0.08
#define SHUT_G 1e-4     /* a zone that lets less through lets nothing through */
#define STILL_KG_S 1e-3 /* nor does the loop: a check valve needs some flow to stay open */

/* ---- what it holds ---- */

static double
pipes_kg(const struct process *p)
{
	return p->pipe[PIPE_HOT].kg + p->pipe[PIPE_COLD].kg;
}

double
hydraulics_fill(const struct process *p)
{
	double full_kg = p->md.hot_kg + p->md.cold_kg;

	return clamp((p->water_kg - pipes_kg(p)) / full_kg, FILL_MIN, 1.0);
}

/* Of full, with expansion. */
static double
level(const struct process *p)
{
	double mean_c = (p->md.hot_kg * p->loop.hot_c + p->md.cold_kg * p->loop.cold_c) /
			(p->md.hot_kg + p->md.cold_kg);

	return p->water_kg / p->full_kg * (1.0 + p->md.expansion_per_k * (mean_c - FILLED_AT_C));
}

double
process_level_pct(const struct process *p)
{
	return clamp(100.0 * level(p), 0.0, 100.0);
}

double
hydraulics_leak(struct process *p)
{
	double least_kg = FILL_MIN * (p->md.hot_kg + p->md.cold_kg) + pipes_kg(p);
	double was = hydraulics_fill(p), gone;

	if (!(p->faults.leak_kg_s > 0.0) || p->water_kg <= least_kg)
		return 0.0;
	p->water_kg = most(least_kg, p->water_kg - p->faults.leak_kg_s * PROCESS_STEP_S);
	gone = was - hydraulics_fill(p);
	return gone * p->md.cp_j_kg_k *
	       (p->md.hot_kg * p->loop.hot_c + p->md.cold_kg * p->loop.cold_c) / PROCESS_STEP_S;
}

void
hydraulics_rest(struct process *p)
{
	plug_fill(&p->pipe[PIPE_HOT], p->md.pipe_hot_kg, p->outlet_c);
	plug_fill(&p->pipe[PIPE_COLD], p->md.pipe_cold_kg, p->loop.cold_c);
	p->piped = plug_there(&p->pipe[PIPE_HOT]) || plug_there(&p->pipe[PIPE_COLD]);
	p->inlet_c = p->loop.cold_c;
	hydraulics_resize(p);
}

static bool
pipe_fits(const struct plug *pipe, double kg)
{
	return !(fabs(pipe->kg - (kg >= PLUG_MIN_KG ? kg : 0.0)) > 0.0);
}

void
hydraulics_resize(struct process *p)
{
	double full_kg;

	if (!pipe_fits(&p->pipe[PIPE_HOT], p->md.pipe_hot_kg) ||
	    !pipe_fits(&p->pipe[PIPE_COLD], p->md.pipe_cold_kg)) {
		hydraulics_rest(p);
		return;
	}
	full_kg = process_water_full_kg(p);
	if (!(fabs(full_kg - p->full_kg) > 0.0))
		return;
	p->water_kg += full_kg - p->full_kg; /* what was lost is still lost */
	p->full_kg = full_kg;
}

/* ---- pressures ---- */

static double
cushion_kpa(double full)
{
	return STATIC_KPA * clamp(1.0 - CUSHION * (1.0 - full), 0.0, 2.0);
}

double
process_return_kpa(const struct process *p)
{
	return cushion_kpa(level(p));
}

double
process_filter_dp_kpa(const struct process *p)
{
	double m = p->flow.total_kg_s;

	return FILTER_PART * p->faults.filter_mul * p->md.system_kpa * m * m;
}

static double
zones_part(const struct process *p, const double g[ZONES])
{
	double sum = 0.0;

	if (!(p->md.manifold_frac > 0.0) && g[0] > 0.0)
		return 0.0; /* the usual case, each step */
	for (int x = 0; x < ZONES; x++)
		sum += g[x];
	if (!(sum > 0.0))
		return SHUT;
	return p->md.manifold_frac * (ZONES * ZONES / (sum * sum) - 1.0);
}

double
process_plate_dp_kpa(const struct process *p)
{
	double m = p->flow.total_kg_s;

	return (PLATE_PART + zones_part(p, p->cool_g)) * p->md.system_kpa * m * m;
}

/* Magnus formula, kPa (facility.c has its source). */
static double
vapour_kpa(double c)
{
	return 0.61094 * exp(17.625 * c / (243.04 + c));
}

/* ---- flow ---- */

void
hydraulics_zones(const struct process *p, double g[ZONES])
{
	for (int x = 0; x < ZONES; x++) {
		g[x] = p->faults.zone_g[x] * most(0.1, 1.0 + p->md.trim_frac * p->trim[x]);
		if (g[x] < SHUT_G)
			g[x] = 0.0;
	}
}

double
hydraulics_system_kpa(const struct process *p, const double g[ZONES])
{
	return p->md.system_kpa *
	       (1.0 + FILTER_PART * (p->faults.filter_mul - 1.0) + zones_part(p, g));
}

double
hydraulics_head_frac(const struct process *p, double flow_kg_s)
{
	double m = flow_kg_s / p->md.m_nom_kg_s, needed_kpa = p->md.npsh_kpa * m * m;
	double full = level(p), there_kpa = AIR_KPA + cushion_kpa(full);
	double air = clamp((full - AIR_ALL) / (AIR_FROM - AIR_ALL), 0.0, 1.0);

	/* far from boiling, which needs no exponential to be seen */
	if (p->loop.hot_c < 60.0 && there_kpa - VAPOUR_60_KPA > needed_kpa)
		return air;
	there_kpa -= vapour_kpa(p->loop.hot_c);
	return there_kpa < needed_kpa ? air * most(0.0, there_kpa) / needed_kpa : air;
}

void
hydraulics_flow(struct pump_flow *out, const struct process *p, const double g[ZONES],
		const double speed[PUMPS])
{
	double system_kpa = hydraulics_system_kpa(p, g), left;
	double slower[PUMPS];

	coolant_pumps_on(out, &p->md, system_kpa, speed);
	left = hydraulics_head_frac(p, out->total_kg_s);
	if (left < 1.0) {
		for (int k = 0; k < PUMPS; k++)
			slower[k] = speed[k] * sqrt(left);
		coolant_pumps_on(out, &p->md, system_kpa, slower);
		out->head_frac = left;
	}
	if (out->total_kg_s < STILL_KG_S)
		*out = (struct pump_flow){0};
}

void
hydraulics_trim(struct process *p, uint64_t wafer_seed)
{
	for (uint32_t x = 0; x < ZONES; x++)
		p->trim[x] = keyed_normal(wafer_seed, sensors_key(SENSE_TRIM, (uint32_t)x), 0);
}
