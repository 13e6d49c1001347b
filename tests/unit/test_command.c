/* SPDX-License-Identifier: Apache-2.0 */
/* The server in this process; clients are sockets of this process, so that each step is ours to
 * choose, or a child where command_call itself is meant. */
#include "tests/unit/support.h"

#include <grp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "core/clock.h"
#include "core/command.c"

static char dir[64];
static struct loop *loop;
static struct command_server *server;
static struct errtext err;
static struct command_request req;

static int
setup(void **state)
{
	(void)state;
	folder_make(dir);
	assert_int_equal(loop_open(&loop, NULL), 0);
	assert_int_equal(command_open(&server, loop, dir, "control", &err), 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	command_close(server);
	loop_close(loop);
	folder_remove(dir);
	return 0;
}

/* Serve until a request is there. */
static void
await_request(void)
{
	struct loop_event ev;
	int rc;

	do {
		assert_int_equal(loop_wait(loop, clock_mono_ns() + PATIENCE_MS * NS_PER_MS, &ev),
				 LOOP_FD);
		rc = command_take(server, &ev, &req);
		assert_true(rc >= 0);
	} while (rc == 0);
}

/* Serve what is there now; a request must not be among it. */
static void
serve_what_waits(void)
{
	struct loop_event ev;

	/* a deadline that is always past: every other wait is a descriptor if one is ready */
	for (int quiet = 0; quiet < 2;) {
		if (loop_wait(loop, 1, &ev) == LOOP_DUE) {
			quiet++;
		} else {
			quiet = 0;
			assert_int_equal(command_take(server, &ev, &req), 0);
		}
	}
}

static int
client(void)
{
	struct sockaddr_un at;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	assert_int_equal(command_address(&at, dir, "control", &err), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void
ask(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), 0), strlen(text));
}

static void
expect(int fd, const char *text)
{
	char got[COMMAND_MAX + 1];

	await_readable(fd);
	ssize_t n = recv(fd, got, COMMAND_MAX, 0);
	assert_true(n > 0);
	got[n] = '\0';
	assert_non_null(strstr(got, text));
}

static void
expect_closed(int fd)
{
	char byte;

	await_readable(fd);
	assert_true(recv(fd, &byte, 1, 0) <= 0);
}

static void
a_request_gets_its_result_and_names_its_sender(void **state)
{
	int fd = client();

	(void)state;
	ask(fd, "{\"cmd\":\"x\"}");
	await_request();
	assert_string_equal(req.text, "{\"cmd\":\"x\"}");
	assert_int_equal(req.len, 11);
	assert_int_equal(req.pid, getpid());
	assert_int_equal(req.uid, getuid());
	assert_int_equal(req.access, ACCESS_ENGINEER);
	assert_int_equal(command_reply(server, req.connection, "{\"ok\":true}"), 0);
	expect(fd, "{\"ok\":true}");
	ask(fd, "again"); /* the connection stays */
	await_request();
	assert_string_equal(req.text, "again");
	close(fd);
}

static void
a_request_of_exactly_the_limit_passes_and_a_longer_one_is_refused(void **state)
{
	static char text[COMMAND_MAX + 2];
	int fd = client();

	(void)state;
	memset(text, 'x', COMMAND_MAX + 1);
	ask(fd, text);
	serve_what_waits();
	expect(fd, "too long");
	text[COMMAND_MAX] = '\0';
	ask(fd, text);
	await_request();
	assert_int_equal(req.len, COMMAND_MAX);
	assert_string_equal(req.text, text);
	close(fd);
}

static void
a_second_request_waits_for_the_result_of_the_first(void **state)
{
	int fd = client();

	(void)state;
	ask(fd, "one");
	ask(fd, "two");
	await_request();
	assert_string_equal(req.text, "one");
	serve_what_waits();
	assert_int_equal(command_reply(server, req.connection, "1"), 0);
	expect(fd, "1");
	await_request();
	assert_string_equal(req.text, "two");
	close(fd);
}

