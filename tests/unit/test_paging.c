/* SPDX-License-Identifier: Apache-2.0 */
/* Which page goes next and when again; pages as JSON; what isotherm-page makes of requests. */
#include "tests/unit/support.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>

#include "alarms/hook_env.h"
#include "alarms/page_desk.h"
#include "alarms/paging.h"
#include "core/clock.h"
#include "core/keyed.h"

static struct paging *p;
static int64_t now_ns;
static uint64_t last_id;

static int
setup(void **state)
{
	const struct paging_params params = {
		.parallel = 4, .timeout_s = 10.0, .retry_s = 1.0, .seed = 7};

	(void)state;
	now_ns = 0;
	last_id = 0;
	assert_int_equal(paging_open(&p, &params), 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	paging_close(p);
	return 0;
}

static struct page_intent
page_of(const char *key, enum page_action action, enum alarm_priority priority)
{
	struct page_intent page = {.id = ++last_id,
				   .action = action,
				   .priority = priority,
				   .value = (double)NAN,
				   .limit = (double)NAN};

	snprintf(page.key, sizeof(page.key), "%s", key);
	return page;
}

static uint64_t
add(const char *key, enum page_action action, enum alarm_priority priority)
{
	struct page_intent page = page_of(key, action, priority);

	assert_int_equal(paging_add(p, &page, now_ns), 0);
	return page.id;
}

static uint64_t
take(void)
{
	struct page_intent page;

	return paging_take(p, now_ns, &page) ? page.id : 0;
}

static void
the_most_urgent_goes_first_and_then_the_oldest(void **state)
{
	(void)state;
	uint64_t low = add("a", PAGE_TRIGGER, ALARM_LOW), high = add("b", PAGE_TRIGGER, ALARM_HIGH);
	uint64_t high2 = add("c", PAGE_TRIGGER, ALARM_HIGH);
	uint64_t critical = add("d", PAGE_TRIGGER, ALARM_CRITICAL);
	assert_int_equal(take(), critical);
	assert_int_equal(take(), high);
	assert_int_equal(take(), high2);
	assert_int_equal(take(), low);
}

static void
what_belongs_to_one_key_goes_in_its_order(void **state)
{
	(void)state;
	uint64_t trigger = add("a", PAGE_TRIGGER, ALARM_LOW);
	uint64_t resolve = add("a", PAGE_RESOLVE, ALARM_CRITICAL);
	assert_int_equal(take(), trigger);
	assert_int_equal(take(), 0);
	assert_false(paging_result(p, trigger, false, now_ns));
	assert_int_equal(take(), 0); /* neither before its time nor out of turn */
	now_ns += 2 * NS_PER_S;
	assert_int_equal(take(), trigger);
	assert_true(paging_result(p, trigger, true, now_ns));
	assert_int_equal(take(), resolve);
	assert_true(paging_result(p, resolve, true, now_ns));
	assert_int_equal(paging_pending(p), 0);
}

static void
no_more_than_so_many_are_out(void **state)
{
	char key[8];

	(void)state;
	for (int i = 0; i < 9; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		add(key, PAGE_TRIGGER, ALARM_HIGH);
	}
	for (int i = 0; i < 4; i++)
		assert_true(take() != 0);
	assert_int_equal(take(), 0);
	assert_int_equal(paging_out(p), 4);
	paging_result(p, 1, true, now_ns);
	assert_true(take() != 0);
	assert_int_equal(take(), 0);
}

static void
a_page_without_an_answer_is_handed_out_again(void **state)
{
	struct page_intent page;

	(void)state;
	add("a", PAGE_TRIGGER, ALARM_HIGH);
	assert_true(paging_take(p, now_ns, &page));
	now_ns += 24 * NS_PER_S; /* a hook may take its time, twice */
	assert_int_equal(take(), 0);
	assert_int_equal(paging_out(p), 1);
	now_ns += 3 * NS_PER_S;
	assert_int_equal(take(), 0); /* back-off from when it was given up */
	now_ns += 2 * NS_PER_S;
	assert_true(paging_take(p, now_ns, &page));
	assert_int_equal(page.attempt, 2);
	/* And then the first answer comes: delivered is delivered. */
	assert_true(paging_result(p, page.id, true, now_ns));
	assert_int_equal(paging_out(p), 0);
	assert_false(paging_result(p, page.id, true, now_ns));
}

static void
the_queue_has_an_end(void **state)
{
	char key[16];

	(void)state;
	for (unsigned i = 0; i < PAGING_MAX; i++) {
		snprintf(key, sizeof(key), "k%u", i);
		add(key, PAGE_TRIGGER, ALARM_HIGH);
	}
	struct page_intent more = page_of("x", PAGE_TRIGGER, ALARM_CRITICAL);
	assert_int_equal(paging_add(p, &more, now_ns), -ENOSPC);
	assert_true(paging_result(p, 500, true, now_ns)); /* from the middle */
	assert_int_equal(paging_add(p, &more, now_ns), 0);
	assert_int_equal(take(), more.id);
	assert_null(paging_find(p, 500));
	assert_non_null(paging_find(p, 501));
}

/* Whatever the hooks do: every page leaves once, each key in order, and no page is out twice. */
static void
random_hooks_lose_nothing_and_change_no_order(void **state)
{
	uint64_t out[8] = {0};
	uint64_t last_of_key[20] = {0};
	struct page_intent page;
	unsigned delivered = 0, added = 0;

	(void)state;
	for (uint64_t i = 0; i < 200000 && (added < 2000 || paging_pending(p) > 0); i++) {
		uint64_t r = keyed_u64(5, 1, i);
		char key[16];

		now_ns += (int64_t)(r % 1000) * NS_PER_MS;
		if (added < 2000 && r % 3 == 0 && paging_pending(p) < PAGING_MAX) {
			snprintf(key, sizeof(key), "%d", (int)(r / 7 % 20));
			add(key, (enum page_action)(r / 11 % PAGE_ACTIONS),
			    (enum alarm_priority)(1 + r / 13 % 4));
			added++;
		}
		for (int k = 0; k < 8; k++) {
			if (out[k] == 0 || keyed_uniform(5, 2 + (uint64_t)k, i) < 0.5)
				continue;
			bool ok = keyed_uniform(5, 20 + (uint64_t)k, i) < 0.5;
			if (keyed_uniform(5, 40 + (uint64_t)k, i) < 0.1)
				paging_unsent(p, out[k], now_ns);
			else if (paging_result(p, out[k], ok, now_ns))
				delivered++;
			out[k] = 0;
		}
		while (paging_take(p, now_ns, &page)) {
			int free_slot = -1;
			for (int k = 0; k < 8; k++) {
				assert_true(out[k] != page.id);
				free_slot = out[k] == 0 ? k : free_slot;
			}
			assert_true(free_slot >= 0);
			out[free_slot] = page.id;
			int number = atoi(page.key);
			assert_true(page.id >= last_of_key[number]);
			last_of_key[number] = page.id;
		}
		assert_true(paging_out(p) <= 4);
	}
	assert_int_equal(paging_pending(p), 0);
	assert_int_equal(delivered, 2000);
}

/* --- as JSON --- */

static struct page_intent
full_page(void)
{
	struct page_intent page = page_of("site/cs03.leak_wet[0]/7", PAGE_TRIGGER, ALARM_CRITICAL);

	strcpy(page.site, "site");
	strcpy(page.system, "cs03");
	strcpy(page.alarm, "cs03.leak_wet[0]");
	strcpy(page.text, "cs03: leak rope 1 is \"wet\" \xc3\xa4");
	strcpy(page.unit, "c");
	strcpy(page.cause, "Water.\n");
	strcpy(page.consequence, "Damage.");
	strcpy(page.operator_action, "Go and look.");
	strcpy(page.user, "jane");
	page.value = 1.25;
	page.wall_ns = INT64_C(1795700000123000000);
	page.episode = 7;
	page.attempt = 3;
	page.journalled = true;
	return page;
}

static void
a_page_is_the_same_after_a_journey_as_json(void **state)
{
	struct page_intent page = full_page(), back;
	char json[PAGE_JSON_MAX + 1];

	(void)state;
	assert_true(page_to_json(&page, json, sizeof(json)) > 0);
	assert_non_null(strstr(json, "\"time\":\"2026-11-26T13:33:20.123Z\""));
	assert_non_null(strstr(json, "\"limit\":null"));
	assert_non_null(strstr(json, "\"priority\":\"critical\""));
	assert_int_equal(page_from_json(&back, json, NULL), 0);
	page.id = 0;
	assert_string_equal(back.key, page.key);
	assert_string_equal(back.text, page.text);
	assert_string_equal(back.cause, page.cause);
	assert_string_equal(back.operator_action, page.operator_action);
	assert_string_equal(back.user, page.user);
	assert_int_equal(back.wall_ns, page.wall_ns);
	assert_int_equal(back.attempt, 3);
	assert_int_equal(back.episode, 7);
	assert_true(back.journalled && back.value > 1.2 && isnan(back.limit));
}

static void
a_page_goes_even_if_its_texts_can_not(void **state)
{
	struct page_intent page = full_page();
	char json[PAGE_JSON_MAX + 1];

	(void)state;
	memset(page.cause, 1, sizeof(page.cause) - 1); /* six characters each, as JSON */
	memset(page.consequence, 1, sizeof(page.consequence) - 1);
	memset(page.operator_action, 1, sizeof(page.operator_action) - 1);
	strcpy(page.text, "half a character: \xc3");
	int n = page_to_json(&page, json, sizeof(json));
	assert_true(n > 0 && n <= PAGE_JSON_MAX);
	assert_non_null(strstr(json, "\"key\":\"site/cs03.leak_wet[0]/7\""));
	assert_non_null(strstr(json, "\"text\":\"\""));
	assert_int_equal(page_to_json(&page, json, 20), -EMSGSIZE);
}

static void
a_page_goes_even_if_the_users_name_is_no_utf8(void **state)
{
	static const char *const names[] = {"M\xfcller", "\xff", "jane\xc3", "\xed\xa0\x80"};
	char json[PAGE_JSON_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct page_intent page = full_page(), back;

		strcpy(page.user, names[i]);
		if (page_to_json(&page, json, sizeof(json)) <= 0)
			fail_msg("name %zu lost the page", i);
		assert_int_equal(page_from_json(&back, json, NULL), 0);
		assert_string_equal(back.user, "");
		assert_string_equal(back.key, page.key);
		assert_string_equal(back.text, page.text);
		assert_string_equal(back.operator_action, page.operator_action);
	}
}

static void
what_is_no_page_is_refused_with_a_reason(void **state)
{
	static const char *const wrong[] = {
		"",
		"[]",
		"{}",
		"{\"key\":\"\"}",
		"{\"key\":\"k\"}",
		"{\"key\":\"k\",\"action\":\"explode\"}",
		"{\"key\":\"k\",\"action\":\"trigger\",\"priority\":\"urgent\"}",
		"{\"key\":\"k\",\"action\":\"trigger\",\"priority\":\"high\",\"attempt\":-1}",
		"{\"key\":\"0123456789012345678901234567890123456789012345678901234567890123456789"
		"01234567890123456789012345678901234567890123456789012345678901234567890\","
		"\"action\":\"trigger\",\"priority\":\"high\"}",
	};
	struct page_intent page;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct errtext err = {""};
		assert_int_equal(page_from_json(&page, wrong[i], &err), -EINVAL);
		assert_true(err.text[0]);
	}
	assert_int_equal(page_from_json(&page,
					"{\"key\":\"k\",\"action\":\"resolve\",\"priority\":"
					"\"low\",\"time\":\"tomorrow\",\"more\":[1]}",
					NULL),
			 0);
	assert_int_equal(page.wall_ns, 0);
}

