/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/ports.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
apply_line(struct plant *plant, const char *line, size_t len, struct errtext *err)
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
		int rc = len == 0 ? 0 : apply_line(plant, text, len, err);

		if (rc != 0)
			return rc;
		text += len + (text[len] == '\n' ? 1 : 0);
	}
	for (uint32_t d = 0; d < plant->n_devices; d++)
		if (plant->devices[d].port == 0)
			return errtext_set(err, -EINVAL, "sim.ports: no port for %s",
					   plant->devices[d].name);
	return 0;
}

int
ports_read(struct plant *plant, const char *path, struct errtext *err)
{
	size_t size = (size_t)plant->n_devices * (NAME_MAX_LEN + 8) + 1, n;
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
