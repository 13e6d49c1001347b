/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BYTES_MAX (1 << 30)

static int
write_all(int fd, const uint8_t *bytes, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t k = write(fd, bytes + done, n - done);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -errno;
		done += (size_t)k;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

/* That a file was renamed is on the disk once its folder is. */
static int
sync_folder(const char *path)
{
	char folder[PATH_MAX];
	int fd, rc;

	snprintf(folder, sizeof(folder), "%s", path);
	fd = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = fsync(fd) < 0 && errno != EINVAL ? -errno : 0;
	close(fd);
	return rc;
}

static int
replace(const char *path, const uint8_t *bytes, size_t n)
{
	char fresh[PATH_MAX];
	int fd, rc;

	if (snprintf(fresh, sizeof(fresh), "%s.tmp", path) >= (int)sizeof(fresh))
		return -ENAMETOOLONG;
	unlink(fresh); /* of one that was killed */
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return -errno;
	rc = write_all(fd, bytes, n);
	if (close(fd) < 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && rename(fresh, path) < 0)
		rc = -errno;
	if (rc < 0)
		unlink(fresh);
	return rc < 0 ? rc : sync_folder(path);
}

int
state_file_save(const struct sim *sim, const char *path, struct errtext *err)
{
	size_t n = sim_state_size(sim);
	uint8_t *bytes = malloc(n);
	int rc = -ENOMEM;

	if (bytes) {
		sim_state_get(sim, bytes);
		rc = replace(path, bytes, n);
		free(bytes);
	}
	return rc < 0 ? errtext_set(err, rc, "%s: not saved: %s", path, strerror(-rc)) : 0;
}

/* The whole file, *n bytes for free(). */
static int
read_all(int fd, uint8_t **out, size_t *n)
{
	struct stat st;
	size_t done = 0;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_size > BYTES_MAX)
		return -EFBIG;
	*n = (size_t)st.st_size;
	*out = malloc(*n + 1);
	if (!*out)
		return -ENOMEM;
	while (done < *n) {
		ssize_t k = read(fd, *out + done, *n - done);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -errno;
		if (k == 0)
			break;
		done += (size_t)k;
	}
	*n = done;
	return 0;
}

int
state_file_restore(struct sim *sim, const char *path, struct errtext *err)
{
	/* without O_NONBLOCK a FIFO would hold us */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc;
	uint8_t *bytes = NULL;
	size_t n = 0;
	char why[200];

	if (fd < 0) {
		rc = -errno;
		return errtext_set(err, rc, "%s: %s", path, strerror(-rc));
	}
	rc = read_all(fd, &bytes, &n);
	close(fd);
	if (rc < 0)
		errtext_set(err, rc, "%s: %s", path, rc == -EINVAL ? "is no file" : strerror(-rc));
	else {
		rc = sim_state_set(sim, bytes, n, why, sizeof(why));
		if (rc < 0)
			errtext_set(err, rc, "%s: %s", path, why);
	}
	free(bytes);
	return rc;
}
