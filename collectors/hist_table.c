/* SPDX-License-Identifier: Apache-2.0 */
#include "collectors/hist_table.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- writing --- */

static json_t *
entry_of(const struct hist_plan *plan, const struct hist_file *file, const struct hist_column *c)
{
	const struct point *p = &plan->plant->points[c->point];
	struct hist_limit limit[HIST_LIMITS_MAX];
	uint32_t n = hist_limits(plan->plant, c->point, limit);
	json_t *limits = json_array();

	for (uint32_t i = 0; i < n; i++)
		json_array_append_new(limits, json_pack("{s:f, s:s}", "value", limit[i].value,
							"text", limit[i].text));
	return json_pack("{s:s, s:s, s:s, s:s, s:o}", "file", file->name, "ds", c->ds, "unit",
			 p->unit, "what", role_table[p->role].what, "limits", limits);
}

static char *
table_text(const struct hist_plan *plan)
{
	json_t *points = json_object();

	for (uint32_t i = 0; i < plan->n_files; i++)
		for (uint32_t j = 0; j < plan->files[i].n; j++) {
			const struct hist_column *c = &plan->columns[plan->files[i].first + j];
			json_object_set_new(points, plan->plant->points[c->point].name,
					    entry_of(plan, &plan->files[i], c));
		}
	json_t *all = json_pack("{s:s, s:o}", "site", plan->plant->site, "points", points);
	char *text = json_dumps(all, JSON_INDENT(1));
	json_decref(all);
	return text;
}

static int
write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
	return fsync(fd) == 0 ? 0 : -errno;
}

int
hist_table_write(const struct hist_plan *plan, const char *dir, struct errtext *err)
{
	char path[PATH_MAX], tmp[PATH_MAX];
	int rc = 0, fd = -1;
	char *text = table_text(plan);

	if (text == NULL)
		return errtext_set(err, -ENOMEM, "out of memory");
	if (snprintf(path, sizeof(path), "%s/" HIST_TABLE, dir) >= (int)sizeof(path) ||
	    snprintf(tmp, sizeof(tmp), "%s/" HIST_TABLE ".tmp", dir) >= (int)sizeof(tmp)) {
		rc = -ENAMETOOLONG;
		goto out;
	}
	unlink(tmp);
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	rc = fd < 0 ? -errno : write_all(fd, text, strlen(text));
	if (fd >= 0 && close(fd) != 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && rename(tmp, path) != 0)
		rc = -errno;
	if (rc != 0)
		unlink(tmp);
out:
	free(text);
	return rc == 0 ? 0 : errtext_set(err, rc, "%s/" HIST_TABLE ": %s", dir, strerror(-rc));
}

/* --- reading --- */

static void
copy(char *out, size_t size, const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	snprintf(out, size, "%s", text ? text : "");
}

static void
read_limits(struct hist_entry *out, const json_t *limits)
{
	for (size_t i = 0; i < json_array_size(limits) && out->n_limits < HIST_LIMITS_MAX; i++) {
		const json_t *from = json_array_get(limits, i);
		struct hist_limit *l = &out->limits[out->n_limits++];
		l->value = json_number_value(json_object_get(from, "value"));
		copy(l->text, sizeof(l->text), from, "text");
	}
}

static bool
read_entry(struct hist_entry *out, const json_t *from)
{
	*out = (struct hist_entry){0};
	copy(out->file, sizeof(out->file), from, "file");
	copy(out->ds, sizeof(out->ds), from, "ds");
	copy(out->unit, sizeof(out->unit), from, "unit");
	copy(out->what, sizeof(out->what), from, "what");
	read_limits(out, json_object_get(from, "limits"));
	return out->file[0] != '\0' && out->ds[0] != '\0' && strchr(out->file, '/') == NULL;
}

/* Characters that both begin with, and both end with. */
static size_t
likeness(const char *a, const char *b)
{
	size_t head = 0, tail = 0, n = strlen(a), m = strlen(b);

	while (head < n && head < m && a[head] == b[head])
		head++;
	while (tail + head < n && tail + head < m && a[n - 1 - tail] == b[m - 1 - tail])
		tail++;
	return head + tail;
}

static void
find_near(json_t *points, const char *point, char near[NAME_MAX_LEN])
{
	size_t best = strlen(point) / 2;
	const char *name;
	json_t *value;

	json_object_foreach(points, name, value)
	{
		size_t like = likeness(name, point);
		if (like > best) {
			best = like;
			snprintf(near, NAME_MAX_LEN, "%s", name);
		}
	}
}

int
hist_table_find(const char *dir, const char *point, struct hist_entry *out, char near[NAME_MAX_LEN],
		struct errtext *err)
{
	char path[PATH_MAX];
	json_error_t why;
	int rc = 0;

	if (near)
		near[0] = '\0';
	if (snprintf(path, sizeof(path), "%s/" HIST_TABLE, dir) >= (int)sizeof(path))
		return errtext_set(err, -ENAMETOOLONG, "%s: path too long", dir);
	if (access(path, R_OK) != 0)
		return errtext_set(err, -errno, "%s: %s", path, strerror(errno));
	json_t *all = json_load_file(path, 0, &why);
	json_t *points = json_object_get(all, "points");
	const json_t *entry = json_object_get(points, point);
	if (!json_is_object(points))
		rc = errtext_set(err, -EBADMSG, "%s: %s", path,
				 all ? "no table of points" : why.text);
	else if (entry == NULL)
		rc = errtext_set(err, -ESRCH, "%s does not name %s", path, point);
	else if (!read_entry(out, entry))
		rc = errtext_set(err, -EBADMSG, "%s: %s: no file or source", path, point);
	if (rc == -ESRCH && near)
		find_near(points, point, near);
	json_decref(all);
	return rc;
}
