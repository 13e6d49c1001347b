/* SPDX-License-Identifier: Apache-2.0 */
/* The point table of a plant that is right: points, groups of the images, hash. Nothing can be wrong here but memory. */
#include "config/plant_table.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "config/report.h"
#include "config/slots.h"

#define MS_NS INT64_C(1000000)
#define POINTS_MAX 500000u
#define OWN_PERIOD_NS INT64_C(1000000000) /* of what programs say of themselves */

/* A point of one of our own programs: "PREFIX.ROLE_UNIT". */
static void
own_point(struct point *p, const char *prefix, enum role_id role, uint32_t index, int32_t device,
	  int32_t system)
{
	const struct role_info *r = &role_table[role];
	char element[16] = "";

	if (r->n > 1)
		snprintf(element, sizeof(element), "[%u]", index);
	snprintf(p->name, sizeof(p->name), "%s.%s%s%s%s", prefix, r->name, element,
		 *r->unit ? "_" : "", r->unit);
	snprintf(p->unit, sizeof(p->unit), "%.7s", r->unit);
	p->role = role;
	p->role_index = index;
	p->owner = r->owner;
	p->device = device;
	p->system = system;
	p->scale = 1;
	p->lo = -1e18;
	p->hi = 1e18;
	p->demand = NO_POINT;
	p->deadband = r->deadband;
}

/* Points of an option that this plant does not use are not there: nobody reads, writes or keeps them. */
static bool
is_used(const struct plant *p, enum role_id role)
{
	return !role_is_ballast(role) || p->control.ballast_max_w > 0.0;
}

static void
own_points(struct plant *p, enum role_owner owner, const char *prefix, int32_t device,
	   int32_t system)
{
	for (unsigned r = 0; r < ROLES; r++)
		for (uint32_t i = 0; role_table[r].owner == owner && i < role_table[r].n; i++)
			if (is_used(p, (enum role_id)r))
				own_point(&p->points[p->n_points++], prefix, (enum role_id)r, i,
					  device, system);
}

/* How many of them a system has. */
static uint32_t
ctl_slots(const struct plant *p)
{
	uint32_t n = 0;

	for (unsigned r = 0; r < ROLES; r++)
		if (role_table[r].owner == OWNER_CTL && is_used(p, (enum role_id)r))
			n += role_table[r].n;
	return n;
}

static void
device_points(struct plant *p, uint32_t d, const struct profile *profile)
{
	struct device *dev = &p->devices[d];
	const char *prefix = dev->system == SITE ? "site" : p->systems[dev->system].name;

	dev->first_point = p->n_points;
	for (uint32_t i = 0; i < profile->n_points; i++) {
		struct point *pt = &p->points[p->n_points];

		if (!is_used(p, profile->points[i].role))
			continue;
		p->n_points++;
		*pt = profile->points[i];
		/* the lengths fit: system.name is 16, POINT_NAME_MAX 31 */
		snprintf(pt->name, sizeof(pt->name), "%.15s.%.31s", prefix,
			 profile->points[i].name);
		pt->device = (int32_t)d;
		pt->system = dev->system;
	}
	dev->n_points = p->n_points - dev->first_point;
	dev->first_link = p->n_points;
	own_points(p, OWNER_LINK, dev->name, (int32_t)d, dev->system);
}

