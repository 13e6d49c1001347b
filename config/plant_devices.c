/* SPDX-License-Identifier: Apache-2.0 */
/* The devices of the systems, as their types say, then those of `facility:`; an override for one of them. */
#include "config/plant_devices.h"

#include <stdlib.h>
#include <string.h>

#include "config/plant_lines.h"
#include "config/report.h"
#include "config/text.h"

/* choices of config/keys.def */
enum { SOURCE_SIMULATED, SOURCE_REAL };
enum { WRITE_SHADOW, WRITE_ARMED };

static void
find_profile(struct load *l, struct made_device *m, const char *device)
{
	char names[200];

	if (m->set.profile_at.bad)
		return;
	m->profile = library_profile(&l->library, m->set.profile);
	if (m->profile && m->profile->state == FILE_MISSING && m->set.profile_at.line &&
	    *l->library.dir)
		load_error(l, &m->set.profile_at, 0, m->path, device, "profile",
			   "no profile \"%s\" in %.120s/profiles (allowed: %s)", m->set.profile,
			   l->library.dir,
			   library_names(&l->library, "profiles", names, sizeof(names)));
	if (m->profile && m->profile->state != FILE_GOOD)
		m->profile = NULL;
}

static bool
is_armed_by(const struct load *l, uint32_t device)
{
	for (uint32_t i = 0; i < l->p->n_arming; i++)
		if (l->p->arming[i].device == (int32_t)device)
			return true;
	return false;
}

/* What the keys of one device say together. */
static void
check_device(struct load *l, uint32_t i)
{
	const struct made_device *m = &l->devices[i];
	const struct device_set_keys *k = &m->set;
	const char *name = l->p->devices[i].name;
	bool real = k->source == SOURCE_REAL;

	if (k->host_at.line && !k->host_at.bad && !is_address(k->host))
		load_error(l, &k->host_at, 0, m->path, name, "host",
			   "\"%s\" is no address (allowed: numeric IPv4 or IPv6; looking up a name "
			   "can "
			   "block)",
			   k->host);
	if (real && k->port == 0 && !k->port_at.bad && !k->line_at.line)
		load_error(l, k->port_at.line ? &k->port_at : &k->source_at, 0, m->path, name,
			   "port", "auto is for simulated devices, %s is real (allowed: 1..65535)",
			   name);
	if (k->serial_at.line && !k->serial_at.bad && m->profile && m->profile->serial_reg < 0)
		load_error(l, &k->serial_at, 0, m->path, name, "serial",
			   "profile %s says no register for it (allowed: where its identity: has "
			   "serial:)",
			   k->profile);
	if (real && k->write_at.line && k->write == WRITE_ARMED && !is_armed_by(l, i))
		load_error(
			l, &k->write_at, 0, m->path, name, "write",
			"a real device is armed only by an entry in arming: that says who and why "
			"(allowed: shadow)");
}

static void
apply_override(struct load *l, struct made_device *m, const char *name)
{
	struct schema_part part = {&device_set_schema, &m->set};
	struct override *o = load_override(l, name);
	size_t was;

	if (!o)
		return;
	was = schema_down(&l->w, "overrides");
	schema_down(&l->w, name);
	l->w.origin = FROM_OVERRIDE;
	schema_read(&l->w, o->node, &part, 1, true);
	l->w.origin = FROM_ENTRY;
	schema_up(&l->w, was);
}

/* From the keys and the profile to the device. */
static void
finish(struct load *l, uint32_t i)
{
	const struct made_device *m = &l->devices[i];
	const struct device_set_keys *k = &m->set;
	const struct profile *profile = m->profile;
	struct device *d = &l->p->devices[i];

	snprintf(d->profile, sizeof(d->profile), "%.31s", k->profile);
	snprintf(d->host, sizeof(d->host), "%.63s", k->host);
	d->port = (uint16_t)k->port;
	d->line = load_line_of(l, i);
	d->unit = (uint8_t)k->unit;
	d->simulated = k->source == SOURCE_SIMULATED;
	d->serial = k->serial_at.line ? (uint32_t)k->serial : 0;
	d->serial_reg = -1;
	d->armed = k->write_at.line ? k->write == WRITE_ARMED : d->simulated;
	if (!profile)
		return;
	d->timeout_ms = profile->timeout_ms;
	memcpy(d->scan_ms, profile->scan_ms, sizeof(d->scan_ms));
	d->max_registers = profile->max_registers;
	d->bridge_gaps = profile->bridge_gaps;
	d->identity_fc = profile->identity_fc;
	d->identity_reg = profile->identity_reg;
	d->identity_value = profile->identity_value;
	d->serial_reg = profile->serial_reg;
}

