/* SPDX-License-Identifier: Apache-2.0 */
#include "collectors/hist_store.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "collectors/hist_rrd.h"
#include "collectors/hist_table.h"
#include "core/clock.h"
#include "core/log.h"

#define RETRY_NS (10 * NS_PER_S)
#define LOCKED_RETRY_NS NS_PER_S
#define SYNC_EVERY_NS (60 * NS_PER_S)
#define BUDGET_NS (20 * NS_PER_MS)
#define SLOW_NS (200 * NS_PER_MS)
#define REST_TIMES 20 /* a file that took so long rests this many times as long */
#define REST_MAX_NS (60 * NS_PER_S)
#define RESERVE_BYTES (4u << 20) /* left to others when a file is made */

int
hist_store_open(struct hist_store *out, const struct hist_plan *plan, const char *state_dir)
{
	uint32_t most = 0;

	*out = (struct hist_store){.plan = plan};
	for (uint32_t i = 0; i < plan->n_files; i++)
		if (plan->files[i].n > most)
			most = plan->files[i].n;
	out->row_size = HIST_ROW_SIZE(most);
	out->row = malloc(out->row_size);
	out->files = calloc(plan->n_files + 1, sizeof(*out->files));
	snprintf(out->dir, sizeof(out->dir), "%s/rrd", state_dir);
	if (out->row != NULL && out->files != NULL)
		return 0;
	hist_store_close(out);
	return -ENOMEM;
}

static void
path_of(const struct hist_store *store, uint32_t file, char out[PATH_MAX])
{
	if (snprintf(out, PATH_MAX, "%s/%s", store->dir, store->plan->files[file].name) >= PATH_MAX)
		out[0] = '\0'; /* every call on it fails with ENOENT */
}

/* --- what fails --- */

static void
failed(struct hist_store *store, uint32_t file, const char *why)
{
	struct store_file *f = &store->files[file];

	if (!f->failing)
		store->n_failing++;
	f->failing = true;
	f->after_ns = clock_mono_ns() + RETRY_NS;
	if (!store->said)
		log_warning("history can't be written, tried again every 10 s: %s", why);
	store->said = true;
}

static void
works(struct hist_store *store, uint32_t file)
{
	struct store_file *f = &store->files[file];

	if (!f->failing)
		return;
	f->failing = false;
	if (--store->n_failing == 0) {
		log_info("history is written again");
		store->said = false;
	}
}

static void
shut(struct hist_store *store, struct hist_feed *feed, uint32_t file)
{
	if (store->files[file].open)
		store->n_open--;
	store->files[file].open = false;
	hist_feed_file(feed, file, false, 0);
}

/* --- opening --- */

/* Each part of the path that is missing. */
static int
make_folders(const char *dir)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", dir);
	for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = '\0';
		if (mkdir(path, 0755) != 0 && errno != EEXIST)
			return -errno;
		if (!slash)
			return 0;
		*slash = '/';
	}
}

static int
sync_path(const char *path, bool folder)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | (folder ? O_DIRECTORY : 0));

	if (fd < 0)
		return -errno;
	int rc = (folder ? fsync(fd) : fdatasync(fd)) == 0 ? 0 : -errno;
	close(fd);
	return rc;
}

static int
make_file(struct hist_store *store, uint32_t file, const char *path, int64_t last_s,
	  struct errtext *err)
{
	const struct hist_file *f = &store->plan->files[file];
	uint64_t bytes = hist_file_bytes(f);
	struct statvfs vfs;
	int rc = make_folders(store->dir);