static void
texts_are_cut_between_characters(void **state)
{
	char out[8];

	(void)state;
	assert_string_equal(text_copy(out, sizeof(out), "abcdef"), "abcdef");
	assert_string_equal(text_copy(out, sizeof(out), "abcdefghi"), "abcdefg");
	assert_string_equal(text_copy(out, sizeof(out), "abcdef\xc3\xa4"), "abcdef");
	assert_string_equal(text_copy(out, sizeof(out), "abcd\xe2\x82\xac"), "abcd\xe2\x82\xac");
	assert_string_equal(text_copy(out, sizeof(out), "abcde\xe2\x82\xac"), "abcde");
}

static bool
has(const struct hook_env *env, const char *entry)
{
	for (size_t i = 0; i < env->n; i++)
		if (strcmp(env->list[i], entry) == 0)
			return true;
	return false;
}

static void
a_hook_sees_the_page_in_its_environment_and_little_else(void **state)
{
	struct page_intent page = full_page();
	struct hook_env env;

	(void)state;
	setenv("SECRET", "1", 1);
	setenv("ISOTHERM_PAGE_COMMAND", "/bin/true", 1);
	hook_env_fill(&env, &page);
	assert_true(has(&env, "ISO_KEY=site/cs03.leak_wet[0]/7"));
	assert_true(has(&env, "ISO_ACTION=trigger"));
	assert_true(has(&env, "ISO_PRIORITY=critical"));
	assert_true(has(&env, "ISO_SOURCE=site"));
	assert_true(has(&env, "ISO_GROUP=cs03"));
	assert_true(has(&env, "ISO_CLASS=leak_wet"));
	assert_true(has(&env, "ISO_COMPONENT=cs03.leak_wet[0]"));
	assert_true(has(&env, "ISO_ATTEMPT=3"));
	assert_true(has(&env, "ISO_TIME=2026-11-26T13:33:20.123Z"));
	assert_true(has(&env, "ISOTHERM_PAGE_COMMAND=/bin/true"));
	assert_false(has(&env, "SECRET=1"));
	assert_null(env.list[env.n]);
	unsetenv("SECRET");
	unsetenv("ISOTHERM_PAGE_COMMAND");
}

