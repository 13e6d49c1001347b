/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/facility.h"

#include <math.h>
#include <string.h>

#include "core/keyed.h"
#include "engine_sim/actuator.h"
#include "engine_sim/state.h"

#define HOUR_S 3600.0
#define DAY_H 24.0
#define WEATHER_STEPS 100 /* it is looked at once a second */
/* Sums of parts miss 1 by a few ulp: that is no shortage. */
#define FULL_ENOUGH (1.0 + 1e-9)

/* ---- weather ---- */

/* Magnus formula with the constants of Alduchov and Eskridge, J. Appl. Meteorol. 35 (1996); hPa. */
static double
vapour_hpa(double dew_c)
{
	return 6.1094 * exp(17.625 * dew_c / (243.04 + dew_c));
}

double
weather_wet_bulb_c(double dry_c, double dew_c)
{
	double rh = 100.0 * least(1.0, vapour_hpa(dew_c) / vapour_hpa(dry_c));
	double wet = dry_c * atan(0.151977 * sqrt(rh + 8.313659)) + atan(dry_c + rh) -
		     atan(rh - 1.676331) + 0.00391838 * rh * sqrt(rh) * atan(0.023101 * rh) -
		     4.686035;

	return clamp(wet, least(dew_c, dry_c), dry_c);
}

void
weather_at(struct weather *out, const struct supply_params *p, uint64_t seed, double time_s)
{
	double hour = p->start_h + time_s / HOUR_S, whole = floor(hour), part = hour - whole;
	uint64_t key = sensors_key(SENSE_WEATHER, 0);
	double noise = 0.0;

	if (p->weather_noise_k > 0.0)
		noise = p->weather_noise_k *
			((1.0 - part) * keyed_normal(seed, key, (uint64_t)whole) +
			 part * keyed_normal(seed, key, (uint64_t)whole + 1));
	out->dry_c = most(p->dry_bulb_c +
				  p->swing_k * cos(2.0 * M_PI * (hour - p->peak_h) / DAY_H) + noise,
			  p->dew_point_c);
	out->wet_c = weather_wet_bulb_c(out->dry_c, p->dew_point_c);
}

/* ---- supplies ---- */

static double
followed_c(const struct sim *sim, enum facility medium)
{
	const struct supply_params *p = &sim->site.supply;
	const struct weather *w = &sim->site.facility.weather;

	return medium == FACILITY_AIR ? most(p->air_setpoint_c, w->dry_c)
				      : most(p->water_setpoint_c, w->wet_c + p->approach_k);
}

/* Moves the supply, and with it that of each system, which keeps what was set for it alone. */
static void
move_supply(struct sim *sim, enum facility medium, double by_k)
{
	sim->site.facility.supply_c[medium] += by_k;
	for (uint32_t k = 0; k < sim->plant->n_systems; k++)
		if (sim->systems[k].process.facility == medium)
			sim->systems[k].process.faults.supply_c += by_k;
}

/* Heat that the systems give to the hall, per system, over what a system's part of it stores. */
static double
hall_k_s(const struct sim *sim)
{
	double heat_w = 0.0;
	int n = 0;

	for (uint32_t k = 0; k < sim->plant->n_systems; k++) {
		const struct process *p = &sim->systems[k].process;

		if (p->facility != FACILITY_AIR)
			continue;
		heat_w += p->hx.heat_w + air_fans_w(&p->md, p->fan);
		n++;
	}
	return n ? heat_w / n / sim->site.supply.hall_j_k : 0.0;
}

/* With its air handlers standing, the hall warms up; running again, they take that away. */
static void
step_hall(struct sim *sim)
{
	struct facility_state *f = &sim->site.facility;
	double was = f->hall_k;

	if (f->pumps >= 1.0 && was <= 0.0)
		return;
	f->hall_k += PROCESS_STEP_S * ((1.0 - f->pumps) * hall_k_s(sim) -
				       f->pumps * was / sim->site.supply.return_tau_s);
	if (f->pumps >= 1.0 && f->hall_k < 1e-6)
		f->hall_k = 0.0;
	move_supply(sim, FACILITY_AIR, f->hall_k - was);
}

static void
step_supply(struct sim *sim, enum facility medium)
{
	const struct facility_state *f = &sim->site.facility;
	double now_c = f->supply_c[medium] - (medium == FACILITY_AIR ? f->hall_k : 0.0);
	double part = -expm1(-PROCESS_STEP_S / sim->site.supply.lag_s) * f->pumps;

	move_supply(sim, medium, part * (followed_c(sim, medium) - now_c));
}

