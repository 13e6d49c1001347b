/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/ports.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MARK "line:"

/* "line:NAME PATH": where a serial line of simulated devices is reached. */
static int
apply_path(struct plant *plant, const char *line, size_t len, struct errtext *err)
{
	const char *name = line + strlen(LINE_MARK), *space = memchr(line, ' ', len);
	size_t n = space != NULL && space > name ? (size_t)(space - name) : 0;
	size_t path = space != NULL ? (size_t)(line + len - space - 1) : 0;

	for (uint32_t i = 0; i < plant->n_lines && n > 0; i++) {
		struct line_config *to = &plant->lines[i];

		if (strlen(to->name) != n || memcmp(to->name, name, n) != 0)
			continue;
		if (path == 0 || path >= sizeof to->path)
			break;
		memcpy(to->path, space + 1, path);
		to->path[path] = '\0';
		return 0;
	}
	return errtext_set(err, -EINVAL, "sim.ports: '%.*s' names no line and its path", (int)len,
			   line);
}

static int
apply_port(struct plant *plant, const char *line, size_t len, struct errtext *err)
{
	char name[NAME_MAX_LEN];
	const char *space = memchr(line, ' ', len);
	unsigned long port;
	char *end = NULL;
	int32_t d;

	if (space == NULL || (size_t)(space - line) >= sizeof name)
		return errtext_set(err, -EINVAL, "sim.ports: '%.*s' is not DEVICE PORT", (int)len,
				   line);
	memcpy(name, line, (size_t)(space - line));
	name[space - line] = '\0';
	d = plant_device(plant, name);
	if (d < 0 || !plant->devices[d].simulated)
		return errtext_set(err, -EINVAL, "sim.ports: no simulated device '%s'", name);
	port = strtoul(space + 1, &end, 10);
	if (port == 0 || port > UINT16_MAX || end != line + len)
		return errtext_set(err, -EINVAL, "sim.ports: %s: '%.*s' is not a port", name,
				   (int)(line + len - space - 1), space + 1);
	plant->devices[d].port = (uint16_t)port;
	return 0;
}

int
ports_apply(struct plant *plant, const char *text, struct errtext *err)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");
		int rc = 0;

		if (strncmp(text, LINE_MARK, strlen(LINE_MARK)) == 0)
			rc = apply_path(plant, text, len, err);
		else if (len != 0)
			rc = apply_port(plant, text, len, err);

		if (rc != 0)
			return rc;
		text += len + (text[len] == '\n' ? 1 : 0);
	}
	for (uint32_t d = 0; d < plant->n_devices; d++) {
		const struct device *to = &plant->devices[d];

		if (to->line < 0 ? to->port == 0 : plant->lines[to->line].path[0] == '\0')
			return errtext_set(err, -EINVAL, "sim.ports: no %s for %s",
					   to->line < 0 ? "port" : "path of its line", to->name);
	}
	return 0;
}

int
ports_read(struct plant *plant, const char *path, struct errtext *err)
{
	size_t size = (size_t)plant->n_devices * (NAME_MAX_LEN + 8) +
		      plant->n_lines * (sizeof plant->lines[0].path + 32) + 1,
	       n;
	char *text = malloc(size);
	FILE *in = fopen(path, "re");
	int rc;

	if (text == NULL || in == NULL) {
		rc = errtext_set(err, -errno, "%s: %s", path, strerror(errno));
		goto out;
	}
	n = fread(text, 1, size - 1, in);
	text[n] = '\0';
	rc = ports_apply(plant, text, err);
out:
	if (in != NULL)
		(void)fclose(in);
	free(text);
	return rc;
}
