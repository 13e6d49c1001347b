/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "core/clock.h"
#include "core/loop.h"

static const int signals[] = {SIGTERM, SIGHUP, 0};
static struct loop *loop;
static int pair[2]; /* [0] is watched in most tests */

static int
setup(void **state)
{
	(void)state;
	assert_int_equal(loop_open(&loop, signals), 0);
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
}

static int
teardown(void **state)
{
	(void)state;
	loop_close(loop);
	close(pair[0]);
	close(pair[1]);
	return 0;
}

static void
make_readable(void)
{
	assert_int_equal(write(pair[1], "x", 1), 1);
}

/* The next event, or a failure instead of waiting for ever. */
static int
next(struct loop_event *ev)
{
	int kind = loop_wait(loop, clock_mono_ns() + PATIENCE_MS * NS_PER_MS, ev);

	assert_int_not_equal(kind, LOOP_DUE);
	return kind;
}

static void
a_deadline_comes_not_before_its_time(void **state)
{
	struct loop_event ev;

	(void)state;
	for (int i = 0; i < 5; i++) {
		int64_t deadline_ns = clock_mono_ns() + 2 * NS_PER_MS;

		assert_int_equal(loop_wait(loop, deadline_ns, &ev), LOOP_DUE);
		assert_int_equal(ev.kind, LOOP_DUE);
		assert_true(ev.now_ns >= deadline_ns);
	}
}

static void
a_later_deadline_replaces_an_earlier_one(void **state)
{
	struct loop_event ev;
	int64_t soon_ns = clock_mono_ns() + NS_PER_MS, later_ns = soon_ns + 20 * NS_PER_MS;

	(void)state;
	make_readable();
	loop_watch(loop, pair[0], true, false, NULL);
	loop_wait(loop, soon_ns, &ev); /* arms the timer, whatever it returns */
	loop_unwatch(loop, pair[0]);
	assert_int_equal(loop_wait(loop, later_ns, &ev), LOOP_DUE);
	assert_true(ev.now_ns >= later_ns);
}

static void
a_deadline_wins_over_a_ready_descriptor(void **state)
{
	struct loop_event ev;

	(void)state;
	make_readable();
	assert_int_equal(loop_watch(loop, pair[0], true, false, pair), 0);
	assert_int_equal(loop_wait(loop, clock_mono_ns(), &ev), LOOP_DUE);
	assert_int_equal(next(&ev), LOOP_FD); /* it was not lost */
	assert_int_equal(ev.fd, pair[0]);
	assert_ptr_equal(ev.data, pair);
	assert_true(ev.readable && !ev.writable && !ev.hangup);
}

static void
a_loop_that_is_always_late_still_hears_its_signals(void **state)
{
	struct loop_event ev;
	int waits = 0;

	(void)state;
	make_readable(); /* and never read */
	loop_watch(loop, pair[0], true, false, NULL);
	raise(SIGTERM);
	do
		waits++;
	while (loop_wait(loop, 1, &ev) != LOOP_SIGNAL && waits < 100);
	assert_true(waits <= 6);
	/* and half of its waits are deadlines all the same */
	int due = 0;
	for (int i = 0; i < 100; i++)
		due += loop_wait(loop, 1, &ev) == LOOP_DUE;
	assert_in_range(due, 50, 51);
}

static void
two_busy_descriptors_are_both_served(void **state)
{
	struct loop_event ev;
	int other[2], served[2] = {0, 0};

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, other), 0);
	make_readable();
	assert_int_equal(write(other[1], "x", 1), 1);
	loop_watch(loop, pair[0], true, false, &served[0]);
	loop_watch(loop, other[0], true, false, &served[1]);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(next(&ev), LOOP_FD);
		++*(int *)ev.data;
	}
	assert_int_equal(served[0], 10);
	assert_int_equal(served[1], 10);
	loop_unwatch(loop, other[0]);
	close(other[0]);
	close(other[1]);
}

