/* SPDX-License-Identifier: Apache-2.0 */
/* The journal's file: restarts from everything that a kill, a cut or a flipped bit can leave. */
#include "tests/unit/journal_rig.h"

#include "core/keyed.h"

#define COMMITS 400u

/* What must be the same after a restart. */
struct known {
	struct alarm_memory memory[128];
	size_t n_pages;
	struct {
		uint64_t id;
		char key[128];
		enum page_action action;
	} page[64];
};

static struct known
what_is_known(const struct engine *e)
{
	const struct page_intent *p;
	struct known k;

	memset(&k, 0, sizeof(k));
	assert_true(e->plant->n_alarms <= 128);
	for (uint32_t i = 0; i < e->plant->n_alarms; i++) {
		struct alarm_memory *m = &k.memory[i];
		*m = e->alarms[i].m;
		/* beside what a row does not say because nobody needs it */
		m->priority = 0;
		if (!isfinite(m->value))
			m->value = -1.0;
		if (!isfinite(m->limit))
			m->limit = -1.0;
		if (m->episode == 0 && m->life.state == ALARM_NORMAL)
			memset(m, 0, sizeof(*m));
	}
	for (; (p = paging_at(e->paging, (uint32_t)k.n_pages)) != NULL; k.n_pages++) {
		assert_true(k.n_pages < 64);
		k.page[k.n_pages].id = p->id;
		strcpy(k.page[k.n_pages].key, p->key);
		k.page[k.n_pages].action = p->action;
	}
	return k;
}

static bool
same_memory(const struct alarm_memory *a, const struct alarm_memory *b)
{
	return a->life.state == b->life.state && a->life.active == b->life.active &&
	       a->life.held == b->life.held && a->life.open == b->life.open &&
	       a->episode == b->episode && a->triggers == b->triggers &&
	       fabs(a->value - b->value) < 1e-12 && fabs(a->limit - b->limit) < 1e-12 &&
	       a->since_wall_ns == b->since_wall_ns && a->raised_wall_ns == b->raised_wall_ns &&
	       a->trigger_wall_ns == b->trigger_wall_ns && a->until_wall_ns == b->until_wall_ns &&
	       a->out_by_hand == b->out_by_hand && strcmp(a->user, b->user) == 0 &&
	       strcmp(a->why, b->why) == 0;
}

static bool
same_known(const struct known *a, const struct known *b)
{
	for (size_t i = 0; i < 128; i++)
		if (!same_memory(&a->memory[i], &b->memory[i]))
			return false;
	for (size_t i = 0; i < a->n_pages; i++)
		if (a->page[i].id != b->page[i].id || a->page[i].action != b->page[i].action ||
		    strcmp(a->page[i].key, b->page[i].key) != 0)
			return false;
	return a->n_pages == b->n_pages;
}

/* --- a journal that is looked over the shoulder --- */

struct commit {
	struct blob db, wal;
	struct known known; /* by the engine, once it has told it */
};

static struct {
	struct journal journal;
	struct journal *real;
	bool file; /* keep the files after each transaction */
	struct commit commit[COMMITS];
	uint32_t n;
} spy;

static void
spy_numbers(void)
{
	spy.journal.seq = spy.real->seq;
	spy.journal.page_id = spy.real->page_id;
	spy.journal.delivered = spy.real->delivered;
	spy.journal.episodes = spy.real->episodes;
	spy.journal.set_aside = spy.real->set_aside;
	spy.journal.note = spy.real->note;
}

static int
spy_load(struct journal *j, const struct journal_sink *sink, int64_t wall_ns)
{
	(void)j;
	int rc = spy.real->ops->load(spy.real, sink, wall_ns);
	spy_numbers();
	return rc;
}

/* Nothing of a transaction may be seen before it is on the disk. */
static void
nothing_is_out_yet(const struct journal_entry *entries, uint32_t n)
{
	for (uint32_t i = 0; rig.engine && i < n; i++) {
		const struct journal_entry *e = &entries[i];

		if (e->kind == JOURNAL_PAGE)
			assert_null(paging_find(rig.engine->paging, e->page.id));
		if (e->kind == JOURNAL_TRANSITION && e->transition.event == EVENT_RAISE)
			assert_true(rig_field(e->alarm, ALARM_FIELD_EPISODE).value <
				    (double)e->transition.to.episode + 0.5);
		if (e->kind == JOURNAL_TRANSITION &&
		    e->transition.from != e->transition.to.life.state)
			assert_int_equal(rig_state(e->alarm), e->transition.from);
	}
}

