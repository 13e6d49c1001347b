/* SPDX-License-Identifier: Apache-2.0 */
/* What devices must not share: an address, and within a system a role or a point's name. */
#include "config/plant_check.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "config/report.h"
#include "config/slots.h"

/* Devices of one system, and where their clashes are told. */
struct group {
	uint32_t first, n;       /* in p->devices */
	const struct type *type; /* told in the type's file; NULL: in the plant's */
};

/* --- addresses ------------------------------------------------------------------------------ */

struct address {
	unsigned char host[16];
	uint16_t family, port;
	uint16_t unit, zero; /* no gaps: compared as bytes */
	uint32_t device;
};

static bool
address_of(const struct device *d, uint32_t i, struct address *a)
{
	memset(a, 0, sizeof(*a));
	a->port = d->port;
	a->unit = d->unit;
	a->device = i;
	a->family = inet_pton(AF_INET, d->host, a->host) == 1 ? 4 : 6;
	/* not an address: told already; port auto: none yet; on a serial line: it has none */
	return d->line < 0 && d->port &&
	       (a->family == 4 || inet_pton(AF_INET6, d->host, a->host) == 1);
}

static int
by_address(const void *a, const void *b)
{
	int order = memcmp(a, b, offsetof(struct address, device));
	const struct address *x = a, *y = b;

	return order ? order : x->device < y->device ? -1 : x->device > y->device;
}

static void
check_addresses(struct load *l, struct address *a)
{
	const struct plant *p = l->p;
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->n_devices; i++)
		n += address_of(&p->devices[i], i, &a[n]);
	qsort(a, n, sizeof(*a), by_address);
	for (uint32_t i = 1; i < n; i++) {
		const struct made_device *m = &l->devices[a[i].device];
		const struct device *d = &p->devices[a[i].device];
		const struct device *other = &p->devices[a[i - 1].device];
		/* units may share a gateway's port, but the simulator listens once a device */
		bool listen = d->simulated && other->simulated;

		if (memcmp(&a[i - 1], &a[i],
			   listen ? offsetof(struct address, unit)
				  : offsetof(struct address, device)) != 0)
			continue;
		load_error(l, &m->set.port_at, m->line, m->path, d->name, "port",
			   "%s port %u unit %u is also that of %s (allowed: one of its own)",
			   d->host, d->port, d->unit, other->name);
	}
}

/* --- roles and names ------------------------------------------------------------------------ */

static void
tell(struct load *l, const struct group *g, uint32_t a, uint32_t b, const char *what)
{
	const struct made_device *m;
	const struct device *d, *other;
	char path[40];
	uint32_t swap;

	/* at the one whose profile an override has changed */
	if (!g->type && l->devices[g->first + a].set.profile_at.origin == FROM_OVERRIDE &&
	    l->devices[g->first + b].set.profile_at.origin != FROM_OVERRIDE) {
		swap = a;
		a = b;
		b = swap;
	}
	d = &l->p->devices[g->first + b];
	m = &l->devices[g->first + b];
	other = &l->p->devices[g->first + a];
	if (g->type) {
		snprintf(path, sizeof(path), "devices[%u].profile", b);
		config_report_at(l->report, g->type->file, g->type->devices[b].line, path,
				 "%s gives %s, as %s does", d->profile, what, other->kind);
	} else {
		load_error(l, &m->set.profile_at, m->line, m->path, d->name, "profile",
			   "%s gives %s, as %s does", d->profile, what, other->name);
	}
}

/* A role is there once in a system; `owner` has a byte for each element of a role. */
static void
check_roles(struct load *l, const struct group *g, uint8_t *owner)
{
	char what[100];

	memset(owner, 0, role_slots());
	for (uint32_t b = 0; b < g->n; b++) {
		const struct profile *p = l->devices[g->first + b].profile;
		bool told = false;

		for (uint32_t i = 0; p && i < p->n_points; i++) {
			const struct point *pt = &p->points[i];
			uint8_t *o = &owner[role_slot(pt->role, pt->role_index)];

			if (*o && !told) {
				snprintf(what, sizeof(what), "role %s[%u]",
					 role_table[pt->role].name, pt->role_index);
				tell(l, g, *o - 1u, b, what);
				told = true;
			} else if (!*o) {
				*o = (uint8_t)(b + 1);
			}
		}
	}
}

static const struct point *
common_name(const struct profile *a, const struct profile *b)
{
	for (uint32_t i = 0; i < a->n_points; i++)
		for (uint32_t k = 0; k < b->n_points; k++)
			if (!strcmp(a->points[i].name, b->points[k].name))
				return &a->points[i];
	return NULL;
}

static void
check_names(struct load *l, const struct group *g)
{
	char what[100];

	for (uint32_t b = 1; b < g->n; b++)
		for (uint32_t a = 0; a < b; a++) {
			const struct profile *x = l->devices[g->first + a].profile;
			const struct profile *y = l->devices[g->first + b].profile;
			const struct point *common = x && y && x != y ? common_name(x, y) : NULL;

			if (!common)
				continue;
			snprintf(what, sizeof(what), "point %s", common->name);
			tell(l, g, a, b, what);
		}
}

static void
check_group(struct load *l, const struct group *g, uint8_t *owner)
{
	check_roles(l, g, owner);
	check_names(l, g);
}

int
load_check(struct load *l)
{
	struct plant *p = l->p;
	struct address *a = pool_alloc(&l->pool, p->n_devices + 1u, sizeof(*a));
	uint8_t *owner = pool_alloc(&l->pool, role_slots(), sizeof(*owner));
	struct group g = {0};

	if (!a || !owner)
		return load_no_memory(l);
	check_addresses(l, a);
	for (uint32_t s = 0; s < p->n_systems; s++, g.first += g.n) {
		struct type *t = l->systems[s].type;

		g.n = t ? t->n : 0;
		g.type = l->systems[s].profile_changed ? NULL : t;
		/* systems that are as their type says are all alike: one tells for all */
		if (!g.n || (g.type && t->checked))
			continue;
		if (g.type)
			t->checked = true;
		check_group(l, &g, owner);
	}
	/* the site may have many devices, but owner[] counts in bytes */
	g.n = p->n_devices - g.first;
	g.type = NULL;
	if (g.n > 250)
		schema_error(&l->w, l->keys.facility_at.line, "facility",
			     "has %u devices (allowed: up to 250)", g.n);
	else if (g.n)
		check_group(l, &g, owner);
	return 0;
}
