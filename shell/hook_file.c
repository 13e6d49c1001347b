/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/hook_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
check_owner(const char *path, const struct stat *st, struct errtext *err)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return errtext_set(err, -EPERM, "%s belongs to user %u, neither root nor us", path,
				   st->st_uid);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return errtext_set(err, -EPERM, "%s may be written by others (mode %03o)", path,
				   st->st_mode & 0777u);
	return 0;
}

int
hook_file_check(const char *program, struct errtext *err)
{
	struct stat st;
	char folder[512];
	int n = snprintf(folder, sizeof(folder), "%s", program);

	if (program[0] != '/' || n < 0 || (size_t)n >= sizeof(folder))
		return errtext_set(err, -EINVAL, "\"%.200s\" is no absolute path", program);
	if (stat(program, &st) != 0)
		return errtext_set(err, -errno, "%s: %s", program, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return errtext_set(err, -EACCES, "%s is no file", program);
	int rc = check_owner(program, &st, err);
	if (rc != 0)
		return rc;
	if ((st.st_mode & 0111u) == 0 || access(program, X_OK) != 0)
		return errtext_set(err, -EACCES, "%s is not executable", program);
	/* Who may write the folder may put another file there. */
	*strrchr(folder, '/') = '\0';
	if (stat(folder[0] ? folder : "/", &st) != 0)
		return errtext_set(err, -errno, "%s: %s", folder, strerror(errno));
	return check_owner(folder, &st, err);
}
