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

/* Do the words of a and b, the next point, stand side by side? Points of one device and class lie so; what does so across their
 * ends is not asked for in one read. */
static bool
follows(const struct point *a, const struct point *b)
{
	return b->owner == OWNER_FIELD && b->device == a->device && b->fc == a->fc &&
	       b->reg == a->reg + 1 && b->writable == a->writable &&
	       (!a->writable || b->demand == a->demand + 1);
}

static void
find_words(struct publisher *p)
{
	const struct point *points = p->plant->points;
	uint8_t n = 0; /* from the next point on */
	for (uint32_t i = p->plant->n_in; i-- > 0;) {
		bool more = n > 0 && n < CODES_MAX && follows(&points[i], &points[i + 1]);
		if (points[i].owner != OWNER_FIELD || !codes_set(&p->codes, i, &points[i]))
			n = 0;
		else
			n = more ? (uint8_t)(n + 1) : 1;
		p->side_by_side[i] = n;
		p->reg[i] = points[i].reg;
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
		    p->side_by_side[a->first_point + i] != p->side_by_side[b->first_point + i])
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
	p->last_known = calloc(n, sizeof *p->last_known);
	p->side_by_side = calloc(n, sizeof *p->side_by_side);
	p->reg = calloc(n, sizeof *p->reg);
	p->back = calloc(plant->n_devices + 1u, sizeof *p->back);
	int rc = codes_init(&p->codes, plant->n_in);
	if (rc != 0 || p->last_known == NULL || p->side_by_side == NULL || p->reg == NULL ||
	    p->back == NULL) {
		publish_fini(p);
		return -ENOMEM;
	}
	/* no value yet is no number, lest somebody computes with a zero that nobody measured */
	for (size_t i = 0; i < n; i++)
		p->last_known[i].value = (double)NAN;
	find_words(p);
	find_same(p);
	return 0;
}

void
publish_fini(struct publisher *p)
{
	free(p->last_known);
	free(p->side_by_side);
	free(p->reg);
	free(p->back);
	codes_fini(&p->codes);
	memset(p, 0, sizeof *p);
}

uint32_t
publish_first(const struct publisher *p, uint32_t device, enum scan_class scan)
{
	int32_t group = plant_in_group(p->plant, device, scan);
	return group >= 0 ? p->plant->in.first[group] : NO_POINT;
}

/* The sample of a point gets a verdict that keeps its last good value. As long as it is good it is the last known itself; so it was
 * if it was left to age. */
static void
condemn(struct publisher *p, uint32_t point, struct sample *s, enum quality verdict, uint32_t flags)
{
	struct known *k = &p->last_known[point];
	if (s->quality == QUALITY_GOOD || s->quality == QUALITY_STALE)
		*k = (struct known){s->value, s->time_ns};
	*s = sample_at(k->value, k->time_ns, verdict, flags);
}

const struct point *
publish_map(const struct publisher *p, uint32_t device, uint32_t point)
{
	return &p->plant->points[point - p->back[device]];
}

uint32_t
publish_together(const struct publisher *p, uint32_t device, uint32_t point, uint32_t most)
{
	uint32_t n = p->side_by_side[point - p->back[device]];
	return n > most ? most : n + (n == 0);
}

/* One point, whatever is the matter with it. */
static void
take_point(struct publisher *p, const struct point *map, uint32_t point, const struct answer *a,
	   uint32_t flags, struct sample *s)
{
	double value = (double)NAN;
	enum quality q = decode_value(map, decode_raw(map, a->data, a->read->reg), &value);
	if (q != QUALITY_GOOD)
		condemn(p, point, s, q, flags);
	if (q != QUALITY_BAD)
		*s = sample_at(value, a->time_ns, q, flags);
}

