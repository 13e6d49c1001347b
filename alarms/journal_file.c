/* SPDX-License-Identifier: Apache-2.0 */
/* The journal's file: making it, opening it, and what is done when it can't be trusted. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alarms/journal_sql.h"
#include "core/clock.h"

#define FORMAT 1               /* PRAGMA user_version */
#define APPLICATION 0x69736f74 /* PRAGMA application_id: "isot" */
#define BUSY_MS 50

static int
errno_of(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_ERROR: /* our statements are fixed: it is the tables that are others */
	case SQLITE_MISMATCH:
	case SQLITE_CONSTRAINT:
		return -EBADMSG;
	default:
		/* After a failed sync nobody knows what of the file is on the disk. */
		return rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC ? -EBADMSG : -EIO;
	}
}

/* The result of the last call on db, with a note. */
int
journal_told(struct file_journal *f, sqlite3 *db)
{
	int rc = errno_of(sqlite3_extended_errcode(db));

	if (rc != 0)
		errtext_set(&f->journal.note, rc, "%s: %s", f->path, sqlite3_errmsg(db));
	return rc;
}

static int
run(struct file_journal *f, sqlite3 *db, const char *text)
{
	return sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK ? 0 : journal_told(f, db);
}

/* The first column of the first row; 0 if there is none. */
static int
get_number(struct file_journal *f, sqlite3 *db, const char *text, int64_t *out)
{
	sqlite3_stmt *s = NULL;

	*out = 0;
	if (sqlite3_prepare_v2(db, text, -1, &s, NULL) != SQLITE_OK)
		return journal_told(f, db);
	int rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int64(s, 0);
	int result = rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : journal_told(f, db);
	sqlite3_finalize(s);
	return result;
}

void
journal_close_db(struct file_journal *f)
{
	for (int i = 0; i < STATEMENTS; i++) {
		sqlite3_finalize(f->statement[i]);
		f->statement[i] = NULL;
	}
	sqlite3_close(f->db);
	f->db = NULL;
	f->loaded = f->transaction = false;
}

static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};

/* Every file of the database at `from` that is there gets the name it has at `to`. */
static int
move_files(const char *from, const char *to)
{
	char a[JOURNAL_PATH + 16], b[JOURNAL_PATH + 16];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		snprintf(a, sizeof(a), "%s%s", from, suffixes[i]);
		snprintf(b, sizeof(b), "%s%s", to, suffixes[i]);
		if (rename(a, b) != 0 && errno != ENOENT)
			return -errno;
	}
	return 0;
}

/* Out of the way under a name of its own; what it holds will be read as far as that goes. */
int
journal_put_aside(struct file_journal *f, const char *why, int64_t wall_ns)
{
	char time[32], to[JOURNAL_PATH];
	struct stat st;
	unsigned number = 0;
	int n;

	journal_close_db(f);
	clock_utc_text(wall_ns, time, sizeof(time));
	do {
		n = snprintf(to, sizeof(to), "%s.%.19s-%u", f->path, time, ++number);
		if (n < 0 || (size_t)n >= sizeof(to))
			return -ENAMETOOLONG;
	} while (lstat(to, &st) == 0);
	int rc = move_files(f->path, to);
	if (rc != 0)
		return errtext_set(&f->journal.note, rc, "%s: %s, and can't be set aside: %s",
				   f->path, why, strerror(-rc));
	errtext_set(&f->journal.note, 0, "%s: %s; set aside as %s and begun anew", f->path, why,
		    strrchr(to, '/') + 1);
	f->journal.set_aside++;
	/* Numbers and keys that no earlier journal can have given. */
	f->journal.seq = f->journal.page_id = (uint64_t)(wall_ns / 1000);
	if (lstat(to, &st) == 0 && S_ISREG(st.st_mode))
		snprintf(f->aside, sizeof(f->aside), "%s", to);
	return 0;
}

