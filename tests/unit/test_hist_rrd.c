/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the history: made, written and read back by librrd; whatever is not ours set aside. */
#include "tests/unit/config_fixture.h"

#include <math.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "collectors/hist_rrd.h"
#include "collectors/hist_store.h"
#include "collectors/hist_table.h"
#include "collectors/trend_rrd.h"
#include "core/clock.h"

#define T0 INT64_C(1790000000)

static struct plant *plant;
static struct hist_plan plan;
static char folder[64], rrd[80];
static const struct hist_file *power; /* the smallest file */
static uint32_t power_at;
static char path[200];

static int
setup(void **state)
{
	struct errtext err = {""};

	(void)state;
	folder_make(folder);
	snprintf(rrd, sizeof(rrd), "%s/rrd", folder);
	assert_int_equal(mkdir(rrd, 0700), 0);
	plant = plant_of("site: test\nhistory: short\nsystems:\n  - {name: cs, count: 1, type: "
			 "water}\n");
	assert_int_equal(hist_plan_open(&plan, plant, &err), 0);
	for (power_at = 0; strcmp(plan.files[power_at].name, "cs.power.key.rrd") != 0; power_at++)
		assert_true(power_at + 1 < plan.n_files);
	power = &plan.files[power_at];
	snprintf(path, sizeof(path), "%s/%s", rrd, power->name);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	hist_plan_close(&plan);
	plant_free(plant);
	folder_remove(rrd);
	folder_remove(folder);
	return 0;
}

static void
make(void)
{
	struct errtext err = {""};

	if (hist_rrd_create(path, power, plan.columns + power->first, T0, &err) != 0)
		fail_msg("%s", err.text);
}

static int
check(struct errtext *err)
{
	int64_t last_s = 0;

	err->text[0] = '\0';
	int rc = hist_rrd_check(path, power, plan.columns + power->first, &last_s, err);
	assert_int_equal(rc == 0, err->text[0] == '\0');
	return rc;
}

/* Rows 1 … n: 3 values, 100 i + column. */
static void
write_rows(int n)
{
	struct errtext err = {""};
	char row[200];

	for (int i = 1; i <= n; i++) {
		snprintf(row, sizeof(row), "%lld:%d:%d:%d", (long long)T0 + i, 100 * i, 100 * i + 1,
			 100 * i + 2);
		if (hist_rrd_update(path, power, row, &err) != 0)
			fail_msg("%s", err.text);
	}
}

static void
read_back(const char *ds, int64_t from_s, int64_t to_s, struct trend_rows *rows)
{
	struct trend_pick pick = {.start_s = from_s, .end_s = to_s, .row_s = 1};
	struct errtext err = {""};

	if (trend_rrd_fetch(path, ds, HIST_AVERAGE, &pick, rows, &err) != 0)
		fail_msg("%s", err.text);
}

static void
what_is_written_is_read_back(void **state)
{
	struct trend_rows rows;
	struct errtext err;
	struct trend_archives archives;

	(void)state;
	make();
	assert_int_equal(check(&err), 0);
	write_rows(30);
	assert_int_equal(check(&err), 0);
	read_back(plan.columns[power->first + 1].ds, T0, T0 + 30, &rows);
	assert_int_equal(rows.first_s, T0 + 1);
	assert_int_equal(rows.n, 30);
	for (int i = 1; i <= 30; i++)
		assert_int_equal(lround(rows.value[i - 1]), 100 * i + 1);
	trend_rows_free(&rows);
	assert_int_equal(trend_rrd_archives(path, &archives, &err), 0);
	assert_int_equal(archives.n, power->n_archives);
	assert_int_equal(archives.last_s, T0 + 30);
	assert_memory_equal(archives.archive, power->archives,
			    power->n_archives * sizeof(struct hist_archive));
}

static void
the_computed_size_is_that_of_the_file(void **state)
{
	struct errtext err = {""};
	char name[200];
	struct stat st;

	(void)state;
	for (uint32_t i = 0; i < plan.n_files; i++) {
		const struct hist_file *f = &plan.files[i];
		snprintf(name, sizeof(name), "%s/%s", rrd, f->name);
		assert_int_equal(hist_rrd_create(name, f, plan.columns + f->first, T0, &err), 0);
		assert_int_equal(stat(name, &st), 0);
		assert_int_equal(st.st_size, hist_file_bytes(f));
		assert_true(st.st_blocks * 512 >= st.st_size); /* no holes: room is there */
	}
}

