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

struct actuator { /* one writable point */
	const struct point *point;
	int64_t read_period_ns; /* of the class that reads it back */
	double demand;          /* as last encoded: */
	uint64_t want;          /* if wanted */
	int encoded;            /* or why it can't be */
	uint64_t asked;         /* if it has asked, then at asked_ns (refused, too): */
	int64_t asked_ns;
	int64_t differs_ns; /* read-back differs since then, INT64_MAX: it does not */
};

struct actuator_marks {
	bool last;               /* a sequence number */
	bool wanted;             /* the demand is usable, and the device can hold it */
	bool pending;            /* to be written in this batch */
	bool has_asked, refused; /* refused: the device answered with an exception */
	bool out_of_range;       /* the demand is, and was counted as an error */
};

/* The actuators of a device, in the order of its demand group. What all of them are looked through for at each batch and read-back
 * lies in arrays of its own. */
struct actuate {
	struct actuator *actuator; /* [n], and so on */
	struct actuator_marks *marks;
	double *taken; /* demand as last taken, NAN not usable; look_again's own NAN: something has happened to it since */
	int64_t *again_ns; /* until then the same demand again has to be looked at for nothing */
	bool *has_read;    /* since it has asked: */
	uint64_t *read;
	uint32_t n, n_pending, n_differ; /* n_differ: of which read-back differs */
	bool overtaken;   /* something has happened to one since demands were last taken */
	bool shadow;      /* nothing is sent, so nothing is confirmed or repeated */
	int64_t until_ns; /* no again_ns is before that */
};

struct actuate_run {
	uint8_t fc;
	uint16_t reg, count;
	uint32_t first, n; /* actuators */
	uint16_t words[GATE_WRITE_REGISTERS_MAX];
};

int actuate_init(struct actuate *all, uint32_t n); /* 0 or -ENOMEM */
void actuate_fini(struct actuate *all);
/* n of them, from the first on, as a device's; they stay those of `all`. */
struct actuate actuate_part(const struct actuate *all, uint32_t first, uint32_t n, bool shadow);
void actuate_set(struct actuate *a, uint32_t actuator, const struct point *point,
		 int64_t read_period_ns);
/* Must demands be taken though they are what they were? */
bool actuate_must_look(const struct actuate *a, int64_t now_ns);
/* Demands as they stand now, one a writable point. Returns how many became impossible to write. */
uint32_t actuate_take(struct actuate *a, const struct sample *demands, int64_t now_ns);
bool actuate_pending(const struct actuate *a); /* is there more of the batch to write? */
/* The next write of the batch: false if there is none. */
bool actuate_next(struct actuate *a, struct actuate_run *run);
void actuate_sent(struct actuate *a, const struct actuate_run *run, int64_t now_ns);
void actuate_answered(struct actuate *a, const struct actuate_run *run, bool refused);
void actuate_read_back(struct actuate *a, uint32_t actuator, uint64_t raw, int64_t now_ns);
/* n actuators, from the first on, that are plain words side by side at `data`. */
void actuate_read_words(struct actuate *a, uint32_t first, uint32_t n, const uint8_t *data,
			int64_t now_ns);
/* The connection broke, or the controllers are gone: what the device holds is unknown. */
void actuate_forget(struct actuate *a);
uint32_t actuate_mismatches(const struct actuate *a, int64_t now_ns);

#endif
