/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/broker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONFIG_NAME "broker.conf"

static bool
is_program(char out[PATH_MAX], const char *dir, size_t len)
{
	int n = snprintf(out, PATH_MAX, "%.*s/mosquitto", (int)len, dir);

	return n > 0 && n < PATH_MAX && out[0] == '/' && access(out, X_OK) == 0;
}

int
broker_find(const char *path, char out[PATH_MAX])
{
	static const char *const places[] = {"/usr/local/sbin", "/usr/sbin", "/sbin"};

	while (path != NULL && *path != '\0') {
		size_t len = strcspn(path, ":");

		if (is_program(out, path, len))
			return 0;
		path += len + (path[len] == ':' ? 1 : 0);
	}
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		if (is_program(out, places[i], strlen(places[i])))
			return 0;
	return -ENOENT;
}

static struct sockaddr_in
address(uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return a;
}

/*
 * A socket that is bound and never listens: no connection that goes out gets the port meanwhile, but
 * a server that asks for SO_REUSEADDR, as mosquitto does, may still listen on it. So a broker that
 * comes back finds the port that every room was told.
 */
static int
hold_port(struct broker *b)
{
	struct sockaddr_in a = address(0);
	socklen_t len = sizeof a;
	int on = 1;

	b->hold_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (b->hold_fd < 0 ||
	    setsockopt(b->hold_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
	    bind(b->hold_fd, (struct sockaddr *)&a, sizeof a) != 0 ||
	    getsockname(b->hold_fd, (struct sockaddr *)&a, &len) != 0)
		return -errno;
	b->port = ntohs(a.sin_port);
	return 0;
}

/*
 * A queue that is bounded, but not as short as the default (1000 messages): the births of many
 * systems to a slow reader are more than that, and what does not fit is dropped silently. As root it
 * stays root: a change of user would end the tie to the runner's life, and the run folder is ours
 * alone anyway.
 */
static int
write_config(const struct broker *b, const struct folder *folder, struct errtext *err)
{
	char text[400];

	(void)snprintf(text, sizeof text,
		       "# Written by isotherm-run: the private broker of this run.\n"
		       "listener %u " BROKER_HOST "\n"
		       "allow_anonymous true\n"
		       "persistence false\n"
		       "max_queued_messages 20000\n"
		       "log_dest stderr\n"
		       "log_type error\n"
		       "log_type warning\n"
		       "log_type notice\n"
		       "%s",
		       b->port, geteuid() == 0 ? "user root\n" : "");
	return folder_write(folder, CONFIG_NAME, text, err);
}

int
broker_open(struct broker *b, const struct folder *folder, struct errtext *err)
{
	int rc;

	*b = (struct broker){.hold_fd = -1};
	rc = folder_path(folder, CONFIG_NAME, b->config_path);
	if (rc == 0)
		rc = hold_port(b);
	if (rc != 0)
		(void)errtext_set(err, rc, "no port on " BROKER_HOST ": %s", strerror(-rc));
	else
		rc = write_config(b, folder, err);
	if (rc != 0)
		broker_close(b);
	return rc;
}

void
broker_close(struct broker *b)
{
	if (b->hold_fd >= 0)
		close(b->hold_fd);
	*b = (struct broker){.hold_fd = -1};
}

bool
broker_answers(const struct broker *b)
{
	struct sockaddr_in a = address(b->port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct pollfd wait = {.fd = fd, .events = POLLOUT};
	int error = 0;
	socklen_t len = sizeof error;
	bool answers;

	if (fd < 0)
		return false;
	/* On the loopback a connection is made, or refused, before connect returns. */
	answers = connect(fd, (struct sockaddr *)&a, sizeof a) == 0 ||
		  (errno == EINPROGRESS && poll(&wait, 1, 0) == 1 &&
		   getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0);
	close(fd);
	return answers;
}
