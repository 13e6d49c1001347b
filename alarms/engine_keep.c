/* SPDX-License-Identifier: Apache-2.0 */
/* What outlives the process: staging, writing, telling, and taking up again. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "alarms/engine_state.h"
#include "core/clock.h"

#define RETRY_NS NS_PER_S /* a journal that can't be written is tried again that often */
#define HEARD 16u         /* events read at once */
/* CONTROL_EVENT_AUTHORITY of controllers/control.h: what people did to a system, for the audit */
#define CONTROLLERS_AUTHORITY 5u
#define CHUNK 16u /* rows of what is known, written together */
/* A date far off means a clock that was wrong: nothing is put aside for longer. */
#define LONGEST_NS (31 * 86400 * NS_PER_S)
#define SHELF_MAX_NS (86400 * NS_PER_S)

/* --- staging --- */

struct journal_entry *
engine_stage(struct engine *e, enum journal_kind kind, const char *alarm, const struct actor *actor)
{
	bool numbered = kind != JOURNAL_PAGE && kind != JOURNAL_PAGE_TRY;

	if (e->n_entries == ENTRIES) {
		e->entries_lost++;
		e->stale_rows = true;
		return NULL;
	}
	struct journal_entry *entry = &e->entries[e->n_entries++];
	entry->kind = kind;
	entry->seq = numbered ? ++e->seq : 0;
	entry->wall_ns = e->wall_ns;
	entry->uid = actor->uid;
	text_copy(entry->alarm, sizeof(entry->alarm), alarm);
	text_copy(entry->user, sizeof(entry->user), actor->user ? actor->user : "");
	text_copy(entry->text, sizeof(entry->text), actor->why ? actor->why : "");
	return entry;
}

/* What the journal has may wait there, and must while something older does. */
static void
queue_page(struct engine *e, const struct page_intent *page)
{
	bool kept = page->journalled && e->journal;

	if (kept && e->overflow)
		return;
	if (paging_add(e->paging, page, e->now_ns) == 0)
		return;
	e->overflow |= kept;
	e->pages_lost += !kept;
}

static void
fill_page(const struct engine *e, uint32_t alarm, struct page_intent *page)
{
	const struct plant *plant = e->plant;
	const struct alarm *a = &plant->alarms[alarm];
	const struct alarm_record *r = &plant->alarm_records[a->record];
	const struct alarm_memory *m = &e->alarms[alarm].m;

	*page = (struct page_intent){
		.priority = r->priority,
		.value = m->value,
		.limit = m->limit,
		.wall_ns = e->wall_ns,
		.episode = m->episode,
		.attempt = m->triggers > 0 ? m->triggers - 1 : 0,
	};
	snprintf(page->key, sizeof(page->key), "%s/%s/%llu", plant->site, a->key,
		 (unsigned long long)m->episode);
	text_copy(page->site, sizeof(page->site), plant->site);
	text_copy(page->system, sizeof(page->system),
		  a->system >= 0 ? plant->systems[a->system].name : "site");
	text_copy(page->alarm, sizeof(page->alarm), a->key);
	alarm_text(plant, alarm, page->text, sizeof(page->text));
	text_copy(page->unit, sizeof(page->unit), plant->points[a->point].unit);
	text_copy(page->cause, sizeof(page->cause), r->cause);
	text_copy(page->consequence, sizeof(page->consequence), r->consequence);
	text_copy(page->operator_action, sizeof(page->operator_action), r->action);
}

void
engine_stage_page(struct engine *e, uint32_t alarm, enum page_action action,
		  const struct actor *actor)
{
	struct journal_entry *entry =
		engine_stage(e, JOURNAL_PAGE, e->plant->alarms[alarm].key, actor);
	struct page_intent lost = {0}, *page = entry ? &entry->page : &lost;

	fill_page(e, alarm, page);
	page->id = ++e->page_id;
	page->action = action;
	page->attempt = action == PAGE_TRIGGER ? page->attempt : 0;
	text_copy(page->user, sizeof(page->user), actor->user ? actor->user : "");
	if (!entry) /* no room to remember it: it goes all the same */
		queue_page(e, page);
}

/* --- hearing --- */

static void
stage_heard(struct engine *e, const struct image_event *event)
{
	const struct actor unknown = {.uid = -1, .why = event->text}; /* the text names him */
	char system[64];
	size_t n = strcspn(event->text, " ");

	text_copy(system, n < sizeof(system) - 1 ? n + 1 : sizeof(system), event->text);
	struct journal_entry *a = engine_stage(e, JOURNAL_AUDIT, system, &unknown);
	if (!a)
		return;
	strcpy(a->audit.command, "control");
	strcpy(a->audit.result, "told");
	a->audit.heard_ring = e->heard_ring;
	a->audit.heard_seq = event->seq;
}

