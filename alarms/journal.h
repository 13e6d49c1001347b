/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the engine remembers of alarms, pages and people: an interface, so that it can be a file
 * (journal_open), or a test's own. The engine does without one, too: a scenario has none.
 *
 * A transition and the page it makes are written in one transaction, and are on the disk when
 * `write` returns 0: nothing is shown and no hook is run before. A transition row holds all that is
 * needed to go on from it, so the last row of each alarm is the state of the plant.
 */
#ifndef ISOTHERM_ALARMS_JOURNAL_H
#define ISOTHERM_ALARMS_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "alarms/lifecycle.h"
#include "alarms/page.h"
#include "core/errtext.h"

/* What is remembered of an alarm. */
struct alarm_memory {
	struct alarm_life life;
	bool out_by_hand, out_by_mode; /* of service: by a person, by the system's mode */
	enum alarm_priority priority;
	uint64_t episode;        /* number of the last one, 0 none */
	uint32_t triggers;       /* calls made in it */
	double value, limit;     /* when the state last changed; NaN none */
	int64_t since_wall_ns;   /* of the state */
	int64_t raised_wall_ns;  /* of the episode, 0 none */
	int64_t trigger_wall_ns; /* last call, 0 none */
	int64_t until_wall_ns;   /* shelf or out of service ends then, 0 does not by itself */
	char user[32];           /* who acknowledged, shelved, took out; "" nobody */
	char why[128];
};

enum journal_kind {
	JOURNAL_TRANSITION,
	JOURNAL_PAGE,     /* to be delivered */
	JOURNAL_PAGE_TRY, /* what became of one */
	JOURNAL_COMMENT,
	JOURNAL_AUDIT /* what a person asked for, and what he got */
};

struct journal_entry {
	enum journal_kind kind;
	uint64_t seq; /* one count over transitions, comments and audit */
	int64_t wall_ns;
	char alarm[64]; /* key, "" none */
	int64_t uid;    /* -1: nobody, the plant itself */
	char user[32];
	char text[256]; /* comment; audit: what was asked; page try: why it failed */
	union {
		struct {
			enum alarm_event event;
			bool carried; /* no event: written again into a journal begun anew */
			enum alarm_state from;
			struct alarm_memory to;
		} transition;
		struct page_intent page;
		struct {
			uint64_t id;
			uint32_t attempt;
			enum page_action action;
			bool delivered;
		} page_try;
		uint64_t episode; /* comment */
		struct {
			char command[16];
			char result[96]; /* "ok", or the reason of a refusal */
			/* Heard from the controllers: which ring of events, and how far it is in the
			 * journal with this entry; 0 not. */
			int64_t heard_ring;
			uint64_t heard_seq;
		} audit;
	};
};

/* What load hands back. Texts are borrowed for the call. */
struct journal_sink {
	void *context;
	void (*alarm)(void *context, const char *key, const struct alarm_memory *memory);
	void (*page)(void *context, const struct page_intent *page); /* undelivered, oldest first */
};

/* For people. */
struct journal_row {
	uint64_t seq;
	int64_t wall_ns;
	char kind[12]; /* "transition", "comment", "audit" */
	char alarm[64], user[32];
	char what[16];  /* event, command */
	char state[96]; /* transition: the new state; audit: "ok", or why it was refused */
	char text[256];
};

struct journal_query {
	const char *alarm; /* of this one alone; NULL all */
	bool comments;     /* comments alone */
	uint64_t before;   /* newest first, older than this number; 0: what follows `from` */
	uint64_t from;     /* oldest first, from this number on */
};

#define JOURNAL_PAGES 1024u

struct journal;

struct journal_ops {
	/* What there is; of the undelivered pages the oldest JOURNAL_PAGES. Rows that make no sense
	 * are left out. 0; 1 if some of it is only in a file that was set aside, so that it must be
	 * written again; -errno: nothing could be read. */
	int (*load)(struct journal *j, const struct journal_sink *sink, int64_t wall_ns);
	/* Undelivered pages younger than `after`, `max` at most: how many, or -errno. */
	int (*pages)(struct journal *j, uint64_t after, uint32_t max,
		     const struct journal_sink *sink);
	/*
	 * One transaction. `more`: the next write belongs to it. -errno: nothing of the transaction
	 * is there. -ESTALE: the file is not the one that was loaded; load it, write again all that
	 * is known, then this.
	 */
	int (*write)(struct journal *j, const struct journal_entry *entries, uint32_t n,
		     int64_t wall_ns, bool more);
	/* How many rows, or -errno. */
	int (*history)(struct journal *j, const struct journal_query *query,
		       struct journal_row *rows, uint32_t max);
};

struct journal {
	const struct journal_ops *ops;
	/* Numbers given so far, as far as the journal knows: read after load. Episodes of an alarm
	 * count on from `episodes`, which is not 0 in a journal begun anew after a loss: no key may
	 * ever mean two things. */
	uint64_t seq, page_id, episodes;
	uint64_t delivered; /* pages, as far as its file knows: read after load */
	int64_t heard_ring; /* of the last audit entry that was heard */
	uint64_t heard_seq;
	uint32_t set_aside;  /* files found wrong since it was opened */
	struct errtext note; /* about the last of them, or why the last write failed */
};

/*
 * The journal in STATE_DIR/alarms/journal.db (SQLite). Fails for lack of memory alone: a file that
 * is damaged or foreign is set aside under another name, what can be read of it is loaded, and it
 * is begun anew; one that can't be written is tried again at every write.
 */
int journal_open(struct journal **out, const char *state_dir, int64_t wall_ns);
void journal_close(struct journal *j); /* NULL is allowed */

#endif
