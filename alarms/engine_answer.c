/* SPDX-License-Identifier: Apache-2.0 */
/* What people ask to see. An answer is COMMAND_MAX bytes at most: lists come in pieces. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "alarms/engine_state.h"
#include "core/clock.h"

#define ROOM 300u /* of COMMAND_MAX for what stands around a list */
#define HISTORY_ROWS 32u
#define COMMENTS 5u
#define DIGITS 9 /* of a number; more than any input has */

void
engine_refuse(char *reply, const char *why)
{
	json_t *root = json_pack("{sb ss}", "ok", 0, "error", why);

	if (!root)
		root = json_pack("{sb ss}", "ok", 0, "error", "refused");
	engine_reply(reply, root);
}

void
engine_reply(char *reply, json_t *root)
{
	size_t n = root ? json_dumpb(root, reply, COMMAND_MAX,
				     JSON_COMPACT | JSON_REAL_PRECISION(DIGITS))
			: 0;

	if (n == 0 || n > COMMAND_MAX)
		n = (size_t)snprintf(reply, COMMAND_MAX + 1,
				     "{\"ok\":false,\"error\":\"no answer fits\"}");
	reply[n] = '\0';
	json_decref(root);
}

static json_t *
number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static void
put_text(json_t *to, const char *name, const char *text)
{
	json_t *s = json_string(text);

	json_object_set_new(to, name, s ? s : json_string(""));
}

static void
put_time(json_t *to, const char *name, int64_t wall_ns)
{
	char text[32];

	if (wall_ns > 0)
		put_text(to, name, clock_utc_text(wall_ns, text, sizeof(text)));
}

/* Append unless the list would grow beyond an answer. False: it was left out. Takes the item. */
static bool
append(json_t *list, size_t *used, json_t *item)
{
	size_t n = json_dumpb(item, NULL, 0, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS)) + 1;

	if (*used + n > COMMAND_MAX - ROOM) {
		json_decref(item);
		return false;
	}
	*used += n;
	json_array_append_new(list, item);
	return true;
}

/* --- list and show --- */

static json_t *
alarm_row(const struct engine *e, uint32_t i)
{
	const struct alarm *alarm = &e->plant->alarms[i];
	const struct alarm_record *r = &e->plant->alarm_records[alarm->record];
	const struct alarm_now *a = &e->alarms[i];
	char text[96];
	json_t *row = json_object();

	put_text(row, "alarm", alarm->key);
	put_text(row, "state", alarm_state_name(a->m.life.state));
	put_text(row, "priority", alarm_priority_name(r->priority));
	put_text(row, "text", alarm_text(e->plant, i, text, sizeof(text)));
	json_object_set_new(row, "active", json_boolean(a->m.life.active));
	json_object_set_new(row, "input_lost", json_boolean(e->watch[i].judge.blind));
	json_object_set_new(row, "value", number(a->m.value));
	json_object_set_new(row, "limit", number(a->m.limit));
	put_text(row, "unit", e->plant->points[alarm->point].unit);
	json_object_set_new(row, "episode", json_integer((json_int_t)a->m.episode));
	put_time(row, "raised", a->m.raised_wall_ns);
	put_time(row, "since", a->m.since_wall_ns);
	put_time(row, "until", a->m.until_wall_ns);
	if (a->m.user[0])
		put_text(row, "user", a->m.user);
	if (a->m.why[0])
		put_text(row, "why", a->m.why);
	return row;
}

static uint64_t
asked_number(const json_t *request, const char *name)
{
	const json_t *v = json_object_get(request, name);
	json_int_t n = json_integer_value(v);

	return n > 0 ? (uint64_t)n : 0;
}

static void
answer_list(struct engine *e, const json_t *request, char *reply)
{
	json_t *list = json_array();
	uint64_t from = asked_number(request, "from"), next = 0;
	uint32_t total = 0;
	size_t used = 0;

	for (uint32_t i = 0; i < e->plant->n_alarms; i++) {
		if (e->alarms[i].m.life.state == ALARM_NORMAL)
			continue;
		total++;
		if (i >= from && next == 0 && !append(list, &used, alarm_row(e, i)))
			next = i;
	}
	json_t *root = json_pack("{sb so si si sb}", "ok", 1, "alarms", list, "total", (int)total,
				 "pages_pending", (int)paging_pending(e->paging), "journal_ok",
				 e->journal_ok ? 1 : 0);
	if (next != 0)
		json_object_set_new(root, "next", json_integer((json_int_t)next));
	engine_reply(reply, root);
}

