/* SPDX-License-Identifier: Apache-2.0 */
#include "alarms/engine.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "alarms/engine_state.h"
#include "core/clock.h"

/* A condition that comes back unseen within this time of the last call makes no second one. */
#define CALL_AGAIN_NS (600 * NS_PER_S)
#define JOURNAL_TOLD_NS (60 * NS_PER_S) /* a journal that had to be begun anew is told so long */

static const struct actor nobody = {.uid = -1};
static const struct sample none = {0};

static const struct alarm_record *
record_of(const struct engine *e, uint32_t alarm)
{
	return e->watch[alarm].record;
}

/* --- opening --- */

/* An alarm may watch what the alarms themselves say: then it is our own sample. */
static const struct sample *
find_sample(struct engine *e, uint32_t point)
{
	uint32_t index = 0;

	if (plant_where(e->plant, point, &index) == REGION_ALM)
		return &e->shown[index];
	return readings_want(e->readings, point);
}

static void
point_at_inputs(struct engine *e)
{
	const struct plant *plant = e->plant;

	for (uint32_t i = 0; i < plant->n_alarms; i++) {
		const struct alarm *alarm = &plant->alarms[i];

		e->watch[i].input = find_sample(e, alarm->point);
		if (!e->watch[i].input)
			e->watch[i].input = &none;
		e->watch[i].base =
			alarm->limit_point != NO_POINT ? find_sample(e, alarm->limit_point) : NULL;
	}
	for (uint32_t s = 0; s < plant->n_systems; s++)
		e->system_mode[s] =
			readings_want(e->readings, plant_role(plant, (int32_t)s, ROLE_CTL_MODE, 0));
}

static void
find_inputs(struct engine *e)
{
	const struct plant *plant = e->plant;

	point_at_inputs(e);

	for (uint32_t i = 0; i < plant->n_alarms; i++) {
		const struct alarm *alarm = &plant->alarms[i];
		struct alarm_now *a = &e->alarms[i];
		struct alarm_watch *w = &e->watch[i];

		w->record = &plant->alarm_records[alarm->record];
		w->until_ns = NEVER_NS;
		judge_init(&w->judge, false);
		a->m.life.latched = record_of(e, i)->latched;
		a->m.priority = record_of(e, i)->priority;
		a->m.value = a->m.limit = (double)NAN;
		engine_changed(e, i); /* nobody has seen it yet */
	}
	e->modes_moved = true;
}

static int
allocate(struct engine *e)
{
	const struct plant *plant = e->plant;
	struct paging_params params = {.parallel = plant->paging.parallel,
				       .timeout_s = plant->paging.timeout_s,
				       .retry_s = plant->paging.retry_s,
				       .seed = plant->seed};
	int rc = readings_open(&e->readings, plant);

	if (rc == 0)
		rc = paging_open(&e->paging, &params);
	if (rc != 0)
		return rc;
	e->watch = calloc(plant->n_alarms + 1u, sizeof(*e->watch));
	e->alarms = calloc(plant->n_alarms + 1u, sizeof(*e->alarms));
	e->changed = calloc(plant->alm.n_groups + 1u, sizeof(*e->changed));
	e->system_mode = calloc(plant->n_systems + 1u, sizeof(const struct sample *));
	e->maintenance = calloc(plant->n_systems + 1u, sizeof(*e->maintenance));
	e->entries = calloc(ENTRIES, sizeof(*e->entries));
	bool all = e->watch && e->alarms && e->changed && e->system_mode && e->maintenance &&
		   e->entries;
	return all ? engine_rests_open(e) : -ENOMEM;
}

/* What a restart may have changed: the priorities of the records. */
static void
take_priorities(struct engine *e)
{
	for (uint32_t i = 0; i < e->plant->n_alarms; i++) {
		struct alarm_now *a = &e->alarms[i];
		bool rises = record_of(e, i)->priority < a->m.priority;

		a->m.priority = record_of(e, i)->priority;
		if (rises)
			(void)engine_happen(e, i, EVENT_AGAIN, &nobody);
	}
}

int
engine_open(struct engine **out, const struct plant *plant, struct journal *journal,
	    struct image *alm, int64_t now_ns, int64_t wall_ns)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	e->plant = plant;
	e->journal = journal;
	e->alm = alm;
	e->shown = image_draft(alm, 0);
	e->now_ns = e->judged_ns = now_ns;
	e->wall_ns = wall_ns;
	e->journal_ok = true;
	e->set_aside_ns = now_ns - JOURNAL_TOLD_NS;
	int rc = allocate(e);
	if (rc != 0) {
		engine_close(e);
		return rc;
	}
	find_inputs(e);
	engine_restore(e);
	take_priorities(e);
	engine_tell_arming(e);
	engine_commit(e);
	engine_publish(e);
	*out = e;
	return 0;
}

