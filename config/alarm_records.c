/* SPDX-License-Identifier: Apache-2.0 */
#include "config/alarm_records.h"

#include <stdlib.h>
#include <string.h>

#include "config/report.h"
#include "config/slots.h"
#include "config/text.h"

#define RECORDS_MAX 512u
#define STATES_MAX 16 /* states are numbered from 0; none has more */

/* Where a record stood, for what is said of another one with its id. */
struct origin_of {
	char file[64];
	uint32_t line;
};

struct reading {
	struct load *l;
	struct schema_walk w;
	struct origin_of *origins; /* beside p->alarm_records */
	bool unsure;               /* a record was wrong: don't judge what refers to ids */
};

/* --- a record by itself --------------------------------------------------------------------- */

static unsigned
bit_of(enum alarm_type type)
{
	return 1u << type;
}

#define LIMITS (1u << ALARM_HI | 1u << ALARM_LO)
#define STATES (1u << ALARM_EQUALS | 1u << ALARM_NOT)

/* A type has the keys it needs, and none that means nothing to it. */
static void
check_type(struct reading *r, const struct alarm_keys *k, uint32_t line)
{
	static const char *const names[] = {"hi", "lo", "bit", "equals", "not", "stale"};
	static const struct {
		const char *key;
		size_t at;
		unsigned needs, may; /* enum alarm_type, a bit each */
	} rules[] = {
		{"limit", offsetof(struct alarm_keys, limit_at), LIMITS, LIMITS},
		{"deadband", offsetof(struct alarm_keys, deadband_at), LIMITS, LIMITS},
		{"limit_role", offsetof(struct alarm_keys, limit_role_at), 0, LIMITS},
		{"bit", offsetof(struct alarm_keys, bit_at), 1u << ALARM_BIT, 1u << ALARM_BIT},
		{"state", offsetof(struct alarm_keys, state_at), STATES, STATES},
	};
	struct schema_at at;

	if (k->type_at.bad)
		return;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		unsigned type = bit_of((enum alarm_type)k->type);

		memcpy(&at, (const char *)k + rules[i].at, sizeof(at));
		if (at.line && !(rules[i].may & type))
			schema_error(&r->w, at.line, rules[i].key,
				     "means nothing to type %s (allowed: types%s)", names[k->type],
				     rules[i].may == LIMITS   ? " hi and lo"
				     : rules[i].may == STATES ? " equals and not"
							      : " bit");
		else if (!at.line && rules[i].needs & type)
			schema_error(&r->w, line, rules[i].key,
				     "is missing (allowed: a value, as type %s needs one)",
				     names[k->type]);
	}
}

/* The role that a key names; ROLES: none, reported. */
static enum role_id
find_role(struct reading *r, const struct schema_at *at, const char *key, const char *name)
{
	enum role_id role = role_by_name(name);
	const char *near;

	if (role != ROLES)
		return role;
	near = role_near(name);
	schema_error(&r->w, at->line, key, "\"%s\" is no role%s%s%s (allowed: see %s)", name,
		     near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "",
		     "the table of roles");
	return ROLES;
}

static void
take_limit_role(struct reading *r, const struct alarm_keys *k, struct alarm_record *a)
{
	enum role_id role;

	a->limit_role = -1;
	if (!k->limit_role_at.line || k->limit_role_at.bad)
		return;
	role = find_role(r, &k->limit_role_at, "limit_role", k->limit_role);
	if (role == ROLES)
		return;
	if (role_table[role].owner == OWNER_LINK)
		schema_error(&r->w, k->limit_role_at.line, "limit_role",
			     "\"%s\" is a device's (allowed: roles of systems and of the site)",
			     k->limit_role);
	else
		a->limit_role = (int32_t)role;
}

/* A state by its name or number. */
static void
take_state(struct reading *r, const struct alarm_keys *k, struct alarm_record *a)
{
	enum role_id role = (enum role_id)a->role;
	char names[120] = "";
	size_t n = 0;
	int64_t number;

	if (!k->state_at.line || k->state_at.bad || role == ROLES)
		return;
	for (int i = 0; i < STATES_MAX; i++) {
		const char *name = state_name(role, i);

		if (*name && !strcmp(name, k->state)) {
			a->limit = i;
			return;
		}
		if (*name && n < sizeof(names))
			n += (size_t)snprintf(names + n, sizeof(names) - n, "%s, ", name);
	}
	if (text_integer(k->state, &number) && number >= 0 && number <= UINT16_MAX) {
		a->limit = (double)number;
		return;
	}
	schema_error(&r->w, k->state_at.line, "state",
		     "\"%s\" is no state of %s (allowed: %s0..65535)", k->state,
		     role_table[role].name, names);
}

