/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to alarms/journal*.c, the only files that know SQLite. Write-ahead log, synchronous=FULL:
 * a transaction is on the disk when COMMIT returns. Locked for us alone (locking_mode EXCLUSIVE):
 * nobody else's reading can make a write fail, and the index of the log is private memory instead
 * of a mapped file, which on a full disk is a SIGBUS.
 */
#ifndef ISOTHERM_ALARMS_JOURNAL_SQL_H
#define ISOTHERM_ALARMS_JOURNAL_SQL_H

#include <sqlite3.h>
#include <sys/types.h>

#include "alarms/journal.h"

#define JOURNAL_PATH 512

enum statement {
	PUT_TRANSITION,
	PUT_PAGE,
	PUT_PAGE_TRY,
	PUT_COMMENT,
	PUT_AUDIT,
	PUT_ABOUT,
	GET_HISTORY_DOWN,
	GET_HISTORY_UP,
	GET_COMMENTS,
	GET_PAGES,
	STATEMENTS
};

struct file_journal {
	struct journal journal;
	sqlite3 *db; /* NULL: could not be opened */
	sqlite3_stmt *statement[STATEMENTS];
	char folder[JOURNAL_PATH], path[JOURNAL_PATH];
	char aside[JOURNAL_PATH]; /* set aside and not loaded yet, "" none */
	dev_t device;
	ino_t inode;
	bool loaded;      /* what is in db, the engine knows */
	bool transaction; /* one is open */
};

extern const char journal_schema[];
extern const char *const journal_sql[STATEMENTS];

/* The result of the last call on db as 0 or -errno, with a note. -EBADMSG: the file can't be
 * trusted any more. */
int journal_told(struct file_journal *f, sqlite3 *db);

/* journal_file.c */
int journal_open_db(struct file_journal *f, int64_t wall_ns);
void journal_close_db(struct file_journal *f);
/* Out of the way under a name of its own; f->aside says where. */
int journal_put_aside(struct file_journal *f, const char *why, int64_t wall_ns);
bool journal_moved(const struct file_journal *f); /* our name means another file by now */

/* journal_rows.c */
int journal_put(struct file_journal *f, const struct journal_entry *e);
/* As far as the file can be read. */
int journal_load_alarms(struct file_journal *f, sqlite3 *db, const struct journal_sink *sink);
/* `s`: a GET_PAGES. How many, or -errno. */
int journal_load_pages(struct file_journal *f, sqlite3_stmt *s, uint64_t after, uint32_t max,
		       const struct journal_sink *sink);
/* How many, or -errno. */
int journal_load_history(struct file_journal *f, const struct journal_query *query,
			 struct journal_row *rows, uint32_t max);

#endif
