/* SPDX-License-Identifier: Apache-2.0 */
/* What people ask for. Everything that changes something goes through one table and one door: who
 * may, what happened, and the journal of both. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "alarms/engine_state.h"
#include "core/clock.h"
#include "core/words.h"

#define WORDS_MAX 200 /* characters, as the controllers take them */
#define OUT_MAX_S (31 * 86400.0)

struct ask {
	const struct engine_who *who;
	const char *alarm, *system, *why, *comment; /* "" not given */
	double for_s;                               /* NaN not given */
	uint32_t index;                             /* of the alarm, where one is wanted */
	struct actor actor;
	struct errtext err;
};

struct command {
	const char *name;
	bool one; /* wants an alarm that there is */
	int (*run)(struct engine *e, struct ask *ask);
};

/* --- why not --- */

static int
refuse(struct ask *ask, int rc, const char *what)
{
	return errtext_set(&ask->err, rc, "%s %s", ask->alarm, what);
}

static int
not_now(struct engine *e, struct ask *ask)
{
	const struct alarm_now *a = &e->alarms[ask->index];

	switch (a->m.life.state) {
	case ALARM_NORMAL:
		return refuse(ask, -EPERM, "is not active");
	case ALARM_UNACKED:
		return refuse(ask, -EPERM, "is active and not acknowledged");
	case ALARM_ACKED:
		return errtext_set(&ask->err, -EPERM, "%s is acknowledged already, by %s",
				   ask->alarm, a->m.user[0] ? a->m.user : "somebody");
	case ALARM_RETURNED:
		return refuse(ask, -EPERM, "is not acknowledged yet");
	case ALARM_SHELVED:
		return refuse(ask, -EPERM, "is shelved");
	case ALARM_SUPPRESSED:
		return refuse(ask, -EPERM, "is suppressed");
	case ALARM_OUT_OF_SERVICE:
		return refuse(ask, -EPERM, "is out of service");
	case ALARM_STATES:
		break;
	}
	return -EPERM;
}

static int
wants_why(struct ask *ask)
{
	return ask->why[0] ? 0
			   : errtext_set(&ask->err, -EINVAL, "\"why\" is missing: say the reason");
}

static int
wants_time(struct ask *ask, double most_s)
{
	if (ask->for_s > 0.0 && ask->for_s <= most_s)
		return 0;
	return errtext_set(&ask->err, -EINVAL,
			   "\"for_s\" is missing or out of range (allowed: up to %.0f)", most_s);
}

/* --- what may be asked --- */

static int
happen(struct engine *e, struct ask *ask, enum alarm_event event)
{
	return engine_happen(e, ask->index, event, &ask->actor) < 0 ? not_now(e, ask) : 0;
}

static void
stage_comment(struct engine *e, struct ask *ask)
{
	struct actor actor = {.uid = ask->actor.uid, .user = ask->actor.user, .why = ask->comment};
	struct journal_entry *c = engine_stage(e, JOURNAL_COMMENT, ask->alarm, &actor);

	if (c)
		c->episode = e->alarms[ask->index].m.episode;
}

static int
run_ack(struct engine *e, struct ask *ask)
{
	int rc = happen(e, ask, EVENT_ACK);

	if (rc == 0 && ask->comment[0])
		stage_comment(e, ask);
	return rc;
}

static int
run_comment(struct engine *e, struct ask *ask)
{
	if (!ask->comment[0])
		return errtext_set(&ask->err, -EINVAL, "\"comment\" is missing");
	stage_comment(e, ask);
	return 0;
}

/* Into a state that ends by itself. */
static int
put_away(struct engine *e, struct ask *ask, uint32_t alarm, enum alarm_event event)
{
	struct alarm_now *a = &e->alarms[alarm], before = *a;
	int64_t *until_ns = &e->watch[alarm].until_ns, until_before_ns = *until_ns;
	int64_t for_ns = llround(ask->for_s * (double)NS_PER_S);

	*until_ns = e->now_ns + for_ns;
	engine_wake(e, alarm);
	a->m.until_wall_ns = e->wall_ns + for_ns;
	a->m.out_by_hand = event == EVENT_TAKE_OUT;
	if (engine_happen(e, alarm, event, &ask->actor) >= 0)
		return 0;
	*a = before;
	*until_ns = until_before_ns;
	return -EPERM;
}

