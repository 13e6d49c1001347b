/* SPDX-License-Identifier: Apache-2.0 */
/* The connection to a broker: a broker made of a few bytes that refuses, says nothing, reads
 * nothing or goes away. */
#include "tests/unit/support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

#include "core/clock.h"
#include "mqtt/client.h"

static struct loop *loop;
static struct client *client;
static struct client_options options;
static int listener, peer; /* the broker */
static unsigned told[CLIENT_BROKEN + 1];
static char why[160], topic[64], payload[64];
static bool retained;
static ssize_t sent_when_reached; /* bytes that were on the way when TCP came up */

static void
sink(void *data, const struct client_event *ev)
{
	(void)data;
	told[ev->kind]++;
	if (ev->kind == CLIENT_BROKEN)
		snprintf(why, sizeof(why), "%s", ev->why);
	if (ev->kind == CLIENT_MESSAGE) {
		snprintf(topic, sizeof(topic), "%s", ev->topic);
		snprintf(payload, sizeof(payload), "%.*s", (int)ev->len, (const char *)ev->payload);
		retained = ev->retained;
	}
	if (ev->kind == CLIENT_REACHED) {
		char bytes[16];
		peer = accept(listener, NULL, NULL);
		assert_true(peer >= 0);
		sent_when_reached = recv(peer, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_PEEK);
	}
}

static int
open_client(void **state)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(a);

	(void)state;
	memset(told, 0, sizeof(told));
	why[0] = topic[0] = payload[0] = '\0';
	peer = -1;
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(listener, 4), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&a, &size), 0);
	options = (struct client_options){.host = "127.0.0.1",
					  .port = ntohs(a.sin_port),
					  .id = "me",
					  .user = "",
					  .sink = sink};
	assert_int_equal(loop_open(&loop, NULL), 0);
	assert_int_equal(client_open(&client, loop, &options), 0);
	return 0;
}

static int
close_client(void **state)
{
	(void)state;
	client_close(client);
	loop_close(loop);
	if (peer >= 0)
		close(peer);
	if (listener >= 0)
		close(listener);
	return 0;
}

/* Turn the loop until it has been told that, at least `n` times. */
static void
await(enum client_event_kind kind, unsigned n)
{
	int64_t end_ns = clock_mono_ns() + PATIENCE_MS * NS_PER_MS;
	struct loop_event ev;

	while (told[kind] < n) {
		int rc = loop_wait(loop, end_ns, &ev);
		assert_int_not_equal(rc, LOOP_DUE);
		client_take(client, &ev);
	}
}

static void
begin(void)
{
	const struct action a = {
		.kind = ACTION_CONNECT, .topic = "will", .payload = "x", .len = 1, .qos = 1};

	client_do(client, &a);
}

/* Whole packets that have come in, into out; returns the type of the first. */
static int
packet(uint8_t *out, size_t size)
{
	await_readable(peer);
	ssize_t n = recv(peer, out, size, 0);
	assert_true(n > 0);
	return out[0] >> 4;
}

static void
answer(const void *bytes, size_t len)
{
	assert_int_equal(send(peer, bytes, len, MSG_NOSIGNAL), len);
}

static void
go_up(void)
{
	uint8_t bytes[256];

	begin();
	await(CLIENT_REACHED, 1);
	struct loop_event ev;
	while (recv(peer, bytes, 1, MSG_DONTWAIT | MSG_PEEK) < 0) {
		loop_wait(loop, clock_mono_ns() + NS_PER_S, &ev);
		client_take(client, &ev);
	}
	assert_int_equal(packet(bytes, sizeof(bytes)), 1);
	answer("\x20\x02\x00\x00", 4);
	await(CLIENT_CONNACK, 1);
}

static void
connect_goes_out_after_we_were_told_that_tcp_is_up_and_not_before(void **state)
{
	(void)state;
	go_up();
	assert_int_equal(sent_when_reached, -1);
	assert_int_equal(told[CLIENT_REACHED], 1);
	assert_true(client_room(client));
}

/* The CONNECT that comes next; its length. */
static size_t
connect_packet(uint8_t *out, size_t size)
{
	struct loop_event ev;

	begin();
	await(CLIENT_REACHED, 1);
	while (recv(peer, out, 1, MSG_DONTWAIT | MSG_PEEK) < 0) {
		loop_wait(loop, clock_mono_ns() + NS_PER_S, &ev);
		client_take(client, &ev);
	}
	ssize_t n = recv(peer, out, size, 0);
	assert_true(n > 0);
	return (size_t)n;
}

