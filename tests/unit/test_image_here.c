/* SPDX-License-Identifier: Apache-2.0 */
/* One thread writes an image and reads it: nothing is copied, and it is the same as if it were. */
#include "tests/unit/support.h"

#include "core/image.h"

#define N 2

static const uint32_t first[] = {0, N};
static const int64_t period_ns[] = {100};
static const uint8_t hash[32] = {7};
static const struct image_layout layout = {.name = "in-0.img",
					   .n_groups = 1,
					   .first = first,
					   .period_ns = period_ns,
					   .table_hash = hash,
					   .beat_ns = 100};

static void
publish(struct image *img, int64_t now_ns, enum quality quality)
{
	const struct sample s[N] = {sample_at(1.0, now_ns, quality, 0),
				    sample_at(2.0, now_ns, QUALITY_COMM, 0)};

	image_publish(img, 0, s);
}

static void
samples_are_judged_where_they_are_as_a_reader_elsewhere_judges_them(void **state)
{
	struct image *img, *copied;
	struct image_seen seen = {0};
	uint32_t seen_here = 0;
	struct sample plain[N] = {{0}};

	(void)state;
	assert_int_equal(image_memory(&img, &layout), 0);
	assert_int_equal(image_memory(&copied, &layout), 0);
	const struct sample *here = image_here(img);
	assert_non_null(here);
	for (int64_t now_ns = 100; now_ns < 3000; now_ns += 50) {
		if (now_ns % 1000 == 100) {
			publish(img, now_ns, QUALITY_GOOD);
			publish(copied, now_ns, QUALITY_GOOD);
		}
		image_settle(img, now_ns);
		assert_int_equal(image_read_new(copied, 0, now_ns, &seen, plain),
				 image_is_new(img, 0, &seen_here));
		assert_memory_equal(here, plain, sizeof plain);
		assert_memory_equal(image_look(img, 0, now_ns, plain), here, sizeof plain);
		assert_int_equal(image_read(img, 0, now_ns, plain), 0);
		assert_memory_equal(here, plain, sizeof plain);
	}
	assert_int_equal(here[0].quality, QUALITY_STALE);
	publish(img, 3000, QUALITY_UNCERTAIN);
	assert_int_equal(here[0].quality, QUALITY_UNCERTAIN);
	image_close(img);
	image_close(copied);
}

static void
times_alone_are_no_move_and_age_is_one(void **state)
{
	struct image *img;
	struct image_worth worth = IMAGE_WORTH_NONE;
	uint32_t seen = 0, moved = 0;

	(void)state;
	assert_int_equal(image_memory(&img, &layout), 0);
	assert_non_null(image_here(img));
	assert_true(image_has_moved(img, 0, &moved));
	publish(img, 100, QUALITY_GOOD);
	assert_true(image_has_moved(img, 0, &moved));
	assert_false(image_has_moved(img, 0, &moved));
	assert_true(image_is_new(img, 0, &seen));
	struct sample *s = image_draft(img, 0);
	for (int i = 0; i < N; i++)
		sample_date(&s[i], 200);
	image_judge(&worth, s, N);
	worth.same = true;
	image_commit(img, 0, &worth);
	assert_false(image_has_moved(img, 0, &moved));
	assert_true(image_is_new(img, 0, &seen));
	image_settle(img, 200);
	assert_false(image_has_moved(img, 0, &moved));
	image_settle(img, 2000);
	assert_true(image_has_moved(img, 0, &moved));
	publish(img, 2000, QUALITY_GOOD);
	assert_true(image_has_moved(img, 0, &moved));
	image_close(img);
}

static void
what_was_never_measured_does_not_age(void **state)
{
	const struct sample s[N] = {
		sample_at(1.0, 1000, QUALITY_GOOD, 0)}; /* the other one: NEVER */
	struct image *img;
	uint32_t seen = 0;

	(void)state;
	assert_int_equal(image_memory(&img, &layout), 0);
	assert_non_null(image_here(img));
	image_publish(img, 0, s);
	assert_true(image_is_new(img, 0, &seen));
	image_settle(img, 1300);
	assert_false(image_is_new(img, 0, &seen));
	image_settle(img, 1301);
	assert_true(image_is_new(img, 0, &seen)); /* that one does */
	image_settle(img, 1400);
	assert_false(image_is_new(img, 0, &seen));
	image_close(img);
}

