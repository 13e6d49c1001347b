/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the devices of a system measure. Reticle sensors: 10 Hz, fixed offset and noise (both
 * normal), steps of 1/8 K, no lag. The flow meter is read with the interlocks, every 50 ms; the
 * others when they are asked for. Noise is keyed by (system's seed, signal, tick of the sample), so
 * a reading is the same whoever asks and how often.
 */
#ifndef ISOTHERM_ENGINE_SIM_SENSORS_H
#define ISOTHERM_ENGINE_SIM_SENSORS_H

#include <stdint.h>

#include "engine_sim/instrument.h"
#include "engine_sim/process_state.h"

enum sensor_signal { /* part of the key: append only */
		     SENSE_OFFSET,
		     SENSE_TEMP,
		     SENSE_RETICLE_POWER,
		     SENSE_FLOW,
		     SENSE_WAFER_POWER,
		     SENSE_INPUT_POWER,
		     SENSE_PLATE_INLET,
		     SENSE_PLATE_OUTLET,
		     SENSE_PLATE_DP,
		     SENSE_SUPPLY,
		     SENSE_RETURN,
		     SENSE_SUPPLY_PRESSURE,
		     SENSE_RETURN_PRESSURE,
		     SENSE_LEVEL,
		     SENSE_FILTER_DP,
		     SENSE_PUMP_POWER,
		     SENSE_FACILITY_IN,
		     SENSE_FACILITY_OUT,
		     SENSE_FACILITY_FLOW,
		     SENSE_PSU_POWER,
		     SENSE_PSU_VOLTAGE,
		     SENSE_SITE, /* the facility's own */
		     SENSE_SITE_VOLTAGE,
		     SENSE_AIR_FILTER_DP,
		     SENSE_FEED_VOLTAGE,
		     SENSE_FEED_POWER,
		     SENSE_CONDUCTIVITY,
		     SENSE_WEATHER, /* hourly, not a sensor's */
		     SENSE_TRIM     /* of the zones, not a sensor's */
};

#define SENSORS_ODD 12 /* reticle sensors of a system that are disturbed at a time */

struct sensors {
	uint64_t seed;
	/* last samples; NAN: no reading */
	double wafer_w;
	double flow_kg_s;
	double return_kpa;
	double hottest_c; /* of temp_c, without those that have no reading; -INFINITY: none has one */
	double temp_c[RETICLES];
	double offset_c[RETICLES];
	bool any_odd;
	struct instrument odd[SENSORS_ODD];
};

void sensors_init(struct sensors *s, uint64_t seed, uint64_t wafer_seed, const struct process *p);
/* Reticle temperatures and the wafer's power of a 100 ms tick. */
void sensors_wafer(struct sensors *s, const struct process *p, uint64_t tick);
/* Flow and pressure of a 50 ms tick. */
void sensors_loop(struct sensors *s, const struct process *p, uint64_t tick);

/* The noise of a signal's instrument is keyed by */
static inline uint64_t
sensors_key(enum sensor_signal signal, uint32_t index)
{
	return (uint64_t)signal << 32 | index;
}

/* A reading with noise of that standard deviation. */
double sensors_noisy(const struct sensors *s, enum sensor_signal signal, uint32_t index,
		     uint64_t tick, double value, double deviation);
/* The noise of a signal that each reticle has, standard deviation 1: two of each key, so others than sensors_noisy's. */
void sensors_noise(const struct sensors *s, enum sensor_signal signal, uint64_t tick,
		   double out[RETICLES]);

#endif
