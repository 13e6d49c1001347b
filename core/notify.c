/* SPDX-License-Identifier: Apache-2.0 */
#include "core/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/log.h"

static int
datagram(const char *path, const char *text)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t len = strlen(path);

	if (len >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	memcpy(to.sun_path, path, len);
	if (path[0] == '@') /* abstract, sd_notify(3) */
		to.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* an abstract name has no end but its length */
	ssize_t n = sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&to,
			   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	int rc = n < 0 ? -errno : 0;
	close(fd);
	return rc;
}

static void
notify(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	if (!path || !path[0])
		return;
	int rc = datagram(path, text);
	if (rc)
		log_warning("can't notify %s: %s", path, strerror(-rc));
}

void
notify_ready(const char *status)
{
	char text[256];

	snprintf(text, sizeof(text), "READY=1\n%s%s", status ? "STATUS=" : "",
		 status ? status : "");
	notify(text);
}

void
notify_stopping(void)
{
	notify("STOPPING=1\n");
}
