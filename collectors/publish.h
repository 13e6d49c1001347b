/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the `in` image is told: the samples of every device, kept here with the last good value of
 * each, and published a group (device and class) at a time.
 */
#ifndef ISOTHERM_COLLECTORS_PUBLISH_H
#define ISOTHERM_COLLECTORS_PUBLISH_H

#include <stdint.h>

#include "collectors/plan.h"
#include "config/plant.h"
#include "core/image.h"

struct publisher {
	const struct plant *plant;
	struct image *in;
	struct sample *now;       /* [n_in] as last published, or to be */
	struct known *last_known; /* [n_in] value and time of the last good sample before `now` */
	uint8_t *alike;           /* [n_in] points from this one on that are decoded together */
	/* [n_devices] how far before its points are those of the first device that has the same: most devices are of a few
	 * kinds, and so their maps are read in one place */
	uint32_t *back;
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

/* How a point of the device is decoded. */
const struct point *publish_map(const struct publisher *p, uint32_t device, uint32_t point);

/* Into the samples only: a verdict that keeps the last good value. */
void publish_verdict(struct publisher *p, uint32_t point, enum quality verdict, uint32_t flags);

/* What was read: this point of the device and, of the `most` from it on, those that are decoded with it in one go, from the answer to a
 * read that began at `first`; returns how many, of which one is writable if all are. */
uint32_t publish_read(struct publisher *p, uint32_t device, uint32_t point, uint32_t most,
		      const uint8_t *data, uint16_t first, uint32_t flags, int64_t now_ns);

/* Into the image. */
void publish_class(struct publisher *p, uint32_t device, enum scan_class scan);
void publish_device_verdict(struct publisher *p, uint32_t device, enum quality verdict,
			    uint32_t flags); /* all FIELD points, all classes, at once */
void publish_link(struct publisher *p, uint32_t device, const struct link_report *r, uint32_t flags,
		  int64_t now_ns);

#endif