static void
add_system_device(struct load *l, uint32_t system, const struct type_device *t)
{
	struct made_device *m = &l->devices[l->p->n_devices];
	struct device *d = &l->p->devices[l->p->n_devices++];

	schema_defaults(&device_set_schema, &m->set);
	snprintf(m->set.profile, sizeof(m->set.profile), "%s", t->profile);
	snprintf(d->name, sizeof(d->name), "%s.%s", l->p->systems[system].name, t->name);
	snprintf(d->kind, sizeof(d->kind), "%s", t->name);
	d->system = (int32_t)system;
	m->line = l->systems[system].line;
	snprintf(m->path, sizeof(m->path), "%s", l->systems[system].path);
	apply_override(l, m, d->name);
	if (m->set.profile_at.line)
		l->systems[system].profile_changed = true;
	find_profile(l, m, d->name);
}

static void
add_facility_device(struct load *l, uint32_t i, yaml_node_t *node)
{
	struct made_device *m = &l->devices[l->p->n_devices];
	struct device *d = &l->p->devices[l->p->n_devices];
	struct facility_keys k;
	struct schema_part parts[] = {{&facility_schema, &k}, {&device_set_schema, &m->set}};
	size_t was = schema_down(&l->w, "facility");

	schema_down_at(&l->w, i);
	schema_read(&l->w, node, parts, 2, false);
	snprintf(m->path, sizeof(m->path), "%.39s", l->w.path);
	m->line = ydoc_line(node);
	if (k.name_at.bad || !text_is_name(k.name)) {
		l->names_unsure = true;
		if (!k.name_at.bad)
			schema_error(&l->w, k.name_at.line, "name",
				     "\"%s\" is no device name (allowed: a-z, then a-z 0-9 _ -)",
				     k.name);
	}
	if (!m->set.profile_at.line && !m->set.profile_at.bad)
		schema_error(&l->w, m->line, "profile",
			     "is missing (allowed: a file of profiles/)");
	snprintf(d->name, sizeof(d->name), "site.%.12s", k.name);
	snprintf(d->kind, sizeof(d->kind), "%.12s", k.name);
	d->system = SITE;
	for (uint32_t a = 0; a < l->p->n_devices && !k.name_at.bad; a++)
		if (l->p->devices[a].system == SITE && !strcmp(l->p->devices[a].name, d->name))
			schema_error(&l->w, k.name_at.line, "name",
				     "device \"%s\" is there twice, first in line %u", d->name,
				     l->devices[a].line);
	schema_up(&l->w, was);
	l->p->n_devices++;
	apply_override(l, m, d->name);
	if (m->set.profile_at.line)
		find_profile(l, m, d->name);
}

/* --- arming --------------------------------------------------------------------------------- */

/* The name of the plant that is most like a wrong one; NULL: none is near. */
static const char *
nearest_name(const struct plant *p, const char *name, bool systems)
{
	const char *near = NULL;

	for (uint32_t i = 0; i < p->n_devices + (systems ? p->n_systems : 0); i++) {
		const char *own =
			i < p->n_devices ? p->devices[i].name : p->systems[i - p->n_devices].name;

		if (text_near(name, own) &&
		    (!near || text_distance(name, own) < text_distance(name, near)))
			near = own;
	}
	return near;
}