/* --- the desk of isotherm-page --- */

static void
ask(struct page_desk *d, int connection, const char *key, enum alarm_priority priority,
    uint32_t attempt)
{
	struct page_intent page = page_of(key, PAGE_TRIGGER, priority);
	char json[PAGE_JSON_MAX + 1];

	page.attempt = attempt;
	assert_true(page_to_json(&page, json, sizeof(json)) > 0);
	assert_int_equal(page_desk_take(d, connection, json, NULL), 0);
}

static uint32_t
next(struct page_desk *d, const char *key, uint32_t slot)
{
	const struct page_intent *page;
	const char *json;
	uint32_t ticket;

	assert_true(page_desk_next(d, &ticket, &page, &json));
	assert_string_equal(page->key, key);
	page_desk_running(d, ticket, slot);
	assert_int_equal(page_desk_ticket(d, slot), ticket);
	return ticket;
}

static unsigned
answers(struct page_desk *d)
{
	const struct page_intent *page;
	unsigned n = 0;
	int connection;

	while (page_desk_answer(d, &connection, &page))
		n++;
	return n;
}

static void
the_same_page_asked_for_twice_runs_once_and_answers_both(void **state)
{
	const struct page_intent *page;
	const char *json;
	struct page_desk *d;
	uint32_t ticket;

	(void)state;
	assert_int_equal(page_desk_open(&d, 3), 0);
	ask(d, 1, "a", ALARM_LOW, 1);
	ask(d, 2, "b", ALARM_CRITICAL, 1);
	uint32_t b = next(d, "b", 0), a = next(d, "a", 1);
	ask(d, 3, "a", ALARM_LOW, 2); /* its asker was killed, and asks again */
	assert_false(page_desk_next(d, &ticket, &page, &json));
	page_desk_end(d, a, true, 0);
	assert_int_equal(answers(d), 2);
	page_desk_end(d, b, false, 0);
	assert_int_equal(answers(d), 1);
	assert_int_equal(page_desk_counts(d)->delivered, 1);
	assert_int_equal(page_desk_counts(d)->pending, 0);
	page_desk_close(d);
}

