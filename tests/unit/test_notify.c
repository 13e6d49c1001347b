/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "core/notify.h"

/* A datagram socket at `path`; a leading '@' makes it abstract. */
static int
listen_at(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(at.sun_path, path, strlen(path));
	if (path[0] == '@')
		at.sun_path[0] = '\0';
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	setenv("NOTIFY_SOCKET", path, 1);
	return fd;
}

static void
expect(int fd, const char *text)
{
	char got[256];

	await_readable(fd);
	ssize_t n = recv(fd, got, sizeof(got) - 1, 0);
	assert_true(n > 0);
	got[n] = '\0';
	assert_string_equal(got, text);
}

static void
readiness_and_stopping_are_told_where_the_environment_says(void **state)
{
	char dir[64], path[80];

	(void)state;
	folder_make(dir);
	snprintf(path, sizeof(path), "%s/notify.sock", dir);
	int fd = listen_at(path);
	notify_ready("16 systems");
	expect(fd, "READY=1\nSTATUS=16 systems");
	notify_ready(NULL);
	expect(fd, "READY=1\n");
	notify_stopping();
	expect(fd, "STOPPING=1\n");
	close(fd);
	folder_remove(dir);
}

static void
an_abstract_socket_is_reached(void **state)
{
	char name[64];

	(void)state;
	snprintf(name, sizeof(name), "@isotherm-test-%d", (int)getpid());
	int fd = listen_at(name);
	notify_ready(NULL);
	expect(fd, "READY=1\n");
	close(fd);
}

static void
nothing_happens_where_nobody_wants_to_know(void **state)
{
	(void)state;
	unsetenv("NOTIFY_SOCKET");
	notify_ready("x");
	setenv("NOTIFY_SOCKET", "", 1);
	notify_ready("x");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readiness_and_stopping_are_told_where_the_environment_says),
		cmocka_unit_test(an_abstract_socket_is_reached),
		cmocka_unit_test(nothing_happens_where_nobody_wants_to_know),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
