/* SPDX-License-Identifier: Apache-2.0 */
#include "collectors/publish.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/decode.h"
#include "core/wide.h"

struct known {
	double value;
	int64_t time_ns;
};

#define ALIKE_MAX 125 /* as many words as an answer has */

/* Points of one device and class lie side by side; what is alike across their ends is not asked for
 * in one read. */
static void
find_alike(struct publisher *p)
{
	const struct plant *plant = p->plant;
	uint8_t alike = 0; /* from the next point on */
	for (uint32_t i = plant->n_in; i-- > 0;) {
		const struct point *a = &plant->points[i];
		bool more = alike > 0 && alike < ALIKE_MAX && a->owner == OWNER_FIELD &&
			    (!a->writable || a[1].demand == a->demand + 1) &&
			    a[1].owner == OWNER_FIELD && a[1].device == a->device &&
			    decode_alike(a, a + 1);
		alike = more ? (uint8_t)(alike + 1) : 1;
		p->alike[i] = alike;
	}
}

/* Are the points of b those of a? */
static bool
same_points(const struct publisher *p, const struct device *a, const struct device *b)
{
	const struct point *points = p->plant->points;
	if (a->n_points != b->n_points || strcmp(a->profile, b->profile) != 0)
		return false;
	for (uint32_t i = 0; i < a->n_points; i++)
		if (!decode_same(&points[a->first_point + i], &points[b->first_point + i]) ||
		    p->alike[a->first_point + i] != p->alike[b->first_point + i])
			return false;
	return true;
}

static void
find_same(struct publisher *p)
{
	const struct device *devices = p->plant->devices;
	for (uint32_t d = 0; d < p->plant->n_devices; d++)
		for (uint32_t k = 0; k < d && p->back[d] == 0; k++)
			if (p->back[k] == 0 && same_points(p, &devices[k], &devices[d]))
				p->back[d] = devices[d].first_point - devices[k].first_point;
}

int
publish_init(struct publisher *p, const struct plant *plant, struct image *in)
{
	size_t n = plant->n_in != 0 ? plant->n_in : 1;
	*p = (struct publisher){.plant = plant, .in = in};
	p->now = calloc(n, sizeof *p->now);
	p->last_known = calloc(n, sizeof *p->last_known);
	p->alike = calloc(n, sizeof *p->alike);
	p->back = calloc(plant->n_devices + 1u, sizeof *p->back);
	if (p->now == NULL || p->last_known == NULL || p->alike == NULL || p->back == NULL) {
		publish_fini(p);
		return -ENOMEM;
	}
	/* no value yet is no number, lest somebody computes with a zero that nobody measured */
	for (size_t i = 0; i < n; i++)
		p->now[i].value = p->last_known[i].value = (double)NAN;
	find_alike(p);
	find_same(p);
	return 0;
}

void
publish_fini(struct publisher *p)
{
	free(p->now);
	free(p->last_known);
	free(p->alike);
	free(p->back);
	memset(p, 0, sizeof *p);
}

uint32_t
publish_first(const struct publisher *p, uint32_t device, enum scan_class scan)
{
	int32_t group = plant_in_group(p->plant, device, scan);
	return group >= 0 ? p->plant->in.first[group] : NO_POINT;
}

/* As long as a sample is good, it is the last known itself. */
static void
keep_known(struct publisher *p, uint32_t point)
{
	const struct sample *s = &p->now[point];
	if (s->quality == QUALITY_GOOD)
		p->last_known[point] = (struct known){s->value, s->time_ns};
}

void
publish_verdict(struct publisher *p, uint32_t point, enum quality verdict, uint32_t flags)
{
	keep_known(p, point);
	p->now[point] = (struct sample){.value = p->last_known[point].value,
					.time_ns = p->last_known[point].time_ns,
					.quality = verdict,
					.flags = flags};
}