static int
spy_write(struct journal *j, const struct journal_entry *entries, uint32_t n, int64_t wall_ns,
	  bool more)
{
	(void)j;
	nothing_is_out_yet(entries, n);
	int rc = spy.real->ops->write(spy.real, entries, n, wall_ns, more);
	spy_numbers();
	if (rc == 0 && !more && spy.file && n > 0) {
		assert_true(spy.n < COMMITS);
		spy.commit[spy.n].db = blob_read(state_dir, "");
		spy.commit[spy.n++].wal = blob_read(state_dir, "-wal");
	}
	return rc;
}

static int
spy_pages(struct journal *j, uint64_t after, uint32_t max, const struct journal_sink *sink)
{
	(void)j;
	return spy.real->ops->pages(spy.real, after, max, sink);
}

static int
spy_history(struct journal *j, const struct journal_query *query, struct journal_row *rows,
	    uint32_t max)
{
	(void)j;
	return spy.real->ops->history(spy.real, query, rows, max);
}

static void
spy_start(bool file)
{
	static const struct journal_ops ops = {
		.load = spy_load, .pages = spy_pages, .write = spy_write, .history = spy_history};

	memset(&spy, 0, sizeof(spy));
	assert_int_equal(journal_open(&spy.real, state_dir, rig.wall_ns), 0);
	spy.journal.ops = &ops;
	spy.file = file;
	rig.journal = &spy.journal;
	rig_engine();
}

static void
spy_stop(void)
{
	engine_close(rig.engine);
	journal_close(spy.real);
	rig.engine = NULL;
	rig.journal = NULL;
}

/* What is known after each commit: told within the same call that wrote it. */
static void
spy_note(void)
{
	for (uint32_t i = spy.n; i > 0 && spy.commit[i - 1].known.memory[127].episode == 0; i--) {
		spy.commit[i - 1].known = what_is_known(rig.engine);
		spy.commit[i - 1].known.memory[127].episode = 1; /* filled */
	}
}

/* --- a story with everything in it --- */

static const char *const story_commands[] = {
	"{\"cmd\":\"ack\",\"alarm\":\"" PUMP0 "\",\"comment\":\"coming\"}",
	"{\"cmd\":\"ack\",\"alarm\":\"" LEAK0 "\"}",
	"{\"cmd\":\"reset\",\"alarm\":\"" LEAK0 "\"}",
	"{\"cmd\":\"ack\",\"alarm\":\"" FLOW0 "\"}",
	"{\"cmd\":\"shelve\",\"alarm\":\"" PUMP0 "\",\"for_s\":3,\"why\":\"noisy\"}",
	"{\"cmd\":\"unshelve\",\"alarm\":\"" PUMP0 "\"}",
	"{\"cmd\":\"take_out\",\"alarm\":\"" FLOW0 "\",\"for_s\":2,\"why\":\"WO-1\"}",
	"{\"cmd\":\"put_back\",\"alarm\":\"" FLOW0 "\"}",
	"{\"cmd\":\"comment\",\"alarm\":\"" LEAK0 "\",\"comment\":\"mopped\"}",
};

static void
story_step(uint64_t seed, uint64_t i)
{
	struct page_intent page;

	if (keyed_uniform(seed, 1, i) < 0.12)
		rig_set(ROLE_PUMP_STATUS, 0, keyed_uniform(seed, 2, i) < 0.5 ? 3.0 : 1.0);
	if (keyed_uniform(seed, 3, i) < 0.08)
		rig_set(ROLE_LOOP_LEAK, 0, keyed_uniform(seed, 4, i) < 0.5);
	if (keyed_uniform(seed, 5, i) < 0.05)
		rig_set(ROLE_LOOP_FLOW, 0, keyed_uniform(seed, 6, i) < 0.5 ? 30.0 : 60.0);
	rig_steps(1);
	spy_note();
	if (keyed_uniform(seed, 7, i) < 0.2)
		(void)rig_ask(story_commands[keyed_u64(seed, 8, i) %
					     (sizeof(story_commands) / sizeof(story_commands[0]))]);
	spy_note();
	if (keyed_uniform(seed, 9, i) < 0.5 && engine_take_page(rig.engine, rig.now_ns, &page))
		rig_page_ends(&page, keyed_uniform(seed, 10, i) < 0.6);
	spy_note();
}

static void
forget_commits(void)
{
	for (uint32_t i = 0; i < spy.n; i++) {
		free(spy.commit[i].db.data);
		free(spy.commit[i].wal.data);
	}
}

static void
from_every_commit_a_restart_knows_what_was_known(void **state)
{
	char dir[64];

	(void)state;
	spy_start(true);
	for (uint64_t i = 0; i < 500 && spy.n < COMMITS - 8; i++)
		story_step(11, i);
	rig_steps(1);
	spy_note();
	spy_stop();
	assert_true(spy.n > 100);
	dir_make(dir);
	for (uint32_t i = 0; i < spy.n; i++) {
		blob_write(dir, "", &spy.commit[i].db);
		blob_write(dir, "-wal", &spy.commit[i].wal);
		start_in(dir);
		struct known after = what_is_known(rig.engine);
		after.memory[127].episode = 1;
		if (!same_known(&spy.commit[i].known, &after))
			fail_msg("commit %u of %u is not what was known", i, spy.n);
		assert_int_equal(rig.journal->set_aside, 0);
		stop();
	}
	dir_remove(dir);
	forget_commits();
}

