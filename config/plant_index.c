/* SPDX-License-Identifier: Apache-2.0 */
#include "config/plant_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/slots.h"
#include "config/text.h"

struct plant_index {
	uint32_t *names; /* open hash table of point ids */
	uint32_t mask;
	uint32_t *alarms; /* the same of alarms, by their keys */
	uint32_t alarm_mask;
	uint32_t *by_role; /* [n_systems + 1][slots]; the last row is the site's */
	uint32_t slots, role_first[ROLES];
	uint32_t own[OWNER_MQTT + 1]; /* points that an owner has once */
	int32_t *in_group;            /* [n_devices][SCAN_CLASSES] */
	int32_t *link_group;          /* [n_devices] */
	int32_t *demand_group;
};

/* A hash table that is never more than half full; the mask of n entries. */
static uint32_t
mask_of(uint32_t n)
{
	uint32_t mask = 63;

	while (mask < 2 * n)
		mask = 2 * mask + 1;
	return mask;
}

static void
put_name(uint32_t *table, uint32_t mask, const char *name, uint32_t id)
{
	uint32_t at = (uint32_t)text_hash(name) & mask;

	while (table[at] != NO_POINT)
		at = (at + 1) & mask;
	table[at] = id;
}

static void
index_names(struct plant_index *x, const struct plant *p)
{
	memset(x->names, 0xff, (x->mask + 1u) * sizeof(*x->names));
	for (uint32_t i = 0; i < p->n_points; i++)
		put_name(x->names, x->mask, p->points[i].name, i);
}

static size_t
row_of(const struct plant *p, int32_t system)
{
	return system == SITE ? p->n_systems : (size_t)system;
}

static void
index_roles(struct plant_index *x, const struct plant *p)
{
	memset(x->by_role, 0xff, (p->n_systems + 1u) * x->slots * sizeof(*x->by_role));
	for (uint32_t i = 0; i < p->n_points; i++) {
		const struct point *pt = &p->points[i];

		if (pt->owner != OWNER_LINK)
			x->by_role[row_of(p, pt->system) * x->slots + x->role_first[pt->role] +
				   pt->role_index] = i;
	}
}

static void
index_groups(struct plant_index *x, const struct plant *p)
{
	uint32_t in = 0, demand = p->n_systems;

	for (uint32_t d = 0; d < p->n_devices; d++) {
		bool has[SCAN_CLASSES] = {false}, writable = false;

		for (uint32_t i = 0; i < p->devices[d].n_points; i++) {
			has[p->points[p->devices[d].first_point + i].scan] = true;
			writable |= p->points[p->devices[d].first_point + i].writable;
		}
		for (unsigned c = 0; c < SCAN_CLASSES; c++)
			x->in_group[d * SCAN_CLASSES + c] = has[c] ? (int32_t)in++ : -1;
		x->link_group[d] = (int32_t)in++;
		x->demand_group[d] = writable ? (int32_t)demand++ : -1;
	}
}

int
plant_index_make(struct plant *p)
{
	struct plant_index *x = calloc(1, sizeof(*x));

	p->index = x;
	if (!x)
		return -ENOMEM;
	x->mask = mask_of(p->n_points);
	for (unsigned r = 0; r < ROLES; r++)
		x->role_first[r] = role_slot((enum role_id)r, 0);
	x->slots = role_slots();
	for (unsigned o = OWNER_ALARM; o <= OWNER_MQTT; o++)
		x->own[o] = role_owner_slots((enum role_owner)o);
	x->names = calloc(x->mask + 1u, sizeof(*x->names));
	x->by_role = calloc((p->n_systems + 1u) * (size_t)x->slots, sizeof(*x->by_role));
	x->in_group = calloc((size_t)p->n_devices * SCAN_CLASSES + 1, sizeof(*x->in_group));
	x->link_group = calloc(p->n_devices + 1u, sizeof(*x->link_group));
	x->demand_group = calloc(p->n_devices + 1u, sizeof(*x->demand_group));
	if (!x->names || !x->by_role || !x->in_group || !x->link_group || !x->demand_group)
		return -ENOMEM;
	index_names(x, p);
	index_roles(x, p);
	index_groups(x, p);
	return 0;
}

int
plant_index_alarms(struct plant *p)
{
	struct plant_index *x = p->index;

	x->alarm_mask = mask_of(p->n_alarms);
	x->alarms = calloc(x->alarm_mask + 1u, sizeof(*x->alarms));
	if (!x->alarms)
		return -ENOMEM;
	memset(x->alarms, 0xff, (x->alarm_mask + 1u) * sizeof(*x->alarms));
	for (uint32_t i = 0; i < p->n_alarms; i++)
		put_name(x->alarms, x->alarm_mask, p->alarms[i].key, i);
	return 0;
}

void
plant_index_free(struct plant_index *x)
{
	if (!x)
		return;
	free(x->names);
	free(x->alarms);
	free(x->by_role);
	free(x->in_group);
	free(x->link_group);
	free(x->demand_group);
	free(x);
}