/* A value that was read, and what it is worth. */
static void
take(struct publisher *p, uint32_t point, double value, uint32_t quality, uint32_t flags,
     int64_t now_ns)
{
	if (quality == QUALITY_BAD) {
		publish_verdict(p, point, QUALITY_BAD, flags);
		return;
	}
	if (quality != QUALITY_GOOD)
		keep_known(p, point);
	p->now[point] = (struct sample){value, now_ns, quality, flags};
}

const struct point *
publish_map(const struct publisher *p, uint32_t device, uint32_t point)
{
	return &p->plant->points[point - p->back[device]];
}

uint32_t
publish_read(struct publisher *p, uint32_t device, uint32_t point, uint32_t most,
	     const uint8_t *data, uint16_t first, uint32_t flags, int64_t now_ns)
{
	UNCLEARED double value[ALIKE_MAX];
	UNCLEARED uint32_t quality[ALIKE_MAX];
	const struct point *map = publish_map(p, device, point);
	uint32_t alike = p->alike[point - p->back[device]], n = alike < most ? alike : most;
	if (n < 2) {
		*value = (double)NAN;
		*quality = decode_value(map, decode_raw(map, data, first), value);
		take(p, point, *value, *quality, flags, now_ns);
		return 1;
	}
	decode_words(map, data, first, n, value, quality);
	uint32_t differ = 0; /* from good: mostly none does */
	for (uint32_t i = 0; i < n; i++)
		differ |= quality[i] ^ QUALITY_GOOD;
	for (uint32_t i = 0; i < n && differ == 0; i++)
		p->now[point + i] = (struct sample){value[i], now_ns, QUALITY_GOOD, flags};
	for (uint32_t i = 0; i < n && differ != 0; i++)
		take(p, point + i, value[i], quality[i], flags, now_ns);
	return n;
}

void
publish_class(struct publisher *p, uint32_t device, enum scan_class scan)
{
	int32_t group = plant_in_group(p->plant, device, scan);
	if (group >= 0)
		image_publish(p->in, (uint32_t)group, p->now + p->plant->in.first[group]);
}

void
publish_device_verdict(struct publisher *p, uint32_t device, enum quality verdict, uint32_t flags)
{
	const struct device *d = &p->plant->devices[device];
	for (uint32_t i = 0; i < d->n_points; i++)
		publish_verdict(p, d->first_point + i, verdict, flags);
	for (int k = 0; k < SCAN_CLASSES; k++)
		publish_class(p, device, (enum scan_class)k);
}

void
publish_link(struct publisher *p, uint32_t device, const struct link_report *r, uint32_t flags,
	     int64_t now_ns)
{
	const double value[] = {
		/* as the points follow each other */
		[ROLE_LINK_STATE - ROLE_LINK_STATE] = (double)r->state,
		[ROLE_LINK_TRANSACTIONS - ROLE_LINK_STATE] = (double)r->transactions,
		[ROLE_LINK_ERRORS - ROLE_LINK_STATE] = (double)r->errors,
		[ROLE_LINK_RTT - ROLE_LINK_STATE] = r->rtt_ms,
		[ROLE_LINK_WOULD_WRITE - ROLE_LINK_STATE] = (double)r->would_write,
		[ROLE_LINK_MISMATCH - ROLE_LINK_STATE] = (double)r->mismatch,
		[ROLE_LINK_SERIAL - ROLE_LINK_STATE] = (double)r->serial,
	};
	int32_t group = plant_link_group(p->plant, device);
	if (group < 0)
		return;
	struct sample *now = p->now + p->plant->devices[device].first_link;
	for (size_t i = 0; i < sizeof value / sizeof *value; i++) {
		enum quality q = isnan(value[i]) ? QUALITY_NEVER : QUALITY_GOOD;
		now[i] = (struct sample){
			.value = value[i], .time_ns = now_ns, .quality = q, .flags = flags};
	}
	image_publish(p->in, (uint32_t)group, p->now + p->plant->in.first[group]);
}
