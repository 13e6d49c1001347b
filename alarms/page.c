/* SPDX-License-Identifier: Apache-2.0 */
#include "alarms/page.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"

static const char *const action_names[PAGE_ACTIONS] = {
	[PAGE_TRIGGER] = "trigger",
	[PAGE_ACKNOWLEDGE] = "acknowledge",
	[PAGE_RESOLVE] = "resolve",
};

const char *
page_action_name(enum page_action action)
{
	return action < PAGE_ACTIONS ? action_names[action] : "";
}

char *
text_copy(char *out, size_t size, const char *text)
{
	size_t n = strnlen(text, size);

	if (n >= size) {
		n = size - 1;
		while (n > 0 && ((unsigned char)text[n] & 0xC0u) == 0x80u)
			n--;
	}
	memcpy(out, text, n);
	out[n] = '\0';
	return out;
}

/* --- out --- */

/* What page_to_json may leave out, the longest first. */
enum part { PART_CONSEQUENCE = 1, PART_CAUSE = 2, PART_TEXT = 4, PART_ACTION = 8, PARTS = 16 };

static json_t *
number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *
text_or_empty(const char *text, bool wanted)
{
	json_t *s = wanted ? json_string(text) : NULL;

	return s ? s : json_string("");
}

static json_t *
page_tree(const struct page_intent *p, unsigned without)
{
	char when[32];

	return json_pack(
		"{ss ss ss ss ss ss so so so ss so so so so ss sI si sb}", "key", p->key, "action",
		page_action_name(p->action), "site", p->site, "system", p->system, "alarm",
		p->alarm, "priority", alarm_priority_name(p->priority), "text",
		text_or_empty(p->text, !(without & PART_TEXT)), "value", number(p->value), "limit",
		number(p->limit), "unit", p->unit, "cause",
		text_or_empty(p->cause, !(without & PART_CAUSE)), "consequence",
		text_or_empty(p->consequence, !(without & PART_CONSEQUENCE)), "operator_action",
		text_or_empty(p->operator_action, !(without & PART_ACTION)), "user",
		text_or_empty(p->user, true), "time",
		clock_utc_text(p->wall_ns, when, sizeof(when)), "episode", (json_int_t)p->episode,
		"attempt", (int)p->attempt, "journalled", p->journalled ? 1 : 0);
}

int
page_to_json(const struct page_intent *page, char *out, size_t size)
{
	size_t limit = size - 1 < PAGE_JSON_MAX ? size - 1 : PAGE_JSON_MAX;

	for (unsigned without = 0; without < PARTS; without = without * 2 + 1) {
		json_t *root = page_tree(page, without);
		if (!root)
			return -ENOMEM;
		size_t n = json_dumpb(root, out, limit, JSON_COMPACT | JSON_REAL_PRECISION(15));
		json_decref(root);
		if (n > 0 && n <= limit) {
			out[n] = '\0';
			return (int)n;
		}
	}
	return -EMSGSIZE;
}

/* --- in --- */

static bool
take_text(const json_t *root, const char *name, char *out, size_t size)
{
	const char *s = json_string_value(json_object_get(root, name));

	text_copy(out, size, s ? s : "");
	return s && strlen(s) < size;
}

static double
take_number(const json_t *root, const char *name)
{
	const json_t *v = json_object_get(root, name);

	return json_is_number(v) ? json_number_value(v) : (double)NAN;
}

/* As clock_utc_text writes it; 0 if it is anything else. */
static int64_t
take_time(const json_t *root)
{
	const char *s = json_string_value(json_object_get(root, "time"));
	struct tm t = {0};
	int ms = 0, end = 0;

	if (!s ||
	    sscanf(s, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &t.tm_year, &t.tm_mon, &t.tm_mday,
		   &t.tm_hour, &t.tm_min, &t.tm_sec, &ms, &end) != 7 ||
	    end == 0)
		return 0;
	t.tm_year -= 1900;
	t.tm_mon -= 1;
	return (int64_t)timegm(&t) * NS_PER_S + ms * NS_PER_MS;
}

static int
take_action(const json_t *root)
{
	const char *s = json_string_value(json_object_get(root, "action"));

	for (int i = 0; s && i < PAGE_ACTIONS; i++)
		if (strcmp(action_names[i], s) == 0)
			return i;
	return -1;
}

static int
take_priority(const json_t *root)
{
	const char *s = json_string_value(json_object_get(root, "priority"));

	for (int i = ALARM_CRITICAL; s && i <= ALARM_LOW; i++)
		if (strcmp(alarm_priority_name((enum alarm_priority)i), s) == 0)
			return i;
	return -1;
}

static int
take_all(struct page_intent *p, const json_t *root, struct errtext *err)
{
	int action = take_action(root);
	int priority = take_priority(root);
	json_int_t attempt = json_integer_value(json_object_get(root, "attempt"));
	json_int_t episode = json_integer_value(json_object_get(root, "episode"));
	const json_t *journalled = json_object_get(root, "journalled");

	if (!take_text(root, "key", p->key, sizeof(p->key)) || !p->key[0])
		return errtext_set(err, -EINVAL, "a page needs a \"key\" of 1 to %zu characters",
				   sizeof(p->key) - 1);
	if (action < 0)
		return errtext_set(err, -EINVAL, "\"action\" is trigger, acknowledge or resolve");
	if (priority < 0)
		return errtext_set(err, -EINVAL, "\"priority\" is critical, high, medium or low");
	if (attempt < 0 || attempt > INT32_MAX || episode < 0)
		return errtext_set(err, -EINVAL, "\"attempt\" and \"episode\" count from 1");
	p->action = (enum page_action)action;
	p->priority = (enum alarm_priority)priority;
	p->attempt = (uint32_t)attempt;
	p->episode = (uint64_t)episode;
	p->journalled = !json_is_false(journalled);
	return 0;
}

int
page_from_json(struct page_intent *out, const char *json, struct errtext *err)
{
	json_error_t at;
	json_t *root = json_loads(json, 0, &at);
	struct page_intent p = {.value = (double)NAN};
	int rc;

	if (!json_is_object(root)) {
		json_decref(root);
		return errtext_set(err, -EINVAL, "not a JSON object: %s", root ? "" : at.text);
	}
	rc = take_all(&p, root, err);
	(void)take_text(root, "site", p.site, sizeof(p.site));
	(void)take_text(root, "system", p.system, sizeof(p.system));
	(void)take_text(root, "alarm", p.alarm, sizeof(p.alarm));
	(void)take_text(root, "text", p.text, sizeof(p.text));
	(void)take_text(root, "unit", p.unit, sizeof(p.unit));
	(void)take_text(root, "cause", p.cause, sizeof(p.cause));
	(void)take_text(root, "consequence", p.consequence, sizeof(p.consequence));
	(void)take_text(root, "operator_action", p.operator_action, sizeof(p.operator_action));
	(void)take_text(root, "user", p.user, sizeof(p.user));
	p.value = take_number(root, "value");
	p.limit = take_number(root, "limit");
	p.wall_ns = take_time(root);
	json_decref(root);
	if (rc == 0)
		*out = p;
	return rc;
}
