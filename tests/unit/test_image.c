/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "core/clock.h"
#include "core/image_region.h"

#define BEAT_NS 100
#define GROUPS 3
#define LARGE 2 /* the group with many samples */

static const uint32_t first[GROUPS + 1] = {0, 2, 3, 103};
static const int64_t period_ns[GROUPS] = {100, 1000, 100};
static const uint8_t hash[32] = {1, 2, 3}, other_hash[32] = {3, 2, 1};
static const struct image_layout layout = {"in-0.img", GROUPS, first, period_ns, hash, BEAT_NS};

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

static const char *
file_path(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
fill(struct sample *s, uint32_t n, int64_t k, enum quality q)
{
	for (uint32_t i = 0; i < n; i++)
		s[i] = sample_at((double)k, k, q, (uint32_t)k & SAMPLE_FLAGS);
}

static void
publish(struct image *img, uint32_t group, int64_t k, enum quality q)
{
	struct sample s[100];

	fill(s, first[group + 1] - first[group], k, q);
	image_publish(img, group, s);
}

static bool
all_alike(const struct sample *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (s[i].time_ns != s[0].time_ns || (int64_t)s[i].value != s[0].time_ns ||
		    s[i].flags != ((uint64_t)s[0].time_ns & SAMPLE_FLAGS))
			return false;
	return true;
}

static int
reap(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

/* --- what goes in comes out --- */

static void
a_sample_arrives_whole_and_other_groups_are_untouched(void **state)
{
	struct image *w = writer_at(0), *r = reader();
	struct sample s[103];

	(void)state;
	publish(w, 0, 40, QUALITY_UNCERTAIN);
	assert_int_equal(image_read_all(r, 50, s), 0);
	assert_true(all_alike(s, 2));
	assert_int_equal(s[1].time_ns, 40);
	assert_int_equal(s[1].quality, QUALITY_UNCERTAIN);
	assert_int_equal(s[2].quality, QUALITY_NEVER);
	assert_int_equal(s[102].quality, QUALITY_NEVER);
	image_close(r);
	image_close(w);
}

static void
plain_memory_is_the_same_to_writer_and_reader(void **state)
{
	struct image *img = NULL;
	struct image_status st;
	struct sample s[100];

	(void)state;
	assert_int_equal(image_memory(&img, &layout), 0);
	image_status(img, 0, &st);
	assert_false(st.alive); /* not before its first beat */
	image_beat(img, 0, 1, 0);
	image_status(img, 0, &st);
	assert_true(st.alive);
	publish(img, LARGE, 7, QUALITY_GOOD);
	assert_int_equal(image_read(img, LARGE, 8, s), 0);
	assert_true(all_alike(s, 100));
	assert_int_equal(image_refresh(img, 1000000, &err), 0);
	image_close(img);
}

static void
a_layout_that_makes_no_sense_is_refused(void **state)
{
	static const uint32_t down[GROUPS + 1] = {0, 2, 1, 103}, late[GROUPS + 1] = {1, 2, 3, 103};
	static const int64_t still[GROUPS] = {100, 0, 100};
	struct image_layout bad[] = {layout, layout, layout, layout, layout};
	struct image *img = NULL;

	(void)state;
	bad[0].first = down;
	bad[1].first = late;
	bad[2].period_ns = still;
	bad[3].beat_ns = 0;
	bad[4].n_groups = 0;
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(image_memory(&img, &bad[i]), -EINVAL);
	image_close(NULL);
}

static void
a_sample_is_stale_after_three_periods_of_its_group(void **state)
{
	struct image *w = writer_at(0), *r = reader();
	struct sample s[2];

	(void)state;
	publish(w, 0, 1000, QUALITY_GOOD);
	publish(w, 1, 1000, QUALITY_GOOD);
	image_read(r, 0, 1300, s);
	assert_int_equal(s[0].quality, QUALITY_GOOD);
	image_read(r, 0, 1301, s);
	assert_int_equal(s[0].quality, QUALITY_STALE);
	image_read(r, 1, 4000, s);
	assert_int_equal(s[0].quality, QUALITY_GOOD);
	image_read(r, 1, 4001, s);
	assert_int_equal(s[0].quality, QUALITY_STALE);
	image_close(r);
	image_close(w);
}

static void
a_second_look_does_nothing_where_nothing_can_have_changed(void **state)
{
	struct image *w = writer_at(0), *r = reader();
	struct image_seen seen = {0};
	struct sample s[2] = {{0}}, plain[2];

	(void)state;
	publish(w, 0, 1000, QUALITY_GOOD);
	assert_true(image_read_new(r, 0, 1000, &seen, s));
	assert_false(image_read_new(r, 0, 1001, &seen, s));
	assert_false(image_read_new(r, 0, 1300, &seen, s));
	assert_true(image_read_new(r, 0, 1301, &seen, s)); /* too old now */
	assert_int_equal(s[0].quality, QUALITY_STALE);
	assert_false(image_read_new(r, 0, 9000, &seen, s));
	publish(w, 0, 9000, QUALITY_BAD);
	assert_true(image_read_new(r, 0, 9001, &seen, s));
	assert_int_equal(s[0].quality, QUALITY_BAD);
	assert_false(image_read_new(r, 0, 99999, &seen, s)); /* gets no worse */
	assert_true(image_read_new(r, 0, 8999, &seen, s));   /* time went back */
	publish(w, 0, 9900, QUALITY_GOOD);
	for (int64_t now_ns = 9400; now_ns < 10400; now_ns += 50) {
		(void)image_read_new(r, 0, now_ns, &seen, s);
		assert_int_equal(image_read(r, 0, now_ns, plain), 0);
		assert_memory_equal(s, plain, sizeof s);
	}
	image_close(w);
	w = writer_at(20000); /* numbers its publishes from the same one on */
	for (int k = 0; k < 3; k++)
		publish(w, 0, 20000, QUALITY_UNCERTAIN);
	assert_int_equal(image_refresh(r, 30000, &err), 1);
	assert_true(image_read_new(r, 0, 20000, &seen, s));
	assert_int_equal(s[0].quality, QUALITY_UNCERTAIN);
	image_close(r);
	image_close(w);
}

static void
status_tells_who_writes_and_whether_he_lives(void **state)
{
	struct image *w = writer_at(5000), *r = reader();
	struct image_status st;

	(void)state;
	image_beat(w, 6000, 12, 3);
	image_status(r, 6000 + 3 * BEAT_NS, &st);
	assert_int_equal(st.pid, getpid());
	assert_int_equal(st.start_ns, 5000);
	assert_int_equal(st.heartbeat_ns, 6000);
	assert_int_equal(st.tick, 12);
	assert_int_equal(st.overruns, 3);
	assert_int_equal(st.events, 0);
	assert_true(st.alive);
	image_status(r, 6001 + 3 * BEAT_NS, &st);
	assert_false(st.alive);
	image_status(r, 100, &st); /* a file left by the time before a reboot */
	assert_false(st.alive);
	image_close(r);
	image_close(w);
}

static void
the_time_of_the_last_value_that_was_not_good_is_kept(void **state)
{
	struct image *w = writer_at(0), *r = reader();

	(void)state;
	assert_true(image_last_not_good_ns(r, 0) == INT64_MIN);
	publish(w, 0, 0, QUALITY_NEVER); /* a start is not a fault */
	publish(w, 0, 100, QUALITY_GOOD);
	assert_true(image_last_not_good_ns(r, 0) == INT64_MIN);
	image_beat(w, 5000, 1, 0);
	publish(w, 0, 100, QUALITY_COMM); /* with the time of its last good value */
	assert_int_equal(image_last_not_good_ns(r, 0), 5000);
	publish(w, 0, 5040, QUALITY_RANGE);
	assert_int_equal(image_last_not_good_ns(r, 0), 5040);
	image_beat(w, 6000, 2, 0);
	publish(w, 0, 6000, QUALITY_GOOD);
	assert_int_equal(image_last_not_good_ns(r, 0), 5040);
	assert_true(image_last_not_good_ns(r, LARGE) == INT64_MIN);
	image_close(r);
	image_close(w);
}

/* --- torn reads and dead writers --- */

/* A process that publishes again and again until it is killed, after pauses of all short lengths:
 * without any, a reader would hardly ever get a turn. */
static pid_t
start_hammer(void)
{
	int ready[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct image *w;
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails does not kill it */
		if (image_create(&w, dir, &layout, 0, NULL))
			_exit(1);
		publish(w, LARGE, 1, QUALITY_GOOD);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		for (int64_t k = 2;; k++) {
			publish(w, LARGE, k, QUALITY_GOOD);
			for (volatile int64_t pause = k % 1000; pause > 0; pause--)
				;
		}
	}
	close(ready[1]);
	await_readable(ready[0]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return child;
}

static void
a_reader_never_sees_half_of_a_publish(void **state)
{
	pid_t child = start_hammer();
	struct image *r = reader();
	struct sample s[100] = {0};
	int64_t start_ns = clock_mono_ns(), last = 0, past_ns = 0;
	int seen = 0;

	(void)state;
	/* a second at most, but for the first value as long as it takes */
	while (seen < 500 && (seen == 0 || past_ns < NS_PER_S)) {
		if (image_read(r, LARGE, 0, s) == 0)
			assert_true(all_alike(s, 100));
		assert_true(s[0].time_ns >= last);
		if (s[0].time_ns > last)
			seen++;
		else
			sched_yield(); /* on one processor the writer needs its turn */
		last = s[0].time_ns;
		past_ns = clock_mono_ns() - start_ns;
		assert_true(past_ns < PATIENCE_MS * NS_PER_MS);
	}
	kill(child, SIGKILL);
	reap(child);
	image_close(r);
}

static void
a_writer_killed_at_any_moment_leaves_whole_values_or_none(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++) {
		pid_t child = start_hammer();
		struct image *r = reader();
		struct sample s[100];

		memset(s, 0, sizeof(s));
		kill(child, SIGKILL);
		reap(child);
		int rc = image_read(r, LARGE, 0, s);
		assert_true(rc == 0 || rc == -EAGAIN);
		assert_true(all_alike(s, 100));
		image_close(r);
	}
}

static void
a_writer_dead_in_mid_write_gives_no_new_value_and_the_old_ones_age(void **state)
{
	struct sample s[2] = {0};
	pid_t child = fork();

	(void)state;
	assert_true(child >= 0);
	if (child == 0) {
		struct image *w;
		if (image_create(&w, dir, &layout, 0, NULL))
			_exit(1);
		publish(w, 0, 100, QUALITY_GOOD);
		atomic_store(&w->group[0].seq, 3); /* as if it died between two words */
		atomic_store(&w->word[0], 0);
		raise(SIGKILL);
	}
	assert_true(WIFSIGNALED(reap(child)));
	struct image *r = reader();
	fill(s, 2, 100, QUALITY_GOOD); /* what was read before */
	assert_int_equal(image_read(r, 0, 400, s), -EAGAIN);
	assert_true(all_alike(s, 2));
	assert_int_equal(s[0].time_ns, 100);
	assert_int_equal(s[0].quality, QUALITY_GOOD);
	assert_int_equal(image_read(r, 0, 401, s), -EAGAIN);
	assert_int_equal(s[0].quality, QUALITY_STALE);
	struct sample all[103] = {0};
	assert_int_equal(image_read_all(r, 401, all), 1);
	/* the next writer begins anew */
	struct image *w = writer_at(500);
	publish(w, 0, 500, QUALITY_GOOD);
	assert_int_equal(image_refresh(r, 500, &err), 1);
	assert_int_equal(image_read(r, 0, 500, s), 0);
	assert_int_equal(s[0].quality, QUALITY_GOOD);
	image_close(w);
	image_close(r);
}

/* --- one owner --- */

static void
a_second_writer_is_refused_and_told_who_the_first_is(void **state)
{
	struct image *w = writer_at(0), *second = NULL, *r = reader();
	struct sample s[2];
	char pid[24];

	(void)state;
	publish(w, 0, 1, QUALITY_GOOD);
	assert_int_equal(image_create(&second, dir, &layout, 0, &err), -EBUSY);
	snprintf(pid, sizeof(pid), "process %d", (int)getpid());
	assert_non_null(strstr(err.text, pid));
	assert_non_null(strstr(err.text, "in-0.img"));
	assert_int_equal(image_read(r, 0, 1, s), 0); /* the first is not disturbed */
	assert_int_equal(s[0].quality, QUALITY_GOOD);
	assert_int_equal(image_refresh(r, 10000, &err), 0);
	image_close(w);
	w = writer_at(0); /* free again */
	image_close(w);
	image_close(r);
}

static void
a_reader_moves_to_the_new_writers_region_once_the_heartbeat_is_old(void **state)
{
	struct image *w = writer_at(0), *r = reader();
	struct sample s[2];

	(void)state;
	publish(w, 0, 10, QUALITY_GOOD);
	image_close(w);
	assert_int_equal(image_refresh(r, 400, &err), 0); /* old, but nobody new */
	w = writer_at(500);
	publish(w, 0, 510, QUALITY_GOOD);
	assert_int_equal(image_refresh(r, 300, &err), 0); /* not old */
	image_read(r, 0, 300, s);
	assert_int_equal(s[0].time_ns, 10);
	assert_int_equal(image_refresh(r, 510, &err), 1);
	image_read(r, 0, 510, s);
	assert_int_equal(s[0].time_ns, 510);
	assert_int_equal(image_refresh(r, 510, &err), 0);
	image_close(w);
	image_close(r);
}

static void
a_reader_stays_with_what_it_has_if_the_new_region_is_no_good(void **state)
{
	struct image *w = writer_at(0), *r = reader();
	struct image_layout other = layout;
	struct sample s[2];

	(void)state;
	publish(w, 0, 10, QUALITY_GOOD);
	image_close(w);
	other.table_hash = other_hash;
	assert_int_equal(image_create(&w, dir, &other, 500, &err), 0);
	assert_int_equal(image_refresh(r, 500, &err), -EPROTO);
	assert_int_equal(image_read(r, 0, 500, s), 0);
	assert_int_equal(s[0].time_ns, 10);
	assert_int_equal(s[0].quality, QUALITY_STALE);
	image_close(w);
	unlink(file_path("in-0.img"));
	assert_int_equal(image_refresh(r, 500, &err), 0);
	image_close(r);
}

/* --- what a reader does not trust --- */

static void
no_file_is_told_apart_from_a_wrong_one(void **state)
{
	struct image *r = NULL;

	(void)state;
	assert_int_equal(image_attach(&r, dir, &layout, &err), -ENOENT);
	assert_int_equal(image_create(&r, "/nonexistent", &layout, 0, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent"));
}

static void
another_point_table_is_refused_by_name(void **state)
{
	struct image *w = writer_at(0), *r = NULL;
	struct image_layout other = layout;

	(void)state;
	other.table_hash = other_hash;
	assert_int_equal(image_attach(&r, dir, &other, &err), -EPROTO);
	assert_non_null(strstr(err.text, "in-0.img"));
	assert_non_null(strstr(err.text, "point table"));
	image_close(w);
}

static void
another_cut_of_the_same_table_is_refused(void **state)
{
	static const uint32_t moved[GROUPS + 1] = {0, 1, 3, 103}, fewer[GROUPS + 1] = {0, 2, 3, 90};
	struct image *w = writer_at(0), *r = NULL;
	struct image_layout other = layout;

	(void)state;
	other.first = moved; /* as large as the right one */
	assert_int_equal(image_attach(&r, dir, &other, &err), -EPROTO);
	other.first = fewer;
	assert_int_equal(image_attach(&r, dir, &other, &err), -EPROTO);
	image_close(w);
}

static void
another_layout_version_is_refused(void **state)
{
	struct image *w = writer_at(0), *r = NULL;

	(void)state;
	w->head->layout_version++;
	assert_int_equal(image_attach(&r, dir, &layout, &err), -EPROTO);
	assert_non_null(strstr(err.text, "layout 4, this program reads 3"));
	image_close(w);
}

static void
a_file_cut_off_anywhere_is_refused(void **state)
{
	struct image *w = writer_at(0), *r = NULL;
	off_t whole = (off_t)w->size_bytes;

	(void)state;
	image_close(w);
	for (off_t size = whole - 1; size > 0; size = size * 7 / 8) {
		assert_int_equal(truncate(file_path("in-0.img"), size), 0);
		assert_int_equal(image_attach(&r, dir, &layout, &err), -EPROTO);
		assert_non_null(strstr(err.text, "in-0.img"));
	}
	assert_int_equal(truncate(file_path("in-0.img"), 0), 0);
	assert_int_equal(image_attach(&r, dir, &layout, &err), -EPROTO);
}

static void
what_is_no_image_is_refused(void **state)
{
	const char *path = file_path("in-0.img");
	char noise[65536];
	struct image *r = NULL;

	(void)state;
	memset(noise, 0xa5, sizeof(noise));
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, noise, sizeof(noise)), sizeof(noise));
	close(fd);
	assert_int_equal(image_attach(&r, dir, &layout, &err), -EPROTO);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0); /* must not wait for somebody to write */
	assert_int_equal(image_attach(&r, dir, &layout, &err), -EPROTO);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(image_attach(&r, dir, &layout, &err), -ELOOP);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(image_attach(&r, dir, &layout, &err), -EPROTO);
	assert_int_equal(rmdir(path), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_sample_arrives_whole_and_other_groups_are_untouched),
		TEST(plain_memory_is_the_same_to_writer_and_reader),
		TEST(a_layout_that_makes_no_sense_is_refused),
		TEST(a_sample_is_stale_after_three_periods_of_its_group),
		TEST(a_second_look_does_nothing_where_nothing_can_have_changed),
		TEST(status_tells_who_writes_and_whether_he_lives),
		TEST(the_time_of_the_last_value_that_was_not_good_is_kept),
		TEST(a_reader_never_sees_half_of_a_publish),
		TEST(a_writer_killed_at_any_moment_leaves_whole_values_or_none),
		TEST(a_writer_dead_in_mid_write_gives_no_new_value_and_the_old_ones_age),
		TEST(a_second_writer_is_refused_and_told_who_the_first_is),
		TEST(a_reader_moves_to_the_new_writers_region_once_the_heartbeat_is_old),
		TEST(a_reader_stays_with_what_it_has_if_the_new_region_is_no_good),
		TEST(no_file_is_told_apart_from_a_wrong_one),
		TEST(another_point_table_is_refused_by_name),
		TEST(another_cut_of_the_same_table_is_refused),
		TEST(another_layout_version_is_refused),
		TEST(a_file_cut_off_anywhere_is_refused),
		TEST(what_is_no_image_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
