/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/process.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "engine_sim/actuator.h"
#include "engine_sim/hydraulics.h"
#include "engine_sim/lanes.h"
#include "engine_sim/limits.h"

#define ROOM_C 24.0
/* Step times rate: below it the loop is stable, and the wafer's contact and film do not ring. */
#define STEP_RATE_MAX 2.0
#define CLEAN_US_CM 2.0

/* What the energy of a step is held against. */
struct step_start {
	struct coolant_state loop;
	double fill;
	double leak_w, pipes_j;
};

void
process_init(struct process *p)
{
	*p = (struct process){
		.valve = 1.0, .header_frac = 1.0, .fans_frac = 1.0, .powered = 1.0, .stale = true};
	for (int k = 0; k < PUMPS; k++)
		p->pump_part[k].tau_s = (double)NAN;
	p->valve_part.tau_s = (double)NAN;
	model_defaults(&p->md);
	wafer_variation_none(&p->variation);
	job_set_one(&p->jobs, JOB_MODE_SYNC);
	p->faults = (struct process_faults){.valve = -1.0,
					    .ua_mul = 1.0,
					    .supply_c = 20.0,
					    .facility_frac = 1.0,
					    .air_filter_mul = 1.0,
					    .filter_mul = 1.0,
					    .conductivity_us_cm = CLEAN_US_CM,
					    .flow_meter_mul = 1.0};
	p->faults.valve_slow = p->faults.valve_limit = 1.0;
	for (int i = 0; i < RETICLES; i++)
		p->faults.duty_limit[i] = 1.0;
	for (int k = 0; k < PUMPS; k++)
		p->faults.pump_slow[k] = p->faults.pump_limit[k] = 1.0;
	for (int x = 0; x < ZONES; x++)
		p->faults.zone_g[x] = 1.0;
	for (int k = 0; k < PUMPS; k++) {
		p->faults.pump_speed[k] = -1.0;
		p->pump[k] = 0.8;
	}
	for (int k = 0; k < FANS; k++) {
		p->faults.fan_speed[k] = -1.0;
		p->fan[k] = p->valve;
	}
	for (int i = 0; i < RETICLES; i++) {
		p->wafer.si_c[i] = p->wafer.cu_c[i] = ROOM_C;
		p->duty[i] = p->share[i] = 1.0;
	}
	p->loop = (struct coolant_state){.hot_c = ROOM_C, .cold_c = ROOM_C};
	p->water_kg = p->full_kg = process_water_full_kg(p);
	process_refresh(p);
}

void
process_type(struct process *p, const struct system_config *config)
{
	model_of(&p->md, &config->model);
	p->facility = config->facility;
	hydraulics_rest(p);
	process_fans_rest(p);
	p->stale = true;
}

/* Flow and march for these speeds. Each is computed anew only when something it depends on moved:
 * the march's 84 exponentials cost a third of the rest of the step. */
static void
set_flow(struct process *p, const double speed[PUMPS])
{
	if (p->stale)
		hydraulics_zones(p, p->cool_g);
	else if (memcmp(p->speed_of, speed, sizeof(p->speed_of)) == 0 && p->flow.head_frac >= 1.0 &&
		 hydraulics_head_frac(p, p->flow.total_kg_s) >= 1.0)
		return;
	memcpy(p->speed_of, speed, sizeof(p->speed_of));
	hydraulics_flow(&p->flow, p, p->cool_g, speed);
	if (!p->stale && fabs(p->flow.total_kg_s - p->cool.flow_kg_s) <= 1e-9 * p->flow.total_kg_s)
		return;
	if (p->stale)
		wafer_cooling_set(&p->cool, &p->md, &p->variation, p->flow.total_kg_s, p->cool_g);
	else
		wafer_cooling_move(&p->cool, &p->md, &p->variation, p->flow.total_kg_s);
	if (p->fine) {
		if (p->stale)
			fine_model(p->fine, &p->md, &p->variation);
		fine_cooling(p->fine, &p->cool);
	}
	if (p->stale)
		p->line_of[0] = (double)NAN;
	p->stale = false;
}

/* The jobs' load, when something moved. */
static void
set_load(struct process *p)
{
	if (!p->stale && !p->duty_moved && p->load_version == p->jobs.version)
		return;
	if (p->stale || p->load_version != p->jobs.version)
		p->cores = reticle_sum(p->jobs.cores);
	p->load_version = p->jobs.version;
	p->duty_moved = false;
	job_load(&p->job, p->load_w, &p->md, &p->jobs, p->tables, p->duty, p->share);
}

