/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/roomlog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
open_file(struct roomlog *log)
{
	struct stat st;

	log->fd = open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (log->fd < 0)
		return -errno;
	log->bytes = fstat(log->fd, &st) == 0 ? (size_t)st.st_size : 0;
	return 0;
}

int
roomlog_open(struct roomlog *log, const char *dir, const char *room, struct errtext *err)
{
	int n, rc;

	*log = (struct roomlog){.fd = -1};
	n = snprintf(log->path, sizeof log->path, "%s/%s.log", dir, room);
	if (n < 0 || (size_t)n >= sizeof log->path - 2)
		return errtext_set(err, -ENAMETOOLONG, "%s: the path is too long", dir);
	rc = open_file(log);
	if (rc != 0)
		return errtext_set(err, rc, "%s: %s", log->path, strerror(-rc));
	return 0;
}

void
roomlog_close(struct roomlog *log)
{
	if (log->fd >= 0)
		close(log->fd);
	log->fd = -1;
}

static void
rotate(struct roomlog *log)
{
	char old[PATH_MAX + 2];

	close(log->fd);
	(void)snprintf(old, sizeof old, "%s.1", log->path);
	(void)rename(log->path, old); /* if it can't be, the file grows on: no line is lost */
	(void)open_file(log);
}

static void
keep_line(struct roomlog *log, int64_t now_ns)
{
	char *to = log->tail[log->lines % ROOMLOG_TAIL];

	log->tail_ns[log->lines % ROOMLOG_TAIL] = now_ns;
	memcpy(to, log->part, log->part_len);
	to[log->part_len] = '\0';
	log->part_len = 0;
	log->lines++;
}

void
roomlog_write(struct roomlog *log, const char *text, size_t len, int64_t now_ns)
{
	if (log->fd >= 0 && log->bytes > 0 && log->bytes + len > ROOMLOG_MAX_BYTES)
		rotate(log);
	if (log->fd >= 0) {
		ssize_t n = write(log->fd, text, len); /* a full disk loses lines, nothing else */

		log->bytes += n > 0 ? (size_t)n : 0;
	}
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n')
			keep_line(log, now_ns);
		else if (log->part_len < sizeof log->part - 1)
			log->part[log->part_len++] = text[i];
	}
}

int
roomlog_drain(struct roomlog *log, int pipe_fd, int64_t now_ns)
{
	char text[4096];

	/* Bounded: a room that floods its log must not keep the runner from the others. */
	for (int i = 0; i < 16; i++) {
		ssize_t n = read(pipe_fd, text, sizeof text);

		if (n > 0)
			roomlog_write(log, text, (size_t)n, now_ns);
		else if (n == 0)
			return 0;
		else
			return errno == EAGAIN || errno == EINTR ? 1 : 0;
	}
	return 1;
}

void
roomlog_mark(struct roomlog *log)
{
	log->lines = 0;
	log->part_len = 0;
}

const char *
roomlog_line(const struct roomlog *log, size_t i, int64_t since_ns)
{
	size_t n = log->lines < ROOMLOG_TAIL ? log->lines : ROOMLOG_TAIL;

	while (n > 0 && log->tail_ns[(log->lines - n) % ROOMLOG_TAIL] < since_ns)
		n--;
	if (i >= n)
		return NULL;
	return log->tail[(log->lines - n + i) % ROOMLOG_TAIL];
}
