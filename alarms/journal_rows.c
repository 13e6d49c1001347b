/* SPDX-License-Identifier: Apache-2.0 */
/* The journal's rows: tables and statements, and the way from and to our structs. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "alarms/journal_sql.h"
#include "core/clock.h"

const char journal_schema[] =
	"BEGIN;"
	"CREATE TABLE about(name TEXT PRIMARY KEY, value INTEGER NOT NULL);"
	"CREATE TABLE transition(seq INTEGER PRIMARY KEY, time TEXT NOT NULL, time_ns INTEGER NOT "
	"NULL,"
	" alarm TEXT NOT NULL, event TEXT NOT NULL, from_state TEXT NOT NULL, state TEXT NOT NULL,"
	" value REAL, limit_value REAL, uid INTEGER, user TEXT, text TEXT, episode INTEGER NOT "
	"NULL,"
	" active INTEGER NOT NULL, held INTEGER NOT NULL, open INTEGER NOT NULL,"
	" out_by_hand INTEGER NOT NULL, out_by_mode INTEGER NOT NULL, priority INTEGER NOT NULL,"
	" triggers INTEGER NOT NULL, since_ns INTEGER NOT NULL, raised_ns INTEGER NOT NULL,"
	" trigger_ns INTEGER NOT NULL, until_ns INTEGER NOT NULL, holder TEXT, why TEXT);"
	"CREATE INDEX transition_alarm ON transition(alarm, seq);"
	"CREATE TABLE page(id INTEGER PRIMARY KEY, time TEXT NOT NULL, time_ns INTEGER NOT NULL,"
	" key TEXT NOT NULL, action TEXT NOT NULL, alarm TEXT NOT NULL, episode INTEGER NOT NULL,"
	" payload TEXT NOT NULL, attempts INTEGER NOT NULL, delivered TEXT, error TEXT);"
	"CREATE INDEX page_undelivered ON page(id) WHERE delivered IS NULL;"
	"CREATE TABLE comment(seq INTEGER PRIMARY KEY, time TEXT NOT NULL, time_ns INTEGER NOT "
	"NULL,"
	" alarm TEXT NOT NULL, episode INTEGER NOT NULL, uid INTEGER, user TEXT, text TEXT NOT "
	"NULL);"
	"CREATE INDEX comment_alarm ON comment(alarm, seq);"
	"CREATE TABLE audit(seq INTEGER PRIMARY KEY, time TEXT NOT NULL, time_ns INTEGER NOT NULL,"
	" alarm TEXT NOT NULL, uid INTEGER, user TEXT, command TEXT NOT NULL, result TEXT NOT NULL,"
	" text TEXT NOT NULL);";

#define STATE_COLUMNS                                                                              \
	"state, value, limit_value, episode, active, held, open, out_by_hand, out_by_mode,"        \
	" priority, triggers, since_ns, raised_ns, trigger_ns, until_ns, holder, why"
#define HISTORY                                                                                    \
	"SELECT seq, time_ns, 'transition', alarm, user, event, state, text FROM transition"       \
	" WHERE seq >= ?1 AND seq < ?2 AND (?3 IS NULL OR alarm = ?3) UNION ALL "                  \
	"SELECT seq, time_ns, 'audit', alarm, user, command, result, text FROM audit"              \
	" WHERE seq >= ?1 AND seq < ?2 AND (?3 IS NULL OR alarm = ?3) UNION ALL " COMMENTS
#define COMMENTS                                                                                   \
	"SELECT seq, time_ns, 'comment', alarm, user, 'comment', '', text FROM comment"            \
	" WHERE seq >= ?1 AND seq < ?2 AND (?3 IS NULL OR alarm = ?3)"

/* A transaction whose end was reported as failed may be there all the same, and is written again. */
const char *const journal_sql[STATEMENTS] = {
	[PUT_TRANSITION] =
		"INSERT OR REPLACE INTO transition(seq, time, time_ns, alarm, event, from_state,"
		" uid, user, text, " STATE_COLUMNS ") VALUES(?,?,?,?,?,?,?,?,?,"
		"?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[PUT_PAGE] = "INSERT OR IGNORE INTO page(id, time, time_ns, key, action, alarm, episode, "
		     "payload,"
		     " attempts) VALUES(?,?,?,?,?,?,?,?,?)",
	[PUT_PAGE_TRY] = "UPDATE page SET attempts = ?, delivered = ?, error = ? WHERE id = ?",
	[PUT_COMMENT] = "INSERT OR REPLACE INTO comment(seq, time, time_ns, alarm, episode, uid, "
			"user, text)"
			" VALUES(?,?,?,?,?,?,?,?)",
	[PUT_AUDIT] = "INSERT OR REPLACE INTO audit(seq, time, time_ns, alarm, uid, user, command, "
		      "result,"
		      " text) VALUES(?,?,?,?,?,?,?,?,?)",
	[PUT_ABOUT] = "INSERT OR REPLACE INTO about(name, value) VALUES(?,?)",
	[GET_HISTORY_DOWN] = HISTORY " ORDER BY seq DESC LIMIT ?4",
	[GET_HISTORY_UP] = HISTORY " ORDER BY seq LIMIT ?4",
	[GET_COMMENTS] = COMMENTS " ORDER BY seq DESC LIMIT ?4",
	[GET_PAGES] = "SELECT id, time_ns, attempts, payload FROM page"
		      " WHERE delivered IS NULL AND id > ? ORDER BY id LIMIT ?",
};

/* --- rows out --- */

/* One row: types 'i' int64_t, 'd' double (not finite: NULL), 's' text ("": NULL with 'S'). */
static int
put(struct file_journal *f, enum statement which, const char *types, ...)
{
	sqlite3_stmt *s = f->statement[which];
	va_list args;

	va_start(args, types);
	for (int i = 1; types[i - 1]; i++) {
		char type = types[i - 1];
		if (type == 'i') {
			sqlite3_bind_int64(s, i, va_arg(args, int64_t));
		} else if (type == 'd') {
			double v = va_arg(args, double);
			if (isfinite(v))
				sqlite3_bind_double(s, i, v);
			else
				sqlite3_bind_null(s, i);
		} else {
			const char *text = va_arg(args, const char *);
			if (type == 'S' && !text[0])
				sqlite3_bind_null(s, i);
			else
				sqlite3_bind_text(s, i, text, -1, SQLITE_TRANSIENT);
		}
	}
	va_end(args);
	(void)sqlite3_step(s);
	int rc = sqlite3_reset(s) == SQLITE_OK ? 0 : journal_told(f, f->db);
	sqlite3_clear_bindings(s);
	return rc;
}

static int
put_transition(struct file_journal *f, const struct journal_entry *e, const char *time)
{
	const struct alarm_memory *m = &e->transition.to;

	return put(f, PUT_TRANSITION, "isisssiSSsddiiiiiiiiiiiiSS", (int64_t)e->seq, time,
		   e->wall_ns, e->alarm,
		   e->transition.carried ? "carried" : alarm_event_name(e->transition.event),
		   alarm_state_name(e->transition.from), e->uid, e->user, e->text,
		   alarm_state_name(m->life.state), m->value, m->limit, (int64_t)m->episode,
		   (int64_t)m->life.active, (int64_t)m->life.held, (int64_t)m->life.open,
		   (int64_t)m->out_by_hand, (int64_t)m->out_by_mode, (int64_t)m->priority,
		   (int64_t)m->triggers, m->since_wall_ns, m->raised_wall_ns, m->trigger_wall_ns,
		   m->until_wall_ns, m->user, m->why);
}

static int
put_page(struct file_journal *f, const struct journal_entry *e, const char *time)
{
	struct page_intent page = e->page;
	char json[PAGE_JSON_MAX + 1];

	page.journalled = true;
	int rc = page_to_json(&page, json, sizeof(json));
	if (rc < 0)
		return errtext_set(&f->journal.note, rc, "%s: %s", page.key, strerror(-rc));
	return put(f, PUT_PAGE, "isisssisi", (int64_t)page.id, time, page.wall_ns, page.key,
		   page_action_name(page.action), page.alarm, (int64_t)page.episode, json,
		   (int64_t)page.attempt);
}

static int
put_heard(struct file_journal *f, const struct journal_entry *e)
{
	int rc = put(f, PUT_ABOUT, "si", "heard_ring", e->audit.heard_ring);

	return rc != 0 ? rc : put(f, PUT_ABOUT, "si", "heard_seq", (int64_t)e->audit.heard_seq);
}

int
journal_put(struct file_journal *f, const struct journal_entry *e)
{
	char time[32];
	int rc;

	clock_utc_text(e->wall_ns, time, sizeof(time));
	switch (e->kind) {
	case JOURNAL_TRANSITION:
		return put_transition(f, e, time);
	case JOURNAL_PAGE:
		return put_page(f, e, time);
	case JOURNAL_PAGE_TRY:
		return put(f, PUT_PAGE_TRY, "iSSi", (int64_t)e->page_try.attempt,
			   e->page_try.delivered ? time : "", e->text, (int64_t)e->page_try.id);
	case JOURNAL_COMMENT:
		return put(f, PUT_COMMENT, "isisiiSs", (int64_t)e->seq, time, e->wall_ns, e->alarm,
			   (int64_t)e->episode, e->uid, e->user, e->text);
	case JOURNAL_AUDIT:
		rc = e->audit.heard_seq != 0 ? put_heard(f, e) : 0;
		return rc != 0 ? rc
			       : put(f, PUT_AUDIT, "isisiSsss", (int64_t)e->seq, time, e->wall_ns,
				     e->alarm, e->uid, e->user, e->audit.command, e->audit.result,
				     e->text);
	}
	return -EINVAL;
}

/* --- rows in --- */

static void
column_text(sqlite3_stmt *s, int column, char *out, size_t size)
{
	const unsigned char *text = sqlite3_column_text(s, column);

	text_copy(out, size, text ? (const char *)text : "");
}

static double
column_number(sqlite3_stmt *s, int column)
{
	return sqlite3_column_type(s, column) == SQLITE_NULL ? (double)NAN
							     : sqlite3_column_double(s, column);
}

/* False: no state that there is. Columns as in STATE_COLUMNS, from 1 on. */
static bool
read_memory(sqlite3_stmt *s, struct alarm_memory *m)
{
	const char *state = (const char *)sqlite3_column_text(s, 1);
	int64_t episode = sqlite3_column_int64(s, 4), triggers = sqlite3_column_int64(s, 11);
	int number = state ? alarm_state_by_name(state) : -1;

	if (number < 0 || episode < 0 || triggers < 0 || triggers > INT32_MAX)
		return false;
	*m = (struct alarm_memory){
		.life = {.state = (enum alarm_state)number,
			 .active = sqlite3_column_int(s, 5) != 0,
			 .held = sqlite3_column_int(s, 6) != 0,
			 .open = sqlite3_column_int(s, 7) != 0},
		.out_by_hand = sqlite3_column_int(s, 8) != 0,
		.out_by_mode = sqlite3_column_int(s, 9) != 0,
		.priority = (enum alarm_priority)sqlite3_column_int(s, 10),
		.episode = (uint64_t)episode,
		.triggers = (uint32_t)triggers,
		.value = column_number(s, 2),
		.limit = column_number(s, 3),
		.since_wall_ns = sqlite3_column_int64(s, 12),
		.raised_wall_ns = sqlite3_column_int64(s, 13),
		.trigger_wall_ns = sqlite3_column_int64(s, 14),
		.until_wall_ns = sqlite3_column_int64(s, 15),
	};
	column_text(s, 16, m->user, sizeof(m->user));
	column_text(s, 17, m->why, sizeof(m->why));
	return true;
}

int
journal_load_alarms(struct file_journal *f, sqlite3 *db, const struct journal_sink *sink)
{
	struct alarm_memory memory;
	sqlite3_stmt *s = NULL;
	char key[64];
	int rc;

	if (sqlite3_prepare_v2(db,
			       "SELECT alarm, " STATE_COLUMNS " FROM transition WHERE seq IN"
			       " (SELECT max(seq) FROM transition GROUP BY alarm) ORDER BY seq",
			       -1, &s, NULL) != SQLITE_OK)
		return journal_told(f, db);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		column_text(s, 0, key, sizeof(key));
		if (read_memory(s, &memory))
			sink->alarm(sink->context, key, &memory);
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? 0 : journal_told(f, db);
}

int
journal_load_pages(struct file_journal *f, sqlite3_stmt *s, uint64_t after, uint32_t max,
		   const struct journal_sink *sink)
{
	struct page_intent page;
	int n = 0, rc;

	sqlite3_bind_int64(s, 1, (int64_t)after);
	sqlite3_bind_int64(s, 2, max);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		const char *json = (const char *)sqlite3_column_text(s, 3);
		int64_t id = sqlite3_column_int64(s, 0), attempts = sqlite3_column_int64(s, 2);

		if (!json || id <= 0 || attempts < 0 || attempts > INT32_MAX ||
		    page_from_json(&page, json, NULL) != 0)
			continue;
		page.id = (uint64_t)id;
		page.wall_ns = sqlite3_column_int64(s, 1);
		page.attempt = (uint32_t)attempts;
		sink->page(sink->context, &page);
		n++;
	}
	int result = rc == SQLITE_DONE ? n : journal_told(f, sqlite3_db_handle(s));
	sqlite3_reset(s);
	return result;
}

