/* SPDX-License-Identifier: Apache-2.0 */
/* The rig with a journal on the disk, and hands on its files. */
#ifndef ISOTHERM_TESTS_JOURNAL_RIG_H
#define ISOTHERM_TESTS_JOURNAL_RIG_H

#include "tests/unit/alarm_rig.h"

#include <glob.h>
#include <sqlite3.h>

#include "alarms/engine_state.h"

#define FILE_MAX (4u << 20)

static char state_dir[64];

/* --- files --- */

static inline void
path_of(const char *dir, const char *suffix, char *out, size_t size)
{
	assert_true((size_t)snprintf(out, size, "%s/alarms/journal.db%s", dir, suffix) < size);
}

struct blob {
	uint8_t *data;
	size_t n;
	bool there;
};

static inline struct blob
blob_read(const char *dir, const char *suffix)
{
	struct blob b = {0};
	char path[256];

	path_of(dir, suffix, path, sizeof(path));
	int fd = open(path, O_RDONLY);
	if (fd < 0)
		return b;
	b.data = malloc(FILE_MAX);
	assert_non_null(b.data);
	ssize_t n = read(fd, b.data, FILE_MAX);
	assert_true(n >= 0 && n < (ssize_t)FILE_MAX);
	close(fd);
	b.n = (size_t)n;
	b.there = true;
	b.data = realloc(b.data, b.n + 1);
	return b;
}

static inline void
blob_write(const char *dir, const char *suffix, const struct blob *b)
{
	char path[256];

	path_of(dir, suffix, path, sizeof(path));
	(void)unlink(path);
	if (!b->there)
		return;
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, b->data, b->n), b->n);
	close(fd);
}

static inline void
dir_make(char *dir)
{
	char path[128];

	/* in memory where that is possible: hundreds of restarts sync thousands of times */
	strcpy(dir, "/dev/shm/isotherm-test-XXXXXX");
	if (!mkdtemp(dir))
		folder_make(dir);
	snprintf(path, sizeof(path), "%s/alarms", dir);
	assert_int_equal(mkdir(path, 0700), 0);
}

static inline void
dir_remove(const char *dir)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/alarms", dir);
	folder_remove(path);
	folder_remove(dir);
}

/* --- a rig with a journal on the disk --- */

static inline int
setup(void **state)
{
	(void)state;
	rig_open();
	dir_make(state_dir);
	return 0;
}

static inline int
teardown(void **state)
{
	(void)state;
	rig_close();
	journal_close(rig.journal);
	dir_remove(state_dir);
	return 0;
}

static inline void
start_in(const char *dir)
{
	assert_int_equal(journal_open(&rig.journal, dir, rig.wall_ns), 0);
	rig_engine();
}

static inline void
start(void)
{
	start_in(state_dir);
	rig_steps(1);
}

/* As after a kill: nothing is said to anybody. */
static inline void
stop(void)
{
	engine_close(rig.engine);
	journal_close(rig.journal);
	rig.engine = NULL;
	rig.journal = NULL;
}

static inline void
restart(void)
{
	stop();
	rig.now_ns += 20 * NS_PER_S;
	rig.wall_ns += 20 * NS_PER_S;
	start();
}

static inline void
remove_set_aside(void)
{
	char pattern[128];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/alarms/journal.db.*", state_dir);
	if (glob(pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			if (unlink(found.gl_pathv[i]) != 0)
				assert_int_equal(rmdir(found.gl_pathv[i]), 0);
	globfree(&found);
}

/* What the file says, a line a row. */
static inline void
query(const char *sql, char *out, size_t size)
{
	char path[256];
	sqlite3 *db = NULL;
	sqlite3_stmt *s = NULL;

	path_of(state_dir, "", path, sizeof(path));
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
	out[0] = '\0';
	while (sqlite3_step(s) == SQLITE_ROW)
		for (int i = 0; i < sqlite3_column_count(s); i++) {
			const char *text = (const char *)sqlite3_column_text(s, i);
			size_t n = strlen(out);
			snprintf(out + n, size - n, "%s%s", text ? text : "-",
				 i + 1 < sqlite3_column_count(s) ? "|" : "\n");
		}
	sqlite3_finalize(s);
	sqlite3_close(db);
}

#endif
