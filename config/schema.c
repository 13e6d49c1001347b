/* SPDX-License-Identifier: Apache-2.0 */
#include "config/schema.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "config/report.h"
#include "config/schema_value.h"
#include "config/text.h"

#define SHOWN 40 /* bytes of a wrong value that a message repeats */

size_t
schema_down(struct schema_walk *w, const char *key)
{
	size_t was = strlen(w->path);
	char shown[SHOWN + 8];

	snprintf(w->path + was, sizeof(w->path) - was, "%s%s", was ? "." : "",
		 text_shown(key, shown, sizeof(shown)));
	return was;
}

size_t
schema_down_at(struct schema_walk *w, uint32_t i)
{
	size_t was = strlen(w->path);

	snprintf(w->path + was, sizeof(w->path) - was, "[%u]", i);
	return was;
}

void
schema_up(struct schema_walk *w, size_t was)
{
	w->path[was] = '\0';
}

void
schema_error(struct schema_walk *w, uint32_t line, const char *key, const char *format, ...)
{
	size_t was = key && *key ? schema_down(w, key) : strlen(w->path);
	char text[400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	config_report_at(w->report, w->doc->file, line, w->path, "%s", text);
	schema_up(w, was);
}

static void
clear_field(const struct schema_key *k, void *out)
{
	static const size_t sizes[] = {
		[SCHEMA_NAME] = SCHEMA_NAME_SIZE,       [SCHEMA_TEXT] = SCHEMA_TEXT_SIZE,
		[SCHEMA_INTEGER] = sizeof(int64_t),     [SCHEMA_CODE] = sizeof(uint64_t),
		[SCHEMA_NUMBER] = sizeof(double),       [SCHEMA_FLAG] = sizeof(bool),
		[SCHEMA_CHOICE] = sizeof(int32_t),      [SCHEMA_PORT] = sizeof(int64_t),
		[SCHEMA_INTERVAL] = 2 * sizeof(double), [SCHEMA_MAP] = sizeof(yaml_node_t *),
		[SCHEMA_LIST] = sizeof(yaml_node_t *),  [SCHEMA_ANY] = sizeof(yaml_node_t *)};

	memset((char *)out + k->field, 0, sizes[k->type]);
}

static void
set_default(const struct schema_key *k, void *out)
{
	char why[SCHEMA_WHY_SIZE] = "";
	bool good;

	clear_field(k, out);
	memset((char *)out + k->at, 0, sizeof(struct schema_at));
	if (!k->value || !*k->value)
		return;
	good = schema_value_set(k, k->value, (char *)out + k->field, why);
	assert(good); /* a default of ours must pass its own check */
	(void)good;
}

void
schema_defaults(const struct schema *kind, void *out)
{
	for (size_t i = 0; i < kind->n_keys; i++)
		set_default(&kind->keys[i], out);
}

/* A tag that was written: refused by name when the file was read. */
static bool
is_tagged(const yaml_node_t *node)
{
	const char *tag = (const char *)node->tag;

	return tag && strcmp(tag, YAML_DEFAULT_SCALAR_TAG) != 0 &&
	       strcmp(tag, YAML_DEFAULT_SEQUENCE_TAG) != 0 &&
	       strcmp(tag, YAML_DEFAULT_MAPPING_TAG) != 0;
}

static struct schema_at *
at_of(const struct schema_key *k, void *out)
{
	return (void *)((char *)out + k->at);
}

static const char *
kind_of(const yaml_node_t *node)
{
	if (node->type == YAML_MAPPING_NODE)
		return "is a mapping";
	if (node->type == YAML_SEQUENCE_NODE)
		return "is a list";
	return "is a single value";
}

static bool
set_interval(const struct schema_walk *w, const struct schema_key *k, yaml_node_t *node,
	     double *out, char *why)
{
	yaml_node_t *third = schema_element(w, node, 2);

	for (uint32_t i = 0; i < 2; i++) {
		yaml_node_t *e = schema_element(w, node, i);
		const char *text = e ? ydoc_scalar(e) : NULL;

		if (!text || third || e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) {
			snprintf(why, SCHEMA_WHY_SIZE, "does not have two numbers");
			return false;
		}
		if (!schema_number_set(k, text, &out[i], why))
			return false;
	}
	if (out[0] < out[1])
		return true;
	snprintf(why, SCHEMA_WHY_SIZE, "lower end %.10g is not below the upper one %.10g", out[0],
		 out[1]);
	return false;
}

static bool
set_value(const struct schema_walk *w, const struct schema_key *k, yaml_node_t *node, void *field,
	  char *why)
{
	bool numeric = k->type == SCHEMA_INTEGER || k->type == SCHEMA_CODE ||
		       k->type == SCHEMA_NUMBER || k->type == SCHEMA_PORT;
	const char *text = ydoc_scalar(node);

	if (k->type == SCHEMA_ANY || (k->type == SCHEMA_MAP && node->type == YAML_MAPPING_NODE) ||
	    (k->type == SCHEMA_LIST && node->type == YAML_SEQUENCE_NODE)) {
		*(yaml_node_t **)field = node;
		return true;
	}
	if (k->type == SCHEMA_INTERVAL && node->type == YAML_SEQUENCE_NODE)
		return set_interval(w, k, node, field, why);
	if (!text) {
		snprintf(why, SCHEMA_WHY_SIZE, "%s",
			 node->type == YAML_SCALAR_NODE ? "has a zero byte" : kind_of(node));
		return false;
	}
	if (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	    (!*text || !strcmp(text, "~") || !strcmp(text, "null"))) {
		snprintf(why, SCHEMA_WHY_SIZE, "has no value");
		return false;
	}
	if (numeric && node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) {
		schema_why(why, text, "stands in quotes, so it is text");
		return false;
	}
	return schema_value_set(k, text, field, why);
}

static void
read_key(struct schema_walk *w, const struct schema_key *k, const yaml_node_t *key,
	 yaml_node_t *value, void *out)
{
	struct schema_at *at = at_of(k, out);
	void *field = (char *)out + k->field;
	char why[SCHEMA_WHY_SIZE] = "", allowed[200];

	at->line = ydoc_line(key);
	at->origin = w->origin;
	clear_field(k, out);
	at->bad = !set_value(w, k, value, field, why);
	if (!at->bad)
		return;
	if (!is_tagged(value))
		schema_error(w, at->line, k->key, "%s (allowed: %s)", why,
			     schema_allowed(k, allowed, sizeof(allowed)));
	clear_field(k, out);
	if (k->value && *k->value)
		(void)schema_value_set(k, k->value, field, why);
}

static const struct schema_key *
find_key(const struct schema_part *parts, size_t n_parts, const char *name, void **out)
{
	for (size_t p = 0; p < n_parts; p++)
		for (size_t i = 0; i < parts[p].kind->n_keys; i++)
			if (!strcmp(parts[p].kind->keys[i].key, name)) {
				*out = parts[p].out;
				return &parts[p].kind->keys[i];
			}
	return NULL;
}

/* The keys of all tables, cut off where `out` is full. */
static char *
list_keys(const struct schema_part *parts, size_t n_parts, char *out, size_t size)
{
	size_t n = 0;

	for (size_t p = 0; p < n_parts; p++)
		for (size_t i = 0; i < parts[p].kind->n_keys; i++) {
			const char *key = parts[p].kind->keys[i].key;

			if (n + strlen(key) + sizeof(", ...") >= size) {
				snprintf(out + n, size - n, ", ...");
				return out;
			}
			n += (size_t)snprintf(out + n, size - n, "%s%s", n ? ", " : "", key);
		}
	return out;
}

static const char *
nearest_key(const struct schema_part *parts, size_t n_parts, const char *name)
{
	const char *near = NULL;

	for (size_t p = 0; p < n_parts; p++)
		for (size_t i = 0; i < parts[p].kind->n_keys; i++) {
			const char *key = parts[p].kind->keys[i].key;

			if (text_near(name, key) &&
			    (!near || text_distance(name, key) < text_distance(name, near)))
				near = key;
		}
	return near;
}

static void
report_unknown(struct schema_walk *w, const struct schema_part *parts, size_t n_parts,
	       const char *name, uint32_t line)
{
	const char *near = nearest_key(parts, n_parts, name);
	char list[280] = "";

	schema_error(w, line, name, "unknown key%s%s%s (allowed: %s)",
		     near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "",
		     list_keys(parts, n_parts, list, sizeof(list)));
}

static const char *
key_at(const struct schema_walk *w, yaml_node_t *map, uint32_t i, yaml_node_t **key,
       yaml_node_t **value)
{
	const yaml_node_pair_t *pair = map->data.mapping.pairs.start + i;

	*key = ydoc_node(w->doc, pair->key);
	*value = ydoc_node(w->doc, pair->value);
	return ydoc_scalar(*key);
}

static uint32_t
n_pairs(const yaml_node_t *map)
{
	return (uint32_t)(map->data.mapping.pairs.top - map->data.mapping.pairs.start);
}

const char *
schema_pair(struct schema_walk *w, yaml_node_t *map, uint32_t i, yaml_node_t **value)
{
	yaml_node_t *key, *key0, *value0;
	const char *name, *name0;

	if (i >= n_pairs(map))
		return NULL;
	name = key_at(w, map, i, &key, value);
	if (!name || !*name) {
		schema_error(w, ydoc_line(key), NULL, "a key %s (allowed: a single word)",
			     name ? "is empty" : kind_of(key));
		return "";
	}
	/* a merge key is refused by name when the file is read; once is enough */
	if (!strcmp(name, "<<") && key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		return "";
	for (uint32_t k = 0; k < i; k++) {
		name0 = key_at(w, map, k, &key0, &value0);
		if (name0 && !strcmp(name0, name)) {
			schema_error(w, ydoc_line(key), name, "is given twice, first in line %u",
				     ydoc_line(key0));
			return "";
		}
	}
	return name;
}

yaml_node_t *
schema_element(const struct schema_walk *w, yaml_node_t *list, uint32_t i)
{
	const yaml_node_item_t *start = list->data.sequence.items.start;

	return i < list->data.sequence.items.top - start ? ydoc_node(w->doc, start[i]) : NULL;
}

static void
read_pairs(struct schema_walk *w, yaml_node_t *node, const struct schema_part *parts,
	   size_t n_parts)
{
	const struct schema_key *k;
	yaml_node_t *value;
	const char *name;
	void *out = NULL;

	for (uint32_t i = 0; (name = schema_pair(w, node, i, &value)); i++) {
		const yaml_node_t *key = ydoc_node(w->doc, node->data.mapping.pairs.start[i].key);

		if (!*name)
			continue;
		k = find_key(parts, n_parts, name, &out);
		if (k)
			read_key(w, k, key, value, out);
		else
			report_unknown(w, parts, n_parts, name, ydoc_line(key));
	}
}

static void
report_missing(struct schema_walk *w, uint32_t line, const struct schema_part *part)
{
	char allowed[200];

	for (size_t i = 0; i < part->kind->n_keys; i++) {
		const struct schema_key *k = &part->kind->keys[i];
		struct schema_at *at = at_of(k, part->out);

		if (k->value || at->line)
			continue;
		at->line = line;
		at->bad = true;
		schema_error(w, line, k->key, "is missing (allowed: %s)",
			     schema_allowed(k, allowed, sizeof(allowed)));
	}
}

/* Not even a mapping: nothing of it is to be judged. */
static void
mark_bad(const struct schema_part *part)
{
	for (size_t i = 0; i < part->kind->n_keys; i++) {
		at_of(&part->kind->keys[i], part->out)->bad = true;
	}
}

bool
schema_read(struct schema_walk *w, yaml_node_t *node, const struct schema_part *parts,
	    size_t n_parts, bool overlay)
{
	size_t before = config_report_total(w->report);

	for (size_t p = 0; p < n_parts && !overlay; p++)
		schema_defaults(parts[p].kind, parts[p].out);
	if (node->type != YAML_MAPPING_NODE) {
		schema_error(w, ydoc_line(node), NULL, "%s (allowed: a mapping)", kind_of(node));
		for (size_t p = 0; p < n_parts && !overlay; p++)
			mark_bad(&parts[p]);
		return false;
	}
	read_pairs(w, node, parts, n_parts);
	for (size_t p = 0; p < n_parts && !overlay; p++)
		report_missing(w, ydoc_line(node), &parts[p]);
	return config_report_total(w->report) == before;
}

static const char *
type_name(enum schema_type type)
{
	static const char *const names[] = {
		[SCHEMA_NAME] = "name",         [SCHEMA_TEXT] = "text",
		[SCHEMA_INTEGER] = "integer",   [SCHEMA_CODE] = "integer",
		[SCHEMA_NUMBER] = "number",     [SCHEMA_FLAG] = "yes/no",
		[SCHEMA_CHOICE] = "choice",     [SCHEMA_PORT] = "port",
		[SCHEMA_INTERVAL] = "interval", [SCHEMA_MAP] = "mapping",
		[SCHEMA_LIST] = "list",         [SCHEMA_ANY] = "any"};

	return names[type];
}

void
schema_manual(const struct schema *kind, FILE *to)
{
	char allowed[200];

	fprintf(to,
		"### %s\n%s\n\n| key | type | allowed | default | meaning "
		"|\n|---|---|---|---|---|\n",
		kind->name, kind->text);
	for (size_t i = 0; i < kind->n_keys; i++) {
		const struct schema_key *k = &kind->keys[i];

		fprintf(to, "| `%s` | %s | %s | %s | %s |\n", k->key, type_name(k->type),
			schema_allowed(k, allowed, sizeof(allowed)),
			!k->value   ? "required"
			: *k->value ? k->value
				    : "-",
			k->text);
	}
	fprintf(to, "\n");
}