	if (rc != 0)
		return errtext_set(err, rc, "%s: %s", store->dir, strerror(-rc));
	if (statvfs(store->dir, &vfs) == 0 &&
	    (uint64_t)vfs.f_bavail * vfs.f_frsize < bytes + RESERVE_BYTES)
		return errtext_set(err, -ENOSPC, "%s: no space: %.1f MB needed, %.1f MB free", path,
				   (double)(bytes + RESERVE_BYTES) / 1e6,
				   (double)vfs.f_bavail * (double)vfs.f_frsize / 1e6);
	rc = hist_rrd_create(path, f, store->plan->columns + f->first, last_s, err);
	if (rc != 0)
		return rc;
	rc = sync_path(path, false);
	if (rc == 0)
		rc = sync_path(store->dir, true);
	return rc == 0 ? 0 : errtext_set(err, rc, "%s: sync: %s", path, strerror(-rc));
}

/* "NAME.bad-20261126T143158Z", or with a number behind it. 0 or -errno. */
static int
move_aside(const char *path, char to[PATH_MAX])
{
	char utc[40], stamp[40];
	size_t n = 0;

	clock_utc_text(clock_wall_ns(), utc, sizeof(utc));
	for (const char *c = utc; *c && *c != '.'; c++)
		if (*c != '-' && *c != ':')
			stamp[n++] = *c;
	stamp[n] = '\0';
	for (int i = 0; i < 100; i++) {
		struct stat st;
		int len = i == 0 ? snprintf(to, PATH_MAX, "%s.bad-%sZ", path, stamp)
				 : snprintf(to, PATH_MAX, "%s.bad-%sZ-%d", path, stamp, i);
		if (len >= PATH_MAX)
			return -ENAMETOOLONG;
		if (lstat(to, &st) != 0 && errno == ENOENT)
			return rename(path, to) == 0 ? 0 : -errno;
	}
	return -EEXIST;
}

void
hist_store_set_aside(struct hist_store *store, struct hist_feed *feed, uint32_t file,
		     const char *why)
{
	char path[PATH_MAX], to[PATH_MAX];
	struct errtext err;

	path_of(store, file, path);
	shut(store, feed, file);
	int rc = move_aside(path, to);
	if (rc != 0) {
		errtext_set(&err, rc, "%s; it can't be set aside: %s", why, strerror(-rc));
		failed(store, file, err.text);
		return;
	}
	store->set_aside++;
	store->files[file].after_ns = 0;
	log_warning("%s: set aside as %s and begun anew", why, strrchr(to, '/') + 1);
}

/* The file stands under its name and is right. */
static void
opened(struct hist_store *store, struct hist_feed *feed, uint32_t file, const char *path,
       int64_t last_s)
{
	struct store_file *f = &store->files[file];
	struct stat st;

	if (lstat(path, &st) != 0) {
		failed(store, file, path);
		return;
	}
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	f->size = st.st_size;
	f->open = true;
	f->after_ns = 0;
	store->n_open++;
	hist_feed_file(feed, file, true, last_s);
	works(store, file);
}

static void
open_one(struct hist_store *store, struct hist_feed *feed, uint32_t file, int64_t wall_s)
{
	const struct hist_file *f = &store->plan->files[file];
	const struct hist_column *columns = store->plan->columns + f->first;
	char path[PATH_MAX];
	struct errtext err = {""};
	int64_t last_s = wall_s - 1;

	path_of(store, file, path);
	int rc = hist_rrd_check(path, f, columns, &last_s, &err);
	if (rc == -EBADMSG) {
		hist_store_set_aside(store, feed, file, err.text);
		if (store->files[file].failing)
			return;
		rc = -ENOENT;
	}
	if (rc == -ENOENT) {
		last_s = wall_s - 1;
		rc = make_file(store, file, path, last_s, &err);
	}
	if (rc == 0)
		opened(store, feed, file, path, last_s);
	else if (rc == -EAGAIN)
		store->files[file].after_ns = clock_mono_ns() + LOCKED_RETRY_NS;
	else
		failed(store, file, err.text);
}

static void
write_table(struct hist_store *store, int64_t now_ns)
{
	struct errtext err = {""};

	if (now_ns < store->table_ns || store->n_open == 0)
		return;
	int rc = hist_table_write(store->plan, store->dir, &err);
	store->table_ns = rc == 0 ? INT64_MAX : now_ns + RETRY_NS;
	if (rc != 0 && !store->said)
		log_warning("the table of points can't be written: %s", err.text);
}

