/* SPDX-License-Identifier: Apache-2.0 */
/* What stands behind a role: where a reading comes from, and what a written register does. */
#include <math.h>

#include "core/keyed.h"
#include "engine_sim/limits.h"
#include "engine_sim/hydraulics.h"
#include "engine_sim/state.h"
#include "engine_sim/values.h"

#define PCT 100.0

static double
not_below_0(double x)
{
	return most(0.0, x);
}

/* Standard deviations of the plant's other instruments: assumptions. */
#define DP_NOISE_KPA 0.1
#define AIR_DP_NOISE_KPA 0.001
#define PRESSURE_NOISE_KPA 0.2
#define POWER_NOISE_FRAC 0.001
#define FEED_NOISE_V 0.3
#define LEVEL_NOISE_PCT 0.02

/* ---- engine block ---- */

static double
duty_cmd(const struct asked *a)
{
	return a->sys->firmware.engine.duty_cmd[a->i];
}

static double
share_cmd(const struct asked *a)
{
	return a->sys->firmware.engine.share_cmd[a->i];
}

static double
ballast_cmd(const struct asked *a)
{
	return a->sys->firmware.engine.ballast_cmd_w[a->i];
}

static double
wafer_power_w(const struct asked *a)
{
	return a->sys->sensors.wafer_w;
}

static double
wafer_current(const struct asked *a)
{
	return a->sys->sensors.wafer_w / a->sys->process.power.core_v;
}

static double
wafer_voltage(const struct asked *a)
{
	return a->sys->process.powered * a->sys->process.power.core_v;
}

static double
cores_active(const struct asked *a)
{
	const struct process *p = &a->sys->process;

	return p->powered * p->md.cores * p->cores / RETICLES;
}

static double
plate_inlet(const struct asked *a)
{
	return values_noisy(a, a->sys->process.inlet_c, TEMP_NOISE_K);
}

static double
plate_outlet(const struct asked *a)
{
	return values_noisy(a, a->sys->process.outlet_c, TEMP_NOISE_K);
}

static double
plate_dp(const struct asked *a)
{
	return not_below_0(values_noisy(a, process_plate_dp_kpa(&a->sys->process), DP_NOISE_KPA));
}

static double
engine_status(const struct asked *a)
{
	return a->sys->firmware.engine.status;
}

static double
engine_trip(const struct asked *a)
{
	return a->sys->firmware.engine.trips;
}

static double
engine_authority(const struct asked *a)
{
	return a->sys->firmware.engine.dog.authority;
}

static double
engine_foldback(const struct asked *a)
{
	return least(a->sys->firmware.engine.fold, a->sys->firmware.engine.flow_cap);
}

static double
engine_seq(const struct asked *a)
{
	return a->sys->firmware.engine.dog.seq;
}

static double
engine_release(const struct asked *a)
{
	return a->sys->firmware.engine.dog.released;
}

static double
engine_ceiling(const struct asked *a)
{
	return a->sys->firmware.engine.ceiling_w;
}

static double
engine_ceiling_for(const struct asked *a)
{
	return a->sys->firmware.engine.ceiling_for_s;
}

static double
zero(const struct asked *a)
{
	(void)a;
	return 0.0;
}

/* ---- cooling unit ---- */

static double
loop_flow(const struct asked *a)
{
	return LPM_PER_KG_S * a->sys->sensors.flow_kg_s;
}

static double
loop_supply(const struct asked *a)
{
	return values_noisy(a, a->sys->process.loop.cold_c, TEMP_NOISE_K);
}

static double
loop_return(const struct asked *a)
{
	return values_noisy(a, a->sys->process.loop.hot_c, TEMP_NOISE_K);
}

static double
supply_pressure(const struct asked *a)
{
	const struct process *p = &a->sys->process;

	return not_below_0(
		values_noisy(a, process_return_kpa(p) + p->flow.dp_kpa, PRESSURE_NOISE_KPA));
}

static double
return_pressure(const struct asked *a)
{
	return a->sys->sensors.return_kpa;
}

static double
loop_level(const struct asked *a)
{
	return clamp(values_noisy(a, process_level_pct(&a->sys->process), LEVEL_NOISE_PCT), 0.0,
		     100.0);
}

static double
conductivity(const struct asked *a)
{
	double us_cm = a->sys->process.faults.conductivity_us_cm;

	return not_below_0(values_noisy(a, us_cm, 0.01 * us_cm));
}

