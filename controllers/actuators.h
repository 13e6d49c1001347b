/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does each actuator of a system do what it is asked? Pumps, valve (or fans) and the duty of each reticle are followed by a
 * model of their travel and lag: what was asked, no faster than the actuator moves, behind a first order of half its lag.
 * What is read back is in order between that and what is asked now, and mismatch_frac beyond either. Elsewhere for longer
 * than its lag (pump_lag_s, valve_lag_s, duty_lag_s) is a fault. Back for as long is the end of it, if it has moved by more
 * than that meanwhile: one that is asked for what it gives anyway has shown nothing.
 *
 * Not judged: what is not read, a device that is not in our charge or whose trip is latched, a pump that says itself that
 * it has failed, and a duty below what is asked while the device says that it holds it there. Pure.
 */
#ifndef ISOTHERM_CONTROLLERS_ACTUATORS_H
#define ISOTHERM_CONTROLLERS_ACTUATORS_H

#include <stdbool.h>
#include <stdint.h>

#include "controllers/inputs.h"

#define ACTUATOR_PUMPS 2

struct actuator_watch {
	double moved_frac, late_frac; /* by the model: its travel, and behind its lag */
	double asked_frac, read_frac; /* as last judged */
	uint32_t steps;               /* since what is seen and what is said differ */
	bool fault;
	bool low;          /* it gives less than was asked when that was found; then it stood at: */
	double stood_frac; /* … and the fault does not end before it has moved from there */
};

struct actuators {
	struct actuator_watch pump[ACTUATOR_PUMPS], valve;
	uint32_t faults;   /* enum actuator_bit */
	int worst;         /* the reticle whose duty is furthest off, of those at fault; -1 none */
	int worst_ballast; /* likewise */
	/* None of the duties is at fault, or may be; then: late_frac of each, side by side, as floats. */
	bool rest;
	float rest_frac[RETICLES];
	struct actuator_watch duty[RETICLES];
	struct actuator_watch ballast[RETICLES]; /* of all that a device does */
};

/* What is asked of them now; NAN nothing, or their device is not ours to judge. */
struct actuators_asked {
	double pump_frac[ACTUATOR_PUMPS], valve_frac;
	const double *duty_frac; /* [RETICLES]; NULL as NAN */
	const double *ballast_w; /* [RETICLES]; NULL: there is no such thing, or it is not ours */
};

void actuators_init(struct actuators *a);
/* Each LAW_DT_S, before anything is decided; `asked` as it was published last. */
void actuators_step(struct actuators *a, const struct control_params *p, const struct view *v,
		    const struct actuators_asked *asked);
/* A pump that gives less than it is asked for: the other one has to carry. */
bool actuators_pump_behind(const struct actuators *a);

#endif