/* MQTT 3.1.1, clean session, the will by QoS 1 and not retained, keep-alive, client id, will. */
static void
connect_is_as_it_was_asked_for(void **state)
{
	static const uint8_t expected[] = {0x10, 23,  0,   4,   'M', 'Q', 'T', 'T', 4,
					   0x0E, 0,   10,  0,   2,   'm', 'e', 0,   4,
					   'w',  'i', 'l', 'l', 0,   1,   'x'};
	uint8_t bytes[256];

	(void)state;
	assert_int_equal(connect_packet(bytes, sizeof(bytes)), sizeof(expected));
	assert_memory_equal(bytes, expected, sizeof(expected));
}

static void
a_user_is_named_with_the_password(void **state)
{
	uint8_t bytes[256];

	(void)state;
	client_close(client);
	options.user = "bms";
	options.password = "secret";
	assert_int_equal(client_open(&client, loop, &options), 0);
	size_t n = connect_packet(bytes, sizeof(bytes));
	assert_int_equal(bytes[9], 0xCE);
	assert_memory_equal(bytes + n - 13, "\0\3bms\0\6secret", 13);
}

static void
a_port_where_nobody_listens_is_told_without_having_been_reached(void **state)
{
	(void)state;
	close(listener);
	listener = -1;
	begin();
	await(CLIENT_BROKEN, 1);
	assert_string_equal(why, strerror(ECONNREFUSED));
	assert_int_equal(told[CLIENT_REACHED], 0);
	assert_true(client_idle(client));
	assert_false(client_room(client));
}

static void
a_broker_that_refuses_is_told_with_its_reason(void **state)
{
	uint8_t bytes[256];

	(void)state;
	begin();
	await(CLIENT_REACHED, 1);
	answer("\x20\x02\x00\x05",
	       4); /* not authorised; ahead of the CONNECT, which does not matter */
	await(CLIENT_BROKEN, 1);
	assert_non_null(strstr(why, "authorised"));
	assert_int_equal(told[CLIENT_CONNACK], 0);
	assert_true(client_idle(client));
	recv(peer, bytes, sizeof(bytes), MSG_DONTWAIT);
}

static void
a_cut_connection_is_told_once(void **state)
{
	(void)state;
	go_up();
	close(peer);
	peer = -1;
	await(CLIENT_BROKEN, 1);
	client_tick(client);
	assert_int_equal(told[CLIENT_BROKEN], 1);
	assert_true(why[0] != '\0');
	/* and a new one is as good as the first */
	go_up();
	assert_int_equal(told[CLIENT_REACHED], 2);
}