/* n points that stand together. Returns whether they are words that are all good, as most are; else they are to be judged. */
static bool
take_points(struct publisher *p, uint32_t device, uint32_t point, uint32_t n,
	    const struct answer *a, uint32_t flags, struct sample *out)
{
	UNCLEARED double value[CODES_MAX];
	uint32_t at = point - p->back[device];
	const uint8_t *data = a->data + (size_t)2 * (p->reg[at] - a->read->reg);
	if (p->side_by_side[at] != 0 && codes_read(&p->codes, at, n, data, value)) {
		sample_fill(out, value, n, sample_at(0, a->time_ns, QUALITY_GOOD, flags));
		return true;
	}
	for (uint32_t i = 0; i < n; i++)
		take_point(p, &p->plant->points[at + i], point + i, a, flags, &out[i]);
	return false;
}

/* What a read brought, into the samples of its class, of which `first` is the first point; they are judged. */
static void
take_answer(struct publisher *p, uint32_t device, uint32_t first, const struct answer *a,
	    uint32_t flags, struct sample *samples, struct image_worth *worth)
{
	uint32_t end = a->read->first + a->read->n;
	bool came = a->verdict == QUALITY_GOOD, good = false;
	for (uint32_t i = a->read->first, n; i < end; i += n) {
		n = publish_together(p, device, first + i, end - i);
		for (uint32_t k = i; k < i + n && !came; k++)
			condemn(p, first + k, &samples[k], a->verdict, flags);
		if (came && take_points(p, device, first + i, n, a, flags, &samples[i]))
			good = true;
		else
			image_judge(worth, &samples[i], n);
	}
	const struct sample one = sample_at(0, a->time_ns, QUALITY_GOOD, flags);
	if (good) /* some: what they are worth is their time */
		image_judge(worth, &one, 1);
}

void
publish_part(struct publisher *p, uint32_t device, enum scan_class scan,
	     const struct answer *answers, uint32_t n, uint32_t flags)
{
	int32_t group = plant_in_group(p->plant, device, scan);
	struct image_worth worth = IMAGE_WORTH_NONE; /* for nobody */
	for (uint32_t k = 0; k < n && group >= 0; k++)
		take_answer(p, device, p->plant->in.first[group], &answers[k], flags,
			    image_draft(p->in, (uint32_t)group), &worth);
}

void
publish_class(struct publisher *p, uint32_t device, enum scan_class scan,
	      const struct answer *answers, uint32_t n, uint32_t flags)
{
	int32_t group = plant_in_group(p->plant, device, scan);
	struct image_worth worth = IMAGE_WORTH_NONE;
	if (group < 0)
		return;
	struct sample *samples = image_draft(p->in, (uint32_t)group);
	for (uint32_t k = 0; k < n; k++)
		take_answer(p, device, p->plant->in.first[group], &answers[k], flags, samples,
			    &worth);
	image_commit(p->in, (uint32_t)group, &worth);
}

void
publish_device_verdict(struct publisher *p, uint32_t device, enum quality verdict, uint32_t flags)
{
	const struct plant_layout *in = &p->plant->in;
	for (int k = 0; k < SCAN_CLASSES; k++) {
		int32_t group = plant_in_group(p->plant, device, (enum scan_class)k);
		struct image_worth worth = IMAGE_WORTH_NONE;
		if (group < 0)
			continue;
		struct sample *samples = image_draft(p->in, (uint32_t)group);
		uint32_t first = in->first[group], n = in->first[group + 1] - first;
		for (uint32_t i = 0; i < n; i++)
			condemn(p, first + i, &samples[i], verdict, flags);
		image_judge(&worth, samples, n);
		image_commit(p->in, (uint32_t)group, &worth);
	}
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
	struct sample *now = image_draft(p->in, (uint32_t)group);
	for (size_t i = 0; i < sizeof value / sizeof *value; i++) {
		enum quality q = isnan(value[i]) ? QUALITY_NEVER : QUALITY_GOOD;
		now[i] = sample_at(value[i], now_ns, q, flags);
	}
	struct image_worth worth = IMAGE_WORTH_NONE;
	image_judge(&worth, now, sizeof value / sizeof *value);
	image_commit(p->in, (uint32_t)group, &worth);
}