uint32_t
plant_point(const struct plant *p, const char *name)
{
	const struct plant_index *x = p->index;
	uint32_t at = (uint32_t)text_hash(name) & x->mask;

	for (; x->names[at] != NO_POINT; at = (at + 1) & x->mask)
		if (!strcmp(p->points[x->names[at]].name, name))
			return x->names[at];
	return NO_POINT;
}

int32_t
plant_alarm(const struct plant *p, const char *key)
{
	const struct plant_index *x = p->index;
	uint32_t at = (uint32_t)text_hash(key) & x->alarm_mask;

	for (; x->alarms[at] != NO_POINT; at = (at + 1) & x->alarm_mask)
		if (!strcmp(p->alarms[x->alarms[at]].key, key))
			return (int32_t)x->alarms[at];
	return -1;
}

uint32_t
plant_role(const struct plant *p, int32_t system, enum role_id role, uint32_t index)
{
	const struct plant_index *x = p->index;

	if ((unsigned)role >= ROLES || index >= role_table[role].n || system < SITE ||
	    system >= (int32_t)p->n_systems)
		return NO_POINT;
	return x->by_role[row_of(p, system) * x->slots + x->role_first[role] + index];
}

uint32_t
plant_link(const struct plant *p, uint32_t device, enum role_id role)
{
	uint32_t id;

	if (device >= p->n_devices || (unsigned)role >= ROLES ||
	    role_table[role].owner != OWNER_LINK)
		return NO_POINT;
	id = p->devices[device].first_link;
	for (unsigned r = 0; r < (unsigned)role; r++)
		id += role_table[r].owner == OWNER_LINK ? role_table[r].n : 0;
	return id;
}

int32_t
plant_device(const struct plant *p, const char *name)
{
	for (uint32_t i = 0; i < p->n_devices; i++)
		if (!strcmp(p->devices[i].name, name))
			return (int32_t)i;
	return -1;
}

int32_t
plant_device_of(const struct plant *p, int32_t system, const char *kind)
{
	for (uint32_t i = 0; i < p->n_devices; i++)
		if (p->devices[i].system == system && !strcmp(p->devices[i].kind, kind))
			return (int32_t)i;
	return -1;
}

uint32_t
plant_part(const struct plant *p, uint32_t k, uint32_t n)
{
	uint32_t d = (uint32_t)((uint64_t)p->n_devices * k / n);

	while (d > 0 && d < p->n_devices && p->devices[d].system == p->devices[d - 1].system)
		d++;
	return d;
}

int32_t
plant_system(const struct plant *p, const char *name)
{
	for (uint32_t i = 0; i < p->n_systems; i++)
		if (!strcmp(p->systems[i].name, name))
			return (int32_t)i;
	return -1;
}

bool
plant_has_real_device(const struct plant *p, const char **name)
{
	for (uint32_t i = 0; i < p->n_devices; i++)
		if (!p->devices[i].simulated) {
			if (name)
				*name = p->devices[i].name;
			return true;
		}
	return false;
}

const struct plant_layout *
plant_layout_of(const struct plant *p, enum plant_region region)
{
	switch (region) {
	case REGION_IN:
		return &p->in;
	case REGION_CTL:
		return &p->ctl;
	case REGION_ALM:
		return &p->alm;
	case REGION_PAGE:
		return &p->page;
	case REGION_HIST:
		return &p->hist;
	case REGION_MQTT:
		return &p->mqtt;
	case REGIONS:
		break;
	}
	return NULL;
}

enum plant_region
plant_where(const struct plant *p, uint32_t point, uint32_t *index)
{
	uint32_t i = point, n;

	*index = 0;
	if (i < p->n_in) {
		*index = i;
		return REGION_IN;
	}
	i -= p->n_in;
	if (i < p->n_ctl) {
		*index = i;
		return REGION_CTL;
	}
	/* the rest stands in the order of owners and regions alike */
	i -= p->n_ctl;
	for (unsigned o = OWNER_ALARM; o <= OWNER_MQTT; o++, i -= n) {
		n = p->index->own[o];
		if (i >= n)
			continue;
		*index = (o == OWNER_ALARM ? ALARM_FIELDS * p->n_alarms : 0) + i;
		return (enum plant_region)(REGION_ALM + (o - OWNER_ALARM));
	}
	return REGIONS;
}

int32_t
plant_in_group(const struct plant *p, uint32_t device, enum scan_class scan)
{
	if (device >= p->n_devices || (unsigned)scan >= SCAN_CLASSES)
		return -1;
	return p->index->in_group[device * SCAN_CLASSES + (unsigned)scan];
}

int32_t
plant_link_group(const struct plant *p, uint32_t device)
{
	return device < p->n_devices ? p->index->link_group[device] : -1;
}

int32_t
plant_ctl_group(const struct plant *p, uint32_t system)
{
	return system < p->n_systems ? (int32_t)system : -1;
}

int32_t
plant_demand_group(const struct plant *p, uint32_t device)
{
	return device < p->n_devices ? p->index->demand_group[device] : -1;
}