static void
one_connection_too_many_closes_the_one_idle_longest(void **state)
{
	int fd[CONNECTIONS + 2];

	(void)state;
	for (int i = 0; i < CONNECTIONS; i++) {
		fd[i] = client();
		serve_what_waits();
	}
	ask(fd[0], "first");
	await_request();
	ask(fd[1], "asked but not read yet");
	fd[CONNECTIONS] = client();
	struct loop_event ev = {.kind = LOOP_FD, .fd = server->fd, .data = server};
	assert_int_equal(command_take(server, &ev, &req), 0);
	expect_closed(fd[2]);
	assert_int_equal(command_reply(server, req.connection, "1"), 0);
	expect(fd[0], "1");
	await_request();
	assert_string_equal(req.text, "asked but not read yet");
	assert_int_equal(command_reply(server, req.connection, "2"), 0);
	expect(fd[1], "2");
	ask(fd[CONNECTIONS], "newcomer");
	await_request();
	assert_string_equal(req.text, "newcomer");
	for (int i = 0; i <= CONNECTIONS; i++)
		close(fd[i]);
}

static void
where_everybody_waits_for_a_result_a_newcomer_is_told_so(void **state)
{
	int fd[CONNECTIONS + 1];

	(void)state;
	for (int i = 0; i < CONNECTIONS; i++) {
		fd[i] = client();
		ask(fd[i], "x");
		await_request();
	}
	fd[CONNECTIONS] = client();
	serve_what_waits();
	expect(fd[CONNECTIONS], "too many");
	expect_closed(fd[CONNECTIONS]);
	for (int i = 0; i <= CONNECTIONS; i++)
		close(fd[i]);
}

static void
a_late_result_never_reaches_somebody_else(void **state)
{
	int fd = client();

	(void)state;
	ask(fd, "x");
	await_request();
	int gone = req.connection;
	close(fd);
	serve_what_waits();
	fd = client(); /* takes the same place */
	ask(fd, "y");
	await_request();
	assert_int_equal(command_reply(server, gone, "for x"), -ENOTCONN);
	assert_int_equal(command_reply(server, req.connection, "for y"), 0);
	expect(fd, "for y");
	close(fd);
}

static void
a_request_of_a_client_that_left_is_dropped(void **state)
{
	int fd = client(), other = client();

	(void)state;
	ask(fd, "and away");
	close(fd);
	ask(other, "and here");
	await_request();
	assert_string_equal(req.text, "and here");
	assert_int_equal(command_reply(server, req.connection, "{}"), 0);
	serve_what_waits();
	close(other);
}

static void
a_request_that_was_withdrawn_unread_is_dropped(void **state)
{
	int fd = client();

	(void)state;
	ask(fd, "never mind");
	assert_true(command_withdraw(fd));
	serve_what_waits();
	expect_closed(fd);
	close(fd);
}

static void
one_that_was_read_can_not_be_withdrawn(void **state)
{
	int fd = client();

	(void)state;
	ask(fd, "too late");
	await_request();
	assert_false(command_withdraw(fd));
	assert_int_equal(command_reply(server, req.connection, "done"), 0);
	expect(fd, "done");
	close(fd);
}

static void
a_client_that_never_reads_is_dropped(void **state)
{
	int fd = client(), rc = 0;

	(void)state;
	for (int i = 0; i < 10000 && rc == 0; i++) {
		ask(fd, "x");
		await_request();
		rc = command_reply(server, req.connection, "{\"ok\":true}");
	}
	assert_int_equal(rc, -EAGAIN);
	assert_int_equal(command_reply(server, req.connection, "{}"), -ENOTCONN);
	close(fd);
}

static void
a_result_too_long_becomes_an_error_result(void **state)
{
	static char text[COMMAND_MAX + 2];
	int fd = client();

	(void)state;
	memset(text, 'x', COMMAND_MAX + 1);
	ask(fd, "x");
	await_request();
	assert_int_equal(command_reply(server, req.connection, text), -EMSGSIZE);
	expect(fd, "result too long");
	close(fd);
}

static void
a_socket_left_over_is_replaced_and_a_living_one_is_not(void **state)
{
	struct command_server *second = NULL;
	struct sockaddr_un at;

	(void)state;
	assert_int_equal(command_open(&second, loop, dir, "control", &err), -EBUSY);
	assert_non_null(strstr(err.text, "control.sock"));
	int fd = client(); /* the refusal took nothing away */
	close(fd);

	assert_int_equal(command_address(&at, dir, "dead", &err), 0);
	fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	close(fd);
	assert_int_equal(command_open(&second, loop, dir, "dead", &err), 0);
	command_close(second);
	assert_int_equal(access(at.sun_path, F_OK), -1);
}

