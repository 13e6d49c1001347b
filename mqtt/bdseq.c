/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt/bdseq.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_MODE 0755
#define FILE_MODE 0644

/* "bdseq 17 238\n": the number, and what is missing to 255. A file that was cut off anywhere, or
 * holds another text, is seen to be damaged. */
static int
text_of(uint8_t n, char *out, size_t size)
{
	return snprintf(out, size, "bdseq %u %u\n", n, 255u - n);
}

static int
parse(const char *text, size_t len, uint8_t *n)
{
	char same[32];
	unsigned value = 0;

	if (sscanf(text, "bdseq %3u ", &value) != 1 || value > 255)
		return -EBADMSG;
	int bytes = text_of((uint8_t)value, same, sizeof(same));
	if (bytes < 0 || (size_t)bytes != len || memcmp(text, same, len) != 0)
		return -EBADMSG;
	*n = (uint8_t)value;
	return 0;
}

static int
read_last(const struct bdseq *b, uint8_t *last)
{
	char text[64];
	int fd = open(b->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	int rc = n < 0 ? -errno : 0;
	close(fd);
	if (rc != 0)
		return rc;
	text[n] = '\0';
	return parse(text, (size_t)n, last);
}

int
bdseq_open(struct bdseq *b, const char *state_dir, uint8_t *next, struct errtext *err)
{
	uint8_t last = 0;

	*next = 0;
	*b = (struct bdseq){0};
	int n = snprintf(b->folder, sizeof(b->folder), "%s/mqtt", state_dir);
	if (n < 0 || (size_t)n >= sizeof(b->folder))
		return errtext_set(err, -ENAMETOOLONG, "%s: the name is too long", state_dir);
	snprintf(b->path, sizeof(b->path), "%s/bdseq", b->folder);
	snprintf(b->fresh, sizeof(b->fresh), "%s/bdseq.new", b->folder);
	if ((mkdir(state_dir, FOLDER_MODE) != 0 && errno != EEXIST) ||
	    (mkdir(b->folder, FOLDER_MODE) != 0 && errno != EEXIST))
		return errtext_set(err, -errno, "%s: %s", b->folder, strerror(errno));
	int rc = read_last(b, &last);
	if (rc == -ENOENT)
		return 0;
	if (rc == -EBADMSG)
		return errtext_set(err, rc, "%s is damaged: births and deaths are numbered from 0",
				   b->path);
	if (rc != 0)
		return errtext_set(err, rc, "%s: %s", b->path, strerror(-rc));
	*next = (uint8_t)(last + 1u);
	return 0;
}

static int
write_fresh(const struct bdseq *b, uint8_t used)
{
	char text[32];
	int len = text_of(used, text, sizeof(text));
	int fd = open(b->fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	if (fd < 0)
		return -errno;
	ssize_t n = write(fd, text, (size_t)len);
	int rc = n < 0 ? -errno : n != len ? -ENOSPC : 0;
	if (rc == 0 && fsync(fd) != 0)
		rc = -errno;
	if (close(fd) != 0 && rc == 0)
		rc = -errno;
	return rc;
}

/* The rename itself must survive, too. */
static int
sync_folder(const struct bdseq *b)
{
	int fd = open(b->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	int rc = fsync(fd) != 0 ? -errno : 0;
	close(fd);
	return rc;
}

int
bdseq_store(const struct bdseq *b, uint8_t used, struct errtext *err)
{
	int rc = write_fresh(b, used);
	if (rc == 0 && rename(b->fresh, b->path) != 0)
		rc = -errno;
	if (rc == 0)
		rc = sync_folder(b);
	return rc == 0 ? 0 : errtext_set(err, rc, "%s: %s", b->path, strerror(-rc));
}