void
engine_close(struct engine *e)
{
	if (!e)
		return;
	if (e->n_entries > 0) /* what became of pages since the last step */
		engine_commit(e);
	readings_close(e->readings);
	paging_close(e->paging);
	free(e->watch);
	free(e->alarms);
	engine_rests_close(e);
	free(e->changed);
	free(e->system_mode);
	free(e->maintenance);
	free(e->entries);
	free(e);
}

void
engine_set_image(struct engine *e, enum plant_region region, struct image *image)
{
	if (readings_set(e->readings, region, image))
		point_at_inputs(e);
	engine_wake_all(e);
	e->watched[region] = true;
}

/* --- one alarm --- */

static double
last_value(const struct sample *s)
{
	return s->quality != QUALITY_NEVER && isfinite(s->value) ? s->value : (double)NAN;
}

/* Who holds it in its new state, and since when. */
static void
remember(struct engine *e, uint32_t alarm, enum alarm_state from, const struct actor *actor)
{
	struct alarm_now *a = &e->alarms[alarm];
	enum alarm_state to = a->m.life.state;

	engine_changed(e, alarm);
	a->m.value = last_value(e->watch[alarm].input);
	a->m.limit = judge_limit(record_of(e, alarm), e->watch[alarm].base);
	a->known = true;
	if (to != from) {
		a->m.since_wall_ns = e->wall_ns;
		if (to != ALARM_SHELVED && to != ALARM_OUT_OF_SERVICE) {
			e->watch[alarm].until_ns = NEVER_NS;
			a->m.until_wall_ns = 0;
		}
	}
	if (actor->user) {
		text_copy(a->m.user, sizeof(a->m.user), actor->user);
		text_copy(a->m.why, sizeof(a->m.why), actor->why ? actor->why : "");
	} else if (to != from) {
		a->m.user[0] = a->m.why[0] = '\0';
	}
}

static bool
calls(const struct engine *e, const struct alarm_now *a, int actions)
{
	if (actions & ACTION_TRIGGER_LATE)
		return a->m.triggers == 0 || e->now_ns - a->trigger_ns >= CALL_AGAIN_NS;
	if (actions & ACTION_TRIGGER_ONCE)
		return a->m.triggers == 0;
	return (actions & ACTION_TRIGGER) != 0;
}

static void
begin_episode(struct engine *e, struct alarm_now *a)
{
	uint64_t base = e->journal ? e->journal->episodes : 0;

	a->m.episode = (a->m.episode > base ? a->m.episode : base) + 1;
	a->m.triggers = 0;
	a->m.raised_wall_ns = e->wall_ns;
}

int
engine_happen(struct engine *e, uint32_t alarm, enum alarm_event event, const struct actor *actor)
{
	struct alarm_now *a = &e->alarms[alarm];
	enum alarm_state from = a->m.life.state;
	int actions = lifecycle_apply(&a->m.life, event);

	if (actions < 0)
		return actions;
	if (e->n_entries + ENTRIES_A_STEP > ENTRIES)
		engine_commit(e);
	remember(e, alarm, from, actor);
	if (actions & ACTION_BEGIN)
		begin_episode(e, a);
	bool call = record_of(e, alarm)->page && calls(e, a, actions);
	if (call) {
		a->m.triggers++;
		a->trigger_ns = e->now_ns;
		a->m.trigger_wall_ns = e->wall_ns;
	}
	struct journal_entry *entry =
		engine_stage(e, JOURNAL_TRANSITION, e->plant->alarms[alarm].key, actor);
	if (entry) {
		entry->transition.event = event;
		entry->transition.carried = false;
		entry->transition.from = from;
		entry->transition.to = a->m;
	}
	if (call)
		engine_stage_page(e, alarm, PAGE_TRIGGER, actor);
	if (actions & ACTION_ACKNOWLEDGE && a->m.triggers > 0)
		engine_stage_page(e, alarm, PAGE_ACKNOWLEDGE, actor);
	if (actions & ACTION_END && a->m.triggers > 0)
		engine_stage_page(e, alarm, PAGE_RESOLVE, actor);
	return actions;
}

