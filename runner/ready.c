/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/ready.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int
ready_open(const char *path, struct errtext *err)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd, rc, one = 1;

	if (strlen(path) >= sizeof addr.sun_path)
		return errtext_set(err, -ENAMETOOLONG, "%s: longer than %zu characters", path,
				   sizeof addr.sun_path - 1);
	memcpy(addr.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return errtext_set(err, -errno, "socket: %s", strerror(errno));
	(void)unlink(path);
	if (bind(fd, (const struct sockaddr *)&addr, sizeof addr) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof one) != 0) {
		rc = -errno;
		close(fd);
		return errtext_set(err, rc, "%s: %s", path, strerror(-rc));
	}
	return fd;
}

static void
parse(char *text, struct ready_message *m)
{
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		if (strcmp(line, "READY=1") == 0)
			m->ready = true;
		else if (strncmp(line, "STATUS=", 7) == 0)
			(void)snprintf(m->status, sizeof m->status, "%.127s", line + 7);
	}
}

int
ready_take(int fd, struct ready_message *m)
{
	char text[1024];
	union {
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr align;
	} control;
	struct iovec iov = {.iov_base = text, .iov_len = sizeof text - 1};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.bytes,
			     .msg_controllen = sizeof control.bytes};
	struct cmsghdr *c;
	ssize_t n = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	*m = (struct ready_message){0};
	if (n < 0)
		return 0;
	text[n] = '\0';
	for (c = CMSG_FIRSTHDR(&msg); c != NULL; c = CMSG_NXTHDR(&msg, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS) {
			struct ucred who;

			memcpy(&who, CMSG_DATA(c), sizeof who);
			m->pid = who.pid;
		}
	parse(text, m);
	return 1;
}
