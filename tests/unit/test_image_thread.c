/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For ThreadSanitizer, which sees threads of one process and not two processes: a writer and a
 * reader on one region.
 */
#include "tests/unit/support.h"

#include <pthread.h>
#include <stdatomic.h>

#include "core/clock.h"
#include "core/image.h"

#define N 50

static const uint32_t first[] = {0, N};
static const int64_t period_ns[] = {100};
static const uint8_t hash[32] = {1};
static const struct image_layout layout = {"x.img", 1, first, period_ns, hash, 100};

struct writer {
	struct image *img;
	atomic_bool stop;
};

static void *
write_on(void *arg)
{
	struct writer *w = arg;
	struct sample own[N];
	struct image_event e = {.point = UINT32_MAX};

	for (int64_t k = 1; !atomic_load(&w->stop); k++) {
		struct sample *s = k % 2 ? own : image_draft(w->img, 0);
		struct image_worth worth = IMAGE_WORTH_NONE;
		for (int i = 0; i < N; i++)
			s[i] = sample_at((double)k, k, QUALITY_COMM, (uint32_t)k & SAMPLE_FLAGS);
		image_judge(&worth, s, N);
		if (s == own)
			image_publish(w->img, 0, s);
		else
			image_commit(w->img, 0, &worth);
		image_beat(w->img, k, (uint64_t)k, 0);
		e.value = (double)k;
		image_emit(w->img, &e);
	}
	return NULL;
}

static bool
consistent(const struct sample *s)
{
	for (int i = 1; i < N; i++)
		if (s[i].time_ns != s[0].time_ns || (int64_t)s[i].value != s[0].time_ns)
			return false;
	return true;
}

static void
a_writer_and_a_reader_share_a_region_without_a_race(void **state)
{
	struct writer w = {.stop = false};
	struct sample s[N];
	struct image_event e[16];
	struct image_status st;
	uint64_t seq = 0, lost = 0, events = 0;
	int seen = 0;
	int64_t end_ns = clock_mono_ns() + PATIENCE_MS * NS_PER_MS;
	pthread_t thread;

	(void)state;
	memset(s, 0, sizeof(s));
	assert_int_equal(image_memory(&w.img, &layout), 0);
	assert_int_equal(pthread_create(&thread, NULL, write_on, &w), 0);
	while (seen < 300 || events < 300) {
		seen += image_read(w.img, 0, 0, s) == 0;
		assert_true(consistent(s));
		image_status(w.img, 0, &st);
		image_last_not_good_ns(w.img, 0);
		size_t got = image_events(w.img, &seq, e, 16, &lost);
		for (size_t i = 0; i < got; i++)
			assert_int_equal((uint64_t)e[i].value, e[i].seq);
		events += got;
		assert_true(clock_mono_ns() < end_ns);
	}
	atomic_store(&w.stop, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
	image_close(w.img);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_writer_and_a_reader_share_a_region_without_a_race),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