int
journal_load_history(struct file_journal *f, const struct journal_query *query,
		     struct journal_row *rows, uint32_t max)
{
	bool up = query->before == 0 && !query->comments;
	sqlite3_stmt *s = f->statement[query->comments ? GET_COMMENTS
				       : up            ? GET_HISTORY_UP
						       : GET_HISTORY_DOWN];
	uint64_t below =
		query->before != 0 && query->before < INT64_MAX ? query->before : INT64_MAX;
	uint32_t n = 0;
	int rc = SQLITE_DONE;

	sqlite3_bind_int64(s, 1, up && query->from < INT64_MAX ? (int64_t)query->from : 0);
	sqlite3_bind_int64(s, 2, (int64_t)below);
	if (query->alarm)
		sqlite3_bind_text(s, 3, query->alarm, -1, SQLITE_TRANSIENT);
	sqlite3_bind_int64(s, 4, max);
	while (n < max && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		struct journal_row *row = &rows[n++];

		row->seq = (uint64_t)sqlite3_column_int64(s, 0);
		row->wall_ns = sqlite3_column_int64(s, 1);
		column_text(s, 2, row->kind, sizeof(row->kind));
		column_text(s, 3, row->alarm, sizeof(row->alarm));
		column_text(s, 4, row->user, sizeof(row->user));
		column_text(s, 5, row->what, sizeof(row->what));
		column_text(s, 6, row->state, sizeof(row->state));
		column_text(s, 7, row->text, sizeof(row->text));
	}
	int result = rc == SQLITE_DONE || rc == SQLITE_ROW ? (int)n : journal_told(f, f->db);
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return result;
}