static void
a_row_of_the_same_second_or_an_earlier_one_is_an_error(void **state)
{
	struct errtext err = {""};

	(void)state;
	make();
	write_rows(5);
	assert_int_equal(hist_rrd_update(path, power, "1790000005:1:2:3", &err), -EIO);
	assert_non_null(strstr(err.text, "minimum one second step"));
	assert_int_equal(hist_rrd_update(path, power, "1790000004:1:2:3", &err), -EIO);
	assert_int_equal(hist_rrd_update(path, power, "1790000006:1:2:3", &err), 0);
}

static void
a_gap_of_three_seconds_is_bridged_a_longer_one_stays(void **state)
{
	struct trend_rows rows;
	struct errtext err = {""};

	(void)state;
	make();
	write_rows(5);
	assert_int_equal(hist_rrd_update(path, power, "1790000008:1:2:3", &err), 0);
	assert_int_equal(hist_rrd_update(path, power, "1790000012:1:2:3", &err), 0);
	read_back(plan.columns[power->first].ds, T0, T0 + 12, &rows);
	for (int i = 0; i < 12; i++)
		assert_int_equal(isfinite(rows.value[i]) != 0, i < 8);
	trend_rows_free(&rows);
}

/* --- damage --- */

static unsigned char *
slurp(size_t *size)
{
	FILE *f = fopen(path, "rb");
	struct stat st;

	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	*size = (size_t)st.st_size;
	unsigned char *bytes = malloc(*size);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, *size, f), *size);
	fclose(f);
	return bytes;
}

