/* SPDX-License-Identifier: Apache-2.0 */
/* The simulator's inside, shared by the files of this room. */
#ifndef ISOTHERM_ENGINE_SIM_STATE_H
#define ISOTHERM_ENGINE_SIM_STATE_H

#include <modbus/modbus.h>

#include "engine_sim/facility.h"
#include "engine_sim/firmware.h"
#include "engine_sim/gate.h"
#include "engine_sim/instrument.h"
#include "engine_sim/joblist.h"
#include "engine_sim/paths.h"
#include "engine_sim/process.h"
#include "engine_sim/register_map.h"
#include "engine_sim/sensors.h"
#include "engine_sim/sim.h"

struct sim_system {
	const struct system_config *config;
	struct process process;
	struct sensors sensors;
	struct firmware firmware;
	struct process_demand demand;
	/* what the sensors say of the reticles' power, made when first asked for in a step */
	double reticle_w[RETICLES];
	int64_t reticle_w_step;
	int32_t slot_job[JOBS_MAX]; /* index of the plant's job; -1 free */
	double io_asked_gbps;       /* by its jobs at rate 1 */
	double io_part; /* part of io_asked_gbps that its edges carry, as its slots were last told */
	double io_moves_gbps, io_gbps; /* that they move, and what its power was computed for */
};

/* What all systems share. */
struct sim_site {
	struct supply_params supply;
	struct facility_state facility;
	double feed_failed[FEEDS];
	struct sensors noise; /* only the key */
};

/* libmodbus, and a private pipe that it answers through. */
struct voice {
	modbus_t *modbus;
	int wire[2];
};

struct sim_device {
	const struct device *config;
	struct sim_system *system; /* NULL: the site's */
	/* faults, see devices.def; `frozen` once the registers stand, `posing` while it says it is another */
#define DEVICE(field, none, lo, hi, text) double field;
#include "engine_sim/devices.def"
#undef DEVICE
	bool stands, posing;
	const struct register_map *map; /* one of sim->maps */
	modbus_mapping_t *registers, *identity;
	struct voice *voice; /* that of its part of the plant */
};

#define ODD_POINTS 128 /* points that are disturbed at a time */

struct sim {
	const struct plant *plant;
	enum grid grid;
	const struct sweep *sweep; /* NULL: none */
	int64_t step;              /* steps done */
	uint64_t late; /* with the steps of which it is: of this program, no saved state has them */
	int64_t own_steps;
	struct sim_site site;
	struct sim_system *systems;
	struct sim_device *devices;
	struct register_map **maps; /* [n_maps] */
	uint32_t n_maps;
	struct job_list jobs;
	struct instrument odd[ODD_POINTS];
	bool any_odd;
	struct ramp ramps[RAMPS_MAX];
	bool any_ramp;
	struct voice *voices; /* [parts] */
	uint32_t parts;
};

/* registers.c */
int sim_registers_open(struct sim *sim, uint32_t device, char *why, size_t why_size);
void sim_registers_close(struct sim_device *d);
void sim_registers_store(struct sim_device *d, const struct point *pt, double value);
/* Readings in plain registers side by side, from `at` of that table on. */
void sim_registers_fill(struct sim_device *d, enum gate_table table, uint32_t at,
			const double *values, uint32_t n);
void sim_registers_words(struct sim_device *d, const struct point *pt,
			 const uint16_t words[INSTRUMENT_WORDS]);
/* It says so who it is, or who its faults say. */
void sim_registers_identity(struct sim_device *d);

/* odd_points.c, device_faults.c. Samples of a 100 ms tick. */
void odd_points_step(struct sim *sim);
void device_faults_step(struct sim *sim);
/* What its disturbed points say, into all their registers of which one is in [first, end) of that table's addresses. */
void odd_points_store(struct sim *sim, struct sim_device *d, enum gate_table table, uint32_t first,
		      uint32_t end);
/* "POINT.off", "DEVICE.offline": 1 found, 0 another kind of path, -errno with `why`. A disturbed
 * point takes a slot. */
int odd_points_path(struct sim *sim, const char *path, struct path_target *out, char *why,
		    size_t why_size);
int device_faults_path(struct sim *sim, const char *path, struct path_target *out);
void device_faults_init(struct sim_device *d);
void device_faults_manual(void (*row)(void *arg, const char *name, double lo, double hi,
				      const char *text),
			  void *arg);

/* values.c, demands.c. What a device says for a point; NAN where it has nothing to say. Noise is keyed by the
 * 100 ms tick. */
double sim_value(struct sim *sim, struct sim_device *d, const struct point *pt);
/* A register was written: tell the firmware. */
void sim_demand(struct sim *sim, struct sim_device *d, const struct point *pt, double value);
/* Shares that the firmware took back for a new job: in the registers, too, so that a client sees it has to say them. */
void sim_new_jobs(struct sim *sim);

/* sim.c. Variation of that system's wafer, from its file or its seed. */
int sim_wafer(const struct plant *plant, uint32_t system, struct wafer_variation *out, char *why,
	      size_t why_size);

#endif
