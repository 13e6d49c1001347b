/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/sim.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/wafer.h"
#include "core/keyed.h"
#include "engine_sim/hydraulics.h"
#include "engine_sim/state.h"
#include "engine_sim/steady.h"

#define START_SUPPLY_C 24.0

int
sim_wafer(const struct plant *plant, uint32_t system, struct wafer_variation *out, char *why,
	  size_t why_size)
{
	const struct system_config *config = &plant->systems[system];
	struct config_report report = {0};
	int rc;

	if (!config->wafer_csv[0]) {
		wafer_variation_seed(out, config->wafer_seed);
		return 0;
	}
	rc = wafer_csv_read(config->wafer_csv, out, &report);
	if (rc < 0)
		snprintf(why, why_size, "%s: %s", config->name,
			 report.n > 0 ? report.errors[0].text : strerror(-rc));
	config_report_free(&report);
	return rc;
}

int
sim_nominal_spread(const struct sim *sim, uint32_t system, double *spread_k)
{
	return steady_nominal_spread(&sim->systems[system].process, sim->grid, spread_k);
}

static int
open_system(struct sim *sim, uint32_t k, const struct sim_options *opt, char *why, size_t why_size)
{
	struct sim_system *sys = &sim->systems[k];
	const struct system_config *config = &sim->plant->systems[k];
	struct process *p = &sys->process;
	double supply_c = START_SUPPLY_C;
	int rc;

	sys->config = config;
	process_init(p);
	process_type(p, config);
	p->faults.supply_c = sim->site.facility.supply_c[config->facility];
	rc = sim_wafer(sim->plant, k, &p->variation, why, why_size);
	if (rc < 0)
		return rc;
	hydraulics_trim(p, config->wafer_seed);
	p->stale = true;
	rc = process_grid(p, sim->grid, k > 0 ? &sim->systems[0].process : NULL);
	if (rc < 0) {
		snprintf(why, why_size,
			 rc == -ERANGE ? "%s: a step of 10 ms would leave its stable range with "
					 "the model of its type"
				       : "%s: no memory for the wafer",
			 config->name);
		return rc;
	}
	for (int j = 0; j < JOBS_MAX; j++)
		sys->slot_job[j] = -1;
	joblist_begin(&sim->jobs, sys, k, opt);
	if (opt && opt->start_supply_c > 0.0)
		supply_c = opt->start_supply_c;
	rc = steady_solve(p, supply_c, false);
	if (rc < 0) {
		snprintf(why, why_size, "%s: no steady state at a supply of %g C", config->name,
			 supply_c);
		return rc;
	}
	sensors_init(&sys->sensors,
		     keyed_u64(sim->plant->seed, keyed_signal(config->name), config->wafer_seed),
		     config->wafer_seed, p);
	firmware_init(&sys->firmware, p, config->temp_limit_c);
	firmware_sample(&sys->firmware, p, &sys->sensors, 0);
	sys->reticle_w_step = -1;
	return 0;
}

static int
open_voices(struct sim *sim, uint32_t parts, char *why, size_t why_size)
{
	sim->voices = calloc(parts, sizeof(*sim->voices));
	if (!sim->voices)
		return -ENOMEM;
	for (sim->parts = 0; sim->parts < parts; sim->parts++) {
		struct voice *v = &sim->voices[sim->parts];

		v->modbus = modbus_new_rtu("none", 9600, 'N', 8, 1); /* never opened */
		if (!v->modbus || pipe2(v->wire, O_NONBLOCK | O_CLOEXEC) < 0) {
			snprintf(why, why_size, "pipe for libmodbus: %s", strerror(errno));
			modbus_free(v->modbus);
			return -EMFILE;
		}
		modbus_set_socket(v->modbus, v->wire[1]);
	}
	return 0;
}

static void
close_voices(struct sim *sim)
{
	for (uint32_t k = 0; k < sim->parts; k++) {
		close(sim->voices[k].wire[0]);
		close(sim->voices[k].wire[1]);
		modbus_free(sim->voices[k].modbus);
	}
	free(sim->voices);
}

