/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <sys/wait.h>

#include "core/clock.h"
#include "core/image.h"

static const uint32_t first[] = {0, 1};
static const int64_t period_ns[] = {100};
static const uint8_t hash[32] = {1};
static const struct image_layout layout = {"ctl.img", 1, first, period_ns, hash, 100};

static char dir[64];
static struct errtext err;

static int
setup(void **state)
{
	(void)state;
	folder_make(dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	folder_remove(dir);
	return 0;
}

static struct image *
writer_at(int64_t now_ns)
{
	struct image *img = NULL;

	assert_int_equal(image_create(&img, dir, &layout, now_ns, &err), 0);
	return img;
}

static struct image *
reader(void)
{
	struct image *img = NULL;

	assert_int_equal(image_attach(&img, dir, &layout, &err), 0);
	return img;
}

static int
reap(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void
emit(struct image *img, uint32_t k)
{
	struct image_event e = {.time_ns = k, .code = k, .point = k, .value = k};

	memset(e.text, 'a' + (int)(k % 26), sizeof(e.text)); /* no end: the image puts one */
	image_emit(img, &e);
}

static bool
event_whole(const struct image_event *e)
{
	for (size_t i = 0; i + 1 < sizeof(e->text); i++)
		if (e->text[i] != 'a' + (char)(e->seq % 26))
			return false;
	return (uint64_t)e->time_ns == e->seq && e->code == (uint32_t)e->seq &&
	       e->point == (uint32_t)e->seq && (uint64_t)e->value == e->seq &&
	       e->text[sizeof(e->text) - 1] == '\0';
}

static void
events_come_in_order_and_once(void **state)
{
	struct image *w = writer_at(0), *r = reader();
	struct image_event e[4];
	struct image_status st;
	uint64_t seq = 0, lost = 0;

	(void)state;
	assert_int_equal(image_events(r, &seq, e, 4, &lost), 0);
	for (uint32_t k = 1; k <= 6; k++)
		emit(w, k);
	assert_int_equal(image_events(r, &seq, e, 4, &lost), 4);
	assert_int_equal(e[0].seq, 1);
	assert_int_equal(e[3].seq, 4);
	assert_true(event_whole(&e[3]));
	assert_int_equal(image_events(r, &seq, e, 4, NULL), 2);
	assert_int_equal(e[1].seq, 6);
	assert_int_equal(image_events(r, &seq, e, 4, &lost), 0);
	assert_int_equal(lost, 0);
	image_status(r, 0, &st);
	assert_int_equal(st.events, 6);
	image_close(r);
	image_close(w);
}

static void
a_gap_in_the_events_is_counted(void **state)
{
	struct image *w = writer_at(0), *r = reader();
	static struct image_event e[IMAGE_EVENTS];
	uint64_t seq = 0, lost = 0;

	(void)state;
	for (uint32_t k = 1; k <= IMAGE_EVENTS + 10; k++)
		emit(w, k);
	assert_int_equal(image_events(r, &seq, e, 1, &lost), 1);
	assert_int_equal(e[0].seq, 11);
	assert_int_equal(lost, 10);
	assert_int_equal(image_events(r, &seq, e, IMAGE_EVENTS, &lost), IMAGE_EVENTS - 1);
	assert_int_equal(e[IMAGE_EVENTS - 2].seq, IMAGE_EVENTS + 10);
	assert_int_equal(lost, 10);
	image_close(r);
	image_close(w);
}

static void
events_are_never_torn_and_each_is_seen_or_counted_as_lost(void **state)
{
	static struct image_event e[64];
	uint64_t seq = 0, lost = 0, seen = 0;
	const uint32_t n = 200000;
	struct image *w = writer_at(0), *r = reader();
	pid_t child = fork();

	(void)state;
	assert_true(child >= 0);
	if (child == 0) {
		for (uint32_t k = 1; k <= n; k++)
			emit(w, k);
		_exit(0);
	}
	int64_t end_ns = clock_mono_ns() + PATIENCE_MS * NS_PER_MS;
	while (seq < n) {
		size_t got = image_events(r, &seq, e, 64, &lost);
		for (size_t i = 0; i < got; i++)
			assert_true(event_whole(&e[i]));
		seen += got;
		assert_int_equal(seen + lost, seq);
		assert_true(clock_mono_ns() < end_ns);
	}
	assert_int_equal(reap(child), 0);
	assert_true(seen > 0);
	image_close(r);
	image_close(w);
}

static void
a_new_writers_events_are_counted_from_one_again(void **state)
{
	struct image *w = writer_at(0), *r = reader();
	struct image_event e[8];
	uint64_t seq = 0, lost = 0;

	(void)state;
	for (uint32_t k = 1; k <= 5; k++)
		emit(w, k);
	assert_int_equal(image_events(r, &seq, e, 8, &lost), 5);
	image_close(w);
	w = writer_at(1000);
	emit(w, 1);
	assert_int_equal(image_refresh(r, 1000, &err), 1);
	assert_int_equal(image_events(r, &seq, e, 8, &lost), 1);
	assert_int_equal(e[0].seq, 1);
	assert_int_equal(lost, 0);
	image_close(r);
	image_close(w);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(events_come_in_order_and_once),
		TEST(a_gap_in_the_events_is_counted),
		TEST(events_are_never_torn_and_each_is_seen_or_counted_as_lost),
		TEST(a_new_writers_events_are_counted_from_one_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
