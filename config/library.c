/* SPDX-License-Identifier: Apache-2.0 */
#include "config/library.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/report.h"
#include "config/text.h"

static bool
is_yaml(const struct dirent *e, size_t *len)
{
	*len = strlen(e->d_name);
	if (*len <= 5 || e->d_name[0] == '.' || strcmp(e->d_name + *len - 5, ".yaml") != 0)
		return false;
	*len -= 5;
	return true;
}

char *
library_names(const struct library *l, const char *sub, char *out, size_t size)
{
	struct dirent **entries = NULL;
	char path[300];
	size_t n = 0, len;
	int count;

	snprintf(path, sizeof(path), "%s/%s", l->dir, sub);
	count = scandir(path, &entries, NULL, alphasort);
	*out = '\0';
	for (int i = 0; i < count; i++) {
		if (is_yaml(entries[i], &len) && n + len + 3 < size)
			n += (size_t)snprintf(out + n, size - n, "%s%.*s", n ? ", " : "", (int)len,
					      entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	if (!n)
		snprintf(out, size, "none is there");
	return out;
}

bool
library_has(const struct library *l, const char *sub)
{
	char path[300];
	int n = snprintf(path, sizeof(path), "%s/%s", l->dir, sub);

	return n > 0 && (size_t)n < sizeof(path) && access(path, X_OK) == 0;
}

int
library_each(const struct library *l, const char *sub, int (*take)(void *context, const char *path),
	     void *context)
{
	struct dirent **entries = NULL;
	char path[300];
	size_t len;
	int count, n, rc = 0;

	snprintf(path, sizeof(path), "%s/%s", l->dir, sub);
	/* a load works in the C locale, so this is the order of bytes */
	count = scandir(path, &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		n = snprintf(path, sizeof(path), "%s/%s/%s", l->dir, sub, entries[i]->d_name);
		if (!rc && is_yaml(entries[i], &len) && n > 0 && (size_t)n < sizeof(path))
			rc = take(context, path);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

/* Path of a file of the library; false: there is none. */
static bool
file_of(const struct library *l, const char *sub, const char *name, char *path, size_t size)
{
	int n = snprintf(path, size, "%s/%s/%s.yaml", l->dir, sub, name);

	/* a name is a word, so that it can't lead out of the folder */
	return *l->dir && text_is_name(name) && n > 0 && (size_t)n < size &&
	       access(path, F_OK) == 0;
}

struct profile *
library_profile(struct library *l, const char *name)
{
	struct schema_walk w = {.report = l->report};
	struct profile *p;
	struct ydoc doc;
	char path[300];

	for (p = l->profiles; p; p = p->next)
		if (!strcmp(p->name, name))
			return p;
	p = pool_alloc(l->pool, 1, sizeof(*p));
	if (!p)
		return NULL;
	p->next = l->profiles;
	l->profiles = p;
	snprintf(p->name, sizeof(p->name), "%s", name);
	p->state = FILE_MISSING;
	if (!file_of(l, "profiles", name, path, sizeof(path)))
		return p;
	p->state = FILE_WRONG;
	if (ydoc_load(&doc, path, l->report))
		return p;
	w.doc = &doc;
	profile_read(p, &w, l->pool);
	ydoc_close(&doc);
	return p;
}

static void
read_type_device(struct library *l, struct type *t, struct schema_walk *w, yaml_node_t *node)
{
	struct type_device_keys k;
	struct schema_part part = {&type_device_schema, &k};
	struct type_device *d = &t->devices[t->n];
	char names[200];

	schema_read(w, node, &part, 1, false);
	if (!k.name_at.bad && !text_is_name(k.name))
		schema_error(w, k.name_at.line, "name",
			     "\"%s\" is no device name (allowed: a-z, then a-z 0-9 _ -)", k.name);
	for (uint32_t i = 0; i < t->n && !k.name_at.bad; i++)
		if (!strcmp(t->devices[i].name, k.name))
			schema_error(w, k.name_at.line, "name",
				     "device \"%s\" is given twice, first in line %u", k.name,
				     t->devices[i].line);
	snprintf(d->name, sizeof(d->name), "%.15s", k.name);
	snprintf(d->profile, sizeof(d->profile), "%.31s", k.profile);
	d->line = ydoc_line(node);
	if (!k.profile_at.bad) {
		d->is = library_profile(l, k.profile);
		if (d->is && d->is->state == FILE_MISSING)
			schema_error(w, k.profile_at.line, "profile",
				     "no profile \"%s\" in %.100s/profiles (allowed: %s)",
				     k.profile, l->dir,
				     library_names(l, "profiles", names, sizeof(names)));
	}
	t->n++;
}

static void
read_model(struct type *t, struct schema_walk *w, yaml_node_t *node)
{
	struct model_keys k;
	struct schema_part part = {&model_schema, &k};
	size_t was = schema_down(w, "model");

	schema_defaults(&model_schema, &k);
	if (node)
		schema_read(w, node, &part, 1, false);
	schema_up(w, was);
#define MODEL(field, unit, value, lo, hi, text) t->model.field = k.field;
#include "config/model.def"
#undef MODEL
}

static void
read_type(struct library *l, struct type *t, struct schema_walk *w)
{
	struct type_keys k;
	struct schema_part part = {&type_schema, &k};
	yaml_node_t *e;

	schema_read(w, w->doc->root, &part, 1, false);
	if (!k.name_at.bad && strcmp(k.name, t->name) != 0)
		schema_error(w, k.name_at.line, "name",
			     "\"%s\" is not the name of the file (allowed: %s)", k.name, t->name);
	t->facility = (enum facility)k.facility;
	t->wafers = (uint32_t)k.wafers;
	read_model(t, w, k.model);
	for (uint32_t i = 0; k.devices && (e = schema_element(w, k.devices, i)); i++) {
		size_t was = schema_down(w, "devices");

		schema_down_at(w, i);
		if (i < TYPE_DEVICES_MAX)
			read_type_device(l, t, w, e);
		else if (i == TYPE_DEVICES_MAX)
			schema_error(w, ydoc_line(e), NULL, "is one device too many (allowed: %u)",
				     TYPE_DEVICES_MAX);
		schema_up(w, was);
	}
	if (k.devices && t->n == 0)
		schema_error(w, k.devices_at.line, "devices", "is empty (allowed: 1..%u devices)",
			     TYPE_DEVICES_MAX);
}

struct type *
library_type(struct library *l, const char *name)
{
	struct schema_walk w = {.report = l->report};
	size_t before = config_report_total(l->report);
	struct type *t;
	struct ydoc doc;

	for (t = l->types; t; t = t->next)
		if (!strcmp(t->name, name))
			return t;
	t = pool_alloc(l->pool, 1, sizeof(*t));
	if (!t)
		return NULL;
	t->next = l->types;
	l->types = t;
	snprintf(t->name, sizeof(t->name), "%s", name);
	t->state = FILE_MISSING;
	if (!file_of(l, "types", name, t->file, sizeof(t->file)))
		return t;
	t->state = FILE_WRONG;
	if (ydoc_load(&doc, t->file, l->report))
		return t;
	w.doc = &doc;
	read_type(l, t, &w);
	ydoc_close(&doc);
	if (config_report_total(l->report) == before)
		t->state = FILE_GOOD;
	return t;
}
