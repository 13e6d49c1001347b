/* SPDX-License-Identifier: Apache-2.0 */
/* The way from isotherm-alarm to isotherm-page, both ends in this process; and users' names. */
#include "tests/unit/support.h"

#include <errno.h>
#include <math.h>

#include "alarms/pager.h"
#include "core/clock.h"
#include "core/users.h"

static char dir[64];
static struct loop *loop;
static struct command_server *server;
static struct command_request req;
static struct pager *pager;
static struct page_result result;
static int64_t now_ns;

static void
serve_pages(void)
{
	struct errtext err = {""};

	assert_int_equal(command_open(&server, loop, dir, "page", &err), 0);
}

static int
setup(void **state)
{
	(void)state;
	folder_make(dir);
	assert_int_equal(loop_open(&loop, NULL), 0);
	assert_int_equal(pager_open(&pager, loop, dir), 0);
	server = NULL;
	now_ns = 5 * NS_PER_S;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	pager_close(pager);
	command_close(server);
	loop_close(loop);
	folder_remove(dir);
	return 0;
}

static int
send_page(uint64_t id)
{
	struct page_intent page = {.id = id,
				   .action = PAGE_TRIGGER,
				   .priority = ALARM_HIGH,
				   .value = (double)NAN,
				   .limit = (double)NAN,
				   .attempt = 3};

	snprintf(page.key, sizeof(page.key), "site/a/%d", (int)id);
	return pager_send(pager, &page, now_ns);
}

/* Serve both ends until the pager has news. */
static enum pager_news
await_news(void)
{
	for (;;) {
		struct loop_event ev;

		assert_int_equal(loop_wait(loop, clock_mono_ns() + PATIENCE_MS * NS_PER_MS, &ev),
				 LOOP_FD);
		int news = pager_event(pager, &ev, &result);
		if (news == PAGER_RESULT || news == PAGER_LOST)
			return (enum pager_news)news;
		if (news == -ENOENT && command_take(server, &ev, &req) == 1)
			return PAGER_NOTHING;
	}
}

static void
without_anybody_there_it_is_told_at_once_and_looked_for_later(void **state)
{
	(void)state;
	assert_true(pager_ready(pager, now_ns));
	assert_int_equal(send_page(1), -ENOENT);
	assert_false(pager_ready(pager, now_ns + NS_PER_S / 2));
	assert_true(pager_ready(pager, now_ns + NS_PER_S));
}

static void
each_page_is_answered_by_itself_in_any_order(void **state)
{
	int connection[2];

	(void)state;
	serve_pages();
	for (int i = 0; i < 2; i++) {
		assert_int_equal(send_page((uint64_t)i + 1), 0);
		assert_int_equal(await_news(), PAGER_NOTHING);
		assert_non_null(strstr(req.text, i == 0 ? "site/a/1" : "site/a/2"));
		connection[i] = req.connection;
	}
	command_reply(server, connection[1], "{\"ok\":false,\"why\":\"exit 1\"}");
	assert_int_equal(await_news(), PAGER_RESULT);
	assert_int_equal(result.id, 2);
	assert_int_equal(result.attempt, 3);
	assert_false(result.delivered);
	assert_string_equal(result.why, "exit 1");
	command_reply(server, connection[0], "{\"ok\":true,\"why\":\"\"}");
	assert_int_equal(await_news(), PAGER_RESULT);
	assert_int_equal(result.id, 1);
	assert_true(result.delivered);
}

static void
who_ends_before_the_answer_leaves_the_page_untried(void **state)
{
	(void)state;
	serve_pages();
	assert_int_equal(send_page(7), 0);
	assert_int_equal(await_news(), PAGER_NOTHING);
	command_close(server);
	server = NULL;
	assert_int_equal(await_news(), PAGER_LOST);
	assert_int_equal(result.id, 7);
	serve_pages(); /* and the next one takes it */
	assert_int_equal(send_page(7), 0);
	assert_int_equal(await_news(), PAGER_NOTHING);
}

static void
an_answer_that_is_none_is_no_delivery(void **state)
{
	static const char *const answers[] = {"delivered", "[]", "{\"ok\":1}", "{}"};

	(void)state;
	serve_pages();
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		assert_int_equal(send_page(i + 1), 0);
		assert_int_equal(await_news(), PAGER_NOTHING);
		command_reply(server, req.connection, answers[i]);
		assert_int_equal(await_news(), PAGER_LOST);
		assert_false(result.delivered);
	}
	assert_int_equal(send_page(9), 0);
	assert_int_equal(await_news(), PAGER_NOTHING);
	command_reply(server, req.connection, "{\"ok\":false,\"error\":\"not allowed\"}");
	assert_int_equal(await_news(), PAGER_RESULT);
	assert_string_equal(result.why, "not allowed");
}

static void
so_many_are_out_and_the_same_one_only_once(void **state)
{
	(void)state;
	serve_pages();
	for (uint64_t i = 1; i <= PAGER_MAX; i++)
		assert_int_equal(send_page(i), 0);
	assert_false(pager_ready(pager, now_ns));
	assert_int_equal(send_page(1), 0); /* given up, and handed out again */
	assert_int_equal(send_page(99), -EAGAIN);
}

static void
names_come_from_a_file_and_are_numbers_without_one(void **state)
{
	char path[128], name[32];
	struct users *u;

	(void)state;
	snprintf(path, sizeof(path), "%s/passwd", dir);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs("root:x:0:0::/root:/bin/sh\nbroken line\njane:x:1234:1234::/:/bin/sh\n"
	      "j\xe4n:x:5:5::/:/bin/sh\n",
	      f);
	fclose(f);
	assert_int_equal(users_open(&u, path), 0);
	assert_string_equal(users_name(u, 1234, name, sizeof(name)), "jane");
	assert_string_equal(users_name(u, 0, name, sizeof(name)), "root");
	assert_string_equal(users_name(u, 5, name, sizeof(name)), "j?n");
	assert_string_equal(users_name(u, 77, name, sizeof(name)), "uid 77");
	users_close(u);
	assert_int_equal(users_open(&u, "/nowhere/passwd"), 0);
	assert_string_equal(users_name(u, 0, name, sizeof(name)), "uid 0");
	users_close(u);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(without_anybody_there_it_is_told_at_once_and_looked_for_later),
		T(each_page_is_answered_by_itself_in_any_order),
		T(who_ends_before_the_answer_leaves_the_page_untried),
		T(an_answer_that_is_none_is_no_delivery),
		T(so_many_are_out_and_the_same_one_only_once),
		T(names_come_from_a_file_and_are_numbers_without_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