int
plant_points_make(struct load *l)
{
	struct plant *p = l->p;
	uint64_t n = (uint64_t)p->n_systems * role_owner_slots(OWNER_CTL) +
		     (uint64_t)p->n_devices * role_owner_slots(OWNER_LINK);
	uint32_t demand;

	for (unsigned o = OWNER_ALARM; o <= OWNER_MQTT; o++)
		n += role_owner_slots((enum role_owner)o);
	for (uint32_t d = 0; d < p->n_devices; d++)
		n += l->devices[d].profile->n_points;
	if (n > POINTS_MAX) {
		config_report_at(l->report, l->doc.file, 0, "",
				 "makes %llu points (allowed: up to %u)", (unsigned long long)n,
				 POINTS_MAX);
		return -EINVAL;
	}
	p->points = calloc(n, sizeof(*p->points));
	if (!p->points)
		return load_no_memory(l);
	for (uint32_t d = 0; d < p->n_devices; d++)
		device_points(p, d, l->devices[d].profile);
	p->n_in = p->n_points;
	for (uint32_t s = 0; s < p->n_systems; s++)
		own_points(p, OWNER_CTL, p->systems[s].name, -1, (int32_t)s);
	p->n_ctl = p->n_points - p->n_in;
	for (unsigned o = OWNER_ALARM; o <= OWNER_MQTT; o++)
		own_points(p, (enum role_owner)o, "site", -1, SITE);
	demand = p->n_ctl;
	for (uint32_t i = 0; i < p->n_in; i++)
		if (p->points[i].writable)
			p->points[i].demand = demand++;
	return 0;
}

/* --- groups --------------------------------------------------------------------------------- */

static int
layout_alloc(struct plant_layout *l, const char *name, size_t most)
{
	l->name = name;
	l->first = calloc(most + 1, sizeof(*l->first));
	l->period_ns = calloc(most + 1, sizeof(*l->period_ns));
	return l->first && l->period_ns ? 0 : -ENOMEM;
}

/* Close a group of n samples. */
static void
layout_add(struct plant_layout *l, uint32_t n, int64_t period_ns)
{
	l->first[l->n_groups + 1] = l->first[l->n_groups] + n;
	l->period_ns[l->n_groups++] = period_ns;
}

static void
in_groups(struct plant *p, uint32_t d)
{
	const struct device *dev = &p->devices[d];
	uint32_t n[SCAN_CLASSES] = {0};

	for (uint32_t i = 0; i < dev->n_points; i++)
		n[p->points[dev->first_point + i].scan]++;
	for (unsigned c = 0; c < SCAN_CLASSES; c++)
		if (n[c])
			layout_add(&p->in, n[c], dev->scan_ms[c] * MS_NS);
	layout_add(&p->in, role_owner_slots(OWNER_LINK), OWN_PERIOD_NS);
}

static void
alarm_groups(struct plant *p)
{
	for (uint32_t i = 0; i < p->n_alarms; i += ALARMS_PER_GROUP) {
		uint32_t n = p->n_alarms - i;

		layout_add(&p->alm, ALARM_FIELDS * (n < ALARMS_PER_GROUP ? n : ALARMS_PER_GROUP),
			   ALARM_PERIOD_NS);
	}
	layout_add(&p->alm, role_owner_slots(OWNER_ALARM), p->control_period_ms * MS_NS);
}

static int
make_layouts(struct plant *p)
{
	int64_t period_ns = p->control_period_ms * MS_NS;

	if (layout_alloc(&p->in, "in-0.img", (size_t)p->n_devices * (SCAN_CLASSES + 1)) ||
	    layout_alloc(&p->ctl, "ctl.img", (size_t)p->n_systems + p->n_devices) ||
	    layout_alloc(&p->alm, "alm.img", p->n_alarms / ALARMS_PER_GROUP + 2) ||
	    layout_alloc(&p->page, "page.img", 1) || layout_alloc(&p->hist, "hist.img", 1) ||
	    layout_alloc(&p->mqtt, "mqtt.img", 1))
		return -ENOMEM;
	alarm_groups(p);
	layout_add(&p->page, role_owner_slots(OWNER_PAGE), OWN_PERIOD_NS);
	layout_add(&p->hist, role_owner_slots(OWNER_HIST), OWN_PERIOD_NS);
	layout_add(&p->mqtt, role_owner_slots(OWNER_MQTT), OWN_PERIOD_NS);
	for (uint32_t d = 0; d < p->n_devices; d++)
		in_groups(p, d);
	for (uint32_t s = 0; s < p->n_systems; s++)
		layout_add(&p->ctl, ctl_slots(p), period_ns);
	for (uint32_t d = 0; d < p->n_devices; d++) {
		uint32_t n = 0;

		for (uint32_t i = 0; i < p->devices[d].n_points; i++)
			n += p->points[p->devices[d].first_point + i].writable;
		if (n)
			layout_add(&p->ctl, n, period_ns);
	}
	return 0;
}