bool
process_feed_lost(const struct process *p, int feed)
{
	return p->faults.feed_failed[feed] > 0.5 || p->feed_lost[feed] > 0.5;
}

double
process_pumps_w(const struct process *p)
{
	return coolant_pump_w(&p->md, p->pump[0]) + coolant_pump_w(&p->md, p->pump[1]);
}

double
process_cooling_w(const struct process *p)
{
	double facility_w = p->facility == FACILITY_AIR
				    ? air_fans_w(&p->md, p->fan)
				    : p->md.facility_pump_w * p->valve * p->valve * p->valve;

	return process_pumps_w(p) + facility_w;
}

/* A supply gives nothing when it is broken or its feed has no voltage. */
static void
set_power(struct process *p, double wafer_w)
{
	const double *lost = p->faults.psu_failed;
	UNCLEARED double dark[PSUS];

	if (process_feed_lost(p, 0) || process_feed_lost(p, 1)) {
		for (int k = 0; k < PSUS; k++)
			dark[k] = process_feed_lost(p, k * FEEDS / PSUS) ? 1.0 : lost[k];
		lost = dark;
	}
	power_chain(&p->power, &p->md, wafer_w, process_pumps_w(p), lost);
}

struct facility_water
process_facility(const struct process *p, double valve)
{
	return (struct facility_water){.supply_c = p->faults.supply_c,
				       .flow_frac = p->faults.facility_frac * p->header_frac *
						    p->fans_frac,
				       .valve = valve,
				       .ua_mul = p->faults.ua_mul};
}

/* Where the fans stand, some air is drawn through all the same. */
static void
set_fans_frac(struct process *p, const double speed[FANS], double valve)
{
	double frac = air_flow_frac(&p->md, speed, p->faults.air_filter_mul);

	p->fans_frac = most(frac, p->md.valve_min) / most(valve, p->md.valve_min);
}

void
process_fans_rest(struct process *p)
{
	p->fans_frac = 1.0;
	if (p->facility != FACILITY_AIR)
		return;
	for (int k = 0; k < FANS; k++) {
		p->fan[k] = p->faults.fan_speed[k] >= 0.0 ? p->faults.fan_speed[k] : p->valve;
		if (p->faults.fan_failed[k] > 0.5)
			p->fan[k] = 0.0;
	}
	set_fans_frac(p, p->fan, p->valve);
}

/* The heat exchanger with that valve, when something moved. */
static void
set_line(struct process *p, double valve)
{
	struct facility_water fw = process_facility(p, valve);
	const double of[] = {p->cool.flow_kg_s, fw.valve, fw.flow_frac, fw.ua_mul, p->water_kg};

	if (memcmp(of, p->line_of, sizeof(of)) == 0)
		return;
	coolant_line(&p->line, &p->md, p->cool.flow_kg_s, hydraulics_fill(p), &fw);
	memcpy(p->line_of, of, sizeof(of));
}

/* Through a pipe: what leaves it in the step, mean; without one, what enters. */
static double
through(const struct process *p, int which, double enters_c)
{
	const struct plug *pipe = &p->pipe[which];

	if (!p->piped || !plug_there(pipe))
		return enters_c;
	return plug_leaving_c(pipe, p->cool.flow_kg_s * PROCESS_STEP_S);
}

void
process_refresh(struct process *p)
{
	struct wafer_rates rates;

	hydraulics_resize(p);
	set_load(p);
	set_flow(p, p->pump);
	set_line(p, p->valve);
	wafer_rates(&rates, &p->md, &p->variation, &p->cool, &p->wafer, p->load_w, p->powered,
		    p->loop.cold_c);
	p->inlet_c = through(p, PIPE_COLD, p->loop.cold_c);
	p->outlet_c = p->fine ? p->fine->flows.outlet_c : rates.outlet_c;
	coolant_hx_at(&p->hx, &p->line, p->loop.hot_c, p->faults.supply_c);
	set_power(p, rates.power_w);
}

void
process_fine(struct process *p, struct fine *f)
{
	p->fine = f;
	p->stale = true;
	process_refresh(p);
	memcpy(p->wafer.si_c, f->flows.silicon_c, sizeof(p->wafer.si_c));
}