static json_t *
history_row(const struct journal_row *r)
{
	json_t *row = json_object();

	json_object_set_new(row, "seq", json_integer((json_int_t)r->seq));
	put_time(row, "time", r->wall_ns);
	put_text(row, "kind", r->kind);
	put_text(row, "alarm", r->alarm);
	put_text(row, "what", r->what);
	if (r->state[0])
		put_text(row, strcmp(r->kind, "audit") == 0 ? "result" : "state", r->state);
	if (r->user[0])
		put_text(row, "user", r->user);
	if (r->text[0])
		put_text(row, "text", r->text);
	return row;
}

static int
history(struct engine *e, const struct journal_query *query, struct journal_row *rows, uint32_t max)
{
	return e->journal ? e->journal->ops->history(e->journal, query, rows, max) : 0;
}

static const char *
page_state(const struct engine *e, const char *key)
{
	const struct page_intent *p;

	for (uint32_t i = 0; (p = paging_at(e->paging, i)) != NULL; i++)
		if (strcmp(p->key, key) == 0)
			return p->attempt > 0 ? "tried" : "pending";
	return "delivered";
}

static void
answer_show(struct engine *e, const json_t *request, char *reply)
{
	const char *key = json_string_value(json_object_get(request, "alarm"));
	int32_t i = key ? plant_alarm(e->plant, key) : -1;
	struct journal_query query = {.alarm = key, .comments = true};
	struct journal_row rows[COMMENTS];
	struct errtext why;
	char page_key[128];
	size_t used;

	if (i < 0) {
		errtext_set(&why, 0, "there is no alarm %.63s", key ? key : "without a name");
		engine_refuse(reply, why.text);
		return;
	}
	const struct alarm_record *r = &e->plant->alarm_records[e->plant->alarms[i].record];
	const struct alarm_memory *m = &e->alarms[i].m;
	json_t *row = alarm_row(e, (uint32_t)i), *comments = json_array();
	put_text(row, "point", e->plant->points[e->plant->alarms[i].point].name);
	put_text(row, "cause", r->cause);
	put_text(row, "consequence", r->consequence);
	put_text(row, "operator_action", r->action);
	json_object_set_new(row, "respond_s", number(r->respond_s));
	json_object_set_new(row, "latched", json_boolean(r->latched));
	if (m->triggers > 0) {
		snprintf(page_key, sizeof(page_key), "%s/%s/%llu", e->plant->site, key,
			 (unsigned long long)m->episode);
		put_text(row, "page", page_state(e, page_key));
	}
	used = json_dumpb(row, NULL, 0, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS));
	int n = history(e, &query, rows, COMMENTS);
	for (int k = 0; k < n && append(comments, &used, history_row(&rows[k])); k++)
		;
	json_object_set_new(row, "comments", comments);
	json_object_set_new(row, "ok", json_true());
	engine_reply(reply, row);
}

/* --- history --- */

static void
answer_history(struct engine *e, const json_t *request, char *reply)
{
	bool forward = json_object_get(request, "from") != NULL;
	struct journal_query query = {
		.alarm = json_string_value(json_object_get(request, "alarm")),
		.from = asked_number(request, "from"),
		.before = forward ? 0 : asked_number(request, "before"),
	};
	struct journal_row rows[HISTORY_ROWS];
	json_t *list = json_array();
	uint64_t next = 0;
	size_t used = 0;

	if (!forward && query.before == 0)
		query.before = UINT64_MAX;
	int n = history(e, &query, rows, HISTORY_ROWS);
	if (n < 0) {
		json_decref(list);
		engine_refuse(reply, "the journal can't be read now");
		return;
	}
	for (int k = 0; k < n && append(list, &used, history_row(&rows[k])); k++)
		next = forward ? rows[k].seq + 1 : rows[k].seq;
	bool more = n == (int)HISTORY_ROWS || json_array_size(list) < (size_t)n;
	json_t *root = json_pack("{sb so sI}", "ok", 1, "rows", list, "newest", (json_int_t)e->seq);
	if (more)
		json_object_set_new(root, forward ? "from" : "before",
				    json_integer((json_int_t)next));
	engine_reply(reply, root);
}

bool
engine_answer(struct engine *e, const char *cmd, const json_t *request, char *reply)
{
	static const struct {
		const char *name;
		void (*answer)(struct engine *e, const json_t *request, char *reply);
	} answers[] = {
		{"list", answer_list},
		{"show", answer_show},
		{"history", answer_history},
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (strcmp(answers[i].name, cmd) == 0) {
			answers[i].answer(e, request, reply);
			return true;
		}
	return false;
}
