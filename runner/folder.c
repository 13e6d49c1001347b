/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/rundir.h"

#define LOCK_NAME "run.lock"
/* What people hold stopped, and how much power they allow, outlasts a runner that dies: the next one
 * takes its folder. */
static const char *const kept_names[] = {"control.holds", "control.caps"};
#define KEPT_NAMES (sizeof kept_names / sizeof kept_names[0])

int
folder_path(const struct folder *f, const char *name, char out[PATH_MAX])
{
	int n = snprintf(out, PATH_MAX, "%s/%s", f->dir, name);

	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static bool
ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), e = strlen(end);

	return n > e && strcmp(name + n - e, end) == 0;
}

static bool
is_ours(const char *name)
{
	static const char *const ends[] = {"", ".tmp", ".lock"};
	static const char *const names[] = {
		"in-0.img",      "ctl.img",     "alm.img",      "page.img",   "hist.img",
		"mqtt.img",      "sim.sock",    "control.sock", "alarm.sock", "page.sock",
		"notify.sock",   "plant.yaml",  "sim.ports",    "run.json",   "broker.conf",
		"control.holds", "control.caps"};
	char whole[64];

	/* links to the simulator's pseudo terminals, one a serial line */
	if (strncmp(name, "line-", 5) == 0)
		return true;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		for (size_t k = 0; k < sizeof ends / sizeof ends[0]; k++) {
			(void)snprintf(whole, sizeof whole, "%s%s", names[i], ends[k]);
			if (strcmp(name, whole) == 0)
				return true;
		}
	return false;
}

static bool
is_kept(const char *name)
{
	for (size_t i = 0; i < KEPT_NAMES; i++)
		if (strcmp(name, kept_names[i]) == 0)
			return true;
	return false;
}

/* A lock file that some program holds: it still works in this folder. */
static bool
is_held(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	bool held;

	if (fd < 0)
		return false;
	held = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
	close(fd);
	return held;
}

/* Look at every entry but the runner's own lock: refuse (`check`) or remove (not `check`). */
static int
sweep(const char *dir, bool check, size_t *n, struct errtext *err)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int rc = 0;

	if (d == NULL)
		return errtext_set(err, -errno, "%s: %s", dir, strerror(errno));
	while (rc == 0 && (e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
		    strcmp(e->d_name, LOCK_NAME) == 0)
			continue;
		++*n;
		if (!check && is_kept(e->d_name))
			continue;
		if (!check && is_ours(e->d_name))
			(void)unlinkat(dirfd(d), e->d_name, 0);
		else if (check && !is_ours(e->d_name))
			rc = errtext_set(err, -ENOTEMPTY,
					 "%s holds '%s', which is not isotherm's: name another "
					 "folder in ISOTHERM_RUN",
					 dir, e->d_name);
		else if (check && ends_with(e->d_name, ".lock") && is_held(dirfd(d), e->d_name))
			rc = errtext_set(err, -EBUSY,
					 "%s: a program still holds %s there: stop it, or name "
					 "another folder in ISOTHERM_RUN",
					 dir, e->d_name);
	}
	closedir(d);
	return rc;
}

static int
refuse_busy(const char *dir, struct errtext *err)
{
	char path[PATH_MAX];
	json_t *run = NULL;
	const char *site = "?";
	json_int_t pid = 0;

	if (snprintf(path, sizeof path, "%s/run.json", dir) < (int)sizeof path)
		run = json_load_file(path, 0, NULL);
	if (run != NULL) {
		const char *s = json_string_value(json_object_get(run, "site"));

		site = s != NULL ? s : site;
		pid = json_integer_value(json_object_get(run, "pid"));
	}
	if (pid > 0)
		(void)errtext_set(err, -EBUSY,
				  "%s belongs to the running plant '%s' (pid %lld): stop it, or "
				  "name another folder in ISOTHERM_RUN",
				  dir, site, (long long)pid);
	else
		(void)errtext_set(err, -EBUSY,
				  "%s belongs to a runner that is just starting: stop it, or name "
				  "another folder in ISOTHERM_RUN",
				  dir);
	json_decref(run);
	return -EBUSY;
}

/* The lock file may be removed by a runner that ends between our open and our lock: then it is not
 * the one that stands in the folder any more, and we try again. */
