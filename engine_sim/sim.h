/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plant that is not there: request bytes in, answer bytes out, 10 ms of plant time a step. No
 * socket, file or clock, no allocation after sim_open (what is no read of registers, libmodbus
 * answers through a private pipe inside).
 *
 * Paths name everything that can be set or read: "cs03.zone[5].g", "cs03.pump[1].failed",
 * "facility.supply_c", "cs02.engine.offline" … (docs: isotherm-sim --paths). Indices are 0-based.
 */
#ifndef ISOTHERM_ENGINE_SIM_SIM_H
#define ISOTHERM_ENGINE_SIM_SIM_H

#include <stddef.h>
#include <stdint.h>

#include "config/change.h"
#include "config/job.h"
#include "config/plant.h"
#include "core/sweep.h"

#define SIM_STEP_NS INT64_C(10000000)

struct sim;

/* How a scenario overrides the plant file; zero / NAN / NULL fields leave the default. */
struct sim_options {
	int mode;                  /* 0 plant's default, else of all jobs: 1 SYNC, 2 IND, 3 PIPE */
	double start_supply_c;     /* loop supply at the steady start; 0: 24 */
	double start_activity;     /* of the jobs at the steady start; 0: each its own */
	int grid;                  /* 0 plant's default, else 1 + enum grid */
	double zero_s;             /* plant time that the jobs' times count from; 0: the start */
	const struct sweep *sweep; /* by whom systems are stepped; NULL: by the caller; borrowed */
	uint32_t
		parts; /* of the plant (plant_part) whose devices are asked at the same time; 0: 1 */
};

enum sim_job_state {
	SIM_JOB_AHEAD,   /* its time has not come */
	SIM_JOB_WAITING, /* for reticles that other jobs have */
	SIM_JOB_RUNNING,
	SIM_JOB_ENDED
};

/* The truth of a job of the plant's list; times and sums since it started. */
struct sim_job_truth {
	const char *name, *tenant;
	enum sim_job_state state;
	uint32_t n_systems, n_reticles;
	double started_s, ended_s; /* since the jobs' time 0, 0 if before it; NAN: not yet */
	double rate;               /* now, 1 unthrottled; mean over its systems */
	double tokens_per_s;       /* now, all its systems */
	double samples_per_s;
	double tokens, ideal_tokens; /* done; and what its systems would have done, each alone and
				      * unthrottled */
	double scaling_frac;         /* tokens / ideal_tokens: rate_N / (N rate_1) */
	double utilisation;          /* mean activity of its reticles */
	double energy_j;             /* its part of the input of its systems */
	double busy_s, waited_s;     /* running; and waiting for its reticles before */
	double starved_s;            /* of those, held back by the wafers' edges */
	double stretched_s;          /* time that its systems waited for the slowest, a system */
	int32_t straggler;           /* system that holds the others up now, or -1 */
	int32_t straggler_most;      /* the one that did so the longest, or -1; and how long */
	double straggler_s;
};

/* The true state of a system: for the scorer and the HIL report only, never on the bus. */
struct sim_truth {
	double temp_c[RETICLES];
	double tmax_c, tmin_c, mean_c, spread_k;
	double duty[RETICLES]; /* in force */
	double rate; /* of the jobs, 1 unthrottled; throughput of the wafer as a fraction */
	double slot_rate[JOBS_MAX];
	int32_t slot_job[JOBS_MAX]; /* index in the plant's list; -1: the slot is free */
	double tokens_per_s;
	double wafer_w, input_w,
		cooling_w; /* cooling: pumps and the system's share of the facility's */
	double ballast_w;  /* dummy work that the engine block is asked for, and does */
	double flow_kg_s, supply_c, return_c;
	double pump_speed[2];    /* 0..1 */
	double valve;            /* 0..1 */
	uint32_t trip;           /* enum trip_bit */
	int authority;           /* enum authority */
	double energy_error_rel; /* worst energy balance error of a step so far */
};

