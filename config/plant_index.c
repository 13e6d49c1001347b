/* SPDX-License-Identifier: Apache-2.0 */
/* Look-up by name and by role. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/plant_private.h"
#include "config/text.h"

static void
index_names(struct plant_index *x, const struct plant *p)
{
	memset(x->names, 0xff, (x->mask + 1u) * sizeof(*x->names));
	for (uint32_t i = 0; i < p->n_points; i++) {
		uint32_t at = (uint32_t)text_hash(p->points[i].name) & x->mask;

		while (x->names[at] != NO_POINT)
			at = (at + 1) & x->mask;
		x->names[at] = i;
	}
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
	for (x->mask = 63; x->mask < 2 * p->n_points; x->mask = 2 * x->mask + 1)
		;
	for (unsigned r = 0; r < ROLES; r++)
		x->role_first[r] = role_slot((enum role_id)r, 0);
	x->slots = role_slots();
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

void
plant_index_free(struct plant_index *x)
{
	if (!x)
		return;
	free(x->names);
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