/* A shelf, or the time out of service, that has come to its end. */
static void
end_in_time(struct engine *e, uint32_t alarm)
{
	struct alarm_now *a = &e->alarms[alarm];

	if (e->now_ns < e->watch[alarm].until_ns)
		return;
	e->watch[alarm].until_ns = NEVER_NS;
	a->m.until_wall_ns = 0;
	a->m.out_by_hand = false;
	if (a->m.life.state == ALARM_SHELVED)
		(void)engine_happen(e, alarm, EVENT_SHELF_ENDS, &nobody);
	else if (a->m.life.state == ALARM_OUT_OF_SERVICE && !a->m.out_by_mode)
		(void)engine_happen(e, alarm, EVENT_PUT_BACK, &nobody);
}

/* Its system is being worked on, or not any more. */
static void
follow_mode(struct engine *e, uint32_t alarm, bool maintenance)
{
	struct alarm_now *a = &e->alarms[alarm];

	if (a->m.out_by_mode == maintenance)
		return;
	a->m.out_by_mode = maintenance;
	if (maintenance)
		(void)engine_happen(e, alarm, EVENT_TAKE_OUT, &nobody);
	else if (!a->m.out_by_hand)
		(void)engine_happen(e, alarm, EVENT_PUT_BACK, &nobody);
}

static void
step_alarm(struct engine *e, uint32_t i)
{
	struct alarm_watch *w = &e->watch[i];
	bool blind = w->judge.blind;

	if (e->modes_moved && e->plant->alarms[i].system >= 0)
		follow_mode(e, i, e->maintenance[e->plant->alarms[i].system]);
	switch (judge_step(&w->judge, w->record, w->input, w->base, e->now_ns - e->judged_ns,
			   e->now_ns)) {
	case JUDGE_RAISED:
		(void)engine_happen(e, i, EVENT_RAISE, &nobody);
		break;
	case JUDGE_CLEARED:
		(void)engine_happen(e, i, EVENT_CLEAR, &nobody);
		break;
	case JUDGE_SAME:
		break;
	}
	if (w->judge.blind != blind)
		engine_changed(e, i);
	end_in_time(e, i);
	engine_let_rest(e, i);
}

/* A mode that can't be read is the one it was. */
static void
read_modes(struct engine *e)
{
	for (uint32_t s = 0; s < e->plant->n_systems; s++) {
		const struct sample *mode = e->system_mode[s];
		bool was = e->maintenance[s];

		if (mode && sample_usable(mode))
			e->maintenance[s] = lrint(mode->value) == CTL_MAINTENANCE;
		e->modes_moved |= e->maintenance[s] != was;
	}
}

/* --- what is shown --- */

static struct sample
shown(const struct engine *e, double value, enum quality quality)
{
	return isfinite(value) ? sample_at(value, e->now_ns, quality, 0)
			       : sample_at(0.0, e->now_ns, QUALITY_NEVER, 0);
}

/* Writers that don't beat, a bit each. */
static uint32_t
silent(const struct engine *e)
{
	uint32_t bits = 0;

	for (int r = 0; r < REGIONS; r++) {
		const struct image *image = readings_image(e->readings, (enum plant_region)r);
		struct image_status status = {0};

		if (image)
			image_status(image, e->now_ns, &status);
		if (e->watched[r] && !status.alive)
			bits |= 1u << r;
	}
	return bits;
}

static void
show_points(struct engine *e)
{
	const uint32_t *count = e->count;
	uint32_t held = e->journal_ok ? 0 : e->n_entries, index = 0;
	const struct {
		enum role_id role;
		double value;
	} points[] = {
		{ROLE_ALARM_ACTIVE, count[ALARM_UNACKED] + count[ALARM_ACKED]},
		{ROLE_ALARM_UNACKED, count[ALARM_UNACKED] + count[ALARM_RETURNED]},
		{ROLE_ALARM_SHELVED, count[ALARM_SHELVED]},
		{ROLE_ALARM_JOURNAL_OK,
		 e->journal_ok && e->now_ns - e->set_aside_ns >= JOURNAL_TOLD_NS},
		{ROLE_ALARM_JOURNAL_HELD, held + (double)e->entries_lost},
		{ROLE_ALARM_SILENT, silent(e)},
		{ROLE_ALARM_PAGES_PENDING, paging_pending(e->paging)},
		{ROLE_ALARM_PAGES_FAILED, paging_failed(e->paging)},
		{ROLE_ALARM_PAGES_DELIVERED, (double)e->delivered},
	};

	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
		if (plant_where(e->plant, plant_role(e->plant, SITE, points[i].role, 0), &index) ==
		    REGION_ALM)
			e->shown[index] = shown(e, points[i].value, QUALITY_GOOD);
}

