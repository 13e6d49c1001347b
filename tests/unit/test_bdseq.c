/* SPDX-License-Identifier: Apache-2.0 */
/* The birth-death sequence number over restarts, whatever becomes of its file. */
#include "tests/unit/support.h"

#include <errno.h>
#include <sys/stat.h>

#include "mqtt/bdseq.h"

static char state_dir[64];

static int
make_folder(void **state)
{
	(void)state;
	folder_make(state_dir);
	return 0;
}

static int
remove_folder(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/mqtt", state_dir);
	folder_remove(path);
	folder_remove(state_dir);
	return 0;
}

static void
write_file(const char *bytes, size_t len)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/mqtt/bdseq", state_dir);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
}

static void
the_first_number_ever_is_0(void **state)
{
	struct bdseq b;
	uint8_t next = 77;

	(void)state;
	assert_int_equal(bdseq_open(&b, state_dir, &next, NULL), 0);
	assert_int_equal(next, 0);
	/* nothing was sent: still 0 */
	assert_int_equal(bdseq_open(&b, state_dir, &next, NULL), 0);
	assert_int_equal(next, 0);
}

static void
the_next_is_one_more_than_the_last_used_and_0_after_255(void **state)
{
	struct bdseq b;
	uint8_t next = 0;

	(void)state;
	assert_int_equal(bdseq_open(&b, state_dir, &next, NULL), 0);
	assert_int_equal(bdseq_store(&b, 249, NULL), 0);
	for (unsigned n = 250; n < 260; n++) {
		assert_int_equal(bdseq_open(&b, state_dir, &next, NULL), 0);
		assert_int_equal(next, n % 256);
		assert_int_equal(bdseq_store(&b, next, NULL), 0);
	}
}

static void
a_file_cut_anywhere_is_seen_and_numbers_begin_anew(void **state)
{
	static const char *const text[] = {"bdseq 0 255\n", "bdseq 17 238\n", "bdseq 255 0\n"};
	static const uint8_t after[] = {1, 18, 0};
	struct bdseq b;
	uint8_t next = 0;

	(void)state;
	assert_int_equal(bdseq_open(&b, state_dir, &next, NULL), 0);
	for (size_t i = 0; i < sizeof(text) / sizeof(*text); i++) {
		for (size_t len = 0; len < strlen(text[i]); len++) {
			struct errtext err = {""};
			write_file(text[i], len);
			assert_int_equal(bdseq_open(&b, state_dir, &next, &err), -EBADMSG);
			assert_int_equal(next, 0);
			assert_non_null(strstr(err.text, "damaged"));
			assert_non_null(strstr(err.text, "mqtt/bdseq"));
		}
		write_file(text[i], strlen(text[i]));
		assert_int_equal(bdseq_open(&b, state_dir, &next, NULL), 0);
		assert_int_equal(next, after[i]);
	}
}

static void
a_file_with_any_bit_changed_is_seen(void **state)
{
	char text[] = "bdseq 17 238\n";
	struct bdseq b;
	uint8_t next = 0;

	(void)state;
	assert_int_equal(bdseq_open(&b, state_dir, &next, NULL), 0);
	for (size_t i = 0; i < strlen(text); i++)
		for (int change = 1; change < 256; change *= 2) {
			char was = text[i];
			text[i] = (char)(was ^ change);
			write_file(text, sizeof(text) - 1);
			assert_int_equal(bdseq_open(&b, state_dir, &next, NULL), -EBADMSG);
			text[i] = was;
		}
	write_file("bdseq 17 238\nbdseq 18 237\n", 26);
	assert_int_equal(bdseq_open(&b, state_dir, &next, NULL), -EBADMSG);
	/* after that it is good again */
	assert_int_equal(bdseq_store(&b, 0, NULL), 0);
	assert_int_equal(bdseq_open(&b, state_dir, &next, NULL), 0);
	assert_int_equal(next, 1);
}

/* The process died between writing the new file and renaming it. */
static void
a_half_written_new_file_does_not_matter(void **state)
{
	struct bdseq b;
	uint8_t next = 0;
	char path[128];

	(void)state;
	assert_int_equal(bdseq_open(&b, state_dir, &next, NULL), 0);
	assert_int_equal(bdseq_store(&b, 41, NULL), 0);
	snprintf(path, sizeof(path), "%s/mqtt/bdseq.new", state_dir);
	int fd = open(path, O_WRONLY | O_CREAT, 0644);
	assert_int_equal(write(fd, "bds", 3), 3);
	close(fd);
	assert_int_equal(bdseq_open(&b, state_dir, &next, NULL), 0);
	assert_int_equal(next, 42);
	assert_int_equal(bdseq_store(&b, 42, NULL), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(bdseq_open(&b, state_dir, &next, NULL), 0);
	assert_int_equal(next, 43);
}

static void
a_folder_that_can_t_be_used_is_an_error_and_no_end(void **state)
{
	struct bdseq b;
	uint8_t next = 9;
	struct errtext err = {""};
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/mqtt/plain", state_dir);
	assert_int_equal(bdseq_open(&b, state_dir, &next, NULL), 0);
	int fd = open(path, O_WRONLY | O_CREAT, 0644);
	close(fd);
	next = 9;
	assert_true(bdseq_open(&b, path, &next, &err) < 0); /* a file in its place */
	assert_int_equal(next, 0);
	assert_true(err.text[0] != '\0');
	err.text[0] = '\0';
	assert_true(bdseq_store(&b, 1, &err) < 0);
	assert_non_null(strstr(err.text, "bdseq"));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)
	const struct CMUnitTest tests[] = {
		TEST(the_first_number_ever_is_0),
		TEST(the_next_is_one_more_than_the_last_used_and_0_after_255),
		TEST(a_file_cut_anywhere_is_seen_and_numbers_begin_anew),
		TEST(a_file_with_any_bit_changed_is_seen),
		TEST(a_half_written_new_file_does_not_matter),
		TEST(a_folder_that_can_t_be_used_is_an_error_and_no_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
