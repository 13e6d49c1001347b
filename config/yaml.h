/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML files as libyaml's documents: every node knows its line. One document a file; anchors, aliases, merge keys and
 * tags are refused by name, each at its line, since a plant file must say what it says where it says it.
 */
#ifndef ISOTHERM_CONFIG_YAML_H
#define ISOTHERM_CONFIG_YAML_H

#include <yaml.h>

#include "config/plant.h"

#define YDOC_FILE_MAX (1u << 20) /* bytes */

struct ydoc {
	char file[256]; /* as shown in messages */
	yaml_document_t doc;
	yaml_node_t *root;
	bool open;
};

/* 0 and a root node; -EINVAL or -errno with the reason (line and column of a syntax error) in `report`. What was
 * refused by name is in the report too, but does not stop a reader from going on: look at config_report_total. */
int ydoc_parse(struct ydoc *out, const char *text, size_t len, const char *file,
	       struct config_report *report);
int ydoc_load(struct ydoc *out, const char *path, struct config_report *report);
void ydoc_close(struct ydoc *d);

yaml_node_t *ydoc_node(const struct ydoc *d, int id);
uint32_t ydoc_line(const yaml_node_t *node);
/* Text of a scalar without zero bytes, else NULL. */
const char *ydoc_scalar(const yaml_node_t *node);

/* Whole file as text for the caller to free; 0 or -errno, the reason in `report`. */
int config_file_read(const char *path, char **text, size_t *len, struct config_report *report);

#endif
