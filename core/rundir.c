/* SPDX-License-Identifier: Apache-2.0 */
#include "core/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define SYSTEM_PARENT "/run"

static const char *
env(const char *name)
{
	const char *value = getenv(name);

	return value && value[0] ? value : NULL;
}

static int
checked(int n, size_t size, struct errtext *err)
{
	if (n < 0 || (size_t)n >= size)
		return errtext_set(err, -ENAMETOOLONG, "the folder's path is too long");
	return 0;
}

/* A server needs to write there; where the folder is missing, to make it. A client only looks. */
static bool
system_dir_fits(bool server, const char *parent, const char *dir)
{
	if (access(dir, F_OK) == 0)
		return !server || access(dir, W_OK | X_OK) == 0;
	return server && access(parent, W_OK | X_OK) == 0;
}

static int
find(bool server, const char *parent, char *out, size_t size, struct errtext *err)
{
	const char *given = env("ISOTHERM_RUN"), *user = env("XDG_RUNTIME_DIR");

	if (given)
		return checked(snprintf(out, size, "%s", given), size, err);
	int rc = checked(snprintf(out, size, "%s/isotherm", parent), size, err);
	if (rc || system_dir_fits(server, parent, out))
		return rc;
	if (user)
		return checked(snprintf(out, size, "%s/isotherm", user), size, err);
	return checked(snprintf(out, size, "/tmp/isotherm-%u", geteuid()), size, err);
}

int
rundir_find(bool server, char *out, size_t size, struct errtext *err)
{
	return find(server, SYSTEM_PARENT, out, size, err);
}

int
rundir_make(const char *dir, bool *on_tmpfs, struct errtext *err)
{
	struct stat st;
	struct statfs fs;
	int rc = 0;

	/* A site's folder is for its operators (core/command.c decides what they may); anybody else's
	 * is their own. */
	if (mkdir(dir, geteuid() == 0 ? 0755 : 0700) && errno != EEXIST)
		return errtext_set(err, -errno, "%s: can't make it: %s", dir, strerror(errno));
	/* Looked at through one descriptor, so that what was checked is what is told about. */
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errtext_set(err, -errno, "%s: %s", dir, strerror(errno));
	if (fstat(fd, &st) || fstatfs(fd, &fs)) {
		rc = errtext_set(err, -errno, "%s: %s", dir, strerror(errno));
		goto out;
	}
	/* In /tmp anybody can be there first. */
	if (st.st_uid != geteuid())
		rc = errtext_set(err, -EPERM, "%s belongs to user %u, not to us", dir, st.st_uid);
	else if (st.st_mode & (S_IWGRP | S_IWOTH))
		rc = errtext_set(err, -EPERM, "%s may be written by others (mode %03o)", dir,
				 st.st_mode & 0777u);
	else if (on_tmpfs)
		*on_tmpfs = fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC;
out:
	close(fd);
	return rc;
}

int
statedir_find(char *out, size_t size, struct errtext *err)
{
	const char *given = env("ISOTHERM_STATE");

	return checked(snprintf(out, size, "%s", given ? given : "/var/lib/isotherm"), size, err);
}
