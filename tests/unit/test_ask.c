/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of a screen that waits for nobody, against a socket whose owner answers, or does not. */
#include "tests/unit/support.h"

#include <errno.h>

#include "core/clock.h"
#include "tui/ask.h"

struct rig {
	char dir[64];
	struct loop *loop;
	struct command_server *server; /* NULL: nobody listens */
	struct ask ask;
	struct command_request request; /* the last one that came */
	bool asked;
	struct ask_item done;
	int rc; /* of ask_event */
};

static void
rig_open(struct rig *r, bool listens)
{
	*r = (struct rig){0};
	folder_make(r->dir);
	assert_int_equal(loop_open(&r->loop, NULL), 0);
	if (listens)
		assert_int_equal(command_open(&r->server, r->loop, r->dir, "alarm", NULL), 0);
	ask_open(&r->ask, r->loop, "alarm");
}

static void
rig_close(struct rig *r)
{
	ask_close(&r->ask);
	if (r->server)
		command_close(r->server);
	loop_close(r->loop);
	folder_remove(r->dir);
}

/* Until a request has come, or an answer. */
static void
rig_turn(struct rig *r)
{
	struct loop_event ev;
	struct errtext err = {""};
	int64_t end_ns = clock_mono_ns() + PATIENCE_MS * NS_PER_MS;
	r->asked = false;
	r->rc = 0;
	while (!r->asked && r->rc == 0) {
		assert_int_equal(loop_wait(r->loop, end_ns, &ev), LOOP_FD);
		r->rc = ask_event(&r->ask, &ev, &r->done, &err);
		if (r->rc == 0 && r->server)
			r->asked = command_take(r->server, &ev, &r->request) == 1;
	}
}

static void
each_request_is_answered_in_its_turn_on_one_connection(void **state)
{
	struct rig r;
	struct errtext err;
	int connection = -1;
	(void)state;
	rig_open(&r, true);
	assert_true(ask_add(&r.ask, ASK_ACK, 3, "cs00.a"));
	assert_true(ask_add(&r.ask, ASK_ACK, 4, "cs00.b"));
	assert_true(ask_add(&r.ask, ASK_SHOW, 4, "cs00.b"));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(ask_step(&r.ask, r.dir, 0, &err), 0);
		rig_turn(&r);
		assert_true(r.asked);
		assert_string_equal(r.request.text,
				    i == 0   ? "{\"cmd\":\"ack\",\"alarm\":\"cs00.a\"}"
				    : i == 1 ? "{\"cmd\":\"ack\",\"alarm\":\"cs00.b\"}"
					     : "{\"cmd\":\"show\",\"alarm\":\"cs00.b\"}");
		assert_true(connection < 0 || connection == r.request.connection);
		connection = r.request.connection;
		assert_int_equal(ask_step(&r.ask, r.dir, 0, &err), 0); /* one in flight */
		assert_int_equal(command_reply(r.server, connection, "{\"ok\":true}"), 0);
		rig_turn(&r);
		assert_int_equal(r.rc, 1);
		assert_string_equal(r.ask.result, "{\"ok\":true}");
		assert_int_equal(r.done.alarm, i == 0 ? 3 : 4);
		assert_int_equal(ask_waits_for(&r.ask, ASK_ACK), i == 0);
	}
	assert_int_equal(r.ask.fd, -1); /* nothing more to ask: hung up */
	assert_true(ask_next_ns(&r.ask) == LOOP_NEVER);
	rig_close(&r);
}

static void
who_does_not_answer_is_given_up_after_a_second_with_all_that_waits(void **state)
{
	struct rig r;
	struct errtext err = {""};
	(void)state;
	rig_open(&r, true);
	assert_true(ask_add(&r.ask, ASK_ACK, 3, "cs00.a"));
	assert_true(ask_add(&r.ask, ASK_ACK, 4, "cs00.b"));
	assert_int_equal(ask_step(&r.ask, r.dir, 5, &err), 0);
	assert_true(ask_next_ns(&r.ask) == 5 + ASK_TIMEOUT_NS);
	assert_int_equal(ask_step(&r.ask, r.dir, 4 + ASK_TIMEOUT_NS, &err), 0);
	assert_int_equal(ask_step(&r.ask, r.dir, 5 + ASK_TIMEOUT_NS, &err), -ETIMEDOUT);
	assert_string_equal(err.text, "isotherm-alarm does not answer: not acknowledged");
	assert_false(ask_waits_for(&r.ask, ASK_ACK));
	assert_int_equal(ask_step(&r.ask, r.dir, 9 + ASK_TIMEOUT_NS, &err), 0);
	rig_close(&r);
}

static void
nobody_there_is_said_at_once_and_asked_again_later(void **state)
{
	struct rig r;
	struct errtext err = {""};
	(void)state;
	rig_open(&r, false);
	assert_true(ask_add(&r.ask, ASK_SHOW, 3, "cs00.a"));
	assert_true(ask_step(&r.ask, r.dir, 0, &err) < 0);
	assert_string_equal(err.text, "isotherm-alarm does not run");
	assert_int_equal(command_open(&r.server, r.loop, r.dir, "alarm", NULL), 0);
	assert_true(ask_add(&r.ask, ASK_SHOW, 3, "cs00.a"));
	assert_int_equal(ask_step(&r.ask, r.dir, 0, &err), 0);
	rig_turn(&r);
	assert_true(r.asked);
	rig_close(&r);
}

static void
one_that_dies_in_the_middle_is_noticed(void **state)
{
	struct rig r;
	struct errtext err = {""};
	(void)state;
	rig_open(&r, true);
	assert_true(ask_add(&r.ask, ASK_ACK, 3, "cs00.a"));
	assert_int_equal(ask_step(&r.ask, r.dir, 0, &err), 0);
	rig_turn(&r);
	assert_true(r.asked);
	command_close(r.server);
	r.server = NULL;
	rig_turn(&r);
	assert_int_equal(r.rc, -ECONNRESET);
	assert_int_equal(r.ask.fd, -1);
	rig_close(&r);
}

static void
the_line_has_an_end(void **state)
{
	struct rig r;
	(void)state;
	rig_open(&r, false);
	for (uint32_t i = 0; i < ASK_LINE; i++)
		assert_true(ask_add(&r.ask, ASK_ACK, i, "k"));
	assert_false(ask_add(&r.ask, ASK_ACK, 0, "k"));
	rig_close(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_request_is_answered_in_its_turn_on_one_connection),
		cmocka_unit_test(
			who_does_not_answer_is_given_up_after_a_second_with_all_that_waits),
		cmocka_unit_test(nobody_there_is_said_at_once_and_asked_again_later),
		cmocka_unit_test(one_that_dies_in_the_middle_is_noticed),
		cmocka_unit_test(the_line_has_an_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