void
engine_hear(struct engine *e)
{
	const struct image *ctl = readings_image(e->readings, REGION_CTL);
	struct image_event event[HEARD];
	struct image_status status;
	size_t n = HEARD;

	if (!ctl)
		return;
	image_status(ctl, e->now_ns, &status);
	if (status.start_ns != e->heard_ring)
		e->heard_seq = 0;
	e->heard_ring = status.start_ns;
	while (n == HEARD && e->n_entries + HEARD <= ENTRIES) {
		n = image_events(ctl, &e->heard_seq, event, HEARD, NULL);
		for (size_t i = 0; i < n; i++)
			if (event[i].code == CONTROLLERS_AUTHORITY)
				stage_heard(e, &event[i]);
	}
}

void
engine_tell_arming(struct engine *e)
{
	for (uint32_t i = 0; i < e->plant->n_arming; i++) {
		const struct plant_arming *p = &e->plant->arming[i];
		const struct device *d = &e->plant->devices[p->device];
		const struct actor who = {.uid = -1, .user = p->by, .why = p->why};
		struct journal_entry *a = d->armed && !d->simulated
						  ? engine_stage(e, JOURNAL_AUDIT, d->name, &who)
						  : NULL;

		if (!a)
			continue;
		strcpy(a->audit.command, "arming");
		strcpy(a->audit.result, "armed by the plant file");
		a->audit.heard_ring = 0;
		a->audit.heard_seq = 0;
	}
}

/* --- telling --- */

static void
emit(struct engine *e, enum engine_event code, uint32_t point, double value, const char *text)
{
	struct image_event event = {
		.time_ns = e->now_ns, .code = (uint32_t)code, .point = point, .value = value};

	text_copy(event.text, sizeof(event.text), text);
	image_emit(e->alm, &event);
}

static uint32_t
point_of(const struct engine *e, const char *key, uint32_t *alarm)
{
	int32_t i = plant_alarm(e->plant, key);

	*alarm = i >= 0 ? (uint32_t)i : 0;
	return i >= 0 ? e->plant->alarms[i].point : NO_POINT;
}

static void
tell_transition(struct engine *e, const struct journal_entry *entry)
{
	const struct alarm_memory *m = &entry->transition.to;
	char what[96], text[256];
	uint32_t alarm, point = point_of(e, entry->alarm, &alarm);

	if (m->life.state == entry->transition.from && !entry->user[0])
		return; /* under a shelf: for the journal alone */
	alarm_text(e->plant, alarm, what, sizeof(what));
	snprintf(text, sizeof(text), "%s %s%s%s: %s", entry->alarm, alarm_state_name(m->life.state),
		 entry->user[0] ? " by " : "", entry->user, what);
	emit(e, ENGINE_EVENT_ALARM, point, m->life.state, text);
}

static void
tell_try(struct engine *e, const struct journal_entry *entry)
{
	bool delivered = entry->page_try.delivered;
	uint32_t alarm, point = point_of(e, entry->alarm, &alarm);
	char text[400];

	snprintf(text, sizeof(text), "%s page %s %s, try %u%s%s", entry->alarm,
		 page_action_name(entry->page_try.action),
		 delivered ? "delivered" : "not delivered", entry->page_try.attempt,
		 delivered ? "" : ": ", delivered ? "" : entry->text);
	emit(e, ENGINE_EVENT_PAGE, point, delivered, text);
}

static void
tell(struct engine *e, struct journal_entry *entry, bool written)
{
	char text[400];
	uint32_t alarm;

	switch (entry->kind) {
	case JOURNAL_TRANSITION:
		tell_transition(e, entry);
		break;
	case JOURNAL_PAGE:
		entry->page.journalled = written;
		queue_page(e, &entry->page);
		break;
	case JOURNAL_PAGE_TRY:
		tell_try(e, entry);
		break;
	case JOURNAL_COMMENT:
		snprintf(text, sizeof(text), "%s comment by %s: %s", entry->alarm, entry->user,
			 entry->text);
		emit(e, ENGINE_EVENT_COMMENT, point_of(e, entry->alarm, &alarm), 0.0, text);
		break;
	case JOURNAL_AUDIT:
		break;
	}
}

/* --- taking up --- */