/* A new file comes whole: made under another name. */
static int
make_file(struct file_journal *f, int64_t wall_ns)
{
	char path[JOURNAL_PATH + 16], about[160];
	sqlite3 *db = NULL;
	int64_t episodes = f->journal.set_aside > 0 ? wall_ns / (60 * NS_PER_S) : 0;

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		snprintf(path, sizeof(path), "%s.new%s", f->path, suffixes[i]);
		(void)unlink(path);
	}
	snprintf(path, sizeof(path), "%s.new", f->path);
	snprintf(about, sizeof(about),
		 "INSERT INTO about VALUES('episodes', %lld); PRAGMA application_id = %d;"
		 "PRAGMA user_version = %d; COMMIT",
		 (long long)episodes, APPLICATION, FORMAT);
	int rc = errno_of(sqlite3_open_v2(
		path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW,
		NULL));
	if (rc == 0)
		rc = run(f, db, "PRAGMA synchronous = EXTRA");
	if (rc == 0)
		rc = run(f, db, journal_schema);
	if (rc == 0)
		rc = run(f, db, about);
	if (rc != 0 && db)
		errtext_set(&f->journal.note, rc, "%s: %s", path, sqlite3_errmsg(db));
	sqlite3_close(db);
	if (rc == 0 && rename(path, f->path) != 0)
		rc = errtext_set(&f->journal.note, -errno, "%s: %s", path, strerror(errno));
	return rc;
}

/* -EBADMSG: the file is not what we write. */
static int
check_file(struct file_journal *f)
{
	int64_t application = 0, format = 0, faults = 0;
	int rc = get_number(f, f->db, "PRAGMA application_id", &application);

	if (rc == 0)
		rc = get_number(f, f->db, "PRAGMA user_version", &format);
	if (rc == 0 && (application != APPLICATION || format != FORMAT))
		rc = errtext_set(&f->journal.note, -EBADMSG, "%s: not a journal of this version",
				 f->path);
	if (rc == 0)
		/* No argument: a later SQLite takes the number of faults wanted for a table's name. */
		rc = get_number(f, f->db,
				"SELECT count(*) FROM pragma_quick_check WHERE quick_check <> 'ok'",
				&faults);
	if (rc == 0 && faults != 0)
		rc = errtext_set(&f->journal.note, -EBADMSG, "%s: its pages contradict each other",
				 f->path);
	return rc;
}

/* What was given already, here and in any file before. */
static int
read_numbers(struct file_journal *f)
{
	int64_t seq = 0, page_id = 0, episodes = 0, heard_seq = 0, delivered = 0;
	int rc = get_number(f, f->db,
			    "SELECT max((SELECT ifnull(max(seq), 0) FROM transition),"
			    " (SELECT ifnull(max(seq), 0) FROM comment),"
			    " (SELECT ifnull(max(seq), 0) FROM audit))",
			    &seq);

	if (rc == 0)
		rc = get_number(f, f->db, "SELECT ifnull(max(id), 0) FROM page", &page_id);
	if (rc == 0)
		rc = get_number(f, f->db, "SELECT value FROM about WHERE name = 'episodes'",
				&episodes);
	if (rc == 0)
		rc = get_number(f, f->db, "SELECT value FROM about WHERE name = 'heard_ring'",
				&f->journal.heard_ring);
	if (rc == 0)
		rc = get_number(f, f->db, "SELECT value FROM about WHERE name = 'heard_seq'",
				&heard_seq);
	if (rc == 0)
		rc = get_number(f, f->db, "SELECT count(delivered) FROM page", &delivered);
	if (rc == 0 && delivered >= 0 && (uint64_t)delivered > f->journal.delivered)
		f->journal.delivered = (uint64_t)delivered;
	if (rc == 0)
		f->journal.heard_seq = heard_seq > 0 ? (uint64_t)heard_seq : 0;
	if (rc == 0 && seq >= 0 && (uint64_t)seq > f->journal.seq)
		f->journal.seq = (uint64_t)seq;
	if (rc == 0 && page_id >= 0 && (uint64_t)page_id > f->journal.page_id)
		f->journal.page_id = (uint64_t)page_id;
	if (rc == 0 && episodes >= 0 && (uint64_t)episodes > f->journal.episodes)
		f->journal.episodes = (uint64_t)episodes;
	return rc;
}

