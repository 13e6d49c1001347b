/* SPDX-License-Identifier: Apache-2.0 */
/* `systems:` of a plant file: an entry stands for one system or for many, an override for one. */
#include "config/plant_systems.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/report.h"
#include "config/text.h"
#include "config/wafer.h"

/* more than there may be: a count that is wrong must not hide the entries behind it */
#define SYSTEMS_ROOM (2 * SYSTEMS_MAX)
#define SERIAL_BLOCKS 4000000u /* of 1000 serial numbers, where none is given */

struct entry {
	struct system_keys k;
	struct system_set_keys set;
	char path[40];
	uint32_t line;
	uint32_t n; /* systems it makes */
};

/* "cs%02d" and a number; false: not a name, or none with a place for a number. */
static bool
expand(const char *name, uint32_t number, char *out, size_t size)
{
	const char *mark = strchr(name, '%'), *rest = mark;
	int width = 0, n;

	if (!mark)
		return snprintf(out, size, "%s", name) < (int)size && text_is_name(out);
	rest++;
	if (*rest == '0' && rest[1] >= '1' && rest[1] <= '4') {
		width = rest[1] - '0';
		rest += 2;
	}
	if (*rest != 'd')
		return false;
	n = snprintf(out, size, "%.*s%0*u%s", (int)(mark - name), name, width, number, rest + 1);
	return n > 0 && n < (int)size && text_is_name(out);
}

static void
check_name(struct load *l, struct entry *e)
{
	char last[sizeof(l->p->systems->name)];
	const struct system_keys *k = &e->k;

	if (k->name_at.bad) {
		l->names_unsure = true;
	} else if (!strchr(k->name, '%') && k->count > 1 && !k->count_at.bad) {
		schema_error(&l->w, k->name_at.line, "name",
			     "\"%s\" is the name of %d systems (allowed: %%d or %%02d in it)",
			     k->name, (int)k->count);
		e->n = 1;
	} else if (!expand(k->name, (uint32_t)k->first + e->n - 1, last, sizeof(last)) ||
		   !strcmp(last, "site")) {
		schema_error(&l->w, k->name_at.line, "name",
			     "\"%s\" is no system name (allowed: a-z, then a-z 0-9 _ -, one %%d or "
			     "%%02d, 15 characters; not \"site\")",
			     k->name);
		l->names_unsure = true;
	}
}

/* The type that `set` names; NULL: none, reported. */
static struct type *
find_type(struct load *l, const struct system_set_keys *set, const char *path, const char *system,
	  uint32_t line)
{
	struct schema_at at = set->type_at;
	struct type *t;
	char names[200];

	if (at.bad)
		return NULL;
	if (!at.line) {
		load_error(l, &at, line, path, system, "type", "is missing (allowed: %s)",
			   library_names(&l->library, "types", names, sizeof(names)));
		return NULL;
	}
	t = library_type(&l->library, set->type);
	if (t && t->state == FILE_MISSING && *l->library.dir)
		load_error(l, &at, line, path, system, "type",
			   "no type \"%s\" in %.120s/types (allowed: %s)", set->type,
			   l->library.dir,
			   library_names(&l->library, "types", names, sizeof(names)));
	return t && t->state == FILE_GOOD ? t : NULL;
}

/* Make the path absolute and read the file once, so that its errors show now. */
static void
check_wafer(struct load *l, struct system_set_keys *set, const char *path, const char *system)
{
	struct wafer_variation ignored;
	char full[sizeof(l->p->systems->wafer_csv)];

	if (!set->wafer_csv_at.line || set->wafer_csv_at.bad)
		return;
	if (!path_from(l->folder, set->wafer_csv, full, sizeof(full)) || access(full, R_OK)) {
		load_error(
			l, &set->wafer_csv_at, 0, path, system, "wafer_csv",
			"\"%.120s\" can't be read (allowed: a file, named from this file's folder)",
			set->wafer_csv);
		return;
	}
	wafer_csv_read(full, &ignored, l->report);
	snprintf(set->wafer_csv, sizeof(set->wafer_csv), "%s", full);
}

static void
read_entry(struct load *l, struct entry *e, uint32_t i, yaml_node_t *node, uint32_t *counted)
{
	struct schema_part parts[] = {{&system_schema, &e->k}, {&system_set_schema, &e->set}};
	size_t was = schema_down(&l->w, "systems");

	schema_down_at(&l->w, i);
	snprintf(e->path, sizeof(e->path), "%.39s", l->w.path);
	e->line = ydoc_line(node);
	schema_read(&l->w, node, parts, 2, false);
	if (node->type != YAML_MAPPING_NODE) {
		l->names_unsure = true;
	} else if (e->k.count_at.bad) {
		/* as many as there may be, so that what refers to one of them finds it */
		e->n = strchr(e->k.name, '%') ? SYSTEMS_MAX : 1;
	} else {
		e->n = (uint32_t)e->k.count;
		*counted += e->n;
		if (*counted > SYSTEMS_MAX && *counted - e->n <= SYSTEMS_MAX)
			schema_error(&l->w, e->k.count_at.line ? e->k.count_at.line : e->line,
				     "count", "makes %u systems in all (allowed: up to %u)",
				     *counted, SYSTEMS_MAX);
	}
	if (e->n > SYSTEMS_ROOM - l->p->n_systems) {
		e->n = SYSTEMS_ROOM - l->p->n_systems;
		l->names_unsure = true;
	}
	if (e->n)
		check_name(l, e);
	schema_up(&l->w, was);
}