static void
other_events_are_not_the_servers(void **state)
{
	struct loop_event ev = {.kind = LOOP_FD, .fd = 0, .readable = true, .data = &ev};

	(void)state;
	assert_int_equal(command_take(server, &ev, &req), -ENOENT);
	ev = (struct loop_event){.kind = LOOP_DUE};
	assert_int_equal(command_take(server, &ev, &req), -ENOENT);
}

/* --- who asks --- */

/* The access that a process with this user and these groups is given. */
static enum access_level
access_as(uid_t uid, gid_t gid, size_t n_groups, const gid_t *groups)
{
	char result[COMMAND_MAX + 1];
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0)
		_exit(setgroups(n_groups, groups) || setgid(gid) || setuid(uid) ||
		      command_call(dir, "control", "x", PATIENCE_MS, result, NULL));
	await_request();
	assert_int_equal(req.uid, uid);
	assert_int_equal(req.pid, child);
	assert_int_equal(command_reply(server, req.connection, "ok"), 0);
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	return req.access;
}

static void
access_comes_from_user_and_groups(void **state)
{
	const gid_t two[] = {50001, 50002}, operate[] = {50001, 60001},
		    both[] = {60001, 60002, 50001};

	(void)state;
	if (geteuid() != 0)
		skip(); /* only root can be somebody else */
	assert_int_equal(chmod(dir, 0755), 0);
	server->operate = 60001;
	server->engineer = 60002;
	assert_int_equal(access_as(0, 0, 0, NULL), ACCESS_ENGINEER);
	assert_int_equal(access_as(54321, 54321, 0, NULL), ACCESS_VIEW);
	assert_int_equal(access_as(54321, 54321, 2, two), ACCESS_VIEW);
	assert_int_equal(access_as(54321, 54321, 2, operate), ACCESS_OPERATE);
	assert_int_equal(access_as(54321, 60001, 0, NULL), ACCESS_OPERATE);
	assert_int_equal(access_as(54321, 54321, 3, both), ACCESS_ENGINEER);
	/* groups that do not exist grant nothing */
	server->operate = server->engineer = NO_GROUP;
	assert_int_equal(access_as(54321, 54321, 2, operate), ACCESS_VIEW);
}

/* --- the client --- */

static void
a_call_brings_the_result_back(void **state)
{
	char result[COMMAND_MAX + 1];
	pid_t child = fork();

	(void)state;
	assert_true(child >= 0);
	if (child == 0) {
		int rc = command_call(dir, "control", "{\"a\":1}", PATIENCE_MS, result, NULL);
		_exit(rc == 0 && strcmp(result, "{\"b\":2}") == 0 ? 0 : 1);
	}
	await_request();
	assert_string_equal(req.text, "{\"a\":1}");
	assert_int_equal(command_reply(server, req.connection, "{\"b\":2}"), 0);
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* What a call of a child ends with: its exit status. */
static pid_t
call_in_child(int timeout_ms)
{
	char result[COMMAND_MAX + 1];
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0)
		_exit(-command_call(dir, "control", "x", timeout_ms, result, NULL));
	return child;
}

static void
expect_end(pid_t child, int rc)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), -rc);
}

static void
a_call_that_was_read_and_not_answered_may_have_been_carried_out(void **state)
{
	pid_t child = call_in_child(20);

	(void)state;
	await_request();
	expect_end(child, -EINPROGRESS);
	child = call_in_child(PATIENCE_MS);
	await_request();
	command_close(server);
	server = NULL;
	expect_end(child, -EINPROGRESS);
}

static void
a_room_that_ends_without_reading_has_carried_out_nothing(void **state)
{
	pid_t child = call_in_child(PATIENCE_MS);
	struct loop_event ev;

	(void)state;
	while (!by_number(server, 1)) { /* let it in, and no more */
		assert_int_equal(loop_wait(loop, LOOP_NEVER, &ev), LOOP_FD);
		assert_int_equal(command_take(server, &ev, &req), 0);
	}
	await_readable(by_number(server, 1)->fd);
	command_close(server);
	server = NULL;
	expect_end(child, -ECONNRESET);
}

#define CALLS 150

