/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firmware of the engine block and of the cooling unit: what protects a wafer with no network and
 * no supervisor. Layers, of which each may only take heat away or add cooling:
 *
 *   L0  interlocks, every 50 ms, latched, hard-wired between the two devices: over-temperature (two
 *       neighbours at 65 C, or one at 75 C), flow below 45 % of nominal for 300 ms, both pumps
 *       lost, leak (two ropes wet, or one and a pressure drop), over-current. The wafer's power is
 *       cut. A leak also stops the pumps and closes the facility valve; over-temperature holds the
 *       pumps at 100 % for 120 s. Reset by hand once the cause is gone.
 *   L1  foldback, 10 Hz: duty <= clamp(1 - .08 (Tmax - T_fold), .2, 1), fast down, slow up; T_fold
 *       is 1.5 K above the temperature limit under a supervisor, 1 K below it in local control.
 *       A low flow caps the duty at once: (flow / .7 nominal)^.8.
 *   Local control: entered by the release register, or when the supervisor's sequence number stood
 *       still for 3 s. Pumps and valve go to 100 %, duties rise at .05/s, work goes back to equal
 *       shares: what a supervisor moved for its own reasons holds nothing up once it is gone. A power
 *       ceiling is held by one duty scale, here and under a supervisor, until it expires.
 *
 *   Ballast, dummy work on reticles that are colder than the others, is the first to go: a device does
 *   it in nobody's charge but a supervisor's, and not while anything above holds a duty down.
 *
 * The foldback believes a sensor up to 3 K above its hottest neighbour: silicon and copper conduct,
 * so a lone higher reading is a lying sensor. The interlocks believe every sensor.
 */
#ifndef ISOTHERM_ENGINE_SIM_FIRMWARE_H
#define ISOTHERM_ENGINE_SIM_FIRMWARE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine_sim/process.h"
#include "engine_sim/sensors.h"

#define FIRMWARE_INTERLOCK_STEPS 5 /* 50 ms */
#define FIRMWARE_TICK_STEPS 10     /* 100 ms */

enum status_bit {
#define STATUS(device, name, bit, text) device##_##name = 1 << (bit),
#include "engine_sim/status.def"
#undef STATUS
};

/* Who is in charge of a device. Times are steps of plant time. */
struct watchdog {
	bool ever;     /* a sequence number was written since start */
	bool released; /* release register */
	bool expired;  /* last charge ended by silence */
	uint16_t seq;
	int64_t seen_step;
	int authority; /* enum authority */
};

/* Whose duties are in force. */
enum duty_from { DUTY_OF_SUPERVISOR, DUTY_OF_START, DUTY_LOCAL };

struct engine_unit {
	struct watchdog dog;
	double temp_limit_c;
	double ceiling_w, ceiling_for_s;
	int64_t ceiling_until;                /* step; the ceiling stands before it */
	double fold, flow_cap, ceiling_scale; /* each 0..1 */
	uint32_t trips;                       /* enum trip_bit */
	uint32_t status;
	bool flow_seen;       /* enough flow since the pumps were started */
	bool duty_new;        /* duty_cmd or the ceiling's scale has changed since the last step */
	bool resharing;       /* work of some slot moves */
	bool shares_asked;    /* share_cmd may be others than the shares in force */
	bool ballast_any;     /* one of ballast_w is not 0 */
	bool ballast_is_back; /* it was taken back: registers are to show it */
	enum duty_from duty_from; /* in the last step */
	int low_flow_count;
	int was_authority; /* in the tick before */
	uint32_t new_jobs; /* slots; their demands were reset */
	int64_t reshare_until[JOBS_MAX], reshare_after[JOBS_MAX]; /* of a slot; steps */
	double batch_cmd[JOBS_MAX];                               /* of a slot's micro-batches */
	double ballast_sum_w;
	double duty_cmd[RETICLES], share_cmd[RETICLES];
	double ballast_cmd_w[RETICLES], ballast_w[RETICLES]; /* and what is applied of it */
};

struct cooling_unit {
	struct watchdog dog;
	double pump_cmd[PUMPS], valve_cmd; /* 0..1 */
	int64_t hot_until;                 /* step; pumps held at 100 % before it */
	uint32_t status;
};

struct firmware {
	struct cooling_unit cooling;
	struct engine_unit engine;
	/* what holds in the start grace, before a supervisor has ever spoken */
	double start_pump[PUMPS], start_valve, start_duty[RETICLES];
};

void firmware_init(struct firmware *fw, const struct process *p, double temp_limit_c);

/* Another job has that slot: its work is shared out anew, its reticles have equal shares. */
void firmware_new_job(struct firmware *fw, struct process *p, uint32_t slot);
/* What registers tell it, at that step. */
void firmware_seq(struct watchdog *dog, uint16_t seq, int64_t step);
void firmware_release(struct watchdog *dog, bool release);  /* shares follow in the next tick */
void firmware_ceiling(struct engine_unit *e, int64_t step); /* either ceiling register written */
void firmware_share(struct engine_unit *e, uint32_t reticle, double share); /* from the next tick */
void firmware_ballast(struct engine_unit *e, uint32_t reticle,
		      double watts); /* from the next tick */
void firmware_reset(struct firmware *fw, const struct process *p, const struct sensors *s);

/* Before a step: what the actuators are told. Written registers count at once. `out` is the one of the
 * step before: duties that are as they were are left there. */
void firmware_demand(struct firmware *fw, const struct process *p, int64_t step,
		     struct process_demand *out);
/* After it, `step` being the number of steps done: samples and decides where its time has come. */
void firmware_sample(struct firmware *fw, struct process *p, struct sensors *s, int64_t step);

/* Status word of a pump or supply. */
uint32_t firmware_part_status(bool running, bool failed);

#endif