static double
loop_leak(const struct asked *a)
{
	return a->sys->process.faults.leak[a->i] > 0.5;
}

static double
filter_dp(const struct asked *a)
{
	return not_below_0(values_noisy(a, process_filter_dp_kpa(&a->sys->process), DP_NOISE_KPA));
}

static double
pump_speed_cmd(const struct asked *a)
{
	return PCT * a->sys->firmware.cooling.pump_cmd[a->i];
}

static double
pump_speed(const struct asked *a)
{
	return PCT * a->sys->process.pump[a->i];
}

static double
pump_power(const struct asked *a)
{
	const struct process *p = &a->sys->process;
	double w = coolant_pump_w(&p->md, p->pump[a->i]);

	return not_below_0(values_noisy(a, w, POWER_NOISE_FRAC * w));
}

static double
pump_status(const struct asked *a)
{
	const struct process *p = &a->sys->process;

	return firmware_part_status(p->pump[a->i] > 0.02, p->faults.pump_failed[a->i] > 0.5);
}

static double
valve_cmd(const struct asked *a)
{
	return PCT * a->sys->firmware.cooling.valve_cmd;
}

static double
valve(const struct asked *a)
{
	return PCT * a->sys->process.valve;
}

static double
facility_in(const struct asked *a)
{
	return values_noisy(a, a->sys->process.faults.supply_c, TEMP_NOISE_K);
}

static double
facility_out(const struct asked *a)
{
	return values_noisy(a, a->sys->process.hx.facility_c, TEMP_NOISE_K);
}

static double
facility_branch_flow(const struct asked *a)
{
	double lpm = LPM_PER_KG_S * a->sys->process.hx.facility_kg_s;

	return not_below_0(values_noisy(a, lpm, FLOW_NOISE_FRAC * lpm));
}

static double
air_flow(const struct asked *a)
{
	double kg_s = a->sys->process.hx.facility_kg_s;

	return not_below_0(values_noisy(a, kg_s, FLOW_NOISE_FRAC * kg_s));
}

static double
air_filter_dp(const struct asked *a)
{
	const struct process *p = &a->sys->process;
	double frac = p->hx.facility_kg_s / p->md.facility_kg_s;
	double kpa = air_filter_dp_kpa(&p->md, frac, p->faults.air_filter_mul);

	return not_below_0(values_noisy(a, kpa, AIR_DP_NOISE_KPA));
}

static double
fan_speed(const struct asked *a)
{
	return PCT * a->sys->process.fan[a->i];
}

static double
fan_status(const struct asked *a)
{
	const struct process *p = &a->sys->process;

	return firmware_part_status(p->fan[a->i] > 0.02, p->faults.fan_failed[a->i] > 0.5);
}

static double
cooling_status(const struct asked *a)
{
	return a->sys->firmware.cooling.status;
}

static double
cooling_authority(const struct asked *a)
{
	return a->sys->firmware.cooling.dog.authority;
}

static double
cooling_seq(const struct asked *a)
{
	return a->sys->firmware.cooling.dog.seq;
}

static double
cooling_release(const struct asked *a)
{
	return a->sys->firmware.cooling.dog.released;
}

/* ---- power shelf ---- */

static bool
psu_failed(const struct asked *a)
{
	return a->sys->process.faults.psu_failed[a->i] > 0.5;
}

static int
feed_of(const struct asked *a)
{
	return (int)a->i * FEEDS / PSUS;
}

static bool
psu_runs(const struct asked *a)
{
	return !psu_failed(a) && !process_feed_lost(&a->sys->process, feed_of(a));
}

static double
psu_power(const struct asked *a)
{
	double w = psu_runs(a) ? a->sys->process.power.supply_w : 0.0;

	return not_below_0(values_noisy(a, w, POWER_NOISE_FRAC * w));
}

/* Without noise, of one that runs. */
static double
psu_v(const struct asked *a)
{
	const struct process *p = &a->sys->process;

	return power_supply_v(&p->md, p->power.supply_w);
}

static double
psu_voltage(const struct asked *a)
{
	return psu_runs(a) ? values_noisy(a, psu_v(a), 0.01) : 0.0;
}

static double
psu_current(const struct asked *a)
{
	return psu_power(a) / psu_v(a);
}