static void
a_watch_can_be_changed_and_ended(void **state)
{
	struct loop_event ev;
	int a, b;

	(void)state;
	make_readable();
	assert_int_equal(loop_watch(loop, pair[0], true, false, &a), 0);
	assert_int_equal(loop_watch(loop, pair[0], false, true, &b), 0);
	assert_int_equal(next(&ev), LOOP_FD);
	assert_ptr_equal(ev.data, &b);
	assert_true(ev.writable && !ev.readable);
	loop_unwatch(loop, pair[0]);
	loop_unwatch(loop, pair[0]); /* twice does no harm */
	assert_int_equal(loop_wait(loop, clock_mono_ns() + NS_PER_MS, &ev), LOOP_DUE);
	assert_int_equal(loop_watch(loop, pair[0], true, true, &a), 0);
	assert_int_equal(next(&ev), LOOP_FD);
	assert_true(ev.writable && ev.readable);
	assert_int_equal(loop_watch(loop, -1, true, false, NULL), -EBADF);
	assert_int_equal(loop_watch(loop, 1 << 20, true, false, NULL), -EMFILE);
}

static void
a_peer_that_went_away_is_a_hangup(void **state)
{
	struct loop_event ev;

	(void)state;
	loop_watch(loop, pair[0], false, false, NULL);
	close(pair[1]);
	assert_int_equal(next(&ev), LOOP_FD);
	assert_true(ev.hangup);
	assert_true(write(pair[0], "x", 1) < 0 && errno == EPIPE); /* and not our end */
	loop_unwatch(loop, pair[0]);
}

static void
signals_arrive_as_events_one_by_one(void **state)
{
	struct loop_event ev;
	int got = 0;

	(void)state;
	raise(SIGHUP);
	raise(SIGTERM);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(next(&ev), LOOP_SIGNAL);
		got |= ev.status == SIGHUP ? 1 : ev.status == SIGTERM ? 2 : 4;
	}
	assert_int_equal(got, 3);
	assert_int_equal(loop_wait(loop, clock_mono_ns(), &ev), LOOP_DUE);
}

static void
children_arrive_with_their_status(void **state)
{
	struct loop_event ev;
	pid_t child[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		child[i] = fork();
		assert_true(child[i] >= 0);
		if (child[i] == 0) {
			loop_child_signals(loop);
			if (i == 1)
				raise(SIGTERM); /* ends it: no longer blocked */
			_exit(7);
		}
		assert_int_equal(loop_watch_child(loop, child[i], &child[i]), 0);
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(next(&ev), LOOP_CHILD);
		assert_ptr_equal(ev.data, ev.pid == child[0] ? &child[0] : &child[1]);
		if (ev.pid == child[0])
			assert_true(WIFEXITED(ev.status) && WEXITSTATUS(ev.status) == 7);
		else
			assert_true(WIFSIGNALED(ev.status) && WTERMSIG(ev.status) == SIGTERM);
	}
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no zombie is left */
	assert_int_equal(loop_watch_child(loop, child[0], NULL), -ESRCH);
}

static void
closing_gives_the_signals_back(void **state)
{
	struct loop *l;
	const int usr[] = {SIGUSR1, 0};
	sigset_t mask;

	(void)state;
	assert_int_equal(loop_open(&l, usr), 0);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	assert_true(sigismember(&mask, SIGUSR1));
	loop_close(l);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	assert_false(sigismember(&mask, SIGUSR1));
	loop_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_deadline_comes_not_before_its_time),
		TEST(a_later_deadline_replaces_an_earlier_one),
		TEST(a_deadline_wins_over_a_ready_descriptor),
		TEST(a_loop_that_is_always_late_still_hears_its_signals),
		TEST(two_busy_descriptors_are_both_served),
		TEST(a_watch_can_be_changed_and_ended),
		TEST(a_peer_that_went_away_is_a_hangup),
		TEST(signals_arrive_as_events_one_by_one),
		TEST(children_arrive_with_their_status),
		TEST(closing_gives_the_signals_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