static int64_t
plant_time(const struct engine *e, int64_t wall_ns)
{
	int64_t ahead_ns = wall_ns - e->wall_ns;

	if (ahead_ns > LONGEST_NS)
		ahead_ns = LONGEST_NS;
	return e->now_ns + (ahead_ns < -LONGEST_NS ? -LONGEST_NS : ahead_ns);
}

/* When an alarm that was put aside comes back: never later than it was meant, whatever the wall
 * clock says now. */
static int64_t
until_of(const struct engine *e, const struct alarm_memory *m)
{
	int64_t whole_ns = m->until_wall_ns - m->since_wall_ns, until_ns;

	if (m->until_wall_ns == 0)
		return NEVER_NS;
	if (m->life.state == ALARM_SHELVED && whole_ns > SHELF_MAX_NS)
		whole_ns = SHELF_MAX_NS; /* shelved once more: the state is older */
	until_ns = plant_time(e, m->until_wall_ns);
	return until_ns > e->now_ns + whole_ns ? e->now_ns + whole_ns : until_ns;
}

/* An episode that the journal knows and this process did not: its pager hears no more of it. */
static void
resolve_older(struct engine *e, uint32_t alarm, const struct alarm_memory *m)
{
	struct alarm_memory now = e->alarms[alarm].m;

	if (!m->life.open || m->triggers == 0 || m->episode == now.episode)
		return;
	e->alarms[alarm].m.episode = m->episode;
	engine_stage_page(e, alarm, PAGE_RESOLVE, &(struct actor){.uid = -1});
	e->alarms[alarm].m = now;
}

static void
take_alarm(void *context, const char *key, const struct alarm_memory *memory)
{
	struct engine *e = context;
	int32_t i = plant_alarm(e->plant, key);

	if (i < 0)
		return; /* the plant has no such alarm any more */
	struct alarm_now *a = &e->alarms[i];
	bool latched = a->m.life.latched;

	engine_changed(e, (uint32_t)i);
	if (a->known) {
		resolve_older(e, (uint32_t)i, memory);
		return;
	}
	a->m = *memory;
	a->m.life.latched = latched;
	lifecycle_mend(&a->m.life);
	judge_init(&e->watch[i].judge, a->m.life.active);
	/* a wall clock that is behind must not keep an alarm quiet: what was is not ahead */
	a->trigger_ns = plant_time(e, memory->trigger_wall_ns);
	if (a->trigger_ns > e->now_ns)
		a->trigger_ns = e->now_ns;
	e->watch[i].until_ns = until_of(e, memory);
	engine_wake(e, (uint32_t)i);
	e->modes_moved = true;
	if (a->m.out_by_mode && e->plant->alarms[i].system >= 0)
		e->maintenance[e->plant->alarms[i].system] = true;
}

/* Delivered already, though the journal does not know yet. */
static bool
just_delivered(const struct engine *e, uint64_t id)
{
	for (uint32_t i = 0; i < e->n_entries; i++)
		if (e->entries[i].kind == JOURNAL_PAGE_TRY && e->entries[i].page_try.id == id &&
		    e->entries[i].page_try.delivered)
			return true;
	return false;
}

static void
take_page(void *context, const struct page_intent *page)
{
	struct engine *e = context;
	struct page_intent taken = *page;

	taken.journalled = true;
	if (!paging_find(e->paging, page->id) && !just_delivered(e, page->id))
		queue_page(e, &taken);
}

static int
load(struct engine *e)
{
	const struct journal_sink sink = {.context = e, .alarm = take_alarm, .page = take_page};
	int rc = e->journal->ops->load(e->journal, &sink, e->wall_ns);

	if (rc < 0)
		return rc;
	e->loaded = true;
	if (e->heard_seq == 0) {
		e->heard_ring = e->journal->heard_ring;
		e->heard_seq = e->journal->heard_seq;
	}
	if (e->journal->seq > e->seq)
		e->seq = e->journal->seq;
	if (e->journal->delivered > e->delivered)
		e->delivered = e->journal->delivered;
	if (e->journal->page_id > e->page_id)
		e->page_id = e->journal->page_id;
	for (uint32_t i = 0; i < e->plant->n_alarms; i++)
		e->alarms[i].known = true;
	e->overflow |= paging_pending(e->paging) == PAGING_MAX;
	return rc;
}

/* --- writing --- */

static int
flush(struct engine *e, struct journal_entry *chunk, uint32_t *n)
{
	int rc = *n > 0 ? e->journal->ops->write(e->journal, chunk, *n, e->wall_ns, true) : 0;

	*n = 0;
	return rc;
}

/* All that is known, into a journal that does not know it: part of a transaction that the caller
 * ends. What is staged comes with it, so its numbers are older. */