static double
psu_status(const struct asked *a)
{
	return firmware_part_status(psu_runs(a), psu_failed(a)) |
	       (process_feed_lost(&a->sys->process, feed_of(a)) ? PART_NO_INPUT : 0u);
}

static double
feed_voltage(const struct asked *a)
{
	const struct process *p = &a->sys->process;

	return process_feed_lost(p, (int)a->i) ? 0.0 : values_noisy(a, p->md.feed_v, FEED_NOISE_V);
}

static double
feed_power(const struct asked *a)
{
	const struct process *p = &a->sys->process;
	double w = 0.0;

	for (int k = 0; k < PSUS; k++)
		if (k * FEEDS / PSUS == (int)a->i && p->faults.psu_failed[k] <= 0.5 &&
		    !process_feed_lost(p, (int)a->i))
			w += p->power.supply_input_w;
	return not_below_0(values_noisy(a, w, POWER_NOISE_FRAC * w));
}

static double
power_output(const struct asked *a)
{
	double w = a->sys->process.power.output_w;

	return not_below_0(values_noisy(a, w, POWER_NOISE_FRAC * w));
}

static double
power_input(const struct asked *a)
{
	const struct process *p = &a->sys->process;
	double w = p->power.input_w;

	return not_below_0(values_noisy(a, w, p->md.input_noise_frac * w));
}

static double
power_energy(const struct asked *a)
{
	return a->sys->process.energy_kwh;
}

static value_fn *const values[ROLES] = {
	[ROLE_DUTY_CMD] = duty_cmd,
	[ROLE_SHARE_CMD] = share_cmd,
	[ROLE_BALLAST_CMD] = ballast_cmd,
	[ROLE_WAFER_POWER] = wafer_power_w,
	[ROLE_WAFER_CURRENT] = wafer_current,
	[ROLE_WAFER_VOLTAGE] = wafer_voltage,
	[ROLE_CORES_ACTIVE] = cores_active,
	[ROLE_PLATE_INLET] = plate_inlet,
	[ROLE_PLATE_OUTLET] = plate_outlet,
	[ROLE_PLATE_DP] = plate_dp,
	[ROLE_ENGINE_STATUS] = engine_status,
	[ROLE_ENGINE_TRIP] = engine_trip,
	[ROLE_ENGINE_AUTHORITY] = engine_authority,
	[ROLE_ENGINE_FOLDBACK] = engine_foldback,
	[ROLE_ENGINE_SEQ_CMD] = engine_seq,
	[ROLE_ENGINE_SEQ] = engine_seq,
	[ROLE_ENGINE_RELEASE_CMD] = engine_release,
	[ROLE_ENGINE_RESET_CMD] = zero,
	[ROLE_ENGINE_CEILING_CMD] = engine_ceiling,
	[ROLE_ENGINE_CEILING_FOR_CMD] = engine_ceiling_for,
	[ROLE_LOOP_FLOW] = loop_flow,
	[ROLE_LOOP_SUPPLY] = loop_supply,
	[ROLE_LOOP_RETURN] = loop_return,
	[ROLE_LOOP_SUPPLY_PRESSURE] = supply_pressure,
	[ROLE_LOOP_RETURN_PRESSURE] = return_pressure,
	[ROLE_LOOP_LEVEL] = loop_level,
	[ROLE_LOOP_CONDUCTIVITY] = conductivity,
	[ROLE_LOOP_LEAK] = loop_leak,
	[ROLE_FILTER_DP] = filter_dp,
	[ROLE_PUMP_SPEED_CMD] = pump_speed_cmd,
	[ROLE_PUMP_SPEED] = pump_speed,
	[ROLE_PUMP_POWER] = pump_power,
	[ROLE_PUMP_STATUS] = pump_status,
	[ROLE_VALVE_CMD] = valve_cmd,
	[ROLE_VALVE] = valve,
	[ROLE_HX_FACILITY_IN] = facility_in,
	[ROLE_HX_FACILITY_OUT] = facility_out,
	[ROLE_HX_FACILITY_FLOW] = facility_branch_flow,
	[ROLE_HX_AIR_FLOW] = air_flow,
	[ROLE_AIR_FILTER_DP] = air_filter_dp,
	[ROLE_FAN_SPEED] = fan_speed,
	[ROLE_FAN_STATUS] = fan_status,
	[ROLE_COOLING_STATUS] = cooling_status,
	[ROLE_COOLING_AUTHORITY] = cooling_authority,
	[ROLE_COOLING_SEQ_CMD] = cooling_seq,
	[ROLE_COOLING_SEQ] = cooling_seq,
	[ROLE_COOLING_RELEASE_CMD] = cooling_release,
	[ROLE_PSU_POWER] = psu_power,
	[ROLE_PSU_VOLTAGE] = psu_voltage,
	[ROLE_PSU_CURRENT] = psu_current,
	[ROLE_PSU_STATUS] = psu_status,
	[ROLE_FEED_VOLTAGE] = feed_voltage,
	[ROLE_FEED_POWER] = feed_power,
	[ROLE_POWER_OUTPUT] = power_output,
	[ROLE_POWER_INPUT] = power_input,
	[ROLE_POWER_ENERGY] = power_energy,
};

