/* SPDX-License-Identifier: Apache-2.0 */
#include "alarms/journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "alarms/journal_sql.h"

static struct file_journal *
of(struct journal *j)
{
	return (struct file_journal *)j;
}

/* What was set aside gives what it still can; nothing is written to it. */
static void
load_aside(struct file_journal *f, const struct journal_sink *sink)
{
	struct errtext note = f->journal.note;
	sqlite3 *db = NULL;
	sqlite3_stmt *s = NULL;

	if (sqlite3_open_v2(f->aside, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, NULL) ==
	    SQLITE_OK) {
		sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
		sqlite3_exec(db, "PRAGMA locking_mode = EXCLUSIVE", NULL, NULL, NULL);
		(void)journal_load_alarms(f, db, sink);
		if (sqlite3_prepare_v2(db, journal_sql[GET_PAGES], -1, &s, NULL) == SQLITE_OK)
			(void)journal_load_pages(f, s, 0, JOURNAL_PAGES, sink);
		sqlite3_finalize(s);
	}
	sqlite3_close(db);
	f->journal.note = note;
}

static int
load(struct journal *j, const struct journal_sink *sink, int64_t wall_ns)
{
	struct file_journal *f = of(j);
	int rc = f->db ? 0 : journal_open_db(f, wall_ns);

	if (rc == 0)
		rc = journal_load_alarms(f, f->db, sink);
	if (rc == 0)
		rc = journal_load_pages(f, f->statement[GET_PAGES], 0, JOURNAL_PAGES, sink);
	if (rc < 0)
		return rc;
	f->loaded = true;
	if (!f->aside[0])
		return 0;
	load_aside(f, sink);
	f->aside[0] = '\0';
	return 1;
}

static int
pages(struct journal *j, uint64_t after, uint32_t max, const struct journal_sink *sink)
{
	struct file_journal *f = of(j);

	if (!f->db)
		return -EBADF;
	return journal_load_pages(f, f->statement[GET_PAGES], after, max, sink);
}

static int
begin(struct file_journal *f, int64_t wall_ns)
{
	if (f->db && journal_moved(f)) {
		errtext_set(&f->journal.note, 0, "%s: was removed or replaced", f->path);
		f->journal.set_aside++;
		journal_close_db(f);
	}
	int rc = f->db ? 0 : journal_open_db(f, wall_ns);
	if (rc == 0 && !f->loaded)
		rc = -ESTALE;
	if (rc == 0 && sqlite3_exec(f->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		rc = journal_told(f, f->db);
	f->transaction = rc == 0;
	return rc;
}

/* What a failed transaction leaves: the file as it was, or none that can be trusted. */
static int
give_up(struct file_journal *f, int rc, int64_t wall_ns)
{
	if (f->db && f->transaction)
		(void)sqlite3_exec(f->db, "ROLLBACK", NULL, NULL, NULL);
	f->transaction = false;
	if (rc == -EBADMSG) {
		char why[160];

		snprintf(why, sizeof(why), "%.120s", f->db ? sqlite3_errmsg(f->db) : "damaged");
		rc = journal_put_aside(f, why, wall_ns);
		if (rc == 0)
			rc = journal_open_db(f, wall_ns);
		return rc == 0 ? -ESTALE : rc;
	}
	if (rc == -EROFS || rc == -EIO || rc == -EACCES)
		journal_close_db(f); /* to be opened again: it may be another disk by then */
	return rc;
}

static int
write_entries(struct journal *j, const struct journal_entry *entries, uint32_t n, int64_t wall_ns,
	      bool more)
{
	struct file_journal *f = of(j);
	int rc = f->transaction ? 0 : begin(f, wall_ns);

	for (uint32_t i = 0; rc == 0 && i < n; i++)
		rc = journal_put(f, &entries[i]);
	if (rc == 0 && !more) {
		if (sqlite3_exec(f->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
			f->transaction = false;
		else
			rc = journal_told(f, f->db);
	}
	return rc == 0 ? 0 : give_up(f, rc, wall_ns);
}

static int
history(struct journal *j, const struct journal_query *query, struct journal_row *rows,
	uint32_t max)
{
	struct file_journal *f = of(j);

	return f->db ? journal_load_history(f, query, rows, max) : -EBADF;
}

int
journal_open(struct journal **out, const char *state_dir, int64_t wall_ns)
{
	static const struct journal_ops ops = {
		.load = load, .pages = pages, .write = write_entries, .history = history};
	struct file_journal *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->journal.ops = &ops;
	snprintf(f->folder, sizeof(f->folder), "%s", state_dir);
	(void)journal_open_db(f, wall_ns); /* what was wrong, the note tells */
	*out = &f->journal;
	return 0;
}

void
journal_close(struct journal *j)
{
	if (!j)
		return;
	journal_close_db(of(j));
	free(j);
}
