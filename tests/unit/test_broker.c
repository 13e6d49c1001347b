/* SPDX-License-Identifier: Apache-2.0 */
/* The runner's private broker (its port, its configuration), and what processes cost. */
#include "tests/unit/support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "runner/broker.h"
#include "runner/cpu.h"

static char base[64];
static struct folder folder;
static struct broker broker;
static struct errtext err;

static int
setup(void **state)
{
	(void)state;
	folder_make(base);
	folder = (struct folder){.lock_fd = -1};
	(void)snprintf(folder.dir, sizeof folder.dir, "%s", base);
	return broker_open(&broker, &folder, &err);
}

static int
teardown(void **state)
{
	(void)state;
	broker_close(&broker);
	folder_remove(base);
	return 0;
}

/* 0, or the errno of the first call that failed. */
static int
listen_on(uint16_t port, bool reuse, int *fd)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	int on = reuse;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(*fd >= 0);
	assert_int_equal(setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
	if (bind(*fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(*fd, 4) == 0)
		return 0;
	return errno;
}

static void
a_port_is_held_for_the_broker_while_it_is_down(void **state)
{
	int fd;

	(void)state;
	assert_true(broker.port > 0);
	assert_false(broker_answers(&broker));
	assert_int_equal(listen_on(broker.port, false, &fd), EADDRINUSE);
	close(fd);
	for (int life = 0; life < 2; life++) {
		assert_int_equal(listen_on(broker.port, true, &fd), 0);
		assert_true(broker_answers(&broker));
		close(fd);
		assert_false(broker_answers(&broker));
	}
}

static void
the_configuration_listens_on_the_loopback_alone(void **state)
{
	char text[1000] = "", want[64];
	FILE *in = fopen(broker.config_path, "re");

	(void)state;
	assert_non_null(in);
	assert_true(fread(text, 1, sizeof text - 1, in) > 0);
	assert_int_equal(fclose(in), 0);
	(void)snprintf(want, sizeof want, "listener %u 127.0.0.1\n", broker.port);
	assert_non_null(strstr(text, want));
	assert_non_null(strstr(text, "persistence false\n"));
	assert_int_equal(strstr(text, "user root\n") != NULL, geteuid() == 0);
}

static void
the_program_is_looked_for_on_the_path_first(void **state)
{
	char path[PATH_MAX], list[200], found[PATH_MAX];
	int fd;

	(void)state;
	(void)snprintf(path, sizeof path, "%s/mosquitto", base);
	(void)snprintf(list, sizeof list, "relative::/nowhere:%s", base);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(broker_find("", found), broker_find(list, found)); /* can't be executed */
	assert_int_equal(fchmod(fd, 0700), 0);
	close(fd);
	assert_int_equal(broker_find(list, found), 0);
	assert_string_equal(found, path);
	assert_int_equal(unlink(path), 0);
}

static void
processor_time_is_that_of_a_process_and_of_those_that_ended(void **state)
{
	int64_t before_ns = cpu_of_ended_children_ns(), own_ns;
	volatile double work = 1.0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		while (cpu_of_process_ns(getpid()) < 30000000)
			for (int i = 0; i < 100000; i++)
				work = work * 1.0000001;
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(cpu_of_ended_children_ns() - before_ns >= 20000000);
	own_ns = cpu_of_process_ns(getpid());
	assert_true(own_ns >= cpu_of_ended_children_ns() - 20000000); /* those it reaped count */
	assert_int_equal(cpu_of_process_ns(pid), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_port_is_held_for_the_broker_while_it_is_down,
						setup, teardown),
		cmocka_unit_test_setup_teardown(the_configuration_listens_on_the_loopback_alone,
						setup, teardown),
		cmocka_unit_test_setup_teardown(the_program_is_looked_for_on_the_path_first, setup,
						teardown),
		cmocka_unit_test(processor_time_is_that_of_a_process_and_of_those_that_ended),
	};

	return cmocka_run_group_tests_name("private broker", tests, NULL, NULL);
}