/* ---- the header ---- */

void
header_at(struct header *out, const struct supply_params *p, double demand, double speed)
{
	double way = 1.0 + p->friction * demand * demand;
	double most_frac = demand > p->capacity_frac * FULL_ENOUGH
				   ? p->capacity_frac * p->capacity_frac * way / (demand * demand)
				   : 1.0;

	out->pump_frac = speed * speed * least(1.0, most_frac);
	out->frac = out->pump_frac / way;
}

static double
valve_of(const struct process *p)
{
	return most(p->md.valve_min, p->valve);
}

/* Part of the head that is left behind the branch of a machine: the square of s_k. */
static double
branch_frac(const struct sim *sim, uint32_t k)
{
	int32_t machine = sim->plant->systems[k].machine;
	double sum = 0.0;
	uint32_t n = 0;

	for (uint32_t j = (uint32_t)machine; j < sim->plant->n_systems; j++) {
		if (sim->plant->systems[j].machine != machine)
			break;
		sum += valve_of(&sim->systems[j].process);
		n++;
	}
	return n > 1 ? 1.0 / (1.0 + sim->site.supply.machine_friction * sum * sum / (n * n)) : 1.0;
}

static void
share_flow(struct sim *sim)
{
	const struct supply_params *p = &sim->site.supply;
	struct facility_state *f = &sim->site.facility;
	double full = 0.0, asked = 0.0;
	struct header h;

	for (uint32_t k = 0; k < sim->plant->n_systems; k++) {
		struct process *s = &sim->systems[k].process;

		s->header_frac = 1.0;
		if (s->facility != FACILITY_WATER)
			continue;
		if (p->machine_friction > 0.0)
			s->header_frac = sqrt(branch_frac(sim, k));
		full += s->md.facility_kg_s;
		asked += s->md.facility_kg_s * valve_of(s) * s->faults.facility_frac *
			 s->header_frac;
	}
	header_at(&h, p, full > 0.0 ? asked / full : 0.0, f->pumps);
	f->pressure_frac = h.pump_frac;
	if (h.frac >= 1.0)
		return;
	for (uint32_t k = 0; k < sim->plant->n_systems; k++)
		if (sim->systems[k].process.facility == FACILITY_WATER)
			sim->systems[k].process.header_frac *= sqrt(h.frac);
}

/* Wafers of one machine have their feeds in common. */
static void
share_feeds(struct sim *sim)
{
	const struct system_config *config = sim->plant->systems;
	uint32_t n = sim->plant->n_systems, end;

	for (uint32_t first = 0; first < n; first = end) {
		double lost[FEEDS] = {0.0};

		for (end = first; end < n && config[end].machine == (int32_t)first; end++)
			for (int f = 0; f < FEEDS; f++)
				lost[f] = most(lost[f],
					       sim->systems[end].process.faults.feed_failed[f]);
		for (uint32_t k = first; k < end; k++)
			memcpy(sim->systems[k].process.feed_lost, lost, sizeof(lost));
	}
}

/* ---- the whole ---- */

void
facility_start(struct sim *sim)
{
	const struct supply_params *p = &sim->site.supply;
	struct facility_state *f = &sim->site.facility;

	*f = (struct facility_state){.flow_frac = 1.0, .pumps = 1.0, .pressure_frac = 1.0};
	weather_at(&f->weather, p, sim->plant->seed, 0.0);
	f->supply_c[FACILITY_WATER] =
		p->follow > 0.5 ? followed_c(sim, FACILITY_WATER) : p->water_setpoint_c;
	f->supply_c[FACILITY_AIR] =
		p->follow > 0.5 ? followed_c(sim, FACILITY_AIR) : p->air_setpoint_c;
}

void
facility_step(struct sim *sim)
{
	const struct supply_params *p = &sim->site.supply;
	struct facility_state *f = &sim->site.facility;
	bool lost = f->lost > 0.5;

	if (sim->step % WEATHER_STEPS == 0)
		weather_at(&f->weather, p, sim->plant->seed, (double)sim->step * PROCESS_STEP_S);
	f->pumps = actuator_lag(f->pumps, lost ? 0.0 : 1.0, lost ? p->stop_tau_s : p->return_tau_s,
				INFINITY, PROCESS_STEP_S);
	if (!lost && f->pumps > 1.0 - 1e-6)
		f->pumps = 1.0;
	step_hall(sim);
	if (p->follow > 0.5) {
		step_supply(sim, FACILITY_WATER);
		step_supply(sim, FACILITY_AIR);
	}
	share_flow(sim);
	share_feeds(sim);
}