/* A child calls with little patience, a room takes its time: whatever the child says is true. */
static void
nothing_is_carried_out_that_was_said_to_have_failed(void **state)
{
	struct shared {
		int rc[CALLS]; /* as the child knows it */
	} *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			 -1, 0);
	bool done[CALLS] = {false};
	unsigned seed = 1;

	(void)state;
	assert_ptr_not_equal(shared, MAP_FAILED);
	pid_t child = fork();
	if (child == 0) {
		char text[16], result[COMMAND_MAX + 1];
		for (int i = 0; i < CALLS; i++) {
			snprintf(text, sizeof(text), "%d", i);
			shared->rc[i] = command_call(dir, "control", text, 1 + i % 3, result, NULL);
		}
		_exit(0);
	}
	int status, failed = 0;
	while (waitpid(child, &status, WNOHANG) == 0) {
		struct loop_event ev;
		int kind = loop_wait(loop, clock_mono_ns() + NS_PER_MS, &ev);
		seed = seed * 1103515245u + 12345u;
		int64_t until_ns = clock_mono_ns() + (seed >> 16) % 1200u * 1000;
		while (kind == LOOP_FD && clock_mono_ns() < until_ns)
			;
		if (kind == LOOP_FD && command_take(server, &ev, &req) == 1) {
			done[atoi(req.text)] = true;
			command_reply(server, req.connection, "done");
		}
	}
	for (int i = 0; i < CALLS; i++) {
		assert_true(shared->rc[i] != 0 || done[i]);
		assert_true(shared->rc[i] == 0 || shared->rc[i] == -EINPROGRESS || !done[i]);
		failed += shared->rc[i] == -ETIMEDOUT;
	}
	assert_true(failed > 0);
	munmap(shared, sizeof(*shared));
}

static void
a_call_ends_with_a_reason_when_nobody_answers(void **state)
{
	char result[COMMAND_MAX + 1];

	(void)state;
	assert_int_equal(command_call(dir, "control", "{}", 5, result, &err), -ETIMEDOUT);
	assert_non_null(strstr(err.text, "control.sock: no answer in 0.005 s: not carried out"));
	serve_what_waits(); /* … nor is it now */
	assert_int_equal(command_call(dir, "nobody", "{}", 5, result, &err), -ENOENT);
	assert_non_null(strstr(err.text, "nobody.sock"));
	/* a room that hangs until its queue is full */
	int rc = 0, fd[CONNECTIONS + 2], n = 0;
	for (; n < CONNECTIONS; n++)
		fd[n] = client();
	for (int i = 0; i < 4; i++)
		rc = command_call(dir, "control", "{}", 5, result, &err);
	assert_int_equal(rc, -ETIMEDOUT);
	while (n > 0)
		close(fd[--n]);
}

static void
a_path_too_long_for_a_socket_is_an_error(void **state)
{
	char longer[200], result[COMMAND_MAX + 1];
	struct command_server *s = NULL;

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(command_open(&s, loop, longer, "a", &err), -ENAMETOOLONG);
	assert_int_equal(command_call(longer, "a", "{}", 5, result, &err), -ENAMETOOLONG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_gets_its_result_and_names_its_sender),
		TEST(a_request_of_exactly_the_limit_passes_and_a_longer_one_is_refused),
		TEST(a_second_request_waits_for_the_result_of_the_first),
		TEST(one_connection_too_many_closes_the_one_idle_longest),
		TEST(where_everybody_waits_for_a_result_a_newcomer_is_told_so),
		TEST(a_late_result_never_reaches_somebody_else),
		TEST(a_request_of_a_client_that_left_is_dropped),
		TEST(a_request_that_was_withdrawn_unread_is_dropped),
		TEST(one_that_was_read_can_not_be_withdrawn),
		TEST(a_client_that_never_reads_is_dropped),
		TEST(a_result_too_long_becomes_an_error_result),
		TEST(a_socket_left_over_is_replaced_and_a_living_one_is_not),
		TEST(other_events_are_not_the_servers),
		TEST(access_comes_from_user_and_groups),
		TEST(a_call_brings_the_result_back),
		TEST(a_call_that_was_read_and_not_answered_may_have_been_carried_out),
		TEST(a_room_that_ends_without_reading_has_carried_out_nothing),
		TEST(nothing_is_carried_out_that_was_said_to_have_failed),
		TEST(a_call_ends_with_a_reason_when_nobody_answers),
		TEST(a_path_too_long_for_a_socket_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
