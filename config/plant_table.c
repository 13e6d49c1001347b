/* SPDX-License-Identifier: Apache-2.0 */
/* The point table of a plant that is right: points, groups of the images, hash. Nothing can be wrong here but memory. */
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "config/plant_private.h"
#include "config/report.h"

#define MS_NS INT64_C(1000000)

static uint32_t
n_roles_of(enum role_owner owner)
{
	uint32_t n = 0;

	for (unsigned r = 0; r < ROLES; r++)
		n += role_table[r].owner == owner ? role_table[r].n : 0;
	return n;
}

/* A LINK or CTL point: "PREFIX.ROLE_UNIT". */
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

static void
own_points(struct plant *p, enum role_owner owner, const char *prefix, int32_t device,
	   int32_t system)
{
	for (unsigned r = 0; r < ROLES; r++)
		for (uint32_t i = 0; role_table[r].owner == owner && i < role_table[r].n; i++)
			own_point(&p->points[p->n_points++], prefix, (enum role_id)r, i, device,
				  system);
}

static void
device_points(struct plant *p, uint32_t d, const struct profile *profile)
{
	struct device *dev = &p->devices[d];
	const char *prefix = dev->system == SITE ? "site" : p->systems[dev->system].name;

	dev->first_point = p->n_points;
	dev->n_points = profile->n_points;
	for (uint32_t i = 0; i < profile->n_points; i++) {
		struct point *pt = &p->points[p->n_points++];

		*pt = profile->points[i];
		/* the lengths fit: system.name is 16, POINT_NAME_MAX 31 */
		snprintf(pt->name, sizeof(pt->name), "%.15s.%.31s", prefix,
			 profile->points[i].name);
		pt->device = (int32_t)d;
		pt->system = dev->system;
	}
	dev->first_link = p->n_points;
	own_points(p, OWNER_LINK, dev->name, (int32_t)d, dev->system);
}

static int
make_points(struct load *l)
{
	struct plant *p = l->p;
	uint64_t n = (uint64_t)p->n_systems * n_roles_of(OWNER_CTL) +
		     (uint64_t)p->n_devices * n_roles_of(OWNER_LINK);
	uint32_t demand;

	for (uint32_t d = 0; d < p->n_devices; d++)
		n += l->devices[d].profile->n_points;
	if (n > PLANT_POINTS_MAX) {
		config_report_at(l->report, l->doc.file, 0, "",
				 "makes %llu points (allowed: up to %u)", (unsigned long long)n,
				 PLANT_POINTS_MAX);
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
	demand = p->n_points - p->n_in;
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
	layout_add(&p->in, n_roles_of(OWNER_LINK), LINK_PERIOD_NS);
}

static int
make_layouts(struct plant *p)
{
	int64_t period_ns = p->control_period_ms * MS_NS;

	if (layout_alloc(&p->in, "in-0.img", (size_t)p->n_devices * (SCAN_CLASSES + 1)) ||
	    layout_alloc(&p->ctl, "ctl.img", (size_t)p->n_systems + p->n_devices))
		return -ENOMEM;
	for (uint32_t d = 0; d < p->n_devices; d++)
		in_groups(p, d);
	for (uint32_t s = 0; s < p->n_systems; s++)
		layout_add(&p->ctl, n_roles_of(OWNER_CTL), period_ns);
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
};

static void
hash_u64(struct hash *h, uint64_t v)
{
	unsigned char b[8];

	for (unsigned i = 0; i < 8; i++)
		b[i] = (unsigned char)(v >> (8 * i));
	h->failed |= EVP_DigestUpdate(h->ctx, b, sizeof(b)) != 1;
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
	h->failed |= EVP_DigestUpdate(h->ctx, s, n) != 1;
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
	struct hash h = {EVP_MD_CTX_new(), false};
	unsigned int n = 0;

	if (!h.ctx)
		return -ENOMEM;
	h.failed = EVP_DigestInit_ex(h.ctx, EVP_sha256(), NULL) != 1;
	hash_text(&h, "isotherm point table 1");
	hash_u64(&h, p->n_points);
	for (uint32_t i = 0; i < p->n_points && !h.failed; i++)
		hash_point(&h, &p->points[i]);
	hash_layout(&h, &p->in);
	hash_layout(&h, &p->ctl);
	h.failed |= EVP_DigestFinal_ex(h.ctx, p->hash, &n) != 1;
	EVP_MD_CTX_free(h.ctx);
	return h.failed ? -ENOMEM : 0;
}

int
plant_table_make(struct load *l)
{
	int rc = make_points(l);

	if (!rc && (make_layouts(l->p) || make_hash(l->p)))
		rc = load_no_memory(l);
	return rc;
}
