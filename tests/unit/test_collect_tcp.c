/* SPDX-License-Identifier: Apache-2.0 */
/* The TCP shell of the collectors against a socket of this very process. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "collectors/tcp.h"
#include "core/clock.h"

static struct {
	int listener, peer; /* the device's side */
	uint16_t port;
	uint64_t accepted, answered;
	struct plant *plant;
	struct image *in;
	struct loop *loop;
	struct collect *collect;
	struct tcp *tcp;
	uint32_t engine;
} t;

static int
open_all(void **state)
{
	(void)state;
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;
	char yaml[512];
	struct config_report report = {0};
	memset(&t, 0, sizeof t);
	t.peer = -1;
	t.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(t.listener >= 0);
	assert_int_equal(0, bind(t.listener, (struct sockaddr *)&a, sizeof a));
	assert_int_equal(0, listen(t.listener, 8));
	assert_int_equal(0, getsockname(t.listener, (struct sockaddr *)&a, &len));
	t.port = ntohs(a.sin_port);
	snprintf(yaml, sizeof yaml,
		 "site: t\n"
		 "systems:\n"
		 "  - {name: cs%%02d, count: 1, type: water}\n"
		 "overrides:\n"
		 "  cs00.engine: {source: real, host: 127.0.0.1, port: %u}\n",
		 (unsigned)t.port);
	int rc = plant_parse(&t.plant, yaml, strlen(yaml), "t.yaml", "config", &report);
	config_report_print(&report, stderr);
	config_report_free(&report);
	assert_int_equal(0, rc);
	struct image_layout layout = {.name = "in-0.img",
				      .n_groups = t.plant->in.n_groups,
				      .first = t.plant->in.first,
				      .period_ns = t.plant->in.period_ns,
				      .table_hash = t.plant->hash,
				      .beat_ns = 100 * NS_PER_MS};
	assert_int_equal(0, image_memory(&t.in, &layout));
	assert_int_equal(0, loop_open(&t.loop, NULL));
	assert_int_equal(0, collect_open(&t.collect, t.plant, t.in, NULL, 1, clock_mono_ns()));
	assert_int_equal(0, tcp_open(&t.tcp, t.plant, t.loop));
	assert_int_equal(0, loop_watch(t.loop, t.listener, true, false, NULL));
	t.engine = (uint32_t)plant_device(t.plant, "cs00.engine");
	return 0;
}

static void
hang_up(void)
{
	if (t.peer < 0)
		return;
	loop_unwatch(t.loop, t.peer);
	close(t.peer);
	t.peer = -1;
}

static int
close_all(void **state)
{
	(void)state;
	hang_up();
	if (t.listener >= 0) {
		loop_unwatch(t.loop, t.listener);
		close(t.listener);
	}
	tcp_close(t.tcp);
	collect_close(t.collect);
	image_close(t.in);
	loop_close(t.loop);
	plant_free(t.plant);
	return 0;
}

/* The device: every register is 0 but for its identity. */
static void
answer(void)
{
	uint8_t q[260], r[260] = {0};
	ssize_t n = recv(t.peer, q, sizeof q, 0);
	if (n <= 0) {
		hang_up();
		return;
	}
	assert_int_equal(12, n);
	unsigned reg = (unsigned)q[8] << 8 | q[9], bytes = 2u * q[11];
	memcpy(r, q, 8);
	r[5] = (uint8_t)(3 + bytes);
	r[8] = (uint8_t)bytes;
	if (q[7] == 4 && reg == 400) {
		r[9] = 0x1A;
		r[10] = 0x57;
	}
	assert_int_equal(9 + bytes, send(t.peer, r, 9 + bytes, MSG_NOSIGNAL));
	t.answered++;
}

/* One turn of the loop, as in main.c, with the device's descriptors served by the way. */
static void
turn(void)
{
	struct collect_action a[8];
	struct loop_event ev;
	int kind = loop_wait(t.loop, collect_next_ns(t.collect), &ev);
	assert_true(kind >= 0);
	if (kind == LOOP_FD && ev.fd == t.listener) {
		hang_up();
		t.peer = accept4(t.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		assert_true(t.peer >= 0);
		assert_int_equal(0, loop_watch(t.loop, t.peer, true, false, NULL));
		t.accepted++;
	} else if (kind == LOOP_FD && ev.fd == t.peer) {
		answer();
	} else if (kind == LOOP_FD) {
		tcp_take(t.tcp, t.collect, &ev);
	}
	size_t n;
	do {
		n = collect_due(t.collect, ev.now_ns, a, 8);
		for (size_t i = 0; i < n; i++)
			tcp_do(t.tcp, t.collect, &a[i], ev.now_ns);
	} while (n == 8);
}

static uint32_t
count(enum quality q)
{
	struct sample s[2048];
	const struct device *d = &t.plant->devices[t.engine];
	uint32_t n = 0;
	assert_true(t.plant->n_in <= 2048);
	image_read_all(t.in, clock_mono_ns(), s);
	for (uint32_t i = 0; i < d->n_points; i++)
		n += s[d->first_point + i].quality == q;
	return n;
}

static void
until_all(enum quality q)
{
	int64_t end_ns = clock_mono_ns() + 20 * NS_PER_S; /* hung, not slow */
	while (count(q) != t.plant->devices[t.engine].n_points) {
		turn();
		assert_true(clock_mono_ns() < end_ns);
	}
}

static void
a_device_is_read_over_a_socket(void **state)
{
	(void)state;
	until_all(QUALITY_GOOD);
	assert_int_equal(1, t.accepted);
	assert_true(t.answered >= 4);
	assert_true(collect_transactions(t.collect) >= 4);
}

static void
a_device_that_hangs_up_is_comm_and_called_again(void **state)
{
	(void)state;
	until_all(QUALITY_GOOD);
	hang_up();
	until_all(QUALITY_COMM);
	until_all(QUALITY_GOOD);
	assert_true(t.accepted >= 2);
}

static void
a_device_that_is_not_there_is_comm(void **state)
{
	(void)state;
	loop_unwatch(t.loop, t.listener);
	close(t.listener);
	t.listener = -1;
	until_all(QUALITY_COMM);
	assert_int_equal(0, t.accepted);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_device_is_read_over_a_socket, open_all,
						close_all),
		cmocka_unit_test_setup_teardown(a_device_that_hangs_up_is_comm_and_called_again,
						open_all, close_all),
		cmocka_unit_test_setup_teardown(a_device_that_is_not_there_is_comm, open_all,
						close_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
