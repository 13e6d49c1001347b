/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/holds_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE_MAX_BYTES (1 << 20)

int
holds_file_name(struct holds_file *f, const char *run_dir, const char *name, struct errtext *err)
{
	int n = snprintf(f->fresh, sizeof f->fresh, "%s/%s.tmp", run_dir, name);
	if (n < 0 || (size_t)n >= sizeof f->fresh)
		return errtext_set(err, -ENAMETOOLONG, "%s/%s: path too long", run_dir, name);
	snprintf(f->path, sizeof f->path, "%s/%s", run_dir, name);
	return 0;
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
	return 0;
}

/* A whole file or the one before it. Not forced to a disk: a run folder lasts as long as the host
 * is up, and the control loop must not wait for one. */
int
holds_file_keep(void *context, const char *text, size_t len)
{
	const struct holds_file *f = context;
	int fd = open(f->fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	int rc = write_all(fd, text, len);
	if (close(fd) && rc == 0)
		rc = -errno;
	if (rc == 0 && rename(f->fresh, f->path))
		rc = -errno;
	if (rc)
		unlink(f->fresh);
	return rc;
}

static int
read_all(int fd, char **text, size_t *len)
{
	struct stat st;
	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size > SIZE_MAX_BYTES)
		return -EFBIG;
	size_t size = (size_t)st.st_size;
	*text = malloc(size + 1);
	if (!*text)
		return -ENOMEM;
	for (*len = 0; *len < size;) {
		ssize_t n = read(fd, *text + *len, size - *len);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			break;
		if (n > 0)
			*len += (size_t)n;
	}
	return 0;
}

int
holds_file_read(const struct holds_file *f, char **text, size_t *len, struct errtext *err)
{
	*text = NULL;
	int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return errtext_set(err, -errno, "%s: %s", f->path, strerror(errno));
	int rc = read_all(fd, text, len);
	close(fd);
	if (rc) {
		free(*text);
		*text = NULL;
		return errtext_set(err, rc, "%s: %s", f->path, strerror(-rc));
	}
	return 0;
}