value_fn *
values_of_role(enum role_id role, bool of_system)
{
	if (values_site[role])
		return values_site[role];
	if (!of_system)
		return NULL;
	return values_jobs[role] ? values_jobs[role] : values[role];
}

/* Whose noise a role's reading has. The first signal is no reading's own: it stands for none. */
_Static_assert(SENSE_OFFSET == 0, "stands for none");
static const enum sensor_signal signals[ROLES] = {
	[ROLE_PLATE_INLET] = SENSE_PLATE_INLET,
	[ROLE_PLATE_OUTLET] = SENSE_PLATE_OUTLET,
	[ROLE_PLATE_DP] = SENSE_PLATE_DP,
	[ROLE_LOOP_SUPPLY] = SENSE_SUPPLY,
	[ROLE_LOOP_RETURN] = SENSE_RETURN,
	[ROLE_LOOP_SUPPLY_PRESSURE] = SENSE_SUPPLY_PRESSURE,
	[ROLE_LOOP_LEVEL] = SENSE_LEVEL,
	[ROLE_LOOP_CONDUCTIVITY] = SENSE_CONDUCTIVITY,
	[ROLE_FILTER_DP] = SENSE_FILTER_DP,
	[ROLE_PUMP_POWER] = SENSE_PUMP_POWER,
	[ROLE_HX_FACILITY_IN] = SENSE_FACILITY_IN,
	[ROLE_HX_FACILITY_OUT] = SENSE_FACILITY_OUT,
	[ROLE_HX_FACILITY_FLOW] = SENSE_FACILITY_FLOW,
	[ROLE_HX_AIR_FLOW] = SENSE_FACILITY_FLOW,
	[ROLE_AIR_FILTER_DP] = SENSE_AIR_FILTER_DP,
	[ROLE_PSU_POWER] = SENSE_PSU_POWER,
	[ROLE_PSU_VOLTAGE] = SENSE_PSU_VOLTAGE,
	[ROLE_PSU_CURRENT] = SENSE_PSU_POWER,
	[ROLE_FEED_VOLTAGE] = SENSE_FEED_VOLTAGE,
	[ROLE_FEED_POWER] = SENSE_FEED_POWER,
	[ROLE_POWER_OUTPUT] = SENSE_PSU_POWER,
	[ROLE_POWER_INPUT] = SENSE_INPUT_POWER,
	[ROLE_FACILITY_SUPPLY] = SENSE_SITE,
	[ROLE_FACILITY_RETURN] = SENSE_FACILITY_OUT,
	[ROLE_AIR_SUPPLY] = SENSE_SITE,
	[ROLE_AIR_RETURN] = SENSE_FACILITY_OUT,
	[ROLE_METER_VOLTAGE] = SENSE_SITE_VOLTAGE,
};

bool
values_key(const struct point *pt, uint64_t *key)
{
	*key = sensors_key(signals[pt->role], pt->role_index);
	return signals[pt->role] != 0;
}

double
sim_value(struct sim *sim, struct sim_device *d, const struct point *pt)
{
	struct asked a = values_asked(sim, d);
	value_fn *value = values_of_role(pt->role, a.sys != NULL);
	values_fn *several = values_of_several(pt->role, a.sys != NULL);
	double noise, x = (double)NAN;
	uint64_t key;

	a.i = pt->role_index;
	if (values_key(pt, &key)) {
		noise = keyed_normal(values_sensors(sim, d)->seed, key, a.tick);
		a.noise = &noise;
	}
	if (several)
		several(&a, 1, &x);
	else if (value)
		x = value(&a);
	return x;
}
