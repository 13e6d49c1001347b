/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All alarms of a plant: samples in; states, events and pages out; people's requests in between.
 * No file, process or clock of its own: time comes in as an argument, as plant time (delays,
 * deadlines) and as wall clock (labels, and what must outlive a restart). The journal is handed in,
 * the pages are carried by whoever asks for them.
 *
 *	engine_step(e, now_ns, wall_ns, overruns);		each control period
 *	while (engine_take_page(e, now_ns, &page)) …		then
 *	engine_page_result(e, &result, now_ns, wall_ns);	as results come
 *	engine_command(e, &who, request, reply, now_ns, wall_ns);
 *
 * A transition and the pages it makes are in the journal before alm.img shows it or
 * engine_take_page hands it out. While the journal can't be written both go on, the page marked as
 * not journalled, and what was not written is kept and written when it can be.
 */
#ifndef ISOTHERM_ALARMS_ENGINE_H
#define ISOTHERM_ALARMS_ENGINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "alarms/journal.h"
#include "alarms/page.h"
#include "config/plant.h"
#include "core/command.h"
#include "core/image.h"

enum engine_event { /* codes of alm.img's events */
		    ENGINE_EVENT_ALARM =
			    1, /* point: its input; value: the new enum alarm_state; text: key first */
		    ENGINE_EVENT_COMMENT, /* point: its input */
		    ENGINE_EVENT_PAGE,    /* value: 1 delivered, 0 a try failed */
		    ENGINE_EVENT_JOURNAL  /* value: 1 written, 0 not */
};

struct engine;

/*
 * `alm` is written (plant.alm); image_here on it, if at all, comes before. `journal` is NULL where
 * nothing is to outlive the process, as in a scenario; else it is loaded: states, shelves and
 * undelivered pages go on as they were. All are borrowed until engine_close. 0, -ENOMEM.
 */
int engine_open(struct engine **out, const struct plant *plant, struct journal *journal,
		struct image *alm, int64_t now_ns, int64_t wall_ns);
void engine_close(struct engine *e);

/*
 * Where points come from: REGION_IN, _CTL, _PAGE, _HIST, _MQTT. Once a region has been named here,
 * NULL included, a writer that does not beat is silent (alarm.silent); of the others nothing is
 * expected.
 */
void engine_set_image(struct engine *e, enum plant_region region, struct image *image);

/* One period: read, judge, write, show, beat. Nothing is allocated but within SQLite. */
void engine_step(struct engine *e, int64_t now_ns, int64_t wall_ns, uint64_t overruns);

/* --- pages --- */
struct page_result {
	uint64_t id;
	uint32_t attempt;
	bool delivered;
	char why[128];
};
/* True: *out is to be brought to the hook now. Each is answered by engine_page_result, which has
 * written it when it returns, or by engine_page_unsent; without an answer within twice the hook's
 * time it is handed out again. */
bool engine_take_page(struct engine *e, int64_t now_ns, struct page_intent *out);
void engine_page_result(struct engine *e, const struct page_result *result, int64_t now_ns,
			int64_t wall_ns);
/* Nobody was there to take it: again soon. */
void engine_page_unsent(struct engine *e, uint64_t id, int64_t now_ns);
uint32_t engine_pages_pending(const struct engine *e);

/* --- people --- */
struct engine_who {
	enum access_level access;
	uid_t uid;
	const char *user; /* a name for it */
};
/*
 * A request and its result, JSON each; `reply` holds COMMAND_MAX + 1 bytes. What it changes is in
 * the journal and shown when the call returns; so is a refusal.
 *
 *	{"cmd": "ack", "alarm": KEY, "comment": TEXT?}		ACCESS_OPERATE, as all that change:
 *	{"cmd": "comment", "alarm": KEY, "comment": TEXT}
 *	{"cmd": "shelve", "alarm": KEY, "for_s": N, "why": TEXT}	24 h at most
 *	{"cmd": "unshelve" | "reset", "alarm": KEY}
 *	{"cmd": "take_out", "alarm": KEY | "system": NAME, "for_s": N, "why": TEXT}	31 days at most
 *	{"cmd": "put_back", "alarm": KEY | "system": NAME}
 *	{"cmd": "list", "from": N?}		all that is not normal, from the N-th alarm on; the
 *						answer's "next", if any, is where to go on
 *	{"cmd": "show", "alarm": KEY}
 *	{"cmd": "history", "from": SEQ? | "before": SEQ?, "alarm": KEY?}
 */
void engine_command(struct engine *e, const struct engine_who *who, const char *request,
		    char *reply, int64_t now_ns, int64_t wall_ns);

#endif
