/* SPDX-License-Identifier: Apache-2.0 */
/* Readings of the site's devices: facility, meter, the simulator itself. */
#include <math.h>

#include "engine_sim/limits.h"
#include "engine_sim/values.h"

/* The feed: three phases of 230 V. */
#define PHASES 3
#define PHASE_V 230.0
#define POWER_FACTOR 0.98

#define LATE_OF_STEPS 1e4

static double
supply_temp(const struct asked *a, enum facility medium)
{
	return values_noisy(a, a->sim->site.facility.supply_c[medium], TEMP_NOISE_K);
}

static double
water_supply(const struct asked *a)
{
	return supply_temp(a, FACILITY_WATER);
}

static double
air_supply(const struct asked *a)
{
	return supply_temp(a, FACILITY_AIR);
}

/* What comes back from the systems of one kind: flow, and its mean temperature; NAN: nothing. */
static double
return_temp(const struct asked *a, enum facility medium, double *kg_s)
{
	double heat_c = 0.0;

	*kg_s = 0.0;
	for (uint32_t k = 0; k < a->sim->plant->n_systems; k++) {
		const struct process *p = &a->sim->systems[k].process;

		if (p->facility != medium)
			continue;
		*kg_s += p->hx.facility_kg_s;
		heat_c += p->hx.facility_kg_s * p->hx.facility_c;
	}
	return *kg_s > 0.0 ? heat_c / *kg_s : (double)NAN;
}

static double
water_return(const struct asked *a)
{
	double kg_s;

	return values_noisy(a, return_temp(a, FACILITY_WATER, &kg_s), TEMP_NOISE_K);
}

static double
air_return(const struct asked *a)
{
	double kg_s;

	return values_noisy(a, return_temp(a, FACILITY_AIR, &kg_s), TEMP_NOISE_K);
}

static double
water_flow(const struct asked *a)
{
	double kg_s;

	return_temp(a, FACILITY_WATER, &kg_s);
	return LPM_PER_KG_S * kg_s;
}

static double
air_flow(const struct asked *a)
{
	double kg_s;

	return_temp(a, FACILITY_AIR, &kg_s);
	return kg_s;
}

static double
dry_bulb(const struct asked *a)
{
	return a->sim->site.facility.weather.dry_c;
}

static double
wet_bulb(const struct asked *a)
{
	return a->sim->site.facility.weather.wet_c;
}

static double
site_pressure(const struct asked *a)
{
	return a->sim->site.supply.pressure_kpa * a->sim->site.facility.pressure_frac;
}

static double
site_dew_point(const struct asked *a)
{
	return a->sim->site.supply.dew_point_c;
}

static double
meter_power(const struct asked *a)
{
	double w = 0.0;

	for (uint32_t k = 0; k < a->sim->plant->n_systems; k++)
		w += a->sim->systems[k].process.power.input_w;
	return w;
}

static double
meter_current(const struct asked *a)
{
	return meter_power(a) / PHASES / PHASE_V / POWER_FACTOR;
}

static double
meter_voltage(const struct asked *a)
{
	return values_noisy(a, PHASE_V, 0.2);
}

static double
meter_energy(const struct asked *a)
{
	double kwh = 0.0;

	for (uint32_t k = 0; k < a->sim->plant->n_systems; k++)
		kwh += a->sim->systems[k].process.energy_kwh;
	return kwh;
}

static double
late_ticks(const struct asked *a)
{
	return (double)a->sim->late;
}

/* A stall in the first seconds is judged as part of the first 100 s. */
static double
late_frac(const struct asked *a)
{
	return least(1.0, (double)a->sim->late / most((double)a->sim->own_steps, LATE_OF_STEPS));
}

static double
ticks(const struct asked *a)
{
	return (double)a->sim->step;
}

static double
water_setpoint(const struct asked *a)
{
	return a->sim->site.supply.water_setpoint_c;
}

static double
air_setpoint(const struct asked *a)
{
	return a->sim->site.supply.air_setpoint_c;
}

value_fn *const values_site[ROLES] = {
	[ROLE_FACILITY_SUPPLY] = water_supply,
	[ROLE_FACILITY_RETURN] = water_return,
	[ROLE_FACILITY_FLOW] = water_flow,
	[ROLE_FACILITY_PRESSURE] = site_pressure,
	[ROLE_AIR_SUPPLY] = air_supply,
	[ROLE_AIR_RETURN] = air_return,
	[ROLE_AIR_FLOW] = air_flow,
	[ROLE_WEATHER_DRY] = dry_bulb,
	[ROLE_WEATHER_WET] = wet_bulb,
	[ROLE_FACILITY_SETPOINT] = water_setpoint,
	[ROLE_FACILITY_SETPOINT_CMD] = water_setpoint,
	[ROLE_AIR_SETPOINT] = air_setpoint,
	[ROLE_AIR_SETPOINT_CMD] = air_setpoint,
	[ROLE_DEW_POINT] = site_dew_point,
	[ROLE_METER_POWER] = meter_power,
	[ROLE_METER_CURRENT] = meter_current,
	[ROLE_METER_VOLTAGE] = meter_voltage,
	[ROLE_METER_ENERGY] = meter_energy,
	[ROLE_SIM_LATE_TICKS] = late_ticks,
	[ROLE_SIM_LATE_FRAC] = late_frac,
	[ROLE_SIM_TICKS] = ticks,
};
