/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the demands for a device to the writes that bring them, and from what the device reads back
 * to a verdict. A batch is one snapshot of all demands: it goes out in register order, the
 * supervisor's sequence number last, and not at all while the device refuses one of the others, so
 * that a fresh sequence number means that the demands before it arrived. Pure.
 *
 * Everything is compared as raw codes, that is to the device's own resolution.
 */
#ifndef ISOTHERM_COLLECTORS_ACTUATE_H
#define ISOTHERM_COLLECTORS_ACTUATE_H

#include <stdbool.h>
#include <stdint.h>

#include "collectors/gate.h"
#include "config/plant.h"
#include "core/sample.h"

#define ACTUATE_CONFIRM_NS INT64_C(1000000000)  /* a write not read back by then is repeated */
#define ACTUATE_MISMATCH_NS INT64_C(2000000000) /* a read-back that differs for longer counts */

struct actuator { /* one writable point; all of them are looked at each 100 ms, so no holes */
	const struct point *point;
	int64_t read_period_ns; /* of the class that reads it back */
	double demand;          /* as last taken, and whether the device can hold it: */
	uint64_t want;          /* if wanted */
	uint64_t asked;         /* if it has asked, then at asked_ns (refused, too): */
	int64_t asked_ns;
	uint64_t read;      /* if it has read, since then */
	int64_t differs_ns; /* read-back differs since then, INT64_MAX: it does not */
	int encoded;
	bool last;               /* a sequence number */
	bool wanted;             /* the demand is usable, and the device can hold it */
	bool pending;            /* to be written in this batch */
	bool has_asked, refused; /* refused: the device answered with an exception */
	bool has_read;
	bool out_of_range; /* the demand is, and was counted as an error */
};

struct actuate {
	struct actuator *actuator; /* in the order of the demand group */
	/* [n] demands as last taken, NAN not usable; one that something has happened to since is not kept. NULL: none. Until
	 * until_ns one that is the same again has to be looked at for nothing. */
	double *taken;
	uint32_t n, n_pending;
	bool shadow; /* nothing is sent, so nothing is confirmed or repeated */
	int64_t until_ns;
};

struct actuate_run {
	uint8_t fc;
	uint16_t reg, count;
	uint32_t first, n; /* actuators */
	uint16_t words[GATE_WRITE_REGISTERS_MAX];
};

void actuator_init(struct actuator *a, const struct point *point, int64_t read_period_ns);
/* Demands as they stand now, one a writable point. Returns how many became impossible to write. */
uint32_t actuate_take(struct actuate *a, const struct sample *demands, int64_t now_ns);
bool actuate_pending(const struct actuate *a); /* is there more of the batch to write? */
/* The next write of the batch: false if there is none. */
bool actuate_next(struct actuate *a, struct actuate_run *run);
void actuate_sent(struct actuate *a, const struct actuate_run *run, int64_t now_ns);
void actuate_answered(struct actuate *a, const struct actuate_run *run, bool refused);
void actuate_read_back(struct actuate *a, uint32_t actuator, uint64_t raw, int64_t now_ns);
/* The connection broke, or the controllers are gone: what the device holds is unknown. */
void actuate_forget(struct actuate *a);
uint32_t actuate_mismatches(const struct actuate *a, int64_t now_ns);

#endif