/* Could a step be taken with that model? 0 or -ERANGE. */
static int
can_step(const struct process *p, const struct model *md)
{
	const double both_kg_s = PUMPS * md->pump_flow_kg_s;
	double rate = both_kg_s / least(md->hot_kg, md->cold_kg);

	if (!p->fine)
		rate = most(rate, wafer_rate_per_s(md, &p->variation, both_kg_s));
	if (!(rate * PROCESS_STEP_S < STEP_RATE_MAX))
		return -ERANGE;
	return p->fine ? fine_check(p->fine, md) : 0;
}

int
process_grid(struct process *p, enum grid grid, const struct process *like)
{
	static const int folds[] = {[GRID_REFERENCE] = 0, [GRID_48X28] = 4, [GRID_96X56] = 8};
	struct fine *f;
	int rc;

	if (folds[grid] == 0)
		return can_step(p, &p->md);
	rc = fine_open(&f, &p->md, folds[grid], ROOM_C, like ? like->fine : NULL);
	if (rc == 0)
		process_fine(p, f);
	return rc;
}

void
process_close(struct process *p)
{
	fine_close(p->fine);
	p->fine = NULL;
}

int
process_check(const struct process *p, const double *field, double value)
{
	const double *first = (const double *)&p->md;
	struct model md = p->md;

	if (field < first || field >= first + sizeof(md) / sizeof(double))
		return 0;
	((double *)&md)[field - first] = value;
	return can_step(p, &md);
}

/* All fans follow the speed that is asked of them; one that comes back starts as slowly as they
 * move. */
static void
move_fans(struct process *p, double valve)
{
	double speed[FANS];

	for (int k = 0; k < FANS; k++) {
		double before = p->fan[k], to = p->faults.fan_speed[k];
		double move = p->md.valve_per_s;

		if (p->faults.fan_failed[k] > 0.5)
			p->fan[k] = actuator_lag(before, 0.0, p->md.pump_fail_tau_s, INFINITY,
						 PROCESS_STEP_S);
		else
			p->fan[k] = actuator_slew(before, to >= 0.0 ? to : p->valve, move, move,
						  PROCESS_STEP_S);
		speed[k] = actuator_mean(before, p->fan[k]);
	}
	set_fans_frac(p, speed, valve);
}

/* actuator_slew of all reticles, then within 0 .. cap. Has one moved? */
WIDE static bool
slew_duty(double duty[RETICLES], const struct process_demand *d, const struct model *md)
{
	const double up = md->duty_up_per_s * PROCESS_STEP_S;
	const double down = md->duty_down_per_s * PROCESS_STEP_S;
	four_bits differs = {0};

	for (int i = 0; i < RETICLES; i += LANES) { /* mostly they are where they shall be */
		four u = four_load(duty + i);

		differs |= (four_bits)(u > d->duty_cap);
		differs |= (four_bits)u ^ (four_bits)four_load(d->duty + i);
	}
	if (!four_any(differs))
		return false;
	differs = (four_bits){0};
	for (int i = 0; i < RETICLES; i += LANES) {
		four u = four_load(duty + i);
		four to = u + four_clamp(four_load(d->duty + i) - u, -down, up);

		to = four_clamp(to, 0.0, d->duty_cap);
		differs |= (four_bits)to ^ (four_bits)u;
		four_store(duty + i, to);
	}
	return four_any(differs);
}

/* What is mostly so of all reticles is looked up when something was set from outside. */
static void
look_at_reticles(struct process *p)
{
	const struct process_faults *f = &p->faults;

	p->duty_odd = p->sensor_odd = false;
	for (int i = 0; i < RETICLES; i++) {
		p->duty_odd = p->duty_odd || f->duty_stuck[i] > 0.5 || f->duty_limit[i] < 1.0;
		p->sensor_odd = p->sensor_odd || f->sensor_stuck[i] > 0.5 ||
				fabs(f->sensor_offset_c[i]) > 0.0;
	}
}