/* Other wafers have other numbers, or what a soak found of one would be used for another; within a plant they go upwards
 * from a round one. */
static uint32_t
default_serial(const struct plant *p)
{
	uint64_t mixed = text_mix(p->seed ^ text_mix(text_hash(p->site)));

	return 1000u * (1u + (uint32_t)(mixed % SERIAL_BLOCKS)) + 1u + p->n_systems;
}

static void
make_system(struct load *l, const struct entry *e, uint32_t k, struct type *type)
{
	struct system_config *s = &l->p->systems[l->p->n_systems];
	struct made_system *m = &l->systems[l->p->n_systems];
	struct schema_part part = {&system_set_schema, &m->set};
	struct override *o = NULL;
	size_t was;

	m->set = e->set;
	m->type = type;
	m->line = e->line;
	snprintf(m->path, sizeof(m->path), "%s", e->path);
	if (!expand(e->k.name, (uint32_t)e->k.first + k, s->name, sizeof(s->name)))
		s->name[0] = '\0';
	else
		o = load_override(l, s->name);
	m->set.serial = e->set.serial_at.line ? e->set.serial + k : default_serial(l->p);
	if (o) {
		was = schema_down(&l->w, "overrides");
		schema_down(&l->w, s->name);
		l->w.origin = FROM_OVERRIDE;
		schema_read(&l->w, o->node, &part, 1, true);
		l->w.origin = FROM_ENTRY;
		schema_up(&l->w, was);
		if (m->set.type_at.origin == FROM_OVERRIDE)
			m->type = find_type(l, &m->set, m->path, s->name, o->line);
		if (m->set.wafer_csv_at.origin == FROM_OVERRIDE)
			check_wafer(l, &m->set, m->path, s->name);
	}
	snprintf(s->type, sizeof(s->type), "%.15s", m->set.type);
	s->machine = (int32_t)l->p->n_systems;
	if (m->type) {
		s->facility = m->type->facility;
		s->model = m->type->model;
		s->machine -= (int32_t)(m->type->wafers ? k % m->type->wafers : 0);
	}
	s->serial = (uint32_t)m->set.serial;
	s->wafer_seed = m->set.wafer_seed_at.line ? m->set.wafer_seed
						  : plant_wafer_seed(l->p->seed, l->p->n_systems);
	snprintf(s->wafer_csv, sizeof(s->wafer_csv), "%s", m->set.wafer_csv);
	s->temp_limit_c = m->set.temp_c_at.line ? m->set.temp_c : l->p->temp_limit_c;
	s->spread_limit_k = m->set.spread_k_at.line ? m->set.spread_k : l->p->spread_limit_k;
	l->p->n_systems++;
}

/* The first earlier system with the same name, or serial number. */
static const struct system_config *
twin_of(const struct plant *p, uint32_t b, bool by_name)
{
	const struct system_config *s = p->systems;

	for (uint32_t a = 0; a < b; a++)
		if (by_name ? !strcmp(s[a].name, s[b].name) : s[a].serial == s[b].serial)
			return &s[a];
	return NULL;
}

/* Names and serial numbers are there once; two entries that clash are told once. */
static void
check_twins(struct load *l)
{
	uint32_t name_told = 0, serial_told = 0; /* lines */

	for (uint32_t b = 1; b < l->p->n_systems; b++) {
		const struct system_config *s = &l->p->systems[b], *twin = twin_of(l->p, b, true);
		const struct made_system *m = &l->systems[b];
		uint32_t line = m->set.serial_at.line ? m->set.serial_at.line : m->line;

		if (twin && *s->name && name_told != m->line) {
			name_told = m->line;
			load_error(l, &(struct schema_at){0}, m->line, m->path, s->name, "name",
				   "system \"%s\" is there twice, first by %s", s->name,
				   l->systems[twin - l->p->systems].path);
		}
		twin = twin_of(l->p, b, false);
		if (twin && !m->set.serial_at.bad && serial_told != line) {
			serial_told = line;
			load_error(l, &m->set.serial_at, line, m->path, s->name, "serial",
				   "%u is also that of %s (allowed: one of its own)", s->serial,
				   twin->name);
		}
	}
}

int
load_systems(struct load *l)
{
	yaml_node_t *list = l->keys.systems, *node;
	struct entry *e = pool_alloc(&l->pool, 1, sizeof(*e));
	uint32_t counted = 0;

	l->systems = pool_alloc(&l->pool, SYSTEMS_ROOM, sizeof(*l->systems));
	l->p->systems = calloc(SYSTEMS_ROOM, sizeof(*l->p->systems));
	if (!e || !l->systems || !l->p->systems)
		return load_no_memory(l);
	if (!list)
		l->names_unsure = true;
	for (uint32_t i = 0; list && (node = schema_element(&l->w, list, i)); i++) {
		struct type *type;

		memset(e, 0, sizeof(*e));
		read_entry(l, e, i, node, &counted);
		type = node->type == YAML_MAPPING_NODE ? find_type(l, &e->set, e->path, "", e->line)
						       : NULL;
		check_wafer(l, &e->set, e->path, "");
		for (uint32_t k = 0; k < e->n; k++)
			make_system(l, e, k, type);
	}
	if (list && l->p->n_systems == 0 && !l->names_unsure)
		schema_error(&l->w, l->keys.systems_at.line, "systems",
			     "is empty (allowed: 1..%u systems)", SYSTEMS_MAX);
	check_twins(l);
	return 0;
}

uint64_t
plant_wafer_seed(uint64_t plant_seed, uint32_t system)
{
	return text_mix(plant_seed ^ text_mix(system + 1u));
}
