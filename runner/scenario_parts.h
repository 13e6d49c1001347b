/* SPDX-License-Identifier: Apache-2.0 */
/* How the reader of scenario files is divided: its plant and its expectations. */
#ifndef ISOTHERM_RUNNER_SCENARIO_PARTS_H
#define ISOTHERM_RUNNER_SCENARIO_PARTS_H

#include "runner/scenario_file.h"
#include "runner/scenario_keys.h"

struct scenario_source { /* where the file stands, and what it says */
	const char *path, *config_dir;
	const char *text;
	size_t len;
};

/* `plant:` and `wafer:` into s->plant, NULL if it can't be had. */
void scenario_read_plant(struct scenario *s, const struct scenario_source *from,
			 struct schema_walk *w, const struct scenario_keys *keys);
/* `expect:`; s->plant may be NULL: then names are not judged. */
void scenario_read_expect(struct scenario *s, struct schema_walk *w, yaml_node_t *expect);

/* Room for one element more at the end of a growing array: the array, which may have moved; NULL (reported): no
 * memory, the old one stays. */
void *scenario_grow(struct schema_walk *w, void *array, uint32_t n, size_t size);

#endif