static void
bytes_that_are_no_mqtt_break_the_connection(void **state)
{
	(void)state;
	go_up();
	answer("\xF0\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8);
	await(CLIENT_BROKEN, 1);
	assert_true(client_idle(client));
}

static void
a_message_arrives_with_its_retain_flag(void **state)
{
	(void)state;
	go_up();
	answer("\x30\x06\x00\x01t123", 8);
	await(CLIENT_MESSAGE, 1);
	assert_string_equal(topic, "t");
	assert_string_equal(payload, "123");
	assert_false(retained);
	answer("\x31\x03\x00\x01u", 5);
	await(CLIENT_MESSAGE, 2);
	assert_string_equal(topic, "u");
	assert_string_equal(payload, "");
	assert_true(retained);
}

static void
a_subscription_is_told_when_it_is_acknowledged(void **state)
{
	const struct action a = {
		.kind = ACTION_SUBSCRIBE, .filter = {"a/b", "c/+"}, .n_filters = 2};
	uint8_t bytes[256];

	(void)state;
	go_up();
	client_do(client, &a);
	assert_int_equal(packet(bytes, sizeof(bytes)), 8);
	assert_memory_equal(bytes + 4, "\0\3a/b\1\0\3c/+\1", 12); /* both by QoS 1 */
	assert_int_equal(told[CLIENT_SUBACK], 0);
	const uint8_t suback[] = {0x90, 0x04, bytes[2], bytes[3], 0x01, 0x01};
	answer(suback, sizeof(suback));
	await(CLIENT_SUBACK, 1);
}

/* A broker that reads nothing: the library is given one message more than the socket takes. */
static void
while_the_socket_takes_nothing_there_is_no_room(void **state)
{
	static uint8_t big[200000];
	struct action a = {
		.kind = ACTION_PUBLISH, .topic = "t", .payload = big, .len = sizeof(big)};
	unsigned n = 0;

	(void)state;
	go_up();
	while (client_room(client)) {
		client_do(client, &a);
		assert_true(++n < 1000);
	}
	assert_int_equal(told[CLIENT_BROKEN], 0);
	/* it reads: the rest goes out and there is room again */
	struct loop_event ev;
	while (!client_room(client)) {
		recv(peer, big, sizeof(big), MSG_DONTWAIT);
		if (loop_wait(loop, clock_mono_ns() + NS_PER_MS, &ev) == LOOP_FD)
			client_take(client, &ev);
	}
	assert_int_equal(told[CLIENT_BROKEN], 0);
}

static void
of_messages_of_qos_1_so_many_are_on_their_way_and_no_more(void **state)
{
	const struct action a = {
		.kind = ACTION_PUBLISH, .topic = "t", .payload = "x", .len = 1, .qos = 1};
	int n = 0;

	(void)state;
	go_up();
	for (; client_room(client); n++)
		client_do(client, &a);
	assert_int_equal(n, CLIENT_UNACKED);
	answer("\x40\x02\x00\x01", 4); /* PUBACK of the first */
	struct loop_event ev;
	while (!client_room(client)) {
		assert_int_equal(loop_wait(loop, clock_mono_ns() + 10 * NS_PER_S, &ev), LOOP_FD);
		client_take(client, &ev);
	}
	client_do(client, &a);
	assert_false(client_room(client));
}

static void
leaving_is_a_disconnect_behind_the_last_message_and_tells_nothing(void **state)
{
	const struct action last = {
		.kind = ACTION_PUBLISH, .topic = "t", .payload = "end", .len = 3, .qos = 1};
	const struct action leave = {.kind = ACTION_DISCONNECT};
	uint8_t bytes[256] = {0};

	(void)state;
	go_up();
	client_do(client, &last);
	client_do(client, &leave);
	assert_true(client_idle(client));
	assert_int_equal(told[CLIENT_BROKEN], 0);
	size_t len = 0;
	for (ssize_t n = 1; n > 0; len += (size_t)(n > 0 ? n : 0)) {
		await_readable(peer);
		n = recv(peer, bytes + len, sizeof(bytes) - len, 0);
	}
	assert_int_equal(bytes[0] >> 4, 3);
	assert_int_equal(bytes[len - 2], 0xE0); /* DISCONNECT is the last */
	assert_int_equal(bytes[len - 1], 0);
}

static void
closing_says_nothing_to_the_broker(void **state)
{
	const struct action a = {.kind = ACTION_CLOSE};
	uint8_t byte;

	(void)state;
	go_up();
	client_do(client, &a);
	assert_true(client_idle(client));
	assert_int_equal(told[CLIENT_BROKEN], 0);
	await_readable(peer);
	assert_int_equal(recv(peer, &byte, 1, 0), 0);
	client_do(client, &a); /* without a connection it is nothing */
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_client, close_client)
	const struct CMUnitTest tests[] = {
		TEST(connect_goes_out_after_we_were_told_that_tcp_is_up_and_not_before),
		TEST(connect_is_as_it_was_asked_for),
		TEST(a_user_is_named_with_the_password),
		TEST(a_port_where_nobody_listens_is_told_without_having_been_reached),
		TEST(a_broker_that_refuses_is_told_with_its_reason),
		TEST(a_cut_connection_is_told_once),
		TEST(bytes_that_are_no_mqtt_break_the_connection),
		TEST(a_message_arrives_with_its_retain_flag),
		TEST(a_subscription_is_told_when_it_is_acknowledged),
		TEST(while_the_socket_takes_nothing_there_is_no_room),
		TEST(of_messages_of_qos_1_so_many_are_on_their_way_and_no_more),
		TEST(leaving_is_a_disconnect_behind_the_last_message_and_tells_nothing),
		TEST(closing_says_nothing_to_the_broker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
