/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the `in` image is told: the samples of every device, a group (device and class) at a time, made where the image has them;
 * the last good value of each is kept here.
 */
#ifndef ISOTHERM_COLLECTORS_PUBLISH_H
#define ISOTHERM_COLLECTORS_PUBLISH_H

#include <stdint.h>

#include "collectors/codes.h"
#include "collectors/plan.h"
#include "config/plant.h"
#include "core/image.h"

struct publisher {
	const struct plant *plant;
	struct image *in;
	struct known
		*last_known; /* [n_in] value and time of the last good sample before the image's */
	/* [n_devices] how far before its points are those of the first device that has the same: most devices are of a few
	 * kinds, and so how their points are read stands in one place */
	uint32_t *back;
	/* [n_in] of those: */
	struct codes codes;
	uint8_t *side_by_side; /* plain words from this point on; 0: it is none */
	uint16_t *reg;
};

/* What one read of a class brought, kept until the others have come, too. */
struct answer {
	const struct plan_read *read;
	uint8_t *data; /* as it came; room for all that was asked for */
	int64_t time_ns;
	enum quality verdict; /* GOOD: it came; else on all its points */
};

/* Counters and state of a device, as its LINK points show them. */
struct link_report {
	enum link_state state;
	uint64_t transactions, errors, would_write;
	uint32_t mismatch;
	uint32_t serial; /* that it told last; 0: none */
	double rtt_ms;   /* NAN: nothing was ever answered */
};

int publish_init(struct publisher *p, const struct plant *plant, struct image *in);
void publish_fini(struct publisher *p);

/* Points of a class of a device: id of the first one. */
uint32_t publish_first(const struct publisher *p, uint32_t device, enum scan_class scan);
/* How a point of the device is read. */
const struct point *publish_map(const struct publisher *p, uint32_t device, uint32_t point);
/* Points of the device from this one on, of `most`, that are plain words side by side: their words are found `reg` on from the
 * first one's register, and one is writable if all are, their demands in the same order. At least 1, which may be any point. */
uint32_t publish_together(const struct publisher *p, uint32_t device, uint32_t point,
			  uint32_t most);

/* The answers to all reads of a class: into the image. */
void publish_class(struct publisher *p, uint32_t device, enum scan_class scan,
		   const struct answer *answers, uint32_t n, uint32_t flags);
/* There will be no more than these n: of use as last known values of the verdict on the device, which must follow. */
void publish_part(struct publisher *p, uint32_t device, enum scan_class scan,
		  const struct answer *answers, uint32_t n, uint32_t flags);
/* A verdict that keeps the last good values: on all FIELD points, all classes, at once. */
void publish_device_verdict(struct publisher *p, uint32_t device, enum quality verdict,
			    uint32_t flags);
void publish_link(struct publisher *p, uint32_t device, const struct link_report *r, uint32_t flags,
		  int64_t now_ns);

#endif