/* Every { begins a place that alarm_text fills in. */
static void
check_text(struct reading *r, const struct alarm_keys *k)
{
	for (const char *p = k->text; !k->text_at.bad && (p = strchr(p, '{')); p++)
		if (strncmp(p, "{system}", 8) != 0 && strncmp(p, "{device}", 8) != 0 &&
		    strncmp(p, "{n}", 3) != 0) {
			schema_error(&r->w, k->text_at.line, "text",
				     "has a place that nothing fills in (allowed: {system}, "
				     "{device}, {n})");
			return;
		}
}

static void
check_priority(struct reading *r, const struct alarm_keys *k)
{
	enum alarm_priority right;

	if (k->harm_at.bad || k->respond_s_at.bad)
		return;
	right = alarm_priority_of((enum alarm_harm)k->harm, k->respond_s);
	if (!k->priority_at.bad && (enum alarm_priority)(k->priority + 1) != right)
		schema_error(&r->w, k->priority_at.line, "priority",
			     "is not what that harm makes when there are %.10g s to respond "
			     "(allowed: %s)",
			     k->respond_s, alarm_priority_name(right));
	if (!k->on_delay_s_at.bad && k->on_delay_s > k->respond_s / 3)
		schema_error(&r->w, k->on_delay_s_at.line, "on_delay_s",
			     "%.10g s are more than a third of the time to respond (allowed: "
			     "0..%.10g)",
			     k->on_delay_s, k->respond_s / 3);
}

static void
check_id(struct reading *r, const struct alarm_keys *k)
{
	const struct plant *p = r->l->p;

	if (k->id_at.bad)
		return;
	if (!text_is_name(k->id))
		schema_error(&r->w, k->id_at.line, "id",
			     "\"%s\" is no id (allowed: a-z, then a-z 0-9 _ -)", k->id);
	for (uint32_t i = 0; i < p->n_alarm_records; i++)
		if (!strcmp(p->alarm_records[i].id, k->id)) {
			schema_error(&r->w, k->id_at.line, "id",
				     "\"%s\" is there twice, first in line %u of %s", k->id,
				     r->origins[i].line, r->origins[i].file);
			return;
		}
}

static void
take_record(const struct alarm_keys *k, struct alarm_record *a)
{
	snprintf(a->id, sizeof(a->id), "%.31s", k->id);
	snprintf(a->text, sizeof(a->text), "%.63s", k->text);
	snprintf(a->cause, sizeof(a->cause), "%.159s", k->cause);
	snprintf(a->consequence, sizeof(a->consequence), "%.159s", k->consequence);
	snprintf(a->action, sizeof(a->action), "%.239s", k->action);
	a->type = (enum alarm_type)k->type;
	a->bit = (uint32_t)k->bit;
	a->limit = k->limit;
	a->deadband = k->deadband;
	a->on_delay_s = k->on_delay_s;
	a->off_delay_s = k->off_delay_s;
	a->harm = (enum alarm_harm)k->harm;
	a->priority = (enum alarm_priority)(k->priority + 1);
	a->page = k->page;
	a->latched = k->latched;
	a->enabled = true;
	a->respond_s = k->respond_s;
}

static void
check_deadband(struct schema_walk *w, const struct schema_at *at, double deadband)
{
	if (at->line && !at->bad && !(deadband > 0))
		schema_error(w, at->line, "deadband",
			     "is 0, so that noise would raise and clear it (allowed: above 0)");
}

static void
read_record(struct reading *r, yaml_node_t *node)
{
	struct plant *p = r->l->p;
	struct alarm_record *a = &p->alarm_records[p->n_alarm_records];
	struct alarm_keys *k = pool_alloc(&r->l->pool, 1, sizeof(*k));
	struct schema_part part = {&alarm_schema, k};
	size_t before = config_report_total(r->w.report);
	struct origin_of *o = &r->origins[p->n_alarm_records];
	const char *slash = strrchr(r->w.doc->file, '/');

	if (!k) {
		(void)load_no_memory(r->l);
		return;
	}
	if (schema_read(&r->w, node, &part, 1, false) || node->type == YAML_MAPPING_NODE) {
		take_record(k, a);
		check_id(r, k);
		check_text(r, k);
		check_type(r, k, ydoc_line(node));
		a->role = k->role_at.bad ? ROLES : find_role(r, &k->role_at, "role", k->role);
		take_limit_role(r, k, a);
		take_state(r, k, a);
		check_deadband(&r->w, &k->deadband_at, k->deadband);
		check_priority(r, k);
	}
	if (config_report_total(r->w.report) != before) {
		r->unsure = true;
		memset(a, 0, sizeof(*a));
		return;
	}
	snprintf(o->file, sizeof(o->file), "%.63s", slash ? slash + 1 : r->w.doc->file);
	o->line = ydoc_line(node);
	p->n_alarm_records++;
}

/* --- the files ------------------------------------------------------------------------------ */

