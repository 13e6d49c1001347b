/* SPDX-License-Identifier: Apache-2.0 */
/* One system as process.c steps it: what surrounds it, what is asked of it, its state. */
#ifndef ISOTHERM_ENGINE_SIM_PROCESS_STATE_H
#define ISOTHERM_ENGINE_SIM_PROCESS_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine_sim/actuator.h"
#include "engine_sim/air.h"
#include "engine_sim/coolant.h"
#include "engine_sim/fine.h"
#include "engine_sim/job.h"
#include "engine_sim/model.h"
#include "engine_sim/plug.h"
#include "engine_sim/power.h"
#include "engine_sim/wafer.h"

#define PROCESS_STEP_S WAFER_STEP_S
#define LEAK_ROPES 3
#define FEEDS 2 /* supplies 0 to 5 on the first, 6 to 11 on the second */

enum { PIPE_HOT, PIPE_COLD, PIPES };

/* What is not as it should be, and what surrounds the system. Switches: > 0.5 is on. Overrides: a
 * negative value lets go. */
struct process_faults {
	/* looked at in each step: side by side */
	double pump_failed[PUMPS];
	double pump_speed[PUMPS]; /* override of the drive, 0..1 */
	double valve;             /* override of the actuator, 0..1 */
	/* actuators: switches, times of tau and of 1 / rate, greatest position */
	double pump_stuck[PUMPS], pump_slow[PUMPS], pump_reversed[PUMPS], pump_limit[PUMPS];
	double valve_stuck, valve_slow, valve_reversed, valve_limit;
	double feed_failed[FEEDS];
	double ua_mul;
	double supply_c;      /* facility water or air */
	double facility_frac; /* of its flow */
	double leak_kg_s;     /* coolant lost */
	double filter_mul;
	double psu_failed[PSUS];
	/* and less often */
	double zone_g[ZONES];
	double leak[LEAK_ROPES];
	double flow_meter_mul;
	double conductivity_us_cm;
	double fan_failed[FANS];
	double fan_speed[FANS]; /* override of the drive, 0..1 */
	double air_filter_mul;
	double sensor_offset_c[RETICLES], sensor_stuck[RETICLES];
	double duty_stuck[RETICLES], duty_limit[RETICLES];
};

/* What the firmware wants of the actuators in a step. */
struct process_demand {
	double duty_cap;       /* in force at once, 0..1 */
	double pump[PUMPS];    /* speed 0..1 */
	double valve;          /* 0..1 */
	bool duty_same;        /* duty[] is that of the step before, and needs no look */
	bool powered;          /* false: the wafer's power is cut */
	double duty[RETICLES]; /* reached by slewing */
};

/* What a step looks at stands together, before the arrays; a system's lines in the cache are few
 * then. */
struct process {
	struct model md;
	struct process_faults faults;
	enum facility facility;
	const struct phase_table *tables; /* layers of the plant's jobs; NULL: none have any */
	/* state */
	struct fine *fine; /* owned; NULL: the reference grid */
	struct coolant_state loop;
	double pump[PUMPS], valve;
	struct actuator_part pump_part[PUMPS], valve_part;
	double fan[FANS];         /* speed; all follow `valve`, 0..1 */
	double header_frac;       /* facility water of the step, of what the valve would give */
	double fans_frac;         /* air of the last step, of what speed `valve` gives; water: 1 */
	double water_kg, full_kg; /* in the loop, and what it can hold */
	double feed_lost[FEEDS];  /* of this system's machine */
	double energy_kwh;
	/* of the last step */
	uint64_t load_version; /* of the set of jobs that `load_w` and `job` were computed with */
	bool duty_moved;       /* since then */
	uint64_t duty_moves;   /* steps in which one of them has moved */
	bool duty_odd;         /* a duty is stuck or limited */
	bool sensor_odd; /* a reticle's sensor is stuck, or off by more than it was built with */
	bool piped;      /* there is one of `pipe` */
	double cores;    /* sum of jobs.cores, as of load_version */
	bool duty_there; /* all are where that demand and this cap let them go */
	bool stale;      /* model, faults, duty or share were set from outside: compute all again */
	double duty_cap;
	double powered;
	double speed_of[PUMPS]; /* of the pumps, that `flow` was computed with */
	struct pump_flow flow;
	struct hx_line line;
	double line_of
		[5]; /* flow, valve, facility's flow, fouling and content that it was computed with */
	struct power_chain power;
	struct hx_result hx;
	double inlet_c, outlet_c; /* of the plate */
	double energy_error_rel;
	struct wafer_cooling cool;
	struct wafer_state wafer; /* with a fine wafer: si_c are its reticles' means, cu_c idle */
	double load_w[RETICLES];
	double duty[RETICLES], share[RETICLES];
	struct wafer_variation variation;
	struct job_result job;
	struct job_set jobs;
	struct plug pipe[PIPES];
	double trim[ZONES];   /* how the zones were built, standard normal */
	double cool_g[ZONES]; /* openings of the zones that `cool` was computed with */
};

#endif