static void
show_alarm(struct engine *e, uint32_t alarm)
{
	const struct alarm_now *a = &e->alarms[alarm];
	struct sample *s = &e->shown[alarm * ALARM_FIELDS];
	/* the last real state of an input that is lost */
	enum quality quality = e->watch[alarm].judge.blind ? QUALITY_UNCERTAIN : QUALITY_GOOD;

	s[ALARM_FIELD_STATE] = shown(e, a->m.life.state, quality);
	s[ALARM_FIELD_VALUE] = shown(e, a->m.value, quality);
	s[ALARM_FIELD_EPISODE] = shown(e, (double)a->m.episode, QUALITY_GOOD);
	s[ALARM_FIELD_RAISED] =
		shown(e, (double)a->m.raised_wall_ns / (double)NS_PER_S, QUALITY_GOOD);
}

static void
count_states(struct engine *e)
{
	memset(e->count, 0, sizeof(e->count));
	for (uint32_t i = 0; i < e->plant->n_alarms; i++)
		e->count[e->alarms[i].m.life.state]++;
}

static void
publish(struct engine *e, uint32_t group)
{
	uint32_t first = e->plant->alm.first[group];
	struct image_worth worth = IMAGE_WORTH_NONE;

	image_judge(&worth, e->shown + first, e->plant->alm.first[group + 1] - first);
	image_commit(e->alm, group, &worth);
}

/* A group of alarms at once when one of them changed, and all once a second. */
void
engine_publish(struct engine *e)
{
	const struct plant_layout *layout = &e->plant->alm;
	bool due = e->now_ns >= e->due_ns, any = false;

	for (uint32_t g = 0; g + 1 < layout->n_groups; g++) {
		uint32_t first = layout->first[g], end = layout->first[g + 1];

		if (!due && !e->changed[g])
			continue;
		for (uint32_t s = first; s < end && e->changed[g]; s += ALARM_FIELDS)
			show_alarm(e, s / ALARM_FIELDS);
		for (uint32_t s = first; s < end; s++)
			sample_date(&e->shown[s], e->now_ns);
		publish(e, g);
		any |= e->changed[g];
		e->changed[g] = false;
	}
	if (due)
		e->due_ns = e->now_ns + ALARM_PERIOD_NS;
	if (any)
		count_states(e);
	show_points(e);
	publish(e, layout->n_groups - 1);
}

void
engine_step(struct engine *e, int64_t now_ns, int64_t wall_ns, uint64_t overruns)
{
	e->now_ns = now_ns;
	e->wall_ns = wall_ns;
	engine_hear(e);
	readings_read(e->readings, now_ns);
	read_modes(e);
	if (e->modes_moved)
		engine_wake_all(e);
	engine_wake_some(e);
	for (uint32_t i = engine_next_awake(e, 0); i < e->plant->n_alarms;
	     i = engine_next_awake(e, i + 1))
		step_alarm(e, i);
	e->judged_ns = now_ns;
	e->modes_moved = false;
	engine_commit(e);
	engine_refill_pages(e);
	engine_publish(e);
	image_beat(e->alm, now_ns, ++e->tick, overruns);
}

/* --- pages --- */

bool
engine_take_page(struct engine *e, int64_t now_ns, struct page_intent *out)
{
	return paging_take(e->paging, now_ns, out);
}

void
engine_page_result(struct engine *e, const struct page_result *result, int64_t now_ns,
		   int64_t wall_ns)
{
	const struct page_intent *page = paging_find(e->paging, result->id);

	e->now_ns = now_ns;
	e->wall_ns = wall_ns;
	if (!page)
		return; /* a late answer to a page that has left already */
	if (e->n_entries + ENTRIES_A_STEP > ENTRIES)
		engine_commit(e);
	struct journal_entry *entry = engine_stage(e, JOURNAL_PAGE_TRY, page->alarm, &nobody);
	if (entry) {
		entry->page_try.id = result->id;
		entry->page_try.attempt = result->attempt;
		entry->page_try.delivered = result->delivered;
		entry->page_try.action = page->action;
		text_copy(entry->text, sizeof(entry->text), result->why);
	}
	e->delivered += paging_result(e->paging, result->id, result->delivered, now_ns);
	/* At once: what comes next under this key must not be followed, after a kill, by this again. */
	engine_commit(e);
}

void
engine_page_unsent(struct engine *e, uint64_t id, int64_t now_ns)
{
	paging_unsent(e->paging, id, now_ns);
}

uint32_t
engine_pages_pending(const struct engine *e)
{
	return paging_pending(e->paging);
}
