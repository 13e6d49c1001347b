/* SPDX-License-Identifier: Apache-2.0 */
/* What a written register does to the firmware of its device. */
#include <math.h>

#include "engine_sim/limits.h"
#include "engine_sim/state.h"

#define PCT 100.0

struct written {
	struct sim *sim;
	struct sim_system *sys; /* NULL: of the site */
	uint32_t i;             /* role's index */
	int64_t step;
	double value; /* in the point's unit, inside its range */
};

static void
duty_cmd(const struct written *w)
{
	struct engine_unit *e = &w->sys->firmware.engine;
	double was = e->duty_cmd[w->i], now = clamp(w->value, 0.0, 1.0);

	e->duty_cmd[w->i] = now;
	e->duty_new = e->duty_new || now < was || now > was;
}

static void
share_cmd(const struct written *w)
{
	firmware_share(&w->sys->firmware.engine, w->i, w->value);
}

static void
ballast_cmd(const struct written *w)
{
	firmware_ballast(&w->sys->firmware.engine, w->i, w->value);
}

static void
batch_cmd(const struct written *w)
{
	w->sys->firmware.engine.batch_cmd[w->i] = w->value;
}

static void
engine_seq(const struct written *w)
{
	firmware_seq(&w->sys->firmware.engine.dog, (uint16_t)lround(w->value), w->step);
}

static void
engine_release(const struct written *w)
{
	firmware_release(&w->sys->firmware.engine.dog, w->value > 0.5);
}

static void
engine_reset(const struct written *w)
{
	if (w->value > 0.5)
		firmware_reset(&w->sys->firmware, &w->sys->process, &w->sys->sensors);
}

static void
engine_ceiling(const struct written *w)
{
	w->sys->firmware.engine.ceiling_w = w->value;
	firmware_ceiling(&w->sys->firmware.engine, w->step);
}

static void
engine_ceiling_for(const struct written *w)
{
	w->sys->firmware.engine.ceiling_for_s = w->value;
	firmware_ceiling(&w->sys->firmware.engine, w->step);
}

static void
pump_speed_cmd(const struct written *w)
{
	w->sys->firmware.cooling.pump_cmd[w->i] = clamp(w->value / PCT, 0.0, 1.0);
}

static void
valve_cmd(const struct written *w)
{
	w->sys->firmware.cooling.valve_cmd = clamp(w->value / PCT, 0.0, 1.0);
}

static void
cooling_seq(const struct written *w)
{
	firmware_seq(&w->sys->firmware.cooling.dog, (uint16_t)lround(w->value), w->step);
}

static void
cooling_release(const struct written *w)
{
	firmware_release(&w->sys->firmware.cooling.dog, w->value > 0.5);
}

static void
water_setpoint(const struct written *w)
{
	w->sim->site.supply.water_setpoint_c = w->value;
}

static void
air_setpoint(const struct written *w)
{
	w->sim->site.supply.air_setpoint_c = w->value;
}

typedef void demand_fn(const struct written *);

static demand_fn *const demands[ROLES] = {
	[ROLE_DUTY_CMD] = duty_cmd,
	[ROLE_SHARE_CMD] = share_cmd,
	[ROLE_BALLAST_CMD] = ballast_cmd,
	[ROLE_JOB_SLOT_BATCH_CMD] = batch_cmd,
	[ROLE_ENGINE_SEQ_CMD] = engine_seq,
	[ROLE_ENGINE_RELEASE_CMD] = engine_release,
	[ROLE_ENGINE_RESET_CMD] = engine_reset,
	[ROLE_ENGINE_CEILING_CMD] = engine_ceiling,
	[ROLE_ENGINE_CEILING_FOR_CMD] = engine_ceiling_for,
	[ROLE_PUMP_SPEED_CMD] = pump_speed_cmd,
	[ROLE_VALVE_CMD] = valve_cmd,
	[ROLE_COOLING_SEQ_CMD] = cooling_seq,
	[ROLE_COOLING_RELEASE_CMD] = cooling_release,
};

static demand_fn *const site_demands[ROLES] = {
	[ROLE_FACILITY_SETPOINT_CMD] = water_setpoint,
	[ROLE_AIR_SETPOINT_CMD] = air_setpoint,
};

/* Has the firmware anything to tell of that? */
static bool
takes_back(const struct sim_system *sys)
{
	return sys->firmware.engine.new_jobs || sys->firmware.engine.ballast_is_back;
}

/* Has the firmware taken back what the point demands, since its job is a new one, or its supervisor gone? */
static bool
taken_back(const struct sim_system *sys, const struct point *pt)
{
	uint32_t i = pt->role_index, slots = sys->firmware.engine.new_jobs;

	if (pt->role == ROLE_JOB_SLOT_BATCH_CMD)
		return slots >> i & 1u;
	if (pt->role == ROLE_BALLAST_CMD)
		return sys->firmware.engine.ballast_is_back;
	return pt->role == ROLE_SHARE_CMD && sys->process.jobs.of[i] < JOBS_MAX &&
	       slots >> sys->process.jobs.of[i] & 1u;
}

void
sim_new_jobs(struct sim *sim)
{
	bool any = false;

	for (uint32_t k = 0; k < sim->plant->n_systems; k++)
		any |= takes_back(&sim->systems[k]);
	for (uint32_t n = 0; any && n < sim->plant->n_devices; n++) {
		struct sim_device *d = &sim->devices[n];
		const struct point *points = sim->plant->points + d->config->first_point;

		if (!d->registers || !d->system || !takes_back(d->system))
			continue;
		for (uint32_t k = 0; k < d->config->n_points; k++)
			if (taken_back(d->system, &points[k]))
				sim_registers_store(d, &points[k],
						    points[k].role == ROLE_BALLAST_CMD ? 0.0 : 1.0);
	}
	for (uint32_t k = 0; any && k < sim->plant->n_systems; k++) {
		sim->systems[k].firmware.engine.new_jobs = 0;
		sim->systems[k].firmware.engine.ballast_is_back = false;
	}
}

void
sim_demand(struct sim *sim, struct sim_device *d, const struct point *pt, double value)
{
	struct written w = {.sim = sim,
			    .sys = d->system,
			    .i = pt->role_index,
			    .step = sim->step,
			    .value = value};

	if (!d->system && site_demands[pt->role])
		site_demands[pt->role](&w);
	else if (d->system && demands[pt->role])
		demands[pt->role](&w);
}