static void
spill(const unsigned char *bytes, size_t size)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static void
poke(size_t at, unsigned char byte)
{
	int fd = open(path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
	close(fd);
}

/* Each byte of the part of the head that never changes: found, or it means nothing. */
static void
damage_of_the_fixed_head_is_found_or_means_nothing(void **state)
{
	static const unsigned char mask[] = {0x01, 0x10, 0x80, 0xff};
	size_t size, fixed = 128 + 120 * (power->n + power->n_archives), found = 0;
	struct errtext err;
	struct trend_rows good, rows;

	(void)state;
	make();
	write_rows(20);
	unsigned char *bytes = slurp(&size);
	read_back(plan.columns[power->first].ds, T0, T0 + 20, &good);
	for (size_t i = 0; i < fixed; i++)
		for (size_t m = 0; m < sizeof(mask); m++) {
			poke(i, bytes[i] ^ mask[m]);
			int rc = check(&err);
			assert_true(rc == 0 || rc == -EBADMSG);
			if (rc == 0) {
				read_back(plan.columns[power->first].ds, T0, T0 + 20, &rows);
				assert_int_equal(rows.n, good.n);
				assert_memory_equal(rows.value, good.value,
						    rows.n * sizeof(double));
				trend_rows_free(&rows);
			} else {
				found++;
			}
			poke(i, bytes[i]);
		}
	print_message("# %zu flips, %zu found, the others mean nothing\n", fixed * sizeof(mask),
		      found);
	assert_int_equal(check(&err), 0);
	trend_rows_free(&good);
	free(bytes);
}

/* The rest of the head is found where it can't be; nothing in it ends the program. */
static void
damage_of_the_changing_head_ends_nothing(void **state)
{
	size_t size, fixed = 128 + 120 * (power->n + power->n_archives),
		     head = (size_t)(hist_file_bytes(power) -
				     8ull * power->n *
					     (power->archives[0].rows + power->archives[1].rows));
	struct errtext err;

	(void)state;
	make();
	write_rows(20);
	unsigned char *bytes = slurp(&size);
	for (size_t i = fixed; i < head; i++) {
		poke(i, bytes[i] ^ 0xff);
		if (check(&err) == 0)
			(void)hist_rrd_update(path, power, "1790000021:1:2:3", &err);
		spill(bytes, size);
	}
	/* a row pointer outside its archive */
	poke(head - 8 * power->n_archives + 6, 0x7f);
	assert_int_equal(check(&err), -EBADMSG);
	assert_non_null(strstr(err.text, "cur_row"));
	free(bytes);
}

static void
a_file_of_any_other_length_is_found(void **state)
{
	size_t size;
	struct errtext err;

	(void)state;
	make();
	unsigned char *bytes = slurp(&size);
	bytes = realloc(bytes, size + 8);
	assert_non_null(bytes);
	memset(bytes + size, 0, 8);
	const size_t length[] = {0,    1,        127,      128,      1000,    1024,
				 1575, size / 2, size - 8, size - 1, size + 8};
	for (size_t i = 0; i < sizeof(length) / sizeof(length[0]); i++) {
		spill(bytes, length[i]);
		assert_int_equal(check(&err), -EBADMSG);
	}
	free(bytes);
}

static void
a_foreign_file_is_found(void **state)
{
	const struct hist_file *other = &plan.files[power_at == 0 ? 1 : 0];
	struct hist_file fewer = *power;
	struct errtext err;

	(void)state;
	assert_int_equal(hist_rrd_create(path, other, plan.columns + other->first, T0, &err), 0);
	assert_int_equal(check(&err), -EBADMSG);
	fewer.n_archives = 1;
	assert_int_equal(hist_rrd_create(path, &fewer, plan.columns + fewer.first, T0, &err), 0);
	assert_int_equal(check(&err), -EBADMSG);
	fewer = *power;
	fewer.n = 2;
	assert_int_equal(hist_rrd_create(path, &fewer, plan.columns + fewer.first, T0, &err), 0);
	assert_int_equal(check(&err), -EBADMSG);
	char text[4096];
	memset(text, 'x', sizeof(text));
	spill((unsigned char *)text, sizeof(text));
	assert_int_equal(check(&err), -EBADMSG);
}

/* --- the folder --- */

static struct hist_store store;
static struct hist_feed feed;

static void
folder_open(void)
{
	assert_int_equal(hist_feed_open(&feed, &plan), 0);
	assert_int_equal(hist_store_open(&store, &plan, folder), 0);
}

static void
open_all_files(void)
{
	for (int i = 0; i < 1000 && store.n_open < plan.n_files; i++)
		hist_store_open_some(&store, &feed, T0);
	assert_int_equal(store.n_open, plan.n_files);
}

static void
folder_close(void)
{
	hist_store_close(&store);
	hist_feed_close(&feed);
}

/* The names in the folder that begin so. */
static int
count_names(const char *head)
{
	DIR *d = opendir(rrd);
	int n = 0;

	assert_non_null(d);
	for (struct dirent *e = readdir(d); e; e = readdir(d))
		n += strncmp(e->d_name, head, strlen(head)) == 0;
	closedir(d);
	return n;
}

static void
write_second(int64_t s)
{
	uint32_t file;

	assert_true(hist_feed_begin(&feed, s * NS_PER_S, s * NS_PER_S));
	while (hist_feed_next(&feed, (s + 1) * NS_PER_S - 1, &file))
		hist_store_write(&store, &feed, file);
}

static void
a_folder_is_filled_with_files_of_full_size_and_a_table(void **state)
{
	struct hist_entry entry;
	struct errtext err;
	char near[NAME_MAX_LEN];

	(void)state;
	assert_int_equal(rmdir(rrd), 0); /* it makes the folder, too */
	folder_open();
	open_all_files();
	write_second(T0 + 1);
	write_second(T0 + 2);
	assert_int_equal(store.updates, 2 * plan.n_files);
	assert_int_equal(store.set_aside, 0);
	assert_int_equal(store.n_failing, 0);
	assert_int_equal(count_names("cs."), plan.n_files);
	assert_int_equal(hist_table_find(rrd, "cs.power.input_w", &entry, near, &err), 0);
	assert_string_equal(entry.file, "cs.power.key.rrd");
	assert_string_equal(entry.ds, "power_input_w");
	assert_string_equal(entry.unit, "w");
	assert_int_equal(hist_table_find(rrd, "cs.power.input_kw", &entry, near, &err), -ESRCH);
	assert_string_equal(near, "cs.power.input_w");
	folder_close();
	folder_open(); /* and finds them again */
	open_all_files();
	assert_int_equal(store.set_aside, 0);
	write_second(T0 + 3);
	assert_int_equal(store.updates, plan.n_files);
	folder_close();
}

static void
break_it(int how, const unsigned char *bytes, size_t size)
{
	assert_int_equal(unlink(path), 0);
	switch (how) {
	case 0: /* a name damaged */
		spill(bytes, size);
		poke(130, 'x');
		break;
	case 1:
		spill(bytes, size / 2);
		break;
	case 2:
		spill((const unsigned char *)"hello\n", 6);
		break;
	case 3:
		assert_int_equal(mkfifo(path, 0600), 0);
		break;
	case 4:
		assert_int_equal(symlink("/etc/passwd", path), 0);
		break;
	case 5:
		assert_int_equal(mkdir(path, 0700), 0);
		break;
	default: /* nothing at all */
		break;
	}
}

/* Whatever is in the folder, links and folders too. */
static void
empty_folder(void)
{
	DIR *d = opendir(rrd);

	assert_non_null(d);
	for (struct dirent *e = readdir(d); e; e = readdir(d))
		if (e->d_name[0] != '.' && unlinkat(dirfd(d), e->d_name, 0) != 0)
			assert_int_equal(unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR), 0);
	closedir(d);
}

#define WAYS 7

