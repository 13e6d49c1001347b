/* SPDX-License-Identifier: Apache-2.0 */
/* Serial lines, and the devices on them. */
#include "config/plant_lines.h"

#include <stdlib.h>
#include <string.h>

#include "config/report.h"
#include "config/text.h"

#define UNIT_MAX 247 /* Modbus over serial line 1.02, 2.2: 248..255 are reserved, 0 is broadcast */
#define AUTO "auto"

static void
check_path(struct load *l, const struct schema_at *at, const char *key, const char *path)
{
	if (at->line && !at->bad && strcmp(path, AUTO) != 0 && path[0] != '/')
		schema_error(
			&l->w, at->line, key,
			"\"%s\" is no absolute path (allowed: a path that begins with /, or auto)",
			path);
}

static void
add_line(struct load *l, uint32_t i, yaml_node_t *node)
{
	static const int32_t bauds[] = {1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200};
	struct plant *p = l->p;
	struct line_config *to = &p->lines[p->n_lines++];
	struct line_keys *k = &l->lines[i].keys;
	struct schema_part part = {&line_schema, k};

	l->lines[i].line = ydoc_line(node);
	snprintf(l->lines[i].path, sizeof(l->lines[i].path), "%.39s", l->w.path);
	schema_read(&l->w, node, &part, 1, false);
	if (!k->name_at.bad && !text_is_name(k->name))
		schema_error(&l->w, k->name_at.line, "name",
			     "\"%s\" is no name of a line (allowed: a-z, then a-z 0-9 _ -)",
			     k->name);
	check_path(l, &k->path_at, "path", k->path);
	check_path(l, &k->serve_at, "serve", k->serve);
	for (uint32_t a = 0; a < i && !k->name_at.bad; a++)
		if (!strcmp(p->lines[a].name, k->name))
			schema_error(&l->w, k->name_at.line, "name",
				     "line \"%s\" is there twice, first in line %u", k->name,
				     l->lines[a].line);
	snprintf(to->name, sizeof(to->name), "%.15s", k->name);
	if (strcmp(k->path, AUTO) != 0)
		snprintf(to->path, sizeof(to->path), "%.191s", k->path);
	/* where the simulator chooses the path it is its own terminal, too */
	if (!*to->path && !*k->serve)
		snprintf(to->serve, sizeof(to->serve), AUTO);
	else
		snprintf(to->serve, sizeof(to->serve), "%.191s", k->serve);
	for (uint32_t a = 0; *to->path && a < i; a++)
		if (!strcmp(p->lines[a].path, to->path))
			schema_error(&l->w, k->path_at.line, "path",
				     "%s is also that of line \"%s\" (allowed: one of its own)",
				     to->path, p->lines[a].name);
	to->baud = bauds[k->baud >= 0 && k->baud < (int)(sizeof(bauds) / sizeof(*bauds)) ? k->baud
											 : 0];
	to->parity = (enum line_parity)k->parity;
	to->stop_bits = (int32_t)k->stop;
}

int
load_lines(struct load *l)
{
	yaml_node_t *list = l->keys.lines, *node;
	uint32_t n =
		list ? (uint32_t)(list->data.sequence.items.top - list->data.sequence.items.start)
		     : 0;

	l->p->lines = calloc(n + 1u, sizeof(*l->p->lines));
	l->lines = pool_alloc(&l->pool, n + 1u, sizeof(*l->lines));
	if (!l->p->lines || !l->lines)
		return load_no_memory(l);
	for (uint32_t i = 0; i < n && (node = schema_element(&l->w, list, i)) != NULL; i++) {
		size_t was = schema_down(&l->w, "lines");

		schema_down_at(&l->w, i);
		add_line(l, i, node);
		schema_up(&l->w, was);
	}
	return 0;
}

static void
tell_unknown(struct load *l, uint32_t device, const char *name)
{
	const struct made_device *m = &l->devices[device];
	char names[200] = "";
	size_t n = 0;

	for (uint32_t i = 0; i < l->p->n_lines && n < sizeof(names); i++)
		n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", i ? ", " : "",
				      l->p->lines[i].name);
	load_error(l, &m->set.line_at, 0, m->path, l->p->devices[device].name, "line",
		   "no line \"%s\" (allowed: %s)", name,
		   *names ? names : "a name of an entry of lines:, and there is none");
}

int32_t
load_line_of(struct load *l, uint32_t device)
{
	const struct device_set_keys *k = &l->devices[device].set;

	if (!k->line_at.line || k->line_at.bad)
		return -1;
	for (uint32_t i = 0; i < l->p->n_lines; i++)
		if (!strcmp(l->p->lines[i].name, k->line))
			return (int32_t)i;
	tell_unknown(l, device, k->line);
	return -1;
}

/* The keys of a device that has a line. */
static void
check_keys(struct load *l, uint32_t i)
{
	const struct made_device *m = &l->devices[i];
	const struct device *d = &l->p->devices[i];
	const struct line_config *line = &l->p->lines[d->line];
	const struct schema_at *tcp = m->set.host_at.line ? &m->set.host_at : &m->set.port_at;

	if (d->unit < 1 || d->unit > UNIT_MAX)
		load_error(l, m->set.unit_at.line ? &m->set.unit_at : &m->set.line_at, 0, m->path,
			   d->name, "unit", "%u is out of range on a line (allowed: 1..%d)",
			   d->unit, UNIT_MAX);
	if (tcp->line)
		load_error(l, tcp, 0, m->path, d->name, "line",
			   "together with %s (allowed: a line, or host and port)",
			   m->set.host_at.line ? "host" : "port");
	if (!d->simulated && !*line->path)
		load_error(l, &m->set.line_at, 0, m->path, d->name, "line",
			   "\"%s\" has `path: auto`, which is for simulated devices, %s is real "
			   "(allowed: a line with a path)",
			   line->name, d->name);
	if (d->simulated && !*line->serve)
		load_error(l, &m->set.line_at, 0, m->path, d->name, "line",
			   "\"%s\" says no `serve`, so the simulator can't answer there for %s "
			   "(allowed: a line with `path: auto` or with `serve`)",
			   line->name, d->name);
}

void
load_lines_check(struct load *l)
{
	const struct plant *p = l->p;

	for (uint32_t i = 0; i < p->n_devices; i++) {
		const struct device *d = &p->devices[i];
		const struct made_device *m = &l->devices[i];

		if (d->line < 0)
			continue;
		check_keys(l, i);
		for (uint32_t a = 0; a < i; a++) {
			if (p->devices[a].line != d->line || p->devices[a].unit != d->unit)
				continue;
			load_error(l, m->set.unit_at.line ? &m->set.unit_at : &m->set.line_at, 0,
				   m->path, d->name, "unit",
				   "unit %u of line \"%s\" is also that of %s (allowed: one of its "
				   "own)",
				   d->unit, p->lines[d->line].name, p->devices[a].name);
			break;
		}
	}
}