static void
a_page_that_fails_too_often_counts_until_it_is_delivered_or_forgotten(void **state)
{
	struct page_desk *d;

	(void)state;
	assert_int_equal(page_desk_open(&d, 3), 0);
	for (uint32_t attempt = 1; attempt <= 5; attempt++) {
		ask(d, 1, "a", ALARM_LOW, attempt);
		page_desk_end(d, next(d, "a", 0), false, now_ns);
		assert_int_equal(answers(d), 1);
		assert_int_equal(page_desk_counts(d)->failed, attempt >= 3);
	}
	ask(d, 1, "b", ALARM_LOW, 3);
	page_desk_end(d, next(d, "b", 0), false, 400 * NS_PER_S);
	assert_int_equal(page_desk_counts(d)->failed, 2);
	page_desk_tidy(d, 450 * NS_PER_S); /* nobody has asked for the first one since */
	assert_int_equal(page_desk_counts(d)->failed, 1);
	(void)answers(d);
	ask(d, 1, "b", ALARM_LOW, 4);
	page_desk_end(d, next(d, "b", 0), true, 500 * NS_PER_S);
	assert_int_equal(page_desk_counts(d)->failed, 0);
	page_desk_close(d);
}

static void
the_desk_has_an_end_too(void **state)
{
	struct page_desk *d;
	char key[16], json[512];
	struct errtext err;

	(void)state;
	assert_int_equal(page_desk_open(&d, 3), 0);
	for (unsigned i = 0; i < DESK_MAX; i++) {
		snprintf(key, sizeof(key), "k%u", i);
		ask(d, (int)i, key, ALARM_LOW, 1);
	}
	snprintf(json, sizeof(json),
		 "{\"key\":\"x\",\"action\":\"trigger\",\"priority\":\"high\"}");
	assert_int_equal(page_desk_take(d, 99, json, &err), -ENOSPC);
	page_desk_end(d, next(d, "k0", 0), true, 0);
	assert_int_equal(answers(d), 1);
	assert_int_equal(page_desk_take(d, 99, json, &err), 0);
	page_desk_close(d);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(the_most_urgent_goes_first_and_then_the_oldest),
		T(what_belongs_to_one_key_goes_in_its_order),
		T(no_more_than_so_many_are_out),
		T(a_page_without_an_answer_is_handed_out_again),
		T(the_queue_has_an_end),
		T(random_hooks_lose_nothing_and_change_no_order),
		T(a_page_is_the_same_after_a_journey_as_json),
		T(a_page_goes_even_if_its_texts_can_not),
		T(a_page_goes_even_if_the_users_name_is_no_utf8),
		T(what_is_no_page_is_refused_with_a_reason),
		T(texts_are_cut_between_characters),
		T(a_hook_sees_the_page_in_its_environment_and_little_else),
		T(the_same_page_asked_for_twice_runs_once_and_answers_both),
		T(a_page_that_fails_too_often_counts_until_it_is_delivered_or_forgotten),
		T(the_desk_has_an_end_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