static int
read_file(void *context, const char *path)
{
	struct reading *r = context;
	struct alarm_file_keys k;
	struct schema_part part = {&alarm_file_schema, &k};
	yaml_node_t *node;
	struct ydoc doc;

	if (ydoc_load(&doc, path, r->l->report)) {
		r->unsure = true;
		return 0; /* reported; the other files are read all the same */
	}
	r->w = (struct schema_walk){.doc = &doc, .report = r->l->report};
	if (!schema_read(&r->w, doc.root, &part, 1, false))
		r->unsure = true;
	for (uint32_t i = 0; k.alarms && (node = schema_element(&r->w, k.alarms, i)); i++) {
		size_t was = schema_down(&r->w, "alarms");

		schema_down_at(&r->w, i);
		if (r->l->p->n_alarm_records < RECORDS_MAX)
			read_record(r, node);
		else
			schema_error(&r->w, ydoc_line(node), NULL,
				     "is one record too many (allowed: %u)", RECORDS_MAX);
		schema_up(&r->w, was);
	}
	ydoc_close(&doc);
	return 0;
}

/* --- `alarms:` of the plant file ------------------------------------------------------------ */

static struct alarm_record *
find_record(struct plant *p, const char *id)
{
	for (uint32_t i = 0; i < p->n_alarm_records; i++)
		if (!strcmp(p->alarm_records[i].id, id))
			return &p->alarm_records[i];
	return NULL;
}

static const char *
near_record(const struct plant *p, const char *id)
{
	const char *near = NULL;

	for (uint32_t i = 0; i < p->n_alarm_records; i++)
		if (text_near(id, p->alarm_records[i].id) &&
		    (!near || text_distance(id, p->alarm_records[i].id) < text_distance(id, near)))
			near = p->alarm_records[i].id;
	return near;
}

static void
change_record(struct load *l, struct alarm_record *a, yaml_node_t *node)
{
	struct alarm_set_keys k;
	struct schema_part part = {&alarm_set_schema, &k};
	bool limits = bit_of(a->type) & LIMITS;

	if (!schema_read(&l->w, node, &part, 1, false))
		return;
	if (!limits && (k.limit_at.line || k.deadband_at.line)) {
		schema_error(&l->w, k.limit_at.line ? k.limit_at.line : k.deadband_at.line,
			     k.limit_at.line ? "limit" : "deadband",
			     "means nothing to %s, which has no limit (allowed: delays, priority, "
			     "page, enabled)",
			     a->id);
		return;
	}
	check_deadband(&l->w, &k.deadband_at, k.deadband);
	a->enabled = k.enabled;
	if (k.limit_at.line)
		a->limit = k.limit;
	if (k.deadband_at.line)
		a->deadband = k.deadband;
	if (k.on_delay_s_at.line)
		a->on_delay_s = k.on_delay_s;
	if (k.off_delay_s_at.line)
		a->off_delay_s = k.off_delay_s;
	if (k.priority_at.line)
		a->priority = (enum alarm_priority)(k.priority + 1);
	if (k.page_at.line)
		a->page = k.page;
}

static void
read_changes(struct load *l, bool unsure)
{
	yaml_node_t *map = l->keys.alarms, *value;
	size_t was = schema_down(&l->w, "alarms");
	const char *id;

	for (uint32_t i = 0; map && (id = schema_pair(&l->w, map, i, &value)); i++) {
		struct alarm_record *a = find_record(l->p, id);
		const char *near = a ? NULL : near_record(l->p, id);
		uint32_t line = ydoc_line(ydoc_node(&l->doc, map->data.mapping.pairs.start[i].key));
		size_t here;

		if (!*id)
			continue;
		if (a) {
			here = schema_down(&l->w, id);
			change_record(l, a, value);
			schema_up(&l->w, here);
		} else if (!unsure) {
			schema_error(&l->w, line, id,
				     "is no alarm record%s%s%s (allowed: ids of %.120s/alarms)",
				     near ? ", did you mean \"" : "", near ? near : "",
				     near ? "\"?" : "", l->library.dir);
		}
	}
	schema_up(&l->w, was);
}

int
load_alarms(struct load *l)
{
	struct reading r = {.l = l};

	r.origins = pool_alloc(&l->pool, RECORDS_MAX, sizeof(*r.origins));
	l->p->alarm_records = calloc(RECORDS_MAX, sizeof(*l->p->alarm_records));
	if (!r.origins || !l->p->alarm_records)
		return load_no_memory(l);
	if (*l->library.dir && library_has(&l->library, "alarms"))
		library_each(&l->library, "alarms", read_file, &r);
	else if (*l->library.dir)
		/* a plant that never alarms must be one that somebody wanted */
		schema_error(&l->w, l->keys.config_dir_at.line, "config_dir",
			     "%.120s has no alarms/ (allowed: a folder, which may be empty)",
			     l->library.dir);
	read_changes(l, r.unsure || !*l->library.dir);
	return 0;
}