/* --- hash ----------------------------------------------------------------------------------- */

struct hash {
	EVP_MD_CTX *ctx;
	bool failed;
	size_t used;
	unsigned char bytes[4096]; /* on their way: a point is twenty small pieces */
};

static void
hash_bytes(struct hash *h, const void *bytes, size_t n)
{
	if (h->used + n > sizeof(h->bytes)) {
		h->failed |= EVP_DigestUpdate(h->ctx, h->bytes, h->used) != 1;
		h->used = 0;
	}
	assert(n <= sizeof(h->bytes)); /* names */
	memcpy(h->bytes + h->used, bytes, n);
	h->used += n;
}

static void
hash_u64(struct hash *h, uint64_t v)
{
	uint64_t little = htole64(v);

	hash_bytes(h, &little, sizeof(little));
}

static void
hash_double(struct hash *h, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	hash_u64(h, bits);
}

/* Length first, so that no two tables run together to the same bytes. */
static void
hash_text(struct hash *h, const char *s)
{
	size_t n = strlen(s);

	hash_u64(h, n);
	hash_bytes(h, s, n);
}

static void
hash_point(struct hash *h, const struct point *p)
{
	hash_text(h, p->name);
	hash_text(h, p->unit);
	hash_text(h, role_table[p->role].name);
	hash_u64(h, p->role_index);
	hash_u64(h, p->owner);
	hash_u64(h, (uint64_t)(int64_t)p->device);
	hash_u64(h, (uint64_t)(int64_t)p->system);
	hash_u64(h, p->scan);
	hash_u64(h, p->fc);
	hash_u64(h, p->reg);
	hash_u64(h, p->count);
	hash_u64(h, p->type);
	hash_u64(h, p->order);
	hash_double(h, p->scale);
	hash_double(h, p->offset);
	hash_double(h, p->lo);
	hash_double(h, p->hi);
	hash_u64(h, p->has_no_value);
	hash_u64(h, p->no_value);
	hash_u64(h, p->writable);
	hash_u64(h, p->demand);
	hash_double(h, p->deadband);
}

static void
hash_layout(struct hash *h, const struct plant_layout *l)
{
	hash_text(h, l->name);
	hash_u64(h, l->n_groups);
	for (uint32_t g = 0; g < l->n_groups; g++) {
		hash_u64(h, l->first[g + 1]);
		hash_u64(h, (uint64_t)l->period_ns[g]);
	}
}

static int
make_hash(struct plant *p)
{
	struct hash h = {.ctx = EVP_MD_CTX_new()};
	unsigned int n = 0;

	if (!h.ctx)
		return -ENOMEM;
	h.failed = EVP_DigestInit_ex(h.ctx, EVP_sha256(), NULL) != 1;
	hash_text(&h, "isotherm point table 2");
	hash_u64(&h, p->n_points);
	for (uint32_t i = 0; i < p->n_points && !h.failed; i++)
		hash_point(&h, &p->points[i]);
	hash_u64(&h, p->n_alarms);
	for (uint32_t i = 0; i < p->n_alarms && !h.failed; i++)
		hash_text(&h, p->alarms[i].key);
	for (unsigned r = 0; r < REGIONS; r++)
		hash_layout(&h, plant_layout_of(p, (enum plant_region)r));
	h.failed |= EVP_DigestUpdate(h.ctx, h.bytes, h.used) != 1;
	h.failed |= EVP_DigestFinal_ex(h.ctx, p->hash, &n) != 1;
	EVP_MD_CTX_free(h.ctx);
	return h.failed ? -ENOMEM : 0;
}

int
plant_layouts_make(struct plant *p)
{
	int rc = make_layouts(p);

	return rc ? rc : make_hash(p);
}