/* Duties as the slots of a broken drive leave them. */
static bool
move_duty(struct process *p, const struct process_demand *d)
{
	UNCLEARED double before[RETICLES];
	bool moved;

	if (d->duty_same && p->duty_there && !p->stale &&
	    !(d->duty_cap < p->duty_cap || d->duty_cap > p->duty_cap))
		return false;
	p->duty_cap = d->duty_cap;
	if (!p->duty_odd) {
		moved = slew_duty(p->duty, d, &p->md);
		p->duty_there = !moved;
		return moved;
	}
	p->duty_there = false; /* what is stuck may be let go */
	memcpy(before, p->duty, sizeof(before));
	moved = slew_duty(p->duty, d, &p->md);
	for (int i = 0; i < RETICLES; i++)
		p->duty[i] = p->faults.duty_stuck[i] > 0.5
				     ? before[i]
				     : least(p->duty[i], p->faults.duty_limit[i]);
	return moved || memcmp(before, p->duty, sizeof(before)) != 0;
}

static double
pump_after(struct process *p, const struct process_demand *d, int k, bool dark)
{
	const struct process_faults *f = &p->faults;
	double tau = p->md.pump_tau_s * f->pump_slow[k], per_s = p->md.pump_per_s / f->pump_slow[k];
	double to = f->pump_speed[k] >= 0.0 ? f->pump_speed[k] : d->pump[k];

	if (f->pump_failed[k] > 0.5 || dark) /* runs down by itself, no drive holds it */
		return actuator_lag(p->pump[k], 0.0, p->md.pump_fail_tau_s, (double)INFINITY,
				    PROCESS_STEP_S);
	if (f->pump_stuck[k] > 0.5)
		return p->pump[k];
	if (f->pump_reversed[k] > 0.5)
		to = 1.0 - to;
	return actuator_lag_kept(&p->pump_part[k], p->pump[k], least(to, f->pump_limit[k]), tau,
				 per_s, PROCESS_STEP_S);
}

/* Moves duty, pumps and valve; the mean of pump speeds over the step in speed[], of the valve
 * returned. */
static double
move_actuators(struct process *p, const struct process_demand *d, double speed[PUMPS])
{
	const double dt = PROCESS_STEP_S;
	double was = p->valve, target = p->faults.valve >= 0.0 ? p->faults.valve : d->valve;
	bool dark = process_feed_lost(p, 0) && process_feed_lost(p, 1);

	if (move_duty(p, d)) {
		p->duty_moved = true;
		p->duty_moves++;
	}
	for (int k = 0; k < PUMPS; k++) {
		double before = p->pump[k];

		p->pump[k] = pump_after(p, d, k, dark);
		speed[k] = actuator_mean(before, p->pump[k]);
	}
	if (p->faults.valve_reversed > 0.5)
		target = 1.0 - target;
	target = least(target, p->faults.valve_limit);
	target = clamp(target, p->md.valve_min, 1.0);
	if (p->faults.valve_stuck < 0.5)
		p->valve = actuator_lag_kept(&p->valve_part, was, target,
					     p->md.valve_tau_s * p->faults.valve_slow,
					     p->md.valve_per_s / p->faults.valve_slow, dt);
	return actuator_mean(was, p->valve);
}

/* J above 0 C in what leaks or moves through pipes; the volumes are left to their differences. */
static double
pipes_j(const struct process *p)
{
	double kg_k = 0.0;

	for (int k = 0; k < PIPES; k++)
		if (plug_there(&p->pipe[k]))
			kg_k += plug_content(&p->pipe[k]);
	return p->md.cp_j_kg_k * kg_k;
}

static double
volumes_j(const struct process *p, const struct coolant_state *s, double fill)
{
	return p->md.cp_j_kg_k * fill * (p->md.hot_kg * s->hot_c + p->md.cold_kg * s->cold_c);
}

/* Stored energy against what came and went, relative to what passed. */
static void
check_energy(struct process *p, double wafer_w, const struct step_start *was, double in_w,
	     double out_w)
{
	const struct coolant_state by = {p->loop.hot_c - was->loop.hot_c,
					 p->loop.cold_c - was->loop.cold_c};
	double stored_w, error;

	stored_w = wafer_w + volumes_j(p, &by, p->line.fill) / PROCESS_STEP_S;
	if (was->leak_w > 0.0) { /* of the whole content, so that what left is looked at too */
		stored_w = wafer_w + (volumes_j(p, &p->loop, p->line.fill) -
				      volumes_j(p, &was->loop, was->fill)) /
					     PROCESS_STEP_S;
		out_w += was->leak_w;
	}
	if (p->piped)
		stored_w += (pipes_j(p) - was->pipes_j) / PROCESS_STEP_S;
	error = fabs(stored_w - (in_w - out_w)) / (fabs(in_w) + fabs(out_w) + 100.0);
	if (!(error <= p->energy_error_rel)) /* true for a NaN too: it shall be seen */
		p->energy_error_rel = error;
}