static void
add_arming(struct load *l, yaml_node_t *node)
{
	struct plant_arming *a = &l->p->arming[l->p->n_arming];
	struct arming_keys k;
	struct schema_part part = {&arming_schema, &k};
	const char *near;

	schema_read(&l->w, node, &part, 1, false);
	if (k.device_at.bad)
		return;
	a->device = plant_device(l->p, k.device);
	near = a->device < 0 ? nearest_name(l->p, k.device, false) : NULL;
	if (a->device < 0 && !l->names_unsure)
		schema_error(&l->w, k.device_at.line, "device",
			     "\"%s\" is no device of this plant%s%s%s (allowed: names such as "
			     "cs00.engine)",
			     k.device, near ? ", did you mean \"" : "", near ? near : "",
			     near ? "\"?" : "");
	else if (a->device >= 0 && is_armed_by(l, (uint32_t)a->device))
		schema_error(&l->w, k.device_at.line, "device", "\"%s\" is armed twice", k.device);
	if (a->device < 0)
		return;
	snprintf(a->by, sizeof(a->by), "%.63s", k.by);
	snprintf(a->why, sizeof(a->why), "%.199s", k.why);
	l->p->n_arming++;
}

static uint32_t
list_length(const yaml_node_t *list)
{
	return list ? (uint32_t)(list->data.sequence.items.top - list->data.sequence.items.start)
		    : 0;
}

static int
read_arming(struct load *l)
{
	uint32_t n = list_length(l->keys.arming);

	l->p->arming = calloc(n + 1u, sizeof(*l->p->arming));
	if (!l->p->arming)
		return load_no_memory(l);
	for (uint32_t i = 0; i < n; i++) {
		size_t was = schema_down(&l->w, "arming");

		schema_down_at(&l->w, i);
		add_arming(l, schema_element(&l->w, l->keys.arming, i));
		schema_up(&l->w, was);
	}
	return 0;
}

/* --- overrides that nobody asked for --------------------------------------------------------- */

/* Is it a device of a system whose type is wrong, so that nobody knows its devices? */
static bool
may_be_there(const struct load *l, const char *name)
{
	for (uint32_t i = 0; i < l->p->n_systems; i++) {
		size_t n = strlen(l->p->systems[i].name);

		if (!l->systems[i].type && !strncmp(name, l->p->systems[i].name, n) &&
		    name[n] == '.')
			return true;
	}
	return false;
}

/* Its values can be judged, whatever it names: those of a device, or of a system. */
static void
judge_values(struct load *l, const struct override *o, const char *near)
{
	struct device_set_keys device;
	struct system_set_keys system;
	bool of_device = strchr(o->name, '.') || (near && strchr(near, '.'));
	struct schema_part part = {of_device ? &device_set_schema : &system_set_schema,
				   of_device ? (void *)&device : (void *)&system};
	size_t here = schema_down(&l->w, o->name);

	schema_read(&l->w, o->node, &part, 1, false);
	schema_up(&l->w, here);
}

static void
check_overrides(struct load *l)
{
	size_t was = schema_down(&l->w, "overrides");

	for (uint32_t i = 0; i < l->n_overrides; i++) {
		const struct override *o = &l->overrides[i];
		const char *near = nearest_name(l->p, o->name, true);

		if (o->used)
			continue;
		if (!l->names_unsure && !may_be_there(l, o->name))
			schema_error(
				&l->w, o->line, o->name,
				"names no system or device%s%s%s (allowed: names such as cs00, "
				"cs00.engine, site.meter)",
				near ? ", did you mean \"" : "", near ? near : "",
				near ? "\"?" : "");
		judge_values(l, o, near);
	}
	schema_up(&l->w, was);
}

int
load_devices(struct load *l)
{
	uint32_t n_facility = list_length(l->keys.facility), n = n_facility;
	int rc;

	for (uint32_t s = 0; s < l->p->n_systems; s++)
		n += l->systems[s].type ? l->systems[s].type->n : 0;
	l->p->devices = calloc(n + 1u, sizeof(*l->p->devices));
	l->devices = pool_alloc(&l->pool, n + 1u, sizeof(*l->devices));
	if (!l->p->devices || !l->devices)
		return load_no_memory(l);
	for (uint32_t s = 0; s < l->p->n_systems; s++)
		for (uint32_t t = 0; l->systems[s].type && t < l->systems[s].type->n; t++)
			add_system_device(l, s, &l->systems[s].type->devices[t]);
	for (uint32_t i = 0; i < n_facility; i++)
		add_facility_device(l, i, schema_element(&l->w, l->keys.facility, i));
	rc = read_arming(l);
	for (uint32_t i = 0; !rc && i < l->p->n_devices; i++) {
		check_device(l, i);
		finish(l, i);
	}
	load_lines_check(l);
	check_overrides(l);
	return rc;
}