static void
a_look_is_where_the_samples_are_as_long_as_they_are_fresh(void **state)
{
	struct image *img, *copied;
	struct sample own[N];

	(void)state;
	assert_int_equal(image_memory(&img, &layout), 0);
	assert_int_equal(image_memory(&copied, &layout), 0);
	const struct sample *here = image_here(img);
	publish(img, 1000, QUALITY_GOOD);
	publish(copied, 1000, QUALITY_GOOD);
	assert_ptr_equal(image_look(img, 0, 1300, own), here);
	assert_ptr_equal(image_look(copied, 0, 1300, own), own);
	assert_memory_equal(here, own, sizeof own);
	assert_ptr_equal(image_look(img, 0, 1301, own), own);
	assert_int_equal(own[0].quality, QUALITY_STALE);
	assert_int_equal(here[0].quality, QUALITY_GOOD);     /* whoever looks changes nothing */
	assert_ptr_equal(image_look(img, 0, 999, own), own); /* nor is the future as good */
	image_close(img);
	image_close(copied);
}

/* What a writer makes in the image is what it would have published. */
static void
a_draft_that_is_committed_is_published(void **state)
{
	struct image *
		img[3]; /* published; committed, and read elsewhere; committed, and read in place */
	struct sample got[3][N] = {{{0}}};

	(void)state;
	for (int k = 0; k < 3; k++)
		assert_int_equal(image_memory(&img[k], &layout), 0);
	assert_non_null(image_here(img[2]));
	for (int64_t now_ns = 100; now_ns < 1000; now_ns += 100) {
		enum quality q = now_ns % 300 == 0 ? QUALITY_RANGE : QUALITY_GOOD;
		const struct sample s[N] = {sample_at(1.0, now_ns, q, 0),
					    sample_at(2.0, now_ns - 50, QUALITY_GOOD, 1)};
		image_publish(img[0], 0, s);
		for (int k = 1; k < 3; k++) {
			struct image_worth worth = IMAGE_WORTH_NONE;
			struct sample *draft = image_draft(img[k], 0);
			draft[0] = s[0]; /* the other one is as it was left */
			if (now_ns > 100)
				assert_true(draft[1].time_ns == now_ns - 150 &&
					    draft[1].flags == 1);
			draft[1] = s[1];
			image_judge(&worth, draft, 1);
			image_judge(&worth, draft + 1, 1);
			image_commit(img[k], 0, &worth);
		}
		for (int64_t at_ns = now_ns; at_ns < now_ns + 400; at_ns += 50)
			for (int k = 0; k < 3; k++) {
				assert_int_equal(image_read(img[k], 0, at_ns, got[k]), 0);
				assert_memory_equal(got[k], got[0], sizeof got[k]);
			}
		for (int k = 0; k < 3; k++)
			assert_true(image_last_not_good_ns(img[k], 0) ==
				    image_last_not_good_ns(img[0], 0));
	}
	for (int k = 0; k < 3; k++)
		image_close(img[k]);
}

static void
an_image_that_others_may_read_is_not_looked_at_in_place(void **state)
{
	char dir[] = "/tmp/isotherm-here-XXXXXX";
	struct errtext err;
	struct image *file, *reader;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(image_create(&file, dir, &layout, 0, &err), 0);
	assert_int_equal(image_attach(&reader, dir, &layout, &err), 0);
	assert_null(image_here(file));
	assert_null(image_here(reader));
	image_close(reader);
	image_close(file);
	folder_remove(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			samples_are_judged_where_they_are_as_a_reader_elsewhere_judges_them),
		cmocka_unit_test(times_alone_are_no_move_and_age_is_one),
		cmocka_unit_test(what_was_never_measured_does_not_age),
		cmocka_unit_test(a_look_is_where_the_samples_are_as_long_as_they_are_fresh),
		cmocka_unit_test(a_draft_that_is_committed_is_published),
		cmocka_unit_test(an_image_that_others_may_read_is_not_looked_at_in_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