static int
open_file(struct file_journal *f)
{
	struct stat st;
	int rc = errno_of(sqlite3_open_v2(f->path, &f->db,
					  SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, NULL));

	if (rc == 0) {
		sqlite3_extended_result_codes(f->db, 1);
		sqlite3_busy_timeout(f->db, BUSY_MS);
		rc = run(f, f->db,
			 "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;"
			 "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 250;"
			 "PRAGMA trusted_schema = OFF");
	}
	if (rc == 0)
		rc = check_file(f);
	/* The lock is there from the first write on; a second program must fail here, not later. */
	if (rc == 0)
		rc = run(f, f->db, "BEGIN IMMEDIATE; COMMIT");
	for (int i = 0; rc == 0 && i < STATEMENTS; i++)
		if (sqlite3_prepare_v3(f->db, journal_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
				       &f->statement[i], NULL) != SQLITE_OK)
			rc = journal_told(f, f->db) == -ENOMEM ? -ENOMEM : -EBADMSG;
	if (rc == 0)
		rc = read_numbers(f);
	if (rc == 0 && stat(f->path, &st) != 0)
		rc = -errno;
	if (rc != 0) {
		journal_close_db(f);
		return rc;
	}
	f->device = st.st_dev;
	f->inode = st.st_ino;
	return 0;
}

static int
make_folder(struct file_journal *f)
{
	char real[PATH_MAX];

	if ((mkdir(f->folder, 0750) != 0 && errno != EEXIST))
		return errtext_set(&f->journal.note, -errno, "%s: %s", f->folder, strerror(errno));
	snprintf(real, sizeof(real), "%s/alarms", f->folder);
	if (mkdir(real, 0750) != 0 && errno != EEXIST)
		return errtext_set(&f->journal.note, -errno, "%s: %s", real, strerror(errno));
	char *folder = realpath(real, NULL);
	if (!folder)
		return errtext_set(&f->journal.note, -errno, "%s: %s", real, strerror(errno));
	int n = snprintf(f->path, sizeof(f->path), "%s/journal.db", folder);
	free(folder);
	return n < 0 || (size_t)n >= sizeof(f->path) - 64 ? -ENAMETOOLONG : 0;
}

/* Anything at our name that no journal of ours can be. */
static const char *
strange(const struct file_journal *f)
{
	char log[JOURNAL_PATH + 16];
	struct stat st;

	snprintf(log, sizeof(log), "%s-wal", f->path);
	if (lstat(f->path, &st) != 0)
		return errno == ENOENT && lstat(log, &st) == 0 ? "is gone, but not its log" : NULL;
	if (!S_ISREG(st.st_mode))
		return "is no file";
	if (geteuid() != 0 && st.st_uid != geteuid())
		return "belongs to another user";
	return st.st_size == 0 ? "is empty" : NULL;
}

int
journal_open_db(struct file_journal *f, int64_t wall_ns)
{
	struct stat st;
	int rc = make_folder(f);
	const char *why = rc == 0 ? strange(f) : NULL;

	if (why)
		rc = journal_put_aside(f, why, wall_ns);
	for (int again = 1; rc == 0; again--) {
		if (lstat(f->path, &st) != 0)
			rc = make_file(f, wall_ns);
		if (rc == 0)
			rc = open_file(f);
		if (rc != -EBADMSG || again == 0)
			break;
		rc = journal_put_aside(f, "is damaged or not ours", wall_ns);
	}
	return rc;
}

bool
journal_moved(const struct file_journal *f)
{
	struct stat st;

	return lstat(f->path, &st) != 0 || st.st_dev != f->device || st.st_ino != f->inode;
}