/* Starts at rest, as `opt` says. 0 or -errno with `why` filled. */
int sim_open(struct sim **out, const struct plant *plant, const struct sim_options *opt, char *why,
	     size_t why_size);
void sim_close(struct sim *sim);

void sim_step(struct sim *sim);            /* SIM_STEP_NS of plant time, all systems */
int64_t sim_now_ns(const struct sim *sim); /* plant time simulated so far */
void sim_late(struct sim *sim,
	      uint64_t steps); /* the shell tells how many steps came too late; shown by register */

/*
 * One Modbus TCP frame (MBAP + PDU) to device d; the answer goes to out[260]. Returns its length, 0
 * if the device does not answer (offline, another unit id). Only whole frames: sim_frame_length
 * says how long a frame that begins so is (0: not enough bytes to tell, -EPROTO: no frame begins
 * so; close the connection). Devices of different parts may be asked at the same time.
 */
int sim_answer(struct sim *sim, uint32_t device, const uint8_t *request, size_t len, uint8_t *out);
int sim_frame_length(const uint8_t *bytes, size_t len);
/*
 * The same for a frame of a serial line (unit, PDU, check sum), as silences cut it: the answer goes to
 * out[256]. 0: nobody answers, because the check sum is wrong, no simulated device of that line has
 * that unit, or it is a broadcast, which all take and none answers.
 */
int sim_line_answer(struct sim *sim, uint32_t line, const uint8_t *frame, size_t len, uint8_t *out);
bool sim_offline(const struct sim *sim,
		 uint32_t device); /* the shell refuses and closes connections then */

/* 0, -ENOENT no such path, -ERANGE, -EINVAL no ramp there, each with `why`. `sim_set` starts a ramp if over_s > 0. */
int sim_set(struct sim *sim, const struct change *change, char *why, size_t why_size);
int sim_get(const struct sim *sim, const char *path, double *value);
int sim_get_or_why(const struct sim *sim, const char *path, double *value, char *why,
		   size_t why_size);
/* The table of paths, whatever the plant: a line each, "PATH lo .. hi unit text". */
void sim_paths(void (*line)(void *arg, const char *text), void *arg);

/*
 * The whole state: all that decides what the plant does next. A plant that is given a state goes on
 * bit by bit like the one it was taken from. The bytes are for the same plant and the same layout
 * of the state (docs/hil.md); sim_state_get fills out[sim_state_size]. sim_state_set: 0, or -EINVAL
 * with `why` (damaged, of another program, version, build or plant), and then nothing has changed.
 */
size_t sim_state_size(const struct sim *sim);
void sim_state_get(const struct sim *sim, uint8_t *out);
int sim_state_set(struct sim *sim, const uint8_t *bytes, size_t n, char *why, size_t why_size);
/* The jobs' times and sums count from that plant time on. What runs goes on, and the work that was done of a job's
 * tokens stays done. */
void sim_zero(struct sim *sim, int64_t zero_ns);

/*
 * Spread of a system's own wafer at nominal full load (duty 1, pumps at .8, supply held at 24 C), on
 * the grid that runs: what its limit is measured from. 0 or -errno.
 */
int sim_nominal_spread(const struct sim *sim, uint32_t system, double *spread_k);

void sim_truth(const struct sim *sim, uint32_t system, struct sim_truth *out);
/* The same names, for one who looks at each step. */
struct sim_glance {
	const double *duty;  /* [RETICLES], borrowed until the next step */
	uint64_t duty_moves; /* another number when they are others */
	double tmax_c, spread_k, rate, input_w, cooling_w, ballast_w, pump_speed[2];
	uint32_t trip;
};
void sim_glance(const struct sim *sim, uint32_t system, struct sim_glance *out);
uint32_t sim_job_count(const struct sim *sim); /* the plant's */
void sim_job(const struct sim *sim, uint32_t job, struct sim_job_truth *out);

#endif