static void
break_and_go_on(int how, bool while_running)
{
	struct errtext err;
	size_t size;

	folder_open();
	open_all_files();
	write_second(T0 + 1);
	unsigned char *bytes = slurp(&size);
	if (!while_running)
		folder_close();
	break_it(how, bytes, size);
	free(bytes);
	if (!while_running)
		folder_open();
	else
		write_second(T0 + 2); /* finds another file under the name */
	open_all_files();
	assert_int_equal(store.set_aside, how < WAYS - 1);
	assert_int_equal(count_names("cs.power.key.rrd.bad-20"), how < WAYS - 1);
	write_second(T0 + 3);
	assert_int_equal(check(&err), 0);
	assert_int_equal(feed.last_s[power_at], T0 + 3);
	folder_close();
	empty_folder();
}

static void
what_is_wrong_at_the_start_is_set_aside_and_begun_anew(void **state)
{
	(void)state;
	for (int how = 0; how < WAYS; how++)
		break_and_go_on(how, false);
}

static void
what_is_replaced_or_cut_while_running_is_set_aside_and_begun_anew(void **state)
{
	(void)state;
	for (int how = 1; how < WAYS; how++) /* a changed name is found at the next start */
		break_and_go_on(how, true);
}

static void
a_file_whose_last_row_is_in_the_future_is_set_aside(void **state)
{
	(void)state;
	assert_int_equal(hist_rrd_create(path, power, plan.columns + power->first, T0 + 3600,
					 &(struct errtext){""}),
			 0);
	folder_open();
	open_all_files();
	write_second(T0 + 1);
	int32_t ahead = hist_feed_ahead(&feed);
	assert_int_equal(ahead, power_at);
	hist_store_set_aside(&store, &feed, (uint32_t)ahead, "its last row is in the future");
	open_all_files();
	write_second(T0 + 2);
	assert_int_equal(feed.last_s[power_at], T0 + 2);
	assert_int_equal(store.set_aside, 1);
	folder_close();
	empty_folder();
}

static void
a_folder_that_can_not_be_made_is_tried_again_and_counted(void **state)
{
	(void)state;
	assert_int_equal(rmdir(rrd), 0);
	file_write(folder, "rrd", "in the way");
	folder_open();
	for (int i = 0; i < 50; i++)
		hist_store_open_some(&store, &feed, T0);
	assert_int_equal(store.n_open, 0);
	assert_int_equal(store.n_failing, plan.n_files);
	assert_int_equal(unlink(rrd), 0);
	for (uint32_t i = 0; i < plan.n_files; i++)
		store.files[i].after_ns = 0; /* ten seconds later */
	open_all_files();
	assert_int_equal(store.n_failing, 0);
	folder_close();
}

static void
a_file_that_a_reader_holds_is_left_for_the_next_second(void **state)
{
	struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	int go[2], held[2];
	char byte;

	(void)state;
	folder_open();
	open_all_files();
	assert_int_equal(pipe(go), 0);
	assert_int_equal(pipe(held), 0);
	pid_t reader = fork();
	if (reader == 0) {
		int fd = open(path, O_RDONLY);
		byte = fcntl(fd, F_SETLK, &lock) == 0 ? 'y' : 'n';
		_exit(write(held[1], &byte, 1) == 1 && read(go[0], &byte, 1) == 1 ? 0 : 1);
	}
	assert_int_equal(read(held[0], &byte, 1), 1);
	assert_int_equal(byte, 'y');
	write_second(T0 + 1);
	assert_int_equal(store.locked, 1);
	assert_int_equal(store.updates, plan.n_files - 1);
	assert_int_equal(write(go[1], &byte, 1), 1);
	assert_int_equal(waitpid(reader, NULL, 0), reader);
	write_second(T0 + 2);
	assert_int_equal(feed.last_s[power_at], T0 + 2);
	assert_int_equal(store.n_failing, 0);
	folder_close();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_written_is_read_back),
		TEST(the_computed_size_is_that_of_the_file),
		TEST(a_row_of_the_same_second_or_an_earlier_one_is_an_error),
		TEST(a_gap_of_three_seconds_is_bridged_a_longer_one_stays),
		TEST(damage_of_the_fixed_head_is_found_or_means_nothing),
		TEST(damage_of_the_changing_head_ends_nothing),
		TEST(a_file_of_any_other_length_is_found),
		TEST(a_foreign_file_is_found),
		TEST(a_folder_is_filled_with_files_of_full_size_and_a_table),
		TEST(what_is_wrong_at_the_start_is_set_aside_and_begun_anew),
		TEST(what_is_replaced_or_cut_while_running_is_set_aside_and_begun_anew),
		TEST(a_file_whose_last_row_is_in_the_future_is_set_aside),
		TEST(a_folder_that_can_not_be_made_is_tried_again_and_counted),
		TEST(a_file_that_a_reader_holds_is_left_for_the_next_second),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