static int
open_devices(struct sim *sim, char *why, size_t why_size)
{
	for (uint32_t d = 0, part = 0; d < sim->plant->n_devices; d++) {
		const struct device *config = &sim->plant->devices[d];
		int rc;

		while (d >= plant_part(sim->plant, part + 1, sim->parts))
			part++;
		sim->devices[d].voice = &sim->voices[part];
		sim->devices[d].config = config;
		device_faults_init(&sim->devices[d]);
		if (config->system >= 0)
			sim->devices[d].system = &sim->systems[config->system];
		if (!config->simulated)
			continue;
		rc = sim_registers_open(sim, d, why, why_size);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int
sim_open(struct sim **out, const struct plant *plant, const struct sim_options *opt, char *why,
	 size_t why_size)
{
	struct sim *sim = calloc(1, sizeof(*sim));
	int rc = 0;

	*out = NULL;
	snprintf(why, why_size, "no memory for the plant");
	if (!sim)
		return -ENOMEM;
	sim->plant = plant;
	sim->sweep = opt ? opt->sweep : NULL;
	sim->grid = opt && opt->grid > 0 ? (enum grid)(opt->grid - 1) : plant->grid;
	sim->site.supply = plant->supply;
	sim->site.noise.seed = keyed_u64(plant->seed, keyed_signal(plant->site), 0);
	facility_start(sim);
	sim->systems = calloc(plant->n_systems + 1, sizeof(*sim->systems));
	sim->devices = calloc(plant->n_devices + 1, sizeof(*sim->devices));
	sim->maps = calloc(plant->n_devices + 1, sizeof(struct register_map *));
	if (!sim->systems || !sim->devices || !sim->maps)
		rc = -ENOMEM;
	if (rc == 0)
		rc = joblist_open(&sim->jobs, plant, opt);
	for (uint32_t k = 0; rc == 0 && k < plant->n_systems; k++)
		rc = open_system(sim, k, opt, why, why_size);
	if (rc == 0)
		joblist_begun(&sim->jobs, sim->systems);
	if (rc == 0)
		rc = open_voices(sim, opt && opt->parts > 0 ? opt->parts : 1, why, why_size);
	if (rc == 0)
		rc = open_devices(sim, why, why_size);
	if (rc == 0)
		sim_new_jobs(sim); /* those of the start are told: the registers are new */
	if (rc < 0) {
		sim_close(sim);
		return rc;
	}
	*out = sim;
	return 0;
}

void
sim_close(struct sim *sim)
{
	if (!sim)
		return;
	for (uint32_t d = 0; sim->devices && d < sim->plant->n_devices; d++)
		sim_registers_close(&sim->devices[d]);
	for (uint32_t k = 0; k < sim->n_maps; k++)
		register_map_close(sim->maps[k]);
	for (uint32_t k = 0; sim->systems && k < sim->plant->n_systems; k++)
		process_close(&sim->systems[k].process);
	close_voices(sim);
	joblist_close(&sim->jobs);
	free(sim->systems);
	free(sim->devices);
	free(sim->maps);
	free(sim);
}

static void
step_system(void *context, uint32_t k)
{
	struct sim *sim = context;
	struct sim_system *sys = &sim->systems[k];

	firmware_demand(&sys->firmware, &sys->process, sim->step, &sys->demand);
	process_step(&sys->process, &sys->demand);
	firmware_sample(&sys->firmware, &sys->process, &sys->sensors, sim->step + 1);
}

void
sim_step(struct sim *sim)
{
	paths_ramps(sim);
	device_faults_step(sim);
	odd_points_step(sim);
	facility_step(sim);
	joblist_paths(&sim->jobs, sim->systems);
	sweep_each(sim->sweep, sim->plant->n_systems, step_system, sim);
	sim->step++;
	joblist_step(&sim->jobs, sim->systems, sim->plant->n_systems, sim->step);
	sim_new_jobs(sim);
	sim->own_steps++;
}

int64_t
sim_now_ns(const struct sim *sim)
{
	return sim->step * SIM_STEP_NS;
}

void
sim_late(struct sim *sim, uint64_t steps)
{
	sim->late += steps;
}

void
sim_zero(struct sim *sim, int64_t zero_ns)
{
	joblist_zero(&sim->jobs, zero_ns / SIM_STEP_NS, sim->step);
}

/* A job is started or ended at once: a ramp would pass the one on the way to the other. */
static bool
starts_or_ends(const struct sim *sim, const struct path_target *to)
{
	for (uint32_t j = 0; j < sim->jobs.n; j++)
		if (to->first == &sim->jobs.run[j].run)
			return true;
	return false;
}

/* Is that a number of a system's model, while another of the same model moves? Each is checked
 * against the model as it stands; two that move could leave the stable range between them. */
static bool
model_moves(const struct sim *sim, const struct path_target *to)
{
	for (uint32_t k = 0; k < sim->plant->n_systems; k++) {
		const double *first = (const double *)&sim->systems[k].process.md;
		const double *end = first + sizeof(struct model) / sizeof(double);

		if (to->first < first || to->first >= end)
			continue;
		for (int r = 0; r < RAMPS_MAX; r++) {
			const struct path_target *of = &sim->ramps[r].to;

			if (of->n > 0 && of->first >= first && of->first < end &&
			    of->first != to->first)
				return true;
		}
	}
	return false;
}

int
sim_set(struct sim *sim, const struct change *change, char *why, size_t why_size)
{
	struct path_target to;
	struct ramp *free_ramp = NULL;
	int64_t steps = (int64_t)ceil(change->over_s * 1e9 / (double)SIM_STEP_NS - 1e-6);
	int rc = paths_find(sim, change->path, &to, why, why_size);

	if (rc == 0)
		rc = paths_check(&to, change->path, change->value, why, why_size);
	if (rc == 0 && change->over_s > 0.0 && starts_or_ends(sim, &to)) {
		snprintf(why, why_size, "%s: is a switch (allowed: at once, without over)",
			 change->path);
		rc = -EINVAL;
	}
	for (uint32_t k = 0; rc == 0 && k < sim->plant->n_systems; k++) {
		rc = process_check(&sim->systems[k].process, to.first, change->value);
		if (rc < 0)
			snprintf(why, why_size,
				 "%s: a step of 10 ms would leave its stable range at %g",
				 change->path, change->value);
	}
	if (rc == 0 && model_moves(sim, &to)) {
		snprintf(why, why_size, "%s: another number of the model is under way",
			 change->path);
		rc = -EBUSY;
	}
	if (rc < 0)
		return rc;
	for (int r = 0; r < RAMPS_MAX; r++) {
		struct ramp *ramp = &sim->ramps[r];

		/* what moves the same thing already gives way */
		if (ramp->path[0] && paths_same(&ramp->to, &to))
			*ramp = (struct ramp){.path = ""};
		if (!ramp->path[0] && !free_ramp)
			free_ramp = ramp;
	}
	if (steps > 0 && !free_ramp) {
		snprintf(why, why_size, "%s: %d changes are under way already", change->path,
			 RAMPS_MAX);
		return -EBUSY;
	}
	if (steps > 0) {
		*free_ramp = (struct ramp){.to = to,
					   .from = paths_value(&to),
					   .value = change->value,
					   .begin_step = sim->step,
					   .end_step = sim->step + steps};
		snprintf(free_ramp->path, sizeof(free_ramp->path), "%s", change->path);
		sim->any_ramp = true;
	} else
		paths_store(&to, change->value);
	for (uint32_t k = 0; k < sim->plant->n_systems; k++)
		sim->systems[k].process.stale = true;
	return 0;
}

int
sim_get(const struct sim *sim, const char *path, double *value)
{
	char why[8];

	return sim_get_or_why(sim, path, value, why, sizeof(why));
}

int
sim_get_or_why(const struct sim *sim, const char *path, double *value, char *why, size_t why_size)
{
	struct path_target to;
	/* looking a path up changes nothing; what it finds is only read here */
	int rc = paths_find((struct sim *)(uintptr_t)sim, path, &to, why, why_size);

	if (rc == 0)
		*value = paths_value(&to);
	return rc;
}

void
sim_paths(void (*line)(void *arg, const char *text), void *arg)
{
	paths_manual(line, arg);
}

void
sim_truth(const struct sim *sim, uint32_t system, struct sim_truth *out)
{
	const struct sim_system *sys = &sim->systems[system];
	const struct process *p = &sys->process;
	struct wafer_extremes ex;

	wafer_extremes(&ex, p->wafer.si_c);
	memcpy(out->temp_c, p->wafer.si_c, sizeof(out->temp_c));
	out->tmax_c = ex.tmax_c;
	out->tmin_c = ex.tmin_c;
	out->mean_c = ex.mean_c;
	out->spread_k = ex.spread_k;
	out->rate = p->job.rate_wafer;
	out->tokens_per_s = joblist_tokens(&sim->jobs, sys);
	out->wafer_w = p->power.wafer_w;
	out->input_w = p->power.input_w;
	out->cooling_w = process_cooling_w(p);
	out->ballast_w = sys->firmware.engine.ballast_sum_w;
	out->flow_kg_s = p->cool.flow_kg_s;
	out->supply_c = p->loop.cold_c;
	out->return_c = p->loop.hot_c;
	out->pump_speed[0] = p->pump[0];
	out->pump_speed[1] = p->pump[1];
	out->valve = p->valve;
	out->trip = sys->firmware.engine.trips;
	out->authority = sys->firmware.engine.dog.authority;
	out->energy_error_rel = p->energy_error_rel;
	memcpy(out->duty, p->duty, sizeof(out->duty));
	for (uint32_t s = 0; s < JOBS_MAX; s++)
		out->slot_rate[s] = p->job.slot[s].rate;
	memcpy(out->slot_job, sys->slot_job, sizeof(out->slot_job));
}

void
sim_glance(const struct sim *sim, uint32_t system, struct sim_glance *out)
{
	const struct sim_system *sys = &sim->systems[system];
	const struct process *p = &sys->process;
	UNCLEARED struct wafer_extremes ex;

	wafer_extremes(&ex, p->wafer.si_c);
	*out = (struct sim_glance){.duty = p->duty,
				   .duty_moves = p->duty_moves,
				   .tmax_c = ex.tmax_c,
				   .spread_k = ex.spread_k,
				   .rate = p->job.rate_wafer,
				   .input_w = p->power.input_w,
				   .cooling_w = process_cooling_w(p),
				   .ballast_w = sys->firmware.engine.ballast_sum_w,
				   .pump_speed = {p->pump[0], p->pump[1]},
				   .trip = sys->firmware.engine.trips};
}