/* --- what a cut or a flipped bit leaves of the last writes --- */

static bool
is_one_of_the_commits(struct known *k)
{
	k->memory[127].episode = 1;
	for (uint32_t i = 0; i < spy.n; i++)
		if (same_known(&spy.commit[i].known, k))
			return true;
	return false;
}

static void
whatever_is_left_of_the_log_is_a_state_that_was(void **state)
{
	char dir[64];

	(void)state;
	spy_start(true);
	for (uint64_t i = 0; i < 200 && spy.n < 60; i++)
		story_step(12, i);
	rig_steps(1);
	spy_note();
	spy_stop();
	struct commit *last = &spy.commit[spy.n - 1];
	assert_true(last->wal.there && last->wal.n > 8192);
	dir_make(dir);
	for (uint64_t i = 0; i < 150; i++) {
		struct blob wal = {.data = malloc(last->wal.n), .n = last->wal.n, .there = true};

		memcpy(wal.data, last->wal.data, wal.n);
		if (i % 2 == 0)
			wal.n = keyed_u64(13, 1, i) % wal.n;
		else
			wal.data[keyed_u64(13, 2, i) % wal.n] ^=
				(uint8_t)(1u << (keyed_u64(13, 3, i) % 8));
		blob_write(dir, "", &last->db);
		blob_write(dir, "-wal", &wal);
		start_in(dir);
		struct known k = what_is_known(rig.engine);
		bool nothing = rig.engine->seq == 0; /* cut before the first commit */
		if (!nothing && !is_one_of_the_commits(&k))
			fail_msg("cut or flip %u gives a state that never was", (unsigned)i);
		stop();
		free(wal.data);
	}
	dir_remove(dir);
	forget_commits();
}

/* However the file is damaged: it starts, it writes, and no key of an episode comes twice. */
static void
a_damaged_file_is_set_aside_and_no_key_ever_means_two_things(void **state)
{
	(void)state;
	start();
	rig_set(ROLE_PUMP_STATUS, 0, 3.0);
	rig_steps(1);
	rig_delivers(PAGE_TRIGGER, "test/" PUMP0 "/1");
	rig_set(ROLE_PUMP_STATUS, 0, 1.0);
	rig_steps(20);
	assert_true(rig_ask("{\"cmd\":\"ack\",\"alarm\":\"" PUMP0 "\"}"));
	rig_delivers(PAGE_RESOLVE, "test/" PUMP0 "/1");
	stop();
	struct blob whole = blob_read(state_dir, "");
	unsigned set_aside = 0;
	for (uint64_t i = 0; i < 120; i++) {
		struct blob db = {.data = malloc(whole.n), .n = whole.n, .there = true};
		struct blob none = {0};

		memcpy(db.data, whole.data, db.n);
		if (i < 40)
			db.n = keyed_u64(14, 1, i) % db.n;
		else
			for (int k = 0; k < (i < 80 ? 1 : 200); k++)
				db.data[keyed_u64(14, 2 + (uint64_t)k, i) % db.n] ^= 0x10;
		blob_write(state_dir, "", &db);
		blob_write(state_dir, "-wal", &none);
		rig_set(ROLE_PUMP_STATUS, 0, 1.0);
		start();
		set_aside += rig.journal->set_aside;
		if (rig.journal->set_aside > 0)
			assert_int_equal(rig_point(ROLE_ALARM_JOURNAL_OK), 0);
		rig_set(ROLE_PUMP_STATUS, 0, 3.0);
		rig_steps(1);
		struct page_intent page;
		while (engine_take_page(rig.engine, rig.now_ns, &page)) {
			if (page.action == PAGE_TRIGGER && strstr(page.key, PUMP0))
				assert_string_not_equal(page.key, "test/" PUMP0 "/1");
			rig_page_ends(&page, true);
		}
		assert_int_equal(rig_state(PUMP0), ALARM_UNACKED);
		rig_steps(1);
		assert_true(rig.engine->journal_ok);
		stop();
		remove_set_aside();
		free(db.data);
	}
	assert_true(set_aside > 40);
	free(whole.data);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(from_every_commit_a_restart_knows_what_was_known),
		T(whatever_is_left_of_the_log_is_a_state_that_was),
		T(a_damaged_file_is_set_aside_and_no_key_ever_means_two_things),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
