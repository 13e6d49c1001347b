/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a device's reads are due. Each class has rounds at fixed deadlines, whole periods from one
 * start, so that a late answer moves nothing; a round whose predecessor is not through is skipped,
 * never made up for. Fast goes before normal before slow, but a class that has waited for longer
 * than its own period gets a read between two of a faster one: a slow line starves nobody. Pure.
 */
#ifndef ISOTHERM_COLLECTORS_SCAN_H
#define ISOTHERM_COLLECTORS_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "collectors/plan.h"

struct scan_round {
	const struct plan_read *reads;
	uint32_t n;       /* 0: the device has no point of this class */
	uint32_t next;    /* read to do next */
	bool active;      /* a round is under way */
	int64_t since_ns; /* when it was due */
	int64_t period_ns, next_ns;
	uint64_t skipped;
};

struct scan {
	struct scan_round round[SCAN_CLASSES];
	int64_t start_ns;
	bool urgent_done; /* the last read was one that had waited too long */
};

void scan_init(struct scan *s, int64_t start_ns);
void scan_class_init(struct scan *s, enum scan_class scan, const struct plan_read *reads,
		     uint32_t n, int64_t period_ns);

void scan_start(struct scan *s, int64_t now_ns); /* a round of every class, at once */
void scan_stop(struct scan *s);
/* Rounds that have come due begin. */
void scan_tick(struct scan *s, int64_t now_ns);
bool scan_active(const struct scan *s);
/* The read to do now, and its class; NULL if none is due. */
const struct plan_read *scan_pick(struct scan *s, int64_t now_ns, enum scan_class *scan);
/* That read is done (or refused): was it the last of its round? */
bool scan_done(struct scan *s, enum scan_class scan);
int64_t scan_next_ns(const struct scan *s);
/* The first deadline of the fast class at or after `from_ns`, also where that class has no point. */
int64_t scan_fast_ns(const struct scan *s, int64_t from_ns);

#endif