static void
move_pipes(struct process *p, double plate_outlet_c, double cold_c)
{
	double kg = p->cool.flow_kg_s * PROCESS_STEP_S;

	if (!p->piped)
		return;
	if (plug_there(&p->pipe[PIPE_HOT]))
		plug_move(&p->pipe[PIPE_HOT], kg, plate_outlet_c);
	if (plug_there(&p->pipe[PIPE_COLD]))
		plug_move(&p->pipe[PIPE_COLD], kg, cold_c);
}

/* The plate's part of a step, with that supply. */
static void
step_plate(struct process *p, struct wafer_moves *out)
{
	const struct wafer_inputs in = {.md = &p->md,
					.variation = &p->variation,
					.cool = &p->cool,
					.load_w = p->load_w,
					.powered = p->powered,
					.supply_c = p->inlet_c};

	wafer_step(&p->wafer, out, &in);
}

/* The same with a fine wafer; what a film takes does not reach the loop: it is returned. */
static double
step_fine(struct process *p, struct wafer_moves *out)
{
	const struct column_flows *flows = &p->fine->flows;
	UNCLEARED double power_w[RETICLES];

	fine_power(p->fine, power_w, &p->md, &p->variation, p->load_w, p->powered);
	fine_step(p->fine, power_w, p->inlet_c);
	memcpy(p->wafer.si_c, flows->silicon_c, sizeof(p->wafer.si_c));
	*out = (struct wafer_moves){flows->power_w, flows->outlet_c, flows->stored_w};
	if (!p->fine->of_case)
		return 0.0;
	return flows->coolant_w -
	       p->cool.flow_kg_s * p->md.cp_j_kg_k * (flows->outlet_c - p->inlet_c);
}

/* The loop by the midpoint rule, its middle by what plate and power were in the step before. What the
 * plate gets in it does not depend on what it gives, since the heat exchanger lies between. */
static void
advance(struct process *p, const struct step_start *start)
{
	const double h = PROCESS_STEP_S, half = 0.5 * PROCESS_STEP_S;
	const double supply_c = p->faults.supply_c;
	struct coolant_state mid = p->loop;
	struct coolant_rates c;
	struct wafer_moves k;
	double film_w = 0.0;

	coolant_rates(&c, &mid, through(p, PIPE_HOT, p->outlet_c),
		      power_loss_to_loop_w(&p->md, p->power.wafer_w), &p->line, supply_c);
	mid.hot_c += half * c.hot_k_s;
	mid.cold_c += half * c.cold_k_s;
	p->inlet_c = through(p, PIPE_COLD, mid.cold_c);
	if (p->fine)
		film_w = step_fine(p, &k);
	else
		step_plate(p, &k);
	coolant_rates(&c, &mid, through(p, PIPE_HOT, k.outlet_c),
		      power_loss_to_loop_w(&p->md, k.power_w), &p->line, supply_c);
	p->loop.hot_c += h * c.hot_k_s;
	p->loop.cold_c += h * c.cold_k_s;
	p->outlet_c = k.outlet_c;
	move_pipes(p, p->outlet_c, mid.cold_c);
	set_power(p, k.power_w);
	p->energy_kwh += p->power.input_w * h / 3.6e6;
	check_energy(p, k.stored_w, start, k.power_w + c.loss_w - film_w, c.hx_w);
	coolant_hx_at(&p->hx, &p->line, p->loop.hot_c, supply_c);
}

void
process_step(struct process *p, const struct process_demand *d)
{
	struct step_start start = {.loop = p->loop};
	double speed[PUMPS], valve;

	if (p->stale) {
		hydraulics_resize(p);
		look_at_reticles(p);
	}
	if (p->piped)
		start.pipes_j = pipes_j(p);
	if (p->faults.leak_kg_s > 0.0) {
		start.fill = hydraulics_fill(p);
		start.leak_w = hydraulics_leak(p);
	}
	valve = move_actuators(p, d, speed);
	if (p->facility == FACILITY_AIR)
		move_fans(p, valve);
	p->powered = d->powered && p->power.running > 0 ? 1.0 : 0.0;
	set_load(p); /* before set_flow, which ends staleness */
	set_flow(p, speed);
	set_line(p, valve);
	advance(p, &start);
}
