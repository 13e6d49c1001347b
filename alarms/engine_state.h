/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine of alarms is made of: private to alarms/engine*.c. */
#ifndef ISOTHERM_ALARMS_ENGINE_STATE_H
#define ISOTHERM_ALARMS_ENGINE_STATE_H

#include <jansson.h>

#include "alarms/engine.h"
#include "alarms/readings.h"
#include "alarms/judge.h"
#include "alarms/paging.h"

#define ENTRIES 2048u /* waiting for the journal */
/* One step in the life of an alarm asks for so many at most: itself, a page, a comment, an audit. */
#define ENTRIES_A_STEP 4u
#define NEVER_NS INT64_MAX

/* What a judgement takes. */
struct alarm_watch {
	const struct sample *input, *base; /* base: NULL without */
	const struct alarm_record *record;
	struct judge judge;
	uint32_t rest;    /* its place in rests */
	int64_t until_ns; /* m.until_wall_ns in plant time, NEVER_NS none */
};

struct alarm_now {
	struct alarm_memory m;
	int64_t trigger_ns; /* m.trigger_wall_ns in plant time */
	bool known;         /* restored, or changed since: what a late journal says is older */
};

struct engine {
	const struct plant *plant;
	struct image *alm;
	struct readings *readings;
	struct alarm_watch *watch;     /* [plant->n_alarms] */
	struct alarm_now *alarms;      /* [plant->n_alarms] */
	struct judge_rest *rests;      /* [plant->n_alarms] in the order of their inputs */
	uint32_t *rests_of;            /* [plant->n_alarms]: whose each is */
	uint32_t *first_rest[REGIONS]; /* [groups of the region + 1] */
	uint64_t *awake;               /* a bit an alarm: it does not rest, or waits for a time */
	const struct sample **system_mode; /* [plant->n_systems] */
	bool *maintenance;                 /* [plant->n_systems] as last seen */
	bool modes_moved;                  /* since the alarms last followed them */
	bool watched[REGIONS];             /* somebody is to write it */
	struct sample *shown;              /* alm.img, as it is drafted */
	bool *changed;  /* [groups of alarms]: what is shown of one of them is not what is so */
	int64_t due_ns; /* when all are shown again, changed or not */
	uint32_t count[ALARM_STATES];
	uint64_t tick;
	int64_t now_ns, wall_ns; /* of the step or request at hand */
	int64_t judged_ns;       /* of the last step */

	struct paging *paging;
	bool overflow; /* the journal has undelivered pages that did not fit into the queue */
	uint32_t pages_lost;
	uint64_t delivered; /* pages, by all processes that kept this journal */

	/* What the journal is to get, oldest first; the first n_told of them are out already,
	 * though not written. */
	struct journal *journal;
	struct journal_entry *entries;
	uint32_t n_entries, n_told;
	uint64_t seq, page_id, entries_lost;
	int64_t heard_ring; /* of the controllers' events, by the start of its writer */
	uint64_t heard_seq;
	bool journal_ok, loaded, stale_rows;
	uint32_t set_aside_told;
	int64_t journal_retry_ns, set_aside_ns;
};

/* What is shown of that alarm is another thing now. */
static inline void
engine_changed(struct engine *e, uint32_t alarm)
{
	e->changed[alarm / ALARMS_PER_GROUP] = true;
}

/* Who is behind a step; NULL user: the plant itself. */
struct actor {
	int64_t uid;
	const char *user, *why;
};

/* --- engine.c --- */
/* Apply an event with all that follows from it. -EPERM: not possible now. */
int engine_happen(struct engine *e, uint32_t alarm, enum alarm_event event,
		  const struct actor *actor);
void engine_publish(struct engine *e);

/* --- engine_rest.c: which alarms are judged in a step --- */
int engine_rests_open(struct engine *e); /* all are awake; 0 or -ENOMEM */
void engine_rests_close(struct engine *e);
void engine_wake(struct engine *e, uint32_t alarm); /* its next judgement may come out otherwise */
void engine_wake_all(struct engine *e);
void engine_wake_some(struct engine *e); /* whose inputs, as last read, are not where they rest */
uint32_t engine_next_awake(const struct engine *e, uint32_t from); /* n_alarms: none */
void engine_let_rest(struct engine *e, uint32_t alarm); /* if it can, after its judgement */

/* --- engine_keep.c: what outlives the process --- */
void engine_restore(struct engine *e);
/* The next entry, numbered and stamped but for its content; NULL: there is no room, it is counted. */
struct journal_entry *engine_stage(struct engine *e, enum journal_kind kind, const char *alarm,
				   const struct actor *actor);
void engine_stage_page(struct engine *e, uint32_t alarm, enum page_action action,
		       const struct actor *actor);
/* Write what is staged, then tell it: events, pages. */
void engine_commit(struct engine *e);
/* What the controllers say that people did: into the audit. */
void engine_hear(struct engine *e);
/* Real devices that are written to, and who answers for it: into the audit, at each start. */
void engine_tell_arming(struct engine *e);
void engine_refill_pages(struct engine *e);

/* --- engine_answer.c: what people ask to see --- */
/* False: `cmd` is none of these. */
bool engine_answer(struct engine *e, const char *cmd, const json_t *request, char *reply);
/* The tree as the reply, or why there is none; takes the reference. */
void engine_reply(char *reply, json_t *root);
void engine_refuse(char *reply, const char *why);

#endif