static int
lock(const char *dir, int *fd, struct errtext *err)
{
	char path[PATH_MAX];
	struct stat st;

	if (snprintf(path, sizeof path, "%s/" LOCK_NAME, dir) >= (int)sizeof path)
		return errtext_set(err, -ENAMETOOLONG, "%s: the path is too long", dir);
	for (int i = 0; i < 10; i++) {
		int rc = rundir_make(dir, NULL, err);

		if (rc != 0)
			return rc;
		*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (*fd < 0 && errno != ENOENT)
			return errtext_set(err, -errno, "%s: %s", path, strerror(errno));
		if (*fd < 0)
			continue;
		if (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
			rc = errno == EWOULDBLOCK
				     ? refuse_busy(dir, err)
				     : errtext_set(err, -errno, "%s: %s", path, strerror(errno));
			close(*fd);
			return rc;
		}
		if (fstat(*fd, &st) == 0 && st.st_nlink > 0)
			return 0;
		close(*fd);
	}
	return errtext_set(err, -EAGAIN, "%s: another runner takes and leaves it all the time",
			   dir);
}

int
folder_take(struct folder *f, const char *dir, struct errtext *err)
{
	size_t found = 0, removed = 0;
	int n, rc;

	*f = (struct folder){.lock_fd = -1};
	n = snprintf(f->dir, sizeof f->dir, "%s", dir);
	if (n < 0 || (size_t)n >= sizeof f->dir)
		return errtext_set(err, -ENAMETOOLONG, "%s: the path is too long", dir);
	rc = rundir_make(dir, &f->on_tmpfs, err);
	if (rc != 0)
		return rc;
	/* A foreign folder must not even get our lock file. */
	rc = sweep(dir, true, &found, err);
	if (rc == -EBUSY)
		found = 0; /* the runner's own lock tells it better */
	else if (rc != 0)
		return rc;
	rc = lock(dir, &f->lock_fd, err);
	if (rc != 0) {
		f->lock_fd = -1;
		return rc;
	}
	found = 0;
	rc = sweep(dir, true, &found, err);
	if (rc == 0)
		rc = sweep(dir, false, &removed, err);
	f->was_stale = removed > 0;
	if (rc != 0) { /* not ours to clean */
		close(f->lock_fd);
		f->lock_fd = -1;
	}
	return rc;
}

void
folder_leave(struct folder *f)
{
	char path[PATH_MAX];
	size_t n = 0;

	if (f->lock_fd < 0)
		return;
	(void)sweep(f->dir, false, &n, NULL);
	for (size_t i = 0; i < KEPT_NAMES; i++)
		if (folder_path(f, kept_names[i], path) == 0)
			(void)unlink(path);
	if (folder_path(f, LOCK_NAME, path) == 0)
		(void)unlink(path);
	(void)rmdir(f->dir); /* one whose parent we may not write stays, empty */
	close(f->lock_fd);
	f->lock_fd = -1;
}

int
folder_write(const struct folder *f, const char *name, const char *text, struct errtext *err)
{
	char path[PATH_MAX], tmp[PATH_MAX + 4];
	FILE *out;
	int rc = folder_path(f, name, path);

	if (rc != 0)
		return errtext_set(err, rc, "%s/%s: the path is too long", f->dir, name);
	(void)snprintf(tmp, sizeof tmp, "%s.tmp", path);
	out = fopen(tmp, "we");
	if (out == NULL)
		return errtext_set(err, -errno, "%s: %s", tmp, strerror(errno));
	rc = fputs(text, out) < 0 ? -EIO : 0;
	if (fclose(out) != 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && rename(tmp, path) != 0)
		rc = -errno;
	if (rc != 0)
		(void)unlink(tmp);
	return rc == 0 ? 0 : errtext_set(err, rc, "%s: %s", path, strerror(-rc));
}

int
folder_make_tree(const char *dir, struct errtext *err)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof path, "%s", dir);

	if (n <= 0 || (size_t)n >= sizeof path)
		return errtext_set(err, -ENAMETOOLONG, "%s: the path is too long", dir);
	for (char *p = path + 1;; p++) {
		char was = *p;

		if (was != '/' && was != '\0')
			continue;
		*p = '\0';
		if (mkdir(path, 0750) != 0 && errno != EEXIST)
			return errtext_set(err, -errno, "%s: %s", path, strerror(errno));
		*p = was;
		if (was == '\0')
			return 0;
	}
}
