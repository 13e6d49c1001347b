/* SPDX-License-Identifier: Apache-2.0 */
/* Where a job is: systems of the plant, reticles of each. */
#include <string.h>

#include "config/jobs.h"
#include "config/text.h"

/* --- systems -------------------------------------------------------------------------------- */

static int32_t
system_named(const struct plant *p, const char *name, size_t len)
{
	for (uint32_t k = 0; k < p->n_systems; k++)
		if (strlen(p->systems[k].name) == len && !strncmp(p->systems[k].name, name, len))
			return (int32_t)k;
	return -1;
}

/* "all", a name, or FIRST..LAST. */
static void
add_systems(struct schema_walk *w, const yaml_node_t *node, const struct plant *p, bool unsure,
	    struct job_config *job)
{
	const char *text = ydoc_scalar(node), *dots = text ? strstr(text, "..") : NULL;
	char shown[48];
	int32_t a, b;

	if (!text || !*text) {
		schema_error(w, ydoc_line(node), NULL,
			     "is no text (allowed: all, a system, FIRST..LAST)");
		return;
	}
	if (!strcmp(text, "all")) {
		a = 0;
		b = (int32_t)p->n_systems - 1;
	} else {
		a = system_named(p, text, dots ? (size_t)(dots - text) : strlen(text));
		b = dots ? system_named(p, dots + 2, strlen(dots + 2)) : a;
	}
	if (a < 0 || b < a) {
		if (!unsure && p->n_systems > 0)
			schema_error(w, ydoc_line(node), NULL,
				     "\"%s\" names no systems (allowed: all, %s .. %s, "
				     "FIRST..LAST)",
				     text_shown(text, shown, sizeof(shown)), p->systems[0].name,
				     p->systems[p->n_systems - 1].name);
		return;
	}
	for (int32_t k = a; k <= b && k < JOB_SYSTEMS_MAX; k++) {
		job->n_systems += !job->on[k];
		job->on[k] = true;
	}
}

void
jobs_systems(struct schema_walk *w, yaml_node_t *node, const struct plant *p, bool unsure,
	     struct job_config *job)
{
	size_t was = schema_down(w, "systems"), inner;
	yaml_node_t *e;

	if (!node) {
		for (uint32_t k = 0; k < p->n_systems && k < JOB_SYSTEMS_MAX; k++)
			job->on[k] = true;
		job->n_systems = p->n_systems;
	} else if (node->type == YAML_SCALAR_NODE) {
		add_systems(w, node, p, unsure, job);
	} else if (node->type == YAML_SEQUENCE_NODE) {
		for (uint32_t i = 0; (e = schema_element(w, node, i)); i++) {
			inner = schema_down_at(w, i);
			add_systems(w, e, p, unsure, job);
			schema_up(w, inner);
		}
		if (node->data.sequence.items.start == node->data.sequence.items.top)
			schema_error(w, ydoc_line(node), NULL,
				     "is empty (allowed: all, or a list of systems)");
	} else {
		schema_error(w, ydoc_line(node), NULL,
			     "is a mapping (allowed: all, a system, FIRST..LAST, or a list)");
	}
	schema_up(w, was);
}

/* --- reticles ------------------------------------------------------------------------------- */

/* A number of one or two digits; NULL: none there. */
static const char *
number(const char *s, uint32_t *out)
{
	if (*s < '0' || *s > '9')
		return NULL;
	*out = (uint32_t)(*s++ - '0');
	if (*s >= '0' && *s <= '9')
		*out = 10 * *out + (uint32_t)(*s++ - '0');
	return s;
}

/* "3-7", or "3" alone, to the end of the text. */
static bool
range(const char *s, uint32_t n, uint32_t *a, uint32_t *b)
{
	s = number(s, a);
	if (!s)
		return false;
	*b = *a;
	if (*s == '-')
		s = number(s + 1, b);
	return s && !*s && *a <= *b && *b < n;
}

/* "r02c11" */
static const char *
corner(const char *s, uint32_t *row, uint32_t *column)
{
	if (*s != 'r' || !(s = number(s + 1, row)) || *s != 'c')
		return NULL;
	s = number(s + 1, column);
	return s && *row < ROWS && *column < ZONES ? s : NULL;
}

static void
take(struct job_config *job, uint32_t row, uint32_t column)
{
	uint32_t i = row * ZONES + column;

	job->n_reticles += !job->reticle[i];
	job->reticle[i] = true;
}

bool
jobs_reticles(const char *text, struct job_config *job)
{
	uint32_t y0 = 0, y1 = ROWS - 1, x0 = 0, x1 = ZONES - 1, a, b;
	const char *s;

	if (range(text, RETICLES, &a, &b)) {
		for (uint32_t i = a; i <= b; i++)
			take(job, i / ZONES, i % ZONES);
		return true;
	}
	if (!strncmp(text, "columns ", 8)) {
		if (!range(text + 8, ZONES, &x0, &x1))
			return false;
	} else if (!strncmp(text, "rectangle ", 10)) {
		s = corner(text + 10, &y0, &x0);
		if (!s || s[0] != '.' || s[1] != '.' || !(s = corner(s + 2, &y1, &x1)) || *s)
			return false;
	} else if (strcmp(text, "all") != 0) {
		return false;
	}
	for (uint32_t y = y0; y <= y1; y++)
		for (uint32_t x = x0; x <= x1; x++)
			take(job, y, x);
	return job->n_reticles > 0;
}