static int
run_shelve(struct engine *e, struct ask *ask)
{
	int rc = wants_why(ask);

	if (rc == 0)
		rc = wants_time(ask, SHELF_FOR_MAX_S);
	if (rc == 0 && put_away(e, ask, ask->index, EVENT_SHELVE) != 0)
		rc = not_now(e, ask);
	return rc;
}

static int
run_unshelve(struct engine *e, struct ask *ask)
{
	if (engine_happen(e, ask->index, EVENT_UNSHELVE, &ask->actor) >= 0)
		return 0;
	return refuse(ask, -EPERM, "is not shelved");
}

static int
run_reset(struct engine *e, struct ask *ask)
{
	const struct alarm_life *life = &e->alarms[ask->index].m.life;

	if (!life->latched)
		return refuse(ask, -EPERM, "is not latched: it returns to normal by itself");
	if (life->active)
		return refuse(ask, -EPERM, "is still active");
	return happen(e, ask, EVENT_RESET);
}

static int
put_back(struct engine *e, struct ask *ask, uint32_t alarm)
{
	struct alarm_now *a = &e->alarms[alarm];

	if (a->m.life.state != ALARM_OUT_OF_SERVICE || a->m.out_by_mode)
		return -EPERM;
	a->m.out_by_hand = false;
	return engine_happen(e, alarm, EVENT_PUT_BACK, &ask->actor) < 0 ? -EPERM : 0;
}

static int
apply_out(struct engine *e, struct ask *ask, uint32_t alarm, bool out)
{
	return out ? put_away(e, ask, alarm, EVENT_TAKE_OUT) : put_back(e, ask, alarm);
}

/* One alarm, or all of a system. */
static int
out_of_service(struct engine *e, struct ask *ask, bool out)
{
	int32_t system =
		strcmp(ask->system, "site") == 0 ? SITE : plant_system(e->plant, ask->system);
	int32_t alarm = plant_alarm(e->plant, ask->alarm);
	uint32_t done = 0;

	if (!ask->alarm[0] == !ask->system[0])
		return errtext_set(&ask->err, -EINVAL, "say an \"alarm\" or a \"system\"");
	if (ask->alarm[0] && alarm < 0)
		return errtext_set(&ask->err, -ENOENT, "there is no alarm %.63s", ask->alarm);
	if (ask->system[0] && system < 0 && strcmp(ask->system, "site") != 0)
		return errtext_set(&ask->err, -ENOENT, "there is no system %.48s", ask->system);
	for (uint32_t i = 0; i < e->plant->n_alarms; i++)
		if (alarm >= 0 ? i == (uint32_t)alarm : e->plant->alarms[i].system == system)
			done += apply_out(e, ask, i, out) == 0;
	if (done > 0)
		return 0;
	return errtext_set(&ask->err, -EPERM, "%s %s", ask->alarm[0] ? ask->alarm : ask->system,
			   out ? "can't be taken out of service"
			       : "is not out of service, or is so as long as its system is in "
				 "maintenance");
}

static int
run_take_out(struct engine *e, struct ask *ask)
{
	int rc = wants_why(ask);

	if (rc == 0)
		rc = wants_time(ask, OUT_MAX_S);
	return rc == 0 ? out_of_service(e, ask, true) : rc;
}

static int
run_put_back(struct engine *e, struct ask *ask)
{
	return out_of_service(e, ask, false);
}

static const struct command commands[] = {
	{"ack", true, run_ack},
	{"comment", true, run_comment},
	{"shelve", true, run_shelve},
	{"unshelve", true, run_unshelve},
	{"reset", true, run_reset},
	{"take_out", false, run_take_out},
	{"put_back", false, run_put_back},
};

/* --- the door --- */

static const struct command *
find_command(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static const char *
text_of(const json_t *request, const char *name)
{
	const char *s = json_string_value(json_object_get(request, name));

	return s ? s : "";
}

/* Words that a journal can keep and a terminal can show, and that fit whole. */
static int
wants_words(struct ask *ask, const char *name, const char *text)
{
	int n = words_characters(text);

	if (n >= 0 && n <= WORDS_MAX && strlen(text) < sizeof(((struct journal_entry *)0)->text))
		return 0;
	return errtext_set(&ask->err, -EINVAL, "\"%s\" must be 1..%d printable characters", name,
			   WORDS_MAX);
}

static int
wants_all_words(struct ask *ask)
{
	const struct {
		const char *name, *text;
	} words[] = {{"alarm", ask->alarm},
		     {"system", ask->system},
		     {"why", ask->why},
		     {"comment", ask->comment}};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(words) / sizeof(words[0]); i++)
		rc = wants_words(ask, words[i].name, words[i].text);
	return rc;
}