static int
write_known(struct engine *e)
{
	static const struct actor nobody = {.uid = -1};
	struct journal_entry chunk[CHUNK];
	const struct page_intent *page;
	uint32_t n = 0;
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < e->plant->n_alarms; i++) {
		const struct alarm_memory *m = &e->alarms[i].m;

		if (m->episode == 0 && m->life.state == ALARM_NORMAL)
			continue;
		struct journal_entry *c = &chunk[n++];
		*c = (struct journal_entry){.kind = JOURNAL_TRANSITION,
					    .seq = ++e->seq,
					    .wall_ns = e->wall_ns,
					    .uid = nobody.uid};
		text_copy(c->alarm, sizeof(c->alarm), e->plant->alarms[i].key);
		c->transition.carried = true;
		c->transition.from = m->life.state;
		c->transition.to = *m;
		if (n == CHUNK)
			rc = flush(e, chunk, &n);
	}
	for (uint32_t i = 0; rc == 0 && (page = paging_at(e->paging, i)) != NULL; i++) {
		chunk[n] = (struct journal_entry){.kind = JOURNAL_PAGE, .wall_ns = page->wall_ns};
		chunk[n++].page = *page;
		if (n == CHUNK)
			rc = flush(e, chunk, &n);
	}
	return rc == 0 ? flush(e, chunk, &n) : rc;
}

static int
write_all(struct engine *e, bool known_too)
{
	int rc = known_too ? write_known(e) : 0;

	if (rc == 0)
		rc = e->journal->ops->write(e->journal, e->entries, e->n_entries, e->wall_ns,
					    false);
	return rc;
}

static int
write_journal(struct engine *e)
{
	/* Another file, or one that could not be read until now: first what is in it. */
	int rc = e->loaded ? write_all(e, e->stale_rows) : -ESTALE;

	if (rc == -ESTALE) {
		rc = load(e);
		if (rc >= 0)
			rc = write_all(e, true);
	}
	if (rc == 0)
		e->stale_rows = false;
	return rc;
}

/* What changed in how the journal is. */
static void
tell_journal(struct engine *e, int rc)
{
	bool ok = rc == 0;

	if (e->journal->set_aside != e->set_aside_told) {
		e->set_aside_told = e->journal->set_aside;
		e->set_aside_ns = e->now_ns;
		emit(e, ENGINE_EVENT_JOURNAL, NO_POINT, 0.0, e->journal->note.text);
	} else if (!ok && e->journal_ok) {
		emit(e, ENGINE_EVENT_JOURNAL, NO_POINT, 0.0, e->journal->note.text);
	} else if (ok && !e->journal_ok) {
		emit(e, ENGINE_EVENT_JOURNAL, NO_POINT, 1.0, "the journal is written again");
	}
	e->journal_ok = ok;
}

void
engine_commit(struct engine *e)
{
	bool was_ok = e->journal_ok, written = e->journal == NULL;

	if (e->journal &&
	    (was_ok ? e->n_entries > 0 || !e->loaded : e->now_ns >= e->journal_retry_ns)) {
		int rc = write_journal(e);

		written = rc == 0;
		if (rc != 0)
			e->journal_retry_ns = e->now_ns + RETRY_NS;
		tell_journal(e, rc);
	}
	for (uint32_t i = e->n_told; i < e->n_entries; i++)
		tell(e, &e->entries[i], written);
	if (!written) {
		e->n_told = e->n_entries;
		return;
	}
	e->n_entries = e->n_told = 0;
	e->entries_lost = 0;
	if (!was_ok)
		paging_set_journalled(e->paging);
}

void
engine_restore(struct engine *e)
{
	int rc = e->journal ? load(e) : 0;

	if (!e->journal)
		return;
	if (rc < 0) {
		/* Numbers and keys that the journal can't have given. */
		e->seq = e->page_id = (uint64_t)(e->wall_ns / 1000);
		e->journal->episodes = (uint64_t)(e->wall_ns / (60 * NS_PER_S));
		tell_journal(e, rc);
	} else if (rc > 0 || e->journal->set_aside > 0) {
		e->stale_rows = true;
		e->journal_ok = false; /* the next commit writes, whatever is staged */
	}
}

void
engine_refill_pages(struct engine *e)
{
	const struct journal_sink sink = {.context = e, .page = take_page};

	if (!e->overflow || !e->journal_ok || paging_pending(e->paging) > PAGING_MAX / 2)
		return;
	e->overflow = false;
	if (e->journal->ops->pages(e->journal, 0, JOURNAL_PAGES, &sink) == (int)JOURNAL_PAGES)
		e->overflow = true; /* there may be more */
}