void
hist_store_open_some(struct hist_store *store, struct hist_feed *feed, int64_t wall_s)
{
	int64_t now_ns = clock_mono_ns(), end_ns = now_ns + BUDGET_NS;

	for (uint32_t n = 0; n < store->plan->n_files && now_ns < end_ns; n++) {
		uint32_t file = store->looked;
		store->looked = (file + 1) % store->plan->n_files;
		if (store->files[file].open || now_ns < store->files[file].after_ns)
			continue;
		open_one(store, feed, file, wall_s);
		now_ns = clock_mono_ns();
	}
	write_table(store, now_ns);
}

/* --- writing --- */

/* Is it still the file that was checked? librrd opens it by name, and a shorter one would end us. */
static bool
is_same(const struct store_file *f, const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_dev == f->dev &&
	       st.st_ino == f->ino && st.st_size == f->size;
}

void
hist_store_write(struct hist_store *store, struct hist_feed *feed, uint32_t file)
{
	struct store_file *f = &store->files[file];
	char path[PATH_MAX];
	struct errtext err = {""};
	int64_t start_ns = clock_mono_ns();

	if (start_ns < f->after_ns)
		return;
	path_of(store, file, path);
	if (!is_same(f, path)) {
		shut(store, feed, file); /* looked at afresh, at once */
		return;
	}
	hist_feed_row(feed, file, store->row, store->row_size);
	int rc = hist_rrd_update(path, &store->plan->files[file], store->row, &err);
	int64_t took_ns = clock_mono_ns() - start_ns;
	if (took_ns > SLOW_NS) {
		int64_t rest_ns =
			took_ns < REST_MAX_NS / REST_TIMES ? took_ns * REST_TIMES : REST_MAX_NS;
		f->after_ns = start_ns + took_ns + rest_ns;
		log_warning("%s: took %.1f s, rests for %.0f s", path, (double)took_ns / 1e9,
			    (double)rest_ns / 1e9);
	}
	if (rc == 0) {
		hist_feed_written(feed, file);
		store->updates++;
		store->last_update_s = feed->second;
	} else if (rc == -EAGAIN) {
		store->locked++; /* a reader has it: the next second's row bridges this one */
	} else {
		shut(store, feed, file); /* looked at afresh */
		if (rc != -EBADMSG)
			failed(store, file, err.text);
	}
}

/* --- syncing --- */

static void
sync_one(struct hist_store *store, uint32_t file)
{
	char path[PATH_MAX];

	if (!store->files[file].open)
		return;
	path_of(store, file, path);
	int rc = sync_path(path, false);
	if (rc != 0 && rc != -ENOENT)
		log_warning("%s: sync: %s", path, strerror(-rc));
}

void
hist_store_sync_some(struct hist_store *store, int64_t now_ns)
{
	int64_t every_ns = SYNC_EVERY_NS / (store->plan->n_files + 1);

	if (store->sync_ns == 0)
		store->sync_ns = now_ns + every_ns;
	for (uint32_t n = 0; now_ns >= store->sync_ns && n < store->plan->n_files; n++) {
		store->sync_ns += every_ns;
		sync_one(store, store->synced);
		store->synced = (store->synced + 1) % store->plan->n_files;
	}
	if (now_ns > store->sync_ns)
		store->sync_ns = now_ns;
}

double
hist_store_free_pct(const struct hist_store *store)
{
	struct statvfs vfs;

	if (statvfs(store->dir, &vfs) != 0 || vfs.f_blocks == 0)
		return (double)NAN;
	return 100.0 * (double)vfs.f_bavail / (double)vfs.f_blocks;
}

void
hist_store_close(struct hist_store *store)
{
	for (uint32_t i = 0; store->files != NULL && i < store->plan->n_files; i++)
		sync_one(store, i);
	free(store->files);
	free(store->row);
	*store = (struct hist_store){0};
}