static int
run(struct engine *e, const char *cmd, struct ask *ask)
{
	const struct command *command = find_command(cmd);
	int32_t alarm = plant_alarm(e->plant, ask->alarm);

	if (wants_all_words(ask) != 0)
		return -EINVAL;
	if (!command)
		return errtext_set(&ask->err, -ENOSYS, "there is no command \"%.32s\"", cmd);
	if (ask->who->access < ACCESS_OPERATE)
		return errtext_set(&ask->err, -EACCES,
				   "%s needs membership of group isotherm-operate", cmd);
	if (command->one && !ask->alarm[0])
		return errtext_set(&ask->err, -EINVAL, "\"alarm\" is missing");
	if (command->one && alarm < 0)
		return errtext_set(&ask->err, -ENOENT, "there is no alarm %.63s", ask->alarm);
	ask->index = alarm >= 0 ? (uint32_t)alarm : 0;
	return command->run(e, ask);
}

static void
stage_audit(struct engine *e, const char *cmd, const struct ask *ask, int rc)
{
	struct actor actor = ask->actor;
	struct journal_entry *a;
	char about[sizeof(a->alarm)], why[sizeof(a->text)];

	/* What was refused is kept as well, but not as it was written. */
	words_shown(ask->alarm[0] ? ask->alarm : ask->system, about, sizeof(about));
	actor.why = words_shown(actor.why[0] ? actor.why : ask->comment, why, sizeof(why));
	a = engine_stage(e, JOURNAL_AUDIT, about, &actor);
	if (!a)
		return;
	a->audit.heard_seq = 0;
	words_shown(cmd, a->audit.command, sizeof(a->audit.command));
	words_shown(rc == 0 ? "ok" : ask->err.text, a->audit.result, sizeof(a->audit.result));
}

static void
change(struct engine *e, const char *cmd, const json_t *request, const struct engine_who *who,
       char *reply)
{
	const json_t *for_s = json_object_get(request, "for_s");
	struct ask ask = {.who = who,
			  .alarm = text_of(request, "alarm"),
			  .system = text_of(request, "system"),
			  .why = text_of(request, "why"),
			  .comment = text_of(request, "comment"),
			  .for_s = json_is_number(for_s) ? json_number_value(for_s) : (double)NAN};

	ask.actor = (struct actor){
		.uid = who->uid, .user = who->user, .why = ask.why[0] ? ask.why : ask.comment};
	if (e->n_entries + ENTRIES_A_STEP > ENTRIES)
		engine_commit(e);
	int rc = run(e, cmd, &ask);
	stage_audit(e, cmd, &ask, rc);
	engine_commit(e);
	engine_publish(e);
	if (rc != 0) {
		engine_refuse(reply, ask.err.text);
		return;
	}
	json_t *ok = json_pack("{sb ss sb}", "ok", 1, "cmd", cmd, "journalled",
			       e->journal && e->journal_ok ? 1 : 0);
	if (plant_alarm(e->plant, ask.alarm) >= 0)
		json_object_set_new(
			ok, "state",
			json_string(alarm_state_name(
				e->alarms[plant_alarm(e->plant, ask.alarm)].m.life.state)));
	engine_reply(reply, ok);
}

void
engine_command(struct engine *e, const struct engine_who *who, const char *request, char *reply,
	       int64_t now_ns, int64_t wall_ns)
{
	json_error_t at;
	json_t *root = json_loads(request, JSON_REJECT_DUPLICATES, &at);
	const char *cmd = json_string_value(json_object_get(root, "cmd"));
	struct errtext why;

	e->now_ns = now_ns;
	e->wall_ns = wall_ns;
	if (!root) {
		errtext_set(&why, 0, "not JSON: %s at character %d", at.text, at.position);
		engine_refuse(reply, why.text);
	} else if (!cmd) {
		engine_refuse(reply, "a request is an object with a \"cmd\"");
	} else if (who->access < ACCESS_VIEW) {
		engine_refuse(reply, "not allowed");
	} else if (!engine_answer(e, cmd, root, reply)) {
		change(e, cmd, root, who, reply);
	}
	json_decref(root);
}
